"""What all tables of a report share: headings, captions, and links to the rows that figures come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import pandas as pd

from .phrases import COLUMNS
from .units import units_of
from .wording import Wording

Marks = list[list[tuple[str, str]] | None]


class LinkedTables(Wording):
    """The ground of `SourceTables`, `PrintedTables`, `MoneyTables` and `Labels`."""

    def _columns(self, *names: str) -> list[str]:
        return [COLUMNS[self.lang][name] for name in names]

    def _named(
        self, frame: pd.DataFrame, *columns: str, nothing: Mapping[str, pd.Series] | None = None
    ) -> pd.DataFrame:
        """Columns under the names that readers see. `nothing`: by column, the rows in which no number belongs."""
        words = COLUMNS[self.lang]
        named = frame[list(columns)].rename(columns=words).rename_axis(words.get(frame.index.name))
        for name, rows in (nothing or {}).items():
            named.loc[rows.to_numpy(), words[name]] = None
        named.attrs["nothing"] = {words[name]: rows.tolist() for name, rows in (nothing or {}).items()}
        return named

    def blank(self, frame: pd.DataFrame) -> dict[str, str | list[str]]:
        """What an empty cell of a column says where it does not mean "not published": nothing belongs there."""
        nothing = ("note", "inputs", "binding", "lower", "upper", "document_number", "issued", "issuer", "doubt")
        nothing += ("plan_60_pct", "plan_65_pct", "locator")
        not_applicable = self._columns("ratio", "p_empty")
        names = [*self._columns(*nothing), *not_applicable]
        said = {name: "–" if name in not_applicable else "" for name in names if name in frame}
        apart = frame.attrs.get("nothing", {})
        return said | {name: ["–" if row else self.missing for row in rows] for name, rows in apart.items()}

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
