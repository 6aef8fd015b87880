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
from .evidence import BOUNDS, FLOORS, Evidence, Leaf, doubt_in, evidence_at, fitting, keeps_limit, label, populations
from .intervals import Interval, exact, is_about, last_digit, printed_interval

# Worst first: when several hold, the first is given. Their names are [words.verdict] of the catalogues.
VERDICTS = (
    "inconsistent", "text_vs_table", "doubtful", "date_open", "year_mismatch", "other_denominator", "convenient",
    "approximate", "truncated", "rounding", "exact", "unverifiable",
)  # fmt: skip


class Case(NamedTuple):
    """One claim, ready to be judged."""

    kind: str
    printed: dict  # the row of `observations`
    span: Interval  # the printed figure with half of its last digit on either side
    digit: float  # what its last digit is worth
    result: Interval
    leaves: list[Leaf]  # what the result was computed from
    base: Leaf | None = None  # the look-up that is the population behind the figure
    close: pd.DataFrame = pd.DataFrame()  # candidates for it, with off_pct, attrs needed and tried
    draft: bool = False
    counted: tuple[Leaf, float] | None = None  # what is counted, and how much of it would fit
    step: tuple[float, float] | None = None  # a share on the way, and what it is rounded to where that gives the figure


def judge(case: Case) -> str:
    """Return the verdict on a claim."""
    years = _years(case)
    if fits(case):
        if years:
            return "year_mismatch"
        about = is_about(case.printed["as_printed"], case.printed["comparator"])
        return "approximate" if about or any(leaf.about for leaf in case.leaves) else _fit(case)
    if case.step:
        return "rounding"
    if case.kind == "text_vs_table":
        verdict = "date_open" if _date_open(case) else "year_mismatch" if years else "text_vs_table"
    elif len(case.close):
        verdict = "year_mismatch" if _other_year(case) else "other_denominator"
    else:
        verdict = "convenient" if _convenient(case) else "inconsistent"
    if verdict in ("inconsistent", "text_vs_table"):
        return "unverifiable" if len(_bases(case)) > 1 else "doubtful" if doubts(case) else verdict
    return verdict


def fits(case: Case) -> bool:
    """Whether a printed figure and the recomputed one have room for each other."""
    printed, comparator = case.span, case.printed["comparator"]
    if case.kind == "text_vs_table":
        return printed.meets(case.result) or _within(case)
    if comparator in FLOORS:
        printed = printed._replace(high=math.inf)
    elif comparator in BOUNDS:
        printed = printed._replace(low=-math.inf)
    return printed.meets(case.result) or _truncated(case)


def _other(case: Case) -> dict | None:
    """The row of the other place, where a figure is printed in two places."""
    repeated = case.kind == "text_vs_table" and [leaf.found.value for leaf in case.leaves] == [case.result.value]
    return case.leaves[0].values.get("row") if repeated else None


def _within(case: Case) -> bool:
    other = _other(case)
    return other is not None and keeps_limit(case.printed, other)


def _years(case: Case) -> tuple[int, int] | None:
    """The printed year of a figure and that of the people, or of the other place, behind it, where they differ."""
    other = _other(case)
    here, there = case.printed["year"], other["year"] if other else case.base and case.base.year
    inferred = "inferred" in (case.printed.get("year_basis"), (other or {}).get("year_basis"))
    return None if inferred or not here or not there or here == there else (int(here), int(there))


def _date_open(case: Case) -> bool:
    """Whether two figures differ of which one has no printed date, so that both may hold."""
    other = _other(case)
    if other is None:
        return False
    bases = (case.printed.get("year_basis"), other.get("year_basis"))
    return "inferred" in bases and case.printed["year"] != other["year"]


def doubts(case: Case) -> list[dict]:
    """Return what the notes doubt about the printed figure and about what it is computed from, each once."""
    found = [doubt_in(case.printed), *(leaf.doubt for leaf in case.leaves)]
    return list({tuple(doubt.items()): doubt for doubt in found if doubt}.values())


def explain(case: Case, verdict: str, lang: str = "en") -> str:
    """Return the explanation of a verdict: from what, by how much, and what else was tried."""
    words, values = catalogue(lang), _values(case, lang)
    parts = [words.say(f"audit.sentences.{key}", **values) for key in _keys(case, verdict)]
    return words.say("audit.explanation", parts=[part for part in parts if part])


