"""Daycare places: the plans' own sums come out, and every input pulls the way that it should."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import CITIES, future_of, quick

from yilaolib.demography.projection import project
from yilaolib.errors import DataError
from yilaolib.needs.daycare import triangulate_places
from yilaolib.needs.methods import implied_coverage, places_by_coverage, places_by_intention, places_by_norm


def test_norm_at_the_census():
    """4.5 places per 1000 of the 161.9万 residents of 景德镇 at the census are 7,286, not the 7,367 of the plan."""
    assert round(places_by_norm(1_619_000, 4.5)) == 7_286


def test_intention_by_hand():
    """Of 10,000 children 45 % wish and 40 % of these come: 1,800, as by the 18 % use that 涟水 prints."""
    assert places_by_intention(10_000, 0.45, 0.4) == pytest.approx(1_800)
    assert places_by_coverage(10_000, 0.18) == pytest.approx(1_800)


METHODS = {  # inputs, and for each whether more of it gives more (+1) or less (-1)
    places_by_norm: {"population": (1_619_000, 1), "places_per_1000": (4.5, 1)},
    places_by_coverage: {"children": (30_000, 1), "coverage": (0.33, 1)},
    places_by_intention: {"children": (30_000, 1), "wish": (0.45, 1), "conversion": (0.4, 1)},
    implied_coverage: {"places": (4_036, 1), "children": (58_000, -1)},
}
EFFECTS = [(method, name) for method, inputs in METHODS.items() for name in inputs]


@pytest.mark.parametrize(("method", "name"), EFFECTS, ids=[f"{m.__name__}-{n}" for m, n in EFFECTS])
@quick
@given(factor=st.floats(1.01, 2))
def test_direction_and_size_of_every_input(method, name, factor):
    """A factor on one input is that factor, or its inverse, on the result."""
    inputs = {key: value for key, (value, _) in METHODS[method].items()}
    sign = METHODS[method][name][1]
    changed = method(**{**inputs, name: inputs[name] * factor})
    assert changed == pytest.approx(method(**inputs) * factor**sign)


@quick
@given(st.floats(1, 1e7), st.floats(1, 1e5), st.floats(0.1, 20))
def test_norm_means_the_coverage_that_it_implies(people, children, norm):
    """The places of a norm, as a share of the children, are the places that this share asks for."""
    places = places_by_norm(people, norm)
    assert implied_coverage(places, children) * children == pytest.approx(places)


@pytest.mark.parametrize(
    "form", [pd.Series, np.array, lambda x: xr.DataArray(x, dims="year")], ids=["pandas", "numpy", "xarray"]
)
def test_no_children_no_coverage(form):
    """Where there are no children the coverage is missing, not infinite."""
    coverage = np.asarray(implied_coverage(100.0, form([50.0, 0.0])))
    assert coverage[0] == 2
    assert np.isnan(coverage[1])


BAD = {
    "negative people": (
        lambda: places_by_norm(-1, 4.5),
        r"population has a negative value \(-1\); it must be 0 or more",
    ),
    "negative in a series": (
        lambda: implied_coverage(pd.Series([np.nan, -2.0]), 5),
        r"places has a negative value \(-2\)",
    ),
    "coverage in percent": (
        lambda: places_by_coverage(100, 33),
        r"coverage is 33; it is a share and must lie between 0 and 1 \(45 % is 0.45\)",
    ),
    "wish in percent": (lambda: places_by_intention(100, pd.Series([0.4, 45.0])), "wish is 45; it is a share"),
    "negative conversion": (lambda: places_by_intention(100, 0.45, -0.1), "conversion is -0.1; it is a share"),
    "a year too late": (
        lambda: triangulate_places("haian", 2051, population=future_of("haian")),
        "year is 2051; the projection runs from 2020 to 2050",
    ),
    "an unknown city": (lambda: triangulate_places("haiyan", 2025), "area 'haiyan' is not in areas.csv"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_a_sentence(name):
    """The error names what came and what is allowed."""
    call, sentence = BAD[name]
    with pytest.raises(DataError, match=sentence):
        call()


def places_of(city, year=2025):
    return triangulate_places(city, year, population=future_of(city)).set_index("method")


@pytest.mark.parametrize("city", [*CITIES, "jiangxi"])
def test_every_method_has_a_row(city):
    """A method whose inputs are not published stays as a row without numbers that says so."""
    table = places_of(city)
    assert {"plan_places", "norm_places", "coverage", "intention"} <= set(table.index)
    assert (table["central"].isna() == table["inputs"].str.contains("not published")).all()
    assert table["basis"].isin(["plan", "need", "use"]).all()


def test_jingdezhen_by_its_plan():
    """The plan's own 7,367 places stand as printed."""
    assert places_of("jingdezhen").loc["plan_places", "central"] == 7_367


def test_norm_uses_the_residents_of_the_year():
    """4.5 places per 1000 projected residents of that year."""
    people = float(future_of("jingdezhen").population.sel(year=2030).sum())
    assert places_of("jingdezhen", 2030).loc["norm_places", "central"] == pytest.approx(0.0045 * people)


def test_coverage_is_of_three_single_ages():
    """33 % and 45 % of those aged 0, 1 and 2, and the middle between them."""
    children = float(future_of("jingdezhen").population.sel(year=2030, age=[0, 1, 2]).sum())
    row = places_of("jingdezhen", 2030).loc["coverage"]
    assert [row["lower"], row["central"], row["upper"]] == pytest.approx(
        [0.33 * children, 0.39 * children, 0.45 * children]
    )
    assert row["implied_coverage"] == pytest.approx(0.39)


def test_coverage_reached_by_the_norm_rises_as_births_fall():
    """The same norm covers a larger share of fewer children: more in 2035 than in 2021."""
    early, late = (places_of("yueyang", year).loc["norm_places", "implied_coverage"] for year in (2021, 2035))
    assert late > early


def test_projection_with_draws_serves_as_well():
    """With draws the need is a median, near the need of the central path."""
    drawn = project("haian", end_year=2030, draws=30, seed=1)
    table = triangulate_places("haian", 2030, population=drawn).set_index("method")
    assert table.loc["norm_places", "central"] == pytest.approx(
        places_of("haian", 2030).loc["norm_places", "central"], rel=0.05
    )
