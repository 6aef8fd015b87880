"""The process in which one notebook runs: a fork of a warm process that becomes an IPython kernel of its own.

It is ipykernel's own kernel with other sockets, so that cells, magics, displays, widgets and tracebacks are those
that Jupyter users know. It ends with its notebook, and whatever the notebook changed ends with it.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import ctypes
import io
import logging
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time

from ..tables import schema as uses
from .wire import AsyncLine, Line

INLINE = "module://matplotlib_inline.backend_inline"
AT_ONCE, PAUSE = 200, 0.05  # so many pieces of a cell's text are sent at once, then one batch every 0.05 s
PR_SET_PDEATHSIG = 1

_inherited: list = []


def become_kernel(shell: socket.socket, iopub: socket.socket, *, env: dict, cwd: str, memory_mb: int | None) -> None:
    """Serve one notebook in this process, which was just forked for it, and end the process. Never returns.

    Parameters
    ----------
    shell, iopub : socket
        Requests and replies; outputs.
    env, cwd
        Environment and working folder of whoever asked.
    memory_mb : int, optional
        [MB] What the notebook may take beyond what the warm process had.
    """
    code, complaints = 1, os.dup(2)  # 2 will be the notebook's
    try:
        _start_afresh(env, cwd)
        outputs = Line(iopub)
        kernel = _new_kernel(outputs)
        if memory_mb:
            _limit_memory(memory_mb)
        asyncio.set_event_loop(loop := asyncio.new_event_loop())
        code = loop.run_until_complete(_serve(kernel, AsyncLine(shell), Line(shell), outputs))
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
    except BaseException:
        import traceback

        os.write(complaints, traceback.format_exc().encode())
    finally:
        os._exit(code)


def die_with_parent() -> None:
    """Ask the operating system to end this process with the one that forked it (Linux)."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended in between
            os._exit(1)


def _start_afresh(env: dict, cwd: str) -> None:
    """Shed what a fork inherits: parent's life, handlers, environment, folder, random state."""
    die_with_parent()
    atexit._clear()
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # but while a cell runs
    signal.set_wakeup_fd(-1)
    os.environ.clear()
    os.environ.update({"MPLBACKEND": INLINE} | env)
    os.chdir(cwd)
    if sys.path[:1] != [""]:
        sys.path.insert(0, "")
    loop = getattr(sys.modules.get("jupyter_core.utils"), "_loop", None)
    if loop is not None:  # kept, not closed: its handles are shared with the parent
        _inherited.append(loop.get())
        loop.set(None)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    # It registers with the shell when it is imported, and there was no shell yet: figures would vanish.
    sys.modules.pop("matplotlib_inline.backend_inline", None)
    if "matplotlib" in sys.modules:  # it took the name of its back end from the environment before the fork
        sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]


def _limit_memory(memory_mb: int) -> None:
    """Let allocations fail beyond the limit: the notebook gets a MemoryError with a traceback, not a SIGKILL."""
    import resource

    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[5])  # data and stack
    limit = pages * os.sysconf("SC_PAGE_SIZE") + memory_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _new_kernel(outputs: Line):
    from ipykernel import debugger
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp
    from jupyter_client.jsonutil import json_default
    from jupyter_client.session import Session
    from tornado.ioloop import IOLoop
    from traitlets.config import Config

    debugger._is_debugpy_available = False  # nobody can attach, and it takes a tenth of a second

    class LineSession(Session):
        def send(self, stream, msg_or_type, content=None, parent=None, ident=None, buffers=None, *rest, **more):
            message = msg_or_type
            if not isinstance(message, dict):
                header, metadata = more.get("header"), more.get("metadata")
                message = self.msg(msg_or_type, content, parent=parent, header=header, metadata=metadata)
            stream.put(message, buffers or message.get("buffers") or [], json_default)
            return message

    class ForkedKernel(IPythonKernel):
        shell_channel_thread = type("Thread", (), {"parent_thread": threading.main_thread()})  # who gets signals

        @property
        def _supports_kernel_subshells(self):
            return False

        @property
        def io_loop(self):
            return IOLoop.current()

        def finish_metadata(self, parent, metadata, reply_content):
            metadata["yilao_uses"] = uses.noted()
            return super().finish_metadata(parent, metadata, reply_content)

        def _abort_queues(self, subshell_id=None):
            """There is no queue: the next request is sent when this one is answered."""

    config = Config()
    config.HistoryManager.hist_file = ":memory:"  # no thread, no file
    config.InteractiveShell.cache_size = 1000
    log = logging.getLogger(__name__)
    log.setLevel(logging.CRITICAL)
    kernel = ForkedKernel.instance(session=LineSession(key=b""), iopub_socket=outputs, config=config, log=log)
    app = IPKernelApp.instance(kernel=kernel)  # who looks for the application (%matplotlib does) finds one
    app.shell = kernel.shell
    sys.stdout, sys.stderr = (_Stream(name, kernel, outputs) for name in ("stdout", "stderr"))
    return kernel


async def _serve(kernel, requests: AsyncLine, replies: Line, outputs: Line) -> int:
    """Answer requests one by one until the other side closes or asks to end."""
    while True:
        try:
            message = await requests.get()
        except EOFError:
            return 0
        kind = message["header"]["msg_type"]
        if kind == "shutdown_request":
            return 0
        kernel.set_parent([], message, "shell")
        kernel._publish_status("busy", "shell")
        requests.sock.setblocking(True)  # the same socket carries the reply
        kernel.pre_handler_hook()
        try:
            handler = kernel.shell_handlers[kind](replies, [], message)
            if handler is not None:
                await handler
        except KeyboardInterrupt:  # it came in the moment between cell and reply
            pass
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            requests.sock.setblocking(False)
        sys.stdout.flush()
        sys.stderr.flush()
        kernel._publish_status("idle", "shell")


class _Stream(io.TextIOBase):
    """What cells print. Text of the C level and of subprocesses goes to a file and is read when a cell flushes."""

    encoding, errors, mode = "utf-8", "replace", "w"

    def __init__(self, name: str, kernel, outputs: Line):
        self.name, self.kernel, self.outputs = name, kernel, outputs
        self.texts: list[str] = []
        self.sent, self.last, self.taken = 0, 0.0, 0  # `read` is a method of all streams
        self.lock = threading.RLock()
        self.descriptor = {"stdout": 1, "stderr": 2}[name]
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), self.descriptor)
        os.set_inheritable(self.descriptor, True)

    def fileno(self) -> int:
        return self.descriptor

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def set_parent(self, parent: dict) -> None:
        self.sent = 0

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if os.getpid() != self.outputs.owner:  # a process that the notebook forked
            os.write(self.descriptor, text.encode("utf-8", "replace"))
            return len(text)
        with self.lock:
            self.texts.append(text)
            if (self.sent < AT_ONCE and text.endswith("\n")) or time.monotonic() - self.last > PAUSE:
                self._send()
        return len(text)

    def flush(self) -> None:
        if os.getpid() == self.outputs.owner:
            with self.lock:
                self._send()

    def _send(self) -> None:
        text = "".join(self.texts) + self._from_file()
        self.texts.clear()
        self.last = time.monotonic()
        if text:
            self.sent += 1
            content = {"name": self.name, "text": text}
            self.kernel.session.send(self.outputs, "stream", content, parent=self.kernel.get_parent("shell"))

    def _from_file(self) -> str:
        size = os.fstat(self.descriptor).st_size - self.taken
        if size <= 0:
            return ""
        data = os.pread(self.descriptor, size, self.taken)
        self.taken += len(data)
        return data.decode("utf-8", "replace")
