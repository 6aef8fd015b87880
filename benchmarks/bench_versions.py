"""CPU of a report in this version against that of another checkout, in turns, and against the plain function.

    git worktree add ../base f860db5
    python benchmarks/bench_versions.py ../base [--rounds 3] [--areas jingdezhen yueyang haian]

Each round makes, in each checkout, one report and then all of --areas, each time from a fresh Python with one job and
into a fresh folder: CPU of all processes together. The difference, over the number of further areas, is a further
report; what is left is starting up. The plain function runs the same cells in one warm process. Medians are printed.
"""

import argparse
import contextlib
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
BATCH = """\
import sys, yilaolib as yl
made = yl.render_reports(sys.argv[2:], out_dir=sys.argv[1], jobs=1, force=True)
assert made["status"].eq("ok").all(), made["error"].tolist()"""
PLAIN = """\
import sys, nbformat
from pathlib import Path
cells = nbformat.read(Path.cwd() / "notebooks" / "reports" / "city_report.ipynb", 4).cells
codes = [compile(cell.source, "cell", "exec") for cell in cells if cell.cell_type == "code" and cell.source.strip()]
for area in sys.argv[2:]:
    space = {}
    for code in codes:
        exec(code, space)
        space.update(city=area, tables_dir=sys.argv[1])"""


def cpu_of(tree: Path, code: str, areas: list[str]) -> float:
    """CPU of a fresh Python that runs `code` in a checkout, and of all its children [s]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        # The engine of papermill is found by what is installed: here that is the checkout, not the one around us.
        project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        told = Path(folder) / f"yilaolib-{project['version']}.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: yilaolib\nVersion: {project['version']}\n")
        for group, entries in project.get("entry-points", {}).items():
            lines = "".join(f"{name} = {target}\n" for name, target in entries.items())
            (told / "entry_points.txt").write_text(f"[{group}]\n{lines}")
        env = dict(os.environ) | {
            "MPLBACKEND": "agg",
            "PYTHONPATH": f"{folder}{os.pathsep}{tree}",
            "OMP_NUM_THREADS": "1",
        }
        run = [sys.executable, "-c", code, folder, *areas]
        subprocess.run(run, cwd=tree, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(ChildProcessError):  # servers that outlive it come to us, and their CPU when they end
            while True:
                os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("base", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--areas", nargs="+", default=["jingdezhen", "yueyang", "haian"])
    asked = parser.parse_args()
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
    found: dict[tuple[str, str, str], list[float]] = {}
    for turn in range(asked.rounds):
        for name, tree in (("base", asked.base.resolve()), ("here", HERE)):
            for way, code in (("report", BATCH), ("plain", PLAIN)):
                one, all_of_them = (cpu_of(tree, code, areas) for areas in (asked.areas[:1], asked.areas))
                further = (all_of_them - one) / (len(asked.areas) - 1)
                for what, value in (("first", one), ("further", further)):
                    found.setdefault((name, way, what), []).append(value)
                print(f"round {turn + 1}, {name}, {way}: first {one:.2f} s, a further one {further:.2f} s", flush=True)
    middle = {key: statistics.median(values) for key, values in found.items()}
    for name in ("base", "here"):
        ratio = middle[name, "report", "further"] / middle[name, "plain", "further"]
        print(f"{name}: a further report takes {ratio:.2f} x the CPU of the plain function")
    for what in ("first", "further"):
        ratio = middle["here", "report", what] / middle["base", "report", what]
        print(f"CPU of a {what} report against base: {ratio:.2f}")


if __name__ == "__main__":
    main()
