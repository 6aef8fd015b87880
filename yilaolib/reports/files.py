"""Files of reports: what names them, when they are fresh, how they come whole into place, one run at a time.

A report is what its row says: `report.json` beside it holds its key, and size and hash of each file. The row goes
before the first file does, and comes back after the last.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import metadata
from operator import itemgetter
from pathlib import Path

import pandas as pd

from ..errors import YilaoError, refusal
from ..tables.areas import line_of, places_of
from ..tables.folders import as_root, merged_table, stamp
from ..tables.schema import data_folder, table_names
from ..texts import languages

BESIDE = ".yilao-"  # begins the names of files that are not complete
LOCK, HOLDER = ".yilao.lock", ".yilao.holder"
FORMATS = ("html", "pdf", "docx", "xlsx")
PACKAGES = (  # whose version may change what a report shows
    "yilaolib", "numpy", "pandas", "scipy", "xarray", "statsmodels", "matplotlib", "seaborn", "pillow", "papermill",
    "ipython", "nbformat", "nbconvert", "mistune", "jinja2", "markupsafe", "openpyxl", "python-docx", "lxml", "typst",
)  # fmt: skip
KEY = ["area", "lang", "scenario"]  # what names a report's files
key_of_row = itemgetter(*KEY)
TEXTS = (
    *KEY, "status", "report", "error", "traceback", "name_zh", "name_en", "province", "adcode", "level", "started",
    "key", "inputs",
)  # fmt: skip
KINDS = dict.fromkeys(TEXTS, str) | {"end_year": int | None, "seconds": int | float, "files": dict, "results": dict}
FILE = re.compile(r"(\w[\w.-]*/)?\w[\w.-]*")  # of a report, below its folder


@dataclass(frozen=True)
class Order:
    """A report that can be made: its parameters have been checked; `area`, `lang` and `scenario` name its files."""

    area: str
    name_zh: str
    name_en: str
    adcode: str
    level: str
    province: str
    lang: str  # the code: zh, en, or the stem of a catalogue's file
    scenario: str
    parameters: dict
    template: Path
    folder: Path
    formats: tuple[str, ...] = ("html",)
    brief: bool = False

    def path(self, stem: str, ending: str = "") -> Path:
        """Return `<folder>/<stem>[.<scenario>][.<lang>]<ending>`: medium and Chinese are not named."""
        named = [(self.scenario, "medium"), (self.lang, "zh")]
        return self.folder / (".".join([stem, *(part for part, usual in named if part != usual)]) + ending)

    def row(self) -> dict:
        """Return the row of this report before it is made."""
        names = ("area", "adcode", "name_zh", "name_en", "level", "province", "lang", "scenario")
        now = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
        told = {"end_year": self.parameters.get("end_year"), "started": now, "kept": False}
        return {name: getattr(self, name) for name in names} | told


@cache
def library_key() -> str:
    """Return a key of the library's files and of the packages that reports use, as they are at first use."""
    here, digest = Path(__file__).parents[1], hashlib.sha256()
    patterns = ("**/*.py", "templates/*", "fonts/*.otf", "texts/*.toml")
    ours = sorted(path for pattern in patterns for path in here.glob(pattern))
    for path in [*ours, data_folder() / "datapackage.json"]:
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            digest.update(f"{name} {metadata.version(name)}\n".encode())
    return digest.hexdigest()


def content_key(order: Order, library: str = "") -> str:
    """Return a key of all that a report depends on: of tables by area, the rows of the area and of those above it.

    What compares all plans counts whole; another notebook than `city_report` may read of all areas.
    """
    if order.template.stem != "city_report":
        return inputs_key(order, library)
    root = order.parameters.get("data") or None
    known, line = (as_root(root), stamp(root)), [area for area in line_of(order.area, root) if area != "china"]
    tables = {name: table for name in table_names() if "area" in (table := merged_table(name, root))}
    places = [[at for area in line for at in places_of(name, *known)[0].get(area, ())] for name in tables]
    rows = [_row_key(table.iloc[sorted(at)]) for table, at in zip(tables.values(), places, strict=True)]
    return _key(order, library, whole=shared_key(*known), rows=rows)


def inputs_key(order: Order, library: str = "") -> str:
    """Return a key of all files that a report could depend on: while it is the same, no `content_key` is another."""
    return _key(order, library, tables=bytes_key(stamp(order.parameters.get("data") or None)))


@lru_cache(maxsize=4)
def bytes_key(state: tuple) -> str:
    """Return a key of the bytes of all tables."""
    digests = [(Path(path).name, hashlib.sha256(Path(path).read_bytes()).hexdigest()) for path, *_ in state]
    return hashlib.sha256(json.dumps(digests).encode()).hexdigest()


def _key(order: Order, library: str, **tables: object) -> str:
    root, lang = order.parameters.get("data"), order.parameters.get("lang", order.lang)
    described = {
        "parameters": {name: value for name, value in order.parameters.items() if name not in ("tables_dir", "data")},
        "data": Path(root).name if root else "",  # it is named at the foot of the page
        "template": hashlib.sha256(order.template.read_bytes()).hexdigest(),
        "words": "" if lang in languages() else Path(lang).read_text(encoding="utf-8"),
        "library": library or library_key(),
    }
    return hashlib.sha256(json.dumps(described | tables, sort_keys=True, default=str).encode()).hexdigest()[:32]


