"""Who needs care: persons by level of need, from published prevalence by age and sex.

Prevalence differs threefold between publications because "need" differs: the census asks whether people can care for
themselves, the surveys count six activities of daily living. Show two definitions, never one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.ages import OPEN_AGE, SEX, Population, as_array
from ..demography.local import Root, assumed_range, census_pyramids, census_source, while_unchanged
from ..demography.measures import persons
from ..errors import DataError, did_you_mean
from ..tables.areas import load_table
from .methods import beds_by_prevalence

SURVEY, CENSUS = "adl-clhls-2018", "self-care-census-2020"
LEVELS = ("mild", "moderate", "severe", "unable")


def care_need(population: Population, *, measure: str = SURVEY, root: Root = None) -> xr.DataArray:
    """Persons who need care, by level.

    The survey (CLHLS) starts at age 65 and the census figure at 60: younger persons count as without need. China CDC
    Weekly 5(27): 593-598 (2023), table 2; Guo et al., BMC Geriatrics 22 (2022).

    Parameters
    ----------
    population : Series, DataFrame, DataArray or Dataset; [persons] by `age`, `sex` if known, and any further dims
    measure, root : of table `care_rates`, for example "self-care-census-2020"; your own folder of tables

    Returns
    -------
    DataArray: [persons] dim `level` (mild, moderate, severe; or one level for measures without them) and the other dims

    Examples
    --------
    >>> care_need(pd.Series([1000.0], index=[85])).round().to_series().to_dict()
    {'mild': 88.0, 'moderate': 231.0, 'severe': 104.0}
    """
    people = as_array(population)
    split = "sex" in people.dims
    rates = prevalence(measure, root=root) if split else _bands(measure, load_table("care_rates", root=root))
    rates = rates.sel(age=people["age"].clip(max=OPEN_AGE).to_numpy()).assign_coords(age=people["age"].to_numpy())
    return xr.dot(rates, people, dim=("sex", "age") if split else "age").rename("care_need")


def prevalence(measure: str = SURVEY, *, root: Root = None) -> xr.DataArray:
    """Share [0-1] of persons at each level of need: dims level, sex, age (0 to 100).

    Where a paper prints ages for both sexes together and totals by sex, the ages of each sex are scaled so that the
    nation's pyramid of 2020 gives the printed ratio of the sexes, and both sexes together the printed ages' total.

    Parameters
    ----------
    measure, root : as in `care_need`

    Examples
    --------
    >>> rates = prevalence().sel(level="severe", age=80)
    >>> bool(rates.sel(sex="female") > rates.sel(sex="male"))
    True
    """
    return _prevalence(measure, root=root).copy()


def _bands(measure: str, table: pd.DataFrame) -> xr.DataArray:
    """Printed shares of both sexes together, by level and single age."""
    rows = table[(table["measure"] == measure) & (table["sex"] == "both")]
    if rows.empty:
        known = sorted(set(table["measure"]))
        raise DataError(f"measure is {measure!r}; care_rates has {', '.join(known)}.{did_you_mean(measure, known)}")
    levels = [level for level in LEVELS if level in set(rows["level"])] or ["overall"]
    shares = xr.DataArray(
        np.zeros((len(levels), OPEN_AGE + 1)),
        coords={"level": levels, "age": np.arange(OPEN_AGE + 1)},
        dims=("level", "age"),
    )
    for row in rows[rows["level"].isin(levels)].itertuples():
        last = OPEN_AGE if pd.isna(row.n) else row.age + row.n - 1
        shares.loc[row.level, row.age : last] = row.share
    return shares


@while_unchanged(64)
def _prevalence(measure: str, *, root: Root = None) -> xr.DataArray:
    table = load_table("care_rates", root=root)
    both = _bands(measure, table)
    rates = both.expand_dims(sex=SEX, axis=1).copy()
    totals = table[table["measure"] == f"{measure}-total"].set_index(["level", "sex"])["share"]
    people = census_pyramids("china", root)[2020]
    for level in both["level"].to_numpy():
        if (level, "female") not in totals.index:
            continue
        from_age = int(table.loc[table["measure"] == f"{measure}-total", "age"].min())
        old = people.sel(age=slice(from_age, None))
        ages = both.sel(level=level, age=old["age"].to_numpy())
        alone = (old * ages).sum("age") / old.sum("age")  # the share of each sex, were the ages the same for both
        scale = xr.DataArray([totals[level, sex] for sex in SEX], coords={"sex": SEX}, dims="sex") / alone
        scale = scale * float((old * ages).sum() / (old * ages * scale).sum())  # both sexes together keep their total
        rates.loc[{"level": level}] = (rates.sel(level=level) * scale).clip(max=1)
    return rates


def institution_shares(need: xr.DataArray, assumed: pd.DataFrame, bound: str = "value") -> xr.DataArray:
    """Share [0-1] of each level of need that is cared for in institutions, judged; `assumed` as from `area_values`."""
    levels = need["level"].to_numpy()
    values = [getattr(assumed_range(f"institution_share_{level}", table=assumed), bound) for level in levels]
    return xr.DataArray(values, coords={"level": levels}, dims="level")


class Counted(NamedTuple):
    """Persons of a census by age, those who need care by level (as `care_need`), and the document that prints them."""

    population: float
    aged_60: float
    aged_65: float
    aged_80: float
    need: xr.DataArray
    source: str

    def weights(self, assumed: pd.DataFrame) -> dict[str, float]:
        """Persons by age, and those expected in institutions by their need: the weights of a share."""
        expected = float(beds_by_prevalence(self.need, institution_shares(self.need, assumed), 1.0))
        return {"aged_60": self.aged_60, "aged_65": self.aged_65, "aged_80": self.aged_80, "care_need": expected}


@while_unchanged(512)
def counted(area: str, year: int, survey: str = SURVEY, *, root: Root = None) -> Counted:
    """Return what the census of a year counted in an area; need by a survey of `care_rates`."""
    people = census_pyramids(area, root)[year]
    ages = (float(persons(people, age)) for age in (0, 60, 65, 80))
    return Counted(*ages, care_need(people, measure=survey, root=root), census_source(area, root, year))
