"""Open a workbook (.xlsx) and take out what was typed; workbooks that could run or fetch anything are refused."""

from __future__ import annotations

import io
import math
import os
import re
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.errors import DataError
from .sentences import Said

if TYPE_CHECKING:  # it takes a third of a second to import
    from openpyxl.worksheet.worksheet import Worksheet

OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # .xls, and .xlsx behind a password
LONGEST = 32_767  # characters that a cell can hold
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML cannot hold these
LARGEST = 200_000_000  # bytes unpacked; a table of 2,800 counties by age takes a fifth of that
FORBIDDEN = {  # part of the name of a file inside the workbook: what it is
    "vbaproject": "macros",
    "macrosheets/": "macros",
    "externallinks/": "links to other workbooks",
    "connections.xml": "connections to other data",
    "querytables/": "connections to other data",
    "embeddings/": "embedded objects",
    "activex/": "embedded controls",
}


class Raw(NamedTuple):
    """What was typed in one cell."""

    value: Any
    percent: bool = False  # shown as a percentage
    merged: bool = False  # the value stands in a cell above that this one is merged with
    trouble: Said | None = None


class Grid(NamedTuple):
    """A sheet: its title and its cells by row and column; empty cells are left out."""

    title: str
    rows: dict[int, dict[int, Raw]]


