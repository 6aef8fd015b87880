"""A report in this version against another checkout, in turns, and against the plain function.

    git worktree add ../base f860db5
    python benchmarks/bench_versions.py ../base [--rounds 3] [--areas jingdezhen yueyang haian yingtan lianshui]

Each round makes, in each checkout, one report and then all of --areas, each time from a fresh Python with one job and
into a fresh folder: CPU of all processes together. A further report is the middle one of the batch, by its own clock,
which is CPU where nothing else runs. The plain function runs the same cells in one warm process; of it a further
report is the difference, over the number of further areas. Medians are printed.
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
assert made["status"].eq("ok").all(), made["error"].tolist()
print(made["seconds"].median())"""
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


def cpu_of(tree: Path, code: str, areas: list[str]) -> tuple[float, str]:
    """CPU of a fresh Python that runs `code` in a checkout, and of all its children [s]; the last line that it says."""
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
        ran = subprocess.run(run, cwd=tree, env=env, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with contextlib.suppress(ChildProcessError):  # servers that outlive it come to us, and their CPU when they end
            while True:
                os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, ran.stdout.decode().strip().rpartition("\n")[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("base", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--areas", nargs="+", default=["jingdezhen", "yueyang", "haian", "yingtan", "lianshui"])
    asked = parser.parse_args()
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
    found: dict[tuple[str, str, str], list[float]] = {}
    for turn in range(asked.rounds):
        for name, tree in (("base", asked.base.resolve()), ("here", HERE)):
            for way, code in (("report", BATCH), ("plain", PLAIN)):
                (one, _), (several, said) = (cpu_of(tree, code, areas) for areas in (asked.areas[:1], asked.areas))
                further = float(said) if way == "report" else (several - one) / (len(asked.areas) - 1)
                for what, value in (("first", one), ("further", further), ("batch", several)):
                    found.setdefault((name, way, what), []).append(value)
                print(f"round {turn + 1}, {name}, {way}: {one:.2f} s, {several:.2f}, further {further:.2f}", flush=True)
    middle = {key: statistics.median(values) for key, values in found.items()}
    for name in ("base", "here"):
        ratio = middle[name, "report", "further"] / middle[name, "plain", "further"]
        print(f"{name}: a further report takes {ratio:.2f} x the CPU of the plain function")
    for what in ("first", "further", "batch"):
        here, base = middle["here", "report", what], middle["base", "report", what]
        print(f"{what}: {here:.2f} s against {base:.2f}, {here / base:.2f} times")


if __name__ == "__main__":
    main()
