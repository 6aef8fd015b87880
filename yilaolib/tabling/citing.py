"""From figures to the documents behind them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.errors import DataError, did_you_mean
from .folders import merged_table, quiet_table

NAMING = {"source", "sources", "observation", "observations"}  # columns that lead to documents


def cite(frame_or_sources: object, root: str | Path | None = None) -> pd.DataFrame:
    """List the documents behind a frame, each with a citation that can be read.

    Parameters
    ----------
    frame_or_sources : DataFrame, Dataset, str or iterable of str
        A frame with a column `source`; one with `sources` ("a;b"), or with `observation` or `observations` (ids of
        printed figures, which are looked up); anything with `attrs["sources"]`, as a projection; or ids of documents.
    root : path, optional
        A folder or workbook of your own with more sources.

    Returns
    -------
    DataFrame
        One row a document, in the order of first use: source, citation, and the other columns of `sources`.

    Raises
    ------
    DataError
        When an id is unknown, or there is nothing to cite by.

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
    printed = quiet_table("observations", root).set_index("observation")["source"]
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
    draft = "Draft for comment (征求意见稿)" if row["status"] == "draft" else None
    parts = [row["issuer"], title, row["document_number"], row["issued"], draft, row["url"]]
    return ". ".join(part for part in parts if isinstance(part, str) and part) + "."
