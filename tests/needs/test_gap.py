"""Need against supply over the years, with ranges; and from need to gap in steps."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from oracles import CITIES, future_of

import yilaolib as yl
from yilaolib.needs.gap import draws_that_turn

METHODS = {"beds": yl.triangulate_beds, "places": yl.triangulate_places}
SUPPLY = {"beds": yl.bed_supply, "places": yl.place_supply}


@pytest.fixture(scope="module")
def drawn():
    return yl.project("jingdezhen", draws=60)


@pytest.fixture(scope="module", params=["beds", "places"])
def gap(request, drawn):
    return yl.gap_by_year("jingdezhen", what=request.param, population=future_of("jingdezhen"), drawn=drawn)


def test_range_holds_the_central_path(gap):
    """The central demand lies in its 80 % range in every year, and the range grows towards the horizon."""
    assert gap["demand"].between(gap["lower_80"], gap["upper_80"]).all()
    width = (gap["upper_80"] - gap["lower_80"]) / gap["demand"]
    assert width.loc[[2021, 2030, 2040, 2050]].is_monotonic_increasing


def test_without_draws_there_is_no_range():
    """No draws, no range: the columns are not there, and nothing stands in for them."""
    frame = yl.gap_by_year("haian", population=future_of("haian"), beside=["prevalence", "utilisation"])
    assert not frame.filter(like="_80").size and "demand_prevalence" in frame
    assert "demand_utilisation" not in frame


def test_a_printed_figure_is_of_its_year():
    """景德镇 prints 10,500 beds for 2025; it says nothing of 2030."""
    told = [yl.triangulate_beds("jingdezhen", year).set_index("method")["central"] for year in (2025, 2030)]
    assert told[0]["plan_beds"] == 10_500 and told[1][["plan_beds", "share"]].isna().all() and told[1]["norm"] > 0


def test_method_without_a_path_is_refused():
    """The plan's own figure is of one year: no need by year can follow from it."""
    with pytest.raises(yl.DataError, match="'plan_beds' has no need by year for jingdezhen; choose one of"):
        yl.gap_by_year("jingdezhen", method="plan_beds", population=future_of("jingdezhen"))


@pytest.mark.parametrize("level", [50, 80])
def test_range_holds_its_share_of_the_draws(level):
    """Of 1,000 draws as many percent lie in the range as it is named after."""
    values = xr.DataArray(np.arange(2000.0).reshape(2, 1000), coords={"year": [1, 2]}, dims=("year", "draw"))
    ends = yl.draw_range(values, level).loc[2]
    inside = values.sel(year=2).to_numpy()
    assert np.mean((inside >= ends.iloc[0]) & (inside <= ends.iloc[1])) == pytest.approx(level / 100, abs=0.002)


@pytest.mark.parametrize("what", METHODS)
@pytest.mark.parametrize("city", CITIES)
def test_waterfall_ends_in_the_gap(city, what):
    """Each bar begins where the one before ends, and the last is the gap that the method's row has."""
    methods = METHODS[what](city, 2025, population=future_of(city))
    steps = yl.gap_waterfall(methods, SUPPLY[what](city), 2025)
    gap = methods.set_index("method").loc[steps.attrs["method"], "gap_pipeline"]
    assert steps["value"].iloc[-1] == pytest.approx(gap, nan_ok=True)
    assert (steps["step"].iloc[-1] == "surplus") == (gap < 0)
    if pd.notna(gap):
        known = steps.dropna(subset=["value"])
        assert known["start"].iloc[1:-1].tolist() == known["end"].iloc[:-2].tolist()


def test_waterfall_keeps_unsure_projects_apart():
    """All 3,951 listed beds of 景德镇 are undated or in doubt; 鹰潭 lists none with a number, which is not 0."""
    sure, none = (
        yl.gap_waterfall(
            yl.triangulate_beds(city, 2025, population=future_of(city)), yl.bed_supply(city), 2025
        ).set_index("step")
        for city in ("jingdezhen", "yingtan")
    )
    assert sure.loc[["pipeline", "unsure"], "value"].tolist() == [0, -3951]
    assert np.isnan(none.loc["pipeline", "value"]) and "unsure" not in none.index


@pytest.mark.parametrize("what", METHODS)
@pytest.mark.parametrize("city", CITIES)
def test_inputs_lead_to_rows_of_the_data(city, what):
    """Observations of a method are rows of the table, from the documents that the method cites."""
    table = yl.load_table("observations").set_index("observation")["source"]
    methods = METHODS[what](city, 2025, population=future_of(city)).set_index("method")
    for method, row in methods.iterrows():
        assert set(row["observations"]) <= set(table.index)
        if method != "norm":  # its range is that of the other plans' norms
            assert {table[name] for name in row["observations"]} <= set(row["sources"].split(";"))
    printed = methods.loc[[m for m in methods.index if m in ("plan_beds", "norm", "hold", "norm_places")]]
    assert (printed["observations"].map(len) > 0).eq(printed["central"].notna()).all()


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder of one's own with a scenario."""
    folder = tmp_path_factory.mktemp("own")
    rows = [["mine", "tfr_offset", 2021, 0.4], ["mine", "net_migration_factor", 2020, 0.2]]
    table = pd.DataFrame(rows, columns=["scenario", "parameter", "year", "value"])
    table.assign(area="", unit="1", source="judged", note="").to_csv(folder / "assumptions.csv", index=False)
    return folder


@pytest.mark.parametrize("function", [yl.triangulate_places, yl.need_tornado, yl.gap_by_year])
def test_a_scenario_of_one_s_own(own, function):
    """A scenario named in one's own assumptions gives what the same yl.Scenario made in Python gives."""
    made = yl.Scenario("mine", tfr_offset={2021: 0.4}, net_migration_factor={2020: 0.2})
    options = {"end_year": 2025} if function is yl.gap_by_year else {"year": 2025}
    named = function("haian", **options, scenario="mine", root=own)
    pd.testing.assert_frame_equal(named, function("haian", **options, scenario=made))
    assert not named.equals(function("haian", **options, scenario="medium"))


def test_draws_that_turn_are_counted_and_ranged():
    """Of four draws two turn for good; one that is never short and one that falls short again do not count."""
    years = pd.Index([2025, 2026, 2027, 2028], name="year")
    need = pd.DataFrame({"a": [9, 4, 4, 4], "b": [9, 9, 9, 4], "never": [4, 4, 4, 4], "back": [9, 4, 9, 9]}, years)
    supply = pd.Series(5.0, years)
    assert draws_that_turn(need, supply) == {"turns_pct": 50.0, "lower_80": 2026, "upper_80": 2028}
    assert draws_that_turn(need[["never", "back"]], supply) == {"turns_pct": 0.0}
    assert draws_that_turn(need, supply * np.nan) == {}


def test_need_by_scenario():
    """Medium is the need of every year; longer lives need more beds in 2050, and more births more places."""
    beds = yl.need_by_scenario("haian").set_index(["scenario", "year"])["need"].unstack("scenario")
    assert np.allclose(beds["medium"], yl.gap_by_year("haian", population=future_of("haian"))["demand"])
    assert beds.loc[2050, "long-life"] > beds.loc[2050, "medium"] > beds.loc[2050, "short-life"]
    places = yl.need_by_scenario("haian", what="places", method="coverage", scenarios=["low", "high"], end_year=2030)
    last = places[places["year"] == 2030].set_index("scenario")
    assert last["need"]["high"] > last["need"]["low"] and (last["lower"] < last["upper"]).all()
