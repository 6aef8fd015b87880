"""Measure how well pyramids are filled in from totals; write data/fill_errors.csv.

    python data/builders/fill_errors.py COUNTY_TABLE PROVINCE_TABLE

See counties.py for the two tables. For every county and city district of 2020 only the total, 60+, 65+ and (with or
without) 0-4 are kept; the rest is filled in from its parent's pyramid, or from its own census of 2010 carried forward,
and compared.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from counties import PROVINCES, read_provinces, read_units

from yilaolib.demography.ages import graduate, group_ages
from yilaolib.demography.local import age_standard, fit_pyramid

OUT = Path(__file__).resolve().parent.parent
GIVEN = [(0, None), (60, None), (65, None)]
CHILDREN = {"": [(0, 5)], "_no_0_4": []}  # ending of the method: what is given of the children
BANDS = [(0, 1), (1, 5), (5, 15), (15, 50), (50, 60), (60, 65), (65, 80), (80, None)]
NOTES = {"": "Total, 0-4, 60+ and 65+ given; {}.", "_no_0_4": "Total, 60+ and 65+ given, 0-4 not; {}."}
HOW = {
    "nation": "shape of the nation",
    "province": "shape of the province",
    "prefecture": "shape of the prefecture",
    "older_nation": "own census of 2010, cohorts as the nation's",
    "older_province": "own census of 2010, cohorts as the province's",
    "older_prefecture": "own census of 2010, cohorts as the prefecture's",
}


def within(pyramid, low, high):
    """Persons of an age range."""
    ages = pyramid["age"].to_numpy()
    return float(pyramid.isel(age=np.flatnonzero((ages >= low) & (ages < (high or 999)))).sum())


def main():
    """Measure and write."""
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    counties, tables = {y: read_units(sys.argv[1], y, "county") for y in (2010, 2020)}, read_provinces(sys.argv[2])
    infants = read_units(sys.argv[1], 2020, "county", infants=True)
    parents = {}
    for year in (2010, 2020):
        groups = {"nation": {0: tables[year, "全国"]}}
        groups["province"] = {code: tables[year, name] for code, name in PROVINCES.items()}
        table = read_units(sys.argv[1], year, "prefecture")
        groups["prefecture"] = {int(code) // 100: table.sel(area=code) for code in table["area"].to_numpy()}
        parents[year] = {
            level: {code: graduate(p, standard=age_standard(year, None)) for code, p in members.items()}
            for level, members in groups.items()
        }
    off = {}
    for code in counties[2020]["area"].to_numpy():
        place, older = counties[2020].sel(area=code), None
        if code in counties[2010]["area"].to_numpy():
            older = group_ages(counties[2010].sel(area=code), edges=np.arange(0, 90, 5))
        keys = {"nation": 0, "province": code // 10_000, "prefecture": code // 100}
        actual = {band: within(place, *band) for band in BANDS[2:]}
        actual[0, 1], actual[1, 5] = float(infants.sel(area=code)), within(place, 0, 5) - float(infants.sel(area=code))
        for level, key in keys.items():
            options = {level: None}
            if older is not None and key in parents[2010][level]:
                options[f"older_{level}"] = (older, parents[2010][level][key])
            for (method, then), (ending, ages) in product(options.items(), CHILDREN.items()):
                margins = {each: within(place, *each) for each in [*GIVEN, *ages]}
                pyramid = fit_pyramid(margins, parents[2020][level][key], then)
                missed = [abs(within(pyramid, *band) / actual[band] - 1) * 100 for band in BANDS]
                off.setdefault(method + ending, []).append(missed)
    rows = []
    for (method, how), ending in product(HOW.items(), CHILDREN):
        errors = np.array(off[method + ending])
        for (low, high), column in zip(BANDS, errors.T, strict=True):
            n = None if high is None else high - low
            row = (method + ending, low, n, round(column.mean(), 2), round(np.quantile(column, 0.9), 2), len(errors))
            rows.append((*row, "nbs-census-2020-county", NOTES[ending].format(how)))
    columns = ["method", "age", "n", "mape_pct", "p90_pct", "places", "source", "note"]
    frame = pd.DataFrame(rows, columns=columns).astype({"n": "Int64"}).sort_values(["method", "age"])
    frame.to_csv(OUT / "fill_errors.csv", index=False, lineterminator="\n")
    print(frame.pivot(index="method", columns="age", values="mape_pct"))


if __name__ == "__main__":
    main()
