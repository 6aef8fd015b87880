"""Beds by every method: the plans' own sums come out, every input pulls as it should, and what is missing is said."""

import numpy as np
import pandas as pd
import pytest
from oracles import CITIES, future_of

import yilaolib as yl
from yilaolib.needs.beds import METHODS, bed_case
from yilaolib.needs.rows import table_at


def beds(city="jingdezhen", year=2025, **options):
    return yl.triangulate_beds(city, year, population=future_of(city), **options).set_index("method")


def central(method, changed):
    """Beds of one method for 景德镇 in 2025, with other values of assumptions."""
    case = bed_case("jingdezhen", future_of("jingdezhen"))
    case.assumed.loc[list(changed), "value"] = list(changed.values())
    return table_at(case, [METHODS[method](case)], 2025)["central"].iloc[0]


def test_jingdezhen_by_the_methods_of_its_plan():
    """10,500 beds as printed beside the 10,592 of the sum described; less 4,059 they are the 6,441 that it prints."""
    frame = beds()
    assert (frame.central["plan_beds"], round(frame.central["share"])) == (10_500, 10_592)
    assert frame.gap_stock["plan_beds"] == 6_441


def test_use_suggests_a_surplus_where_the_plan_is_short():
    """For 景德镇 in 2025 the plan's method says short; even with full private homes, present use says surplus."""
    frame = beds()
    assert frame.loc["plan_beds", "says_stock"] == "short"
    assert frame.loc["utilisation", "says_stock"] == "surplus"
    assert frame.loc["utilisation", "upper"] < 4_059


@pytest.mark.parametrize("city", [*CITIES, "jiangxi"])
def test_missing_inputs_say_so_and_give_no_number(city):
    """A method without its inputs stays as a row that says "not published"; none is zero."""
    frame = beds(city)
    assert set(METHODS) == set(frame.index) and frame["basis"].isin(["plan", "need", "use"]).all()
    silent = frame[frame["central"].isna()]
    told = frame["inputs"].map(str).str.startswith(("not published", "not in our tables"))
    assert (told == frame["central"].isna()).all() and (frame["central"].dropna() > 0).all()
    assert (silent[["says_stock", "says_pipeline"]] == "").all(axis=None)


@pytest.mark.parametrize("city", CITIES)
def test_judged_inputs_are_marked_and_sources_known(city):
    """A row on a judged value says so in its inputs and cites it as judged; every id is a row of table sources."""
    frame = beds(city)
    ids = frame["sources"].str.split(";")
    judged = ids.map(lambda names: "judged" in names)
    assert judged.any() and (frame["inputs"].map(str).str.contains("judged") == judged).all()
    assert set(ids.explode()) - {""} <= set(yl.load_table("sources")["source"])


@pytest.mark.parametrize(
    ("parameter", "method", "sign"),
    [
        ("target_occupancy", "prevalence", -1), ("target_occupancy", "prevalence_census", -1),
        ("target_occupancy", "utilisation", -1), ("institution_share_severe", "prevalence", 1),
        ("institution_share_moderate", "prevalence", 1), ("institution_share_mild", "prevalence", 1),
        ("institution_share_unable", "prevalence_census", 1), ("rule_3pct_share", "rule_9073", 1),
    ],
)  # fmt: skip
def test_direction_of_every_assumption(parameter, method, sign):
    """A fuller target asks for fewer beds, a larger share in homes for more."""
    value = yl.load_table("assumptions").set_index("parameter")["value"][parameter]
    assert np.sign(central(method, {parameter: 1.1 * value}) - beds().loc[method, "central"]) == sign


def test_methods_agree_on_equal_assumptions():
    """A norm of 30 per 1000 and the 3 % rule are one; so are full use and a share of 1 at one occupancy."""
    frame = beds(norm=30)
    assert frame.loc["rule_9073", "central"] == pytest.approx(frame.loc["norm", "central"])
    everyone = central("prevalence_census", {"institution_share_unable": 1.0, "target_occupancy": 1.0})
    assert everyone == pytest.approx(0.0234 * frame.loc["norm", "central"] / 0.03)


@pytest.mark.parametrize("city", CITIES)
def test_gaps_are_need_less_supply(city):
    """The gaps differ by the new beds of the project list, and by no renovated ones; the verdict follows the range."""
    frame = beds(city)
    new = frame["with_pipeline"] - frame["with_stock"]
    both = frame["central"].notna() & frame["with_stock"].notna()
    assert np.allclose((frame["gap_stock"] - frame["gap_pipeline"])[both], new[both])
    assert new.iloc[0] <= yl.load_table("projects", area=city)["beds_new"].fillna(0).sum()
    low, high = (frame[side].fillna(frame["central"]) for side in ("lower", "upper"))
    assert (frame["says_stock"].eq("short") == (low > frame["with_stock"])).all()
    assert (frame["says_stock"].eq("surplus") == (high < frame["with_stock"])).all()


def test_beds_that_open_before_the_stock_are_not_counted_twice():
    """涟水 counts its beds in 2022: the 180 beds that open in 2022 are not added, the 350 later ones are."""
    frame = beds("lianshui")
    assert (frame["with_pipeline"] - frame["with_stock"]).iloc[0] == 350


def test_draws_keep_demography_apart_from_parameters():
    """With draws central is a median near the central path, and 80 % of them lie in a range of its own."""
    drawn = yl.triangulate_beds("haian", 2030, population=yl.project("haian", end_year=2030, draws=30, seed=1))
    drawn, central = drawn.set_index("method"), beds("haian", 2030)["central"]
    assert drawn.loc["rule_9073", "central"] == pytest.approx(central["rule_9073"], rel=0.03)
    row = drawn.loc["prevalence"]
    assert row["draw_lower"] <= row["central"] <= row["draw_upper"]
    assert row["draw_upper"] - row["draw_lower"] < row["upper"] - row["lower"]


