"""What a report shows: a cover, headings, sentences, figures and tables, numbered, in one language.

Each thing that is shown is a *piece*: plain JSON (numbers as numbers) beside the HTML that JupyterLab shows. The page,
PDF, Word and Excel are written from pieces. Rounding happens here and nowhere before; all that is shown is escaped.
"""

from __future__ import annotations

import base64
import csv
import functools
import io
import itertools
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from ..errors import nearest, refusal
from ..tables.schema import escaped
from ..texts import Catalogue, catalogue, minus
from .files import write_whole

MIME = "application/vnd.yilaolib.piece+json"
TEMPLATES = Path(__file__).parents[1] / "templates"
DPI = 160  # of PNG: five dots to three CSS pixels, sharp on a telephone and in print
MOST_SVG = 60_000  # characters
# The font that figures were measured with, as the library and a page call it; else one of the reader's.
FAMILIES = "Noto Sans SC Yilao, Yilao Page, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
DECIMALS = re.compile(r"((?<![\d.])-?[1-9]\d*\.\d)\d+")
SPARED = re.compile(r" transform=\"rotate\(-0 [^\"]*\"|font-family: 'Noto Sans SC Yilao'; |text-anchor: start; ")
OPTIONS = ("heads", "words", "texts", "units", "formats", "links", "blanks")  # of a table, by column
CALC = ["key", "formula"]  # of a table that Excel computes: a name of each row; what gives its value, or "input"
YEAR, NUMERAL = re.compile(r"(19|20|21)\d\d"), re.compile(r"[-−]?\d[\d,]*(\.\d+)?")

Piece = dict[str, Any]
Picture = dict[str, str]  # by type, as in a notebook
HTML, SVG, PNG, XMLNS = "text/html", "image/svg+xml", "image/png", "http://www.w3.org/2000/svg"


