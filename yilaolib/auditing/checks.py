"""Check a data folder or workbook against the schema and the rules; problems are rows of a table, empty is good.

`tables.schema` and `tables.cells` say which cells do not fit; the rules here say what no schema can.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..errors import DataError
from ..tables import schema, workbook
from ..tables.areas import slug_of
from ..tables.cells import half_a_digit, printed_numbers, signs_in
from ..tables.folders import as_root, found_tables, is_workbook, merged_table, orphans, overlay, read_theirs
from ..tables.schema import Problem, Sheet, Trouble
from ..tables.workbook import FINE, MARGINS, parent_with_pyramid, residents_in
from ..texts import catalogue
from .evidence import Evidence

Tables = dict[str, pd.DataFrame]
SHOWN = 10  # problems of one kind: a slip in every row is told by the first and their number


class Finding(NamedTuple):
    """What a rule found: the row by its label in the table, the column, and what is wrong."""

    table: str
    label: Any
    field: str
    key: str
    values: dict[str, Any] = {}  # noqa: RUF012 - never changed
    severity: str = "error"


def unique_fields(tables: Tables) -> Iterator[Finding]:
    """No two areas share an adcode, even where one is ours and one the user's."""
    areas = tables["areas"]
    same = areas[areas["adcode"].notna() & areas["adcode"].duplicated(keep=False)]
    for label, code in same["adcode"].items():
        others = same.loc[same["adcode"] == code, "area"].drop(label)
        yield Finding("areas", label, "adcode", "same_adcode", {"adcode": code, "others": list(others)})


def parents_lead_up(tables: Tables) -> Iterator[Finding]:
    """Going from parent to parent (and from an indicator to its broader one) comes to an end."""
    for table, key, field in (("areas", "area", "parent"), ("indicators", "indicator", "broader")):
        up = dict(zip(tables[table][key], tables[table][field], strict=True))
        for label, start in tables[table][key].items():
            seen, here = set(), start
            while isinstance(here, str) and here not in seen:
                seen.add(here)
                here = up.get(here)
            if here == start:
                yield Finding(table, label, field, "loop", {"start": start})


def dates_exist(tables: Tables) -> Iterator[Finding]:
    """The date of issue is in the calendar, and plans and projects do not end before they start."""
    issued = tables["sources"]["issued"].dropna()
    issued = issued[issued.str.fullmatch(r"\d{4}(-\d{2}){0,2}")]
    for label, text in issued[pd.to_datetime(issued, format="ISO8601", errors="coerce").isna()].items():
        yield Finding("sources", label, "issued", "no_date", {"shown": text})
    for table, start, end in (("sources", "plan_start", "plan_end"), ("projects", "start", "end")):
        for label, row in tables[table][tables[table][end] < tables[table][start]].iterrows():
            values = {"start": start, "first": row[start], "last": row[end]}
            yield Finding(table, label, end, "ends_before_start", values)


def sources_have_a_title(tables: Tables) -> Iterator[Finding]:
    """A document has a title in Chinese or in English."""
    untitled = tables["sources"][["title_zh", "title_en"]].isna().all(axis=1)
    return (Finding("sources", label, "title_zh", "no_title") for label in untitled.index[untitled])


def age_groups_join(tables: Tables) -> Iterator[Finding]:
    """Age groups follow each other without gap or overlap; only the last is open."""
    for table in ("population", "age_standards", "mortality", "fertility", "care_rates"):
        block = [field for field in schema.schema_of(table)["primaryKey"] if field != "age"]
        frame = _beside_checked(tables[table].dropna(subset="age"), block[0])
        frame = frame.sort_values([*block, "age"]).reset_index(names="label")
        after = frame.groupby(block, dropna=False)[["age", "label"]].shift(-1)
        end = frame["age"] + frame["n"]
        for place in frame.index[after["age"].notna() & (end.isna() | (end != after["age"]).fillna(True))]:
            last = None if pd.isna(end[place]) else int(end[place]) - 1
            values = {"age": frame.at[place, "age"], "last": last, "follows": int(after.at[place, "age"])}
            label = frame.at[place, "label"] if frame.at[place, "checked"] else int(after.at[place, "label"])
            yield Finding(table, label, "n", "ages_do_not_join", values)


def _beside_checked(frame: pd.DataFrame, field: str) -> pd.DataFrame:
    """The rows of the areas (or standards) of which some row is to be checked."""
    return frame[frame[field].isin(frame.loc[frame["checked"], field])]


