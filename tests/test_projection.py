"""Projections of an area: they start from its census, balance, and follow their assumptions."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from oracles import CENSUS_2020, CITIES, brief_of, future_of

from yilaolib.demography.local import census_pyramids, local_parameters
from yilaolib.demography.measures import elderly_share, persons
from yilaolib.demography.projection import Scenario, project
from yilaolib.errors import DataError
from yilaolib.tables.areas import cite

ALL = ("sex", "age")


@pytest.fixture(scope="module")
def drawn():
    return project("jingdezhen", end_year=2050, draws=200, seed=7)


@pytest.mark.parametrize("city", CITIES)
def test_starts_two_months_after_the_census(city):
    """From 1 November to 31 December an area changes by a sixth of what it changes in the year that follows."""
    total = future_of(city).population.sum(ALL)
    first_year = float(total.sel(year=2021) - total.sel(year=2020))
    assert float(total.sel(year=2020)) - CENSUS_2020[city][0] == pytest.approx(
        first_year / 6, abs=0.05 * abs(first_year)
    )


def test_pyramid_is_the_one_of_the_census():
    """Each census pyramid has both sexes and the published total."""
    pyramids = census_pyramids("haian", None)
    assert set(pyramids) >= {2010, 2020}
    assert float(pyramids[2020].sum()) == CENSUS_2020["haian"][0]


@pytest.mark.parametrize("scenario", ["low", "medium", "high", "zero-migration"])
def test_balance_of_every_scenario(scenario):
    """P1 = P0 + B - D + M for each sex and year."""
    out = future_of("yueyang", scenario)
    totals = out.population.sum("age").transpose("year", "sex").to_numpy()
    flows = out.births - out.deaths + out.net_migration.sum("age", skipna=False)
    np.testing.assert_allclose(np.diff(totals, axis=0), flows.transpose("year", "sex").to_numpy()[:-1], atol=1e-4)
    assert float(out.population.min()) >= 0


def test_births_follow_the_fertility_scenario():
    """From 2024 on, when the variants part, low has fewer births than medium and high has more, every year."""
    low, medium, high = (
        future_of("yueyang", s).births.sum("sex").sel(year=slice(2023, 2049)).to_numpy()
        for s in ("low", "medium", "high")
    )
    assert (low < medium).all() and (medium < high).all()


def test_fertility_does_not_touch_those_already_born():
    """Whoever was born before 2020 is as many under every fertility scenario: ages 31 and over in 2050."""
    low, high = (future_of("yueyang", s).population.sel(year=2050, age=slice(31, 100)) for s in ("low", "high"))
    np.testing.assert_allclose(low, high, rtol=1e-12)


def test_zero_migration_moves_nobody():
    """In the scenario without migration nobody comes or goes; in the medium one somebody does."""
    assert float(abs(future_of("haian", "zero-migration").net_migration).sum()) == 0
    assert float(abs(future_of("haian").net_migration).sum()) > 0


def test_nation_is_closed():
    """The nation has no local migration and no distance to its own fertility and mortality."""
    levels = local_parameters("china").set_index("parameter")["value"]
    assert levels[["e0_offset", "tfr_ratio", "net_migration_per_1000"]].tolist() == [0.0, pytest.approx(1.0), 0.0]


def test_nation_stays_near_the_united_nations():
    """World Population Prospects 2024 has 1,255 million at the end of 2050; from the census, 3 % at most away."""
    assert float(future_of("china").population.sel(year=2050).sum()) == pytest.approx(1.255e9, rel=0.03)


@pytest.mark.parametrize(("city", "offset"), [("yingtan", 76 - 78.0191), ("lianshui", 78.25 - 78.0191)])
def test_mortality_is_the_printed_life_expectancy_less_the_nation_s(city, offset):
    """鹰潭 prints 76 years for 2020, 涟水's prefecture 78.25, the UN 78.0191 for the nation."""
    levels = local_parameters(city).set_index("parameter")
    assert levels.loc["e0_offset", "value"] == pytest.approx(offset, abs=1e-4)


@pytest.mark.parametrize("city", CITIES)
def test_every_level_names_its_source(city):
    """Levels of an area are numbers with a unit and a document."""
    levels = local_parameters(city)
    assert {"e0_offset", "tfr_ratio", "net_migration_per_1000"} <= set(levels["parameter"])
    assert levels["source"].str.len().min() > 0


@pytest.mark.parametrize("city", CITIES)
def test_65_and_over_are_among_60_and_over(city):
    """In no year are there more aged 65+ than 60+, or 80+ than 65+."""
    future = future_of(city)
    shares = [elderly_share(future, age) for age in (60, 65, 80)]
    assert (shares[0] > shares[1]).all() and (shares[1] > shares[2]).all()


