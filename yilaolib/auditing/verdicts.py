"""Recompute what plans print: every claim of `claims.csv` with its verdict, its range and its explanation."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..errors import DataError
from ..tables.areas import load_table
from ..tables.printed import with_minus
from ..texts import catalogue
from .evidence import Evidence, Leaf, doubt_in, evidence_at, fitting, label, populations
from .intervals import Interval, exact, is_about, last_digit, printed_interval

# Worst first: when several hold, the first is given. Their names are [words.verdict] of the catalogues.
VERDICTS = (
    "inconsistent", "text_vs_table", "year_mismatch", "other_denominator", "convenient", "approximate", "truncated",
    "rounding", "exact", "unverifiable",
)  # fmt: skip


class Case(NamedTuple):
    """One claim, ready to be judged."""

    kind: str
    printed: dict  # the row of `observations`
    span: Interval  # the printed figure with half of its last digit on either side
    digit: float  # what its last digit is worth
    result: Interval
    leaves: list[Leaf]  # what the result was computed from
    base: Leaf | None  # the look-up that is the population behind the figure
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
    printed, comparator = case.span, case.printed["comparator"]
    if case.kind == "text_vs_table":  # 4.5个以上 and 4.59 do not exclude each other, but are two figures
        return printed.meets(case.result)
    if comparator in ("ge", "gt"):
        printed = printed._replace(high=math.inf)
    elif comparator in ("le", "lt"):
        printed = printed._replace(low=-math.inf)
    return printed.meets(case.result) or _truncated(case)


def doubts(case: Case) -> list[dict]:
    """Return what the notes doubt about the printed figure and about what it is computed from, each once."""
    found = [doubt_in(case.printed), *(leaf.doubt for leaf in case.leaves)]
    return list({tuple(doubt.items()): doubt for doubt in found if doubt}.values())


def explain(case: Case, verdict: str, lang: str = "en") -> str:
    """Return the explanation of a verdict: from what, by how much, and what else was tried."""
    words, printed, result, unit = catalogue(lang), case.printed["value"], case.result, case.printed["unit"]
    values = {
        "printed": case.printed["as_printed"],
        "inputs": [label(leaf, lang) for leaf in case.leaves],
        **{name: number(end, case) for name, end in zip(("low", "result", "high"), result, strict=True)},
        "unit": words.find(f"audit.units.{unit}", ""),
        "by": number(abs(round(result.value, _decimals(case, result.value)) - printed), case, like=result.value),
        "difference_unit": words.find(f"audit.difference_units.{unit}", ""),
        "off": f"{abs(100 * (result.value / printed - 1)):.1f}" if printed else "-",
        "share": f"{100 * result.value / printed:.0f}" if printed else "-",
        "doubts": doubts(case),
        "close": len(case.close),
        **case.close.attrs,
        "found": [
            {"name": label(leaf, lang), "off": with_minus(f"{off:+.2f}")}
            for leaf, off in zip(case.close["leaf"][:3], case.close["off_pct"][:3], strict=True)
        ],
    }
    parts = [words.say(f"audit.sentences.{key}", **values) for key in _keys(case, verdict)]
    return words.say("audit.explanation", parts=[part for part in parts if part])


def number(value: float, case: Case, like: float | None = None) -> str:
    """Return a result with two digits more than the document prints (none for large counts), and no idle zeros."""
    text = f"{value:,.{_decimals(case, value if like is None else like)}f}"
    return with_minus(text.rstrip("0").rstrip(".") if "." in text else text)


def _decimals(case: Case, value: float) -> int:
    printed = -round(math.log10(case.digit))
    return 0 if printed <= 0 and abs(value) >= 100 else max(0, printed) + 2


def _keys(case: Case, verdict: str) -> list[str]:
    """The sentences that an explanation is made of."""
    two_places, judged = case.kind == "text_vs_table", case.kind != "feasibility"
    repeated = two_places and [leaf.found for leaf in case.leaves] == [case.result]
    beyond = abs(case.result.value - case.printed["value"]) > case.digit
    held = "agree" if two_places else "bound" if beyond else "exact"
    keys = {
        "two_places" if repeated else "computed": True,
        (held if verdict == "exact" else verdict) if judged else "feasibility": True,
        "tried": case.base is not None and not fits(case) and judged and not two_places,
        "bases": len(_bases(case)) > 1,
        "doubt": doubts(case),
        "spared": doubts(case) and verdict == "unverifiable" and judged,
        "draft": case.draft,
    }
    return [key for key, said in keys.items() if said]


def _fit(case: Case) -> str:
    value, slack = case.result.value, 1e-9 * max(1.0, abs(case.result.value))
    if case.kind == "text_vs_table" and abs(value - case.printed["value"]) > slack:
        return "rounding"  # 45 has room for 44.85, but the two places do not print the same figure
    bound = case.printed["comparator"] in ("ge", "gt", "le", "lt")
    if bound or case.span.low - slack <= value <= case.span.high + slack:
        return "exact"
    return "truncated" if _truncated(case) else "rounding"


def _truncated(case: Case) -> bool:
    """Whether cutting off the result after the printed digits gives the printed figure."""
    return 0 <= case.result.value - case.printed["value"] < case.digit


def _convenient(case: Case) -> bool:
    """Whether the printed figure is near the result and has fewer significant digits."""
    value, digit = case.printed["value"], case.digit
    printed, result = (str(round(abs(x) / digit)).rstrip("0") for x in (value, case.result.value))
    return abs(value - case.result.value) <= 0.01 * abs(case.result.value) and len(printed) < len(result)


def _other_year(case: Case) -> bool:
    """Whether the closest candidate is the same group of the same place in another year."""
    best, base = case.close.iloc[0], case.base
    same = base is not None and (best["area"], best["group"]) == (base.area, base.group)
    return bool(same and best["year"] != base.year)


def _bases(case: Case) -> set[str]:
    """The bases (resident, registered) of the persons in a claim; more than one cannot be compared."""
    return {leaf.basis for leaf in case.leaves if leaf.basis and leaf.group} | {case.printed["basis"] or ""} - {""}


NUMBERS = ["published", "recomputed_low", "recomputed", "recomputed_high"]
COLUMNS = ["claim", "area", "kind", "statement_en", "statement_zh", *NUMBERS, "unit", "verdict"]
COLUMNS += ["explanation", "explanation_zh", "observation", "source", "locator"]


def audit(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Recompute every claim of the plans from the figures behind it, and say how well it holds.

    A verdict is about figures and not about people: a plan may be a draft, an input may be rounded in a way that is
    not printed, and a text may have lost characters. Where the note of a figure doubts it, nothing is concluded.
    The ranges are those of interval arithmetic (Moore, Kearfott and Cloud 2009, Introduction to Interval Analysis).

    Parameters
    ----------
    area : str or int, optional
        Slug, Chinese or English name, or adcode; without it all areas. An unknown one is a DataError.
    lang : str, default "en"
        Language of the column `explanation`, or the path of a catalogue of your own (TOML).
    root : path, optional
        Folder with your own tables; your claims are judged too.

    Returns
    -------
    DataFrame
        One row a claim: claim, area, kind, statement_en, statement_zh, published, recomputed_low, recomputed,
        recomputed_high [unit], unit, verdict (one of `VERDICTS`, the worst that holds), explanation (in `lang`),
        explanation_zh, and observation, source, locator of the printed figure.

    Examples
    --------
    >>> found = audit("景德镇市").set_index("claim")
    >>> print(found.verdict["jingdezhen.beds_needed_2025"], round(found.recomputed["jingdezhen.beds_needed_2025"]))
    convenient 10592
    """
    catalogue(lang)  # an unknown language first
    evidence = evidence_at(root)
    drafts = set(load_table("sources", root=root).query("status == 'draft'")["source"])
    people: dict[str, pd.DataFrame] = {}
    rows = []
    for claim in load_table("claims", area=area, root=root).to_dict("records"):
        if claim["area"] not in people:
            people[claim["area"]] = populations(evidence, claim["area"])
        rows.append(_row(claim, evidence, people[claim["area"]], drafts, lang))
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))


