"""Beds for the elderly: the plans' own sums come out, and every input pulls the way that it should."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import CITIES, future_of, quick

from yilaolib.demography.projection import project
from yilaolib.errors import DataError
from yilaolib.needs.beds import triangulate_beds
from yilaolib.needs.methods import (
    beds_by_hold,
    beds_by_norm,
    beds_by_prevalence,
    beds_by_rule,
    beds_by_share,
    beds_by_utilisation,
)


def test_share_of_the_province_as_jingdezhen_describes_it():
    """300,000 beds x 26.92 / 762.48 of the province's elderly are 10,592, which the plan prints as 10,500."""
    assert round(beds_by_share(300_000, 269_200, 7_624_800)) == 10_592


def test_holding_the_ratio_on_the_plan_s_own_elderly():
    """4,059 beds for 26.92万 elderly of 2020 are 4,887 for the 32.41万 that the plan expects in 2025."""
    assert round(beds_by_hold(4_059, 269_200, 324_100)) == 4_887


def test_norm_by_hand():
    """39 beds per 1000 of the census's 269,220 elderly are 10,499.58: the plan's 10,500 fits those of 2020."""
    assert beds_by_norm(269_220, 39) == pytest.approx(10_499.58)


def test_rule_by_hand():
    """9073: 3 % of 200,000 elderly are 6,000 beds."""
    assert beds_by_rule(200_000, 0.03) == pytest.approx(6_000)


def test_prevalence_by_hand():
    """40 % of 1,000 severe cases and 5 % of 2,000 mild ones are 500, in 625 beds of which 80 % are full."""
    levels = {"coords": {"level": ["mild", "severe"]}, "dims": "level"}
    need, shares = xr.DataArray([2000.0, 1000.0], **levels), xr.DataArray([0.05, 0.4], **levels)
    assert float(beds_by_prevalence(need, shares, 0.8)) == pytest.approx(625)


def test_utilisation_by_hand():
    """740 residents and a quarter more, in beds of which 85 % shall be filled, are 1,088 beds."""
    assert round(beds_by_utilisation(740, 0.85, 1.25)) == 1_088


METHODS = {  # inputs, and for each whether more of it asks for more beds (+1) or fewer (-1)
    beds_by_share: {"total": (300_000, 1), "weight": (269_200, 1), "total_weight": (7_624_800, -1)},
    beds_by_norm: {"elderly": (269_220, 1), "beds_per_1000": (39, 1)},
    beds_by_hold: {"beds": (4_059, 1), "elderly_then": (269_200, -1), "elderly": (324_100, 1)},
    beds_by_rule: {"elderly": (269_220, 1), "share": (0.03, 1)},
    beds_by_prevalence: {"need": (8_500, 1), "institution_share": (0.3, 1), "occupancy": (0.6, -1)},
    beds_by_utilisation: {"residents": (740, 1), "occupancy": (0.6, -1), "growth": (1.2, 1)},
}
EFFECTS = [(method, name) for method, inputs in METHODS.items() for name in inputs]


@pytest.mark.parametrize(("method", "name"), EFFECTS, ids=[f"{m.__name__}-{n}" for m, n in EFFECTS])
@quick
@given(factor=st.floats(1.01, 1.6))
def test_direction_and_size_of_every_input(method, name, factor):
    """A factor on one input is that factor, or its inverse, on the beds."""
    inputs = {key: value for key, (value, _) in METHODS[method].items()}
    sign = METHODS[method][name][1]
    changed = method(**{**inputs, name: inputs[name] * factor})
    assert changed == pytest.approx(method(**inputs) * factor**sign)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_series_and_arrays_give_the_same_as_one_by_one(method):
    """Inputs by year come out by year, in the form in which they went in."""
    inputs = {key: value for key, (value, _) in METHODS[method].items()}
    first = next(name for name in ("weight", "elderly", "need", "residents") if name in inputs)
    values = np.array([0.5, 0.8, 1.0]) * inputs.pop(first)
    alone = [method(**inputs, **{first: value}) for value in values]
    series = method(**inputs, **{first: pd.Series(values, index=[2020, 2021, 2022])})
    array = method(**inputs, **{first: xr.DataArray(values, coords={"year": [2020, 2021, 2022]}, dims="year")})
    pd.testing.assert_series_equal(series, pd.Series(alone, index=[2020, 2021, 2022]))
    assert array.dims == ("year",)
    np.testing.assert_allclose(array, alone)


