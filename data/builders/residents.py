"""Put what was reported after the census of 2020 into series.csv; print how far migration fell.

    python data/builders/residents.py OUTCOMES_FOLDER

Run it after demography.py. OUTCOMES_FOLDER holds province_population_2021_2025.csv (adcode, year, value: residents at
the year's end) and national_2020_2025.csv (year, indicator, value). `net_migration_factor` of table `assumptions` is
the slope of provinces' net migration of 2021-2025 (growth less that of the scenario in which nobody moves) on that of
their rates of 2010-2020.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from yilaolib import Scenario, load_table, project

OUT = Path(__file__).resolve().parent.parent
NATIONAL = {"population, year end": "population_reported", "births": "births_reported", "deaths": "deaths_reported"}


def rows_of(folder: Path) -> pd.DataFrame:
    """Rows of `series`: residents of provinces; residents, births and deaths of the nation."""
    provinces = pd.read_csv(folder / "province_population_2021_2025.csv", dtype={"adcode": str})
    slugs = load_table("areas").set_index("adcode")["area"]
    provinces = provinces.assign(area=provinces["adcode"].map(slugs), indicator="population_reported")
    provinces["source"] = "nbs-residents-2021-2025"
    nation = pd.read_csv(folder / "national_2020_2025.csv", dtype={"year": str})
    nation = nation[nation["indicator"].isin(NATIONAL) & (nation["unit"] == "person")].replace({"indicator": NATIONAL})
    nation = nation.assign(area="china", source="nbs-communiques-2021-2025", year=nation["year"].astype(int))
    both = pd.concat([provinces, nation]).assign(kind="actual", quality="secondary", note="")
    return both[["area", "indicator", "year", "value", "kind", "quality", "source", "note"]]


def fallen(rows: pd.DataFrame) -> None:
    """Print the slope of net migration in 2021-2025 on that by the rates of 2010-2020, provinces left out in turn."""
    told = rows[rows["indicator"].eq("population_reported") & rows["area"].ne("china")]
    wide = told.pivot(index="area", columns="year", values="value")
    growth = np.log(wide[2025] / wide[2021])
    stay, move = (
        pd.Series({area: _growth(area, Scenario("x", net_migration_factor={2020: factor})) for area in wide.index})
        for factor in (0.0, 1.0)
    )
    x, y = 250 * (move - stay), 250 * (growth - stay)  # per 1000 and year
    people = wide[2021] / wide[2021].sum()
    y = y - (people * y).sum()  # what the nation's path misses is no migration
    slopes = pd.Series({each: (x * y).drop(each).sum() / (x * x).drop(each).sum() for each in x.index})
    print(f"slope {(x * y).sum() / (x * x).sum():.3f}, {slopes.min():.2f} to {slopes.max():.2f}; r {x.corr(y):.2f}")
    print(f"receivers {slope(x[x > 0], y):.2f}, senders {slope(x[x < 0], y):.2f}; per 1000: mean error left out")
    print(f"slope {abs(y - slopes * x).mean():.2f}, nobody moves {abs(y).mean():.2f}, full {abs(y - x).mean():.2f}")


def slope(x: pd.Series, y: pd.Series) -> float:
    """Slope through the origin."""
    return float((x * y[x.index]).sum() / (x * x).sum())


def _growth(area: str, scenario: Scenario) -> float:
    total = project(area, scenario=scenario, end_year=2025, start="census").population.sum(("sex", "age"))
    return float(np.log(total.sel(year=2025) / total.sel(year=2021)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    fresh, file = rows_of(Path(sys.argv[1])), OUT / "series.csv"
    old = pd.read_csv(file, dtype=str, keep_default_na=False)
    old = old[~old["source"].isin(set(fresh["source"]))]
    text = fresh.assign(value=fresh["value"].map("{:.0f}".format)).astype(str).reindex(columns=list(old), fill_value="")
    table = pd.concat([old, text]).sort_values(["area", "indicator", "year"], kind="stable")
    table.to_csv(file, index=False, lineterminator="\n")
    fallen(fresh)
