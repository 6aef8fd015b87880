"""Local levels from two censuses, measured against the nation: what was put in is found again."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import SEX, people, quick

from yilaolib import DataError, migration_rates, tfr_ratio
from yilaolib.demography.calibration import at_level

GROUPS = np.arange(0, 90, 5)
SCHEDULE = pd.Series(1 / 7, index=range(15, 50, 5))
seeds = st.integers(0, 10_000)


def census(seed):
    rng = np.random.default_rng(seed)
    return people(rng.uniform(100, 200, 18), rng.uniform(100, 200, 18), ages=GROUPS)


def ten_years_later(then, yearly=0.0, years=10):
    """Every cohort grown by a yearly rate and `years` older; as many children as there were."""
    steps = years // 5
    grown, now = then.to_numpy() * (1 + yearly) ** years, then.copy()
    now[:, steps:-1] = grown[:, : -steps - 1]
    now[:, -1] = grown[:, -steps - 1 :].sum(axis=1)
    return now


def test_fertility_ratio_by_hand():
    """Half of the women at every age and as many children: twice the fertility."""
    nation = people(100.0, ages=GROUPS)
    area = people(np.where((GROUPS >= 15) & (GROUPS < 55), 50.0, 100.0), 100.0, ages=GROUPS)
    assert tfr_ratio(area, nation, SCHEDULE) == pytest.approx(2)


def test_women_spent_half_of_the_time_in_the_group_below():
    """Women of 20-24 only: a half of them bore at 15-19 (0.1) and a half at 20-24 (0.3), so 100 / (50 x 0.4) = 5."""
    schedule = pd.Series([0.1, 0.3, 0.6, 0, 0, 0, 0], index=SCHEDULE.index)
    nation = people(100.0, ages=GROUPS)
    area = people(np.where((GROUPS < 15) | (GROUPS == 20), 100.0, 0.0), 100.0, ages=GROUPS)
    assert tfr_ratio(area, nation, schedule) == pytest.approx(5)


@quick
@given(seeds, seeds)
def test_place_that_changes_as_the_nation_has_no_migration(area, nation):
    """Where every cohort changes as the nation's does, nobody moves, whatever the two pyramids are."""
    here, there = census(area), census(nation)
    rates = migration_rates(here, ten_years_later(here), there, ten_years_later(there))
    assert float(abs(rates).max()) < 1e-12


@pytest.mark.parametrize("years", [5, 10])
@pytest.mark.parametrize("yearly", [0.01, -0.02])
def test_yearly_rate_is_found_again(years, yearly):
    """Cohorts that grow by a rate every year against the nation have that rate at the ages between 10 and 80."""
    here, there = census(1), census(2)
    rates = migration_rates(
        here, ten_years_later(here, yearly, years), there, ten_years_later(there, years=years), years=years
    )
    np.testing.assert_allclose(rates.sel(age=slice(10, 79)), yearly, rtol=1e-9)


def test_small_children_and_the_oldest_do_not_move():
    """Under 3 the rate is 0; above 80 it fades out, since there it cannot be told from mortality."""
    here, there = census(1), census(2)
    rates = migration_rates(here, ten_years_later(here, 0.01), there, ten_years_later(there))
    assert float(abs(rates.sel(age=[0, 1, 2])).max()) == 0
    assert (rates.sel(age=slice(82, 100)).diff("age") <= 0).all()
    assert float(abs(rates.sel(age=slice(90, 100))).max()) == 0


def test_longer_life_is_not_taken_for_migration():
    """If the area's survivors are a tenth more because it lives longer, and it is told so, nobody moved."""
    here, there = census(1), census(2)
    longer = xr.DataArray(np.full((2, 101), 1.1), coords={"sex": SEX, "age": np.arange(101)}, dims=("sex", "age"))
    after = ten_years_later(here) * 1.1
    assert float(migration_rates(here, after, there, ten_years_later(there)).sel(age=40).min()) > 0
    told = migration_rates(here, after, there, ten_years_later(there), survival_ratio=longer)
    assert float(abs(told).max()) < 1e-12


@quick
@given(seeds, st.floats(-30, 30))
def test_rates_are_moved_to_a_level(seed, per_1000):
    """The crude rate is the one that was asked for, and ages at which nobody moved are left alone."""
    rng = np.random.default_rng(seed)
    rates, persons = rng.uniform(-0.02, 0.02, (2, 101)) * (np.arange(101) > 3), rng.uniform(1, 9, (2, 101))
    moved = at_level(rates, persons, per_1000)
    assert 1000 * (moved * persons).sum() / persons.sum() == pytest.approx(per_1000, abs=1e-9)
    assert not moved[:, :4].any()


CENSUS = census(1)
MEN = CENSUS * xr.DataArray([0, 1], coords={"sex": SEX}, dims="sex")
EMPTY = CENSUS * xr.where(CENSUS["age"] == 30, 0, 1)
REST = (CENSUS, CENSUS, CENSUS)
BAD = [
    (lambda: tfr_ratio(MEN, CENSUS, SCHEDULE), "no women aged 15-49, so fertility cannot be measured"),
    (lambda: migration_rates(EMPTY, *REST), "A five-year cohort is empty in one of the two censuses"),
    (lambda: migration_rates(CENSUS, *REST, years=7), "are 7 years apart; cohorts can be followed over multiples of 5"),
    (lambda: migration_rates(CENSUS.isel(age=[0, 4]), *REST), "Age 5 is not a lower bound"),
]


@pytest.mark.parametrize(("call", "sentence"), BAD)
def test_bad_census_is_refused_in_a_sentence(call, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        call()
