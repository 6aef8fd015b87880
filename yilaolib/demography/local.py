"""A pyramid for a place that prints totals only: from its parent, or from its own older census carried forward."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError, did_you_mean
from ..tables.areas import find_area, load_table
from ..tables.folders import as_root, merged_table, quiet_table, stamp
from .ages import OPEN_AGE, Margins, Population, as_array, bend, graduate, rake
from .calibration import at_level, by_single_age, carry_forward, migration_rates, tfr_ratio
from .cohorts import SEX, imbalance, shared
from .lifetables import survival_table


class Range(NamedTuple):
    """An assumed value, its bounds, and the document behind it (`judged` where it is judgement)."""

    lower: float
    value: float
    upper: float
    unit: str
    source: str

    @property
    def judged(self) -> bool:
        """Whether the value is judgement and no document's."""
        return self.source == "judged"


def assumed_range(
    parameter: str, *, area: str | None = None, root: str | Path | None = None, table: pd.DataFrame | None = None
) -> Range:
    """Return a row of `assumptions` with its `_lower` and `_upper`, an area's own row before the default.

    A value of your own outside the range widens it, so that lower <= value <= upper always holds.

    Parameters
    ----------
    parameter : str
        For example `target_occupancy`.
    area : str, optional
        Slug, Chinese or English name, or adcode of the area whose own row comes first.
    root : path, optional
        Folder with your own tables.
    table : DataFrame, optional
        As from `area_values`, when it is at hand; `area` and `root` are then not looked at.

    Returns
    -------
    Range
        lower, value, upper [unit of the row], unit, source; `judged` tells judgement from documents.

    Raises
    ------
    DataError
        When there is no such parameter, or no such area.

    Examples
    --------
    >>> assumed_range("target_occupancy")[:3]
    (0.8, 0.85, 0.95)
    """
    if table is None:
        slug = None if area is None else find_area(area, root)["area"]
        rows = area_values(slug, root)
    else:
        rows = table
    if parameter not in rows.index:
        hint = did_you_mean(parameter, [name for name in rows.index if not name.endswith(("_lower", "_upper"))])
        raise DataError(f"assumptions has no parameter {parameter!r}.{hint} Add it to your own data folder.")
    row = rows.loc[parameter]
    value = float(row["value"])
    bounds = [float(rows["value"].get(f"{parameter}_{side}", value)) for side in ("lower", "upper")]
    return Range(min(bounds[0], value), value, max(bounds[1], value), row["unit"], row["source"])


def area_values(area: str | None = None, root: str | Path | None = None) -> pd.DataFrame:
    """Rows of `assumptions` that hold for an area (its slug) in every scenario, indexed by parameter.

    Examples
    --------
    >>> area_values("jingdezhen").value["e0"]
    np.float64(77.8)
    """
    assumptions = load_table("assumptions", area=area or "china", root=root)  # those of other areas are not read
    mine = (assumptions["area"].isna() | (assumptions["area"] == area)) & assumptions["scenario"].isna()
    rows = assumptions[mine].sort_values("area", na_position="last").drop_duplicates("parameter")
    return rows.set_index("parameter")


STANDARD = "china-wpp2024"


def survival_grid(year: int, root: str | Path | None = None) -> xr.DataArray:
    """Survival ratios by e0, shaped like the nation's mortality of the period nearest to `year`."""
    return _survival_grid(int(year), as_root(root), stamp(root))


@lru_cache(maxsize=8)
def _survival_grid(year: int, root: Path | None, state: tuple) -> xr.DataArray:
    table = load_table("mortality", root=root)
    table = table[table["standard"] == STANDARD]
    nearest = min(table["year"].unique(), key=lambda y: abs(int(y) - year))
    rows = table[table["year"] == nearest]
    grid = survival_table({sex: group.set_index("age")["mx"] for sex, group in rows.groupby("sex")})
    grid.values.flags.writeable = False  # every projection reads this one
    return grid


def look_up(grid: xr.DataArray, e0: np.ndarray) -> np.ndarray:
    """Survival (year, sex, age, ...) at each e0 (year, sex, ...), linear between the grid's points."""
    points = grid["e0"].to_numpy()
    low, high = float(e0.min()), float(e0.max())
    if low < points[0] or high > points[-1]:
        raise DataError(
            f"Life expectancy runs from {low:.1f} to {high:.1f}; the tables cover {points[0]:g} to {points[-1]:g}."
        )
    table = grid.transpose("sex", "age", "e0").to_numpy()
    steps = np.diff(table, axis=-1)
    position = (e0 - points[0]) / (points[1] - points[0])
    left = np.minimum(position.astype(int), len(points) - 2)
    share = position - left
    survival = np.empty((*e0.shape[:2], table.shape[1], *e0.shape[2:]))
    for t in range(e0.shape[0]):
        for s in range(e0.shape[1]):
            out = np.take(steps[s], left[t, s], axis=1)
            out *= share[t, s]
            out += np.take(table[s], left[t, s], axis=1)
            survival[t, s] = out
    return survival


