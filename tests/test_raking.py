"""A pyramid raked to published totals meets them, and is otherwise the pyramid that it was."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import AGE, people, quick

from yilaolib.demography.ages import rake
from yilaolib.errors import DataError

filled = st.lists(st.floats(1, 1e5), min_size=101, max_size=101)
NESTED = ((0, None), (60, None), (65, None), (0, 3))


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
@given(filled)
def test_margins_that_are_met_change_nothing(shape):
    """A pyramid raked to its own totals stays."""
    population = pd.Series(shape)
    np.testing.assert_allclose(rake(population, {key: total(population, *key) for key in NESTED}), shape, rtol=1e-12)


@quick
@given(filled, filled)
def test_proportions_within_a_range_stay(female, male):
    """Ages and sexes between two margins keep their proportions: only three factors are at work."""
    before = people(female, male)
    after = rake(before, {(0, None): 1e6, (60, None): 2e5, (65, None): 1e5})
    factor = (after / before).to_numpy()
    for low, high in ((0, 60), (60, 65), (65, 101)):
        np.testing.assert_allclose(factor[:, low:high], factor[0, low], rtol=1e-9)


def test_margin_of_zero_empties_its_range():
    """Where nobody is published, nobody is left."""
    assert rake(pd.Series(np.ones(101)), {(80, None): 0}).loc[80:].sum() == 0


def test_range_up_to_the_open_age_is_everybody():
    """0 to below 101 means the same as 0 and over, since model age 100 is open."""
    ones = pd.Series(np.ones(101))
    assert rake(ones, {(0, 101): 5000}).tolist() == rake(ones, {(0, None): 5000}).tolist()


def test_further_dims_give_the_same_as_one_by_one():
    """Each area is raked as if it were alone."""
    rows = np.random.default_rng(2).uniform(1, 9, (3, 101))
    areas = xr.DataArray(rows, coords={"area": list("abc"), "age": AGE}, dims=("area", "age"))
    together = rake(areas, {(60, None): 90})
    for i, area in enumerate("abc"):
        np.testing.assert_allclose(together.sel(area=area), rake(pd.Series(rows[i]), {(60, None): 90}), rtol=1e-12)


def test_order_of_the_margins_does_not_matter():
    """Nested margins give one answer, whichever is named first."""
    margins = {(0, None): 5000.0, (60, None): 900.0, (65, None): 600.0, (80, None): 100.0, (0, 3): 90.0}
    shape = pd.Series(np.linspace(90, 1, 101))
    backwards = dict(reversed(margins.items()))
    np.testing.assert_allclose(rake(shape, margins), rake(shape, backwards), rtol=1e-12)


ONES = pd.Series(np.ones(101))
GROUPS = pd.Series([1.0, 1.0, 1.0], index=[0, 60, 85])
BAD = {
    "65+ above 60+": (
        ONES,
        {(60, None): 100, (65, None): 200},
        r"margin 65\+ \(200 persons\) is larger than 60\+ \(100\), which contains it",
    ),
    "parts above the whole": (
        ONES,
        {(0, None): 100, (0, 15): 60, (60, None): 50},
        r"margins inside 0\+ sum to more than its 100 persons",
    ),
    "parts below the whole": (
        ONES,
        {(0, None): 100, (0, 60): 60, (60, None): 30},
        r"contradict one another: 0\+ = 100, 0-59 = 60, 60\+ = 30",
    ),
    "crossing, contradictory": (
        ONES,
        {(0, None): 100, (0, 65): 90, (60, None): 5},
        r"contradict one another: 0\+ = 100, 0-64 = 90, 60\+ = 5",
    ),
    "negative": (ONES, {(60, None): -1}, r"margin 60\+ is -1; it must be a number of persons, 0 or more"),
    "missing": (ONES, {(0, 3): float("nan")}, "margin 0-2 is nan; it must be a number"),
    "nobody there": (ONES.where(AGE < 60, 0), {(60, None): 7}, r"Nobody in the given pyramid is aged 60\+.*asks for 7"),
    "nobody in the ring": (
        ONES.where((AGE < 60) | (AGE > 64), 0),
        {(60, None): 90, (65, None): 20},
        r"aged 60\+ outside the narrower margins, but the margin asks for 70",
    ),
    "nobody in a crossing range": (
        ONES.where(AGE < 60, 0),
        {(0, 65): 90, (60, None): 20},
        r"Nobody.* is aged 60\+.*asks for 20",
    ),
    "none": (ONES, None, "margins is None; it must be a dict of totals by age range"),
    "empty": (ONES, {}, "margins is {}; it must be a dict"),
    "cut in a group": (GROUPS, {(65, None): 1}, r"margin 65\+ cuts an age group at 65. graduate\(\) the pyramid first"),
    "cut in the open group": (GROUPS, {(0, 86): 9}, "margin 0-85 cuts an age group at 86"),
}


@pytest.mark.parametrize("name", BAD)
def test_impossible_margins_are_refused_by_name(name):
    """The error names the margins that cannot be met."""
    population, margins, sentence = BAD[name]
    with pytest.raises(DataError, match=sentence):
        rake(population, margins)
