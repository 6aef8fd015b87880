"""Our tables and a user's, laid over each other; what was read once is kept while no file changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path

import pandas as pd

from .. import tables as room
from ..errors import nearest, refusal, states
from . import schema
from .cells import Grid, Raw, Spelling, fold, read_grids, sheet_of, show, understand
from .finding import Names, our_names, plain_name
from .schema import Problem, Sheet, Trouble, described, empty_table, key_of, links_of, refuse, schema_of

WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods")
OUR_SHEETS = ("说明", "instructions", "封面", "cover", "lists")
NAMED = {"areas": "area", "sources": "source", "indicators": "indicator"}  # tables whose ids have names
FILLED_IN = ("population", "assumptions")  # tables in which an area with totals only gets rows


def as_root(root: str | os.PathLike | None) -> Path | None:
    """Return a user's folder or workbook as a full path, None for none; a DataError when it is neither."""
    if root is None:
        return None
    if not isinstance(root, str | os.PathLike):
        raise refusal("errors.no_folder", shown=repr(root))
    path = Path(root).expanduser().resolve()
    book = path.suffix.casefold() in WORKBOOKS
    if path.is_dir() or (path.is_file() and book):
        return path
    raise refusal("errors.no_workbook" if book else "errors.no_folder", shown=repr(str(root)), there=path.exists())


def is_workbook(root: Path | None) -> bool:
    return root is not None and not root.is_dir()


def user_files(root: str | os.PathLike | None) -> dict[str, Path]:
    """Return the tables that a user's folder or workbook holds, by name; a nearly right name is a DataError."""
    if (path := as_root(root)) is None:
        return {}
    files, problems = found_tables(path)
    refuse(problems)
    return files


def found_tables(root: Path) -> tuple[dict[str, Path], list[Problem]]:
    """Return the tables in a folder or workbook by name, and a problem for whatever is nearly named as one."""
    if not root.is_dir():
        grids, problems = _grids(root, _stamp([root]))
        return dict.fromkeys(grids, root), list(problems)
    files, problems, names = {}, [], list(described())
    for path in sorted(root.iterdir()):
        if path.suffix.casefold() != ".csv":
            continue
        if path.suffix == ".csv" and path.stem in names:
            files[path.stem] = path
        elif near := nearest(path.stem.casefold(), names, cutoff=0.8):
            values = {"file": path.name, "folder": str(root), "near": near, "tables": names}
            problems.append(Problem(near, None, "", "file", "misnamed_file", values))
    return files, problems


def read_theirs(name: str, root: Path) -> tuple[Sheet, list[Problem]]:
    """Read a table of a user as plain text, and list what cannot be understood."""
    files, _ = found_tables(root)
    names_state = _stamp([files[named] for named in NAMED if named in files])
    sheet, problems = _read_theirs(name, root, _stamp([files[name]]), names_state)
    return sheet, list(problems)


@lru_cache(maxsize=64)
def _read_theirs(name: str, root: Path, _state: tuple, names_state: tuple) -> tuple[Sheet, list[Problem]]:
    sheet, problems = _typed_sheet(name, root)
    if any(problem.rule in ("columns-missing", "encoding", "csv") for problem in problems):
        return sheet, problems
    sheet, found = understand(name, sheet, _spelling(root, names_state))
    return sheet, problems + found


def our_table(name: str) -> pd.DataFrame:
    """Return a table of our own, typed; shared by all callers, so never change it."""
    return _our_table(name, _stamp([_our_file(name)] if name in schema.table_names() else []))


def _our_file(name: str) -> Path:
    return schema.data_folder() / f"{name}.csv"


_our_table = lru_cache(maxsize=64)(lambda name, state: schema.our_csv(name) if state else empty_table(name))


def stamp(root: str | os.PathLike | None) -> tuple:
    """Tell the state of all files: any change of one of them makes cached tables stale."""
    known = states.get()
    known = {} if known is None else known
    if root not in known:
        known[root] = _stamp([*_our_files(), *dict.fromkeys(user_files(root).values())])
    return known[root]


_our_files = cache(lambda: [path for path in map(_our_file, schema.table_names()) if path.exists()])


def _stamp(paths: Iterable[Path]) -> tuple:
    return tuple((str(path), (stat := os.stat(path)).st_mtime_ns, stat.st_size) for path in paths)


