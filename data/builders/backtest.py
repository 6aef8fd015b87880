"""Judge projections launched from the 2010 census on 2020; write data/backtest.csv.

    python data/builders/backtest.py COUNTY_TABLE PROVINCE_TABLE

See counties.py for the two tables. Each province is judged by what was fitted on the two others (spreads.py). Run it
after spreads.py, whose national correlations it takes over.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from counties import PROVINCES, SLUGS, read_counties, read_provinces
from spreads import Bench, fit, inside, spread_of

from yilaolib.ages import graduate
from yilaolib.places.hindsight import MEASURES, measured, nation_as_known
from yilaolib.places.margins import carry_forward

OUT = Path(__file__).resolve().parent.parent
DRAWS = 500
NOTE = {
    "engine": "Spreads, persistence of fertility and mean migration of a kind of place from the two other provinces.",
    "engine_no_migration": "The engine with nobody moving.",
    "engine_province_migration": "The engine with the province's migration of 2000-2010 only; its fertility "
    "persistence is still fitted on 2010-2020.",
    "hold_number": "As many persons as in 2010.",
    "hold_share": "Shares of 2010 of the total counted in 2020.",
    "hamilton_perry": "Cohorts as the province's fared until 2020, which nobody knew in 2010.",
    "hamilton_perry_nation": "Cohorts as the nation's fared until 2020, which nobody knew in 2010.",
}


def ratio_method(bench, above):
    """Hamilton-Perry for every unit, by the cohorts of the areas above it: (measure, area)."""
    columns = []
    for code, province in zip(bench.units.then["area"].to_numpy(), bench.units.provinces, strict=True):
        place = graduate(carry_forward(bench.units.then.sel(area=code), *above[province]))
        columns.append(measured(place).to_numpy())
    return np.array(columns).T


def engine(bench, nation, rates, which, draws=DRAWS):
    """Medians and draws for some units with given migration."""
    paths = spread_of(bench, bench.launches(rates), nation, draws, which)
    return np.median(paths, axis=-1), paths


def groups_of(bench):
    """Masks of units by group."""
    then, now = (bench.units.__dict__[when].sum(("sex", "age")).to_numpy() for when in ("then", "now"))
    everybody = np.ones(len(then), dtype=bool)
    return {
        "all": everybody,
        "large": then >= np.median(then),
        "small": then < np.median(then),
        "growing": now >= then,
        "shrinking": now < then,
        "county": bench.units.kinds == "county",
        "district": bench.units.kinds == "district",
    }


def main():
    """Judge and write."""
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    provinces = read_provinces(sys.argv[2])
    bench, nation = Bench(read_counties(sys.argv[1]), provinces), nation_as_known(2010)
    actual, then = bench.actual.to_numpy(), measured(bench.units.then).to_numpy()
    above = {c: (provinces[2010, name], provinces[2020, name]) for c, name in PROVINCES.items()}
    above = {c: tuple(graduate(p) for p in pair) for c, pair in above.items()}
    whole = tuple(graduate(provinces[year, "全国"]) for year in (2010, 2020))
    told = {
        "hold_number": then,
        "hold_share": then / then[0] * actual[0],
        "hamilton_perry": ratio_method(bench, above),
        "hamilton_perry_nation": ratio_method(bench, dict.fromkeys(PROVINCES, whole)),
    }
    hits = np.full(actual.shape, np.nan)
    for name in ("engine", "engine_no_migration", "engine_province_migration"):
        told[name] = np.empty_like(actual)
    for province in PROVINCES:
        judged, others = bench.units.provinces == province, [code for code in PROVINCES if code != province]
        spreads, wider = fit(bench, nation, others)
        fitted = replace(nation, spreads=spreads)
        rates = bench.central_migration(~judged)
        told["engine"][:, judged], paths = engine(bench, fitted, rates, judged)
        hits[:, judged] = inside(paths, actual[:, judged])
        told["engine_no_migration"][:, judged] = engine(bench, fitted, 0 * rates, judged, 100)[0]
        told["engine_province_migration"][:, judged] = engine(bench, fitted, bench.before, judged, 100)[0]
        print(SLUGS[province], f"wider {wider}, tfr {spreads.tfr_local_sd:.3f}, e0 {spreads.e0_local_sd}", flush=True)
    rows = []
    judges = {"all": np.ones(len(actual[0]), dtype=bool)}
    judges |= {SLUGS[code]: bench.units.provinces == code for code in PROVINCES}
    for judge, here in judges.items():
        for group, members in groups_of(bench).items():
            chosen = here & members
            if (judge != "all" and group != "all") or not chosen.any():
                continue
            for method, values in told.items():
                off = values[:, chosen] / actual[:, chosen] - 1
                for i, measure in enumerate(MEASURES):
                    cover = round(100 * hits[i, chosen].mean(), 1) if method == "engine" else None
                    row = (judge, group, method, measure, int(chosen.sum()), round(100 * abs(off[i]).mean(), 1))
                    row = (*row, round(100 * np.median(off[i]), 1), cover, "nbs-census-2020-county", NOTE[method])
                    rows.append(row)
    key = ["judged", "group", "method", "measure"]
    columns = [*key, "places", "mape_pct", "bias_pct", "inside_80_pct", "source", "note"]
    frame = pd.DataFrame(rows, columns=columns).sort_values(key)
    frame.to_csv(OUT / "backtest.csv", index=False, lineterminator="\n")
    shown = frame[frame["group"] == "all"]
    print(shown.pivot(index=["judged", "method"], columns="measure", values="mape_pct"))
    ours = frame[frame["method"] == "engine"]
    print(ours.pivot(index=["judged", "group"], columns="measure", values="inside_80_pct"))


if __name__ == "__main__":
    main()