def pyramids_are_complete(tables: Tables) -> Iterator[Finding]:
    """Population and mortality have both sexes from age 0 to an open group; a pyramid has one basis."""
    for table, block in (("population", ["area", "year"]), ("mortality", ["standard", "year"])):
        frame = _beside_checked(tables[table], block[0]).reset_index(names="label")
        frame = frame.sort_values("checked", ascending=False, kind="stable")
        labels = frame.drop_duplicates(block).set_index(block)["label"]  # a problem is told at a row to be checked
        groups = frame.groupby([*block, "sex"])
        facts = groups.agg(low=("age", "min"), rows=("age", "size"), closed=("n", "count")).reset_index("sex")
        apart = facts.index[facts["sex"] != "both"]
        for sex in ("female", "male"):
            one = facts[facts["sex"] == sex].reindex(labels.index.intersection(apart))
            for key, fact in one[one["rows"].isna() | (one["low"] > 0) | (one["closed"] == one["rows"])].iterrows():
                wrong = ("sex", "no_rows_of_a_sex")
                if pd.notna(fact["rows"]):
                    wrong = ("age", "begins_late") if fact["low"] > 0 else ("n", "no_open_group")
                values = {"name": " ".join(map(str, key)), "sex": sex, "low": fact["low"]}
                yield Finding(table, labels[key], *wrong, values)
        if table == "population":
            bases = frame.groupby(block)["basis"].nunique(dropna=False)
            for key in bases.index[bases > 1]:
                yield Finding(table, labels[key], "basis", "mixed_bases", {"name": " ".join(map(str, key))})


def parts_add_up(tables: Tables) -> Iterator[Finding]:
    """Counties add up to their prefecture, and so on to the nation: persons by sex and age, households, schooling.

    Areas are added by the parents of the year; what is known to differ is listed in `census_exceptions`.
    """
    areas, known = tables["areas"].drop_duplicates("area").set_index("area"), tables["census_exceptions"]
    known = set(zip(known["adcode"], known["year"], known["cell"].str.split(" ", n=1).str[-1], strict=True))
    for table in ("population", "households", "census_columns"):
        frame = tables[table].dropna(subset=["area", "year"])
        labels = frame[frame["checked"]].reset_index(names="label").drop_duplicates(["area", "year"])
        labels = labels.set_index(["area", "year"])["label"]
        severity = "error" if frame["checked"].all() else "warning"
        for year, rows in frame.groupby("year") if len(labels) else ():
            if year == 2010 and table != "population":
                continue  # former_units has no more than the persons
            own, parents, names = _units_of(year, rows, tables, areas["parent"])
            total = own.groupby(parents).sum(min_count=1).reindex(own.index)
            off = (total - own).stack().dropna()
            for unit, cells in off[off != 0].groupby(level=0):
                area, cells = names.get(unit, unit), cells.droplevel(0)
                cells = cells[[(areas["adcode"].get(area), year, cell) not in known for cell in cells.index]]
                if len(cells) and (area, year) in labels:
                    cell = cells.index[0]
                    values = {"name": area, "year": year, "n": len(cells), "cell": cell, "value": own.at[unit, cell]}
                    place = labels[area, year], "persons" if table == "population" else cell
                    yield Finding(table, *place, "parts_do_not_sum", values | {"total": total.at[unit, cell]}, severity)


def _units_of(year: int, rows: pd.DataFrame, tables: Tables, up: pd.Series) -> tuple[pd.DataFrame, pd.Series, dict]:
    """Return counts by unit and cell, the parent of each unit, and of the units of 2010 the areas of today."""
    if "age" not in rows:
        own = rows.drop_duplicates("area").set_index("area").select_dtypes("Int64")  # counts, no means
        own = own.drop(columns=["year", "line"], errors="ignore")
        return own.astype(float), own.index.map(up), {}
    ages = [0, 1, *range(5, 90, 5)]
    group = pd.cut(rows["age"].astype(float), [*ages, math.inf], right=False, labels=AGE_GROUPS).astype(str)
    cells = rows["sex"] + " " + group
    own = rows["persons"].groupby([rows["area"], cells]).sum(min_count=1).unstack()
    if year != 2010:
        return own, own.index.map(up), {}
    links = tables["area_links"].merge(tables["areas"][["area", "level"]], on="area")
    county, same = links["level"] == "county", links["status"] == "same"
    links = links[(same & (county | links["area_2010"].str.endswith("00"))) | (county & (links["status"] == "merged"))]
    links = links.sort_values("parent_2010").drop_duplicates("area").set_index("area")
    own = own[own.index.isin(links.index)]
    parents = own.index.map(links["parent_2010"])
    units = links["area_2010"].where(links["status"] == "same", links.index.to_series())  # of a sum its own slug
    own = own.set_axis(own.index.map(units))
    former = tables["former_units"].set_index(["adcode", "sex"])
    more = former[AGE_GROUPS].astype(float).stack().rename("persons").reset_index()
    more = more.assign(cell=more["sex"] + " " + more["level_2"]).pivot(index="adcode", columns="cell", values="persons")
    above = former.groupby("adcode")["parent"].first().reindex(more.index)
    own, parents = pd.concat([own, more]), pd.Index([*parents, *above])
    return own, parents, {code: area for area, code in units.items()}