class Report:
    """One report in one language: shows things, numbers them, and knows what has been shown.

    `lang` is `zh`, `en`, or the path of a catalogue of your own (a TOML file with the keys of `texts/en.toml`);
    `tables_dir` a folder for one CSV file a table and for `results.json`, empty for none.

    >>> page = Report("en")
    >>> page.table(pd.DataFrame({"year": [2025, 2030], "beds": [4059.0, None]}), caption="Beds")
    >>> piece, _ = page.pieces[-1]
    >>> piece["label"], [[cell["text"] for cell in row] for row in piece["rows"]]
    ('Table 1', [['2025', '4,059'], ['2030', 'not published']])
    """

    def __init__(self, lang: str = "zh", *, tables_dir: str | os.PathLike = "") -> None:
        self.words = catalogue(lang)  # `page.words.named(frame)`
        self.tables_dir = os.fspath(tables_dir)
        self.known: dict[str, Any] = {}
        self.pieces: list[tuple[Piece, Picture | None]] = []  # what has been shown, and its picture
        self._numbered: dict[str, list[str]] = {"figure": [], "table": []}
        self._targets: dict[str, tuple[str, str]] = {}  # id in the tables: (id on the page, number of the row)
        self._references: dict[str, dict[str, str]] = {}  # id on the page: label of what refers to it, id of the link

    def know(self, **values: Any) -> None:
        """Keep values that all templates may use from now on.

        Three names are special: `missing` is what tables show for a missing value; `rows` (a frame with `observation`)
        and `documents` (with `source`) are the tables that links lead to; other links are left out.
        """
        self.known |= values
        for name, column, prefix in (("rows", "observation", "row"), ("documents", "source", "source")):
            for number, one in enumerate(values[name][column] if name in values else (), start=1):
                self._targets[one] = (f"{prefix}-{number}", str(number))

    def text(self, key: str, **values: Any) -> str:
        """Return a text of the catalogue, such as the name of a line for the function that draws it."""
        return self._say(self.words.word(key), values)

    def note(self, key: str, **values: Any) -> str:
        """Return the note of a figure, for the function that draws it; an empty text when it has none."""
        return self._say(_entry(self.words, "figure", key).get("note", ""), values)

    def cover(self, key: str = "report.cover", **values: Any) -> None:
        """Show what a reader takes home, from the catalogue: title, numbers (name, value, note) and sentences.

        The lines of the entry (name, text) say whose report it is and end the page; those without a text are left out.
        """
        entry = self.words.find(key)
        texts = {name: self._say(entry.get(name, ""), values) for name in ("title", "subtitle", "badge")}
        lines = {
            each: [[self._say(t, values) for t in line] for line in entry.get(each, [])]
            for each in ("lines", "numbers")
        }
        message = [self._say(text, values) for text in entry.get("message", [])]
        items = [line for line in lines["lines"] if line[1]]
        self._show({"kind": "cover", **texts, "numbers": lines["numbers"], "lines": message, "items": items})

    def heading(self, text: str, *, level: int = 2, **values: Any) -> None:
        """Show a heading: a key of the catalogue, or else the text itself. Level 2 enters the contents list."""
        entry = _entry(self.words, "report.headings", text)
        shown = self._say(entry, values) if isinstance(entry, str) else text
        self._show({"kind": "heading", "level": int(level), "text": shown})

    def say(self, text: str | Sequence[str], **values: Any) -> None:
        """Show a sentence as a paragraph, or several as key lines: a key of the catalogue, or the text itself."""
        entry = _entry(self.words, "report.sentences", text) if isinstance(text, str) else None
        if entry is None and isinstance(text, str) and re.fullmatch(r"[a-z][a-z0-9_.]*", text):
            near = nearest(text, self.words.find("report.sentences", {}))
            raise refusal("errors.reports.no_sentence", text=text, near=near)
        said = text if entry is None else entry
        lines = [said] if isinstance(said, str) else said
        told = lines if entry is None else "\n".join(self._say(line, values) for line in lines).splitlines()
        if lines := list(filter(None, told)):
            self._show({"kind": "text", "lines": lines, "list": not isinstance(said, str)})

    def table(self, key, frame=None, *, caption: str = "", spec: Mapping[str, Any] | None = None, **values) -> None:
        """Show a table, and write its raw values as `<tables_dir>/<key>.csv`; a missing value is 未公布, never 0.

        key : str, optional; the entry `[table.<key>]` of the catalogue. Without one, `page.table(frame, caption=...)`,
            the headings are the columns and nothing is looked up
        frame : DataFrame or Series of numbers, codes, ids; a named index becomes row headings
        caption : str; text above the table, instead of the entry's
        spec : mapping; what an entry may say. By column: `heads`, `words` (codes), `texts` (a template of the `row`),
            `units`, `formats` (``",.1f"``), `links` (column of ids), `blanks` (what a missing value is shown as: a
            template of the `row`, or the column that says it). And `columns` (which, in order; ``step?`` where the
            frame has it), `row_ids` (ids that links lead to; a last column then leads back), `fold` (on a click),
            `calc` (True: only the workbook shows it, where the `formula` of a row, such as "{people} * {norm}", gives
            its `value` from those of other rows by their `key`; "input" is for the reader to change)
        **values : for the templates, besides those of `know`

        >>> page = Report("en")
        >>> page.table(pd.DataFrame({"share": [16.634]}), caption="Share", spec={"formats": {"share": ".2f"}})
        >>> page.pieces[-1][0]["rows"][0][0]["text"]
        '16.63'
        """
        key, frame = (key, frame) if isinstance(key, str) else (None, key)
        if frame is None:
            raise refusal("errors.reports.no_table", key=key)
        self._show(self._table(frame, "table", *self._entry_of("table", key, caption, spec, values), values))

    def figure(
        self, key, figure=None, *, table=None, caption="", alt="", spec: Mapping[str, Any] | None = None, **values
    ) -> None:
        """Show a matplotlib figure with caption, alternative text and, one click away, the table behind it.

        The figure is closed, so that Jupyter does not show it a second time: draw it anew to change it.

        key : str, optional; the entry `[figure.<key>]`; without one, `page.figure(ax, caption=..., alt=...)`
        figure : Figure, Axes, array of Axes or seaborn grid, at its own size [inches]
        table, spec : the raw values that are drawn, and of them what an entry says of a table
        caption, alt : str; text under the figure; the finding in a sentence, for those who do not see it (needed)

        >>> import matplotlib.pyplot as plt
        >>> page = Report("en")
        >>> page.figure(plt.figure(figsize=(2, 1)), caption="Beds", alt="Beds rise.")
        >>> page.pieces[-1][0]["label"], page.pieces[-1][0]["width"]
        ('Figure 1', 192)
        """
        key, figure = (key, figure) if isinstance(key, str) else (None, key)
        if figure is None:
            raise refusal("errors.reports.no_figure", key=key)
        spec, name, caption = self._entry_of("figure", key, caption, spec, values)
        alt = alt or self._say(spec.get("alt", ""), values)
        if not alt.strip():
            raise refusal("errors.reports.no_alt", name=name)
        behind = None if table is None else self._table(table, "figure", spec, name, caption, values)
        picture, width, height = picture_of(figure, name)
        piece = {"kind": "figure", "key": name, "label": self._label("figure", name), "caption": caption, "alt": alt}
        self._show({**piece, "width": width, "height": height, "table": behind}, picture)

    def save_results(self, **results: Any) -> None:
        """Save the main results as `<tables_dir>/results.json`, for results.csv and the index of a batch.

        The index shows `ageing_stage`, `share_60_pct`, `bed_gap`, `place_gap` [below 0 is a surplus],
        `bed_coverage_pct`, `place_coverage_pct`. What is not published is None, never 0.
        """
        found = pd.Series(results, dtype=object).replace([np.inf, -np.inf], None)
        plain = found.where(found.notna(), None).to_dict()
        text = json.dumps(plain, default=lambda number: number.item(), ensure_ascii=False, indent=1)
        if self.tables_dir:
            Path(self.tables_dir).mkdir(parents=True, exist_ok=True)
            write_whole(Path(self.tables_dir) / "results.json", text)

    def _say(self, template: str, values: Mapping[str, Any]) -> str:
        return self.words.fill(template, **{**self.known, **values})

    def _label(self, kind: str, key: str) -> str:
        """Return "图 1" or "Table 2": the number of the first showing, so that a cell run again keeps it."""
        keys = self._numbered[kind]
        if key not in keys:
            keys.append(key)
        return f"{self.words.word(f'page.{kind}')} {keys.index(key) + 1}"

    def _entry_of(self, kind: str, key: str | None, caption: str, spec: Mapping | None, values: Mapping):
        """Return (what the catalogue says of a table or figure, its name in files and links, its caption)."""
        if key is None:
            own = sum(name.startswith("own-") for name in self._numbered[kind]) + 1
            return dict(spec or {}), f"own-{kind}-{own}", caption
        entry = _entry(self.words, kind, key)
        if not isinstance(entry, Mapping):
            near = nearest(key, self.words.find(kind, {}))
            raise refusal("errors.reports.no_entry", kind=kind, key=key, near=near)
        templates = {**self.words.find("columns", {}), **entry.get("heads", {})}
        full = {**entry, "heads": {}, **(spec or {}), "templates": templates}
        return full, re.sub(r"\W|_", "-", key), caption or self._say(entry.get("caption", ""), values)

    def _table(self, frame, kind: str, spec: Mapping, key: str, caption: str, values: Mapping) -> Piece:
        """Return the piece of a table (also of the one behind a figure), and write its CSV."""
        label = self._label(kind, key)
        for found in self._references.values():  # a cell run again
            found.pop(label, None)
        levels, raw = _with_headings(frame)
        wanted = {str(name).removesuffix("?"): str(name).endswith("?") for name in spec.get("columns", [])}
        names = [name for name, optional in wanted.items() if not optional or name in raw] or list(raw.columns)
        of_rows = [{**values, "row": row} for row in raw.to_dict("records")] if {"texts", "blanks"} & {*spec} else []
        series = {name: self._column(raw, name, spec, of_rows) for name in names}
        for option in OPTIONS:
            if unknown := [name for name in spec.get(option, {}) if name not in series and name not in wanted]:
                raise refusal("errors.reports.option", option=option, unknown=unknown, key=key, names=names)
        columns, shown, count = [], [], itertools.count(1)
        for name, column in series.items():
            said = self._heading_of(name, column, spec, values, caption)
            blanks = self._blanks(raw, spec.get("blanks", {}).get(name), of_rows)
            cells = [self._cell(*each) for each in zip(column.tolist(), itertools.repeat(said["format"]), blanks)]
            for cell, links in zip(cells, self._links(raw, spec.get("links", {}).get(name)), strict=True):
                cell["links"] = [[target, text, f"ref-{key}-{next(count)}"] for target, text in links]
                for target, _, anchor in cell["links"]:
                    self._references.setdefault(target, {}).setdefault(label, anchor)
            columns.append(said)
            shown.append(cells)
        if self.tables_dir:
            self._write_csv(key, columns, [column.tolist() for column in series.values()])
        calc = raw[CALC].fillna("").to_dict("records") if spec.get("calc") else None
        piece = {"kind": "table", "key": key, "label": label, "caption": caption, "columns": columns, "calc": calc}
        piece |= {"n_headings": sum(name in levels for name in names), **self._back(raw, spec.get("row_ids"))}
        return piece | {"fold": spec.get("fold", False), "rows": [list(row) for row in zip(*shown, strict=True)]}

    def _heading_of(self, name: Any, column: pd.Series, spec: Mapping, values: Mapping, caption: str) -> Piece:
        """What a piece says of a column: heading, unit, format, and its label, with a unit that nothing else says."""
        template = spec.get("templates", {}).get(name)
        known = self._say(template, values) if isinstance(template, str) else str(name)
        head = str(spec.get("heads", {}).get(name, known))
        unit = spec.get("units", {}).get(name, "%" if head.endswith(("(%)", "（%）")) else "")
        unit = unit if pd.api.types.is_numeric_dtype(column) else ""
        form = spec.get("formats", {}).get(name) or default_format(column)
        label = head if unit.lower() in f"{head} {caption}".lower() else self._with_unit(head, unit)
        told = {"name": str(name), "head": head, "unit": unit, "label": label, "format": form}
        return told | {"numeric": self._is_right(column)}

    def _column(self, raw: pd.DataFrame, name: Any, spec: Mapping, of_rows: list[dict]) -> pd.Series:
        """Return a column as it is shown: `name_zh` or its like where there is one, codes as words, texts filled."""
        template, group = (spec.get(option, {}).get(name) for option in ("texts", "words"))
        if template is not None:
            return pd.Series([self._say(template, each) or None for each in of_rows], raw.index, dtype=object)
        known = name in raw and not ("templates" in spec and f"{name}_{self.words.names}" in raw)
        if not known and not any(str(each).startswith(f"{name}_") for each in raw):
            raise refusal("errors.reports.no_column", name=name, columns=[*map(str, raw)], near=nearest(name, raw))
        column = raw[name] if known else self.words.named(raw, name)
        return column if group is None else column.map(lambda code: self.words.coded(code, group), na_action="ignore")

    def _blanks(self, raw: pd.DataFrame, said: str | None, of_rows: list[dict]) -> Iterable[str]:
        """What a missing value of each row is shown as: not published, or what the entry says."""
        missing = self.known.get("missing", self.words.word("words.missing"))
        if said is not None and said in raw:
            return raw[said].fillna(missing)
        template = missing if said is None else said
        return [self._say(said, of_row) for of_row in of_rows] if said and "{" in said else [template] * len(raw)

    def _cell(self, value: Any, form: str, blank: str) -> Piece:
        if _lacks(value):
            return {"value": None, "text": blank, "links": []}
        value = value.item() if isinstance(value, np.generic) else value
        if isinstance(value, bool):
            return {"value": value, "text": self.words.word("words.yes" if value else "words.no"), "links": []}
        if isinstance(value, int | float) and np.isfinite(value):
            return {"value": value, "text": minus(format(value, form)), "links": []}
        if isinstance(value, float):
            value = "∞" if value > 0 else "−∞"  # JSON has no such number
        text = str(value)[:10] if isinstance(value, pd.Timestamp) else str(value)
        return {"value": text, "text": text, "links": []}

    def _links(self, raw: pd.DataFrame, ids: str | None) -> list[list[tuple[str, str]]]:
        """Return for each row what a cell leads to: (id on the page, "" or the number that is put after the cell)."""
        found = []
        for value in [None] * len(raw) if ids is None else raw[ids]:
            one = isinstance(value, str)
            names = [value] if one else value if isinstance(value, Iterable) else ()
            known = [self._targets[name] for name in names if name in self._targets]
            found.append([(target, "" if one else number) for target, number in known])
        return found

    def _back(self, raw: pd.DataFrame, ids: str | None) -> Piece:
        """Return the ids of the rows and, for each, the first link to it from each figure and table."""
        if ids is None:
            return {"row_ids": None, "back": None}
        names = [self._targets[one][0] for one in raw[ids]]
        back = [[[anchor, label] for label, anchor in self._references.get(name, {}).items()] for name in names]
        return {"row_ids": names, "back": back}

    def _is_right(self, column: pd.Series) -> bool:
        """Whether a column stands to the right: numbers, or texts of numbers, dashes and missing values."""
        if pd.api.types.is_numeric_dtype(column):
            return not pd.api.types.is_bool_dtype(column)
        texts = [str(value) for value in column.tolist() if not _lacks(value)]
        numerals = [text for text in texts if NUMERAL.fullmatch(text)]
        if all(map(YEAR.fullmatch, numerals)):  # years among words are words
            return False
        return {*texts} <= {*numerals, "–", self.words.word("words.missing"), self.known.get("missing")}

    def _write_csv(self, key: str, columns: list[Piece], values: list[list]) -> None:
        """Write the raw values, the units of columns in their headings."""
        heads = [self._with_unit(column["head"], column["unit"]) for column in columns]
        rows = [map(_plain_text, row) for row in [heads, *zip(*values, strict=True)]]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        Path(self.tables_dir).mkdir(parents=True, exist_ok=True)
        write_whole(Path(self.tables_dir) / f"{key}.csv", "\ufeff" + text.getvalue())  # or Excel reads no Chinese

    def _with_unit(self, head: str, unit: str) -> str:
        said = not unit or head.endswith((f"({unit})", f"（{unit}）"))
        return head if said else self.words.say("page.with_unit", name=head, unit=unit)

    def _show(self, piece: Piece, picture: Picture | None = None) -> None:
        self.pieces.append((piece, picture))
        if "IPython" in sys.modules:
            from IPython.core.interactiveshell import InteractiveShell
            from IPython.display import display

            if InteractiveShell.initialized():
                display(mime_bundle(piece, self.words, picture), raw=True)


