"""Batches that are killed, starved, crowded and robbed: what is left is whole, and the same command goes on.

    python benchmarks/chaos.py [KILLS]

KILLS (default 40) SIGKILLs at random moments, on the batch, on a worker, on a notebook and on all at once; then a full
disk (as root: on a disk of its own), no descriptors, no memory, a folder that is deleted, data that change during the
run, two runs in one folder, a clock that goes back, and the test with a lost Dask worker. A row of the table is an
attack: how often it was made and held, and how it ended. Ends with code 1 where one did not hold.
"""

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from tiny_report import write_template  # noqa: E402

CITIES = ["yingtan", "yueyang", "haian", "lianshui", "jingdezhen"]
WRITES = "for i in range(3): open(f'{tables_dir}/{i}.csv', 'w').write('1,2\\n' * 20_000)"
Held = tuple[bool, str]


def start(out: Path, notebook: Path, *, before: str = "", limit: Callable | None = None, **asked) -> subprocess.Popen:
    """Start a batch in a process of its own."""
    asked = {"cities": CITIES, "out_dir": str(out), "template": str(notebook), "jobs": 2} | asked
    code = f"{before}\nimport sys, yilaolib as yl\ntry: made = yl.render_reports(**{asked!r})\n"
    code += "except yl.YilaoError as error: sys.exit(f'sentence: {error}')\n"
    code += "sys.exit(0 if made['status'].eq('ok').all() else 'failed rows: ' + made['error'].dropna().iloc[-1])"
    run = [sys.executable, "-c", code]
    return subprocess.Popen(run, stderr=subprocess.PIPE, text=True, preexec_fn=limit, cwd=ROOT)


def ended(batch: subprocess.Popen) -> str:
    """Wait for a batch and say how it ended: ok, the last line of what it told, or its signal."""
    told = batch.communicate(timeout=300)[1].strip().splitlines()
    return "ok" if not batch.returncode else told[-1][:90] if told else f"signal {-batch.returncode}"


def broken(out: Path) -> list[str]:
    """Files that have their name and are not whole, or are none of those that their row vouches for."""
    found = []
    for row in out.glob("*/report.json"):
        try:
            told = json.loads(row.read_text(encoding="utf-8"))
            found += [f"{row.parent.name}/{name}" for name, (size, _) in told["files"].items()
                      if (row.parent / name).stat().st_size != size]  # fmt: skip
        except (ValueError, OSError, KeyError) as error:
            found.append(f"{row}: {error}")
    for page in out.glob("*/report.html"):
        found += [] if page.read_text(encoding="utf-8").rstrip().endswith("</html>") else [str(page)]
    return found


def goes_on(out: Path, notebook: Path, **asked) -> Held:
    """Whether nothing is broken, and the same command makes all reports and leaves nothing half done."""
    bad = broken(out)
    how = ended(start(out, notebook, **asked))
    bad += broken(out) + [str(path) for path in out.glob("*/.yilao-*")]
    return not bad and how == "ok", "; ".join(bad[:2]) or how


def killed(folder: Path, notebook: Path, whom: str) -> Held:
    """Kill the batch, one of its children, one of their children, or all, at a random moment."""
    out = folder / "out"
    batch = start(out, notebook, force=True)
    parent, end = psutil.Process(batch.pid), time.monotonic() + 60
    while not [*out.glob("*/.yilao-*")] and time.monotonic() < end and batch.poll() is None:
        time.sleep(0.01)
    time.sleep(random.uniform(0, 1.5))
    family = [parent, *parent.children(recursive=True)] if batch.poll() is None else []
    deep = {each: len(each.parents()) for each in family if each.is_running()}
    ranks = sorted(set(deep.values()))
    ones = {"batch": ranks[:1], "worker": ranks[1:2], "notebook": ranks[-1:], "all": ranks}[whom]
    chosen = [each for each, rank in deep.items() if rank in ones]
    for each in chosen if whom == "all" else random.sample(chosen, min(1, len(chosen))):
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    how = ended(batch)
    alive = psutil.wait_procs(family, timeout=15)[1]
    held, after = goes_on(out, notebook)
    return held and not alive, f"{len(alive)} left alive" if alive else how if held else after


def full_disk(folder: Path, notebook: Path) -> Iterator[Held]:
    """Disks that are full at a later write each time; then there is room."""
    for size in (16, 200, 400, 700, 1100):
        (disk := folder / f"disk{size}").mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(disk)], capture_output=True
        ).returncode:
            return
        try:
            how = ended(start(disk / "out", notebook))
            bad = broken(disk / "out")
            subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
            held, after = goes_on(disk / "out", notebook)
            yield held and not bad and not how.startswith("signal"), how if held else after
        finally:
            subprocess.run(["umount", str(disk)], check=True)


