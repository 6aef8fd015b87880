"""The same report as PDF, Word and Excel: what a reader of each finds, and that all say what the page says."""

import importlib
import json
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_report import write_template

from yilaolib.errors import DataError
from yilaolib.reports import formats as formats_module
from yilaolib.reports import papers as papers
from yilaolib.reports.cachekey import content_key
from yilaolib.reports.columns import column_shares
from yilaolib.reports.dissect import page_pieces
from yilaolib.reports.formats import check_formats, write_format
from yilaolib.reports.one import render_report
from yilaolib.reports.orders import Order, place_order
from yilaolib.reports.pieces import Figure, Heading, Paragraph, Table
from yilaolib.reports.task import keep_row, kept_row, new_row

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
yl.set_display(lang=lang, tables_dir=tables_dir)
yl.show_heading("瀍河<回族>区报告", level=1)""", """\
yl.show_heading("一、床位 & 缺口")""", """\
plan = pd.DataFrame({"项目": ["规划名称", "状态"], "内容": ["某某方案", "征求意见稿"]})
yl.show_table(plan, key="identity", caption="规划文件")""", """\
beds = pd.DataFrame({"年份": [2020, 2025, 2030], "床位(张)": [4059.25, None, 12345.5], "占比(%)": [16.675, 2.0, None],
                     "备注": ["=1+1", "-甲 & <b>", "@x"], "原文数字": ["100", "≥95.5", "4.50"]})
yl.show_table(beds, key="beds", caption="床位：现状，与目标", links={"原文数字": ["row-1", None, None]})""", """\
figure, ax = plt.subplots(figsize=(4, 2))
ax.plot([1, 2])
behind = pd.DataFrame({"年": [2020], "床": [0.5]})
yl.show_figure(figure, key="line", caption="床位走势", alt="床位由1升到2。", table=behind)""", """\
yl.show_text(["养老床位缺6,441张。", "托位缺3,331个。"])""", """\
yl.show_heading("二、来源")""", """\
rows = pd.DataFrame({"名称": ["某某文件"], "网址": ["–"]})
yl.show_table(rows, key="sources", caption="文献来源", row_ids=["row-1"])"""  # fmt: skip
HEADINGS = ["一、床位 & 缺口", "二、来源"]
CAPTIONS = ["规划文件", "床位：现状，与目标", "床位走势", "文献来源"]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A report with one of everything."""
    return write_template(tmp_path_factory.mktemp("template") / "t.ipynb", *REPORT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, template):
    """The folder of that report in all formats."""
    made = render_report(
        "jingdezhen", out_dir=tmp_path_factory.mktemp("out"), template=template, formats="pdf,docx,xlsx"
    )
    assert made.name == "report.pdf"
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


@pytest.fixture(scope="module")
def pieces(folder):
    return page_pieces((folder / "report.html").read_text(encoding="utf-8"))


def xml(folder, name):
    """A part of the Word file as text."""
    return zipfile.ZipFile(folder / "report.docx").read(name).decode()


def squeezed(text):
    return "".join(text.split())


def test_all_lie_beside_the_page(folder):
    """The formats that were asked for lie beside the page, and nothing half done does."""
    names = {path.name for path in folder.iterdir()}
    assert names == {"report.html", "report.ipynb", "report.pdf", "report.docx", "report.xlsx", "tables"}


def test_every_format_says_what_the_page_says(folder, pdf, word, book):
    """Title, headings, captions and sentences of the page are in the text of PDF and Word; captions in Excel."""
    printed = squeezed("".join(page.extract_text() for page in pdf.pages))
    written = squeezed("".join(text for text in word.element.itertext()))
    for text in ["瀍河<回族>区报告", *HEADINGS, *CAPTIONS, "养老床位缺6,441张。", "未公布", "-甲&<b>"]:
        assert squeezed(text) in printed and squeezed(text) in written, text
    heads = " ".join(str(sheet["A1"].value) for sheet in book)
    assert [caption for caption in CAPTIONS if caption not in heads] == []


def test_pdf_has_a_bookmark_for_each_heading(pdf):
    """The outline is the title and under it the headings, in their order."""

    def titles(items):
        return [title for item in items for title in (titles(item) if isinstance(item, list) else [item.title])]

    found = [squeezed(title) for title in titles(pdf.outline)]
    assert found[0] == "瀍河<回族>区报告"
    assert [title for title in found if any(title.endswith(squeezed(heading)) for heading in HEADINGS)] == found[-2:]


