"""Chances, regret and the best number; what the spread and the strongest inputs are."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import future_of, quick

import yilaolib as yl
from yilaolib.needs.beds import METHODS
from yilaolib.needs.rows import BOUNDS, make_case, rows_of

DRAWS = st.lists(st.floats(1, 1e5), min_size=2, max_size=40)


@quick
@given(DRAWS, st.floats(0.1, 10))
def test_best_number_has_the_least_regret(draws, ratio):
    """No other number among the draws has less expected regret than the quantile of the newsvendor."""
    best = yl.best_number(np.array(draws), cost_ratio=ratio)
    built = [best, *draws]
    regret = yl.expected_regret(np.array(draws), built, cost_ratio=ratio)["regret"].to_numpy()
    # between two draws the regret is a line: the quantile may lie there, at most one draw's share away
    near = np.quantile(draws, ratio / (1 + ratio), method="inverted_cdf")
    least = yl.expected_regret(np.array(draws), [near], cost_ratio=ratio)["regret"].to_numpy()[0]
    assert least <= regret.min() * (1 + 1e-9) + 1e-9 and min(draws) <= best <= max(draws)


@quick
@given(DRAWS, st.floats(1, 1e5), st.floats(0, 1e4))
def test_more_beds_never_raise_the_chance_of_a_shortage(draws, supply, more):
    """The chance of a shortage falls with supply, and that of empty beds rises."""
    need = np.array(draws)
    assert yl.shortage_probability(need, supply + more) <= yl.shortage_probability(need, supply)
    assert yl.low_occupancy_probability(need, supply + more, 0.6) >= yl.low_occupancy_probability(need, supply, 0.6)


def test_spread_of_an_additive_need_is_split_exactly():
    """Methods 0 and 10, demography 0 and 2, parameters 0 and 1: variances 25, 1 and 0.25, nothing together."""
    axes = {"by_method": [0.0, 10.0], "draw": [0.0, 2.0], "parameter": [0.0, 1.0]}
    grid = sum(xr.DataArray(values, dims=dim) for dim, values in axes.items())
    shares = yl.split_spread(grid)
    assert shares.tolist() == pytest.approx([25 / 26.25, 1 / 26.25, 0.25 / 26.25, 0], abs=1e-12)


@pytest.fixture(scope="module")
def drawn():
    return yl.project("jingdezhen", end_year=2030, draws=20)


def test_samples_stay_within_the_ranges(drawn):
    """A sample lies between the lower and the upper value of its method and draw; the middle one is central."""
    samples = yl.need_samples("jingdezhen", 2025, parameters=5, population=drawn)
    case = make_case("beds", "jingdezhen", drawn)
    for row in rows_of(case, METHODS):
        if row["method"] in samples["by_method"]:
            drew = samples.sel(by_method=row["method"])
            low, central, high = (np.reshape(case.at(row[bound], 2025), (-1, 1)) for bound in BOUNDS)
            assert (drew <= np.where(np.isnan(high), central, high) + 1e-6).all()
            assert (drew >= np.where(np.isnan(low), central, low) - 1e-6).all()
            assert np.allclose(drew[:, 2], central[:, 0])


def test_decision_for_jingdezhen(drawn):
    """By the plan's methods a shortage is certain in 2025, by present use it does not come."""
    table = yl.build_decision("jingdezhen", 2025, population=drawn).set_index("group")
    assert table.loc["plan", "p_short_stock"] == 1
    assert table.loc["use", "p_short_stock"] == 0
    assert 0 < table.loc["all", "p_short_stock"] < 1


def test_occupancy_only_where_persons_are_counted(drawn):
    """A norm counts beds, not residents: no chance of empty beds can follow from it."""
    table = yl.build_decision("jingdezhen", 2025, population=drawn).set_index("group")["p_empty_stock"]
    assert table[["norm", "hold", "rule_9073", "plan"]].isna().all()
    assert table[["prevalence", "prevalence_census", "utilisation"]].between(0, 1).all()


def test_methods_carry_most_of_the_spread(drawn):
    """The shares of the spread add up to 1, and the choice of the method is the largest."""
    spread = yl.build_decision("jingdezhen", 2025, population=drawn).attrs["spread"]
    assert sum(spread.values()) == pytest.approx(1)
    assert max(spread, key=spread.get) == "method"


def test_decision_for_places():
    """Places have chances too; what cannot be beds or places is refused."""
    table = yl.build_decision("haian", 2025, what="places", draws=5).set_index("group")
    assert table.loc["norm_places", "p_short_stock"] == 0
    with pytest.raises(yl.DataError, match="'beds' or 'places'"):
        yl.build_decision("haian", 2025, what="cots", population=future_of("haian"))


def test_tornado_points_the_right_way():
    """Fuller homes need fewer beds; more severe cases in homes need more; longer lives too."""
    frame = yl.need_tornado("jingdezhen", 2025).set_index("input")
    assert frame.loc["target_occupancy", "low"] > frame.loc["target_occupancy", "high"]
    for name in ("institution_share_severe", "life_expectancy"):
        assert frame.loc[name, "low"] < frame.loc[name, "central"] < frame.loc[name, "high"]


def test_tornado_moves_around_its_scenario():
    """The need that is moved is that of the scenario: with nobody moving, migration of 0 changes nothing."""
    stay = yl.Scenario("stay", net_migration_factor={2020: 0.0})
    frame = yl.need_tornado("haian", 2025, scenario=stay, population=yl.project("haian", scenario=stay, end_year=2025))
    move = frame.set_index("input").loc["net_migration"]
    assert move["low"] == pytest.approx(move["central"])


def test_tornado_of_a_silent_method_is_refused():
    """A method without a number for the city has no inputs to move; the error lists those that have."""
    with pytest.raises(yl.DataError, match="no number for haian; choose one of"):
        yl.need_tornado("haian", 2025, method="utilisation")


def test_births_move_places_not_beds():
    """Fertility is the strongest input of places in 2035, and none of beds."""
    places, beds = (
        yl.need_tornado("haian", 2035, what=what, method=m) for what, m in (("places", None), ("beds", "norm_peers"))
    )
    assert places["input"].iloc[0] == "fertility" and "fertility" not in set(beds["input"])
