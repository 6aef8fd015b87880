"""Recompute what plans print: a verdict on every claim of `claims.csv`, and what is odd about their targets."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..errors import DataError
from ..tables.areas import load_table, slug_of
from ..tables.cells import closed
from ..texts import catalogue, minus

from .evidence import (  # isort: skip
    BOUNDS, FLOORS, Evidence, Interval, Leaf, doubt_in, evidence_at, exact, fitting, is_about, keeps_limit, label,
    last_digit, populations, printed_interval,
)  # fmt: skip

VERDICTS = (  # worst first: when several hold, the first is given; their names are [words.verdict] of the catalogues
    "inconsistent", "text_vs_table", "doubtful", "date_open", "year_mismatch", "other_denominator", "convenient",
    "approximate", "truncated", "rounding", "exact", "unverifiable",
)  # fmt: skip
NUMBERS = ["published", "recomputed_low", "recomputed", "recomputed_high"]
COLUMNS = ["claim", "area", "kind", "statement_en", "statement_zh", *NUMBERS, "unit", "as_printed", "verdict"]
COLUMNS += ["explanation", "explanation_zh", "observation", "source", "locator"]
SIDE_BY_SIDE = ["claim", "area", "statement_en", "statement_zh", "published", "beside", "unit", "percent", "as_printed"]
SIDE_BY_SIDE += ["explanation", "explanation_zh", "observation", "source", "locator"]


def audit(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Recompute every claim of the plans from the figures behind it, and say how well it holds.

    A figure that is not reproduced need not be wrong (a draft, a rounding, a damaged text). What need not be equal
    stands in `feasibility`. Source of the ranges: Moore, Kearfott and Cloud (2009), Introduction to Interval Analysis.

    Without `area` all areas; `lang` may be the path of a catalogue of your own (TOML).
    Returns DataFrame, one row a claim: claim, area, kind, statement_en, statement_zh, published, recomputed_low,
        recomputed, recomputed_high [unit], unit, as_printed, verdict (one of `VERDICTS`, the worst that holds),
        explanation (in `lang`), explanation_zh, and observation, source, locator of the printed figure.

    >>> found = audit("景德镇市").set_index("claim")
    >>> print(found.verdict["jingdezhen.beds_needed_2025"], round(found.recomputed["jingdezhen.beds_needed_2025"]))
    rounding 10592
    """
    return _ledger(area, lang, root, beside=False)


def audit_table(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Return the audit as people read it, everything in words of `lang`, worst verdicts first.

    Columns: claim, verdict, statement, as_printed, published, recomputed [unit], unit, explanation.

    >>> audit_table("yueyang", lang="zh").verdict[0]
    '未能复现'
    """
    words, found = catalogue(lang), audit(area, lang=lang, root=root)
    found = found.sort_values("verdict", key=lambda one: one.map(VERDICTS.index), kind="stable", ignore_index=True)
    shown = found[["claim", "verdict", "as_printed", "published", "recomputed", "unit", "explanation"]]
    shown = shown.assign(verdict=[words.word(f"words.verdict.{key}") for key in found["verdict"]])
    shown.insert(2, "statement", words.named(found, "statement"))
    return shown


def feasibility(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Set what a plan lists, staffs or wants beside what is needed for it or there today; nothing is judged.

    No document says that the two are equal. `area`, `lang`, `root` as in `audit`.
    Returns DataFrame, one row a pair: claim, area, statement_en, statement_zh, published (the printed figure), beside
        (what is set beside it), unit, percent (beside, of published), as_printed, and the last columns of `audit`.

    >>> beds = feasibility("lianshui").set_index("claim").loc["lianshui.beds_for_target_2025"]
    >>> print(beds.published, round(beds.beside), round(beds.percent))
    8305.0 9837 118
    """
    found = _ledger(area, lang, root, beside=True).rename(columns={"recomputed": "beside"})
    return found.assign(percent=100 * found["beside"] / found["published"].where(found["published"] != 0))[SIDE_BY_SIDE]


def _ledger(area: object, lang: str, root: str | Path | None, beside: bool) -> pd.DataFrame:
    catalogue(lang)  # an unknown language first
    evidence = evidence_at(root)
    claims = load_table("claims", area=area, root=root)
    claims = claims[(claims["kind"] == "feasibility") == beside].to_dict("records")
    rows = [_row(claim, evidence, lang) for claim in claims]
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))


