"""One printed figure of a plan, with its source: the look-up behind need, supply and reports."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd

from ..core.errors import DataError, did_you_mean
from ..data import find_area, load_table
from .folders import as_root, quiet_table, stamp
from .uses import note


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

    Raises
    ------
    DataError
        For an unknown area or indicator.

    Examples
    --------
    >>> printed("jingdezhen", "elder_beds_total", kind="target").value.iloc[0]
    np.float64(10500.0)
    """
    slug, known = find_area(area, root=root)["area"], set(quiet_table("indicators", root)["indicator"])
    if indicator not in known:  # or a slip would look like what is not published
        raise DataError(
            f"indicator {indicator!r} is not in indicators.csv.{did_you_mean(indicator, known)} "
            'yl.load_table("indicators") lists all.'
        )
    table = load_table("observations", area=slug, root=root)
    table = table[(table["indicator"] == indicator) & table["value"].notna()]
    if kind is not None:
        table = table[table["kind"] == kind]
    if year is not None:
        table = table[table["year"] == year]
    return table.loc[_order(table, slug)]


def _order(table: pd.DataFrame, slug: str) -> pd.Index:
    """Index of the rows, the most telling first."""
    # ids begin with the plan that prints the figure; a figure in another place's plan comes last, your own rows do not
    plan, dot = table["observation"].str.split(".", n=1).str[0], table["observation"].str.contains(".", regex=False)
    order = pd.DataFrame(
        {
            "foreign": dot & (plan != slug),
            "text": table["observation"].str.contains(".text", regex=False),
            "approx": table["comparator"].eq("approx"),
            "doubt": table["note"].str.startswith("DOUBT").fillna(False),
            "late": -table["year"].fillna(0).astype(int),
        }
    )
    return order.sort_values(list(order)).index


class Figures:
    """Printed figures by area and concept, sorted once for many look-ups; `figures_at` makes it.

    Examples
    --------
    >>> figures_at().first("jingdezhen", "elder_beds_total", "target").value
    np.float64(10500.0)
    """

    def __init__(self, observations: pd.DataFrame) -> None:
        self.table = observations[observations["value"].notna()].reset_index(drop=True)
        self.places = self.table.groupby(["area", "indicator"]).indices
        self.concepts = self.table.groupby("indicator").indices
        self.kinds = self.table["kind"].to_numpy(dtype=object)

    def of(self, indicator: str) -> pd.DataFrame:
        """All rows of a concept, of whatever place."""
        note("observations", f"indicator={indicator}")
        return self.table.iloc[self.concepts.get(indicator, [])]

    def first(self, area: str, indicator: str, *kinds: str) -> pd.Series | None:
        """As `figure`, for a slug; of several kinds, the first that prints a number."""
        note("observations", area)
        places = self.places.get((area, indicator), [])
        for kind in kinds:
            found = [place for place in places if self.kinds[place] == kind]
            if len(found) > 1:
                found = [_order(self.table.iloc[found], area)[0]]
            if found:
                return self.table.iloc[found[0]]
        return None

    def required(self, area: str, indicator: str, *kinds: str) -> pd.Series:
        """As `first`, for a number that our own tables print; a DataError where a user's tables blank it out."""
        row = self.first(area, indicator, *kinds)
        if row is None:
            raise DataError(f"observations has no value of {indicator} for {area}; add it to your own data folder.")
        return row


def figures_at(root: str | Path | None = None) -> Figures:
    """All printed figures of the tables, kept until one of the files changes."""
    return _figures(as_root(root), stamp(root))


@lru_cache(maxsize=8)
def _figures(root: Path | None, state: tuple) -> Figures:
    return Figures(quiet_table("observations", root))


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
