"""Beds for the elderly (养老床位): the need by several methods, side by side, and the nursing-type beds among them.

A gap exists only relative to a method. Each method measures something else (`basis`): what a plan sets itself
("plan"), what people need ("need"), what is used ("use"). The formulas are in `methods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import xarray as xr

from ..demography.ages import Population
from ..demography.local import Range, Root, assumed_range, census_pyramids
from ..demography.projection import Scenario
from ..errors import DataError, did_you_mean
from .allocation import allocate_beds
from .methods import beds_by_hold, beds_by_norm, beds_by_prevalence, beds_by_rule, beds_by_share, beds_by_utilisation
from .rows import (
    CENSUS,
    ELDERLY,
    Case,
    Counted,
    Future,
    Input,
    Method,
    at_year,
    care_need,
    counted,
    given,
    institution_shares,
    lacking,
    make_case,
    method_row,
    middle,
    middles,
    printed_row,
    projected,
    rows_of,
    table_at,
)

NORM = "elder_beds_per_1000_60plus"
WEIGHTS = ("aged_60", "aged_65", "aged_80", "care_need", "shortfall")


def bed_case(area: str, population: Population, root: Root = None, **choices: object) -> Case:
    """Return what the methods for beds start from; `choices`: norm, share_by, survey."""
    by = choices.get("share_by", "aged_60")
    if by not in WEIGHTS:
        raise DataError(f"share_by is {by!r}; choose one of {', '.join(WEIGHTS)}.{did_you_mean(by, WEIGHTS)}")
    return make_case("beds", area, population, root, **choices)


def plan_beds(case: Case) -> dict:
    """The beds that the plan needs or will have, as printed."""
    row = case.figure("elder_beds_needed", "projection")
    row = case.figure("elder_beds_total", "target") if row is None else row
    return printed_row("plan_beds", row, "no_beds_planned")


def share(case: Case) -> dict:
    """The province's beds by the area's share of its elderly; the range is that of other weights."""
    parent = case.parent
    total = None if parent is None else case.figure("elder_beds_total", "target", area=parent)
    if parent is None or total is None:
        return lacking("share", "no_beds_of_province")
    census = int(case.years[0])
    if census not in census_pyramids(parent, case.root):  # an area given by totals of another year
        return lacking("share", "no_ages_of_province", year=census)
    whole, own = (_counted(case, area).weights(case.assumed) for area in (parent, case.area))
    weights = {by: (own[by], whole[by]) for by in whole}
    basis, used = "census", [total]
    mine, province = (_printed_elderly(case, "actual", area) for area in (case.area, parent))
    if mine is not None and province is not None and mine["source"] == province["source"] == total["source"]:
        # the plan prints all three figures of its own method: recompute what it describes
        weights["aged_60"] = (mine["value"], province["value"])
        if case.share_by == "aged_60":
            basis, used = "printed", [total, mine, province]
    beds = {by: float(beds_by_share(total["value"], *pair)) for by, pair in weights.items()}
    if case.share_by == "shortfall":
        return _share_by_shortfall(case, total, beds)
    own_weight, all_weight = weights[case.share_by]
    inputs = [
        given("province_beds", value=total["value"], year=total["year"]),
        given("weights", own=own_weight, all=all_weight, by=case.share_by, basis=basis),
        given("other_weights", joint="apart", beds={by: beds[by] for by in beds if by != case.share_by}),
    ]
    papers = dict.fromkeys([total["source"], *(_counted(case, area).source for area in (case.area, parent))])
    bounds = {"lower": min(beds.values()), "upper": max(beds.values())}
    ids = [row["observation"] for row in used]
    return method_row("share", beds[case.share_by], inputs, ";".join(papers), **bounds, observations=ids)


def _share_by_shortfall(case: Case, total: pd.Series, others: dict[str, float]) -> dict:
    """Whole beds by what each prefecture lacks at the province's own ratio; unpublished present beds are judged."""
    try:
        parts = allocate_beds(str(case.parent), int(total["value"]), root=case.root)
        mine = parts.loc[case.area]
    except (DataError, KeyError):
        return lacking("share", "no_beds_of_neighbours")
    lack = {"own": mine["shortfall"], "all": parts["shortfall"].sum()}
    inputs = [
        given("province_beds", value=total["value"], year=total["year"]),
        given("shortfalls", **lack, judged=int((~parts["beds_known"]).sum()), areas=len(parts)),
    ]
    beds, ids = float(mine["beds_shortfall"]), [total["observation"]]
    present = case.figure("elder_beds_total", "actual")
    ids += [present["observation"]] if present is not None and mine["beds_known"] else []
    bounds = {"lower": min(*others.values(), beds), "upper": max(*others.values(), beds)}
    return method_row("share", beds, inputs, f"{total['source']};judged", **bounds, observations=ids)


