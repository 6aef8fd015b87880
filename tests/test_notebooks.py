"""Notebooks: the anatomy of each, that each runs, and that the answers of its exercises are right."""

import ast
import contextlib
import itertools
import json
import re
import runpy
from pathlib import Path

import nbformat
import papermill
import pytest
from answers import answers

import yilaolib as yl

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TEACHING = sorted(NOTEBOOKS.glob("*.ipynb"))
CHINESE = runpy.run_path(str(NOTEBOOKS / "zh" / "build.py"))["chinese"]
EVERY = [*TEACHING, *sorted(NOTEBOOKS.glob("reports/*.ipynb"))]
ENDING = ["What this does not show", "Sources", "Where to go next", "Exercises"]

MACHINE = re.compile(r"(?<![\w.])(/(home|Users|root|work|tmp|mnt|var)/|~/|[A-Z]:\\)")
NETWORK = re.compile(r"\w+://|\b(urllib|urlopen|requests|httpx)\b|^\s*[!%]", flags=re.M)
FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d+(?= %)")

every = pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
teaching = pytest.mark.parametrize("path", TEACHING, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code(nb) -> list[str]:
    return [cell.source for cell in nb.cells if cell.cell_type == "code"]


def prose(nb) -> list[str]:
    return [cell.source for cell in nb.cells if cell.cell_type == "markdown"]


def parts(nb) -> dict[str, list]:
    """The cells under each heading; those before the first are under ''."""
    found = {"": []}
    for cell in nb.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            found[cell.source.splitlines()[0].removeprefix("## ")] = []
        found[list(found)[-1]].append(cell)
    return found


def steps(nb) -> dict[str, list]:
    return {heading: cells for heading, cells in parts(nb).items() if heading and heading not in ENDING}


def is_sentence(cell) -> bool:
    text = "\n".join(line for line in cell.source.splitlines() if not line.startswith("## ")).strip()
    return cell.cell_type == "markdown" and text.endswith((".", ":", "?"))


@every
def test_notebook_is_valid(path):
    """The file has cell ids that differ and asks for the kernel `python3`; no output is stored; it can be read."""
    nb = json.loads(path.read_text(encoding="utf-8"))
    assert (nb["nbformat"], nb["nbformat_minor"]) >= (4, 5)
    assert len({cell["id"] for cell in nb["cells"]}) == len(nb["cells"]) <= (45 if path in TEACHING else 60)
    assert path.stat().st_size <= 40_000
    assert nb["metadata"]["kernelspec"]["name"] == "python3"
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in nb["cells"])
    nbformat.validate(nb)  # last, because it mends as it goes


@every
def test_first_code_is_typed_parameters(path):
    """The first code cell, and no other, is tagged `parameters`; each line gives a name, a type, a plain value."""
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    assert tagged == cells[:1]
    for line in ast.parse(tagged[0].source).body:
        assert isinstance(line, ast.AnnAssign)
        value = ast.literal_eval(line.value)
        assert value is None or type(value).__name__ == ast.unparse(line.annotation)


@every
def test_no_machine_and_no_network(path):
    """No cell names a folder of a machine, and no code reaches for the network or the shell."""
    nb = read(path)
    assert [text for text in code(nb) + prose(nb) if MACHINE.search(text)] == []
    assert [text for text in code(nb) if NETWORK.search(text)] == []


@teaching
def test_title_says_question_data_outcome(path):
    """The first cell is the title with question, data and outcome; then come the parameters, with the city."""
    first, second = read(path).cells[:2]
    assert re.match(r"# .+\n\n\*\*Question\.\*\* .+\*\*Data\.\*\* .+\*\*Outcome\.\*\* ", first.source, flags=re.S)
    assert second.source.startswith('city: str = "jingdezhen"  # slug, Chinese name or adcode')


@teaching
def test_four_to_six_steps_then_the_ending(path):
    """Four to six numbered steps, then what is not shown, the sources, where to go next, and the exercises."""
    headings = list(parts(read(path)))[1:]
    found = headings[: -len(ENDING)]
    assert headings[-len(ENDING) :] == ENDING
    assert 4 <= len(found) <= 6
    assert [heading.split()[0] for heading in found] == [f"{i}." for i in range(1, len(found) + 1)]
    assert any("yl.cite(" in cell.source for cell in parts(read(path))["Sources"] if cell.cell_type == "code")


