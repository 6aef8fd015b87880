"""The methods for beds at work: need year by year from the printed figures of an area and its projected elderly.

The values carry whatever dims the projection has (year, draw); see `need` for what the methods share.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pandas as pd
import xarray as xr

from ..core.errors import DataError, did_you_mean
from ..core.forms import Population, as_array
from ..places.ranges import Range, assumed_range
from .bedmethods import beds_by_hold, beds_by_norm, beds_by_prevalence, beds_by_rule, beds_by_utilisation
from .bedshare import WEIGHTS, BedShare
from .care import CENSUS, SURVEY, care_need, institution_shares
from .need import method_row, middle, printed_row

NORM = "elder_beds_per_1000_60plus"


def elderly_path(population: Population) -> xr.DataArray:
    """Persons aged 60 and over by year, sex and age (and draw) of a projection: what `BedNeed` works on."""
    people = as_array(population)
    return people.sel(age=slice(60, None))


class BedNeed(BedShare):
    """Beds needed by each method, year by year; `elderly` as from `elderly_path`."""

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
        super().__init__(area, elderly, root, changed)
        if share_by not in WEIGHTS:
            hint = did_you_mean(share_by, WEIGHTS)
            raise DataError(f"share_by is {share_by!r}; choose one of {', '.join(WEIGHTS)}.{hint}")
        self.survey, self.share_by = survey, share_by
        self.rows = [getattr(self, row)() for name, row in self.methods.items() if only in (None, name)]

    def look_at(self, population: Population) -> None:
        """See `Need`; the young are left out."""
        self.people = elderly_path(population)
        self.years, self.elderly = self.people["year"].to_numpy(), self.people.sum(("sex", "age"))
        self.symbols = {"E": self.elderly}
        self.needing: dict[str, xr.DataArray] = {}  # persons who need care, by measure

    @property
    def occupancy(self) -> Range:
        """Share of beds that planning wants occupied."""
        return assumed_range("target_occupancy", table=self.assumed)

    def _plan(self) -> dict:
        row = self.figure("elder_beds_needed", "projection")
        row = self.figure("elder_beds_total", "target") if row is None else row
        return printed_row("plan_beds", row, "beds needed or planned")

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
        beds = {bound: beds_by_prevalence(need, *pair) for bound, pair in self.bounds(need).items()}
        levels = ", ".join(f"{level} {share:g}" for level, share in self._shares(need).to_series().items())
        text = f"{words}; s {levels} (judged), o {occupied.value:g} (judged)"
        return method_row(method, beds["central"], text, f"{source};judged", beds["lower"], beds["upper"])

    def bounds(self, need: xr.DataArray) -> dict[str, tuple[xr.DataArray, float]]:
        """By bound of beds the shares in homes and the occupancy: many in homes and few beds filled ask for most."""
        o = self.occupancy
        ends = {"lower": ("lower", o.upper), "central": ("value", o.value), "upper": ("upper", o.lower)}
        return {bound: (self._shares(need, share), occupied) for bound, (share, occupied) in ends.items()}

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
