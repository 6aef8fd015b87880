"""Speed of projections: the cohort step against two bare numpy loops, one area, and the ranges of all counties.

    python benchmarks/bench_projection.py [AREAS]

AREAS (default 24; 2985 for all) are counties spread over China. Time and peak memory are printed at an eighth, a
quarter, a half and the whole, so that one sees how they grow. Ratios are of one run.
"""

import resource
import sys
import time

import numpy as np
import xarray as xr

import yilaolib as yl
from yilaolib.demography.ages import SEX
from yilaolib.demography.cohorts import project_cohorts
from yilaolib.demography.projection import QUANTILES, launches_from, nation_of, sums

YEARS, DRAWS, AGES, RANGES = 30, 1000, 101, 200


def best(function, times=7):
    """Shortest of several runs [s]: what the work takes when nothing else is in the way."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def bare_loop(start, survival, rates, ratio):
    """Populations only, written for the purpose: no labels, no checks, no migration."""
    p = np.empty((YEARS + 1, 2, AGES, DRAWS))
    p[0] = start[..., None]
    for t in range(YEARS):
        here, there = p[t], p[t + 1]
        np.multiply(here[:, :-1], survival[t, :, 1:], out=there[:, 1:])
        there[:, -1] += here[:, -1] * survival[t, :, -1]
        births = ((here[0, 15:50] + there[0, 15:50]) * rates[t]).sum(axis=0) / 2
        girls = births / (1 + ratio)
        there[0, 0], there[1, 0] = girls * survival[t, 0, 0], (births - girls) * survival[t, 1, 0]
    return p


def full_loop(start, survival, rates, ratio):
    """The same run: it also keeps births by mother's age, births and deaths by sex, as the result of ours does."""
    p = np.empty((YEARS + 1, 2, AGES, DRAWS))
    mothers, births, deaths = np.empty((YEARS, 35, DRAWS)), np.empty((YEARS, 2, DRAWS)), np.empty((YEARS, 2, DRAWS))
    p[0] = start[..., None]
    for t in range(YEARS):
        here, there = p[t], p[t + 1]
        np.multiply(here[:, :-1], survival[t, :, 1:], out=there[:, 1:])
        there[:, -1] += here[:, -1] * survival[t, :, -1]
        np.multiply(here[0, 15:50] + there[0, 15:50], rates[t], out=mothers[t])
        mothers[t] /= 2
        total = mothers[t].sum(axis=0)
        births[t, 0] = total / (1 + ratio)
        births[t, 1] = total - births[t, 0]
        there[:, 0] = births[t] * survival[t, :, 0]
        deaths[t] = here.sum(axis=1) + births[t] - there.sum(axis=1)
    return p, mothers, births, deaths


def step():
    """Print the projection step beside the bare loop."""
    rng = np.random.default_rng(0)
    survival, rates = rng.uniform(0.97, 0.99, (YEARS, 2, AGES, DRAWS)), rng.uniform(0, 0.08, (YEARS, 35, DRAWS))
    start = rng.uniform(1e3, 1e4, (2, AGES))
    year, age = np.arange(2020, 2020 + YEARS), np.arange(AGES)
    labelled = (
        xr.DataArray(start, {"sex": SEX, "age": age}, ("sex", "age")),
        xr.DataArray(survival, {"year": year, "sex": SEX, "age": age}, ("year", "sex", "age", "draw")),
        xr.DataArray(rates, {"year": year, "age": age[15:50]}, ("year", "age", "draw")),
        xr.DataArray(np.full(YEARS, 1.05), {"year": year}, "year"),
    )
    given = start, survival, rates, 1.05
    works = (lambda: project_cohorts(*labelled), lambda: bare_loop(*given), lambda: full_loop(*given))
    each = [[best(work, 1) for work in works] for _ in range(15)]  # in turn, so that all meet the same neighbours
    ours, bare, full = map(min, zip(*each, strict=True))
    print(f"step, {DRAWS} draws x {YEARS} years: {ours:.4f} s")
    print(f"  bare loop of populations only: {bare:.4f} s, ratio {ours / bare:.2f}")
    print(f"  bare loop of the same run, with births by mother's age and deaths: {full:.4f} s, ratio {ours / full:.2f}")
    told = project_cohorts(*labelled)
    names = ("population", "births_by_age", "births", "deaths")
    pairs = zip((told[name].to_numpy() for name in names), full_loop(*given), strict=True)
    same = np.allclose(told["population"], bare_loop(*given), rtol=1e-12)
    print(f"  same numbers: {same and all(np.allclose(a[: len(b)], b, rtol=1e-9) for a, b in pairs)}")


def one_area():
    """Print one area, central path and with draws."""
    print(f"project, central path: {best(lambda: yl.project('jingdezhen')):.4f} s")
    print(f"project, {DRAWS} draws: {best(lambda: yl.project('jingdezhen', draws=DRAWS), 3):.3f} s")


def country(areas):
    """Ranges of real counties, one after another, and what they take, at four marks."""
    slugs = yl.list_areas(level="county")["area"].tolist()
    slugs = slugs[:: max(1, len(slugs) // areas)][:areas]
    wall, cpu = time.perf_counter(), time.process_time()
    nation, launches = nation_of(), launches_from(slugs)
    print(f"levels of {len(slugs)} counties: {time.process_time() - cpu:.1f} CPU s; {RANGES} draws x {YEARS} years:")
    print("areas  wall s  CPU s  CPU s each  peak MiB")
    marks, kept = {-(-areas // part) for part in (8, 4, 2, 1)}, []
    for done, counts in enumerate(sums(launches, nation.medium, 2050, nation, draws=RANGES), 1):
        kept.append(np.quantile(counts, QUANTILES, axis=-1))
        if done in marks:
            took, used = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
            print(f"{done:5}  {took:6.1f}  {used:5.1f}  {used / done:10.4f}  {peak:8.0f}", flush=True)
    print(f"  quantiles in order: {bool((np.diff(kept, axis=1)[..., :-1] >= 0).all())}")


if __name__ == "__main__":
    step()
    one_area()
    country(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
