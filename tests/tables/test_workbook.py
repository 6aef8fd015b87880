"""A workbook of one's own: the form, what planners type into it, faults with their cells, hostile files."""

import datetime
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import yilaolib as yl

from yilaolib import (  # isort: skip
    DataError, check_data, find_area, list_filled, load_table, new_workbook, read_workbook, write_workbook,
)  # fmt: skip

FILLED = "filled-from-parent"

TOTALS = {"year": 2020, "population_total": "161.9万", "population_60plus": "269,200人", "population_65plus": 191_000,
          "population_under_3": "４５１００"}  # fmt: skip
SUMS = {(0, 200): 1_619_000, (60, 200): 269_200, (65, 200): 191_000, (0, 3): 45_100}


def fill(path, sheet, row=5, **values):
    """Type values into a row of a sheet, by the names of its columns."""
    book = openpyxl.load_workbook(path)
    names = {cell.value: cell.column for cell in book[sheet][1]}
    for name, value in values.items():
        book[sheet].cell(row, names[name]).value = value
    book.save(path)
    return path


@pytest.fixture(scope="session")
def empty_form(tmp_path_factory):
    """An empty form of a place of one's own: made once, copied by whoever fills it in."""
    return new_workbook(tmp_path_factory.mktemp("form") / "mycity.xlsx", "某某市", parent="江西")


@pytest.fixture(scope="session")
def filled_form(tmp_path_factory, empty_form):
    """The form with the least input."""
    return fill(shutil.copy(empty_form, tmp_path_factory.mktemp("filled")), "margins", **TOTALS)


@pytest.fixture
def form(tmp_path, empty_form):
    return Path(shutil.copy(empty_form, tmp_path))


@pytest.fixture
def city(tmp_path, filled_form):
    return Path(shutil.copy(filled_form, tmp_path))


def sums(population):
    return {ages: population.query("@ages[0] <= age < @ages[1]")["persons"].sum() for ages in SUMS}


def test_empty_form_has_no_people_yet(form):
    """A form that nobody has filled in is told to have no residents; its example rows are not data."""
    assert check_data(form)[["cell", "severity"]].to_numpy().tolist() == [["B5", "warning"]]
    assert "Fill in margins" in check_data(form)["message"].item()
    assert {name: len(frame) for name, frame in read_workbook(form).items() if len(frame)} == {"areas": 1}


def test_form_has_what_a_planner_needs(form):
    """Instructions in Chinese, drop-downs for every enumeration, units, a frozen header, and no macro or formula."""
    book = openpyxl.load_workbook(form)
    assert book.sheetnames[0] == "说明"
    assert "margins" in book["说明"]["A3"].value
    lists = {check.formula1 for ws in book for check in ws.data_validations.dataValidation}
    codes = [code for choice in lists if choice.startswith('"') for code in choice.strip('"').split(",")]
    assert "resident 常住" in codes and all(" " in code for code in codes)  # each with its Chinese word
    assert any("lists!" in choice for choice in lists)
    assert book["margins"].freeze_panes == "B5"
    assert book["margins"]["D2"].value == "总人口（人）"
    assert [c for ws in book for row in ws for c in row if c.data_type == "f"] == []


def test_a_format_that_shows_a_unit_counts(city):
    """161.9 shown as 161.9万 is 1,619,000; what is so already and only shown in 万 stays; 16.6 as 16.6% is no count."""
    book = openpyxl.load_workbook(city)
    for row, form, value in ((5, '0.0"万"', 161.9), (6, '0!.0,"万"', 1_619_000), (7, '0.0"%"', 16.6)):
        book["margins"].cell(row, 3).value, cell = 2015 + row, book["margins"].cell(row, 4, value)
        cell.number_format = form
    book.save(city)
    assert check_data(city).query("severity == 'error'")["cell"].tolist() == ["D7"]
    fill(city, "margins", 7, population_total="9万")
    assert load_table("margins", root=city)["population_total"].tolist() == [1_619_000, 1_619_000, 90_000]


def test_form_is_never_written_over(form):
    """A form that is there may hold a planner's figures; two Chinese names are two slugs, so two folders of reports."""
    forms = [new_workbook(form.with_name(f"{name}.xlsx"), name, parent="江西") for name in ("我的市", "你的市")]
    assert find_area("我的市", forms[0])["area"] != find_area("你的市", forms[1])["area"]
    with pytest.raises(DataError, match="there already"):
        new_workbook(form, "某某市")