@pytest.mark.parametrize("name", ["景德镇市", "景德镇", "Jingdezhen", "360200", 360200])
def test_any_name_of_an_area(name):
    """Slug, Chinese and English name and code give one and the same projection."""
    assert project(name, end_year=2022).equals(future_of("jingdezhen", end_year=2022))


def test_horizon_does_not_change_the_years_before_it():
    """A projection to 2030 is the beginning of the one to 2050."""
    np.testing.assert_allclose(
        project("haian", end_year=2030).population, future_of("haian").population.sel(year=slice(2030)), rtol=1e-12
    )


def test_longer_life_means_more_elderly():
    """Three years of life expectancy more, and more are 80 and over in every later year."""
    short, long = (project("haian", scenario=Scenario("mine", e0=e0), end_year=2035) for e0 in (78, 81))
    assert (persons(long, 80) > persons(short, 80)).sel(year=slice(2021, None)).all()


def test_higher_fertility_means_more_births():
    """A higher level of the area against the nation brings more births in every year."""
    few, many = (project("haian", scenario=Scenario("mine", tfr_ratio=r), end_year=2035) for r in (0.8, 1.2))
    assert (many.births.sum("sex") > few.births.sum("sex")).sel(year=slice(2020, 2034)).all()


def test_more_migration_moves_more():
    """Twice the rates move more, in the same direction, in the first year."""
    once, twice = (
        project("yueyang", scenario=Scenario("mine", net_migration_factor={2020: factor}), end_year=2022)
        .net_migration.sel(year=2020).sum().item()
        for factor in (1.0, 2.0)
    )  # fmt: skip
    assert abs(twice) > 1.9 * abs(once) > 0 and twice * once > 0


@pytest.mark.parametrize("per_1000", [-12.0, 0.0, 7.0])
def test_level_of_migration_is_the_users(per_1000):
    """With a level of one's own the first year's net migration is that many per 1000, whichever way the area moves."""
    mine = Scenario("mine", net_migration_per_1000=per_1000)
    future = project("yueyang", scenario=mine, end_year=2022)
    moved = float(future.net_migration.sel(year=2020).sum() / future.population.sel(year=2020).sum())
    assert 1000 * moved == pytest.approx(per_1000, abs=0.3)


def test_level_of_migration_holds_where_the_sexes_are_out_of_balance():
    """In Hai'an, where men are missing, a level of one's own is met too: the pull moves nobody on balance."""
    future = project("haian", scenario=Scenario("mine", net_migration_per_1000=-5.0), end_year=2022)
    moved = float(future.net_migration.sel(year=2020).sum() / future.population.sel(year=2020).sum())
    assert 1000 * moved == pytest.approx(-5.0, abs=0.1)


def test_level_of_migration_in_the_user_s_table(tmp_path):
    """A row of `assumptions` for the area moves its rates as a scenario does, and is told with its source."""
    row = "area,parameter,year,value,unit,source\nyueyang,net_migration_per_1000,2022,-3,per 1000 and year,judged\n"
    (tmp_path / "assumptions.csv").write_text(row, encoding="utf-8")
    level = local_parameters("yueyang", root=tmp_path).set_index("parameter").loc["net_migration_per_1000"]
    assert (level["value"], level["source"], level["year"]) == (pytest.approx(-3), "judged", 2022)
    told = project("yueyang", scenario=Scenario("x", net_migration_per_1000=-3.0), end_year=2025).population
    np.testing.assert_allclose(
        project("yueyang", scenario=Scenario("x"), end_year=2025, root=tmp_path).population, told
    )


def test_same_seed_same_draws(drawn):
    """The same seed gives the same futures, another one others."""
    again = project("jingdezhen", end_year=2050, draws=200, seed=7)
    other = project("jingdezhen", end_year=2050, draws=200, seed=8)
    assert again.equals(drawn)
    assert not other.equals(drawn)


def test_draws_start_from_one_census(drawn):
    """The range opens with the years: under 1 % two months after the census, and wider every so many years."""
    total = drawn.population.sum(ALL)
    spread = total.quantile(0.9, "draw") - total.quantile(0.1, "draw")
    assert float(spread.sel(year=2020) / total.sel(year=2020).mean()) < 0.01
    assert (spread.sel(year=[2020, 2021, 2025, 2035, 2050]).diff("year") > 0).all()


def test_central_path_lies_within_its_range(drawn):
    """In every later year 80 % of the draws lie around the path without draws, for the old and the young."""
    central = future_of("jingdezhen")
    for low, high in ((0, None), (60, None), (0, 3)):
        spread = persons(drawn, low, high).quantile([0.1, 0.5, 0.9], "draw").sel(year=slice(2025, 2050))
        path = persons(central, low, high).sel(year=slice(2025, 2050))
        assert (spread.sel(quantile=0.1) < path).all() and (path < spread.sel(quantile=0.9)).all()
        assert (spread.diff("quantile") > 0).all()


