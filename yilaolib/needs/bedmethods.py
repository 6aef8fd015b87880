"""Formulas for beds for the elderly (养老床位). Numbers, Series or arrays in, the same out; no file is read."""

from __future__ import annotations

from typing import overload

import numpy as np
import xarray as xr

from ..core.errors import DataError
from .gap import Number, refuse_negative, refuse_no_share


def beds_by_share(total: Number, weight: Number, total_weight: Number) -> Number:
    """Beds that fall to a place when a larger area's beds are shared out by weight.

    What 景德镇 describes: the province's 300,000 beds by the place's share of the province's elderly. The weights must
    have one date and one basis.

    Parameters
    ----------
    total : float or array
        [beds] of the larger area.
    weight, total_weight : float or array
        [persons] The place's and the larger area's elderly (60+, 65+, 80+, disabled).

    Returns
    -------
    same form
        [beds], not rounded.

    Raises
    ------
    DataError
        Negative input, a place with more weight than the whole, or a whole without weight.

    Examples
    --------
    >>> print(round(beds_by_share(300_000, 269_200, 7_624_800)))
    10592
    """
    refuse_negative(total=total, weight=weight, total_weight=total_weight)
    if bool((np.asarray(weight) > np.asarray(total_weight)).any()):
        raise DataError(
            "The weight of the place is larger than that of the whole area; check that both have one basis."
        )
    if not bool((np.asarray(total_weight) > 0).all()):
        raise DataError("The weight of the whole area must be above 0, or there is nothing to share by.")
    return total * weight / total_weight


def beds_by_norm(elderly: Number, beds_per_1000: Number) -> Number:
    """Beds that a norm asks for (每千名老年人养老床位数).

    A norm is printed for a year: the elderly must be those of that year and of the norm's age (60+ in China).

    Parameters
    ----------
    elderly : float, Series or DataArray
        [persons 60+]
    beds_per_1000 : float or array
        [beds per 1000 persons 60+]

    Returns
    -------
    same form
        [beds]

    Raises
    ------
    DataError
        Negative input.

    Examples
    --------
    >>> print(round(beds_by_norm(269_220, 39)))
    10500
    """
    refuse_negative(elderly=elderly, beds_per_1000=beds_per_1000)
    return elderly * beds_per_1000 / 1000


def beds_by_hold(beds: Number, elderly_then: Number, elderly: Number) -> Number:
    """Beds that keep today's ratio of beds to elderly: the answer of doing no more than growing along.

    Parameters
    ----------
    beds : float or array
        [beds] today.
    elderly_then : float
        [persons 60+] at the date of the beds.
    elderly : float, Series or DataArray
        [persons 60+] at the date of the need.

    Returns
    -------
    same form
        [beds]

    Raises
    ------
    DataError
        Negative input, or nobody elderly at the date of the beds.

    Examples
    --------
    >>> print(round(beds_by_hold(4_059, 269_200, 324_100)))
    4887
    """
    refuse_negative(beds=beds, elderly_then=elderly_then, elderly=elderly)
    if not bool((np.asarray(elderly_then) > 0).all()):
        raise DataError("There must be elderly at the date of the beds, or no ratio can be held.")
    return beds * elderly / elderly_then


def beds_by_rule(elderly: Number, share: Number) -> Number:
    """Beds by the 9073 planning rule: a fixed share of the elderly live in institutions.

    Parameters
    ----------
    elderly : float, Series or DataArray
        [persons 60+]
    share : float
        [share, 0-1] For example `rule_3pct_share` of table `assumptions`.

    Returns
    -------
    same form
        [beds]

    Raises
    ------
    DataError
        Negative input, or a share outside 0-1.

    Examples
    --------
    >>> print(round(beds_by_rule(269_220, 0.03)))
    8077
    """
    refuse_negative(elderly=elderly)
    refuse_no_share(share=share)
    return elderly * share


@overload
def beds_by_prevalence(need: xr.DataArray, institution_share: Number, occupancy: Number) -> xr.DataArray: ...
@overload
def beds_by_prevalence(need: Number, institution_share: Number, occupancy: Number) -> Number: ...
def beds_by_prevalence(need: Number, institution_share: Number, occupancy: Number) -> Number:
    """Beds for the persons who need care and are cared for in an institution.

    The definition of need decides: see `care_need`. Both the share and the occupancy are judged in our data.

    Parameters
    ----------
    need : float or DataArray
        [persons] who need care; with a dim `level`, the levels are summed.
    institution_share : float or DataArray
        [share, 0-1] of them in institutions, by `level` where need has it.
    occupancy : float
        [share, above 0 to 1] of the beds that planning wants occupied.

    Returns
    -------
    same form
        [beds]

    Raises
    ------
    DataError
        Negative need, a share outside 0-1, an occupancy of 0 or above 1.

    Examples
    --------
    >>> print(beds_by_prevalence(8_500, 0.4, 0.85))
    4000.0
    """
    refuse_negative(need=need)
    refuse_no_share(institution_share=institution_share)
    residents = need * institution_share
    if isinstance(residents, xr.DataArray) and "level" in residents.dims:
        residents = residents.sum("level")
    return residents / _occupancy(occupancy)


def beds_by_utilisation(residents: Number, occupancy: Number, growth: Number = 1.0) -> Number:
    """Beds for the residents that there are, grown along with the persons who need care.

    It measures use under present supply, price and quality; people who would come to better homes do not count.

    Parameters
    ----------
    residents : float or array
        [persons] now.
    occupancy : float
        [share, above 0 to 1] of the beds that planning wants occupied; a lower one asks for more beds.
    growth : float or array, default 1
        [ratio] of the persons at risk at the date of the need to those at the date of the residents.

    Returns
    -------
    same form
        [beds]

    Raises
    ------
    DataError
        Negative input, an occupancy of 0 or above 1.

    Examples
    --------
    >>> print(round(beds_by_utilisation(740, 0.85, 1.2)))
    1045
    """
    refuse_negative(residents=residents, growth=growth)
    return residents * growth / _occupancy(occupancy)


def _occupancy(value: Number) -> Number:
    values = np.asarray(value, dtype=float)
    if not bool(((values > 0) & (values <= 1)).all()):
        raise DataError(f"occupancy is {values.min():g}; it must be above 0 and at most 1 (85 % is 0.85).")
    return value