def rates_are_possible(tables: Tables) -> Iterator[Finding]:
    """Death rates are above 0, and the shares of a fertility schedule sum to 1."""
    for label in tables["mortality"].index[tables["mortality"]["mx"] <= 0]:
        yield Finding("mortality", label, "mx", "nobody_dies")
    fertility = tables["fertility"].sort_values("checked", ascending=False, kind="stable")
    for (schedule, year), group in fertility.groupby(["schedule", "year"]):
        if abs(group["share"].sum() - 1) > 1e-6:
            values = {"schedule": schedule, "year": year, "sum": group["share"].sum()}
            yield Finding("fertility", group.index[0], "share", "shares_do_not_sum", values)


MORE: dict[str, tuple] = {"population_under_5": (0, 5), "aged_50_59": (50, 60), "aged_60_69": (60, 70)}
AGE_GROUPS = ["0", "1-4", *(f"{age}-{age + 4}" for age in range(5, 85, 5)), "85+"]
POPULATION_FROM = {  # indicator: lowest age of its persons
    "population_total": 0, "population_60plus": 60, "population_65plus": 65, "population_80plus": 80,
}  # fmt: skip
NESTED = [  # the group, and a part of it
    ("population_total", "population_60plus"), ("population_60plus", "population_65plus"),
    ("population_65plus", "population_80plus"), ("population_60plus_share_pct", "population_65plus_share_pct"),
    ("population_total", "population_0_3"), ("population_total", "population_under_3"),
    ("population_0_3", "population_under_3"),
]  # fmt: skip


def printed_totals_fit(tables: Tables) -> Iterator[Finding]:
    """A printed resident population is the sum of our pyramid of that year, within its last printed digit."""
    population, printed = tables["population"], tables["observations"]
    resident = population[population["basis"] == "resident"]
    places = resident.groupby(["area", "year"]).indices
    printed = printed[printed["indicator"].isin(POPULATION_FROM)].dropna(subset=["value", "as_printed"])
    chosen = "basis == 'resident' and kind == 'actual' and comparator in ('eq', 'approx')"
    for label, row in printed.query(chosen).iterrows():
        same = resident.iloc[places.get((row["area"], row["year"]), [])]
        total = same.loc[same["age"] >= POPULATION_FROM[row["indicator"]], "persons"].sum()
        half = half_a_digit(row["as_printed"])
        if same.empty or abs(row["value"] - total) <= half + 1e-6:
            continue
        values = {**row[["observation", "as_printed", "value", "area", "year"]], "total": total}
        found = ("population_differs", values, "warning" if half > 0.5 else "error")
        if same["checked"].any() and not row["checked"]:  # a user's pyramid under a figure of ours
            yield Finding("population", same["checked"].idxmax(), "persons", *found)
        else:
            yield Finding("observations", label, "value", *found)


def parts_are_smaller(tables: Tables) -> Iterator[Finding]:
    """60+ is no smaller than 65+, nor 65+ than 80+, nor all persons than children: same area, year, basis."""
    frame = tables["observations"].reset_index(names="label")
    for whole, part in NESTED:
        groups = (frame[frame["indicator"] == name] for name in (part, whole))
        pairs = pd.merge(*groups, on=["area", "year", "basis", "kind"], suffixes=("", "_whole"))
        for _, row in pairs[pairs["value"] > pairs["value_whole"]].iterrows():
            values = {"part": part, "whole": whole, **row[["value", "value_whole", "observation_whole"]]}
            label = row["label" if row["checked"] else "label_whole"]
            yield Finding("observations", label, "value", "part_above_printed_whole", values)