def _row(claim: dict, evidence: Evidence, lang: str) -> dict:
    """One claim with its verdict; what cannot be computed says why and is not judged."""
    row = {name: claim[name] for name in COLUMNS if name in claim}
    columns = {"explanation": lang, "explanation_zh": "zh"}
    try:
        printed = evidence.row(claim["observation"])
        row |= {name: printed[name] for name in ("source", "locator", "as_printed")}
        case = _case(claim, printed, evidence)
    except DataError as error:
        why = {name: catalogue(lang).say("audit.cannot", why=error) for name, lang in columns.items()}
        return row | {"verdict": "unverifiable", **why}
    verdict = judge(case)
    row.update(zip(NUMBERS, (printed["value"], *case.result), strict=True), verdict=verdict)
    said = {each: explain(case, verdict, each) for each in {lang, "zh"}}
    return row | {name: said[each] for name, each in columns.items()}


class Case(NamedTuple):
    """One claim, ready to be judged."""

    area: str
    kind: str
    printed: dict  # the row of `observations`
    span: Interval  # the printed figure with half of its last digit on either side
    digit: float  # what its last digit is worth
    result: Interval
    leaves: list[Leaf]  # what the result was computed from
    other: dict | None = None  # the row of the other place, where a figure is printed in two places
    base: Leaf | None = None  # the look-up that is the population behind the figure
    counted: tuple[Leaf, float] | None = None  # what is counted, and how much of it would fit
    close: pd.DataFrame = pd.DataFrame()  # candidates for the base, with off_pct, attrs needed and tried
    step: tuple[float, float] | None = None  # a share on the way, and what it is rounded to where that gives the figure
    draft: bool = False


def _case(claim: dict, printed: dict, evidence: Evidence) -> Case:
    kind, formula, figure = claim["kind"], claim["formula"], (printed["value"], printed["as_printed"])
    result, leaves = evidence.compute(formula)
    repeated = kind == "text_vs_table" and [leaf.found.value for leaf in leaves] == [result.value]
    other = leaves[0].values.get("row") if repeated else None
    case = Case(claim["area"], kind, printed, printed_interval(*figure), last_digit(*figure), result, leaves, other)
    base, counted, needed = _base(formula, case, evidence)
    draft = evidence.documents.get(printed["source"], {}).get("status") == "draft"
    case = case._replace(base=base, counted=counted, step=_step(formula, case, evidence), draft=draft)
    if not base or fits(case) or case.step or kind == "feasibility":
        return case  # nobody asks which other population would fit
    people = populations(evidence, case.area)
    # A total that was worked out from this very figure would prove it by itself.
    others = people[~people["observation"].str.contains(claim["observation"], regex=False)]
    return case._replace(close=fitting(others, needed))


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


def judge(case: Case) -> str:
    years = _years(case)
    if fits(case):
        if years:
            return "year_mismatch"
        return "approximate" if is_about(case.printed) or any(leaf.about for leaf in case.leaves) else _fit(case)
    if case.step:
        return "rounding"
    if case.kind == "text_vs_table":
        # of two figures one has no printed date, so that both may hold
        dateless = case.other is not None and _inferred(case) and case.printed["year"] != case.other["year"]
        verdict = "date_open" if dateless else "year_mismatch" if years else "text_vs_table"
    elif len(case.close):
        best, base = case.close["leaf"].iloc[0], case.base
        other_year = base and (best.area, best.group) == (base.area, base.group) and best.year not in (None, base.year)
        return "year_mismatch" if other_year else "other_denominator"
    else:
        verdict = "convenient" if _convenient(case) else "inconsistent"
    if verdict in ("date_open", "year_mismatch", "convenient"):
        return verdict
    return "unverifiable" if len(_bases(case)) > 1 else "doubtful" if doubts(case) else verdict


def fits(case: Case) -> bool:
    """Whether a printed figure and the recomputed one have room for each other."""
    printed, comparator = case.span, case.printed["comparator"]
    if case.kind == "text_vs_table":
        return printed.meets(case.result) or keeps_limit(case.printed, case.other)
    if comparator in FLOORS:
        printed = printed._replace(high=math.inf)
    elif comparator in BOUNDS:
        printed = printed._replace(low=-math.inf)
    return printed.meets(case.result) or _truncated(case)


