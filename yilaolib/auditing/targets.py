"""Read the targets of a plan as a careful colleague would: where do they start, and do they say one thing?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..errors import DataError
from ..tables.areas import find_area
from ..tables.printed import closed
from ..texts import catalogue
from .evidence import Evidence, Leaf, doubt_in, evidence_at, keeps_limit, label

COLUMNS = ["area", "indicator", "finding", "severity", "explanation", "explanation_zh", "observation", "source"]
STOCKS = {  # a ratio, its stock, and the age from which persons count in it
    "elder_beds_per_1000_60plus": ("elder_beds_total", 60),
    "daycare_places_per_1000": ("daycare_places_total", 0),
}
FINDINGS = (  # in the order in which they are listed; their sentences are [audit.findings] of the catalogues
    "below_baseline", "equals_baseline", "already_met", "text_and_table_differ", "no_baseline", "name_or_unit_drifts",
)  # fmt: skip


class Target(NamedTuple):
    """One target of one plan, and what the plan prints about it, as rows of `observations`."""

    goal: dict  # a cell of a table where there is one, else the text
    actuals: list[dict]  # the last is the state that it starts from
    texts: list[dict]  # the same target in the running text
    concept: dict  # the row of `indicators`


Finding = tuple[str, str, dict | None, dict]  # its name, severity, another figure it rests on, more for its sentence


def lint_targets(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Judge the targets of plans: below or at the baseline, met already, without one, or printed in two ways.

    A floor (≥) below today's value is no error: it is listed as a note, because a floor that holds already steers
    nothing.

    Parameters
    ----------
    area : str or int, optional
        Slug, Chinese or English name, or adcode; without it all areas below the nation. An unknown one is a DataError.
    lang : str, default "en"
        Language of the column `explanation`, or the path of a catalogue of your own (TOML).
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        One row a finding, warnings first: area, indicator, finding (one of `FINDINGS`), severity ("warning": ask;
        "note": know), explanation (in `lang`), explanation_zh, and observation, source of the target.

    Examples
    --------
    >>> found = lint_targets("yueyang")
    >>> found.loc[found.finding == "below_baseline", ["indicator", "severity"]].head(2).to_numpy().tolist()
    [['newborn_visit_pct', 'warning'], ['vaccination_pct', 'warning']]
    """
    catalogue(lang)  # an unknown language first
    evidence = evidence_at(root)
    slug = None if area is None else find_area(area, root=root)["area"]
    targets, rows = _targets(evidence), []
    for (place, indicator), target in targets.items():
        if place == slug or (slug is None and evidence.areas[place]["level"] != "nation"):
            others = [t.goal for (other, same), t in targets.items() if same == indicator and other != place]
            found = [*_against_baseline(target), *_stock_meets(target, evidence), *_text_against_table(target)]
            rows += [_row(target, *finding, lang) for finding in [*found, *_drift(target, others, evidence)]]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    rank = frame["severity"].eq("note") * len(FINDINGS) + frame["finding"].map(FINDINGS.index).astype(int)
    return frame.iloc[rank.argsort(kind="stable")].sort_values("area", kind="stable", ignore_index=True)


def _targets(evidence: Evidence) -> dict[tuple[str, str], Target]:
    """Every target of every place, by place and indicator."""
    groups: dict[tuple, dict[str, list]] = {}
    for row in evidence.rows.values():
        if row["kind"] in ("target", "stage", "actual") and row["value"] is not None and evidence.is_own(row):
            kind = "actual" if row["kind"] == "actual" else "target"  # a stage goal is never later than the target
            groups.setdefault((row["area"], row["indicator"]), {"target": [], "actual": []})[kind].append(row)
    targets = {}
    for key, group in groups.items():
        cells = [row for row in group["target"] if _is_cell(row)]
        if group["target"]:
            goal = max(cells or group["target"], key=_year)
            actuals = sorted(group["actual"], key=lambda row: (_is_cell(row), _year(row)))
            texts = [row for row in group["target"] if cells and not _is_cell(row)]
            targets[key] = Target(goal, actuals, texts, evidence.indicators[key[1]])
    return targets


def _against_baseline(target: Target) -> Iterator[Finding]:
    goal, base = target.goal, target.actuals[-1] if target.actuals else None
    sign = {"higher": 1, "lower": -1}.get(target.concept["direction"], 0)
    floor = goal["comparator"] in ("ge", "gt", "le", "lt")
    held = floor or (goal["unit"] == "pct" and goal["value"] == 100)
    if base is None:
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
        people = evidence.pop(place, years[-1], age, None)
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


def _row(target: Target, finding: str, severity: str, other: dict | None, values: dict, lang: str) -> tuple:
    """A finding in words; where the source text is in doubt it is said, and is no warning."""
    goal = target.goal
    doubts = [doubt for row in (goal, other) if row and (doubt := doubt_in(row))]
    texts = []
    for language in (lang, "zh"):
        words = catalogue(language)
        known = {"concept": target.concept, "goal": goal, "other": other}
        known |= {key: label(value, language) if isinstance(value, Leaf) else value for key, value in values.items()}
        parts = [words.say(f"audit.findings.{finding}", **known)]
        if doubts:
            parts.append(words.say("audit.sentences.doubt", doubts=doubts))
        texts.append(words.say("audit.explanation", parts=parts))
    severity = "note" if doubts else severity
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
