"""A report as PDF, Word and Excel, all from its pieces, so that no two files can differ.

PDF is the page laid out on A4 by WeasyPrint. Word (python-docx) has real headings, numbered captions and tables; how it
looks stands in `templates/template.docx`. Excel (openpyxl) has a sheet for each table, its numbers unrounded.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import io
import itertools
import logging
import math
import re
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from ..errors import DataError, did_you_mean
from ..tables.sheets import UNPRINTABLE, put
from ..texts import Catalogue
from .display import TEMPLATES, Piece
from .page import FONTS, Document, page_html

FORMATS = ("html", "pdf", "docx", "xlsx")
NEEDS = {"pdf": ("weasyprint", "WeasyPrint"), "docx": ("docx", "python-docx")}  # module, name of the package
PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
LAST = ("sources", "rows")  # sheets of a workbook: where the numbers come from
BLUE, GREY = "0B5CAD", "59636E"


def check_formats(formats: str | Iterable[str]) -> tuple[str, ...]:
    """Return the formats that were asked for, each once; one whose package is not installed is a DataError.

    >>> check_formats("xlsx,html")
    ('xlsx', 'html')
    """
    asked = formats.split(",") if isinstance(formats, str) else list(formats)
    found = tuple(dict.fromkeys(form.strip() if isinstance(form, str) else form for form in asked))
    for form in found or ("",):
        if form not in FORMATS:
            said = f"it is {form!r}." if form else "none is given."
            raise DataError(f"format must be one of {', '.join(FORMATS)}; {said}{did_you_mean(form, FORMATS)}")
        if reason := _missing(form):
            raise DataError(reason)
    return found


@functools.cache
def _missing(form: str) -> str:
    """Return what a format lacks here and what to do, or an empty text."""
    module, package = NEEDS.get(form, ("", ""))
    try:
        if module:
            importlib.import_module(module)
    except ImportError:
        return f"The format {form} needs {package}, which is not installed: pip install 'yilaolib[{form}]'."
    except OSError as error:  # WeasyPrint is there, and a library of the system is not
        return (
            f"The format {form} needs the library Pango, which {package} cannot load ({error}). "
            f"On Debian or Ubuntu: apt-get install {PANGO}."
        )
    return ""


def write_format(form: str, document: Document, target: Path) -> None:
    """Write a report as a file of one of the `FORMATS`; nothing is made beside it."""
    if form == "html":
        target.write_text(page_html(document), encoding="utf-8", newline="\n")
    else:
        {"pdf": write_pdf, "docx": write_docx, "xlsx": write_xlsx}[form](document, target)


# ── PDF ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

_laying_out = threading.Lock()  # one font configuration serves all reports of a process


def write_pdf(document: Document, target: Path) -> None:
    """Write a report as PDF: A4, tagged, with a bookmark for each heading. Nothing is fetched."""
    from weasyprint import HTML

    with _laying_out:
        fonts, faces = _fonts()
        paper = HTML(
            string=page_html(document, shares=lambda table: column_shares(_texts(table, document.words))),
            url_fetcher=_fetcher("data"),
        )
        paper.write_pdf(target, stylesheets=[faces], font_config=fonts, pdf_tags=True)


@functools.cache
def _fonts() -> tuple:
    """The two font files of the library, read once in a process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # it tells every rule of screens that it leaves out
    faces = "".join(
        f'@font-face {{ font-family: "Yilao Paper"; font-weight: {weight}; src: url("{(FONTS / name).as_uri()}"); }}\n'
        for weight, name in ((400, "NotoSansSC-Regular.otf"), (700, "NotoSansSC-Bold.otf"))
    )
    atexit.register(_fonts.cache_clear)  # while Python still has all that it takes to close them
    fonts = FontConfiguration()
    return fonts, CSS(string=faces, font_config=fonts, url_fetcher=_fetcher("file"))


