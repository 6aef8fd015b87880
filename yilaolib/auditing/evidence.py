"""What a claim rests on: formulas over printed figures, persons and project lists, computed with intervals.

>>> evaluate('100 * obs("a") / 4', {"obs": lambda name: exact(3)}).value
75.0
"""

from __future__ import annotations

import ast
import contextlib
import math
import operator
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import DataError, nearest, refusal
from ..tables.areas import slug_of
from ..tables.cells import closed, printed_numbers
from ..tables.folders import as_root, merged_table, stamp
from ..tables.workbook import FILLED, parents_of
from ..texts import catalogue

ABOUT = re.compile("约|左右|上下|近|余|多")
MEASURED = {"pct", "pct_points", "per_1000", "ratio", "years"}  # a whole number of these is still rounded
OPEN = 999  # an age above all, where the last group ends
PEOPLE = re.compile(r"population_(total|(\d+)plus|under_?(\d+)|(\d+)_(\d+))")  # indicators
LISTED = ("beds_new", "beds_renovated", "places_new", "classes", "floor_area_m2", "investment_10k_yuan")  # of projects
FLOORS = ("ge", "gt")  # comparators
BOUNDS = (*FLOORS, "le", "lt")


class Interval(NamedTuple):
    """A figure and the range that its last digit leaves open: low <= value <= high [any unit]."""

    low: float
    value: float
    high: float

    def __add__(self, other: Interval) -> Interval:
        return _checked(self.low + other.low, self.value + other.value, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.value, -self.low)

    def __mul__(self, other: Interval) -> Interval:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return _checked(min(ends), self.value * other.value, max(ends))

    def __truediv__(self, other: Interval) -> Interval:
        if other.low <= 0 <= other.high:
            raise refusal("errors.audit.zero", low=other.low, high=other.high)
        ends = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        return _checked(min(ends), self.value / other.value, max(ends))

    def meets(self, other: Interval) -> bool:
        """Whether the two intervals have a point in common (up to the noise of floating point)."""
        slack = 1e-9 * max(1.0, abs(self.value), abs(other.value))
        return self.low <= other.high + slack and other.low <= self.high + slack


def exact(value: float) -> Interval:
    """Return a figure without any range: a census count, a number in a formula."""
    return Interval(float(value), float(value), float(value))


def last_digit(value: float, as_printed: str) -> float:
    """Return what the last printed digit is worth: 100 of 26.92万人, 0.01 of 16.63%; a figure in words is whole."""
    return next((worth for number, worth in printed_numbers(as_printed) if math.isclose(number, value)), 1.0)


def printed_interval(value: float, as_printed: str) -> Interval:
    """Return a printed figure with half of its last digit on either side: 269,150 to 269,250 of 26.92万人."""
    half = last_digit(value, as_printed) / 2
    return Interval(value - half, float(value), value + half)


def input_interval(value: float, as_printed: str, unit: str, kind: str, value_max: float = math.nan) -> Interval:
    """Return a printed figure [unit] as an input: what is set or counted is exact; 约740个 is 735 to 745."""
    if value_max > value:
        return Interval(value, (value + value_max) / 2, value_max)
    digit = last_digit(value, as_printed)
    if digit == 1 and float(value).is_integer() and unit not in MEASURED:  # counted
        digit = 10 if value % 10 == 0 and ABOUT.search(as_printed) else 0
    half = 0 if kind in ("target", "stage", "standard") else digit / 2
    return Interval(value - half, float(value), value + half)


def is_about(row: dict) -> bool:
    """Whether the document itself says that a figure is only about right (约, 左右, 近, 余)."""
    return row["comparator"] == "approx" or bool(ABOUT.search(row["as_printed"] or ""))


def _checked(low: float, value: float, high: float) -> Interval:
    if not all(map(math.isfinite, (low, value, high))):
        raise refusal("errors.audit.too_large")
    return Interval(min(low, value), value, max(high, value))  # rounding in the last bit pushes no value out


