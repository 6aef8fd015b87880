"""What documents print: the figures of an area, the most telling first; and the documents behind a frame, cited."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError, did_you_mean
from .areas import find_area, load_table
from .folders import as_root, merged_table, stamp
from .schema import package

NAMING = {"source", "sources", "observation", "observations"}  # columns that lead to documents


def printed(
    area: str, indicator: str, *, kind: str | None = None, year: int | None = None, root: str | Path | None = None
) -> pd.DataFrame:
    """Rows of `observations` for an area and a concept that print a number, the most telling first.

    The same figure may be printed in a table and in the text, for several years, and not always alike. Tables come
    before text, firm figures before approximate ones, and later years before earlier ones.

    Parameters
    ----------
    area : str; slug, Chinese or English name, or adcode
    indicator : str; slug of table `indicators`, or its name there in Chinese or English
    kind : {'actual', 'target', 'stage', 'projection', 'standard'}, optional
    year : int, optional
    root : path, optional; a folder or workbook of your own

    Returns
    -------
    DataFrame: rows of `observations`; empty when nothing is printed

    DataError: for an unknown area or indicator.

    Examples
    --------
    >>> printed("jingdezhen", "elder_beds_total", kind="target").value.iloc[0]
    np.float64(10500.0)
    """
    slug, concepts = find_area(area, root=root)["area"], merged_table("indicators", root).set_index("indicator")
    if indicator not in concepts.index:  # or a slip would look like what is not published
        names = {concepts[column][code]: code for column in ("name_en", "name_zh") for code in concepts.index}
        if indicator not in names:
            raise DataError(
                f"indicator {indicator!r} is not in indicators.csv.{did_you_mean(indicator, [*concepts.index, *names])}"
                ' yl.load_table("indicators") lists all.'
            )
        indicator = names[indicator]
    table = load_table("observations", area=slug, root=root)
    table = table[(table["indicator"] == indicator) & table["value"].notna()]
    if kind is not None:
        table = table[table["kind"] == kind]
    if year is not None:
        table = table[table["year"] == year]
    return table.loc[_order(table, slug)]


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


def _order(table: pd.DataFrame, slug: str) -> pd.Index:
    """Index of the rows, the most telling first."""
    # ids begin with the plan that prints the figure; a figure in another area's plan comes last, your own rows do not
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
    """Printed figures by area and concept, sorted once for many look-ups; `figures_at` makes it."""

    def __init__(self, observations: pd.DataFrame) -> None:
        self.table = observations[observations["value"].notna()].reset_index(drop=True)
        self.places = self.table.groupby(["area", "indicator"]).indices
        self.concepts = self.table.groupby("indicator").indices
        self.kinds = self.table["kind"].to_numpy(dtype=object)

    def of(self, indicator: str) -> pd.DataFrame:
        """All rows of a concept, of whatever area."""
        return self.table.iloc[self.concepts.get(indicator, [])]

    def first(self, area: str, indicator: str, *kinds: str) -> pd.Series | None:
        """As `figure`, for a slug; of several kinds, the first that prints a number."""
        rows = self.places.get((area, indicator), [])
        for kind in kinds:
            found = [row for row in rows if self.kinds[row] == kind]
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
    return Figures(merged_table("observations", root))


def cite(frame_or_sources: object, root: str | Path | None = None) -> pd.DataFrame:
    """List the documents behind a frame, each with a citation that can be read.

    Parameters
    ----------
    frame_or_sources : DataFrame, Dataset, str or iterable of str
        A frame with a column `source`; one with `sources` ("a;b"), or with `observation` or `observations` (ids of
        printed figures, which are looked up); anything with `attrs["sources"]`, as a projection; or ids of documents.
    root : path, optional; a folder or workbook of your own with more sources

    Returns
    -------
    DataFrame: one row a document, in the order of first use: source, citation, and the other columns of `sources`

    DataError: when an id is unknown, or there is nothing to cite by.

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.cite("un-wpp-2024")["citation"][0]
    '联合国经济和社会事务部人口司 United Nations, ... (World Population Prospects 2024). 2024-07-11...'
    """
    sources = merged_table("sources", root).set_index("source", drop=False)
    ids = list(dict.fromkeys(_source_ids(frame_or_sources, root)))
    for source in ids:
        if source not in sources.index:
            raise DataError(
                f"source {source!r} is not in sources.csv.{did_you_mean(source, sources.index)} "
                'yl.load_table("sources") lists all.'
            )
    cited = sources.loc[ids].reset_index(drop=True).copy()
    cited.insert(1, "citation", pd.Series([_citation(row) for _, row in cited.iterrows()], dtype="str"))
    return cited


def _source_ids(given: Any, root: str | Path | None) -> Iterable[str]:
    """The documents that a thing names: in its columns, through the printed figures it lists, and in its attrs."""
    if isinstance(given, str):
        return [given]
    columns = given if isinstance(given, pd.DataFrame | pd.Series) else {}
    behind = getattr(given, "attrs", {}).get("sources")
    if behind is not None or not NAMING.isdisjoint(columns):
        return [*_in_columns(columns, root), *_flat(behind or ())]
    if isinstance(given, pd.Series):
        return given.dropna()
    if isinstance(given, Iterable) and not hasattr(given, "attrs"):
        return given
    raise DataError(
        f"A {type(given).__name__} without a column 'source' and without attrs['sources'] cannot be cited. "
        "Give a frame as load_table returns it, a projection, or the ids of documents."
    )


def _in_columns(columns: pd.DataFrame | pd.Series | dict, root: str | Path | None) -> Iterable[str]:
    if "source" in columns:
        return _flat(columns["source"])
    # Computed rows list documents as "a;b", and words such as "not published" where there is none.
    listed = [part for cell in _flat(columns.get("sources", ())) for part in cell.split(";")]
    known = merged_table("sources", root)["source"]
    printed = merged_table("observations", root).set_index("observation")["source"]
    figures = [name for column in ("observation", "observations") for name in _flat(columns.get(column, ()))]
    return [*printed.reindex(figures).dropna(), *(name for name in listed if name in set(known))]


def _flat(cells: Any) -> list[str]:
    """Ids of one cell, or of a column whose cells hold an id, several, or none."""
    if isinstance(cells, str):
        return [cells]
    return [name for cell in cells if isinstance(cell, str | tuple | list) for name in _flat(cell)]


def _citation(row: pd.Series) -> str:
    titles = [row[title] for title in ("title_zh", "title_en") if isinstance(row[title], str)]
    title = f"{titles[0]} ({titles[1]})" if len(titles) == 2 else "".join(titles)
    draft = f"Draft for comment ({package()['codesZh']['draft'][0]})" if row["status"] == "draft" else None
    parts = [row["issuer"], title, row["document_number"], row["issued"], draft, row["url"]]
    return ". ".join(part for part in parts if isinstance(part, str) and part) + "."
