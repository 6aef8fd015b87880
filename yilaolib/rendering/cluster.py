"""Reports on a Dask cluster: orders go out, files come back; nothing but the network is shared with the workers."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from ..core.errors import DataError, YilaoError
from .cachekey import library_key
from .formats import FORMATS
from .limits import Limits
from .orders import Order
from .task import failed, lost, run_task
from .whole import folder_beside, make_folder, move_files

ROUNDS = 5  # how often the scheduler may be lost
PATIENCE = 60  # [s] for it to come back
RETRIES = 3  # of one report, on other workers


def run_dask(orders: list[Order], limits: Limits, scheduler: str | None) -> Generator[dict]:
    """Run orders on the cluster of `scheduler`, put their files in place here, and yield the row of each.

    A lost worker's reports are made by others; after a restart of the scheduler what is missing is sent again.

    Raises
    ------
    YilaoError
        No scheduler answers.
    """
    distributed = ready(scheduler)
    missing = {order.folder.as_posix() + order.path("x").name: order for order in orders}
    for _ in range(ROUNDS):
        with _connect(distributed, scheduler) as client:
            for name, row in _one_round(distributed, client, missing, limits):
                del missing[name]
                yield row
        if not missing:
            return
    for order in missing.values():
        yield lost(order, "the scheduler was lost too often")


def ready(scheduler: str | None):
    """Return Dask's package.

    Raises
    ------
    DataError
        No address was given.
    YilaoError
        Dask is not installed.
    """
    if not scheduler:
        raise DataError("executor 'dask' needs the address of a scheduler, such as tcp://10.0.0.1:8786.")
    try:
        import distributed
    except ImportError as error:
        raise YilaoError("executor 'dask' needs Dask: pip install 'yilaolib[dask]'.") from error
    return distributed


def _connect(distributed, scheduler: str | None):
    try:
        return distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        what = f"No Dask scheduler answers at {scheduler} ({error})"
        raise YilaoError(f"{what}. Start one, or correct the address.") from error


def _one_round(distributed, client, missing: dict[str, Order], limits: Limits) -> Iterator[tuple[str, dict]]:
    """Send all that is missing and yield what comes back, until all is there or the scheduler is lost."""
    sent = {}
    inputs = {}
    for name, order in missing.items():
        pack = (order.template, order.parameters.get("data") or "")
        if pack not in inputs:  # once for all reports, not with each
            # Not scattered: what is scattered is lost with its worker, what is submitted is made again.
            inputs[pack] = client.submit(dict, _packed(*pack), pure=False)
        future = client.submit(
            render_remotely, order.as_plain(), asdict(limits), inputs[pack], library_key(), pure=False, retries=RETRIES
        )
        sent[future] = name
    for future in distributed.as_completed(list(sent), loop=client.loop):
        order = missing[sent[future]]
        if future.status in ("cancelled", "lost"):
            continue  # with the scheduler; the next round sends it again
        if future.status == "error":
            yield sent[future], lost(order, f"{type(future.exception()).__name__}: {future.exception()}")
            continue
        try:
            row, files = future.result()
        except distributed.CancelledError:
            continue
        yield sent[future], _received(order, row, files)
        future.release()


def _packed(template: Path, data: str) -> dict:
    """Return a template and a user's tables as bytes."""
    packed = {"template": (template.name, template.read_bytes()), "data": None}
    if data:
        root, buffer = Path(data), io.BytesIO()
        files = [root] if root.is_file() else sorted(path for path in root.iterdir() if path.suffix == ".csv")
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.name)
        packed["data"] = (root.name, root.is_file(), buffer.getvalue())
    return packed


def render_remotely(plain: dict, limits: dict, inputs: dict, library: str) -> tuple[dict, dict[str, bytes]]:
    """Make a report in a folder of a worker's own; return its row and its files."""
    if library != library_key():
        raise YilaoError("the workers have other versions of yilaolib or of its packages; install the same everywhere")
    from distributed import get_worker

    order = Order.from_plain(plain)
    work = Path(tempfile.mkdtemp(prefix="yilao-", dir=get_worker().local_directory))  # Dask clears it when it is killed
    try:
        name, content = inputs["template"]
        (work / "template").mkdir()
        (work / "template" / name).write_bytes(content)
        parameters = dict(order.parameters)
        if inputs["data"]:
            parameters["data"] = str(_unpacked(work / "data", *inputs["data"]))
        here = replace(order, template=work / "template" / name, folder=work / order.area, parameters=parameters)
        row = run_task(here, Limits(**limits))
        for text in ("error", "traceback"):
            row[text] = row.get(text) and row[text].replace(str(here.folder), str(order.folder))
        files = [path for path in here.folder.rglob("*") if path.is_file()] if here.folder.is_dir() else []
        return row, {path.relative_to(here.folder).as_posix(): path.read_bytes() for path in files}
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _unpacked(folder: Path, name: str, is_file: bool, content: bytes) -> Path:
    root = folder if is_file else folder / name  # the name is shown in the report
    root.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            (root / Path(member).name).write_bytes(archive.read(member))
    return root / name if is_file else root


def _received(order: Order, row: dict, files: dict[str, bytes]) -> dict:
    """Put the files of a report in place, the page last and the row after it, as if it had been made here."""
    begin = time.perf_counter()
    tables = order.path("tables").name
    try:
        make_folder(order.folder)
        with folder_beside(order.folder) as beside:
            (beside / tables).mkdir()
            for name, content in files.items():
                parts = Path(name).parts
                if len(parts) > 2 or ".." in parts or (len(parts) == 2 and parts[0] != tables):
                    continue  # no path of a worker's leaves the folder of the report
                (beside / name).write_bytes(content)
            if row["status"] == "ok":
                move_files(beside / tables, order.path("tables"))
            others = [f".{form}" for form in FORMATS if form != "html"]
            for ending in [".ipynb", ".failed.ipynb", *others, ".html", ".json", ".failed.json"]:
                path = order.path("report", ending)
                if (beside / path.name).exists():
                    os.replace(beside / path.name, path)
                elif ending in others and row["status"] == "ok":
                    path.unlink(missing_ok=True)  # it would tell older numbers
            if row["status"] == "ok":
                for ending in (".failed.ipynb", ".failed.json"):
                    order.path("report", ending).unlink(missing_ok=True)
    except OSError as error:
        row = row | failed(error)
    return row | {"seconds": round(row["seconds"] + time.perf_counter() - begin, 2)}
