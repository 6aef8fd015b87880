"""The house: which room may import which, sizes, and files that must say the same."""

import ast
import graphlib
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "yilaolib"

# A module stands in the room of its folder. The public modules stand at the top, each the front of a room.
FRONTS = {
    "ages": "people", "lifetables": "people", "data": "tabling", "workbook": "tabling", "checks": "checking",
    "audit": "auditing", "projection": "places", "trends": "places", "eldercare": "needs", "childcare": "needs",
    "plots": "drawing", "reports": "rendering", "batch": "rendering", "engine": "rendering", "cli": "rendering",
}  # fmt: skip
MAY_IMPORT = {
    "core": set(),
    "people": {"core"},  # demography: opens no file
    "drawing": {"core"},  # computes nothing
    "tabling": {"core", "people"},  # an own city is filled in by raking its parent's pyramid
    "auditing": {"core", "tabling"},  # arithmetic only
    "checking": {"core", "tabling", "auditing"},
    "places": {"core", "people", "tabling"},
    "needs": {"core", "people", "tabling", "places"},
    "rendering": {"core", "people", "tabling", "auditing", "checking", "places", "needs", "drawing"},
}
FORMULAS = {"gap", "bedmethods", "placemethods"}  # of needs; like people they open no file
NUMERICAL = {"numpy", "pandas", "scipy", "xarray"}
ONLY_IN = {
    "papermill": {"rendering"},
    "nbconvert": {"rendering"},
    "IPython": {"rendering", "drawing"},
    "frictionless": {"checking"},
    "matplotlib": {"drawing", "rendering"},
    "openpyxl": {"tabling", "rendering"},
    "bs4": {"rendering"},
    "weasyprint": {"rendering"},
    "docx": {"rendering"},
    "statsmodels": {"places"},
    "dask": {"rendering"},
    "distributed": {"rendering"},
}


def _room(path: Path) -> str:
    return FRONTS.get(path.stem, "?") if path.parent == LIBRARY else path.parent.name


MODULES = {p.stem: p for p in sorted(LIBRARY.rglob("*.py")) if p.stem not in ("__init__", "build_fonts")}
ROOMS = {name: _room(path) for name, path in MODULES.items()}


def imports(name: str) -> tuple[set[str], set[str]]:
    """Own modules and outside packages that a module imports, anywhere in its text."""
    own, outside = set(), set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            last = (node.module or "").split(".")[-1]
            own |= {last} if last in MODULES else {alias.name for alias in node.names} & set(MODULES)
        elif isinstance(node, ast.ImportFrom):
            outside.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            outside |= {alias.name.split(".")[0] for alias in node.names}
    return own, outside - set(sys.stdlib_module_names)


def test_every_module_has_a_room():
    """A module is a front, or lies in the folder of a room; no name comes twice."""
    assert set(ROOMS.values()) == set(MAY_IMPORT)
    files = [p for p in LIBRARY.rglob("*.py") if p.stem not in ("__init__", "build_fonts")]
    assert len(files) == len(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_imports_follow_the_arrows(name):
    """A module imports only from its own room and from the rooms that its room may use."""
    own, _ = imports(name)
    assert {ROOMS[other] for other in own} <= MAY_IMPORT[ROOMS[name]] | {ROOMS[name]}


def test_no_import_goes_in_a_circle():
    """The modules can be put in an order in which each imports only earlier ones."""
    graphlib.TopologicalSorter({name: imports(name)[0] - {name} for name in MODULES}).prepare()


@pytest.mark.parametrize("name", [m for m in MODULES if ROOMS[m] == "people" or m in FORMULAS])
def test_mathematics_opens_no_file(name):
    """The mathematics imports nothing of ours but mathematics, and only numerical packages."""
    own, outside = imports(name)
    assert {ROOMS[other] for other in own - FORMULAS} <= {"core", "people"}
    assert outside <= NUMERICAL


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_heavy_packages_stay_in_their_rooms(package):
    """papermill, nbconvert, matplotlib and their like are imported only where they belong."""
    assert {ROOMS[name] for name in MODULES if package in imports(name)[1]} <= ONLY_IN[package]


@pytest.mark.parametrize("name", MODULES)
def test_a_file_can_be_read_in_one_sitting(name):
    """A module has at most 300 lines; one that outgrows that was two ideas."""
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 300


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
        if callable(thing) and not (isinstance(thing, type) and issubclass(thing, Exception)):
            assert ">>>" in (thing.__doc__ or ""), name


DESIGNED = {
    "data": "load_table list_tables describe_table find_area cite",
    "checks": "check_data",
    "ages": "graduate group_ages rake",
    "lifetables": "life_table life_table_for_e0 asfr tfr",
    "projection": "project_cohorts Scenario project elderly_share dependency_ratio median_age ageing_stage",
    "trends": "extrapolate backtest",
    "eldercare": "care_need beds_by_norm beds_by_share beds_by_prevalence beds_by_utilisation triangulate_beds "
    "bed_supply care_staff bed_cost shortfall",
    "childcare": "places_by_norm places_by_intention places_by_coverage triangulate_places place_supply "
    "childcare_staff implied_coverage shortfall",
    "audit": "audit solve_denominator lint_targets",
    "plots": "use_style plot_pyramid plot_fan plot_methods plot_supply plot_gap plot_targets plot_tornado plot_peers",
    "workbook": "new_workbook read_workbook write_workbook",
    "reports": "render_report",
    "batch": "render_reports",
}


@pytest.mark.parametrize("module", DESIGNED)
def test_designed_names_are_where_the_design_puts_them(module):
    """Notebooks and users outside call these names, in their module and flat."""
    import yilaolib as yl

    front = importlib.import_module(f"yilaolib.{module}")
    names = DESIGNED[module].split()
    assert [name for name in names if not hasattr(front, name)] == []
    assert [name for name in names if not callable(getattr(yl, name))] == []
