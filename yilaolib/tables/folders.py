"""Our tables and a user's, laid over each other; what was read once is kept while no file changes."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ..errors import DataError
from .ownarea import fill, needs_filling
from .printed import fold, show
from .schema import (
    Fault,
    Said,
    Sheet,
    data_folder,
    empty_table,
    key_of,
    near_miss,
    note,
    our_files,
    parse,
    read_csv,
    refuse,
    schema_of,
    table_names,
    user_tables,
)
from .sheets import TABLES_ZH, Grid, Raw, Spelling, plain_name, read_grids, sheet_of, understand

WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods")
OUR_SHEETS = ("说明", "instructions", "封面", "cover", "lists")
NAMED = {"areas": "area", "sources": "source", "indicators": "indicator"}  # tables whose ids have names


def as_root(root: str | os.PathLike | None) -> Path | None:
    """Return a user's folder or workbook as a full path, None for none; a DataError when it is neither."""
    if root is None:
        return None
    path = Path(root).expanduser().resolve()
    if path.is_dir() or (path.is_file() and path.suffix.casefold() in WORKBOOKS):
        return path
    if path.suffix.casefold() in WORKBOOKS:
        raise DataError(f"The workbook {str(root)!r} does not exist. Give its full name, or make one with yilao new.")
    what = "is a file" if path.exists() else "does not exist"
    raise DataError(
        f"The data folder {str(root)!r} {what}. Give a folder with tables such as observations.csv, or a workbook "
        "(.xlsx)."
    )


def is_workbook(root: Path | None) -> bool:
    """Tell whether a root is a workbook."""
    return root is not None and not root.is_dir()


def user_files(root: str | os.PathLike | None) -> dict[str, Path]:
    """Return the tables that a user's folder or workbook holds, by name; a nearly right name is a DataError."""
    path = as_root(root)
    if path is None:
        return {}
    files, faults = found_tables(path)
    refuse(faults)
    return files


def found_tables(root: Path) -> tuple[dict[str, Path], list[Fault]]:
    """Return the tables in a folder or workbook by name, and a fault for whatever is nearly named as one."""
    if is_workbook(root):
        grids, faults = _grids(root)
        return dict.fromkeys(grids, root), list(faults)
    files, misnamed, names = {}, [], [*table_names(), *user_tables()]
    for path in sorted(root.iterdir()):
        if path.suffix.casefold() != ".csv":
            continue
        if path.suffix == ".csv" and path.stem in names:
            files[path.stem] = path
        elif near := difflib.get_close_matches(path.stem.casefold(), names, n=1, cutoff=0.8):
            en = (
                f"{path.name} in {str(root)!r} is not the name of a table. Did you mean '{near[0]}.csv'? "
                f"Rename it, or move it elsewhere. The tables are {', '.join(names)}."
            )
            zh = f"{path.name} 不是表名，是否想写“{near[0]}.csv”？请改名或移走。可用的表有{'、'.join(names)}。"
            misnamed.append(Fault(near[0], None, "", "file", en, zh=zh))
    return files, misnamed


def read_theirs(name: str, root: Path) -> tuple[Sheet, list[Fault]]:
    """Read a table of a user as plain text, and list what cannot be understood."""
    files, _ = found_tables(root)
    sheet, faults = _read_theirs(name, root, _stamp([files[name]]), _stamp([files[n] for n in NAMED if n in files]))
    return sheet, list(faults)


@lru_cache(maxsize=64)
def _read_theirs(name: str, root: Path, _state: tuple, names_state: tuple) -> tuple[Sheet, list[Fault]]:
    sheet, faults = _typed_sheet(name, root)
    if any(fault.rule in ("columns-missing", "encoding", "csv") for fault in faults):
        return sheet, faults
    sheet, found = understand(name, sheet, _spelling(root, names_state))
    return sheet, faults + found


def our_table(name: str) -> pd.DataFrame:
    """Return a table of our own, typed; shared by all callers, so never change it."""
    if name in user_tables():
        return empty_table(name)
    path = data_folder() / f"{name}.csv"
    if not path.exists():
        raise DataError(f"Table {name!r} has no file {path}. Install yilaolib again, or restore the file.")
    return _our_table(name, path, _stamp([path]))


@lru_cache(maxsize=64)
def _our_table(name: str, path: Path, _state: tuple) -> pd.DataFrame:
    sheet, faults = read_csv(path)
    refuse(faults)
    frame, faults = parse(name, sheet, strict=True)
    refuse(faults)
    return frame


