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

from ..errors import DataError
from .areas import cite, data_version, find_area, load_table
from .folders import as_root, is_workbook, read_table, user_files
from .schema import complaint, fields_of, package, table_names, user_tables
from .sheets import TABLES_ZH, UNITS_ZH, put, with_word

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

SHEETS = ("areas", "margins", "sources", "observations", "projects", "population", "assumptions")
LAST_ROW = 1_000  # of drop-downs
FIRST_ROW = 5  # below names, titles, rules and the example
EXAMPLES = {
    "areas": {"area": "mycity", "level": "prefecture 地级市", "name_zh": "某某市",
              "name_en": "Mycity", "parent": "江西省"},
    "margins": {"area": "mycity", "year": 2020, "population_total": "161.9万", "population_60plus": 269_200,
                "population_65plus": "19.1万人", "population_under_3": 45_100, "basis": "resident 常住"},
    "sources": {"source": "plan-mycity", "area": "mycity", "title_zh": "某某市“一老一小”整体解决方案",
                "issued": "2022-10-19", "status": "issued 已印发", "plan_start": 2021, "plan_end": 2025},
    "observations": {"area": "mycity", "indicator": "elder_beds_total 养老床位", "year": 2025, "kind": "target 目标",
                     "value": "≥10500", "source": "plan-mycity"},
    "projects": {"area": "mycity", "project_no": "1", "name_zh": "某某养老院", "category": "eldercare 养老",
                 "end": 2025, "beds_new": "300张", "investment_10k_yuan": 4_500},
    "population": {"area": "mycity", "year": 2020, "sex": "female 女", "age": 60, "n": 5, "persons": 42_039,
                   "basis": "resident 常住"},
    "assumptions": {"area": "mycity", "parameter": "e0", "year": 2020, "value": 77.8, "unit": "years"},
}  # fmt: skip
GUIDE = [
    ("怎样填写", "How to fill in this workbook"),
    ("1. 先看 areas 表：核对地区名称，在 parent 列选择所属省份。",
     "1. Sheet areas: check the name, choose the province in column parent."),
    ("2. 在 margins 表填一行：年份、总人口、60岁及以上、65岁及以上、3岁以下（常住人口）。这是最少的输入。",
     "2. Sheet margins: one row with year, total, 60+, 65+ and under 3 (residents). Nothing else is needed."),
    ("3. 其余各表可以不填；没有填的年龄结构、预期寿命等按上级地区推算，并在报告中注明。",
     "3. The other sheets may stay empty; age structure and so on are then filled in from the parent and marked."),
    ("4. 指标（床位、托位、目标等）填在 observations 表，一行一个数字；没有公布的留空，不要写0。",
     "4. Sheet observations: beds, places, targets, one figure a row. Leave empty what is not published."),
    ("5. 以#开头的行是说明，不会读取；示例行可以删除，也可以保留。",
     "5. Rows that begin with # explain and are not read; the example may stay."),
    ("6. 数字可写成 11.5万、19.28%、≥95.5、1,154,223人；区间写 55-60，并把单元格设为文本。",
     "6. Figures may be typed as 11.5万, 19.28%, ≥95.5, 1,154,223人; a range as 55-60 in a cell formatted as text."),
    ("7. 不要使用宏、外部链接和合并单元格。", "7. Use no macros, no links to other workbooks, no merged cells."),
    ("8. 填好后检查：yilao check {file}.xlsx --lang zh", "8. Then check: yilao check {file}.xlsx"),
    ("9. 生成报告：yilao report {area} --data {file}.xlsx",
     "9. And make the report: yilao report {area} --data {file}.xlsx"),
]  # fmt: skip


def lay_out_form(stem: str, area: str, name: str | None = None, parent: str | None = None) -> Workbook:
    """Return the form as an openpyxl workbook; `stem` is the name of its file without the ending.

    Raises
    ------
    DataError
        When the parent is unknown, or `area` is neither a slug nor a Chinese name.

    Examples
    --------
    >>> lay_out_form("mycity", "某某市", parent="江西").sheetnames[:3]
    ['说明', 'areas', 'margins']
    """
    from openpyxl import Workbook

    row = _first_row(stem, area, name, parent)
    book = Workbook()
    _guide(book.worksheets[0], row["area"], stem)
    for table in SHEETS:
        _sheet(book.create_sheet(table), table, {"areas": row}.get(table, {}))
    _lists(book.create_sheet("lists"))
    return book


