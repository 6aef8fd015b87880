"""An area of a user's that has totals only: which totals, whether they can be, whose age structure fills them in.

The totals are rows of `margins`, or figures of `observations` (population_total and its parts, actual, resident). An
area that has an older census too is filled in from that, its cohorts carried forward as those of the parent fared. What
is filled has the source `filled-from-parent`, so that every table and figure can tell; `demography.local` computes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ..texts import catalogue, languages
from .areas import find_area, load_table
from .folders import merged_table
from .schema import Trouble

FILLED = "filled-from-parent"
MARGINS = {  # column of margins: ages, the upper bound not included
    "population_total": (0, None),
    "population_under_3": (0, 3),
    "population_60plus": (60, None),
    "population_65plus": (65, None),
    "population_80plus": (80, None),
}
WHOLE_AND_PART = [
    ("population_total", "population_60plus"), ("population_60plus", "population_65plus"),
    ("population_65plus", "population_80plus"), ("population_total", "population_65plus"),
    ("population_60plus", "population_80plus"), ("population_total", "population_under_3"),
]  # fmt: skip
NO_CHILDREN = "_no_0_4"  # ending of a method of `fill_errors` whose totals say nothing of the children
N_GROUPS = 2 * len(range(0, 90, 5))  # both sexes by five-year groups up to 85+

Load = Callable[[str], pd.DataFrame]


def residents_in(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about residents; an empty basis is resident."""
    return table[table["basis"].fillna("resident") == "resident"]


def margins_of(area: str, load: Load) -> pd.Series | None:
    """Return the latest totals of an area, of `margins` or else of `observations`; None when there are none."""
    margins = load("margins")
    own = residents_in(margins[margins["area"] == area])
    if len(own):
        return own.sort_values("year").iloc[-1]
    figures = load("observations")
    figures = figures[(figures["area"] == area) & (figures["kind"] == "actual") & figures["value"].notna()]
    figures = residents_in(figures).replace({"indicator": {"population_0_3": "population_under_3"}})  # 0-3岁: under 3
    figures = figures[figures["indicator"].isin(MARGINS)].dropna(subset="year").drop_duplicates(["indicator", "year"])
    wide = figures.pivot(index="year", columns="indicator", values="value").reindex(columns=list(MARGINS))
    wide = wide.dropna(subset="population_total")
    if wide.empty:
        return None
    return pd.concat([wide.iloc[-1].astype(float), pd.Series({"year": int(wide.index[-1])})]).rename(area)


def contradiction(row: pd.Series) -> tuple[str, Trouble] | None:
    """Return (column, what is wrong) for totals that no population can have, else None."""
    known = {name: float(row[name]) for name in MARGINS if pd.notna(row[name])}
    for whole, part in WHOLE_AND_PART:
        if part in known and known[part] > known.get(whole, float("inf")):
            values = {"part": part, "whole": whole, "value": known[part], "whole_value": known[whole]}
            return part, Trouble("part_above_whole", values)
    old = next((known[n] for n in ("population_60plus", "population_65plus", "population_80plus") if n in known), 0)
    if old + known.get("population_under_3", 0) > known["population_total"]:
        return "population_total", Trouble("parts_above_total", {"total": known["population_total"]})
    return None


def parents_of(area: str, areas: pd.DataFrame) -> list[str]:
    """Return the areas that an area belongs to, nearest first."""
    up, line = areas.set_index("area")["parent"], []
    here = up.get(area)
    while isinstance(here, str) and here not in line:
        line.append(here)
        here = up.get(here)
    return line


def parent_with_pyramid(area: str, year: int, population: pd.DataFrame, areas: pd.DataFrame) -> tuple[str, int] | None:
    """Return the nearest parent that has residents by age and sex, and its census nearest to the year."""
    residents = residents_in(population)
    for parent in parents_of(area, areas):
        years = residents.loc[residents["area"] == parent, "year"].unique()
        if len(years):
            return parent, min(map(int, years), key=lambda census: (abs(census - year), -census))
    return None


def older_census(area: str, parent: str, census: int, population: pd.DataFrame) -> int | None:
    """Return the year of the area's own latest census before `census` that can be carried forward, else None.

    The parent must have been counted in the same year, a multiple of five years before, and the area must give both
    sexes by five-year groups up to 85+.
    """
    residents = residents_in(population[population["year"] < census])
    above = set(residents.loc[residents["area"] == parent, "year"])
    mine = residents[(residents["area"] == area) & (residents["source"] != FILLED)]
    fine = mine[mine["age"].isin(range(0, 90, 5))].groupby("year")["age"].size() == N_GROUPS
    return max((int(y) for y in fine.index[fine] if y in above and (census - y) % 5 == 0), default=None)


def list_filled(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """List what was filled in for an area from its parent; empty where everything is the area's own.

    A figure that rests on a filled row is an estimate of ours, not a figure of the area.

    Parameters
    ----------
    area : str; slug, Chinese or English name, or adcode
    root : path, optional; a folder or workbook of your own

    Returns
    -------
    DataFrame
        table, what (population, or a parameter), year, parent (slug), given (the totals that were given), note_en,
        note_zh.

    DataError: unknown area.

    Examples
    --------
    >>> list_filled("jingdezhen").empty
    True
    """
    slug = find_area(area, root=root)["area"]
    areas = merged_table("areas", root)
    rows = []
    if (load_table("population", area=slug, root=root)["source"] == FILLED).any():
        rows.append(_filled_people(slug, areas, root))
    assumed = load_table("assumptions", area=slug, root=root)
    for row in assumed[(assumed["area"] == slug) & (assumed["source"] == FILLED)].itertuples():
        values = {"parameter": row.parameter, "value": row.value, "year": row.year, "note": row.note}
        parent = areas.set_index("area").loc[slug, "parent"]
        rows.append(("assumptions", row.parameter, row.year, parent, "", *_in_words("form.filled_parameter", values)))
    notes = [f"note_{catalogue(lang).names}" for lang in languages()]
    return pd.DataFrame(rows, columns=["table", "what", "year", "parent", "given", *notes])


def _filled_people(slug: str, areas: pd.DataFrame, root: str | Path | None) -> tuple:
    """The row of `list_filled` on the filled pyramid of an area."""
    population, wanted = merged_table("population", root), margins_of(slug, lambda name: merged_table(name, root))
    assert wanted is not None  # people were filled in to meet these totals
    year = int(wanted["year"])
    found = parent_with_pyramid(slug, year, population, areas)
    assert found is not None  # and from this parent
    parent, census = found
    older, above = older_census(slug, parent, census, population), areas.set_index("area").loc[parent]
    errors = load_table("fill_errors", root=root)
    children, method = pd.notna(wanted["population_under_3"]), f"older_{above['level']}" if older else above["level"]
    errors = errors[errors["method"] == method + ("" if children else NO_CHILDREN)].set_index("age")
    values: dict[str, Any] = {"parent": above, "census": census, "year": year, "older": older, "missed": {}}
    if 80 in errors.index:
        cited = [age for age in (80, 50, 15) if age < 80 or pd.isna(wanted["population_80plus"])]
        values["missed"] = {age: errors.loc[age, "mape_pct"] for age in cited}
        values |= {"counties": errors.loc[50, "places"], "children": children}
    given = ", ".join(name for name in MARGINS if pd.notna(wanted[name]))
    return "population", "population", year, parent, given, *_in_words("form.filled_people", values)


def _in_words(key: str, values: dict) -> list[str]:
    said = []
    for words in map(catalogue, languages()):
        named = {"parent": words.named(values["parent"])} if "parent" in values else {}
        said.append(words.say(key, **values | named))
    return said
