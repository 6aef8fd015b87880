"""Tables load with their types, a user's rows lie over ours, areas are found by any name, broken files say why."""

import csv
import os
import subprocess
import sys

import frictionless
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from yilaolib import DataError, cite, figure, find_area, list_tables, load_table
from yilaolib.tables.areas import figures_at
from yilaolib.tables.folders import merged_table
from yilaolib.tables.schema import data_folder, key_of, schema_of

TABLES = list_tables()
AREAS = "area,level,adcode,name_zh,name_en,parent\n"
POPULATION = "area,year,sex,age,n,persons,basis,source\n"
PROJECTS = "area,project_no,name_zh,category,beds_new,source\n"
SOURCES = "source,title_zh\n"


@pytest.fixture
def folder(tmp_path):
    """A user's folder: folder(areas="...") writes areas.csv and returns the folder."""

    def write(**tables):
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize("name", TABLES)
def test_file_is_sorted_by_key_with_unix_line_ends(name):
    """Files have LF line ends and are in the order of their key, so that a change is a small diff."""
    raw = (data_folder() / f"{name}.csv").read_bytes()
    assert b"\r" not in raw and raw.endswith(b"\n")
    if name not in ("projects", "ageing_stages", "methods"):  # these are in the order in which they are shown
        table, key = load_table(name), schema_of(name)["primaryKey"]
        in_order = table.sort_values(key, kind="stable", na_position="first")
        assert key_of(table, key).tolist() == key_of(in_order, key).tolist()


@pytest.mark.parametrize("name", [name for name in TABLES if name != "population"])  # see test_areas
def test_every_number_is_read_as_it_is_written(name):
    """What is loaded is what the file says, cell by cell."""
    with open(data_folder() / f"{name}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = load_table(name)
    for field in schema_of(name)["fields"]:
        cells = [row[field["name"]] for row in rows]
        loaded = table[field["name"]].tolist()
        if field["type"] in ("integer", "number"):
            cells = [float(cell) if cell else None for cell in cells]
        elif field["type"] == "boolean":
            cells = [cell == "true" for cell in cells]
        assert [None if pd.isna(value) else value for value in loaded] == [None if c == "" else c for c in cells]


def test_package_is_a_valid_data_package():
    """Any Frictionless tool can read our tables: the schema, all keys and all links between tables hold."""
    report = frictionless.validate(str(data_folder() / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "note"])[:5]


def test_every_column_is_described():
    """Every column has a title and a description, and every number a unit."""
    for name in TABLES:
        for field in schema_of(name)["fields"]:
            assert field["title"] and field["description"].endswith(".")
            assert field["type"] != "number" or field["unit"], (name, field["name"])


@pytest.mark.parametrize("builder", ["readme.py", "coverage.py"])
def test_page_is_current(builder):
    """data/README.md and data/COVERAGE.md are what their builders would write."""
    command = [sys.executable, str(data_folder() / "builders" / builder), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("get", [
    lambda: load_table("population"),
    lambda: merged_table("observations"),
    lambda: load_table("observations", area="jingdezhen"),
    lambda: figures_at().of("elder_beds_total"),
    lambda: figure("jingdezhen", "elder_beds_total").to_frame(),
])  # fmt: skip
def test_no_caller_spoils_what_is_kept(get):
    """Whoever writes into a frame or takes out its columns leaves the rows that the next caller gets as they are."""
    before, mine = get().copy(deep=True), get()
    mine.iloc[0, 0] = "spoilt"
    del mine[mine.columns[-1]]
    mine.attrs.update(read="twice")
    pd.testing.assert_frame_equal(get(), before)
    load_table("population")["year"].array[0] = 1066
    assert get().attrs == {} and load_table("population")["year"].min() > 1066


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("jingdezhen", "jingdezhen"), ("JingDeZhen", "jingdezhen"), (" jingdezhen ", "jingdezhen"),
        ("ｊｉｎｇｄｅｚｈｅｎ", "jingdezhen"), ("景德镇市", "jingdezhen"), ("景德镇", "jingdezhen"), ("景德鎮", None),
        ("Jingdezhen City", "jingdezhen"), ("360200", "jingdezhen"), (360200, "jingdezhen"),
        (np.int64(360200), "jingdezhen"), (360200.0, "jingdezhen"), ("３６０２００", "jingdezhen"),
        ("Hai'an", "haian"), ("Hai’an", "haian"), ("海安", "haian"), ("海安县", "haian"), ("涟水县", "lianshui"),
        ("涟水", "lianshui"), ("江西", "jiangxi"), ("江西省", "jiangxi"), ("Jiangxi Province", "jiangxi"),
        ("中国", "china"), ("China", "china"), ("", None), (None, None), (float("nan"), None),
        (36020, None), ("市", None), ([], None),
    ],
)  # fmt: skip
def test_area_is_found_by_slug_name_or_code(query, slug):
    """Slug in any case and width, Chinese name with or without its ending, English name, adcode as text or number."""
    if slug is None:
        with pytest.raises(DataError, match=r"is not in areas\.csv"):
            find_area(query)
    else:
        assert find_area(query)["area"] == slug


