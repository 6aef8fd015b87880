"""Workbooks: an empty form for a city of one's own, tables out of a workbook, tables into one."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from .core.errors import DataError
from .data import cite, data_version
from .tabling.books import put
from .tabling.codes import TABLES_ZH, UNITS_ZH
from .tabling.folders import read_table
from .tabling.form import lay_out_form
from .tabling.roots import as_root, is_workbook, user_files
from .tabling.schema import fields_of, package, table_names, user_tables

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

ENDING = ".xlsx"


def new_workbook(
    path: str | Path, area: str, *, name: str | None = None, parent: str | None = None, overwrite: bool = False
) -> Path:
    """Write an empty form (.xlsx) for a city of your own: fill it in, check it, render its report.

    The sheet `margins` is all that is needed: total, 60+, 65+ and under 3 in one year. What is left out is filled in
    from the parent and marked.

    Parameters
    ----------
    path : path
        The workbook to write; its name ends in .xlsx.
    area : str
        Slug of the place (small letters, digits, hyphens), or its Chinese name.
    name : str, optional
        Chinese name, such as 某某市, when `area` is a slug.
    parent : str, optional
        The place that it belongs to: slug, Chinese or English name, or adcode.
    overwrite : bool
        Replace a workbook that is there already.

    Returns
    -------
    Path
        The workbook.

    Raises
    ------
    DataError
        When the file is there already, cannot be written, or the parent is unknown.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> form = new_workbook(f"{folder}/mycity.xlsx", "mycity", name="某某市", parent="江西")
    >>> read_workbook(form)["areas"][["area", "name_zh", "parent"]].to_numpy().tolist()
    [['mycity', '某某市', 'jiangxi']]
    """
    target = _target(path)
    if target.exists() and not overwrite:
        raise DataError(
            f"{target.name} is there already, and may hold your figures. Choose another name, or delete it."
        )
    return _save(lay_out_form(target.stem, area, name, parent), target)


def read_workbook(path: str | Path) -> dict[str, pd.DataFrame]:
    """Read the tables of a workbook, typed as `load_table` types them; ours are not laid under them.

    Parameters
    ----------
    path : path
        A workbook (.xlsx) with a sheet for each table; other sheets are left out.

    Returns
    -------
    dict of DataFrame
        By name of the table.

    Raises
    ------
    DataError
        For the first cell that is not understood, by sheet and cell; for macros, links, and files that are no workbook.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> book = write_workbook({"areas": pd.DataFrame({"area": ["x"], "level": ["county"], "name_zh": ["某县"],
    ...     "name_en": ["X"], "parent": ["jiangxi"]})}, f"{folder}/x.xlsx")
    >>> read_workbook(book)["areas"].loc[0, "name_zh"]
    '某县'
    """
    root = as_root(_target(path))
    if root is None or not is_workbook(root):
        raise DataError(f"{str(path)!r} is a folder. Give a workbook (.xlsx), or use it as root=.")
    return {name: read_table(name, root)[0].reset_index(drop=True) for name in user_files(root)}


def write_workbook(tables: Mapping[str, pd.DataFrame], path: str | Path) -> Path:
    """Write tables into a workbook: a cover with the sources, and a sheet for each table with its units.

    Text that begins with = + - @ stays text; no cell is a formula.

    Parameters
    ----------
    tables : dict of DataFrame
        By name. Tables of the library get titles and units; others (results) are written as they are.
    path : path
        The workbook; one that is there already is replaced when the new one is complete.

    Returns
    -------
    Path
        The workbook.

    Raises
    ------
    DataError
        For nothing to write, a name that cannot name a sheet, or a file that cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from yilaolib.data import load_table
    >>> book = write_workbook({"areas": load_table("areas")}, tempfile.mkdtemp() + "/areas.xlsx")
    >>> read_workbook(book)["areas"].equals(load_table("areas"))
    True
    """
    from openpyxl import Workbook

    target = _target(path)
    if not tables:
        raise DataError("There is no table to write. Give a dict such as {'areas': frame}.")
    book = Workbook()
    _cover(book.worksheets[0], tables)
    for name, frame in tables.items():
        if not isinstance(frame, pd.DataFrame):
            raise DataError(f"The table {name!r} is a {type(frame).__name__}, not a DataFrame. Convert it first.")
        if not 0 < len(str(name)) <= 31 or re.search(r"[\[\]:*?/\\']", str(name)) or name == "cover":
            raise DataError(f"{name!r} cannot name a sheet: at most 31 characters, none of []:*?/\\', and not 'cover'.")
        _sheet(book.create_sheet(name), name, frame)
    return _save(book, target)


def _sheet(ws: Worksheet, name: str, frame: pd.DataFrame) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    fields = fields_of(name) if name in [*table_names(), *user_tables()] else {}
    if fields:
        frame = frame[[column for column in fields if column in frame]]  # rows are told by their keys
    elif frame.index.name or frame.index.nlevels > 1:
        frame = frame.reset_index()
    put(ws, 1, 1, "#")
    put(ws, 2, 1, "# 单位 unit")
    for place, column in enumerate(frame.columns, start=2):
        field = fields.get(column, {})
        put(ws, 1, place, str(column)).font = Font(bold=True)
        title = field.get("title_zh", field.get("title", ""))
        unit = UNITS_ZH.get(field.get("unit", ""), field.get("unit", ""))
        put(ws, 2, place, f"{title}（{unit}）" if unit else title).font = Font(italic=True, color="808080")
        for line, value in enumerate(frame[column].array, start=3):
            put(ws, line, place, value)
        longest = max((len(str(value)) for value in frame[column].head(200)), default=0)
        ws.column_dimensions[get_column_letter(place)].width = min(max(10, len(str(column)) + 2, longest + 2), 60)
    ws.freeze_panes = "B3"


def _cover(ws: Worksheet, tables: Mapping[str, pd.DataFrame]) -> None:
    from openpyxl.styles import Font

    ws.title = "cover"
    described = {table["name"]: table["title"] for table in package()["resources"] + package()["userTables"]}
    lines: list[tuple] = [
        ("一老一小 · yilaolib", ""),
        ("yilaolib", version("yilaolib")),
        ("数据版本 data version", data_version()),
        ("", ""),
    ]
    lines += [("工作表 sheet", "行数 rows", "内容 content")]
    for name, frame in tables.items():
        rows = len(frame) if isinstance(frame, pd.DataFrame) else 0
        lines.append((name, rows, f"{TABLES_ZH.get(name, '')} {described.get(name, '')}".strip()))
    lines += [("", ""), ("来源 source", "引文 citation")]
    own = tables.get("sources")
    titles = {} if own is None else {row.get("source"): _title(row) for row in own.to_dict("records")}
    used = [s for f in tables.values() if isinstance(f, pd.DataFrame) and "source" in f for s in f["source"].dropna()]
    for source in dict.fromkeys(str(source) for source in used):
        lines.append((source, _citation(source, titles)))
    for line, texts in enumerate(lines, start=1):
        for column, text in enumerate(texts, start=1):
            put(ws, line, column, text if text != "" else None)
    ws["A1"].font = Font(bold=True, size=14)
    for letter, width in (("A", 28), ("B", 60), ("C", 40)):
        ws.column_dimensions[letter].width = width


def _citation(source: str, titles: dict) -> str:
    try:
        return cite(source)["citation"][0]
    except DataError:  # a document of the user
        return titles.get(source, "")


def _title(row: dict) -> str:
    return next((row[name] for name in ("title_zh", "title_en") if isinstance(row.get(name), str)), "")


def _target(path: str | Path) -> Path:
    target = Path(path).expanduser()
    if target.suffix.casefold() != ENDING:
        raise DataError(f"{target.name!r} does not end in {ENDING}. Workbooks are read and written as {ENDING}.")
    return target


def _save(book: Workbook, target: Path) -> Path:
    """Write beside and rename, so that a workbook is whole or not there."""
    beside = target.with_name(f".{os.getpid()}-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        book.save(beside)
        os.replace(beside, target)
    except OSError as error:
        raise DataError(
            f"{target} cannot be written ({error.strerror or error}). Close it where it is open, or choose another "
            "place."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return target
