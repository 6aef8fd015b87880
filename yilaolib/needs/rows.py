"""What the methods share: who needs care, what they start from, their inputs as records, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.ages import OPEN_AGE, SEX, Population, as_array, labelled, persons
from ..demography.local import Range, Root, area_values, assumed_range, census_pyramids, while_unchanged
from ..demography.projection import HORIZON, Scenario, project
from ..errors import nearest, refusal
from ..tables.areas import Figures, figures_at, load_table, slug_of
from ..tables.folders import as_root, merged_table, names_of, stamp
from ..texts import catalogue
from .methods import Number
from .supply import SUPPLY, doubted, opening, stock_of

SURVEY, CENSUS = "adl-clhls-2018", "self-care-census-2020"
LEVELS = ("mild", "moderate", "severe", "unable")
COUNTED_BY = 2025  # present beds may be counted later than at the census, and are held against the elderly of that year
PLAN_YEARS = 5  # of the nation, each ends in a year that they divide
Future = xr.Dataset | None  # a projection made before, by `project`
BOUNDS = ("lower", "central", "upper")
LEADING = {"beds": ("norm", "hold", "rule_9073"), "places": ("norm_places",)}  # the first that has a number leads


def care_need(population: Population, *, measure: str = SURVEY, root: Root = None) -> xr.DataArray:
    """Persons who need care, by level.

    The survey (CLHLS) starts at age 65 and the census figure at 60: younger persons count as without need. China CDC
    Weekly 5(27): 593-598 (2023), table 2; Guo et al., BMC Geriatrics 22 (2022).

    population : Series, DataFrame, DataArray or Dataset; [persons] by `age`, `sex` if known, and any further dims
    measure : of table `care_rates`, for example "self-care-census-2020"
    Returns DataArray: [persons] dim `level` (mild, moderate, severe; or a single one) and the other dims

    >>> care_need(pd.Series([1000.0], index=[85])).round().to_series().to_dict()
    {'mild': 88.0, 'moderate': 231.0, 'severe': 104.0}
    """
    people = as_array(population)
    levels, found = by_level(people, measure, root)
    kept = {name: label for name, label in people.coords.variables.items() if not {*label.dims} & {"sex", "age"}}
    dims = ("level", *(dim for dim in people.dims if dim not in ("sex", "age")))
    return xr.DataArray(found, {"level": levels, **kept}, dims, "care_need")


def by_level(people: xr.DataArray, measure: str, root: Root = None) -> tuple[pd.Index, np.ndarray]:
    """Levels of a measure, and persons who need care as an array: by level, then the dims but sex and age."""
    over = [dim for dim in ("sex", "age") if dim in people.dims]
    rates = _read(measure, root=root) if "sex" in over else _bands(measure, load_table("care_rates", root=root))
    shares = rates.to_numpy()[..., people.indexes["age"].to_numpy().clip(max=OPEN_AGE)]
    if "sex" in over:
        shares = shares[:, [SEX.index(sex) for sex in people.indexes["sex"]]]
    axes = [people.get_axis_num(dim) for dim in over]
    return rates.indexes["level"], np.tensordot(shares, people.to_numpy(), (range(1, 1 + len(over)), axes))


@while_unchanged(64, copied=True)
def prevalence(measure: str = SURVEY, *, root: Root = None) -> xr.DataArray:
    """Share [0-1] of persons at each level of need by a measure of `care_rates`: dims level, sex, age (0 to 100).

    Where a paper prints ages for both sexes together and totals by sex, the ages of each sex are scaled so that the
    nation's pyramid of 2020 gives the printed ratio of the sexes, and both sexes together the printed ages' total.

    >>> rates = prevalence().sel(level="severe", age=80)
    >>> bool(rates.sel(sex="female") > rates.sel(sex="male"))
    True
    """
    table = load_table("care_rates", root=root)
    both, printed = _bands(measure, table), table[table["measure"] == f"{measure}-total"]
    rates = both.expand_dims(sex=SEX, axis=1).copy()
    if printed.empty:
        return rates
    totals = printed.pivot(index="level", columns="sex", values="share").loc[both.indexes["level"], SEX]
    people = census_pyramids("china", root)[2020].sel(age=slice(int(printed["age"].min()), None))
    alike = people * rates.sel(age=people["age"])  # were both sexes alike at each age
    scale = xr.DataArray(totals.to_numpy(), dims=("level", "sex")) / (alike.sum("age") / people.sum("age"))
    scale *= alike.sum(["sex", "age"]) / (alike * scale).sum(["sex", "age"])  # together they keep their total
    return (rates * scale).clip(max=1)


_read = while_unchanged(64)(prevalence.__wrapped__)  # not to be written to


def _bands(measure: str, table: pd.DataFrame) -> xr.DataArray:
    """Printed shares of both sexes together, by level and single age."""
    rows = table[(table["measure"] == measure) & (table["sex"] == "both")]
    if rows.empty:
        known = sorted(set(table["measure"]))
        raise refusal("errors.needs.measure", measure=measure, known=list(known), near=nearest(measure, known))
    levels = [level for level in LEVELS if level in set(rows["level"])] or ["overall"]
    shares = xr.DataArray(0.0, coords={"level": levels, "age": np.arange(OPEN_AGE + 1)}, dims=("level", "age"))
    for row in rows[rows["level"].isin(levels)].itertuples():
        last = OPEN_AGE if pd.isna(row.n) else row.age + row.n - 1
        shares.loc[row.level, row.age : last] = row.share
    return shares


def institution_shares(levels: Iterable[str], assumed: pd.DataFrame) -> np.ndarray:
    """Share [0-1] of each level of need that is cared for in institutions, judged: (level; lower, central, upper)."""
    return np.array([assumed_range(f"institution_share_{level}", table=assumed)[:3] for level in levels])


@dataclass(frozen=True)
class Input:
    """One input: its key in the catalogue ([inputs]), the values of its text, and what stands before it."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    joint: str = "joint"
    by_year: bool = False  # one of `Case.counts`, whose value and year a table for one year puts in


