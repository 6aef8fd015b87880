"""The old names for what a report shows, for one more version: `show_table(...)` is `Report.table(...)`."""

from __future__ import annotations

from collections.abc import Iterable

from . import display
from .display import Report, mime_bundle


class _Now:
    page = Report("zh")


class Shown:
    """Something to show when it is the result of a cell."""

    def __init__(self, piece, png=None):
        self.piece, self.png, self.words = piece, png, _Now.page.words

    def _repr_mimebundle_(self, **_):
        return mime_bundle(self.piece, self.words, self.png)

    @property
    def data(self) -> str:
        """The HTML."""
        return str(display.piece_html(self.piece, self.words, self.png))


def set_display(*, lang="zh", tables_dir=""):
    """See `Report`."""
    _Now.page = Report(lang, tables_dir=tables_dir)


def show_table(frame, *, key, caption, formats=None, missing=None, units=None, links=None, row_ids=None):
    """See `Report.table`."""
    spec = {"formats": formats or {}, "blanks": missing or {}, "units": units or {}, "links": links or {}}
    spec |= {} if row_ids is None else {"row_ids": row_ids}
    return Shown(_Now.page._table(frame, "table", spec, display._file_key(key), caption, {}))


def show_figure(figure, *, key, caption, alt, table=None, formats=None, missing=None, units=None, links=None):
    """See `Report.figure`."""
    spec = {"formats": formats or {}, "blanks": missing or {}, "units": units or {}, "links": links or {}}
    key = display._file_key(key)
    behind = None if table is None else _Now.page._table(table, "figure", spec, key, caption, {})
    png, width, height = display.small_png(figure)
    piece = {"kind": "figure", "key": key, "label": _Now.page._label("figure", key), "caption": caption, "alt": alt}
    return Shown({**piece, "width": width, "height": height, "table": behind}, png)


def show_text(sentences: str | Iterable[str]):
    """See `Report.say`."""
    one = isinstance(sentences, str)
    return Shown({"kind": "text", "lines": [sentences] if one else list(sentences), "list": not one})


def show_cover(title, subtitle, items, *, badge=""):
    """See `Report.cover`."""
    items = [list(item) for item in items.items()]
    return Shown({"kind": "cover", "title": title, "subtitle": subtitle, "badge": badge, "items": items})


def show_heading(text, level=2):
    """See `Report.heading`."""
    return Shown({"kind": "heading", "level": level, "text": text})


def save_results(results):
    """See `Report.save_results`."""
    _Now.page.save_results(**results)
