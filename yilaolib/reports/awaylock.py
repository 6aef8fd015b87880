"""One run at a time at an address that fsspec reaches: a file there that names its holder.

Where the place can create a file only if there is none (local disks, memory, S3, Google), two runs cannot both get it.
Elsewhere they look first, write, and look again: two that begin within the same moment may both go on. A killed run
leaves its file behind; the same machine and container sees that its process is gone, any other asks for it to be
taken away.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
import uuid
from collections.abc import Iterator
from typing import Any

from ..errors import YilaoError
from .lock import NAME, new_holder, pid_space, told

EXCLUSIVE = {"file", "local", "memory", "s3", "s3a", "gs", "gcs"}  # others may take "x" and write over what is there
CLOCK = 60.0  # [s] by which a clock may be set while a run goes on
MOMENT = 1.0  # [s] between writing and looking again, where a file cannot be created only if there is none


@contextlib.contextmanager
def lock_place(fs: Any, root: str, url: str) -> Iterator[None]:
    """Hold the lock of a place.

    Raises
    ------
    YilaoError
        Another run holds it, or one that was killed did; the message says which, and what to do.
    """
    path, holder = f"{root}/{NAME}", new_holder() | {"mark": uuid.uuid4().hex}
    for _ in range(2):
        other = _read(fs, path)
        if other is None and _create(fs, path, json.dumps(holder, ensure_ascii=False).encode()):
            break
        other = _read(fs, path)
        if other is None:  # whoever had it has just ended
            continue
        if not _is_dead(other):
            raise YilaoError(
                f"Another run is writing to {url}: {told(other)}. Wait until it has ended, end it, or choose another "
                f"address with --out. If it was killed, take {url}/{NAME} away and run the command again."
            )
        _remove(fs, path, other)
    try:
        if (_read(fs, path) or {}).get("mark") != holder["mark"]:
            raise YilaoError(f"Another run began to write to {url} in the same moment; run the command again.")
        yield
    finally:
        _remove(fs, path, holder)


def _create(fs: Any, path: str, content: bytes) -> bool:
    """Create a file that is not there, and say whether that worked."""
    try:
        with fs.open(path, "xb") as file:
            file.write(content)
        if EXCLUSIVE.intersection([fs.protocol] if isinstance(fs.protocol, str) else fs.protocol):
            return True
    except FileExistsError:
        return False
    except (ValueError, NotImplementedError, TypeError):  # it does not know how
        fs.pipe_file(path, content)
    except OSError:
        if _read(fs, path) is None:
            raise  # it cannot be written there at all
        return False
    time.sleep(MOMENT)
    return True


def _read(fs: Any, path: str) -> dict | None:
    """Return what a lock says; None when there is none."""
    fs.invalidate_cache()
    try:
        found = json.loads(fs.cat_file(path))
    except FileNotFoundError:
        return None
    except ValueError:  # it is being written
        return {}
    return found if isinstance(found, dict) else {}


def _remove(fs: Any, path: str, holder: dict) -> None:
    """Take a lock away that is still that holder's; who cannot be asked keeps his."""
    with contextlib.suppress(Exception):
        if (_read(fs, path) or {}).get("mark") == holder.get("mark"):
            fs.rm_file(path)


def _is_dead(holder: dict) -> bool:
    """Whether the holder was a process of this machine, and of this container, that has ended."""
    import psutil

    pid, at = holder.get("pid"), holder.get("at")
    if (holder.get("host"), holder.get("pids")) != (socket.gethostname(), pid_space()):
        return False
    if not isinstance(pid, int) or not isinstance(at, float):
        return False
    try:
        return psutil.Process(pid).create_time() > at + CLOCK  # its number was given again
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
