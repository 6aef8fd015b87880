"""What the reports show besides results: the plan, its printed figures, and the rows and documents behind all of it.

Plain functions that return frames; words come later, from the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ..auditing.verdicts import VERDICTS
from ..demography.local import Root
from ..needs.peers import compare_plans, plan_targets
from ..tables.areas import cite, load_table, slug_of
from ..tables.cells import closed
from ..tables.folders import merged_table
from ..texts import slack_side

REPRODUCED = ("exact", "rounding", "truncated", "approximate", "convenient")  # verdicts that a report only counts
IDS = ("observation", "baseline_observation", "occupied_observation")  # columns with the id of a printed figure
ROW = ["observation", "area", "name_as_printed", "as_printed", "year", "source", "locator", "note", "note_zh"]
IN_BOTH = r"([\u3000-\u9fff（）]+) ([A-Z][^\u3000-\u9fff]+)"  # a name written in Chinese, then in English
STEPS = {"floor": "floor_below", "ceiling": "ceiling_above"}


def plan_of(area: str, *, root: Root = None) -> pd.Series | None:
    """The plan of an area (a row of `sources`, its issuer in two languages), or None when there is none.

    >>> int(plan_of("jingdezhen")["plan_end"]), plan_of("jiangxi") is None
    (2025, True)
    """
    plans = load_table("sources", area=slug_of(area, root), root=root).dropna(subset="plan_start")
    return None if plans.empty else _with_both(plans, "issuer").sort_values("issued").iloc[-1]


def totals_printed(supply: pd.DataFrame) -> pd.DataFrame:
    """The printed stock and target of all kinds together: role, year, stock [beds or places], derived, doubt.

    The stock comes first; where only a target is printed, it is a row without a number. See `bed_supply`.

    >>> from yilaolib.needs.supply import bed_supply
    >>> totals_printed(bed_supply("jingdezhen"))["stock"].tolist()
    [4059.0, 10500.0]
    """
    whole = supply["kind"].isin(["elder_beds_total", "daycare_places_total"])
    rows = supply[whole].reindex(columns=["role", "year", "stock", "derived", "doubt"])
    if len(rows) and "stock" not in set(rows["role"]):
        rows = pd.concat([pd.DataFrame({"role": ["stock"]}), rows], ignore_index=True)
    return rows.assign(derived=rows["derived"].eq(True), doubt=rows["doubt"].eq(True))


def target_steps(area: str, *, root: Root = None) -> pd.DataFrame:
    """As `plan_targets`, with `step`: what an indicator does from baseline to target, which its direction judges.

    A floor below the baseline, or a ceiling above it, is no plan to fall or rise to it, and is called what it is.
    Also name_zh. Empty, with these columns, without a table.

    >>> target_steps("jingdezhen")["step"].iloc[0]
    'no_baseline'
    """
    table = plan_targets(area, root=root)
    steps = [_step(row.baseline, row.target, row.direction, row.comparator) for row in table.itertuples()]
    ours = load_table("indicators", root=root).set_index("indicator")["name_zh"]  # where the plan's name is not given
    zh = table["name_as_printed"].fillna(table["indicator"].map(ours))
    return table.assign(name_zh=zh.map(closed), name_en=table["name_en"].map(closed), step=steps)


def _step(baseline: float, target: float, direction: str, comparator: str) -> str:
    if pd.isna(baseline) or pd.isna(target):
        return "no_baseline"
    if target == baseline:
        return "unchanged"
    up = target > baseline
    if direction not in ("higher", "lower"):
        return "goes_up" if up else "goes_down"
    if up == (direction == "higher"):
        return "improves"
    return STEPS.get(slack_side(baseline, target, comparator), "above_baseline" if up else "steps_back")


def shared_targets(area: str | None = None, *, most: int = 6, root: Root = None) -> pd.DataFrame:
    """The percentages that most plans print; of an area, those that its plan shares with most. See `compare_plans`.

    >>> set(shared_targets("jingdezhen")["unit"])
    {'pct'}
    """
    table = compare_plans(root=root)
    table = table[table["unit"] == "pct"]
    if area is not None:
        own = table.loc[table["area"] == slug_of(area, root), "indicator"]
        table = table[table["indicator"].isin(own)]
    chosen = table.groupby("indicator", sort=False).size().sort_values(ascending=False, kind="stable").index[:most]
    return table[table["indicator"].isin(chosen)].reset_index(drop=True)


def named_gaps(steps: pd.DataFrame, supply: pd.DataFrame) -> pd.DataFrame:
    """The gaps of one method in one year, a row for each supply: present stock, stock and projects, target met.

    The gap against the present stock leads in all reports and lists. `steps` and `supply` are as from `gap_waterfall`
    and the `bed_supply` or `place_supply` it was made of. Columns: supply (stock, projects, target), year (of that
    supply), derived (from a printed ratio), doubt, there, need, gap (negative: to spare) [beds or places],
    coverage_pct. The stock is always a row; the target only where there is one for the year or before.

    >>> from yilaolib import bed_supply, gap_waterfall, triangulate_beds
    >>> beds = bed_supply("jingdezhen")
    >>> named_gaps(gap_waterfall(triangulate_beds("jingdezhen", 2025), beds, 2025), beds)["gap"].round().tolist()
    [1031.0, -2920.0, -5410.0]
    """
    rows = steps.set_index("step")
    values, need, year = rows["value"], float(rows["value"]["need"]), int(rows["year"]["need"])
    totals = totals_printed(supply)
    told = totals.loc[totals["role"] == "stock", ["derived", "doubt"]].any()
    lines = [{"supply": "stock", "year": rows["year"]["stock"], "there": -values["stock"], **told}]
    listed = -values.reindex(["pipeline", "unsure"]).sum()
    if listed > 0 and pd.notna(values["stock"]):
        lines.append(lines[0] | {"supply": "projects", "year": pd.NA, "there": listed - values["stock"]})
    aims = totals[(totals["role"] == "target") & ~(totals["year"] > year).fillna(False).astype(bool)]
    aims = aims[~(aims["derived"] & (aims["stock"] < -values["stock"]))]  # a floor that is met already
    aims = aims.assign(supply="target", there=aims["stock"])[list(lines[0])]
    lines += aims.tail(1).to_dict("records")
    frame = pd.DataFrame(lines).assign(need=need).astype({"year": "Int64", "there": float})
    return frame.assign(gap=need - frame["there"], coverage_pct=100 * frame["there"] / need)


def what_follows(methods: pd.DataFrame) -> dict[str, Any]:
    """What the methods for beds or places say taken together: what all say, where they part, and what is still open.

    Methods without a number are left out. A dict: what (beds or places), n (methods), stock [beds or places], short,
    surplus, either (how many methods say so of the present stock), listed [beds of the project list], short_listed (how
    many say short with these), least, most (the rows with the smallest and the largest central need), low, high,
    least_gap, most_gap [beds, over the ranges of all methods], by_basis (records: basis, low, high of the central
    needs), use (True where present use is known).

    >>> from yilaolib import triangulate_beds
    >>> follows = what_follows(triangulate_beds("jingdezhen", 2025))
    >>> follows["n"], follows["short"], follows["surplus"], follows["either"]
    (10, 7, 1, 2)
    """
    rows = methods[methods["central"].notna()].reset_index(drop=True)
    counts = rows["says_stock"].value_counts()
    ends = rows.groupby("basis", sort=False)["central"].agg(["min", "max"])
    by_basis = [{"basis": row.Index, "low": row.min, "high": row.max} for row in ends.itertuples()]
    stock, bounds = rows["with_stock"].max(), rows.reindex(columns=["lower", "central", "upper"])
    low, high = bounds.min().min(), bounds.max().max()  # a statement about every method holds for its range too
    known = {"n": len(rows), "stock": stock, "listed": rows["with_pipeline"].max() - stock, "by_basis": by_basis}
    known |= {name: int(counts.get(name, 0)) for name in ("short", "surplus", "either")}
    known |= {"least": rows.loc[rows["central"].idxmin()], "most": rows.loc[rows["central"].idxmax()]}
    known |= {"low": low, "high": high, "least_gap": low - stock, "most_gap": high - stock}
    known["short_listed"] = int((rows["says_pipeline"] == "short").sum())
    what = "places" if "implied_coverage" in methods else "beds"
    return known | {"what": what, "use": bool((rows["basis"] == "use").any())}


def worst_first(ledger: pd.DataFrame) -> pd.DataFrame:
    """The rows of `audit` whose figures are not reproduced, worst verdicts first.

    >>> ledger = pd.DataFrame({"verdict": ["exact", "unverifiable", "inconsistent"]})
    >>> worst_first(ledger)["verdict"].tolist()
    ['inconsistent', 'unverifiable']
    """
    shown = ledger[~ledger["verdict"].isin(REPRODUCED)]
    return shown.iloc[shown["verdict"].map(list(VERDICTS).index).argsort(kind="stable")]


def report_rows(area: str, frames: Iterable[pd.DataFrame], *, root: Root = None) -> pd.DataFrame:
    """The rows of `observations` and `projects` that frames lead back to, the area's own first, with what is doubted.

    `frames` have ids of printed figures (observation, ...) or numbers of projects (project_no). Columns: number (the
    mark in the text), observation, area, name_as_printed, as_printed, year, source, title, locator and doubt in both
    languages.

    >>> from yilaolib.tables.areas import printed
    >>> report_rows("jingdezhen", [printed("jingdezhen", "elder_beds_gap")])["as_printed"].tolist()
    ['6441张']
    """
    slug, frames = slug_of(area, root), list(frames)
    ids = {name for frame in frames for column in IDS for name in frame.get(column, ()) if isinstance(name, str)}
    ids |= {name for frame in frames for names in frame.get("observations", ()) for name in names}
    table = merged_table("observations", root)  # rows of what has been noted
    table = table[table["observation"].isin(ids)]
    table = table.iloc[(table["area"] != slug).argsort(kind="stable")]
    projects = load_table("projects", area=slug, root=root)
    listed = {number for frame in frames for number in frame.get("project_no", ()) if pd.notna(number)}
    projects = projects[projects["project_no"].isin(listed)]
    projects = projects.assign(
        observation=[f"projects.{slug}.{number}" for number in projects["project_no"]],
        name_as_printed=projects["name_zh"],
        as_printed=projects["beds_new"].fillna(projects["places_new"]).map("{:g}".format),
        year=projects["end"],
    )
    titles = load_table("sources", root=root)[["source", "title_zh", "title_en"]]
    rows = pd.concat([table[ROW], projects[ROW]], ignore_index=True).merge(titles, on="source", how="left")
    doubt = rows["note"].where(rows["note"].str.startswith("DOUBT").fillna(False).astype(bool))
    rows = rows.assign(
        number=range(1, len(rows) + 1),
        name_as_printed=rows["name_as_printed"].map(closed, na_action="ignore"),
        doubt_en=doubt.str.removeprefix("DOUBT:").str.strip(),
        doubt_zh=rows["note_zh"].where(doubt.notna()),
    )
    return _with_both(rows, "locator").drop(columns=["note", "note_zh", "locator"])


def report_documents(plan: pd.Series | None, frames: Iterable[pd.DataFrame], *, root: Root = None) -> pd.DataFrame:
    """Every document that frames name (in source or sources), the plan first: rows of `sources`, see `cite`.

    >>> report_documents(None, [])["source"].tolist()
    ['un-wpp-2024']
    """
    ids = [] if plan is None else [plan["source"]]
    for frame in frames:
        named = frame["sources"].str.split(";").explode() if "sources" in frame else frame["source"]
        ids += [name for name in named if isinstance(name, str) and name not in ("", "not published")]
    found = cite([*ids, "un-wpp-2024"], root=root)
    return _with_both(found.assign(issued=found["issued"].astype("str").str[:10]), "issuer")


def _with_both(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Split names that are written in Chinese and English: `<column>_zh`, `<column>_en`; others are kept in both."""
    chinese, english = (parts for _, parts in frame[column].astype("str").str.extract(f"^{IN_BOTH}$").items())
    given = frame[column]
    return frame.assign(**{f"{column}_zh": chinese.fillna(given), f"{column}_en": english.fillna(given)})
