"""Load a table, find an area by any of its names, look up what documents print, cite the documents behind a frame.

`root` is a folder or workbook of your own with tables of the same names: its rows are added to ours, and on equal keys
replace ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import nearest, refusal
from .finding import LISTED, TOLD
from .folders import as_root, merged_table, names_of, stamp, user_files
from .schema import fields_of, one_of, package, rules_of, schema_of, table_names

Root = str | Path | None


def load_table(name: str, *, area: object = None, root: str | os.PathLike | None = None) -> pd.DataFrame:
    """Load one table, typed by its schema; what a document does not publish is missing, never 0.

    `area` keeps the rows of an area (whatever `find_area` accepts) and those that hold for all; `root` is a folder or
    workbook of your own, laid over ours: age groups that overlap give way. The frame is yours to change.
    DataError: for an unknown table or area, and for a broken file: one sentence with line and field.

    >>> load_table("areas", area="景德镇市")[["area", "adcode", "name_en"]]
             area  adcode     name_en
    0  jingdezhen  360200  Jingdezhen
    """
    frame = merged_table(name, root)
    if area is not None:
        if "area" not in frame:
            raise refusal("errors.tables.no_area_column", name=name, area=area)
        places, for_all = places_of(name, as_root(root), stamp(root))
        frame = frame.iloc[sorted([*for_all, *places.get(slug_of(area, root), [])])]
        return frame.reset_index(drop=True)
    # A deep copy: copy-on-write does not guard an extension array that is written through `.array`.
    return frame.reset_index(drop=True).copy()


@lru_cache(maxsize=32)
def places_of(name: str, root: Path | None, state: tuple) -> tuple[dict[str, list[int]], list[int]]:
    """Tell at which places of a table the rows of each area stand, and those that hold for all."""
    column = merged_table(name, root)["area"]
    of_all = "area" in schema_of(name)["primaryKey"] and not rules_of(fields_of(name)["area"]).get("required")
    return column.groupby(column).indices, list(column.isna().to_numpy().nonzero()[0]) if of_all else []


def list_tables(root: str | Path | None = None) -> list[str]:
    """Return the names of the tables, in the order of the schema; a misspelt file name in `root` is a DataError.

    >>> list_tables()[:3]
    ['areas', 'area_links', 'sources']
    """
    user_files(root)
    return table_names()


def describe_table(name: str, root: str | Path | None = None) -> pd.DataFrame:
    """Return the columns of a table: field, type, unit (empty for text), description; a row each.

    >>> describe_table("population").loc[5, ["field", "type", "unit"]].tolist()
    ['persons', 'number', 'persons']
    """
    user_files(root)
    keys = ["field", "type", "unit", "description"]
    fields = [{"field": column, **field} for column, field in fields_of(name).items()]
    return pd.DataFrame([[field.get(key, "") for key in keys] for field in fields], columns=keys)


def find_area(query: object, root: str | os.PathLike | None = None) -> pd.Series:
    """Return the row of `areas` that a slug, a name or an adcode means; one that several share (鼓楼区) is refused.

    Names and codes are of today or of 2010, with areas above them or without (江苏 南京 鼓楼, "Gulou, Nanjing").
    DataError: for an unknown or ambiguous area; its `choices` are a list of dicts, as the rows of `find_areas`.

    >>> [find_area(query)["area"] for query in ("景德镇", "Hai'an", 360600, "南京市鼓楼区")]
    ['jingdezhen', 'haian', 'yingtan', 'gulou-320106']
    """
    return _by_slug(as_root(root), stamp(root)).loc[slug_of(query, root)].copy()


def line_of(area: str, root: Root = None) -> list[str]:
    """Return the slugs of an area and of those that it lies in, the nearest first."""
    return [area, *names_of(as_root(root), stamp(root)).above(area)]


def slug_of(query: object, root: str | os.PathLike | None = None) -> str:
    """Return the slug of what `find_area` finds."""
    text, names = _text(query), names_of(as_root(root), stamp(root) if root else ())
    found = names.meant(text)
    if len(found) == 1:
        return found[0]
    if found:
        listed = [f"{slug} ({names.path(slug)})" for slug in found[:LISTED]]
        error = refusal("errors.ambiguous_area", query=text, listed=listed, more=len(found) - len(listed))
        error.choices = names.choices(found)
        raise error
    near = nearest(text, names.near(text))
    slug = names.meant(near)[0] if near else ""
    raise refusal("errors.unknown_area", query=repr(query), near=slug, name=names.rows[slug]["name_zh"] if near else "")


def _text(query: object) -> str:
    if isinstance(query, float):
        return f"{query:.0f}" if query == query else ""
    return "" if query is None else str(query)


_by_slug = lru_cache(maxsize=8)(lambda root, state: merged_table("areas", root).set_index("area", drop=False))


def find_areas(query: object, root: str | os.PathLike | None = None) -> pd.DataFrame:
    """Return all areas that a text may mean, as for `find_area`, by adcode; no row where there is none.

    The columns are area, level, kind, adcode, name_zh, name_en, parent, path_zh, path_en (from the province down).

    >>> find_areas("鼓楼区")["path_zh"].tolist()
    ['江苏省 南京市 鼓楼区', '江苏省 徐州市 鼓楼区', '福建省 福州市 鼓楼区', '河南省 开封市 鼓楼区']
    """
    names = names_of(as_root(root), stamp(root))
    return pd.DataFrame(names.choices(names.find(_text(query))), columns=[*TOLD, "path_zh", "path_en"], dtype="str")


def list_areas(
    parent: str | None = None, level: str | None = None, root: str | os.PathLike | None = None
) -> pd.DataFrame:
    """Return areas by adcode: the children of `parent`, all of a `level`, or all of a level anywhere inside `parent`.

    东莞, 中山, 嘉峪关 and 儋州 have no counties: those of level "county" do not cover China, use these prefectures too.

    >>> len(list_areas(level="county")), list_areas("南京")["name_zh"].tolist()[:3]
    (2985, ['玄武区', '秦淮区', '建邺区'])
    """
    levels = rules_of(fields_of("areas")["level"])["enum"]
    if level is not None:
        one_of("level", level, levels)
    above = None if parent is None else slug_of(parent, root)
    inside = names_of(as_root(root), stamp(root)).inside(above, level)
    return _by_slug(as_root(root), stamp(root)).loc[inside].reset_index(drop=True)


def data_version() -> str:
    """Return the version of the data, which is apart from the library's."""
    return package()["version"]


