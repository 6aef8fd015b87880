"""Speed of reports in bulk: ours against the papermill command, one or two at a time, its function, and plain Python.

    python benchmarks/bench_reports.py [REPORTS] [--city] [--slow N]

The notebook imports the stack and makes five figures in Chinese and four tables; with --city it is the real report, and
up to five of them are made by the command `yilao report`. Our own ways and the plain function make REPORTS (default 12)
reports, the slow ways N (default 4), which write the executed notebook only. All figures are of one report: wall time,
and CPU of all processes together, starting up included. Ratios are of one run, on one machine.
"""

import argparse
import contextlib
import ctypes
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
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
yl.use_style(lang)
page = yl.Report(lang, tables_dir=tables_dir)
area = yl.find_area(city)"""
FIGURE = """\
people = yl.load_table("population", area=city)
fig, ax = plt.subplots(figsize=(7.2, 4))
for k, (sex, part) in enumerate(people.groupby("sex")):
    sns.lineplot(x=part["age"], y=part["persons"].cumsum() * (1 + {i} / 10), ax=ax, errorbar=None,
                 label="女" if k else "男")
ax.set_title(f"{{area['name_zh']}}：常住人口，方案{i}")
ax.set_xlabel("年龄（岁）")
ax.set_ylabel("人")
name = f"{{area['name_zh']}}常住人口"
page.figure(fig, caption=f"{{name}} {i}", alt="人口随年龄累计", table=people.head(20))"""
TABLE = """\
table = people.pivot_table(index="age", columns="sex", values="persons", aggfunc="sum").rename(columns=str.title)
page.table(table.iloc[{i}:{i} + 20], caption="按年龄和性别 {i}")"""


def write_notebook(path: Path) -> None:
    """The benchmark notebook: five figures, four tables."""
    cells = [nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    code = [IMPORTS] + [FIGURE.format(i=i) for i in range(5)] + [TABLE.format(i=i) for i in range(4)]
    cells += [nbformat.v4.new_code_cell(text) for text in code]
    cells += [nbformat.v4.new_markdown_cell(f"## 第{i}节") for i in range(20)]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


def by_command(at_once: int):
    """The papermill command for each report, one after the other or several at once."""

    def run(notebook: Path, folder: Path, n: int) -> None:
        def one(i: int) -> None:
            asked = [str(notebook), str(folder / f"{i}.ipynb"), "-p", "city", CITIES[i % 5], "--no-progress-bar"]
            subprocess.run([sys.executable, "-m", "papermill", *asked], check=True, capture_output=True)

        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(one, range(n)))

    return run


def in_one_process(notebook: Path, folder: Path, n: int) -> None:
    """papermill's function, one notebook after the other."""
    code = f"""\
import papermill
for i in range({n}):
    papermill.execute_notebook({str(notebook)!r}, {str(folder)!r} + f"/{{i}}.ipynb", {{"city": {CITIES!r}[i % 5]}},
                               progress_bar=False)"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def in_a_pool(notebook: Path, folder: Path, n: int) -> None:
    """A pool of two processes with papermill's function."""
    code = f"""\
import papermill
from concurrent.futures import ProcessPoolExecutor
def one(i):
    papermill.execute_notebook({str(notebook)!r}, {str(folder)!r} + f"/{{i}}.ipynb", {{"city": {CITIES!r}[i % 5]}},
                               progress_bar=False)
with ProcessPoolExecutor(2) as pool:
    list(pool.map(one, range({n})))"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)  # kernels complain on stderr


def ours(jobs: int, city: bool):
    """Reports as a batch makes them, page and tables included; in a process of its own, which is watched."""

    def run(notebook: Path, folder: Path, n: int) -> float:
        asked = ["report", *CITIES[:n], "--jobs", str(jobs), "--force", "--out", str(folder)]
        code = f"from yilaolib.cli import main; main({asked!r})"
        if n > len(CITIES) or not city:
            code = f"""\
from yilaolib.reports import many, one, runner
orders = [one.place_order({CITIES!r}[i % 5], out_dir={str(folder)!r} + f"/{{i // 5}}", template={str(notebook)!r})
          for i in range({n})]
