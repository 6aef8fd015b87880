"""Fertility: age-specific rates from a total rate and a schedule, and back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.interpolate import PchipInterpolator

from ..core.errors import DataError
from .mortality import as_rates


def asfr(tfr: float | xr.DataArray, schedule: pd.Series) -> pd.Series | xr.DataArray:
    """Age-specific fertility rates by single age from a total fertility rate and a schedule.

    Parameters
    ----------
    tfr : float or DataArray
        [children per woman] A DataArray keeps its dims.
    schedule : Series
        [share of the TFR, or percent] by `age`, single or five-year groups; it is scaled to sum to 1.

    Returns
    -------
    Series or DataArray
        [births per woman-year] at single ages; a DataArray when `tfr` is one.

    Raises
    ------
    DataError
        When the schedule is empty or negative, or the TFR is negative.

    Examples
    --------
    >>> print(asfr(1.3, pd.Series([20.0, 50, 30], index=[20, 25, 30])).sum().round(6))
    1.3
    """
    schedule = as_rates(schedule, "The fertility schedule")
    if not schedule.sum() > 0 or np.any(np.asarray(tfr) < 0):
        raise DataError("The fertility schedule must have a positive sum and the TFR must be 0 or more.")
    ages = schedule.index.to_numpy()
    width = ages[1] - ages[0] if len(ages) > 1 else 1
    knots = np.append(ages, ages[-1] + width)
    single = np.arange(knots[0], knots[-1])
    if width == 1:
        shares = schedule.to_numpy()
    else:  # the cumulated schedule starts and ends flat, so the rates do too
        shares = np.diff(PchipInterpolator(knots, np.append(0, schedule.cumsum()))(np.arange(knots[0], knots[-1] + 1)))
    shares = pd.Series(shares / shares.sum(), index=pd.Index(single, name="age"), name="asfr")
    if isinstance(tfr, xr.DataArray):
        return tfr * xr.DataArray(shares.to_numpy(), coords={"age": single}, dims="age")
    return shares * tfr


def tfr(asfr: pd.Series | xr.DataArray) -> float | xr.DataArray:
    """Total fertility rate: births per woman who lives through the rates of all ages.

    Parameters
    ----------
    asfr : Series or DataArray
        [births per woman-year] by `age`; group rates are multiplied by their width.

    Returns
    -------
    float or DataArray
        [children per woman]

    Examples
    --------
    >>> print(tfr(pd.Series([0.1, 0.1], index=[20, 25])))
    1.0
    """
    ages = asfr.index.to_numpy() if isinstance(asfr, pd.Series) else asfr["age"].to_numpy()
    widths = np.diff(ages, append=2 * ages[-1] - ages[-2]) if len(ages) > 1 else np.ones(1)
    if isinstance(asfr, pd.Series):
        return (asfr * widths).sum()
    return (asfr * xr.DataArray(widths, dims="age")).sum("age")
