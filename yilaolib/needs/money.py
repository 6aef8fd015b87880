"""One account for old and young: what both need in staff, floor area and capital, on one table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.local import Root, area_values, assumed_range, while_unchanged
from ..demography.projection import Scenario
from ..errors import refusal
from ..tables.areas import figures_at, load_table, slug_of
from .beds import triangulate_beds
from .daycare import triangulate_places

from .rows import (  # isort: skip
    SURVEY, Future, at_year, care_need, elderly_of, institution_shares, leading_method, middle, middles, projected,
)  # fmt: skip
from .supply import doubted

YUAN = 10_000  # projects are printed in 万元
UNITS = {
    "yuan_per_new_bed": "beds_new", "yuan_per_renovated_bed": "beds_renovated",
    "yuan_per_place": "places_new", "yuan_per_m2": "floor_area_m2",
}  # fmt: skip
NOTES = {"renovated_bed": "the bed exists already: never counted as new"}
NOTES |= {"childcare_m2": "kindergartens with nurseries among them"}
ELDER, WORK = ("eldercare", "health"), ("new", "rebuilt", "")
SUBSIDY = {"severe": "operating_subsidy_disabled", "moderate": "operating_subsidy_semi_disabled"}
CLASSES = ("6_12m", "12_24m", "24_36m")  # 乳儿班, 托小班, 托大班
STAFF = {"care_worker": "eldercare_nursing_professionals", "daycare_worker": "daycare_professionals"}  # printed
STAFF |= {"social_worker": "social_workers_per_1000_elderly"}
STAFF_TOLD = {"observations": object, "present": float, "present_year": "Int64", "present_doubt": bool}
STAFF_TOLD |= {"target": float, "target_year": "Int64", "target_doubt": bool, "short": float, "short_of": "str"}
NOT_TOLD = {"observations": (), "present_doubt": False, "target_doubt": False}
COUNTED = ["staff", "staff_short", "floor_new_m2", "floor_old_m2"]
COUNTED += [f"capital_{bound}" for bound in ("lower", "central", "upper", "pooled")]


def project_costs(area: str | None = None, *, root: Root = None) -> pd.DataFrame:
    """Unit costs of every listed project, of all plans by default; those that fall out of line are named.

    A project that builds homes and a hospital, or rebuilds and adds, has no clean cost per bed: see `work` and `note`.
    Returns DataFrame: area, project_no, name_zh, category, work (new, rebuilt, or empty), yuan_per_new_bed,
        yuan_per_renovated_bed, yuan_per_place, yuan_per_m2, m2_per_bed; outlier: the unit costs more than three times
        (`cost_outlier_times`, judged) off the median of their category (for m2, and kind of work); source, note

    >>> costs = project_costs("lianshui").set_index("project_no")
    >>> costs.outlier["12"], costs.yuan_per_new_bed["3"]
    ('yuan_per_place', np.float64(83333.33))
    """
    costs = _costs(root=root)
    return costs.copy() if area is None else costs[costs["area"] == slug_of(area, root)].reset_index(drop=True)


@while_unchanged(8)
def _costs(*, root: Root = None) -> pd.DataFrame:
    table = load_table("projects", root=root)
    yuan = table["investment_10k_yuan"] * YUAN
    work = table["type"].map({"新建": "new", "改建": "rebuilt", "改扩建": "rebuilt"}).fillna("")
    keep = table[["area", "project_no", "name_zh", "category"]].assign(work=work)
    for unit, count in UNITS.items():
        keep[unit] = yuan / table[count].astype(float).where(table[count] > 0)
    beds = table["beds_new"].fillna(0) + table["beds_renovated"].fillna(0)
    keep["m2_per_bed"] = table["floor_area_m2"] / beds.astype(float).where(beds > 0)
    names, most = [], assumed_range("cost_outlier_times", root=root).value
    for unit in UNITS:
        alike = [keep["category"], keep["work"]] if unit == "yuan_per_m2" else [keep["category"]]
        times = keep[unit] / keep[unit].groupby(alike).transform("median")
        names.append(pd.Series(np.where((times > most) | (times < 1 / most), unit, ""), index=keep.index))
    keep["outlier"] = pd.concat(names, axis=1).agg(lambda row: ", ".join(name for name in row if name), axis=1)
    return keep.assign(source=table["source"], note=table["note"])


@while_unchanged(64, copied=True)
def bed_cost(area: str | None = None, *, root: Root = None) -> pd.DataFrame:
    """Range of unit costs over listed projects: per new and renovated bed, per occupied bed, per place and m2.

    Few projects print beds, so a city's own list is often too short: without `area`, all plans count.
    Returns DataFrame: unit (new_bed, occupied_bed: a new bed at the target occupancy, renovated_bed, new_place,
        eldercare_m2_new, eldercare_m2_rebuilt, childcare_m2), lower, central (median), upper [yuan], projects (how
        many), outliers (named; they are left out of the range), sources, note

    >>> bed_cost().set_index("unit").central[["new_bed", "renovated_bed"]].round(-2).tolist()
    [83300.0, 10400.0]
    """
    projects = project_costs(area, root=root).to_dict("records")
    occupancy = assumed_range("target_occupancy", root=root).value
    new, by_m2 = ("yuan_per_new_bed", ELDER, WORK), "yuan_per_m2"
    chosen = {  # the column, the categories and the kinds of work
        "new_bed": new, "occupied_bed": new, "renovated_bed": ("yuan_per_renovated_bed", ELDER, WORK),
        "new_place": ("yuan_per_place", ["childcare"], WORK), "eldercare_m2_new": (by_m2, ELDER, ["new"]),
        "eldercare_m2_rebuilt": (by_m2, ELDER, ["rebuilt"]), "childcare_m2": (by_m2, ["childcare"], WORK),
    }  # fmt: skip
    notes, rows = NOTES | {"occupied_bed": f"new bed at an occupancy of {occupancy:g} (judged)"}, []
    for unit, (column, kinds, work) in chosen.items():
        found = [x for x in projects if x["category"] in kinds and x["work"] in work and pd.notna(x[column])]
        named = ", ".join(f"{x['area']} {x['project_no']}" for x in found if column in x["outlier"])
        values = pd.Series([x[column] for x in found if column not in x["outlier"]], dtype=float)
        values = values / occupancy if unit == "occupied_bed" else values
        sources = ";".join(dict.fromkeys(x["source"] for x in found))
        ends = values.min(), values.median(), values.max()
        rows.append([unit, *ends, len(values), named, sources, notes.get(unit, "")])
    columns = ["unit", "lower", "central", "upper", "projects", "outliers", "sources", "note"]
    return pd.DataFrame(rows, columns=columns)


@while_unchanged(64)
def _own_first(area: str | None, *, root: Root = None) -> pd.DataFrame:
    """Unit costs of the area's own projects, else of all plans; `pooled`: the median of all; `projects`: its own."""
    pooled, own = (bed_cost(each, root=root).set_index("unit") for each in (None, area))
    first = own.where(own["central"].notna(), pooled)
    return first.assign(projects=own["projects"] if area is not None else 0, pooled=pooled["central"])


