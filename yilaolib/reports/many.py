"""Many reports: one that fails is a row of the manifest, the others are made; what has not changed is kept."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from importlib import metadata
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError, YilaoError
from ..tables.areas import find_area, load_table
from ..tables.folders import as_root, merged_table, own_areas, stamp
from ..tables.schema import data_folder, escaped, fields_of, table_names
from ..texts import catalogue, languages
from . import runner
from .files import clear_beside, lock_folder, make_folder, write_whole
from .one import (
    MEMORY_MB,
    PRELOAD,
    TIMEOUT,
    Order,
    as_traceback,
    default_folder,
    disk_error,
    find_template,
    line_of,
    one_of,
    place_order,
    run_order,
)

EXECUTORS = ("processes", "serial", "dask")
MANY = 4  # reports, from which on computing beforehand what all share saves more than it costs
GRACE = 60.0  # [s] beyond the time limit of a report, for its page and a slow disk
PACKAGES = ("yilaolib", "numpy", "pandas", "scipy", "xarray", "matplotlib", "seaborn", "papermill", "nbconvert")
KEY = ["area", "lang", "scenario"]  # what names a report's files
COLUMNS = [
    "area", "adcode", "name_zh", "province", "lang", "scenario", "end_year", "status", "report", "error", "seconds",
    "started", "kept", "key", "traceback",
]  # fmt: skip
# Of what notebooks save with `save_results`, the index shows these.
SHOWN = (
    "ageing_stage", "share_60_pct", "gap_year", "bed_gap", "bed_method", "bed_supply", "bed_coverage_pct", "place_gap",
    "place_method", "place_supply", "place_coverage_pct",
)  # fmt: skip


def render_reports(
    cities: Iterable[str | int] | str | int | None = None,
    *,
    jobs: int | None = None,
    executor: str = "processes",
    out_dir: str | os.PathLike | None = None,
    lang: str = "zh",
    formats: str | tuple[str, ...] = ("html",),
    template: str | os.PathLike | None = None,
    progress: bool | None = None,
    force: bool = False,
    timeout: float = TIMEOUT,
    memory_mb: int = MEMORY_MB,
    scheduler: str | None = None,
    **parameters,
) -> pd.DataFrame:
    """Render the reports of several areas, and lists of them: `index.html`, `manifest.csv`, `results.csv`.

    Every name and parameter is checked before the first report is begun. A report that fails is a row with its
    error. A report whose inputs have not changed since it was made is kept, and reports that an earlier call made in
    the folder stay in the lists: so the same call goes on where a killed one ended.

    Parameters
    ----------
    cities : iterable of str or int, optional
        Slugs, names or adcodes; by default every prefecture and county that has a plan.
    jobs : int, optional
        Reports at a time; by default one a core.
    executor : {"processes", "serial", "dask"}
        "processes" makes `jobs` reports at a time; "serial" one after the other; "dask" on the cluster of `scheduler`.
    out_dir : path, optional
        Folder of all reports (by default as in `render_report`); one run at a time writes into it.
    lang, formats, template, **parameters
        As in `render_report`.
    progress : bool, optional
        Whether to show a bar; by default when stderr is a terminal.
    force : bool, default False
        Make every report anew.
    timeout : float
        [s] For one report.
    memory_mb : int
        [MB] For one report.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``.

    Returns
    -------
    DataFrame
        One row an area asked for: area, adcode, name_zh, province, lang, scenario, end_year, status (ok, failed),
        report (path below `out_dir`), error, seconds, started, kept (it needed not be made anew), key, traceback.

    DataError: As `render_report`, and for an unknown executor or fewer jobs than one.
    YilaoError: Another run writes into the folder, the disk is full, no scheduler answers; what was made is still
    there.

    Examples
    --------
    >>> render_reports(["景德镇市"], executor="spark")
    Traceback (most recent call last):
    ...
    yilaolib.errors.DataError: executor must be one of processes, serial, dask; it is 'spark'.
    """
    one_of("executor", executor, EXECUTORS)
    for name, value, unit in (("timeout", timeout, "seconds"), ("memory_mb", memory_mb, "MB")):
        if not isinstance(value, Real) or isinstance(value, bool) or not float(value) > 0:
            raise DataError(f"{name} must be more than 0 {unit}; it is {value!r}.")
    if jobs is None:
        jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not isinstance(jobs, Integral) or jobs < 1:
        raise DataError(f"jobs must be 1 or more; it is {jobs!r}.")
    if executor == "dask" and not scheduler:
        raise DataError("executor 'dask' needs the address of a scheduler, such as tcp://10.0.0.1:8786.")
    if cities is None:
        cities = areas_with_plan(parameters.get("data"))
    elif isinstance(cities, str | int):
        cities = [cities]
    out_dir = default_folder() if out_dir is None else out_dir
    asked = {"out_dir": out_dir, "lang": lang, "formats": formats, "template": template, **parameters}
    placed = [place_order(city, **asked) for city in cities]
    orders = list({order.area: order for order in placed}.values())  # one area under two names is one report
    if not orders:
        raise DataError("There is no city to report on; name one, or leave cities out for all that have a plan.")
    make_folder(out := Path(out_dir))
    with lock_folder(out):
        earlier = {order.area for order in orders if order.path("report", ".json").is_file() and not force}
        if len(earlier) < len(orders):
            _begin(orders[0], many=len(orders) >= MANY)
        tasks, rows, listing = [], [], Listing(out)
        for order in orders:
            if order.folder.is_dir():
                clear_beside(order.folder)
            # The key of a new report is found by the process that makes it, where everything is imported already.
            alone = order.area not in earlier and executor == "processes"
            key = "" if alone else content_key(order, library_key())
            if order.area in earlier and (row := kept_row(order, key)):
                rows.append(row)
                listing.add(row)
            else:
                tasks.append((order, key, timeout, memory_mb))
        clear_beside(out)
        made = _run(tasks, executor, jobs, scheduler, timeout) if tasks else iter(())
        try:
            for row in _with_bar(made, len(tasks), progress):
                rows.append(row)
                if row.get("disk"):
                    raise YilaoError(_full(row, rows, out))
                listing.add(row)
                listing.write_now_and_then()
        finally:  # what is done is listed even when the rest is interrupted
            getattr(made, "close", lambda: None)()  # ends its processes
            failing = sys.exc_info()[0] is not None
            with contextlib.suppress(OSError, YilaoError) if failing else contextlib.nullcontext():
                listing.write()
    return manifest_frame(rows)


def _begin(order: Order, many: bool) -> None:
    """Start the forkserver, which reads the user's tables too and, for many reports, computes what all share."""
    env = {"YILAO_PRELOAD_DATA": order.parameters.get("data") or ""}
    if many:
        env["YILAO_PRELOAD_AREA"] = order.area if order.template == find_template() else "none"
    runner.begin(PRELOAD, **env)


