"""The two exceptions of the library, sentences on what came and what to do; and the door that all arguments pass."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

words: Any = None  # `yilaolib` puts `texts.say` here: words stand above errors, and no room imports upwards


class YilaoError(Exception):
    """Something that yilaolib was asked to do could not be done; the message, in English, says what to do."""

    key: str = ""  # of its sentence in the catalogues
    values: Mapping[str, Any] = MappingProxyType({})  # that fill the sentence

    def say(self, lang: str) -> str:
        """Return the message in a language."""
        return words(self.key, lang, **self.values) if self.key else str(self)


class DataError(YilaoError, ValueError):
    """An input (a table, a parameter, a name) is not what it must be."""

    choices: Sequence[dict] = ()  # the areas that an ambiguous name may mean


def refusal(key: str, kind: type = DataError, /, **values: Any) -> Any:
    """Return the error of a sentence of the catalogues."""
    error = kind(words(key, "en", **values))
    error.key, error.values = key, values
    return error


def nearest(word: object, choices: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the choice nearest to `word`, or ``""``: jingdezhen for jingdezen."""
    return next(iter(difflib.get_close_matches(str(word), list(choices), n=1, cutoff=cutoff)), "")


states: ContextVar[dict | None] = ContextVar("states", default=None)  # of files, as a public function met them
KIND = re.compile(r"([\w.]+)(?:\[([^\]]*)\])?")  # of an annotation: int, Sequence[int]
NUMBER = ("int", "float", "integer", "floating")
MANY = ("list", "tuple", "set", "range", "dict_keys", "dict_values", "generator", "ndarray", "Series", "Index")
PATH = ("str", "PurePath")
KINDS = {  # what an annotation says: the classes that will do, by name, so that none is imported only to ask for it
    "int": NUMBER, "float": NUMBER, "str": ("str", "int", "integer"), "PathLike": PATH, "Path": PATH,
    "Root": (*PATH, "NoneType"), "Future": ("Dataset", "NoneType"), "None": ("NoneType",),
    "Number": (*NUMBER, "Series", "ndarray", "DataArray"), "ndarray": MANY,
    "Margins": ("Mapping", "dict"), "Population": ("Series", "DataFrame", "DataArray", "Dataset"),
    "Mapping": ("dict", "mappingproxy", "Series"), **dict.fromkeys(("Sequence", "Iterable", "list", "tuple"), MANY),
}  # fmt: skip


def checked(function: Callable) -> Callable:
    """Return a public function that refuses arguments of a wrong kind in a sentence, and takes numbers of NumPy.

    The kinds are those of its annotations; an area may be an adcode, which is a number. While it runs, the state of the
    tables is that of the first look at them.
    """
    import inspect

    signature = inspect.signature(function)
    kinds = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    kinds |= {"area": f"{kinds['area']} | int"} if "area" in kinds else {}

    @functools.wraps(function)
    def checking(*given: Any, **named: Any) -> Any:
        try:
            bound = signature.bind(*given, **named)
        except TypeError:
            return function(*given, **named)  # Python says which argument is missing
        for name, value in bound.arguments.items():
            if isinstance(kinds[name], str):
                try:
                    bound.arguments[name] = _taken(value, kinds[name])
                except _Unfit as unfit:
                    told = {"name": name, "function": function.__name__, "value": " ".join(repr(value).split())[:80]}
                    raise refusal("errors.argument", kinds=unfit.args, **told) from None
        before = states.set(states.get() or {})
        try:
            return function(*bound.args, **bound.kwargs)
        finally:
            states.reset(before)

    checking.__module__ = "yilaolib"
    return checking


class _Unfit(Exception):
    """A value is of none of the kinds that are its arguments."""


def _taken(value: Any, annotation: str) -> Any:
    """Return a value where it is of a kind of an annotation, such as "Sequence[int] | None"; else raise `_Unfit`."""
    names = {each.__name__ for each in type(value).__mro__}
    kinds = [(kind.rpartition(".")[2], within) for kind, within in KIND.findall(annotation)]
    for kind, within in kinds:
        if kind not in ("object", "Any") and not names & {kind, *KINDS.get(kind, ())}:
            continue
        far = kind in ("int", "float") and 1e18 < abs(value) < float("inf")  # no year, and no number of persons
        text = kind in ("Number", "Population", "Series", "Mapping", "ndarray") and getattr(value, "dtype", "") == "str"
        if far or text or (kind == "int" and value % 1 != 0):
            continue
        if kind == "tuple" and len(value) != len(within.split(",")) and "..." not in within:
            continue
        if kind in ("Sequence", "Iterable", "list", "tuple") and names & {*MANY[:2], *MANY[-3:]}:
            return (tuple if "tuple" in names else list)(_taken(each, within.split(",")[0] or "Any") for each in value)
        if kind == "ndarray" and names & {"list", "tuple"}:
            import numpy as np

            return np.asarray(_taken(value, "Sequence[float]"))
        if kind in ("int", "str"):
            return int(value) if kind == "int" else str(value)  # a year may be a label
        return value.item() if "number" in names else value
    raise _Unfit(*(kind for kind, _ in kinds if kind != "None"))
