"""Sharing out: whole numbers by the largest remainder, and how even a distribution is (Gini, Theil)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ..core.errors import DataError


def share_out(total: int, weights: pd.Series) -> pd.Series:
    """Whole beds for each place in proportion to its weight, by the largest remainder; they sum to the total.

    Parameters
    ----------
    total : int
        [beds] to share out.
    weights : Series
        [any unit] 0 or more, by place.

    Returns
    -------
    Series
        [beds, whole] with the index of `weights`. Ties go to the place that stands first.

    Raises
    ------
    DataError
        A total that is not whole or below 0, negative or missing weights, or none above 0.

    References
    ----------
    Hamilton's method, Balinski and Young (2001), Fair Representation, chapter 1.

    Examples
    --------
    >>> share_out(10, pd.Series({"a": 1.0, "b": 1.0, "c": 1.0})).to_dict()
    {'a': 4, 'b': 3, 'c': 3}
    """
    if total < 0 or total != int(total):
        raise DataError(f"total is {total}; it counts whole beds, 0 or more.")
    weights = weights.astype(float)
    if weights.isna().any() or (weights < 0).any() or weights.sum() <= 0:
        raise DataError("Every weight must be a number of 0 or more, and one at least above 0.")
    exact = total * weights / weights.sum()
    whole = np.floor(exact).astype(int)
    rest = int(total) - int(whole.sum())
    order = (exact - whole).sort_values(ascending=False, kind="stable").index[:rest]
    whole[order] += 1
    return whole


def gini(amounts: Sequence[float], persons: Sequence[float]) -> float:
    """Gini coefficient of an amount per person, each place weighted by its persons: 0 even, near 1 uneven.

    Parameters
    ----------
    amounts : sequence of float
        [beds] by place.
    persons : sequence of float
        [persons] by place, above 0.

    Returns
    -------
    float
        [0-1]

    Raises
    ------
    DataError
        Negative amounts, or a place without persons.

    Examples
    --------
    >>> print(gini([10, 10], [100, 100]), gini([0, 20], [100, 100]))
    0.0 0.5
    """
    beds, people = _checked(amounts, persons)
    order = np.argsort(beds / people, kind="stable")
    x = np.concatenate([[0.0], np.cumsum(people[order]) / people.sum()])
    y = np.concatenate([[0.0], np.cumsum(beds[order]) / beds.sum()])
    return float(1 - np.sum(np.diff(x) * (y[1:] + y[:-1])))


def theil(amounts: Sequence[float], persons: Sequence[float], groups: Iterable[object]) -> dict[str, float]:
    """Theil index of an amount per person, split into what lies between groups of places and what within them.

    Parameters
    ----------
    amounts, persons : sequence of float
        [beds], [persons] by place.
    groups : sequence
        The group of each place.

    Returns
    -------
    dict
        total, between, within [0 or more]; total = between + within.

    Raises
    ------
    DataError
        As `gini`.

    References
    ----------
    Shorrocks (1980), The class of additively decomposable inequality measures, Econometrica 48.

    Examples
    --------
    >>> parts = theil([0, 20, 10, 10], [100, 100, 100, 100], ["x", "x", "y", "y"])
    >>> print({name: round(part, 3) for name, part in parts.items()})
    {'total': 0.347, 'between': 0.0, 'within': 0.347}
    """
    beds, people = _checked(amounts, persons)
    frame = pd.DataFrame({"beds": beds / beds.sum(), "persons": people / people.sum(), "group": list(groups)})
    sums = frame.groupby("group")[["beds", "persons"]].sum()
    total, between = _theil(frame["beds"], frame["persons"]), _theil(sums["beds"], sums["persons"])
    return {"total": total, "between": between, "within": total - between}


def _theil(beds: pd.Series, persons: pd.Series) -> float:
    some = beds > 0  # x log x goes to 0 with x
    return float((beds[some] * np.log(beds[some] / persons[some])).sum())


def _checked(amounts: Sequence[float], persons: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    beds, people = np.asarray(amounts, dtype=float), np.asarray(persons, dtype=float)
    if (beds < 0).any() or beds.sum() <= 0 or (people <= 0).any():
        raise DataError("Amounts must be 0 or more with one above 0, and every place must have persons.")
    return beds, people
