"""The runner: a notebook in a process of its own is as in Jupyter, within its limits, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import nbformat
import psutil
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill import PapermillExecutionError
from tiny_report import wait_for, write_template

from yilaolib.errors import YilaoError
from yilaolib.reports import one, runner

DIRTY = """\
import json, os, random, sys, warnings
import matplotlib as mpl, numpy as np, pandas as pd
mpl.rcParams['font.size'] = 77
np.random.seed(1); random.seed(1)
pd.set_option('display.max_rows', 3)
os.environ['DIRTY'] = 'yes'
os.chdir('/')
json.dumps = None
sys.path.insert(0, '/dirty')
sys.modules['dirty'] = sys
import yilaolib as yl
yl.use_style('en')
get_ipython().run_line_magic('matplotlib', 'agg')
warnings.simplefilter('error')
left = 1"""
LOOK = """\
import json, os, random, sys
import matplotlib as mpl, numpy as np, pandas as pd
print(mpl.rcParams['font.size'], pd.get_option('display.max_rows'), os.environ.get('DIRTY'), os.getcwd(),
      callable(json.dumps), '/dirty' in sys.path, 'dirty' in sys.modules, 'left' in globals(),
      mpl.rcParams['backend'], sep='|')"""


def run(tmp_path, *cells, **limits):
    """Run a notebook of these cells; return the outputs of each."""
    runner.begin(one.PRELOAD)
    notebook = write_template(tmp_path / "t.ipynb", *cells)
    nb = runner.run_notebook(notebook, tmp_path / "out.ipynb", {"city": "x"}, **limits)
    return [cell.outputs for cell in nb.cells[2:]]


def kept(tmp_path):
    """Outputs that are in the notebook on disk."""
    return str([cell.get("outputs") for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells])


def test_nothing_passes_between_notebooks(tmp_path):
    """A notebook that dirties settings, seeds, environment, folder and modules changes nothing for the next."""
    before = run(tmp_path, LOOK)[0][0]["text"]
    run(tmp_path, DIRTY)
    assert run(tmp_path, LOOK)[0][0]["text"] == before
    assert f"|None|{os.getcwd()}|True|False|False|False|{runner.INLINE}" in before


def test_random_numbers_differ(tmp_path):
    """Two notebooks do not draw the same numbers, whatever was drawn before."""
    draw = "import random, numpy as np; print(random.random(), np.random.random(), np.random.default_rng().random())"
    first, second = (set(run(tmp_path, draw)[0][0]["text"].split()) for _ in range(2))
    assert not first & second


def test_environment_and_folder_are_the_callers(tmp_path, monkeypatch):
    """A notebook sees the environment and the folder of whoever asks, at the time; BLAS has one thread."""
    monkeypatch.setenv("ASKED", "now")
    monkeypatch.chdir(tmp_path)
    cell = "from os import environ as env, getcwd\n"
    cell += "print(env['ASKED'], getcwd(), env['OMP_NUM_THREADS'], 'PYTHONSAFEPATH' in env)"
    assert run(tmp_path, cell)[0][0]["text"] == f"now {tmp_path} 1 False\n"


@pytest.mark.parametrize("start", ["forkserver", "spawn"])
def test_current_folder_is_not_imported_from(tmp_path, start):
    """Modules that lie in the current folder are not run, and the caller's script is not run again."""
    (tmp_path / "before").mkdir()
    imported = run(tmp_path / "before", "import sys, pandas\nprint(*{name.split('.')[0] for name in sys.modules})")
    names = set(imported[0][0]["text"].split()) - {"sys", "builtins", "yilaolib"}
    assert {"json", "socket", "pandas", "IPython"} <= names
    for name in names:
        (tmp_path / f"{name}.py").write_text("open('run', 'w'); raise SystemExit('from the folder')")
    write_template(tmp_path / "t.ipynb", "import json, pandas\nprint('fine')")
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "script.py"
    script.write_text(f"""\
from pathlib import Path
from yilaolib.reports import one, runner
open('count', 'a').write('x')
runner.START = {start!r}
runner.begin(one.PRELOAD)
runner.run_notebook(Path('t.ipynb'), Path('o.ipynb'), {{}})""")
    env = os.environ | {"PYTHONPATH": str(Path(one.__file__).parents[2])}
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, env=env, check=True)
    assert "fine" in (tmp_path / "o.ipynb").read_text() and not (tmp_path / "run").exists()
    assert (tmp_path / "count").read_text() == "x"


