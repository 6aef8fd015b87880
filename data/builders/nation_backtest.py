"""Fit what foresees migration and fertility, and judge it; write data/spreads.csv and data/backtest.csv.

    python data/builders/nation_backtest.py CHINA_FOLDER PROVINCE_TABLE

See nation_units.py for the folder, counties.py for the table (the nation of 2000 is taken from it).

Every county and prefecture is projected from 2010 on 2020. Migration of a place is foreseen by a ridge regression on
columns of the census of 2010 that 2020 prints too, and so is its fertility ten years on. No number that tests a
province was fitted with it: coefficients, spreads and the scale of errors are fitted anew for each of the 31, without
it. The columns and the penalty were chosen once, on all of them. What is left of a prefecture without its judged
counties (the `rest`) is learned from and judged too. `spreads` is fitted on all provinces, for projections; its single
values (`KEPT`) are those of earlier fits, which their notes name.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from nation_model import (
    MEMBERS,
    PATTERNS,
    REGIONS,
    Judged,
    fitted_on_all,
    judge,
    region_of,
)
from nation_units import Units, counties_of_2020, joined, nation_of, provinces_of, read_rests, read_units

from yilaolib.demography.ages import MEASURES, SEX
from yilaolib.demography.backtest import nation_as_known
from yilaolib.demography.calibration import by_single_age, cohort_rates, tfr_ratio
from yilaolib.demography.cohorts import PULLED, autoregressive, imbalance, men_share, two_sided
from yilaolib.demography.lifetables import look_up
from yilaolib.demography.local import age_standard, fertility_schedule
from yilaolib.demography.projection import CENSUS_TO_YEAR_END
from yilaolib.tables.areas import load_table

OUT = Path(__file__).resolve().parent.parent
YEARS = np.arange(2010, 2021)
FITTED = (32, 36, 43)  # 江苏, 江西, 湖南: the provinces on which today's engine was fitted
DRAWS = {"county": 1000, "prefecture": 4000, "rest": 1000}
KEPT = ("e0_correlation", "migration_correlation", "sex_ratio_pull", "tfr_correlation", "tfr_ratio_persistence")
OLDEST_SD = 0.05  # of the nation's 70+ ten years on: what the engine, launched from the nation of 2000, missed in 2010


class Engine:
    """The engine's arithmetic for many places at one time, with a local fertility for both ends of the decade.

    The nation's TFR is the middle between WPP's and `on_census` times it (`nation_as_known`).
    """

    def __init__(self, units: Units, nation, on_census: float) -> None:
        self.units, self.nation, self.paths = units, nation, nation.paths.loc[YEARS]
        standard = age_standard(2010).transpose("sex", "age").sel(sex=SEX).to_numpy()
        people = units.people
        self.more = np.stack([imbalance(people[..., i], standard) for i in range(people.shape[-1])], axis=-1)
        self.schedule = nation.schedule.sel(year=YEARS).to_numpy()
        first = int(nation.schedule["age"][0])
        self.fertile = slice(first, first + self.schedule.shape[1])
        self.survival, self.tfr = self.living(0.0, 0.0), self.paths["tfr"].to_numpy()
        self.doubt = abs(np.log(on_census)) / 2  # between the two measures of the nation's fertility

    def living(self, women, men) -> np.ndarray:
        """Survival (year, sex, age, 1) with the nation's e0 moved by years."""
        e0 = np.stack([self.paths["e0_female"] + women, self.paths["e0_male"] + men], axis=1)
        return look_up(self.nation.survival, e0[..., None]).reshape(len(YEARS), 2, -1, 1)

    def fertility(self, later: np.ndarray) -> np.ndarray:
        """TFR (year, place): levels are of the five years before a census, so of 2008 and 2018, and go on."""
        share = (YEARS[:, None] - 2008) / 10
        return self.tfr[:, None] * np.exp((1 - share) * np.log(self.units.ratio) + share * later)

    def run(self, rates: np.ndarray, tfr: np.ndarray, survival: np.ndarray | None = None) -> np.ndarray:
        """Measures (measure, place) at the census of 2020, from cohort rates (place, sex, cohort)."""
        survival, people = self.survival if survival is None else survival, self.units.people
        moved = np.moveaxis(by_single_age(rates).to_numpy(), 0, -1)
        weights = np.maximum(people, 1e-9)
        ages = np.arange(people.shape[1])[:, None]
        moved = np.where(ages >= PULLED[0], (moved * weights).sum(axis=0) / weights.sum(axis=0), moved)
        more, men, pull = self.more, men_share(people), self.nation.spreads.sex_ratio_pull
        pulled, here, srb = (ages >= PULLED[0]) & (ages < PULLED[1]), people, self.paths["srb"].to_numpy()
        for year in range(len(YEARS)):
            gap = np.where(pulled, -pull * more, 0.0)
            rate = moved + np.stack([-gap * men, gap * (1 - men)])
            more = more + rate[1] - rate[0]
            more, men = (np.concatenate([0 * a[:1] + first, a[:-1]]) for first, a in ((0.0, more), (0.5, men)))
            there = np.empty_like(here)
            there[:, 1:] = here[:, :-1] * survival[year][:, 1:]
            there[:, -1] += here[:, -1] * survival[year][:, -1]
            women = (here[0, self.fertile] + there[0, self.fertile]) / 2
            births = (women * self.schedule[year][:, None]).sum(axis=0) * tfr[year]
            girls = births / (1 + srb[year])
            there[:, 0] = np.stack([girls, births - girls]) * survival[year][:, 0]
            there = np.maximum(there * (1 + rate), 0)
            before, here = here, here + CENSUS_TO_YEAR_END * (there - here) if year == 0 else there
        here = here - CENSUS_TO_YEAR_END * (here - before)
        return np.stack([here[:, low:high].sum(axis=(0, 1)) for low, high in MEASURES.values()])


