"""Reports on a Dask cluster: orders go out, files come back; nothing but the network is shared with the workers."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from ..errors import DataError, YilaoError
from .exports import FORMATS
from .librarykey import IMPORTED, LibraryChanged, hold, imported_key, library_state, one_library
from .limits import Limits
from .orders import Order, find_template
from .task import failed, lost, read_row, run_task
from .warm import rehearse, warm_process
from .whole import folder_beside, make_folder, move_files, write_whole

ROUNDS = 5  # how often the scheduler may be lost
PATIENCE = 60  # [s] for it to come back
RETRIES = 3  # of one report, on other workers
OTHER = (
    "The workers have another yilaolib than the machine that asks, or none, or other versions of its packages. "
    "Install the same everywhere and start them anew"
)


def run_dask(orders: list[Order], limits: Limits, scheduler: str | None) -> Generator[dict]:
    """Run orders on the cluster of `scheduler`, put their files in place here, and yield the row of each.

    A lost worker's reports are made by others; after a restart of the scheduler what is missing is sent again.

    Raises
    ------
    YilaoError
        No scheduler answers, or its workers have another library than this one.
    """
    distributed = ready(scheduler)
    missing = {order.folder.as_posix() + order.path("x").name: order for order in orders}
    with one_library() as library:
        for _ in range(ROUNDS):
            with _connect(distributed, scheduler) as client:
                _agree(client, library)
                for name, row in _one_round(distributed, client, missing, limits, library):
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


def _agree(client, library: str) -> None:
    """See that the workers that are there have this library.

    Otherwise each report would fail, and a worker that fails at once takes more reports than one that works.
    """
    answers = client.run(_own_library, on_error="return")
    # An OSError is a worker that was just lost. Whatever else came back is of one that cannot make a report.
    others = {worker: said for worker, said in answers.items() if said != library and not isinstance(said, OSError)}
    if others:
        told = [f"{worker}: {said!r}" if isinstance(said, Exception) else worker for worker, said in others.items()]
        raise YilaoError(f"{OTHER} ({', '.join(told[:3])}).")


def _one_round(distributed, client, missing: dict[str, Order], limits: Limits, library: str) -> Iterator[tuple]:
    """Send all that is missing and yield what comes back, until all is there or the scheduler is lost."""
    sent = {}
    inputs = {}
    for name, order in missing.items():
        pack = (order.template, order.parameters.get("data") or "")
        if pack not in inputs:  # once for all reports, not with each
            # Not scattered: what is scattered is lost with its worker, what is submitted is made again.
            inputs[pack] = client.submit(dict, _packed(*pack), pure=False)
        task = (order.as_plain(), asdict(limits), inputs[pack], library)
        future = client.submit(render_remotely, *task, pure=False, retries=RETRIES)
        sent[future] = name
    for future in distributed.as_completed(list(sent), loop=client.loop):
        order = missing[sent[future]]
        if future.status in ("cancelled", "lost"):
            continue  # with the scheduler; the next round sends it again
        if future.status == "error":
            yield sent[future], lost(order, f"{type(future.exception()).__name__}: {future.exception()}".rstrip("."))
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


@hold(IMPORTED)
def _own_library() -> str:
    """Key of the library that this worker has imported; empty when it can make no report with that any more."""
    try:
        warm_process()  # it imports the library now, and not after the next change of it
    except LibraryChanged:
        return ""
    except YilaoError:  # nothing can be forked here, and a fresh kernel is of the library on the disk
        return imported_key() if library_state() == IMPORTED else ""
    return imported_key()


@hold(IMPORTED)
def render_remotely(plain: dict, limits: dict, inputs: dict, library: str) -> tuple[dict, dict[str, bytes]]:
    """Make a report in a folder of a worker's own; return its row and its files."""
    if library != _own_library():
        raise YilaoError(f"{OTHER}.")  # it came later than the others, or has lost its library meanwhile
    from distributed import get_worker

    order = Order.from_plain(plain)
    own = Path(get_worker().local_directory)  # Dask clears it when the worker is killed
    template, data = _at_hand(own, inputs, order.area)
    work = Path(tempfile.mkdtemp(prefix="yilao-", dir=own))
    try:
        parameters = order.parameters | ({"data": str(data)} if data else {})
        here = replace(order, template=template, folder=work / order.area, parameters=parameters)
        row = run_task(here, Limits(**limits), library)
        places = {parameters.get("data"): order.parameters.get("data"), str(here.folder): str(order.folder)}
        places = {ours: theirs for ours, theirs in places.items() if ours}
        places |= {f"{folder}{os.sep}": "" for folder in (work, template.parent)}
        bad = here.path("report", ".failed.json")
        if kept := read_row(bad):
            write_whole(bad, json.dumps(_as_there(kept, places), ensure_ascii=False, indent=1))
        files = [path for path in here.folder.rglob("*") if path.is_file()] if here.folder.is_dir() else []
        files = {path.relative_to(here.folder).as_posix(): path.read_bytes() for path in files}
        return _as_there(row, places), files
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _as_there(row: dict, places: dict[str, str]) -> dict:
    """Return a row whose error names the folders of whoever asked: those of a worker are gone in a moment."""
    texts = {name: row[name] for name in ("error", "traceback") if row.get(name)}
    for ours, theirs in places.items():
        texts = {name: text.replace(ours, theirs) for name, text in texts.items()}
    return row | texts


_unpacking = threading.Lock()


def _at_hand(own: Path, inputs: dict, area: str) -> tuple[Path, Path | None]:
    """Return where a template and a user's tables lie on this worker: unpacked once, whatever the number of reports.

    From then on every notebook here is forked from a process that has read these tables. Without that, each report
    would read all of them anew and take twice as long.
    """
    (name, content), packed = inputs["template"], inputs["data"]
    told = [name, *(packed or ())[:2]]
    digest = hashlib.sha256(repr(told).encode() + content + (packed[2] if packed else b"")).hexdigest()[:16]
    folder = own / f"yilao-inputs-{digest}"
    data = None if packed is None else folder / "data" / packed[0]
    with _unpacking:
        if not folder.is_dir():
            beside = Path(tempfile.mkdtemp(prefix="yilao-", dir=own))
            (beside / "template").mkdir()
            (beside / "template" / name).write_bytes(content)
            if packed is not None:
                _unpack(beside / "data", *packed)
            beside.replace(folder)
            if content == find_template().read_bytes():
                with contextlib.suppress(YilaoError):  # where nothing can be forked
                    rehearse(area, str(data) if data else None)
    return folder / "template" / name, data


def _unpack(folder: Path, name: str, is_file: bool, content: bytes) -> None:
    root = folder if is_file else folder / name  # the name is shown in the report
    root.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            (root / Path(member).name).write_bytes(archive.read(member))


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
