"""Formulas as data: arithmetic over named look-ups, read by an explicit list of what is allowed and never by eval.

>>> evaluate('100 * obs("a") / 4', {"obs": lambda name: exact(3)}).value
75.0
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache

from ..core.errors import DataError, did_you_mean
from .intervals import Interval, exact, greatest, least

LONGEST, DEEPEST = 1000, 40
OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
CHOICES = {"min": least, "max": greatest}
ALLOWED = "Allowed are numbers, + - * /, parentheses, min, max and the look-ups"

Lookups = Mapping[str, Callable[..., Interval]]


def evaluate(formula: str, lookups: Lookups) -> Interval:
    """Compute a formula over look-ups, in interval arithmetic.

    A figure that stands twice in a formula counts as two independent ones, so the interval is safe, not tight.

    Parameters
    ----------
    formula : str
        Numbers, ``+ - * /``, parentheses, ``min``, ``max``, and look-ups with plain values: ``obs("id")``.
    lookups : mapping of str to function
        What each name stands for; a function returns an `Interval`.

    Returns
    -------
    Interval
        [unit of the formula] low, value, high.

    Raises
    ------
    DataError
        For anything else in the formula, a division by what may be 0, or a look-up that finds nothing.

    Examples
    --------
    >>> evaluate("(7 - 3) / 2", {})
    Interval(low=2.0, value=2.0, high=2.0)
    >>> evaluate("().__class__", {})
    Traceback (most recent call last):
    yilaolib.core.errors.DataError: The formula '().__class__' has an attribute...
    """
    return _compute(parse(formula), formula, lookups)


@lru_cache(maxsize=4096)
def parse(formula: str) -> ast.expr:
    """Return the syntax tree of a formula; a DataError when it is no expression, too long or too deep."""
    if not isinstance(formula, str) or len(formula) > LONGEST:
        raise DataError(f"A formula is text of at most {LONGEST} characters. Split it into several claims.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of odd spelling is nothing to the user
            tree = ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DataError(f"The formula {_short(formula)} cannot be read ({_first_words(error)}). Correct it.") from None
    level, depth = [tree], 0
    while level:
        level, depth = [child for node in level for child in ast.iter_child_nodes(node)], depth + 1
        if depth > DEEPEST:
            raise DataError(f"The formula {_short(formula)} is nested more than {DEEPEST} deep. Simplify it.")
    return tree


def _compute(node: ast.expr, formula: str, lookups: Lookups) -> Interval:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _number(number, formula)
        case ast.BinOp() if type(node.op) in OPERATIONS:
            parts = (_compute(part, formula, lookups) for part in (node.left, node.right))
            return OPERATIONS[type(node.op)](*parts)
        case ast.UnaryOp(op=ast.USub()):
            return -_compute(node.operand, formula, lookups)
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in CHOICES and len(node.args) > 1:
            return CHOICES[name](*(_compute(part, formula, lookups) for part in node.args))
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in lookups:
            return _look_up(name, node, formula, lookups)
        case ast.Call(func=ast.Name(id=name)) if name in CHOICES:
            raise DataError(f"The formula {_short(formula)} gives {name} fewer than two parts. Write {name}(a, b).")
        case ast.Call(func=ast.Name(id=name)) if name not in lookups:
            hint = did_you_mean(name, [*lookups, *CHOICES])
            raise DataError(f"The formula {_short(formula)} calls {name!r}.{hint} {_allowed(lookups)}")
    article = {ast.Attribute: "an attribute", ast.Name: "a bare name"}.get(type(node), f"a {type(node).__name__}")
    raise DataError(f"The formula {_short(formula)} has {article}, which is not allowed. {_allowed(lookups)}")


def _look_up(name: str, node: ast.Call, formula: str, lookups: Lookups) -> Interval:
    values = [part.value for part in node.args if isinstance(part, ast.Constant)]
    if len(values) < len(node.args) or not all(type(value) in (str, int, type(None)) for value in values):
        raise DataError(
            f'The formula {_short(formula)} gives {name} something else than plain values. Write such as {name}("...").'
        )
    try:
        return lookups[name](*values)
    except TypeError:
        raise DataError(
            f"The formula {_short(formula)} gives {name} the values {values!r}, which do not fit it. "
            "See the examples in claims.csv."
        ) from None


def _number(value: float, formula: str) -> Interval:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise DataError(f"The formula {_short(formula)} has a number that is too large. Correct it.")
    return exact(number)


def _allowed(lookups: Lookups) -> str:
    return f"{ALLOWED} {', '.join(lookups) or '(none here)'}."


def _short(formula: object) -> str:
    text = str(formula)
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _first_words(error: BaseException) -> str:
    return str(getattr(error, "msg", None) or error or type(error).__name__)[:80]
