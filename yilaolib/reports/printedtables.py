"""The tables of what plans print: need and gap, supply, targets, audit, peers, each with links to its rows."""

from __future__ import annotations

import pandas as pd

from ..auditing.verdicts import VERDICTS
from ..needs.peers import slack_side
from ..tables.printed import closed
from ..texts import catalogue
from .brief import REPRODUCED, project_id
from .phrases import COLUMNS
from .sourcetables import SourceTables


class PrintedTables(SourceTables):
    """A brief's printed figures in one language; see `Labels`.

    Examples
    --------
    >>> from yilaolib.reports.brief import city_brief
    >>> tables = PrintedTables(city_brief("yingtan", end_year=2030), "en")
    >>> tables.targets().columns.tolist()[:3]
    ['name', 'baseline (as printed)', 'target (as printed)']
    """

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
        frame = supply.assign(
            role=supply["role"].map(lambda r: self[f"role_{r}"]),
            name=supply[f"name_{self.lang}"],
            **{_filled(supply): supply["occupied"]},
        )
        nothing = {_filled(supply): supply["role"] != "stock"}
        return self._named(frame, "name", "role", "year", "stock", _filled(supply), nothing=nothing)

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
            step=[self.step(row.baseline, row.target, row.direction, row.comparator) for row in table.itertuples()],
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

    def step(self, baseline: float, target: float, direction: str, comparator: str = "eq") -> str:
        """What an indicator does from baseline to target; whether that is better depends on its direction.

        A floor below the baseline, or a ceiling above it, is no plan to fall or rise to it, and is called what it is.
        """
        if pd.isna(baseline) or pd.isna(target):
            return self["no_baseline"]
        if target == baseline:
            return self["unchanged"]
        up = target > baseline
        if direction not in ("higher", "lower"):
            return self["goes_up" if up else "goes_down"]
        if up == (direction == "higher"):
            return self["improves"]
        if slack_side(baseline, target, comparator):
            return self["ceiling_above" if up else "floor_below"]
        return self["above_baseline" if up else "steps_back"]

    def peers(self) -> pd.DataFrame:
        """Indicators that this plan shares with others, as `plot_peers` wants them."""
        return shared_percentages(self.brief.peers, self.lang)

    def peer_table(self) -> pd.DataFrame:
        """The same with the ranks of the targets as ranges, and what limits the comparison."""
        table = self.brief.peers
        frame = table.assign(name=table[f"name_{self.lang}"], area=table[f"area_{self.lang}"], rank=rank_ranges(table))
        return self._named(frame, "name", "area", "baseline", "target", "rank")

    def peer_links(self) -> dict[str, list[str | None]]:
        """Links of the numbers of `peer_table`."""
        columns = {"baseline": "baseline_observation", "target": "observation"}
        return {COLUMNS[self.lang][name]: self.links(self.brief.peers[ids]) for name, ids in columns.items()}

    def ledger(self) -> pd.DataFrame:
        """The claims that `audit` shows, worst verdicts first."""
        ledger = self.brief.audit
        ledger = ledger[~ledger["verdict"].isin(REPRODUCED)]
        return ledger.iloc[ledger["verdict"].map(VERDICTS.index).argsort(kind="stable")]

    def audit(self) -> pd.DataFrame:
        """The audit ledger: what was printed and the verdict, worst first; reproduced figures are left out."""
        ledger, suffix = self.ledger(), {"zh": "_zh", "en": ""}[self.lang]
        frame = ledger.assign(
            statement=ledger[f"statement_{self.lang}"],
            explanation=ledger[f"explanation{suffix}"],
            verdict=[catalogue(self.lang).word(f"words.verdict.{verdict}") for verdict in ledger["verdict"]],
        )
        return self._named(frame, "statement", "verdict", "explanation").reset_index(drop=True)

    def audit_links(self) -> dict[str, list[str | None]]:
        """Links of the claims of `audit`."""
        return {COLUMNS[self.lang]["statement"]: self.links(self.ledger()["observation"])}


def _filled(supply: pd.DataFrame) -> str:
    """What a bed or place that is taken is called."""
    return "enrolled" if supply["kind"].astype(str).str.startswith("daycare").any() else "occupied"


def shared_percentages(plans: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Percentages of `compare_plans` as `plot_peers` wants them."""
    names = plans.assign(area=plans[f"area_{lang}"], indicator=plans[f"name_{lang}"], unit="%")
    return names[["indicator", "area", "baseline", "target", "unit", "comparator"]]


def rank_ranges(plans: pd.DataFrame) -> list[str | None]:
    """The ranks of the targets of `compare_plans` as they are read, `2/5` or `2–4/5`; none where there is no number."""
    ends = zip(plans["rank_low"], plans["rank_high"], plans["places"], strict=True)
    return [
        None if pd.isna(high) else f"{low if low == high else f'{low}–{high}'}/{places}" for low, high, places in ends
    ]