def test_a_path_that_is_given_is_kept(tmp_path):
    """With a safe path (`python -P`) a notebook finds the current folder where PYTHONPATH names it."""
    (tmp_path / "mine.py").touch()
    write_template(tmp_path / "t.ipynb", "import mine")
    script = "from yilaolib.reports import runner as r; r.run_notebook(r.Path('t.ipynb'), r.Path('o.ipynb'), {})"
    env = os.environ | {"PYTHONSAFEPATH": "1", "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(one.__file__).parents[2]}"}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, check=True)


@pytest.mark.skipif(runner.START != "forkserver", reason="there is no forkserver")
def test_forkserver_has_one_thread(tmp_path):
    """What is forked has one thread, for a fork copies one only; it has imported the stack and read the tables."""
    cell = """\
import os, sys
print(len(os.listdir(f'/proc/{os.getppid()}/task')), {'yilaolib.reports.page', 'scipy.optimize'} <= set(sys.modules))
from yilaolib.reports import many
print(set(many.STACK) <= set(sys.modules))"""
    notebook = write_template(tmp_path / "t.ipynb", cell)
    script = f"""\
from pathlib import Path
from yilaolib.reports import one, runner
runner.begin(one.PRELOAD)
nb = runner.run_notebook(Path({str(notebook)!r}), Path({str(tmp_path / "o.ipynb")!r}), {{"city": "x"}})
print(nb.cells[-1].outputs[0]["text"], end="")"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "1 True\nTrue\n"


@pytest.mark.parametrize("start", ["forkserver", "spawn"])
def test_outputs_are_as_in_jupyter(tmp_path, monkeypatch, start):
    """Text, results, displays, async cells, magics, subprocesses, widgets, odd file names: as in Jupyter, in order."""
    monkeypatch.setattr(runner, "START", start)
    outputs = run(
        tmp_path,
        "import sys\nprint('a'); print('b'); print('c', file=sys.stderr)\n1 + 1",
        "from IPython.display import display, clear_output\nh = display(1, display_id=True)\nprint('x')\nh.update(2)",
        "print('gone'); clear_output(wait=True); print('stays')",
        "import asyncio\nawait asyncio.sleep(0)\nasyncio.get_running_loop()\nx = !echo shell\nx[0]",
        "import subprocess, os; subprocess.run(['echo', 'sub']); os.write(2, b'low\\n');",
        "1; None",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.figure(); plt.show()",
        "import os\nprint(os.fsdecode(b'a\\xff.csv'), '\\ud800')\n'\\udc80'",
        "import comm\nc = comm.create_comm(target_name='t', data={'a': 1})\nc.send({'b': 2})\n7",
    )
    assert [(o.get("name"), o.get("text")) for o in outputs[0][:2]] == [("stdout", "a\nb\n"), ("stderr", "c\n")]
    assert (outputs[0][2].data["text/plain"], outputs[0][2].execution_count) == ("2", 3)
    assert outputs[1][0].data["text/plain"] == "2" and outputs[1][1].text == "x\n" and len(outputs[1]) == 2
    assert [o.text for o in outputs[2]] == ["stays\n"] and outputs[3][-1].data["text/plain"] == "'shell'"
    assert {o.name: o.text for o in outputs[4]} == {"stdout": "sub\n", "stderr": "low\n"}
    assert outputs[5] == [] and [sorted(o.data) for o in outputs[6]] == [["text/plain"]]
    assert outputs[7][0].text == "a?.csv ?\n" and outputs[7][1].data["text/plain"] == "'\\udc80'"
    assert outputs[8][-1].data["text/plain"] == "7"


def test_figures_show_without_show(tmp_path):
    """A figure is shown once at the end of its cell, though pyplot was imported before the fork."""
    figure, later = run(tmp_path, "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])", "1")
    assert [sorted(o.data) for o in figure] == [["image/png", "text/plain"]] and "image/png" not in later[0].data


def test_notebook_can_use_processes_and_files(tmp_path):
    """A pool of a function of the notebook works; an unclosed file and exit handlers end as they should."""
    out = tmp_path / "text"
    cell = f"""\
