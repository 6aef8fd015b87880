"""One table: its schema, its text, its types. `data` finds and joins tables, `checks` judges them.

A table is read as text first, so that a broken cell can be named by line and field before any type is made.
Whatever is wrong is a `Fault`, which is also a row of what `check_data` returns.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from .errors import DataError, did_you_mean

INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
DTYPES = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean"}


class Fault(NamedTuple):
    """One problem, in words; `row` is the line of the file, of which the header is line 1."""

    table: str
    row: int | None
    field: str
    rule: str
    message: str
    severity: str = "error"


class Sheet(NamedTuple):
    """A table as text: what a CSV file holds (or one sheet of a workbook)."""

    where: str  # how messages name it, such as "observations.csv"
    header: list[str]
    rows: list[list[str]]
    lines: list[int]  # the line of the file in which each row begins


def data_folder() -> Path:
    """Return the folder of our own tables: inside an installed wheel, or beside the package in a clone."""
    inside = Path(__file__).parent / "_data"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "data"


@cache
def package() -> dict:
    """Return the schema of all tables, `datapackage.json`, as a dict."""
    return json.loads((data_folder() / "datapackage.json").read_text(encoding="utf-8"))


def table_names() -> list[str]:
    """Return the names of the tables in the order of the schema."""
    return [resource["name"] for resource in package()["resources"]]


def schema_of(name: str) -> dict:
    """Return the schema of a table (fields, primaryKey, foreignKeys); an unknown name is a DataError."""
    for resource in package()["resources"]:
        if resource["name"] == name:
            return resource["schema"]
    raise DataError(
        f"There is no table {name!r}.{did_you_mean(name, table_names())} The tables are {', '.join(table_names())}."
    )


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
        line = raw.count(b"\n", 0, error.start) + 1
        message = (
            f"{where} line {line}: byte 0x{raw[error.start]:02x} is not UTF-8 text. "
            "Save the file as UTF-8 (in Excel: 'CSV UTF-8')."
        )
        return nothing, [Fault(name, line, "", "encoding", message)]
    reader, rows, lines, before = csv.reader(io.StringIO(text, newline=""), strict=True), [], [], 0
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells):  # a blank row, or one of commas only, says nothing
                rows.append(cells)
                lines.append(before + 1)
            before = reader.line_num
    except csv.Error as error:
        message = (
            f"{where} line {before + 1}: the row that begins here cannot be read ({error}). "
            'Put a text with a comma or a quote in double quotes, and write a quote inside it as "".'
        )
        return nothing, [Fault(name, before + 1, "", "csv", message)]
    if not rows:
        message = f"{where} is empty. Its first line must name the columns: {', '.join(_columns(name))}."
        return nothing, [Fault(name, 1, "", "columns", message)]
    header = rows[0]
    while not header[-1]:  # trailing commas
        header.pop()
    return Sheet(where, header, rows[1:], lines[1:]), []


def parse(name: str, sheet: Sheet, *, strict: bool = False) -> tuple[pd.DataFrame, list[Fault]]:
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

    Returns
    -------
    (DataFrame, list of Fault)
        All columns of the schema, the index is the line in the file. Cells of a wrong type are empty.
    """
    schema, width = schema_of(name), len(sheet.header)
    faults = _header_faults(name, sheet, strict)
    if any(fault.rule == "columns-missing" for fault in faults):
        return empty_table(name), faults
    kept = {}
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        if len(cells) >= width and not any(cells[width:]):  # trailing commas do no harm
            kept[line] = cells[:width]
        else:
            message = (
                f"{sheet.where} line {line} has {len(cells)} cells, but the header has {width}. "
                "Put a text with a comma in double quotes, and write a comma for every empty cell."
            )
            faults.append(Fault(name, line, "", "ragged", message))
    text = pd.DataFrame(list(kept.values()), columns=sheet.header, index=list(kept))
    text = text.loc[:, ~text.columns.duplicated()].reindex(columns=_columns(name), fill_value="").astype(object)
    labels = key_of(text, schema["primaryKey"])
    faults += _duplicates(name, sheet.where, labels)
    typed = {}
    for field in schema["fields"]:
        values = text[field["name"]]
        wrong = {value: said for value in set(values) if (said := complaint(value, field))}
        for line, value in values[values.isin(wrong)].items():
            rule, said = wrong[value]
            message = f"{sheet.where} line {line} ({labels[line]}): {field['name']} {said}"
            faults.append(Fault(name, line, field["name"], rule, message))
        no_value = {"", *(value for value, (rule, _) in wrong.items() if rule == "type")}
        typed[field["name"]] = _typed(values.mask(values.isin(no_value), None), field["type"])
    return pd.DataFrame(typed, index=text.index), sorted(faults, key=lambda fault: fault.row or 0)


