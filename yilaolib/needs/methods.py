"""The formulas: need by each method, need against supply, how evenly beds are shared out, and how many to build.

Of needs: numbers, Series or arrays in, the same out, [beds] or [places], not rounded; no file is read. A negative
count, a share outside 0-1 and an occupancy of 0 or above 1 are refused with a `DataError`; what is missing stays
missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import refusal

Number = float | pd.Series | np.ndarray | xr.DataArray

COUNT, SHARE, OCCUPANCY = (0.0, np.inf, "count"), (0.0, 1.0, "share"), (1e-9, 1.0, "occupancy")  # least, most, words


def _check(allowed: tuple[float, float, str], **values: Number) -> None:
    least, most, said = allowed
    for name, value in values.items():
        given = np.asarray(value, dtype=float)
        outside = given[(given < least) | (given > most)]
        if outside.size:
            raise refusal("errors.needs.bounds", name=name, value=float(outside[0]), said=said)


def beds_by_share(total: Number, weight: Number, total_weight: Number) -> Number:
    """Beds of a larger area shared out by weight, as 景德镇 describes: total × weight / total_weight [persons].

    The weights (elderly 60+, 65+, 80+, disabled) must have one date and one basis, and the larger area's be the larger.

    >>> print(round(beds_by_share(300_000, 269_200, 7_624_800)))
    10592
    """
    _check(COUNT, total=total, weight=weight, total_weight=total_weight)
    if bool((np.asarray(weight) > np.asarray(total_weight)).any()):
        raise refusal("errors.needs.part_above_whole")
    if not bool((np.asarray(total_weight) > 0).all()):
        raise refusal("errors.needs.no_whole")
    return total * weight / total_weight


def beds_by_norm(elderly: Number, beds_per_1000: Number) -> Number:
    """Beds that a norm (每千名老年人养老床位数) asks for: elderly [persons 60+] × beds_per_1000 / 1000.

    A norm is printed for a year: the elderly must be those of that year and of the norm's age (60+ in China).

    >>> print(round(beds_by_norm(269_220, 39)))
    10500
    """
    _check(COUNT, elderly=elderly, beds_per_1000=beds_per_1000)
    return elderly * beds_per_1000 / 1000


def beds_by_hold(beds: Number, elderly_then: Number, elderly: Number) -> Number:
    """Beds that keep today's ratio, doing no more than growing along: beds × elderly / elderly_then [persons 60+].

    `elderly_then` are those at the date of the beds.

    >>> print(round(beds_by_hold(4_059, 269_200, 324_100)))
    4887
    """
    _check(COUNT, beds=beds, elderly_then=elderly_then, elderly=elderly)
    if not bool((np.asarray(elderly_then) > 0).all()):
        raise refusal("errors.needs.no_elderly")
    return beds * elderly / elderly_then


def beds_by_rule(elderly: Number, share: Number) -> Number:
    """Beds by the 9073 rule, a fixed share [0-1] of the elderly in institutions: elderly [persons 60+] × share.

    >>> print(round(beds_by_rule(269_220, 0.03)))
    8077
    """
    _check(COUNT, elderly=elderly)
    _check(SHARE, share=share)
    return elderly * share


def beds_by_prevalence(need: Number, institution_share: Number, occupancy: Number) -> Any:
    """Beds for those who need care and get it in an institution: need [persons] × institution_share / occupancy.

    The definition of need decides: see `care_need`. With a dim `level`, the levels are summed. The share [0-1] and the
    occupancy [above 0 to 1] that planning wants are judged in our data.

    >>> print(beds_by_prevalence(8_500, 0.4, 0.85))
    4000.0
    """
    _check(COUNT, need=need)
    _check(SHARE, institution_share=institution_share)
    _check(OCCUPANCY, occupancy=occupancy)
    residents = need * institution_share
    if isinstance(residents, xr.DataArray) and "level" in residents.dims:
        residents = residents.sum("level")
    return residents / occupancy


def beds_by_utilisation(residents: Number, occupancy: Number, growth: Number = 1.0) -> Number:
    """Beds for the residents that there are, grown with those who need care: residents [persons] × growth / occupancy.

    It measures use under present supply, price and quality; people who would come to better homes do not count.
    `growth` [ratio] is of the persons at risk since then; a lower occupancy [above 0 to 1] asks for more beds.

    >>> print(round(beds_by_utilisation(740, 0.85, 1.2)))
    1045
    """
    _check(COUNT, residents=residents, growth=growth)
    _check(OCCUPANCY, occupancy=occupancy)
    return residents * growth / occupancy


def places_by_norm(population: Number, places_per_1000: Number) -> Number:
    """Places that a norm (每千人口托位数) asks for: population [persons of all ages] × places_per_1000 / 1000.

    It does not look at children: show `implied_coverage` beside it. China's target for 2025 is 4.5.

    >>> print(round(places_by_norm(1_619_000, 4.5)))
    7286
    """
    _check(COUNT, population=population, places_per_1000=places_per_1000)
    return population * places_per_1000 / 1000


def implied_coverage(places: Number, children: Number) -> Number:
    """Places per child [share], the coverage that a number of places means: places / children [persons aged 0, 1, 2].

    Above 1 when there are more places than children, missing where there are no children.

    >>> print(round(implied_coverage(4_036, 58_000), 4))
    0.0696
    """
    _check(COUNT, places=places, children=children)
    counted: Any = children
    if isinstance(counted, xr.DataArray | pd.Series):
        return places / counted.where(counted > 0)
    return places / np.where(np.asarray(counted) > 0, counted, np.nan)[()]


def places_by_coverage(children: Number, coverage: Number) -> Number:
    """Places for a wanted coverage [share, 0-1]: children [persons aged 0, 1 and 2] × coverage.

    The Barcelona targets of the EU are 0.33 and 0.45.

    >>> places_by_coverage(30_000, 0.33)
    9900.0
    """
    _check(COUNT, children=children)
    _check(SHARE, coverage=coverage)
    return children * coverage


def places_by_intention(children: Number, wish: Number, conversion: Number = 1.0) -> Number:
    """Places for families that wish for one, or the part that takes it: children × wish × conversion [shares, 0-1].

    A wish in a survey is not an enrolment: 涟水 prints 45 % wish and 18 % use. Children are aged 0, 1 and 2 [persons].

    >>> print(round(places_by_intention(10_000, 0.45, 0.4)))
    1800
    """
    _check(COUNT, children=children)
    _check(SHARE, wish=wish, conversion=conversion)
    return children * wish * conversion


def shortfall(demand: Number, supply: Number) -> pd.DataFrame | xr.Dataset:
    """Set a demand against a supply; only one of shortfall and surplus is above 0.

    A gap exists only relative to a method: name the method of `demand` wherever the result is shown. Both are [beds or
    places], 0 or more, with the same labels, or one number for all; else DataError.
    Returns DataFrame, or Dataset when either is a DataArray: demand, supply, shortfall, surplus [beds or places],
        coverage_pct [supply per 100 of demand; missing where nothing is demanded]

    >>> print(shortfall(10_500, 4_059).loc[0, ["shortfall", "surplus"]].tolist())
    [6441.0, 0.0]
    """
    _check(COUNT, demand=demand, supply=supply)
    both: list[Any] = [demand, supply]
    if any(isinstance(x, xr.DataArray) for x in both):
        if any(np.ndim(x) and not isinstance(x, xr.DataArray | pd.Series) for x in both):
            raise refusal("errors.needs.no_labels")
        try:
            demand, supply = xr.broadcast(*xr.align(*map(xr.DataArray, both), join="exact"))
        except ValueError as error:
            raise refusal("errors.needs.other_labels", error=str(error)) from error
        return xr.Dataset(_gap(demand, supply))
    if len({np.size(x) for x in both if np.ndim(x)}) > 1:
        raise refusal("errors.needs.lengths", n_demand=np.size(demand), n_supply=np.size(supply))
    labels = [x.index for x in both if isinstance(x, pd.Series)]
    if len(labels) == 2 and not labels[0].equals(labels[1]):
        raise refusal("errors.needs.labels", only=[*map(str, labels[0].symmetric_difference(labels[1])[:3])])
    index = labels[0] if labels else pd.RangeIndex(max(map(np.size, both)))
    return pd.DataFrame(_gap(*(pd.Series(np.broadcast_to(x, len(index)), index, dtype=float) for x in both)))


def _gap(demand: Any, supply: Any) -> dict[str, Any]:
    gap = {"demand": demand, "supply": supply, "shortfall": (demand - supply).clip(0)}
    return gap | {"surplus": (supply - demand).clip(0), "coverage_pct": 100 * supply / demand.where(demand > 0)}


def share_out(total: int, weights: pd.Series) -> pd.Series:
    """Whole beds for each area in proportion to its weight, by the largest remainder; they sum to the total.

    Hamilton's method, Balinski and Young (2001), Fair Representation. Ties go to the area that stands first.
    The total is whole and not below 0; weights are 0 or more, one above 0, none missing; else DataError.

    >>> share_out(10, pd.Series({"a": 1.0, "b": 1.0, "c": 1.0})).to_dict()
    {'a': 4, 'b': 3, 'c': 3}
    """
    if total < 0 or total != int(total):
        raise refusal("errors.needs.whole_beds", total=total)
    weights = weights.astype(float)
    if weights.isna().any() or (weights < 0).any() or weights.sum() <= 0:
        raise refusal("errors.needs.weights")
    exact = total * weights / weights.sum()
    whole = np.floor(exact).astype(int)
    rest = int(total) - int(whole.sum())
    order = (exact - whole).sort_values(ascending=False, kind="stable").index[:rest]
    whole[order] += 1
    return whole


def gini(amounts: Sequence[float], persons: Sequence[float]) -> float:
    """Gini coefficient of an amount per person, each area weighted by its persons: 0 even, near 1 uneven.

    >>> print(gini([10, 10], [100, 100]), gini([0, 20], [100, 100]))
    0.0 0.5
    """
    beds, people = _by_area(amounts, persons)
    order = np.argsort(beds / people, kind="stable")
    x = np.concatenate([[0.0], np.cumsum(people[order]) / people.sum()])
    y = np.concatenate([[0.0], np.cumsum(beds[order]) / beds.sum()])
    return float(1 - np.sum(np.diff(x) * (y[1:] + y[:-1])))


def theil(amounts: Sequence[float], persons: Sequence[float], groups: Iterable[object]) -> dict[str, float]:
    """Theil index of an amount per person: total, between groups of areas, and within them; total = between + within.

    Shorrocks (1980), The class of additively decomposable inequality measures, Econometrica 48. Amounts and persons as
    in `gini`, and the group of each area.

    >>> parts = theil([0, 20, 10, 10], [100, 100, 100, 100], ["x", "x", "y", "y"])
    >>> print({name: round(part, 3) for name, part in parts.items()})
    {'total': 0.347, 'between': 0.0, 'within': 0.347}
    """
    beds, people = _by_area(amounts, persons)
    names = list(groups)
    if len(names) != len(beds):
        raise refusal("errors.needs.groups", n_groups=len(names), n_places=len(beds))
    frame = pd.DataFrame({"beds": beds / beds.sum(), "persons": people / people.sum(), "group": names})
    sums = frame.groupby("group")[["beds", "persons"]].sum()
    total, between = _theil(frame["beds"], frame["persons"]), _theil(sums["beds"], sums["persons"])
    return {"total": total, "between": between, "within": total - between}


def _theil(beds: pd.Series, persons: pd.Series) -> float:
    some = beds > 0  # x log x goes to 0 with x
    return float((beds[some] * np.log(beds[some] / persons[some])).sum())


def _by_area(amounts: Sequence[float], persons: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    beds, people = np.asarray(amounts, dtype=float), np.asarray(persons, dtype=float)
    if beds.shape != people.shape or (beds < 0).any() or beds.sum() <= 0 or (people <= 0).any():
        raise refusal("errors.needs.amounts")
    return beds, people


def shortage_probability(need: np.ndarray | xr.DataArray, supply: float) -> float:
    """Share of the draws [0-1, an array of any shape] with a need above the supply; missing when the supply is.

    >>> shortage_probability(np.array([900, 1100, 1300, 1500]), 1000)
    0.75
    """
    return float(np.mean(_draws(need) > supply)) if np.isfinite(supply) else np.nan


def low_occupancy_probability(residents: np.ndarray | xr.DataArray, beds: float, below: float) -> float:
    """Share of the draws [0-1] in which residents fill less than the share `below` of the beds; missing without beds.

    `below` is judged: `low_occupancy` of table `assumptions`. Those who find no bed do not count.

    >>> low_occupancy_probability(np.array([400, 500, 700, 2000]), 1000, below=0.6)
    0.5
    """
    return float(np.mean(_draws(residents) / beds < below)) if np.isfinite(beds) and beds > 0 else np.nan


def expected_regret(
    need: np.ndarray | xr.DataArray, built: np.ndarray | list[float], *, cost_ratio: float = 1.0
) -> pd.DataFrame:
    """Mean regret of building each number: idle units count 1 each, missing units the cost ratio.

    need, built : [beds or places] draws in an array of any shape, and the numbers to compare
    cost_ratio : [1] what a missing unit costs against an idle one; DataError unless above 0
    Returns DataFrame: by `built` idle, missing [units on average], regret [cost of one idle unit]

    >>> expected_regret(np.array([100, 300]), [100, 200, 300], cost_ratio=2).regret.tolist()
    [200.0, 150.0, 100.0]
    """
    built, ratio = np.asarray(built, dtype=float), _ratio(cost_ratio)
    over = built[:, None] - _draws(need)
    idle, missing = over.clip(min=0).mean(axis=1), (-over).clip(min=0).mean(axis=1)
    told = {"idle": idle, "missing": missing, "regret": idle + ratio * missing}
    return pd.DataFrame(told, pd.Index(built, name="built"))


def best_number(need: np.ndarray | xr.DataArray, *, cost_ratio: float = 1.0) -> float:
    """The number with the least expected regret: the quantile c / (c + 1) of the need, c the cost ratio.

    Newsvendor problem; Arrow, Harris and Marschak (1951), Optimal inventory policy, Econometrica 19. Parameters as in
    `expected_regret`; a cost ratio of 1 gives the median.

    >>> best_number(np.arange(101.0), cost_ratio=3)
    75.0
    """
    ratio = _ratio(cost_ratio)
    return float(np.quantile(_draws(need), ratio / (1 + ratio)))


def split_spread(need: xr.DataArray) -> pd.Series:
    """Share of the variance of the need that methods, demography, parameters, and only all together explain.

    First-order effects of Sobol (1993), here from a complete design: the need has dims by_method, draw (demography) and
    parameter, every combination. The shares sum to 1, and are missing when nothing varies.

    >>> grid = xr.DataArray([[[1.0, 1.0]], [[3.0, 3.0]]], dims=("by_method", "draw", "parameter"))
    >>> split_spread(grid)["method"]
    np.float64(1.0)
    """
    names = {"by_method": "method", "draw": "demography", "parameter": "parameters"}
    if set(names) - set(need.dims):
        raise refusal("errors.needs.need_dims", dims=list(need.dims))
    whole = float(need.var())
    shares = {
        label: float(need.mean([d for d in need.dims if d != dim]).var()) / whole if whole > 0 else np.nan
        for dim, label in names.items()
    }
    return pd.Series({**shares, "together": 1 - sum(shares.values())}, name="share")


def _draws(values: np.ndarray | xr.DataArray) -> np.ndarray:
    flat = np.asarray(values, dtype=float).ravel()
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        raise refusal("errors.needs.empty_need")
    return flat


def _ratio(value: float) -> float:
    if not 0 < value < np.inf:
        raise refusal("errors.needs.cost_ratio", value=value)
    return float(value)
