"""A number as people write it: 11.5万人, ≥95.5, 55-60, １２３, read in the unit of its column or refused."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any, NamedTuple

from ..core.digits import TIMES
from .sentences import Said

COUNTERS = ("个", "家", "所", "处", "座", "项", "间")
WORDS = {  # unit: what may stand behind its number
    "persons": ("人", "名", "口", "位"),
    "person_times": ("人次",),
    "beds": ("张", "床", "张床", "张床位", "个床位", "床位"),
    "places": ("个", "个托位", "托位"),
    "year": ("年", "年末", "年底", "年度"),
    "years": ("年", "岁", "周岁"),
    "months": ("个月",),
    "minutes": ("分钟",),
    "hours": ("小时",),
    "pct_points": ("个百分点",),
    "m2": ("平方米", "平米", "m2"),
    "km2": ("平方公里", "km2"),
    "classes": ("个", "班", "个班"),
    "households": ("户",),
    "per_1000": ("‰", "张", "个", "人"),
    "yuan": ("元",),
    "yuan_per_month": ("元", "元/月", "元/人月", "元/人·月"),
    "yuan_per_person": ("元", "元/人"),
    "yuan_per_year": ("元", "元/年"),
    "10,000 yuan": ("万元",),
    **dict.fromkeys(("institutions", "facilities", "projects", "communities", "enterprises", "sites"), COUNTERS),
}
SHARES = ("1", "share", "ratio")  # units of which a percentage is a hundredth
BEFORE = {"ge": ("≥", "≧", ">=", "不低于", "不少于", "不小于", "至少"), "gt": (">", "超过", "大于", "高于", "多于"),
          "le": ("≤", "≦", "<=", "不超过", "不高于", "不大于", "至多"), "lt": ("<", "不足", "小于", "低于", "少于"),
          "approx": ("大约", "约", "近", "≈")}  # fmt: skip
AFTER = {"ge": ("及以上", "以上"), "le": ("及以下", "以下", "以内"), "approx": ("左右", "上下")}
FIGURE = r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+"
NUMBER = re.compile(
    rf"(?P<number>[+-]?(?:{FIGURE})(?:[eE][+-]?[0-9]{{1,2}})?)\s*(?P<more>[余多]?)"
    r"(?P<times>万亿|千万|百万|亿|万|千|百|)(?P<more_after>[余多]?)\s*(?P<unit>.*)"
)
RANGE = re.compile(rf"(?P<low>{FIGURE})(?P<unit>[^0-9]*?)\s*(?:[-~–—至到]|--|——)\s*(?P<high>(?:{FIGURE}).*)")
NOT_A_NUMBER = "is not a number. Write digits without a unit, such as 12.5", "不是数字，请只写数字，不带单位，如12.5"
FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    **dict.fromkeys((0x3000, 0xA0, 0x2009, 0x202F), " "),  # kinds of space
    **dict.fromkeys((0x200B, 0x2060, 0xFEFF)),  # of no width
    ord("−"): "-",
    ord("㎡"): "m2",
}


class Understood(NamedTuple):
    """What a cell says as plain text ("115000"), or the trouble with it; `comparator` and `upper` of ≥95 and 55-60."""

    text: str
    trouble: Said | None = None
    comparator: str = ""
    upper: str = ""


def fold(text: str) -> str:
    """Return a text with full-width letters, digits and spaces as plain ones; ① and ² stay what they are."""
    return text.translate(FOLDED).strip()


def plain(number: Decimal) -> str:
    """Return a number in digits: no exponent, no zeros at the end.

    Examples
    --------
    >>> plain(Decimal("1.150E+5")), plain(Decimal("0.50"))
    ('115000', '0.5')
    """
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def refused(came: Any, en: str, zh: str) -> Understood:
    """Return the sentence about a cell that cannot be read."""
    shown = came.isoformat() if hasattr(came, "isoformat") else came
    return Understood("", Said(f"is {shown!r}, which {en}.", f"为“{shown}”，{zh}。"))


def read_range(text: str, unit: str) -> Understood | None:
    """Read 55-60 or 3万至5万; None for what is no range.

    Examples
    --------
    >>> read_range("3万至5万人", "persons").upper
    '50000'
    """
    found = RANGE.fullmatch(text)
    if not found:
        return None
    ends = read_figure(found["low"] + found["unit"], unit), read_figure(found["high"], unit)
    if ends[0].trouble or ends[1].trouble or ends[0].comparator or ends[1].comparator:
        return refused(text, "cannot be read as a range. Write such as 55-60", "无法读作区间，请写成如55-60")
    if bool(_times(found["low"] + found["unit"])) != bool(_times(found["high"])):
        en = f"is {text!r}: one end of the range has {_times(found['high']) or _times(found['low'] + found['unit'])} "
        said = Said(
            en + "and the other has not. Write both ends in full.",
            f"为“{text}”：区间两端单位不一致，请把两端都写完整。",
        )
        return Understood("", said)
    return Understood(ends[0].text, upper=ends[1].text)


def _times(text: str) -> str:
    found = NUMBER.fullmatch(text)
    return found["times"] if found else ""


def read_figure(text: str, unit: str) -> Understood:
    """Read one number with what stands before and behind it.

    Examples
    --------
    >>> read_figure("不低于95.5%", "pct").text, read_figure("约1.2万张", "beds").comparator
    ('95.5', 'approx')
    """
    comparators, body = set(), text
    for code, signs in BEFORE.items():
        for sign in signs:
            if body.startswith(sign):
                comparators.add(code)
                body = body.removeprefix(sign).strip()
                break
        if comparators:
            break
    found = NUMBER.fullmatch(body)
    if not found:
        return refused(text, *NOT_A_NUMBER)
    rest = found["unit"].strip()
    for code, words in AFTER.items():
        for word in words:
            if rest.endswith(word):
                comparators.add(code)
                rest = rest.removesuffix(word).strip()
    if found["more"] or found["more_after"]:
        comparators.add("gt")
    if len(comparators) > 1:
        return refused(text, "compares in two ways. Write one, such as ≥95", "含有两种比较，请只写一种，如≥95")
    number = Decimal(found["number"].replace(",", ""))
    if abs(number) >= Decimal(10) ** 18:
        return refused(text, "is too large to be meant. Correct it", "数字过大，请更正")
    scaled = _in_unit(number, found["times"], rest.strip("()（） "), unit)
    if scaled is None:
        return refused(text, *NOT_A_NUMBER)
    return Understood(plain(scaled), comparator="".join(comparators))


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
