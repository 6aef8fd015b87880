"""Speed of reports in bulk: ours against a loop over the papermill command, one process, a pool of two, and a function.

    python benchmarks/bench_reports.py [REPORTS] [--city]

The notebook imports the stack and makes five figures in Chinese and four tables; with --city it is the real report. Our
own ways make REPORTS (default 12) reports, the slow ones a few. Wall time and CPU of all processes, per report; ratios
are of one run, on one machine. Starting up is in the wall time of all ways.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
import psutil

CITIES = ["jingdezhen", "yingtan", "yueyang", "lianshui", "haian"]
PARAMETERS = """\
city: str = "jingdezhen"
scenario: str = "medium"
end_year: int = 2050
lang: str = "zh"
data: str = ""
tables_dir: str = \"\""""
IMPORTS = """\
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import scipy.optimize
import seaborn as sns
import xarray as xr
import yilaolib as yl
from IPython.display import display
yl.use_style(lang)
yl.set_display(lang=lang, tables_dir=tables_dir)
place = yl.find_area(city)"""
FIGURE = """\
people = yl.load_table("population", area=city)
fig, ax = plt.subplots(figsize=(7.2, 4))
for k, (sex, part) in enumerate(people.groupby("sex")):
    sns.lineplot(x=part["age"], y=part["persons"].cumsum() * (1 + {i} / 10), ax=ax, errorbar=None,
                 label="女" if k else "男")
ax.set_title(f"{{place['name_zh']}}：常住人口，方案{i}")
ax.set_xlabel("年龄（岁）")
ax.set_ylabel("人")
name = f"{{place['name_zh']}}常住人口"
display(yl.show_figure(fig, key="f{i}", caption=name, alt="人口随年龄累计", table=people.head(20)))"""
TABLE = """\
table = people.pivot_table(index="age", columns="sex", values="persons", aggfunc="sum").rename(columns=str.title)
display(yl.show_table(table.iloc[{i}:{i} + 20], key="t{i}", caption="按年龄和性别"))"""


def write_notebook(path: Path) -> None:
    """The benchmark notebook: five figures, four tables."""
    cells = [nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    code = [IMPORTS] + [FIGURE.format(i=i) for i in range(5)] + [TABLE.format(i=i) for i in range(4)]
    cells += [nbformat.v4.new_code_cell(text) for text in code]
    cells += [nbformat.v4.new_markdown_cell(f"## 第{i}节") for i in range(20)]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


def by_command(notebook: Path, folder: Path, n: int) -> None:
    """A loop over the papermill command and nbconvert's page."""
    for i in range(n):
        out = folder / f"{i}.ipynb"
        run = [sys.executable, "-m", "papermill", str(notebook), str(out), "-p", "city", CITIES[i % 5]]
        subprocess.run([*run, "--no-progress-bar"], check=True, capture_output=True)


def in_one_process(notebook: Path, folder: Path, n: int) -> None:
    """papermill's function, one notebook after the other."""
    code = f"""\
import papermill
for i in range({n}):
    papermill.execute_notebook({str(notebook)!r}, {str(folder)!r} + f"/{{i}}.ipynb", {{"city": {CITIES!r}[i % 5]}},
                               progress_bar=False)"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def _one(job: tuple[str, str, str]) -> None:
    import papermill

    papermill.execute_notebook(job[0], job[1], {"city": job[2]}, progress_bar=False)


def in_a_pool(notebook: Path, folder: Path, n: int) -> None:
    """A pool of two processes with papermill's function."""
    jobs = [(str(notebook), str(folder / f"{i}.ipynb"), CITIES[i % 5]) for i in range(n)]
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_one, jobs))


