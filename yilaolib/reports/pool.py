"""Several reports at a time on one machine: workers that were forked from a warm process, and a watch over them."""

from __future__ import annotations

import contextlib
import logging
import selectors
import signal
import socket
import time
import warnings
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict

from .forking import Forked
from .librarykey import one_library, own_library
from .limits import Limits
from .orders import Order, find_template
from .task import lost, run_task
from .warm import fork_worker, rehearse
from .whole import clear_beside
from .wire import Line, socket_pair

RENEW = 100  # a worker is replaced after so many reports, so that nothing can pile up in it
WORTHWHILE = 4  # reports, from which on a rehearsal saves more than it costs
GRACE = 60.0  # [s] beyond the time limit, for the page and a slow disk; then the worker itself hangs


def work(tasks: socket.socket) -> None:
    """Render what comes over a socket until it is closed. This is a worker's whole life."""
    logging.disable(logging.CRITICAL)  # what failed is told by its row
    warnings.simplefilter("ignore")
    line = Line(tasks)
    while (task := line.get()) is not None:
        line.put(run_task(Order.from_plain(task["order"]), Limits(**task["limits"]), task["library"]), default=str)


def run_here(orders: Iterable[Order], limits: Limits) -> Generator[dict]:
    """Run orders one after the other in this process."""
    with own_library() as library:
        for order in orders:
            yield run_task(order, limits, library)


def run_threads(orders: list[Order], limits: Limits, jobs: int) -> Generator[dict]:
    """Run orders where nothing can be forked: threads wait for fresh kernels, which are processes."""
    with own_library() as library, ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(run_task, order, limits, library) for order in orders]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class Worker:
    """A worker as its starter sees it."""

    def __init__(self) -> None:
        ours, theirs = socket_pair()
        try:
            self.process: Forked = fork_worker(theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self.line, self.done, self.end_by = Line(ours), 0, 0.0
        self.order: Order | None = None

    def give(self, order: Order, limits: Limits, library: str) -> None:
        """Give it a report to make."""
        self.order, self.end_by = order, time.monotonic() + limits.timeout + GRACE
        with contextlib.suppress(OSError):  # it is gone; its line tells so at once
            self.line.put({"order": order.as_plain(), "limits": asdict(limits), "library": library})

    def take(self) -> dict:
        """Return the row of the report, or of a worker that did not survive it."""
        try:
            row = self.line.get()
        except OSError:
            row = None
        order = self.give_back()
        self.done += 1
        if row is None:
            why = f"the process that rendered it was ended by {self.cause()}"
            self.end()
            return lost(order, why)
        row.pop("buffers")
        return row

    def give_back(self) -> Order:
        """Return the order that it works on and has no more from now on."""
        order, self.order = self.order, None
        if order is None:
            raise RuntimeError("This worker has no order.")
        return order

    def cause(self) -> str:
        code = self.process.poll(wait=1.0)
        self.done = RENEW
        return signal.Signals(-code).name if code is not None and code < 0 else f"itself (exit code {code})"

    def end(self) -> None:
        self.process.end()
        self.line.sock.close()


def run_pool(orders: list[Order], limits: Limits, jobs: int) -> Generator[dict]:
    """Run orders, `jobs` at a time, and yield the row of each as it is done.

    Raises
    ------
    YilaoError
        Before the first report: nothing can be forked here; see `run_threads`.
    """
    with one_library() as library:
        yield from _run_workers(orders, limits, jobs, library)


def _run_workers(orders: list[Order], limits: Limits, jobs: int, library: str) -> Generator[dict]:
    """Give each order to a worker that is idle, and yield its row when it is done."""
    if len(orders) >= WORTHWHILE and orders[0].template == find_template():
        rehearse(orders[0].area, orders[0].parameters.get("data") or None)
    waiting, busy, idle, workers = deque(orders), selectors.DefaultSelector(), [], set()
    try:
        while len(idle) < min(jobs, len(orders)):
            idle.append(Worker())
            workers.add(idle[-1])
        while waiting or busy.get_map():
            while waiting and idle:
                worker = idle.pop()
                worker.give(waiting.popleft(), limits, library)
                busy.register(worker.line.sock, selectors.EVENT_READ, worker)
            for worker, row in _finished(busy):
                if worker.done < RENEW:
                    idle.append(worker)
                else:
                    worker.end()
                    workers.discard(worker)
                    if waiting:
                        workers.add(fresh := Worker())
                        idle.append(fresh)
                yield row
    finally:
        for worker in workers:
            worker.end()
            if worker.order is not None:  # interrupted in the middle of it
                clear_beside(worker.order.folder)
                with contextlib.suppress(OSError):
                    worker.order.folder.rmdir()
        busy.close()


def _finished(busy: selectors.BaseSelector) -> list[tuple[Worker, dict]]:
    """Wait for workers that are done or lost, or hang although their notebook was to be killed."""
    found = []
    for key, _ in busy.select(timeout=1.0):
        busy.unregister(key.fileobj)
        found.append((key.data, key.data.take()))
    now = time.monotonic()
    for key in list(busy.get_map().values()):
        worker = key.data
        if now > worker.end_by:
            busy.unregister(key.fileobj)
            worker.done = RENEW
            worker.end()
            found.append((worker, lost(worker.give_back(), "it did not end and was killed")))
    return found
