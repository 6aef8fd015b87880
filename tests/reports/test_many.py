"""Many reports: one row each, failures among them, the lists that a folder keeps, and going on after a kill."""

import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import nbformat
import pandas as pd
import psutil
import pytest
from tiny_report import wait_for, write_template

import yilaolib as yl
from yilaolib.errors import DataError, YilaoError
from yilaolib.reports import files, many
from yilaolib.reports.files import BESIDE
from yilaolib.reports.one import place_order
from yilaolib.tables.areas import load_table

CITIES = ["yingtan", "yueyang", "haian", "lianshui", "jingdezhen"]
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
    os.kill(os.getppid(), 9)  # the process that makes the report
    time.sleep(100)"""


@pytest.fixture(scope="module")
def trouble(tmp_path_factory):
    """A batch in which one hangs, one takes too much, one dies, one kills its parent, and one is good."""
    folder = tmp_path_factory.mktemp("trouble")
    notebook = write_template(folder / "t.ipynb", TROUBLE)
    made = yl.render_reports(CITIES, jobs=2, out_dir=folder / "out", template=notebook, timeout=3, memory_mb=300)
    return made.set_index("area"), folder / "out"


@pytest.mark.parametrize(("city", "told", "traceback", "seen"), [
    ("yingtan", "超过允许的时间", "timed out", "KeyboardInterrupt"),
    ("yueyang", "MemoryError", "bytearray(900_000_000)", "MemoryError"),
    ("haian", "笔记本的进程被 SIGKILL 结束", "SIGKILL", ""),
    ("lianshui", "生成报告的进程被 SIGKILL 结束", "", None),
])  # fmt: skip
def test_every_failure_is_a_row(trouble, city, told, traceback, seen):
    """A hanging, greedy or dying notebook is a row that says so, kept as far as it came; the good one is made."""
    row = trouble[0].loc[city]
    assert row["status"] == "failed" and told in row["error"] and traceback in row["traceback"]
    assert trouble[0].loc["jingdezhen", "status"] == "ok" and (trouble[1] / "jingdezhen" / "report.html").is_file()
    if seen is not None:
        text = str(nbformat.read(trouble[1] / city / "report.failed.ipynb", 4))
        assert "begun" in text and seen in text


def test_lists_of_the_folder(trouble):
    """Manifest, index and results lie beside the areas and nothing half done; errors are shown as text."""
    manifest, out = trouble
    lists = {"fonts", "index.html", "manifest.csv", "results.csv"}
    assert {path.name for path in out.iterdir()} - {files.LOCK} == {*lists, *CITIES}
    assert not [path for path in out.rglob(f"{BESIDE}*") if path.is_dir() or path.name.count("-") > 1]
    assert list(pd.read_csv(out / "manifest.csv")) == many.COLUMNS == [*manifest.reset_index()[many.COLUMNS]]
    assert (out / "manifest.csv").read_bytes().startswith(b"\xef\xbb\xbf")  # or Excel shows other characters
    text = (out / "index.html").read_text(encoding="utf-8")
    assert '<a href="jingdezhen/report.html">' in text and "景德镇市" in text and text.count("<script") == 1
    assert 'url("fonts/NotoSansSC-Regular.otf")' in text and (out / "fonts" / "NotoSansSC-Regular.otf").is_file()


def test_index_links_every_format():
    """A report's other files are linked beside its page, and a report without results shows none, nor that it lacks."""
    files = ["report.low.html", "report.low.pdf", "report.low.xlsx"]
    row = {"lang": "zh", "scenario": "medium", "status": "ok", "files": dict.fromkeys(files)}
    nation = row | {"area": "china", "name_zh": "中国", "report": "china/report.html", "files": {"report.html": []}}
    results = {"bed_gap": 5, "place_gap": None, "share_60_pct": 21.1}
    city = row | {"area": "x", "name_zh": "<b>", "report": "x/report.low.html", "results": results}
    shown = many.index_page([nation, city, city | {"area": "y", "results": {"place_gap": 1, "bed_gap": None}}])
    assert shown.count('<a href="x/report.low.pdf">PDF</a> <a href="x/report.low.xlsx">Excel</a>') == 2
    assert "china/report.pdf" not in shown and "docx" not in shown and "<b>" not in shown and shown.count(">–<") == 2


