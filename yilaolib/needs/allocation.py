"""The allocation laboratory: a province's beds shared out among its prefectures under six rules; how even each is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import DataError
from ..data import find_area, load_table
from ..places.parameters import census_pyramids
from ..places.ranges import area_values
from ..tabling.figures import figures_at
from .counted import counted
from .sharing import gini, share_out, theil

RULES = {
    "population": ("按常住人口", "by residents"),
    "aged_60": ("按60岁及以上人口", "by persons 60+"),
    "aged_65": ("按65岁及以上人口", "by persons 65+"),
    "aged_80": ("按80岁及以上人口", "by persons 80+"),
    "care_need": ("按失能照护需要", "by need of care"),
    "shortfall": ("按缺口（需求减现有床位）", "by shortfall (need less present beds)"),
}


def allocate_beds(
    province: str = "jiangxi", total: int | None = None, *, root: str | Path | None = None
) -> pd.DataFrame:
    """Share a province's beds out among its prefectures under six rules; whole beds, by the largest remainder.

    Only two prefectures of Jiangxi print their present beds. For the rule by shortfall the others are taken to have as
    many per elderly person as these two together: that is judged, and `beds_known` says where.

    Parameters
    ----------
    province : str, default "jiangxi"
        Slug, Chinese or English name, or adcode of an area whose parts are all in `areas` with a census.
    total : int, optional
        [beds] By default the province's printed target.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        One row per prefecture, indexed by area: name_zh, name_en, the weights of the census (population, aged_60,
        aged_65, aged_80, care_need [persons expected in homes], shortfall [beds]), present [beds], beds_known, and
        beds_<rule> [beds] for each of the six rules. `attrs` hold total, year and source.

    Raises
    ------
    DataError
        Unknown area, parts that do not make up the whole, or no printed total.

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


def _weights(areas: list[str], root: str | Path | None) -> tuple[int, pd.DataFrame]:
    """The year of the latest census, and by area its residents and its weights."""
    years = {max(census_pyramids(area, root)) for area in areas}
    if len(years) > 1:
        raise DataError(f"The areas have censuses of different years: {sorted(years)}. They must be of one year.")
    year, assumed = years.pop(), area_values(root=root)
    found = {area: counted(area, year, root) for area in areas}
    rows = {area: {"population": row.population, **row.weights(assumed)} for area, row in found.items()}
    return year, pd.DataFrame(rows).T


def _with_shortfall(frame: pd.DataFrame, total: int, root: str | Path | None) -> pd.DataFrame:
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
    beds : DataFrame
        As from `allocate_beds`.

    Returns
    -------
    DataFrame
        rule, name_zh, name_en, per (aged_60 or care_need), lowest, highest [beds per 1000 of these], gini [0-1], theil,
        between, within: between prefectures older and younger than the whole, and within these two groups.

    Examples
    --------
    >>> equity = allocation_equity(allocate_beds()).set_index(["rule", "per"])
    >>> print(f"{equity.gini['aged_60', 'aged_60']:.4f} {equity.gini['aged_80', 'aged_60']:.2f}")
    0.0000 0.03
    """
    share = beds["aged_60"] / beds["population"]
    group = np.where(share > beds["aged_60"].sum() / beds["population"].sum(), "older", "younger")
    rows = []
    for rule, (zh, en) in RULES.items():
        for per in ("aged_60", "care_need"):
            amount, people = beds[f"beds_{rule}"], beds[per]
            density = 1000 * amount / people
            row = {"rule": rule, "name_zh": zh, "name_en": en, "per": per}
            row |= {"lowest": density.min(), "highest": density.max(), "gini": gini(amount, people)}
            rows.append(row | theil(amount, people, group))
    return pd.DataFrame(rows).rename(columns={"total": "theil"})
