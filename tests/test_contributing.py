"""The recipes of CONTRIBUTING, followed with the very rows that it prints."""

import ast
import inspect
import re
from pathlib import Path

import nbformat
import pytest
import test_notebooks as anatomy

import yilaolib as yl
from yilaolib.needs import beds
from yilaolib.needs.rows import given, method_row

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def recipe(title: str) -> str:
    """The text of one recipe."""
    return re.search(rf"^## {title}\n(.*?)(?=^## )", PAGE, flags=re.S | re.M)[1]


def rows(title: str) -> dict[str, str]:
    """The CSV rows that a recipe prints, by the table to which its columns belong."""
    columns = {",".join(yl.describe_table(name)["field"]): name for name in yl.list_tables()}
    found = {}
    for block in re.findall(r"```csv\n(.*?)```", recipe(title), flags=re.S):
        lines = [line.strip() for line in block.splitlines()]
        found[columns.get(lines[0], "margins")] = "\n".join(lines) + "\n"
    return found


def write(folder: Path, tables: dict[str, str]) -> Path:
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    """A folder with the rows of the recipe for a city."""
    return write(tmp_path_factory.mktemp("mine"), rows("Add a city with a plan"))


TITLES = ["Add a city with a plan", "Add an indicator", "Add a claim", "Add a method", "Add a notebook"]


@pytest.mark.parametrize("title", [*TITLES, "Rename or remove .*"])
def test_recipe_is_short(title):
    """A recipe has at most ten steps."""
    assert len(re.findall(r"^\d+\. ", recipe(title), flags=re.M)) <= 10


def test_city_of_the_recipe_is_good(city):
    """The rows of the recipe break no rule."""
    assert yl.check_data(city)["message"].tolist() == []


def test_city_of_the_recipe_is_reported_on(city):
    """The report's figures can be computed for it, and the printed target is among its methods."""
    methods = yl.triangulate_beds("云河市", 2025, root=city).set_index("method")
    assert methods.central["plan_beds"] == 5000 and methods.central["norm_peers"] > 0
    assert len(yl.list_filled("云河市", root=city)) > 0  # its pyramid is its parent's, and the report says so


def test_indicator_of_the_recipe_is_good(city, tmp_path):
    """The indicator and the observation of the recipe break no rule, beside the city's own rows."""
    given, wanted = rows("Add a city with a plan"), rows("Add an indicator")
    given["observations"] += wanted["observations"].split("\n", 1)[1]
    write(tmp_path, given | {"indicators": wanted["indicators"]})
    assert yl.check_data(tmp_path)["message"].tolist() == []
    assert yl.figure("yunhe", "homes_with_lifts_pct", root=tmp_path)["value"] == 80


def test_claims_of_the_recipe_are_judged(city, tmp_path):
    """3,100 beds for 148,900 elderly are 20.8 per 1000; 3,400 with the project stand beside the target of 5,000."""
    given, wanted = rows("Add a city with a plan"), rows("Add a claim")
    given["observations"] += wanted["observations"].split("\n", 1)[1]
    write(tmp_path, given | {"claims": wanted["claims"]})
    assert yl.check_data(tmp_path)["message"].tolist() == []
    assert yl.audit("yunhe", root=tmp_path)["verdict"].tolist() == ["exact"]
    assert yl.feasibility("yunhe", root=tmp_path)["beside"].tolist() == [3400]


def test_method_of_the_recipe_is_triangulated(monkeypatch, tmp_path):
    """A formula, a row of `methods` and a function of a case make one more method, with its names in both languages."""
    write(tmp_path, rows("Add a method"))
    row = method_row("per_village", 20 * 500.0, [given("norm_own", value=20)], "judged")
    monkeypatch.setitem(beds.METHODS, "per_village", lambda case: row)
    methods = yl.triangulate_beds("jingdezhen", 2025, root=tmp_path).set_index("method")
    assert methods.central["per_village"] == 10_000
    assert methods.loc["per_village", ["basis", "name_zh", "name_en"]].tolist() == [
        "plan", "按每村床位", "beds per village",
    ]  # fmt: skip


