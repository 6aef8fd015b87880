"""A Dask cluster on this machine: a worker is lost in the middle, every report comes to the client."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tiny_report import wait_for, write_template

import yilaolib as yl
from yilaolib.errors import YilaoError
from yilaolib.reports import files, many
from yilaolib.tables.areas import load_table

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
    """Address, workers and folder of a scheduler with two workers, in processes of their own."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    env = os.environ | {"PYTHONPATH": str(Path(many.__file__).parents[2])}  # this very library
    started = []

    def start(what, *options):
        run = [sys.executable, "-m", f"distributed.cli.{what}", "--scheduler-file", str(file), "--host", "127.0.0.1"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen([*run, "--no-dashboard", *options], env=env, **quiet))

    start("dask_scheduler", "--port", "0", "--dashboard-address", "127.0.0.1:0")
    wait_for(file.exists)
    for _ in range(2):
        start("dask_worker", "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
    with distributed.Client(scheduler_file=str(file), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        address = client.scheduler.address
    yield address, started[1:], folder
    for process in reversed(started):
        process.kill()
        process.wait()


def test_every_report_comes_though_a_worker_is_lost(cluster, tmp_path):
    """One of two workers is killed while it renders: all reports come, with tables, notebook and row; one failed."""
    address, workers, folder = cluster
    mine, out, template = tmp_path / "mine", tmp_path / "out", write_template(tmp_path / "t.ipynb", SLOW)
    mine.mkdir()
    load_table("areas").query("area == 'yingtan'").assign(name_en="Mine").to_csv(mine / "areas.csv", index=False)
    asked = {"out_dir": out, "template": template, "data": str(mine)}

    def lose_a_worker():
        wait_for(lambda: [*out.glob("*/report*.json")])
        workers[0].kill()

    thread = threading.Thread(target=lose_a_worker)
    thread.start()
    manifest = yl.render_reports(CITIES, executor="dask", scheduler=address, **asked).set_index("area")
    thread.join()
    assert workers[0].wait(10) != 0
    assert manifest["status"].to_dict() == {city: "failed" if city == "yueyang" else "ok" for city in CITIES}
    error = manifest.loc["yueyang", "error"]
    assert "no beds in yueyang" in error and str(out) in error
    for city in set(CITIES) - {"yueyang"}:
        files = {path.relative_to(out / city).as_posix() for path in (out / city).rglob("*.*")}
        assert files == {"report.html", "report.ipynb", "report.json", "tables/x.csv"}
        assert f"made for {city} True" in (out / city / "report.html").read_text(encoding="utf-8")
        assert 'data = \\"mine\\"' in (out / city / "report.ipynb").read_text(encoding="utf-8")
    assert (out / "yueyang" / "report.failed.ipynb").exists() and (out / "fonts").is_dir()
    for path in out.glob("*/report*.*"):
        assert str(folder) not in path.read_text(encoding="utf-8"), path  # a worker's, and gone by now
    assert yl.render_reports(["yingtan"], executor="serial", **asked)["kept"].all()


def test_scheduler_without_workers_is_one_sentence(tmp_path, monkeypatch):
    """A scheduler that has no workers is one error after a moment."""
    monkeypatch.setattr(many, "PATIENCE", 1.0)
    empty = distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None)
    with empty, pytest.raises(YilaoError, match=r"The Dask scheduler at .* has no workers"):
        yl.render_reports(["yingtan"], executor="dask", scheduler=empty.scheduler_address, out_dir=tmp_path)


def test_workers_with_another_library_are_told_at_once(cluster, tmp_path, monkeypatch):
    """Before any report is sent, workers that have another library are named in one sentence."""
    monkeypatch.setattr(files, "PACKAGES", ("yilaolib",))
    files.library_key.cache_clear()
    asked = {"executor": "dask", "scheduler": cluster[0], "out_dir": tmp_path / "out"}
    try:
        with pytest.raises(YilaoError, match=r"The workers have another yilaolib.*tcp://127.* start them anew"):
            yl.render_reports(CITIES, template=write_template(tmp_path / "t.ipynb", SLOW), **asked)
    finally:
        files.library_key.cache_clear()
    assert list((tmp_path / "out").glob("*/report*")) == []
