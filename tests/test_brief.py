"""The numbers behind a report: each city has them all, and they follow from its plan, its census, its projection."""

import numpy as np
import pytest
from oracles import CENSUS_2020, CITIES, brief_of

from yilaolib.errors import DataError
from yilaolib.needs.peers import plan_targets
from yilaolib.reports.brief import city_brief, plan_of
from yilaolib.tables.areas import load_table

PLACES = (*CITIES, "jiangxi")
TARGETS = {"yingtan": 28, "jingdezhen": 22, "yueyang": 31, "lianshui": 27, "haian": 38}


@pytest.mark.parametrize("city", CITIES)
def test_census_of_the_brief(city):
    """The brief's census has the published number of residents."""
    assert float(brief_of(city).census.sum()) == CENSUS_2020[city][0]


@pytest.mark.parametrize("place", PLACES)
def test_ageing_table(place):
    """Shares are persons over all persons, and the older the fewer."""
    table = brief_of(place).ageing
    np.testing.assert_allclose(table["share_60_pct"], 100 * table["aged_60"] / table["total"])
    assert (table["aged_60"] > table["aged_65"]).all() and (table["aged_65"] > table["aged_80"]).all()
    assert table.index.tolist() == list(range(2020, 2036))


@pytest.mark.parametrize(
    ("city", "method"), [("jingdezhen", "norm"), ("yingtan", "norm"), ("haian", "hold"), ("jiangxi", "rule_9073")]
)
def test_leading_method(city, method):
    """The plan's own norm leads; without one the present ratio is held; without beds the 9073 rule is left."""
    assert brief_of(city).bed_gap.attrs["method"] == method


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("table", ["bed_gap", "place_gap"])
def test_gap_by_year(place, table):
    """In every year demand less supply is the shortfall or the surplus; what is not published is missing."""
    gap = getattr(brief_of(place), table)
    assert (gap["demand"] > 0).all()
    known = gap.dropna(subset=["supply"])
    np.testing.assert_allclose(known["shortfall"] - known["surplus"], known["demand"] - known["supply"])
    assert gap.loc[gap["supply"].isna(), ["shortfall", "surplus"]].isna().all().all()


def test_norm_of_places_is_the_plan_s_or_the_nation_s():
    """岳阳 prints 4.59 places per 1000 in its table; a province without a plan has the nation's 4.5."""
    assert brief_of("yueyang").place_gap.attrs["norm"] == 4.59
    assert brief_of("jiangxi").place_gap.attrs["norm"] == 4.5


@pytest.mark.parametrize("city", CITIES)
def test_implied_coverage_of_the_norm(city):
    """The coverage beside the norm is its places over the children aged 0-2."""
    gap = brief_of(city).place_gap
    np.testing.assert_allclose(gap["implied_coverage_pct"], 100 * gap["demand"] / gap["aged_0_2"])


@pytest.mark.parametrize("city", CITIES)
def test_targets_are_those_of_the_plan_s_tables(city):
    """Every printed indicator once, each with a target as printed."""
    table = brief_of(city).targets
    assert len(table) == TARGETS[city]
    assert table["indicator"].is_unique
    assert table["target_printed"].str.len().min() > 0


def test_targets_that_step_back():
    """岳阳 aims below four of its baselines, among them pension insurance: 100 % to 97 %."""
    table = plan_targets("yueyang").set_index("indicator")
    assert table["steps_back"].sum() == 4
    row = table.loc["pension_insurance_participation_pct"]
    assert (row["baseline"], row["target"], row["steps_back"]) == (100, 97, True)


def test_lower_is_better_for_some(tmp_path):
    """An indicator whose lower values are better steps back when its target is above the baseline."""
    rows = load_table("observations")
    beds = rows[
        rows["observation"].isin(["yueyang.elder_beds_total.2020.actual", "yueyang.elder_beds_total.2025.target"])
    ]
    rows.loc[beds.index, "indicator"] = "elder_beds_gap"  # direction lower: 44,882 to 51,482 would be worse
    rows.to_csv(tmp_path / "observations.csv", index=False)
    assert load_table("indicators").set_index("indicator").loc["elder_beds_gap", "direction"] == "lower"
    assert plan_targets("yueyang", root=tmp_path).set_index("indicator").loc["elder_beds_gap", "steps_back"]


def test_targets_come_in_the_order_of_the_plan():
    """岳阳's table 1 comes before table 2, and 1.2 before 1.10."""
    order = plan_targets("yueyang")["indicator"].tolist()
    assert order.index("elder_beds_total") < order.index("elder_beds_per_1000_60plus")
    assert order.index("elder_beds_per_1000_60plus") < order.index("daycare_places_per_1000")


def test_place_without_a_plan():
    """A province has no plan in the tables: no identity, no targets, but ageing and beds by a rule."""
    assert plan_of("jiangxi") is None
    brief = brief_of("jiangxi")
    assert brief.plan is None and brief.targets.empty
    assert (brief.target_year, brief.bed_gap.attrs["method"]) == (2025, "rule_9073")


def test_short_horizon_moves_the_target_year():
    """A brief that ends before the plan does speaks of its own last year."""
    brief = city_brief("haian", end_year=2022)
    assert brief.target_year == 2022
    assert brief.bed_methods["central"].notna().any()


def test_printed_figure_of_the_brief():
    """The brief finds what its plan prints, and None where it prints nothing."""
    assert brief_of("jingdezhen").printed("elder_beds_gap")["as_printed"] == "6441张"
    assert brief_of("haian").printed("elder_beds_gap") is None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"city": "jingdezen"}, "area 'jingdezen' is not in areas.csv"),
        ({"city": "haian", "scenario": "midium"}, "scenario 'midium' is not in assumptions.csv"),
        ({"city": "haian", "end_year": 2019}, "end_year is 2019; it must be after the census of 2020"),
    ],
)
def test_bad_brief_is_refused_in_a_sentence(options, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        city_brief(**options)
