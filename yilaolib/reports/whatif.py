"""A page to try: one HTML file where a planner moves norms and shares, and need, gap, staff and money follow.

Python writes people, supply and unit costs of every scenario and year into the page; the formulas, those of `needs`,
stand once more in its script (`templates/whatif.js`), and a test compares the two.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import __version__
from ..demography.ages import labelled, persons
from ..demography.local import Root, area_values, assumed_range
from ..demography.projection import SCENARIOS, project
from ..needs.beds import NORM
from ..needs.gap import draw_range
from ..needs.money import capital_cost, childcare_staff
from ..needs.planning import latest
from ..needs.rows import LEVELS, care_need, elderly_of, middles
from ..needs.supply import SUPPLY, TOTAL, standing, supply_path
from ..tables.areas import figures_at, load_table
from ..texts import catalogue
from .display import page_templates
from .files import lock_folder, write_whole
from .one import Linked, default_folder, place_order
from .page import page_script, put_fonts
from .sections import plan_of

CARE_SHARE = "nursing_beds_share_institution_pct"


def whatif(
    area: str, *, out: str | os.PathLike | None = None, lang: str = "zh", draws: int = 200, root: Root = None
) -> Path:
    """Write a page to try, `<out>/whatif/<area>.html` (`.en.html` in English), and return its path.

    Scenario, year, bed norm, occupancy, shares of beds in homes and of care beds, and enrolment can be moved; the link
    of the page keeps them. It needs no server and no network.

    area, lang, root : as in `render_report`
    out : path, optional; folder of all reports, by default `outputs`
    draws : random paths of the demography behind the 80 % ranges
    DataError: an unknown area or language, a folder that cannot be written into.

    >>> import tempfile
    >>> whatif("婺源", out=tempfile.mkdtemp(), draws=20).name
    'wuyuan-361130.html'
    """
    out = Path(default_folder() if out is None else out)
    order, words = place_order(area, out_dir=out, lang=lang, data=str(root or "")), catalogue(lang)
    with lock_folder(out):
        path = replace(order, folder=out / "whatif").path(order.area, ".html")
        path.parent.mkdir(exist_ok=True)
        data, none = _numbers(order.area, draws, root), words.say("report.none", plan=plan_of(order.area, root=root))
        data["text"] = words.find("whatif.shown") | {"missing": none}
        page = page_templates().get_template("whatif.html.j2").render(
            html_lang=words.word("language.html"), word=words.word, say=words.say, data=data,
            title=words.say("whatif.title", name=words.named({"name_zh": order.name_zh, "name_en": order.name_en})),
            scenarios={name: words.coded(name, "scenario") for name in data["grid"]}, version=__version__,
            **page_script("whatif.js"),
        )  # fmt: skip
        write_whole(path, page)
        put_fonts(out)
    return Linked(path)


def _numbers(area: str, draws: int, root: Root) -> dict[str, Any]:
    """What the page computes from: years, the grid by scenario, shares, ratios, unit costs, what stands, the start."""
    assumed, figures = area_values(area, root), figures_at(root)
    given = partial(assumed_range, table=assumed)
    first, subsidy = assumed.loc["childcare_subsidy", ["year", "value"]]
    names = dict.fromkeys([*SCENARIOS, *load_table("assumptions", area=area, root=root)["scenario"].dropna()])
    grid = {name: _scenario(area, name, draws, root).loc[int(first) :] for name in names}
    years = grid["medium"].index
    paths = {what: supply_path(of(area, root=root), TOTAL[what], years) for what, of in SUPPLY.items()}
    supply = pd.concat([pd.DataFrame(paths), *(standing(paths[what]).add_prefix(f"{what}_") for what in paths)], axis=1)
    levels = [level for level in LEVELS if level in grid["medium"]]
    one = pd.DataFrame({"method": [""], "name_zh": "", "name_en": "", "gap_pipeline": 1.0})
    costs = {unit: capital_cost(one, unit, area=area, root=root) for unit in ("new_bed", "renovated_bed", "new_place")}
    homes, share = (latest(area, name, root=root) for name in ("elder_beds_institution", CARE_SHARE))
    own = homes[0] / latest(area, "elder_beds_total", root=root)[0]
    norm = figures.first(area, NORM, "target", "standard")
    nation = load_table("outcomes", area="china", root=root).pivot(index="year", columns="indicator", values="value")
    nation = (nation["elder_beds_institution"] / nation["elder_beds_total"]).dropna().iloc[-1]
    care, points = (figures.required("china", name, "target") for name in (CARE_SHARE, "daycare_enrolment_rise_points"))
    occupancy = given("target_occupancy").value
    start = {
        "year": int(np.clip(care["year"], years[0], years[-1])),
        "norm": 1000 * given("rule_3pct_share").value if norm is None else norm["value"],
        "homes": round(100 * (nation if np.isnan(own) else own)),
        "care": care["value"],
        "occupancy": 100 * occupancy,
        "enrolment": 100 * given("enrolment_2025").value + points["value"],
    }
    there = {"home_beds": homes[:2], "care_beds": (homes[0] * share[0] / 100, share[1])}
    return {
        "years": years.tolist(),
        "grid": {name: frame.to_dict("list") for name, frame in grid.items()},
        "supply": supply.astype(object).where(supply.notna(), None).to_dict("list"),
        "shares": {level: given(f"institution_share_{level}")[:3] for level in levels},
        "ratios": {level: given(f"residents_per_carer_{level}")[:3] for level in levels},
        "costs": {unit: cost[["lower", "central", "upper"]].iloc[0].tolist() for unit, cost in costs.items()},
        "staff_each": childcare_staff(area, 1.0, root=root).iloc[-1]["central"],  # of a child enrolled
        "occupied": occupancy,  # of daycare places: that of beds is moved
        "subsidy": subsidy,
        "there": {name: counted for name, counted in there.items() if not np.isnan(counted[0])},
        "start": start,
        "printed": {"norm": norm is not None, "homes": not np.isnan(own)},
    }


def _scenario(area: str, scenario: str, draws: int, root: Root) -> pd.DataFrame:
    """Persons of a scenario by year: those who need care by level, 60+ and under 3 with their ranges."""
    future, drawn = (project(area, scenario=scenario, draws=n, root=root) for n in (0, draws))
    parts = [care_need(elderly_of(future), root=root).transpose("year", "level").to_pandas()]
    for name, ages in (("elderly", (60, None)), ("children", (0, 3))):
        people, paths = (labelled(persons(each, *ages)) for each in (future, drawn))
        parts += [middles(people, "year").rename(name), draw_range(paths).add_prefix(f"{name}_")]
    return pd.concat(parts, axis=1)
