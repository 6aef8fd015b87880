"""The schema of all tables, `datapackage.json`: their columns, types, keys and units."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pandas as pd

from ..core.errors import DataError, did_you_mean

DTYPES = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean"}


@cache
def data_folder() -> Path:
    """Return the folder of our own tables: inside an installed wheel, or beside the package in a clone."""
    inside = Path(__file__).parents[1] / "_data"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "data"


@cache
def package() -> dict:
    """Return the schema of all tables, `datapackage.json`, as a dict that all share: never change it."""
    return json.loads((data_folder() / "datapackage.json").read_text(encoding="utf-8"))


@cache
def our_files() -> tuple[Path, ...]:
    """Return the files of our tables."""
    return tuple(path for name in table_names() if (path := data_folder() / f"{name}.csv").exists())


def table_names() -> list[str]:
    """Return the names of the tables in the order of the schema."""
    return [resource["name"] for resource in package()["resources"]]


def user_tables() -> list[str]:
    """Return the names of the tables that only users have; of these we hold no rows."""
    return [table["name"] for table in package()["userTables"]]


def schema_of(name: str) -> dict:
    """Return the schema of a table (fields, primaryKey, foreignKeys); an unknown name is a DataError."""
    for table in package()["resources"] + package()["userTables"]:
        if table["name"] == name:
            return table["schema"]
    raise DataError(
        f"There is no table {name!r}.{did_you_mean(name, table_names())} The tables are {', '.join(table_names())}."
    )


def fields_of(name: str) -> dict[str, dict]:
    """Return the columns of a table by name, in their order, as the schema describes them."""
    return {field["name"]: field for field in schema_of(name)["fields"]}


def rules_of(name: str, field: str) -> dict:
    """Return the constraints of one column, such as {"required": True}."""
    return next(f.get("constraints", {}) for f in schema_of(name)["fields"] if f["name"] == field)


def empty_table(name: str) -> pd.DataFrame:
    """Return a table without rows, with its columns and types."""
    return pd.DataFrame({f["name"]: pd.Series(dtype=DTYPES[f["type"]]) for f in schema_of(name)["fields"]})


def key_of(frame: pd.DataFrame, key: list[str]) -> pd.Series:
    """Return the key of every row as one readable text, such as "jingdezhen 2020 female 60"."""
    parts = [frame[field].astype(object).where(frame[field].notna(), "").astype(str) for field in key]
    text = parts[0]
    for part in parts[1:]:
        text = text + " " + part
    return text