BAD = {
    "share of more than all": (
        lambda: beds_by_share(100, 6, 5),
        "weight of the place is larger than that of the whole",
    ),
    "share of nobody": (lambda: beds_by_share(100, 0, 0), "weight of the whole area must be above 0"),
    "negative elderly": (lambda: beds_by_norm(-1, 39), r"elderly has a negative value \(-1\); it must be 0 or more"),
    "negative in a series": (
        lambda: beds_by_norm(pd.Series([np.nan, 3.0, -7.0]), 39),
        r"elderly has a negative value \(-7\)",
    ),
    "nobody to hold by": (lambda: beds_by_hold(100, 0, 5), "must be elderly at the date of the beds"),
    "rule in percent": (lambda: beds_by_rule(100, 3), "share is 3; it is a share and must lie between 0 and 1"),
    "share in percent": (lambda: beds_by_prevalence(100, 40, 0.85), "institution_share is 40; it is a share"),
    "occupancy in percent": (
        lambda: beds_by_utilisation(100, 85),
        r"occupancy is 85; it must be above 0 and at most 1 \(85 % is 0.85\)",
    ),
    "no occupancy": (lambda: beds_by_prevalence(100, 0.4, 0), "occupancy is 0; it must be above 0"),
    "a year too late": (
        lambda: triangulate_beds("haian", 2051, population=future_of("haian")),
        "year is 2051; the projection runs from 2020 to 2050",
    ),
    "a year too early": (lambda: triangulate_beds("haian", 2019), "year is 2019; the projection runs from 2020"),
    "an unknown city": (lambda: triangulate_beds("haiyan", 2025), "area 'haiyan' is not in areas.csv"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_a_sentence(name):
    """The error names what came and what is allowed."""
    call, sentence = BAD[name]
    with pytest.raises(DataError, match=sentence):
        call()


def beds_of(city, year=2025, **options):
    return triangulate_beds(city, year, population=future_of(city), **options).set_index("method")


@pytest.mark.parametrize("city", [*CITIES, "jiangxi"])
def test_every_method_has_a_row(city):
    """A method whose inputs are not published stays as a row without numbers that says so."""
    table = beds_of(city)
    assert {"plan_beds", "share", "norm", "hold", "rule_9073"} <= set(table.index)
    silent = table["inputs"].str.contains("not published")
    assert (table["central"].isna() == silent).all()
    assert table["basis"].isin(["plan", "need", "use"]).all()


@pytest.mark.parametrize("city", CITIES)
def test_range_holds_the_central_value(city):
    """Where a method has a range, its central value lies within."""
    table = beds_of(city).dropna(subset=["lower", "upper"])
    assert (table["lower"] <= table["central"] + 1e-9).all()
    assert (table["central"] <= table["upper"] + 1e-9).all()


def test_jingdezhen_by_the_methods_of_its_plan():
    """The plan's own 10,500 beds stand beside the 10,592 of the sum that it describes."""
    table = beds_of("jingdezhen")["central"]
    assert (table["plan_beds"], round(table["share"])) == (10_500, 10_592)


def test_norm_uses_the_elderly_of_the_year():
    """The norm's beds are those per 1000 of the projected 60+ of that year: 39 in 景德镇, later years have more."""
    elderly = future_of("jingdezhen").population.sel(age=slice(60, None)).sum(("sex", "age"))
    for year in (2025, 2040):
        assert beds_of("jingdezhen", year).loc["norm", "central"] == pytest.approx(
            0.039 * float(elderly.sel(year=year))
        )


def test_moving_methods_grow_with_the_elderly():
    """Norm, hold and rule grow from 2025 to 2035 by the same factor as the elderly do; the plan's figure stays."""
    early, late = (beds_of("jingdezhen", year)["central"] for year in (2025, 2035))
    elderly = future_of("jingdezhen").population.sel(age=slice(60, None)).sum(("sex", "age"))
    growth = float(elderly.sel(year=2035) / elderly.sel(year=2025))
    for method in ("norm", "hold", "rule_9073"):
        assert late[method] / early[method] == pytest.approx(growth)
    assert late["plan_beds"] == early["plan_beds"]


def test_projection_with_draws_serves_as_well():
    """With draws the central need is a median, near the need of the central path."""
    drawn = project("haian", end_year=2030, draws=30, seed=1)
    table = triangulate_beds("haian", 2030, population=drawn).set_index("method")
    assert table.loc["rule_9073", "central"] == pytest.approx(
        beds_of("haian", 2030).loc["rule_9073", "central"], rel=0.03
    )


def test_the_nation_has_its_methods_too():
    """China's own goal is none of the norms of plans, which stand beside it: 35 to 40 against 39 to 45."""
    norms = triangulate_beds("china", 2025).set_index("method")["central"]
    assert norms["norm_peers"] / norms["norm_national"] == pytest.approx(42.5 / 37.5)
