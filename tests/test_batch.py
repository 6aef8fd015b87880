"""Many reports: one row each, failures among them, and the lists that a folder keeps."""

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from tiny_report import write_template

import yilaolib as yl
from yilaolib.errors import DataError, YilaoError
from yilaolib.reports import awaylock as awaylock
from yilaolib.reports import librarykey as librarykey
from yilaolib.reports import whole as whole
from yilaolib.reports.away import Away
from yilaolib.reports.awaylock import lock_place
from yilaolib.reports.indexpage import index_page
from yilaolib.reports.lock import lock_folder, new_holder
from yilaolib.reports.manifest import COLUMNS, results_frame
from yilaolib.reports.many import render_reports
from yilaolib.reports.pool import run_here
from yilaolib.reports.selection import cities_with_plan
from yilaolib.reports.whole import folder_beside
from yilaolib.tables.areas import load_table

ONE_FAILS = "assert city != 'yueyang', 'a <b> & \"c\"'\nprint(city)"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A notebook that fails for one city."""
    return write_template(tmp_path_factory.mktemp("template") / "t.ipynb", ONE_FAILS)


@pytest.fixture(scope="module")
def batch(tmp_path_factory, template):
    """Three cities, two at a time, one of which fails."""
    out = tmp_path_factory.mktemp("batch") / "out"
    return render_reports(["yingtan", "岳阳市", 360200], jobs=2, out_dir=out, template=template), out


@pytest.fixture
def instant(monkeypatch, template):
    """Reports that take no time: a page is written, no notebook is run. Returns the cities that were run."""
    done = []

    def run(order, limits):
        order.folder.mkdir(parents=True, exist_ok=True)
        order.path("report", ".html").write_text("page")
        order.path("report", ".ipynb").write_text("notebook")
        done.append(order.area)
        return order.path("report", ".html"), None

    monkeypatch.setattr("yilaolib.reports.task.run_order", run)
    monkeypatch.setattr("yilaolib.reports.many._pool_or_threads", lambda orders, limits, jobs: run_here(orders, limits))
    monkeypatch.setattr("yilaolib.reports.orders.find_template", lambda *_: template)
    return done


def test_one_failing_city_is_a_row(batch):
    """The failing city has a row with its error, the others are rendered."""
    manifest, out = batch
    assert dict(zip(manifest["area"], manifest["status"], strict=True)) == {
        "jingdezhen": "ok",
        "yingtan": "ok",
        "yueyang": "failed",
    }
    assert all((out / page).is_file() for page in manifest["report"].dropna())
    assert "AssertionError: a <b>" in manifest.set_index("area").loc["yueyang", "error"]


def test_manifest_has_its_columns(batch):
    """The manifest has the promised columns, in a file as in the frame."""
    manifest, out = batch
    assert list(manifest) == COLUMNS
    assert list(pd.read_csv(out / "manifest.csv")) == COLUMNS
    assert (out / "manifest.csv").read_bytes().startswith(b"\xef\xbb\xbf")  # or Excel shows other characters
    assert (manifest["seconds"] > 0).all() and (manifest["end_year"] == 2050).all()


def test_folder_holds_only_whole_files(batch):
    """Beside the cities there are the lists and nothing else, hidden files included."""
    assert {path.name for path in batch[1].iterdir()} == {
        "index.html",
        "manifest.csv",
        "reports.json",
        "results.csv",
        "jingdezhen",
        "yingtan",
        "yueyang",
    }


def test_index_links_and_escapes(batch):
    """The index links the pages by relative paths and shows errors as text."""
    text = (batch[1] / "index.html").read_text(encoding="utf-8")
    assert '<a href="jingdezhen/report.html">' in text and "景德镇市" in text
    assert "a &lt;b&gt;" in text and "a <b>" not in text and text.count("<script") == 1


def test_index_links_every_format():
    """A report's other files are linked beside its page, and a report without results shows none, nor that it lacks."""
    row = {"lang": "zh", "scenario": "medium", "status": "ok", "formats": ["xlsx", "html", "pdf"]}
    nation = row | {"area": "china", "name_zh": "中国", "report": "china/report.html", "formats": ["html"]}
    results = {"bed_gap": 5, "place_gap": None, "share_60_pct": 21.1}
    city = row | {"area": "x", "name_zh": "某市", "report": "x/report.low.html", "results": results}
    shown = index_page([nation, city, city | {"area": "y", "results": {"place_gap": 1, "bed_gap": None}}])
    assert shown.count('<a href="x/report.low.pdf">PDF</a> <a href="x/report.low.xlsx">Excel</a>') == 2
    assert "china/report.pdf" not in shown and "docx" not in shown
    assert shown.count("未公布") == 2


