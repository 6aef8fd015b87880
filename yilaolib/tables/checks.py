"""Check a data folder or workbook against the schema and the rules; problems are rows of a table, empty is good.

Cells are read by `rows` and `tables`, which say what is wrong in a sentence; frictionless then holds the schema to the
letter; `rules` say what no schema can.
"""

from __future__ import annotations

import datetime
import itertools
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..auditing.evidence import Evidence
from ..errors import DataError, did_you_mean
from .folders import as_root, found_tables, is_workbook, merged_table, orphans, overlay, read_theirs
from .ownarea import contradiction, parent_with_pyramid
from .printed import half_a_digit, printed_numbers
from .schema import (
    LANGS,
    Fault,
    Said,
    Sheet,
    data_folder,
    empty_table,
    fields_of,
    key_of,
    parse,
    read_csv,
    schema_of,
    table_names,
    user_tables,
)

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


@rule("claims")
def claims_can_be_recomputed(tables: Tables) -> Iterator[Finding]:
    """A claim has the value and unit of its observation, and a formula that can be computed."""
    claims = tables["claims"]
    if not claims["checked"].any():
        return
    evidence = Evidence(tables.__getitem__)
    for label, claim in claims[claims["checked"]].iterrows():
        row = evidence.rows.get(claim["observation"])
        if row and not math.isclose(claim["published"], row["value"] if row["value"] is not None else math.nan):
            message = Said(
                f"published is {claim['published']:g}, but {claim['observation']} is {row['value']}. Correct one.",
                f"published为{claim['published']:g}，而{claim['observation']}为{row['value']}，请更正其一。",
            )
            yield Finding("claims", label, "published", message)
        if row and claim["unit"] != row["unit"]:
            message = Said(
                f"unit is {claim['unit']!r}, but {claim['observation']} is in {row['unit']!r}. Correct the unit.",
                f"unit为“{claim['unit']}”，而{claim['observation']}的单位为“{row['unit']}”，请更正。",
            )
            yield Finding("claims", label, "unit", message)
        if pd.notna(claim["formula"]):
            try:
                evidence.compute(claim["formula"])
            except DataError as error:
                yield Finding("claims", label, "formula", Said(str(error), f"公式无法计算：{error}"))


COLUMNS = ["table", "row", "field", "rule", "message", "severity"]


def check_data(root: str | Path | None = None, *, lang: str = "en") -> pd.DataFrame:
    """List the problems of a data folder or workbook: ours, or your own laid over ours. No row means no problem.

    An error makes figures wrong or unreadable; a warning is worth a look. Registered and resident
    populations are never compared.

    Parameters
    ----------
    root : path, optional
        A folder of your own, or a workbook (.xlsx). Its tables are checked as they would be used, together with ours,
        and only its own rows are reported. Without it our own tables are checked.
    lang : {"en", "zh"}
        Language of the messages.

    Returns
    -------
    DataFrame
        One row a problem: table, row (line of the file; the header is line 1; missing for a whole file),
        field, rule, message (a sentence), severity ("error" or "warning"). Of a workbook also sheet and cell ("B7");
        its row is the row of the sheet.

    Raises
    ------
    DataError
        When the folder does not exist, or the workbook cannot be read at all.

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.check_data().query("severity == 'error'").empty
    True
    """
    if lang not in LANGS:
        raise DataError(f"lang must be one of {', '.join(LANGS)}; it is {lang!r}.{did_you_mean(lang, LANGS)}")
    path = as_root(root)
    files, faults = found_tables(path or data_folder())
    tables, sheets = {}, {}
    for name in [*table_names(), *user_tables()]:
        checked, sheets[name] = _read(name, files.get(name), faults, root=path)
        if path is None:
            tables[name] = checked
        else:
            ours = merged_table(name)
            ours = ours.assign(line=ours.index, checked=False)
            tables[name] = (overlay(name, ours, checked) if len(checked) else ours).reset_index(drop=True)
    faults += _missing_files(files, path)
    faults += _orphans(tables, sheets) + _broken_rules(tables, sheets)
    order = {name: place for place, name in enumerate([*table_names(), *user_tables()])}
    faults.sort(key=lambda fault: (order.get(fault.table, -1), fault.row or 0, fault.severity))
    problems = pd.DataFrame(faults, columns=Fault._fields)
    if lang == "zh":
        problems["message"] = problems["zh"].where(problems["zh"] != "", problems["message"])
    problems = problems[COLUMNS + (["sheet", "cell"] if is_workbook(path) else [])]
    return problems.astype({"row": "Int64", **dict.fromkeys(problems.columns.drop("row"), "str")})