def audit_table(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Return the audit as people read it, everything in words of `lang`, worst verdicts first.

    Columns: claim, verdict, statement, published, recomputed [unit], unit, explanation. `area`, `root` as in `audit`.

    >>> audit_table("yueyang", lang="zh").verdict[0]
    '未能复现'
    """
    words, found = catalogue(lang), audit(area, lang=lang, root=root)
    found = found.sort_values("verdict", key=lambda one: one.map(VERDICTS.index), kind="stable", ignore_index=True)
    shown = found[["claim", "verdict", "published", "recomputed", "unit", "explanation"]]
    shown = shown.assign(verdict=[words.word(f"words.verdict.{key}") for key in found["verdict"]])
    shown.insert(2, "statement", words.named(found, "statement"))
    return shown


def _row(claim: dict, evidence: Evidence, people: pd.DataFrame, drafts: set[str], lang: str) -> dict:
    """One claim with its verdict; what cannot be computed says why and is not judged."""
    row = {name: claim[name] for name in COLUMNS if name in claim}
    columns = {"explanation": lang, "explanation_zh": "zh"}
    try:
        printed = evidence.row(claim["observation"])
        row.update(source=printed["source"], locator=printed["locator"])
        if printed["value"] is None:
            raise DataError(f"{row['observation']} prints no number ({printed['as_printed']}): nothing can be judged.")
        result, leaves = evidence.compute(claim["formula"])
        base, needed = _base(claim["formula"], result, leaves, printed["value"], evidence)
    except DataError as error:
        why = {name: catalogue(lang).say("audit.cannot", why=str(error)) for name, lang in columns.items()}
        return row | {"verdict": "unverifiable", **why}
    # A total that was worked out from this very figure would prove it by itself.
    others = people[~people["observation"].str.contains(claim["observation"], regex=False)]
    close = fitting(others, needed) if base else people.iloc[:0].assign(off_pct=0.0)
    figure = printed["value"], printed["as_printed"]
    known = (printed_interval(*figure), last_digit(*figure), result, leaves, base, close)
    case = Case(claim["kind"], printed, *known, printed["source"] in drafts)
    verdict = judge(case)
    texts = {name: explain(case, verdict, lang) for name, lang in columns.items()}
    numbers = dict(zip(NUMBERS[1:], case.result, strict=True))
    return row | numbers | {"published": printed["value"], "verdict": verdict, **texts}


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
