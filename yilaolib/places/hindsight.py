"""What a projection would have said at an older census: only what was known then goes in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..data import find_area, load_table
from ..people.calibration import by_single_age, tfr_ratio
from ..people.cohorts import SEX
from ..people.draws import DECADE
from ..people.measures import persons
from ..people.sexes import imbalance, shared
from .launches import CENSUS_TO_YEAR_END, Nation, nation_of, schedules
from .parameters import Launch
from .survivors import survival_grid

FIRST_PROJECTED = 2024  # of World Population Prospects 2024: its ranges open from the year before on
MEASURES = {"total": (0, None), "60+": (60, None), "65+": (65, None), "80+": (80, None), "0-4": (0, 5)}


def nation_as_known(year: int, root: str | Path | None = None) -> Nation:
    """The nation's paths as they could be drawn in `year`: fertility held, life expectancy rising as before.

    Fertility stays at the mean of the last five years, life expectancy gains what it gained a year over the last
    ten, the sex ratio stays. Ranges are as wide as World Population Prospects 2024 makes them the same number of
    years ahead. (The estimates of the years before are today's; those of the time were a little different.)

    Examples
    --------
    >>> print(nation_as_known(2010).paths.loc[2020, "e0_female"].round(1))
    81.8
    """
    now = nation_of(root)
    years = np.arange(year, year + 41)
    wide = now.paths.loc[years - year + FIRST_PROJECTED - 1]
    paths = pd.DataFrame({c: wide[c].to_numpy() for c in wide if c.endswith(("_up", "_down"))}, index=years)
    paths["tfr"] = now.paths.loc[year - 4 : year, "tfr"].mean()
    paths["srb"] = now.paths.loc[year, "srb"]
    for name in ("e0_both", "e0_female", "e0_male"):
        before = now.paths[name]
        gain = (before[year] - before[year - DECADE]) / DECADE
        paths[name] = before[year] + gain * (years - year)
    known = replace(now, paths=paths, survival=survival_grid(year - 2, root))
    return replace(known, schedule=schedules(np.full(len(years), year - 2), root).assign_coords(year=years))


def launches_then(
    year: int,
    people: xr.DataArray,
    groups: xr.DataArray,
    reference: xr.DataArray,
    standard: xr.DataArray,
    schedule: pd.Series,
    *,
    kinds: list[str],
    e0_offsets: np.ndarray,
    migration: np.ndarray,
) -> list[Launch]:
    """Launches of many areas at an older census.

    Parameters
    ----------
    year : int
        Of the census.
    people, groups : DataArray (area, sex, age)
        [persons] By single age, and as the census prints them.
    reference : DataArray (sex, age)
        [persons] The nation at that census.
    standard : DataArray (sex, age)
        [persons] The same by single age.
    schedule : Series
        [share of the TFR] by five-year age.
    kinds : list
        county, district, prefecture or province, by area.
    e0_offsets : ndarray (area)
        [years] Local less national life expectancy.
    migration : ndarray (area, sex, cohort)
        [net migrants per survivor and year] as `cohort_rates` has them.
    """
    ratios = np.atleast_1d(tfr_ratio(groups, reference, schedule))
    rates = by_single_age(migration).to_numpy()
    nation = standard.transpose("sex", "age").sel(sex=SEX).to_numpy()
    counts = people.transpose("area", "sex", "age").to_numpy()
    names = people["area"].to_numpy()

    def launch(i: int) -> Launch:
        levels = (float(ratios[i]), float(e0_offsets[i]))
        moves = (shared(rates[i], counts[i]), imbalance(counts[i], nation))
        return Launch(str(names[i]), kinds[i], year, counts[i], *levels, *moves)

    return [launch(i) for i in range(len(names))]


def measured(population) -> xr.DataArray:
    """Persons in the groups by which a projection is judged: total, 60+, 65+, 80+, 0-4; dim `measure` first."""
    parts = [persons(population, low, high) for low, high in MEASURES.values()]
    return xr.concat([xr.DataArray(part) for part in parts], pd.Index(list(MEASURES), name="measure"))


def at_census(people: xr.DataArray, year: int) -> xr.DataArray:
    """Values at year ends put at the census day (1 November) of `year`, linear between the two."""
    return people.sel(year=year) - CENSUS_TO_YEAR_END * (people.sel(year=year) - people.sel(year=year - 1))


def known_migration(place: pd.Series, kind: str, root: str | Path | None = None) -> np.ndarray:
    """Cohort rates (sex, cohort) to be expected in 2010: the province's of 2000-2010 plus what its kind adds."""
    table, rates, up = load_table("spreads", root=root), np.zeros((2, 16)), _province(place, root)
    for name, column, value in (("migration_before", "area", up), ("migration_usual_before", "kind", kind)):
        rows = table[(table["parameter"] == name) & (table[column] == value)]
        if len(rows):
            rates = rates + rows.pivot(index="sex", columns="age", values="value").sort_index().to_numpy(float)
    return rates


def e0_known(place: pd.Series, launch: int, root: str | Path | None = None) -> float:
    """Local less national e0 as last reported for the province; of a distance half is taken to be left per decade."""
    series = load_table("series", root=root)
    series = series[(series["indicator"] == "e0_both_reported") & (series["year"] <= launch)]
    ours = series[series["area"].isin([place["area"], _province(place, root)]) & (series["area"] != "china")]
    both = ours.merge(series[series["area"] == "china"], on="year", suffixes=("", "_china")).sort_values("year")
    if both.empty:
        return 0.0
    row = both.iloc[-1]
    return float((row["value"] - row["value_china"]) * 0.5 ** ((launch - row["year"]) / 10))


def _province(place: pd.Series, root: str | Path | None) -> str:
    """The province that a place lies in, or is; where there is none, the uppermost area above it."""
    while place["level"] != "province" and pd.notna(place["parent"]):
        place = find_area(place["parent"], root)
    return place["area"]