def survival_ratio(
    e0: dict[str, float], offsets: np.ndarray, year: int, *, years: int = 10, root: str | Path | None = None
) -> xr.DataArray:
    """Survival over `years` where life expectancy differs by an offset, over that where it does not.

    Parameters
    ----------
    e0 : dict
        {'female': years, 'male': years} of the reference.
    offsets : ndarray
        [years] Local less the reference's life expectancy.
    year : int
        Whose pattern of mortality by age is taken; the middle of the period.
    years : int, default 10
        [years] Length of the period.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataArray
        [ratio] dims (offset, sex, age); age at the start, up to 100 - `years`.

    Examples
    --------
    >>> ratio = survival_ratio({"female": 81.0, "male": 75.0}, np.array([0.0, 2.0]), 2015)
    >>> print(ratio.sel(sex="male", age=77).round(2).to_numpy().tolist())
    [1.0, 1.1]
    """
    levels = np.array([e0[sex] for sex in SEX])[:, None] + np.append(0.0, offsets)
    yearly = look_up(survival_grid(year, root), levels[None])[0]
    ages = np.arange(yearly.shape[1] - years)
    logs = np.concatenate([np.zeros_like(yearly[:, :1]), np.log(yearly).cumsum(axis=1)], axis=1)
    alive = np.exp(logs[:, ages + years + 1] - logs[:, ages + 1])  # arriving in the next age, `years` times
    ratio = np.moveaxis(alive[..., 1:] / alive[..., :1], -1, 0)
    return xr.DataArray(ratio, {"sex": SEX, "age": ages}, ("offset", "sex", "age"))


MIGRATION = "net_migration_per_1000"
TOLD = ["source", "note", "note_zh"]  # what is told of a level
NOBODY_MOVES = np.zeros((2, OPEN_AGE + 1))
NOBODY_MOVES.flags.writeable = False  # one array for many places


@dataclass(frozen=True)
class Launch:
    """Where the projection of one area starts: its people at the census and its levels against the nation's."""

    area: str
    kind: str  # nation, province, prefecture, county or district: how far its rates may stray
    base: int
    people: np.ndarray  # (sex, age) on census day, single ages
    tfr_ratio: float
    e0_offset: float
    migration: np.ndarray  # (sex, age) net migrants per survivor and year, from 25 on the same for both sexes
    more_men: np.ndarray  # (age) logarithm of the sex ratio over the nation's, which migration evens out


def census_pyramids(area: str, root: str | Path | None) -> dict[int, xr.DataArray]:
    """Pyramids (sex, age) of the area by census year; residents only."""
    slug = find_area(area, root)["area"]
    return {year: array.copy() for year, array in _pyramids(slug, as_root(root), stamp(root)).items()}


@lru_cache(maxsize=256)
def _pyramids(slug: str, root: Path | None, state: tuple) -> dict[int, xr.DataArray]:
    table = load_table("population", area=slug, root=root)
    table = table[table["basis"].isna() | (table["basis"] == "resident")]
    if table.empty:
        raise DataError(
            f"population.csv has no residents by age and sex for {slug!r}. Add its census to your own data folder."
        )
    columns = ["sex", "age", "persons"]
    return {int(year): as_array(rows[columns]).reindex(sex=SEX) for year, rows in table.groupby("year")}


def national_paths(root: str | Path | None) -> pd.DataFrame:
    """TFR, e0 and sex ratio at birth of the nation by year: columns (indicator, value | lower_80 | upper_80)."""
    return _national_paths(as_root(root), stamp(root)).copy()


@lru_cache(maxsize=8)
def _national_paths(root: Path | None, state: tuple) -> pd.DataFrame:
    series = load_table("series", area="china", root=root)
    wanted = ["tfr", "e0_both", "e0_female", "e0_male", "sex_ratio_at_birth"]
    series = series[series["indicator"].isin(wanted)]
    bounds = series.melt(["indicator", "year"], ["value", "lower_80", "upper_80"], "of", "x")
    return bounds.pivot(index="year", columns=["indicator", "of"], values="x").astype(float)


