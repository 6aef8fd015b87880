"""Beds for the elderly (养老床位): need by several methods, supply, and what the methods say side by side.

A gap exists only relative to a method. Each method measures something else (`basis`): what a plan sets itself
("plan"), what people need ("need"), what is used ("use"). The formulas are in `bedmethods`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .bedmethods import beds_by_hold, beds_by_norm, beds_by_rule, beds_by_share
from .data import find_area, load_table
from .errors import DataError
from .figures import figure
from .gap import shortfall
from .measures import persons
from .parameters import census_pyramids
from .projection import Scenario, project
from .supply import bed_supply

__all__ = [
    "bed_supply",
    "beds_by_hold",
    "beds_by_norm",
    "beds_by_rule",
    "beds_by_share",
    "shortfall",
    "triangulate_beds",
]


def triangulate_beds(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
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
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        method, lower, central, upper [beds], basis (plan, need, use), name_zh, name_en, inputs, sources (ids, joined
        by a semicolon). Lower and upper are missing where a method has no range.

    Raises
    ------
    DataError
        Unknown area or scenario, or a year outside the projection.

    Examples
    --------
    >>> methods = triangulate_beds("jingdezhen", 2025).set_index("method")
    >>> print(round(methods.central["share"]), round(methods.central["plan_beds"]))
    10592 10500
    """
    if population is None:
        population = project(area, scenario=scenario, end_year=max(year, 2025), root=root)
    need = BedNeed(area, elderly_path(population), root)
    return label_methods(need.at(year), root)


def elderly_path(population: xr.Dataset) -> pd.Series:
    """Persons aged 60+ by year of a projection; with draws, their median."""
    people = persons(population, 60)
    extra = [d for d in people.dims if d != "year"]
    return (people.median(extra) if extra else people).to_series().rename("elderly")


def label_methods(frame: pd.DataFrame, root: str | Path | None = None) -> pd.DataFrame:
    """Add basis and names of table `methods` to rows that have a `method`, and sort the columns."""
    methods = load_table("methods", root=root)[["method", "basis", "name_zh", "name_en"]]
    order = ["method", "lower", "central", "upper", "basis", "name_zh", "name_en", "inputs", "sources"]
    return frame.merge(methods, on="method", how="left", validate="1:1")[order]


