"""What an area brings to a projection: its people at the census and its levels against the nation's, with sources.

`area` is a slug, a name or an adcode; `root` is where a user's own tables are. An area that has totals only gets its
pyramid and levels from its parent: `tables` asks `fill` (see `yilaolib/__init__.py`), `tables.workbook` says which
totals are met and whose ages are taken. What is filled is marked, so that every table and figure can tell.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import nearest, refusal
from ..tables import workbook
from ..tables.areas import Root, find_area, load_table, slug_of
from ..tables.finding import our_names
from ..tables.folders import as_root, merged_table, names_of, read_theirs, stamp, user_files
from ..tables.schema import empty_table
from ..tables.workbook import FILLED, NO_CHILDREN, Load
from ..texts import say
from .ages import OPEN_AGE, SEX, TOP, Margins, Population, as_array, bend, carry_forward, graduate, group_ages, rake
from .calibration import COHORTS, GROUPS, REGIONS, Model, at_level, by_single_age, foresee, migration_rates, tfr_ratio
from .cohorts import imbalance, shared
from .lifetables import look_up, survival_table

STANDARD = "china-wpp2024"  # of table `mortality`
MIGRATION = "net_migration_per_1000"
REPORTED = {"population_reported": "population_total", "births_reported": "births", "deaths_reported": "deaths"}
TOLD = ["source", "note", "note_zh"]  # what is told of a level
READ = {"areas", "population", "households", "census_columns", "margins", "series", "assumptions", "balance"}
READ |= {"age_standards", "mortality", "fertility", "spreads"}  # tables of a user's that move projections
PERSONS = ["sex", "age", "persons"]
LEVELS = ["nation", "province", "prefecture"]  # of a parent

Of = TypeVar("Of", bound=Callable)


def while_unchanged(most: int, whose: str = "all", *, copied: bool = False) -> Callable[[Of], Of]:
    """Keep the `most` last results of a function of (..., root) while no table changes; only read what is not `copied`.

    `whose` rows it reads: of all areas, of the nation and its provinces (nation), or also of the area that comes first
    and of those it lies in (area). Where a user's tables have none of these, the result is that of ours.
    """

    def wrap(function: Of) -> Any:
        order, kept = signature(function), lru_cache(most)(lambda _state, given: function(**dict(given)))

        def call(*given: Any, **named: Any) -> Any:
            bound = order.bind(*given, **named)
            bound.apply_defaults()
            told = bound.arguments
            root, first = as_root(told["root"]), next(iter(told))
            if whose == "area" and told[first] is not None:
                told[first] = slug_of(told[first], root)
            told["root"] = root if whose == "all" else needed(root, (whose == "area" and told[first]) or "")
            found = kept(stamp(told["root"]), tuple(told.items()))
            return deepcopy(found) if copied else found

        return wraps(function)(call)

    return wrap


def needed(root: Root, area: str = "") -> Path | None:
    """The root, or None where it says nothing of the nation, its provinces, the area (slug) or those it lies in."""
    path, names = as_root(root), our_names()
    if path is None or "" in (told := _told_of(path, stamp(path))) or area in told:
        return path
    return path if area in names.rows and told.intersection(names.above(area)) else None


@lru_cache(64)
def _told_of(root: Path, _state: tuple) -> set[str]:
    """Areas of which a user's tables say what projections read; "" where it is of the nation, a province or all."""
    whole, told = {"china", *our_names().inside(level="province")}, set()
    for name in READ & user_files(root).keys():
        merged_table(name, root)  # refuses what is wrong with it
        sheet, _ = read_theirs(name, root)
        at = sheet.header.index("area") if "area" in sheet.header else None
        told |= {"" if at is None or row[at] in whole else row[at] for row in sheet.rows}
    return told


def nearest_rows(table: pd.DataFrame, year: int) -> pd.DataFrame:
    """The rows of the year that is nearest to `year`; of two as near, the earlier."""
    return table[table["year"] == min(sorted(table["year"].unique()), key=lambda each: abs(int(each) - year))]


@dataclass(frozen=True)
class Strays:
    """How far an area may stray: patterns of one standard deviation, and whose random paths they follow."""

    migration: np.ndarray  # (pattern, sex, age) net migrants per survivor and year, of a ten-year mean
    fertility: np.ndarray  # (pattern) logarithm of the TFR ratio ten years on
    freedom: float  # of Student's t
    parts: dict[str, float]  # weight of the area's own paths, its province's and its region's


@dataclass(frozen=True)
class Launch:
    """Where the projection of one area starts: its people at the census and its levels against the nation's."""

    area: str
    kind: str  # nation, province, prefecture, county or district: how far its rates may stray
    base: int
    people: np.ndarray  # (sex, age) on census day, single ages
    tfr_ratio: float
    e0_offset: float
    migration: np.ndarray  # (sex, age) net migrants per survivor and year, from 25 on the same for both sexes
    more_men: np.ndarray  # (age) logarithm of the sex ratio over the nation's, which migration evens out
    tfr_later: float | None  # ratio to which it moves in ten years; without it the ratio draws nearer to 1
    strays: Strays
    newer: dict[int, dict[str, float]] = field(default_factory=dict)  # year -> totals of `margins`, births, deaths
    births: dict[int, float] = field(default_factory=dict)  # year -> logarithm of what known births make of fertility
    deaths: dict[int, float] = field(default_factory=dict)  # year -> years of e0 that known deaths add
    moves: dict[int, float] = field(default_factory=dict)  # year -> migrants per 1000 by the province's total
    at_year_end: bool = False  # the people are of 31 December, not of census day
    province: str | None = None  # whose known totals it shares
    way: tuple[str, int] = ("", 0)  # by which migration is known, and from which census on


