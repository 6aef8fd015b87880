"""Our tables and a user's, laid over each other; what was read once is kept while no file changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pandas as pd

from .ownarea import fill, needs_filling
from .roots import as_root, our_table, read_theirs, stamp, user_files
from .schema import empty_table, key_of, schema_of
from .sentences import Said, near_miss
from .sheets import Fault, Sheet, refuse
from .tables import parse
from .uses import note

__all__ = ["as_root", "merged_table", "orphans", "overlay", "own_areas", "read_table", "stamp"]


def merged_table(name: str, root: str | os.PathLike | None = None) -> pd.DataFrame:
    """Return our table with a user's rows laid over it; each caller has a frame of its own."""
    note(name)
    return quiet_table(name, root)


def quiet_table(name: str, root: str | os.PathLike | None = None) -> pd.DataFrame:
    """Return what `merged_table` does, for a caller that notes itself which rows it uses."""
    schema_of(name)  # an unknown name first
    root = as_root(root)
    shared = our_table(name) if root is None else _merged(name, root, stamp(root))
    return shared.copy(deep=False)  # what a caller writes into it is copied first, and the shared one stays as it is


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


def orphans(
    name: str, frame: pd.DataFrame, lookup: dict[str, pd.DataFrame], sheet: Sheet | None = None
) -> Iterator[Fault]:
    """Yield a fault for every cell of `frame` that names a row which is not in the table it refers to."""
    labels = key_of(frame, schema_of(name)["primaryKey"])
    sheet = sheet or Sheet(f"{name}.csv", [], [], [])
    for link in schema_of(name).get("foreignKeys", []):
        field, target = link["fields"][0], link["reference"]["resource"] or name
        known = set(lookup[target][link["reference"]["fields"][0]].dropna())
        place = f"{target}.csv" if sheet.letters is None else f"sheet {target!r}"  # where a user would add it
        for line, value in frame[field][frame[field].notna() & ~frame[field].isin(known)].items():
            near = near_miss(value, known)
            said = Said(
                f"{field} {value!r} is not in {place}.{near.en} Mend it, or add it to {place}.",
                f"{field} “{value}”不在 {target} 表中。{near.zh}请更正，或在 {target} 表中补上。",
            )
            yield sheet.fault(name, line, field, "foreign-key", said, key=labels[line])


@lru_cache(maxsize=256)
def _merged(name: str, root: Path, state: tuple) -> pd.DataFrame:
    ours = our_table(name)
    theirs, sheet = read_table(name, root) if name in user_files(root) else (empty_table(name), None)
    both = ours
    if not theirs.empty:
        links = {link["reference"]["resource"] for link in schema_of(name).get("foreignKeys", [])}
        lookup = {target: quiet_table(target, root) for target in links if target}
        both = overlay(name, ours, theirs)
        refuse(list(orphans(name, theirs, {**lookup, name: both}, sheet)))
    if needs_filling(name):
        filled = fill(name, both, lambda table: quiet_table(table, root), own_areas(root))
        both = both if filled.empty else overlay(name, both, filled)
    return both


def own_areas(root: Path) -> list[str]:
    """Return the places that a user adds to ours."""
    if "areas" not in user_files(root):
        return []
    theirs, ours = read_table("areas", root)[0]["area"], set(our_table("areas")["area"])
    return [area for area in theirs if area not in ours]


def read_table(name: str, root: Path) -> tuple[pd.DataFrame, Sheet]:
    """Read a user's table alone, typed, and the sheet that it stands on; what does not fit is a DataError."""
    sheet, faults = read_theirs(name, root)
    refuse(faults)
    frame, faults = parse(name, sheet)
    refuse(faults)
    return frame, sheet
