"""Load a table, whole or of one area; find an area by any of its names.

`root` is a folder or workbook of your own with tables of the same names: its rows are added to ours, and on equal keys
replace ours.
"""

from __future__ import annotations

import math
import os
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ..errors import DataError, nearest
from .finding import TOLD
from .folders import as_root, merged_table, names_of, population_of, stamp, user_files
from .schema import fields_of, package, rules_of, schema_of, table_names


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
    if name == "population":
        return population_of(slug, root).reset_index(drop=True)
    places, for_all = _places(name, root, state)
    rows = sorted([*for_all, *places.get(slug, [])])
    return merged_table(name, root).iloc[rows].reset_index(drop=True)


@lru_cache(maxsize=32)
def _places(name: str, root: Path | None, state: tuple) -> tuple[dict[str, list[int]], list[int]]:
    """Where the rows of each area are, and those that hold for all: to look through all rows each time is slow."""
    column = merged_table(name, root)["area"]
    of_all = "area" in schema_of(name)["primaryKey"] and not rules_of(fields_of(name)["area"]).get("required")
    empty = [place for place, empty in enumerate(column.isna()) if empty] if of_all else []
    return column.groupby(column).indices, empty


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

    A name that several areas share (鼓楼区) is refused with all of them; write the city before it.

    Parameters
    ----------
    query : str or int
        Slug, six-digit adcode, Chinese or English name with or without its type, in any case and width; with areas
        above it (江苏 南京 鼓楼, 南京市鼓楼区, "Gulou, Nanjing"); or a name or code of 2010 (海安县, 320621).
    root : path, optional; a folder or workbook of your own with more areas

    Returns
    -------
    Series: area, level, kind, adcode, name_zh, name_en, parent, note

    DataError: for an unknown or ambiguous area; its `choices` are a list of dicts, as the rows of `find_areas`.

    Examples
    --------
    >>> import yilaolib as yl
    >>> [yl.find_area(query)["area"] for query in ("景德镇", "Hai'an", 360600, "南京市鼓楼区")]
    ['jingdezhen', 'haian', 'yingtan', 'gulou-320106']
    """
    text, names = _text(query), names_of(as_root(root), stamp(root))
    found = names.meant(text)
    if len(found) == 1:
        areas, places = _area_rows(as_root(root), stamp(root))
        return areas.iloc[places[found[0]]].copy()
    if found:
        error = DataError(names.ambiguous(text, found))
        error.choices = names.choices(found)
        raise error
    near = nearest(text, names.near(text))
    slug = names.meant(near)[0] if near else ""
    hint = f" Did you mean {slug!r} ({names.rows[slug]['name_zh']})?" if near else ""
    raise DataError(f'area {query!r} is not in areas.csv.{hint} yl.load_table("areas") lists all.')


def _text(query: object) -> str:
    if isinstance(query, float):
        return "" if math.isnan(query) else f"{query:.0f}"
    return "" if query is None else str(query)


@lru_cache(maxsize=8)
def _area_rows(root: Path | None, state: tuple) -> tuple[pd.DataFrame, dict[str, int]]:
    areas = merged_table("areas", root)
    return areas, {slug: place for place, slug in enumerate(areas["area"])}


def find_areas(query: object, root: str | os.PathLike | None = None) -> pd.DataFrame:
    """Return all areas that a text may mean, by adcode; no row where there is none.

    Parameters
    ----------
    query, root : as for `find_area`

    Returns
    -------
    DataFrame: area, level, kind, adcode, name_zh, name_en, parent, path_zh, path_en (with province and prefecture)

    Examples
    --------
    >>> import yilaolib as yl
    >>> yl.find_areas("鼓楼区")["path_zh"].tolist()
    ['江苏省 南京市 鼓楼区', '江苏省 徐州市 鼓楼区', '福建省 福州市 鼓楼区', '河南省 开封市 鼓楼区']
    """
    names = names_of(as_root(root), stamp(root))
    return pd.DataFrame(names.choices(names.find(_text(query))), columns=[*TOLD, "path_zh", "path_en"], dtype="str")


def list_areas(
    parent: str | None = None, level: str | None = None, root: str | os.PathLike | None = None
) -> pd.DataFrame:
    """Return areas by adcode: the children of `parent`, all of a `level`, or all of a level anywhere inside `parent`.

    东莞, 中山, 嘉峪关 and 儋州 have no counties: those of level "county" do not cover China, use these prefectures too.

    Parameters
    ----------
    parent : str, optional; whatever `find_area` accepts
    level : {"nation", "province", "prefecture", "county"}, optional
    root : path, optional; a folder or workbook of your own with more areas

    Returns
    -------
    DataFrame: rows of `areas`

    Examples
    --------
    >>> import yilaolib as yl
    >>> len(yl.list_areas(level="county")), yl.list_areas("南京")["name_zh"].tolist()[:3]
    (2985, ['玄武区', '秦淮区', '建邺区'])
    """
    levels = rules_of(fields_of("areas")["level"])["enum"]
    if level is not None and level not in levels:
        raise DataError(f"level is {level!r}; it must be one of {', '.join(levels)}.")
    above = None if parent is None else find_area(parent, root)["area"]
    areas, places = _area_rows(as_root(root), stamp(root))
    inside = names_of(as_root(root), stamp(root)).inside(above, level)
    return areas.iloc[[places[slug] for slug in inside]].reset_index(drop=True)


def data_version() -> str:
    """Return the version of the data, which is apart from the library's."""
    return package()["version"]
