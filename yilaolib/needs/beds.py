"""Beds for the elderly (养老床位): the need by several methods, side by side, and a province's beds shared out.

A gap exists only relative to a method. Each method measures something else (`basis`): what a plan sets itself
("plan"), what people need ("need"), what is used ("use"). The formulas are in `methods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from ..demography.ages import Population, persons
from ..demography.local import Root, area_values, assumed_range, census_pyramids, census_source, while_unchanged
from ..demography.projection import Scenario
from ..errors import DataError, nearest, refusal
from ..tables.areas import figures_at, find_area, load_table, slug_of
from . import methods as formulas

from .rows import (  # isort: skip
    BOUNDS, CENSUS, ELDERLY, SURVEY, Case, Future, Input, Method, at_year, by_level, care_need, given, given_by,
    institution_shares, lacking, make_case, method_row, middle, middles, printed_row, projected, rows_of, table_at,
)  # fmt: skip
from .supply import NURSING, doubted

NORM = "elder_beds_per_1000_60plus"
WEIGHTS = ("aged_60", "aged_65", "aged_80", "care_need", "shortfall")
RULES = ("population", *WEIGHTS)


class Counted(NamedTuple):
    """Persons of a census by age, those who need care by level (as `care_need`), and the document that prints them."""

    persons: dict[str, float]
    need: xr.DataArray
    source: str

    def weights(self, assumed: pd.DataFrame) -> dict[str, float]:
        """Persons by age, and those expected in institutions by their need."""
        expected = float(_expected(self.need.indexes["level"], self.need.to_numpy(), assumed))
        return self.persons | {"care_need": expected}


@while_unchanged(512)
def counted(area: str, year: int, survey: str = SURVEY, *, root: Root = None) -> Counted:
    """Return what the census of a year counted in an area; need by a survey of `care_rates`."""
    people = census_pyramids(area, root)[year]
    ages = {"population": 0, "aged_60": 60, "aged_65": 65, "aged_80": 80}
    need = care_need(people, measure=survey, root=root)
    told = {name: float(persons(people, age)) for name, age in ages.items()}
    return Counted(told, need, census_source(area, root, year))


def bed_case(area: str, population: Population, root: Root = None, **choices: object) -> Case:
    """Return what the methods for beds start from; `choices`: norm, share_by, survey."""
    by = choices.get("share_by", "aged_60")
    if by not in WEIGHTS:
        raise refusal("errors.needs.share_by", by=by, allowed=list(WEIGHTS), near=nearest(by, WEIGHTS))
    return make_case("beds", area, population, root, **choices)


def plan_beds(case: Case) -> dict:
    """The beds that the plan needs or will have, as printed."""
    row = case.figure("elder_beds_needed", "projection")
    row = case.figure("elder_beds_total", "target") if row is None else row
    return printed_row(case, "plan_beds", row, "no_beds_planned")


def share(case: Case) -> dict:
    """The province's beds by the area's share of its elderly; the range is that of other weights."""
    parent = case.parent
    total = None if parent is None else case.figure("elder_beds_total", "target", area=parent)
    if parent is None or total is None:
        return lacking("share", "no_beds_of_province")
    census = int(case.years[0])
    if census not in census_pyramids(parent, case.root):  # an area given by totals of another year
        return lacking("share", "no_ages_of_province", year=census)
    whole, own = _counted(case, parent), _counted(case, case.area)
    ours, theirs = own.weights(case.assumed), whole.weights(case.assumed)
    weights = {by: (ours[by], theirs[by]) for by in WEIGHTS[:-1]}
    basis, used = "census", [total]
    mine, province = (_printed_elderly(case, "actual", area) for area in (case.area, parent))
    if mine is not None and province is not None and mine["source"] == province["source"] == total["source"]:
        weights["aged_60"] = (mine["value"], province["value"])  # all figures of its own method are printed
        if case.share_by == "aged_60":
            basis, used = "printed", [total, mine, province]
    beds = {by: float(formulas.beds_by_share(total["value"], *pair)) for by, pair in weights.items()}
    level = find_area(parent, root=case.root)["level"]
    inputs = [given_by(total, "province_beds", level=level)]
    if case.share_by == "shortfall":
        # whole beds by what each prefecture lacks at the province's own ratio; unpublished present beds are judged
        try:
            parts = allocate_beds(parent, int(total["value"]), root=case.root)
            found = parts.loc[case.area]
        except (DataError, KeyError):
            return lacking("share", "no_beds_of_neighbours")
        lack = {"own": found["shortfall"], "all": parts["shortfall"].sum()}
        inputs.append(given("shortfalls", **lack, judged=int((~parts["beds_known"]).sum()), areas=len(parts)))
        present = case.figure("elder_beds_total", "actual")
        used += [present] if present is not None and found["beds_known"] else []
        beds["shortfall"], sources = float(found["beds_shortfall"]), f"{total['source']};judged"
    else:
        mine, all_ = weights[case.share_by]
        others = {by: value for by, value in beds.items() if by != case.share_by}
        inputs.append(given("weights", own=mine, all=all_, by=case.share_by, basis=basis, level=level))
        inputs.append(given("other_weights", joint="apart", beds=others))
        sources = ";".join(dict.fromkeys([total["source"], own.source, whole.source]))
    bounds = {"lower": min(beds.values()), "central": beds[case.share_by], "upper": max(beds.values())}
    bounds = {bound: case.then(total, value) for bound, value in bounds.items()}
    ids = [row["observation"] for row in used]
    return method_row("share", inputs=inputs, sources=sources, **bounds, observations=ids)


def _by_norms(case: Case, method: str, rates: tuple, norm: Input, sources: str, ids: list[str]) -> dict:
    low, central, high = (formulas.beds_by_norm(case.counts["elderly"], rate) for rate in rates)
    return method_row(method, central, [norm, ELDERLY], sources, lower=low, upper=high, observations=ids)


def norm(case: Case) -> dict:
    """The user's norm; else the plan's, with the lowest and highest of all plans as its range."""
    if case.norm is not None:
        inputs = [given("norm_own", value=case.norm), ELDERLY]
        line = method_row("norm", formulas.beds_by_norm(case.counts["elderly"], case.norm), inputs)
        return line | {"norm": float(case.norm)}
    row = case.figure(NORM, "target", "standard")
    if row is None:
        return lacking("norm", "no_norm")
    norms = _norms(root=case.root)
    least, most = norms["value"].min(), norms["value"].max()
    printed = given_by(row, "norm_of_plans", low=least, high=most)
    ids = [row["observation"], *norms["observation"]]
    line = _by_norms(case, "norm", (least, row["value"], most), printed, row["source"], ids)
    return line | {"norm": float(row["value"])}


def norm_peers(case: Case) -> dict:
    """The lowest, median and highest norm of the other plans."""
    row = case.figure(NORM, "target", "standard")
    norms = _norms(root=case.root).drop([] if row is None else [row["source"]], errors="ignore")  # not the nation's
    if norms.empty:
        return lacking("norm_peers", "no_other_norm")
    rates = [norms["value"].agg(how) for how in ("min", "median", "max")]
    printed = given("norms_of_others", rates=rates, plans=len(norms))
    return _by_norms(case, "norm_peers", tuple(rates), printed, ";".join(norms.index), [*norms["observation"]])


def norm_national(case: Case) -> dict:
    """The nation's goal, a range."""
    row = case.figure(NORM, "target", "standard", area="china")
    if row is None:
        return lacking("norm_national", "no_national_norm")
    least, most = row["value"], row["value"] if pd.isna(row["value_max"]) else row["value_max"]
    printed = given_by(row, "national_norm", low=least, high=most)
    rates = least, (least + most) / 2, most
    return _by_norms(case, "norm_national", rates, printed, row["source"], [row["observation"]])