def capital_cost(
    methods: pd.DataFrame, unit: str = "new_bed", *, area: str | None = None, root: Root = None
) -> pd.DataFrame:
    """Capital to build what each method is short of, at the unit costs of the area's own projects, else of all plans.

    `methods` come from `triangulate_beds` or `triangulate_places`; `unit` is new_bed or new_place of `bed_cost`.
    Returns DataFrame: method, name_zh, name_en, short [beds or places: central need above stock and pipeline, 0 where
        they are enough], lower, central, upper [yuan], pooled [yuan at the median of all plans], projects (how many own
        ones the unit cost rests on; 0: those of all plans), sources; missing where the method has no number

    >>> from yilaolib import triangulate_beds
    >>> capital = capital_cost(triangulate_beds("jingdezhen", 2025)).set_index("method")
    >>> print(capital.short["plan_beds"], round(capital.central["plan_beds"] / 1e8, 1), capital.central["utilisation"])
    2490.0 2.1 0.0
    """
    costs = _own_first(area, root=root)
    if unit not in costs.index:
        raise refusal("errors.needs.unit", unit=unit, allowed=list(costs.index))
    cost = costs.loc[unit]
    frame = methods[["method", "name_zh", "name_en"]].assign(short=methods["gap_pipeline"].clip(lower=0))
    frame = frame.assign(**{bound: frame["short"] * cost[bound] for bound in ("lower", "central", "upper", "pooled")})
    return frame.assign(projects=int(cost["projects"]), sources=cost["sources"])


