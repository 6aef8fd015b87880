"""The rules that no schema can say, one small function each; those on printed figures are in `figurerules`.

A rule sees all tables (each with two more columns: `line` in its file, and `checked`: whether it is to be
reported) and yields `Finding`s. To add one, write it here and plant its fault in tests/test_checks.py.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pandas as pd

from ..tabling.schema import schema_of
from ..tabling.sentences import Said

Tables = dict[str, pd.DataFrame]


class Finding(NamedTuple):
    """What a rule found: the row by its label in the table, and the sentence without its place."""

    table: str
    label: int
    field: str
    message: Said | str
    severity: str = "error"


Rule = Callable[[Tables], Iterator[Finding]]
RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Rule], Rule]:
    """Register a rule under the name that problems will show."""

    def register(function: Rule) -> Rule:
        RULES[name] = function
        return function

    return register


@rule("unique")
def unique_fields(tables: Tables) -> Iterator[Finding]:
    """No two areas share an adcode, even where one is ours and one the user's."""
    areas = tables["areas"]
    for _, same in areas[areas["adcode"].notna()].groupby("adcode"):
        for label, row in same.iterrows() if len(same) > 1 else ():
            others = ", ".join(same["area"].drop(label))
            en = f"adcode {row['adcode']} is also that of {others}. Correct one."
            said = Said(en, f"行政区划代码 {row['adcode']} 与 {others} 相同，请更正其一。")
            yield Finding("areas", label, "adcode", said)


@rule("parent-loop")
def parents_lead_up(tables: Tables) -> Iterator[Finding]:
    """Going from parent to parent (and from an indicator to its broader one) comes to an end."""
    for table, key, field in (("areas", "area", "parent"), ("indicators", "indicator", "broader")):
        frame = tables[table]
        up = dict(zip(frame[key], frame[field], strict=True))
        for label, start in frame[key].items():
            seen, here = set(), start
            while isinstance(here, str) and here not in seen:
                seen.add(here)
                here = up.get(here)
            if here == start:
                en = f"going up by {field} comes back to {start!r}. Correct {field}."
                yield Finding(table, label, field, Said(en, f"沿{field}向上会回到“{start}”，请更正{field}。"))


@rule("date")
def dates_exist(tables: Tables) -> Iterator[Finding]:
    """The date of issue is in the calendar, and plans and projects do not end before they start."""
    for label, text in tables["sources"]["issued"].dropna().items():
        if re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text) and not _is_date(text):
            en = f"issued {text!r} is not a date. Write such as 2022-10-19."
            yield Finding("sources", label, "issued", Said(en, f"“{text}”不是有效日期，请写成如2022-10-19。"))
    for table, start, end in (("sources", "plan_start", "plan_end"), ("projects", "start", "end")):
        for label, row in tables[table][tables[table][end] < tables[table][start]].iterrows():
            en = f"{end} {row[end]} is before {start} {row[start]}. Correct the years."
            zh = f"{end} {row[end]} 早于 {start} {row[start]}，请更正年份。"
            yield Finding(table, label, end, Said(en, zh))


@rule("title")
def sources_have_a_title(tables: Tables) -> Iterator[Finding]:
    """A document has a title in Chinese or in English."""
    sources = tables["sources"]
    for label in sources.index[sources["title_zh"].isna() & sources["title_en"].isna()]:
        said = Said("the document has no title. Give title_zh or title_en.", "文件没有标题，请填写title_zh或title_en。")
        yield Finding("sources", label, "title_zh", said)


@rule("age-groups")
def age_groups_join(tables: Tables) -> Iterator[Finding]:
    """Age groups follow each other without gap or overlap; only the last is open."""
    for table in ("population", "age_standards", "mortality", "fertility", "care_rates"):
        block = [field for field in schema_of(table)["primaryKey"] if field != "age"]
        frame = tables[table].dropna(subset="age").sort_values([*block, "age"]).reset_index(names="label")
        after = frame.groupby(block, dropna=False)[["age", "label"]].shift(-1)
        end = frame["age"] + frame["n"]
        for place in frame.index[after["age"].notna() & (end.isna() | (end != after["age"]).fillna(True))]:
            low, high, follows = frame.at[place, "age"], end[place], after.at[place, "age"]
            if pd.isna(high):
                en = f"the group from {low} is open (n is empty), but a group from {follows} follows. Give n."
                zh = f"{low}岁组是开口组（n为空），但其后还有{follows}岁组，请填写n。"
            else:
                what = Said("a gap", "中间有空缺") if high < follows else Said("an overlap", "有重叠")
                en = f"ages {low} to {high - 1} are followed by {follows}: {what.en}. Correct age or n."
                zh = f"{low}至{high - 1}岁之后是{follows}岁，{what.zh}，请更正age或n。"
            label = frame.at[place, "label"] if frame.at[place, "checked"] else int(after.at[place, "label"])
            yield Finding(table, label, "n", Said(en, zh))


