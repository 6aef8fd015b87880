"""The cohort step: published worked examples, what must hold for any population, its sexes and its random paths."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import AGE, SEX, SWEDEN_CLOSED, SWEDEN_GROWTH_PER_STEP, SWEDEN_OPEN, gompertz, people, quick, typed

from yilaolib import DataError, life_table, project_cohorts

from yilaolib.demography.cohorts import (  # isort: skip
    autoregressive, drawn_to_balance, imbalance, mean_spread, men_share, random_stream, stray_paths,
)  # fmt: skip

BOX_61 = typed(SWEDEN_CLOSED, "persons", "L", "asfr", "in_1998", "in_2003", "stable")
BOX_62 = typed(SWEDEN_OPEN, "migrants", "births", "females", "males")
YEARS = np.array([2020, 2021, 2022])
HALF = np.full(101, 0.5)
seeds = st.integers(0, 10_000)
timings = st.sampled_from(["end", "even"])


def sweden(steps=1):
    """Rates of boxes 6.1 and 6.2 for some steps: survival from nLx, fertility, 1.05 boys per girl."""
    years, ages, lived = np.arange(1993, 1993 + 5 * steps, 5), BOX_61.index.to_numpy(), BOX_61["L"].to_numpy()
    ratios = np.concatenate([[lived[0] / 500_000], lived[1:-1] / lived[:-2], [lived[-1] / (lived[-2] + lived[-1])]])
    return {
        "survival": people(ratios, ages=ages).expand_dims(year=years),
        "asfr": xr.DataArray(BOX_61["asfr"].to_numpy(), coords={"age": ages}, dims="age").expand_dims(year=years),
        "sex_ratio_at_birth": xr.DataArray(np.full(steps, 1.05), coords={"year": years}, dims="year"),
        "step": 5,
    }


def test_sweden_closed():
    """Two steps of Sweden's females: the persons of Preston, Heuveline and Guillot, box 6.1."""
    start = people(BOX_61["persons"], ages=BOX_61.index)
    females = project_cohorts(start, **sweden(steps=2)).population.sel(sex="female")
    np.testing.assert_allclose(females.sel(year=1998), BOX_61["in_1998"], atol=0.5)
    np.testing.assert_allclose(females.sel(year=2003), BOX_61["in_2003"], atol=0.5)


def test_sweden_stable():
    """The matrix of one step has the growth and the stable shares of box 6.1."""
    ages = BOX_61.index.to_numpy()
    one_each = xr.DataArray(np.eye(len(ages)), coords={"age": ages, "start": ages}, dims=("age", "start"))
    start = one_each.expand_dims(sex=SEX)
    matrix = project_cohorts(start, **sweden()).population.sel(year=1998, sex="female").transpose("age", "start")
    values, vectors = np.linalg.eig(matrix.to_numpy())
    leading = values.real.argmax()
    stable = vectors[:, leading].real / vectors[:, leading].real.sum()
    assert values[leading].real == pytest.approx(SWEDEN_GROWTH_PER_STEP, abs=1e-8)
    np.testing.assert_allclose(stable, BOX_61["stable"], atol=1e-9)


def test_sweden_open():
    """Both sexes with migration through the step: persons and births by age of mother of box 6.2."""
    rates, ages = sweden(), BOX_61.index
    migrants = people(BOX_62["migrants"], ages=ages).expand_dims(year=[1993])
    before = people(BOX_61["persons"], ages=ages)
    after = project_cohorts(before, **rates, net_migration=migrants, migration_timing="even")
    np.testing.assert_allclose(after.population.sel(year=1998, sex="female"), BOX_62["females"], atol=0.5)
    np.testing.assert_allclose(after.population.sel(year=1998, sex="male"), BOX_62["males"], atol=0.5)
    births = after.births_by_age.sel(year=1993)
    np.testing.assert_allclose(births, BOX_62["births"].loc[births["mother_age"]], atol=0.5)
    assert float(births.round().sum()) == 615_989


