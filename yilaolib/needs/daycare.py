"""Daycare places (托位) for children under 3: need by several methods, supply, and when a shortage turns.

Under 3 is the ages 0, 1 and 2; a plan's 0-3岁 may mean three or four single years. Births move the need more than
anything else, so look at it year by year.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.ages import Population, as_array, labelled
from ..demography.measures import persons
from ..demography.projection import SCENARIOS, Scenario, project
from ..tables.areas import find_area, load_table
from ..tables.figures import figures_at
from .methods import implied_coverage, places_by_coverage, places_by_intention, places_by_norm
from .rows import Need, at_year, checked_norm, label_methods, method_row, middle, printed_row, projected
from .supply import TOTAL, place_supply, supply_path

NORM, ESTATES = "daycare_places_per_1000", "daycare_places_per_1000_new_estates"


class PlaceNeed(Need):
    """Daycare places needed by each method, year by year, from a projection (dims year, sex, age and any others).

    `coverage` [share, 0-1] is a wish of your own; `new_residents` [persons] will live in new estates, which no plan
    prints.
    """

    what = "places"
    methods: ClassVar = {
        "plan_places": "_plan",
        "norm_places": "_norm",
        "new_estates": "_estates",
        "coverage": "_coverage",
        "coverage_own": "_own_coverage",
        "intention": "_intention",
    }

    def __init__(
        self,
        area: str,
        population: Population,
        root: str | Path | None = None,
        *,
        coverage: float | None = None,
        new_residents: float | None = None,
        norm: float | None = None,
        changed: dict[str, float] | None = None,
        only: str | None = None,
    ) -> None:
        super().__init__(area, population, root, changed)
        self.coverage, self.new_residents, self.norm = coverage, new_residents, checked_norm(norm)
        left_out = {"coverage_own"} if coverage is None else set()
        wanted = {name: row for name, row in self.methods.items() if only in (None, name) and name not in left_out}
        self.rows = [getattr(self, row)() for row in wanted.values()]

    def look_at(self, population: Population) -> None:
        """See `Need`; all ages and the under-threes."""
        people = as_array(population)
        self.years = people["year"].to_numpy()
        self.people, self.children = labelled(persons(people)), labelled(persons(people, 0, 3))
        self.symbols = {"N": self.people, "C": self.children}

    @cached_property
    def supply(self) -> pd.DataFrame:
        """As `place_supply`."""
        return place_supply(self.area, root=self.root)

    def _plan(self) -> dict:
        row = self.figure("daycare_places_needed", "projection", "target", "actual")
        row = self.figure("daycare_places_total", "target") if row is None else row
        return printed_row("plan_places", row, "a number of places needed or planned")

    def _norm(self) -> dict:
        if self.norm is not None:
            text = f"r {self.norm:g} (yours), N(t)"
            return method_row("norm_places", places_by_norm(self.people, self.norm), text) | {"norm": float(self.norm)}
        row = self.figure(NORM, "target")
        row = self.printed.required("china", NORM, "target") if row is None else row
        text = f"r {row['value']:g} ({row['year']}), N(t)"
        places = places_by_norm(self.people, row["value"])
        line = method_row("norm_places", places, text, row["source"], observations=[row["observation"]])
        return line | {"norm": float(row["value"])}

    def _estates(self) -> dict:
        row = self.figure(ESTATES, "target", "standard")
        if row is None:
            return method_row("new_estates", inputs="not published: places per 1000 residents of new estates")
        if self.new_residents is None:
            text = f"r {row['value']:g}; not published: residents of new estates"
            return method_row("new_estates", inputs=text, sources=row["source"], observations=[row["observation"]])
        text = f"r {row['value']:g}, N {self.new_residents:,.0f} residents of new estates (yours)"
        places = places_by_norm(self.new_residents, row["value"])
        return method_row("new_estates", places, text, row["source"], observations=[row["observation"]])

    def _coverage(self) -> dict:
        # two rows of one parameter, by year of the target
        table = load_table("assumptions", area=self.area, root=self.root)
        table = table[table["parameter"] == "daycare_coverage"].sort_values("value")
        low, high = (places_by_coverage(self.children, value) for value in table["value"].iloc[[0, -1]])
        text = f"C(t) aged 0-2, c {table['value'].iloc[0]:g} and {table['value'].iloc[-1]:g}"
        return method_row("coverage", (low + high) / 2, text, ";".join(table["source"]), low, high)

    def _own_coverage(self) -> dict:
        text = f"C(t) aged 0-2, c {self.coverage:g} (yours)"
        return method_row("coverage_own", places_by_coverage(self.children, self.coverage), text)

    def _intention(self) -> dict:
        found = {}
        for what in ("use", "wish"):
            rows = self.printed.of(f"daycare_{what}_pct")
            mine = rows[rows["area"] == self.area]
            found[what] = rows if mine.empty else mine  # an area's own figures, else the range of those who publish
        if any(rows.empty for rows in found.values()):
            return method_row("intention", inputs="not published: wish and use")
        use, wish = found["use"]["value"].min(), found["wish"]["value"].max()
        low, high = (places_by_intention(self.children, pct / 100) for pct in (use, wish))
        asked = pd.concat(list(found.values()))
        others = sorted(set(asked["area"]) - {self.area})
        text = f"C(t) aged 0-2, use {use:g} %, wish {wish:g} %" + (
            f"; figures of {', '.join(others)}" if others else ""
        )
        sources = ";".join(asked["source"].unique())
        return method_row("intention", (low + high) / 2, text, sources, low, high, asked["observation"])


def turning_years(
    area: str,
    *,
    scenarios: Sequence[str | Scenario] = SCENARIOS,
    end_year: int = 2050,
    norm: float | None = None,
    draws: int = 0,
    seed: int = 0,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Year in which a shortage of daycare places turns into a surplus, by method and scenario.

    Supply is the printed stock, a straight line to the target, and the target from then on (or the stock held).

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    scenarios : sequence of str or Scenario
        Names of table `assumptions`, your own among them, or scenarios made in Python.
    end_year : int, default 2050
        [year] Horizon.
    norm : float, optional
        [places per 1000 residents] Your own in place of the plan's.
    draws : int, default 0
        Random paths of the demography of each scenario; 0 gives no range, 200 a smooth one.
    seed : int, default 0
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        One row per method and scenario: method, scenario, year (missing where the shortage does not turn), state
        (turns, short throughout, surplus throughout, returns: a shortage comes back later, or supply not published),
        first and last [places]: shortage (+) or surplus (-) in the first year with a supply and in the last. With
        draws, turns_pct [percent of the draws in which it turns by the horizon, for good] and lower_80, upper_80: the
        years that hold 80 % of those draws, missing where none turns.

    Raises
    ------
    DataError
        Unknown area or scenario.

    Examples
    --------
    >>> turns = turning_years("jingdezhen", scenarios=("medium",)).set_index("method")
    >>> print(*turns.loc["norm_places", ["year", "state"]])
    2025 turns
    >>> turns = turning_years("jingdezhen", scenarios=("medium",), draws=50).set_index("method")
    >>> bool(turns.lower_80["coverage"] <= turns.upper_80["coverage"]), turns.turns_pct.between(0, 100).all()
    (True, np.True_)
    """
    slug = find_area(area, root=root)["area"]
    places, rows = place_supply(slug, root=root), []
    for scenario in scenarios:
        name = scenario.name if isinstance(scenario, Scenario) else scenario
        future = partial(project, slug, scenario=scenario, end_year=end_year, root=root)
        need = PlaceNeed(slug, future(), root, norm=norm)
        supply = supply_path(places, TOTAL["places"], need.years)
        ranges = _ranges(PlaceNeed(slug, future(draws=draws, seed=seed), root, norm=norm), supply) if draws else {}
        for method, path in need.paths().items():
            rows.append({"method": method, "scenario": name, **turn_of(path - supply), **ranges.get(method, {})})
    columns = ["method", "scenario", "year", "state", "first", "last"]
    columns += ["turns_pct", "lower_80", "upper_80"] if draws else []
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: "Int64" for name in ("year", "lower_80", "upper_80") if name in frame})