def test_form_of_a_known_area_adds_to_ours(tmp_path):
    """It does not pretend that the area is new: no sheet areas; a later total in it moves the projection."""
    form = new_workbook(tmp_path / "a.xlsx", "景德镇市")
    book = openpyxl.load_workbook(form)
    assert "areas" not in book.sheetnames and book["margins"]["B4"].value == "jingdezhen"
    assert "景德镇市已在本库" in book["说明"]["A2"].value and check_data(form).empty
    fill(form, "margins", area="jingdezhen", year=2022, population_total="162万")
    told = yl.project("景德镇", end_year=2023, root=form).attrs["rebased"]
    assert [(each["year"], each["totals"]) for each in told] == [(2022, {"population_total": 1_620_000})]
    fill(form, "margins", year=2018)
    assert check_data(form)["message"].str.contains("totals of 2018 change nothing").tolist() == [True]
    assert new_workbook(tmp_path / "b.xlsx", "jingdezhen", name="景德镇市", parent="江西").exists()
    with pytest.raises(DataError, match=r"is 江西省 景德镇市 in our tables.* For it write yilao new jingdezhen"):
        new_workbook(tmp_path / "c.xlsx", "jingdezhen", parent="湖南")


def test_totals_become_a_pyramid_that_sums_to_them(city):
    """Total, 60+, 65+ and under 3 as typed are the sums of the filled pyramid, which says that it is filled."""
    population = load_table("population", area="某某市", root=city)
    assert sums(population) == pytest.approx(SUMS)
    assert set(population["source"]) == {FILLED}
    assert set(population["sex"]) == {"female", "male"}


def test_totals_may_be_observations(form):
    """The same totals as rows of observations are filled up too; each row needs four cells."""
    for row, (name, value) in enumerate(list(TOTALS.items())[1:], start=5):
        fill(form, "observations", row, indicator=name, year=2020, kind="现状", value=value, basis="常住")
    assert check_data(form)["message"].tolist() == []
    assert sums(load_table("population", area="mycity", root=form)) == pytest.approx(SUMS)
    rows = load_table("observations", area="mycity", root=form)
    assert rows.loc[0, ["as_printed", "comparator", "unit"]].tolist() == ["161.9万", "eq", "persons"]


def test_totals_without_a_pyramid_above_are_refused(form):
    """Totals of a place without a parent cannot be filled up; check_data names the cell."""
    fill(form, "areas", parent=None)
    fill(form, "margins", **TOTALS)
    assert check_data(form)["cell"].tolist() == ["B5"]
    with pytest.raises(DataError, match="no parent"):
        load_table("population", root=form)


def test_report_of_figures_with_nothing_optional(city, tmp_path):
    """Targets, state, projects and a plan without any optional cell pass the check and come through to a report."""
    fill(city, "sources", source="plan-x", area="mycity", title_zh="某某市方案", status="issued", plan_start=2021,
         plan_end=2025)  # fmt: skip
    printed = [("elder_beds_total", 2020, "现状", 6000), ("elder_beds_total", 2025, "目标", "≥10500"),
               ("daycare_places_per_1000", 2025, "目标", 4.5), ("nursing_beds_share_pct", 2025, "目标", 55),
               ("nursing_beds_share_pct", 2020, "现状", 40)]  # fmt: skip
    for row, (indicator, year, kind, value) in enumerate(printed, start=5):
        fill(city, "observations", row, indicator=indicator, year=year, kind=kind, value=value)
    for row, category in ((5, "养老"), (6, "托育")):
        fill(city, "projects", row, project_no=row, name_zh="甲", category=category)
    assert check_data(city)["message"].tolist() == []
    page = Path(yl.render_report("mycity", out_dir=tmp_path / "out", data=city, end_year=2035)).read_text("utf-8")
    assert "10,500" in page and "本库未收录" in page  # nobody says that the plan was read whole


def test_names_are_understood_as_ids(form):
    """A Chinese name, a code with its word, and an adcode as a number stand for the id."""
    fill(form, "areas", parent="江西省", level="prefecture 地级市", adcode=369900)
    row = find_area("mycity", root=form)
    assert row[["parent", "level", "adcode"]].tolist() == ["jiangxi", "prefecture", "369900"]


def test_header_may_be_chinese_and_lower_down(tmp_path):
    """A table below a title, with Chinese names of columns, blank rows and a merged area, is read."""
    book = openpyxl.Workbook()
    ws = book.active
    ws.title = "人口合计"
    header = ["地区", "年份", "总人口（人）", "60岁及以上人口"]
    rows = ["涟水", 2020, "83.1万", 200_000], [], [None, 2021, 830_000, "20.1万人"]
    for line in (["某县人口情况"], [], header, *rows):
        ws.append(line)
    ws.merge_cells("A1:D1")
    ws.merge_cells("A4:A6")
    book.save(tmp_path / "a.xlsx")
    margins = read_workbook(tmp_path / "a.xlsx")["margins"]
    read = margins[["area", "year", "population_total", "population_60plus"]].to_numpy().tolist()
    assert read == [["lianshui", 2020, 831_000, 200_000], ["lianshui", 2021, 830_000, 201_000]]