@teaching
def test_a_step_is_short(path):
    """A step has code, and at most 15 lines of it."""
    lines = {
        heading: sum(len(re.findall(r"^.*\S", cell.source, flags=re.M)) for cell in cells if cell.cell_type == "code")
        for heading, cells in steps(read(path)).items()
    }
    assert {heading: n for heading, n in lines.items() if not 1 <= n <= 15} == {}


@teaching
def test_a_sentence_before_each_cell_and_after_the_last(path):
    """Within a step a sentence stands before every code cell, and one after the last reads the result."""
    for heading, cells in steps(read(path)).items():
        before = [above for above, cell in itertools.pairwise(cells) if cell.cell_type == "code"]
        assert all(is_sentence(cell) for cell in [*before, cells[-1]]), heading


@pytest.mark.parametrize(("path", "following"), list(itertools.pairwise(TEACHING)), ids=lambda path: path.stem)
def test_the_next_notebook_comes_next(path, following):
    """Where to go next is first of all the next notebook of the course."""
    first = parts(read(path))["Where to go next"][0].source.partition("\n- ")[2].partition("\n- ")[0]
    assert f"]({following.name})" in first


@teaching
def test_exercises_have_folded_answers(path):
    """Two to four questions close the notebook; each has an answer of a few lines, which JupyterLab folds away."""
    first, *solutions = parts(read(path))["Exercises"]
    questions = re.findall(r"^(\d)\. .+?[?.]$", first.source, flags=re.M | re.S)
    assert questions == [str(i + 1) for i in range(len(solutions))]
    assert 2 <= len(solutions) <= 4
    for number, cell in enumerate(solutions, start=1):
        assert cell.cell_type == "code"
        assert cell.source.startswith(f"# Answer {number}\n")
        assert len(cell.source.splitlines()) <= 10
        assert cell.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
        assert cell.metadata["tags"] == ["solution"]


@teaching
def test_links_lead_somewhere(path):
    """A link to a file leads to a file."""
    links = [link for text in prose(read(path)) for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in links if not (path.parent / link.split("#")[0]).exists()] == []


@pytest.mark.parametrize("english", TEACHING, ids=lambda path: path.stem)
def test_the_chinese_notebook_has_the_same_code(english):
    """Cell by cell the code is the English one but for `lang`; the prose is Chinese, links lead somewhere."""
    ours, other = read(english), CHINESE(english)
    assert code(other) == [text.replace('lang: str = "en"', 'lang: str = "zh"') for text in code(ours)] != code(ours)
    assert all(re.search("[一-鿿]", text) for text in prose(other))
    heads = [re.findall(r"^#+ \d?", text, flags=re.M) for nb in (ours, other) for text in prose(nb)]
    assert heads[: len(heads) // 2] == heads[len(heads) // 2 :]
    links = [link.split("#")[0] for text in prose(other) for link in re.findall(r"\]\(([^)]+)\)", text)]
    assert [link for link in links if not ((NOTEBOOKS / "zh" / link).exists() or (NOTEBOOKS / link).exists())] == []


RUNS = [(path.stem, {}) for path in TEACHING]
# An adcode arrives as a number; the Chinese notebooks have this code.
RUNS += [("00_start_here", {"city": 320685, "lang": "zh"}), ("06_projection", {"city": "海安市", "lang": "zh"})]
PLAIN = ("04_age_structure", {})  # this one in a kernel of its own, the others in forks of one that is warm


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: "-".join([run[0], *map(str, run[1].values())]))
def run(request, tmp_path_factory):
    """A notebook run by papermill in an empty folder, with the parameters and the folder."""
    name, parameters = request.param
    folder = tmp_path_factory.mktemp(name)
    nb = read(NOTEBOOKS / f"{name}.ipynb")
    if name != "00_start_here" or parameters:  # one report is enough here; test_reports has the others
        nb.cells = [cell for cell in nb.cells if "yl.render_report(" not in cell.source]
    nbformat.write(nb, folder / "in.ipynb")
    engine = {} if request.param == PLAIN else {"engine_name": "yilao"}
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.getbasetemp()))  # a killed kernel leaves its temporary folders
        ran = papermill.execute_notebook(
            "in.ipynb",
            "out.ipynb",
            parameters,
            kernel_name="python3",
            progress_bar=False,
            shutdown_kernel="immediate",
            request_save_on_cell_execute=False,
            **engine,
        )
    return ran, request.param, folder


