"""Run a notebook in a process of its own, behind papermill's engine interface: `papermill --engine yilao IN OUT`.

On Linux such a process is forked from Python's forkserver, which has imported what a report needs, so it starts in a
hundredth of a second; elsewhere it is spawned. Cells are run in it by an IPython shell, and what they show is sent
here as it comes. Whatever a notebook changes ends with its process. Nothing in this file knows what a report is.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import logging
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from json import dumps, loads  # a notebook may set others in their place
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

NAME = "yilao"
START = "forkserver" if sys.platform == "linux" else "spawn"
# Several notebooks at once would fight over the cores. Libraries read these when they are imported.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
INLINE = "module://matplotlib_inline.backend_inline"
GRACE = 5.0  # [s] for the traceback of a cell that was interrupted
TICK = 0.5  # [s] between two looks at a process that says nothing
MOST_TEXT = 1_000_000  # characters that one cell may print
AT_ONCE, PAUSE = 200, 0.05  # the first pieces of a cell's text are sent at once, later ones every 0.05 s

_starting = threading.Lock()
_state = {"apart": False}  # True in a process of `run_many`: it has one thread and may fork


def begin(modules: Iterable[str], **env: str) -> None:
    """Start the forkserver, which imports these modules, with `env`, while the caller does other things."""
    if START == "forkserver" and not _state["apart"]:
        from multiprocessing import forkserver

        multiprocessing.set_forkserver_preload(list(modules))
        with _starting, _as_a_child_should_find_it():
            os.environ.update(env)
            forkserver.ensure_running()


@contextlib.contextmanager
def _as_a_child_should_find_it() -> Iterator[None]:
    """While a process is started: hide the caller's script, which it would run again, and the current folder."""
    main, path, env = sys.modules["__main__"], sys.path[:], dict(os.environ)
    safe = [folder for i, folder in enumerate(path) if folder and (i or folder != os.getcwd())]
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.path[:] = safe
    os.environ.update({"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(safe), "MPLBACKEND": INLINE})
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    try:
        yield
    finally:
        sys.modules["__main__"], sys.path[:] = main, path
        for name in set(os.environ) - set(env):
            del os.environ[name]
        os.environ.update(env)


def _start(target: Callable, *args: object) -> BaseProcess:
    """Start a process that calls `target(*args)` in this folder and with this environment."""
    env = dict.fromkeys(ONE_THREAD, "1") | {"MPLBACKEND": INLINE} | dict(os.environ)
    context: Any = multiprocessing.get_context("fork" if _state["apart"] else START)
    process = context.Process(target=_begin, args=(os.getcwd(), env, target, *args))
    with _starting, _as_a_child_should_find_it():
        process.start()
    return process


def _begin(folder: str, env: dict, target: Callable, *args: object) -> None:
    """Shed what a process inherits, then call `target`."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: end with the parent
        forkserver = sys.modules.get("multiprocessing.forkserver")
        if forkserver and (alive := forkserver._forkserver._forkserver_alive_fd) is not None:
            os.close(alive)  # or the forkserver would not end with whoever started it
            forkserver._forkserver._forkserver_alive_fd = None
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()  # Ctrl-C is for whoever asked; what the notebook starts ends with it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # but while a cell runs
    atexit._clear()
    multiprocessing.set_start_method(None, force=True)  # the notebook's own processes start as usual
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    target(*args)


def _end(process: BaseProcess) -> None:
    """Kill a process with all that it started, and wait until it is gone."""
    pid = process.pid or 0
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg") and process.exitcode is None and os.getpgid(pid) != pid:
            process.kill()  # it has not begun yet
        elif hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
    process.kill()
    process.join(10)


def _obituary(process: BaseProcess) -> str:
    process.join(1)
    code = process.exitcode
    if code is None or code >= 0:
        return f"ended by itself (exit code {code})"
    hint = "; the machine may have run out of memory" if -code == 9 else ""
    return f"ended by {signal.Signals(-code).name}{hint}"


def run_many(function: Callable, tasks: Iterable[tuple], jobs: int, timeout: float) -> Iterator[tuple[tuple, Any]]:
    """Call a function for each tuple of arguments, `jobs` at a time, each in a process; yield (arguments, result).

    The function must not raise. In place of a result comes a text when the process was lost, or killed after `timeout`
    [s]. Where processes cannot be forked, threads call the function, and only its notebooks are processes.
    """
    if START != "forkserver":
        with ThreadPoolExecutor(jobs) as pool:
            futures = {pool.submit(function, *task): task for task in tasks}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        return
    waiting, running = deque(tasks), {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                ours, theirs = multiprocessing.Pipe(duplex=False)
                process = _start(_answer, theirs, function, waiting[0])
                theirs.close()
                running[ours] = (process, waiting.popleft(), time.monotonic() + timeout)
            ready = wait(list(running), timeout=TICK)
            for ours, (process, task, end_by) in list(running.items()):
                if ours in ready:
                    try:
                        answer = ours.recv()
                    except EOFError:
                        answer = _obituary(process)
                elif process.exitcode is not None and not ours.poll():
                    answer = _obituary(process)  # something that it started still holds the other end
                elif time.monotonic() > end_by:
                    answer = "killed, because it did not end"
                else:
                    continue
                _end(process)
                ours.close()
                del running[ours]
                yield task, answer
    finally:
        for process, _, _ in running.values():
            _end(process)


def _answer(connection: Connection, function: Callable, task: tuple) -> None:
    _state["apart"] = True
    connection.send(function(*task))


def import_papermill() -> types.ModuleType:
    """Import papermill without a grammar of web addresses that jsonschema would compile for two seconds."""
    slow: Any = "rfc3987_syntax"
    if slow not in sys.modules and "jsonschema" not in sys.modules:
        sys.modules[slow] = cast(
            Any, None
        )  # jsonschema is prepared for its absence, and notebooks hold no such addresses
        with contextlib.suppress(ImportError):
            import jsonschema  # noqa: F401
        del sys.modules[slow]
    import papermill

    return papermill


def run_notebook(
    template: Path, target: Path, parameters: dict, *, timeout: float | None = None, memory_mb: int | None = None
) -> Any:
    """Run `template` with `parameters` into `target`; return the executed notebook.

    On failure `target` holds what was reached. It is written once: papermill saves after every cell, which is slow.

    Parameters
    ----------
    template, target : Path
        The notebook to run, and where it is saved.
    parameters : dict
        Plain values.
    timeout : float, optional
        [s] For the whole notebook.
    memory_mb : int, optional
        [MB] That the notebook may take beyond what its process has at the start.

    papermill.PapermillExecutionError, CellTimeoutError, DeadKernelError: A cell failed, the notebook took too long,
    its process ended.
    """
    papermill = import_papermill()
    logging.getLogger("papermill").setLevel(logging.ERROR)  # it takes `norm: float | None` for no parameter
    papermill.engines.papermill_engines.register(NAME, YilaoEngine)  # also in a clone that is not installed
    # papermill fills {names} in paths with parameters; a folder may be called so.
    source, saved = (str(path.resolve()).replace("{", "{{").replace("}", "}}") for path in (template, target))
    return papermill.execute_notebook(
        source,
        saved,
        parameters,
        engine_name=NAME,
        language="python",
        kernel_name="python3",
        progress_bar=False,
        request_save_on_cell_execute=False,
        autosave_cell_every=0,
        shutdown_kernel="immediate",
        report_timeout=timeout,
        memory_mb=memory_mb,
        partial=str(target),
    )


class YilaoEngine:
    """What papermill loads as the engine `yilao`, while it is itself being imported: so nothing is imported for it.

    Options beyond papermill's: report_timeout [s] for the whole notebook, memory_mb [MB], partial (path where the
    notebook is written when it fails, if papermill was told not to save after every cell).
    """

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        """Run a notebook; see papermill's `NBClientEngine` for the options."""
        return _engine().execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        return _engine().nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        return _engine().nb_language(nb, language)


@functools.cache
def _engine() -> Any:
    from papermill.engines import NBClientEngine
    from papermill.iorw import write_ipynb

    class Engine(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, partial=None, **options):
            metadata = nb_man.nb.metadata
            try:
                if metadata.get("kernelspec", {}).get("language", "python") != "python":
                    return super().execute_managed_notebook(nb_man, kernel_name, **options)
                _Run(nb_man, **options).execute()
                return nb_man.nb
            except BaseException:
                if partial:
                    with contextlib.suppress(OSError):
                        write_ipynb(nb_man.nb, partial)
                raise

    return Engine


class _Run:
    """A notebook as it runs: here its outputs are recorded and its time is watched."""

    def __init__(
        self, nb_man, *, report_timeout=None, execution_timeout=None, memory_mb=None, shutdown_kernel="",
        log_output=False, stdout_file=None, stderr_file=None, **_,
    ):  # fmt: skip
        self.nb_man, self.memory_mb, self.patient = nb_man, memory_mb, shutdown_kernel != "immediate"
        self.cell_timeout = execution_timeout or float("inf")
        self.end_by = time.monotonic() + (report_timeout or float("inf"))
        self.log_output, self.files = log_output, {"stdout": stdout_file, "stderr": stderr_file}
        self.shown: dict[str, list] = {}  # outputs by display_id
        self.clear = False  # the next output takes the place of those before

    def execute(self) -> None:
        """Run all cells, up to one that fails."""
        cells = self.nb_man.nb.cells
        self.connection, theirs = multiprocessing.Pipe(duplex=False)
        self.process = _start(_serve, theirs, [cell.source for cell in cells if _runs(cell)], self.memory_mb)
        theirs.close()
        try:
            for index, cell in enumerate(cells):
                self.nb_man.cell_start(cell, index)
                good = False
                try:
                    good = not _runs(cell) or self._follow(cell)
                finally:
                    if not good:
                        self.nb_man.cell_exception(cell, cell_index=index)
                    self.nb_man.cell_complete(cell, cell_index=index)
                if not good:
                    break
            version = sys.version.split()[0]
            self.nb_man.nb.metadata["language_info"] = {
                "name": "python", "version": version, "mimetype": "text/x-python", "file_extension": ".py",
                "pygments_lexer": "ipython3", "codemirror_mode": {"name": "ipython", "version": 3},
                "nbconvert_exporter": "python",
            }  # fmt: skip
            if self.patient:
                self.process.join(GRACE)  # its exit handlers run
        finally:
            _end(self.process)
            self.connection.close()

    def _follow(self, cell: Any) -> bool:
        """Record what a cell shows until it ends; say whether it ended well."""
        from nbclient.exceptions import CellTimeoutError, DeadKernelError

        end_by, interrupted = self.end_by, False
        while True:
            left = end_by - time.monotonic()
            if left <= 0:
                if interrupted or sys.platform == "win32":
                    break
                os.kill(self.process.pid or 0, signal.SIGINT)
                interrupted, end_by = True, time.monotonic() + GRACE
            try:
                if not self.connection.poll(max(0, min(TICK, left))):
                    if self.process.exitcode is None or self.connection.poll():
                        continue
                    raise EOFError
                kind, content = loads(self.connection.recv_bytes())
            except (EOFError, OSError):
                raise DeadKernelError(f"The process of the notebook was {_obituary(self.process)}.") from None
            if kind == "begun":
                cell.execution_count = content
                end_by = min(end_by, time.monotonic() + self.cell_timeout)
            elif kind != "done":
                self._record(cell.outputs, kind, content)
                self.nb_man.autosave_cell()
            elif interrupted:
                break
            else:
                return content
        timeout = min(self.cell_timeout, 1e9)
        raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", int(timeout), cell)

    def _record(self, outputs: list, kind: str, content: Any) -> None:
        from nbformat import from_dict

        if kind == "clear":
            self.clear = content
            if not content:
                outputs.clear()
            return
        if kind == "update":
            for output in self.shown.get(content["display_id"], ()):
                output.update(from_dict({name: content[name] for name in ("data", "metadata")}))
            return
        if self.clear:
            outputs.clear()
            self.clear = False
        name = content.pop("display_id", None)
        last, output = outputs[-1] if outputs else {}, from_dict(content)
        if output.output_type == "stream" and last.get("name") == output.name:
            last["text"] += output.text
        else:
            outputs.append(output)
        if name:
            self.shown.setdefault(name, []).append(output)
        self._log(output)

    def _log(self, output: Any) -> None:
        """Do what papermill does with --log-output, --stdout-file and --stderr-file."""
        from papermill.log import logger

        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        if self.log_output and text:
            (logger.warning if output.get("name") == "stderr" else logger.info)(text)
        if file := self.files.get(output.get("name")):
            file.write(text)
            file.flush()


def _runs(cell: Any) -> bool:
    return (
        cell.cell_type == "code" and bool(cell.source.strip()) and "skip-execution" not in cell.metadata.get("tags", ())
    )


# ---- in the process of the notebook ----


class _Mouth:
    """Says what happens to whoever started this process."""

    def __init__(self, connection: Connection):
        self.connection, self.lock, self.owner = connection, threading.RLock(), os.getpid()
        self.streams = [_Stream(name, number, self) for name, number in (("stdout", 1), ("stderr", 2))]
        sys.stdout, sys.stderr = self.streams

    def say(self, kind: str, content: object) -> None:
        """Send a message, after the text that was printed before it."""
        if os.getpid() != self.owner:
            return  # a process that the notebook forked: two would mix
        with self.lock:
            if kind != "text":
                for stream in self.streams:
                    stream.flush()
            else:
                kind = "output"
            message = dumps([kind, content], default=str, ensure_ascii=False)
            self.connection.send_bytes(message.encode("utf-8", "replace"))


class _Stream(io.TextIOBase):
    """What cells print. What subprocesses and C code print goes to a file, which is read at each flush."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, name: str, number: int, mouth: _Mouth):
        self.name, self.number, self.mouth = name, number, mouth
        self.texts: list[str] = []
        self.taken = 0
        self.begin()
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), number)
        os.set_inheritable(number, True)

    def begin(self) -> None:
        """A cell begins, and may print its share."""
        self.room, self.sent, self.last = MOST_TEXT, 0, 0.0

    def fileno(self) -> int:
        return self.number

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if os.getpid() != self.mouth.owner:
            os.write(self.number, text.encode("utf-8", "replace"))
            return len(text)
        with self.mouth.lock:
            if self.room > 0:
                self.texts.append(text[: self.room + 1])
            if (self.sent < AT_ONCE and text.endswith("\n")) or time.monotonic() - self.last > PAUSE:
                self.flush()
        return len(text)

    def flush(self) -> None:
        if os.getpid() != self.mouth.owner:
            return
        with self.mouth.lock:
            text = "".join(self.texts)
            self.texts.clear()
            self.last = time.monotonic()
            if (size := os.fstat(self.number).st_size) > self.taken:
                found = os.pread(self.number, min(size - self.taken, 4 * MOST_TEXT), self.taken)
                text, self.taken = text + found.decode("utf-8", "replace"), size
            if not text or self.room <= 0:
                return
            self.room, self.sent = self.room - len(text), self.sent + 1
            if self.room < 0:
                text = (
                    f"{text[: self.room]}\n[More than {MOST_TEXT:,} characters were printed; the rest is left out.]\n"
                )
            self.mouth.say("text", {"output_type": "stream", "name": self.name, "text": text})


def _serve(connection: Connection, sources: list[str], memory_mb: int | None) -> None:
    """Run the cells of a notebook, one after the other. This is the whole life of the process."""
    import asyncio

    mouth = _Mouth(connection)
    shell = _new_shell(mouth)
    if memory_mb:
        _limit_memory(memory_mb)
    asyncio.set_event_loop(loop := asyncio.new_event_loop())

    async def run(source: str) -> bool:
        failed = None
        try:
            cell = shell.transform_cell(source)
        except Exception:
            cell, failed = source, sys.exc_info()
        result = None
        try:
            result = await shell.run_cell_async(
                source, store_history=True, transformed_cell=cell, preprocessing_exc_tuple=failed
            )
        finally:
            shell.events.trigger("post_execute")
            shell.events.trigger("post_run_cell", result)
        return bool(result and result.success)

    for source in sources:
        for stream in mouth.streams:
            stream.begin()
        mouth.say("begun", shell.execution_count)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            good = loop.run_until_complete(run(source))
        except KeyboardInterrupt:
            shell.showtraceback()
            good = False
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        mouth.say("done", good)
        if not good:
            break
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
        shell.user_ns.clear()  # closes files


def _limit_memory(memory_mb: int) -> None:
    """Let allocations fail beyond the limit: the notebook gets a MemoryError with a traceback, not a SIGKILL."""
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[5])  # data and stack
        limit = pages * os.sysconf("SC_PAGE_SIZE") + memory_mb * 1_000_000
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _new_shell(mouth: _Mouth) -> Any:
    """Return an IPython shell that says what it shows."""
    from base64 import b64encode

    from IPython.core import page
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    def plain(data: dict) -> dict:
        return {kind: b64encode(value).decode() if isinstance(value, bytes) else value for kind, value in data.items()}

    class Results(DisplayHook):
        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            output = {"output_type": "execute_result", "execution_count": self.prompt_count}
            mouth.say("output", output | {"data": plain(format_dict), "metadata": md_dict or {}})

        def log_output(self, format_dict):
            pass

        def finish_displayhook(self):
            self._is_active = False

    class Displays(DisplayPublisher):
        def publish(self, data, metadata=None, *, transient=None, update=False, **_):
            content = {"data": plain(data), "metadata": metadata or {}}
            if name := (transient or {}).get("display_id"):
                content["display_id"] = name
            mouth.say("update" if update else "output", content | ({} if update else {"output_type": "display_data"}))

        def clear_output(self, wait=False):
            mouth.say("clear", wait)

    class Shell(InteractiveShell):
        displayhook_class = Type(Results)
        display_pub_class = Type(Displays)

        def enable_gui(self, gui=None):
            pass

        def ask_exit(self):
            pass

        def _showtraceback(self, etype, evalue, stb):
            error = {"ename": etype.__name__, "evalue": str(evalue), "traceback": list(stb)}
            mouth.say("output", {"output_type": "error"} | error)

    config = Config()
    config.HistoryManager.hist_file = ":memory:"  # no thread, no file
    # What was imported before there was a shell registers with this one when it is imported again.
    sys.modules.pop("matplotlib_inline.backend_inline", None)
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]
    shell = Shell.instance(config=config)
    shell.set_hook("show_in_pager", page.as_hook(page.display_page), 99)
    return shell
