"""Recompute what plans print: every claim of `claims.csv` with its verdict, its range and its explanation."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..errors import DataError
from ..tables.areas import load_table
from ..tables.printed import with_minus
from ..tables.schema import Said
from .evidence import Evidence, Leaf, doubt_in, evidence_at, fitting, populations
from .intervals import Interval, exact, is_about, last_digit, printed_interval

VERDICTS = {  # worst first: when several hold, the first is given
    "inconsistent": ("not reproduced", "未能复现"),
    "text_vs_table": ("text and table differ", "正文与表格不同"),
    "year_mismatch": ("population of another year", "人口年份不同"),
    "other_denominator": ("another population", "人口口径不同"),
    "convenient": ("convenient rounding", "取整"),
    "approximate": ("approximate, as it says", "约数"),
    "truncated": ("cut off, not rounded", "截尾"),
    "rounding": ("within rounding", "在舍入范围内"),
    "exact": ("reproduced", "吻合"),
    "unverifiable": ("cannot be verified", "无法核验"),
}
UNITS = {  # what stands behind a result, and behind a difference of two
    "pct": ((" %", "%"), (" percentage points", "个百分点")),
    "persons": ((" persons", "人"), (" persons", "人")),
    "beds": ((" beds", "张"), (" beds", "张")),
    "places": ((" places", "个"), (" places", "个")),
}
NO_UNIT = (("", ""), ("", ""))
SENTENCES = {
    "inconsistent": (
        "Not reproduced: the result differs by {by} ({off} % of the printed figure).",
        "未能复现：计算结果与原文相差{by}（占原文数字的{off}%）。",
    ),
    "text_vs_table": ("The text and the table print different figures.", "正文与表格的数字不同。"),
    "year_mismatch": ("It holds for the population of another year: {found}.", "按另一年份的人口可以得出：{found}。"),
    "other_denominator": ("It holds for another population: {found}.", "按另一口径的人口可以得出：{found}。"),
    "convenient": ("Within 1 % of the result, and a rounder number.", "与计算结果相差不到1%，且数字更整。"),
    "approximate": ("The document itself says that a figure is approximate.", "文件自称为约数。"),
    "truncated": ("The result was cut off after the printed digits.", "原文截去了计算结果的尾数，未作四舍五入。"),
    "rounding": ("Equal within the rounding of the printed figures.", "在原文数字的舍入范围内相符。"),
    "exact": ("Reproduced.", "可以复现。"),
    "unverifiable": ("", ""),
    "tried": (
        "{needed} persons would fit exactly; {tried} published and census populations were tried, {close} fit.",
        "恰好相符需要{needed}人；试算已公布和普查人口{tried}个，相符{close}个。",
    ),
    "feasibility": (
        "Shown for judgement: the result is {share} % of the printed figure, and no document says that they are equal.",
        "供判断可行性：计算结果为原文数字的{share}%，文件并未称两者相等。",
    ),
    "agree": ("The two places print the same figure.", "两处数字相同。"),
    "bound": ("The result keeps to the printed limit.", "计算结果符合原文的上限或下限。"),
    "bases": (
        "Resident and registered persons cannot be compared, so nothing is concluded.",
        "常住与户籍口径不可比，不作判断。",
    ),
    "doubt": ("The source text is in doubt ({doubt}).", "存疑：{doubt}。"),
    "spared": ("For that reason nothing is concluded.", "因此不作判断。"),
    "draft": ("The plan is a draft for comment.", "该规划为征求意见稿。"),
}


class Case(NamedTuple):
    """One claim, ready to be judged."""

    kind: str
    printed: dict  # the row of `observations`
    result: Interval
    leaves: list  # what the result was computed from
    base: Any  # the look-up that is the population behind the figure, or None
    close: pd.DataFrame  # candidates for it, with attrs needed and tried
    draft: bool


def judge(case: Case) -> str:
    """Return the verdict on a claim."""
    if case.kind == "feasibility":
        return "unverifiable"
    if fits(case):
        about = is_about(case.printed["as_printed"], case.printed["comparator"])
        return "approximate" if about or any(leaf.about for leaf in case.leaves) else _fit(case)
    if case.kind == "text_vs_table":
        verdict = "text_vs_table"
    elif len(case.close):
        verdict = "year_mismatch" if _other_year(case) else "other_denominator"
    else:
        verdict = "convenient" if _convenient(case) else "inconsistent"
    spared = len(_bases(case)) > 1 or bool(doubts(case))
    return "unverifiable" if spared and verdict in ("inconsistent", "text_vs_table") else verdict


def fits(case: Case) -> bool:
    """Whether a printed figure and the recomputed one have room for each other."""
    printed, comparator = _printed(case), case.printed["comparator"]
    if case.kind == "text_vs_table":  # 4.5个以上 and 4.59 do not exclude each other, but are two figures
        return printed.meets(case.result)
    if comparator in ("ge", "gt"):
        printed = printed._replace(high=math.inf)
    elif comparator in ("le", "lt"):
        printed = printed._replace(low=-math.inf)
    return printed.meets(case.result) or _truncated(case)


def doubts(case: Case) -> list[Said]:
    """Return what the notes doubt about the printed figure and about what it is computed from."""
    found = [doubt_in(case.printed), *(leaf.doubt for leaf in case.leaves)]
    return list(dict.fromkeys(doubt for doubt in found if doubt))


def explain(case: Case, verdict: str, lang: str = "en") -> str:
    """Return the explanation of a verdict: from what, by how much, and what else was tried."""
    at = ("en", "zh").index(lang)
    printed, result = case.printed["value"], case.result
    words = {
        "by": number(abs(round(result.value, _decimals(case, result.value)) - printed), case, like=result.value)
        + _unit(case)[1][at],
        "off": f"{abs(100 * (result.value / printed - 1)):.1f}" if printed else "-",
        "share": f"{100 * result.value / printed:.0f}" if printed else "-",
        "found": ("; ", "；")[at].join(_candidates(case.close, lang)) if "{found}" in SENTENCES[verdict][0] else "",
        "doubt": ("; ", "；")[at].join(doubt[at] for doubt in doubts(case)),
        "needed": f"{case.close.attrs.get('needed', 0):,.0f}",
        "tried": case.close.attrs.get("tried", 0),
        "close": len(case.close),
    }
    sentences = [_computed(case, lang), *(SENTENCES[key][at].format(**words) for key in _keys(case, verdict))]
    return ("" if lang == "zh" else " ").join(part for part in sentences if part)


def number(value: float, case: Case, like: float | None = None) -> str:
    """Return a result with two digits more than the document prints (none for large counts), and no idle zeros."""
    text = f"{value:,.{_decimals(case, value if like is None else like)}f}"
    return with_minus(text.rstrip("0").rstrip(".") if "." in text else text)


def _decimals(case: Case, value: float) -> int:
    printed = -round(math.log10(last_digit(case.printed["value"], case.printed["as_printed"])))
    return 0 if printed <= 0 and abs(value) >= 100 else max(0, printed) + 2


def _unit(case: Case) -> tuple[tuple[str, str], tuple[str, str]]:
    """The unit of a result, and that of a difference, in both languages."""
    return UNITS.get(case.printed["unit"], NO_UNIT)


def _keys(case: Case, verdict: str) -> list[str]:
    """The sentences that an explanation is made of."""
    keys = ["feasibility" if case.kind == "feasibility" else verdict]
    digit = last_digit(case.printed["value"], case.printed["as_printed"])
    if verdict == "exact" and case.kind == "text_vs_table":
        keys = ["agree"]
    elif verdict == "exact" and abs(case.result.value - case.printed["value"]) > digit:
        keys = ["bound"]
    if case.base is not None and not fits(case) and case.kind not in ("feasibility", "text_vs_table"):
        keys.append("tried")
    if len(_bases(case)) > 1:
        keys.append("bases")
    if doubts(case):
        keys.append("doubt")
    if doubts(case) and verdict == "unverifiable" and case.kind != "feasibility":
        keys.append("spared")
    return keys + ["draft"] * case.draft


def _computed(case: Case, lang: str) -> str:
    printed = case.printed["as_printed"]
    if case.kind == "text_vs_table" and [leaf.found for leaf in case.leaves] == [case.result]:  # nothing is computed
        label_en, label_zh = case.leaves[0].label_en, case.leaves[0].label_zh
        return (
            f"One place prints {printed}; another, {label_en}."
            if lang == "en"
            else f"一处为{printed}；另一处为{label_zh}。"
        )
    low, value, high = (number(part, case) for part in case.result)
    span = "" if low == high else f" ({low} to {high})" if lang == "en" else f"（{low}至{high}）"
    value += _unit(case)[0][lang == "zh"]
    if lang == "en":
        inputs = "; ".join(leaf.label_en for leaf in case.leaves)
        return f"Printed {printed}; computed {value}{span} from {inputs}."
    inputs = "；".join(leaf.label_zh for leaf in case.leaves)
    return f"原文为{printed}。依据{inputs}，计算得{value}{span}。"


def _candidates(close: pd.DataFrame, lang: str) -> list[str]:
    """The closest populations, each with its distance from the one that would fit exactly."""
    name, form = {"en": ("candidate", "{} ({} %)"), "zh": ("candidate_zh", "{}（{}%）")}[lang]
    best = close.head(3)
    return [
        form.format(words, with_minus(f"{off:+.2f}")) for words, off in zip(best[name], best["off_pct"], strict=True)
    ]


def _printed(case: Case) -> Interval:
    return printed_interval(case.printed["value"], case.printed["as_printed"])


def _fit(case: Case) -> str:
    printed, value = _printed(case), case.result.value
    slack = 1e-9 * max(1.0, abs(value))
    if case.kind == "text_vs_table" and abs(value - case.printed["value"]) > slack:
        return "rounding"  # 45 has room for 44.85, but the two places do not print the same figure
    if case.printed["comparator"] in ("ge", "gt", "le", "lt"):
        return "exact"
    if printed.low - slack <= value <= printed.high + slack:
        return "exact"
    return "truncated" if _truncated(case) else "rounding"


def _truncated(case: Case) -> bool:
    """Whether cutting off the result after the printed digits gives the printed figure."""
    digit = last_digit(case.printed["value"], case.printed["as_printed"])
    return 0 <= case.result.value - case.printed["value"] < digit


def _convenient(case: Case) -> bool:
    """Whether the printed figure is near the result and has fewer significant digits."""
    digit = last_digit(case.printed["value"], case.printed["as_printed"])
    printed, result = (str(round(abs(x) / digit)).rstrip("0") for x in (case.printed["value"], case.result.value))
    near = abs(case.printed["value"] - case.result.value) <= 0.01 * abs(case.result.value)
    return near and len(printed) < len(result)


def _other_year(case: Case) -> bool:
    """Whether the closest candidate is the same group of the same place in another year."""
    best = case.close.iloc[0]
    same = (best["area"], best["group"]) == (case.base.area, case.base.group)
    return bool(same and best["year"] != case.base.year)


def _bases(case: Case) -> set[str]:
    """The bases (resident, registered) of the persons in a claim; more than one cannot be compared."""
    return {leaf.basis for leaf in case.leaves if leaf.basis and leaf.group} | {case.printed["basis"] or ""} - {""}


NUMBERS = ["published", "recomputed_low", "recomputed", "recomputed_high"]
COLUMNS = ["claim", "area", "kind", "statement_en", "statement_zh", *NUMBERS, "unit", "verdict"]
COLUMNS += ["explanation", "explanation_zh", "observation", "source", "locator"]


def audit(area: object = None, *, root: str | Path | None = None) -> pd.DataFrame:
    """Recompute every claim of the plans from the figures behind it, and say how well it holds.

    A verdict is about figures and not about people: a plan may be a draft, an input may be rounded in a way that is
    not printed, and a text may have lost characters. Where the note of a figure doubts it, nothing is concluded.

    Parameters
    ----------
    area : str or int, optional
        Slug, Chinese or English name, or adcode; without it all areas.
    root : path, optional
        Folder with your own tables; your claims are judged too.

    Returns
    -------
    DataFrame
        One row a claim: claim, area, kind, statement_en, statement_zh, published, recomputed_low, recomputed,
        recomputed_high [unit], unit, verdict (a key of `VERDICTS`, the worst that holds), explanation,
        explanation_zh, and observation, source, locator of the printed figure.

    Raises
    ------
    DataError
        For an unknown area.

    References
    ----------
    Moore, Kearfott and Cloud (2009), Introduction to Interval Analysis, SIAM, for the ranges.

    Examples
    --------
    >>> found = audit("景德镇市").set_index("claim")
    >>> print(found.verdict["jingdezhen.population_60plus_share_2020"])
    exact
    >>> print(found.verdict["jingdezhen.beds_needed_2025"], round(found.recomputed["jingdezhen.beds_needed_2025"]))
    convenient 10592
    """
    evidence = evidence_at(root)
    drafts = set(load_table("sources", root=root).query("status == 'draft'")["source"])
    people: dict[str, pd.DataFrame] = {}
    rows = []
    for claim in load_table("claims", area=area, root=root).to_dict("records"):
        if claim["area"] not in people:
            people[claim["area"]] = populations(evidence, claim["area"])
        rows.append(_row(claim, evidence, people[claim["area"]], drafts))
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))


def audit_table(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Return the audit as people read it: verdict in words, statement, printed, computed, explanation.

    Parameters
    ----------
    area : str or int, optional
        As in `audit`.
    lang : {"en", "zh"}
        Language of statements, verdicts and explanations.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        Worst verdicts first: claim, verdict, statement, published, recomputed [unit], unit, explanation.

    Raises
    ------
    DataError
        For an unknown area or language.

    Examples
    --------
    >>> audit_table("yueyang", lang="zh").verdict[0]
    '未能复现'
    """
    if lang not in ("en", "zh"):
        raise DataError(f"lang is {lang!r}; it must be 'en' or 'zh'.")
    found = audit(area, root=root)
    rank = {verdict: place for place, verdict in enumerate(VERDICTS)}
    found = found.sort_values("verdict", key=lambda column: column.map(rank), kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "claim": found["claim"],
            "verdict": found["verdict"].map({key: words[lang == "zh"] for key, words in VERDICTS.items()}),
            "statement": found[f"statement_{lang}"],
            **{name: found[name] for name in ("published", "recomputed", "unit")},
            "explanation": found["explanation" if lang == "en" else "explanation_zh"],
        }
    )


