"""The cohort-component step, in the United Nations' order of operations. Labelled arrays in, labelled arrays out."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .errors import DataError

SEX = ["female", "male"]
CORE = ("year", "sex", "age")


def project_cohorts(
    population: xr.DataArray,
    survival: xr.DataArray,
    asfr: xr.DataArray,
    sex_ratio_at_birth: xr.DataArray,
    net_migration: xr.DataArray | None = None,
    *,
    net_migration_rate: xr.DataArray | None = None,
    migration_timing: str = "end",
    step: int = 1,
) -> xr.Dataset:
    """Carry a population forward by cohorts: survival, births, migration.

    Rates labelled year t carry the population of t to t + `step`, so with year-end populations they are the
    rates of the calendar year t + 1. Any further dims (area, scenario, draw) broadcast.

    Parameters
    ----------
    population : DataArray (sex, age)
        [persons] Ages equally spaced by `step`, the last one open.
    survival : DataArray (year, sex, age)
        [probability] of arriving in the age; at age 0 of births. The last value applies to the two last groups
        together.
    asfr : DataArray (year, age)
        [births per woman-year] at the fertile ages; ages that are not given count 0.
    sex_ratio_at_birth : DataArray (year)
        [boys per girl]
    net_migration : DataArray (year, sex, age), optional
        [persons per step] labelled by the age at the end of the step.
    net_migration_rate : DataArray (year, sex, age), optional
        [net migrants per survivor] Applied at the end of the step, on top of `net_migration`.
    migration_timing : {'end', 'even'}
        "end": all migrants arrive after survival and births. "even": half arrive at the start and half at the
        end, and births see both (rates of migration stay at the end).
    step : int, default 1
        [years] Width of an age group and of a step.

    Returns
    -------
    Dataset
        `population` (year, sex, age) [persons] with one year more than the rates; `births` (year, sex),
        `births_by_age` of mother (year, age), `deaths` (year, sex), `net_migration` (year, sex, age) [persons per
        step], NaN in the last year; `negative_cells` (year) counts cells that migration drove below 0 and that
        were set to 0 (the migration recorded is what took place, so P1 = P0 + B - D + M always holds).

    Raises
    ------
    DataError
        Missing or negative inputs, ages or years that do not fit, an unknown timing.

    References
    ----------
    Preston, Heuveline and Guillot (2001), Demography, chapter 6. United Nations (2024), World Population
    Prospects 2024: Methodology, for the order of a step.

    Examples
    --------
    >>> age, year = np.arange(0, 101), [2020]
    >>> people = xr.DataArray(np.ones((2, 101)), coords={"sex": SEX, "age": age}, dims=("sex", "age"))
    >>> stay = people.expand_dims(year=year)
    >>> none = xr.DataArray([[0.0]], coords={"year": year, "age": [25]}, dims=("year", "age"))
    >>> ratio = xr.DataArray([1.05], coords={"year": year}, dims="year")
    >>> print(project_cohorts(people, stay, none, ratio).population.sum(("sex", "age")).to_numpy())
    [202. 202.]
    """
    if migration_timing not in ("end", "even"):
        raise DataError(f"migration_timing is {migration_timing!r}; it must be 'end' or 'even'.")
    ages = population["age"].to_numpy()
    if (np.diff(ages) != step).any():
        raise DataError(f"Ages must be {step} years apart for a step of {step}; they are {ages[:4].tolist()} ...")
    years = survival["year"].to_numpy()
    if (np.diff(years) != step).any():
        raise DataError(f"Years must be {step} apart for a step of {step}; survival has {years[:4].tolist()} ...")
    unknown = np.setdiff1d(asfr["age"].to_numpy(), ages)
    if unknown.size:
        raise DataError(
            f"asfr has the age {unknown[0]:g}, which is no age of the population ({ages[:4].tolist()} ...). "
            "Give fertility by the population's age groups."
        )
    sized = _broadcast(population, survival, asfr, sex_ratio_at_birth, net_migration, net_migration_rate, years, ages)
    arrays, extra, coords = sized
    start, s, f, srb, m, rate = arrays
    n_years, shape = len(years), start.shape[2:]
    fertile = np.flatnonzero(f.reshape(n_years, len(ages), -1).any(axis=(0, 2)))
    fertile = slice(fertile.min(), fertile.max() + 1) if fertile.size else slice(0, 1)

    p = np.empty((n_years + 1, 2, len(ages), *shape))
    moved = np.zeros_like(p)
    mothers = np.full((n_years + 1, fertile.stop - fertile.start, *shape), np.nan)
    births = np.full((n_years + 1, 2, *shape), np.nan)
    deaths = np.full_like(births, np.nan)
    negative = np.zeros((n_years + 1, *shape), dtype=int)
    p[0], moved[-1] = start, np.nan
    for t in range(n_years):
        here, there = p[t], p[t + 1]
        early = m[t] / 2 if (m is not None and migration_timing == "even") else None
        exposed = here if early is None else here + early
        there[:, 1:] = exposed[:, :-1] * s[t, :, 1:]
        there[:, -1] += exposed[:, -1] * s[t, :, -1]
        women = exposed[0, fertile] + there[0, fertile]
        if early is not None:
            women = women + early[0, fertile]
        mothers[t] = step * f[t, fertile] * women / 2
        total = mothers[t].sum(axis=0)
        births[t, 0] = total / (1 + srb[t])
        births[t, 1] = total - births[t, 0]
        there[:, 0] = births[t] * s[t, :, 0]
        deaths[t] = exposed.sum(axis=1) + births[t] - there.sum(axis=1)
        _migrate(
            there,
            moved[t],
            m[t] if m is not None else None,
            early,
            rate[t] if rate is not None else None,
            negative,
            t,
        )
    return _dataset(p, births, mothers, deaths, moved, negative, years, step, ages, fertile, extra, coords)


def _migrate(there, moved, persons, early, rate, negative, t) -> None:
    """Add the migrants of the end of the step in place; below zero is set to 0 and counted."""
    if persons is None and rate is None:
        return
    late = 0.0 if persons is None else persons - (0.0 if early is None else early)
    if rate is not None:
        late = late + rate * there
    there += late
    moved[...] = late if early is None else late + early
    below = there < 0
    if below.any():
        moved -= np.where(below, there, 0)
        negative[t + 1] = below.sum(axis=(0, 1))
        there[below] = 0


def _broadcast(population, survival, asfr, srb, migration, rate, years, ages):
    """All inputs as numpy arrays laid out year, sex, age, then the extra dims; checked."""
    named = {
        "population": (population, CORE[1:]),
        "survival": (survival, CORE),
        "asfr": (asfr, ("year", "age")),
        "sex_ratio_at_birth": (srb, ("year",)),
        "net_migration": (migration, CORE),
        "net_migration_rate": (rate, CORE),
    }
    extra, coords = [], {}
    for name, (array, core) in named.items():
        if array is None:
            continue
        missing = [d for d in core if d not in array.dims]
        if missing:
            raise DataError(f"{name} needs the dims {core}; it lacks {missing}. Label it as xarray with those names.")
        for dim in array.dims:
            if dim not in core and dim not in extra:
                extra.append(dim)
                coords[dim] = array[dim]
            elif dim not in core and not array[dim].equals(coords[dim]):
                raise DataError(f"{name} has other labels of {dim!r} than the inputs before it. Select the same ones.")
    sizes = {dim: len(coords[dim]) for dim in extra}
    result = []
    for name, (array, core) in named.items():
        if array is None:
            result.append(None)
            continue
        labels = {"year": years, "sex": SEX, "age": ages}
        if name == "asfr":  # ages that are not given count 0; a year that is not given is missing
            array = array.reindex(age=ages, fill_value=0.0)
        array = array.reindex({d: labels[d] for d in core})
        values = array.transpose(*core, *[d for d in extra if d in array.dims]).to_numpy().astype(float, copy=False)
        if not np.isfinite(values).all():
            raise DataError(f"{name} lacks values for some of the years {years[0]}-{years[-1]}, sexes or ages.")
        if "migration" not in name and values.min() < 0:
            raise DataError(f"{name} has a negative value ({values.min():g}); it must be 0 or more.")
        places = [sizes[d] if d in array.dims else 1 for d in extra]
        result.append(values.reshape(*values.shape[: len(core)], *places))
    result[0] = np.broadcast_to(result[0], (*result[0].shape[:2], *sizes.values()))
    return result, extra, coords


def _dataset(p, births, mothers, deaths, moved, negative, years, step, ages, fertile, extra, coords) -> xr.Dataset:
    labels = {"year": np.append(years, years[-1] + step), "sex": SEX, **coords}
    dims = tuple(extra)
    data = {
        "population": (("year", "sex", "age", *dims), p, {"units": "persons"}),
        "births": (("year", "sex", *dims), births, {"units": "persons per step"}),
        "deaths": (("year", "sex", *dims), deaths, {"units": "persons per step"}),
        "net_migration": (("year", "sex", "age", *dims), moved, {"units": "persons per step"}),
        "births_by_age": (("year", "mother_age", *dims), mothers, {"units": "persons per step"}),
        "negative_cells": (("year", *dims), negative, {"units": "cells"}),
    }
    return xr.Dataset(data, coords={**labels, "age": ages, "mother_age": ages[fertile]})
