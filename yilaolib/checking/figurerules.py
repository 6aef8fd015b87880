"""The rules on printed figures and on totals. See `rules`."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from ..core.digits import half_a_digit, printed_numbers
from ..tabling.ownarea import contradiction, parent_with_pyramid
from ..tabling.sentences import Said
from .rules import Finding, Tables, rule

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
        message = Said(
            f"{row['observation']} prints {row['as_printed']} ({row['value']:.0f}), but the persons of "
            f"{row['area']} {row['year']} in population.csv sum to {total:.0f}. Check both with their documents.",
            f"{row['observation']} 为{row['as_printed']}（{row['value']:.0f}），但 population 表中{row['area']} "
            f"{row['year']}年合计为{total:.0f}，请核对。",
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
            message = Said(
                f"{part} is {row['value']:g}, more than {whole}, which is {row['value_whole']:g} in "
                f"{row['observation_whole']}. Check both against the document.",
                f"{part} 为{row['value']:g}，大于 {whole}（{row['observation_whole']}）的{row['value_whole']:g}，"
                "请核对。",
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
                en = f"{field} is {row[field]:g}, but {row['indicator']} allows {low} to {high}. Correct it."
                zh = f"{field} 为{row[field]:g}，而 {row['indicator']} 的范围是{low}至{high}，请更正。"
                yield Finding(table, label, field, Said(en, zh))


@rule("unit")
def one_unit_per_indicator(tables: Tables) -> Iterator[Finding]:
    """An observation has the unit of its indicator."""
    units = tables["indicators"].drop_duplicates("indicator").set_index("indicator")["unit"].rename("wanted")
    frame = tables["observations"].join(units, on="indicator")
    for label, row in frame[frame["wanted"].notna() & (frame["unit"] != frame["wanted"])].iterrows():
        en = f"unit is {row['unit']!r}, but {row['indicator']} is in {row['wanted']!r}. Convert the value."
        zh = f"单位为“{row['unit']}”，而 {row['indicator']} 的单位是“{row['wanted']}”，请换算数值。"
        yield Finding("observations", label, "unit", Said(en, zh))


@rule("value")
def values_are_whole(tables: Tables) -> Iterator[Finding]:
    """A value has a comparator, a gap has none, and a range does not end below its start."""
    frame = tables["observations"]
    for label in frame.index[frame["value"].notna() & frame["comparator"].isna()]:
        en = "a value needs a comparator. Write eq, ge, le or approx."
        yield Finding("observations", label, "comparator", Said(en, "有数值就要有比较符，请填写eq、ge、le或approx。"))
    for label in frame.index[frame["value"].isna() & frame["comparator"].notna()]:
        en = "there is no value to compare. Empty the comparator."
        yield Finding("observations", label, "comparator", Said(en, "没有数值可比较，请清空比较符。"))
    for label in frame.index[frame["value"].isna() & frame["value_max"].notna()]:
        said = Said("value_max stands without value. Fill in value.", "只有value_max而没有value，请填写value。")
        yield Finding("observations", label, "value_max", said)
    for label, row in frame[frame["value_max"] < frame["value"]].iterrows():
        en = f"value_max {row['value_max']:g} is below value {row['value']:g}. Exchange or correct them."
        zh = f"value_max {row['value_max']:g} 小于 value {row['value']:g}，请更正。"
        yield Finding("observations", label, "value_max", Said(en, zh))


@rule("as-printed")
def values_are_as_printed(tables: Tables) -> Iterator[Finding]:
    """A value is one of the numbers in its printed form (words such as 三成 are left alone)."""
    frame = tables["observations"].dropna(subset="as_printed")
    for field in ("value", "value_max"):
        for label, row in frame[frame[field].notna() & frame["checked"]].iterrows():
            numbers = [number for number, _ in printed_numbers(row["as_printed"])]
            if numbers and not any(math.isclose(row[field], number) for number in numbers):
                en = f"{field} is {row[field]:.12g}, but the document prints {row['as_printed']!r}. Check both."
                zh = f"{field} 为{row[field]:.12g}，而原文为“{row['as_printed']}”，请核对。"
                yield Finding("observations", label, field, Said(en, zh), "warning")


@rule("target-year")
def targets_come_later(tables: Tables) -> Iterator[Finding]:
    """A target is for a later year than the first actual figure of its indicator in the same document."""
    frame = tables["observations"].reset_index(names="label")
    same = ["area", "indicator", "source", "basis"]
    actual = frame[(frame["kind"] == "actual") & frame["year"].notna()].sort_values("year").drop_duplicates(same)
    pairs = frame[frame["kind"] == "target"].merge(actual, on=same, suffixes=("", "_base"))
    for _, row in pairs[pairs["year"] <= pairs["year_base"]].iterrows():
        message = Said(
            f"the target is for {row['year']}, not after its baseline of {row['year_base']} "
            f"({row['observation_base']}). Correct the year or the kind.",
            f"目标年份{row['year']}不晚于基期{row['year_base']}（{row['observation_base']}），请更正年份或kind。",
        )
        # a text of December may print both the state and the target of its year
        severity = "error" if row["year"] < row["year_base"] else "warning"
        yield Finding("observations", row["label" if row["checked"] else "label_base"], "year", message, severity)


@rule("margins")
def margins_can_be_filled(tables: Tables) -> Iterator[Finding]:
    """Totals of a place do not contradict each other, and a parent has a pyramid to fill them up from."""
    margins = tables["margins"]
    for label, row in margins[margins["checked"] & margins["population_total"].notna()].iterrows():
        if found := contradiction(row):
            yield Finding("margins", label, found[0], found[1])
        if not isinstance(row["area"], str) or pd.isna(row["year"]):
            continue
        if parent_with_pyramid(row["area"], int(row["year"]), tables["population"], tables["areas"]) is None:
            en = f"no parent of {row['area']!r} has residents by age and sex. Give its province as parent in areas."
            zh = f"“{row['area']}”的上级都没有分年龄人口，请在areas表的parent列填写所属省份。"
            yield Finding("margins", label, "area", Said(en, zh))
