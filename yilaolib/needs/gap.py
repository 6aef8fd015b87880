"""Need against supply: what is missing, what is too much."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..core.errors import DataError

Number = float | pd.Series | np.ndarray | xr.DataArray


def shortfall(demand: Number, supply: Number) -> pd.DataFrame | xr.Dataset:
    """Set a demand against a supply; only one of shortfall and surplus is above 0.

    A gap exists only relative to a method: name the method of `demand` wherever the result is shown.

    Parameters
    ----------
    demand, supply : float, Series, array or DataArray
        [beds or places] Broadcast against one another; a missing value stays missing.

    Returns
    -------
    DataFrame or Dataset
        demand, supply, shortfall (0 or more), surplus (0 or more) [beds or places], coverage_pct [supply per 100 of
        demand; missing where nothing is demanded]. A Dataset when either input is a DataArray.

    Raises
    ------
    DataError
        When a value is negative.

    Examples
    --------
    >>> print(shortfall(10_500, 4_059).loc[0, ["shortfall", "surplus"]].tolist())
    [6441.0, 0.0]
    """
    labelled = isinstance(demand, xr.DataArray) or isinstance(supply, xr.DataArray)
    if labelled:
        demand, supply = xr.broadcast(xr.DataArray(demand), xr.DataArray(supply))
    else:
        index = next((x.index for x in (demand, supply) if isinstance(x, pd.Series)), None)
        size = len(index) if index is not None else max(np.size(demand), np.size(supply))
        demand, supply = (_column(x, index, size) for x in (demand, supply))
    for name, values in (("demand", demand), ("supply", supply)):
        if bool((values < 0).any()):
            raise DataError(
                f"{name} has a negative value ({float(values.min()):g}); it counts beds or places, 0 or more."
            )
    gap = demand - supply
    parts = {
        "demand": demand,
        "supply": supply,
        "shortfall": gap.clip(0),
        "surplus": (supply - demand).clip(0),
        "coverage_pct": 100 * supply / demand.where(demand > 0),
    }
    return xr.Dataset(parts) if labelled else pd.DataFrame(parts)


def _column(values: Number, index: pd.Index | None, size: int) -> pd.Series:
    if isinstance(values, pd.Series):
        return values.astype(float)
    return pd.Series(np.broadcast_to(np.asarray(values, dtype=float), size), index=index)
