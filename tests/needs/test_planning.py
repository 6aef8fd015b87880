"""What became of targets, and ways to those of 2030: figures worked by hand, and what must hold of any."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import quick

import yilaolib as yl

CARD = yl.report_card("china").set_index(["indicator", "year"])
shares = st.floats(0.05, 0.95)


@pytest.mark.parametrize(("indicator", "year", "verdict"), [
    ("elder_beds_total", 2025, "missed"),  # some 10 million planned, 7.68 million there
    ("daycare_places_per_1000", 2025, "met"),  # 4.73 against 4.5
    ("nursing_beds_share_institution_pct", 2025, "met"),  # 65.7 % in 2024 against 55 %
    ("nursing_beds_share_institution_pct", 2030, "on_the_way"),
    ("village_community_eldercare_facility_coverage_pct", 2030, "not_in_tables"),
])  # fmt: skip
def test_nation_is_marked(indicator, year, verdict):
    assert CARD.verdict[indicator, year] == verdict


def test_beds_fall():
    """7.679 million in 2025 after 7.993 in 2024."""
    assert CARD.change["elder_beds_total", 2025] == -314_000


def people(counts, ages=slice(0, 3)):
    """A projection with so many persons in each year, of the ages, and nobody else."""
    persons = xr.DataArray(
        np.zeros((len(counts), 2, 101)),
        coords={"year": list(counts), "sex": ["female", "male"], "age": np.arange(101)},
        dims=("year", "sex", "age"),
    )
    each = np.array(list(counts.values())) / 2 / len(range(101)[ages])
    persons[:, :, ages] = each[:, None, None]
    return persons.to_dataset(name="population")


def own_card(tmp_path, outcome, comparator="eq", definition="same", value=110.0):
    """The card of a target of 110 places per 1000 residents where there were 100, outcome of 2025 as given."""
    target = {"observation": "yingtan.daycare_places_per_1000.2025.target.own", "area": "yingtan", "kind": "target"}
    target |= {"indicator": "daycare_places_per_1000", "year": 2025, "year_basis": "printed", "value": value}
    target |= {"unit": "per_1000", "as_printed": f"{value:g}", "comparator": comparator, "source": "own-figures"}
    target |= {"locator": "1"}
    frame = yl.load_table("observations")
    actual = target | {"observation": target["observation"].replace("target", "actual"), "kind": "actual"}
    actual |= {"year": 2020, "value": 100.0, "as_printed": "100"}
    ours = frame.query("area == 'yingtan' and indicator == 'daycare_places_per_1000'")
    rows = [target | {"observation": name} for name in ours.query("kind == 'target'")["observation"]]
    rows += [actual | {"observation": name} for name in ours.query("kind == 'actual'")["observation"]]
    pd.DataFrame(rows or [target, actual]).to_csv(tmp_path / "observations.csv", index=False)
    line = {"area": "yingtan", "indicator": "daycare_places_per_1000", "year": 2025, "value": outcome}
    line |= {"quality": "official", "definition": definition, "source": "own-figures"}
    pd.DataFrame([line]).to_csv(tmp_path / "outcomes.csv", index=False)
    card = yl.report_card("yingtan", population=people({2020: 1000.0, 2025: 800.0}, ages=slice(30, 31)), root=tmp_path)
    return card.set_index(["indicator", "year"]).loc[("daycare_places_per_1000", 2025)]


@pytest.mark.parametrize(("outcome", "definition", "verdict"), [
    (140.0, "same", "met"),  # 112 places of the 1,000 of 2020
    (112.5, "same", "met_denominator"),  # 90 places, of 800 instead of 1,000
    (112.5, "changed", "met_definition"),
    (105.0, "same", "missed"),
    (None, "same", "not_published"),
])  # fmt: skip
def test_verdicts_of_a_ratio(tmp_path, outcome, definition, verdict):
    assert own_card(tmp_path, outcome, definition=definition)["verdict"] == verdict


def test_shrinking_denominator_is_split(tmp_path):
    """Ten places went (11.25 per 1000 less), 200 children went (23.75 more)."""
    row = own_card(tmp_path, 112.5)
    assert (row["numerator_part"], row["denominator_part"]) == (pytest.approx(-11.25), pytest.approx(23.75))


@given(*[st.floats(1, 1000)] * 4)
def test_parts_add_up(before, after, then, now):
    parts = yl.split_change(before, after, then, now)
    assert sum(parts) == pytest.approx(after - before, abs=1e-6 * (1 + before + after) * (1 + now / then + then / now))


def test_73_percent_by_hand():
    """3.3356 of 5.077 million are care beds: 370,621 to convert, or 507,700 others to close, or 1.37 million to add."""
    paths = yl.plan_beds("china", share=0.73, beds=5_077_000, care_share=0.657, start=2024)
    whole = paths.groupby("path")[["converted", "closed", "opened"]].sum()
    assert whole.converted["convert"] == pytest.approx(370_621)
    assert whole.closed["close"] == pytest.approx(507_700)
    assert whole.opened["add"] == pytest.approx(370_621 / 0.27)


@quick
@given(shares, shares, st.floats(0, 1))
def test_every_way_ends_at_the_share(share, care, kept):
    """Where care beds are too few, all four ways end at the share; where not, nothing is done."""
    paths = yl.plan_beds("china", share=share, care_share=care, beds=1000.0, start=2025, least=1000 * kept)
    ends = paths.xs(2030, level="year")["share_pct"].to_numpy()
    np.testing.assert_allclose(ends, 100 * max(share, care), rtol=1e-9)


@pytest.mark.parametrize(
    "wrong", [{"share": 73}, {"share": 0.0}, {"care_share": 1.2}, {"year": 2020}, {"beds": np.nan}]
)
def test_wrong_plans_are_refused(wrong):
    with pytest.raises(yl.DataError):
        yl.plan_beds("china", **wrong)


@given(st.lists(st.tuples(*[st.floats(0, 10)] * 3), min_size=1, max_size=8))
def test_stock_balances(moves):
    """The start of a year is the end of the year before, and start and flows make the end."""
    rows = []
    for year, (opened, closed, converted) in enumerate(moves, 2026):
        rows.append({"year": year, "kind": "care", "opened": opened, "converted": converted})
        rows.append({"year": year, "kind": "other", "closed": closed, "converted": -converted})
    path = yl.stock_path({"care": 0.0, "other": 1000.0}, pd.DataFrame(rows))
    np.testing.assert_allclose(path["end"], path["start"] + path["opened"] - path["closed"] + path["converted"])
    ends, starts = (path[name].unstack("kind").to_numpy() for name in ("end", "start"))
    np.testing.assert_allclose(starts[1:], ends[:-1], atol=1e-9)


def test_more_than_there_is_cannot_close():
    with pytest.raises(yl.DataError, match="More 'beds' close"):
        yl.stock_path({"beds": 10.0}, pd.DataFrame({"year": [2026], "kind": ["beds"], "closed": [11.0]}))


def test_nation_fills_half_of_its_places():
    """25.2 million children, 12 to 16 % of them enrolled, fill 45 to 61 % of 6.66 million places: none is to add."""
    plan = yl.plan_places("china", points=6, year=2030, population=people({2030: 25_200_000}))
    assert plan["filled_pct"].round().tolist() == [45, 53, 61] and (plan["to_add"] == 0).all()


def test_places_to_add_by_hand():
    """1,000 children, 20 % now and 26 % then: 260 at 85 % occupancy are 305.9 places, 105.9 more than 200."""
    plan = yl.plan_places("yingtan", points=6, base=0.2, places=200, population=people({2030: 1000}))
    assert plan["to_add"].round(1).tolist() == [105.9] * 3


@given(st.floats(0.01, 0.99), st.floats(0, 100))
def test_use_translates_back(share, waiting):
    there = yl.use_table(1000, 2000, share=share, waiting=waiting)
    again = yl.use_table(1000, 2000, occupancy=there["occupancy_pct"] / 100, waiting=waiting)
    pd.testing.assert_series_equal(there, again)


def test_turnover_fills_beds():
    """300 who move in each year and stay 2.5 years are 750 residents, three quarters of 1,000 beds."""
    used = yl.use_table(20_000, 1000, admissions=300, stay=2.5)
    assert (used["users"], used["occupancy_pct"]) == (750, 75)


@pytest.mark.parametrize("wrong", [{}, {"users": 1, "share": 0.1}, {"users": 11}, {"share": -0.1}, {"occupancy": 1.5}])
def test_impossible_use_is_refused(wrong):
    with pytest.raises(yl.DataError):
        yl.use_table(10, 20, **wrong)


def test_definitions_return_the_national_totals():
    """2.34 % cannot care for themselves (census 2020), 11.6 % are disabled (fifth survey), 1.93 million are insured.

    Of the census's 123,595,596 persons of 65-74 the CLHLS makes 3.77 % need care, of 51,621,727 of 75-84 9.74 %, and of
    15,417,957 of 85 and over 42.28 %: 16,206,222.
    """
    said = yl.care_definitions("china", 2025)
    assert said.share_pct["self-care-census-2020"] == pytest.approx(2.34)
    assert said.share_pct["disability-survey-2021"] == pytest.approx(11.6)
    assert said.persons["insured"] == pytest.approx(1_929_100)
    assert float(yl.care_need(yl.census_pyramids("china", None)[2020]).sum()) == pytest.approx(16_206_222, abs=1)
    assert said.insured_pct["disability-survey-2021"] == pytest.approx(100 * 1_929_100 / said.persons.iloc[2])
    assert said.insured_pct.drop("insured").max() < 100 and said.persons.iloc[:3].min() > said.persons["insured"]


def test_subsidy_by_hand():
    """26.48 million children at 3,600 yuan are 95.3 billion."""
    money = yl.childcare_subsidy("china", population=people({2030: 26_480_000}))
    assert money.subsidy[2030] == pytest.approx(95.328e9)


def test_freed_seats_meet_missing_places():
    """100 seats, 60 children of 3 to 5: 40 seats fall empty, 25 of them are the missing places."""
    young = people({2030: 60}, ages=slice(3, 6))
    frame = yl.freed_capacity("yingtan", seats=100, places_wanted=pd.Series({2030: 25.0}), population=young)
    assert frame.loc[2030, ["freed", "met", "left"]].tolist() == [40, 25, 0]


def test_a_city_gives_its_own_outcomes(tmp_path):
    """The form has a sheet for outcomes; 5,100 beds in 2025 against 40 per 1000 are on the card of 鹰潭."""
    from openpyxl import load_workbook

    form = yl.new_workbook(tmp_path / "own.xlsx", "yingtan")
    book = load_workbook(form)
    sheet = book["outcomes"]
    names = {cell.value: cell.column for cell in sheet[1]}
    row = {"area": "yingtan", "indicator": "elder_beds_per_1000_60plus", "year": 2025, "value": 41}
    for name, value in (row | {"quality": "official 官方"}).items():
        sheet.cell(5, names[name], value)
    book.save(form)
    assert yl.check_data(form).empty
    cards = yl.report_card("yingtan", root=form).set_index(["indicator", "year"])
    card = cards.loc[("elder_beds_per_1000_60plus", 2025)]
    assert (card["outcome"], card["source"]) == (41, "own-figures") and card["verdict"].startswith("met")


def test_no_flow_keeps_the_stock():
    flows = pd.DataFrame({"year": [2026, 2030], "kind": "beds", "opened": 0.0})
    assert (yl.stock_path({"beds": 500.0}, flows)["end"] == 500).all()


def test_conversion_between_kinds_balances():
    with pytest.raises(yl.DataError, match="adds up to 5"):
        yl.stock_path({"beds": 10.0}, pd.DataFrame({"year": [2026], "kind": ["beds"], "converted": [5.0]}))