@while_unchanged(256, "area", copied=True)
def census_pyramids(area: str, root: Root = None) -> dict[int, xr.DataArray]:
    """Residents of an area by sex and age, as each census prints them, without registered people.

    DataError: unknown area, or one without residents by age and sex.
    Returns dict: {year of the census: DataArray of persons (sex, age)}, age groups as printed

    >>> {year: round(float(people.sum())) for year, people in census_pyramids("haian").items()}
    {2010: 866337, 2020: 874334}
    """
    return {year: people[0] for year, people in _stacked([area], None, root).items()}


@while_unchanged(4)
def _all_counts(*, root: Root = None) -> tuple[dict[str, int], list[int], np.ndarray, np.ndarray]:
    """Places of the areas, years, ages, and persons (year, area, sex, age), missing where no census prints them."""
    table = workbook.residents_in(merged_table("population", root))
    area, slugs = pd.factorize(table["area"])
    (years, year), (ages, age) = (
        np.unique(table[name].to_numpy(dtype=int), return_inverse=True) for name in ("year", "age")
    )
    counts = np.full((len(years), len(slugs), 2, len(ages)), np.nan)
    counts[year, area, (table["sex"] == SEX[1]).astype(int), age] = table["persons"].to_numpy(dtype=float)
    counts.flags.writeable = False
    return {slug: place for place, slug in enumerate(slugs)}, years.tolist(), ages, counts


@while_unchanged(4096, "area", copied=True)
def local_parameters(area: str, *, root: Root = None) -> pd.DataFrame:
    """Levels that a projection of the area uses, each with its source.

    A row `e0`, `tfr_ratio` or `net_migration_per_1000` of your `assumptions` for the area comes first.
    Returns DataFrame: parameter, value, unit, year, source, note, note_zh. `e0_offset` [years] is added to the nation's
        of each sex; `tfr_ratio` multiplies its TFR path in the first year and then draws nearer to 1 (table `spreads`);
        `net_migration_per_1000` is the area's crude rate between its last two censuses.

    >>> print(local_parameters("china").set_index("parameter").value["tfr_ratio"])
    1.0
    """
    launch = launch_of(area, root)
    base = launch.base
    assumed, printed = _own_levels(area, None, root), census_source(area, root)
    mortality = ("e0_offset", 0.0, "years", base, "un-wpp-2024", *_told("no_e0"))
    if (row := _e0_row(area, None, root)) is not None:
        mortality = ("e0_offset", launch.e0_offset, "years", row["year"], row["source"], *_told("e0", row=row))
    fertility = ("tfr_ratio", launch.tfr_ratio, "ratio", base, printed, *_told("tfr_ratio"))
    if "tfr_ratio" in assumed.index:
        row = assumed.loc["tfr_ratio"]
        fertility = ("tfr_ratio", launch.tfr_ratio, "ratio", row["year"], *(row[name] for name in TOLD))
    rows = [mortality, fertility]
    if (later := launch.tfr_later) is not None:
        rows.append(("tfr_ratio_later", later, "ratio", base + 10, printed, *_told("later", base=base)))
    year, notes = base, _way_told(area, *launch.way, base, root)
    if MIGRATION in assumed.index:
        row = assumed.loc[MIGRATION]
        year, notes = row["year"], [row[name] for name in TOLD]
    crude = float((launch.migration * launch.people).sum() / launch.people.sum() * 1000)
    rows.append((MIGRATION, crude, "per 1000 and year", year, *notes))
    return pd.DataFrame(rows, columns=["parameter", "value", "unit", "year", *TOLD])


def launch_of(area: str, root: Root = None, *, known: int | None = None) -> Launch:
    """Everything that the projection of an area starts from: its last census, or what was `known` in a year."""
    return launches_of([slug_of(area, root)], root, known=known)[0]


def launches_of(slugs: Sequence[str], root: Root = None, *, known: int | None = None) -> list[Launch]:
    """As `launch_of`, for many areas (slugs), those of one level and with the same ages at one stroke; each is kept."""
    roots = {slug: needed(root, slug) for slug in slugs}
    kept = {theirs: _kept(known, root=theirs) for theirs in set(roots.values())}
    alike: dict[tuple, list[dict]] = {}
    if lacking := [slug for slug, theirs in roots.items() if slug not in kept[theirs]]:
        for entry in merged_table("areas", root).set_index("area", drop=False).loc[lacking].to_dict("records"):
            theirs = roots[entry["area"]]
            counted = _counted(entry["area"], known, theirs)
            alike.setdefault((theirs, entry["level"], counted.tobytes()), []).append(entry)
    for (theirs, *_), group in alike.items():
        kept[theirs].update((launch.area, launch) for launch in _launches_alike(group, known, theirs))
    return [kept[roots[slug]][slug] for slug in slugs]


