"""Fertility rates: whatever the schedule, the total is the one that was asked for."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import quick

from yilaolib.demography.lifetables import asfr, tfr
from yilaolib.errors import DataError

shares = st.lists(st.floats(0.01, 100), min_size=7, max_size=7)
FIVE_YEARS = range(15, 50, 5)


@quick
@given(st.floats(0, 8), shares)
def test_rates_sum_to_the_total(children, schedule):
    """The total of the single-age rates is the total fertility rate."""
    assert tfr(asfr(children, pd.Series(schedule, index=FIVE_YEARS))) == pytest.approx(children)


@quick
@given(shares)
def test_single_ages_keep_the_share_of_their_group(schedule):
    """Each five-year group keeps its share of the children, and no rate is negative."""
    rates = asfr(2.0, pd.Series(schedule, index=FIVE_YEARS))
    assert rates.min() >= 0
    kept = rates.groupby(rates.index // 5 * 5).sum() / 2
    np.testing.assert_allclose(kept, np.array(schedule) / sum(schedule), rtol=1e-9)


@quick
@given(shares)
def test_percent_and_shares_are_the_same(schedule):
    """A schedule is scaled to its sum, so its unit does not matter."""
    schedule = pd.Series(schedule, index=FIVE_YEARS)
    np.testing.assert_allclose(asfr(1.3, schedule), asfr(1.3, schedule * 100), rtol=1e-9)


def test_single_ages_are_taken_as_they_are():
    """A schedule by single age is not smoothed."""
    schedule = pd.Series([0.0, 3.0, 0.0, 1.0], index=[20, 21, 22, 23])
    assert asfr(2.0, schedule).tolist() == [0.0, 1.5, 0.0, 0.5]


def test_array_of_totals_keeps_its_dims():
    """Each year has the rates of its own total."""
    totals = xr.DataArray([1.0, 2.0], coords={"year": [2020, 2021]}, dims="year")
    rates = asfr(totals, pd.Series(1.0, index=FIVE_YEARS))
    assert rates.sizes == {"year": 2, "age": 35}
    np.testing.assert_allclose(tfr(rates), [1.0, 2.0])


@pytest.mark.parametrize("form", [lambda rates: rates, lambda rates: rates.to_xarray()], ids=["Series", "DataArray"])
def test_total_of_unequal_groups(form):
    """0.1 over five years, 0.1 over ten and 0.05 over ten more are 2 children."""
    rates = pd.Series([0.1, 0.1, 0.05], index=pd.Index([15, 20, 30], name="age"))
    assert float(tfr(form(rates))) == pytest.approx(2.0)


BAD = {
    "empty": (1.3, [0.0, 0.0], "must have a positive sum and the TFR must be 0 or more"),
    "negative total": (-1.0, [1.0, 1.0], "the TFR must be 0 or more"),
    "negative share": (1.3, [-1.0, 2.0], "The fertility schedule must be finite numbers, 0 or more"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_fertility_is_refused_in_a_sentence(name):
    """The error says what a schedule and a total must be."""
    children, schedule, sentence = BAD[name]
    with pytest.raises(DataError, match=sentence):
        asfr(children, pd.Series(schedule, index=[20, 25]))
