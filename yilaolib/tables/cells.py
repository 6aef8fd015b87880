"""What people type and print, as the text that the tables hold: 11.5万, 19.28%, ≥95.5, １２３, 100张, a name for an id.

What two readers could read in two ways is refused: a date for a number, 3-5万, 1,15, 5①. Below, sheets of workbooks.
"""

from __future__ import annotations

import datetime
import io
import math
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import DataError, refusal
from . import schema
from .finding import plain_name
from .schema import NUMBER, Problem, Sheet, Trouble, fields_of, fold, heading, package, rules_of, schema_of

PRINTED = re.compile(r"(\d+)(?:\.(\d+))?\s*[余多]?([百千]?[万亿]?)")
TIMES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}


def half_a_digit(as_printed: str) -> float:
    """Return half of the last printed digit in base units: 50 for 161.90万人, 0.5 for 1154223人, 0.005 for 16.63%."""
    return next((0.5 * unit for _, unit in printed_numbers(as_printed)), 0.5)


def printed_numbers(as_printed: str) -> list[tuple[float, float]]:
    """Return every number of a printed figure with the worth of its last digit: 1619000, 100 of 约161.90万人."""
    text = unicodedata.normalize("NFKC", as_printed).replace(",", "")
    numbers = []
    for whole, decimals, words in PRINTED.findall(text):
        times = math.prod(TIMES[word] for word in words)
        numbers.append((float(f"{whole}.{decimals or 0}") * times, times / 10 ** len(decimals)))
    return numbers


def signs_in(as_printed: str) -> set[str]:
    """Return the comparators that a printed form shows: {"ge"} of ≥40张, none of 40张."""
    text, found = unicodedata.normalize("NFKC", as_printed).replace(" ", "").replace("不得", "不"), set()
    for sign, code in SIGNS:
        if sign in text:
            found, text = found | {code}, text.replace(sign, "|")
    return found


def closed(name: str) -> str:
    """Return a printed name with the bracket that its web page lost; the row of the data has it as printed."""
    return name + ")" * max(0, name.count("(") - name.count(")"))


SHARES = ("1", "share", "ratio")  # units of which a percentage is a hundredth
BEFORE = {"ge": ("≥", "≧", ">=", "不低于", "不少于", "不小于", "至少"), "gt": (">", "超过", "大于", "高于", "多于"),
          "le": ("≤", "≦", "<=", "不超过", "不高于", "不大于", "至多"), "lt": ("<", "不足", "小于", "低于", "少于"),
          "approx": ("大约", "约", "近", "≈")}  # fmt: skip
AFTER = {"ge": ("及以上", "以上"), "le": ("及以下", "以下", "以内"), "approx": ("左右", "上下")}
SIGNS = [(sign, code) for signs in (BEFORE, AFTER) for code, words in signs.items() for sign in words]
SIGNS.sort(key=lambda sign: -len(sign[0]))  # 不超过 before 超过
NOT_PUBLISHED = {"", "-", "--", "—", "——", "–", "/", "…", "……", "未公布", "暂无", "暂缺", "不详",
                 "n/a", "not published"}  # fmt: skip
FIGURE = r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+"
TYPED = re.compile(
    rf"(?P<number>[+-]?(?:{FIGURE})(?:[eE][+-]?[0-9]{{1,2}})?)\s*(?P<more>[余多]?)"
    r"(?P<times>万亿|千万|百万|亿|万|千|百|)(?P<more_after>[余多]?)\s*(?P<unit>.*)"
)
RANGE = re.compile(rf"(?P<low>{FIGURE})(?P<unit>[^0-9]*?)\s*(?:[-~–—至到]|--|——)\s*(?P<high>(?:{FIGURE}).*)")
DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2})日?|月)?")
SHOWN_UNIT = re.compile(r'(?:G[^"]*|[#0?., ]*[#0?])["\\]([百千]?[万亿]人?|%)"?')  # a format: 161.9 shown as 161.9万


class Understood(NamedTuple):
    """What a cell says as plain text ("115000"), or the trouble with it; `comparator` and `upper` of ≥95 and 55-60."""

    text: str
    trouble: Trouble | None = None
    comparator: str = ""
    upper: str = ""