def given(key: str, /, *, joint: str = "joint", **values: object) -> Input:
    return Input(key, values, joint)


def given_by(row: pd.Series, key: str, /, **values: object) -> Input:
    """An input that a document prints, with its value, its year, and whether it is in doubt."""
    return given(key, **{"value": row["value"], "year": row["year"], "doubt": doubted(row), **values})


ELDERLY, RESIDENTS, CHILDREN = (Input(key, by_year=True) for key in ("elderly", "residents", "children"))


@dataclass(frozen=True)
class Inputs:
    """The inputs of a method as records; `say` gives their text in a language, `str` the English one."""

    records: tuple[Input, ...] = ()

    def say(self, lang: str) -> str:
        """Return the inputs as a text of a language."""
        words, text = catalogue(lang), ""
        for record in self.records:
            joint = words.word(f"inputs.{record.joint}") if text else ""
            text += joint + words.say(f"inputs.{record.key}", **record.values)
        return text

    def __str__(self) -> str:
        return self.say("en")

    def at(self, at: Mapping[str, Mapping]) -> Inputs:
        """Return the same with the projected numbers of a year."""
        return Inputs(tuple(replace(r, values=at[r.key]) if r.by_year else r for r in self.records))


def method_row(
    method: str, central: Number = np.nan, inputs: Iterable[Input] = (), sources: str = "", *, lower: Number = np.nan,
    upper: Number = np.nan, observations: Iterable[str] = (),
) -> dict:  # fmt: skip
    """One method's values [beds or places], numbers or by year; `observations` are ids of the printed inputs."""
    values = {"lower": lower, "central": central, "upper": upper}
    said = {"inputs": Inputs(tuple(inputs)), "sources": sources, "observations": tuple(dict.fromkeys(observations))}
    return {"method": method, **values, **said}


def lacking(method: str, what: str, **values: Any) -> dict:
    """A method without a number: `inputs` say what is not published (a key of [inputs])."""
    return method_row(method, inputs=[given(what, **values)])


def printed_row(case: Case, method: str, row: pd.Series | None, what: str) -> dict:
    """A method that takes a printed figure as it is, in its year; without one, `what` is lacking."""
    if row is None:
        return lacking(method, what)
    locator = row["locator"] if isinstance(row["locator"], str) else ""
    inputs = [given_by(row, "printed", printed=row["as_printed"], locator=locator)]
    return method_row(method, case.then(row, row["value"]), inputs, row["source"], observations=[row["observation"]])


