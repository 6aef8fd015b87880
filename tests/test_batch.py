"""Many reports: one row each, failures among them, and the lists that a folder keeps."""

import pandas as pd
import pytest
from tiny_report import write_template

from yilaolib.batch import COLUMNS, cities_with_plan, render_reports
from yilaolib.errors import DataError

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

    def run(order):
        order.folder.mkdir(parents=True, exist_ok=True)
        order.path("report", ".html").write_text("page")
        done.append(order.area)
        return order.path("report", ".html")

    monkeypatch.setattr("yilaolib.batch.run_order", run)
    monkeypatch.setattr("yilaolib.orders.find_template", lambda: template)
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
    assert (manifest["seconds"] > 0).all() and (manifest["end_year"] == 2050).all()


def test_folder_holds_only_whole_files(batch):
    """Beside the cities there are the two lists and nothing else, hidden files included."""
    assert {path.name for path in batch[1].iterdir()} == {
        "index.html",
        "manifest.csv",
        "jingdezhen",
        "yingtan",
        "yueyang",
    }


def test_index_links_and_escapes(batch):
    """The index links the pages by relative paths and shows errors as text."""
    text = (batch[1] / "index.html").read_text(encoding="utf-8")
    assert '<a href="jingdezhen/report.html">' in text and "景德镇市" in text
    assert "a &lt;b&gt;" in text and "a <b>" not in text and "<script" not in text


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
        ({"executor": "dask"}, "executor must be one of processes, serial; it is 'dask'"),
        ({"jobs": 0}, "jobs must be 1 or more"),
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
    import yilaolib.batch as batch

    run = batch.run_order

    def interrupted(order):
        if order.area == "yingtan":
            raise KeyboardInterrupt
        return run(order)

    monkeypatch.setattr(batch, "run_order", interrupted)
    with pytest.raises(KeyboardInterrupt):
        render_reports(["haian", "yingtan", "yueyang"], out_dir=tmp_path, executor="serial")
    assert list(pd.read_csv(tmp_path / "manifest.csv")["area"]) == ["haian"]


def test_unreadable_manifest_is_told_first(instant, tmp_path):
    """A manifest that cannot be read stops the batch before any work, and is left as it is."""
    (tmp_path / "manifest.csv").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(DataError, match=r"manifest\.csv cannot be read"):
        render_reports(["yingtan"], out_dir=tmp_path)
    assert instant == [] and (tmp_path / "manifest.csv").read_bytes() == b"\xff\xfe\x00bad"


@pytest.mark.parametrize(("progress", "shown"), [(None, False), (True, True), (False, False)])
def test_bar_is_for_terminals(instant, tmp_path, capsys, progress, shown):
    """A bar is shown when it is asked for, and by default not when stderr is no terminal."""
    render_reports(["yingtan"], out_dir=tmp_path, progress=progress)
    assert ("report" in capsys.readouterr().err) == shown
