"""An area of one's own: its form, tables out of a workbook and into one; and an area that gives totals only.

The totals are rows of `margins`, or figures of `observations` (population_total and its parts, actual, resident). An
area that has an older census too is filled in from that, its cohorts carried forward as those of the parent fared. What
is filled has the source `filled-from-parent`, so that every table and figure can tell; `demography.local` computes.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError
from ..texts import catalogue, languages
from .areas import cite, data_version, find_area, load_table
from .cells import put, with_word
from .folders import as_root, is_workbook, merged_table, read_table, user_files
from .schema import Trouble, described, fields_of, misfit, package, rules_of

ENDING = ".xlsx"
SHEETS = ("areas", "margins", "sources", "observations", "projects", "outcomes", "population", "assumptions")
COMPLETED = ("source", "observation", "as_printed")  # an empty cell of these is filled in, see `sheets`
LISTS = {"area": "areas!$B$5:$B$60", "source": "sources!$B$5:$B$60", "indicator": "lists!$B$2:$B$2000"}
FIRST_ROW, LAST_ROW = 5, 1_000  # below names, titles, rules and the example; last row of drop-downs
WIDE = ("indicator", "title_zh", "name_zh", "note")


def new_workbook(
    path: str | Path, area: str, *, name: str | None = None, parent: str | None = None, overwrite: bool = False
) -> Path:
    """Write an empty form (.xlsx) for an area of your own: fill it in, check it, render its report.

    The sheet `margins` is all that is needed: total, 60+, 65+ and under 3 in one year. What is left out is filled in
    from the parent and marked. For an area that we know, the form adds to our rows: it has no sheet `areas`.

    Parameters
    ----------
    path : path; the workbook to write; its name ends in .xlsx
    area : str; slug of the area (small letters, digits, hyphens), or its Chinese name; a known one by any name
    name : str, optional; Chinese name, such as 某某市, when `area` is a slug
    parent : str, optional; the area that it belongs to: slug, Chinese or English name, or adcode
    overwrite : bool; replace a workbook that is there already

    DataError: when the file is there already, cannot be written, or the parent is unknown.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> form = new_workbook(f"{folder}/mycity.xlsx", "mycity", name="某某市", parent="江西")
    >>> read_workbook(form)["areas"][["area", "name_zh", "parent"]].to_numpy().tolist()
    [['mycity', '某某市', 'jiangxi']]
    """
    from openpyxl import Workbook

    target = _target(path)
    if target.exists() and not overwrite:
        raise DataError(
            f"{target.name} is there already, and may hold your figures. Choose another name, or delete it."
        )
    known, book = None, Workbook()
    with contextlib.suppress(DataError):  # one of the user's own
        known = find_area(area)
    if known is not None and (name or parent):
        raise DataError(
            f"{area!r} is {known['name_zh']}, whose name and parent are in our tables. Leave them out, or choose "
            "another slug for an area of your own."
        )
    row = _first_row(target.stem, area, name, parent) if known is None else known
    sheets = [table for table in SHEETS if known is None or table != "areas"]
    _guide(book.worksheets[0], row, target.stem, sheets)
    for table in sheets:
        _form_sheet(book.create_sheet(table), table, row)
    _lists(book.create_sheet("lists"), row["area"])
    return _save(book, target)


def _first_row(stem: str, area: str, name: str | None, parent: str | None) -> dict:
    """Return the row of the user's area in `areas`, as far as it can be told."""
    known = {str(row["area"]): row for row in load_table("areas").to_dict("records")}
    is_slug = misfit(area, fields_of("areas")["area"]) is None
    slug = area if is_slug else re.sub(r"[^a-z0-9]+", "-", stem.casefold()).strip("-") or "mycity"
    zh = name or area
    if not is_slug and not re.search("[\u3400-\u9fff]", area):
        raise DataError(
            f"area {area!r} is neither a slug nor a Chinese name. Write small letters, digits, hyphens, such as mycity."
        )
    if slug in known:
        raise DataError(
            f"{slug!r} is already {known[slug]['name_zh']}. Choose another slug, or name the file otherwise."
        )
    level = "county" if re.search("[县区旗]$", zh) else "prefecture"
    up = find_area(parent)["area"] if parent else None
    english = slug.replace("-", " ").title()
    return {"area": slug, "level": with_word(level), "name_zh": zh, "name_en": english, "parent": up}