@while_unchanged(8)
def _kept(known: int | None, *, root: Root = None) -> dict[str, Launch]:
    return {}


def _launches_alike(entries: list[dict], known: int | None, root: Root) -> Iterator[Launch]:
    """The launches of areas of one level whose censuses have the same years and ages."""
    level, censuses = entries[0]["level"], _stacked([entry["area"] for entry in entries], known, root)
    base, last = max(censuses), censuses[max(censuses)]
    standard = age_standard(base, root)
    people = graduate(last, standard=standard).transpose("area", "sex", "age").to_numpy()
    given = set(merged_table("assumptions", root)["area"].dropna())
    own = [one["area"] if one["area"] in given or pd.isna(one["parent"]) else one["parent"] for one in entries]
    offsets = np.array([_e0_offset(slug, known, root=root) for slug in own])
    told, strays = _foreseen(entries, last, base, root)
    rates, ways = _moved(level, censuses, offsets, told, root)
    ratios = np.atleast_1d(tfr_ratio(last, _nation_near(base, root), fertility_schedule(base, root)))
    for array in (people, rates):
        array.flags.writeable = False  # every projection of the area reads these
    for i, entry in enumerate(entries):
        slug, here, moved = entry["area"], people[i], shared(rates[i], people[i])
        ratio, later = float(ratios[i]), None if level == "nation" else float(np.exp(told[i, -1]))
        if slug in given:
            own = _own_levels(slug, known, root)["value"]
            if MIGRATION in own:
                moved = at_level(moved, here, float(own[MIGRATION]))
            if "tfr_ratio" in own:
                ratio, later = float(own["tfr_ratio"]), None
        moved.flags.writeable = False
        levels = (ratio, float(offsets[i]), moved, imbalance(here, standard.to_numpy()), later, strays[i])
        newer = dict(_newer_totals(slug, base, here, root)) if known is None else {}
        ended, way = _at_year_end(slug, base, root), (ways[i], min(censuses))
        yield Launch(slug, kind_of(entry), base, here, *levels, newer, at_year_end=ended, way=way)


def _counted(slug: str, known: int | None, root: Root) -> np.ndarray:
    """Which ages (year, age) the censuses of an area print; none of those that were not `known` yet."""
    places, years, _, counts = _all_counts(root=root)
    if slug not in places:
        raise refusal("errors.people.no_residents", slug=slug)
    counted = ~np.isnan(counts[:, places[slug]]).all(axis=1)
    early = counted & (np.array(years) <= (known or years[-1]))[:, None]
    if not early.any():
        found = [year for year, ages in zip(years, np.atleast_2d(counted), strict=True) if ages.any()]
        raise refusal("errors.people.known", known=known, slug=slug, found=found)
    return early


def _stacked(slugs: list[str], known: int | None, root: Root) -> dict[int, xr.DataArray]:
    """Persons (area, sex, age) at each census of areas whose censuses print the same ages."""
    places, years, ages, counts = _all_counts(root=root)
    here = [places[slug] for slug in slugs]
    return {
        year: xr.DataArray(people[here][..., shown], {"sex": SEX, "age": ages[shown]}, ("area", "sex", "age"))
        for year, people, shown in zip(years, counts, _counted(slugs[0], known, root), strict=True)
        if shown.any()
    }


def _nation_near(year: int, root: Root) -> xr.DataArray:
    nation = census_pyramids("china", root)
    return nation[min(nation, key=lambda each: abs(each - year))]


def _at_year_end(slug: str, base: int, root: Root) -> bool:
    """Whether the pyramid was filled to totals of 31 December."""
    people = load_table("population", area=slug, root=root) if root else None
    if people is None or not (people.loc[people["year"] == base, "source"] == FILLED).any():
        return False
    totals = workbook.margins_of(slug, lambda name: merged_table(name, root))
    return totals is not None and totals["year"] == base and workbook.at_year_end(totals)


def _newer_totals(slug: str, base: int, people: np.ndarray, root: Root) -> Iterator[tuple[int, dict[str, float]]]:
    """Years and totals of `margins` and `series` after the last census; `margins` of before are refused."""
    reported = _reported(root=root).get(slug, {})
    yield from ((year, totals) for year, totals in reported.items() if year > base)
    if root is None:  # we have none of our own
        return
    table = merged_table("margins", root).query("area == @slug").sort_values("year")
    if len(table) and (load_table("population", area=slug, root=root)["source"] == FILLED).any():
        table = table[table["year"] > base]  # of the others its pyramid was made
    for row in table.to_dict("records"):
        totals = workbook.totals_in(row)
        if row["basis"] != "registered" and row["year"] > base:
            yield int(row["year"]), reported.get(int(row["year"]), {}) | totals
        elif row["basis"] == "registered" or row["year"] < base:
            raise refusal("errors.people.totals_unused", slug=slug, year=row["year"], base=base, basis=row["basis"])
        elif abs(totals["population_total"] / people.sum() - 1) > workbook.NEAR:
            told = f"{slug!r} has other totals of {base} in margins than by age: the ages are used."
            warnings.warn(told, stacklevel=2)


