"""What the library filled in for a place that gave totals only, told in both languages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd

from ..errors import DataError, did_you_mean
from . import schema as uses
from .areas import find_area, load_table
from .folders import as_root, quiet_table, stamp
from .ownarea import FILLED, MARGINS, margins_of, older_census, parent_with_pyramid
from .schema import note


def printed(
    area: str, indicator: str, *, kind: str | None = None, year: int | None = None, root: str | Path | None = None
) -> pd.DataFrame:
    """Rows of `observations` for an area and a concept that print a number, the most telling first.

    The same figure may be printed in a table and in the text, for several years, and not always alike. Tables come
    before text, firm figures before approximate ones, and later years before earlier ones.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    indicator : str
        Slug of table `indicators`.
    kind : {'actual', 'target', 'projection', 'standard'}, optional
    year : int, optional
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        Rows of `observations`; empty when nothing is printed.

    Raises
    ------
    DataError
        For an unknown area or indicator.

    Examples
    --------
    >>> printed("jingdezhen", "elder_beds_total", kind="target").value.iloc[0]
    np.float64(10500.0)
    """
    slug, known = find_area(area, root=root)["area"], set(quiet_table("indicators", root)["indicator"])
    if indicator not in known:  # or a slip would look like what is not published
        raise DataError(
            f"indicator {indicator!r} is not in indicators.csv.{did_you_mean(indicator, known)} "
            'yl.load_table("indicators") lists all.'
        )
    table = load_table("observations", area=slug, root=root)
    table = table[(table["indicator"] == indicator) & table["value"].notna()]
    if kind is not None:
        table = table[table["kind"] == kind]
    if year is not None:
        table = table[table["year"] == year]
    return table.loc[_order(table, slug)]


def _order(table: pd.DataFrame, slug: str) -> pd.Index:
    """Index of the rows, the most telling first."""
    # ids begin with the plan that prints the figure; a figure in another place's plan comes last, your own rows do not
    plan, dot = table["observation"].str.split(".", n=1).str[0], table["observation"].str.contains(".", regex=False)
    order = pd.DataFrame(
        {
            "foreign": dot & (plan != slug),
            "text": table["observation"].str.contains(".text", regex=False),
            "approx": table["comparator"].eq("approx"),
            "doubt": table["note"].str.startswith("DOUBT").fillna(False),
            "late": -table["year"].fillna(0).astype(int),
        }
    )
    return order.sort_values(list(order)).index


class Figures:
    """Printed figures by area and concept, sorted once for many look-ups; `figures_at` makes it.

    Examples
    --------
    >>> figures_at().first("jingdezhen", "elder_beds_total", "target").value
    np.float64(10500.0)
    """

    def __init__(self, observations: pd.DataFrame) -> None:
        self.table = observations[observations["value"].notna()].reset_index(drop=True)
        self.places = self.table.groupby(["area", "indicator"]).indices
        self.concepts = self.table.groupby("indicator").indices
        self.kinds = self.table["kind"].to_numpy(dtype=object)

    def of(self, indicator: str) -> pd.DataFrame:
        """All rows of a concept, of whatever place."""
        note("observations", f"indicator={indicator}")
        return self.table.iloc[self.concepts.get(indicator, [])]

    def first(self, area: str, indicator: str, *kinds: str) -> pd.Series | None:
        """As `figure`, for a slug; of several kinds, the first that prints a number."""
        note("observations", area)
        places = self.places.get((area, indicator), [])
        for kind in kinds:
            found = [place for place in places if self.kinds[place] == kind]
            if len(found) > 1:
                found = [_order(self.table.iloc[found], area)[0]]
            if found:
                return self.table.iloc[found[0]]
        return None

    def required(self, area: str, indicator: str, *kinds: str) -> pd.Series:
        """As `first`, for a number that our own tables print; a DataError where a user's tables blank it out."""
        row = self.first(area, indicator, *kinds)
        if row is None:
            raise DataError(f"observations has no value of {indicator} for {area}; add it to your own data folder.")
        return row


