"""A Dask cluster on this machine: workers and scheduler are lost in the middle, every report comes to the client."""

import json
import os
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import pytest
from tiny_report import write_template

from yilaolib.errors import YilaoError
from yilaolib.reports import cluster as module
from yilaolib.reports import librarykey as librarykey
from yilaolib.reports import warm as warm
from yilaolib.reports.many import render_reports
from yilaolib.reports.orders import find_template
from yilaolib.tables.areas import load_table

distributed = pytest.importorskip("distributed", reason="needs the extra yilaolib[dask]")
comm = pytest.importorskip("distributed.comm")
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
    with distributed.Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
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
    monkeypatch.setattr("yilaolib.reports.cluster.PATIENCE", 0.5)
    with pytest.raises(YilaoError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        render_reports(["yingtan"], executor="dask", scheduler="tcp://127.0.0.1:9", out_dir=tmp_path)


def test_worker_keeps_the_library_that_it_imported(monkeypatch):
    """A file that is saved while a worker works makes it no other library, until the process that has it is lost."""

    def on_disk(state):
        for place in (librarykey, module, warm):
            monkeypatch.setattr(place, "library_state", lambda: state)

    on_disk(librarykey.IMPORTED)
    librarykey.imported_key.cache_clear()
    first, process = module._own_library(), warm._process
    on_disk((*librarykey.IMPORTED, ("saved.py", 1, 1)))
    assert first and module._own_library() == first and warm._process is process and librarykey.held_state() is None
    monkeypatch.setattr(process, "ended", lambda: True)
    assert module._own_library() == ""
    with pytest.raises(YilaoError, match="start them anew"):
        module.render_remotely({}, {}, {}, first)


class Answers:
    """A client whose workers answered so."""

    def __init__(self, **answers):
        self.answers = answers

    def run(self, function, on_error):
        return self.answers


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (ModuleNotFoundError("No module named 'yilaolib'"), r"tcp: ModuleNotFoundError\(.*'yilaolib'"),
        (AttributeError("no _own_library"), "tcp: AttributeError"),
        ("another", r"anew \(tcp\)"),
        ("", r"anew \(tcp\)"),
    ],
)
def test_workers_that_cannot_make_a_report_are_told(answer, told):
    """A worker without the library, with an older one or with another is named; one that was just lost is not."""
    lost = comm.CommClosedError("lost")
    with pytest.raises(YilaoError, match=told):
        module._agree(Answers(tcp=answer, other=lost, good="key"), "key")
    module._agree(Answers(other=lost, good="key"), "key")


def test_worker_without_the_library_is_told_at_once(cluster, monkeypatch):
    """What a worker has not installed comes back as an error, and is named."""
    monkeypatch.setitem(sys.modules, "only_here", types.ModuleType("only_here"))
    exec("def asked(): return 'key'", sys.modules["only_here"].__dict__)
    monkeypatch.setattr(module, "_own_library", sys.modules["only_here"].asked)
    told = pytest.raises(YilaoError, match=r"or none.*tcp://127.*ModuleNotFoundError.*only_here")
    with distributed.Client(cluster.address, set_as_default=False) as client, told:
        module._agree(client, "key")


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


def test_inputs_are_unpacked_and_rehearsed_once(monkeypatch, tmp_path):
    """Reports with the same tables share one folder of a worker and one rehearsal; with other tables, another."""
    rehearsed = []
    monkeypatch.setattr(module, "rehearse", lambda area, root: rehearsed.append((area, root)))
    (tmp_path / "mine").mkdir()
    table = tmp_path / "mine" / "areas.csv"
    table.write_text("area\n")
    own = tmp_path / "own"
    own.mkdir()

    def at_hand(area, template=None):
        return module._at_hand(own, module._packed(template or find_template(), str(tmp_path / "mine")), area)

    first = at_hand("yingtan")
    assert at_hand("haian") == first and first[1].name == "mine" and (first[1] / "areas.csv").read_text() == "area\n"
    table.write_text("area\nx\n")
    assert at_hand("haian") != first
    at_hand("yueyang", write_template(tmp_path / "other.ipynb", "1"))  # other notebooks may read other tables
    assert [area for area, _ in rehearsed] == ["yingtan", "haian"]
