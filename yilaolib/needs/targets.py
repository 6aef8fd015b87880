"""The indicator tables of a plan, from baseline to target."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ..data import find_area, load_table

BETTER = {"higher": 1, "lower": -1}  # sign of a change for the better


def plan_targets(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """The plan's indicator tables, one row per printed indicator: baseline, target, and whether it steps back.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        indicator, name_as_printed, name_en, domain, unit, baseline_year, baseline, target_year, target, comparator,
        baseline_printed, target_printed, binding, direction, steps_back (True where the target is worse than the
        baseline; a floor below it, such as ≥95, is no plan to fall: see comparator), observation and
        baseline_observation (ids of target and baseline), locator; in the order of the plan.

    Examples
    --------
    >>> len(plan_targets("jingdezhen"))
    22
    """
    slug = find_area(area, root=root)["area"]
    table = load_table("observations", area=slug, root=root)
    # cells of an indicator table carry no suffix; figures of the running text end in .text
    cells = table[~table["observation"].str.contains(".text", regex=False)].sort_values("year")
    concepts = load_table("indicators", root=root).set_index("indicator")
    rows = []
    for indicator, group in cells.groupby("indicator", sort=False):
        base, goal = group[group["kind"] == "actual"], group[group["kind"] == "target"]
        if goal.empty:
            continue
        first, last = (base.iloc[-1] if len(base) else None), goal.iloc[-1]
        concept = concepts.loc[indicator]
        baseline = np.nan if first is None else first["value"]
        worse = BETTER.get(concept["direction"], 0) * (last["value"] - baseline) < 0
        rows.append(
            {
                "indicator": indicator,
                "name_as_printed": last["name_as_printed"],
                "name_en": concept["name_en"],
                "domain": concept["domain"],
                "unit": concept["unit"],
                "baseline_year": None if first is None else first["year"],
                "baseline": baseline,
                "target_year": last["year"],
                "target": last["value"],
                "comparator": last["comparator"],
                "baseline_printed": None if first is None else first["as_printed"],
                "target_printed": last["as_printed"],
                "binding": last["binding"],
                "direction": concept["direction"],
                "steps_back": bool(worse),
                "observation": last["observation"],
                "baseline_observation": None if first is None else first["observation"],
                "locator": last["locator"],
            }
        )
    if not rows:
        return pd.DataFrame(rows)
    frame = pd.DataFrame(rows).astype({"baseline_year": "Int64", "target_year": "Int64"})
    return frame.sort_values("locator", key=lambda column: column.map(_place_in_table)).reset_index(drop=True)


def _place_in_table(locator: str) -> tuple[int, ...]:
    """(table, row, sub-row) of a locator such as `二(二) 表1 第2.6行`, to sort as the plan prints."""
    found = re.search(r"表(\d+) 第(\d+)(?:\.(\d+))?行", locator)
    return tuple(int(part or 0) for part in found.groups()) if found else (0,)
