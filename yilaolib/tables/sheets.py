"""What a user typed, row by row, as the text that the tables hold: numbers, codes and names are understood here."""

from __future__ import annotations

import io
import math
import os
import re
import unicodedata
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import DataError
from .printed import NOT_PUBLISHED, Understood, fold, read_date, read_number, read_text, show
from .schema import Fault, Said, Sheet, fields_of, schema_of

TABLES_ZH = {
    "areas": "地区",
    "sources": "来源",
    "margins": "人口合计",
    "population": "分年龄人口",
    "observations": "指标",
    "projects": "项目",
    "assumptions": "假设",
}
WORDS_ZH = {  # code: its word, and other words that mean the same
    "nation": ("国家",),
    "province": ("省", "自治区", "直辖市"),
    "prefecture": ("地级市", "设区市", "自治州", "地区", "盟"),
    "county": ("县级", "县", "区", "县级市", "市辖区", "旗"),
    "issued": ("已印发", "印发", "正式"),
    "draft": ("征求意见稿", "草案"),
    "resident": ("常住", "常住人口"),
    "registered": ("户籍", "户籍人口"),
    "actual": ("现状", "现状值", "实际"),
    "target": ("目标", "目标值"),
    "projection": ("预测", "预测值"),
    "standard": ("标准", "定额"),
    "eq": ("等于", "="),
    "ge": ("不低于", "≥", ">="),
    "gt": ("大于", ">"),
    "le": ("不高于", "≤", "<="),
    "lt": ("小于", "<"),
    "approx": ("约", "左右"),
    "binding": ("约束性",),
    "expected": ("预期性",),
    "eldercare": ("养老",),
    "childcare": ("托育",),
    "health": ("医疗", "医养", "卫生"),
    "female": ("女", "女性"),
    "male": ("男", "男性"),
    "both": ("男女合计",),
}
UNITS_ZH = {
    "persons": "人",
    "beds": "张",
    "places": "个",
    "year": "年份",
    "years": "年",
    "m2": "平方米",
    "classes": "个班",
    "10,000 yuan": "万元",
    "see unit": "见unit列",
}


def code_of(text: str, codes: list[str]) -> str:
    """Return the code that a text means: the code, its Chinese word, or both ("target 目标"); else the text itself.

    Examples
    --------
    >>> code_of("常住", ["resident", "registered"]), code_of("target 目标", ["actual", "target"]), code_of("x", ["y"])
    ('resident', 'target', 'x')
    """
    words = [text, *text.split(maxsplit=1)[:1]]
    for word in words:
        if word in codes:
            return word
        for code in codes:
            if word in WORDS_ZH.get(code, ()):
                return code
    return text


def with_word(code: str) -> str:
    """Return a code with its Chinese word, as drop-downs show it.

    Examples
    --------
    >>> with_word("target"), with_word("un-wpp-2024")
    ('target 目标', 'un-wpp-2024')
    """
    return f"{code} {WORDS_ZH[code][0]}" if code in WORDS_ZH else code


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


PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
ROW_UNITS = ("see unit", "see indicator")
HEADER_WITHIN = 30  # rows from the top in which a header is looked for
OWN_SOURCE = "own-figures"


class Spelling(NamedTuple):
    """How a user may write the ids of other tables: table -> id or plain name -> id; and indicator -> unit."""

    ids: dict[str, dict[str, str]]
    units: dict[str, str]
    own: dict[str, str] = {}