def norm(case: Case) -> dict:
    """The user's norm; else the plan's, with the lowest and highest of all plans as its range."""
    if case.norm is not None:
        inputs = [given("norm_own", value=case.norm), ELDERLY]
        return method_row("norm", beds_by_norm(_elderly(case), case.norm), inputs) | {"norm": float(case.norm)}
    row = case.figure(NORM, "target", "standard")
    if row is None:
        return lacking("norm", "no_norm")
    norms = _norms(case)
    least, most = norms["value"].min(), norms["value"].max()
    low, central, high = (beds_by_norm(_elderly(case), x) for x in (least, row["value"], most))
    inputs = [given("norm_of_plans", value=row["value"], year=row["year"], low=least, high=most)]
    ids = [row["observation"], *norms["observation"]]
    line = method_row("norm", central, [*inputs, ELDERLY], row["source"], lower=low, upper=high, observations=ids)
    return line | {"norm": float(row["value"])}


def norm_peers(case: Case) -> dict:
    """The lowest, median and highest norm of the other plans."""
    row = case.figure(NORM, "target", "standard")
    norms = _norms(case).drop([] if row is None else [row["source"]], errors="ignore")  # not the nation's
    if norms.empty:
        return lacking("norm_peers", "no_other_norm")
    rates = [norms["value"].agg(how) for how in ("min", "median", "max")]
    low, central, high = (beds_by_norm(_elderly(case), x) for x in rates)
    inputs = [given("norms_of_others", rates=rates, plans=len(norms)), ELDERLY]
    sources, ids = ";".join(norms.index), norms["observation"]
    return method_row("norm_peers", central, inputs, sources, lower=low, upper=high, observations=ids)


def norm_national(case: Case) -> dict:
    """The nation's goal, a range."""
    row = case.figure(NORM, "target", "standard", area="china")
    if row is None:
        return lacking("norm_national", "no_national_norm")
    most = row["value"] if pd.isna(row["value_max"]) else row["value_max"]
    rates = row["value"], (row["value"] + most) / 2, most
    low, central, high = (beds_by_norm(_elderly(case), x) for x in rates)
    inputs = [given("national_norm", low=row["value"], high=most, year=row["year"]), ELDERLY]
    ids = [row["observation"]]
    return method_row("norm_national", central, inputs, row["source"], lower=low, upper=high, observations=ids)


def hold(case: Case) -> dict:
    """Today's ratio of beds to elderly, and what it gives on the plan's own forecast of the elderly."""
    row = case.figure("elder_beds_total", "actual")
    row = case.figure("elder_beds_institution", "actual") if row is None else row
    if row is None:
        return lacking("hold", "no_present_beds")
    later = row["year"] in case.years and row["year"] > case.years[0]
    census = _counted(case, case.area)
    then = _elderly(case).sel(year=row["year"]) if later else census.aged_60
    inputs = [
        given("present_beds", value=row["value"], year=row["year"]),
        given("elderly_then", value=middle(then), basis="projected" if later else "census"),
        ELDERLY,
    ]
    beds, ids = beds_by_hold(row["value"], then, _elderly(case)), [row["observation"]]
    forecast = _printed_elderly(case, "projection")
    if forecast is not None:
        printed, base = _printed_elderly(case, "actual"), middle(then)
        ids.append(forecast["observation"])
        if printed is not None and printed["year"] == row["year"]:  # the plan's own ratio, where it prints both
            base = printed["value"]
            ids.append(printed["observation"])
        own = beds_by_hold(row["value"], base, forecast["value"])
        inputs.append(given("elderly_of_plan", joint="apart", value=forecast["value"], year=forecast["year"], beds=own))
    return method_row("hold", beds, inputs, f"{row['source']};{census.source}", observations=ids)


def rule_9073(case: Case) -> dict:
    """3 % of the elderly."""
    rule = assumed_range("rule_3pct_share", table=case.assumed)
    inputs = [given("rule", value=rule.value), replace(ELDERLY, joint="times")]
    return method_row("rule_9073", beds_by_rule(_elderly(case), rule.value), inputs, rule.source)


def prevalence(case: Case) -> dict:
    """Those who need care by a survey."""
    survey = given("survey", wave=case.survey[-4:])
    return _by_prevalence(case, "prevalence", case.survey, survey, "ccdcw-2023-clhls")