def test_pdf_is_a4_tagged_and_in_chinese(pdf):
    """Pages are A4; the file has tags, language and title, for those who hear it."""
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pdf.pages} == {(595, 842)}
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/Lang"] == "zh-CN" and pdf.metadata.title == "瀍河<回族>区报告"


def test_pdf_carries_the_library_font(pdf):
    """Every font in the PDF is ours and is embedded, so that it looks the same everywhere."""
    fonts = [font.get_object() for page in pdf.pages for font in page["/Resources"].get("/Font", {}).values()]
    assert fonts and all("Yilao" in font["/BaseFont"] for font in fonts)
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert all({"/FontFile2", "/FontFile3"} & set(descriptor) for descriptor in descriptors)


def test_pdf_shows_the_alternative_text(folder):
    """The figure's finding is in the tags of the PDF."""
    found = pypdf.PdfReader(folder / "report.pdf").trailer["/Root"]["/StructTreeRoot"]

    def alternatives(node):
        node = node.get_object()
        if isinstance(node, dict):
            kids = node.get("/K", [])
            for kid in kids if isinstance(kids, list) else [kids]:
                yield from alternatives(kid) if hasattr(kid, "get_object") else ()
            if "/Alt" in node:
                yield str(node["/Alt"])

    assert "床位由1升到2。" in set(alternatives(found))


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x.png", "file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_pdf_fetches_nothing(address, tmp_path, monkeypatch):
    """A picture that does not stand in the page is not fetched, from the network or from this machine."""
    from urllib.request import OpenerDirector

    papers._fonts()  # the library's own font is read from its folder
    opened = []
    monkeypatch.setattr(OpenerDirector, "open", lambda self, request, *_, **__: opened.append(request.full_url))
    page = f'<html lang="zh-CN"><body><h1>一</h1><img src="{address}" alt="图"></body></html>'
    write_format("pdf", page, tmp_path / "x.pdf", lang="zh")
    assert opened == [] and "一" in pypdf.PdfReader(tmp_path / "x.pdf").pages[0].extract_text()


def test_word_has_real_headings(word):
    """The title and the headings are paragraphs of Word's own styles, from which it makes its contents list."""
    found = [(p.style.name, p.text) for p in word.paragraphs if p.style.name.startswith(("Title", "Heading"))]
    assert found[0] == ("Title", "瀍河<回族>区报告")
    assert [name for name, _ in found[1:]] == ["Heading 1"] * 2
    assert all(text.endswith(heading) for (_, text), heading in zip(found[1:], HEADINGS, strict=True))


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


def test_word_numbers_its_captions(folder):
    """Numbers of captions are fields, one kind for tables and one for figures, that Word can count anew."""
    text = xml(folder, "word/document.xml")
    assert text.count("SEQ 表 ") == 3 and text.count("SEQ 图 ") == 1


def test_word_names_chinese_fonts_and_languages(folder):
    """Every font setting names the East Asian font, what may stand in is told, and Chinese is declared as such."""
    styles, fonts = xml(folder, "word/styles.xml"), xml(folder, "word/fontTable.xml")
    assert styles.count("<w:rFonts") == styles.count('w:eastAsia="Noto Sans CJK SC"') > 5
    assert 'w:eastAsia="zh-CN"' in styles and "宋体" in fonts


def test_word_links_lead_somewhere(word):
    """Each link within the file has its bookmark."""
    links = {
        link.get("{*}anchor") or link.get(docx.oxml.ns.qn("w:anchor")) for link in word.element.iter("{*}hyperlink")
    }
    marks = {mark.get(docx.oxml.ns.qn("w:name")) for mark in word.element.iter("{*}bookmarkStart")}
    assert len(links) >= 3 and links <= marks  # two headings and a source row


def test_workbook_begins_with_a_cover(book):
    """The cover tells title, plan, status, versions and parameters, and links every sheet."""
    cover = book.worksheets[0]
    told = {row[0].value: row[1].value for row in cover.iter_rows(max_col=2)}
    assert cover["A1"].value == "瀍河<回族>区报告"
    assert told["规划名称"] == "某某方案" and told["状态"] == "征求意见稿"
    assert told["yilaolib 版本"] and told["数据版本"] and "scenario = medium" in told["参数"]
    links = [cell.hyperlink.location or cell.hyperlink.target for cell in cover["A"] if cell.hyperlink]
    assert [link.lstrip("#").split("!")[0].strip("'") for link in links] == book.sheetnames[1:]