def _row(claim: dict, evidence: Evidence, people: pd.DataFrame, drafts: set[str]) -> dict:
    """One claim with its verdict; what cannot be computed says why and is not judged."""
    row = {name: claim[name] for name in COLUMNS if name in claim}
    try:
        printed = evidence.row(claim["observation"])
        row.update(source=printed["source"], locator=printed["locator"])
        case = _case(claim, printed, evidence, people, printed["source"] in drafts)
    except DataError as error:
        why = {"explanation": str(error), "explanation_zh": f"无法计算：{error}"}
        return row | {"verdict": "unverifiable", **why}
    verdict = judge(case)
    numbers = dict(zip(NUMBERS[1:], case.result, strict=True))
    words = {"explanation": explain(case, verdict), "explanation_zh": explain(case, verdict, "zh")}
    return row | numbers | {"published": printed["value"], "verdict": verdict, **words}


def _case(claim: dict, printed: dict, evidence: Evidence, people: pd.DataFrame, draft: bool) -> Case:
    if printed["value"] is None:
        raise DataError(f"{claim['observation']} prints no number ({printed['as_printed']}), so nothing can be judged.")
    result, leaves = evidence.compute(claim["formula"])
    base, needed = _base(claim["formula"], result, leaves, printed["value"], evidence)
    # A total that was worked out from this very figure would prove it by itself.
    others = people[~people["observation"].str.contains(claim["observation"], regex=False)]
    close = fitting(others, needed) if base else people.iloc[:0].assign(off_pct=0.0)
    return Case(claim["kind"], printed, result, leaves, base, close, draft)


def _base(
    formula: str, result: Interval, leaves: list[Leaf], printed: float, evidence: Evidence
) -> tuple[Leaf | None, float]:
    """The population behind a figure, and how many persons would make the result equal to the printed figure.

    Doubling a population that divides halves the result; doubling one that multiplies doubles it.
    """
    factors = []
    for leaf in leaves:
        if not leaf.group or not result.value or not printed:
            continue
        doubled = evidence.compute(formula, {leaf.call: leaf.found * exact(2)})[0].value
        if math.isclose(doubled, result.value / 2):
            return leaf, leaf.found.value * result.value / printed
        if math.isclose(doubled, result.value * 2):
            factors.append(leaf)
    if len(factors) == 1:
        return factors[0], factors[0].found.value * printed / result.value
    return None, math.nan
