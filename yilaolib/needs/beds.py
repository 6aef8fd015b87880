"""Beds for the elderly (养老床位): need by several methods, supply, and what the methods say side by side.

A gap exists only relative to a method. Each method measures something else (`basis`): what a plan sets itself
("plan"), what people need ("need"), what is used ("use"). The formulas are in `bedmethods`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import ClassVar

import pandas as pd
import xarray as xr

from ..demography.ages import Population, as_array
from ..demography.local import Range, assumed_range, census_pyramids
from ..demography.projection import Scenario
from ..errors import DataError, did_you_mean
from .allocation import allocate_beds
from .care import CENSUS, SURVEY, care_need, institution_shares
from .methods import (
    beds_by_hold,
    beds_by_norm,
    beds_by_prevalence,
    beds_by_rule,
    beds_by_share,
    beds_by_utilisation,
)
from .rows import (
    Counted,
    Need,
    at_year,
    checked_norm,
    counted,
    label_methods,
    method_row,
    middle,
    middles,
    printed_row,
    projected,
)
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
        norm: float | None = None,
        share_by: str = "aged_60",
    ) -> None:
        super().__init__(area, elderly, root, changed)
        if share_by not in WEIGHTS:
            hint = did_you_mean(share_by, WEIGHTS)
            raise DataError(f"share_by is {share_by!r}; choose one of {', '.join(WEIGHTS)}.{hint}")
        self.survey, self.share_by, self.norm = survey, share_by, checked_norm(norm)
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
        if self.norm is not None:
            text = f"r {self.norm:g} (yours), E(t)"
            return method_row("norm", beds_by_norm(self.elderly, self.norm), text) | {"norm": float(self.norm)}
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


def triangulate_beds(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    norm: float | None = None,
    share_by: str = "aged_60",
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Beds needed in a year by every method that the published figures allow, one row per method.

    A method whose inputs are not published is kept as a row without numbers; `inputs` says what is missing.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year] Within the projection.
    scenario : str or Scenario, default "medium"
    population : Dataset, optional
        A projection made before (by `project`), so that it is not made again.
    norm : float, optional
        [beds per 1000 persons 60+] Your own in place of the plan's, in the method `norm`.
    share_by : {'aged_60', 'aged_65', 'aged_80', 'care_need', 'shortfall'}
        Weight by which the province's beds are shared out. By shortfall the beds are whole (largest remainder), and
        present beds of places that print none are judged.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        method, lower, central, upper [beds], basis (plan, need, use), name_zh, name_en, inputs (the judged ones
        marked), sources (ids, joined by a semicolon), observations (tuple: ids of the printed figures among the
        inputs). Lower and upper, missing where a method has no range, are those of its parameters. with_stock and
        with_pipeline [beds]: the printed present beds, and these with the new beds of the project list that open by
        the year; gap_stock, gap_pipeline [beds]: central need less those, negative where they are too many;
        says_stock, says_pipeline: short, surplus, or either where the range holds both. With draws, central is their
        median and draw_lower, draw_upper [beds] hold 80 % of them.

    Raises
    ------
    DataError
        Unknown area, scenario or weight, or a year outside the projection.

    Examples
    --------
    >>> methods = triangulate_beds("jingdezhen", 2025).set_index("method")
    >>> print(round(methods.central["share"]), round(methods.central["plan_beds"]))
    10592 10500
    >>> methods.says_stock[["plan_beds", "utilisation"]].tolist()
    ['short', 'surplus']
    """
    if population is None:
        population = projected(area, year, scenario, root)
    need = BedNeed(area, elderly_path(population), root, norm=norm, share_by=share_by)
    return label_methods(need.at(year), root)


def nursing_beds(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """Nursing-type beds (护理型床位): the need by level of care against what the plan has and wants.

    The plan prints a share, of institution beds or of all beds: `of` says which. Who needs such a bed is taken to be
    the moderate and severe levels of the survey (judged).

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    year : int
        [year] Of the need.
    scenario, population, root
        As in `triangulate_beds`.

    Returns
    -------
    DataFrame
        what (need_moderate, need_severe, need, present, target), lower, central, upper [beds], share_pct [percent of
        the beds in `of`], of (elder_beds_institution, elder_beds_total, or empty), year, source, observations (tuple:
        ids of the printed figures). Missing where not published.

    Raises
    ------
    DataError
        Unknown area or scenario.

    Examples
    --------
    >>> beds = nursing_beds("jingdezhen", 2025).set_index("what")
    >>> print(round(beds.central["present"]), beds.share_pct["target"])
    1908 60.0
    """
    if population is None:
        population = projected(area, year, scenario, root)
    elderly = elderly_path(population)
    need = BedNeed(area, elderly, root, only="")  # no method: its printed figures and assumptions
    people = care_need(at_year(elderly, year), root=root)
    bounds = need.bounds(people).items()
    rows = [middles(people * share / occupied, "level").rename(bound) for bound, (share, occupied) in bounds]
    levels = pd.concat(rows, axis=1).loc[["moderate", "severe"]]
    levels.loc["need"] = levels.sum()
    levels.index = ["need_moderate", "need_severe", "need"]
    frame = levels.rename_axis("what").reset_index().assign(year=year, source="ccdcw-2023-clhls;judged", of="")
    printed = [_printed_nursing(need, name, kind) for name, kind in (("present", "actual"), ("target", "target"))]
    frame = pd.concat([frame, pd.DataFrame(printed)], ignore_index=True)
    frame["observations"] = frame["observations"].map(lambda ids: ids if isinstance(ids, tuple) else ())
    columns = ["what", "lower", "central", "upper", "share_pct", "of", "year", "source", "observations"]
    return frame.reindex(columns=columns).astype({"year": "Int64"})


def _printed_nursing(need: BedNeed, name: str, kind: str) -> dict:
    """The printed share of nursing-type beds, and the beds that it makes of the printed number of beds."""
    for indicator, of in (
        ("nursing_beds_share_institution_pct", "elder_beds_institution"),
        ("nursing_beds_share_pct", "elder_beds_total"),
    ):
        share, beds = need.figure(indicator, kind), need.figure(of, kind)
        if share is not None:
            count = None if beds is None else beds["value"] * share["value"] / 100
            line = {"what": name, "central": count, "share_pct": share["value"], "of": of, "year": share["year"]}
            ids = (share["observation"],) if beds is None else (share["observation"], beds["observation"])
            return line | {"source": share["source"], "observations": ids}
    return {"what": name, "source": "not published", "of": "", "observations": ()}
