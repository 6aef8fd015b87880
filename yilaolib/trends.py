"""Trends of a series by statsmodels, and what the engine and simpler methods would have said at an older census."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .ages import graduate
from .core.errors import DataError
from .data import find_area, load_table
from .places.hindsight import (
    MEASURES,
    at_census,
    e0_known,
    known_migration,
    launches_then,
    measured,
    nation_as_known,
)
from .places.launches import simulate
from .places.margins import carry_forward
from .places.parameters import age_standard, census_pyramids, fertility_schedule, kind_of, launch_of
from .places.provenance import sources_behind
from .places.scenarios import Scenario

MANY = 10  # points from which exponential smoothing can be fitted


def extrapolate(series: pd.Series, end_year: int, *, level: float = 0.8, method: str | None = None) -> pd.DataFrame:
    """Carry a yearly series on by its own trend, with the interval of the statistical model.

    It knows nothing of ages: a small cohort that will reach 60 in ten years is not in the trend. The interval holds
    if the model does, which the engine's range does not ask for.

    Parameters
    ----------
    series : Series
        [any unit, above 0] indexed by year; gaps are allowed for the log-linear method.
    end_year : int
        [year] Last year wanted.
    level : float, default 0.8
        [share] Of outcomes that the interval should hold.
    method : {'log-linear', 'ets'}, optional
        A straight line through the logarithms, or exponential smoothing with a damped trend of the logarithms.
        Default: 'ets' from ten points without a gap on, else 'log-linear'.

    Returns
    -------
    DataFrame
        Indexed by year from the first year after the series: value, lower, upper [as the series], method.

    Raises
    ------
    DataError
        Fewer than three points, values that are not above 0, an end year inside the series, an unknown method.

    References
    ----------
    Seabold and Perktold (2010), statsmodels: Econometric and statistical modeling with Python. Hyndman, Koehler, Ord
    and Snyder (2008), Forecasting with Exponential Smoothing.

    Examples
    --------
    >>> people = pd.Series([100.0, 110.0, 121.0, 133.1], index=[2000, 2005, 2010, 2015])
    >>> print(extrapolate(people, 2020).value[2020].round(1))
    146.4
    """
    series = series.dropna().astype(float).sort_index()
    if len(series) < 3 or (series <= 0).any():
        raise DataError(
            f"A trend needs three values or more, all above 0; this series has {len(series)}, the smallest "
            f"{series.min():g}. Give more years."
        )
    years = series.index.to_numpy(dtype=int)
    if end_year <= years[-1] or not 0 < level < 1:
        raise DataError(f"end_year ({end_year}) must be after {years[-1]}, and level ({level}) between 0 and 1.")
    whole = bool((np.diff(years) == 1).all())
    method = method or ("ets" if whole and len(series) >= MANY else "log-linear")
    ahead = np.arange(years[-1] + 1, end_year + 1)
    if method == "log-linear":
        logs = _line(years, np.log(series.to_numpy()), ahead, level)
    elif method == "ets" and whole and len(series) >= MANY:
        logs = _smoothed(np.log(series.to_numpy()), len(ahead), level)
    else:
        raise DataError(f"method {method!r} is not possible: 'log-linear', or 'ets' with {MANY} years without a gap.")
    columns = dict(zip(("value", "lower", "upper"), np.exp(logs), strict=True))
    return pd.DataFrame(columns, index=pd.Index(ahead, name="year")).assign(method=method)


def _line(years, logs, ahead, level) -> np.ndarray:
    import statsmodels.api as sm

    fitted = sm.OLS(logs, sm.add_constant(years - years[0])).fit()
    told = fitted.get_prediction(sm.add_constant(ahead - years[0], has_constant="add"))
    return np.stack([told.predicted_mean, *told.conf_int(obs=True, alpha=1 - level).T])


def _smoothed(logs, steps, level) -> np.ndarray:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    fitted = ETSModel(pd.Series(logs), error="add", trend="add", damped_trend=True).fit(disp=False)
    told = fitted.get_prediction(start=len(logs), end=len(logs) + steps - 1)
    frame = told.summary_frame(alpha=1 - level)
    return np.stack([frame["mean"], frame["pi_lower"], frame["pi_upper"]])


def backtest(
    area: str,
    *,
    launch: int = 2010,
    target: int = 2020,
    draws: int = 500,
    seed: int = 0,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """What the engine would have said about `target` at the census of `launch`, beside simpler methods.

    The engine knows the national paths up to the launch, the census itself, and its province's migration of the ten
    years before; the usual migration of a kind of place and the spreads are fitted to 2010-2020 over three provinces,
    this area's probably among them (table `backtest` judges each province by the other two). Hamilton-Perry knows
    how the province's cohorts fared until the target, which nobody does at the launch.

    Parameters
    ----------
    area : str
        Slug, name or adcode of a place with both censuses.
    launch, target : int, default 2010 and 2020
        [year] Censuses, ten years apart.
    draws : int, default 500
    seed : int, default 0
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        measure (total, 60+, 65+, 80+, 0-4), method (engine, hold, hamilton_perry where there is a province, log-linear
        for the nation's total), projected (the central path), lower_80, upper_80, actual
        [persons], error_pct, inside_80.

    Raises
    ------
    DataError
        When the area has no census of one of the years.

    Examples
    --------
    >>> table = backtest("jingdezhen", draws=50).set_index(["method", "measure"])
    >>> print(bool(abs(table.error_pct["engine", "60+"]) < abs(table.error_pct["hold", "60+"])))
    True
    """
    place = find_area(area, root)
    census = census_pyramids(place["area"], root)
    for year in (launch, target):
        if year not in census:
            raise DataError(f"{place['area']!r} has censuses of {sorted(census)}, not of {year}. Choose two of them.")
    if target - launch != 10:
        raise DataError(f"{launch} and {target} are {target - launch} years apart; the back-test needs ten.")
    actual = measured(census[target]).to_series()
    middle, low, high = _engine(place, census[launch], launch, target, draws, seed, root)
    told = {"engine": (middle, low, high), "hold": (measured(census[launch]).to_series(), np.nan, np.nan)}
    if place["level"] in ("county", "prefecture") and pd.notna(place["parent"]):
        above = census_pyramids(place["parent"], root)
        if launch in above and target in above:
            perry = carry_forward(census[launch], above[launch], above[target], years=target - launch)
            told["hamilton_perry"] = (measured(perry).to_series(), np.nan, np.nan)
    if place["level"] == "nation":
        told["log-linear"] = _trend_of_total(launch, target, root)
    frames = [
        pd.DataFrame({"projected": p, "lower_80": lo, "upper_80": hi}).assign(method=method)
        for method, (p, lo, hi) in told.items()
    ]
    frame = pd.concat(frames).rename_axis("measure").reset_index()
    frame["actual"] = frame["measure"].map(actual)
    frame["error_pct"] = 100 * (frame["projected"] / frame["actual"] - 1)
    within = (frame["lower_80"] <= frame["actual"]) & (frame["actual"] <= frame["upper_80"])
    frame["inside_80"] = within.astype("boolean").mask(frame["lower_80"].isna())
    columns = ["measure", "method", "projected", "lower_80", "upper_80", "actual", "error_pct", "inside_80"]
    frame = frame[columns].dropna(subset="projected").reset_index(drop=True)
    here = launch_of(place["area"], root)
    frame.attrs["sources"] = sources_behind(here, Scenario("as before"), drawn=draws > 0, root=root)
    return frame


def _engine(place, pyramid, launch, target, draws, seed, root) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Central path and 80 % range of the projection launched with what was known."""
    nation, kind = nation_as_known(launch, root), kind_of(place)
    groups = pyramid.expand_dims(area=[place["area"]])
    launches = launches_then(
        launch,
        graduate(groups, standard=age_standard(launch, root)),
        groups,
        census_pyramids("china", root)[launch],
        age_standard(launch, root),
        fertility_schedule(launch, root),
        kinds=[kind],
        e0_offsets=np.array([e0_known(place, launch, root)]),
        migration=known_migration(place, kind, root)[None],
    )

    def counted(paths: int) -> xr.DataArray:
        future = simulate(launches, Scenario("as before"), target, nation, draws=paths, seed=seed)
        return at_census(measured(future.population.sel(year=[target - 1, target])), target).isel(area=0)

    drawn = counted(draws)
    return counted(0).to_series(), *(drawn.quantile(q, "draw").to_series().rename(None) for q in (0.1, 0.9))


def _trend_of_total(launch, target, root) -> tuple[pd.Series, pd.Series, pd.Series]:
    series = load_table("series", area="china", root=root)
    total = series[series["indicator"] == "population"].set_index("year")["value"].loc[launch - 20 : launch]
    told = extrapolate(total, target, method="log-linear").loc[target]
    return tuple(pd.Series({"total": told[name]}).reindex(list(MEASURES)) for name in ("value", "lower", "upper"))
