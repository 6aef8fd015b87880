"""Pages: an executed notebook as one HTML file; only its font lies beside it.

A `Document` is the pieces that `Report` recorded, and between them what a researcher showed by other means.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import html
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from markupsafe import Markup

from .. import __version__
from ..tables.cells import UNPRINTABLE
from ..texts import Catalogue, catalogue
from .display import HTML, MIME, PNG, SVG, TEMPLATES, XMLNS, Picture, Piece, page_templates, piece_html
from .files import write_whole

if TYPE_CHECKING:
    import nbformat  # it takes a second to import, and most runs of a batch do without

FONTS = Path(__file__).parents[1] / "fonts"
SCRIPTS = ("application/javascript", "application/vnd.jupyter.widget-view+json")  # for JupyterLab only
HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1>", flags=re.DOTALL)
BLOCK = re.compile(r"\n|</?(?:p|div|li|h[1-6]|pre|[uo]l|br|d[dt])\b[^>]*>|</t[dh]>")
HIDDEN = re.compile(r"(?s)<(style|script)\b.*?</\1>|<!--.*?-->|<[!?].*?>")
PART = re.compile(r"(?s)(<table\b.*?</table>|<svg\b.*?</svg>|<img\b[^>]*>)")
ALT = re.compile(r"""\balt=(?P<quote>["'])(.+?)(?P=quote)""")
DOTS = re.compile(r"""<img\b[^>]*\bsrc=["'](data:image/(?:png|jpeg|gif);base64,[^"']*)""")
BARE, CAPTION = re.compile(r"^<svg(?![^>]*\sxmlns=)"), re.compile(r"(?s)<caption\b.*?</caption>")
AROUND = f'<svg xmlns="{XMLNS}"><image width="{{}}" href="{{}}"/></svg>'
COLOURS, FAR = re.compile(r"\x1b\[[0-9;]*m"), re.compile(r"href\s*=\s*.(?!#|data:)|^<svg[^>]*\s(?:width|height)=.0\b")
ROW, CELL = re.compile(r"<tr\b[^>]*>"), re.compile(r'(?s)<t[dh]\b(?:[^>]*colspan="(\d+))?[^>]*>(.*?)(?=<t[dh]\b|$)')
Shown = tuple[Piece, Picture | None]  # a piece, and what a notebook holds of it beside: picture and HTML


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
    for piece, picture in _shown(nb, words, tag):
        if tag and piece["kind"] in numbered:
            numbered[piece["kind"]] += 1
            piece = {**piece, "label": re.sub(r"\d+", str(numbered[piece["kind"]]), piece["label"]), "table": None}
            picture = {kind: each for kind, each in (picture or {}).items() if kind != HTML}
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
            pieces.append((piece, picture))
    title = (cover["title"] if cover else heading) or title
    return Document(title, words, cover, pieces, dict(facts or {}))


def page_html(document: Document) -> str:
    """Return a report as a page; its only script sorts its tables."""
    words = document.words
    shown = [(piece, picture or {}) for piece, picture in document.pieces if not piece.get("calc")]
    body = [Markup(held[HTML]) if HTML in held else piece_html(piece, words, held) for piece, held in shown]
    sorts = any(piece.get("table") or piece["kind"] == "table" for piece, _ in document.pieces)
    made = page_templates().get_template("report.html.j2").render(
        html_lang=words.word("language.html"), word=words.word, title=document.title,
        cover=piece_html(document.cover, words) if document.cover else "",
        sections=[piece for piece, _ in document.pieces if piece.get("number")],
        body=Markup("\n").join(body), about=document.about, version=__version__,
        **(page_script("report.js") if sorts else {}),
    )  # fmt: skip
    return UNPRINTABLE.sub("", made)


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
                yield json.loads(data[MIME]), {kind: data[kind] for kind in (HTML, SVG, PNG) if kind in data}
            elif "text/markdown" in data:
                yield from _markdown(data["text/markdown"])
            elif PNG in data and HTML not in data:
                source = f'src="data:{PNG};base64,{data[PNG]}"'
                yield _own(f'<div class="picture"><img alt="{words.word("page.no_alt")}" {source}></div>'), None
            elif output.get("name") != "stderr" and not any(kind in data for kind in SCRIPTS):
                text = COLOURS.sub("", output.get("text") or data.get("text/latex") or data.get("text/plain", ""))
                markup = data.get(HTML) or data.get(SVG)
                if markup or text.strip():
                    yield _own(markup or f"<pre>{html.escape(text)}</pre>"), None


def _markdown(source: str, attachments: dict | None = None) -> Iterator[Shown]:
    """Headings as pieces of their own, and what stands between them."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath  # takes a second

    convert = MarkdownWithMath(IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True))
    first, *rest = HEADING.split(convert.render(source))
    yield _own(first), None
    for level, heading, between in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        yield {"kind": "heading", "level": int(level), "text": Markup(heading).striptags()}, None
        yield _own(between), None


def _own(markup: str) -> Piece:
    return {"kind": "own", "html": markup}


def on_paper(document: Document) -> Iterator[tuple[Piece, str]]:
    """What a page shows, with SVG for a picture: a researcher's own HTML as the lines, tables and pictures in it."""
    figure = {"kind": "figure", "label": "", "caption": "", "alt": document.words.word("page.no_alt")}
    for piece, picture in document.pieces:
        if piece["kind"] != "own" and not piece.get("calc"):
            held = picture or {}
            dots = AROUND.format(piece["width"], f"data:{PNG};base64,{held[PNG]}") if PNG in held else ""
            yield piece, held.get(SVG, dots)
        for part in PART.split(HIDDEN.sub("", piece.get("html", ""))):
            part = BARE.sub(f'<svg xmlns="{XMLNS}"', part)
            alt = "".join(text for _, text in ALT.findall(part)) if part.startswith("<img") else ""
            if part.startswith("<table"):
                yield _own_table(part), ""
            elif dots := DOTS.match(part):
                yield {**figure, "alt": html.unescape(alt) or figure["alt"]}, AROUND.format("auto", dots[1])
            elif part.startswith("<svg") and _is_whole(part):
                yield figure, part
            elif lines := list(filter(None, (Markup(line).striptags() for line in BLOCK.split(alt or part)))):
                yield {"kind": "text", "lines": lines, "list": False}, ""


def _is_whole(svg: str) -> bool:
    """Whether an SVG is a file of its own: sound, of some size, and asking for nothing that does not stand in it."""
    with contextlib.suppress(ElementTree.ParseError):
        return ElementTree.fromstring(svg).tag == f"{{{XMLNS}}}svg" and not FAR.search(svg)
    return False


def _own_table(markup: str) -> Piece:
    """A table as a piece: a cell over several columns is followed by empty ones, one over several rows comes once."""
    caption = Markup(" ".join(CAPTION.findall(markup))).striptags()
    found = [CELL.findall(row) for row in ROW.split(BLOCK.sub(" ", CAPTION.sub("", markup)))[1:]]
    rows = [[t for n, cell in row for t in [Markup(cell).striptags(), *[""] * (int(n or 1) - 1)]] for row in found]
    head, *full = [[""] * (max(map(len, rows)) - len(row)) + row for row in rows] or [[]]
    columns = [{"label": label, "numeric": False} for label in head]
    cells = [[{"value": text, "text": text, "links": []} for text in row] for row in full]
    piece = {"kind": "table", "key": "", "label": "", "caption": caption, "columns": columns, "rows": cells}
    return {**piece, "fold": False, "row_ids": None, "back": None}
