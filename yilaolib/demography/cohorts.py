"""The cohort-component step in the United Nations' order, what evens out the sexes, and the random paths of its rates.

Labelled arrays in, labelled arrays out. Nothing here knows an area or a table.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
import xarray as xr

from ..errors import DataError
from .ages import SEX

CORE = ("year", "sex", "age")
INPUTS = {
    "population": ("sex", "age"),
    "survival": CORE,
    "asfr": ("year", "age"),
    "sex_ratio_at_birth": ("year",),
    "net_migration": CORE,
    "net_migration_rate": CORE,
}
CHILDREN = 15  # years: whose sex ratio is that of births
PULLED = (25, 60)  # ages; before, the young leave by their own rates; after, men and women move alike
HORIZON = 140  # years of random numbers made, whatever the horizon asked for
NORMAL_90 = 1.2815515655446004  # 90th percentile of the normal distribution: half of an 80 % range
DECADE = 10


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

    Rates labelled year t carry the population of t to t + `step`, so with year-end populations they are the rates of
    the calendar year t + 1. Any further dims (area, scenario, draw) broadcast.
    Source: Preston, Heuveline and Guillot (2001), Demography, chapter 6; United Nations (2024), WPP: Methodology.
    DataError: missing or negative inputs, ages or years that do not fit, an unknown timing.

    Parameters
    ----------
    population : DataArray (sex, age); [persons] ages equally spaced by `step`, the last one open
    survival : DataArray (year, sex, age)
        [probability] of arriving in the age; at 0 of births. The last is that of the two last groups together.
    asfr : DataArray (year, age); [births per woman-year] at the fertile ages; ages that are not given count 0
    sex_ratio_at_birth : DataArray (year); [boys per girl]
    net_migration : DataArray (year, sex, age), optional; [persons per step] labelled by the age at the end of the step.
    net_migration_rate : DataArray (year, sex, age), optional
        [net migrants per survivor] Applied at the end of the step, on top of `net_migration`.
    migration_timing : {'end', 'even'}
        "end": all migrants arrive after survival and births. "even": half arrive at the start and half at the end, and
        births see both (rates of migration stay at the end).
    step : int, default 1; [years] width of an age group and of a step

    Returns
    -------
    Dataset
        `population` (year, sex, age) [persons] with one year more than the rates; `births` (year, sex), `births_by_age`
        of mother (year, age), `deaths` (year, sex), `net_migration` (year, sex, age) [persons per step], NaN in the
        last year; `negative_cells` (year) counts cells that migration drove below 0 and that were set to 0 (the
        migration recorded is what took place, so P1 = P0 + B - D + M always holds).

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
    (start, s, f, srb, m, rate), fertile, extra, coords = sized
    n_years, shape = len(years), start.shape[2:]
    p = np.empty((n_years + 1, 2, len(ages), *shape))
    moved = np.zeros(p.shape)  # not zeros_like: pages that nobody writes to cost nothing
    mothers = np.empty((n_years + 1, fertile.stop - fertile.start, *shape))
    births = np.full((n_years + 1, 2, *shape), np.nan)
    deaths = np.full_like(births, np.nan)
    negative = np.zeros((n_years + 1, *shape), dtype=int)
    p[:, :, 0] = 0.0  # mothers of age 0 are read before births are known; what memory held may not be a number
    p[0], moved[-1], mothers[-1] = start, np.nan, np.nan
    alive, least = p[0].sum(axis=1), 0.0
    for t in range(n_years):  # in place, so that a batch of draws stays in the processor's cache
        here, there = p[t], p[t + 1]
        early = m[t] / 2 if (m is not None and migration_timing == "even") else None
        exposed = here if early is None else here + early
        if early is not None:
            alive = exposed.sum(axis=1)
        np.multiply(exposed[:, :-1], s[t, :, 1:], out=there[:, 1:])
        there[:, -1] += exposed[:, -1] * s[t, :, -1]
        least = min(least, s[t].min(), f[t].min())  # here, where they are still in the cache
        women = exposed[0, fertile] + there[0, fertile]
        if early is not None:
            women += early[0, fertile]
        np.multiply(women, f[t], out=mothers[t])
        mothers[t] *= step / 2
        total = mothers[t].sum(axis=0)
        births[t, 0] = total / (1 + srb[t])
        births[t, 1] = total - births[t, 0]
        there[:, 0] = births[t] * s[t, :, 0]
        arrived = there.sum(axis=1)
        deaths[t] = alive + births[t] - arrived
        late = None if m is None else m[t] if early is None else early
        _migrate(there, moved[t], late, early, None if rate is None else rate[t], negative[t + 1 : t + 2])
        alive = arrived if m is None and rate is None else there.sum(axis=1)
    whole = np.isfinite(deaths[:-1]).all() and np.isfinite(alive).all()
    if not whole or min(least, start.min(), srb.min()) < 0:
        _refuse(sized[0], years)
    return _dataset(p, births, mothers, deaths, moved, negative, years, step, ages, fertile, extra, coords)


def _migrate(there, moved, late, early, rate, negative) -> None:
    """Add the migrants of the end of the step in place; below zero is set to 0 and counted."""
    if late is None and rate is None:
        return
    if rate is not None:
        np.multiply(there, rate, out=moved)
    if late is not None:
        moved += late
    there += moved
    if early is not None:
        moved += early
    if there.min() < 0:
        below = there < 0
        moved -= np.where(below, there, 0)
        negative[...] = below.sum(axis=(0, 1))
        there[below] = 0


def _broadcast(population, survival, asfr, srb, migration, rate, years, ages) -> tuple[list[Any], slice, list, dict]:
    """All inputs as numpy arrays laid out year, sex, age, then the extra dims."""
    extra, coords = [], {}
    given = (population, survival, asfr, srb, migration, rate)
    for (name, core), array in zip(INPUTS.items(), given, strict=True):
        if array is None:
            continue
        missing = [d for d in core if d not in array.dims]
        if missing:
            raise DataError(f"{name} needs the dims {core}; it lacks {missing}. Label it as xarray with those names.")
        for dim in array.dims:
            if dim not in core and dim not in extra:
                extra.append(dim)
                coords[dim] = array[dim].to_numpy()
            elif dim not in core and not np.array_equal(array[dim].to_numpy(), coords[dim]):
                raise DataError(f"{name} has other labels of {dim!r} than the inputs before it. Select the same ones.")
    labels = {"year": years, "sex": np.array(SEX), "age": ages}
    result: list[Any] = [
        None if array is None else _laid_out(array, core, labels, extra, whole_ages=name != "asfr")
        for (name, core), array in zip(INPUTS.items(), given, strict=True)
    ]
    fertility_ages = np.sort(asfr["age"].to_numpy())
    # births need only the ages at which there are any; ages that are not given count 0
    used = fertility_ages[result[2].reshape(len(years), len(fertility_ages), -1).any(axis=(0, 2))]
    fertile = slice(0, 1)
    if used.size:
        first, last = np.searchsorted(ages, used[[0, -1]])
        fertile = slice(first, last + 1)
    result[2] = _laid_out(asfr, INPUTS["asfr"], {**labels, "age": ages[fertile]}, extra, fill=0.0)
    sizes = tuple(len(coords[dim]) for dim in extra)
    result[0] = np.broadcast_to(result[0], (*result[0].shape[:2], *sizes))
    return result, fertile, extra, coords


def _laid_out(array, core, labels, extra, *, whole_ages=True, fill=np.nan) -> np.ndarray:
    """Values in the order of `core`, then `extra` (size 1 where the array does not have it); no copy without need."""
    wanted = dict(labels)
    if not whole_ages:
        wanted["age"] = np.sort(array["age"].to_numpy())
    for dim in core:
        if not np.array_equal(array[dim].to_numpy(), wanted[dim]):
            array = array.reindex({dim: wanted[dim]}, fill_value=fill if dim == "age" else np.nan)
    values = array.transpose(*core, *[d for d in extra if d in array.dims]).to_numpy().astype(float, copy=False)
    return values.reshape(*values.shape[: len(core)], *[array.sizes.get(d, 1) for d in extra])


def _refuse(arrays, years) -> None:
    """Say which input has a missing or a negative value. A missing one has spread to the results, which told of it."""
    for name, values in zip(INPUTS, arrays, strict=True):
        if values is None:
            continue
        if not np.isfinite(values).all():
            raise DataError(f"{name} lacks values for some of the years {years[0]}-{years[-1]}, sexes or ages.")
        if "migration" not in name and values.min() < 0:
            raise DataError(f"{name} has a negative value ({values.min():g}); it must be 0 or more.")


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


def log_sex_ratio(people: np.ndarray) -> np.ndarray:
    """Logarithm of men over women by age, from persons (female and male, age, ...); missing where one is."""
    women, men = np.asarray(people, dtype=float)
    known = (women > 0) & (men > 0)
    return np.where(known, np.log(np.where(known, men, 1.0) / np.where(known, women, 1.0)), np.nan)


def men_share(people: np.ndarray) -> np.ndarray:
    """Share of men among the persons (female and male, age, ...) of each age; half where there is nobody."""
    women, men = np.maximum(np.asarray(people, dtype=float), 1e-9)
    return men / (women + men)


def imbalance(people: np.ndarray, standard: np.ndarray) -> np.ndarray:
    """How many more men per woman than in the standard (both sex, age), as a logarithm by age; 0 where it is unknown.

    That of children is no migration and left out.
    """
    more = log_sex_ratio(people) - log_sex_ratio(standard)
    more[:CHILDREN] = 0.0
    return np.nan_to_num(more)


def shared(rates: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Migration rates (sex, age), from 25 on their mean weighted by `people` for both sexes; as many move as before.

    >>> rates = shared(np.array([np.full(101, -0.01), np.full(101, 0.03)]), np.ones((2, 101)))
    >>> rates[:, [20, 40]].tolist()
    [[-0.01, 0.01], [0.03, 0.01]]
    """
    people = np.maximum(people, 1e-9)
    mean = (rates * people).sum(axis=0) / people.sum(axis=0)
    return np.where(np.arange(rates.shape[1]) >= PULLED[0], mean, rates)


