"""The two exceptions of the library. Their text is a sentence: what came, what is allowed, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class YilaoError(Exception):
    """Something that yilaolib was asked to do could not be done; the message says what to do."""


class DataError(YilaoError, ValueError):
    """An input (a table, a parameter, a name) is not what it must be."""


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the choice nearest to `word`, or ``""``.

    Examples
    --------
    >>> did_you_mean("jingdezen", ["jingdezhen", "yueyang"])
    " Did you mean 'jingdezhen'?"
    """
    near = difflib.get_close_matches(str(word), list(choices), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""