def skeleton() -> nbformat.NotebookNode:
    """A notebook as the recipe describes it, with nothing in it."""
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    declared = 'city: str = "jingdezhen"  # slug, Chinese name or adcode'
    parameters = code(declared + '\nlang: str = "en"')
    parameters.metadata["tags"] = ["parameters"]
    cells = [
        text("# Lifts\n\n**Question.** Which homes have one?\n**Data.** What the plans print.\n**Outcome.** A table."),
        parameters,
        code("import yilaolib as yl\n\nyl.use_style()"),
    ]
    for number in range(1, 5):
        cells += [
            text(f"## {number}. Step\n\nThis is what is done here:"),
            code('yl.find_area(city)["name_zh"]'),
            text("It is done."),
        ]
    cells += [
        text("## What this does not show\n\nHow the lifts are used."),
        text("## Sources"),
        code('yl.cite("plan-jingdezhen-2022")'),
        text("## Where to go next\n\n[The audit](03_audit.ipynb) recomputes what plans print."),
        text("## Exercises\n\n1. How many homes are there?\n2. How many have a lift?"),
    ]
    folded = {"jupyter": {"source_hidden": True, "outputs_hidden": True}, "tags": ["solution"]}
    cells += [code(f"# Answer {number}\n{number}", metadata=folded) for number in (1, 2)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


RULES = {
    name: rule
    for name, rule in vars(anatomy).items()
    if name.startswith("test_") and list(inspect.signature(rule).parameters) == ["path"]
}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "03_audit.ipynb").write_text("{}")
    nb = skeleton()
    nbformat.write(nb, folder / "12_lifts.ipynb")
    said = [f"<!-- {cell.id} -->\n{cell.source}\n" for cell in nb.cells if cell.cell_type == "markdown"]
    (folder / "zh").mkdir()
    (folder / "zh" / "12_lifts.md").write_text("\n".join(said), encoding="utf-8")
    return folder / "12_lifts.ipynb"


@pytest.mark.parametrize("rule", RULES)
def test_notebook_of_the_recipe_keeps_the_rules(rule, notebook):
    """A notebook with the cells of the recipe passes every rule on the anatomy."""
    RULES[rule](notebook)


def test_renamed_name_warns(monkeypatch):
    """An old name still works and says the new one, and with which version it goes; it is not listed any more."""
    monkeypatch.setitem(yl.RENAMED, "old_find", ("find_area", "0.3"))
    with pytest.warns(DeprecationWarning, match=r"yl\.old_find is now yl\.find_area; .* version 0\.3") as caught:
        assert yl.old_find is yl.find_area
    assert caught[0].filename == __file__ and "old_find" not in dir(yl)


def test_renamed_names_are_gone_in_time():
    """An old name is no public name, its new one is, and the version that drops it has not come yet."""
    now = [int(part) for part in yl.__version__.split(".")[:2]]
    for old, (new, version) in yl.RENAMED.items():
        assert old not in yl.__all__ and new in yl.__all__
        assert [int(part) for part in version.split(".")[:2]] > now


def test_data_sheets_of_all_names():
    """Every public name says in its first line, of at most 120 characters, what it is."""
    first = {name: (getattr(yl, name).__doc__ or "").strip().split("\n")[0] for name in yl.__all__}
    assert [name for name, line in first.items() if not line.endswith((".", "?")) or len(line) > 120] == []


def files_of(text: str) -> set[str]:
    """The files that a text names, but those of a user and of a pattern."""
    return {name for name in re.findall(r"`([\w/]+\.(?:py|pyi|csv|md|toml|css|ipynb))`", text) if "mine/" not in name}


def test_files_that_recipes_name_exist():
    """Whoever follows a recipe finds each file where it is said to be."""
    folders = [ROOT, ROOT / "data", ROOT / "yilaolib"]
    named = files_of(PAGE) - {"my.toml", "margins.csv", "notebooks/NN_name.ipynb", "notebooks/zh/NN_name.md"}
    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []


def test_changes_stay_cheap():
    """A method touches four files; a colour of figures stands in one, the default horizon once."""
    text = recipe("Add a method").replace("or `needs/daycare.py`", "")
    read_only = {"needs/rows.py"}
    assert files_of(text) - read_only | {"docs/methods/<method>.md"} == {
        "needs/methods.py", "needs/beds.py", "methods.csv", "docs/methods/<method>.md",
    }  # fmt: skip
    sources = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "yilaolib").rglob("*.py")}
    assert [name for name, text in sources.items() if re.search('"#[0-9a-fA-F]{6}"', text)] == ["style.py"]
    horizons = [node for text in sources.values() for node in ast.walk(ast.parse(text)) if _is(node, 2050)]
    assert len(horizons) == 1


def _is(node: ast.AST, value: int) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def test_tables_that_recipes_name_exist():
    """Every table that CONTRIBUTING names is one, or one that only users have."""
    named = set(re.findall(r"`(?:mine/)?(\w+)\.csv`", PAGE))
    assert named - set(yl.list_tables()) == {"margins"}
