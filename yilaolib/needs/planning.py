"""From targets to work (beds to convert, close or add, places to fill, what falls empty), and what became of them."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..demography.ages import as_array, labelled, persons
from ..demography.local import Root, area_values, assumed_range
from ..demography.projection import project
from ..errors import refusal
from ..tables.areas import Figures, figures_at, load_table, slug_of
from ..tables.folders import merged_table
from .money import bed_cost, childcare_staff
from .rows import BOUNDS, CENSUS, PLAN_YEARS, SURVEY, Future, at_year, care_need, elderly_of, middle, middles, projected
from .supply import NURSING, RATIOS

DEFINITIONS = (CENSUS, SURVEY, "disability-survey-2021")
PEOPLE = {ratio: age for ratio, age in RATIOS.values()}  # ratios per 1000 persons of an age and over
BEDS = {share: beds for beds, share in NURSING.items()}  # shares of beds
FLOWS = ["opened", "closed", "converted"]
LAST_YEAR = 2035  # of a projection that is not given


def latest(area: str, indicator: str, *, root: Root = None) -> tuple[float, float, str]:
    """Value, year and source of the newest published figure: an outcome, else what the plan prints as present."""
    known = load_table("outcomes", area=area, root=root)
    known = known[(known["indicator"] == indicator) & known["value"].notna() & (known["quality"] != "doubtful")]
    if len(known):
        row = known.sort_values("year").iloc[-1]
        return float(row["value"]), float(row["year"]), row["source"]
    row = figures_at(root).first(area, indicator, "actual")
    return (np.nan, np.nan, "") if row is None else (float(row["value"]), float(row["year"]), row["source"])


def stock_path(stock: Mapping[str, float], flows: pd.DataFrame) -> pd.DataFrame:
    """A stock of beds or places year by year, by what opens, closes and is converted; each year balances.

    stock : by kind [beds or places] at the end of the year before the first flow
    flows : DataFrame; year, kind, and any of opened, closed, converted [beds or places]; what is converted adds to a
        kind or, negative, takes from it: over the kinds of a year it adds up to 0 (else DataError)
    Returns DataFrame: by year and kind start, opened, closed, converted, end [beds or places]

    >>> flows = pd.DataFrame({"year": 2026, "kind": ["care", "other"], "converted": [50, -50], "closed": [0, 20]})
    >>> stock_path({"care": 600, "other": 400}, flows).end.tolist()
    [650.0, 330.0]
    """
    unknown = set(flows["kind"]) - set(stock)
    if unknown:
        raise refusal("errors.needs.flow_kind", kind=sorted(unknown)[0], kinds=list(stock))
    years = range(int(flows["year"].min()), int(flows["year"].max()) + 1)
    index = pd.MultiIndex.from_product([years, stock], names=["year", "kind"])
    path = flows.groupby(["year", "kind"]).sum().reindex(index=index, columns=FLOWS).astype(float).fillna(0.0)
    moved = path["converted"].groupby("year").sum()
    if not np.allclose(moved, 0):
        year = moved.abs().idxmax()
        raise refusal("errors.needs.converted", year=year, sum=float(moved[year]))
    net = path["opened"] - path["closed"] + path["converted"]
    path["end"] = net.groupby("kind").cumsum() + index.get_level_values("kind").map(stock).to_numpy(float)
    path.insert(0, "start", path["end"] - net)
    if path["end"].min() < 0:
        year, kind = path["end"].idxmin()
        raise refusal("errors.needs.too_many_closed", kind=kind, year=year, left=float(path["end"].min()))
    return path


def plan_beds(
    area: str, *, share: float = 0.73, year: int = 2030, beds: float | None = None, care_share: float | None = None,
    start: int | None = None, least: float | None = None, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Ways to a share of care beds (护理型床位) in homes: convert beds, close others, add some, or the cheapest mix.

    The same share is reached by building and by closing. Steps are equal from year to year (ours, no plan prints them).

    share, year : [0-1] care beds of all beds in homes that is aimed at, and when
    beds, care_share, start : [beds], [0-1], [year] what there is and of when; by default the newest published
    least : [beds] that must stay in all; by default all there are. `mix` closes others down to it, then converts
    Returns DataFrame: by path (convert, close, add, mix) and year beds, care_beds, opened, closed, converted [beds],
        share_pct, staff_<bound> [workers added: judged ratios, target occupancy], capital_<bound> [yuan, `bed_cost`]

    3.336 of 5.077 million beds are care beds; for 73 %, 0.37 million are converted or 0.51 million others close.

    >>> paths = plan_beds("china", share=0.73, beds=5_077_000, care_share=0.657, start=2024)
    >>> print(round(paths.converted["convert"].sum(), -4), round(paths.closed["close"].sum(), -4))
    370000.0 510000.0
    """
    slug = slug_of(area, root)
    there, of, _ = latest(slug, "elder_beds_institution", root=root)
    part, *_ = latest(slug, "nursing_beds_share_institution_pct", root=root)
    beds = there if beds is None else beds
    care_share = part / 100 if care_share is None else care_share
    start = start or (2025 if np.isnan(of) else int(of))
    if not (np.isfinite(beds) and np.isfinite(care_share)):
        raise refusal("errors.needs.no_beds", slug=slug)
    if not (0 < share < 1 and 0 <= care_share <= 1):
        raise refusal("errors.needs.shares", share=share, care_share=care_share)
    if year <= start:
        raise refusal("errors.needs.year_after", year=year, start=start)
    care, gap = beds * care_share, max(share * beds - beds * care_share, 0.0)
    kept = min(max(beds if least is None else least, care / share), beds)
    ways = {"convert": (0.0, 0.0, gap), "close": (0.0, gap / share, 0.0), "add": (gap / (1 - share), 0.0, 0.0)}
    ways["mix"] = (0.0, beds - kept, max(share * kept - care, 0.0))
    cost, carers = bed_cost(root=root).set_index("unit"), _carers_per_bed(area_values(slug, root))
    years, paths = pd.RangeIndex(start + 1, year + 1, name="year"), {}
    done = np.arange(1, len(years) + 1) / len(years)
    for way, (opened, closed, converted) in ways.items():
        told = {name: amount / len(years) for name, amount in zip(FLOWS, (opened, closed, converted), strict=True)}
        more = done * (opened + converted)
        told |= {"beds": beds + done * (opened - closed), "care_beds": care + more}
        told["share_pct"] = 100 * told["care_beds"] / told["beds"]
        for bound in BOUNDS:
            new, renovated = cost.loc[["new_bed", "renovated_bed"], bound]
            told[f"staff_{bound}"] = more * carers[bound]
            told[f"capital_{bound}"] = told["converted"] * renovated + told["opened"] * new
        paths[way] = pd.DataFrame(told, years)
    return pd.concat(paths, names=["path"])


