"""Headings, captions, notes, alternative texts and labelled tables of a report, in Chinese and English.

`story` makes the sentences; here the frames of a brief get the names that readers see. Nothing is computed.
"""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from .brief import Brief
from .data import cite, load_table
from .phrases import ALTS, CAPTIONS, COLUMNS, LIMITS, NOTES, WORDS
from .story import NOT_PUBLISHED, SCENARIOS, change, count, gap_words, method_name, name_of, percent

SHOWN_YEARS = 5  # tables show every fifth year, and the plan's target year


class Wording:
    """A brief in one language.

    Parameters
    ----------
    brief : Brief
        From `city_brief`.
    lang : {'zh', 'en'}

    Examples
    --------
    >>> from yilaolib.brief import city_brief
    >>> Wording(city_brief("yingtan", end_year=2030), "zh").title
    '鹰潭市一老一小报告'
    """

    def __init__(self, brief: Brief, lang: str = "zh") -> None:
        self.brief, self.lang, self.missing = brief, lang, NOT_PUBLISHED[lang]

    def __getitem__(self, key: str) -> str:
        return WORDS[self.lang][key]

    def _columns(self, *names: str) -> list[str]:
        return [COLUMNS[self.lang][name] for name in names]

    @property
    def title(self) -> str:
        """Title of the report."""
        title = self["title"].format(name_of(self.brief, self.lang))
        return title if self.brief.scenario == "medium" else f"{title} ({SCENARIOS[self.lang][self.brief.scenario]})"

    @cached_property
    def facts(self) -> dict[str, str]:
        """The names and numbers that captions, notes and alternative texts are filled with."""
        brief, lang = self.brief, self.lang
        ageing, bed, place = brief.ageing, brief.bed_gap, brief.place_gap
        years, target = ageing.index, brief.target_year
        surplus_year = _turning_year(place)
        return {
            "name": name_of(brief, lang), "scenario": SCENARIOS[lang][brief.scenario],
            "first": str(years[0]), "last": str(years[-1]), "target": str(target), "census": brief.population.attrs["census"],
            "total_first": count(ageing["total"].iloc[0], lang), "total_last": count(ageing["total"].iloc[-1], lang),
            "total_change": change(ageing["total"].iloc[0], ageing["total"].iloc[-1], lang),
            "share_first": percent(ageing["share_60_pct"].iloc[0], lang, 1),
            "share_last": percent(ageing["share_60_pct"].iloc[-1], lang, 1),
            "share_change": change(ageing["share_60_pct"].iloc[0], ageing["share_60_pct"].iloc[-1], lang),
            "bed_method": method_name(brief, bed.attrs["method"], lang),
            "bed_need": count(bed.loc[target, "demand"], lang), "bed_need_last": count(bed["demand"].iloc[-1], lang),
            "bed_gap": gap_words(bed, target, lang), "bed_gap_last": gap_words(bed, years[-1], lang),
            "bed_range": self._range(brief.bed_methods), "place_range": self._range(brief.place_methods),
            "place_need": count(place.loc[target, "demand"], lang), "place_gap": gap_words(place, target, lang),
            "place_gap_last": gap_words(place, years[-1], lang), "norm": f"{place.attrs['norm']:g}",
            "cover": percent(place.loc[target, "implied_coverage_pct"], lang, 1),
            "turn": self["turn"].format(surplus_year) if surplus_year else self["no_turn"],
        }  # fmt: skip

    def _range(self, methods: pd.DataFrame) -> str:
        values = methods[["lower", "central", "upper"]].stack()
        return self["from_to"].format(count(values.min(), self.lang), count(values.max(), self.lang))

    def caption(self, key: str) -> str:
        """Caption of a figure or table, with base and date."""
        return CAPTIONS[self.lang][key].format(**self.facts)

    def note(self, key: str) -> str:
        """Line under a figure: base, date, source."""
        return NOTES[self.lang][key].format(**self.facts)

    def alt(self, key: str) -> str:
        """What a figure shows, for those who do not see it."""
        return ALTS[self.lang][key].format(**self.facts)

    def blank(self, frame: pd.DataFrame) -> dict[str, str]:
        """Columns of a table in which an empty cell means that nothing belongs there, not that it is unpublished."""
        names = self._columns("note", "inputs", "binding", "lower", "upper", "document_number", "issued", "issuer")
        return {name: "" for name in names if name in frame}

    def limits(self) -> list[str]:
        """What the report does not show."""
        draft = self.brief.plan is not None and self.brief.plan["status"] == "draft"
        return ([self["draft"]] if draft else []) + [line.format(**self.facts) for line in LIMITS[self.lang]]

    def _shown(self, frame: pd.DataFrame) -> pd.DataFrame:
        years = frame.index
        return frame[(years % SHOWN_YEARS == 0) | (years == self.brief.target_year) | (years == years[-1])]

    def _named(self, frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
        return (
            frame[list(columns)]
            .rename(columns=COLUMNS[self.lang])
            .rename_axis(COLUMNS[self.lang].get(frame.index.name))
        )

    def pyramid(self) -> pd.DataFrame:
        """Persons by sex and five-year age at the first and the last year."""
        from .ages import group_ages

        people = self.brief.population["population"].isel(year=[0, -1])
        frame = group_ages(people, edges=range(0, 101, 5)).to_series().unstack(["year", "sex"])
        frame.columns = [f"{year} {WORDS[self.lang][sex]}" for year, sex in frame.columns]
        return frame.round(0).rename_axis(COLUMNS[self.lang]["age"])

    def shares(self) -> pd.DataFrame:
        """Shares aged 60+ and 65+ by year [percent]."""
        return self.brief.ageing[["share_60_pct", "share_65_pct"]].rename(
            columns={"share_60_pct": self["aged_60"], "share_65_pct": self["aged_65"]}
        )

    def forecasts(self) -> pd.DataFrame | None:
        """The plan's own forecasts of these shares, as points; None when it prints none."""
        rows = self.brief.forecasts
        rows = rows[rows["indicator"].isin(["population_60plus_share_pct", "population_65plus_share_pct"])]
        if rows.empty:
            return None
        ages = rows["indicator"].map({"population_60plus_share_pct": "60+", "population_65plus_share_pct": "65+"})
        labels = [
            self["plan_point"].format(age, percent(value, self.lang))
            for age, value in zip(ages, rows["value"], strict=True)
        ]
        return pd.DataFrame({"year": rows["year"].astype(int), "value": rows["value"], "label": labels})

    def ageing(self) -> pd.DataFrame:
        """Persons and shares of the elderly and of children under 3, every fifth year."""
        columns = ("total", "aged_60", "share_60_pct", "aged_65", "share_65_pct", "aged_80", "aged_0_2")
        return self._named(self._shown(self.brief.ageing), *columns)

    def ageing_formats(self) -> dict[str, str]:
        """How the columns of `ageing` are printed."""
        shares = self._columns("share_60_pct", "share_65_pct")
        persons = self._columns("total", "aged_60", "aged_65", "aged_80", "aged_0_2")
        return dict.fromkeys(shares, ".2f") | dict.fromkeys(persons, ",.0f")

    def stages(self) -> pd.DataFrame:
        """The ageing stage under every scheme."""
        frame = self.brief.stages.assign(
            scheme=self.brief.stages["scheme"].map(lambda s: self[s]), stage=self.brief.stages[f"stage_{self.lang}"]
        )
        frame["base_age"] = frame["base_age"].astype(str) + "+"
        return self._named(frame, "scheme", "base_age", "share_pct", "stage")

    def _methods(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(method=frame[f"name_{self.lang}"])

    def bed_methods(self) -> pd.DataFrame:
        """Methods for beds, as `plot_methods` wants them."""
        return self._methods(self.brief.bed_methods)

    def place_methods(self) -> pd.DataFrame:
        """Methods for places, as `plot_methods` wants them."""
        return self._methods(self.brief.place_methods)

    def bed_table(self) -> pd.DataFrame:
        """Methods for beds with their inputs."""
        frame = self.bed_methods().assign(basis=self.brief.bed_methods["basis"].map(lambda b: self[b]))
        return self._named(frame, "method", "basis", "lower", "central", "upper", "inputs")

    def place_table(self) -> pd.DataFrame:
        """Methods for places with their inputs and the coverage they imply."""
        frame = self.place_methods().assign(basis=self.brief.place_methods["basis"].map(lambda b: self[b]))
        frame["implied_coverage_pct"] = 100 * frame["implied_coverage"]
        return self._named(frame, "method", "basis", "lower", "central", "upper", "implied_coverage_pct", "inputs")

    def _lines(self, supply: pd.DataFrame, kind: str) -> dict[str, float]:
        rows = supply[supply["kind"] == kind]
        return {self[row.role].format(row.year): row.stock for row in rows.itertuples()}

    def bed_lines(self) -> dict[str, float]:
        """Stock and target of beds, as lines of the method chart."""
        return self._lines(self.brief.bed_supply, "elder_beds_total")

    def place_lines(self) -> dict[str, float]:
        """Stock and target of places, as lines of the method chart."""
        return self._lines(self.brief.place_supply, "daycare_places_total")

    def _gap_labels(self, gap: pd.DataFrame) -> dict[str, str]:
        others = {
            c: method_name(self.brief, c.removeprefix("demand_"), self.lang) for c in gap if c.startswith("demand_")
        }
        supply = self["supply_held"] if gap.attrs["held"] else self["supply_planned"]
        return {"demand": method_name(self.brief, gap.attrs["method"], self.lang), "supply": supply, **others}

    def bed_labels(self) -> dict[str, str]:
        """Names of the lines of the bed gap."""
        return self._gap_labels(self.brief.bed_gap)

    def place_labels(self) -> dict[str, str]:
        """Names of the lines of the place gap."""
        return self._gap_labels(self.brief.place_gap)

    def gap(self, gap: pd.DataFrame) -> pd.DataFrame:
        """Demand, supply, shortfall and surplus of every year."""
        extra = [c for c in ("implied_coverage_pct",) if c in gap]
        return self._named(gap, "demand", "supply", "shortfall", "surplus", "coverage_pct", *extra).round(1)

    def plan_beds(self) -> list[str]:
        """The plan's own need and gap of beds beside ours."""
        return self._own("bed", "elder_beds", self["bed_unit"])

    def plan_places(self) -> list[str]:
        """The plan's own need and gap of places beside ours, and the year in which a shortage turns."""
        return [*self._own("place", "daycare_places", self["place_unit"]), self.facts["turn"]]

    def _own(self, what: str, stem: str, unit: str) -> list[str]:
        lines = []
        for kind in ("needed", "gap"):
            row = self.brief.printed(f"{stem}_{kind}")
            printed = self["none_printed"] if row is None else self["printed"].format(row["as_printed"], row["locator"])
            lines.append(f"{self[f'{what}_{kind}']}{printed}")
        lines.append(self[f"{what}_ours"].format(**self.facts))
        return lines

    def supply(self, supply: pd.DataFrame) -> pd.DataFrame:
        """Stocks, targets and listed projects. Only a stock can be occupied."""
        occupied = supply["occupied"].map(lambda x: self.missing if pd.isna(x) else f"{x:,.0f}")
        frame = supply.assign(
            role=supply["role"].map(lambda r: self[f"role_{r}"]),
            name=supply[f"name_{self.lang}"],
            occupied=occupied.where(supply["role"] == "stock", "–"),
        )
        return self._named(frame, "name", "role", "year", "stock", "occupied")

    def targets(self) -> pd.DataFrame:
        """The plan's indicators from baseline to target, as printed."""
        table = self.brief.targets
        if table.empty:
            return pd.DataFrame(columns=self._columns("name", "baseline_printed", "target_printed"))
        frame = table.assign(
            name=table["name_as_printed" if self.lang == "zh" else "name_en"],
            binding=table["binding"].map(lambda b: self[b] if isinstance(b, str) else None),
            step=[self._step(row) for row in table.itertuples()],
            locator=table["locator"].str.extract(r"(表.*)", expand=False),
        )
        based = ["step"] if table["baseline"].notna().any() else []
        return self._named(frame, "name", "baseline_printed", "target_printed", *based, "binding", "locator")

    def _step(self, row) -> str:
        if pd.isna(row.baseline) or pd.isna(row.target):
            return self["no_baseline"]
        if row.steps_back:
            return self["steps_back"]
        return self["unchanged"] if row.target == row.baseline else self["improves"]

    def parameters(self) -> pd.DataFrame:
        """Levels of the projection with their sources; our notes on them are in English."""
        table = self.brief.parameters
        frame = table.assign(
            name=table["parameter"].map(lambda p: self[p]),
            unit=table["unit"].map(lambda u: self[u]),
            source=self._titles(table["source"]),
        )
        return self._named(frame, "name", "value", "unit", "year", "source", *(["note"] if self.lang == "en" else []))

    def _titles(self, ids: pd.Series) -> pd.Series:
        own, other = (f"title_{lang}" for lang in (self.lang, "en" if self.lang == "zh" else "zh"))
        documents = load_table("sources", root=self.brief.root).set_index("source")
        return ids.map(documents[own].fillna(documents[other]))

    def citations(self) -> pd.DataFrame:
        """Every document behind the report."""
        brief = self.brief
        used = [frame["source"] for frame in (brief.parameters, brief.stages, brief.bed_supply, brief.place_supply)]
        used += [table["sources"].str.split(";").explode() for table in (brief.bed_methods, brief.place_methods)]
        ids = [] if brief.plan is None else [brief.plan["source"]]
        ids += [i for column in used for i in column if isinstance(i, str) and i]
        frame = cite(list(dict.fromkeys([*ids, "un-wpp-2024"])), root=brief.root)
        frame = frame.assign(name=self._titles(frame["source"]), issued=frame["issued"].astype("str").str[:10])
        return self._named(frame, "name", "issuer", "document_number", "issued").reset_index(drop=True)


def _turning_year(gap: pd.DataFrame) -> int | None:
    """First year in which a shortage of the year before has become a surplus."""
    short, spare = gap["shortfall"] > 0, gap["surplus"] > 0
    turned = gap.index[(short.shift(fill_value=False)) & spare]
    return int(turned[0]) if len(turned) else None
