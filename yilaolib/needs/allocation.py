"""The allocation laboratory: a province's beds shared out among its prefectures under six rules; how even each is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ..demography.local import Root, area_values, census_pyramids
from ..errors import DataError
from ..tables.areas import find_area, load_table
from ..tables.figures import figures_at
from .rows import counted


def share_out(total: int, weights: pd.Series) -> pd.Series:
    """Whole beds for each area in proportion to its weight, by the largest remainder; they sum to the total.

    Hamilton's method, Balinski and Young (2001), Fair Representation, chapter 1. Ties go to the area that stands first.

    Parameters
    ----------
    total : int; [beds] to share out; whole and not below 0, else DataError
    weights : Series; [any unit] 0 or more by area, one above 0, none missing, else DataError

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
    """Gini coefficient of an amount per person, each area weighted by its persons: 0 even, near 1 uneven.

    Parameters
    ----------
    amounts, persons : [beds] 0 or more and [persons] above 0 by area, else DataError

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
    """Theil index of an amount per person, split into what lies between groups of areas and what within them.

    Shorrocks (1980), The class of additively decomposable inequality measures, Econometrica 48.

    Parameters
    ----------
    amounts, persons, groups : as in `gini`, and the group of each area

    Returns
    -------
    dict: total, between, within [0 or more]; total = between + within

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


RULES = ("population", "aged_60", "aged_65", "aged_80", "care_need", "shortfall")  # weights


def allocate_beds(province: str = "jiangxi", total: int | None = None, *, root: Root = None) -> pd.DataFrame:
    """Share a province's beds out among its prefectures under six rules; whole beds, by the largest remainder.

    Only two prefectures of Jiangxi print their present beds. For the rule by shortfall the others are taken to have as
    many per elderly person as these two together: that is judged, and `beds_known` says where.

    Parameters
    ----------
    province, root : an area all of whose prefectures are in `areas` with a census, else DataError; your own folder
    total : [beds] by default the province's printed target

    Returns
    -------
    DataFrame: by area name_zh, name_en, the weights of the census (population, aged_60, aged_65, aged_80, care_need
        [persons expected in homes], shortfall [beds]), present [beds], beds_known, and beds_<rule> [beds] for each of
        the six rules. `attrs` hold total, year and source.

    Examples
    --------
    >>> beds = allocate_beds()
    >>> print(beds.beds_aged_60["jingdezhen"], beds.filter(like="beds_a").sum().unique())
    10593 [300000]
    """
    slug = find_area(province, root=root)["area"]
    areas = load_table("areas", root=root)
    parts = areas[(areas["parent"] == slug) & (areas["level"] == "prefecture")].set_index("area")
    if parts.empty:
        raise DataError(f"{slug} has no prefectures in areas.csv; add them and their censuses to a data folder.")
    target = figures_at(root).first(slug, "elder_beds_total", "target")
    if total is None:
        if target is None:
            raise DataError(f"{slug} has no printed total of beds; pass total=.")
        total = int(target["value"])
    year, weights = _weights([*parts.index, slug], root)
    if abs(weights.drop(slug)["population"].sum() - weights.loc[slug, "population"]) > 0.5:
        raise DataError(
            f"The prefectures of {slug} in areas.csv do not add up to its census of {year}; add the others."
        )
    frame = parts[["name_zh", "name_en"]].join(weights)
    frame = _with_shortfall(frame, total, root)
    for rule in RULES:
        frame[f"beds_{rule}"] = share_out(total, frame[rule])
    frame.attrs = {"total": total, "year": year, "source": "" if target is None else target["source"]}
    return frame


def _weights(areas: list[str], root: Root) -> tuple[int, pd.DataFrame]:
    """The year of the latest census, and by area its residents and its weights."""
    years = {max(census_pyramids(area, root)) for area in areas}
    if len(years) > 1:
        raise DataError(f"The areas have censuses of different years: {sorted(years)}. They must be of one year.")
    year, assumed = years.pop(), area_values(root=root)
    found = {area: counted(area, year, root=root) for area in areas}
    rows = {area: {"population": row.population, **row.weights(assumed)} for area, row in found.items()}
    return year, pd.DataFrame(rows).T


def _with_shortfall(frame: pd.DataFrame, total: int, root: Root) -> pd.DataFrame:
    """Need at the province's own ratio of beds to elderly less present beds, never below 0."""
    printed = figures_at(root)
    found = {area: printed.first(area, "elder_beds_total", "actual") for area in frame.index}
    present = pd.Series({area: np.nan if row is None else row["value"] for area, row in found.items()}, dtype=float)
    known = present.notna()
    if not known.any():
        raise DataError("No prefecture prints its present beds, so that the rule by shortfall has no start.")
    ratio = present[known].sum() / frame.loc[known, "aged_60"].sum()
    present = present.fillna(frame["aged_60"] * ratio)
    wanted = total * frame["aged_60"] / frame["aged_60"].sum()
    return frame.assign(shortfall=(wanted - present).clip(lower=0), present=present, beds_known=known)


def allocation_equity(beds: pd.DataFrame) -> pd.DataFrame:
    """How even each rule is: Gini and Theil of beds per person aged 60+ and per person who needs care.

    The measure decides which rule is fair: the rule by 60+ is even per elderly person by construction.

    Parameters
    ----------
    beds : DataFrame; as from `allocate_beds`

    Returns
    -------
    DataFrame: rule, per (aged_60 or care_need), lowest, highest [beds per 1000 of these], gini [0-1], theil, between,
        within: between prefectures older and younger than the whole, and within these two groups

    Examples
    --------
    >>> equity = allocation_equity(allocate_beds()).set_index(["rule", "per"])
    >>> print(f"{equity.gini['aged_60', 'aged_60']:.4f} {equity.gini['aged_80', 'aged_60']:.2f}")
    0.0000 0.03
    """
    share = beds["aged_60"] / beds["population"]
    group = np.where(share > beds["aged_60"].sum() / beds["population"].sum(), "older", "younger")
    rows = []
    for rule in RULES:
        for per in ("aged_60", "care_need"):
            amount, people = beds[f"beds_{rule}"], beds[per]
            density = 1000 * amount / people
            row = {"rule": rule, "per": per}
            row |= {"lowest": density.min(), "highest": density.max(), "gini": gini(amount, people)}
            rows.append(row | theil(amount, people, group))
    return pd.DataFrame(rows).rename(columns={"total": "theil"})