@pytest.mark.parametrize(("call", "said"), [
    (lambda: beds("haian", 2051), "year is 2051; the projection runs from 2020 to 2050"),
    (lambda: yl.triangulate_beds("haian", 2019), "year is 2019; the projection runs from 2020"),
    (lambda: yl.triangulate_beds("haianx", 2025), "area 'haianx' is not in areas.csv"),
    (lambda: beds(share_by="aged_61"), r"share_by is 'aged_61'; choose one of .* Did you mean 'aged_6"),
])  # fmt: skip
def test_bad_input_is_refused_in_a_sentence(call, said):
    """The error names what came and what is allowed."""
    with pytest.raises(yl.DataError, match=said):
        call()


def test_share_by_shortfall_is_the_laboratory_s():
    """By shortfall the province's beds fall as in `allocate_beds`: whole ones, and more to whoever has few."""
    row = beds(share_by="shortfall").loc["share"]
    assert row["central"] == yl.allocate_beds("jiangxi").loc["jingdezhen", "beds_shortfall"]
    assert row["lower"] <= row["central"] <= row["upper"] and "judged" in str(row["inputs"])


@pytest.fixture(scope="module")
def own_haian(tmp_path_factory):
    """Beds for 海安 by method, with a census and printed figures of one's own: no private beds, registered elderly."""
    folder = tmp_path_factory.mktemp("own")
    people = yl.load_table("population", area="haian").query("year == 2020").assign(source="un-wpp-2024")
    people.to_csv(folder / "population.csv", index=False)
    rows = [
        ("elder_beds_public_homes", 2020, "actual", 900, "beds", "900张", None),
        ("elder_residents_public_homes", 2020, "actual", 300, "persons", "300人", None),
        ("population_60plus", 2025, "projection", 3e5, "persons", "30万人", "registered"),
    ]
    table = pd.DataFrame(rows, columns=["indicator", "year", "kind", "value", "unit", "as_printed", "basis"])
    table = table.assign(observation="own." + table["indicator"], area="haian", comparator="eq", locator="x")
    table.assign(source="plan-haian-2022").to_csv(folder / "observations.csv", index=False)
    return beds("haian", root=folder)


def test_private_homes_that_are_not_published_are_no_zero(own_haian):
    """Without printed private beds the use of public homes has no range, and says what is left out."""
    row = own_haian.loc["utilisation"]
    assert row["central"] > 0 and np.isnan(row["lower"]) and np.isnan(row["upper"])
    assert "private homes not published" in str(row["inputs"])


def test_registered_people_are_not_set_against_residents(own_haian):
    """A forecast of registered people gives no beds at the residents' ratio, as one of residents does."""
    assert "on the plan's" in str(beds().loc["hold", "inputs"])
    assert "on the plan's" not in str(own_haian.loc["hold", "inputs"])


def test_nursing_beds_of_the_printed_share():
    """47 % of 4,059 beds are the nursing-type beds that 景德镇 has; the need is moderate and severe together."""
    frame = yl.nursing_beds("jingdezhen", 2025, population=future_of("jingdezhen")).set_index("what")
    assert frame.loc["present", "central"] == pytest.approx(0.47 * 4059)
    assert frame.loc["need", "central"] == pytest.approx(frame.central[["need_moderate", "need_severe"]].sum())
    assert frame.loc["need", "lower"] < frame.loc["need", "central"] < frame.loc["need", "upper"]


def test_every_county_has_the_methods_that_need_no_plan():
    """九寨沟 has no plan in our tables: norms of others and the nation, the rule and both needs have a number."""
    frame = yl.triangulate_beds("九寨沟县", 2030).set_index("method")
    known = {"norm_peers", "norm_national", "rule_9073", "prevalence", "prevalence_census"}
    assert set(frame.index[frame["central"].notna()]) == known
    assert frame.loc[~frame.index.isin(known), "inputs"].map(lambda inputs: len(inputs.say("zh"))).min() > 0
    nursing = yl.nursing_beds("九寨沟县", 2030).set_index("what")
    assert nursing["central"].notna().tolist() == [True, True, True, False, False]


def test_a_province_shares_the_nation_s_beds():
    """江西's share is of the nation's target, and the row says so; 景德镇's is of the province's."""
    said = {area: beds(area).loc["share", "inputs"].say("zh")[:4] for area in ("jiangxi", "jingdezhen")}
    assert said == {"jiangxi": "全国床位", "jingdezhen": "全省床位"}


@pytest.mark.parametrize("method", ["norm", "hold", "rule_9073", "prevalence", "prevalence_census", "utilisation"])
def test_twice_the_elderly_need_twice_the_beds(method):
    """Every method that moves with the elderly is proportional in them."""
    cases = (bed_case("jingdezhen", n * future_of("jingdezhen").population) for n in (1, 2))
    once, twice = (float(case.at(METHODS[method](case)["central"], 2030)) for case in cases)
    assert twice == pytest.approx(2 * once)


def test_user_s_own_assumption_is_used(tmp_path):
    """A row of one's own folder replaces the judged occupancy, and widens its range where it lies outside."""
    own = pd.DataFrame([["", "", "target_occupancy", "", 0.5, "share", "judged", "mine"]])
    header = ["area", "scenario", "parameter", "year", "value", "unit", "source", "note"]
    own.to_csv(tmp_path / "assumptions.csv", header=header, index=False)
    mine = beds("haian", root=tmp_path).loc["prevalence"]
    assert mine["central"] == pytest.approx(beds("haian").loc["prevalence", "central"] * 0.85 / 0.5)
    assert mine["upper"] >= mine["central"]
