"""From need to gap: year by year with the range of the draws, step by step, and when a shortage turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.ages import Population, as_array, labelled
from ..demography.local import Root
from ..demography.measures import elderly_share
from ..demography.projection import SCENARIOS, Scenario, project
from ..errors import DataError
from ..tables.areas import find_area
from .beds import METHODS as BED_METHODS
from .daycare import METHODS as PLACE_METHODS
from .methods import implied_coverage, shortfall
from .rows import Case, Future, elderly_of, leading_method, make_case, middles, rows_of
from .supply import TOTAL, off_the_line, opening, standing, stock_of, supply_path

METHODS = {"beds": BED_METHODS, "places": PLACE_METHODS}
NOISE = 1e-6  # [beds or places] what is left where a derived target meets the need that it is
LEVEL = 80  # percent of the draws; the back-test says what such a range did hold


def gap_by_year(
    area: str,
    *,
    what: str = "beds",
    norm: float | None = None,
    method: str | None = None,
    beside: Sequence[str] = (),
    draws: int = 0,
    seed: int = 0,
    scenario: str | Scenario = "medium",
    end_year: int = 2050,
    population: Future = None,
    drawn: Future = None,
    root: Root = None,
) -> pd.DataFrame:
    """Need by one method against the supply, year by year, and with draws the range of both.

    The 80 % range is that of the demography (births, deaths, migration) alone; lower and upper are those of the
    method's parameters. How much the choice of the method matters is in neither: look at `triangulate_beds`.

    Parameters
    ----------
    area, scenario, population, root : as in `triangulate_beds`; the years of the population are shown
    what : {'beds', 'places'}
    norm : [beds per 1000 persons 60+, or places per 1000 residents] your own in place of the plan's
    method : str, optional; one that moves with the population (else DataError); by default the plan's norm, else
        today's ratio, else 3 %
    beside : further methods, as columns demand_<method>; those without a number are left out
    draws, seed, drawn : random paths of the demography (0: no range, 200: a smooth one); or a projection with draws
    end_year : [year] without a population, the last one

    Returns
    -------
    DataFrame: by year demand, supply, shortfall, surplus [beds or places], coverage_pct; lower, upper: demand at the
        bounds of the parameters, missing without such; with draws lower_80, upper_80 (of demand), shortfall_lower_80,
        shortfall_upper_80, surplus_lower_80, surplus_upper_80; for places aged_0_2 [persons] and implied_coverage_pct.
        supply_is (stock, line, target, kept: after it; the line is ours), supply_derived (from a printed ratio).
        `attrs`: what, method, norm [per 1000, of norm methods], inputs, observations, those of `supply_path`, turn (as
        `turn_of`, without the line), turning (with draws: turns_pct, lower_80, upper_80 as in `turning_years`).

    Examples
    --------
    >>> gap = gap_by_year("jingdezhen", end_year=2030, draws=50)
    >>> row = gap.loc[2030]
    >>> bool(row.lower_80 < row.demand < row.upper_80), gap.attrs["method"]
    (True, 'norm')
    """
    if population is None:
        population = project(area, scenario=scenario, end_year=end_year, root=root)
    case = make_case(what, area, population, root, norm=norm)
    if drawn is None and draws:
        last = int(case.years[-1])
        drawn = project(area, scenario=scenario, end_year=last, draws=draws, seed=seed, root=root)
    rows = {row["method"]: row for row in rows_of(case, METHODS[what]) if isinstance(row["central"], xr.DataArray)}
    method = leading_method(what, rows) if method is None else method
    if method not in rows:
        raise DataError(f"method {method!r} has no need by year for {case.area}; choose one of {', '.join(rows)}.")
    row, supply = rows[method], supply_path(case.supply, TOTAL[what], case.years)
    known = off_the_line(supply)
    values = {bound: _by_year(row[bound], case.years) for bound in ("lower", "central", "upper")}
    frame = shortfall(values["central"], supply)
    for other in (name for name in beside if name in rows and name != method):
        frame[f"demand_{other}"] = _by_year(rows[other]["central"], case.years)
    frame["lower"], frame["upper"] = values["lower"], values["upper"]
    frame = frame.join(standing(supply))
    turning = {}
    if drawn is not None:
        row: Any = METHODS[what][method](on(case, drawn))
        paths = row["central"]
        turning = draws_that_turn(paths.to_series().unstack("draw"), known)
        ends = draw_range(paths).reindex(frame.index)
        for side, other in zip(ends, reversed(ends.columns), strict=True):
            end = shortfall(ends[side], supply)  # the gap follows the need step by step, and so do its quantiles
            frame[side], frame[f"shortfall_{side}"] = ends[side], end["shortfall"]
            frame[f"surplus_{other}"] = end["surplus"]  # much need leaves little over
    if what == "places":
        frame["aged_0_2"] = _by_year(case.counts["children"], case.years)
        frame["implied_coverage_pct"] = 100 * implied_coverage(frame["demand"], frame["aged_0_2"])
    frame.attrs = {"what": what, "method": method, "norm": row.get("norm"), **supply.attrs}
    frame.attrs["turn"] = turn_of(frame["demand"] - known)
    frame.attrs |= {"inputs": row["inputs"], "observations": row["observations"], "turning": turning}
    return frame


def on(case: Case, population: Population) -> Case:
    """The same case on another projection."""
    return replace(case, people=elderly_of(population) if case.what == "beds" else as_array(population))


def _by_year(values: float | xr.DataArray, years: np.ndarray) -> pd.Series:
    """A path of the central projection as a Series; a plain number in every year."""
    if not isinstance(values, xr.DataArray):
        return pd.Series(values, index=pd.Index(years, name="year"), dtype=float)
    return middles(values, "year")


def draw_range(values: xr.DataArray, level: float = LEVEL) -> pd.DataFrame:
    """The range that holds so many percent of the draws in each year, for `plot_fan` and `plot_gap`.

    Ranges do not add up: the range of a sum is not the sum of ranges.

    Parameters
    ----------
    values : DataArray; [any unit] dims year and draw (no others), such as `elderly_share` of a projection with draws
    level : [percent]

    Returns
    -------
    DataFrame: by year lower_80, upper_80 (named after the level), in the unit of the values

    Examples
    --------
    >>> paths = xr.DataArray([[1.0, 2.0, 3.0]], coords={"year": [2030]}, dims=("year", "draw"))
    >>> print(*draw_range(paths).loc[2030].round(1))
    1.2 2.8
    """
    if set(values.dims) != {"year", "draw"}:
        raise DataError(f"values has the dims {list(values.dims)}; year and draw are wanted: project(..., draws=200).")
    if not 0 < level < 100:
        raise DataError(f"level is {level:g}; it is the percentage of the draws in the range, between 0 and 100.")
    tail = (1 - level / 100) / 2
    ends = np.quantile(values.transpose("year", "draw").to_numpy(), [tail, 1 - tail], axis=1)
    years = pd.Index(values["year"].to_numpy(), name="year")
    return pd.DataFrame({f"lower_{level:g}": ends[0], f"upper_{level:g}": ends[1]}, index=years)


def share_ranges(drawn: xr.Dataset, ages: Sequence[int] = (60, 65)) -> pd.DataFrame:
    """80 % ranges of the shares of the elderly, as `plot_fan` wants them beside the columns share_60_pct and so on.

    Parameters
    ----------
    drawn : Dataset; a projection with draws
    ages : [years] lower bounds of the ages

    Returns
    -------
    DataFrame: by year, for each age, lower_80_share_60_pct, upper_80_share_60_pct [percent of all residents]

    Examples
    --------
    >>> print(*share_ranges(project("jingdezhen", end_year=2030, draws=50), ages=[60]).columns)
    lower_80_share_60_pct upper_80_share_60_pct
    """
    people = as_array(drawn).sum("sex", skipna=False)  # once: each share would add the sexes again
    shares = {age: labelled(100 * elderly_share(people, age)) for age in ages}
    parts = [draw_range(share).add_suffix(f"_share_{age}_pct") for age, share in shares.items()]
    return pd.concat(parts, axis=1)


def turning_years(
    area: str,
    *,
    scenarios: Sequence[str | Scenario] = SCENARIOS,
    end_year: int = 2050,
    norm: float | None = None,
    draws: int = 0,
    seed: int = 0,
    root: Root = None,
) -> pd.DataFrame:
    """Year in which a shortage of daycare places turns into a surplus, by method and scenario.

    Counted are the years whose supply is published or held, not those of our line between stock and target.

    Parameters
    ----------
    area, root : as in `triangulate_beds`
    scenarios : names of table `assumptions`, your own among them, or scenarios made in Python
    end_year : [year] horizon
    norm : [places per 1000 residents] your own in place of the plan's
    draws, seed : random paths of the demography of each scenario; 0 gives no range, 200 a smooth one

    Returns
    -------
    DataFrame: method, scenario, year (missing where the shortage does not turn), state (turns, short_throughout,
        surplus_throughout, returns: a shortage comes back later, or not_published), first and last [places]: shortage
        (+) or surplus (-) against `supply_path` in the first year with a supply and in the last. With draws, turns_pct
        [percent of the draws in which it turns by the horizon, for good] and lower_80, upper_80: the years that hold
        80 % of those draws, missing where none turns.

    Examples
    --------
    >>> turns = turning_years("jingdezhen", scenarios=("medium",), draws=50).set_index("method")
    >>> print(*turns.loc["norm_places", ["year", "state"]], turns.lower_80["coverage"] <= turns.upper_80["coverage"])
    2025 turns True
    """
    slug = find_area(area, root=root)["area"]
    rows = []
    for scenario in scenarios:
        name = scenario.name if isinstance(scenario, Scenario) else scenario
        future = partial(project, slug, scenario=scenario, end_year=end_year, root=root)
        case = make_case("places", slug, future(), root, norm=norm)
        supply, ranges = off_the_line(supply_path(case.supply, TOTAL["places"], case.years)), {}
        if draws:
            paths = _moving(on(case, future(draws=draws, seed=seed)))
            ranges = {name: draws_that_turn(path.to_series().unstack("draw"), supply) for name, path in paths.items()}
        for method, path in _moving(case).items():
            turned = turn_of(middles(path, "year") - supply)
            rows.append({"method": method, "scenario": name, **turned, **ranges.get(method, {})})
    columns = ["method", "scenario", "year", "state", "first", "last"]
    columns += ["turns_pct", "lower_80", "upper_80"] if draws else []
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: "Int64" for name in ("year", "lower_80", "upper_80") if name in frame})


def _moving(case: Case) -> dict[str, xr.DataArray]:
    """The need for places by each method that moves with the population."""
    rows = rows_of(case, METHODS["places"])
    return {row["method"]: row["central"] for row in rows if isinstance(row["central"], xr.DataArray)}


def turn_of(gap: pd.Series) -> dict:
    """When a shortage turns (year, state, first and last, as in `turning_years`) of need less supply by year.

    Examples
    --------
    >>> turn_of(pd.Series({2025: 10.0, 2030: -5.0}))["year"]
    2030
    """
    gap = gap.dropna()
    if gap.empty:
        return {"year": None, "state": "not_published", "first": np.nan, "last": np.nan}
    short = gap > NOISE
    ends = {"first": float(gap.iloc[0]), "last": float(gap.iloc[-1])}
    if short.all() or not short.any():
        return {"year": None, "state": "short_throughout" if short.all() else "surplus_throughout", **ends}
    turned = gap.index[short.shift(fill_value=False) & ~short]
    year = int(turned[-1]) if len(turned) else None
    return {"year": year, "state": "returns" if short.iloc[-1] else "turns", **ends}


def draws_that_turn(need: pd.DataFrame, supply: pd.Series) -> dict:
    """The percentage of draws in which a shortage turns for good, and the years that hold 80 % of these.

    `need` by year (rows) and draw. Without a supply there is nothing to say.
    """
    gaps = need.sub(supply, axis=0).dropna()
    if gaps.empty:
        return {}
    short = gaps.to_numpy() > NOISE
    turned = short[:-1] & ~short[1:]
    for_good = turned.any(axis=0) & ~short[-1]
    if not for_good.any():
        return {"turns_pct": 0.0}
    last = gaps.index[::-1][turned[::-1, for_good].argmax(axis=0)]
    low, high = np.quantile(last, [0.1, 0.9], method="inverted_cdf")  # years, none between
    return {"turns_pct": float(100 * for_good.mean()), "lower_80": int(low), "upper_80": int(high)}


def gap_waterfall(methods: pd.DataFrame, supply: pd.DataFrame, year: int, *, method: str | None = None) -> pd.DataFrame:
    """From the need by one method to what is still missing: less the stock, less the project list.

    The last row is `short` or `surplus`, never both; it is the method's `gap_pipeline`. Another method gives another
    waterfall.

    Parameters
    ----------
    methods, supply : DataFrame; as from `triangulate_beds` and `bed_supply`, or `triangulate_places` and `place_supply`
    year : [year] by which listed projects open
    method : str, optional; as in `gap_by_year`

    Returns
    -------
    DataFrame: step (need, stock, pipeline, unsure, and short or surplus), value [beds or places; negative where it is
        taken away], start, end [where its bar begins and ends], year, observations (ids of printed figures). `unsure`
        only where something is listed; missing where not published: a list without numbers is not a list of 0. `attrs`
        name the method.

    Examples
    --------
    >>> from yilaolib import bed_supply, triangulate_beds
    >>> steps = gap_waterfall(triangulate_beds("jingdezhen", 2025), bed_supply("jingdezhen"), 2025, method="plan_beds")
    >>> steps.set_index("step").value.to_dict()
    {'need': 10500.0, 'stock': -4059.0, 'pipeline': 0.0, 'unsure': -3951.0, 'short': 2490.0}
    """
    rows = methods[methods["central"].notna()].set_index("method")
    what = "places" if "norm_places" in set(methods["method"]) else "beds"
    method = leading_method(what, rows.index) if method is None else method
    if method not in rows.index:
        raise DataError(f"method {method!r} has no number; choose one of {', '.join(rows.index)}.")
    need, stock = rows.loc[method], stock_of(supply)
    there = np.nan if stock is None else float(stock["stock"])
    listed = opening(supply, year, after=None if stock is None else stock["year"])
    certain = listed["flag"] == ""
    new = {"pipeline": listed.loc[certain, "stock"].sum(), "unsure": listed.loc[~certain, "stock"].sum()}
    if not (supply["role"] == "pipeline").any():
        new["pipeline"] = np.nan
    printed = (pd.NA, ()) if stock is None else (stock["year"], (stock["observation"],))
    taken = {"stock": there, **{step: beds for step, beds in new.items() if step == "pipeline" or beds > 0}}
    steps = [["need", need["central"], 0.0, need["central"], year, need["observations"]]]
    left = need["central"]
    for step, beds in taken.items():
        of = printed if step == "stock" else (pd.NA, ())
        steps.append([step, 0.0 - beds, left, left - beds, *of])
        left -= 0.0 if np.isnan(beds) and step == "pipeline" else beds
    last = "surplus" if left < 0 else "short"
    steps.append([last, left, 0.0, left, year, ()])
    frame = pd.DataFrame(steps, columns=["step", "value", "start", "end", "year", "observations"])
    frame.attrs = {"method": method, "name_zh": need["name_zh"], "name_en": need["name_en"], "what": what}
    return frame.astype({"year": "Int64"})
