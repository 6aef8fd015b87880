"""The formulas of the methods for beds (床位) and daycare places (托位), and the gap between a need and a supply.

Numbers, Series or arrays in, the same out, [beds] or [places], not rounded; no file is read. A negative count, a share
outside 0-1 and an occupancy of 0 or above 1 are refused with a `DataError`; what is missing stays missing.
"""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError

Number = float | pd.Series | np.ndarray | xr.DataArray


def beds_by_share(total: Number, weight: Number, total_weight: Number) -> Number:
    """Beds of a larger area shared out by weight, as 景德镇 describes: total × weight / total_weight [persons].

    The weights (elderly 60+, 65+, 80+, disabled) must have one date and one basis, and the larger area's be the larger.

    Examples
    --------
    >>> print(round(beds_by_share(300_000, 269_200, 7_624_800)))
    10592
    """
    _refuse_negative(total=total, weight=weight, total_weight=total_weight)
    if bool((np.asarray(weight) > np.asarray(total_weight)).any()):
        raise DataError(
            "The weight of the place is larger than that of the whole area; check that both have one basis."
        )
    if not bool((np.asarray(total_weight) > 0).all()):
        raise DataError("The weight of the whole area must be above 0, or there is nothing to share by.")
    return total * weight / total_weight


def beds_by_norm(elderly: Number, beds_per_1000: Number) -> Number:
    """Beds that a norm (每千名老年人养老床位数) asks for: elderly [persons 60+] × beds_per_1000 / 1000.

    A norm is printed for a year: the elderly must be those of that year and of the norm's age (60+ in China).

    Examples
    --------
    >>> print(round(beds_by_norm(269_220, 39)))
    10500
    """
    _refuse_negative(elderly=elderly, beds_per_1000=beds_per_1000)
    return elderly * beds_per_1000 / 1000


def beds_by_hold(beds: Number, elderly_then: Number, elderly: Number) -> Number:
    """Beds that keep today's ratio, doing no more than growing along: beds × elderly / elderly_then [persons 60+].

    `elderly_then` are those at the date of the beds.

    Examples
    --------
    >>> print(round(beds_by_hold(4_059, 269_200, 324_100)))
    4887
    """
    _refuse_negative(beds=beds, elderly_then=elderly_then, elderly=elderly)
    if not bool((np.asarray(elderly_then) > 0).all()):
        raise DataError("There must be elderly at the date of the beds, or no ratio can be held.")
    return beds * elderly / elderly_then


def beds_by_rule(elderly: Number, share: Number) -> Number:
    """Beds by the 9073 rule, a fixed share [0-1] of the elderly in institutions: elderly [persons 60+] × share.

    Examples
    --------
    >>> print(round(beds_by_rule(269_220, 0.03)))
    8077
    """
    _refuse_negative(elderly=elderly)
    _refuse_no_share(share=share)
    return elderly * share


@overload
def beds_by_prevalence(need: xr.DataArray, institution_share: Number, occupancy: Number) -> xr.DataArray: ...
@overload
def beds_by_prevalence(need: Number, institution_share: Number, occupancy: Number) -> Number: ...
def beds_by_prevalence(need: Number, institution_share: Number, occupancy: Number) -> Number:
    """Beds for those who need care and get it in an institution: need [persons] × institution_share / occupancy.

    The definition of need decides: see `care_need`. With a dim `level`, the levels are summed. The share [0-1] and the
    occupancy [above 0 to 1] that planning wants are judged in our data.

    Examples
    --------
    >>> print(beds_by_prevalence(8_500, 0.4, 0.85))
    4000.0
    """
    _refuse_negative(need=need)
    _refuse_no_share(institution_share=institution_share)
    residents = need * institution_share
    if isinstance(residents, xr.DataArray) and "level" in residents.dims:
        residents = residents.sum("level")
    return residents / _occupancy(occupancy)


def beds_by_utilisation(residents: Number, occupancy: Number, growth: Number = 1.0) -> Number:
    """Beds for the residents that there are, grown with those who need care: residents [persons] × growth / occupancy.

    It measures use under present supply, price and quality; people who would come to better homes do not count.
    `growth` [ratio] is of the persons at risk since then; a lower occupancy [above 0 to 1] asks for more beds.

    Examples
    --------
    >>> print(round(beds_by_utilisation(740, 0.85, 1.2)))
    1045
    """
    _refuse_negative(residents=residents, growth=growth)
    return residents * growth / _occupancy(occupancy)


def places_by_norm(population: Number, places_per_1000: Number) -> Number:
    """Places that a norm (每千人口托位数) asks for: population [persons of all ages] × places_per_1000 / 1000.

    It does not look at children: show `implied_coverage` beside it. China's target for 2025 is 4.5.

    Examples
    --------
    >>> print(round(places_by_norm(1_619_000, 4.5)))
    7286
    """
    _refuse_negative(population=population, places_per_1000=places_per_1000)
    return population * places_per_1000 / 1000


def implied_coverage(places: Number, children: Number) -> Number:
    """Places per child [share], the coverage that a number of places means: places / children [persons aged 0, 1, 2].

    Above 1 when there are more places than children, missing where there are no children.

    Examples
    --------
    >>> print(round(implied_coverage(4_036, 58_000), 4))
    0.0696
    """
    _refuse_negative(places=places, children=children)
    counted: Any = children
    if isinstance(counted, xr.DataArray | pd.Series):
        return places / counted.where(counted > 0)
    return places / np.where(np.asarray(counted) > 0, counted, np.nan)[()]


def places_by_coverage(children: Number, coverage: Number) -> Number:
    """Places for a wanted coverage [share, 0-1]: children [persons aged 0, 1 and 2] × coverage.

    The Barcelona targets of the EU are 0.33 and 0.45.

    Examples
    --------
    >>> places_by_coverage(30_000, 0.33)
    9900.0
    """
    _refuse_negative(children=children)
    _refuse_no_share(coverage=coverage)
    return children * coverage


