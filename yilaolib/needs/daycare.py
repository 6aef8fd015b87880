"""Daycare places (托位) for children under 3: the need by several methods, side by side, and the caps on fees.

Under 3 is the ages 0, 1 and 2; a plan's 0-3岁 may mean three or four single years. Births move the need more than
anything else, so look at it year by year. The formulas are in `methods`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..demography.local import Root
from ..demography.projection import Scenario
from ..tables.areas import figures_at, find_area, slug_of
from ..tables.folders import merged_table
from .methods import implied_coverage, places_by_coverage, places_by_intention, places_by_norm

from .rows import (  # isort: skip
    CHILDREN, RESIDENTS, Case, Future, Method, given, given_by, lacking, make_case, method_row, middle,
    printed_row, projected, rows_of, table_at,
)  # fmt: skip

NORM, ESTATES = "daycare_places_per_1000", "daycare_places_per_1000_new_estates"


def plan_places(case: Case) -> dict:
    """The places that the plan needs or will have, as printed."""
    row = case.figure("daycare_places_needed", "projection", "target", "actual")
    row = case.figure("daycare_places_total", "target") if row is None else row
    return printed_row(case, "plan_places", row, "no_places_planned")


def norm_places(case: Case) -> dict:
    """The user's norm per 1000 residents; else the plan's, else the nation's."""
    if case.norm is not None:
        places = places_by_norm(case.counts["residents"], case.norm)
        inputs = [given("norm_own", value=case.norm), RESIDENTS]
        return method_row("norm_places", places, inputs) | {"norm": float(case.norm)}
    row = case.figure(NORM, "target")
    row = case.printed.required("china", NORM, "target") if row is None else row
    places, inputs = places_by_norm(case.counts["residents"], row["value"]), [given_by(row, "norm"), RESIDENTS]
    line = method_row("norm_places", places, inputs, row["source"], observations=[row["observation"]])
    return line | {"norm": float(row["value"])}


def new_estates(case: Case) -> dict:
    """The plan's norm for new estates; how many people will live there, no plan prints."""
    row = case.figure(ESTATES, "target", "standard")
    if row is None:
        return lacking("new_estates", "no_norm_of_estates")
    printed = {"sources": row["source"], "observations": [row["observation"]]}
    inputs = [given_by(row, "norm_of_estates")]
    if case.new_residents is None:
        return method_row("new_estates", inputs=[*inputs, given("no_residents_of_estates", joint="apart")], **printed)
    inputs.append(given("residents_of_estates", value=case.new_residents))
    return method_row("new_estates", places_by_norm(case.new_residents, row["value"]), inputs, **printed)


def coverage(case: Case) -> dict:
    """Two targets of coverage, and the middle between them."""
    table = merged_table("assumptions", case.root)  # two rows of one parameter, by year of the target
    table = table[table["parameter"] == "daycare_coverage"]
    table = table[table["area"].isna() | (table["area"] == case.area)].sort_values("value")
    ends = table["value"].iloc[[0, -1]].tolist()
    low, high = (places_by_coverage(case.counts["children"], value) for value in ends)
    inputs = [CHILDREN, given("coverage", low=ends[0], high=ends[1])]
    return method_row("coverage", (low + high) / 2, inputs, ";".join(table["source"]), lower=low, upper=high)


def coverage_own(case: Case) -> dict | None:
    """A coverage of the user's own."""
    if case.coverage is None:
        return None
    inputs = [CHILDREN, given("coverage_own", value=case.coverage)]
    return method_row("coverage_own", places_by_coverage(case.counts["children"], case.coverage), inputs)


def intention(case: Case) -> dict:
    """From present use to stated wish: the area's own figures, else the range of those that publish them."""
    found = {}
    for what in ("use", "wish"):
        rows = case.printed.of(f"daycare_{what}_pct")
        mine = rows[rows["area"] == case.area]
        found[what] = rows if mine.empty else mine
    if any(rows.empty for rows in found.values()):
        return lacking("intention", "no_wish")
    use, wish = found["use"]["value"].min(), found["wish"]["value"].max()
    low, high = (places_by_intention(case.counts["children"], pct / 100) for pct in (use, wish))
    asked, inputs = pd.concat(list(found.values())), [CHILDREN, given("use_and_wish", use=use, wish=wish)]
    others = sorted(set(asked["area"]) - {case.area})
    if others:
        areas = [find_area(each, case.root)[["name_zh", "name_en"]].to_dict() for each in others]
        inputs.append(given("figures_of", joint="apart", areas=areas))
    sources, ids = ";".join(asked["source"].unique()), asked["observation"]
    return method_row("intention", (low + high) / 2, inputs, sources, lower=low, upper=high, observations=ids)


_ALL = plan_places, norm_places, new_estates, coverage, coverage_own, intention
METHODS: Mapping[str, Method] = {method.__name__: method for method in _ALL}


def triangulate_places(
    area: str, year: int, *, scenario: str | Scenario = "medium", population: Future = None,
    norm: float | None = None, coverage: float | None = None, new_residents: float | None = None, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Daycare places needed in a year by every method that the published figures allow, one row per method.

    A norm per 1000 residents ignores how many children there are: look at `implied_coverage` beside it.

    norm : [places per 1000 residents] your own in place of the plan's, in the method `norm_places`
    coverage : [share, 0-1] of the children under 3, a wish of your own: a further row
    new_residents : [persons] who will live in new estates; without them that method has no number
    Returns DataFrame: as `triangulate_beds`, in places (central is the middle where only a range is known), with
        `implied_coverage` [places per child aged 0-2 in that year]

    >>> triangulate_places("jingdezhen", 2025).set_index("method").central["plan_places"]
    np.float64(7367.0)
    """
    population = projected(population, area, year, scenario, root)
    case = make_case("places", area, population, root, norm=norm, coverage=coverage, new_residents=new_residents)
    frame = table_at(case, rows_of(case, METHODS), year)
    children = middle(case.at(case.counts["children"], year))
    frame.insert(list(frame).index("sources") + 1, "implied_coverage", implied_coverage(frame["central"], children))
    return frame


def daycare_fees(area: str, *, root: Root = None) -> pd.DataFrame:
    """Printed caps on the fees of inclusive (普惠) daycare, a year of them, and what a household is said to spend.

    Costs are from a survey that the plan quotes; whether they hold daycare fees is not said.
    Returns DataFrame: group (6_12m, 12_24m, 24_36m, mixed), cap [yuan a month], cap_year [yuan for twelve months],
        cost_year [yuan a year that a child is said to cost], of_cost_pct [percent], source, observation; empty without
        a cap

    >>> daycare_fees("jingdezhen").set_index("group").of_cost_pct["24_36m"]
    np.float64(102.0)
    """
    slug, printed = slug_of(area, root), figures_at(root)
    cost = printed.first(slug, "child_cost_per_year", "actual")
    yearly = np.nan if cost is None else float(cost["value"])
    rows = []
    for group in ("6_12m", "12_24m", "24_36m", "mixed"):
        cap = printed.first(slug, f"daycare_price_cap_{group}", "standard", "target")
        if cap is not None:
            month, year = float(cap["value"]), 12 * float(cap["value"])
            rows.append([group, month, year, yearly, 100 * year / yearly, cap["source"], cap["observation"]])
    columns = ["group", "cap", "cap_year", "cost_year", "of_cost_pct", "source", "observation"]
    return pd.DataFrame(rows, columns=columns)
