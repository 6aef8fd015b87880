"""The rules that no schema can say, one small function each.

A rule sees all tables (each with two more columns: `line` in its file, and `checked`: whether it is to be
reported) and yields `Finding`s. To add one, write it here and plant its fault in tests/test_checks.py.
"""

from __future__ import annotations

import datetime
import itertools
import math
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pandas as pd

from .digits import half_a_digit, printed_numbers
from .tables import schema_of

Tables = dict[str, pd.DataFrame]

POPULATION_FROM = {  # indicator: lowest age of its persons
    "population_total": 0,
    "population_60plus": 60,
    "population_65plus": 65,
    "population_80plus": 80,
}
NESTED = [  # the group, and a part of it
    ("population_total", "population_60plus"),
    ("population_60plus", "population_65plus"),
    ("population_65plus", "population_80plus"),
    ("population_60plus_share_pct", "population_65plus_share_pct"),
    ("population_total", "population_0_3"),
    ("population_total", "population_under_3"),
    ("population_0_3", "population_under_3"),
]


class Finding(NamedTuple):
    """What a rule found: the row by its label in the table, and the sentence without its place."""

    table: str
    label: int
    field: str
    message: str
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
            yield Finding("areas", label, "adcode", f"adcode {row['adcode']} is also that of {others}. Correct one.")


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
                yield Finding(table, label, field, f"going up by {field} comes back to {start!r}. Correct {field}.")


@rule("date")
def dates_exist(tables: Tables) -> Iterator[Finding]:
    """The date of issue is in the calendar, and plans and projects do not end before they start."""
    for label, text in tables["sources"]["issued"].dropna().items():
        if re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text) and not _is_date(text):
            yield Finding("sources", label, "issued", f"issued {text!r} is not a date. Write such as 2022-10-19.")
    for table, start, end in (("sources", "plan_start", "plan_end"), ("projects", "start", "end")):
        for label, row in tables[table][tables[table][end] < tables[table][start]].iterrows():
            message = f"{end} {row[end]} is before {start} {row[start]}. Correct the years."
            yield Finding(table, label, end, message)


@rule("title")
def sources_have_a_title(tables: Tables) -> Iterator[Finding]:
    """A document has a title in Chinese or in English."""
    sources = tables["sources"]
    for label in sources.index[sources["title_zh"].isna() & sources["title_en"].isna()]:
        yield Finding("sources", label, "title_zh", "the document has no title. Give title_zh or title_en.")


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
                message = f"the group from {low} is open (n is empty), but a group from {follows} follows. Give n."
            else:
                what = "a gap" if high < follows else "an overlap"
                message = f"ages {low} to {high - 1} are followed by {follows}: {what}. Correct age or n."
            label = frame.at[place, "label"] if frame.at[place, "checked"] else int(after.at[place, "label"])
            yield Finding(table, label, "n", message)


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
                    yield Finding(table, label, "sex", f"{name} has no rows for {sex}. Add them.")
                elif fact["low"] > 0:
                    yield Finding(table, label, "age", f"{name} {sex} begins at {fact['low']}. Add the ages from 0.")
                else:
                    yield Finding(table, label, "n", f"{name} {sex} has no open group at the top (n empty). Add it.")
        if table == "population":
            bases = frame.groupby(block)["basis"].nunique(dropna=False)
            for key in bases.index[bases > 1]:
                message = f"{' '.join(map(str, key))} mixes resident and registered persons. Keep one basis."
                yield Finding(table, labels[key], "basis", message)


@rule("census-total")
def printed_totals_fit(tables: Tables) -> Iterator[Finding]:
    """A printed resident population is the sum of our pyramid of that year, within its last printed digit."""
    population, printed = tables["population"], tables["observations"]
    resident = population[population["basis"] == "resident"]
    chosen = (
        printed["indicator"].isin(POPULATION_FROM)
        & (printed["basis"] == "resident")
        & (printed["kind"] == "actual")
        & printed["value"].notna()
        & printed["as_printed"].notna()
        & printed["comparator"].isin(["eq", "approx"])
    )
    for label, row in printed[chosen].iterrows():
        same = resident[(resident["area"] == row["area"]) & (resident["year"] == row["year"])]
        total = same.loc[same["age"] >= POPULATION_FROM[row["indicator"]], "persons"].sum()
        half = half_a_digit(row["as_printed"])
        if same.empty or abs(row["value"] - total) <= half + 1e-6:
            continue
        message = (
            f"{row['observation']} prints {row['as_printed']} ({row['value']:.0f}), but the persons of "
            f"{row['area']} {row['year']} in population.csv sum to {total:.0f}. Check both with their documents."
        )
        severity = "warning" if half > 0.5 else "error"
        if same["checked"].any() and not row["checked"]:  # a user's pyramid under a figure of ours
            yield Finding("population", same["checked"].idxmax(), "persons", message, severity)
        else:
            yield Finding("observations", label, "value", message, severity)


@rule("nested")
def parts_are_smaller(tables: Tables) -> Iterator[Finding]:
    """60+ is no smaller than 65+, nor 65+ than 80+, nor all persons than children: same place, year, basis."""
    frame = tables["observations"].reset_index(names="label")
    same, groups = ["area", "year", "basis", "kind"], dict(list(frame.groupby("indicator")))
    for whole, part in NESTED:
        if whole not in groups or part not in groups:
            continue
        pairs = groups[part].merge(groups[whole], on=same, suffixes=("", "_whole"))
        for _, row in pairs[pairs["value"] > pairs["value_whole"]].iterrows():
            message = (
                f"{part} is {row['value']:g}, more than {whole}, which is {row['value_whole']:g} in "
                f"{row['observation_whole']}. Check both against the document."
            )
            mine = "" if row["checked"] else "_whole"
            yield Finding("observations", row[f"label{mine}"], "value", message)


