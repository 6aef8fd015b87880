"""The engine: a notebook in a fork of a warm process is as in a kernel of its own, and leaves nothing behind."""

import importlib.util
import logging
import os
import signal
import subprocess
import sys
import threading
import time

import nbformat
import papermill
import psutil
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill import PapermillExecutionError
from tiny_report import write_template

from yilaolib import engine
from yilaolib.errors import YilaoError
from yilaolib.reports import client as client
from yilaolib.reports import forking as forking
from yilaolib.reports import librarykey as librarykey
from yilaolib.reports import server as server
from yilaolib.reports import warm as warm

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
yl.use_style('en'); yl.Report('en')
get_ipython().run_line_magic('matplotlib', 'agg')
warnings.simplefilter('error')
left = 1"""
LOOK = """\
import json, os, random, sys
import matplotlib as mpl, numpy as np, pandas as pd
print(mpl.rcParams['font.size'], pd.get_option('display.max_rows'), os.environ.get('DIRTY'), os.getcwd(),
      callable(json.dumps), '/dirty' in sys.path, 'dirty' in sys.modules, 'left' in globals(),
      mpl.rcParams['backend'], sys.modules['yilaolib.plots.style'].state['lang'], sep='|')"""


def run(tmp_path, *cells, **options):
    """Run a notebook of these cells with the engine; return the outputs of each cell."""
    notebook = write_template(tmp_path / "t.ipynb", *cells)
    options = {"engine_name": "yilao", "progress_bar": False, "shutdown_kernel": "immediate"} | options
    nb = papermill.execute_notebook(str(notebook), str(tmp_path / "out.ipynb"), {"city": "x"}, **options)
    return [cell.outputs for cell in nb.cells[2:]]


def kept(tmp_path):
    """Outputs that are in the notebook on disk."""
    return str([cell.get("outputs") for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells])


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """What a notebook finds when none has run before it."""
    return run(tmp_path_factory.mktemp("clean"), LOOK)[0][0]["text"]


def test_nothing_passes_between_notebooks(tmp_path, clean):
    """A notebook that dirties settings, seeds, environment, folder and modules changes nothing for the next."""
    run(tmp_path, DIRTY)
    assert run(tmp_path, LOOK)[0][0]["text"] == clean
    assert f"|None|{os.getcwd()}|True|False|False|False|" in clean and clean.endswith("|zh\n")


def test_random_numbers_differ(tmp_path):
    """Two notebooks do not draw the same numbers, whatever seed was set before."""
    draw = "import random, numpy as np; print(random.random(), np.random.random(), np.random.default_rng().random())"
    first, second = (set(run(tmp_path, draw)[0][0]["text"].split()) for _ in range(2))
    assert not first & second


def test_environment_and_folder_are_the_callers(tmp_path, monkeypatch):
    """A notebook sees the environment and the folder of whoever asks, at the time."""
    monkeypatch.setenv("ASKED", "now")
    monkeypatch.chdir(tmp_path)
    text = run(tmp_path, "import os; print(os.environ['ASKED'], os.getcwd(), os.environ['OMP_NUM_THREADS'])")
    assert text[0][0]["text"] == f"now {tmp_path} 1\n"


def test_outputs_are_as_in_jupyter(tmp_path):
    """Text, results, displays, async cells, magics, subprocesses, odd file names: as in Jupyter."""
    outputs = run(
        tmp_path,
        "import sys\nprint('a'); print('b'); print('c', file=sys.stderr)\n1 + 1",
        "from IPython.display import display, clear_output\nh = display(1, display_id=True)\nh.update(2)",
        "print('gone'); clear_output(); print('stays')",
        "import asyncio\nawait asyncio.sleep(0)\n%pwd\nx = !echo shell\nx[0]",
        "import subprocess, os; subprocess.run(['echo', 'sub']); os.write(2, b'low\\n');",
        "1; None",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.figure(); plt.show()",
        "import os\nprint(os.fsdecode(b'a\\xff.csv'), '\\ud800')\n'\\udc80'",
    )
    assert [(o.output_type, o.get("name"), o.get("text")) for o in outputs[0][:2]] == [
        ("stream", "stdout", "a\nb\n"),
        ("stream", "stderr", "c\n"),
    ]
    assert outputs[0][2].data["text/plain"] == "2"
    assert [o.data["text/plain"] for o in outputs[1]] == ["2"]
    assert [o.text for o in outputs[2]] == ["stays\n"]
    assert outputs[3][-1].data["text/plain"] == "'shell'"
    assert {o.name: o.text for o in outputs[4]} == {"stdout": "sub\n", "stderr": "low\n"}
    assert outputs[5] == [] and [sorted(o.data) for o in outputs[6]] == [["text/plain"]]
    assert outputs[7][0].text == "a\ufffd.csv \ufffd\n" and outputs[7][1].data["text/plain"] == "'\\udc80'"


def test_figures_show_without_show(tmp_path):
    """A figure is shown once at the end of its cell, though pyplot was imported before the fork."""
    figure, later = run(tmp_path, "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])", "1")
    assert [sorted(o.data) for o in figure] == [["image/png", "text/plain"]] and "image/png" not in later[0].data


def test_widget_messages_pass(tmp_path):
    """Comms are opened without complaint, and what they publish does not disturb the cell."""
    outputs = run(tmp_path, "import comm\nc = comm.create_comm(target_name='t', data={'a': 1})\nc.send({'b': 2})\n7")
    assert outputs[0][-1].data["text/plain"] == "7"


def test_traceback_is_papermills(tmp_path):
    """A failing cell is papermill's exception, with the outputs before it kept and those after it not begun."""
    with pytest.raises(PapermillExecutionError, match="no beds") as caught:
        run(tmp_path, "print('before')", "def f():\n    raise ValueError('no beds')\nf()", "print('after')")
    assert (caught.value.ename, caught.value.exec_count) == ("ValueError", 4)
    assert "in f()" in str(caught.value) and "'before\\n'" in kept(tmp_path) and "'after\\n'" not in kept(tmp_path)


