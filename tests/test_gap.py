"""Need against supply: either something is missing or something is to spare, never both."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import quick

from yilaolib.errors import DataError
from yilaolib.needs.methods import shortfall

beds = st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=5, max_size=5)


@quick
@given(beds, beds)
def test_only_one_of_shortfall_and_surplus(demand, supply):
    """Their product is 0, neither is negative, and their difference is demand less supply."""
    gap = shortfall(pd.Series(demand), pd.Series(supply))
    assert (gap["shortfall"] * gap["surplus"] == 0).all()
    assert gap[["shortfall", "surplus"]].min().min() >= 0
    np.testing.assert_allclose(gap["shortfall"] - gap["surplus"], np.subtract(demand, supply), atol=1e-6)


@quick
@given(beds, st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_supply_never_lacks_more(demand, supply, more):
    """A bed more lowers the shortfall or raises the surplus, and raises the coverage."""
    before, after = (shortfall(pd.Series(demand), there) for there in (supply, supply + more))
    assert (after["shortfall"] <= before["shortfall"]).all()
    assert (after["surplus"] >= before["surplus"]).all()
    assert (after["coverage_pct"].fillna(0) >= before["coverage_pct"].fillna(0)).all()


def test_plan_gap_by_hand():
    """A need of 10,500 beds and 4,059 there: 6,441 are missing, 38.66 % are covered."""
    row = shortfall(10_500, 4_059).loc[0]
    assert row["shortfall"] == 6_441
    assert round(row["coverage_pct"], 2) == 38.66


def test_missing_stays_missing():
    """Where no supply is published there is no gap, and none of 0 either."""
    gap = shortfall(pd.Series([10.0, 20.0]), pd.Series([np.nan, 5.0]))
    assert gap.loc[0, ["supply", "shortfall", "surplus", "coverage_pct"]].isna().all()
    assert gap.loc[1, "shortfall"] == 15


def test_coverage_of_no_demand_is_missing():
    """Where nothing is demanded, everything is surplus and no coverage can be given."""
    row = shortfall(0, 5).loc[0]
    assert row["surplus"] == 5
    assert np.isnan(row["coverage_pct"])


def test_index_of_years_stays():
    """One supply against a demand by year gives a row for each year."""
    gap = shortfall(pd.Series([5.0, 9.0], index=[2025, 2030]), 7)
    assert gap["shortfall"].to_dict() == {2025: 0, 2030: 2}
    assert gap["surplus"].to_dict() == {2025: 2, 2030: 0}


def test_arrays_are_set_against_one_another_by_name():
    """A demand by draw and a supply by year give a gap for each draw and year."""
    demand = xr.DataArray([5.0, 9.0], coords={"draw": [0, 1]}, dims="draw")
    supply = xr.DataArray([4.0, 6.0, 10.0], coords={"year": [2020, 2025, 2030]}, dims="year")
    gap = shortfall(demand, supply)
    assert dict(gap.sizes) == {"draw": 2, "year": 3}
    assert gap["shortfall"].sel(draw=1).to_numpy().tolist() == [5, 3, 0]


@pytest.mark.parametrize(("demand", "supply", "named"), [(-1.0, 5.0, "demand"), (5.0, np.array([3.0, -2.0]), "supply")])
def test_negative_beds_are_refused(demand, supply, named):
    """The error names which of the two is negative, and by how much."""
    with pytest.raises(DataError, match=rf"{named} has a negative value \(-\d\); it counts beds or places, 0 or more"):
        shortfall(demand, supply)


@pytest.mark.parametrize(
    ("demand", "supply", "said"),
    [
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0]), "demand has 3 values and supply has 2. Give as many"),
        (pd.Series([1.0, 2.0]), np.array([2.0]), "demand has 2 values and supply has 1"),
        (pd.Series([1.0], [2025]), pd.Series([1.0], [2030]), r"different labels \(2025, 2030\). Take the same ones"),
        (xr.DataArray([1.0, 2.0], dims="year"), np.array([1.0, 2.0]), "supply has 2 values without labels"),
        (
            xr.DataArray([1.0, 2.0], dims="year"),
            xr.DataArray([1.0, 2.0, 3.0], dims="year"),
            r"different labels along year \(2 and 3 values\)",
        ),
    ],
)
def test_unequal_lengths_are_refused(demand, supply, said):
    """Nothing is cut short or matched by chance: the error says how many values there are, and what to do."""
    with pytest.raises(DataError, match=said):
        shortfall(demand, supply)
