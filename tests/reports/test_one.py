"""One report: what is refused before anything is written, and what lies in the folder afterwards."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from papermill import PapermillExecutionError
from tiny_report import write_template

from yilaolib import texts
from yilaolib.errors import DataError, YilaoError
from yilaolib.reports.one import Linked, as_sentence, default_folder, inspect_parameters, place_order, render_report

BASIC = """\
import sys
import matplotlib.pyplot as plt
import pandas as pd
import yilaolib as yl
page = yl.Report(lang, tables_dir=tables_dir)"""
FIGURE = """\
_, ax = plt.subplots(figsize=(3, 2))
ax.plot([2020, end_year], [1, 2])
page.figure(ax, caption="床位", alt="床位上升", table=pd.DataFrame({"year": [2020], "beds": [4059]}))"""
TABLE = """\
print("a warning", file=sys.stderr)
page.table(pd.DataFrame({"beds": [None, 4059.5]}), caption=city)"""
QUICK = "print(city, scenario, end_year, lang)"
FAILING = "raise ValueError('no beds:\\n  none')"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A notebook that is only looked at, or that prints its parameters."""
    return write_template(tmp_path_factory.mktemp("template") / "quick.ipynb", QUICK)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of one whole report, in a folder whose name papermill alone would stumble on."""
    folder = tmp_path_factory.mktemp("whole")
    notebook = write_template(folder / "t.ipynb", BASIC, "# md\n## 床位\n", FIGURE, TABLE)
    return render_report(360200, out_dir=folder / "报告 {city} {0}", template=notebook, end_year=2030)


WITH_NORM = """\
city: str = "jingdezhen"
scenario: str = "medium"
end_year: int = 2050
data: str = ""
lang: str = "zh"
norm: float | None = None
place_norm: float | None = None
target_year: int | None = None
tables_dir: str = \"\""""


@pytest.fixture(scope="module")
def with_norm(tmp_path_factory):
    """A notebook with the parameters that replace the plan's norms."""
    return write_template(tmp_path_factory.mktemp("norm") / "t.ipynb", "print(norm, target_year)", parameters=WITH_NORM)


