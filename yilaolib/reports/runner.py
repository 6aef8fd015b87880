"""Run a notebook in a process of its own, behind papermill's engine interface: `papermill --engine yilao IN OUT`.

On Linux such a process is forked from Python's forkserver, which has imported what a report needs, so it starts in a
hundredth of a second; elsewhere it is spawned. Cells are run in it by an IPython shell, and what they show is sent
here as it comes. Whatever a notebook changes ends with its process. Nothing in this file knows what a report is.
"""

from __future__ import annotations

import atexit
import codecs
import contextlib
import functools
import gc
import io
import logging
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
import types
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from json import dumps, loads  # a notebook may set others in their place
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from ..errors import YilaoError, refusal

NAME, FORKSERVER = "yilao", "YILAO_FORKSERVER"  # the engine; a variable that only the forkserver sees
START = "forkserver" if sys.platform == "linux" else "spawn"
# Several notebooks at once would fight over the cores. Libraries read these when they are imported.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
INLINE = "module://matplotlib_inline.backend_inline"
GRACE = 5.0  # [s] for the traceback of a cell that was interrupted
TICK = 0.5  # [s] between two looks at a process that says nothing
MOST_TEXT, MOST_SHOWN = 1_000_000, 20_000_000  # characters that one cell may print, and display

_starting = threading.Lock()
_state = {"apart": False, "new": False}  # in a process of `run_many`, which may fork; the forkserver just started


def begin(modules: Iterable[str], **env: str) -> None:
    """Start the forkserver, which imports these modules, with `env`, while the caller does other things."""
    if START == "forkserver" and not _state["apart"]:
        from multiprocessing import forkserver

        multiprocessing.set_forkserver_preload(list(modules))
        with _starting, _as_a_child_should_find_it():
            _state["new"] = _server_pid() is None
            os.environ.update(env | {FORKSERVER: "1"})
            forkserver.ensure_running()


@contextlib.contextmanager
def answered(signum: int, handler: Any) -> Iterator[None]:
    """Answer a signal so, where this thread may say it; processes begun meanwhile ignore what is ignored."""
    ours = threading.current_thread() is threading.main_thread()
    before = signal.signal(signum, handler) if ours else None
    try:
        yield
    finally:
        if ours:
            signal.signal(signum, before)


@contextlib.contextmanager
def _as_a_child_should_find_it() -> Iterator[None]:
    """While a process is started: hide the caller's script, which it would run again, and the current folder."""
    main, path, env = sys.modules["__main__"], sys.path[:], dict(os.environ)
    first = "" if sys.flags.safe_path else os.getcwd()
    safe = [folder for i, folder in enumerate(path) if folder and (i or folder != first)]
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


def _start(target: Callable, *args: object, method: str = START) -> BaseProcess:
    """Start a process that calls `target(*args)` in this folder and with this environment."""
    env = dict.fromkeys(ONE_THREAD, "1") | {"MPLBACKEND": INLINE} | dict(os.environ)
    context: Any = multiprocessing.get_context("fork" if _state["apart"] else method)
    process = context.Process(target=_begin, args=(os.getcwd(), env, target, *args))
    deaf = answered(signal.SIGINT, signal.SIG_IGN) if method == "spawn" else contextlib.nullcontext()  # to Ctrl-C
    with _starting, deaf, _as_a_child_should_find_it():
        try:
            process.start()
        except KeyboardInterrupt:  # the forkserver knows of the process already, and nobody would end it
            if START == "forkserver" and (server := _server_pid()):
                os.kill(server, signal.SIGKILL)
            raise
        except (EOFError, ConnectionError) as error:
            raise refusal("errors.no_forkserver", YilaoError) from error
    return process


def _server_pid() -> int | None:
    from multiprocessing import forkserver

    return getattr(forkserver._forkserver, "_forkserver_pid", None)


