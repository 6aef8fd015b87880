"""A table as HTML for people and as CSV for programs: rounded and escaped in the one, raw in the other."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..tables.printed import with_minus
from ..tables.schema import escaped
from .whole import write_whole

MISSING = {"zh": "未公布", "en": "not published"}
YES_NO = {"zh": {True: "是", False: "否"}, "en": {True: "yes", False: "no"}}

SHORT = 9  # characters
CHINESE, ENGLISH = re.compile("[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]{2,}")  # a character, a word
LONG_ID = re.compile(r"[\w.-]{20,}", flags=re.ASCII)
YEAR = r"(19|20|21)\d\d"
NUMERAL = r"[-−]?\d[\d,]*(\.\d+)?"

Format = str | Callable[[object], str]


def plain_frame(frame: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Return a frame whose index, if it has names, is row headings, and is of no interest otherwise."""
    if isinstance(frame, pd.Series):
        frame = frame.to_frame(frame.name if frame.name is not None else "value")
    return frame.reset_index(drop=True) if all(name is None for name in frame.index.names) else frame


def table_html(
    frame: pd.DataFrame,
    head: str,
    formats: Mapping[str, Format],
    missing: Mapping[str, str | Sequence[str]],
    lang: str,
    links: Mapping[str, Sequence[Sequence[tuple[str, str, str, str]]]] | None = None,
    row_ids: Sequence[str] | None = None,
    more: tuple[str, Sequence[str]] | None = None,
    units: Mapping[str, str] | None = None,
) -> str:
    """Return a table element: `head` (a caption element) first, numbers to the right, scopes on headings.

    `links` gives for each cell of a column its links: id that is linked to, id of the link, text ("" for the cell's
    own), name for those who hear it. `row_ids` are the ids of the rows, `more` a last column that is HTML already.
    `units` are not shown: captions say them to readers, and these stay with the columns for Excel.
    """
    n_headings = 0 if all(name is None for name in frame.index.names) else frame.index.nlevels
    cells = frame.reset_index() if n_headings else frame
    units = units or {}
    for option, mapping in (("formats", formats), ("missing", missing), ("units", units)):
        if unknown := [column for column in mapping if column not in cells.columns]:
            raise DataError(f"{option} names {unknown}, but the columns are {list(cells.columns)}.")
    columns = [
        _cells(column, formats.get(name), missing.get(name, MISSING[lang]), lang) for name, column in cells.items()
    ]
    for place, name in enumerate(cells.columns):
        if links is not None and name in links:
            columns[place] = [_linked(cell, to) for cell, to in zip(columns[place], links[name], strict=True)]
    title = "".join(
        f'<th scope="col"{_css(_is_numeric(column) or _looks_numeric(column, lang))}{_unit(units.get(name))}>'
        f"{html.escape(str(name))}</th>"
        for name, column in cells.items()
    )
    if more is not None:
        title += f'<th scope="col">{html.escape(more[0])}</th>'
        columns.append([(text, "") for text in more[1]])
    rows = []
    for position, row in enumerate(zip(*columns, strict=True)):
        tags = [f'<th scope="row"{css}>{text}</th>' for text, css in row[:n_headings]]
        tags += [f"<td{css}>{text}</td>" for text, css in row[n_headings:]]
        mark = f' id="{html.escape(row_ids[position])}"' if row_ids is not None else ""
        rows.append(f"<tr{mark}>{''.join(tags)}</tr>")
    return f"<table>{head}<thead><tr>{title}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _unit(unit: str | None) -> str:
    return f' data-unit="{html.escape(unit)}"' if unit else ""


def _linked(cell: tuple[str, str], links: Sequence[tuple[str, str, str, str]]) -> tuple[str, str]:
    """A cell that is itself a link, or has the marks of its links after it."""
    text, css = cell
    own = [link for link in links if not link[2]]
    if own and text:
        text = _anchor(*own[0][:2], text)
    marks = [_anchor(to, anchor, html.escape(mark), name) for to, anchor, mark, name in links if mark]
    return f'{text}<sup class="marks">{" ".join(marks)}</sup>' if marks else text, css


def _anchor(target: str, anchor: str, text: str, name: str = "") -> str:
    label = f' aria-label="{html.escape(name)}"' if name else ""
    return f'<a id="{html.escape(anchor)}" href="#{html.escape(target)}"{label}>{text}</a>'


