"""Read the censuses by county that the fits below are made on. They are not part of the product.

Two tables are wanted:

COUNTY_TABLE    census_year (2010, 2020), province, prefecture, unit (names), code (six digits), level (county,
                prefecture, province), sex (female, male), age_0 age_1 age_5 age_10 ... age_85 (persons; 1 is 1-4,
                85 is 85 and over); one row per unit, year and sex
PROVINCE_TABLE  census_year (2000, 2010, 2020), area (全国 and the provinces' short names), sex, age (0, 1, 5 ... 100),
                n, persons
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from yilaolib.demography.ages import SEX, as_array

AGES = np.arange(0, 90, 5)
PROVINCES = {32: "江苏", 36: "江西", 43: "湖南"}
SLUGS = {32: "jiangsu", 36: "jiangxi", 43: "hunan"}
# 海安县 became 海安市 and 余江县 became 余江区: the place is the same, its code is not.
NEW_CODES = {320621: 320685, 360622: 360603}
# Life expectancy of the province less the nation's, as reported by 2010, by year of the report.
E0_REPORTED = {32: {2000: 73.91 - 71.40, 2010: 76.63 - 74.83}, 36: {2000: 68.95 - 71.40}, 43: {2000: 70.66 - 71.40}}


@dataclass(frozen=True)
class Counties:
    """Pyramids (area, sex, age) of units that both censuses have, with what tells them apart."""

    then: xr.DataArray
    now: xr.DataArray
    kinds: np.ndarray
    provinces: np.ndarray
    prefectures: np.ndarray


def read_counties(path: str | Path, level: str = "county") -> Counties:
    """Units whose code both censuses have. City districts may have kept their code and moved their borders."""
    table = pd.read_csv(path)
    table["code"] = table["code"].replace(NEW_CODES)
    table = table[table["level"] == level]
    then, now = (_cube(table[table["census_year"] == year]) for year in (2010, 2020))
    codes = np.intersect1d(then["area"], now["area"])
    kinds = np.where(codes % 100 <= 20, "district", "county") if level == "county" else np.full(len(codes), level)
    return Counties(then.sel(area=codes), now.sel(area=codes), kinds, codes // 10_000, codes // 100)


def read_units(path: str | Path, year: int, level: str, *, infants: bool = False) -> xr.DataArray:
    """All units of a level at one census: pyramids (area, sex, age), or only persons of age 0 (area)."""
    table = pd.read_csv(path)
    table["code"] = table["code"].replace(NEW_CODES)
    if infants:
        chosen = table[(table["level"] == level) & (table["census_year"] == year)]
        return chosen.groupby("code")["age_0"].sum().to_xarray().rename(code="area")
    return _cube(table[(table["level"] == level) & (table["census_year"] == year)])


def _cube(table: pd.DataFrame) -> xr.DataArray:
    table = table.drop_duplicates(["code", "sex"], keep=False)
    columns = [f"age_{age}" for age in (0, 1, *AGES[1:])]
    sexes = []
    for sex in SEX:
        values = table[table["sex"] == sex].set_index("code")[columns].sort_index()
        codes, counts = values.index.to_numpy(), values.to_numpy(dtype=float)
        sexes.append(np.column_stack([counts[:, 0] + counts[:, 1], counts[:, 2:]]))
    return xr.DataArray(np.stack(sexes, axis=1), {"area": codes, "sex": SEX, "age": AGES}, ("area", "sex", "age"))


def read_provinces(path: str | Path) -> dict[tuple[int, str], xr.DataArray]:
    """Pyramids of the nation and the provinces by (year, name)."""
    table = pd.read_csv(path)
    return {
        (int(year), name): as_array(rows[["sex", "age", "persons"]]).reindex(sex=SEX)
        for (year, name), rows in table.groupby(["census_year", "area"])
    }


def e0_offsets(provinces: np.ndarray, year: int) -> np.ndarray:
    """Local less national e0: linear between the province's reports; half of the last is left a decade later."""

    def known(reports: dict[int, float]) -> float:
        return np.interp(year, list(reports), list(reports.values())) * 0.5 ** (max(year - max(reports), 0) / 10)

    return np.array([known(E0_REPORTED[code]) for code in provinces])
