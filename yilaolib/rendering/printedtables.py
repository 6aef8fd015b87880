"""The tables of what documents print, with links to the rows they come from: targets, audit, peers, rows, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

import pandas as pd

from ..auditing.verdicts import VERDICTS
from ..data import cite, load_table
from .brief import REPRODUCED, project_id
from .phrases import COLUMNS
from .units import units_of
from .wording import STATUS, Wording

Marks = list[list[tuple[str, str]] | None]


class PrintedTables(Wording):
    """A brief's printed figures in one language; see `Labels`.

    Examples
    --------
    >>> from yilaolib.rendering.brief import city_brief
    >>> tables = PrintedTables(city_brief("yingtan", end_year=2030), "en")
    >>> tables.targets().columns.tolist()[:3]
    ['name', 'baseline (as printed)', 'target (as printed)']
    """

    def _columns(self, *names: str) -> list[str]:
        return [COLUMNS[self.lang][name] for name in names]

    def _named(self, frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
        words = COLUMNS[self.lang]
        return frame[list(columns)].rename(columns=words).rename_axis(words.get(frame.index.name))

    def blank(self, frame: pd.DataFrame) -> dict[str, str]:
        """What an empty cell of a column says where it does not mean "not published": nothing belongs there."""
        nothing = ("note", "inputs", "binding", "lower", "upper", "document_number", "issued", "issuer", "doubt")
        nothing += ("plan_60_pct", "plan_65_pct", "locator")
        not_applicable = self._columns("ratio", "p_empty")
        names = [*self._columns(*nothing), *not_applicable]
        return {name: "–" if name in not_applicable else "" for name in names if name in frame}

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
            period = f"{plan['plan_start']}–{plan['plan_end']}" if pd.notna(plan["plan_end"]) else None
            issued = None if pd.isna(plan["issued"]) else str(plan["issued"])[:10]
            issuer = None if pd.isna(plan["issuer"]) else in_language(plan["issuer"], self.lang)
            status = STATUS[self.lang].get(plan["status"])
            values = [self.plan_title, issuer, plan["document_number"], issued, status, period]
        return pd.DataFrame(dict(zip(columns, (words, [*values, basis]), strict=True)))

    def titled(self, name: str, table: pd.DataFrame) -> dict:
        """Key, caption, units and words for missing values of a table, as `show_table` wants them."""
        texts = {"key": name.replace("_", "-"), "caption": self.caption(name)}
        return texts | {"missing": self.blank(table), "units": units_of(name, table, self.lang)}

    def pictured(self, name: str, table: pd.DataFrame, alt: str = "") -> dict:
        """The same of a figure, with its table and what it shows, as `show_figure` wants them."""
        return {**self.titled(name, table), "table": table, "alt": alt or self.alt(name)}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.brief.rows["observation"], start=1)}

    def links(self, observations: Iterable[str | None]) -> list[str | None]:
        """Ids on the page of the source rows of printed figures, for a cell each."""
        return [f"row-{name}" if isinstance(name, str) and name in self._places else None for name in observations]

    def marks(self, observations: Iterable[Iterable[str]]) -> Marks:
        """(id on the page, number) of the source rows of several printed figures, for a cell each."""
        return [
            [(f"row-{name}", str(self._places[name])) for name in names if name in self._places]
            for names in observations
        ]

    def rows(self) -> pd.DataFrame:
        """The rows of the data that figures and tables lead back to; notes of doubt are in English."""
        rows = self.brief.rows
        plan = None if self.brief.plan is None else self.brief.plan["source"]
        colon = {"zh": "：", "en": ": "}[self.lang]
        other = (self._titles(rows["source"]).fillna("") + colon).where(rows["source"] != plan, "")
        doubts = rows["note"].where(rows["note"].str.startswith("DOUBT").fillna(False).astype(bool))
        frame = rows.assign(
            number=range(1, len(rows) + 1),
            locator=other + rows["locator"].fillna(""),
            doubt=doubts.str.removeprefix("DOUBT:").str.strip(),
        )
        return self._named(frame, "number", "observation", "name_as_printed", "as_printed", "year", "locator", "doubt")

    def own(self, what: str) -> pd.DataFrame:
        """The plan's own need and gap of "bed" or "place", as printed, with the row it comes from."""
        stem = {"bed": "elder_beds", "place": "daycare_places"}[what]
        found = [(self[f"{what}_{kind}"], self.brief.printed(f"{stem}_{kind}")) for kind in ("needed", "gap")]
        blank = {"as_printed": None, "locator": None, "observation": None}
        return pd.DataFrame([{"name": name, **(blank if row is None else row[list(blank)])} for name, row in found])

    def own_table(self, what: str) -> pd.DataFrame:
        """That need and gap with the names that readers see."""
        return self._named(self.own(what), "name", "as_printed", "locator")

    def own_links(self, what: str) -> dict[str, list[str | None]]:
        """Links of that need and gap."""
        return {COLUMNS[self.lang]["as_printed"]: self.links(self.own(what)["observation"])}

    def supply(self, supply: pd.DataFrame) -> pd.DataFrame:
        """Stocks, targets and listed projects. Only a stock can be occupied."""
        occupied = supply["occupied"].map(lambda x: self.missing if pd.isna(x) else f"{x:,.0f}")
        frame = supply.assign(
            role=supply["role"].map(lambda r: self[f"role_{r}"]),
            name=supply[f"name_{self.lang}"],
            **{_filled(supply): occupied.where(supply["role"] == "stock", "–")},
        )
        return self._named(frame, "name", "role", "year", "stock", _filled(supply))

    def supply_links(self, supply: pd.DataFrame) -> dict[str, list[str | None]]:
        """Links of the numbers of `supply`: to the printed figure, or to the row of the project list."""
        area = self.brief.area["area"]
        rows = [
            project_id(area, row.project_no) if row.role == "pipeline" else row.observation
            for row in supply.itertuples()
        ]
        stock, occupied = self._columns("stock", _filled(supply))
        return {stock: self.links(rows), occupied: self.links(supply["occupied_observation"])}

    def targets(self) -> pd.DataFrame:
        """The plan's indicators from baseline to target, as printed."""
        table = self.brief.targets
        if table.empty:
            return pd.DataFrame(columns=self._columns("name", "baseline_printed", "target_printed"))
        frame = table.assign(
            name=table["name_as_printed" if self.lang == "zh" else "name_en"].map(closed),
            binding=table["binding"].map(lambda b: self[b] if isinstance(b, str) else None),
            step=[self.step(row.baseline, row.target, row.direction) for row in table.itertuples()],
            locator=table["locator"].str.extract(r"(表.*)", expand=False),
        )
        if self.lang == "en":
            frame["locator"] = frame["locator"].str.replace(r"表(\d+) 第([\d.]+)行", r"table \1, row \2", regex=True)
        based = ["step"] if table["baseline"].notna().any() else []
        return self._named(frame, "name", "baseline_printed", "target_printed", *based, "binding", "locator")

    def target_links(self) -> dict[str, list[str | None]]:
        """Links of baselines and targets."""
        table = self.brief.targets
        columns = {"baseline_printed": "baseline_observation", "target_printed": "observation"}
        return {COLUMNS[self.lang][name]: self.links(table.get(ids, ())) for name, ids in columns.items()}

    def step(self, baseline: float, target: float, direction: str) -> str:
        """What an indicator does from baseline to target; whether that is better depends on its direction."""
        if pd.isna(baseline) or pd.isna(target):
            return self["no_baseline"]
        if target == baseline:
            return self["unchanged"]
        up = target > baseline
        if direction not in ("higher", "lower"):
            return self["goes_up" if up else "goes_down"]
        return self["improves"] if up == (direction == "higher") else self["above_baseline" if up else "steps_back"]

    def peers(self) -> pd.DataFrame:
        """Indicators that this plan shares with others, as `plot_peers` wants them."""
        table = self.brief.peers
        names = table.assign(area=table[f"area_{self.lang}"], indicator=table[f"name_{self.lang}"], unit="%")
        return names[["indicator", "area", "baseline", "target", "unit", "comparator"]]

    def peer_table(self) -> pd.DataFrame:
        """The same with the ranks of the targets as ranges, and what limits the comparison."""
        table = self.brief.peers
        ranks = [
            f"{low}" if low == high else f"{low}–{high}"
            for low, high in zip(table["rank_low"], table["rank_high"], strict=True)
        ]
        frame = table.assign(
            name=table[f"name_{self.lang}"],
            area=table[f"area_{self.lang}"],
            rank=[f"{rank}/{places}" for rank, places in zip(ranks, table["places"], strict=True)],
        )
        return self._named(frame, "name", "area", "baseline", "target", "rank")

    def peer_links(self) -> dict[str, list[str | None]]:
        """Links of the numbers of `peer_table`."""
        columns = {"baseline": "baseline_observation", "target": "observation"}
        return {COLUMNS[self.lang][name]: self.links(self.brief.peers[ids]) for name, ids in columns.items()}

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

    def audit_links(self) -> dict[str, list[str | None]]:
        """Links of the claims of `audit`."""
        return {COLUMNS[self.lang]["statement"]: self.links(self.ledger()["observation"])}

    def row_links(self) -> dict[str, list[str | None]]:
        """Links of `rows` to their documents."""
        return {COLUMNS[self.lang]["locator"]: self.source_links(self.brief.rows["source"])}

    def parameter_links(self) -> dict[str, list[str | None]]:
        """Links of `parameters` to their documents."""
        return {COLUMNS[self.lang]["source"]: self.source_links(self.brief.parameters["source"])}

    def parameters(self) -> pd.DataFrame:
        """Levels of the projection with their sources; our notes on them are in English."""
        table = self.brief.parameters
        frame = table.assign(
            name=table["parameter"].map(lambda p: self[p]),
            unit=table["unit"].map(lambda u: self[u]),
            source=self._titles(table["source"]),
        )
        return self._named(frame, "name", "value", "unit", "year", "source", *(["note"] if self.lang == "en" else []))

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


def _filled(supply: pd.DataFrame) -> str:
    """What a bed or place that is taken is called."""
    return "enrolled" if supply["kind"].astype(str).str.startswith("daycare").any() else "occupied"


def in_language(name: str, lang: str) -> str:
    """Return the Chinese or the English part of a name that is written in both.

    Examples
    --------
    >>> in_language("鹰潭市人民政府 People's Government of Yingtan", "zh"), in_language("Wikipedia", "zh")
    ('鹰潭市人民政府', 'Wikipedia')
    >>> in_language("鹰潭市人民政府 People's Government of Yingtan", "en")
    "People's Government of Yingtan"
    """
    found = re.fullmatch(r"([\u3000-\u9fff]+) ([A-Z][^\u3000-\u9fff]+)", name)
    return name if found is None else found[1 if lang == "zh" else 2]


def closed(name: str) -> str:
    """Return a printed name with the bracket that its web page lost; the row of the data has it as printed.

    Examples
    --------
    >>> closed("基本养老保险参保率(%"), closed("托位数(个)")
    ('基本养老保险参保率(%)', '托位数(个)')
    """
    return name + ")" * max(0, name.count("(") - name.count(")"))
