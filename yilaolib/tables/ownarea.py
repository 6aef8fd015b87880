"""A place of a user that has totals only: its pyramid and its levels are filled in from its parent, and marked.

A place that has an older census too is filled in from that, its cohorts carried forward as those of the parent fared.
The totals are rows of `margins`, or figures of `observations` (population_total and its parts, actual, resident).
What is filled has the source `filled-from-parent`, so that every table and figure can tell.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ..errors import DataError
from .schema import Said, empty_table

FILLED = "filled-from-parent"
MARGINS = {  # column of margins: ages, the upper bound not included
    "population_total": (0, None),
    "population_under_3": (0, 3),
    "population_60plus": (60, None),
    "population_65plus": (65, None),
    "population_80plus": (80, None),
}
SEXES = ("female", "male")
FIVE_YEARS = range(0, 90, 5)

Load = Callable[[str], pd.DataFrame]


def needs_filling(name: str) -> bool:
    """Tell whether a table may get filled rows."""
    return name in ("population", "assumptions")


def fill(name: str, table: pd.DataFrame, load: Load, own_areas: list[str]) -> pd.DataFrame:
    """Return the rows that a user's places lack in `table` (population or assumptions), filled from their parents.

    Parameters
    ----------
    name : str
    table : DataFrame
        The table as it is, with the rows of the parents.
    load : function
        Gives other tables by name.
    own_areas : list of str
        Slugs of the places that the user added.

    Raises
    ------
    DataError
        When a place has totals but no parent with a pyramid, or its totals contradict each other.
    """
    rows = [empty_table(name)]
    for area in own_areas:
        if name == "population":
            if (wanted := margins_of(area, load)) is not None and _lacks_pyramid(area, wanted, table, load("areas")):
                rows.append(_population(area, wanted, table, load))
            continue
        if name == "assumptions":
            own = set(table.loc[(table["area"] == area) & table["scenario"].isna(), "parameter"])
            rows += [] if "e0" in own else [_life_expectancy(area, table, load("areas"))]
            rows += [] if "tfr_ratio" in own else [_fertility(area, load)]
    return pd.concat(rows).reset_index(drop=True)


def margins_of(area: str, load: Load) -> pd.Series | None:
    """Return the latest totals of a place, of `margins` or else of `observations`; None when there are none."""
    margins = load("margins")
    own = margins[(margins["area"] == area) & (margins["basis"].fillna("resident") == "resident")]
    if len(own):
        return own.sort_values("year").iloc[-1]
    figures = load("observations")
    figures = figures[(figures["area"] == area) & (figures["kind"] == "actual") & figures["value"].notna()]
    figures = figures[figures["basis"].fillna("resident") == "resident"]
    figures = figures.replace({"indicator": {"population_0_3": "population_under_3"}})  # 0-3岁 are those under 3
    figures = figures[figures["indicator"].isin(MARGINS)].dropna(subset="year").drop_duplicates(["indicator", "year"])
    wide = figures.pivot(index="year", columns="indicator", values="value").reindex(columns=list(MARGINS))
    wide = wide.dropna(subset="population_total")
    return None if wide.empty else wide.iloc[-1].rename(area).astype(float).pipe(_with_year, int(wide.index[-1]))


def _with_year(row: pd.Series, year: int) -> pd.Series:
    return pd.concat([row, pd.Series({"year": year})])


def contradiction(row: pd.Series) -> tuple[str, Said] | None:
    """Return (column, sentence) for totals that no population can have, else None."""
    known = {name: float(row[name]) for name in MARGINS if pd.notna(row[name])}
    chain = [("population_total", "population_60plus"), ("population_60plus", "population_65plus"),
             ("population_65plus", "population_80plus"), ("population_total", "population_65plus"),
             ("population_60plus", "population_80plus"), ("population_total", "population_under_3")]  # fmt: skip
    for whole, part in chain:
        if part in known and known[part] > known.get(whole, float("inf")):
            en = f"{part} is {known[part]:,.0f}, more than {whole}, which is {known[whole]:,.0f}. Correct one of them."
            zh = f"{part} 为{known[part]:,.0f}，大于 {whole} 的{known[whole]:,.0f}，请更正。"
            return part, Said(en, zh)
    old = next((known[n] for n in ("population_60plus", "population_65plus", "population_80plus") if n in known), 0)
    if old + known.get("population_under_3", 0) > known["population_total"]:
        en = f"the elderly and the children sum to more than population_total ({known['population_total']:,.0f})."
        zh = f"老年人与婴幼儿之和大于总人口（{known['population_total']:,.0f}），请更正。"
        return "population_total", Said(en + " Correct one of them.", zh)
    return None


def parent_with_pyramid(area: str, year: int, population: pd.DataFrame, areas: pd.DataFrame) -> tuple[str, int] | None:
    """Return the nearest parent that has residents by age and sex, and its census nearest to the year."""
    up = areas.set_index("area")["parent"]
    residents = population[population["basis"].fillna("resident") == "resident"]
    here, seen = up.get(area), set()
    while isinstance(here, str) and here not in seen:
        years = residents.loc[residents["area"] == here, "year"].unique()
        if len(years):
            return here, min(map(int, years), key=lambda census: (abs(census - year), -census))
        seen.add(here)
        here = up.get(here)
    return None


def older_census(area: str, parent: str, census: int, population: pd.DataFrame) -> int | None:
    """Return the year of the place's own latest census before `census` that can be carried forward, else None.

    The parent must have been counted in the same year, a multiple of five years before, and the place must give both
    sexes by five-year groups up to 85+.
    """
    residents = population[(population["basis"].fillna("resident") == "resident") & (population["year"] < census)]
    above = set(residents.loc[residents["area"] == parent, "year"])
    mine = residents[(residents["area"] == area) & (residents["source"] != FILLED)]
    fine = mine[mine["age"].isin(FIVE_YEARS)].groupby("year")["age"].size() == len(FIVE_YEARS) * len(SEXES)
    return max((int(y) for y in fine.index[fine] if y in above and (census - y) % 5 == 0), default=None)


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
    from ..demography.ages import (
        as_array,
        bend,  # the tables of a user without such a place need none of it
        graduate,
        rake,
    )
    from ..demography.calibration import carry_forward

    def counted(place: str, when: int) -> pd.DataFrame:
        rows = population[(population["area"] == place) & (population["year"] == when)]
        return rows.loc[rows["basis"].fillna("resident") == "resident", ["sex", "age", "persons"]]

    year, found = int(wanted["year"]), parent_with_pyramid(area, int(wanted["year"]), population, load("areas"))
    if found is None:
        raise DataError(
            f"{area!r} has totals but no pyramid, and no parent of it has one to fill it from. Give its province as "
            "parent in areas, or its residents by age and sex in population."
        )
    if said := contradiction(wanted):
        raise DataError(f"The totals of {area!r} in {year} contradict each other: {said[1].en}")
    parent, census = found
    standards = load("age_standards")
    nearest = min(standards["year"].unique(), key=lambda y: abs(int(y) - census))
    standard = as_array(standards.loc[standards["year"] == nearest, ["sex", "age", "persons"]])
    above = graduate(as_array(counted(parent, census)), standard=standard)
    given = {ages: float(wanted[name]) for name, ages in MARGINS.items() if pd.notna(wanted[name])}
    older = older_census(area, parent, census, population)
    if older is None:
        shape = bend(above, given)
    else:
        then = counted(area, older), counted(parent, older)
        shape = graduate(carry_forward(*then, above, years=census - older), standard=above)
    raked = rake(shape, given)
    frame = raked.to_series().rename("persons").reset_index()
    frame = frame.assign(area=area, year=year, n=1, basis="resident", source=FILLED)
    frame["n"] = frame["n"].astype("Int64").mask(frame["age"] == frame["age"].max())
    return _typed("population", frame)


def _life_expectancy(area: str, assumptions: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """The parent's life expectancy: without it a projection would take the nation's."""
    places = areas.set_index("area")
    up, names = places["parent"], places["name_en"].fillna(places["name_zh"])
    known = assumptions[(assumptions["parameter"] == "e0") & assumptions["scenario"].isna()].set_index("area")
    here, seen = up.get(area), set()
    while isinstance(here, str) and here not in known.index and here not in seen:
        seen.add(here)
        here = up.get(here)
    if not isinstance(here, str) or here not in known.index:
        return empty_table("assumptions")
    row = known.loc[[here]].iloc[-1]
    note = f"Filled from {names[here]}: {row['value']:g} in {row['year']} ({row['source']})."
    filled = {"area": area, "parameter": "e0", "year": row["year"], "value": row["value"], "unit": row["unit"]}
    return _typed("assumptions", pd.DataFrame([filled | {"source": FILLED, "note": note}]))


def _fertility(area: str, load: Load) -> pd.DataFrame:
    """The parent's TFR against the nation's, for totals of a year far from any census.

    Births fell by 40 % between 2016 and 2022: the children of 2023 cannot be held against the nation's of 2020.
    """
    population, wanted = load("population"), margins_of(area, load)
    if wanted is None:
        return empty_table("assumptions")
    own = population[(population["area"] == area) & (population["year"] == int(wanted["year"]))]
    if own.empty or (own["source"] != FILLED).any():
        return empty_table("assumptions")
    found = parent_with_pyramid(area, int(wanted["year"]), population, load("areas"))
    if found is None or abs(found[1] - int(wanted["year"])) <= 1:
        return empty_table("assumptions")
    from ..demography.calibration import tfr_ratio

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