def intervals_enclose(tables: Tables) -> Iterator[Finding]:
    """lower_95 <= lower_80 <= value <= upper_80 <= upper_95, those that are given."""
    ends = tables["series"][["lower_95", "lower_80", "value", "upper_80", "upper_95"]].ffill(axis=1)
    for low, high in zip(ends, ends.columns[1:], strict=False):
        for label, row in ends[ends[low] > ends[high]].iterrows():
            yield Finding("series", label, low, "interval_crosses", {"low": row[low], "other": high, "high": row[high]})


def values_are_possible(tables: Tables) -> Iterator[Finding]:
    """A value lies within the bounds of its indicator (a share within 0 to 100), or of its parameter."""
    bounds = tables["indicators"].drop_duplicates("indicator").set_index("indicator")[["lower", "upper"]]
    bounded = {name: tables[name].join(bounds, on="indicator") for name in ("observations", "series")}
    assumed = tables["assumptions"].assign(indicator=tables["assumptions"]["parameter"])
    share = assumed["indicator"].isin(assumed.loc[assumed["unit"] == "share", "indicator"])
    least = (share | assumed["indicator"].eq("tfr_ratio")).map({True: 0.0})
    bounded["assumptions"] = assumed.assign(lower=least, upper=share.map({True: 1.0}))
    for table, frame in bounded.items():
        for field in frame.columns.intersection(["value", "value_max"]):
            for label, row in frame[(frame[field] < frame["lower"]) | (frame[field] > frame["upper"])].iterrows():
                values = {"value": row[field], **row[["indicator", "lower", "upper"]]}
                yield Finding(table, label, field, "out_of_bounds", values)


def one_unit_per_indicator(tables: Tables) -> Iterator[Finding]:
    """An observation has the unit of its indicator."""
    units = tables["indicators"].drop_duplicates("indicator").set_index("indicator")["unit"].rename("wanted")
    frame = tables["observations"].join(units, on="indicator")
    for label, row in frame[frame["wanted"].notna() & (frame["unit"] != frame["wanted"])].iterrows():
        yield Finding("observations", label, "unit", "other_unit", dict(row[["unit", "indicator", "wanted"]]))


def values_are_whole(tables: Tables) -> Iterator[Finding]:
    """A value has a comparator, a gap has none, and a range does not end below its start."""
    frame = tables["observations"]
    value, comparator, upper = frame["value"], frame["comparator"], frame["value_max"]
    for wrong, field, key in (
        (value.notna() & comparator.isna(), "comparator", "no_comparator"),
        (value.isna() & comparator.notna(), "comparator", "nothing_to_compare"),
        (value.isna() & upper.notna(), "value_max", "upper_alone"),
        (upper < value, "value_max", "upper_below"),
    ):
        for label, row in frame[wrong].iterrows():
            yield Finding("observations", label, field, key, dict(row[["value", "value_max"]]))


def values_are_as_printed(tables: Tables) -> Iterator[Finding]:
    """A value is one of the numbers in its printed form (words such as 三成 are left alone)."""
    frame = tables["observations"].dropna(subset="as_printed")
    for field in ("value", "value_max"):
        for label, row in frame[frame[field].notna() & frame["checked"]].iterrows():
            numbers = [number for number, _ in printed_numbers(row["as_printed"])]
            if numbers and not any(math.isclose(row[field], number) for number in numbers):
                values = {"value": row[field], "as_printed": row["as_printed"]}
                yield Finding("observations", label, field, "not_as_printed", values, "warning")


def rows_agree_with_themselves(tables: Tables) -> Iterator[Finding]:
    """A comparator is the printed sign (≥40张 is no eq), and an id such as area.indicator.year.kind says its row."""
    frame, kinds = tables["observations"], {"actual", "target", "stage", "projection", "standard"}
    for label, row in frame[frame["checked"]].dropna(subset=["observation", "indicator"]).iterrows():
        signs = signs_in(row["as_printed"]) if isinstance(row["as_printed"], str) else set()
        if signs and isinstance(row["comparator"], str) and row["comparator"] not in signs:
            values = dict(row[["comparator", "as_printed"]]) | {"signs": sorted(signs)}
            yield Finding("observations", label, "comparator", "comparator_contradicts", values)
        said = re.sub(r"\.text\d*$", "", row["observation"]).split(".")
        own = [row["indicator"], "any" if pd.isna(row["year"]) else str(row["year"]), row["kind"]]
        if len(said) > 3 and said[-1] in kinds and (said[-3:] != own or row["area"] not in said[:-3]):
            values = {"wanted": ".".join(map(str, [row["area"], *own]))}
            yield Finding("observations", label, "observation", "id_contradicts", values)


