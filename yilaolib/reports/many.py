"""Many reports: one that fails is a row of the manifest, the others are made; what has not changed is kept."""

from __future__ import annotations

import contextlib
import csv
import functools
import gc
import hashlib
import importlib.util
import io
import json
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from .. import __version__
from ..errors import YilaoError, refusal
from ..tables.areas import Root, find_area, line_of, list_areas, places_of
from ..tables.folders import as_root, merged_table, names_of, own_areas, stamp
from ..tables.schema import escaped, one_of
from ..texts import catalogue, languages
from . import files, one, runner
from .one import MEMORY_MB, PRELOAD, TIMEOUT, default_folder, keep_failure, place_order, run_order, template_of

LIKELY = ("scipy.stats", "seaborn", "nbconvert.filters.markdown_mistune")  # for notebooks of others, not for ours
MANY = 4  # reports, from which on making one beforehand, for what all share, saves more than it costs
GRACE = 60.0  # [s] beyond the time limit of a report, for its page and a slow disk
NAMING = ("area", "adcode", "name_zh", "name_en", "province", "lang", "scenario", "end_year")
COLUMNS = [
    "area", "adcode", "name_zh", "province", "lang", "scenario", "end_year", "status", "report", "error", "seconds",
    "started", "kept", "key", "traceback",
]  # fmt: skip
SHOWN = (  # in the index, of what notebooks save with `save_results`
    "ageing_stage", "share_60_pct", "gap_year", "bed_gap", "bed_method", "bed_supply", "bed_coverage_pct", "place_gap",
    "place_method", "place_supply", "place_coverage_pct",
)  # fmt: skip


def render_reports(
    cities: Iterable[str | int] | str | int | None = None, *, jobs: int | None = None, executor: str = "processes",
    out_dir: str | os.PathLike | None = None, lang: str = "zh", formats: str | tuple[str, ...] = ("html",),
    template: str | os.PathLike | None = None, progress: bool | None = None, force: bool = False,
    timeout: float = TIMEOUT, memory_mb: int = MEMORY_MB, scheduler: str | None = None, **parameters,
) -> pd.DataFrame:  # fmt: skip
    """Render the reports of several areas, and lists of them: `index.html`, `manifest.csv`, `results.csv`.

    All names and parameters are checked first. A report that fails is a row with its error; one whose inputs have not
    changed is kept, so the same call goes on where a killed one ended.

    cities : iterable of str or int, optional; slugs, names or adcodes; by default all prefectures, counties with a plan
    jobs : int, optional; reports at a time; by default one a core
    executor : {"processes", "serial", "dask"}; `jobs` at a time, one after the other, or on the cluster of `scheduler`
    out_dir, lang, formats, template, **parameters : as in `render_report`; one run at a time writes into a folder
    progress : bool, optional; whether to show a bar; by default when stderr is a terminal
    force : bool, default False; make every report anew
    timeout, memory_mb : float, int; [s], [MB] for one report and all that it starts
    scheduler : str, optional; address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``
    Returns DataFrame: one row an area: `COLUMNS`; status is ok or failed, report a path below `out_dir`
    DataError as `render_report`; YilaoError for a folder in use, a full disk or no scheduler: what was made stays.

    >>> render_reports(["景德镇市"], executor="spark")
    Traceback (most recent call last):
    ...
    yilaolib.errors.DataError: executor must be one of processes, serial, dask; it is 'spark'.
    """
    rows = make_reports(
        cities, jobs=jobs, executor=executor, out_dir=out_dir, lang=lang, formats=formats, template=template,
        progress=progress, force=force, timeout=timeout, memory_mb=memory_mb, scheduler=scheduler, **parameters,
    )  # fmt: skip
    types = dict.fromkeys(COLUMNS, "str") | {"end_year": "Int64", "seconds": "float64", "kept": "bool"}
    return pd.DataFrame(rows, columns=COLUMNS).astype(types)


