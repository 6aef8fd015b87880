"""From need to gap and decision: by year with ranges, in steps, when a shortage turns, what to build, what moves it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.ages import as_array, elderly_share, labelled
from ..demography.local import Root, assumed_range
from ..demography.projection import HORIZON, SCENARIOS, Scenario, project
from ..errors import refusal
from ..tables.areas import load_table, slug_of
from . import methods as formulas
from .beds import METHODS as BED_METHODS
from .daycare import METHODS as PLACE_METHODS

from .rows import (  # isort: skip
    BOUNDS, LEVELS, Case, Future, check_year, leading_method, make_case, middle, middles, projected, rows_of,
)  # fmt: skip
from .supply import TOTAL, off_the_line, opening, standing, stock_of, supply_path

METHODS = {"beds": BED_METHODS, "places": PLACE_METHODS}
NOISE = 1e-6  # [beds or places] what is left where a derived target meets the need that it is
BED_SCENARIOS = ("medium", "long-life", "short-life", "half-migration", "recent-migration")  # those that move the old
LEVEL = 80  # percent of the draws; the back-test says what such a range did hold
COUNTS_PEOPLE = ("prevalence", "prevalence_census", "utilisation", "intention")  # their need is persons who come
SURVEYS = ("adl-clhls-2011", "adl-clhls-2014", "adl-clhls-2018")
ASSUMED = ("target_occupancy", *(f"institution_share_{level}" for level in LEVELS))  # moved by `need_tornado`
OWN_RANGE = {  # methods whose own input is a range: that input
    "share": "weight_of_share", "norm": "norm_of_all_plans", "norm_peers": "norm_of_other_plans",
    "norm_national": "national_goal", "utilisation": "private_homes",
    "coverage": "coverage", "intention": "use_or_wish",
}  # fmt: skip


def gap_by_year(
    area: str, *, what: str = "beds", norm: float | None = None, method: str | None = None,
    beside: Sequence[str] = (), draws: int = 0, seed: int = 0, scenario: str | Scenario = "medium",
    end_year: int = HORIZON, population: Future = None, drawn: Future = None, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Need by one method against the supply, year by year, and with draws the range of both.

    The 80 % range is that of the demography (births, deaths, migration) alone; lower and upper are those of the
    method's parameters. How much the choice of the method matters is in neither: look at `triangulate_beds`.

    what, norm : {'beds', 'places'}; [per 1000 persons 60+, or per 1000 residents] your own in place of the plan's
    method : one that moves with the population (else DataError); by default the plan's norm, today's ratio, or 3 %
    beside : further methods, as columns demand_<method>; those without a number are left out
    draws, seed, drawn : random paths of the demography (0: no range, 200: a smooth one); or a projection with draws
    Returns DataFrame: by year demand, supply, shortfall, surplus [beds or places], coverage_pct; lower, upper (of the
        method), lower_80, upper_80 and those of shortfall and surplus (with draws); for places aged_0_2 [persons],
        implied_coverage_pct; supply_is (stock, line: ours, target, kept: after it), supply_derived (from a ratio).
        `attrs`: what, method, norm, inputs, observations, those of `supply_path`, turn (as `turn_of`), turning

    >>> gap = gap_by_year("jingdezhen", end_year=2030, draws=50)
    >>> row = gap.loc[2030]
    >>> bool(row.lower_80 < row.demand < row.upper_80), gap.attrs["method"]
    (True, 'hold')
    """
    if population is None:
        population = project(area, scenario=scenario, end_year=end_year, root=root)
    case = make_case(what, area, population, root, norm=norm)
    if drawn is None and draws:
        last = int(case.years[-1])
        drawn = project(area, scenario=scenario, end_year=last, draws=draws, seed=seed, root=root)
    rows = _moving(case)
    row, supply = _leading(case, rows, method), supply_path(case.supply, TOTAL[what], case.years)
    known = off_the_line(supply)
    frame, leading = formulas.shortfall(_by_year(row["central"], case.years), supply), row["method"]
    for other in (name for name in beside if name in rows and name != leading):
        frame[f"demand_{other}"] = _by_year(rows[other]["central"], case.years)
    frame["lower"], frame["upper"] = (_by_year(row[bound], case.years) for bound in ("lower", "upper"))
    frame, turning = frame.join(standing(supply)), {}
    if drawn is not None:
        row: Any = METHODS[what][leading](case.on(drawn))
        paths = xr.DataArray(row["central"], {"year": drawn.indexes["year"]}, ("year", "draw"))
        turning, ends = draws_that_turn(paths.to_pandas(), known), draw_range(paths).reindex(frame.index)
        for side, other in zip(ends, reversed(ends.columns), strict=True):
            end = formulas.shortfall(ends[side], supply)  # the gap follows the need, and so do its quantiles
            frame[side], frame[f"shortfall_{side}"] = ends[side], end["shortfall"]
            frame[f"surplus_{other}"] = end["surplus"]  # much need leaves little over
    if what == "places":
        frame["aged_0_2"] = _by_year(case.counts["children"], case.years)
        frame["implied_coverage_pct"] = 100 * formulas.implied_coverage(frame["demand"], frame["aged_0_2"])
    frame.attrs = {"what": what, "method": leading, "norm": row.get("norm"), **supply.attrs}
    frame.attrs["turn"] = turn_of(frame["demand"] - known)
    frame.attrs |= {"inputs": row["inputs"], "observations": row["observations"], "turning": turning}
    return frame