def _carers_per_bed(assumed: pd.DataFrame) -> dict[str, float]:
    """Care workers for a care bed: from moderate need at a low occupancy to severe need at a high one."""
    occupancy = assumed_range("target_occupancy", table=assumed)
    moderate = assumed_range("residents_per_carer_moderate", table=assumed)
    severe = assumed_range("residents_per_carer_severe", table=assumed)
    between = (1 / moderate.value + 1 / severe.value) / 2
    ends = (occupancy.lower / moderate.upper, occupancy.value * between, occupancy.upper / severe.lower)
    return dict(zip(BOUNDS, ends, strict=True))


def plan_places(
    area: str, *, points: float = 6, year: int = 2030, base: float | None = None, places: float | None = None,
    population: Future = None, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """What a rise of the enrolment of children under 3 means: children, places filled and to add, staff, money.

    No enrolment of 2025 is published: the base is a judged range (`enrolment_2025`), and so is all that follows.

    points : [percentage points] above the base, by `year`
    base : [share, 0-1] enrolment of 2025, your own
    places : [places] that stand; by default the newest published
    Returns DataFrame: by lower, central, upper: children [under 3 in the year], enrolment_pct, enrolled [children],
        places [that stand], filled_pct [enrolled of these], to_add [places at the target occupancy above those that
        stand], staff [daycare workers for the enrolled, at 1:3, 1:5 and 1:7], capital [yuan for `to_add`]

    >>> plan = plan_places("china")
    >>> plan.enrolment_pct.round().tolist(), plan.to_add.tolist()
    ([12.0, 14.0, 16.0], [0.0, 0.0, 0.0])
    """
    slug = slug_of(area, root)
    assumed = area_values(slug, root)
    judged = assumed_range("enrolment_2025", table=assumed)
    shares = [judged.lower, judged.value, judged.upper] if base is None else base
    shares = pd.Series(shares, pd.Index(BOUNDS, name="bound")) + points / 100
    if not shares.between(points / 100, 1).all():
        raise refusal("errors.needs.points", points=points, pct=float(100 * shares.max()))
    people = as_array(projected(population, slug, year, root=root))
    frame = pd.DataFrame({"children": middle(persons(at_year(people, year), 0, 3)), "enrolment_pct": 100 * shares})
    frame["enrolled"] = frame["children"] * shares
    frame["places"] = latest(slug, "daycare_places_total", root=root)[0] if places is None else places
    frame["filled_pct"] = 100 * frame["enrolled"] / frame["places"]
    wanted = frame["enrolled"] / assumed_range("target_occupancy", table=assumed).value
    frame["to_add"] = (wanted - frame["places"]).clip(lower=0)
    frame["staff"] = frame["enrolled"] * childcare_staff(slug, 1, root=root).iloc[-1]["central"]
    cost = bed_cost(root=root).set_index("unit").loc["new_place"]
    return frame.assign(capital=frame["to_add"] * cost[list(BOUNDS)].astype(float))


def use_table(
    people: float, capacity: float, *, users: float | None = None, share: float | None = None,
    occupancy: float | None = None, admissions: float | None = None, stay: float = 1.0, waiting: float = 0.0,
) -> pd.Series:  # fmt: skip
    """Translate between places, use, occupancy, turnover and waiting: give one of users, share, occupancy, admissions.

    people, capacity : [persons] who may use it, such as children under 3; [places or beds] that stand
    users, share, occupancy : [persons]; users of the people [0-1]; users of the capacity [0-1]
    admissions, stay : [persons a year]; [years] each stays: their product are the users (Little 1961)
    waiting : [persons] who want it and have none
    Returns Series: users, share_pct, occupancy_pct, vacant [places or beds], wanted_pct [users and waiting, of the
        people], short [wanted above capacity]

    >>> use_table(25_200_000, 6_660_000, share=0.14).round()[["users", "occupancy_pct", "vacant"]].tolist()
    [3528000.0, 53.0, 3132000.0]
    """
    given = {"users": (users, 1), "share": (share, people), "occupancy": (occupancy, capacity)}
    given["admissions"] = admissions, stay
    known = {name: value * of for name, (value, of) in given.items() if value is not None}
    if len(known) != 1:
        raise refusal("errors.needs.one_given", known=list(known))
    name, count = known.popitem()
    if not (people > 0 and capacity > 0 and waiting >= 0 and 0 <= count <= min(people, capacity)):
        raise refusal("errors.needs.users", name=name, count=count, people=people, capacity=capacity)
    values = {"users": count, "share_pct": 100 * count / people, "occupancy_pct": 100 * count / capacity}
    wanted = count + waiting
    values |= {"vacant": capacity - count, "wanted_pct": 100 * wanted / people, "short": max(wanted - capacity, 0.0)}
    return pd.Series(values, dtype=float)


def care_definitions(area: str, year: int, *, population: Future = None, root: Root = None) -> pd.DataFrame:
    """Persons who need care by three definitions, and the beds and care workers that follow; insured as a floor.

    The definitions differ five-fold; none is wrong. Those who draw long-term care insurance are the nation's share of
    60+ applied here: what is paid today, not what is needed.
    Returns DataFrame: by definition (measures of `care_rates`, and insured) persons, share_pct [of persons 60+],
        insured_pct [of these, who draw insurance: the floor], beds [at the judged shares in institutions and
        the target occupancy], carers [for these beds], source. Insured has no beds.

    >>> care_definitions("jingdezhen", 2025).share_pct.round(1).to_dict()["disability-survey-2021"]
    11.6
    """
    slug = slug_of(area, root)
    people: Any = at_year(elderly_of(projected(population, slug, year, root=root)), year)
    elderly, assumed = middle(people.sum(("sex", "age"))), area_values(slug, root)
    occupancy = assumed_range("target_occupancy", table=assumed).value
    sources = load_table("care_rates", root=root).drop_duplicates("measure").set_index("measure")["source"]
    rows = {}
    for measure in DEFINITIONS:
        need = middles(care_need(people, measure=measure, root=root), "level")
        names = "institution_share", "residents_per_carer"
        share, each = ([assumed_range(f"{x}_{y}", table=assumed).value for y in need.index] for x in names)
        rows[measure] = [need.sum(), (need * share).sum() / occupancy, (need * share / each).sum(), sources[measure]]
    drawing, of, source = latest("china", "long_term_care_beneficiaries", root=root)
    nation = elderly_of(projected(None, "china", int(of), root=root)).sel(year=int(of))
    rows["insured"] = [drawing / middle(nation.sum(("sex", "age"))) * elderly, np.nan, np.nan, source]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["persons", "beds", "carers", "source"])
    frame.insert(1, "share_pct", 100 * frame["persons"] / elderly)
    frame.insert(2, "insured_pct", 100 * frame["persons"]["insured"] / frame["persons"])
    return frame.rename_axis("definition")