def tfr_on_census(nation: xr.DataArray, tfr: float) -> float:
    """The nation's TFR by the census's own children 0-4 per woman, over WPP's, which knows of children not counted."""
    people, share = nation.transpose("sex", "age").to_numpy(), fertility_schedule(2010)
    women = (people[0, 3:10] + people[0, 4:11]) / 2
    births = (women * share.reindex(np.arange(15, 50, 5)).to_numpy()).sum()  # a year, for a TFR of 5
    alive = 0.985  # (judged) of five years' births, at the census
    return float(people[:, 0].sum() / (births * alive) / tfr)


def drawn(engine: Engine, told: Judged, draws: int) -> np.ndarray:
    """Measures (measure, place, draw) with the nation's, regional, provincial and local chances."""
    rng, paths, spreads = np.random.default_rng(1), engine.paths, engine.nation.spreads
    chance = {
        name: autoregressive(rng, len(YEARS), draws, getattr(spreads, f"{name}_correlation")) for name in ("tfr", "e0")
    }
    off = {name: two_sided(chance[name.split("_")[0]], paths[f"{name}_down"].to_numpy(), paths[f"{name}_up"].to_numpy())
           for name in ("tfr", "e0_female", "e0_male")}  # fmt: skip
    provinces, province = np.unique(engine.units.province, return_inverse=True)
    regions, region = np.unique(region_of(engine.units.province), return_inverse=True)
    regional, provincial = told.shares.T
    results = []
    for draw in range(draws):
        z = np.sqrt(1 - regional - provincial) * rng.standard_normal((PATTERNS, len(province)))
        z += np.sqrt(regional) * rng.standard_normal((PATTERNS, len(regions)))[:, region]
        z += np.sqrt(provincial) * rng.standard_normal((PATTERNS, len(provinces)))[:, province]
        z *= np.sqrt(told.freedom / rng.chisquare(told.freedom))
        rates = told.rates + np.einsum("kp,pkc->pc", z, told.loads)
        rates += rng.standard_normal() * OLDEST_SD / 10 * MEMBERS[2] + rng.standard_normal() * engine.doubt * MEMBERS[3]
        tfr = engine.fertility(rates[:, 32]) * (1 + off["tfr"][:, draw] / paths["tfr"].to_numpy())[:, None]
        living = engine.living(off["e0_female"][:, draw], off["e0_male"][:, draw])
        results.append(engine.run(np.expm1(rates[:, :32]).reshape(-1, 2, 16), tfr, living))
    return np.stack(results, axis=-1)