# ---- without notebooks: what is kept, listed and refused ----


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return write_template(tmp_path_factory.mktemp("template") / "t.ipynb", "print(city)")


@pytest.fixture
def instant(monkeypatch, template):
    """Reports that take no time: a page is written, no notebook is run. Returns the areas that were run."""
    done = []

    def run(order, key, timeout, memory_mb):
        order.folder.mkdir(parents=True, exist_ok=True)
        done.append(order.area)
        row = order.row() | {"key": key or files.content_key(order), "status": "ok", "seconds": 0.0}
        row["inputs"] = files.inputs_key(order)
        with files.folder_beside(order.folder) as beside:
            for name in saved:
                (beside / name).parent.mkdir(exist_ok=True)
                (beside / name).write_text(saved[name], encoding="utf-8")
            page = order.path("report", ".html").name
            (beside / page).write_text("page")
            return files.put_in_place(order, beside, row | {"report": f"{order.area}/{page}"})

    saved = {"tables/results.json": '{"bed_gap": 7, "note": "=甲"}', "tables/x.csv": "1"}
    monkeypatch.setattr(many, "run_order", run)
    monkeypatch.setattr("yilaolib.reports.one.find_template", lambda *_: template)
    monkeypatch.setattr("yilaolib.reports.runner.START", "spawn")  # threads of this process call `run`
    return done


def failing_at(monkeypatch, area, error):
    """Let the report of one area fail with an error."""
    run = many.run_order

    def fails(order, *limits):
        if order.area == area:
            raise error
        return run(order, *limits)

    monkeypatch.setattr(many, "run_order", fails)


def test_later_batch_keeps_the_others(instant, tmp_path):
    """A second batch in the folder adds its rows and replaces those of the same area, language and scenario."""
    yl.render_reports(["yingtan", "haian"], out_dir=tmp_path)
    yl.render_reports(["yingtan"], out_dir=tmp_path, end_year=2040)
    yl.render_reports(["yingtan"], out_dir=tmp_path, lang="en")
    rows = pd.read_csv(tmp_path / "manifest.csv")[["area", "lang", "end_year"]]
    assert rows.to_numpy().tolist() == [["haian", "zh", 2050], ["yingtan", "en", 2050], ["yingtan", "zh", 2040]]
    (tmp_path / "haian" / "report.html").unlink()  # somebody deleted it
    (tmp_path / "manifest.csv").write_bytes(b"\xff\xfe\x00bad")
    yl.render_reports(["yingtan"], out_dir=tmp_path, lang="en")
    assert list(pd.read_csv(tmp_path / "manifest.csv")["area"]) == ["yingtan", "yingtan"] and len(instant) == 4


def test_areas_of_a_batch(instant, tmp_path):
    """Without names every area with a plan gets its report; an area under two names gets one."""
    assert set(yl.render_reports(out_dir=tmp_path)["area"]) == set(many.areas_with_plan()) == set(CITIES)
    assert len(yl.render_reports(["景德镇市", 360200, "jingdezhen"], out_dir=tmp_path, force=True)) == 1
    assert instant.count("jingdezhen") == 2


