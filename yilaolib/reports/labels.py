"""The tables of a report with the names that readers see, in Chinese and English. Nothing is computed but rounding."""

from __future__ import annotations

import pandas as pd

from ..texts import catalogue
from .moneytables import MoneyTables
from .numerals import percent
from .phrases import COLUMNS, WORDS
from .story import method_name

SHOWN_YEARS = 5  # tables show every fifth year, and the plan's target year


class Labels(MoneyTables):
    """A brief's frames in one language; with the headings and captions of `Wording` and its other tables.

    Parameters
    ----------
    brief : Brief
        From `city_brief`.
    lang : {'zh', 'en'}

    Examples
    --------
    >>> from yilaolib.reports.brief import city_brief
    >>> Labels(city_brief("yingtan", end_year=2030), "en").stages().columns.tolist()
    ['scheme', 'age', 'share (%)', 'stage']
    """

    def _shown(self, frame: pd.DataFrame) -> pd.DataFrame:
        years = frame.index
        return frame[(years % SHOWN_YEARS == 0) | (years == self.brief.target_year) | (years == years[-1])]

    def pyramid(self) -> pd.DataFrame:
        """Persons by sex and five-year age at the first and the last year."""
        from ..demography.ages import group_ages

        people = self.brief.population["population"].isel(year=[0, -1])
        frame = group_ages(people, edges=range(0, 101, 5)).to_series().unstack(["year", "sex"])
        frame.columns = [f"{year} {WORDS[self.lang][sex]}" for year, sex in frame.columns]
        return frame.round(0).rename_axis(COLUMNS[self.lang]["age"])

    def shares(self) -> pd.DataFrame:
        """Shares aged 60+ and 65+ by year with their 80 % ranges [percent], as `plot_fan` wants them."""
        return self.brief.ageing.filter(regex="share_6[05]_pct$")

    def share_labels(self) -> dict[str, str]:
        """Names of the lines of `shares`."""
        return {"share_60_pct": self["aged_60"], "share_65_pct": self["aged_65"]}

    def share_table(self) -> pd.DataFrame:
        """The same with the names that readers see, and the plan's own forecasts."""
        frame = self.shares()
        frame = frame[sorted(frame, key=lambda name: name[-len("share_60_pct") :])]
        for age, rows in self._plan_shares():
            frame[f"plan_{age}_pct"] = pd.Series(dict(zip(rows["year"], rows["value"], strict=True)), dtype=float)
        return self._named(frame, *frame)

    def share_links(self) -> dict[str, list[str | None]]:
        """Links of the plan's forecasts in `share_table`."""
        found = {}
        for age, rows in self._plan_shares():
            ids = dict(zip(rows["year"], rows["observation"], strict=True))
            found[COLUMNS[self.lang][f"plan_{age}_pct"]] = self.links([ids.get(y) for y in self.brief.ageing.index])
        return found

    def _plan_shares(self) -> list[tuple[int, pd.DataFrame]]:
        rows = self.brief.forecasts
        parts = [(age, rows[rows["indicator"] == f"population_{age}plus_share_pct"]) for age in (60, 65)]
        return [(age, part.drop_duplicates("year")) for age, part in parts if len(part)]

    def forecasts(self) -> pd.DataFrame | None:
        """The plan's own forecasts of these shares, as points; None when it prints none."""
        rows = self.brief.forecasts
        rows = rows[rows["indicator"].isin(["population_60plus_share_pct", "population_65plus_share_pct"])]
        if rows.empty:
            return None
        ages = rows["indicator"].map({f"population_{age}plus_share_pct": self[f"aged_{age}"] for age in (60, 65)})
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
        frame["base_age"] = frame["base_age"].astype(str) + self["and_over"]
        return self._named(frame, "scheme", "base_age", "share_pct", "stage")

    def _methods(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(method=frame[f"name_{self.lang}"])

    def _inputs(self, methods: pd.DataFrame) -> list[str]:
        return [inputs.say(self.lang) for inputs in methods["inputs"]]

    def bed_methods(self) -> pd.DataFrame:
        """Methods for beds, as `plot_methods` wants them."""
        return self._methods(self.brief.bed_methods)

    def place_methods(self) -> pd.DataFrame:
        """Methods for places, as `plot_methods` wants them."""
        return self._methods(self.brief.place_methods)

    def bed_table(self) -> pd.DataFrame:
        """Methods for beds with their inputs."""
        frame = self.bed_methods().assign(inputs=self._inputs(self.brief.bed_methods))
        frame["basis"] = frame["basis"].map(lambda b: self[b])
        return self._named(frame, "method", "basis", "lower", "central", "upper", "inputs")

    def place_table(self) -> pd.DataFrame:
        """Methods for places with their inputs and the coverage they imply."""
        frame = self.place_methods().assign(inputs=self._inputs(self.brief.place_methods))
        frame["basis"] = frame["basis"].map(lambda b: self[b])
        frame["implied_coverage_pct"] = 100 * frame["implied_coverage"]
        return self._named(frame, "method", "basis", "lower", "central", "upper", "implied_coverage_pct", "inputs")

    def method_links(self, methods: pd.DataFrame) -> dict:
        """Marks after the inputs of each method: the rows of its printed figures."""
        return {COLUMNS[self.lang]["inputs"]: self.marks(methods["observations"])}

    def steps(self, steps: pd.DataFrame) -> pd.DataFrame:
        """The steps from need to gap, with the years of need and stock; projects open in several."""
        amounts = steps["value"].abs().where(steps["step"] == "surplus", steps["value"])  # the word has the sign in it
        names = catalogue(self.lang).find("words.step")
        frame = steps.assign(name=steps["step"].map(names), stock=amounts)
        return self._named(frame, "name", "stock", "year", nothing={"year": steps["step"].isin(["pipeline", "unsure"])})

    def step_links(self, steps: pd.DataFrame) -> dict:
        """Marks after the numbers of `steps`."""
        return {COLUMNS[self.lang]["stock"]: self.marks(steps["observations"])}

    def stock(self) -> pd.DataFrame:
        """Present beds by kind, occupied and vacant, as `plot_supply` wants them."""
        rows = self.brief.bed_supply.query("role == 'stock'")
        frame = rows.assign(kind=rows[f"name_{self.lang}"], total=rows["stock"])
        return frame[["kind", "occupied", "vacant", "total"]].reset_index(drop=True)

    def stock_table(self, stock: pd.DataFrame) -> pd.DataFrame:
        """The same with its headings."""
        frame = stock.assign(name=stock["kind"], stock=stock["total"])
        return self._named(frame, "name", "stock", "occupied", "vacant")

    def _lines(self, supply: pd.DataFrame, kind: str) -> dict[str, float]:
        rows = supply[supply["kind"] == kind]
        lines = {self[row.role].format(row.year): row.stock for row in rows.itertuples()}
        only_target = len(rows) > 0 and "stock" not in set(rows["role"])
        return {self["role_stock"]: float("nan")} | lines if only_target else lines  # the first line is the stock's

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
        """Demand with its 80 % range, supply, shortfall and surplus of every year."""
        extra = [c for c in ("implied_coverage_pct",) if c in gap]
        ranges = ("lower_80", "upper_80")
        counts = ("demand", *ranges, "supply", "shortfall", "surplus")
        whole = dict(zip(self._columns(*counts), (gap[name].round() for name in counts), strict=True))
        return self._named(gap, "demand", *ranges, "supply", "shortfall", "surplus", "coverage_pct", *extra).assign(
            **whole
        )

    def plan_beds(self) -> str:
        """Our need and gap of beds in words."""
        return self["bed_ours"].format(**self.facts)

    def plan_places(self) -> list[str]:
        """Our need and gap of places in words, and the year in which a shortage turns."""
        return [self["place_ours"].format(**self.facts), self.facts["turn"]]
