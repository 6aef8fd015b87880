"""Read the targets of a plan as a careful colleague would: where do they start, and do they say one thing?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..errors import DataError
from ..tables.areas import find_area, load_table
from ..tables.printed import closed
from ..tables.schema import note
from ..texts import catalogue
from .evidence import Evidence, Leaf, doubt_in, evidence_at, label

COLUMNS = ["area", "indicator", "finding", "severity", "explanation", "explanation_zh", "observation", "source"]
STOCKS = {  # a ratio, its stock, and the age from which persons count in it
    "elder_beds_per_1000_60plus": ("elder_beds_total", 60),
    "daycare_places_per_1000": ("daycare_places_total", 0),
}
FINDINGS = (  # in the order in which they are listed; their sentences are [audit.findings] of the catalogues
    "below_baseline", "equals_baseline", "already_met", "text_and_table_differ", "no_baseline", "name_or_unit_drifts",
)  # fmt: skip


class Target(NamedTuple):
    """One target of one plan, and everything that the plan prints about it."""

    goal: dict  # the row of `observations`: a cell of a table where there is one, else the text
    base: dict | None  # the state that it starts from
    actuals: list[dict]
    texts: list[dict]  # the same target in the running text
    concept: dict
    evidence: Evidence


def lint_targets(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Judge the targets of plans: below or at the baseline, met already, without one, or printed in two ways.

    A floor (≥) below today's value is no error: it is listed as a note, because a floor that holds already steers
    nothing.

    Parameters
    ----------
    area : str or int, optional
        Slug, Chinese or English name, or adcode; without it all areas below the nation.
    lang : str, default "en"
        Language of the column `explanation`, or the path of a catalogue of your own (TOML).
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        One row a finding, warnings first: area, indicator, finding (below_baseline, equals_baseline, already_met,
        text_and_table_differ, no_baseline, name_or_unit_drifts), severity ("warning": ask; "note": know),
        explanation (in `lang`), explanation_zh, and observation, source of the target.

    Raises
    ------
    DataError
        For an unknown area or language.

    Examples
    --------
    >>> found = lint_targets("yueyang")
    >>> found.loc[found.finding == "below_baseline", ["indicator", "severity"]].head(2).to_numpy().tolist()
    [['newborn_visit_pct', 'warning'], ['vaccination_pct', 'warning']]
    """
    catalogue(lang)  # an unknown language first
    evidence = evidence_at(root)
    note("observations")
    slug = None if area is None else find_area(area, root=root)["area"]
    concepts = load_table("indicators", root=root).set_index("indicator").to_dict("index")
    targets = _targets(evidence, concepts)
    rows = []
    for (place, indicator), target in targets.items():
        if place == slug or (slug is None and evidence.areas[place]["level"] != "nation"):
            others = [t.goal for (other, same), t in targets.items() if same == indicator and other != place]
            found = [*_against_baseline(target), *_text_against_table(target), *_drift(target, others)]
            rows += [_row(target, *finding, lang) for finding in found]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    rank = frame["severity"].eq("note") * len(FINDINGS) + frame["finding"].map(FINDINGS.index).astype(int)
    return frame.iloc[rank.argsort(kind="stable")].sort_values("area", kind="stable", ignore_index=True)


def _targets(evidence: Evidence, concepts: dict) -> dict[tuple[str, str], Target]:
    """Every target of every place, by place and indicator."""
    groups: dict[tuple, dict[str, list]] = {}
    for row in evidence.rows.values():
        if row["kind"] in ("target", "actual") and row["value"] is not None and evidence.is_own(row):
            group = groups.setdefault((row["area"], row["indicator"]), {"target": [], "actual": []})
            group[row["kind"]].append(row)
    targets = {}
    for key, group in groups.items():
        cells = [row for row in group["target"] if _is_cell(row)]
        if not group["target"]:
            continue
        goal = max(cells or group["target"], key=_year)
        actuals = sorted(group["actual"], key=lambda row: (_is_cell(row), _year(row)))
        texts = [row for row in group["target"] if cells and not _is_cell(row)]
        base = actuals[-1] if actuals else None
        targets[key] = Target(goal, base, actuals[:-1], texts, {"indicator": key[1], **concepts[key[1]]}, evidence)
    return targets


