"""Random paths of fertility, mortality and migration around a scenario: numbers in, numbers out.

The nation's part is the same in draw k for every area, so that areas can be summed; the local part belongs to the
area. Draw k stays what it is when more draws are asked for, a later horizon, or other areas beside it.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

HORIZON = 140  # years of random numbers made, whatever the horizon asked for
NORMAL_90 = 1.2815515655446004  # 90th percentile of the normal distribution: half of an 80 % range
DECADE = 10


def stream(seed: int, *names: str) -> np.random.Generator:
    """A generator of its own for each name, the same on every machine and in every process."""
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def autoregressive(
    rng: np.random.Generator, n_years: int, draws: int, correlation: float, *, known_start: bool = False
) -> np.ndarray:
    """Standard normal paths in which neighbouring years are alike.

    Parameters
    ----------
    rng : Generator
        As `stream` makes it.
    n_years, draws : int
        Size of the result; more of either leaves what was there as it is.
    correlation : float
        [1] From one year to the next, 0 to below 1.
    known_start : bool, default False
        True: the first year is 0 and the spread opens towards 1. False: every year has spread 1.

    Returns
    -------
    ndarray (n_years, draws)

    Examples
    --------
    >>> few, many = (autoregressive(stream(0, "tfr"), 5, draws, 0.9) for draws in (2, 100))
    >>> bool((few == many[:, :2]).all())
    True
    """
    shocks = rng.standard_normal((draws, HORIZON))[:, :n_years].T
    z = np.empty((n_years, draws))
    z[0] = 0.0 if known_start else shocks[0]
    for t in range(1, n_years):
        z[t] = correlation * z[t - 1] + np.sqrt(1 - correlation**2) * shocks[t]
    return z


def two_sided(z: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Deviations whose 80 % range is `lower` to `upper` [distances from the centre, both positive], year by year.

    Examples
    --------
    >>> two_sided(np.array([[-1.2815515655, 1.2815515655]]), np.array([2.0]), np.array([3.0]))
    array([[-2.,  3.]])
    """
    sides = [np.reshape(side, (-1, *[1] * (z.ndim - 1))) / NORMAL_90 for side in (lower, upper)]
    return np.where(z < 0, z * sides[0], z * sides[1])


def annual_correlation(persistence: float) -> float:
    """Correlation from year to year of a process that keeps `persistence` of a deviation over ten years."""
    return persistence ** (1 / DECADE)


def stationary_spread(ten_year_sd: float, persistence: float) -> float:
    """Spread in the long run of an autoregressive process whose value ten years ahead has the spread `ten_year_sd`.

    Examples
    --------
    >>> print(stationary_spread(0.8, 0.6))
    1.0
    """
    return ten_year_sd / np.sqrt(1 - persistence**2)


def mean_spread(correlation: float, n_years: int = DECADE) -> float:
    """Spread of the mean of `n_years` years of a standard autoregressive path; spreads are fitted to such means.

    Examples
    --------
    >>> print(mean_spread(0.0, n_years=4))
    0.5
    """
    lags = np.abs(np.subtract.outer(np.arange(n_years), np.arange(n_years)))
    return float(np.sqrt((correlation**lags).mean()))


def migration_noise(seed: int, area: str, n_years: int, draws: int, loadings: np.ndarray, correlation: float):
    """Deviations of net migration rates: a few patterns by sex and age, each with a path of its own.

    Parameters
    ----------
    loadings : ndarray (factor, sex, age)
        [net migrants per survivor and year] One standard deviation of a ten-year mean, pattern by pattern.

    Returns
    -------
    ndarray (n_years, sex, age, draws)

    Examples
    --------
    >>> migration_noise(0, "x", 3, 4, np.full((1, 2, 101), 0.01), 0.9).shape
    (3, 2, 101, 4)
    """
    factors, *shape = loadings.shape
    z = np.stack(
        [autoregressive(stream(seed, area, f"migration {k}"), n_years, draws, correlation) for k in range(factors)],
        axis=1,
    )
    flat = loadings.reshape(factors, -1).T / mean_spread(correlation)
    return np.matmul(flat, z).reshape(n_years, *shape, draws)