def write_csv(
    frame: pd.DataFrame, key: str, folder: str | os.PathLike, units: Mapping[str, str] | None = None, lang: str = "zh"
) -> None:
    """Write the raw values as `<folder>/<key>.csv`, the units of columns in their headings."""
    has_headings = any(name is not None for name in frame.index.names)
    form = {"zh": "{}（{}）", "en": "{} ({})"}[lang]
    headings = {column: form.format(column, unit) for column, unit in (units or {}).items()}
    safe = no_formulas(frame.reset_index() if has_headings else frame).rename(columns=headings)
    target = Path(folder) / f"{key}.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    # Excel reads Chinese only with the mark of utf-8-sig.
    write_whole(target, lambda path: safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n"))


def _cells(column: pd.Series, form: Format | None, missing: str | Sequence[str], lang: str) -> list[tuple[str, str]]:
    """Return (text, class attribute) of every cell of a column; `missing` is one text, or one for each row."""
    form = form if form is not None else _default_format(column)
    to_the_right = _is_numeric(column) or _looks_numeric(column, lang)
    empty = ' class="none num"' if to_the_right else ' class="none"'
    cells = []
    words = [missing] * len(column) if isinstance(missing, str) else missing
    for value, word in zip(column, words, strict=True):
        if pd.isna(value):
            cells.append((html.escape(word), empty))
        elif isinstance(value, bool | np.bool_) and not callable(form):
            cells.append((YES_NO[lang][bool(value)], ""))
        else:
            is_number = isinstance(value, int | float | np.number)
            text = _written(value, form, is_number)
            shown = html.escape(text)
            if LONG_ID.fullmatch(text):  # of the data: broken at its dots and lines, or it would be as wide as a page
                shown = re.sub(r"([._])", r"\1<wbr>", shown)
            cells.append((shown, _css(is_number or to_the_right) or _foreign(text, lang)))
    if all(len(html.unescape(text)) <= SHORT for text, _ in cells):  # a column of words is not broken within one
        cells = [(text, css or ' class="word"') for text, css in cells]
    return cells


def _foreign(text: str, lang: str) -> str:
    """The attribute of a text that is mostly not in the language of the page, so that it is read out as what it is."""
    chinese, english = len(CHINESE.findall(text)), len(ENGLISH.findall(text))
    if lang == "en":
        return ' lang="zh-CN"' if chinese > english else ""
    return ' lang="en"' if english > chinese and english > 1 else ""


def _looks_numeric(column: pd.Series, lang: str) -> bool:
    """Whether a column of texts is one of numbers, dashes and missing values."""
    if _is_numeric(column) or not len(column):
        return False
    texts = column.dropna().astype(str)
    if texts[texts.str.fullmatch(NUMERAL)].str.fullmatch(YEAR).all():  # years among words are words
        return False
    fits = texts.isin(["–", MISSING[lang]]) | texts.str.fullmatch(NUMERAL)
    return bool(fits.all() and texts.str.fullmatch(NUMERAL).any())


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _css(is_number: bool) -> str:
    return ' class="num"' if is_number else ""


def _written(value: Any, form: Format, is_number: bool) -> str:
    if callable(form):
        return form(value)
    if not is_number:
        return str(value)
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    return with_minus(format(value, form))


def _default_format(column: pd.Series) -> str:
    """Return whole numbers whole, years without separators, others with decimals by their size."""
    present = (value for value in column if isinstance(value, int | float | np.number) and not pd.isna(value))
    numbers = pd.Series(present, dtype="float64")
    if numbers.empty or (numbers % 1 == 0).all():
        named_year = re.search(r"\byear\b|年份?$|年度$", str(column.name), flags=re.IGNORECASE)
        return ".0f" if named_year and numbers.between(1900, 2200).all() else ",.0f"
    largest = numbers.abs().max()
    return ",.0f" if largest >= 1000 else ",.1f" if largest >= 10 else ",.2f"


def no_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose texts and headings no program for spreadsheets runs as a formula, or takes for two rows."""
    return frame.map(_plain).rename(columns=_plain)


def _plain(value: object) -> object:
    # csv leaves a lone \r unquoted, and readers take it for a new row
    return escaped(re.sub(r"\r\n?", "\n", value)) if isinstance(value, str) else value
