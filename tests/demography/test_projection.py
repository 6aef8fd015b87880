"""Projections: they start from the census, balance, follow their assumptions, and stray as far as they say."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from make_snapshots import FILE, snapshot
from oracles import CITIES, SEX, future_of

from yilaolib import DataError, Scenario, cite, load_table, local_parameters, persons, project, project_ranges
from yilaolib.demography.cohorts import log_sex_ratio
from yilaolib.demography.local import launch_of
from yilaolib.demography.projection import _e0, _tfr, nation_of, simulate
from yilaolib.texts import say

ALL = ("sex", "age")


def test_projected_figures_are_those_that_were_reviewed():
    """The projections are those of tests/snapshots; after a wanted change run `python tests/make_snapshots.py`."""
    pd.testing.assert_frame_equal(snapshot(), pd.read_csv(FILE), check_dtype=False, rtol=1e-5, atol=1)


@pytest.fixture(scope="module")
def drawn():
    return project("jingdezhen", end_year=2050, draws=200, seed=7)


@pytest.mark.parametrize("scenario", ["medium", "high", "zero-migration", "long-life"])
def test_balance_of_every_scenario(scenario):
    """P1 = P0 + B - D + M for each sex and year."""
    out = future_of("yueyang", scenario)
    totals = out.population.sum("age").transpose("year", "sex").to_numpy()
    flows = out.births - out.deaths + out.net_migration.sum("age", skipna=False)
    np.testing.assert_allclose(np.diff(totals, axis=0), flows.transpose("year", "sex").to_numpy()[:-1], atol=1e-4)
    assert float(out.population.min()) >= 0


def test_births_follow_the_fertility_scenario():
    """From 2026 on, when the variants part, low has fewer births than medium and high has more, every year."""
    low, medium, high = (
        future_of("yueyang", s).births.sum("sex").sel(year=slice(2025, 2049)).to_numpy()
        for s in ("low", "medium", "high")
    )
    assert (low < medium).all() and (medium < high).all()


def test_fertility_does_not_touch_those_already_born():
    """Whoever was born by 2025 is as many under every fertility scenario: ages 25 and over in 2050."""
    low, high = (future_of("yueyang", s).population.sel(year=2050, age=slice(25, 100)) for s in ("low", "high"))
    np.testing.assert_allclose(low, high, rtol=1e-12)


def test_nation_stays_near_the_united_nations():
    """World Population Prospects 2024 has 1,255 million at the end of 2050; from the census, 3 % at most away."""
    assert float(future_of("china").population.sel(year=2050).sum()) == pytest.approx(1.255e9, rel=0.03)


def test_local_fertility_draws_nearer_to_the_nation():
    """Twice the nation's fertility at the census is nearer to it ten years later, by the fitted share."""
    twice, same = (project("haian", scenario=Scenario("x", tfr_ratio=ratio)) for ratio in (2.0, 1.0))
    ratio = (twice.births.sum("sex") / same.births.sum("sex")).sel(year=2027)
    assert float(ratio) == pytest.approx(2 ** nation_of().spreads.tfr_ratio_persistence, rel=0.01)


@pytest.mark.parametrize("per_1000", [-12.0, 0.0, 7.0])
def test_level_of_migration_is_the_users(per_1000):
    """With a level of one's own the first year's net migration is that many per 1000, whichever way the area moves."""
    mine = Scenario("mine", net_migration_per_1000=per_1000)
    future = project("yueyang", scenario=mine, end_year=2022)
    moved = float(future.net_migration.sel(year=2020).sum() / future.population.sel(year=2020).sum())
    assert 1000 * moved == pytest.approx(per_1000, abs=0.3)


def test_level_of_migration_in_the_user_s_table(tmp_path):
    """A row of `assumptions` for the area moves its rates as a scenario does, and is told with its source."""
    row = "area,parameter,year,value,unit,source\nyueyang,net_migration_per_1000,2022,-3,per 1000 and year,judged\n"
    (tmp_path / "assumptions.csv").write_text(row, encoding="utf-8")
    level = local_parameters("yueyang", root=tmp_path).set_index("parameter").loc["net_migration_per_1000"]
    assert (level["value"], level["source"], level["year"]) == (pytest.approx(-3), "judged", 2022)
    given = {"end_year": 2025, "start": "census"}
    told = project("yueyang", scenario=Scenario("x", net_migration_per_1000=-3.0), **given).population
    np.testing.assert_allclose(project("yueyang", scenario=Scenario("x"), root=tmp_path, **given).population, told)


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


