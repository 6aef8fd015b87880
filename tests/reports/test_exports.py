"""The same report as PDF, Word and Excel: what a reader of each finds, and that all say what the page says."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import zipfile
from unittest.mock import Mock

import openpyxl
import pandas as pd
import pytest
from nbformat import v4
from tiny_report import write_template

import yilaolib as yl
from yilaolib.reports import exports
from yilaolib.reports.display import MIME
from yilaolib.reports.exports import write_format
from yilaolib.reports.page import FONTS, read_document
from yilaolib.texts import code_of

pypdf = pytest.importorskip("pypdf", reason="pip install 'yilaolib[dev]' brings pypdf")
docx = pytest.importorskip("docx", reason="pip install 'yilaolib[docx]' brings python-docx")
try:
    import weasyprint  # noqa: F401
except (ImportError, OSError) as error:
    pytest.skip(f"no WeasyPrint, or no Pango for it ({error})", allow_module_level=True)

REPORT = """\
import matplotlib.pyplot as plt
import pandas as pd
import yilaolib as yl
yl.use_style()
page = yl.Report(lang, tables_dir=tables_dir)
page.know(rows=pd.DataFrame({"observation": ["row.1"]}))
page.heading("瀍河<回族>区报告", level=1)""", """\
page.heading("一、床位 & 缺口")
plan = pd.DataFrame({"项目": ["规划名称", "状态"], "内容": ["某某方案", "征求意见稿"]})
page.table(plan, caption="规划文件")""", """\
beds = pd.DataFrame({"年份": [2020, 2025, 2030], "床位": [4059.25, None, 12345.5], "占比(%)": [16.675, 2.0, None],
                     "备注": ["=1+1", "-甲 & <b>", "@x"], "原文数字": ["100", "≥95.5", "4.50"],
                     "源": ["row.1", None, None]})
spec = {"columns": list(beds)[:5], "links": {"原文数字": "源"}, "units": {"床位": "张"}}
page.table(beds, caption="床位：现状，与目标", spec=spec)""", """\
figure, ax = plt.subplots(figsize=(4, 2))
ax.plot([1, 2])
behind = pd.DataFrame({"年": [2020], "床": [0.5]})
page.figure(figure, caption="床位走势", alt="床位由1升到2。", table=behind)""", """\
page.say(["养老床位缺6,441张。", "托位缺3,331个。"])
calc = {"key": ["n", "rate", "need", "there", "gap"], "value": [1000.0, 39.0, 39.0, None, None],
        "formula": [None, "input", "{n} * {rate} / 1000", "input", "{need} - {there}"]}
page.table(pd.DataFrame(calc), caption="试算", spec={"columns": ["key", "value"], "calc": True})""",\
"# md\n自己写的**一段话**。", """\
page.heading("二、来源")
rows = pd.DataFrame({"observation": ["row.1"], "名称": ["某某文件\x01"], "网址": ["–"]})
page.table(rows, caption="文献来源", spec={"columns": ["名称", "网址"], "row_ids": "observation"})"""  # fmt: skip
HEADINGS = ["一、床位 & 缺口", "二、来源"]
CAPTIONS = ["规划文件", "床位：现状，与目标", "床位走势", "文献来源"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a report with one of everything, in all formats."""
    template = write_template(tmp_path_factory.mktemp("template") / "t.ipynb", *REPORT)
    out = tmp_path_factory.mktemp("out")
    made = yl.render_report("jingdezhen", out_dir=out, template=template, formats="pdf,docx,xlsx")
    names = {path.name for path in made.parent.iterdir()}
    assert names >= {"report.html", "report.ipynb", "report.pdf", "report.docx", "report.xlsx", "tables"}
    assert made.name == "report.pdf" and (out / "fonts" / "NotoSansSC-Bold.otf").is_file()
    return made.parent


@pytest.fixture(scope="module")
def pdf(folder):
    return pypdf.PdfReader(folder / "report.pdf")


@pytest.fixture(scope="module")
def word(folder):
    return docx.Document(str(folder / "report.docx"))


@pytest.fixture(scope="module")
def book(folder):
    return openpyxl.load_workbook(folder / "report.xlsx")


def xml(folder, name):
    """A part of the Word file as text."""
    return zipfile.ZipFile(folder / "report.docx").read(name).decode()


