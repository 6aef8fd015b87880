"""The text of one table against its schema: which cells fit, which do not, and the typed frame.

`data` finds and joins tables, `checks` judges them.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..errors import DataError, did_you_mean

_noted: set[tuple[str, str]] = set()


def note(table: str, area: str | None = None) -> None:
    """Note that a table was read: the rows of one area, those with a value ("indicator=births"), or all."""
    _noted.add((table, area or ""))


@contextlib.contextmanager
def instead(name: str) -> Iterator[None]:
    """Note one name in place of all that is read inside: what matters is the result (see `cachekey.DERIVED`)."""
    before = set(_noted)
    yield
    _noted.intersection_update(before)
    note(name)


def noted() -> list[list[str]]:
    """Return [table, area] of what was read, in order; an empty area stands for the whole table."""
    whole = {table for table, area in _noted if not area}
    return sorted([table, area] for table, area in _noted if not area or table not in whole)


def forget(area: str) -> None:
    """Forget the rows of one area: those of a rehearsal, whose other readings all reports share."""
    _noted.difference_update([use for use in _noted if use[1] == area])


LANGS = ("en", "zh")


class Said(NamedTuple):
    """What is to be said, in English and in Chinese.

    Examples
    --------
    >>> Said("row 7", "第7行").zh
    '第7行'
    """

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en

    def then(self, more: Said, between: tuple[str, str] = (" ", "")) -> Said:
        """Return this and another sentence as one.

        Examples
        --------
        >>> Said("No.", "否。").then(Said("Write yes.", "请写是。"))
        Said(en='No. Write yes.', zh='否。请写是。')
        """
        return Said(self.en + between[0] + more.en, self.zh + between[1] + more.zh)


def near_miss(word: object, choices: Iterable[str]) -> Said:
    """Return " Did you mean 'x'?" in both languages, or two empty texts.

    Examples
    --------
    >>> near_miss("jiangsoo", ["jiangsu"]).zh
    '是否想写“jiangsu”？'
    """
    english = did_you_mean(word, choices)
    name = english.removeprefix(" Did you mean '").removesuffix("'?")
    return Said(english, f"是否想写“{name}”？" if english else "")


DTYPES = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean"}


@cache
def data_folder() -> Path:
    """Return the folder of our own tables: inside an installed wheel, or beside the package in a clone."""
    inside = Path(__file__).parents[1] / "_data"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "data"


@cache
def package() -> dict:
    """Return the schema of all tables, `datapackage.json`, as a dict that all share: never change it."""
    return json.loads((data_folder() / "datapackage.json").read_text(encoding="utf-8"))


@cache
def our_files() -> tuple[Path, ...]:
    """Return the files of our tables."""
    return tuple(path for name in table_names() if (path := data_folder() / f"{name}.csv").exists())


def table_names() -> list[str]:
    """Return the names of the tables in the order of the schema."""
    return [resource["name"] for resource in package()["resources"]]


def user_tables() -> list[str]:
    """Return the names of the tables that only users have; of these we hold no rows."""
    return [table["name"] for table in package()["userTables"]]


def schema_of(name: str) -> dict:
    """Return the schema of a table (fields, primaryKey, foreignKeys); an unknown name is a DataError."""
    for table in package()["resources"] + package()["userTables"]:
        if table["name"] == name:
            return table["schema"]
    raise DataError(
        f"There is no table {name!r}.{did_you_mean(name, table_names())} The tables are {', '.join(table_names())}."
    )


def fields_of(name: str) -> dict[str, dict]:
    """Return the columns of a table by name, in their order, as the schema describes them."""
    return {field["name"]: field for field in schema_of(name)["fields"]}


def rules_of(name: str, field: str) -> dict:
    """Return the constraints of one column, such as {"required": True}."""
    return next(f.get("constraints", {}) for f in schema_of(name)["fields"] if f["name"] == field)


def empty_table(name: str) -> pd.DataFrame:
    """Return a table without rows, with its columns and types."""
    return pd.DataFrame({f["name"]: pd.Series(dtype=DTYPES[f["type"]]) for f in schema_of(name)["fields"]})


def key_of(frame: pd.DataFrame, key: list[str]) -> pd.Series:
    """Return the key of every row as one readable text, such as "jingdezhen 2020 female 60"."""
    parts = [frame[field].astype(object).where(frame[field].notna(), "").astype(str) for field in key]
    text = parts[0]
    for part in parts[1:]:
        text = text + " " + part
    return text


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


INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def parse(
    name: str, sheet: Sheet, *, strict: bool = False, known: Iterable[Fault] = ()
) -> tuple[pd.DataFrame, list[Fault]]:
    """Give a sheet the types of its schema, and list what does not fit.

    Parameters
    ----------
    name : str
        The table, which decides columns and types.
    sheet : Sheet
        The table as text.
    strict : bool
        Every column of the schema must be there, as in our own tables. A user's table may leave out
        columns that need not be filled in; they come out empty.
    known : list of Fault
        What is known to be wrong; those cells come out empty and get no second sentence.

    Returns
    -------
    (DataFrame, list of Fault)
        All columns of the schema, the index is the line in the file. Cells of a wrong type are empty.
    """
    width, faults = len(sheet.header), _header_faults(name, sheet, strict)
    if any(fault.rule == "columns-missing" for fault in faults):
        return empty_table(name), faults
    kept = {}
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        if len(cells) >= width and not any(cells[width:]):  # trailing commas do no harm
            kept[line] = cells[:width]
        else:
            en = f"the row has {len(cells)} cells, but the header has {width}. "
            en += "Put a text with a comma in double quotes, and write a comma for every empty cell."
            zh = f"此行有{len(cells)}格，表头有{width}格。含逗号的文字请加双引号，空格也要写逗号。"
            faults.append(sheet.fault(name, line, "", "ragged", Said(en, zh)))
    columns = list(fields_of(name))
    text = pd.DataFrame(list(kept.values()), columns=sheet.header, index=list(kept))
    text = text.loc[:, ~text.columns.duplicated()].reindex(columns=columns, fill_value="").astype(object)
    labels = key_of(text, schema_of(name)["primaryKey"])
    faults += _duplicates(name, sheet, labels)
    told = {(fault.row, fault.field) for fault in known if fault.severity == "error"}
    typed = {}
    for column, field in fields_of(name).items():
        values = text[column]
        wrong = {value: said for value in set(values) if (said := complaint(value, field))}
        for line, value in values[values.isin(wrong)].items():
            if (line, column) in told:
                continue
            rule, said = wrong[value]
            said = Said(f"{column} {said.en}", f"{column} {said.zh}")
            faults.append(sheet.fault(name, line, column, rule, said, key=labels[line]))
        no_value = {"", *(value for value, (rule, _) in wrong.items() if rule == "type")}
        typed[column] = _typed(values.mask(values.isin(no_value), None), field["type"])
    return pd.DataFrame(typed, index=text.index), sorted(faults, key=lambda fault: fault.row or 0)


def complaint(text: str, field: dict) -> tuple[str, Said] | None:
    """Return (rule, sentence) if the text of a cell is not what its field allows, else None."""
    rules, type_ = field.get("constraints", {}), field["type"]
    if text == "":
        said = Said(
            "is empty, but is needed. Fill it in, or take the row out.", "为空，但必须填写。请填写，或删除此行。"
        )
        return ("required", said) if rules.get("required") else None
    if needed := _misfit(text, type_):
        or_empty = Said(".", "。") if rules.get("required") else Said(", or leave the cell empty.", "，或留空。")
        said = Said(f"is {text!r}, which is not {needed.en}", f"为“{text}”，不是{needed.zh}")
        return "type", said.then(or_empty, ("", ""))
    if "enum" in rules and text not in rules["enum"]:
        near, allowed = near_miss(text.casefold(), rules["enum"]), rules["enum"]
        said = Said(f"is {text!r}; allowed are {', '.join(allowed)}.", f"为“{text}”，只允许填写{'、'.join(allowed)}。")
        return "enum", said.then(near, ("", ""))
    if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
        said = f"is {text!r}, which does not have the right form. {field['description']}"
        return "pattern", Said(said, f"为“{text}”，格式不对（{field['description']}）。请更正。")
    if "minimum" in rules and float(text) < rules["minimum"]:
        least = rules["minimum"]
        said = f"is {text}, but must be {least} or more. Correct the figure."
        return "minimum", Said(said, f"为{text}，但不得小于{least}。请更正。")
    if "maximum" in rules and float(text) > rules["maximum"]:
        most = rules["maximum"]
        return "maximum", Said(
            f"is {text}, but must be {most} or less. Correct the figure.", f"为{text}，但不得大于{most}。请更正。"
        )
    return None


def _misfit(text: str, type_: str) -> Said | None:
    """Return what a text should have been, and how to write it, if it is not of its type."""
    if type_ == "integer" and not INTEGER.fullmatch(text):
        return Said("a whole number. Write digits only, such as 2025", "整数。请只写数字，如2025")
    if type_ == "number" and not (NUMBER.fullmatch(text) and math.isfinite(float(text))):
        return Said("a number. Write digits without a unit, such as 12.5", "数字。请只写数字，不带单位，如12.5")
    if type_ == "boolean" and text not in ("true", "false"):
        return Said("true or false. Write one of the two", "true或false。请填写其中之一")
    return None


def _typed(values: pd.Series, type_: str) -> pd.Series:
    if type_ == "integer":
        return pd.Series([None if v is None else int(v) for v in values], index=values.index, dtype="Int64")
    if type_ == "boolean":
        return values.map({"true": True, "false": False}).astype("boolean")
    return values.astype(DTYPES[type_])


def _header_faults(name: str, sheet: Sheet, strict: bool) -> list[Fault]:
    columns, faults, line = list(fields_of(name)), [], sheet.top

    def fault(column: str, rule: str, en: str, zh: str) -> Fault:
        return sheet.fault(name, line, column, rule, Said(en, zh))

    if len(sheet.header) == 1 and re.search("[;\t]", sheet.header[0]):
        en = "the columns are not separated by commas. Save it as a CSV with commas."
        return [fault("", "columns-missing", en, "列之间不是用逗号分隔的，请另存为逗号分隔的CSV。")]
    for column in dict.fromkeys(sheet.header):
        if column not in columns:
            near = near_miss(column, columns)
            en = f"{column!r} is not a column of {name}.{near.en} The columns are {', '.join(columns)}."
            zh = f"{name} 表没有“{column}”列。{near.zh}可用的列有{'、'.join(columns)}。"
            faults.append(fault(column, "columns", en, zh))
        elif sheet.header.count(column) > 1:
            en = f"the column {column!r} comes twice. Take one out."
            faults.append(fault(column, "columns", en, f"“{column}”列出现了两次，请删去一列。"))
    for column, field in fields_of(name).items():
        needed = field.get("constraints", {}).get("required")
        if column not in sheet.header and (strict or needed):
            rule = "columns-missing" if needed else "columns"
            faults.append(
                fault(column, rule, f"the column {column!r} is missing. Add it.", f"缺少“{column}”列，请补上。")
            )
    return faults


def _duplicates(name: str, sheet: Sheet, labels: pd.Series) -> list[Fault]:
    first = dict(zip(reversed(labels.tolist()), reversed(labels.index.tolist()), strict=True))
    key, faults = ", ".join(schema_of(name)["primaryKey"]), []
    for line, label in labels[labels.duplicated() & (labels.str.strip() != "")].items():
        word = "line" if sheet.letters is None else "row"
        en = f"{label} is there already, in {word} {first[label]}. Keep one of them."
        zh = f"{label} 与第{first[label]}行重复，请只保留一行。"
        faults.append(sheet.fault(name, line, key, "duplicate-key", Said(en, zh)))
    return faults