def _begin(folder: str, env: dict, target: Callable, *args: object) -> None:
    """Shed what a process inherits, then call `target`."""
    gc.set_threshold(100_000, 10, 10)  # what a report imports and makes is not garbage
    if sys.platform == "linux":
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: end with the parent
        prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: what it started stays in its family
        forkserver = sys.modules.get("multiprocessing.forkserver")
        if forkserver and (alive := forkserver._forkserver._forkserver_alive_fd) is not None:
            os.close(alive)  # or the forkserver would not end with whoever started it
            forkserver._forkserver._forkserver_alive_fd = None
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()  # Ctrl-C is for whoever asked; what the notebook starts ends with it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # but while a cell runs
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    atexit._clear()
    multiprocessing.set_start_method(None, force=True)  # the notebook's own processes start as usual
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    target(*args)


def _family(pid: int) -> list[int]:
    """Return a process and all processes that it started, as far as this system tells."""
    found = [pid]
    for each in found:
        for path in Path(f"/proc/{each}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, path.read_text().split())
    return found


def _end(process: BaseProcess) -> None:
    """Kill a process with all that it started, and wait until it is gone."""
    pid = process.pid or 0
    for child in _family(pid)[1:] if process.exitcode is None else ():
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
    process.kill()
    process.join(10)


def _obituary(process: BaseProcess, of: str, kind: type = YilaoError) -> Any:
    process.join(1)
    code = process.exitcode
    by = "" if code is None or code >= 0 else signal.Signals(-code).name
    return refusal("errors.process", kind, of=of, code=code, by=by)


def run_many(function: Callable, tasks: Iterable[tuple], jobs: int, timeout: float) -> Generator[tuple, None, None]:
    """Call a function for each tuple of arguments, `jobs` at a time, each in a process; yield (arguments, result).

    The function must not raise. In place of a result comes an error when a process was lost, or killed after `timeout`
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
    # The forkserver takes seconds until it is ready: the first report begins meanwhile, from nothing.
    method = "spawn" if _state["new"] and len(waiting) > jobs > 1 else START
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                ours, theirs = multiprocessing.Pipe(duplex=False)
                process = _start(_answer, theirs, function, waiting[0], method=method)
                method = START
                theirs.close()
                running[ours] = (process, waiting.popleft(), time.monotonic() + timeout)
            ready = wait(list(running), timeout=TICK)
            for ours, (process, task, end_by) in list(running.items()):
                if ours in ready:
                    try:
                        answer = ours.recv()
                    except EOFError:
                        answer = _obituary(process, "report")
                elif process.exitcode is not None and not ours.poll():
                    answer = _obituary(process, "report")  # something that it started still holds the other end
                elif time.monotonic() > end_by:
                    answer = refusal("errors.process", YilaoError, of="report", code=None, by="")
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
    signal.pause()  # whoever asked ends it, with all that is left of its family


def import_papermill() -> types.ModuleType:
    """Import papermill without a grammar of web addresses that jsonschema would compile for two seconds."""
    slow: Any = "rfc3987_syntax"  # jsonschema is prepared for its absence, and notebooks hold no such addresses
    if slow not in sys.modules and "jsonschema" not in sys.modules:
        sys.modules[slow] = cast(Any, None)
        with contextlib.suppress(ImportError):
            import jsonschema  # noqa: F401
        del sys.modules[slow]
    import papermill

    return papermill


def run_notebook(
    template: Path, target: Path, parameters: dict, *, timeout: float | None = None, memory_mb: int | None = None
) -> Any:
    """Run `template` with `parameters` into `target`; return the executed notebook. On failure `target` holds its part.

    `timeout` [s] is for the whole notebook; `memory_mb` [MB] is what it and the processes that it starts may take.
    PapermillExecutionError, CellTimeoutError, DeadKernelError: A cell failed, it took too long, its process ended.
    """
    papermill = import_papermill()
    logging.getLogger("papermill").setLevel(logging.ERROR)  # it takes `norm: float | None` for no parameter
    papermill.engines.papermill_engines.register(NAME, _engine())  # also in a clone that is not installed
    # papermill fills {names} in paths with parameters; a folder may be called so.
    source, saved = (str(path.resolve()).replace("{", "{{").replace("}", "}}") for path in (template, target))
    return papermill.execute_notebook(
        source, saved, parameters, engine_name=NAME, language="python", kernel_name="python3", progress_bar=False,
        request_save_on_cell_execute=False, autosave_cell_every=0, shutdown_kernel="immediate",
        report_timeout=timeout, memory_mb=memory_mb, partial=str(target),
    )  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "YilaoEngine":  # papermill asks for it while it is itself being imported
        return _engine()
    raise AttributeError(name)


@functools.cache
def _engine() -> type:
    """Return papermill's engine `yilao`; `partial` is where a notebook that failed is written."""
    from papermill.engines import Engine

    class YilaoEngine(Engine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, partial=None, **options):
            try:
                _Run(nb_man, **options).execute()
            except BaseException:
                if partial:
                    from papermill.iorw import write_ipynb

                    with contextlib.suppress(OSError):
                        write_ipynb(nb_man.nb, partial)
                raise

    return YilaoEngine


class _Run:
    """A notebook as it runs: here its outputs are recorded, and its time and memory are watched."""

    def __init__(
        self, nb_man, *, report_timeout=None, execution_timeout=None, memory_mb=None, shutdown_kernel="",
        log_output=False, **_,
    ):  # fmt: skip
        self.nb_man, self.memory_mb, self.patient = nb_man, memory_mb, shutdown_kernel != "immediate"
        self.cell_timeout = execution_timeout or float("inf")
        self.end_by = time.monotonic() + (report_timeout or float("inf"))
        self.log_output = log_output
        self.shown: dict[str, list] = {}  # outputs by display_id
        self.clear = False  # the next output takes the place of those before
        self.room: dict[str, int] = {}  # characters that the cell may still print
        self.looked, self.most = time.monotonic(), 0.0  # at the memory; bytes allowed

    def execute(self) -> None:
        """Run all cells, up to one that fails."""
        self.connection, theirs = multiprocessing.Pipe()
        pipes = {name: multiprocessing.Pipe(duplex=False) for name in ("stdout", "stderr")}
        self.pipes = {pipe: name for name, (pipe, _) in pipes.items()}
        self.decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in pipes}
        self.process = _start(_serve, theirs, [end for _, end in pipes.values()], self.memory_mb)
        for end in (theirs, *(end for _, end in pipes.values())):
            end.close()
        try:
            for index, cell in enumerate(self.nb_man.nb.cells):
                self.nb_man.cell_start(cell, index)
                good = False
                try:
                    good = cell.cell_type != "code" or not cell.source.strip() or self._follow(cell)
                finally:
                    if not good:
                        self.nb_man.cell_exception(cell, cell_index=index)
                    self.nb_man.cell_complete(cell, cell_index=index)
                if not good:
                    break
            if self.patient:
                with contextlib.suppress(OSError):
                    self.connection.send_bytes(b"")
                self.process.join(GRACE)  # its exit handlers run
        finally:
            _end(self.process)
            for pipe in (self.connection, *self.pipes):
                pipe.close()

    def _follow(self, cell: Any) -> bool:
        """Run a cell and record what it shows until it ends; say whether it ended well."""
        from nbclient.exceptions import CellTimeoutError, DeadKernelError

        end_by, begun, interrupted, good = self.end_by, False, False, None
        self.room = dict.fromkeys(self.decoders, MOST_TEXT)
        try:
            self.connection.send_bytes(cell.source.encode("utf-8", "replace"))
            while good is None:
                left = end_by - time.monotonic()
                if left <= 0:
                    if not begun or interrupted or sys.platform == "win32":
                        break
                    os.kill(self.process.pid or 0, signal.SIGINT)
                    interrupted, end_by = True, time.monotonic() + GRACE
                ready = wait([self.connection, *self.pipes], max(0, min(TICK, left)))
                self._read_texts(cell.outputs)  # they came before the message, whose sender waits
                if self.connection in ready:
                    kind, content = loads(self.connection.recv_bytes())
                    if kind == "begun":
                        begun, cell.execution_count = True, content
                        end_by = min(end_by, time.monotonic() + self.cell_timeout)
                    elif kind == "done":
                        good = content
                        break
                    else:
                        self._record(cell.outputs, kind, content)
                    self.connection.send_bytes(b"")
                elif not ready and self.process.exitcode is not None:
                    raise EOFError
                self.nb_man.autosave_cell()
                self._watch_memory()
        except (EOFError, OSError):
            self._read_texts(cell.outputs)
            raise _obituary(self.process, "notebook", DeadKernelError) from None
        if interrupted or good is None:
            timeout = min(self.cell_timeout, 1e9)
            raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", int(timeout), cell)
        return good

    def _read_texts(self, outputs: list) -> None:
        """Record what has been printed; once a cell has printed its share, the rest is left out."""
        ready = wait(list(self.pipes), 0)  # at one look, or what was printed later could come first
        for pipe, name in [each for each in self.pipes.items() if each[0] in ready]:
            found = os.read(pipe.fileno(), 1 << 20)  # all that is in a pipe
            if not found:
                del self.pipes[pipe]
                pipe.close()
            text = self.decoders[name].decode(found)
            if text and self.room[name] >= 0:
                self.room[name] -= len(text)
                if self.room[name] < 0:
                    text = f"{text[: self.room[name]]}\n{_too_much('printed', MOST_TEXT)}\n"
                self._record(outputs, "output", {"output_type": "stream", "name": name, "text": text})

    def _watch_memory(self) -> None:
        """End the notebook when it and what it started hold too much; what it holds alone is limited by the system."""
        from nbclient.exceptions import DeadKernelError

        if not self.memory_mb or sys.platform != "linux" or time.monotonic() - self.looked < 2 * TICK:
            return
        pid = self.process.pid or 0
        with contextlib.suppress(OSError):
            self.most = self.most or _data_bytes(pid) + 1e6 * self.memory_mb
            if sum(map(_held_bytes, _family(pid))) > self.most:
                raise refusal("errors.memory", DeadKernelError, memory_mb=self.memory_mb)
        self.looked = time.monotonic()

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
        output: Any = from_dict(content)
        last = outputs[-1] if outputs else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last["text"] += output.text
        else:
            outputs.append(output)
        if name:
            self.shown.setdefault(name, []).append(output)
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        if self.log_output and text:
            from papermill.log import logger

            (logger.warning if output.get("name") == "stderr" else logger.info)(text)


