"""Need by every method: what the methods share, what they say of a gap, and where each input pulls."""

import numpy as np
import pandas as pd
import pytest
from oracles import CITIES, future_of

from yilaolib.errors import DataError
from yilaolib.needs.beds import BedNeed, elderly_path, nursing_beds, triangulate_beds
from yilaolib.needs.daycare import PlaceNeed, triangulate_places, turning_years
from yilaolib.needs.rows import at_year
from yilaolib.tables.areas import load_table


def beds(city="jingdezhen", year=2025):
    return triangulate_beds(city, year, population=future_of(city)).set_index("method")


def central(method, **options):
    """Beds of one method for 景德镇 in 2025, with other values of assumptions."""
    need = BedNeed("jingdezhen", elderly_path(future_of("jingdezhen")), only=method, **options)
    return need.at(2025).iloc[0]


def test_the_plan_s_own_gap():
    """10,500 beds that the plan needs less 4,059 that it has are the 6,441 that it prints."""
    assert beds().loc["plan_beds", "gap_stock"] == 6_441


def test_the_plan_s_own_gap_of_places():
    """7,367 places that the plan needs less 4,036 that it has are the 3,331 that it prints."""
    frame = triangulate_places("jingdezhen", 2025, population=future_of("jingdezhen")).set_index("method")
    assert frame.loc["plan_places", "gap_stock"] == 3_331


def test_use_suggests_a_surplus_where_the_plan_is_short():
    """For 景德镇 in 2025 the plan's method says short; even with full private homes, present use says surplus."""
    frame = beds()
    assert frame.loc["plan_beds", "says_stock"] == "short"
    assert frame.loc["utilisation", "says_stock"] == "surplus"
    assert frame.loc["utilisation", "upper"] < 4_059


def test_hold_names_the_figure_on_the_plan_s_own_elderly():
    """The row that holds the ratio also says what it gives on the plan's 32.41万 elderly: 4,887."""
    assert "4,887" in beds().loc["hold", "inputs"]


def test_two_definitions_of_need_stand_apart():
    """Prevalence by survey and by census are rows of their own, each with another source."""
    frame = beds()
    sources = {frame.loc[method, "sources"] for method in ("prevalence", "prevalence_census")}
    assert len(sources) == 2
    assert frame.loc[["prevalence", "prevalence_census"], "central"].notna().all()


@pytest.mark.parametrize("city", CITIES)
def test_missing_inputs_say_so_and_give_no_number(city):
    """A method without its inputs stays as a row that says "not published"; none is zero."""
    frame = beds(city)
    silent = frame[frame["central"].isna()]
    assert silent["inputs"].str.contains("not published").all()
    assert (frame["central"].dropna() > 0).all()
    assert (silent[["says_stock", "says_pipeline"]] == "").all(axis=None)


@pytest.mark.parametrize("city", CITIES)
def test_judged_inputs_are_marked(city):
    """A row that rests on a judged value says so in its inputs and cites it as judged."""
    frame = beds(city)
    judged = frame["sources"].str.split(";").map(lambda ids: "judged" in ids)
    assert judged.any()
    assert (frame["inputs"].str.contains("judged") == judged).all()


@pytest.mark.parametrize("city", CITIES)
def test_sources_are_documents_of_the_tables(city):
    """Every id in `sources` is a row of table sources."""
    known = set(load_table("sources")["source"])
    ids = beds(city)["sources"].str.split(";").explode()
    assert set(ids[ids != ""]) <= known


@pytest.mark.parametrize(
    ("parameter", "method", "sign"),
    [
        ("target_occupancy", "prevalence", -1),
        ("target_occupancy", "prevalence_census", -1),
        ("target_occupancy", "utilisation", -1),
        ("institution_share_severe", "prevalence", 1),
        ("institution_share_moderate", "prevalence", 1),
        ("institution_share_mild", "prevalence", 1),
        ("institution_share_unable", "prevalence_census", 1),
        ("rule_3pct_share", "rule_9073", 1),
    ],
)
def test_direction_of_every_assumption(parameter, method, sign):
    """A fuller target asks for fewer beds, a larger share in homes for more."""
    value = central(method)["central"]
    table = load_table("assumptions").set_index("parameter")["value"]
    moved = central(method, changed={parameter: table[parameter] * 1.1})["central"]
    assert np.sign(moved - value) == sign


@pytest.mark.parametrize("method", ["prevalence", "utilisation", "share"])
def test_what_if_is_a_need_made_anew(method):
    """Other assumptions tried on a need that is at hand give what a need made with them gives, and leave it alone."""
    need, changed = BedNeed("jingdezhen", elderly_path(future_of("jingdezhen"))), {"institution_share_severe": 0.7}
    before = need.at(2025)
    need.at_census
    bound = "lower" if method == "share" else "upper"
    tried = at_year(need.what_if(method, changed)[bound], 2025)
    assert float(tried) == pytest.approx(central(method, changed=changed)[bound])
    pd.testing.assert_frame_equal(need.at(2025), before)