def targets_come_later(tables: Tables) -> Iterator[Finding]:
    """A target or stage goal is for a later year than the first actual figure of its indicator in the same document."""
    frame, same = tables["observations"].reset_index(names="label"), ["area", "indicator", "source", "basis"]
    actual = frame[(frame["kind"] == "actual") & frame["year"].notna()].sort_values("year").drop_duplicates(same)
    pairs = frame[frame["kind"].isin(["target", "stage"])].merge(actual, on=same, suffixes=("", "_base"))
    same_year = (pairs["year"] == pairs["year_base"]) & (pairs["kind"] == "stage")
    for _, row in pairs[(pairs["year"] <= pairs["year_base"]) & ~same_year].iterrows():
        severity = "error" if row["year"] < row["year_base"] else "warning"  # a text of December may print both
        values = dict(row[["year", "year_base", "observation_base"]])
        label = row["label" if row["checked"] else "label_base"]
        yield Finding("observations", label, "year", "target_too_early", values, severity)


def margins_can_be_filled(tables: Tables) -> Iterator[Finding]:
    """Totals do not contradict each other or the ages of the year, and a parent has a pyramid to fill them up from."""
    margins, people = tables["margins"], residents_in(tables["population"])
    asked = margins.loc[margins["checked"], "area"]
    people = people[(people["source"] != workbook.FILLED) & people["area"].isin(asked)]
    sums, newest = totals_by(people.dropna(subset=["age", "year"])), margins.groupby("area")["year"].max()
    for label, row in margins[margins["checked"] & margins["population_total"].notna()].iterrows():
        told = sums.reindex([(row["area"], row["year"])])[list(MARGINS)].iloc[0].dropna()
        if found := workbook.contradiction(pd.Series({**row, **told})):
            yield Finding("margins", label, found[0], found[1].key, found[1].values)
        if not isinstance(row["area"], str) or pd.isna(row["year"]):
            continue
        years, values = people.loc[people["area"] == row["area"], "year"], dict(row[["area", "year"]])
        if parent_with_pyramid(row["area"], int(row["year"]), tables["population"], tables["areas"]) is None:
            yield Finding("margins", label, "area", "no_parent_with_ages", values)
        if row["year"] < (counted := years.max() if len(years) else 0):
            yield Finding("margins", label, "year", "totals_change_nothing", values | {"counted": counted})
        elif not counted and row["year"] < newest[row["area"]]:
            newer = values | {"newest": newest[row["area"]]}
            yield Finding("margins", label, "year", "totals_are_older", newer, "warning")
        for field in told.index[abs(row[told.index].astype(float) / told.clip(lower=1) - 1) > workbook.NEAR]:
            differ = values | {"total": row[field], "sum": told[field]}
            yield Finding("margins", label, field, "totals_differ", differ, "warning")


def residents_are_given(tables: Tables) -> Iterator[Finding]:
    """An area of a user's has residents, and is told of registered persons that nothing uses."""
    totals = tables["observations"].query("indicator == 'population_total'")
    known = pd.concat([residents_in(each)["area"] for each in (tables["population"], tables["margins"], totals)])
    areas = tables["areas"][tables["areas"]["checked"] & ~tables["limits"]["checked"].all()]
    for label, area in areas.loc[~areas["area"].isin(known), "area"].items():
        yield Finding("areas", label, "area", "no_people", {"area": area}, "warning")
    for table, severity in (("population", "warning"), ("margins", "error")):
        for label, area in tables[table].query("checked and basis == 'registered'")["area"].drop_duplicates().items():
            yield Finding(table, label, "basis", "registered", {"area": area}, severity)


def groups_can_be_split(tables: Tables) -> Iterator[Finding]:
    """Age groups of a user's that are too wide for a projection have a parent with ages, and one kind of sex."""
    people, key = tables["population"], ["area", "year"]
    mine = people[people["checked"] & people[[*key, "age", "persons"]].notna().all(axis=1)]
    cells = mine[mine["age"].isin(FINE) & (mine["sex"] != "both")].drop_duplicates([*key, "sex", "age"])
    fine = pd.MultiIndex.from_frame(cells.loc[cells.groupby(key)["age"].transform("size") == 2 * len(FINE), key])
    for area, own in mine[~pd.MultiIndex.from_frame(mine[key]).isin(fine)].groupby("area"):
        for year in workbook.coarse_groups(area, own):
            rows = own[own["year"] == year]
            if parent_with_pyramid(area, year, people[people["area"] != area], tables["areas"]) is None:
                yield Finding("population", rows.index[0], "age", "no_parent_with_ages", {"area": area})
            if {"both"} < set(rows["sex"]):
                yield Finding("population", rows.index[0], "sex", "mixed_sexes", {"name": f"{area} {year}"})


