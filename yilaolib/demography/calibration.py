"""Local fertility and migration against the nation's: counted between censuses, or foreseen from columns of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import refusal
from .ages import OPEN_AGE, SEX, TOP, Population, as_array, found_again, group_ages

FERTILE = (15, 20, 25, 30, 35, 40, 45)  # five-year ages of the schedules of fertility
COHORTS = np.arange(0, 80, 5)  # five-year ages at the older census, the last one open
REGIONS = {
    "north": (11, 12, 13, 14, 15),
    "north-east": (21, 22, 23),
    "east": (31, 32, 33, 34, 35, 36, 37),
    "central": (41, 42, 43),
    "south": (44, 45, 46),
    "south-west": (50, 51, 52, 53, 54),
    "north-west": (61, 62, 63, 64, 65),
}  # by the first two digits of the code
# Ages at the older census of each group whose spread is foreseen apart; -1 stands for fertility.
GROUPS = {"young": (0, 40), "old": (40, 70), "oldest": (70, 100), "children": (-1, 0)}
OUTCOMES = np.concatenate([COHORTS, COHORTS, [-1]])  # women's cohorts, men's, fertility
MEMBERS = np.array([(low <= OUTCOMES) & (high > OUTCOMES) for low, high in GROUPS.values()], dtype=float)


def tfr_ratio(population: Population, reference: Population, schedule: pd.Series) -> float:
    """Local fertility as a multiple of the reference's, from children 0-4 and the women who could have borne them.

    It is that of the five years before; children left behind or brought along are in it too.
    Source: Hauer, Baker and Brown (2013), Indirect estimates of total fertility rate, PLOS ONE 8.
    DataError: there are no women of childbearing age.

    population, reference : DataArray or DataFrame; [persons] by `sex` and `age` (five-year groups from 0 or 0, 1-4)
    schedule : Series; [share of the TFR] by five-year `age` from 15 to 45
    Returns float: [ratio] local TFR / reference TFR; an array when the population has a further dim (area)

    >>> import yilaolib as yl
    >>> china = yl.load_table("population", area="china").query("year == 2020")
    >>> tfr_ratio(china, china, pd.Series(1 / 7, index=[15, 20, 25, 30, 35, 40, 45]))
    1.0
    """
    share = schedule.reindex(list(FERTILE)).to_numpy()

    def children_per_woman(people: Population) -> float:
        groups = _five_year_groups(people)
        women = groups[..., 0, 3:11]  # 15-19 to 50-54
        # over the five years, women of a group spent half their time in the group below
        births = ((women[..., :-1] + women[..., 1:]) / 2 * share).sum(axis=-1)
        if not (births > 0).all():
            raise refusal("errors.people.no_women")
        return groups[..., 0].sum(axis=-1) / births

    ratio = children_per_woman(population) / children_per_woman(reference)
    return float(ratio) if np.ndim(ratio) == 0 else ratio


def migration_rates(
    then: Population, now: Population, reference_then: Population, reference_now: Population, *,
    survival_ratio: xr.DataArray | None = None, years: int = 10,
) -> xr.DataArray:  # fmt: skip
    """Annual net migration rates by sex and single age from two censuses.

    A cohort that shrank more than the same cohort of the closed reference has lost migrants. Children under 3 get none
    (their migration is in `tfr_ratio`), and above 80 it fades out, where mortality hides it.
    DataError: no common five-year groups, censuses not a multiple of 5 years apart, or an empty cohort.
    Source: United Nations (1970), Manual VI: Methods of Measuring Internal Migration (census survival ratios).

    then, now : DataArray or DataFrame; [persons] by `sex` and five-year `age` (to 85+) at the older and newer census
    reference_then, reference_now : same, of a (nearly) closed population, for example the nation
    survival_ratio : DataArray (sex, age), optional; [ratio] expected local survival over `years` to the reference's
    years : int, default 10; [years] between the censuses; a multiple of 5
    Returns DataArray: [net migrants per survivor and year] dims (sex, age 0 ... 100); further dims of `then` come first

    >>> import yilaolib as yl
    >>> china = yl.load_table("population", area="china")
    >>> then, now = china.query("year == 2010"), china.query("year == 2020")
    >>> float(abs(migration_rates(then, now, then, now)).max())
    0.0
    """
    annual = cohort_rates(then, now, reference_then, reference_now, survival_ratio=survival_ratio, years=years)
    return by_single_age(annual, years=years)


def cohort_rates(then, now, reference_then, reference_now, *, survival_ratio=None, years: int = 10) -> np.ndarray:
    """Annual net migration rates (..., sex, cohort) of the cohorts 0-4, 5-9 ... of the older census, the last open."""
    relative = _cohort_ratio(then, now, years) / _cohort_ratio(reference_then, reference_now, years)
    if survival_ratio is not None:
        cohorts = np.arange(0, TOP - years + 1, 5)
        relative = relative / survival_ratio.sel(sex=SEX, age=cohorts + 2).to_numpy()
    return relative ** (1 / years) - 1


def by_single_age(annual: np.ndarray, *, years: int = 10) -> xr.DataArray:
    """Annual rates of cohorts (..., sex, cohort of 0-4, 5-9 ... at the older census), put at single ages."""
    cohorts = np.arange(annual.shape[-1]) * 5
    knots, ages = np.concatenate([[0, 3], cohorts + 2.5 + years / 2, [90.0]]), np.arange(OPEN_AGE + 1)
    nothing = np.zeros((*annual.shape[:-1], 2))
    values = np.concatenate([nothing, annual, nothing[..., :1]], axis=-1)
    at = np.clip(np.searchsorted(knots, ages + 0.5, side="right") - 1, 0, len(knots) - 2)
    share = np.clip((ages + 0.5 - knots[at]) / np.diff(knots)[at], 0, 1)
    single = values[..., at] * (1 - share) + values[..., at + 1] * share
    dims = [*(f"dim_{i}" for i in range(single.ndim - 2)), "sex", "age"]
    return xr.DataArray(single, coords={"sex": SEX, "age": ages}, dims=dims)


def at_level(rates: np.ndarray, people: np.ndarray, per_1000: float) -> np.ndarray:
    """Net migration rates (sex, age) moved to a crude rate of all `people`, more at the ages where more move."""
    size = np.abs(rates) if np.any(rates) else np.ones_like(rates)
    missing = per_1000 / 1000 * people.sum() - (rates * people).sum()
    return rates + size * missing / (size * people).sum()


def _cohort_ratio(before: Population, after: Population, years: int) -> np.ndarray:
    """Persons of each sex and five-year cohort (the last one open) at the newer census over those at the older."""
    old, new = (_five_year_groups(p) for p in (before, after))
    start, end = found_again(old, years), new[..., years // 5 :]
    if (start <= 0).any() or (end <= 0).any():
        raise refusal("errors.people.empty_cohort")
    return end / start


def _five_year_groups(population: Population) -> np.ndarray:
    """Persons (..., sex, age group 0, 5 ... 85+) as numbers."""
    groups = group_ages(as_array(population), edges=range(0, TOP + 1, 5)).transpose(..., "sex", "age")
    return (groups if groups["sex"].to_numpy().tolist() == SEX else groups.sel(sex=SEX)).to_numpy()


@dataclass(frozen=True)
class Model:
    """What columns of a census foresee of a place ten years on, and how far it may stray; table `spreads`."""

    mean: pd.Series  # of the counties of the census, by column
    sd: pd.Series
    foreseen: pd.DataFrame  # (column, outcome): cohorts' logarithms of change a year, logarithm of the fertility ratio
    patterns: np.ndarray  # (pattern, outcome) of what strays together
    scale: pd.DataFrame  # (column, group)
    width: pd.DataFrame  # (sort, group)
    region: pd.DataFrame  # (region, group)
    freedom: float  # of Student's t: how often a place is far off
    shares: tuple[float, float]  # of the region and of the province in the variance
    far: float  # standard deviations at which a column is cut
    small: float  # of the logarithm of persons: places below stray in a way of their own
    by_columns: float  # share of the columns in fertility; the rest is what is left of the place's own
    kept: float  # share of its own that is left after ten years


def foresee(columns: pd.DataFrame, model: Model, regions: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes (place, 33) ten years on, against the nation's, and a standard deviation of each (place, pattern, 33).

    Source: Hoerl and Kennard (1970), Ridge regression, Technometrics 12.
    """
    names, known = model.mean.index, columns[model.mean.index].to_numpy(dtype=float)
    away = (known - model.mean.to_numpy()) / model.sd[names].to_numpy()
    away[np.isnan(away)] = 0.0
    size, district = (away[:, names.get_loc(name)] for name in ("size", "district"))
    z = np.column_stack([away.clip(-model.far, model.far), np.ones(len(away)), (-1 - size).clip(0, 2)])
    places = pd.Index([*names, "constant", "smallness"])
    told = _times(z[:, places.get_indexer(model.foreseen.index)], model.foreseen.to_numpy())
    told[:, -1] += (1 - model.by_columns) * (model.kept * columns["children_per_woman"].to_numpy() - told[:, -1])
    sorts = np.select([district > 0, size < model.small], ["district", "small"], "others")
    scale = np.exp(_times(z[:, places.get_indexer(model.scale.index)], model.scale.to_numpy()))
    scale *= model.width.loc[sorts].to_numpy()
    scale *= model.region.reindex(regions).fillna(1.0).to_numpy()
    return told, model.patterns * _times(scale, MEMBERS)[:, None]


def _times(rows: np.ndarray, matrix: np.ndarray) -> Any:
    """`rows @ matrix`, of which each row has the same last digit whatever stands beside it."""
    return sum(rows[:, [n]] * line for n, line in enumerate(matrix))
