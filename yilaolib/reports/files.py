"""Files of reports: whole or not there, and one run at a time in a folder."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from ..errors import DataError, YilaoError

BESIDE = ".yilao-"  # begins the names of files that are not complete
LOCK, HOLDER = ".yilao.lock", ".yilao.holder"


def write_whole(target: Path, content: str | Callable[[Path], object]) -> None:
    """Write a file beside its place, then rename: readers meet the old one or the new one, never half a one.

    `content` is the text, or a function that writes it to a path.
    """
    beside = target.with_name(f"{BESIDE}{_mark()}-{target.name}")
    try:
        if callable(content):
            content(beside)
        else:
            beside.write_text(content, encoding="utf-8", errors="replace", newline="\n")
        os.replace(beside, target)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """Make a folder for what is not complete, inside `folder`, and take it away afterwards."""
    beside = Path(tempfile.mkdtemp(prefix=f"{BESIDE}{_mark()}-", dir=folder))
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def move_files(new: Path, place: Path) -> None:
    """Put the files of the folder `new` in the place of those of an older one, file by file."""
    names = {path.name for path in new.iterdir()}
    if names:
        place.mkdir(exist_ok=True)
    for name in sorted(names):
        os.replace(new / name, place / name)
    for path in place.iterdir() if place.is_dir() else ():
        if path.name not in names and path.is_file():
            path.unlink()
    if not names:
        with contextlib.suppress(OSError):
            place.rmdir()


def clear_beside(folder: Path) -> None:
    """Take away what processes of this machine that have ended since left half done in a folder."""
    for path in folder.glob(f"{BESIDE}*"):
        host, _, rest = path.name.removeprefix(BESIDE).partition("-")
        number = rest.partition("-")[0]
        if host == _host() and number.isdigit() and not _lives(int(number)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder for reports; a DataError says why that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"Nothing can be written into {folder} ({reason}); choose another folder.") from error


def _host() -> str:
    return re.sub(r"\W", "", socket.gethostname()) or "host"


def _mark() -> str:
    return f"{_host()}-{os.getpid()}"


def _lives(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # there, looking at a process would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which ends with its holder; a YilaoError names who else holds it."""
    from filelock import FileLock, Timeout

    holder = folder / HOLDER
    try:
        lock = FileLock(folder / LOCK, blocking=False)
        lock.acquire()
    except Timeout:
        with contextlib.suppress(OSError):
            who = holder.read_text(encoding="utf-8")
            raise YilaoError(
                f"Another run is writing into {folder}: {who}. Wait until it has ended, end it, or choose another "
                "folder with --out."
            ) from None
        raise YilaoError(f"Another run has just begun to write into {folder}; wait until it has ended.") from None
    try:
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
        since = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
        write_whole(holder, f"process {os.getpid()} on {socket.gethostname()} since {since} ({command})")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
