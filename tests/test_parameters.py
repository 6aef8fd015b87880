"""Local levels: from the place's own censuses, else from its parent's, and each with its source."""

import numpy as np
import pandas as pd
import pytest

from yilaolib.demography.local import (
    census_pyramids,
    expected_survival,
    kind_of,
    launch_of,
    local_migration,
    local_parameters,
    survival_grid,
    usual_migration,
)
from yilaolib.demography.projection import Scenario, nation_of, project
from yilaolib.tables.areas import load_table


@pytest.fixture
def one_census(tmp_path):
    """A folder with a county of Jiangsu that has the census of 2020 only."""
    people = load_table("population", area="lianshui").query("year == 2020").assign(area="my-county")
    people.to_csv(tmp_path / "population.csv", index=False)
    names = {"name_zh": "我县", "name_en": "My County"}
    row = {"area": "my-county", "level": "county", "adcode": "320999", "parent": "jiangsu", **names}
    pd.DataFrame([row]).to_csv(tmp_path / "areas.csv", index=False)
    return tmp_path


def test_one_census_takes_the_parent_s_migration(one_census):
    """With one census the rates are the province's and what counties add, and the table says so."""
    level = local_parameters("my-county", root=one_census).set_index("parameter")
    assert "jiangsu and the usual difference of a county" in level.note["net_migration_per_1000"]
    rates = local_migration("my-county", one_census)
    above = local_migration("jiangsu")
    assert float((rates - above).sel(age=22).max()) < 0  # the young leave counties for the cities of the province


def test_a_prefecture_s_migration_is_not_moved_twice(one_census):
    """A county differs from its prefecture by what counties add to a province less what prefectures add."""
    areas = pd.read_csv(one_census / "areas.csv").assign(parent="jingdezhen")
    areas.to_csv(one_census / "areas.csv", index=False)
    rates = local_migration("my-county", one_census)
    above = local_migration("jingdezhen")
    county, prefecture = (usual_migration(kind) for kind in ("county", "prefecture"))
    assert abs(prefecture).max() > 0
    np.testing.assert_allclose(rates - above, county - prefecture, atol=1e-12)


def test_a_folder_of_one_s_own_is_not_mixed_up_with_ours(one_census):
    """What is worked out once for a folder is not taken for another."""
    own = local_parameters("lianshui", root=one_census).drop(columns="source")
    pd.testing.assert_frame_equal(own, local_parameters("lianshui").drop(columns="source"))


def test_changed_table_is_read_again(tmp_path):
    """A changed assumption counts at once, although levels are worked out once."""
    ratios = []
    for value in (1.5, 0.5):
        row = {"area": "haian", "parameter": "tfr_ratio", "value": value, "unit": "ratio", "source": "judged"}
        pd.DataFrame([row]).to_csv(tmp_path / "assumptions.csv", index=False)
        ratios.append(launch_of("haian", tmp_path).tfr_ratio)
    assert ratios == [1.5, 0.5]


def test_local_fertility_draws_nearer_to_the_nation():
    """Twice the nation's fertility at the census is nearer to it later, by the fitted share in ten years."""
    twice, same = (project("haian", scenario=Scenario("x", tfr_ratio=ratio)) for ratio in (2.0, 1.0))
    ratio = (twice.births.sum("sex") / same.births.sum("sex")).sel(year=[2020, 2029])
    kept = nation_of().spreads.tfr_ratio_persistence
    assert float(ratio[1]) == pytest.approx(2 ** float(kept), rel=0.01)


@pytest.mark.parametrize(
    "level, adcode, kind",
    [("county", "320826", "county"), ("county", "360102", "district"), ("county", "320685", "county"),
     ("prefecture", "360200", "prefecture"), ("nation", "100000", "nation")],
)  # fmt: skip
def test_kind_of_a_place(level, adcode, kind):
    """Codes that end in 01 to 20 are city districts; county-level cities (81 and on) stray as counties do."""
    assert kind_of(pd.Series({"level": level, "adcode": adcode})) == kind


def test_survival_of_the_own_life_expectancy_is_not_migration(tmp_path):
    """With a lower e0 fewer of the old are missing by migration, by what the lower survival explains."""
    row = {"area": "haian", "parameter": "e0", "year": 2020, "value": 70, "unit": "years", "source": "judged"}
    pd.DataFrame([row]).to_csv(tmp_path / "assumptions.csv", index=False)
    lived, as_published = (local_migration("haian", root) for root in (tmp_path, None))
    more = (1 + lived) / (1 + as_published) - 1
    assert 0 <= float(more.sel(age=slice(3, 40)).max()) < 0.003 < float(more.sel(age=slice(65, 80)).min())


def test_a_lower_life_expectancy_leaves_fewer_of_the_old():
    """Against the nation a place three years behind keeps fewer, the fewer the older; one that is level keeps all."""
    ratio = expected_survival(np.array([0.0, -3.0]), 2010, 2020)
    assert float(abs(ratio.isel(offset=0) - 1).max()) < 1e-12
    assert (ratio.isel(offset=1).sel(age=slice(40, 75)).diff("age") < 0).all()


def test_a_changed_result_leaves_the_next_one_alone():
    """Censuses and tables of levels are fresh each time, though worked out once."""
    census_pyramids("haian", None)[2020][:] = 0
    levels = local_parameters("haian")
    levels["value"] = 0
    assert float(census_pyramids("haian", None)[2020].sum()) > 0
    assert (local_parameters("haian")["value"] != 0).any()


def test_what_projections_share_cannot_be_changed():
    """Arrays that are worked out once and handed to every projection refuse to be written to."""
    launch = launch_of("haian")
    for array in (launch.people, launch.migration, launch.more_men, survival_grid(2023).to_numpy()):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("area", ["china", "yingtan", "jingdezhen", "yueyang", "lianshui", "haian"])
def test_levels_are_explained_in_both_languages(area):
    """Every level has a note, and the Chinese one has no English words in it."""
    levels = local_parameters(area)
    assert levels["note"].notna().all() and not levels["note_zh"].str.contains("[A-Za-z]").any()
