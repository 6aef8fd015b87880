"""What the need turns on: draws of it over methods, demography and judged ranges, and the chances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..data import load_table
from ..places.ranges import assumed_range
from ..projection import Scenario
from .bedneed import BedNeed
from .decision import best_number, expected_regret, low_occupancy_probability, shortage_probability, split_spread
from .horizon import need_of
from .need import BOUNDS, Need, check_year, projected

COUNTS_PEOPLE = ("prevalence", "prevalence_census", "utilisation", "intention")  # their need is persons who come
GROUPS = {
    "plan": ("规划口径各方法", "methods of plans"),
    "need": ("需要口径各方法", "methods of need"),
    "use": ("使用口径各方法", "methods of use"),
    "all": ("全部方法（等权）", "all methods, equal weights"),
}


def need_samples(
    area: str,
    year: int,
    *,
    what: str = "beds",
    draws: int = 200,
    parameters: int = 25,
    seed: int = 0,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> xr.DataArray:
    """Need in a year by method, draw of the demography, and draw of the parameters.

    Half of the parameters lie on each side of central, thinning out like a triangle towards lower and upper; a method
    without a range does not vary in them. Methods whose inputs are not published are left out.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year]
    what : {'beds', 'places'}
    draws, parameters : int
        Number of draws of the demography, and of points in each triangle.
    seed : int, default 0
    scenario : str or Scenario, default "medium"
    population : Dataset, optional
        A projection with draws made before.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataArray
        [beds or places] dims by_method, draw, parameter; coordinate `basis` (plan, need, use) along by_method.

    Raises
    ------
    DataError
        Unknown area, scenario or `what`, or a year outside the projection.

    Examples
    --------
    >>> samples = need_samples("jingdezhen", 2030, draws=10, parameters=5)
    >>> samples.sizes["draw"], bool((samples.sel(by_method="utilisation") < samples.sel(by_method="norm")).all())
    (10, True)
    """
    if population is None:
        population = projected(area, year, scenario, root, draws=draws, seed=seed)
    return _samples(need_of(area, population, what, root), year, parameters)


def _samples(need: Need, year: int, parameters: int) -> xr.DataArray:
    check_year(year, need.years)
    values = need.arrays().sel(year=year)
    if "draw" not in values.dims:
        values = values.expand_dims("draw")
    values = values.isel(by_method=np.flatnonzero(values.sel(bound="central").isel(draw=0).notnull()))
    share = (np.arange(parameters) + 0.5) / parameters
    # quantiles of a triangle from -1 over 0 to 1: the way from central to a bound
    steps = np.where(share < 0.5, np.sqrt(2 * share) - 1, 1 - np.sqrt(2 * (1 - share)))
    way = xr.DataArray(steps, dims="parameter")
    low, central, high = (values.sel(bound=bound, drop=True) for bound in BOUNDS)
    samples = central + xr.where(way > 0, (high - central) * way, (central - low) * way)
    methods = load_table("methods", root=need.root).set_index("method")["basis"]
    basis = ("by_method", methods.loc[samples["by_method"].to_numpy()].to_numpy())
    return samples.assign_coords(basis=basis).transpose("by_method", "draw", "parameter", ...)


def build_decision(
    area: str,
    year: int,
    *,
    what: str = "beds",
    cost_ratio: float = 1.0,
    draws: int = 200,
    seed: int = 0,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Chances of a shortage and of empty beds, and the best number to have, by method and over methods.

    A chance holds for its row only: over all methods it mostly tells how many methods lie above the supply.

    Parameters
    ----------
    area, year, what, draws, seed, scenario, population, root
        As in `need_samples`.
    cost_ratio : float, default 1
        [1] What a missing bed costs against an idle one; judge it yourself.

    Returns
    -------
    DataFrame
        group (a method, a basis, or all), name_zh, name_en, p_short_stock, p_short_pipeline [share 0-1: need above the
        present supply, and with the project list], p_empty_stock, p_empty_pipeline [share 0-1: less occupied than
        `low_occupancy`, 60 % (judged); only for methods that count persons], best [beds or places at the cost ratio],
        regret_stock, regret_pipeline [cost of one idle bed: expected regret of having the present supply, or with the
        project list]. `attrs` hold the split of the spread, stock, pipeline and the cost ratio.

    Raises
    ------
    DataError
        As `need_samples`, and a cost ratio of 0 or less.

    Examples
    --------
    >>> table = build_decision("jingdezhen", 2025, draws=20).set_index("group")
    >>> print(table.p_short_stock["norm"], table.p_short_stock["utilisation"])
    1.0 0.0
    """
    if population is None:
        population = projected(area, year, scenario, root, draws=draws, seed=seed)
    need = need_of(area, population, what, root)
    samples = _samples(need, year, parameters=25)
    names = load_table("methods", root=root).set_index("method")
    occupied = need.occupancy.value if isinstance(need, BedNeed) else 1.0  # of the need in beds, so many are persons
    empty = assumed_range("low_occupancy", table=need.assumed).value
    there = dict(zip(("stock", "pipeline"), need.available(year), strict=True))
    basis = samples["basis"].to_numpy()
    groups = {method: [i] for i, method in enumerate(samples["by_method"].to_numpy())}
    groups |= {name: np.flatnonzero(basis == name) for name in dict.fromkeys(basis)} | {"all": np.arange(len(basis))}
    rows = []
    for group, chosen in groups.items():
        part = samples.isel(by_method=chosen)
        persons = part.isel(by_method=np.flatnonzero(np.isin(part["by_method"], COUNTS_PEOPLE))) * occupied
        zh, en = GROUPS[group] if group in GROUPS else names.loc[group, ["name_zh", "name_en"]]
        row = {"group": group, "name_zh": zh, "name_en": en}
        row |= {f"p_short_{name}": shortage_probability(part, beds) for name, beds in there.items()}
        row |= {
            f"p_empty_{name}": low_occupancy_probability(persons, beds, empty) if persons.size else np.nan
            for name, beds in there.items()
        }
        row["best"] = best_number(part, cost_ratio=cost_ratio)
        regret = expected_regret(part, list(there.values()), cost_ratio=cost_ratio)["regret"].to_numpy()
        rows.append(row | {f"regret_{name}": value for name, value in zip(there, regret, strict=True)})
    frame = pd.DataFrame(rows)
    frame.attrs = {**there, "cost_ratio": cost_ratio, "spread": split_spread(samples).to_dict()}
    return frame
