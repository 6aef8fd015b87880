"""Life tables, those that reach a wanted life expectancy (Brass's relational model), and schedules of fertility."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from ..errors import refusal
from .ages import OPEN_AGE, SEX

ANDREEV_KINGKADE_A0 = {  # a0 as a linear function of m0: rows (up to m0, intercept, slope)
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


def life_table(
    mx: pd.Series, *, sex: str, radix: float = 100_000, ax: pd.Series | None = None, a0: str = "andreev-kingkade"
) -> pd.DataFrame:
    """Turn death rates into a life table, for single ages or for groups (0, 1-4, 5-9 ...).

    `sx` is the probability of arriving in the age group during one step of a projection (births at 0; the last value
    applies to the last two groups together). With the groups 0 and 1-4 it is that of five-year steps.
    Source: Preston, Heuveline and Guillot (2001), Demography, chapter 3. Andreev and Kingkade (2015), Demographic
    Research 33. Greville (1943), The Record of the American Institute of Actuaries 32.
    DataError: unknown sex or model, ages that do not start at 0, missing or negative rates.

    mx : Series; [deaths per person-year] indexed by `age`, the lower bound in completed years; the first is 0
    radix : float, default 100000; [persons] born into the table
    ax : Series, optional; [years] lived in the age by those who die in it; default: Coale-Demeny West, then Greville
    a0 : {'andreev-kingkade', 'coale-demeny-west'}; model for age 0. The UN (2024) uses Andreev-Kingkade
    Returns DataFrame: by `age`: n, ax, ex [years], mx, qx, sx [probability], lx, dx [persons], Lx, Tx [person-years]

    >>> table = life_table(pd.Series([0.005, 0.0005, 0.1], index=[0, 1, 60]), sex="female")
    >>> print(table.ex[[0, 60]].round(2).tolist())
    [68.51, 10.0]
    """
    if sex not in SEX:
        raise refusal("errors.people.sex", sex=sex)
    mx = as_rates(mx, "mx")
    ages = mx.index.to_numpy()
    if ages[0] != 0 or len(ages) < 2:
        raise refusal("errors.people.mx_start", first=int(ages[0]), n=len(mx))
    if mx.iloc[-1] <= 0:
        raise refusal("errors.people.open_rate", age=int(ages[-1]))
    n = np.append(np.diff(ages).astype(float), np.inf)
    a = _default_ax(mx, n, sex, a0) if ax is None else ax.reindex(mx.index).to_numpy(dtype=float, copy=True)
    m, closed = mx.to_numpy(), slice(0, -1)
    if not np.isfinite(a[closed]).all():
        raise refusal("errors.people.ax")
    q = np.ones_like(m)
    q[closed] = np.minimum(n[closed] * m[closed] / (1 + (n[closed] - a[closed]) * m[closed]), 1.0)
    a[-1] = 1 / m[-1]
    survivors = radix * np.append(1.0, np.cumprod(1 - q[closed]))
    deaths, years = survivors * q, np.empty_like(m)
    years[closed] = n[closed] * (survivors[closed] - deaths[closed]) + a[closed] * deaths[closed]
    years[-1] = survivors[-1] / m[-1]
    years_above = np.cumsum(years[::-1])[::-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        expectancy = np.where(survivors > 0, years_above / survivors, 0.0)
    reached = _survival_ratios(ages, n, years, years_above, radix)
    values = np.column_stack([m, a, q, survivors, deaths, years, years_above, expectancy, reached])
    table = pd.DataFrame(values, pd.Index(ages, name="age"), ["mx", "ax", "qx", "lx", "dx", "Lx", "Tx", "ex", "sx"])
    table.insert(0, "n", pd.array(np.append(n[closed], np.nan), dtype="Float64").astype("Int64"))
    return table


def _default_ax(mx: pd.Series, n: np.ndarray, sex: str, a0: str) -> np.ndarray:
    if a0 not in A0_MODELS:
        raise refusal("errors.people.a0", a0=a0, allowed=sorted(A0_MODELS))
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


def piecewise(m0, rows: tuple[tuple[float, float, float], ...]):
    """Values at m0 of a function given by rows (up to m0, intercept, slope)."""
    limits, intercepts, slopes = np.array(rows).T
    at = np.searchsorted(limits, m0, side="right")
    return intercepts[at] + slopes[at] * m0


def _survival_ratios(ages, n, years, years_above, radix) -> np.ndarray:
    abridged, width = len(ages) > 2 and n[0] == 1 and n[1] == 4, n[0]
    if abridged:  # 0 and 1-4 are one group in a five-year projection
        years, width = np.concatenate([[years[0] + years[1]], years[2:]]), 5.0
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.append(years[0] / (width * radix), years[1:] / years[:-1])
    ratios[-1] = years_above[-1] / years_above[-2] if years_above[-2] > 0 else 0.0
    return np.insert(ratios, 1, np.nan) if abridged else ratios


def life_table_for_e0(e0: float, *, sex: str, standard: pd.Series) -> pd.DataFrame:
    """Life table by single age whose life expectancy at birth is `e0`, shaped like a standard.

    For many values use `survival_table`, which tabulates once.
    Source: Brass (1971), On the scale of mortality, in Biological Aspects of Demography.
    DataError: e0 lies outside what the standard can be bent to (about 20 to 100 years).

    e0 : float; [years] wanted life expectancy at birth of this sex (a plan's 人均预期寿命 is for both sexes)
    standard : Series; [deaths per person-year] by age, single or 0, 1, 5 ... 100
    Returns DataFrame: as `life_table`, ages 0 ... 100+; ``ex[0]`` equals `e0` to 1e-6 years

    >>> standard = pd.Series([0.01, 0.001, 0.0005, 0.3], index=[0, 1, 5, 100])
    >>> print(f"{life_table_for_e0(80, sex='female', standard=standard).ex[0]:.6f}")
    80.000000
    """
    base = life_table(single_year_mx(standard, sex=sex), sex=sex, radix=1.0)

    def table(alpha: float) -> pd.DataFrame:
        _, rates = _brass(base, np.array([alpha]), sex)
        return life_table(pd.Series(rates[0], index=base.index), sex=sex)

    low, high = 2.5, -2.5  # beyond, the open group would hardly die and any number could be reached
    if not table(low)["ex"].iloc[0] < e0 < table(high)["ex"].iloc[0]:
        raise refusal("errors.people.e0", e0=e0, base=float(base["ex"].iloc[0]))
    alpha = brentq(lambda value: table(value)["ex"].iloc[0] - e0, high, low, xtol=1e-13)
    return table(alpha)


def single_year_mx(mx: pd.Series, *, sex: str, open_age: int = OPEN_AGE) -> pd.Series:
    """Split grouped death rates into single ages whose person-year-weighted mean is the grouped rate.

    mx : Series; [deaths per person-year] by group; ages 0, 1, 5, ... `open_age`. Single ages are returned unchanged
    open_age : int, default 100; [years] start of the open group; the input must have it as its last age (DataError)
    Returns Series: [deaths per person-year] at ages 0, 1 ... `open_age`

    >>> groups = pd.Series([0.01, 0.001, 0.0005, 0.3], index=[0, 1, 5, 100])
    >>> len(single_year_mx(groups, sex="male"))
    101
    """
    mx = as_rates(mx, "mx")
    ages = mx.index.to_numpy()
    if ages[-1] != open_age:
        raise refusal("errors.people.last_rate", open_age=open_age, last=int(ages[-1]))
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


def survival_table(standard: dict[str, pd.Series], e0_grid: np.ndarray | None = None) -> xr.DataArray:
    """Survival ratios for a grid of e0, made once so that a projection only interpolates.

    standard : dict; {'female': mx, 'male': mx} [deaths per person-year] by age, as for `life_table_for_e0`
    e0_grid : array, default 45, 45.1 ... 95; [years] DataError beyond what the standard can be bent to
    Returns DataArray: [probability] dims (sex, e0, age), ages 0 ... 100; the last applies to 99 and 100+ together

    >>> mx = pd.Series([0.01, 0.001, 0.0005, 0.3], index=[0, 1, 5, 100])
    >>> dict(survival_table({"female": mx, "male": mx}, np.array([70.0, 80.0])).sizes)
    {'sex': 2, 'e0': 2, 'age': 101}
    """
    grid = np.arange(450, 951) / 10 if e0_grid is None else np.asarray(e0_grid, dtype=float)
    ratios = np.empty((len(SEX), len(grid), OPEN_AGE + 1))
    if not {*SEX} <= {*standard}:
        raise refusal("errors.people.standard_sexes", who=", ".join(standard) or "nobody", sexes=list(SEX))
    for i, sex in enumerate(SEX):
        base = life_table(single_year_mx(standard[sex], sex=sex), sex=sex, radix=1.0)
        e0, sx = _brass_grid(base, np.arange(2.5, -2.5, -0.005), sex)
        if not (grid.size and e0[0] <= grid[0] and grid[-1] <= e0[-1]):
            raise refusal("errors.people.grid", low=float(e0[0]), high=float(e0[-1]))
        ratios[i] = np.array([np.interp(grid, e0, column) for column in sx.T]).T
    return xr.DataArray(ratios, {"sex": SEX, "e0": grid, "age": np.arange(OPEN_AGE + 1)}, ("sex", "e0", "age"))


def _brass(base: pd.DataFrame, alphas: np.ndarray, sex: str) -> tuple[np.ndarray, np.ndarray]:
    """Survivors and death rates (alpha, age) of a single-age table whose logits of l(x) are shifted by each alpha."""
    standard = base["lx"].to_numpy()[1:]
    odds = (1 - standard) / standard * np.exp(2 * alphas[:, None])
    survivors = np.concatenate([np.ones((len(alphas), 1)), 1 / (1 + odds)], axis=1)
    q = 1 - survivors[:, 1:] / survivors[:, :-1]
    m = q / (1 - 0.5 * q)
    for _ in range(60):  # to the m0 whose Andreev-Kingkade a0 gives the probability q0; it contracts fast
        m[:, 0] = q[:, 0] / (1 - (1 - piecewise(m[:, 0], ANDREEV_KINGKADE_A0[sex])) * q[:, 0])
    open_rate = base["mx"].iloc[-1] * m[:, -1] / base["mx"].iloc[-2]
    return survivors, np.column_stack([m, open_rate])


def _brass_grid(base: pd.DataFrame, alphas: np.ndarray, sex: str) -> tuple[np.ndarray, np.ndarray]:
    """e0 (alpha) and survival ratios (alpha, age) of single-age tables, for many shifts at once."""
    survivors, rates = _brass(base, alphas, sex)
    years = np.column_stack([(survivors[:, 1:] + survivors[:, :-1]) / 2, survivors[:, -1] / rates[:, -1]])
    years[:, 0] = (1 - survivors[:, 1]) / rates[:, 0]  # deaths over the rate
    top = years[:, -1] / (years[:, -2] + years[:, -1])
    ratios = np.concatenate([years[:, :1], years[:, 1:-1] / years[:, :-2], top[:, None]], axis=1)
    return years.sum(axis=1), ratios


def look_up(grid: xr.DataArray, e0: np.ndarray) -> np.ndarray:
    """Survival (year, sex, age, ...) at each e0 (year, sex, ...), linear between the grid's points."""
    points = grid["e0"].to_numpy()
    (first, last), low, high = points[[0, -1]], float(e0.min()), float(e0.max())
    if low < first or high > last:
        raise refusal("errors.people.e0_range", low=low, high=high, first=first, last=last)
    table = grid.transpose("sex", "age", "e0").to_numpy()
    steps, position = np.diff(table, axis=-1), (e0 - points[0]) / (points[1] - points[0])
    left = np.minimum(position.astype(int), len(points) - 2)
    share, survival = position - left, np.empty((*e0.shape[:2], table.shape[1], *e0.shape[2:]))
    several = max(1, 200 * e0.shape[1] // e0[0].size)  # years at one stroke, as many as stay in the processor's cache
    for at in (slice(t, t + several) for t in range(0, len(e0), several)):
        for s in range(e0.shape[1]):
            out = np.take(steps[s], left[at, s], axis=1)
            out *= share[at, s]
            out += np.take(table[s], left[at, s], axis=1)
            survival[at, s] = out.swapaxes(0, 1)
    return survival


def asfr(tfr: float | xr.DataArray, schedule: pd.Series) -> pd.Series | xr.DataArray:
    """Age-specific fertility rates by single age from a total fertility rate and a schedule.

    DataError: the schedule is empty or negative, or the TFR [children per woman] is negative.
    schedule : Series; [share of the TFR, or percent] by `age`, single or five-year groups; it is scaled to sum to 1
    Returns Series or DataArray: [births per woman-year] at single ages; a DataArray when `tfr` is one

    >>> print(asfr(1.3, pd.Series([20.0, 50, 30], index=[20, 25, 30])).sum().round(6))
    1.3
    """
    schedule = as_rates(schedule, "fertility")
    if not schedule.sum() > 0 or np.any(np.asarray(tfr) < 0):
        raise refusal("errors.people.fertility")
    ages = schedule.index.to_numpy()
    width = ages[1] - ages[0] if len(ages) > 1 else 1
    knots = np.append(ages, ages[-1] + width)
    single = np.arange(knots[0], knots[-1])
    if width == 1:
        shares = schedule.to_numpy()
    else:  # the cumulated schedule starts and ends flat, so the rates do too
        shares = np.diff(PchipInterpolator(knots, np.append(0, schedule.cumsum()))(np.arange(knots[0], knots[-1] + 1)))
    shares = pd.Series(shares / shares.sum(), index=pd.Index(single, name="age"), name="asfr")
    return tfr * (shares.to_xarray() if isinstance(tfr, xr.DataArray) else shares)


def tfr(asfr: pd.Series | xr.DataArray) -> float | xr.DataArray:
    """Total fertility rate [children per woman] from births per woman-year by `age`, groups times their width.

    >>> print(tfr(pd.Series([0.1, 0.1], index=[20, 25])))
    1.0
    """
    if isinstance(asfr, pd.Series):
        return float(tfr(asfr.rename_axis("age").to_xarray()))
    ages = asfr["age"].to_numpy()
    widths = np.diff(ages, append=2 * ages[-1] - ages[-2]) if len(ages) > 1 else np.ones(1)
    return (asfr * xr.DataArray(widths, dims="age")).sum("age")


def as_rates(values: pd.Series, what: str) -> pd.Series:
    """The rates as sorted floats, or a DataError that names them as `what`."""
    if not isinstance(values, pd.Series):
        raise refusal("errors.people.series", what=what, kind=type(values).__name__)
    series = values.astype(float).sort_index()
    if series.empty or series.index.has_duplicates or not np.isfinite(series.to_numpy()).all() or (series < 0).any():
        raise refusal("errors.people.finite", what=what)
    return series