def _first_row(stem: str, area: str, name: str | None, parent: str | None) -> dict:
    """Return the row of the place in `areas`, as far as it is known."""
    known = {str(row["area"]): row for row in load_table("areas").to_dict("records")}
    if area in known:
        row = known[area]
        return {key: row[key] for key in ("area", "level", "adcode", "name_zh", "name_en", "parent")}
    pattern = fields_of("areas")["area"]
    slug = (
        area if complaint(area, pattern) is None else re.sub(r"[^a-z0-9]+", "-", stem.casefold()).strip("-") or "mycity"
    )
    zh = name or area
    if slug != area and not re.search("[\u3400-\u9fff]", area):
        raise DataError(
            f"area {area!r} is neither a slug nor a Chinese name. Write small letters, digits, hyphens, such as mycity."
        )
    if slug in known:
        raise DataError(
            f"{slug!r} is already {known[slug]['name_zh']}. Choose another slug, or name the file otherwise."
        )
    level = "county" if re.search("[县区旗]$", zh) else "prefecture"
    up = find_area(parent)["area"] if parent else None
    english = slug.replace("-", " ").title()
    return {"area": slug, "level": with_word(level), "name_zh": zh, "name_en": english, "parent": up}


def _guide(ws: Worksheet, area: str, stem: str) -> None:
    from openpyxl.styles import Alignment, Font

    ws.title = "说明"
    lines = [texts[lang] for lang in (0, 1) for texts in GUIDE]
    lines += ["", "工作表 / Sheets"] + [f"{table}：{TABLES_ZH[table]}" for table in SHEETS]
    for line, text in enumerate(lines, start=1):
        put(ws, line, 1, text.format(area=area, file=stem)).alignment = Alignment(wrap_text=True, vertical="top")
    for line in (1, len(GUIDE) + 1):
        ws.cell(line, 1).font = Font(bold=True, size=14)
    ws.column_dimensions["A"].width = 100


def _sheet(ws: Worksheet, table: str, first: dict) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    heads = ("#", "# 中文（单位）", "# 填写", "# 示例（不读取）")
    for line, text in enumerate(heads, start=1):
        put(ws, line, 1, text)
    for column, (name, field) in enumerate(fields_of(table).items(), start=2):
        unit = UNITS_ZH.get(field.get("unit", ""), field.get("unit", ""))
        title = field.get("title_zh", field["title"])
        texts = [name, f"{title}（{unit}）" if unit else title, _rule(table, name, field), EXAMPLES[table].get(name)]
        for line, text in enumerate(texts, start=1):
            cell = put(ws, line, column, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.fill = PatternFill("solid", fgColor="EAF1F7" if line < FIRST_ROW - 1 else "F5F5F5")
            cell.font = Font(bold=line == 1, italic=line > 1, color="000000" if line == 1 else "666666")
        put(ws, FIRST_ROW, column, first.get(name))
        letter = get_column_letter(column)
        ws.column_dimensions[letter].width = 24 if name in ("indicator", "title_zh", "name_zh", "note") else 16
        _drop_down(ws, table, name, field, letter)
    ws.column_dimensions["A"].width = 16
    ws.freeze_panes = f"B{FIRST_ROW}"


def _rule(table: str, name: str, field: dict) -> str:
    """Return in Chinese whether a column must be filled in, and with what."""
    rules = field.get("constraints", {})
    completed = ("source", "observation", "as_printed") if table != "sources" else ()  # see `rows`
    needed = "必填" if rules.get("required") and name not in completed else "选填"
    if "enum" in rules:
        return f"{needed}：{'、'.join(with_word(code) for code in rules['enum'])}"
    return needed


def _drop_down(ws: Worksheet, table: str, name: str, field: dict, letter: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    enum = field.get("constraints", {}).get("enum")
    lists = {"area": "areas!$B$5:$B$60", "source": "sources!$B$5:$B$60", "indicator": "lists!$B$2:$B$2000"}
    if enum:
        formula = '"' + ",".join(with_word(code) for code in enum) + '"'
    elif (table, name) == ("areas", "parent"):
        formula = "lists!$A$2:$A$5000"
    elif name in lists and name != {"areas": "area", "sources": "source"}.get(table):
        formula = lists[name]
    else:
        return
    check = DataValidation(type="list", formula1=formula, allow_blank=True, errorStyle="warning", showErrorMessage=True)
    check.promptTitle, check.prompt, check.showInputMessage = name[:32], field["title_zh"], True
    ws.add_data_validation(check)
    check.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")


def _lists(ws: Worksheet) -> None:
    """Write what the drop-downs offer into a hidden sheet."""
    areas, indicators = load_table("areas"), load_table("indicators")
    areas = areas[areas["level"] != "county"].sort_values("level", key=lambda c: c != "province", kind="stable")
    columns = {"areas": areas[["area", "name_zh"]], "indicators": indicators[["indicator", "name_zh"]]}
    for column, (title, frame) in enumerate(columns.items(), start=1):
        put(ws, 1, column, title)
        for line, (code, zh) in enumerate(frame.itertuples(index=False), start=2):
            put(ws, line, column, f"{code} {zh}")
    ws.sheet_state = "hidden"


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
    >>> from yilaolib.tables.areas import load_table
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
        _workbook_sheet(book.create_sheet(name), name, frame)
    return _save(book, target)


def _workbook_sheet(ws: Worksheet, name: str, frame: pd.DataFrame) -> None:
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
