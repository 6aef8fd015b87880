"""Projections of an area, from its last census to the horizon.

A projection says what follows if its assumptions hold. It is not a prediction.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from .ages import Population, as_array
from .core.errors import DataError
from .data import find_area, load_table
from .people.cohorts import project_cohorts
from .people.measures import dependency_ratio, elderly_share, median_age, stage_of
from .places.launches import nation_of, simulate
from .places.parameters import launch_of, local_parameters
from .places.provenance import sources_behind
from .places.scenarios import Scenario

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
        Number of random paths of fertility, mortality and migration around the scenario; 0 gives the central path.
    seed : int, default 0
        Of the draws; the same seed gives the same draws, in any process and however many are asked for.
    root : path, optional
        Folder with your own tables, laid over the library's.

    Returns
    -------
    Dataset
        As `project_cohorts`: dims year, sex, age and, if `draws`, draw; `attrs` name the area, the scenario, the base
        and the documents behind it (`yl.cite(result)`).

    Raises
    ------
    DataError
        Unknown area or scenario, an end year not after the census or beyond 2100, missing tables.

    Notes
    -----
    The nation's paths and their spread are those of World Population Prospects 2024; the local level of fertility
    draws nearer to the nation's (`tfr_ratio_persistence`), the local level of e0 keeps its distance, and local net
    migration follows the scenario, while the sex ratio of each cohort nears the nation's (`sex_ratio_pull`). Table
    `spreads` has the figures behind the draws and how they were fitted.

    References
    ----------
    United Nations (2024), World Population Prospects 2024: Methodology. Parameters: `local_parameters`.

    Examples
    --------
    >>> future = project("jingdezhen", end_year=2035)
    >>> print(f"{float(elderly_share(future).sel(year=2035)):.2f}")
    0.31
    """
    slug = find_area(area, root=root)["area"]
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario, area=slug, root=root)
    launch = launch_of(slug, root)
    result = simulate([launch], scenario, end_year, nation_of(root), draws=draws, seed=seed)
    result = result.isel(area=0, drop=True)
    result.attrs = {
        "area": slug,
        "scenario": scenario.name,
        "base": f"{launch.base}-12-31",
        "census": f"{launch.base}-11-01",
        "sources": sources_behind(launch, scenario, drawn=draws > 0, root=root),
    }
    return result


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
    over_60, over_65 = (elderly_share(population, age) for age in (60, 65))
    if isinstance(over_60, xr.DataArray) or isinstance(over_65, xr.DataArray):
        dims = [dim for dim in as_array(population).dims if dim not in ("sex", "age")]
        raise DataError(f"ageing_stage needs one population at one date; this one also has {dims}. Select first.")
    return stage_of(over_60, over_65, load_table("ageing_stages", root=root), digits=digits)