@pytest.mark.parametrize(
    ("cell", "error"), [("raise SystemExit(0)", None), ("raise SystemExit(3)", "SystemExit"), ("1 +", "SyntaxError")]
)
def test_unusual_ends_are_papermills(tmp_path, cell, error):
    """sys.exit and a syntax error end as papermill ends them."""
    if error is None:
        assert run(tmp_path, cell)[0][0]["ename"] == "SystemExit"
    else:
        with pytest.raises(PapermillExecutionError) as caught:
            run(tmp_path, cell)
        assert caught.value.ename == error


def test_timeout_interrupts_and_tells_where(tmp_path):
    """A cell that takes too long is interrupted: papermill's error, and the traceback says where it was."""
    with pytest.raises(CellTimeoutError):
        run(tmp_path, "print('begun')\nimport time\ntime.sleep(60)", execution_timeout=1)
    assert "KeyboardInterrupt" in kept(tmp_path) and "begun" in kept(tmp_path)


def test_timeout_of_the_whole_notebook(tmp_path):
    """A limit for the notebook counts over its cells."""
    begin = time.monotonic()
    with pytest.raises(CellTimeoutError):
        run(tmp_path, *["import time\ntime.sleep(0.6)"] * 20, report_timeout=1.5)
    assert time.monotonic() - begin < 10


def test_stubborn_notebook_is_killed(tmp_path, monkeypatch):
    """A cell that ignores the interrupt is killed after a moment, and what it printed is kept."""
    monkeypatch.setattr(client, "GRACE", 0.3)
    stubborn = "import os, signal, time\nprint('pid', os.getpid())\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    with pytest.raises(CellTimeoutError):
        run(tmp_path, stubborn + "while True: time.sleep(1)", execution_timeout=1)
    pid = int(kept(tmp_path).split("pid ")[1].split("\\n")[0])
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize(
    ("death", "told"),
    [("os.kill(os.getpid(), 11)", "ended by SIGSEGV"), ("os._exit(3)", "ended its own process (exit code 3)")],
)
def test_dead_notebook_says_of_what(tmp_path, death, told):
    """A notebook whose process dies is told with signal or exit code, and what it printed is kept."""
    with pytest.raises(DeadKernelError) as caught:
        run(tmp_path, f"import os\nprint('last words')\n{death}")
    assert told in str(caught.value) and "last words" in kept(tmp_path)


def test_memory_limit_is_a_memory_error(tmp_path):
    """A notebook that takes too much memory gets a MemoryError with a traceback; what it needs it gets."""
    with pytest.raises(PapermillExecutionError, match="MemoryError"):
        run(tmp_path, "x = bytearray(50_000_000)\nprint('fits')\ny = bytearray(400_000_000)", memory_mb=200)
    assert "fits" in kept(tmp_path)


def test_notebook_ends_with_its_starter(tmp_path):
    """When whoever asked is killed, the warm process and the notebook end too."""
    tell = f"open({str(tmp_path / 'pid')!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}}')"
    notebook = write_template(tmp_path / "t.ipynb", f"import os, time\n{tell}\ntime.sleep(60)")
    code = f"""\
from pathlib import Path
from yilaolib.reports.engine import run_notebook
run_notebook(Path({str(notebook)!r}), Path('o.ipynb'), {{}})"""
    starter = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    pids = wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().split(), 60)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert len(pids) == 2 and wait_for(lambda: not any(psutil.pid_exists(int(pid)) for pid in pids), 10)