def names(folder) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("parameter", "value", "words"), [
    ("city", "jingdezen", "Did you mean 'jingdezhen'"),
    ("end_year", "2040", "end_year must be a whole number, such as 2050; it is '2040'"),
    ("end_year", True, "end_year must be a whole number"),
    ("end_year", 2020, "end_year must be after the census of 2020 and at most 2100; it is 2020"),
    ("end_year", 2101, "at most 2100"),
    ("norm", 0, "norm must be more than 0 and less than 1000 [beds per 1000 aged 60+]; it is 0.0"),
    ("place_norm", -1.5, "[places per 1000 residents]; it is -1.5"),
    ("target_year", 2060, "target_year must be from 2020 to end_year (2050); it is 2060"),
    ("scenario", "hihg", "short-life; it is 'hihg'. Did you mean 'high'?"),
    ("lang", "fr", "lang must be one of en, zh; it is 'fr'"),
    ("formats", "pfd", "format must be one of html, pdf, docx, xlsx; it is 'pfd'. Did you mean 'pdf'?"),
    ("formats", (), "docx, xlsx; it is ''"),
    ("data", "no/such/folder", "does not exist"),
    ("tables_dir", "x", "no parameter 'tables_dir'"),
    ("template", "no.ipynb", "no.ipynb cannot be read as a report notebook"),
    ("out_dir", "s3://b/out", "s3://b/out is no folder of this machine"),
    ("out_dir", __file__, "Nothing can be written into"),
])  # fmt: skip
def test_bad_values_are_refused(parameter, value, words, with_norm, tmp_path, monkeypatch):
    """A value that no report can be made of is refused in a sentence, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=re.escape(words)):
        render_report(**{"city": "jingdezhen", "out_dir": "out", "template": with_norm, parameter: value})
    assert not names(tmp_path)


@pytest.mark.parametrize(
    ("city", "name"),
    [(100000, "all_cities"), ("岳阳", "city_report"), ("jiangxi", "area_report"), ("吉安", "area_report")],
)
def test_what_is_known_of_an_area_names_its_notebook(city, name):
    """The nation has the comparison, a plan its report, an area without a plan a report of another kind."""
    assert place_order(city).template.stem == name


@pytest.mark.parametrize(
    ("line", "found"), [("x: int = 1  # a = b", ("int", 1)), ("x = 'a'", ("str", "a")), ("x = sum(y)", None)]
)
def test_parameters_are_read_as_python(line, found, tmp_path):
    """A parameter is an assignment of a plain value, whatever its comment says."""
    notebook = write_template(tmp_path / "t.ipynb", parameters=f"city: str = 'x'\n{line}")
    assert inspect_parameters(notebook).get("x") == found


@pytest.mark.parametrize(
    ("options", "name"),
    [({}, "report.html"), ({"scenario": "zero-migration", "lang": "en"}, "report.zero-migration.en.html")],
)
def test_files_are_named_by_scenario_and_language(options, name, template):
    """Medium and Chinese are not named, everything else is."""
    assert place_order("jingdezhen", template=template, **options).path("report", ".html").name == name


def test_a_report_is_whole(page):
    """Page, notebook and tables lie in the folder of the city, and nothing else does."""
    assert page.parts[-3:] == ("报告 {city} {0}", "jingdezhen", "report.html")
    tables = {"tables/own-figure-1.csv", "tables/own-table-1.csv"}
    assert names(page.parent) == {"report.html", "report.ipynb", "report.json"} | tables


def test_page_is_for_readers(page):
    """The page has title, figure with alternative text, versions and parameters, but no code, warning or path."""
    text = page.read_text(encoding="utf-8")
    assert "yilaolib 版本" in text and "数据版本" in text and str(page.parent) not in text
    assert "city = jingdezhen, scenario = medium, end_year = 2030, lang = zh" in text
    for part in ("<title>景德镇市一老一小报告</title>", 'label="床位上升"', 'href="#床位"', "未公布", 'lang="zh-CN"'):
        assert part in text
    for part in ("import matplotlib", "a warning"):
        assert part not in text


def test_notebook_beside_is_as_if_run_there(page):
    """The executed notebook names its own place, not the folder in which it was run."""
    text = page.with_suffix(".ipynb").read_text(encoding="utf-8")
    recorded = json.loads(text)["metadata"]["papermill"]
    assert recorded["parameters"]["tables_dir"] == "tables" and recorded["output_path"] == "report.ipynb"
    assert ".report-" not in text and 'tables_dir = \\"tables\\"' in text


def test_failure_keeps_the_earlier_report(tmp_path, template):
    """A notebook that fails leaves the earlier report untouched and itself as report.failed.ipynb."""
    good = render_report("jingdezhen", out_dir=tmp_path, template=template)
    before = {name: (good.parent / name).read_bytes() for name in names(good.parent)}
    with pytest.raises(YilaoError):
        render_report("jingdezhen", out_dir=tmp_path, template=write_template(tmp_path / "f.ipynb", FAILING))
    after = {name: (good.parent / name).read_bytes() for name in names(good.parent)}
    assert "ValueError" in after.pop("report.failed.ipynb").decode() and after.pop("report.failed.json")
    assert after == before


@pytest.fixture(scope="module")
def failure(tmp_path_factory):
    """What a failing notebook raises, in a folder without an earlier report."""
    folder = tmp_path_factory.mktemp("failure")
    with pytest.raises(YilaoError) as caught:
        render_report("jingdezhen", out_dir=folder, template=write_template(folder / "f.ipynb", QUICK, FAILING))
    return caught.value, folder


def test_failure_is_a_sentence(failure):
    """The error is one line with cell, kind and text; the traceback is that of its cause."""
    error, folder = failure
    kept = folder / "jingdezhen" / "report.failed.ipynb"
    # The injected parameters are cell 2, so that the third cell of the template is the fourth.
    expected = f"The report of Jingdezhen failed in cell 4: ValueError: no beds: none. How far it came is in {kept}."
    assert str(error) == expected and "Traceback" in str(error.__cause__)


def test_failure_leaves_only_the_partial_notebook(failure):
    """Nothing half-written is left; the notebook shows what the cells before had put out."""
    folder = failure[1] / "jingdezhen"
    assert names(folder) == {"report.failed.ipynb", "report.failed.json"}
    outputs = [c.outputs for c in nbformat.read(folder / "report.failed.ipynb", 4).cells if c.cell_type == "code"]
    assert "jingdezhen medium 2050 zh" in str(outputs)


def test_success_clears_failure_and_stale_tables(tmp_path):
    """A good report takes away the failed notebook and the tables of an earlier one."""
    save = "open(tables_dir + f'/t{end_year}.csv', 'w').close()"
    notebook = write_template(tmp_path / "t.ipynb", save)
    folder = render_report("jingdezhen", out_dir=tmp_path, template=notebook, end_year=2030).parent
    (folder / "report.failed.ipynb").write_text("{}")
    render_report("jingdezhen", out_dir=tmp_path, template=notebook, end_year=2040)
    assert names(folder) == {"report.html", "report.ipynb", "report.json", "tables/t2040.csv"}


def test_data_error_of_a_notebook_stays_one():
    """What the notebook calls bad data is bad data for the caller, in its own words."""
    error = PapermillExecutionError(3, 3, "", "DataError", "observations.csv line 2: no.", ["Traceback"])
    told = as_sentence(error, {"name_zh": "鹰潭市"}, None)
    assert isinstance(told, DataError)
    assert str(told) == "The report of 鹰潭市 failed in cell 4: observations.csv line 2: no."


def test_brief_is_what_its_cells_show(tmp_path):
    """The brief shows the cells tagged so and no others; a report that is asked for without one takes it away."""
    path = write_template(tmp_path / "t.ipynb", "# md\nlong", "# md\nshort")
    notebook = nbformat.read(path, 4)
    notebook.cells[-1].metadata["tags"] = ["brief"]
    nbformat.write(notebook, path)
    page = render_report("yingtan", out_dir=tmp_path, template=path, lang="en", brief=True)
    brief = page.with_name("brief.en.html")
    assert [word in brief.read_text(encoding="utf-8") for word in ("<p>short", "<p>long")] == [True, False]
    assert "<p>long" in page.read_text(encoding="utf-8")
    render_report("yingtan", out_dir=tmp_path, template=path, lang="en")
    assert not brief.exists()
    with pytest.raises(DataError, match="no cell tagged 'brief'"):
        render_report("china", out_dir=tmp_path, brief=True)


@pytest.fixture
def own_scenarios(tmp_path):
    """A data folder whose assumptions name scenarios of one city, and one that cannot name a file."""
    head = "area,scenario,parameter,year,value,unit,source,note\n"
    names = [("haian", "all-stay"), ("haian", "en"), ("haian", "全留"), ("", "everywhere")]
    rows = [f"{area},{name},net_migration_factor,2030,0,1,judged,(judged) x\n" for area, name in names]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "assumptions.csv").write_text(head + "".join(rows), encoding="utf-8")
    return str(tmp_path / "mine")


@pytest.mark.parametrize(("city", "name"), [("haian", "all-stay"), ("haian", "everywhere"), ("yueyang", "everywhere")])
def test_scenario_of_your_own_has_its_report(own_scenarios, template, city, name):
    """A scenario that a user's assumptions have for an area can be reported on, and names its files."""
    order = place_order(city, data=own_scenarios, template=template, scenario=name)
    assert (order.scenario, order.path("report", ".html").name) == (name, f"report.{name}.html")


