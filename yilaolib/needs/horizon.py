"""From need to gap, step by step: what there is, what is on the project list, what is left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.ages import as_array, labelled
from ..demography.measures import elderly_share
from ..demography.projection import Scenario, project
from ..errors import DataError
from .beds import BedNeed, elderly_path
from .daycare import PlaceNeed, draws_that_turn
from .methods import implied_coverage, shortfall
from .rows import Need, leading_method, middles
from .supply import TOTAL, opening, stock_of, supply_path

WHAT = ("beds", "places")
LEVEL = 80  # percent of the draws; the back-test says what such a range did hold


def need_of(
    area: str, population: xr.Dataset, what: str = "beds", root: str | Path | None = None, **options: object
) -> Need:
    """Return `BedNeed` or `PlaceNeed` of an area on a projection, of all methods or `only` one."""
    if what not in WHAT:
        raise DataError(f"what is {what!r}; it must be 'beds' or 'places'.")
    if what == "beds":
        return BedNeed(area, elderly_path(population), root, **options)
    return PlaceNeed(area, population, root, **options)


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
    population: xr.Dataset | None = None,
    drawn: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Need by one method against the supply, year by year, and with draws the range of both.

    The 80 % range is that of the demography (births, deaths, migration) alone; lower and upper are those of the
    method's parameters. How much the choice of the method matters is in neither: look at `triangulate_beds`.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    what : {'beds', 'places'}
    norm : float, optional
        [beds per 1000 persons 60+, or places per 1000 residents] Your own in place of the plan's.
    method : str, optional
        A method that moves with the population; by default the plan's norm, else today's ratio, else 3 %.
    beside : sequence of str
        Further methods, as columns demand_<method>; those without a number are left out.
    draws : int, default 0
        Random paths of the demography; 0 gives no range, 200 a smooth one.
    seed : int, default 0
    scenario : str or Scenario, default "medium"
    end_year : int, default 2050
        [year]
    population : Dataset, optional
        A projection without draws made before; its years are shown.
    drawn : Dataset, optional
        The same with draws, made before.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        By year: demand, supply, shortfall, surplus [beds or places], coverage_pct; lower, upper: demand at the bounds
        of the parameters, missing without such; with draws lower_80, upper_80 (of demand), shortfall_lower_80,
        shortfall_upper_80, surplus_lower_80, surplus_upper_80; for places aged_0_2 [persons] and
        implied_coverage_pct. Supply is the stock, a straight line to the target, the target from then on; missing
        where not published. `attrs`: what, method, norm [per 1000, of norm methods], inputs, observations, held (no
        target: the stock is held), turning (with draws: turns_pct, lower_80, upper_80 as in `turning_years`).

    Raises
    ------
    DataError
        Unknown area or scenario, or a method that does not move with the population.

    Examples
    --------
    >>> gap = gap_by_year("jingdezhen", end_year=2030, draws=50)
    >>> row = gap.loc[2030]
    >>> bool(row.lower_80 < row.demand < row.upper_80), gap.attrs["method"]
    (True, 'norm')
    """
    if population is None:
        population = project(area, scenario=scenario, end_year=end_year, root=root)
    need = need_of(area, population, what, root, norm=norm)
    if drawn is None and draws:
        last = int(need.years[-1])
        drawn = project(area, scenario=scenario, end_year=last, draws=draws, seed=seed, root=root)
    return gap_of(need, method=method, beside=beside, drawn=drawn)


