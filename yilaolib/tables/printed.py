"""A number as people type and print it: 11.5万, 19.28%, ≥95.5, １２３ or 100张 is understood or refused, never misread.

What two readers could read in two ways is refused: a date where a number is wanted (Excel makes dates of 3-5), 3-5万,
1,15, 5①.
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from decimal import Decimal
from typing import Any, NamedTuple

from .schema import Trouble

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
    """Return the comparators that a printed form shows.

    >>> signs_in("≥40张"), signs_in("不得超过5个"), signs_in("40张")
    ({'ge'}, {'le'}, set())
    """
    text, found = unicodedata.normalize("NFKC", as_printed).replace(" ", "").replace("不得", "不"), set()
    for sign, code in SIGNS:
        if sign in text:
            found, text = found | {code}, text.replace(sign, "|")
    return found


def closed(name: str) -> str:
    """Return a printed name with the bracket that its web page lost; the row of the data has it as printed."""
    return name + ")" * max(0, name.count("(") - name.count(")"))


COUNTERS = ("个", "家", "所", "处", "座", "项", "间")
WORDS = {  # unit: what may stand behind its number
    "persons": ("人", "名", "口", "位"), "person_times": ("人次",), "households": ("户",),
    "beds": ("张", "床", "张床", "张床位", "个床位", "床位"), "places": ("个", "个托位", "托位"),
    "classes": ("个", "班", "个班"), "year": ("年", "年末", "年底", "年度"), "years": ("年", "岁", "周岁"),
    "months": ("个月",), "minutes": ("分钟",), "hours": ("小时",), "pct_points": ("个百分点",),
    "m2": ("平方米", "平米", "m2"), "km2": ("平方公里", "km2"), "per_1000": ("‰", "张", "个", "人"),
    "yuan": ("元",), "yuan_per_month": ("元", "元/月", "元/人月", "元/人·月"), "yuan_per_person": ("元", "元/人"),
    "yuan_per_year": ("元", "元/年"), "10,000 yuan": ("万元",),
    **dict.fromkeys(("institutions", "facilities", "projects", "communities", "enterprises", "sites"), COUNTERS),
}  # fmt: skip
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
NUMBER = re.compile(
    rf"(?P<number>[+-]?(?:{FIGURE})(?:[eE][+-]?[0-9]{{1,2}})?)\s*(?P<more>[余多]?)"
    r"(?P<times>万亿|千万|百万|亿|万|千|百|)(?P<more_after>[余多]?)\s*(?P<unit>.*)"
)
RANGE = re.compile(rf"(?P<low>{FIGURE})(?P<unit>[^0-9]*?)\s*(?:[-~–—至到]|--|——)\s*(?P<high>(?:{FIGURE}).*)")
DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})(?:[-/.月]([0-9]{1,2})日?|月)?")
FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    **dict.fromkeys((0x3000, 0xA0, 0x2009, 0x202F), " "),  # kinds of space
    **dict.fromkeys((0x200B, 0x2060, 0xFEFF)),  # of no width
    ord("−"): "-",
    ord("㎡"): "m2",
}


class Understood(NamedTuple):
    """What a cell says as plain text ("115000"), or the trouble with it; `comparator` and `upper` of ≥95 and 55-60."""

    text: str
    trouble: Trouble | None = None
    comparator: str = ""
    upper: str = ""


def fold(text: str) -> str:
    """Return a text with full-width letters, digits and spaces as plain ones; ① and ² stay what they are."""
    return text.translate(FOLDED).strip()


def plain(number: Decimal) -> str:
    """Return a number in digits: no exponent, no zeros at the end."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def refused(came: Any, key: str, **values: Any) -> Understood:
    """Return what is said of a cell that cannot be read."""
    shown = came.isoformat() if hasattr(came, "isoformat") else str(came)
    return Understood("", Trouble(key, {"shown": shown, **values}))


def read_number(value: object, unit: str = "", *, percent: bool = False, whole: bool = False) -> Understood:
    """Read the number of a cell in the unit of its column; empty text when nothing is published.

    The value is what a program for spreadsheets keeps: text, a number, a date, True, None; of a cell formatted as
    `percent`, 0.1928. An unknown or empty unit allows no word behind the number. `whole`: a year, a width.

    >>> read_number("11.5万人", "persons").text, read_number("１２３张", "beds").text
    ('115000', '123')
    >>> read_number(0.1928, "pct", percent=True).text, read_number("≥95.5%", "pct").comparator
    ('19.28', 'ge')
    >>> read_number("3-5万", "persons").trouble.key
    'range_ends'
    """
    if value is None:
        return Understood("")
    if isinstance(value, bool):
        return refused(value, "neither_number_nor_empty")
    if isinstance(value, int | float):
        return _from_number(value, unit, percent)
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return _from_date(value, unit)
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
    """Read 55-60 or 3万至5万; None for what is no range."""
    found = RANGE.fullmatch(text)
    if not found:
        return None
    first, last = found["low"] + found["unit"], found["high"]
    low, high = _figure(first, unit), _figure(last, unit)
    if low.trouble or high.trouble or low.comparator or high.comparator:
        return refused(text, "no_range")
    if bool(_times(first)) != bool(_times(last)):
        return refused(text, "range_ends", times=_times(last) or _times(first))
    return Understood(low.text, upper=high.text)


def _times(text: str) -> str:
    found = NUMBER.fullmatch(text)
    return found["times"] if found else ""


def _figure(text: str, unit: str) -> Understood:
    """Read one number with what stands before and behind it."""
    signs = [(code, sign) for code, signs in BEFORE.items() for sign in signs if text.startswith(sign)][:1]
    comparators = {code for code, _ in signs}
    found = NUMBER.fullmatch(text.removeprefix(signs[0][1]).strip() if signs else text)
    if not found:
        return refused(text, "not_a_number")
    rest = found["unit"].strip()
    for code, words in AFTER.items():
        for word in words:
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
    """Return a number with 万 and a word behind it in the unit of its column, None where they do not go together."""
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
    return scaled if not word or word == unit or word in WORDS.get(unit, ()) else None


def _from_number(value: float, unit: str, percent: bool) -> Understood:
    if not math.isfinite(value) or abs(value) >= 1e18:
        return refused(value, "no_usable_number")
    if not percent or unit in SHARES:
        return Understood(plain(Decimal(repr(value))))
    if unit == "pct":
        return Understood(plain(_hundredfold(value)))
    return refused(show(value, percent=True), "percentage")


def _from_date(value: object, unit: str) -> Understood:
    year = getattr(value, "year", 0)
    if unit == "year" and 1949 <= year <= 2200:  # 2025 in a cell formatted as a date is 17 July 1905: refused
        return Understood(str(year))
    return refused(value, "date_for_number")


def read_date(value: object) -> Understood:
    """Read a date as text: 2022-10-19, 2022-10 or 2022."""
    if isinstance(value, datetime.date):
        return Understood(f"{value:%Y-%m-%d}")
    text = fold(show(value))
    if found := DATE.fullmatch(text):
        return Understood("-".join(part.zfill(2) for part in found.groups() if part))
    return Understood(text.removesuffix("年"))


def read_text(value: object) -> Understood:
    """Read a text; a number becomes its digits (adcode 360200), a date is refused (Excel makes one of 1-2)."""
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return refused(value, "date_for_text")
    return Understood(show(value))


def show(value: object, *, percent: bool = False) -> str:
    """Return what a cell shows: "" for nothing, 7367 for 7367.0, 19.28% for a percentage."""
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
