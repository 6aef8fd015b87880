"""Which library a batch runs on: its files as they were when it began, told by a key that goes into every row.

Who saves a file of the library while a batch runs changes nothing for it: workers go on being forked from the process
that was warm at its beginning, and rows name the key of that library. Whatever makes pages in the process that was
asked has the library as it was when that process imported it, whatever lies on the disk by now.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

from ..errors import YilaoError
from ..tables.schema import data_folder

SAVED = "A file of yilaolib was saved after this Python had imported it; pages are as before. Start Python anew."
PACKAGES = ("yilaolib", "numpy", "pandas", "scipy", "xarray", "matplotlib", "seaborn", "papermill", "nbconvert")


class LibraryChanged(YilaoError):
    """The library that is held on to is needed anew, and is no longer there."""


def _files() -> list[Path]:
    here = Path(__file__).parents[1]
    patterns = ("templates/*", "fonts/*.otf")
    found = [*here.rglob("*.py"), *(path for pattern in patterns for path in here.glob(pattern))]
    return [*sorted(found), data_folder() / "datapackage.json"]


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


IMPORTED = library_state()  # what this process has: its modules and templates are read once and kept
_held: list[tuple] = []  # states of the library on which batches of this process run now
_holding = threading.Lock()


@contextlib.contextmanager
def hold(state: tuple) -> Iterator[tuple]:
    """Hold on to a state of the library, or to what somebody holds already; give what is held."""
    with _holding:
        _held.append(held_state() or state)
        state = _held[-1]
    try:
        yield state
    finally:
        with _holding:
            _held.pop()


@contextlib.contextmanager
def one_library() -> Iterator[str]:
    """Hold on to the library as it is now for a batch, and give its key."""
    with hold(library_state()) as state:
        yield _library_key(state)


@contextlib.contextmanager
def own_library() -> Iterator[str]:
    """As `one_library`, where pages are made in this very process: they are of the library that it has imported.

    When another lies on the disk by now, the key is one that no library has, and whoever starts afresh makes those
    reports again.
    """
    with one_library() as key:
        if held_state() != IMPORTED:
            warnings.warn(SAVED, RuntimeWarning, stacklevel=2)
            key += " with pages of another"
        yield key


@cache
def imported_key() -> str:
    """Return the key of the library that this process has imported; empty when it was saved before it was asked."""
    return _library_key(IMPORTED) if library_state() == IMPORTED else ""


def see_unchanged() -> None:
    """Raise LibraryChanged when what is held on to lies no longer on the disk, for whoever would read it from there."""
    if held_state() not in (None, library_state()):
        told = "run the command again; on a cluster start the workers anew before"
        raise LibraryChanged(f"a file of yilaolib was saved while this run was going on; {told}")


def held_state() -> tuple | None:
    """Return the state of the library that is held on to; None when no batch runs."""
    return _held[0] if _held else None


@lru_cache(maxsize=4)
def _library_key(_state: tuple) -> str:
    digest = hashlib.sha256()
    for path in _files():
        with contextlib.suppress(FileNotFoundError):
            digest.update(path.name.encode() + path.read_bytes())
    digest.update(json.dumps([(name, metadata.version(name)) for name in PACKAGES]).encode())
    return digest.hexdigest()
