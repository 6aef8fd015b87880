"""What an area brings: levels from its own censuses, else from its parent's, and a pyramid from totals."""

import numpy as np
import pandas as pd
import pytest

from yilaolib import (  # isort: skip
    DataError, age_standard, census_pyramids, fill_pyramid, graduate, load_table, local_migration, local_parameters,
    persons,
)  # fmt: skip
from yilaolib.demography.cohorts import PULLED
from yilaolib.demography.local import expected_survival, launch_of

RANGES = [(0, None), (0, 5), (60, None), (65, None)]
CITIES = ["china", "yingtan", "jingdezhen", "yueyang", "lianshui", "haian"]


@pytest.fixture
def one_census(tmp_path):
    """A folder with a county of Jiangsu that has the census of 2020 only."""
    people = load_table("population", area="lianshui").query("year == 2020").assign(area="my-county")
    people.to_csv(tmp_path / "population.csv", index=False)
    names = {"name_zh": "我县", "name_en": "My County"}
    row = {"area": "my-county", "level": "county", "adcode": "320999", "parent": "jiangsu", **names}
    pd.DataFrame([row]).to_csv(tmp_path / "areas.csv", index=False)
    return tmp_path


def test_an_area_without_a_parent_has_the_life_expectancy_of_the_nation(one_census):
    """Who gives a census and names no province gets a projection all the same."""
    pd.read_csv(one_census / "areas.csv").assign(parent=None).to_csv(one_census / "areas.csv", index=False)
    assert launch_of("my-county", root=one_census).e0_offset == 0


def test_one_census_is_foreseen_from_its_columns(one_census):
    """An area of the user's with one census is foreseen from it: between the extremes of counties, and it is told."""
    level = local_parameters("my-county", root=one_census).set_index("parameter")
    assert level.note["net_migration_per_1000"] == "foreseen from columns of the census of 2020"
    assert abs(level.value["net_migration_per_1000"]) < 10
    assert not local_migration("my-county", one_census)[:, :3].any()


def test_more_movers_foretell_more_movers():
    """A place of 2010 to which many had come from other provinces goes on growing faster than one like it."""
    taken_in, sent = (launch_of(area, known=2010) for area in ("kunshan", "lianshui"))
    assert (taken_in.migration * taken_in.people).sum() > 0 > (sent.migration * sent.people).sum()


def test_changed_table_is_read_again(tmp_path):
    """A changed assumption counts at once, although levels are worked out once."""
    ratios = []
    for value in (1.5, 0.5):
        row = {"area": "haian", "parameter": "tfr_ratio", "value": value, "unit": "ratio", "source": "judged"}
        pd.DataFrame([row]).to_csv(tmp_path / "assumptions.csv", index=False)
        ratios.append(launch_of("haian", tmp_path).tfr_ratio)
    assert ratios == [1.5, 0.5]


def test_survival_of_the_own_life_expectancy_is_not_migration(tmp_path):
    """With a lower e0 fewer of the old are missing by migration, by what the lower survival explains."""
    row = {"area": "haian", "parameter": "e0", "year": 2020, "value": 70, "unit": "years", "source": "judged"}
    pd.DataFrame([row]).to_csv(tmp_path / "assumptions.csv", index=False)
    lived, as_published = (local_migration("haian", root) for root in (tmp_path, None))
    more = (1 + lived) / (1 + as_published) - 1
    assert 0 <= float(more.sel(age=slice(3, 40)).max()) < 0.003 < float(more.sel(age=slice(65, 80)).min())


def test_a_changed_result_leaves_the_next_one_alone():
    """Censuses and tables of levels are fresh each time, though worked out once."""
    census_pyramids("haian")[2020][:] = 0
    levels = local_parameters("haian")
    levels["value"] = 0
    assert float(census_pyramids("haian")[2020].sum()) > 0
    assert (local_parameters("haian")["value"] != 0).any()


@pytest.mark.parametrize("area", CITIES)
def test_every_level_is_told_with_its_source_and_in_both_languages(area):
    """Every level has a document and a note, and the Chinese note has no English words in it."""
    levels = local_parameters(area)
    assert {"e0_offset", "tfr_ratio", "net_migration_per_1000"} <= set(levels["parameter"])
    assert levels["note"].notna().all() and not levels["note_zh"].str.contains("[A-Za-z]").any()
    assert area == "china" or levels["source"].str.len().min() > 0