def wait_for(what, seconds):
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def test_threads_render_at_once(tmp_path):
    """Several threads of one process can each run a notebook."""
    texts = {}

    def one(i):
        (tmp_path / str(i)).mkdir()
        texts[i] = run(tmp_path / str(i), f"print({i})")[0][0]["text"]

    threads = [threading.Thread(target=one, args=(i,)) for i in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert texts == {i: f"{i}\n" for i in range(3)}


@pytest.mark.parametrize("why", ["platform", "threads"])
def test_where_fork_is_not_safe(tmp_path, monkeypatch, why):
    """Where forking is not safe papermill's own engine runs the notebook, and one sentence says so, once."""
    reason = f"reason {why}"

    def refuse():
        raise YilaoError(reason)

    monkeypatch.setattr(client, "fork_kernel", lambda *_: refuse())
    with pytest.warns(RuntimeWarning, match=f"slower: {reason}") as told:
        for _ in range(2 if why == "platform" else 1):
            assert run(tmp_path, "print('done')")[0][0]["text"] == "done\n"
    assert len([warning for warning in told if "slower" in str(warning.message)]) == 1


def test_systems_without_fork_are_named(monkeypatch):
    """macOS forks, but not safely; Windows does not."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "darwin" in forking.why_not()
    monkeypatch.undo()
    monkeypatch.delattr(os, "fork")
    assert forking.why_not()


def test_threads_of_imports_forbid_the_fork(tmp_path, monkeypatch):
    """A module that starts a thread when it is imported makes the warm process refuse to fork."""
    (tmp_path / "threadful.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(server.MORE, "threadful")
    process = warm.WarmProcess((os.getpid(), "test"))
    with pytest.raises(YilaoError, match="have started 1 threads"):
        process.fork({"role": "kernel", "env": {}, "cwd": "/"}, [])
    process.close()


def test_rehearsal_leaves_the_warm_process_able(tmp_path):
    """After a rehearsal, whether of a city or of nothing, the warm process still forks; children have what it read."""
    warm.rehearse("nowhere", None)
    warm.rehearse("haian", None)
    cell = "from yilaolib.auditing.evidence import _evidence\nprint(_evidence.cache_info().currsize)"
    assert run(tmp_path, cell)[0][0]["text"] == "1\n"


def test_names_of_warm_imports_exist():
    """What the warm process imports beforehand can be imported: a name that is gone would only make it slow."""
    assert [name for name in (*server.STACK, *server.OURS) if importlib.util.find_spec(name) is None] == []


def test_other_languages_run_elsewhere(tmp_path):
    """A notebook in another language is not ours to run."""
    nb = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}})
    assert engine._fork(nb, None) is None


def test_engine_is_known_to_papermill():
    """papermill finds the engine by its name."""
    assert papermill.engines.papermill_engines.get_engine("yilao") is engine.YilaoEngine


def test_log_output_reaches_the_log(tmp_path, caplog):
    """papermill's log_output logs what cells print."""
    with caplog.at_level(logging.INFO, logger="papermill"):
        run(tmp_path, "print('to the log')", log_output=True)
    assert "to the log" in caplog.text


def test_plain_papermill_finds_the_engine():
    """`papermill --engine yilao` loads it by its entry point, although ours is imported while papermill is."""
    code = (
        "import papermill; from papermill.engines import papermill_engines as e; print(e.get_engine('yilao').__name__)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    first = subprocess.run([sys.executable, "-c", "import yilaolib.engine"], capture_output=True, text=True, check=True)
    assert found.strip() == "Engine" and first.stderr == ""


def test_library_that_is_gone_is_not_replaced(tmp_path, monkeypatch):
    """When the warm process of a batch is lost after somebody has saved the library, no other library takes over."""
    state = librarykey.library_state()
    monkeypatch.setattr(warm, "_process", None)
    monkeypatch.setattr(librarykey, "_held", [state])
    monkeypatch.setattr(librarykey, "library_state", lambda: (*state, ("saved.py", 1, 1)))
    with pytest.raises(YilaoError, match="a file of yilaolib was saved while this run was going on"):
        run(tmp_path, "1")
    monkeypatch.setattr(warm, "why_not", lambda: "a process cannot be forked here")  # nor does a fresh kernel
    with pytest.raises(YilaoError, match="a file of yilaolib was saved while this run was going on"):
        run(tmp_path, "1")
