"""Forking this process safely: what is forked, what ends it, and when it must not be done."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence

from ..errors import YilaoError

state = {"worker": False}  # True in a worker: this process is warm, has one thread, and may fork itself


class Forked:
    """A process that was forked for us, wherever: in it `poll` is None as long as it lives."""

    def __init__(self, pid: int, life: socket.socket | None = None):
        self.pid, self.life, self.code = pid, life, None

    def poll(self, wait: float = 0.0) -> int | None:
        """Return None while the process lives, then its exit code; minus the number of the signal that ended it."""
        if self.code is None:
            self.code = self._own(wait) if self.life is None else _from_warm(self.life, wait)
        return self.code

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal, if the process still lives."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        self.kill()
        self.poll(wait=10.0)
        if self.life is not None:
            self.life.close()

    def _own(self, wait: float) -> int | None:
        end = time.monotonic() + wait
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid or time.monotonic() >= end:
                return os.waitstatus_to_exitcode(status) if pid else None
            time.sleep(0.002)


def _from_warm(life: socket.socket, wait: float) -> int | None:
    if not select.select([life], [], [], wait)[0]:
        return None
    return int(life.recv(64) or b"-9")  # the warm process ended, and took its children along


def why_not() -> str:
    """Return why this system cannot fork safely, or an empty text."""
    if not hasattr(os, "fork") or sys.platform == "darwin":
        return f"a process cannot be forked safely on {sys.platform}"
    return ""


def count_threads() -> str:
    """Return why this process must not fork, or an empty text."""
    count = threading.active_count()
    with contextlib.suppress(OSError):
        count = max(count, len(os.listdir("/proc/self/task")))
    return "" if count == 1 else f"the imports have started {count - 1} threads, and a fork would copy their locks"


def fork_here(asked: dict, sockets: list[socket.socket], close: Sequence[socket.socket] = ()) -> Forked:
    """Fork this process; the child plays the role that was asked for and never returns."""
    if state["worker"] and (reason := count_threads()):
        raise YilaoError(reason)
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Forked(pid)
    try:
        for sock in close:
            sock.close()
        if asked["role"] == "kernel":
            from .kernel import become_kernel

            become_kernel(*sockets, env=asked["env"], cwd=asked["cwd"], memory_mb=asked["memory_mb"])
        _become_worker(sockets[0], asked)
    finally:
        os._exit(1)


def _become_worker(tasks: socket.socket, asked: dict) -> None:
    from .kernel import die_with_parent

    die_with_parent()
    atexit._clear()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    state["worker"] = True
    importlib.import_module(f"{__package__}.pool").work(tasks)  # it stands above this module
    os._exit(0)