def age_standard(year: int, root: str | Path | None) -> xr.DataArray:
    """The nation by sex and single age at the census nearest to `year`."""
    return _age_standard(int(year), as_root(root), stamp(root)).copy()


@lru_cache(maxsize=16)
def _age_standard(year: int, root: Path | None, state: tuple) -> xr.DataArray:
    table = load_table("age_standards", root=root)
    nearest = min(sorted(table["year"].unique()), key=lambda y: abs(int(y) - year))
    return as_array(table[table["year"] == nearest][["sex", "age", "persons"]])


def fertility_schedule(year: int, root: str | Path | None) -> pd.Series:
    """Share of the TFR by five-year age of the mother, of the period nearest to `year`."""
    table = merged_table("fertility", root)
    nearest = min(table["year"].unique(), key=lambda y: abs(int(y) - year))
    return table[table["year"] == nearest].set_index("age")["share"]


def kind_of(place: pd.Series) -> str:
    """County, district, prefecture, province or nation; county-level districts have codes that end in 01 to 20."""
    if place["level"] != "county" or pd.isna(place["adcode"]):
        return place["level"]
    return "district" if int(place["adcode"]) % 100 <= 20 else "county"


def local_migration(area: str, census: dict[int, xr.DataArray], root: str | Path | None) -> xr.DataArray:
    """Net migration rates (sex, age) a year between the area's last two censuses, after the survival of its own e0.

    A projection gives the place its own life expectancy; what that explains of a cohort is not migration, or the old
    would be taken away twice. With one census the rates are its parent's, and what places of its kind add to that.
    `attrs` say so: note, note_zh, source.
    """
    place = find_area(area, root)
    note, note_zh = "none: the nation is taken as closed", "无：全国视为封闭人口"
    source, rates = "", NOBODY_MOVES
    nation = census_pyramids("china", root)
    years = sorted(year for year in census if year in nation)  # a count of other years has nothing to be measured by
    if len(years) >= 2 and place["level"] != "nation":
        then, now = years[-2:]
        lived = expected_survival(np.array([_e0_offset(place["area"], now, root)]), then, now, root).isel(offset=0)
        given = (census[then], census[now], nation[then], nation[now])
        rates = migration_rates(*given, survival_ratio=lived, years=now - then)
        note, note_zh = f"cohorts {then}-{now} against the nation", f"{then}—{now}年队列变化，与全国相比"
        source = census_source(place["area"], root)
    elif place["level"] != "nation" and (above := _counted_parent(place, root)) is not None:
        rates = local_migration(above["area"], census_pyramids(above["area"], root), root)
        kind = kind_of(place)
        usual, usual_above = (usual_migration(each, root) for each in (kind, kind_of(above)))
        rates = rates.to_numpy() + usual - usual_above  # both against the province, itself 0
        source, added = census_source(above["area"], root), bool(usual.any())
        note = f"one census only, so the rates of {above['area']}" + f" and the usual difference of a {kind}" * added
        note_zh = f"仅有一次普查，取{above['name_zh']}的迁移率" + "，并加同类地区通常的差异" * added
    rates = np.asarray(rates, dtype=float)
    return xr.DataArray(
        rates,
        coords={"sex": SEX, "age": np.arange(OPEN_AGE + 1)},
        dims=("sex", "age"),
        attrs={"note": note, "note_zh": note_zh, "source": source},
    )


def expected_survival(offsets: np.ndarray, then: int, now: int, root: str | Path | None = None) -> xr.DataArray:
    """Survival between two years over the nation's (offset, sex, age), where e0 is so much higher or lower."""
    middle = (then + now) // 2
    national = national_paths(root).loc[middle]
    e0 = {sex: float(national[f"e0_{sex}", "value"]) for sex in SEX}
    return survival_ratio(e0, offsets, middle, years=now - then, root=root)


def _e0_offset(slug: str, base: int, root: str | Path | None) -> float:
    assumed = load_table("assumptions", area=slug, root=root)
    mine = assumed[(assumed["area"] == slug) & assumed["scenario"].isna()].set_index("parameter")
    return _local_mortality(slug, mine, base, root)[1]


def _counted_parent(place: pd.Series, root: str | Path | None) -> pd.Series | None:
    """The nearest area above a place that has a census by age and sex, below the nation."""
    counted = set(quiet_table("population", root)["area"])
    while pd.notna(place["parent"]):
        place = find_area(place["parent"], root)
        if place["level"] != "nation" and place["area"] in counted:
            return place
    return None


