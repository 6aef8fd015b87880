"""The projection of many areas at once: national paths, local levels and draws become rates, and the cohorts step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..core.errors import DataError
from ..data import load_table
from ..lifetables import asfr
from ..people.calibration import at_level, by_single_age
from ..people.cohorts import SEX, project_cohorts
from ..people.draws import annual_correlation, autoregressive, migration_noise, stationary_spread, stream, two_sided
from ..people.sexes import drawn_to_balance, men_share
from ..tabling.folders import as_root, stamp
from .parameters import Launch, fertility_schedule, national_paths
from .ranges import area_values
from .scenarios import Scenario
from .survivors import look_up, survival_grid

CENSUS_TO_YEAR_END = 61 / 366  # 1 November to 31 December 2020; 61 / 365 of 2010 is hardly more
STANDARD_YEAR = 2023  # middle of 2020-2025: the mortality schedule that is bent to each e0
LOWEST_RATE = -0.5  # of net migration: no draw empties an age in a year


@dataclass(frozen=True)
class Spreads:
    """How far draws may stray; table `spreads`."""

    tfr_correlation: float
    e0_correlation: float
    migration_correlation: float
    tfr_ratio_persistence: float
    tfr_local_sd: float
    sex_ratio_pull: float
    e0_local_sd: float
    migration: dict[str, np.ndarray]  # kind -> (factor, sex, age)


@dataclass(frozen=True)
class Nation:
    """The nation's paths by calendar year, with the distances to the ends of their 80 % ranges."""

    paths: pd.DataFrame  # index year; tfr, e0_female, e0_male, srb and tfr_down, tfr_up, e0_female_down ...
    survival: xr.DataArray  # (sex, e0, age), by `survival_table`
    schedule: xr.DataArray  # (year, age): share of the TFR at single ages
    spreads: Spreads
    lowest_tfr: float  # no draw goes below


def nation_of(root: str | Path | None = None) -> Nation:
    """The nation's paths as the tables have them; made once while no table changes."""
    return _nation(as_root(root), stamp(root))


@lru_cache(maxsize=8)
def _nation(root: Path | None, state: tuple) -> Nation:
    table, paths = national_paths(root), {}
    for name in ("tfr", "e0_female", "e0_male"):
        one = table[name]
        paths[name] = one["value"]
        paths[f"{name}_down"] = (one["value"] - one["lower_80"]).fillna(0.0)  # estimates have no range
        paths[f"{name}_up"] = (one["upper_80"] - one["value"]).fillna(0.0)
    paths["e0_both"] = table[("e0_both", "value")]
    paths["srb"] = table[("sex_ratio_at_birth", "value")]
    frame = pd.DataFrame(paths)
    fertility = schedules(frame.index.to_numpy(), root)
    lowest = float(area_values(root=root)["value"]["lowest_tfr"])
    return Nation(frame, survival_grid(STANDARD_YEAR, root), fertility, read_spreads(root), lowest)


def schedules(years: np.ndarray, root: str | Path | None = None) -> xr.DataArray:
    """Shares of the TFR by single age (year, age), linear between the middles of the periods, constant outside."""
    periods = sorted(int(year) for year in load_table("fertility", root=root)["year"].unique())
    shares = [asfr(1.0, fertility_schedule(year, root)) for year in periods]
    table = xr.concat([xr.DataArray(share) for share in shares], pd.Index(periods, name="year"))
    return table.interp(year=np.clip(years, periods[0], periods[-1])).assign_coords(year=years)


def read_spreads(root: str | Path | None = None) -> Spreads:
    """Table `spreads` as arrays, the patterns of migration put on single ages."""
    table = load_table("spreads", root=root)
    single = table[table["age"].isna()].set_index("parameter")["value"]
    patterns = table[table["parameter"].str.startswith("migration_factor")]
    migration = {kind: by_single_age(_stacked(rows)).to_numpy() for kind, rows in patterns.groupby("kind")}
    names = [name for name in Spreads.__dataclass_fields__ if name != "migration"]
    missing = [name for name in names if name not in single]
    if missing:
        raise DataError(f"Table spreads lacks the parameter {missing[0]!r}. Restore the row.")
    return Spreads(**{name: float(single[name]) for name in names}, migration=migration)


