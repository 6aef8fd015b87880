"""Many areas in blocks: the same figures as one by one, in little memory."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from yilaolib.demography.local import launch_of
from yilaolib.demography.measures import persons
from yilaolib.demography.projection import Scenario, block_size, nation_of, project, project_ranges, stream
from yilaolib.errors import DataError
from yilaolib.tables.areas import load_table


def test_ranges_are_the_quantiles_of_project():
    """What is kept of an area are the quantiles of its own draws."""
    ranges = project_ranges(["haian", "yingtan"], end_year=2030, draws=40, seed=3)
    drawn = project("yingtan", end_year=2030, draws=40, seed=3)
    for measure, ages in (("60+", (60, None)), ("0-4", (0, 5))):
        wanted = persons(drawn, *ages).quantile([0.1, 0.9], "draw").transpose("quantile", "year")
        ours = ranges.persons.sel(area="yingtan", measure=measure, quantile=[0.1, 0.9])
        np.testing.assert_allclose(ours, wanted)


def test_blocks_do_not_matter():
    """One area at a time or three: the same quantiles."""
    launches, nation = [launch_of(a) for a in ("haian", "yingtan", "yueyang")], nation_of()
    given = (launches, Scenario("x"), 2024, nation)
    one, three = (xr.concat(stream(*given, draws=10, block=block), "area") for block in (1, 3))
    xr.testing.assert_allclose(one, three)


def test_areas_are_taken_as_they_come():
    """The second block is not asked for before the first is done, so a country never stands in memory."""
    asked = []

    def launches():
        for area in ("haian", "yingtan"):
            asked.append(area)
            yield launch_of(area)

    next(stream(launches(), Scenario("x"), 2022, nation_of(), draws=2, block=1))
    assert asked == ["haian"]


def test_block_grows_with_memory():
    """Twice the memory takes twice the areas, and one area always fits."""
    assert block_size(2050, 100, 2048) == pytest.approx(2 * block_size(2050, 100, 1024), abs=1)
    assert block_size(2100, 10_000, 1) == 1


@pytest.mark.parametrize("areas, draws, message", [([], 10, "No area"), (["haian"], 0, "at least one path")])
def test_nothing_to_project_is_refused(areas, draws, message):
    """No area and no draws are errors in a sentence."""
    with pytest.raises(DataError, match=message):
        project_ranges(areas, draws=draws)


def test_areas_of_other_years_are_refused_in_blocks_of_one(tmp_path):
    """Last censuses of different years are an error, also where each block holds one area."""
    people = load_table("population", area="haian").query("year == 2010").assign(area="once")
    people.to_csv(tmp_path / "population.csv", index=False)
    row = {"area": "once", "level": "county", "parent": "jiangsu", "name_zh": "旧县", "name_en": "Once"}
    pd.DataFrame([row]).to_csv(tmp_path / "areas.csv", index=False)
    with pytest.raises(DataError, match="last census in different years"):
        project_ranges(["haian", "once"], end_year=2022, draws=2, memory_mib=0, root=tmp_path)


def test_an_area_s_own_scenario_counts(tmp_path):
    """Rows of a scenario for one area move that area only, and areas stay in the order in which they were asked for."""
    row = {"area": "yingtan", "scenario": "low", "parameter": "tfr_offset", "value": -0.9, "unit": "children per woman"}
    own = pd.DataFrame([{**row, "year": 2020, "source": "judged", "note": "one child fewer"}])
    own.to_csv(tmp_path / "assumptions.csv", index=False)
    given = {"scenario": "low", "end_year": 2026, "draws": 20}
    asked = ["haian", "yingtan", "yueyang"]
    ours, usual = (project_ranges(asked, **given, root=root).persons.sel(measure="0-4") for root in (tmp_path, None))
    assert list(ours["area"].to_numpy()) == asked
    moved = abs(ours - usual).max(["quantile", "year"]).to_series()
    assert moved["yingtan"] > 100 and not moved[["haian", "yueyang"]].any()
    drawn = persons(project("yingtan", **given, root=tmp_path), 0, 5).quantile(0.5, "draw")
    np.testing.assert_allclose(ours.sel(area="yingtan", quantile=0.5), drawn)


def test_a_scenario_of_one_area_is_no_other_s(tmp_path):
    """A scenario that has rows for one area only is refused for another, as `project` refuses it."""
    row = {"area": "haian", "scenario": "all-stay", "parameter": "net_migration_factor", "value": 0, "unit": "1"}
    own = pd.DataFrame([{**row, "year": 2020, "source": "judged", "note": "nobody moves"}])
    own.to_csv(tmp_path / "assumptions.csv", index=False)
    given = {"scenario": "all-stay", "end_year": 2022, "draws": 2, "root": tmp_path}
    assert project_ranges(["haian"], **given).sizes["area"] == 1
    with pytest.raises(DataError, match="all-stay"):
        project_ranges(["haian", "yueyang"], **given)
