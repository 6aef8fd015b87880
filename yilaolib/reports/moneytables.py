"""The tables of what need asks for: nursing-type beds, staff, money, and how sure that is."""

from __future__ import annotations

import pandas as pd

from ..texts import catalogue
from .phrases import COLUMNS
from .printedtables import PrintedTables


class MoneyTables(PrintedTables):
    """A brief's staff and money in one language; see `Labels`.

    Examples
    --------
    >>> from yilaolib.reports.brief import city_brief
    >>> MoneyTables(city_brief("yingtan", end_year=2030), "en").nursing().columns.tolist()[:2]
    ['name', 'lower']
    """

    def nursing(self) -> pd.DataFrame:
        """Nursing-type beds (护理型床位): the need, and what the plan has and aims at."""
        table = self.brief.nursing
        need = table["what"].str.startswith("need")
        frame = table.assign(
            name=[self._nursing_name(row) for row in table.itertuples()],
        )
        nothing = {
            "central": table["what"] == "target",
            "share_pct": need,
        }  # the plan aims at a share, the need has none
        return self._named(frame, "name", "lower", "central", "upper", "share_pct", "year", nothing=nothing)

    def _nursing_name(self, row) -> str:
        share_of = self[f"of_{row.of}"] if isinstance(row.of, str) and row.of and pd.notna(row.share_pct) else ""
        return self[f"nursing_{row.what}"] + share_of

    def nursing_links(self) -> dict:
        """Marks after their names: the rows of the printed shares."""
        return {COLUMNS[self.lang]["name"]: self.marks(self.brief.nursing["observations"])}

    def turning(self, table: pd.DataFrame) -> pd.DataFrame:
        """The year in which the shortage of places turns, by method and scenario."""
        names = self.brief.place_methods.set_index("method")[f"name_{self.lang}"]
        said = [
            str(row.year) if row.state == "turns" and pd.notna(row.year) else self.get(row.state)
            for row in table.itertuples()
        ]
        frame = table.assign(method=table["method"].map(names), said=said)
        frame = frame.pivot(index="method", columns="scenario", values="said").reindex(
            names.loc[table["method"].unique()]
        )
        frame = frame[[name for name in table["scenario"].unique()]].rename(columns=self.scenario)
        return frame.rename_axis(COLUMNS[self.lang]["method"]).rename_axis(columns=None)

    def subsidy(self) -> pd.DataFrame:
        """Operating subsidy a year at the rates that the plan prints [10,000 yuan]."""
        table = self.brief.subsidy
        money = table[["lower", "central", "upper"]] / 10_000
        frame = table.assign(name=table["level"].map(lambda level: self[level])).assign(**money)
        return self._named(frame, "name", "residents", "rate", "lower", "central", "upper")

    def subsidy_links(self) -> dict:
        """Links of the rates."""
        return {COLUMNS[self.lang]["rate"]: self.links(self.brief.subsidy["observation"])}

    def account(self, account: pd.DataFrame) -> pd.DataFrame:
        """Need, staff and capital of old and young in one table [persons, 10,000 yuan]."""
        money = account[["capital_lower", "capital_central", "capital_upper"]].astype(float) / 10_000
        money.columns = ["lower", "central", "upper"]
        both = account["method"].isna()  # beds and places do not add up
        names = account.index.map(catalogue(self.lang).find("words.account"))
        frame = account.assign(name=names, demand=account["need"], short_pipeline=account["short"]).assign(**money)
        return self._named(
            frame.reset_index(drop=True), "name", "demand", "short_pipeline", "staff", "lower", "central", "upper",
            nothing={"demand": both, "short_pipeline": both},
        )  # fmt: skip

    def spread(self, table: pd.DataFrame) -> str:
        """How much of the spread of the need comes from the methods, the demography and the parameters."""
        small = self["under_1"]
        shares = {name: small if x < 0.01 else f"{100 * x:.0f}" for name, x in table.attrs.get("spread", {}).items()}
        return self["spread"].format(**shares) if shares else self["no_decision"]

    def staff(self) -> pd.DataFrame:
        """Staff that the need asks for, by role and level or group, against the plan's staff target."""
        table = self.brief.staff
        frame = table.assign(name=[self._post(row) for row in table.itertuples()])
        frame["short"] = frame["short"].clip(lower=0)  # more than enough is not short of a negative number
        return self._named(frame, "name", "ratio", "lower", "central", "upper", "target", "short")

    def _post(self, row) -> str:
        if isinstance(row.role, str):
            return f"{self[row.role]} · {self[row.level]}"
        group = catalogue(self.lang).word(f"words.class.{row.group}")
        return f"{self['childcare_worker']} · {group}"

    def staff_links(self) -> dict:
        """Marks after the posts: the rows of their printed ratios and targets."""
        return {COLUMNS[self.lang]["name"]: self.marks(self.brief.staff["observations"])}

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
        return effects.assign(name=effects["input"].map(catalogue(self.lang).find("words.moved")) + mark)

    def tornado_table(self, effects: pd.DataFrame) -> pd.DataFrame:
        """What `plot_tornado` draws [beds]: the need with each input low, unchanged and high, and those inputs."""
        ends = effects[["low_label", "high_label"]].replace(catalogue(self.lang).find("words.moved_to")).to_numpy()
        inputs = [self["from_to"].format(*pair) for pair in ends]
        frame = effects.assign(lower=effects["low"], upper=effects["high"], inputs=inputs)
        return self._named(frame, "name", "lower", "central", "upper", "inputs")

    def decision(self, table: pd.DataFrame) -> pd.DataFrame:
        """Probabilities and the best number to have, by method [percent, beds]."""
        frame = table.assign(
            method=table[f"name_{self.lang}"].fillna(table["group"].map(catalogue(self.lang).find("words.group"))),
            p_short=100 * table["p_short_stock"],
            p_short_later=100 * table["p_short_pipeline"],
            p_empty=100 * table["p_empty_pipeline"],
        )
        return self._named(frame, "method", "p_short", "p_short_later", "p_empty", "best")

    def decision_formats(self) -> dict[str, str]:
        """Percentages are printed alike."""
        return dict.fromkeys(self._columns("p_short", "p_short_later", "p_empty"), ".1f")
