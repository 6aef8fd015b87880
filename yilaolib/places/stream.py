"""Ranges for many areas in little memory: areas go through in blocks, and only quantiles are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from ..core.errors import DataError
from ..core.forms import OPEN_AGE
from ..data import find_area, load_table
from .hindsight import MEASURES
from .launches import Nation, nation_of, one_base, simulate
from .parameters import Launch, launch_of
from .scenarios import Scenario

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
ARRAYS = 6  # as large as the population that exist at one time: population, survival, migration twice, scratch


def project_ranges(
    areas: Iterable[str],
    *,
    scenario: str | Scenario = "medium",
    end_year: int = 2050,
    draws: int = 1000,
    seed: int = 0,
    levels: Sequence[float] = LEVELS,
    memory_mib: int = 256,
    root: str | Path | None = None,
) -> xr.Dataset:
    """Quantiles of population, 60+, 65+, 80+, 0-4 and births for any number of areas.

    Quantiles do not add up: the range of a province is not the sum of its counties' ranges. The draws of an area are
    those of `project` with the same seed, in whatever block it falls. Areas that have their own rows of the scenario in
    `assumptions` go through by themselves.

    Parameters
    ----------
    areas : iterable of str
        Slugs, names or adcodes.
    scenario : str or Scenario, default "medium"
    end_year : int, default 2050
        [year]
    draws : int, default 1000
        Random paths of each area.
    seed : int, default 0
    levels : sequence of float
        [share] Quantiles to keep; 0.1 and 0.9 bound the 80 % range.
    memory_mib : int, default 256
        [MiB] About what a block may take; areas go through in blocks that fit. Small blocks are the fast ones.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    Dataset
        `persons` (measure, quantile, year, area) and `births` (quantile, year, area) [persons].

    Raises
    ------
    DataError
        No area, an unknown one, or areas whose last censuses differ in year.

    Examples
    --------
    >>> ranges = project_ranges(["jingdezhen", "haian"], end_year=2030, draws=20)
    >>> dict(ranges.persons.sizes)
    {'measure': 5, 'quantile': 5, 'year': 11, 'area': 2}
    """
    places = [find_area(area, root)["area"] for area in areas]
    if not places:
        raise DataError("No area was given. Name at least one, such as project_ranges(['jingdezhen']).")
    if draws < 1:
        raise DataError(f"draws is {draws}; a range needs at least one path, better 200 or more.")
    launches = [launch_of(place, root) for place in places]
    size = block_size(end_year, draws, memory_mib, first_year=one_base(launches))
    keep = {"draws": draws, "seed": seed, "levels": levels, "block": size}
    parts: list[xr.Dataset] = []
    order: list[int] = []
    for at, each in _by_scenario(places, scenario, root):
        parts += stream([launches[i] for i in at], each, end_year, nation_of(root), **keep)
        order += at
    return xr.concat(parts, "area").isel(area=np.argsort(order))


def _by_scenario(places, scenario, root) -> Iterator[tuple[list[int], Scenario]]:
    """Positions of the areas that go by one scenario: those without rows of their own together, the others alone."""
    alone: set[int] = set()
    if not isinstance(scenario, Scenario):
        rows, name = load_table("assumptions", root=root), scenario
        own = set(rows.loc[rows["scenario"] == name, "area"].dropna())
        alone = {i for i, place in enumerate(places) if place in own}
        for i in sorted(alone):
            yield [i], Scenario.load(name, area=places[i], root=root)
    if together := [i for i in range(len(places)) if i not in alone]:
        if not isinstance(scenario, Scenario):  # asked for one of them: rows of another area are none of theirs
            scenario = Scenario.load(scenario, area=places[together[0]], root=root)
        yield together, scenario


def block_size(end_year: int, draws: int, memory_mib: int, *, first_year: int = 2020) -> int:
    """Areas that fit into the memory at one time, at least one."""
    one = (end_year - first_year + 2) * 2 * (OPEN_AGE + 1) * draws * 8 * ARRAYS
    return max(1, int(memory_mib * 2**20 // one))


def stream(
    launches: Iterable[Launch],
    scenario: Scenario,
    end_year: int,
    nation: Nation,
    *,
    draws: int,
    seed: int = 0,
    levels: Sequence[float] = LEVELS,
    block: int = 1,
) -> Iterator[xr.Dataset]:
    """Quantiles of one block of areas after another; nothing of a block is kept when the next one starts."""
    waiting: list[Launch] = []
    for launch in launches:
        waiting.append(launch)
        if len(waiting) == block:
            yield _quantiles(simulate(waiting, scenario, end_year, nation, draws=draws, seed=seed), levels)
            waiting = []
    if waiting:
        yield _quantiles(simulate(waiting, scenario, end_year, nation, draws=draws, seed=seed), levels)


def _quantiles(future: xr.Dataset, levels: Sequence[float]) -> xr.Dataset:
    # sums by hand: five look-ups with labels would each go through all single ages
    counts = future["population"].transpose("year", "age", "sex", "area", "draw").to_numpy()
    people = np.stack([counts[:, low:high].sum(axis=(1, 2)) for low, high in MEASURES.values()])
    births = future["births"].sum("sex", skipna=False).transpose("year", "area", "draw").to_numpy()
    coords = {
        "measure": list(MEASURES),
        "quantile": list(levels),
        "year": future["year"].to_numpy(),
        "area": future["area"].to_numpy(),
    }
    return xr.Dataset(
        {
            "persons": (("measure", "quantile", "year", "area"), np.quantile(people, levels, axis=-1).swapaxes(0, 1)),
            "births": (("quantile", "year", "area"), np.quantile(births, levels, axis=-1)),
        },
        coords=coords,
    )
