"""The `yilao` command: sentences, exit codes, and nothing heavy before it is needed."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from click.testing import CliRunner
from tiny_report import write_template

from yilaolib.cli import main


def yilao(*arguments: str):
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def instant(monkeypatch, tmp_path):
    """Reports that take no time; 岳阳 fails. The working folder is a fresh one."""

    def run(order):
        if order.area == "yueyang":
            raise RuntimeError("no beds")
        order.folder.mkdir(parents=True, exist_ok=True)
        order.path("report", ".html").write_text("page")
        return order.path("report", ".html")

    template = write_template(tmp_path / "t.ipynb")
    monkeypatch.setattr("yilaolib.orders.find_template", lambda: template)
    monkeypatch.setattr("yilaolib.batch.run_order", run)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_report_of_a_city(instant):
    """A report is made in outputs, its path is printed, exit code 0."""
    result = yilao("report", "景德镇市")
    assert result.exit_code == 0
    assert result.stdout == "outputs/jingdezhen/report.html\noutputs/index.html\n"
    assert (instant / "outputs/jingdezhen/report.html").is_file()


def test_options_reach_the_report(instant):
    """Scenario, language, last year and folder are those of the command line."""
    result = yilao(
        "report", "360200", "--scenario", "low", "--lang", "en", "--end-year", "2040", "--out", "o", "--json"
    )
    row = json.loads(result.stdout)[0]
    assert (row["report"], row["end_year"]) == ("jingdezhen/report.low.en.html", 2040)


def test_all_has_every_plan(instant):
    """--all makes a report of each city with a plan."""
    assert len(json.loads(yilao("report", "--all", "--json").stdout)) == 5


def test_failed_report_exits_1(instant):
    """A failing report is told on stderr, the others are made, exit code 1."""
    result = yilao("report", "yueyang", "yingtan")
    assert result.exit_code == 1
    assert "no beds" in result.stderr and "outputs/yingtan/report.html" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name a CITY or more, or give --all"),
        (["yingtan", "--all"], "Name a CITY or more, or give --all"),
        (["yingtan", "jingdezen"], "Did you mean 'jingdezhen'"),
        (["yingtan", "--end-year", "2019"], "after the census of 2020"),
        (["yingtan", "--end-year", "soon"], "not a valid integer"),
        (["yingtan", "--scenario", "hihg"], "Did you mean 'high'"),
        (["yingtan", "--lang", "fr"], "zh, en"),
        (["yingtan", "--format", "html,pdf"], "it is 'pdf'"),
        (["yingtan", "--jobs", "0"], "jobs must be 1 or more"),
        (["yingtan", "--data", "nowhere"], "'nowhere' does not exist"),
        (["yingtan", "--end-yaer", "2040"], "--end-year"),
    ],
)
def test_bad_input_exits_2(instant, arguments, words):
    """Bad input is one sentence on stderr without traceback, exit code 2, and nothing is written."""
    result = yilao("report", *arguments)
    assert result.exit_code == 2 and words in result.stderr and "Traceback" not in result.output
    assert not (instant / "outputs").exists()


@pytest.mark.parametrize(
    ("table", "text", "words"),
    [
        ("observations.csv", "observation,area\nx", "observations.csv"),
        ("observations.csv", "not a table at all\n\x00\n", "observations.csv"),
        ("observation.csv", "observation,area\n", "observation.csv"),
    ],
)
def test_broken_table_exits_2(instant, table, text, words):
    """A broken table in a user's folder is one sentence that names it, exit code 2, nothing written."""
    (instant / "mine").mkdir()
    (instant / "mine" / table).write_text(text)
    result = yilao("report", "yingtan", "--data", "mine")
    assert result.exit_code == 2 and words in result.stderr and "Traceback" not in result.output
    assert len(result.stderr.splitlines()) == 1 and not (instant / "outputs").exists()


def test_check_of_our_data_exits_0():
    """The library's own tables pass."""
    assert yilao("check").exit_code == 0


def test_check_lists_problems(monkeypatch):
    """Problems are printed as sentences, and an error among them is exit code 1."""
    row = {"table": "areas", "row": 2, "field": "area", "rule": "r", "message": "A is odd.", "severity": "error"}
    monkeypatch.setattr("yilaolib.checks.check_data", lambda data: pd.DataFrame([row]))
    result = yilao("check")
    assert result.exit_code == 1 and "A is odd." in result.stdout and "1 errors, 0 warnings" in result.stdout
    assert json.loads(yilao("check", "--json").stdout) == [row]


def test_warnings_pass(monkeypatch):
    """A warning is shown and does not fail the check."""
    row = {"table": "areas", "row": 2, "field": "area", "rule": "r", "message": "A is odd.", "severity": "warning"}
    monkeypatch.setattr("yilaolib.checks.check_data", lambda data: pd.DataFrame([row]))
    result = yilao("check")
    assert result.exit_code == 0 and "A is odd." in result.stdout


def test_areas_are_listed():
    """Areas are listed with their codes and whether they have a plan."""
    listed = {row["area"]: row for row in json.loads(yilao("areas", "--json").stdout)}
    assert listed["jingdezhen"]["adcode"] == "360200" and listed["jingdezhen"]["plan"]
    assert not listed["china"]["plan"]
    assert "景德镇市" in yilao("areas").stdout


def test_commands_show_examples():
    """Every command's help has an example."""
    for command in main.commands:
        assert f"yilao {command}" in yilao(command, "--help").stdout.split("Examples:")[1]


def test_help_imports_nothing_heavy():
    """`yilao --help` imports neither pandas nor papermill."""
    script = (
        "import sys\nfrom yilaolib.cli import main\n"
        "try: main(['report', '--help'])\nexcept SystemExit: pass\n"
        "print({'pandas', 'papermill', 'matplotlib'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"
