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
import xarray as xr
from counties import PROVINCES, SLUGS, read_counties, read_provinces
from spreads import AS_BEFORE, Bench, fit, fit_fertility, inside, spread_of

from yilaolib.demography.ages import MEASURES, carry_forward, graduate, group_ages, measured, persons
from yilaolib.demography.backtest import at_census, nation_as_known
from yilaolib.demography.calibration import by_single_age, tfr_ratio
from yilaolib.demography.local import fertility_schedule
from yilaolib.demography.projection import nation_of, simulate

OUT = Path(__file__).resolve().parent.parent
DRAWS = 500
SOURCE = "nbs-census-2020-county"
NOTE = {
    "engine": "Spreads, persistence of fertility and usual migration of a kind of place from the two other provinces.",
    "engine_no_migration": "The engine with nobody moving.",
    "engine_province_migration": "The engine with the province's migration of 2000-2010 only; its fertility "
    "persistence is still fitted on 2010-2020.",
    "engine_children_0_9": "The engine with fertility from the children 0-4 and 5-9 per woman of 2010 together.",
    "engine_fertility_of_kind": "The engine, local fertility drawn by four tenths to its province's mean of the kind.",
    "engine_told_births": "The engine told the nation's fertility of 2010-2020, which nobody knew in 2010.",
    "engine_told_migration": "The engine told each place's migration of 2010-2020, which nobody knew in 2010.",
    "engine_by_sex": "The engine with men and women moving by their own rates and nothing that evens them out.",
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


def central(bench, nation, rates, which, ratios=None):
    """The central path for some units with given migration, and levels of fertility: (measure, area)."""
    launches = bench.launches(rates)
    if ratios is not None:
        launches = [replace(each, tfr_ratio=float(ratio)) for each, ratio in zip(launches, ratios, strict=True)]
    return spread_of(bench, launches, nation, 0, which)


def five_years_before(groups):
    """The pyramid with everybody five years younger: children 5-9 become 0-4, and the women who bore them go along."""
    groups = group_ages(groups, edges=range(0, 90, 5))
    younger = groups.isel(age=slice(1, None))
    return xr.concat([younger.assign_coords(age=younger["age"] - 5), 0 * groups.isel(age=[-1])], "age")


def other_levels(bench):
    """Local fertility of 2010 measured in two other ways, by name."""
    earlier = tfr_ratio(
        five_years_before(bench.units.then), five_years_before(bench.nation_then), fertility_schedule(2005, None)
    )
    logs = np.log(bench.ratio_then)
    keys = [f"{code} {kind}" for code, kind in zip(bench.units.provinces, bench.units.kinds, strict=True)]
    mean = pd.Series(logs).groupby(keys).transform("mean").to_numpy()
    drawn = np.exp(mean + 0.6 * (logs - mean))
    return {"_children_0_9": np.sqrt(bench.ratio_then * earlier), "_fertility_of_kind": drawn}


def men_per_woman(bench, nation, rates, which, *, by_sex=False):
    """Men per woman of 30-59 in 2020 as projected, and as counted: two arrays (area)."""
    launches = [launch for launch, chosen in zip(bench.launches(rates), which, strict=True) if chosen]
    if by_sex:
        nation = replace(nation, spreads=replace(nation.spreads, sex_ratio_pull=0.0))
        single = by_single_age(rates[which]).to_numpy()
        launches = [replace(launch, migration=one) for launch, one in zip(launches, single, strict=True)]
    people = simulate(launches, AS_BEFORE, 2020, nation).population.sel(year=[2019, 2020])
    adults = [at_census(persons(people.sel(sex=[sex]), 30, 60), 2020).to_numpy() for sex in ("female", "male")]
    counted = [persons(bench.units.now.sel(sex=[sex]), 30, 60).to_numpy()[which] for sex in ("female", "male")]
    return adults[1] / adults[0], counted[1] / counted[0]


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
    told |= {name: np.empty_like(actual) for name in NOTE if name.startswith("engine") and name != "engine_by_sex"}
    ratios = {"engine": np.empty(len(then[0])), "engine_by_sex": np.empty(len(then[0]))}
    ratios_counted = np.empty(len(then[0]))
    births_known, levels = nation_as_known(2010), other_levels(bench)
    births_known.paths["tfr"] = nation_of().paths.loc[births_known.paths.index, "tfr"]
    for province in PROVINCES:
        judged, others = bench.units.provinces == province, [code for code in PROVINCES if code != province]
        spreads, wider = fit(bench, nation, others)
        fitted = replace(nation, spreads=spreads)
        rates = bench.central_migration(~judged)
        paths = spread_of(bench, bench.launches(rates), fitted, DRAWS, judged)
        hits[:, judged] = inside(paths, actual[:, judged])
        ways = {"": (fitted, rates), "_no_migration": (fitted, 0 * rates)}
        ways |= {"_province_migration": (fitted, bench.before), "_told_migration": (fitted, bench.during)}
        ways["_told_births"] = (replace(births_known, spreads=spreads), rates)
        for name, (paths_of_nation, migration) in ways.items():
            told["engine" + name][:, judged] = central(bench, paths_of_nation, migration, judged)
        for name, each in ratios.items():
            by_sex = name == "engine_by_sex"
            each[judged], ratios_counted[judged] = men_per_woman(bench, fitted, rates, judged, by_sex=by_sex)
        for name, other in levels.items():
            slope = fit_fertility(bench, ~judged, other)[0]
            trial = replace(fitted, spreads=replace(spreads, tfr_ratio_persistence=slope))
            told["engine" + name][:, judged] = central(bench, trial, rates, judged, other)
        print(
            SLUGS[province], f"wider {wider}, tfr {spreads.tfr_local_sd:.3f}, e0 {spreads.e0_local_sd:.2f}", flush=True
        )
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
                    row = (*row, round(100 * np.median(off[i]), 1), cover, SOURCE, NOTE[method])
                    rows.append(row)
        for method, values in ratios.items():
            off = (values / ratios_counted - 1)[here]
            size = (round(100 * abs(off).mean(), 1), round(100 * np.median(off), 1), None)
            rows.append((judge, "all", method, "men_per_woman_30_59", int(here.sum()), *size, SOURCE, NOTE[method]))
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