def _fit(case: Case) -> str:
    value, slack = case.result.value, 1e-9 * max(1.0, abs(case.result.value))
    if case.kind == "text_vs_table" and abs(value - case.printed["value"]) > slack:
        # 45 has room for 44.85, but the two places do not print the same figure
        return "exact" if keeps_limit(case.printed, case.other) else "rounding"
    if case.printed["comparator"] in BOUNDS or case.span.low - slack <= value <= case.span.high + slack:
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


def _inferred(case: Case) -> bool:
    return any(row and row.get("year_basis") == "inferred" for row in (case.printed, case.other))


def _years(case: Case) -> tuple[int, int] | None:
    """The year of a figure and that of the people, or of the other place, behind it, where they differ."""
    here = case.printed["year"]
    there = case.other["year"] if case.other else case.base and case.base.year
    if _inferred(case) or not here or not there or here == there:
        return None
    return int(here), int(there)


def _bases(case: Case) -> set[str]:
    """The bases (resident, registered) of the persons in a claim; more than one cannot be compared."""
    return {leaf.basis for leaf in case.leaves if leaf.basis and leaf.group} | {case.printed["basis"] or ""} - {""}


def doubts(case: Case) -> list[dict]:
    """Return what the notes doubt about the printed figure and about what it is computed from, each once."""
    found = [doubt_in(case.printed), *(leaf.doubt for leaf in case.leaves)]
    return list({tuple(doubt.items()): doubt for doubt in found if doubt}.values())


def explain(case: Case, verdict: str, lang: str = "en") -> str:
    """Return the explanation of a verdict: from what, by how much, and what else was tried."""
    words, printed, result, unit = catalogue(lang), case.printed["value"], case.result, case.printed["unit"]
    near = case.close.head(3)
    values = {
        "printed": case.printed["as_printed"],
        "inputs": [label(leaf, lang, home=case.area, locate=case.kind == "text_vs_table") for leaf in case.leaves],
        "here": case.printed,
        "there": case.other,
        "kind": case.kind,
        **{name: _number(end, case) for name, end in zip(("low", "result", "high"), result, strict=True)},
        "unit": words.find(f"audit.units.{unit}", ""),
        "by": _number(abs(round(result.value, _decimals(case, result.value)) - printed), case, like=result.value),
        "difference_unit": words.find(f"audit.difference_units.{unit}", words.find(f"audit.units.{unit}", "")),
        "off": f"{abs(100 * (result.value / printed - 1)):.1f}" if printed else "-",
        "ratio": result.value / printed if printed else math.nan,
        "doubts": doubts(case),
        "years": _years(case),
        "whose": case.base and {"group": case.base.group, "area": case.base.area, **case.base.values},
        "document": case.other and case.other["source"] != case.printed["source"] and case.leaves[0].values["document"],
        "counted": case.counted and (label(case.counted[0], lang, home=case.area), case.counted[1]),
        "step": case.step and tuple(f"{100 * share:.4g}" for share in case.step),
        "close": len(case.close),
        **case.close.attrs,
        "found": [
            {"name": label(leaf, lang, home=case.area), "off": minus(f"{off:+.2f}")}
            for leaf, off in zip(near.get("leaf", ()), near.get("off_pct", ()), strict=True)
        ],
    }
    parts = [words.say(f"audit.sentences.{key}", **values) for key in _sentences(case, verdict)]
    return words.say("audit.explanation", parts=[part for part in parts if part])


def _sentences(case: Case, verdict: str) -> list[str]:
    if case.kind == "feasibility":
        return ["beside", *["doubt"] * bool(doubts(case)), *["draft"] * case.draft]
    two_places, fit = case.kind == "text_vs_table", fits(case)
    open_ = not fit and not case.step
    held = _fit(case) if fit else ""
    if held == "exact":
        beyond = abs(case.result.value - case.printed["value"]) > case.digit
        held = "agree" if two_places else "bound" if beyond else "exact"
    keys = [
        ("two_places" if case.other else "computed", True),
        (held, fit and verdict != "approximate"),
        ("step", case.step),
        (verdict, open_ or verdict == "approximate"),
        ("years", _years(case)),
        ("tried", case.base is not None and open_ and not two_places),
        ("counted", case.counted and open_ and not len(case.close)),
        ("bases", len(_bases(case)) > 1),
        ("doubt", doubts(case)),
        ("draft", case.draft),
    ]
    return [key for key, said in keys if said]


