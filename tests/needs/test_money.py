"""Staff, money and the one account for old and young."""

import numpy as np
import pandas as pd
import pytest
from oracles import CITIES, future_of

import yilaolib as yl


def workers(city="lianshui", **options):
    return yl.care_staff(city, 2025, population=future_of(city), **options).set_index(["role", "level"])


def test_daycare_staff_at_the_official_ratios():
    """5, 25 and 70 children at 1:3, 1:5 and 1:7, in classes of 10, 15 and 20."""
    staff = yl.childcare_staff("haian", 100).set_index("group")
    assert staff["ratio"].dropna().tolist() == [3, 5, 7]
    assert staff["class_size"].dropna().tolist() == [10, 15, 20]
    assert staff.loc["all", "central"] == pytest.approx(5 / 3 + 25 / 5 + 70 / 7)
    assert staff.loc["all", "classes"] == pytest.approx(0.5 + 25 / 15 + 3.5)


def test_daycare_staff_against_the_plan():
    """涟水 plans 250 daycare workers and has 70: 1,000 places need 166.7 (50/3 + 250/5 + 700/7), so 96.7 are short."""
    row = yl.childcare_staff("lianshui", 1000).set_index("group").loc["all"]
    assert row["target"] == 250 and row["present"] == 70
    assert row["short"] == pytest.approx(50 / 3 + 50 + 100 - 70)
    assert row["short_of"] == "present"


def test_care_workers_are_residents_by_ratio():
    """Each level has its residents over its ratio; the row of all levels is their sum."""
    staff = workers().loc["care_worker"]
    levels = staff.drop("all")
    assert np.allclose(levels["central"], levels["persons"] / levels["ratio"])
    assert staff.loc["all", "central"] == pytest.approx(levels["central"].sum())
    assert (staff["lower"] < staff["central"]).all() and (staff["central"] < staff["upper"]).all()


def test_staff_for_beds_fills_them_to_the_target():
    """Staff for 1,000 beds is for 850 residents, with the same mix of levels."""
    staff, half = workers(beds=1000), workers(beds=500)
    assert staff.loc[("care_worker", "all"), "persons"] == pytest.approx(850)
    assert half["central"].loc["care_worker"].to_numpy() * 2 == pytest.approx(
        staff["central"].loc["care_worker"].to_numpy()
    )


def test_unit_costs_by_hand():
    """朱码街道敬老院: 10 million yuan for 120 beds on 3,300 m2."""
    row = yl.project_costs("lianshui").set_index("project_no").loc["3"]
    assert row["yuan_per_new_bed"] == pytest.approx(1e7 / 120)
    assert row["yuan_per_m2"] == pytest.approx(1e7 / 3300)
    assert row["m2_per_bed"] == pytest.approx(27.5)


def test_outliers_are_named_and_left_out():
    """炎黄托育中心 costs eight times the median a place: it is named, and the range ends below it."""
    row = yl.bed_cost().set_index("unit").loc["new_place"]
    assert "lianshui 12" in row["outliers"]
    assert row["upper"] < 8e6 / 60


def test_capital_closes_gaps_only():
    """Capital is what is short times the unit cost: nothing where there are enough beds, missing where no number is."""
    beds = yl.triangulate_beds("jingdezhen", 2025, population=future_of("jingdezhen"))
    capital, unit = yl.capital_cost(beds).set_index("method"), yl.bed_cost().set_index("unit").loc["new_bed", "central"]
    assert capital.loc["plan_beds", "central"] == pytest.approx((10_500 - 4_059 - 3_951) * unit)
    assert capital.loc["utilisation", "central"] == 0
    none = yl.capital_cost(yl.triangulate_beds("haian", 2025, population=future_of("haian"))).set_index("method")
    assert np.isnan(none.loc["utilisation", "central"])


def test_subsidy_at_the_printed_rates():
    """200 and 100 yuan a month for each disabled and partly disabled resident, twelve times a year."""
    rows = yl.operating_subsidy("jingdezhen", 2025, population=future_of("jingdezhen")).set_index("level")
    assert rows["rate"].to_dict() == {"severe": 200, "moderate": 100}
    assert np.allclose(rows["central"], rows["residents"] * rows["rate"] * 12)


@pytest.mark.parametrize("city", CITIES)
def test_account_adds_old_and_young(city):
    """The third row is the sum of the two; where one is not published, so is the sum."""
    account = yl.care_account(city, 2025, population=future_of(city))
    for column in ("staff", "floor_new_m2", "capital_central"):
        parts = account.loc[["eldercare", "childcare"], column]
        both = account.loc["both", column]
        assert both == pytest.approx(parts.sum()) if parts.notna().all() else np.isnan(both)


def test_account_of_floor_by_hand():
    """鹰潭: 372,422 households at 20 m2 per 100 homes of new estates, 15 of old ones."""
    row = yl.care_account("yingtan", 2025, population=future_of("yingtan")).loc["eldercare"]
    assert row["floor_new_m2"] == pytest.approx(74_484.4)
    assert row["floor_old_m2"] == pytest.approx(55_863.3)


def test_staff_short_is_less_what_is_there():
    """鹰潭 has 7 carers and plans 60: what is short is the need less 7, not less 60."""
    row = yl.care_staff("yingtan", 2025).set_index(["role", "level"]).loc[("care_worker", "all")]
    assert (row["present"], row["target"], row["short_of"]) == (7, 60, "present")
    assert row["short"] == pytest.approx(row["central"] - 7)


def test_a_target_that_is_the_need_shows_no_result():
    """岳阳 prints social workers per 1000 as a target only: need less target is 0 by construction, and is not shown."""
    row = yl.care_staff("yueyang", 2025).set_index("role").loc["social_worker"]
    assert row["central"] == pytest.approx(row["target"])
    assert pd.isna(row["short"])
    assert pd.isna(row["short_of"])


def test_own_projects_come_first():
    """景德镇's own four projects cost 131,343 to 180,000 yuan a bed; all plans' median is 83,333."""
    beds = yl.triangulate_beds("jingdezhen", 2025, population=future_of("jingdezhen"))
    row = yl.capital_cost(beds, area="jingdezhen").set_index("method").loc["plan_beds"]
    assert row["projects"] == 4
    assert row[["lower", "upper", "pooled"]].tolist() == pytest.approx(
        [2_490 * x for x in (131_343.28, 180_000, 250_000 / 3)]
    )
    none = yl.capital_cost(beds, area="yingtan").set_index("method").loc["plan_beds"]
    assert none["projects"] == 0 and none["central"] == none["pooled"]


def test_printed_staff_in_doubt_is_marked():
    """鹰潭's 7 and 60 carers are in doubt, 涟水's 500 are not."""
    marks = ["present_doubt", "target_doubt"]
    assert workers("yingtan").loc[("care_worker", "all"), marks].tolist() == [True, True]
    assert workers("lianshui").loc[("care_worker", "all"), marks].tolist() == [False, False]
