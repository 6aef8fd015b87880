"""Formulas for daycare places (托位). Numbers, Series or arrays in, the same out; no file is read."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .gap import Number, is_series, refuse_negative, refuse_no_share


def places_by_norm(population: Number, places_per_1000: Number) -> Number:
    """Places that the norm asks for (每千人口拥有3岁以下婴幼儿托位数), whatever the number of children.

    Always show `implied_coverage` beside it: the same norm means very different things to young and old places.

    Parameters
    ----------
    population : float, Series or DataArray
        [persons] of all ages.
    places_per_1000 : float
        [places per 1000 persons] China's target for 2025 is 4.5.

    Returns
    -------
    same form
        [places]

    Raises
    ------
    DataError
        Negative input.

    Examples
    --------
    >>> print(round(places_by_norm(1_619_000, 4.5)))
    7286
    """
    refuse_negative(population=population, places_per_1000=places_per_1000)
    return population * places_per_1000 / 1000


def implied_coverage(places: Number, children: Number) -> Number:
    """Places per child: the coverage that a number of places means.

    Parameters
    ----------
    places : float, Series or DataArray
        [places]
    children : float, Series or DataArray
        [persons] aged 0, 1 and 2 (say so when it is another age).

    Returns
    -------
    same form
        [share]; above 1 when there are more places than children, missing where there are no children.

    Raises
    ------
    DataError
        Negative input.

    Examples
    --------
    >>> print(round(implied_coverage(4_036, 58_000), 4))
    0.0696
    """
    refuse_negative(places=places, children=children)
    if isinstance(children, xr.DataArray) or is_series(children):
        return places / children.where(children > 0)
    return places / np.where(np.asarray(children) > 0, children, np.nan)[()]


def places_by_coverage(children: Number, coverage: Number) -> Number:
    """Places for a wanted share of the children under 3.

    Parameters
    ----------
    children : float, Series or DataArray
        [persons] aged 0, 1 and 2.
    coverage : float
        [share, 0-1] For example 0.33 or 0.45, the Barcelona targets of the EU.

    Returns
    -------
    same form
        [places]

    Raises
    ------
    DataError
        A coverage outside 0-1, negative children.

    Examples
    --------
    >>> places_by_coverage(30_000, 0.33)
    9900.0
    """
    refuse_negative(children=children)
    refuse_no_share(coverage=coverage)
    return children * coverage


def places_by_intention(children: Number, wish: Number, conversion: Number = 1.0) -> Number:
    """Places for the families that say they want one, or for the part of them that really takes it.

    A wish in a survey is not an enrolment: 涟水 prints 45 % wish and 18 % use.

    Parameters
    ----------
    children : float, Series or DataArray
        [persons] aged 0, 1 and 2.
    wish : float
        [share, 0-1] of families that want a place.
    conversion : float, default 1
        [share, 0-1] of these that take one.

    Returns
    -------
    same form
        [places]

    Raises
    ------
    DataError
        A share outside 0-1, negative children.

    Examples
    --------
    >>> print(round(places_by_intention(10_000, 0.45, 0.4)))
    1800
    """
    refuse_negative(children=children)
    refuse_no_share(wish=wish, conversion=conversion)
    return children * wish * conversion
