"""What a printed supply amounts to: the present stock, what opens by a year, the way to the target."""

from __future__ import annotations

import numpy as np
import pandas as pd

TOTAL = {"beds": "elder_beds_total", "places": "daycare_places_total"}  # of all kinds together
WIDEST = ("elder_beds_total", "elder_beds_institution", "daycare_places_total")  # what a need is set against


def stock_of(supply: pd.DataFrame) -> pd.Series | None:
    """Return the printed present supply of the widest kind (a row of `supply`), or None when none is printed.

    Examples
    --------
    >>> from yilaolib.needs.supply import bed_supply
    >>> stock_of(bed_supply("jingdezhen")).stock
    np.float64(4059.0)
    """
    stocks = supply[supply["role"] == "stock"].set_index("kind", drop=False)
    kinds = [kind for kind in WIDEST if kind in stocks.index]
    return stocks.loc[kinds[0]] if kinds else None


def opening(supply: pd.DataFrame, year: int, after: int | None = None) -> pd.DataFrame:
    """Return the rows of the project list that open by a year; undated ones are taken as open.

    Those that open in the year of the stock or before may be in the stock already: `after` leaves them out.

    Examples
    --------
    >>> from yilaolib.needs.supply import bed_supply
    >>> beds = bed_supply("lianshui")
    >>> opening(beds, 2023)["stock"].tolist(), opening(beds, 2023, after=2022)["stock"].tolist()
    ([120.0, 60.0, 100.0], [100.0])
    """
    listed = supply[supply["role"] == "pipeline"]
    opens = listed["year"].isna() | ((listed["year"] <= year) & (listed["year"] > (after or 0)))
    return listed[opens.fillna(True).astype(bool)]


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
    >>> from yilaolib.needs.supply import place_supply
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