def complaint(text: str, field: dict) -> tuple[str, str] | None:
    """Return (rule, sentence) if the text of a cell is not what its field allows, else None."""
    rules, type_ = field.get("constraints", {}), field["type"]
    if text == "":
        said = "is empty, but is needed. Fill it in, or take the row out."
        return ("required", said) if rules.get("required") else None
    if needed := _misfit(text, type_):
        or_empty = "." if rules.get("required") else ", or leave the cell empty."
        return "type", f"is {text!r}, which is not {needed}{or_empty}"
    if "enum" in rules and text not in rules["enum"]:
        near = did_you_mean(text.casefold(), rules["enum"])
        return "enum", f"is {text!r}; allowed are {', '.join(rules['enum'])}.{near}"
    if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
        return "pattern", f"is {text!r}, which does not have the right form. {field['description']}"
    if "minimum" in rules and float(text) < rules["minimum"]:
        return "minimum", f"is {text}, but must be {rules['minimum']} or more. Correct the figure."
    if "maximum" in rules and float(text) > rules["maximum"]:
        return "maximum", f"is {text}, but must be {rules['maximum']} or less. Correct the figure."
    return None


def _misfit(text: str, type_: str) -> str:
    """Return what a text should have been, and how to write it, if it is not of its type."""
    if type_ == "integer" and not INTEGER.fullmatch(text):
        return "a whole number. Write digits only, such as 2025"
    if type_ == "number" and not (NUMBER.fullmatch(text) and math.isfinite(float(text))):
        return "a number. Write digits without a unit, such as 12.5"
    if type_ == "boolean" and text not in ("true", "false"):
        return "true or false. Write one of the two"
    return ""


def empty_table(name: str) -> pd.DataFrame:
    """Return a table without rows, with its columns and types."""
    return pd.DataFrame({f["name"]: pd.Series(dtype=DTYPES[f["type"]]) for f in schema_of(name)["fields"]})


def rules_of(name: str, field: str) -> dict:
    """Return the constraints of one column, such as {"required": True}."""
    return next(f.get("constraints", {}) for f in schema_of(name)["fields"] if f["name"] == field)


def key_of(frame: pd.DataFrame, key: list[str]) -> pd.Series:
    """Return the key of every row as one readable text, such as "jingdezhen 2020 female 60"."""
    parts = [frame[field].astype(object).where(frame[field].notna(), "").astype(str) for field in key]
    text = parts[0]
    for part in parts[1:]:
        text = text + " " + part
    return text


def _typed(values: pd.Series, type_: str) -> pd.Series:
    if type_ == "integer":
        return pd.Series([None if v is None else int(v) for v in values], index=values.index, dtype="Int64")
    if type_ == "boolean":
        return values.map({"true": True, "false": False}).astype("boolean")
    return values.astype(DTYPES[type_])


def _columns(name: str) -> list[str]:
    return [field["name"] for field in schema_of(name)["fields"]]


def _header_faults(name: str, sheet: Sheet, strict: bool) -> list[Fault]:
    columns, faults = _columns(name), []
    if len(sheet.header) == 1 and re.search("[;\t]", sheet.header[0]):
        message = f"{sheet.where} line 1: the columns are not separated by commas. Save it as a CSV with commas."
        return [Fault(name, 1, "", "columns-missing", message)]
    for column in dict.fromkeys(sheet.header):
        if column not in columns:
            message = (
                f"{sheet.where} line 1: {column!r} is not a column of {name}.{did_you_mean(column, columns)} "
                f"The columns are {', '.join(columns)}."
            )
            faults.append(Fault(name, 1, column, "columns", message))
        elif sheet.header.count(column) > 1:
            message = f"{sheet.where} line 1: the column {column!r} comes twice. Take one out."
            faults.append(Fault(name, 1, column, "columns", message))
    for field in schema_of(name)["fields"]:
        needed = field.get("constraints", {}).get("required")
        if field["name"] not in sheet.header and (strict or needed):
            message = f"{sheet.where} line 1: the column {field['name']!r} is missing. Add it."
            faults.append(Fault(name, 1, field["name"], "columns-missing" if needed else "columns", message))
    return faults


def _duplicates(name: str, where: str, labels: pd.Series) -> list[Fault]:
    first = dict(zip(reversed(labels.tolist()), reversed(labels.index.tolist()), strict=True))
    return [
        Fault(
            name,
            line,
            ", ".join(schema_of(name)["primaryKey"]),
            "duplicate-key",
            f"{where} line {line}: {label} is there already, in line {first[label]}. Keep one of them.",
        )
        for line, label in labels[labels.duplicated() & (labels.str.strip() != "")].items()
    ]
