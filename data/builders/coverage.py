"""Write data/COVERAGE.md: what was taken from each plan, section by section, and what was left and why.

    python data/builders/coverage.py

The counts come from the locators of observations.csv and projects.csv, the reasons from coverage_notes.csv beside this
file. With --check nothing is written; the exit code is 1 when the page is not what the tables say.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

from yilaolib.tables.areas import load_table

PAGE = Path(__file__).parents[1] / "COVERAGE.md"
NOTES = Path(__file__).with_name("coverage_notes.csv")
NUMERALS = {numeral: f"{place:02d}" for place, numeral in enumerate("一二三四五六七八九十", start=1)}
START = """\
# What was taken from the documents

Every figure that an analyst could use was taken from the plans, section by section; this page counts them and says what
was left and why. It is made by `python data/builders/coverage.py`: change the tables or `builders/coverage_notes.csv`,
not this page. Dates, numbers of documents, names that hold digits and words such as 全覆盖 (full coverage) without a
number are no figures.

| document | figures | in tables | in the text | printed without a number | in doubt | projects |
|---|---:|---:|---:|---:|---:|---:|
{overview}
"""

CENSUS = """\
## Censuses of 2010 and 2020

Nation, 31 provinces, 333 prefectures, 2,985 county-level units of 2020: persons by sex and age, households, migrants,
schooling (`census_columns`). {same} areas have counts of 2010 on today's territory; those of {former} other units of
2010 stand in `former_units`. Sums by sex, age, county, prefecture and province agree with each other and with the
published totals, and `yilao check` adds them up again (of 2010 the persons only). The nation is without servicemen. Not
taken: occupations, dwellings, causes of moving.

Known faults of the digitised volumes, and what was done (`census_exceptions`):

| code | year | name | cell | printed | expected or used | note |
|---|---|---|---|---:|---:|---|
{rows}
"""


def census() -> str:
    """Return the part on the censuses, with the cells that disagree."""
    links, known = load_table("area_links"), load_table("census_exceptions").astype(object)
    known = known.where(known.notna(), "").sort_values(["year", "adcode", "cell"])
    rows = [f"| {' | '.join(escape(str(cell)) for cell in row)} |" for row in known.itertuples(index=False)]
    same = links.loc[links["status"].isin(["same", "merged"]), "area"].nunique()
    former = load_table("former_units")["adcode"].nunique()
    return CENSUS.format(same=f"{same:,}", former=former, rows="\n".join(rows))


def page() -> str:
    """Return the whole page as Markdown."""
    figures, projects, sources = (load_table(name) for name in ("observations", "projects", "sources"))
    figures["section"] = figures["locator"].fillna("not given").map(section_of)
    notes = pd.read_csv(NOTES, dtype="str", encoding="utf-8")
    plans = sources[sources["source"].isin(notes["source"])]
    others = sorted(set(figures["source"]) - set(plans["source"]))
    overview = [overview_row(source, figures, projects) for source in [*plans["source"], *others]]
    parts = [START.format(overview="\n".join(overview))]
    for plan in plans.itertuples():
        taken = figures.loc[figures["source"] == plan.source, "section"].value_counts()
        rows = [f"| {escape(name)} | {taken[name]} |" for name in sorted(taken.index, key=order_of)]
        left = notes[notes["source"] == plan.source]
        reasons = [f"| {escape(row.section)} | {escape(row.reason)} |" for row in left.itertuples()]
        parts += [
            f"## {plan.source}\n\n{plan.title_zh}\n",
            "\n".join(["| section | figures taken |\n|---|---:|", *rows, ""]),
            "\n".join(["| section | what was left, and why |\n|---|---|", *reasons, ""]),
        ]
    return "\n".join([*parts, census()])


def overview_row(source: str, figures: pd.DataFrame, projects: pd.DataFrame) -> str:
    """Return the line of a document in the first table."""
    own = figures[figures["source"] == source]
    cells = own["locator"].str.contains(r"表\d+ 第", na=False)
    doubt = own["note"].str.startswith("DOUBT", na=False)
    counts = (
        len(own),
        cells.sum(),
        (~cells).sum(),
        own["value"].isna().sum(),
        doubt.sum(),
        (projects["source"] == source).sum(),
    )
    return f"| `{source}` | {' | '.join(str(count or '') for count in counts)} |"


def section_of(locator: str) -> str:
    """Return the section of a locator: all rows of a table are one section."""
    return re.sub(r"\s第[\d.]+行.*$", "", locator)


def order_of(section: str) -> tuple:
    """Return what sorts sections as documents number them: 一(二)2 before 一(十)1, footnotes and annexes last."""
    numbered = "".join(NUMERALS.get(character, character) for character in section)
    return (
        section[:1] not in NUMERALS,
        [part.zfill(3) if part.isdigit() else part for part in re.findall(r"\d+|\D", numbered)],
    )


def escape(text: str) -> str:
    """Return text that does not end a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("data/COVERAGE.md is not current. Run: python data/builders/coverage.py")
