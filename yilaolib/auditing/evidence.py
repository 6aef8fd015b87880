"""What a claim rests on: printed figures, persons of a census, sums of a project list; and who was divided by."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import DataError, did_you_mean
from ..tables.areas import find_area
from ..tables.folders import as_root, merged_table, stamp
from ..tables.ownarea import FILLED
from ..tables.printed import closed
from ..texts import catalogue
from .intervals import Interval, evaluate, exact, input_interval, is_about

OPEN = 999  # an age above all, where the last group ends
PEOPLE = re.compile(r"population_(total|(\d+)plus|under_?(\d+)|(\d+)_(\d+))")
LISTED = ("beds_new", "beds_renovated", "places_new", "classes", "floor_area_m2", "investment_10k_yuan")


class Leaf(NamedTuple):
    """One look-up of a formula: what it found, and what `label` needs to say it."""

    call: tuple
    found: Interval
    said: str  # the template [audit.evidence] <said>, and its values
    values: dict[str, Any]
    group: str = ""  # of persons: "total", "60+", "0-2" ...; empty when it is no population
    area: str = ""
    year: int | None = None
    basis: str = ""
    about: bool = False
    doubt: dict | None = None


def label(leaf: Leaf, lang: str) -> str:
    """Say what a look-up found, in words of a language."""
    return catalogue(lang).say(f"audit.evidence.{leaf.said}", **leaf.values)


class Evidence:
    """Look-ups over a set of tables; `load` returns a table by name.

    >>> import yilaolib as yl
    >>> Evidence(yl.load_table).compute('100 * obs("jingdezhen.elder_beds_private.2020.actual.text") / 4059')[0].value
    46.71
    """

    def __init__(self, load: Callable[[str], pd.DataFrame]) -> None:
        self.load = load
        rows = load("observations")
        self.rows = {row["observation"]: row for row in rows.replace({np.nan: None}).to_dict("records")}
        self.indicators = {row["indicator"]: row for row in load("indicators").to_dict("records")}
        documents = load("sources")
        self.documents = dict(zip(documents["source"], documents["area"], strict=True))
        self.areas = {row["area"]: row for row in load("areas").to_dict("records")}
        people = load("population").dropna(subset=["area", "year", "age", "persons"])
        self.people = people.assign(end=(people["age"] + people["n"]).fillna(OPEN), basis=people["basis"].fillna(""))
        self.groups = self.people.groupby(["area", "year"]).indices
        singles = load("age_standards").query("n == 1").groupby(["year", "age"])["persons"].sum()
        self.singles = {year: part.droplevel("year") for year, part in singles.groupby(level="year")}

    def compute(
        self,
        formula: str,
        instead: dict[tuple, Interval] | None = None,
        share: Callable[[float], float] | None = None,
    ) -> tuple[Interval, list[Leaf]]:
        """Return the result of a formula and its look-ups; `instead` replaces some, `share` rounds shares within."""
        leaves: dict[tuple, Leaf] = {}

        def remember(find: Callable[..., Leaf]) -> Callable[..., Interval]:
            def look_up(*values: object) -> Interval:
                leaf = find(*values)
                leaves.setdefault(leaf.call, leaf)
                return (instead or {}).get(leaf.call, leaf.found)

            return look_up

        lookups = {name: remember(getattr(self, name)) for name in ("obs", "pop", "projects")}
        return evaluate(formula, lookups, share), list(leaves.values())

    def obs(self, observation: str) -> Leaf:
        """A printed figure, by its id."""
        row = self.row(observation)
        if row["value"] is None:
            raise DataError(f"observation {observation!r} prints no number ({row['as_printed']}). Use another.")
        printed, unit, indicator = row["as_printed"] or "", row["unit"], row["indicator"]
        values = {"row": row, "name": closed(row["name_as_printed"] or ""), "printed": printed}
        values["place"] = None if self.is_own(row) else self.areas.get(row["area"])
        values["indicator"] = self.indicators.get(indicator, {"name_en": indicator})
        found = input_interval(row["value"], printed, unit, row["kind"], row["value_max"] or np.nan)
        whose = (group_of(indicator) if unit == "persons" else "", row["area"], row["year"], row["basis"] or "")
        about = is_about(printed, row["comparator"])
        return Leaf(("obs", observation), found, "obs", values, *whose, about, doubt_in(row))

    def is_own(self, row: dict) -> bool:
        """Whether a figure is about the place whose document prints it (a city's plan also quotes the province)."""
        about = self.documents.get(row["source"])
        return about == row["area"] or not isinstance(about, str)

    def row(self, observation: str) -> dict:
        """The row of `observations` with an id; a DataError when there is none."""
        if observation not in self.rows:
            hint = did_you_mean(observation, self.rows)
            raise DataError(f"observation {observation!r} is not in observations.csv.{hint} Correct the id.")
        return dict(self.rows[observation])

    def pop(self, area: str, year: int, low: int, high: int | None) -> Leaf:
        """Persons of a pyramid from age `low` to below `high`; groups are split by the nation's single ages."""
        if (area, year) not in self.groups:
            known = sorted({int(key[1]) for key in self.groups if key[0] == area})
            raise DataError(f"population.csv has no pyramid of {area!r} in {year!r}; it has those of {known}.")
        if area not in self.areas:
            raise DataError(f"area {area!r} has a pyramid, but is not in areas.csv. Add it there.")
        top, rows = OPEN if high is None else high, self.people.iloc[self.groups[area, year]]
        total, split = 0.0, False
        for start, end, persons in rows[["age", "end", "persons"]].itertuples(index=False):
            share = self._share(year, start, end, low, top)
            total, split = total + share * persons, split or 0 < share < 1
        values = {"place": self.areas[area], "origin": self.origin(area, year), "year": year}
        values |= {"low": low, "high": high, "total": total, "split": split}
        group = "total" if (low, high) == (0, None) else f"{low}+" if high is None else f"{low}-{high - 1}"
        basis = rows["basis"].iloc[0]
        return Leaf(("pop", area, year, low, high), exact(total), "pop", values, group, area, year, basis)

    def origin(self, area: str, year: int) -> str:
        """Where a pyramid comes from: a census, another table, or the parent of a place that has totals only."""
        source = str(self.people["source"].iloc[self.groups[area, year][0]])
        return "census" if "census" in source else "filled" if source == FILLED else "table"

    def _share(self, year: int, start: int, end: int, low: int, top: int) -> float:
        """The part of an age group that lies between two ages: 0, 1, or by the single ages of the nation."""
        if start >= top or end <= low:
            return 0.0
        if start >= low and end <= top:
            return 1.0
        if end == OPEN or year not in self.singles:
            raise DataError(f"Ages from {low} cut the group from {start} in {year}. Choose ages at which groups begin.")
        single = self.singles[year].loc[start : end - 1]
        return float(single.loc[max(start, low) : min(end, top) - 1].sum() / single.sum())

    def projects(self, area: str, what: str, category: str | None = None) -> Leaf:
        """The sum of a column of a plan's project list, or "count" for the number of projects."""
        rows = self.load("projects")
        rows = rows[(rows["area"] == area) & (True if category is None else rows["category"] == category)]
        if rows.empty or what not in ("count", *LISTED):
            raise DataError(
                f"projects({area!r}, {what!r}, {category!r}) finds nothing. Give the area of a project list, one of "
                f"count, {', '.join(LISTED)}, and eldercare, childcare or health (or none)."
            )
        numbers = pd.Series(1, rows.index) if what == "count" else rows[what].dropna()
        values = {"what": what, "counted": len(numbers), "listed": len(rows), "total": numbers.sum()}
        return Leaf(("projects", area, what, category), exact(numbers.sum()), "projects", values)


def evidence_at(root: str | Path | None) -> Evidence:
    """Look-ups over the tables as they are, kept until a file changes."""
    return _evidence(as_root(root), stamp(root))


@lru_cache(maxsize=4)
def _evidence(root: Path | None, state: tuple) -> Evidence:
    return Evidence(lambda name: merged_table(name, root))


def group_of(indicator: str) -> str:
    """Return the persons that an indicator counts: "total", "60+", "0-2"; empty for other indicators.

    >>> group_of("population_60plus"), group_of("population_0_3"), group_of("elder_beds_total")
    ('60+', '0-3', '')
    """
    found = PEOPLE.fullmatch(indicator)
    if not found:
        return "population" if indicator in ("population_urban", "population_rural") else ""
    kind, plus, under, low, high = found.groups()
    return f"{plus}+" if plus else f"0-{int(under) - 1}" if under else f"{low}-{high}" if low else kind


def doubt_in(row: dict) -> dict | None:
    """Return what the note of a figure doubts (what follows DOUBT:), named doubt_en and, where written, doubt_zh."""
    text = row["note"]
    if not (isinstance(text, str) and text.startswith("DOUBT:")):
        return None
    return {"doubt_en": text.removeprefix("DOUBT:").strip(), "doubt_zh": row.get("note_zh")}


FLOORS = ("ge", "gt")
BOUNDS = (*FLOORS, "le", "lt")


def keeps_limit(one: dict, other: dict) -> bool:
    """Whether one of two rows prints a limit and the other a figure within it (4.5个以上 and 4.59)."""
    limits = [row for row in (one, other) if row["comparator"] in BOUNDS]
    if len(limits) != 1:
        return False
    limit, figure = (one, other) if limits[0] is one else (other, one)
    return figure["value"] > limit["value"] if limit["comparator"] in FLOORS else figure["value"] < limit["value"]


GROUPS = [(0, None), (60, None), (65, None), (80, None), (0, 3), (0, 4), (0, 5)]
COLUMNS = ["area", "group", "year", "basis", "origin", "persons", "leaf", "observation", "source"]


def solve_denominator(
    numerator: float,
    ratio: float,
    *,
    per: float = 1000,
    area: str | None = None,
    tolerance: float = 0.005,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """List the populations that make ``ratio * population / per`` equal to `numerator`.

    With some fifty populations to try, one within half a per cent may be chance: read `attrs["tried"]` beside it.

    Parameters
    ----------
    numerator, ratio, per : float
        What is counted (beds, places, persons), the printed ratio, and to how many persons it refers: 1000, or 100 for
        percentages. A number that is not above 0 is a DataError.
    area : str, optional
        Slug, name or adcode: its populations and those of its parents are tried; without it, those of all
        areas with printed figures.
    tolerance : float, default 0.005
        [1] Largest relative distance of a candidate from the population that would fit exactly.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        One row a candidate, closest first: area, group (total, 60+, 0-2 ...), year, basis, origin (census, table,
        printed, or implied by a printed count and share), persons, candidate and candidate_zh (in words), observation,
        source, off_pct [percent]. ``attrs["needed"]`` [persons] would fit exactly; ``attrs["tried"]`` were tried.

    Examples
    --------
    >>> found = solve_denominator(10_500, 39, area="jingdezhen")
    >>> print(found.loc[0, "group"], found.loc[0, "year"], round(found.attrs["needed"]))
    60+ 2020 269231
    """
    for name, value in {"numerator": numerator, "ratio": ratio, "per": per, "tolerance": tolerance}.items():
        if not 0 < value < float("inf"):
            raise DataError(f"{name} is {value}; it must be a number above 0.")
    slug = None if area is None else find_area(area, root=root)["area"]
    close = fitting(populations(evidence_at(root), slug), numerator * per / ratio, tolerance)
    at = close.columns.get_loc("leaf")
    for place, (column, lang) in enumerate({"candidate": "en", "candidate_zh": "zh"}.items()):
        close.insert(at + place, column, pd.Series([label(leaf, lang) for leaf in close["leaf"]], dtype="str"))
    return close.drop(columns="leaf")


def fitting(candidates: pd.DataFrame, needed: float, tolerance: float = 0.005) -> pd.DataFrame:
    """Return the candidates within `tolerance` of the persons that are needed, closest first."""
    off = 100 * (candidates["persons"] / needed - 1)
    close = candidates.assign(off_pct=off)[off.abs() <= 100 * tolerance]
    close = close.sort_values("off_pct", key=abs, kind="stable").reset_index(drop=True)
    close.attrs.update(needed=float(needed), tried=len(candidates))
    return close


def populations(evidence: Evidence, area: str | None) -> pd.DataFrame:
    """Return every population of an area and its parents that the tables hold: census, printed and implied."""
    printed = dict.fromkeys(row["area"] for row in evidence.rows.values())  # of whose figures the tables have any
    places = [*dict.fromkeys(up for each in (printed if area is None else [area]) for up in lineage(evidence, each))]
    found = [*_of_census(evidence, places), *_printed(evidence, places), *_implied(evidence, places)]
    rows = [
        (leaf.area, leaf.group, leaf.year, leaf.basis, origin, leaf.found.value, leaf, *where)
        for leaf, origin, *where in found
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame[frame["persons"] > 0].astype({"year": "Int64"}).reset_index(drop=True)


Candidate = tuple[Leaf, str, str, str]  # of persons; its origin, observation, source


def lineage(evidence: Evidence, area: str) -> list[str]:
    """Return an area and the areas that it belongs to, nearest first."""
    line: list[str] = []
    while isinstance(area, str) and area in evidence.areas and area not in line:
        line.append(area)
        area = evidence.areas[area]["parent"]
    return line


def _of_census(evidence: Evidence, places: list[str]) -> Iterator[Candidate]:
    for (area, year), rows_of in evidence.groups.items():
        origin = evidence.origin(area, year) if area in places else "elsewhere"
        for low, high in GROUPS if origin in ("census", "table") else ():
            with contextlib.suppress(DataError):  # a user's pyramid may have wider groups than this one needs
                yield evidence.pop(area, year, low, high), origin, "", evidence.people["source"].iloc[rows_of[0]]


def _printed(evidence: Evidence, places: list[str]) -> Iterator[Candidate]:
    for name, row in evidence.rows.items():
        if row["area"] in places and row["unit"] == "persons" and row["value"] and group_of(row["indicator"]):
            yield evidence.obs(name)._replace(found=exact(row["value"])), "printed", name, row["source"]


def _implied(evidence: Evidence, places: list[str]) -> Iterator[Candidate]:
    """The whole that a printed count and its printed share speak of: 32.41万 at 19.28 % are of 168.1万."""
    own = [row for row in evidence.rows.values() if row["area"] in places and row["value"]]

    def key(row: dict, indicator: str) -> tuple:
        return row["area"], indicator, row["year"], row["kind"], row["source"]

    by_key = {key(row, row["indicator"]): row for row in own}
    for row in own:
        share = by_key.get(key(row, f"{row['indicator']}_share_pct"))
        if share and row["unit"] == "persons":
            whole, ids = exact(100 * row["value"] / share["value"]), (row["observation"], share["observation"])
            values = {"year": row["year"], "part": row["as_printed"], "share": share["as_printed"]}
            whose = ("total", row["area"], row["year"], share["basis"] or row["basis"] or "")
            leaf = Leaf(("implied", *ids), whole, "implied", values | {"whole": whole.value}, *whose)
            yield leaf, "implied", ", ".join(ids), row["source"]
