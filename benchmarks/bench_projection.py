"""Speed of projections: the cohort step against a bare numpy loop, one area, and the ranges of all counties.

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
    """The same step written for the purpose: no labels, no checks, no migration."""
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
    works = (lambda: project_cohorts(*labelled), lambda: bare_loop(start, survival, rates, 1.05))
    both = [[best(work, 1) for work in works] for _ in range(15)]  # in turn, so that both meet the same neighbours
    ours, bare = map(min, zip(*both, strict=True))
    same = np.allclose(project_cohorts(*labelled).population, bare_loop(start, survival, rates, 1.05), rtol=1e-12)
    print(f"step, {DRAWS} draws x {YEARS} years: {ours:.4f} s, bare loop {bare:.4f} s, ratio {ours / bare:.2f}")
    print(f"  same populations: {same}")


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