def _moving(case: Case) -> dict[str, dict]:  # the rows whose need moves with the population, by method
    rows = rows_of(case, METHODS[case.what])
    return {row["method"]: row for row in rows if np.ndim(row["central"]) and np.isfinite(row["central"]).all()}


def _leading(case: Case, rows: dict[str, dict], method: str | None) -> dict:
    method = method or leading_method(case.what, {name: row["inputs"] for name, row in rows.items()})
    if method not in rows:
        raise refusal("errors.needs.no_need_by_year", method=method, area=case.area, allowed=list(rows))
    return rows[method]


def need_by_scenario(
    area: str, *, what: str = "beds", scenarios: Sequence[str | Scenario] = (), norm: float | None = None,
    method: str | None = None, end_year: int = HORIZON, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Need by one method under each scenario: beds where people live longer or move less, places where births differ.

    Low, medium and high vary births only, and move no bed: whoever will be 60 by 2080 is born. Without `scenarios`:
    `BED_SCENARIOS`, or for places low, medium, high and zero-migration. What, norm and method as in `gap_by_year`.
    Returns DataFrame: scenario, year, need, lower, upper [beds or places: the method, and the bounds of its
        parameters], persons [60+, or children 0-2]. `attrs`: what, method, norm

    >>> last = need_by_scenario("jingdezhen").query("year == 2050").set_index("scenario")["need"]
    >>> bool(last["long-life"] > last["medium"] > last["short-life"])
    True
    """
    parts, row = [], {}
    for scenario in scenarios or {"beds": BED_SCENARIOS}.get(what, SCENARIOS):
        case = make_case(what, area, project(area, scenario=scenario, end_year=end_year, root=root), root, norm=norm)
        row = _leading(case, _moving(case), method)
        values = {"need": row["central"], "lower": row["lower"], "upper": row["upper"]}
        values["persons"] = case.counts["elderly" if what == "beds" else "children"]
        frame = pd.DataFrame({name: _by_year(each, case.years) for name, each in values.items()}).reset_index()
        frame.insert(0, "scenario", scenario.name if isinstance(scenario, Scenario) else scenario)
        parts.append(frame)
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs = {"what": what, "method": row["method"], "norm": row.get("norm")}
    return frame


def _by_year(values: float | np.ndarray, years: np.ndarray) -> pd.Series:
    """A path of a row as a Series, its median over draws; a plain number in every year."""
    values = np.median(values, axis=tuple(range(1, values.ndim))) if isinstance(values, np.ndarray) else values
    return pd.Series(values, index=pd.Index(years, name="year"), dtype=float)


def draw_range(values: xr.DataArray, level: float = LEVEL) -> pd.DataFrame:
    """The range that holds `level` percent of the draws in each year, such as lower_80 and upper_80, for `plot_fan`.

    Ranges do not add up: the range of a sum is not the sum of ranges. The values have dims year and draw, no others.

    >>> paths = xr.DataArray([[1.0, 2.0, 3.0]], coords={"year": [2030]}, dims=("year", "draw"))
    >>> print(*draw_range(paths).loc[2030].round(1))
    1.2 2.8
    """
    if set(values.dims) != {"year", "draw"}:
        raise refusal("errors.needs.no_draws", dims=list(values.dims))
    if not 0 < level < 100:
        raise refusal("errors.needs.level", level=level)
    tail = (1 - level / 100) / 2
    ends = np.quantile(values.transpose("year", "draw").to_numpy(), [tail, 1 - tail], axis=1)
    years = pd.Index(values["year"].to_numpy(), name="year")
    return pd.DataFrame({f"lower_{level:g}": ends[0], f"upper_{level:g}": ends[1]}, index=years)


def share_ranges(drawn: xr.Dataset, ages: Sequence[int] = (60, 65)) -> pd.DataFrame:
    """80 % ranges of the shares of the elderly [percent] of a projection with draws, a row a year, for `plot_fan`.

    >>> print(*share_ranges(project("jingdezhen", end_year=2030, draws=50), ages=[60]).columns)
    lower_80_share_60_pct upper_80_share_60_pct
    """
    if not ages:
        raise refusal("errors.needs.no_age")
    people = as_array(drawn).sum("sex", skipna=False)  # once: each share would add the sexes again
    shares = {age: labelled(100 * elderly_share(people, age)) for age in ages}
    parts = [draw_range(share).add_suffix(f"_share_{age}_pct") for age, share in shares.items()]
    return pd.concat(parts, axis=1)


def year_of(share: xr.DataArray | pd.Series, pct: float) -> pd.Series:
    """The first year in which a share passes a threshold, up or down, and with draws the years that hold 80 %.

    The share is by year (and draw), as from `elderly_share`: 0-1, or in percent where a value is above 1.
    Returns Series: year (missing where it is not passed), state (passes, above, below: throughout), and with draws
        lower_80, upper_80 [years, of the draws that pass], passes_pct [of the draws]

    >>> year_of(pd.Series({2025: 18.0, 2030: 21.5, 2035: 24.0}), 20).to_dict()
    {'year': 2030, 'state': 'passes'}
    """
    paths = xr.DataArray(share.rename_axis("year") if isinstance(share, pd.Series) else share)
    if not {"year"} <= set(paths.dims) <= {"year", "draw"} or not 0 < pct < 100 or not paths.notnull().any():
        raise refusal("errors.needs.no_share", dims=list(paths.dims), pct=pct)
    paths = paths * (100 if float(paths.max()) <= 1 else 1)

    def passed(path: pd.Series) -> int | None:
        other = path.index[(path >= pct) != (path.iloc[0] >= pct)]
        return int(other[0]) if len(other) else None

    path = middles(paths, "year").dropna()
    year = passed(path)
    state = "passes" if year else "above" if path.iloc[0] >= pct else "below"
    found: dict[str, Any] = {"year": year, "state": state}
    if "draw" in paths.dims:
        years = paths.to_series().unstack("draw").apply(passed).dropna()
        ends = np.quantile(years, [0.1, 0.9], method="inverted_cdf") if len(years) else (np.nan, np.nan)
        found |= {"lower_80": ends[0], "upper_80": ends[1], "passes_pct": 100 * len(years) / paths.sizes["draw"]}
    return pd.Series(found, dtype=object)


def turning_years(
    area: str, *, scenarios: Sequence[str | Scenario] = SCENARIOS, end_year: int = HORIZON, norm: float | None = None,
    draws: int = 0, seed: int = 0, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Year in which a shortage of daycare places turns into a surplus, by method and scenario.

    Counted are the years whose supply is published or held, not those of our line between stock and target.
    Returns DataFrame: method, scenario, year (missing where the shortage does not turn), state (turns,
        short_throughout, surplus_throughout, returns: a shortage comes back later, or not_published), first and last
        [places]: shortage (+) or surplus (-) in the first year with a supply and in the last. With draws, turns_pct [of
        the draws, in which it turns for good] and lower_80, upper_80: the years that hold 80 % of those.

    >>> turns = turning_years("jingdezhen", scenarios=("medium",), draws=50).set_index("method")
    >>> print(*turns.loc["norm_places", ["year", "state"]], turns.lower_80["coverage"] <= turns.upper_80["coverage"])
    2025 turns True
    """
    slug, rows = slug_of(area, root), []
    for scenario in scenarios:
        name = scenario.name if isinstance(scenario, Scenario) else scenario
        future = partial(project, slug, scenario=scenario, end_year=end_year, root=root)
        path = projected(None, slug, end_year, scenario, root) if end_year >= HORIZON else future()
        case = make_case("places", slug, path, root, norm=norm)
        supply, ranges = off_the_line(supply_path(case.supply, TOTAL["places"], case.years)), {}
        if draws:
            drawn = _moving(case.on(future(draws=draws, seed=seed)))
            paths = {method: pd.DataFrame(row["central"], case.years) for method, row in drawn.items()}
            ranges = {method: draws_that_turn(path, supply) for method, path in paths.items()}
        for method, row in _moving(case).items():
            turned = turn_of(_by_year(row["central"], case.years) - supply)
            rows.append({"method": method, "scenario": name, **turned, **ranges.get(method, {})})
    columns = ["method", "scenario", "year", "state", "first", "last"]
    columns += ["turns_pct", "lower_80", "upper_80"] if draws else []
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: "Int64" for name in ("year", "lower_80", "upper_80") if name in frame})