def test_later_batch_keeps_the_others(instant, tmp_path):
    """A second batch in the folder adds its rows and replaces those of the same city, language and scenario."""
    render_reports(["yingtan", "haian"], out_dir=tmp_path)
    render_reports(["yingtan"], out_dir=tmp_path, end_year=2040)
    render_reports(["yingtan"], out_dir=tmp_path, lang="en")
    rows = pd.read_csv(tmp_path / "manifest.csv")[["area", "lang", "end_year"]]
    assert rows.to_numpy().tolist() == [["haian", "zh", 2050], ["yingtan", "en", 2050], ["yingtan", "zh", 2040]]


def test_vanished_report_leaves_the_lists(instant, tmp_path):
    """A report that somebody deleted is not listed any more."""
    render_reports(["yingtan", "haian"], out_dir=tmp_path)
    (tmp_path / "haian" / "report.html").unlink()
    render_reports(["yingtan"], out_dir=tmp_path)
    assert list(pd.read_csv(tmp_path / "manifest.csv")["area"]) == ["yingtan"]


def test_one_city_is_made_once(instant, tmp_path):
    """A city that comes under two names is one report."""
    assert len(render_reports(["景德镇市", 360200, "jingdezhen"], out_dir=tmp_path)) == 1
    assert instant == ["jingdezhen"]


def test_all_means_cities_with_a_plan(instant, tmp_path):
    """Without names, every prefecture and county with a plan gets its report, and no province does."""
    manifest = render_reports(out_dir=tmp_path)
    assert set(manifest["area"]) == set(cities_with_plan())
    assert set(manifest["area"]) == {"yingtan", "jingdezhen", "yueyang", "lianshui", "haian"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cities": ["yingtan", "nowhere"]}, "'nowhere' is not in areas.csv"),
        ({"cities": []}, "no city"),
        ({"executor": "spark"}, "executor must be one of processes, serial, dask; it is 'spark'"),
        ({"timeout": 0}, "timeout must be more than 0 seconds"),
        ({"memory_mb": -1}, "memory_mb must be more than 0 MB"),
        ({"jobs": 0}, "jobs must be 1 or more"),
        ({"jobs": "2"}, "jobs must be 1 or more; it is '2'"),
        ({"end_yaer": 2040}, "Did you mean 'end_year'"),
    ],
)
def test_bad_input_begins_nothing(instant, tmp_path, options, words):
    """Bad input of any kind is refused before the first report, and nothing is written."""
    with pytest.raises(DataError, match=words):
        render_reports(**{"cities": ["yingtan"], "out_dir": tmp_path / "out"} | options)
    assert instant == [] and not (tmp_path / "out").exists()


def test_interrupt_lists_what_is_done(instant, tmp_path, monkeypatch):
    """Ctrl-C in the middle leaves lists of what was done until then."""
    import yilaolib.reports.task as task

    run = task.run_order

    def interrupted(order, limits):
        if order.area == "yingtan":
            raise KeyboardInterrupt
        return run(order, limits)

    monkeypatch.setattr(task, "run_order", interrupted)
    with pytest.raises(KeyboardInterrupt):
        render_reports(["haian", "yingtan", "yueyang"], out_dir=tmp_path, executor="serial")
    assert list(pd.read_csv(tmp_path / "manifest.csv")["area"]) == ["haian"]


def test_unchanged_reports_are_kept(instant, tmp_path):
    """What has not changed is not made again, and says so; --force makes it again."""
    render_reports(["yingtan", "haian"], out_dir=tmp_path)
    again = render_reports(["yingtan", "haian", "yueyang"], out_dir=tmp_path)
    assert instant == ["yingtan", "haian", "yueyang"]
    assert dict(zip(again["area"], again["kept"], strict=True)) == {"haian": True, "yingtan": True, "yueyang": False}
    assert (again["status"] == "ok").all()
    render_reports(["yingtan"], out_dir=tmp_path, force=True)
    assert instant[3:] == ["yingtan"]


