"""What the library filled in for a place that gave totals only, told in both languages."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..data import find_area, load_table
from . import uses
from .folders import quiet_table
from .ownarea import FILLED, MARGINS, margins_of, older_census, parent_with_pyramid

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
