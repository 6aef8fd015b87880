"""A Dask cluster on this machine: a worker is lost in the middle, and every report comes back to the client."""

import subprocess
import sys
import time

import psutil
import pytest
from tiny_report import write_template

from yilaolib.batch import render_reports
from yilaolib.core.errors import YilaoError
from yilaolib.data import load_table

distributed = pytest.importorskip("distributed", reason="needs the extra yilaolib[dask]")
CITIES = ["yingtan", "haian", "yueyang", "lianshui"]
SLOW = """\
import os, time
if city == 'yueyang': raise ValueError('no beds in yueyang')
time.sleep(0.5)
open(os.path.join(tables_dir, 'x.csv'), 'w').write('1')
print('made for', city, bool(data))"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and two workers, in processes of their own; returns the address and the workers."""
    folder = tmp_path_factory.mktemp("dask")
    address = folder / "scheduler.json"
    run = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", str(address), "--port", "0"]
    run += ["--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(run, **quiet)
    end = time.monotonic() + 60
    while not address.exists() and time.monotonic() < end:
        time.sleep(0.1)
    run = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(address), "--nthreads", "1"]
    run += ["--no-nanny", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(folder)]
    workers = [subprocess.Popen(run, **quiet) for _ in range(2)]
    with distributed.Client(scheduler_file=str(address), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        tcp = client.scheduler.address
    yield tcp, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def test_every_report_comes_though_a_worker_is_lost(cluster, tmp_path):
    """One of two workers is killed while it renders: all reports come, with tables, notebook and row; one failed."""
    address, workers = cluster
    mine = tmp_path / "mine"
    mine.mkdir()
    load_table("areas").query("area == 'yingtan'").assign(name_en="Mine").to_csv(mine / "areas.csv", index=False)
    killer = subprocess.Popen([sys.executable, "-c", KILL, str(workers[0].pid)])
    manifest = render_reports(
        CITIES,
        executor="dask",
        scheduler=address,
        out_dir=tmp_path / "out",
        template=write_template(tmp_path / "t.ipynb", SLOW),
        data=str(mine),
    ).set_index("area")
    killer.wait()
    assert not psutil.pid_exists(workers[0].pid) or workers[0].wait(10) is not None
    assert manifest["status"].to_dict() == {city: "failed" if city == "yueyang" else "ok" for city in CITIES}
    assert (
        "no beds in yueyang" in manifest.loc["yueyang", "error"] and str(tmp_path) in manifest.loc["yueyang", "error"]
    )
    for city in set(CITIES) - {"yueyang"}:
        files = {
            path.relative_to(tmp_path / "out" / city).as_posix() for path in (tmp_path / "out" / city).rglob("*.*")
        }
        assert files == {"report.html", "report.ipynb", "report.json", "tables/x.csv"}
        assert f"made for {city} True" in (tmp_path / "out" / city / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "yueyang" / "report.failed.ipynb").exists()
    again = render_reports(
        ["yingtan"], out_dir=tmp_path / "out", template=tmp_path / "t.ipynb", data=str(mine), executor="serial"
    )
    assert again["kept"].all()


# It waits until the worker renders: then it has a child, the warm process.
KILL = """\
import psutil, sys, time
worker = psutil.Process(int(sys.argv[1]))
end = time.monotonic() + 60
while time.monotonic() < end and not any(
    'yilaolib.rendering.server' in ' '.join(child.cmdline()) for child in worker.children()
):
    time.sleep(0.05)
worker.kill()"""


def test_no_scheduler_is_one_sentence(tmp_path, monkeypatch):
    """An address where nobody answers is one error, and nothing is lost."""
    monkeypatch.setattr("yilaolib.rendering.cluster.PATIENCE", 0.5)
    with pytest.raises(YilaoError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        render_reports(["yingtan"], executor="dask", scheduler="tcp://127.0.0.1:9", out_dir=tmp_path)
