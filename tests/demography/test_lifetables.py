"""Life tables and fertility: published ones come out, columns hang together, a wanted e0 or TFR is reached."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import AGE, AUSTRIA_1992, MORTPAK_FEMALES, SEX, UN_1982_MALES, gompertz, quick, typed

from yilaolib import DataError, asfr, life_table, life_table_for_e0, load_table, single_year_mx, survival_table

ABRIDGED = [0, 1, *range(5, 105, 5)]
FIVE_YEARS = range(15, 50, 5)
standards = st.builds(gompertz, st.floats(1e-5, 3e-5), st.floats(0.08, 0.095), st.floats(0.002, 0.1))
sexes = st.sampled_from(SEX)
shares = st.lists(st.floats(0.01, 100), min_size=7, max_size=7)


def by_group(rates: pd.Series) -> pd.Series:
    """Rates at the ages that begin a group of an abridged table."""
    return rates.loc[ABRIDGED]


@pytest.mark.parametrize(
    ("published", "sex"), [(UN_1982_MALES, "male"), (MORTPAK_FEMALES, "female")], ids=["UN 1982 p. 34", "MORTPAK p. 82"]
)
def test_life_expectancy_is_the_published_one(published, sex):
    """Death rates printed by the United Nations give the life expectancies printed beside them."""
    table = typed(published, "mx", "ex")
    ours = life_table(table["mx"], sex=sex, a0="coale-demeny-west")
    np.testing.assert_allclose(ours["ex"], table["ex"], atol=0.006)


def test_full_table_of_austria():
    """Deaths and persons of Austria 1992 give the life table of Preston, Heuveline and Guillot, box 3.1."""
    box = typed(AUSTRIA_1992, "persons", "deaths", "ax", "q", "l", "L", "e")
    ours = life_table(box["deaths"] / box["persons"], sex="male", ax=box["ax"])
    np.testing.assert_allclose(ours["ex"], box["e"], atol=1e-5)
    np.testing.assert_allclose(ours["qx"], box["q"], atol=1e-9)
    np.testing.assert_allclose(ours["lx"], box["l"], atol=0.01)
    np.testing.assert_allclose(ours["Lx"], box["L"], atol=0.01)


@pytest.mark.parametrize(
    ("sex", "m0", "a0"),
    [  # Andreev and Kingkade 2015, table 3, worked out by hand: intercept + slope x m0
        ("female", 0.01, 0.1284773),  # 0.14903 - 2.05527 x 0.01
        ("female", 0.05, 0.2407145),  # 0.04667 + 3.88089 x 0.05
        ("female", 0.10, 0.31411),
        ("male", 0.01, 0.1293355),  # 0.14929 - 1.99545 x 0.01
        ("male", 0.05, 0.1913305),  # 0.02832 + 3.26021 x 0.05
        ("male", 0.10, 0.29915),
    ],
)
def test_infants_live_as_long_as_andreev_and_kingkade_say(sex, m0, a0):
    """The years lived by those who die as infants follow from m0 and sex."""
    table = life_table(pd.Series([m0, 0.001, 0.1], index=[0, 1, 5]), sex=sex)
    assert table["ax"][0] == pytest.approx(a0, abs=1e-9)


@quick
@given(standards, sexes, st.booleans())
def test_columns_hang_together(rates, sex, abridged):
    """Who does not die survives, everybody dies once, and rates are deaths over years lived."""
    table = life_table(by_group(rates) if abridged else rates, sex=sex)
    np.testing.assert_allclose(table["lx"].iloc[1:], (table["lx"] - table["dx"]).iloc[:-1], rtol=1e-9)
    assert table["dx"].sum() == pytest.approx(100_000)
    np.testing.assert_allclose(table["dx"] / table["Lx"], table["mx"], rtol=1e-9)
    np.testing.assert_allclose(table["ex"] * table["lx"], table["Lx"][::-1].cumsum()[::-1], rtol=1e-9)


@quick
@given(st.floats(50, 90), standards, sexes)
def test_wanted_life_expectancy_is_reached(e0, standard, sex):
    """The table bent to an e0 has that e0."""
    assert life_table_for_e0(e0, sex=sex, standard=standard)["ex"][0] == pytest.approx(e0, abs=1e-6)


@quick
@given(standards, sexes)
def test_single_ages_keep_the_rate_of_their_group(rates, sex):
    """Deaths over years lived in the single ages of a group give the rate of the group."""
    grouped = by_group(rates)
    table = life_table(single_year_mx(grouped, sex=sex), sex=sex)
    owner = np.searchsorted(ABRIDGED, AGE, side="right") - 1
    means = table["dx"].groupby(owner).sum() / table["Lx"].groupby(owner).sum()
    np.testing.assert_allclose(means, grouped, rtol=1e-9)


@pytest.fixture(scope="module")
def china():
    """China's death rates of 2023 in World Population Prospects 2024."""
    table = load_table("mortality").query("standard == 'china-wpp2024' and year == 2023")
    return {sex: rows.set_index("age")["mx"] for sex, rows in table.groupby("sex")}