@pytest.mark.parametrize("change", ["parameter", "template", "page", "row", "record", "failure"])
def test_changed_reports_are_made_again(instant, tmp_path, template, change):
    """A changed parameter, template or table, a file that is gone, a broken record or a later failure: made again."""
    notebook, mine, asked = tmp_path / "t.ipynb", tmp_path / "mine", {}
    shutil.copy(template, notebook)
    mine.mkdir()
    folder = tmp_path / "out" / "yingtan"
    table = load_table("observations").query("area == 'yingtan'").head(1)
    table.to_csv(mine / "observations.csv", index=False)
    batch = {"out_dir": tmp_path / "out", "template": notebook, "data": str(mine)}
    render_reports(["yingtan"], **batch)
    if change == "parameter":
        asked = {"end_year": 2040}
    elif change == "template":
        write_template(notebook, "print('other')")
    elif change == "page":
        (folder / "report.html").unlink()
    elif change == "row":
        table.assign(note="x").to_csv(mine / "observations.csv", index=False)
    elif change == "record":
        (folder / "report.json").write_text("{")
    else:
        (folder / "report.failed.json").write_text("{}")
    render_reports(["yingtan"], **batch, **asked)
    assert instant == ["yingtan", "yingtan"]


def test_vanished_manifest_is_written_again(instant, tmp_path):
    """The lists come from the rows beside the reports, so a list that is broken or gone costs nothing."""
    render_reports(["yingtan", "haian"], out_dir=tmp_path)
    (tmp_path / "manifest.csv").write_bytes(b"\xff\xfe\x00bad")
    render_reports(["yingtan"], out_dir=tmp_path)
    assert list(pd.read_csv(tmp_path / "manifest.csv")["area"]) == ["haian", "yingtan"] and len(instant) == 2


def test_results_of_all_areas_are_one_table(instant, tmp_path, monkeypatch):
    """What notebooks save is in results.csv and reports.json, beside area and province."""
    import yilaolib.reports.task as task

    run = task.run_order

    def saving(order, limits):
        yl.Report(tables_dir=order.path("tables")).save_results(bed_gap=7, note="甲")
        return run(order, limits)

    monkeypatch.setattr(task, "run_order", saving)
    render_reports(["yingtan"], out_dir=tmp_path)
    row = pd.read_csv(tmp_path / "results.csv").iloc[0]
    assert (row["area"], row["province"], row["bed_gap"], row["note"]) == ("yingtan", "江西省", 7, "甲")
    assert json.loads((tmp_path / "reports.json").read_text())[0]["results"]["bed_gap"] == 7
    assert "床位缺口" in (tmp_path / "index.html").read_text()


def test_full_disk_stops_the_batch(instant, tmp_path, monkeypatch):
    """A full disk is one error of the batch; what is there stays, and the same call goes on."""
    import yilaolib.reports.task as task

    run = task.run_order

    def full(order, limits):
        if order.area == "haian":
            raise OSError(errno.ENOSPC, "No space left on device")
        return run(order, limits)

    monkeypatch.setattr(task, "run_order", full)
    with pytest.raises(YilaoError, match=r"No space left on device\) at 海安市; 1 reports are there and whole"):
        render_reports(["yingtan", "haian", "yueyang"], out_dir=tmp_path)
    monkeypatch.setattr(task, "run_order", run)
    assert render_reports(["yingtan", "haian", "yueyang"], out_dir=tmp_path)["status"].eq("ok").all()
    assert instant == ["yingtan", "haian", "yueyang"]


def test_second_run_in_a_folder_is_refused(instant, tmp_path):
    """While a run writes into a folder, another is refused and told who it is."""
    with lock_folder(tmp_path), pytest.raises(YilaoError, match=f"process {os.getpid()} on "):
        render_reports(["yingtan"], out_dir=tmp_path)
    assert instant == [] and not (tmp_path / ".yilao.lock").exists()


def test_lock_ends_with_its_holder(tmp_path):
    """The lock of a process that was killed holds nobody up."""
    code = "import os, pathlib, sys\nfrom yilaolib.reports.lock import lock_folder\nlock = "
    code += "lock_folder(pathlib.Path(sys.argv[1])); lock.__enter__(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert (tmp_path / ".yilao.lock").exists()
    with lock_folder(tmp_path):
        pass


def test_leftovers_of_the_dead_are_cleared(instant, tmp_path):
    """What a killed run left half done is taken away, what a living process writes is not."""
    folder = tmp_path / "yingtan"
    with folder_beside(tmp_path) as living:
        folder.mkdir()
        dead = folder / living.name.replace(str(os.getpid()), "999999999")
        dead.mkdir()
        living_too = folder / living.name
        living_too.mkdir()
        render_reports(["yingtan"], out_dir=tmp_path)
        assert not dead.exists() and living_too.exists()


