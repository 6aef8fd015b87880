"""The schema of all tables (`datapackage.json`), and the text of a table held to it: a typed frame and problems."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import nearest, refusal
from .finding import data_folder, plain_name

DTYPES = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean"}
INTEGER = re.compile(r"([+-]?[0-9]{1,18})(\.0*)?")  # 2020.0 is what pandas writes beside an empty cell
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
GROUP = re.compile(r"(\d+)(?:[-—–~至](\d+)|(\+|岁?及?以上))?岁?")  # a column of persons by age: 0, 1-4, 85+, 5-9岁
HEAD_UNIT = re.compile(r"[(（](?:单位[:：])?([百千]?[万亿]人?|千人|百人|[%‰])[)）]")
FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {ord("−"): "-", ord("㎡"): "m2"}
FOLDED |= dict.fromkeys((0x3000, 0xA0, 0x2009, 0x202F), " ") | dict.fromkeys((0x200B, 0x2060, 0xFEFF))  # spaces
RUN = ("=", "+", "-", "@", "\t", "\r", "\n")  # a program for spreadsheets may run a text that begins so


@cache
def package() -> dict:
    """Return the schema of all tables, `datapackage.json`, as a dict that all share: never change it."""
    return json.loads((data_folder() / "datapackage.json").read_text(encoding="utf-8"))


def table_names() -> list[str]:
    """Return the names of our tables in the order of the schema."""
    return [table["name"] for table in package()["resources"]]


@cache
def described() -> dict[str, dict]:
    """Return what the schema says of every table by name; last those that only users have."""
    return {table["name"]: table for table in package()["resources"] + package()["userTables"]}


def schema_of(name: str) -> dict:
    """Return the schema of a table (fields, primaryKey, foreignKeys); an unknown name is a DataError."""
    if name in described():
        table = described()[name]
        return table.get("tidy", table["schema"])  # `population` lies in a file as a row an area, year and sex
    raise refusal("errors.tables.no_table", name=name, near=nearest(name, table_names()), tables=list(table_names()))


def fields_of(name: str) -> dict[str, dict]:
    """Return the columns of a table by name, in their order, as the schema describes them."""
    return {field["name"]: field for field in schema_of(name)["fields"]}


def rules_of(field: dict) -> dict:
    """Return the constraints of a column, such as {"required": True}."""
    return field.get("constraints", {})


def links_of(name: str) -> dict[str, tuple[str, str]]:
    """Return the columns that name a row of another table: column -> (table, its column)."""
    ends = {link["fields"][0]: link["reference"] for link in schema_of(name).get("foreignKeys", [])}
    return {column: (end["resource"] or name, end["fields"][0]) for column, end in ends.items()}


def empty_table(name: str) -> pd.DataFrame:
    """Return a table without rows, with its columns and types."""
    return pd.DataFrame({f["name"]: pd.Series(dtype=DTYPES[f["type"]]) for f in schema_of(name)["fields"]})


def key_of(frame: pd.DataFrame, key: list[str]) -> pd.Series:
    """Return the key of every row as one readable text, such as "jingdezhen 2020 female 60"."""
    first, *parts = (frame[field].astype(object).where(frame[field].notna(), "").astype(str) for field in key)
    return first.str.cat(parts, sep=" ")


class Trouble(NamedTuple):
    """What is wrong with a cell: the key of its sentence in the catalogues, [checks], and what fills the sentence."""

    key: str
    values: dict[str, Any] = {}  # noqa: RUF012 - never changed, nor are those below
    rule: str = "type"


class Problem(NamedTuple):
    """One problem; `row` is the line of the file (the header is line 1) or the row of the sheet."""

    table: str
    row: int | None
    field: str
    rule: str
    key: str  # of the sentence
    values: dict[str, Any]
    severity: str = "error"
    where: str = ""  # the file or the sheet
    row_key: str = ""
    area: str = ""  # of the row
    sheet: str = ""  # of a workbook
    cell: str = ""  # such as B7

    def say(self, lang: str = "en") -> str:
        """Return the sentence, which begins with its place and the key of its row."""
        from ..texts import say  # good tables have nothing to say, and need not wait for the words

        return say("checks.message", lang, **self._asdict())


class Sheet(NamedTuple):
    """A table as text: what a CSV file or one sheet of a workbook holds."""

    where: str  # how messages name it: "observations.csv", or the title of the sheet
    header: list[str] = []  # noqa: RUF012
    rows: list[list] = []  # noqa: RUF012 - of texts; of a workbook, of what was typed (`sheets.Raw`)
    lines: list[int] = []  # noqa: RUF012 - the line of the file in which each row begins
    letters: dict[str, str] | None = None  # of a sheet: the letter of the column of each field
    top: int = 1  # the line of the header
    units: dict[str, str] = {}  # noqa: RUF012 - of columns whose heading gives one

    def problem(
        self, table: str, line: int | None, field: str, trouble: Trouble, *, row_key: str = "", area: str = "",
        severity: str = "error",
    ) -> Problem:  # fmt: skip
        """Return the problem of a place of this sheet."""
        letter = (self.letters or {}).get(field.split(", ")[0])  # of a key of several fields, the first
        cell = f"{letter}{line}" if letter and line else ""
        sheet = "" if self.letters is None else self.where
        key, values, rule = trouble
        return Problem(table, line, field, rule, key, values, severity, self.where, row_key.strip(), area, sheet, cell)


def one_of(name: str, value: object, allowed: Iterable[Any], near: Iterable[str] = ()) -> None:
    """Refuse a value that is none of those allowed, with the nearest of them, or of `near`."""
    if value not in (allowed := list(allowed)):
        close = nearest(value, near or allowed)
        raise refusal("errors.one_of", name=name, value=repr(value), allowed=allowed, near=close)


def refuse(problems: list[Problem]) -> None:
    """Raise the first of the problems as a DataError, and say how many more there are."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise refusal("checks.refused", problem=errors[0]._asdict(), more=len(errors) - 1)