def test_bounds_and_percentages_of_figures(form):
    """≥95.5, 55-60 and 19.28 % as Excel keeps it become value, comparator and upper end."""
    fill(form, "margins", **TOTALS)
    fill(form, "observations", 5, indicator="elder_beds_total", year=2025, kind="目标", value="≥10,500张")
    fill(form, "observations", 6, indicator="nursing_beds_share_pct", year=2025, kind="目标", value="55-60%")
    fill(form, "observations", 7, indicator="population_60plus_share_pct", year=2020, kind="现状", value=0.1928)
    assert check_data(form)[["cell", "severity"]].to_numpy().tolist() == [["I7", "warning"]]
    book = openpyxl.load_workbook(form)
    book["observations"]["I7"].number_format = "0.00%"
    book.save(form)
    assert check_data(form).empty
    rows = load_table("observations", area="mycity", root=form).set_index("year", append=True)
    assert rows[["value", "value_max", "comparator", "as_printed"]].astype(object).fillna("").to_numpy().tolist() == [
        [10_500, "", "ge", "≥10,500张"], [55, 60, "eq", "55-60%"], [19.28, "", "eq", "19.28%"]]  # fmt: skip


FAULTS = {  # sheet: what is typed into one row of a form after another, the cell that is named, the rule
    "areas": [({"level": "town"}, "C5", "enum"), ({"parent": "jiangsoo"}, "H6", "foreign-key"),
              ({"adcode": 12345}, "E7", "pattern")],
    "margins": [({"population_total": "很多"}, "D5", "type"), ({"population_total": None}, "D6", "required"),
                ({"population_60plus": "3-5"}, "E7", "type"),
                ({"population_60plus": datetime.datetime(2025, 3, 5)}, "E8", "type"),
                ({"population_60plus": 180_000}, "F9", "margins"),
                ({"population_under_3": 1_600_000}, "D10", "margins"),
                ({"year": "2020年代"}, "C11", "type"), ({"population_total": "=1+1"}, "D12", "type"),
                ({"population_total": "#REF!"}, "D13", "type"), ({"year": 2010}, "B14", "duplicate-key")],
    "observations": [({"indicator": "elder_beds_total", "kind": "愿景", "value": 1}, "H5", "enum"),
                     ({"indicator": "elder_beds_total", "kind": "目标", "value": "19%"}, "I6", "type"),
                     ({"indicator": "population_60plus_share_pct", "kind": "现状", "value": 120}, "I7", "bounds")],
    "projects": [({"project_no": 1, "name_zh": "甲", "category": "养老", "beds_new": "100把"}, "L5", "type"),
                 ({"project_no": datetime.date(2025, 1, 2), "name_zh": "甲", "category": "养老"}, "C6", "type")],
}  # fmt: skip


@pytest.mark.parametrize("sheet", FAULTS)
def test_planted_faults_are_found_in_their_cells(city, sheet):
    """A planted fault is reported with sheet, cell and rule, in a sentence."""
    book = openpyxl.load_workbook(city)
    places = {cell.value: cell.column for cell in book[sheet][1]}
    for row, (typed, _, _) in enumerate(FAULTS[sheet], start=5):
        start = TOTALS | {"area": "mycity", "year": 2005 + row} if sheet == "margins" else {}
        for name, value in (start | typed).items():
            book[sheet].cell(row, places[name]).value = value
    if sheet == "areas":
        for row, values in ((6, ("x", "某某", "X")), (7, ("y", "某县", "Y"))):
            for name, value in zip(("area", "name_zh", "name_en"), values, strict=True):
                book[sheet].cell(row, places[name]).value = value
    book.save(city)
    found = check_data(city)
    for _, cell, rule in FAULTS[sheet]:  # noqa: B007 - rule is one of the query
        same = found.query("sheet == @sheet and cell == @cell and rule == @rule and severity == 'error'")
        assert len(same) == 1, (cell, found.to_string())
        assert f"sheet '{sheet}' cell {cell}" in same["message"].item()


def test_merged_numbers_are_refused(city):
    """One number merged over two rows could belong to either."""
    fill(city, "margins", 6, year=2021, population_60plus=260_000)
    book = openpyxl.load_workbook(city)
    book["margins"].merge_cells("D5:D6")
    book.save(city)
    assert ("D6", "type") in check_data(city)[["cell", "rule"]].itertuples(index=False, name=None)


