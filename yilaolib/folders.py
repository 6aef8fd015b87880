"""Our folder of tables and a user's, laid over each other; what was read once is kept while no file changes."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pandas as pd

from .errors import DataError, did_you_mean
from .tables import (
    Fault,
    data_folder,
    empty_table,
    key_of,
    parse,
    read_csv,
    refuse,
    schema_of,
    table_names,
)


def merged_table(name: str, root: str | Path | None = None) -> pd.DataFrame:
    """Return our table with a user's rows laid over it; shared by all callers, so never change it."""
    schema_of(name)  # an unknown name first
    root = as_folder(root)
    return _merged(name, root, stamp(root))


def as_folder(root: str | Path | None) -> Path | None:
    """Return a user's folder as a full path, None for none; a DataError when there is no such folder."""
    if root is None:
        return None
    folder = Path(root).expanduser().resolve()
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise DataError(f"The data folder {str(root)!r} {what}. Give a folder with tables such as observations.csv.")
    return folder


def user_files(root: str | Path | None) -> dict[str, Path]:
    """Return the tables that a user's folder holds, by name; a nearly right file name is a DataError."""
    folder = as_folder(root)
    if folder is None:
        return {}
    files, misnamed = folder_files(folder)
    refuse(misnamed)
    return files


def folder_files(folder: Path) -> tuple[dict[str, Path], list[Fault]]:
    """Return the tables in a folder by name, and a fault for every CSV file that is nearly named as one."""
    files, misnamed, names = {}, [], table_names()
    for path in sorted(folder.iterdir()):
        if path.suffix.casefold() != ".csv":
            continue
        if path.suffix == ".csv" and path.stem in names:
            files[path.stem] = path
        elif near := difflib.get_close_matches(path.stem.casefold(), names, n=1, cutoff=0.8):
            message = (
                f"{path.name} in {str(folder)!r} is not the name of a table. Did you mean '{near[0]}.csv'? "
                f"Rename it, or move it elsewhere. The tables are {', '.join(names)}."
            )
            misnamed.append(Fault(near[0], None, "", "file", message))
    return files, misnamed


def overlay(name: str, ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Lay a user's rows over ours: equal keys, and overlapping age groups of one block, are replaced.

    A replaced row keeps its place and a new one comes last; tables by year or age are sorted by their key.
    """
    key = schema_of(name)["primaryKey"]
    names = key_of(ours, key), key_of(theirs, key)
    keep = ~names[0].isin(set(names[1]))
    if "age" in key and "n" in ours:
        block = [field for field in key if field != "age"]
        spans = [
            pd.DataFrame({"block": key_of(f, block), "low": f["age"], "high": f["age"] + f["n"].fillna(999)})
            for f in (ours.reset_index(drop=True), theirs)
        ]
        pairs = spans[0].reset_index().merge(spans[1], on="block", suffixes=("", "_theirs"))
        overlap = (pairs["low"] < pairs["high_theirs"]) & (pairs["low_theirs"] < pairs["high"])
        keep &= ~pd.Series(range(len(ours)), index=ours.index).isin(pairs.loc[overlap, "index"])
    both = pd.concat([ours[keep], theirs])
    if {"year", "age"} & set(key):
        return both.sort_values(key, kind="stable", na_position="first")
    place = {label: place for place, label in enumerate(names[0])}
    places = [place.get(label, len(ours)) for label in (*names[0][keep], *names[1])]
    return both.iloc[sorted(range(len(both)), key=places.__getitem__)]


def orphans(name: str, frame: pd.DataFrame, lookup: dict[str, pd.DataFrame]) -> Iterator[Fault]:
    """Yield a fault for every cell of `frame` that names a row which is not in the table it refers to."""
    labels = key_of(frame, schema_of(name)["primaryKey"])
    for link in schema_of(name).get("foreignKeys", []):
        field, target = link["fields"][0], link["reference"]["resource"] or name
        known = set(lookup[target][link["reference"]["fields"][0]])
        for line, value in frame[field][frame[field].notna() & ~frame[field].isin(known)].items():
            message = (
                f"{name}.csv line {line} ({labels[line]}): {field} {value!r} is not in {target}.csv."
                f"{did_you_mean(value, known)} Mend it, or add it to {target}.csv."
            )
            yield Fault(name, line, field, "foreign-key", message)


def stamp(root: str | Path | None) -> tuple:
    """Tell the state of all files: any change of one of them makes cached tables stale."""
    ours = [data_folder() / f"{name}.csv" for name in table_names()]
    files = [*(path for path in ours if path.exists()), *user_files(root).values()]
    return tuple((str(path), (stat := os.stat(path)).st_mtime_ns, stat.st_size) for path in files)


@lru_cache(maxsize=256)
def _merged(name: str, root: Path | None, state: tuple) -> pd.DataFrame:
    path = data_folder() / f"{name}.csv"
    if not path.exists():
        raise DataError(f"Table {name!r} has no file {path}. Install yilaolib again, or restore the file.")
    if root is None:
        return _read(name, path, strict=True)
    ours = _merged(name, None, stamp(None))
    theirs = _read(name, user_files(root)[name]) if name in user_files(root) else empty_table(name)
    if theirs.empty:
        return ours
    links = {link["reference"]["resource"] for link in schema_of(name).get("foreignKeys", [])}
    lookup = {target: merged_table(target, root) for target in links if target}
    both = overlay(name, ours, theirs)
    refuse(list(orphans(name, theirs, {**lookup, name: both})))
    return both


def _read(name: str, path: Path, strict: bool = False) -> pd.DataFrame:
    sheet, faults = read_csv(path)
    refuse(faults)
    frame, faults = parse(name, sheet, strict=strict)
    refuse(faults)
    return frame