def outputs(nb) -> list:
    return [output for cell in nb.cells if cell.cell_type == "code" for output in cell.outputs]


def shown(nb) -> str:
    """All text that the outputs show, tables without their tags."""
    data = [output.data for output in outputs(nb) if "data" in output]
    return "\n".join(re.sub(r"<[^>]+>", " ", each.get("text/html", each.get("text/plain", ""))) for each in data)


def test_runs_without_a_word_on_stderr(run):
    """It runs for every city; nothing is printed to stderr, so no glyph is missing and nothing is deprecated."""
    printed = [output for output in outputs(run[0]) if output.output_type == "stream"]
    assert [output.text for output in printed if output.name == "stderr"] == []


def test_every_figure_is_shown_once(run):
    """A cell that draws shows one picture, any other none; what sliders draw is theirs."""
    cells = [cell for cell in run[0].cells if cell.cell_type == "code" and "interact(" not in cell.source]
    pictures = [sum("image/png" in output.get("data", {}) for output in cell.outputs) for cell in cells]
    assert pictures == [len(re.findall(r"\byl\.plot_|\bsns\.", cell.source)) for cell in cells]


def test_outputs_name_no_machine(run):
    """What is shown names no folder of this machine, so an executed notebook can be passed on."""
    assert MACHINE.search(shown(run[0])) is None


def test_figures_in_the_prose_are_in_the_outputs(run):
    """A figure that the prose, in either language, quotes for the default city is shown by a cell, rounded alike."""
    nb, (name, parameters), _ = run
    if parameters:
        pytest.skip("the prose quotes the default city")
    values = [float(text.replace(",", "")) for text in re.findall(r"\d[\d,]*(?:\.\d+)?", shown(nb))]
    chinese = parts(CHINESE(NOTEBOOKS / f"{name}.ipynb"))
    told = [*steps(nb).values(), *(cells for heading, cells in chinese.items() if heading[:1].isdigit())]
    said = [cell for cells in told for cell in cells]
    quoted = [text for cell in said if cell.cell_type == "markdown" for text in FIGURE.findall(cell.source)]
    for text in quoted:
        digits = text.replace(",", "")
        places = len(digits.partition(".")[2]) if "." in digits else len(digits.rstrip("0")) - len(digits)
        assert any(abs(value - float(digits)) <= 0.5 * 10**-places + 1e-9 for value in values), text


def test_only_the_report_is_written(run):
    """00 leaves the report of its city below `outputs`, and nothing else is left by either."""
    nb, _, folder = run
    left = {path.relative_to(folder).parts[:2] for path in folder.rglob("*") if path.is_file()}
    city = yl.find_area(run[1][1].get("city", "jingdezhen"))["area"]
    report = (
        {("outputs", name) for name in (city, "fonts", ".yilao.lock")}
        if "yl.render_report(" in "".join(code(nb))
        else set()
    )
    assert left == {("in.ipynb",), ("out.ipynb",)} | report
    page = "report.html" if run[1][1].get("lang") == "zh" else "report.en.html"
    assert not report or (folder / "outputs" / city / page).exists()


def test_answers_are_right(run):
    """The answer of each exercise is what is known from elsewhere."""
    nb, (name, parameters), _ = run
    solutions = [cell for cell in nb.cells if "solution" in cell.metadata.get("tags", [])]
    found = [ast.literal_eval(cell.outputs[-1]["data"]["text/plain"]) for cell in solutions]
    expected = answers(name, yl.find_area(parameters.get("city", "jingdezhen"))["area"])
    assert len(found) == len(expected)
    for value, right in zip(found, expected, strict=True):
        assert right(value) if callable(right) else value == right