def _read(name: str, path: Path | None, faults: list[Fault], *, root: Path | None) -> tuple[pd.DataFrame, Sheet]:
    """Read a table to be checked as far as it can be read, and add what is wrong with it to `faults`."""
    frame, sheet = empty_table(name), Sheet(f"{name}.csv", [], [], [])
    if path is not None:
        sheet, found = read_csv(path) if root is None else read_theirs(name, root)
        if sheet.header:
            frame, misfits = parse(name, sheet, strict=root is None, known=found)
            found = found + misfits
        faults += found + _by_standard(name, sheet, found)
    return frame.assign(line=frame.index, checked=True).reset_index(drop=True), sheet


def _by_standard(name: str, sheet: Sheet, found: list[Fault]) -> list[Fault]:
    """Hold a sheet to its schema with frictionless; a cell that has its sentence already gets no second one."""
    from frictionless import Resource, Schema  # takes longer to import than all else here

    fields = fields_of(name)
    columns = {column: place for place, column in enumerate(sheet.header) if column in fields}
    if not columns or not sheet.rows:
        return []
    descriptor = {"fields": [fields[column] for column in columns], "missingValues": [""]}
    cells = [[*row, *[""] * len(sheet.header)] for row in sheet.rows]
    rows = [[row[place] for place in columns.values()] for row in cells]
    report = Resource(data=[list(columns), *rows], schema=Schema.from_descriptor(descriptor)).validate(
        limit_errors=100_000
    )
    said = {(fault.row, fault.field) for fault in found if fault.severity == "error"}
    lines_lost = {fault.row for fault in found if fault.rule == "ragged"}
    faults = []
    for error in report.tasks[0].errors if report.tasks else report.errors:
        at = getattr(error, "row_number", None)
        if at is None:
            place = sheet.fault(name, None, "", error.type, Said(f"{error.message}.", f"{error.message}。"))
            faults.append(place)
            continue
        line, field = sheet.lines[at - 2], getattr(error, "field_name", "")
        if (line, field) not in said and line not in lines_lost:
            cell = getattr(error, "cell", "")
            message = Said(
                f"{field} is {cell!r}, but {error.note}. Correct the cell.",
                f"{field} 为“{cell}”，与表结构不符（{error.note}），请更正。",
            )
            faults.append(sheet.fault(name, line, field, error.type, message))
    return faults


def _missing_files(files: dict[str, Path], root: Path | None) -> list[Fault]:
    if root is None:
        return [
            Fault(name, None, "", "file", f"{name}.csv is not in {data_folder()}. Restore it.")
            for name in table_names()
            if name not in files
        ]
    if files:
        return []
    names, kind = ", ".join(table_names()), "sheet" if is_workbook(root) else "file"
    example = "observations" if is_workbook(root) else "observations.csv"
    en = f"{root} holds none of the tables {names}. Name a {kind} such as {example}."
    zh = f"{root.name} 中没有任何表（{names}），请按表名命名，如{example}。"
    return [Fault("", None, "", "file", en, "warning", zh)]


def _orphans(tables: Tables, sheets: dict[str, Sheet]) -> list[Fault]:
    faults = []
    for name, frame in tables.items():
        if frame["checked"].any():
            faults += orphans(name, frame[frame["checked"]].set_index("line"), tables, sheets[name])
    return faults


def _broken_rules(tables: Tables, sheets: dict[str, Sheet]) -> list[Fault]:
    faults = []
    for name, rule in RULES.items():
        for found in rule(tables):
            row = tables[found.table].loc[[found.label]]
            if row["checked"].item():
                key = key_of(row, schema_of(found.table)["primaryKey"]).item()
                said = found.message if isinstance(found.message, Said) else Said(found.message, found.message)
                where = found.table, int(row["line"].item()), found.field, name, said
                faults.append(sheets[found.table].fault(*where, key=key, severity=found.severity))
    return faults