def make_reports(
    cities: Iterable[str | int] | str | int | None, *, jobs: int | None = None, executor: str = "processes",
    progress: bool | None = None, force: bool = False, timeout: float = TIMEOUT, memory_mb: int = MEMORY_MB,
    scheduler: str | None = None, out_dir: Any = None, **asked: Any,
) -> list[dict]:  # fmt: skip
    """Do what `render_reports` does and return the rows, without pandas, whose import would delay the command."""
    from tqdm import tqdm

    one_of("executor", executor, ("processes", "serial", "dask"))
    jobs = _cores() if jobs is None else jobs
    for name, value in (("timeout", timeout), ("memory_mb", memory_mb), ("jobs", jobs)):
        if not value > 0:
            raise refusal("errors.positive", name=name, value=value)
    if executor == "dask" and not scheduler:
        raise refusal("errors.no_scheduler")
    if cities is None:
        cities = areas_with_plan(asked.get("data"))
    elif isinstance(cities, str | int):
        cities = [cities]
    asked |= {"out_dir": default_folder() if out_dir is None else out_dir}
    placed = [place_order(city, **asked) for city in cities]
    orders = list({order.area: order for order in placed}.values())  # one area under two names is one report
    if not orders:
        raise refusal("errors.reports.no_city")
    out = Path(asked["out_dir"])
    with files.lock_folder(out), runner.answered(signal.SIGTERM, signal.default_int_handler):  # as Ctrl-C
        earlier = {order.area for order in orders if order.path("report", ".json").is_file() and not force}
        new = [order for order in orders if order.area not in earlier]
        if early := len(new) >= min(MANY, len(orders)):
            begin(new)
        tasks, rows, listing = [], [], Listing(out)
        for order in orders:
            if order.folder.is_dir() and not order.folder.is_symlink():
                files.clear_beside(order.folder)
            if order.area in earlier and (row := files.kept_row(order)):
                rows.append(row)
                listing.add(row)
            else:  # the process that makes a report finds its key
                tasks.append((order, "" if executor == "processes" else files.content_key(order), timeout, memory_mb))
        if tasks and not early:
            begin([order for order, *_ in tasks])
        if executor == "processes" and len(tasks) == 1 and {*tasks[0][0].formats} == {"html"}:
            executor = "serial"  # this process is ready for a page when that of the notebook has started
        files.clear_beside(out)
        files.clear_beside(out / "fonts")
        made = _run(tasks, executor, jobs, scheduler, timeout) if tasks else iter(())
        try:
            for row in tqdm(made, total=len(tasks), unit="report", disable=None if progress is None else not progress):
                rows.append(row)
                n_ok = sum(row["status"] == "ok" for row in rows)
                if row.get("disk"):
                    told = {"reason": row["disk"], "name": row["name_zh"], "n_ok": n_ok}
                    raise refusal("errors.reports.disk", YilaoError, out=str(out), **told)
                listing.add(row)
                listing.write_now_and_then()
        except KeyboardInterrupt:
            n_ok = sum(row["status"] == "ok" for row in rows)
            counts = {"n_ok": n_ok, "n": len(orders), "index": str(out / "index.html")}
            raise refusal("errors.reports.ended", KeyboardInterrupt, **counts) from None
        finally:  # what is done is listed even when the rest is interrupted
            getattr(made, "close", lambda: None)()  # ends its processes
            failing = sys.exc_info()[0] is not None
            with contextlib.suppress(OSError, YilaoError) if failing else contextlib.nullcontext():
                listing.write()
    return sorted(rows, key=files.key_of_row)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def begin(orders: list[files.Order]) -> None:
    """Start the forkserver, which reads the user's tables and computes what these reports share."""
    root = orders[0].parameters.get("data") or ""
    kinds = Counter(order.template for order in orders)
    first = {order.template: order for order in orders if kinds[order.template] >= MANY}
    alike = [order for order in first.values() if b"yl.project(" in order.template.read_bytes()]
    rehearsed = [(str(template_of(each.area, root or None)), each.parameters) for each in alike]
    modules = PRELOAD if {path.parent for path in kinds} == {one.find_template().parent} else (*LIKELY, *PRELOAD)
    areas = ",".join(order.area for order in orders if len(orders) > 1)
    with runner.answered(signal.SIGINT, signal.SIG_IGN):  # which the forkserver inherits: Ctrl-C is for this process
        runner.begin(modules, **{DATA: root, AREAS: areas, REHEARSED: json.dumps(rehearsed)})


