"""Everything that one city's report shows, as numbers and frames, before any language or figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..audit import audit
from ..childcare import implied_coverage, places_by_norm, triangulate_places
from ..data import find_area, load_table
from ..eldercare import BedNeed, elderly_path, label_methods
from ..needs.gap import shortfall
from ..needs.supply import bed_supply, place_supply, supply_path
from ..needs.targets import plan_targets
from ..people.measures import persons
from ..places.parameters import census_pyramids, local_parameters
from ..projection import ageing_stage, project
from ..tabling.figures import figure
from ..tabling.filled import list_filled

NORM = "daycare_places_per_1000"
BESIDE = ("hold", "prevalence", "utilisation")  # drawn beside the leading method; more lines cannot be read


@dataclass(frozen=True)
class Brief:
    """What a report of a city is made of; see `city_brief`."""

    area: pd.Series
    plan: pd.Series | None
    scenario: str
    population: xr.Dataset
    census: xr.DataArray
    parameters: pd.DataFrame
    ageing: pd.DataFrame
    forecasts: pd.DataFrame
    stages: pd.DataFrame
    bed_methods: pd.DataFrame
    bed_gap: pd.DataFrame
    bed_supply: pd.DataFrame
    place_methods: pd.DataFrame
    place_gap: pd.DataFrame
    place_supply: pd.DataFrame
    targets: pd.DataFrame
    audit: pd.DataFrame
    filled: pd.DataFrame
    rows: pd.DataFrame
    target_year: int

    def printed(self, indicator: str, kind: str | None = None, year: int | None = None) -> pd.Series | None:
        """The plan's own figure of a concept (a row of `observations`), or None when it prints none."""
        return figure(self.area["area"], indicator, kind=kind, year=year, root=self.root)

    root: str | Path | None = None


def city_brief(city: str, *, scenario: str = "medium", end_year: int = 2050, root: str | Path | None = None) -> Brief:
    """Compute what the report of a city shows: ageing, beds, places, targets, audit.

    Parameters
    ----------
    city : str
        Slug, Chinese or English name, or adcode.
    scenario : str, default "medium"
        low, medium, high or zero-migration.
    end_year : int, default 2050
        [year] Last year of the projection.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    Brief
        `ageing` [persons, percent] by year; `bed_methods`, `place_methods` for the plan's target year; `bed_gap`,
        `place_gap` [beds, places] by year with the method in `attrs`; `targets` from baseline to target; `audit`, the
        plan's printed figures recomputed.

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
    target_year = int(min(plan["plan_end"] if plan is not None and pd.notna(plan["plan_end"]) else 2025, years[-1]))
    beds, places = bed_supply(slug, root=root), place_supply(slug, root=root)
    need = BedNeed(slug, elderly_path(population), root)
    targets, recomputed = plan_targets(slug, root=root), audit(slug, root=root)
    return Brief(
        area=area,
        plan=plan,
        scenario=scenario,
        population=population,
        census=census,
        parameters=local_parameters(slug, root=root),
        ageing=_ageing(population),
        forecasts=_forecasts(slug, root),
        stages=ageing_stage(census, root=root),
        bed_methods=label_methods(need.at(target_year), root),
        bed_gap=_bed_gap(need, beds, years),
        bed_supply=beds,
        place_methods=triangulate_places(slug, target_year, population=population, root=root),
        place_gap=_place_gap(slug, population, places, root),
        place_supply=places,
        targets=targets,
        audit=recomputed,
        rows=_rows(root, targets, recomputed, beds, places, _own_figures(slug, root)),
        filled=list_filled(slug, root=root),
        target_year=target_year,
        root=root,
    )


def plan_of(area: str, root: str | Path | None = None) -> pd.Series | None:
    """The plan of an area (a row of `sources`), or None when there is none."""
    table = load_table("sources", root=root)
    plans = table[(table["area"] == area) & table["plan_start"].notna()]
    return None if plans.empty else plans.sort_values("issued").iloc[-1]


def _rows(root: str | Path | None, *frames: pd.DataFrame) -> pd.DataFrame:
    """The rows of `observations` that the tables of the report lead back to."""
    ids = {name for frame in frames for name in frame.get("observation", ()) if isinstance(name, str)}
    table = load_table("observations", root=root)
    return table[table["observation"].isin(ids)].reset_index(drop=True)


def _own_figures(area: str, root: str | Path | None) -> pd.DataFrame:
    """The plan's own need and gap of beds and places, as printed; empty where it prints none."""
    kinds = ("elder_beds_needed", "elder_beds_gap", "daycare_places_needed", "daycare_places_gap")
    found = [figure(area, kind, root=root) for kind in kinds]
    return pd.DataFrame([row for row in found if row is not None])


def _ageing(population: xr.Dataset) -> pd.DataFrame:
    columns = {
        "total": (0, None),
        "aged_60": (60, None),
        "aged_65": (65, None),
        "aged_80": (80, None),
        "aged_0_2": (0, 3),
    }
    frame = pd.DataFrame({name: persons(population, *ages).to_series() for name, ages in columns.items()})
    for age in (60, 65, 80):
        frame[f"share_{age}_pct"] = 100 * frame[f"aged_{age}"] / frame["total"]
    return frame


def _forecasts(area: str, root: str | Path | None) -> pd.DataFrame:
    """The plan's own forecasts of population: rows of `observations` of kind projection."""
    table = load_table("observations", area=area, root=root)
    chosen = table["indicator"].str.startswith("population_") & (table["kind"] == "projection") & table["value"].notna()
    return table[chosen].reset_index(drop=True)


def _bed_gap(need: BedNeed, supply: pd.DataFrame, years: np.ndarray) -> pd.DataFrame:
    """Demand of the leading method against supply by year; other methods beside it as demand_<method>."""
    paths = need.paths()
    leading = "norm" if "norm" in paths else "hold" if "hold" in paths else "rule_9073"
    path = supply_path(supply, "elder_beds_total", years)
    gap = shortfall(paths[leading], path)
    for method in (m for m in BESIDE if m in paths and m != leading):
        gap[f"demand_{method}"] = paths[method]
    gap.attrs.update(method=leading, held=path.attrs["held"])
    return gap


def _place_gap(area: str, population: xr.Dataset, supply: pd.DataFrame, root: str | Path | None) -> pd.DataFrame:
    norm = figure(area, NORM, kind="target", root=root)
    norm = figure("china", NORM, kind="target", root=root) if norm is None else norm
    people, children = (persons(population, *ages).to_series() for ages in ((0, None), (0, 3)))
    path = supply_path(supply, "daycare_places_total", people.index.to_numpy())
    gap = shortfall(places_by_norm(people, norm["value"]), path)
    gap["aged_0_2"] = children
    gap["implied_coverage_pct"] = 100 * implied_coverage(gap["demand"], children)
    gap.attrs.update(method="norm_places", norm=norm["value"], held=path.attrs["held"])
    return gap


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