@dataclass(frozen=True, eq=False)
class Case:
    """What the methods of an area start from: people of a projection, printed figures, assumptions, and choices.

    `people` by year, sex and age (60 and over for beds) and any other dims; `norm` [per 1000], `coverage` [share, 0-1]
    and `new_residents` [persons] are the user's own, `survey` a measure of `care_rates`, `share_by` a weight.
    """

    what: str
    area: str
    parent: str | None
    root: Root
    people: xr.DataArray
    printed: Figures
    assumed: pd.DataFrame
    norm: float | None = None
    share_by: str = "aged_60"
    survey: str = SURVEY
    coverage: float | None = None
    new_residents: float | None = None

    def __hash__(self) -> int:
        return hash(self.start)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Case) and self.start == other.start

    @cached_property
    def start(self) -> tuple:  # what the methods' rows follow from, besides the tables
        chosen = self.norm, self.share_by, self.survey, self.coverage, self.new_residents
        numbers = (each.to_numpy().tobytes() for each in (self.assumed["value"], self.people["year"], self.people))
        return self.what, self.area, *chosen, *numbers

    @property
    def years(self) -> np.ndarray:
        return self.people.indexes["year"].to_numpy()

    @cached_property
    def counts(self) -> dict[str, np.ndarray]:
        """Persons by year and any other dims, as all values of the methods' rows that are not plain numbers."""
        ages = {"elderly": ()} if self.what == "beds" else {"residents": (), "children": (0, 3)}
        return {name: labelled(persons(self.people, *each)).to_numpy() for name, each in ages.items()}

    def at(self, value: Any, year: int) -> Any:
        """A value by year in one year; a plain number holds in every year."""
        check_year(year, self.years)
        return value[self.people.indexes["year"].get_loc(year)] if np.ndim(value) else value

    @cached_property
    def supply(self) -> pd.DataFrame:
        return SUPPLY[self.what](self.area, population=self.people, root=self.root)

    @property
    def occupancy(self) -> Range:
        return assumed_range("target_occupancy", table=self.assumed)

    def figure(self, indicator: str, *kinds: str, area: str | None = None) -> pd.Series | None:
        """The most telling printed figure of the area, of the first kind that prints a number."""
        return self.printed.first(area or self.area, indicator, *kinds)

    def then(self, row: pd.Series, value: float) -> Number:
        """A value that holds in the year of a printed figure only; in every year where none is printed."""
        if pd.isna(row["year"]):
            return value
        years = self.years.reshape(-1, *[1] * (self.people.ndim - 3))
        return np.where(years == row["year"], value, np.nan) + 0 * next(iter(self.counts.values()))

    def available(self, year: int) -> tuple[float, float]:
        """Present supply, and with it the new supply of the project list that opens by the year."""
        stock = stock_of(self.supply)
        if stock is None:
            return np.nan, np.nan
        return stock["stock"], stock["stock"] + opening(self.supply, year, after=stock["year"])["stock"].sum()

    def on(self, population: Population) -> Case:
        """The same case on another projection."""
        return replace(self, people=_people(self.what, population))


Method = Callable[[Case], dict | None]  # None where the user did not ask for it


def make_case(what: str, area: str, population: Population, root: Root = None, **choices: Any) -> Case:
    """Gather what the methods of `beds` or `places` start from; `choices` are the last fields of `Case`."""
    if what not in LEADING:
        raise refusal("errors.needs.what", what=what)
    norm = choices.get("norm")
    if norm is not None and not (isinstance(norm, int | float | np.number) and 0 < norm < 1000):
        raise refusal("errors.needs.norm", norm=norm)
    slug, names = slug_of(area, root), names_of(as_root(root), stamp(root))
    above = list(names.above(slug))
    parent = next((up for up in above if names.rows[up]["level"] == "province"), above[0] if above else None)
    assumed = area_values(slug, root).copy(deep=False)
    return Case(what, slug, parent, root, _people(what, population), figures_at(root), assumed, **choices)


def _people(what: str, population: Population) -> xr.DataArray:
    people = elderly_of(population) if what == "beds" else as_array(population)
    return people.transpose("year", "sex", "age", ...)


def elderly_of(population: Population) -> xr.DataArray:
    """Persons aged 60 and over by year, sex and age (and draw) of a projection."""
    return as_array(population).sel(age=slice(60, None))


def rows_of(case: Case, methods: Mapping[str, Method]) -> list[dict]:
    """Each method's row; kept for the same case, for many tables start from it. Do not write to them."""
    rows = _rows.__wrapped__ if "draw" in case.people.dims else _rows
    return rows(case, tuple(methods.values()), root=case.root)


@while_unchanged(16)
def _rows(case: Case, methods: tuple[Method, ...], *, root: Root = None) -> list[dict]:
    return [row for row in (method(case) for method in methods) if row is not None]