@pytest.mark.parametrize(("options", "words"), [
    ({"cities": ["yingtan", "nowhere"]}, "'nowhere' is not in areas.csv"),
    ({"cities": []}, "no city"),
    ({"executor": "spark"}, "executor must be one of processes, serial, dask; it is 'spark'"),
    ({"executor": "dask"}, "needs the address of a scheduler"),
    ({"timeout": 0}, "timeout must be more than 0; it is 0"),
    ({"memory_mb": -1}, "memory_mb must be more than 0"),
    ({"jobs": 0}, "jobs must be more than 0"),
    ({"jobs": "2"}, "jobs of render_reports must be a whole number; it is '2'"),
    ({"end_yaer": 2040}, "Did you mean 'end_year'"),
    ({"out_dir": "s3://bucket/out"}, "large_runs"),
])  # fmt: skip
def test_bad_input_begins_nothing(instant, tmp_path, options, words):
    """Bad input of any kind is refused before the first report, and nothing is written."""
    with pytest.raises(DataError, match=words):
        yl.render_reports(**{"cities": ["yingtan"], "out_dir": tmp_path / "out"} | options)
    assert instant == [] and not (tmp_path / "out").exists()


def test_unchanged_reports_are_kept(instant, tmp_path):
    """What has not changed is not made again, and says so; force makes it again."""
    yl.render_reports(["yingtan", "haian"], out_dir=tmp_path)
    again = yl.render_reports(["yingtan", "haian", "yueyang"], out_dir=tmp_path)
    assert sorted(instant) == ["haian", "yingtan", "yueyang"]
    assert dict(zip(again["area"], again["kept"], strict=True)) == {"haian": True, "yingtan": True, "yueyang": False}
    yl.render_reports(["yingtan"], out_dir=tmp_path, force=True)
    assert instant[3:] == ["yingtan"]


def test_the_same_rows_keep_a_report(instant, tmp_path, monkeypatch, template):
    """A table that is written in another way keeps a report, and is looked at closely once."""
    monkeypatch.setattr(files, "content_key", looked := Mock(wraps=files.content_key))
    load_table("observations").head(1).to_csv(tmp_path / "observations.csv", index=False)
    notebook = shutil.copy(template, tmp_path / "city_report.ipynb")
    batch = {"cities": "yingtan", "out_dir": tmp_path / "out", "data": str(tmp_path), "template": notebook}
    yl.render_reports(**batch)
    (tmp_path / "observations.csv").write_text((tmp_path / "observations.csv").read_text() + "\n")
    assert [yl.render_reports(**batch)["kept"].all() for _ in range(2)] == [True, True]
    assert instant == ["yingtan"] and looked.call_count == 2


@pytest.mark.parametrize(
    "change", ["parameter", "template", "page", "emptied", "tables", "row", "record", "failure", "format"]
)
def test_changed_reports_are_made_again(instant, tmp_path, template, change):
    """A changed parameter, template or table, a file that is gone, a broken record or a later failure: made again."""
    notebook, mine, asked = tmp_path / "t.ipynb", tmp_path / "mine", {}
    shutil.copy(template, notebook)
    mine.mkdir()
    folder = tmp_path / "out" / "yingtan"
    table = load_table("observations").query("area == 'yingtan'").head(1)
    table.to_csv(mine / "observations.csv", index=False)
    batch = {"out_dir": tmp_path / "out", "template": notebook, "data": str(mine)}
    yl.render_reports(["yingtan"], **batch)
    if change == "parameter":
        asked = {"end_year": 2040}
    elif change == "template":
        write_template(notebook, "print('other')")
    elif change == "page":
        (folder / "report.html").unlink()
    elif change == "emptied":
        (folder / "report.html").write_text("egap")
    elif change == "tables":
        shutil.rmtree(folder / "tables")
    elif change == "row":
        table.assign(note="x").to_csv(mine / "observations.csv", index=False)
    elif change == "record":
        (folder / "report.json").write_text("{")
    elif change == "format":
        asked = {"formats": "xlsx"}
    else:
        (folder / "report.failed.json").write_text("{}")
    yl.render_reports(["yingtan"], **batch, **asked)
    assert instant == ["yingtan", "yingtan"]