def _stacked(rows: pd.DataFrame) -> np.ndarray:
    """Patterns (parameter, sex, age group) of one kind."""
    wide = rows.pivot(index="age", columns=["parameter", "sex"], values="value").astype(float)
    return np.stack([wide[name][SEX].to_numpy().T for name in sorted(rows["parameter"].unique())])


def one_base(launches: Sequence[Launch]) -> int:
    """The year of the census that all these areas start from."""
    if len({launch.base for launch in launches}) > 1:
        raise DataError("These areas have their last census in different years. Project them in groups of one year.")
    return launches[0].base


def simulate(
    launches: Sequence[Launch], scenario: Scenario, end_year: int, nation: Nation, *, draws: int = 0, seed: int = 0
) -> xr.Dataset:
    """Project areas with one base year side by side: dims year, sex, age, area and, if `draws`, draw.

    The launch is moved from census day to year end first; see `project` for the meaning of the years.
    """
    base, last = one_base(launches), int(nation.paths.index.max())
    if not base < end_year <= last:
        raise DataError(f"end_year is {end_year}; it must be after the census of {base} and at most {last}.")
    if draws < 0:
        raise DataError(f"draws is {draws}; it must be a number of paths, 0 for the central one only.")
    years = np.arange(base, end_year + 1)  # calendar years; that of the census moves the launch to year end
    rates = _rates(launches, scenario, years, nation, draws, seed)
    areas = [launch.area for launch in launches]
    people = np.stack([launch.people for launch in launches], axis=-1)
    start = xr.DataArray(
        people,
        coords={"sex": SEX, "age": np.arange(people.shape[1]), "area": areas},
        dims=("sex", "age", "area"),
    )
    first = {name: array.isel(year=[0]) for name, array in rates.items()}
    ahead = project_cohorts(start, **first).population.isel(year=1, drop=True)
    start = start + CENSUS_TO_YEAR_END * (ahead - start)  # everybody grows two months older, once
    rates = {name: array.isel(year=slice(1, None)).assign_coords(year=years[:-1]) for name, array in rates.items()}
    return project_cohorts(start, **rates)


def _rates(launches, scenario, years, nation, draws, seed) -> dict[str, Any]:
    """The arguments of project_cohorts besides the population, by calendar year: year, sex, age, area, draw."""
    tail = ("area", "draw") if draws else ("area",)
    ages = nation.survival["age"].to_numpy()
    labels = {"year": years, "sex": SEX, "age": ages, "area": [launch.area for launch in launches]}

    def labelled(values: np.ndarray, *dims: str) -> xr.DataArray:
        return xr.DataArray(values, {dim: labels[dim] for dim in dims if dim in labels}, dims)

    given = (launches, scenario, years, nation, draws, seed)
    rates = labelled(_tfr(*given), "year", *tail) * nation.schedule.sel(year=years)
    return {
        "survival": labelled(look_up(nation.survival, _e0(*given)), "year", "sex", "age", *tail),
        "asfr": rates.transpose("year", "age", ...),
        "sex_ratio_at_birth": labelled(nation.paths["srb"].loc[years].to_numpy(), "year"),
        "net_migration_rate": labelled(_migration(*given), "year", "sex", "age", *tail),
    }


