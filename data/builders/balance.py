"""Work out what makes the places of China add up to the nation, year by year; write data/balance.csv.

    python data/builders/balance.py

All county units (and the four prefectures without counties) are projected side by side from the newest known year in
the medium scenario, and so is the nation. In each year, sex and age survivors are moved so that deaths add up, and
fertility so that births do; then the net migration of those who gain and of those who lose is moved apart until both
leave the nation's (plus-minus method). Where hardly anybody moves, and in the years whose provincial totals are known,
all residents are moved by one factor (iterative proportional fitting). Factors are rounded as they go, so that the next
year mends what rounding left.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from yilaolib.demography import local
from yilaolib.demography.projection import (
    CENSUS_TO_YEAR_END,
    FACTORS,
    HORIZON,
    _rates,
    balanced,
    launches_from,
    nation_of,
    simulate,
)
from yilaolib.tables.areas import list_areas, load_table

OUT = Path(__file__).resolve().parents[1] / "balance.csv"
DIGITS, ROUNDS, SIDES = 5, 60, (0.25, 4.0)  # of a factor on rates; of fitting; between which rates are moved


def units_of_china() -> list[str]:
    """Slugs of the counties, and of the prefectures without any."""
    areas = load_table("areas")
    counted = set(load_table("population", area=None)["area"])
    bare = set(list_areas(level="prefecture")["area"]) - set(areas["parent"])
    return [slug for slug in [*list_areas(level="county")["area"], *sorted(bare)] if slug in counted]


def stepped(people, survival):
    """Survivors (sex, age, place) a year on."""
    there = np.empty_like(people)
    there[:, 1:] = people[:, :-1] * survival[:, 1:]
    there[:, -1] += people[:, -1] * survival[:, -1]
    return there


def fitted(survivors, rates, target, province, totals):
    """Factors of receivers, senders and residents (sex, age), and of provinces, that meet the nation and the totals."""
    gains, left = rates > 0, np.ones(len(totals) if totals is not None else province.max() + 1)
    for _ in range(ROUNDS if totals is not None else 1):
        here = survivors * left[province]
        came, went = (here * rates * gains).sum(-1), -(here * rates * ~gains).sum(-1)
        net, size = target - here.sum(-1), (came + went) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = np.stack([(size + net / 2) / came, (size - net / 2) / went])
            plain = target / (here * (1 + rates)).sum(-1)
        kept = ((factors > SIDES[0]) & (factors < SIDES[1])).all(axis=0)
        factors = np.where(kept, factors, 1.0)
        residents = np.where(kept, 1.0, plain)
        if totals is not None:
            there = here * (1 + rates * np.where(gains, factors[0][..., None], factors[1][..., None]))
            left *= totals / np.bincount(province, (there * residents[..., None]).sum((0, 1)), len(totals))
    return [*np.round(factors, DIGITS), np.round(residents, DIGITS + 2)], np.round(left, DIGITS + 2)


def main() -> None:
    slugs, nation = units_of_china(), nation_of()
    launches, (china,) = launches_from(slugs), launches_from(["china"])
    years = np.arange(china.base, HORIZON + 1)
    whole = simulate([china], nation.medium, HORIZON, nation).isel(area=0)
    given = (nation.medium, years, nation, 0, 0, {})
    theirs, ours = _rates(launches, *given), _rates([china], *given)
    first = int(nation.schedule["age"][0])
    fertile = slice(first, first + theirs["asfr"].shape[1])
    names = sorted({launch.province for launch in launches})
    province = np.array([names.index(launch.province) for launch in launches])
    reported = local._reported()
    start = china.people + (whole["population"].sel(year=china.base).to_numpy() - china.people) / CENSUS_TO_YEAR_END
    people, rows = np.stack([launch.people for launch in launches], axis=-1), []
    for t, year in enumerate(years):
        total = china.people if t == 0 else whole["population"].sel(year=year - 1).to_numpy()
        target = start if t == 0 else whole["population"].sel(year=year).to_numpy()
        survival = theirs["survival"][t] if theirs["survival"].ndim == 4 else theirs["survival"][t][..., None]
        there = stepped(people, survival)
        alive = np.ones((2, people.shape[1]))
        alive[:, 1:] = np.round(stepped(total[..., None], ours["survival"][t].reshape(2, -1, 1))[:, 1:, 0]
                                / there[:, 1:].sum(-1), DIGITS + 1)  # fmt: skip
        there *= alive[..., None]
        women = (people[0, fertile] + there[0, fertile]) / 2
        born = (women * theirs["asfr"][t]).sum(0)
        known = born.sum() if t == 0 else float(whole["births"].sel(year=year - 1).sum())
        births = np.round(known / born.sum(), DIGITS)
        girls = births * born / (1 + ours["sex_ratio_at_birth"][t])
        there[:, 0] = np.stack([girls, births * born - girls]) * survival[:, 0]
        newborn = there[:, 0].sum(-1)
        at_birth = np.array([girls.sum(), births * born.sum() - girls.sum()]) * ours["survival"][t].reshape(2, -1)[:, 0]
        alive[:, 0] = np.round(at_birth / newborn, DIGITS + 1)
        there[:, 0] *= alive[:, :1]
        told = [reported.get(name, {}).get(int(year), {}).get("population_total") for name in names]
        totals = np.array(told, dtype=float) if None not in told else None
        rates = theirs["net_migration_rate"][t]
        factors, left = fitted(there, rates, target, province, totals)
        here = {name: factor[..., None] for name, factor in zip(FACTORS, factors, strict=False)}
        after = there * (1 + balanced(rates, here, left[province]))
        people = people + CENSUS_TO_YEAR_END * (after - people) if t == 0 else after
        for s, sex in enumerate(("female", "male")):
            for age in range(people.shape[1]):
                rows.append(("china", year, sex, age, *(f[s, age] for f in factors), alive[s, age], births))
        if totals is not None:
            rows += [(name, year, "", "", "", "", each, "", "") for name, each in zip(names, left, strict=True)]
        off = abs(after.sum(-1) / target - 1)
        print(f"{year}: people {after.sum() / target.sum() - 1:+.1e}, worst age {off.max():.1e}, births {births:.4f}, ",
              f"receivers {np.median(factors[0]):.3f}, senders {np.median(factors[1]):.3f}")  # fmt: skip
    frame = pd.DataFrame(rows, columns=["area", "year", "sex", "age", *FACTORS])
    frame.sort_values(["area", "year", "sex", "age"], kind="stable").to_csv(OUT, index=False)


if __name__ == "__main__":
    main()