@while_unchanged(8)
def _norms(*, root: Root = None) -> pd.DataFrame:
    """Each plan's norm of its last year and its observation, by source."""
    table = figures_at(root).of(NORM)
    wanted = table["kind"].isin(["target", "standard"]) & (table["area"] != "china")
    return table[wanted].sort_values("year").groupby("source").last()[["value", "observation"]]


def hold(case: Case) -> dict:
    """Today's ratio of beds to elderly, and what it gives on the plan's own forecast of the elderly."""
    row = case.figure("elder_beds_total", "actual")
    row = case.figure("elder_beds_institution", "actual") if row is None else row
    if row is None:
        return lacking("hold", "no_present_beds")
    elderly, census = case.counts["elderly"], _counted(case, case.area)
    later = row["year"] in case.years and row["year"] > case.years[0]
    then = case.at(elderly, row["year"]) if later else census.persons["aged_60"]
    counted_then = given("elderly_then", value=middle(then), basis="projected" if later else "census")
    inputs, ids = [given_by(row, "present_beds"), counted_then, ELDERLY], [row["observation"]]
    forecast = _printed_elderly(case, "projection")
    if forecast is not None:
        printed, base = _printed_elderly(case, "actual"), middle(then)
        ids.append(forecast["observation"])
        if printed is not None and printed["year"] == row["year"]:  # the plan's own ratio, where it prints both
            base = printed["value"]
            ids.append(printed["observation"])
        own = formulas.beds_by_hold(row["value"], base, forecast["value"])
        inputs.append(given_by(forecast, "elderly_of_plan", joint="apart", beds=own))
    beds, sources = formulas.beds_by_hold(row["value"], then, elderly), f"{row['source']};{census.source}"
    return method_row("hold", beds, inputs, sources, observations=ids)