def _guide(ws: Any, area: Mapping, stem: str, sheets: list[str]) -> None:
    from openpyxl.styles import Alignment, Font

    words = catalogue("zh")
    ws.title = words.word("form.instructions")
    lines, heads = [], []
    for lang in ("zh", "en"):  # the form speaks both, Chinese first
        heads.append(len(lines) + 1)
        text = catalogue(lang)
        said = {"area": area["area"], "name": text.named(area), "file": stem, "known": "areas" not in sheets}
        lines += text.lines("form.guide", **said)
    lines += ["", words.word("form.sheets"), *(f"{table}：{described()[table]['title_zh']}" for table in sheets)]
    for line, text in enumerate(lines, start=1):
        put(ws, line, 1, text or None).alignment = Alignment(wrap_text=True, vertical="top")
    for line in heads:
        ws.cell(line, 1).font = Font(bold=True, size=14)
    ws.column_dimensions["A"].width = 100


def _form_sheet(ws: Any, table: str, area: Mapping) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    words = catalogue("zh")
    for line, text in enumerate(words.find("form.heads"), start=1):
        put(ws, line, 1, text)
    for column, (name, field) in enumerate(fields_of(table).items(), start=2):
        rules, codes = rules_of(field), rules_of(field).get("enum", [])
        needed = rules.get("required") and (table == "sources" or name not in COMPLETED)
        rule = words.say("form.rule", needed=needed, codes=[with_word(code) for code in codes])
        example = area["area"] if name == "area" and table != "areas" else field.get("typed")
        for line, text in enumerate([name, _headed(field), rule, example], start=1):
            cell = put(ws, line, column, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.fill = PatternFill("solid", fgColor="EAF1F7" if line < FIRST_ROW - 1 else "F5F5F5")
            cell.font = Font(bold=line == 1, italic=line > 1, color="000000" if line == 1 else "666666")
        put(ws, FIRST_ROW, column, area.get(name) if table == "areas" else None)
        letter = get_column_letter(column)
        ws.column_dimensions[letter].width = 24 if name in WIDE else 16
        _drop_down(ws, table, name, field, letter)
    ws.column_dimensions["A"].width = 16
    ws.freeze_panes = f"B{FIRST_ROW}"


def _headed(field: dict) -> str:
    """The Chinese title of a column with its unit."""
    title, unit = field.get("title_zh", field.get("title", "")), field.get("unit", "")
    return f"{title}（{package()['unitsZh'].get(unit, unit)}）" if unit else title


def _drop_down(ws: Any, table: str, name: str, field: dict, letter: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    if codes := rules_of(field).get("enum"):
        formula = '"' + ",".join(with_word(code) for code in codes) + '"'
    elif (table, name) == ("areas", "parent"):
        formula = "lists!$A$2:$A$5000"
    elif name == "area" and "areas" not in ws.parent.sheetnames:
        formula = "lists!$C$2:$C$2"  # the form of an area of ours
    elif name in LISTS and (table, name) not in (("areas", "area"), ("sources", "source")):
        formula = LISTS[name]
    else:
        return
    check = DataValidation(type="list", formula1=formula, allow_blank=True, errorStyle="warning", showErrorMessage=True)
    check.promptTitle, check.prompt, check.showInputMessage = name[:32], field["title_zh"], True
    ws.add_data_validation(check)
    check.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")


def _lists(ws: Any, area: str) -> None:
    """Write what the drop-downs offer into a hidden sheet."""
    areas, indicators = load_table("areas"), load_table("indicators")
    areas = areas[areas["level"] != "county"].sort_values("level", key=lambda c: c != "province", kind="stable")
    for column, (title, key, frame) in enumerate(
        [("areas", "area", areas), ("indicators", "indicator", indicators)], start=1
    ):
        put(ws, 1, column, title)
        for line, text in enumerate(frame[key] + " " + frame["name_zh"], start=2):
            put(ws, line, column, text)
    put(ws, 2, 3, area)
    ws.sheet_state = "hidden"


def read_workbook(path: str | Path) -> dict[str, pd.DataFrame]:
    """Read the tables of a workbook, typed as `load_table` types them; ours are not laid under them.

    Sheets that are no tables are left out.
    DataError: for the first cell that is not understood, by sheet and cell; for a file that is no workbook.

    Examples
    --------
    >>> import tempfile
    >>> book = write_workbook({"areas": pd.DataFrame({"area": ["x"], "level": ["county"], "name_zh": ["某县"],
    ...     "name_en": ["X"], "parent": ["jiangxi"]})}, tempfile.mkdtemp() + "/x.xlsx")
    >>> read_workbook(book)["areas"].loc[0, "name_zh"]
    '某县'
    """
    root = as_root(_target(path))
    if root is None or not is_workbook(root):
        raise DataError(f"{str(path)!r} is a folder. Give a workbook (.xlsx), or use it as root=.")
    return {name: read_table(name, root)[0].reset_index(drop=True) for name in user_files(root)}


def write_workbook(tables: Mapping[str, pd.DataFrame], path: str | Path) -> Path:
    """Write tables into a workbook: a cover with the sources, a sheet for each table with its units; no formulas.

    Parameters
    ----------
    tables : dict of DataFrame
        By name. Tables of the library get titles and units; others (results) are written as they are.
    path : path; the workbook; one that is there already is replaced when the new one is complete

    DataError: for nothing to write, a name that cannot name a sheet, or a file that cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import yilaolib as yl
    >>> book = write_workbook({"areas": yl.list_areas("江西")}, tempfile.mkdtemp() + "/areas.xlsx")
    >>> read_workbook(book)["areas"].equals(yl.list_areas("江西"))
    True
    """
    from openpyxl import Workbook

    target, book = _target(path), Workbook()
    if not tables:
        raise DataError("There is no table to write. Give a dict such as {'areas': frame}.")
    for name, frame in tables.items():
        if not isinstance(frame, pd.DataFrame):
            raise DataError(f"The table {name!r} is a {type(frame).__name__}, not a DataFrame. Convert it first.")
        if not 0 < len(str(name)) <= 31 or re.search(r"[\[\]:*?/\\']", str(name)) or name == "cover":
            raise DataError(f"{name!r} cannot name a sheet: at most 31 characters, none of []:*?/\\', and not 'cover'.")
        fields = fields_of(name) if name in described() else {}
        if not fields and (frame.index.name or frame.index.nlevels > 1):
            frame = frame.reset_index()  # rows of our tables are told by their keys
        columns = [column for column in fields if column in frame] or list(frame)
        units = [_headed(fields.get(column, {})) for column in columns]
        values = zip(*(frame[column].array for column in columns), strict=True)
        _rows(book.create_sheet(name), [["#", *columns], ["#", *units], *([None, *row] for row in values)])
    used = [s for frame in tables.values() if "source" in frame for s in frame["source"].dropna()]
    _rows(
        book.worksheets[0],
        [
            ("yilaolib", version("yilaolib")),
            ("data", data_version()),
            *((name, len(frame)) for name, frame in tables.items()),
            *((source, _citation(source, tables.get("sources"))) for source in dict.fromkeys(used)),
        ],
    )
    book.worksheets[0].title = "cover"
    return _save(book, target)


def _rows(ws: Any, rows: Any) -> None:
    for line, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            put(ws, line, column, value)


def _citation(source: str, own: pd.DataFrame | None) -> str | None:
    """The citation of a document of ours, the title of a user's."""
    try:
        return cite(source)["citation"][0]
    except DataError:
        row = {} if own is None else own.set_index("source").loc[source]
        return next((row[name] for name in ("title_zh", "title_en") if isinstance(row.get(name), str)), None)


def _target(path: str | Path) -> Path:
    target = Path(path).expanduser()
    if target.suffix.casefold() != ENDING:
        raise DataError(f"{target.name!r} does not end in {ENDING}. Workbooks are read and written as {ENDING}.")
    return target


def _save(book: Any, target: Path) -> Path:
    """Write beside and rename, so that a workbook is whole or not there."""
    beside = target.with_name(f".{os.getpid()}-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        book.save(beside)
        os.replace(beside, target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise DataError(
            f"{target} cannot be written ({error.strerror or error}). Close it where it is open, or choose another "
            "place."
        ) from error
    return target


# ---- totals only ----

FILLED = "filled-from-parent"
MARGINS = {  # column of margins: ages, the upper bound not included
    "population_total": (0, None),
    "population_under_3": (0, 3),
    "population_60plus": (60, None),
    "population_65plus": (65, None),
    "population_80plus": (80, None),
}
WHOLE_AND_PART = [
    ("population_total", "population_60plus"), ("population_60plus", "population_65plus"),
    ("population_65plus", "population_80plus"), ("population_total", "population_65plus"),
    ("population_60plus", "population_80plus"), ("population_total", "population_under_3"),
]  # fmt: skip
NO_CHILDREN = "_no_0_4"  # ending of a method of `fill_errors` whose totals say nothing of the children
N_GROUPS = 2 * len(range(0, 90, 5))  # both sexes by five-year groups up to 85+

Load = Callable[[str], pd.DataFrame]


def residents_in(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about residents; an empty basis is resident."""
    return table[table["basis"].fillna("resident") == "resident"]


def margins_of(area: str, load: Load) -> pd.Series | None:
    """Return the latest totals of an area, of `margins` or else of `observations`; None when there are none."""
    margins = load("margins")
    own = residents_in(margins[margins["area"] == area])
    if len(own):
        return own.sort_values("year").iloc[-1]
    figures = load("observations")
    figures = figures[(figures["area"] == area) & (figures["kind"] == "actual") & figures["value"].notna()]
    figures = residents_in(figures).replace({"indicator": {"population_0_3": "population_under_3"}})  # 0-3岁: under 3
    figures = figures[figures["indicator"].isin(MARGINS)].dropna(subset="year").drop_duplicates(["indicator", "year"])
    wide = figures.pivot(index="year", columns="indicator", values="value").reindex(columns=list(MARGINS))
    wide = wide.dropna(subset="population_total")
    if wide.empty:
        return None
    return pd.concat([wide.iloc[-1].astype(float), pd.Series({"year": int(wide.index[-1])})]).rename(area)


def contradiction(row: pd.Series) -> tuple[str, Trouble] | None:
    """Return (column, what is wrong) for totals that no population can have, else None."""
    known = {name: float(row[name]) for name in MARGINS if pd.notna(row[name])}
    for whole, part in WHOLE_AND_PART:
        if part in known and known[part] > known.get(whole, float("inf")):
            values = {"part": part, "whole": whole, "value": known[part], "whole_value": known[whole]}
            return part, Trouble("part_above_whole", values)
    old = next((known[n] for n in ("population_60plus", "population_65plus", "population_80plus") if n in known), 0)
    if old + known.get("population_under_3", 0) > known["population_total"]:
        return "population_total", Trouble("parts_above_total", {"total": known["population_total"]})
    return None


def parents_of(area: str, areas: pd.DataFrame) -> list[str]:
    """Return the areas that an area belongs to, nearest first."""
    up, line = areas.set_index("area")["parent"], []
    here = up.get(area)
    while isinstance(here, str) and here not in line:
        line.append(here)
        here = up.get(here)
    return line


def parent_with_pyramid(area: str, year: int, population: pd.DataFrame, areas: pd.DataFrame) -> tuple[str, int] | None:
    """Return the nearest parent that has residents by age and sex, and its census nearest to the year."""
    residents = residents_in(population)
    for parent in parents_of(area, areas):
        years = residents.loc[residents["area"] == parent, "year"].unique()
        if len(years):
            return parent, min(map(int, years), key=lambda census: (abs(census - year), -census))
    return None


def older_census(area: str, parent: str, census: int, population: pd.DataFrame) -> int | None:
    """Return the year of the latest own census, whole and a multiple of five years older, that the parent has too."""
    residents = residents_in(population[population["year"] < census])
    above = set(residents.loc[residents["area"] == parent, "year"])
    mine = residents[(residents["area"] == area) & (residents["source"] != FILLED)]
    fine = mine[mine["age"].isin(range(0, 90, 5))].groupby("year")["age"].size() == N_GROUPS
    return max((int(y) for y in fine.index[fine] if y in above and (census - y) % 5 == 0), default=None)


def list_filled(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """List what was filled in for an area from its parent; empty where everything is the area's own.

    A figure that rests on a filled row is an estimate of ours, not a figure of the area.

    Columns: table, what (population, or a parameter), year, parent (slug), given (the totals that were given), note_en,
    note_zh.

    Examples
    --------
    >>> list_filled("jingdezhen").empty
    True
    """
    slug = find_area(area, root=root)["area"]
    areas = merged_table("areas", root)
    rows = []
    if (load_table("population", area=slug, root=root)["source"] == FILLED).any():
        rows.append(_filled_people(slug, areas, root))
    assumed = load_table("assumptions", area=slug, root=root)
    for row in assumed[(assumed["area"] == slug) & (assumed["source"] == FILLED)].itertuples():
        values = {"parameter": row.parameter, "value": row.value, "year": row.year, "note": row.note}
        parent = areas.set_index("area").loc[slug, "parent"]
        rows.append(("assumptions", row.parameter, row.year, parent, "", *_in_words("form.filled_parameter", values)))
    notes = [f"note_{catalogue(lang).names}" for lang in languages()]
    return pd.DataFrame(rows, columns=["table", "what", "year", "parent", "given", *notes])


def _filled_people(slug: str, areas: pd.DataFrame, root: str | Path | None) -> tuple:
    """The row of `list_filled` on the filled pyramid of an area."""
    population, wanted = merged_table("population", root), margins_of(slug, lambda name: merged_table(name, root))
    assert wanted is not None  # people were filled in to meet these totals
    year = int(wanted["year"])
    found = parent_with_pyramid(slug, year, population, areas)
    assert found is not None  # and from this parent
    parent, census = found
    older, above = older_census(slug, parent, census, population), areas.set_index("area").loc[parent]
    errors = load_table("fill_errors", root=root)
    children, method = pd.notna(wanted["population_under_3"]), f"older_{above['level']}" if older else above["level"]
    errors = errors[errors["method"] == method + ("" if children else NO_CHILDREN)].set_index("age")
    values: dict[str, Any] = {"parent": above, "census": census, "year": year, "older": older, "missed": {}}
    if 80 in errors.index:
        cited = [age for age in (80, 50, 15) if age < 80 or pd.isna(wanted["population_80plus"])]
        values["missed"] = {age: errors.loc[age, "mape_pct"] for age in cited}
        values |= {"counties": errors.loc[50, "places"], "children": children}
    given = ", ".join(name for name in MARGINS if pd.notna(wanted[name]))
    return "population", "population", year, parent, given, *_in_words("form.filled_people", values)


def _in_words(key: str, values: dict) -> list[str]:
    said = []
    for words in map(catalogue, languages()):
        named = {"parent": words.named(values["parent"])} if "parent" in values else {}
        said.append(words.say(key, **values | named))
    return said