@rule("pyramid-complete")
def pyramids_are_complete(tables: Tables) -> Iterator[Finding]:
    """Population and mortality have both sexes from age 0 to an open group; a pyramid has one basis."""
    for table, block in (("population", ["area", "year"]), ("mortality", ["standard", "year"])):
        frame = tables[table].reset_index(names="label").sort_values("checked", ascending=False, kind="stable")
        labels = frame.drop_duplicates(block).set_index(block)["label"]  # a problem is told at a row to be checked
        groups = frame.groupby([*block, "sex"])
        facts = groups.agg(low=("age", "min"), rows=("age", "size"), closed=("n", "count")).reset_index("sex")
        for sex in ("female", "male"):
            one = facts[facts["sex"] == sex].reindex(labels.index)
            for key, fact in one[one["rows"].isna() | (one["low"] > 0) | (one["closed"] == one["rows"])].iterrows():
                name, label = " ".join(map(str, key)), labels[key]
                if pd.isna(fact["rows"]):
                    yield Finding(
                        table,
                        label,
                        "sex",
                        Said(f"{name} has no rows for {sex}. Add them.", f"{name} 缺少{sex}的行，请补上。"),
                    )
                elif fact["low"] > 0:
                    en = f"{name} {sex} begins at {fact['low']}. Add the ages from 0."
                    said = Said(en, f"{name} {sex} 从{fact['low']}岁开始，请补上0岁起的各组。")
                    yield Finding(table, label, "age", said)
                else:
                    en = f"{name} {sex} has no open group at the top (n empty). Add it."
                    yield Finding(table, label, "n", Said(en, f"{name} {sex} 缺少最高的开口组（n为空），请补上。"))
        if table == "population":
            bases = frame.groupby(block)["basis"].nunique(dropna=False)
            for key in bases.index[bases > 1]:
                name = " ".join(map(str, key))
                en = f"{name} mixes resident and registered persons. Keep one basis."
                said = Said(en, f"{name} 混用了常住与户籍口径，请只保留一种。")
                yield Finding(table, labels[key], "basis", said)


@rule("rates")
def rates_are_possible(tables: Tables) -> Iterator[Finding]:
    """Death rates are above 0, and the shares of a fertility schedule sum to 1."""
    mortality, fertility = tables["mortality"], tables["fertility"]
    for label in mortality.index[mortality["mx"] <= 0]:
        en = "mx is 0, but somebody dies at every age. Give a rate above 0."
        yield Finding("mortality", label, "mx", Said(en, "死亡率为0，但各年龄都有人死亡，请填写大于0的数。"))
    fertility = fertility.sort_values("checked", ascending=False, kind="stable")
    for (schedule, year), group in fertility.groupby(["schedule", "year"]):
        if abs(group["share"].sum() - 1) > 1e-6:
            en = f"the shares of {schedule} {year} sum to {group['share'].sum():.7f}, not 1. Correct them."
            said = Said(en, f"{schedule} {year} 的份额之和为{group['share'].sum():.7f}，不是1，请更正。")
            yield Finding("fertility", group.index[0], "share", said)


@rule("interval")
def intervals_enclose(tables: Tables) -> Iterator[Finding]:
    """lower_95 <= lower_80 <= value <= upper_80 <= upper_95."""
    series, order = tables["series"], ["lower_95", "lower_80", "value", "upper_80", "upper_95"]
    for low, high in [("lower_95", "upper_95"), *itertools.pairwise(order)]:
        for label, row in series[series[low] > series[high]].iterrows():
            en = f"{low} {row[low]:g} is above {high} {row[high]:g}. Exchange or correct them."
            yield Finding("series", label, low, Said(en, f"{low} {row[low]:g} 大于 {high} {row[high]:g}，请更正。"))


def _is_date(text: str) -> bool:
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
