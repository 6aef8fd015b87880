"""Pyramids from totals: they meet the totals, and say how well they are filled."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from yilaolib.demography.ages import bend, graduate, group_ages
from yilaolib.demography.calibration import carry_forward
from yilaolib.demography.local import age_standard, census_pyramids, fill_pyramid
from yilaolib.demography.measures import persons
from yilaolib.errors import DataError
from yilaolib.tables.areas import load_table
from yilaolib.tables.figures import list_filled

RANGES = [(0, None), (0, 5), (60, None), (65, None)]


@pytest.fixture(scope="module")
def pyramids():
    """The city and its province at both censuses, by single age at the newer one."""
    city, above = census_pyramids("jingdezhen", None), census_pyramids("jiangxi", None)
    standard = age_standard(2020, None)
    single = {name: graduate(p[2020], standard=standard) for name, p in (("city", city), ("above", above))}
    return city, above, single


def fill(pyramids, **older):
    single = pyramids[2]
    margins = {ages: persons(single["city"], *ages) for ages in RANGES}
    return margins, fill_pyramid(margins, single["above"], parent_level="province", **older)


@pytest.mark.parametrize("with_older", [False, True])
def test_totals_are_met(pyramids, with_older):
    """The filled pyramid has exactly the printed totals."""
    older = {"older": pyramids[0][2010], "parent_older": pyramids[1][2010]} if with_older else {}
    margins, filled = fill(pyramids, **older)
    for (low, high), wanted in margins.items():
        assert persons(filled, low, high) == pytest.approx(wanted)


def test_older_census_says_more_than_the_parent(pyramids):
    """At 80 and over the own older census is nearer to the count than the province's shape."""
    _, plain = fill(pyramids)
    _, carried = fill(pyramids, older=pyramids[0][2010], parent_older=pyramids[1][2010])
    counted = persons(pyramids[2]["city"], 80)
    assert abs(persons(carried, 80) - counted) < abs(persons(plain, 80) - counted)


def test_every_cell_says_how_well_it_is_filled(pyramids):
    """Each cell has the method and the error of its broad age group in table fill_errors."""
    _, filled = fill(pyramids)
    errors = load_table("fill_errors").query("method == 'province'").set_index("age")["mape_pct"]
    assert set(filled["method"]) == {"province"}
    assert filled.set_index("age")["error_pct"].loc[85].tolist() == [errors[80]] * 2
    assert filled["error_pct"].notna().all()


def test_a_place_like_its_parent_is_filled_without_error(pyramids):
    """A tenth of the parent, given by its totals only, is a tenth of the parent at every age."""
    above = pyramids[2]["above"]
    filled = fill_pyramid({ages: persons(above, *ages) / 10 for ages in RANGES}, above, parent_level="province")
    np.testing.assert_allclose(filled["persons"], above.transpose("sex", "age").to_numpy().ravel() / 10)


def test_cohorts_fare_as_the_parent_s(pyramids):
    """A tenth of the parent carried forward is a tenth of the parent ten years later, in every group."""
    above = pyramids[1]
    there = carry_forward(above[2010] / 10, above[2010], above[2020])
    np.testing.assert_allclose(there, group_ages(above[2020], edges=range(0, 90, 5)).transpose("sex", "age") / 10)


def test_bending_follows_the_own_balance():
    """More of 65+ against 60-64 than in the parent means more of 80+ within 65+ than in the parent."""
    parent = age_standard(2020, None)
    young, old = persons(parent, 60, 65), persons(parent, 65)
    bent = bend(parent, {(60, None): young + 1.5 * old, (65, None): 1.5 * old})
    assert persons(bent, 80) / persons(bent, 65) > persons(parent, 80) / old
    xr.testing.assert_equal(bent.sel(age=slice(0, 64)), parent.sel(age=slice(0, 64)))


@pytest.fixture(scope="module")
def own_city(tmp_path_factory):
    """A folder with a city that has the census of 2010 and only totals of 2020: those of 景德镇."""
    folder, people = tmp_path_factory.mktemp("city"), load_table("population", area="jingdezhen")
    names = {"name_zh": "某某市", "name_en": "Mycity"}
    pd.DataFrame([{"area": "mycity", "level": "prefecture", "parent": "jiangxi", **names}]).to_csv(
        folder / "areas.csv", index=False
    )
    people[people["year"] == 2010].assign(area="mycity").to_csv(folder / "population.csv", index=False)
    now = people[people["year"] == 2020]
    totals = {"total": 0, "60plus": 60, "65plus": 65}
    row = {f"population_{name}": now.loc[now["age"] >= age, "persons"].sum() for name, age in totals.items()}
    pd.DataFrame([{"area": "mycity", "year": 2020, **row}]).to_csv(folder / "margins.csv", index=False)
    return folder


def test_own_older_census_fills_a_user_s_city(own_city, pyramids):
    """A city with an older census and totals is filled from that census, nearer to the count than from the parent."""
    filled = load_table("population", area="mycity", root=own_city).query("year == 2020")
    assert set(filled["source"]) == {"filled-from-parent"}
    counted = {age: persons(pyramids[0][2020], age) for age in (0, 60, 65, 80)}
    assert [persons(filled, age) for age in (0, 60, 65)] == pytest.approx([counted[age] for age in (0, 60, 65)])
    plain = fill_pyramid(
        {(age, None): counted[age] for age in (0, 60, 65)}, pyramids[2]["above"], parent_level="province"
    )
    assert abs(persons(filled, 80) - counted[80]) < abs(persons(plain, 80) - counted[80]) / 2


def test_a_city_filled_from_its_older_census_says_so(own_city):
    """What is told of the filling names the older census and how well such filling did."""
    note = list_filled("mycity", root=own_city).set_index("what").loc["population", "note_en"]
    errors = load_table("fill_errors").set_index(["method", "age"])["mape_pct"]
    assert "census of 2010" in note and f"80+ was missed by {errors['older_province', 80]:.1f} %" in note


WRONG = {
    "65+ above 60+": ({(0, None): 100, (60, None): 20, (65, None): 30}, {}, "65\\+ .* larger than 60\\+"),
    "unknown level": ({(0, None): 100}, {"parent_level": "provinz"}, "province"),
    "parent's older census missing": ({(0, None): 100}, {"older": age_standard(2010, None)}, "parent_older"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_by_name(name):
    """Contradicting totals and missing inputs are errors that say what to do."""
    margins, options, message = WRONG[name]
    with pytest.raises(DataError, match=message):
        fill_pyramid(margins, age_standard(2020, None), **{"parent_level": "nation", **options})