@pytest.mark.parametrize(("table", "which", "changes", "same"), [
    ("population", "area == 'haian' and year == 2020", {"persons": 1.0}, True),
    ("areas", "area == 'haian'", {"note": "other"}, True),
    ("population", "area == 'jingdezhen' and year == 2020", {"persons": 1.0}, False),
    ("population", "area == 'jiangxi' and year == 2020", {"persons": 1.0}, False),  # the area above
    ("fertility", "age == 20", {"asfr": 0.1}, False),  # a table of no area
    ("observations", "observation.str.startswith('haian.ability_assessment_age_min')", {"note": "other"}, True),
    ("observations", "indicator == 'elder_beds_per_1000_60plus' and area == 'yingtan'", {"value": 1.0}, False),
])  # fmt: skip
def test_key_holds_what_a_report_reads(tmp_path, table, which, changes, same):
    """A change of another area's rows leaves a report as it is, unless plans are compared by them; its own count."""
    load_table("methods").head(1).to_csv(tmp_path / "methods.csv", index=False)
    order = place_order("jingdezhen", data=str(tmp_path))
    before, all_before = files.content_key(order, "library"), files.inputs_key(order, "library")
    rows = load_table(table).query(which)
    assert len(rows)
    rows.assign(**changes).to_csv(tmp_path / f"{table}.csv", index=False)
    assert (files.content_key(order, "library") == before) is same
    assert files.inputs_key(order, "library") != all_before


def test_results_of_all_areas_are_one_table(instant, tmp_path):
    """What notebooks save is in results.csv and the index, beside area and province."""
    yl.render_reports(["yingtan"], out_dir=tmp_path)
    row = pd.read_csv(tmp_path / "results.csv").iloc[0]
    assert (row["area"], row["province"], row["bed_gap"], row["note"]) == ("yingtan", "江西省", 7, "'=甲")
    assert "床位缺口" in (tmp_path / "index.html").read_text()


