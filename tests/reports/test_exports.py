"""The same report as PDF, Word and Excel: what a reader of each finds, and that all say what the page says."""

import itertools
import json
import os
import random
import re
import shutil
import subprocess
import zipfile

import openpyxl
import pandas as pd
import pytest
from nbformat import v4
from tiny_report import write_template

import yilaolib as yl
from yilaolib.reports import exports
from yilaolib.reports.display import MIME
from yilaolib.reports.exports import write_format
from yilaolib.reports.page import read_document
from yilaolib.texts import code_of

pypdf = pytest.importorskip("pypdf", reason="pip install 'yilaolib[dev]' brings pypdf")
docx = pytest.importorskip("docx", reason="pip install 'yilaolib[docx]' brings python-docx")
pytest.importorskip("typst", reason="pip install 'yilaolib[pdf]' brings typst")

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
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
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
    found = [squeezed(title) for title in re.findall("'/Title': '(.*?)', '/", str(pdf.outline))]
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


def written(page):
    """The texts of a page, where each begins, and how large it is [points]."""
    found = []
    page.extract_text(visitor_text=lambda text, at, to, _, size: found.append((text.strip(), at[4], at[5], size)))
    return [each for each in found if each[0]]


def test_pdf_shows_what_is_there_as_it_stands(tmp_path):
    """Markup of Typst is text, nothing is fetched, long words are broken; no letter or control character stops it."""
    hostile = '#eval("1") *b* _i_ $x$ [c] {d} `e` @f <g> \\u{41} // h /* i */ http://j = - +'
    page = yl.Report("zh")
    page.heading(hostile, level=4)  # no level 3 stands above it
    page.say([hostile, "Q" * 300])
    page.table(pd.DataFrame({"a": [hostile, "\U00020000\ue000\x01", "Q" * 300]}), caption=hostile)
    own = "".join(f'<img src="{far}"><svg><image href="{far}"/></svg>' for far in ("http://127.0.0.1", "file:///etc/x"))
    write_format("pdf", document_of(page, v4.new_output("display_data", {"text/html": own})), tmp_path / "x.pdf")
    (paper,) = pypdf.PdfReader(tmp_path / "x.pdf").pages
    text, (longest, *_) = squeezed(paper.extract_text()), sorted(map(len, re.findall("Q+", paper.extract_text())))[::-1]
    assert text.count(squeezed(hostile)) == 4 and text.count("Q") == 600 > 6 * longest and not paper.images


def test_pdf_tables_fit_the_page(tmp_path):
    """Columns side by side do not touch, however many; their headings are repeated on each page."""
    page = yl.Report("en")
    page.table(pd.DataFrame({f"persons aged {n}": [12345678.9] * 150 for n in range(14)}), caption="wide")
    write_format("pdf", document_of(page), tmp_path / "x.pdf")
    for each in pypdf.PdfReader(tmp_path / "x.pdf").pages:
        numbers = [(x, x + 0.56 * size * len(text)) for text, x, _, size in written(each) if text == "12,345,679"]
        assert all(right < after or after < 100 for (_, right), (after, _) in itertools.pairwise(numbers))
        assert max(right for _, right in numbers) < 595 - 39 and each.extract_text().count("aged") == 14


def test_pdf_links_lead_to_rows(pdf):
    """A printed figure leads to its row among the sources, and the row back to its table."""
    links = [note.get_object()["/Dest"].get_object() for page in pdf.pages for note in page.get("/Annots", ())]
    for text, (page, _, _, y, _) in zip(("某某文件", "表 2"), links, strict=True):
        texts = written(next(each for each in pdf.pages if each.indirect_reference == page))
        assert any(said == text and 0 < y - there < 20 for said, _, there, _ in texts)


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


def test_pdf_and_word_of_anything(tmp_path):
    """Lists, frames and pictures of one's own become paragraphs, tables and pictures; a table may be empty."""
    page = yl.Report("en")
    page.table(pd.DataFrame({"a": []}), caption="empty")
    page.table(pd.DataFrame(), caption="nothing")
    frame = pd.DataFrame({"b": [1, 2]}, pd.MultiIndex.from_product([["a<"], ["c", "d<br>e"]])).style.set_caption("cap")
    own = f"<ul><li>x</li></ul>{frame.to_html()}{pd.DataFrame().to_html()}<img src='f.png' alt='far'><p>y</p>"
    own += f"<img alt='&lt;A&gt;' src='data:image/png;base64,{DOT}'><svg width='9' height='9'><path d='M0 0h9'/></svg>"
    more = [v4.new_output("display_data", each) for each in ({"text/html": own}, {"image/png": DOT})]
    for form in ("docx", "xlsx", "pdf"):
        write_format(form, document_of(page, *more, lang="en"), tmp_path / f"x.{form}")
    word, (paper,) = docx.Document(str(tmp_path / "x.docx")), pypdf.PdfReader(tmp_path / "x.pdf").pages
    assert {"x", "y", "far", "cap", "Table 1  empty"} <= set(paragraphs_of(tmp_path / "x.docx"))
    assert "|".join(cell.text.strip() for row in word.tables[1].rows for cell in row.cells) == "||b|a<|c|1||d e|2"
    alts = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]
    assert alts == ["<A>", *2 * ["This picture has no description"]] and paper.images
    assert "a< c 1 d e 2 far y" in " ".join(paper.extract_text().split())


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


@pytest.mark.parametrize(("form", "package"), [("pdf", "typst"), ("docx", "python-docx")])
def test_format_without_its_package_says_what_to_do(form, package, monkeypatch):
    """Where the package of a format is missing, the error says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(yl.DataError, match=rf"The format {form} needs {package}.*pip install 'yilaolib\[{form}\]'"):
        exports.check_formats(form)
