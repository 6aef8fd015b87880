"""Measures of ageing: published shares come out, and they keep their bounds for any population."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from oracles import CENSUS_2020, CITIES, counts, future_of, quick

import yilaolib as yl
from yilaolib import DataError, dependency_ratio, elderly_share, group_ages, load_table, median_age, persons


@pytest.mark.parametrize("city", CITIES)
def test_census_totals(city):
    """The tables hold the census as it is published: residents, 60+ and 65+."""
    census = load_table("population", area=city).query("year == 2020")
    assert tuple(persons(census, age) for age in (0, 60, 65)) == CENSUS_2020[city]


def test_a_census_that_is_not_there_has_no_persons():
    """Of two areas with censuses of different years, the years that one lacks are missing, not 0."""
    rows = [("a", 2010, 0, 5.0), ("a", 2010, 60, 2.0), ("b", 2020, 0, 7.0), ("b", 2020, 60, 4.0)]
    found = persons(pd.DataFrame(rows, columns=["area", "year", "age", "persons"]), 60)
    assert float(found.sel(area="b", year=2020)) == 4 and np.isnan(found.sel(area="b", year=2010))


def test_an_age_inside_the_group_of_one_area_is_refused():
    """65+ of an area whose last group is 60+ is not known, also where another area of the frame has it."""
    rows = [("a", 0, 5.0), ("a", 60, 2.0), ("b", 0, 7.0), ("b", 60, 4.0), ("b", 65, 3.0)]
    frame = pd.DataFrame(rows, columns=["area", "age", "persons"])
    for call in (lambda: persons(frame, 65), lambda: group_ages(frame, edges=(0, 65))):
        with pytest.raises(DataError, match="Age 65 is not a lower bound for some of the keys"):
            call()
    assert persons(frame, 60).to_series().to_dict() == {"a": 2, "b": 7}


@quick
@given(counts(101))
def test_median_age_halves_the_population(ages):
    """The median lies within the ages, and half of the population is below it."""
    population = pd.Series(ages) + 1
    middle = median_age(population)
    below = population.loc[: int(middle) - 1].sum() + (middle - int(middle)) * population.loc[int(middle)]
    assert 0 <= middle <= 101 and below == pytest.approx(population.sum() / 2)


def test_dependency_ratio_by_hand():
    """30 children, 100 of 15-59, 20 of 60-64 and 24 of 65+: 44 old per 100 in China's count, 24 per 120 in the UN's."""
    population = pd.Series([30.0, 100.0, 20.0, 24.0], index=[0, 15, 60, 65])
    assert dependency_ratio(population) == pytest.approx(0.44)
    assert dependency_ratio(population, working_ages=(15, 64)) == pytest.approx(0.20)
    assert dependency_ratio(population, "young") == pytest.approx(0.30)


def test_population_table_is_the_measures_side_by_side():
    """The table of a projection has its persons and shares by year, and the groups lie within one another."""
    future = future_of("haian")
    table = yl.population_table(future)
    np.testing.assert_allclose(table["aged_0_2"], persons(future, 0, 3))
    np.testing.assert_allclose(table["share_65_pct"], 100 * elderly_share(future, 65))
    assert (table["total"] > table["aged_60"]).all() and (table["aged_65"] > table["aged_80"]).all()
    assert table.index.name == "year" and len(table) == 31


def stages(share_60, share_65):
    """Names of the stages (in percent) in the library's table of schemes."""
    return yl.ageing_stage(aged(share_60, share_65)).set_index("scheme")["stage_en"].to_dict()


def aged(share_60, share_65):
    """A population of which these percentages are 60+ and 65+."""
    return pd.Series([100 - share_60, share_60 - share_65, share_65], index=[0, 60, 65])


@pytest.mark.parametrize(("scheme", "share_60", "share_65", "stage"), [
    ("un-1956", 30, 3.99, "young"),
    ("un-1956", 30, 4.00, "mature"),  # 4 % is included
    ("un-1956", 30, 7.00, "aged"),  # 7 % is included
    ("vienna-1982", 9.99, 0, "below the cut"),
    ("vienna-1982", 10.0, 0, "ageing"),
    ("nhc-2022", 20.0, 0, "mild ageing"),  # 中度 is above 20 %
    ("nhc-2022", 20.01, 0, "moderate ageing"),
    ("nhc-2022", 30.0, 0, "moderate ageing"),  # 重度 is above 30 %
    ("nhc-2022", 30.01, 0, "severe ageing"),
    ("common-65", 30, 14.0, "aged society"),
    ("common-65", 30, 20.5, "super-aged society"),
    ("common-65-21", 30, 20.5, "aged society"),  # 21 % is used as well
    ("yingtan-footnote", 17.46, 12.15, "below moderate"),
    ("yingtan-footnote", 19.28, 14.31, "moderate ageing"),  # 65+ above 14 % is enough
    ("yingtan-footnote", 20.01, 10.0, "moderate ageing"),  # 60+ above 20 % is enough
    ("yingtan-footnote", 20.0, 14.0, "below moderate"),
])  # fmt: skip
def test_stage_at_its_cuts(scheme, share_60, share_65, stage):
    """Each scheme names the stage by its own base age, and includes its cut or does not."""
    assert stages(share_60, share_65)[scheme] == stage


@pytest.mark.parametrize(("share_60", "digits", "near"), [(19.996, 2, True), (19.98, 2, False), (19.98, 1, True)])
def test_share_close_to_a_cut_is_flagged(share_60, digits, near):
    """Within half of the last printed digit the stage could be the other one, and the row says so."""
    table = yl.ageing_stage(aged(share_60, 10), digits=digits).set_index("scheme")
    assert table.loc["nhc-2022", "near_cut"] == near


ONES = pd.Series(np.ones(101))
BAD = [
    (lambda: persons(ONES, 60, 50), "Nobody is aged 60 to below 50. Give the lower bound first"),
    (lambda: dependency_ratio(ONES, working_ages=(59, 15)), "Nobody is aged 59 to below 16"),
    (lambda: elderly_share(pd.Series([1.0, 2.0], index=[0, 30])), "Age 60 is not a lower bound"),
    (lambda: dependency_ratio(ONES, "elder"), "kind is 'elder'; it must be 'old', 'young' or 'total'"),
    (lambda: median_age(ONES * 0), "The population is empty, so it has no median age"),
    (lambda: median_age(pd.Series([1.0], index=[0])), "needs at least two age groups"),
    (lambda: yl.population_table(ONES), "neither years nor draws"),
    (lambda: yl.ageing_stage(future_of("haian")), r"one population at one date; this one also has \['year'\]"),
]


@pytest.mark.parametrize(("call", "sentence"), BAD)
def test_bad_measure_is_refused_in_a_sentence(call, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        call()


def test_median_age_by_hand():
    """20 people below 30 and 60 from 30 to below 60: the 40th is a third into the second group, at 40."""
    assert median_age(pd.Series([20.0, 60.0, 0.0], index=[0, 30, 60])) == pytest.approx(40)