@pytest.mark.parametrize("forks", [True, False])
def test_pages_of_an_older_library_are_made_again(instant, tmp_path, monkeypatch, forks):
    """What a process makes itself after a file of the library was saved is kept by nobody who has that file."""
    asked, state = {"out_dir": tmp_path, "executor": "serial" if forks else "processes"}, librarykey.library_state()
    monkeypatch.setattr("yilaolib.reports.many.why_not", lambda: "" if forks else "this system cannot")
    monkeypatch.setattr("yilaolib.reports.many.tell_once", lambda _: None)
    monkeypatch.setattr(librarykey, "IMPORTED", (*state, ("page.py", 1, 1)))
    with pytest.warns(RuntimeWarning, match="Start Python anew"):
        render_reports(["yingtan"], **asked)
    monkeypatch.setattr(librarykey, "IMPORTED", state)
    assert [render_reports(["yingtan"], **asked)["kept"].item() for _ in range(2)] == [False, True]


@pytest.fixture
def bucket():
    """A place that is no folder of this machine; what lies in it goes with the test."""
    fsspec = pytest.importorskip("fsspec", reason="needs the extra yilaolib[cloud]")
    yield fsspec.filesystem("memory")
    fsspec.filesystem("memory").store.clear()


def names_in(bucket):
    return {path.removeprefix("/b/out/") for path in bucket.find("/b/out")}


def test_reports_go_to_a_url(bucket, instant, tmp_path, monkeypatch):
    """With a URL as folder everything is there in the end, and the same call finds it there and makes nothing."""
    import yilaolib.reports.task as task

    run = task.run_order

    def with_tables(order, limits):
        order.path("tables").mkdir(parents=True)
        (order.path("tables") / f"{len(instant)}.csv").write_text("1")
        return run(order, limits)

    monkeypatch.setattr(task, "run_order", with_tables)
    render_reports(["yingtan", "haian"], out_dir="memory://b/out")
    of_one = {"report.html", "report.ipynb", "report.json"}
    lists = {"index.html", "manifest.csv", "reports.json", "results.csv"}
    files = {f"{area}/{name}" for area in ("yingtan", "haian") for name in of_one} | lists
    assert names_in(bucket) == files | {"yingtan/tables/0.csv", "haian/tables/1.csv"}
    again = render_reports(["yingtan", "haian", "yueyang"], out_dir="memory://b/out")
    assert instant == ["yingtan", "haian", "yueyang"] and again["kept"].tolist() == [True, True, False]
    assert bucket.cat_file("/b/out/yingtan/report.html") == b"page"
    render_reports(["yingtan"], out_dir="memory://b/out", force=True)
    assert {name for name in names_in(bucket) if "tables" in name and "yingtan" in name} == {"yingtan/tables/3.csv"}
    assert sorted(pd.read_csv(bucket.open("/b/out/manifest.csv"))["area"]) == ["haian", "yingtan", "yueyang"]
    monkeypatch.setattr(task, "run_order", run)
    render_reports(["haian"], out_dir=f"file://{tmp_path}/out")
    assert (tmp_path / "out" / "haian" / "report.html").exists()


def test_broken_sending_begins_again_there(bucket, instant, monkeypatch):
    """When sending ends in the middle, the row is not there, so that the same call makes that report again."""
    render_reports(["yingtan"], out_dir="memory://b/out")
    put = type(bucket).put

    def broken(self, local, remote, **options):
        if any(name.endswith(".html") for name in remote):
            raise OSError("connection lost")
        put(self, local, remote, **options)

    monkeypatch.setattr(type(bucket), "put", broken)
    with pytest.raises(YilaoError, match=r"memory://b/out cannot be written to \(OSError: connection lost\)"):
        render_reports(["yingtan"], out_dir="memory://b/out", force=True)
    assert "yingtan/report.json" not in names_in(bucket) and "yingtan/report.html" in names_in(bucket)
    assert bucket.cat_file("/b/out/yingtan/report.html") == b"page"


