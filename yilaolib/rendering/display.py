"""What a report cell shows: figures with alternative text, tables with captions, sentences, headings.

Every text is escaped, so a name from a table can hold any character. Numbers are rounded here and nowhere
before. `set_display` is called once at the top of a notebook; figures and tables are numbered as they come.
"""

from __future__ import annotations

import base64
import html
import io
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import HTML

from ..core.errors import DataError
from .htmltable import Format, plain_frame, table_html, write_csv
from .whole import write_whole

WORDS = {
    "zh": {"figure": "图", "table": "表", "data": "图中数据"},
    "en": {"figure": "Figure", "table": "Table", "data": "Data of this figure"},
}
DPI = 144
CSS_PIXELS_PER_INCH = 96

_settings = {"lang": "zh", "tables_dir": ""}
_numbers: dict[str, list[str]] = {"figure": [], "table": []}


def set_display(*, lang: str = "zh", tables_dir: str | os.PathLike = "") -> None:
    """Set the language and the folder for CSV files of all that follows, and number from 1 again.

    Parameters
    ----------
    lang : {"zh", "en"}
        Language of the words that this module adds (图 1, 未公布).
    tables_dir : str or path
        Folder for one CSV file a table; empty = none are written.

    Examples
    --------
    >>> set_display(lang="en")
    """
    if lang not in WORDS:
        raise DataError(f"lang must be 'zh' or 'en'; it is {lang!r}.")
    _settings.update(lang=lang, tables_dir=os.fspath(tables_dir))
    for keys in _numbers.values():
        keys.clear()


def show_figure(
    figure,
    *,
    key: str,
    caption: str,
    alt: str,
    table: pd.DataFrame | pd.Series | None = None,
    formats: Mapping[str, Format] | None = None,
    missing: Mapping[str, str] | None = None,
    number: int | None = None,
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
    formats, missing
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
    lang = lang or _settings["lang"]
    png, width, height = _png(figure)
    parts = [
        f'<figure id="fig-{key}">',
        f'<img alt="{html.escape(alt)}" width="{width}" height="{height}"',
        f' src="data:image/png;base64,{base64.b64encode(png).decode()}">',
        f"<figcaption>{_numbered('figure', key, caption, number, lang)}</figcaption>",
    ]
    if table is not None:
        body = _table(table, key, "", formats, missing, lang, tables_dir)
        parts.append(f"<details><summary>{WORDS[lang]['data']}</summary>{body}</details>")
    return HTML("".join([*parts, "</figure>"]))


def show_table(
    frame: pd.DataFrame | pd.Series,
    *,
    key: str,
    caption: str,
    formats: Mapping[str, Format] | None = None,
    missing: Mapping[str, str] | None = None,
    number: int | None = None,
    links: Mapping[str, Sequence[str | None]] | None = None,
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
        What a missing value of that column is printed as, for instance ``{"note": ""}``.
    links, row_ids : optional
        Ids on the page that the cells of a column lead to (or None), and ids of the rows for such links.
    number, lang, tables_dir : optional
        As in `show_figure`.

    Returns
    -------
    IPython.display.HTML
        A table whose id is `tab-<key>`.

    Raises
    ------
    DataError
        When `key` is not such a name, or `formats` or `missing` name a column that is not there.

    Examples
    --------
    >>> beds = pd.DataFrame({"year": [2020, 2025], "beds": [4059.0, None]})
    >>> shown = show_table(beds, key="beds", caption="Beds", lang="en", number=1)
    >>> '<td class="num">2025</td><td class="none num">not published</td>' in shown.data
    True
    """
    _check_key(key)
    lang = lang or _settings["lang"]
    head = f"<caption>{_numbered('table', key, caption, number, lang)}</caption>"
    body = _table(frame, key, head, formats, missing, lang, tables_dir, links, row_ids)
    # Wide tables scroll on a phone, so the box must be reachable by keyboard and have a name.
    label = html.escape(caption)
    return HTML(f'<div class="table" id="tab-{key}" tabindex="0" role="region" aria-label="{label}">{body}</div>')


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


def show_heading(text: str, level: int = 2) -> HTML:
    """Show a heading whose words come from data or depend on the language; level 2 enters the contents list.

    Examples
    --------
    >>> show_heading("养老床位").data
    '<h2>养老床位</h2>'
    """
    return HTML(f"<h{int(level)}>{html.escape(text)}</h{int(level)}>")


def save_results(results: Mapping[str, object], *, tables_dir: str | os.PathLike | None = None) -> None:
    """Save a report's main results as `<tables_dir>/results.json`, for lists across areas; shows nothing.

    A batch puts them into results.csv. Its index page sorts by `ageing_stage`, `share_60_pct` [percent], `bed_gap`,
    `place_gap` [beds, places; 0 or more], `bed_coverage_pct` and `place_coverage_pct` [percent]. What is not published
    is None, never 0.

    Parameters
    ----------
    results : mapping of name to value
        Numbers, texts, True or False, None; the names are small letters, digits and `_`.
    tables_dir : path, optional
        Instead of what `set_display` set; without a folder nothing is saved.

    Raises
    ------
    DataError
        A name or a value of another kind.

    Examples
    --------
    >>> save_results({"share_60_pct": 21.1, "bed_gap": None})
    """
    plain = {name: _plain_value(name, value) for name, value in results.items()}
    if folder := _settings["tables_dir"] if tables_dir is None else tables_dir:
        target = Path(folder) / "results.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, json.dumps(plain, ensure_ascii=False, indent=1))


def _plain_value(name: object, value: object) -> object:
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise DataError(f"The name of a result must be small letters, digits and '_'; it is {name!r}.")
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if not isinstance(value, str | int | float):
        kind = type(value).__name__
        raise DataError(f"The result {name!r} must be a number, a text, True, False or None; it is a {kind}.")
    return value


def _check_key(key: str) -> None:
    # Keys become file names and ids, so nothing in them may leave the folder or the attribute.
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", key):
        raise DataError(f"key must be letters, digits, '-' and '_'; it is {key!r}.")


def _numbered(kind: str, key: str, caption: str, number: int | None, lang: str) -> str:
    # A cell that is run again keeps its number.
    keys = _numbers[kind]
    if number is None:
        if key not in keys:
            keys.append(key)
        number = keys.index(key) + 1
    return f"<b>{WORDS[lang][kind]} {number}</b> {html.escape(caption)}"


def _table(frame, key, head, formats, missing, lang, tables_dir, links=None, row_ids=None) -> str:
    plain = plain_frame(frame)
    body = table_html(plain, head, formats or {}, missing or {}, lang, links, row_ids)
    if folder := _settings["tables_dir"] if tables_dir is None else tables_dir:
        write_csv(plain, key, folder)
    return body


def _png(figure) -> tuple[bytes, int, int]:
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    if isinstance(figure, np.ndarray):
        figure = figure.flat[0]
    while getattr(figure, "figure", figure) is not figure:  # Axes, subfigures and grids know their figure
        figure = figure.figure
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # once; savefig would draw a figure with a layout engine twice, and matplotlib-inline as well
    plt.close(figure)
    # 256 colours are a third of the bytes, and house figures have fewer than that but for smoothed edges.
    image, small = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"), io.BytesIO()
    image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(small, format="png")
    scale = CSS_PIXELS_PER_INCH / DPI
    return small.getvalue(), round(image.width * scale), round(image.height * scale)
