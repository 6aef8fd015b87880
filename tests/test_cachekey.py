"""Content keys: what a report has read decides whether it is made again."""

import pytest
from tiny_report import write_template

import yilaolib as yl
from yilaolib.reports import warm as warm
from yilaolib.reports.cachekey import content_key
from yilaolib.reports.one import run_order
from yilaolib.reports.orders import place_order
from yilaolib.tables import schema as uses
from yilaolib.tables.areas import load_table


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
        ([["fertility", ""]], "yueyang", True),
        (None, "yueyang", False),
    ],
)
def test_rows_that_were_read_count(mine, read, changed, same):
    """A change of rows that a report has read changes its key, of others it does not; unknown means all."""
    order = place_order("yingtan", data=str(mine))
    before = content_key(order, read)
    add_one(mine, changed)
    assert (content_key(order, read) == before) is same


@pytest.fixture(scope="module")
def whole_report(tmp_path_factory):
    """What a whole report of 景德镇 reads, and a data folder to change."""
    root = tmp_path_factory.mktemp("mine")
    load_table("methods").head(1).to_csv(root / "methods.csv", index=False)  # caches of another root are not asked
    noted = pytest.MonkeyPatch()
    noted.setattr(uses, "_noted", set())
    brief = yl.city_brief("jingdezhen", end_year=2030, root=root)
    yl.need_tornado("jingdezhen", 2025, root=root)
    yl.capital_cost(brief.bed_methods, root=root)
    read = uses.noted()
    noted.undo()
    return root, read


@pytest.mark.parametrize(
    ("table", "which", "changes", "same"),
    [
        ("population", "area == 'haian' and year == 2020", {"persons": 1.0}, True),
        ("claims", "area == 'haian'", {"published": 1.0}, True),
        ("areas", "area == 'haian'", {"note": "other"}, True),
        (
            "observations",
            "observation == 'haian.ability_assessment_age_min.any.standard.text'",
            {"note": "other"},
            True,
        ),
        ("population", "area == 'jingdezhen' and year == 2020", {"persons": 1.0}, False),
        ("population", "area == 'jiangxi' and year == 2020", {"persons": 1.0}, False),
        ("observations", "indicator == 'elder_beds_per_1000_60plus' and area == 'yingtan'", {"value": 1.0}, False),
    ],
)
def test_rows_of_another_city_do_not_count(whole_report, table, which, changes, same):
    """A change of another city's rows leaves a report as it is, unless the report shows that row; its own count."""
    root, read = whole_report
    order = place_order("jingdezhen", data=str(root))
    before = content_key(order, read)
    rows = load_table(table).query(which)
    assert len(rows)
    rows.assign(**changes).to_csv(root / f"{table}.csv", index=False)
    try:
        assert (content_key(order, read) == before) is same
    finally:
        (root / f"{table}.csv").unlink()


@pytest.fixture
def unrehearsed(monkeypatch):
    """A warm process of the test's own: what another has rehearsed, all its notebooks count as read."""
    monkeypatch.setattr(warm, "_process", None)
    yield
    if warm._process is not None:
        warm._process.close()


def test_a_notebook_tells_what_it_read(unrehearsed, tmp_path):
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


def test_census_of_the_place_above_counts(mine):
    """What a user adds for the place above changes the key, though there was nothing of it to be read before."""
    (mine / "areas.csv").write_text("area,level,adcode,name_zh,name_en,parent\nx,county,,某县,X,yingtan\n")
    order = place_order("x", data=str(mine))
    before = content_key(order, [["fertility", ""]])
    add_one(mine, "yueyang")
    assert content_key(order, [["fertility", ""]]) == before
    add_one(mine, "yingtan")
    assert content_key(order, [["fertility", ""]]) != before
