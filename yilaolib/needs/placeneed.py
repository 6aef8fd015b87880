"""The methods for daycare places at work: need year by year from printed figures and the projected children."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import ClassVar

import pandas as pd

from ..core.forms import Population, as_array, labelled
from ..data import load_table
from ..people.measures import persons
from .need import Need, method_row, printed_row
from .placemethods import places_by_coverage, places_by_intention, places_by_norm
from .supply import place_supply

NORM, ESTATES = "daycare_places_per_1000", "daycare_places_per_1000_new_estates"


class PlaceNeed(Need):
    """Daycare places needed by each method, year by year, from a projection (dims year, sex, age and any others).

    `coverage` [share, 0-1] is a wish of your own; `new_residents` [persons] will live in new estates, which no plan
    prints.
    """

    what = "places"
    methods: ClassVar = {
        "plan_places": "_plan",
        "norm_places": "_norm",
        "new_estates": "_estates",
        "coverage": "_coverage",
        "coverage_own": "_own_coverage",
        "intention": "_intention",
    }

    def __init__(
        self,
        area: str,
        population: Population,
        root: str | Path | None = None,
        *,
        coverage: float | None = None,
        new_residents: float | None = None,
        changed: dict[str, float] | None = None,
        only: str | None = None,
    ) -> None:
        super().__init__(area, population, root, changed)
        self.coverage, self.new_residents = coverage, new_residents
        left_out = {"coverage_own"} if coverage is None else set()
        wanted = {name: row for name, row in self.methods.items() if only in (None, name) and name not in left_out}
        self.rows = [getattr(self, row)() for row in wanted.values()]

    def look_at(self, population: Population) -> None:
        """See `Need`; all ages and the under-threes."""
        people = as_array(population)
        self.years = people["year"].to_numpy()
        self.people, self.children = labelled(persons(people)), labelled(persons(people, 0, 3))
        self.symbols = {"N": self.people, "C": self.children}

    @cached_property
    def supply(self) -> pd.DataFrame:
        """As `place_supply`."""
        return place_supply(self.area, root=self.root)

    def _plan(self) -> dict:
        row = self.figure("daycare_places_needed", "projection", "target", "actual")
        row = self.figure("daycare_places_total", "target") if row is None else row
        return printed_row("plan_places", row, "a number of places needed or planned")

    def _norm(self) -> dict:
        row = self.figure(NORM, "target")
        row = self.printed.required("china", NORM, "target") if row is None else row
        text = f"r {row['value']:g} ({row['year']}), N(t)"
        places = places_by_norm(self.people, row["value"])
        line = method_row("norm_places", places, text, row["source"], observations=[row["observation"]])
        return line | {"norm": float(row["value"])}

    def _estates(self) -> dict:
        row = self.figure(ESTATES, "target", "standard")
        if row is None:
            return method_row("new_estates", inputs="not published: places per 1000 residents of new estates")
        if self.new_residents is None:
            text = f"r {row['value']:g}; not published: residents of new estates"
            return method_row("new_estates", inputs=text, sources=row["source"], observations=[row["observation"]])
        text = f"r {row['value']:g}, N {self.new_residents:,.0f} residents of new estates (yours)"
        places = places_by_norm(self.new_residents, row["value"])
        return method_row("new_estates", places, text, row["source"], observations=[row["observation"]])

    def _coverage(self) -> dict:
        # two rows of one parameter, by year of the target
        table = load_table("assumptions", area=self.area, root=self.root)
        table = table[table["parameter"] == "daycare_coverage"].sort_values("value")
        low, high = (places_by_coverage(self.children, value) for value in table["value"].iloc[[0, -1]])
        text = f"C(t) aged 0-2, c {table['value'].iloc[0]:g} and {table['value'].iloc[-1]:g}"
        return method_row("coverage", (low + high) / 2, text, ";".join(table["source"]), low, high)

    def _own_coverage(self) -> dict:
        text = f"C(t) aged 0-2, c {self.coverage:g} (yours)"
        return method_row("coverage_own", places_by_coverage(self.children, self.coverage), text)

    def _intention(self) -> dict:
        found = {}
        for what in ("use", "wish"):
            rows = self.printed.of(f"daycare_{what}_pct")
            mine = rows[rows["area"] == self.area]
            found[what] = rows if mine.empty else mine  # an area's own figures, else the range of those who publish
        if any(rows.empty for rows in found.values()):
            return method_row("intention", inputs="not published: wish and use")
        use, wish = found["use"]["value"].min(), found["wish"]["value"].max()
        low, high = (places_by_intention(self.children, pct / 100) for pct in (use, wish))
        asked = pd.concat(list(found.values()))
        others = sorted(set(asked["area"]) - {self.area})
        text = f"C(t) aged 0-2, use {use:g} %, wish {wish:g} %" + (
            f"; figures of {', '.join(others)}" if others else ""
        )
        sources = ";".join(asked["source"].unique())
        return method_row("intention", (low + high) / 2, text, sources, low, high, asked["observation"])
