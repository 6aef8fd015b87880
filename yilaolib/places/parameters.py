"""What an area brings to a projection: its census pyramids and its levels of mortality, fertility and migration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..ages import OPEN_AGE, as_array, graduate
from ..core.errors import DataError
from ..data import find_area, load_table
from ..people.calibration import at_level, by_single_age, migration_rates, tfr_ratio
from ..people.cohorts import SEX
from ..people.sexes import imbalance, shared
from ..tabling.folders import as_root, merged_table, quiet_table, stamp
from .survivors import survival_ratio

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