def read_csv(path: Path) -> tuple[Sheet, list[Problem]]:
    """Read a CSV file as text, with the line of every row; what cannot be read is a problem."""
    name, nothing, raw = path.stem, Sheet(path.name), path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        trouble = Trouble("encoding", {"byte": f"0x{raw[error.start]:02x}"}, "encoding")
        return nothing, [nothing.problem(name, raw.count(b"\n", 0, error.start) + 1, "", trouble)]
    reader, found, before = csv.reader(io.StringIO(text, newline=""), strict=True), [], 0
    try:
        for cells in reader:
            cells = [unescaped(cell.strip()) for cell in cells]
            if any(cells):  # a blank row, or one of commas only, says nothing
                found.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        return nothing, [nothing.problem(name, before + 1, "", Trouble("csv", {"error": str(error)}, "csv"))]
    if not found:
        trouble = Trouble("empty_file", {"columns": list(fields_of(name))}, "columns")
        return nothing, [nothing.problem(name, 1, "", trouble)]
    (_, header), *kept = found
    while not header[-1]:  # trailing commas
        header.pop()
    if header[0] == "#":  # a sheet of a form saved as CSV: rows that begin with # explain
        header, kept = header[1:], [(line, row[1:]) for line, row in kept if not row[0].startswith("#")]
    heads = [heading(name, text) for text in header]
    sheet = Sheet(path.name, [head for head, _ in heads], [row for _, row in kept], [line for line, _ in kept])
    return _unfolded(name, sheet._replace(units=dict(heads))), []


def heading(name: str, text: str) -> tuple[str, str]:
    """Return the column that a heading means, else the heading; and the unit that it gives: 万人 of 总人口（万人）."""
    text, unit = fold(text), HEAD_UNIT.search(fold(text))
    columns = {plain_name(field.get("title_zh", column)): column for column, field in fields_of(name).items()}
    columns |= {column: column for column in fields_of(name)}
    short = re.split(r"[(（\n\s]", text, maxsplit=1)[0]
    return columns.get(short.casefold()) or columns.get(plain_name(short)) or text, unit[1] if unit else ""


def _unfolded(name: str, sheet: Sheet) -> Sheet:
    """Return a table that has a column for each age group as rows, an age group each; any other as it is."""
    groups = {at: ages for at, column in enumerate(sheet.header) if (ages := GROUP.fullmatch(column))}
    if name != "population" or not groups:
        return sheet
    kept = [at for at in range(len(sheet.header)) if at not in groups]
    spans = sorted(((at, *_span(ages)) for at, ages in groups.items()), key=lambda span: span[1])
    spans = [(at, str(age), str(n or "")) for at, age, n in spans]
    basis = [] if "basis" in sheet.header else ["resident"]
    rows, lines = [], []
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        whole = len(cells) >= len(sheet.header)  # a shorter one stays as it is, and is told of
        first = [cells[at] for at in kept] if whole else []
        rows += [[*first, age, n, cells[at], *basis] for at, age, n in spans if cells[at] != ""] if whole else [cells]
        lines += [line] * (len(rows) - len(lines))
    header = [*(sheet.header[at] for at in kept), "age", "n", "persons", *["basis"] * len(basis)]
    return sheet._replace(header=header, rows=rows, lines=lines)