LONGEST = 1000  # characters of a formula
OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
CHOICES = {"min": min, "max": max}  # end by end

Lookups = Mapping[str, Callable[..., Interval]]  # what each name stands for
Rounding = Callable[[float], float] | None


def evaluate(formula: str, lookups: Lookups, share: Rounding = None) -> Interval:
    """Compute a formula in interval arithmetic: numbers, + - * /, parentheses, min, max, look-ups such as obs("id").

    A figure that stands twice counts as two independent ones, so the interval is safe, not tight. `share` rounds every
    quotient between 0 and 1, as authors do. Anything else in a formula is a DataError; nothing is ever run.
    """
    try:
        return _compute(parse(formula), lookups, share)
    except RecursionError:
        raise refusal("errors.audit.too_deep", formula=formula[:80]) from None
    except _Unknown as unknown:
        (part,) = unknown.args
        near = nearest(part.partition("(")[0], [*lookups, *CHOICES])
        raise refusal("errors.audit.not_allowed", formula=formula[:80], part=part[:80], near=near) from None


@lru_cache(maxsize=4096)
def parse(formula: str) -> ast.expr:
    """Return the syntax tree of a formula; a DataError when it is no expression or too long."""
    if not isinstance(formula, str) or len(formula) > LONGEST:
        raise refusal("errors.audit.formula_length", longest=LONGEST)
    try:
        return ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = str(error)[:80] or type(error).__name__
        raise refusal("errors.audit.unreadable", formula=formula[:80], why=why) from None


class _Unknown(Exception):
    """A part of a formula that is not allowed."""


def _compute(node: ast.expr, lookups: Lookups, share: Rounding) -> Interval:
    match node:
        case ast.Constant(value=int() | float() as number) if type(number) is not bool and number <= sys.float_info.max:
            return exact(number)
        case ast.BinOp() if type(node.op) in OPERATIONS:
            parts = [_compute(part, lookups, share) for part in (node.left, node.right)]
            found = OPERATIONS[type(node.op)](*parts)
            return exact(share(found.value)) if share and type(node.op) is ast.Div and 0 < found.value < 1 else found
        case ast.UnaryOp(op=ast.USub()):
            return -_compute(node.operand, lookups, share)
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=[_, _, *_], keywords=[]):
            parts = [_compute(part, lookups, share) for part in node.args]
            return Interval(*map(CHOICES[name], zip(*parts, strict=True)))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in lookups:
            values = [part.value for part in args if isinstance(part, ast.Constant)]
            if len(values) == len(args):
                with contextlib.suppress(TypeError):  # too few or too many of them
                    return lookups[name](*values)
    raise _Unknown(ast.unparse(node))


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


def label(leaf: Leaf, lang: str, *, home: str = "", locate: bool = False) -> str:
    """Say what a look-up found, in words of a language: whose, unless of `home`, and `locate` where it is printed."""
    return catalogue(lang).say(f"audit.evidence.{leaf.said}", **leaf.values, home=home, locate=locate)