def _run(tasks: list[tuple], executor: str, jobs: int, scheduler: str | None, timeout: float) -> Iterator[dict]:
    """Make the reports and yield the row of each as it is done."""
    if executor == "dask":
        yield from run_dask(tasks, scheduler)
    elif executor == "serial":
        yield from (run_task(*task) for task in tasks)
    else:
        done = runner.run_many(run_task, tasks, min(jobs, len(tasks)), timeout + GRACE)
        try:
            for (order, *_), row in done:
                yield _lost(order, row) if isinstance(row, YilaoError) else row
        finally:
            done.close()
            for order, *_ in tasks:  # what was interrupted in the middle
                files.clear_beside(order.folder)
                with contextlib.suppress(OSError):
                    order.folder.rmdir()


def run_task(order: files.Order, key: str, timeout: float, memory_mb: int) -> dict:
    """Make a report and return its row; whatever goes wrong is this report's and not the batch's."""
    begin = time.perf_counter()
    try:
        return run_order(order, key, timeout, memory_mb)
    except Exception as error:
        return keep_failure(order, error, time.perf_counter() - begin)


def _lost(order: files.Order, why: str | YilaoError) -> dict:
    """Return the row of a report whose process is gone; clear what that left half done."""
    files.clear_beside(order.folder)
    return keep_failure(order, refusal("errors.reports.lost", YilaoError, name=order.name_zh, why=why))


def areas_with_plan(root: Root = None) -> list[str]:
    """Return the slugs of all prefectures and counties that have a plan."""
    rows, plans = names_of(as_root(root or None), stamp(root or None)).rows, one.planned(root or None)
    return [slug for slug, row in rows.items() if row["level"] in ("prefecture", "county") and slug in plans]


def areas_within(province: str | None = None, level: str | None = None, root: Root = None) -> list[str]:
    """Return the slugs of the areas of a level, in a province or all, for which there is a population.

    Without a level: the areas right below the province, and its counties with a plan or of a user's own.
    """
    above = find_area(province, root) if province else None
    if above is not None and above["level"] != "province":
        raise refusal("errors.no_province", area=dict(above))
    wanted = set(list_areas(province, level, root)["area"])
    if above is not None and not level:
        own = (*areas_with_plan(root), *own_areas(as_root(root)))
        wanted |= {slug for slug in own if above["area"] in line_of(slug, root)}
    found = wanted & set(merged_table("population", root)["area"])
    if not found:
        raise refusal("errors.no_areas", level=level, area=None if above is None else dict(above))
    return sorted(found)