def drawn_to_balance(rates: np.ndarray, more_men: np.ndarray, men: np.ndarray, pull: float | np.ndarray) -> np.ndarray:
    """Migration rates (year, sex, age) with what draws the sex ratio of each cohort nearer to the standard's.

    What is added moves nobody on balance. `more_men` is the `imbalance` and `men` the `men_share` by age at the launch,
    which cohorts take along; `pull` is the share of the imbalance that goes in a year.

    >>> still = np.zeros((2, 2, 101))
    >>> drawn_to_balance(still, np.full(101, -0.1), np.full(101, 0.5), 0.07)[:, 1, [20, 40]].round(5).tolist()
    [[0.0, 0.0035], [0.0, 0.00326]]
    """
    rates, more = rates.copy(), np.asarray(more_men, dtype=float)
    ages = np.arange(len(more))
    pulled = (ages >= PULLED[0]) & (ages < PULLED[1])
    for year, part in enumerate(np.broadcast_to(pull, len(rates))):
        gap = np.where(pulled, -part * more, 0.0)  # too few men: more is below 0, men come and women go
        rates[year] += np.stack([-gap * men, gap * (1 - men)])
        more = more + rates[year, 1] - rates[year, 0]
        more, men = (np.concatenate([[first], each[:-1]]) for first, each in ((0.0, more), (0.5, men)))  # a year older
    return rates