def printed(
    area: str, indicator: str, *, kind: str | None = None, year: int | None = None, root: str | Path | None = None
) -> pd.DataFrame:
    """Rows of `observations` for an area and a concept that print a number, the most telling first.

    Tables come before text, firm figures before approximate ones, and later years before earlier ones. `indicator` is
    a slug of table `indicators` or its name there; `kind` actual, target, stage, projection or standard.
    DataError: for an unknown area or indicator.

    >>> printed("jingdezhen", "elder_beds_total", kind="target").value.iloc[0]
    np.float64(10500.0)
    """
    slug, concepts = slug_of(area, root), merged_table("indicators", root).set_index("indicator")
    if indicator not in concepts.index:  # or a slip would look like what is not published
        names = {concepts[column][code]: code for column in ("name_en", "name_zh") for code in concepts.index}
        if indicator not in names:
            near = nearest(indicator, [*concepts.index, *names])
            raise refusal("errors.tables.unknown", what="indicator", came=indicator, near=near)
        indicator = names[indicator]
    table = figures_at(root).rows(slug, indicator)
    if kind is not None:
        table = table[table["kind"] == kind]
    return table if year is None else table[table["year"] == year]


def figure(
    area: str, indicator: str, *, kind: str | None = None, year: int | None = None, root: str | Path | None = None
) -> pd.Series | None:
    """The first row of `printed`, or None when the documents print no such number.

    >>> figure("jingdezhen", "elder_beds_gap").value
    np.float64(6441.0)
    """
    rows = printed(area, indicator, kind=kind, year=year, root=root)
    return None if rows.empty else rows.iloc[0]