def read_grids(path: Path) -> list[Grid]:
    """Return the sheets of a workbook, in their order.

    Raises
    ------
    DataError
        When the file is not a workbook, is damaged, locked, too large, or holds macros or links to outside.
    """
    stat = os.stat(path)
    return list(_read_grids(path, stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=8)
def _read_grids(path: Path, _time: int, _size: int) -> list[Grid]:
    from openpyxl import load_workbook

    _inspect(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which nothing here reads
            typed = load_workbook(_without_pictures(path))
            formulas = any(cell.data_type == "f" for ws in typed.worksheets for cell in _cells(ws))
            shown = load_workbook(_without_pictures(path), data_only=True) if formulas else typed
        return [_grid(ws, shown[ws.title]) for ws in typed.worksheets]
    except Exception as error:  # openpyxl raises whatever a broken part makes it trip over
        raise _damaged(path, error) from error


def _inspect(path: Path) -> None:
    """Refuse what is no workbook or could do more than hold cells."""
    try:
        with open(path, "rb") as file:
            head = file.read(8)
        if head.startswith(OLD_FORMAT):
            raise DataError(
                f"{path.name} is an old .xls file or has a password. Save it as .xlsx without a password. "
                "（旧版.xls或带密码的文件，请另存为不带密码的.xlsx。）"
            )
        with zipfile.ZipFile(path) as package:
            _inspect_parts(path, package)
    except PermissionError as error:
        raise DataError(
            f"{path.name} cannot be opened ({error.strerror}). Close it in the program that has it open. "
            "（文件无法打开，请先在其他程序中关闭。）"
        ) from error
    except Exception as error:  # zipfile and zlib have an error each for every kind of damage
        raise _damaged(path, error) from error


def _inspect_parts(path: Path, package: zipfile.ZipFile) -> None:
    names = [info.filename.casefold() for info in package.infolist()]
    for part, what in FORBIDDEN.items():
        if any(part in name for name in names):
            raise DataError(
                f"{path.name} holds {what}, which are not read. Save a copy without them as .xlsx. "
                "（含宏、外部链接或嵌入对象，请另存为不含这些内容的.xlsx。）"
            )
    if "xl/workbook.xml" not in names:
        raise DataError(f"{path.name} is not a workbook. Save it as .xlsx. （不是Excel工作簿，请另存为.xlsx。）")
    if sum(info.file_size for info in package.infolist()) > LARGEST:
        raise DataError(f"{path.name} is too large to be read. Give large tables as CSV files in a folder.")
    for info in package.infolist():  # of any name: which parts are read as XML, other parts say
        if _is_picture(info.filename):  # it may have one (SVG), and is never opened
            continue
        text = package.read(info).replace(b"\0", b"")  # UTF-16 too
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise DataError(f"{path.name} holds a document type, which no workbook needs. It is not read.")


def _without_pictures(path: Path) -> Path | io.BytesIO:
    """Return a workbook with its pictures empty: openpyxl would open them, and a part may call one of them a sheet."""
    with zipfile.ZipFile(path) as package:
        if not any(map(_is_picture, package.namelist())):
            return path
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w") as other:
            for info in package.infolist():
                other.writestr(info.filename, b"" if _is_picture(info.filename) else package.read(info))
    copy.seek(0)
    return copy


def _is_picture(name: str) -> bool:
    return name.casefold().startswith("xl/media/")


def _damaged(path: Path, error: Exception) -> DataError:
    if isinstance(error, DataError):
        return error
    return DataError(
        f"{path.name} cannot be read as a workbook ({type(error).__name__}). Open it in a program for spreadsheets "
        "and save it as .xlsx. （无法作为工作簿读取，请用表格软件打开后另存为.xlsx。）"
    )


def _cells(ws: Any) -> list:
    """The cells that the file holds: `iter_rows` would make all up to the farthest, 17 billion if that is the last."""
    return [ws._cells[place] for place in sorted(ws._cells)]


def _grid(ws: Any, shown: Any) -> Grid:
    rows: dict[int, dict[int, Raw]] = {}
    for cell in _cells(ws):
        raw = _raw(cell, shown)
        if raw is not None:
            rows.setdefault(cell.row, {})[cell.column] = raw
    for area in ws.merged_cells.ranges:
        first = rows.get(area.min_row, {}).get(area.min_col)
        if first is None or area.max_row - area.min_row > 10_000:
            continue
        if area.min_col == area.max_col:
            for line in range(area.min_row + 1, area.max_row + 1):
                rows.setdefault(line, {})[area.min_col] = first._replace(merged=True)
        else:
            said = Said(
                f"is merged over {area.coord}. Unmerge the cells and type each value in its own cell.",
                f"是合并单元格（{area.coord}），请取消合并并逐格填写。",
            )
            rows[area.min_row][area.min_col] = first._replace(trouble=said)
    return Grid(ws.title, dict(sorted(rows.items())))


def _raw(cell: Any, shown: Any) -> Raw | None:
    value = cell.value
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if cell.data_type == "f":
        value = shown[cell.coordinate].value
        if value is None:
            said = Said(
                "holds a formula without its result. Open and save the workbook, or type the value.",
                "是没有计算结果的公式，请打开并保存工作簿，或直接填写数值。",
            )
            return Raw("", trouble=said)
    if cell.data_type == "e" or (isinstance(value, str) and shown[cell.coordinate].data_type == "e"):
        said = Said(f"shows the error {value}. Type the value.", f"显示错误{value}，请直接填写数值。")
        return Raw(value, trouble=said)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Raw(value, percent=number and "%" in str(cell.number_format).split(";")[0])


def put(ws: Worksheet, row: int, column: int, value: Any) -> Any:
    """Put a value into a cell: missing as empty, text as text whatever it begins with.

    Raises
    ------
    DataError
        When a text is longer than a cell can hold.
    """
    cell: Any = ws.cell(row, column)  # never one that is merged away
    if value is None or str(value) in ("<NA>", "NaT") or (isinstance(value, float) and not math.isfinite(value)):
        return cell
    unbox = getattr(value, "item", None)  # of a number of numpy
    value = unbox() if unbox else value
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise DataError(f"A text of {len(value)} characters is too long for a cell ({LONGEST}). Shorten it.")
        cell.value = UNPRINTABLE.sub("\ufffd", value)
        cell.data_type = "s"  # openpyxl would make a formula of what begins with =
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@", "\t", "\r")
    else:
        cell.value = value if isinstance(value, int | float | bool) else str(value)
    return cell
