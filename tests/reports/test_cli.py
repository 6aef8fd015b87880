"""The `yilao` command: sentences, exit codes, and nothing heavy before it is needed."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from tiny_report import write_template

import yilaolib as yl
from yilaolib.cli import _Later, main
from yilaolib.reports.many import areas_within


def yilao(*arguments: str):
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def instant(monkeypatch, tmp_path):
    """Reports that take no time; 岳阳 fails. The working folder is a fresh one."""

    def run(order, key, timeout, memory_mb):
        if order.area == "yueyang":
            raise RuntimeError("no beds")
        page = order.path("report", ".html")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("page")
        return order.row() | {"status": "ok", "report": f"{order.area}/{page.name}", "key": key}

    template = write_template(tmp_path / "t.ipynb")
    monkeypatch.setattr("yilaolib.reports.one.find_template", lambda *_: template)
    monkeypatch.setattr("yilaolib.reports.many.run_order", run)
    monkeypatch.setattr("yilaolib.reports.runner.START", "spawn")  # threads of this process call `run`
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_report_of_a_city(instant):
    """A report is made in outputs, its path is printed, exit code 0."""
    result = yilao("report", "景德镇市")
    assert result.exit_code == 0 and result.stdout == "outputs/jingdezhen/report.html\noutputs/index.html\n"
    assert (instant / "outputs/jingdezhen/report.html").is_file()


def test_options_reach_the_report(instant):
    """Scenario, language, last year and folder are those of the command line."""
    asked = ["--scenario", "low", "--lang", "en", "--end-year", "2040", "--out", "o", "--json"]
    result = yilao("report", "360200", *asked)
    row = json.loads(result.stdout)[0]
    assert (row["report"], row["end_year"]) == ("jingdezhen/report.low.en.html", 2040)


def test_province_has_what_has_people(instant):
    """--province makes a report of each city of the province that has a population."""
    rows = json.loads(yilao("report", "--province", "江西", "--json").stdout)
    assert [row["area"] for row in rows] == areas_within("jiangxi") and "yueyang" not in str(rows)


def test_failed_report_exits_1(instant):
    """A failing report is told on stderr, the others are made, exit code 1."""
    result = yilao("report", "yueyang", "yingtan")
    assert result.exit_code == 1 and "no beds" in result.stderr and "outputs/yingtan/report.html" in result.stdout


@pytest.mark.parametrize(("arguments", "words"), [
    (["--province", "景德镇"], "Jingdezhen (jingdezhen) is a prefecture, not a province"),
    (["--areas", "no.txt"], "no.txt cannot be read as a list of areas"),
    (["--all", "--province", "江西"], "Name a CITY or more"),
    (["yingtan", "--scheduler", "tcp://x:1"], "goes with --executor dask"),
    ([], "Name a CITY or more, or give --all"),
    (["yingtan", "--all"], "Name a CITY or more, or give --all"),
    (["yingtan", "jingdezen"], "Did you mean 'jingdezhen'"),
    (["yingtan", "--end-year", "2019"], "after the census of 2020"),
    (["yingtan", "--end-year", "soon"], "not a valid integer"),
    (["yingtan", "--scenario", "hihg"], "Did you mean 'high'"),
    (["yingtan", "--lang", "fr"], "en, zh"),
    (["yingtan", "--data", "nowhere"], "'nowhere' does not exist"),
    (["yingtan", "--end-yaer", "2040"], "--end-year"),
])  # fmt: skip
def test_bad_input_exits_2(instant, arguments, words):
    """Bad input is one sentence on stderr without traceback, exit code 2, and nothing is written."""
    result = yilao("report", *arguments)
    assert result.exit_code == 2 and words in result.stderr and "Traceback" not in result.output
    assert not (instant / "outputs").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--end-year", "abc"], "须为整数，所给为“abc”"), (["--scenario", "lo"], "所给为“lo”。是否想写“low”？"),
    ],
)  # fmt: skip
def test_errors_are_in_the_language_asked_for(instant, arguments, words):
    """What click, the notebook's parameters and the batch refuse is refused in Chinese."""
    assert words in yilao("report", "yingtan", *arguments, "--lang", "zh").stderr


@pytest.mark.parametrize(("table", "text", "words"), [
    ("observations.csv", "observation,area\nx", "observations.csv"),
    ("observation.csv", "observation,area\n", "observation.csv"),
])  # fmt: skip
def test_broken_table_exits_2(instant, table, text, words):
    """A broken table in a user's folder is one sentence that names it, exit code 2, nothing written."""
    (instant / "mine").mkdir()
    (instant / "mine" / table).write_text(text)
    result = yilao("report", "yingtan", "--data", "mine")
    assert result.exit_code == 2 and words in result.stderr and "Traceback" not in result.output
    assert len(result.stderr.splitlines()) == 1 and not (instant / "outputs").exists()