class BedNeed:
    """Beds needed by each method, year by year, from the published figures of an area and its projected elderly."""

    def __init__(self, area: str, elderly: pd.Series, root: str | Path | None = None) -> None:
        place = find_area(area, root=root)
        self.area, self.parent, self.root, self.elderly = place["area"], place["parent"], root, elderly
        self.census = census_pyramids(self.area, root)[int(elderly.index[0])]
        self.elderly_census = persons(self.census, 60)
        self.rows = [method() for method in (self._plan, self._share, self._norm, self._hold, self._rule)]

    def at(self, year: int) -> pd.DataFrame:
        """One row per method: method, lower, central, upper [beds], inputs, sources."""
        years = self.elderly.index
        if year not in years:
            raise DataError(f"year is {year}; the projection runs from {years[0]} to {years[-1]}.")
        rows = [{**row, **{k: _at(row[k], year) for k in ("lower", "central", "upper")}} for row in self.rows]
        frame = pd.DataFrame(rows, columns=["method", "lower", "central", "upper", "inputs", "sources"])
        moves = frame["inputs"].str.contains("E(t)", regex=False)
        projected = f"E {self.elderly[year]:,.0f} ({year})"
        frame.loc[moves, "inputs"] = frame.loc[moves, "inputs"].str.replace("E(t)", projected, regex=False)
        return frame

    def paths(self) -> pd.DataFrame:
        """Central values [beds] of the methods that move with the elderly, by year."""
        return pd.DataFrame(
            {row["method"]: row["central"] for row in self.rows if isinstance(row["central"], pd.Series)}
        )

    def _figure(self, indicator: str, *kinds: str, area: str | None = None) -> pd.Series | None:
        found = (figure(area or self.area, indicator, kind=kind, root=self.root) for kind in kinds)
        return next((row for row in found if row is not None), None)

    def _plan(self) -> dict:
        row = self._figure("elder_beds_needed", "projection")
        row = self._figure("elder_beds_total", "target") if row is None else row
        if row is None:
            return _row("plan_beds", inputs="not published: beds needed or planned")
        return _row("plan_beds", row["value"], f"{row['as_printed']} ({row['year']}, {row['locator']})", row["source"])

    def _share(self) -> dict:
        total = None if pd.isna(self.parent) else self._figure("elder_beds_total", "target", area=self.parent)
        if total is None:
            return _row("share", inputs="not published: the province's beds in its target year")
        whole = census_pyramids(self.parent, self.root)[int(self.elderly.index[0])]
        weights = {age: (persons(self.census, age), persons(whole, age)) for age in (60, 65, 80)}
        own, province = (self._figure("population_60plus", "actual", area=place) for place in (self.area, self.parent))
        basis, sources = "census", f"{total['source']};nbs-census-2020-county;nbs-census-2020"
        if own is not None and province is not None and own["source"] == province["source"] == total["source"]:
            # the plan prints all three figures of its own method: recompute what it describes
            weights[60], basis, sources = (own["value"], province["value"]), "as printed", total["source"]
        beds = {age: beds_by_share(total["value"], *pair) for age, pair in weights.items()}
        text = (
            f"T {total['value']:,.0f} ({total['year']}), w {weights[60][0]:,.0f}, W {weights[60][1]:,.0f} "
            f"(60+, {basis}); by 65+ {beds[65]:,.0f}, by 80+ {beds[80]:,.0f} (census)"
        )
        return _row("share", beds[60], text, sources, min(beds.values()), max(beds.values()))

    def _norm(self) -> dict:
        row = self._figure("elder_beds_per_1000_60plus", "target", "standard")
        if row is None:
            return _row("norm", inputs="not published: beds per 1000 elderly")
        table = load_table("observations", root=self.root)
        wanted = (table["indicator"] == "elder_beds_per_1000_60plus") & table["kind"].isin(["target", "standard"])
        norms = table[wanted].sort_values("year").groupby("source")["value"].last()  # each plan's last year
        low, central, high = (beds_by_norm(self.elderly, x) for x in (norms.min(), row["value"], norms.max()))
        text = f"r {row['value']:g} ({row['year']}; plans {norms.min():g} to {norms.max():g}), E(t)"
        return _row("norm", central, text, row["source"], low, high)

    def _hold(self) -> dict:
        row = self._figure("elder_beds_total", "actual")
        row = self._figure("elder_beds_institution", "actual") if row is None else row
        if row is None:
            return _row("hold", inputs="not published: the present number of beds")
        later = row["year"] in self.elderly.index and row["year"] > self.elderly.index[0]
        then = self.elderly[row["year"]] if later else self.elderly_census
        beds = beds_by_hold(row["value"], then, self.elderly)
        date = "projected" if later else "census"
        text = f"B {row['value']:,.0f} ({row['year']}), E0 {then:,.0f} ({date}), E(t)"
        return _row("hold", beds, text, f"{row['source']};nbs-census-2020-county")

    def _rule(self) -> dict:
        rule = load_table("assumptions", root=self.root).set_index("parameter").loc["rule_3pct_share"]
        return _row("rule_9073", beds_by_rule(self.elderly, rule["value"]), f"{rule['value']:g} x E(t)", rule["source"])


def _row(method: str, central=np.nan, inputs: str = "", sources: str = "", lower=np.nan, upper=np.nan) -> dict:
    return {
        "method": method,
        "lower": lower,
        "central": central,
        "upper": upper,
        "inputs": inputs,
        "sources": sources,
    }


def _at(value: float | pd.Series, year: int) -> float:
    return float(value[year]) if isinstance(value, pd.Series) else float(value)
