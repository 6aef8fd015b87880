"""What the census of an area counted, and the weights by which a larger area's beds can be shared out."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from functools import cached_property, lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.ages import Population
from ..demography.local import area_values, census_pyramids, census_source
from ..demography.measures import persons
from ..demography.projection import Scenario, project
from ..errors import DataError
from ..tables.areas import find_area, load_table
from ..tables.figures import figures_at
from ..tables.folders import as_root, stamp
from .care import SURVEY, care_need, institution_shares
from .methods import Number, beds_by_prevalence
from .supply import opening, stock_of

COUNTED_BY = 2025  # present beds may be counted later than at the census, and are held against the elderly of that year
LAST_YEAR = 2025  # of a plan that prints none
BOUNDS = ("lower", "central", "upper")
LEFT_ORDER = ["method", *BOUNDS, "basis", "name_zh", "name_en", "inputs", "sources", "observations"]
LEADING = {"beds": ("norm", "hold", "rule_9073"), "places": ("norm_places",)}  # the first that has a number leads


def label_methods(frame: pd.DataFrame, root: str | Path | None = None) -> pd.DataFrame:
    """Add basis and names of table `methods` to rows that have a `method`, and sort the columns."""
    methods = load_table("methods", root=root)[["method", "basis", "name_zh", "name_en"]]
    frame = frame.merge(methods, on="method", how="left", validate="1:1")
    return frame[[*LEFT_ORDER, *(column for column in frame if column not in LEFT_ORDER)]]


def method_row(
    method: str,
    central: Number = np.nan,
    inputs: str = "",
    sources: str = "",
    lower: Number = np.nan,
    upper: Number = np.nan,
    observations: Iterable[str] = (),
) -> dict:
    """One method's values; a missing central value means that `inputs` says what is not published.

    `observations` are the ids of the printed figures among the inputs (rows of the table of that name).
    """
    values = {"lower": lower, "central": central, "upper": upper}
    said = {"inputs": inputs, "sources": sources, "observations": tuple(dict.fromkeys(observations))}
    return {"method": method, **values, **said}


def printed_row(method: str, row: pd.Series | None, lacking: str) -> dict:
    """A method that takes a printed figure as it is; without one, `lacking` says what is not published."""
    if row is None:
        return method_row(method, inputs=f"not published: {lacking}")
    text = f"{row['as_printed']} ({row['year']}, {row['locator']})"
    return method_row(method, row["value"], text, row["source"], observations=[row["observation"]])


def leading_method(what: str, known: Iterable[str]) -> str:
    """The method that leads a report: the first of `LEADING` among those that have a number."""
    known = set(known)
    return next(method for method in LEADING[what] if method in known)


def target_year(plan: pd.Series | None, years: Iterable[int]) -> int:
    """The last year of a plan (a row of `sources`) within the years of a projection; 2025 where there is none.

    Examples
    --------
    >>> target_year(pd.Series({"plan_end": 2025}), range(2020, 2051)), target_year(None, range(2030, 2051))
    (2025, 2030)
    """
    last = LAST_YEAR if plan is None or pd.isna(plan["plan_end"]) else int(plan["plan_end"])
    return int(np.clip(last, min(years), max(years)))


def checked_norm(norm: float | None) -> float | None:
    """Refuse a norm that is no number above 0 and below 1000."""
    if norm is not None and not (isinstance(norm, int | float | np.number) and 0 < norm < 1000):
        raise DataError(f"norm is {norm!r}; it is a number per 1000 persons, above 0 and below 1000 (such as 45).")
    return norm


def at_year(value: float | xr.DataArray, year: int) -> float | xr.DataArray:
    """A value in one year; a plain number holds in every year."""
    if not isinstance(value, xr.DataArray) or "year" not in value.dims:
        return value
    check_year(year, value.indexes["year"])
    return value.sel(year=year)


def projected(
    area: str, year: int, scenario: str | Scenario = "medium", root: str | Path | None = None, **drawn: int
) -> xr.Dataset:
    """A projection that reaches the year of a need, and the years in which plans count what there is."""
    return project(area, scenario=scenario, end_year=max(year, COUNTED_BY), root=root, **drawn)


def check_year(year: int, years: np.ndarray) -> None:
    """Refuse a year that was not projected."""
    if year not in years:
        raise DataError(f"year is {year}; the projection runs from {years[0]} to {years[-1]}.")


def middle(value: float | xr.DataArray) -> float:
    """The median over whatever dims there are (draws); a plain number as it is."""
    return float(np.median(value))


def middles(values: xr.DataArray, along: str) -> pd.Series:
    """Values along one dim, medians over whatever others there are (draws)."""
    others = [dim for dim in values.dims if dim != along]
    return (values.median(others) if others else values).to_series()


class Need:
    """Need by each method, year by year. A subclass has `look_at` and `supply`, and sets `rows`; see `BedNeed`."""

    what: str  # beds or places
    methods: ClassVar[dict[str, str]] = {}  # name of a method: name of the function that makes its row
    unlisted: tuple[str, ...] = ()  # methods that `paths` leaves out: norms of others have the shape of the plan's own

    years: np.ndarray
    symbols: dict[str, xr.DataArray]  # letter of `inputs` that stands for a projected number

    def __init__(
        self, area: str, population: Population, root: str | Path | None, changed: dict[str, float] | None
    ) -> None:
        place = find_area(area, root=root)
        self.area, self.parent, self.root = place["area"], place["parent"], root
        self.printed = figures_at(root)
        self.assumed = area_values(self.area, root)
        for parameter, value in (changed or {}).items():  # what if: other values of assumptions
            self.assumed.loc[parameter, "value"] = value
        self.look_at(population)
        self.rows: list[dict] = []

    def look_at(self, population: Population) -> None:
        """Take `years`, `symbols` and whom the methods count from a projection."""
        raise NotImplementedError

    @cached_property
    def supply(self) -> pd.DataFrame:
        """Printed stocks, targets and new supply of the project list."""
        raise NotImplementedError

    def what_if(
        self,
        method: str,
        changed: dict[str, float] | None = None,
        population: Population | None = None,
        **others: object,
    ) -> dict:
        """The row of one method with other values of assumptions or of attributes, or on another projection.

        What else was given or computed is kept.
        """
        other = copy(self)
        if population is not None:
            other.look_at(population)
        other.assumed = self.assumed.copy()
        other.__dict__.pop("at_census", None)  # it rests on assumptions
        for parameter, value in (changed or {}).items():
            other.assumed.loc[parameter, "value"] = value
        for name, value in others.items():
            setattr(other, name, value)
        return getattr(other, self.methods[method])()

    def at(self, year: int) -> pd.DataFrame:
        """One row per method: lower, central, upper, inputs, sources, the gaps, and with draws their 80 %."""
        check_year(year, self.years)
        rows = [{**row, **{bound: middle(at_year(row[bound], year)) for bound in BOUNDS}} for row in self.rows]
        frame = pd.DataFrame(rows, columns=["method", *BOUNDS, "inputs", "sources", "observations"])
        for letter, values in self.symbols.items():
            projected = f"{letter} {middle(at_year(values, year)):,.0f} ({year})"
            frame["inputs"] = frame["inputs"].str.replace(f"{letter}(t)", projected, regex=False)
        if any("draw" in values.dims for values in self.symbols.values()):
            for column, share in (("draw_lower", 0.1), ("draw_upper", 0.9)):  # apart from the spread of parameters
                frame[column] = [float(np.quantile(at_year(row["central"], year), share)) for row in self.rows]
        return self._with_gaps(frame, year)

    def paths(self) -> pd.DataFrame:
        """Central values of the methods that move with the population, by year; medians of draws."""
        rows = [row for row in self.rows if row["method"] not in self.unlisted]
        moving = {row["method"]: row["central"] for row in rows if isinstance(row["central"], xr.DataArray)}
        columns = {method: middles(values, "year").to_numpy() for method, values in moving.items()}
        return pd.DataFrame(columns, index=pd.Index(self.years, name="year"))

    def arrays(self) -> xr.DataArray:
        """All values: dims by_method, bound (lower, central, upper), year and whatever the projection has.

        A missing bound is the central value: a method without a range has none. The dim is not named `method`: xarray's
        `sel(method=...)` means something else.
        """
        shape = next(iter(self.symbols.values())) * 0
        parts = []
        for row in self.rows:
            missing = {b: np.ndim(row[b]) == 0 and np.isnan(row[b]) for b in BOUNDS}
            filled = [shape + (row["central"] if missing[b] else row[b]) for b in BOUNDS]
            parts.append(xr.concat(filled, pd.Index(BOUNDS, name="bound")))
        return xr.concat(parts, pd.Index([row["method"] for row in self.rows], name="by_method")).rename("need")

    def available(self, year: int) -> tuple[float, float]:
        """Present supply, and with it the new supply of the project list that opens by the year."""
        stock = stock_of(self.supply)
        if stock is None:
            return np.nan, np.nan
        return stock["stock"], stock["stock"] + opening(self.supply, year, after=stock["year"])["stock"].sum()

    def figure(self, indicator: str, *kinds: str, area: str | None = None) -> pd.Series | None:
        """The most telling printed figure of the area, of the first kind that prints a number."""
        return self.printed.first(area or self.area, indicator, *kinds)

    def _with_gaps(self, frame: pd.DataFrame, year: int) -> pd.DataFrame:
        low, high = (frame[bound].fillna(frame["central"]) for bound in ("lower", "upper"))
        for name, there in zip(("stock", "pipeline"), self.available(year), strict=True):
            frame[f"with_{name}"] = there
            frame[f"gap_{name}"] = frame["central"] - there
            says = np.select([low > there, high < there, frame["central"].notna()], ["short", "surplus", "either"], "")
            frame[f"says_{name}"] = says if np.isfinite(there) else ""
        return frame


class Counted(NamedTuple):
    """Persons of a census by age, those who need care by level (as `care_need`), and the document that prints them."""

    population: float
    aged_60: float
    aged_65: float
    aged_80: float
    need: xr.DataArray
    source: str

    def weights(self, assumed: pd.DataFrame) -> dict[str, float]:
        """Persons by age, and those expected in institutions by their need: the weights of a share.

        `assumed` as from `area_values`: how much of each level of need is cared for in institutions.
        """
        expected = float(beds_by_prevalence(self.need, institution_shares(self.need, assumed), 1.0))
        return {"aged_60": self.aged_60, "aged_65": self.aged_65, "aged_80": self.aged_80, "care_need": expected}


def counted(area: str, year: int, root: str | Path | None = None, *, survey: str = SURVEY) -> Counted:
    """Return what the census of a year counted in an area; need by a survey of `care_rates`."""
    return _counted(area, year, survey, as_root(root), stamp(root))


@lru_cache(maxsize=512)
def _counted(area: str, year: int, survey: str, root: Path | None, state: tuple) -> Counted:
    people = census_pyramids(area, root)[year]
    whole, *aged = (float(persons(people, age)) for age in (0, 60, 65, 80))
    return Counted(
        whole, *aged, need=care_need(people, measure=survey, root=root), source=census_source(area, root, year)
    )
