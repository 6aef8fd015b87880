"""Batches that are killed, hang, take too much or lose a worker: whole files, a row for everything, and no end."""

import json
import os
import random
import signal
import time
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from tiny_report import write_template

import yilaolib as yl
from yilaolib.reports import librarykey as librarykey
from yilaolib.reports import pool as pool
from yilaolib.reports import warm as warm
from yilaolib.reports.limits import Limits
from yilaolib.reports.many import render_reports
from yilaolib.reports.orders import place_order
from yilaolib.reports.task import kept_row
from yilaolib.reports.wire import Line, socket_pair

TROUBLE = """\
import os, time
print('begun')
if city == 'yingtan':
    time.sleep(100)
elif city == 'yueyang':
    x = bytearray(900_000_000)
elif city == 'haian':
    os.kill(os.getpid(), 9)
elif city == 'lianshui':
    os.kill(os.getppid(), 9)  # the worker
    time.sleep(100)"""
CITIES = ["yingtan", "yueyang", "haian", "lianshui", "jingdezhen"]


@pytest.fixture(scope="module")
def trouble(tmp_path_factory):
    """A batch in which one hangs, one takes too much, one dies, one kills its worker, and one is good."""
    folder = tmp_path_factory.mktemp("trouble")
    notebook = write_template(folder / "t.ipynb", TROUBLE)
    manifest = render_reports(
        CITIES, jobs=2, out_dir=folder / "out", template=notebook, timeout=3, memory_mb=300, progress=False
    )
    return manifest.set_index("area"), folder / "out"


@pytest.mark.parametrize(
    ("city", "told", "traceback"),
    [
        ("yingtan", "it took longer than allowed", "timed out"),
        ("yueyang", "MemoryError", "bytearray(900_000_000)"),
        ("haian", "ended by SIGKILL", "SIGKILL"),
        ("lianshui", "the process that rendered it was ended by SIGKILL", ""),
    ],
)
def test_every_failure_is_a_row(trouble, city, told, traceback):
    """A hanging, greedy or dying notebook is a row that says so, with a traceback."""
    row = trouble[0].loc[city]
    assert row["status"] == "failed" and told in row["error"] and traceback in row["traceback"]


def test_the_others_are_made(trouble):
    """Whatever became of the others, the good one is there."""
    assert trouble[0].loc["jingdezhen", "status"] == "ok" and (trouble[1] / "jingdezhen" / "report.html").is_file()


@pytest.mark.parametrize(
    ("city", "seen"), [("yingtan", "KeyboardInterrupt"), ("yueyang", "MemoryError"), ("haian", "")]
)
def test_partial_notebooks_are_kept(trouble, city, seen):
    """The notebook that failed is kept as far as it came."""
    text = str(nbformat.read(trouble[1] / city / "report.failed.ipynb", 4))
    assert "begun" in text and seen in text


def test_nothing_half_done_remains(trouble):
    """No hidden file or folder is left, in no folder."""
    assert [path for path in trouble[1].rglob(".*")] == []


def whole(out: Path) -> None:
    """Every file that has its name is whole."""
    for path in out.rglob("*"):
        if (
            any(part.startswith(".") for part in path.relative_to(out).parts)
            or path.is_dir()
            or path.parent.name == "fonts"
        ):
            continue
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".html":
            assert text.endswith(("</html>\n", "</html>")), path
        elif path.suffix in (".json", ".ipynb"):
            json.loads(text)
        elif path.name == "manifest.csv":
            assert set(pd.read_csv(path)["status"]) <= {"ok"}
        else:
            assert text.endswith("end\n") or path.name == "results.csv", path


def quick(template, target, parameters, **limits):
    """A notebook that takes a moment and writes much, without a process."""
    tables = Path(parameters["tables_dir"])
    for name in ("a", "b", "c"):
        (tables / f"{name}.csv").write_text("1,2\n" * 20_000 + "end\n")
    yl.Report(tables_dir=tables).save_results(bed_gap=1)
    nb = nbformat.read(template, 4)
    nb.metadata["papermill"] = {}
    nb.cells.append(nbformat.v4.new_markdown_cell("文字 " * 20_000))
    nbformat.write(nb, target)
    return nb