def _typed_sheet(name: str, root: Path) -> tuple[Sheet, list[Problem]]:
    if root.is_dir():
        return schema.read_csv(found_tables(root)[0][name])
    return sheet_of(name, _grids(root, _stamp([root]))[0][name])


@lru_cache(maxsize=8)
def _grids(root: Path, _state: tuple) -> tuple[dict[str, Grid], list[Problem]]:
    names, grids, problems = list(described()), {}, []
    words = {plain_name(name): name for name in described()}
    words |= {plain_name(table["title_zh"]): name for name, table in described().items() if "title_zh" in table}
    for grid in read_grids(root):
        title = fold(grid.title)
        name = words.get(plain_name(title)) or words.get(plain_name("".join(title.split(maxsplit=1)[:1])))
        near = nearest(title.casefold(), names, cutoff=0.8)
        values = {"title": grid.title, "near": near, "tables": names}
        if name is not None and name in grids:
            values["other"] = grids[name].title
            problems.append(Problem(name, None, "", "file", "same_table", values, sheet=grid.title))
        elif name:
            grids[name] = grid
        elif near or (grid.rows and title.casefold() not in OUR_SHEETS):
            severity = "error" if near else "warning"
            problems.append(Problem(near, None, "", "file", "misnamed_sheet", values, severity, sheet=grid.title))
    return grids, problems


@lru_cache(maxsize=8)
def _spelling(root: Path, _state: tuple) -> Spelling:
    files, _ = found_tables(root)
    ids: dict[str, Callable[[str], str | None]] = {}
    units, own = {}, {}
    for table, key in NAMED.items():
        theirs = _as_typed(table, root) if table in files else empty_table(table)
        if len(theirs) == 1:
            own[table] = theirs[key].iloc[0]
        if table == "areas":
            rows = {row["area"]: row for row in theirs.to_dict("records")}
            ids[table] = Names({**our_names().rows, **rows}.values(), our_names().links, rows).only
            continue
        both = pd.concat([our_table(table).astype(object), theirs.astype(object)])
        meant: dict[str, set] = {}
        for row in both.to_dict("records"):
            names = (row.get(field) for field in ("title_zh", "title_en", "name_zh", "name_en"))
            for name in filter(None, (plain_name(name) for name in names if isinstance(name, str))):
                meant.setdefault(name, set()).add(row[key])
        known = {name: min(slugs) for name, slugs in meant.items() if len(slugs) == 1}
        ids[table] = (known | {slug: slug for slug in both[key] if isinstance(slug, str) and slug}).get
        if table == "indicators":
            units = {k: u for k, u in zip(both[key], both["unit"], strict=True) if isinstance(u, str)}
    return Spelling(ids, units, own)


def _as_typed(table: str, root: Path) -> pd.DataFrame:
    sheet, _ = _typed_sheet(table, root)
    width = len(sheet.header)
    rows = [[show(c.value) if isinstance(c, Raw) else c for c in row][:width] for row in sheet.rows]
    frame = pd.DataFrame([row + [""] * (width - len(row)) for row in rows], columns=sheet.header, dtype=object)
    frame = frame.loc[:, ~frame.columns.duplicated()].reindex(columns=list(empty_table(table)), fill_value="")
    return frame[frame[schema_of(table)["primaryKey"][0]] != ""]


def merged_table(name: str, root: str | os.PathLike | None = None) -> pd.DataFrame:
    """Return our table with a user's rows laid over it; each caller has a frame of its own."""
    schema_of(name)  # an unknown name first
    root = as_root(root)
    shared = our_table(name) if root is None else _merged(name, root, stamp(root))
    return shared.copy(deep=False)  # what a caller writes into it is copied first, and the shared one stays as it is


def names_of(root: Path | None, state: tuple) -> Names:
    """Return the names of all areas, ours and a user's."""
    return our_names() if not {"areas", "area_links"} & set(user_files(root)) else _names_of(root, state)


@lru_cache(maxsize=8)
def _names_of(root: Path, _state: tuple) -> Names:
    tables = (merged_table(name, root).astype(object) for name in ("areas", "area_links"))
    areas, links = (frame.where(frame.notna(), None).to_dict("records") for frame in tables)
    return Names(areas, links, own_areas(root))


