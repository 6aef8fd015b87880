"""Names, parameters and tables are data: they are shown, and never run, loaded or followed."""

import ast
import csv
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tiny_report import write_template

from yilaolib.errors import DataError
from yilaolib.reports.one import find_template, place_order, render_report
from yilaolib.tables.areas import load_table

EVIL = '<script>document.title="run"</script><img src=x onerror=\'document.title="run"\'>"'
LIBRARY = Path(__file__).parents[2] / "yilaolib"


@pytest.fixture
def evil_city(tmp_path):
    """A data folder with a city that is called like a script."""
    areas = load_table("areas").query("area == 'yingtan'").assign(area="evil", name_zh=EVIL, adcode="999999")
    (tmp_path / "mine").mkdir()
    areas.to_csv(tmp_path / "mine" / "areas.csv", index=False, quoting=csv.QUOTE_ALL)
    return str(tmp_path / "mine")


def test_city_called_script_is_text(evil_city, tmp_path):
    """A city called <script> shows as text in its report: in heading, title, table, caption and alternative text."""
    cells = """\
import yilaolib as yl, pandas as pd, matplotlib.pyplot as plt
page = yl.Report(lang, tables_dir=tables_dir)
name = yl.find_area(city, root=data)['name_zh']
page.heading(name, level=1)
page.heading(name)
page.say([name])
page.table(pd.DataFrame({name: [name]}), caption=name)
page.figure(plt.figure(figsize=(1, 1)), caption=name, alt=name)"""
    notebook = write_template(tmp_path / "t.ipynb", cells)
    page = render_report("evil", data=evil_city, out_dir=tmp_path / "out", template=notebook)
    text = page.read_text(encoding="utf-8")
    assert evil_city not in page.with_suffix(".ipynb").read_text(encoding="utf-8")  # where a user keeps files
    own = f"<script>{(LIBRARY / 'templates' / 'report.js').read_text(encoding='utf-8').strip()}</script>"
    assert text.count(own) == 1
    text = text.replace(own, "")
    assert text.count("&lt;script&gt;") >= 7 and "<script" not in text and "<img src=x" not in text
    tags = Tags()
    tags.feed(text)
    assert "script" not in tags.names and not any(name.startswith("on") for name in tags.attributes)


class Tags(HTMLParser):
    """Names of elements and attributes of a page."""

    def __init__(self):
        super().__init__()
        self.names, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize(
    "text", ["report.html'); import os", 'x"\nimport os; os.system("true") #', "{city}", "\\", "'''"]
)
def test_parameters_are_not_code(tmp_path, text):
    """Whatever a text parameter holds, the notebook gets that text: it is written as a literal."""
    parameters = 'city: str = "x"\nscenario: str = "medium"\nlang: str = "zh"\ntables_dir: str = ""\nnote: str = ""'
    notebook = write_template(tmp_path / "t.ipynb", f"assert note == {text!r}", parameters=parameters)
    assert render_report("yingtan", out_dir=tmp_path / "out", template=notebook, note=text).exists()


@pytest.mark.parametrize("value", [{"a": 1}, ["x"], b"x", object()])
def test_parameters_have_types(tmp_path, value):
    """A parameter of another type than the notebook declares is refused before a cell is written."""
    with pytest.raises(DataError, match="must be text"):
        place_order("yingtan", scenario=value)


@pytest.mark.parametrize("slug", ["../x", "a/b", ".hidden", "", "C:x", "x\x00y", "x\n", "－"])
def test_only_slugs_name_files(monkeypatch, tmp_path, slug):
    """No name of an area leaves the output folder."""
    monkeypatch.setattr("yilaolib.reports.one.slug_of", lambda *_: slug)
    with pytest.raises(DataError, match="cannot name a folder"):
        place_order("x", out_dir=tmp_path, template=find_template())


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: path.stem)
def test_nothing_is_unpickled_or_evaluated(path):
    """No module reads a pickle, evaluates a text but its own notebooks, or runs a shell."""
    forbidden = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not forbidden & {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.module.split(".")[0] not in forbidden
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            ours = path.stem == "many" and called == "exec"  # a notebook of the library itself, which many reports run
            assert ours or called not in {"eval", "exec", "os.system", "os.popen", "pd.read_pickle", "pd.eval"}
            assert not any(keyword.arg == "shell" for keyword in node.keywords)
