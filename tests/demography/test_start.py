"""Projections from the newest known year: what is known is met, what is the model's own changes nothing."""

import numpy as np
import pandas as pd
import pytest

from yilaolib import load_table, persons, project, project_ranges

YEARS = [2021, 2022, 2023, 2024, 2025]
ALL = ("sex", "age")


def reported(area, indicator):
    rows = load_table("series", area=area).query("area == @area and indicator == @indicator")
    return rows.set_index("year")["value"].loc[YEARS].to_numpy()


def own(folder, area, indicator, values):
    """Write a user's figures, by year, into a folder and return it."""
    rows = [(area, indicator, year, value, "actual", "own-figures") for year, value in values.items()]
    frame = pd.DataFrame(rows, columns=["area", "indicator", "year", "value", "kind", "source"])
    frame.to_csv(folder / "series.csv", index=False)
    return folder


@pytest.mark.parametrize("draws", [0, 3])
def test_known_flows_and_totals_are_met(draws):
    """Births and deaths of the nation, residents of a province: as reported, in every draw; 2.0 million serve."""
    china, province = (project(area, end_year=2026, draws=draws) for area in ("china", "jiangxi"))
    for flow in ("births", "deaths"):
        path = china[flow].sum("sex").sel(year=[year - 1 for year in YEARS])
        told = reported("china", f"{flow}_reported") + 0 * path.T
        np.testing.assert_allclose(np.moveaxis(path.to_numpy(), 0, -1), told, rtol=1e-6)
    total, told = province.population.sum(ALL).sel(year=YEARS), reported("jiangxi", "population_reported")
    np.testing.assert_allclose(total.transpose(..., "year"), told + 0 * total.T, rtol=1e-4)
    serve = reported("china", "population_reported") - china.population.sum(ALL).sel(year=YEARS).T
    np.testing.assert_allclose(serve, 2e6, rtol=0.01)


def test_what_moves_is_booked_as_migration():
    """P1 = P0 + B - D + M holds in known years too, for each sex."""
    path = project("jiangxi", end_year=2027)
    flows = path.births - path.deaths + path.net_migration.sum("age", skipna=False)
    change = path.population.sum("age").diff("year", label="lower")
    np.testing.assert_allclose(change, flows.sel(year=change["year"]), atol=1e-3)


@pytest.mark.parametrize("area", ["jingdezhen", "haian"])
def test_an_anchor_at_the_model_s_own_value_changes_nothing(tmp_path, area):
    """Totals, births and deaths that the model has anyway move nobody."""
    plain = project(area, end_year=2030)
    total = {2023: float(persons(plain.sel(year=2023)))}
    for indicator, values in (
        ("population_reported", total),
        ("births_reported", {y + 1: float(plain.births.sel(year=y).sum()) for y in (2020, 2021)}),
        ("deaths_reported", {2022: float(plain.deaths.sel(year=2021).sum())}),
    ):
        same = project(area, end_year=2030, root=own(tmp_path, area, indicator, values))
        np.testing.assert_allclose(same.population, plain.population, rtol=1e-5)


def test_own_births_are_met_and_go_on(tmp_path):
    """A fifth fewer births in 2022 and 2023: as given then, and fewer by nearly as much right after."""
    plain = project("lianshui", end_year=2045).births.sum("sex")
    wanted = {year + 1: 0.8 * float(plain.sel(year=year)) for year in (2021, 2022)}
    root = own(tmp_path, "lianshui", "births_reported", wanted)
    fewer = project("lianshui", end_year=2045, root=root).births.sum("sex")
    np.testing.assert_allclose(fewer.sel(year=[2021, 2022]), list(wanted.values()), rtol=1e-6)
    ratio = (fewer / plain).sel(year=[2024, 2035])
    assert 0.79 < ratio[0] < 0.82 < ratio[1] < 0.95


# Residents at the end of 2022 by the three cities' communiques of that year; nothing was fitted to them.
CITIES_2022 = {"jingdezhen": 1_621_900, "yingtan": 1_155_837, "yueyang": 5_017_500}


def test_cities_after_the_census_are_nearer_than_from_the_census():
    """On average within 0.6 %, and nearer than the path that knows nothing after the census."""
    miss = {
        start: np.mean([
            abs(float(persons(project(area, end_year=2022, start=start).sel(year=2022))) / known - 1)
            for area, known in CITIES_2022.items()
        ])
        for start in ("latest", "census")
    }  # fmt: skip
    assert miss["latest"] < 0.006 and miss["latest"] < miss["census"]


def test_years_are_named_and_ranges_start_alike():
    """The result says what is counted, estimated and projected; ranges of many areas start as one area does."""
    path = project("yueyang", end_year=2030, draws=20, seed=3)
    assert path.attrs["years"] == {"counted": [2020, 2020], "estimated": [2021, 2025], "projected": [2026, 2030]}
    assert "estimated" not in project("yueyang", end_year=2022, start="census").attrs["years"]
    assert "nbs-communiques-2021-2025" in path.attrs["sources"]
    ranges = project_ranges(["yueyang", "haian"], end_year=2030, draws=20, seed=3).persons
    wanted = persons(path, 60).quantile(0.9, "draw")
    np.testing.assert_allclose(ranges.sel(area="yueyang", measure="60+", quantile=0.9), wanted)
