"""Load a table, whole or of one area; find an area by any of its names.

`root` is a folder or workbook of your own with tables of the same names: its rows are added to ours, and on equal keys
replace ours.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ..errors import DataError, nearest
from .folders import as_root, merged_table, stamp, user_files
from .schema import fields_of, package, rules_of, schema_of, table_names
from .sheets import plain_name

ZH_ENDINGS = re.compile("(?<=..)(特别行政区|(壮族|回族|维吾尔)?自治区|自治[州县旗]|地区|林区|[省市县区盟旗])$")
EN_ENDINGS = re.compile("(?<=..)(province|city|county|prefecture|municipality|district)$")


def load_table(name: str, *, area: object = None, root: str | os.PathLike | None = None) -> pd.DataFrame:
    """Load one table, typed by its schema; what a document does not publish is missing, never 0.

    `adcode` is text: "360200", not 360200. With `area`, rows of a table whose area may be empty
    (`assumptions`: the defaults for all areas) stay in.

    Parameters
    ----------
    name : str; one of `list_tables()`
    area : str or int, optional; only rows of this area; whatever `find_area` accepts
    root : path, optional
        A folder or workbook (.xlsx) of your own. Its rows are added to ours and on equal keys replace ours. In tables
        by age, ours also give way where the age groups overlap (your 0-4 replaces our 0 and 1-4).

    Returns
    -------
    DataFrame
        Fresh rows, yours to change; `describe_table(name)` has the columns and their units. Text is `str`,
        whole numbers `Int64`, other numbers `float64`.

    DataError: for an unknown table or area, and for a broken file: one sentence with line and field.

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
        if "area" not in fields_of(name):
            raise DataError(
                f"Table {name!r} has no column 'area', so area={area!r} cannot choose its rows. Leave area out."
            )
        slug = find_area(area, root)["area"]
        frame = _rows_of_area(name, slug, as_root(root), stamp(root))
    # A deep copy: copy-on-write does not guard an extension array that is written through `.array`.
    return frame.copy()


@lru_cache(maxsize=256)
def _rows_of_area(name: str, slug: str, root: Path | None, state: tuple) -> pd.DataFrame:
    return merged_table(name, root).iloc[_rows_by_area(name, root, state).get(slug, [])].reset_index(drop=True)


@lru_cache(maxsize=32)
def _rows_by_area(name: str, root: Path | None, state: tuple) -> dict[str, list[int]]:
    """Where the rows of each area are: with 2,800 counties, looking through all rows each time is slow."""
    column = merged_table(name, root)["area"]
    rows = {slug: list(places) for slug, places in column.groupby(column).indices.items()}
    if "area" in schema_of(name)["primaryKey"] and not rules_of(fields_of(name)["area"]).get("required"):
        for_all = [place for place, empty in enumerate(column.isna()) if empty]
        rows = {slug: sorted([*for_all, *rows.get(slug, [])]) for slug in merged_table("areas", root)["area"]}
    return rows


def list_tables(root: str | Path | None = None) -> list[str]:
    """Return the names of the tables, in the order of the schema; a misspelt file name in `root` is a DataError.

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.list_tables()[:4]
    ['areas', 'sources', 'indicators', 'observations']
    """
    user_files(root)
    return table_names()


def describe_table(name: str, root: str | Path | None = None) -> pd.DataFrame:
    """Return the columns of a table: field, type, unit (empty for text), description; a row each.

    A folder of your own (`root`) has the same columns. An unknown table is a DataError.

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.describe_table("population").loc[5, ["field", "type", "unit"]].tolist()
    ['persons', 'number', 'persons']
    """
    user_files(root)
    keys = ["field", "type", "unit", "description"]
    fields = [{"field": column, **field} for column, field in fields_of(name).items()]
    return pd.DataFrame([[field.get(key, "") for key in keys] for field in fields], columns=keys)


def find_area(query: object, root: str | os.PathLike | None = None) -> pd.Series:
    """Return the row of `areas` that a slug, a name or an adcode means.

    A name that means two areas (吉林 is a province and a city) is refused; write it in full or use the slug.

    Parameters
    ----------
    query : str or int
        Slug, Chinese name with or without 市 or 县, English name, or six-digit adcode; in any case and width.
    root : path, optional; a folder or workbook of your own with more areas

    Returns
    -------
    Series: area, level, adcode, name_zh, name_en, parent, note

    DataError: for an unknown or ambiguous area.

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
        return rows[min(found)].copy()
    if found:
        meant = " or ".join(f"{slug!r} ({rows[slug]['name_zh']})" for slug in sorted(found))
        raise DataError(f"area {query!r} may mean {meant}. Write the slug or the full name.")
    near = nearest(plain, exact)
    slug = min(exact[near]) if near else ""
    hint = f" Did you mean {slug!r} ({rows[slug]['name_zh']})?" if near else ""
    raise DataError(f'area {query!r} is not in areas.csv.{hint} yl.load_table("areas") lists all.')


def _bare(plain: str) -> str:
    return EN_ENDINGS.sub("", ZH_ENDINGS.sub("", plain))


@lru_cache(maxsize=8)
def _area_names(root: Path | None, state: tuple) -> tuple[dict[str, set], dict[str, set], dict[str, pd.Series]]:
    exact, loose = {}, {}
    areas = merged_table("areas", root)
    rows = {row["area"]: row for _, row in areas.iterrows()}
    for slug, *names in areas[["area", "adcode", "name_zh", "name_en"]].itertuples(index=False):
        for name in (slug, *(name for name in names if isinstance(name, str))):
            exact.setdefault(plain_name(name), set()).add(slug)
            loose.setdefault(_bare(plain_name(name)), set()).add(slug)
    return exact, loose, rows


def data_version() -> str:
    """Return the version of the data, which is apart from the library's."""
    return package()["version"]
