"""Pages: an executed notebook as one HTML file; only its font lies beside it.

A `Document` is the pieces that `Report` recorded, and between them what a researcher showed by other means.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import io
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..tables.cells import UNPRINTABLE
from ..texts import Catalogue, catalogue
from .display import MIME, PNG, SVG, TEMPLATES, Picture, Piece, page_templates, piece_html
from .files import write_whole

if TYPE_CHECKING:
    import nbformat  # it takes a second to import, and most runs of a batch do without

FONTS = Path(__file__).parents[1] / "fonts"
SCRIPTS = ("application/javascript", "application/vnd.jupyter.widget-view+json")  # for JupyterLab only
HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1>", flags=re.DOTALL)
BLOCK = re.compile(r"\n|</?(?:p|div|li|tr|h[1-6]|pre|table|ul|ol|br|dt|dd)\b[^>]*>")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of a terminal
CELL = re.compile(r"<t[dh]\b[^>]*>")
Shown = tuple[Piece, Picture | None]  # a piece and its picture


@dataclass(frozen=True)
class Document:
    """What a finished report is made of; `facts` are its versions, date and parameters."""

    title: str
    words: Catalogue
    cover: Piece | None
    pieces: list[Shown]
    facts: Mapping[str, str]

    @property
    def about(self) -> list[tuple[str, str]]:
        """What a report says of itself: whose it is, then versions, date and parameters."""
        items = self.cover["items"] if self.cover else []
        return [*((name, text) for name, text in items), *self.facts.items()]

    @property
    def sections(self) -> list[Piece]:
        """The headings of the contents list."""
        return [piece for piece, _ in self.pieces if piece.get("number")]


def read_document(
    nb: nbformat.NotebookNode, *, title: str, lang: str = "zh", facts: Mapping[str, str] | None = None, tag: str = ""
) -> Document:
    """Return what an executed notebook shows to readers: no code, no warnings, no cells tagged `remove_cell`.

    With a `tag`, of the cells that have it, without numbers, contents and tables behind figures. The cover or else the
    first heading of level 1 gives the title; `title` is for a notebook that has neither.
    """
    words = catalogue(lang)
    pieces: list[Shown] = []
    cover, heading, taken, numbered = None, None, set(), {"figure": 0, "table": 0}
    for piece, png in _shown(nb, words, tag):
        if tag and piece["kind"] in numbered:
            numbered[piece["kind"]] += 1
            piece = {**piece, "label": re.sub(r"\d+", str(numbered[piece["kind"]]), piece["label"]), "table": None}
        if piece["kind"] == "cover" and cover is None:
            cover = {**piece, "on_page": True}
        elif piece["kind"] == "heading" and piece["level"] == 1 and heading is None and cover is None:
            heading = piece["text"]
        elif piece["kind"] == "heading" and piece["level"] == 2:
            name = re.sub(r"\W+", "-", piece["text"]).strip("-") or "section"
            unique = name if name not in taken else f"{name}-{len(taken) + 1}"
            taken.add(unique)
            pieces.append(({**piece, "id": unique, "number": None if tag else len(taken)}, None))
        else:
            pieces.append((piece, png))
    title = (cover["title"] if cover else heading) or title
    return Document(title, words, cover, pieces, dict(facts or {}))


def page_html(document: Document, *, paper: bool = False) -> str:
    """Return a report as a page; its only script sorts its tables. On paper there is none, and nothing is folded."""
    words = document.words
    body = [piece_html(piece, words, png, paper=paper) for piece, png in on_page(document.pieces)]
    sorts = not paper and any(piece.get("table") or piece["kind"] == "table" for piece, _ in document.pieces)
    made = page_templates().get_template("report.html.j2").render(
        html_lang=words.word("language.html"), word=words.word, title=document.title, paper=paper,
        cover=piece_html(document.cover, words) if document.cover else "", sections=document.sections,
        body=Markup("\n").join(body), about=document.about, version=library_version(),
        **(page_script("report.js") if sorts else {}),
    )  # fmt: skip
    return UNPRINTABLE.sub("", made)


def on_page(pieces: list[Shown]) -> list[Shown]:
    """Leave out what only a workbook shows."""
    return [(piece, png) for piece, png in pieces if not piece.get("calc")]


def put_fonts(out_dir: Path) -> None:
    """Copy the library's fonts to `<out_dir>/fonts/`, where pages look when a machine has no Chinese font."""
    folder = out_dir / "fonts"
    if folder.is_symlink():  # what it leads to is not ours
        folder.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    for font in (*FONTS.glob("*.otf"), FONTS / "OFL.txt"):
        target = folder / font.name
        if not target.is_file() or target.stat().st_size != font.stat().st_size:
            write_whole(target, functools.partial(shutil.copyfile, font))


@functools.cache
def page_script(name: str) -> dict[str, str]:
    """Return a script of the templates and its hash for the policy of the page."""
    script = (TEMPLATES / name).read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"script": Markup(script), "script_hash": digest}


def library_version() -> str:
    """Return the version of the installed library."""
    return metadata.version("yilaolib")


def _shown(nb: nbformat.NotebookNode, words: Catalogue, tag: str = "") -> Iterator[Shown]:
    """The pieces of a notebook in their order, those of `Report` and a researcher's own outputs."""
    for cell in nb.cells:
        tags = cell.metadata.get("tags", [])
        if "remove_cell" in tags or (tag and tag not in tags):
            continue
        if cell.cell_type == "markdown":
            yield from _markdown(cell.source, cell.get("attachments"))
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if MIME in data:
                yield json.loads(data[MIME]), {kind: data[kind] for kind in (SVG, PNG) if kind in data}
            elif "text/markdown" in data:
                yield from _markdown(data["text/markdown"])
            elif PNG in data and "text/html" not in data:
                yield _own_picture(data[PNG], words)
            elif output.get("name") != "stderr" and not any(kind in data for kind in SCRIPTS):
                text = COLOURS.sub("", output.get("text") or data.get("text/latex") or data.get("text/plain", ""))
                markup = data.get("text/html") or data.get(SVG)
                if markup or text.strip():
                    yield _own(markup or f"<pre>{html.escape(text)}</pre>"), None


def _markdown(source: str, attachments: dict | None = None) -> Iterator[Shown]:
    """Headings as pieces of their own, and what stands between them."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath  # takes a second

    convert = MarkdownWithMath(IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True))
    first, *rest = HEADING.split(convert.render(source))
    yield _own(first), None
    for level, heading, between in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        yield {"kind": "heading", "level": int(level), "text": _text_of(heading)}, None
        yield _own(between), None


def _own(markup: str) -> Piece:
    return {"kind": "own", "html": markup, "text": _text_of(markup)}


def _own_picture(png: str, words: Catalogue) -> Shown:
    from PIL import Image

    width, height = Image.open(io.BytesIO(base64.b64decode(png))).size
    piece = {"kind": "figure", "key": "", "label": "", "caption": "", "alt": words.word("page.no_alt"), "table": None}
    return {**piece, "width": width, "height": height}, {PNG: png}


def _text_of(markup: str) -> str:
    """The text of a researcher's own HTML, for Word: a line a block."""
    shown = re.sub(r"(?s)<(style|script)\b.*?</\1>", "", markup)
    lines = ("\t".join(Markup(cell).striptags() for cell in CELL.split(line)) for line in BLOCK.split(shown))
    return "\n".join(filter(None, map(str.strip, lines)))