def cohorts_ahead(units: Units, then: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Measures (measure, place) where every cohort fares as one pyramid's until another ten years later."""
    start, end = units.then.copy(), np.empty_like(units.then)
    ratio = now[:, 2:] / np.concatenate([then[:, :15], then[:, 15:].sum(axis=1, keepdims=True)], axis=1)
    end[:, :, 2:] = np.concatenate([start[..., :15], start[..., 15:].sum(axis=-1, keepdims=True)], axis=-1) * ratio
    for group, women in ((0, slice(4, 9)), (1, slice(5, 10))):  # children per woman of 20-44, of 25-49
        end[:, :, group] = end[:, 0, women].sum(axis=1)[:, None] * now[:, group] / now[0, women].sum()
    return of_groups(end)


def of_groups(groups: np.ndarray) -> np.ndarray:
    """Measures (measure, place) of pyramids."""
    return np.stack([groups[..., low // 5 : None if high is None or high > 85 else high // 5].sum(axis=(1, 2))
                     for low, high in MEASURES.values()])  # fmt: skip


def classes(units: Units) -> dict[tuple[str, str], np.ndarray]:
    """Masks of places by (kind of class, class)."""
    persons, after = units.then.sum(axis=(1, 2)), units.now.sum(axis=(1, 2))
    judged = ~np.isin(units.province, FITTED)
    told = {("all", "28 provinces"): judged, ("all", "31 provinces"): judged | True}
    kinds, regions = units.table["kind"].to_numpy(), region_of(units.province)
    told |= {("kind", str(kind)): judged & (kinds == kind) for kind in np.unique(kinds)}
    told |= {("region", region): judged & (regions == region) for region in REGIONS}
    for name, values, edges in (("size", persons, SIZES), ("growth", 100 * (after / persons - 1), GROWTH)):
        for label, (low, high) in edges.items():
            told[name, label] = judged & (values >= low) & (values < high)
    names = units.table["province_zh"].fillna(units.table["name_zh"]).to_numpy()
    told |= {("province", name): names == name for name in dict.fromkeys(names)}
    return {key: here for key, here in told.items() if here.any()}


SIZES = {"under 50,000": (0, 5e4), "50,000-200,000": (5e4, 2e5), "200,000-500,000": (2e5, 5e5),
         "500,000-1,000,000": (5e5, 1e6), "1,000,000 and over": (1e6, np.inf)}  # fmt: skip
GROWTH = {"below -20 %": (-100, -20), "-20 to -5 %": (-20, -5), "-5 to 5 %": (-5, 5), "5 to 30 %": (5, 30),
          "30 % and over": (30, np.inf)}  # fmt: skip


def rows_of(level: str, units: Units, methods: dict, hits: dict) -> list[dict]:
    """A row for each class, measure and method: error, bias and, of the engine, shares inside."""
    actual, rows = of_groups(units.now), []
    for (by, name), here in classes(units).items():
        for i, measure in enumerate(MEASURES):
            for method, values in methods.items():
                off = 100 * (values[i, here] / actual[i, here] - 1)
                row = {"level": level, "by": by, "class": name, "method": method, "measure": measure}
                row |= {"places": int(here.sum()), "mape_pct": round(abs(off).mean(), 1)}
                row |= {"bias_pct": round(float(np.median(off)), 1)}
                if method == "engine":
                    row |= {f"inside_{k}_pct": round(100 * inside[i, here].mean(), 1) for k, inside in hits.items()}
                rows.append(row)
    return rows


def against_rest(folder: Path, nations: dict) -> dict[int, np.ndarray]:
    """By province, what turns an outcome against the nation into one against the nation without the province."""
    told = {}
    for code, then, now in provinces_of(folder):
        rest = {2010: nations[2010] - then, 2020: nations[2020] - now}
        rates = cohort_rates(nations[2010], nations[2020], rest[2010], rest[2020])
        fertility = tfr_ratio(nations[2020], rest[2020], fertility_schedule(2020))
        told[code] = np.append(np.log1p(rates).ravel(), np.log(fertility))
    return told


def province_sums(paths: np.ndarray, actual: np.ndarray, province: np.ndarray) -> dict[str, float]:
    """Share of provinces whose judged counties together lie inside the 80 % range, by measure."""
    inside = []
    for each in np.unique(province):
        here = province == each
        below = paths[:, here].sum(axis=1) < actual[:, here].sum(axis=1)[:, None]
        inside.append(abs(below.mean(axis=-1) - 0.5) <= 0.4)
    return dict(zip(MEASURES, (100 * np.mean(inside, axis=0)).round(1).tolist(), strict=True))


def table_of(model: pd.DataFrame, on_census: float) -> pd.DataFrame:
    """Table `spreads`: the single values, then the model."""
    kept = pd.read_csv(OUT / "spreads.csv")
    kept = kept[kept["parameter"].isin(KEPT)].drop(columns="area", errors="ignore")
    note = "Fitted on 2,501 places of all provinces: foreseen from columns of the census of 2010, against the nation."
    model = model.assign(unit="1", source="nbs-census-2020-county")
    model["note"] = np.where(model["parameter"] == "foreseen", note, "")
    oldest = (
        "Ten years of a rate of persons of 70 and over, as a logarithm: what a launch of the nation in 2000 missed of "
        "80+ in 2010. As rates fade out by 90, 0.73 of it arrives."
    )
    level = "{} the TFR of World Population Prospects and that of the census's own children per woman in 2010."
    single = [
        ("oldest_sd", OLDEST_SD, oldest),
        ("tfr_level_2010", np.sqrt(on_census), level.format("On WPP's: the middle between")),
        ("tfr_level_sd", abs(np.log(on_census)) / 2, level.format("Half the distance, as a logarithm, between")),
    ]
    added = pd.DataFrame(single, columns=["parameter", "value", "note"])
    frame = pd.concat([kept, added.assign(unit="1", source="nbs-census-2010-county"), model])
    columns = ["parameter", "kind", "name", "sex", "age", "value", "unit", "source", "note"]
    frame = frame.reindex(columns=columns).replace("", np.nan).astype({"age": "Int64"})
    return frame.sort_values(columns[:5], kind="stable", na_position="first")


def main():
    """Fit, judge and write."""
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    nations = {year: nation_of(folder, year) for year in (2010, 2020)}
    counts = pd.read_csv(sys.argv[2]).query("area == '全国' and census_year == 2000")
    counts["age"] = counts["age"].where(counts["age"] != 1, 0).clip(upper=85)
    ago = counts.pivot_table(index="sex", columns="age", values="persons", aggfunc="sum").loc[SEX].to_numpy(float)
    tfr = load_table("series", area="china").query("indicator == 'tfr'").set_index("year")["value"]
    on_census = tfr_on_census(nations[2010], float(tfr.loc[2006:2010].mean()))
    counties, by_rest = read_units(folder, "county", nations), against_rest(folder, nations)
    rests = read_rests(folder, nations)
    learned = joined(counties, rests)
    levels = {"county": counties, "prefecture": read_units(folder, "prefecture", nations), "rest": rests}
    later = counties_of_2020(folder, nations[2020])
    model = fitted_on_all(learned, {level: levels[level] for level in ("county", "prefecture")}, later)
    table_of(model, on_census).to_csv(OUT / "spreads.csv", index=False, lineterminator="\n", float_format="%.6g")
    known, rows = nation_as_known(2010), []
    for level, units in levels.items():
        engine = Engine(units, known, on_census)
        told = judge(units, learned, by_rest)
        rates, later = np.expm1(told.rates[:, :32]).reshape(-1, 2, 16), told.rates[:, 32]
        methods = {
            "engine": engine.run(rates, engine.fertility(later)),
            "hold": of_groups(units.then),
            "nation_cohorts": cohorts_ahead(units, ago, nations[2010].to_numpy()),
        }
        paths, actual = drawn(engine, told, DRAWS[level]), of_groups(units.now)
        below = (paths < actual[..., None]).mean(axis=-1)
        rows += rows_of(level, units, methods, {share: abs(below - 0.5) <= share / 200 for share in (80, 95)})
        print(level, len(units.table), "provinces inside, as sums:", province_sums(paths, actual, units.province))
    frame = pd.DataFrame(rows).assign(source="nbs-census-2020-county").sort_values(list(rows[0])[:5])
    frame.to_csv(OUT / "backtest.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
