"""Persons who need care: the printed yl.prevalence comes out, by level, age and sex."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from oracles import AGE, SEX

import yilaolib as yl
from yilaolib.needs.rows import CENSUS, SURVEY


def test_printed_bands_come_out_without_sexes():
    """1,000 persons aged 75 to 84 hold 14 severe, 47.4 moderate and 36 mild cases (CLHLS 2018, table 2)."""
    need = yl.care_need(pd.Series([500.0, 500.0], index=[75, 80]))
    assert need.to_series().to_dict() == pytest.approx({"mild": 36.0, "moderate": 47.4, "severe": 14.0})


def test_nobody_below_the_ages_of_the_survey():
    """The survey begins at 65: younger persons count as without need."""
    assert float(yl.care_need(pd.Series([1e6], index=[60])).sum()) == 0


def test_census_share_is_of_60_and_over():
    """2.34 % of 1,000 persons aged 60 and over cannot care for themselves."""
    need = yl.care_need(pd.Series([600.0, 400.0], index=[60, 80]), measure=CENSUS)
    assert need.to_series().to_dict() == pytest.approx({"unable": 23.4})


@pytest.mark.parametrize("level", ["mild", "moderate", "severe"])
def test_sexes_keep_the_printed_ratio_and_total(level):
    """On the nation's pyramid the sexes stand as printed to each other, and together give the ages' total."""
    people = yl.census_pyramids("china", None)[2020].sel(age=slice(65, None))
    rates = yl.prevalence().sel(level=level, age=people["age"])
    of_sex = (people * rates).sum("age") / people.sum("age")
    printed = yl.load_table("care_rates").set_index(["measure", "level", "sex", "age"])["share"]
    totals = [printed[f"{SURVEY}-total", level, sex, 65] for sex in SEX]
    assert float(of_sex.sel(sex="female") / of_sex.sel(sex="male")) == pytest.approx(totals[0] / totals[1])
    both = yl.care_need(people.sum("sex")).sel(level=level)
    assert float((people * rates).sum()) == pytest.approx(float(both))


def test_older_people_need_more_care():
    """From one band of age to the next the need rises, at every level and for both sexes."""
    rates = yl.prevalence().sel(age=[65, 75, 85])
    assert bool((rates.diff("age") > 0).all())


def test_open_group_of_a_census_is_a_band():
    """The census's 85 and over are taken at the rate of 85 and over."""
    people = xr.DataArray(np.zeros((2, 101)), coords={"sex": SEX, "age": AGE}, dims=("sex", "age"))
    people.loc["female", 85] = 1000.0
    group = people.sel(age=[0, 60, 85])
    assert np.allclose(yl.care_need(people), yl.care_need(group))


def test_unknown_measure_is_refused():
    """The error names the measures that there are."""
    with pytest.raises(yl.DataError, match=r"care_rates has .*self-care-census-2020"):
        yl.care_need(pd.Series([1.0], index=[85]), measure="nonsense")
