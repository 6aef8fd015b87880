"""Assumed values with the range in which they are believed: the look-up behind care, staff and decisions."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..core.errors import DataError, did_you_mean
from ..data import find_area, load_table


class Range(NamedTuple):
    """An assumed value, its bounds, and the document behind it (`judged` where it is judgement)."""

    lower: float
    value: float
    upper: float
    unit: str
    source: str

    @property
    def judged(self) -> bool:
        """Whether the value is judgement and no document's."""
        return self.source == "judged"


def assumed_range(
    parameter: str, *, area: str | None = None, root: str | Path | None = None, table: pd.DataFrame | None = None
) -> Range:
    """Return a row of `assumptions` with its `_lower` and `_upper`, an area's own row before the default.

    A value of your own outside the range widens it, so that lower <= value <= upper always holds.

    Parameters
    ----------
    parameter : str
        For example `target_occupancy`.
    area : str, optional
        Slug, Chinese or English name, or adcode of the area whose own row comes first.
    root : path, optional
        Folder with your own tables.
    table : DataFrame, optional
        As from `area_values`, when it is at hand; `area` and `root` are then not looked at.

    Returns
    -------
    Range
        lower, value, upper [unit of the row], unit, source; `judged` tells judgement from documents.

    Raises
    ------
    DataError
        When there is no such parameter, or no such area.

    Examples
    --------
    >>> assumed_range("target_occupancy")[:3]
    (0.8, 0.85, 0.95)
    """
    if table is None:
        slug = None if area is None else find_area(area, root)["area"]
        rows = area_values(slug, root)
    else:
        rows = table
    if parameter not in rows.index:
        hint = did_you_mean(parameter, [name for name in rows.index if not name.endswith(("_lower", "_upper"))])
        raise DataError(f"assumptions has no parameter {parameter!r}.{hint} Add it to your own data folder.")
    row = rows.loc[parameter]
    value = float(row["value"])
    bounds = [float(rows["value"].get(f"{parameter}_{side}", value)) for side in ("lower", "upper")]
    return Range(min(bounds[0], value), value, max(bounds[1], value), row["unit"], row["source"])


def area_values(area: str | None = None, root: str | Path | None = None) -> pd.DataFrame:
    """Rows of `assumptions` that hold for an area (its slug) in every scenario, indexed by parameter.

    Examples
    --------
    >>> area_values("jingdezhen").value["e0"]
    np.float64(77.8)
    """
    assumptions = load_table("assumptions", area=area or "china", root=root)  # those of other areas are not read
    mine = (assumptions["area"].isna() | (assumptions["area"] == area)) & assumptions["scenario"].isna()
    rows = assumptions[mine].sort_values("area", na_position="last").drop_duplicates("parameter")
    return rows.set_index("parameter")
