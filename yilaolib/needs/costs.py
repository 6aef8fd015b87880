"""What beds and places cost, by the plans' own project lists; capital to close a gap; operating subsidy.

New building and rebuilding are kept apart. Prices are those of the plans (2021-2025) and are not adjusted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..data import find_area, load_table
from ..places.ranges import area_values, assumed_range
from ..projection import Scenario
from ..tabling.figures import figures_at
from ..tabling.uses import instead
from .bedneed import elderly_path
from .care import SURVEY, care_need, institution_shares
from .need import at_year, projected

YUAN = 10_000  # projects are printed in 万元
UNITS = {
    "yuan_per_new_bed": "beds_new",
    "yuan_per_renovated_bed": "beds_renovated",
    "yuan_per_place": "places_new",
    "yuan_per_m2": "floor_area_m2",
}
SUBSIDY = {"severe": "operating_subsidy_disabled", "moderate": "operating_subsidy_semi_disabled"}


def project_costs(area: str | None = None, *, root: str | Path | None = None) -> pd.DataFrame:
    """Unit costs of every listed project, those that fall out of line named.

    A project that builds homes and a hospital, or rebuilds and adds, has no clean cost per bed: see `work` and `note`.

    Parameters
    ----------
    area : str, optional
        Slug, Chinese or English name, or adcode; all plans by default.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        area, project_no, name_zh, category, work (new, rebuilt, or empty where the type is not printed),
        yuan_per_new_bed, yuan_per_renovated_bed, yuan_per_place, yuan_per_m2, m2_per_bed; outlier: the unit costs that
        are more than three times (`cost_outlier_times`, judged) above or below the median of their category in all
        plans (for m2, of their kind of work too); source, note.

    Raises
    ------
    DataError
        Unknown area.

    Examples
    --------
    >>> costs = project_costs("lianshui").set_index("project_no")
    >>> costs.outlier["12"], costs.yuan_per_new_bed["3"]
    ('yuan_per_place', np.float64(83333.33))
    """
    with instead("project_costs"):
        table = load_table("projects", root=root)
    yuan = table["investment_10k_yuan"] * YUAN
    work = table["type"].map({"新建": "new", "改建": "rebuilt", "改扩建": "rebuilt"}).fillna("")
    keep = table[["area", "project_no", "name_zh", "category"]].assign(work=work)
    for unit, count in UNITS.items():
        keep[unit] = yuan / table[count].astype(float).where(table[count] > 0)
    beds = table["beds_new"].fillna(0) + table["beds_renovated"].fillna(0)
    keep["m2_per_bed"] = table["floor_area_m2"] / beds.astype(float).where(beds > 0)
    names, most = [], assumed_range("cost_outlier_times", root=root).value
    for unit in UNITS:
        alike = [keep["category"], keep["work"]] if unit == "yuan_per_m2" else [keep["category"]]
        times = keep[unit] / keep[unit].groupby(alike).transform("median")
        names.append(pd.Series(np.where((times > most) | (times < 1 / most), unit, ""), index=keep.index))
    keep["outlier"] = pd.concat(names, axis=1).agg(lambda row: ", ".join(name for name in row if name), axis=1)
    keep = keep.assign(source=table["source"], note=table["note"])
    if area is None:
        return keep
    return keep[keep["area"] == find_area(area, root=root)["area"]].reset_index(drop=True)


def bed_cost(area: str | None = None, *, root: str | Path | None = None) -> pd.DataFrame:
    """Range of unit costs over listed projects: per new and renovated bed, per occupied bed, per place and m2.

    Few projects print beds, so a city's own list is often too short: without `area`, all plans count.

    Parameters
    ----------
    area : str, optional
        Slug, Chinese or English name, or adcode: its own list only.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        unit (new_bed, occupied_bed, renovated_bed, new_place, eldercare_m2_new, eldercare_m2_rebuilt, childcare_m2),
        lower, central (median), upper [yuan], projects (how many), outliers (named; they are left out of the range),
        sources, note. An occupied bed is a new bed at the target occupancy.

    Raises
    ------
    DataError
        Unknown area.

    Examples
    --------
    >>> bed_cost().set_index("unit").central[["new_bed", "renovated_bed"]].round(-2).tolist()
    [83300.0, 10400.0]
    """
    table = project_costs(area, root=root)
    elder, child = table["category"].isin(["eldercare", "health"]), table["category"] == "childcare"
    new, rebuilt = table["work"] == "new", table["work"] == "rebuilt"
    occupancy = assumed_range("target_occupancy", root=root).value
    chosen = {
        "new_bed": ("yuan_per_new_bed", elder, 1.0, ""),
        "occupied_bed": (
            "yuan_per_new_bed",
            elder,
            1 / occupancy,
            f"new bed at an occupancy of {occupancy:g} (judged)",
        ),
        "renovated_bed": ("yuan_per_renovated_bed", elder, 1.0, "the bed exists already: never counted as new"),
        "new_place": ("yuan_per_place", child, 1.0, ""),
        "eldercare_m2_new": ("yuan_per_m2", elder & new, 1.0, ""),
        "eldercare_m2_rebuilt": ("yuan_per_m2", elder & rebuilt, 1.0, ""),
        "childcare_m2": ("yuan_per_m2", child, 1.0, "kindergartens with nurseries among them"),
    }
    rows = []
    for unit, (column, mask, times, note) in chosen.items():
        rows.append([unit, *_range_of(table[mask & table[column].notna()], column, times), note])
    columns = ["unit", "lower", "central", "upper", "projects", "outliers", "sources", "note"]
    return pd.DataFrame(rows, columns=columns)


def _range_of(rows: pd.DataFrame, column: str, times: float) -> list:
    """Lowest, median and highest without the outliers, the number of projects, the outliers' names, the sources."""
    out = rows["outlier"].str.contains(column, regex=False)
    named = ", ".join(f"{row.area} {row.project_no}" for row in rows[out].itertuples())
    values = rows.loc[~out, column] * times
    low, middle, high = (values.min(), values.median(), values.max()) if len(values) else [np.nan] * 3
    return [low, middle, high, len(values), named, ";".join(rows["source"].unique())]


