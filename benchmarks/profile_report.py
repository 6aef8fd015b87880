"""Where the CPU of a report goes: the cells of a report notebook in one warm process, sampled, by part of the library.

    python benchmarks/profile_report.py [TREE] [--report city_report] [--areas yueyang haian yingtan lianshui]

TREE is a checkout of this version or of 0.2.0 (by default this one). A first report warms up and is not counted; each
area is made for the first time. A sample is counted for the innermost of the library's files on the stack; all that
draws a figure counts as drawing.
"""

import argparse
import collections
import contextlib
import io
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

PARTS = {  # by how a path below yilaolib/ begins; the first that fits
    "figures: artists": ("plots", "drawing"),
    "projections": ("demography", "people", "places", "ages", "engine", "lifetables", "projection", "trends"),
    "needs, gaps, money, peers": ("needs", "eldercare", "childcare", "reports/sections"),
    "audit": ("auditing", "audit", "checking", "checks"),
    "sentences": ("texts",),
    "tables, CSV, HTML": ("reports", "rendering", "templates"),
    "tables read": ("tables", "tabling", "data", "workbook", "core"),
}
DRAWING = "figures: layout, drawing, encoding"
DRAWS = ("picture_of", "picture")  # functions: of this version, of 0.2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tree", type=Path, nargs="?", default=Path(__file__).resolve().parents[1])
    parser.add_argument("--report", default="city_report")
    parser.add_argument("--warm", default="jingdezhen")
    parser.add_argument("--areas", nargs="+", default=["yueyang", "haian", "yingtan", "lianshui"])
    asked = parser.parse_args()
    os.environ |= {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    tree = asked.tree.resolve()
    sys.path.insert(0, str(tree))
    library = f"{tree}/yilaolib/"
    cells = json.loads((tree / "notebooks" / "reports" / f"{asked.report}.ipynb").read_text(encoding="utf-8"))["cells"]
    codes = [compile("".join(cell["source"]), "cell", "exec") for cell in cells if cell["cell_type"] == "code"]
    counts: collections.Counter[str] = collections.Counter()

    def sample(_: int, frame) -> None:
        part = None
        while frame:
            path = frame.f_code.co_filename
            if path.startswith(library):
                if frame.f_code.co_name in DRAWS:
                    part = DRAWING
                    break
                inner = path.removeprefix(library)
                part = part or next((name for name, begins in PARTS.items() if inner.startswith(begins)), None)
            frame = frame.f_back
        counts[part or "the notebook itself"] += 1

    def report(area: str) -> float:
        space: dict = {}
        begin = time.process_time()
        for code in codes:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, space)
            space.update(city=area, tables_dir=tempfile.mkdtemp())
        return time.process_time() - begin

    report(asked.warm)
    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, 0.004, 0.004)
    seconds = sum(report(area) for area in asked.areas) / len(asked.areas)
    signal.setitimer(signal.ITIMER_PROF, 0, 0)
    total = sum(counts.values())
    for part in [*PARTS, DRAWING, "the notebook itself"]:
        print(f"{part:36} {seconds * counts[part] / total:6.3f} s  {100 * counts[part] / total:3.0f} %")
    print(f"{'together':36} {seconds:6.3f} s")


if __name__ == "__main__":
    main()