def totals_by(people: pd.DataFrame) -> pd.DataFrame:
    """The totals of `margins`, and more, by area and year of rows of `population`; missing where ages do not tell."""
    keys = [people["area"], people["year"].astype(int)]

    def counted(low: int, high: int | None, *sex: str) -> pd.Series:
        mine, bounds = people["sex"].isin(sex or set(people["sex"])), [low, *([] if high is None else [high])]
        inside = mine & (people["age"] >= low) & (people["age"] < (high or 999))
        told = [(mine & (people["age"] == bound)).groupby(keys).any() for bound in bounds]
        return people["persons"].where(inside, 0.0).groupby(keys).sum().where(told[0] & told[-1])

    return pd.DataFrame({name: counted(*ages) for name, ages in (MARGINS | MORE).items()})


def place_measures(people: pd.DataFrame) -> pd.DataFrame:
    """What table `limits` has limits for, by area and year of rows of `population`; missing where ages do not tell."""
    totals = totals_by(people)
    before = totals["aged_50_59"].rename(index=lambda year: year + 10, level="year").reindex(totals.index)
    measures = _shares(totals).assign(growth_10_years=_growth(totals["population_total"]))
    return measures.assign(cohort_50_59=totals["aged_60_69"] / before.where(before > 0))


def _shares(totals: pd.DataFrame) -> pd.DataFrame:
    whole = totals["population_total"]
    men = totals["population_men"].fillna(whole - totals["population_women"])
    shares = totals.filter(like="population_").drop(columns=["population_total", "population_men", "population_women"])
    shares = shares.div(whole.where(whole > 0), axis=0).rename(columns=lambda name: name.replace("population", "share"))
    of_old = {f"share_{a}_of_60": totals[f"population_{a}plus"] / totals["population_60plus"].clip(1) for a in (65, 80)}
    return shares.assign(residents=whole, men_per_woman=men / (whole - men).clip(lower=1), **of_old)


def _growth(residents: pd.Series) -> pd.Series:
    """Residents as a multiple of those that are known of before, as if that had gone on for ten years."""
    known = residents[~residents.index.duplicated() & (residents > 0)].sort_index()
    years = known.index.get_level_values("year").to_series(index=known.index)
    return (known / known.groupby("area").shift()) ** (10 / years.groupby("area").diff())


def figures_are_plausible(tables: Tables) -> Iterator[Finding]:
    """Residents, sexes, shares of old and young, and growth of a user's areas are such as places of China show."""
    if tables["limits"]["checked"].all():  # our own tables, from which the limits come
        return
    people, margins = tables["population"], tables["margins"]
    people = people[people["age"].notna() & people["persons"].notna() & people["year"].notna()]
    margins = margins[margins["checked"] & margins["population_total"].notna() & margins["year"].notna()]
    mine = people[people["checked"]]
    flows = tables["series"].query("checked and indicator.str.endswith('_reported')")
    measures = place_measures(people[people["area"].isin({*mine["area"], *margins["area"], *flows["area"]})])
    labels = mine.groupby(["area", "year"]).head(1).reset_index(names="label").set_index(["area", "year"])["label"]
    yield from _implausible(tables, "population", measures, labels)
    labels = margins.reset_index(names="label").set_index(["area", "year"])["label"]
    frame = margins.set_index(["area", "year"])[list(MARGINS)].astype(float)
    growth = _growth(pd.concat([measures["residents"], frame["population_total"]])).reindex(frame.index)
    yield from _implausible(tables, "margins", _shares(frame).assign(growth_10_years=growth), labels)
    for indicator, rows in flows.reset_index(names="label").set_index(["area", "year"]).groupby("indicator"):
        before = rows.index.get_level_values("area").map(measures["residents"].groupby("area").last())
        growth = _growth(pd.concat([measures["residents"], rows["value"]])).reindex(rows.index)
        flow = (1000 * rows["value"] / before).rename(indicator)  # per 1000 residents
        found = growth.rename("growth_10_years") if indicator == "population_reported" else flow
        yield from _implausible(tables, "series", found.to_frame(), rows["label"])
    for table, cells, columns in (("population", mine, ["persons"]), ("margins", margins, list(MARGINS))):
        for field in columns:  # 161.9 in a column of persons
            for label, value in cells.loc[(cells[field] % 1 > 1e-6).fillna(False), field].head(1).items():
                yield Finding(table, label, field, "fraction", {"value": value}, "warning")