def turn_of(gap: pd.Series) -> dict:
    """When a shortage turns (year, state, first and last, as in `turning_years`) of need less supply by year.

    >>> turn_of(pd.Series({2025: 10.0, 2030: -5.0}))["year"]
    2030
    """
    gap = gap.dropna()
    if gap.empty:
        return {"year": None, "state": "not_published", "first": np.nan, "last": np.nan}
    short, ends = gap > NOISE, {"first": float(gap.iloc[0]), "last": float(gap.iloc[-1])}
    if short.all() or not short.any():
        return {"year": None, "state": "short_throughout" if short.all() else "surplus_throughout", **ends}
    turned = gap.index[short.shift(fill_value=False) & ~short]
    year = int(turned[-1]) if len(turned) else None
    return {"year": year, "state": "returns" if short.iloc[-1] else "turns", **ends}


def draws_that_turn(need: pd.DataFrame, supply: pd.Series) -> dict:
    """The percentage of draws (columns) in which a shortage turns for good, and the years that hold 80 % of these."""
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
    """From the need by one method to what is still missing: less the stock, less listed projects that open by the year.

    `methods` come from `triangulate_beds`, `supply` from `bed_supply`, or both from those of places. The last row is
    `short` or `surplus`, the method's `gap_pipeline`. Another method gives another waterfall.
    Returns DataFrame: step (need, stock, pipeline, unsure, and short or surplus), value [beds or places; negative where
        it is taken away], start, end [where its bar begins and ends], year, observations, derived (a stock, from a
        printed ratio); missing where not published: a list without numbers is not a list of 0. `attrs` name the method.

    >>> from yilaolib import bed_supply, triangulate_beds
    >>> steps = gap_waterfall(triangulate_beds("jingdezhen", 2025), bed_supply("jingdezhen"), 2025, method="plan_beds")
    >>> steps.set_index("step").value.to_dict()
    {'need': 10500.0, 'stock': -4059.0, 'pipeline': 0.0, 'unsure': -3951.0, 'short': 2490.0}
    """
    rows = methods[methods["central"].notna()].set_index("method")
    what = "places" if "norm_places" in set(methods["method"]) else "beds"
    method = method or leading_method(what, rows["inputs"])
    if method not in rows.index:
        raise refusal("errors.needs.no_number", method=method, allowed=list(rows.index))
    need, stock = rows.loc[method], stock_of(supply)
    there = np.nan if stock is None else float(stock["stock"])
    listed = opening(supply, year, after=None if stock is None else stock["year"])
    certain = listed["flag"] == ""
    sure = listed.loc[certain, "stock"].sum() if (supply["role"] == "pipeline").any() else np.nan
    unsure = listed.loc[~certain, "stock"].sum()
    printed = (pd.NA, ()) if stock is None else (stock["year"], (stock["observation"],))
    lines, end = [], 0.0
    steps = [("need", need["central"], year, need["observations"]), ("stock", 0.0 - there, *printed)]
    for step, value, *of in [*steps, ("pipeline", 0.0 - sure, pd.NA, ()), ("unsure", 0.0 - unsure, pd.NA, ())]:
        if value < 0 or step != "unsure":
            start, end = end, end + (value if value == value or step != "pipeline" else 0.0)
            lines.append([step, value, start, end if value == value else np.nan, *of])
    lines.append(["surplus" if end < 0 else "short", end, 0.0, end, year, ()])
    frame = pd.DataFrame(lines, columns=["step", "value", "start", "end", "year", "observations"])
    frame.attrs = {"method": method, "name_zh": need["name_zh"], "name_en": need["name_en"], "what": what}
    ours = stock is not None and bool(stock["derived"])
    return frame.assign(derived=frame["step"].eq("stock") & ours).astype({"year": "Int64"})