def childcare_subsidy(area: str, *, population: Future = None, root: Root = None) -> pd.DataFrame:
    """The childcare subsidy by year, and the children whose last year of kindergarten is free.

    Source: the scheme of 2025, `assumptions.childcare_subsidy`: so many yuan a year for each child under 3.
    Returns DataFrame: by year from the rule's first one aged_0_2 [children], subsidy [yuan], aged_5 [children in the
        year before school, whose fees are free in public kindergartens]

    >>> money = childcare_subsidy("jingdezhen")
    >>> print(money.index[0], round((money.subsidy / money.aged_0_2)[2030]))
    2025 3600
    """
    slug = slug_of(area, root)
    rule = area_values(slug, root).loc["childcare_subsidy"]
    people = as_array(projected(population, slug, LAST_YEAR, root=root)).sel(year=slice(int(rule["year"]), None))
    under_3, aged_5 = (middles(labelled(persons(people, *ages)), "year") for ages in ((0, 3), (5, 6)))
    return pd.DataFrame({"aged_0_2": under_3, "subsidy": under_3 * rule["value"], "aged_5": aged_5})


def freed_capacity(
    area: str, *, seats: float | None = None, base_year: int = 2025, places_wanted: pd.Series | None = None,
    population: Future = None, root: Root = None,
) -> pd.DataFrame:  # fmt: skip
    """Kindergarten seats that fall empty as children of 3 to 5 grow fewer, against the daycare places that are missing.

    Where no seats are given, as many as there were children of 3 to 5 in `base_year` are taken to stand (so marked).

    seats, base_year : [seats] of kindergartens that stand, and when
    places_wanted : Series by year; [places] that are missing, such as `gap_by_year(area, what="places").shortfall`
    Returns DataFrame: by year aged_3_5 [children], seats, seats_given (False: taken as above), freed [seats more than
        children], missing [places], met [places that freed seats could be], left [places still missing]

    >>> print(*freed_capacity("jingdezhen").freed.loc[[2025, 2030]].round(-3))
    0.0 8000.0
    """
    slug = slug_of(area, root)
    people = as_array(projected(population, slug, LAST_YEAR, root=root)).sel(year=slice(base_year, None))
    if not people.sizes["year"]:
        raise refusal("errors.needs.base_year", base_year=base_year)
    young = middles(labelled(persons(people, 3, 6)), "year")
    frame = pd.DataFrame({"aged_3_5": young, "seats": young.iloc[0] if seats is None else seats})
    frame["seats_given"] = seats is not None
    frame["freed"] = (frame["seats"] - frame["aged_3_5"]).clip(lower=0)
    frame["missing"] = np.nan if places_wanted is None else places_wanted.reindex(young.index)
    frame["met"] = frame[["freed", "missing"]].min(axis=1).where(frame["missing"].notna())
    return frame.assign(left=frame["missing"] - frame["met"])