def test_interrupt_lists_what_is_done(instant, tmp_path, monkeypatch):
    """Ctrl-C in the middle leaves lists of what was done until then."""
    failing_at(monkeypatch, "yingtan", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        yl.render_reports(["haian", "yingtan", "yueyang"], out_dir=tmp_path, executor="serial")
    assert list(pd.read_csv(tmp_path / "manifest.csv")["area"]) == ["haian"]


def test_full_disk_stops_the_batch(instant, tmp_path, monkeypatch):
    """A full disk is one error of the batch; what is there stays, and the same call goes on."""
    run = many.run_order
    failing_at(monkeypatch, "haian", OSError(errno.ENOSPC, "No space left on device"))
    asked = {"cities": ["yingtan", "haian", "yueyang"], "out_dir": tmp_path, "executor": "serial"}
    with pytest.raises(YilaoError, match=r"No space left on device\) at 海安市; 1 reports are there and whole"):
        yl.render_reports(**asked)
    monkeypatch.setattr(many, "run_order", run)
    assert yl.render_reports(**asked)["status"].eq("ok").all() and instant == ["yingtan", "haian", "yueyang"]


def test_second_run_in_a_folder_is_refused(instant, tmp_path):
    """While a run writes into a folder another is refused and told who it is; a killed one holds nobody up."""
    code = "import pathlib, sys, time\nfrom yilaolib.reports.files import lock_folder\n"
    code += "with lock_folder(pathlib.Path(sys.argv[1])): print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as other:
        assert other.stdout.read(1)
        with pytest.raises(YilaoError, match=f"Another run is writing into .*process {other.pid} on .* since 20"):
            yl.render_reports(["yingtan"], out_dir=tmp_path)
        other.kill()
    assert instant == [] and len(yl.render_reports(["yingtan"], out_dir=tmp_path)) == 1


def test_leftovers_of_the_dead_are_cleared(instant, tmp_path):
    """What a killed run left half done is taken away."""
    (tmp_path / "yingtan" / f"{BESIDE}x").mkdir(parents=True)
    yl.render_reports(["yingtan"], out_dir=tmp_path)
    assert not [*tmp_path.rglob(f"{BESIDE}*")]


DAMAGED = [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b'{"area": "haian"}', b'{"area": 1, "lang": "zh"}', b'"text"',
    b'{"area": "haian", "lang": "zh", "scenario": "medium", "status": "ok", "files": []}',
    b'{"area": "haian", "lang": "zh", "scenario": "medium", "status": "ok", "report": "x", "files": {"../../x": []}}',
    b'{"area": "haian", "lang": "zh", "scenario": "medium", "status": "failed", "end_year": "x", "results": 1}',
]  # fmt: skip


def test_damaged_row_of_another_area_is_one_row(instant, tmp_path):
    """Whatever stands in the row of another area, it is a row that failed, and the batch goes on."""
    for content in DAMAGED:
        (tmp_path / "haian").mkdir(exist_ok=True)
        (tmp_path / "haian" / "report.json").write_bytes(content)
        yl.render_reports(["yingtan"], out_dir=tmp_path, force=True)
        rows = pd.read_csv(tmp_path / "manifest.csv").set_index("area")
        assert rows["status"].to_dict() == {"haian": "failed", "yingtan": "ok"}, content
        assert "haian/report.json cannot be read" in rows["error"]["haian"]


def test_links_are_not_followed(instant, tmp_path):
    """A lock, a folder of an area and one of tables that are links are replaced; what they led to stays as it is."""
    own, out = tmp_path / "own", tmp_path / "out"
    (own / "tables").mkdir(parents=True)
    for name in ("lock", "tables/x.csv", "tables/mine.csv"):
        (own / name).write_text("mine")
    out.mkdir()
    (out / files.LOCK).symlink_to(own / "lock")
    yl.render_reports(["haian"], out_dir=out)
    shutil.rmtree(out / "haian" / "tables")
    (out / "haian" / "tables").symlink_to(own / "tables")
    yl.render_reports(["haian"], out_dir=out, force=True)
    assert {path.read_text() for path in own.rglob("*.*")} == {"mine"} and (own / "lock").read_text() == "mine"
    assert (out / "haian" / "tables" / "x.csv").read_text() == "1" and len([*own.rglob("*")]) == 4


def test_same_inputs_same_bytes(tmp_path):
    """Made twice, a report has the same bytes in every format, and its row tells them."""
    cell = "import pandas as pd, yilaolib as yl\npage = yl.Report(lang, tables_dir=tables_dir)\n"
    cell += "page.table(pd.DataFrame({'a': [1]}), caption='x')"
    template, made = write_template(tmp_path / "t.ipynb", cell), []
    for out in (tmp_path / "1", tmp_path / "2"):
        folder = yl.render_report("yingtan", out_dir=out, template=template, formats="html,pdf,docx,xlsx").parent
        row = json.loads((folder / "report.json").read_text())
        made.append({name: (folder / name).read_bytes() for name in row["files"]})
        assert {name: told[0] for name, told in row["files"].items()} == {n: len(b) for n, b in made[-1].items()}
        time.sleep(1.1)
    assert made[0] == made[1] and {"report.pdf", "report.docx", "report.xlsx", "report.ipynb"} <= set(made[0])


# ---- batches that are killed ----


def whole(out: Path) -> None:
    """Every file that has its name is whole."""
    for path in out.rglob("*"):
        if any(part.startswith(".") for part in path.relative_to(out).parts) or path.is_dir():
            continue
        if path.suffix == ".html":
            assert path.read_text(encoding="utf-8").endswith(("</html>\n", "</html>")), path
        elif path.suffix in (".json", ".ipynb"):
            json.loads(path.read_text(encoding="utf-8"))
        elif path.name == "manifest.csv":
            assert set(pd.read_csv(path)["status"]) <= {"ok"}


def start_batch(out, template, **options):
    asked = {"cities": CITIES, "out_dir": str(out), "template": str(template), "force": True} | options
    code = f"import yilaolib as yl\nyl.render_reports(**{asked!r})"
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, start_new_session=True)