def _too_much(what: str, most: int) -> str:
    return f"[More than {most:,} characters were {what}; the rest is left out.]"


def _data_bytes(pid: int | str) -> int:
    """Bytes of data and stack that a process has asked for."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")


def _held_bytes(pid: int) -> int:
    """Bytes of memory that a process holds, its part of what it shares, but for files that could be read again."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))


# ---- in the process of the notebook ----


class _Mouth:
    """Says what happens to whoever started this process, and waits until it has been heard: so the order is kept."""

    def __init__(self, connection: Connection):
        self.connection, self.lock, self.owner = connection, threading.RLock(), os.getpid()
        self.room = MOST_SHOWN

    def say(self, kind: str, content: Any) -> str:
        """Send a message, after the text that was printed before it; return the answer."""
        if os.getpid() != self.owner:
            return ""  # a process that the notebook forked: two would mix
        with self.lock:
            for stream in self.streams:
                stream.flush()
            message = dumps([kind, content], default=str, ensure_ascii=False).encode("utf-8", "replace")
            if kind in ("output", "update"):
                had, self.room = self.room, self.room - len(message)
                if had < 0:
                    return ""
                if self.room < 0:
                    text = _too_much("displayed", MOST_SHOWN) + "\n"
                    message = dumps(["output", {"output_type": "stream", "name": "stderr", "text": text}]).encode()
            self.connection.send_bytes(message)
            return self.connection.recv_bytes().decode()

    def open_streams(self, pipes: list[Connection]) -> None:
        """Let this process and those that it starts print into pipes; on Windows only what Python prints goes there."""
        self.streams = []
        for number, (name, pipe) in enumerate(zip(("stdout", "stderr"), pipes, strict=True), start=1):
            if sys.platform == "win32":
                stream = _Said(self, name)
            else:
                os.dup2(pipe.fileno(), number)
                raw = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
                stream = io.TextIOWrapper(raw, "utf-8", "replace", line_buffering=True)
            pipe.close()
            setattr(sys, name, stream)
            self.streams.append(stream)