def _implausible(tables: Tables, table: str, measures: pd.DataFrame, labels: pd.Series) -> Iterator[Finding]:
    limits = tables["limits"]
    level = dict(zip(tables["areas"]["area"], tables["areas"]["level"], strict=True))
    for limit in limits.assign(level=limits["level"].fillna("")).itertuples():
        values = measures.get(limit.measure, pd.Series(dtype=float)).dropna()
        wrong = values[(values < limit.lower) | (values > limit.upper)]
        for (area, year), value in wrong.items():
            if (area, year) in labels.index and limit.level in ("", level.get(area)):
                said = {"area": area, "year": int(year), "measure": limit.measure, "value": value}
                said |= {"lower": limit.lower, "upper": limit.upper}
                field = {"margins": "population_total", "series": "value"}.get(table, "persons")
                yield Finding(table, labels[area, year], field, "implausible", said, "warning")


def characters_can_be_shown(tables: Tables) -> Iterator[Finding]:
    """The font of PDF and figures has every letter and emoji of a user's texts, of whatever script."""
    if tables["limits"]["checked"].all():
        return
    known = set((Path(__file__).parents[1] / "fonts" / "characters.txt").read_text(encoding="utf-8"))
    for table, frame in tables.items():
        mine = frame[frame["checked"]].select_dtypes("str")
        for field in mine:
            for label, text in mine[field].dropna().items():
                rare = [c for c in text if (c.isalpha() or c > "\uffff") and c >= "\u0250" and c not in known]
                told = [f"{c} (U+{ord(c):04X})" for c in dict.fromkeys(rare) if not c.encode("gb2312", "ignore")]
                if told:
                    yield Finding(table, label, field, "no_glyph", {"characters": told}, "warning")


def claims_can_be_recomputed(tables: Tables) -> Iterator[Finding]:
    """A claim has the value and unit of its observation, and a formula that can be computed."""
    claims = tables["claims"]
    if not claims["checked"].any():
        return
    evidence = Evidence(tables.__getitem__)
    for label, claim in claims[claims["checked"]].iterrows():
        values, row = dict(claim[["published", "unit", "observation"]]), evidence.rows.get(claim["observation"])
        if row and not math.isclose(claim["published"], row["value"] if row["value"] is not None else math.nan):
            yield Finding("claims", label, "published", "claim_differs", values | {"value": row["value"]})
        if row and claim["unit"] != row["unit"]:
            yield Finding("claims", label, "unit", "claim_in_other_unit", values | {"other": row["unit"]})
        if pd.notna(claim["formula"]):
            try:
                evidence.compute(claim["formula"])
            except DataError as error:
                yield Finding("claims", label, "formula", "formula", {"error": error})


RULES: dict[str, Callable[[Tables], Iterator[Finding]]] = {  # by the name that column `rule` shows
    "unique": unique_fields, "parent-loop": parents_lead_up, "date": dates_exist, "title": sources_have_a_title,
    "age-groups": age_groups_join, "pyramid-complete": pyramids_are_complete, "sums": parts_add_up,
    "rates": rates_are_possible, "interval": intervals_enclose, "census-total": printed_totals_fit,
    "nested": parts_are_smaller, "bounds": values_are_possible, "unit": one_unit_per_indicator,
    "value": values_are_whole, "as-printed": values_are_as_printed, "agrees": rows_agree_with_themselves,
    "target-year": targets_come_later, "margins": margins_can_be_filled,
    "groups": groups_can_be_split, "residents": residents_are_given, "characters": characters_can_be_shown,
    "plausible": figures_are_plausible, "claims": claims_can_be_recomputed,
}  # fmt: skip


