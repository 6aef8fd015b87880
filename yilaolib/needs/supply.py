"""What plans print of beds and daycare places: stocks and targets by kind, and the project list."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..demography.ages import Population, as_array, persons
from ..demography.local import Root, while_unchanged
from ..demography.projection import project
from ..tables.areas import figures_at, load_table, slug_of

TOTAL = {"beds": "elder_beds_total", "places": "daycare_places_total"}  # of all kinds together
WIDEST = ("elder_beds_total", "elder_beds_institution", "daycare_places_total")  # what a need is set against
OWNERS = {f"elder_beds_{kind}_homes": "public" for kind in ("public", "welfare", "township")}
OWNERS |= {"elder_beds_private": "private"}
BED_KINDS = (*(f"elder_beds_{kind}" for kind in ("total", "institution", "community", "family")), *OWNERS)
BED_KINDS += ("medical_eldercare_beds",)
PLACE_KINDS = tuple(f"daycare_places_{kind}" for kind in ("total", "inclusive", "public_kindergartens", "filed"))
NURSING = {  # share of nursing-type beds (护理型床位) of a kind
    "elder_beds_total": "nursing_beds_share_pct",
    "elder_beds_institution": "nursing_beds_share_institution_pct",
    "elder_beds_public_homes": "nursing_beds_share_public_homes_pct",
}
RATIOS = {  # printed per 1000 persons of an age and over, of a kind: what a count follows from where none is printed
    "elder_beds_total": ("elder_beds_per_1000_60plus", 60),
    "daycare_places_total": ("daycare_places_per_1000", 0),
    "daycare_places_inclusive": ("daycare_places_inclusive_per_1000", 0),
}
ROLES = {"stock": "actual", "target": "target"}  # what is there and what is aimed at, by kind of printed figure
COLUMNS = [
    "kind", "role", "year", "stock", "derived", "doubt", "occupied", "vacant", "nursing_pct", "owner", "flag",
    "name_zh", "name_en", "source", "note", "observation", "occupied_observation", "nursing_observation", "project_no",
]  # fmt: skip


def doubted(row: pd.Series) -> bool:
    """Whether the note of a printed figure doubts it."""
    return isinstance(row["note"], str) and row["note"].startswith("DOUBT")


def stock_of(supply: pd.DataFrame) -> pd.Series | None:
    """The printed present supply of the widest kind (a row of `supply`), or None when none is printed."""
    rows = [*zip(supply["kind"], supply["role"], strict=True)]
    kind = next((kind for kind in WIDEST if (kind, "stock") in rows), None)
    return None if kind is None else supply.iloc[rows.index((kind, "stock"))].rename(kind)


def opening(supply: pd.DataFrame, year: int, after: int | None = None) -> pd.DataFrame:
    """The rows of the project list that open by a year, undated ones too; by `after` they are in the stock already."""
    listed = supply[supply["role"] == "pipeline"]
    opens = listed["year"].isna() | ((listed["year"] <= year) & (listed["year"] > (after or 0)))
    return listed[opens.fillna(True).astype(bool)]


def supply_path(supply: pd.DataFrame, kind: str, years: Iterable[int]) -> pd.Series:
    """Supply of a kind (such as `elder_beds_total`) by year: the stock, a straight line to the target, then the target.

    The line is ours, no plan prints it: draw it as such, and judge no surplus by its years. A target derived from a
    ratio that the stock exceeds already is a floor that is met: no supply falls to it. One derived from a ratio that is
    in doubt is left out where a stock is printed.
    Returns Series: [beds or places] by year, missing before the first published figure. `attrs`: held (no target is
        published), line (the years between stock and target), met (the year of the target), derived (the roles, stock
        or target, that follow from a printed ratio), left_out (year of a target that is in doubt)

    >>> supply_path(place_supply("jingdezhen"), "daycare_places_total", np.array([2020, 2025, 2030])).tolist()
    [4036.0, 7367.0, 7367.0]
    """
    points = supply[(supply["kind"] == kind) & supply["year"].notna()].sort_values("year")
    path = pd.Series(np.nan, index=pd.Index(years, name="year"), name="supply")
    ours = points.get("derived", pd.Series(False, index=points.index)).astype(bool)
    most = points.loc[points["role"] == "stock", "stock"].max()
    aims, unsure = ours & (points["role"] == "target"), points.get("doubt", ours & False).astype(bool)
    reached, unsure = aims & (points["stock"] < most), aims & unsure & (most > 0)
    left_out, kept = [int(year) for year in points.loc[unsure & ~reached, "year"]], ~(reached | unsure)
    points, ours = points[kept], ours[kept]
    ends = points.groupby("role")["year"].max()
    line = (path.index > ends.get("stock", np.inf)) & (path.index < ends.get("target", -np.inf))
    met = int(ends["target"]) if "target" in ends else None
    derived = tuple(points.loc[ours, "role"])
    path.attrs = {"held": met is None, "line": path.index[line].tolist(), "met": met, "derived": derived}
    path.attrs["left_out"] = left_out[0] if left_out else None
    if len(points):
        path[:] = np.interp(path.index, points["year"].astype(float), points["stock"])
        path[path.index < int(points["year"].iloc[0])] = np.nan
    return path


def off_the_line(path: pd.Series) -> pd.Series:
    """The years of a `supply_path` whose supply is published or held: those of the line between are left out."""
    return path.drop(path.attrs["line"])


def standing(path: pd.Series) -> pd.DataFrame:
    """What a `supply_path` is by year: supply_is (stock, line, target, kept: after it) and supply_derived."""
    years, met, derived = path.index, path.attrs["met"] or np.inf, path.attrs["derived"]
    cases = [years.isin(path.attrs["line"]), years == met, years > met]
    what = pd.Series(np.select(cases, ["line", "target", "kept"], "stock"), years)
    ours = what.replace("kept", "target").isin(derived) | ((what == "line") & bool(derived))
    return pd.DataFrame({"supply_is": what.where(path.notna()), "supply_derived": ours})


def bed_supply(area: str, *, population: Population | None = None, root: Root = None) -> pd.DataFrame:
    """Stocks of beds of an area, what it plans to have, and the new beds of its project list.

    Kinds are kept apart: a plan's total may count institutions only or all services. Renovated beds are not new. A
    stage goal is no target. Where only a ratio per 1000 is printed, the count is derived with the people of its year,
    in `population` [persons, as from `project`] where it has that year.
    Returns DataFrame: kind (slug of the indicator, or `pipeline`), role (stock, target, pipeline), year (missing: no
        date), stock [beds], derived (from a printed ratio), doubt, occupied and vacant [beds], nursing_pct [of these
        beds, maybe of another year], owner (public, private, or empty), flag (of a project: undated, hospital, doubt),
        name_zh, name_en, source, note, observation, occupied_observation and nursing_observation (ids), project_no.

    >>> bed_supply("jingdezhen").query("kind == 'elder_beds_public_homes'")[["stock", "occupied"]].to_numpy().tolist()
    [[2163.0, 740.0]]
    """
    return _supply(area, BED_KINDS, "beds_new", population, root)


def place_supply(area: str, *, population: Population | None = None, root: Root = None) -> pd.DataFrame:
    """Daycare places (托位) of an area, what it plans to have, and the new places of its project list.

    As `bed_supply`, in places; `occupied` is missing, since no plan prints attendance by place.

    >>> place_supply("jingdezhen").query("kind == 'daycare_places_total'").set_index("role").stock.to_dict()
    {'stock': 4036.0, 'target': 7367.0}
    """
    frame = _supply(area, PLACE_KINDS, "places_new", population, root)
    return frame.drop(columns=["nursing_pct", "nursing_observation"])


SUPPLY = {"beds": bed_supply, "places": place_supply}


def _implied(slug: str, kind: str, wanted: str, population: Population | None, root: Root) -> float | None:
    """The count that a printed ratio per 1000 implies for the people of its own year; None where there is none."""
    ratio, age = figures_at(root).first(slug, RATIOS[kind][0], wanted), RATIOS[kind][1]
    if ratio is None or pd.isna(ratio["year"]) or pd.notna(ratio["value_max"]):
        return None
    year, people = int(ratio["year"]), None if population is None else as_array(population)
    if people is None or year not in people["year"]:
        people = as_array(project(slug, end_year=max(year, 2025), root=root))
    if year not in people["year"]:
        return None
    return float(ratio["value"] * np.median(persons(people.sel(year=year), age)) / 1000)


def _supply(area: str, kinds: tuple[str, ...], new: str, population: Population | None, root: Root) -> pd.DataFrame:
    slug, printed = slug_of(area, root), figures_at(root)
    lacking = [(kind, role) for kind in kinds if kind in RATIOS for role in ROLES]
    lacking = [(kind, role) for kind, role in lacking if printed.first(slug, kind, ROLES[role]) is None]
    implied = [(kind, role, _implied(slug, kind, ROLES[role], population, root)) for kind, role in lacking]
    return _supply_of(slug, kinds, new, tuple(implied), root=root).copy()


@while_unchanged(32)
def _supply_of(slug: str, kinds: tuple[str, ...], new: str, implied: tuple, *, root: Root = None) -> pd.DataFrame:
    names = load_table("indicators", root=root).set_index("indicator")[["name_zh", "name_en"]]
    printed, counts, rows = figures_at(root), {(kind, role): count for kind, role, count in implied}, []
    for kind in kinds:
        for role, wanted in ROLES.items():
            row, derived = printed.first(slug, kind, wanted), (kind, role) in counts
            if derived and (count := counts[kind, role]) is not None:
                row = printed.required(slug, RATIOS[kind][0], wanted).to_dict() | {"value": count}
            if row is None:
                continue
            line = {"kind": kind, "role": role, "owner": OWNERS.get(kind, ""), "stock": row["value"]}
            line |= {"derived": derived, "doubt": doubted(row)}
            line |= {"occupied_observation": None, "nursing_observation": None}
            line |= names.loc[kind].to_dict() | {name: row[name] for name in ("year", "source", "note", "observation")}
            found = {"nursing": printed.first(slug, NURSING.get(kind, ""), wanted)}
            if role == "stock" and new == "beds_new":
                found["occupied"] = printed.first(slug, kind.replace("beds", "residents"), "actual")
            for what, column in (("nursing", "nursing_pct"), ("occupied", "occupied")):
                if (other := found.get(what)) is not None:
                    line |= {column: other["value"], f"{what}_observation": other["observation"]}
            rows.append(line)
    listed = _listed(slug, new, root)
    listed = listed.assign(kind="pipeline", role="pipeline", year=listed["end"], stock=listed[new])
    listed = listed.assign(name_en=listed["name_zh"], observation=f"projects.{slug}." + listed["project_no"])
    frame = pd.concat([pd.DataFrame(rows), listed]).reindex(columns=COLUMNS).reset_index(drop=True)
    frame = frame.astype({"year": "Int64", "stock": float, "occupied": float})
    frame["vacant"] = frame["stock"] - frame["occupied"]
    frame["derived"] = frame["derived"].eq(True)
    frame["doubt"] = frame["doubt"].eq(True) | frame["flag"].str.contains("doubt").eq(True)
    frame[["owner", "flag"]] = frame[["owner", "flag"]].fillna("")
    return frame


def _listed(area: str, new: str, root: Root) -> pd.DataFrame:
    """Rows of the project list with new beds or places, each with what makes it uncertain."""
    projects = load_table("projects", area=area, root=root)
    projects = projects[projects[new].notna()]
    marks = {
        "undated": projects["end"].isna(),
        # its beds may serve patients as well
        "hospital": projects["name_zh"].str.contains("医院|护理院") | projects["category"].eq("health"),
        "doubt": projects["note"].str.startswith("DOUBT").fillna(False).astype(bool),
    }
    flags = [", ".join(mark for mark, hits in marks.items() if hits.loc[i]) for i in projects.index]
    return projects.assign(flag=pd.Series(flags, index=projects.index, dtype="str"))
