"""Measures of ageing. Each works on any form of population and on any further dims (area, scenario, draw, year)."""

from __future__ import annotations

from numbers import Real

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError
from .ages import Population, as_array, labelled, refuse_cut

TABLE_AGES = {"total": (0, None), "aged_60": (60, None), "aged_65": (65, None), "aged_80": (80, None)}
TABLE_AGES |= {"aged_0_2": (0, 3)}
MEASURES = {"total": (0, None), "60+": (60, None), "65+": (65, None), "80+": (80, None), "0-4": (0, 5)}


def population_table(future: Population) -> pd.DataFrame:
    """Persons and shares of the age groups that plans speak of, year by year.

    Parameters
    ----------
    future : Dataset, DataArray or DataFrame; [persons] by `age` and `year` (DataError without), as `project` has it

    Returns
    -------
    DataFrame
        Indexed by year (and draw or area, if there are any): total, aged_60, aged_65, aged_80, aged_0_2 [persons],
        share_60_pct, share_65_pct, share_80_pct [percent of all].

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.population_table(yl.project("jingdezhen", end_year=2030)).loc[2025, "share_60_pct"].round(1)
    np.float64(21.1)
    """
    table = pd.DataFrame({name: labelled(persons(future, *ages)).to_series() for name, ages in TABLE_AGES.items()})
    for age in (60, 65, 80):
        table[f"share_{age}_pct"] = 100 * table[f"aged_{age}"] / table["total"]
    return table


def persons(population: Population, low: int = 0, high: int | None = None) -> float | xr.DataArray:
    """Persons aged `low` to below `high`, both sexes.

    DataError: a bound falls inside an age group or is no number, or `high` is not above `low`.

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset; [persons] by `age`
    low, high : int; [completed years] `high` is exclusive; None is open

    Returns
    -------
    float or DataArray: [persons] with the dims that are not sex or age

    Examples
    --------
    >>> persons(pd.Series([10.0, 5.0], index=[0, 60]), 60)
    5.0
    """
    return _plain(_sum(as_array(population), low, np.inf if high is None else high))


def elderly_share(population: Population, age: int = 60) -> float | xr.DataArray:
    """Share of the population at or above an age. Elderly is 60+ in Chinese statute; 65+ must be asked for.

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset; [persons] by `age`
    age : int, default 60; [completed years] a lower bound of the population, or it is a DataError

    Returns
    -------
    float or DataArray: [share, 0-1] named `elderly_share`, with the dims that are not sex or age

    Examples
    --------
    >>> elderly_share(pd.Series([83.37, 16.63], index=[0, 60]))
    0.1663
    """
    array = as_array(population)
    return _plain(_sum(array, age) / _sum(array, -np.inf), "elderly_share")


def dependency_ratio(
    population: Population, kind: str = "old", working_ages: tuple[int, int] = (15, 59)
) -> float | xr.DataArray:
    """Dependants per person of working age; a ratio, not a percentage.

    The bounds are inclusive, as they are printed: (15, 59) is the Chinese default, (15, 64) the UN's. The two are not
    comparable, and a plan's 老年抚养比 may be either (鹰潭's footnote is 65+ over 15-64).
    DataError: unknown kind, or a bound inside an age group.

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset; [persons] by `age`
    kind : {'old', 'young', 'total'}; dependants above the working ages, below them, or both
    working_ages : (int, int), default (15, 59); [completed years] first and last age, both included

    Returns
    -------
    float or DataArray: [dependants per person of working age] named `dependency_ratio`

    Examples
    --------
    >>> dependency_ratio(pd.Series([20.0, 60.0, 15.0], index=[0, 15, 60]))
    0.25
    """
    array = as_array(population)
    first, last = working_ages
    young, workers, old = _sum(array, -np.inf, first), _sum(array, first, last + 1), _sum(array, last + 1)
    dependants = {"old": old, "young": young, "total": old + young}
    if kind not in dependants:
        raise DataError(f"kind is {kind!r}; it must be 'old', 'young' or 'total'.")
    return _plain(dependants[kind] / workers, "dependency_ratio")


