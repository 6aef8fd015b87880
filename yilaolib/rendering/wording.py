"""Headings, captions, notes and alternative texts of a report, in Chinese and English, filled from a brief.

`story` makes the sentences, `labels` the tables. Nothing is computed.
"""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from .brief import Brief
from .phrases import ALTS, CAPTIONS, LIMITS, NOTES, WORDS
from .story import NOT_PUBLISHED, REPRODUCED, SCENARIOS, change, count, gap_words, method_name, name_of, percent

# tables of what documents print: nothing in them is filled in
PRINTED = ("identity", "own_bed", "own_place", "bed_supply", "targets", "peers", "audit", "sources", "rows")


class Wording:
    """A brief in one language.

    Parameters
    ----------
    brief : Brief
        From `city_brief`.
    lang : {'zh', 'en'}

    Examples
    --------
    >>> from yilaolib.rendering.brief import city_brief
    >>> Wording(city_brief("yingtan", end_year=2030), "zh").title
    '鹰潭市一老一小报告'
    """

    def __init__(self, brief: Brief, lang: str = "zh") -> None:
        self.brief, self.lang, self.missing = brief, lang, NOT_PUBLISHED[lang]

    def __getitem__(self, key: str) -> str:
        return WORDS[self.lang][key]

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
            "first": str(years[0]), "last": str(years[-1]), "target": str(target), "base": self["base_census" if brief.filled.empty else "base_filled"].format(brief.population.attrs["census"]),
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
            "reproduced": str(int(brief.audit["verdict"].isin(REPRODUCED).sum())),
            "turn": self["turn"].format(surplus_year) if surplus_year else self["no_turn"],
        }  # fmt: skip

    def _range(self, methods: pd.DataFrame) -> str:
        values = methods[["lower", "central", "upper"]].stack()
        return self["from_to"].format(count(values.min(), self.lang), count(values.max(), self.lang))

    def caption(self, key: str) -> str:
        """Caption of a figure or table, with base and date; it says where the people are filled in from a parent."""
        caption = CAPTIONS[self.lang][key].format(**self.facts)
        return caption if self.brief.filled.empty or key in PRINTED else caption + self["filled"]

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


def _turning_year(gap: pd.DataFrame) -> int | None:
    """First year in which a shortage of the year before has become a surplus."""
    short, spare = gap["shortfall"] > 0, gap["surplus"] > 0
    turned = gap.index[(short.shift(fill_value=False)) & spare]
    return int(turned[0]) if len(turned) else None