@while_unchanged(8)
def _reported(*, root: Root = None) -> dict[str, dict[int, dict[str, float]]]:
    """Reported residents, births, deaths by area and year; the nation as the sum of provinces, without the military."""
    table = load_table("series", root=root)
    table = table[table["indicator"].isin(REPORTED)].replace({"indicator": REPORTED})
    wide = table.pivot(index=["area", "year"], columns="indicator", values="value")
    provinces = load_table("areas", root=root).query("level == 'province'")["area"]
    whole = wide["population_total"].unstack("area").reindex(columns=provinces).sum(axis=1, skipna=False)
    told: dict[str, dict[int, dict[str, float]]] = {}
    for (area, year), row in wide.iterrows():
        row = row.mask(row.index == "population_total", whole[year]) if area == "china" else row
        told.setdefault(area, {})[int(year)] = row.dropna().to_dict()
    return told


def _own_levels(slug: str, known: int | None, root: Root) -> pd.DataFrame:
    """The area's own rows of `assumptions` that hold in every scenario, by parameter: of several years the newest."""
    assumed = merged_table("assumptions", root)
    assumed = assumed[(assumed["area"] == slug) & assumed["scenario"].isna()].sort_values("year", kind="stable")
    assumed = assumed if known is None else assumed[assumed["year"] <= known]
    return assumed.drop_duplicates("parameter", keep="last").set_index("parameter")