def rule_9073(case: Case) -> dict:
    """3 % of the elderly."""
    rule = assumed_range("rule_3pct_share", table=case.assumed)
    inputs = [given("rule", value=rule.value), replace(ELDERLY, joint="times")]
    return method_row("rule_9073", formulas.beds_by_rule(case.counts["elderly"], rule.value), inputs, rule.source)


def prevalence(case: Case) -> dict:
    """Those who need care by a survey."""
    survey = given("survey", wave=case.survey[-4:])
    return _by_prevalence(case, "prevalence", case.survey, survey, "ccdcw-2023-clhls")


def prevalence_census(case: Case) -> dict:
    """Those who say in the census that they cannot care for themselves."""
    return _by_prevalence(case, "prevalence_census", CENSUS, given("self_care"), "guo-2022-selfcare")


def _by_prevalence(case: Case, method: str, measure: str, definition: Input, source: str) -> dict:
    """Beds for those who need care by a measure; the range is that of the judged shares and occupancy."""
    levels, need = by_level(case.people, measure, case.root)
    shares, spread, occupancy = institution_shares(levels, case.assumed), [1] * (need.ndim - 1), case.occupancy
    filled = np.reshape(occupancy[2::-1], (-1, *spread))  # many in homes and few beds filled ask for most
    beds = formulas.beds_by_prevalence(need[:, None], shares.reshape(*shares.shape, *spread), filled)
    low, central, high = beds.sum(axis=0)
    said = dict(zip(levels, shares[:, 1].tolist(), strict=True))
    inputs = [definition, given("shares", joint="apart", shares=said), given("occupancy", value=occupancy.value)]
    return method_row(method, central, inputs, f"{source};judged", lower=low, upper=high)


def _expected(levels: pd.Index, need: np.ndarray, assumed: pd.DataFrame) -> np.ndarray:
    """Persons expected in institutions by their need, all levels together."""
    return np.tensordot(institution_shares(levels, assumed)[:, 1], need, 1)


def utilisation(case: Case) -> dict:
    """Present residents, grown like the persons who need care; private homes from empty to full."""
    beds, lived = (case.figure(f"elder_{what}_public_homes", "actual") for what in ("beds", "residents"))
    if lived is None or beds is None:
        return lacking("utilisation", "no_residents_of_homes")
    private, occupied = case.figure("elder_beds_private", "actual"), case.occupancy.value
    # expected residents by age and sex against those of the census: residents' own ages are not published
    expected = _expected(*by_level(case.people, case.survey, case.root), case.assumed)
    growth = expected / _counted(case, case.area).weights(case.assumed)["care_need"]
    ids = [row["observation"] for row in (lived, beds, private) if row is not None]
    rest = 0.0 if private is None else private["value"]
    residents = lived["value"] * (1 + rest / beds["value"])  # private homes as full as public ones
    counts = lived["value"], residents, lived["value"] + rest
    low, central, high = (formulas.beds_by_utilisation(count, occupied, growth) for count in counts)
    homes, bounds = given("no_private_homes", joint="apart"), {}
    if private is not None:
        homes = given("private_homes", joint="apart", most=rest, central=residents - lived["value"])
        bounds = {"lower": low, "upper": high}
    public = given_by(lived, "public_homes", residents=lived["value"], beds=beds["value"])
    inputs = [public, homes, given("occupancy", joint="apart", value=occupied)]
    return method_row("utilisation", central, inputs, f"{lived['source']};judged", **bounds, observations=ids)


_ALL = plan_beds, share, norm, norm_peers, norm_national, hold, rule_9073, prevalence, prevalence_census, utilisation
METHODS: Mapping[str, Method] = {method.__name__: method for method in _ALL}


