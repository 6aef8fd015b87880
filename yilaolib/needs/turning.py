"""The year in which a shortage of daycare places turns into a surplus, with the range that demography gives it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..core.names import SCENARIOS
from ..data import find_area
from ..projection import Scenario, project
from .placeneed import PlaceNeed
from .stock import TOTAL, supply_path
from .supply import place_supply


def turning_years(
    area: str,
    *,
    scenarios: Sequence[str | Scenario] = SCENARIOS,
    end_year: int = 2050,
    draws: int = 0,
    seed: int = 0,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Year in which a shortage of daycare places turns into a surplus, by method and scenario.

    Supply is the printed stock, a straight line to the target, and the target from then on (or the stock held).

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    scenarios : sequence of str or Scenario
        Names of table `assumptions`, your own among them, or scenarios made in Python.
    end_year : int, default 2050
        [year] Horizon.
    draws : int, default 0
        Random paths of the demography of each scenario; 0 gives no range, 200 a smooth one.
    seed : int, default 0
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        One row per method and scenario: method, scenario, year (missing where the shortage does not turn), state
        (turns, short throughout, surplus throughout, returns: a shortage comes back later, or supply not published),
        first and last [places]: shortage (+) or surplus (-) in the first year with a supply and in the last. With
        draws, turns_pct [percent of the draws in which it turns by the horizon, for good] and lower_80, upper_80: the
        years that hold 80 % of those draws, missing where none turns.

    Raises
    ------
    DataError
        Unknown area or scenario.

    Examples
    --------
    >>> turns = turning_years("jingdezhen", scenarios=("medium",)).set_index("method")
    >>> print(*turns.loc["norm_places", ["year", "state"]])
    2025 turns
    >>> turns = turning_years("jingdezhen", scenarios=("medium",), draws=50).set_index("method")
    >>> bool(turns.lower_80["coverage"] <= turns.upper_80["coverage"]), turns.turns_pct.between(0, 100).all()
    (True, np.True_)
    """
    slug = find_area(area, root=root)["area"]
    places, rows = place_supply(slug, root=root), []
    for scenario in scenarios:
        name = scenario.name if isinstance(scenario, Scenario) else scenario
        future = partial(project, slug, scenario=scenario, end_year=end_year, root=root)
        need = PlaceNeed(slug, future(), root)
        supply = supply_path(places, TOTAL["places"], need.years)
        ranges = _ranges(PlaceNeed(slug, future(draws=draws, seed=seed), root), supply) if draws else {}
        for method, path in need.paths().items():
            rows.append({"method": method, "scenario": name, **turn_of(path - supply), **ranges.get(method, {})})
    columns = ["method", "scenario", "year", "state", "first", "last"]
    columns += ["turns_pct", "lower_80", "upper_80"] if draws else []
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: "Int64" for name in ("year", "lower_80", "upper_80") if name in frame})


def turn_of(gap: pd.Series) -> dict:
    """When a shortage turns (year, state, first and last, as in `turning_years`) of need less supply by year."""
    gap = gap.dropna()
    if gap.empty:
        return {"year": None, "state": "supply not published", "first": np.nan, "last": np.nan}
    short = gap > 0
    ends = {"first": float(gap.iloc[0]), "last": float(gap.iloc[-1])}
    if short.all() or not short.any():
        return {"year": None, "state": "short throughout" if short.all() else "surplus throughout", **ends}
    turned = gap.index[short.shift(fill_value=False) & ~short]
    year = int(turned[-1]) if len(turned) else None
    return {"year": year, "state": "returns" if short.iloc[-1] else "turns", **ends}


def _ranges(drawn: PlaceNeed, supply: pd.Series) -> dict[str, dict]:
    """What `draws_that_turn` says of each method."""
    paths = {row["method"]: row["central"] for row in drawn.rows if isinstance(row["central"], xr.DataArray)}
    return {method: draws_that_turn(path.to_series().unstack("draw"), supply) for method, path in paths.items()}


def draws_that_turn(need: pd.DataFrame, supply: pd.Series) -> dict:
    """The percentage of draws in which a shortage turns for good, and the years that hold 80 % of these.

    `need` by year (rows) and draw. Without a supply there is nothing to say.
    """
    gaps = need.sub(supply, axis=0).dropna()
    if gaps.empty:
        return {}
    short = gaps.to_numpy() > 0
    turned = short[:-1] & ~short[1:]
    for_good = turned.any(axis=0) & ~short[-1]
    if not for_good.any():
        return {"turns_pct": 0.0}
    last = gaps.index[::-1][turned[::-1, for_good].argmax(axis=0)]
    low, high = np.quantile(last, [0.1, 0.9], method="inverted_cdf")  # years, none between
    return {"turns_pct": float(100 * for_good.mean()), "lower_80": int(low), "upper_80": int(high)}