def _number(value: float, case: Case, like: float | None = None) -> str:
    """A result with two digits more than the document prints (none for large counts), and no idle zeros."""
    text = f"{value:,.{_decimals(case, value if like is None else like)}f}"
    return minus(text.rstrip("0").rstrip(".") if "." in text else text)


def _decimals(case: Case, value: float) -> int:
    printed = -round(math.log10(case.digit))
    return 0 if printed <= 0 and abs(value) >= 100 else max(0, printed) + 2


LINT = ["area", "indicator", "finding", "severity", "explanation", "explanation_zh", "observation", "source"]
STOCKS = {  # a ratio, its stock, and the age from which persons count in it
    "elder_beds_per_1000_60plus": ("elder_beds_total", 60),
    "daycare_places_per_1000": ("daycare_places_total", 0),
}
FINDINGS = (  # in the order in which they are listed; their sentences are [audit.findings] of the catalogues
    "below_baseline", "equals_baseline", "already_met", "text_and_table_differ", "no_baseline", "name_or_unit_drifts",
)  # fmt: skip


class Target(NamedTuple):
    """One target of one plan, and what the plan prints about it, as rows of `observations` and `indicators`."""

    goal: dict  # a cell of a table where there is one, else the text
    actuals: list[dict]  # the last is the state that it starts from
    texts: list[dict]  # the same target in the running text
    concept: dict


Finding = tuple[str, str, dict | None, dict]  # its name, severity, another figure it rests on, more for its sentence


