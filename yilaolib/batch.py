"""Many reports at once: one that fails is a row of the manifest, the others are made."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime
from pathlib import Path

import pandas as pd

from .data import load_table
from .errors import DataError, did_you_mean
from .orders import Order, place_order
from .page import index_page
from .reports import make_folder, run_order

EXECUTORS = ("processes", "serial")
KEY = ["area", "lang", "scenario"]  # what names a report's files
COLUMNS = ["area", "name_zh", "lang", "scenario", "end_year", "status", "report", "error", "seconds", "started"]


def render_reports(
    cities: Iterable[str | int] | str | int | None = None,
    *,
    jobs: int | None = None,
    executor: str = "processes",
    out_dir: str | os.PathLike = "outputs",
    lang: str = "zh",
    formats: str | tuple[str, ...] = ("html",),
    template: str | os.PathLike | None = None,
    progress: bool | None = None,
    **parameters,
) -> pd.DataFrame:
    """Render the reports of several cities, and a list of them in `index.html` and `manifest.csv`.

    Every name and parameter is checked before the first report is begun. A report that fails is a row with its
    error. Reports that an earlier call made in the same folder stay in both lists.

    Parameters
    ----------
    cities : iterable of str or int, optional
        Slugs, names or adcodes; by default every prefecture and county that has a plan.
    jobs : int, optional
        Reports at a time; by default one a core.
    executor : {"processes", "serial"}
        "processes" runs `jobs` notebooks at a time, each in a process of its own; "serial" one after the other.
    out_dir, lang, formats, template, **parameters
        As in `render_report`.
    progress : bool, optional
        Whether to show a bar; by default when stderr is a terminal.

    Returns
    -------
    DataFrame
        One row a city asked for: area, name_zh, lang, scenario, end_year, status (ok, failed), report (path below
        `out_dir`), error, seconds, started.

    Raises
    ------
    DataError
        As `render_report`, and for an unknown executor or fewer jobs than one.

    Examples
    --------
    >>> render_reports(["景德镇市"], executor="dask")
    Traceback (most recent call last):
    ...
    yilaolib.errors.DataError: executor must be one of processes, serial; it is 'dask'.
    """
    if executor not in EXECUTORS:
        hint = did_you_mean(executor, EXECUTORS)
        raise DataError(f"executor must be one of {', '.join(EXECUTORS)}; it is {executor!r}.{hint}")
    if cities is None:
        cities = cities_with_plan(parameters.get("data") or None)
    elif isinstance(cities, str | int):
        cities = [cities]
    wanted = dict(out_dir=out_dir, lang=lang, formats=formats, template=template, **parameters)
    placed = [place_order(city, **wanted) for city in cities]
    orders = list({order.area: order for order in placed}.values())  # one city under two names is one report
    if not orders:
        raise DataError("There is no city to report on; name one, or leave cities out for all that have a plan.")
    workers = 1 if executor == "serial" else _workers(jobs, len(orders))
    out = Path(out_dir)
    make_folder(out)
    _earlier(out)  # an unreadable manifest is found now, not after the work
    rows: list[dict] = []

    def run(order: Order) -> str:
        rows.append(_run_one(order, out))
        return order.area

    try:
        _show_progress(_run_all(orders, run, workers), len(orders), progress)
    finally:  # what is done is listed even when the rest is interrupted
        _write_lists(out, _frame(rows))
    return _frame(rows)


def cities_with_plan(root: str | os.PathLike | None = None) -> list[str]:
    """Return the slugs of all prefectures and counties that have a plan.

    Examples
    --------
    >>> "jingdezhen" in cities_with_plan()
    True
    """
    sources, areas = load_table("sources", root=root), load_table("areas", root=root)
    planned = sources.loc[sources["plan_start"].notna(), "area"]
    local = areas["level"].isin(["prefecture", "county"])
    return areas.loc[local & areas["area"].isin(planned), "area"].tolist()


def _workers(jobs: int | None, n_orders: int) -> int:
    if jobs is None:
        allowed = getattr(os, "sched_getaffinity", None)
        jobs = len(allowed(0)) if allowed else os.cpu_count() or 1
    if jobs < 1:
        raise DataError(f"jobs must be 1 or more; it is {jobs}.")
    return min(jobs, n_orders)


def _run_all(orders: list[Order], run: Callable[[Order], str], workers: int) -> Iterator[str]:
    """Run all orders and yield the area of each as it is done.

    Threads only wait here: the work is done in the kernels, which are processes. Processes that wait would cost
    a second each to start, would need a guarded __main__ in users' scripts, and might pick the same ports.
    """
    if workers == 1:
        yield from map(run, orders)
        return
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(run, order) for order in orders]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _run_one(order: Order, out: Path) -> dict:
    row = {
        "area": order.area,
        "name_zh": order.name_zh,
        "lang": order.lang,
        "scenario": order.scenario,
        "end_year": order.parameters.get("end_year"),
        "started": f"{datetime.now():%Y-%m-%d %H:%M:%S}",
    }
    begin = time.perf_counter()
    try:
        page = run_order(order)
        row |= {"status": "ok", "report": page.relative_to(out).as_posix()}
    except Exception as error:  # whatever it is, it is this city's and not the batch's
        row |= {"status": "failed", "error": str(error) or type(error).__name__}
    return row | {"seconds": round(time.perf_counter() - begin, 2)}


def _show_progress(areas: Iterator[str], total: int, progress: bool | None) -> None:
    """Exhaust `areas`, with a bar when one is wanted."""
    from tqdm import tqdm

    show = sys.stderr.isatty() if progress is None else progress
    with tqdm(total=total, unit="report", disable=not show, file=sys.stderr) as bar:
        for area in areas:
            bar.set_postfix_str(area, refresh=False)
            bar.update()


def _frame(rows: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"end_year": "Int64", "seconds": "float64"})
    text = [column for column in COLUMNS if column not in ("end_year", "seconds")]
    return frame.astype(dict.fromkeys(text, "str")).sort_values(KEY, ignore_index=True)


def _earlier(out: Path) -> pd.DataFrame:
    """Return the rows of the manifest in `out` whose files are still there."""
    path = out / "manifest.csv"
    if not path.exists():
        return _frame([])
    try:
        rows = pd.read_csv(path, dtype="str", encoding="utf-8")
        frame = _frame(rows.astype(object).to_dict("records"))
    except (ValueError, OSError) as error:
        raise DataError(f"{path} cannot be read ({error}); move it away, a new one is written.") from error
    # A failed report has no page; it is listed as long as its city has a folder.
    there = [(out / (row.report if row.status == "ok" else row.area)).exists() for row in frame.itertuples()]
    return frame[there]


def _write_lists(out: Path, new: pd.DataFrame) -> None:
    merged = pd.concat([_earlier(out), new]).drop_duplicates(KEY, keep="last").sort_values(KEY)
    rows = merged.astype(object).where(merged.notna(), "").to_dict("records")
    _replace(out / "manifest.csv", lambda path: merged.to_csv(path, index=False, lineterminator="\n"))
    _replace(out / "index.html", lambda path: path.write_text(index_page(rows), encoding="utf-8", newline="\n"))


def _replace(target: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place, then rename."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        write(beside)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