class Evidence:
    """Look-ups over a set of tables; `load` returns a table by name."""

    def __init__(self, load: Callable[[str], pd.DataFrame]) -> None:
        self.load = load
        rows = load("observations")
        self.rows = {row["observation"]: row for row in rows.replace({np.nan: None}).to_dict("records")}
        self.indicators = {row["indicator"]: row for row in load("indicators").to_dict("records")}
        self.documents = load("sources").replace({np.nan: None}).set_index("source", drop=False).to_dict("index")
        self.areas = {row["area"]: row for row in load("areas").to_dict("records")}
        people = load("population").dropna(subset=["area", "year", "age", "persons"])
        self.people = people.assign(end=(people["age"] + people["n"]).fillna(OPEN), basis=people["basis"].fillna(""))
        self.counts = self.people[["age", "end", "persons"]].to_numpy(dtype=float)
        self.groups = self.people.groupby(["area", "year"]).indices
        singles = load("age_standards").query("n == 1").groupby(["year", "age"])["persons"].sum()
        self.singles = {year: persons.droplevel("year").to_dict() for year, persons in singles.groupby("year")}
        look_up = lru_cache(maxsize=None, typed=True)(lambda name, *values: getattr(self, name)(*values))
        self.look_up: Callable[..., Leaf] = look_up

    def compute(
        self, formula: str, instead: dict[tuple, Interval] | None = None, share: Rounding = None
    ) -> tuple[Interval, list[Leaf]]:
        """Return the result of a formula and its look-ups; `instead` replaces some, `share` rounds shares within."""
        leaves: dict[tuple, Leaf] = {}

        def remembered(name: str, *values: object) -> Interval:
            leaf = self.look_up(name, *values)
            leaves.setdefault(leaf.call, leaf)
            return (instead or {}).get(leaf.call, leaf.found)

        lookups = {name: partial(remembered, name) for name in ("obs", "pop", "projects")}
        return evaluate(formula, lookups, share), list(leaves.values())

    def row(self, observation: str) -> dict:
        """The row of `observations` with an id that prints a number; a DataError when there is none."""
        row = self.rows.get(observation)
        if row is None:
            near = nearest(observation, self.rows)
            raise refusal("errors.audit.no_observation", observation=observation, near=near)
        if row["value"] is None:
            raise refusal("errors.audit.no_number", observation=observation, printed=str(row["as_printed"]))
        return row

    def obs(self, observation: str) -> Leaf:
        """A printed figure, by its id."""
        row = self.row(observation)
        printed, indicator = row["as_printed"] or "", row["indicator"]
        values = {"row": row, "name": closed(row["name_as_printed"] or ""), "printed": printed}
        values |= {"place": self.areas.get(row["area"]), "document": self.documents.get(row["source"])}
        values["indicator"] = self.indicators.get(indicator, {"name_en": indicator})
        found = input_interval(row["value"], printed, row["unit"], row["kind"], row["value_max"] or math.nan)
        whose = (group_of(row), row["area"], row["year"], row["basis"] or "")
        return Leaf(("obs", observation), found, "obs", values, *whose, is_about(row), doubt_in(row))

    def pop(self, area: str, year: int, low: int, high: int | None) -> Leaf:
        """Persons of a pyramid from age `low` to below `high`; groups are split by the nation's single ages."""
        if (area, year) not in self.groups:
            known = sorted({int(key[1]) for key in self.groups if key[0] == area})
            raise refusal("errors.audit.no_pyramid", area=area, year=year, known=known)
        if area not in self.areas:
            raise refusal("errors.audit.no_area", area=area)
        top, rows = OPEN if high is None else high, self.groups[area, year]
        total, split = 0.0, False
        for start, end, persons in self.counts[rows].tolist():
            share = self._share(year, start, end, low, top)
            total, split = total + share * persons, split or 0 < share < 1
        values = {"place": self.areas[area], "origin": self.origin(area, year), "year": year}
        values |= {"low": low, "high": high, "total": total, "split": split}
        group = "total" if (low, high) == (0, None) else f"{low}+" if high is None else f"{low}-{high - 1}"
        basis = self.people["basis"].iloc[rows[0]]
        return Leaf(("pop", area, year, low, high), exact(total), "pop", values, group, area, year, basis)

    def origin(self, area: str, year: int) -> str:
        """Where a pyramid comes from: a census, another table, or the parent of a place that has totals only."""
        source = str(self.people["source"].iloc[self.groups[area, year][0]])
        return "census" if "census" in source else "filled" if source == FILLED else "table"

    def _share(self, year: int, start: float, end: float, low: int, top: int) -> float:
        """The part of an age group that lies between two ages: 0, 1, or by the single ages of the nation."""
        if start >= top or end <= low:
            return 0.0
        if start >= low and end <= top:
            return 1.0
        if end == OPEN or year not in self.singles:
            raise refusal("errors.audit.cut_group", low=low, start=int(start), year=year)
        single = {age: persons for age, persons in self.singles[year].items() if start <= age < end}
        return sum(persons for age, persons in single.items() if low <= age < top) / sum(single.values())

    def projects(self, area: str, what: str, category: str | None = None) -> Leaf:
        """The sum of a column of a plan's project list, or "count" for the number of projects."""
        rows = self.load("projects")
        rows = rows[(rows["area"] == area) & (True if category is None else rows["category"] == category)]
        if rows.empty or what not in ("count", *LISTED):
            raise refusal("errors.audit.no_projects", area=area, what=what, category=category, listed=list(LISTED))
        numbers = pd.Series(1, rows.index) if what == "count" else rows[what].dropna()
        values = {"what": what, "counted": len(numbers), "listed": len(rows), "total": numbers.sum()}
        return Leaf(("projects", area, what, category), exact(numbers.sum()), "projects", values)


