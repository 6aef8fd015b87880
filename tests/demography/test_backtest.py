"""How good the engine is: beside simpler methods, beside the counts of 2020 and beside what plans print."""

import numpy as np
import pandas as pd
import pytest

from yilaolib import DataError, backtest, compare_with_plans, extrapolate, load_table, persons, project
from yilaolib.demography.ages import MEASURES
from yilaolib.demography.backtest import e0_known, known_migration, nation_as_known
from yilaolib.demography.projection import nation_of


@pytest.fixture(scope="module")
def table():
    return backtest("jingdezhen", draws=100)


def test_engine_is_far_ahead_of_holding(table):
    """At 60+ and 65+ the engine's error is a small part of that of leaving everybody where they were."""
    off = table.set_index(["method", "measure"])["error_pct"].abs()
    for measure in ("60+", "65+"):
        assert off["engine", measure] < off["hold", measure] / 4


def test_range_is_around_the_middle(table):
    """The engine's median lies in its range for every measure, and only the engine has a range."""
    engine = table[table["method"] == "engine"].set_index("measure")
    assert list(engine.index) == list(MEASURES)
    assert ((engine["lower_80"] < engine["projected"]) & (engine["projected"] < engine["upper_80"])).all()
    assert table.loc[table["method"] != "engine", "inside_80"].isna().all()


def test_nothing_after_the_launch_is_known():
    """The paths of 2010 hold fertility and start at what 2010 had; they differ from what came."""
    then, now = nation_as_known(2010).paths, nation_of().paths
    assert then.loc[2010, "e0_female"] == now.loc[2010, "e0_female"]
    assert then["tfr"].nunique() == 1
    assert then.loc[2020, "tfr"] != pytest.approx(now.loc[2020, "tfr"], rel=0.1)


def test_migration_known_in_2010_is_the_province_s_and_the_kind_s():
    """A county starts from its province's rates of 2000-2010 plus what is usual for counties; the nation from 0."""

    def known(parent, level):
        return known_migration(pd.Series({"area": "x", "parent": parent, "level": level}), level)

    province = known_migration(pd.Series({"area": "jiangsu", "parent": "china", "level": "province"}), "province")
    np.testing.assert_allclose(known("jiangsu", "county"), province + known(None, "county"))
    assert not known_migration(pd.Series({"area": "china", "parent": None, "level": "nation"}), "nation").any()


def test_old_distance_of_life_expectancy_is_halved():
    """The province's report of 2000 counts half in 2010, that of 2010 in full."""
    jiangsu = pd.Series({"area": "jiangsu", "parent": "china", "level": "province"})
    assert e0_known(jiangsu, 2010) == pytest.approx(76.63 - 74.83)
    jiangxi = pytest.approx((68.95 - 71.40) / 2)
    assert e0_known(pd.Series({"area": "jiangxi", "parent": "china", "level": "province"}), 2010) == jiangxi
    assert e0_known(pd.Series({"area": "x", "parent": "jingdezhen", "level": "county"}), 2010) == jiangxi


def test_engine_is_ahead_of_holding_everywhere():
    """In every province and at every measure of age the engine errs less than holding the number."""
    judged = load_table("backtest").query("group == 'all' and measure in ['60+', '65+', '80+']")
    old = judged.pivot(index=["judged", "measure"], columns="method", values="mape_pct")
    assert (old["engine"] < old["hold_number"] / 2).all()


def test_plans_are_held_against_the_projection():
    """A plan's own forecast stands beside the projection of its year; targets and registered people are left out."""
    told = compare_with_plans()
    row = told.set_index(["area", "indicator"]).loc[("jingdezhen", "population_60plus")]
    assert row["projected"] == pytest.approx(float(persons(project("jingdezhen", end_year=2025), 60).sel(year=2025)))
    assert row["difference_pct"] == pytest.approx(100 * (row["projected"] / 324_100 - 1))
    whole = told.set_index("indicator")["printed"]["population_total_implied"]
    assert whole == pytest.approx(324_100 / 0.1928)
    assert (told["year"] > 2020).all() and ("lianshui", "population_60plus") not in set(
        told[["area", "indicator"]].itertuples(index=False, name=None)
    )


def test_steady_growth_goes_on():
    """A series that grows by one rate goes on at that rate, and its interval closes on it."""
    series = pd.Series(100 * 1.02 ** np.arange(8), index=range(2003, 2011))
    told = extrapolate(series, 2020)
    assert told["value"].to_numpy() == pytest.approx(100 * 1.02 ** np.arange(8, 18))
    assert told["upper"].to_numpy() == pytest.approx(told["value"].to_numpy())


@pytest.mark.parametrize("method", ["log-linear", "ets"])
def test_interval_is_wider_for_a_higher_level(method):
    """A 95 % interval holds the 80 % one, and both hold the value."""
    series = load_table("series", area="china").query("indicator == 'births'").set_index("year")["value"].loc[1990:2010]
    narrow, wide = (extrapolate(series, 2015, level=level, method=method) for level in (0.8, 0.95))
    assert (wide["lower"] < narrow["lower"]).all() and (narrow["upper"] < wide["upper"]).all()
    assert ((narrow["lower"] < narrow["value"]) & (narrow["value"] < narrow["upper"])).all()


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
    (lambda: extrapolate(SERIES, 2005, method="arima"), "not possible"),
]


@pytest.mark.parametrize(("call", "sentence"), BAD)
def test_a_trend_that_cannot_be_is_refused_in_a_sentence(call, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        call()
