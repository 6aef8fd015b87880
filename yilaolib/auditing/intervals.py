"""Printed figures as intervals: 26.92万人 is 269,150 to 269,250 persons, and what is computed from it is one too."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from ..core.digits import printed_numbers
from ..core.errors import DataError

ABOUT = re.compile("约|左右|上下|近|余|多")
MEASURED = {"pct", "pct_points", "per_1000", "ratio", "years"}  # a whole number of these is still rounded


class Interval(NamedTuple):
    """A figure and the range that its last digit leaves open.

    Parameters
    ----------
    low, value, high : float
        [any unit] low <= value <= high.

    Examples
    --------
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


def least(*parts: Interval) -> Interval:
    """Return the smallest of several intervals, end by end."""
    return Interval(*map(min, zip(*parts, strict=True)))


def greatest(*parts: Interval) -> Interval:
    """Return the largest of several intervals, end by end."""
    return Interval(*map(max, zip(*parts, strict=True)))


def last_digit(value: float, as_printed: str) -> float:
    """Return what the last printed digit is worth, in base units.

    Where several numbers are printed (4-5个), the one that is the value counts; a figure in words is whole.

    Examples
    --------
    >>> last_digit(269_200, "26.92万人"), last_digit(16.63, "16.63%"), last_digit(1, "每县至少一所")
    (100.0, 0.01, 1.0)
    """
    for number, worth in printed_numbers(as_printed):
        if math.isclose(number, value):
            return worth
    return 1.0


def printed_interval(value: float, as_printed: str) -> Interval:
    """Return a printed figure with half of its last digit on either side.

    Examples
    --------
    >>> printed_interval(269_200, "26.92万人")
    Interval(low=269150.0, value=269200.0, high=269250.0)
    """
    half = last_digit(value, as_printed) / 2
    return Interval(value - half, float(value), value + half)


def input_interval(value: float, as_printed: str, unit: str, kind: str, value_max: float = math.nan) -> Interval:
    """Return a printed figure as an input of a computation.

    A target or a standard is set and not measured, and things counted one by one are counts: both are exact.

    Parameters
    ----------
    value, value_max : float
        [unit] The figure, and the upper end where a range is printed.
    as_printed, unit, kind : str
        As in `observations`.

    Returns
    -------
    Interval
        [unit]

    Examples
    --------
    >>> input_interval(4059, "4059张", "beds", "actual").high, input_interval(24, "24", "per_1000", "actual").high
    (4059.0, 24.5)
    """
    if value_max > value:
        return Interval(value, (value + value_max) / 2, value_max)
    counted = last_digit(value, as_printed) == 1 and float(value).is_integer() and unit not in MEASURED
    return exact(value) if counted or kind in ("target", "standard") else printed_interval(value, as_printed)


def is_about(as_printed: str, comparator: str | None = None) -> bool:
    """Whether the document itself says that a figure is only about right (约, 左右, 近, 余).

    Examples
    --------
    >>> is_about("约 990 张"), is_about("990 张")
    (True, False)
    """
    return comparator == "approx" or bool(ABOUT.search(as_printed))


def _checked(low: float, value: float, high: float) -> Interval:
    if not all(map(math.isfinite, (low, value, high))):
        raise DataError("The formula leads to a number that is too large to compute with. Check its factors.")
    # Rounding in the last bit must not push the value out of its own interval.
    return Interval(min(low, value), value, max(high, value))
