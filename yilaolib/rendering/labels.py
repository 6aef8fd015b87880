"""The tables of a report with the names that readers see, in Chinese and English. Nothing is computed but rounding."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ..auditing.verdicts import VERDICTS
from ..data import cite, load_table
from .phrases import COLUMNS, WORDS
from .story import REPRODUCED, method_name, percent
from .wording import Wording

SHOWN_YEARS = 5  # tables show every fifth year, and the plan's target year


class Labels(Wording):
    """A brief's frames in one language; with the headings and captions of `Wording`.

    Parameters
    ----------
    brief : Brief
        From `city_brief`.
    lang : {'zh', 'en'}

    Examples
    --------
    >>> from yilaolib.rendering.brief import city_brief
    >>> Labels(city_brief("yingtan", end_year=2030), "en").stages().columns.tolist()
    ['scheme', 'age', 'share (%)', 'stage']
    """

    def _columns(self, *names: str) -> list[str]:
        return [COLUMNS[self.lang][name] for name in names]

    def blank(self, frame: pd.DataFrame) -> dict[str, str]:
        """What an empty cell of a column says where it does not mean "not published": nothing belongs there."""
        nothing = self._columns("note", "inputs", "binding", "lower", "upper", "document_number", "issued", "issuer")
        not_applicable = self._columns("ratio", "p_empty")
        return {name: "–" if name in not_applicable else "" for name in [*nothing, *not_applicable] if name in frame}

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
        from ..ages import group_ages

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

    def own(self, what: str) -> pd.DataFrame:
        """The plan's own need and gap of "bed" or "place", as printed, with the row it comes from."""
        stem = {"bed": "elder_beds", "place": "daycare_places"}[what]
        found = [(self[f"{what}_{kind}"], self.brief.printed(f"{stem}_{kind}")) for kind in ("needed", "gap")]
        blank = {"as_printed": None, "locator": None, "observation": None}
        return pd.DataFrame([{"name": name, **(blank if row is None else row[list(blank)])} for name, row in found])

    def own_table(self, what: str) -> pd.DataFrame:
        """That need and gap with the names that readers see."""
        return self._named(self.own(what), "name", "as_printed", "locator")

    def plan_beds(self) -> str:
        """Our need and gap of beds in words."""
        return self["bed_ours"].format(**self.facts)

    def plan_places(self) -> list[str]:
        """Our need and gap of places in words, and the year in which a shortage turns."""
        return [self["place_ours"].format(**self.facts), self.facts["turn"]]

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

    def staff(self, care: pd.DataFrame, children: pd.DataFrame) -> pd.DataFrame:
        """Staff that the need asks for, by role and level or group, against the plan's staff target."""
        level = care["role"].map(lambda r: self[r]) + " · " + care["level"].map(lambda x: self[x])
        group = children["name_zh"] if self.lang == "zh" else children["group"].str.replace("_", "-")
        frame = pd.concat([care.assign(name=level), children.assign(name=self["childcare_worker"] + " · " + group)])
        frame["short"] = frame["short"].clip(lower=0)  # more than enough is not short of a negative number
        return self._named(frame, "name", "ratio", "lower", "central", "upper", "target", "short").reset_index(
            drop=True
        )

    def staff_formats(self) -> dict[str, str]:
        """Persons are printed whole."""
        return dict.fromkeys(self._columns("lower", "central", "upper", "target", "short"), ",.0f")

    def capital(self, capital: pd.DataFrame) -> pd.DataFrame:
        """Capital to close the gap of each method [10,000 yuan]."""
        money = capital[["lower", "central", "upper"]] / 10_000
        frame = capital.assign(method=capital[f"name_{self.lang}"], demand=capital["short"]).assign(**money)
        return self._named(
            frame.rename(columns={"short": "shortfall"}), "method", "shortfall", "lower", "central", "upper"
        )

    def tornado(self, effects: pd.DataFrame) -> pd.DataFrame:
        """Strongest inputs, as `plot_tornado` wants them; judged ones are marked."""
        mark = effects["judged"].map({True: self["judged_mark"], False: ""})
        return effects.assign(name=effects[f"name_{self.lang}"] + mark)

    def decision(self, table: pd.DataFrame) -> pd.DataFrame:
        """Probabilities and the best number to have, by method [percent, beds]."""
        frame = table.assign(
            method=table[f"name_{self.lang}"],
            p_short=100 * table["p_short_stock"],
            p_short_later=100 * table["p_short_pipeline"],
            p_empty=100 * table["p_empty_pipeline"],
        )
        return self._named(frame, "method", "p_short", "p_short_later", "p_empty", "best")

    def peers(self, table: pd.DataFrame, most: int = 6) -> pd.DataFrame:
        """Indicators that this plan shares with others, as `plot_peers` wants them."""
        own = table.loc[table["area"] == self.brief.area["area"], "indicator"]
        shared = table[table["indicator"].isin(own) & (table["unit"] == "pct")]
        chosen = shared.groupby("indicator", sort=False).size().sort_values(ascending=False, kind="stable").index[:most]
        frame = shared[shared["indicator"].isin(chosen)]
        names = frame.assign(area=frame[f"area_{self.lang}"], indicator=frame[f"name_{self.lang}"], unit="%")
        return names[["indicator", "area", "baseline", "target", "unit", "comparator"]]

    def ledger(self) -> pd.DataFrame:
        """The claims that `audit` shows, worst verdicts first."""
        ledger = self.brief.audit
        ledger = ledger[~ledger["verdict"].isin(REPRODUCED)]
        return ledger.iloc[ledger["verdict"].map(list(VERDICTS).index).argsort(kind="stable")]

    def audit(self) -> pd.DataFrame:
        """The audit ledger: what was printed and the verdict, worst first; reproduced figures are left out."""
        ledger, suffix = self.ledger(), {"zh": "_zh", "en": ""}[self.lang]
        frame = ledger.assign(
            statement=ledger[f"statement_{self.lang}"],
            explanation=ledger[f"explanation{suffix}"],
            verdict=ledger["verdict"].map(lambda v: VERDICTS[v][self.lang == "zh"]),
        )
        return self._named(frame, "statement", "verdict", "explanation").reset_index(drop=True)

    def links(self, observations: Iterable[str | None]) -> list[str | None]:
        """Ids on the page of the source rows of printed figures."""
        return [f"row-{name}" if isinstance(name, str) else None for name in observations]

    def rows(self) -> pd.DataFrame:
        """The rows of the data that targets and audit lead back to."""
        return self._named(self.brief.rows, "observation", "name_as_printed", "as_printed", "year", "locator")

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