def test_error_of_a_report_elsewhere_names_the_url(bucket, template):
    """A failure is told with the address where its notebook lies, not with the folder that is gone by then."""
    manifest = render_reports(["yueyang"], out_dir="memory://b/out", template=template, executor="serial")
    assert "memory://b/out/yueyang/report.failed.ipynb" in manifest.loc[0, "error"]
    assert names_in(bucket) >= {"yueyang/report.failed.ipynb", "yueyang/report.failed.json"}
    assert "/tmp" not in bucket.cat_file("/b/out/index.html").decode()


def test_url_that_nobody_reads_is_one_sentence(bucket, instant):
    """An unknown kind of address is told before anything is made."""
    with pytest.raises(DataError, match="nowhere://x cannot be reached: Protocol not known: nowhere"):
        render_reports(["yingtan"], out_dir="nowhere://x")
    assert instant == []


@pytest.mark.parametrize(("progress", "shown"), [(None, False), (True, True), (False, False)])
def test_bar_is_for_terminals(instant, tmp_path, capsys, progress, shown):
    """A bar is shown when it is asked for, and by default not when stderr is no terminal."""
    render_reports(["yingtan"], out_dir=tmp_path, progress=progress)
    assert ("report" in capsys.readouterr().err) == shown


def test_table_that_changes_meanwhile_makes_a_report_stale(instant, tmp_path, monkeypatch):
    """A report during whose making a table changes is made of the old one: the next call makes it anew, once."""
    import yilaolib.reports.task as task

    mine, run = tmp_path / "mine", task.run_order
    mine.mkdir()
    table = load_table("observations").query("area == 'yingtan'").head(1)
    table.to_csv(mine / "observations.csv", index=False)

    def meanwhile(order, limits):
        page, _ = run(order, limits)
        table.assign(note="x").to_csv(mine / "observations.csv", index=False)
        return page, [["observations", "yingtan"]]

    monkeypatch.setattr(task, "run_order", meanwhile)
    batch = {"cities": ["yingtan"], "out_dir": tmp_path / "out", "data": str(mine)}
    assert [render_reports(**batch)["kept"].item() for _ in range(3)] == [False, False, True]


