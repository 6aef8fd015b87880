"""What plans print of the years after the launch, beside the projection."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from ..data import load_table
from ..people.measures import persons
from .launches import nation_of, simulate
from .parameters import launch_of
from .scenarios import Scenario

AGED = {"population_total": 0, "population_60plus": 60, "population_65plus": 65}
SHARE = "population_60plus_share_pct"
TEN_MONTHS = 304 / 365  # January to October


def compare_with_plans(*, scenario: str = "medium", root: str | Path | None = None) -> pd.DataFrame:
    """What documents print of residents and births after an area's last census, beside its projection.

    Nothing is tuned to it. A printed projection of a plan is no outcome, and what a survey found is no register; only
    actual totals of residents would judge the launch. Registered people and targets are left out.

    Parameters
    ----------
    scenario : str, default "medium"
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        area, indicator, year, kind (actual or projection), printed, projected [persons, or births in ten months],
        difference_pct (projected against printed), source. `population_total_implied` is printed persons of 60 and over
        divided by their printed share.

    Examples
    --------
    >>> told = compare_with_plans().set_index(["area", "indicator"])
    >>> print(told.printed["jingdezhen", "population_60plus"], told.kind["jingdezhen", "population_60plus"])
    324100.0 projection
    """
    table = load_table("observations", root=root)
    wanted = table["indicator"].isin([*AGED, SHARE, "births_jan_oct"]) & table["value"].notna()
    table = table[wanted & (table["kind"] != "target") & (table["basis"].fillna("") != "registered")]
    places = load_table("areas", root=root).set_index("area")["level"]
    counted = load_table("population", root=root).groupby("area")["year"].max()
    here = table["area"].map(places).isin(["county", "prefecture"]) & table["area"].isin(counted.index)
    table = table[here & (table["year"] > table["area"].map(counted))]
    rows = []
    for (area, year), group in table.groupby(["area", "year"]):
        launch = launch_of(area, root)
        assumed = Scenario.load(scenario, area=area, root=root)
        path = simulate([launch], assumed, int(year), nation_of(root)).isel(area=0)
        figures = group.drop_duplicates("indicator").set_index("indicator")
        for name, row in figures.drop(index=SHARE, errors="ignore").iterrows():
            rows.append((area, name, year, row["kind"], row["value"], _projected(path, name, year), row["source"]))
        if {SHARE, "population_60plus"} <= set(figures.index):
            old, share = figures.loc["population_60plus"], figures.loc[SHARE, "value"]
            whole = (100 * old["value"] / share, _projected(path, "population_total", year), old["source"])
            rows.append((area, "population_total_implied", year, old["kind"], *whole))
    columns = ["area", "indicator", "year", "kind", "printed", "projected", "source"]
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(6, "difference_pct", 100 * (frame["projected"] / frame["printed"] - 1))
    return frame


def _projected(path: xr.Dataset, indicator: str, year: int) -> float:
    if indicator == "births_jan_oct":  # births of the calendar year carry the year end before
        return float(path.births.sum("sex").sel(year=year - 1)) * TEN_MONTHS
    return float(persons(path.sel(year=year), AGED[indicator]))
