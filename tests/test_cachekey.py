"""Content keys: what a report has read decides whether it is made again."""

import pytest
from tiny_report import write_template

from yilaolib.data import load_table
from yilaolib.rendering.cachekey import content_key
from yilaolib.rendering.orders import place_order
from yilaolib.reports import run_order
from yilaolib.tabling import uses


@pytest.fixture
def mine(tmp_path):
    """A data folder with the populations of two cities."""
    table = load_table("population").query("area in ['yingtan', 'yueyang'] and year == 2020")
    (tmp_path / "mine").mkdir()
    table.to_csv(tmp_path / "mine" / "population.csv", index=False)
    return tmp_path / "mine"


def add_one(mine, area):
    """Add a person to a city."""
    table = load_table("population", root=mine).query("area in ['yingtan', 'yueyang'] and year == 2020")
    table.loc[table["area"] == area, "persons"] += 1
    table.to_csv(mine / "population.csv", index=False)


@pytest.mark.parametrize(
    ("read", "changed", "same"),
    [
        ([["population", "yingtan"]], "yingtan", False),
        ([["population", "yingtan"]], "yueyang", True),
        ([["population", ""]], "yueyang", False),
        ([["fertility", ""]], "yingtan", True),
        (None, "yueyang", False),
    ],
)
def test_rows_that_were_read_count(mine, read, changed, same):
    """A change of rows that a report has read changes its key, of others it does not; unknown means all."""
    order = place_order("yingtan", data=str(mine))
    before = content_key(order, read)
    add_one(mine, changed)
    assert (content_key(order, read) == before) is same


def test_a_notebook_tells_what_it_read(tmp_path):
    """A report knows the rows that its notebook has read, and not those of a notebook before it."""
    for city, cell in (
        ("yueyang", "yl.load_table('fertility')"),
        ("yingtan", "yl.load_table('population', area=city)"),
    ):
        notebook = write_template(tmp_path / f"{city}.ipynb", f"import yilaolib as yl\n{cell}")
        _, read = run_order(place_order(city, out_dir=tmp_path, template=notebook))
    assert [use for use in read if use[0] != "areas"] == [["population", "yingtan"]]


def test_whole_tables_swallow_areas(monkeypatch):
    """A table that was read whole is named once; a rehearsal's own area is forgotten."""
    monkeypatch.setattr(uses, "_noted", set())
    load_table("population", area="yingtan")
    load_table("series", area="yingtan")
    load_table("series")
    assert [use for use in uses.noted() if use[0] != "areas"] == [["population", "yingtan"], ["series", ""]]
    uses.forget("yingtan")
    assert uses.noted() == [["series", ""]]


@pytest.mark.parametrize("change", [{"end_year": 2040}, {"lang": "en"}, {"scenario": "low"}, {"city": "yueyang"}])
def test_parameters_count(change):
    """Each parameter is part of the key."""
    asked = {"city": "yingtan"} | change
    assert content_key(place_order(**asked)) != content_key(place_order("yingtan"))
