"""The strongest inputs of a need: each moved alone between its bounds, the others unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.local import area_values, assumed_range
from ..demography.projection import Scenario
from ..errors import DataError
from ..tables.areas import find_area, load_table
from ..tables.figures import figures_at
from .beds import BedNeed, elderly_path
from .horizon import need_of
from .rows import BOUNDS, Need, at_year, check_year, middle, projected


def shortage_probability(need: np.ndarray | xr.DataArray, supply: float) -> float:
    """Share of the draws in which the need is above the supply.

    Parameters
    ----------
    need : array
        [beds or places] draws, of any shape.
    supply : float
        [beds or places]

    Returns
    -------
    float
        [share, 0-1]; missing when the supply is.

    Examples
    --------
    >>> shortage_probability(np.array([900, 1100, 1300, 1500]), 1000)
    0.75
    """
    return float(np.mean(_draws(need) > supply)) if np.isfinite(supply) else np.nan


def low_occupancy_probability(residents: np.ndarray | xr.DataArray, beds: float, below: float) -> float:
    """Share of the draws in which less than a share of the beds is occupied.

    Parameters
    ----------
    residents : array
        [persons] draws, of any shape; those who find no bed do not count.
    beds : float
        [beds]
    below : float
        [share, 0-1] For example `low_occupancy` of table `assumptions`.

    Returns
    -------
    float
        [share, 0-1]; missing when the number of beds is, or 0.

    Examples
    --------
    >>> low_occupancy_probability(np.array([400, 500, 700, 2000]), 1000, below=0.6)
    0.5
    """
    return float(np.mean(_draws(residents) / beds < below)) if np.isfinite(beds) and beds > 0 else np.nan


def expected_regret(
    need: np.ndarray | xr.DataArray, built: np.ndarray | list[float], *, cost_ratio: float = 1.0
) -> pd.DataFrame:
    """Mean regret of building each number: idle units count 1 each, missing units the cost ratio.

    Parameters
    ----------
    need : array
        [beds or places] draws, of any shape.
    built : array of float
        [beds or places] numbers to compare.
    cost_ratio : float, default 1
        [1] What a missing unit costs against an idle one.

    Returns
    -------
    DataFrame
        Indexed by `built`: idle, missing [units on average], regret [cost of one idle unit].

    Raises
    ------
    DataError
        A cost ratio of 0 or less, or no draws.

    Examples
    --------
    >>> expected_regret(np.array([100, 300]), [100, 200, 300], cost_ratio=2).regret.tolist()
    [200.0, 150.0, 100.0]
    """
    draws, ratio = _draws(need), _ratio(cost_ratio)
    built = np.asarray(built, dtype=float)
    over = built[:, None] - draws[None, :]
    frame = pd.DataFrame({"idle": over.clip(min=0).mean(axis=1), "missing": (-over).clip(min=0).mean(axis=1)})
    frame.index = pd.Index(built, name="built")
    return frame.assign(regret=frame["idle"] + ratio * frame["missing"])


def best_number(need: np.ndarray | xr.DataArray, *, cost_ratio: float = 1.0) -> float:
    """The number with the least expected regret: the quantile c / (c + 1) of the need, c the cost ratio.

    Parameters
    ----------
    need : array
        [beds or places] draws, of any shape.
    cost_ratio : float, default 1
        [1] What a missing unit costs against an idle one; 1 gives the median.

    Returns
    -------
    float
        [beds or places]

    Raises
    ------
    DataError
        A cost ratio of 0 or less, or no draws.

    References
    ----------
    The newsvendor problem; Arrow, Harris and Marschak (1951), Optimal inventory policy, Econometrica 19.

    Examples
    --------
    >>> best_number(np.arange(101.0), cost_ratio=3)
    75.0
    """
    ratio = _ratio(cost_ratio)
    return float(np.quantile(_draws(need), ratio / (1 + ratio)))


def split_spread(need: xr.DataArray) -> pd.Series:
    """Share of the variance of the need that methods, demography and parameters each explain.

    Parameters
    ----------
    need : DataArray
        [beds or places] dims by_method, draw (demography) and parameter; every combination.

    Returns
    -------
    Series
        [share, 0-1] method, demography, parameters, together (what only their combination explains); they sum to 1.
        Missing when nothing varies.

    Raises
    ------
    DataError
        When a dim is missing.

    References
    ----------
    First-order effects of Sobol (1993), here from a complete design.

    Examples
    --------
    >>> grid = xr.DataArray([[[1.0, 1.0]], [[3.0, 3.0]]], dims=("by_method", "draw", "parameter"))
    >>> split_spread(grid)["method"]
    np.float64(1.0)
    """
    names = {"by_method": "method", "draw": "demography", "parameter": "parameters"}
    if set(names) - set(need.dims):
        raise DataError(f"need has the dims {list(need.dims)}; by_method, draw and parameter are wanted.")
    whole = float(need.var())
    shares = {
        label: float(need.mean([d for d in need.dims if d != dim]).var()) / whole if whole > 0 else np.nan
        for dim, label in names.items()
    }
    return pd.Series({**shares, "together": 1 - sum(shares.values())}, name="share")


def _draws(values: np.ndarray | xr.DataArray) -> np.ndarray:
    flat = np.asarray(values, dtype=float).ravel()
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        raise DataError("There are no draws of the need: every value is missing.")
    return flat


def _ratio(value: float) -> float:
    if not value > 0:
        raise DataError(f"cost_ratio is {value}; it must be above 0 (1: a missing bed costs as much as an idle one).")
    return float(value)


COUNTS_PEOPLE = ("prevalence", "prevalence_census", "utilisation", "intention")  # their need is persons who come
GROUPS = {
    "plan": ("规划口径各方法", "methods of plans"),
    "need": ("需要口径各方法", "methods of need"),
    "use": ("使用口径各方法", "methods of use"),
    "all": ("全部方法（等权）", "all methods, equal weights"),
}


def need_samples(
    area: str,
    year: int,
    *,
    what: str = "beds",
    norm: float | None = None,
    draws: int = 200,
    parameters: int = 25,
    seed: int = 0,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> xr.DataArray:
    """Need in a year by method, draw of the demography, and draw of the parameters.

    Half of the parameters lie on each side of central, thinning out like a triangle towards lower and upper; a method
    without a range does not vary in them. Methods whose inputs are not published are left out.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year]
    what : {'beds', 'places'}
    norm : float, optional
        [beds per 1000 persons 60+, or places per 1000 residents] Your own in place of the plan's.
    draws, parameters : int
        Number of draws of the demography, and of points in each triangle.
    seed : int, default 0
    scenario : str or Scenario, default "medium"
    population : Dataset, optional
        A projection with draws made before.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataArray
        [beds or places] dims by_method, draw, parameter; coordinate `basis` (plan, need, use) along by_method.

    Raises
    ------
    DataError
        Unknown area, scenario or `what`, or a year outside the projection.

    Examples
    --------
    >>> samples = need_samples("jingdezhen", 2030, draws=10, parameters=5)
    >>> samples.sizes["draw"], bool((samples.sel(by_method="utilisation") < samples.sel(by_method="norm")).all())
    (10, True)
    """
    if population is None:
        population = projected(area, year, scenario, root, draws=draws, seed=seed)
    return _samples(need_of(area, population, what, root, norm=norm), year, parameters)


def _samples(need: Need, year: int, parameters: int) -> xr.DataArray:
    check_year(year, need.years)
    values = need.arrays().sel(year=year)
    if "draw" not in values.dims:
        values = values.expand_dims("draw")
    values = values.isel(by_method=np.flatnonzero(values.sel(bound="central").isel(draw=0).notnull()))
    share = (np.arange(parameters) + 0.5) / parameters
    # quantiles of a triangle from -1 over 0 to 1: the way from central to a bound
    steps = np.where(share < 0.5, np.sqrt(2 * share) - 1, 1 - np.sqrt(2 * (1 - share)))
    way = xr.DataArray(steps, dims="parameter")
    low, central, high = (values.sel(bound=bound, drop=True) for bound in BOUNDS)
    samples = central + xr.where(way > 0, (high - central) * way, (central - low) * way)
    methods = load_table("methods", root=need.root).set_index("method")["basis"]
    basis = ("by_method", methods.loc[samples["by_method"].to_numpy()].to_numpy())
    return samples.assign_coords(basis=basis).transpose("by_method", "draw", "parameter", ...)


def build_decision(
    area: str,
    year: int,
    *,
    what: str = "beds",
    norm: float | None = None,
    cost_ratio: float = 1.0,
    draws: int = 200,
    seed: int = 0,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Chances of a shortage and of empty beds, and the best number to have, by method and over methods.

    A chance holds for its row only: over all methods it mostly tells how many methods lie above the supply.

    Parameters
    ----------
    area, year, what, norm, draws, seed, scenario, population, root
        As in `need_samples`.
    cost_ratio : float, default 1
        [1] What a missing bed costs against an idle one; judge it yourself.

    Returns
    -------
    DataFrame
        group (a method, a basis, or all), name_zh, name_en, p_short_stock, p_short_pipeline [share 0-1: need above the
        present supply, and with the project list], p_empty_stock, p_empty_pipeline [share 0-1: less occupied than
        `low_occupancy`, 60 % (judged); only for methods that count persons], best [beds or places at the cost ratio],
        regret_stock, regret_pipeline [cost of one idle bed: expected regret of having the present supply, or with the
        project list]. `attrs` hold the split of the spread, stock, pipeline and the cost ratio.

    Raises
    ------
    DataError
        As `need_samples`, and a cost ratio of 0 or less.

    Examples
    --------
    >>> table = build_decision("jingdezhen", 2025, draws=20).set_index("group")
    >>> print(table.p_short_stock["norm"], table.p_short_stock["utilisation"])
    1.0 0.0
    """
    if population is None:
        population = projected(area, year, scenario, root, draws=draws, seed=seed)
    need = need_of(area, population, what, root, norm=norm)
    samples = _samples(need, year, parameters=25)
    names = load_table("methods", root=root).set_index("method")
    occupied = need.occupancy.value if isinstance(need, BedNeed) else 1.0  # of the need in beds, so many are persons
    empty = assumed_range("low_occupancy", table=need.assumed).value
    there = dict(zip(("stock", "pipeline"), need.available(year), strict=True))
    basis = samples["basis"].to_numpy()
    groups = {method: [i] for i, method in enumerate(samples["by_method"].to_numpy())}
    groups |= {name: np.flatnonzero(basis == name) for name in dict.fromkeys(basis)} | {"all": np.arange(len(basis))}
    rows = []
    for group, chosen in groups.items():
        part = samples.isel(by_method=chosen)
        persons = part.isel(by_method=np.flatnonzero(np.isin(part["by_method"], COUNTS_PEOPLE))) * occupied
        zh, en = GROUPS[group] if group in GROUPS else names.loc[group, ["name_zh", "name_en"]]
        row = {"group": group, "name_zh": zh, "name_en": en}
        row |= {f"p_short_{name}": shortage_probability(part, beds) for name, beds in there.items()}
        row |= {
            f"p_empty_{name}": low_occupancy_probability(persons, beds, empty) if persons.size else np.nan
            for name, beds in there.items()
        }
        row["best"] = best_number(part, cost_ratio=cost_ratio)
        regret = expected_regret(part, list(there.values()), cost_ratio=cost_ratio)["regret"].to_numpy()
        rows.append(row | {f"regret_{name}": value for name, value in zip(there, regret, strict=True)})
    frame = pd.DataFrame(rows)
    frame.attrs = {**there, "cost_ratio": cost_ratio, "spread": split_spread(samples).to_dict()}
    return frame


