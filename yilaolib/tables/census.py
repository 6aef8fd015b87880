"""A census as a statistics office prints it -> rows of table `population`, and what was understood of it.

Heads over several rows, 合计 男 女, 0-4岁 beside 0岁, 1岁 ..., 万人, names with spaces, ages down or across.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..errors import refusal
from .cells import Grid, Raw, read_grids, read_number
from .finding import bare, plain_name
from .schema import empty_table

Span = tuple[int, int | None]  # first age, and the first that is not in it
SEXES: dict[str, str] = dict.fromkeys(("男", "男性", "男性人口", "male", "males", "men"), "male")
SEXES |= dict.fromkeys(("女", "女性", "女性人口", "female", "females", "women"), "female")
SEXES |= dict.fromkeys(("合计", "小计", "总计", "计", "总人口", "男女合计", "total", "bothsexes", "both"), "both")
OTHER = re.compile("比重|比例|构成|占|性别比|百分|%|户数|死亡|出生")  # heads of columns that hold no persons
GENERAL = re.compile("年龄组?|地区|区域|(常住|户籍)?人口数?|人数|性别|按.*分|age|sex|area|persons|population")
AGE = re.compile(r"(\d{1,3})(?:周?岁)?(?:-(\d{1,3})(?:周?岁)?组?|(\+|岁?[及或]?以上|andover)岁?|(?<=岁))")
UNIT = re.compile("(?:单位:?|[(])(万人|千人|百人|人)")
TIMES = {"万人": 10_000, "千人": 1_000, "百人": 100, "人": 1}


class Count(NamedTuple):
    """One number of a table in its unit: ages (None: all), sex, what its heads say besides, worth of its last digit."""

    ages: Any
    sex: str
    heads: tuple
    persons: float
    digit: float


def read_census(
    path: str | Path, *, area: str | None = None, year: int | None = None, sheet: str | None = None
) -> pd.DataFrame:
    """Read persons by age (and sex) of one area from a table as statistics offices print it: .xlsx, or .csv.

    `area` (as the table names it), `year` and `sheet` are wanted where a table holds several or does not say them.
    Rows as of table `population`; `attrs["understood"]` has sheet, area, unit, sum and printed total.
    DataError: no ages, several areas, years or sheets, ages that do not join, a sum that is not the printed total.

    >>> import tempfile
    >>> table = Path(tempfile.mkdtemp()) / "census.csv"
    >>> _ = table.write_text("2020年,男,女\\n0-14岁,20,18\\n15-59岁,60,60\\n60岁及以上,20,22", encoding="utf-8")
    >>> float(read_census(table)["persons"].sum())
    200.0
    """
    path = Path(path).expanduser()
    grids = [_csv_grid(path)] if path.suffix.casefold() == ".csv" else read_grids(path)
    found = [(grid, list(_counts(grid))) for grid in grids if sheet in (None, grid.title)]
    found = [(grid, counts) for grid, counts in found if any(count.ages for count in counts)]
    if len(found) != 1:
        titles = [grid.title for grid, _ in found] or [grid.title for grid in grids if grid.title]
        raise refusal("census.sheets" if found else "census.no_ages", file=path.name, sheets=titles)
    grid, counts = found[0]
    words = "|".join([grid.title, *(_plain(raw.value) for row in grid.rows.values() for raw in row.values())])
    counts, name = _of_area(counts, area, path.name)
    years = sorted(set(re.findall(r"(?<!\d)((?:19|20)\d\d)年", words))) if year is None else [year]
    if len(years) != 1:
        raise refusal("census.years", file=path.name, found=years)
    said = sorted(set(UNIT.findall(words)), key=TIMES.__getitem__)
    if len(said) > 1 or (not said and any(count.persons % 1 for count in counts)):
        raise refusal("census.units", file=path.name, found=said)
    unit = said[0] if said else "人"
    groups, total = _by_sex(counts, TIMES[unit], path.name)
    rows = [(sex, *ages, persons) for sex, one in groups.items() for ages, persons in one.items()]
    frame = pd.DataFrame(rows, columns=["sex", "age", "n", "persons"])
    frame["n"] -= frame["age"]
    frame = frame.assign(year=int(years[0]), basis="registered" if "户籍" in words else "resident")
    ages = list(next(iter(groups.values())))
    understood = {"file": path.name, "sheet": grid.title, "area": name, "year": int(years[0]), "unit": unit}
    understood |= {"unit_said": bool(said), "groups": len(ages), "last": ages[-1][0], "sexes": list(groups)}
    frame.attrs["understood"] = understood | {"sum": float(frame["persons"].sum()), "total": total}
    types = empty_table("population")[["year", "sex", "age", "n", "persons", "basis"]].dtypes
    return frame[list(types.index)].astype(types)


def _csv_grid(path: Path) -> Grid:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise refusal("form.not_opened", file=path.name, error=error) from error
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        with contextlib.suppress(UnicodeDecodeError, csv.Error):
            text = raw.decode(encoding)
            lines = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=max(";\t,", key=text.count)), 1)
            rows = {r: {c: Raw(cell) for c, cell in enumerate(row, 1) if cell.strip()} for r, row in lines}
            return Grid("", {r: row for r, row in rows.items() if row})
    raise refusal("census.encoding", file=path.name)


def _plain(value: object) -> str:
    text = unicodedata.normalize("NFKC", str(value)).casefold().strip()
    return re.sub(r"[-‐-―~至]+", "-", re.sub(r"\s+(?!\d{4})", "", text))


def _age(text: str) -> Span | None:
    found = AGE.fullmatch(re.sub("[不未]满(1周?|周)岁", "0岁", text))
    return found and (int(found[1]), None if found[3] else int(found[2] or found[1]) + 1)


def _counts(grid: Grid) -> Iterator[Count]:
    """Yield every number of persons with what its heads say; nothing of a sheet without ages."""
    plain = {r: {c: _plain(raw.value) for c, raw in row.items()} for r, row in grid.rows.items()}
    columns = {c for row in plain.values() for c in row}
    down = {c for c in columns if sum(_age(row.get(c, "")) is not None for row in plain.values()) >= 3}
    down |= {c for c in columns if any(re.fullmatch("年龄.{0,3}|ages?", row.get(c, "")) for row in plain.values())}
    if not down and all(sum(_age(text) is not None for text in row.values()) < 3 for row in plain.values()):
        return
    heads, section, counting = [], [], False
    for r, row in grid.rows.items():
        labels = {c: plain[r][c] + "岁" * (c in down and plain[r][c].isdigit()) for c in row}
        numbers = {c: read for c, raw in row.items() if c not in down and (read := _number(raw, labels[c]))}
        if dates := [raw.value for c, raw in row.items() if c in down and isinstance(raw.value, datetime.date)]:
            raise refusal("census.date", file=grid.title, row=r, shown=str(dates[0])[:10])
        if len(labels) == 1 and not numbers:  # the title of what follows
            section = list(labels.values())
        elif not numbers or min(numbers) == min(row):
            over, last = {}, ""
            for c in range(min(columns), max(columns) + 1):
                last = over[c] = labels.get(c, last)
            heads, counting = [*([] if counting else heads), over], False
        else:
            counting = True
        for c, (persons, digit) in numbers.items() if counting else ():
            left = [labels[at] for at in sorted(row, reverse=True) if at < c and at not in numbers]
            above = [over.get(c, "") for over in reversed(heads)]
            if any(map(OTHER.search, [*left, *above])) or row[c].percent:
                continue
            words = [re.sub(r"\(.*?\)", "", text) for text in (*left, *above, *section)]
            whole = any(SEXES.get(labels[at]) == "both" for at in row if at in down and at < c)
            sexes = [SEXES[text] for text in words if SEXES.get(text, "both") != "both"]
            rest = tuple(w for w in words if w and not _age(w) and w not in SEXES and not GENERAL.fullmatch(w))
            ages = None if whole else next(filter(None, map(_age, words)), None)
            yield Count(ages, sexes[0] if sexes else "both", rest, persons, digit)


def _number(raw: Raw, text: str) -> tuple[float, float] | None:
    """The number of a cell and the worth of its last digit; - stands for nobody, as statistics offices print it."""
    read = read_number(0 if text == "-" else raw.value)
    if raw.trouble or read.trouble or not read.text or read.comparator or read.upper:
        return None
    return float(read.text), 10.0 ** int(Decimal(read.text).as_tuple().exponent)


def _of_area(counts: list[Count], area: str | None, file: str) -> tuple[list[Count], str]:
    """The counts of one area: what heads say beside ages and sexes, without what all of them say."""
    common = set.intersection(*(set(count.heads) for count in counts if count.ages))
    named = [(" ".join(w for w in dict.fromkeys(count.heads) if w not in common), count) for count in counts]
    areas = list(dict.fromkeys(name for name, count in named if count.ages))
    if area is not None:
        areas = [name for name in areas if bare(plain_name(area)) in (bare(name), *map(bare, name.split()))]
    if len(areas) != 1:
        raise refusal("census.areas", file=file, areas=areas[:6], more=max(0, len(areas) - 6), area=area or "")
    return [count for name, count in named if name == areas[0]], areas[0] or area or ""


def _by_sex(counts: list[Count], times: int, file: str) -> tuple[dict[str, dict[Span, float]], float | None]:
    """Persons by sex and the finest ages that join, and the printed total; held against each other."""
    cells: dict[tuple[str, Span | None], Count] = {}
    for count in counts:
        if cells.setdefault((count.sex, count.ages), count).persons != count.persons:
            raise refusal("census.twice", file=file, sex=count.sex, ages=count.ages)
    groups: dict[str, dict[Span, float]] = {}
    sums, slack = {}, 0.5
    for sex in dict.fromkeys(sex for sex, ages in cells if ages):
        mine = {ages: count for (of, ages), count in cells.items() if of == sex and ages}
        joined = _joined(list(mine), 0)
        if joined is None:
            ages = sorted(mine, key=lambda span: (span[0], span[1] or 999))
            raise refusal("census.gaps", file=file, sex=sex, ages=ages)
        groups[sex] = {ages: mine[ages].persons * times for ages in joined}
        slack = max(slack, times * max(mine[ages].digit for ages in joined) * len(joined) * (times > 1))
        sums[sex] = sum(groups[sex].values())
    held = [(sex, sums[sex], cells[sex, None].persons * times) for sex in sums if (sex, None) in cells]
    if {"female", "male"} <= sums.keys():
        held += [("both", sums["female"] + sums["male"], sums["both"])] if groups.pop("both", None) else []
    elif set(groups) != {"both"}:
        raise refusal("census.one_sex", file=file, sexes=list(groups))
    for sex, sum_, total in held:
        if abs(sum_ - total) > slack:
            raise refusal("census.sum", file=file, sex=sex, sum=sum_, total=total)
    return groups, cells["both", None].persons * times if ("both", None) in cells else None


def _joined(spans: list[Span], low: int) -> list[Span] | None:
    """The narrowest spans that follow one another from an age to an open end: 0, 1-4, 5-9 ... before 0-14."""
    for span in sorted((s for s in spans if s[0] == low), key=lambda s: s[1] or 999):
        rest = [] if span[1] is None else _joined(spans, span[1])
        if rest is not None:
            return [span, *rest]
    return None