def paragraphs_of(path):
    """The texts of the paragraphs of a Word file, with the numbers that Word counts."""
    parts = docx.oxml.ns.qn("w:t"), docx.oxml.ns.qn("w:tab")
    return ["".join(each.text or "\t" for each in p._p.iter(*parts)) for p in docx.Document(str(path)).paragraphs]


def squeezed(text):
    return "".join(text.split())


def document_of(page: yl.Report, *more, **options):
    """What a notebook shows that showed the pieces of a report, and other outputs."""
    outputs = [v4.new_output("display_data", {MIME: json.dumps(piece)}) for piece, _ in page.pieces]
    cells = [v4.new_code_cell(outputs=[*outputs, *more])]
    return read_document(v4.new_notebook(cells=cells), title="T", **options)


def test_every_format_says_what_the_page_says(folder, pdf, word, book):
    """Title, headings, captions and sentences of the page are in the text of PDF and Word; captions in Excel."""
    printed = squeezed("".join(page.extract_text() for page in pdf.pages))
    written = squeezed("".join(text for text in word.element.itertext()))
    sentences = ["养老床位缺6,441张。", "未公布", "-甲&<b>", "自己写的一段话。"]
    for text in ["瀍河<回族>区报告", *HEADINGS, *CAPTIONS, *sentences]:
        assert squeezed(text) in printed and squeezed(text) in written, text
    assert "试算" not in printed + written + (folder / "report.html").read_text(encoding="utf-8")  # it is for Excel
    heads = " ".join(str(sheet["A1"].value) for sheet in book)
    assert [caption for caption in CAPTIONS if caption not in heads] == []


def test_pdf_has_a_bookmark_for_each_heading(pdf):
    """The outline is the title and under it the headings, in their order."""

    def titles(items):
        return [title for item in items for title in (titles(item) if isinstance(item, list) else [item.title])]

    found = [squeezed(title) for title in titles(pdf.outline)]
    assert found[0] == "瀍河<回族>区报告"
    assert [title for title in found if any(title.endswith(squeezed(heading)) for heading in HEADINGS)] == found[-2:]


def test_pdf_is_a4_tagged_and_in_our_font(pdf):
    """Pages are A4; the file has tags, language and title for reading aloud; every font is ours and embedded."""
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pdf.pages} == {(595, 842)}
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/Lang"] == "zh-CN" and pdf.metadata.title == "瀍河<回族>区报告"
    fonts = [font.get_object() for page in pdf.pages for font in page["/Resources"].get("/Font", {}).values()]
    assert fonts and all("Yilao" in font["/BaseFont"] for font in fonts)
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert all({"/FontFile2", "/FontFile3"} & set(descriptor) for descriptor in descriptors)


CITIES = ("lianshui", "jingdezhen", "yueyang", "yingtan", "haian", "jian")
ALL = [(city, lang) for city in CITIES for lang in ("en", "zh")]


@pytest.mark.parametrize(("area", "lang"), ALL if os.environ.get("YILAO_ALL_REPORTS") else ALL[:1])
def test_pdf_of_an_area_is_short(area, lang, tmp_path):
    """A report is at most 12 pages, its brief two; the first page has the gaps of beds and places."""
    made = yl.render_report(area, out_dir=tmp_path, formats="pdf", brief=True, lang=lang)
    results = json.loads(next(made.parent.glob("tables*/results.json")).read_text(encoding="utf-8"))
    pages = pypdf.PdfReader(made).pages
    first = squeezed(pages[0].extract_text())
    assert len(pages) <= 12
    assert len(pypdf.PdfReader(made.with_name(made.name.replace("report", "brief"))).pages) == 2
    assert all(f"{abs(results[name]):,.0f}" in first for name in ("bed_gap", "place_gap") if results[name] is not None)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.png", "file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_pdf_fetches_nothing(address, tmp_path, monkeypatch):
    """A picture that does not stand in the page is not fetched; no copy of a font is left among temporary files."""
    from urllib.request import OpenerDirector

    opened = []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(OpenerDirector, "open", lambda self, request, *_, **__: opened.append(request.full_url))
    own = v4.new_output("display_data", {"text/html": f'<p>一</p><img src="{address}" alt="图">'})
    write_format("pdf", document_of(yl.Report("zh"), own), tmp_path / "x.pdf")
    assert {name.rpartition("/")[0] for name in opened} <= {FONTS.as_uri()}
    assert [path.name for path in tmp_path.iterdir()] == ["x.pdf"]