def _values(case: Case, lang: str) -> dict:
    """What the sentences of an explanation may say."""
    words, printed, result, unit = catalogue(lang), case.printed["value"], case.result, case.printed["unit"]
    near = zip(case.close["leaf"][:3], case.close["off_pct"][:3], strict=True) if len(case.close) else ()
    return {
        "printed": case.printed["as_printed"],
        "inputs": [label(leaf, lang) for leaf in case.leaves],
        **{name: number(end, case) for name, end in zip(("low", "result", "high"), result, strict=True)},
        "unit": words.find(f"audit.units.{unit}", ""),
        "by": number(abs(round(result.value, _decimals(case, result.value)) - printed), case, like=result.value),
        "difference_unit": words.find(f"audit.difference_units.{unit}", ""),
        "off": f"{abs(100 * (result.value / printed - 1)):.1f}" if printed else "-",
        "share": f"{100 * result.value / printed:.0f}" if printed else "-",
        "doubts": doubts(case),
        "years": _years(case),
        "whose": case.base and {"group": case.base.group, "area": case.base.area, **case.base.values},
        "here": case.printed,
        "there": _other(case),
        "counted": case.counted and (label(case.counted[0], lang), case.counted[1]),
        "step": case.step and tuple(f"{100 * share:.4g}" for share in case.step),
        "close": len(case.close),
        **case.close.attrs,
        "found": [{"name": label(leaf, lang), "off": with_minus(f"{off:+.2f}")} for leaf, off in near],
    }


def number(value: float, case: Case, like: float | None = None) -> str:
    """Return a result with two digits more than the document prints (none for large counts), and no idle zeros."""
    text = f"{value:,.{_decimals(case, value if like is None else like)}f}"
    return with_minus(text.rstrip("0").rstrip(".") if "." in text else text)


def _decimals(case: Case, value: float) -> int:
    printed = -round(math.log10(case.digit))
    return 0 if printed <= 0 and abs(value) >= 100 else max(0, printed) + 2


def _keys(case: Case, verdict: str) -> list[str]:
    """The sentences that an explanation is made of."""
    if case.kind == "feasibility":
        return ["beside", *["doubt"] * bool(doubts(case)), *["draft"] * case.draft]
    two_places, fit, years = case.kind == "text_vs_table", fits(case), _years(case)
    beyond = abs(case.result.value - case.printed["value"]) > case.digit
    held = "agree" if two_places else "bound" if beyond else "exact"
    found = _fit(case) if fit else ""
    open_ = not fit and not case.step
    keys = [
        ("two_places" if _other(case) else "computed", True),
        (held if found == "exact" else found, fit and verdict != "approximate"),
        ("step", case.step),
        (verdict, open_ or verdict == "approximate"),
        ("years", years),
        ("tried", case.base is not None and open_ and not two_places),
        ("counted", case.counted and open_ and not len(case.close)),
        ("bases", len(_bases(case)) > 1),
        ("doubt", doubts(case)),
        ("draft", case.draft),
    ]
    return [key for key, said in keys if said]


def _fit(case: Case) -> str:
    value, slack = case.result.value, 1e-9 * max(1.0, abs(case.result.value))
    if case.kind == "text_vs_table" and abs(value - case.printed["value"]) > slack:
        # 45 has room for 44.85, but the two places do not print the same figure
        return "exact" if _within(case) else "rounding"
    bound = case.printed["comparator"] in BOUNDS
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
    if base is None or (best["area"], best["group"]) != (base.area, base.group):
        return False
    return bool(best["year"] != base.year)


def _bases(case: Case) -> set[str]:
    """The bases (resident, registered) of the persons in a claim; more than one cannot be compared."""
    return {leaf.basis for leaf in case.leaves if leaf.basis and leaf.group} | {case.printed["basis"] or ""} - {""}


NUMBERS = ["published", "recomputed_low", "recomputed", "recomputed_high"]
COLUMNS = ["claim", "area", "kind", "statement_en", "statement_zh", *NUMBERS, "unit", "verdict"]
COLUMNS += ["explanation", "explanation_zh", "observation", "source", "locator"]
SIDE_BY_SIDE = ["claim", "area", "statement_en", "statement_zh", "published", "beside", "unit", "percent"]
SIDE_BY_SIDE += ["explanation", "explanation_zh", "observation", "source", "locator"]