ASSUMED = {  # parameter of `assumptions`: names, and the methods that use it
    "target_occupancy": ("目标入住率", "target occupancy", ("prevalence", "prevalence_census", "utilisation")),
    "institution_share_mild": ("轻度失能入住机构比例", "mild need: share in homes", ("prevalence", "utilisation")),
    "institution_share_moderate": (
        "中度失能入住机构比例",
        "moderate need: share in homes",
        ("prevalence", "utilisation"),
    ),
    "institution_share_severe": ("重度失能入住机构比例", "severe need: share in homes", ("prevalence", "utilisation")),
    "institution_share_unable": (
        "不能自理者入住机构比例",
        "unable to self-care: share in homes",
        ("prevalence_census",),
    ),
}
OWN_RANGE = {  # methods whose own input is a range: names of that input and whether the bounds are judged
    "share": ("分摊权数（年龄、需要）", "weight of the share (ages, need)", False),
    "norm": ("床位标准（各规划）", "norm (all plans)", False),
    "norm_peers": ("床位标准（其他规划）", "norm (other plans)", False),
    "norm_national": ("全国床位目标", "national goal", False),
    "utilisation": ("民办机构入住（空置至满员）", "private homes, empty to full", True),
    "coverage": ("入托率目标", "coverage", False),
    "intention": ("使用率与意愿", "use against wish", False),
}
LABELS_ZH = {"plan": "规划", "projection": "本推算", "census 2020": "2020年普查", "low": "低方案", "high": "高方案"}
SURVEYS = ("adl-clhls-2011", "adl-clhls-2014", "adl-clhls-2018")


