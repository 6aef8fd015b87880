"""Targets that bind on one side only: ≥95 % from 100 % is a floor below what holds already, and no plan to fall."""

from __future__ import annotations

SIDES = {"ge": "floor", "gt": "floor", "le": "ceiling", "lt": "ceiling"}  # by comparator


def slack_side(baseline: float, target: float, comparator: object) -> str:
    """Return "floor" for a floor below the baseline, "ceiling" for a ceiling above it, else an empty text.

    Examples
    --------
    >>> slack_side(100, 95, "ge"), slack_side(90, 95, "ge"), slack_side(100, 95, "eq"), slack_side(10, 20, "le")
    ('floor', '', '', 'ceiling')
    """
    side = SIDES.get(comparator, "") if isinstance(comparator, str) else ""
    return side if (side == "floor" and target < baseline) or (side == "ceiling" and target > baseline) else ""