def usual_migration(kind: str, root: str | Path | None = None) -> np.ndarray:
    """What places of a kind add to their province's rates (sex, age); 0 for other kinds."""
    table = load_table("spreads", root=root)
    rows = table[(table["parameter"] == "migration_usual") & (table["kind"] == kind)]
    if rows.empty:
        return NOBODY_MOVES
    cohorts = rows.pivot(index="sex", columns="age", values="value").loc[SEX].to_numpy(dtype=float)
    return by_single_age(cohorts).to_numpy()


def census_source(area: str, root: str | Path | None, year: int | None = None) -> str:
    """The document that prints the persons by age and sex of an area, of its last census or of a year."""
    rows = load_table("population", area=area, root=root)
    return (rows if year is None else rows[rows["year"] == year]).sort_values("year")["source"].iloc[-1]


def launch_of(area: str, root: str | Path | None = None) -> Launch:
    """Everything that the projection of an area starts from; worked out once while no table changes."""
    return _derived(find_area(area, root)["area"], as_root(root), stamp(root))[0]


def local_parameters(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """Levels that a projection of the area uses, each with its source.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    root : path, optional
        Folder with your own tables; a row `e0`, `tfr_ratio` or `net_migration_per_1000` of your
        `assumptions` for the area comes first.

    Returns
    -------
    DataFrame
        parameter, value, unit, year, source, note, note_zh. `e0_offset` [years] is added to the nation's of each sex;
        `tfr_ratio` multiplies its TFR path in the first year and then draws nearer to 1 (table `spreads`);
        `net_migration_per_1000` is the area's crude rate between its last two censuses.

    Examples
    --------
    >>> print(local_parameters("china").set_index("parameter").value["tfr_ratio"])
    1.0
    """
    return _derived(find_area(area, root)["area"], as_root(root), stamp(root))[1].copy()


@lru_cache(maxsize=4096)
def _derived(slug: str, root: Path | None, state: tuple) -> tuple[Launch, pd.DataFrame]:
    place = find_area(slug, root)
    census, nation = census_pyramids(slug, root), census_pyramids("china", root)
    base = max(census)
    assumed = load_table("assumptions", area=slug, root=root)
    assumed = assumed[(assumed["area"] == slug) & assumed["scenario"].isna()].set_index("parameter")
    fertility = _local_fertility(place, assumed, census[base], nation, base, root)
    standard = age_standard(base, root)
    people = graduate(census[base], standard=standard).transpose("sex", "age").to_numpy()
    rates = local_migration(slug, census, root)
    moved, told, year = shared(rates.to_numpy(), people), [rates.attrs[name] for name in TOLD], base
    if MIGRATION in assumed.index:
        row = assumed.loc[MIGRATION]
        moved, told, year = at_level(moved, people, float(row["value"])), [row[name] for name in TOLD], row["year"]
    crude = float((moved * people).sum() / people.sum() * 1000)
    moves = (MIGRATION, crude, "per 1000 and year", year, *told)
    rows = [_local_mortality(slug, assumed, base, root), fertility, moves]
    frame = pd.DataFrame(rows, columns=["parameter", "value", "unit", "year", *TOLD])
    more_men = imbalance(people, standard.transpose("sex", "age").sel(sex=SEX).to_numpy())
    for array in (people, moved, more_men):
        array.flags.writeable = False  # every projection of the area reads these
    launch = Launch(slug, kind_of(place), base, people, fertility[1], rows[0][1], moved, more_men)
    return launch, frame


def _local_mortality(slug: str, assumed: pd.DataFrame, base: int, root: str | Path | None) -> tuple:
    if slug == "china" or "e0" not in assumed.index:
        nothing = ("no local figure: the nation's e0", "无当地数字，取全国平均预期寿命")
        return "e0_offset", 0.0, "years", base, "un-wpp-2024", *nothing
    row, national = assumed.loc["e0"], national_paths(root)
    offset = round(float(row["value"] - national.loc[int(row["year"]), ("e0_both", "value")]), 4)
    note = f"e0 {row['value']:g}: {row['note']}"
    note_zh = f"预期寿命{row['value']:g}岁" + (f"：{row['note_zh']}" if pd.notna(row["note_zh"]) else "")
    return "e0_offset", offset, "years", int(row["year"]), row["source"], note, note_zh


def _local_fertility(place, assumed, pyramid, nation, base: int, root: Path | None) -> tuple:
    if "tfr_ratio" in assumed.index:
        row = assumed.loc["tfr_ratio"]
        return "tfr_ratio", float(row["value"]), "ratio", row["year"], *(row[name] for name in TOLD)
    nearest = min(nation, key=lambda year: abs(year - base))
    ratio = tfr_ratio(pyramid, nation[nearest], fertility_schedule(base, root))
    source = census_source(place["area"], root)
    notes = ("children 0-4 per woman, against the nation", "每名育龄妇女的0—4岁儿童数，与全国相比")
    return "tfr_ratio", ratio, "ratio", base, source, *notes


def fill_pyramid(
    margins: Margins,
    parent: Population,
    *,
    parent_level: str,
    older: Population | None = None,
    parent_older: Population | None = None,
    years: int = 10,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """A pyramid by sex and single age that meets published totals, each cell with how well such cells are filled.

    With an older census of the place, its cohorts are carried forward as the parent's fared, and raked. Without one,
    the parent's pyramid is bent towards the place's own balance of 60-64 to 65+, and raked. What the totals do not
    say (15-59, say) is the parent's shape: read `error_pct` before using a narrow age group.

    Parameters
    ----------
    margins : dict
        {(low, high): persons}; `low` inclusive, `high` exclusive, None for open: {(0, None): 80_000, (60, None): ...}.
    parent : DataArray or DataFrame
        [persons] by `sex` and single `age` of the nearest area that has them, at about the same date.
    parent_level : {'nation', 'province', 'prefecture'}
        What the parent is; the nearer, the better.
    older : DataArray or DataFrame, optional
        [persons] of the place by `sex` and `age` at the census `years` before (five-year groups to 85+, or single).
    parent_older : same, optional
        [persons] of the parent at that census; wanted when `older` is given.
    years : int, default 10
        [years] Between the two; a multiple of 5.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        sex, age, n, persons, method (a row of `fill_errors`) and error_pct: the mean absolute percentage error that
        the method had in the broad age group of the cell, over counties whose total, 0-4, 60+ and 65+ were given.

    Raises
    ------
    DataError
        Margins that contradict one another (named), an unknown level, an older census without the parent's.

    References
    ----------
    Deming and Stephan (1940), as for `rake`. Hamilton and Perry (1962), A short method for projecting population by
    age from one decennial census to another, Social Forces 41.

    Examples
    --------
    >>> from yilaolib.demography.local import age_standard
    >>> filled = fill_pyramid({(0, None): 1000, (60, None): 250, (65, None): 180}, age_standard(2020, None),
    ...     parent_level="nation")
    >>> print(filled.persons.sum(), filled[filled.age >= 65].persons.sum(), filled.method[0])
    1000.0 180.0 nation
    """
    levels = ["nation", "province", "prefecture"]
    if parent_level not in levels:
        hint = did_you_mean(parent_level, levels)
        raise DataError(f"parent_level is {parent_level!r}; it must be one of {levels}.{hint}")
    single = as_array(parent)
    if not set(range(OPEN_AGE + 1)) <= set(single["age"].to_numpy()):
        raise DataError(f"The parent's pyramid needs all single ages 0 ... {OPEN_AGE}; graduate() it first.")
    method = parent_level
    if older is None:
        shape = bend(single, margins)
    elif parent_older is None:
        raise DataError("An older census of the place is carried forward as its parent's: give parent_older too.")
    else:
        groups = carry_forward(older, parent_older, single, years=years)
        shape, method = graduate(groups, standard=single), f"older_{parent_level}"
    raked = rake(shape, margins)
    frame = raked.rename("persons").transpose("sex", "age").to_series().reset_index()
    frame.insert(2, "n", pd.Series(1, index=frame.index, dtype="Int64").mask(frame["age"] == OPEN_AGE))
    return frame.assign(method=method, error_pct=fill_error(frame["age"], method, root=root))


def fill_error(ages: pd.Series, method: str, *, root: str | Path | None = None) -> np.ndarray:
    """Mean absolute percentage error [pct] that a method of table `fill_errors` had in the broad group of each age."""
    table = load_table("fill_errors", root=root)
    table = table[table["method"] == method].sort_values("age")
    if table.empty:
        return np.full(len(ages), np.nan)
    place = np.searchsorted(table["age"].to_numpy(dtype=int), ages.to_numpy(dtype=int), side="right") - 1
    return table["mape_pct"].to_numpy()[place]
