"""Printed figures and supply: what is printed is found, kinds stay apart, nothing is filled in."""

import numpy as np
import pandas as pd
import pytest
from oracles import CITIES, future_of

import yilaolib as yl
from yilaolib.needs.supply import off_the_line, standing


@pytest.mark.parametrize(
    ("indicator", "value", "as_printed"), [("elder_beds_gap", 6_441, "6441张"), ("daycare_places_gap", 3_331, "3331个")]
)
def test_gaps_that_jingdezhen_prints(indicator, value, as_printed):
    """The plan's own gaps of beds and places are found as printed."""
    row = yl.printed("jingdezhen", indicator).iloc[0]
    assert (row["value"], row["as_printed"], row["source"]) == (value, as_printed, "plan-jingdezhen-2022")


def test_firm_comes_before_approximate(tmp_path):
    """A firm figure of the text is preferred to an approximate one of a later year."""
    rows = yl.load_table("observations").query("observation == 'haian.daycare_places_total.2022.actual.text'")
    about = rows.assign(observation="haian.daycare_places_total.2023.actual.text", year=2023, comparator="approx")
    about.to_csv(tmp_path / "observations.csv", index=False)
    assert yl.figure("haian", "daycare_places_total", root=tmp_path)["year"] == 2022


def test_kinds_of_beds_stay_apart():
    """鹰潭 prints 3,818 beds in institutions, 990 in communities and 4,808 in all."""
    stock = yl.bed_supply("yingtan").query("role == 'stock'").set_index("kind")["stock"]
    kinds = ["elder_beds_institution", "elder_beds_community", "elder_beds_total"]
    assert stock[kinds].tolist() == [3_818, 990, 4_808]


def test_occupied_beds_are_those_of_public_homes():
    """Only 景德镇's public homes publish residents: 740 in 2,163 beds."""
    supply = yl.bed_supply("jingdezhen")
    known = supply[supply["occupied"].notna()]
    assert known[["kind", "stock", "occupied"]].to_numpy().tolist() == [["elder_beds_public_homes", 2_163, 740]]


def test_pipeline_counts_new_beds_only():
    """涟水 lists 120 + 60 + 100 + 150 + 100 new beds; the 2,400 that it renovates are not new."""
    listed = yl.bed_supply("lianshui").query("role == 'pipeline'")
    assert listed["stock"].tolist() == [120, 60, 100, 150, 100]


def rows(*points):
    """A supply of one kind from (role, year, stock)."""
    return pd.DataFrame(points, columns=["role", "year", "stock"]).assign(kind="beds").astype({"year": "Int64"})


YEARS = np.arange(2019, 2028)


def test_path_rises_straight_to_the_target_and_stays():
    """From 100 in 2020 to 200 in 2025: 120 in 2021, 200 in 2027, and nothing known of 2019."""
    path = yl.supply_path(rows(("stock", 2020, 100.0), ("target", 2025, 200.0)), "beds", YEARS)
    assert path.loc[[2020, 2021, 2025, 2027]].tolist() == pytest.approx([100, 120, 200, 200])
    assert np.isnan(path[2019])
    assert not path.attrs["held"]


def test_the_line_is_ours_and_judges_no_surplus():
    """Between 2020 and 2025 the supply is our line: 60 needed beside 100 there is no statement about 2022."""
    path = yl.supply_path(rows(("stock", 2020, 100.0), ("target", 2025, 200.0)), "beds", YEARS)
    assert path.attrs["line"] == [2021, 2022, 2023, 2024]
    assert off_the_line(path).dropna().index.tolist() == [2020, 2025, 2026, 2027]
    assert standing(path)["supply_is"].loc[2020:2026].tolist() == ["stock", *4 * ["line"], "target", "kept"]


def test_a_stage_goal_is_no_target():
    """鹰潭 prints 4,100 places for 2023 and 4.5 per 1000 for 2025: the target is 4.5 x the thousands of 2025."""
    target = yl.place_supply("yingtan").query("kind == 'daycare_places_total' and role == 'target'").iloc[0]
    people = float(yl.persons(yl.project("yingtan", end_year=2025).sel(year=2025)))
    assert (target["year"], target["derived"]) == (2025, True)
    assert target["stock"] == pytest.approx(4.5 * people / 1000)
    assert yl.gap_by_year("yingtan", what="places", end_year=2025)["shortfall"][2025] == pytest.approx(0, abs=1e-6)


