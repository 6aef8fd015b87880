"""Scenarios: what is assumed about fertility, mortality and migration, by name or of your own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path

import numpy as np

from ..core.errors import DataError, did_you_mean
from ..data import load_table

PATHS = ("tfr_offset", "net_migration_factor")
LEVELS = ("e0", "tfr_ratio", "e0_year", "net_migration_per_1000")


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and bool(np.isfinite(float(value)))


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
        [year] Of `e0`.
    net_migration_per_1000 : float, optional
        [per 1000 and year] Overrides the area's crude net migration rate between its censuses (`local_parameters` has
        it); the ages who move stay, and `net_migration_factor` goes on to say how it fades.

    Raises
    ------
    DataError
        When a path is empty or a value is no number.

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
    net_migration_per_1000: float | None = None

    def __post_init__(self) -> None:
        """Refuse what would fail later, in the middle of a projection."""
        for name in PATHS:
            path = getattr(self, name)
            if not isinstance(path, Mapping) or not path:
                raise DataError(
                    f"{name} is {path!r}; it must be a dict of at least one year, such as {{2025: 0.5, 2050: 1.0}}. "
                    "Leave it out for the default."
                )
            for year, value in path.items():
                if not (_is_number(year) and _is_number(value)):
                    raise DataError(f"{name} has {year!r}: {value!r}; years and values must be numbers.")
        for name in LEVELS:
            value = getattr(self, name)
            if value is not None and not _is_number(value):
                raise DataError(f"{name} is {value!r}; it must be a number, or None for the area's own level.")

    @classmethod
    def load(cls, name: str, *, area: str | None = None, root: str | Path | None = None) -> Scenario:
        """Read a scenario from table `assumptions`; rows of the area come before the default rows."""
        table = load_table("assumptions", area=area, root=root)
        names = sorted(table["scenario"].dropna().unique())
        if name not in names:
            raise DataError(
                f"scenario {name!r} is not in assumptions.csv; choose one of {names}.{did_you_mean(name, names)}"
            )
        table = table[table["scenario"] == name]
        paths = {}
        for parameter in PATHS:
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
