"""What to build: chances of a shortage and of empty beds, the number of least regret, and the strongest inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.local import Root, assumed_range
from ..demography.projection import Scenario
from ..errors import DataError
from ..tables.areas import find_area, load_table
from .gap import METHODS, on
from .rows import BOUNDS, Case, Future, arrays, at_year, check_year, make_case, middle, projected, rows_of


def shortage_probability(need: np.ndarray | xr.DataArray, supply: float) -> float:
    """Share of the draws [0-1] in which the need is above the supply; missing when the supply is.

    Parameters
    ----------
    need, supply : [beds or places] draws in an array of any shape, and a number

    Examples
    --------
    >>> shortage_probability(np.array([900, 1100, 1300, 1500]), 1000)
    0.75
    """
    return float(np.mean(_draws(need) > supply)) if np.isfinite(supply) else np.nan


def low_occupancy_probability(residents: np.ndarray | xr.DataArray, beds: float, below: float) -> float:
    """Share of the draws [0-1] in which less than a share of the beds is occupied; missing without beds.

    Parameters
    ----------
    residents : [persons] draws in an array of any shape; those who find no bed do not count
    beds, below : [beds], [share, 0-1] such as `low_occupancy` of table `assumptions`

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
    need, built : [beds or places] draws in an array of any shape, and the numbers to compare
    cost_ratio : [1] what a missing unit costs against an idle one; DataError unless above 0

    Returns
    -------
    DataFrame: indexed by `built`: idle, missing [units on average], regret [cost of one idle unit]

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

    Newsvendor problem; Arrow, Harris and Marschak (1951), Optimal inventory policy, Econometrica 19. Parameters as in
    `expected_regret`; a cost ratio of 1 gives the median.

    Examples
    --------
    >>> best_number(np.arange(101.0), cost_ratio=3)
    75.0
    """
    ratio = _ratio(cost_ratio)
    return float(np.quantile(_draws(need), ratio / (1 + ratio)))


def split_spread(need: xr.DataArray) -> pd.Series:
    """Share of the variance of the need that methods, demography and parameters each explain.

    First-order effects of Sobol (1993), here from a complete design.

    Parameters
    ----------
    need : DataArray; [beds or places] dims by_method, draw (demography) and parameter, every combination

    Returns
    -------
    Series: [share, 0-1] method, demography, parameters, together (what only their combination explains); they sum to 1,
        and are missing when nothing varies

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
    population: Future = None,
    root: Root = None,
) -> xr.DataArray:
    """Need in a year by method, draw of the demography, and draw of the parameters.

    Half of the parameters lie on each side of central, thinning out like a triangle towards lower and upper; a method
    without a range does not vary in them. Methods whose inputs are not published are left out.

    Parameters
    ----------
    area, year, scenario, population, root : as in `triangulate_beds`; the population with draws
    what : {'beds', 'places'}
    norm : [per 1000] your own in place of the plan's, as in `gap_by_year`
    draws, parameters, seed : int; draws of the demography, points in each triangle, seed of the draws

    Returns
    -------
    DataArray: [beds or places] dims by_method, draw, parameter; coordinate `basis` (plan, need, use) along by_method

    Examples
    --------
    >>> samples = need_samples("jingdezhen", 2030, draws=10, parameters=5)
    >>> samples.sizes["draw"], bool((samples.sel(by_method="utilisation") < samples.sel(by_method="norm")).all())
    (10, True)
    """
    if population is None:
        population = projected(area, year, scenario, root, draws=draws, seed=seed)
    return _samples(make_case(what, area, population, root, norm=norm), year, parameters)