def test_sheet_that_is_no_table_is_told(city):
    """A sheet of another name is a warning, one that is nearly named as a table an error."""
    book = openpyxl.load_workbook(city)
    book.create_sheet("Sheet9")["A1"] = 1
    book.create_sheet("observation")["A1"] = 1
    book.save(city)
    assert dict(check_data(city)[["sheet", "severity"]].to_numpy()) == {"Sheet9": "warning", "observation": "error"}


def test_cached_result_of_a_formula_is_read(tmp_path, city):
    """A formula counts by the result that Excel saved; without one it is refused."""
    fill(city, "margins", population_total="=1600000+19000")
    assert check_data(city)[["cell", "rule"]].to_numpy().tolist() == [["D5", "type"]]
    empty, result = (b"+19000</f><v />", b"+19000</f><v></v>"), b"+19000</f><v>1619000</v>"  # as the XML writer has it
    saved = rewritten(city, tmp_path / "saved.xlsx", dict.fromkeys(empty, result))
    assert load_table("margins", root=saved)["population_total"].tolist() == [1_619_000]


def rewritten(source, target, changes=(), **parts):
    """Copy a workbook with changes in its parts and further parts."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            for before, after in dict(changes).items():
                text = text.replace(before, after)
            new.writestr(name, text)
        for name, text in parts.items():
            new.writestr(name.replace("__", "/"), text)
    return target


def test_macros_and_links_are_not_read(tmp_path, city):
    """A workbook with macros, links to other workbooks or connections gives its cells and nothing else."""
    parts = "xl__vbaProject.bin", "xl__externalLinks__externalLink1.xml", "xl__connections.xml"
    more = rewritten(city, tmp_path / "more.xlsx", **dict.fromkeys(parts, b"x"))
    assert load_table("margins", root=more).equals(load_table("margins", root=city))


def test_small_file_that_grows_large_is_refused(tmp_path, city):
    """Entities that name each other ten times over, in a sheet, are refused before they unfold."""
    entities = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
    head = f"<!DOCTYPE x [<!ENTITY e0 'ha'>{entities}]><worksheet".encode()
    bomb = rewritten(city, tmp_path / "bomb.xlsx", {b"<worksheet": head, b"</worksheet>": b"&e11;</worksheet>"})
    with pytest.raises(DataError, match="cannot be read as a workbook"):
        read_workbook(bomb)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "cannot be read as a workbook"), (b"a,b\n1,2\n", "cannot be read"), (b"\xd0\xcf\x11\xe0" * 9, "password"),
     (b"PK\x03\x04 cut short", "cannot be read")],
)  # fmt: skip
def test_file_that_is_no_workbook_is_refused(tmp_path, content, sentence):
    """An empty file, a renamed CSV, an old .xls and a cut file are one sentence each."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        check_data(path)


@pytest.mark.parametrize("name", ["areas", "sources", "observations", "projects", "population"])
def test_table_comes_back_from_a_workbook(tmp_path, name):
    """A table that is written and read again is the same, to the last digit and type."""
    table = load_table(name).head(1000)
    book = write_workbook({name: table}, tmp_path / "out.xlsx")
    pd.testing.assert_frame_equal(read_workbook(book)[name], table)


INJECTIONS = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", '=HYPERLINK("http://x")']