def starved(folder: Path, notebook: Path, what: int, most: int) -> Held:
    """A limit of the system: a sentence or failed rows, no traceback and no signal; without it the batch goes on."""
    how = ended(start(folder / "out", notebook, limit=lambda: resource.setrlimit(what, (most, most))))
    held, after = goes_on(folder / "out", notebook)
    return held and how.startswith(("ok", "sentence", "failed rows")), how if held else after


def deleted(folder: Path, notebook: Path) -> Held:
    """The folder of reports is deleted during the run."""
    out = folder / "out"
    batch = start(out, notebook)
    while not (out / CITIES[0]).exists() and batch.poll() is None:
        time.sleep(0.01)
    shutil.rmtree(out, ignore_errors=True)
    how = ended(batch)
    held, after = goes_on(out, notebook)
    return held and not how.startswith("signal"), how if held else after


def edited(folder: Path, notebook: Path, back: float) -> Held:
    """A table of the user's changes during the run, dated `back` seconds ago: pages made before are made again."""
    mine, out = folder / "mine", folder / "out"
    mine.mkdir()
    table = "area,scenario,parameter,year,value,unit,source\n{},,target_occupancy,,{},1,judged\n"
    path = mine / "assumptions.csv"
    path.write_text(table.format("yingtan", 0.8), encoding="utf-8")
    batch = start(out, notebook, data=str(mine))
    while not (out / "yingtan" / "report.json").exists() and batch.poll() is None:
        time.sleep(0.01)
    path.write_text(table.format("yingtan", 0.7), encoding="utf-8")
    os.utime(path, (time.time() - back, time.time() - back))
    how = ended(batch)
    before = (out / "yingtan" / "report.json").read_text(encoding="utf-8")
    held, after = goes_on(out, notebook, data=str(mine))
    again = (out / "yingtan" / "report.json").read_text(encoding="utf-8") != before
    return held and again, how if held and again else after if again else "an old page was kept"


def crowded(folder: Path, notebook: Path) -> Held:
    """A second run in the folder is refused in a sentence, and the first is not disturbed."""
    slow = write_template(folder / "slow.ipynb", "import time; time.sleep(5)")
    first = start(folder / "out", slow, jobs=1)
    while not [*(folder / "out").glob("*/.yilao-*")] and first.poll() is None:
        time.sleep(0.01)
    second, how = ended(start(folder / "out", notebook)), ended(first)
    return how == "ok" and second.startswith("sentence: Another run"), second


def clock_back(folder: Path, notebook: Path) -> Held:
    """The clock of the second run is a day behind that of the first: what is up to date is kept."""
    ended(start(folder / "out", notebook))
    rows = [path.read_bytes() for path in sorted(folder.glob("out/*/report.json"))]
    behind = "import time; now = time.time; time.time = lambda: now() - 86_400"
    how = ended(start(folder / "out", notebook, before=behind))
    return how == "ok" and rows == [path.read_bytes() for path in sorted(folder.glob("out/*/report.json"))], how


def worker_lost(folder: Path, notebook: Path) -> Held:
    """A Dask worker is lost in the middle."""
    run = [sys.executable, "-m", "pytest", "-q", "tests/reports/test_dask.py"]
    told = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    return told.returncode == 0, "skipped: no distributed" if "skipped" in told.stdout else "ok"


def main() -> int:
    """Make the attacks and print the table."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        notebook = write_template(folder / "t.ipynb", WRITES, "'文字 ' * 20_000", "import time; time.sleep(0.3)")
        attacks: list[tuple[str, Callable]] = []
        for i in range(kills):
            whom = ("batch", "worker", "notebook", "all")[i % 4]
            attacks.append((f"SIGKILL: {whom}", lambda at, whom=whom: killed(at, notebook, whom)))
        attacks += [
            ("no descriptors", lambda at: starved(at, notebook, resource.RLIMIT_NOFILE, 20)),
            ("no memory", lambda at: starved(at, notebook, resource.RLIMIT_AS, 400 * 2**20)),
            ("folder deleted", lambda at: deleted(at, notebook)),
            ("data edited", lambda at: edited(at, notebook, 0)),
            ("data edited, dated yesterday", lambda at: edited(at, notebook, 86_400)),
            ("two runs in a folder", lambda at: crowded(at, notebook)),
            ("clock set back", lambda at: clock_back(at, notebook)),
            ("Dask worker lost", lambda at: worker_lost(at, notebook)),
        ]
        rows = []
        for i, (attack, made) in enumerate(attacks):
            (at := folder / str(i)).mkdir()
            rows.append((attack, *made(at)))
            shutil.rmtree(at, ignore_errors=True)
        rows += [("disk full", *each) for each in full_disk(folder, notebook)]
    frame = pd.DataFrame(rows, columns=["attack", "held", "ended"])
    told = frame.groupby("attack", sort=False).agg(
        made=("held", "size"), held=("held", "sum"), ended=("ended", lambda x: Counter(x).most_common(1)[0][0])
    )
    print(told.to_string())
    print(frame[~frame["held"]].to_string() if not frame["held"].all() else "All held.")
    return 0 if frame["held"].all() else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
