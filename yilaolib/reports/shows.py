"""What a report cell shows: figures with alternative text, tables with captions, sentences, headings.

Every text is escaped, so a name from a table can hold any character. Numbers are rounded here and nowhere
before. `set_display` is called once at the top of a notebook; figures and tables are numbered as they come.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from IPython.display import HTML

from ..errors import DataError
from .htmltable import Format, plain_frame, table_html, write_csv
from .numbering import WORDS, Links, forget, numbered, refer, references, settings
from .pictures import picture

SHORT_TABLE = 12  # rows


def show_figure(
    figure,
    *,
    key: str,
    caption: str,
    alt: str,
    table: pd.DataFrame | pd.Series | None = None,
    formats: Mapping[str, Format] | None = None,
    missing: Mapping[str, str | Sequence[str]] | None = None,
    units: Mapping[str, str] | None = None,
    number: int | None = None,
    links: Links | None = None,
    lang: str | None = None,
    tables_dir: str | os.PathLike | None = None,
) -> HTML:
    """Show a matplotlib figure once, with caption, alternative text and, one click away, its table.

    The figure is closed, so that Jupyter does not show it a second time: draw it anew to change it.

    Parameters
    ----------
    figure : Figure, Axes, array of Axes or seaborn grid
        What to draw, at its own size [inches].
    key : str
        Name of the figure in links and files: letters, digits, `-` and `_`.
    caption : str
        Text under the figure; its number is put before it.
    alt : str
        The finding in a sentence, for those who do not see the figure.
    table : DataFrame or Series, optional
        The values that are drawn; also written as `<tables_dir>/<key>.csv`.
    formats, missing, units, links
        Of that table; see `show_table`.
    number : int, optional
        Number of the figure; by default the order of first showing.
    lang, tables_dir : optional
        Instead of what `set_display` set.

    Returns
    -------
    IPython.display.HTML
        A `figure` element whose id is `fig-<key>`.

    Raises
    ------
    DataError
        When `key` is not such a name or `alt` is empty.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure(figsize=(2, 1)).add_subplot()
    >>> shown = show_figure(ax, key="beds", caption="Beds", alt="Beds rise.", lang="en", number=1)
    >>> "<figcaption><b>Figure 1</b> Beds</figcaption>" in shown.data
    True
    """
    _check_key(key)
    if not alt.strip():
        raise DataError(f"Figure {key!r} has no alternative text. Say in alt= what the figure shows.")
    lang = lang or settings["lang"]
    parts = [
        f'<figure id="fig-{key}">',
        # On a phone it scrolls in its box, so the box must be reachable by keyboard and have a name.
        f'<div class="picture" tabindex="0" role="group" aria-label="{numbered("figure", key, lang, number)}">',
        f"{picture(figure, alt)}</div>",
        f"<figcaption>{_caption('figure', key, caption, number, lang)}</figcaption>",
    ]
    if table is not None:
        body = _table(table, "figure", key, "", formats, missing, lang, tables_dir, links, units=units)
        parts.append(f"<details><summary>{WORDS[lang]['data']}</summary>{body}</details>")
    return HTML("".join([*parts, "</figure>"]))


def show_table(
    frame: pd.DataFrame | pd.Series,
    *,
    key: str,
    caption: str,
    formats: Mapping[str, Format] | None = None,
    missing: Mapping[str, str | Sequence[str]] | None = None,
    units: Mapping[str, str] | None = None,
    number: int | None = None,
    links: Links | None = None,
    row_ids: Sequence[str] | None = None,
    lang: str | None = None,
    tables_dir: str | os.PathLike | None = None,
) -> HTML:
    """Show a table with a caption, and write its raw values as CSV.

    A missing value is printed as 未公布 (not published), never 0. A named index becomes row headings.

    Parameters
    ----------
    frame : DataFrame or Series
        The table; its column names are printed as they are.
    key : str
        Name of the table in links and files: letters, digits, `-` and `_`.
    caption : str
        Text above the table; its number is put before it.
    formats : mapping of column to format, optional
        A format such as ``",.1f"``, or a function of one value; by default as many decimals as the size needs.
    missing : mapping of column to text, optional
        What a missing value of that column is printed as, for instance ``{"note": ""}``; a list has a text a row.
    units : mapping of column to text, optional
        Unit of a column whose heading does not say it; shown in CSV and Excel, where no caption is near.
    links : mapping of column to list, optional
        What on the page each cell leads to: an id, or a list of (id, text) for marks after the cell, or None.
    row_ids : list of str, optional
        Ids of the rows for such links; a last column then leads back to the figures and tables that use the row.
    number, lang, tables_dir : optional
        As in `show_figure`.

    Returns
    -------
    IPython.display.HTML
        A table whose id is `tab-<key>`.

    Raises
    ------
    DataError
        When `key` is not such a name, or `formats`, `missing` or `units` name a column that is not there.

    Examples
    --------
    >>> beds = pd.DataFrame({"year": [2020, 2025], "beds": [4059.0, None]})
    >>> shown = show_table(beds, key="beds", caption="Beds", lang="en", number=1)
    >>> '<td class="num">2025</td><td class="none num">not published</td>' in shown.data
    True
    """
    _check_key(key)
    lang = lang or settings["lang"]
    head = f"<caption>{_caption('table', key, caption, number, lang)}</caption>"
    body = _table(frame, "table", key, head, formats, missing, lang, tables_dir, links, row_ids, units)
    # Wide tables scroll on a phone, so the box must be reachable by keyboard and have a name.
    label = html.escape(caption)
    short = " short" if len(frame) <= SHORT_TABLE else ""  # is printed on one page
    return HTML(
        f'<div class="table{short}" id="tab-{key}" tabindex="0" role="region" aria-label="{label}">{body}</div>'
    )


def show_text(sentences: str | Iterable[str]) -> HTML:
    """Show one sentence as a paragraph, several as a list of key lines.

    Examples
    --------
    >>> show_text(["60+ < 30 %", "Beds rise."]).data
    '<ul class="key-lines"><li>60+ &lt; 30 %</li><li>Beds rise.</li></ul>'
    """
    if isinstance(sentences, str):
        return HTML(f"<p>{html.escape(sentences)}</p>")
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    return HTML(f'<ul class="key-lines">{items}</ul>')


def show_cover(title: str, subtitle: str, items: Mapping[str, str], *, badge: str = "") -> HTML:
    """Show the title of a report with the lines of its cover; `yilao report` puts them on a page of their own.

    Parameters
    ----------
    title, subtitle : str
        What the report is called, and what it is about.
    items : mapping of name to text
        The lines of the cover, such as the plan and the base of the population.
    badge : str, optional
        A warning that stands out, such as that a plan is a draft.

    Returns
    -------
    IPython.display.HTML
        A heading of level 1 and a `div` of class `cover`.

    Examples
    --------
    >>> show_cover("Beds", "Jingdezhen", {"base": "census"}).data
    '<h1>Beds</h1><div class="cover"><p class="subtitle">Jingdezhen</p><dl><dt>base</dt><dd>census</dd></dl></div>'
    """
    mark = f'<p class="badge">{html.escape(badge)}</p>' if badge else ""
    lines = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in items.items())
    return HTML(
        f'<h1>{html.escape(title)}</h1><div class="cover"><p class="subtitle">{html.escape(subtitle)}</p>'
        f"{mark}<dl>{lines}</dl></div>"
    )


def show_heading(text: str, level: int = 2) -> HTML:
    """Show a heading whose words come from data or depend on the language; level 2 enters the contents list.

    Examples
    --------
    >>> show_heading("养老床位").data
    '<h2>养老床位</h2>'
    """
    return HTML(f"<h{int(level)}>{html.escape(text)}</h{int(level)}>")


def _check_key(key: str) -> None:
    # Keys become file names and ids, so nothing in them may leave the folder or the attribute.
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", key):
        raise DataError(f"key must be letters, digits, '-' and '_'; it is {key!r}.")


def _caption(kind: str, key: str, caption: str, number: int | None, lang: str) -> str:
    return f"<b>{numbered(kind, key, lang, number)}</b> {html.escape(caption)}"


def _table(frame, kind, key, head, formats, missing, lang, tables_dir, links=None, row_ids=None, units=None) -> str:
    plain = plain_frame(frame)
    forget(kind, key)
    marked = {
        column: [_with_anchor(target, kind, key, lang) for target in targets]
        for column, targets in (links or {}).items()
    }
    back = None if row_ids is None else (WORDS[lang]["used"], [_back(name, lang) for name in row_ids])
    body = table_html(plain, head, formats or {}, missing or {}, lang, marked, row_ids, back, units)
    if folder := settings["tables_dir"] if tables_dir is None else tables_dir:
        write_csv(plain, key, folder, units, lang)
    return body


def _with_anchor(target, kind: str, key: str, lang: str) -> list[tuple[str, str, str, str]]:
    """Return (id that is linked to, id of the link, text or "" for the cell's own, its name) of a cell's links."""
    if target is None:
        return []
    pairs = [(target, "")] if isinstance(target, str) else target
    name = WORDS[lang]["row"]
    return [(to, refer(to, kind, key), text, f"{name} {text}" if text else "") for to, text in pairs]


def _back(target: str, lang: str) -> str:
    """Links from a source row to where the report uses it."""
    found = references(target, lang)
    return WORDS[lang]["comma"].join(f'<a href="#{anchor}">{html.escape(text)}</a>' for anchor, text in found)
