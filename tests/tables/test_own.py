"""An area of a user's with totals only: its pyramid is filled in, and what is told of it says how."""

import pandas as pd
import pytest

from yilaolib import census_pyramids, fill_pyramid, graduate, list_filled, load_table, persons


@pytest.fixture
def own_city(tmp_path):
    """A folder with a city that has the census of 2010 and only totals of 2020: those of 景德镇."""
    folder, people = tmp_path, load_table("population", area="jingdezhen")
    names = {"name_zh": "某某市", "name_en": "Mycity"}
    pd.DataFrame([{"area": "mycity", "level": "prefecture", "parent": "jiangxi", **names}]).to_csv(
        folder / "areas.csv", index=False
    )
    people[people["year"] == 2010].assign(area="mycity").to_csv(folder / "population.csv", index=False)
    now = people[people["year"] == 2020]
    totals = {"total": 0, "60plus": 60, "65plus": 65}
    row = {f"population_{name}": now.loc[now["age"] >= age, "persons"].sum() for name, age in totals.items()}
    pd.DataFrame([{"area": "mycity", "year": 2020, **row}]).to_csv(folder / "margins.csv", index=False)
    return folder


def test_own_older_census_fills_a_user_s_city(own_city):
    """A city with an older census and totals is filled from that census, nearer to the count than from the parent."""
    filled = load_table("population", area="mycity", root=own_city).query("year == 2020")
    assert set(filled["source"]) == {"filled-from-parent"}
    assert "census of 2010" in list_filled("mycity", root=own_city).set_index("what").loc["population", "note_en"]
    counted = {age: persons(census_pyramids("jingdezhen")[2020], age) for age in (0, 60, 65, 80)}
    assert [persons(filled, age) for age in (0, 60, 65)] == pytest.approx([counted[age] for age in (0, 60, 65)])
    totals = {(age, None): counted[age] for age in (0, 60, 65)}
    plain = fill_pyramid(totals, graduate(census_pyramids("jiangxi")[2020]), parent_level="province")
    assert abs(persons(filled, 80) - counted[80]) < abs(persons(plain, 80) - counted[80]) / 2
