"""How good the engine is: beside simpler methods, beside the counts of 2020 and beside what plans print."""

import numpy as np
import pandas as pd
import pytest

from yilaolib import DataError, backtest, compare_with_plans, extrapolate, load_table, persons, project, year_of
from yilaolib.demography.ages import MEASURES
from yilaolib.demography.backtest import nation_as_known
from yilaolib.demography.local import launch_of
from yilaolib.demography.projection import nation_of


@pytest.fixture(scope="module")
def table():
    return backtest("jingdezhen", draws=100)


def test_range_is_around_the_middle(table):
    """The engine's median lies in its range for every measure, and only the engine has a range."""
    engine = table[table["method"] == "engine"].set_index("measure")
    assert list(engine.index) == list(MEASURES)
    assert ((engine["lower_80"] < engine["projected"]) & (engine["projected"] < engine["upper_80"])).all()
    assert table.loc[table["method"] != "engine", "inside_80"].isna().all()


def test_nothing_after_the_launch_is_known():
    """The paths of 2010 hold fertility and start at what 2010 had; they differ from what came."""
    then, now = nation_as_known(2010).paths, nation_of("census").paths
    assert then.loc[2010, "e0_female"] == now.loc[2010, "e0_female"]
    assert then["tfr"].nunique() == 1
    assert then.loc[2020, "tfr"] != pytest.approx(now.loc[2020, "tfr"], rel=0.1)


def test_what_2010_knew_has_nothing_of_2020(tmp_path):
    """A launch as known in 2010 is the same whatever the census of 2020 says, and has no e0 reported later."""
    people = load_table("population", area="haian").query("year == 2020")
    people.assign(persons=people["persons"] * 2).to_csv(tmp_path / "population.csv", index=False)
    ours, theirs = (launch_of("haian", root, known=2010) for root in (None, tmp_path))
    assert (ours.base, ours.e0_offset) == (2010, 0)
    np.testing.assert_array_equal(ours.migration, theirs.migration)
    assert launch_of("haian").e0_offset > 1


OUT_OF_FOLD = {
    "county": {"total": 10.5, "60+": 7.3, "65+": 7.5, "80+": 10.5, "0-4": 23},
    "prefecture": {"total": 8.5, "60+": 6.0},
}


@pytest.mark.parametrize("level", OUT_OF_FOLD)
def test_places_of_provinces_left_out_are_foreseen(level):
    """In provinces that the fit did not see, the engine errs less than others and than bounds that were set before."""
    judged = load_table("backtest").query("level == @level and by == 'all' and `class` == '28 provinces'")
    wide = judged.pivot(index="measure", columns="method", values="mape_pct")
    assert (wide["engine"] < wide[["hold", "nation_cohorts"]].min(axis=1)).all()
    assert (wide["engine"] <= pd.Series(OUT_OF_FOLD[level]).reindex(wide.index, fill_value=np.inf)).all()


@pytest.mark.parametrize(("share", "low", "high"), [(80, 75, 85), (95, 92, 97)])
def test_ranges_hold_what_they_say(share, low, high):
    """Of places of provinces left out, 75 to 85 % lie in the 80 % range and 92 to 97 % in the 95 % range."""
    judged = load_table("backtest").query("level != 'rest' and by == 'all' and `class` == '28 provinces'")
    assert judged[f"inside_{share}_pct"].dropna().between(low, high).all()


def test_plans_are_held_against_the_projection():
    """A plan's own forecast stands beside the projection of its year; targets and registered people are left out."""
    told = compare_with_plans()
    row = told.set_index(["area", "indicator"]).loc[("jingdezhen", "population_60plus")]
    assert row["projected"] == pytest.approx(float(persons(project("jingdezhen", end_year=2025), 60).sel(year=2025)))
    assert row["difference_pct"] == pytest.approx(100 * (row["projected"] / 324_100 - 1))
    whole = told.set_index("indicator")["printed"]["population_total_implied"]
    assert whole == pytest.approx(324_100 / 0.1928)
    pairs = set(told[["area", "indicator"]].itertuples(index=False, name=None))
    assert (told["year"] > 2020).all() and ("lianshui", "population_60plus") not in pairs