def figures_at(root: str | Path | None = None) -> Figures:
    """All printed figures of the tables, kept until one of the files changes."""
    return _figures(as_root(root), stamp(root))


@lru_cache(maxsize=8)
def _figures(root: Path | None, state: tuple) -> Figures:
    return Figures(quiet_table("observations", root))


def figure(
    area: str, indicator: str, *, kind: str | None = None, year: int | None = None, root: str | Path | None = None
) -> pd.Series | None:
    """The first row of `printed`, or None when the documents print no such number.

    Examples
    --------
    >>> figure("jingdezhen", "elder_beds_gap").value
    np.float64(6441.0)
    >>> figure("haian", "births") is None
    True
    """
    rows = printed(area, indicator, kind=kind, year=year, root=root)
    return None if rows.empty else rows.iloc[0]


WORDS = {
    "e0": ("life expectancy", "预期寿命"),
    "tfr_ratio": ("fertility against the nation's", "生育水平（与全国之比）"),
}


def list_filled(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """List what was filled in for a place from its parent; empty where everything is the place's own.

    A figure that rests on a filled row is an estimate of ours, not a figure of the place.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    root : path, optional
        Folder or workbook with your own tables.

    Returns
    -------
    DataFrame
        table, what (population, or a parameter), year, parent (slug), given (the totals that were given), note_en,
        note_zh.

    Raises
    ------
    DataError
        Unknown area.

    Examples
    --------
    >>> list_filled("jingdezhen").empty
    True
    """
    slug = find_area(area, root=root)["area"]
    names = quiet_table("areas", root).set_index("area")  # only those above it, which every report has noted
    rows = []
    people = load_table("population", area=slug, root=root)
    if (people["source"] == FILLED).any():
        wanted = margins_of(slug, lambda name: quiet_table(name, root))
        assert wanted is not None  # people were filled in to meet these totals
        year = int(wanted["year"])
        found = parent_with_pyramid(slug, year, quiet_table("population", root), quiet_table("areas", root))
        assert found is not None  # and from this parent
        parent, census = found
        for table, area in (("margins", slug), ("observations", slug), ("population", parent)):
            uses.note(table, area)
        given = [name for name in MARGINS if pd.notna(wanted[name])]
        zh, en = names.loc[parent, ["name_zh", "name_en"]]
        note_en = f"Age structure of {en} at the census of {census}, scaled to the totals of {year}."
        note_zh = f"按{zh}{census}年普查年龄结构推算，与{year}年各项合计一致。"
        method = names.loc[parent, "level"]
        if older := older_census(slug, parent, census, quiet_table("population", root)):
            method = f"older_{method}"
            note_en = f"Its own census of {older}, carried to {census} as the cohorts of {en} fared and scaled to the "
            note_en += f"totals of {year}."
            note_zh = f"由本地{older}年普查按{zh}同期队列变化推至{census}年，与{year}年各项合计一致。"
        errors = load_table("fill_errors", root=root).set_index(["method", "age"])
        if (method, 80) in errors.index:
            old, adults = (errors.loc[(method, age)] for age in (80, 15))
            note_en += f" So filled, 80+ was missed by {old['mape_pct']:.1f} % and 15-49 by {adults['mape_pct']:.1f} % "
            note_en += f"on average over {old['places']} counties."
            note_zh += f"以同样方法推算{old['places']}个县区，80岁及以上人口平均误差为{old['mape_pct']:.1f}%，"
            note_zh += f"15—49岁为{adults['mape_pct']:.1f}%。"
        rows.append(("population", "population", year, parent, ", ".join(given), note_en, note_zh))
    assumed = load_table("assumptions", area=slug, root=root)
    for row in assumed[(assumed["area"] == slug) & (assumed["source"] == FILLED)].itertuples():
        en, zh = WORDS.get(row.parameter, (row.parameter, row.parameter))
        note = f"{zh}取自上级地区：{row.value:g}（{row.year}年）。"
        rows.append(("assumptions", row.parameter, row.year, names.loc[slug, "parent"], "", f"{en}: {row.note}", note))
    return pd.DataFrame(rows, columns=["table", "what", "year", "parent", "given", "note_en", "note_zh"])
