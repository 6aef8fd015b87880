"""Populations in every form, split to single ages and summed again; nobody is lost on the way."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from oracles import AGE, SEX, counts, people, quick

from yilaolib.demography.ages import as_array, graduate, group_ages
from yilaolib.errors import DataError

LAYOUTS = ([0, 1, *range(5, 90, 5)], list(range(0, 105, 5)), [0, 60], [0, 3, 15, 60, 65, 80], [0], [0, 15, 65, 99])


@st.composite
def groups(draw):
    """A population in age groups, some of them empty."""
    ages = draw(st.sampled_from(LAYOUTS))
    return pd.Series(draw(counts(len(ages))), index=ages)


@quick
@given(groups())
def test_graduation_keeps_every_group(population):
    """Single ages sum back to the groups that they came from."""
    back = group_ages(graduate(population), edges=population.index)
    np.testing.assert_allclose(back, population, rtol=1e-9, atol=1e-9 * population.sum())


@quick
@given(groups(), counts(101, 1000))
def test_graduation_by_a_standard_keeps_every_group(population, shape):
    """The same, where the groups are split as a standard is, even one with empty groups."""
    back = group_ages(graduate(population, standard=pd.Series(shape)), edges=population.index)
    np.testing.assert_allclose(back, population, rtol=1e-9)


@quick
@given(groups())
def test_graduation_is_never_negative(population):
    """No single age has fewer than 0 persons."""
    assert graduate(population).min() >= 0


@quick
@given(counts(101))
def test_single_ages_stay_as_they_are(persons):
    """A population by single age is not changed."""
    np.testing.assert_allclose(graduate(pd.Series(persons)), persons, rtol=1e-9, atol=1e-9 * sum(persons))


@quick
@given(counts(101, 1000))
def test_a_standard_gives_its_own_shape_back(persons):
    """A population that was grouped is restored by the standard that it is itself."""
    population = pd.Series(persons)
    groups = group_ages(population, edges=LAYOUTS[0])
    np.testing.assert_allclose(graduate(groups, standard=population), persons, rtol=1e-9)


@pytest.mark.parametrize("standard", [None, pd.Series(np.linspace(9, 1, 101))], ids=["smooth", "standard"])
def test_two_sexes_give_the_same_as_one_by_one(standard):
    """Further dims change nothing: each sex of each area comes out as it does alone."""
    ages = LAYOUTS[0]
    values = np.random.default_rng(1).uniform(0, 1000, (3, 2, len(ages)))
    both = xr.DataArray(values, coords={"area": list("abc"), "sex": SEX, "age": ages}, dims=("area", "sex", "age"))
    together = graduate(both, standard=standard)
    for area in "abc":
        for sex in SEX:
            alone = graduate(pd.Series(both.sel(area=area, sex=sex).to_numpy(), index=ages), standard=standard)
            np.testing.assert_allclose(together.sel(area=area, sex=sex), alone, rtol=1e-12)


def test_open_group_falls_off_from_the_ages_below():
    """The single ages of the open group fall by one ratio, and start below the last closed age."""
    falling = np.linspace(1000, 150, 17)
    single = graduate(pd.Series([*falling, 200.0], index=range(0, 90, 5)))
    ratios = (single.loc[86:] / single.loc[85:99].to_numpy()).to_numpy()
    assert single.loc[85] < single.loc[84]
    assert ratios.max() < 1
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-9)


def test_group_that_the_standard_leaves_empty_is_split_evenly():
    """10 persons aged 0-4 are 2 at each age when the standard knows nobody there."""
    standard = pd.Series(np.where(AGE < 5, 0.0, 1.0))
    assert graduate(pd.Series([10.0, 7.0], index=[0, 5]), standard=standard).loc[:4].tolist() == [2.0] * 5


def test_standard_by_sex_serves_a_population_of_both_sexes():
    """Where the population has no sex, the standard's sexes count together."""
    standard = people(np.where(AGE == 0, 3.0, 1.0), np.where(AGE == 0, 5.0, 1.0))
    split = graduate(pd.Series([10.0, 0.0], index=[0, 2]), standard=standard)
    assert split.loc[[0, 1]].tolist() == [8.0, 2.0]


def test_default_groups_are_those_of_the_plans():
    """Under 3, 3-14, 15-59, 60-64, 65-79 and 80+: one person an age makes 3, 12, 45, 5, 15 and 21."""
    assert group_ages(pd.Series(np.ones(101))).tolist() == [3, 12, 45, 5, 15, 21]


def test_ages_below_the_first_edge_are_left_out():
    """Groups from 60 on hold nobody younger."""
    assert group_ages(pd.Series(np.ones(101)), edges=(60, 80)).tolist() == [20, 21]


