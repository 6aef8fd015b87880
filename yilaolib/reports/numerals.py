"""Numbers as they are read in a report: counts, percentages, and how they go from one year to another."""

from __future__ import annotations

import calendar
from collections.abc import Callable

import pandas as pd

from ..tables.printed import with_minus

NOT_PUBLISHED = {"zh": "未公布", "en": "not published"}


def count(value: float, lang: str, unit: str = "", *, wan: float = 100_000) -> str:
    """A number of persons, beds or places as it is read: 33.02万人, 10,592张; 330,217 persons. From `wan` on in 万.

    Examples
    --------
    >>> count(330_217, "zh", "人"), count(6_441, "zh", "张"), count(330_217.4, "en", " persons")
    ('33.02万人', '6,441张', '330,217 persons')
    >>> count(float("nan"), "zh", "张")
    '未公布'
    """
    if pd.isna(value):
        return NOT_PUBLISHED[lang]
    if lang == "zh" and abs(value) >= wan:
        return f"{with_minus(f'{value / 10_000:,.2f}')}万{unit}"
    return f"{with_minus(f'{value:,.0f}')}{unit}"


def percent(value: float, lang: str, digits: int = 2) -> str:
    """A percentage, or the words for a missing one.

    Examples
    --------
    >>> percent(16.634, "zh"), percent(16.634, "en", 1)
    ('16.63%', '16.6 %')
    """
    if pd.isna(value):
        return NOT_PUBLISHED[lang]
    return f"{with_minus(f'{value:.{digits}f}')}{'%' if lang == 'zh' else ' %'}"


def day(date: str, lang: str) -> str:
    """A date of the tables as it is read.

    Examples
    --------
    >>> day("2020-11-01", "zh"), day("2020-11-01", "en"), day("2020-12", "en"), day("2020", "zh")
    ('2020年11月1日', '1 November 2020', 'December 2020', '2020年')
    """
    year, *rest = (int(part) for part in date.split("-"))
    if lang == "zh":
        return "".join(f"{part}{word}" for part, word in zip((year, *rest), "年月日", strict=False))
    month = [calendar.month_name[rest[0]]] if rest else []
    return " ".join([*(str(part) for part in rest[1:]), *month, str(year)])


def path_words(path: pd.Series, lang: str, shown: Callable[[float], str], *, persons: bool = False) -> str:
    """How a figure goes from the first year to the last, by the numbers as they are shown.

    Examples
    --------
    >>> path = pd.Series([16.68, 38.8], index=[2020, 2050])
    >>> path_words(path, "en", lambda value: percent(value, "en", 1))
    'rises from 16.7 % at the end of 2020 to 38.8 % at the end of 2050'
    """
    years, before, after = path.index[[0, -1]], path.iloc[0], path.iloc[-1]
    a, b = shown(before), shown(after)
    if a == b:
        return {
            "zh": f"在{years[0]}年末与{years[1]}年末均为{a}",
            "en": f"is {a} at the end of {years[0]} and of {years[1]}",
        }[lang]
    if lang == "zh":
        verb = ("增加" if persons else "上升") if after > before else ("减少" if persons else "下降")
        return f"由{years[0]}年末的{a}{verb}到{years[1]}年末的{b}"
    verb = "rises" if after > before else "falls"
    return f"{verb} from {a} at the end of {years[0]} to {b} at the end of {years[1]}"