def report_card(area: str, *, population: Future = None, root: Root = None) -> pd.DataFrame:
    """Each target of an area's plans with its baseline, its outcome and a verdict.

    Outcomes come from table `outcomes`; doubtful ones are left out. A ratio can be met because its denominator shrank:
    then the verdict says so, and the change is split into what numerator and denominator did (the mean of both orders).
    Returns DataFrame: indicator, name_zh, name_en, unit, baseline, baseline_year, target, year (of the target),
        outcome, outcome_year, verdict (met, met_denominator, met_definition: another definition, missed, on_the_way:
        the last outcome is older than the target's year, not_published: looked for and not printed, not_in_tables),
        change (outcome less what was before it), numerator_part and denominator_part [their sum is outcome less
        baseline], needed and people (of ratios per 1000: what the target asks for, of whom), quality, source,
        observation

    >>> card = report_card("china").set_index(["indicator", "year"])
    >>> print(card.verdict["elder_beds_total", 2025], card.verdict["daycare_places_per_1000", 2025])
    missed met
    """
    slug = slug_of(area, root)
    printed, known = figures_at(root), load_table("outcomes", area=slug, root=root)
    known = known[known["quality"] != "doubtful"].sort_values("year")
    outcomes = {name: rows.to_dict("records") for name, rows in known.groupby("indicator")}
    names = merged_table("indicators", root).set_index("indicator").to_dict("index")
    starts = merged_table("sources", root).set_index("source")["plan_start"].dropna()
    targets = load_table("observations", area=slug, root=root)
    targets = targets[(targets["kind"] == "target") & targets["value"].notna() & targets["year"].notna()]
    targets = targets.drop_duplicates(["indicator", "year"])
    last = int(targets["year"].max()) if len(targets) else 0
    if population is None:
        population = project(slug, end_year=max(last, 2025), root=root)
    rows = []
    for target in targets.itertuples():
        name, of = names[target.indicator], outcomes.get(target.indicator, [])
        present = printed.first(slug, target.indicator, "actual")
        if present is None:  # the last outcome before the plan's first year
            start = int(starts.get(target.source, target.year - PLAN_YEARS))
            earlier = [outcome for outcome in of if outcome["year"] < start and pd.notna(outcome["value"])]
            present = earlier[-1] if earlier else {"value": np.nan, "year": pd.NA}
        row: dict[str, Any] = {"indicator": target.indicator}
        row |= {key: name[key] for key in ("name_zh", "name_en", "unit")}
        row |= {"baseline": present["value"], "baseline_year": present["year"]}
        row |= {"target": target.value, "year": target.year}
        of = [outcome for outcome in of if outcome["year"] <= target.year]
        denominators = _denominators(printed, known, slug, target.indicator, population)
        if target.indicator in PEOPLE and target.year in denominators:
            row["people"] = denominators[target.year]
            row["needed"] = row["people"] * target.value / 1000
        row |= _judged(of, row, name["direction"], target.comparator, denominators)
        rows.append(row | {"observation": target.observation})
    columns = ["indicator", "name_zh", "name_en", "unit", "baseline", "baseline_year", "target", "year", "outcome"]
    columns += ["outcome_year", "verdict", "change", "numerator_part", "denominator_part", "needed", "people"]
    frame = pd.DataFrame(rows, columns=[*columns, "quality", "source", "observation"])
    return frame.astype(dict.fromkeys(("baseline_year", "year", "outcome_year"), "Int64"))


