"""Fit how far draws may stray; write data/spreads.csv.

    python data/builders/spreads.py COUNTY_TABLE PROVINCE_TABLE

See counties.py for the two tables. Fits, in this order:

1. Local fertility: the logarithm of TFR / national TFR in 2020 on that of 2010 (through the origin) over counties:
   `tfr_ratio_persistence` is the slope, `tfr_local_sd` the spread of what is left.
2. Local migration: annual rates of cohorts 2010-2020, after the survival that the launch gives them, less what could
   be known in 2010, which is the province's rates of 2000-2010 plus the usual (median) difference of a county or a
   city district: `migration_usual`. What men's rates had above women's is regressed (through the origin, cohorts of
   25-49) on the logarithm of the cohort's sex ratio over the nation's in 2010: `sex_ratio_pull`.
3. Local mortality: what is left of the cohorts of 60 and over in 2010 is read as a life expectancy other than the
   launch's, place by place; `e0_local_sd` is its spread over counties (borders of districts move). It takes in what
   the censuses themselves miss at old ages.
4. What mortality does not explain is put into a few patterns by sex and age (principal components of the covariance
   less that of `e0_local_sd`, or the old would stray twice): `migration_factor_1` and so on. Below age 50 they are
   made wider, and `tfr_local_sd` too, until 80 % of the counties of a province lie in the 80 % range (total; 0-4)
   when the other provinces make the range.
5. The nation: `tfr_correlation` and `e0_correlation` from year to year are those with which China's births and
   deaths have ranges as wide as World Population Prospects 2024 prints.

Spreads are robust: half the distance from the 10th to the 90th percentile over 1.2816.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from counties import PROVINCES, SLUGS, Counties, e0_offsets, read_counties, read_provinces

from yilaolib.demography.ages import MEASURES, SEX, graduate, measured
from yilaolib.demography.backtest import at_census, launches_then, nation_as_known
from yilaolib.demography.calibration import by_single_age, cohort_rates, tfr_ratio
from yilaolib.demography.cohorts import NORMAL_90, PULLED, log_sex_ratio, men_share
from yilaolib.demography.local import age_standard, expected_survival, fertility_schedule, launch_of
from yilaolib.demography.projection import Nation, Scenario, Spreads, nation_of, simulate
from yilaolib.tables.areas import load_table

OUT = Path(__file__).resolve().parent.parent
FACTORS = {"county": 6, "district": 6, "prefecture": 4}
AS_BEFORE = Scenario("as before")
BLOCK = 24  # areas at a time, to stay within memory
START = Spreads(0.95, 0.95, 0.95, 0.6, 0.1, 0.0, 0.0, {})  # in their order; migration_correlation stays (judged)
CORRELATIONS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99)
WIDER = (1.0, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2.0)
OLD = 50  # age from which migration is not made wider
MORTAL = 60  # age at the older census from which the deviation of a cohort is read as mortality
DRAWS = 200


def robust_sd(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """Half the distance from the 10th to the 90th percentile, as a standard deviation."""
    low, high = np.quantile(values, [0.1, 0.9], axis=axis)
    return (high - low) / 2 / NORMAL_90


class Bench:
    """Counties of two censuses with what was known at the first: the ground on which spreads are fitted and judged."""

    def __init__(self, counties: Counties, provinces: dict) -> None:
        self.units = counties
        nation = {year: provinces[year, "全国"] for year in (2000, 2010, 2020)}
        self.nation_then = nation[2010]
        where = counties.provinces
        ago, since = self._expected(where, 2005, 2000), self._expected(where, 2010, 2010)

        def province(first: int) -> np.ndarray:
            """Rates of the province of every unit in the decade from `first` on."""
            last, lived = first + 10, ago if first == 2000 else since
            pairs = [(provinces[first, PROVINCES[c]], provinces[last, PROVINCES[c]]) for c in where]
            then, now = (xr.concat(side, "area") for side in zip(*pairs, strict=True))
            return cohort_rates(then, now, nation[first], nation[last], survival_ratio=lived)

        self.before, self.province_during = province(2000), province(2010)
        self.during = cohort_rates(counties.then, counties.now, nation[2010], nation[2020], survival_ratio=since)
        each = [np.flatnonzero(where == code)[0] for code in PROVINCES]
        groups = (counties.then.to_numpy(), self.nation_then.transpose("sex", "age").to_numpy())
        self.people, nation_groups = (_cohorts(each, self.during.shape[-1]) for each in groups)
        self.more_men = log_sex_ratio(np.moveaxis(self.people, 1, 0)) - log_sex_ratio(nation_groups)
        self.changes = (self.province_during - self.before)[each]
        longer = expected_survival(np.array([0.0, 1.0]), 2010, 2020).isel(offset=1)
        cohorts = np.arange(self.during.shape[-1]) * 5
        self.of_a_year = np.log(longer.sel(age=cohorts + 2).to_numpy()) / 10  # annual rate (sex, cohort), a year of e0
        schedules = {year: fertility_schedule(year, None) for year in (2010, 2020)}
        self.ratio_then = tfr_ratio(counties.then, nation[2010], schedules[2010])
        self.ratio_now = tfr_ratio(counties.now, nation[2020], schedules[2020])
        self.single = graduate(counties.then, standard=age_standard(2010, None))
        self.actual = measured(counties.now)

    @staticmethod
    def _expected(where: np.ndarray, known: int, first: int) -> xr.DataArray:
        """Survival from `first` on over the nation's (area, sex, age), with the distance of e0 as known in a year."""
        return expected_survival(e0_offsets(where, known), first, first + 10).rename(offset="area")

    def central_migration(self, train: np.ndarray) -> np.ndarray:
        """Cohort rates (area, sex, cohort): the province's of the decade before, plus what is usual for the kind."""
        rates = self.before.copy()
        for kind in np.unique(self.units.kinds):
            here = self.units.kinds == kind
            rates[here] += np.median((self.during - self.before)[here & train], axis=0)
        return rates

    def as_projected(self, rates: np.ndarray, pull: float) -> np.ndarray:
        """Cohort rates as a projection makes them of `rates`: sexes alike from 25 on, drawn to the nation's balance."""
        starts = np.arange(rates.shape[-1]) * 5
        mean = (rates * self.people).sum(axis=1, keepdims=True) / self.people.sum(axis=1, keepdims=True)
        rates = np.where(starts + 7.5 >= PULLED[0], mean, rates)  # 7.5: age in the middle of the decade
        under_pull = np.clip(np.minimum(starts + 12.5, PULLED[1]) - np.maximum(starts + 2.5, PULLED[0]), 0, 10)
        gap = -self.more_men * (1 - (1 - pull) ** under_pull) / 10
        men = men_share(np.moveaxis(self.people, 1, 0))
        return rates + np.stack([-gap * men, gap * (1 - men)], axis=1)

    def launches(self, rates: np.ndarray) -> list:
        """Launches of 2010 with the given cohort rates."""
        return launches_then(
            2010,
            self.single,
            self.units.then,
            self.nation_then,
            age_standard(2010, None),
            fertility_schedule(2010, None),
            kinds=list(self.units.kinds),
            e0_offsets=e0_offsets(self.units.provinces, 2010),
            migration=rates,
        )


