"""The report as one Excel workbook: a cover, a sheet for each table with caption and units, and the sources.

The page says what the sheets are and how their numbers look; the numbers themselves are those of the CSV files,
unrounded. Text is text, whatever it begins with.
"""

from __future__ import annotations

import csv
import itertools
import re
from pathlib import Path
from typing import NamedTuple

from ..tables.sheets import put
from .columns import text_width
from .dissect import page_pieces
from .pieces import Cell, Figure, Paragraph, Piece, Table, title_of

WORDS = {
    "zh": {"cover": "封面", "sources": "来源", "sheet": "工作表", "what": "内容", "unit": "单位", "back": "返回封面"},
    "en": {"cover": "Cover", "sources": "Sources", "sheet": "Sheet", "what": "What it holds", "unit": "Unit",
           "back": "Back to the cover"},
}  # fmt: skip
SHOWN = re.compile(r"([-−]?)([\d,]+)(?:\.(\d+))?(%?)")  # a number as the page shows it
IN_HEADING = re.compile(r"[(（]([^()（）]{1,14})[)）]$")
UNITS = {
    *("%", "‰", "人", "张", "个", "岁", "年", "元", "万元", "万人", "千人", "平方米"),
    *("persons", "beds", "places", "years", "yuan", "10,000 yuan"),
}
NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")
FIRST_ROW = 5  # caption, way back, heading, units, then the rows
WIDEST, NARROWEST = 60, 8  # letters
LONGEST_NAME = 31  # characters that Excel allows for the name of a sheet


class Shown(NamedTuple):
    """A number as the page shows it: its value, its decimals, whether thousands are parted, whether it is a share."""

    value: float
    decimals: int
    parted: bool
    percent: bool


def write_xlsx(page: str, target: Path, lang: str = "zh", tables: Path | None = None) -> None:
    """Write a finished page (see `notebook_page`) as an Excel workbook.

    Parameters
    ----------
    page : str
        The HTML document.
    target : Path
        The file to write.
    lang : {"zh", "en"}
        Language of the words that are added.
    tables : Path, optional
        Folder of the CSV files with the raw values; without them sheets have the rounded numbers of the page.
    """
    from openpyxl import Workbook

    pieces = page_pieces(page)
    sheets = _named(pieces, lang)
    book = Workbook()
    cover = book.worksheets[0]  # a new workbook has one
    cover.title = WORDS[lang]["cover"]
    for name, table, notes in sheets:
        _fill(book.create_sheet(name), table, _raw(tables, table), notes, lang)
    _fill_cover(cover, pieces, sheets, lang)
    book.properties.creator = "yilaolib"
    book.properties.title = title_of(pieces)
    book.save(target)


def _named(pieces: list[Piece], lang: str) -> list[tuple[str, Table, list[str]]]:
    """Return (name of the sheet, table, notes below it) of all tables, those behind figures too; sources last."""
    found: list[tuple[str, Table, list[str]]] = []
    taken = {WORDS[lang]["cover"].casefold()}
    for piece in pieces:
        table = piece.table if isinstance(piece, Figure) else piece
        if isinstance(piece, Paragraph) and piece.kind == "note" and found:
            found[-1][2].append("".join(run.text for run in piece.runs))
        if isinstance(table, Table) and (table.rows or table.head):
            name = WORDS[lang]["sources"] if table.key == "sources" else _sheet_name(table)
            unique, numbers = name, itertools.count(2)
            while unique.casefold() in taken:
                unique = f"{name[:27]} {next(numbers)}"
            taken.add(unique.casefold())
            found.append((unique, table, []))
    return sorted(found, key=lambda sheet: sheet[1].key in ("sources", "rows"))


def _sheet_name(table: Table) -> str:
    """A name for the tab: the label and the beginning of the caption."""
    short = re.split(r"[，。,;；:：（(]", table.caption)[0]
    name = NOT_IN_A_NAME.sub(" ", f"{table.label} {short}".replace("'", "’")).strip() or table.key or "table"
    if len(name) > LONGEST_NAME and name[LONGEST_NAME].isascii():  # not in the middle of an English word
        name = name[: LONGEST_NAME + 1].rpartition(" ")[0] or name
    return name[:LONGEST_NAME].strip()


def _raw(folder: Path | None, table: Table) -> list[list[str]] | None:
    """Return the rows of the table's CSV file, when they are the rows that the page shows."""
    path = folder / f"{table.key}.csv" if folder and table.key else None
    if path is None or not path.is_file():
        return None
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return rows if len(rows) == len(table.rows) else None


