"""Formulas as data: interval arithmetic over named look-ups, read by a list of what is allowed, never by eval.

>>> evaluate('100 * obs("a") / 4', {"obs": lambda name: exact(3)}).value
75.0
"""

from __future__ import annotations

import ast
import math
import operator
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from ..errors import DataError, did_you_mean
from ..tables.printed import printed_numbers

ABOUT = re.compile("约|左右|上下|近|余|多")
MEASURED = {"pct", "pct_points", "per_1000", "ratio", "years"}  # a whole number of these is still rounded


class Interval(NamedTuple):
    """A figure and the range that its last digit leaves open: low <= value <= high [any unit].

    >>> Interval(269_150, 269_200, 269_250) / exact(1_619_000) * exact(100)
    Interval(low=16.62446, value=16.62755, high=16.63063)
    """

    low: float
    value: float
    high: float

    def __add__(self, other: Interval) -> Interval:
        return _checked(self.low + other.low, self.value + other.value, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.value, -self.low)

    def __mul__(self, other: Interval) -> Interval:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return _checked(min(ends), self.value * other.value, max(ends))

    def __truediv__(self, other: Interval) -> Interval:
        if other.low <= 0 <= other.high:
            raise DataError(f"A figure between {other.low:g} and {other.high:g} may be 0 and cannot divide another.")
        ends = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        return _checked(min(ends), self.value / other.value, max(ends))

    def meets(self, other: Interval) -> bool:
        """Whether the two intervals have a point in common (up to the noise of floating point)."""
        slack = 1e-9 * max(1.0, abs(self.value), abs(other.value))
        return self.low <= other.high + slack and other.low <= self.high + slack


def exact(value: float) -> Interval:
    """Return a figure without any range: a census count, a number in a formula."""
    return Interval(float(value), float(value), float(value))


def last_digit(value: float, as_printed: str) -> float:
    """Return what the last printed digit is worth, in base units; a figure in words is whole.

    Where several numbers are printed (4-5个), the one that is the value counts.

    >>> last_digit(269_200, "26.92万人"), last_digit(16.63, "16.63%"), last_digit(1, "每县至少一所")
    (100.0, 0.01, 1.0)
    """
    return next((worth for number, worth in printed_numbers(as_printed) if math.isclose(number, value)), 1.0)


def printed_interval(value: float, as_printed: str) -> Interval:
    """Return a printed figure with half of its last digit on either side.

    >>> printed_interval(269_200, "26.92万人")
    Interval(low=269150.0, value=269200.0, high=269250.0)
    """
    half = last_digit(value, as_printed) / 2
    return Interval(value - half, float(value), value + half)


def input_interval(value: float, as_printed: str, unit: str, kind: str, value_max: float = math.nan) -> Interval:
    """Return a printed figure [unit] as an input of a computation; its columns are those of `observations`.

    A target or a standard is set and not measured, and things counted one by one are counts: both are exact.

    >>> input_interval(4059, "4059张", "beds", "actual").high, input_interval(24, "24", "per_1000", "actual").high
    (4059.0, 24.5)
    """
    if value_max > value:
        return Interval(value, (value + value_max) / 2, value_max)
    counted = last_digit(value, as_printed) == 1 and float(value).is_integer() and unit not in MEASURED
    return exact(value) if counted or kind in ("target", "stage", "standard") else printed_interval(value, as_printed)


def is_about(as_printed: str, comparator: str | None = None) -> bool:
    """Whether the document itself says that a figure is only about right (约, 左右, 近, 余).

    >>> is_about("约 990 张"), is_about("990 张")
    (True, False)
    """
    return comparator == "approx" or bool(ABOUT.search(as_printed))


def _checked(low: float, value: float, high: float) -> Interval:
    if not all(map(math.isfinite, (low, value, high))):
        raise DataError("The formula leads to a number that is too large to compute with. Check its factors.")
    # Rounding in the last bit must not push the value out of its own interval.
    return Interval(min(low, value), value, max(high, value))


