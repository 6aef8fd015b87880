"""The house: which room may import which, how large it may grow, and files that must say the same."""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import yilaolib as yl

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "yilaolib"
MODULES = {path.relative_to(LIBRARY).with_suffix("").parts: path for path in sorted(LIBRARY.rglob("*.py"))}

# A room is a folder; errors, texts and cli stand beside the rooms. Arrows go one way.
MAY_IMPORT = {
    "errors": set(),
    "texts": {"errors"},
    "tables": {"errors", "texts"},
    "demography": {"errors", "texts", "tables"},
    "needs": {"errors", "texts", "tables", "demography"},
    "auditing": {"errors", "texts", "tables"},
    "plots": {"errors", "texts"},  # computes nothing
    "reports": {"errors", "texts", "tables", "demography", "needs", "auditing", "plots"},
    "cli": {"errors", "texts", "tables", "demography", "needs", "auditing", "plots", "reports"},
}
MATHEMATICS = ("ages", "lifetables", "cohorts", "calibration", "methods")  # opens no file
ONLY_IN = {  # a heavy package: the rooms that know it
    "papermill": {"reports"},
    "nbformat": {"reports", "cli"},
    "IPython": {"reports", "plots"},
    "distributed": {"reports"},
    "matplotlib": {"plots", "reports"},
    "openpyxl": {"tables", "reports"},
    "typst": {"reports"},
    "docx": {"reports"},
    "statsmodels": {"demography"},
    "jinja2": {"texts", "reports"},
}


def imports(path: Path) -> tuple[set[tuple[str, ...]], set[str]]:
    """Own modules (as parts of their path) and outside packages that a file imports, anywhere in its text."""
    here, own, outside = path.relative_to(LIBRARY).parts, set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*here[: len(here) - node.level], *(node.module or "").split("."))
            base = tuple(part for part in base if part)
            own |= {(*base, name.name) if (*base, name.name) in MODULES else base for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            outside.add(str(node.module).split(".")[0])
        elif isinstance(node, ast.Import):
            outside |= {name.name.split(".")[0] for name in node.names}
    return own - {()}, outside - set(sys.stdlib_module_names)


IMPORTS = {parts: imports(path) for parts, path in MODULES.items() if parts != ("__init__",)}


def test_every_file_stands_in_a_room():
    """No file stands outside the rooms."""
    assert {parts[0] for parts in IMPORTS} == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_between_rooms_go_one_way(room):
    """A room imports only rooms below it, in every file and also inside functions."""
    found = {other[0] for parts, (own, _) in IMPORTS.items() if parts[0] == room for other in own}
    assert found - {room} <= MAY_IMPORT[room]


def test_no_import_goes_in_a_circle():
    """The files can be put in an order in which each imports only earlier ones."""
    graph = {parts: {other for other in own if other in MODULES} - {parts} for parts, (own, _) in IMPORTS.items()}
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("parts", [p for p in IMPORTS if p[-1] in MATHEMATICS], ids="/".join)
def test_mathematics_opens_no_file(parts):
    """The mathematics knows arrays and frames, no tables on disk."""
    own, outside = IMPORTS[parts]
    assert {other[-1] for other in own} <= {"errors", *MATHEMATICS}
    assert outside <= {"numpy", "pandas", "scipy", "xarray"}


@pytest.mark.parametrize("package", ONLY_IN)
def test_heavy_packages_stay_in_their_rooms(package):
    """papermill, matplotlib and their like are imported only where they belong."""
    assert {parts[0] for parts, (_, outside) in IMPORTS.items() if package in outside} <= ONLY_IN[package]


def test_the_library_stays_small():
    """At most 14,500 lines in 47 files: what no user would miss goes before more comes."""
    assert len(MODULES) <= 47
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES.values()) <= 14_500


def test_errors_speak_from_the_catalogues():
    """No error's sentence stands in Python; only what ails a template itself, no template can tell (texts/__init__)."""
    for path in set(LIBRARY.rglob("*.py")) - {LIBRARY / "texts" / "__init__.py"}:
        assert not re.search(r"(Data|Yilao)Error\(\s*[frb]*[\"']", path.read_text(encoding="utf-8")), path


def test_import_is_light():
    """`import yilaolib` loads none of the heavy packages."""
    code = "import sys, yilaolib; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & {"pandas", "matplotlib", "xarray", "papermill", "jinja2", "scipy"} == set()


def requirements(lines: list[str]) -> set[str]:
    """Requirements without blanks and comments."""
    return {re.sub(r"\s", "", line.split("#")[0]) for line in lines}


def test_environment_and_pyproject_agree():
    """environment.yml names the packages and bounds of pyproject.toml, no more and no fewer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = requirements(project["dependencies"] + project["optional-dependencies"]["dev"])
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    listed = requirements(re.findall(r"^  - (.+)$", text, flags=re.M))
    assert listed - {"python" + project["requires-python"], "pip", "pip:", "conda-forge"} == wanted
    named = set(re.search(r"--editable \.\[(.+)\]", text)[1].split(","))
    extras = {name: ",".join(lines) for name, lines in project["optional-dependencies"].items()}
    assert named <= set(extras) and "site" in named and extras["all"] == "yilaolib[pdf,docx,dask,widgets]"


def test_version_is_one():
    """The package, its metadata and the citation name one version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert yl.__version__ == project["version"]
    assert f"version: {project['version']}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", yl.__all__)
def test_public_names_exist(name):
    """Every name that the package lists can be had, and has a docstring with an example."""
    thing = getattr(yl, name)
    if callable(thing) and not (isinstance(thing, type) and issubclass(thing, Exception)):
        assert ">>>" in (thing.__doc__ or "")


@pytest.mark.parametrize("path", sorted(ROOT.glob("notebooks/**/*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_import_public_names_only(path):
    """Notebooks import `yilaolib as yl` and nothing deeper."""
    assert not re.search(r"(from|import) yilaolib\.|from yilaolib import", path.read_text(encoding="utf-8"))
