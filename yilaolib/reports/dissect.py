"""A finished page taken apart into its pieces, in their order.

Word and Excel get what the page shows, so that no two files of a report can differ.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import replace

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString

from ..tables.sheets import UNPRINTABLE
from .pieces import Cell, Figure, Heading, Paragraph, Piece, Run, Table, joined

SKIPPED = {"script", "style", "nav", "head", "template", "svg"}
INLINE = {"a", "b", "strong", "em", "i", "sup", "sub", "span", "code", "br", "button", "time", "abbr", "small", "mark"}
HEADINGS = {f"h{level}" for level in range(1, 7)}
PLAIN = Run("")


def page_pieces(page: str) -> list[Piece]:
    """Return what a page shows, in its order; without its contents list, styles and scripts.

    Examples
    --------
    >>> page_pieces("<body><h2 id='b'>床位</h2><p>缺 <b>6,441</b> 张</p></body>")
    [Heading(level=2, text='床位', anchors=['b']), Paragraph(runs=[Run(text='缺 ',...), Run(text='6,441', bold=True,...
    """
    soup = BeautifulSoup(UNPRINTABLE.sub("", page), "html.parser")  # no file of an office holds those
    pieces: list[Piece] = []
    _walk(soup.body or soup, pieces)
    return pieces


def _walk(node: Tag, pieces: list[Piece]) -> None:
    loose: list = []  # text and inline elements that stand in no paragraph
    for child in node.children:
        if isinstance(child, PreformattedString):  # comments and their like
            continue
        if not isinstance(child, Tag) or child.name in INLINE:
            loose.append(child)
            continue
        _add_paragraph(pieces, loose)
        loose = []
        if child.name not in SKIPPED:
            _add(child, pieces)
    _add_paragraph(pieces, loose)


def _add(node: Tag, pieces: list[Piece]) -> None:
    name = node.name
    if name in HEADINGS:
        pieces.append(Heading(int(name[1]), joined(_runs([node])), _ids(node)))
    elif name == "table":
        pieces.append(_table(node))
    elif name == "figure" and (image := node.find("img")) is not None and _bytes(image):
        pieces.append(_figure(node, image))
        pieces += [_paragraph([note], "note", _ids(note)) for note in node.find_all("p", class_="note")]
    elif name == "img":
        pieces.append(_figure(node.parent or node, node) if _bytes(node) else _paragraph([_said(node, "alt")], "text"))
    elif name == "dl":
        _add_terms(node, pieces)
    elif name in ("ul", "ol"):
        kind = "number" if name == "ol" else "bullet"
        for item in node.find_all("li", recursive=False):
            _add_paragraph(pieces, [c for c in item.children if getattr(c, "name", "") not in ("ul", "ol")], kind, item)
            for inner in item.find_all(["ul", "ol"], recursive=False):
                _add(inner, pieces)
    elif name in ("p", "summary", "li"):
        kind = "note" if "note" in _said(node, "class").split() else "text"
        _add_paragraph(pieces, list(node.children), kind, node)
    elif name == "pre":
        for line in node.get_text().splitlines():
            pieces.append(Paragraph([Run(line)]))
    else:
        _walk(node, pieces)


def _add_terms(node: Tag, pieces: list[Piece]) -> None:
    """A list of terms: one line each, the term before its explanation."""
    terms: list[Run] = []
    for child in node.find_all(["dt", "dd"]):
        if child.name == "dt":
            terms = [Run(joined(_runs([child])), bold=True)]
        else:
            runs = _runs(list(child.children))
            pieces.append(Paragraph([*(terms or [Run("", bold=True)]), Run("  "), *runs], "term", _ids(child)))
            terms = []


def _add_paragraph(pieces: list[Piece], nodes: list, kind: str = "text", owner: Tag | None = None) -> None:
    made = _paragraph(nodes, kind, _ids(owner) if owner is not None else [])
    if joined(made.runs).strip():
        pieces.append(made)


def _paragraph(nodes: list, kind: str, anchors: Sequence[str] = ()) -> Paragraph:
    return Paragraph(_runs(nodes), kind, list(anchors))


def _runs(nodes: list, style: Run = PLAIN) -> list[Run]:
    """Return the text of nodes in runs of one style each; white space is one blank, as a browser shows it."""
    found: list[Run] = []
    _collect(nodes, style, found)
    tidy: list[Run] = []
    for run in found:
        text = re.sub(r"[ \t\r\n\f]+", " ", run.text) if run.text != "\n" else "\n"
        if not tidy or tidy[-1].text.endswith((" ", "\n")):
            text = text.lstrip(" ")
        if text:
            tidy.append(replace(run, text=text))
    if tidy:
        tidy[-1] = replace(tidy[-1], text=tidy[-1].text.rstrip(" \n"))
    return [run for run in tidy if run.text]


def _collect(nodes: list, style: Run, found: list[Run]) -> None:
    for node in nodes:
        if isinstance(node, PreformattedString):
            continue
        if isinstance(node, str):
            found.append(replace(style, text=str(node)))
            continue
        if node.name in SKIPPED:
            continue
        if node.name == "br":
            found.append(replace(style, text="\n"))
            continue
        changed = style
        if node.name in ("b", "strong", "dt"):
            changed = replace(changed, bold=True)
        elif node.name == "sup":
            changed = replace(changed, raised=True)
        elif node.name == "a" and node.get("href"):
            changed = replace(changed, link=node["href"])
        _collect(list(node.children), changed, found)


def _said(node: Tag, name: str) -> str:
    """An attribute as text; empty when the element has none."""
    value = node.get(name)
    return value if isinstance(value, str) else " ".join(value or ())


def _ids(node: Tag) -> list[str]:
    """The ids of an element and of what stands in it, all of which links may lead to."""
    own = [_said(node, "id")] if node.get("id") else []
    return own + [_said(inner, "id") for inner in node.find_all(id=True)]


def _label(node: Tag | None) -> tuple[str, str]:
    """Return (label, text) of a caption `<b>表 1</b> text`."""
    if node is None:
        return "", ""
    first = node.find("b")
    label = joined(_runs([first])) if first is not None else ""
    return label, joined(_runs([node])).removeprefix(label).strip()


def _key(node: Tag, prefix: str) -> str:
    holder = node if _said(node, "id").startswith(prefix) else node.find_parent(id=re.compile(f"^{prefix}"))
    return _said(holder, "id").removeprefix(prefix) if holder is not None else ""


def _table(node: Tag) -> Table:
    label, caption = _label(node.find("caption"))
    key = _key(node, "tab-")
    lines = [row for row in node.find_all("tr") if row.find_parent("table") is node]
    head = [row for row in lines if row.find_parent("thead") is not None]
    rows = [row for row in lines if row.find_parent("thead") is None]
    return Table(
        key,
        label,
        caption,
        [_cells(row) for row in head],
        [_cells(row) for row in rows],
        [_ids(row) for row in rows],
        [f"tab-{key}"] if key else [],
    )


def _cells(row: Tag) -> list[Cell]:
    cells = []
    for cell in row.find_all(["td", "th"], recursive=False):
        numeric = "num" in _said(cell, "class").split()
        cells.append(Cell(_runs(list(cell.children)), numeric, cell.name == "th", _said(cell, "data-unit")))
        cells += [Cell([], numeric, cell.name == "th")] * (int(_said(cell, "colspan") or 1) - 1)
    return cells


def _figure(node: Tag, image: Tag) -> Figure:
    label, caption = _label(node.find("figcaption"))
    key, behind = _key(node, "fig-"), node.find("table")
    table = replace(_table(behind), key=key, label=label, caption=caption) if behind is not None else None
    sides = [_said(image, side) for side in ("width", "height")]
    size = [int(side) if side.isdecimal() else 0 for side in sides]  # a share (50%) is that of a screen
    anchors = [f"fig-{key}"] if key else []
    return Figure(key, label, caption, _said(image, "alt"), _bytes(image), *size, table=table, anchors=anchors)


def _bytes(image: Tag) -> bytes:
    """The picture itself, when it stands in the page; nothing is fetched."""
    source = _said(image, "src")
    found = re.match(r"data:image/(?:png|jpeg|gif);base64,", source)
    return base64.b64decode(source[found.end() :]) if found else b""
