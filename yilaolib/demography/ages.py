"""Persons by age: summed, split, moved to published totals, carried to the next census, and the measures of ageing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.interpolate import PchipInterpolator

from ..errors import refusal

OPEN_AGE = 100  # model ages are 0, 1 ... 100, and 100 means 100 and over
TOP = 85  # start of the open group that county tables print
SEX = ["female", "male"]
TIDY_KEYS = ("area", "scenario", "draw", "year", "basis", "sex")
BEND, BEND_UNTIL = 0.4, 72  # share of the slope from 60-64 to 65+ that goes on, and the age where it ends
TABLE_AGES = {"total": (0, None), "aged_60": (60, None), "aged_65": (65, None), "aged_80": (80, None)}
TABLE_AGES |= {"aged_0_2": (0, 3)}
MEASURES = {"total": (0, None), "60+": (60, None), "65+": (65, None), "80+": (80, None), "0-4": (0, 5)}

Population = pd.Series | pd.DataFrame | xr.DataArray | xr.Dataset
Margins = Mapping[tuple, float]  # (low, high) or (low, high, sex): persons


def group_ages(population: Population, edges: Sequence[int] = (0, 3, 15, 60, 65, 80)) -> Any:
    """Sum ages into groups that start at `edges`; the last group is open.

    DataError: an edge [completed years] falls inside one of the population's groups.
    Returns the same form as `population`: [persons]; `age` holds the edges

    >>> group_ages(pd.Series([1.0, 2.0, 3.0], index=[0, 60, 65]), edges=(0, 60)).tolist()
    [1.0, 5.0]
    """
    array = as_array(population)
    ages, bounds = array["age"].to_numpy(), np.asarray(sorted(edges))
    inside = next((int(edge) for edge in bounds if edge not in ages), None)
    if inside is not None:
        raise refusal("errors.people.cut_group", inside=inside, ages=ages.tolist())
    starts = np.searchsorted(ages, bounds)
    has_gaps = bool(np.isnan(array.to_numpy()).any())  # areas of one frame may have other open groups
    if has_gaps:
        empty = array.isnull()
        refuse_cut(empty, bounds)
    filled = array.fillna(0) if has_gaps else array
    sums = np.add.reduceat(filled.to_numpy(), starts, axis=array.get_axis_num("age"))  # from each edge to the next
    coords = {name: coord for name, coord in array.coords.variables.items() if "age" not in coord.dims}
    grouped = xr.DataArray(sums, coords=coords | {"age": bounds}, dims=array.dims)
    return like(grouped.where(~empty.all("age")) if has_gaps else grouped, population)


def graduate(population: Population, *, standard: Population | None = None) -> Any:
    """Split age groups into single years 0, 1 ... 100+, keeping every group total.

    Without a standard real waves (China's small cohorts of 1959-61) are smoothed over.
    Source: Fritsch and Carlson (1980), Monotone piecewise cubic interpolation, for the cumulated counts.
    DataError: the first age is not 0, or the standard lacks single ages.
    standard : same, optional; [persons or shares] by single age (and sex); groups are split in its proportions
    Returns the same form as `population`: [persons] at ages 0 ... 100; 100 means 100 and over

    >>> groups = pd.Series([500.0, 400.0, 100.0], index=[0, 5, 85])
    >>> print(graduate(groups).loc[:4].sum())
    500.0
    """
    groups = as_array(population)
    ages = groups["age"].to_numpy()
    if ages[0] != 0 or ages[-1] > OPEN_AGE:
        raise refusal("errors.people.groups", open_age=OPEN_AGE, first=int(ages[0]), last=int(ages[-1]))
    if bool(groups.isnull().any()):
        empty = groups["age"].where(groups.isnull(), drop=True).to_numpy()
        raise refusal("errors.people.lacks_age", age=float(empty[0]))
    if standard is None:
        split = partial(_graduate_pchip, ages)
        single = xr.apply_ufunc(split, groups, input_core_dims=[["age"]], output_core_dims=[["single"]])
        single = single.rename(single="age").assign_coords(age=np.arange(OPEN_AGE + 1))
    else:
        single = _split_by_standard(groups, as_array(standard))
    return like(single.transpose(*groups.dims), population)


def _graduate_pchip(ages: np.ndarray, counts: np.ndarray) -> np.ndarray:
    single = np.zeros((*counts.shape[:-1], OPEN_AGE + 1))
    height, start = np.zeros_like(counts[..., 0]), int(ages[-1])
    if len(ages) > 1:
        cumulated = np.concatenate([height[..., None], np.cumsum(counts[..., :-1], axis=-1)], axis=-1)
        single[..., :start] = np.diff(PchipInterpolator(ages, cumulated, axis=-1)(np.arange(start + 1)), axis=-1)
        height = single[..., start - 1]
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
    single_ages, ages = np.arange(OPEN_AGE + 1), groups["age"].to_numpy()
    if not set(single_ages) <= set(standard["age"].to_numpy()):
        raise refusal("errors.people.standard_ages", open_age=OPEN_AGE)
    owner = np.searchsorted(ages, single_ages, side="right") - 1
    if "sex" in standard.dims and "sex" not in groups.dims:
        standard = standard.sum("sex")
    standard = standard.sel(age=single_ages).transpose(..., "age")
    values = standard.to_numpy()
    sums = np.add.reduceat(values, np.searchsorted(single_ages, ages), axis=-1)[..., owner]
    evenly = 1 / np.bincount(owner)[owner]  # where the standard is empty in a whole group
    share = standard.copy(data=np.where(sums > 0, values / np.where(sums > 0, sums, 1), evenly))
    return groups.isel(age=owner).assign_coords(age=single_ages) * share


def rake(population: Population, margins: Margins) -> Any:
    """Scale a pyramid so that it meets published totals of age ranges, changing its shape as little as possible.

    Within each range the ages (and sexes) keep their proportions.
    Source: Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table.
    DataError: no margins, such as contradict one another (65+ above 60+) or are negative, or no age in a range.

    margins : dict; {(low, high): persons}; `low` inclusive, `high` exclusive, None for open; (.., sex) of one sex
    Returns the same form as `population`: [persons]; its sums over each range equal the margins

    >>> shape = pd.Series([50.0, 30.0, 20.0], index=[0, 60, 65])
    >>> rake(shape, {(0, None): 200, (60, None): 80, (65, None): 50}).tolist()
    [120.0, 30.0, 50.0]
    """
    if not isinstance(margins, Mapping) or not margins:
        raise refusal("errors.people.margins", margins=margins)
    array = as_array(population)
    ages, dims = array["age"].to_numpy(), [d for d in ("sex", "age") if d in array.dims]
    sexes = array["sex"].to_numpy() if "sex" in dims else np.array([None])
    ranges = {}
    for low, high, *sex in margins:
        inside = (ages >= low) & (ages < (np.inf if high is None else high))
        ranges[low, high, *sex] = inside & (sexes == sex[0] if sex else np.ones(len(sexes), dtype=bool))[:, None]
    _check_ranges(ages, ranges, margins)
    raked = array.transpose(*dims, ...).astype(float, copy=True)
    cells, offs = raked.to_numpy() if "sex" in dims else raked.to_numpy()[None], []
    rings = _rings(ranges, margins)  # met in one pass; ranges that cross by iterative proportional fitting
    for _sweep in range(1 if rings else 5000):
        for name, mask, wanted in rings or [(_range_name(k), ranges[k], float(v)) for k, v in margins.items()]:
            present = cells[mask].sum(axis=0)
            if wanted > 0 and (present <= 0).any():
                raise refusal("errors.people.nobody", name=name, wanted=wanted)
            cells[mask] *= np.where(present > 0, wanted / np.where(present > 0, present, 1), 1.0)
        off = {key: np.abs(cells[ranges[key]].sum(axis=0) - value).max() for key, value in margins.items()}
        offs.append(max(float(off[key]) / max(float(value), 1.0) for key, value in margins.items()))
        if offs[-1] < 1e-12 or (len(offs) > 50 and offs[-1] > offs[-51] * 0.9999):  # met, or no nearer for 50 sweeps
            break
    if offs[-1] > 1e-6:
        names = ", ".join(f"{_range_name(k)} = {v:,.0f}" for k, v in margins.items())
        raise refusal("errors.people.margins_contradict", names=names)
    return like(raked.transpose(*array.dims), population)


def _range_name(key: tuple) -> str:
    return " ".join([f"{key[0]}+" if key[1] is None else f"{key[0]}-{key[1] - 1}", *key[2:]])


def _check_ranges(ages: np.ndarray, ranges: Mapping, margins: Mapping) -> None:
    for key, value in margins.items():
        name = _range_name(key)
        cut = [b for b in key[:2] if b is not None and b not in ages and not b == ages[-1] + 1 == OPEN_AGE + 1]
        if cut:
            raise refusal("errors.people.margin_cuts", name=name, age=cut[0])
        if not np.isfinite(value) or value < 0:
            raise refusal("errors.people.margin_value", name=name, value=value)
        for other, mask in ranges.items():
            inside = not (ranges[key] & ~mask).any()
            if inside and other != key and value > margins[other] * (1 + 1e-12):
                told = {"name": name, "value": value, "other": _range_name(other), "above": margins[other]}
                raise refusal("errors.people.margin_above", **told)


def _rings(ranges: Mapping, margins: Mapping) -> list[tuple[str, np.ndarray, float]]:
    """Turn nested ranges into disjoint rings (60+ without 65+ is 60-64); empty when two ranges cross."""
    order = sorted(ranges, key=lambda k: int(ranges[k].sum()))
    rings: list[tuple[str, np.ndarray, float]] = []
    for i, key in enumerate(order):
        mask, value, covered = ranges[key], float(margins[key]), np.zeros_like(ranges[key])
        name = _range_name(key)
        for inner in reversed(order[:i]):  # the largest children first; grandchildren are covered by them
            common = mask & ranges[inner]
            if not common.any() or (common & covered).any():
                continue
            if (common != ranges[inner]).any():
                return []
            covered, value = covered | common, value - float(margins[inner])
        if value < -1e-9 * max(float(margins[key]), 1.0):
            raise refusal("errors.people.margins_inside", name=name, total=margins[key])
        if (mask & ~covered).any():
            name += " outside the narrower margins" if covered.any() else ""
            rings.append((name, mask & ~covered, max(value, 0.0)))
    return rings


def bend(parent: Population, margins: Margins) -> xr.DataArray:
    """The parent's pyramid with the old ages bent towards the area's own balance of 60-64 to 65+, where it is known."""
    array, given = as_array(parent), dict.fromkeys([(60, 65), (60, None), (65, None)], 0.0)
    for (low, high, *_), total in margins.items():
        given[low, high] = given.get((low, high), 0.0) + total  # of both sexes
    here = np.array([given[60, 65] or given[60, None] - given[65, None], given[65, None]])
    there = np.array([persons(array, 60, 65), persons(array, 65)])
    if (here <= 0).any() or (there <= 0).any():
        return array  # not given, or `rake` says what is wrong
    slope = np.diff(np.log(here / there))[0] / 8  # from 62 to about 70, where the mean of the younger old is
    tilt = BEND * slope * (np.minimum(array["age"] + 0.5, BEND_UNTIL) - 62)
    return array * xr.where(array["age"] >= 65, np.exp(tilt), 1.0)


def carry_forward(older: Population, parent_older: Population, parent: Population, *, years: int = 10) -> xr.DataArray:
    """Five-year groups (sex, age 0 ... 85+) of an area, its cohorts changed since the older census as the parent's.

    Ages below `years`, not yet born then, are as many per person of 15-49 as in the parent.
    """
    edges, step = range(0, TOP + 1, 5), years // 5
    groups = [group_ages(as_array(p), edges=edges).transpose(..., "sex", "age") for p in (older, parent_older, parent)]
    then, above_then, above_now = (array.to_numpy() for array in groups)
    mine, parents_own = (found_again(counts, years) for counts in (then, above_then))
    if (parents_own <= 0).any():
        raise refusal("errors.people.empty_parent")
    grown = mine * above_now[..., step:] / parents_own
    adults = slice(max(0, 3 - step), 10 - step)  # 15-49 of the newer census
    parents = above_now[..., step:][..., adults].sum(axis=(-1, -2), keepdims=True)
    young = above_now[..., :step] * grown[..., adults].sum(axis=(-1, -2), keepdims=True) / parents
    return groups[0].copy(data=np.concatenate([young, grown], axis=-1))


def found_again(groups: np.ndarray, years: int) -> np.ndarray:
    """Five-year groups (..., age 0 ... 85+) as the cohorts that a census `years` later can tell, the last one open."""
    if years < 5 or years % 5:
        raise refusal("errors.people.census_years", years=years)
    top = groups[..., -1 - years // 5 :].sum(axis=-1, keepdims=True)
    return np.concatenate([groups[..., : -1 - years // 5], top], axis=-1)


def population_table(future: Population) -> pd.DataFrame:
    """Persons and shares of the age groups that plans speak of, year by year (a DataError without), as of `project`.

    Returns DataFrame: by year (and draw or area): total, aged_60 ... aged_0_2 [persons], share_60_pct ... [percent]

    >>> import yilaolib as yl
    >>> yl.population_table(yl.project("jingdezhen", end_year=2030)).loc[2025, "share_60_pct"].round(1)
    np.float64(21.1)
    """
    table = pd.DataFrame({name: labelled(persons(future, *ages)).to_series() for name, ages in TABLE_AGES.items()})
    for age in (60, 65, 80):
        table[f"share_{age}_pct"] = 100 * table[f"aged_{age}"] / table["total"]
    return table


def persons(population: Population, low: int = 0, high: int | None = None) -> float | xr.DataArray:
    """Persons aged `low` to below `high` [completed years], both sexes; None is open.

    DataError: a bound falls inside an age group or is no number, or `high` is not above `low`.
    Returns float or DataArray: [persons] with the dims that are not sex or age

    >>> persons(pd.Series([10.0, 5.0], index=[0, 60]), 60)
    5.0
    """
    return _plain(_sum(as_array(population), low, np.inf if high is None else high), "persons", "persons")


def elderly_share(population: Population, age: int = 60) -> float | xr.DataArray:
    """Share of the population at or above an age. Elderly is 60+ in Chinese statute; 65+ must be asked for.

    DataError: `age` [completed years] is no lower bound of the population.
    Returns float or DataArray: [share, 0-1] named `elderly_share`, with the dims that are not sex or age

    >>> elderly_share(pd.Series([83.37, 16.63], index=[0, 60]))
    0.1663
    """
    array = as_array(population)
    return _plain(_sum(array, age) / _sum(array, -np.inf), "elderly_share")


def dependency_ratio(
    population: Population, kind: str = "old", working_ages: tuple[int, int] = (15, 59)
) -> float | xr.DataArray:
    """Dependants per person of working age; a ratio, not a percentage.

    `kind` is old, young or total: dependants above the working ages, below them, or both. The first and the last
    working age are included: (15, 59) is the Chinese default, (15, 64) the UN's; a plan's 老年抚养比 may be either.
    DataError: unknown kind, or a bound inside an age group.
    Returns float or DataArray: [dependants per person of working age] named `dependency_ratio`

    >>> dependency_ratio(pd.Series([20.0, 60.0, 15.0], index=[0, 15, 60]))
    0.25
    """
    array, (first, last) = as_array(population), working_ages
    young, workers, old = _sum(array, -np.inf, first), _sum(array, first, last + 1), _sum(array, last + 1)
    dependants = {"old": old, "young": young, "total": old + young}
    if kind not in dependants:
        raise refusal("errors.people.kind", kind=kind)
    return _plain(dependants[kind] / workers, "dependency_ratio")


def median_age(population: Population) -> float | xr.DataArray:
    """Age [years] that halves the population, interpolated evenly within its age group; a DataError if it is empty.

    >>> median_age(pd.Series([10.0, 10.0, 10.0], index=[0, 20, 40]))
    30.0
    """
    array = as_array(population)
    if "sex" in array.dims:
        array = array.sum("sex")
    ages = array["age"].to_numpy().astype(float)
    if len(ages) < 2:
        raise refusal("errors.people.median_groups")
    bounds = np.append(ages, 2 * ages[-1] - ages[-2])

    def middle(counts: np.ndarray) -> float:
        cumulated = np.append(0.0, np.cumsum(counts))
        if cumulated[-1] <= 0:
            raise refusal("errors.people.empty")
        return float(np.interp(cumulated[-1] / 2, cumulated, bounds))

    return _plain(xr.apply_ufunc(middle, array, input_core_dims=[["age"]], vectorize=True), "median_age", "years")


def measured(population: Population) -> xr.DataArray:
    """Persons in the groups by which a projection is judged: total, 60+, 65+, 80+, 0-4; dim `measure` first."""
    parts = [persons(population, low, high) for low, high in MEASURES.values()]
    return xr.concat([xr.DataArray(part) for part in parts], pd.Index(list(MEASURES), name="measure"))


def _sum(array: xr.DataArray, low: float, high: float = np.inf) -> xr.DataArray:
    ages = array["age"].to_numpy()
    for cut in (low, high):
        if not isinstance(cut, Real) or np.isnan(float(cut)):
            raise refusal("errors.people.age", cut=cut)
    if low >= high:
        raise refusal("errors.people.low_high", low=low, high=high)
    for cut in (low, high):
        if np.isfinite(cut) and cut not in ages and cut > ages[0]:
            raise refusal("errors.people.no_bound", cut=cut)
    dims = [d for d in ("sex", "age") if d in array.dims]
    chosen, empty = array.isel(age=slice(*np.searchsorted(ages, [low, high]))), np.isnan(array.to_numpy())
    if not empty.any():
        axes = tuple(chosen.get_axis_num(dim) for dim in dims)
        coords = {name: each for name, each in array.coords.variables.items() if not {*each.dims} & {*dims}}
        return xr.DataArray(chosen.to_numpy().sum(axes), coords, [dim for dim in array.dims if dim not in dims])
    empty = array.isnull()
    refuse_cut(empty, [cut for cut in (low, high) if cut in ages])
    return chosen.sum(dims).where(~empty.all(dims))  # an area without that census has no persons to sum, not 0


def _plain(result: xr.DataArray, name: str, units: str = "1") -> float | xr.DataArray:
    result.name, result.attrs["units"] = name, units
    return result if result.ndim else float(result)


def as_array(population: Population) -> xr.DataArray:
    """Any accepted form of persons by `age` as a DataArray with a sorted dim `age`; DataError for what is none."""
    if isinstance(population, xr.Dataset):
        population = population["population"]
    if isinstance(population, pd.DataFrame):
        if not {"age", "persons"} <= set(population.columns):
            raise refusal("errors.people.columns", columns=[*map(str, population.columns)])
        # a key with one value (the year of one census) labels the table, it is no dim
        keys = [k for k in TIDY_KEYS if k in population and (population[k].nunique() > 1 or k == "sex")]
        axes: Any = [*keys, "age"]
        series = population.set_index(axes)["persons"].astype(float)
        if series.index.has_duplicates:
            first = series.index[series.index.duplicated()][:1].to_frame().astype(str).iloc[0]
            twice = ", ".join(f"{key} {value}" for key, value in first.items())
            raise refusal("errors.people.twice", twice=twice)
        array = series.to_xarray()
    elif isinstance(population, pd.Series):
        array = xr.DataArray(population.astype(float).to_numpy(), {"age": population.index.to_numpy()}, "age")
    else:
        array = population
    if not isinstance(array, xr.DataArray):
        raise refusal("errors.people.population", kind=type(population).__name__)
    if "age" not in array.dims or not array.sizes["age"]:
        raise refusal("errors.people.no_age_axis", axes=dict(array.sizes))
    if array["age"].dtype != int:
        exact = pd.to_numeric(array["age"].to_series(), errors="coerce")  # "60+", a missing age
        if not (exact % 1 == 0).all():
            raise refusal("errors.people.whole_ages", ages=array["age"].to_numpy().tolist()[:6])
        array = array.assign_coords(age=exact.to_numpy().astype(int))
    if not array.indexes["age"].is_monotonic_increasing:  # sorting copies, and draws are large
        array = array.sortby("age")
    if array.indexes["age"].has_duplicates:
        raise refusal("errors.people.age_twice")
    if (array.to_numpy() < 0).any():
        raise refusal("errors.people.negative", least=float(array.min()))
    return array


def labelled(measure: float | xr.DataArray) -> xr.DataArray:
    """What a measure gives for a population with further dims; a DataError for one that has none."""
    if not isinstance(measure, xr.DataArray):
        raise refusal("errors.people.no_years")
    return measure


def like(array: xr.DataArray, original: Population) -> Any:
    """`array` in the form that `original` came in; of a tidy frame `n` is the width, missing for the open group."""
    ages = array["age"].to_numpy()
    if isinstance(original, pd.Series):
        return pd.Series(array.to_numpy(), index=pd.Index(ages, name="age"), name=original.name)
    if isinstance(original, pd.DataFrame):
        frame = array.to_series().rename("persons").dropna().reset_index()
        n = pd.Series(np.append(np.diff(ages).astype(float), np.nan), index=ages, dtype="Int64")
        frame.insert(frame.columns.get_loc("persons"), "n", n.reindex(frame["age"]).to_numpy())
        return frame
    return array


def refuse_cut(empty: xr.DataArray, bounds: Iterable[float]) -> None:
    """Refuse a bound inside a group of some area of a frame; `empty` is True where an area has no such row."""
    for bound in bounds:
        if bool((empty.sel(age=bound) & ~empty.all("age")).any()):
            raise refusal("errors.people.some_bounds", bound=bound)