def _span(ages: re.Match) -> tuple[int, int]:
    return int(ages[1]), 0 if ages[3] else int(ages[2] or ages[1]) - int(ages[1]) + 1


def our_csv(name: str) -> pd.DataFrame:
    """Read a table of our own with the types of its schema, fast: what is wrong with it `check_data` says."""
    dtypes = {field["name"]: DTYPES[field["type"]] for field in described()[name]["schema"]["fields"]}
    path = data_folder() / f"{name}.csv"
    frame = pd.read_csv(path, dtype=dtypes, keep_default_na=False, na_values=[""], encoding="utf-8")
    return _by_age(frame) if name == "population" else frame


def _by_age(wide: pd.DataFrame) -> pd.DataFrame:
    """Return `population` as it is used, a row an age group, from a row an area, year and sex."""
    spans = {column: _span(ages) for column in wide if (ages := GROUP.fullmatch(column))}
    groups = sorted(spans, key=spans.__getitem__)
    ages, widths = np.array([spans[column] for column in groups]).T
    counts = wide[groups].to_numpy(dtype=float, na_value=np.nan)
    row, column = np.nonzero(~np.isnan(counts))  # an empty cell is a group that the volume does not print
    frame = wide[["area", "year", "sex", "source"]].iloc[row].reset_index(drop=True)
    frame["age"] = pd.array(ages[column], dtype="Int64")
    frame["n"] = pd.array(widths[column], dtype="Int64")
    frame.loc[frame["n"] == 0, "n"] = pd.NA
    frame["persons"] = counts[row, column]
    frame["basis"] = pd.Series("resident", frame.index, dtype="str")
    return frame[list(fields_of("population"))]


def fold(text: str) -> str:
    """Return a text with full-width letters, digits and spaces as plain ones; ① and ² stay what they are."""
    return text.translate(FOLDED).strip()


def escaped(cell: Any) -> Any:
    """Return a cell as a CSV file should hold it: no program for spreadsheets runs a text as a formula ('=1+1)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RUN) else cell


def unescaped(text: str) -> str:
    """Undo `escaped`; 't Hooft stays what it is."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(RUN) else text


def parse(
    name: str, sheet: Sheet, *, strict: bool = False, known: Iterable[Problem] = ()
) -> tuple[pd.DataFrame, list[Problem]]:
    """Give a sheet the types of its schema, and list what does not fit; a table of ours needs every column (`strict`).

    What is `known` to be wrong comes out empty and gets no second sentence. The index is the line in the file.
    """
    problems = _in_header(name, sheet, strict)
    if any(problem.rule == "columns-missing" for problem in problems):
        return empty_table(name), problems
    fields, width, kept, lines = fields_of(name), len(sheet.header), [], []
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        if len(cells) >= width and not any(cells[width:]):  # trailing commas do no harm
            kept.append(cells[:width])
            lines.append(line)
        else:
            trouble = Trouble("ragged", {"cells": len(cells), "width": width}, "ragged")
            problems.append(sheet.problem(name, line, "", trouble))
    text = pd.DataFrame(kept, columns=sheet.header, index=lines)
    text = text.loc[:, ~text.columns.duplicated()].reindex(columns=list(fields), fill_value="").astype(object)
    labels = key_of(text, schema_of(name)["primaryKey"])
    told = {(problem.row, problem.field) for problem in known if problem.severity == "error"}
    no_key = {line for line, field in told if field in schema_of(name)["primaryKey"]}
    problems += _duplicates(name, sheet, labels[~labels.index.isin(no_key)])
    typed = {}
    for column, field in fields.items():
        values = text[column]
        wrong = {value: trouble for value in set(values) if (trouble := misfit(value, field))}
        misfits = values.isin(wrong)
        for line, value, label in zip(values.index[misfits], values[misfits], labels[misfits], strict=True):
            if (line, column) not in told:
                problems.append(sheet.problem(name, line, column, wrong[value], row_key=label))
        no_value = {"", *(value for value, trouble in wrong.items() if trouble.rule == "type")}
        typed[column] = _typed(values.mask(values.isin(no_value), None), field["type"])
    return pd.DataFrame(typed, index=text.index), sorted(problems, key=lambda problem: problem.row or 0)


