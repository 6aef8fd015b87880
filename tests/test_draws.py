"""Random paths: reproducible, nested, and as wide as they say."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from yilaolib.demography.cohorts import (
    SEX,
    annual_correlation,
    autoregressive,
    mean_spread,
    migration_noise,
    project_cohorts,
    stationary_spread,
    two_sided,
)
from yilaolib.demography.cohorts import random_stream as stream
from yilaolib.demography.local import launch_of
from yilaolib.demography.measures import persons
from yilaolib.demography.projection import Scenario, _e0, _tfr, nation_of, project, simulate
from yilaolib.tables.areas import load_table


def test_more_draws_and_years_leave_the_first_as_they_are():
    """Draw k of year t is the same however many draws and years are asked for."""
    few, many = (autoregressive(stream(3, "tfr"), years, draws, 0.9) for years, draws in ((5, 3), (40, 90)))
    np.testing.assert_array_equal(few, many[:5, :3])


def test_names_have_streams_of_their_own():
    """Two names give different numbers, one name twice the same."""
    a, b, again = (stream(0, name).standard_normal(4) for name in ("tfr", "e0", "tfr"))
    assert (a != b).all() and (a == again).all()


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.98])
def test_paths_have_spread_one_and_the_correlation(correlation):
    """Every year has spread 1, and neighbouring years the correlation that was asked for."""
    z = autoregressive(stream(0, "x"), 30, 20_000, correlation)
    assert z.std(axis=1) == pytest.approx(np.ones(30), abs=0.03)
    assert np.corrcoef(z[10], z[11])[0, 1] == pytest.approx(correlation, abs=0.03)


def test_known_start_opens_towards_its_spread():
    """A path with a known start is 0 in the first year and reaches its spread over ten years ahead as fitted."""
    persistence, sd = 0.6, 0.13
    z = autoregressive(stream(0, "x"), 11, 20_000, annual_correlation(persistence), known_start=True)
    assert (z[0] == 0).all()
    assert (z[10] * stationary_spread(sd, persistence)).std() == pytest.approx(sd, rel=0.03)


def test_80_per_cent_lie_between_the_two_sides():
    """A tenth of the deviations lies below the lower and a tenth above the upper distance."""
    z = np.random.default_rng(0).standard_normal((1, 40_000))
    deviations = two_sided(z, np.array([2.0]), np.array([5.0]))
    assert np.quantile(deviations, [0.1, 0.9]) == pytest.approx([-2, 5], rel=0.03)


def test_migration_patterns_are_those_of_ten_year_means():
    """The mean over ten years has the fitted spread at every sex and age."""
    loadings = np.random.default_rng(0).uniform(0.001, 0.01, (3, 2, 101))
    ten_years = migration_noise(0, "x", 10, 5000, loadings, 0.95).mean(axis=0)
    wanted = np.sqrt((loadings**2).sum(axis=0))
    assert ten_years.std(axis=-1) / wanted == pytest.approx(np.ones((2, 101)), rel=0.05)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.95])
def test_spread_of_a_mean_by_simulation(correlation):
    """The formula for the spread of a mean agrees with simulated paths."""
    z = autoregressive(stream(0, "x"), 10, 50_000, correlation)
    assert z.mean(axis=0).std() == pytest.approx(mean_spread(correlation), rel=0.02)


def test_a_batch_of_draws_is_the_draws_one_by_one():
    """The cohorts of all draws at once are the cohorts of each alone."""
    rng, year, age = np.random.default_rng(0), np.arange(2020, 2024), np.arange(101)
    people = xr.DataArray(rng.uniform(1, 9, (2, 101)), {"sex": SEX, "age": age}, ("sex", "age"))
    coords = {"year": year, "sex": SEX, "age": age}
    survival = xr.DataArray(rng.uniform(0.9, 1, (4, 2, 101, 3)), coords, ("year", "sex", "age", "draw"))
    rates = xr.DataArray(rng.uniform(0, 0.1, (4, 35, 3)), {"year": year, "age": age[15:50]}, ("year", "age", "draw"))
    ratio = xr.DataArray(np.full(4, 1.06), {"year": year}, "year")
    moves = (survival - 0.95) / 10
    batch = project_cohorts(people, survival, rates, ratio, net_migration_rate=moves)
    for k in range(3):
        s, f, m = (array.isel(draw=k) for array in (survival, rates, moves))
        one = project_cohorts(people, s, f, ratio, net_migration_rate=m)
        xr.testing.assert_allclose(batch.population.isel(draw=k, drop=True), one.population)
        xr.testing.assert_allclose(batch.deaths.isel(draw=k, drop=True), one.deaths)


def test_areas_side_by_side_are_the_areas_alone():
    """Projecting two areas together gives each the figures and the draws that it has alone."""
    launches, nation = [launch_of(area) for area in ("haian", "yueyang")], nation_of()
    both = simulate(launches, Scenario("x"), 2026, nation, draws=4, seed=2)
    for launch in launches:
        alone = simulate([launch], Scenario("x"), 2026, nation, draws=4, seed=2)
        np.testing.assert_allclose(both.population.sel(area=launch.area), alone.population.sel(area=launch.area))


def test_equal_rates_summed_over_areas_are_the_total():
    """With the same rates everywhere the areas add up to the projection of their sum."""
    rng, year, age = np.random.default_rng(1), np.arange(2020, 2030), np.arange(101)
    coords = {"year": year, "sex": SEX, "age": age}
    parts = xr.DataArray(rng.uniform(1, 9, (5, 2, 101)), {"sex": SEX, "age": age}, ("area", "sex", "age"))
    survival = xr.DataArray(rng.uniform(0.9, 1, (10, 2, 101)), coords, ("year", "sex", "age"))
    rates = xr.DataArray(rng.uniform(0, 0.1, (10, 35)), {"year": year, "age": age[15:50]}, ("year", "age"))
    ratio = xr.DataArray(np.full(10, 1.06), {"year": year}, "year")
    moves = (survival - 0.95) / 10
    apart = project_cohorts(parts, survival, rates, ratio, net_migration_rate=moves).population.sum("area")
    whole = project_cohorts(parts.sum("area"), survival, rates, ratio, net_migration_rate=moves).population
    xr.testing.assert_allclose(apart.transpose(*whole.dims), whole)


def test_long_run_is_the_leading_eigenpair():
    """Under constant rates the women grow by the Leslie matrix's leading eigenvalue, in the shape of its vector."""
    n = 60
    year, age = np.arange(2000, 2000 + 700), np.arange(n)
    s, f = np.full(n, 0.99), np.where((age >= 20) & (age < 40), 0.2, 0.0)
    matrix = np.diag(s[1:], -1)
    matrix[-1, -1] = s[-1]
    # births see the mean of the women at both ends; half of them are girls, who survive to the year's end
    girls = f / 2 * s[0] / 2
    matrix[0] = girls + np.append(girls[1:] * s[1:], girls[-1] * s[-1])
    values, vectors = np.linalg.eig(matrix)
    lead = np.argmax(values.real)
    coords = {"year": year, "sex": SEX, "age": age}
    people = xr.DataArray(np.ones((2, n)), {"sex": SEX, "age": age}, ("sex", "age"))
    survival = xr.DataArray(np.broadcast_to(s, (700, 2, n)), coords, ("year", "sex", "age"))
    rates = xr.DataArray(np.broadcast_to(f, (700, n)), {"year": year, "age": age}, ("year", "age"))
    ratio = xr.DataArray(np.ones(700), {"year": year}, "year")
    women = project_cohorts(people, survival, rates, ratio).population.sel(sex="female")
    growth = float(women.isel(year=-1).sum() / women.isel(year=-2).sum())
    shape = vectors[:, lead].real / vectors[:, lead].real.sum()
    assert growth == pytest.approx(values[lead].real, rel=1e-9)
    np.testing.assert_allclose(women.isel(year=-1) / women.isel(year=-1).sum(), shape, rtol=1e-6)