def _tfr(launches, scenario, years, nation, draws, seed) -> np.ndarray:
    """TFR (year, area[, draw]): the nation's, times the local ratio, which draws nearer to 1, plus the scenario's."""
    spreads, here = nation.spreads, nation.paths.loc[years]
    ratio = np.array([launch.tfr_ratio if scenario.tfr_ratio is None else scenario.tfr_ratio for launch in launches])
    lasts = annual_correlation(spreads.tfr_ratio_persistence) ** (years - launches[0].base)
    level = np.log(np.maximum(ratio, 1e-9)) * lasts[:, None]
    centre, offset = here["tfr"].to_numpy()[:, None], scenario.at("tfr_offset", years)[:, None]
    if not draws:
        return np.maximum(centre * np.exp(level) + offset, 0)
    z = autoregressive(stream(seed, "tfr"), len(years), draws, spreads.tfr_correlation)
    centre = centre + two_sided(z, here["tfr_down"].to_numpy(), here["tfr_up"].to_numpy())
    spread = stationary_spread(spreads.tfr_local_sd, spreads.tfr_ratio_persistence)
    local = np.stack([_local_tfr(launch, len(years), draws, seed, spreads) for launch in launches], axis=1) * spread
    tfr = centre[:, None] * np.exp(level[..., None] + local) + offset[..., None]
    return np.maximum(tfr, nation.lowest_tfr)


def _local_tfr(launch, n_years, draws, seed, spreads) -> np.ndarray:
    if launch.kind == "nation":
        return np.zeros((n_years, draws))
    correlation = annual_correlation(spreads.tfr_ratio_persistence)
    return autoregressive(stream(seed, launch.area, "tfr"), n_years, draws, correlation, known_start=True)


def _e0(launches, scenario, years, nation, draws, seed) -> np.ndarray:
    """Life expectancy (year, sex, area[, draw]): the nation's by sex, plus the local offset."""
    here, spreads = nation.paths.loc[years], nation.spreads
    centre = np.stack([here[f"e0_{sex}"].to_numpy() for sex in SEX], axis=1)
    offset = np.array([launch.e0_offset for launch in launches])
    if scenario.e0 is not None:
        offset = np.full(len(launches), scenario.e0 - nation.paths.loc[scenario.e0_year, "e0_both"])
    e0 = centre[:, :, None] + offset
    if not draws:
        return e0
    z = autoregressive(stream(seed, "e0"), len(years), draws, spreads.e0_correlation)
    common = [two_sided(z, *(here[f"e0_{sex}_{side}"].to_numpy() for side in ("down", "up"))) for sex in SEX]
    local = np.stack(
        [
            stream(seed, launch.area, "e0").standard_normal(draws) * (launch.kind != "nation") * spreads.e0_local_sd
            for launch in launches
        ]
    )
    points = nation.survival["e0"].to_numpy()
    return np.clip(e0[..., None] + np.stack(common, axis=1)[:, :, None] + local, points[0], points[-1])


def _migration(launches, scenario, years, nation, draws, seed) -> np.ndarray:
    """Net migration rates (year, sex, age, area[, draw]): the area's own times the scenario's factor, plus noise.

    The sex ratio of each cohort draws nearer to the nation's; the same share of the way in every draw.
    """
    factor = scenario.at("net_migration_factor", years)
    level = scenario.net_migration_per_1000
    own = [x.migration if level is None else at_level(x.migration, x.people, level) for x in launches]
    pull = np.clip(factor, 0, 1) * nation.spreads.sex_ratio_pull  # where nobody moves, nothing evens out
    central = [
        drawn_to_balance(factor[:, None, None] * rates, launch.more_men, men_share(launch.people), pull)
        for launch, rates in zip(launches, own, strict=True)
    ]
    if not draws:
        return np.stack(central, axis=-1)
    noisy = []
    for launch, rates in zip(launches, central, strict=True):
        loadings, one = nation.spreads.migration.get(launch.kind), rates[..., None]
        if loadings is None or not factor.any():  # where nobody moves, nobody strays either
            noisy.append(np.repeat(one, draws, axis=-1))
            continue
        noise = migration_noise(seed, launch.area, len(years), draws, loadings, nation.spreads.migration_correlation)
        noise += one  # in place: the largest arrays of a projection are these, and new pages cost more than sums
        noisy.append(np.maximum(noise, LOWEST_RATE, out=noise))
    return noisy[0][..., None, :] if len(noisy) == 1 else np.stack(noisy, axis=-2)
