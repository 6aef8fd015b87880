"""The life table: death rates to survivors, person-years and life expectancy.

Columns follow Preston, Heuveline and Guillot (2001): n mx ax qx lx dx Lx Tx ex sx. Rates are per person-year.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..core.errors import DataError

SEXES = ("female", "male")

# a0 as a linear function of m0: rows (up to m0, intercept, slope).
ANDREEV_KINGKADE_A0 = {
    "female": ((0.01724, 0.14903, -2.05527), (0.06891, 0.04667, 3.88089), (np.inf, 0.31411, 0.0)),
    "male": ((0.02300, 0.14929, -1.99545), (0.08307, 0.02832, 3.26021), (np.inf, 0.29915, 0.0)),
}
COALE_DEMENY_WEST_A0 = {
    "female": ((0.107, 0.053, 2.800), (np.inf, 0.350, 0.0)),
    "male": ((0.107, 0.045, 2.684), (np.inf, 0.330, 0.0)),
}
COALE_DEMENY_WEST_4A1 = {
    "female": ((0.107, 1.522, -1.518), (np.inf, 1.361, 0.0)),
    "male": ((0.107, 1.651, -2.816), (np.inf, 1.352, 0.0)),
}
A0_MODELS = {"andreev-kingkade": ANDREEV_KINGKADE_A0, "coale-demeny-west": COALE_DEMENY_WEST_A0}


def piecewise(m0: float, rows: tuple[tuple[float, float, float], ...]) -> float:
    """Value at m0 of a function given by rows (up to m0, intercept, slope)."""
    return next(intercept + slope * m0 for limit, intercept, slope in rows if m0 < limit)


def _check_sex(sex: str) -> None:
    if sex not in SEXES:
        raise DataError(f"sex is {sex!r}; it must be 'female' or 'male'. Make one life table for each sex.")


def as_rates(values: pd.Series, what: str) -> pd.Series:
    """The rates as sorted floats, or a DataError that names them as `what`."""
    if not isinstance(values, pd.Series):
        raise DataError(f"{what} must be a pandas Series indexed by age, not {type(values).__name__}.")
    series = values.astype(float).sort_index()
    if series.index.has_duplicates or not np.isfinite(series.to_numpy()).all() or (series < 0).any():
        raise DataError(f"{what} must be finite numbers, 0 or more, one for each age; check the input's rows.")
    return series


def life_table(
    mx: pd.Series,
    *,
    sex: str,
    radix: float = 100_000,
    ax: pd.Series | None = None,
    a0: str = "andreev-kingkade",
) -> pd.DataFrame:
    """Turn death rates into a life table, for single ages or for groups (0, 1-4, 5-9 ...).

    The last group is open and everybody in it dies there. `sx` is the probability of arriving in the age group
    during one step of a projection (``L_x / L_(x-1)``; births ``L_0 / (n l_0)``; the last value,
    ``T_w / T_(w-1)``, applies to the last two groups together). With the groups 0 and 1-4, `sx` is that of
    five-year steps and stands at 0 (births into 0-4) and from 5 on.

    Parameters
    ----------
    mx : Series
        [deaths per person-year] indexed by `age`, the lower bound in completed years; the first is 0.
    sex : {'female', 'male'}
        Infants' mean time lived depends on it.
    radix : float, default 100000
        [persons] Born into the table.
    ax : Series, optional
        [years] Mean time lived in the age by those who die in it. Default: `a0` at age 0, Coale-Demeny West for
        1-4, 2.5 at 5 and 10, Greville from 15 on; 0.5 in single ages.
    a0 : {'andreev-kingkade', 'coale-demeny-west'}
        Model for age 0. World Population Prospects 2024 uses Andreev-Kingkade.

    Returns
    -------
    DataFrame
        Indexed by `age`: n [years], mx, ax [years], qx [probability], lx [persons], dx [persons],
        Lx [person-years], Tx [person-years], ex [years], sx [probability].

    Raises
    ------
    DataError
        Unknown sex or model, ages that do not start at 0, missing or negative rates.

    References
    ----------
    Preston, Heuveline and Guillot (2001), Demography, chapter 3. Andreev and Kingkade (2015), Demographic
    Research 33. Greville (1943), The Record of the American Institute of Actuaries 32.

    Examples
    --------
    >>> table = life_table(pd.Series([0.005, 0.0005, 0.1], index=[0, 1, 60]), sex="female")
    >>> print(table.ex[[0, 60]].round(2).tolist())
    [68.51, 10.0]
    """
    _check_sex(sex)
    mx = as_rates(mx, "mx")
    ages = mx.index.to_numpy()
    if ages[0] != 0 or len(ages) < 2:
        raise DataError(
            f"mx must start at age 0 and have at least two ages; it starts at {ages[0]} and has {len(ages)}."
        )
    if mx.iloc[-1] <= 0:
        raise DataError(
            f"The death rate of the open group {ages[-1]}+ must be above 0, or nobody in it would ever die."
        )
    n = np.append(np.diff(ages).astype(float), np.inf)
    a = _default_ax(mx, n, sex, a0) if ax is None else ax.reindex(mx.index).to_numpy(dtype=float, copy=True)
    m = mx.to_numpy()
    closed = slice(0, -1)
    if not np.isfinite(a[closed]).all():
        raise DataError("ax must have a value for every age of mx but the open one; check its index.")
    q = np.ones_like(m)
    q[closed] = np.minimum(n[closed] * m[closed] / (1 + (n[closed] - a[closed]) * m[closed]), 1.0)
    a[-1] = 1 / m[-1]
    survivors = radix * np.append(1.0, np.cumprod(1 - q[closed]))
    deaths = survivors * q
    years = np.empty_like(m)
    years[closed] = n[closed] * (survivors[closed] - deaths[closed]) + a[closed] * deaths[closed]
    years[-1] = survivors[-1] / m[-1]
    years_above = np.cumsum(years[::-1])[::-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        expectancy = np.where(survivors > 0, years_above / survivors, 0.0)
    frame = pd.DataFrame(
        {
            "n": pd.array(np.append(n[closed], np.nan), dtype="Float64").astype("Int64"),
            "mx": m,
            "ax": a,
            "qx": q,
            "lx": survivors,
            "dx": deaths,
            "Lx": years,
            "Tx": years_above,
            "ex": expectancy,
            "sx": _survival_ratios(ages, n, years, years_above, radix),
        },
        index=pd.Index(ages, name="age"),
    )
    return frame


def _default_ax(mx: pd.Series, n: np.ndarray, sex: str, a0: str) -> np.ndarray:
    if a0 not in A0_MODELS:
        raise DataError(f"a0 model {a0!r} is not known; choose one of {sorted(A0_MODELS)}.")
    ages, m = mx.index.to_numpy(), mx.to_numpy()
    a = n / 2
    a[-1] = np.nan
    a[0] = piecewise(m[0], A0_MODELS[a0][sex]) if n[0] == 1 else a[0]
    for i in range(1, len(ages) - 1):
        if n[i] == 4 and ages[i] == 1:
            a[i] = piecewise(m[0], COALE_DEMENY_WEST_4A1[sex])
        elif n[i] == 5 and ages[i] >= 15 and m[i - 1] > 0 and m[i + 1] > 0:
            growth = np.log(m[i + 1] / m[i - 1]) / 10
            a[i] = np.clip(2.5 - 25 / 12 * (m[i] - growth), 0.97, 4.9)
    return a


def _survival_ratios(
    ages: np.ndarray, n: np.ndarray, years: np.ndarray, years_above: np.ndarray, radix: float
) -> np.ndarray:
    abridged = len(ages) > 2 and n[0] == 1 and n[1] == 4
    if abridged:  # 0 and 1-4 are one group in a five-year projection
        years = np.concatenate([[years[0] + years[1]], years[2:]])
        width = 5.0
    else:
        width = n[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.append(years[0] / (width * radix), years[1:] / years[:-1])
    ratios[-1] = years_above[-1] / years_above[-2] if years_above[-2] > 0 else 0.0
    return np.insert(ratios, 1, np.nan) if abridged else ratios
