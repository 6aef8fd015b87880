"""The lists of a folder of reports, from the rows kept in it: manifest.csv, index.html, reports.json, results.csv."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from .display import no_formulas
from .indexpage import index_page
from .task import read_row
from .whole import write_whole

KEY = ["area", "lang", "scenario"]  # what names a report's files
LISTS = ("manifest.csv", "reports.json", "results.csv", "index.html")
WHOLE, DECIMAL, FLAG = ["end_year"], ["seconds"], ["kept"]
COLUMNS = [
    "area", "adcode", "name_zh", "province", "lang", "scenario", "end_year", "status", "report", "error", "seconds",
    "started", "kept", "key", "traceback",
]  # fmt: skip


def manifest_frame(rows: Iterable[dict]) -> pd.DataFrame:
    """Return rows as the manifest, sorted, one a report: the later one counts."""
    frame = pd.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], columns=COLUMNS)
    text = [name for name in COLUMNS if name not in (*WHOLE, *DECIMAL, *FLAG)]
    frame = frame.assign(kept=frame["kept"].fillna(False).astype(bool))
    frame = frame.astype({"end_year": "Int64", "seconds": "float64", **dict.fromkeys(text, "str")})
    return frame.drop_duplicates(KEY, keep="last").sort_values(KEY, ignore_index=True)


def kept_rows(out: Path) -> list[dict]:
    """Return the rows that lie beside reports in a folder, those of failures last."""
    found = []
    for folder in sorted(path for path in out.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for path in folder.glob("report*.json"):
            row = read_row(path)
            if row is None or row["area"] != folder.name:
                continue
            # A report whose page somebody deleted is not listed any more.
            if row["status"] != "ok" or (out / str(row.get("report"))).is_file():
                found.append(row)
    return sorted(found, key=lambda row: (row["status"] != "ok", row["area"]))


def write_lists(out: Path, rows: Iterable[dict]) -> None:
    """Write the lists anew from the rows of all reports in a folder."""
    latest = {tuple(row[name] for name in KEY): row for row in rows}
    rows = [latest[key] for key in sorted(latest)]
    frame = manifest_frame(rows)
    write_whole(out / "manifest.csv", lambda path: _csv(frame, path))
    plain = [{name: value for name, value in row.items() if name not in ("uses", "disk")} for row in rows]
    write_whole(out / "reports.json", json.dumps(plain, ensure_ascii=False, indent=1))
    results = results_frame(rows)
    write_whole(out / "results.csv", lambda path: _csv(results, path))
    write_whole(out / "index.html", index_page(rows))


def _csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a list as Excel opens it: Chinese needs the mark of utf-8-sig, and no text may begin with =."""
    no_formulas(frame).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def results_frame(rows: Iterable[dict]) -> pd.DataFrame:
    """Return what the notebooks saved with `save_results`, one row a report."""
    names = ["area", "adcode", "name_zh", "name_en", "province", "lang", "scenario", "end_year"]
    table = [row.get("results", {}) | {name: row.get(name) for name in names} for row in rows if row["status"] == "ok"]
    return pd.DataFrame(table, columns=list(dict.fromkeys([*names, *(name for row in table for name in row)])))


class Listing:
    """Keeps the lists of a folder current while a batch runs, without spending its time on them."""

    def __init__(self, out: Path, then: Callable[[], None] | None = None, share: float = 0.03):
        self.out, self.then, self.share, self.rest = out, then, share, 0.0
        self.rows = {tuple(row[name] for name in KEY): row for row in kept_rows(out)}

    def add(self, row: dict) -> None:
        """Add the row of a report that was made or kept; `write` shows it."""
        good = row["status"] == "ok"
        whole = read_row((self.out / row["report"]).with_suffix(".json")) if good else None  # with results
        self.rows[tuple(row[name] for name in KEY)] = (whole or row) | {"kept": row.get("kept", False)}

    def write_now_and_then(self) -> None:
        """Write the lists, when the last time is long enough ago to spend no more than `share` of the time on it."""
        if time.monotonic() >= self.rest:
            self.write()

    def write(self) -> None:
        """Write the lists."""
        begin = time.monotonic()
        write_lists(self.out, self.rows.values())
        if self.then is not None:
            self.then()  # it sends them elsewhere
        self.rest = time.monotonic() + max(2.0, (time.monotonic() - begin) / self.share)