def _samples(case: Case, year: int, parameters: int) -> xr.DataArray:
    check_year(year, case.years)
    values = arrays(case, rows_of(case, METHODS[case.what])).sel(year=year)
    if "draw" not in values.dims:
        values = values.expand_dims("draw")
    values = values.isel(by_method=np.flatnonzero(values.sel(bound="central").isel(draw=0).notnull()))
    share = (np.arange(parameters) + 0.5) / parameters
    # quantiles of a triangle from -1 over 0 to 1: the way from central to a bound
    steps = np.where(share < 0.5, np.sqrt(2 * share) - 1, 1 - np.sqrt(2 * (1 - share)))
    way = xr.DataArray(steps, dims="parameter")
    low, central, high = (values.sel(bound=bound, drop=True) for bound in BOUNDS)
    samples = central + xr.where(way > 0, (high - central) * way, (central - low) * way)
    methods = load_table("methods", root=case.root).set_index("method")["basis"]
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
    population: Future = None,
    root: Root = None,
) -> pd.DataFrame:
    """Chances of a shortage and of empty beds, and the best number to have, by method and over methods.

    A chance holds for its row only: over all methods it mostly tells how many methods lie above the supply.

    Parameters
    ----------
    area, year, what, norm, draws, seed, scenario, population, root : as in `need_samples`
    cost_ratio : [1] what a missing bed costs against an idle one; judge it yourself. DataError unless above 0

    Returns
    -------
    DataFrame: group (a method, a basis, or all), name_zh, name_en (of a method), p_short_stock, p_short_pipeline [share
        0-1: need above the present supply, and with the project list], p_empty_stock, p_empty_pipeline [share 0-1: less
        occupied than `low_occupancy`, 60 % (judged); only for methods that count persons], best [beds or places at the
        cost ratio], regret_stock, regret_pipeline [cost of one idle bed: expected regret of having the present supply,
        or with the project list]. `attrs` hold the split of the spread, stock, pipeline and the cost ratio.

    Examples
    --------
    >>> table = build_decision("jingdezhen", 2025, draws=20).set_index("group")
    >>> print(table.p_short_stock["norm"], table.p_short_stock["utilisation"])
    1.0 0.0
    """
    if population is None:
        population = projected(area, year, scenario, root, draws=draws, seed=seed)
    case = make_case(what, area, population, root, norm=norm)
    samples = _samples(case, year, parameters=25)
    names = load_table("methods", root=root).set_index("method")
    # of the need in beds, so many are persons
    occupied = assumed_range("target_occupancy", table=case.assumed).value if what == "beds" else 1.0
    empty = assumed_range("low_occupancy", table=case.assumed).value
    there = dict(zip(("stock", "pipeline"), case.available(year), strict=True))
    basis = samples["basis"].to_numpy()
    groups = {method: [i] for i, method in enumerate(samples["by_method"].to_numpy())}
    groups |= {name: np.flatnonzero(basis == name) for name in dict.fromkeys(basis)} | {"all": np.arange(len(basis))}
    rows = []
    for group, chosen in groups.items():
        part = samples.isel(by_method=chosen)
        persons = part.isel(by_method=np.flatnonzero(np.isin(part["by_method"], COUNTS_PEOPLE))) * occupied
        row = {"group": group, "name_zh": names["name_zh"].get(group), "name_en": names["name_en"].get(group)}
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


SURVEYS = ("adl-clhls-2011", "adl-clhls-2014", "adl-clhls-2018")
ASSUMED = {  # parameter of `assumptions`: the methods that use it
    "target_occupancy": ("prevalence", "prevalence_census", "utilisation"),
    "institution_share_mild": ("prevalence", "utilisation"),
    "institution_share_moderate": ("prevalence", "utilisation"),
    "institution_share_severe": ("prevalence", "utilisation"),
    "institution_share_unable": ("prevalence_census",),
}
OWN_RANGE = {  # methods whose own input is a range: that input, and whether the bounds are judged
    "share": ("weight_of_share", False),
    "norm": ("norm_of_all_plans", False),
    "norm_peers": ("norm_of_other_plans", False),
    "norm_national": ("national_goal", False),
    "utilisation": ("private_homes", True),
    "coverage": ("coverage", False),
    "intention": ("use_or_wish", False),
}


def need_tornado(
    area: str,
    year: int,
    *,
    what: str = "beds",
    norm: float | None = None,
    method: str | None = None,
    strongest: int = 8,
    scenario: str | Scenario = "medium",
    population: Future = None,
    root: Root = None,
) -> pd.DataFrame:
    """How far each input alone moves the need by one method, the strongest first; judged inputs are marked.

    Inputs that only one definition has (the levels of a survey) do not show for the other methods.

    Parameters
    ----------
    area, year, scenario, population, root : as in `triangulate_beds`; fertility, life expectancy and migration are
        moved from the scenario. A plan is not needed
    what : {'beds', 'places'}
    norm : [per 1000] your own in place of the plan's, as in `gap_by_year`
    method : str, optional; by default `prevalence` for beds and `coverage` for places; DataError if it has no number
    strongest : int, default 8; number of rows

    Returns
    -------
    DataFrame: input (a key of the catalogue, [words.moved]), low, high, central [beds or places: the need with the
        input low, high, unchanged], low_label, high_label (values of the input: numbers, or keys of [words.moved_to]),
        judged (True where the bounds are judgement)

    Examples
    --------
    >>> need_tornado("jingdezhen", 2035).input.iloc[0]
    'institution_share_moderate'
    """
    slug, method = (
        find_area(area, root=root)["area"],
        method or {"beds": "prevalence", "places": "coverage"}.get(what, ""),
    )
    scenario = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario, area=slug, root=root)
    if population is None:
        population = projected(slug, year, scenario, root)
    case = make_case(what, slug, population, root, norm=norm)
    row = METHODS[what].get(method, lambda case: None)(case)
    if row is None or np.isnan(_need(case, method, year)):
        rows = rows_of(case, METHODS[what])
        known = ", ".join(row["method"] for row in rows if not np.isnan(middle(at_year(row["central"], year))))
        raise DataError(f"method {method!r} has no number for {slug}; choose one of {known}.")
    moves = list(_moves(case, row, year, scenario, population))
    frame = pd.DataFrame(moves, columns=["input", "low", "high", "low_label", "high_label", "judged"])
    frame.insert(5, "central", _need(case, method, year))
    frame.attrs["sources"] = row["sources"].split(";")
    width = (frame["high"] - frame["low"]).abs()
    order = width[width > 0].sort_values(ascending=False, kind="stable").index
    return frame.loc[order].head(strongest).reset_index(drop=True)


