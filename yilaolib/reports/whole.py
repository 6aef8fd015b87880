"""Files that are whole or not there: written beside their place, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import DataError
from .lock import pid_space

BESIDE = ".yilao-"


def write_whole(target: Path, content: str | Callable[[Path], object]) -> None:
    """Write a file beside its place, then rename: readers meet the old one or the new one, never half a one.

    Parameters
    ----------
    target : Path
        Where it shall be.
    content : str or function
        The text, or what writes it to a path.
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
    if place.is_dir():
        for path in place.iterdir():
            if path.name not in names and path.is_file():
                path.unlink()
        if not names:
            with contextlib.suppress(OSError):
                place.rmdir()


def clear_beside(folder: Path) -> None:
    """Take away what processes of this machine that have ended since left half done in a folder."""
    for path in folder.glob(f"{BESIDE}*"):
        parts = path.name.removeprefix(BESIDE).split("-")
        if parts[0] == _host() and parts[1:] and parts[1].isdigit() and not _lives(int(parts[1])):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder for reports, or say in a sentence why that cannot be.

    Raises
    ------
    DataError
        When something else has that name or writing is not allowed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"Nothing can be written into {folder} ({reason}); choose another folder.") from error


def _host() -> str:
    """Where a process has its number: two containers may share the name of a host."""
    return "".join(character for character in socket.gethostname() + pid_space() if character.isalnum()) or "host"


def _mark() -> str:
    return f"{_host()}-{os.getpid()}"


def _lives(pid: int) -> bool:
    import psutil  # os.kill(pid, 0) would end the process on Windows

    return psutil.pid_exists(pid)