def places_by_intention(children: Number, wish: Number, conversion: Number = 1.0) -> Number:
    """Places for families that wish for one, or the part that takes it: children × wish × conversion [shares, 0-1].

    A wish in a survey is not an enrolment: 涟水 prints 45 % wish and 18 % use. Children are aged 0, 1 and 2 [persons].

    Examples
    --------
    >>> print(round(places_by_intention(10_000, 0.45, 0.4)))
    1800
    """
    _refuse_negative(children=children)
    _refuse_no_share(wish=wish, conversion=conversion)
    return children * wish * conversion


def _refuse_negative(**values: Number) -> None:
    """Refuse what counts people or beds and is below 0; a missing value stays missing."""
    for name, value in values.items():
        lowest = np.nanmin(np.append(np.asarray(value, dtype=float), np.inf))
        if lowest < 0:
            raise DataError(f"{name} has a negative value ({lowest:g}); it must be 0 or more.")


def _refuse_no_share(**values: Number) -> None:
    """Refuse what is no share: percent in its place would give a hundred times too much."""
    for name, value in values.items():
        given = np.asarray(value, dtype=float)
        outside = given[(given < 0) | (given > 1)]
        if outside.size:
            raise DataError(f"{name} is {outside[0]:g}; it is a share and must lie between 0 and 1 (45 % is 0.45).")


def _occupancy(value: Number) -> Number:
    values = np.asarray(value, dtype=float)
    if not bool(((values > 0) & (values <= 1)).all()):
        raise DataError(f"occupancy is {values.min():g}; it must be above 0 and at most 1 (85 % is 0.85).")
    return value


def shortfall(demand: Number, supply: Number) -> pd.DataFrame | xr.Dataset:
    """Set a demand against a supply; only one of shortfall and surplus is above 0.

    A gap exists only relative to a method: name the method of `demand` wherever the result is shown.

    Parameters
    ----------
    demand, supply : [beds or places] of one length and with the same labels, or one number for all; 0 or more, missing
        stays missing

    Returns
    -------
    DataFrame or Dataset: demand, supply, shortfall, surplus [beds or places, 0 or more], coverage_pct [supply per 100
    of
        demand; missing where nothing is demanded]; a Dataset when either input is a DataArray

    Examples
    --------
    >>> print(shortfall(10_500, 4_059).loc[0, ["shortfall", "surplus"]].tolist())
    [6441.0, 0.0]
    """
    if isinstance(demand, xr.DataArray) or isinstance(supply, xr.DataArray):
        return xr.Dataset(_parts(*_labelled(demand, supply)))
    _same_rows(demand, supply)
    both: list[Any] = [demand, supply]
    index = next((x.index for x in both if isinstance(x, pd.Series)), None)
    size = max(np.size(demand), np.size(supply)) if index is None else len(index)
    return pd.DataFrame(_parts(_column(demand, index, size), _column(supply, index, size)))


def _parts(demand: pd.Series | xr.DataArray, supply: pd.Series | xr.DataArray) -> dict[str, pd.Series | xr.DataArray]:
    """The columns of `shortfall`, of a demand and a supply of one shape."""
    for name, values in (("demand", demand), ("supply", supply)):
        if bool((values < 0).any()):
            raise DataError(
                f"{name} has a negative value ({float(values.min()):g}); it counts beds or places, 0 or more."
            )
    return {
        "demand": demand,
        "supply": supply,
        "shortfall": (demand - supply).clip(0),
        "surplus": (supply - demand).clip(0),
        "coverage_pct": 100 * supply / demand.where(demand > 0),
    }


def _labelled(demand: Number, supply: Number) -> tuple[xr.DataArray, xr.DataArray]:
    """Broadcast by name of dim; labels of a dim that both have must be the same."""
    for name, value in (("demand", demand), ("supply", supply)):
        if np.ndim(value) and not isinstance(value, xr.DataArray | pd.Series):
            raise DataError(f"{name} has {np.size(value)} values without labels, beside a DataArray; name its dims.")
    pair = xr.DataArray(demand), xr.DataArray(supply)
    try:
        return xr.broadcast(*xr.align(*pair, join="exact"))
    except ValueError as error:
        shared = [d for d in pair[0].dims if d in pair[1].dims and not pair[0][d].equals(pair[1][d])]
        raise DataError(
            f"demand and supply have different labels along {', '.join(map(str, shared))} "
            f"({pair[0].sizes[shared[0]]} and {pair[1].sizes[shared[0]]} values). Select the same ones in both."
        ) from error


def _same_rows(demand: Any, supply: Any) -> None:
    """Refuse what would be cut short or matched by chance."""
    sizes = np.size(demand), np.size(supply)
    if np.ndim(demand) and np.ndim(supply) and sizes[0] != sizes[1]:
        raise DataError(
            f"demand has {sizes[0]} values and supply has {sizes[1]}. Give as many of one as of the "
            "other, or one number that holds for all."
        )
    if isinstance(demand, pd.Series) and isinstance(supply, pd.Series) and not demand.index.equals(supply.index):
        only = [*demand.index.symmetric_difference(supply.index)][:3]
        raise DataError(
            f"demand and supply have different labels ({', '.join(map(str, only)) or 'in another order'}). "
            "Take the same ones, such as supply.reindex(demand.index)."
        )


def _column(values: Any, index: pd.Index | None, size: int) -> pd.Series:
    if isinstance(values, pd.Series):
        return values.astype(float)
    return pd.Series(np.broadcast_to(np.asarray(values, dtype=float), size), index=index)
