"""What a Dask cluster costs: the same county reports by `--jobs 2` and by two workers of one thread on this machine.

    python benchmarks/bench_cluster.py [--limit 60] [--rounds 2]

Both ways write into a fresh folder each round, in turns, the workers being there
before the clock starts; printed are seconds a report and the ratio of the medians.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

import yilaolib as yl


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def cluster(workers: int):
    """Address of a scheduler with workers of one thread each, all on this machine."""
    address = f"tcp://127.0.0.1:{free_port()}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "dask"]
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard"]
    worker = ["worker", address, "--nworkers", str(workers), "--nthreads", "1", "--no-dashboard"]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    started = [subprocess.Popen([*dask, *each], env=one_thread, **quiet) for each in (scheduler, worker)]
    try:
        from distributed import Client

        with Client(address, timeout=60) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address
    finally:
        for each in reversed(started):
            each.terminate()
            each.wait(30)


def timed(command: list[str], out: Path, n: int) -> float:
    """Seconds a report of one run; every report must have been made."""
    begin = time.perf_counter()
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True)
    wall = time.perf_counter() - begin
    rows = pd.read_csv(out / "manifest.csv")
    if done.returncode or len(rows) != n or (rows["status"] != "ok").any():
        raise SystemExit(done.stderr[-3000:])
    return wall / n


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    slugs = yl.list_areas(level="county")["area"].head(asked.limit)
    with tempfile.TemporaryDirectory() as name, cluster(2) as address:
        folder = Path(name)
        (folder / "areas.txt").write_text("\n".join(slugs))
        report = [sys.executable, "-c", "from yilaolib.cli import main; main()", "report"]
        report += ["--areas", str(folder / "areas.txt")]
        ways = {"--jobs 2": ["--jobs", "2"], "dask": ["--executor", "dask", "--scheduler", address]}
        took: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(asked.rounds):
            for way, options in ways.items():
                took[way].append(timed([*report, *options], folder / f"{way.strip('-')[:4]}{turn}", len(slugs)))
                print(f"{way}: {took[way][-1]:.2f} s a report", flush=True)
    middle = {way: statistics.median(each) for way, each in took.items()}
    ratio = middle["dask"] / middle["--jobs 2"]
    print(f"{len(slugs)} reports, {asked.rounds} rounds: dask takes {ratio:.2f} times --jobs 2")


if __name__ == "__main__":
    main()