def need_samples(
    area: str, year: int, *, what: str = "beds", norm: float | None = None, draws: int = 200, parameters: int = 25,
    seed: int = 0, scenario: str | Scenario = "medium", population: Future = None, root: Root = None,
) -> xr.DataArray:  # fmt: skip
    """Need in a year by method, draw of the demography, and draw of the parameters.

    Half of the parameters lie on each side of central, thinning out like a triangle towards lower and upper.
    Returns DataArray: [beds or places] dims by_method, draw, parameter; coordinate `basis` (plan, need, use)

    >>> samples = need_samples("jingdezhen", 2030, draws=10, parameters=5)
    >>> samples.sizes["draw"], bool((samples.sel(by_method="utilisation") < samples.sel(by_method="norm")).all())
    (10, True)
    """
    population = projected(population, area, year, scenario, root, draws=draws, seed=seed)
    return _samples(make_case(what, area, population, root, norm=norm), year, parameters)


def _samples(case: Case, year: int, parameters: int) -> xr.DataArray:
    check_year(year, case.years)
    draws = case.people["draw"].to_numpy() if "draw" in case.people.dims else [0]
    share, found = (np.arange(parameters) + 0.5) / parameters, {}
    # quantiles of a triangle from -1 over 0 to 1: the way from central to a bound
    way = np.where(share < 0.5, np.sqrt(2 * share) - 1, 1 - np.sqrt(2 * (1 - share)))
    for row in rows_of(case, METHODS[case.what]):
        ends = (np.asarray(case.at(row[bound], year), dtype=float).reshape(-1, 1) for bound in BOUNDS)
        low, central, high = (np.broadcast_to(end, (len(draws), 1)) for end in ends)
        if not np.isnan(central[0]):
            below, above = ((end - central) * abs(way) for end in (low, high))
            found[row["method"]] = central + np.nan_to_num(np.where(way > 0, above, below))
    basis = load_table("methods", root=case.root).set_index("method")["basis"].loc[[*found]].to_numpy()
    labels = {"by_method": [*found], "draw": draws, "basis": ("by_method", basis)}
    return xr.DataArray(np.stack([*found.values()]), labels, ("by_method", "draw", "parameter"), "need")