def test_bare_figure_is_shown_and_has_no_style(tmp_path):
    """What is drawn before the fork changes no figure of a notebook, and the first report is as the others."""
    cell = "import matplotlib.pyplot as plt, yilaolib as yl\n_ = yl.project(city), plt.ioff(), plt.plot([1])\n"
    template = write_template(tmp_path / "t.ipynb", cell + "print(plt.rcParams['font.size'])", "plt.show()")
    start_batch(tmp_path / "out", template, cities=CITIES[: many.MANY], jobs=2).communicate()
    for city in CITIES[0], CITIES[many.MANY - 1]:
        *_, drawn, shown = nbformat.read(tmp_path / "out" / city / "report.ipynb", 4).cells
        assert [each.text for each in drawn.outputs] == ["10.0\n"] and "image/png" in shown.outputs[0].data


def test_killed_at_any_moment(tmp_path):
    """Killed at a random moment, a batch leaves whole files only; the same call goes on and ends with all."""
    cell = "for i in range(3): open(f'{tables_dir}/{i}.csv', 'w').write('1,2\\n' * 20_000)"
    out, template = tmp_path / "out", write_template(tmp_path / "t.ipynb", cell, "'文字 ' * 20_000")
    batch = start_batch(out, template)
    wait_for(lambda: [*out.glob("*/.yilao-*")])
    time.sleep(random.uniform(0, 1))
    batch.kill()
    batch.communicate()
    whole(out)
    manifest = yl.render_reports(CITIES, out_dir=out, template=template)
    assert manifest["status"].eq("ok").all() and len(manifest) == 5 and not [*out.glob("*/.yilao-*")]
    whole(out)


def test_early_ctrl_c_is_told_once(tmp_path, template):
    """Ctrl-C on a terminal while a batch starts up: no process that starts meanwhile tells it too."""
    batch = start_batch(tmp_path, template)
    wait_for((tmp_path / ".yilao.holder").exists)
    time.sleep(random.uniform(0, 1))
    os.killpg(batch.pid, signal.SIGINT)
    assert batch.communicate(timeout=30)[1].count("Traceback") == 1


def test_ended_batch_goes_on(tmp_path):
    """A batch that is interrupted after its first report ends its processes; what it made is kept."""
    tell = f"import os, time; open({str(tmp_path)!r} + f'/pid-{{os.getpid()}}', 'w'); time.sleep(0.5)"
    out, template = tmp_path / "out", write_template(tmp_path / "t.ipynb", tell)
    batch = start_batch(out, template, jobs=1, force=False)
    wait_for((out / "yingtan" / "report.json").exists)
    wait_for(lambda: len([*tmp_path.glob("pid-*")]) > 1)
    batch.send_signal(signal.SIGTERM)
    assert re.search("1 of 5 reports ready.* goes on from there", batch.communicate(timeout=30)[1])
    pids = [int(path.name.removeprefix("pid-")) for path in tmp_path.glob("pid-*")]
    assert wait_for(lambda: not any(map(psutil.pid_exists, pids)), 10)
    manifest = yl.render_reports(CITIES, jobs=2, out_dir=out, template=template).set_index("area")
    assert manifest["status"].eq("ok").all() and manifest.loc["yingtan", "kept"] and not manifest["kept"].all()
    assert not [*out.glob("*/.yilao-*")]


def test_packages_count(monkeypatch):
    """The versions of the packages that reports use are part of the library's key."""
    before = files.library_key.__wrapped__()
    monkeypatch.setattr(files.metadata, "version", lambda name: f"another {name}")
    assert files.library_key.__wrapped__() != before


@pytest.mark.parametrize("change", [{"end_year": 2040}, {"lang": "en"}, {"scenario": "low"}, {"city": "yueyang"}])
@pytest.mark.parametrize("key", [files.content_key, files.inputs_key])
def test_parameters_count(change, key):
    """Each parameter is part of both keys, and so is the library."""
    before = key(place_order("yingtan"), "library")
    assert key(place_order(**{"city": "yingtan"} | change), "library") != before
    assert key(place_order("yingtan"), "another") != before