@pytest.mark.parametrize(("city", "name", "words"), [
    ("yueyang", "all-stay", "short-life; it is 'all-stay'"),
    ("haian", "all-sty", "it is 'all-sty'. Did you mean 'all-stay'?"),
    ("haian", "en", "The scenario 'en' cannot name a file"),
    ("haian", "全留", "'全留' cannot name a file: write small letters"),
    ("haian", "长寿方按", "Did you mean '长寿方案'"),
])  # fmt: skip
def test_scenario_that_cannot_be_reported_on(own_scenarios, template, city, name, words):
    """A scenario of another city, a misspelt one, and one whose file would be another's are refused in a sentence."""
    with pytest.raises(DataError, match=re.escape(words)):
        place_order(city, data=own_scenarios, template=template, scenario=name)


def test_norm_reaches_the_notebook_and_the_foot(with_norm, tmp_path):
    """A norm is given to the notebook; None is the plan's own; the foot of the page names what was given."""
    page = render_report("jingdezhen", out_dir=tmp_path, template=with_norm, norm=45, place_norm=None, target_year=2030)
    text = page.read_text(encoding="utf-8")
    assert "45.0 2030" in text and "norm = 45.0, target_year = 2030" in text and "place_norm" not in text


def test_third_language_is_a_file(tmp_path):
    """The path of a catalogue is a language: it names the report's files and reaches the notebook."""
    own = tmp_path / "fr.toml"
    own.write_text((texts.HERE / "en.toml").read_text(encoding="utf-8").replace("Rendered on", "Rendu le"))
    notebook = write_template(tmp_path / "t.ipynb", "print('in', lang)")
    page = render_report("jingdezhen", out_dir=tmp_path / "out", lang=str(own), template=notebook)
    assert page.name == "report.fr.html" and "Rendu le" in page.read_text(encoding="utf-8")
    assert str(tmp_path) not in page.with_suffix(".ipynb").read_text(encoding="utf-8").split("outputs")[0]
    with pytest.raises(DataError, match="cannot name a file"):
        place_order("jingdezhen", lang=str(own.rename(tmp_path / "low.toml")))


def test_a_report_of_a_notebook_goes_to_the_outputs_of_the_checkout(tmp_path, monkeypatch):
    """Below the root of a checkout its `outputs` are meant, elsewhere those of the folder; the path shows as a link."""
    (tmp_path / "yilaolib" / "reports").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    for at, folder in (("notebooks", Path("../outputs")), (".", Path("outputs"))):
        monkeypatch.chdir(tmp_path / at)
        assert default_folder() == folder
    monkeypatch.chdir(tmp_path / "notebooks")
    page = Linked(tmp_path / "outputs" / "haian" / "report.html")
    assert page == Path(page) and isinstance(page.parent, Path)
    assert page._repr_html_() == '<a href="../outputs/haian/report.html" target="_blank">report.html</a>'
