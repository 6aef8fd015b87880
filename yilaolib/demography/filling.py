"""An area that has totals only: its pyramid from its parent's or from its own older census, and the parent's levels.

For an area in a user's tables `tables` asks `fill` (see `yilaolib/__init__.py`); `tables.ownarea` says which totals are
met and whose ages are taken. What is filled is marked, so that every table and figure can tell.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import DataError, did_you_mean
from ..tables import ownarea
from ..tables.areas import load_table
from ..tables.ownarea import FILLED, MARGINS, NO_CHILDREN, Load
from ..tables.schema import empty_table
from ..texts import say
from .ages import OPEN_AGE, Margins, Population, as_array, fit_pyramid, graduate
from .calibration import tfr_ratio
from .local import Root, nearest_rows


def fill_pyramid(
    margins: Margins,
    parent: Population,
    *,
    parent_level: str,
    older: Population | None = None,
    parent_older: Population | None = None,
    years: int = 10,
    root: Root = None,
) -> pd.DataFrame:
    """A pyramid by sex and single age that meets published totals, each cell with how well such cells are filled.

    With an older census of the area, its cohorts are carried forward as the parent's fared, and raked. Without one, the
    parent's pyramid is bent towards the area's own balance of 60-64 to 65+, and raked. What the totals do not say
    (15-59, say) is the parent's shape: read `error_pct` before using a narrow age group.
    Source: `rake`, and Hamilton and Perry (1962), A short method for projecting population, Social Forces 41.
    DataError: margins that contradict one another (named), an unknown level, an older census without the parent's.

    Parameters
    ----------
    margins : dict
        {(low, high): persons}; `low` inclusive, `high` exclusive, None for open: {(0, None): 80_000, (60, None): ...}.
    parent : DataArray or DataFrame
        [persons] by `sex` and single `age` of the nearest area that has them, at about the same date.
    parent_level : {'nation', 'province', 'prefecture'}; what the parent is; the nearer, the better
    older : DataArray or DataFrame, optional
        [persons] of the area by `sex` and `age` at the census `years` before (five-year groups to 85+, or single).
    parent_older : same, optional; [persons] of the parent at that census; wanted when `older` is given
    years : int, default 10; [years] between the two; a multiple of 5
    root : path of your own tables, optional

    Returns
    -------
    DataFrame
        sex, age, n, persons, method (a row of `fill_errors`) and error_pct: the mean absolute percentage error that the
        method had in the broad age group of the cell, over counties whose total, 60+, 65+ and, if yours too, 0-4 were
        given.

    Examples
    --------
    >>> import yilaolib as yl
    >>> filled = yl.fill_pyramid({(0, None): 1000, (60, None): 250, (65, None): 180}, yl.age_standard(2020),
    ...     parent_level="nation")
    >>> print(filled.persons.sum(), filled[filled.age >= 65].persons.sum(), filled.method[0])
    1000.0 180.0 nation
    """
    levels = ["nation", "province", "prefecture"]
    if parent_level not in levels:
        hint = did_you_mean(parent_level, levels)
        raise DataError(f"parent_level is {parent_level!r}; it must be one of {levels}.{hint}")
    single = as_array(parent)
    if not set(range(OPEN_AGE + 1)) <= set(single["age"].to_numpy()):
        raise DataError(f"The parent's pyramid needs all single ages 0 ... {OPEN_AGE}; graduate() it first.")
    method, then = parent_level, None
    if older is not None:
        if parent_older is None:
            raise DataError("An older census of the area is carried forward as its parent's: give parent_older too.")
        method, then = f"older_{parent_level}", (older, parent_older)
    filled = fit_pyramid(margins, single, then, years=years)
    frame = filled.rename("persons").transpose("sex", "age").to_series().reset_index()
    frame.insert(2, "n", pd.Series(1, index=frame.index, dtype="Int64").mask(frame["age"] == OPEN_AGE))
    return frame.assign(method=method, error_pct=_fill_error(frame["age"], method, margins, root))


def _fill_error(ages: pd.Series, method: str, margins: Margins, root: Root) -> np.ndarray:
    """Mean absolute percentage error that a method of table `fill_errors` had in the broad group of each age."""
    table, children = load_table("fill_errors", root=root), any(high and high <= 5 for _, high in margins)
    table = table[table["method"] == method + ("" if children else NO_CHILDREN)].sort_values("age")
    if table.empty:
        return np.full(len(ages), np.nan)
    group = np.searchsorted(table["age"].to_numpy(dtype=int), ages.to_numpy(dtype=int), side="right") - 1
    return table["mape_pct"].to_numpy()[group]


def fill(name: str, table: pd.DataFrame, load: Load, own_areas: list[str]) -> pd.DataFrame:
    """Return the rows of population or assumptions that a user's areas (slugs) lack, filled from their parents.

    `load` gives other tables by name. DataError: totals that contradict each other, or no parent with a pyramid.
    """
    rows = [empty_table(name)]
    for area in own_areas:
        wanted = ownarea.margins_of(area, load)
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
    found = ownarea.parent_with_pyramid(area, int(wanted["year"]), population, areas)
    if found is None or int(own.max()) >= min(found[1], int(wanted["year"])):
        return False
    return ownarea.older_census(area, *found, population) is not None


def _population(area: str, wanted: pd.Series, population: pd.DataFrame, load: Load) -> pd.DataFrame:
    def counted(who: str, when: int) -> pd.DataFrame:
        rows = population[(population["area"] == who) & (population["year"] == when)]
        return ownarea.residents_in(rows)[["sex", "age", "persons"]]

    year, found = int(wanted["year"]), ownarea.parent_with_pyramid(area, int(wanted["year"]), population, load("areas"))
    if found is None:
        raise DataError(
            f"{area!r} has totals but no pyramid, and no parent of it has one to fill it from. Give its province as "
            "parent in areas, or its residents by age and sex in population."
        )
    if wrong := ownarea.contradiction(wanted):
        sentence = say(f"checks.{wrong[1].key}", "en", field=wrong[0], **wrong[1].values)
        raise DataError(f"The totals of {area!r} in {year} contradict each other: {sentence}")
    parent, census = found
    standard = as_array(nearest_rows(load("age_standards"), census)[["sex", "age", "persons"]])
    above = graduate(as_array(counted(parent, census)), standard=standard)
    given = {ages: float(wanted[name]) for name, ages in MARGINS.items() if pd.notna(wanted[name])}
    older = ownarea.older_census(area, parent, census, population)
    then = None if older is None else (counted(area, older), counted(parent, older))
    filled = fit_pyramid(given, above, then, years=census - (older or census))
    frame = filled.to_series().rename("persons").reset_index()
    frame = frame.assign(area=area, year=year, n=1, basis="resident", source=FILLED)
    frame["n"] = frame["n"].astype("Int64").mask(frame["age"] == frame["age"].max())
    return _typed("population", frame)


def _life_expectancy(area: str, assumptions: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """The parent's life expectancy: without it a projection would take the nation's."""
    known = assumptions[(assumptions["parameter"] == "e0") & assumptions["scenario"].isna()].set_index("area")
    parent = next((parent for parent in ownarea.parents_of(area, areas) if parent in known.index), None)
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
    found = ownarea.parent_with_pyramid(area, int(wanted["year"]), population, load("areas"))
    if found is None or abs(found[1] - int(wanted["year"])) <= 1:
        return nothing
    parent, census = found
    at = population[population["year"] == census]
    above, nation = (at.loc[at["area"] == each, ["sex", "age", "persons"]] for each in (parent, "china"))
    value = tfr_ratio(above, nation, nearest_rows(load("fertility"), census).set_index("age")["share"])
    note = f"Filled from {parent}: children 0-4 per woman at the census of {census}, against the nation."
    row = {"area": area, "parameter": "tfr_ratio", "year": census, "value": value, "unit": "ratio", "source": FILLED}
    return _typed("assumptions", pd.DataFrame([row | {"note": note}]))


def _typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    empty = empty_table(name)
    return frame.reindex(columns=list(empty)).astype(empty.dtypes.to_dict())