def test_broken_table_is_a_row(instant, tmp_path):
    """A table that cannot be read fails the report in a sentence that names it."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "population.csv").write_text("area\nyingtan\n")
    row = render_reports(["yingtan"], out_dir=tmp_path / "out", data=str(tmp_path / "mine")).iloc[0]
    assert row["status"] == "failed" and "population.csv" in row["error"]


def test_record_of_somebody_else_is_passed_over(instant, tmp_path):
    """A file that only looks like a record of ours names no report, and ends no batch."""
    (tmp_path / "yingtan").mkdir()
    record = {"area": "yingtan", "lang": "zh", "scenario": "medium", "status": "ok"}
    (tmp_path / "yingtan" / "report.json").write_text(json.dumps(record))
    render_reports(["haian"], out_dir=tmp_path)
    assert list(pd.read_csv(tmp_path / "manifest.csv")["area"]) == ["haian"]


def test_results_do_not_rename_a_report():
    """A result that is called like a column of the list does not replace it."""
    row = {"area": "yingtan", "lang": "zh", "status": "ok", "results": {"area": "x", "bed_gap": 1}}
    assert results_frame([row]).loc[0, ["area", "bed_gap"]].tolist() == ["yingtan", 1]


def test_what_is_not_ours_stays_there(bucket, instant):
    """At a URL a file that somebody laid beside a report stays when the report is made again."""
    render_reports(["yingtan"], out_dir="memory://b/out")
    bucket.pipe_file("/b/out/yingtan/notes.txt", b"mine")
    render_reports(["yingtan"], out_dir="memory://b/out", force=True)
    assert len(instant) == 2 and "yingtan/notes.txt" in names_in(bucket)


def test_interrupt_is_told_although_the_lists_cannot_be_sent(bucket, instant, monkeypatch):
    """What ended a batch is what is raised, also when the lists cannot be sent afterwards."""

    def raises(error):
        def function(*_):
            raise error

        return function

    monkeypatch.setattr("yilaolib.reports.task.run_order", raises(KeyboardInterrupt()))
    monkeypatch.setattr("yilaolib.reports.away.Away.send_lists", raises(YilaoError("gone")))
    with pytest.raises(KeyboardInterrupt):
        render_reports(["yingtan"], out_dir="memory://b/out", executor="serial")


@pytest.mark.parametrize("place", ["memory://b/out", "local://{}/out"])
def test_second_run_at_an_address_is_refused(bucket, instant, tmp_path, monkeypatch, place):
    """While a run sends to an address, another is refused and told who it is; the lock goes with a failure too."""
    import yilaolib.reports.task as task

    url, run, told = place.format(tmp_path), task.run_order, []

    def meanwhile(order, limits):
        with pytest.raises(YilaoError) as caught:
            render_reports(["haian"], out_dir=url)
        told.append(str(caught.value))
        return run(order, limits)

    monkeypatch.setattr(task, "run_order", meanwhile)
    render_reports(["yingtan"], out_dir=url)
    assert f"is writing to {url}: process {os.getpid()} on " in told[0] and f"take {url}/.yilao.lock away" in told[0]
    monkeypatch.setattr("yilaolib.reports.away.Away.fetch", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        render_reports(["yingtan"], out_dir=url)
    monkeypatch.undo()
    fs, root = Away(url, tmp_path).fs, Away(url, tmp_path).root
    assert instant == ["yingtan"] and not fs.exists(f"{root}/.yilao.lock") and fs.exists(f"{root}/yingtan/report.html")


@pytest.mark.parametrize(
    ("holder", "free"),
    [
        ({"pid": 999_999_999}, True),
        ({"at": 1.0}, True),
        ({"pid": 999_999_999, "host": "elsewhere"}, False),
        ({"pid": 999_999_999, "pids": "pid:[1]"}, False),  # another container's, with the same name
    ],
)
def test_lock_of_a_killed_run_at_an_address(bucket, holder, free):
    """A lock whose process has ended, also when its number was given again, holds nobody up; one elsewhere does."""
    holder = new_holder() | {"mark": "x"} | holder
    bucket.pipe_file("/b/out/.yilao.lock", json.dumps(holder).encode())
    taken = contextlib.nullcontext() if free else pytest.raises(YilaoError, match=r"process 999999999 on .* since")
    with taken, lock_place(bucket, "/b/out", "memory://b/out"):
        pass
    assert bucket.exists("/b/out/.yilao.lock") is not free


def refuses(mode):
    """A place that says that it cannot create a file only if there is none."""
    if "x" in mode:
        raise ValueError("mode")
    return mode


def writes_over(mode):
    """One that takes the mode and does not heed it, as FTP does in fsspec."""
    return mode.replace("x", "w")


@pytest.mark.parametrize("as_it_takes", [refuses, writes_over])
def test_lock_where_files_cannot_be_created_exclusively(bucket, monkeypatch, as_it_takes):
    """Such a place is looked at again after writing: of two runs in the same moment the later one has it."""
    place, opened = type(bucket), type(bucket).open
    monkeypatch.setattr(place, "open", lambda self, path, mode="rb", **o: opened(self, path, as_it_takes(mode), **o))
    monkeypatch.setattr(place, "protocol", "ftp")
    monkeypatch.setattr("yilaolib.reports.awaylock.MOMENT", 0)
    with lock_place(bucket, "/b/out", "u"):
        assert bucket.exists("/b/out/.yilao.lock")
    later = json.dumps(new_holder() | {"mark": "later"}).encode()
    monkeypatch.setattr("time.sleep", lambda _: bucket.pipe_file("/b/out/.yilao.lock", later))
    with pytest.raises(YilaoError, match="in the same moment"), lock_place(bucket, "/b/out", "u"):
        pass
    assert bucket.cat_file("/b/out/.yilao.lock") == later


def test_lock_of_a_run_that_ends_meanwhile(bucket, monkeypatch):
    """Whoever comes a moment too late to create the lock, and finds that run ended, goes on."""
    create, late = awaylock._create, [False]
    monkeypatch.setattr(awaylock, "_create", lambda *asked: late.pop() if late else create(*asked))
    with lock_place(bucket, "/b/out", "u"):
        assert bucket.exists("/b/out/.yilao.lock") and not late


def test_leftovers_of_another_container_stay(monkeypatch, tmp_path):
    """What an ended process left half done is taken away; a like name from where numbers count anew is not ours."""
    monkeypatch.setattr(whole.os, "getpid", lambda: 2**30)  # a number that no process has
    ours = tmp_path / f"{whole.BESIDE}{whole._mark()}-x"
    monkeypatch.setattr(whole, "pid_space", lambda: "pid:[1]")
    theirs = tmp_path / f"{whole.BESIDE}{whole._mark()}-x"
    monkeypatch.undo()
    ours.mkdir()
    theirs.mkdir()
    whole.clear_beside(tmp_path)
    assert list(tmp_path.iterdir()) == [theirs]