Finding = tuple[str, str, dict | None, dict]  # its name, its severity, another figure it rests on, its values


def _against_baseline(target: Target) -> Iterator[Finding]:
    goal, base = target.goal, target.base
    sign = {"higher": 1, "lower": -1}.get(target.concept["direction"], 0)
    floor = goal["comparator"] in ("ge", "gt", "le", "lt")
    held = floor or (goal["unit"] == "pct" and goal["value"] == 100)
    if base is None:
        yield "no_baseline", "note", None, {}
    elif sign and base["value"] == goal["value"]:
        yield "equals_baseline", "note" if held else "warning", base, _start(base)
    elif sign * (base["value"] - goal["value"]) > 0:
        yield "below_baseline", "note" if floor else "warning", base, _start(base)
    else:
        met = [row for row in target.actuals if sign and sign * (row["value"] - goal["value"]) >= 0]
        for row in met[-1:]:
            yield "already_met", "warning", row, {"met": row["as_printed"], "where": row["locator"]}
    if goal["indicator"] in STOCKS:
        yield from _stock_meets(target, *STOCKS[goal["indicator"]])


def _stock_meets(target: Target, stock: str, age: int) -> Iterator[Finding]:
    """Today's stock over the census persons, where that ratio has the wanted height already."""
    evidence, place = target.evidence, target.goal["area"]
    stocks = [
        row
        for row in evidence.rows.values()
        if (row["area"], row["indicator"], row["kind"]) == (place, stock, "actual") and row["value"]
    ]
    years = sorted(year for area, year in evidence.groups if area == place)
    if not stocks or not years:
        return
    row = max(stocks, key=_year)
    try:
        people = evidence.pop(place, years[-1], age, None)
    except DataError:  # a user's pyramid may have wider groups
        return
    ratio = 1000 * row["value"] / people.found.value
    if ratio >= target.goal["value"]:
        yield "already_met", "warning", row, {"ratio": ratio, "stock": row["as_printed"], "people": people}


def _text_against_table(target: Target) -> Iterator[Finding]:
    goal = target.goal
    for text in target.texts:
        early = _year(text) < _year(goal) and text["value"] == goal["value"]
        same_year = _year(text) == _year(goal)
        differs = same_year and text["value"] != goal["value"]
        if differs or early or (same_year and text["comparator"] != goal["comparator"]):
            year = text["year"] if early else None
            values = {"text": text["as_printed"], "where": text["locator"], "text_year": year}
            yield "text_and_table_differ", "warning" if differs else "note", text, values


def _drift(target: Target, others: list[dict]) -> Iterator[Finding]:
    mine = _plain_name(target.goal)
    listed: dict[str, list[dict]] = {}
    for row in others:
        name, word = _plain_name(row)
        if (name and mine[0] and name != mine[0]) or (word and mine[1] and word != mine[1]):
            listed.setdefault(_shown(row), []).append(target.evidence.areas[row["area"]])
    if listed:
        yield "name_or_unit_drifts", "note", None, {"mine": _shown(target.goal), "others": listed}


def _row(target: Target, finding: str, severity: str, other: dict | None, values: dict, lang: str) -> tuple:
    """A finding in words; where the source text is in doubt it is said, and is no warning."""
    goal = target.goal
    doubts = [doubt for row in (goal, other) if row and (doubt := doubt_in(row))]
    texts = []
    for language in (lang, "zh"):
        words = catalogue(language)
        known = {"name": words.named(target.concept), "year": goal["year"], "target": goal["as_printed"]}
        known |= {"doubts": [words.named(doubt, "doubt") for doubt in doubts]}
        known |= {key: label(value, language) if isinstance(value, Leaf) else value for key, value in values.items()}
        parts = [words.say(f"audit.findings.{finding}", **known)]
        parts += [words.say("audit.findings.doubt", **known)] if doubts else []
        texts.append(words.say("audit.explanation", parts=parts))
    severity = "note" if doubts else severity
    return goal["area"], goal["indicator"], finding, severity, *texts, goal["observation"], goal["source"]


def _start(base: dict) -> dict:
    return {"base_year": base["year"], "base": base["as_printed"]}


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
