"""A look at the installation: what is amiss, and what to do about it."""

from __future__ import annotations

import json
import platform
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from .terminal import echo_table, json_option


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `do` is empty where nothing needs doing."""

    what: str
    good: bool
    says: str
    do: str = ""


@click.command(short_help="Look at the installation and say what to do.")
@json_option
def doctor(as_json: bool) -> None:
    """Look at versions, tables, fonts, kernels, write access and extras; run a notebook of one cell.

    Exit code 1 when something is amiss. An extra that is not installed is not amiss.

    \b
    Examples:
      yilao doctor
      yilao doctor --json
    """
    findings = [*versions(), tables(), fonts(), notebook(), jupyter_kernel(), folder(), *extras()]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        rows = [[f.what, "good" if f.good else "AMISS", f.says] for f in findings]
        echo_table(["what", "", "says"], rows)
        for finding in findings:
            if finding.do:
                click.echo(f"{finding.what}: {finding.do}")
    if not all(finding.good for finding in findings):
        click.get_current_context().exit(1)


def versions() -> Iterator[Finding]:
    """Say which versions there are, and which of them yilaolib was not made for."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in metadata.requires("yilaolib") or ()]
    wanted = [one for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})]
    have = {one.name: _version(one.name) for one in wanted}
    shown = ("pandas", "numpy", "xarray", "matplotlib", "papermill", "nbconvert", "ipykernel")
    says = ", ".join(f"{name} {have[name]}" for name in shown if have.get(name))
    yield Finding("versions", True, f"yilaolib {_version('yilaolib')}, Python {platform.python_version()}, {says}")
    for one in wanted:
        version = have[one.name]
        if version is None or not one.specifier.contains(version, prereleases=True):
            state = f"{version} is installed" if version else "is not installed"
            yield Finding(one.name, False, f"{state}, {one.specifier} is needed", f"pip install '{one}'")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def tables() -> Finding:
    """Say how many tables there are; a package without its tables was built wrongly."""
    from ..tables.areas import data_version, list_tables, load_table

    try:
        for name in list_tables():
            load_table(name)
    except Exception as error:  # whatever is wrong with a file: it shall be told, not raised
        return Finding("tables", False, f"cannot be read: {error}", "install yilaolib again")
    return Finding("tables", True, f"{len(list_tables())} tables, version {data_version()}; `yilao check` judges them")


def fonts() -> Finding:
    """Say whether the Chinese font that travels with the library is there and has Chinese letters."""
    from matplotlib.ft2font import FT2Font

    from ..plots.style import FONTS

    for name in ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf"):
        try:
            missing = ord("床") not in FT2Font(str(FONTS / name)).get_charmap()
        except (OSError, RuntimeError) as error:
            missing = str(error)
        if missing:
            says = f"{FONTS / name} cannot be used, figures would show boxes instead of Chinese"
            return Finding("fonts", False, says, "install yilaolib again")
    return Finding("fonts", True, "Noto Sans SC travels with the library; no font of the system is needed")


def notebook() -> Finding:
    """Run a notebook of one cell the way reports are run."""
    import nbformat

    from .engine import run_notebook
    from .failures import as_traceback

    cell = nbformat.v4.new_code_cell("import yilaolib as yl\nyl.find_area('360200')['name_zh']")
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "in.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), source)
        try:
            done = run_notebook(source, Path(place) / "out.ipynb", {}, timeout=120)
        except Exception as error:
            says = " ".join(as_traceback(error).splitlines()[-1:])
            return Finding("reports", False, f"a notebook of one cell failed: {says}", "install yilaolib again")
    shown = "景德镇市" in str(done.cells[-1].outputs)
    return Finding("reports", shown, "a notebook of one cell ran" if shown else "a notebook of one cell said nothing")


def jupyter_kernel() -> Finding:
    """Say whether JupyterLab's kernel python3 is this Python; reports do not use it, notebooks opened by hand do."""
    import sys

    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    do = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding("kernel", False, "Jupyter finds no kernel python3", do)
    runs = Path(command)
    # A bare `python` is found on the path of whoever starts Jupyter, as a rule the environment that is active.
    if runs.is_absolute() and runs.absolute() != Path(sys.executable).absolute():
        return Finding("kernel", False, f"Jupyter's kernel python3 runs {runs}, not {sys.executable}", do)
    return Finding("kernel", True, "Jupyter's kernel python3 is this Python")


def folder() -> Finding:
    """Say whether reports can be written here."""
    try:
        with tempfile.TemporaryFile(dir="."):
            return Finding("this folder", True, "reports can be written to ./outputs")
    except OSError as error:
        return Finding("this folder", False, f"cannot be written ({error.strerror})", "give --out another folder")


def extras() -> Iterator[Finding]:
    """Say of each extra of the package whether it is there, and how to get it."""
    from packaging.requirements import Requirement

    parts: dict[str, list[str]] = {}
    for line in metadata.requires("yilaolib") or ():
        of = re.search(r"extra\s*==\s*['\"]([\w.-]+)['\"]", line)
        if of and of[1] != "dev":
            parts.setdefault(of[1], []).append(Requirement(line).name)
    for extra, names in parts.items():
        missing = [name for name in names if _version(name) is None]
        if missing:
            yield Finding(
                f"extra {extra}", True, f"not installed ({', '.join(missing)})", f"pip install 'yilaolib[{extra}]'"
            )
        else:
            yield Finding(f"extra {extra}", True, "installed")
