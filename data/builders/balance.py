"""Work out what makes the places of China add up to the nation, year by year; write data/balance.csv.

    python data/builders/balance.py

All county units (and the four prefectures without counties) are projected side by side from the newest known year in
the medium scenario, and so is the nation. In each year, sex and age survivors are moved so that deaths add up, and
fertility so that births do; then the net migration of those who gain and of those who lose is moved apart until both
leave the nation's (plus-minus method). Where hardly anybody moves, and in the years whose provincial totals are known,
all residents are moved by one factor (iterative proportional fitting). Factors are rounded as they go, so that the next
year mends what rounding left. Every other scenario has a row where the factors of the medium one do not do for it.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from yilaolib.demography import local
from yilaolib.demography.projection import (
    CENSUS_TO_YEAR_END,
    FACTORS,
    HORIZON,
    Scenario,
    _rates,
    balanced,
    launches_from,
    nation_of,
    simulate,
)
from yilaolib.tables.areas import list_areas, load_table

OUT = Path(__file__).resolve().parents[1] / "balance.csv"
DIGITS, ROUNDS, SIDES = 5, 60, (0.25, 4.0)  # of a factor on rates; of fitting; between which rates are moved
NEAR = {"people": 2e-6, "alive": 5e-7, "births": 5e-6}  # of a sum: how near factors of the medium scenario will do


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
            most = np.stack([(SIDES[1] * went + net) / came, np.full_like(went, SIDES[1])])
            factors = np.where(factors[1] > SIDES[1], most, factors)  # receivers give up what senders cannot
            plain = target / (here * (1 + rates)).sum(-1)
        kept = ((factors >= SIDES[0]) & (factors <= SIDES[1])).all(axis=0)
        factors = np.where(kept, factors, 1.0)
        residents = np.where(kept, 1.0, plain)
        if totals is not None:
            there = here * (1 + rates * np.where(gains, factors[0][..., None], factors[1][..., None]))
            left *= totals / np.bincount(province, (there * residents[..., None]).sum((0, 1)), len(totals))
    return [*np.round(factors, DIGITS), np.round(residents, DIGITS + 2)], np.round(left, DIGITS + 2)


def chosen(exact, digits, usual, near):
    """The exact factors, rounded; those of the medium scenario where they are as good."""
    new = np.round(exact, digits)
    return new if usual is None else np.where(abs(usual / exact - 1) < near, usual, new)


def laid(scenario, launches, china, nation, usual=None):
    """Factors (one of FACTORS, year, sex, age) of a scenario and what is left of known totals, by province."""
    years = np.arange(china.base, HORIZON + 1)
    whole = simulate([china], scenario, HORIZON, nation).isel(area=0)
    given = (scenario, years, nation, 0, 0, {})
    theirs, ours = _rates(launches, *given), _rates([china], *given)
    first = int(nation.schedule["age"][0])
    fertile = slice(first, first + theirs["asfr"].shape[1])
    names = sorted({launch.province for launch in launches})
    province = np.array([names.index(launch.province) for launch in launches])
    reported = local._reported()
    start = china.people + (whole["population"].sel(year=china.base).to_numpy() - china.people) / CENSUS_TO_YEAR_END
    people, rows = np.stack([launch.people for launch in launches], axis=-1), []
    told = np.empty((len(FACTORS), len(years), *people.shape[:2]))
    for t, year in enumerate(years):
        before = [None] * len(FACTORS) if usual is None else usual[:, t]
        total = china.people if t == 0 else whole["population"].sel(year=year - 1).to_numpy()
        target = start if t == 0 else whole["population"].sel(year=year).to_numpy()
        survival = theirs["survival"][t] if theirs["survival"].ndim == 4 else theirs["survival"][t][..., None]
        there, our_survival = stepped(people, survival), ours["survival"][t].reshape(2, -1, 1)
        exact = np.ones(people.shape[:2])
        exact[:, 1:] = stepped(total[..., None], our_survival)[:, 1:, 0] / there[:, 1:].sum(-1)
        alive = chosen(exact, DIGITS + 1, before[3], NEAR["alive"])
        there *= alive[..., None]
        women = (people[0, fertile] + there[0, fertile]) / 2
        born = (women * theirs["asfr"][t]).sum(0)
        known = born.sum() if t == 0 else float(whole["births"].sel(year=year - 1).sum())
        births = chosen(known / born.sum(), DIGITS, None if usual is None else before[4][0, 0], NEAR["births"])
        girls = births * born / (1 + ours["sex_ratio_at_birth"][t])
        there[:, 0] = np.stack([girls, births * born - girls]) * survival[:, 0]
        exact[:, 0] = there[:, 0].sum(-1)
        exact[:, 0] = np.array([girls.sum(), (births * born - girls).sum()]) * our_survival[:, 0, 0] / exact[:, 0]
        alive = chosen(exact, DIGITS + 1, before[3], NEAR["alive"])
        there[:, 0] *= alive[:, :1]
        known = [reported.get(name, {}).get(int(year), {}).get("population_total") for name in names]
        totals = np.array(known, dtype=float) if None not in known else None
        rates = theirs["net_migration_rate"][t]

        def after(factors, there=there, rates=rates, left=1.0):
            here = {name: factor[..., None] for name, factor in zip(FACTORS, factors, strict=False)}
            return there * (1 + balanced(rates, here, left))

        factors, left = fitted(there, rates, target, province, totals)
        if usual is not None:
            near = abs(after(before, left=left[province]).sum(-1) / target - 1) < NEAR["people"]
            factors = np.where(near, before[:3], factors)
        there = after(factors, left=left[province])
        people = people + CENSUS_TO_YEAR_END * (there - people) if t == 0 else there
        told[:, t] = np.stack([*factors, alive, np.full(alive.shape, births)])
        if totals is not None:
            rows += [("", name, year, "", "", "", "", each, "", "") for name, each in zip(names, left, strict=True)]
        off = abs(there.sum(-1) / target - 1)
        print(f"{scenario.name} {year}: people {there.sum() / target.sum() - 1:+.1e}, worst age {off.max():.1e}")
    return told, rows


def main() -> None:
    slugs, nation = units_of_china(), nation_of()
    launches, (china,) = launches_from(slugs), launches_from(["china"])
    usual, rows = laid(nation.medium, launches, china, nation)
    labels = pd.MultiIndex.from_product(
        [["china"], range(china.base, HORIZON + 1), ["female", "male"], range(usual.shape[-1])],
        names=["area", "year", "sex", "age"],
    )
    frames = [pd.DataFrame(rows, columns=["scenario", *labels.names, *FACTORS])]
    frames += [pd.DataFrame(usual.reshape(len(FACTORS), -1).T, labels, FACTORS).reset_index().assign(scenario="")]
    for name in sorted(set(load_table("assumptions")["scenario"].dropna()) - {nation.medium.name}):
        found = laid(Scenario.load(name), launches, china, nation, usual)[0]
        other = found != usual
        other[4] &= np.indices(usual.shape[1:])[1:].sum(axis=0) == 0  # once a year is enough
        own = pd.DataFrame(np.where(other, found, np.nan).reshape(len(FACTORS), -1).T, labels, FACTORS)
        frames.append(own.dropna(how="all").reset_index().assign(scenario=name))
        print(name, len(frames[-1]), "rows")
    frame = pd.concat(frames)[["scenario", *labels.names, *FACTORS]]
    frame.sort_values(["scenario", *labels.names], kind="stable").to_csv(OUT, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
