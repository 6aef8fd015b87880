"""Sharing out, evenness, the allocation laboratory, and plans beside one another."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import quick

import yilaolib as yl
from yilaolib.needs.beds import RULES
from yilaolib.needs.peers import ranked_targets

WEIGHTS = st.lists(st.floats(0.1, 1e6), min_size=1, max_size=12)
PLACES = st.lists(st.tuples(st.floats(1, 1e4), st.floats(1, 1e5)), min_size=2, max_size=12)


@quick
@given(st.integers(0, 10**6), WEIGHTS)
def test_shares_add_up_and_keep_the_quota(total, weights):
    """Whole beds sum to the total, and none is a bed or more away from its exact share."""
    weights = pd.Series(weights)
    beds = yl.share_out(total, weights)
    assert beds.sum() == total and ((beds - total * weights / weights.sum()).abs() < 1 + 1e-6).all()


@pytest.mark.parametrize(
    ("total", "weights"), [(-1, [1.0]), (1.5, [1.0]), (3, [0.0, 0.0]), (3, [1.0, -1.0]), (3, [np.nan])]
)
def test_bad_shares_are_refused(total, weights):
    """No negative or broken beds, no weights that are missing, negative or all 0."""
    with pytest.raises(yl.DataError):
        yl.share_out(total, pd.Series(weights))


@quick
@given(PLACES, st.floats(0.1, 100))
def test_evenness_does_not_depend_on_the_scale(places, factor):
    """Gini and Theil are the same for twice the beds, lie at 0 or above, and are 0 for equal beds per person."""
    beds, persons = map(np.array, zip(*places, strict=True))
    groups = np.arange(len(beds)) % 2
    assert yl.gini(beds * factor, persons) == pytest.approx(yl.gini(beds, persons), abs=1e-9)
    assert 0 <= yl.gini(beds, persons) + 1e-12 < 1
    assert yl.gini(persons * factor, persons) == pytest.approx(0, abs=1e-9)
    parts = yl.theil(beds, persons, groups)
    assert parts["total"] == pytest.approx(parts["between"] + parts["within"])
    assert min(parts.values()) > -1e-9


def test_theil_between_groups_only():
    """Two groups, each even inside: all of the index lies between them."""
    parts = yl.theil([10, 10, 30, 30], [1, 1, 1, 1], ["a", "a", "b", "b"])
    assert parts["within"] == pytest.approx(0, abs=1e-12)
    assert parts["between"] == pytest.approx(0.25 * np.log(0.5) + 0.75 * np.log(1.5))


@pytest.fixture(scope="module")
def beds():
    return yl.allocate_beds()


def test_province_is_shared_out_whole(beds):
    """Every rule shares out all 300,000 beds, in whole numbers."""
    shared = beds[[f"beds_{rule}" for rule in RULES]]
    assert (shared.sum() == 300_000).all() and len(RULES) == 6


def test_jingdezhen_by_the_rule_of_its_plan(beds):
    """By persons 60+ of the census 景德镇 gets 10,593 beds; the plan's rounded figures make 10,592."""
    assert beds.loc["jingdezhen", "beds_aged_60"] == 10_593


def test_rule_is_even_by_its_own_measure(beds):
    """Shared by 60+, beds per person 60+ are even; shared by need, beds per person in need are."""
    equity = yl.allocation_equity(beds).set_index(["rule", "per"])["gini"]
    for rule in ("aged_60", "care_need"):
        assert equity[rule, rule] == pytest.approx(0, abs=1e-4)
        assert equity[rule, rule] < equity.drop((rule, rule)).xs(rule, level="per").min()


@pytest.mark.parametrize(("province", "sentence"), [("hubei", "No prefecture prints"), ("haian", "no areas below it")])
def test_beds_that_cannot_be_shared_out_are_refused(province, sentence):
    """The parts of 湖北 (仙桃 right below it) add up, but none prints its beds; 海安 has no parts."""
    with pytest.raises(yl.DataError, match=sentence):
        yl.allocate_beds(province, total=1000)


def test_growth_that_a_target_needs():
    """鹰潭: from 24 to 40 beds per 1000 in five years is 10.8 % a year; from 34.1 to 60 % is 5.18 points."""
    frame = yl.compare_plans().set_index(["indicator", "area"])["per_year"]
    assert frame["elder_beds_per_1000_60plus", "yingtan"] == pytest.approx(100 * ((40 / 24) ** 0.2 - 1))
    assert frame["nursing_beds_share_pct", "yingtan"] == pytest.approx((60 - 34.1) / 5)


def test_equal_targets_share_a_range_of_ranks():
    """Four plans aim at 4.5 places per 1000 and one at 4.59: ranks 2 to 5 for the four, 1 for the one."""
    frame = yl.compare_plans(["daycare_places_per_1000"]).set_index("area")
    assert frame.loc["yueyang", ["rank_low", "rank_high"]].tolist() == [1, 1]
    assert (frame.drop("yueyang")[["rank_low", "rank_high"]] == [2, 5]).all(axis=None)


def test_a_target_without_a_number_has_no_rank():
    """A target in words is among no places: its rank is missing, never 0, and it takes no rank from the others."""
    same = dict.fromkeys(("level", "target_year", "comparator", "baseline_year"), 1) | {"doubt": False}
    group = pd.DataFrame({"direction": "higher", "target": [40.0, None, 50.0], "target_printed": ["40", "more", "50"]})
    ranked = ranked_targets(group.assign(**same))
    assert ranked["rank_low"].isna().tolist() == ranked["rank_high"].isna().tolist() == [False, True, False]
    assert ranked["rank_low"].dropna().tolist() == [2, 1] and (ranked["places"] == 2).all()