def test_area_of_a_users_own_comes_before_ours_of_that_name(folder):
    """A user whose area has the name of one of ours means their own; two of their own are refused."""
    mine = "my-gulou,county,,鼓楼区,My Gulou,china\nx,county,,试验区,X,china\ny,county,,试验县,Y,china\n"
    root = folder(areas=AREAS + mine)
    assert find_area("鼓楼区", root=root)["area"] == "my-gulou"
    assert find_area("南京鼓楼", root=root)["area"] == "gulou-320106"
    with pytest.raises(DataError, match=r"may mean x \(试验区\) or y \(试验县\)\. Write the slug"):
        find_area("试验", root=root)


def test_area_chooses_rows():
    """`area` takes what find_area takes, and gives the rows of that area only."""
    chosen = load_table("population", area="鹰潭")
    assert set(chosen["area"]) == {"yingtan"} and chosen.index.tolist() == list(range(len(chosen)))
    pd.testing.assert_frame_equal(chosen, load_table("population", area=360600))
    assert load_table("assumptions", area="yingtan")["area"].isna().any()  # what holds for all areas stays in
    with pytest.raises(DataError, match="has no column 'area'"):
        load_table("fertility", area="yingtan")


def test_users_rows_are_added_and_replace_equal_keys(folder):
    """A row with a new key is added, a row with a key of ours takes its place, all others stay."""
    mine = "testville,county,,试验县,Testville,jiangsu\nyingtan,prefecture,360600,鹰潭,Yingtan,jiangxi\n"
    root = folder(areas=AREAS + mine)
    ours, merged = load_table("areas"), load_table("areas", root=root)
    assert len(merged) == len(ours) + 1
    assert merged.set_index("area").loc["yingtan", "name_zh"] == "鹰潭"
    assert find_area("试验", root=root)["area"] == "testville"
    assert merged["area"].tolist() == [*ours["area"], "testville"]
    pd.testing.assert_frame_equal(load_table("areas"), ours)


def test_users_age_groups_replace_those_that_they_overlap(folder):
    """A user's group 0-4 replaces our 0 and 1-4, and nobody is counted twice."""
    root = folder(population=POPULATION + "yingtan,2020,female,0,5,111,resident,nbs-census-2020-county\n")
    merged = load_table("population", area="yingtan", root=root).query("year == 2020 and sex == 'female'")
    assert merged["age"].tolist()[:3] == [0, 5, 10] and merged["persons"].tolist()[0] == 111


def test_columns_that_may_be_empty_may_be_left_out(folder):
    """A user's table needs only the columns that must be filled in, in any order."""
    root = folder(sources="title_zh,source\n试验县方案,plan-x\n")
    row = load_table("sources", root=root).set_index("source").loc["plan-x"]
    assert row["title_zh"] == "试验县方案" and pd.isna(row["url"])


def test_excel_habits_are_understood(folder):
    """A byte-order mark, CRLF line ends, blanks around cells, trailing commas and rows of commas do no harm."""
    root = folder()
    text = "\ufeff" + AREAS.replace("\n", ",\r\n") + " testville ,county,,试验县,Testville,jiangsu,\r\n,,,,,,\r\n\r\n"
    (root / "areas.csv").write_bytes(text.encode())
    assert find_area("testville", root=root)["name_zh"] == "试验县"


def test_sheet_of_a_form_saved_as_csv_is_read(folder):
    """Rows that begin with # explain; 2020.0 is a year, as pandas writes it; the only area need not be named."""
    margins = "#,area,year,population_total\n#,地区,年份,总人口（人）\n,,2020.0,1000\n"
    root = folder(areas=AREAS + "x,county,,试验县,X,jiangxi\n", margins=margins)
    assert load_table("margins", root=root)[["area", "year"]].to_numpy().tolist() == [["x", 2020]]


def test_change_of_a_file_is_seen(folder):
    """A table is read again once its file changes, and only then."""
    root = folder(sources=SOURCES + "plan-x,one\n")
    assert "one" in load_table("sources", root=root)["title_zh"].tolist()
    folder(sources=SOURCES + "plan-x,another\n")
    os.utime(root / "sources.csv", ns=(1, 1))
    assert "another" in load_table("sources", root=root)["title_zh"].tolist()


