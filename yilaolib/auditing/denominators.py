"""Which population did a plan divide by? Try every published and census population and list those that fit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..core.errors import DataError
from ..data import find_area
from ..tabling.uses import note
from .evidence import Evidence, evidence_at, group_of

GROUPS = [(0, None), (60, None), (65, None), (80, None), (0, 3), (0, 4), (0, 5)]
COLUMNS = ["area", "group", "year", "basis", "origin", "persons", "candidate", "candidate_zh", "observation", "source"]


def solve_denominator(
    numerator: float,
    ratio: float,
    *,
    per: float = 1000,
    area: str | None = None,
    tolerance: float = 0.005,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """List the populations that make ``ratio * population / per`` equal to `numerator`.

    With some fifty populations to try, one within half a per cent may be chance: read `attrs["tried"]` beside it.

    Parameters
    ----------
    numerator : float
        [things] What is counted: beds, places, persons.
    ratio : float
        [things per `per` persons] The printed ratio, such as 39 beds per 1000.
    per : float, default 1000
        [persons] 1000 for per-thousand ratios, 100 for percentages.
    area : str, optional
        Slug, name or adcode: its populations and those of its parents are tried; without it, those of all areas.
    tolerance : float, default 0.005
        [1] Largest relative distance of a candidate from the population that would fit exactly.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        One row a candidate, closest first: area, group (total, 60+, 0-2 ...), year, basis, origin (census, table,
        printed, or implied by a printed count and share), persons, candidate and candidate_zh (in words), observation,
        source, off_pct [percent]. ``attrs["needed"]`` [persons] would fit exactly; ``attrs["tried"]`` were tried.

    Raises
    ------
    DataError
        For an unknown area, or a number that is not above 0.

    Examples
    --------
    >>> found = solve_denominator(10_500, 39, area="jingdezhen")
    >>> print(found.loc[0, "group"], found.loc[0, "year"], round(found.attrs["needed"]))
    60+ 2020 269231
    """
    for name, value in {"numerator": numerator, "ratio": ratio, "per": per, "tolerance": tolerance}.items():
        if not 0 < value < float("inf"):
            raise DataError(f"{name} is {value}; it must be a number above 0.")
    slug = None if area is None else find_area(area, root=root)["area"]
    candidates = populations(evidence_at(root), slug)
    return fitting(candidates, numerator * per / ratio, tolerance)


def fitting(candidates: pd.DataFrame, needed: float, tolerance: float = 0.005) -> pd.DataFrame:
    """Return the candidates within `tolerance` of the persons that are needed, closest first."""
    off = 100 * (candidates["persons"] / needed - 1)
    close = candidates.assign(off_pct=off)[off.abs() <= 100 * tolerance]
    close = close.sort_values("off_pct", key=abs, kind="stable").reset_index(drop=True)
    close.attrs.update(needed=float(needed), tried=len(candidates))
    return close


def populations(evidence: Evidence, area: str | None) -> pd.DataFrame:
    """Return every population of an area and its parents that the tables hold: census, printed and implied."""
    places = list(evidence.areas) if area is None else lineage(evidence, area)
    for name in ("areas", "population", "observations"):
        for place in [""] if area is None else places:
            note(name, place)
    rows = [*_of_census(evidence, places), *_printed(evidence, places), *_implied(evidence, places)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame[frame["persons"] > 0].astype({"year": "Int64"}).reset_index(drop=True)


def lineage(evidence: Evidence, area: str) -> list[str]:
    """Return an area and the areas that it belongs to, nearest first."""
    line = []
    while isinstance(area, str) and area in evidence.areas and area not in line:
        line.append(area)
        area = evidence.areas[area].parent
    return line


def _of_census(evidence: Evidence, places: list[str]) -> list[tuple]:
    rows = []
    for (area, year), rows_of in evidence.groups.items():
        origin = evidence.origin(area, year) if area in places else "elsewhere"
        for low, high in GROUPS if origin in ("census", "table") else ():
            try:
                leaf = evidence.pop(area, year, low, high)
            except DataError:
                continue  # a user's pyramid may have wider groups than this one needs
            words, source = (leaf.label_en, leaf.label_zh), evidence.people["source"].iloc[rows_of[0]]
            rows.append((area, leaf.group, year, leaf.basis, origin, leaf.found.value, *words, "", source))
    return rows


def _printed(evidence: Evidence, places: list[str]) -> list[tuple]:
    rows = []
    for name, row in evidence.rows.items():
        if row["area"] in places and row["unit"] == "persons" and row["value"] and group_of(row["indicator"]):
            leaf = evidence.obs(name)
            words = leaf.label_en, leaf.label_zh
            rows.append(
                (row["area"], leaf.group, row["year"], leaf.basis, "printed", row["value"], *words, name, row["source"])
            )
    return rows


def _implied(evidence: Evidence, places: list[str]) -> list[tuple]:
    """The whole that a printed count and its printed share speak of: 32.41万 at 19.28 % are of 168.1万."""
    shares = {
        (row["area"], row["indicator"], row["year"], row["kind"], row["source"]): row
        for row in evidence.rows.values()
        if row["area"] in places and row["value"] and row["indicator"].endswith("_share_pct")
    }
    rows = []
    for name, row in evidence.rows.items():
        key = (row["area"], f"{row['indicator']}_share_pct", row["year"], row["kind"], row["source"])
        if row["unit"] == "persons" and row["value"] and key in shares:
            share = shares[key]
            whole = 100 * row["value"] / share["value"]
            words = (
                f"total {row['year']} implied by {row['as_printed']} at {share['as_printed']}: {whole:,.0f}",
                f"由{row['as_printed']}占{share['as_printed']}推出的{row['year']}年总人口{whole:,.0f}人",
            )
            ids, basis = f"{name}, {share['observation']}", share["basis"] or row["basis"] or ""
            rows.append((row["area"], "total", row["year"], basis, "implied", whole, *words, ids, row["source"]))
    return rows
