"""A pyramid for a place that prints totals only: from its parent, or from its own older census carried forward."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..ages import OPEN_AGE, Population, as_array, graduate
from ..core.errors import DataError, did_you_mean
from ..data import load_table
from ..people.bending import Margins, bend
from ..people.carrying import carry_forward
from ..people.raking import rake


def fill_pyramid(
    margins: Margins,
    parent: Population,
    *,
    parent_level: str,
    older: Population | None = None,
    parent_older: Population | None = None,
    years: int = 10,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """A pyramid by sex and single age that meets published totals, each cell with how well such cells are filled.

    With an older census of the place, its cohorts are carried forward as the parent's fared, and raked. Without one,
    the parent's pyramid is bent towards the place's own balance of 60-64 to 65+, and raked. What the totals do not
    say (15-59, say) is the parent's shape: read `error_pct` before using a narrow age group.

    Parameters
    ----------
    margins : dict
        {(low, high): persons}; `low` inclusive, `high` exclusive, None for open: {(0, None): 80_000, (60, None): ...}.
    parent : DataArray or DataFrame
        [persons] by `sex` and single `age` of the nearest area that has them, at about the same date.
    parent_level : {'nation', 'province', 'prefecture'}
        What the parent is; the nearer, the better.
    older : DataArray or DataFrame, optional
        [persons] of the place by `sex` and `age` at the census `years` before (five-year groups to 85+, or single).
    parent_older : same, optional
        [persons] of the parent at that census; wanted when `older` is given.
    years : int, default 10
        [years] Between the two; a multiple of 5.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        sex, age, n, persons, method (a row of `fill_errors`) and error_pct: the mean absolute percentage error that
        the method had in the broad age group of the cell, over counties whose total, 0-4, 60+ and 65+ were given.

    Raises
    ------
    DataError
        Margins that contradict one another (named), an unknown level, an older census without the parent's.

    References
    ----------
    Deming and Stephan (1940), as for `rake`. Hamilton and Perry (1962), A short method for projecting population by
    age from one decennial census to another, Social Forces 41.

    Examples
    --------
    >>> from yilaolib.places.parameters import age_standard
    >>> filled = fill_pyramid({(0, None): 1000, (60, None): 250, (65, None): 180}, age_standard(2020, None),
    ...     parent_level="nation")
    >>> print(filled.persons.sum(), filled[filled.age >= 65].persons.sum(), filled.method[0])
    1000.0 180.0 nation
    """
    levels = ["nation", "province", "prefecture"]
    if parent_level not in levels:
        hint = did_you_mean(parent_level, levels)
        raise DataError(f"parent_level is {parent_level!r}; it must be one of {levels}.{hint}")
    single = as_array(parent)
    if not set(range(OPEN_AGE + 1)) <= set(single["age"].to_numpy()):
        raise DataError(f"The parent's pyramid needs all single ages 0 ... {OPEN_AGE}; graduate() it first.")
    method = parent_level
    if older is None:
        shape = bend(single, margins)
    elif parent_older is None:
        raise DataError("An older census of the place is carried forward as its parent's: give parent_older too.")
    else:
        groups = carry_forward(older, parent_older, single, years=years)
        shape, method = graduate(groups, standard=single), f"older_{parent_level}"
    raked = rake(shape, margins)
    frame = raked.rename("persons").transpose("sex", "age").to_series().reset_index()
    frame.insert(2, "n", pd.Series(1, index=frame.index, dtype="Int64").mask(frame["age"] == OPEN_AGE))
    return frame.assign(method=method, error_pct=fill_error(frame["age"], method, root=root))


def fill_error(ages: pd.Series, method: str, *, root: str | Path | None = None) -> np.ndarray:
    """Mean absolute percentage error [pct] that a method of table `fill_errors` had in the broad group of each age."""
    table = load_table("fill_errors", root=root)
    table = table[table["method"] == method].sort_values("age")
    if table.empty:
        return np.full(len(ages), np.nan)
    place = np.searchsorted(table["age"].to_numpy(dtype=int), ages.to_numpy(dtype=int), side="right") - 1
    return table["mape_pct"].to_numpy()[place]
