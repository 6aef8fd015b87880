"""One account for old and young: what both need in staff, floor area and capital, on one table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..childcare import triangulate_places
from ..core.errors import DataError
from ..data import find_area, load_table
from ..eldercare import triangulate_beds
from ..projection import Scenario
from ..tabling.figures import Figures, figures_at
from .costs import bed_cost
from .need import leading_method, projected
from .staff import care_staff, childcare_staff

NAMES = {
    "eldercare": ("养老", "eldercare"),
    "childcare": ("托育", "childcare"),
    "both": ("一老一小合计", "both together"),
}
COUNTED = ["staff", "staff_short", "floor_new_m2", "floor_old_m2", "capital_lower", "capital_central", "capital_upper"]


def care_account(
    area: str,
    year: int,
    *,
    bed_method: str | None = None,
    place_method: str | None = None,
    bed_methods: pd.DataFrame | None = None,
    place_methods: pd.DataFrame | None = None,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Need, staff, floor area and capital of eldercare and childcare side by side, and together.

    The account holds for the two methods that it names; another method gives another account. Beds are staffed at
    judged ratios, places at the official ones.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year] Within the projection.
    bed_method : str, optional
        A method of `triangulate_beds`; by default the plan's norm, else today's ratio, else 3 %.
    place_method : str, optional
        A method of `triangulate_places`; by default the norm per 1000 residents.
    bed_methods, place_methods : DataFrame, optional
        As from `triangulate_beds` and `triangulate_places` for the year, made before.
    scenario, population, root
        As in `triangulate_beds`.

    Returns
    -------
    DataFrame
        Indexed by eldercare, childcare, both: name_zh, name_en, method, need, with_pipeline, short [beds or places],
        staff [workers for the need], staff_target [workers, printed], staff_short [workers], floor_new_m2 and
        floor_old_m2 [m2, were every household of the census in new, or in existing, estates with the plan's m2 per
        100 homes], capital_lower, capital_central, capital_upper [yuan for what is short], sources. Missing where not
        published; both adds what both have.

    Raises
    ------
    DataError
        Unknown area, scenario or method.

    Examples
    --------
    >>> account = care_account("yingtan", 2025)
    >>> print(account.method.tolist()[:2], round(account.floor_old_m2["eldercare"]))
    ['norm', 'norm_places'] 55863
    """
    slug = find_area(area, root=root)["area"]
    if population is None:
        population = projected(slug, year, scenario, root)
    if bed_methods is None:
        bed_methods = triangulate_beds(slug, year, population=population, root=root)
    if place_methods is None:
        place_methods = triangulate_places(slug, year, population=population, root=root)
    beds, places = _choose(bed_methods, bed_method, "beds"), _choose(place_methods, place_method, "places")
    old = care_staff(slug, year, beds=beds["central"], population=population, root=root)
    old = old[(old["role"] == "care_worker") & (old["level"] == "all")].iloc[0]
    young = childcare_staff(slug, places["central"], root=root).iloc[-1]
    cost = bed_cost(root=root).set_index("unit")
    rows = {
        "eldercare": _line(beds, old, cost.loc["new_bed"]) | _floor(slug, "eldercare", root),
        "childcare": _line(places, young, cost.loc["new_place"]) | _floor(slug, "daycare", root),
    }
    frame = pd.DataFrame(rows).T
    both = {column: frame[column].astype(float).sum(skipna=False) for column in COUNTED}
    frame = pd.concat([frame, pd.DataFrame([both], index=["both"])])
    frame.insert(0, "name_zh", [NAMES[name][0] for name in frame.index])
    frame.insert(1, "name_en", [NAMES[name][1] for name in frame.index])
    numbers = [column for column in frame if column not in ("name_zh", "name_en", "method", "sources")]
    return frame.astype(dict.fromkeys(numbers, float))


def _choose(methods: pd.DataFrame, wanted: str | None, what: str) -> pd.Series:
    """The row of the wanted method, or of the leading one."""
    rows = methods.set_index("method", drop=False)
    if wanted is not None and wanted not in rows.index:
        raise DataError(f"method {wanted!r} is not known; choose one of {', '.join(rows.index)}.")
    return rows.loc[wanted or leading_method(what, rows.index[rows["central"].notna()])]


def _line(need: pd.Series, staff: pd.Series, cost: pd.Series) -> dict:
    short = max(need["gap_pipeline"], 0.0) if pd.notna(need["gap_pipeline"]) else np.nan
    line = {"method": need["method"], "need": need["central"], "with_pipeline": need["with_pipeline"], "short": short}
    line |= {"staff": staff["central"], "staff_target": staff["target"], "staff_short": staff["short"]}
    line |= {f"capital_{bound}": short * cost[bound] for bound in ("lower", "central", "upper")}
    return line | {"sources": f"{need['sources']};{cost['sources']}"}


def _floor(area: str, stem: str, root: str | Path | None) -> dict:
    """Floor area at the plan's m2 per 100 homes, for the households of the latest census."""
    series = load_table("series", area=area, root=root)
    homes = series[series["indicator"] == "households"].sort_values("year")["value"]
    count = homes.iloc[-1] if len(homes) else np.nan
    printed: Figures = figures_at(root)
    floor = {}
    for age in ("new", "old"):
        row = printed.first(area, f"{stem}_m2_per_100_homes_{age}_estates", "standard", "target")
        floor[f"floor_{age}_m2"] = np.nan if row is None else count * row["value"] / 100
    return floor