LONGEST, DEEPEST = 1000, 40
OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
CHOICES = {"min": min, "max": max}  # end by end

Lookups = Mapping[str, Callable[..., Interval]]  # what each name stands for


def evaluate(formula: str, lookups: Lookups, share: Callable[[float], float] | None = None) -> Interval:
    """Compute a formula in interval arithmetic: numbers, + - * /, parentheses, min, max, look-ups such as obs("id").

    A figure that stands twice in a formula counts as two independent ones, so the interval is safe, not tight. `share`
    rounds every quotient between 0 and 1, as authors do who work on with a rounded share. For anything else in it, a
    division by what may be 0, or a look-up that finds nothing, there is a DataError.

    >>> evaluate("(7 - 3) / 2", {})
    Interval(low=2.0, value=2.0, high=2.0)
    >>> evaluate("().__class__", {})
    Traceback (most recent call last):
    yilaolib.errors.DataError: The formula '().__class__' has an attribute...
    """
    return _compute(parse(formula), formula, lookups, share)


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
        why = str(getattr(error, "msg", None) or error or type(error).__name__)[:80]
        raise _fault(formula, f"cannot be read ({why}). Correct it.") from None
    level, depth = [tree], 0
    while level:
        level, depth = [child for node in level for child in ast.iter_child_nodes(node)], depth + 1
        if depth > DEEPEST:
            raise _fault(formula, f"is nested more than {DEEPEST} deep. Simplify it.")
    return tree


def _compute(node: ast.expr, formula: str, lookups: Lookups, share: Callable[[float], float] | None = None) -> Interval:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            if not number <= sys.float_info.max:
                raise _fault(formula, "has a number that is too large. Correct it.")
            return exact(number)
        case ast.BinOp() if type(node.op) in OPERATIONS:
            parts = (_compute(part, formula, lookups, share) for part in (node.left, node.right))
            found = OPERATIONS[type(node.op)](*parts)
            return exact(share(found.value)) if share and type(node.op) is ast.Div and 0 < found.value < 1 else found
        case ast.UnaryOp(op=ast.USub()):
            return -_compute(node.operand, formula, lookups, share)
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in CHOICES and len(node.args) > 1:
            parts = (_compute(part, formula, lookups, share) for part in node.args)
            return Interval(*map(CHOICES[name], zip(*parts, strict=True)))
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in lookups:
            return _look_up(name, node, formula, lookups)
        case ast.Call(func=ast.Name(id=name)) if name in CHOICES:
            raise _fault(formula, f"gives {name} fewer than two parts. Write {name}(a, b).")
        case ast.Call(func=ast.Name(id=name)) if name not in lookups:
            raise _fault(formula, f"calls {name!r}.{did_you_mean(name, [*lookups, *CHOICES])} {_allowed(lookups)}")
    article = {ast.Attribute: "an attribute", ast.Name: "a bare name"}.get(type(node), f"a {type(node).__name__}")
    raise _fault(formula, f"has {article}, which is not allowed. {_allowed(lookups)}")


def _look_up(name: str, node: ast.Call, formula: str, lookups: Lookups) -> Interval:
    values = [part.value for part in node.args if isinstance(part, ast.Constant)]
    if len(values) < len(node.args) or not all(type(value) in (str, int, type(None)) for value in values):
        raise _fault(formula, f'gives {name} something else than plain values. Write such as {name}("...").')
    try:
        return lookups[name](*values)
    except TypeError:
        why = f"gives {name} the values {values!r}, which do not fit it. See the examples in claims.csv."
        raise _fault(formula, why) from None


def _allowed(lookups: Lookups) -> str:
    return f"Allowed are numbers, + - * /, parentheses, min, max and the look-ups {', '.join(lookups)}."


def _fault(formula: object, what: str) -> DataError:
    text = str(formula)
    return DataError(f"The formula {text if len(text) <= 80 else text[:77] + '...'!r} {what}")