def plain_name(text: str) -> str:
    """Return a name without case, width, spaces and punctuation: ＪＩＮＧＤＥＺＨＥＮ is Jing de zhen is jingdezhen."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def sheet_of(name: str, grid: Grid) -> tuple[Sheet, list[Fault]]:
    """Find header and rows of a table in a sheet; rows that begin with # explain and are left out."""
    from openpyxl.utils import get_column_letter as letter

    columns = {column.casefold(): column for column in fields_of(name)}
    columns |= {plain_name(f["title_zh"]): column for column, f in fields_of(name).items() if "title_zh" in f}
    titles = {line: {at: _title(raw, columns) for at, raw in row.items()} for line, row in grid.rows.items()}
    near = [line for line in list(titles)[:HEADER_WITHIN] if _looks_like_header(titles[line], columns)]
    nothing = Sheet(grid.title, [], [], [], {}, 1)
    if not near:
        wanted = ", ".join(fields_of(name))
        said = Said(
            f"there is no row with the names of the columns. They are {wanted}.",
            f"没有找到表头行，列名应为{wanted}。",
        )
        return nothing, [nothing.fault(name, 1, "", "columns-missing", said)]
    top = near[0]
    places = {at: title for at, title in titles[top].items() if title != "#"}
    letters = {title: letter(at) for at, title in reversed(places.items())}
    sheet, faults = Sheet(grid.title, list(places.values()), [], [], letters, top), []
    for line, row in grid.rows.items():
        first = row[min(row)]
        if line <= top or str(first.value).startswith("#"):
            continue
        for at in row.keys() - places.keys():
            if (line, at) != (line, min(titles[top])) or titles[top].get(at) != "#":
                said = Said("stands in a column without a name. Name it in the header.", "所在列没有列名，请补上表头。")
                letters.setdefault(f"?{at}", letter(at))
                faults.append(sheet.fault(name, line, f"?{at}", "columns", said)._replace(field=""))
        if any(at in row and not row[at].merged for at in places):
            sheet.rows.append([row.get(at, Raw("")) for at in places])
            sheet.lines.append(line)
    return sheet, faults


def _title(raw: Raw, columns: dict[str, str]) -> str:
    text = fold(str(raw.value))
    short = re.split(r"[(（\n\s]", text, maxsplit=1)[0]
    return columns.get(short.casefold()) or columns.get(plain_name(short)) or text


def _looks_like_header(titles: dict[int, str], columns: dict[str, str]) -> bool:
    known = [title for title in titles.values() if title in columns.values()]
    return len(known) >= 2 and 2 * len(known) >= len([title for title in titles.values() if title != "#"])


def understand(name: str, sheet: Sheet, spelling: Spelling) -> tuple[Sheet, list[Fault]]:
    """Return a sheet of typed cells as a sheet of plain texts, with what could not be understood."""
    fields, rows, faults = fields_of(name), [], []
    if not set(sheet.header) & set(fields):
        return sheet, []
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        typed = [cell if isinstance(cell, Raw) else Raw(cell) for cell in cells]
        row = dict(zip(sheet.header, typed, strict=False))
        texts, found = _row(name, row, fields, spelling)
        if sheet.letters is not None:
            texts = _completed(name, texts, row, spelling)
        key = " ".join(texts.get(part, "") for part in schema_of(name)["primaryKey"])
        for field, rule, said, severity in found:
            said = Said(f"{field} {said.en}", f"{field} {said.zh}")
            if severity == "error" and not fields[field].get("constraints", {}).get("required"):
                said = Said(
                    said.en.removesuffix(".") + ", or leave the cell empty.", said.zh.removesuffix("。") + "，或留空。"
                )
            faults.append(sheet.fault(name, line, field, rule, said, key=key, severity=severity))
        extra = [show(cell.value) for cell in typed[len(sheet.header) :]]
        width = min(len(typed), len(sheet.header))
        rows.append([texts.get(column, "") for column in sheet.header[:width]] + extra)
        if sheet.letters is not None:
            rows[-1] += [texts.get(column, "") for column in fields if column not in sheet.header]
    header = sheet.header
    if sheet.letters is not None:
        header = header + [column for column in fields if column not in header and any(rows)]
    return sheet._replace(rows=rows, header=header), faults