def split_change(before: float, after: float, denominator_before: float, denominator_after: float) -> tuple:
    """Split the change of a ratio into what its numerator and its denominator did; the two parts add up to it.

    100 beds for 1,000 elderly become 90 for 800: per 1000, 12.5 more, of which the beds took 11.25 away.

    >>> [round(part, 2) for part in split_change(100, 112.5, 1000, 800)]
    [-11.25, 23.75]
    """
    numerator = after * denominator_after - before * denominator_before
    part = numerator * (1 / denominator_before + 1 / denominator_after) / 2
    return part, after - before - part


def _denominators(printed: Figures, known: pd.DataFrame, slug: str, indicator: str, population: Future) -> dict:
    """By year what a ratio is of: persons of the projection, or beds as published; nothing for other indicators."""
    if indicator in PEOPLE:
        return middles(labelled(persons(as_array(population), PEOPLE[indicator])), "year").to_dict()
    if indicator not in BEDS:
        return {}
    beds = known[known["indicator"] == BEDS[indicator]].set_index("year")["value"].dropna().to_dict()
    row = printed.first(slug, BEDS[indicator], "actual")
    return beds if row is None or pd.isna(row["year"]) else {int(row["year"]): row["value"], **beds}


def _judged(of: list[dict], row: dict, direction: str, comparator: str, denominators: dict) -> dict:
    if not of:
        return {"verdict": "not_in_tables"}
    last = of[-1]
    if pd.isna(last["value"]):
        return {"verdict": "not_published", "outcome_year": last["year"], "source": last["source"]}
    before, target = row["baseline"], row["target"]
    lower = comparator in ("le", "lt") or direction == "lower" or (direction == "neutral" and target < before)
    earlier = [before, *(outcome["value"] for outcome in of[:-1] if pd.notna(outcome["value"]))]
    said = {"outcome": last["value"], "outcome_year": last["year"], "change": last["value"] - earlier[-1]}
    said |= {name: last[name] for name in ("quality", "source")}
    then, now = denominators.get(row["baseline_year"]), denominators.get(last["year"])
    unmoved, reached = last["value"], operator.le if lower else operator.ge
    if then and now:
        said["numerator_part"], said["denominator_part"] = split_change(before, last["value"], then, now)
        unmoved = last["value"] * now / then
    if not reached(last["value"], target):
        verdict = "missed" if last["year"] == row["year"] else "on_the_way"
    elif last["definition"] == "changed":
        verdict = "met_definition"
    else:
        verdict = "met" if reached(unmoved, target) else "met_denominator"
    return said | {"verdict": verdict}