def test_quantiles_are_ordered_and_hold_the_centre():
    """Quantiles of the draws rise with their level, and the central path lies between the 10th and the 90th."""
    drawn, centre = project("haian", end_year=2040, draws=200, seed=5), project("haian", end_year=2040)
    for ages in ((0, None), (60, None), (80, None), (0, 3)):
        q = persons(drawn, *ages).quantile([0.025, 0.1, 0.5, 0.9, 0.975], "draw")
        assert (q.diff("quantile") >= 0).all()
        middle = persons(centre, *ages).sel(year=2040)
        assert q.sel(quantile=0.1, year=2040) < middle < q.sel(quantile=0.9, year=2040)


def test_another_process_draws_the_same():
    """The same seed gives the same people in a process of its own."""
    code = (
        "import yilaolib as yl; drawn = yl.project('haian', end_year=2030, draws=3, seed=9); "
        "print(repr(float(yl.persons(drawn, 60)[-1, -1])))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = persons(project("haian", end_year=2030, draws=3, seed=9), 60)[-1, -1]
    assert float(told) == float(here)


def test_where_nobody_moves_no_draw_moves_anybody():
    """The scenario without migration has none in any draw."""
    drawn = project("haian", scenario="zero-migration", end_year=2025, draws=5)
    assert float(abs(drawn.net_migration.isel(year=slice(0, -1))).max()) == 0


@pytest.fixture(scope="module")
def china():
    return project("china", end_year=2061, draws=1000, seed=0)


@pytest.mark.parametrize("flow", ["births", "deaths"])
@pytest.mark.parametrize("level", [80, 95])
def test_nation_spreads_as_the_united_nations_print(china, flow, level):
    """China's births and deaths of 2025-2060 have ranges as wide as WPP 2024's: 5 % off on average, nowhere 20 %."""
    years = np.arange(2025, 2061)
    printed = load_table("series", area="china").query("indicator == @flow").set_index("year").loc[years]
    tails = [0.5 - level / 200, 0.5 + level / 200]
    ours = china[flow].sum("sex").sel(year=years - 1).quantile(tails, "draw").diff("quantile").to_numpy()[0]
    off = ours / (printed[f"upper_{level}"] - printed[f"lower_{level}"]).to_numpy() - 1
    assert abs(off).mean() < 0.06 and abs(off).max() < 0.2


@pytest.mark.parametrize("level", [80, 95])
@pytest.mark.parametrize("name", ["tfr", "e0_female", "e0_male"])
def test_fertility_and_mortality_reach_the_printed_ends(name, level):
    """The fan of China's TFR and e0 ends where WPP 2024 prints it, within a tenth of the range's width."""
    years = np.arange(2024, 2061)
    nation, china, plain = nation_of(), launch_of("china"), Scenario("x")
    if name == "tfr":
        drawn = _tfr([china], plain, years, nation, 4000, 0)[:, 0]
    else:
        drawn = _e0([china], plain, years, nation, 4000, 0)[:, SEX.index(name.removeprefix("e0_")), 0]
    printed = load_table("series", area="china").query("indicator == @name").set_index("year").loc[years]
    lower, upper = printed[f"lower_{level}"].to_numpy(), printed[f"upper_{level}"].to_numpy()
    ours = np.quantile(drawn, [0.5 - level / 200, 0.5 + level / 200], axis=1)
    assert (abs(ours - np.stack([lower, upper])) / (upper - lower)).max() < 0.1


def test_no_draw_goes_below_the_floor_of_the_tables(tmp_path):
    """The lowest TFR of a draw is a row of `assumptions`: with a floor of 2 no draw has less."""
    row = "parameter,value,unit,source\nlowest_tfr,2,children per woman,judged\n"
    (tmp_path / "assumptions.csv").write_text(row, encoding="utf-8")
    drawn = _tfr([launch_of("haian")], Scenario("x"), np.arange(2020, 2030), nation_of(root=tmp_path), 20, 0)
    assert drawn.min() == 2.0
