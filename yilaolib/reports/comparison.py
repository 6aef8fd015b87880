"""The cities with a plan beside one another, in one language: the frames and words of the comparison report."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pandas as pd

from ..auditing.verdicts import VERDICTS
from ..needs.peers import compare_plans
from ..plots.style import COMPARATORS
from ..tables.areas import cite, load_table
from ..texts import catalogue
from .brief import REPRODUCED, Brief, city_brief
from .many import areas_with_plan
from .planwords import WORDS
from .printedtables import rank_ranges, shared_percentages
from .sourcetables import in_language
from .story import SCENARIOS, method_name, name_of
from .units import WORDS as UNIT_WORDS

RATES = ("pct", "per_1000", "years")  # units in which places of unlike size compare

UNITS = {
    "beds_caption": dict.fromkeys(("stock", "need"), "beds_per_1000"),
    "beds_table": dict.fromkeys(("need", "stock", "gap", "need_per", "stock_per"), "beds"),
    "places_caption": dict.fromkeys(("stock", "need"), "pct"),
    "places_table": dict.fromkeys(("need", "stock", "gap", "norm"), "places"),
    "targets_caption": dict.fromkeys(("baseline", "target"), "pct"),
}


class Comparison:
    """All cities with a plan, for the comparison report.

    Parameters
    ----------
    lang : {'zh', 'en'}
    scenario : str, default "medium"
    end_year : int, default 2050
        [year]
    root : path, optional
        Folder with your own tables; your own cities with a plan are compared, too.

    Examples
    --------
    >>> Comparison("en", end_year=2030).audit().columns.tolist()[-1]
    'all'
    """

    def __init__(
        self, lang: str = "zh", *, scenario: str = "medium", end_year: int = 2050, root: str | Path | None = None
    ) -> None:
        self.lang, self.root, self.words = lang, root, WORDS[lang]
        cities = areas_with_plan(root)
        self.briefs = [city_brief(city, scenario=scenario, end_year=end_year, root=root) for city in cities]
        first = self.briefs[0].ageing.index[0]
        name = SCENARIOS[lang].get(scenario, scenario)
        self.facts = {"n": len(cities), "scenario": name, "first": first, "last": end_year}

    def __getitem__(self, key: str) -> str:
        text = self.words[key]
        return text.format(**self.facts) if isinstance(text, str) and not key.startswith("alt") else text

    def cover(self) -> dict[str, str]:
        """The lines of the cover."""
        names = {"zh": "、", "en": ", "}[self.lang].join(name_of(brief, self.lang) for brief in self.briefs)
        return {self["cover_places"]: names, self["cover_base"]: self["base"], self["cover_path"]: self["path"]}

    def titled(self, key: str) -> dict:
        """Key and caption of a figure or table, and the units of columns whose headings do not say them."""
        units = {self[column]: UNIT_WORDS[self.lang][unit] for column, unit in UNITS.get(key, {}).items()}
        return {"key": key.replace("_", "-"), "caption": self[key], "units": units}

    def _alt(self, key: str, values: pd.Series) -> str:
        known = values.dropna()
        high, low = known.idxmax(), known.idxmin()
        ends = {"high": high, "low": low, "high_value": known[high], "low_value": known[low]}
        return self.words[key].format(**self.facts, **ends)

    def ageing(self) -> pd.DataFrame:
        """Share aged 60+ by year [percent], a column a city."""
        frame = pd.DataFrame({name_of(brief, self.lang): brief.ageing["share_60_pct"] for brief in self.briefs})
        return frame.rename_axis(self["axis_year"])

    def ageing_table(self) -> pd.DataFrame:
        """The same for every fifth year."""
        frame = self.ageing()
        return frame[frame.index % 5 == 0].round(1).T.rename_axis(self["city"]).rename(columns=str)

    def alt_ageing(self) -> str:
        """What the figure of ageing shows."""
        return self._alt("alt_ageing", self.ageing().iloc[-1])

    @cached_property
    def _needs(self) -> pd.DataFrame:
        return pd.DataFrame([self._need(brief) for brief in self.briefs])

    def _need(self, brief: Brief) -> dict:
        """Need and present stock of beds and places of one city, and per head."""
        year, ageing = brief.target_year, brief.ageing
        found = {"city": name_of(brief, self.lang), "year": year, "norm": brief.place_gap.attrs["norm"]}
        found["method"] = method_name(brief, brief.bed_gap.attrs["method"], self.lang)
        for what, people in (("bed", "aged_60"), ("place", "aged_0_2")):
            steps = getattr(brief, f"{what}_steps").set_index("step")
            need, stock, then = steps.loc["need", "value"], -steps.loc["stock", "value"], steps.loc["stock", "year"]
            then = ageing.index[0] if pd.isna(then) else min(max(int(then), ageing.index[0]), ageing.index[-1])
            found |= {f"{what}_need": need, f"{what}_stock": stock, f"{what}_gap": need - stock}
            per = {"bed": 1000, "place": 100}[what]
            found[f"{what}_need_per"] = per * need / ageing.loc[year, people]
            found[f"{what}_stock_per"] = per * stock / ageing.loc[then, people]
        return found

    def per_head(self, what: str) -> pd.DataFrame:
        """Present and needed beds or places per head, as `plot_peers` wants them."""
        frame = self._needs
        return pd.DataFrame(
            {
                "indicator": self[f"{what}_unit"],
                "area": frame["city"],
                "baseline": frame[f"{what}_stock_per"].round(1),
                "target": frame[f"{what}_need_per"].round(1),
                "unit": {"bed": "", "place": "%"}[what],
                "comparator": "eq",
            }
        )

    def per_head_table(self, what: str) -> pd.DataFrame:
        """The numbers behind that figure."""
        frame = self.per_head(what)[["area", "baseline", "target"]]
        return frame.rename(columns={"area": self["city"], "baseline": self["stock"], "target": self["need"]})

    def alt_per_head(self, what: str) -> str:
        """What that figure shows."""
        return self._alt(f"alt_{what}s", self._needs.set_index("city")[f"{what}_stock_per"])

    def beds(self) -> pd.DataFrame:
        """Need by the leading method against the stock."""
        frame = self._needs.rename(columns=lambda name: name.removeprefix("bed_"))
        columns = ["city", "year", "method", "need", "stock", "gap", "need_per", "stock_per"]
        return frame[columns].rename(columns=self.words)

    def places(self) -> pd.DataFrame:
        """Need by the norm against the stock, and what either covers."""
        names = {"place_need_per": "need_cover", "place_stock_per": "stock_cover"}
        frame = self._needs.rename(columns=names).rename(columns=lambda name: name.removeprefix("place_"))
        return frame[["city", "year", "norm", "need", "stock", "gap", "need_cover", "stock_cover"]].rename(
            columns=self.words
        )

    @cached_property
    def _plans(self) -> pd.DataFrame:
        return compare_plans(root=self.root)

    def targets(self, most: int = 8) -> pd.DataFrame:
        """The percentages that most plans print, as `plot_peers` wants them."""
        table = self._plans[self._plans["unit"] == "pct"]
        chosen = table.groupby("indicator", sort=False).size().sort_values(ascending=False, kind="stable").index[:most]
        return shared_percentages(table[table["indicator"].isin(chosen)], self.lang)

    def targets_table(self) -> pd.DataFrame:
        """The numbers behind the figure of targets."""
        frame = self.targets()
        signs = COMPARATORS | {"approx": self["approx"]}
        frame = frame.assign(city=frame["area"], bound=frame["comparator"].map(signs).fillna(""))
        return frame[["indicator", "city", "baseline", "bound", "target"]].rename(columns=self.words)

    def alt_targets(self) -> str:
        """What the figure of targets shows."""
        table = self.targets()
        based = table.dropna(subset=["baseline", "target"])
        up, down = (based["target"] > based["baseline"]).sum(), (based["target"] < based["baseline"]).sum()
        told = {"m": len(based), "up": up, "same": len(based) - up - down, "down": down}
        return self.words["alt_targets"].format(n=table["indicator"].nunique(), **told)

    def ranks(self) -> pd.DataFrame:
        """The rank of each target as a range, and what limits the comparison; totals of unlike places do not rank."""
        table = self._plans[self._plans["unit"].isin(RATES)]
        separator = {"zh": "；", "en": "; "}[self.lang]
        limits = [str(apart or "").split("; ") for apart in table["apart"]]
        frame = pd.DataFrame(
            {
                "indicator": table[f"name_{self.lang}"],
                "city": table[f"area_{self.lang}"],
                "target": table["target"],
                "rank": rank_ranges(table),
                "apart": [separator.join(self.words.get(part, part) for part in parts if part) for parts in limits],
            }
        )
        return frame.reset_index(drop=True).rename(columns=self.words)

    def audit(self) -> pd.DataFrame:
        """How many printed figures of each plan got which verdict."""
        alike = dict.fromkeys(REPRODUCED, "exact")
        counts = {name_of(b, self.lang): b.audit["verdict"].replace(alike).value_counts() for b in self.briefs}
        frame = pd.DataFrame(counts).reindex(list(VERDICTS)).dropna(how="all").fillna(0).astype(int)
        names = {verdict: catalogue(self.lang).word(f"words.verdict.{verdict}") for verdict in VERDICTS}
        frame.index = frame.index.map(names | {"exact": self["reproduced"]})
        frame = frame.T.rename_axis(self["city"])
        return frame.assign(**{self["total"]: frame.sum(axis=1)})

    def limits(self) -> list[str]:
        """What may not be compared."""
        return [line.format(**self.facts) for line in self.words["limits_text"]]

    def sources(self) -> pd.DataFrame:
        """The plans."""
        table = cite([brief.plan["source"] for brief in self.briefs if brief.plan is not None], root=self.root)
        titles = load_table("sources", root=self.root).set_index("source")[f"title_{self.lang}"]
        frame = pd.DataFrame({"plan": table["source"].map(titles), "issued": table["issued"].astype("str").str[:10]})
        frame.insert(1, "issuer", table["issuer"].map(lambda name: in_language(name, self.lang), na_action="ignore"))
        return frame.rename(columns=self.words)