def evidence_at(root: str | Path | None) -> Evidence:
    """Look-ups over the tables as they are, kept until a file changes."""
    return _evidence(as_root(root), stamp(root))


_evidence = lru_cache(maxsize=4)(lambda root, state: Evidence(lambda name: merged_table(name, root)))


def group_of(row: dict) -> str:
    """Return the persons that a printed figure counts: "total", "60+", "0-2"; empty where it counts none."""
    if row["unit"] != "persons":
        return ""
    if row["indicator"] in ("population_urban", "population_rural"):
        return "population"
    found = PEOPLE.fullmatch(row["indicator"])
    kind, plus, under, low, high = found.groups() if found else [""] * 5
    return f"{plus}+" if plus else f"0-{int(under) - 1}" if under else f"{low}-{high}" if low else kind


def doubt_in(row: dict) -> dict | None:
    """Return what the note of a figure doubts (what follows DOUBT:), named doubt_en and, where written, doubt_zh."""
    text = row["note"]
    if not (isinstance(text, str) and text.startswith("DOUBT:")):
        return None
    return {"doubt_en": text.removeprefix("DOUBT:").strip(), "doubt_zh": row.get("note_zh")}


def keeps_limit(one: dict, other: dict | None) -> bool:
    """Whether one of two rows prints a limit and the other a figure within it (4.5个以上 and 4.59)."""
    if other is None or (one["comparator"] in BOUNDS) == (other["comparator"] in BOUNDS):
        return False
    figure, limit = sorted((one, other), key=lambda row: row["comparator"] in BOUNDS)
    return figure["value"] > limit["value"] if limit["comparator"] in FLOORS else figure["value"] < limit["value"]


Candidate = tuple[Leaf, str, str, str]  # of persons; its origin, observation, source
GROUPS = [(0, None), (60, None), (65, None), (80, None), (0, 3), (0, 4), (0, 5)]
COLUMNS = ["area", "group", "year", "basis", "origin", "persons", "leaf", "observation", "source"]


def solve_denominator(
    numerator: float, ratio: float, *, per: float = 1000, area: str | None = None, tolerance: float = 0.005,
    root: str | Path | None = None,
) -> pd.DataFrame:  # fmt: skip
    """List the populations that make ``ratio * population / per`` equal to `numerator`.

    With some fifty populations to try, one within half a per cent may be chance: read `attrs["tried"]` beside it.

    numerator, ratio, per : what is counted (beds, places, persons), the printed ratio, and of how many persons (1000)
    area : its populations and those of its parents are tried; without it, those of all areas with printed figures
    tolerance : [1] largest relative distance of a candidate from the population that would fit exactly
    Returns DataFrame, one row a candidate, closest first: area, group (total, 60+, 0-2 ...), year, basis, origin
        (census, table, printed, or implied by a printed count and share), persons, candidate and candidate_zh (in
        words), observation, source, off_pct. ``attrs["needed"]`` [persons] would fit exactly.

    >>> found = solve_denominator(10_500, 39, area="jingdezhen")
    >>> print(found.loc[0, "group"], found.loc[0, "year"], round(found.attrs["needed"]))
    60+ 2020 269231
    """
    for name, value in {"numerator": numerator, "ratio": ratio, "per": per, "tolerance": tolerance}.items():
        if not 0 < value < float("inf"):
            raise refusal("errors.audit.above_zero", name=name, value=value)
    slug = None if area is None else slug_of(area, root)
    close = fitting(populations(evidence_at(root), slug), numerator * per / ratio, tolerance)
    for column, lang in {"candidate": "en", "candidate_zh": "zh"}.items():
        said = [label(leaf, lang) for leaf in close["leaf"]]
        close.insert(close.columns.get_loc("leaf"), column, pd.Series(said, dtype="str"))
    return close.drop(columns="leaf")