@pytest.mark.parametrize("method", ["norm", "hold", "rule_9073", "prevalence", "prevalence_census", "utilisation"])
def test_twice_the_elderly_need_twice_the_beds(method):
    """Every method that moves with the elderly is monotone and proportional in them."""
    people = elderly_path(future_of("jingdezhen"))
    once, twice = (BedNeed("jingdezhen", p, only=method).at(2030)["central"].iloc[0] for p in (people, 2 * people))
    assert twice == pytest.approx(2 * once)


def test_methods_agree_on_equal_assumptions():
    """A norm of 30 per 1000 and the 3 % rule are one; so are full use and a share of 1 at one occupancy."""
    frame = beds()
    elderly = frame.loc["norm", "central"] / 39 * 1000
    assert frame.loc["rule_9073", "central"] == pytest.approx(30 * elderly / 1000)
    everyone = central("prevalence_census", changed={"institution_share_unable": 1.0, "target_occupancy": 1.0})
    assert everyone["central"] == pytest.approx(0.0234 * elderly)


@pytest.mark.parametrize("city", CITIES)
def test_gaps_are_need_less_supply(city):
    """gap_stock and gap_pipeline differ by the new beds of the project list, and by no renovated ones."""
    frame = beds(city)
    new = frame["with_pipeline"] - frame["with_stock"]
    both = frame["central"].notna() & frame["with_stock"].notna()
    assert np.allclose((frame["gap_stock"] - frame["gap_pipeline"])[both], new[both])
    projects = load_table("projects", area=city)
    assert new.iloc[0] <= projects["beds_new"].fillna(0).sum()


def test_beds_that_open_before_the_stock_are_not_counted_twice():
    """涟水 counts its beds in 2022: the 180 beds that open in 2022 are not added, the 350 later ones are."""
    frame = beds("lianshui")
    assert (frame["with_pipeline"] - frame["with_stock"]).iloc[0] == 350


def test_verdict_follows_the_range():
    """short where the whole range lies above the supply, surplus where it lies below, either where it holds both."""
    frame = beds()
    low, high = (frame[side].fillna(frame["central"]) for side in ("lower", "upper"))
    assert (frame["says_stock"].eq("short") == (low > frame["with_stock"])).all()
    assert (frame["says_stock"].eq("surplus") == (high < frame["with_stock"])).all()


def test_draws_keep_demography_apart_from_parameters():
    """With draws, 80 % of them lie in a range of its own, and lower and upper stay those of the parameters."""
    from yilaolib.demography.projection import project

    drawn = triangulate_beds("haian", 2030, population=project("haian", end_year=2030, draws=30)).set_index("method")
    row = drawn.loc["prevalence"]
    assert row["draw_lower"] <= row["central"] <= row["draw_upper"]
    assert row["draw_upper"] - row["draw_lower"] < row["upper"] - row["lower"]


@pytest.mark.parametrize("city", CITIES)
def test_works_to_the_horizon(city):
    """Every year of the projection has a need, and the arrays hold what the rows say."""
    need = BedNeed(city, elderly_path(future_of(city)))
    last = int(need.years[-1])
    rows = need.at(last).set_index("method")["central"].dropna()
    arrays = need.arrays().sel(bound="central", year=last).to_series()[rows.index]
    assert np.allclose(arrays, rows)


def test_year_outside_the_projection_is_refused():
    """A year that was not projected is an error that names the years."""
    with pytest.raises(DataError, match="runs from 2020"):
        triangulate_beds("haian", 1999, population=future_of("haian"))


def test_user_s_own_assumption_is_used(tmp_path):
    """A row of one's own folder replaces the judged occupancy, and widens its range where it lies outside."""
    own = pd.DataFrame([["", "", "target_occupancy", "", 0.5, "share", "judged", "mine"]])
    header = ["area", "scenario", "parameter", "year", "value", "unit", "source", "note"]
    own.to_csv(tmp_path / "assumptions.csv", header=header, index=False)
    ours = triangulate_beds("haian", 2025, population=future_of("haian")).set_index("method")
    mine = triangulate_beds("haian", 2025, population=future_of("haian"), root=tmp_path).set_index("method")
    assert mine.loc["prevalence", "central"] == pytest.approx(ours.loc["prevalence", "central"] * 0.85 / 0.5)
    assert mine.loc["prevalence", "upper"] >= mine.loc["prevalence", "central"]