def lint_targets(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Judge the targets of plans: below or at the baseline, met already, without one, or printed in two ways.

    A floor (≥) below today's value is no error: it is listed as a note, because a floor that holds already steers
    nothing. Without `area` all areas below the nation; `area`, `lang`, `root` as in `audit`.
    Returns DataFrame, one row a finding, warnings first: area, indicator, finding (one of `FINDINGS`), severity
        ("warning": ask; "note": know), explanation (in `lang`), explanation_zh, and observation, source of the target.

    >>> found = lint_targets("yueyang")
    >>> found.loc[found.finding == "below_baseline", ["indicator", "severity"]].head(2).to_numpy().tolist()
    [['newborn_visit_pct', 'warning'], ['vaccination_pct', 'warning']]
    """
    catalogue(lang)  # an unknown language first
    evidence = evidence_at(root)
    slug = None if area is None else slug_of(area, root)
    targets, rows = _targets(evidence), []
    for (place, indicator), target in targets.items():
        if place == slug or (slug is None and evidence.areas[place]["level"] != "nation"):
            others = [t.goal for (other, same), t in targets.items() if same == indicator and other != place]
            found = [*_against_baseline(target), *_stock_meets(target, evidence), *_text_against_table(target)]
            rows += [_finding(target, *one, lang) for one in [*found, *_drift(target, others, evidence)]]
    frame = pd.DataFrame(rows, columns=LINT)
    rank = frame["severity"].eq("note") * len(FINDINGS) + frame["finding"].map(FINDINGS.index).astype(int)
    return frame.iloc[rank.argsort(kind="stable")].sort_values("area", kind="stable", ignore_index=True)


def _targets(evidence: Evidence) -> dict[tuple[str, str], Target]:
    groups: dict[tuple, tuple[list, list]] = {}
    for row in evidence.rows.values():
        own = evidence.documents.get(row["source"], {}).get("area") in (row["area"], None)  # a city quotes its province
        if own and row["kind"] in ("target", "stage", "actual") and row["value"] is not None:
            goals, actuals = groups.setdefault((row["area"], row["indicator"]), ([], []))
            (actuals if row["kind"] == "actual" else goals).append(row)  # a stage goal is never later than the target
    targets = {}
    for key, (goals, actuals) in groups.items():
        if goals:
            cells = [row for row in goals if _is_cell(row)]
            texts = [row for row in goals if cells and not _is_cell(row)]
            actuals.sort(key=lambda row: (_is_cell(row), _year(row)))
            targets[key] = Target(max(cells or goals, key=_year), actuals, texts, evidence.indicators[key[1]])
    return targets


def _against_baseline(target: Target) -> Iterator[Finding]:
    goal, base = target.goal, target.actuals[-1] if target.actuals else None
    sign = {"higher": 1, "lower": -1}.get(target.concept["direction"], 0)
    floor = goal["comparator"] in BOUNDS
    held = floor or (goal["unit"] == "pct" and goal["value"] == 100)
    if base is None:
        if sign:
            yield "no_baseline", "note", None, {}
    elif sign and base["value"] == goal["value"]:
        yield "equals_baseline", "note" if held else "warning", base, {}
    elif sign * (base["value"] - goal["value"]) > 0:
        yield "below_baseline", "note" if floor else "warning", base, {}
    else:
        met = [row for row in target.actuals[:-1] if sign and sign * (row["value"] - goal["value"]) >= 0]
        for row in met[-1:]:
            yield "already_met", "warning", row, {}


def _stock_meets(target: Target, evidence: Evidence) -> Iterator[Finding]:
    """Today's stock over the census persons, where that ratio has the wanted height already."""
    place = target.goal["area"]
    stock, age = STOCKS.get(target.goal["indicator"], ("", 0))
    wanted = (place, stock, "actual")
    stocks = [r for r in evidence.rows.values() if (r["area"], r["indicator"], r["kind"]) == wanted and r["value"]]
    years = sorted(year for area, year in evidence.groups if area == place)
    if not stocks or not years:
        return
    row = max(stocks, key=_year)
    try:
        people = evidence.look_up("pop", place, years[-1], age, None)
    except DataError:  # a user's pyramid may have wider groups
        return
    ratio = 1000 * row["value"] / people.found.value
    if ratio >= target.goal["value"]:
        yield "already_met", "warning", row, {"ratio": ratio, "people": people}


def _text_against_table(target: Target) -> Iterator[Finding]:
    goal = target.goal
    for text in target.texts:
        early = _year(text) < _year(goal) and text["value"] == goal["value"]
        same_year = _year(text) == _year(goal)
        differs = same_year and text["value"] != goal["value"] and not keeps_limit(text, goal)
        if differs or early or (same_year and text["comparator"] != goal["comparator"]):
            yield "text_and_table_differ", "warning" if differs else "note", text, {"early": early}


def _drift(target: Target, others: list[dict], evidence: Evidence) -> Iterator[Finding]:
    """Other plans that print another name or counting word for the same target."""
    mine = _plain_name(target.goal)
    listed: dict[str, list[dict]] = {}
    for row in others:
        if any(theirs and own and theirs != own for theirs, own in zip(_plain_name(row), mine, strict=True)):
            listed.setdefault(_shown(row), []).append(evidence.areas[row["area"]])
    if listed:
        yield "name_or_unit_drifts", "note", None, {"mine": _shown(target.goal), "others": listed}


def _finding(target: Target, finding: str, severity: str, other: dict | None, values: dict, lang: str) -> tuple:
    """A finding in words; where the source text is in doubt it is said, and is no warning."""
    goal = target.goal
    doubted = [doubt for row in (goal, other) if row and (doubt := doubt_in(row))]
    texts = []
    for language in (lang, "zh"):
        words = catalogue(language)
        known = {"concept": target.concept, "goal": goal, "other": other, **values}
        known |= {"people": label(values["people"], language)} if "people" in values else {}
        parts = [words.say(f"audit.findings.{finding}", **known)]
        parts += [words.say("audit.sentences.doubt", doubts=doubted)] if doubted else []
        texts.append(words.say("audit.explanation", parts=parts))
    severity = "note" if doubted else severity
    return goal["area"], goal["indicator"], finding, severity, *texts, goal["observation"], goal["source"]


def _year(row: dict) -> int:
    return row["year"] or 0


def _is_cell(row: dict) -> bool:
    return ".text" not in row["observation"]


def _plain_name(row: dict) -> tuple[str, str]:
    """The printed name without brackets and blanks, and the counting word where one is printed (24张, 39个)."""
    name = unicodedata.normalize("NFKC", row["name_as_printed"] or "")
    word = re.search(r"\d\s*([张个家所])", row["as_printed"])
    return re.sub(r"[(（][^)）]*[)）]?|其中|[\s:：“”\"']", "", name), word.group(1) if word else ""


def _shown(row: dict) -> str:
    word = _plain_name(row)[1]
    return closed(row["name_as_printed"] or "").strip("“”") + (f" [{word}]" if word else "")
