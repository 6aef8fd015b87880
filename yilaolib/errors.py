"""The two exceptions of the library. Their text is a sentence: what came, what is allowed, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any


class YilaoError(Exception):
    """Something that yilaolib was asked to do could not be done; the message says what to do.

    An error with a `key` is a sentence of the catalogues: ``texts.say(error.key, lang, **error.values)`` is its message
    in another language.
    """

    key: str = ""
    values: Mapping[str, Any] = MappingProxyType({})


class DataError(YilaoError, ValueError):
    """An input (a table, a parameter, a name) is not what it must be."""

    choices: Sequence[dict] = ()  # the areas that an ambiguous name may mean


def nearest(word: object, choices: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the choice nearest to `word`, or ``""``.

    >>> nearest("jingdezen", ["jingdezhen", "yueyang"])
    'jingdezhen'
    """
    return next(iter(difflib.get_close_matches(str(word), list(choices), n=1, cutoff=cutoff)), "")


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the choice nearest to `word`, or ``""``.

    >>> did_you_mean("jingdezen", ["jingdezhen", "yueyang"])
    " Did you mean 'jingdezhen'?"
    """
    near = nearest(word, choices)
    return f" Did you mean '{near}'?" if near else ""
