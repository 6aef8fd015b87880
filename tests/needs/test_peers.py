"""Statistical peers: what is nearest, and how much that hangs on one column."""

import numpy as np
import pytest

import yilaolib as yl


@pytest.mark.parametrize("area", ["涟水县", "吉安市", "江西", "墨脱县"])
def test_an_area_is_nearest_to_itself(area):
    """The area comes first at distance 0, and the others follow by distance, all of its level."""
    found = yl.neighbours(area, 5)
    assert found["area"][0] == yl.find_area(area)["area"] and found["distance"][0] == 0
    assert found["distance"].is_monotonic_increasing and len(found) == 6
    assert {yl.find_area(one)["level"] for one in found["area"]} == {found.attrs["level"]}


def test_columns_are_of_the_census():
    """The shares are those of the census table, and a percentile counts the areas that have less."""
    found = yl.neighbours("延庆", 1)
    row, count = found.iloc[0], found.attrs["count"]
    people = yl.load_table("population", area="yanqing").query("year == 2020")
    old = people.loc[people["age"] >= 60, "persons"].sum() / people["persons"].sum()
    assert row["share_60_pct"] == pytest.approx(100 * old) and count == len(yl.list_areas(level="county"))
    homes = yl.load_table("households", area="yanqing").query("year == 2020").iloc[0]
    assert row["one_person_pct"] == pytest.approx(100 * homes["one_person_households"] / homes["family_households"])
    assert found.attrs["percentiles"]["share_60_pct"] == pytest.approx(76.9, abs=0.1)


def test_one_column_moves_few_peers():
    """Without one of the columns most of ten peers stay, on average over counties of all kinds."""
    counties = yl.list_areas(level="county")["area"].iloc[::300]
    columns = yl.neighbours(counties.iloc[0]).attrs["percentiles"]
    peers = {one: set(yl.neighbours(one)["area"]) - {one} for one in counties}
    others = {(one, name): yl.neighbours(one, weights={name: 0})["area"] for one in counties for name in columns}
    kept = [len(peers[one] & set(areas)) for (one, _), areas in others.items()]
    assert np.mean(kept) > 6