def random_stream(seed: int, *names: str) -> np.random.Generator:
    """A generator of its own for each name, the same on every machine and in every process."""
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def autoregressive(
    rng: np.random.Generator, n_years: int, draws: int, correlation: float, *, known_start: bool = False
) -> np.ndarray:
    """Standard normal paths (year, draw) in which neighbouring years are alike by `correlation` (0 to below 1).

    More years or draws leave what was there as it is. With `known_start` the first year is 0 and the spread opens
    towards 1; without, every year has spread 1.
    """
    shocks = rng.standard_normal((draws, HORIZON))[:, :n_years].T
    z = np.empty((n_years, draws))
    z[0] = 0.0 if known_start else shocks[0]
    for t in range(1, n_years):
        z[t] = correlation * z[t - 1] + np.sqrt(1 - correlation**2) * shocks[t]
    return z


def two_sided(z: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Deviations whose 80 % range is `lower` to `upper` [distances from the centre, both positive], year by year."""
    sides = [np.reshape(side, (-1, *[1] * (z.ndim - 1))) / NORMAL_90 for side in (lower, upper)]
    return np.where(z < 0, z * sides[0], z * sides[1])


def annual_correlation(persistence: float) -> float:
    """Correlation from year to year of a process that keeps `persistence` of a deviation over ten years."""
    return persistence ** (1 / DECADE)


def stationary_spread(ten_year_sd: float, persistence: float) -> float:
    """Long-run spread of an autoregressive process whose value ten years ahead has the spread `ten_year_sd`."""
    return ten_year_sd / np.sqrt(1 - persistence**2)


def mean_spread(correlation: float, n_years: int = DECADE) -> float:
    """Spread of the mean of `n_years` years of a standard autoregressive path; spreads are fitted to such means."""
    lags = np.abs(np.subtract.outer(np.arange(n_years), np.arange(n_years)))
    return float(np.sqrt((correlation**lags).mean()))


def migration_noise(seed: int, area: str, n_years: int, draws: int, loadings: np.ndarray, correlation: float):
    """Deviations (year, sex, age, draw) of net migration rates: a few patterns, each with a random path of its own.

    `loadings` (pattern, sex, age) [net migrants per survivor and year] are one standard deviation of a ten-year mean.
    """
    factors, *shape = loadings.shape
    streams = [random_stream(seed, area, f"migration {k}") for k in range(factors)]
    z = np.stack([autoregressive(rng, n_years, draws, correlation) for rng in streams], axis=1)
    flat = loadings.reshape(factors, -1).T / mean_spread(correlation)
    return np.matmul(flat, z).reshape(n_years, *shape, draws)