def capital_cost(methods: pd.DataFrame, unit: str = "new_bed", *, root: str | Path | None = None) -> pd.DataFrame:
    """Capital to build what each method is short of, at the unit costs of the plans.

    Parameters
    ----------
    methods : DataFrame
        As from `triangulate_beds` or `triangulate_places`.
    unit : {'new_bed', 'new_place'}
        Unit of `bed_cost`.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        method, name_zh, name_en, short [beds or places: central need above stock and pipeline, 0 where they are
        enough], lower, central, upper [yuan], sources. Missing where the method has no number.

    Examples
    --------
    >>> from yilaolib.eldercare import triangulate_beds
    >>> capital = capital_cost(triangulate_beds("jingdezhen", 2025)).set_index("method")
    >>> print(capital.short["plan_beds"], round(capital.central["plan_beds"] / 1e8, 1), capital.central["utilisation"])
    2490.0 2.1 0.0
    """
    cost = bed_cost(root=root).set_index("unit").loc[unit]
    short = methods["gap_pipeline"].clip(lower=0)
    frame = methods[["method", "name_zh", "name_en"]].assign(short=short)
    frame = frame.assign(**{bound: short * cost[bound] for bound in ("lower", "central", "upper")})
    return frame.assign(sources=cost["sources"])


def operating_subsidy(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Operating subsidy of a year at the printed rates, were all expected residents in homes that get it.

    The rates are printed for private homes (民办) and residents actually taken in, so this is an upper figure.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year] Within the projection.
    scenario, population, root
        As in `care_staff`.

    Returns
    -------
    DataFrame
        level (severe for 失能, moderate for 半失能: judged), residents [persons], rate [yuan a month], lower, central,
        upper [yuan a year], source, observation (id of the rate). Without a printed rate, money is missing and source
        says not published.

    Raises
    ------
    DataError
        Unknown area or scenario.

    Examples
    --------
    >>> operating_subsidy("jingdezhen", 2025).rate.tolist()
    [200.0, 100.0]
    """
    slug = find_area(area, root=root)["area"]
    if population is None:
        population = projected(slug, year, scenario, root)
    need = care_need(at_year(elderly_path(population), year), measure=SURVEY, root=root)
    assumed = area_values(slug, root)
    printed = figures_at(root)
    rows = []
    for level, indicator in SUBSIDY.items():
        shares = [institution_shares(need, assumed, bound) for bound in ("lower", "value", "upper")]
        living = [(need * share).sel(level=level) for share in shares]
        residents = [float(np.median(value)) for value in living]
        row = printed.first(slug, indicator, "standard", "target")
        rate, *said = (np.nan, "not published", None) if row is None else row[["value", "source", "observation"]]
        rows.append([level, residents[1], rate, *(persons * rate * 12 for persons in residents), *said])
    columns = ["level", "residents", "rate", "lower", "central", "upper", "source", "observation"]
    return pd.DataFrame(rows, columns=columns)