BROKEN = [
    ("areas", AREAS + "x,county\n", r"areas\.csv line 2: the row has 2 cells, but the header has 6"),
    ("areas", AREAS + "x,County,,甲,X,china\n", r"level is 'County'.* Did you mean 'county'\?"),
    ("areas", AREAS + "x,county,,甲,X,chna\n", r"parent 'chna' is not in areas\.csv\. Did you mean 'china'\?"),
    ("areas", "area,level\nx,county\n", r"line 1: the column 'name_zh' is missing.*\(1 more: yl\.check_data"),
    ("areas", "area;level;name_zh;name_en\nx;county;甲;X\n", "the columns are not separated by commas"),
    ("areas", AREAS.replace("parent", "parents"), r"'parents' is not a column of areas\. Did you mean 'parent'\?"),
    ("areas", "", r"areas\.csv line 1: the file is empty\. Its first line must name the columns: area, level"),
    ("areas", AREAS + 'x,county,,"甲,X,china\n', r"line 2: the row that begins here cannot be read"),
    ("projects", PROJECTS + "yingtan,1,甲,eldercare,12把,judged\n",
     r"line 2 \(yingtan 1\): beds_new is '12把', which is not a number\. Write digits .*, or leave the cell empty"),
    ("ageing_stages", "scheme,rank,base_age,from_pct,inclusive,stage_zh,stage_en,source\na,0,60,0,yes,甲,x,judged\n",
     "inclusive is 'yes', which is not true or false"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "sentence"), BROKEN)
def test_broken_file_is_one_sentence(folder, name, text, sentence):
    """A broken file is a DataError that names file, line and field, what came, what is allowed and what to do."""
    with pytest.raises(DataError, match=sentence) as error:
        load_table(name, root=folder(**{name: text}))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("misnamed", ["population.CSV", "popluation.csv"])
def test_misnamed_file_is_refused(folder, misnamed):
    """A file that is nearly named as a table would be overlooked in silence, so it is refused."""
    root = folder()
    (root / misnamed).write_text(POPULATION, encoding="utf-8")
    with pytest.raises(DataError, match=r"Did you mean 'population\.csv'\?"):
        load_table("areas", root=root)


def test_missing_folder_is_refused(tmp_path):
    """A folder that does not exist, or is a file, and a table that there is not, are refused."""
    with pytest.raises(DataError, match="does not exist"):
        load_table("areas", root=tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="is a file"):
        list_tables(tmp_path / "file")
    with pytest.raises(DataError, match=r"'populaton'\. Did you mean 'population'\? The tables are areas, "):
        load_table("populaton")


def test_documents_behind_a_frame_are_cited():
    """cite lists each document of the column `source` once, in the order of first use, and can be read."""
    frame = load_table("observations", area="岳阳")
    cited = cite(frame)
    assert cited["source"].tolist() == list(dict.fromkeys(frame["source"]))
    assert list(cited)[:2] == ["source", "citation"]
    assert "Draft for comment" in cited.set_index("source").loc["plan-yueyang-2023-draft", "citation"]


BEDS = "jingdezhen.elder_beds_total.2020.actual.text"


@pytest.mark.parametrize(("given", "cited"), [
    *((given, "un-wpp-2024") for given in ("un-wpp-2024", ["un-wpp-2024"] * 2, {"un-wpp-2024": 1})),
    (pd.Series(["un-wpp-2024", None], name="source"), "un-wpp-2024"),
    (xr.Dataset(attrs={"sources": ["un-wpp-2024"]}), "un-wpp-2024"),
    (xr.Dataset(attrs={"sources": "un-wpp-2024"}), "un-wpp-2024"),
    (pd.DataFrame({"observation": [BEDS, None]}), "plan-jingdezhen-2022"),
    (pd.DataFrame({"observations": [(BEDS,), ()]}), "plan-jingdezhen-2022"),
    (pd.DataFrame({"sources": ["un-wpp-2024;judged", "not published", None]}), "un-wpp-2024;judged"),
])  # fmt: skip
def test_documents_are_cited_by_whatever_leads_to_them(given, cited):
    """Ids in any container, attrs["sources"], ids of printed figures, and documents listed as "a;b"."""
    assert cite(given)["source"].tolist() == cited.split(";")


def test_nothing_to_cite_by_is_refused():
    """A frame without provenance, and an unknown id, are refused in a sentence."""
    with pytest.raises(DataError, match="without a column 'source'"):
        cite(pd.DataFrame({"value": [1]}))
    with pytest.raises(DataError, match="A int without"):
        cite(3)
    with pytest.raises(DataError, match=r"source 'un-wpp-2042' is not .* Did you mean 'un-wpp-2024'\?"):
        cite(["un-wpp-2042"])