def test_word_has_real_headings(word):
    """The title and the headings are paragraphs of Word's own styles, from which it makes its contents list."""
    found = [(p.style.name, p.text) for p in word.paragraphs if p.style.name.startswith(("Title", "Heading"))]
    assert found[0] == ("Title", "瀍河<回族>区报告") and [name for name, _ in found[1:]] == ["Heading 1"] * 3
    assert all(text.endswith(heading) for (_, text), heading in zip(found[1:], HEADINGS, strict=False))


def test_word_tables_repeat_their_heading(word):
    """Each table of the page is a table of Word; its first row is repeated on every page, and no row is broken."""
    assert [table.cell(0, 0).text for table in word.tables] == ["项目", "年份", "名称"]
    for table in word.tables:
        rows = table._tbl.tr_lst
        assert [bool(row.findall(".//{*}tblHeader")) for row in rows] == [True] + [False] * (len(rows) - 1)
        assert all(row.findall(".//{*}cantSplit") for row in rows)


def test_word_pictures_have_alternative_text(word):
    """A figure is a picture with the finding as its alternative text, no wider than the page."""
    (shape,) = word.inline_shapes
    assert shape._inline.docPr.get("descr") == "床位由1升到2。"
    assert 0 < shape.width <= word.sections[0].page_width - 2 * word.sections[0].left_margin


def test_word_names_chinese_fonts(folder):
    """Every font setting names the East Asian font, what may stand in is told, and Chinese is declared as such."""
    styles, fonts = xml(folder, "word/styles.xml"), xml(folder, "word/fontTable.xml")
    assert styles.count("<w:rFonts") == styles.count('w:eastAsia="微软雅黑"') > 5
    assert 'w:eastAsia="zh-CN"' in styles and "宋体" in fonts


def test_word_of_anything(tmp_path):
    """A frame, a list and a table without rows of one's own become paragraphs and tables of Word."""
    page = yl.Report("en")
    page.table(pd.DataFrame({"a": []}), caption="empty")
    page.table(pd.DataFrame(), caption="nothing")
    markup = "<ul><li>x</li></ul><table><tr><td>1</td><td>2</td></tr></table>"
    more = v4.new_output("display_data", {"text/html": markup})
    for form in ("docx", "xlsx", "pdf"):
        write_format(form, document_of(page, more, lang="en"), tmp_path / f"x.{form}")
    assert {"x", "1\t2", "Table 1  empty"} <= set(paragraphs_of(tmp_path / "x.docx"))


def test_workbook_begins_with_a_cover(book):
    """The cover tells title, versions and parameters, and links a sheet for each table, those behind figures too."""
    assert book.sheetnames == ["封面", "表 1 规划文件", "表 2 床位", "图 1 床位走势", "表 3 试算", "表 4 文献来源"]
    cover = book.worksheets[0]
    told = {row[0].value: row[1].value for row in cover.iter_rows(max_col=2)}
    assert cover["A1"].value == "瀍河<回族>区报告"
    assert told["yilaolib 版本"] and told["数据版本"] and "scenario = medium" in told["参数"]
    links = [cell.hyperlink.location or cell.hyperlink.target for cell in cover["A"] if cell.hyperlink]
    assert [link.lstrip("#").split("!")[0].strip("'") for link in links] == book.sheetnames[1:]


def test_workbook_cells_are_what_the_frame_holds(book):
    """Numbers are raw, shown as on the page; what is missing is said; printed figures and formulas are text."""
    sheet = book["表 2 床位"]
    assert [sheet[f"{column}5"].value for column in "ABC"] == [2020, 4059.25, 16.675]
    assert [sheet[f"{column}5"].number_format for column in "ABC"] == ["0", "#,##0", "#,##0.0"]
    assert [sheet[f"{column}4"].value for column in "ABCD"] == [None, "张", "%", None]  # units
    assert sheet["B6"].value == sheet["C7"].value == "未公布"
    assert [sheet[f"D{row}"].value for row in (5, 6, 7)] == ["=1+1", "-甲 & <b>", "@x"]
    assert [sheet[f"E{row}"].value for row in (5, 6, 7)] == ["100", "≥95.5", "4.50"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells if cell.parent.title != "表 3 试算"} <= {"s", "n"}