def table_at(case: Case, rows: list[dict], year: int) -> pd.DataFrame:
    """The rows in one year as a frame: values, basis and names, inputs, sources, draws, and the gaps to the supply."""
    check_year(year, case.years)
    at = {name: {"value": middle(case.at(values, year)), "year": year} for name, values in case.counts.items()}
    names = pd.Index([row["method"] for row in rows])
    methods = merged_table("methods", case.root).set_index("method").reindex(names)
    values = {bound: np.array([middle(case.at(row[bound], year)) for row in rows]) for bound in BOUNDS}
    columns: dict[str, Any] = {"method": names, **values}
    columns |= {name: methods[name].array for name in ("basis", "name_zh", "name_en")}
    columns["inputs"] = [row["inputs"].at(at) for row in rows]
    columns |= {name: [row[name] for row in rows] for name in ("sources", "observations")}
    if "draw" in case.people.dims:
        for column, share in (("draw_lower", 0.1), ("draw_upper", 0.9)):  # apart from the spread of parameters
            columns[column] = [float(np.quantile(case.at(row["central"], year), share)) for row in rows]
    central = values["central"]
    low, high = (np.where(np.isnan(values[bound]), central, values[bound]) for bound in ("lower", "upper"))
    for name, there in zip(("stock", "pipeline"), case.available(year), strict=True):
        columns |= {f"with_{name}": there, f"gap_{name}": central - there}
        says = np.select([low > there, high < there, np.isfinite(central)], ["short", "surplus", "either"], "")
        columns[f"says_{name}"] = says if np.isfinite(there) else ""
    return pd.DataFrame(columns)


def leading_method(what: str, known: Mapping[str, Inputs]) -> str:
    """The first of `LEADING` with a number; one on a doubted figure gives way to one on a printed, undoubted figure."""
    order = [method for method in LEADING[what] if method in known]
    doubted = {method for method in order if any(record.values.get("doubt") for record in known[method].records)}
    return next((method for method in order if method not in {*doubted, "rule_9073"}), order[0])  # the rule is judged


def target_year(plan: pd.Series | None, years: Iterable[int], now: int | None = None) -> int:
    """The last year of a plan (a row of `sources`) that lies after `now`, else that of the five-year plan after it.

    `now` [year] is by default that of the newest outcomes in our tables; the answer lies within `years`.

    >>> target_year(pd.Series({"plan_end": 2025}), range(2020, 2051)), target_year(None, range(2020, 2051), now=2021)
    (2030, 2025)
    """
    now = int(load_table("outcomes")["year"].max()) if now is None else now
    last = 0 if plan is None or pd.isna(plan["plan_end"]) else int(plan["plan_end"])
    last = last if last > now else now - now % PLAN_YEARS + PLAN_YEARS
    return int(np.clip(last, min(years, default=last), max(years, default=last)))


def projected(
    made: Future, area: str, year: int, scenario: str | Scenario = "medium", root: Root = None, **drawn: Any
) -> xr.Dataset:
    """A projection made before, or one that reaches the year of a need and the years in which plans count supply."""
    if made is not None:
        return made
    end_year = max(year, COUNTED_BY)
    if drawn or isinstance(scenario, Scenario):
        return project(area, scenario=scenario, end_year=end_year, root=root, **drawn)
    return _path(area, scenario, max(end_year, HORIZON), root=root).sel(year=slice(None, end_year))


@while_unchanged(32)  # a report asks for the same ones again and again
def _path(area: str, scenario: str, end_year: int, *, root: Root = None) -> xr.Dataset:
    return project(area, scenario=scenario, end_year=end_year, root=root)


def at_year(value: float | xr.DataArray, year: int) -> float | xr.DataArray:
    """A value in one year; a plain number holds in every year."""
    if not isinstance(value, xr.DataArray) or "year" not in value.dims:
        return value
    check_year(year, value.indexes["year"])
    return value[{"year": value.indexes["year"].get_loc(year)}]


def check_year(year: int, years: np.ndarray) -> None:
    if year not in years:
        raise refusal("errors.needs.year", year=year, first=int(years[0]), last=int(years[-1]))


def middle(value: float | xr.DataArray) -> float:
    """The median over whatever dims there are (draws); a plain number as it is."""
    return float(value) if np.ndim(value) == 0 else float(np.median(value))


def middles(values: xr.DataArray, along: str) -> pd.Series:
    """Values along one dim, medians over whatever others there are (draws)."""
    others = [dim for dim in values.dims if dim != along]
    return (values.median(others) if others else values).to_series()
