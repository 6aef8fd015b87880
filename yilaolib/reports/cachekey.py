"""Content keys: two equal keys mean that a report would come out the same."""

from __future__ import annotations

import hashlib
import importlib
import json
from functools import lru_cache
from pathlib import Path

from ..tables.folders import as_root, quiet_table, stamp
from ..tables.schema import fields_of, table_names
from .librarykey import library_key
from .orders import Order

# What reports read of all plans at once: the result counts, not every row behind it.
DERIVED = {"compare_plans": "peers", "project_costs": "money"}  # function of a module in `needs`


def content_key(order: Order, uses: list[list[str]] | None = None, library: str | None = None) -> str:
    """Return a key of all that a report depends on: parameters, template, library, and the rows that it reads.

    Parameters
    ----------
    order : Order
        The report.
    uses : list of [table, area], optional
        What it read when it was made, by default everything. An empty area stands for the whole table,
        "column=value" for the rows with that value, and a table of `DERIVED` for the result of that function.
    library : str, optional
        Key of the library that makes the report, by default of this one as its files are now. A batch takes it once
        and hands it down, so that what somebody saves meanwhile is not taken for what its reports were made with.
    """
    root = order.parameters.get("data") or None
    # Whatever was read, an area is found by its row and those above it, and documents are cited from one table.
    reads = {tuple(use) for use in uses} | {("sources", "")} if uses else {(name, "") for name in table_names()}
    # Whether a place above was counted decides what is taken from it.
    reads |= {(name, slug) for slug in _with_ancestors(order.area, root) for name in ("areas", "population")}
    reads |= {(name, order.area) for name in table_names() if "area" in fields_of(name)}  # its own rows in any case
    described = {
        "parameters": {name: value for name, value in order.parameters.items() if name not in ("tables_dir", "data")},
        "data": Path(root).name if root else "",  # it is named at the foot of the page
        "template": hashlib.sha256(order.template.read_bytes()).hexdigest(),
        "library": library or library_key(),
        "rows": {f"{table}/{area}": _rows(table, area, root) for table, area in sorted(reads)},
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _with_ancestors(area: str, root: str | None) -> list[str]:
    parents = dict(quiet_table("areas", root)[["area", "parent"]].itertuples(index=False))
    found: list[str] = []
    above: str | None = area
    while isinstance(above, str) and above not in found:
        found.append(above)
        above = parents.get(above)
    return found


def _rows(table: str, area: str, root: str | None) -> str:
    return _rows_of_area(table, area, as_root(root), stamp(root))


@lru_cache(maxsize=100_000)
def _rows_of_area(table: str, area: str, root: Path | None, _state: tuple) -> str:
    """Return a key of rows as they are after merging: what is filled in from other tables counts too."""
    if table in DERIVED:
        rows = getattr(importlib.import_module(f"yilaolib.needs.{DERIVED[table]}"), table)(root=root)
        return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()
    rows = quiet_table(table, root)
    column, _, value = area.partition("=")
    if value:
        rows = rows[rows[column] == value]
    elif area and "area" in rows:
        rows = rows[(rows["area"] == area) | rows["area"].isna()]
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()