def _run(tasks: list[tuple], executor: str, jobs: int, scheduler: str | None, timeout: float) -> Iterator[dict]:
    """Make the reports and yield the row of each as it is done."""
    if executor == "dask":
        yield from run_dask(tasks, scheduler)
    elif executor == "serial":
        for task in tasks:
            yield run_task(*task)
    else:
        done = runner.run_many(run_task, tasks, min(jobs, len(tasks)), timeout + GRACE)
        try:
            for (order, *_), row in done:
                yield lost(order, f"the process that rendered it was {row}") if isinstance(row, str) else row
        finally:
            getattr(done, "close", lambda: None)()
            for order, *_ in tasks:  # what was interrupted in the middle
                clear_beside(order.folder)
                with contextlib.suppress(OSError):
                    order.folder.rmdir()


def _full(row: dict, rows: list[dict], out: Path) -> str:
    n_done = sum(row["status"] == "ok" for row in rows)
    return (
        f"{out} cannot be written to ({row['disk']}) at {row['name_zh']}; {n_done} reports are there and whole. Make "
        "room and run the same command again: it goes on from there."
    )


def _with_bar(rows: Iterator[dict], total: int, progress: bool | None) -> Iterator[dict]:
    """Pass rows on, with a bar that shows rate and time left when one is wanted."""
    from tqdm import tqdm

    show = sys.stderr.isatty() if progress is None else progress
    n_failed = 0
    with tqdm(total=total, unit="report", disable=not show, file=sys.stderr, smoothing=0.1) as bar:
        for row in rows:
            n_failed += row["status"] != "ok"
            bar.set_postfix_str(row["area"] + (f", {n_failed} failed" if n_failed else ""), refresh=False)
            bar.update()
            yield row