def _fill(ws, table: Table, raw: list[list[str]] | None, notes: list[str], lang: str) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    put(ws, 1, 1, f"{table.label}  {table.caption}".strip()).font = Font(bold=True, size=12)
    back = put(ws, 2, 1, WORDS[lang]["back"])
    back.hyperlink, back.font = f"#'{WORDS[lang]['cover']}'!A1", Font(color="0B5CAD", underline="single")
    head = table.head[-1] if table.head else []
    n_columns = max(map(len, [head, *table.rows]))
    for place in range(n_columns):
        column = [row[place] if place < len(row) else Cell([]) for row in table.rows]
        heading = head[place] if place < len(head) else Cell([])
        put(ws, 3, place + 1, heading.value or None).font = Font(bold=True)
        put(ws, 4, place + 1, _unit(heading) or None).font = Font(italic=True, color="59636E")
        numbers = [_number(cell.value) if cell.numeric else None for cell in column]
        form = _form(numbers)
        for line, (cell, number) in enumerate(zip(column, numbers, strict=True)):
            exact = raw[line][place] if raw and place < len(raw[line]) else ""
            value = _exact(number, exact) if number else cell.value or None
            target = put(ws, FIRST_ROW + line, place + 1, value)
            target.alignment = Alignment(vertical="top", wrap_text=not number, horizontal="right" if number else None)
            if number:
                target.number_format = form
        longest = max([text_width(heading.value) + 2, *(text_width(cell.value) for cell in column)])
        ws.column_dimensions[get_column_letter(place + 1)].width = max(NARROWEST, min(WIDEST, longest + 2))
    for line, note in enumerate(notes, start=FIRST_ROW + len(table.rows) + 1):
        put(ws, line, 1, note).font = Font(color="59636E")
    ws.freeze_panes = ws.cell(FIRST_ROW, 2 if table.rows and table.rows[0][0].heading else 1)
    ws.page_setup.orientation, ws.page_setup.paperSize, ws.page_setup.fitToHeight = "landscape", 9, 0
    ws.sheet_properties.pageSetUpPr.fitToPage = True
    ws.print_title_rows = f"1:{FIRST_ROW - 1}"


def _number(text: str) -> Shown | None:
    found = SHOWN.fullmatch(text)
    if not found or not re.fullmatch(r"\d+|\d{1,3}(,\d{3})+", found[2]):
        return None
    decimals = found[3] or ""
    value = float(f"{found[2].replace(',', '')}.{decimals or 0}") * (-1 if found[1] else 1)
    return Shown(value, len(decimals), "," in found[2], bool(found[4]))


def _exact(shown: Shown, raw: str) -> float | int:
    """Return the raw value, when it is what the page rounds; else the number of the page."""
    try:
        value = float(raw)
    except ValueError:
        value = shown.value
    if abs(value - shown.value) > 0.5000001 * 10**-shown.decimals:
        value = shown.value
    value = value / 100 if shown.percent else value
    return int(value) if value == int(value) else value


def _form(numbers: list[Shown | None]) -> str:
    """Return the number format of a column: as many decimals as the page shows, years without a comma."""
    known = [number for number in numbers if number]
    decimals = max((number.decimals for number in known), default=0)
    whole = any(abs(number.value) >= 1000 and not number.parted for number in known)
    form = ("0" if whole else "#,##0") + ("." + "0" * decimals if decimals else "")
    return form + "%" if known and all(number.percent for number in known) else form


def _unit(heading: Cell) -> str:
    """Return the unit that a column declares. A caption's may be that of some columns only, so it stays there."""
    found = IN_HEADING.search(heading.value)
    return heading.unit or (found[1] if found and found[1] in UNITS else "")


def _fill_cover(ws, pieces: list[Piece], sheets: list, lang: str) -> None:
    from openpyxl.styles import Alignment, Font

    put(ws, 1, 1, title_of(pieces)).font = Font(bold=True, size=16)
    line = 3
    for name, text in _identity(pieces).items():
        put(ws, line, 1, name).font = Font(bold=True)
        put(ws, line, 2, text).alignment = Alignment(wrap_text=True, vertical="top")
        line += 1
    line += 1
    for place, word in enumerate(("sheet", "what"), start=1):
        put(ws, line, place, WORDS[lang][word]).font = Font(bold=True)
    for name, table, _ in sheets:
        line += 1
        cell = put(ws, line, 1, name)
        cell.hyperlink, cell.font = f"#'{name}'!A1", Font(color="0B5CAD", underline="single")
        put(ws, line, 2, table.caption).alignment = Alignment(wrap_text=True, vertical="top")
    ws.column_dimensions["A"].width, ws.column_dimensions["B"].width = 34, 80


def _identity(pieces: list[Piece]) -> dict[str, str]:
    """Return what the report says of itself: its plan, status and date, and the versions, date and scenario."""
    table = next((piece for piece in pieces if isinstance(piece, Table) and piece.key == "identity"), None)
    rows = [row for row in table.rows if len(row) > 1] if table else []
    terms = [piece.runs for piece in pieces if isinstance(piece, Paragraph) and piece.kind == "term"]
    told = {row[0].value: row[1].value for row in rows}
    known = {name.casefold() for name in told}  # the cover of the page tells some of it too
    more = {runs[0].text: "".join(run.text for run in runs[1:]).strip() for runs in terms}
    return told | {name: text for name, text in more.items() if name.casefold() not in known}
