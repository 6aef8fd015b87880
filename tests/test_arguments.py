"""What is given to a public function is used, or refused in a sentence, whatever its kind."""

import datetime
import inspect
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from oracles import future_of

import yilaolib as yl

WRONG = [
    None, "text", datetime.date(2025, 1, 1), pd.NA, pd.NaT, np.float64(3.5), np.int64(3), np.datetime64("2025-01-01"),
    float("nan"), -1, 10**30, [], [1, "x"], object(), pd.Series(["x"]),
]  # fmt: skip
ENGLISH = re.compile(r"\b(must|it is|give)\b| (the|of) ")
AREA = "yingtan"
FUNCTIONS = [name for name in yl.__all__ if inspect.isfunction(getattr(yl, name))]
NOT_RUN = {"render_report", "render_reports", "whatif", "project_cohorts"}  # those below; labelled arrays only


@pytest.fixture(scope="module")
def good():
    """Arguments that will do, by function and by name; None stands in for those that we do not know."""
    future, methods, supply = future_of(AREA), yl.triangulate_beds(AREA, 2025), yl.bed_supply(AREA)
    pyramids, china = yl.census_pyramids(AREA), yl.census_pyramids("china")
    rates = yl.load_table("mortality").query("standard == 'china-wpp2024' and year == 2023 and age <= 100")
    mx = {sex: part.set_index("age")["mx"] for sex, part in rates.groupby("sex")}
    schedule, steps = yl.fertility_schedule(2020), yl.gap_waterfall(methods, supply, 2025)
    drawn = yl.project(AREA, end_year=2025, draws=3)
    gap = yl.gap_by_year(AREA, population=future)
    samples = yl.need_samples(AREA, 2025, draws=3, parameters=3, population=drawn)
    fan = yl.draw_range(yl.elderly_share(drawn)).assign(central=1.0)
    named = {
        "area": AREA, "areas": [AREA], "year": 2025, "end_year": 2030, "draws": 3, "parameters": 3, "future": future,
        "scenarios": ["medium"], "population": pyramids[2020], "methods": methods, "supply": supply, "drawn": drawn,
        "beds": 1000.0, "elderly": 900.0, "elderly_then": 800.0, "beds_per_1000": 39.0, "share": 0.03, "need": samples,
        "institution_share": 0.3, "occupancy": 0.8, "total": 100, "weight": 2.0, "total_weight": 10.0, "below": 0.5,
        "residents": samples, "built": [100, 200], "schedule": schedule, "tfr": 1.3, "parameter": "target_occupancy",
        "frame_or_sources": ["nbs-census-2020"], "name": "areas", "values": yl.persons(drawn, 60),
        "indicator": "elder_beds_total", "series": pd.Series([1.0, 2, 3, 4], index=range(2017, 2021)),
        "margins": {(0, None): 1e6, (60, None): 2e5},
        "parent": yl.graduate(pyramids[2020]), "parent_level": "province", "query": AREA, "amounts": [1.0, 2, 3],
        "persons": [10.0, 20, 30], "groups": ["a", "b", "b"], "places": 1000.0, "children": 3000.0, "e0": 78.0,
        "mx": mx["female"], "sex": "female", "standard": mx["female"], "then": pyramids[2010], "now": pyramids[2020],
        "reference_then": china[2010], "reference_now": china[2020], "reference": china[2020], "steps": steps,
        "path": "own.xlsx", "coverage": 0.3, "wish": 0.4, "places_per_1000": 4.5, "frame": fan, "frames": [supply],
        "plan": yl.plan_of(AREA), "weights": pd.Series([0.2, 0.8]), "demand": 10.0, "numerator": 10_500.0, "ratio": 9.0,
        "kind": "elder_beds_total", "years": np.arange(2020, 2031), "asfr": schedule * 1.3, "gap": gap["shortfall"],
        "ledger": yl.audit(AREA), "tables": {"areas": yl.load_table("areas").head(1)},
    }  # fmt: skip
    own = {
        "allocation_equity": {"beds": yl.allocate_beds()}, "beds_by_prevalence": {"need": 100.0},
        "beds_by_utilisation": {"residents": 100.0}, "group_ages": {"population": named["parent"]},
        "places_by_norm": {"population": 1000.0}, "plan_beds": {"beds": 900.0, "care_share": 0.4},
        "plot_gap": {"frame": gap}, "plot_methods": {"frame": methods},
        "plot_peers": {"frame": yl.compare_plans(["elder_beds_per_1000_60plus"])},
        "plot_supply": {"frame": pd.DataFrame({"kind": ["beds"], "public": [60.0], "total": [100.0]})},
        "plot_pyramid": {"population": future.population.sel(year=2025)}, "plot_waterfall": {"frame": steps},
        "plot_targets": {"frame": yl.target_steps(AREA).assign(name="x")},
        "plot_tornado": {"frame": yl.need_tornado(AREA, 2025, population=future)},
        "shortage_probability": {"supply": 9.0}, "shortfall": {"supply": 5.0}, "survival_table": {"standard": mx},
    }  # fmt: skip
    return named, own


@pytest.mark.parametrize("name", sorted({*FUNCTIONS} - NOT_RUN))
def test_a_wrong_kind_is_refused_in_a_sentence(good, name, tmp_path, monkeypatch):
    """Each parameter in turn gets what is none of its kinds: a result, or a DataError, and nothing else."""
    monkeypatch.chdir(tmp_path)
    function, (named, own) = getattr(yl, name), good
    parameters = inspect.signature(function).parameters
    quick = ("areas", "draws", "end_year", "scenarios")
    needed = [key for key, each in parameters.items() if each.default is each.empty or key in quick]
    given = {key: named.get(key) for key in needed} | own.get(name, {})
    if parameters.get("population") and parameters["population"].annotation == "Future":
        given["population"] = named["future"]  # made already
    for key, parameter in parameters.items():
        for value in WRONG if parameter.default is not None else WRONG[1:]:
            try:
                function(**given | {key: value})
            except yl.DataError as error:
                assert str(error).endswith((".", "?", ")"))
                assert error.key and not ENGLISH.search(error.say("zh"))
        plt.close("all")


@pytest.mark.parametrize("name", ["render_report", "render_reports", "whatif"])
def test_reports_refuse_a_wrong_kind(name, tmp_path, monkeypatch):
    """A report that cannot be asked for so is not begun."""
    monkeypatch.chdir(tmp_path)
    function, first = getattr(yl, name), {"render_report": "city", "render_reports": "cities", "whatif": "area"}[name]
    more = () if name == "whatif" else ("end_year", "norm", "scenario", "data")
    for key in [*inspect.signature(function).parameters, *more]:
        for value in (datetime.date(2025, 1, 1), pd.NaT, pd.NA, [1, "x"], object()):
            with pytest.raises(yl.DataError):
                function(**{first: AREA} | {key: value})
