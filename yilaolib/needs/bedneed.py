"""The methods for beds at work: need year by year from the printed figures of an area and its projected elderly.

The values carry whatever dims the projection has (year, draw); see `need` for what the methods share.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

import pandas as pd
import xarray as xr

from ..core.errors import DataError, did_you_mean
from ..core.forms import as_array
from ..people.measures import persons
from ..places.parameters import census_pyramids, census_source
from ..places.ranges import Range, assumed_range
from ..tabling.folders import as_folder, stamp
from .allocation import allocate_beds
from .bedmethods import (
    beds_by_hold,
    beds_by_norm,
    beds_by_prevalence,
    beds_by_rule,
    beds_by_share,
    beds_by_utilisation,
)
from .care import CENSUS, SURVEY, care_need, institution_shares
from .need import Need, method_row, middle
from .supply import bed_supply

NORM = "elder_beds_per_1000_60plus"
WEIGHTS = {"aged_60": "60+", "aged_65": "65+", "aged_80": "80+", "care_need": "care need", "shortfall": "shortfall"}


def elderly_path(population: xr.Dataset) -> xr.DataArray:
    """Persons aged 60 and over by year, sex and age (and draw) of a projection: what `BedNeed` works on."""
    people = as_array(population)
    return people.sel(age=slice(60, None))


class BedNeed(Need):
    """Beds needed by each method, year by year; `elderly` as from `elderly_path`."""

    what = "beds"
    methods: ClassVar = {
        "plan_beds": "_plan",
        "share": "_share",
        "norm": "_norm",
        "norm_peers": "_peers",
        "norm_national": "_national",
        "hold": "_hold",
        "rule_9073": "_rule",
        "prevalence": "_survey",
        "prevalence_census": "_census",
        "utilisation": "_use",
    }
    unlisted = ("norm_peers", "norm_national")

    def __init__(
        self,
        area: str,
        elderly: xr.DataArray,
        root: str | Path | None = None,
        *,
        survey: str = SURVEY,
        changed: dict[str, float] | None = None,
        only: str | None = None,
        share_by: str = "aged_60",
    ) -> None:
        super().__init__(area, elderly["year"].to_numpy(), root, changed)
        if share_by not in WEIGHTS:
            hint = did_you_mean(share_by, WEIGHTS)
            raise DataError(f"share_by is {share_by!r}; choose one of {', '.join(WEIGHTS)}.{hint}")
        self.people, self.elderly = elderly, elderly.sum(("sex", "age"))
        self.symbols, self.survey, self.share_by = {"E": self.elderly}, survey, share_by
        self.needing: dict[str, xr.DataArray] = {}
        self.rows = [getattr(self, row)() for name, row in self.methods.items() if only in (None, name)]

    @property
    def occupancy(self) -> Range:
        """Share of beds that planning wants occupied."""
        return assumed_range("target_occupancy", table=self.assumed)

    @cached_property
    def supply(self) -> pd.DataFrame:
        """As `bed_supply`."""
        return bed_supply(self.area, root=self.root)

    @cached_property
    def at_census(self) -> dict[str, float]:
        """Persons by age at the census, and those expected in institutions by their need."""
        return self._weights(self.area)

    def _plan(self) -> dict:
        row = self.figure("elder_beds_needed", "projection")
        row = self.figure("elder_beds_total", "target") if row is None else row
        if row is None:
            return method_row("plan_beds", inputs="not published: beds needed or planned")
        text = f"{row['as_printed']} ({row['year']}, {row['locator']})"
        return method_row("plan_beds", row["value"], text, row["source"], observations=[row["observation"]])

    def _share(self) -> dict:
        total = None if pd.isna(self.parent) else self.figure("elder_beds_total", "target", area=self.parent)
        if total is None:
            return method_row("share", inputs="not published: the province's beds in its target year")
        if int(self.years[0]) not in census_pyramids(self.parent, self.root):  # a place given by totals of another year
            return method_row("share", inputs=f"not published: the province's persons by age in {self.years[0]}")
        whole = self._weights(self.parent)
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

    def _norms(self) -> pd.DataFrame:
        """Each plan's norm of its last year and its observation, by source."""
        table = self.printed.of(NORM)
        wanted = table["kind"].isin(["target", "standard"]) & (table["area"] != "china")
        return table[wanted].sort_values("year").groupby("source").last()[["value", "observation"]]

    def _norm(self) -> dict:
        row = self.figure(NORM, "target", "standard")
        if row is None:
            return method_row("norm", inputs="not published: beds per 1000 elderly")
        norms = self._norms()
        least, most = norms["value"].min(), norms["value"].max()
        low, central, high = (beds_by_norm(self.elderly, x) for x in (least, row["value"], most))
        text = f"r {row['value']:g} ({row['year']}; plans {least:g} to {most:g}), E(t)"
        ids = [row["observation"], *norms["observation"]]
        return method_row("norm", central, text, row["source"], low, high, ids) | {"norm": float(row["value"])}

    def _peers(self) -> dict:
        row = self.figure(NORM, "target", "standard")
        norms = self._norms().drop([] if row is None else [row["source"]], errors="ignore")  # not the nation's
        if norms.empty:
            return method_row("norm_peers", inputs="not published: a norm in any other plan")
        rates = [norms["value"].agg(how) for how in ("min", "median", "max")]
        low, central, high = (beds_by_norm(self.elderly, x) for x in rates)
        text = f"r {', '.join(f'{x:g}' for x in rates)} ({len(norms)} other plans), E(t)"
        return method_row("norm_peers", central, text, ";".join(norms.index), low, high, norms["observation"])

    def _national(self) -> dict:
        row = self.figure(NORM, "target", "standard", area="china")
        if row is None:
            return method_row("norm_national", inputs="not published: a national number of beds per 1000 elderly")
        high = row["value"] if pd.isna(row["value_max"]) else row["value_max"]
        low, central, top = (beds_by_norm(self.elderly, x) for x in (row["value"], (row["value"] + high) / 2, high))
        text = f"r {row['value']:g} to {high:g} ({row['year']}, secondary), E(t)"
        return method_row("norm_national", central, text, row["source"], low, top, [row["observation"]])

    def _hold(self) -> dict:
        row = self.figure("elder_beds_total", "actual")
        row = self.figure("elder_beds_institution", "actual") if row is None else row
        if row is None:
            return method_row("hold", inputs="not published: the present number of beds")
        later = row["year"] in self.years and row["year"] > self.years[0]
        then = self.elderly.sel(year=row["year"]) if later else self.at_census["aged_60"]
        date = "projected" if later else "census"
        text = f"B {row['value']:,.0f} ({row['year']}), E0 {middle(then):,.0f} ({date}), E(t)"
        beds, ids = beds_by_hold(row["value"], then, self.elderly), [row["observation"]]
        forecast = self._printed_elderly("projection")
        if forecast is not None:
            printed, base = self._printed_elderly("actual"), middle(then)
            ids.append(forecast["observation"])
            if printed is not None and printed["year"] == row["year"]:  # the plan's own ratio, where it prints both
                base = printed["value"]
                ids.append(printed["observation"])
            own = beds_by_hold(row["value"], base, forecast["value"])
            text += f"; on the plan's E {forecast['value']:,.0f} ({forecast['year']}) {own:,.0f}"
        return method_row("hold", beds, text, f"{row['source']};{self._counted(self.area).source}", observations=ids)

    def _printed_elderly(self, kind: str, area: str | None = None) -> pd.Series | None:
        """Printed residents of 60 and over; registered people are others."""
        row = self.figure("population_60plus", kind, area=area)
        return None if row is None or row["basis"] == "registered" else row

    def _rule(self) -> dict:
        rule = assumed_range("rule_3pct_share", table=self.assumed)
        return method_row("rule_9073", beds_by_rule(self.elderly, rule.value), f"{rule.value:g} x E(t)", rule.source)

    def _survey(self) -> dict:
        words = f"65+, ADL by age and sex, CLHLS {self.survey[-4:]}"
        return self._prevalence("prevalence", self.survey, words, "ccdcw-2023-clhls")

    def _census(self) -> dict:
        return self._prevalence("prevalence_census", CENSUS, "60+, cannot care for themselves", "guo-2022-selfcare")

    def _prevalence(self, method: str, measure: str, words: str, source: str) -> dict:
        need, occupied = self._need(measure), self.occupancy
        pairs = {"lower": ("lower", occupied.upper), "central": ("value", occupied.value)}
        pairs["upper"] = ("upper", occupied.lower)  # many in homes and few beds filled: the most beds
        beds = {b: beds_by_prevalence(need, self._shares(need, x), o) for b, (x, o) in pairs.items()}
        levels = ", ".join(f"{level} {share:g}" for level, share in self._shares(need).to_series().items())
        text = f"{words}; s {levels} (judged), o {occupied.value:g} (judged)"
        return method_row(method, beds["central"], text, f"{source};judged", beds["lower"], beds["upper"])

    def _shares(self, need: xr.DataArray, bound: str = "value") -> xr.DataArray:
        return institution_shares(need, self.assumed, bound)

    def _use(self) -> dict:
        beds, lived = (self.figure(f"elder_{what}_public_homes", "actual") for what in ("beds", "residents"))
        if lived is None or beds is None:
            return method_row("utilisation", inputs="not published: residents of homes for the elderly")
        private, growth, occupied = self.figure("elder_beds_private", "actual"), self._growth(), self.occupancy.value
        ids = [row["observation"] for row in (lived, beds, private) if row is not None]
        text, source = f"R {lived['value']:,.0f} in {beds['value']:,.0f} public beds ({lived['year']})", lived["source"]
        if private is None:
            only = beds_by_utilisation(lived["value"], occupied, growth)
            text = f"{text}; private homes not published and left out; o {occupied:g} (judged)"
            return method_row("utilisation", only, text, f"{source};judged", observations=ids)
        rest = private["value"]
        residents = lived["value"] * (1 + rest / beds["value"])  # private homes as full as public ones
        low, central, high = (
            beds_by_utilisation(r, occupied, growth) for r in (lived["value"], residents, lived["value"] + rest)
        )
        text += f"; private homes 0 to {rest:,.0f}, central {residents - lived['value']:,.0f}: as full as public ones "
        text += f"(judged); o {occupied:g} (judged)"
        return method_row("utilisation", central, text, f"{source};judged", low, high, ids)

    def _growth(self) -> xr.DataArray:
        """Expected residents by age and sex against those of the census: residents' own ages are not published."""
        need = self._need(self.survey)
        return beds_by_prevalence(need, self._shares(need), 1.0) / self.at_census["care_need"]

    def _need(self, measure: str) -> xr.DataArray:
        if measure not in self.needing:  # two methods use the survey
            self.needing[measure] = care_need(self.people, measure=measure, root=self.root)
        return self.needing[measure]

    def _weights(self, area: str) -> dict[str, float]:
        """Weights of an area at the census: persons by age, and those expected in institutions by their need."""
        census = self._counted(area)
        expected = float(beds_by_prevalence(census.need, self._shares(census.need), 1.0))
        return {"aged_60": census.aged_60, "aged_65": census.aged_65, "aged_80": census.aged_80, "care_need": expected}

    def _counted(self, area: str) -> Counted:
        return _counted(area, int(self.years[0]), self.survey, as_folder(self.root), stamp(self.root))


class Counted(NamedTuple):
    """What the census of an area counted, and the document that prints it."""

    aged_60: float
    aged_65: float
    aged_80: float
    need: xr.DataArray  # as `care_need`
    source: str


@lru_cache(maxsize=512)
def _counted(area: str, year: int, survey: str, root: Path | None, state: tuple) -> Counted:
    people = census_pyramids(area, root)[year]
    aged_60, aged_65, aged_80 = (float(persons(people, age)) for age in (60, 65, 80))
    need = care_need(people, measure=survey, root=root)
    return Counted(aged_60, aged_65, aged_80, need, census_source(area, root, year))