def _cohorts(groups: np.ndarray, number: int) -> np.ndarray:
    """Persons (..., cohort) of five-year groups (..., age), the last cohort open."""
    return np.concatenate([groups[..., : number - 1], groups[..., number - 1 :].sum(axis=-1, keepdims=True)], axis=-1)


def factors(rest: np.ndarray, number: int, explained: np.ndarray) -> np.ndarray:
    """Patterns (factor, sex, cohort) whose squares sum to the robust variance of `rest` less `explained` squared.

    `explained` (sex, cohort) is one standard deviation of what strays already, in all cohorts together.
    """
    flat, known = rest.reshape(len(rest), -1), explained.ravel()
    sd = robust_sd(flat)
    z = np.clip((flat - np.median(flat, axis=0)) / sd, -3, 3)
    alike = np.corrcoef(z, rowvar=False) - np.outer(known / sd, known / sd)
    values, vectors = np.linalg.eigh(alike)
    order = np.argsort(values)[::-1][:number]
    loadings = vectors[:, order] * np.sqrt(np.maximum(values[order], 0))
    loadings *= np.sign(loadings.sum(axis=0))  # a pattern's sign is arbitrary; more migrants is plus
    left = np.sqrt(np.maximum(sd**2 - known**2, 0))
    loadings *= (left / np.sqrt((loadings**2).sum(axis=1)))[:, None]
    return loadings.T.reshape(number, *rest.shape[1:])