def operating_subsidy(
    area: str, year: int, *, scenario: str | Scenario = "medium", population: Future = None, root: Root = None
) -> pd.DataFrame:
    """Operating subsidy of a year at the printed rates, were all expected residents in homes that get it.

    The rates are printed for private homes (民办) and residents actually taken in, so this is an upper figure.
    Returns DataFrame: level (severe for 失能, moderate for 半失能: judged), residents [persons], rate [yuan a month],
        lower, central, upper [yuan a year], source ("not published" without a rate), observation (id of the rate)

    >>> operating_subsidy("jingdezhen", 2025).rate.tolist()
    [200.0, 100.0]
    """
    slug = slug_of(area, root)
    people = elderly_of(projected(population, slug, year, scenario, root))
    need, assumed = middles(care_need(at_year(people, year), root=root), "level"), area_values(slug, root)
    rows = []
    for level, indicator in SUBSIDY.items():
        residents = (need[level] * institution_shares([level], assumed)[0]).tolist()
        row = figures_at(root).first(slug, indicator, "standard", "target")
        rate, *said = (np.nan, "not published", None) if row is None else row[["value", "source", "observation"]]
        rows.append([level, residents[1], rate, *(persons * rate * 12 for persons in residents), *said])
    columns = ["level", "residents", "rate", "lower", "central", "upper", "source", "observation"]
    return pd.DataFrame(rows, columns=columns)