# ---- which areas ----


def areas_with_plan(root: str | os.PathLike | None = None) -> list[str]:
    """Return the slugs of all prefectures and counties that have a plan.

    >>> "jingdezhen" in areas_with_plan()
    True
    """
    sources, areas = load_table("sources", root=root or None), load_table("areas", root=root or None)
    planned = sources.loc[sources["plan_start"].notna(), "area"]
    local = areas["level"].isin(["prefecture", "county"])
    return areas.loc[local & areas["area"].isin(planned), "area"].tolist()


def areas_of_province(province: str, root: str | os.PathLike | None = None) -> list[str]:
    """Return the slugs of the areas right below a province, and of its counties with a plan or of a user's own.

    Those without a population are left out.

    A DataError says that it is no province, or that there is nothing in it to report on.

    >>> "yingtan" in areas_of_province("江西")
    True
    """
    area = find_area(province, root)
    if area["level"] != "province":
        what = f"{area['name_zh']} ({area['area']}) is a {area['level']}"
        raise DataError(f"{what}, not a province; name it as a CITY.")
    areas, counted = load_table("areas", root=root), set(merged_table("population", root)["area"])
    local = areas[areas["level"].isin(["prefecture", "county"]) & areas["area"].isin(counted)].set_index("area")
    wanted = {
        *areas_with_plan(root),
        *own_areas(as_root(root)),
        *local.index[local["parent"] == area["area"]],
    }
    found = sorted(slug for slug in local.index if slug in wanted and area["area"] in line_of(slug, root))
    if not found:
        name = area["name_zh"]
        raise DataError(f"No prefecture or county of {name} has rows in population.csv; add them with --data.")
    return found


def areas_in_file(path: str | os.PathLike) -> list[str]:
    """Return the areas that a text file names, one a line; a line that begins with # is a remark.

    Of a CSV file the first column counts, after a heading `area`, `adcode` or `name_zh` if there is one. A file that
    cannot be read or names none is a DataError.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = f"{path} cannot be read as a list of areas ({error})"
        raise DataError(f"{what}. Write one area a line, in UTF-8.") from error
    lines = [line.split(",")[0].strip().strip('"') for line in text.splitlines()]
    names = [line for line in lines if line and not line.startswith("#")]
    names = names[1:] if names[:1] and names[0] in ("area", "adcode", "name_zh") else names
    if not names:
        raise DataError(f"{path} names no area. Write one a line: a slug, a name or an adcode.")
    return names


# ---- keys: equal keys mean that a report would come out the same ----


@cache
def library_key() -> str:
    """Return a key of the library's files and of the packages that compute and draw, as they are at first use."""
    here, digest = Path(__file__).parents[1], hashlib.sha256()
    patterns = ("**/*.py", "templates/*", "fonts/*.otf", "texts/*.toml")
    for path in [
        *sorted(path for pattern in patterns for path in here.glob(pattern)),
        data_folder() / "datapackage.json",
    ]:
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    digest.update(json.dumps([(name, metadata.version(name)) for name in PACKAGES]).encode())
    return digest.hexdigest()