@pytest.mark.parametrize(("severity", "code"), [("error", 1), ("warning", 0)])
def test_check_lists_problems(monkeypatch, severity, code):
    """Problems are printed as sentences; an error among them is exit code 1, a warning is none."""
    row = {"table": "areas", "row": 2, "field": "area", "rule": "r", "message": "A is odd.", "severity": severity}
    monkeypatch.setattr("yilaolib.auditing.checks.check_data", lambda data, **_: pd.DataFrame([row]))
    result = yilao("check")
    assert result.exit_code == code and "A is odd." in result.stdout
    assert f"{code} errors, {1 - code} warnings" in result.stdout
    assert {"error": "错误", "warning": "警告"}[severity] in yilao("check", "--lang", "zh").stdout.splitlines()[1]
    assert json.loads(yilao("check", "--json").stdout) == [row]


def test_areas_are_listed():
    """Areas are listed with their codes and whether they have a plan."""
    listed = {row["area"]: row for row in json.loads(yilao("areas", "--json").stdout)}
    assert listed["jingdezhen"]["adcode"] == "360200" and listed["jingdezhen"]["plan"] and not listed["china"]["plan"]
    assert "景德镇市" in yilao("areas").stdout


@pytest.mark.parametrize("asked", ["--help", "Atlantis"])
def test_answers_import_nothing_heavy(asked):
    """`yilao report` answers without pandas and papermill when nothing must be made."""
    script = (
        "import sys\nfrom yilaolib.cli import main\n"
        f"try: main(['report', '{asked}'])\nexcept SystemExit: pass\n"
        "print({'pandas._libs', 'papermill', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


def test_a_late_module_is_the_module(monkeypatch):
    """What is imported on first use is then the module itself, and lacks what that lacks."""
    monkeypatch.setitem(sys.modules, "colorsys", late := _Later("colorsys"))
    assert not hasattr(late, "nothing") and late.rgb_to_hsv is importlib.import_module("colorsys").rgb_to_hsv


@pytest.mark.parametrize("arguments", [["reprot", "yingtan"], ["report", "yingtan", "--forec"], ["check", "--jsn"]])
def test_nearest_word_is_named(arguments):
    """A misspelt command, option or shell is answered with those that there are, exit code 2."""
    result = yilao(*arguments)
    assert result.exit_code == 2 and any(word in result.stderr for word in ("'report'", "--force", "--json"))


@pytest.mark.parametrize(("begun", "offered"), [
    (["rep"], {"report"}), (["report", "--exec"], {"--executor"}), (["report", "jingdez"], {"jingdezhen"}),
    (["report", "景德"], {"景德镇市"}), (["audit", "36020"], {"360200", "360202", "360203"}),
    (["report", "鹰潭市", "岳阳楼"], {"岳阳楼区"}), (["report", "--data", "nowhere", "鹰"], set()),
])  # fmt: skip
def test_tab_completes(begun, offered):
    """Tab completes commands, options, words, and cities in the script that was begun; broken tables are no crash."""
    complete = ShellComplete(main, {}, "yilao", "_YILAO_COMPLETE")
    assert {item.value for item in complete.get_completions(begun[:-1], begun[-1])} == offered


def test_bash_completes_an_area():
    """A real bash, having read click's script, completes an area."""
    bin_folder = str(Path(sys.executable).parent)
    if not shutil.which("bash") or not shutil.which("yilao", path=bin_folder):
        pytest.skip("bash or the command is not installed")
    tried = 'eval "$(_YILAO_COMPLETE=bash_source yilao)"; COMP_WORDS=(yilao report jingdez); COMP_CWORD=2; '
    tried += '_yilao_completion yilao; echo "${COMPREPLY[@]}"'
    here = {**os.environ, "PATH": os.pathsep.join([bin_folder, os.environ["PATH"]])}
    done = subprocess.run(["bash", "-c", tried], env=here, capture_output=True, text=True, timeout=60)
    assert done.stdout.split()[:1] == ["jingdezhen"], done.stderr


def test_commands_speak_both_languages(instant):
    """Help with an example and exit codes, and sentences, are in English, and in Chinese with --lang zh."""
    for command in ([], *([name] for name in main.commands)):
        english, chinese = (yilao(*lang, *command, "--help").stdout for lang in ([], ["--lang", "zh"]))
        assert "Exit codes: 0 good, 1 a report or a check failed, 2 bad input." in english and "退出码" in chinese
        assert f"yilao {' '.join(command)}" in english.split("Examples:")[1] and "None" not in english
    assert "错误：" in yilao("report", "yueyang", "--lang", "zh").stderr
    assert yilao("--lang", "zh", "check").stdout == "未发现问题。\n"


def test_doctor_runs_a_notebook(monkeypatch):
    """The doctor lists versions and runs a notebook of one cell; one that fails is told, exit code 1."""
    good = yilao("doctor")
    assert good.exit_code == 0 and "pandas 3" in good.stdout and "A notebook of one cell ran." in good.stdout
    monkeypatch.setattr("yilaolib.reports.runner.run_notebook", lambda *_, **__: 1 / 0)
    bad = yilao("doctor")
    assert bad.exit_code == 1 and "ZeroDivisionError" in bad.stdout


def test_audit_lists_verdicts_and_feasibility():
    """Each in a table and words of its own, in both languages and in JSON: 8,305 beds beside 9,837, 118 % of them."""
    heads = {"zh": ("结论", "并未称两者相等"), "en": ("verdict", "no document says")}
    for lang, words in heads.items():
        tables = yilao("audit", "涟水县", "--lang", lang).stdout.split("\n\n")
        assert all(word in table for word, table in zip(words, tables, strict=True))
        assert re.search(r"8305张 +9,837 +118\n", tables[1])
    both = json.loads(yilao("audit", "涟水县", "--json").stdout)
    assert [len(both[name]) for name in ("audit", "feasibility")] == [
        len(yl.audit("涟水")),
        len(yl.feasibility("涟水")),
    ]


def test_claim_that_cannot_be_computed_shows_no_number(tmp_path):
    """Where there is no result the table of the audit is empty, and never says nan."""
    head = "claim,area,statement_en,statement_zh,published,unit,observation,formula,kind\n"
    row = 'x,haian,s,说,6394,beds,haian.elder_beds_total.2022.actual.text,"obs(""nothing"")",ratio\n'
    (tmp_path / "claims.csv").write_text(head + row, encoding="utf-8")
    result = yilao("audit", "haian", "--data", str(tmp_path))
    assert result.exit_code == 0 and "6394" in result.stdout and "nan" not in result.stdout


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_table_of_areas(tmp_path, ending):
    """`yilao table` writes one row an area and year, with needs that hold for every area, and says what is no sum."""
    file = tmp_path / f"areas.{ending}"
    result = yilao("table", "海安", "吉安", "--end-year", "2022", "--out", str(file))
    assert result.exit_code == 0 and "balance_pct" in result.stderr, result.output
    table = pd.read_csv(file) if ending == "csv" else pd.read_excel(file)
    assert table["area"].tolist() == ["haian"] * 3 + ["jian"] * 3 and table["year"].tolist() == [2020, 2021, 2022] * 2
    people, share = table["aged_60"], table["share_60_pct"]
    assert (table["share_60_pct_lower"] <= share).all() and (100 * people / table["total"] - share).abs().max() < 1e-9
    assert (table["beds_rule_9073"] / people - 0.03).abs().max() < 1e-9
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "gbk"])
def test_a_pipe_without_chinese_gets_its_text(encoding):
    """Where the pipe's encoding lacks a character, it is written as its code, and nothing breaks."""
    here = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", "from yilaolib.cli import main; main()", "areas", "鼓楼"]
    done = subprocess.run(command, env=here, capture_output=True, timeout=60)
    assert done.returncode == 0 and b"350102" in done.stdout and b"Traceback" not in done.stderr


