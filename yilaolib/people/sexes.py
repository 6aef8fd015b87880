"""Migration that differs by sex: men who went away to work come back, so the difference is no lasting rate.

Over the counties of three provinces the cohorts with too few men in 2010 gained men until 2020, and those with too
many lost them (r = -0.5 to -0.8 by cohort). The measured difference of 25 and over is therefore not carried on; the
sex ratio of each cohort draws nearer to the nation's instead.
"""

from __future__ import annotations

import numpy as np

CHILDREN = 15  # years: whose sex ratio is that of births
PULLED = (25, 60)  # ages; before, the young leave by their own rates; after, men and women move alike


def log_sex_ratio(people: np.ndarray) -> np.ndarray:
    """Logarithm of men over women by age, from persons (sex female and male, age, ...); missing where one is."""
    women, men = np.asarray(people, dtype=float)
    known = (women > 0) & (men > 0)
    return np.where(known, np.log(np.where(known, men, 1.0) / np.where(known, women, 1.0)), np.nan)


def men_share(people: np.ndarray) -> np.ndarray:
    """Men among the persons (sex female and male, age, ...) of each age; half where there is nobody."""
    women, men = np.maximum(np.asarray(people, dtype=float), 1e-9)
    return men / (women + men)


def imbalance(people: np.ndarray, standard: np.ndarray) -> np.ndarray:
    """How many more men per woman than in the standard, as a logarithm by age; children's is no migration and left out.

    Where nobody of one sex is there, it is 0.

    Parameters
    ----------
    people, standard : ndarray (sex, age)
        [persons] Sexes female, male; the standard is the nation at the same census.

    Returns
    -------
    ndarray (age)

    Examples
    --------
    >>> imbalance(np.full((2, 101), 10.0), np.full((2, 101), 7.0)).any()
    np.False_
    """
    more = log_sex_ratio(people) - log_sex_ratio(standard)
    more[:CHILDREN] = 0.0
    return np.nan_to_num(more)


def shared(rates: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Migration rates (sex, age), from 25 on the same for both sexes: their mean, weighted by the persons.

    As many people move as before.

    Examples
    --------
    >>> rates = shared(np.array([np.full(101, -0.01), np.full(101, 0.03)]), np.ones((2, 101)))
    >>> rates[:, [20, 40]].tolist()
    [[-0.01, 0.01], [0.03, 0.01]]
    """
    people = np.maximum(people, 1e-9)
    mean = (rates * people).sum(axis=0) / people.sum(axis=0)
    return np.where(np.arange(rates.shape[1]) >= PULLED[0], mean, rates)


def drawn_to_balance(rates: np.ndarray, more_men: np.ndarray, men: np.ndarray, pull: float | np.ndarray) -> np.ndarray:
    """Migration rates by year, with what draws the sex ratio of each cohort nearer to the standard's.

    As many come as go: what is added is split so that it moves nobody on balance.

    Parameters
    ----------
    rates : ndarray (year, sex, age)
        [net migrants per survivor and year] Without it.
    more_men : ndarray (age)
        [logarithm] `imbalance` at the launch.
    men : ndarray (age)
        [share] `men_share` at the launch; cohorts take it along.
    pull : float or ndarray (year)
        [per year] Share of the imbalance that goes in a year.

    Returns
    -------
    ndarray (year, sex, age)
        [net migrants per survivor and year]

    Examples
    --------
    >>> still = np.zeros((2, 2, 101))
    >>> drawn_to_balance(still, np.full(101, -0.1), np.full(101, 0.5), 0.07)[:, 1, [20, 40]].round(5).tolist()
    [[0.0, 0.0035], [0.0, 0.00326]]
    """
    rates, more = rates.copy(), np.asarray(more_men, dtype=float)
    ages = np.arange(len(more))
    pulled = (ages >= PULLED[0]) & (ages < PULLED[1])
    for year, part in enumerate(np.broadcast_to(pull, len(rates))):
        gap = np.where(pulled, -part * more, 0.0)  # too few men: more is below 0, men come and women go
        rates[year] += np.stack([-gap * men, gap * (1 - men)])
        more = more + rates[year, 1] - rates[year, 0]
        more, men = (np.concatenate([[first], each[:-1]]) for first, each in ((0.0, more), (0.5, men)))  # a year older
    return rates