def _counted(case: Case, area: str) -> Counted:
    return counted(area, int(case.years[0]), case.survey, root=case.root)


def _printed_elderly(case: Case, kind: str, area: str | None = None) -> pd.Series | None:
    row = case.figure("population_60plus", kind, area=area)
    return None if row is None or row["basis"] == "registered" else row


def triangulate_beds(
    area: str, year: int, *, scenario: str | Scenario = "medium", population: Future = None,
    norm: float | None = None, share_by: str = "aged_60", root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Beds needed in a year by every method that the published figures allow, one row per method.

    A method whose inputs are not published is kept as a row without numbers; `inputs` says what is missing.

    area : slug, Chinese or English name, or adcode
    year : [year] within the projection
    scenario, population : a name or a `Scenario`; or a projection made before, by `project`
    norm : [beds per 1000 persons 60+] your own in place of the plan's, in the method `norm`
    share_by : {'aged_60', 'aged_65', 'aged_80', 'care_need', 'shortfall'}; by which the province's beds are shared out
    Returns DataFrame: method, lower, central, upper [beds; the range is that of the method's parameters], basis (plan,
        need, use), name_zh, name_en, inputs (records: `.say(lang)` gives their text), sources, observations (ids).
        with_stock and with_pipeline [beds]: the printed present beds, and these with the listed new beds that open by
        the year; gap_stock, gap_pipeline [beds]: central need less those; says_stock, says_pipeline: short, surplus, or
        either where the range holds both. With draws, central is their median; draw_lower, draw_upper hold 80 %.

    >>> methods = triangulate_beds("jingdezhen", 2025).set_index("method")
    >>> print(round(methods.central["share"]), round(methods.central["plan_beds"]))
    10592 10500
    >>> methods.says_stock[["plan_beds", "utilisation"]].tolist()
    ['short', 'surplus']
    """
    case = bed_case(area, projected(population, area, year, scenario, root), root, norm=norm, share_by=share_by)
    return table_at(case, rows_of(case, METHODS), year)


def nursing_beds(
    area: str, year: int, *, scenario: str | Scenario = "medium", population: Future = None, root: Root = None
) -> pd.DataFrame:
    """Nursing-type beds (护理型床位): the need by level of care against what the plan has and wants.

    The plan prints a share, of institution beds or of all beds: `of` says which. Who needs such a bed is taken to be
    the moderate and severe levels of the survey (judged).
    Returns DataFrame: what (need_moderate, need_severe, need, present, target), lower, central, upper [beds], share_pct
        [percent of the beds in `of`], of (elder_beds_institution, elder_beds_total, or empty), year, source,
        observations (ids of the printed figures), doubt (True: the share is in doubt). Missing where not published.

    >>> beds = nursing_beds("jingdezhen", 2025).set_index("what")
    >>> print(round(beds.central["present"]), beds.share_pct["target"])
    1908 60.0
    """
    case = bed_case(area, projected(population, area, year, scenario, root), root)
    people = care_need(at_year(case.people, year), root=root)
    shares = institution_shares(people.indexes["level"], case.assumed) / case.occupancy[2::-1]
    levels = pd.DataFrame(shares, people.indexes["level"], BOUNDS).mul(middles(people, "level"), axis=0)
    levels = levels.loc[["moderate", "severe"]]
    levels.loc["need"] = levels.sum()
    levels.index = ["need_moderate", "need_severe", "need"]
    told: dict = {"year": year, "source": "ccdcw-2023-clhls;judged", "of": "", "observations": [()] * 3, "doubt": False}
    frame = levels.rename_axis("what").reset_index().assign(**told)
    printed = [_printed_nursing(case, name, kind) for name, kind in (("present", "actual"), ("target", "target"))]
    frame = pd.concat([frame, pd.DataFrame(printed)], ignore_index=True)
    columns = ["what", "lower", "central", "upper", "share_pct", "of", "year", "source", "observations", "doubt"]
    return frame.reindex(columns=columns).astype({"year": "Int64"})


def _printed_nursing(case: Case, name: str, kind: str) -> dict:
    """The printed share of nursing-type beds, and the beds that it makes of the printed number of beds."""
    for of in ("elder_beds_institution", "elder_beds_total"):
        part, beds = case.figure(NURSING[of], kind), case.figure(of, kind)
        if part is not None:
            count = None if beds is None else beds["value"] * part["value"] / 100
            ids = tuple(row["observation"] for row in (part, beds) if row is not None)
            line = {"what": name, "central": count, "share_pct": part["value"], "of": of, "year": part["year"]}
            return line | {"source": part["source"], "observations": ids, "doubt": doubted(part)}
    return {"what": name, "source": "not published", "of": "", "observations": (), "doubt": False}


def allocate_beds(province: str = "jiangxi", total: int | None = None, *, root: Root = None) -> pd.DataFrame:
    """Share a province's beds out among the areas right below it under six rules; whole beds, by the largest remainder.

    For the rule by shortfall, areas that print no present beds are taken to have as many per elderly person as those
    that do together: that is judged, and `beds_known` says where. The total [beds] is by default the printed target.
    Returns DataFrame: by area name_zh, name_en, the weights of the census (population, aged_60, aged_65, aged_80,
        care_need [persons expected in homes], shortfall [beds]), present [beds], beds_known, and beds_<rule> [beds] for
        each of the six rules. `attrs` hold total, year and source.

    >>> beds = allocate_beds()
    >>> print(beds.beds_aged_60["jingdezhen"], beds.filter(like="beds_a").sum().unique())
    10593 [300000]
    """
    slug, printed = slug_of(province, root), figures_at(root)
    areas = load_table("areas", root=root)
    parts = areas[areas["parent"] == slug].set_index("area")
    if parts.empty:
        raise refusal("errors.needs.no_areas_below", slug=slug)
    target = printed.first(slug, "elder_beds_total", "target")
    if total is None:
        if target is None:
            raise refusal("errors.needs.no_total_beds", slug=slug)
        total = int(target["value"])
    years = {max(census_pyramids(area, root)) for area in (*parts.index, slug)}
    if len(years) > 1:
        raise refusal("errors.needs.census_years", years=sorted(years))
    year, assumed = years.pop(), area_values(root=root)
    found = {area: counted(area, year, root=root) for area in (*parts.index, slug)}
    weights = {area: row.weights(assumed) for area, row in found.items()}
    frame = parts[["name_zh", "name_en"]].join(pd.DataFrame(weights).T)
    if abs(frame["population"].sum() - found[slug].persons["population"]) > 0.5:
        raise refusal("errors.needs.do_not_add_up", slug=slug, year=year)
    figures = {area: printed.first(area, "elder_beds_total", "actual") for area in frame.index}
    present = pd.Series({area: np.nan if row is None else row["value"] for area, row in figures.items()}, dtype=float)
    known = present.notna()
    if not known.any():
        raise refusal("errors.needs.no_present_beds")
    present = present.fillna(frame["aged_60"] * (present[known].sum() / frame.loc[known, "aged_60"].sum()))
    wanted = total * frame["aged_60"] / frame["aged_60"].sum()
    frame = frame.assign(shortfall=(wanted - present).clip(lower=0), present=present, beds_known=known)
    for rule in RULES:
        frame[f"beds_{rule}"] = formulas.share_out(total, frame[rule])
    frame.attrs = {"total": total, "year": year, "source": "" if target is None else target["source"]}
    return frame


def allocation_equity(beds: pd.DataFrame) -> pd.DataFrame:
    """How even each rule of `allocate_beds` is: Gini and Theil of beds per person 60+ and per person who needs care.

    The measure decides which rule is fair: the rule by 60+ is even per elderly person by construction.
    Returns DataFrame: rule, per (aged_60 or care_need), lowest, highest [beds per 1000 of these], gini [0-1], theil,
        between, within: between prefectures older and younger than the whole, and within these two groups

    >>> equity = allocation_equity(allocate_beds()).set_index(["rule", "per"])
    >>> print(f"{equity.gini['aged_60', 'aged_60']:.4f} {equity.gini['aged_80', 'aged_60']:.2f}")
    0.0000 0.03
    """
    share = beds["aged_60"] / beds["population"]
    group, rows = np.where(share > beds["aged_60"].sum() / beds["population"].sum(), "older", "younger"), []
    for rule in RULES:
        for per in ("aged_60", "care_need"):
            amount, people = beds[f"beds_{rule}"], beds[per]
            density = 1000 * amount / people
            row = {"rule": rule, "per": per, "lowest": density.min(), "highest": density.max()}
            rows.append(row | {"gini": formulas.gini(amount, people)} | formulas.theil(amount, people, group))
    return pd.DataFrame(rows).rename(columns={"total": "theil"})
