"""Places add up: counties to what they lie in, all of them to the nation."""

import numpy as np
import pytest

from yilaolib import area_table, list_areas, load_table, project, project_ranges

FLOWS = ["population", "births", "deaths", "net_migration"]


@pytest.mark.parametrize("scenario", ["medium", "recent-migration", "settled"])
def test_all_counties_are_the_nation(scenario):
    """Provinces, each the sum of its counties, are the nation in every sex, age and year, to 0.01 %."""
    whole = project("china", scenario=scenario)
    parts = [project(area, scenario=scenario) for area in list_areas(level="province")["area"]]
    for name in ("population", "births", "deaths"):
        np.testing.assert_allclose(sum(part[name] for part in parts), whole[name], rtol=1e-4)


def test_counties_are_their_prefecture():
    """In persons, births, deaths and migration of each year."""
    whole = project("jingdezhen", end_year=2035)
    parts = [project(area, end_year=2035) for area in list_areas("jingdezhen")["area"]]
    for name in FLOWS:
        np.testing.assert_allclose(sum(part[name] for part in parts), whole[name], rtol=1e-9, atol=1e-6)


def test_draws_about_the_sum_balance():
    """P1 = P0 + B - D + M of each sex and draw, and the sum lies within its range."""
    drawn, whole = (project("jingdezhen", end_year=2030, draws=n) for n in (60, 0))
    people = drawn["population"].sum("age")
    left = drawn["births"] - drawn["deaths"] + drawn["net_migration"].sum("age", skipna=False)
    np.testing.assert_allclose((people.shift(year=-1) - people - left).isel(year=slice(0, -1)), 0, atol=1e-3)
    low, high = np.quantile(people.sum("sex").isel(year=-1), [0.1, 0.9])
    assert low < float(whole["population"].isel(year=-1).sum()) < high


def test_table_and_ranges_are_the_areas_alone():
    """Many at one stroke have the figures that each has by itself."""
    areas = ["haian", "sansha", "weiyang"]
    table = area_table(areas, end_year=2026, draws=5).set_index(["area", "year"])
    ranges = project_ranges(areas, end_year=2026, draws=5)
    for area in areas:
        alone = project(area, end_year=2026)["population"].sum(("sex", "age"))
        np.testing.assert_allclose(table["total"][area], alone)
        one = project_ranges([area], end_year=2026, draws=5)
        np.testing.assert_allclose(ranges["persons"].sel(area=[area]), one["persons"])


def test_known_total_of_a_province_is_met_by_its_counties():
    """The published residents of Jiangxi at the end of 2025, to the rounding of the table."""
    told = load_table("series", area="jiangxi").query("indicator == 'population_reported'").set_index("year")["value"]
    total = project("jiangxi", end_year=2026)["population"].sum(("sex", "age"))
    np.testing.assert_allclose(total.sel(year=told.index), told, rtol=1e-4)


def test_what_the_user_says_of_an_area_is_not_summed_away(tmp_path):
    """A prefecture with a row of the user's is projected by itself."""
    row = "area,parameter,year,value,unit,source\nyueyang,net_migration_per_1000,2022,-3,per 1000 and year,judged\n"
    (tmp_path / "assumptions.csv").write_text(row, encoding="utf-8")
    mine, ours = (project("yueyang", end_year=2030, root=root) for root in (tmp_path, None))
    assert float(mine["population"][-1].sum()) > 1.01 * float(ours["population"][-1].sum())