def test_every_draw_balances(drawn):
    """P1 = P0 + B - D + M in each draw, and none of them has a negative cell."""
    flows = (drawn.births - drawn.deaths + drawn.net_migration.sum("age", skipna=False)).sum("sex", skipna=False)
    totals = drawn.population.sum(ALL).transpose("year", "draw").to_numpy()
    np.testing.assert_allclose(np.diff(totals, axis=0), flows.transpose("year", "draw").to_numpy()[:-1], atol=1e-3)
    assert float(drawn.population.min()) >= 0


def test_projection_says_what_it_is():
    """The area, the scenario and the dates of the start are in the result."""
    attrs = future_of("jingdezhen", "high").attrs
    assert attrs["area"] == "jingdezhen" and attrs["scenario"] == "high"
    assert (attrs["base"], attrs["census"]) == ("2020-12-31", "2020-11-01")


def test_projection_names_its_documents():
    """The census, the local levels and the national paths stand behind a projection and can be cited."""
    cited = cite(future_of("jingdezhen", "high"))["source"].tolist()
    assert {"nbs-census-2020-county", "jiangxi-e0-2021", "un-wpp-2024"} <= set(cited)


def test_scenario_is_straight_between_its_years():
    """0 until 2025, 0.3 from 2035 on, 0.15 halfway."""
    mine = Scenario("mine", tfr_offset={2035: 0.3, 2025: 0.0})
    assert mine.at("tfr_offset", [2020, 2030, 2035, 2050]).tolist() == pytest.approx([0, 0.15, 0.3, 0.3])


def test_mistyped_assumption_is_an_error():
    """A field that does not exist is refused, when made and when changed."""
    with pytest.raises(TypeError, match="tfr_offfset"):
        Scenario("mine", tfr_offfset={2025: 0.1})
    with pytest.raises(FrozenInstanceError):
        Scenario("mine").e0 = 80


def test_area_has_its_own_scenario(tmp_path):
    """A row of `assumptions` for the area comes before the row for all areas, and only there."""
    rows = (
        "area,scenario,parameter,year,value,unit,source\nhaian,medium,tfr_offset,2020,0.7,children per woman,judged\n"
    )
    (tmp_path / "assumptions.csv").write_text(rows, encoding="utf-8")
    assert Scenario.load("medium", area="haian", root=tmp_path).tfr_offset == {2020: 0.7}
    assert Scenario.load("medium", area="yingtan", root=tmp_path).tfr_offset == {2020: 0.0}


AREA = "area,level,adcode,name_zh,name_en,parent\nqidong,county,320681,启东市,Qidong,jiangsu\n"
BAD = {
    "area": (lambda: project("jingdezen"), "area 'jingdezen' is not in areas.csv. Did you mean 'jingdezhen'"),
    "scenario": (
        lambda: project("haian", scenario="hihg"),
        r"scenario 'hihg' is not in assumptions.csv; choose one of \[.*'zero-migration'\].* Did you mean 'high'\?",
    ),
    "past": (
        lambda: project("haian", end_year=2020),
        "end_year is 2020; it must be after the census of 2020 and at most 2100",
    ),
    "far future": (lambda: project("haian", end_year=2101), "end_year is 2101; .* at most 2100"),
    "draws": (lambda: project("haian", end_year=2025, draws=-5), "draws is -5; it must be a number of paths"),
    "e0 in months": (
        lambda: project("haian", end_year=2025, scenario=Scenario("mine", e0=780)),
        "Life expectancy runs from .* the tables cover 45 to 95",
    ),
    "empty path": (lambda: Scenario("mine", tfr_offset={}), "tfr_offset is {}; it must be a dict of at least one year"),
    "word in a path": (lambda: Scenario("mine", net_migration_factor={2025: "half"}), "2025: 'half'.* must be numbers"),
    "word for a level": (lambda: Scenario("mine", e0="high"), "e0 is 'high'; it must be a number"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_projection_is_refused_in_a_sentence(name):
    """The error names what came and what is allowed."""
    call, sentence = BAD[name]
    with pytest.raises(DataError, match=sentence):
        call()


def test_area_without_a_census_is_refused(tmp_path):
    """The error names the area, the table and what to do."""
    (tmp_path / "areas.csv").write_text(AREA, encoding="utf-8")
    with pytest.raises(DataError, match=r"population.csv has no residents by age and sex for 'qidong'. Add its census"):
        project("qidong", root=tmp_path)


def test_brief_and_projection_agree():
    """The ageing table of a brief holds the persons of the projection."""
    brief = brief_of("haian")
    expected = persons(future_of("haian", end_year=2035), 60).to_series()
    np.testing.assert_allclose(brief.ageing["aged_60"], expected)