def test_projection_names_its_documents():
    """The census, the local levels and the national paths stand behind a projection and can be cited."""
    cited = cite(future_of("jingdezhen", "high"))["source"].tolist()
    assert {"nbs-census-2020-county", "jiangxi-e0-2021", "un-wpp-2024"} <= set(cited)


def test_areas_side_by_side_are_the_areas_alone():
    """Projecting two areas together gives each the figures and the draws that it has alone."""
    launches, nation = [launch_of(area) for area in ("haian", "yueyang")], nation_of()
    both = simulate(launches, Scenario("x"), 2026, nation, draws=4, seed=2)
    for launch in launches:
        alone = simulate([launch], Scenario("x"), 2026, nation, draws=4, seed=2)
        np.testing.assert_allclose(both.population.sel(area=launch.area), alone.population.sel(area=launch.area))


@pytest.fixture(scope="module")
def china():
    return project("china", end_year=2061, draws=1000, seed=0, start="census")


@pytest.mark.parametrize("flow", ["births", "deaths"])
@pytest.mark.parametrize("level", [80, 95])
def test_nation_spreads_as_the_united_nations_print(china, flow, level):
    """China's births and deaths of 2025-2060 have ranges as wide as WPP 2024's: 5 % off on average, nowhere 20 %."""
    years = np.arange(2025, 2061)
    printed = load_table("series", area="china").query("indicator == @flow").set_index("year").loc[years]
    tails = [0.5 - level / 200, 0.5 + level / 200]
    ours = china[flow].sum("sex").sel(year=years - 1).quantile(tails, "draw").diff("quantile").to_numpy()[0]
    off = ours / (printed[f"upper_{level}"] - printed[f"lower_{level}"]).to_numpy() - 1
    assert abs(off).mean() < 0.06 and abs(off).max() < 0.2


@pytest.mark.parametrize("level", [80, 95])
@pytest.mark.parametrize("name", ["tfr", "e0_female", "e0_male"])
def test_fertility_and_mortality_reach_the_printed_ends(name, level):
    """The fan of China's TFR and e0 ends where WPP 2024 prints it, within a tenth of the range's width."""
    years = np.arange(2024, 2061)
    nation, china, plain = nation_of("census"), launch_of("china"), Scenario("x")
    if name == "tfr":
        drawn = _tfr([china], plain, years, nation, 4000, 0, [])[:, 0]
    else:
        drawn = _e0([china], plain, years, nation, 4000, 0)[:, SEX.index(name.removeprefix("e0_")), 0]
    printed = load_table("series", area="china").query("indicator == @name").set_index("year").loc[years]
    lower, upper = printed[f"lower_{level}"].to_numpy(), printed[f"upper_{level}"].to_numpy()
    ours = np.quantile(drawn, [0.5 - level / 200, 0.5 + level / 200], axis=1)
    assert (abs(ours - np.stack([lower, upper])) / (upper - lower)).max() < 0.1


def test_no_draw_goes_below_the_floor_of_the_tables(tmp_path):
    """The lowest TFR of a draw is a row of `assumptions`: with a floor of 2 no draw has less."""
    row = "parameter,value,unit,source\nlowest_tfr,2,children per woman,judged\n"
    (tmp_path / "assumptions.csv").write_text(row, encoding="utf-8")
    paths = [np.zeros((10, 8, 20))]
    drawn = _tfr([launch_of("haian")], Scenario("x"), np.arange(2020, 2030), nation_of(root=tmp_path), 20, 0, paths)
    assert drawn.min() == 2.0


def test_ranges_are_the_quantiles_of_project():
    """What is kept of an area are the quantiles of its own draws, also of 南县, which moves as its prefecture does."""
    ranges = project_ranges(["haian", "yingtan", "海门区", "南县"], end_year=2030, draws=40, seed=3)
    for area in ("yingtan", "nan-430921"):
        drawn = project(area, end_year=2030, draws=40, seed=3)
        for measure, ages in (("60+", (60, None)), ("0-4", (0, 5))):
            wanted = persons(drawn, *ages).quantile([0.1, 0.9], "draw").transpose("quantile", "year")
            ours = ranges.persons.sel(area=area, measure=measure, quantile=[0.1, 0.9])
            np.testing.assert_allclose(ours, wanted)


