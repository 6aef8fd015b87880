"""Memory over many reports: that of the process that asks must stay flat, and each report's under 400 MB.

    python benchmarks/bench_memory.py [REPORTS] [--jobs 2] [--light]

Renders the real city report over and over (with --light a notebook that only shows as much), and looks at the resident
memory of the process that asks, of the forkserver, of the process of each report, and of its notebook once a second.
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
from yilaolib.reports import many, one, runner
tasks = []
for i in range({reports}):
    order = one.place_order({cities!r}[i % 5], out_dir="{folder}/" + str(i % 10), template={template!r})
    tasks.append((order, "", one.TIMEOUT, one.MEMORY_MB))
many._begin(tasks[0][0], [tasks[0][0].area])
for n, (_, row) in enumerate(runner.run_many(many.run_task, tasks, {jobs}, one.TIMEOUT), 1):
    assert row["status"] == "ok", row
    if n % 10 == 0:
        print(n, flush=True)"""
WHAT = ("asks", "forkserver", "report", "notebook")  # by how many parents lie between it and whoever asks


def light(folder: Path) -> Path:
    """A notebook with the parameters of the city report that shows as many bytes and computes nothing."""
    from yilaolib.reports.one import find_template

    nb = nbformat.read(find_template(), 4)
    head = [cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", [])]
    nb.cells = [*head, nbformat.v4.new_code_cell(LIGHT)]
    nbformat.write(nb, folder / "light.ipynb")
    return folder / "light.ipynb"


def look(process: psutil.Process) -> dict[str, list[float]]:
    """Resident memory [MB] of the processes of a batch."""
    found = {what: [] for what in WHAT}
    for child in [process, *process.children(recursive=True)]:
        try:
            pids = [child.pid, *(parent.pid for parent in child.parents())]
            depth = min(pids.index(process.pid), len(WHAT) - 1)
            found[WHAT[depth]].append(child.memory_info().rss / 1e6)
        except (psutil.Error, ValueError):  # it has just ended
            continue
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("reports", nargs="?", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--light", action="store_true", help="as many bytes, no computing")
    asked = parser.parse_args()
    from yilaolib.reports.one import find_template

    with tempfile.TemporaryDirectory() as folder:
        template = light(Path(folder)) if asked.light else find_template()
        names = {"cities": CITIES, "folder": folder, "template": str(template), "reports": asked.reports}
        code = RUN.format(jobs=asked.jobs, **names)
        run = psutil.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        top = {what: {} for what in WHAT}  # by number of reports, the most that was seen
        done = [0]
        threading.Thread(target=lambda: done.extend(map(int, run.stdout))).start()
        while run.poll() is None:
            for what, sizes in look(run).items():
                top[what][done[-1]] = max([top[what].get(done[-1], 0), *sizes])
            time.sleep(1)
        assert run.returncode == 0
    print(f"resident memory at most [MB], {asked.reports} reports, {asked.jobs} jobs")
    print(f"{'after reports':>14}" + "".join(f"{what:>12}" for what in WHAT))
    steps = [step for step in top["report"] if top["report"][step]]
    for step in steps[:: max(1, len(steps) // 10)]:
        print(f"{step:14}" + "".join(f"{top[what][step]:12.0f}" for what in WHAT))
    print(f"{'at most':>14}" + "".join(f"{max(top[what].values()):12.0f}" for what in WHAT))


if __name__ == "__main__":
    main()