def stamp(root: str | os.PathLike | None) -> tuple:
    """Tell the state of all files: any change of one of them makes cached tables stale."""
    return _stamp([*our_files(), *dict.fromkeys(user_files(root).values())])


def _stamp(paths: Iterable[Path]) -> tuple:
    return tuple((str(path), (stat := os.stat(path)).st_mtime_ns, stat.st_size) for path in paths)


def _typed_sheet(name: str, root: Path) -> tuple[Sheet, list[Fault]]:
    return sheet_of(name, _grids(root)[0][name]) if is_workbook(root) else read_csv(found_tables(root)[0][name])


def _grids(root: Path) -> tuple[dict[str, Grid], list[Fault]]:
    """Return the sheets of a workbook that are tables, by table, and what is to be said of the others."""
    return _grids_at(root, _stamp([root]))


@lru_cache(maxsize=8)
def _grids_at(root: Path, _state: tuple) -> tuple[dict[str, Grid], list[Fault]]:
    names, grids, faults = [*table_names(), *user_tables()], {}, []
    words = {plain_name(name): name for name in names} | {plain_name(zh): name for name, zh in TABLES_ZH.items()}
    for grid in read_grids(root):
        title = fold(grid.title)
        name = words.get(plain_name(title)) or words.get(plain_name(title.split(maxsplit=1)[0] if title else ""))
        near = difflib.get_close_matches(title.casefold(), names, n=1, cutoff=0.8)
        if name is not None and name in grids:
            en = f"sheets {grids[name].title!r} and {grid.title!r} are the same table. Keep one of them."
            zh = f"工作表“{grids[name].title}”与“{grid.title}”是同一张表，请只保留一张。"
            faults.append(Fault(name, None, "", "file", en, zh=zh, sheet=grid.title))
        elif name:
            grids[name] = grid
        elif near or (grid.rows and title.casefold() not in OUR_SHEETS):
            en = f"sheet {grid.title!r} is not the name of a table and is not read."
            en += f" Did you mean '{near[0]}'?" if near else f" The tables are {', '.join(names)}."
            zh = f"工作表“{grid.title}”不是表名，未读取。"
            zh += f"是否想写“{near[0]}”？" if near else f"可用的表名有{'、'.join(names)}。"
            severity = "error" if near else "warning"
            faults.append(Fault(near[0] if near else "", None, "", "file", en, severity, zh, grid.title))
    return grids, faults


@lru_cache(maxsize=8)
def _spelling(root: Path, _state: tuple) -> Spelling:
    """Collect the ids and names of areas, sources and indicators, ours and the user's."""
    files, _ = found_tables(root)
    ids, units, own = {}, {}, {}
    for table, key in NAMED.items():
        theirs = _as_typed(table, root) if table in files else empty_table(table)
        both = pd.concat([our_table(table).astype(object), theirs.astype(object)])
        meant: dict[str, set] = {}
        for row in both.to_dict("records"):
            for name in _names(row):
                meant.setdefault(name, set()).add(row[key])
        ids[table] = {name: min(slugs) for name, slugs in meant.items() if len(slugs) == 1}
        ids[table] |= {slug: slug for slug in both[key] if isinstance(slug, str) and slug}
        if table == "indicators":
            units = {k: u for k, u in zip(both[key], both["unit"], strict=True) if isinstance(u, str)}
        if len(theirs) == 1 and is_workbook(root):
            own[table] = theirs[key].iloc[0]
    return Spelling(ids, units, own)


def _names(row: dict) -> Iterable[str]:
    for field in ("name_zh", "name_en", "adcode", "title_zh", "title_en"):
        name = row.get(field)
        if isinstance(name, str) and (plain := plain_name(name)):
            yield plain
            if field == "name_zh" and len(plain) > 2 and plain[-1] in "省市县区":
                yield plain[:-1]


def _as_typed(table: str, root: Path) -> pd.DataFrame:
    """Return the rows of a user's table as typed, before any name is understood."""
    sheet, _ = _typed_sheet(table, root)
    rows = [[show(c.value) if isinstance(c, Raw) else c for c in row][: len(sheet.header)] for row in sheet.rows]
    rows = [row + [""] * (len(sheet.header) - len(row)) for row in rows]
    frame = pd.DataFrame(rows, columns=sheet.header, dtype=object)
    frame = frame.loc[:, ~frame.columns.duplicated()].reindex(columns=list(empty_table(table)), fill_value="")
    return frame[frame[schema_of(table)["primaryKey"][0]] != ""]


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
