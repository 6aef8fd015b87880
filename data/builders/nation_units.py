"""Read every place of China with both censuses, and the columns from which its migration is foreseen.

CHINA_FOLDER holds areas.csv (units of 2020 with their link to 2010), population_2010.csv.gz, population_2020.csv.gz
(adcode, sex, age, persons; 1 is 1-4, 85 is 85 and over) and summary.csv.gz (printed columns by adcode and year).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from yilaolib.demography.ages import SEX, graduate
from yilaolib.demography.calibration import cohort_rates, tfr_ratio
from yilaolib.demography.local import age_standard, fertility_schedule

AGES = np.arange(0, 90, 5)
SMALLEST = 1_000  # persons: 西沙群岛 has 444
COLUMNS = {
    "agriculture": "employed persons who farm (long form), share",
    "children_per_woman": "tfr_ratio, logarithm",
    "degree": "university schooling among persons with known schooling, logarithm of share + 0.005",
    "junior": "junior secondary schooling, the same",
    "bath": "households with a bath (long form), share",
    "floor": "floor area [m2] per person (long form)",
    "one_of_65": "households with one person of 65 and over among those with any, share",
    "divorced": "divorced among persons of 15 and over (long form), logarithm of share + 0.003",
    "movers_far": "residents from another province, logarithm of share + 0.005",
    "movers_near": "residents from elsewhere in the province, logarithm of share + 0.005",
    "aged_50": "share of 50-54, logarithm against the nation's",
    "aged_85": "share of 85 and over, logarithm against the nation's",
    "district": "1 for a city district, else 0",
}
MEANS = ("floor_area_m2_per_person",)  # printed as means; weighted by persons where units are joined


@dataclass(frozen=True)
class Units:
    """Places with both censuses (place, sex, age), the columns of 2010 and what follows from them."""

    table: pd.DataFrame
    then: np.ndarray
    now: np.ndarray
    columns: pd.DataFrame
    people: np.ndarray  # (sex, single age, place) in 2010
    ratio: np.ndarray  # fertility of 2010 over the nation's
    outcome: np.ndarray  # (place, 33): logarithms of cohort changes a year (sex x cohort), of fertility in 2020
    province: np.ndarray


def pyramids(folder: Path, year: int) -> tuple[pd.Index, np.ndarray]:
    """Codes and persons (place, sex, five-year age) of one census."""
    table = pd.read_csv(folder / f"population_{year}.csv.gz")
    table["age"] = table["age"].where(table["age"] != 1, 0)
    wide = table.groupby(["adcode", "sex", "age"])["persons"].sum().unstack(["sex", "age"])
    wide = wide.reindex(columns=pd.MultiIndex.from_product([SEX, AGES])).fillna(0)
    return wide.index, wide.to_numpy(float).reshape(-1, 2, len(AGES))


def labelled(groups: np.ndarray) -> xr.DataArray:
    """Pyramids (place, sex, age) with labels, no cell empty."""
    return xr.DataArray(
        np.maximum(groups, 0.5), {"area": np.arange(len(groups)), "sex": SEX, "age": AGES}, ("area", "sex", "age")
    )


def nation_of(folder: Path, year: int) -> xr.DataArray:
    """The nation by sex and five-year age, as the sum of its provinces."""
    codes, groups = pyramids(folder, year)
    return labelled(groups[(codes % 10_000 == 0) & (codes > 100_000)].sum(axis=0)[None]).isel(area=0)


def provinces_of(folder: Path) -> list[tuple]:
    """Code and pyramids (sex, age) of 2010 and 2020 of every province."""
    (codes, then), (same, now) = (pyramids(folder, year) for year in (2010, 2020))
    here = [code for code in codes if code % 10_000 == 0 and code > 100_000]
    return [(code // 10_000, then[codes.get_loc(code)], now[same.get_loc(code)]) for code in here]


def read_units(folder: Path, level: str, nations: dict) -> Units:
    """Every place of a level whose territory of 2020 is one unit of 2010, or a sum of units."""
    table = linked(folder, level)
    codes, now = pyramids(folder, 2020)
    parts = [codes_of(place) for _, place in table.iterrows()]
    return assembled(folder, nations, table, parts, now[codes.get_indexer(table["adcode"])])


def linked(folder: Path, level: str) -> pd.DataFrame:
    """Rows of areas.csv that can be judged."""
    table = pd.read_csv(folder / "areas.csv", dtype={"adcodes_2010": str})
    table = table[(table["level"] == level) & table["status"].isin(["same", "merged", "sum"])]
    return table[table["persons_2010"] >= SMALLEST].reset_index(drop=True)


def read_rests(folder: Path, nations: dict) -> Units:
    """What is left of each prefecture without the counties that are judged: places to learn from.

    Borders moved within them; they are the districts and zones that took most migrants in.
    """
    counties, prefectures = linked(folder, "county"), linked(folder, "prefecture")
    codes, now = pyramids(folder, 2020)
    children = pd.read_csv(folder / "areas_2010.csv").groupby("parent")["adcode"].apply(list)
    rows, parts, left = [], [], []
    for row, place in prefectures.iterrows():
        judged = counties[counties["prefecture"] == place["adcode"]]
        taken = {code for _, county in judged.iterrows() for code in codes_of(county)}
        whole = [unit for code in codes_of(place) for unit in children.get(code, [code])]
        rest = now[codes.get_loc(place["adcode"])] - now[codes.get_indexer(judged["adcode"])].sum(axis=0)
        if taken < set(whole) and rest.sum() > SMALLEST and rest.min() >= 0:
            rows, parts, left = [*rows, row], [*parts, [unit for unit in whole if unit not in taken]], [*left, rest]
    table = prefectures.loc[rows].reset_index(drop=True).assign(kind="district")
    return assembled(folder, nations, table, parts, np.stack(left))


def codes_of(place: pd.Series) -> list[int]:
    """Codes of 2010 of a place of 2020."""
    return [int(code) for code in place["adcodes_2010"].split(";")]


def joined(first: Units, second: Units) -> Units:
    """Places of both."""

    def both(name: str):
        pair = [getattr(each, name) for each in (first, second)]
        frames = isinstance(pair[0], pd.DataFrame)
        return pd.concat(pair, ignore_index=True) if frames else np.concatenate(pair, -1 if name == "people" else 0)

    return Units(**{name: both(name) for name in vars(first)})


def assembled(folder: Path, nations: dict, table: pd.DataFrame, parts: list, now: np.ndarray) -> Units:
    """Units of places that are sums of units of 2010."""
    before, old = pyramids(folder, 2010)
    then = np.stack([old[before.get_indexer(codes)].sum(axis=0) for codes in parts])
    printed = pd.read_csv(folder / "summary.csv.gz")
    printed = printed[printed["year"] == 2010].set_index("adcode")
    for name in MEANS:
        printed[name] *= printed["persons"]
    printed = pd.DataFrame([printed.loc[codes].sum(min_count=1) for codes in parts])
    ratio, later = (tfr_ratio(labelled(g), nations[y], fertility_schedule(y)) for y, g in ((2010, then), (2020, now)))
    rates = cohort_rates(labelled(then), labelled(now), nations[2010], nations[2020])
    outcome = np.column_stack([np.log1p(rates).reshape(len(then), -1), np.log(later)])
    single = graduate(labelled(then), standard=age_standard(2010)).transpose("sex", "age", "area").to_numpy()
    columns = columns_of(printed, then, ratio, table, nations[2010].to_numpy())
    return Units(table, then, now, columns, single, ratio, outcome, table["adcode"].to_numpy() // 10_000)


def counties_of_2020(folder: Path, nation: xr.DataArray) -> pd.DataFrame:
    """Columns and size (logarithm of persons) of every county of 2020."""
    codes, now = pyramids(folder, 2020)
    table = pd.read_csv(folder / "areas.csv")
    table = table[(table["level"] == "county") & (table["persons_2020"] >= SMALLEST)].reset_index(drop=True)
    printed = pd.read_csv(folder / "summary.csv.gz").query("year == 2020").set_index("adcode").loc[table["adcode"]]
    for name in MEANS:
        printed[name] *= printed["persons"]
    groups = now[codes.get_indexer(table["adcode"])]
    ratio = tfr_ratio(labelled(groups), nation, fertility_schedule(2020))
    columns = columns_of(printed.reset_index(), groups, ratio, table, nation.to_numpy())
    return columns.assign(size=np.log(groups.sum(axis=(1, 2))))


def columns_of(printed: pd.DataFrame, groups: np.ndarray, ratio, table: pd.DataFrame, nation) -> pd.DataFrame:
    """The columns of the regression, of one census."""

    def log(part, whole, least: float):
        return np.log(np.maximum(part.to_numpy() / whole.to_numpy(), 0) + least)

    persons = printed["persons"]
    levels = ("none", "primary", "junior", "senior", "college", "degree")
    school = {level: printed[[f"schooling_{level}_{sex}" for sex in SEX]].sum(axis=1) for level in levels}
    ages = groups.sum(axis=1) / groups.sum(axis=(1, 2))[:, None]
    against = np.log((ages + 2e-4) / (nation.sum(axis=0) / nation.sum() + 2e-4))
    told = {
        "agriculture": printed["long_form_agriculture"] / printed["long_form_employed"],
        "children_per_woman": np.log(ratio),
        "degree": log(school["degree"], sum(school.values()), 0.005),
        "junior": log(school["junior"], sum(school.values()), 0.005),
        "bath": printed["long_form_bath"] / printed["long_form_households"],
        "floor": printed["floor_area_m2_per_person"] / persons,
        "one_of_65": printed["households_with_one_65plus"] / printed["households_with_65plus"],
        "divorced": log(printed["long_form_divorced"], printed["long_form_15plus"], 0.003),
        "movers_far": log(printed["movers_other_province"], persons, 0.005),
        "movers_near": log(printed["movers_same_province"], persons, 0.005),
        "aged_50": against[:, 10],
        "aged_85": against[:, 17],
        "district": table["kind"] == "district",
    }
    frame = pd.DataFrame({name: np.asarray(values, dtype=float) for name, values in told.items()})
    return frame.fillna(frame.median())[list(COLUMNS)]