def content_key(order: Order, library: str) -> str:
    """Return a key of all that a report depends on.

    That is its parameters, template, words and library; of tables by area the rows of the area, of those above it and
    of no area; the other tables whole; and what compares all plans.
    """
    root = order.parameters.get("data") or None
    rows, whole = row_keys(as_root(root), stamp(root))
    lang = order.parameters.get("lang", order.lang)
    described = {
        "parameters": {name: value for name, value in order.parameters.items() if name not in ("tables_dir", "data")},
        "data": Path(root).name if root else "",  # it is named at the foot of the page
        "template": hashlib.sha256(order.template.read_bytes()).hexdigest(),
        "words": "" if lang in languages() else Path(lang).read_text(encoding="utf-8"),
        "library": library,
        "whole": whole,
        "rows": [rows.get(area) for area in ("", *line_of(order.area, root))],
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()[:32]


@lru_cache(maxsize=4)
def row_keys(root: Path | None, state: tuple) -> tuple[dict[str, str], str]:
    """Return keys of the rows of each area ("" of no area), and of what all reports share, as it is after merging."""
    from ..needs.money import project_costs
    from ..needs.peers import compare_plans

    rows, whole = {}, hashlib.sha256()
    for name in table_names():
        table = merged_table(name, root)
        hashes = pd.util.hash_pandas_object(table, index=False)
        if "area" in fields_of(name):
            for area, own in hashes.groupby(table["area"].fillna("")):
                rows.setdefault(area, hashlib.sha256()).update(name.encode() + own.to_numpy().tobytes())
        else:
            whole.update(name.encode() + hashes.to_numpy().tobytes())
    with contextlib.suppress(YilaoError):  # the report will say what is wrong
        for table in (compare_plans(root=root), project_costs(root=root)):
            whole.update(table.to_csv(index=False).encode())
    return {area: digest.hexdigest() for area, digest in rows.items()}, whole.hexdigest()


# ---- a report as a row ----


def run_task(order: Order, key: str, timeout: float, memory_mb: int) -> dict:
    """Make a report and return its row; whatever goes wrong is this report's and not the batch's."""
    row, begin = new_row(order), time.perf_counter()
    try:
        key = key or content_key(order, library_key())
        page = run_order(order, timeout, memory_mb)
        row |= {"status": "ok", "report": f"{order.area}/{page.name}"}
    except Exception as error:
        row |= failed(error)
    row["seconds"] = round(time.perf_counter() - begin, 2)
    with contextlib.suppress(OSError):  # a full disk is told by the row
        keep_row(order, row | {"key": key})
    return row | {"key": key}


def new_row(order: Order) -> dict:
    """Return the row of a report that is about to be made."""
    names = ("area", "adcode", "name_zh", "name_en", "province", "lang", "scenario")
    return {name: getattr(order, name) for name in names} | {
        "end_year": order.parameters.get("end_year"),
        "formats": list(order.formats),
        "started": f"{datetime.now():%Y-%m-%d %H:%M:%S}",
        "kept": False,
    }


def failed(error: BaseException) -> dict:
    """Return what a row says of a failure; `disk` is not empty when all later reports would meet it too."""
    return {
        "status": "failed",
        "error": str(error) or type(error).__name__,
        "traceback": as_traceback(error),
        "disk": disk_error(error),
    }


def lost(order: Order, why: str) -> dict:
    """Return the row of a report whose process is gone, and keep it; clear what that left half done."""
    clear_beside(order.folder)
    row = new_row(order) | failed(YilaoError(f"The report of {order.name_zh} failed: {why}."))
    with contextlib.suppress(OSError):
        keep_row(order, row | {"seconds": 0.0, "key": ""})
    return row | {"seconds": 0.0}


def keep_row(order: Order, row: dict) -> None:
    """Write a row beside the report that it tells of."""
    order.folder.mkdir(parents=True, exist_ok=True)
    good, bad = order.path("report", ".json"), order.path("report", ".failed.json")
    if row["status"] == "ok":
        write_whole(good, json.dumps(row | {"results": _results(order)}, ensure_ascii=False, indent=1))
        bad.unlink(missing_ok=True)
    else:
        write_whole(bad, json.dumps(row, ensure_ascii=False, indent=1))


def kept_row(order: Order, key: str) -> dict | None:
    """Return the row of a report that need not be made again, because nothing that it depends on has changed."""
    row = read_row(order.path("report", ".json"))
    files = [order.path(stem, f".{form}") for stem in ("report", "brief")[: 1 + order.brief] for form in order.formats]
    there = all(path.is_file() for path in (*files, order.path("report", ".html"), order.path("report", ".ipynb")))
    if row is None or row.get("key") != key or not there or order.path("report", ".failed.json").exists():
        return None
    return row | {"kept": True, "province": order.province, "name_zh": order.name_zh}


def read_row(path: Path) -> dict | None:
    """Return a row that was kept; None when there is none that can be read."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) and {*KEY, "status"} <= row.keys() else None


def _results(order: Order) -> dict:
    """Return what the notebook saved with `save_results`."""
    try:
        results = json.loads((order.path("tables") / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return results if isinstance(results, dict) else {}


# ---- lists of a folder: manifest.csv, reports.json, results.csv, index.html ----


def manifest_frame(rows: Iterable[dict]) -> pd.DataFrame:
    """Return rows as the manifest, sorted, one a report: the later one counts."""
    frame = pd.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], columns=COLUMNS)
    text = [name for name in COLUMNS if name not in ("end_year", "seconds", "kept")]
    frame = frame.assign(kept=frame["kept"].fillna(False).astype(bool))
    frame = frame.astype({"end_year": "Int64", "seconds": "float64", **dict.fromkeys(text, "str")})
    return frame.drop_duplicates(KEY, keep="last").sort_values(KEY, ignore_index=True)


def results_frame(rows: Iterable[dict]) -> pd.DataFrame:
    """Return what the notebooks saved with `save_results`, one row a report."""
    names = ["area", "adcode", "name_zh", "name_en", "province", "lang", "scenario", "end_year"]
    table = [row.get("results", {}) | {name: row.get(name) for name in names} for row in rows if row["status"] == "ok"]
    return pd.DataFrame(table, columns=list(dict.fromkeys([*names, *(name for row in table for name in row)])))


class Listing:
    """Keeps the lists of a folder current while a batch runs, from the rows that lie beside its reports."""

    def __init__(self, out: Path, share: float = 0.03):
        self.out, self.share, self.rest = out, share, 0.0
        self.rows: dict[tuple, dict] = {}
        found = []
        for folder in sorted(path for path in out.iterdir() if path.is_dir() and not path.name.startswith(".")):
            for path in folder.glob("report*.json"):
                row = read_row(path)
                # A report whose page somebody deleted is not listed any more.
                there = row and (row["status"] != "ok" or (out / str(row.get("report"))).is_file())
                if row and there and row["area"] == folder.name:
                    found.append(row)
        for row in sorted(found, key=lambda row: row["status"] != "ok"):
            self.rows[self._name(row)] = row

    def add(self, row: dict) -> None:
        """Add the row of a report that was made or kept; `write` shows it."""
        good = row["status"] == "ok"
        whole = read_row((self.out / row["report"]).with_suffix(".json")) if good else None  # with results
        self.rows[self._name(row)] = (whole or row) | {"kept": row.get("kept", False)}

    def _name(self, row: dict) -> tuple:
        return tuple(row[name] for name in KEY)

    def write_now_and_then(self) -> None:
        """Write the lists, when the last time is long enough ago to spend no more than `share` of the time on it."""
        if time.monotonic() >= self.rest:
            self.write()

    def write(self) -> None:
        """Write the lists."""
        from .page import put_fonts

        begin = time.monotonic()
        rows = [self.rows[key] for key in sorted(self.rows)]
        write_whole(self.out / "manifest.csv", lambda path: _csv(manifest_frame(rows), path))
        plain = [{name: value for name, value in row.items() if name != "disk"} for row in rows]
        write_whole(self.out / "reports.json", json.dumps(plain, ensure_ascii=False, indent=1))
        write_whole(self.out / "results.csv", lambda path: _csv(results_frame(rows), path))
        write_whole(self.out / "index.html", index_page(rows))
        put_fonts(self.out)
        self.rest = time.monotonic() + max(2.0, (time.monotonic() - begin) / self.share)


def _csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a list as Excel opens it: Chinese needs the mark of utf-8-sig, and no text may begin with =."""
    safe = frame.map(lambda cell: escaped(cell) if isinstance(cell, str) else cell)
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def index_page(rows: list[dict]) -> str:
    """Return the page that lists reports, to be searched, filtered and sorted without a network; all is escaped.

    Its script is its only one: the policy of the page names it by its hash. Without it the list is whole.

    >>> row = dict(area="x", name_zh="<i>", lang="zh", scenario="medium", status="failed", error="no data")
    >>> "&lt;i&gt;" in index_page([row])
    True
    """
    from .display import page_templates
    from .exports import FORMATS
    from .page import library_version, page_script

    empty = dict.fromkeys((*COLUMNS, "name_en"), "")
    rows = [
        empty
        | {name: value for name, value in row.items() if value is not None}
        | {"results": row.get("results") or {}, "others": _others(row, FORMATS)}
        for row in rows
    ]
    columns = []
    for name in SHOWN:
        values = [row["results"][name] for row in rows if row["results"].get(name) is not None]
        if values:
            columns.append({"name": name, "kind": "number" if all(map(_is_number, values)) else "text"})
    n_ok = sum(row["status"] == "ok" for row in rows)
    names = {code: catalogue(code).word("language.name") for code in languages()}
    page = page_templates().get_template("index.html.j2")
    return page.render(
        rows=rows,
        columns=columns,
        provinces=sorted({row["province"] for row in rows} - {""}),
        shown=lambda value: _shortly(value) if _is_number(value) else value,
        n_ok=n_ok,
        n_failed=len(rows) - n_ok,
        zh=catalogue("zh"),
        en=catalogue("en"),
        languages=names,
        version=library_version(),
        **page_script("index.js"),
    )


def _others(row: dict, forms: Iterable[str]) -> list[tuple[str, str]]:
    """Return (path, format) of the files that a report is besides its page."""
    page, made = str(row.get("report") or ""), row.get("formats") or ()
    stem = page.removesuffix("html")
    return [(f"{stem}{form}", form) for form in forms if form in made and form != "html" and page.endswith(".html")]


def _shortly(value: float) -> str:
    """A number as a list shows it: whole from 100 on, and one decimal below."""
    return f"{value:,.0f}" if abs(value) >= 100 or isinstance(value, int) else f"{value:.1f}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# ---- on a Dask cluster: orders go out, files come back; nothing but the network is shared ----

RETRIES = 3  # of one report, on other workers
PATIENCE = 60  # [s] for the scheduler to answer
OTHER = "The workers have another yilaolib than the machine that asks, or none, or other versions of its packages"


def run_dask(tasks: list[tuple], scheduler: str | None) -> Iterator[dict]:
    """Make reports on the cluster of `scheduler`, put their files in place here, and yield the row of each.

    A lost worker's reports are made by others. When the scheduler is lost, run the command again.
    """
    try:
        import distributed
    except ImportError as error:
        raise YilaoError("executor 'dask' needs Dask: pip install 'yilaolib[dask]'.") from error
    try:
        client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        what = f"No Dask scheduler answers at {scheduler} ({error})"
        raise YilaoError(f"{what}. Start one, or correct the address.") from error
    with client:
        keys: Any = client.run(library_key, on_error="return")
        if others := [worker for worker, key in keys.items() if key != library_key() and not isinstance(key, OSError)]:
            raise YilaoError(f"{OTHER} ({', '.join(others[:3])}). Install the same everywhere and start them anew.")
        inputs, sent = {}, {}
        for order, *rest in tasks:
            lang = order.parameters.get("lang", order.lang)
            pack = (order.template, order.parameters.get("data") or "", "" if lang in languages() else lang)
            if pack not in inputs:  # sent once; what is submitted is made again when its worker is lost
                inputs[pack] = client.submit(dict, _packed(*pack), pure=False)
            sent[client.submit(run_remotely, order, *rest, inputs[pack], pure=False, retries=RETRIES)] = order
        for future in distributed.as_completed(list(sent), loop=client.loop):
            order = sent[future]
            if future.status in ("cancelled", "lost"):
                raise YilaoError("The Dask scheduler was lost. Run the same command again: it goes on from there.")
            if future.status == "error":
                error = future.exception()
                yield lost(order, f"{type(error).__name__}: {error}".rstrip("."))
            else:
                yield _received(order, *future.result())
            future.release()


def _packed(*paths: str | Path) -> dict[str, tuple[str, bytes]]:
    """Return template, tables and words as named zip files."""
    packed = {}
    for what, path in zip(("template", "data", "lang"), map(str, paths), strict=True):
        if path:
            root, buffer = Path(path), io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in sorted(root.glob("*.csv")) if root.is_dir() else [root]:
                    archive.write(file, f"{root.name}/{file.name}" if root.is_dir() else file.name)
            packed[what] = (root.name, buffer.getvalue())
    return packed


def run_remotely(order: Order, key: str, timeout: float, memory_mb: int, packed: dict) -> tuple[dict, dict[str, bytes]]:
    """Make a report in a folder of a worker's own; return its row and its files."""
    from distributed import get_worker

    own = Path(get_worker().local_directory).resolve()  # Dask clears it when the worker is killed
    inputs = {what: _unpacked(own, *given) for what, given in packed.items()}
    work = Path(tempfile.mkdtemp(prefix="yilao-", dir=own))
    try:
        given = {name: str(inputs[name]) for name in ("data", "lang") if name in inputs}
        here = replace(
            order, template=inputs["template"], folder=work / order.area, parameters=order.parameters | given
        )
        _begin(here, many=True)
        row = run_task(here, key, timeout, memory_mb)
        # Who asked shall read of their own folders: a worker's are gone in a moment.
        places = {str(here.folder): str(order.folder)} | {str(path.parent) + os.sep: "" for path in inputs.values()}
        files = {}
        for path in here.folder.rglob("*") if here.folder.is_dir() else ():
            if path.is_file():
                files[path.relative_to(here.folder).as_posix()] = content = path.read_bytes()
                if path.name.endswith(".failed.json"):
                    for ours, theirs in places.items():
                        content = content.replace(ours.encode(), theirs.encode())
                    files[path.relative_to(here.folder).as_posix()] = content
        for ours, theirs in places.items():
            row |= {name: row[name].replace(ours, theirs) for name in ("error", "traceback") if row.get(name)}
        return row, files
    finally:
        shutil.rmtree(work, ignore_errors=True)


_unpacking = threading.Lock()


def _unpacked(own: Path, name: str, content: bytes) -> Path:
    """Return where an input lies on this worker: unpacked once, whatever the number of reports."""
    folder = own / f"yilao-inputs-{hashlib.sha256(content).hexdigest()[:16]}"
    with _unpacking:
        if not folder.is_dir():
            beside = Path(tempfile.mkdtemp(prefix="yilao-", dir=own))
            zipfile.ZipFile(io.BytesIO(content)).extractall(beside)
            beside.replace(folder)
    return folder / name


def _received(order: Order, row: dict, files: dict[str, bytes]) -> dict:
    """Put the files of a report in place, the page last and the row after it, as if it had been made here."""
    tables = order.path("tables")
    last = [order.path("report", ending).name for ending in (".html", ".json", ".failed.json")]
    try:
        make_folder(order.folder)
        tables.mkdir(exist_ok=True)
        for name in sorted(files, key=lambda name: last.index(name) if name in last else -1):
            parts = Path(name).parts
            if ".." not in parts and (len(parts) == 1 or (len(parts) == 2 and parts[0] == tables.name)):
                write_whole(order.folder / name, lambda path, name=name: path.write_bytes(files[name]))
        if row["status"] == "ok":  # older files would tell older numbers
            endings = (".html", ".pdf", ".docx", ".xlsx", ".failed.ipynb", ".failed.json")
            ours = {order.path(stem, ending).name for stem in ("report", "brief") for ending in endings}
            for path in [*tables.iterdir(), *(order.folder / name for name in ours)]:
                if path.relative_to(order.folder).as_posix() not in files:
                    path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            tables.rmdir()  # when it is empty
    except OSError as error:
        row = row | failed(error)
    return row