def plain(number: Decimal) -> str:
    """Return a number in digits: no exponent, no zeros at the end."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def refused(came: Any, key: str, **values: Any) -> Understood:
    """Return what is said of a cell that cannot be read."""
    return Understood("", Trouble(key, {"shown": str(came).removesuffix(" 00:00:00"), **values}))


def read_number(value: object, unit: str = "", *, percent: bool = False, whole: bool = False) -> Understood:
    """Read the number of a cell in the unit of its column; empty where nothing is published. `whole`: a year."""
    if value is None:
        return Understood("")
    if isinstance(value, bool):
        return refused(value, "neither_number_nor_empty")
    if isinstance(value, int | float):
        return _from_number(value, unit, percent)
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        year = getattr(value, "year", 0)
        day = f"{value:%m%d}" if 1949 <= year <= 2200 else ""  # 2025 in a cell formatted as a date is of 1905: refused
        if unit == "year" and day in ("0101", "1101"):  # a year, or a census; totals of 30 June are of neither
            return Understood(str(year))
        return refused(value, "date_for_number")
    text = fold(str(value))
    if text.casefold() in NOT_PUBLISHED:
        return Understood("")
    if text in ("无", "没有", "none"):
        return refused(value, "zero_or_not_published")
    read = _range(text, unit) or _figure(text, unit)
    if whole and (read.trouble or "." in read.text):
        return refused(value, "not_whole")
    return read


def _range(text: str, unit: str) -> Understood | None:
    found = RANGE.fullmatch(text)
    if not found:
        return None
    ends = found["low"] + found["unit"], found["high"]
    low, high = (_figure(end, unit) for end in ends)
    if low.trouble or high.trouble or low.comparator or high.comparator:
        return refused(text, "no_range")
    first, last = (typed["times"] if (typed := TYPED.fullmatch(end)) else "" for end in ends)
    if bool(first) != bool(last):
        return refused(text, "range_ends", times=last or first)
    return Understood(low.text, upper=high.text)


def _figure(text: str, unit: str) -> Understood:
    signs = ((code, sign) for code, signs in BEFORE.items() for sign in signs if text.startswith(sign))
    code, sign = next(signs, ("", ""))
    comparators = {code} - {""}
    found = TYPED.fullmatch(text.removeprefix(sign).strip())
    if not found:
        return refused(text, "not_a_number")
    rest = found["unit"].strip()
    for word, code in ((word, code) for code, words in AFTER.items() for word in words):
        if rest.endswith(word):
            comparators.add(code)
            rest = rest.removesuffix(word).strip()
    if found["more"] or found["more_after"]:
        comparators.add("gt")
    if len(comparators) > 1:
        return refused(text, "compares_twice")
    number = Decimal(found["number"].replace(",", ""))
    if abs(number) >= Decimal(10) ** 18:
        return refused(text, "too_large")
    scaled = _in_unit(number, found["times"], rest.strip("()（） "), unit)
    return refused(text, "not_a_number") if scaled is None else Understood(plain(scaled), None, "".join(comparators))


def _in_unit(number: Decimal, times: str, word: str, unit: str) -> Decimal | None:
    scaled = number * math.prod(TIMES[character] for character in times)
    if unit == "10,000 yuan":
        if word == "元":  # 13500万元, 1.35亿元
            return scaled / 10_000
        return number if not word and not times else None
    if word == "%":
        factor = {"pct": 1, **dict.fromkeys(SHARES, Decimal("0.01"))}.get(unit)
        return None if times or factor is None else number * factor
    if times and unit in ("pct", "year", "years", *SHARES):
        return None
    return scaled if not word or word == unit or word in package()["unitWords"].get(unit, ()) else None


def _from_number(value: float, unit: str, percent: bool) -> Understood:
    if not math.isfinite(value) or abs(value) >= 1e18:
        return refused(value, "no_usable_number")
    if not percent or unit in SHARES:
        return Understood(plain(Decimal(repr(value))))
    if unit == "pct":
        return Understood(plain(_hundredfold(value)))
    return refused(show(value, percent=True), "percentage")


def read_date(value: object) -> Understood:
    """Read a date as text: 2022-10-19, 2022-10 or 2022."""
    if isinstance(value, datetime.date):
        return Understood(f"{value:%Y-%m-%d}")
    text = fold(show(value))
    if found := DATE.fullmatch(text):
        return Understood("-".join(part.zfill(2) for part in found.groups() if part))
    return Understood(text.removesuffix("年"))


def show(value: object, *, percent: bool = False) -> str:
    """Return what a cell shows: 7367 for 7367.0, 19.28% for a percentage."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and math.isfinite(value):
        return plain(_hundredfold(value)) + "%" if percent else plain(Decimal(repr(value)))
    return str(value).strip()


def _hundredfold(value: float) -> Decimal:
    return Decimal(format(value, ".15g")) * 100  # a spreadsheet shows 15 digits: 0.1928, not 0.19280000000000003


# ---- the sheets of a workbook ----

OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # .xls, and .xlsx behind a password
LARGEST = 200_000_000  # bytes unpacked; a table of 2,800 counties by age takes a fifth of that
LONGEST = 32_767  # characters that a cell can hold
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML cannot hold these
ROW_UNITS = ("see unit", "see indicator")  # the unit stands in another column of the row
OWN_SOURCE = "own-figures"
ABOUT_ONE = ("margins", "observations", "projects", "population")  # an empty area means the user's only one


def code_of(text: str, codes: list[str]) -> str:
    """Return the code that a text means: the code, its Chinese word, or both ("target 目标"); else the text itself."""
    for word in (text, *text.split(maxsplit=1)[:1], *text.rsplit(maxsplit=1)[:1]):
        for code in codes:
            if word == code or word in package()["codesZh"].get(code, ()):
                return code
    return text


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
    """Return the sheets of a workbook; macros and links are not read, and defusedxml stops entities that grow."""
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
            try:
                file = path
                typed = load_workbook(file, keep_links=False)
            except (TypeError, ValueError, KeyError, IndexError):  # most often a style that openpyxl does not take
                file = _without_styles(path)
                typed = load_workbook(file, keep_links=False)
            formulas = any(cell.data_type == "f" for ws in typed.worksheets for cell in _cells(ws))
            shown = load_workbook(file, keep_links=False, data_only=True) if formulas else typed
        return [_grid(ws, shown[ws.title]) for ws in typed.worksheets]
    except DataError:
        raise
    except OSError as error:
        raise refusal("form.not_opened", file=path.name, error=error) from error
    except Exception as error:  # zipfile and openpyxl raise whatever a broken part makes them trip over
        raise refusal("form.damaged", file=path.name, error=type(error).__name__) from error


def _without_styles(path: Path) -> io.BytesIO:
    """Return a workbook with no more of its styles than the formats of numbers: what is a date or a percentage."""
    from defusedxml import ElementTree

    copy = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename == "xl/styles.xml":
                root = ElementTree.fromstring(text)
                space = root.tag.rpartition("}")[0] + "}"
                for child in list(root):
                    if child.tag not in (f"{space}numFmts", f"{space}cellXfs"):
                        root.remove(child)
                for xf in root.iter(f"{space}xf"):
                    formats = {"numFmtId": xf.get("numFmtId", "0")}
                    xf.clear()
                    xf.attrib |= formats
                text = ElementTree.tostring(root)
            new.writestr(part, text)
    return io.BytesIO(copy.getvalue())


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
    form = str(cell.number_format).split(";")[0] if number else ""
    unit = SHOWN_UNIT.fullmatch(form)
    return Raw(f"{value}{unit[1]}") if unit else Raw(value, percent="%" in form)


def put(ws: Any, row: int, column: int, value: Any) -> Any:
    """Put a value into a cell of a worksheet: missing as empty, text as text whatever it begins with."""
    cell = ws.cell(row, column)
    if value is None or str(value) in ("<NA>", "NaT") or (isinstance(value, float) and not math.isfinite(value)):
        return cell
    value = getattr(value, "item", lambda: value)()  # a number of numpy
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise refusal("errors.tables.too_long", length=len(value), longest=LONGEST)
        cell.value = UNPRINTABLE.sub("\ufffd", value)
        cell.data_type = "s"  # openpyxl would make a formula of what begins with =
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@", "\t", "\r")
    else:
        cell.value = value if isinstance(value, int | float | bool) else str(value)
    return cell


class Spelling(NamedTuple):
    """How a user may write the ids of other tables: table -> (id or plain name -> id); and indicator -> unit."""

    ids: dict[str, Callable[[str], str | None]]
    units: dict[str, str]
    own: dict[str, str] = {}  # noqa: RUF012 - the one area and the one source of a workbook


def sheet_of(name: str, grid: Grid) -> tuple[Sheet, list[Problem]]:
    """Find header and rows of a table in a sheet; rows that begin with # explain and are left out."""
    from openpyxl.utils import get_column_letter as letter

    columns, titles = fields_of(name), {}
    for top in list(grid.rows)[:30]:  # a header further down is none
        titles = {at: heading(name, str(raw.value)) for at, raw in grid.rows[top].items()}
        heads = [title for title, _ in titles.values() if title != "#"]
        known = sum(title in columns for title in heads)
        if known >= 2 and 2 * known >= len(heads):
            break
    else:
        nothing = Sheet(grid.title, letters={})
        trouble = Trouble("no_header", {"columns": list(columns)}, "columns-missing")
        return nothing, [nothing.problem(name, 1, "", trouble)]
    places = {at: title for at, (title, _) in titles.items() if title != "#"}
    letters = {title: letter(at) for at, title in reversed(places.items())}
    sheet, problems = Sheet(grid.title, list(places.values()), [], [], letters, top, dict(titles.values())), []
    for line, row in grid.rows.items():
        if line <= top or str(row[min(row)].value).startswith("#"):
            continue
        for at in row.keys() - places.keys():
            if at != min(titles) or titles.get(at, ("", ""))[0] != "#":
                letters.setdefault(f"?{at}", letter(at))
                problem = sheet.problem(name, line, f"?{at}", Trouble("column_without_name", rule="columns"))
                problems.append(problem._replace(field=""))
        if any(at in row and not row[at].merged for at in places):
            sheet.rows.append([row.get(at, Raw("")) for at in places])
            sheet.lines.append(line)
    return sheet, problems


