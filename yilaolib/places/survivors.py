"""How many of an age are alive later, by life expectancy: the nation's tables bent to a level, and looked up."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import xarray as xr

from ..core.errors import DataError
from ..data import load_table
from ..lifetables import survival_table
from ..people.cohorts import SEX
from ..tabling.folders import as_root, stamp

STANDARD = "china-wpp2024"


def survival_grid(year: int, root: str | Path | None = None) -> xr.DataArray:
    """Survival ratios by e0, shaped like the nation's mortality of the period nearest to `year`."""
    return _survival_grid(int(year), as_root(root), stamp(root))


@lru_cache(maxsize=8)
def _survival_grid(year: int, root: Path | None, state: tuple) -> xr.DataArray:
    table = load_table("mortality", root=root)
    table = table[table["standard"] == STANDARD]
    nearest = min(table["year"].unique(), key=lambda y: abs(int(y) - year))
    rows = table[table["year"] == nearest]
    grid = survival_table({sex: group.set_index("age")["mx"] for sex, group in rows.groupby("sex")})
    grid.values.flags.writeable = False  # every projection reads this one
    return grid


def look_up(grid: xr.DataArray, e0: np.ndarray) -> np.ndarray:
    """Survival (year, sex, age, ...) at each e0 (year, sex, ...), linear between the grid's points."""
    points = grid["e0"].to_numpy()
    low, high = float(e0.min()), float(e0.max())
    if low < points[0] or high > points[-1]:
        raise DataError(
            f"Life expectancy runs from {low:.1f} to {high:.1f}; the tables cover {points[0]:g} to {points[-1]:g}."
        )
    table = grid.transpose("sex", "age", "e0").to_numpy()
    steps = np.diff(table, axis=-1)
    position = (e0 - points[0]) / (points[1] - points[0])
    left = np.minimum(position.astype(int), len(points) - 2)
    share = position - left
    survival = np.empty((*e0.shape[:2], table.shape[1], *e0.shape[2:]))
    for t in range(e0.shape[0]):
        for s in range(e0.shape[1]):
            out = np.take(steps[s], left[t, s], axis=1)
            out *= share[t, s]
            out += np.take(table[s], left[t, s], axis=1)
            survival[t, s] = out
    return survival


def survival_ratio(
    e0: dict[str, float], offsets: np.ndarray, year: int, *, years: int = 10, root: str | Path | None = None
) -> xr.DataArray:
    """Survival over `years` where life expectancy differs by an offset, over that where it does not.

    Parameters
    ----------
    e0 : dict
        {'female': years, 'male': years} of the reference.
    offsets : ndarray
        [years] Local less the reference's life expectancy.
    year : int
        Whose pattern of mortality by age is taken; the middle of the period.
    years : int, default 10
        [years] Length of the period.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataArray
        [ratio] dims (offset, sex, age); age at the start, up to 100 - `years`.

    Examples
    --------
    >>> ratio = survival_ratio({"female": 81.0, "male": 75.0}, np.array([0.0, 2.0]), 2015)
    >>> print(ratio.sel(sex="male", age=77).round(2).to_numpy().tolist())
    [1.0, 1.1]
    """
    levels = np.array([e0[sex] for sex in SEX])[:, None] + np.append(0.0, offsets)
    yearly = look_up(survival_grid(year, root), levels[None])[0]
    ages = np.arange(yearly.shape[1] - years)
    logs = np.concatenate([np.zeros_like(yearly[:, :1]), np.log(yearly).cumsum(axis=1)], axis=1)
    alive = np.exp(logs[:, ages + years + 1] - logs[:, ages + 1])  # arriving in the next age, `years` times
    ratio = np.moveaxis(alive[..., 1:] / alive[..., :1], -1, 0)
    return xr.DataArray(ratio, {"sex": SEX, "age": ages}, ("offset", "sex", "age"))