def rates_of(seed, years=YEARS, ages=AGE):
    """Random but possible rates for some years."""
    rng, coords = np.random.default_rng(seed), {"year": years, "sex": SEX, "age": ages}
    mothers = ages[(ages >= 15) & (ages < 50)]
    fertility = rng.uniform(0, 0.2, (len(years), len(mothers)))
    return {
        "survival": xr.DataArray(rng.uniform(0.5, 1, (len(years), 2, len(ages))), coords=coords, dims=tuple(coords)),
        "asfr": xr.DataArray(fertility, coords={"year": years, "age": mothers}, dims=("year", "age")),
        "sex_ratio_at_birth": xr.DataArray(rng.uniform(1, 1.2, len(years)), coords={"year": years}, dims="year"),
    }


def random_people(seed):
    rng = np.random.default_rng(seed)
    return people(rng.uniform(0, 1000, 101), rng.uniform(0, 1000, 101))


def migrants_of(seed, size):
    """Net migrants by year, sex and age, between -size and size."""
    values = np.random.default_rng(seed).uniform(-size, size, (len(YEARS), 2, len(AGE)))
    return xr.DataArray(values, coords={"year": YEARS, "sex": SEX, "age": AGE}, dims=("year", "sex", "age"))


def same(one, other, rtol=1e-9):
    np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-6)


@quick
@given(seeds, timings, st.sampled_from([0, 100, 3000]))
def test_balance(seed, timing, size):
    """P1 = P0 + B - D + M for each sex and year, even where more leave than there are."""
    out = project_cohorts(
        random_people(seed),
        **rates_of(seed),
        net_migration=migrants_of(seed, size),
        net_migration_rate=migrants_of(seed + 1, 0.01),
        migration_timing=timing,
    )
    totals = out.population.sum("age")
    before, after = totals.isel(year=slice(0, -1)), totals.isel(year=slice(1, None))
    flows = (out.births - out.deaths + out.net_migration.sum("age", skipna=False)).isel(year=slice(0, -1))
    same(after.to_numpy(), (before + flows).to_numpy())


@quick
@given(seeds, timings)
def test_nothing_is_negative(seed, timing):
    """However many leave, no age has fewer than 0 persons, and the cells that were held at 0 are counted."""
    given = rates_of(seed) | {"net_migration": migrants_of(seed, 3000), "migration_timing": timing}
    out = project_cohorts(random_people(seed), **given)
    assert float(out.population.min()) >= 0 and int(out.negative_cells.isel(year=slice(1, None)).min()) > 0


def forever(asfr=0.0, survival=1.0, at=(30, 31)):
    """Rates of one year in which everybody survives unless told otherwise, and women of some ages bear children."""
    return {
        "survival": people(survival).expand_dims(year=[2020]),
        "asfr": xr.DataArray(
            np.full((1, len(at)), asfr), coords={"year": [2020], "age": list(at)}, dims=("year", "age")
        ),
        "sex_ratio_at_birth": xr.DataArray([1.05], coords={"year": [2020]}, dims="year"),
    }


def test_births_by_hand():
    """1,000 women of 30 spend half the year at 30 and half at 31: at 0.1 a year they bear 100, 100 / 2.05 girls."""
    out = project_cohorts(people(np.where(AGE == 30, 1000.0, 0.0), 0.0), **forever(asfr=0.1))
    assert out.births_by_age.sel(year=2020).to_series().to_dict() == {30: 50.0, 31: 50.0}
    assert out.births.sel(year=2020, sex="female").item() == pytest.approx(100 / 2.05)
    assert out.population.sel(year=2021, age=0).sum().item() == pytest.approx(100)