def turn_of(gap: pd.Series) -> dict:
    """When a shortage turns (year, state, first and last, as in `turning_years`) of need less supply by year."""
    gap = gap.dropna()
    if gap.empty:
        return {"year": None, "state": "supply not published", "first": np.nan, "last": np.nan}
    short = gap > 0
    ends = {"first": float(gap.iloc[0]), "last": float(gap.iloc[-1])}
    if short.all() or not short.any():
        return {"year": None, "state": "short throughout" if short.all() else "surplus throughout", **ends}
    turned = gap.index[short.shift(fill_value=False) & ~short]
    year = int(turned[-1]) if len(turned) else None
    return {"year": year, "state": "returns" if short.iloc[-1] else "turns", **ends}


def _ranges(drawn: PlaceNeed, supply: pd.Series) -> dict[str, dict]:
    """What `draws_that_turn` says of each method."""
    paths = {row["method"]: row["central"] for row in drawn.rows if isinstance(row["central"], xr.DataArray)}
    return {method: draws_that_turn(path.to_series().unstack("draw"), supply) for method, path in paths.items()}


def draws_that_turn(need: pd.DataFrame, supply: pd.Series) -> dict:
    """The percentage of draws in which a shortage turns for good, and the years that hold 80 % of these.

    `need` by year (rows) and draw. Without a supply there is nothing to say.
    """
    gaps = need.sub(supply, axis=0).dropna()
    if gaps.empty:
        return {}
    short = gaps.to_numpy() > 0
    turned = short[:-1] & ~short[1:]
    for_good = turned.any(axis=0) & ~short[-1]
    if not for_good.any():
        return {"turns_pct": 0.0}
    last = gaps.index[::-1][turned[::-1, for_good].argmax(axis=0)]
    low, high = np.quantile(last, [0.1, 0.9], method="inverted_cdf")  # years, none between
    return {"turns_pct": float(100 * for_good.mean()), "lower_80": int(low), "upper_80": int(high)}