def audit(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Recompute every claim of the plans from the figures behind it, and say how well it holds.

    A figure that is not reproduced need not be wrong: a plan may be a draft, an input may be rounded in a way that is
    not printed, and a text may have lost characters. What need not be equal stands in `feasibility`.
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
    rounding 10592
    """
    return _ledger(area, lang, root, "kind != 'feasibility'")


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


def feasibility(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Set what a plan lists, staffs or wants beside what is needed for it or there today; nothing is judged.

    No document says that the two are equal. `area`, `lang`, `root` as in `audit`.

    Returns
    -------
    DataFrame
        One row a pair: claim, area, statement_en, statement_zh, published (the printed figure) and beside (what is set
        beside it) [unit], unit, percent (beside, of published) [percent], explanation (in `lang`), explanation_zh, and
        observation, source, locator of the printed figure.

    Examples
    --------
    >>> beds = feasibility("lianshui").set_index("claim").loc["lianshui.beds_for_target_2025"]
    >>> print(beds.published, round(beds.beside), round(beds.percent))
    8305.0 9837 118
    """
    found = _ledger(area, lang, root, "kind == 'feasibility'").rename(columns={"recomputed": "beside"})
    return found.assign(percent=100 * found["beside"] / found["published"].where(found["published"] != 0))[SIDE_BY_SIDE]


def _ledger(area: object, lang: str, root: str | Path | None, wanted: str) -> pd.DataFrame:
    catalogue(lang)  # an unknown language first
    evidence = evidence_at(root)
    drafts = set(load_table("sources", root=root).query("status == 'draft'")["source"])
    people: dict[str, pd.DataFrame] = {}
    rows = []
    for claim in load_table("claims", area=area, root=root).query(wanted).to_dict("records"):
        if claim["area"] not in people:
            people[claim["area"]] = populations(evidence, claim["area"])
        rows.append(_row(claim, evidence, people[claim["area"]], drafts, lang))
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))


def _row(claim: dict, evidence: Evidence, people: pd.DataFrame, drafts: set[str], lang: str) -> dict:
    """One claim with its verdict; what cannot be computed says why and is not judged."""
    row = {name: claim[name] for name in COLUMNS if name in claim}
    columns = {"explanation": lang, "explanation_zh": "zh"}
    try:
        printed = evidence.row(claim["observation"])
        row.update(source=printed["source"], locator=printed["locator"])
        if printed["value"] is None:
            raise DataError(f"{row['observation']} prints no number ({printed['as_printed']}): nothing can be judged.")
        figure = printed["value"], printed["as_printed"]
        result, leaves = evidence.compute(claim["formula"])
        case = Case(claim["kind"], printed, printed_interval(*figure), last_digit(*figure), result, leaves)
        base, counted, needed = _base(claim["formula"], case, evidence)
    except DataError as error:
        why = {name: catalogue(lang).say("audit.cannot", why=str(error)) for name, lang in columns.items()}
        return row | {"verdict": "unverifiable", **why}
    # A total that was worked out from this very figure would prove it by itself.
    others = people[~people["observation"].str.contains(claim["observation"], regex=False)]
    close = fitting(others, needed) if base else people.iloc[:0].assign(off_pct=0.0)
    case = case._replace(base=base, counted=counted, close=close, draft=printed["source"] in drafts)
    case = case._replace(step=_step(claim["formula"], case, evidence))
    verdict = judge(case)
    texts = {name: explain(case, verdict, lang) for name, lang in columns.items()}
    numbers = dict(zip(NUMBERS[1:], case.result, strict=True))
    return row | numbers | {"published": printed["value"], "verdict": verdict, **texts}


def _base(formula: str, case: Case, evidence: Evidence) -> tuple[Leaf | None, tuple[Leaf, float] | None, float]:
    """The population behind a figure; what is counted, with the count that would fit; the persons that would fit.

    Doubling a population that divides halves the result; doubling one that multiplies doubles it.
    """
    result, printed = case.result.value, case.printed["value"]
    base, factors = None, []
    for leaf in case.leaves if result and printed else ():
        doubled = evidence.compute(formula, {leaf.call: leaf.found * exact(2)})[0].value
        if leaf.group and base is None and math.isclose(doubled, result / 2):
            base = leaf
        elif math.isclose(doubled, result * 2):
            factors.append(leaf)
    if base:
        counted = (factors[0], factors[0].found.value * printed / result) if len(factors) == 1 else None
        return base, counted, base.found.value * result / printed
    people = [leaf for leaf in factors if leaf.group]
    return (people[0], None, people[0].found.value * printed / result) if len(people) == 1 else (None, None, math.nan)


def _step(formula: str, case: Case, evidence: Evidence) -> tuple[float, float] | None:
    """A share within a formula and its rounding to 0, 1 or 2 digits of a per cent that gives the very figure."""
    for digits in () if fits(case) else (2, 3, 4):
        steps: list[tuple[float, float]] = []

        def rounded(share: float, digits: int = digits, steps: list = steps) -> float:
            steps.append((share, round(share, digits)))
            return steps[-1][1]

        if math.isclose(evidence.compute(formula, share=rounded)[0].value, case.printed["value"]) and len(steps) == 1:
            return steps[0]
    return None