def test_areas_of_other_years_are_refused(tmp_path):
    """Last censuses of different years are an error, though areas are projected one by one."""
    people = load_table("population", area="haian").query("year == 2010").assign(area="once")
    people.to_csv(tmp_path / "population.csv", index=False)
    row = {"area": "once", "level": "county", "parent": "jiangsu", "name_zh": "旧县", "name_en": "Once"}
    pd.DataFrame([row]).to_csv(tmp_path / "areas.csv", index=False)
    with pytest.raises(DataError, match="last census in different years"):
        project_ranges(["haian", "once"], end_year=2022, draws=2, root=tmp_path)


def test_an_area_s_own_scenario_counts(tmp_path):
    """Rows of a scenario for one area move that area only, and areas stay in the order in which they were asked for."""
    row = {"area": "yingtan", "scenario": "low", "parameter": "tfr_offset", "value": -0.9, "unit": "children per woman"}
    own = pd.DataFrame([{**row, "year": 2020, "source": "judged", "note": "one child fewer"}])
    own.to_csv(tmp_path / "assumptions.csv", index=False)
    given = {"scenario": "低方案", "end_year": 2026, "draws": 20}
    asked = ["haian", "yingtan", "yueyang"]
    ours, usual = (project_ranges(asked, **given, root=root).persons.sel(measure="0-4") for root in (tmp_path, None))
    assert list(ours["area"].to_numpy()) == asked
    moved = abs(ours - usual).max(["quantile", "year"]).to_series()
    assert moved["yingtan"] > 100 and (moved[["haian", "yueyang"]] < 1e-6).all()
    drawn = persons(project("yingtan", **given, root=tmp_path), 0, 5).quantile(0.5, "draw")
    np.testing.assert_allclose(ours.sel(area="yingtan", quantile=0.5), drawn)


SHORT = {"end_year": 2025}


def test_scenarios_for_the_old_move_the_old():
    """Longer lives add old people, not children; a name in Chinese is understood."""
    short, medium, long = (future_of("haian", name).sel(year=2035) for name in ("short-life", "中方案", "长寿方案"))
    assert persons(short, 60) < 0.99 * persons(medium, 60) < 0.98 * persons(long, 60)
    assert persons(long, 0, 3) == pytest.approx(persons(medium, 0, 3), rel=0.005)


def test_years_of_life_are_added_to_the_area_s_own():
    """Haian's 79.58 of 2020 and one year more is an e0 of 80.58; half of medium's migration is 0.195."""
    paths = [Scenario("mine", e0_offset={2020: 1.0}), Scenario("mine", e0=80.58)]
    one, other = (project("haian", **SHORT, scenario=path).population for path in paths)
    np.testing.assert_allclose(one, other)
    assert Scenario.load("half-migration").at("net_migration_factor", [2025, 2060]).tolist() == [0.39, 0.195]
    assert Scenario.load("recent-migration").at("net_migration_factor", [2026, 2100]).tolist() == [1, 1]
    assert np.isfinite(project("haian", scenario="long-life", end_year=2100).population).all()  # beyond the tables' e0


def margins(folder, **row):
    """Write a user's totals into a folder and return it."""
    pd.DataFrame([row]).to_csv(folder / "margins.csv", index=False)
    return folder


@pytest.mark.parametrize("draws", [0, 3])
def test_newer_totals_are_met_and_told(tmp_path, draws):
    """A path meets the totals of 2022, keeps its ages in proportion, goes on from there, and says what moved."""
    totals = {"population_total": 4_980_000, "population_60plus": 1_100_000, "population_65plus": 800_000}
    root = margins(tmp_path, area="yueyang", year=2022, **totals)
    plain, met = (project("yueyang", end_year=2025, draws=draws, root=at) for at in (None, root))
    for name, age in (("population_total", 0), ("population_60plus", 60), ("population_65plus", 65)):
        np.testing.assert_allclose(persons(met.sel(year=2022), age), totals[name], rtol=1e-4 if draws else 1e-7)
        moved = totals[name] - float(persons(project("yueyang", end_year=2022).isel(year=-1), age))
        assert met.attrs["rebased"][0]["difference"][name] == pytest.approx(moved)
    np.testing.assert_array_equal(met.population.sel(year=2021), plain.population.sel(year=2021))
    ratio = (met.population / plain.population).sel(year=2022)
    np.testing.assert_allclose(ratio.sel(age=80), ratio.sel(age=70))  # one factor from 65 on
    ahead = met.population.sel(year=2023).sum(("sex", "age"))
    step = (met.births - met.deaths + met.net_migration.sum("age")).sum("sex").sel(year=2022)
    np.testing.assert_allclose(ahead, met.population.sel(year=2022).sum(("sex", "age")) + step)
    assert "rebased" not in plain.attrs
    told = say("report.rebased", "en", rebased=met.attrs["rebased"])
    assert "end of 2022: residents 4,980,000 (without them 4,98" in told or draws