@pytest.mark.parametrize(("city", "offset"), [("yingtan", 76 - 78.0191), ("lianshui", 78.25 - 78.0191)])
def test_mortality_is_the_printed_life_expectancy_less_the_nation_s(city, offset):
    """鹰潭 prints 76 years for 2020, 涟水's prefecture 78.25, the UN 78.0191 for the nation."""
    levels = local_parameters(city).set_index("parameter")
    assert levels.loc["e0_offset", "value"] == pytest.approx(offset, abs=1e-4)


@pytest.mark.parametrize(("year", "sentence"), [("2022", "0.8"), ("", "without its year"), ("2190", "outside 19")])
def test_an_own_life_expectancy_needs_its_year(tmp_path, year, sentence):
    """The newest of the user's and ours counts: 79 in 2022 is 0.8 above the UN's 78.2; without year it is refused."""
    own = f"area,parameter,year,value,unit,source\nyingtan,e0,{year},79,years,judged\n"
    (tmp_path / "assumptions.csv").write_text(own)
    try:
        levels = local_parameters("yingtan", root=str(tmp_path)).set_index("parameter")["value"]
        told = str(levels.round(1)["e0_offset"])
    except DataError as error:
        told = str(error)
    assert sentence in told


def test_launch_has_one_rate_for_both_sexes_from_25_on():
    """Hai'an's men came back in 2010-2020; from 25 on the mean goes on, below it what was counted."""
    measured = local_migration("haian").to_numpy()
    ours = launch_of("haian").migration
    assert measured[1, 40] > measured[0, 40] + 0.01
    np.testing.assert_array_equal(ours[0, PULLED[0] :], ours[1, PULLED[0] :])
    np.testing.assert_array_equal(ours[:, : PULLED[0]], measured[:, : PULLED[0]])


@pytest.fixture(scope="module")
def pyramids():
    """The city and its province at both censuses, by single age at the newer one."""
    city, above = census_pyramids("jingdezhen"), census_pyramids("jiangxi")
    standard = age_standard(2020)
    single = {name: graduate(p[2020], standard=standard) for name, p in (("city", city), ("above", above))}
    return city, above, single


def fill(pyramids, **older):
    single = pyramids[2]
    margins = {ages: persons(single["city"], *ages) for ages in RANGES}
    return margins, fill_pyramid(margins, single["above"], parent_level="province", **older)


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


ONE, OLDER = {"parent": age_standard(2020), "parent_level": "nation"}, age_standard(2010)
BAD = [
    (lambda: fill_pyramid({(0, None): 100, (60, None): 20, (65, None): 30}, **ONE), r"65\+ .* larger than 60\+"),
    (lambda: fill_pyramid({(0, None): 100}, age_standard(2020), parent_level="provinz"), "province"),
    (lambda: fill_pyramid({(0, None): 100}, **ONE, older=OLDER), "parent_older"),
]


@pytest.mark.parametrize(("call", "sentence"), BAD)
def test_a_pyramid_that_cannot_be_is_refused_in_a_sentence(call, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        call()


@pytest.mark.parametrize("with_older", [False, True])
def test_totals_are_met(pyramids, with_older):
    """The filled pyramid has exactly the printed totals."""
    older = {"older": pyramids[0][2010], "parent_older": pyramids[1][2010]} if with_older else {}
    margins, filled = fill(pyramids, **older)
    for (low, high), wanted in margins.items():
        assert persons(filled, low, high) == pytest.approx(wanted)


def test_a_lower_life_expectancy_leaves_fewer_of_the_old():
    """Against the nation a place three years behind keeps fewer, the fewer the older; one that is level keeps all."""
    ratio = expected_survival(np.array([0.0, -3.0]), 2010, 2020)
    assert float(abs(ratio.isel(offset=0) - 1).max()) < 1e-12
    assert (ratio.isel(offset=1).sel(age=slice(40, 75)).diff("age") < 0).all()