def understand(name: str, sheet: Sheet, spelling: Spelling) -> tuple[Sheet, list[Problem]]:
    """Return a sheet of typed cells as a sheet of plain texts, with what could not be understood."""
    fields, rows, problems = fields_of(name), [], []
    if not set(sheet.header) & set(fields):
        return sheet, []
    is_book, units = sheet.letters is not None, {column: unit for column, unit in sheet.units.items() if unit}
    unsaid = [column for column in fields if column not in sheet.header] if is_book and sheet.rows else []
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        typed = [cell if isinstance(cell, Raw) else Raw(cell) for cell in cells]
        row = dict(zip(sheet.header, typed, strict=False))
        for column, unit in units.items():
            number = fold(show(row.get(column, Raw("")).value)).replace(",", "")
            if NUMBER.fullmatch(number) and not row[column].percent:
                row[column] = row[column]._replace(value=number + unit)
        texts, found = _row(name, row, spelling)
        if name in ABOUT_ONE and (is_book or "area" in row):
            texts["area"] = texts.get("area") or spelling.own.get("areas", "")
        if is_book:
            texts = _completed(name, texts, row, spelling)
        key = " ".join(texts.get(part, "") for part in schema_of(name)["primaryKey"])
        for field, trouble in found:
            severity = "warning" if trouble.rule == "share" else "error"
            optional = severity == "error" and not rules_of(fields[field]).get("required")
            more = {"optional": optional, "note": "note" in fields, "example": schema.example_of(fields[field])}
            trouble = trouble._replace(values=trouble.values | more)
            known = {"row_key": key, "area": texts.get("area", ""), "severity": severity}
            problems.append(sheet.problem(name, line, field, trouble, **known))
        width = min(len(typed), len(sheet.header))
        extra = [show(cell.value) for cell in typed[len(sheet.header) :]]
        rows.append([texts.get(c, "") for c in sheet.header[:width]] + extra + [texts.get(c, "") for c in unsaid])
    return sheet._replace(rows=rows, header=sheet.header + unsaid), problems


def _row(name: str, row: dict[str, Raw], spelling: Spelling) -> tuple[dict[str, str], list[tuple[str, Trouble]]]:
    fields = fields_of(name)
    texts, found, links = {column: show(raw.value) for column, raw in row.items()}, [], schema.links_of(name)
    order = sorted((column for column in row if column in fields), key=lambda c: fields[c].get("unit") in ROW_UNITS)
    for column in order:  # the unit of a row before its value
        field, raw, unit = fields[column], row[column], fields[column].get("unit", "")
        if unit in ROW_UNITS:
            unit = texts.get("unit") or spelling.units.get(texts.get("indicator", ""), "")
        if raw.trouble:
            read = Understood("", raw.trouble)
        elif field["type"] not in ("integer", "number"):
            table, _ = links.get(column, ("", ""))
            read = _word(raw, field, spelling.ids.get(table, {}.get))
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


def _word(raw: Raw, field: dict, id_of: Callable[[str], str | None]) -> Understood:
    rules = rules_of(field)
    if rules.get("pattern", "").startswith("[0-9]{4}(-"):
        return read_date(raw.value)
    if isinstance(raw.value, datetime.date | datetime.time | datetime.timedelta):
        return refused(raw.value, "date_for_text")  # Excel makes one of 1-2
    if not (text := show(raw.value, percent=raw.percent)):
        return Understood("")
    if "enum" in rules:
        return Understood("" if fold(text) in NOT_PUBLISHED else code_of(fold(text), rules["enum"]))
    first = text.split(maxsplit=1)[0]
    if id_of(first) == first:  # "elder_beds_total 养老床位数", as the drop-downs show it
        return Understood(first)
    return Understood(id_of(plain_name(text)) or text)


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
    """Fill what an empty cell of a workbook can only mean: the one source, the unit of the indicator, the id."""
    texts = {column: texts.get(column, "") for column in fields_of(name)} | texts
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
