"""A pyramid moved to published totals of age ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload

import numpy as np
import xarray as xr

from ..core.errors import DataError
from ..core.forms import OPEN_AGE, Form, Population, as_array, like, widths_of

Margins = Mapping[tuple[int, int | None], float]


@overload
def rake(population: Form, margins: Margins) -> Form: ...
@overload
def rake(population: xr.Dataset, margins: Margins) -> xr.DataArray: ...
def rake(population: Population, margins: Margins) -> Population:
    """Scale a pyramid so that it meets published totals of age ranges, changing its shape as little as possible.

    Within each range the ages (and sexes) keep their proportions. Ranges may nest (total, 60+, 65+) or cross;
    nested ranges are met in one pass, crossing ones by iterative proportional fitting.

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset
        [persons] by `age`, the shape to start from (a parent's pyramid, or an older one carried forward).
    margins : dict
        {(low, high): persons}; `low` inclusive, `high` exclusive, None for open. All sexes together.

    Returns
    -------
    same form as `population`
        [persons]; its sums over each range equal the margins.

    Raises
    ------
    DataError
        When there are none, or they contradict one another (65+ above 60+), are negative, or no age lies in a range.

    References
    ----------
    Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table.

    Examples
    --------
    >>> import pandas as pd
    >>> shape = pd.Series([50.0, 30.0, 20.0], index=[0, 60, 65])
    >>> rake(shape, {(0, None): 200, (60, None): 80, (65, None): 50}).tolist()
    [120.0, 30.0, 50.0]
    """
    if not isinstance(margins, Mapping) or not margins:
        raise DataError(
            f"margins is {margins!r}; it must be a dict of totals by age range, such as {{(0, None): 80_000}}."
        )
    array = as_array(population)
    ages = array["age"].to_numpy()
    ranges = {key: (ages >= key[0]) & (ages < (np.inf if key[1] is None else key[1])) for key in margins}
    _check_ranges(ages, ranges, margins)
    dims = [d for d in array.dims if d in ("sex", "age")]

    def total(mask: np.ndarray) -> xr.DataArray:
        return raked.isel(age=np.flatnonzero(mask)).sum(dims)

    raked = array.copy()
    rings = _rings(ranges, margins)
    offs = []
    for _sweep in range(1 if rings else 5000):
        for name, mask, wanted in rings or [(_range_name(k), ranges[k], float(v)) for k, v in margins.items()]:
            present = total(mask)
            if wanted > 0 and bool((present <= 0).any()):
                raise DataError(
                    f"Nobody in the given pyramid is aged {name}, but the margin asks for {wanted:,.0f} persons."
                )
            factor = xr.where(present > 0, wanted / present.where(present > 0, 1), 1.0)
            raked = raked * xr.where(xr.DataArray(mask, dims="age", coords={"age": ages}), factor, 1.0)
        off = max((float(abs(total(ranges[k]) - v).max()) / max(float(v), 1.0) for k, v in margins.items()), default=0)
        offs.append(off)
        if off < 1e-12 or (len(offs) > 50 and off > offs[-51] * 0.9999):  # met, or no nearer for 50 sweeps
            break
    if off > 1e-6:
        names = ", ".join(f"{_range_name(k)} = {v:,.0f}" for k, v in margins.items())
        raise DataError(f"These margins contradict one another: {names}. No pyramid meets them all; check the figures.")
    return like(raked.transpose(*array.dims), population, widths_of(ages))


def _range_name(key: tuple[int, int | None]) -> str:
    return f"{key[0]}+" if key[1] is None else f"{key[0]}-{key[1] - 1}"


def _check_ranges(ages: np.ndarray, ranges: Mapping, margins: Mapping) -> None:
    for key, value in margins.items():
        bounds = [b for b in key if b is not None]
        cut = [b for b in bounds if b not in ages and not b == ages[-1] + 1 == OPEN_AGE + 1]
        if cut:
            raise DataError(
                f"The margin {_range_name(key)} cuts an age group at {cut[0]}. graduate() the pyramid first."
            )
        if not np.isfinite(value) or value < 0:
            raise DataError(f"The margin {_range_name(key)} is {value}; it must be a number of persons, 0 or more.")
        for other, mask in ranges.items():
            inside = not (ranges[key] & ~mask).any()
            if inside and other != key and value > margins[other] * (1 + 1e-12):
                raise DataError(
                    f"The margin {_range_name(key)} ({value:,.0f} persons) is larger than {_range_name(other)} "
                    f"({margins[other]:,.0f}), which contains it. Check both figures and whether they have one basis."
                )


def _rings(ranges: Mapping, margins: Mapping) -> list[tuple[str, np.ndarray, float]]:
    """Turn nested ranges into disjoint rings (60+ without 65+ is 60-64); empty when two ranges cross."""
    order = sorted(ranges, key=lambda k: int(ranges[k].sum()))
    rings: list[tuple[str, np.ndarray, float]] = []
    for i, key in enumerate(order):
        mask, value, covered = ranges[key], float(margins[key]), np.zeros_like(ranges[key])
        for inner in reversed(order[:i]):  # the largest children first; grandchildren are covered by them
            common = mask & ranges[inner]
            if not common.any() or (common & covered).any():
                continue
            if (common != ranges[inner]).any():
                return []
            covered, value = covered | common, value - float(margins[inner])
        if value < -1e-9 * max(float(margins[key]), 1.0):
            raise DataError(
                f"The margins inside {_range_name(key)} sum to more than its {margins[key]:,.0f} persons. Check them."
            )
        if (mask & ~covered).any():
            name = _range_name(key) + (" outside the narrower margins" if covered.any() else "")
            rings.append((name, mask & ~covered, max(value, 0.0)))
    return rings