many.begin(orders)
tasks = [(order, "", one.TIMEOUT, one.MEMORY_MB) for order in orders]
rows = [row for _, row in runner.run_many(many.run_task, tasks, {jobs}, one.TIMEOUT)]
assert all(row["status"] == "ok" for row in rows), rows"""
        process = psutil.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
        ended = None
        while ended is None:
            try:
                ended = process.wait(timeout=5)
            except psutil.TimeoutExpired:
                watch(process)  # it costs a tenth of a second of CPU
        end = time.perf_counter()
        assert ended == 0
        with contextlib.suppress(ChildProcessError):
            while True:  # so that the CPU of the forkserver and of its children counts
                os.wait()
        return end

    return run


peak = {"report": 0.0, "notebook": 0.0}


def watch(process: psutil.Process) -> None:
    """Note the most memory that a report's process and its notebook had to themselves [MB], without shared pages."""
    for child in process.children(recursive=True):
        try:
            depth = [parent.pid for parent in child.parents()].index(process.pid)
            name = {1: "report", 2: "notebook"}.get(depth)
            if name:
                peak[name] = max(peak[name], child.memory_full_info().uss / 1e6)
        except (psutil.Error, ValueError):  # it has just ended
            continue


def plain_function(notebook: Path, folder: Path, n: int) -> None:
    """The same cells as a function in one warm process: what figures and tables take by themselves."""
    code = f"""\
import nbformat
cells = [c.source for c in nbformat.read({str(notebook)!r}, 4).cells if c.cell_type == "code"]
codes = [compile(text, "cell", "exec") for text in cells]
for i in range({n}):
    space = {{}}
    for code in codes:
        exec(code, space)
        space.update(city={CITIES!r}[i % 5], tables_dir={str(folder)!r})"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def cpu() -> float:
    """CPU of this process and of all its children that have ended [s]."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def page_cpu(notebook: Path, folder: Path) -> float:
    """CPU of turning one executed notebook into its page [s], with templates that have been read."""
    from yilaolib.reports.page import page_html, read_document
    from yilaolib.reports.runner import run_notebook

    notebooks = [run_notebook(notebook, folder / f"{city}.ipynb", {"city": city}) for city in CITIES]
    page_html(read_document(notebooks[0], title="x"))
    before = cpu()
    for nb in notebooks * 4:
        page_html(read_document(nb, title="x"))
    return (cpu() - before) / len(notebooks * 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("reports", nargs="?", type=int, default=12)
    parser.add_argument("--city", action="store_true", help="the real city report")
    parser.add_argument("--slow", type=int, default=4, metavar="N", help="reports of each slow way")
    asked = parser.parse_args()
    ways = {
        "loop": ("loop over the papermill command", by_command(1), asked.slow),
        "two commands": ("papermill command, two at once", by_command(2), asked.slow),
        "single": ("papermill in one process", in_one_process, asked.slow),
        "pool": ("papermill function, pool of two", in_a_pool, asked.slow),
        "one": ("yilao, 1 job", ours(1, asked.city), asked.reports),
        "two": ("yilao, 2 jobs", ours(2, asked.city), asked.reports),
        "plain": ("plain function, 1 process", plain_function, asked.reports),
    }
    wall, used = {}, {}
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: what a command leaves behind is waited for here
    print(f"{'way':34}{'reports':>8}{'wall s/report':>16}{'CPU s/report':>16}")
    with tempfile.TemporaryDirectory() as folder:
        notebook = Path(folder) / "bench.ipynb"
        write_notebook(notebook)
        if asked.city:
            from yilaolib.reports.one import find_template

            notebook = find_template()
        for key, (name, run, n) in ways.items():
            (out := Path(folder) / key).mkdir()
            begin, before = time.perf_counter(), cpu()
            end = run(notebook, out, n) or time.perf_counter()
            wall[key], used[key] = (end - begin) / n, (cpu() - before) / n
            print(f"{name:34}{n:8}{wall[key]:16.2f}{used[key]:16.2f}", flush=True)
        page = page_cpu(notebook, Path(folder))
    for key in ("loop", "two commands", "single", "pool"):
        print(f"throughput: yilao with 2 jobs makes {wall[key] / wall['two']:.1f} x the reports of: {ways[key][0]}")
    for key in ("one", "two"):
        print(f"CPU: {ways[key][0]} takes {used[key] / used['plain']:.2f} x the plain function")
    print(f"CPU of the HTML page: {page:.3f} s, {100 * page / used['one']:.1f} % of a report")
    print(
        f"memory of its own, at most: of the report {peak['report']:.0f} MB, of the notebook {peak['notebook']:.0f} MB"
    )


if __name__ == "__main__":
    main()
