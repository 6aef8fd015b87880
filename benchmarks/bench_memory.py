"""Memory of the workers over many reports: it must stay flat, and under 400 MB.

    python benchmarks/bench_memory.py [REPORTS] [--jobs 2] [--light]

Renders the real city report over and over (with --light a notebook that only shows as much), and looks at the resident
memory of every worker and notebook once a second. A worker is replaced after 100 reports; with --keep it never is, so
that one sees what piles up.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil

CITIES = ["jingdezhen", "yingtan", "yueyang", "lianshui", "haian"]
LIGHT = (
    "from IPython.display import HTML, display\nfor _ in range(5):\n    display(HTML('<p>' + '文' * 40_000 + '</p>'))"
)
RUN = """\
from yilaolib.reports import pool as pool
from yilaolib.reports.limits import Limits
from yilaolib.reports.orders import place_order
pool.RENEW = {renew}
orders = [place_order({cities!r}[i % 5], out_dir="{folder}/" + str(i % 10), template={template!r})
          for i in range({reports})]
n = 0
for row in pool.run_pool(orders, Limits(), {jobs}):
    assert row["status"] == "ok", row
    n += 1
    if n % 10 == 0:
        print(n, flush=True)"""


def light(folder: Path) -> Path:
    """A notebook with the parameters of the city report that shows as many bytes and computes nothing."""
    from yilaolib.reports.orders import find_template

    nb = nbformat.read(find_template(), 4)
    head = [cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", [])]
    nb.cells = [*head, nbformat.v4.new_code_cell(LIGHT)]
    nbformat.write(nb, folder / "light.ipynb")
    return folder / "light.ipynb"


def look(process: psutil.Process) -> dict[str, list[float]]:
    """Resident memory [MB] of the workers (children of the warm process) and of the notebooks (theirs)."""
    found = {"worker": [], "notebook": []}
    for child in process.children(recursive=True):
        try:
            depth = [parent.pid for parent in child.parents()].index(process.pid)
            if depth:
                found["worker" if depth == 1 else "notebook"].append(child.memory_info().rss / 1e6)
        except (psutil.Error, ValueError):  # it has just ended
            continue
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("reports", nargs="?", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--light", action="store_true", help="as many bytes, no computing: what may pile up in a worker is the same"
    )
    parser.add_argument("--keep", action="store_true", help="never replace a worker")
    asked = parser.parse_args()
    from yilaolib.reports.orders import find_template
    from yilaolib.reports.pool import RENEW

    with tempfile.TemporaryDirectory() as folder:
        template = light(Path(folder)) if asked.light else find_template()
        renew = 10**9 if asked.keep else RENEW
        names = {"cities": CITIES, "folder": folder, "template": str(template), "reports": asked.reports}
        code = RUN.format(renew=renew, jobs=asked.jobs, **names)
        run = psutil.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        top = {"worker": {}, "notebook": {}}  # by number of reports, the most that was seen
        done = [0]
        threading.Thread(target=lambda: done.extend(map(int, run.stdout))).start()
        while run.poll() is None:
            for what, sizes in look(run).items():
                top[what][done[-1]] = max([top[what].get(done[-1], 0), *sizes])
            time.sleep(1)
        assert run.returncode == 0
    print(f"resident memory at most [MB], {asked.reports} reports, {asked.jobs} jobs")
    print(f"{'after reports':>14}{'worker':>9}{'notebook':>10}")
    steps = [step for step in top["worker"] if top["worker"][step]]
    for step in steps[:: max(1, len(steps) // 10)]:
        print(f"{step:14}{top['worker'][step]:9.0f}{top['notebook'][step]:10.0f}")
    print(f"{'at most':>14}{max(top['worker'].values()):9.0f}{max(top['notebook'].values()):10.0f}")


if __name__ == "__main__":
    main()
