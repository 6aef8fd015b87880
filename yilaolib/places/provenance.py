"""Which documents stand behind a projection."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd

from ..data import load_table
from ..tabling.folders import as_root, stamp
from .parameters import Launch, local_parameters, national_paths
from .scenarios import Scenario
from .survivors import STANDARD

FADING = ("tfr_ratio_persistence", "sex_ratio_pull")  # of table spreads: in every projection


def sources_behind(launch: Launch, scenario: Scenario, *, drawn: bool, root: str | Path | None = None) -> list[str]:
    """Ids of the documents that a projection of the area rests on, in the order of its making.

    The censuses (the older one tells who moved), the local levels, the national paths and schedules, the assumptions of
    the scenario, and the spreads: of the central path those that say how the local levels fade, of draws all.
    """
    return list(_behind(launch.area, launch.base, scenario.name, drawn, as_root(root), stamp(root)))


@lru_cache(maxsize=4096)
def _behind(area: str, base: int, scenario: str, drawn: bool, root: Path | None, state: tuple) -> tuple[str, ...]:
    people, assumed = (load_table(name, area=area, root=root) for name in ("population", "assumptions"))
    singles, mortality, spreads = (load_table(name, root=root) for name in ("age_standards", "mortality", "spreads"))
    nearest = min(singles["year"].unique(), key=lambda year: abs(int(year) - base))
    frames = [
        people[people["year"] <= base].sort_values("year", ascending=False),
        local_parameters(area, root=root),
        singles[singles["year"] == nearest],
        _paths(root),
        mortality[mortality["standard"] == STANDARD],
        load_table("fertility", root=root),
        assumed[assumed["scenario"] == scenario],
        spreads if drawn else spreads[spreads["parameter"].isin(FADING)],
    ]
    return tuple(dict.fromkeys(pd.concat([frame["source"] for frame in frames]).dropna()))


def _paths(root: Path | None) -> pd.DataFrame:
    """The rows of the nation's series that are its paths."""
    series = load_table("series", area="china", root=root)
    return series[series["indicator"].isin(national_paths(root).columns.get_level_values(0))]