def test_rows_may_come_in_any_order():
    """A population is sorted by age before anything is done with it."""
    mixed = pd.Series([3.0, 1.0, 2.0], index=[65, 0, 60])
    assert group_ages(mixed, edges=(0, 60)).tolist() == [1.0, 5.0]


def test_tidy_frame_comes_back_as_a_tidy_frame():
    """A frame by sex keeps its key, has the width of each group, and no width where the group is open."""
    frame = pd.DataFrame({"sex": ["female"] * 2 + ["male"] * 2, "age": [0, 60] * 2, "persons": [6.0, 4, 60, 40]})
    single = graduate(frame)
    assert single.columns.tolist() == ["sex", "age", "n", "persons"]
    assert single["n"].isna().sum() == 2 and set(single["n"].dropna()) == {1}
    assert single.groupby("sex")["persons"].sum().round(9).to_dict() == {"female": 10, "male": 100}


def test_areas_with_other_open_groups_share_a_frame():
    """A county that prints 85+ and a nation that prints 100+ are both summed to 60+; what no row has stays missing."""
    rows = [("a", 2020, 0, 5.0), ("a", 2020, 60, 2.0), ("a", 2020, 85, 1.0), ("b", 2010, 0, 7.0), ("b", 2010, 60, 4.0)]
    grouped = group_ages(pd.DataFrame(rows, columns=["area", "year", "age", "persons"]), edges=(0, 60))
    assert grouped.set_index(["area", "year", "age"])["persons"].to_dict() == {
        ("a", 2020, 0): 5, ("a", 2020, 60): 3, ("b", 2010, 0): 7, ("b", 2010, 60): 4,
    }  # fmt: skip


def test_key_with_one_value_is_no_dim():
    """The rows of one area and one census are one pyramid by sex and age."""
    frame = pd.DataFrame({"area": "a", "year": 2020, "sex": SEX, "age": 0, "persons": [1.0, 2.0]})
    assert set(as_array(frame).dims) == {"sex", "age"}


ONE_SEX = people(1.0).sel(sex=["female"])
BAD = {
    "no column persons": (
        lambda: as_array(pd.DataFrame({"age": [0], "people": [1]})),
        r"needs the columns 'age' and 'persons'; it has \['age', 'people'\]",
    ),
    "key twice": (
        lambda: as_array(pd.DataFrame({"sex": "male", "age": [0, 0], "persons": [1, 2]})),
        "has sex male, age 0 twice. Each key may come once",
    ),
    "no age": (lambda: as_array(xr.DataArray([1.0], dims="years")), r"needs an axis 'age'.*'years': 1"),
    "nobody": (lambda: graduate(pd.Series([], dtype=float)), "needs an axis 'age' with ages"),
    "a list": (lambda: as_array([1, 2]), "must be a Series indexed by age, a DataFrame, .* not list"),
    "ages in words": (lambda: as_array(pd.Series([1.0, 2.0], index=["0-4", "5+"])), r"whole numbers.*\['0-4', '5\+'\]"),
    "half a year": (lambda: as_array(pd.Series([1.0, 2.0], index=[0, 2.5])), r"whole numbers.*2\.5"),
    "age twice": (lambda: as_array(pd.Series([1.0, 2.0], index=[0, 0])), "An age comes twice"),
    "negative": (lambda: as_array(pd.Series([1.0, -2.0], index=[0, 5])), "negative; the smallest value is -2"),
    "starts at 5": (lambda: graduate(pd.Series([1.0, 2.0], index=[5, 60])), "start at 0.*they run from 5 to 60"),
    "ends at 105": (lambda: graduate(pd.Series([1.0, 2.0], index=[0, 105])), "end at 100 or below.*from 0 to 105"),
    "missing": (lambda: graduate(pd.Series([1.0, np.nan], index=[0, 5])), "lacks persons at age 5"),
    "grouped standard": (
        lambda: graduate(pd.Series([1.0, 2.0], index=[0, 60]), standard=pd.Series([1.0, 2.0], index=[0, 60])),
        r"must have all single ages 0 ... 100; use graduate\(\)",
    ),
    "standard of one sex": (
        lambda: graduate(people(1.0), standard=ONE_SEX),
        r"all sexes of the population; it has \['female'\]",
    ),
    "no edges": (
        lambda: group_ages(pd.Series([1.0, 2.0], index=[0, 5]), edges=()),
        "group_ages needs the lower bounds of the groups, such as edges",
    ),
    "edge in a group": (
        lambda: group_ages(pd.Series([1.0, 2.0], index=[0, 5]), edges=(0, 3)),
        r"Age 3 is not a lower bound of this population \(\[0, 5\]\). graduate\(\) it first",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_population_is_refused_in_a_sentence(name):
    """The error names what came and what is allowed."""
    call, sentence = BAD[name]
    with pytest.raises(DataError, match=sentence):
        call()
