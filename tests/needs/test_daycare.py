"""Daycare places by every method: the plans' own sums come out, and births move the need."""

import numpy as np
import pytest
from oracles import future_of

import yilaolib as yl


def places(city="jingdezhen", year=2025, **options):
    return yl.triangulate_places(city, year, population=future_of(city), **options).set_index("method")


def test_the_plan_s_own_gap_of_places():
    """7,367 places that the plan needs less 4,036 that it has are the 3,331 that it prints."""
    row = places().loc["plan_places"]
    assert (row["central"], row["gap_stock"]) == (7_367, 3_331)


def test_coverage_is_of_three_single_ages():
    """33 % and 45 % of those aged 0, 1 and 2, and the middle between them."""
    children = float(future_of("jingdezhen").population.sel(year=2030, age=[0, 1, 2]).sum())
    row = places(year=2030).loc["coverage"]
    shares = [row[bound] / children for bound in ("lower", "central", "upper")]
    assert shares == pytest.approx([0.33, 0.39, 0.45]) and row["implied_coverage"] == pytest.approx(0.39)


def test_coverage_reached_by_the_norm_rises_as_births_fall():
    """The same norm covers a larger share of fewer children: more in 2035 than in 2021."""
    early, late = (places("yueyang", year).loc["norm_places", "implied_coverage"] for year in (2021, 2035))
    assert late > early


def test_own_coverage_and_new_estates():
    """A coverage of one's own is a row; new estates get a number when their residents are given."""
    frame = places(coverage=0.2, new_residents=50_000)
    assert frame.loc["coverage_own", "implied_coverage"] == pytest.approx(0.2)
    assert frame.loc["new_estates", "central"] == pytest.approx(500)
    assert "not published" in str(places().loc["new_estates", "inputs"])
    with pytest.raises(yl.DataError, match="coverage is 20; it must be a share"):
        places(coverage=20)


def test_a_city_s_own_survey_comes_before_that_of_others():
    """涟水 prints wish and use itself; elsewhere its range stands in, and the row says so."""
    own, other = (places(city).loc["intention", "inputs"] for city in ("lianshui", "haian"))
    assert "figures of" not in str(own)
    assert "figures of Lianshui" in str(other) and "数据来自涟水县" in other.say("zh")


def test_fees_against_the_cost_of_a_child():
    """景德镇 caps the older class at 1,700 yuan a month: 20,400 a year, beside 20,000 that a child is said to cost."""
    row = yl.daycare_fees("jingdezhen").set_index("group").loc["24_36m"]
    assert row[["cap", "cap_year", "cost_year", "of_cost_pct"]].tolist() == pytest.approx([1_700, 20_400, 20_000, 102])
    assert yl.daycare_fees("haian").empty


def test_turning_years_match_the_paths():
    """In the year that is named the shortage is gone, and the year before it was there."""
    turned = yl.turning_years("jingdezhen", scenarios=("medium",), end_year=2050).set_index("method")
    assert turned.loc["norm_places", "state"] == "turns"
    year = int(turned.loc["norm_places", "year"])
    gap = yl.gap_by_year("jingdezhen", what="places", population=future_of("jingdezhen"))
    assert gap.loc[year - 1, "shortfall"] > 0 and gap.loc[year:, "shortfall"].max() == 0


def test_fewer_births_never_turn_later():
    """Among scenarios that differ in births only, fewer births leave no larger gap at the horizon."""
    turns = yl.turning_years("yueyang", scenarios=("low", "medium", "high"), end_year=2040)
    last = turns.pivot(index="method", columns="scenario", values="last")
    assert (np.diff(last[["low", "medium", "high"]]) >= 0).all()
