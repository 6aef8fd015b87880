"""One typed cell: 11.5万, 19.28%, ≥95.5, １２３ or 100张 is understood or refused in a sentence, never misread.

The rule of the house is to refuse whatever two readers could read in two ways: a date where a number is wanted
(Excel makes dates of 3-5), 3-5万, 1,15, 5①.
"""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal

from .figuretext import SHARES, Understood, fold, plain, read_figure, read_range, refused

NOT_PUBLISHED = {
    "",
    "-",
    "--",
    "—",
    "——",
    "–",
    "/",
    "…",
    "……",
    "未公布",
    "暂无",
    "暂缺",
    "不详",
    "n/a",
    "not published",
}
DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2})日?|月)?")


def read_number(value: object, unit: str = "", *, percent: bool = False, whole: bool = False) -> Understood:
    """Read the number of a cell in the unit of its column.

    Parameters
    ----------
    value : object
        As a program for spreadsheets keeps it: text, a number, a date, True, None.
    unit : str
        As in the tables: persons, beds, pct, "10,000 yuan"; an unknown or empty unit allows no word behind the number.
    percent : bool
        The cell is formatted as a percentage: it holds 0.1928 and shows 19.28%.
    whole : bool
        A whole number is needed (a year, a width).

    Returns
    -------
    Understood
        Empty text when nothing is published.

    Examples
    --------
    >>> read_number("11.5万人", "persons").text, read_number("１２３张", "beds").text
    ('115000', '123')
    >>> read_number(0.1928, "pct", percent=True).text, read_number("≥95.5%", "pct").comparator
    ('19.28', 'ge')
    >>> print(read_number("3-5万", "persons").trouble)
    is '3-5万': one end of the range has 万 and the other has not. Write both ends in full.
    """
    if value is None:
        return Understood("")
    if isinstance(value, bool):
        return refused(value, "is neither a number nor empty. Write digits", "既不是数字也不是空白，请填写数字")
    if isinstance(value, int | float):
        return _from_number(value, unit, percent)
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return _from_date(value, unit)
    text = fold(str(value))
    if text.casefold() in NOT_PUBLISHED:
        return Understood("")
    if text in ("无", "没有", "none"):
        return refused(value, "may mean 0 or not published. Write 0 if it is 0", "可能是0，也可能是未公布，如为0请写0")
    read = read_range(text, unit) or read_figure(text, unit)
    if whole and (read.trouble or "." in read.text):
        return refused(value, "is not a whole number. Write digits only, such as 2025", "不是整数，请只写数字，如2025")
    return read


def read_date(value: object) -> Understood:
    """Read a date as text: 2022-10-19, 2022-10 or 2022.

    Examples
    --------
    >>> read_date("2022年10月19日").text, read_date("2022/3").text, read_date(2022).text
    ('2022-10-19', '2022-03', '2022')
    """
    if isinstance(value, datetime.date):
        return Understood(f"{value:%Y-%m-%d}")
    text = fold(show(value))
    if found := DATE.fullmatch(text):
        return Understood("-".join(part.zfill(2) for part in found.groups() if part))
    return Understood(text.removesuffix("年"))


def read_text(value: object) -> Understood:
    """Read a text; a number becomes its digits (adcode 360200), a date is refused (Excel makes one of 1-2).

    Examples
    --------
    >>> read_text(360200.0).text
    '360200'
    """
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        said = "was made a date by the spreadsheet. Format the cell as text and type it again"
        return refused(value, said, "被表格软件变成了日期，请把单元格设为文本格式后重新填写")
    return Understood(show(value))


def show(value: object, *, percent: bool = False) -> str:
    """Return what a cell shows: "" for nothing, 7367 for 7367.0, 19.28% for a percentage.

    Examples
    --------
    >>> show(7367.0), show(0.1928, percent=True), show(None)
    ('7367', '19.28%', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and math.isfinite(value):
        return plain(_hundredfold(value)) + "%" if percent else plain(Decimal(repr(value)))
    return str(value).strip()


def _hundredfold(value: float) -> Decimal:
    # 15 digits are what a spreadsheet shows: 0.1928, not 0.19280000000000003
    return Decimal(format(value, ".15g")) * 100


def _from_number(value: float, unit: str, percent: bool) -> Understood:
    if not math.isfinite(value) or abs(value) >= 1e18:
        return refused(value, "is not a number that can be used. Write digits", "不是可用的数字，请填写数字")
    if not percent or unit in SHARES:
        return Understood(plain(Decimal(repr(value))))
    if unit == "pct":
        return Understood(plain(_hundredfold(value)))
    shown = show(value, percent=True)
    return refused(shown, f"is a percentage, but {unit or 'a number'} is wanted", "是百分数，而此处应填数量")


def _from_date(value: object, unit: str) -> Understood:
    year = getattr(value, "year", 0)
    if unit == "year" and 1949 <= year <= 2200:  # 2025 in a cell formatted as a date is 17 July 1905: refused
        return Understood(str(year))
    said = "is a date, and what was typed cannot be told from it. Format the cell as a number or text and type it again"
    return refused(value, said, "是日期，无法得知原来填写的内容，请把单元格设为数值或文本格式后重新填写")
