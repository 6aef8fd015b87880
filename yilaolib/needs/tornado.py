"""The strongest inputs of a need: each moved alone between its bounds, the others unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import xarray as xr

from ..core.errors import DataError
from ..data import find_area
from ..places.ranges import area_values, assumed_range
from ..projection import Scenario
from ..tabling.figures import figures_at
from .bedneed import elderly_path
from .horizon import need_of
from .need import at_year, middle, projected

ASSUMED = {  # parameter of `assumptions`: names, and the methods that use it
    "target_occupancy": ("目标入住率", "target occupancy", ("prevalence", "prevalence_census", "utilisation")),
    "institution_share_mild": ("轻度失能入住机构比例", "mild need: share in homes", ("prevalence", "utilisation")),
    "institution_share_moderate": (
        "中度失能入住机构比例",
        "moderate need: share in homes",
        ("prevalence", "utilisation"),
    ),
    "institution_share_severe": ("重度失能入住机构比例", "severe need: share in homes", ("prevalence", "utilisation")),
    "institution_share_unable": (
        "不能自理者入住机构比例",
        "unable to self-care: share in homes",
        ("prevalence_census",),
    ),
}
OWN_RANGE = {  # methods whose own input is a range: names of that input and whether the bounds are judged
    "share": ("分摊权数（年龄、需要）", "weight of the share (ages, need)", False),
    "norm": ("床位标准（各规划）", "norm (all plans)", False),
    "norm_peers": ("床位标准（其他规划）", "norm (other plans)", False),
    "norm_national": ("全国床位目标", "national goal", False),
    "utilisation": ("民办机构入住（空置至满员）", "private homes, empty to full", True),
    "coverage": ("入托率目标", "coverage", False),
    "intention": ("使用率与意愿", "use against wish", False),
}
LABELS_ZH = {"plan": "规划", "projection": "本推算", "census 2020": "2020年普查", "low": "低方案", "high": "高方案"}
SURVEYS = ("adl-clhls-2011", "adl-clhls-2014", "adl-clhls-2018")


def need_tornado(
    area: str,
    year: int,
    *,
    what: str = "beds",
    method: str | None = None,
    strongest: int = 8,
    scenario: str | Scenario = "medium",
    population: xr.Dataset | None = None,
    root: str | Path | None = None,
) -> pd.DataFrame:
    """How far each input alone moves the need by one method, the strongest first; judged inputs are marked.

    Inputs that only one definition has (the levels of a survey) do not show for the other methods.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode; a plan is not needed.
    year : int
        [year]
    what : {'beds', 'places'}
    method : str, optional
        By default `prevalence` for beds and `coverage` for places.
    strongest : int, default 8
        Number of rows.
    scenario : str or Scenario, default "medium"
        From which fertility, life expectancy and migration are moved.
    population : Dataset, optional
        The projection of that scenario, made before.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        name_zh, name_en, low, high, central [beds or places: the need with the input low, high, unchanged], low_label,
        high_label, low_label_zh, high_label_zh (the values of the input), judged (True where the bounds are judgement).

    Raises
    ------
    DataError
        Unknown area, scenario or method, a method without a number for this area, a year outside the projection.

    Examples
    --------
    >>> need_tornado("jingdezhen", 2035).name_en.iloc[0]
    'moderate need: share in homes'
    """
    method = method or {"beds": "prevalence", "places": "coverage"}.get(what, "")
    moves = _Moves(area, year, what, method, scenario, population, root)
    frame = pd.DataFrame(moves.all())
    frame.attrs["sources"] = moves.row["sources"].split(";")
    width = (frame["high"] - frame["low"]).abs()
    order = width[width > 0].sort_values(ascending=False, kind="stable").index
    return frame.loc[order].head(strongest).reset_index(drop=True)


class _Moves:
    def __init__(self, area, year, what, method, scenario, population, root) -> None:
        self.area = find_area(area, root)["area"]
        self.year, self.what, self.method, self.root = year, what, method, root
        self.scenario = scenario if isinstance(scenario, Scenario) else self._named(scenario)
        self.population = self._project(self.scenario) if population is None else population
        self.need = need_of(self.area, self.population, what, root, only=method)
        if not self.need.rows or pd.isna((row := self.need.at(year).iloc[0])["central"]):
            every = need_of(self.area, self.population, what, root).at(year).set_index("method")["central"]
            raise DataError(
                f"method {method!r} has no number for {self.area}; choose one of {', '.join(every.dropna().index)}."
            )
        self.row = row
        self.assumed = area_values(self.area, root)

    def all(self) -> Iterator[dict]:
        """A row for each input that the method has."""
        yield from self._own_range()
        yield from self._assumed()
        yield from self._definitions()
        yield from self._migration()
        yield from self._fertility()
        yield from self._mortality()
        yield from self._forecast()

    def _named(self, name: str) -> Scenario:
        return Scenario.load(name, area=self.area, root=self.root)

    def _project(self, scenario: Scenario) -> xr.Dataset:
        return projected(self.area, self.year, scenario, self.root)

    def _value(self, population: xr.Dataset | None = None, *, method: str | None = None, **others) -> float:
        """The need with something else in place of what it has."""
        row = self.need.what_if(method or self.method, population=population, **others)
        return middle(at_year(row["central"], self.year))

    def _line(self, names: tuple[str, str], values: tuple[float, float], labels: tuple[str, str], judged: bool) -> dict:
        keys = ("name_zh", "name_en", "low", "high", "low_label", "high_label")
        line = dict(zip(keys, (*names, *values, *labels), strict=True))
        line |= {
            f"{side}_label_zh": LABELS_ZH.get(label, label) for side, label in zip(("low", "high"), labels, strict=True)
        }
        return line | {"central": self.row["central"], "judged": judged}

    def _ends(self, names: tuple[str, str], values: list[tuple[float, str]]) -> dict:
        """A row from the lowest to the highest of some (need, label)."""
        (low, low_label), (high, high_label) = min(values), max(values)
        return self._line(names, (low, high), (low_label, high_label), False)

    def _own_range(self) -> Iterator[dict]:
        if self.method in OWN_RANGE and pd.notna(self.row["lower"]):
            zh, en, judged = OWN_RANGE[self.method]
            yield self._line((zh, en), (self.row["lower"], self.row["upper"]), ("", ""), judged)

    def _assumed(self) -> Iterator[dict]:
        for parameter, (zh, en, methods) in ASSUMED.items():
            if self.method in methods:
                bounds = assumed_range(parameter, table=self.assumed)
                low, high = (self._value(changed={parameter: x}) for x in (bounds.lower, bounds.upper))
                yield self._line((zh, en), (low, high), (f"{bounds.lower:g}", f"{bounds.upper:g}"), bounds.judged)

    def _definitions(self) -> Iterator[dict]:
        if self.method != "prevalence":
            return
        waves = [(self._value(survey=survey), survey[-4:]) for survey in SURVEYS]
        yield self._ends(("调查年份（CLHLS）", "year of the survey (CLHLS)"), waves)
        both = [(self._value(method="prevalence_census"), "census 2020"), (self.row["central"], "CLHLS 2018")]
        yield self._ends(("失能的定义（普查、调查）", "definition of need (census, survey)"), both)

    def _migration(self) -> Iterator[dict]:
        paths = ({2020: 0.0}, {2020: 1.0})  # nobody moves; everybody goes on moving as in 2010-2020
        low, high = (self._value(self._project(replace(self.scenario, net_migration_factor=path))) for path in paths)
        yield self._line(("净迁移", "net migration"), (low, high), ("0", "2010–2020"), True)

    def _fertility(self) -> Iterator[dict]:
        years = self.population["year"].to_numpy()
        if self.what == "beds" and self.year <= years[0] + 60:
            return  # whoever is 60 by then was born by the launch
        ends = []
        for name in ("low", "high"):  # the distance of the variant from the medium path, on top of the scenario's own
            tfr = self.scenario.at("tfr_offset", years) + self._named(name).at("tfr_offset", years)
            path = dict(zip(years.tolist(), tfr.tolist(), strict=True))
            ends.append(self._value(self._project(replace(self.scenario, tfr_offset=path))))
        names = ("生育率（WPP低、高方案）", "fertility (WPP low, high)")
        yield self._line(names, (ends[0], ends[1]), ("low", "high"), False)

    def _mortality(self) -> Iterator[dict]:
        own = self.scenario.e0, self.scenario.e0_year
        if own[0] is None and "e0" in self.assumed.index:
            own = tuple(self.assumed.loc["e0", ["value", "year"]])
        if own[0] is None:
            return
        doubt = assumed_range("e0_doubt", table=self.assumed).value
        low, high = own[0] - doubt, own[0] + doubt
        moved = [replace(self.scenario, e0=e0, e0_year=int(own[1])) for e0 in (low, high)]
        least, most = (self._value(self._project(scenario)) for scenario in moved)
        yield self._line(("预期寿命", "life expectancy"), (least, most), (f"{low:g}", f"{high:g}"), True)

    def _forecast(self) -> Iterator[dict]:
        """The plan's own number of elderly in place of the projected one, where it is for this year."""
        printed = figures_at(self.root).first(self.area, "population_60plus", "projection")
        if self.what == "places" or printed is None or printed["year"] != self.year:
            return
        if printed["basis"] == "registered":  # other people than the projected residents
            return
        ours = middle(elderly_path(self.population).sel(year=self.year).sum(("sex", "age")))
        scaled = self.population.assign(population=self.population["population"] * printed["value"] / ours)
        both = [(self._value(scaled), "plan"), (self.row["central"], "projection")]
        yield self._ends(("60岁及以上人口（规划预测、本推算）", "persons 60+ (plan, projection)"), both)