def test_killed_at_any_moment(tmp_path, monkeypatch):
    """Killed at random moments, a batch leaves whole files only; the same call goes on and ends with all."""
    monkeypatch.setattr("yilaolib.reports.engine.run_notebook", quick)
    monkeypatch.setattr("yilaolib.reports.manifest.Listing.write_now_and_then", lambda self: self.write())
    out, template = tmp_path / "out", write_template(tmp_path / "t.ipynb")
    moments = random.Random(6)
    for _ in range(6):
        pid = os.fork()
        if pid == 0:
            render_reports(CITIES, out_dir=out, template=template, executor="serial", force=True)
            os._exit(0)
        time.sleep(moments.uniform(0.05, 0.8))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        if out.exists():
            whole(out)
    manifest = render_reports(CITIES, out_dir=out, template=template, executor="serial")
    assert manifest["status"].eq("ok").all() and len(manifest) == 5
    assert [path for path in out.rglob(".*")] == []
    whole(out)


def test_killed_batch_goes_on(tmp_path):
    """A batch of real notebooks is killed after its first report: its processes end, and what it made is kept."""
    out, template = tmp_path / "out", write_template(tmp_path / "t.ipynb", "import time; time.sleep(0.3)")
    first = out / "yingtan" / "report.json"
    pid = os.fork()
    if pid == 0:
        render_reports(CITIES, jobs=1, out_dir=out, template=template)
        os._exit(0)
    end = time.monotonic() + 60
    while not first.exists() and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    manifest = render_reports(CITIES, jobs=2, out_dir=out, template=template).set_index("area")
    assert manifest["status"].eq("ok").all() and manifest.loc["yingtan", "kept"] and not manifest["kept"].all()


def test_workers_are_renewed(tmp_path, monkeypatch):
    """A worker is replaced after some reports; who saves the library meanwhile changes neither workers nor keys."""
    monkeypatch.setattr(pool, "RENEW", 1)
    template = write_template(tmp_path / "t.ipynb", "import os; print('worker', os.getppid())")
    orders = [place_order(city, out_dir=tmp_path / "out", template=template) for city in CITIES[:3]]
    warm_process, key, rows = warm.warm_process(), librarykey.library_key(), []
    saved = (*librarykey.library_state(), ("saved.py", 1, 1))
    for row in pool.run_pool(orders, Limits(), 1):
        rows.append(row["status"])
        for module in (librarykey, warm):
            monkeypatch.setattr(module, "library_state", lambda: saved)
    assert rows == ["ok"] * 3 and warm._process is warm_process
    assert all(kept_row(order, key) for order in orders) and librarykey.held_state() is None
    pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*/report.html")]
    assert len({page.split("worker ")[1].split()[0] for page in pages}) == 3


def test_abandoned_batch_ends_its_workers(tmp_path):
    """Whoever stops asking for rows in the middle leaves no process and nothing half done."""
    template = write_template(tmp_path / "t.ipynb", "import time\nif city != 'yingtan': time.sleep(60)")
    orders = [place_order(city, out_dir=tmp_path / "out", template=template) for city in CITIES[:3]]
    rows = pool.run_pool(orders, Limits(), 2)
    assert next(rows)["area"] == "yingtan"
    rows.close()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"yingtan", "fonts"}


@pytest.mark.parametrize("size", [0, 2, 4, 9, 12, 20])
def test_message_that_is_cut_is_the_end(size):
    """A process that is killed while it sends says nothing more, and what came of its message is no error."""
    (ours, theirs), (copy, mouth) = socket_pair(), socket_pair()
    Line(mouth).put({"text": "x" * 50})
    theirs.sendall(copy.recv(1000)[:size])
    theirs.close()
    assert Line(ours).get() is None
    for end in (ours, copy, mouth):
        end.close()
