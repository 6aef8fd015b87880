"""Age groups: to single years and back. (`rake`, which moves a pyramid to published margins, is in `raking`.)

Every function takes a population in the form its user has (see `forms`) and returns the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
import xarray as xr
from scipy.interpolate import PchipInterpolator

from .core.errors import DataError
from .core.forms import OPEN_AGE, Form, Population, as_array, like, widths_of
from .people.raking import rake

__all__ = ["OPEN_AGE", "Population", "as_array", "graduate", "group_ages", "rake"]


@overload
def graduate(population: Form, *, standard: Population | None = None) -> Form: ...
@overload
def graduate(population: xr.Dataset, *, standard: Population | None = None) -> xr.DataArray: ...
def graduate(population: Population, *, standard: Population | None = None) -> Population:
    """Split age groups into single years 0, 1 ... 100+, keeping every group total.

    Without a standard the cumulated counts are interpolated (monotone cubic, never negative) and the open group
    falls off geometrically, starting at the height where the closed groups end. That smooths over real waves:
    China's cohorts of 1959-61 are a third smaller than their neighbours, so give a standard where one is known.

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset
        [persons] by lower bound `age`; the first group starts at 0, the last is open.
    standard : optional
        [persons or shares] by single age, and by sex if the population is; groups are split in its proportions.

    Returns
    -------
    same form as `population`
        [persons] at ages 0 ... 100; 100 means 100 and over.

    Raises
    ------
    DataError
        When the first age is not 0, or the standard lacks single ages.

    References
    ----------
    Fritsch and Carlson (1980), Monotone piecewise cubic interpolation, for the cumulated counts.

    Examples
    --------
    >>> import pandas as pd
    >>> groups = pd.Series([500.0, 400.0, 100.0], index=[0, 5, 85])
    >>> print(graduate(groups).loc[:4].sum())
    500.0
    """
    groups = as_array(population)
    ages = groups["age"].to_numpy()
    if ages[0] != 0 or ages[-1] > OPEN_AGE:
        raise DataError(
            f"Age groups must start at 0 and end at {OPEN_AGE} or below; they run from {ages[0]} to {ages[-1]}."
        )
    if bool(groups.isnull().any()):
        empty = groups["age"].where(groups.isnull(), drop=True).to_numpy()
        raise DataError(
            f"The population lacks persons at age {empty[0]:g} for some of its keys; all must have the same groups. "
            "Graduate populations with other age groups one by one."
        )
    if standard is None:
        single = xr.apply_ufunc(
            lambda counts: _graduate_pchip(ages, counts),
            groups,
            input_core_dims=[["age"]],
            output_core_dims=[["single"]],
        )
        single = single.rename(single="age").assign_coords(age=np.arange(OPEN_AGE + 1))
    else:
        single = _split_by_standard(groups, as_array(standard))
    single = single.transpose(*groups.dims)
    return like(single, population, widths_of(np.arange(OPEN_AGE + 1)))


def _graduate_pchip(ages: np.ndarray, counts: np.ndarray) -> np.ndarray:
    cumulated = np.concatenate([np.zeros_like(counts[..., :1]), np.cumsum(counts[..., :-1], axis=-1)], axis=-1)
    single = np.zeros((*counts.shape[:-1], OPEN_AGE + 1))
    start = int(ages[-1])
    if len(ages) > 2:
        spline = PchipInterpolator(ages, cumulated, axis=-1)
        single[..., :start] = np.diff(spline(np.arange(start + 1)), axis=-1)
    elif len(ages) == 2:
        single[..., :start] = counts[..., :1] / start
    height = single[..., start - 1] if start else np.zeros_like(counts[..., 0])
    single[..., start:] = _open_tail(counts[..., -1], height, OPEN_AGE + 1 - start)
    return np.maximum(single, 0.0)


def _open_tail(total: np.ndarray, height: np.ndarray, n: int) -> np.ndarray:
    """Split an open group geometrically over n ages so that it starts near `height` and sums to `total`."""
    steps = np.arange(1, n + 1)
    low, high = np.zeros_like(total), np.ones_like(total)
    for _ in range(60):  # bisection on the yearly ratio r: height (r + r^2 + ...) = total
        ratio = (low + high) / 2
        too_many = height * (ratio[..., None] ** steps).sum(-1) > total
        low, high = np.where(too_many, low, ratio), np.where(too_many, ratio, high)
    weights = ((low + high) / 2)[..., None] ** steps + 1e-300
    return total[..., None] * weights / weights.sum(-1, keepdims=True)


def _split_by_standard(groups: xr.DataArray, standard: xr.DataArray) -> xr.DataArray:
    single_ages = np.arange(OPEN_AGE + 1)
    if not set(single_ages) <= set(standard["age"].to_numpy()):
        raise DataError(f"The standard must have all single ages 0 ... {OPEN_AGE}; use graduate() on it first.")
    ages = groups["age"].to_numpy()
    owner = np.searchsorted(ages, single_ages, side="right") - 1
    standard = standard.sel(age=single_ages)
    if "sex" in standard.dims and "sex" not in groups.dims:
        standard = standard.sum("sex")
    if "sex" in standard.dims and not set(groups["sex"].to_numpy()) <= set(standard["sex"].to_numpy()):
        raise DataError(f"The standard must have all sexes of the population; it has {standard['sex'].to_numpy()}.")

    def per_single_age(array: xr.DataArray) -> xr.DataArray:
        return array.isel(age=owner).drop_vars("age").assign_coords(age=single_ages)

    sums = per_single_age(group_ages(standard, edges=ages.tolist()))
    evenly = 1 / np.bincount(owner)[owner]  # where the standard is empty in a whole group
    share = xr.where(sums > 0, standard / sums.where(sums > 0, 1), xr.DataArray(evenly, {"age": single_ages}, "age"))
    return per_single_age(groups) * share


def refuse_cut(empty: xr.DataArray, bounds: Iterable[float]) -> None:
    """Refuse a bound inside a group of some area of a frame; `empty` is True where an area has no such row."""
    counted = ~empty.all("age")
    for bound in bounds:
        if bool((empty.sel(age=bound) & counted).any()):
            raise DataError(
                f"Age {bound:g} is not a lower bound for some of the keys (areas, years, sexes) of this population. "
                "Take those apart, or graduate() them first."
            )


@overload
def group_ages(population: Form, edges: Sequence[int] = ...) -> Form: ...
@overload
def group_ages(population: xr.Dataset, edges: Sequence[int] = ...) -> xr.DataArray: ...
def group_ages(population: Population, edges: Sequence[int] = (0, 3, 15, 60, 65, 80)) -> Population:
    """Sum ages into groups that start at `edges`; the last group is open.

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset
        [persons] by `age`.
    edges : sequence of int, default (0, 3, 15, 60, 65, 80)
        [completed years] Lower bounds. Each must be a lower bound of the population too.

    Returns
    -------
    same form as `population`
        [persons]; `age` holds the edges.

    Raises
    ------
    DataError
        When an edge falls inside one of the population's groups, or there is no edge.

    Examples
    --------
    >>> import pandas as pd
    >>> group_ages(pd.Series([1.0, 2.0, 3.0], index=[0, 60, 65]), edges=(0, 60)).tolist()
    [1.0, 5.0]
    """
    array = as_array(population)
    ages = array["age"].to_numpy()
    if edges is None or not len(edges):
        raise DataError("group_ages needs the lower bounds of the groups, such as edges=(0, 15, 60); none was given.")
    bounds = np.asarray(sorted(edges))
    missing = [int(e) for e in bounds if e not in ages]
    if missing:
        raise DataError(
            f"Age {missing[0]} is not a lower bound of this population ({ages.tolist()}). graduate() it first."
        )
    starts, empty = np.searchsorted(ages, bounds), array.isnull()
    has_gaps = bool(empty.any())  # areas of one frame may have other open groups
    if has_gaps:
        refuse_cut(empty, bounds)
    filled = array.fillna(0) if has_gaps else array
    sums = np.add.reduceat(filled.to_numpy(), starts, axis=array.get_axis_num("age"))  # from each edge to the next
    coords = {name: coord for name, coord in array.coords.items() if "age" not in coord.dims}
    grouped = xr.DataArray(sums, coords=coords | {"age": bounds}, dims=array.dims)
    grouped = grouped.where(~empty.all("age")) if has_gaps else grouped
    return like(grouped, population, widths_of(bounds))
