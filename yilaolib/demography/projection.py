"""Projections of areas from their last census on: central paths, random paths, ranges of many areas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import groupby
from numbers import Real
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import refusal
from ..tables.areas import list_areas, load_table, slug_of
from ..tables.folders import as_root, merged_table, names_of, stamp
from ..tables.schema import one_of
from ..tables.workbook import MARGINS, to_meet
from ..texts import code_of, words_of
from . import cohorts, local
from .ages import MEASURES, OPEN_AGE, SEX, Population, as_array, elderly_share, rake
from .calibration import COHORTS, at_level, by_single_age
from .lifetables import asfr, look_up
from .local import MIGRATION, STANDARD, Launch, Root, while_unchanged

HORIZON = 2050  # last year of a projection where none is given
SCENARIOS = ("low", "medium", "high", "zero-migration")  # those that move births; table `assumptions` has more
PATHS = ("tfr_offset", "net_migration_factor", "e0_offset")
LEVELS = ("e0", "tfr_ratio", "e0_year", "net_migration_per_1000")
CENSUS_TO_YEAR_END = 61 / 366  # 1 November to 31 December 2020; 61 / 365 of 2010 is hardly more
STANDARD_YEAR = 2023  # middle of 2020-2025: the mortality schedule that is bent to each e0
OLDEST = 70  # age at the older census from which all places may stray together
LOWEST_RATE = -0.5  # of net migration: no draw empties an age in a year
FADING = ("tfr_ratio_persistence", "sex_ratio_pull")  # of table spreads: in every projection
SPREADS = ("tfr_correlation", "e0_correlation", "migration_correlation", "tfr_ratio_persistence", "sex_ratio_pull")
SPREADS += ("oldest_sd", "tfr_level_2010", "tfr_level_sd")  # of table spreads: how far draws stray, how levels fade
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)
FACTORS = ("receivers", "senders", "residents", "survivors", "births")  # of table `balance`
MOST_ROUNDS, STEP = 40, {"births": 1.0, "deaths": -14.0}  # a year of e0 moves deaths by 7 %


def project(
    area: str, *, scenario: str | Scenario = "medium", end_year: int = HORIZON, draws: int = 0, seed: int = 0,
    start: str = "latest", control: bool = True, root: Root = None,
) -> xr.Dataset:  # fmt: skip
    """Project an area by single age and sex from the newest known year, or from its last census, to `end_year`.

    Populations are those of 31 December; the census of 1 November is moved there first. Births, deaths and migration
    labelled t take place between 31 December t and 31 December t + 1.

    The nation's paths and spread are those of World Population Prospects 2024, moved so that births and deaths come
    out as reported; known totals are met by migration. The local level of fertility nears the nation's, that of e0
    keeps its distance, net migration follows the scenario.
    Source: United Nations (2024), World Population Prospects 2024: Methodology. Parameters: `local_parameters`.
    DataError: unknown area or scenario, an end year not after the census or beyond 2100, missing tables.

    scenario : str or Scenario
        low, medium, high (fertility as WPP 2024's variants); zero-, half- or recent-migration (none, half of medium's,
        that of 2010-2020 for good); long-life, short-life (ends of the UN's 80 % range); or your own. Or in Chinese.
    end_year : int, default `HORIZON`; [year] last 31 December; at most 2100, where the national paths end
    draws : int, default 0; random paths of fertility, mortality and migration; 0 gives the central path
    seed : int, default 0; the same seed gives the same draws, in any process and however many are asked for
    start : {'latest', 'census'}; census: as if nothing were known after it, for comparison
    control : bool, default True; as the area adds up with all others to the nation (docs/methods/balance.md), or alone
    Returns Dataset: As `project_cohorts`: dims year, sex, age and, if `draws`, draw; `attrs` name the area, the
        scenario, the base, whose migration it takes, the documents behind it (`yl.cite(result)`) and which `years` are
        counted, estimated, projected. `attrs["rebased"]`: of totals of your `margins` year, totals, difference to the
        path without them.

    >>> future = project("jingdezhen", end_year=2035)
    >>> print(f"{float(elderly_share(future).sel(year=2035)):.2f}")
    0.31
    """
    slug = slug_of(area, root)
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario, area=slug, root=root)
    (launch,), nation = launches_from([slug], start, control, root), nation_of(start, control=control, root=root)
    result = add_up([launch], scenario, end_year, nation, draws=draws, seed=seed, root=root).isel(area=0, drop=True)
    newest, met = min(max([nation.newest, launch.base, *launch.newer]), end_year), result.attrs["rebased"]
    own = merged_table("margins", root).query("area == @slug")["year"].tolist() if met else []
    result.attrs = {
        "area": slug,
        "scenario": scenario.name,
        "base": f"{launch.base}-12-31",
        "census": f"{launch.base}-12-31" if launch.at_year_end else f"{launch.base}-11-01",
        "migration": local.local_parameters(slug, root=root).set_index("parameter").loc[MIGRATION, "note"],
        "years": {"counted": [launch.base, launch.base]}
        | ({"estimated": [launch.base + 1, newest]} if newest > launch.base else {})
        | ({"projected": [newest + 1, end_year]} if end_year > newest else {}),
        "sources": list(sources_behind(slug, launch.base, scenario.name, draws > 0, start, root=root)),
    } | ({"rebased": told} if (told := [each for each in met if each["year"] in own]) else {})
    return result


def project_ranges(
    areas: Iterable[str], *, scenario: str | Scenario = "medium", end_year: int = HORIZON, draws: int = 200,
    seed: int = 0, levels: Sequence[float] = QUANTILES, start: str = "latest", control: bool = True,
    root: Root = None,
) -> xr.Dataset:  # fmt: skip
    """Quantiles of population, 60+, 65+, 80+, 0-4 and births for any number of areas.

    Quantiles do not add up: the range of a province is not the sum of its counties' ranges.
    DataError: no area, an unknown one, or areas whose last censuses differ in year.

    scenario, end_year, draws, seed, start, control, root : as for `project`
    levels : sequence of float; [share] quantiles to keep; 0.1 and 0.9 bound the 80 % range
    Returns Dataset: `persons` (measure, quantile, year, area) and `births` (quantile, year, area) [persons]

    >>> ranges = project_ranges(["jingdezhen", "haian"], end_year=2030, draws=20)
    >>> dict(ranges.persons.sizes)
    {'measure': 5, 'quantile': 5, 'year': 11, 'area': 2}
    """
    slugs = [slug_of(area, root) for area in areas]
    if not slugs:
        raise refusal("errors.people.no_area")
    if draws < 1:
        raise refusal("errors.people.range_draws", draws=draws)
    if not levels or not all(0 <= level <= 1 for level in levels):
        raise refusal("errors.people.levels", levels=levels)
    launches = launches_from(slugs, start, control, root)
    years = np.arange(one_base(launches), end_year + 1)
    own, parts = set(merged_table("assumptions", root)["area"].dropna()), []
    alike = groupby(launches, lambda launch: launch.area if launch.area in own else None)
    for area, group in alike:  # an area with rows of its own parts the others
        each = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario, area=area, root=root)
        nation = nation_of(start, control=control, root=root)
        for counts in sums(group, each, end_year, nation, draws=draws, seed=seed, root=root):
            parts.append(np.quantile(counts, levels, axis=-1))  # quantile, measure or births, year
    told = np.moveaxis(np.array(parts), 0, -1)
    persons = (("measure", "quantile", "year", "area"), told[:, :-1].swapaxes(0, 1))
    labels = {"measure": list(MEASURES), "quantile": list(levels), "year": years, "area": slugs}
    return xr.Dataset({"persons": persons, "births": (persons[0][1:], told[:, -1])}, labels)


def sums(launches, scenario, end_year, nation, *, draws, seed=0, root=None) -> Iterator[np.ndarray]:
    """Draws of one area after another: persons of each of `MEASURES`, then births (measure, year, draw)."""
    kept: dict = {}
    for launch in launches:
        if nation.balance is not None and _units(launch.area, root=root):
            future = add_up([launch], scenario, end_year, nation, draws=draws, seed=seed, root=root)
            people, births = [_measured(each) for each in future["population"].to_numpy()], future["births"].to_numpy()
        else:
            people: list[np.ndarray] = []
            births = next(_carried([launch], scenario, end_year, nation, draws, seed, kept, people))["births"]
        yield np.concatenate([np.stack(people, axis=1), births.sum(axis=1)[None]])[:, :, 0]


def _measured(people: np.ndarray) -> np.ndarray:
    """Persons (measure, ...) of `MEASURES` among (sex, age, ...)."""
    return np.stack([people[:, low:high].sum(axis=(0, 1)) for low, high in MEASURES.values()])


def ageing_stage(population: Population, *, digits: int = 2, root: Root = None) -> pd.DataFrame:
    """Name the ageing stage under every scheme, side by side; schemes disagree and none is "the" standard.

    A share within half of the last of `digits` (decimals of a printed percentage) of a cut is `near_cut`.
    DataError: the population has further dims; choose one date first.
    Returns DataFrame: scheme, base_age, share_pct, from_pct (the cut reached), stage_zh, stage_en, near_cut, source

    >>> city = load_table("population", area="jingdezhen").query("year == 2020")
    >>> ageing_stage(city).set_index("scheme").stage_en["nhc-2022"]
    'mild ageing'
    """
    if dims := [dim for dim in as_array(population).dims if dim not in ("sex", "age")]:
        raise refusal("errors.people.one_population", dims=dims)
    cuts = load_table("ageing_stages", root=root)
    shares = {age: 100 * elderly_share(population, age) for age in (60, 65)}
    cuts["share_pct"] = cuts["base_age"].map(shares).round(10)
    reached = (cuts["share_pct"] > cuts["from_pct"]) | (cuts["inclusive"] & (cuts["share_pct"] == cuts["from_pct"]))
    near = (cuts["from_pct"] > 0) & ((cuts["share_pct"] - cuts["from_pct"]).abs() <= 0.5 * 10**-digits)
    cuts["near_cut"] = near.groupby(cuts["scheme"]).transform("any")
    # a scheme may join two bases by "or" (鹰潭's footnote): the highest rank that any of its rows reaches counts
    stages = cuts[reached].sort_values("rank").groupby("scheme").last().loc[cuts["scheme"].unique()].reset_index()
    return stages[["scheme", "base_age", "share_pct", "from_pct", "stage_zh", "stage_en", "near_cut", "source"]]


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and bool(np.isfinite(float(value)))


@dataclass(frozen=True)
class Scenario:
    """Assumptions of one projection. Frozen: a mistyped field is an error, not a silent default.

    DataError: a path is empty or a value is no number.

    tfr_offset : dict; {year: children per woman} added to the local TFR; linear between years, constant outside
    net_migration_factor : dict; {year: factor} on the area's net migration rates of 2010-2020, likewise
    e0 : float, optional; [years, both sexes, in `e0_year`] overrides the area's life expectancy at birth
    tfr_ratio : float, optional; [ratio to the nation] overrides the area's fertility level at the census
    e0_year : int, default 2020; [year] of `e0`
    net_migration_per_1000 : float, optional; [per 1000 and year] overrides the area's crude rate between its censuses
    e0_offset : dict; {year: years} added to the local life expectancy

    >>> Scenario("mine", tfr_offset={2025: 0.0, 2035: 0.3}).at("tfr_offset", [2030])
    array([0.15])
    """

    name: str
    tfr_offset: dict[int, float] = field(default_factory=lambda: {2020: 0.0})
    net_migration_factor: dict[int, float] = field(default_factory=lambda: {2020: 1.0})
    e0: float | None = None
    tfr_ratio: float | None = None
    e0_year: int = 2020
    net_migration_per_1000: float | None = None
    e0_offset: dict[int, float] = field(default_factory=lambda: {2020: 0.0})

    def __post_init__(self) -> None:
        """Refuse what would fail later, in the middle of a projection."""
        for name in PATHS:
            path = getattr(self, name)
            if not isinstance(path, Mapping) or not path:
                raise refusal("errors.people.path", name=name, path=path)
            for year, value in path.items():
                if not (_is_number(year) and _is_number(value)):
                    raise refusal("errors.people.path_value", name=name, year=year, value=value)
        for name in LEVELS:
            if (value := getattr(self, name)) is not None and not _is_number(value):
                raise refusal("errors.people.own_level", name=name, value=value)

    @classmethod
    def load(cls, name: str, *, area: str | None = None, root: Root = None) -> Scenario:
        """Read a scenario from table `assumptions`; rows of the area come before the default rows."""
        name = scenario_named(name, area=area, root=root)
        rows = [row for row in _assumed(area, root=root).get(name, ()) if row["parameter"] in PATHS]
        own, paths = {row["parameter"] for row in rows if row["area"] == area}, {}
        for row in rows:
            if row["area"] == area or (row["parameter"] not in own and pd.isna(row["area"])):
                paths.setdefault(row["parameter"], {})[int(row["year"])] = row["value"]
        return cls(name, **paths)

    def at(self, parameter: str, years: np.ndarray) -> np.ndarray:
        """Value of `tfr_offset`, `net_migration_factor` or `e0_offset` in each year."""
        path = dict(sorted(getattr(self, parameter).items()))
        return np.interp(np.asarray(years, dtype=float), list(path), list(path.values()))


def scenario_named(name: str, *, area: str | None = None, root: Root = None) -> str:
    """The name in table `assumptions` that a name of any language stands for: 高方案 is high. DataError: unknown."""
    names = list(dict.fromkeys([*SCENARIOS, *sorted(_assumed(area, root=root))]))
    code = name if name in names else code_of(name, "scenario")  # else the words of all languages are read
    one_of("scenario", code, names, near=[*names, *words_of("scenario")])
    return code


@while_unchanged(64, "area")
def _assumed(area: str | None, *, root: Root = None) -> dict[str, list[dict]]:
    """Rows of `assumptions` that hold for an area (None: of all areas), by scenario."""
    rows = load_table("assumptions", area=area, root=root).dropna(subset="scenario").to_dict("records")
    names = dict.fromkeys(row["scenario"] for row in rows)
    return {name: [row for row in rows if row["scenario"] == name] for name in names}


@dataclass(frozen=True)
class Nation:
    """The nation's paths by calendar year, with the distances to the ends of their 80 % ranges."""

    paths: pd.DataFrame  # index year; tfr, e0_female, e0_male, srb and tfr_down, tfr_up, e0_female_down ...
    survival: xr.DataArray  # (sex, e0, age), by `survival_table`
    schedule: xr.DataArray  # (year, age): share of the TFR at single ages
    spreads: SimpleNamespace  # of `SPREADS`
    lowest_tfr: float  # no draw goes below
    most_moved: float  # share of persons by which a newer total is met at the ages at which people move
    medium: Scenario  # by which known years are fitted
    oldest: np.ndarray  # (1, sex, age) one standard deviation of migration by which the oldest stray everywhere
    balance: Callable[[str], dict[str, np.ndarray]] | None = None  # what makes places add up in a scenario
    newest: int = 0  # last year whose births and deaths are known


def nation_of(start: str = "latest", *, control: bool = False, root: Root = None) -> Nation:
    """The nation's paths: `latest` fitted to reported births and deaths; with `control` places add up to them."""
    nation = _nation(start, root=root)
    return replace(nation, balance=partial(_balance, root=root)) if control and start == "latest" else nation


@while_unchanged(16, "nation")
def _balance(scenario: str, *, root: Root = None) -> dict[str, np.ndarray]:
    """Factors (year, sex, age) by name, those of the residents of provinces by their slug (year), and the years."""
    table, names = merged_table("balance", root), list(FACTORS)
    whole = table[table["area"] == "china"].set_index(["year", "sex", "age"])
    usual, years = whole.loc[whole["scenario"].isna(), names], whole.index.levels[0].to_numpy(dtype=int)
    own = whole.loc[whole["scenario"] == scenario, names].reindex(usual.index).fillna(usual)
    laid = own.to_numpy().T.reshape(-1, len(years), len(SEX), OPEN_AGE + 1)
    left = table[table["area"] != "china"].pivot(index="year", columns="area", values="residents").reindex(years)
    return dict(zip([*names, *left], [*laid, *left.fillna(1.0).to_numpy().T], strict=True)) | {"years": years}


@while_unchanged(8, "nation")
def _nation(start: str, *, root: Root = None) -> Nation:
    table, paths = local.national_paths(root=root), {}
    for name in ("tfr", "e0_female", "e0_male"):
        one = table[name]
        paths[name] = one["value"]
        paths[f"{name}_down"] = (one["value"] - one["lower_80"]).fillna(0.0)  # estimates have no range
        paths[f"{name}_up"] = (one["upper_80"] - one["value"]).fillna(0.0)
    paths["e0_both"] = table[("e0_both", "value")]
    paths["srb"] = table[("sex_ratio_at_birth", "value")]
    frame = pd.DataFrame(paths)
    fertility, assumed = schedules(frame.index.to_numpy(), root), local.area_values(root=root)["value"]
    lowest, most = float(assumed["lowest_tfr"]), float(assumed["most_moved_share"])
    single = load_table("spreads", root=root).set_index("parameter")["value"]
    spreads = SimpleNamespace(**{name: float(single[name]) for name in SPREADS})
    grid, medium = local.survival_grid(STANDARD_YEAR, root=root), Scenario.load("medium", root=root)
    oldest = np.where(COHORTS >= OLDEST, spreads.oldest_sd / cohorts.DECADE, 0.0)
    common = by_single_age(np.stack([oldest, oldest])[None]).to_numpy()
    nation = Nation(frame, grid, fertility, spreads, lowest, most, medium, common)
    china = local.launch_of("china", root)
    if start == "census" or not _known(china, "births"):
        return nation
    china, years = _fitted(china, nation), frame.loc[china.base :].index.to_numpy()
    frame.loc[years, "tfr"] *= np.exp(_course(china.births, years))
    frame.loc[years, ["e0_female", "e0_male"]] += _course(china.deaths, years)[:, None]
    newest = max(china.births)
    frame.loc[china.base : newest, [name for name in frame if name.endswith(("_down", "_up"))]] = 0.0
    return replace(nation, paths=frame, newest=newest)


def launches_from(slugs: Sequence[str], start: str = "latest", control: bool = True, root: Root = None) -> list[Launch]:
    """Where projections of areas (slugs) start, with what is known of them and their provinces after the census."""
    if start not in ("latest", "census"):
        raise refusal("errors.people.start", start=start)
    launches = local.launches_of(slugs, root) if len(slugs) > 1 else [local.launch_of(slugs[0], root)]
    if start == "census":
        return [replace(launch, newer={}) for launch in launches]
    known = [launch.kind != "nation" and (_known(launch, "births") or _known(launch, "deaths")) for launch in launches]
    fitted = zip(launches, known, strict=True)
    return [_fitted_own(x.area, control, root=root) if own else _moving(x, root) for x, own in fitted]


def _moving(launch: Launch, root: Root) -> Launch:
    of = names_of(as_root(root), stamp(root))
    province = next((up for up in (launch.area, *of.above(launch.area)) if of.rows[up]["level"] == "province"), None)
    return replace(launch, moves=_left_over(province, root=root), province=province) if province else launch


@while_unchanged(256, "area")
def _fitted_own(slug: str, control: bool, *, root: Root = None) -> Launch:
    return _fitted(_moving(local.launch_of(slug, root), root), nation_of(control=control, root=root), root)


@while_unchanged(64, "area")
def _left_over(province: str, *, root: Root = None) -> dict[int, float]:
    """Net migrants per 1000 that known totals of a province add to its path, by year."""
    launch, nation = local.launch_of(province, root), nation_of(root=root)
    if not _known(launch, "population_total"):
        return {}
    path = simulate([launch], nation.medium, max(launch.newer), nation)
    people = path["population"].sum(("sex", "age")).isel(area=0).to_series()
    return {x["year"]: 1000 * x["difference"]["population_total"] / people[x["year"]] for x in path.attrs["rebased"]}


def _known(launch: Launch, name: str) -> dict[int, float]:
    return {year: totals[name] for year, totals in launch.newer.items() if name in totals}


def _fitted(launch: Launch, nation: Nation, root: Root = None) -> Launch:
    """The launch whose fertility and e0 of known years make the births and deaths that were reported."""
    known = {flow: _known(launch, flow) for flow in ("births", "deaths")}
    for _ in range(MOST_ROUNDS):
        path = add_up([launch], nation.medium, max([*known["births"], *known["deaths"]]), nation, root=root)
        most = 0.0
        for flow, told in known.items():
            came, now = path[flow].sum(("sex", "area")).to_series(), getattr(launch, flow)
            off = {year: float(np.log(value / came[year - 1])) for year, value in told.items()}
            launch = replace(launch, **{flow: {y: now.get(y, 0.0) + STEP[flow] * x for y, x in off.items()}})
            most = max([most, *map(abs, off.values())])
        if most < 1e-8:
            break
    return launch


def _course(known: Mapping[int, float], years: np.ndarray, kept: float = 1.0) -> np.ndarray:
    """What was fitted in known years; else their mean, of which `kept` is left ten years after the last."""
    if not known:
        return np.zeros(len(years))
    last, mean = max(known), float(np.mean(list(known.values())))
    return np.array([known.get(y, mean * kept ** (max(y - last, 0) / cohorts.DECADE)) for y in years.tolist()])


def schedules(years: np.ndarray, root: Root = None) -> xr.DataArray:
    """Shares of the TFR by single age (year, age), linear between the middles of the periods, constant outside."""
    periods = sorted(int(year) for year in load_table("fertility", root=root)["year"].unique())
    shares = [asfr(1.0, local.fertility_schedule(year, root)) for year in periods]
    table = xr.concat([xr.DataArray(share) for share in shares], pd.Index(periods, name="year"))
    return table.interp(year=np.clip(years, periods[0], periods[-1])).assign_coords(year=years)


def one_base(launches: Sequence[Launch]) -> int:
    """The year of the census that all these areas start from."""
    if len({launch.base for launch in launches}) > 1:
        raise refusal("errors.people.last_census")
    return launches[0].base


def simulate(
    launches: Sequence[Launch], scenario: Scenario, end_year: int, nation: Nation, *, draws: int = 0, seed: int = 0
) -> xr.Dataset:
    """Project areas with one base year side by side: dims year, sex, age, area and, if `draws`, draw; see `project`."""
    return _labelled(_side_by_side(launches, scenario, end_year, nation, draws, seed), launches, end_year, nation)


def _labelled(results: dict, launches: Sequence[Launch], end_year: int, nation: Nation) -> xr.Dataset:
    draws, further = results["population"].shape[4:], {"area": [launch.area for launch in launches]}
    further |= {"draw": np.arange(*draws)} if draws else {}
    years, ages = np.arange(launches[0].base, end_year + 1), np.arange(OPEN_AGE + 1)
    youngest = int(nation.schedule.indexes["age"][0])
    return cohorts.labelled(results, years, ages, youngest, further, rebased=results["rebased"])


def _side_by_side(launches, scenario, end_year, nation, draws=0, seed=0, whole=None) -> dict[str, Any]:
    """What `cohorts.carry` tells of areas, and how newer totals were met (rebased), those of `whole` by all of them."""
    parts = list(_carried(launches, scenario, end_year, nation, draws, seed, told=(told := []), whole=whole))
    if len(parts) > 1:
        parts = [{name: np.concatenate([part[name] for part in parts], -2 if draws else -1) for name in parts[0]}]
    return {**parts[0], "rebased": told}


def _carried(
    launches, scenario, end_year, nation, draws, seed, kept=None, people=None, told=None, whole=None
) -> Iterator[dict]:
    """What `cohorts.carry` tells of areas alike, with `draws` of each; with a list `people` its measures only."""
    base, last = one_base(launches), int(nation.paths.index.max())
    if not base < end_year <= last:
        raise refusal("errors.end_year", base=base, last=last, value=end_year)
    if not 0 <= draws <= 100_000:
        raise refusal("errors.people.draws", draws=draws)
    years = np.arange(base, end_year + 1)  # calendar years; that of the census moves the launch to year end
    youngest = int(nation.schedule.indexes["age"][0])
    alike = groupby(launches, lambda launch: (launch.kind == "nation", launch.at_year_end))
    for group in [[launch] for launch in launches] if draws else [list(each) for _, each in alike]:
        rates = _rates(group, scenario, years, nation, draws, seed, {} if kept is None else kept)
        start = np.stack([launch.people for launch in group], axis=-1)
        start = np.repeat(start[..., None], draws, axis=-1) if draws else start
        first = cohorts.carry({"population": start} | rates, youngest, years[:1], whole=False)
        ahead = start + CENSUS_TO_YEAR_END * (first["population"][1] - start)  # everybody grows two months older, once
        rates["population"] = start = start if group[0].at_year_end else ahead
        if people is not None:
            people.append(_measured(start))
        met = [(x, slice(i, i + 1)) for i, x in enumerate(group)] if whole is None else [(whole, slice(None))]
        meet = _met(met, nation.most_moved, [] if told is None else told, people)
        yield cohorts.carry(rates, youngest, years[:-1], first=1, whole=people is None, after_step=meet)


def add_up(launches, scenario, end_year, nation, *, draws: int = 0, seed: int = 0, root: Root = None) -> xr.Dataset:
    """As `simulate`; with the nation's balance an area of counties is their sum, range and migration moved along."""
    given, totals, rebased, found = (scenario, end_year, nation), {}, [], {}
    for i, launch in enumerate(launches if nation.balance is not None else ()):
        if units := _units(launch.area, root=root):
            if whole := launch if launch.newer != local.launch_of(launch.area).newer else None:  # of the user's
                known = {name: getattr(launch, name) for name in ("births", "deaths")}
                units = [replace(x, **{name: getattr(x, name) or flow for name, flow in known.items()}) for x in units]
            parts = _side_by_side(units, *given, whole=whole)
            rebased = parts["rebased"] if whole else rebased
            totals[i] = {name: parts[name].sum(axis=-1) for name in cohorts.RESULTS}
    if not totals or draws or len(launches) > 1 or launches[0].newer:  # else the parts say all
        found = _side_by_side(launches, *given, draws, seed)
    for i, total in totals.items():
        if not draws:
            for name, array in total.items():
                found.setdefault(name, np.empty_like(array[..., None]))[..., i] = array
            continue
        own, here = _side_by_side([launches[i]], *given), {name: found[name][..., i, :] for name in total}
        for name in ("population", "births", "deaths", "births_by_age"):
            base = own[name][..., 0]
            here[name] *= np.divide(total[name], base, out=np.ones_like(base), where=base > 0)[..., None]
        people, moved = here["population"], here["net_migration"][:-1]
        left = np.diff(everybody := people.sum(axis=2), axis=0) - here["births"][:-1] + here["deaths"][:-1]
        moved += ((left - moved.sum(axis=2)) / everybody[1:])[:, :, None] * people[1:]
    found["rebased"] = rebased or found.get("rebased", [])
    return _labelled(found, launches, end_year, nation)


@while_unchanged(64)
def _units(slug: str, *, root: Root = None) -> list[Launch]:
    """The counties of an area, and its prefectures without any; none where a user's rows make it a place of its own."""
    areas = merged_table("areas").set_index("area")
    if slug not in areas.index or areas.at[slug, "level"] not in ("province", "prefecture"):
        return []
    for name in ("population", "assumptions") if root else ():
        ours, theirs = (table[table["area"] == slug] for table in (merged_table(name), merged_table(name, root)))
        if "scenario" in theirs:
            theirs = theirs[theirs["scenario"].isna()]
        if not theirs.reset_index(drop=True).equals(ours.reset_index(drop=True)):
            return []
    parents = set(areas["parent"])
    found = [x for level in ("county", "prefecture") for x in list_areas(slug, level)["area"] if x not in parents]
    launches = launches_from(found, root=root) if found else []
    return launches if len({(x.base, x.at_year_end) for x in launches}) == 1 else []


def _met(
    those: Sequence[tuple[Launch, slice]], most: float, told: list[dict], seen: list[np.ndarray] | None
) -> Callable[[int, np.ndarray, np.ndarray], None]:
    """What sets areas on newer totals after a step, as migration; it tells what was moved, and measures for `seen`.

    A total alone is met at the ages at which people move, up to `most` of all; else ages keep their shape.
    """

    def meet(label: int, people: np.ndarray, moved: np.ndarray) -> None:
        for launch, at in those:
            totals = {name: x for name, x in launch.newer.get(label + 1, {}).items() if name in MARGINS}
            if not totals:
                continue
            here, before = people[:, :, at].sum(axis=2), people[:, :, at].copy()
            had = {name: float(np.mean(_of_margin(here, *MARGINS[name]).sum(axis=(0, 1)))) for name in totals}
            if list(totals) == ["population_total"]:
                size = abs(launch.migration if launch.migration.any() else launch.migration + 1)
                weights = size.reshape(*size.shape, *[1] * (here.ndim - 2)) * here
                present = here.sum(axis=(0, 1))
                off = np.clip(totals["population_total"] - present, -most * present, most * present)
                here += weights * (off / weights.sum(axis=(0, 1)))
                here *= totals["population_total"] / here.sum(axis=(0, 1))
            else:
                labels = {"sex": SEX, "age": np.arange(OPEN_AGE + 1)}
                path = xr.DataArray(here, labels, ("sex", "age", *["draw"] * (here.ndim - 2)))
                here = rake(path, to_meet(totals)).to_numpy()
            there = before.sum(axis=2)
            people[:, :, at] *= np.divide(here, there, out=np.ones_like(here), where=there > 0)[:, :, None]
            moved[:, :, at] += people[:, :, at] - before
            told.append({"year": label + 1, "totals": totals, "difference": {n: totals[n] - had[n] for n in totals}})
        if seen is not None:
            seen.append(_measured(people))

    return meet


def _of_margin(people: np.ndarray, low: int, high: int | None, sex: str | None = None) -> np.ndarray:
    return people[[SEX.index(sex)] if sex else slice(None), low:high]


def _rates(launches, scenario, years, nation, draws, seed, kept) -> dict[str, Any]:
    """The inputs of `cohorts.carry` besides people: year, sex, age, area and, of one, draw; `kept` for the next."""
    given = (launches, scenario, years, nation, draws, seed)
    paths = _strayed(launches[0], len(years), nation.spreads, draws, seed) if draws else None
    who = [(x.kind, x.e0_offset, *x.deaths.items()) for x in launches]
    factors, further = _factors(*given[:4]), (1, 1) if draws else (1,)
    if kept.get("who") != who:
        e0 = _e0(*given)
        alike = not np.ptp(e0, axis=2).any()  # most places have the nation's
        survival = look_up(nation.survival, e0[:, :, :1] if alike else e0)
        schedule = nation.schedule.to_numpy()[nation.schedule.indexes["year"].get_indexer(years)]
        if factors:
            survival *= factors["survivors"].reshape(*survival.shape[:3], *further)
            schedule = schedule * factors["births"][:, :1, 0]
        kept |= {"who": who, "survival": survival, "schedule": schedule.reshape(*schedule.shape, *further)}
    rates = _tfr(*given, [paths])[:, None] * kept["schedule"]
    srb = nation.paths["srb"].loc[years[0] : years[-1]].to_numpy()
    moving = {"net_migration_rate": _migration(*given, paths, factors)}
    return {"survival": kept["survival"], "asfr": rates, "sex_ratio_at_birth": srb} | moving


def _factors(launches, scenario: Scenario, years: np.ndarray, nation: Nation) -> dict[str, np.ndarray]:
    """The rows of the balance for calendar years, none without; beyond its last year those of that year hold."""
    if nation.balance is None or launches[0].kind == "nation":
        return {}
    found = nation.balance(scenario.name)
    at = np.clip(years, *found["years"][[0, -1]]) - found["years"][0]
    return {name: values[at] for name, values in found.items()}


def balanced(rates: np.ndarray, factors: Mapping[str, np.ndarray], left: np.ndarray) -> np.ndarray:
    """Net migration rates by the plus-minus rule: who gains and who loses are moved apart.

    `residents` are moved where hardly anybody moves, and by what is `left` of the known total of a province.
    Source: Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, 11.
    """
    moved = 1 + rates * np.where(rates > 0, factors["receivers"], factors["senders"])
    return moved * factors["residents"] * left - 1


def _strayed(launch: Launch, n_years: int, spreads: SimpleNamespace, draws: int, seed: int) -> np.ndarray:
    """Random paths (year, pattern, draw) of the patterns by which an area strays, of spread 1 over ten years."""
    strays, number = launch.strays, len(launch.strays.fertility)
    given = (seed, number, n_years, draws, spreads.migration_correlation)
    z = np.zeros((n_years, number, draws))
    for name, weight in strays.parts.items():
        z += weight * (cohorts.stray_paths if name == launch.area else _shared_paths)(name, *given)
    chance = cohorts.random_stream(seed, launch.area, "tail").chisquare(strays.freedom, draws)
    return z * np.sqrt(strays.freedom / chance) / cohorts.mean_spread(spreads.migration_correlation)


_shared_paths = lru_cache(16)(cohorts.stray_paths)  # those of regions and provinces


def _tfr(launches, scenario, years, nation, draws, seed, paths) -> np.ndarray:
    """TFR (year, area[, draw]): the nation's, times the local ratio, plus the scenario's.

    The ratio, measured over five years before the census, moves to that of ten years later and then nearer to 1.
    """
    spreads, here, own = nation.spreads, nation.paths.loc[years[0] : years[-1]], scenario.tfr_ratio
    kept = spreads.tfr_ratio_persistence
    ratio = np.log([max(x.tfr_ratio if own is None else own, 1e-9) for x in launches])
    given = [None if own is not None else x.tfr_later for x in launches]
    later = [known * kept if told is None else np.log(told) for known, told in zip(ratio, given, strict=True)]
    ahead = (years - launches[0].base + 2) / cohorts.DECADE
    share, fading = np.minimum(ahead, 1), kept ** np.maximum(ahead - 1, 0)
    level = (np.outer(1 - share, ratio) + np.outer(share, later)) * fading[:, None]
    level += np.stack([_course(x.births, years, kept) for x in launches], axis=-1)
    centre, offset = here["tfr"].to_numpy()[:, None], scenario.at("tfr_offset", years)[:, None]
    if not draws:
        return np.maximum(centre * np.exp(level) + offset, 0)
    z = cohorts.autoregressive(cohorts.random_stream(seed, "tfr"), len(years), draws, spreads.tfr_correlation)
    centre = centre + cohorts.two_sided(z, here["tfr_down"].to_numpy(), here["tfr_up"].to_numpy())
    doubt = spreads.tfr_level_sd * cohorts.random_stream(seed, "tfr level").standard_normal(draws)
    strayed = np.zeros((len(years), len(launches), draws))
    for i, launch in enumerate(launches):
        if launch.kind != "nation":
            strayed[:, i] = (share * fading)[:, None] * (launch.strays.fertility @ paths[i]) + doubt
            strayed[[year in launch.births for year in years.tolist()], i] = 0.0  # births are known
    tfr = centre[:, None] * np.exp(level[..., None] + strayed) + offset[..., None]
    return np.maximum(tfr, nation.lowest_tfr)


def _e0(launches, scenario, years, nation, draws, seed) -> np.ndarray:
    """Life expectancy (year, sex, area[, draw]): the nation's by sex, plus the local offset."""
    here, spreads = nation.paths.loc[years[0] : years[-1]], nation.spreads
    centre = np.stack([here[f"e0_{sex}"].to_numpy() for sex in SEX], axis=1)
    offset = np.array([launch.e0_offset for launch in launches])
    if scenario.e0 is not None:
        offset = np.full(len(launches), scenario.e0 - nation.paths.loc[scenario.e0_year, "e0_both"])
    e0 = centre[:, :, None] + offset + np.stack([_course(x.deaths, years) for x in launches], axis=-1)[:, None]
    highest = nation.survival["e0"].to_numpy()[-1]
    e0 = e0 + np.minimum(scenario.at("e0_offset", years)[:, None, None], np.maximum(highest - e0, 0))
    if not draws:
        return e0
    z = cohorts.autoregressive(cohorts.random_stream(seed, "e0"), len(years), draws, spreads.e0_correlation)
    common = [cohorts.two_sided(z, *(here[f"e0_{sex}_{side}"].to_numpy() for side in ("down", "up"))) for sex in SEX]
    drawn = e0[..., None] + np.stack(common, axis=1)[:, :, None]
    return np.clip(drawn, *nation.survival["e0"].to_numpy()[[0, -1]])


def _migration(launches, scenario, years, nation, draws, seed, paths, factors) -> Any:
    """Net migration rates: the area's own times the scenario's factor, drawn to the nation's sex ratio, plus noise."""
    factor, level = scenario.at("net_migration_factor", years), scenario.net_migration_per_1000
    people, rates = (np.stack([getattr(x, name) for x in launches]) for name in ("people", "migration"))
    own = rates if level is None else np.stack([at_level(x.migration, x.people, level) for x in launches])
    more = [[0.0 if level is not None else x.moves.get(year, 0.0) for year in years.tolist()] for x in launches]
    pull = np.clip(factor, 0, 1) * nation.spreads.sex_ratio_pull  # where nobody moves, nothing evens out
    central = cohorts.drawn_to_balance(
        factor[:, None, None] * own[:, None] + np.array(more)[..., None, None] * _by_age(rates, people)[:, None],
        np.stack([x.more_men for x in launches]),
        cohorts.men_share(people.swapaxes(0, 1)),
        pull,
    )
    if factors:
        left = np.stack([factors.get(x.province or "", np.ones(len(years))) for x in launches])
        central = balanced(central, factors, left[..., None, None])
    if not draws:
        return np.ascontiguousarray(np.moveaxis(central, 0, -1))
    (launch,), (rates,) = launches, central
    if launch.kind == "nation" or not factor.any():  # where nobody moves, nobody strays either
        return rates[..., None, None]
    chance = cohorts.random_stream(seed, "oldest").standard_normal(draws)  # of the oldest everywhere
    return _Noise(rates, np.concatenate([launch.strays.migration, nation.oldest]), paths, chance)


class _Noise:
    """Net migration rates (sex, age, draw) of one year when asked: the central path's and the patterns strayed by."""

    def __init__(self, rates: np.ndarray, patterns: np.ndarray, paths: np.ndarray, chance: np.ndarray) -> None:
        self.rates, number = rates.reshape(len(rates), -1), len(patterns)
        self.loads = np.concatenate([patterns.reshape(number, -1), self.rates[:1]]).T.copy()
        self.chances = np.concatenate([np.empty_like(paths[0]), [chance, np.ones_like(chance)]])
        self.paths, self.made = paths, np.empty((*rates.shape[1:], 1, len(chance)))

    def __getitem__(self, at: int) -> np.ndarray:
        self.loads[:, -1], self.chances[:-2] = self.rates[at], self.paths[at]
        np.matmul(self.loads, self.chances, out=self.made.reshape(len(self.loads), -1))
        return np.maximum(self.made, LOWEST_RATE, out=self.made)


def _by_age(rates: np.ndarray, people: np.ndarray) -> np.ndarray:
    """One more net migrant per 1000 persons, as rates (area, sex, age): more at the ages at which more move."""
    size = np.abs(rates)
    size[~size.any(axis=(1, 2))] = 1.0
    return size * (people.sum(axis=(1, 2)) / 1000 / (size * people).sum(axis=(1, 2)))[:, None, None]


def sources_behind(
    area: str, base: int, scenario: str, drawn: bool, start: str = "latest", *, root: Root = None
) -> tuple[str, ...]:
    """Ids of the documents that a projection of the area (its slug) rests on, in the order of its making."""
    national, *spreads = _national_sources(base, start, root=root)
    assumed = [row["source"] for row in _assumed(area, root=root).get(scenario, ())]
    found = [*_own_sources(area, base, root=root), *national, *assumed, *spreads[drawn]]
    return tuple(each for each in dict.fromkeys(found) if isinstance(each, str))


@while_unchanged(4096, "area")
def _own_sources(area: str, base: int, *, root: Root = None) -> list[str]:
    people, newer = load_table("population", area=area, root=root), merged_table("margins", root)
    newer, people = newer[(newer["area"] == area) & (newer["year"] > base)], people[people["year"] <= base]
    frames = newer, people.sort_values("year", ascending=False), local.local_parameters(area, root=root)
    return [source for frame in frames for source in frame["source"].unique()]


@while_unchanged(16, "nation")
def _national_sources(base: int, start: str, *, root: Root = None) -> list[list[str]]:
    """Those of the nation's paths, of the spreads by which levels fade, and of all spreads."""
    mortality, spreads, series = (merged_table(name, root) for name in ("mortality", "spreads", "series"))
    paths, series = local.national_paths(root=root).columns.get_level_values(0), series[series["area"] == "china"]
    known = series["indicator"].isin(local.REPORTED) & (series["year"] > base) & (start == "latest")
    frames = [
        local.nearest_rows(merged_table("age_standards", root), base),
        series[series["indicator"].isin(paths)],
        series[known],
        mortality[mortality["standard"] == STANDARD],
        merged_table("fertility", root),
    ]
    parts = pd.concat(frames), spreads[spreads["parameter"].isin(FADING)], spreads
    return [part["source"].unique().tolist() for part in parts]
