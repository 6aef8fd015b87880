"""How good the projection is: launched from an older census, beside simpler methods, and beside what plans print."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import refusal
from ..tables.areas import find_area, line_of, load_table
from . import projection
from .ages import carry_forward, measured, persons
from .cohorts import DECADE
from .local import Root, census_pyramids, launch_of, survival_grid
from .projection import Nation, Scenario, nation_of, project, schedules, simulate, sources_behind

AGED = {"population_total": 0, "population_60plus": 60, "population_65plus": 65}
SHARE = "population_60plus_share_pct"
TEN_MONTHS = 304 / 365  # January to October
FIRST_PROJECTED = 2024  # of World Population Prospects 2024: its ranges open from the year before on
MANY = 10
LEAST = {"log-linear": 3, "gm11": 4, "logistic": 5, "ets": MANY, "arima": MANY}  # values from which it can be fitted


def backtest(
    area: str, *, launch: int = 2010, target: int = 2020, draws: int = 500, seed: int = 0, root: Root = None
) -> pd.DataFrame:
    """What the engine would have said about `target` at the census of `launch`, beside simpler methods.

    The engine knows the national paths up to the launch and the census; what its columns foresee was fitted on
    2010-2020 in all provinces, this one too (table `backtest` judges each by the others). Hamilton-Perry knows how the
    province's cohorts fared until the target, as nobody then did.
    `draws` and `seed` are as for `project`. DataError: the area has no census of one of the years.

    launch, target : int, default 2010 and 2020; [year] censuses, ten years apart
    Returns DataFrame: measure (total, 60+, 65+, 80+, 0-4), method (engine, hold, hamilton_perry below a province,
        log-linear for the nation's total), projected, lower_80, upper_80, actual [persons], error_pct, inside_80.

    >>> table = backtest("jingdezhen", draws=50).set_index(["method", "measure"])
    >>> print(bool(abs(table.error_pct["engine", "60+"]) < abs(table.error_pct["hold", "60+"])))
    True
    """
    entry = find_area(area, root)
    census = census_pyramids(entry["area"], root)
    for year in (launch, target):
        if year not in census:
            raise refusal("errors.people.no_census", area=entry["area"], found=sorted(census), year=year)
    if target - launch != 10:
        raise refusal("errors.people.years_apart", launch=launch, target=target, gap=target - launch)
    actual = measured(census[target]).to_series()
    middle, low, high = _engine(entry["area"], launch, target, draws, seed, root)
    told = {"engine": (middle, low, high), "hold": (measured(census[launch]).to_series(), np.nan, np.nan)}
    if entry["level"] in ("county", "prefecture") and pd.notna(entry["parent"]):
        up = [find_area(each, root) for each in line_of(entry["area"], root)[1:]]
        province = next((each for each in up if each["level"] == "province"), up[-1])["area"]
        above = census_pyramids(province, root)
        if launch in above and target in above:
            perry = carry_forward(census[launch], above[launch], above[target], years=target - launch)
            told["hamilton_perry"] = (measured(perry).to_series(), np.nan, np.nan)
    if entry["level"] == "nation":
        series = load_table("series", area="china", root=root).query("indicator == 'population'")
        total = series.set_index("year")["value"].loc[launch - 20 : launch]
        trend = extrapolate(total, target, method="log-linear").loc[target]
        told["log-linear"] = tuple(pd.Series({"total": trend[name]}) for name in ("value", "lower", "upper"))
    names = ["projected", "lower_80", "upper_80"]
    frames = [pd.DataFrame({"method": way} | dict(zip(names, each, strict=True))) for way, each in told.items()]
    frame = pd.concat(frames).rename_axis("measure").reset_index()
    frame["actual"] = frame["measure"].map(actual)
    frame["error_pct"] = 100 * (frame["projected"] / frame["actual"] - 1)
    within = (frame["lower_80"] <= frame["actual"]) & (frame["actual"] <= frame["upper_80"])
    frame["inside_80"] = within.astype("boolean").mask(frame["lower_80"].isna())
    frame = frame.dropna(subset="projected").reset_index(drop=True)
    base = launch_of(entry["area"], root).base
    frame.attrs["sources"] = list(sources_behind(entry["area"], base, "as before", draws > 0, root=root))
    return frame


def _engine(area, launch, target, draws, seed, root) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Central path and 80 % range of the projection launched with what was known."""
    nation, start = nation_as_known(launch, root), launch_of(area, root, known=launch)

    def counted(paths: int) -> xr.DataArray:
        future = simulate([start], Scenario("as before"), target, nation, draws=paths, seed=seed)
        before, after = (measured(future.population.sel(year=year, drop=True)) for year in (target - 1, target))
        return (after - projection.CENSUS_TO_YEAR_END * (after - before)).isel(area=0)  # on census day

    drawn = counted(draws)
    return counted(0).to_series(), *(drawn.quantile(q, "draw").to_series().rename(None) for q in (0.1, 0.9))


def nation_as_known(year: int, root: Root = None) -> Nation:
    """The nation's paths as they could be drawn in `year`: fertility held, life expectancy rising as before.

    Ranges are as wide as World Population Prospects 2024 makes them the same number of years ahead. Estimates of the
    years before are today's.
    """
    now, years = nation_of("census", root=root), np.arange(year, year + 41)
    wide = now.paths.loc[years - year + FIRST_PROJECTED - 1]
    paths = pd.DataFrame({c: wide[c].to_numpy() for c in wide if c.endswith(("_up", "_down"))}, index=years)
    paths["tfr"] = now.paths.loc[year - 4 : year, "tfr"].mean() * now.spreads.tfr_level_2010
    paths["srb"] = now.paths.loc[year, "srb"]
    for name in ("e0_both", "e0_female", "e0_male"):
        before = now.paths[name]
        gain = (before[year] - before[year - DECADE]) / DECADE
        paths[name] = before[year] + gain * (years - year)
    known = replace(now, paths=paths, survival=survival_grid(year - 2, root=root))
    return replace(known, schedule=schedules(np.full(len(years), year - 2), root).assign_coords(year=years))


def extrapolate(series: pd.Series, end_year: int, *, level: float = 0.8, method: str | None = None) -> pd.DataFrame:
    """Carry a yearly series on by its own trend, with the interval of the statistical model.

    It knows nothing of ages: a small cohort that will reach 60 in ten years is not in the trend.
    Source: Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing; Deng (1989), Introduction
    to grey system theory; statsmodels (2010). The grey model and the logistic curve have no interval of their own:
    theirs is that of their residuals, as wide in every year.
    DataError: too few points, values that are not above 0, an end year inside the series, an unknown method.

    series : Series; [any unit, above 0] indexed by year; gaps are allowed for the log-linear and logistic methods
    level : float, default 0.8; [share] of outcomes that the interval should hold
    method : log-linear, ets, arima (1, 1, 0 with drift, of logarithms), gm11 (grey), logistic; default: damped
        exponential smoothing (ets) from ten points without a gap on, else log-linear
    Returns DataFrame: indexed by year from the first year after the series: value, lower, upper [as the series], method

    >>> people = pd.Series([100.0, 110.0, 121.0, 133.1], index=[2000, 2005, 2010, 2015])
    >>> print(extrapolate(people, 2020).value[2020].round(1))
    146.4
    """
    series = series.dropna().astype(float).sort_index()
    years = series.index.to_numpy(dtype=int)
    if len({*years} & {*range(1000, 3000)}) != max(len(years), 3) or not series.between(0, 1e300, "neither").all():
        raise refusal("errors.people.trend", n=len(series), least=float(series.min()))
    if not years[-1] < end_year <= years[-1] + 200 or not 0 < level < 1:
        raise refusal("errors.people.trend_end", end_year=end_year, last=int(years[-1]), level=level)
    whole = bool((np.diff(years) == 1).all())
    method = method or ("ets" if whole and len(series) >= MANY else "log-linear")
    ahead, known = np.arange(years[-1] + 1, end_year + 1), np.log(series.to_numpy())
    if len(series) < LEAST.get(method, np.inf) or not (whole or method in ("log-linear", "logistic")):
        raise refusal("errors.people.trend_method", method=method, n=len(series), many=MANY)
    if method == "log-linear":
        logs = _line(years, known, ahead, level)
    elif method in ("ets", "arima"):
        logs = (_smoothed if method == "ets" else _arima)(known, len(ahead), level)
    else:
        fitted = _grey(known, len(ahead)) if method == "gm11" else _logistic(years, known, ahead)
        logs = _by_residuals(known, fitted, level)
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
    return told.summary_frame(alpha=1 - level)[["mean", "pi_lower", "pi_upper"]].to_numpy().T


def _arima(logs, steps, level) -> np.ndarray:
    from statsmodels.tsa.arima.model import ARIMA

    fitted = ARIMA(logs, order=(1, 1, 0), trend="t").fit(method_kwargs={"warn_convergence": False})
    told = fitted.get_forecast(steps).summary_frame(alpha=1 - level)
    return told[["mean", "mean_ci_lower", "mean_ci_upper"]].to_numpy().T


def _grey(logs, steps) -> np.ndarray:
    """Logarithms of the grey model GM(1,1) of the series and of the steps ahead."""
    values = np.exp(logs)
    sums = np.cumsum(values)
    design = np.column_stack([-(sums[1:] + sums[:-1]) / 2, np.ones(len(values) - 1)])
    (a, b), *_ = np.linalg.lstsq(design, values[1:], rcond=None)
    first = b * (np.expm1(a) / a if a else 1.0) - np.expm1(a) * values[0]  # (1 - e^a)(x - b/a), for a of 0 too
    if first <= 0:
        raise refusal("errors.people.grey")
    told = np.log(first) - a * np.arange(len(values) + steps)
    return np.concatenate([logs[:1], told[1:]])


def _logistic(years, logs, ahead) -> np.ndarray:
    """Logarithms of the logistic curve of the series and of the years ahead."""
    from scipy.optimize import curve_fit

    top, at = logs.max(), np.concatenate([years, ahead]) - years.mean()

    def curve(year, more, rate, middle):
        return top + more - np.logaddexp(0, -rate * (year - middle))

    bounds = ([0, -1, -300], [5, 1, 300])  # the ceiling is at most e^5 times the largest value
    rate = np.sign(logs[-1] - logs[0]) * 0.05
    found, _ = curve_fit(curve, at[: len(years)], logs, p0=(0.5, rate, 0), bounds=bounds, max_nfev=20_000)
    return curve(at, *found)


def _by_residuals(logs, fitted, level) -> np.ndarray:
    from scipy.stats import t

    free = len(logs) - 2
    half = t.ppf((1 + level) / 2, free) * np.sqrt(np.sum((logs - fitted[: len(logs)]) ** 2) / free)
    ahead = fitted[len(logs) :]
    return np.stack([ahead, ahead - half, ahead + half])


def compare_with_plans(*, scenario: str = "medium", root: Root = None) -> pd.DataFrame:
    """What documents print of residents and births after an area's last census, beside its projection.

    A printed projection of a plan is no outcome; only actual totals of residents would judge the launch. Registered
    people and targets are left out.
    Returns DataFrame: area, indicator, year, kind (actual or projection), printed, projected [persons, or births in ten
        months], difference_pct, source. `population_total_implied`: printed persons of 60+ over their printed share.

    >>> told = compare_with_plans().set_index(["area", "indicator"])
    >>> print(told.printed["jingdezhen", "population_60plus"], told.kind["jingdezhen", "population_60plus"])
    324100.0 projection
    """
    table = load_table("observations", root=root)
    wanted = table["indicator"].isin([*AGED, SHARE, "births_jan_oct"]) & table["value"].notna()
    table = table[wanted & ~table["kind"].isin(["target", "stage"]) & (table["basis"].fillna("") != "registered")]
    levels = load_table("areas", root=root).set_index("area")["level"]
    counted = load_table("population", root=root).groupby("area")["year"].max()
    here = table["area"].map(levels).isin(["county", "prefecture"]) & table["area"].isin(counted.index)
    table, rows = table[here & (table["year"] > table["area"].map(counted))], []
    for (area, year), group in table.groupby(["area", "year"]):
        path = project(area, scenario=scenario, end_year=int(year), root=root)
        figures = group.drop_duplicates("indicator").set_index("indicator")
        for name, row in figures.drop(index=SHARE, errors="ignore").iterrows():
            rows.append((area, name, year, row["kind"], row["value"], _projected(path, name, year), row["source"]))
        if {SHARE, "population_60plus"} <= set(figures.index):
            old, share = figures.loc["population_60plus"], figures.loc[SHARE, "value"]
            whole = (100 * old["value"] / share, _projected(path, "population_total", year), old["source"])
            rows.append((area, "population_total_implied", year, old["kind"], *whole))
    frame = pd.DataFrame(rows, columns=["area", "indicator", "year", "kind", "printed", "projected", "source"])
    frame.insert(6, "difference_pct", 100 * (frame["projected"] / frame["printed"] - 1))
    return frame


def _projected(path: xr.Dataset, indicator: str, year: int) -> float:
    if indicator == "births_jan_oct":  # births of the calendar year carry the year end before
        return float(path.births.sum("sex").sel(year=year - 1)) * TEN_MONTHS
    return float(persons(path.sel(year=year), AGED[indicator]))
