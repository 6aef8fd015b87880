"""A report as PDF, Word and Excel, all from its pieces, so that no two files can differ.

PDF (Typst) is laid out as `templates/report.typ` says. Word (python-docx) has real headings, numbered captions and
tables; how it looks stands in `templates/template.docx`. Excel (openpyxl) has a sheet for each table, unrounded.
"""

from __future__ import annotations

import importlib.util
import io
import itertools
import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ..errors import refusal
from ..tables.cells import UNPRINTABLE, put
from ..tables.schema import one_of
from ..texts import Catalogue
from .display import DPI, TEMPLATES, Piece
from .files import FORMATS, made_on
from .page import FONTS, Document, on_paper, page_html

NEEDS = {"pdf": {"typst": "typst"}, "docx": {"docx": "python-docx", "typst": "typst"}}  # module: name of the package
ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u00[01]\w|[bf])")  # what no font has, as JSON writes it
LAST = ("sources", "rows")  # sheets of a workbook: where the numbers come from
BLUE, GREY, YELLOW = "0B5CAD", "59636E", "FFF2A8"
REFERENCE = re.compile(r"\{(\w+)\}")
FIRST_ROW = 5  # of a sheet, after caption, way back, heading, units
WIDEST, NARROWEST = 60, 8  # letters
_fonts = cache(lambda: importlib.import_module("typst").Fonts(font_paths=[FONTS]))  # looked for once a process


def check_formats(formats: str | Iterable[str]) -> tuple[str, ...]:
    """Return the formats that were asked for, each once; one whose package is not installed is a DataError."""
    asked = formats.split(",") if isinstance(formats, str) else list(formats)
    found = tuple(dict.fromkeys(form.strip() if isinstance(form, str) else form for form in asked))
    for form in found or ("",):
        one_of("format", form, FORMATS)
        for module, package in NEEDS.get(form, {}).items():
            if not importlib.util.find_spec(module):
                raise refusal("errors.reports.no_package", form=form, package=package)
    return found


def write_format(form: str, document: Document, target: Path) -> None:
    """Write a report as a file of one of the `FORMATS`; nothing is made beside it."""
    if form == "html":
        target.write_text(page_html(document), encoding="utf-8", newline="\n")
    else:
        {"pdf": write_pdf, "docx": write_docx, "xlsx": write_xlsx}[form](document, target)
    if form in ("docx", "xlsx"):
        _repack(target)


def _repack(target: Path) -> None:
    """Write a packed file anew with one date and no clock: what is the same has the same bytes."""
    with ZipFile(target) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    date = rf"\g<1>{made_on():%Y-%m-%dT00:00:00Z}".encode()
    with ZipFile(target, "w") as packed:
        for name, content in parts.items():
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", date, content)
            packed.writestr(ZipInfo(name), content, ZIP_DEFLATED)


def write_pdf(document: Document, target: Path) -> None:
    """Write a report as PDF: A4, tagged, with a bookmark for each heading. Nothing is fetched."""
    pieces, find = [{**piece, "table": None, "svg": svg} for piece, svg in on_paper(document)], document.words.find
    told = {"title": document.title, "cover": document.cover, "about": document.about, "pieces": pieces}
    told |= {"words": find("page"), "comma": find("format.list"), "lang": find("language.html")}
    target.write_bytes(_typeset("report", told, format="pdf"))


def _typeset(template: str, told: Any, **options: Any) -> Any:
    """Return what one of the templates of Typst makes of `told`: a file, or pictures, one a page."""
    import typst

    text = ESCAPED.sub(r"\1", _clean(json.dumps(told, ensure_ascii=False)))
    made_at = made_on().replace(tzinfo=UTC)
    compiler = typst.Compiler(TEMPLATES / f"{template}.typ", font_paths=_fonts(), sys_inputs={"told": text})
    try:
        return compiler.compile(timestamp=made_at, pdf_standards="ua-1", **options)
    except typst.TypstError:  # for reading aloud each letter needs a font, and one of these has none here
        return compiler.compile(timestamp=made_at, **options)


