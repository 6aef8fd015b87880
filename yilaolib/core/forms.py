"""The forms in which users hold a population, and the labelled array that all functions work on.

Accepted: a pandas Series indexed by `age` (lower bounds in completed years, the last group open), a tidy DataFrame
with columns `age` and `persons` (and any of `area`, `year`, `sex`), an xarray DataArray with a dim `age`, or a
projection Dataset.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from .errors import DataError

OPEN_AGE = 100  # model ages are 0, 1 ... 100, and 100 means 100 and over
TIDY_KEYS = ("area", "scenario", "draw", "year", "basis", "sex")

Population = pd.Series | pd.DataFrame | xr.DataArray | xr.Dataset
Form = TypeVar("Form", pd.Series, pd.DataFrame, xr.DataArray)  # what comes in this form goes out in it


def as_array(population: Population) -> xr.DataArray:
    """Return any of the accepted forms as a DataArray with a sorted dim `age`.

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset
        Persons by `age`; see the module's first lines.

    Returns
    -------
    DataArray
        Persons; dim `age` and whatever other keys the input has.

    Raises
    ------
    DataError
        When there is no `age`, an age comes twice, or a value is negative.

    Examples
    --------
    >>> as_array(pd.Series([5.0, 3.0], index=[0, 60])).sizes
    Frozen({'age': 2})
    """
    if isinstance(population, xr.Dataset):
        population = population["population"]
    if isinstance(population, pd.DataFrame):
        if not {"age", "persons"} <= set(population.columns):
            raise DataError(
                f"A population table needs the columns 'age' and 'persons'; it has {list(population.columns)}. "
                "Rename the columns, or pass a Series indexed by age."
            )
        # a key with one value (the year of one census) labels the table, it is no dim
        keys = [k for k in TIDY_KEYS if k in population and (population[k].nunique() > 1 or k == "sex")]
        axes: Any = [*keys, "age"]
        series = population.set_index(axes)["persons"].astype(float)
        if series.index.has_duplicates:
            first = series.index[series.index.duplicated()][:1].to_frame().astype(str).iloc[0]
            twice = ", ".join(f"{key} {value}" for key, value in first.items())
            raise DataError(f"The population table has {twice} twice. Each key may come once; filter or sum first.")
        array = series.to_xarray()
    elif isinstance(population, pd.Series):
        array = xr.DataArray(
            population.astype(float).to_numpy(), coords={"age": population.index.to_numpy()}, dims="age"
        )
    else:
        array = population
    if not isinstance(array, xr.DataArray):
        raise DataError(
            f"A population must be a Series indexed by age, a DataFrame, a DataArray or a projection, "
            f"not {type(population).__name__}."
        )
    if "age" not in array.dims or not array.sizes["age"]:
        raise DataError(f"A population needs an axis 'age' with ages; its axes are {dict(array.sizes)}. Name it 'age'.")
    array = array.assign_coords(age=_whole(array["age"].to_numpy()))
    if not array.indexes["age"].is_monotonic_increasing:  # sorting copies, and draws are large
        array = array.sortby("age")
    if array.indexes["age"].has_duplicates:
        raise DataError("An age comes twice in the population. Each lower bound may come once; sum the rows first.")
    if bool((array < 0).any()):
        raise DataError(f"A population may not be negative; the smallest value is {float(array.min()):g}.")
    return array


def _whole(ages: np.ndarray) -> np.ndarray:
    try:
        exact = ages.astype(float)
    except (TypeError, ValueError):  # "60+", a missing age
        exact = np.array([np.nan])
    if not (exact % 1 == 0).all():
        raise DataError(
            f"Ages must be whole numbers, the lower bounds of their groups; they are {ages.tolist()[:6]}. "
            "Write 60 for 60-64 and for 60+."
        )
    return exact.astype(int)


def labelled(measure: float | xr.DataArray) -> xr.DataArray:
    """Return what a measure gives for a population with further dims; a DataError for one that has none.

    Examples
    --------
    >>> labelled(xr.DataArray([0.2], coords={"year": [2030]}, dims="year")).sizes
    Frozen({'year': 1})
    """
    if not isinstance(measure, xr.DataArray):
        raise DataError("The population has neither years nor draws; give a projection, as `project` returns.")
    return measure


def like(array: xr.DataArray, original: Population, widths: np.ndarray) -> Any:
    """Return `array` in the form that `original` came in; `widths` fills column `n` of a tidy frame."""
    if isinstance(original, pd.Series):
        return pd.Series(array.to_numpy(), index=pd.Index(array["age"].to_numpy(), name="age"), name=original.name)
    if isinstance(original, pd.DataFrame):
        frame = array.to_series().rename("persons").dropna().reset_index()
        n = pd.Series(widths, index=array["age"].to_numpy(), dtype="Int64")
        frame.insert(frame.columns.get_loc("persons"), "n", n.reindex(frame["age"]).to_numpy())
        return frame
    return array


def widths_of(ages: np.ndarray) -> np.ndarray:
    """Widths in years of groups given by their lower bounds; the open group has width NaN (pd.NA in frames)."""
    return np.append(np.diff(ages).astype(float), np.nan)
