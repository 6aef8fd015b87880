"""One printed figure of a plan, with its source: the look-up behind need, supply and reports."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .data import find_area, load_table


def printed(
    area: str, indicator: str, *, kind: str | None = None, year: int | None = None, root: str | Path | None = None
) -> pd.DataFrame:
    """Rows of `observations` for an area and a concept that print a number, the most telling first.

    The same figure may be printed in a table and in the text, for several years, and not always alike. Tables come
    before text, firm figures before approximate ones, and later years before earlier ones.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    indicator : str
        Slug of table `indicators`.
    kind : {'actual', 'target', 'projection', 'standard'}, optional
    year : int, optional
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        Rows of `observations`; empty when nothing is printed.

    Examples
    --------
    >>> printed("jingdezhen", "elder_beds_total", kind="target").value.iloc[0]
    np.float64(10500.0)
    """
    slug = find_area(area, root=root)["area"]
    table = load_table("observations", area=slug, root=root)
    table = table[(table["indicator"] == indicator) & table["value"].notna()]
    if kind is not None:
        table = table[table["kind"] == kind]
    if year is not None:
        table = table[table["year"] == year]
    order = pd.DataFrame(
        {
            "own": ~table["observation"].str.startswith(f"{slug}."),
            "text": table["observation"].str.contains(".text", regex=False),
            "approx": table["comparator"].eq("approx"),
            "doubt": table["note"].str.startswith("DOUBT").fillna(False),
            "late": -table["year"].fillna(0).astype(int),
        }
    )
    return table.loc[order.sort_values(list(order)).index]


def figure(
    area: str, indicator: str, *, kind: str | None = None, year: int | None = None, root: str | Path | None = None
) -> pd.Series | None:
    """The first row of `printed`, or None when the documents print no such number.

    Examples
    --------
    >>> figure("jingdezhen", "elder_beds_gap").value
    np.float64(6441.0)
    >>> figure("haian", "births") is None
    True
    """
    rows = printed(area, indicator, kind=kind, year=year, root=root)
    return None if rows.empty else rows.iloc[0]
