"""Write tests/snapshots/projections.csv anew: `python tests/make_snapshots.py`, then look at what git shows.

A changed figure is either a mistake or an entry under "Numbers changed" in CHANGELOG.md.
"""

from pathlib import Path

import pandas as pd

import yilaolib as yl

FILE = Path(__file__).parent / "snapshots" / "projections.csv"
CITIES = ["haian", "jingdezhen", "lianshui", "yingtan", "yueyang", "china"]
SCENARIOS = ["medium", "low", "zero-migration"]
YEARS = [2020, 2025, 2035, 2050]
GROUPS = {"total": (0, None), "aged_0_2": (0, 3), "aged_60": (60, None), "aged_65": (65, None), "aged_80": (80, None)}


def snapshot() -> pd.DataFrame:
    """A few figures of every city and scenario, in whole persons, and the 80 % range of the medium one."""
    rows = []
    for city in CITIES:
        for scenario in SCENARIOS:
            future = yl.project(city, scenario=scenario)
            for group, ages in GROUPS.items():
                people = yl.persons(future, *ages).sel(year=YEARS).to_series()
                rows += [(city, scenario, group, year, round(value)) for year, value in people.items()]
        drawn = yl.project(city, draws=50, seed=1)
        for level in (0.1, 0.9):
            people = yl.persons(drawn, 60).sel(year=YEARS).quantile(level, "draw").to_series()
            rows += [(city, f"medium, quantile {level:g}", "aged_60", year, round(v)) for year, v in people.items()]
    return pd.DataFrame(rows, columns=["area", "scenario", "group", "year", "persons"])


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    snapshot().to_csv(FILE, index=False, lineterminator="\n")
    print(f"{FILE} has {len(snapshot())} rows.")
