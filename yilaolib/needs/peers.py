"""Plans beside one another: baseline and target per indicator, how steep the way is, and ranks as ranges.

Five places are few, counties are not prefectures, and names hide different counts: each row says what keeps it apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.ages import TABLE_AGES, elderly_share, persons
from ..demography.local import Root, area_values, while_unchanged
from ..demography.projection import HORIZON, Scenario, add_up, launches_from, nation_of, simulate, sums
from ..errors import refusal
from ..tables.areas import find_area, list_areas, load_table, slug_of
from ..tables.cells import half_a_digit
from ..tables.folders import merged_table
from . import beds, daycare
from .methods import implied_coverage
from .rows import care_need, make_case

FOR_ALL = {  # needs by what holds for every area, norms of the nation and rates of surveys: none needs a plan
    "beds": (beds.norm_national, beds.rule_9073, beds.prevalence, beds.prevalence_census),
    "places": (daycare.norm_places, daycare.coverage, daycare.intention),
}
APART = {  # what keeps plans apart that differ in a column
    "level": "counties and prefectures", "target_year": "target years differ",
    "comparator": "some targets are bounds", "baseline_year": "baseline years differ",
}  # fmt: skip
BASELINE = {"year": "baseline_year", "value": "baseline", "as_printed": "baseline_printed"}
BASELINE |= {"observation": "baseline_observation"}
TARGETS = [
    "indicator", "name_as_printed", "name_en", "domain", "unit", "baseline_year", "baseline", "target_year", "target",
    "comparator", "baseline_printed", "target_printed", "binding", "direction", "steps_back", "observation",
    "baseline_observation", "locator", "place", "table_no", "row_no",
]  # fmt: skip
PLACE = r"(?P<place>表(?:(?P<table_no>\d+) 第(?P<row_no>[\d.]*\d)行)?.*)"  # in a locator
BETTER = {"higher": 1, "lower": -1}  # sign of a change for the better
WEIGHT = "neighbour_weight_"  # rows of `assumptions`
AGED, ENDS, AT_ONCE = (60, 65), ("lower", "upper"), 200  # of `area_table`: shares, ends of ranges, areas at one time


def plan_targets(area: str, *, root: Root = None) -> pd.DataFrame:
    """The plan's indicator tables, one row per printed indicator: baseline, target, and whether it steps back.

    Returns DataFrame: indicator, name_as_printed, name_en, domain, unit, baseline_year, baseline, target_year, target,
        comparator, baseline_printed, target_printed, binding, direction, steps_back (True where the target is worse; a
        floor below the baseline, such as ≥95, is no plan to fall: see comparator), observation and baseline_observation
        (ids of target and baseline), locator, and of it place, table_no, row_no; in the order of the plan

    >>> len(plan_targets("jingdezhen"))
    22
    """
    table = load_table("observations", area=area, root=root)
    # cells of an indicator table carry no suffix; figures of the running text end in .text
    cells = table[~table["observation"].str.contains(".text", regex=False)].sort_values("year")
    last = cells.drop_duplicates(["indicator", "kind"], keep="last").set_index("indicator")
    base, goal = (last[last["kind"] == kind] for kind in ("actual", "target"))
    if goal.empty:
        return pd.DataFrame(columns=TARGETS)
    concepts = load_table("indicators", root=root).set_index("indicator")[["name_en", "domain", "unit", "direction"]]
    frame = goal.rename(columns={"year": "target_year", "value": "target", "as_printed": "target_printed"})
    frame = frame.drop(columns=["unit"]).join(concepts).join(base[[*BASELINE]].rename(columns=BASELINE))
    worse = frame["direction"].map(BETTER).fillna(0) * (frame["target"] - frame["baseline"]) < 0
    frame = frame.assign(steps_back=worse).astype({"baseline_year": "Int64", "target_year": "Int64"})
    frame = frame.join(frame["locator"].astype("str").str.extract(PLACE))
    numbers = (frame["table_no"] + "." + frame["row_no"]).fillna("999").str.split(".")  # table, row, part
    order = sorted(range(len(frame)), key=lambda i: [int(number) for number in numbers.iloc[i]])
    return frame.iloc[order].reset_index()[TARGETS]


def compare_plans(indicators: list[str] | None = None, *, root: Root = None) -> pd.DataFrame:
    """Baseline and target of each indicator (by default of two plans or more), with the growth a year that it needs.

    `apart` names what limits the comparison: levels of area, years, bounds, and figures that look doubtful.
    Returns DataFrame: by indicator and area: indicator, name_zh, name_en, unit, direction, area, area_zh, area_en,
        level, baseline_year, baseline, target_year, target, comparator, per_year [percentage points a year for
        percentages, else percent a year; missing without a baseline or from 0], rank_low, rank_high (rank of the
        target, 1 is best; a range where printed digits or equal targets leave it open), places (areas that have a
        target), apart, observation and baseline_observation (ids of the printed figures)

    >>> beds = compare_plans(["elder_beds_per_1000_60plus"]).set_index("area")
    >>> print(beds.loc["yingtan", ["baseline", "target", "rank_low", "rank_high"]].astype(int).tolist())
    [24, 40, 3, 3]
    """
    return _compare(None if indicators is None else tuple(indicators), root=root).copy()


@while_unchanged(8)
def _compare(indicators: tuple[str, ...] | None, *, root: Root = None) -> pd.DataFrame:
    areas, sources = load_table("areas", root=root).set_index("area"), load_table("sources", root=root)
    planned = sources.loc[sources["plan_start"].notna() & sources["area"].isin(areas.index), "area"].unique()
    parts = [plan_targets(area, root=root).assign(area=area) for area in planned]
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    counts = frame.groupby("indicator")["area"].transform("nunique")
    frame = frame[frame["indicator"].isin(indicators) if indicators is not None else counts > 1]
    names = load_table("indicators", root=root).set_index("indicator")["name_zh"]
    frame = frame.assign(name_zh=frame["indicator"].map(names), per_year=_per_year(frame))
    for column, source in (("area_zh", "name_zh"), ("area_en", "name_en"), ("level", "level")):
        frame[column] = frame["area"].map(areas[source])
    notes = load_table("observations", root=root).set_index("observation")["note"]
    frame["doubt"] = frame["observation"].map(notes).str.startswith("DOUBT").fillna(False).astype(bool)
    groups = [ranked_targets(group) for _, group in frame.groupby("indicator", sort=False)]
    columns = [
        "indicator", "name_zh", "name_en", "unit", "direction", "area", "area_zh", "area_en", "level", "baseline_year",
        "baseline", "target_year", "target", "comparator", "per_year", "rank_low", "rank_high", "places", "apart",
        "observation", "baseline_observation",
    ]  # fmt: skip
    return pd.concat(groups, ignore_index=True)[columns] if groups else pd.DataFrame(columns=columns)


def _per_year(frame: pd.DataFrame) -> pd.Series:
    """Growth a year from baseline to target: points for percentages, percent for counts and ratios."""
    years = (frame["target_year"] - frame["baseline_year"]).astype(float)
    points = (frame["target"] - frame["baseline"]) / years
    ratio = frame["target"].where(frame["target"] > 0) / frame["baseline"].where(frame["baseline"] > 0)
    growth = 100 * (ratio ** (1 / years) - 1)
    return points.where(frame["unit"] == "pct", growth).where(years > 0)


def ranked_targets(group: pd.DataFrame) -> pd.DataFrame:
    """Ranks of the targets as ranges, and what keeps the places apart."""
    sign = BETTER.get(group["direction"].iloc[0], 1)
    half = group["target_printed"].map(half_a_digit).to_numpy(dtype=float)
    middle = sign * group["target"].to_numpy(dtype=float)
    low, high = middle - half, middle + half
    # a place is surely behind those whose lowest value is above its highest, and maybe behind the rest that overlap
    best, worst = [1 + int((low > top).sum()) for top in high], [int((high >= bottom).sum()) for bottom in low]
    apart = [text for column, text in APART.items() if group[column].nunique() > 1]
    texts = ["; ".join([*apart, *(["doubtful transcription"] if doubt else [])]) for doubt in group["doubt"]]
    known, ends = np.isfinite(middle), {"rank_low": best, "rank_high": worst}
    ranks = {name: pd.Series(end, index=group.index, dtype="Int64").where(known) for name, end in ends.items()}
    return group.assign(**ranks, places=int(known.sum()), apart=texts)


def neighbours(
    area: str, n: int = 10, *, weights: Mapping[str, float] | None = None, root: Root = None
) -> pd.DataFrame:
    """The statistical peers of an area: those of its level that are most like it at the newest census, itself first.

    Growth of one decade is moved borders as much as migration; an area without a column stands at the middle of it.

    n : number of peers
    weights : by column, in place of the rows `neighbour_weight_...` of `assumptions`; 0 leaves a column out
    Returns DataFrame: area, name_zh, name_en, parent_zh, parent_en, distance [standard deviations, root of the weighted
        mean square over the columns], residents, growth_pct [since the census before], share_60_pct, share_80_pct,
        share_0_4_pct [of residents], movers_pct [of residents, from another county], one_person_pct, old_households_pct
        [of family households: of one person, with persons 65+]. `attrs`: percentiles (by column, percent of the areas
        of the level that have less), peer_percentiles (by column, of each peer), count (of these areas), level

    >>> neighbours("jingdezhen", 2).area.tolist()[0], neighbours("jingdezhen").attrs["count"]
    ('jingdezhen', 333)
    """
    row, profiles = find_area(area, root=root), _profiles(root=root)
    profiles = profiles[profiles["level"] == row["level"]].drop(columns="level")
    if row["area"] not in profiles.index:
        raise refusal("errors.needs.no_population", area=row["area"])
    given = area_values(None, root)["value"]
    weight = pd.Series({name: given[WEIGHT + name] for name in profiles} | dict(weights or {}))[profiles.columns]
    scores = profiles.assign(residents=np.log(profiles["residents"]))
    scores = ((scores - scores.mean()) / scores.std()).fillna(0.0)
    squares = ((scores - scores.loc[row["area"]]) ** 2 * weight).sum(axis=1) / weight.sum()
    nearest = np.sqrt(squares).drop(row["area"]).nsmallest(n)
    found = pd.concat([pd.Series({row["area"]: 0.0}), nearest]).rename("distance").rename_axis("area").to_frame()
    areas = merged_table("areas", root).set_index("area")
    names = areas.loc[found.index, ["name_zh", "name_en", "parent"]]
    parents = areas.rename(columns={"name_zh": "parent_zh", "name_en": "parent_en"})[["parent_zh", "parent_en"]]
    frame = names.join(parents, on="parent").drop(columns="parent").join([found, profiles]).reset_index()
    near = profiles.loc[found.index]
    less = [(profiles.to_numpy() < one).sum(axis=0) for one in near.to_numpy()]
    ranks = (100 * pd.DataFrame(less, near.index, near.columns) / profiles.notna().sum()).where(near.notna())
    frame.attrs = {"percentiles": ranks.iloc[0].to_dict(), "peer_percentiles": ranks.iloc[1:].to_dict("list")}
    frame.attrs |= {"count": len(profiles), "level": row["level"]}
    return frame


@while_unchanged(4)
def _profiles(*, root: Root = None) -> pd.DataFrame:
    """What the newest census counts in every area, by area; `level` is that of the area."""
    people = merged_table("population", root)
    codes, slugs = pd.factorize(people["area"])
    years, ages, counts = (people[name].to_numpy(dtype=float) for name in ("year", "age", "persons"))
    first, last = (pd.Series(years).groupby(codes).agg(end).to_numpy() for end in ("min", "max"))

    def persons(rows: np.ndarray) -> np.ndarray:
        return np.bincount(codes[rows], counts[rows], len(slugs))

    newest = years == last[codes]
    frame = pd.DataFrame({"residents": persons(newest)}, pd.Index(slugs, name="area"))
    growth = 100 * (frame["residents"] / persons(years == first[codes]) - 1)
    frame["growth_pct"] = growth.where(last > first)
    for name, rows in (("share_60_pct", ages >= 60), ("share_80_pct", ages >= 80), ("share_0_4_pct", ages < 5)):
        frame[name] = 100 * persons(newest & rows) / frame["residents"]
    homes, came = (_newest(name, root).reindex(frame.index) for name in ("households", "census_columns"))
    elsewhere = came["movers_same_province"] + came["movers_other_province"]
    frame["movers_pct"] = 100 * elsewhere / frame["residents"]
    frame["one_person_pct"] = 100 * homes["one_person_households"] / homes["family_households"]
    frame["old_households_pct"] = 100 * homes["households_with_65plus"] / homes["family_households"]
    levels = merged_table("areas", root).set_index("area")["level"]
    return frame.astype(float).assign(level=levels.reindex(frame.index))


def _newest(name: str, root: Root) -> pd.DataFrame:
    return merged_table(name, root).sort_values("year").drop_duplicates("area", keep="last").set_index("area")


def area_table(
    areas: Iterable[str] | None = None, *, level: str = "county", scenario: str = "medium", end_year: int = HORIZON,
    draws: int = 100, control: bool = True, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """People, shares with their ranges, and needs of any number of areas: one row an area and year.

    People add up to those of the areas above (`control`, see `project`), their ranges do not.

    areas : slugs, names or adcodes, in place of every area of `level`
    draws : random paths of each area, for the ranges
    Returns DataFrame: area, adcode, name_zh, name_en, province, year; total, aged_60, aged_65, aged_80, aged_0_2 and
        need_care (moderate, severe) [persons]; share_60_pct, share_65_pct with `_lower`, `_upper` (80 % range) [%];
        beds_<method>, places_<method> by the methods that need no plan; beds_per_100_need and places_coverage_pct: what
        the nation's norms mean here; balance_pct: what adding up does to `total`, against the area by itself [%]

    >>> counties = area_table(["岳阳", "海安"], end_year=2025, draws=20)
    >>> counties.shape, round(float(counties["share_60_pct"].max()), 1)
    ((12, 28), 37.7)
    """
    slugs = [slug_of(area, root) for area in (list_areas(level=level, root=root)["area"] if areas is None else areas)]
    if not slugs or draws < 1:
        raise refusal("errors.needs.no_rows", n_areas=len(slugs), draws=draws)
    launches, loaded, parts = launches_from(slugs, control=control, root=root), Scenario.load(scenario, root=root), []
    nation, alone = nation_of(control=control, root=root), nation_of(root=root)
    for first in range(0, len(slugs), AT_ONCE):
        block = launches[first : first + AT_ONCE]
        people = add_up(block, loaded, end_year, nation, root=root)["population"]
        itself = persons(simulate(block, loaded, end_year, alone)["population"])
        drawn = sums(block, loaded, end_year, nation, draws=draws, root=root)
        ranges = [100 * np.quantile(each[1:3] / each[:1], [0.1, 0.9], axis=-1) for each in drawn]  # 60+, 65+
        told = _measures(people, np.stack(ranges, axis=-1), root)
        told["balance_pct"] = 100 * (told["total"] / itself - 1)
        parts.append(xr.Dataset(told).to_dataframe(["area", "year"]))
    table = load_table("areas", root=root).set_index("area")
    above = table.loc[slugs].index.to_series()
    for _ in range(2):  # a county may lie in a prefecture
        above = above.where(above.map(table["level"]) == "province", above.map(table["parent"]))
    named = table.loc[slugs, ["adcode", "name_zh", "name_en"]].assign(province=above.map(table["name_zh"]))
    return named.join(pd.concat(parts)).reset_index()


def _measures(people: xr.DataArray, ranges: np.ndarray, root: Root) -> dict[str, Any]:
    told: dict[str, Any] = {name: persons(people, *each) for name, each in TABLE_AGES.items()}
    for age, ends in zip(AGED, ranges.swapaxes(0, 1), strict=True):
        told[f"share_{age}_pct"] = 100 * elderly_share(people, age)
        told |= {f"share_{age}_pct_{name}": (("year", "area"), end) for name, end in zip(ENDS, ends, strict=True)}
    for what, methods in FOR_ALL.items():
        case = make_case(what, "china", people, root)
        needs = {method.__name__.removesuffix("_places"): method(case)["central"] for method in methods}
        told |= {f"{what}_{name}": xr.DataArray(need, dims=("year", "area")) for name, need in needs.items()}
    told["need_care"] = care_need(people, root=root).sel(level=["moderate", "severe"]).sum("level")
    told["beds_per_100_need"] = 100 * told["beds_norm_national"] / told["need_care"]
    told["places_coverage_pct"] = 100 * implied_coverage(told["places_norm"], told["aged_0_2"])
    return told
