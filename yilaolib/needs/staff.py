"""Staff for the elderly and the under-threes: who is needed, against what the plans count on.

The daycare ratios are official (托育机构设置标准); the ratios of elder care are judged and marked so.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..core.errors import DataError
from ..data import find_area
from ..places.ranges import area_values, assumed_range
from ..projection import Scenario
from ..tabling.figures import figures_at
from .bedneed import elderly_path
from .care import SURVEY, care_need, institution_shares
from .need import at_year, middle, middles, projected

CLASSES = {"6_12m": "乳儿班", "12_24m": "托小班", "24_36m": "托大班"}
STAFF_TARGET = {
    "care_worker": "eldercare_nursing_professionals",
    "social_worker": "social_workers_per_1000_elderly",
    "daycare_worker": "daycare_professionals",
}


def care_staff(
    area: str,
    year: int,
    *,
    beds: float | None = None,
    measure: str = SURVEY,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Care workers and social workers that the residents of homes need, by level of need, against the plan's target.

    The plan's count (养老护理专业人才) may be of trained people only, and of all services: compare with care.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year] Within the projection.
    beds : float, optional
        [beds] Staff so many beds instead, filled to the target occupancy, with the mix of levels of the need.
    measure : str, default "adl-clhls-2018"
        Measure of need, of table `care_rates`.
    scenario : str or Scenario, default "medium"
    population : Dataset, optional
        A projection made before.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        role (care_worker, social_worker), level (mild ... severe, or all), persons [residents, or persons 60+ of social
        workers], ratio [persons for each worker], lower, central, upper [workers], judged (True where the ratio is
        judgement), sources, observations (tuple: ids of the printed figures); in the rows of all levels present and
        target [workers] with present_year and target_year, short_now and short [workers: central less these]. Social
        workers are printed per 1000 elderly: present and target are those of the elderly of their own year.

    Raises
    ------
    DataError
        Unknown area, scenario or measure, or a year outside the projection.

    Examples
    --------
    >>> staff = care_staff("lianshui", 2025).set_index(["role", "level"])
    >>> staff.loc[("care_worker", "all"), "target"]
    np.float64(500.0)
    """
    slug = find_area(area, root=root)["area"]
    if population is None:
        population = projected(slug, year, scenario, root)
    elderly = elderly_path(population)
    need = care_need(at_year(elderly, year), measure=measure, root=root)
    assumed = area_values(slug, root)
    living = middles(need * institution_shares(need, assumed), "level")
    if beds is not None:
        occupied = beds * assumed_range("target_occupancy", table=assumed).value
        living = living * occupied / living.sum()
    rows = []
    for level, persons in living.items():
        ratio = assumed_range(f"residents_per_carer_{level}", table=assumed)
        workers = (persons / ratio.upper, persons / ratio.value, persons / ratio.lower)
        rows.append(["care_worker", level, persons, ratio.value, *workers, ratio.judged, ratio.source])
    columns = ["role", "level", "persons", "ratio", "lower", "central", "upper", "judged", "sources"]
    frame = pd.DataFrame(rows, columns=columns)
    whole = ["care_worker", "all", living.sum(), np.nan, *frame[["lower", "central", "upper"]].sum(), True, "judged"]
    old = elderly.sum(("sex", "age"))
    social = _social(slug, middle(at_year(old, year)), root)
    frame = pd.concat([frame, pd.DataFrame([whole, social], columns=columns)], ignore_index=True)
    return _with_targets(frame, slug, old, root)


def _social(slug: str, elderly: float, root: str | Path | None) -> list:
    """Social workers by the plan's number per 1000 elderly; without one, no number."""
    row = figures_at(root).first(slug, STAFF_TARGET["social_worker"], "target")
    workers = np.nan if row is None else elderly * row["value"] / 1000
    ratio = np.nan if row is None else 1000 / row["value"]
    source = "not published" if row is None else row["source"]
    return ["social_worker", "all", elderly, ratio, workers, workers, workers, False, source]


