"""The rows that a user's area lacks, filled in from its parent and marked: its pyramid and its levels.

`tables` asks `fill` (see `yilaolib/__init__.py`); `tables.ownarea` says which totals are met and whose ages are taken.
"""

from __future__ import annotations

import pandas as pd

from ..errors import DataError
from ..tables.ownarea import (
    FILLED,
    MARGINS,
    Load,
    contradiction,
    margins_of,
    older_census,
    parent_with_pyramid,
    parents_of,
    residents_in,
)
from ..tables.schema import empty_table
from ..texts import say
from .ages import as_array, fit_pyramid, graduate
from .calibration import tfr_ratio


def fill(name: str, table: pd.DataFrame, load: Load, own_areas: list[str]) -> pd.DataFrame:
    """Return the rows that a user's areas lack in `table` (population or assumptions), filled from their parents.

    Parameters
    ----------
    name : {'population', 'assumptions'}
    table : DataFrame
        The table as it is, with the rows of the parents.
    load : function
        Gives other tables by name.
    own_areas : list of str
        Slugs of the areas that the user added.

    Raises
    ------
    DataError
        When an area has totals but no parent with a pyramid, or its totals contradict each other.
    """
    rows = [empty_table(name)]
    for area in own_areas:
        wanted = margins_of(area, load)
        if name == "assumptions":
            own = set(table.loc[(table["area"] == area) & table["scenario"].isna(), "parameter"])
            rows += [] if "e0" in own else [_life_expectancy(area, table, load("areas"))]
            rows += [] if "tfr_ratio" in own or wanted is None else [_fertility(area, wanted, load)]
        elif wanted is not None and _lacks_pyramid(area, wanted, table, load("areas")):
            rows.append(_population(area, wanted, table, load))
    return pd.concat(rows).reset_index(drop=True)


def _lacks_pyramid(area: str, wanted: pd.Series, population: pd.DataFrame, areas: pd.DataFrame) -> bool:
    """Tell whether totals are all there is of the year: no pyramid, or one of an older census to carry forward."""
    own = population.loc[population["area"] == area, "year"]
    if own.empty:
        return True
    found = parent_with_pyramid(area, int(wanted["year"]), population, areas)
    if found is None or int(own.max()) >= min(found[1], int(wanted["year"])):
        return False
    return older_census(area, *found, population) is not None


def _population(area: str, wanted: pd.Series, population: pd.DataFrame, load: Load) -> pd.DataFrame:
    def counted(place: str, when: int) -> pd.DataFrame:
        rows = population[(population["area"] == place) & (population["year"] == when)]
        return residents_in(rows)[["sex", "age", "persons"]]

    year, found = int(wanted["year"]), parent_with_pyramid(area, int(wanted["year"]), population, load("areas"))
    if found is None:
        raise DataError(
            f"{area!r} has totals but no pyramid, and no parent of it has one to fill it from. Give its province as "
            "parent in areas, or its residents by age and sex in population."
        )
    if wrong := contradiction(wanted):
        sentence = say(f"checks.{wrong[1].key}", "en", field=wrong[0], **wrong[1].values)
        raise DataError(f"The totals of {area!r} in {year} contradict each other: {sentence}")
    parent, census = found
    standards = load("age_standards")
    nearest = min(standards["year"].unique(), key=lambda y: abs(int(y) - census))
    standard = as_array(standards.loc[standards["year"] == nearest, ["sex", "age", "persons"]])
    above = graduate(as_array(counted(parent, census)), standard=standard)
    given = {ages: float(wanted[name]) for name, ages in MARGINS.items() if pd.notna(wanted[name])}
    older = older_census(area, parent, census, population)
    then = None if older is None else (counted(area, older), counted(parent, older))
    filled = fit_pyramid(given, above, then, years=census - (older or census))
    frame = filled.to_series().rename("persons").reset_index()
    frame = frame.assign(area=area, year=year, n=1, basis="resident", source=FILLED)
    frame["n"] = frame["n"].astype("Int64").mask(frame["age"] == frame["age"].max())
    return _typed("population", frame)


def _life_expectancy(area: str, assumptions: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """The parent's life expectancy: without it a projection would take the nation's."""
    known = assumptions[(assumptions["parameter"] == "e0") & assumptions["scenario"].isna()].set_index("area")
    parent = next((parent for parent in parents_of(area, areas) if parent in known.index), None)
    if parent is None:
        return empty_table("assumptions")
    row, names = known.loc[[parent]].iloc[-1], areas.set_index("area").loc[parent]
    name = names["name_en"] if isinstance(names["name_en"], str) else names["name_zh"]
    note = f"Filled from {name}: {row['value']:g} in {row['year']} ({row['source']})."
    filled = {"area": area, "parameter": "e0", "year": row["year"], "value": row["value"], "unit": row["unit"]}
    return _typed("assumptions", pd.DataFrame([filled | {"source": FILLED, "note": note}]))


def _fertility(area: str, wanted: pd.Series, load: Load) -> pd.DataFrame:
    """The parent's TFR against the nation's, for totals of a year far from any census.

    Births fell by 40 % between 2016 and 2022: the children of 2023 cannot be held against the nation's of 2020.
    """
    population, nothing = load("population"), empty_table("assumptions")
    own = population[(population["area"] == area) & (population["year"] == int(wanted["year"]))]
    if own.empty or (own["source"] != FILLED).any():
        return nothing
    found = parent_with_pyramid(area, int(wanted["year"]), population, load("areas"))
    if found is None or abs(found[1] - int(wanted["year"])) <= 1:
        return nothing
    parent, census = found
    at = population[population["year"] == census]
    pyramids = [at.loc[at["area"] == place, ["sex", "age", "persons"]] for place in (parent, "china")]
    schedules = load("fertility")
    nearest = min(schedules["year"].unique(), key=lambda y: abs(int(y) - census))
    value = tfr_ratio(pyramids[0], pyramids[1], schedules[schedules["year"] == nearest].set_index("age")["share"])
    note = f"Filled from {parent}: children 0-4 per woman at the census of {census}, against the nation."
    row = {"area": area, "parameter": "tfr_ratio", "year": census, "value": value, "unit": "ratio", "source": FILLED}
    return _typed("assumptions", pd.DataFrame([row | {"note": note}]))


def _typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    empty = empty_table(name)
    return frame.reindex(columns=list(empty)).astype(empty.dtypes.to_dict())
