"""Migration that differs by sex does not go on: cohorts draw nearer to the nation's sex ratio."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilaolib.demography.cohorts import PULLED, drawn_to_balance, imbalance, log_sex_ratio, men_share, shared
from yilaolib.demography.local import launch_of, local_migration
from yilaolib.demography.projection import Scenario, nation_of, project, read_spreads
from yilaolib.tables.areas import load_table

AGES = 101
HALF = np.full(AGES, 0.5)
FIVE = ["yingtan", "jingdezhen", "yueyang", "lianshui", "haian"]


def random_rates(seed):
    """Rates (sex, age) and persons (sex, age)."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.02, (2, AGES)), rng.uniform(1, 1000, (2, AGES))


@given(st.integers(0, 10_000))
def test_sharing_moves_as_many_people(seed):
    """Where both sexes move alike, as many persons of each age move as before."""
    rates, people = random_rates(seed)
    np.testing.assert_allclose((shared(rates, people) * people).sum(axis=0), (rates * people).sum(axis=0))


@given(st.integers(0, 10_000))
def test_pull_moves_nobody_on_balance(seed):
    """As many men come as women go: in the first year as many persons of each age move as without the pull."""
    rates, people = random_rates(seed)
    given_rates = np.repeat(rates[None], 3, axis=0)
    pulled = drawn_to_balance(given_rates, imbalance(people, people[::-1]), men_share(people), 0.07)
    np.testing.assert_allclose((pulled[0] * people).sum(axis=0), (rates * people).sum(axis=0), atol=1e-9)


@given(st.floats(-0.5, 0.5), st.floats(0, 0.2))
def test_imbalance_shrinks_and_never_turns(start, pull):
    """A cohort with too few men gains men every year, fewer from year to year, and never gets too many."""
    rates = drawn_to_balance(np.zeros((10, 2, AGES)), np.full(AGES, start), HALF, pull)
    gained = [float(rates[t, 1, 30 + t] - rates[t, 0, 30 + t]) for t in range(10)]
    left = start + np.cumsum(gained)
    assert (left * start >= 0).all() and (np.diff(np.abs([start, *left])) <= 1e-12).all()


def test_pull_of_ten_years_is_what_was_fitted():
    """After ten years within the ages, the share (1 - pull) to the tenth of the imbalance is left."""
    rates = drawn_to_balance(np.zeros((10, 2, AGES)), np.full(AGES, -0.1), HALF, 0.07)
    gained = sum(float(rates[t, 1, 30 + t] - rates[t, 0, 30 + t]) for t in range(10))
    assert -0.1 + gained == pytest.approx(-0.1 * 0.93**10)


def test_no_pull_changes_nothing():
    """Without a pull, as in a scenario where nobody moves, the rates stay as they are."""
    rates, people = random_rates(1)
    still = np.repeat(rates[None], 4, axis=0)
    np.testing.assert_array_equal(drawn_to_balance(still, imbalance(people, people[::-1]), HALF, 0.0), still)


def test_children_have_no_imbalance():
    """More boys than the nation at birth are not taken for migrants who come or go."""
    boys = np.ones((2, AGES))
    boys[1] = 1.3
    assert not imbalance(boys, np.ones((2, AGES)))[:15].any()
    assert (imbalance(boys, np.ones((2, AGES)))[15:] > 0).all()


def test_ages_without_men_or_women_have_no_ratio():
    """Nobody of one sex at an age is no infinite imbalance."""
    people = np.ones((2, AGES))
    people[0, 100] = 0
    assert np.isnan(log_sex_ratio(people)[100]) and imbalance(people, np.ones((2, AGES)) * [[1], [2]])[100] == 0


def test_launch_has_one_rate_for_both_sexes_from_25_on():
    """Hai'an's men came back in 2010-2020; from 25 on the mean goes on, below it what was counted."""
    measured = local_migration("haian").to_numpy()
    ours = launch_of("haian").migration
    assert measured[1, 40] > measured[0, 40] + 0.01
    np.testing.assert_array_equal(ours[0, PULLED[0] :], ours[1, PULLED[0] :])
    np.testing.assert_array_equal(ours[:, : PULLED[0]], measured[:, : PULLED[0]])


def test_nation_is_in_balance_with_itself():
    """China is its own standard: no imbalance, no pull."""
    assert abs(launch_of("china").more_men[: PULLED[1]]).max() < 1e-3


@pytest.mark.parametrize("area", FIVE)
def test_men_per_woman_come_nearer_to_the_nation(area):
    """Whoever was 30-49 in 2020 is nearer to the nation's sex ratio in 2040, give or take 0.5 % by mortality."""

    def away(year):
        ours, all_china = (project(a, end_year=2040).population.squeeze().sel(year=year) for a in (area, "china"))
        ages = slice(30 + year - 2020, 49 + year - 2020)
        return abs(log_sex_ratio(ours.sel(age=ages)) - log_sex_ratio(all_china.sel(age=ages))).mean()

    assert away(2040) < away(2020) + (0 if area == "haian" else 0.005)  # Hai'an has most to even out


def test_pull_was_fitted():
    """Table spreads holds the share; three provinces apart gave 0.06 to 0.08."""
    assert 0.05 < read_spreads().sex_ratio_pull < 0.09
    assert nation_of().spreads.sex_ratio_pull == read_spreads().sex_ratio_pull


def test_every_projection_names_the_source_of_the_pull():
    """The documents behind a central path name those of the two figures of table spreads that shape it."""
    spreads = load_table("spreads").set_index("parameter")["source"]
    assert {spreads["sex_ratio_pull"], spreads["tfr_ratio_persistence"]} <= set(project("china", end_year=2022).sources)


def test_many_more_migrants_do_not_turn_the_balance():
    """Where twenty times as many move, the pull is the whole one and no more: men do not come to be too many."""
    moving = project("haian", scenario=Scenario("x", net_migration_factor={2020: 20.0}), end_year=2024)
    once = project("haian", scenario=Scenario("x"), end_year=2024)
    men = [abs(log_sex_ratio(each.population.sel(year=2024, age=slice(30, 55)))).max() for each in (moving, once)]
    assert men[0] < men[1] + 0.05