class _Said(io.TextIOBase):
    """What is printed where a pipe cannot be a standard stream."""

    def __init__(self, mouth: _Mouth, name: str):
        self.mouth, self.output = mouth, {"output_type": "stream", "name": name}

    def write(self, text: str) -> int:
        self.mouth.say("output", self.output | {"text": text})
        return len(text)


def _serve(connection: Connection, pipes: list[Connection], memory_mb: int | None) -> None:
    """Run the cells of a notebook as they come. This is the whole life of the process."""
    mouth = _Mouth(connection)
    mouth.open_streams(pipes)
    shell = _new_shell(mouth)
    if memory_mb and sys.platform == "linux":
        import resource

        limit = _data_bytes("self") + memory_mb * 1_000_000  # beyond it a MemoryError with a traceback, no SIGKILL
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    source = connection.recv_bytes().decode()
    while source:
        mouth.room = MOST_SHOWN
        mouth.say("begun", shell.execution_count)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            good = shell.run_cell(source, store_history=True).success
        except KeyboardInterrupt:  # it came a moment too late to be the cell's
            good = False
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        source = mouth.say("done", good)  # the answer is the next cell
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
        shell.user_ns.clear()  # closes files


def _new_shell(mouth: _Mouth) -> Any:
    """Return an IPython shell that says what it shows."""
    from base64 import b64encode

    import matplotlib.pyplot as plt
    from IPython.core import page
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    def plain(data: dict) -> dict:
        return {kind: b64encode(value).decode() if isinstance(value, bytes) else value for kind, value in data.items()}

    def nothing(*_):
        pass

    class Results(DisplayHook):
        write_output_prompt = log_output = cast(Any, nothing)

        def write_format_data(self, format_dict, md_dict=None):
            output = {"output_type": "execute_result", "execution_count": self.prompt_count}
            mouth.say("output", output | {"data": plain(format_dict), "metadata": md_dict or {}})

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
        enable_gui = ask_exit = cast(Any, nothing)

        def _showtraceback(self, etype, evalue, stb):
            said = str(evalue)
            with contextlib.suppress(Exception):  # in the language of the notebook
                said = evalue.say(self.user_ns["lang"])
            error = {"ename": etype.__name__, "evalue": said, "traceback": list(stb)}
            mouth.say("output", {"output_type": "error"} | error)

    config = Config()
    config.HistoryManager.hist_file = ":memory:"  # no thread, no file
    # What was imported before there was a shell registers with this one when it is imported again.
    sys.modules.pop("matplotlib_inline.backend_inline", None)
    shell = Shell.instance(config=config)
    plt.switch_backend(os.environ["MPLBACKEND"])  # it may have drawn already, with no shell to show it
    shell.set_hook("show_in_pager", page.as_hook(page.display_page), 99)
    return shell
