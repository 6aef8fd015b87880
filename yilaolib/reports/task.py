"""One report as a task of a batch: it is made or it fails, and either is a row that is kept beside it."""

from __future__ import annotations

import contextlib
import json
import time
from datetime import datetime
from pathlib import Path

from ..errors import YilaoError
from .cachekey import content_key
from .failures import as_traceback, disk_error
from .limits import Limits
from .one import run_order
from .orders import Order
from .whole import clear_beside, write_whole


def run_task(order: Order, limits: Limits, library: str) -> dict:
    """Run an order and return its row of the manifest; whatever goes wrong is this report's and not the batch's.

    `library` is the key of the library that the batch runs on.
    """
    row = new_row(order)
    begin = time.perf_counter()
    key, uses = "", None
    try:
        key = content_key(order, library=library)
        page, uses = run_order(order, limits)
        row |= {"status": "ok", "report": f"{order.area}/{page.name}"}
        if content_key(order, library=library) != key:
            uses = None  # a table changed meanwhile: with the key of before, the report is stale
        elif uses:
            key = content_key(order, uses, library)
    except Exception as error:
        row |= failed(error)
    row["seconds"] = round(time.perf_counter() - begin, 2)
    with contextlib.suppress(OSError):  # a full disk is told by the row
        keep_row(order, row | {"key": key, "uses": uses})
    return row


def new_row(order: Order) -> dict:
    """Return the row of a report that is about to be made."""
    return {
        "area": order.area,
        "adcode": order.adcode,
        "name_zh": order.name_zh,
        "name_en": order.name_en,
        "province": order.province,
        "lang": order.lang,
        "scenario": order.scenario,
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
    row = new_row(order) | failed(YilaoError(f"The report of {order.name_zh} failed: {why}.")) | {"seconds": 0.0}
    with contextlib.suppress(OSError):
        keep_row(order, row | {"key": "", "uses": None})
    return row


def keep_row(order: Order, row: dict) -> None:
    """Write a row beside the report that it tells of."""
    order.folder.mkdir(parents=True, exist_ok=True)
    good, bad = order.path("report", ".json"), order.path("report", ".failed.json")
    if row["status"] == "ok":
        row = row | {"results": _results(order)}
    write_whole(good if row["status"] == "ok" else bad, json.dumps(row, ensure_ascii=False, indent=1))
    if row["status"] == "ok":
        bad.unlink(missing_ok=True)


def kept_row(order: Order, library: str | None = None) -> dict | None:
    """Return the row of a report that need not be made again, because nothing that it depends on has changed."""
    row = read_row(order.path("report", ".json"))
    endings = {"html", "ipynb", *order.formats}
    there = all(order.path("report", f".{ending}").is_file() for ending in endings)
    if row is None or not there or order.path("report", ".failed.json").exists():
        return None
    try:
        if row["key"] != content_key(order, row["uses"], library):
            return None
    except Exception:  # a row that somebody changed, or tables that it names and that are gone
        return None
    return row | {"kept": True, "province": order.province, "name_zh": order.name_zh}


def read_row(path: Path) -> dict | None:
    """Return a row that was kept; None when there is none that can be read."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) and {"area", "lang", "scenario", "status"} <= row.keys() else None


def _results(order: Order) -> dict:
    """Return what the notebook saved with `save_results`."""
    try:
        results = json.loads((order.path("tables") / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return results if isinstance(results, dict) else {}