def test_a_stock_printed_as_a_ratio():
    """岳阳 prints 0.6 places per 1000 in 2020, about 3,031 of 5,051,922 people; it is short, not well supplied."""
    stock = yl.place_supply("yueyang").query("role == 'stock'").iloc[0]
    assert stock["derived"]
    assert stock["stock"] == pytest.approx(0.6 * 5_051.922, rel=0.005)
    gap = yl.gap_by_year("yueyang", what="places", end_year=2030)
    assert gap["supply_is"][2024] == "line"
    assert gap.attrs["turn"]["state"] == "turns"


def test_a_ratio_follows_the_people_given():
    """With twice the people, a target printed per 1000 is twice as large; a printed stock is what it was."""
    people = yl.project("yingtan", end_year=2025)["population"]
    supplies = [yl.place_supply("yingtan", population=n * people) for n in (1, 2)]
    once, twice = (supply.set_index(["kind", "role"])["stock"] for supply in supplies)
    assert twice["daycare_places_total", "target"] == pytest.approx(2 * once["daycare_places_total", "target"])
    assert twice["daycare_places_total", "stock"] == once["daycare_places_total", "stock"] == 2_695


def test_no_supply_falls_to_a_floor_that_is_met():
    """海安 has 4,696 places in 2022, more than 4.5 per 1000: the stock is held."""
    path = yl.supply_path(yl.place_supply("haian"), "daycare_places_total", np.array([2022, 2025, 2030]))
    assert path.tolist() == [4_696] * 3
    assert path.attrs["held"]


@pytest.mark.parametrize("look", [yl.bed_supply, yl.place_supply, lambda area: yl.printed(area, "births")])
def test_unknown_area_is_refused(look):
    """The error names the area and the nearest one that there is."""
    with pytest.raises(yl.DataError, match=r"area 'jingdezen' is not in areas.csv. Did you mean 'jingdezhen'"):
        look("jingdezen")


@pytest.mark.parametrize("city", CITIES)
def test_figures_of_the_supply_lead_to_rows(city):
    """Stocks, residents and shares of nursing-type beds are what the rows of the data print."""
    printed = yl.load_table("observations").set_index("observation")["value"]
    supply = yl.bed_supply(city)
    for what, column in (
        ("stock", "observation"),
        ("occupied", "occupied_observation"),
        ("nursing_pct", "nursing_observation"),
    ):
        known = supply[supply[what].notna() & (supply["role"] != "pipeline") & ~supply["derived"]]
        assert known[what].tolist() == printed[known[column]].tolist()


def test_nursing_share_is_of_its_kind():
    """景德镇 prints 47 % of the beds in institutions, not of all beds; 岳阳 53 % of all beds."""
    supply = yl.bed_supply("jingdezhen").query("role == 'stock'").set_index("kind")["nursing_pct"]
    assert supply["elder_beds_institution"] == 47
    assert pd.isna(supply["elder_beds_total"])
    assert yl.bed_supply("yueyang").set_index(["kind", "role"]).loc[("elder_beds_total", "stock"), "nursing_pct"] == 53


def test_a_target_in_doubt_is_shown_and_never_leads():
    """涟水's 45 per 1000 of 2025 make a derived target, in doubt: its printed 8,305 beds are held instead."""
    supply = yl.bed_supply("lianshui")
    target = supply[supply["role"] == "target"].iloc[0]
    elderly = float(yl.persons(future_of("lianshui").sel(year=2025), 60))
    assert target["derived"] and target["doubt"] and target["stock"] == pytest.approx(0.045 * elderly)
    path = yl.supply_path(supply, "elder_beds_total", np.array([2022, 2025, 2030]))
    assert path.tolist() == [8_305] * 3 and path.attrs["left_out"] == 2025
    methods = yl.triangulate_beds("lianshui", 2025).set_index("method")
    assert "in doubt" in str(methods.loc["norm", "inputs"])
    assert yl.named_gaps(yl.gap_waterfall(methods.reset_index(), supply, 2025), supply)["doubt"].all()


def test_what_is_not_printed_is_none():
    """A number that no document prints is nothing, not 0."""
    assert yl.figure("haian", "elder_beds_gap") is None
    assert yl.printed("haian", "elder_beds_gap").empty


@pytest.mark.parametrize("city", CITIES)
def test_targets_lead_to_rows(city):
    """Baseline and target of an indicator are what their rows print."""
    printed = yl.load_table("observations").set_index("observation")["value"]
    targets = yl.plan_targets(city)
    for what, column in (("target", "observation"), ("baseline", "baseline_observation")):
        known = targets[targets[what].notna()]
        assert known[what].tolist() == printed[known[column]].tolist()
