"""Check a data folder or workbook against the schema and the rules; problems are rows of a table, empty is good.

Cells are read by `rows` and `tables`, which say what is wrong in a sentence; frictionless then holds the schema to the
letter; `rules` say what no schema can.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .checking import claimrules, figurerules  # noqa: F401 - they register their rules
from .checking.rules import RULES, Tables
from .core.errors import DataError, did_you_mean
from .tabling.folders import merged_table, orphans, overlay
from .tabling.roots import as_root, found_tables, is_workbook, read_theirs
from .tabling.schema import data_folder, empty_table, fields_of, key_of, schema_of, table_names, user_tables
from .tabling.sentences import LANGS, Said
from .tabling.sheets import Fault, Sheet, read_csv
from .tabling.tables import parse

COLUMNS = ["table", "row", "field", "rule", "message", "severity"]


def check_data(root: str | Path | None = None, *, lang: str = "en") -> pd.DataFrame:
    """List the problems of a data folder or workbook: ours, or your own laid over ours. No row means no problem.

    An error makes figures wrong or unreadable; a warning is worth a look. Registered and resident
    populations are never compared.

    Parameters
    ----------
    root : path, optional
        A folder of your own, or a workbook (.xlsx). Its tables are checked as they would be used, together with ours,
        and only its own rows are reported. Without it our own tables are checked.
    lang : {"en", "zh"}
        Language of the messages.

    Returns
    -------
    DataFrame
        One row a problem: table, row (line of the file; the header is line 1; missing for a whole file),
        field, rule, message (a sentence), severity ("error" or "warning"). Of a workbook also sheet and cell ("B7");
        its row is the row of the sheet.

    Raises
    ------
    DataError
        When the folder does not exist, or the workbook cannot be read at all.

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.check_data().query("severity == 'error'").empty
    True
    """
    if lang not in LANGS:
        raise DataError(f"lang must be one of {', '.join(LANGS)}; it is {lang!r}.{did_you_mean(lang, LANGS)}")
    path = as_root(root)
    files, faults = found_tables(path or data_folder())
    tables, sheets = {}, {}
    for name in [*table_names(), *user_tables()]:
        checked, sheets[name] = _read(name, files.get(name), faults, root=path)
        if path is None:
            tables[name] = checked
        else:
            ours = merged_table(name)
            ours = ours.assign(line=ours.index, checked=False)
            tables[name] = (overlay(name, ours, checked) if len(checked) else ours).reset_index(drop=True)
    faults += _missing_files(files, path)
    faults += _orphans(tables, sheets) + _broken_rules(tables, sheets)
    order = {name: place for place, name in enumerate([*table_names(), *user_tables()])}
    faults.sort(key=lambda fault: (order.get(fault.table, -1), fault.row or 0, fault.severity))
    problems = pd.DataFrame(faults, columns=Fault._fields)
    if lang == "zh":
        problems["message"] = problems["zh"].where(problems["zh"] != "", problems["message"])
    problems = problems[COLUMNS + (["sheet", "cell"] if is_workbook(path) else [])]
    return problems.astype({"row": "Int64", **dict.fromkeys(problems.columns.drop("row"), "str")})


def _read(name: str, path: Path | None, faults: list[Fault], *, root: Path | None) -> tuple[pd.DataFrame, Sheet]:
    """Read a table to be checked as far as it can be read, and add what is wrong with it to `faults`."""
    frame, sheet = empty_table(name), Sheet(f"{name}.csv", [], [], [])
    if path is not None:
        sheet, found = read_csv(path) if root is None else read_theirs(name, root)
        if sheet.header:
            frame, misfits = parse(name, sheet, strict=root is None, known=found)
            found = found + misfits
        faults += found + _by_standard(name, sheet, found)
    return frame.assign(line=frame.index, checked=True).reset_index(drop=True), sheet


def _by_standard(name: str, sheet: Sheet, found: list[Fault]) -> list[Fault]:
    """Hold a sheet to its schema with frictionless; a cell that has its sentence already gets no second one."""
    from frictionless import Resource, Schema  # takes longer to import than all else here

    fields = fields_of(name)
    columns = {column: place for place, column in enumerate(sheet.header) if column in fields}
    if not columns or not sheet.rows:
        return []
    descriptor = {"fields": [fields[column] for column in columns], "missingValues": [""]}
    cells = [[*row, *[""] * len(sheet.header)] for row in sheet.rows]
    rows = [[row[place] for place in columns.values()] for row in cells]
    report = Resource(data=[list(columns), *rows], schema=Schema.from_descriptor(descriptor)).validate(
        limit_errors=100_000
    )
    said = {(fault.row, fault.field) for fault in found if fault.severity == "error"}
    lines_lost = {fault.row for fault in found if fault.rule == "ragged"}
    faults = []
    for error in report.tasks[0].errors if report.tasks else report.errors:
        at = getattr(error, "row_number", None)
        if at is None:
            place = sheet.fault(name, None, "", error.type, Said(f"{error.message}.", f"{error.message}。"))
            faults.append(place)
            continue
        line, field = sheet.lines[at - 2], getattr(error, "field_name", "")
        if (line, field) not in said and line not in lines_lost:
            cell = getattr(error, "cell", "")
            message = Said(
                f"{field} is {cell!r}, but {error.note}. Correct the cell.",
                f"{field} 为“{cell}”，与表结构不符（{error.note}），请更正。",
            )
            faults.append(sheet.fault(name, line, field, error.type, message))
    return faults


def _missing_files(files: dict[str, Path], root: Path | None) -> list[Fault]:
    if root is None:
        return [
            Fault(name, None, "", "file", f"{name}.csv is not in {data_folder()}. Restore it.")
            for name in table_names()
            if name not in files
        ]
    if files:
        return []
    names, kind = ", ".join(table_names()), "sheet" if is_workbook(root) else "file"
    example = "observations" if is_workbook(root) else "observations.csv"
    en = f"{root} holds none of the tables {names}. Name a {kind} such as {example}."
    zh = f"{root.name} 中没有任何表（{names}），请按表名命名，如{example}。"
    return [Fault("", None, "", "file", en, "warning", zh)]


def _orphans(tables: Tables, sheets: dict[str, Sheet]) -> list[Fault]:
    faults = []
    for name, frame in tables.items():
        if frame["checked"].any():
            faults += orphans(name, frame[frame["checked"]].set_index("line"), tables, sheets[name])
    return faults


def _broken_rules(tables: Tables, sheets: dict[str, Sheet]) -> list[Fault]:
    faults = []
    for name, rule in RULES.items():
        for found in rule(tables):
            row = tables[found.table].loc[[found.label]]
            if row["checked"].item():
                key = key_of(row, schema_of(found.table)["primaryKey"]).item()
                said = found.message if isinstance(found.message, Said) else Said(found.message, found.message)
                where = found.table, int(row["line"].item()), found.field, name, said
                faults.append(sheets[found.table].fault(*where, key=key, severity=found.severity))
    return faults