@lru_cache(maxsize=4)
def shared_key(root: Path | None, state: tuple) -> str:
    """Return a key of what the reports of all plans share, after merging: rows of none and the nation, comparisons."""
    from ..needs.money import project_costs
    from ..needs.peers import compare_plans

    tables = [merged_table(name, root) for name in table_names()]
    digests = [_row_key(t[t["area"].isna() | (t["area"] == "china")] if "area" in t else t) for t in tables]
    with contextlib.suppress(YilaoError):  # the report will say what is wrong
        digests += [table.to_csv(index=False) for table in (compare_plans(root=root), project_costs(root=root))]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _row_key(table: pd.DataFrame) -> str:
    return hashlib.sha256(repr([column.tolist() for _, column in table.items()]).encode()).hexdigest()


def put_in_place(order: Order, new: Path, row: dict) -> dict:
    """Put the files of the folder `new` in the place of an older report's, keep their row and return it."""
    record, tables = order.path("report", ".json"), order.path("tables")
    endings = [*(f".{form}" for form in FORMATS), ".failed.ipynb", ".failed.json"]
    stale = {order.path(stem, ending).name for stem in ("report", "brief") for ending in endings}
    stale |= set((read_row(record) or {}).get("files", ()))
    record.unlink(missing_ok=True)
    if tables.is_symlink():
        tables.unlink()
    files = {path.relative_to(new).as_posix(): path for path in sorted(new.rglob("*")) if path.is_file()}
    row |= {"files": {name: _fingerprint(path) for name, path in files.items()}, "results": {}}
    with contextlib.suppress(KeyError, ValueError):
        row["results"] = dict(json.loads(files[f"{tables.name}/results.json"].read_text(encoding="utf-8")))
    for name, path in files.items():
        (order.folder / name).parent.mkdir(exist_ok=True)
        os.replace(path, order.folder / name)
    for name in stale - set(files):
        (order.folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        tables.rmdir()  # when it is empty
    keep_row(order, row)
    return row


def _fingerprint(path: Path) -> list:
    with path.open("rb") as file:
        return [os.stat(path).st_size, hashlib.file_digest(file, "sha256").hexdigest()]


def keep_row(order: Order, row: dict) -> None:
    """Write a row beside the report that it tells of."""
    order.folder.mkdir(parents=True, exist_ok=True)
    ending = ".json" if row["status"] == "ok" else ".failed.json"
    write_whole(order.path("report", ending), json.dumps(row, ensure_ascii=False, indent=1))


def kept_row(order: Order) -> dict | None:
    """Return the row of a report that need not be made again: nothing that it depends on has changed, nor its files."""
    row, inputs = read_row(order.path("report", ".json")), inputs_key(order)
    if row is None or order.path("report", ".failed.json").exists():
        return None
    known = row.get("inputs") == inputs  # else look closely, at what this report reads
    if not known and row.get("key") != content_key(order):
        return None
    try:
        whole = all(_fingerprint(order.folder / name) == told for name, told in row["files"].items())
    except OSError:
        return None
    stems = ("report", "brief") if order.brief else ("report",)
    asked = {order.path(stem, f".{form}").name for stem in stems for form in ("html", *order.formats)}
    if not whole or not asked <= set(row["files"]):
        return None
    if not known:
        keep_row(order, row := row | {"inputs": inputs})
    return row | {"kept": True, "province": order.province, "name_zh": order.name_zh}


def read_row(path: Path) -> dict | None:
    """Return a row that was kept, None when there is none; of one that is damaged, a row that says so."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    with contextlib.suppress(ValueError, KeyError, AttributeError, TypeError):
        row = json.loads(text)
        typed = all(isinstance(row[name], kind) for name, kind in KINDS.items() if name in row)
        needed = {*KEY, "status", *(() if row["status"] == "failed" else ("report", "files"))}
        ours = row["area"] == path.parent.name and all(FILE.fullmatch(name) for name in row.get("files", ()))
        if typed and ours and needed <= row.keys():
            return row
    what = f"{path.parent.name}/{path.name} cannot be read. Make this report again."
    scenario, lang = [*path.name.split(".")[1:-1], "", ""][:2]
    row = {"area": path.parent.name, "lang": lang or "zh", "scenario": scenario or "medium"}
    return row | {"status": "failed", "error": what}


def made_on() -> datetime:
    """Return the date that files tell as that of their making: today, or what SOURCE_DATE_EPOCH [s] says."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    made = datetime.fromtimestamp(int(given), UTC) if given else datetime.now()
    return datetime(made.year, made.month, made.day)


def write_whole(target: Path, content: str | Callable[[Path], object]) -> None:
    """Write a text, or what a function writes to a path, beside its place, then rename: nobody meets half a file."""
    beside = target.with_name(f"{BESIDE}{os.getpid()}-{target.name}")
    try:
        if callable(content):
            content(beside)
        else:
            beside.write_text(content, encoding="utf-8", errors="replace", newline="\n")
        os.replace(beside, target)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """Make a folder for what is not complete, inside `folder`, and take it away afterwards."""
    beside = Path(tempfile.mkdtemp(prefix=BESIDE, dir=folder))
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def clear_beside(folder: Path) -> None:
    """Take away what was left half done in a folder; call it under the lock, while nothing is being made there."""
    for path in folder.glob(f"{BESIDE}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Make a folder and hold its lock, which ends with its holder; a YilaoError names who else holds it."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise refusal("errors.not_written", folder=str(folder), reason=error) from error
    lock, holder = folder / LOCK, folder / HOLDER
    if lock.is_symlink():  # what it leads to is not ours
        lock.unlink()
    try:
        held = FileLock(lock, blocking=False)
        held.acquire()
    except Timeout:
        who = holder.read_text(encoding="utf-8") if holder.is_file() else ""
        raise refusal("errors.in_use", YilaoError, folder=str(folder), who=who) from None
    try:
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
        since = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
        write_whole(holder, f"process {os.getpid()} on {socket.gethostname()} since {since} ({command})")
        yield
    finally:
        holder.unlink(missing_ok=True)
        held.release()