class Figures:
    """Printed figures by area and concept, the most telling first: sorted once for many look-ups."""

    def __init__(self, observations: pd.DataFrame) -> None:
        rows = observations[observations["value"].notna()].reset_index(drop=True)
        # ids begin with the plan that prints the figure; one in another area's plan comes last, your own rows do not
        plan, names = rows["observation"].str.partition(".")[0], rows["observation"]
        order = pd.DataFrame(
            {
                "foreign": names.str.contains(".", regex=False) & (plan != rows["area"]),
                "text": names.str.contains(".text", regex=False),
                "approx": rows["comparator"].eq("approx"),
                "doubt": rows["note"].str.startswith("DOUBT").fillna(False),
                "late": -rows["year"].fillna(0).astype(int),
            }
        )
        self.table = rows.loc[order.sort_values(list(order)).index]
        self.places = self.table.groupby(["area", "indicator"]).indices
        self.concepts = self.table.groupby("indicator").indices
        self.kinds = self.table["kind"].to_numpy(dtype=object)

    def of(self, indicator: str) -> pd.DataFrame:
        """All rows of a concept, of whatever area."""
        return self.table.iloc[self.concepts.get(indicator, [])].sort_index()

    def rows(self, area: str, indicator: str) -> pd.DataFrame:
        """As `printed`, for slugs."""
        return self.table.iloc[self.places.get((area, indicator), [])]

    def first(self, area: str, indicator: str, *kinds: str) -> pd.Series | None:
        """As `figure`, for slugs; of several kinds, the first that prints a number."""
        places = self.places.get((area, indicator), [])
        place = next((place for kind in kinds for place in places if self.kinds[place] == kind), None)
        return None if place is None else self.table.iloc[place]

    def required(self, area: str, indicator: str, *kinds: str) -> pd.Series:
        """As `first`, for a number that our own tables print; a DataError where a user's tables blank it out."""
        row = self.first(area, indicator, *kinds)
        if row is None:
            raise refusal("errors.tables.no_value", indicator=indicator, area=area)
        return row


def figures_at(root: str | Path | None = None) -> Figures:
    """All printed figures of the tables, kept until one of the files changes."""
    return _figures(as_root(root), stamp(root))


_figures = lru_cache(maxsize=8)(lambda root, state: Figures(merged_table("observations", root)))


def cite(frame_or_sources: object, root: str | Path | None = None) -> pd.DataFrame:
    """List the documents behind a frame in the order of first use: source, citation, the other columns of `sources`.

    It takes a frame with a column `source`, `sources` ("a;b"), `observation` or `observations` (ids of printed
    figures); anything with `attrs["sources"]`; or ids. DataError: an unknown id, or nothing to cite by.

    >>> cite("un-wpp-2024")["citation"][0]
    '联合国经济和社会事务部人口司 United Nations, ... (World Population Prospects 2024). 2024-07-11...'
    """
    sources = merged_table("sources", root).set_index("source", drop=False)
    ids = list(dict.fromkeys(_source_ids(frame_or_sources, root)))
    for source in ids:
        if source not in sources.index:
            near = nearest(source, sources.index)
            raise refusal("errors.tables.unknown", what="source", came=source, near=near)
    cited = sources.loc[ids].reset_index(drop=True).copy()
    cited.insert(1, "citation", pd.Series([_citation(row) for _, row in cited.iterrows()], dtype="str"))
    return cited


def _source_ids(given: Any, root: str | Path | None) -> Iterable[str]:
    if isinstance(given, str):
        return [given]
    columns = given if isinstance(given, pd.DataFrame | pd.Series) else {}
    behind = getattr(given, "attrs", {}).get("sources")
    if behind is not None or not {"source", "sources", "observation", "observations"}.isdisjoint(columns):
        return [*_in_columns(columns, root), *_flat(behind or ())]
    if isinstance(given, pd.Series):
        return given.dropna()
    if isinstance(given, Iterable) and not hasattr(given, "attrs"):
        return given
    raise refusal("errors.tables.no_source", kind=type(given).__name__)


def _in_columns(columns: pd.DataFrame | pd.Series | dict, root: str | Path | None) -> Iterable[str]:
    if "source" in columns:
        return _flat(columns["source"])
    listed = [part for cell in _flat(columns.get("sources", ())) for part in cell.split(";")]  # or words where none is
    known = merged_table("sources", root)["source"]
    printed = merged_table("observations", root).set_index("observation")["source"]
    figures = [name for column in ("observation", "observations") for name in _flat(columns.get(column, ()))]
    return [*printed.reindex(figures).dropna(), *(name for name in listed if name in set(known))]


def _flat(cells: Any) -> list[str]:
    if isinstance(cells, str):
        return [cells]
    return [name for cell in cells if isinstance(cell, str | tuple | list) for name in _flat(cell)]


def _citation(row: pd.Series) -> str:
    titles = [row[title] for title in ("title_zh", "title_en") if isinstance(row[title], str)]
    title = f"{titles[0]} ({titles[1]})" if len(titles) == 2 else "".join(titles)
    draft = f"Draft for comment ({package()['codesZh']['draft'][0]})" if row["status"] == "draft" else None
    parts = [row["issuer"], title, row["document_number"], row["issued"], draft, row["url"]]
    return ". ".join(part for part in parts if isinstance(part, str) and part) + "."
