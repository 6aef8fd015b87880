"""Check a data folder against the schema and the rules; problems are rows of a table, and an empty table is good.

Cells are read by `tables`, which says what is wrong in a sentence; frictionless then holds the schema to the
letter; `rules` say what no schema can.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .folders import as_folder, folder_files, merged_table, orphans, overlay
from .rules import RULES, Tables
from .tables import (
    Fault,
    Sheet,
    data_folder,
    empty_table,
    key_of,
    parse,
    read_csv,
    schema_of,
    table_names,
)


def check_data(root: str | Path | None = None) -> pd.DataFrame:
    """List the problems of a data folder: ours, or your own laid over ours. No row means no problem.

    An error makes figures wrong or unreadable; a warning is worth a look. Registered and resident
    populations are never compared.

    Parameters
    ----------
    root : path, optional
        A folder of your own. Its tables are checked as they would be used, together with ours, and only
        its own rows are reported. Without it our own tables are checked.

    Returns
    -------
    DataFrame
        One row a problem: table, row (line of the file; the header is line 1; missing for a whole file),
        field, rule, message (a sentence), severity ("error" or "warning").

    Raises
    ------
    DataError
        When the folder does not exist.

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.check_data().query("severity == 'error'").empty
    True
    """
    folder = as_folder(root)
    files, faults = folder_files(folder or data_folder())
    tables: Tables = {}
    for name in table_names():
        checked = _read(name, files.get(name), faults, strict=folder is None)
        if folder is None:
            tables[name] = checked
        else:
            ours = merged_table(name)
            ours = ours.assign(line=ours.index, checked=False)
            tables[name] = (overlay(name, ours, checked) if len(checked) else ours).reset_index(drop=True)
    faults += _missing_files(files, folder)
    faults += _orphans(tables) + _broken_rules(tables)
    order = {name: place for place, name in enumerate(table_names())}
    faults.sort(key=lambda fault: (order.get(fault.table, -1), fault.row or 0, fault.severity))
    problems = pd.DataFrame(faults, columns=Fault._fields)
    return problems.astype({"row": "Int64", **dict.fromkeys(problems.columns.drop("row"), "str")})


def _read(name: str, path: Path | None, faults: list[Fault], *, strict: bool) -> pd.DataFrame:
    """Read a file to be checked as far as it can be read, and add what is wrong with it to `faults`."""
    frame = empty_table(name)
    if path is not None:
        sheet, found = read_csv(path)
        if not found:
            frame, found = parse(name, sheet, strict=strict)
        faults += found + _by_standard(name, sheet, found)
    return frame.assign(line=frame.index, checked=True).reset_index(drop=True)


def _by_standard(name: str, sheet: Sheet, found: list[Fault]) -> list[Fault]:
    """Hold a sheet to its schema with frictionless; a cell that has its sentence already gets no second one."""
    from frictionless import Resource, Schema  # takes longer to import than all else here

    fields = {field["name"]: field for field in schema_of(name)["fields"]}
    columns = {column: place for place, column in enumerate(sheet.header) if column in fields}
    if not columns or not sheet.rows:
        return []
    descriptor = {"fields": [fields[column] for column in columns], "missingValues": [""]}
    cells = [[*row, *[""] * len(sheet.header)] for row in sheet.rows]
    rows = [[row[place] for place in columns.values()] for row in cells]
    report = Resource(data=[list(columns), *rows], schema=Schema.from_descriptor(descriptor)).validate(
        limit_errors=100_000
    )
    said = {(fault.row, fault.field) for fault in found}
    lines_lost = {fault.row for fault in found if fault.rule == "ragged"}
    faults = []
    for error in report.tasks[0].errors if report.tasks else report.errors:
        if not hasattr(error, "row_number"):
            faults.append(Fault(name, None, "", error.type, f"{sheet.where}: {error.message}."))
            continue
        line, field = sheet.lines[error.row_number - 2], getattr(error, "field_name", "")
        if (line, field) not in said and line not in lines_lost:
            cell = getattr(error, "cell", "")
            message = f"{sheet.where} line {line}: {field} is {cell!r}, but {error.note}. Correct the cell."
            faults.append(Fault(name, line, field, error.type, message))
    return faults


def _missing_files(files: dict[str, Path], folder: Path | None) -> list[Fault]:
    if folder is None:
        return [
            Fault(name, None, "", "file", f"{name}.csv is not in {data_folder()}. Restore it.")
            for name in table_names()
            if name not in files
        ]
    if not files:
        text = f"{folder} holds none of the tables {', '.join(table_names())}. Name a file such as observations.csv."
        return [Fault("", None, "", "file", text, "warning")]
    return []


def _orphans(tables: Tables) -> list[Fault]:
    faults = []
    for name, frame in tables.items():
        if frame["checked"].any():
            faults += orphans(name, frame[frame["checked"]].set_index("line"), tables)
    return faults


def _broken_rules(tables: Tables) -> list[Fault]:
    faults = []
    for name, rule in RULES.items():
        for found in rule(tables):
            row = tables[found.table].loc[[found.label]]
            if row["checked"].item():
                line = int(row["line"].item())
                key = key_of(row, schema_of(found.table)["primaryKey"]).item()
                message = f"{found.table}.csv line {line} ({key}): {found.message}"
                faults.append(Fault(found.table, line, found.field, name, message, found.severity))
    return faults