@functools.cache
def _fetcher(scheme: str):
    """Something that opens addresses of one kind and no other; the network is none of them."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=[scheme])


# ── Word ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_docx(document: Document, target: Path) -> None:
    """Write a report as Word; as in print, the table behind a figure is left out (the workbook has it)."""
    import docx

    word = docx.Document(str(TEMPLATES / "template.docx"))
    title = _clean(document.title)
    word.sections[0].header.paragraphs[0].text = title
    word.core_properties.title = title[:255]  # a property holds no more
    word.core_properties.language = document.words.word("language.html")
    word.core_properties.created = word.core_properties.modified = datetime.now().replace(microsecond=0)
    writer = _Word(word, document)
    word.add_paragraph(title, "Title")
    if cover := document.cover:
        for line in filter(None, (cover["subtitle"], cover["badge"])):
            writer.paragraph(line)
    for name, text in _identity(document):
        paragraph = word.add_paragraph()
        paragraph.add_run(_clean(name)).bold = True
        paragraph.add_run("  " + _clean(text))
    writer.add_contents()
    for piece, png in document.pieces:
        writer.add(piece, png)
    word.save(str(target))


class _Word:
    """Adds pieces to the end of a Word document; knows which of its places links lead to."""

    def __init__(self, word, document: Document) -> None:
        from docx.shared import RGBColor

        self.word, self.document, self.count, self.blue = word, document, itertools.count(1), RGBColor.from_string(BLUE)
        section = word.sections[0]
        self.width = section.page_width - section.left_margin - section.right_margin
        self.height = section.page_height - section.top_margin - section.bottom_margin
        there = [section["id"] for section in document.sections]
        for table in (piece for piece, _ in document.pieces if piece["kind"] == "table"):  # not those behind figures
            there += table["row_ids"] or ()
            there += [link[2] for row in table["rows"] for cell in row for link in cell["links"]]
        self.marks = {anchor: f"a{number}" for number, anchor in enumerate(there, start=1)}  # names of bookmarks

    def add(self, piece: Piece, png: bytes | None) -> None:
        kind = piece["kind"]
        if kind == "heading":
            number = f"{piece['number']} " if piece.get("number") else ""
            style = "Title" if piece["level"] == 1 else f"Heading {min(piece['level'] - 1, 3)}"
            paragraph = self.paragraph(number + piece["text"], style)
            paragraph.paragraph_format.page_break_before = piece.get("number") == 1 or None
            self.mark(paragraph, piece.get("id"))
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
        elif kind == "own":
            for line in piece["text"].splitlines():
                self.paragraph(line)

    def paragraph(self, text: str, style: str = "Normal"):
        return self.word.add_paragraph(_clean(text), style)

    def picture(self, piece: Piece, png: bytes | None) -> None:
        """A picture as wide as it was drawn, within the page; what it shows is its alternative text."""
        run = self.word.add_paragraph(style="Figure").add_run()
        shape = run.add_picture(io.BytesIO(png or b""), width=int(piece["width"] * 9525) or None)  # EMU per CSS pixel
        scale = min(1.0, self.width / shape.width, 0.85 * self.height / shape.height)
        shape.width, shape.height = int(shape.width * scale), int(shape.height * scale)
        shape._inline.docPr.set("descr", _clean(piece["alt"]))
        shape._inline.docPr.set("name", piece["label"] or "figure")

    def caption(self, piece: Piece):
        """A caption whose number Word can count anew: a field of one kind for figures, of another for tables."""
        paragraph = self.word.add_paragraph(style="Caption")
        word, _, number = piece["label"].rpartition(" ")
        if word:
            paragraph.add_run(f"{word} ").bold = True
            self.begin_field(paragraph, f"SEQ {word} \\* ARABIC")
            paragraph.add_run(number).bold = True
            self.end_field(paragraph)
        paragraph.add_run(_clean("  " * bool(word) + piece["caption"]))
        return paragraph

    def table(self, piece: Piece) -> None:
        """A table whose heading is repeated on each page and whose rows are not broken."""
        from docx.text.paragraph import Paragraph

        texts = _texts(piece, self.document.words)
        if not texts[0]:
            return
        table = self.word.add_table(len(texts), len(texts[0]), "Report table")
        table.autofit = False
        table._tbl.tblPr.append(_element("tblCaption", val=_clean(f"{piece['label']} {piece['caption']}")))
        widths = [int(share * self.width) for share in column_shares(texts)]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for place, (element, row) in enumerate(zip(table._tbl.tr_lst, texts, strict=True)):
            rule = element.get_or_add_trPr()
            rule.append(_element("cantSplit"))
            if place == 0:
                rule.append(_element("tblHeader"))
            for column, (cell, text) in enumerate(zip(element.tc_lst, row, strict=True)):
                cell.width = widths[column]
                paragraph = Paragraph(cell.p_lst[0], table)  # table.cell(row, column) would count all cells each time
                paragraph.style = "Table text"
                self.fill(paragraph, piece, place, column, text)

    def fill(self, paragraph, piece: Piece, place: int, column: int, text: str) -> None:
        """The text of one cell with its links, and the bookmarks that links elsewhere lead to."""
        told = column < len(piece["columns"])  # not the last column, which leads back
        entry = piece["rows"][place - 1][column] if place and told else {"value": None, "links": []}
        if told and (piece["columns"][column]["numeric"] or _is_number(entry["value"])):
            paragraph.alignment = 2  # to the right
        if place == 0:
            paragraph.add_run(text).bold = True
            paragraph.paragraph_format.keep_with_next = True
            return
        own = [target for target, mark, _ in entry["links"] if not mark]
        if not told:
            for number, (anchor, label) in enumerate(piece["back"][place - 1]):
                paragraph.add_run(self.document.words.word("format.list") if number else "")
                self.link(paragraph, anchor, label)
        elif text:
            self.link(paragraph, own[0] if own else "", text)
        for number, (target, mark, _) in enumerate(link for link in entry["links"] if link[1]):
            self.link(paragraph, target, " " * bool(number) + mark).font.superscript = True
        for _, _, anchor in entry["links"]:
            self.mark(paragraph, anchor)
        if column == 0 and piece["row_ids"]:
            self.mark(paragraph, piece["row_ids"][place - 1])

    def add_contents(self) -> None:
        """The list of headings: a field that Word can make anew, until then with links, not pages."""
        sections = self.document.sections
        if not sections:
            return
        head = self.paragraph("")
        head.add_run(self.document.words.word("page.contents")).bold = True
        head.paragraph_format.page_break_before = True
        lines = [self.word.add_paragraph(style="toc 1") for _ in sections]
        self.begin_field(lines[0], 'TOC \\o "1-1" \\n \\h')
        for line, section in zip(lines, sections, strict=True):
            self.link(line, section["id"], _clean(f"{section['number']} {section['text']}"))
        self.end_field(lines[-1])

    def link(self, paragraph, target: str, text: str) -> Any:
        """Add a text that leads to an id of the page, if that is in this file."""
        run = paragraph.add_run(text)
        if target in self.marks:
            run.font.color.rgb = self.blue
            link = _element("hyperlink", anchor=self.marks[target])
            paragraph._p.append(link)
            link.append(run._r)
        return run

    def mark(self, paragraph, anchor: str | None) -> None:
        """Make a paragraph the place that links to an id of the page lead to."""
        if anchor in self.marks:
            number = str(next(self.count))
            first = 1 if paragraph._p.pPr is not None else 0
            paragraph._p.insert(first, _element("bookmarkStart", id=number, name=self.marks[anchor]))
            paragraph._p.append(_element("bookmarkEnd", id=number))

    def begin_field(self, paragraph, instruction: str) -> None:
        """Begin what Word can count or list anew; until then it shows what is added before its end."""
        text = _element("instrText")
        text.text = f" {instruction} "
        for element in (_element("fldChar", fldCharType="begin"), text, _element("fldChar", fldCharType="separate")):
            paragraph.add_run()._r.append(element)

    def end_field(self, paragraph) -> None:
        paragraph.add_run()._r.append(_element("fldChar", fldCharType="end"))


def _element(tag: str, /, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(f"w:{tag}")
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


# ── Excel ────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")
LONGEST_NAME = 31  # characters that Excel allows for the name of a sheet
FIRST_ROW = 5  # caption, way back, heading, units, then the rows
WIDEST, NARROWEST = 60, 8  # letters


def write_xlsx(document: Document, target: Path) -> None:
    """Write a report as a workbook: a cover, a sheet for each table with caption and units, the sources last."""
    from openpyxl import Workbook

    book = Workbook()
    cover = book.worksheets[0]  # a new workbook has one
    cover.title = document.words.word("page.cover")
    sheets = _sheets(document)
    for name, table in sheets:
        _fill_sheet(book.create_sheet(name), table, document)
    _fill_cover(cover, sheets, document)
    book.properties.creator = "yilaolib"
    book.properties.title = document.title
    book.save(target)


def _sheets(document: Document) -> list[tuple[str, Piece]]:
    """Return (name of the sheet, table) of all tables, those behind figures too."""
    tables = [piece if piece["kind"] == "table" else piece.get("table") for piece, _ in document.pieces]
    tables = sorted(filter(None, tables), key=lambda table: table["key"] in LAST)
    taken, found = {document.words.word("page.cover").casefold()}, []
    for table in tables:
        name = document.words.word("page.sources") if table["key"] == "sources" else _sheet_name(table)
        unique, numbers = name, itertools.count(2)
        while unique.casefold() in taken:
            unique = f"{name[:27]} {next(numbers)}"
        taken.add(unique.casefold())
        found.append((unique, table))
    return found


def _sheet_name(table: Piece) -> str:
    """A name for the tab: the label and the beginning of the caption."""
    short = re.split(r"[，。,;；:：（(]", table["caption"])[0]
    name = NOT_IN_A_NAME.sub(" ", _clean(f"{table['label']} {short}").replace("'", "’")).strip()
    whole = name[: LONGEST_NAME + 1].rpartition(" ")[0]
    if len(name) > LONGEST_NAME and name[LONGEST_NAME].isascii() and len(whole) > LONGEST_NAME / 2:
        name = whole  # not in the middle of an English word
    return name[:LONGEST_NAME].strip()


def _fill_sheet(ws, table: Piece, document: Document) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    words = document.words
    put(ws, 1, 1, f"{table['label']}  {table['caption']}").font = Font(bold=True, size=12)
    back = put(ws, 2, 1, words.word("page.to_cover"))
    back.hyperlink, back.font = f"#'{words.word('page.cover')}'!A1", Font(color=BLUE, underline="single")
    for place, texts in enumerate(zip(*_texts(table, words), strict=True)):
        column = table["columns"][place] if place < len(table["columns"]) else None
        put(ws, 3, place + 1, texts[0]).font = Font(bold=True)
        put(ws, 4, place + 1, (column or {}).get("unit") or None).font = Font(italic=True, color=GREY)
        for line, text in enumerate(texts[1:]):
            value = table["rows"][line][place]["value"] if column else None
            number = _is_number(value)
            cell = put(ws, FIRST_ROW + line, place + 1, value if number else text or None)
            cell.alignment = Alignment(vertical="top", wrap_text=not number, horizontal="right" if number else None)
            if number and column:
                cell.number_format = excel_format(column["format"])
        longest = max(text_width(text) + 2 * (line == 0) for line, text in enumerate(texts))
        ws.column_dimensions[get_column_letter(place + 1)].width = max(NARROWEST, min(WIDEST, longest + 2))
    ws.freeze_panes = ws.cell(FIRST_ROW, 2 if table["n_headings"] else 1)
    ws.page_setup.orientation, ws.page_setup.paperSize, ws.page_setup.fitToHeight = "landscape", 9, 0
    ws.sheet_properties.pageSetUpPr.fitToPage = True
    ws.print_title_rows = f"1:{FIRST_ROW - 1}"


def excel_format(form: str) -> str:
    """Return the number format of Excel for one of Python; what it cannot say is left to Excel.

    >>> excel_format(",.1f"), excel_format(".0f"), excel_format(".1%"), excel_format(",g")
    ('#,##0.0', '0', '0.0%', 'General')
    """
    parts = re.fullmatch(r"(,?)\.(\d+)([f%])", form)
    if not parts:
        return "General"
    comma, decimals, kind = parts.groups()
    return ("#,##0" if comma else "0") + ("." + "0" * int(decimals)).rstrip(".") + ("%" if kind == "%" else "")


def _fill_cover(ws, sheets: list[tuple[str, Piece]], document: Document) -> None:
    from openpyxl.styles import Alignment, Font

    put(ws, 1, 1, document.title).font = Font(bold=True, size=16)
    identity = next((piece for piece, _ in document.pieces if piece.get("key") == "identity"), None)
    told = {row[0]["text"]: row[1]["text"] for row in identity["rows"]} if identity else {}
    known = {name.casefold() for name in told}  # the cover of the page tells some of it too
    told |= {name: text for name, text in _identity(document) if name.casefold() not in known}
    line = 3
    for name, text in told.items():
        put(ws, line, 1, name).font = Font(bold=True)
        put(ws, line, 2, text).alignment = Alignment(wrap_text=True, vertical="top")
        line += 1
    line += 1
    for place, word in enumerate(("sheet", "what"), start=1):
        put(ws, line, place, document.words.word(f"page.{word}")).font = Font(bold=True)
    for name, table in sheets:
        line += 1
        cell = put(ws, line, 1, name)
        cell.hyperlink, cell.font = f"#'{name}'!A1", Font(color=BLUE, underline="single")
        put(ws, line, 2, table["caption"]).alignment = Alignment(wrap_text=True, vertical="top")
    ws.column_dimensions["A"].width, ws.column_dimensions["B"].width = 34, 80


# ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────────

LINE = 100  # letters of a table's size that a line of A4 holds; a Chinese character counts as two
PADDING = 4  # letters that the space between two columns takes
# A longer word (an id) may be broken, and a cell of as few letters as the second (a date) is not; where many columns
# leave no room, the next pair holds.
UNBROKEN_UP_TO = ((24, 14), (16, 10), (8, 6))
ROOM = 0.7  # of the line that words may take, so that columns of sentences have some
WORD = re.compile(r"[!-~\u00a1-\u024f]+")  # letters, digits and signs without a blank; Chinese breaks anywhere


def _identity(document: Document) -> list[tuple[str, str]]:
    """What a report says of itself: the lines of its cover, and the versions, date and parameters."""
    lines = document.cover["items"] if document.cover else []
    return [*((name, text) for name, text in lines), *document.facts.items()]


def _texts(table: Piece, words: Catalogue) -> list[list[str]]:
    """The cells of a table's heading and rows as a reader sees them, with the last column that leads back."""
    rows = [[column["head"] for column in table["columns"]], *([cell["text"] for cell in row] for row in table["rows"])]
    if table["back"] is not None:
        labels = [words.listed(label for _, label in back) for back in table["back"]]
        rows = [[*row, text] for row, text in zip(rows, [words.word("page.used"), *labels], strict=True)]
    return [[_clean(text) for text in row] for row in rows]