def test_workbook_computes(book):
    """What follows from a cell is a formula; what needs an empty cell is empty; figures are charts."""
    sheet = book["表 3 试算"]
    formulas = ['=IF(COUNT(B5,B6)=2,B5 * B6 / 1000,"")', None, '=IF(COUNT(B7,B8)=2,B7 - B8,"")']
    assert [sheet[f"B{row}"].value for row in range(5, 10)] == [1000, 39, *formulas]
    assert [sheet[f"B{row}"].fill.fgColor.rgb[2:] for row in (6, 8)] == [exports.YELLOW] * 2
    assert [len(sheet._charts) for sheet in book] == [0, 0, 0, 1, 0, 0]


@pytest.mark.skipif(not (OFFICE := shutil.which("soffice")), reason="needs LibreOffice (libreoffice-calc)")
def test_workbook_of_a_report_computes_as_python_does(tmp_path):
    """Yellow cells in twenty ways: needs and gaps of LibreOffice are Python's; nothing is a date or an error."""
    book = openpyxl.load_workbook(yl.render_report("yingtan", out_dir=tmp_path, formats="xlsx"))
    (sheet,) = (each for each in book if "试算" in each.title)
    at = {code_of(name.value, "calc"): value.coordinate for name, value in sheet.iter_rows(min_row=5)}
    yellow = [key for key in at if sheet[at[key]].fill.fgColor.rgb[2:] == exports.YELLOW]
    assert {"norm", "beds", "share_severe", "occupancy", "place_norm", "places", "enrolment", "filled"} <= set(yellow)
    for title in map(str, range(20)):
        book.copy_worksheet(sheet).title = title
        for key in yellow:
            book[title][at[key]] = random.uniform(0.3, 1) * max(1, sheet[at[key]].value)
    book.save(tmp_path / "x.xlsx")
    into = ["--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(tmp_path / "x.xlsx")]
    subprocess.run([OFFICE, "--headless", *into], check=True, timeout=120)
    book, future = openpyxl.load_workbook(tmp_path / "out" / "x.xlsx", data_only=True), yl.project("yingtan")
    cells = [cell for each in book for row in each.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"} and not any(cell.is_date for cell in cells)
    old, young, all_ages = (float(yl.persons(future, *ages).sel(year=2030)) for ages in ((60, None), (0, 3), (0, None)))
    care = yl.care_need(future.population.sel(year=2030))
    for changed in book.worksheets[-20:]:
        v = {key: changed[cell].value for key, cell in at.items()}
        shares = care.copy(data=[v[f"share_{level}"] for level in care["level"].values])
        for name, there, need in [
            ("bed", "beds", yl.beds_by_norm(old, v["norm"])),
            ("care", "beds", float(yl.beds_by_prevalence(care, shares, v["occupancy"]))),
            ("place", "places", yl.places_by_norm(all_ages, v["place_norm"])),
            ("use", "places", yl.places_by_coverage(young, v["enrolment"]) / v["filled"]),
        ]:
            assert (v[f"{name}_need"], v[f"{name}_gap"]) == pytest.approx((need, need - v[there]))


def test_sheets_have_names_of_their_own(tmp_path):
    """Names of sheets have no forbidden characters and are short; what begins with = is a text."""
    page = yl.Report("zh")
    for caption in ("a/b", "a:c", "x" * 40):
        page.table(pd.DataFrame({"=y": [1]}), caption=caption)
    write_format("xlsx", document_of(page), tmp_path / "x.xlsx")
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == ["封面", "表 1 a b", "表 2 a", "表 3 " + "x" * 27]
    assert book["表 2 a"]["A3"].value == "=y" and book["表 2 a"]["A3"].data_type == "s"


@pytest.mark.parametrize(("error", "message"), [
    (ImportError("x"), r"The format pdf needs WeasyPrint.*pip install 'yilaolib\[pdf\]'"),
    (OSError("no libpango-1.0-0"), r"\(no libpango-1.0-0\).* apt-get install libpango-1\.0-0 libpangoft2-1\.0-0"),
])  # fmt: skip
def test_format_without_its_package_says_what_to_do(monkeypatch, error, message):
    """Where the package of a format or its library is missing, the error says what to install."""
    monkeypatch.setattr(exports, "importlib", Mock(import_module=Mock(side_effect=error)))
    monkeypatch.setattr(exports, "_missing", exports._missing.__wrapped__)
    with pytest.raises(yl.DataError, match=message):
        exports.check_formats("pdf")