def median_age(population: Population) -> float | xr.DataArray:
    """Age that halves the population, interpolated evenly within its age group.

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset; [persons] by `age`, in narrow groups; DataError if empty

    Returns
    -------
    float or DataArray: [years] named `median_age`

    Examples
    --------
    >>> median_age(pd.Series([10.0, 10.0, 10.0], index=[0, 20, 40]))
    30.0
    """
    array = as_array(population)
    if "sex" in array.dims:
        array = array.sum("sex")
    ages = array["age"].to_numpy().astype(float)
    if len(ages) < 2:
        raise DataError("A median age needs at least two age groups; this population has one.")
    bounds = np.append(ages, 2 * ages[-1] - ages[-2])

    def middle(counts: np.ndarray) -> float:
        cumulated = np.append(0.0, np.cumsum(counts))
        if cumulated[-1] <= 0:
            raise DataError("The population is empty, so it has no median age.")
        return float(np.interp(cumulated[-1] / 2, cumulated, bounds))

    return _plain(xr.apply_ufunc(middle, array, input_core_dims=[["age"]], vectorize=True), "median_age", "years")


def measured(population) -> xr.DataArray:
    """Persons in the groups by which a projection is judged: total, 60+, 65+, 80+, 0-4; dim `measure` first."""
    parts = [persons(population, low, high) for low, high in MEASURES.values()]
    return xr.concat([xr.DataArray(part) for part in parts], pd.Index(list(MEASURES), name="measure"))


def stage_of(share_60: float, share_65: float, stages: pd.DataFrame, *, digits: int = 2) -> pd.DataFrame:
    """Ageing stages by the shares [0-1] of 60+ and 65+ under each scheme of `stages`; see `ageing_stage`.

    `stages` is the table `ageing_stages`; each scheme has a row of rank 0 that everybody reaches.
    """
    cuts = stages.copy()
    share = cuts["base_age"].map({60: share_60 * 100, 65: share_65 * 100}).round(10)
    cuts["share_pct"] = share
    cuts["reached"] = (share > cuts["from_pct"]) | (cuts["inclusive"] & (share == cuts["from_pct"]))
    cuts["near_cut"] = (cuts["from_pct"] > 0) & ((share - cuts["from_pct"]).abs() <= 0.5 * 10**-digits)
    near = cuts.groupby("scheme")["near_cut"].any()
    # a scheme may join two bases by "or" (鹰潭's footnote): the highest rank that any of its rows reaches counts
    stage = cuts[cuts["reached"]].sort_values("rank").groupby("scheme", sort=False).tail(1)
    columns = ["scheme", "base_age", "share_pct", "from_pct", "stage_zh", "stage_en", "near_cut", "source"]
    stage = stage.assign(near_cut=stage["scheme"].map(near))
    order = list(dict.fromkeys(stages["scheme"]))
    return stage.set_index("scheme").loc[order].reset_index()[columns]


def _sum(array: xr.DataArray, low: float, high: float = np.inf) -> xr.DataArray:
    ages = array["age"].to_numpy()
    for cut in (low, high):
        if not isinstance(cut, Real) or np.isnan(float(cut)):
            raise DataError(f"An age is {cut!r}; it must be a number of completed years, such as 60.")
    if low >= high:
        raise DataError(f"Nobody is aged {low:g} to below {high:g}. Give the lower bound first, such as (50, 60).")
    for cut in (low, high):
        if np.isfinite(cut) and cut not in ages and cut > ages[0]:
            raise DataError(f"Age {cut:g} is not a lower bound of this population; graduate() it first.")
    chosen = array.isel(age=np.flatnonzero((ages >= low) & (ages < high)))
    dims = [d for d in ("sex", "age") if d in array.dims]
    empty = array.isnull()
    if not bool(empty.any()):
        return chosen.sum(dims)
    refuse_cut(empty, [cut for cut in (low, high) if cut in ages])
    return chosen.sum(dims).where(~empty.all(dims))  # an area without that census has no persons to sum, not 0


def _plain(result: xr.DataArray, name: str = "persons", units: str = "1") -> float | xr.DataArray:
    if result.ndim == 0:
        return float(result)
    return result.rename(name).assign_attrs(units="persons" if name == "persons" else units)
