"""Projections of an area, from its last census to the horizon.

A projection says what follows if its assumptions hold. It is not a prediction.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .ages import Population, graduate
from .cohorts import SEX, project_cohorts
from .data import find_area, load_table
from .errors import DataError
from .lifetables import asfr, survival_table
from .measures import dependency_ratio, elderly_share, median_age, stage_of
from .parameters import (
    age_standard,
    census_pyramids,
    fertility_schedule,
    local_migration,
    local_parameters,
    national_paths,
)
from .scenarios import Scenario

__all__ = [
    "Scenario",
    "ageing_stage",
    "dependency_ratio",
    "elderly_share",
    "local_parameters",
    "median_age",
    "project",
    "project_cohorts",
]

CENSUS_TO_YEAR_END = 61 / 366  # 1 November to 31 December, as a share of the leap year 2020
STANDARD_YEAR = 2023  # middle of 2020-2025: the mortality schedule that is bent to each e0


def project(
    area: str,
    *,
    scenario: str | Scenario = "medium",
    end_year: int = 2050,
    draws: int = 0,
    seed: int = 0,
    root: str | Path | None = None,
) -> xr.Dataset:
    """Project an area by single age and sex from its last census to `end_year`.

    Populations are those of 31 December; the census of 1 November is moved there first. Births, deaths and
    migration labelled t take place between 31 December t and 31 December t + 1.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    scenario : str or Scenario, default "medium"
        low, medium, high (fertility as WPP 2024's variants), zero-migration, or a Scenario of your own.
    end_year : int, default 2050
        [year] Last 31 December; at most 2100, where the national paths end.
    draws : int, default 0
        Number of random paths of fertility and mortality around the scenario; 0 gives the one central path.
    seed : int, default 0
        Of the draws; the same seed gives the same draws.
    root : path, optional
        Folder with your own tables, laid over the library's.

    Returns
    -------
    Dataset
        As `project_cohorts`: dims year, sex, age and, if `draws`, draw; `attrs` name the area, scenario and base.

    Raises
    ------
    DataError
        Unknown area or scenario, an end year not after the census or beyond 2100, missing tables.

    References
    ----------
    United Nations (2024), World Population Prospects 2024: Methodology. Parameters: `local_parameters`.

    Examples
    --------
    >>> future = project("jingdezhen", end_year=2035)
    >>> print(f"{float(elderly_share(future).sel(year=2035)):.2f}")
    0.31
    """
    place = find_area(area, root=root)
    slug = place["area"]
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario, area=slug, root=root)
    census = census_pyramids(slug, root)
    base = max(census)
    national = national_paths(root)
    last = int(national.index.max())
    if not base < end_year <= last:
        raise DataError(f"end_year is {end_year}; it must be after the census of {base} and at most {last}.")
    if draws < 0:
        raise DataError(f"draws is {draws}; it must be a number of paths, 0 for the central one only.")
    local = local_parameters(slug, root=root)
    level = local.set_index("parameter")["value"]
    years = np.arange(base, end_year)
    paths = _paths(scenario, level, national, np.append(base, years + 1))
    if draws:
        paths = _draw(paths, national, draws, seed, root)
    rates = _rates(paths, scenario, slug, census, root)
    start = graduate(census[base], standard=age_standard(base, root))
    first = {name: array.isel(year=[0]) for name, array in rates.items()}
    ahead = project_cohorts(start, **first).population.isel(year=1)
    start = start + CENSUS_TO_YEAR_END * (ahead - start)  # everybody grows two months older, once
    rates = {name: array.isel(year=slice(1, None)).assign_coords(year=years) for name, array in rates.items()}
    result = project_cohorts(start, **rates)
    result.attrs = {
        "area": slug,
        "scenario": scenario.name,
        "base": f"{base}-12-31",
        "census": f"{base}-11-01",
    }
    return result


@lru_cache(maxsize=8)
def _survival_grid(root: str | Path | None) -> xr.DataArray:
    table = load_table("mortality", root=root)
    table = table[(table["standard"] == "china-wpp2024") & (table["year"] == STANDARD_YEAR)]
    return survival_table({sex: rows.set_index("age")["mx"] for sex, rows in table.groupby("sex")})


def _paths(scenario: Scenario, level: pd.Series, national: pd.DataFrame, years: np.ndarray) -> xr.Dataset:
    """TFR, e0 by sex and sex ratio at birth in each calendar year, for the area under the scenario."""
    nation = national.loc[years]
    ratio = level["tfr_ratio"] if scenario.tfr_ratio is None else scenario.tfr_ratio
    offset = level["e0_offset"]
    if scenario.e0 is not None:
        offset = scenario.e0 - national.loc[2020, ("e0_both", "value")]
    tfr = nation[("tfr", "value")].to_numpy() * ratio + scenario.at("tfr_offset", years)
    e0 = np.stack([nation[(f"e0_{sex}", "value")].to_numpy() + offset for sex in SEX], axis=1)
    srb = nation[("sex_ratio_at_birth", "value")].to_numpy()
    return xr.Dataset(
        {"tfr": ("year", np.maximum(tfr, 0)), "e0": (("year", "sex"), e0), "srb": ("year", srb)},
        coords={"year": years, "sex": SEX},
    )


def _rates(
    paths: xr.Dataset, scenario: Scenario, area: str, census: dict, root: str | Path | None
) -> dict[str, xr.DataArray]:
    """The arguments of project_cohorts besides the population, by calendar year."""
    grid = _survival_grid(root)
    years = paths["year"].to_numpy()
    factor = xr.DataArray(scenario.at("net_migration_factor", years), coords={"year": years}, dims="year")
    return {
        "survival": _look_up(grid, paths["e0"]),
        "asfr": asfr(paths["tfr"], fertility_schedule(STANDARD_YEAR, root)),
        "sex_ratio_at_birth": paths["srb"],
        "net_migration_rate": factor * local_migration(area, census, root),
    }


def _look_up(grid: xr.DataArray, e0: xr.DataArray) -> xr.DataArray:
    """Survival at each e0, linear between the grid's points (twice as fast as xarray's interp, which copies)."""
    points = grid["e0"].to_numpy()
    low, high = float(e0.min()), float(e0.max())
    if low < points[0] or high > points[-1]:
        raise DataError(
            f"Life expectancy runs from {low:.1f} to {high:.1f}; the tables cover {points[0]:g} to {points[-1]:g}."
        )
    position = (e0 - points[0]) / (points[1] - points[0])
    left = np.minimum(position.astype(int), len(points) - 2)
    share = position - left
    below = grid.isel(e0=left.drop_vars("sex"), sex=xr.DataArray([0, 1], dims="sex")).drop_vars(["e0"])
    above = grid.isel(e0=(left + 1).drop_vars("sex"), sex=xr.DataArray([0, 1], dims="sex")).drop_vars(["e0"])
    return below + share * (above - below)


def _draw(paths: xr.Dataset, national: pd.DataFrame, draws: int, seed: int, root: str | Path | None) -> xr.Dataset:
    """Random paths around the scenario: the spread is WPP's published 80 % interval plus a local part."""
    assumed = load_table("assumptions", root=root).set_index("parameter")["value"]
    years = paths["year"].to_numpy()
    rng = np.random.default_rng(seed)
    normal_80 = 1.2815515655446004  # 90th percentile of the normal distribution

    def noise(autocorrelation: float) -> xr.DataArray:
        z = np.empty((len(years), draws))
        z[0] = rng.standard_normal(draws)
        for t in range(1, len(years)):
            z[t] = autocorrelation * z[t - 1] + np.sqrt(1 - autocorrelation**2) * rng.standard_normal(draws)
        return xr.DataArray(z, coords={"year": years}, dims=("year", "draw"))

    def spread(indicator: str, z: xr.DataArray) -> xr.DataArray:
        nation = national.loc[years, indicator]
        up = (nation["upper_80"] - nation["value"]).fillna(0).to_numpy() / normal_80
        down = (nation["value"] - nation["lower_80"]).fillna(0).to_numpy() / normal_80
        sides = [xr.DataArray(side, coords={"year": years}, dims="year") for side in (up, down)]
        return z * xr.where(z > 0, sides[0], sides[1])

    z_tfr, z_e0 = noise(assumed["draw_tfr_autocorrelation"]), noise(assumed["draw_e0_autocorrelation"])
    local_tfr = 1 + assumed["draw_tfr_local_sd"] * xr.DataArray(rng.standard_normal(draws), dims="draw")
    local_e0 = assumed["draw_e0_local_sd"] * xr.DataArray(rng.standard_normal(draws), dims="draw")
    tfr = np.maximum((paths["tfr"] + spread("tfr", z_tfr)) * local_tfr, 0.1)
    e0 = paths["e0"] + local_e0 + xr.concat([spread(f"e0_{s}", z_e0) for s in SEX], pd.Index(SEX, name="sex"))
    return paths.assign(tfr=tfr, e0=e0)


def ageing_stage(population: Population, *, digits: int = 2, root: str | Path | None = None) -> pd.DataFrame:
    """Name the ageing stage under every scheme, side by side; schemes disagree and none is "the" standard.

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset
        [persons] by `age` (and sex) at one date.
    digits : int, default 2
        Decimals of a printed percentage; a share within half of the last digit of a cut is flagged `near_cut`.

    Returns
    -------
    DataFrame
        scheme, base_age, share_pct, from_pct (the cut that was reached), stage_zh, stage_en, near_cut, source.

    Raises
    ------
    DataError
        When the population has further dims; choose one date first.

    Examples
    --------
    >>> from yilaolib.data import load_table
    >>> city = load_table("population", area="jingdezhen").query("year == 2020")
    >>> ageing_stage(city).set_index("scheme").stage_en["nhc-2022"]
    'mild ageing'
    """
    shares = [elderly_share(population, age) for age in (60, 65)]
    if not all(isinstance(share, float) for share in shares):
        raise DataError(
            f"ageing_stage needs one population at one date; this one also has {list(shares[0].dims)}. Select first."
        )
    return stage_of(*shares, load_table("ageing_stages", root=root), digits=digits)