def _foreseen(entries: list[dict], last: xr.DataArray, base: int, root: Root) -> tuple[np.ndarray, list[Strays]]:
    """Logarithms of what is foreseen for the decade from `base` on (area; 32 cohorts, fertility), and the spreads."""
    names = names_of(as_root(root), stamp(root))
    lines = [(names.rows[each]["adcode"] for each in (x["area"], *names.above(x["area"]))) for x in entries]
    codes = [next((int(code) // 10_000 for code in line if pd.notna(code)), 0) for line in lines]
    regions = [next((name for name, inside in REGIONS.items() if code in inside), "") for code in codes]
    level, year = entries[0]["level"], 2010 if base < 2020 else 2020
    model = _model("county" if level == "county" else "prefecture", year, root=root)
    told, loads = foresee(_columns(entries, last, base, year, root), model, regions)
    migration, strays = by_single_age(loads[..., :-1].reshape(*loads.shape[:2], 2, len(COHORTS))).to_numpy(), []
    migration.flags.writeable = False
    for i, entry in enumerate(entries):
        parts = dict(zip((f"region {regions[i]}", f"province {codes[i]}"), model.shares, strict=True))
        if level != "province":  # in the sum of its places what they have of their own cancels
            parts[entry["area"]] = 1 - sum(model.shares)
        weights = {name: float(np.sqrt(share)) for name, share in parts.items()}
        strays.append(Strays(migration[i], loads[i, :, -1], model.freedom, weights))
    return told, strays


def _columns(entries: list[dict], census: xr.DataArray, base: int, year: int, root: Root) -> pd.DataFrame:
    """Columns of a census from which the next decade is foreseen; missing ones stand for the mean of counties."""
    slugs, nation = [entry["area"] for entry in entries], _nation_near(base, root)
    told, everybody = _printed_columns(year, root=root).reindex(slugs), census.sum(("sex", "age")).to_numpy()
    ages = [group_ages(people, edges=range(0, TOP + 1, 5)).sum("sex") for people in (census, nation)]
    mine, theirs = (groups / groups.sum("age") + 2e-4 for groups in ages)
    return told.assign(
        children_per_woman=np.log(tfr_ratio(census, nation, fertility_schedule(base, root))),
        movers_far=np.log(told["movers_far"] / everybody + 0.005),
        movers_near=np.log(told["movers_near"] / everybody + 0.005),
        aged_50=np.log((mine.sel(age=50) / theirs.sel(age=50)).to_numpy()),
        aged_85=np.log((mine.sel(age=85) / theirs.sel(age=85)).to_numpy()),
        district=[float(kind_of(entry) == "district") for entry in entries],
        size=np.log(everybody),
    )


@while_unchanged(4)
def _printed_columns(year: int, *, root: Root = None) -> pd.DataFrame:
    """What `census_columns` and `households` of a census say of every area; movers in persons."""
    columns, homes = (merged_table(name, root) for name in ("census_columns", "households"))
    rows = [table[table["year"] == year].set_index("area").drop(columns="source") for table in (columns, homes)]
    printed = rows[0].join(rows[1].drop(columns="year"), how="inner").astype(float)
    school = printed.filter(like="schooling_").sum(axis=1, min_count=1)
    told = {
        "agriculture": printed["long_form_agriculture"] / printed["long_form_employed"],
        "degree": np.log(printed["schooling_degree"] / school + 0.005),
        "junior": np.log(printed["schooling_junior"] / school + 0.005),
        "bath": printed["long_form_bath"] / printed["long_form_households"],
        "floor": printed["floor_area_m2_per_person"],
        "one_of_65": printed["households_with_one_65plus"] / printed["households_with_65plus"],
        "divorced": np.log(printed["long_form_divorced"] / printed["long_form_15plus"] + 0.003),
        "movers_far": printed["movers_other_province"],
        "movers_near": printed["movers_same_province"],
    }
    return pd.DataFrame(told)


@while_unchanged(8, "nation")
def _model(kind: str, year: int, *, root: Root = None) -> Model:
    table = load_table("spreads", root=root)
    table = table[table["kind"].isna() | (table["kind"] == kind)].set_index("parameter")

    def by_outcome(parameter: str) -> pd.DataFrame:
        rows = table.loc[parameter].fillna({"sex": "none", "age": 0})  # fertility comes after women and men
        return rows.pivot(index="name", columns=["sex", "age"], values="value").sort_index(axis=1)

    def by_group(what: str) -> pd.DataFrame:
        rows = {group: table[table.index == f"{what}_{group}"].set_index("name")["value"] for group in GROUPS}
        return pd.DataFrame(rows)

    mean, sd = (table.loc[f"column_{what}_{year}"].set_index("name")["value"] for what in ("mean", "sd"))
    freedom, region, province = table.loc[["freedom", "share_region", "share_province"], "value"]
    scale, width, wider = (by_group(what) for what in ("scale", "width", "region"))
    outcomes = (by_outcome("foreseen"), by_outcome("pattern").to_numpy())
    assumed = area_values(root=root)["value"]
    cut, small, share = (assumed[name] for name in ("column_cut_sd", "small_place_sd", "fertility_columns_share"))
    kept = table.loc["tfr_ratio_persistence", "value"]
    return Model(mean, sd, *outcomes, scale, width, wider, freedom, (region, province), cut, small, share, kept)


def _e0_row(slug: str, known: int | None, root: Root) -> pd.Series | None:
    """The row `e0` of `assumptions` of an area, or else of the nearest area above it but the nation."""
    given = {*merged_table("assumptions", root)["area"].dropna()} - {"china"}
    for area in (slug, *names_of(as_root(root), stamp(root)).above(slug)):
        if area in given and "e0" in (own := _own_levels(area, known, root)).index:
            return own.loc["e0"]
    return None


@while_unchanged(1024, "area")
def _e0_offset(slug: str, known: int | None, *, root: Root = None) -> float:
    """Years that life expectancy lies above the nation's."""
    if (row := _e0_row(slug, known, root)) is None:
        return 0.0
    if row["year"] not in (national := national_paths(root=root)).index:
        raise refusal("errors.people.e0_year", area=row["area"], first=national.index[0], last=national.index[-1])
    return round(float(row["value"] - national.loc[row["year"], ("e0_both", "value")]), 4)


def _told(key: str, **values: object) -> tuple[str, str]:
    """What is told of a level, for the columns note and note_zh."""
    return say(f"levels.{key}", "en", **values), say(f"levels.{key}", "zh", **values)


def local_migration(area: str, root: Root = None, *, known: int | None = None) -> xr.DataArray:
    """Net migration rates of an area a year between its last two censuses, after the survival of its own e0.

    What its own life expectancy explains of a cohort is not migration, or the old would be taken away twice. With one
    census (or one that was `known` in a year) the rates are those foreseen from its columns.
    Returns DataArray: [net migrants per survivor and year] dims (sex, age 0 ... 100); `attrs`: note, note_zh, source

    >>> rates = 1000 * local_migration("jingdezhen")
    >>> print(rates.sel(sex="male", age=[2, 20]).round(0).to_numpy())  # under 3 nobody moves
    [  0. -15.]
    """
    entry = find_area(area, root)
    censuses = _stacked([entry["area"]], known, root)
    base, offsets = max(censuses), np.array([_e0_offset(entry["area"], known, root=root)])
    ahead = _foreseen([entry], censuses[base], base, root)[0]
    rates, ways = _moved(entry["level"], censuses, offsets, ahead, root)
    attrs = dict(zip(TOLD, _way_told(entry["area"], ways[0], min(censuses), base, root), strict=True))
    return xr.DataArray(rates[0], {"sex": SEX, "age": np.arange(OPEN_AGE + 1)}, ("sex", "age"), attrs=attrs)


def _way_told(slug: str, way: str, since: int, base: int, root: Root) -> tuple[str, str, str]:
    """Source, note and note_zh of the way by which migration is known."""
    return "" if way == "closed" else census_source(slug, root), *_told(way, base=base, then=since, now=base)


def _moved(level: str, censuses: dict, offsets: np.ndarray, ahead: np.ndarray, root: Root) -> tuple[np.ndarray, list]:
    """Net migration rates (area, sex, age) of areas of one level, and by which way: closed, foreseen, cohorts."""
    ways, nation = ["closed" if level == "nation" else "foreseen"] * len(offsets), census_pyramids("china", root)
    if level == "nation":
        return np.zeros((len(offsets), 2, OPEN_AGE + 1)), ways
    years = sorted(year for year in censuses if year in nation)  # a count of other years has nothing to be measured by
    base = max(censuses)
    then, now = years[-2:] if len(years) >= 2 else (base, base + 10)
    different, place = np.unique(offsets, return_inverse=True)
    lived = expected_survival(different, then, now, root).isel(offset=place)
    change = ahead[:, :-1].reshape(len(offsets), 2, -1) - np.log(lived.sel(age=COHORTS + 2).to_numpy()) / 10
    rates = by_single_age(np.expm1(change)).to_numpy()
    if len(years) >= 2:
        groups = [group_ages(censuses[year], edges=range(0, TOP + 1, 5)) for year in (then, now)]
        followed = np.logical_and(*((each > 0).all(("sex", "age")).to_numpy() for each in groups))
        measured = np.flatnonzero(followed)  # where a cohort is empty, as in 三沙, none can be measured
        if len(measured):
            first, last = (each.isel(area=measured) for each in groups)
            given = {"survival_ratio": lived.isel(offset=measured), "years": now - then}
            rates[measured] = migration_rates(first, last, nation[then], nation[now], **given).to_numpy()
        ways = ["cohorts" if each else way for each, way in zip(followed, ways, strict=True)]
    return rates, ways


def expected_survival(offsets: np.ndarray, then: int, now: int, root: Root = None) -> xr.DataArray:
    """Survival (offset, sex, age at the start) where e0 is `offsets` years above the nation's, over the nation's."""
    middle, years = (then + now) // 2, now - then
    national = national_paths(root=root).loc[middle]
    levels = np.array([float(national[f"e0_{sex}", "value"]) for sex in SEX])[:, None] + np.append(0.0, offsets)
    yearly = look_up(survival_grid(middle, root=root), levels[None])[0]
    ages = np.arange(yearly.shape[1] - years)
    logs = np.concatenate([np.zeros_like(yearly[:, :1]), np.log(yearly).cumsum(axis=1)], axis=1)
    alive = np.exp(logs[:, ages + years + 1] - logs[:, ages + 1])  # arriving in the next age, `years` times
    ratio = np.moveaxis(alive[..., 1:] / alive[..., :1], -1, 0)
    return xr.DataArray(ratio, {"sex": SEX, "age": ages}, ("offset", "sex", "age"))


def assumed_range(
    parameter: str, *, area: str | None = None, root: Root = None, table: pd.DataFrame | None = None
) -> Range:
    """Return a row of `assumptions` with its `_lower` and `_upper`, an area's own row before the default.

    A value of your own outside the range widens it, so that lower <= value <= upper always holds.
    `table` is as from `area_values`, when it is at hand; `area` and `root` are then not looked at.
    DataError: there is no such parameter, or no such area.
    Returns Range: lower, value, upper [unit of the row], unit, source; `judged` tells judgement from documents

    >>> assumed_range("target_occupancy")[:3]
    (0.8, 0.85, 0.95)
    """
    rows = area_values(area, root) if table is None else table
    if parameter not in rows.index:
        near = nearest(parameter, [name for name in rows.index if not name.endswith(("_lower", "_upper"))])
        raise refusal("errors.people.no_parameter", parameter=parameter, near=near)
    value, unit, source = (rows.at[parameter, name] for name in ("value", "unit", "source"))
    ends = [name for side in ("_lower", "_upper") if (name := parameter + side) in rows.index]
    bounds = [value, *(rows.at[name, "value"] for name in ends)]
    return Range(float(min(bounds)), float(value), float(max(bounds)), unit, source)


class Range(NamedTuple):
    """An assumed value, its bounds, and the document behind it (`judged` where it is judgement)."""

    lower: float
    value: float
    upper: float
    unit: str
    source: str

    @property
    def judged(self) -> bool:
        return self.source == "judged"


@while_unchanged(64, "area")
def area_values(area: str | None = None, root: Root = None) -> pd.DataFrame:
    """Rows of `assumptions` that hold for an area (its slug) in every scenario, indexed by parameter."""
    assumptions = load_table("assumptions", area=area or "china", root=root)  # those of other areas are not read
    mine = (assumptions["area"].isna() | (assumptions["area"] == area)) & assumptions["scenario"].isna()
    rows = assumptions[mine].sort_values("area", na_position="last").drop_duplicates("parameter")
    return rows.set_index("parameter")


@while_unchanged(8, "nation", copied=True)
def age_standard(year: int, root: Root = None) -> xr.DataArray:
    """The nation's persons (sex, age 0 ... 100+) at the census nearest to `year`: what age groups are split by.

    >>> people = age_standard(2020)
    >>> print(f"{float(people.sel(age=59).sum() / people.sel(age=57).sum()):.2f}")  # few were born in 1961
    0.46
    """
    found = as_array(nearest_rows(merged_table("age_standards", root), year)[PERSONS])
    return found.transpose("sex", "age").sel(sex=SEX)


@while_unchanged(8, "nation", copied=True)
def fertility_schedule(year: int, root: Root = None) -> pd.Series:
    """Share of the nation's TFR [1] by five-year age of the mother, of the period nearest to `year`.

    >>> print(fertility_schedule(2020).idxmax(), fertility_schedule(2020).sum().round(3))
    25 1.0
    """
    return nearest_rows(merged_table("fertility", root), year).set_index("age")["share"]


@while_unchanged(8, "nation")
def national_paths(*, root: Root = None) -> pd.DataFrame:
    """TFR, e0 and sex ratio at birth of the nation by year: columns (indicator, value | lower_80 | upper_80)."""
    series = load_table("series", area="china", root=root)
    wanted = ["tfr", "e0_both", "e0_female", "e0_male", "sex_ratio_at_birth"]
    series = series[series["indicator"].isin(wanted)]
    bounds = series.melt(["indicator", "year"], ["value", "lower_80", "upper_80"], "of", "x")
    return bounds.pivot(index="year", columns=["indicator", "of"], values="x").astype(float)


@while_unchanged(8, "nation")
def survival_grid(year: int, *, root: Root = None) -> xr.DataArray:
    """Survival ratios by e0, shaped like the nation's mortality of the period nearest to `year`."""
    table = load_table("mortality", root=root)
    rows = nearest_rows(table[table["standard"] == STANDARD], year)
    grid = survival_table({sex: group.set_index("age")["mx"] for sex, group in rows.groupby("sex")})
    grid.values.flags.writeable = False  # every projection reads this one
    return grid


def census_source(area: str, root: Root, year: int | None = None) -> str:
    """The document that prints the persons by age and sex of an area, of its last census or of a year."""
    rows = load_table("population", area=area, root=root)
    return (rows if year is None else rows[rows["year"] == year]).sort_values("year")["source"].iloc[-1]


def kind_of(entry: pd.Series) -> str:
    """County, district, prefecture, province or nation; county-level districts have codes that end in 01 to 20."""
    if entry["level"] != "county" or pd.isna(entry["adcode"]):
        return entry["level"]
    return "district" if int(entry["adcode"]) % 100 <= 20 else "county"


def fill_pyramid(
    margins: Margins, parent: Population, *, parent_level: str, older: Population | None = None,
    parent_older: Population | None = None, years: int = 10, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """A pyramid by sex and single age that meets published totals, each cell with how well such cells are filled.

    What the totals do not say (15-59, say) is the parent's shape, or that of an older census whose cohorts fared as the
    parent's: read `error_pct` before using a narrow age group.
    Source: `rake`, and Hamilton and Perry (1962), A short method for projecting population, Social Forces 41.
    DataError: margins that contradict one another (named), an unknown level, an older census without the parent's.

    margins : dict; {(low, high): persons}; `low` inclusive, `high` exclusive, None for open: {(60, None): 20_000}
    parent : DataArray or DataFrame; [persons] by `sex` and single `age` of the nearest area that has them, then
    parent_level : {'nation', 'province', 'prefecture'}; what the parent is; the nearer, the better
    older : DataArray or DataFrame, optional; [persons] by `sex` and `age` (five-year groups to 85+) `years` before
    parent_older : same, of the parent at that census; wanted when `older` is given
    years : int, default 10; [years] between the two; a multiple of 5
    Returns DataFrame: sex, age, n, persons, method (a row of `fill_errors`) and error_pct: the mean absolute percentage
        error of the method in the broad age group of the cell, over counties of which the same totals were given.

    >>> import yilaolib as yl
    >>> filled = yl.fill_pyramid({(0, None): 1000, (60, None): 250, (65, None): 180}, yl.age_standard(2020),
    ...     parent_level="nation")
    >>> print(filled.persons.sum(), filled[filled.age >= 65].persons.sum(), filled.method[0])
    1000.0 180.0 nation
    """
    if parent_level not in LEVELS:
        near = nearest(parent_level, LEVELS)
        raise refusal("errors.people.parent_level", parent_level=parent_level, levels=LEVELS, near=near)
    if older is not None and parent_older is None:
        raise refusal("errors.people.parent_older")
    if as_array(parent).sizes["age"] < OPEN_AGE + 1:
        raise refusal("errors.people.parent_ages", open_age=OPEN_AGE)
    method = parent_level if older is None else f"older_{parent_level}"
    frame = _cells(fit_pyramid(margins, parent, None if older is None else (older, parent_older), years=years))
    errors, children = load_table("fill_errors", root=root), any(key[1] and key[1] <= 5 for key in margins)
    errors = errors[errors["method"] == method + ("" if children else NO_CHILDREN)].astype({"age": int})
    errors = errors.set_index("age")["mape_pct"].sort_index().reindex(range(OPEN_AGE + 1), method="ffill")
    errors.loc[5 if children else 0 : 14] *= (0, 15) not in margins  # that group is met as a whole, as 60-64 is
    return frame.assign(method=method, error_pct=frame["age"].map(errors))


def fit_pyramid(
    margins: Margins, parent: Population, then: tuple[Any, Any] | None = None, *, years: int = 10
) -> xr.DataArray:
    """A pyramid by single age that meets totals, from the parent's, or from censuses (area, parent) `years` before."""
    if then is None:
        return rake(bend(parent, margins), margins)
    return rake(graduate(carry_forward(*then, parent, years=years), standard=parent), margins)


def _cells(people: xr.DataArray) -> pd.DataFrame:
    frame = people.rename("persons").transpose("sex", "age").to_series().reset_index()
    frame.insert(2, "n", pd.Series(1, index=frame.index, dtype="Int64").mask(frame["age"] == OPEN_AGE))
    return frame


def fill(name: str, table: pd.DataFrame, load: Load, own_areas: list[str]) -> pd.DataFrame:
    """Rows of population or assumptions that a user's areas lack, from their parents; `load` gives tables by name."""
    rows = [empty_table(name)]
    for area in own_areas:
        wanted = workbook.margins_of(area, load)
        if name == "assumptions":
            own = set(table.loc[(table["area"] == area) & table["scenario"].isna(), "parameter"])
            rows += [] if "e0" in own else [_life_expectancy(area, table, load("areas"))]
            rows += [] if "tfr_ratio" in own or wanted is None else [_fertility(area, wanted, load)]
            continue
        given = dict(coarse := workbook.coarse_groups(area, table))
        if wanted is not None and (wanted["year"] in given or _lacks_pyramid(area, wanted, table, load("areas"))):
            if wrong := workbook.contradiction(wanted):
                told = {"check": wrong[1].key, "told": {"field": wrong[0], **wrong[1].values}}
                raise refusal("errors.people.contradict", area=area, year=wanted["year"], **told)
            year = int(wanted["year"])
            groups, totals = given.get(year, {}), workbook.to_meet(workbook.totals_in(wanted))
            ends, sexes = {end for key in groups for end in key[:2]}, {key[2:] for key in groups}
            new = {key for key in totals if {*key[:2]} - ends or (key[2:] and key[2:] not in sexes)}
            given[year] = groups | {key: totals[key] for key in new}  # what ages say too is theirs
        for year, groups in coarse.items():
            ages: list[tuple] = [(*sex, age) for low, high, *sex in groups for age in range(low, high or OPEN_AGE + 1)]
            if len(ages) > len({*ages}) or len(ages) % (OPEN_AGE + 1):
                raise refusal("errors.people.groups_apart", area=area, year=year)
        rows += [_population(area, year, margins, table, load) for year, margins in given.items()]
    return pd.concat(rows).reset_index(drop=True)


def _lacks_pyramid(area: str, wanted: pd.Series, population: pd.DataFrame, areas: pd.DataFrame) -> bool:
    """Tell whether totals are all there is of the year: no pyramid, or one of an older census to carry forward."""
    own = population.loc[population["area"] == area, "year"]
    if own.empty:
        return True
    found = workbook.parent_with_pyramid(area, int(wanted["year"]), population, areas)
    if found is None or int(own.max()) >= min(found[1], int(wanted["year"])):
        return False
    return workbook.older_census(area, *found, population) is not None


def _population(area: str, year: int, given: Margins, population: pd.DataFrame, load: Load) -> pd.DataFrame:
    def counted(who: str, when: int) -> pd.DataFrame:
        return workbook.residents_in(population[(population["area"] == who) & (population["year"] == when)])[PERSONS]

    found = workbook.parent_with_pyramid(area, year, population, load("areas"))
    if found is None:
        raise refusal("errors.people.no_parent", area=area)
    parent, census = found
    standard = as_array(nearest_rows(load("age_standards"), census)[PERSONS])
    above = graduate(as_array(counted(parent, census)), standard=standard)
    older = workbook.older_census(area, parent, census, population)
    then = None if older is None else (counted(area, older), counted(parent, older))
    filled = _cells(fit_pyramid(given, above, then, years=census - (older or census)))
    return _typed("population", filled.assign(area=area, year=year, basis="resident", source=FILLED))


def _life_expectancy(area: str, assumptions: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """The parent's life expectancy: without it a projection would take the nation's."""
    known = assumptions[(assumptions["parameter"] == "e0") & assumptions["scenario"].isna()].set_index("area")
    parent = next((parent for parent in workbook.parents_of(area, areas) if parent in known.index), None)
    if parent is None:
        return empty_table("assumptions")
    row, names = known.loc[[parent]].iloc[-1], areas.set_index("area").loc[parent]
    name = names["name_en"] if isinstance(names["name_en"], str) else names["name_zh"]
    note = f"Filled from {name}: {row['value']:g} in {row['year']} ({row['source']})."
    filled = {"area": area, "parameter": "e0", "year": row["year"], "value": row["value"], "unit": row["unit"]}
    return _typed("assumptions", pd.DataFrame([filled | {"source": FILLED, "note": note}]))


def _fertility(area: str, wanted: pd.Series, load: Load) -> pd.DataFrame:
    """The parent's TFR against the nation's, for totals of a year whose children no census can be held against."""
    population, year = load("population"), int(wanted["year"])
    own = population[(population["area"] == area) & (population["year"] == year)]
    found = workbook.parent_with_pyramid(area, year, population, load("areas"))
    if own.empty or (own["source"] != FILLED).any() or found is None or abs(found[1] - year) <= 1:
        return empty_table("assumptions")
    parent, census = found
    at = population[population["year"] == census]
    above, nation = (at.loc[at["area"] == each, PERSONS] for each in (parent, "china"))
    value = tfr_ratio(above, nation, nearest_rows(load("fertility"), census).set_index("age")["share"])
    note = f"Filled from {parent}: children 0-4 per woman at the census of {census}, against the nation."
    row = {"area": area, "parameter": "tfr_ratio", "year": census, "value": value, "unit": "ratio", "source": FILLED}
    return _typed("assumptions", pd.DataFrame([row | {"note": note}]))


def _typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    empty = empty_table(name)
    return frame.reindex(columns=list(empty)).astype(empty.dtypes.to_dict())
