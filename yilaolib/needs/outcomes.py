"""What became of a plan's targets: each against its outcome, with a verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..demography.ages import as_array, persons
from ..demography.local import Root
from ..demography.projection import project
from ..tables.areas import Figures, figures_at, find_area, load_table
from .rows import Future, at_year, middle
from .supply import NURSING, RATIOS

PEOPLE = {ratio: age for ratio, age in RATIOS.values()}  # ratios per 1000 persons of an age and over
BEDS = {share: beds for beds, share in NURSING.items()}  # shares of beds
PLAN_YEARS = 5


def report_card(area: str, *, population: Future = None, root: Root = None) -> pd.DataFrame:
    """Each target of an area's plans with its baseline, its outcome and a verdict.

    Outcomes come from table `outcomes`; doubtful ones are left out. A ratio can be met because its denominator shrank:
    then the verdict says so, and the change is split into what numerator and denominator did (the mean of both orders).

    area, population, root as in `triangulate_beds`; denominators in persons are those of the projection.

    Returns DataFrame: indicator, name_zh, name_en, unit, baseline, baseline_year, target, year (of the target),
        outcome, outcome_year, verdict (met, met_denominator, met_definition: another definition, missed, on_the_way:
        the last outcome is older than the target's year, not_published: looked for and not printed, not_in_tables),
        change (outcome less the outcome or baseline before it), numerator_part and denominator_part [unit; their sum is
        outcome less baseline], needed (what the target asks for in its year) and people (denominator of that year,
        projected), both only for ratios per 1000 persons [persons, beds or places], quality, source, observation

    >>> card = report_card("china").set_index(["indicator", "year"])
    >>> print(card.verdict["elder_beds_total", 2025], card.verdict["daycare_places_per_1000", 2025])
    missed met
    """
    slug = find_area(area, root=root)["area"]
    printed, known = figures_at(root), load_table("outcomes", area=slug, root=root)
    known = known[known["quality"] != "doubtful"].sort_values("year")
    names = load_table("indicators", root=root).set_index("indicator")
    starts = load_table("sources", root=root).set_index("source")["plan_start"]
    targets = load_table("observations", area=slug, root=root).query("kind == 'target'")
    targets = targets[targets["value"].notna() & targets["year"].notna()].drop_duplicates(["indicator", "year"])
    last = int(targets["year"].max()) if len(targets) else 0
    if population is None:
        population = project(slug, end_year=max(last, 2025), root=root)
    rows = []
    for target in targets.itertuples():
        name, of = names.loc[target.indicator], known[known["indicator"] == target.indicator]
        start = starts[target.source] if pd.notna(starts[target.source]) else target.year - PLAN_YEARS
        baseline, before = _baseline(printed, slug, of, target.indicator, int(start))
        row: dict[str, Any] = {"indicator": target.indicator, **name[["name_zh", "name_en", "unit"]]}
        row |= {"baseline": baseline, "baseline_year": before, "target": target.value, "year": target.year}
        of = of[of["year"] <= target.year]
        denominators = _denominators(printed, known, slug, target.indicator, population)
        if target.indicator in PEOPLE and target.year in denominators:
            row["people"] = denominators[target.year]
            row["needed"] = row["people"] * target.value / 1000
        row |= _judged(of, row, name["direction"], target.comparator, denominators)
        rows.append(row | {"observation": target.observation})
    columns = ["indicator", "name_zh", "name_en", "unit", "baseline", "baseline_year", "target", "year", "outcome"]
    columns += ["outcome_year", "verdict", "change", "numerator_part", "denominator_part", "needed", "people"]
    frame = pd.DataFrame(rows, columns=[*columns, "quality", "source", "observation"])
    return frame.astype(dict.fromkeys(("baseline_year", "year", "outcome_year"), "Int64"))


def split_change(before: float, after: float, denominator_before: float, denominator_after: float) -> tuple:
    """Split the change of a ratio into what its numerator and its denominator did; the two parts add up to it.

    100 beds for 1,000 elderly become 90 for 800: per 1000, 12.5 more, of which the beds took 11.25 away.

    >>> [round(part, 2) for part in split_change(100, 112.5, 1000, 800)]
    [-11.25, 23.75]
    """
    numerator = after * denominator_after - before * denominator_before
    part = numerator * (1 / denominator_before + 1 / denominator_after) / 2
    return part, after - before - part


def _baseline(printed: Figures, slug: str, of: pd.DataFrame, indicator: str, start: int) -> tuple[float, Any]:
    """The plan's own present figure, else the last outcome before the plan's first year."""
    row = printed.first(slug, indicator, "actual")
    if row is None:
        earlier = of[(of["year"] < start) & of["value"].notna()]
        row = earlier.iloc[-1] if len(earlier) else None
    return (np.nan, pd.NA) if row is None else (row["value"], row["year"])


def _denominators(printed: Figures, known: pd.DataFrame, slug: str, indicator: str, population: Future) -> dict:
    """By year what a ratio is of: persons of the projection, or beds as published; nothing for other indicators."""
    if indicator in PEOPLE:
        people = as_array(population)
        return {int(year): middle(persons(at_year(people, int(year)), PEOPLE[indicator])) for year in people["year"]}
    if indicator not in BEDS:
        return {}
    beds = known[known["indicator"] == BEDS[indicator]].set_index("year")["value"].dropna().to_dict()
    row = printed.first(slug, BEDS[indicator], "actual")
    return beds if row is None or pd.isna(row["year"]) else {int(row["year"]): row["value"], **beds}


def _judged(of: pd.DataFrame, row: dict, direction: str, comparator: str, denominators: dict) -> dict:
    """The outcome of a target, and the verdict on it."""
    if of.empty:
        return {"verdict": "not_in_tables"}
    last = of.iloc[-1]
    if pd.isna(last["value"]):
        return {"verdict": "not_published", "outcome_year": last["year"], "source": last["source"]}
    before, target = row["baseline"], row["target"]
    lower = comparator in ("le", "lt") or direction == "lower" or (direction == "neutral" and target < before)
    earlier = [before, *of["value"].iloc[:-1].dropna()]
    said = {"outcome": last["value"], "outcome_year": last["year"], "change": last["value"] - earlier[-1]}
    said |= last[["quality", "source"]].to_dict()
    then, now = denominators.get(row["baseline_year"]), denominators.get(last["year"])
    unmoved = last["value"]
    if then and now:
        said["numerator_part"], said["denominator_part"] = split_change(before, last["value"], then, now)
        unmoved = last["value"] * now / then

    def reached(value: float) -> bool:
        return bool(value <= target if lower else value >= target)

    if not reached(last["value"]):
        verdict = "missed" if last["year"] == row["year"] else "on_the_way"
    elif last["definition"] == "changed":
        verdict = "met_definition"
    else:
        verdict = "met" if reached(unmoved) else "met_denominator"
    return said | {"verdict": verdict}
