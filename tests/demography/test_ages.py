"""Age groups: split, summed, raked and carried forward, nobody is lost and published totals are met."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import AGE, counts, people, quick

from yilaolib import DataError, age_standard, census_pyramids, graduate, group_ages, persons, rake
from yilaolib.demography.ages import as_array, bend, carry_forward

LAYOUTS = ([0, 1, *range(5, 90, 5)], list(range(0, 105, 5)), [0, 60], [0, 3, 15, 60, 65, 80], [0], [0, 15, 65, 99])
NESTED = ((0, None), (60, None), (65, None), (0, 3))
ONES = pd.Series(np.ones(101))
filled = st.lists(st.floats(1, 1e5), min_size=101, max_size=101)


@st.composite
def groups(draw):
    """A population in age groups, some of them empty."""
    ages = draw(st.sampled_from(LAYOUTS))
    return pd.Series(draw(counts(len(ages))), index=ages)


@quick
@given(groups())
def test_graduation_keeps_every_group(population):
    """Single ages are never negative and sum back to the groups that they came from."""
    single = graduate(population)
    assert single.min() >= 0
    back = group_ages(single, edges=population.index)
    np.testing.assert_allclose(back, population, rtol=1e-9, atol=1e-9 * population.sum())


def test_open_group_falls_off_from_the_ages_below():
    """The single ages of the open group fall by one ratio, and start below the last closed age."""
    falling = np.linspace(1000, 150, 17)
    single = graduate(pd.Series([*falling, 200.0], index=range(0, 90, 5)))
    ratios = (single.loc[86:] / single.loc[85:99].to_numpy()).to_numpy()
    assert single.loc[85] < single.loc[84] and ratios.max() < 1
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-9)


def test_areas_with_other_open_groups_share_a_frame():
    """A county that prints 85+ and a nation that prints 100+ are both summed to 60+; what no row has stays missing."""
    rows = [("a", 2020, 0, 5.0), ("a", 2020, 60, 2.0), ("a", 2020, 85, 1.0), ("b", 2010, 0, 7.0), ("b", 2010, 60, 4.0)]
    grouped = group_ages(pd.DataFrame(rows, columns=["area", "year", "age", "persons"]), edges=(0, 60))
    assert grouped.set_index(["area", "year", "age"])["persons"].to_dict() == {
        ("a", 2020, 0): 5, ("a", 2020, 60): 3, ("b", 2010, 0): 7, ("b", 2010, 60): 4,
    }  # fmt: skip


def total(population, low, high):
    return float(population.loc[low : 100 if high is None else high - 1].sum())


@quick
@given(filled, st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_nested_margins_are_met(shape, under_3, middle, aged_60_64, aged_65):
    """Total, 60+, 65+ and 0-2 come out as they were given."""
    aged_60 = aged_60_64 + aged_65
    margins = dict(zip(NESTED, (under_3 + middle + aged_60, aged_60, aged_65, under_3), strict=True))
    raked = rake(pd.Series(shape), margins)
    for key, wanted in margins.items():
        assert total(raked, *key) == pytest.approx(wanted, rel=1e-9, abs=1e-6)


@settings(quick, max_examples=3)
@given(filled, filled)
def test_crossing_margins_are_met(shape, other):
    """0-64, 60+ and 15-79 overlap; the margins of any real pyramid can be met all the same."""
    keys = ((0, 65), (60, None), (15, 80))
    margins = {key: total(pd.Series(other), *key) for key in keys}
    raked = rake(pd.Series(shape), margins)
    for key, wanted in margins.items():
        assert total(raked, *key) == pytest.approx(wanted, rel=1e-6)


@quick
@given(filled, filled)
def test_proportions_within_a_range_stay(female, male):
    """Ages and sexes between two margins keep their proportions: only three factors are at work."""
    before = people(female, male)
    after = rake(before, {(0, None): 1e6, (60, None): 2e5, (65, None): 1e5})
    factor = (after / before).to_numpy()
    for low, high in ((0, 60), (60, 65), (65, 101)):
        np.testing.assert_allclose(factor[:, low:high], factor[0, low], rtol=1e-9)


def test_cohorts_fare_as_the_parent_s():
    """A tenth of the parent carried forward is a tenth of the parent ten years later, in every group."""
    above = census_pyramids("jiangxi")
    there = carry_forward(above[2010] / 10, above[2010], above[2020])
    np.testing.assert_allclose(there, group_ages(above[2020], edges=range(0, 90, 5)).transpose("sex", "age") / 10)


def test_bending_follows_the_own_balance():
    """More of 65+ against 60-64 than in the parent means more of 80+ within 65+ than in the parent."""
    parent = age_standard(2020)
    young, old = persons(parent, 60, 65), persons(parent, 65)
    bent = bend(parent, {(60, None): young + 1.5 * old, (65, None): 1.5 * old})
    assert persons(bent, 80) / persons(bent, 65) > persons(parent, 80) / old
    xr.testing.assert_equal(bent.sel(age=slice(0, 64)), parent.sel(age=slice(0, 64)))


GROUPS = pd.Series([1.0, 1.0, 1.0], index=[0, 60, 85])
BAD = [
    (lambda: as_array(pd.DataFrame({"age": [0], "people": [1]})), "needs the columns 'age' and 'persons'; it has"),
    (lambda: as_array(pd.DataFrame({"age": [0, 0], "persons": [1, 2]})), "has age 0 twice. Each key may come once"),
    (lambda: as_array(xr.DataArray([1.0], dims="years")), r"needs an axis 'age'.*'years': 1"),
    (lambda: as_array([1, 2]), "must be a Series indexed by age, a DataFrame, .* not list"),
    (lambda: as_array(pd.Series([1.0, 2.0], index=["0-4", "5+"])), r"whole numbers.*\['0-4', '5\+'\]"),
    (lambda: as_array(pd.Series([1.0, -2.0], index=[0, 5])), "negative; the smallest value is -2"),
    (lambda: graduate(pd.Series([1.0, 2.0], index=[5, 60])), "start at 0.*they run from 5 to 60"),
    (lambda: graduate(pd.Series([1.0, np.nan], index=[0, 5])), "lacks persons at age 5"),
    (lambda: graduate(GROUPS, standard=GROUPS), r"must have all single ages 0 ... 100; use graduate\(\)"),
    (lambda: group_ages(GROUPS, edges=(0, 3)), r"Age 3 is not a lower bound of this population \(\[0, 60, 85\]\)"),
    (lambda: rake(ONES, {(60, None): 100, (65, None): 200}), r"65\+ \(200 persons\) is larger than 60\+ \(100\)"),
    (lambda: rake(ONES, {(0, None): 100, (0, 15): 60, (60, None): 50}), r"margins inside 0\+ sum to more than its 100"),
    (lambda: rake(ONES, {(0, None): 100, (0, 60): 60, (60, None): 30}), r"contradict one another: 0\+ = 100, 0-59"),
    (lambda: rake(ONES, {(60, None): -1}), r"margin 60\+ is -1; it must be a number of persons, 0 or more"),
    (lambda: rake(ONES.where(AGE < 60, 0), {(60, None): 7}), r"Nobody in the given pyramid is aged 60\+.*asks for 7"),
    (lambda: rake(GROUPS, {(65, None): 1}), r"margin 65\+ cuts an age group at 65. graduate\(\) the pyramid first"),
]


@pytest.mark.parametrize(("call", "sentence"), BAD)
def test_bad_population_is_refused_in_a_sentence(call, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        call()
