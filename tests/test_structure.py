"""The house: which module may import which, sizes, and files that must say the same."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "yilaolib"
MODULES = sorted(path.stem for path in LIBRARY.glob("*.py") if path.stem != "__init__")

# Layers from the ground up. A module imports only from layers below its own, or from those of its own layer that
# stand before it. The mathematics opens no file; plots compute nothing; only the report rooms know papermill.
LAYERS = [
    ("ground", ["errors", "forms", "gap", "digits"]),
    ("mathematics", ["raking", "ages", "mortality", "fertility", "lifetables", "cohorts", "measures", "calibration",
                     "bedmethods", "placemethods"]),
    ("data", ["tables", "folders", "data", "figures"]),
    ("checks", ["rules", "checks"]),
    ("analysis", ["parameters", "scenarios", "projection", "supply", "eldercare", "childcare", "brief"]),
    ("plots", ["style", "canvas", "pyramids", "rowplots", "dumbbells", "plots"]),
    ("reports", ["htmltable", "display", "phrases", "story", "wording", "page", "orders", "engine",
                 "reports", "batch", "cli"]),
]  # fmt: skip
ORDER = {name: i for i, name in enumerate(name for _, names in LAYERS for name in names)}
LAYER_OF = {name: layer for layer, names in LAYERS for name in names}
MATHEMATICS_MAY_IMPORT = {"numpy", "pandas", "scipy", "xarray"}
ONLY_IN = {
    "papermill": {"engine", "orders", "reports"},
    "nbconvert": {"page"},
    "frictionless": {"checks", "rules"},
    "matplotlib": {"style", "canvas", "pyramids", "rowplots", "dumbbells", "plots", "display"},
    "seaborn": {"plots", "rowplots", "dumbbells"},
    "statsmodels": {"trends"},
}


def imports(module: str) -> tuple[set[str], set[str]]:
    """Own modules and outside packages that a module imports, anywhere in its text."""
    own, outside = set(), set()
    for node in ast.walk(ast.parse((LIBRARY / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            own |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            outside.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            outside |= {alias.name.split(".")[0] for alias in node.names}
    return own, outside - set(sys.stdlib_module_names)


def test_every_module_has_its_room():
    """Every module stands in exactly one layer of the house."""
    assert sorted(ORDER) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    """A module imports only what stands before it."""
    own, _ = imports(module)
    assert {name for name in own if ORDER[name] >= ORDER[module]} == set()


@pytest.mark.parametrize("module", dict(LAYERS)["mathematics"])
def test_mathematics_opens_no_file(module):
    """The mathematics imports neither the data nor anything but the numerical packages."""
    own, outside = imports(module)
    assert {LAYER_OF[name] for name in own} <= {"ground", "mathematics"}
    assert outside <= MATHEMATICS_MAY_IMPORT


@pytest.mark.parametrize("module", dict(LAYERS)["plots"])
def test_plots_compute_nothing(module):
    """Plots know neither the data nor the projection."""
    own, _ = imports(module)
    assert {LAYER_OF[name] for name in own} <= {"ground", "plots"}


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_heavy_packages_stay_in_their_rooms(package):
    """papermill, nbconvert, matplotlib and their like are imported only where they belong."""
    users = {module for module in MODULES if package in imports(module)[1]}
    assert users <= ONLY_IN[package]


@pytest.mark.parametrize("module", MODULES)
def test_a_file_can_be_read_in_one_sitting(module):
    """A module has at most 300 lines; one that outgrows that was two ideas."""
    assert len((LIBRARY / f"{module}.py").read_text(encoding="utf-8").splitlines()) <= 300


def test_import_is_light():
    """`import yilaolib` loads none of the heavy packages."""
    code = "import sys, yilaolib; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert loaded & {"pandas", "matplotlib", "xarray", "papermill", "frictionless", "scipy"} == set()


def requirements(lines: list[str]) -> set[str]:
    return {re.sub(r"\s", "", line.split("#")[0]) for line in lines}


def test_environment_and_pyproject_agree():
    """environment.yml names the packages and bounds of pyproject.toml, no more and no fewer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = requirements(project["dependencies"] + project["optional-dependencies"]["dev"])
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    listed = requirements(re.findall(r"^  - (.+)$", text, flags=re.M))
    assert listed - {"python" + project["requires-python"], "pip", "pip:", "conda-forge"} == wanted


def test_version_is_one():
    """The package, its metadata and the citation name one version."""
    import yilaolib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert yilaolib.__version__ == project["version"]
    assert f"version: {project['version']}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_public_names_exist():
    """Every name that the package lists can be had, and has a docstring with an example."""
    import yilaolib as yl

    for name in yl.__all__:
        thing = getattr(yl, name)
        if callable(thing) and not isinstance(thing, type(Exception)):
            assert ">>>" in (thing.__doc__ or ""), name