def test_steady_growth_goes_on():
    """A series that grows by one rate goes on at that rate, and its interval closes on it."""
    series = pd.Series(100 * 1.02 ** np.arange(8), index=range(2003, 2011))
    told = extrapolate(series, 2020)
    assert told["value"].to_numpy() == pytest.approx(100 * 1.02 ** np.arange(8, 18))
    assert told["upper"].to_numpy() == pytest.approx(told["value"].to_numpy())


def test_grey_model_by_hand():
    """Of 100, 110, 121, 133.1 the grey model grows by e to 2 x 0.1 / 2.1 a year, and of equal values not at all."""
    told = extrapolate(pd.Series(100 * 1.1 ** np.arange(4), index=range(2000, 2004)), 2006, method="gm11")["value"]
    assert (told / told.shift()).dropna().to_numpy() == pytest.approx(np.exp(0.2 / 2.1))
    assert extrapolate(pd.Series(5.0, index=range(2000, 2004)), 2009, method="gm11")["value"][2009] == pytest.approx(5)


def test_logistic_curve_is_found():
    """A series on a logistic curve towards 100 goes on along it."""
    path = pd.Series({year: 100 / (1 + np.exp(-0.2 * (year - 2010))) for year in range(2000, 2041)})
    told = extrapolate(path.loc[:2014], 2040, method="logistic")["value"]
    assert told.to_numpy() == pytest.approx(path.loc[2015:].to_numpy(), rel=1e-3)


def test_interval_holds_what_it_says():
    """Of random walks around a line about 80 % end inside the 80 % interval."""
    rng, inside = np.random.default_rng(0), []
    for _ in range(300):
        logs = 5 + 0.02 * np.arange(12) + rng.normal(0, 0.03, 12)
        told = extrapolate(pd.Series(np.exp(logs[:11]), index=range(2000, 2011)), 2011, method="log-linear").iloc[0]
        inside.append(told["lower"] <= np.exp(logs[11]) <= told["upper"])
    assert np.mean(inside) == pytest.approx(0.8, abs=0.06)


SERIES = pd.Series([1.0, 1.5, 2.0], index=[2000, 2001, 2002])
BAD = [
    (lambda: backtest("jingdezhen", launch=2000), "2010, 2020"),
    (lambda: extrapolate(SERIES[:2], 2005), "three"),
    (lambda: extrapolate(SERIES - 1, 2005), "above 0"),
    (lambda: extrapolate(SERIES, 2002), "after 2002"),
    (lambda: extrapolate(SERIES, 10**9), "at most 200 years"),
    (lambda: extrapolate(SERIES.replace(2, np.inf), 2005), "all finite"),
    (lambda: year_of(SERIES[:0], 20), "has values"),
    (lambda: extrapolate(SERIES, 2005, method="arima"), "not possible"),
]


@pytest.mark.parametrize(("call", "sentence"), BAD)
def test_a_trend_that_cannot_be_is_refused_in_a_sentence(call, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        call()


def test_engine_is_far_ahead_of_holding(table):
    """At 60+ and 65+ the engine's error is a small part of that of leaving everybody where they were."""
    off = table.set_index(["method", "measure"])["error_pct"].abs()
    for measure in ("60+", "65+"):
        assert off["engine", measure] < off["hold", measure] / 4


@pytest.mark.parametrize("method", ["log-linear", "ets"])
def test_interval_is_wider_for_a_higher_level(method):
    """A 95 % interval holds the 80 % one, and both hold the value."""
    series = load_table("series", area="china").query("indicator == 'births'").set_index("year")["value"].loc[1990:2010]
    narrow, wide = (extrapolate(series, 2015, level=level, method=method) for level in (0.8, 0.95))
    assert (wide["lower"] < narrow["lower"]).all() and (narrow["upper"] < wide["upper"]).all()
    assert ((narrow["lower"] < narrow["value"]) & (narrow["value"] < narrow["upper"])).all()
