"""An older census of a place carried forward as the cohorts of its parent fared (Hamilton and Perry, 1962)."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..ages import Population, as_array, group_ages
from ..core.errors import DataError
from .calibration import TOP


def carry_forward(older: Population, parent_older: Population, parent: Population, *, years: int = 10) -> xr.DataArray:
    """Five-year groups (sex, age 0 ... 85+) of a place, its cohorts changed since the older census as the parent's.

    Ages below `years`, not yet born then, are as many per person of 15-49 as in the parent.

    Examples
    --------
    >>> labels = {"sex": ["female", "male"], "age": range(0, 90, 5)}
    >>> groups = xr.DataArray(np.full((2, 18), 100.0), labels, ("sex", "age"))
    >>> there = carry_forward(groups / 10, groups, groups)  # the parent stays as it is, and so does a tenth of it
    >>> print(float(there.sum() / groups.sum()))
    0.1
    """
    if years < 5 or years % 5:
        raise DataError(f"The two censuses are {years} years apart; cohorts can be followed over multiples of 5 years.")
    edges, step = range(0, TOP + 1, 5), years // 5
    then, above_then, above_now = (
        group_ages(as_array(p), edges=edges).transpose(..., "sex", "age").to_numpy()
        for p in (older, parent_older, parent)
    )

    def aged(groups: np.ndarray) -> np.ndarray:
        top = groups[..., -1 - step :].sum(axis=-1, keepdims=True)
        return np.concatenate([groups[..., : -1 - step], top], axis=-1)

    if (aged(above_then) <= 0).any():
        raise DataError("A five-year cohort of the parent is empty at the older census, so it tells no ratio.")
    grown = aged(then) * above_now[..., step:] / aged(above_then)
    adults = slice(max(0, 3 - step), 10 - step)  # 15-49 of the newer census
    parents = above_now[..., step:][..., adults].sum(axis=(-1, -2), keepdims=True)
    young = above_now[..., :step] * grown[..., adults].sum(axis=(-1, -2), keepdims=True) / parents
    array = as_array(older)
    dims = [*(d for d in array.dims if d not in ("sex", "age")), "sex", "age"]
    coords = {d: array[d] for d in dims if d in array.coords and d != "age"}
    return xr.DataArray(np.concatenate([young, grown], axis=-1), {**coords, "age": edges}, dims)
