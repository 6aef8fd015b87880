"""Foresee migration and fertility of places from census columns, and how far they may stray: the arithmetic of the fit.

A ridge regression foresees 33 outcomes of a place together: the yearly change of 32 cohorts (by sex) against the
nation's, and its fertility against the nation's ten years on, all as logarithms.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from nation_units import Units
from scipy.stats import t as student

from yilaolib.demography.ages import SEX
from yilaolib.demography.backtest import nation_as_known
from yilaolib.demography.calibration import GROUPS, MEMBERS, REGIONS, by_single_age
from yilaolib.demography.cohorts import NORMAL_90
from yilaolib.demography.lifetables import look_up
from yilaolib.demography.local import age_standard, area_values
from yilaolib.tables.areas import load_table

CUTS = ("column_cut_sd", "small_place_sd", "fertility_columns_share")  # rows of `assumptions`
PATTERNS = 8
PENALTY = 60.0  # of standardised columns, for some 2,300 places
FREEDOM = (3, 4, 5, 6, 8, 12, 30)  # of Student's t: how often a place is far off
SORTS = ("others", "district", "small")
FAR, SMALL, BY_COLUMNS = (float(area_values()["value"][name]) for name in CUTS)
KEPT = float(load_table("spreads").set_index("parameter")["value"]["tfr_ratio_persistence"])


def standardised(columns: pd.DataFrame, by: pd.DataFrame) -> np.ndarray:
    """Columns as distances from the mean of the census's counties, cut where they are far away."""
    return ((columns - by.mean()) / by.std()).clip(-FAR, FAR).to_numpy()


def ridge(x: np.ndarray, y: np.ndarray, penalty: float = PENALTY) -> np.ndarray:
    """Coefficients (constant and columns, outcome) of y on standardised x."""
    middle, level = x.mean(axis=0), y.mean(axis=0)
    apart = x - middle
    slopes = np.linalg.solve(apart.T @ apart + penalty * np.eye(x.shape[1]), apart.T @ (y - level))
    return np.vstack([level - middle @ slopes, slopes])