def check_data(root: str | Path | None = None, *, lang: str = "en") -> pd.DataFrame:
    """List the problems of a data folder or workbook: ours, or your own laid over ours. No row means no problem.

    An error makes figures wrong or unreadable; a warning is worth a look. Of a folder or workbook of your own (`root`)
    the tables are checked as they would be used, together with ours, and only its own rows are reported.
    Returns DataFrame, one row a problem: table, row (line of the file; the header is line 1; missing for a whole file),
        field, rule, message (a sentence), severity ("error" or "warning"); of a workbook also sheet and cell ("B7").

    >>> check_data().query("severity == 'error'").empty
    True
    """
    catalogue(lang)  # an unknown language first
    path = as_root(root)
    columns = ["table", "row", "field", "rule", "message", "severity"] + ["sheet", "cell"] * is_workbook(path)
    rows = [{**problem._asdict(), "message": problem.say(lang)} for problem in _shortened(_problems(path))]
    return pd.DataFrame(rows, columns=columns).astype({c: "Int64" if c == "row" else "str" for c in columns})


def doubts(area: str, *, root: str | Path | None = None, lang: str = "en") -> list[str]:
    """Say what a report on an area should tell of its inputs: the warnings of `check_data` on rows of the area.

    Figures that no place of China shows, totals and ages that differ, names that PDF cannot show; none of our tables.

    >>> doubts("jingdezhen")
    []
    """
    slug, path = slug_of(area, root), as_root(root)
    found = [] if path is None else [each for each in _problems(path) if each.severity == "warning"]
    return list(dict.fromkeys(each.say(lang) for each in found if each.area == slug))


def _problems(path: Path | None) -> list[Problem]:
    names = list(schema.described())
    files, problems = found_tables(path or schema.data_folder())
    tables, sheets = {}, {}
    for name in names:
        checked, sheets[name] = _read(name, files.get(name), problems, root=path)
        tables[name] = checked
        if path is not None:
            ours = merged_table(name).assign(line=lambda own: own.index, checked=False)
            tables[name] = (overlay(name, ours, checked) if len(checked) else ours).reset_index(drop=True)
    if path is None:
        missing = [name for name in schema.table_names() if name not in files]
        problems += [Problem(name, None, "", "file", "missing_file", {"table": name}) for name in missing]
    elif not files:
        values = {"folder": str(path), "tables": schema.table_names(), "book": is_workbook(path)}
        problems.append(Problem("", None, "", "file", "no_tables", values, "warning"))
    for name, frame in tables.items():
        if frame["checked"].any():
            problems += orphans(name, frame[frame["checked"]].set_index("line"), tables, sheets[name])
    problems += _broken_rules(tables, sheets)
    return sorted(problems, key=lambda p: (names.index(p.table) if p.table else -1, p.row or 0, p.severity))


def _read(name: str, path: Path | None, problems: list[Problem], *, root: Path | None) -> tuple[pd.DataFrame, Sheet]:
    """Read a table to be checked as far as it can be read, and add what is wrong with it to `problems`."""
    frame, sheet = schema.empty_table(name), Sheet(f"{name}.csv")
    if path is not None:
        sheet, found = schema.read_csv(path) if root is None else read_theirs(name, root)
        problems += found
        if sheet.header:
            frame, misfits = schema.parse(name, sheet, strict=root is None, known=found)
            problems += misfits
    return frame.assign(line=frame.index, checked=True).reset_index(drop=True), sheet


def _broken_rules(tables: Tables, sheets: dict[str, Sheet]) -> Iterator[Problem]:
    for name, rule in RULES.items():
        found = list(rule(tables))
        for table in dict.fromkeys(finding.table for finding in found):
            mine = [finding for finding in found if finding.table == table]
            rows = tables[table].loc[[finding.label for finding in mine]]
            keys = schema.key_of(rows, schema.schema_of(table)["primaryKey"])
            areas = rows.get("area", pd.Series("", rows.index))
            for (_, _, field, key, values, severity), checked, line, row_key, area in zip(
                mine, rows["checked"], rows["line"], keys, areas, strict=True
            ):
                if checked:
                    place = table, int(line), field, Trouble(key, values, name)
                    yield sheets[table].problem(*place, row_key=row_key, area=area, severity=severity)


def _shortened(problems: list[Problem]) -> Iterator[Problem]:
    """Yield the first problems of a kind, and say how many more rows have it."""
    kinds: dict[tuple, list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.table, problem.field, problem.rule, problem.key), []).append(problem)
    for alike in kinds.values():
        yield from alike[:SHOWN]
        if len(alike) > SHOWN:
            yield alike[SHOWN]._replace(key="and_more", values={"n": len(alike) - SHOWN}, row_key="", area="")
