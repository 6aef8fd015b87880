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
from .evidence import Evidence, doubt_in, evidence_at

COLUMNS = ["area", "indicator", "finding", "severity", "explanation", "explanation_zh", "observation", "source"]
STOCKS = {  # a ratio, its stock, and the age from which persons count in it
    "elder_beds_per_1000_60plus": ("elder_beds_total", 60),
    "daycare_places_per_1000": ("daycare_places_total", 0),
}
SENTENCES = {  # in the order in which findings are listed
    "below_baseline": (
        "{name}: the target for {year} is {target}, and the state of {base_year} is already better, {base}.",
        "{name}：{year}年目标为{target}，不及{base_year}年现状（{base}）。",
    ),
    "equals_baseline": (
        "{name}: the target for {year} is {target}, the same as the state of {base_year} ({base}).",
        "{name}：{year}年目标（{target}）与{base_year}年现状（{base}）相同。",
    ),
    "already_met": (
        "{name}: the target for {year} is {target}; today's state is {met}.",
        "{name}：{year}年目标为{target}，目前已为{met}。",
    ),
    "text_and_table_differ": (
        "{name}: the table prints {target} for {year}, the text {text}{text_year} ({where}).",
        "{name}：{year}年目标，表格为{target}，正文为{text}{text_year}（{where}）。",
    ),
    "no_baseline": (
        "{name}: the target for {year} is {target}; where it starts is not published.",
        "{name}：{year}年目标为{target}，现状值未公布。",
    ),
    "name_or_unit_drifts": (
        "{name}: printed as {mine}; in other plans as {others}. Compare only with care.",
        "{name}：本规划称“{mine}”，其他规划称{others}，比较时须留意。",
    ),
}
DOUBT = (" The source text is in doubt ({}).", "存疑：{}。")


class Target(NamedTuple):
    """One target of one plan, and everything that the plan prints about it."""

    goal: dict  # the row of `observations`: a cell of a table where there is one, else the text
    base: dict | None  # the state that it starts from
    actuals: list[dict]
    texts: list[dict]  # the same target in the running text
    concept: dict
    evidence: Evidence


def lint_targets(area: object = None, *, root: str | Path | None = None) -> pd.DataFrame:
    """Judge the targets of plans: below or at the baseline, met already, without one, or printed in two ways.

    A floor (≥) below today's value is no error: it is listed as a note, because a floor that holds already steers
    nothing.

    Parameters
    ----------
    area : str or int, optional
        Slug, Chinese or English name, or adcode; without it all areas below the nation.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        One row a finding, warnings first: area, indicator, finding (below_baseline, equals_baseline, already_met,
        text_and_table_differ, no_baseline, name_or_unit_drifts), severity ("warning": ask; "note": know),
        explanation, explanation_zh, and observation, source of the target.

    Raises
    ------
    DataError
        For an unknown area.

    Examples
    --------
    >>> found = lint_targets("yueyang")
    >>> found.loc[found.finding == "below_baseline", ["indicator", "severity"]].head(2).to_numpy().tolist()
    [['newborn_visit_pct', 'warning'], ['vaccination_pct', 'warning']]
    """
    evidence = evidence_at(root)
    note("observations")
    slug = None if area is None else find_area(area, root=root)["area"]
    concepts = load_table("indicators", root=root).set_index("indicator").to_dict("index")
    targets = _targets(evidence, concepts)
    rows = []
    for (place, indicator), target in targets.items():
        if place == slug or (slug is None and evidence.areas[place].level != "nation"):
            others = [t.goal for (other, same), t in targets.items() if same == indicator and other != place]
            found = [*_against_baseline(target), *_text_against_table(target), *_drift(target, others)]
            rows += [_row(target, *finding) for finding in found]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    order = list(SENTENCES)
    rank = frame["severity"].eq("note") * len(order) + frame["finding"].map(order.index).astype(int)
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


Finding = tuple[str, str, dict | None, dict]  # its name, its severity, another figure it rests on, its words


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
            words = f"{row['as_printed']} ({row['locator']})", f"{row['as_printed']}（{row['locator']}）"
            yield "already_met", "warning", row, {"met": words}
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
        words = f"{ratio:.2f} ({row['as_printed']}; {people.label_en})"
        yield "already_met", "warning", row, {"met": (words, f"{ratio:.2f}（{row['as_printed']}；{people.label_zh}）")}


def _text_against_table(target: Target) -> Iterator[Finding]:
    goal = target.goal
    for text in target.texts:
        early = _year(text) < _year(goal) and text["value"] == goal["value"]
        same_year = _year(text) == _year(goal)
        differs = same_year and text["value"] != goal["value"]
        if differs or early or (same_year and text["comparator"] != goal["comparator"]):
            year = (f" for {text['year']}", f"（{text['year']}年）") if early else ""
            words = {"text": text["as_printed"], "where": text["locator"], "text_year": year}
            yield "text_and_table_differ", "warning" if differs else "note", text, words


def _drift(target: Target, others: list[dict]) -> Iterator[Finding]:
    mine = _plain_name(target.goal)
    listed = {}
    for row in others:
        name, word = _plain_name(row)
        if (name and mine[0] and name != mine[0]) or (word and mine[1] and word != mine[1]):
            listed.setdefault(_shown(row), []).append(target.evidence.areas[row["area"]])
    if listed:
        words = (
            "; ".join(f"{name} ({', '.join(place.name_en for place in places)})" for name, places in listed.items()),
            "、".join(f"“{name}”（{'、'.join(place.name_zh for place in places)}）" for name, places in listed.items()),
        )
        yield "name_or_unit_drifts", "note", None, {"mine": _shown(target.goal), "others": words}


def _row(target: Target, finding: str, severity: str, other: dict | None, words: dict) -> tuple:
    """A finding in both languages; where the source text is in doubt it is said, and is no warning."""
    goal = target.goal
    doubts = [doubt for row in (goal, other) if row and (doubt := doubt_in(row))]
    texts = []
    for at, name in enumerate((target.concept["name_en"], target.concept["name_zh"])):
        values = {key: value[at] if isinstance(value, tuple) else value for key, value in words.items()}
        text = SENTENCES[finding][at].format(name=name, year=goal["year"], target=goal["as_printed"], **values)
        doubt = DOUBT[at].format(("; ", "；")[at].join(doubt[at] for doubt in doubts)) if doubts else ""
        texts.append(text + doubt)
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
