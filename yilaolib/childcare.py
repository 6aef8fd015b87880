"""Daycare places (托位) for children under 3: need by several methods, supply, staff.

Under 3 is the ages 0, 1 and 2; a plan's 0-3岁 may mean three or four single years. Births move the need more than
anything else, so look at it year by year.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .data import find_area, load_table
from .eldercare import label_methods
from .errors import DataError
from .figures import figure
from .gap import shortfall
from .measures import persons
from .placemethods import implied_coverage, places_by_coverage, places_by_intention, places_by_norm
from .projection import Scenario, project
from .supply import place_supply

__all__ = [
    "implied_coverage",
    "place_supply",
    "places_by_coverage",
    "places_by_intention",
    "places_by_norm",
    "shortfall",
    "triangulate_places",
]


def triangulate_places(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Daycare places needed in a year by every method that the published figures allow, one row per method.

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
        As `triangulate_beds`, in places (central is the middle where only a range is known), with `implied_coverage`
        [places per child aged 0-2 in that year].

    Raises
    ------
    DataError
        Unknown area or scenario, or a year outside the projection.

    Examples
    --------
    >>> triangulate_places("jingdezhen", 2025).set_index("method").central["plan_places"]
    np.float64(7367.0)
    """
    slug = find_area(area, root=root)["area"]
    if population is None:
        population = project(slug, scenario=scenario, end_year=max(year, 2025), root=root)
    years = population["year"].to_numpy()
    if not years[0] <= year <= years[-1]:
        raise DataError(f"year is {year}; the projection runs from {years[0]} to {years[-1]}.")
    at = population.sel(year=year)
    people, children = (float(np.median(persons(at, *ages))) for ages in ((0, None), (0, 3)))  # of the draws, if any
    rows = [
        _plan(slug, root),
        _norm(slug, people, year, root),
        _coverage(children, year, root),
        _intention(slug, children, root),
    ]
    frame = label_methods(
        pd.DataFrame(rows, columns=["method", "lower", "central", "upper", "inputs", "sources"]), root
    )
    frame["implied_coverage"] = implied_coverage(frame["central"], children)
    return frame


def _plan(area: str, root: str | Path | None) -> list:
    row = figure(area, "daycare_places_needed", root=root)
    row = figure(area, "daycare_places_total", kind="target", root=root) if row is None else row
    if row is None:
        return ["plan_places", np.nan, np.nan, np.nan, "not published: a number of places needed or planned", ""]
    return [
        "plan_places",
        np.nan,
        row["value"],
        np.nan,
        f"{row['as_printed']} ({row['year']}, {row['locator']})",
        row["source"],
    ]


def _norm(area: str, people: float, year: int, root: str | Path | None) -> list:
    row = figure(area, "daycare_places_per_1000", kind="target", root=root)
    row = figure("china", "daycare_places_per_1000", kind="target", root=root) if row is None else row
    text = f"r {row['value']:g} ({row['year']}), N {people:,.0f} ({year})"
    return ["norm_places", np.nan, places_by_norm(people, row["value"]), np.nan, text, row["source"]]


def _coverage(children: float, year: int, root: str | Path | None) -> list:
    table = load_table("assumptions", root=root)
    table = table[table["parameter"] == "daycare_coverage"].sort_values("value")
    low, high = (places_by_coverage(children, value) for value in table["value"].iloc[[0, -1]])
    text = f"C {children:,.0f} (0-2, {year}), c {table['value'].iloc[0]:g} and {table['value'].iloc[-1]:g}"
    return ["coverage", low, (low + high) / 2, high, text, ";".join(table["source"])]


def _intention(area: str, children: float, root: str | Path | None) -> list:
    observations = load_table("observations", root=root)
    wish, use = (
        observations[(observations["indicator"] == slug) & observations["value"].notna()]
        for slug in ("daycare_wish_pct", "daycare_use_pct")
    )
    if wish.empty or use.empty:
        return ["intention", np.nan, np.nan, np.nan, "not published: wish and use", ""]
    low, high = (places_by_intention(children, pct / 100) for pct in (use["value"].min(), wish["value"].max()))
    own = "" if (wish["area"] == area).any() else f"; figures of {', '.join(wish['area'].unique())}"
    text = f"C {children:,.0f} (0-2), use {use['value'].min():g} %, wish {wish['value'].max():g} %{own}"
    sources = ";".join(pd.concat([use["source"], wish["source"]]).unique())
    return ["intention", low, (low + high) / 2, high, text, sources]