def prevalence_census(case: Case) -> dict:
    """Those who say in the census that they cannot care for themselves."""
    return _by_prevalence(case, "prevalence_census", CENSUS, given("self_care"), "guo-2022-selfcare")


def _by_prevalence(case: Case, method: str, measure: str, definition: Input, source: str) -> dict:
    """Beds for those who need care by a measure; the range is that of the judged shares and occupancy."""
    need, occupancy = care_need(case.people, measure=measure, root=case.root), _occupancy(case)
    beds = {bound: beds_by_prevalence(need, *pair) for bound, pair in bounds_of(case, need).items()}
    shares = institution_shares(need, case.assumed).to_series().to_dict()
    inputs = [definition, given("shares", joint="apart", shares=shares), given("occupancy", value=occupancy.value)]
    return method_row(method, beds.pop("central"), inputs, f"{source};judged", **beds)


def bounds_of(case: Case, need: xr.DataArray) -> dict[str, tuple[xr.DataArray, float]]:
    """By bound of beds the shares in homes and the occupancy: many in homes and few beds filled ask for most."""
    o = _occupancy(case)
    ends = {"lower": ("lower", o.upper), "central": ("value", o.value), "upper": ("upper", o.lower)}
    return {bound: (institution_shares(need, case.assumed, end), filled) for bound, (end, filled) in ends.items()}


def utilisation(case: Case) -> dict:
    """Present residents, grown like the persons who need care; private homes from empty to full."""
    beds, lived = (case.figure(f"elder_{what}_public_homes", "actual") for what in ("beds", "residents"))
    if lived is None or beds is None:
        return lacking("utilisation", "no_residents_of_homes")
    private, occupied = case.figure("elder_beds_private", "actual"), _occupancy(case).value
    # expected residents by age and sex against those of the census: residents' own ages are not published
    need = care_need(case.people, measure=case.survey, root=case.root)
    expected = beds_by_prevalence(need, institution_shares(need, case.assumed), 1.0)
    growth = expected / _counted(case, case.area).weights(case.assumed)["care_need"]
    ids = [row["observation"] for row in (lived, beds, private) if row is not None]
    rest = 0.0 if private is None else private["value"]
    residents = lived["value"] * (1 + rest / beds["value"])  # private homes as full as public ones
    low, central, high = (
        beds_by_utilisation(r, occupied, growth) for r in (lived["value"], residents, lived["value"] + rest)
    )
    homes = given("no_private_homes", joint="apart")
    if private is not None:
        homes = given("private_homes", joint="apart", most=rest, central=residents - lived["value"])
    inputs = [
        given("public_homes", residents=lived["value"], beds=beds["value"], year=lived["year"]),
        homes,
        given("occupancy", joint="apart", value=occupied),
    ]
    bounds = {} if private is None else {"lower": low, "upper": high}
    return method_row("utilisation", central, inputs, f"{lived['source']};judged", **bounds, observations=ids)


METHODS: Mapping[str, Method] = {
    "plan_beds": plan_beds,
    "share": share,
    "norm": norm,
    "norm_peers": norm_peers,
    "norm_national": norm_national,
    "hold": hold,
    "rule_9073": rule_9073,
    "prevalence": prevalence,
    "prevalence_census": prevalence_census,
    "utilisation": utilisation,
}


def _elderly(case: Case) -> xr.DataArray:
    return case.counts["elderly"]


def _occupancy(case: Case) -> Range:
    """Share of beds that planning wants occupied."""
    return assumed_range("target_occupancy", table=case.assumed)


def _counted(case: Case, area: str) -> Counted:
    return counted(area, int(case.years[0]), case.survey, root=case.root)


def _printed_elderly(case: Case, kind: str, area: str | None = None) -> pd.Series | None:
    """Printed residents of 60 and over; registered people are others."""
    row = case.figure("population_60plus", kind, area=area)
    return None if row is None or row["basis"] == "registered" else row


def _norms(case: Case) -> pd.DataFrame:
    """Each plan's norm of its last year and its observation, by source."""
    table = case.printed.of(NORM)
    wanted = table["kind"].isin(["target", "standard"]) & (table["area"] != "china")
    return table[wanted].sort_values("year").groupby("source").last()[["value", "observation"]]