@rule("bounds")
def values_are_possible(tables: Tables) -> Iterator[Finding]:
    """A value lies within the bounds of its indicator (a share within 0 to 100)."""
    bounds = tables["indicators"].drop_duplicates("indicator").set_index("indicator")[["lower", "upper"]]
    for table, fields in (("observations", ("value", "value_max")), ("series", ("value",))):
        frame = tables[table].join(bounds, on="indicator")
        for field in fields:
            for label, row in frame[(frame[field] < frame["lower"]) | (frame[field] > frame["upper"])].iterrows():
                low = "any" if pd.isna(row["lower"]) else f"{row['lower']:g}"
                high = "any" if pd.isna(row["upper"]) else f"{row['upper']:g}"
                message = f"{field} is {row[field]:g}, but {row['indicator']} allows {low} to {high}. Correct it."
                yield Finding(table, label, field, message)


@rule("unit")
def one_unit_per_indicator(tables: Tables) -> Iterator[Finding]:
    """An observation has the unit of its indicator."""
    units = tables["indicators"].drop_duplicates("indicator").set_index("indicator")["unit"].rename("wanted")
    frame = tables["observations"].join(units, on="indicator")
    for label, row in frame[frame["wanted"].notna() & (frame["unit"] != frame["wanted"])].iterrows():
        message = f"unit is {row['unit']!r}, but {row['indicator']} is in {row['wanted']!r}. Convert the value."
        yield Finding("observations", label, "unit", message)


@rule("value")
def values_are_whole(tables: Tables) -> Iterator[Finding]:
    """A value has a comparator, a gap has none, and a range does not end below its start."""
    frame = tables["observations"]
    for label in frame.index[frame["value"].notna() & frame["comparator"].isna()]:
        yield Finding("observations", label, "comparator", "a value needs a comparator. Write eq, ge, le or approx.")
    for label in frame.index[frame["value"].isna() & frame["comparator"].notna()]:
        yield Finding("observations", label, "comparator", "there is no value to compare. Empty the comparator.")
    for label in frame.index[frame["value"].isna() & frame["value_max"].notna()]:
        yield Finding("observations", label, "value_max", "value_max stands without value. Fill in value.")
    for label, row in frame[frame["value_max"] < frame["value"]].iterrows():
        message = f"value_max {row['value_max']:g} is below value {row['value']:g}. Exchange or correct them."
        yield Finding("observations", label, "value_max", message)


@rule("as-printed")
def values_are_as_printed(tables: Tables) -> Iterator[Finding]:
    """A value is one of the numbers in its printed form (words such as 三成 are left alone)."""
    frame = tables["observations"].dropna(subset="as_printed")
    for field in ("value", "value_max"):
        for label, row in frame[frame[field].notna() & frame["checked"]].iterrows():
            numbers = [number for number, _ in printed_numbers(row["as_printed"])]
            if numbers and not any(math.isclose(row[field], number) for number in numbers):
                message = f"{field} is {row[field]:.12g}, but the document prints {row['as_printed']!r}. Check both."
                yield Finding("observations", label, field, message, "warning")


@rule("target-year")
def targets_come_later(tables: Tables) -> Iterator[Finding]:
    """A target is for a later year than the first actual figure of its indicator in the same document."""
    frame = tables["observations"].reset_index(names="label")
    same = ["area", "indicator", "source", "basis"]
    actual = frame[(frame["kind"] == "actual") & frame["year"].notna()].sort_values("year").drop_duplicates(same)
    pairs = frame[frame["kind"] == "target"].merge(actual, on=same, suffixes=("", "_base"))
    for _, row in pairs[pairs["year"] <= pairs["year_base"]].iterrows():
        message = (
            f"the target is for {row['year']}, not after its baseline of {row['year_base']} "
            f"({row['observation_base']}). Correct the year or the kind."
        )
        # a text of December may print both the state and the target of its year
        severity = "error" if row["year"] < row["year_base"] else "warning"
        yield Finding("observations", row["label" if row["checked"] else "label_base"], "year", message, severity)


@rule("rates")
def rates_are_possible(tables: Tables) -> Iterator[Finding]:
    """Death rates are above 0, and the shares of a fertility schedule sum to 1."""
    mortality, fertility = tables["mortality"], tables["fertility"]
    for label in mortality.index[mortality["mx"] <= 0]:
        yield Finding("mortality", label, "mx", "mx is 0, but somebody dies at every age. Give a rate above 0.")
    fertility = fertility.sort_values("checked", ascending=False, kind="stable")
    for (schedule, year), group in fertility.groupby(["schedule", "year"]):
        if abs(group["share"].sum() - 1) > 1e-6:
            message = f"the shares of {schedule} {year} sum to {group['share'].sum():.7f}, not 1. Correct them."
            yield Finding("fertility", group.index[0], "share", message)


@rule("interval")
def intervals_enclose(tables: Tables) -> Iterator[Finding]:
    """lower_95 <= lower_80 <= value <= upper_80 <= upper_95."""
    series, order = tables["series"], ["lower_95", "lower_80", "value", "upper_80", "upper_95"]
    for low, high in [("lower_95", "upper_95"), *itertools.pairwise(order)]:
        for label, row in series[series[low] > series[high]].iterrows():
            message = f"{low} {row[low]:g} is above {high} {row[high]:g}. Exchange or correct them."
            yield Finding("series", label, low, message)


def _is_date(text: str) -> bool:
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
