"""What a user typed into a workbook, as the text that the tables hold: units, codes and names are understood here."""

from __future__ import annotations

import math
import os
import re
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import DataError
from .finding import plain_name
from .printed import NOT_PUBLISHED, Understood, fold, read_date, read_number, read_text, refused, show
from .schema import NUMBER, Problem, Sheet, Trouble, fields_of, links_of, package, refusal, rules_of, schema_of

OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # .xls, and .xlsx behind a password
LARGEST = 200_000_000  # bytes unpacked; a table of 2,800 counties by age takes a fifth of that
LONGEST = 32_767  # characters that a cell can hold
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML cannot hold these
ROW_UNITS = ("see unit", "see indicator")  # the unit stands in another column of the row
HEADER_WITHIN = 30  # rows from the top in which a header is looked for
OWN_SOURCE = "own-figures"


def code_of(text: str, codes: list[str]) -> str:
    """Return the code that a text means: the code, its Chinese word, or both ("target 目标"); else the text itself."""
    for word in (text, *text.split(maxsplit=1)[:1], *text.rsplit(maxsplit=1)[:1]):
        for code in codes:
            if word == code or word in package()["codesZh"].get(code, ()):
                return code
    return text


def with_word(code: str) -> str:
    """Return a code with its Chinese word, as drop-downs show it: target 目标."""
    return " ".join([code, *package()["codesZh"].get(code, ())[:1]])


class Raw(NamedTuple):
    """What was typed in one cell."""

    value: Any
    percent: bool = False  # shown as a percentage
    merged: bool = False  # the value stands in a cell above that this one is merged with
    trouble: Trouble | None = None


class Grid(NamedTuple):
    """A sheet: its title and its cells by row and column; empty cells are left out."""

    title: str
    rows: dict[int, dict[int, Raw]]


