"""The step by cohorts in the United Nations' order, what evens out the sexes, and the random paths of its rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zlib import crc32

import numpy as np
import xarray as xr

from ..errors import refusal
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
RESULTS = {"population": CORE, "births": CORE[:2], "deaths": CORE[:2], "net_migration": CORE}
RESULTS |= {"births_by_age": ("year", "mother_age"), "negative_cells": CORE[:1]}
UNITS = {"population": "persons", "negative_cells": "cells"}
CHILDREN = 15  # years: whose sex ratio is that of births
PULLED = (25, 60)  # ages; before, the young leave by their own rates; after, men and women move alike
HORIZON = 140  # years of random numbers made, whatever the horizon asked for
NORMAL_90 = 1.2815515655446004  # 90th percentile of the normal distribution: half of an 80 % range
DECADE = 10


def project_cohorts(
    population: xr.DataArray, survival: xr.DataArray, asfr: xr.DataArray, sex_ratio_at_birth: xr.DataArray,
    net_migration: xr.DataArray | None = None, *, net_migration_rate: xr.DataArray | None = None,
    migration_timing: str = "end", step: int = 1,
    after_step: Callable[[int, np.ndarray, np.ndarray], None] | None = None,
) -> xr.Dataset:  # fmt: skip
    """Carry a population forward by cohorts: survival, births, migration.

    Rates labelled year t carry the population of t to t + `step`: with year-end populations, those of calendar year
    t + 1. Any further dims (area, scenario, draw) broadcast.
    Source: Preston, Heuveline and Guillot (2001), Demography, chapter 6; United Nations (2024), WPP: Methodology.
    DataError: missing or negative inputs, ages or years that do not fit, an unknown timing.

    population : DataArray (sex, age); [persons] ages equally spaced by `step`, the last one open
    survival : DataArray (year, sex, age); [probability] of arriving in the age (0: births; last: two last groups)
    asfr : DataArray (year, age); [births per woman-year] at the fertile ages; ages that are not given count 0
    sex_ratio_at_birth : DataArray (year); [boys per girl]
    net_migration : DataArray (year, sex, age), optional; [persons per step] labelled by the age at the end of the step.
    net_migration_rate : DataArray (year, sex, age), optional; [net migrants per survivor] at the end of the step
    migration_timing : {'end', 'even'}; `net_migration` after survival and births, or half of it at the start
    step : int, default 1; [years] width of an age group and of a step
    after_step : callable, optional; of (year, population, net_migration), arrays (sex, age, ...) to change in place
    Returns Dataset: `population` (year, sex, age) [persons], one year more than the rates; `births` and `deaths` (year,
        sex), `births_by_age` of mother, `net_migration` (year, sex, age) [persons per step]; `negative_cells` (year)
        counts cells that migration drove below 0 and that were set to 0, so that P1 = P0 + B - D + M always holds.

    >>> age, year = np.arange(0, 101), [2020]
    >>> people = xr.DataArray(np.ones((2, 101)), coords={"sex": SEX, "age": age}, dims=("sex", "age"))
    >>> stay = people.expand_dims(year=year)
    >>> none = xr.DataArray([[0.0]], coords={"year": year, "age": [25]}, dims=("year", "age"))
    >>> ratio = xr.DataArray([1.05], coords={"year": year}, dims="year")
    >>> print(project_cohorts(people, stay, none, ratio).population.sum(("sex", "age")).to_numpy())
    [202. 202.]
    """
    if migration_timing not in ("end", "even"):
        raise refusal("errors.people.timing", migration_timing=migration_timing)
    ages, years = population.get_index("age").to_numpy(), survival.get_index("year").to_numpy()
    if (np.diff(ages) != step).any():
        raise refusal("errors.people.ages_apart", step=step, ages=ages[:4].tolist())
    if (np.diff(years) != step).any():
        raise refusal("errors.people.years_step", step=step, years=years[:4].tolist())
    unknown = np.setdiff1d(asfr.get_index("age").to_numpy(), ages)
    if unknown.size:
        raise refusal("errors.people.asfr_age", age=float(unknown[0]), ages=ages[:4].tolist())
    inputs = (population, survival, asfr, sex_ratio_at_birth, net_migration, net_migration_rate)
    given = {name: array for name, array in zip(INPUTS, inputs, strict=True) if array is not None}
    laid, fertile, coords = _broadcast(given, years, ages)
    told = carry(laid, fertile.start, years, step=step, even=migration_timing == "even", after_step=after_step)
    return labelled(told, np.append(years, years[-1] + step), ages, fertile.start, coords)


def labelled(told: dict[str, Any], years, ages, youngest: int, coords: dict, **attrs: object) -> xr.Dataset:
    """What `carry` tells as `project_cohorts` returns it; `coords` are the further dims with their labels."""
    data = {n: ((*dims, *coords), told[n], {"units": UNITS.get(n, "persons per step")}) for n, dims in RESULTS.items()}
    mothers = ages[youngest : youngest + told["births_by_age"].shape[1]]
    return xr.Dataset(data, {"year": years, "sex": SEX, **coords, "age": ages, "mother_age": mothers}, attrs)


def carry(
    laid: dict[str, Any], youngest: int, years: np.ndarray, *, first: int = 0, step: int = 1, even: bool = False,
    whole: bool = True, after_step: Callable[[int, np.ndarray, np.ndarray], None] | None = None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """The results of `project_cohorts` by name, as arrays (year, sex, age, ...), from inputs that broadcast to that.

    `asfr` starts at `youngest`, the rates of `years` at place `first`; without `whole` people are the last step's only.
    """
    start, s, f, srb = (laid[name] for name in list(INPUTS)[:4])
    m, rate = laid.get("net_migration"), laid.get("net_migration_rate")
    n_years, shape, fertile = len(years), start.shape[2:], slice(youngest, youngest + f.shape[1])
    p = np.empty((n_years + 1 if whole else 2, *start.shape))
    moved = np.zeros(p.shape)  # not zeros_like: pages that nobody writes to cost nothing
    mothers = np.empty((n_years + 1 if whole else 1, f.shape[1], *shape))
    births = np.full((n_years + 1, 2, *shape), np.nan)
    deaths, negative = np.full_like(births, np.nan), np.zeros((n_years + 1, *shape), dtype=int)
    p[0], moved[-1], mothers[-1] = start, np.nan, np.nan
    alive, least = p[0].sum(axis=1), 0.0
    for t, at in enumerate(range(first, first + n_years)):  # in place, so that draws stay in the processor's cache
        here, there, came, born = p[t % len(p)], p[(t + 1) % len(p)], moved[t % len(p)], mothers[t % len(mothers)]
        early = m[at] / 2 if m is not None and even else None
        exposed = here if early is None else here + early
        if early is not None:
            alive = exposed.sum(axis=1)
        there[:, 0] = 0.0  # mothers of age 0 are read before births are known; what memory held may not be a number
        np.multiply(exposed[:, :-1], s[at, :, 1:], out=there[:, 1:])
        there[:, -1] += exposed[:, -1] * s[at, :, -1]
        least = min(least, s[at].min(), f[at].min())  # here, where they are still in the cache
        women = exposed[0, fertile] + there[0, fertile]
        if early is not None:
            women += early[0, fertile]
        np.multiply(women, f[at], out=born)
        born *= step / 2
        total = born.sum(axis=0)
        births[t, 0] = total / (1 + srb[at])
        births[t, 1] = total - births[t, 0]
        there[:, 0] = births[t] * s[at, :, 0]
        arrived = there.sum(axis=1)
        deaths[t] = alive + births[t] - arrived
        if rate is not None:
            np.multiply(there, rate[at], out=came)
        if m is not None:
            came += m[at] if early is None else early
        if m is not None or rate is not None:
            there += came
            if early is not None:
                came += early
            if there.min() < 0:
                below = there < 0
                came -= np.where(below, there, 0)
                negative[t + 1] = below.sum(axis=(0, 1))
                there[below] = 0
        if after_step is not None:
            after_step(int(years[t]), there, came)
        alive = arrived if m is None and rate is None and after_step is None else there.sum(axis=1)
    counted = np.isfinite(deaths[:-1]).all() and np.isfinite(alive).all()
    if not counted or min(least, start.min(), srb.min()) < 0:
        _refuse(laid, years)
    told = {"population": p, "births": births, "deaths": deaths, "net_migration": moved, "births_by_age": mothers}
    return told | {"negative_cells": negative}


def _broadcast(given: dict[str, xr.DataArray], years, ages) -> tuple[dict[str, Any], slice, dict]:
    """All inputs as numpy arrays laid out year, sex, age, then the extra dims; of asfr only ages with births."""
    coords: dict = {}
    for name, array in given.items():
        if missing := [d for d in INPUTS[name] if d not in array.dims]:
            raise refusal("errors.people.dims", name=name, needed=INPUTS[name], missing=missing)
        for dim in array.dims:
            labels = array.get_index(dim).to_numpy()  # faster than array[dim]
            if dim not in INPUTS[name] and not np.array_equal(labels, coords.setdefault(dim, labels)):
                raise refusal("errors.people.other_labels", name=name, dim=dim)
    asfr, first, last = given["asfr"], 0, 0
    by_age = asfr.transpose("age", ...).to_numpy() != 0
    used = asfr.get_index("age").to_numpy()[by_age.any(axis=tuple(range(1, by_age.ndim)))]
    if used.size:
        first, last = np.searchsorted(ages, [used.min(), used.max()])
    fertile, laid = slice(first, last + 1), {}
    for name, array in given.items():
        labels = {"year": years, "sex": np.array(SEX), "age": ages[fertile] if name == "asfr" else ages}
        for dim in INPUTS[name]:
            if not np.array_equal(array.get_index(dim).to_numpy(), labels[dim]):
                empty: Any = 0.0 if name == "asfr" and dim == "age" else np.nan
                array = array.reindex({dim: labels[dim]}, fill_value=empty)
        values = array.transpose(*INPUTS[name], *[d for d in coords if d in array.dims]).to_numpy()
        sizes = (*values.shape[: len(INPUTS[name])], *[array.sizes.get(d, 1) for d in coords])
        laid[name] = values.astype(float, copy=False).reshape(sizes)
    start = laid["population"]
    laid["population"] = np.broadcast_to(start, (*start.shape[:2], *map(len, coords.values())))
    return laid, fertile, coords


def _refuse(laid: dict[str, np.ndarray], years) -> None:
    """Say which input has a missing or a negative value. A missing one has spread to the results, which told of it."""
    for name, values in laid.items():
        values = values if isinstance(values, np.ndarray) else values[len(years) - 1]
        if not np.isfinite(values).all():
            raise refusal("errors.people.lacks_values", name=name, first=int(years[0]), last=int(years[-1]))
        if "migration" not in name and values.min() < 0:
            raise refusal("errors.people.negative_input", name=name, least=float(values.min()))


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
    """Logarithm by age of men per woman over the standard's (both sex, age); 0 for children and where it is unknown."""
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
    """Migration rates (..., year, sex, age) with what draws the sex ratio of each cohort nearer to the standard's.

    What is added moves nobody on balance. `more_men` is the `imbalance` and `men` the `men_share` by age at the launch
    (..., age), which cohorts take along; `pull` is the share of the imbalance that goes in a year.
    """
    rates, more, men = rates.copy(), np.asarray(more_men, dtype=float), np.array(men)
    ages = np.arange(more.shape[-1])
    pulled = (ages >= PULLED[0]) & (ages < PULLED[1])
    for year, part in enumerate(np.broadcast_to(pull, rates.shape[-3])):
        gap, here = np.where(pulled, -part * more, 0.0), rates[..., year, :, :]  # too few men: they come and women go
        here += np.stack([-gap * men, gap * (1 - men)], axis=-2)
        more = more + here[..., 1, :] - here[..., 0, :]
        for each, first in ((more, 0.0), (men, 0.5)):
            each[..., 1:], each[..., 0] = each[..., :-1], first  # a year older
    return rates


