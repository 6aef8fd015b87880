"""One run at a time in a folder: a lock that names its holder and ends with it, however it ends."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import YilaoError

NAME = ".yilao.lock"


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder.

    Raises
    ------
    YilaoError
        Another process holds it; the message says which.
    """
    path = folder / NAME
    file = _locked(path)
    try:
        file.seek(0)
        file.truncate()
        file.write(json.dumps(new_holder(), ensure_ascii=False))
        file.flush()
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()  # before it is let go, so that whoever opens it anew locks a new one
        file.close()


def new_holder() -> dict:
    """Return what a lock of this process says."""
    return {
        "pid": os.getpid(),
        "pids": pid_space(),
        "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "at": time.time(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200],
    }


def pid_space() -> str:
    """Return the space that this process has its number in: containers may share the name of a host, but not that."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:  # not on Linux
        return ""


def told(holder: dict) -> str:
    """Return in words who holds a lock."""
    try:
        return f"process {holder['pid']} on {holder['host']} since {holder['since']} ({holder['command']})"
    except (KeyError, TypeError):
        return "a process that has not yet said its name"


def _locked(path: Path):
    while True:
        file = open(path, "a+", encoding="utf-8")
        if not _take(file):
            text = _holder(path)
            file.close()
            raise YilaoError(
                f"Another run is writing into {path.parent}: {text}. Wait until it has ended, end it, or choose "
                "another folder with --out."
            )
        try:
            if os.path.sameopenfile(file.fileno(), other := os.open(path, os.O_RDONLY)):
                os.close(other)
                return file
            os.close(other)
        except FileNotFoundError:
            pass
        file.close()  # its holder has just taken it away


def _take(file) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0x7FFF0000)  # beyond the text, which others may read
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:  # what Windows says
        return False
    return True


def _holder(path: Path) -> str:
    try:
        return told(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return told({})
