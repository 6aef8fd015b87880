"""Find and read the tables, look up an area, cite the documents behind a figure.

The tables are CSV files described by one schema, `datapackage.json`. `root` is a folder or workbook of your own
with tables of the same names: its rows are added to ours, and on equal keys replace ours.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError, did_you_mean
from .folders import as_root, merged_table, quiet_table, stamp, user_files
from .schema import note, package, rules_of, schema_of, table_names
from .sheets import plain_name

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


ZH_ENDINGS = re.compile("(?<=..)(特别行政区|(壮族|回族|维吾尔)?自治区|自治[州县旗]|地区|林区|[省市县区盟旗])$")
EN_ENDINGS = re.compile("(?<=..)(province|city|county|prefecture|municipality|district)$")


def load_table(name: str, *, area: object = None, root: str | os.PathLike | None = None) -> pd.DataFrame:
    """Load one table, typed by its schema; what a document does not publish is missing, never 0.

    `adcode` is text: "360200", not 360200. With `area`, rows of a table whose area may be empty
    (`assumptions`: the defaults for all areas) stay in.

    Parameters
    ----------
    name : str
        One of `list_tables()`.
    area : str or int, optional
        Only rows of this area; whatever `find_area` accepts.
    root : path, optional
        A folder or workbook (.xlsx) of your own. Its rows are added to ours and on equal keys replace ours. In tables
        by age, ours also give way where the age groups overlap (your 0-4 replaces our 0 and 1-4).

    Returns
    -------
    DataFrame
        Fresh rows, yours to change; `describe_table(name)` has the columns and their units. Text is `str`,
        whole numbers `Int64`, other numbers `float64`.

    Raises
    ------
    DataError
        For an unknown table or area, and for a broken file: one sentence with line and field.

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.load_table("areas", area="景德镇市")[["area", "adcode", "name_en"]]
             area  adcode     name_en
    0  jingdezhen  360200  Jingdezhen
    """
    if area is None:
        frame = merged_table(name, root).reset_index(drop=True)
    else:
        if "area" not in quiet_table(name, root):
            raise DataError(
                f"Table {name!r} has no column 'area', so area={area!r} cannot choose its rows. Leave area out."
            )
        slug = find_area(area, root)["area"]
        note(name, slug)
        frame = _rows_of_area(name, slug, as_root(root), stamp(root))
    # A deep copy: copy-on-write does not guard an extension array that is written through `.array`.
    return frame.copy()


def list_tables(root: str | Path | None = None) -> list[str]:
    """Return the names of the tables, in the order of the schema.

    Parameters
    ----------
    root : path, optional
        A folder or workbook of your own; it is only looked at for misspelt file names.

    Returns
    -------
    list of str

    Raises
    ------
    DataError
        When the folder does not exist, or holds a CSV file that is nearly named as a table.

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.list_tables()[:4]
    ['areas', 'sources', 'indicators', 'observations']
    """
    user_files(root)
    return table_names()


def describe_table(name: str, root: str | Path | None = None) -> pd.DataFrame:
    """Return the columns of a table with type, unit and meaning.

    Parameters
    ----------
    name : str
        One of `list_tables()`.
    root : path, optional
        As in `load_table`; a folder of your own has the same columns.

    Returns
    -------
    DataFrame
        One row a column: field, type, unit (empty for text), description.

    Raises
    ------
    DataError
        For an unknown table.

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.describe_table("population").loc[5, ["field", "type", "unit"]].tolist()
    ['persons', 'number', 'persons']
    """
    user_files(root)
    keys = ["field", "type", "unit", "description"]
    fields = [{"field": field["name"], **field} for field in schema_of(name)["fields"]]
    return pd.DataFrame([[field.get(key, "") for key in keys] for field in fields], columns=keys)


def find_area(query: object, root: str | os.PathLike | None = None) -> pd.Series:
    """Return the row of `areas` that a slug, a name or an adcode means.

    A name that means two places (吉林 is a province and a city) is refused; write it in full or use the slug.

    Parameters
    ----------
    query : str or int
        Slug, Chinese name with or without 市 or 县, English name, or six-digit adcode; in any case and width.
    root : path, optional
        A folder or workbook of your own with more areas.

    Returns
    -------
    Series
        area, level, adcode, name_zh, name_en, parent, note.

    Raises
    ------
    DataError
        For an unknown or ambiguous area.

    Examples
    --------
    >>> import yilaolib as yl
    >>> [yl.find_area(query)["area"] for query in ("景德镇", "Hai'an", 360600)]
    ['jingdezhen', 'haian', 'yingtan']
    """
    text = f"{query:.0f}" if isinstance(query, float) else str(query)
    exact, loose, rows = _area_names(as_root(root), stamp(root))
    plain = plain_name(text)
    found = exact.get(plain) or loose.get(_bare(plain)) or set()
    if len(found) == 1:
        note("areas", min(found))
        return rows[min(found)].copy()
    areas = quiet_table("areas", root)
    label = areas.set_index("area")["name_zh"]
    if found:
        meant = " or ".join(f"{slug!r} ({label[slug]})" for slug in sorted(found))
        raise DataError(f"area {query!r} may mean {meant}. Write the slug or the full name.")
    near = difflib.get_close_matches(plain, list(exact), n=1, cutoff=0.6)
    slug = min(exact[near[0]]) if near else ""
    hint = f" Did you mean {slug!r} ({label[slug]})?" if near else ""
    raise DataError(f'area {query!r} is not in areas.csv.{hint} yl.load_table("areas") lists all.')


def data_version() -> str:
    """Return the version of the data, which is apart from the library's."""
    return package()["version"]


def _bare(plain: str) -> str:
    return EN_ENDINGS.sub("", ZH_ENDINGS.sub("", plain))


@lru_cache(maxsize=8)
def _area_names(root: Path | None, state: tuple) -> tuple[dict[str, set], dict[str, set], dict[str, pd.Series]]:
    exact, loose = {}, {}
    areas = quiet_table("areas", root)
    rows = {row["area"]: row for _, row in areas.iterrows()}
    for slug, *names in areas[["area", "adcode", "name_zh", "name_en"]].itertuples(index=False):
        for name in (slug, *(name for name in names if isinstance(name, str))):
            exact.setdefault(plain_name(name), set()).add(slug)
            loose.setdefault(_bare(plain_name(name)), set()).add(slug)
    return exact, loose, rows


@lru_cache(maxsize=256)
def _rows_of_area(name: str, slug: str, root: Path | None, state: tuple) -> pd.DataFrame:
    return quiet_table(name, root).iloc[_rows_by_area(name, root, state).get(slug, [])].reset_index(drop=True)


@lru_cache(maxsize=32)
def _rows_by_area(name: str, root: Path | None, state: tuple) -> dict[str, list[int]]:
    """Where the rows of each area are: with 2,800 counties, looking through all rows each time is slow."""
    column = quiet_table(name, root)["area"]
    rows = {slug: list(places) for slug, places in column.groupby(column).indices.items()}
    if "area" in schema_of(name)["primaryKey"] and not rules_of(name, "area").get("required"):
        for_all = [place for place, empty in enumerate(column.isna()) if empty]
        rows = {slug: sorted([*for_all, *rows.get(slug, [])]) for slug in quiet_table("areas", root)["area"]}
    return rows