def write_docx(document: Document, target: Path) -> None:
    """Write a report as Word; as in print, the table behind a figure is left out (the workbook has it)."""
    import docx

    word = docx.Document(str(TEMPLATES / "template.docx"))
    title = _clean(document.title)
    word.sections[0].header.paragraphs[0].text = title
    word.core_properties.title = title[:255]  # a property holds no more
    word.core_properties.language = document.words.word("language.html")
    writer = _Word(word, document)
    word.add_paragraph(title, "Title")
    if cover := document.cover:
        for line in filter(None, (cover["subtitle"], cover["badge"])):
            writer.paragraph(line)
        for name, value, note in cover["numbers"]:
            writer.named(name, value, bold=True)
            writer.paragraph(note, "Note")
        writer.add({"kind": "text", "lines": cover["lines"], "list": True}, b"")
    shown = list(on_paper(document))
    pngs = iter(_typeset("pictures", [svg for _, svg in shown if svg], format="png", ppi=DPI)[1:])
    for piece, svg in shown:
        writer.add(piece, next(pngs) if svg else b"")
    writer.paragraph(document.words.word("page.about"), "Heading 1")
    for name, text in document.about:
        writer.named(name, text)
    word.save(str(target))


class _Word:
    """Adds pieces to the end of a Word document; what links to a row of the page is the number of that row."""

    def __init__(self, word, document: Document) -> None:
        self.word, self.document = word, document
        section = word.sections[0]
        self.width = section.page_width - section.left_margin - section.right_margin
        self.height = section.page_height - section.top_margin - section.bottom_margin

    def add(self, piece: Piece, png: bytes) -> None:
        kind = piece["kind"]
        if kind == "heading":
            number = f"{piece['number']} " if piece.get("number") else ""
            style = "Title" if piece["level"] == 1 else f"Heading {min(piece['level'] - 1, 3)}"
            self.paragraph(number + piece["text"], style)
        elif kind == "text":
            for line in piece["lines"]:
                self.paragraph(line, "List Bullet" if piece["list"] else "Normal")
        elif kind == "table":
            self.caption(piece).paragraph_format.keep_with_next = True
            self.table(piece)
            self.paragraph("", "Note")  # two tables that touch are one table to Word
        elif kind == "figure":
            self.picture(piece, png)
            self.caption(piece)

    def paragraph(self, text: str, style: str = "Normal"):
        return self.word.add_paragraph(_clean(text), style)

    def named(self, name: str, text: str, *, bold: bool = False) -> None:
        self.paragraph(f"{name}  ").add_run(_clean(text)).bold = bold

    def picture(self, piece: Piece, png: bytes) -> None:
        """A picture as wide as it was drawn, within the page; what it shows is its alternative text."""
        shape = self.word.add_paragraph(style="Figure").add_run().add_picture(io.BytesIO(png))
        scale = min(72 / DPI, self.width / shape.width, 0.85 * self.height / shape.height)
        shape.width, shape.height = int(shape.width * scale), int(shape.height * scale)
        shape._inline.docPr.set("descr", _clean(piece["alt"]))
        shape._inline.docPr.set("name", piece["label"] or "figure")

    def caption(self, piece: Piece):
        """A caption whose number Word can count anew: a field of one kind for figures, of another for tables."""
        paragraph = self.word.add_paragraph(style="Caption")
        word, _, number = piece["label"].rpartition(" ")
        if word:
            paragraph.add_run(f"{word} ").bold = True
            field = _element("fldSimple", instr=f" SEQ {word} \\* ARABIC ")
            paragraph._p.append(field)
            run = paragraph.add_run(number)
            run.bold = True
            field.append(run._r)
        paragraph.add_run(_clean("  " * bool(word) + piece["caption"]))
        return paragraph

    def table(self, piece: Piece) -> None:
        """A table whose heading is repeated on each page and whose rows are not broken; Word fits its columns."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.text.paragraph import Paragraph

        texts = _texts(piece, self.document.words, "label")
        if not texts[0]:
            return
        table = self.word.add_table(len(texts), len(texts[0]), "Report table")
        table._tbl.tblPr.append(_element("tblCaption", val=_clean(f"{piece['label']} {piece['caption']}")))
        widths, style = [min(width, WIDEST / 2) for width in _widths(texts)], self.word.styles["Table text"].style_id
        for column, width in zip(table.columns, widths, strict=True):
            column.width = int(self.width * width / sum(widths))
        for place, (element, row) in enumerate(zip(table._tbl.tr_lst, texts, strict=True)):
            rule = element.get_or_add_trPr()
            rule.append(_element("cantSplit"))
            if place == 0:
                rule.append(_element("tblHeader"))
            for column, (cell, text) in enumerate(zip(element.tc_lst, row, strict=True)):
                paragraph = Paragraph(cell.p_lst[0], table)  # table.cell(row, column) would count all cells each time
                paragraph._p.style = style  # the name would be looked for among all each time
                told = piece["columns"][column] if column < len(piece["columns"]) else {}  # the last may lead back
                paragraph.add_run(text).bold = place == 0 or None
                if place == 0:
                    paragraph.paragraph_format.keep_with_next = True
                elif told and (marks := [mark for _, mark, _ in piece["rows"][place - 1][column]["links"] if mark]):
                    paragraph.add_run(" ".join(marks)).font.superscript = True
                if told.get("numeric") or (place and told and is_number(piece["rows"][place - 1][column]["value"])):
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _element(tag: str, /, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(f"w:{tag}")
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def write_xlsx(document: Document, target: Path) -> None:
    """Write a report as a workbook: a cover, a sheet for each table with units and chart, the sources last."""
    from openpyxl import Workbook
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Workbook()
    cover = book.worksheets[0]  # a new workbook has one
    cover.title = document.words.word("page.cover")
    tables = [piece if piece["kind"] == "table" else piece.get("table") for piece, _ in document.pieces]
    tables = sorted(filter(None, tables), key=lambda table: table["key"] in LAST)  # those behind figures too
    sheets = [(_sheet_name(table), table) for table in tables]
    for name, table in sheets:
        _fill_sheet(book.create_sheet(name), table, document)
    _fill_cover(cover, sheets, document)
    for ws in book.worksheets:
        ws.page_setup.orientation, ws.page_setup.paperSize, ws.page_setup.fitToHeight = "landscape", 9, 0
        ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    book.properties.creator = "yilaolib"
    book.properties.title = document.title
    book.save(target)


def _sheet_name(table: Piece) -> str:
    """A name for the tab: the label, whose number is its own, and the beginning of the caption."""
    short = re.split(r"[，。,;；:：（(]", table["caption"])[0]
    name = re.sub(r"[\[\]:*?/\\']", " ", _clean(f"{table['label']} {short}").replace("'", "’"))
    return name[:31].strip()  # Excel allows no more


def _fill_sheet(ws, table: Piece, document: Document) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    words = document.words
    put(ws, 1, 1, f"{table['label']}  {table['caption']}").font = Font(bold=True, size=12)
    back = put(ws, 2, 1, words.word("page.to_cover"))
    back.hyperlink, back.font = f"#'{words.word('page.cover')}'!A1", Font(color=BLUE, underline="single")
    shown = _texts(table, words)
    widths = _widths(shown)
    for place, texts in enumerate(zip(*shown, strict=True)):
        column = table["columns"][place] if place < len(table["columns"]) else None
        put(ws, 3, place + 1, texts[0]).font = Font(bold=True)
        put(ws, 4, place + 1, (column or {}).get("unit") or None).font = Font(italic=True, color=GREY)
        for line, text in enumerate(texts[1:]):
            value = table["rows"][line][place]["value"] if column else None
            number = is_number(value)
            cell = put(ws, FIRST_ROW + line, place + 1, value if number else text or None)
            cell.alignment = Alignment(vertical="top", wrap_text=not number, horizontal="right" if number else None)
            if number and column:
                cell.number_format = excel_format(column["format"])
        ws.column_dimensions[get_column_letter(place + 1)].width = widths[place]
    if table.get("calc"):
        _let_compute(ws, table)
    elif table["label"].startswith(words.word("page.figure")):
        _add_chart(ws, table)
    ws.freeze_panes = ws.cell(FIRST_ROW, 2 if table["n_headings"] else 1)
    ws.print_title_rows = f"1:{FIRST_ROW - 1}"


def _let_compute(ws, table: Piece) -> None:
    """Let Excel compute the cells that have a formula, empty while one that it needs is; mark those to change."""
    from openpyxl.styles import PatternFill
    from openpyxl.utils import get_column_letter

    letter = get_column_letter(1 + [column["name"] for column in table["columns"]].index("value"))
    at = {row["key"]: f"{letter}{FIRST_ROW + line}" for line, row in enumerate(table["calc"])}
    for row in table["calc"]:
        cell, formula = ws[at[row["key"]]], row["formula"]
        cell.value = cell.value if is_number(cell.value) else None
        cell.number_format = "0.00" if cell.value is not None and abs(cell.value) < 100 else "#,##0"
        if formula == "input":
            cell.fill = PatternFill("solid", fgColor=YELLOW)
        elif formula:
            needed = [at[key] for key in REFERENCE.findall(formula)]
            said = REFERENCE.sub(lambda found: at[found[1]], formula)
            cell.value = f'=IF(COUNT({",".join(needed)})={len(needed)},{said},"")'
            cell.number_format = "#,##0"


def _add_chart(ws, table: Piece) -> None:
    """A chart that Excel draws: lines over years, else bars, of the full columns in the unit of the first of them."""
    from openpyxl.chart import BarChart, LineChart, Reference
    from openpyxl.chart.series_factory import SeriesFactory as Series
    from openpyxl.utils import get_column_letter

    rows, columns = table["rows"], table["columns"]
    full = [n for n in range(1, len(columns)) if rows and all(is_number(row[n]["value"]) for row in rows)]
    if not full:
        return
    chart: Any = LineChart() if columns[0]["name"] == "year" else BarChart()
    last = FIRST_ROW + len(rows) - 1
    for n in full:
        if columns[n]["unit"] == columns[full[0]]["unit"]:
            chart.series.append(Series(Reference(ws, n + 1, FIRST_ROW, n + 1, last), title=_clean(columns[n]["head"])))
    chart.set_categories(Reference(ws, 1, FIRST_ROW, 1, last))
    chart.title, chart.width, chart.height = table["label"], 24, 12
    chart.x_axis.delete = chart.y_axis.delete = False
    ws.add_chart(chart, f"{get_column_letter(len(columns) + 3)}{FIRST_ROW}")


def excel_format(form: str) -> str:
    """Return the number format of Excel for one of Python; what it cannot say is left to Excel."""
    parts = re.fullmatch(r"(,?)\.(\d+)([f%])", form)
    if not parts:
        return "General"
    comma, decimals, kind = parts.groups()
    return ("#,##0" if comma else "0") + ("." + "0" * int(decimals)).rstrip(".") + ("%" if kind == "%" else "")


def _fill_cover(ws, sheets: list[tuple[str, Piece]], document: Document) -> None:
    """The message, the list of the sheets, and what the report says of itself."""
    from openpyxl.styles import Alignment, Font

    put(ws, 1, 1, document.title).font = Font(bold=True, size=16)
    cover = document.cover or {"subtitle": "", "badge": "", "numbers": [], "lines": []}
    links = {name: f"#'{name}'!A1" for name, _ in sheets}
    first = itertools.takewhile(lambda shown: shown[0].get("number") in (None, 1), document.pieces)  # section
    said = itertools.chain(cover["lines"], *(piece.get("lines", ()) for piece, _ in first))
    rows = [[cover["subtitle"]], [cover["badge"]], *cover["numbers"], *([None, line] for line in said), []]
    heads = [len(rows) + 2]
    rows += [[document.words.word("page.sheet"), document.words.word("page.what")]]
    rows += [[name, table["caption"]] for name, table in sheets]
    heads += [len(rows) + 3]
    rows += [[], [document.words.word("page.about")], *document.about]
    for line, row in enumerate(rows, start=2):
        for place, text in enumerate(row, start=1):
            cell = put(ws, line, place, text or None)
            cell.alignment = Alignment(wrap_text=place > 1, vertical="top")
            cell.font = Font(bold=line in heads or (len(row) == 3 and place == 2))
            if place == 1 and text in links:
                cell.hyperlink, cell.font = links[text], Font(color=BLUE, underline="single")
        if row and row[0] is None:  # a sentence takes three lines of two columns
            ws.merge_cells(start_row=line, end_row=line, start_column=2, end_column=3)
            ws.row_dimensions[line].height = 48
    for column, width in zip("ABC", (34, 60, 60), strict=True):
        ws.column_dimensions[column].width = width


def _texts(table: Piece, words: Catalogue, head: str = "head") -> list[list[str]]:
    """The cells of a table's heading and rows as a reader sees them, with the last column that leads back."""
    rows = [[column[head] for column in table["columns"]], *([cell["text"] for cell in row] for row in table["rows"])]
    if table["back"] is not None:
        labels = [words.listed(label for _, label in back) for back in table["back"]]
        rows = [[*row, text] for row, text in zip(rows, [words.word("page.used"), *labels], strict=True)]
    return [[_clean(text) for text in row] for row in rows]


def _clean(text: str) -> str:
    return UNPRINTABLE.sub("", text)  # no file of an office holds those


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """The letters that each column of a table takes at most, and some room; a Chinese character counts as two."""

    def wide(text: str) -> int:
        return max(sum(1 + (east_asian_width(char) in "WF") for char in line) for line in text.split("\n"))

    return [max(NARROWEST, min(WIDEST, 2 + max(map(wide, column)))) for column in zip(*rows, strict=True)]
