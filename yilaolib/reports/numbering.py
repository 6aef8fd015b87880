"""What the cells of one report share: language, folder of the tables, numbers of figures and tables, references."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from ..errors import DataError

WORDS = {
    "zh": {"figure": "图", "table": "表", "data": "图中数据", "used": "用于", "row": "数据行", "comma": "、"},
    "en": {"figure": "Figure", "table": "Table", "data": "Data of this figure", "used": "used in", "row": "source row"}
    | {"comma": ", "},
}

settings = {"lang": "zh", "tables_dir": ""}
_numbers: dict[str, list[str]] = {"figure": [], "table": []}
_references: dict[str, list[tuple[str, str, str]]] = {}  # id on the page: (id of the link to it, kind, key)

Links = Mapping[str, Sequence["str | Sequence[tuple[str, str]] | None"]]


def set_display(*, lang: str = "zh", tables_dir: str | os.PathLike = "") -> None:
    """Set the language and the folder for CSV files of all that follows, and number from 1 again.

    Parameters
    ----------
    lang : {"zh", "en"}
        Language of the words that this module adds (图 1, 未公布).
    tables_dir : str or path
        Folder for one CSV file a table; empty = none are written.

    Examples
    --------
    >>> set_display(lang="en")
    """
    if lang not in WORDS:
        raise DataError(f"lang must be 'zh' or 'en'; it is {lang!r}.")
    settings.update(lang=lang, tables_dir=os.fspath(tables_dir))
    for keys in _numbers.values():
        keys.clear()
    _references.clear()


def numbered(kind: str, key: str, lang: str, number: int | None = None) -> str:
    """Return "图 1" or "Table 2": the number of the first showing, so that a cell run again keeps it."""
    keys = _numbers[kind]
    if number is None:
        if key not in keys:
            keys.append(key)
        number = keys.index(key) + 1
    return f"{WORDS[lang][kind]} {number}"


def forget(kind: str, key: str) -> None:
    """Drop the references of a figure or table that is about to be shown (again)."""
    for found in _references.values():
        found[:] = [each for each in found if each[1:] != (kind, key)]


def refer(target: str, kind: str, key: str) -> str:
    """Note a link from a figure's data or a table to an id of the page; return the id for the link itself."""
    anchor = f"ref-{key}-{sum(each[1:] == (kind, key) for found in _references.values() for each in found) + 1}"
    _references.setdefault(target, []).append((anchor, kind, key))
    return anchor


def references(target: str, lang: str) -> list[tuple[str, str]]:
    """Return (id, "表 7") of the first link from each figure and table to an id of the page."""
    first: dict[tuple[str, str], str] = {}
    for anchor, kind, key in _references.get(target, ()):
        first.setdefault((kind, key), anchor)
    return [(anchor, numbered(kind, key, lang)) for (kind, key), anchor in first.items()]