def areas_in_file(path: str | os.PathLike) -> list[str]:
    """Return the areas that a text file names, one a line (# begins a remark), or the first column of a CSV file."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise refusal("errors.no_list", path=str(path), reason=error) from error
    lines = [line.split(",")[0].strip().strip('"') for line in text.splitlines()]
    names = [line for line in lines if line and not line.startswith("#")]
    names = names[1:] if names[:1] and names[0] in ("area", "adcode", "name_zh") else names
    if not names:
        raise refusal("errors.empty_list", path=str(path))
    return names


def write_table(target: Path, areas: list[str], **asked: Any) -> None:
    """Write `area_table` of these areas as CSV, Excel or Parquet, by the ending of `target`; all cores compute it."""
    one_of("--out", target.suffix, (".csv", ".xlsx", ".parquet"))
    if target.suffix == ".parquet" and not importlib.util.find_spec("pyarrow"):
        raise refusal("errors.reports.no_parquet")
    from ..needs.peers import area_table

    runner.begin(PRELOAD, **{DATA: asked.get("root") or ""})
    size = min(500, -(-len(areas) // _cores()))  # what a process computes once serves many areas
    batches = [areas[first : first + size] for first in range(0, len(areas), size)]
    with ProcessPoolExecutor(min(_cores(), len(batches)), multiprocessing.get_context(runner.START)) as pool:
        parts = list(pool.map(functools.partial(area_table, **asked), batches))
    table = pd.concat(parts).sort_values(["adcode", "area", "year"], ignore_index=True)
    table = table.map(escaped) if target.suffix == ".csv" else table
    plain = functools.partial(table.to_csv, index=False, encoding="utf-8-sig", lineterminator="\n")
    excel = functools.partial(table.to_excel, index=False, freeze_panes=(1, 4))
    files.write_whole(target, {".csv": plain, ".xlsx": excel, ".parquet": table.to_parquet}[target.suffix])


class Listing:
    """Keeps the lists of a folder current while a batch runs, from the rows that lie beside its reports."""

    def __init__(self, out: Path):
        self.out, self.rest = out, 0.0
        self.rows: dict[tuple, dict] = {}
        for ending in (".json", ".failed.json"):  # a failure stands for the report that it was to replace
            for path in sorted(out.glob(f"[!.]*/report*{ending}")):
                row = None if path.parent.is_symlink() or ending not in path.name else files.read_row(path)
                if row and (row["status"] != "ok" or (out / row["report"]).is_file()):  # else its page was deleted
                    self.add(row)

    def add(self, row: dict) -> None:
        """Add the row of a report; `write` shows it."""
        self.rows[files.key_of_row(row)] = row

    def write_now_and_then(self) -> None:
        """Write the lists, when the last time is a while ago: of thousands of reports they take a second."""
        if (begin := time.monotonic()) >= self.rest:
            self.write()
            self.rest = time.monotonic() + max(20.0, 100 * (time.monotonic() - begin))

    def write(self) -> None:
        """Write the lists."""
        from .page import put_fonts

        rows: list[dict] = [{"kept": False} | self.rows[key] for key in sorted(self.rows)]
        good = [row for row in rows if row["status"] == "ok"]
        good = [row.get("results", {}) | {name: row.get(name) for name in NAMING} for row in good]
        _write_csv(self.out / "manifest.csv", COLUMNS, rows)
        _write_csv(self.out / "results.csv", [*dict.fromkeys([*NAMING, *(name for row in good for name in row)])], good)
        files.write_whole(self.out / "index.html", index_page(rows))
        put_fonts(self.out)


def _write_csv(target: Path, columns: list[str], rows: Iterable[dict]) -> None:
    """Write a list as Excel opens it: Chinese needs the mark of utf-8-sig, and no text may begin with =."""
    table = csv.writer(text := io.StringIO(), lineterminator="\n")
    table.writerows([columns, *([escaped(row.get(name)) for name in columns] for row in rows)])
    files.write_whole(target, "\ufeff" + text.getvalue())


def index_page(rows: list[dict]) -> str:
    """Return the page that lists reports, to be searched, filtered and sorted without a network; all is escaped."""
    from .display import page_templates
    from .exports import is_number
    from .page import page_script

    def shown(value: Any) -> Any:
        return f"{value:,.{int(isinstance(value, float) and abs(value) < 100)}f}" if is_number(value) else value

    empty = dict.fromkeys((*COLUMNS, "name_en", "level"), "")
    rows = [{name: value for name, value in row.items() if value is not None} for row in rows]
    rows = [empty | {"results": {}, "others": _others(row)} | row for row in rows]
    told = {name: [row["results"][name] for row in rows if row["results"].get(name) is not None] for name in SHOWN}
    kinds = {name: "number" if all(map(is_number, values)) else "text" for name, values in told.items() if values}
    n_ok = sum(row["status"] == "ok" for row in rows)
    return page_templates().get_template("index.html.j2").render(
        rows=rows, columns=[{"name": name, "kind": kind} for name, kind in kinds.items()], shown=shown,
        provinces=sorted({row["province"] for row in rows} - {""}),
        levels=sorted({row["level"] for row in rows} - {""}),
        n_ok=n_ok, n_failed=len(rows) - n_ok, zh=catalogue("zh"), en=catalogue("en"),
        languages={code: catalogue(code).word("language.name") for code in languages()}, version=__version__,
        **page_script("index.js"),
    )  # fmt: skip


def _others(row: dict) -> list[tuple[str, str]]:
    """Return (path, format) of the files that a report is besides its page."""
    paths = {form: str(row.get("report")).removesuffix("html") + form for form in files.FORMATS if form != "html"}
    return [(path, form) for form, path in paths.items() if path.rpartition("/")[2] in row.get("files", ())]


# ---- on a Dask cluster: orders go out, files come back; nothing but the network is shared ----
PATIENCE = 15.0  # [s] for the scheduler to answer, and for its first worker


def run_dask(tasks: list[tuple], scheduler: str | None) -> Iterator[dict]:
    """Make reports on the cluster of `scheduler`, put their files in place here, and yield the row of each.

    A lost worker's reports are made by others. When the scheduler is lost, run the command again.
    """
    try:
        import distributed
    except ImportError as error:
        raise refusal("errors.reports.no_dask", YilaoError) from error
    shown = re.sub(r"//[^/@]*@", "//", str(scheduler))  # without a password
    try:
        client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise refusal("errors.reports.dask_silent", YilaoError, shown=shown, reason=type(error).__name__) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise refusal("errors.reports.dask_idle", YilaoError, shown=shown) from None
        keys: Any = client.run(files.library_key, on_error="return")
        ours = files.library_key()
        if others := [worker for worker, key in keys.items() if key != ours and not isinstance(key, OSError)]:
            raise refusal("errors.reports.dask_others", YilaoError, others=others[:3])
        inputs, sent = {}, {}
        for order, *rest in tasks:
            lang = order.parameters.get("lang", order.lang)
            pack = (order.template, order.parameters.get("data") or "", "" if lang in languages() else lang)
            if pack not in inputs:  # sent once; what is submitted is made again when its worker is lost
                inputs[pack] = client.submit(dict, _packed(*pack), pure=False)
            sent[client.submit(run_remotely, order, *rest, inputs[pack], pure=False, retries=3)] = order
        for future in distributed.as_completed(list(sent), loop=client.loop):
            order = sent[future]
            if future.status in ("cancelled", "lost"):
                raise refusal("errors.reports.dask_lost", YilaoError)
            if future.status == "error":
                error = future.exception()
                yield _lost(order, f"{type(error).__name__}: {error}".rstrip("."))
            else:
                yield _received(order, *future.result())
            future.release()


def _packed(*paths: str | Path) -> dict[str, dict[str, bytes]]:
    """Return the files of template, tables and words, by their names below the folder that they lie in."""
    packed = {}
    for what, path in zip(("template", "data", "lang"), map(Path, paths), strict=True):
        if path.name:
            found = sorted(path.glob("*.csv")) if path.is_dir() else [path]
            packed[what] = {each.relative_to(path.parent).as_posix(): each.read_bytes() for each in found}
    return packed


def run_remotely(order: files.Order, key: str, timeout: float, memory_mb: int, packed: dict) -> tuple[dict, dict]:
    """Make a report in a folder of a worker's own; return its row and its files."""
    from distributed import get_worker

    own = Path(get_worker().local_directory).resolve()  # Dask clears it when the worker is killed
    inputs = {what: _unpacked(own, given) for what, given in packed.items()}
    given = {name: str(inputs[name]) for name in ("data", "lang") if name in inputs}
    with tempfile.TemporaryDirectory(prefix="yilao-", dir=own) as work:
        folder, parameters = Path(work) / order.area, order.parameters | given
        here = replace(order, template=inputs["template"], folder=folder, parameters=parameters)
        begin([here] * MANY)  # more will come
        row = run_task(here, key, timeout, memory_mb)
        made = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        # Who asked shall read of their own folders: a worker's are gone in a moment.
        places = {str(folder): str(order.folder)} | {str(path.parent) + os.sep: "" for path in inputs.values()}
        for ours, theirs in places.items():
            row |= {name: row[name].replace(ours, theirs) for name in ("error", "traceback") if name in row}
        return row, {name: path.read_bytes() for name, path in made.items() if path.suffix != ".json" or "/" in name}