def triangulate_beds(
    area: str,
    year: int,
    *,
    scenario: str | Scenario = "medium",
    population: Future = None,
    norm: float | None = None,
    share_by: str = "aged_60",
    root: Root = None,
) -> pd.DataFrame:
    """Beds needed in a year by every method that the published figures allow, one row per method.

    A method whose inputs are not published is kept as a row without numbers; `inputs` says what is missing.

    Parameters
    ----------
    area : slug, Chinese or English name, or adcode
    year : [year] within the projection
    scenario, population : a name or a `Scenario`; or a projection made before, by `project`
    norm : [beds per 1000 persons 60+] your own in place of the plan's, in the method `norm`
    share_by : {'aged_60', 'aged_65', 'aged_80', 'care_need', 'shortfall'}; by which the province's beds are shared out.
        By shortfall the beds are whole (largest remainder), and present beds of areas that print none are judged
    root : path, optional; a folder with your own tables

    Returns
    -------
    DataFrame: method, lower, central, upper [beds], basis (plan, need, use), name_zh, name_en, inputs (records:
        `.say(lang)` gives their text, `str` the English one), sources (ids, joined by a semicolon), observations
        (tuple: ids of the printed figures among the inputs). Lower and upper, missing where a method has no range, are
        those of its parameters. with_stock and with_pipeline [beds]: the printed present beds, and these with the new
        beds of the project list that open by the year; gap_stock, gap_pipeline [beds]: central need less those,
        negative where they are too many; says_stock, says_pipeline: short, surplus, or either where the range holds
        both. With draws, central is their median and draw_lower, draw_upper [beds] hold 80 % of them.

    Raises
    ------
    DataError: unknown area, scenario or weight, a year outside the projection, or a norm that is no number per 1000

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
    case = bed_case(area, population, root, norm=norm, share_by=share_by)
    return table_at(case, rows_of(case, METHODS), year)


def nursing_beds(
    area: str, year: int, *, scenario: str | Scenario = "medium", population: Future = None, root: Root = None
) -> pd.DataFrame:
    """Nursing-type beds (护理型床位): the need by level of care against what the plan has and wants.

    The plan prints a share, of institution beds or of all beds: `of` says which. Who needs such a bed is taken to be
    the moderate and severe levels of the survey (judged).

    Parameters
    ----------
    area, year, scenario, population, root : as in `triangulate_beds`

    Returns
    -------
    DataFrame: what (need_moderate, need_severe, need, present, target), lower, central, upper [beds], share_pct
        [percent of the beds in `of`], of (elder_beds_institution, elder_beds_total, or empty), year, source,
        observations (tuple: ids of the printed figures). Missing where not published.

    Examples
    --------
    >>> beds = nursing_beds("jingdezhen", 2025).set_index("what")
    >>> print(round(beds.central["present"]), beds.share_pct["target"])
    1908 60.0
    """
    if population is None:
        population = projected(area, year, scenario, root)
    case = bed_case(area, population, root)
    people = care_need(at_year(case.people, year), root=root)
    bounds = bounds_of(case, people).items()
    parts = [middles(people * share / occupied, "level").rename(bound) for bound, (share, occupied) in bounds]
    levels = pd.concat(parts, axis=1).loc[["moderate", "severe"]]
    levels.loc["need"] = levels.sum()
    levels.index = ["need_moderate", "need_severe", "need"]
    frame = levels.rename_axis("what").reset_index().assign(year=year, source="ccdcw-2023-clhls;judged", of="")
    printed = [_printed_nursing(case, name, kind) for name, kind in (("present", "actual"), ("target", "target"))]
    frame = pd.concat([frame, pd.DataFrame(printed)], ignore_index=True)
    frame["observations"] = frame["observations"].map(lambda ids: ids if isinstance(ids, tuple) else ())
    columns = ["what", "lower", "central", "upper", "share_pct", "of", "year", "source", "observations"]
    return frame.reindex(columns=columns).astype({"year": "Int64"})


def _printed_nursing(case: Case, name: str, kind: str) -> dict:
    """The printed share of nursing-type beds, and the beds that it makes of the printed number of beds."""
    for indicator, of in (
        ("nursing_beds_share_institution_pct", "elder_beds_institution"),
        ("nursing_beds_share_pct", "elder_beds_total"),
    ):
        part, beds = case.figure(indicator, kind), case.figure(of, kind)
        if part is not None:
            count = None if beds is None else beds["value"] * part["value"] / 100
            ids = (part["observation"],) if beds is None else (part["observation"], beds["observation"])
            line = {"what": name, "central": count, "share_pct": part["value"], "of": of, "year": part["year"]}
            return line | {"source": part["source"], "observations": ids}
    return {"what": name, "source": "not published", "of": "", "observations": ()}