def gap_of(
    need: Need, *, method: str | None = None, beside: Sequence[str] = (), drawn: xr.Dataset | None = None
) -> pd.DataFrame:
    """As `gap_by_year`, for a need that is at hand."""
    rows = {row["method"]: row for row in need.rows if isinstance(row["central"], xr.DataArray)}
    method = leading_method(need.what, rows) if method is None else method
    if method not in rows:
        raise DataError(f"method {method!r} has no need by year for {need.area}; choose one of {', '.join(rows)}.")
    supply = supply_path(need.supply, TOTAL[need.what], need.years)
    values = {bound: _by_year(rows[method][bound], need.years) for bound in ("lower", "central", "upper")}
    frame = shortfall(values["central"], supply)
    for other in (name for name in beside if name in rows and name != method):
        frame[f"demand_{other}"] = _by_year(rows[other]["central"], need.years)
    frame["lower"], frame["upper"] = values["lower"], values["upper"]
    turning = {}
    if drawn is not None:
        paths = need.what_if(method, population=drawn)["central"]
        turning = draws_that_turn(paths.to_series().unstack("draw"), supply)
        ends = draw_range(paths).reindex(frame.index)
        for side, other in zip(ends, reversed(ends.columns), strict=True):
            end = shortfall(ends[side], supply)  # the gap follows the need step by step, and so do its quantiles
            frame[side], frame[f"shortfall_{side}"] = ends[side], end["shortfall"]
            frame[f"surplus_{other}"] = end["surplus"]  # much need leaves little over
    if need.what == "places":
        frame["aged_0_2"] = _by_year(need.symbols["C"], need.years)
        frame["implied_coverage_pct"] = 100 * implied_coverage(frame["demand"], frame["aged_0_2"])
    row = rows[method]
    frame.attrs = {"what": need.what, "method": method, "held": supply.attrs["held"], "norm": row.get("norm")}
    frame.attrs |= {"inputs": row["inputs"], "observations": row["observations"], "turning": turning}
    return frame


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
    values : DataArray
        [any unit] dims year and draw, such as `elderly_share` of a projection with draws.
    level : float, default 80
        [percent]

    Returns
    -------
    DataFrame
        By year: lower_80, upper_80 (named after the level), in the unit of the values.

    Raises
    ------
    DataError
        Values without draws, or with dims besides year and draw; a level outside 0-100.

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
    drawn : Dataset
        A projection with draws.
    ages : sequence of int, default (60, 65)
        [years] Lower bounds of the ages.

    Returns
    -------
    DataFrame
        By year, for each age: lower_80_share_60_pct, upper_80_share_60_pct [percent of all residents].

    Raises
    ------
    DataError
        A projection without draws.

    Examples
    --------
    >>> ranges = share_ranges(project("jingdezhen", end_year=2030, draws=50), ages=[60])
    >>> print(*ranges.columns)
    lower_80_share_60_pct upper_80_share_60_pct
    """
    people = as_array(drawn).sum("sex", skipna=False)  # once: each share would add the sexes again
    shares = {age: labelled(100 * elderly_share(people, age)) for age in ages}
    parts = [draw_range(share).add_suffix(f"_share_{age}_pct") for age, share in shares.items()]
    return pd.concat(parts, axis=1)


STEPS = {
    "need": ("需求", "need"),
    "stock": ("减：现有", "less: present supply"),
    "pipeline": ("减：项目清单新增", "less: new by the project list"),
    "unsure": ("减：清单中未注明年份、医院或存疑的", "less: listed, but undated, in a hospital or in doubt"),
    "short": ("尚缺", "still short"),
    "surplus": ("富余", "surplus"),
}


def gap_waterfall(methods: pd.DataFrame, supply: pd.DataFrame, year: int, *, method: str | None = None) -> pd.DataFrame:
    """From the need by one method to what is still missing: less the stock, less the project list.

    The last row is `short` or `surplus`, never both; it is the method's `gap_pipeline`. Another method gives another
    waterfall.

    Parameters
    ----------
    methods : DataFrame
        As from `triangulate_beds` or `triangulate_places`, for the year.
    supply : DataFrame
        As from `bed_supply` or `place_supply`.
    year : int
        [year] By which listed projects open.
    method : str, optional
        By default the plan's norm, else today's ratio, else 3 %; for places the norm per 1000 residents.

    Returns
    -------
    DataFrame
        step (need, stock, pipeline, unsure, and short or surplus), name_zh, name_en, value [beds or places; negative
        where it is taken away], start, end [where its bar begins and ends], year, observations (ids of printed
        figures). `unsure` only where something is listed; missing where not published: a list without numbers is not
        a list of 0. `attrs` name the method.

    Raises
    ------
    DataError
        A method without a number.

    Examples
    --------
    >>> from yilaolib.needs.supply import bed_supply
    >>> from yilaolib.needs.beds import triangulate_beds
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
    for place, (column, which) in enumerate((("name_zh", 0), ("name_en", 1)), start=1):
        frame.insert(place, column, [STEPS[step][which] for step in frame["step"]])
    frame.attrs = {"method": method, "name_zh": need["name_zh"], "name_en": need["name_en"], "what": what}
    return frame.astype({"year": "Int64"})
