"""The empty form of a city: a sheet for each table, with drop-downs, units, an example, and how to fill it in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..core.errors import DataError
from ..data import find_area, load_table
from .books import put
from .codes import TABLES_ZH, UNITS_ZH, with_word
from .schema import fields_of
from .tables import complaint

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
