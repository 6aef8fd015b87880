"""An area of one's own: its form, tables out of a workbook and into one; and an area that gives totals only.

The totals are rows of `margins`, or figures of `observations` (population_total and its parts, actual, resident).
What is filled has the source `filled-from-parent`, so that every table can tell; `demography.local` computes it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError, refusal
from ..texts import catalogue, languages
from .areas import cite, data_version, find_area, find_areas, load_table, slug_of
from .cells import put
from .folders import as_root, merged_table, read_table, user_files
from .schema import Trouble, described, fields_of, misfit, package, rules_of, with_word

ENDING = ".xlsx"
SHEETS = ("areas", "margins", "sources", "observations", "projects", "outcomes", "population", "assumptions")
COMPLETED = ("source", "observation", "as_printed")  # an empty cell of these is filled in, see `sheets`
LISTS = {"area": "areas!$B$5:$B$60", "source": "sources!$B$5:$B$60", "indicator": "lists!$B$2:$B$2000"}
FIRST_ROW, LAST_ROW = 5, 1_000  # below names, titles, rules and the example; last row of drop-downs


def new_workbook(
    path: str | Path, area: str, *, name: str | None = None, parent: str | None = None, overwrite: bool = False,
    census: Sequence[pd.DataFrame] = (),
) -> Path:  # fmt: skip
    """Write an empty form (.xlsx) for an area of your own: fill it in, check it, render its report.

    The sheet `margins` is all that is needed: totals of one year. What is left out is filled in from the parent and
    marked. For an area that we know, the form adds to our rows: it has no sheet `areas`. `area` is a slug or a Chinese
    name, `name` the Chinese name of a slug; `census` is what `read_census` read, for the sheet `population`.
    DataError: when the file is there already, cannot be written, or the parent is unknown.

    >>> import tempfile
    >>> form = new_workbook(f"{tempfile.mkdtemp()}/mycity.xlsx", "mycity", name="某某市", parent="江西")
    >>> read_workbook(form)["areas"][["area", "name_zh", "parent"]].to_numpy().tolist()
    [['mycity', '某某市', 'jiangxi']]
    """
    from openpyxl import Workbook

    target = _target(path)
    if target.exists() and not overwrite:
        raise refusal("form.is_there", file=target.name)
    known, book = None, Workbook()
    with contextlib.suppress(DataError):  # one of the user's own
        known = find_area(area)
    above = slug_of(parent) if parent else None
    if known is not None:
        same = name is None or known["area"] in set(find_areas(name)["area"])
        if not same or above not in (None, *parents_of(known["area"], load_table("areas"))):
            path = find_areas(known["area"])["path_zh"].iloc[0]
            raise refusal("form.is_known", shown=area, path=path, area=known["area"])
    row = _first_row(target.stem, area, name, above) if known is None else known
    sheets = [table for table in SHEETS if known is None or table != "areas"]
    _guide(book.worksheets[0], row, target.stem, sheets)
    for table in sheets:
        _form_sheet(book.create_sheet(table), table, row)
    people = [each.assign(area=row["area"]).reindex(columns=list(fields_of("population"))) for each in census]
    _rows(book["population"], [values for each in people for values in each.to_numpy(dtype=object)], FIRST_ROW, 2)
    _lists(book.create_sheet("lists"), row["area"])
    return _save(book, target)


def _first_row(stem: str, area: str, name: str | None, up: str | None) -> dict:
    known, zh = load_table("areas").set_index("area")["name_zh"], name or area
    is_slug = misfit(area, fields_of("areas")["area"]) is None
    plain = re.sub("[^\x00-\x7f]", lambda each: f"-{ord(each[0]):x}-", stem.casefold())  # 我的市 and 你的市 are two
    slug = area if is_slug else re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "mycity"
    if not is_slug and not re.search("[\u3400-\u9fff]", area):
        raise refusal("form.no_slug", shown=area)
    if slug in known:
        raise refusal("form.slug_taken", shown=slug, name=known[slug])
    english = slug.replace("-", " ").title() if is_slug or stem.isascii() else zh
    level = with_word("county" if re.search("[县区旗]$", zh) else "prefecture")
    return {"area": slug, "level": level, "name_zh": zh, "name_en": english, "parent": up}


def _guide(ws: Any, area: Mapping, stem: str, sheets: list[str]) -> None:
    from openpyxl.styles import Alignment, Font

    words = catalogue("zh")
    ws.title = words.word("form.instructions")
    lines, heads = [], []
    for lang in ("zh", "en"):  # the form speaks both, Chinese first
        heads.append(len(lines) + 1)
        said = {"area": area["area"], "name": catalogue(lang).named(area), "known": "areas" not in sheets}
        texts = (catalogue(lang).fill(text, file=stem, **said) for text in catalogue(lang).find("form.guide"))
        lines += [line for text in texts for line in text.splitlines() if line]
    lines += ["", words.word("form.sheets"), *(f"{table}：{described()[table]['title_zh']}" for table in sheets)]
    for line, text in enumerate(lines, start=1):
        cell = put(ws, line, 1, text or None)
        cell.alignment, cell.font = Alignment(wrap_text=True, vertical="top"), Font(bold=line in heads)
    ws.column_dimensions["A"].width = 100


def _form_sheet(ws: Any, table: str, area: Mapping) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    words = catalogue("zh")
    _rows(ws, ([text] for text in words.find("form.heads")))
    for column, (name, field) in enumerate(fields_of(table).items(), start=2):
        rules, codes = rules_of(field), rules_of(field).get("enum", [])
        needed = rules.get("required") and (table == "sources" or name not in COMPLETED)
        rule = words.say("form.rule", needed=needed, codes=[with_word(code) for code in codes])
        example = area["area"] if name == "area" and table != "areas" else field.get("typed")
        for line, text in enumerate([name, _headed(field), rule, example], start=1):
            cell, colour = put(ws, line, column, text), "EAF1F7" if line < FIRST_ROW - 1 else "F5F5F5"
            cell.alignment, cell.fill = Alignment(wrap_text=True, vertical="top"), PatternFill("solid", colour)
            cell.font = Font(bold=line == 1, italic=line > 1)
        put(ws, FIRST_ROW, column, area.get(name) if table == "areas" else None)
        letter = get_column_letter(column)
        ws.column_dimensions[letter].width = 24 if name in ("indicator", "title_zh", "name_zh", "note") else 16
        _drop_down(ws, table, name, field, letter)
    ws.column_dimensions["A"].width = 16
    ws.freeze_panes = f"B{FIRST_ROW}"


def _headed(field: dict) -> str:
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
    ws.add_data_validation(check)
    check.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")


def _lists(ws: Any, area: str) -> None:
    areas, indicators = load_table("areas"), load_table("indicators")
    areas = areas[areas["level"] != "county"].sort_values("level", key=lambda c: c != "province", kind="stable")
    _rows(ws, ([text] for text in ["areas", *(areas["area"] + " " + areas["name_zh"])]))
    _rows(ws, ([text] for text in ["indicators", *(indicators["indicator"] + " " + indicators["name_zh"])]), left=2)
    put(ws, 2, 3, area)
    ws.sheet_state = "hidden"


def read_workbook(path: str | Path) -> dict[str, pd.DataFrame]:
    """Read the tables of a workbook, typed as `load_table` types them; ours are not laid under them.

    DataError: for the first cell that is not understood, by sheet and cell; for a file that is no workbook.

    >>> import tempfile
    >>> book = write_workbook({"sources": load_table("sources").head(2)}, tempfile.mkdtemp() + "/x.xlsx")
    >>> len(read_workbook(book)["sources"])
    2
    """
    root = as_root(_target(path))
    if root is None or root.is_dir():
        raise refusal("form.no_ending", file=str(path), ending=ENDING)
    return {name: read_table(name, root)[0].reset_index(drop=True) for name in user_files(root)}


def write_workbook(tables: Mapping[str, pd.DataFrame], path: str | Path) -> Path:
    """Write tables by name into a workbook: a cover with the sources, a sheet for each with its units; no formulas.

    A workbook that is there is replaced when the new one is complete.
    DataError: for nothing to write, a name that cannot name a sheet, or a file that cannot be written.

    >>> import tempfile
    >>> book = write_workbook({"areas": load_table("areas", area="江西")}, tempfile.mkdtemp() + "/areas.xlsx")
    >>> read_workbook(book)["areas"].equals(load_table("areas", area="江西"))
    True
    """
    from openpyxl import Workbook

    target, book = _target(path), Workbook()
    cover: list[tuple[str, Any]] = [("yilaolib", version("yilaolib")), ("data", data_version())]
    used: list[str] = []
    for name, frame in tables.items() or [("", pd.DataFrame())]:
        named = re.fullmatch(r"[^\[\]:*?/\\']{1,31}", str(name)) and name != "cover"
        if not named or not isinstance(frame, pd.DataFrame):
            raise refusal("errors.tables.no_sheet", name=name, kind=type(frame).__name__)
        fields = fields_of(name) if name in described() else {}
        if not fields and (frame.index.name or frame.index.nlevels > 1):
            frame = frame.reset_index()  # rows of our tables are told by their keys
        columns = [column for column in fields if column in frame] or list(frame)
        units = [_headed(fields.get(column, {})) for column in columns]
        values = zip(*(frame[column].array for column in columns), strict=True)
        _rows(book.create_sheet(name), [["#", *columns], ["#", *units], *([None, *row] for row in values)])
        cover.append((name, len(frame)))
        used += [source for source in frame.get("source", pd.Series()).dropna() if source not in used]
    known = set(merged_table("sources")["source"])  # of documents of a user's own, the id
    cover += [(each, cite(each)["citation"][0] if each in known else None) for each in used]
    _rows(book.worksheets[0], cover)
    book.worksheets[0].title = "cover"
    return _save(book, target)


def _rows(ws: Any, rows: Iterable, first: int = 1, left: int = 1) -> None:
    for line, row in enumerate(rows, start=first):
        for column, value in enumerate(row, start=left):
            put(ws, line, column, value)


def _target(path: str | Path) -> Path:
    target = Path(path).expanduser()
    if target.suffix.casefold() != ENDING:
        raise refusal("form.no_ending", file=target.name, ending=ENDING)
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
        raise refusal("form.not_written", file=str(target), error=error) from error
    return target


# ---- totals only ----

FILLED = "filled-from-parent"
MARGINS: dict[str, tuple] = {  # column of margins: ages, the upper bound not included, and the sex where it is of one
    "population_total": (0, None), "population_under_3": (0, 3), "population_0_14": (0, 15),
    "population_15_59": (15, 60), "population_15_64": (15, 65), "population_60plus": (60, None),
    "population_65plus": (65, None), "population_70plus": (70, None), "population_80plus": (80, None),
    "population_men": (0, None, "male"), "population_women": (0, None, "female"),
}  # fmt: skip
PARTS = [("population_0_14", "population_15_59", "population_60plus"), ("population_men", "population_women"),
         ("population_0_14", "population_15_64", "population_65plus"), ("population_under_3", "population_60plus"),
         ("population_under_3", "population_65plus"), ("population_under_3", "population_80plus")]  # fmt: skip
IMPLIED = {  # what follows from others to its last printed digit: the others are met
    "population_women": [{"population_men"}],
    "population_15_59": [{"population_0_14", "population_60plus"}],
    "population_15_64": [{"population_0_14", "population_65plus"},
                         {"population_15_59", "population_60plus", "population_65plus"}],
}  # fmt: skip
NO_CHILDREN = "_no_0_4"  # ending of a method of `fill_errors` whose totals say nothing of the children
NEAR = 0.005  # share by which totals may differ from the ages of the same year
FINE = set(range(0, 90, 5))  # first ages of the groups that a census prints

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


def totals_in(row: Mapping) -> dict[str, float]:
    """Return the totals of a row of `margins` by column."""
    return {name: float(row[name]) for name in MARGINS if pd.notna(row[name])}


def to_meet(totals: dict[str, float]) -> dict[tuple, float]:
    """Return totals by ages and sex, as `rake` takes them, without what follows from the others."""
    implied = {name for name, sets in IMPLIED.items() if any(others <= totals.keys() for others in sets)}
    return {MARGINS[name]: total for name, total in totals.items() if name not in implied}


def at_year_end(row: Mapping) -> bool:
    """Tell whether totals are of 31 December: as they say, else all but those of a census year."""
    counted = row.get("counted")
    return counted == "year_end" if isinstance(counted, str) else int(row["year"]) % 10 != 0


def contradiction(row: pd.Series) -> tuple[str, Trouble] | None:
    """Return (column, what is wrong) for totals that no population can have, else None."""
    known = totals_in(row)
    for (part, value), (whole, most) in product(known.items(), known.items()):
        (low, high, *sex), (first, last, *other) = MARGINS[part], MARGINS[whole]
        inside = low >= first and (last is None or (high is not None and high <= last)) and other in ([], sex)
        if inside and value > most:
            return part, Trouble("part_above_whole", {"part": part, "whole": whole, "value": value, "most": most})
    for parts in PARTS:
        total, there = known["population_total"], [name for name in parts if name in known]
        sum_, whole = sum(known[name] for name in there), len(there) == len(parts) and "population_under_3" not in parts
        if sum_ > (1 + NEAR) * total or (whole and sum_ < (1 - NEAR) * total):
            return "population_total", Trouble("parts_differ", {"parts": there, "sum": sum_, "total": total})
    return None


def parents_of(area: str, areas: pd.DataFrame) -> list[str]:
    """Return the areas that an area belongs to, nearest first."""
    up, line = areas.set_index("area")["parent"], []
    while isinstance(area := up.get(area), str) and area not in line:
        line.append(area)
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
    own = set(residents.loc[residents["area"] == area, "year"]) - set(coarse_groups(area, residents))
    filled = set(residents.loc[(residents["area"] == area) & (residents["source"] == FILLED), "year"])
    return max((int(y) for y in own - filled if y in above and (census - y) % 5 == 0), default=None)


def coarse_groups(area: str, population: pd.DataFrame) -> dict[int, dict[tuple, float]]:
    """Return by year a census whose groups do not start at 0, 5 ... 85 for each sex (0-14, 60+), as `rake` takes it."""
    mine, wide = residents_in(population[(population["area"] == area) & (population["source"] != FILLED)]), {}
    for year, rows in mine.groupby("year"):
        ages = rows.groupby("sex")["age"].agg(set)
        if not all(ages.get(sex, set()) >= FINE for sex in ("female", "male")):
            spans = zip(rows["age"], rows["n"], rows["sex"], rows["persons"], strict=True)
            wide[int(year)] = {
                (int(age), None if pd.isna(n) else int(age + n), *([sex] if sex != "both" else [])): float(count)
                for age, n, sex, count in spans
            }
    return wide


def list_filled(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """List what was filled in for an area from its parent; empty where everything is the area's own.

    Columns: table, what (population, projection: totals that it is set on later, or a parameter), year, parent (slug),
    given (ages of the totals), note_en, note_zh.

    >>> list_filled("jingdezhen").empty
    True
    """
    slug = slug_of(area, root)
    areas = merged_table("areas", root)
    people = load_table("population", area=slug, root=root)
    filled = sorted(set(people.loc[people["source"] == FILLED, "year"]))
    typed = read_table("population", Path(root))[0] if root and filled and "population" in user_files(root) else people
    groups = coarse_groups(slug, typed) if filled else {}
    wanted = margins_of(slug, lambda name: merged_table(name, root)) if filled else None
    rows = []
    for year in filled:
        given = groups.get(year, {}) | ({} if wanted is None or wanted["year"] != year else to_meet(totals_in(wanted)))
        rows.append(_filled_people(slug, int(year), given, areas, root))
    for row in residents_in(load_table("margins", area=slug, root=root)).to_dict("records"):
        if row["year"] > people["year"].max():
            ages = _listed(map(MARGINS.get, totals_in(row)))
            rows.append(("population", "projection", row["year"], slug, ages, *[None] * len(languages())))
    assumed = load_table("assumptions", area=slug, root=root)
    for row in assumed[(assumed["area"] == slug) & (assumed["source"] == FILLED)].itertuples():
        values = {"parameter": row.parameter, "value": row.value, "year": row.year, "note": row.note}
        parent = areas.set_index("area").loc[slug, "parent"]
        rows.append(("assumptions", row.parameter, row.year, parent, "", *_in_words("form.filled_parameter", values)))
    notes = [f"note_{catalogue(lang).names}" for lang in languages()]
    return pd.DataFrame(rows, columns=["table", "what", "year", "parent", "given", *notes])


def _filled_people(slug: str, year: int, given: dict, areas: pd.DataFrame, root: str | Path | None) -> tuple:
    population = merged_table("population", root)
    found = parent_with_pyramid(slug, year, population, areas)
    assert found is not None  # people were filled in from it
    parent, census = found
    older, above = older_census(slug, parent, census, population), areas.set_index("area").loc[parent]
    errors = load_table("fill_errors", root=root)
    bounds = {bound for key in given for bound in key[:2]}
    children, method = bool({3, 5} & bounds), f"older_{above['level']}" if older else above["level"]
    errors = errors[errors["method"] == method + ("" if children else NO_CHILDREN)].set_index("age")
    values: dict[str, Any] = {"parent": above, "census": census, "year": year, "older": older, "children": children}
    values |= {"missed": {}, "counties": errors["places"].max(), "exact": 15 in bounds}
    if 80 in errors.index:
        ends = {80: {80}, 50: {50, 60}, 15: {15, 50}}
        values["missed"] = {age: errors.loc[age, "mape_pct"] for age, both in ends.items() if not both <= bounds}
    return "population", "population", year, parent, _listed(given), *_in_words("form.filled_people", values)


def _listed(given: Iterable) -> str:
    told = (f"{low}+" if high is None else f"{low}-{high - 1}" for low, high, *_ in given)
    return ", ".join(dict.fromkeys(told))


def _in_words(key: str, values: dict) -> list[str]:
    given = ("parent",) if "parent" in values else ()
    said = map(catalogue, languages())
    return [words.say(key, **values | {name: words.named(values[name]) for name in given}) for words in said]