def _need(case: Case, method: str, year: int) -> float:
    row: Any = METHODS[case.what][method](case)
    return middle(at_year(row["central"], year))


def _moves(case: Case, row: dict, year: int, scenario: Scenario, population: xr.Dataset) -> Iterator[tuple]:
    """Each input that the method has, moved alone: its key, the need at both ends, their labels, whether judged."""
    method, assumed, years = row["method"], case.assumed, population["year"].to_numpy()
    central = _need(case, method, year)

    def under(**changes: object) -> float:
        """The need under the scenario with changes."""
        return _need(on(case, projected(case.area, year, replace(scenario, **changes), case.root)), method, year)

    if method in OWN_RANGE and not np.isnan(least := middle(at_year(row["lower"], year))):
        key, judged = OWN_RANGE[method]
        yield key, least, middle(at_year(row["upper"], year)), "", "", judged
    for parameter in (parameter for parameter, methods in ASSUMED.items() if method in methods):
        bounds, ends = assumed_range(parameter, table=assumed), []
        for value in (bounds.lower, bounds.upper):
            moved = assumed.copy()
            moved.loc[parameter, "value"] = value
            ends.append(_need(replace(case, assumed=moved), method, year))
        yield parameter, *ends, f"{bounds.lower:g}", f"{bounds.upper:g}", bounds.judged
    if method == "prevalence":
        yield _ends("survey_wave", *((_need(replace(case, survey=wave), method, year), wave[-4:]) for wave in SURVEYS))
        census = _need(case, "prevalence_census", year), "census 2020"
        yield _ends("definition_of_need", census, (central, "CLHLS 2018"))
    # nobody moves; everybody goes on moving as in 2010-2020
    still, moving = (under(net_migration_factor={2020: factor}) for factor in (0.0, 1.0))
    yield "net_migration", still, moving, "0", "2010–2020", True
    if case.what == "places" or year > years[0] + 60:  # whoever is 60 before that was born by the launch
        ends = []
        for name in ("low", "high"):  # the distance of the variant from the medium path, on top of the scenario's own
            variant = Scenario.load(name, area=case.area, root=case.root)
            tfr = scenario.at("tfr_offset", years) + variant.at("tfr_offset", years)
            ends.append(under(tfr_offset=dict(zip(years.tolist(), tfr.tolist(), strict=True))))
        yield "fertility", *ends, "low", "high", False
    e0, e0_year = scenario.e0, scenario.e0_year
    if e0 is None and "e0" in assumed.index:
        e0, e0_year = assumed.loc["e0", ["value", "year"]]
    if e0 is not None:
        doubt = assumed_range("e0_doubt", table=assumed).value
        low, high = e0 - doubt, e0 + doubt
        ends = [under(e0=value, e0_year=int(e0_year)) for value in (low, high)]
        yield "life_expectancy", *ends, f"{low:g}", f"{high:g}", True
    printed = case.figure(
        "population_60plus", "projection"
    )  # the plan's own number of elderly, where it is of this year
    if case.what == "beds" and printed is not None and printed["year"] == year and printed["basis"] != "registered":
        ours = middle(case.counts["elderly"].sel(year=year))
        scaled = population.assign(population=population["population"] * printed["value"] / ours)
        yield _ends("elderly_of_plan", (_need(on(case, scaled), method, year), "plan"), (central, "projection"))


def _ends(key: str, *values: tuple[float, str]) -> tuple:
    """A move from the lowest to the highest of some (need, label)."""
    (low, low_label), (high, high_label) = min(values), max(values)
    return key, low, high, low_label, high_label, False