def test_workbook_has_a_sheet_for_each_table(book):
    """There is a sheet for each table and for the table behind each figure; the sources come last."""
    names = book.sheetnames
    assert len(names) == 5 and names[0] == "封面" and names[-1] == "来源"
    assert "图 1 床位走势" in names and "表 2 床位" in names


def test_workbook_numbers_are_whole_and_formatted(book):
    """Numbers are the raw ones, shown as the page shows them; years have no comma; units stand under headings."""
    sheet = book["表 2 床位"]
    assert sheet["B5"].value == 4059.25 and sheet["B5"].number_format == "#,##0"
    assert sheet["C5"].value == 16.675 and sheet["C5"].number_format == "#,##0.0"
    assert sheet["A5"].value == 2020 and sheet["A5"].number_format == "0"
    assert (sheet["B4"].value, sheet["C4"].value, sheet["D4"].value) == ("张", "%", None)
    assert sheet.freeze_panes.endswith("5")


def test_workbook_says_what_is_not_published(book):
    """A missing number is said to be missing, never 0."""
    sheet = book["表 2 床位"]
    assert sheet["B6"].value == sheet["C7"].value == "未公布"


def test_workbook_keeps_what_is_printed(book):
    """A figure as a plan prints it stays text, without the marks of its sources."""
    assert [book["表 2 床位"][f"E{row}"].value for row in (5, 6, 7)] == ["100", "≥95.5", "4.50"]


def test_workbook_runs_nothing(book):
    """Text that begins like a formula is text in every cell of every sheet."""
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert [book["表 2 床位"][f"D{row}"].value for row in (5, 6, 7)] == ["=1+1", "-甲 & <b>", "@x"]


def test_page_is_taken_apart_in_its_order(pieces):
    """The pieces of a page are its title, headings, tables, figures and sentences, as they come."""
    kinds = [type(piece) for piece in pieces if not (isinstance(piece, Paragraph) and piece.kind == "term")]
    assert kinds[:6] == [Heading, Heading, Table, Table, Figure, Paragraph]
    figure = next(piece for piece in pieces if isinstance(piece, Figure))
    assert figure.image.startswith(b"\x89PNG") and figure.table.rows[0][1].value == "0.50"


def test_a_page_of_anything_can_be_taken_apart(tmp_path):
    """A user's own page with lists, code, odd characters and uneven tables becomes every format."""
    page = (
        "<html lang='en'><body><h1>A</h1>loose<ol><li>x<ul><li>y</li></ul></li></ol><pre>a\nb</pre><hr>"
        "<table><tr><td colspan='2'>1<td>\x01\ud83d</table><table></table><a href='#no'>no</a> "
        "<a href='https://example.org/?a=1&b=2'>out</a><img src='x.png' alt='gone'></body></html>"
    ).replace("\ud83d", "\ufffe")
    for form in ("pdf", "docx", "xlsx"):
        write_format(form, page, tmp_path / f"x.{form}", lang="en")
    text = " ".join(p.text for p in docx.Document(str(tmp_path / "x.docx")).paragraphs)
    assert all(word in text for word in ("loose", "gone", "out"))


def test_format_without_its_package_says_what_to_do(monkeypatch):
    """Where the package of a format is missing, the error names the extra that brings it, before anything is run."""

    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    formats_module._missing.cache_clear()
    try:
        with pytest.raises(DataError, match=r"The format pdf needs WeasyPrint.*pip install 'yilaolib\[pdf\]'"):
            place_order("jingdezhen", formats=("html", "pdf"))
        with pytest.raises(DataError, match=r"pip install 'yilaolib\[docx\]'"):
            check_formats("docx")
    finally:
        formats_module._missing.cache_clear()


def test_missing_system_library_says_what_to_install(monkeypatch):
    """WeasyPrint without Pango is told with Debian's packages."""

    def refuse(name):
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(importlib, "import_module", refuse)
    formats_module._missing.cache_clear()
    try:
        with pytest.raises(DataError, match=r"apt-get install libpango-1\.0-0 libpangoft2-1\.0-0"):
            check_formats("pdf")
    finally:
        formats_module._missing.cache_clear()