def _unpacked(own: Path, given: dict[str, bytes]) -> Path:
    """Return where an input lies on this worker: written once, whatever the number of reports."""
    folder = own / f"yilao-inputs-{hashlib.sha256(b''.join(given.values())).hexdigest()[:16]}"
    for name, content in given.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / name).is_file():
            files.write_whole(folder / name, lambda path, content=content: path.write_bytes(content))
    return folder / next(iter(given)).partition("/")[0]


def _received(order: files.Order, row: dict, sent: dict[str, bytes]) -> dict:
    """Put the files of a report in place as if it had been made here."""
    try:
        order.folder.mkdir(parents=True, exist_ok=True)
        with files.folder_beside(order.folder) as beside:
            for name, content in sent.items():
                if files.FILE.fullmatch(name):
                    (beside / name).parent.mkdir(exist_ok=True)
                    (beside / name).write_bytes(content)
            if row["status"] == "ok":
                return files.put_in_place(order, beside, row)
            for path in beside.iterdir():  # how far it came
                os.replace(path, order.folder / path.name)
        files.keep_row(order, row)
        return row
    except OSError as error:
        return keep_failure(order, error)


# ---- in the forkserver: what reports import and read, so that the processes forked from it have it ----
DATA = "YILAO_DATA"  # the folder or workbook of a user, read beforehand too
AREAS = "YILAO_AREAS"  # of several reports
REHEARSED = "YILAO_REHEARSED"  # our notebooks with parameters; a user's own runs in its own process only
STACK = (  # dask.array is imported by xarray where it is installed
    "numpy.random", "scipy.interpolate", "scipy.optimize", "xarray", "matplotlib.backends.backend_svg", "dask.array",
    "matplotlib.pyplot", "matplotlib_inline.config", "IPython.core.completer", "IPython.core.completerlib",
    "IPython.core.magics", "IPython.core.oinspect", "sqlite3", "yilaolib.reports.exports",
)  # fmt: skip


