"""Life tables that reach a wanted e0: grouped rates to single ages, Brass's relational model, tables of survival.

The life table itself is in `mortality`, fertility schedules in `fertility`; their names can be had here too.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from .ages import OPEN_AGE
from .core.errors import DataError
from .people.fertility import asfr, tfr
from .people.mortality import ANDREEV_KINGKADE_A0, SEXES, as_rates, life_table, piecewise

__all__ = ["asfr", "life_table", "life_table_for_e0", "single_year_mx", "survival_table", "tfr"]


def single_year_mx(mx: pd.Series, *, sex: str, open_age: int = OPEN_AGE) -> pd.Series:
    """Split grouped death rates into single ages whose person-year-weighted mean is the grouped rate.

    The cumulated hazard of the grouped table is interpolated (monotone cubic), then each group is scaled until
    its deaths over its person-years equal the rate that was given.

    Parameters
    ----------
    mx : Series
        [deaths per person-year] by group; ages 0, 1, 5, ... `open_age`. Single ages are returned unchanged.
    sex : {'female', 'male'}
    open_age : int, default 100
        [years] Start of the open group; the input must have it as its last age.

    Returns
    -------
    Series
        [deaths per person-year] at ages 0, 1 ... `open_age`.

    Raises
    ------
    DataError
        When the input's open group does not start at `open_age`.

    Examples
    --------
    >>> groups = pd.Series([0.01, 0.001, 0.0005, 0.3], index=[0, 1, 5, 100])
    >>> len(single_year_mx(groups, sex="male"))
    101
    """
    mx = as_rates(mx, "mx")
    ages = mx.index.to_numpy()
    if ages[-1] != open_age:
        raise DataError(
            f"The last death rate must be that of {open_age}+; it is that of {ages[-1]}+. Extend the table first."
        )
    if len(ages) == open_age + 1:
        return mx
    grouped = life_table(mx, sex=sex, radix=1.0)
    hazard = PchipInterpolator(ages, -np.log(grouped["lx"].to_numpy()))(np.arange(open_age + 1))
    single = pd.Series(np.append(np.diff(hazard), mx.iloc[-1]), index=pd.RangeIndex(open_age + 1, name="age"))
    single.iloc[0] = mx.iloc[0]
    group = np.searchsorted(ages, single.index, side="right") - 1
    for _ in range(50):  # deaths and person-years move together; a few rounds reach machine precision
        table = life_table(single, sex=sex, radix=1.0)
        mean = table["dx"].groupby(group).sum() / table["Lx"].groupby(group).sum()
        factor = (mx / mean.to_numpy()).where(mean.to_numpy() > 0, 1.0).to_numpy()  # 1 where nobody dies
        single = single * factor[group]
        if abs(factor - 1).max() < 1e-13:
            break
    return single


def life_table_for_e0(e0: float, *, sex: str, standard: pd.Series) -> pd.DataFrame:
    """Life table by single age whose life expectancy at birth is `e0`, shaped like a standard.

    The logits of the standard's survivors are shifted by one constant (Brass's alpha, beta 1), found by root
    search. Solving costs milliseconds; for many values use `survival_table`, which tabulates once.

    Parameters
    ----------
    e0 : float
        [years] Wanted life expectancy at birth of this sex (a plan's 人均预期寿命 is for both sexes).
    sex : {'female', 'male'}
    standard : Series
        [deaths per person-year] by age, single or 0, 1, 5 ... 100.

    Returns
    -------
    DataFrame
        As `life_table`, ages 0 ... 100+; ``ex[0]`` equals `e0` to 1e-6 years.

    Raises
    ------
    DataError
        When e0 lies outside what the standard can be bent to (about 20 to 100 years).

    References
    ----------
    Brass (1971), On the scale of mortality, in Biological Aspects of Demography.

    Examples
    --------
    >>> standard = pd.Series([0.01, 0.001, 0.0005, 0.3], index=[0, 1, 5, 100])
    >>> print(f"{life_table_for_e0(80, sex='female', standard=standard).ex[0]:.6f}")
    80.000000
    """
    single = single_year_mx(standard, sex=sex)
    base = life_table(single, sex=sex, radix=1.0)

    def table(alpha: float) -> pd.DataFrame:
        _, rates = _brass(base, np.array([alpha]), sex)
        return life_table(pd.Series(rates[0], index=base.index), sex=sex)

    low, high = 2.5, -2.5  # beyond, the open group would hardly die and any number could be reached
    if not table(low)["ex"].iloc[0] < e0 < table(high)["ex"].iloc[0]:
        raise DataError(
            f"A life expectancy of {e0} years cannot be reached from this standard (e0 {base['ex'].iloc[0]:.1f}). "
            "Check that it is in years and for one sex."
        )
    alpha = brentq(lambda value: table(value)["ex"].iloc[0] - e0, high, low, xtol=1e-13)
    return table(alpha)


def _brass(base: pd.DataFrame, alphas: np.ndarray, sex: str) -> tuple[np.ndarray, np.ndarray]:
    """Survivors and death rates (alpha, age) of a single-age table whose logits of l(x) are shifted by each alpha.

    The open rate moves with the last closed one.
    """
    standard = base["lx"].to_numpy()[1:]
    odds = (1 - standard) / standard * np.exp(2 * alphas[:, None])
    survivors = np.concatenate([np.ones((len(alphas), 1)), 1 / (1 + odds)], axis=1)
    q = 1 - survivors[:, 1:] / survivors[:, :-1]
    m = q / (1 - 0.5 * q)
    m[:, 0] = [_infant_rate(value, sex) for value in q[:, 0]]
    open_rate = base["mx"].iloc[-1] * m[:, -1] / base["mx"].iloc[-2]
    return survivors, np.column_stack([m, open_rate])


def _infant_rate(q0: float, sex: str) -> float:
    """Death rate m0 whose Andreev-Kingkade a0 gives the probability q0 (fixed point; it contracts fast)."""
    m0 = q0
    for _ in range(60):
        m0 = q0 / (1 - (1 - piecewise(m0, ANDREEV_KINGKADE_A0[sex])) * q0)
    return m0


def survival_table(standard: dict[str, pd.Series], e0_grid: np.ndarray | None = None) -> xr.DataArray:
    """Survival ratios for a grid of e0, made once so that a projection only interpolates.

    The shift alpha runs over a fine grid in one vectorised pass and the ratios are interpolated to `e0_grid`;
    between grid points a linear interpolation misses e0 by less than 0.0002 years.

    Parameters
    ----------
    standard : dict
        {'female': mx, 'male': mx} [deaths per person-year] by age, as for `life_table_for_e0`.
    e0_grid : array, default 45, 45.1 ... 95
        [years]

    Returns
    -------
    DataArray
        [probability] dims (sex, e0, age), ages 0 ... 100; the last applies to 99 and 100+ together.

    Examples
    --------
    >>> mx = pd.Series([0.01, 0.001, 0.0005, 0.3], index=[0, 1, 5, 100])
    >>> dict(survival_table({"female": mx, "male": mx}, np.array([70.0, 80.0])).sizes)
    {'sex': 2, 'e0': 2, 'age': 101}
    """
    grid = np.arange(450, 951) / 10 if e0_grid is None else np.asarray(e0_grid, dtype=float)
    ratios = np.empty((len(SEXES), len(grid), OPEN_AGE + 1))
    for i, sex in enumerate(SEXES):
        base = life_table(single_year_mx(standard[sex], sex=sex), sex=sex, radix=1.0)
        e0, sx = _brass_grid(base, np.arange(2.5, -2.5, -0.005), sex)
        if not (e0[0] <= grid[0] and grid[-1] <= e0[-1]):
            raise DataError(
                f"This standard reaches life expectancies from {e0[0]:.0f} to {e0[-1]:.0f} years; narrow the grid."
            )
        ratios[i] = np.array([np.interp(grid, e0, column) for column in sx.T]).T
    return xr.DataArray(
        ratios,
        coords={"sex": list(SEXES), "e0": grid, "age": np.arange(OPEN_AGE + 1)},
        dims=("sex", "e0", "age"),
    )


def _brass_grid(base: pd.DataFrame, alphas: np.ndarray, sex: str) -> tuple[np.ndarray, np.ndarray]:
    """e0 (alpha) and survival ratios (alpha, age) of single-age tables, for many shifts at once."""
    survivors, rates = _brass(base, alphas, sex)
    years = np.column_stack([(survivors[:, 1:] + survivors[:, :-1]) / 2, survivors[:, -1] / rates[:, -1]])
    years[:, 0] = (1 - survivors[:, 1]) / rates[:, 0]  # deaths over the rate
    top = years[:, -1] / (years[:, -2] + years[:, -1])
    ratios = np.concatenate([years[:, :1], years[:, 1:-1] / years[:, :-2], top[:, None]], axis=1)
    return years.sum(axis=1), ratios