def test_older_formats_are_taken_away(tmp_path):
    """A report that is made anew leaves no file of an earlier run beside it, which would tell older numbers."""
    place = tmp_path / "jingdezhen"
    place.mkdir()
    for name in ("report.pdf", "report.xlsx", "report.en.pdf", "report.low.docx"):
        (place / name).write_text("older")
    render_report("jingdezhen", out_dir=tmp_path, template=write_template(tmp_path / "t.ipynb", "print(city)"))
    names = {path.name for path in place.iterdir()}
    assert names == {"report.html", "report.ipynb", "report.en.pdf", "report.low.docx"}


def test_report_is_kept_when_its_formats_are_there(tmp_path, template):
    """A batch makes a report anew for a format that is not there, and keeps it for one that is."""
    order = place_order("jingdezhen", out_dir=tmp_path, template=template, formats="html,xlsx")
    order.folder.mkdir()
    for ending in (".html", ".ipynb", ".xlsx"):
        order.path("report", ending).write_text("x")
    keep_row(order, new_row(order) | {"status": "ok", "report": "x", "key": content_key(order), "uses": None})
    wanted = {form: place_order("jingdezhen", out_dir=tmp_path, template=template, formats=form) for form in
              ("html", "xlsx", "html,xlsx", "docx", "html,docx")}  # fmt: skip
    assert [form for form, order in wanted.items() if kept_row(order)] == ["html", "xlsx", "html,xlsx"]


def test_order_survives_its_way_to_a_worker():
    """The formats of an order reach the process that makes it."""
    order = place_order("jingdezhen", formats="html,xlsx", lang="en", scenario="low")
    there = Order.from_plain(json.loads(json.dumps(order.as_plain())))
    assert there.formats == ("html", "xlsx") and there.path("report", ".xlsx").name == "report.low.en.xlsx"


@given(st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), min_size=1, max_size=5))
def test_columns_share_the_width(rows):
    """The shares of the columns add up to the width, and none is nothing."""
    shares = column_shares(rows)
    assert len(shares) == 3 and min(shares) > 0.02 and abs(sum(shares) - 1) < 1e-9


def test_longer_text_gets_more_room():
    """A column with a long text is wider than one with numbers, and a date is not broken."""
    number, date, text = column_shares([["1", "2022-10-19", "说明" * 60]])
    assert number < date < text and date * 100 >= 10


def test_sheets_of_equal_names_are_counted(tmp_path):
    """Tables of one name get sheets of their own, also where a number after the name is taken."""
    names = ["t 3", "t", "t", "T", "x" * 40, "x" * 40]
    tables = "".join(f"<table><caption>{name}</caption><tr><td>1</td></tr></table>" for name in names)
    write_format("xlsx", f"<body>{tables}</body>", tmp_path / "x.xlsx", lang="zh")
    found = openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames
    assert found == ["封面", "t 3", "t", "t 2", "T 4", "x" * 31, "x" * 27 + " 2"]


def test_pages_of_other_notebooks_can_be_written(tmp_path):
    """Labels without a number or with &, control characters, and pictures that are elsewhere do no harm."""
    table = "<table><caption><b>{}</b> of it</caption><tr><td>1</td></tr></table>"
    page = '<body><h1>R\x01&amp;D</h1><figure><img src="https://x/y.png" alt="elsewhere" width="50%"></figure>'
    page += table.format("R&amp;D 1") + table.format("Annex") + "</body>"
    for form in ("docx", "xlsx"):
        write_format(form, page, tmp_path / f"x.{form}", lang="en")
    told = [(p.style.name, p.text) for p in docx.Document(str(tmp_path / "x.docx")).paragraphs]
    assert [text for style, text in told if style == "Caption"] == ["R&D 1  of it", "Annex  of it"]
    assert ("Title", "R&D") in told and "elsewhere" in [text for _, text in told]
    assert openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames == ["Cover", "R&D 1 of it", "Annex of it"]


def test_width_in_per_cent_is_none():
    """A picture whose width is a share of a screen is as wide as its pixels."""
    (figure,) = page_pieces('<figure><img width="50%" height="20" src="data:image/png;base64,AA=="></figure>')
    assert (figure.width, figure.height) == (0, 20)