@pytest.mark.parametrize("sex", SEX)
def test_survival_between_grid_points_keeps_the_life_expectancy(sex, china):
    """Between two points of the survival table, linear ratios miss e0 by less than 0.0002 years."""
    between = survival_table(china).sel(sex=sex).interp(e0=[63.05, 77.95, 88.05])
    for e0, ratios in zip(between["e0"].to_numpy(), between.to_numpy(), strict=True):
        lived = np.cumprod(ratios[:-1])
        open_group = lived[-1] * ratios[-1] / (1 - ratios[-1])
        assert lived.sum() + open_group == pytest.approx(e0, abs=2e-4)


@quick
@given(shares)
def test_single_ages_keep_the_share_of_their_group(schedule):
    """Each five-year group keeps its share of the children, and no rate is negative."""
    rates = asfr(2.0, pd.Series(schedule, index=FIVE_YEARS))
    assert rates.min() >= 0
    kept = rates.groupby(rates.index // 5 * 5).sum() / 2
    np.testing.assert_allclose(kept, np.array(schedule) / sum(schedule), rtol=1e-9)


RATES, SHARES = pd.Series([0.01, 0.001, 0.1], index=[0, 1, 60]), pd.Series([1.0, 1.0], index=[20, 25])
PAIR = {"female": gompertz(), "male": gompertz()}
BAD = [
    (lambda: life_table(RATES, sex="both"), "sex is 'both'; it must be 'female' or 'male'"),
    (lambda: life_table(-RATES, sex="male"), "mx must be finite numbers, 0 or more"),
    (lambda: life_table(RATES.set_axis([0, 1, 1]), sex="male"), "one for each age"),
    (lambda: life_table(RATES.loc[1:], sex="male"), "must start at age 0.*it starts at 1 and has 2"),
    (lambda: life_table(RATES.replace(0.1, 0), sex="male"), r"open group 60\+ must be above 0"),
    (lambda: life_table(RATES, sex="male", a0="keyfitz"), r"a0 model 'keyfitz' is not known; choose one of \['andreev"),
    (lambda: life_table(RATES, sex="male", ax=RATES.loc[:0]), "ax must have a value for every age of mx"),
    (lambda: single_year_mx(RATES, sex="male"), r"must be that of 100\+; it is that of 60\+"),
    (lambda: life_table_for_e0(780, sex="male", standard=gompertz()), "of 780 years cannot be reached"),
    (lambda: survival_table(PAIR, np.array([5.0, 80.0])), "reaches life expectancies from .* years; narrow the grid"),
    (lambda: asfr(1.3, SHARES * 0), "must have a positive sum and the TFR must be 0 or more"),
    (lambda: asfr(-1.0, SHARES), "the TFR must be 0 or more"),
]


@pytest.mark.parametrize(("call", "sentence"), BAD)
def test_bad_rates_is_refused_in_a_sentence(call, sentence):
    """The error names what came and what is allowed."""
    with pytest.raises(DataError, match=sentence):
        call()


def test_life_expectancy_by_hand():
    """If nobody dies before 60 and one in ten a year from then on, one may expect 60 + 10 years."""
    table = life_table(pd.Series([0.0, 0.1], index=[0, 60]), sex="female", radix=1)
    assert table["ex"].tolist() == [70.0, 10.0]