def test_text_is_never_a_formula(tmp_path):
    """Text that begins with = + - @ is text in the workbook, quoted, and comes back."""
    areas = load_table("areas").head(len(INJECTIONS)).assign(note=INJECTIONS)
    path = write_workbook({"areas": areas, "results": pd.DataFrame({"x": INJECTIONS})}, tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(path)
    cells = [cell for ws in book for row in ws for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells if cell.value[0] in "=+-@\t")
    assert read_workbook(path)["areas"]["note"].tolist() == [text.strip() for text in INJECTIONS]


def test_results_are_written_with_their_index(tmp_path):
    """A frame that is no table of the library keeps its named index; missing and infinite values are empty."""
    frame = pd.DataFrame({"beds": [1.5, np.nan, np.inf]}, index=pd.Index([2020, 2021, 2022], name="year"))
    ws = openpyxl.load_workbook(write_workbook({"gap": frame}, tmp_path / "out.xlsx"))["gap"]
    rows = [[cell.value for cell in row[1:]] for row in ws.iter_rows(min_row=3)]
    assert rows == [[2020, 1.5], [2021, None], [2022, None]]


@pytest.mark.parametrize(
    ("tables", "path", "sentence"),
    [({}, "a.xlsx", "is no table"), ({"a": 1}, "a.xlsx", "a int is no table"),
     ({"a/b": pd.DataFrame()}, "a.xlsx", "at most 31 characters"), ({"a": pd.DataFrame()}, "a.csv", "does not end"),
     ({"a": pd.DataFrame({"x": ["y" * 40_000]})}, "a.xlsx", "too long")],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(tmp_path, tables, path, sentence):
    """Nothing to write, bad names and too long texts are sentences, and leave no file."""
    with pytest.raises(DataError, match=sentence):
        write_workbook(tables, tmp_path / path)
    assert list(tmp_path.iterdir()) == []


SHEETS = ["areas", "margins", "observations"]
TYPED = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=["Cs"]), max_size=12),
    st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.datetimes(min_value=datetime.datetime(1900, 3, 1), max_value=datetime.datetime(2200, 1, 1)),
    st.sampled_from(["161.9万", "=A1", "1,15", "#REF!", "　", "2020年", "江西", "resident 常住"]),
)  # fmt: skip


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(SHEETS), st.integers(1, 7), st.integers(1, 12), TYPED), max_size=6))
def test_whatever_is_typed_is_right_or_reported(tmp_path_factory, empty_form, typed):
    """Any values in any cells: check_data reports and never fails, and a table without errors can be loaded."""
    path = tmp_path_factory.mktemp("typed") / "mycity.xlsx"
    book = openpyxl.load_workbook(empty_form)
    for sheet, row, column, value in typed:
        book[sheet].cell(row, column).value = value
    book.save(path)
    problems = check_data(path)
    assert (problems["message"].str.len() > 20).all()
    try:
        read_workbook(path)
    except DataError:
        assert (problems["severity"] == "error").any()


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_workbook_is_a_sentence(tmp_path_factory, empty_form, data):
    """Bytes changed anywhere in a part of a workbook: tables or a DataError, nothing else."""
    with zipfile.ZipFile(empty_form) as parts:
        victim = data.draw(st.sampled_from(parts.namelist()))
        text = parts.read(victim)
    start = data.draw(st.integers(0, len(text)))
    worse = text[:start] + data.draw(st.binary(max_size=9)) + text[start + data.draw(st.integers(0, 50)) :]
    path = rewritten(empty_form, tmp_path_factory.mktemp("damaged") / "a.xlsx", {text: worse} if text else {})
    try:
        assert isinstance(read_workbook(path), dict)
    except DataError as error:
        assert len(str(error)) > 20


def test_broken_styles_do_no_harm(tmp_path, city):
    """A fill that openpyxl does not take costs the styles, not the cells; a percentage stays one."""
    fill(city, "observations", indicator="population_60plus_share_pct", year=2020, kind="现状", value=0.1928)
    book = openpyxl.load_workbook(city)
    book["observations"]["I5"].number_format = "0.00%"
    book.save(city)
    with zipfile.ZipFile(city) as parts:
        styles = parts.read("xl/styles.xml")
    first = re.search(rb"<fill>.*?</fill>", styles, re.DOTALL)[0]
    broken = rewritten(city, tmp_path / "broken.xlsx", {first: b"<fill/>"})
    with pytest.raises(TypeError):
        openpyxl.load_workbook(broken)
    assert load_table("margins", root=broken).equals(load_table("margins", root=city))
    assert load_table("observations", area="mycity", root=broken)["value"].tolist() == [19.28]


@pytest.mark.parametrize(("counted", "moved"), [(None, False), ("年末", False), ("普查", True)])
def test_totals_are_of_their_date(city, counted, moved):
    """Totals of the year's end are those of the projection on 31 December; those of 1 November are moved on."""
    fill(city, "margins", year=2023, counted=counted, population_0_14=250_000, population_men=830_000)
    people = yl.project("mycity", root=city, end_year=2024)["population"].sel(year=2023)
    assert set(list_filled("mycity", root=city)["what"]) == {"population", "e0", "tfr_ratio"}
    held = [float(yl.persons(people)), float(yl.persons(people, 0, 15)), float(people.sel(sex="male").sum())]
    assert (held == pytest.approx([1_619_000, 250_000, 830_000], rel=1e-6)) is not moved


def test_far_cell_costs_nothing(city):
    """A stray cell in the last corner of a sheet is reported, and takes neither time nor memory."""
    book = openpyxl.load_workbook(city)
    book["margins"].cell(1_048_576, 16_384).value = "x"
    book.save(city)
    assert "XFD1048576" in set(check_data(city)["cell"])
