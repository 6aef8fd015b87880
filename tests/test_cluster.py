"""A Dask cluster on this machine: workers and scheduler are lost in the middle, every report comes to the client."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tiny_report import write_template

from yilaolib.batch import render_reports
from yilaolib.core.errors import YilaoError
from yilaolib.data import load_table
from yilaolib.rendering import librarykey

distributed = pytest.importorskip("distributed", reason="needs the extra yilaolib[dask]")
ROOT = Path(__file__).parents[1]
CITIES = ["yingtan", "haian", "yueyang", "lianshui"]
SLOW = """\
import os, time
if city == 'yueyang': raise ValueError('no beds in yueyang')
time.sleep(0.5)
open(os.path.join(tables_dir, 'x.csv'), 'w').write('1')
print('made for', city, bool(data))"""


class Cluster:
    """A scheduler and two workers, in processes of their own."""

    def __init__(self, folder: Path):
        self.folder, self.port, self.workers = folder, 0, []
        self.start_scheduler()
        self.start_workers(2)

    def start_scheduler(self):
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        self.scheduler = self._run("dask_scheduler", "--port", str(self.port), "--dashboard-address", "127.0.0.1:0")
        wait_for(file.exists)
        with distributed.Client(scheduler_file=str(file), set_as_default=False) as client:
            self.address = client.scheduler.address
        self.port = int(self.address.split(":")[-1])

    def start_workers(self, n):
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder)]
        self.workers += [self._run("dask_worker", *options) for _ in range(n)]

    def _run(self, what, *options):
        run = [sys.executable, "-m", f"distributed.cli.{what}", "--scheduler-file", str(self.folder / "scheduler.json")]
        env = os.environ | {"PYTHONPATH": str(ROOT)}  # this very library, wherever it is installed too
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([*run, "--host", "127.0.0.1", "--no-dashboard", *options], env=env, **quiet)

    def close(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The cluster of all tests here; what one of them kills it starts again."""
    cluster = Cluster(tmp_path_factory.mktemp("dask"))
    yield cluster
    cluster.close()


def render(cluster, tmp_path, trouble, **options):
    """Render the four cities; when the first of their files is there, `trouble` comes."""
    out = tmp_path / "out"

    def wait_then_trouble():
        if wait_for(lambda: [*out.glob("*/report*.json")]):
            trouble()

    thread = threading.Thread(target=wait_then_trouble)
    thread.start()
    template = write_template(tmp_path / "t.ipynb", SLOW)
    options |= {"executor": "dask", "scheduler": cluster.address, "out_dir": out, "template": template}
    manifest = render_reports(CITIES, **options)
    thread.join()
    return manifest.set_index("area")


def test_every_report_comes_though_a_worker_is_lost(cluster, tmp_path):
    """One of two workers is killed while it renders: all reports come, with tables, notebook and row; one failed."""
    mine = tmp_path / "mine"
    mine.mkdir()
    load_table("areas").query("area == 'yingtan'").assign(name_en="Mine").to_csv(mine / "areas.csv", index=False)
    manifest = render(cluster, tmp_path, cluster.workers[0].kill, data=str(mine))
    assert cluster.workers[0].wait(10) != 0
    assert manifest["status"].to_dict() == {city: "failed" if city == "yueyang" else "ok" for city in CITIES}
    error = manifest.loc["yueyang", "error"]
    assert "no beds in yueyang" in error and str(tmp_path) in error
    for city in set(CITIES) - {"yueyang"}:
        folder = tmp_path / "out" / city
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
        assert files == {"report.html", "report.ipynb", "report.json", "tables/x.csv"}
        assert f"made for {city} True" in (folder / "report.html").read_text(encoding="utf-8")
        assert 'data = \\"mine\\"' in (folder / "report.ipynb").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "yueyang" / "report.failed.ipynb").exists()
    for path in (tmp_path / "out").glob("*/report*.*"):
        assert str(cluster.folder) not in path.read_text(encoding="utf-8"), path  # a worker's, and gone by now
    assert error in json.loads((tmp_path / "out" / "yueyang" / "report.failed.json").read_text())["error"]
    again = render_reports(
        ["yingtan"], out_dir=tmp_path / "out", template=tmp_path / "t.ipynb", data=str(mine), executor="serial"
    )
    assert again["kept"].all()


def test_every_report_comes_though_the_scheduler_is_restarted(cluster, tmp_path):
    """The scheduler is killed in the middle and started again, with a worker: what was missing is sent again."""

    def restart():
        cluster.scheduler.kill()
        cluster.scheduler.wait()
        cluster.start_scheduler()
        cluster.start_workers(1)

    manifest = render(cluster, tmp_path, restart)
    assert manifest["status"].to_dict() == {city: "failed" if city == "yueyang" else "ok" for city in CITIES}
    assert {path.parent.name for path in (tmp_path / "out").glob("*/report.html")} == set(CITIES) - {"yueyang"}


def test_no_scheduler_is_one_sentence(tmp_path, monkeypatch):
    """An address where nobody answers is one error, and nothing is lost."""
    monkeypatch.setattr("yilaolib.rendering.cluster.PATIENCE", 0.5)
    with pytest.raises(YilaoError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        render_reports(["yingtan"], executor="dask", scheduler="tcp://127.0.0.1:9", out_dir=tmp_path)


def test_worker_keeps_the_library_of_its_first_report(monkeypatch):
    """A file of the library that is saved while a worker works makes it no other library: so it was imported."""
    from yilaolib.rendering import cluster as module

    state = librarykey.library_state()
    monkeypatch.setattr(librarykey, "_held", [])
    module._own_library.cache_clear()
    first = module._own_library()
    monkeypatch.setattr(librarykey, "library_state", lambda: (*state, ("saved.py", 1, 1)))
    assert module._own_library() == first and librarykey.held_state() == state
    module._own_library.cache_clear()


def test_workers_with_another_library_are_told_at_once(cluster, tmp_path, monkeypatch):
    """Before any report is sent, workers that have another library are named in one sentence."""
    monkeypatch.setattr(librarykey, "PACKAGES", ("yilaolib",))
    librarykey._library_key.cache_clear()
    template = write_template(tmp_path / "t.ipynb", SLOW)
    options = {"executor": "dask", "scheduler": cluster.address, "out_dir": tmp_path / "out", "template": template}
    with pytest.raises(YilaoError, match=r"The workers have another yilaolib.* start them anew \(tcp://127"):
        render_reports(CITIES, **options)
    librarykey._library_key.cache_clear()
    assert list((tmp_path / "out").glob("*/*")) == []
