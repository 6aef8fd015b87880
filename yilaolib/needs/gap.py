"""Need against supply: what is missing, what is too much."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np
import pandas as pd
import xarray as xr

from ..core.errors import DataError

Number = float | pd.Series | np.ndarray | xr.DataArray


def refuse_negative(**values: Number) -> None:
    """Refuse what counts people or places and is below 0; a missing value stays missing."""
    for name, value in values.items():
        lowest = np.nanmin(np.append(np.asarray(value, dtype=float), np.inf))
        if lowest < 0:
            raise DataError(f"{name} has a negative value ({lowest:g}); it must be 0 or more.")


def refuse_no_share(**values: Number) -> None:
    """Refuse what is no share: percent in its place would give a hundred times too much."""
    for name, value in values.items():
        given = np.asarray(value, dtype=float)
        outside = given[(given < 0) | (given > 1)]
        if outside.size:
            raise DataError(f"{name} is {outside[0]:g}; it is a share and must lie between 0 and 1 (45 % is 0.45).")


def is_series(value: Number) -> TypeGuard[pd.Series]:
    """Whether a value is a Series; said for type checkers, since pandas has no hints of its own."""
    return isinstance(value, pd.Series)


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
        When a value is negative, or the two have different lengths or labels.

    Examples
    --------
    >>> print(shortfall(10_500, 4_059).loc[0, ["shortfall", "surplus"]].tolist())
    [6441.0, 0.0]
    """
    if isinstance(demand, xr.DataArray) or isinstance(supply, xr.DataArray):
        return xr.Dataset(_parts(*_labelled(demand, supply)))
    _same_rows(demand, supply)
    index = next((x.index for x in (demand, supply) if is_series(x)), None)
    size = max(np.size(demand), np.size(supply)) if index is None else len(index)
    return pd.DataFrame(_parts(_column(demand, index, size), _column(supply, index, size)))


def _parts(demand: pd.Series | xr.DataArray, supply: pd.Series | xr.DataArray) -> dict[str, pd.Series | xr.DataArray]:
    """The columns of `shortfall`, of a demand and a supply of one shape."""
    for name, values in (("demand", demand), ("supply", supply)):
        if bool((values < 0).any()):
            raise DataError(
                f"{name} has a negative value ({float(values.min()):g}); it counts beds or places, 0 or more."
            )
    return {
        "demand": demand,
        "supply": supply,
        "shortfall": (demand - supply).clip(0),
        "surplus": (supply - demand).clip(0),
        "coverage_pct": 100 * supply / demand.where(demand > 0),
    }


def _labelled(demand: Number, supply: Number) -> tuple[xr.DataArray, xr.DataArray]:
    """Broadcast by name of dim; labels of a dim that both have must be the same."""
    for name, value in (("demand", demand), ("supply", supply)):
        if np.ndim(value) and not isinstance(value, xr.DataArray | pd.Series):
            raise DataError(f"{name} has {np.size(value)} values without labels, beside a DataArray; name its dims.")
    pair = xr.DataArray(demand), xr.DataArray(supply)
    try:
        return xr.broadcast(*xr.align(*pair, join="exact"))
    except ValueError as error:
        shared = [d for d in pair[0].dims if d in pair[1].dims and not pair[0][d].equals(pair[1][d])]
        raise DataError(
            f"demand and supply have different labels along {', '.join(map(str, shared))} "
            f"({pair[0].sizes[shared[0]]} and {pair[1].sizes[shared[0]]} values). Select the same ones in both."
        ) from error


def _same_rows(demand: Number, supply: Number) -> None:
    """Refuse what would be cut short or matched by chance."""
    sizes = {"demand": np.size(demand), "supply": np.size(supply)}
    alone = [name for name, value in (("demand", demand), ("supply", supply)) if np.ndim(value) == 0]
    if not alone and sizes["demand"] != sizes["supply"]:
        raise DataError(
            f"demand has {sizes['demand']} values and supply has {sizes['supply']}. Give as many of one as of the "
            "other, or one number that holds for all."
        )
    if is_series(demand) and is_series(supply) and not demand.index.equals(supply.index):
        only = [*demand.index.symmetric_difference(supply.index)][:3]
        raise DataError(
            f"demand and supply have different labels ({', '.join(map(str, only)) or 'in another order'}). "
            "Take the same ones, such as supply.reindex(demand.index)."
        )


def _column(values: Number, index: pd.Index | None, size: int) -> pd.Series:
    if is_series(values):
        return values.astype(float)
    return pd.Series(np.broadcast_to(np.asarray(values, dtype=float), size), index=index)