def need_tornado(
    area: str,
    year: int,
    *,
    what: str = "beds",
    norm: float | None = None,
    method: str | None = None,
    strongest: int = 8,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """How far each input alone moves the need by one method, the strongest first; judged inputs are marked.

    Inputs that only one definition has (the levels of a survey) do not show for the other methods.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode; a plan is not needed.
    year : int
        [year]
    what : {'beds', 'places'}
    norm : float, optional
        As in `need_samples`.
    method : str, optional
        By default `prevalence` for beds and `coverage` for places.
    strongest : int, default 8
        Number of rows.
    scenario : str or Scenario, default "medium"
        From which fertility, life expectancy and migration are moved.
    population : Dataset, optional
        The projection of that scenario, made before.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        name_zh, name_en, low, high, central [beds or places: the need with the input low, high, unchanged], low_label,
        high_label, low_label_zh, high_label_zh (the values of the input), judged (True where the bounds are judgement).

    Raises
    ------
    DataError
        Unknown area, scenario or method, a method without a number for this area, a year outside the projection.

    Examples
    --------
    >>> need_tornado("jingdezhen", 2035).name_en.iloc[0]
    'moderate need: share in homes'
    """
    method = method or {"beds": "prevalence", "places": "coverage"}.get(what, "")
    moves = _Moves(area, year, what, method, norm, scenario, population, root)
    frame = pd.DataFrame(moves.all())
    frame.attrs["sources"] = moves.row["sources"].split(";")
    width = (frame["high"] - frame["low"]).abs()
    order = width[width > 0].sort_values(ascending=False, kind="stable").index
    return frame.loc[order].head(strongest).reset_index(drop=True)


class _Moves:
    def __init__(self, area, year, what, method, norm, scenario, population, root) -> None:
        self.area = find_area(area, root)["area"]
        self.year, self.what, self.method, self.root = year, what, method, root
        self.scenario = scenario if isinstance(scenario, Scenario) else self._named(scenario)
        self.population = self._project(self.scenario) if population is None else population
        self.need = need_of(self.area, self.population, what, root, only=method, norm=norm)
        if not self.need.rows or pd.isna((row := self.need.at(year).iloc[0])["central"]):
            every = need_of(self.area, self.population, what, root, norm=norm).at(year).set_index("method")["central"]
            raise DataError(
                f"method {method!r} has no number for {self.area}; choose one of {', '.join(every.dropna().index)}."
            )
        self.row = row
        self.assumed = area_values(self.area, root)

    def all(self) -> Iterator[dict]:
        """A row for each input that the method has."""
        yield from self._own_range()
        yield from self._assumed()
        yield from self._definitions()
        yield from self._migration()
        yield from self._fertility()
        yield from self._mortality()
        yield from self._forecast()

    def _named(self, name: str) -> Scenario:
        return Scenario.load(name, area=self.area, root=self.root)

    def _project(self, scenario: Scenario) -> xr.Dataset:
        return projected(self.area, self.year, scenario, self.root)

    def _value(self, population: xr.Dataset | None = None, *, method: str | None = None, **others) -> float:
        """The need with something else in place of what it has."""
        row = self.need.what_if(method or self.method, population=population, **others)
        return middle(at_year(row["central"], self.year))

    def _line(self, names: tuple[str, str], values: tuple[float, float], labels: tuple[str, str], judged: bool) -> dict:
        keys = ("name_zh", "name_en", "low", "high", "low_label", "high_label")
        line = dict(zip(keys, (*names, *values, *labels), strict=True))
        line |= {
            f"{side}_label_zh": LABELS_ZH.get(label, label) for side, label in zip(("low", "high"), labels, strict=True)
        }
        return line | {"central": self.row["central"], "judged": judged}

    def _ends(self, names: tuple[str, str], values: list[tuple[float, str]]) -> dict:
        """A row from the lowest to the highest of some (need, label)."""
        (low, low_label), (high, high_label) = min(values), max(values)
        return self._line(names, (low, high), (low_label, high_label), False)

    def _own_range(self) -> Iterator[dict]:
        if self.method in OWN_RANGE and pd.notna(self.row["lower"]):
            zh, en, judged = OWN_RANGE[self.method]
            yield self._line((zh, en), (self.row["lower"], self.row["upper"]), ("", ""), judged)

    def _assumed(self) -> Iterator[dict]:
        for parameter, (zh, en, methods) in ASSUMED.items():
            if self.method in methods:
                bounds = assumed_range(parameter, table=self.assumed)
                low, high = (self._value(changed={parameter: x}) for x in (bounds.lower, bounds.upper))
                yield self._line((zh, en), (low, high), (f"{bounds.lower:g}", f"{bounds.upper:g}"), bounds.judged)

    def _definitions(self) -> Iterator[dict]:
        if self.method != "prevalence":
            return
        waves = [(self._value(survey=survey), survey[-4:]) for survey in SURVEYS]
        yield self._ends(("调查年份（CLHLS）", "year of the survey (CLHLS)"), waves)
        both = [(self._value(method="prevalence_census"), "census 2020"), (self.row["central"], "CLHLS 2018")]
        yield self._ends(("失能的定义（普查、调查）", "definition of need (census, survey)"), both)

    def _migration(self) -> Iterator[dict]:
        paths = ({2020: 0.0}, {2020: 1.0})  # nobody moves; everybody goes on moving as in 2010-2020
        low, high = (self._value(self._project(replace(self.scenario, net_migration_factor=path))) for path in paths)
        yield self._line(("净迁移", "net migration"), (low, high), ("0", "2010–2020"), True)

    def _fertility(self) -> Iterator[dict]:
        years = self.population["year"].to_numpy()
        if self.what == "beds" and self.year <= years[0] + 60:
            return  # whoever is 60 by then was born by the launch
        ends = []
        for name in ("low", "high"):  # the distance of the variant from the medium path, on top of the scenario's own
            tfr = self.scenario.at("tfr_offset", years) + self._named(name).at("tfr_offset", years)
            path = dict(zip(years.tolist(), tfr.tolist(), strict=True))
            ends.append(self._value(self._project(replace(self.scenario, tfr_offset=path))))
        names = ("生育率（WPP低、高方案）", "fertility (WPP low, high)")
        yield self._line(names, (ends[0], ends[1]), ("low", "high"), False)

    def _mortality(self) -> Iterator[dict]:
        own = self.scenario.e0, self.scenario.e0_year
        if own[0] is None and "e0" in self.assumed.index:
            own = tuple(self.assumed.loc["e0", ["value", "year"]])
        if own[0] is None:
            return
        doubt = assumed_range("e0_doubt", table=self.assumed).value
        low, high = own[0] - doubt, own[0] + doubt
        moved = [replace(self.scenario, e0=e0, e0_year=int(own[1])) for e0 in (low, high)]
        least, most = (self._value(self._project(scenario)) for scenario in moved)
        yield self._line(("预期寿命", "life expectancy"), (least, most), (f"{low:g}", f"{high:g}"), True)

    def _forecast(self) -> Iterator[dict]:
        """The plan's own number of elderly in place of the projected one, where it is for this year."""
        printed = figures_at(self.root).first(self.area, "population_60plus", "projection")
        if self.what == "places" or printed is None or printed["year"] != self.year:
            return
        if printed["basis"] == "registered":  # other people than the projected residents
            return
        ours = middle(elderly_path(self.population).sel(year=self.year).sum(("sex", "age")))
        scaled = self.population.assign(population=self.population["population"] * printed["value"] / ours)
        both = [(self._value(scaled), "plan"), (self.row["central"], "projection")]
        yield self._ends(("60岁及以上人口（规划预测、本推算）", "persons 60+ (plan, projection)"), both)
