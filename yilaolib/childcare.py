"""Daycare places (托位) for children under 3: need by several methods, supply, and when a shortage turns.

Under 3 is the ages 0, 1 and 2; a plan's 0-3岁 may mean three or four single years. Births move the need more than
anything else, so look at it year by year.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .data import find_area
from .needs.gap import shortfall
from .needs.need import at_year, label_methods, middle, projected
from .needs.placemethods import implied_coverage, places_by_coverage, places_by_intention, places_by_norm
from .needs.placeneed import PlaceNeed
from .needs.staff import childcare_staff
from .needs.supply import place_supply
from .needs.turning import turning_years
from .projection import Scenario
from .tabling.figures import figures_at

__all__ = [
    "childcare_staff",
    "daycare_fees",
    "implied_coverage",
    "place_supply",
    "places_by_coverage",
    "places_by_intention",
    "places_by_norm",
    "shortfall",
    "triangulate_places",
    "turning_years",
]


def triangulate_places(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    coverage: float | None = None,
    new_residents: float | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Daycare places needed in a year by every method that the published figures allow, one row per method.

    A norm per 1000 residents ignores how many children there are: look at `implied_coverage` beside it.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year] Within the projection.
    scenario : str or Scenario, default "medium"
    population : Dataset, optional
        A projection made before (by `project`), so that it is not made again.
    coverage : float, optional
        [share, 0-1] of the children under 3, a wish of your own: a further row.
    new_residents : float, optional
        [persons] who will live in new estates; without them that method has no number.
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
        Unknown area or scenario, a year outside the projection, or a coverage outside 0-1.

    Examples
    --------
    >>> triangulate_places("jingdezhen", 2025).set_index("method").central["plan_places"]
    np.float64(7367.0)
    """
    slug = find_area(area, root=root)["area"]
    if population is None:
        population = projected(slug, year, scenario, root)
    need = PlaceNeed(slug, population, root, coverage=coverage, new_residents=new_residents)
    return label_places(need, year)


def label_places(need: PlaceNeed, year: int) -> pd.DataFrame:
    """As `triangulate_places`, for a need that is at hand."""
    frame = label_methods(need.at(year), need.root)
    coverage_of = implied_coverage(frame["central"], middle(at_year(need.children, year)))
    frame.insert(list(frame).index("sources") + 1, "implied_coverage", coverage_of)
    return frame


def daycare_fees(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """Printed caps on the fees of inclusive (普惠) daycare, a year of them, and what a household is said to spend.

    Costs are from a survey that the plan quotes; whether they hold daycare fees is not said.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        group (6_12m, 12_24m, 24_36m, mixed), cap [yuan a month], cap_year [yuan for twelve months], cost_year [yuan a
        year that a child is said to cost], of_cost_pct [percent], source, observation (id of the cap). Empty where no
        cap is published.

    Raises
    ------
    DataError
        Unknown area.

    Examples
    --------
    >>> daycare_fees("jingdezhen").set_index("group").of_cost_pct["24_36m"]
    np.float64(102.0)
    """
    slug, printed = find_area(area, root=root)["area"], figures_at(root)
    cost = printed.first(slug, "child_cost_per_year", "actual")
    yearly = np.nan if cost is None else float(cost["value"])
    rows = []
    for group in ("6_12m", "12_24m", "24_36m", "mixed"):
        cap = printed.first(slug, f"daycare_price_cap_{group}", "standard", "target")
        if cap is not None:
            year = 12 * float(cap["value"])
            rows.append(
                [group, float(cap["value"]), year, yearly, 100 * year / yearly, cap["source"], cap["observation"]]
            )
    columns = ["group", "cap", "cap_year", "cost_year", "of_cost_pct", "source", "observation"]
    return pd.DataFrame(rows, columns=columns)