def with_word(code: str) -> str:
    """Return a code with its Chinese word, as drop-downs show it: target 目标."""
    return " ".join([code, *package()["codesZh"].get(code, ())[:1]])


def example_of(field: dict) -> str:
    """Return a number that would do in a column."""
    unit, by_name = field.get("unit", ""), {"age": "60", "n": "5"}
    by_unit = {"year": "2025", "pct": "12.5", "per_1000": "39", "share": "0.85", "1": "0.85", "ratio": "0.85"}
    return by_name.get(field["name"]) or by_unit.get(unit, "1200")


def misfit(text: str, field: dict) -> Trouble | None:
    """Return what is wrong with the text of a cell that its field does not allow, else None."""
    rules, type_ = rules_of(field), field["type"]
    came = {"shown": text, "optional": not rules.get("required"), "example": example_of(field)}
    if text == "":
        return Trouble("required", rule="required") if rules.get("required") else None
    if type_ == "integer" and not INTEGER.fullmatch(text):
        return Trouble("not_whole", came)
    if type_ == "number" and not (NUMBER.fullmatch(text) and math.isfinite(float(text))):
        return Trouble("not_a_number", came)
    if type_ == "boolean" and text not in ("true", "false"):
        return Trouble("not_true_or_false", came)
    if text not in (allowed := rules.get("enum", [text])):
        near = nearest(text.casefold(), allowed)
        values = {"shown": text, "allowed": allowed, "words": list(map(with_word, allowed)), "near": near}
        return Trouble("enum", values, "enum")
    if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
        return Trouble("pattern", {"shown": text}, "pattern")
    for rule, sign in (("minimum", 1), ("maximum", -1)):
        if rule in rules and sign * float(text) < sign * rules[rule]:
            return Trouble(rule, {"shown": text, "bound": rules[rule]}, rule)
    return None


def _typed(values: pd.Series, type_: str) -> pd.Series:
    if type_ == "integer":
        whole = [None if value is None else int(value.partition(".")[0]) for value in values]
        return pd.Series(whole, index=values.index, dtype="Int64")
    if type_ == "boolean":
        return values.map({"true": True, "false": False}).astype("boolean")
    return values.astype(DTYPES[type_])


def _in_header(name: str, sheet: Sheet, strict: bool) -> list[Problem]:
    columns, troubles = fields_of(name), []
    if len(sheet.header) == 1 and re.search("[;\t]", sheet.header[0]):
        return [sheet.problem(name, sheet.top, "", Trouble("not_by_commas", rule="columns-missing"))]
    for column in dict.fromkeys(sheet.header):
        if column not in columns:
            free = [each for each in columns if each not in sheet.header]
            values = {"table": name, "near": nearest(column, free), "columns": list(columns)}
            troubles.append((column, Trouble("unknown_column", values, "columns")))
        elif sheet.header.count(column) > 1:
            troubles.append((column, Trouble("column_twice", rule="columns")))
    for column in columns.keys() - set(sheet.header):
        needed = rules_of(columns[column]).get("required")
        if strict or needed:
            troubles.append((column, Trouble("column_missing", rule="columns-missing" if needed else "columns")))
    order = {column: place for place, column in enumerate([*sheet.header, *columns])}
    troubles.sort(key=lambda found: order[found[0]])
    return [sheet.problem(name, sheet.top, column, trouble) for column, trouble in troubles]


def _duplicates(name: str, sheet: Sheet, labels: pd.Series) -> Iterator[Problem]:
    first = dict(zip(reversed(labels.tolist()), reversed(labels.index.tolist()), strict=True))
    key, again = ", ".join(schema_of(name)["primaryKey"]), labels[labels.duplicated() & (labels.str.strip() != "")]
    for line, label in again.items():
        values = {"shown": label, "line": first[label], "book": sheet.letters is not None}
        yield sheet.problem(name, line, key, Trouble("duplicate", values, "duplicate-key"))