def care_staff(
    area: str, year: int, *, beds: float | None = None, measure: str = SURVEY, scenario: str | Scenario = "medium",
    population: Future = None, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Care workers and social workers that the residents of homes need, by level of need, against the plan's target.

    The plan's count (养老护理专业人才) may be of trained people only, and of all services: compare with care.

    beds : [beds] staff so many beds instead, filled to the target occupancy, with the mix of levels of the need
    measure : of need, of table `care_rates`
    Returns DataFrame: role (care_worker, social_worker), level (mild ... severe, or all), persons [residents, or
        persons 60+ of social workers], ratio [persons a worker], lower, central, upper [workers], judged (the ratio),
        sources, observations; in the rows of all levels present, target [workers], their years and doubts, and short
        [central less present, where that is printed, else less target: short_of says which]. Social workers are printed
        per 1000 elderly of a year; their need is the target, against which nothing is short.

    >>> staff = care_staff("lianshui", 2025).set_index(["role", "level"])
    >>> staff.loc[("care_worker", "all"), "target"]
    np.float64(500.0)
    """
    slug = slug_of(area, root)
    elderly = elderly_of(projected(population, slug, year, scenario, root))
    need, assumed = care_need(at_year(elderly, year), measure=measure, root=root), area_values(slug, root)
    living = middles(need, "level") * institution_shares(need.indexes["level"], assumed)[:, 1]
    if beds is not None:
        living = living * (beds * assumed_range("target_occupancy", table=assumed).value) / living.sum()
    rows = []
    for level, persons in living.items():
        ratio = assumed_range(f"residents_per_carer_{level}", table=assumed)
        workers = (persons / ratio.upper, persons / ratio.value, persons / ratio.lower)
        rows.append(["care_worker", level, persons, ratio.value, *workers, ratio.judged, ratio.source])
    bounds = [sum(row[place] for row in rows) for place in (4, 5, 6)]
    rows.append(["care_worker", "all", living.sum(), np.nan, *bounds, True, "judged"])
    old = elderly.sum(("sex", "age"))
    people, per_1000 = middle(at_year(old, year)), figures_at(root).first(slug, STAFF["social_worker"], "target")
    each = np.nan if per_1000 is None else 1000 / per_1000["value"]
    source = "not published" if per_1000 is None else per_1000["source"]
    rows.append(["social_worker", "all", people, each, *3 * [people / each], False, source])
    columns = ["role", "level", "persons", "ratio", "lower", "central", "upper", "judged", "sources"]
    told: list[dict] = [NOT_TOLD] * (len(rows) - 2)
    told += [_printed_staff(slug, row[0], root, row[5], of) for row, of in zip(rows[-2:], (None, old), strict=True)]
    printed = pd.DataFrame(told).reindex(columns=[*STAFF_TOLD]).astype(STAFF_TOLD)
    return pd.DataFrame(rows, columns=columns).join(printed)


def _printed_staff(area: str, role: str, root: Root, need: float, elderly: xr.DataArray | None = None) -> dict:
    """Staff and target as printed (per 1000 of the `elderly` of its year: then it is the need), and what is short."""
    line: dict = dict(NOT_TOLD)
    for name, kind in (("present", "actual"), ("target", "target")):
        row = figures_at(root).first(area, STAFF[role], kind)
        if row is not None:
            count = row["value"]
            if elderly is not None:
                known = row["year"] in elderly["year"].to_numpy()
                count *= middle(at_year(elderly, row["year"])) / 1000 if known else np.nan
            line |= {name: count, f"{name}_year": row["year"], f"{name}_doubt": doubted(row)}
            line["observations"] += (row["observation"],)
    known = [name for name in ("present", "target")[: 1 + (elderly is None)] if pd.notna(line.get(name))]
    return line | {"short": need - line[known[0]], "short_of": known[0]} if known else line


def childcare_staff(area: str, places: float | None = None, *, root: Root = None) -> pd.DataFrame:
    """Daycare staff and classes that a number of places needs at the official ratios, against the plan's staff target.

    One worker to 3, 5 and 7 children (乳儿班, 托小班, 托大班) is the least allowed while the class is open. How places
    fall on the three classes is judged. Places are by default the plan's target, else its present ones.
    Returns DataFrame: group (6_12m, 12_24m, 24_36m, all), places [places], ratio [children a worker], central
        [workers], class_size [children], classes [classes], sources, observations; in the row all present, target,
        short and the like as in `care_staff`. Without any number of places they are missing.

    >>> childcare_staff("jingdezhen", 1000).set_index("group").central.round(1).to_dict()
    {'6_12m': 16.7, '12_24m': 50.0, '24_36m': 100.0, 'all': 166.7}
    """
    slug = slug_of(area, root)
    printed, assumed = figures_at(root), area_values(slug, root)
    if places is None:
        row = printed.first(slug, "daycare_places_total", "target", "actual")
        places = np.nan if row is None else float(row["value"])
    if places < 0:
        raise refusal("errors.needs.places", places=places)
    rows = []
    for group in CLASSES:
        rule = printed.required("china", f"daycare_children_per_carer_{group}", "standard")
        size = printed.required("china", f"daycare_class_size_max_{group}", "standard")
        here = places * assumed_range(f"enrolled_share_{group}", table=assumed).value
        line = {"group": group, "places": here, "ratio": rule["value"], "central": here / rule["value"]}
        line |= {"class_size": size["value"], "classes": here / size["value"], "sources": f"{rule['source']};judged"}
        rows.append(line | {"observations": (rule["observation"], size["observation"])})
    whole = {"group": "all", "sources": rows[0]["sources"], "observations": ()}
    whole |= {name: sum(row[name] for row in rows) for name in ("places", "central", "classes")}
    columns = [*rows[0], *[name for name in STAFF_TOLD if name != "observations"]]
    rows = [*(NOT_TOLD | row for row in rows), whole | _printed_staff(slug, "daycare_worker", root, whole["central"])]
    return pd.DataFrame(rows).reindex(columns=columns).astype(STAFF_TOLD)


def care_account(
    area: str, year: int, *, norm: float | None = None, place_norm: float | None = None,
    bed_method: str | None = None, place_method: str | None = None, bed_methods: pd.DataFrame | None = None,
    place_methods: pd.DataFrame | None = None, scenario: str | Scenario = "medium", population: Future = None,
    root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Need, staff, floor area and capital of eldercare and childcare side by side, and together.

    The account holds for the two methods that it names. Beds are staffed at judged ratios, places at official ones.

    norm, place_norm : [beds per 1000 persons 60+], [places per 1000 residents] your own in place of the plan's
    bed_method, place_method : methods of `triangulate_beds` and `triangulate_places`; by default as in `gap_by_year`
    bed_methods, place_methods : DataFrame; as from these two functions for the year, made before
    Returns DataFrame: eldercare, childcare, both: method, need, with_pipeline, short [beds or places], staff,
        staff_target, staff_short [workers, as in `care_staff`], floor_new_m2 and floor_old_m2 [m2, were every household
        of the census in new, or in existing, estates with the plan's m2 per 100 homes], capital_<bound> [yuan for what
        is short, as in `capital_cost`], capital_pooled, sources. Missing where not published.

    >>> account = care_account("yingtan", 2025)
    >>> print(account.method.tolist()[:2], round(account.floor_old_m2["eldercare"]))
    ['norm', 'norm_places'] 55863
    """
    slug = slug_of(area, root)
    population = projected(population, slug, year, scenario, root)
    if bed_methods is None:
        bed_methods = triangulate_beds(slug, year, population=population, norm=norm, root=root)
    if place_methods is None:
        place_methods = triangulate_places(slug, year, population=population, norm=place_norm, root=root)
    beds, places = _choose(bed_methods, bed_method, "beds"), _choose(place_methods, place_method, "places")
    old = care_staff(slug, year, beds=beds["central"], population=population, root=root)
    old = old[(old["role"] == "care_worker") & (old["level"] == "all")].iloc[0]
    young, cost = childcare_staff(slug, places["central"], root=root).iloc[-1], _own_first(slug, root=root)
    rows = {
        "eldercare": _line(beds, old, cost.loc["new_bed"]) | _floor(slug, "eldercare", root),
        "childcare": _line(places, young, cost.loc["new_place"]) | _floor(slug, "daycare", root),
    }
    frame = pd.DataFrame(rows).T
    both = {column: frame[column].astype(float).sum(skipna=False) for column in COUNTED}
    frame = pd.concat([frame, pd.DataFrame([both], index=["both"])])
    return frame.astype({column: float for column in frame if column not in ("method", "sources")})


def _choose(methods: pd.DataFrame, wanted: str | None, what: str) -> pd.Series:
    rows = methods.set_index("method", drop=False)
    if wanted is not None and wanted not in rows.index:
        raise refusal("errors.needs.method", wanted=wanted, allowed=list(rows.index))
    return rows.loc[wanted or leading_method(what, rows.loc[rows["central"].notna(), "inputs"])]


def _line(need: pd.Series, staff: pd.Series, cost: pd.Series) -> dict:
    short = max(need["gap_pipeline"], 0.0) if pd.notna(need["gap_pipeline"]) else np.nan
    line = {"method": need["method"], "need": need["central"], "with_pipeline": need["with_pipeline"], "short": short}
    line |= {"staff": staff["central"], "staff_target": staff["target"], "staff_short": staff["short"]}
    line |= {f"capital_{bound}": short * cost[bound] for bound in ("lower", "central", "upper", "pooled")}
    return line | {"sources": f"{need['sources']};{cost['sources']}"}


def _floor(area: str, stem: str, root: Root) -> dict:
    """Floor area at the plan's m2 per 100 homes, for the households of the latest census."""
    series = load_table("series", area=area, root=root)
    homes, floor = series[series["indicator"] == "households"].sort_values("year")["value"], {}
    for age in ("new", "old"):
        row = figures_at(root).first(area, f"{stem}_m2_per_100_homes_{age}_estates", "standard", "target")
        floor[f"floor_{age}_m2"] = np.nan if row is None or homes.empty else homes.iloc[-1] * row["value"] / 100
    return floor
