"""Which rows of the tables this process has read, so that a report is made anew when one of those changes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_noted: set[tuple[str, str]] = set()


def note(table: str, area: str | None = None) -> None:
    """Note that a table was read: the rows of one area, those with a value ("indicator=births"), or all."""
    _noted.add((table, area or ""))


@contextlib.contextmanager
def instead(name: str) -> Iterator[None]:
    """Note one name in place of all that is read inside: what matters is the result (see `cachekey.DERIVED`)."""
    before = set(_noted)
    yield
    _noted.intersection_update(before)
    note(name)


def noted() -> list[list[str]]:
    """Return [table, area] of what was read, in order; an empty area stands for the whole table."""
    whole = {table for table, area in _noted if not area}
    return sorted([table, area] for table, area in _noted if not area or table not in whole)


def forget(area: str) -> None:
    """Forget the rows of one area: those of a rehearsal, whose other readings all reports share."""
    _noted.difference_update([use for use in _noted if use[1] == area])
