"""How many to build when the need is uncertain: probabilities, regret and the best number, from draws of the need.

The draws mix demography with judged ranges, so a probability here says what follows from them; it is no frequency.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..core.errors import DataError


def shortage_probability(need: np.ndarray | xr.DataArray, supply: float) -> float:
    """Share of the draws in which the need is above the supply.

    Parameters
    ----------
    need : array
        [beds or places] draws, of any shape.
    supply : float
        [beds or places]

    Returns
    -------
    float
        [share, 0-1]; missing when the supply is.

    Examples
    --------
    >>> shortage_probability(np.array([900, 1100, 1300, 1500]), 1000)
    0.75
    """
    return float(np.mean(_draws(need) > supply)) if np.isfinite(supply) else np.nan


def low_occupancy_probability(residents: np.ndarray | xr.DataArray, beds: float, below: float) -> float:
    """Share of the draws in which less than a share of the beds is occupied.

    Parameters
    ----------
    residents : array
        [persons] draws, of any shape; those who find no bed do not count.
    beds : float
        [beds]
    below : float
        [share, 0-1] For example `low_occupancy` of table `assumptions`.

    Returns
    -------
    float
        [share, 0-1]; missing when the number of beds is, or 0.

    Examples
    --------
    >>> low_occupancy_probability(np.array([400, 500, 700, 2000]), 1000, below=0.6)
    0.5
    """
    return float(np.mean(_draws(residents) / beds < below)) if np.isfinite(beds) and beds > 0 else np.nan


def expected_regret(
    need: np.ndarray | xr.DataArray, built: np.ndarray | list[float], *, cost_ratio: float = 1.0
) -> pd.DataFrame:
    """Mean regret of building each number: idle units count 1 each, missing units the cost ratio.

    Parameters
    ----------
    need : array
        [beds or places] draws, of any shape.
    built : array of float
        [beds or places] numbers to compare.
    cost_ratio : float, default 1
        [1] What a missing unit costs against an idle one.

    Returns
    -------
    DataFrame
        Indexed by `built`: idle, missing [units on average], regret [cost of one idle unit].

    Raises
    ------
    DataError
        A cost ratio of 0 or less, or no draws.

    Examples
    --------
    >>> expected_regret(np.array([100, 300]), [100, 200, 300], cost_ratio=2).regret.tolist()
    [200.0, 150.0, 100.0]
    """
    draws, ratio = _draws(need), _ratio(cost_ratio)
    built = np.asarray(built, dtype=float)
    over = built[:, None] - draws[None, :]
    frame = pd.DataFrame({"idle": over.clip(min=0).mean(axis=1), "missing": (-over).clip(min=0).mean(axis=1)})
    frame.index = pd.Index(built, name="built")
    return frame.assign(regret=frame["idle"] + ratio * frame["missing"])


def best_number(need: np.ndarray | xr.DataArray, *, cost_ratio: float = 1.0) -> float:
    """The number with the least expected regret: the quantile c / (c + 1) of the need, c the cost ratio.

    Parameters
    ----------
    need : array
        [beds or places] draws, of any shape.
    cost_ratio : float, default 1
        [1] What a missing unit costs against an idle one; 1 gives the median.

    Returns
    -------
    float
        [beds or places]

    Raises
    ------
    DataError
        A cost ratio of 0 or less, or no draws.

    References
    ----------
    The newsvendor problem; Arrow, Harris and Marschak (1951), Optimal inventory policy, Econometrica 19.

    Examples
    --------
    >>> best_number(np.arange(101.0), cost_ratio=3)
    75.0
    """
    ratio = _ratio(cost_ratio)
    return float(np.quantile(_draws(need), ratio / (1 + ratio)))


def split_spread(need: xr.DataArray) -> pd.Series:
    """Share of the variance of the need that methods, demography and parameters each explain.

    Parameters
    ----------
    need : DataArray
        [beds or places] dims by_method, draw (demography) and parameter; every combination.

    Returns
    -------
    Series
        [share, 0-1] method, demography, parameters, together (what only their combination explains); they sum to 1.
        Missing when nothing varies.

    Raises
    ------
    DataError
        When a dim is missing.

    References
    ----------
    First-order effects of Sobol (1993), here from a complete design.

    Examples
    --------
    >>> grid = xr.DataArray([[[1.0, 1.0]], [[3.0, 3.0]]], dims=("by_method", "draw", "parameter"))
    >>> split_spread(grid)["method"]
    np.float64(1.0)
    """
    names = {"by_method": "method", "draw": "demography", "parameter": "parameters"}
    if set(names) - set(need.dims):
        raise DataError(f"need has the dims {list(need.dims)}; by_method, draw and parameter are wanted.")
    whole = float(need.var())
    shares = {
        label: float(need.mean([d for d in need.dims if d != dim]).var()) / whole if whole > 0 else np.nan
        for dim, label in names.items()
    }
    return pd.Series({**shares, "together": 1 - sum(shares.values())}, name="share")


def _draws(values: np.ndarray | xr.DataArray) -> np.ndarray:
    flat = np.asarray(values, dtype=float).ravel()
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        raise DataError("There are no draws of the need: every value is missing.")
    return flat


def _ratio(value: float) -> float:
    if not value > 0:
        raise DataError(f"cost_ratio is {value}; it must be above 0 (1: a missing bed costs as much as an idle one).")
    return float(value)
