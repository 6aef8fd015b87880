"""The formulas: figures worked by hand, the direction of every input, what is refused; need against supply."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import quick

import yilaolib as yl

BY_HAND = {
    "the plan's 10,592: 300,000 beds of the province x 26.92 of 762.48": (
        yl.beds_by_share(300_000, 269_200, 7_624_800),
        10_592,
    ),
    "39 beds per 1000 of the census's elderly, which the plan prints as 10,500": (
        yl.beds_by_norm(269_220, 39),
        10_499.58,
    ),
    "4,059 beds for 26.92万, on the 32.41万 that the plan expects": (yl.beds_by_hold(4_059, 269_200, 324_100), 4_887),
    "9073: 3 % of 200,000": (yl.beds_by_rule(200_000, 0.03), 6_000),
    "740 residents and a quarter more, 85 % of the beds filled": (yl.beds_by_utilisation(740, 0.85, 1.25), 1_088.2),
    "4.5 places per 1000 residents, not the 7,367 of the plan": (yl.places_by_norm(1_619_000, 4.5), 7_285.5),
    "45 % wish, 40 % of these come": (yl.places_by_intention(10_000, 0.45, 0.4), 1_800),
    "the same by the 18 % use that 涟水 prints": (yl.places_by_coverage(10_000, 0.18), 1_800),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_worked_by_hand(case):
    """What plans print, and sums of one line."""
    found, wanted = BY_HAND[case]
    assert found == pytest.approx(wanted, abs=0.5)


def test_prevalence_by_hand():
    """40 % of 1,000 severe cases and 5 % of 2,000 mild ones are 500, in 625 beds of which 80 % are full."""
    levels = {"coords": {"level": ["mild", "severe"]}, "dims": "level"}
    need, shares = xr.DataArray([2000.0, 1000.0], **levels), xr.DataArray([0.05, 0.4], **levels)
    assert float(yl.beds_by_prevalence(need, shares, 0.8)) == pytest.approx(625)


METHODS = {  # inputs, and for each whether more of it asks for more (+1) or less (-1)
    yl.beds_by_share: {"weight": (269_200, 1), "total": (300_000, 1), "total_weight": (7_624_800, -1)},
    yl.beds_by_norm: {"elderly": (269_220, 1), "beds_per_1000": (39, 1)},
    yl.beds_by_hold: {"elderly": (324_100, 1), "beds": (4_059, 1), "elderly_then": (269_200, -1)},
    yl.beds_by_rule: {"elderly": (269_220, 1), "share": (0.03, 1)},
    yl.beds_by_prevalence: {"need": (8_500, 1), "institution_share": (0.3, 1), "occupancy": (0.6, -1)},
    yl.beds_by_utilisation: {"residents": (740, 1), "occupancy": (0.6, -1), "growth": (1.2, 1)},
    yl.places_by_norm: {"population": (1_619_000, 1), "places_per_1000": (4.5, 1)},
    yl.places_by_coverage: {"children": (30_000, 1), "coverage": (0.33, 1)},
    yl.places_by_intention: {"children": (30_000, 1), "wish": (0.45, 1), "conversion": (0.4, 1)},
    yl.implied_coverage: {"places": (4_036, 1), "children": (58_000, -1)},
}
EFFECTS = [(method, name) for method, inputs in METHODS.items() for name in inputs]


@pytest.mark.parametrize(("method", "name"), EFFECTS, ids=[f"{m.__name__}-{n}" for m, n in EFFECTS])
@quick
@given(factor=st.floats(1.01, 1.6))
def test_direction_and_size_of_every_input(method, name, factor):
    """A factor on one input is that factor, or its inverse, on the result."""
    inputs = {key: value for key, (value, _) in METHODS[method].items()}
    sign = METHODS[method][name][1]
    changed = method(**{**inputs, name: inputs[name] * factor})
    assert changed == pytest.approx(method(**inputs) * factor**sign)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_series_and_arrays_give_the_same_as_one_by_one(method):
    """Inputs by year come out by year, in the form in which they went in."""
    inputs = {key: value for key, (value, _) in METHODS[method].items()}
    first = next(iter(inputs))
    values = np.array([0.5, 0.8, 1.0]) * inputs.pop(first)
    alone = [method(**inputs, **{first: value}) for value in values]
    series = method(**inputs, **{first: pd.Series(values, index=[2020, 2021, 2022])})
    array = method(**inputs, **{first: xr.DataArray(values, coords={"year": [2020, 2021, 2022]}, dims="year")})
    pd.testing.assert_series_equal(series, pd.Series(alone, index=[2020, 2021, 2022]))
    assert array.dims == ("year",)
    np.testing.assert_allclose(array, alone)


@pytest.mark.parametrize("form", [pd.Series, np.array, lambda x: xr.DataArray(x, dims="year")])
def test_no_children_no_coverage(form):
    """Where there are no children the coverage is missing, not infinite."""
    coverage = np.asarray(yl.implied_coverage(100.0, form([50.0, 0.0])))
    assert coverage[0] == 2 and np.isnan(coverage[1])


BAD = {
    "weight of the place is larger than that of the whole": lambda: yl.beds_by_share(100, 6, 5),
    "weight of the whole area must be above 0": lambda: yl.beds_by_share(100, 0, 0),
    "elderly is -7; it must be 0 or more": lambda: yl.beds_by_norm(pd.Series([np.nan, 3.0, -7.0]), 39),
    "must be elderly at the date of the beds": lambda: yl.beds_by_hold(100, 0, 5),
    r"share is 3; it must be a share between 0 and 1 \(45 % is 0.45\)": lambda: yl.beds_by_rule(100, 3),
    r"occupancy is 85; it must be above 0 and at most 1 \(85 % is 0.85\)": lambda: yl.beds_by_utilisation(100, 85),
    "occupancy is 0; it must be above 0": lambda: yl.beds_by_prevalence(100, 0.4, 0),
    "conversion is -0.1; it must be a share": lambda: yl.places_by_intention(100, 0.45, -0.1),
    "supply is -2; it must be 0 or more": lambda: yl.shortfall(5.0, np.array([3.0, -2.0])),
    "demand has 3 values and supply has 2": lambda: yl.shortfall(np.ones(3), np.ones(2)),
    r"different labels \(2025, 2030\)": lambda: yl.shortfall(pd.Series([1.0], [2025]), pd.Series([1.0], [2030])),
    "values without labels": lambda: yl.shortfall(xr.DataArray(np.ones(2), dims="year"), np.ones(2)),
    "different labels; select the same": lambda: yl.shortfall(
        xr.DataArray(np.ones(2), dims="year"), xr.DataArray(np.ones(3), dims="year")
    ),
}


@pytest.mark.parametrize("sentence", BAD)
def test_bad_input_is_refused_in_a_sentence(sentence):
    """The error names what came and what is allowed; nothing is cut short or matched by chance."""
    with pytest.raises(yl.DataError, match=sentence):
        BAD[sentence]()


BEDS = st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=5, max_size=5)


@quick
@given(BEDS, BEDS)
def test_only_one_of_shortfall_and_surplus(demand, supply):
    """Their product is 0, neither is negative, and their difference is demand less supply."""
    gap = yl.shortfall(pd.Series(demand), pd.Series(supply))
    assert (gap["shortfall"] * gap["surplus"] == 0).all()
    assert gap[["shortfall", "surplus"]].min().min() >= 0
    np.testing.assert_allclose(gap["shortfall"] - gap["surplus"], np.subtract(demand, supply), atol=1e-6)


def test_plan_gap_by_hand():
    """A need of 10,500 beds and 4,059 there: 6,441 are missing, 38.66 % are covered."""
    row = yl.shortfall(10_500, 4_059).loc[0]
    assert row["shortfall"] == 6_441 and round(row["coverage_pct"], 2) == 38.66


def test_missing_stays_missing():
    """Where no supply is published there is no gap; where nothing is demanded, no coverage."""
    gap = yl.shortfall(pd.Series([10.0, 20.0]), pd.Series([np.nan, 5.0]))
    assert gap.loc[0, ["supply", "shortfall", "surplus", "coverage_pct"]].isna().all()
    assert gap.loc[1, "shortfall"] == 15
    none = yl.shortfall(0, 5).loc[0]
    assert none["surplus"] == 5 and np.isnan(none["coverage_pct"])


def test_arrays_are_set_against_one_another_by_name():
    """A demand by draw and a supply by year give a gap for each draw and year."""
    demand = xr.DataArray([5.0, 9.0], coords={"draw": [0, 1]}, dims="draw")
    supply = xr.DataArray([4.0, 6.0, 10.0], coords={"year": [2020, 2025, 2030]}, dims="year")
    gap = yl.shortfall(demand, supply)
    assert dict(gap.sizes) == {"draw": 2, "year": 3}
    assert gap["shortfall"].sel(draw=1).to_numpy().tolist() == [5, 3, 0]