def test_own_coverage_and_new_estates_of_places():
    """A coverage of one's own is a row; new estates get a number when their residents are given."""
    frame = triangulate_places(
        "jingdezhen", 2025, population=future_of("jingdezhen"), coverage=0.2, new_residents=50_000
    ).set_index("method")
    assert frame.loc["coverage_own", "implied_coverage"] == pytest.approx(0.2)
    assert frame.loc["new_estates", "central"] == pytest.approx(500)
    plain = triangulate_places("jingdezhen", 2025, population=future_of("jingdezhen")).set_index("method")
    assert "coverage_own" not in plain.index
    assert "not published" in plain.loc["new_estates", "inputs"]


def test_a_city_s_own_survey_comes_before_that_of_others():
    """涟水 prints wish and use itself; elsewhere its range stands in, and the row says so."""
    own, other = (
        triangulate_places(city, 2025, population=future_of(city)).set_index("method").loc["intention", "inputs"]
        for city in ("lianshui", "haian")
    )
    assert "figures of" not in own
    assert "figures of lianshui" in other


def test_turning_years_match_the_paths():
    """In the year that is named the shortage is gone, and the year before it was there."""
    turned = turning_years("jingdezhen", scenarios=("medium",), end_year=2050).set_index("method")
    assert turned.loc["norm_places", "state"] == "turns"
    year = int(turned.loc["norm_places", "year"])
    need = PlaceNeed("jingdezhen", future_of("jingdezhen")).paths()["norm_places"]
    supply = {2024: 4036 + 0.8 * (7367 - 4036), 2025: 7367.0}
    assert need[year - 1] > supply[year - 1]
    assert need[year] <= supply[year]


def test_fewer_births_never_turn_later():
    """Among scenarios that differ in births only, fewer births leave no larger gap at the horizon."""
    last = turning_years("yueyang", scenarios=("low", "medium", "high"), end_year=2040).pivot(
        index="method", columns="scenario", values="last"
    )
    assert (last["low"] <= last["medium"]).all()
    assert (last["medium"] <= last["high"]).all()


def test_nursing_beds_of_the_printed_share():
    """47 % of 4,059 beds are the nursing-type beds that 景德镇 has; the need is moderate and severe together."""
    frame = nursing_beds("jingdezhen", 2025, population=future_of("jingdezhen")).set_index("what")
    assert frame.loc["present", "central"] == pytest.approx(0.47 * 4059)
    parts = frame.loc[["need_moderate", "need_severe"], "central"].sum()
    assert frame.loc["need", "central"] == pytest.approx(parts)
    assert frame.loc["need", "lower"] < frame.loc["need", "central"] < frame.loc["need", "upper"]


def test_nursing_beds_not_published_are_missing():
    """海安 prints no share of today: the row is there, without a number."""
    frame = nursing_beds("haian", 2025, population=future_of("haian")).set_index("what")
    assert np.isnan(frame.loc["present", "central"])
    assert frame.loc["present", "source"] == "not published"


@pytest.fixture(scope="module")
def own_haian(tmp_path_factory):
    """Beds for 海安 by method, with a census and printed figures of one's own: no private beds, registered elderly."""
    folder = tmp_path_factory.mktemp("own")
    people = load_table("population", area="haian").query("year == 2020").assign(source="un-wpp-2024")
    people.to_csv(folder / "population.csv", index=False)
    rows = [
        ("elder_beds_public_homes", 2020, "actual", 900, "beds", "900张", None),
        ("elder_residents_public_homes", 2020, "actual", 300, "persons", "300人", None),
        ("population_60plus", 2025, "projection", 3e5, "persons", "30万人", "registered"),
    ]
    table = pd.DataFrame(rows, columns=["indicator", "year", "kind", "value", "unit", "as_printed", "basis"])
    table = table.assign(observation="own." + table["indicator"], area="haian", comparator="eq", locator="x")
    table.assign(source="plan-haian-2022").to_csv(folder / "observations.csv", index=False)
    return triangulate_beds("haian", 2025, population=future_of("haian"), root=folder).set_index("method")


def test_private_homes_that_are_not_published_are_no_zero(own_haian):
    """Without printed private beds the use of public homes has no range, and says what is left out."""
    row = own_haian.loc["utilisation"]
    assert row["central"] > 0 and np.isnan(row["lower"]) and np.isnan(row["upper"])
    assert "private homes not published" in row["inputs"]


def test_registered_people_are_not_set_against_residents(own_haian):
    """A forecast of registered people gives no beds at the residents' ratio, as one of residents does."""
    assert "on the plan's E" in beds().loc["hold", "inputs"]
    assert "on the plan's E" not in own_haian.loc["hold", "inputs"]


def test_the_census_that_is_cited_is_the_place_s_own(own_haian):
    """A ratio of beds to elderly cites the document that counted these elderly."""
    assert own_haian.loc["hold", "sources"].split(";")[-1] == "un-wpp-2024"
    assert beds("haian").loc["hold", "sources"].split(";")[-1] == "nbs-census-2020-county"
