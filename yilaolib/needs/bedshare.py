"""The method by share: a province's beds shared out by weight, as a plan describes it or by the census."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from ..core.errors import DataError
from ..places.parameters import census_pyramids
from .allocation import allocate_beds
from .bedmethods import beds_by_share
from .counted import Counted, counted
from .need import Need, method_row
from .supply import bed_supply

WEIGHTS = {"aged_60": "60+", "aged_65": "65+", "aged_80": "80+", "care_need": "care need", "shortfall": "shortfall"}


class BedShare(Need):
    """What `BedNeed` has for a share: the weights of the census, and the elderly that plans print."""

    what = "beds"
    survey: str  # measure of `care_rates`
    share_by: str  # one of `WEIGHTS`

    @cached_property
    def supply(self) -> pd.DataFrame:
        """As `bed_supply`."""
        return bed_supply(self.area, root=self.root)

    @cached_property
    def at_census(self) -> dict[str, float]:
        """Weights of the area at the census; see `Counted`."""
        return self._counted(self.area).weights(self.assumed)

    def _counted(self, area: str) -> Counted:
        return counted(area, int(self.years[0]), self.root, survey=self.survey)

    def _printed_elderly(self, kind: str, area: str | None = None) -> pd.Series | None:
        """Printed residents of 60 and over; registered people are others."""
        row = self.figure("population_60plus", kind, area=area)
        return None if row is None or row["basis"] == "registered" else row

    def _share(self) -> dict:
        total = None if pd.isna(self.parent) else self.figure("elder_beds_total", "target", area=self.parent)
        if total is None:
            return method_row("share", inputs="not published: the province's beds in its target year")
        if int(self.years[0]) not in census_pyramids(self.parent, self.root):  # a place given by totals of another year
            return method_row("share", inputs=f"not published: the province's persons by age in {self.years[0]}")
        whole = self._counted(self.parent).weights(self.assumed)
        weights = {by: (self.at_census[by], whole[by]) for by in WEIGHTS if by != "shortfall"}
        own, province = (self._printed_elderly("actual", place) for place in (self.area, self.parent))
        basis, used = "census", [total]
        if own is not None and province is not None and own["source"] == province["source"] == total["source"]:
            # the plan prints all three figures of its own method: recompute what it describes
            weights["aged_60"] = (own["value"], province["value"])
            if self.share_by == "aged_60":
                basis, used = "as printed", [total, own, province]
        beds = {by: float(beds_by_share(total["value"], *pair)) for by, pair in weights.items()}
        if self.share_by == "shortfall":
            return self._share_by_shortfall(total, beds)
        others = ", ".join(f"by {WEIGHTS[by]} {beds[by]:,.0f}" for by in beds if by != self.share_by)
        own_weight, all_weight = weights[self.share_by]
        text = (
            f"T {total['value']:,.0f} ({total['year']}), w {own_weight:,.0f}, W {all_weight:,.0f} "
            f"({WEIGHTS[self.share_by]}, {basis}); {others} (census)"
        )
        central, ids = beds[self.share_by], [row["observation"] for row in used]
        papers = dict.fromkeys([total["source"], *(self._counted(place).source for place in (self.area, self.parent))])
        return method_row("share", central, text, ";".join(papers), min(beds.values()), max(beds.values()), ids)

    def _share_by_shortfall(self, total: pd.Series, others: dict[str, float]) -> dict:
        """Whole beds by what each prefecture lacks at the province's own ratio; unpublished present beds are judged."""
        try:
            parts = allocate_beds(self.parent, int(total["value"]), root=self.root)
            mine = parts.loc[self.area]
        except (DataError, KeyError):
            return method_row("share", inputs="not published: present beds of the places that share with this one")
        judged = int((~parts["beds_known"]).sum())
        text = (
            f"T {total['value']:,.0f} ({total['year']}), w {mine['shortfall']:,.0f}, W {parts['shortfall'].sum():,.0f} "
            f"(need at the province's ratio less present beds; those of {judged} of {len(parts)} places judged)"
        )
        beds, ids = float(mine["beds_shortfall"]), [total["observation"]]
        present = self.figure("elder_beds_total", "actual")
        ids += [present["observation"]] if present is not None and mine["beds_known"] else []
        values = [*others.values(), beds]
        return method_row("share", beds, text, f"{total['source']};judged", min(values), max(values), ids)
