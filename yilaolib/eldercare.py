"""Beds for the elderly (养老床位): need by several methods, supply, and what the methods say side by side.

A gap exists only relative to a method. Each method measures something else (`basis`): what a plan sets itself
("plan"), what people need ("need"), what is used ("use"). The formulas are in `bedmethods`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from .needs.bedmethods import (
    beds_by_hold,
    beds_by_norm,
    beds_by_prevalence,
    beds_by_rule,
    beds_by_share,
    beds_by_utilisation,
)
from .needs.bedneed import BedNeed, elderly_path
from .needs.care import care_need
from .needs.costs import bed_cost
from .needs.gap import shortfall
from .needs.need import at_year, label_methods, middles, projected
from .needs.staff import care_staff
from .needs.supply import bed_pipeline, bed_supply
from .projection import Scenario

__all__ = [
    "BedNeed",
    "bed_cost",
    "bed_pipeline",
    "bed_supply",
    "beds_by_hold",
    "beds_by_norm",
    "beds_by_prevalence",
    "beds_by_rule",
    "beds_by_share",
    "beds_by_utilisation",
    "care_need",
    "care_staff",
    "elderly_path",
    "label_methods",
    "nursing_beds",
    "shortfall",
    "triangulate_beds",
]


def triangulate_beds(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    share_by: str = "aged_60",
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Beds needed in a year by every method that the published figures allow, one row per method.

    A method whose inputs are not published is kept as a row without numbers; `inputs` says what is missing.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year] Within the projection.
    scenario : str or Scenario, default "medium"
    population : Dataset, optional
        A projection made before (by `project`), so that it is not made again.
    share_by : {'aged_60', 'aged_65', 'aged_80', 'care_need', 'shortfall'}
        Weight by which the province's beds are shared out. By shortfall the beds are whole (largest remainder), and
        present beds of places that print none are judged.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        method, lower, central, upper [beds], basis (plan, need, use), name_zh, name_en, inputs (the judged ones
        marked), sources (ids, joined by a semicolon), observations (tuple: ids of the printed figures among the
        inputs). Lower and upper, missing where a method has no range, are those of its parameters. with_stock and
        with_pipeline [beds]: the printed present beds, and these with the new beds of the project list that open by
        the year; gap_stock, gap_pipeline [beds]: central need less those, negative where they are too many;
        says_stock, says_pipeline: short, surplus, or either where the range holds both. With draws, central is their
        median and draw_lower, draw_upper [beds] hold 80 % of them.

    Raises
    ------
    DataError
        Unknown area, scenario or weight, or a year outside the projection.

    Examples
    --------
    >>> methods = triangulate_beds("jingdezhen", 2025).set_index("method")
    >>> print(round(methods.central["share"]), round(methods.central["plan_beds"]))
    10592 10500
    >>> methods.says_stock[["plan_beds", "utilisation"]].tolist()
    ['short', 'surplus']
    """
    if population is None:
        population = projected(area, year, scenario, root)
    need = BedNeed(area, elderly_path(population), root, share_by=share_by)
    return label_methods(need.at(year), root)


def nursing_beds(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Nursing-type beds (护理型床位): the need by level of care against what the plan has and wants.

    The plan prints a share, of institution beds or of all beds: `of` says which. Who needs such a bed is taken to be
    the moderate and severe levels of the survey (judged).

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year] Of the need.
    scenario, population, root
        As in `triangulate_beds`.

    Returns
    -------
    DataFrame
        what (need_moderate, need_severe, need, present, target), lower, central, upper [beds], share_pct [percent of
        the beds in `of`], of (elder_beds_institution, elder_beds_total, or empty), year, source, observations (tuple:
        ids of the printed figures). Missing where not published.

    Raises
    ------
    DataError
        Unknown area or scenario.

    Examples
    --------
    >>> beds = nursing_beds("jingdezhen", 2025).set_index("what")
    >>> print(round(beds.central["present"]), beds.share_pct["target"])
    1908 60.0
    """
    if population is None:
        population = projected(area, year, scenario, root)
    elderly = elderly_path(population)
    need = BedNeed(area, elderly, root, only="")  # no method: its printed figures and assumptions
    people = care_need(at_year(elderly, year), root=root)
    bounds = need.bounds(people).items()
    rows = [middles(people * share / occupied, "level").rename(bound) for bound, (share, occupied) in bounds]
    levels = pd.concat(rows, axis=1).loc[["moderate", "severe"]]
    levels.loc["need"] = levels.sum()
    levels.index = ["need_moderate", "need_severe", "need"]
    frame = levels.rename_axis("what").reset_index().assign(year=year, source="ccdcw-2023-clhls;judged", of="")
    printed = [_printed_nursing(need, name, kind) for name, kind in (("present", "actual"), ("target", "target"))]
    frame = pd.concat([frame, pd.DataFrame(printed)], ignore_index=True)
    frame["observations"] = frame["observations"].map(lambda ids: ids if isinstance(ids, tuple) else ())
    columns = ["what", "lower", "central", "upper", "share_pct", "of", "year", "source", "observations"]
    return frame.reindex(columns=columns).astype({"year": "Int64"})


def _printed_nursing(need: BedNeed, name: str, kind: str) -> dict:
    """The printed share of nursing-type beds, and the beds that it makes of the printed number of beds."""
    for indicator, of in (
        ("nursing_beds_share_institution_pct", "elder_beds_institution"),
        ("nursing_beds_share_pct", "elder_beds_total"),
    ):
        share, beds = need.figure(indicator, kind), need.figure(of, kind)
        if share is not None:
            count = None if beds is None else beds["value"] * share["value"] / 100
            line = {"what": name, "central": count, "share_pct": share["value"], "of": of, "year": share["year"]}
            ids = (share["observation"],) if beds is None else (share["observation"], beds["observation"])
            return line | {"source": share["source"], "observations": ids}
    return {"what": name, "source": "not published", "of": "", "observations": ()}
