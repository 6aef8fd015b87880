"""What the library filled in for a place that gave totals only, told in both languages."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..data import find_area, load_table
from .folders import merged_table
from .ownarea import FILLED, MARGINS, margins_of, parent_with_pyramid

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
    names = load_table("areas", root=root).set_index("area")
    rows = []
    people = load_table("population", area=slug, root=root)
    if (people["source"] == FILLED).any():
        wanted = margins_of(slug, lambda name: merged_table(name, root))
        year = int(wanted["year"])
        parent, census = parent_with_pyramid(slug, year, merged_table("population", root), merged_table("areas", root))
        given = [name for name in MARGINS if pd.notna(wanted[name])]
        zh, en = names.loc[parent, ["name_zh", "name_en"]]
        note_en = f"Age structure of {en} at the census of {census}, scaled to the totals of {year}."
        note_zh = f"按{zh}{census}年普查年龄结构推算，与{year}年各项合计一致。"
        errors = load_table("fill_errors", root=root)
        errors = errors[(errors["method"] == names.loc[parent, "level"]) & (errors["age"] == 80)]
        for error in errors.itertuples():
            note_en += f" So filled, 80+ was missed by {error.mape_pct:.1f} % on average over {error.places} counties."
            note_zh += f"以同样方法推算{error.places}个县区，80岁及以上人口平均误差为{error.mape_pct:.1f}%。"
        rows.append(("population", "population", year, parent, ", ".join(given), note_en, note_zh))
    assumed = load_table("assumptions", root=root)
    for row in assumed[(assumed["area"] == slug) & (assumed["source"] == FILLED)].itertuples():
        en, zh = WORDS.get(row.parameter, (row.parameter, row.parameter))
        note = f"{zh}取自上级地区：{row.value:g}（{row.year}年）。"
        rows.append(("assumptions", row.parameter, row.year, names.loc[slug, "parent"], "", f"{en}: {row.note}", note))
    return pd.DataFrame(rows, columns=["table", "what", "year", "parent", "given", "note_en", "note_zh"])