def _with_targets(frame: pd.DataFrame, slug: str, elderly: xr.DataArray, root: str | Path | None) -> pd.DataFrame:
    """Add what the plan prints as present and as target, and what the need is above them."""
    figures = figures_at(root)
    frame["observations"] = pd.Series([()] * len(frame), index=frame.index, dtype=object)
    for i, row in frame[frame["level"] == "all"].iterrows():
        for name, kind in (("present", "actual"), ("target", "target")):
            printed = figures.first(slug, STAFF_TARGET[row["role"]], kind)
            if printed is not None:
                scale = _thousands(elderly, printed["year"]) if row["role"] == "social_worker" else 1.0
                frame.at[i, "observations"] += (printed["observation"],)
                frame.loc[i, [name, f"{name}_year"]] = [printed["value"] * scale, printed["year"]]
    columns = ("present", "present_year", "target", "target_year")
    frame = frame.reindex(columns=[*frame, *(c for c in columns if c not in frame)])
    frame = frame.astype({"present_year": "Int64", "target_year": "Int64"})
    return frame.assign(short_now=frame["central"] - frame["present"], short=frame["central"] - frame["target"])


def _thousands(elderly: xr.DataArray, year: int) -> float:
    """Thousands of elderly in the year of a printed ratio; missing where that year is not projected."""
    return middle(at_year(elderly, year)) / 1000 if year in elderly["year"].to_numpy() else np.nan


def childcare_staff(area: str, places: float | None = None, *, root: str | Path | None = None) -> pd.DataFrame:
    """Daycare staff and classes that a number of places needs at the official ratios, against the plan's staff target.

    One worker to 3, 5 and 7 children (乳儿班, 托小班, 托大班) is the least allowed while the class is open; leave,
    management and kitchen come on top. How places fall on the three classes is judged: no plan prints it.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    places : float, optional
        [places] By default the plan's target, else its present places.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        group (6_12m, 12_24m, 24_36m, all), name_zh, places [places], ratio [children a worker], central [workers],
        class_size [children], classes [classes], target [workers] with target_year and short [workers] in the row all,
        sources, observations (tuple: ids of the printed figures). Without any printed number of places the numbers
        are missing.

    Raises
    ------
    DataError
        Unknown area, or negative places.

    Examples
    --------
    >>> childcare_staff("jingdezhen", 1000).set_index("group").central.round(1).to_dict()
    {'6_12m': 16.7, '12_24m': 50.0, '24_36m': 100.0, 'all': 166.7}
    """
    slug = find_area(area, root=root)["area"]
    printed, assumed = figures_at(root), area_values(slug, root)
    if places is None:
        row = printed.first(slug, "daycare_places_total", "target", "actual")
        places = np.nan if row is None else float(row["value"])
    if places < 0:
        raise DataError(f"places is {places:g}; it must be 0 or more.")
    rows = []
    for group, name in CLASSES.items():
        rule = printed.required("china", f"daycare_children_per_carer_{group}", "standard")
        size = printed.required("china", f"daycare_class_size_max_{group}", "standard")
        here = places * assumed_range(f"enrolled_share_{group}", table=assumed).value
        values = [here, rule["value"], here / rule["value"], size["value"], here / size["value"]]
        rows.append([group, name, *values, f"{rule['source']};judged", (rule["observation"], size["observation"])])
    columns = ["group", "name_zh", "places", "ratio", "central", "class_size", "classes", "sources", "observations"]
    frame = pd.DataFrame(rows, columns=columns)
    sums = {column: frame[column].sum(min_count=1) for column in ("places", "central", "classes")}
    goal = printed.first(slug, STAFF_TARGET["daycare_worker"], "target")
    last = {"sources": frame["sources"].iloc[0], "observations": () if goal is None else (goal["observation"],)}
    frame.loc[len(frame)] = pd.Series({"group": "all", "name_zh": "合计", **sums, **last})
    whole = frame["group"] == "all"
    frame["target"] = np.where(whole, np.nan if goal is None else goal["value"], np.nan)
    frame["target_year"] = pd.Series([goal["year"] if goal is not None and x else None for x in whole], dtype="Int64")
    return frame.assign(short=frame["central"] - frame["target"])
