"""A norm of one's own in place of the plan's: it leads, and reaches every number that rests on it."""

import pandas as pd
import pytest
from oracles import future_of

import yilaolib as yl

TRIANGULATE = {"beds": yl.triangulate_beds, "places": yl.triangulate_places}
METHOD = {"beds": "norm", "places": "norm_places"}
CITY = "yingtan"


@pytest.mark.parametrize(("what", "norm", "people"), [("beds", 50, 60), ("places", 10, 0)])
def test_own_norm_is_so_many_per_1000(what, norm, people):
    """50 beds per 1000 aged 60 and over, 10 places per 1000 residents, of the year; the row says whose norm it is."""
    row = TRIANGULATE[what](CITY, 2030, population=future_of(CITY), norm=norm).set_index("method").loc[METHOD[what]]
    persons = float(yl.persons(future_of(CITY).population.sel(year=2030), people))
    assert row["central"] == pytest.approx(norm * persons / 1000)
    assert "yours" in str(row["inputs"]) and row["observations"] == () and pd.isna(row["lower"])


@pytest.mark.parametrize(("what", "norm"), [("beds", 80.0), ("places", 9.0)])
def test_twice_the_norm_is_twice_everywhere(what, norm):
    """Gap, samples, decision, tornado and waterfall of twice the plan's norm rest on twice its need."""
    future, method = future_of(CITY), METHOD[what]
    drawn = yl.project(CITY, end_year=2030, draws=5)
    both = []
    for given in (None, norm):
        methods = TRIANGULATE[what](CITY, 2030, population=future, norm=given)
        supply = yl.bed_supply(CITY) if what == "beds" else yl.place_supply(CITY)
        gap = yl.gap_by_year(CITY, what=what, population=future, drawn=drawn, norm=given)
        samples = yl.need_samples(CITY, 2030, what=what, population=drawn, norm=given, parameters=1)
        decision = yl.build_decision(CITY, 2030, what=what, population=drawn, norm=given).set_index("group")
        tornado = yl.need_tornado(CITY, 2030, what=what, method=method, population=future, norm=given)
        assert gap.attrs["method"] == method
        both.append(
            [
                gap.loc[2030, "demand"],
                gap.loc[2030, "upper_80"],
                float(samples.sel(by_method=method).mean()),
                tornado["central"].iloc[0],
                yl.gap_waterfall(methods, supply, 2030)["value"].iloc[0],
                yl.capital_cost(methods, "new_bed")["short"].iloc[2 if what == "beds" else 1]
                + methods["with_pipeline"][0],
            ]
        )
        assert 0 <= decision.loc[method, "p_short_stock"] <= 1
    assert both[1] == pytest.approx([2 * value for value in both[0]], rel=0.02)


def test_own_norms_in_the_account_and_the_turning_years():
    """Both norms reach the account; with a higher norm a shortage of places is larger."""
    account = yl.care_account(CITY, 2030, population=future_of(CITY), norm=50, place_norm=10)
    beds = yl.triangulate_beds(CITY, 2030, population=future_of(CITY), norm=50).set_index("method")
    places = yl.triangulate_places(CITY, 2030, population=future_of(CITY), norm=10).set_index("method")
    assert account["need"].tolist()[:2] == [beds.central["norm"], places.central["norm_places"]]
    plan, own = (yl.turning_years(CITY, scenarios=["medium"], end_year=2030, norm=norm) for norm in (None, 10))
    assert own.set_index("method").last["norm_places"] > plan.set_index("method").last["norm_places"]


def test_norm_leads_where_the_plan_prints_none():
    """赣州 has no plan: with a norm of one's own the gap is by that norm, else by another method."""
    assert yl.gap_by_year("ganzhou", population=future_of("ganzhou")).attrs["method"] != "norm"
    gap = yl.gap_by_year("ganzhou", population=future_of("ganzhou"), norm=40)
    assert (gap.attrs["method"], gap.attrs["norm"]) == ("norm", 40)


@pytest.mark.parametrize("norm", [0, -3, 1000, float("nan")])
def test_norm_is_a_number_per_1000(norm):
    """What is no number above 0 and below 1000 is refused in a sentence."""
    with pytest.raises(yl.DataError, match=r"norm is .*; it is a number per 1000 persons, above 0 and below 1000"):
        yl.triangulate_beds("haian", 2025, population=future_of("haian"), norm=norm)
    with pytest.raises(yl.DataError, match="norm is "):
        yl.turning_years("haian", scenarios=["medium"], norm=norm)


def test_targets_without_a_locator_come_last(tmp_path):
    """The column is optional: a target without it stands behind those whose row in the plan is known."""
    row = yl.load_table("observations").query("observation == 'haian.elder_beds_per_1000_60plus.2025.target'")
    if row.empty:
        row = yl.load_table("observations").query("area == 'haian' and kind == 'target'").iloc[[0]]
    row.assign(locator="", observation=row["observation"]).to_csv(tmp_path / "observations.csv", index=False)
    targets = yl.plan_targets("haian", root=tmp_path)
    assert targets["observation"].iloc[-1] == row["observation"].iloc[0]
    assert len(targets) == len(yl.plan_targets("haian"))


def test_a_doubted_norm_does_not_lead():
    """景德镇's norm of 39 is in doubt: today's ratio leads, and its row says so; a norm of one's own leads."""
    population = future_of("jingdezhen")
    assert yl.gap_by_year("jingdezhen", population=population).attrs["method"] == "hold"
    assert yl.gap_by_year("jingdezhen", population=population, norm=45).attrs["method"] == "norm"
    methods = yl.triangulate_beds("jingdezhen", 2025, population=population)
    assert "in doubt" in str(methods.set_index("method").loc["norm", "inputs"])
    assert yl.gap_waterfall(methods, yl.bed_supply("jingdezhen"), 2025).attrs["method"] == "hold"