def foreseen(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    """What the coefficients say of places with columns x."""
    return coefficients[0] + x @ coefficients[1:]


def by_others(x, y, fold, new, new_fold, own) -> np.ndarray:
    """What is foreseen for new places by the places of other folds; half of fertility is the fading of their own."""
    told = np.empty((len(new), y.shape[1]))
    for each in np.unique(new_fold):
        told[new_fold == each] = foreseen(ridge(x[fold != each], y[fold != each]), new[new_fold == each])
    told[:, -1] = BY_COLUMNS * told[:, -1] + (1 - BY_COLUMNS) * own
    return told


def cohorts_of(groups: np.ndarray) -> np.ndarray:
    """Persons (place, 32) of five-year groups (place, sex, age): the cohorts of both sexes, the last one open."""
    whole = np.concatenate([groups[..., :15], groups[..., 15:].sum(axis=-1, keepdims=True)], axis=-1)
    return whole.reshape(-1, 32)


def arriving() -> tuple[np.ndarray, np.ndarray]:
    """What rates of cohorts do to the persons of each in ten years (33, 33), and the share of each left by then (33).

    Only the oldest differ from what they are foreseen at: rates fade out by 90, so that not all of theirs arrives.
    """
    known, ages = nation_as_known(2010), np.minimum(np.arange(101) + np.arange(1, 11)[:, None], 100)
    e0 = known.paths.loc[2010:2019, ["e0_female", "e0_male"]].to_numpy()[..., None]
    yearly = look_up(known.survival, e0).reshape(10, 2, 101)
    single = by_single_age(np.stack([np.eye(16)] * 2, axis=1)).to_numpy()[:, 0]
    moved, does, alive = single[:, ages].mean(axis=1), np.eye(33), np.ones(33)
    for sex, people in enumerate(age_standard(2010).sel(sex=SEX).to_numpy()):
        left = people * yearly[np.arange(10)[:, None], sex, ages].prod(axis=0)
        for cohort in np.flatnonzero(MEMBERS[2][:16]):
            here = slice(5 * cohort, 5 * cohort + 5 if cohort < 15 else None)
            does[16 * sex + cohort, 16 * sex : 16 * sex + 16] = moved[:, here] @ left[here] / left[here].sum()
            alive[16 * sex + cohort] = left[here].sum() / people[here].sum()
    return does, alive


ARRIVING, ALIVE = arriving()


def weighted(cells: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Means over the cohorts of each group, each as large as it will be: (..., place, 33) to (..., place, group)."""
    weights = np.concatenate([cohorts_of(people), np.ones((len(people), 1))], axis=1)[:, None] * MEMBERS * ALIVE
    return np.einsum("...pc,pgc->...pg", cells, weights / weights.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Spread:
    """How far places stray: scale by group, common patterns, tails, and what regions and provinces share."""

    typical: np.ndarray  # coefficients (constant, columns and size; group): logarithm of the mean error
    factors: np.ndarray  # (sort, group): makes 80 % of the errors of the level lie inside
    patterns: np.ndarray  # (pattern, 33)
    freedom: float
    shares: tuple  # of regions and of provinces in the variance
    regions: dict  # region -> (group): by how much wider or narrower its places are than others

    def loads(self, x: np.ndarray, size: np.ndarray, province: np.ndarray) -> np.ndarray:
        """One standard deviation of each pattern for places (place, pattern, 33)."""
        scale = np.exp(foreseen(self.typical, with_size(x, size))) * self.factors[sort_of(x, size)]
        scale *= np.array([self.regions.get(name, np.ones(len(MEMBERS))) for name in region_of(province)])
        return self.patterns * (scale @ MEMBERS)[:, None]


def spread_fitted(counties: tuple, places: tuple) -> Spread:
    """Spread of the places of a level, from the `ingredients` of counties and of such places.

    Patterns are those of counties, their width is that of the level. Errors are those of provinces left out in turn.
    """
    x, size, y, fold, people, own = counties
    errors = y - by_others(x, y, fold, x, fold, own)
    means = abs(weighted(errors, people))
    typical = ridge(with_size(x, size), np.log(means + 0.2 * np.median(means, axis=0)))
    alike = errors / (np.exp(foreseen(typical, with_size(x, size))) @ MEMBERS)
    wide = (np.quantile(alike, 0.9, axis=0) - np.quantile(alike, 0.1, axis=0)) / 2 / NORMAL_90
    z = np.clip(alike / wide, -4, 4)
    values, vectors = (each[..., -PATTERNS:] for each in np.linalg.eigh(np.corrcoef(z, rowvar=False)))
    patterns = (vectors * np.sqrt(values)).T
    patterns *= wide / np.sqrt((patterns**2).sum(axis=0))
    scores = pd.DataFrame(z @ vectors / np.sqrt(values)).groupby(fold).mean()
    regional = scores.groupby(region_of(scores.index.to_numpy())).mean().var().mean()
    shares = (regional, max(scores.var().mean() - regional, 0.0))

    new, new_size, new_y, new_fold, new_people, new_own = places
    plain = Spread(typical, np.ones((3, len(MEMBERS))), patterns, np.inf, shares, {})
    loads, told = plain.loads(new, new_size, new_fold), by_others(x, y, fold, new, new_fold, new_own)
    sd = np.sqrt((weighted(loads.swapaxes(0, 1) @ ARRIVING.T, new_people) ** 2).sum(axis=0))
    off = abs(weighted(new_y - told @ ARRIVING.T, new_people)) / sd
    tail = (np.quantile(off, 0.95, axis=0) / np.quantile(off, 0.8, axis=0)).max()
    freedom = min(FREEDOM, key=lambda df: abs(student.ppf(0.975, df) / student.ppf(0.9, df) - tail))
    sorts = sort_of(new, new_size)
    which = [sorts == sort if (sorts == sort).sum() >= 50 else sorts >= 0 for sort in range(3)]
    factors = np.array([np.quantile(off[here], 0.8, axis=0) for here in which]) / student.ppf(0.9, freedom)
    left, names = off / factors[sorts] / student.ppf(0.9, freedom), region_of(new_fold)
    regions = {name: np.quantile(left[names == name], 0.8, axis=0) for name in REGIONS if (names == name).sum() >= 100}
    return Spread(typical, factors, patterns, freedom, shares, regions)


def sort_of(x: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Sorts of places whose ranges are fitted apart: 1 city districts, 2 small others, 0 the rest."""
    return np.where(x[:, -1] > 0, 1, np.where(size < SMALL, 2, 0))


def with_size(x: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Columns that foresee how far a place strays: those of the model, its size, and how small it is if small."""
    return np.column_stack([x, np.clip(size, -FAR, FAR), np.clip(-1 - size, 0, 2)])


def region_of(provinces: np.ndarray) -> np.ndarray:
    """Names of the regions of provinces."""
    names = {code: name for name, codes in REGIONS.items() for code in codes}
    return np.array([names[code] for code in provinces])


@dataclass
class Judged:
    """What was foreseen for the places of a level, each by the other provinces."""

    rates: np.ndarray  # (place, 33)
    loads: np.ndarray  # (place, pattern, 33): one standard deviation
    freedom: np.ndarray  # (place)
    shares: np.ndarray  # (place, 2): of regions and provinces in the variance


def ingredients(units: Units, counties: Units) -> tuple:
    """Columns, size, outcome, fold, people and fading of own fertility; columns and size by the census's counties."""
    size, by = (np.log(each.then.sum(axis=(1, 2))) for each in (units, counties))
    x = standardised(units.columns, counties.columns)
    return x, (size - by.mean()) / by.std(), units.outcome, units.province, units.then, KEPT * np.log(units.ratio)


def judge(level: Units, counties: Units, by_rest: dict) -> Judged:
    """Foresee every place, and how far it may stray, by the counties of other provinces.

    `by_rest` moves the outcomes, by province, from being against the nation to being against the rest of it.
    """
    learned, judged, n = ingredients(counties, counties), ingredients(level, counties), len(level.table)
    told = Judged(np.empty((n, 33)), np.empty((n, PATTERNS, 33)), np.empty(n), np.empty((n, 2)))
    for each in np.unique(level.province):
        here, others = level.province == each, tuple(part[counties.province != each] for part in learned)
        told.rates[here] = foreseen(ridge(others[0], others[2]), judged[0][here]) + by_rest[each]
        told.rates[here, -1] = BY_COLUMNS * told.rates[here, -1] + (1 - BY_COLUMNS) * judged[5][here]
        spread = spread_fitted(others, tuple(part[~here] for part in judged))
        told.loads[here] = spread.loads(judged[0][here], judged[1][here], level.province[here])
        told.freedom[here], told.shares[here] = spread.freedom, spread.shares
    return told


def fitted_on_all(counties: Units, levels: dict[str, Units], later: pd.DataFrame) -> pd.DataFrame:
    """Rows of table `spreads`, fitted on all provinces; `later` are columns and size of the counties of 2020."""
    learned, names = ingredients(counties, counties), ["constant", *counties.columns]
    told = {level: spread_fitted(learned, ingredients(units, counties)) for level, units in levels.items()}
    once, outcomes = told["county"], [(sex, 5 + 5 * i) for sex in SEX for i in range(16)] + [("", "")]
    earlier = counties.columns.assign(size=np.log(counties.then.sum(axis=(1, 2))))
    rows = [("foreseen", "", n, *at, v) for n, line in zip(names, ridge(learned[0], learned[2]), strict=True)
            for at, v in zip(outcomes, line, strict=True)]  # fmt: skip
    rows += [("pattern", "", k + 1, *at, v) for k, line in enumerate(once.patterns)
             for at, v in zip(outcomes, line, strict=True)]  # fmt: skip
    for year, columns in ((2010, earlier), (2020, later)):
        for what, values in (("mean", columns.mean()), ("sd", columns.std())):
            rows += [(f"column_{what}_{year}", "", n, "", "", v) for n, v in values.items()]
    rows += [(f"scale_{group}", "", n, "", "", v)
             for n, line in zip([*names, "size", "smallness"], once.typical, strict=True)
             for group, v in zip(GROUPS, line, strict=True)]  # fmt: skip
    for level, spread in told.items():
        rows += [(f"width_{group}", level, sort, "", "", v) for sort, line in zip(SORTS, spread.factors, strict=True)
                 for group, v in zip(GROUPS, line, strict=True)]  # fmt: skip
        rows += [(f"region_{group}", level, n, "", "", v) for n, line in spread.regions.items()
                 for group, v in zip(GROUPS, line, strict=True)]  # fmt: skip
        rows += [("freedom", level, "", "", "", spread.freedom)]
        rows += [
            (f"share_{of}", level, "", "", "", v) for of, v in zip(("region", "province"), spread.shares, strict=True)
        ]
    return pd.DataFrame(rows, columns=["parameter", "kind", "name", "sex", "age", "value"])