def mime_bundle(piece: Piece, words: Catalogue, picture: Picture | None = None) -> dict[str, Any]:
    """Return what a notebook keeps of a piece: the piece, its HTML for JupyterLab, a line of text, and the picture."""
    plain = " ".join(piece[name] for name in ("label", "title", "caption", "text") if piece.get(name))
    told = {MIME: json.dumps(piece, default=str, ensure_ascii=False), "text/plain": plain, **(picture or {})}
    return told | {HTML: str(piece_html(piece, words, picture))}


def piece_html(piece: Piece, words: Catalogue, picture: Picture | None = None) -> Markup:
    """Return a piece as HTML."""
    svg, png = (Markup((picture or {}).get(kind, "")) for kind in (SVG, PNG))
    values = {"piece": piece, "word": words.word, "listed": words.listed, "svg": svg, "png": png}
    return Markup(page_templates().get_template("piece.html.j2").render(**values).strip())


@functools.cache
def page_templates() -> Environment:
    """Return the templates of pages; each is read once, so that a batch has one state of them."""
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, auto_reload=False)


def picture_of(figure, key: str) -> tuple[Picture, int, int]:
    """Return a figure as SVG (where that is large, as PNG) with its size in CSS pixels, and close it."""
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    from ..plots.style import Paper

    figure = figure.flat[0] if isinstance(figure, np.ndarray) else figure
    while getattr(figure, "figure", figure) is not figure:  # Axes, subfigures and grids know their figure
        figure = figure.figure
    figure.set_dpi(72)
    canvas, out, small, ends = FigureCanvasAgg(figure), io.StringIO(), io.BytesIO(), figure.bbox.size
    paper = Paper(ends[0], ends[1], out, key, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    if len(figure.axes) == 1 and figure.get_layout_engine() and not (figure.texts or figure.legends):
        (ax,) = figure.axes  # the engine would measure anew for each drawing
        figure.set_layout_engine("none")
        if not ax.get_ylabel():
            ax.yaxis.set_label_coords(0, 0.5)  # else a place is looked for
        ax.set_position([0.08, 0.1, 0.9, 0.8])
        texts, beyond = [text for text in ax.texts if text.get_visible() and text.get_text()], np.zeros(4)
        for parts, sides in ([ax], [1, 1, -1, -1]), (texts, [1, 0, -1, 0]):  # in a narrower frame they stick out more
            found = [box.extents for part in parts if (box := part.get_tightbbox(paper))]
            boxes = np.array([box for box in found if np.isfinite(box).all()]).reshape(-1, 4)  # not of what is clipped
            beyond = np.maximum(beyond, ((ax.bbox.extents - boxes) * sides).max(axis=0, initial=0))
            low, high = beyond.reshape(2, 2) + 3
            ax.set_position([*(low / ends), *((ends - low - high).clip(1) / ends)])
    figure.draw(paper)
    paper.finalize()
    width, height = (round(end / 0.75) for end in ends)  # a pixel is 3/4 of a point
    svg = _short(out.getvalue(), f'viewBox="0 0 {ends[0]:g} {ends[1]:g}" width="{width}" height="{height}"')
    picture = {SVG: svg} if len(svg) <= MOST_SVG and "<image" not in svg else {}
    if not picture:
        figure.set_dpi(DPI)
        canvas.draw()  # savefig would draw a figure with a layout engine twice, and matplotlib-inline as well
        # A quarter of the bytes of all colours, in a third of the time of the best palette.
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        few = image.quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.putpalette([255 if value == 254 else value for value in few.getpalette() or ()])  # white paper is white
        few.save(small, format="png", compress_level=6)
        picture[PNG] = base64.b64encode(small.getvalue()).decode()
    plt.close(figure)
    return picture, width, height


def _short(svg: str, size: str) -> str:
    """Return an SVG as it stands in a page: without what a browser does not need."""
    text = re.sub(r"(?s)<!--.*?-->", "", svg.partition("</defs>")[2].replace("xlink:href", "href"))
    text = re.sub(r"<[^>]*>", lambda tag: DECIMALS.sub(r"\1", SPARED.sub("", tag[0])).replace("\n", ""), text)
    text = re.sub(r' d="[^"CQ]*"', lambda path: path[0].replace(" L ", " "), re.sub(r">\s+<", "><", text))
    return f'<svg xmlns="{XMLNS}" {size} font-family="{FAMILIES}" stroke-linejoin="round">{text}'


def default_format(column: pd.Series) -> str:
    """Return whole numbers whole, years without separators, others with decimals by their size."""
    numbers = [float(each) for each in column.tolist() if isinstance(each, int | float | np.number) and each == each]
    if all(value % 1 == 0 for value in numbers):
        named_year = re.search(r"(^|[\W_])year\b|年份?$|年度$", str(column.name), flags=re.IGNORECASE)
        return ".0f" if named_year and all(1900 <= value <= 2200 for value in numbers) else ",.0f"
    largest = max(map(abs, numbers))
    return ",.0f" if largest >= 1000 else ",.1f" if largest >= 10 else ",.2f"


def _lacks(value: Any) -> bool:
    return not isinstance(value, str) and np.ndim(value) == 0 and bool(pd.isna(value))


def _plain_text(value: Any) -> str:
    """What a CSV file holds of a value."""
    if isinstance(value, str):  # no program runs it as a formula; csv leaves a lone \r, and readers take it for a row
        return escaped(re.sub(r"\r\n?", "\n", value))
    return "" if _lacks(value) else str(value).removesuffix(" 00:00:00")


def _entry(words: Catalogue, section: str, key: str) -> Any:
    """Return the entry of a section; a dotted key may name it in full (`comparison.headings.beds`)."""
    found = words.find(f"{section}.{key}")
    return words.find(key) if found is None and "." in key else found


def _with_headings(frame: pd.DataFrame | pd.Series) -> tuple[list, pd.DataFrame]:
    """Return (names of the row headings, frame): an index that has names is row headings, and else of no interest."""
    if isinstance(frame, pd.Series):
        frame = frame.to_frame(frame.name if frame.name is not None else "value")
    named = any(name is not None for name in frame.index.names)
    raw = frame.reset_index(drop=not named)
    return list(raw.columns[: frame.index.nlevels]) if named else [], raw
