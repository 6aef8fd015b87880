"""What there is and what is planned: beds and daycare places as printed, by kind, with the project list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from .data import find_area, load_table
from .figures import figure

BED_KINDS = ("elder_beds_total", "elder_beds_institution", "elder_beds_community", "elder_beds_public_homes")
PLACE_KINDS = ("daycare_places_total", "daycare_places_inclusive")
COLUMNS = ["kind", "role", "year", "stock", "occupied", "name_zh", "name_en", "source", "note"]


def bed_supply(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """Printed stocks of beds of an area, what it plans to have, and the new beds of its project list.

    Kinds are kept apart: a plan's total may count institutions only or all services. Renovated beds are not new.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        kind (slug of the indicator, or `pipeline`), role (stock, target, pipeline), year (missing where a project
        has no date), stock [beds], occupied [beds] (missing when not published), name_zh, name_en, source, note.

    Raises
    ------
    DataError
        Unknown area.

    Examples
    --------
    >>> bed_supply("jingdezhen").query("kind == 'elder_beds_public_homes'")[["stock", "occupied"]].to_numpy().tolist()
    [[2163.0, 740.0]]
    """
    return _supply(area, BED_KINDS, "beds_new", root)


def place_supply(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """Printed daycare places (托位) of an area, what it plans to have, and the new places of its project list.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        As `bed_supply`, in places; `occupied` is missing, since no plan prints attendance by place.

    Raises
    ------
    DataError
        Unknown area.

    Examples
    --------
    >>> place_supply("jingdezhen").query("kind == 'daycare_places_total'").set_index("role").stock.to_dict()
    {'stock': 4036.0, 'target': 7367.0}
    """
    return _supply(area, PLACE_KINDS, "places_new", root)


def _supply(area: str, kinds: tuple[str, ...], new: str, root: str | Path | None) -> pd.DataFrame:
    slug = find_area(area, root=root)["area"]
    names = load_table("indicators", root=root).set_index("indicator")
    rows = []
    for kind in kinds:
        for role, wanted in (("stock", "actual"), ("target", "target")):
            row = figure(slug, kind, kind=wanted, root=root)
            if row is None:
                continue
            residents = figure(slug, kind.replace("beds", "residents"), kind="actual", root=root)
            occupied = residents["value"] if role == "stock" and "beds" in kind and residents is not None else np.nan
            label = names.loc[kind]
            rows.append(
                [
                    kind,
                    role,
                    row["year"],
                    row["value"],
                    occupied,
                    label["name_zh"],
                    label["name_en"],
                    row["source"],
                    row["note"],
                ]
            )
    projects = load_table("projects", area=slug, root=root)
    for project in projects[projects[new].notna()].itertuples():
        rows.append(
            [
                "pipeline",
                "pipeline",
                project.end,
                getattr(project, new),
                np.nan,
                project.name_zh,
                project.name_zh,
                project.source,
                project.note,
            ]
        )
    return pd.DataFrame(rows, columns=COLUMNS).astype({"year": "Int64", "stock": float, "occupied": float})


def supply_path(supply: pd.DataFrame, kind: str, years: np.ndarray) -> pd.Series:
    """Supply of a kind year by year: the stock, a straight line to the target, and the target from then on.

    Parameters
    ----------
    supply : DataFrame
        As from `bed_supply` or `place_supply`.
    kind : str
        For example `elder_beds_total`.
    years : array of int
        [year]

    Returns
    -------
    Series
        [beds or places] indexed by `year`; missing before the first year with a published figure. `attrs["held"]` is
        True when no target is published, so that the stock is held.

    Examples
    --------
    >>> supply_path(place_supply("jingdezhen"), "daycare_places_total", np.array([2020, 2025, 2030])).tolist()
    [4036.0, 7367.0, 7367.0]
    """
    points = supply[(supply["kind"] == kind) & supply["year"].notna()].sort_values("year")
    path = pd.Series(np.nan, index=pd.Index(years, name="year"), name="supply")
    path.attrs["held"] = not (points["role"] == "target").any()
    if len(points):
        path[:] = np.interp(years, points["year"].astype(float), points["stock"])
        path[path.index < int(points["year"].iloc[0])] = np.nan
    return path
