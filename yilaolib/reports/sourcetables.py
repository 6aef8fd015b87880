"""The tables of what a report rests on: the plan, the rows of the data, the assumptions, the documents."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

import pandas as pd

from ..tables.areas import cite, load_table
from .linkedtables import LinkedTables
from .phrases import COLUMNS
from .wording import STATUS


class SourceTables(LinkedTables):
    """A brief's documents in one language; see `Labels`.

    Examples
    --------
    >>> from yilaolib.reports.brief import city_brief
    >>> tables = SourceTables(city_brief("yingtan", end_year=2030), "en")
    >>> tables.citations().columns.tolist()[:2]
    ['name', 'issuer']
    """

    def identity(self) -> pd.DataFrame:
        """The plan's identity card: one row per item, with missing items as missing."""
        words = {
            "zh": ("规划名称", "发布机关", "文号", "日期", "状态", "规划期", "本报告人口口径"),
            "en": ("plan", "issuer", "document number", "date", "status", "period", "population of this report"),
        }[self.lang]
        columns = {"zh": ("项目", "内容"), "en": ("item", "as published")}[self.lang]
        basis = {"zh": "常住人口（普查）", "en": "residents (census)"}[self.lang]
        plan = self.brief.plan
        values = [self["no_plan"], *[None] * (len(words) - 2)]
        if plan is not None:
            issued = None if pd.isna(plan["issued"]) else str(plan["issued"])[:10]
            period = None if pd.isna(plan["plan_end"]) else self.period
            issuer = None if pd.isna(plan["issuer"]) else in_language(plan["issuer"], self.lang)
            status = STATUS[self.lang].get(plan["status"])
            values = [self.plan_title, issuer, plan["document_number"], issued, status, period]
        return pd.DataFrame(dict(zip(columns, (words, [*values, basis]), strict=True)))

    def rows(self) -> pd.DataFrame:
        """The rows of the data that figures and tables lead back to, with what is doubted about them."""
        rows = self.brief.rows
        plan = None if self.brief.plan is None else self.brief.plan["source"]
        colon = {"zh": "：", "en": ": "}[self.lang]
        other = (self._titles(rows["source"]).fillna("") + colon).where(rows["source"] != plan, "")
        doubts = rows["note"].where(rows["note"].str.startswith("DOUBT").fillna(False).astype(bool))
        doubts = doubts.str.removeprefix("DOUBT:").str.strip()
        frame = rows.assign(
            number=range(1, len(rows) + 1),
            locator=other + rows["locator"].fillna("").map(lambda place: in_language(place, self.lang)),
            doubt=rows["note_zh"].where(doubts.notna()).fillna(doubts) if self.lang == "zh" else doubts,
        )
        return self._named(frame, "number", "observation", "name_as_printed", "as_printed", "year", "locator", "doubt")

    def row_links(self) -> dict[str, list[str | None]]:
        """Links of `rows` to their documents."""
        return {COLUMNS[self.lang]["locator"]: self.source_links(self.brief.rows["source"])}

    def parameters(self) -> pd.DataFrame:
        """Levels of the projection with their sources."""
        table = self.brief.parameters
        own = table["note"].str.contains("[\u4e00-\u9fff]").fillna(False).astype(bool)  # a user's, in Chinese
        chinese = table["note"].where(own)
        frame = table.assign(
            name=table["parameter"].map(lambda p: self[p]),
            unit=table["unit"].map(lambda u: self[u]),
            source=self._titles(table["source"]),
            note=table["note_zh"].fillna(chinese) if self.lang == "zh" else table["note"],
        )
        return self._named(frame, "name", "value", "unit", "year", "source", "note")

    def parameter_links(self) -> dict[str, list[str | None]]:
        """Links of `parameters` to their documents."""
        return {COLUMNS[self.lang]["source"]: self.source_links(self.brief.parameters["source"])}

    def source_links(self, sources: Iterable[str | None]) -> list[str | None]:
        """Ids on the page of the documents in the list of sources."""
        return [f"source-{name}" if isinstance(name, str) else None for name in sources]

    def _titles(self, ids: pd.Series) -> pd.Series:
        own, other = (f"title_{lang}" for lang in (self.lang, "en" if self.lang == "zh" else "zh"))
        documents = load_table("sources", root=self.brief.root).set_index("source")
        return ids.map(documents[own].fillna(documents[other]))

    @cached_property
    def documents(self) -> pd.DataFrame:
        """Every document behind the report (rows of `sources`), the plan first."""
        brief = self.brief
        used = [frame["source"] for frame in (brief.parameters, brief.stages, brief.bed_supply, brief.place_supply)]
        used += [table["sources"].str.split(";").explode() for table in (brief.bed_methods, brief.place_methods)]
        used += [brief.staff["sources"].str.split(";").explode(), brief.rows["source"]]
        ids = [] if brief.plan is None else [brief.plan["source"]]
        ids += [i for column in used for i in column if isinstance(i, str) and i not in ("", "not published")]
        return cite(list(dict.fromkeys([*ids, "un-wpp-2024"])), root=brief.root).reset_index(drop=True)

    def citations(self) -> pd.DataFrame:
        """Those documents with the names that readers see."""
        frame = self.documents
        frame = frame.assign(
            name=self._titles(frame["source"]),
            issuer=frame["issuer"].map(lambda name: in_language(name, self.lang), na_action="ignore"),
            issued=frame["issued"].astype("str").str[:10],
        )
        return self._named(frame, "name", "issuer", "document_number", "issued")


def in_language(name: str, lang: str) -> str:
    """Return the Chinese or the English part of a name that is written in both.

    Examples
    --------
    >>> in_language("鹰潭市人民政府 People's Government of Yingtan", "zh"), in_language("Wikipedia", "zh")
    ('鹰潭市人民政府', 'Wikipedia')
    >>> in_language("鹰潭市人民政府 People's Government of Yingtan", "en")
    "People's Government of Yingtan"
    """
    found = re.fullmatch(r"([\u3000-\u9fff（）]+) ([A-Z][^\u3000-\u9fff]+)", name)
    return name if found is None else found[1 if lang == "zh" else 2]
