"""The rules that `yilao check` keeps about printed figures."""

import pytest

import yilaolib as yl

HEAD = "observation,area,indicator,start_year,year,year_basis,kind,value,comparator,unit,as_printed,source,locator,note"


@pytest.fixture
def problems(tmp_path):
    """The rules that one row of `observations` in a folder of one's own breaks."""

    def check(row: str) -> list[str]:
        (tmp_path / "observations.csv").write_text(f"{HEAD}\n{row}\n", encoding="utf-8")
        return yl.check_data(tmp_path)["rule"].tolist()

    return check


BEDS = "haian.elder_beds_total.2020.actual,haian,elder_beds_total,,2020,printed,actual"


@pytest.mark.parametrize(("row", "rules"), [
    (f"{BEDS},40,ge,beds,≥40张,plan-haian-2022,1,", []),
    (f"{BEDS},40,eq,beds,≥40张,plan-haian-2022,1,", ["agrees"]),
    (f"{BEDS},620,eq,beds,约620张,plan-haian-2022,1,", ["agrees"]),
    (f"{BEDS},620,le,beds,不得超过620张,plan-haian-2022,1,", []),
    (f"{BEDS.replace('total.2020', 'total.2019')},40,eq,beds,40张,plan-haian-2022,1,", ["agrees"]),
    (f"{BEDS.replace('haian.', 'yueyang.')},40,eq,beds,40张,plan-haian-2022,1,", ["agrees"]),
    (f"mine,{BEDS.split(',', 1)[1]},40,eq,beds,40张,plan-haian-2022,,", []),  # an id and a place of one's own
])  # fmt: skip
def test_rows_that_contradict_themselves(problems, row, rules):
    """A comparator is the printed sign, an id says its row."""
    assert problems(row) == rules


def test_our_figures_say_where_they_stand():
    """A printed figure of ours names its place in the document."""
    assert yl.load_table("observations")["locator"].notna().all()


def test_stage_goals_are_no_targets():
    """4,100 places and 3.5 per 1000 of Yingtan are goals of 2023; its target of 2025 is 4.5 per 1000, binding."""
    assert yl.printed("yingtan", "daycare_places_total", kind="target").empty
    assert yl.figure("yingtan", "daycare_places_total", kind="stage")["value"] == 4100
    target = yl.figure("yingtan", "daycare_places_per_1000", kind="target")
    assert (target["value"], target["year"], target["binding"]) == (4.5, 2025, "binding")


def test_every_year_has_a_basis():
    """A year is printed or inferred; a period starts before it ends; a plan's stage goals come before its targets."""
    rows = yl.load_table("observations")
    assert (rows["year"].notna() == rows["year_basis"].notna()).all()
    assert not (rows["start_year"] >= rows["year"]).fillna(False).any()
    ends = rows["source"].map(yl.load_table("sources").set_index("source")["plan_end"])
    stages, targets = rows["kind"] == "stage", (rows["kind"] == "target") & ends.notna() & rows["year"].notna()
    assert (rows["year"] < ends)[stages].all() and (rows["year"] >= ends)[targets].all()