from concurrent.futures import ProcessPoolExecutor
import atexit
def double(x): print('in', x, flush=True); return 2 * x
with ProcessPoolExecutor(2) as pool: total = sum(pool.map(double, range(3)))
file = open({str(out)!r}, 'w'); file.write('whole')
total"""
    assert run(tmp_path, cell)[0][-1].data["text/plain"] == "6"
    cell += f"\n_ = atexit.register(open({str(out) + '2'!r}, 'w').write, 'left')"
    notebook = write_template(tmp_path / "t.ipynb", cell)
    papermill(notebook, tmp_path / "o.ipynb")
    assert out.read_text() == "whole" and Path(f"{out}2").exists()


def papermill(*arguments, **options):
    command = [sys.executable, "-m", "papermill", "--engine", "yilao", *map(str, arguments), "--no-progress-bar"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def test_papermill_command(tmp_path):
    """`papermill --engine yilao` passes parameters, logs what cells print, keeps what a failing notebook reached."""
    notebook = write_template(tmp_path / "t.ipynb", "print('for', city)", "1 / 0", "print('after')")
    done = papermill(notebook, tmp_path / "out.ipynb", "-p", "city", "海安市", "--log-output")
    assert done.returncode == 1 and "for 海安市" in done.stderr and "ZeroDivisionError" in done.stderr
    text = kept(tmp_path)
    assert "for 海安市" in text and "ZeroDivisionError" in text and "after" not in text
    assert nbformat.read(tmp_path / "out.ipynb", 4).metadata.papermill.exception
    slow = write_template(tmp_path / "s.ipynb", "print('begun')\nimport time\ntime.sleep(60)")
    done = papermill(slow, tmp_path / "out.ipynb", "--execution-timeout", "1")
    assert "CellTimeoutError" in done.stderr and "KeyboardInterrupt" in kept(tmp_path) and "begun" in kept(tmp_path)


def test_traceback_is_papermills(tmp_path):
    """A failing cell is papermill's exception, with the outputs before it kept and those after it not begun."""
    with pytest.raises(PapermillExecutionError, match="no beds") as caught:
        run(tmp_path, "print('before')", "def f():\n    raise ValueError('no beds')\nf()", "print('after')")
    assert (caught.value.ename, caught.value.exec_count) == ("ValueError", 4)
    assert "in f()" in str(caught.value) and "'before\\n'" in kept(tmp_path) and "'after\\n'" not in kept(tmp_path)


def test_unusual_ends_are_papermills(tmp_path):
    """sys.exit and a syntax error end as papermill ends them."""
    assert run(tmp_path, "raise SystemExit(0)")[0][0]["ename"] == "SystemExit"
    for cell, error in ("raise SystemExit(3)", "SystemExit"), ("1 +", "SyntaxError"):
        with pytest.raises(PapermillExecutionError, match=error):
            run(tmp_path, cell)


def test_timeout_of_the_whole_notebook(tmp_path):
    """A limit for the notebook counts over its cells; the one that was running says where it was."""
    begin = time.monotonic()
    with pytest.raises(CellTimeoutError):
        run(tmp_path, *["import time\ntime.sleep(0.6)"] * 20, timeout=1.5)
    assert time.monotonic() - begin < 10 and "KeyboardInterrupt" in kept(tmp_path)


def test_stubborn_notebook_is_killed(tmp_path, monkeypatch):
    """A cell that ignores the interrupt is killed after a moment with what it started; what it printed is kept."""
    monkeypatch.setattr(runner, "GRACE", 0.3)
    stubborn = """\
import os, signal, subprocess, time
child = subprocess.Popen(['sleep', '100'])
print('pid', os.getpid(), child.pid)
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True: time.sleep(1)"""
    with pytest.raises(CellTimeoutError):
        run(tmp_path, stubborn, timeout=1.5)
    pids = [int(pid) for pid in kept(tmp_path).split("pid ")[1].split("\\n")[0].split()]
    assert len(pids) == 2 and wait_for(lambda: not any(map(lives, pids)), 5)