def _clean(text: str) -> str:
    return UNPRINTABLE.sub("", text)  # no file of an office holds those


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def column_shares(rows: Sequence[Sequence[str]]) -> list[float]:
    """Return the share of each column in the width of a table; they add up to 1.

    When all fits in one line, columns are as wide as their longest cell. Otherwise each has room for its longest word,
    and the rest goes to those that want most. A program that lays out a table tries every break of every Chinese text.

    >>> column_shares([["a", "bbbbb"], ["aa", "b"]])
    [0.4, 0.6]
    """
    columns = list(zip(*rows, strict=True))
    widths = [[text_width(cell) + PADDING for cell in column] for column in columns]
    wanted = [float(max(column)) for column in widths]
    if sum(wanted) > LINE:
        for longest, short in UNBROKEN_UP_TO:
            least = [min(want, _unbroken(cells, longest, short)) for want, cells in zip(wanted, columns, strict=True)]
            if sum(least) <= ROOM * LINE:
                break
        # The mean of squares lies between mean and longest: one long note among many empty cells gets no half page.
        typical = [math.sqrt(sum(width**2 for width in column) / len(column)) for column in widths]
        more = [max(0.0, want - low) for want, low in zip(typical, least, strict=True)]
        rest = max(0.0, LINE - sum(least))
        wanted = [low + rest * want / max(1.0, sum(more)) for low, want in zip(least, more, strict=True)]
    return [want / sum(wanted) for want in wanted]


def _unbroken(cells: Sequence[str], longest: int, short: int) -> int:
    """What a column needs so that its words, and cells as short as a date, are not broken."""
    words = [min(longest, len(word)) for text in cells for word in WORD.findall(text)]
    return max([4, *words, *(width for width in map(text_width, cells) if width <= short)]) + PADDING


def text_width(text: str) -> int:
    """Return the width of the longest line of a text in letters; a Chinese character counts as two.

    >>> text_width("60岁")
    4
    """
    return max(sum(1 + (east_asian_width(char) in "WF") for char in line) for line in text.split("\n"))