def fitting(candidates: pd.DataFrame, needed: float, tolerance: float = 0.005) -> pd.DataFrame:
    """Return the candidates within `tolerance` of the persons that are needed, closest first."""
    off = 100 * (candidates["persons"] / needed - 1)
    close = candidates.assign(off_pct=off)[off.abs() <= 100 * tolerance]
    close = close.sort_values("off_pct", key=abs, kind="stable").reset_index(drop=True)
    close.attrs.update(needed=float(needed), tried=len(candidates))
    return close


@lru_cache(maxsize=8)
def populations(evidence: Evidence, area: str | None) -> pd.DataFrame:
    """Return every population of an area and its parents that the tables hold: census, printed and implied."""
    areas, printed = evidence.load("areas"), {row["area"] for row in evidence.rows.values()}
    tried = sorted(printed) if area is None else [area]  # without an area: those of which the tables have any figure
    places = [*dict.fromkeys(up for each in tried for up in (each, *parents_of(each, areas)))]
    found = [*_of_census(evidence, places), *_printed(evidence, places), *_implied(evidence, places)]
    rows = [
        (leaf.area, leaf.group, leaf.year, leaf.basis, origin, leaf.found.value, leaf, *where)
        for leaf, origin, *where in found
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame[frame["persons"] > 0].astype({"year": "Int64"}).reset_index(drop=True)


def _of_census(evidence: Evidence, places: list[str]) -> Iterator[Candidate]:
    for (area, year), rows_of in evidence.groups.items():
        if area not in places:
            continue
        origin, source = evidence.origin(area, year), evidence.people["source"].iloc[rows_of[0]]
        for low, high in GROUPS if origin in ("census", "table") else ():
            with contextlib.suppress(DataError):  # a user's pyramid may have wider groups than this one needs
                yield evidence.look_up("pop", area, year, low, high), origin, "", source


def _printed(evidence: Evidence, places: list[str]) -> Iterator[Candidate]:
    for name, row in evidence.rows.items():
        if row["area"] in places and row["value"] and group_of(row):
            yield evidence.look_up("obs", name)._replace(found=exact(row["value"])), "printed", name, row["source"]


def _implied(evidence: Evidence, places: list[str]) -> Iterator[Candidate]:
    """The whole that a printed count and its printed share speak of: 32.41万 at 19.28 % are of 168.1万."""
    own = [row for row in evidence.rows.values() if row["area"] in places and row["value"]]
    where = operator.itemgetter("area", "year", "kind", "source")
    by_key = {(row["indicator"], *where(row)): row for row in own}
    for row in own:
        share = by_key.get((f"{row['indicator']}_share_pct", *where(row)))
        if share and row["unit"] == "persons":
            whole, ids = exact(100 * row["value"] / share["value"]), (row["observation"], share["observation"])
            values = {"year": row["year"], "part": row["as_printed"], "share": share["as_printed"]}
            whose = ("total", row["area"], row["year"], share["basis"] or row["basis"] or "")
            leaf = Leaf(("implied", *ids), whole, "implied", values | {"whole": whole.value}, *whose)
            yield leaf, "implied", ", ".join(ids), row["source"]