def read_grids(path: Path) -> list[Grid]:
    """Return the sheets of a workbook; a file that is none, is damaged, locked or too large is a DataError.

    Macros and links to other files are not read: openpyxl leaves them alone. Against entities that grow, it uses
    defusedxml where that is installed, and so it is one of our requirements.
    """
    stat = os.stat(path)
    return list(_read_grids(path, stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=8)
def _read_grids(path: Path, _time: int, _size: int) -> list[Grid]:
    from openpyxl import load_workbook

    try:
        with open(path, "rb") as file:
            if file.read(4) == OLD_FORMAT:
                raise refusal("form.old_format", file=path.name)
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST:
                raise refusal("form.too_large", file=path.name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which nothing here reads
            typed = load_workbook(path, keep_links=False)
            formulas = any(cell.data_type == "f" for ws in typed.worksheets for cell in _cells(ws))
            shown = load_workbook(path, keep_links=False, data_only=True) if formulas else typed
        return [_grid(ws, shown[ws.title]) for ws in typed.worksheets]
    except DataError:
        raise
    except PermissionError as error:
        raise refusal("form.not_opened", file=path.name, error=error.strerror) from error
    except Exception as error:  # zipfile and openpyxl raise whatever a broken part makes them trip over
        raise refusal("form.damaged", file=path.name, error=type(error).__name__) from error


def _cells(ws: Any) -> list:
    """The cells that the file holds: `iter_rows` would make all up to the farthest, 17 billion if that is the last."""
    return [ws._cells[place] for place in sorted(ws._cells)]


def _grid(ws: Any, shown: Any) -> Grid:
    rows: dict[int, dict[int, Raw]] = {}
    for cell in _cells(ws):
        if (raw := _raw(cell, shown)) is not None:
            rows.setdefault(cell.row, {})[cell.column] = raw
    for area in ws.merged_cells.ranges:
        first = rows.get(area.min_row, {}).get(area.min_col)
        if first is None or area.max_row - area.min_row > 10_000:
            continue
        if area.min_col == area.max_col:
            for line in range(area.min_row + 1, area.max_row + 1):
                rows.setdefault(line, {})[area.min_col] = first._replace(merged=True)
        else:
            rows[area.min_row][area.min_col] = first._replace(trouble=Trouble("merged_area", {"area": area.coord}))
    return Grid(ws.title, dict(sorted(rows.items())))


def _raw(cell: Any, shown: Any) -> Raw | None:
    value = cell.value
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if cell.data_type == "f":
        value = shown[cell.coordinate].value
        if value is None:
            return Raw("", trouble=Trouble("formula_without_result"))
    if cell.data_type == "e" or (isinstance(value, str) and shown[cell.coordinate].data_type == "e"):
        return Raw(value, trouble=Trouble("shows_an_error", {"shown": str(value)}))
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Raw(value, percent=number and "%" in str(cell.number_format).split(";")[0])


def put(ws: Any, row: int, column: int, value: Any) -> Any:
    """Put a value into a cell of a worksheet: missing as empty, text as text whatever it begins with."""
    cell = ws.cell(row, column)
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


class Spelling(NamedTuple):
    """How a user may write the ids of other tables: table -> id or plain name -> id; and indicator -> unit."""

    ids: dict[str, dict[str, str]]
    units: dict[str, str]
    own: dict[str, str] = {}  # noqa: RUF012 - the one area and the one source of a workbook


def sheet_of(name: str, grid: Grid) -> tuple[Sheet, list[Problem]]:
    """Find header and rows of a table in a sheet; rows that begin with # explain and are left out."""
    from openpyxl.utils import get_column_letter as letter

    columns = {column.casefold(): column for column in fields_of(name)}
    columns |= {plain_name(f["title_zh"]): column for column, f in fields_of(name).items() if "title_zh" in f}
    titles = {line: {at: _title(raw, columns) for at, raw in row.items()} for line, row in grid.rows.items()}
    top = next((line for line in list(titles)[:HEADER_WITHIN] if _looks_like_header(titles[line], columns)), None)
    if top is None:
        nothing = Sheet(grid.title, letters={})
        trouble = Trouble("no_header", {"columns": list(fields_of(name))}, "columns-missing")
        return nothing, [nothing.problem(name, 1, "", trouble)]
    places = {at: title for at, title in titles[top].items() if title != "#"}
    letters = {title: letter(at) for at, title in reversed(places.items())}
    sheet, problems = Sheet(grid.title, list(places.values()), [], [], letters, top), []
    for line, row in grid.rows.items():
        if line <= top or str(row[min(row)].value).startswith("#"):
            continue
        for at in row.keys() - places.keys():
            if at != min(titles[top]) or titles[top].get(at) != "#":
                letters.setdefault(f"?{at}", letter(at))
                problem = sheet.problem(name, line, f"?{at}", Trouble("column_without_name", rule="columns"))
                problems.append(problem._replace(field=""))
        if any(at in row and not row[at].merged for at in places):
            sheet.rows.append([row.get(at, Raw("")) for at in places])
            sheet.lines.append(line)
    return sheet, problems


def _title(raw: Raw, columns: dict[str, str]) -> str:
    text = fold(str(raw.value))
    short = re.split(r"[(（\n\s]", text, maxsplit=1)[0]
    return columns.get(short.casefold()) or columns.get(plain_name(short)) or text


def _looks_like_header(titles: dict[int, str], columns: dict[str, str]) -> bool:
    known = [title for title in titles.values() if title in columns.values()]
    return len(known) >= 2 and 2 * len(known) >= len([title for title in titles.values() if title != "#"])


def understand(name: str, sheet: Sheet, spelling: Spelling) -> tuple[Sheet, list[Problem]]:
    """Return a sheet of typed cells as a sheet of plain texts, with what could not be understood."""
    fields, rows, problems = fields_of(name), [], []
    if not set(sheet.header) & set(fields):
        return sheet, []
    is_book = sheet.letters is not None
    more = [column for column in fields if column not in sheet.header] if is_book and sheet.rows else []
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        typed = [cell if isinstance(cell, Raw) else Raw(cell) for cell in cells]
        row = dict(zip(sheet.header, typed, strict=False))
        texts, found = _row(name, row, fields, spelling)
        if is_book:
            texts = _completed(name, texts, row, spelling)
        key = " ".join(texts.get(part, "") for part in schema_of(name)["primaryKey"])
        for field, trouble in found:
            severity = "warning" if trouble.rule == "share" else "error"
            optional = severity == "error" and not rules_of(fields[field]).get("required")
            trouble = trouble._replace(values=trouble.values | {"optional": optional})
            problems.append(sheet.problem(name, line, field, trouble, row_key=key, severity=severity))
        width = min(len(typed), len(sheet.header))
        extra = [show(cell.value) for cell in typed[len(sheet.header) :]]
        rows.append([texts.get(c, "") for c in sheet.header[:width]] + extra + [texts.get(c, "") for c in more])
    return sheet._replace(rows=rows, header=sheet.header + more), problems


def _row(
    name: str, row: dict[str, Raw], fields: dict, spelling: Spelling
) -> tuple[dict[str, str], list[tuple[str, Trouble]]]:
    """Return the texts of a row by column, and the troubles with (column, what)."""
    texts, found, links = {column: show(raw.value) for column, raw in row.items()}, [], links_of(name)
    order = sorted((column for column in row if column in fields), key=lambda c: fields[c].get("unit") in ROW_UNITS)
    for column in order:  # the unit of a row before its value
        field, raw, unit = fields[column], row[column], fields[column].get("unit", "")
        if unit in ROW_UNITS:
            unit = texts.get("unit") or spelling.units.get(texts.get("indicator", ""), "")
        if raw.trouble:
            read = Understood("", raw.trouble)
        elif field["type"] not in ("integer", "number"):
            table, _ = links.get(column, ("", ""))
            read = _word(raw, field, spelling.ids.get(table, {}))
        elif raw.merged and unit != "year":
            read = Understood("", Trouble("merged_above"))
        elif isinstance(raw.value, str) and NUMBER.fullmatch(raw.value):
            read = Understood(raw.value)
        else:
            read = read_number(raw.value, unit, percent=raw.percent, whole=field["type"] == "integer")
        if (read.comparator or read.upper) and not read.trouble:
            read = _compared(name, column, read, raw, row, texts)
        texts[column] = read.text
        if read.trouble:
            found.append((column, read.trouble))
        elif unit == "pct" and isinstance(raw.value, float) and not raw.percent and 0 < float(read.text or 0) < 1:
            meant = f"{100 * float(read.text):g}%"
            found.append((column, Trouble("share", {"shown": read.text, "meant": meant}, "share")))
    return texts, found


def _word(raw: Raw, field: dict, ids: dict[str, str]) -> Understood:
    """Read a cell of text: a code, the name of a row of another table, a date, or plain words."""
    rules = rules_of(field)
    if rules.get("pattern", "").startswith("[0-9]{4}(-"):
        return read_date(raw.value)
    read = Understood(show(raw.value, percent=raw.percent)) if raw.percent else read_text(raw.value)
    if read.trouble or not read.text:
        return read
    if "enum" in rules:
        text = fold(read.text)
        return Understood("" if text in NOT_PUBLISHED else code_of(text, rules["enum"]))
    first = read.text.split(maxsplit=1)[0]
    if ids.get(first) == first:  # "elder_beds_total 养老床位数", as the drop-downs show it
        return Understood(first)
    return Understood(ids.get(plain_name(read.text), read.text))


def _compared(name: str, column: str, read: Understood, raw: Raw, row: dict, texts: dict[str, str]) -> Understood:
    """Put ≥ and the upper end of a range where the table has a place for them, else refuse them."""
    if (name, column) != ("observations", "value"):
        return refused(raw.value, "one_plain_number")
    for field, value in (("comparator", read.comparator), ("value_max", read.upper)):
        typed = show(row[field].value) if field in row else ""
        typed = code_of(fold(typed), [value]) if field == "comparator" else typed
        if value and typed and typed != value:
            return refused(raw.value, "said_twice", other=field, typed=typed)
        if value:
            texts[field] = value
            row[field] = Raw(value)
    return read


def _completed(name: str, texts: dict[str, str], row: dict[str, Raw], spelling: Spelling) -> dict[str, str]:
    """Fill what an empty cell of a workbook can only mean: the one area, the unit of the indicator, the id."""
    texts = {column: texts.get(column, "") for column in fields_of(name)} | texts
    if name in ("margins", "observations", "projects", "population"):
        texts["area"] = texts["area"] or spelling.own.get("areas", "")
    if name not in ("areas", "sources") and "source" in texts:
        texts["source"] = texts["source"] or spelling.own.get("sources", OWN_SOURCE)
    if name == "observations":
        texts["unit"] = texts["unit"] or spelling.units.get(texts["indicator"], "")
        value = row.get("value", Raw(""))
        texts["as_printed"] = texts["as_printed"] or show(value.value, percent=value.percent)
        texts["comparator"] = texts["comparator"] or ("eq" if texts["value"] else "")
        parts = (texts["area"], texts["indicator"], texts["year"] or "any", texts["kind"])
        texts["observation"] = texts["observation"] or ".".join(parts)
    return texts