def triangulate_places(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    norm: float | None = None,
    coverage: float | None = None,
    new_residents: float | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Daycare places needed in a year by every method that the published figures allow, one row per method.

    A norm per 1000 residents ignores how many children there are: look at `implied_coverage` beside it.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year] Within the projection.
    scenario : str or Scenario, default "medium"
    population : Dataset, optional
        A projection made before (by `project`), so that it is not made again.
    norm : float, optional
        [places per 1000 residents] Your own in place of the plan's, in the method `norm_places`.
    coverage : float, optional
        [share, 0-1] of the children under 3, a wish of your own: a further row.
    new_residents : float, optional
        [persons] who will live in new estates; without them that method has no number.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        As `triangulate_beds`, in places (central is the middle where only a range is known), with `implied_coverage`
        [places per child aged 0-2 in that year].

    Raises
    ------
    DataError
        Unknown area or scenario, a year outside the projection, or a coverage outside 0-1.

    Examples
    --------
    >>> triangulate_places("jingdezhen", 2025).set_index("method").central["plan_places"]
    np.float64(7367.0)
    """
    slug = find_area(area, root=root)["area"]
    if population is None:
        population = projected(slug, year, scenario, root)
    need = PlaceNeed(slug, population, root, norm=norm, coverage=coverage, new_residents=new_residents)
    return label_places(need, year)


def label_places(need: PlaceNeed, year: int) -> pd.DataFrame:
    """As `triangulate_places`, for a need that is at hand."""
    frame = label_methods(need.at(year), need.root)
    coverage_of = implied_coverage(frame["central"], middle(at_year(need.children, year)))
    frame.insert(list(frame).index("sources") + 1, "implied_coverage", coverage_of)
    return frame


def daycare_fees(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """Printed caps on the fees of inclusive (普惠) daycare, a year of them, and what a household is said to spend.

    Costs are from a survey that the plan quotes; whether they hold daycare fees is not said.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        group (6_12m, 12_24m, 24_36m, mixed), cap [yuan a month], cap_year [yuan for twelve months], cost_year [yuan a
        year that a child is said to cost], of_cost_pct [percent], source, observation (id of the cap). Empty where no
        cap is published.

    Raises
    ------
    DataError
        Unknown area.

    Examples
    --------
    >>> daycare_fees("jingdezhen").set_index("group").of_cost_pct["24_36m"]
    np.float64(102.0)
    """
    slug, printed = find_area(area, root=root)["area"], figures_at(root)
    cost = printed.first(slug, "child_cost_per_year", "actual")
    yearly = np.nan if cost is None else float(cost["value"])
    rows = []
    for group in ("6_12m", "12_24m", "24_36m", "mixed"):
        cap = printed.first(slug, f"daycare_price_cap_{group}", "standard", "target")
        if cap is not None:
            year = 12 * float(cap["value"])
            rows.append(
                [group, float(cap["value"]), year, yearly, 100 * year / yearly, cap["source"], cap["observation"]]
            )
    columns = ["group", "cap", "cap_year", "cost_year", "of_cost_pct", "source", "observation"]
    return pd.DataFrame(rows, columns=columns)
