"""Everything that one city's report shows, as numbers and frames, before any language or figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr

from ..auditing.verdicts import audit
from ..demography.local import census_pyramids, local_parameters
from ..demography.measures import population_table
from ..demography.projection import ageing_stage, project
from ..needs.beds import nursing_beds, triangulate_beds
from ..needs.daycare import triangulate_places
from ..needs.gap import gap_by_year, gap_waterfall, share_ranges
from ..needs.money import care_staff, childcare_staff, operating_subsidy
from ..needs.peers import compare_plans, plan_targets
from ..needs.rows import target_year
from ..needs.supply import bed_supply, place_supply
from ..tables.areas import find_area, load_table
from ..tables.figures import figure, list_filled
from ..tables.folders import quiet_table

BESIDE = ("hold", "prevalence", "utilisation")  # drawn beside the leading method; more lines cannot be read
DRAWS = 200
REPRODUCED = ("exact", "rounding", "truncated", "approximate", "convenient")  # verdicts that the report only counts
IDS = ("observation", "baseline_observation", "occupied_observation")  # columns with the id of a printed figure
ROW = ["observation", "area", "name_as_printed", "as_printed", "year", "source", "locator", "note", "note_zh"]


@dataclass(frozen=True)
class Brief:
    """What a report of a city is made of; see `city_brief`."""

    area: pd.Series
    plan: pd.Series | None
    scenario: str
    population: xr.Dataset
    drawn: xr.Dataset
    census: xr.DataArray
    parameters: pd.DataFrame
    ageing: pd.DataFrame
    forecasts: pd.DataFrame
    stages: pd.DataFrame
    bed_methods: pd.DataFrame
    bed_gap: pd.DataFrame
    bed_steps: pd.DataFrame
    bed_supply: pd.DataFrame
    place_methods: pd.DataFrame
    place_gap: pd.DataFrame
    place_steps: pd.DataFrame
    place_supply: pd.DataFrame
    nursing: pd.DataFrame
    staff: pd.DataFrame
    subsidy: pd.DataFrame
    targets: pd.DataFrame
    peers: pd.DataFrame
    audit: pd.DataFrame
    filled: pd.DataFrame
    rows: pd.DataFrame
    target_year: int

    def printed(self, indicator: str, kind: str | None = None, year: int | None = None) -> pd.Series | None:
        """The plan's own figure of a concept (a row of `observations`), or None when it prints none."""
        return figure(self.area["area"], indicator, kind=kind, year=year, root=self.root)

    root: str | Path | None = None

    @property
    def people_counted(self) -> bool:
        """Whether the people were counted by age; else they are totals on the parent's ages."""
        return not (self.filled["table"] == "population").any()


def city_brief(city: str, *, scenario: str = "medium", end_year: int = 2050, root: str | Path | None = None) -> Brief:
    """Compute what the report of a city shows: ageing, beds, places, targets, audit.

    Parameters
    ----------
    city : str
        Slug, Chinese or English name, or adcode.
    scenario : str, default "medium"
        low, medium, high, zero-migration, or one of your own.
    end_year : int, default 2050
        [year] Last year of the projection.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    Brief
        `ageing` [persons, percent] by year; `bed_methods`, `place_methods` for the plan's target year; `bed_gap`,
        `place_gap` [beds, places] by year with the method in `attrs`; `targets` from baseline to target; `peers`, the
        same indicators in other plans; `audit`, the plan's printed figures recomputed; `rows`, the rows of
        `observations` and `projects` that all of these rest on.

    Raises
    ------
    DataError
        Unknown city or scenario, an end year before the census.

    Examples
    --------
    >>> brief = city_brief("景德镇市", end_year=2035)
    >>> print(round(brief.ageing.share_60_pct[2025], 1))
    21.1
    """
    area = find_area(city, root=root)
    slug = area["area"]
    population = project(slug, scenario=scenario, end_year=end_year, root=root)
    census = census_pyramids(slug, root)
    census = census[max(census)]
    plan = plan_of(slug, root)
    years = population["year"].to_numpy()
    year = target_year(plan, years)
    drawn = project(slug, scenario=scenario, end_year=end_year, draws=DRAWS, root=root)
    both = {"population": population, "root": root}
    methods = {"bed": triangulate_beds(slug, year, **both), "place": triangulate_places(slug, year, **both)}
    gaps = {
        "bed": gap_by_year(slug, beside=BESIDE, drawn=drawn, **both),
        "place": gap_by_year(slug, what="places", drawn=drawn, **both),
    }
    beds, places = bed_supply(slug, root=root), place_supply(slug, root=root)
    parts = {
        **{f"{what}_methods": frame for what, frame in methods.items()},
        **{f"{what}_gap": frame for what, frame in gaps.items()},
        "bed_supply": beds,
        "place_supply": places,
        "bed_steps": gap_waterfall(methods["bed"], beds, year),
        "place_steps": gap_waterfall(methods["place"], places, year),
        "nursing": nursing_beds(slug, year, population=population, root=root),
        "subsidy": operating_subsidy(slug, year, population=population, root=root),
        "staff": _staff(slug, year, population, gaps["place"].loc[year, "demand"], root),
        "forecasts": _forecasts(slug, root),
        "targets": plan_targets(slug, root=root),
        "peers": _peers(slug, root),
        "audit": audit(slug, root=root),
    }
    shown = parts["audit"][~parts["audit"]["verdict"].isin(REPRODUCED)]
    return Brief(
        area=area,
        plan=plan,
        scenario=scenario,
        population=population,
        drawn=drawn,
        census=census,
        parameters=local_parameters(slug, root=root),
        ageing=population_table(population).join(share_ranges(drawn)),
        stages=ageing_stage(census, root=root),
        rows=_rows(slug, [*(parts | {"audit": shown}).values(), _own_figures(slug, root)], root),
        filled=list_filled(slug, root=root),
        target_year=year,
        root=root,
        **parts,
    )