def ours(jobs: int):
    """render_reports, page, tables and lists included; in a process of its own, which is watched."""

    def run(notebook: Path, folder: Path, n: int) -> None:
        code = f"""\
from yilaolib.rendering.limits import Limits
from yilaolib.rendering.orders import place_order
from yilaolib.rendering.pool import run_pool
orders = [place_order({CITIES!r}[i % 5], out_dir={str(folder)!r} + f"/{{i // 5}}", template={str(notebook)!r})
          for i in range({n})]
rows = list(run_pool(orders, Limits(), {jobs}))
assert all(row["status"] == "ok" for row in rows), rows"""
        process = psutil.Popen([sys.executable, "-c", code])
        seen = time.monotonic()
        while process.poll() is None:
            if time.monotonic() - seen > 5:  # looking costs a tenth of a second of CPU
                watch(process)
                seen = time.monotonic()
            time.sleep(0.1)
        assert process.returncode == 0

    return run


peak = {"worker": 0.0, "notebook": 0.0}


def watch(process: psutil.Process) -> None:
    """Note the most memory that a worker and a notebook had to themselves [MB]; shared pages are not theirs."""
    for child in process.children(recursive=True):
        try:
            depth = [parent.pid for parent in child.parents()].index(process.pid)
            name = {1: "worker", 2: "notebook"}.get(depth)
            if name:
                peak[name] = max(peak[name], child.memory_full_info().uss / 1e6)
        except (psutil.Error, ValueError):  # it has just ended
            continue


def plain_function(notebook: Path, folder: Path, n: int) -> None:
    """The same cells as a function in one warm process: what figures and tables take by themselves."""
    code = f"""\
import sys
import nbformat
cells = [c.source for c in nbformat.read({str(notebook)!r}, 4).cells if c.cell_type == "code"]
codes = [compile(text, "cell", "exec") for text in cells]
for i in range({n}):
    space = {{"display": lambda *_: None}}
    for code in codes:
        exec(code, space)
        space.update(city={CITIES!r}[i % 5], tables_dir={str(folder)!r}, display=lambda *_: None)"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def cpu() -> float:
    """CPU of this process and of all its children that have ended [s]."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("reports", nargs="?", type=int, default=12)
    parser.add_argument("--city", action="store_true", help="the real city report")
    asked = parser.parse_args()
    ways = [
        ("loop over the papermill command", by_command, 3),
        ("papermill in one process", in_one_process, 3),
        ("pool of two", in_a_pool, 4),
        ("yilao, 1 job", ours(1), asked.reports),
        ("yilao, 2 jobs", ours(2), asked.reports),
        ("plain function", plain_function, asked.reports),
    ]
    seconds = {}
    print(f"{'way':34}{'reports':>8}{'wall s':>9}{'CPU s':>8}   per report")
    with tempfile.TemporaryDirectory() as folder:
        notebook = Path(folder) / "bench.ipynb"
        write_notebook(notebook)
        if asked.city:
            from yilaolib.rendering.orders import find_template

            notebook = find_template()
        for i, (name, run, n) in enumerate(ways):
            (out := Path(folder) / str(i)).mkdir()
            wall, used = time.perf_counter(), cpu()
            run(notebook, out, n)
            seconds[name] = (time.perf_counter() - wall) / n, (cpu() - used) / n
            print(f"{name:34}{n:8}{seconds[name][0]:9.2f}{seconds[name][1]:8.2f}", flush=True)
    two, one, floor = (seconds[name] for name in ("yilao, 2 jobs", "yilao, 1 job", "plain function"))
    print(f"throughput, 2 jobs: {seconds['loop over the papermill command'][0] / two[0]:.1f} x the loop", end=", ")
    print(f"{seconds['papermill in one process'][0] / two[0]:.1f} x one process", end=", ")
    print(f"{seconds['pool of two'][0] / two[0]:.1f} x the pool of two")
    print(f"CPU: loop {seconds['loop over the papermill command'][1] / two[1]:.1f} x ours", end=", ")
    print(f"pool {seconds['pool of two'][1] / two[1]:.1f} x ours, ours {one[1] / floor[1]:.2f} x the plain function")
    print(f"memory of its own, at most: worker {peak['worker']:.0f} MB, notebook {peak['notebook']:.0f} MB")


if __name__ == "__main__":
    main()