def warm() -> None:
    """Import the stack, read the tables, register the fonts, and compute what all reports share.

    It must start no thread, for a fork copies one thread only and every lock as it is.
    """
    for name in STACK:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from PIL import Image

    import yilaolib as yl

    from ..demography import projection
    from ..plots import style
    from .display import page_templates

    for name in dir(yl):
        getattr(yl, name)  # they are imported when they are first asked for
    Image.preinit()
    style.register_fonts()
    for name in ("report.html.j2", "piece.html.j2"):
        page_templates().get_template(name)
    root = os.environ.get(DATA) or None
    state = as_root(root), stamp(root)
    for name in yl.list_tables():
        if "area" in merged_table(name, root):
            places_of(name, *state)
    if areas := [*filter(None, os.environ.get(AREAS, "").split(","))]:  # the processes that make them start here too
        papermill = runner.import_papermill()
        importlib.import_module("papermill.translators")
        of = names_of(*state)
        inside = [each for area in areas if of.rows[area]["level"] == "prefecture" for each in of.inside(area)]
        with contextlib.suppress(YilaoError):  # the report of that area will say what is wrong
            projection.launches_from([*areas, *inside], root=root)
        files.library_key()
        files.bytes_key(state[1])
        files.shared_key(*state)
    for template, parameters in json.loads(os.environ.get(REHEARSED, "[]")):
        notebook = papermill.iorw.load_notebook_node(template)
        notebook = papermill.parameterize.parameterize_notebook(notebook, parameters | {"tables_dir": ""})
        with style.mpl.rc_context(), contextlib.redirect_stdout(io.StringIO()):  # notebooks choose their own style
            known: dict[str, Any] = {}
            for cell in notebook.cells:
                exec(cell.source if cell.cell_type == "code" else "", known)
            style.make_axes(12)  # as many as a report has
    gc.freeze()  # a collection in a child would otherwise copy every page of it


if runner.FORKSERVER in os.environ:
    gc.disable()  # what is imported stays
    with warnings.catch_warnings(), contextlib.suppress(Exception):  # whoever needs it will meet the error, and tell it
        warnings.simplefilter("ignore")
        warm()
    gc.enable()