def plan_of(area: str, root: str | Path | None = None) -> pd.Series | None:
    """The plan of an area (a row of `sources`), or None when there is none."""
    table = load_table("sources", root=root)
    plans = table[(table["area"] == area) & table["plan_start"].notna()]
    return None if plans.empty else plans.sort_values("issued").iloc[-1]


def _rows(area: str, frames: list[pd.DataFrame], root: str | Path | None) -> pd.DataFrame:
    """The rows of `observations` and `projects` that the tables of the report lead back to; the area's own first."""
    ids = {name for frame in frames for column in IDS for name in frame.get(column, ()) if isinstance(name, str)}
    ids |= {name for frame in frames for names in frame.get("observations", ()) for name in names}
    table = quiet_table("observations", root)  # rows of what has been noted
    table = table[table["observation"].isin(ids)]
    table = table.iloc[(table["area"] != area).argsort(kind="stable")]
    projects = load_table("projects", area=area, root=root)
    listed = {number for frame in frames for number in frame.get("project_no", ()) if pd.notna(number)}
    projects = projects[projects["project_no"].isin(listed)]
    projects = projects.assign(
        observation=[project_id(area, number) for number in projects["project_no"]],
        name_as_printed=projects["name_zh"],
        as_printed=projects["beds_new"].fillna(projects["places_new"]).map("{:g}".format),
        year=projects["end"],
    )
    return pd.concat([table[ROW], projects[ROW]], ignore_index=True)


def project_id(area: str, number: int) -> str:
    """The id by which the report names a row of `projects`.

    Examples
    --------
    >>> project_id("haian", 3)
    'projects.haian.3'
    """
    return f"projects.{area}.{number}"


def _peers(area: str, root: str | Path | None, most: int = 6) -> pd.DataFrame:
    """The percentages that this plan shares with most others; see `compare_plans`."""
    table = compare_plans(root=root)
    own = table.loc[table["area"] == area, "indicator"]
    shared = table[table["indicator"].isin(own) & (table["unit"] == "pct")]
    chosen = shared.groupby("indicator", sort=False).size().sort_values(ascending=False, kind="stable").index[:most]
    return shared[shared["indicator"].isin(chosen)].reset_index(drop=True)


def _staff(area: str, year: int, population: xr.Dataset, places: float, root: str | Path | None) -> pd.DataFrame:
    """Staff for the elderly who need care and for the places of the norm; `role` is missing for the latter."""
    old = care_staff(area, year, population=population, root=root)
    return pd.concat([old, childcare_staff(area, places=places, root=root)], ignore_index=True)


def _own_figures(area: str, root: str | Path | None) -> pd.DataFrame:
    """The plan's own need and gap of beds and places, as printed; empty where it prints none."""
    kinds = ("elder_beds_needed", "elder_beds_gap", "daycare_places_needed", "daycare_places_gap")
    found = [figure(area, kind, root=root) for kind in kinds]
    return pd.DataFrame([row for row in found if row is not None])


def _forecasts(area: str, root: str | Path | None) -> pd.DataFrame:
    """The plan's own forecasts of the shares of the elderly: rows of `observations` of kind projection."""
    table = load_table("observations", area=area, root=root)
    shares = table["indicator"].isin(["population_60plus_share_pct", "population_65plus_share_pct"])
    return table[shares & (table["kind"] == "projection") & table["value"].notna()].reset_index(drop=True)


def results(brief: Brief) -> dict[str, object]:
    """What the list of all reports sorts and filters by: stage, shares and gaps in the plan's target year.

    Examples
    --------
    >>> results(city_brief("haian", end_year=2030))["ageing_stage"]
    '重度老龄化'
    """
    year = brief.target_year
    bed, place = brief.bed_gap.loc[year], brief.place_gap.loc[year]
    found = {
        "ageing_stage": brief.stages.set_index("scheme").loc["nhc-2022", "stage_zh"],
        "share_60_pct": brief.ageing.loc[year, "share_60_pct"],
        "bed_gap": bed["demand"] - bed["supply"],
        "bed_coverage_pct": bed["coverage_pct"],
        "place_gap": place["demand"] - place["supply"],
        "place_coverage_pct": place["coverage_pct"],
    }
    return {
        name: value if isinstance(value, str) else None if pd.isna(value) else round(float(value), 2)
        for name, value in found.items()
    }