def _row(name: str, row: dict[str, Raw], fields: dict, spelling: Spelling) -> tuple[dict[str, str], list[tuple]]:
    texts, found = {column: show(raw.value) for column, raw in row.items()}, []
    links = {
        link["fields"][0]: link["reference"]["resource"] or name for link in schema_of(name).get("foreignKeys", [])
    }
    order = sorted((column for column in row if column in fields), key=lambda c: fields[c].get("unit") in ROW_UNITS)
    for column in order:  # the unit of a row before its value
        field, raw = fields[column], row[column]
        number = field["type"] in ("integer", "number")
        unit = field.get("unit", "")
        if unit in ROW_UNITS:
            unit = texts.get("unit") or spelling.units.get(texts.get("indicator", ""), "")
        if raw.trouble:
            read = Understood("", raw.trouble)
        elif number and raw.merged and unit != "year":
            said = Said(
                "is merged with the cell above. Unmerge them and type each value.",
                "与上方单元格合并，请取消合并并逐格填写。",
            )
            read = Understood("", said)
        elif number:
            plain = isinstance(raw.value, str) and PLAIN.fullmatch(raw.value)
            whole = field["type"] == "integer"
            read = Understood(raw.value) if plain else read_number(raw.value, unit, percent=raw.percent, whole=whole)
        else:
            read = _word(raw, field, spelling.ids.get(links.get(column, ""), {}))
        if (read.comparator or read.upper) and not read.trouble:
            read = _compared(name, column, read, raw, row, texts)
        if read.trouble:
            found.append((column, "type", read.trouble, "error"))
        elif unit == "pct" and _may_be_a_share(raw, read.text):
            meant = f"{100 * float(read.text):g}%"
            en = f"is {read.text} per cent. If {meant} is meant, write {meant}."
            said = Said(en, f"为{read.text}%。如本意是{meant}，请写{meant}。")
            found.append((column, "share", said, "warning"))
        texts[column] = read.text
    return texts, found


def _may_be_a_share(raw: Raw, text: str) -> bool:
    return isinstance(raw.value, float) and not raw.percent and text != "" and 0 < float(text) < 1


def _word(raw: Raw, field: dict, ids: dict[str, str]) -> Understood:
    """Read a cell of text: a code, the name of a row of another table, a date, or plain words."""
    rules = field.get("constraints", {})
    if rules.get("pattern", "").startswith("[0-9]{4}(-"):
        return read_date(raw.value)
    read = Understood(show(raw.value, percent=raw.percent)) if raw.percent else read_text(raw.value)
    if read.trouble or not read.text:
        return read
    if "enum" in rules:
        said_nothing = fold(read.text) in NOT_PUBLISHED
        return Understood("" if said_nothing else code_of(fold(read.text), rules["enum"]))
    first = read.text.split(maxsplit=1)[0]
    if ids and ids.get(first) == first:  # "elder_beds_total 养老床位数", as the drop-downs show it
        return Understood(first)
    return Understood(ids.get(plain_name(read.text), read.text))


def _compared(name: str, column: str, read: Understood, raw: Raw, row: dict, texts: dict[str, str]) -> Understood:
    """Put ≥ and the upper end of a range where the table has a place for them, else refuse them."""
    if (name, column) != ("observations", "value"):
        said = Said(
            f"is {raw.value!r}; {column} takes one plain number. Write it, and what else is known in note.",
            f"为“{raw.value}”，此列只填一个数字，其余请写在note列。",
        )
        return Understood("", said)
    for field, value in (("comparator", read.comparator), ("value_max", read.upper)):
        typed = show(row[field].value) if field in row else ""
        typed = code_of(fold(typed), [value]) if field == "comparator" else typed
        if value and typed and typed != value:
            said = Said(
                f"is {raw.value!r}, but {field} is {typed!r}. Keep one of the two.",
                f"为“{raw.value}”，而{field}列为“{typed}”，请只保留一处。",
            )
            return Understood("", said)
        if value:
            texts[field] = value
            row[field] = Raw(value)
    return read


def _completed(name: str, texts: dict[str, str], row: dict[str, Raw], spelling: Spelling) -> dict[str, str]:
    """Fill what an empty cell of a workbook can only mean: the one place, the unit of the indicator, the id."""
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