@pytest.mark.skipif(runner.START != "forkserver", reason="there is no forkserver")
def test_interrupted_start_ends_the_forkserver(monkeypatch):
    """Ctrl-C while a process is being started leaves nobody who starts it afterwards; a lost forkserver is told."""
    runner.begin(one.PRELOAD)
    pid = runner._server_pid()
    monkeypatch.setattr("multiprocessing.forkserver.read_signed", lambda _: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        runner._start(print)
    assert pid and wait_for(lambda: not lives(pid), 5)
    monkeypatch.setattr("multiprocessing.forkserver.read_signed", Mock(side_effect=EOFError))
    with pytest.raises(YilaoError, match="is gone"):
        runner._start(print)


def lives(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(("death", "told"), [
    ("os.kill(os.getpid(), 11)", "ended by SIGSEGV"),
    ("os._exit(3)", "ended by itself (exit code 3)"),
    ("if os.fork(): os._exit(4)\nimport time; time.sleep(60)", "ended by itself (exit code 4)"),
])  # fmt: skip
def test_dead_notebook_says_of_what(tmp_path, death, told):
    """A notebook whose process dies is told with signal or exit code, and what it printed is kept."""
    begin = time.monotonic()
    with pytest.raises(DeadKernelError) as caught:
        run(tmp_path, f"import os\nprint('last words')\n{death}")
    assert told in str(caught.value) and "last words" in kept(tmp_path) and time.monotonic() - begin < 30


def test_memory_limit_is_a_memory_error(tmp_path):
    """A notebook that takes too much memory gets a MemoryError with a traceback; what it needs it gets."""
    with pytest.raises(PapermillExecutionError, match="MemoryError"):
        run(tmp_path, "x = bytearray(50_000_000)\nprint('fits')\ny = bytearray(400_000_000)", memory_mb=200)
    assert "fits" in kept(tmp_path)


@pytest.mark.parametrize("cell", [
    "import subprocess, sys\nfor _ in range(3): subprocess.Popen([sys.executable, '-c', hog])\ntime.sleep(60)",
    "from multiprocessing.shared_memory import SharedMemory\nshared = SharedMemory(create=True, size=2**29)\n"
    "for i in range(512): shared.buf[i << 20 : i + 1 << 20] = bytes(2**20)\ntime.sleep(60)",
])  # fmt: skip
def test_memory_limit_is_of_all_together(tmp_path, cell):
    """Processes that a cell starts, and shared memory, count to what the notebook may take."""
    hog = "import time\nhog = 'import time; x = bytearray(150_000_000); time.sleep(60)'"
    with pytest.raises(DeadKernelError, match="processes that it started took more memory than the 200 MB allowed"):
        run(tmp_path, hog, cell, memory_mb=200)


@pytest.mark.parametrize(("cell", "told"), [
    ("for _ in range(100): print('x' * 1_000_000)", "More than 1,000,000 characters were printed"),
    ("import subprocess; subprocess.run(['head', '-c', '100000000', '/dev/zero']);", "characters were printed"),
    ("from IPython.display import HTML\nHTML('x' * 100_000_000)", "characters were displayed"),
    ("from IPython.display import HTML, display\nfor _ in range(100): display(HTML('x' * 500_000))", "displayed"),
])  # fmt: skip
def test_flood_is_cut(tmp_path, cell, told):
    """100 MB of text, and displays as large, are cut with a sentence, and the next cell has room of its own."""
    flood, after = run(tmp_path, cell, "print('dry')")
    assert told in flood[-1].text[-100:] and len(str(flood)) < 21_000_000 and after[0].text == "dry\n"


def test_everything_started_ends(tmp_path):
    """What a cell started ends with the notebook, also in a session of its own and with its parent gone."""
    away = "setsid sleep 300 & echo $! > pid"
    cell = f"import subprocess, time\nsubprocess.run(['sh', '-c', {away!r}], cwd={str(tmp_path)!r})\ntime.sleep(0.2)"
    run(tmp_path, cell)
    assert wait_for(lambda: not lives(int((tmp_path / "pid").read_text())), 5)


def test_notebook_ends_with_its_starter(tmp_path):
    """When whoever asked is killed, the notebook ends too."""
    tell = f"open({str(tmp_path / 'pid')!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}}')"
    write_template(tmp_path / "t.ipynb", f"import os, time\n{tell}\ntime.sleep(60)")
    code = "from pathlib import Path\nfrom yilaolib.reports.runner import run_notebook\n"
    code += "run_notebook(Path('t.ipynb'), Path('o.ipynb'), {})"
    starter = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    pids = wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().split())
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert len(pids) == 2 and wait_for(lambda: not any(lives(int(pid)) for pid in pids), 10)