def test_totals_that_change_nothing_are_refused(tmp_path):
    """Totals of before the census, and those of its year that contradict it, are not passed over in silence."""
    with pytest.raises(DataError, match=r"of 2018 in margins change nothing: .* from 2020 on"):
        project("yueyang", end_year=2025, root=margins(tmp_path, area="yueyang", year=2018, population_total=5e6))
    with pytest.warns(match="other totals of 2020 in margins than by age"):
        project("yueyang", end_year=2025, root=margins(tmp_path, area="yueyang", year=2020, population_total=4e6))


BAD = [
    (lambda: project("haian", start="now"), "start is 'now'; it must be 'latest'"),
    (lambda: project("jingdezen"), "area 'jingdezen' is not in areas.csv. Did you mean 'jingdezhen'"),
    (lambda: project("haian", scenario="hihg"), r"one of low, .*'hihg'. Did you mean 'high'\?"),
    (lambda: project("haian", end_year=2020), "end_year must be after the census of 2020 and at most 2100; it is 2020"),
    (lambda: project("haian", end_year=2101), "at most 2100; it is 2101"),
    (lambda: project("haian", draws=10**9), "draws is 1000000000; it must be a number of paths"),
    (lambda: project("haian", **SHORT, scenario=Scenario("mine", e0=780)), "runs from .* the tables cover 45 to 95"),
    (lambda: project_ranges([]), "No area"),
    (lambda: project_ranges(["haian"], draws=0), "at least one path"),
    (lambda: Scenario("mine", tfr_offset={}), "tfr_offset is {}; it must be a dict of at least one year"),
    (lambda: Scenario("mine", net_migration_factor={2025: "half"}), "2025: 'half'.* must be numbers"),
    (lambda: Scenario("mine", e0="high"), "e0 is 'high'; it must be a number"),
]


@pytest.mark.parametrize(("call", "sentence"), BAD)
def test_bad_projection_is_refused_in_a_sentence(call, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        call()


def test_area_without_a_census_is_refused(tmp_path):
    """The error names the area, the table and what to do."""
    row = "area,level,adcode,name_zh,name_en,parent\nmytown,county,329999,某县,Mytown,jiangsu\n"
    (tmp_path / "areas.csv").write_text(row, encoding="utf-8")
    with pytest.raises(DataError, match=r"'mytown' has no residents. Fill in its totals"):
        project("mytown", root=tmp_path)


def test_another_process_draws_the_same():
    """The same seed gives the same people in a process of its own."""
    code = (
        "import yilaolib as yl; drawn = yl.project('haian', end_year=2030, draws=3, seed=9); "
        "print(repr(float(yl.persons(drawn, 60)[-1, -1])))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = persons(project("haian", end_year=2030, draws=3, seed=9), 60)[-1, -1]
    assert float(told) == float(here)


@pytest.mark.parametrize("area", CITIES)
def test_men_per_woman_come_nearer_to_the_nation(area):
    """Whoever was 30-49 in 2020 is nearer to the nation's sex ratio in 2040, give or take 0.5 % by mortality."""

    def away(year):
        paths = (project(each, end_year=2040, control=False).population for each in (area, "china"))
        ours, all_china = (path.sel(year=year) for path in paths)
        ages = slice(30 + year - 2020, 49 + year - 2020)
        return abs(log_sex_ratio(ours.sel(age=ages)) - log_sex_ratio(all_china.sel(age=ages))).mean()

    assert away(2040) < away(2020) + (0 if area == "haian" else 0.005)  # Hai'an has most to even out