def fit_fertility(bench: Bench, train: np.ndarray, then: np.ndarray | None = None) -> tuple[float, float]:
    """Persistence over ten years and the spread of what it does not explain."""
    then = bench.ratio_then if then is None else then
    x, y = np.log(then[train]), np.log(bench.ratio_now[train])
    slope = float((x * y).sum() / (x * x).sum())
    return slope, float(robust_sd(y - slope * x))


def fit_sex_ratio(bench: Bench, train: np.ndarray) -> float:
    """Share a year by which a cohort's imbalance of the sexes goes: its ten-year slope over cohorts of 25-49."""
    cohorts = slice(PULLED[0] // 5, (PULLED[1] - 10) // 5)
    x = bench.more_men[train, cohorts]
    y = (bench.during[:, 1] - bench.during[:, 0])[train, cohorts]
    return float(1 - (1 + 10 * (x * y).sum() / (x * x).sum()) ** 0.1)


def fit_mortality(bench: Bench, train: np.ndarray) -> float:
    """Spread [years] of the life expectancy that would explain how the old of the counties fared."""
    old = np.arange(bench.during.shape[-1]) * 5 >= MORTAL
    counties = train & (bench.units.kinds == "county")
    rest = (bench.during - bench.as_projected(bench.central_migration(train), 0.0))[counties][..., old]
    shape = bench.of_a_year[:, old]
    return float(robust_sd((rest * shape).sum(axis=(1, 2)) / (shape**2).sum()))


def fit_migration(bench: Bench, train: np.ndarray, e0_sd: float, pull: float) -> dict[str, np.ndarray]:
    """Patterns (factor, sex, cohort) of the deviation from the central rates, by kind, less what mortality explains."""
    rest, patterns = bench.during - bench.as_projected(bench.central_migration(train), pull), {}
    for kind in np.unique(bench.units.kinds):
        here = (bench.units.kinds == kind) & train
        patterns[kind] = factors(rest[here], FACTORS[kind], e0_sd * bench.of_a_year)
    return patterns


def widened(patterns: dict[str, np.ndarray], wider: float) -> dict[str, np.ndarray]:
    """Patterns made wider by a factor below age 50."""
    return {
        kind: each * np.where(np.arange(each.shape[-1]) * 5 + 5 < OLD, wider, 1.0) for kind, each in patterns.items()
    }


def spread_of(bench: Bench, launches: list, nation: Nation, draws: int, which: np.ndarray) -> np.ndarray:
    """Draws (measure, area, draw) of 2020 for the chosen areas; without the last dim where there are none."""
    chosen, parts = np.flatnonzero(which), []
    for at in range(0, len(chosen), BLOCK):
        block = [launches[i] for i in chosen[at : at + BLOCK]]
        result = simulate(block, AS_BEFORE, 2020, nation, draws=draws, seed=1)
        people = at_census(measured(result.population.sel(year=[2019, 2020])), 2020)
        parts.append(people.transpose("measure", "area", ...))
    return np.concatenate(parts, axis=1)


def inside(draws: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Whether the outcome lies in the 80 % range, by measure and area."""
    low, high = np.quantile(draws, [0.1, 0.9], axis=-1)
    return (low <= actual) & (actual <= high)


def patterns_for(spreads: Spreads, bench: Bench, train: np.ndarray, wider: float) -> Spreads:
    """Spreads with the mortality and the migration of the training areas, the latter made wider below age 50."""
    e0_sd = fit_mortality(bench, train)
    patterns = widened(fit_migration(bench, train, e0_sd, spreads.sex_ratio_pull), wider)
    migration = {kind: by_single_age(each).to_numpy() for kind, each in patterns.items()}
    return replace(spreads, e0_local_sd=e0_sd, migration=migration)


def coverage(bench: Bench, nation: Nation, spreads: Spreads, provinces: list[int], wider, measure: str) -> float:
    """Share of outcomes inside the 80 % range in each of the provinces, when the patterns are those of the others."""
    where, hits = list(MEASURES).index(measure), []
    among = np.isin(bench.units.provinces, provinces)
    for province in provinces:
        judged = bench.units.provinces == province
        spread = patterns_for(spreads, bench, among & ~judged, wider)
        launches = bench.launches(bench.central_migration(among & ~judged))
        paths = spread_of(bench, launches, replace(nation, spreads=spread), DRAWS, judged)
        hits.append(inside(paths[where], bench.actual.to_numpy()[where, judged]))
    return float(np.concatenate(hits).mean())


def fit(bench: Bench, nation: Nation, provinces: list[int]) -> tuple[Spreads, float]:
    """Every local spread, and the factor by which migration was made wider below age 50.

    The factor, and the spread of fertility, are the smallest on their grids with which a province is covered when it
    is left out in turn: what differs between provinces belongs to what is not known about the next one.
    """
    train = np.isin(bench.units.provinces, provinces)
    persistence, sd = fit_fertility(bench, train)
    pull = fit_sex_ratio(bench, train)
    spreads = replace(nation.spreads, tfr_ratio_persistence=persistence, tfr_local_sd=sd, sex_ratio_pull=pull)

    def smallest(options, measure: str, change):
        """The first option with which 80 % of the outcomes are inside, else the last."""
        covers = (o for o in options if coverage(bench, nation, *change(o), measure) >= 0.8)
        return next(covers, options[-1])

    wider = smallest(WIDER, "total", lambda w: (spreads, provinces, w))
    tfr_sd = smallest([sd * w for w in WIDER], "0-4", lambda v: (replace(spreads, tfr_local_sd=v), provinces, wider))
    return patterns_for(replace(spreads, tfr_local_sd=tfr_sd), bench, train, wider), wider


def width(bounds) -> np.ndarray:
    """Width of a range given as (lower, upper)."""
    return np.asarray(bounds[1]) - np.asarray(bounds[0])


def fit_nation(nation: Nation) -> Spreads:
    """Year-to-year correlations with which China's births and deaths spread as the UN prints, 2025-2060."""
    series = load_table("series", area="china").set_index(["indicator", "year"])
    years, spreads = np.arange(2025, 2061), nation.spreads
    for name, flow in (("tfr_correlation", "births"), ("e0_correlation", "deaths")):
        printed = series.loc[flow].loc[years]
        off = {}
        for correlation in CORRELATIONS:
            spreads = replace(spreads, **{name: correlation})
            trial = replace(nation, spreads=spreads)
            future = simulate([launch_of("china")], AS_BEFORE, 2061, trial, draws=500, seed=1)
            ours = future[flow].sum("sex").isel(area=0).sel(year=years - 1).quantile([0.1, 0.9], "draw").to_numpy()
            off[correlation] = abs(np.log(width(ours) / width((printed["lower_80"], printed["upper_80"])))).mean()
        spreads = replace(spreads, **{name: min(off, key=off.get)})
        print(name, {k: round(float(v), 3) for k, v in off.items()})
    return spreads


def rows_of(spreads: Spreads, wider: float, places: dict[str, int], patterns: dict, usual: list) -> pd.DataFrame:
    """The table: single values first, then means and patterns by kind, sex and five-year age at mid-decade."""
    county, wpp = "nbs-census-2020-county", "un-wpp-2024"
    number = f"{places['county']} counties and {places['district']} city districts of Jiangxi, Hunan and Jiangsu"
    judged = "(judged) From year to year; one decade cannot tell. It leaves the ten-year means alone that were fitted."
    fitted = f"Makes China's {{}} spread as WPP 2024 prints, 2025-2060; found on {CORRELATIONS}."
    single = [
        ("tfr_correlation", spreads.tfr_correlation, "1", wpp, fitted.format("births")),
        ("e0_correlation", spreads.e0_correlation, "1", wpp, fitted.format("deaths")),
        ("migration_correlation", spreads.migration_correlation, "1", "judged", judged),
        ("tfr_ratio_persistence", spreads.tfr_ratio_persistence, "1", county,
         f"Share of the logarithm of local over national TFR that is left after ten years; {number}, 2010-2020."),
        ("tfr_local_sd", spreads.tfr_local_sd, "1", county,
         f"Logarithm of the local TFR, ten years ahead, where the nation's is known; {number}."),
        ("sex_ratio_pull", spreads.sex_ratio_pull, "1 per year", county,
         f"Share by which the logarithm of a cohort's sex ratio over the nation's shrinks, ages 25-59; {number}."),
        ("e0_local_sd", spreads.e0_local_sd, "years", county,
         f"Explains how cohorts of {MORTAL} and over fared besides the known e0; takes in census errors; "
         f"{places['county']} counties."),
    ]  # fmt: skip
    rows = [(name, "", "", "", None, round(value, 4), unit, source, note) for name, value, unit, source, note in single]
    unit, wide = "net migrants per survivor and year", f" Made {wider:g} times as wide below age {OLD}."
    tables = [(name, area, kind, values, text) for name, area, kind, values, text in usual]
    tables += [
        (f"migration_factor_{i + 1}", "", kind, pattern, "One standard deviation of a ten-year mean, over {}." + wide)
        for kind, each in patterns.items()
        for i, pattern in enumerate(each)
    ]
    for name, area, kind, values, note in tables:
        for sex, cohorts in zip(SEX, values, strict=True):
            for age, value in zip(range(5, 85, 5), cohorts, strict=True):
                note_here = note.format(f"{places.get(kind, 1)} units of this kind")
                rows.append((name, area, kind, sex, age, round(value, 6), unit, county, note_here))
    columns = ["parameter", "area", "kind", "sex", "age", "value", "unit", "source", "note"]
    return pd.DataFrame(rows, columns=columns).astype({"age": "Int64"})


def usual_rows(bench: Bench) -> list[tuple]:
    """Usual net migration of each kind: less its province's in the same decade, and in the decade before."""
    rows = []
    for kind in np.unique(bench.units.kinds):
        here = bench.units.kinds == kind
        same = np.median((bench.during - bench.province_during)[here], axis=0)
        ago = np.median((bench.during - bench.before)[here], axis=0)
        rows.append(("migration_usual", "", kind, same, "Median of {}, 2010-2020, less its province."))
        ago_note = "Median of {}, 2010-2020, less its province in 2000-2010."
        rows.append(("migration_usual_before", "", kind, ago, ago_note))
    return rows


def main():
    """Fit and write."""
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    provinces = read_provinces(sys.argv[2])
    bench = Bench(read_counties(sys.argv[1]), provinces)
    first = replace(nation_of(), spreads=START)
    nation_spreads = fit_nation(first)
    known = replace(nation_as_known(2010), spreads=nation_spreads)
    spreads, wider = fit(bench, known, list(PROVINCES))
    everybody = np.ones(len(bench.units.kinds), dtype=bool)
    e0_sd, pull = spreads.e0_local_sd, spreads.sex_ratio_pull
    patterns = fit_migration(bench, everybody, e0_sd, pull)
    cities = Bench(read_counties(sys.argv[1], "prefecture"), provinces)
    whole = np.ones(len(cities.units.kinds), dtype=bool)
    patterns = widened(patterns | fit_migration(cities, whole, e0_sd, pull), wider)
    patterns["province"] = bench.changes / np.sqrt(len(bench.changes))  # their squares sum to the mean square change
    usual = [row for each in (bench, cities) for row in usual_rows(each)]
    before = "Cohorts of the province 2000-2010 against the nation, after survival: what could be known in 2010."
    for code, area in SLUGS.items():
        usual.append(("migration_before", area, "", bench.before[bench.units.provinces == code][0], before))
    places = dict(zip(*np.unique(bench.units.kinds, return_counts=True), strict=True))
    places |= {"prefecture": len(cities.units.kinds), "province": len(bench.changes)}
    frame = rows_of(spreads, wider, places, patterns, usual).sort_values(["parameter", "area", "kind", "sex", "age"])
    frame.to_csv(OUT / "spreads.csv", index=False, lineterminator="\n", float_format="%.10g")
    print(f"spreads: {len(frame)} rows; wider {wider}; {spreads.tfr_local_sd=:.3f} {spreads.e0_local_sd=}")


if __name__ == "__main__":
    main()