@lru_cache(maxsize=256)
def _merged(name: str, root: Path, state: tuple) -> pd.DataFrame:
    both, areas = our_table(name), own_areas(root)
    if name in user_files(root):
        ours, (theirs, sheet) = both, read_table(name, root)
        lookup = {table: merged_table(table, root) for table, _ in links_of(name).values() if table != name}
        both = overlay(name, ours, theirs) if len(theirs) else ours
        refuse(list(orphans(name, theirs, lookup | {name: both}, sheet)))
        if name == "population":  # whose groups may be too wide
            areas = list(dict.fromkeys([*areas, *theirs["area"]]))
    if name in FILLED_IN and room.fill and areas:
        filled = room.fill(name, both, lambda table: merged_table(table, root), areas)
        both = both if filled.empty else overlay(name, both, filled)
        both = both[both["sex"] != "both"] if name == "population" else both
    return both


def overlay(name: str, ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Lay a user's rows over ours: equal keys, and overlapping age groups of one block, are replaced."""
    key = schema_of(name)["primaryKey"]
    if "area" not in key or not {"year", "age"} & set(key):
        return _laid_over(key, ours, theirs)
    touched = ours["area"].isin(set(theirs["area"]))  # without a look at all others
    return pd.concat([ours[~touched], _laid_over(key, ours[touched], theirs)])


def _laid_over(key: list[str], ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    names = key_of(ours, key), key_of(theirs, key)
    keep = ~names[0].isin(set(names[1]))
    if "age" in key and "n" in ours:
        block = [field for field in key if field != "age"]
        spans = [
            pd.DataFrame({"block": key_of(f, block), "low": f["age"], "high": f["age"] + f["n"].fillna(999)})
            for f in (ours.assign(at=range(len(ours))).set_index("at")[keep.to_numpy()], theirs)
        ]
        pairs = spans[0].reset_index().merge(spans[1], on="block", suffixes=("", "_theirs"))
        overlap = (pairs["low"] < pairs["high_theirs"]) & (pairs["low_theirs"] < pairs["high"])
        keep &= ~pd.Series(range(len(ours)), index=ours.index).isin(pairs.loc[overlap, "at"])
    both = pd.concat([ours[keep], theirs])
    if {"year", "age"} & set(key):
        return both.sort_values(key, kind="stable", na_position="first")
    place = {label: place for place, label in enumerate(names[0])}
    places = [place.get(label, len(ours)) for label in (*names[0][keep], *names[1])]
    return both.iloc[sorted(range(len(both)), key=places.__getitem__)]


def orphans(name: str, frame: pd.DataFrame, lookup: dict[str, pd.DataFrame], sheet: Sheet) -> Iterator[Problem]:
    """Yield a problem for every cell of `frame` that names a row which is not in the table it refers to."""
    for field, (target, column) in links_of(name).items():
        known = set(lookup[target][column].dropna())
        lost = frame[frame[field].notna() & ~frame[field].isin(known)]
        own = lost.iloc[:, 0].groupby(lost[field]).agg(set) if target == name else {}  # no row is its own parent
        near = {value: nearest(value, known - own.get(value, set()), cutoff=0.7) for value in set(lost[field])}
        labels = key_of(lost, schema_of(name)["primaryKey"])
        for line, value, label in zip(lost.index, lost[field], labels, strict=True):
            values = {"shown": value, "table": target, "near": near[value], "book": sheet.letters is not None}
            yield sheet.problem(name, line, field, Trouble("orphan", values, "foreign-key"), row_key=label)


def own_areas(root: Path | None) -> list[str]:
    """Return the areas that a user adds to ours."""
    if root is None or "areas" not in user_files(root):
        return []
    theirs, ours = read_table("areas", root)[0]["area"], set(our_table("areas")["area"])
    return [area for area in theirs if area not in ours]


def read_table(name: str, root: Path) -> tuple[pd.DataFrame, Sheet]:
    """Read a user's table alone, typed, and the sheet that it stands on; what does not fit is a DataError."""
    sheet, problems = read_theirs(name, root)
    refuse(problems)
    frame, problems = schema.parse(name, sheet)
    refuse(problems)
    return frame, sheet