def test_deaths_by_hand():
    """Of 1,000 who survive the year with 0.9, and of 100 births with 0.9, 110 die."""
    out = project_cohorts(people(np.where(AGE == 30, 1000.0, 0.0), 0.0), **forever(asfr=0.1 / 0.95, survival=0.9))
    assert out.births.sel(year=2020).sum().item() == pytest.approx(100)
    assert out.deaths.sel(year=2020).sum().item() == pytest.approx(110)


def test_last_ratio_is_for_the_two_last_groups():
    """100 aged 99 and 50 aged 100 and over survive with one half: 75 are left in the open group."""
    survival = np.where(AGE == 100, 0.5, 1.0)
    out = project_cohorts(people(np.select([AGE == 99, AGE == 100], [100.0, 50.0])), **forever(survival=survival))
    assert out.population.sel(year=2021, age=100).to_numpy().tolist() == [75.0, 75.0]


def test_rate_of_migration_is_on_survivors():
    """Of 1,000 of whom 900 survive, 2 % are 18 who leave."""
    rate = migrants_of(0, 0).isel(year=[0]) - 0.02
    before = people(np.where(AGE == 30, 1000.0, 0.0), 0.0)
    out = project_cohorts(before, **forever(survival=0.9), net_migration_rate=rate)
    assert out.net_migration.sel(year=2020).sum().item() == pytest.approx(-18)


