"""Headings, captions, notes and alternative texts of a report, in Chinese and English, filled from a brief.

`story` makes the sentences, `labels` the tables. Nothing is computed.
"""

from __future__ import annotations

from functools import cached_property, partial

import pandas as pd

from ..needs.gap import turn_of
from ..texts import catalogue
from .brief import REPRODUCED, Brief
from .numerals import NOT_PUBLISHED, count, day, path_words, percent
from .phrases import ALTS, CAPTIONS, LIMITS, NOTES, WORDS
from .story import SCENARIOS, gap_words, method_name, name_of, scenario_name

STATUS = {"zh": {"issued": "正式印发", "draft": "征求意见稿"}, "en": {"issued": "issued", "draft": "draft for comment"}}
# tables of what documents print: nothing in them is filled in
PRINTED = ("identity", "own_bed", "own_place", "bed_supply", "place_supply", "targets", "peers", "audit", "sources")
PRINTED += ("rows", "bed_stock")
TURNS = {"not_published": "turn_unknown", "short_throughout": "always_short", "turns": "turn"}
TURNS |= {"surplus_throughout": "always_enough", "returns": "comes_back"}
UNITS = {"zh": {"bed": "张", "place": "个"}, "en": {"bed": " beds", "place": " places"}}


class Wording:
    """A brief in one language.

    Parameters
    ----------
    brief : Brief
        From `city_brief`.
    lang : {'zh', 'en'}

    Examples
    --------
    >>> from yilaolib.reports.brief import city_brief
    >>> Wording(city_brief("yingtan", end_year=2030), "zh").title
    '鹰潭市一老一小报告'
    """

    def __init__(self, brief: Brief, lang: str = "zh") -> None:
        self.brief, self.lang, self.missing = brief, lang, NOT_PUBLISHED[lang]

    def __getitem__(self, key: str) -> str:
        return WORDS[self.lang][key]

    def get(self, key: str) -> str:
        """The word for a key of other frames, or the key itself where there is none."""
        return WORDS[self.lang].get(key, key)

    def scenario(self, name: str) -> str:
        """Name of a scenario; one of the user's own is called as in the tables."""
        return SCENARIOS[self.lang].get(name, name)

    @property
    def title(self) -> str:
        """Title of the report."""
        title = self["title"].format(name_of(self.brief, self.lang))
        return title if self.brief.scenario == "medium" else f"{title} ({scenario_name(self.brief, self.lang)})"

    def cover(self) -> dict[str, str]:
        """The lines of the cover: place, plan and its status, base of the population, scenario and horizon."""
        brief, plan = self.brief, self.brief.plan
        lines = {"cover_place": name_of(brief, self.lang)}
        if plan is None:
            lines["cover_plan"] = self["no_plan"]
        else:
            status = STATUS[self.lang].get(plan["status"], self.missing)
            lines |= {"cover_plan": self.plan_title, "cover_status": status, "cover_period": self.period}
        lines |= {"cover_base": self["base_moved"], "cover_path": self["path"]}
        return {self[name]: str(text).format(**self.facts) for name, text in lines.items()}

    @property
    def plan_title(self) -> str:
        """Title of the plan in the language of the report, or else in the other."""
        plan = self.brief.plan
        if plan is None:
            return self["no_plan"]
        own, other = (plan[f"title_{lang}"] for lang in (self.lang, "en" if self.lang == "zh" else "zh"))
        return other if pd.isna(own) else own

    @property
    def period(self) -> str:
        """The years of the plan."""
        plan = self.brief.plan
        if plan is None or pd.isna(plan["plan_start"]) or pd.isna(plan["plan_end"]):
            return self.missing
        return self["period"].format(plan["plan_start"], plan["plan_end"])

    @property
    def badge(self) -> str:
        """What the cover warns of: that a plan is a draft."""
        plan = self.brief.plan
        return self["draft_badge"] if plan is not None and plan["status"] == "draft" else ""

    @cached_property
    def facts(self) -> dict[str, str]:
        """The names and numbers that captions, notes and alternative texts are filled with."""
        brief, lang = self.brief, self.lang
        years, target, census = brief.ageing.index, brief.target_year, brief.population.attrs["census"]
        stock = brief.bed_supply.loc[brief.bed_supply["role"] == "stock", "year"].dropna()
        return {
            "name": name_of(brief, lang), "scenario": scenario_name(brief, lang),
            "first": str(years[0]), "last": str(years[-1]), "target": str(target),
            "base": self["base_census" if brief.people_counted else "base_filled"].format(day(census, lang)),
            "bed_method": method_name(brief, brief.bed_gap.attrs["method"], lang),
            "norm": f"{brief.place_gap.attrs['norm']:g}",
            "reproduced": str(int(brief.audit["verdict"].isin(REPRODUCED).sum())),
            "stock_years": "–".join(dict.fromkeys(f"{year:.0f}" for year in (stock.min(), stock.max())))
            if len(stock)
            else self.missing,
            "place_supply": self["supply_held" if brief.place_gap.attrs["held"] else "supply_planned"],
            "turn": self.turn(brief.place_gap),
            **self._paths(),
            **self._needs("bed", brief.bed_gap),
            **self._needs("place", brief.place_gap),
        }  # fmt: skip

    def turn(self, gap: pd.DataFrame) -> str:
        """When the shortage of places turns into a surplus, or that it does not."""
        turn, draws = turn_of(gap["demand"] - gap["supply"]), gap.attrs.get("turning", {})
        said = "no_turn" if turn["state"] == "returns" and turn["year"] is None else TURNS[turn["state"]]
        text = self[said].format(year=turn["year"], scenario=scenario_name(self.brief, self.lang))
        if not draws or said == "always_enough":
            return text
        ends = draws.get("lower_80"), draws.get("upper_80")
        when = "turns_never" if None in ends else "turns_in" if ends[0] == ends[1] else "turns_between"
        # one path of many is not none of them, and all but one are not all
        part = draws["turns_pct"]
        said = self["under_1"] if 0 < part < 1 else self["over_99"] if 99 < part < 100 else f"{part:.0f}"
        words = draws | {"turns_pct": said, "last": gap.index[-1]}
        return text + {"zh": "", "en": " "}[self.lang] + self[when].format(**words)

    def _paths(self) -> dict[str, str]:
        """From the first year to the last, in words."""
        ageing, lang, last = self.brief.ageing, self.lang, self.brief.ageing.iloc[-1]
        paths = {
            f"{short}_path": self._persons(ageing[name])
            for short, name in (("total", "total"), ("old", "aged_60"), ("young", "aged_0_2"))
        }
        paths["share_path"] = path_words(ageing["share_60_pct"], lang, lambda value: percent(value, lang, 1))
        ends = [percent(last.get(f"{side}_80_share_60_pct"), lang, 1) for side in ("lower", "upper")]
        share = self.brief.printed("population_60plus_share_pct", "projection", self.brief.target_year)
        own = {} if share is None else {"year": self.brief.target_year, "printed": percent(share["value"], lang)}
        forecast = self["forecast"].format(**own) if own else self["no_forecast"]
        return paths | {"share_range": self["from_to"].format(*ends), "forecast": forecast}

    def _persons(self, path: pd.Series) -> str:
        wan = 10_000 if path.iloc[[0, -1]].max() >= 100_000 else 100_000  # both ends in one notation
        shown = partial(count, lang=self.lang, unit={"zh": "人", "en": ""}[self.lang], wan=wan)
        return path_words(path, self.lang, shown, persons=True)

    def _needs(self, what: str, gap: pd.DataFrame) -> dict[str, str]:
        """Need and gap of beds or places in the target year and in the last."""
        lang, unit, target, last = self.lang, UNITS[self.lang][what], self.brief.target_year, gap.index[-1]
        bare = unit if lang == "zh" else ""
        ends = [count(gap.loc[last].get(f"{side}_80"), lang, bare) for side in ("lower", "upper")]
        return {
            f"{what}_need": count(gap.loc[target, "demand"], lang, unit),
            f"{what}_need_last": count(gap.loc[last, "demand"], lang, bare),
            f"{what}_gap": gap_words(gap, target, lang, bare),
            f"{what}_gap_last": gap_words(gap, last, lang, bare),
            f"{what}_range_last": self["from_to"].format(*ends),
        }

    def alt_methods(self, what: str, methods: pd.DataFrame, lines: dict[str, float]) -> str:
        """What the figure of methods shows: from where to where they go, and stock and target."""
        bare = UNITS["zh"][what] if self.lang == "zh" else ""
        values = methods[["lower", "central", "upper"]].stack()
        ends = [count(value, self.lang, bare) for value in (values.min(), values.max())]
        shown = [
            self["line_is" if pd.notna(value) else "line_missing"].format(name, count(value, self.lang, bare))
            for name, value in lines.items()
        ]
        return self["reads_methods"].format(
            what=self[f"{what}s_what"],
            range=self["from_to"].format(*ends),
            lines=self["list"].join(shown) or self["no_lines"],
            **self.facts,
        )

    def alt_stock(self, stock: pd.DataFrame) -> str:
        """What the figure of the stock shows: every kind with its beds, and how many are occupied where published."""
        bare = "张" if self.lang == "zh" else ""
        items = [
            self["stock_item"].format(row.kind, count(row.total, self.lang, bare))
            + (self["occupied_item"].format(count(row.occupied, self.lang, bare)) if pd.notna(row.occupied) else "")
            for row in stock.itertuples()
        ]
        return self["reads_stock"].format(self["items"].join(items))

    def alt_steps(self, what: str, steps: pd.DataFrame) -> str:
        """What a waterfall shows: the need, what is taken from it, and what is left."""
        unit, gap = ("", " ") if self.lang == "en" else (UNITS["zh"][what], "")
        names = steps["step"].map(catalogue(self.lang).find("words.step")).str.removeprefix(self["less"])
        amounts = [count(abs(value), self.lang, unit) for value in steps["value"]]
        parts = [
            self["blank"].format(name) if pd.isna(value) else f"{name}{gap}{amount}"
            for name, amount, value in zip(names, amounts, steps["value"], strict=True)
        ]
        left = self["no_gap"] if pd.isna(steps["value"].iloc[-1]) else parts[-1]
        said = {"need": amounts[0], "parts": self["next_step"].join(parts[1:-1]), "left": left}
        text = self["reads_steps"].format(what=self[f"{what}s_what"], **said)
        return text[0].upper() + text[1:]

    def alt_tornado(self, effects: pd.DataFrame) -> str:
        """What a tornado shows: the strongest input, from where to where it moves the need, and the next."""
        if effects.empty:
            return self["no_decision"]
        first, bare = effects.iloc[0], "张" if self.lang == "zh" else ""
        low, high = sorted([first["low"], first["high"]])
        second = effects.iloc[min(1, len(effects) - 1)]
        return self["reads_tornado"].format(
            first_input=first["name"], first_low=count(low, self.lang, bare), first_high=count(high, self.lang, bare),
            second_input=second["name"], **self.facts,
        )  # fmt: skip

    def alt_peers(self) -> str:
        """What the comparison with other plans shows: in how many indicators the city aims highest, lowest, or alike."""
        own = self.brief.peers[self.brief.peers["area"] == self.brief.area["area"]]
        several = own[own["places"] > 1]
        first, last = several["rank_low"] == 1, several["rank_high"] == several["places"]
        told = {"top": (first & ~last).sum(), "bottom": (last & ~first).sum(), "same": (first & last).sum()}
        return self["reads_peers"].format(n=len(own), **told, **self.facts)

    def caption(self, key: str) -> str:
        """Caption of a figure or table, with base and date; it says where the people are filled in from a parent."""
        caption = CAPTIONS[self.lang][key].format(**self.facts)
        return caption if self.brief.people_counted or key in PRINTED else caption + self["filled"]

    def note(self, key: str) -> str:
        """Line under a figure: base, date, source."""
        return NOTES[self.lang][key].format(**self.facts)

    def alt(self, key: str) -> str:
        """What a figure shows, for those who do not see it."""
        return ALTS[self.lang][key].format(**self.facts)

    def limits(self) -> list[str]:
        """What the report does not show."""
        draft = self.brief.plan is not None and self.brief.plan["status"] == "draft"
        filled = self.brief.filled[f"note_{self.lang}"].dropna().unique() if len(self.brief.filled) else []
        return [
            *([self["draft"]] if draft else []),
            *filled,
            *(line.format(**self.facts) for line in LIMITS[self.lang]),
        ]
