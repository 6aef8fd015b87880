"""Many reports at once: one that fails is a row of the manifest, the others are made."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Generator, Iterable, Iterator
from numbers import Integral
from pathlib import Path

import pandas as pd

from ..errors import DataError, YilaoError, did_you_mean
from .away import Away, reachable
from .forking import why_not
from .librarykey import LibraryChanged, library_key
from .limits import MEMORY_MB, TIMEOUT, Limits
from .lock import lock_folder
from .manifest import Listing, manifest_frame
from .orders import Order, place_order
from .pool import run_here, run_pool, run_threads
from .selection import cities_with_plan
from .task import kept_row
from .warm import tell_once
from .whole import clear_beside, make_folder

EXECUTORS = ("processes", "serial", "dask")


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
    force: bool = False,
    timeout: float = TIMEOUT,
    memory_mb: int = MEMORY_MB,
    scheduler: str | None = None,
    **parameters,
) -> pd.DataFrame:
    """Render the reports of several cities, and lists of them: `index.html`, `manifest.csv`, `results.csv`.

    Every name and parameter is checked before the first report is begun. A report that fails is a row with its
    error. A report whose inputs have not changed since it was made is kept. Reports that an earlier call made in the
    same folder stay in the lists, so the same call goes on where a killed one ended.

    Parameters
    ----------
    cities : iterable of str or int, optional
        Slugs, names or adcodes; by default every prefecture and county that has a plan.
    jobs : int, optional
        Reports at a time; by default one a core.
    executor : {"processes", "serial", "dask"}
        "processes" runs `jobs` notebooks at a time, each in a process of its own; "serial" one after the other;
        "dask" on the cluster of `scheduler`.
    out_dir : path or URL
        Folder of all reports, or an address that fsspec reaches, such as ``s3://bucket/reports``. One run at a time
        writes there; a run that was killed leaves its lock at an address, which then has to be taken away by hand
        unless the same machine goes on.
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
        One row a city asked for: area, adcode, name_zh, province, lang, scenario, end_year, status (ok, failed),
        report (path below `out_dir`), error, seconds, started, kept (it needed not be made anew), key, traceback.

    Raises
    ------
    DataError
        As `render_report`, and for an unknown executor or fewer jobs than one.
    YilaoError
        Another run writes into the folder or to the address, or the disk is full; what was there is still there.

    Examples
    --------
    >>> render_reports(["景德镇市"], executor="spark")
    Traceback (most recent call last):
    ...
    yilaolib.errors.DataError: executor must be one of processes, serial, dask; it is 'spark'.
    """
    if executor not in EXECUTORS:
        hint = did_you_mean(executor, EXECUTORS)
        raise DataError(f"executor must be one of {', '.join(EXECUTORS)}; it is {executor!r}.{hint}")
    if cities is None:
        cities = cities_with_plan(parameters.get("data") or None)
    elif isinstance(cities, str | int):
        cities = [cities]
    with reachable(out_dir) as (out, away):
        placed = [
            place_order(city, out_dir=out, lang=lang, formats=formats, template=template, **parameters)
            for city in cities
        ]
        orders = list({order.area: order for order in placed}.values())  # one city under two names is one report
        if not orders:
            raise DataError("There is no city to report on; name one, or leave cities out for all that have a plan.")
        limits = Limits(timeout=timeout, memory_mb=memory_mb)
        jobs = _workers(jobs, len(orders))
        run = _chosen(executor, jobs, scheduler)
        make_folder(out)
        with away.locked() if away else lock_folder(out):
            return _run_batch(orders, out, lambda todo: run(todo, limits), force, progress, away)


def _workers(jobs: int | None, n_orders: int) -> int:
    if jobs is None:
        allowed = getattr(os, "sched_getaffinity", None)
        jobs = len(allowed(0)) if allowed else os.cpu_count() or 1
    if not isinstance(jobs, Integral) or jobs < 1:
        raise DataError(f"jobs must be 1 or more; it is {jobs!r}.")
    return min(jobs, n_orders)


def _chosen(executor: str, jobs: int, scheduler: str | None):
    """Return the function that runs orders, and yields a row for each as it is done."""
    if executor == "dask":
        from .cluster import ready, run_dask

        ready(scheduler)
        return lambda orders, limits: run_dask(orders, limits, scheduler)
    if executor == "serial":
        return run_here
    if reason := why_not():
        tell_once(reason)
        return lambda orders, limits: run_threads(orders, limits, jobs)
    return lambda orders, limits: _pool_or_threads(orders, limits, jobs)


def _pool_or_threads(orders: list[Order], limits: Limits, jobs: int) -> Generator[dict]:
    pool = run_pool(orders, limits, jobs)
    try:
        first = next(pool)
    except LibraryChanged:
        raise
    except YilaoError as error:  # the warm process could not start, or has threads
        tell_once(str(error))
        yield from run_threads(orders, limits, jobs)
        return
    try:
        yield first
        yield from pool
    finally:
        pool.close()


def _run_batch(
    orders: list[Order], out: Path, run, force: bool, progress: bool | None, away: Away | None
) -> pd.DataFrame:
    """Make what is not there yet, and list everything."""
    if away:
        away.fetch()
    listing = Listing(out, away.send_lists if away else None)
    rows, todo, library = [], [], library_key()
    for order in orders:
        if order.folder.is_dir():
            clear_beside(order.folder)
        row = None if force else kept_row(order, library)
        if row is None:
            todo.append(order)
        else:
            rows.append(row)
            listing.add(row)
    clear_beside(out)
    try:
        # Without a report to make, no process is started.
        made = run(todo) if todo else iter_nothing()
        with contextlib.closing(away.sending(made) if away else made) as made:
            for row in _shown(made, len(todo), progress):
                rows.append(row)
                if row.get("disk"):
                    raise YilaoError(_disk_is_full(row, rows, out))
                listing.add(row)
                listing.write_now_and_then()
    finally:  # what is done is listed even when the rest is interrupted
        failing = sys.exc_info()[0] is not None
        with contextlib.suppress(OSError, YilaoError) if failing else contextlib.nullcontext():
            listing.write()
    return manifest_frame(rows)


def iter_nothing() -> Generator[dict]:
    """Yield nothing, as a generator that can be closed."""
    yield from ()


def _disk_is_full(row: dict, rows: list[dict], out: Path) -> str:
    n_done = sum(row["status"] == "ok" for row in rows)
    return (
        f"{out} cannot be written to ({row['disk']}) at {row['name_zh']}; {n_done} reports are there and whole. Make "
        "room and run the same command again: it goes on from there."
    )


def _shown(rows: Iterator[dict], total: int, progress: bool | None) -> Generator[dict]:
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
