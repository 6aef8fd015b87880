"""Reports of counties through the command that users type; all counties up to date; the list of all in a browser.

    python benchmarks/bench_counties.py [--limit 40] [--jobs 2]

Makes two reports of counties, then `--limit` from all over China: the difference is what a further one takes, and says
what all would take. Then one stands in for every county, with the row and the key of its own, so that the command finds
all of them up to date; Chromium opens their index.
"""

import argparse
import contextlib
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yilaolib as yl
from yilaolib.reports import files, one


def timed(*words: str) -> tuple[float, float]:
    """Wall time and CPU of `yilao report` with all its processes [s]."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = "import sys; from yilaolib.cli import main; main()"
    subprocess.run([sys.executable, "-c", command, "report", *words], check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - begin
    with contextlib.suppress(ChildProcessError):  # servers that outlive it come to us
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def stand_in(model: Path, areas: list[str], out: Path) -> None:
    """Put a report into the folder of each area as its own, with the row and key that its own would have."""
    row = files.read_row(model / "report.json")
    for area in areas:
        order = one.place_order(area, out_dir=out)
        shutil.copytree(model, order.folder)
        told = order.row() | {"inputs": files.inputs_key(order), "report": f"{area}/report.html"}
        files.keep_row(order, row | told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--jobs", default="2")
    asked = parser.parse_args()
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
    counties = sorted(set(yl.list_areas(level="county")["area"]) & set(yl.load_table("population")["area"]))
    chosen = counties[:: len(counties) // asked.limit][: asked.limit]
    with tempfile.TemporaryDirectory() as folder:
        some, every = Path(folder) / "some", Path(folder) / "every"
        _, two = timed(chosen[0], chosen[-1], "--jobs", asked.jobs, "--out", str(some), "--force")
        wall, cpu = timed(*chosen, "--jobs", asked.jobs, "--out", str(some), "--force")
        each = (cpu - two) / (len(chosen) - 2)
        size = sum(path.stat().st_size for area in chosen for path in (some / area).rglob("*")) / len(chosen) / 1e6
        print(f"{len(chosen)} reports: wall {wall:.0f} s, CPU {cpu:.0f} s; {each:.2f} s a further one, {size:.2f} MB")
        cores, disk = each * len(counties) / 120, size * len(counties) / 1e3
        print(f"all {len(counties)} would take {cores:.0f} minutes of two cores and {disk:.1f} GB")
        stand_in(some / chosen[0], counties, every)
        wall, cpu = timed("--level", "county", "--out", str(every))
        print(f"{len(counties)} up to date: wall {wall:.1f} s, CPU {cpu:.1f} s")
        from playwright.sync_api import sync_playwright

        with sync_playwright() as p:
            page = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"]).new_page()
            begin = time.perf_counter()
            page.goto((every / "index.html").as_uri())
            rows = page.locator("tbody tr").count()
            took = time.perf_counter() - begin
            size = (every / "index.html").stat().st_size / 1e6
            print(f"index of {rows} rows, {size:.1f} MB: {took:.1f} s in Chromium")


if __name__ == "__main__":
    main()
