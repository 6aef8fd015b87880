"""Scenarios: what is assumed about fertility, mortality and migration, by name or of your own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..core.errors import DataError, did_you_mean
from ..data import load_table


@dataclass(frozen=True)
class Scenario:
    """Assumptions of one projection. Frozen: a mistyped field is an error, not a silent default.

    Parameters
    ----------
    name : str
        As in table `assumptions`: low, medium, high, zero-migration, or your own.
    tfr_offset : dict
        {year: children per woman} added to the local TFR; linear between years, constant outside.
    net_migration_factor : dict
        {year: factor} on the area's net migration rates of 2010-2020; linear between years, constant outside.
    e0 : float, optional
        [years, both sexes, in `e0_year`] Overrides the area's life expectancy at birth.
    tfr_ratio : float, optional
        [ratio to the nation] Overrides the area's fertility level at the census.
    e0_year : int, default 2020

    Examples
    --------
    >>> Scenario("mine", tfr_offset={2025: 0.0, 2035: 0.3}).at("tfr_offset", [2030])
    array([0.15])
    """

    name: str
    tfr_offset: dict[int, float] = field(default_factory=lambda: {2020: 0.0})
    net_migration_factor: dict[int, float] = field(default_factory=lambda: {2020: 1.0})
    e0: float | None = None
    tfr_ratio: float | None = None
    e0_year: int = 2020

    @classmethod
    def load(cls, name: str, *, area: str | None = None, root: str | Path | None = None) -> Scenario:
        """Read a scenario from table `assumptions`; rows of the area come before the default rows."""
        table = load_table("assumptions", root=root)
        names = sorted(table["scenario"].dropna().unique())
        if name not in names:
            raise DataError(
                f"scenario {name!r} is not in assumptions.csv; choose one of {names}.{did_you_mean(name, names)}"
            )
        table = table[table["scenario"] == name]
        paths = {}
        for parameter in ("tfr_offset", "net_migration_factor"):
            rows = table[table["parameter"] == parameter]
            own = rows[rows["area"] == area] if area else rows.iloc[:0]
            rows = own if len(own) else rows[rows["area"].isna()]
            if len(rows):
                paths[parameter] = dict(zip(rows["year"].astype(int), rows["value"], strict=True))
        return cls(name, **paths)

    def at(self, parameter: str, years: np.ndarray) -> np.ndarray:
        """Value of `tfr_offset` or `net_migration_factor` in each year."""
        path = dict(sorted(getattr(self, parameter).items()))
        return np.interp(np.asarray(years, dtype=float), list(path), list(path.values()))