def build_decision(
    area: str, year: int, *, what: str = "beds", norm: float | None = None, cost_ratio: float = 1.0, draws: int = 200,
    seed: int = 0, scenario: str | Scenario = "medium", population: Future = None, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Chances of a shortage and of empty beds, and the best number to have, by method and over methods.

    A chance holds for its row only: over all methods it mostly tells how many methods lie above the supply. The cost
    ratio is what a missing bed costs against an idle one: judge it yourself.
    Returns DataFrame: group (a method, a basis, or all), name_zh, name_en; for the present stock, and with the pipeline
        of listed projects: p_short_stock, p_short_pipeline [0-1: need above supply], p_empty_stock, p_empty_pipeline
        [0-1: less occupied than `low_occupancy`, judged; only of methods that count persons], regret_stock,
        regret_pipeline [cost of one idle bed]; best [beds or places at the cost ratio]. `attrs`: spread (as
        `split_spread`), stock, pipeline, cost_ratio.

    >>> table = build_decision("jingdezhen", 2025, draws=20).set_index("group")
    >>> print(table.p_short_stock["norm"], table.p_short_stock["utilisation"])
    1.0 0.0
    """
    population = projected(population, area, year, scenario, root, draws=draws, seed=seed)
    case = make_case(what, area, population, root, norm=norm)
    samples = _samples(case, year, parameters=25)
    names, need = load_table("methods", root=root).set_index("method"), samples.to_numpy()
    # of the need in beds, so many are persons
    occupied = assumed_range("target_occupancy", table=case.assumed).value if what == "beds" else 1.0
    empty = assumed_range("low_occupancy", table=case.assumed).value
    there = dict(zip(("stock", "pipeline"), case.available(year), strict=True))
    basis, methods = samples["basis"].to_numpy(), samples.indexes["by_method"]
    groups, people = {method: [i] for i, method in enumerate(methods)}, np.isin(methods, COUNTS_PEOPLE)
    groups |= {name: np.flatnonzero(basis == name) for name in dict.fromkeys(basis)} | {"all": np.arange(len(basis))}
    rows = []
    for group, chosen in groups.items():
        part, persons = need[chosen], need[chosen][people[chosen]] * occupied
        row = {"group": group, "name_zh": names["name_zh"].get(group), "name_en": names["name_en"].get(group)}
        row |= {f"p_short_{name}": formulas.shortage_probability(part, beds) for name, beds in there.items()}
        lacks = formulas.low_occupancy_probability if persons.size else lambda *_: np.nan
        row |= {f"p_empty_{name}": lacks(persons, beds, empty) for name, beds in there.items()}
        row["best"] = formulas.best_number(part, cost_ratio=cost_ratio)
        regret = formulas.expected_regret(part, [*there.values()], cost_ratio=cost_ratio)["regret"].to_numpy()
        rows.append(row | {f"regret_{name}": value for name, value in zip(there, regret, strict=True)})
    frame = pd.DataFrame(rows)
    frame.attrs = {**there, "cost_ratio": cost_ratio, "spread": formulas.split_spread(samples).to_dict()}
    return frame


def need_tornado(
    area: str, year: int, *, what: str = "beds", norm: float | None = None, method: str | None = None,
    strongest: int = 8, scenario: str | Scenario = "medium", population: Future = None, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """How far each input alone moves the need by one method, the strongest first; judged inputs are marked.

    Inputs that only one definition has (the levels of a survey) do not show for the other methods.

    method : by default `prevalence` for beds and `coverage` for places; DataError if it has no number
    strongest : number of rows
    Returns DataFrame: input (a key of [words.moved]), low, high, central [beds or places: the need with the input low,
        high, unchanged], low_label, high_label (of the input: numbers, or keys of [words.moved_to]), judged

    >>> need_tornado("jingdezhen", 2035).input.iloc[0]
    'institution_share_moderate'
    """
    slug, method = slug_of(area, root), method or {"beds": "prevalence", "places": "coverage"}.get(what, "")
    scenario = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario, area=slug, root=root)
    population = projected(population, slug, year, scenario, root)
    case = make_case(what, slug, population, root, norm=norm)
    row = METHODS[what].get(method, lambda case: None)(case)
    if row is None or np.isnan(_need(case, method, year)):
        rows = rows_of(case, METHODS[what])
        known = [row["method"] for row in rows if not np.isnan(middle(case.at(row["central"], year)))]
        raise refusal("errors.needs.no_number_for", method=method, slug=slug, known=list(known))
    moves = list(_moves(case, row, year, scenario, population))
    frame = pd.DataFrame(moves, columns=["input", "low", "high", "low_label", "high_label", "judged"])
    frame.insert(5, "central", _need(case, method, year))
    frame.attrs["sources"] = row["sources"].split(";")
    width = (frame["high"] - frame["low"]).abs()
    order = width[width > 0].sort_values(ascending=False, kind="stable").index
    return frame.loc[order].head(strongest).reset_index(drop=True)


def _need(case: Case, method: str, year: int) -> float:
    row: Any = METHODS[case.what][method](case)
    return middle(case.at(row["central"], year))


def _moves(case: Case, row: dict, year: int, scenario: Scenario, population: xr.Dataset) -> Iterator[tuple]:
    """Each input that the method has, moved alone: its key, the need at both ends, their labels, whether judged."""
    method, assumed, years = row["method"], case.assumed, population["year"].to_numpy()
    central = _need(case, method, year)

    def under(**changes: object) -> float:
        """The need under the scenario with changes."""
        return _need(case.on(projected(None, case.area, year, replace(scenario, **changes), case.root)), method, year)

    if method in OWN_RANGE and not np.isnan(least := middle(case.at(row["lower"], year))):
        yield OWN_RANGE[method], least, middle(case.at(row["upper"], year)), "", "", method == "utilisation"
    for parameter in ASSUMED if method in ("prevalence", "prevalence_census", "utilisation") else ():
        bounds, ends = assumed_range(parameter, table=assumed), []
        for value in (bounds.lower, bounds.upper):
            moved = assumed.copy()
            moved.loc[parameter, "value"] = value
            ends.append(_need(replace(case, assumed=moved), method, year))
        yield parameter, *ends, f"{bounds.lower:g}", f"{bounds.upper:g}", bounds.judged
    if method == "prevalence":
        yield _ends("survey_wave", *((_need(replace(case, survey=wave), method, year), wave[-4:]) for wave in SURVEYS))
        census = _need(case, "prevalence_census", year), "census 2020"
        yield _ends("definition_of_need", census, (central, "CLHLS 2018"))
    still, moving = (under(net_migration_factor={2020: factor}) for factor in (0.0, 1.0))  # as in 2010-20
    yield "net_migration", still, moving, "0", "2010–2020", True
    if case.what == "places" or year > years[0] + 60:  # whoever is 60 before that was born by the launch
        ends = []
        for name in ("low", "high"):  # the distance of the variant from the medium path, on top of the scenario's own
            variant = Scenario.load(name, area=case.area, root=case.root)
            tfr = scenario.at("tfr_offset", years) + variant.at("tfr_offset", years)
            ends.append(under(tfr_offset=dict(zip(years.tolist(), tfr.tolist(), strict=True))))
        yield "fertility", *ends, "low", "high", False
    e0, e0_year = scenario.e0, scenario.e0_year
    if e0 is None and "e0" in assumed.index:
        e0, e0_year = assumed.loc["e0", ["value", "year"]]
    if e0 is not None:
        doubt = assumed_range("e0_doubt", table=assumed).value
        low, high = e0 - doubt, e0 + doubt
        ends = [under(e0=value, e0_year=int(e0_year)) for value in (low, high)]
        yield "life_expectancy", *ends, f"{low:g}", f"{high:g}", True
    printed = case.figure("population_60plus", "projection")  # the plan's own elderly, where they are of this year
    if case.what == "beds" and printed is not None and printed["year"] == year and printed["basis"] != "registered":
        ours = middle(case.at(case.counts["elderly"], year))
        scaled = population.assign(population=population["population"] * printed["value"] / ours)
        yield _ends("elderly_of_plan", (_need(case.on(scaled), method, year), "plan"), (central, "projection"))


def _ends(key: str, *values: tuple[float, str]) -> tuple:
    """A move from the lowest to the highest of some (need, label)."""
    (low, low_label), (high, high_label) = min(values), max(values)
    return key, low, high, low_label, high_label, False