@pytest.mark.parametrize("step", [1, 5])
def test_stationary_population_stays(step):
    """The years lived of a life table, with as many births as it has, are the same after three steps."""
    ages, srb = AGE[::step], 1.06
    mx = gompertz().loc[AGE if step == 1 else [0, 1, *range(5, 105, 5)]]
    tables = [life_table(mx, sex=sex, radix=radix) for sex, radix in zip(SEX, (1000, 1000 * srb), strict=True)]
    start = people(*[table["Lx"].groupby(table.index // step * step).sum() for table in tables], ages=ages)
    women = float(start.sel(sex="female", age=slice(20, 39)).sum())
    years = 2020 + step * np.arange(3)
    mothers = ages[(ages >= 20) & (ages < 40)]
    asfr = np.full((3, len(mothers)), 1000 * (1 + srb) / women)
    survival = people(*[table["sx"].dropna() for table in tables], ages=ages)
    out = project_cohorts(
        start,
        survival.expand_dims(year=years),
        xr.DataArray(asfr, coords={"year": years, "age": mothers}, dims=("year", "age")),
        xr.DataArray(np.full(3, srb), coords={"year": years}, dims="year"),
        step=step,
    )
    for year in out["year"]:
        same(out.population.sel(year=year), start)


@quick
@given(seeds, timings)
def test_further_dims_give_the_same_as_one_by_one(seed, timing):
    """Areas in the population, draws in the rates: each pair comes out as it does alone."""
    areas, rates = [random_people(seed), random_people(seed + 1)], [rates_of(seed), rates_of(seed + 2)]
    moved = migrants_of(seed, 50)
    joined = {name: xr.concat([r[name] for r in rates], pd.Index([0, 1], name="draw")) for name in rates[0]}
    start = xr.concat(areas, pd.Index(["a", "b"], name="area"))
    together = project_cohorts(start, **joined, net_migration=moved, migration_timing=timing)
    for i, area in enumerate("ab"):
        for draw in (0, 1):
            alone = project_cohorts(areas[i], **rates[draw], net_migration=moved, migration_timing=timing)
            for name in ("population", "births", "deaths", "negative_cells"):
                same(together[name].sel(area=area, draw=draw), alone[name], rtol=1e-12)


def random_rates(seed):
    """Rates (sex, age) and persons (sex, age)."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.02, (2, 101)), rng.uniform(1, 1000, (2, 101))


@given(st.integers(0, 10_000))
def test_pull_moves_nobody_on_balance(seed):
    """As many men come as women go: in the first year as many persons of each age move as without the pull."""
    rates, people = random_rates(seed)
    given_rates = np.repeat(rates[None], 3, axis=0)
    pulled = drawn_to_balance(given_rates, imbalance(people, people[::-1]), men_share(people), 0.07)
    np.testing.assert_allclose((pulled[0] * people).sum(axis=0), (rates * people).sum(axis=0), atol=1e-9)


@given(st.floats(-0.5, 0.5), st.floats(0, 0.2))
def test_imbalance_shrinks_and_never_turns(start, pull):
    """A cohort with too few men gains men every year, fewer from year to year, and never gets too many."""
    rates = drawn_to_balance(np.zeros((10, 2, 101)), np.full(101, start), HALF, pull)
    gained = [float(rates[t, 1, 30 + t] - rates[t, 0, 30 + t]) for t in range(10)]
    left = start + np.cumsum(gained)
    assert (left * start >= 0).all() and (np.diff(np.abs([start, *left])) <= 1e-12).all()


def test_more_draws_and_years_leave_the_first_as_they_are():
    """Draw k of year t is the same however many draws and years are asked for."""
    few, many = (autoregressive(random_stream(3, "tfr"), years, draws, 0.9) for years, draws in ((5, 3), (40, 90)))
    np.testing.assert_array_equal(few, many[:5, :3])


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.98])
def test_paths_have_spread_one_and_the_correlation(correlation):
    """Every year has spread 1, and neighbouring years the correlation that was asked for."""
    z = autoregressive(random_stream(0, "x"), 30, 20_000, correlation)
    assert z.std(axis=1) == pytest.approx(np.ones(30), abs=0.03)
    assert np.corrcoef(z[10], z[11])[0, 1] == pytest.approx(correlation, abs=0.03)


def test_paths_of_patterns_have_spread_one_over_ten_years():
    """The mean over ten years of a path has spread 1 once it is divided by `mean_spread`."""
    ten_years = stray_paths("x", 0, 3, 10, 5000, 0.95).mean(axis=0) / mean_spread(0.95)
    assert ten_years.std(axis=-1) == pytest.approx(np.ones(3), rel=0.05)


def changed(**changes):
    rates = {**rates_of(1), **changes}
    return lambda: project_cohorts(rates.pop("population", random_people(1)), **rates)


RATES = rates_of(1)
HALF_YEARS = RATES["asfr"].assign_coords(age=np.arange(15, 50) + 0.5)
DRAWS = {name: RATES[name].expand_dims(draw=draw) for name, draw in (("survival", [0, 1]), ("asfr", [1, 0]))}
BAD = [
    (changed(migration_timing="start"), "migration_timing is 'start'; it must be 'end' or 'even'"),
    (changed(population=people(1.0, ages=AGE[::5])), r"Ages must be 1 years apart.*they are \[0, 5, 10, 15\]"),
    (changed(**rates_of(1, years=YEARS * 5)), r"Years must be 1 apart for a step of 1; survival has \[10100"),
    (changed(survival=RATES["survival"].isel(sex=0)), r"survival needs the dims .* it lacks \['sex'\]"),
    (changed(population=random_people(1).isel(sex=[0])), "population lacks values for some of .* sexes or ages"),
    (changed(survival=RATES["survival"].isel(age=slice(90))), "survival lacks values .* years 2020-2022"),
    (changed(asfr=RATES["asfr"].isel(year=[0])), "asfr lacks values for some of the years 2020-2022"),
    (changed(asfr=HALF_YEARS), r"asfr has the age 15.5, which is no age of the population \(\[0, 1, 2, 3\]"),
    (changed(net_migration=migrants_of(1, 1)[:2]), "net_migration lacks values"),
    (changed(asfr=RATES["asfr"] * 0 - 0.1), r"asfr has a negative value \(-0.1\); it must be 0 or more"),
    (changed(**DRAWS), "asfr has other labels of 'draw' than the inputs before it"),
]


@pytest.mark.parametrize(("call", "sentence"), BAD)
def test_bad_input_is_refused_in_a_sentence(call, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        call()
