"""Which library a batch runs on: its files as they were when it began, told by a key that goes into every row.

Who saves a file of the library while a batch runs changes nothing for it: workers go on being forked from the process
that was warm at its beginning, and rows name the key of that library.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from ..core.errors import YilaoError
from ..tabling.schema import data_folder

PACKAGES = ("yilaolib", "numpy", "pandas", "scipy", "xarray", "matplotlib", "seaborn", "papermill", "nbconvert")


class LibraryChanged(YilaoError):
    """The library that is held on to is needed anew, and is no longer there."""


_held: list[tuple] = []  # states of the library on which batches of this process run now
_holding = threading.Lock()


def library_state() -> tuple:
    """Return what tells one state of the library's files from another: names, times and sizes."""
    found = []
    for path in _files():
        with contextlib.suppress(FileNotFoundError):  # editors leave links to nowhere and take files away
            stat = path.stat()
            found.append((path.name, stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def library_key() -> str:
    """Return a key of the library's files and of the packages that draw and compute."""
    return _library_key(held_state() or library_state())


@contextlib.contextmanager
def one_library() -> Iterator[str]:
    """Hold on to the library as it is now for a batch, and give its key; see `hold_library`."""
    key = hold_library()
    try:
        yield key
    finally:
        with _holding:
            _held.pop()


def hold_library() -> str:
    """Hold on to the library as it is now, or as somebody holds it already; return its key."""
    with _holding:
        _held.append(held_state() or library_state())
    return library_key()


def held_state() -> tuple | None:
    """Return the state of the library that is held on to; None when no batch runs."""
    return _held[0] if _held else None


def _files() -> list[Path]:
    here = Path(__file__).parents[1]
    patterns = ("rendering/templates/*", "drawing/fonts/*.otf")
    found = [*here.rglob("*.py"), *(path for pattern in patterns for path in here.glob(pattern))]
    return [*sorted(found), data_folder() / "datapackage.json"]


@lru_cache(maxsize=4)
def _library_key(_state: tuple) -> str:
    digest = hashlib.sha256()
    for path in _files():
        with contextlib.suppress(FileNotFoundError):
            digest.update(path.name.encode() + path.read_bytes())
    digest.update(json.dumps([(name, metadata.version(name)) for name in PACKAGES]).encode())
    return digest.hexdigest()
