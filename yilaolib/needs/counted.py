"""What the census of an area counted, and the weights by which a larger area's beds can be shared out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import xarray as xr

from ..people.measures import persons
from ..places.parameters import census_pyramids, census_source
from ..tabling.folders import as_root, stamp
from .bedmethods import beds_by_prevalence
from .care import SURVEY, care_need, institution_shares


class Counted(NamedTuple):
    """Persons of a census by age, those who need care by level (as `care_need`), and the document that prints them."""

    population: float
    aged_60: float
    aged_65: float
    aged_80: float
    need: xr.DataArray
    source: str

    def weights(self, assumed: pd.DataFrame) -> dict[str, float]:
        """Persons by age, and those expected in institutions by their need: the weights of a share.

        `assumed` as from `area_values`: how much of each level of need is cared for in institutions.
        """
        expected = float(beds_by_prevalence(self.need, institution_shares(self.need, assumed), 1.0))
        return {"aged_60": self.aged_60, "aged_65": self.aged_65, "aged_80": self.aged_80, "care_need": expected}


def counted(area: str, year: int, root: str | Path | None = None, *, survey: str = SURVEY) -> Counted:
    """Return what the census of a year counted in an area; need by a survey of `care_rates`."""
    return _counted(area, year, survey, as_root(root), stamp(root))


@lru_cache(maxsize=512)
def _counted(area: str, year: int, survey: str, root: Path | None, state: tuple) -> Counted:
    people = census_pyramids(area, root)[year]
    whole, *aged = (float(persons(people, age)) for age in (0, 60, 65, 80))
    return Counted(
        whole, *aged, need=care_need(people, measure=survey, root=root), source=census_source(area, root, year)
    )
