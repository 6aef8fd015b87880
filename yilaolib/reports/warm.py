"""The warm process as its starter sees it: started on first use, asked to fork, ended with whoever started it.

A notebook that is forked from a process that has imported everything starts in a hundredth of a second. When that
process has threads after its imports nothing is forked, and papermill's own engine is used.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import socket
import subprocess
import sys
import threading
import warnings

from ..errors import YilaoError
from .forking import Forked, fork_here, state, why_not
from .librarykey import held_state, library_state, see_unchanged

# A report does little linear algebra, and several notebooks at once would fight over the cores. To be set before
# the imports: afterwards the libraries have started their threads.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def fork_kernel(shell: socket.socket, iopub: socket.socket, memory_mb: int | None = None) -> Forked:
    """Fork a process for one notebook. `shell` and `iopub` are its ends; the caller closes its copies.

    Raises
    ------
    YilaoError
        Where forking is not safe; see `why_not`.
    """
    asked = {"role": "kernel", "env": _environment(), "cwd": os.getcwd(), "memory_mb": memory_mb}
    return fork_here(asked, [shell, iopub]) if state["worker"] else warm_process().fork(asked, [shell, iopub])


def begin() -> None:
    """Start the warm process ahead: it imports while whoever asks does. Where nothing can be forked, do nothing."""
    if not state["worker"]:
        with contextlib.suppress(YilaoError):  # whoever forks is told
            warm_process()


def fork_worker(tasks: socket.socket) -> Forked:
    """Fork a process that renders the reports it is told over `tasks`; it can itself fork notebooks."""
    return warm_process().fork({"role": "worker", "env": _environment(), "cwd": os.getcwd()}, [tasks])


def rehearse(area: str, root: str | None) -> None:
    """Let the warm process compute what all reports share; workers that are forked from then on have it."""
    warm_process().send({"role": "rehearsal", "area": area, "root": root})


def _environment() -> dict:
    return {name: "1" for name in ONE_THREAD} | dict(os.environ)


_process: WarmProcess | None = None
_starting = threading.Lock()


def warm_process() -> WarmProcess:
    """Return the warm process of this process: started on first use, and again when the library has changed.

    While a batch runs it keeps the library that it began with.
    """
    global _process
    with _starting:
        if reason := why_not():
            raise YilaoError(reason)
        held = held_state()
        now = (os.getpid(), held or library_state())
        if _process is None or _process.state != now or _process.ended():
            see_unchanged()
            if _process is not None and _process.state[0] == os.getpid():
                _process.send({"role": "retirement"})  # it ends when the last that it forked has ended
            _process = WarmProcess(now)
    return _process


class WarmProcess:
    """The starter's side of a warm process."""

    def __init__(self, state: tuple):
        self.state, self.lock, self.answer = state, threading.Lock(), ""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        code = "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n"
        code += "from yilaolib.reports.server import serve\nserve()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(sys.path), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=_environment() | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"},  # or the debugger greets everybody
            start_new_session=True,  # Ctrl-C is for whoever asked; it decides what becomes of the notebooks
        )
        theirs.close()
        atexit.register(self.close)

    def ended(self) -> bool:
        """Whether it worked once and works no more; one that could not start is not started again."""
        return self.answer == "ready" and self.process.poll() is not None

    def close(self) -> None:
        """End the warm process and all that it forked."""
        if self.state[0] == os.getpid():
            atexit.unregister(self.close)
            self.control.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)

    def send(self, asked: dict) -> None:
        """Send a request that forks nothing; it is dealt with before the next."""
        with contextlib.suppress(OSError):
            self.control.send(json.dumps(asked).encode())

    def fork(self, asked: dict, sockets: list[socket.socket]) -> Forked:
        """Fork a process that gets `sockets`."""
        with self.lock:
            if not self.answer:
                self.answer = self.control.recv(4096).decode() or "the warm process ended while it started"
            if self.answer != "ready":
                raise YilaoError(self.answer)
            life, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                numbers = [theirs.fileno(), *(sock.fileno() for sock in sockets)]
                socket.send_fds(self.control, [json.dumps(asked).encode()], numbers)
            except OSError as error:
                raise YilaoError(f"the warm process has ended ({error})") from error
            finally:
                theirs.close()
        pid = life.recv(64)
        if not pid:
            raise YilaoError("the warm process has ended")
        return Forked(int(pid), life)


@functools.cache
def tell_once(reason: str) -> None:
    """Say in one sentence, once, that notebooks start the slow way."""
    warnings.warn(f"Notebooks start in fresh kernels, which is slower: {reason}.", RuntimeWarning, stacklevel=2)