def test_a_form_from_a_printed_census(instant):
    """`yilao new --census` says what it understood; what it does not is one sentence, in the language asked for."""
    ages = [*(f"{age}-{age + 4}岁" for age in range(0, 85, 5)), "85岁及以上"]
    rows = ["2020年人口", "年龄,合计,男,女", *(f"{age},2000,1000,1000" for age in ages)]
    (instant / "表.csv").write_text("\n".join(rows), encoding="gb18030")
    made = yilao("new", "mycity", "--name", "某某市", "--parent", "江西", "--census", "表.csv", "--lang", "zh")
    assert made.exit_code == 0 and "18个年龄组" in made.stderr and "各组之和36,000" in made.stderr
    assert yilao("check", "mycity.xlsx").exit_code == 0
    (instant / "表.csv").write_text("\n".join(rows[1:]), encoding="utf-8")
    refused = yilao("new", "other", "--census", "表.csv", "--lang", "zh")
    assert refused.exit_code == 2 and refused.stderr == "错误：表.csv 没有写明年份，请用 year= 或 --year 指定。\n"


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["绍兴", "--name", "绍兴市", "--parent", "浙江"], 0, "已在本库"),
    (["mycity", "--parent", "浙姜"], 2, "yilao areas 名称"),
])  # fmt: skip
def test_a_form_of_a_known_area_is_no_dead_end(instant, arguments, code, words):
    """A planner of any place gets a form, or is told what to write."""
    done = yilao("new", *arguments, "--lang", "zh")
    assert done.exit_code == code and words in done.stderr


def test_a_doubted_input_is_told_before_the_report(instant):
    """Warnings of the check stand on stderr, and the report is made."""
    (instant / "mine").mkdir()
    areas = "area,level,name_zh,name_en,parent\nx,county,㵲བ😀县,X,jiangxi\n"
    (instant / "mine" / "areas.csv").write_text(areas, "utf-8")
    done = yilao("report", "yingtan", "--data", "mine")
    assert done.exit_code == 0 and done.stderr.startswith("Warning: ")
    assert "U+3D72), བ (U+0F56), 😀 (U+1F600)" in done.stderr