def random_stream(seed: int, *names: str) -> np.random.Generator:
    """A generator of its own for each name, the same on every machine and in every process."""
    if seed < 0:
        raise refusal("errors.people.seed", seed=seed)
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def autoregressive(rng: np.random.Generator, n_years: int, draws: int, correlation: float) -> np.ndarray:
    """Standard normal paths (year, draw), neighbouring years alike by `correlation`; more of them change no other."""
    z = rng.standard_normal((draws, HORIZON))[:, :n_years].T.copy()
    z[1:] *= np.sqrt(1 - correlation**2)
    for t in range(1, n_years):
        z[t] += correlation * z[t - 1]
    return z


def two_sided(z: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Deviations whose 80 % range is `lower` to `upper` [distances from the centre, both positive], year by year."""
    sides = [np.reshape(side, (-1, *[1] * (z.ndim - 1))) / NORMAL_90 for side in (lower, upper)]
    return np.where(z < 0, z * sides[0], z * sides[1])


def mean_spread(correlation: float, n_years: int = DECADE) -> float:
    """Spread of the mean of `n_years` years of a standard autoregressive path; spreads are fitted to such means."""
    lags = np.abs(np.subtract.outer(np.arange(n_years), np.arange(n_years)))
    return float(np.sqrt((correlation**lags).mean()))


def stray_paths(name: str, seed: int, number: int, n_years: int, draws: int, correlation: float) -> np.ndarray:
    """Random paths (year, pattern, draw) that belong to an area, a province or a region."""
    streams = [random_stream(seed, name, f"pattern {k}") for k in range(number)]
    return np.stack([autoregressive(rng, n_years, draws, correlation) for rng in streams], axis=1)
