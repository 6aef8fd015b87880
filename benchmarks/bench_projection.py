"""Speed of projections: the cohort step against a bare numpy loop, one area, and 2,800 counties in blocks.

    python benchmarks/bench_projection.py [AREAS]

AREAS (default 24; 2800 for a country of China's size) go through the block engine: the places of the library in turn,
each with totals of its own. Time and peak memory are printed at an eighth, a quarter, a half and the whole, so that
one sees how they grow. Ratios are of one run.
"""

import resource
import sys
import time
from dataclasses import replace
from itertools import cycle, islice

import numpy as np
import xarray as xr

import yilaolib as yl
from yilaolib.demography.ages import SEX
from yilaolib.demography.cohorts import project_cohorts
from yilaolib.demography.local import launch_of
from yilaolib.demography.projection import Scenario, block_size, nation_of, stream

YEARS, DRAWS, AGES = 30, 1000, 101
CHINA = 2800


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


def counties(number):
    """Launches of the library's places in turn, as counties with totals of their own."""
    places = yl.load_table("population")["area"].unique()
    known, rng = [launch_of(place) for place in places if place != "china"], np.random.default_rng(0)
    for i, launch in enumerate(islice(cycle(known), number)):
        total, old = rng.uniform(0.2, 1.5), rng.uniform(0.8, 1.2)
        people = launch.people * np.where(np.arange(AGES) < 60, total, total * old)
        yield replace(launch, area=f"{launch.area} {i}", kind="county", people=people)


def country(areas):
    """Stream counties through the block engine and print what they take, at four marks."""
    nation, scenario, size = nation_of(), Scenario.load("medium"), block_size(2050, DRAWS, 256)
    marks, kept, done = [areas // 8, areas // 4, areas // 2, areas], [], 0
    print(f"{DRAWS} draws x {YEARS} years, {size} at a time: quantiles of 5 measures and of births are kept")
    print("areas  wall s  CPU s  CPU s each  peak MiB  kept MiB")
    wall, cpu = time.perf_counter(), time.process_time()
    for part in stream(counties(areas), scenario, 2050, nation, draws=DRAWS, block=size):
        kept.append(part)
        done += part.sizes["area"]
        if marks and done >= marks[0]:
            marks.pop(0)
            took, used = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
            held = sum(each.nbytes for each in kept) / 2**20
            print(f"{done:5}  {took:6.1f}  {used:5.1f}  {used / done:10.3f}  {peak:8.0f}  {held:8.1f}", flush=True)
    whole = xr.concat(kept, "area")
    print(f"  {whole.sizes['area']} areas; quantiles in order: {bool((whole.persons.diff('quantile') >= 0).all())}")
    if areas < CHINA:
        print(f"  {CHINA} areas would take {used / done * CHINA / 60:.1f} minutes of one core")


if __name__ == "__main__":
    step()
    one_area()
    country(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
