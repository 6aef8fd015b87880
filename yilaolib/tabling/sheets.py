"""A table as text, from a CSV file or a sheet of a workbook, and what is wrong with it, told with its place.

A table is read as text first, so that a broken cell can be named by line and field before any type is made.
Whatever is wrong is a `Fault`, which is also a row of what `check_data` returns.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import NamedTuple

from ..core.errors import DataError
from .schema import fields_of
from .sentences import Said

RUN = ("=", "+", "-", "@", "\t", "\r", "\n")  # what begins so may be run by a program for spreadsheets


class Fault(NamedTuple):
    """One problem, in words; `row` is the line of the file (the header is line 1) or the row of the sheet."""

    table: str
    row: int | None
    field: str
    rule: str
    message: str
    severity: str = "error"
    zh: str = ""  # the message in Chinese
    sheet: str = ""  # of a workbook
    cell: str = ""  # such as B7


class Sheet(NamedTuple):
    """A table as text: what a CSV file or one sheet of a workbook holds."""

    where: str  # how messages name it: "observations.csv", or the title of the sheet
    header: list[str]
    rows: list[list]  # of texts; of a workbook, of what was typed (`books.Raw`)
    lines: list[int]  # the line of the file in which each row begins
    letters: dict[str, str] | None = None  # of a sheet: the letter of the column of each field
    top: int = 1  # the line of the header

    def at(self, line: int | None, field: str = "") -> Said:
        """Return how a place is called: observations.csv line 7, sheet 'observations' cell B7."""
        if line is None:
            return Said(self.where, self.where)
        if self.letters is None:
            return Said(f"{self.where} line {line}", f"{self.where} 第{line}行")
        cell = self.cell(line, field)
        en, zh = (f"cell {cell}", f"单元格{cell}") if cell else (f"row {line}", f"第{line}行")
        return Said(f"sheet {self.where!r} {en}", f"工作表“{self.where}”{zh}")

    def cell(self, line: int | None, field: str) -> str:
        """Return the name of a cell of a workbook, such as B7; empty for whole rows and for CSV files."""
        first = field.split(", ")[0]  # of a key of several fields
        return f"{self.letters[first]}{line}" if self.letters and line and first in self.letters else ""

    def fault(
        self, table: str, line: int | None, field: str, rule: str, said: Said, *, key: str = "", severity="error"
    ) -> Fault:
        """Return a fault whose message begins with its place and the key of its row."""
        place = self.at(line, field)
        key = key.strip()
        en, zh = (f" ({key})", f"（{key}）") if key else ("", "")
        sheet = "" if self.letters is None else self.where
        messages = f"{place.en}{en}: {said.en}", f"{place.zh}{zh}：{said.zh}"
        return Fault(table, line, field, rule, messages[0], severity, messages[1], sheet, self.cell(line, field))


def refuse(faults: list[Fault]) -> None:
    """Raise the first of the faults as a DataError, and say how many more there are."""
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        more = f" ({len(errors) - 1} more: yl.check_data lists all.)" if len(errors) > 1 else ""
        raise DataError(errors[0].message + more)


def read_csv(path: Path) -> tuple[Sheet, list[Fault]]:
    """Read a CSV file as text, with the line of every row; what cannot be read is a fault."""
    name, where = path.stem, path.name
    nothing = Sheet(where, [], [], [])
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = raw.count(b"\n", 0, error.start) + 1, f"0x{raw[error.start]:02x}"
        said = Said(
            f"byte {byte} is not UTF-8 text. Save the file as UTF-8 (in Excel: 'CSV UTF-8').",
            f"字节 {byte} 不是UTF-8文本，请另存为UTF-8（Excel中选“CSV UTF-8”）。",
        )
        return nothing, [nothing.fault(name, line, "", "encoding", said)]
    reader, rows, lines, before = csv.reader(io.StringIO(text, newline=""), strict=True), [], [], 0
    try:
        for cells in reader:
            cells = [unescaped(cell.strip()) for cell in cells]
            if any(cells):  # a blank row, or one of commas only, says nothing
                rows.append(cells)
                lines.append(before + 1)
            before = reader.line_num
    except csv.Error as error:
        said = Said(
            f"the row that begins here cannot be read ({error}). "
            'Put a text with a comma or a quote in double quotes, and write a quote inside it as "".',
            f"从此处开始的一行无法读取（{error}）。含逗号或引号的文字请用双引号括起，其中的引号写成两个。",
        )
        return nothing, [nothing.fault(name, before + 1, "", "csv", said)]
    if not rows:
        columns = ", ".join(fields_of(name))
        message = f"{where} is empty. Its first line must name the columns: {columns}."
        return nothing, [Fault(name, 1, "", "columns", message, zh=f"{where} 是空文件，第一行应为列名：{columns}。")]
    header = rows[0]
    while not header[-1]:  # trailing commas
        header.pop()
    return Sheet(where, header, rows[1:], lines[1:]), []


def escaped(text: str) -> str:
    """Return a text as a CSV file should hold it: no program for spreadsheets runs it as a formula.

    Examples
    --------
    >>> escaped("=1+1"), escaped("-5"), escaped("plain")
    ("'=1+1", "'-5", 'plain')
    """
    return f"'{text}" if text.startswith(RUN) else text


def unescaped(text: str) -> str:
    """Undo `escaped`.

    Examples
    --------
    >>> unescaped("'=1+1"), unescaped("'t Hooft")
    ('=1+1', "'t Hooft")
    """
    return text[1:] if text[:1] == "'" and text[1:].startswith(RUN) else text
