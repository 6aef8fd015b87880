"""The report as a Word file for those who must edit it: real headings, numbered captions, tables, pictures.

It is made from the page, so that both say the same. What is folded away on the page (the table behind a figure) is
left out, as in print; the Excel file has it.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Emu, Inches

from .columns import column_shares
from .dissect import page_pieces
from .pieces import Figure, Heading, Paragraph, Piece, Run, Table, title_of
from .wordstyle import TEXT_HEIGHT, TEXT_WIDTH, field, new_document

STYLES = {"text": "Normal", "note": "Note", "term": "Normal", "bullet": "ListBullet", "number": "ListNumber"}
CONTENTS = {"zh": "目录", "en": "Contents"}
PIXELS_PER_INCH = 96
NEW_PAGE = "<w:pageBreakBefore/>"
LINE = '<w:{0} w:val="single" w:sz="{1}" w:space="0" w:color="{2}"/>'


def write_docx(page: str, target: Path, lang: str = "zh") -> None:
    """Write a finished page (see `notebook_page`) as a Word file.

    Parameters
    ----------
    page : str
        The HTML document.
    target : Path
        The file to write.
    lang : {"zh", "en"}
        Language that the file declares.
    """
    pieces = page_pieces(page)
    writer = _Writer(new_document(title_of(pieces), lang), pieces)
    for piece in pieces:
        if piece is next(iter(writer.headings), None):
            writer.add_contents(CONTENTS[lang])
        writer.add(piece)
    writer.document.save(str(target))


class _Writer:
    """Adds pieces to the end of a document; knows which of its places links lead to."""

    def __init__(self, document, pieces: list[Piece]):
        self.document, self.part, self.body = document, document.part, document.element.body
        self.headings = [piece for piece in pieces if isinstance(piece, Heading) and piece.level == 2]
        wanted = {run.link[1:] for piece in pieces for run in _all_runs(piece) if run.link.startswith("#")}
        wanted |= {anchor for heading in self.headings for anchor in heading.anchors[:1]}
        self.bookmarks = {anchor: f"a{number}" for number, anchor in enumerate(sorted(wanted), start=1)}
        self.count, self.placed = itertools.count(1), set()

    def add(self, piece: Piece) -> None:
        if isinstance(piece, Heading):
            style = "Title" if piece.level == 1 else f"Heading{min(piece.level - 1, 3)}"
            new_page = NEW_PAGE if piece is next(iter(self.headings), None) else ""
            self.paragraph([Run(piece.text)], style, piece.anchors, new_page)
        elif isinstance(piece, Paragraph):
            self.paragraph(piece.runs, STYLES[piece.kind], piece.anchors)
        elif isinstance(piece, Table):
            self.caption(piece, keep=True)
            self.append(self.table_xml(piece))
            self.paragraph([], "Note")  # two tables that touch are one table to Word
        else:
            self.figure(piece)

    def append(self, xml: str):
        element = parse_xml(xml)
        self.body.insert(len(self.body) - 1, element)  # the last is what the page looks like
        return element

    def paragraph(self, runs: list[Run], style: str, anchors: Sequence[str] = (), more: str = "") -> None:
        inner = self.marked(self.runs_xml(runs), anchors)
        self.append(f'<w:p {nsdecls("w", "r")}><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>{inner}</w:p>')

    def caption(self, piece: Table | Figure, keep: bool = False) -> None:
        """A caption whose number Word can count anew: fields of one kind for figures, one for tables."""
        anchors = piece.own_anchors if isinstance(piece, Table) else piece.anchors
        found = re.fullmatch(r"(\D*?)(\s*)(\d+)", piece.label)
        label = _text_xml(piece.label)
        if found:
            word, gap, number = found.groups()
            bold = "<w:rPr><w:b/></w:rPr>"
            label = _text_xml(word + gap, bold) + field(f"SEQ {word} \\* ARABIC", number, bold)
        keep_xml = "<w:keepNext/>" if keep else ""
        inner = self.marked(label + _text_xml("  " * bool(piece.label) + piece.caption), anchors)
        if piece.label or piece.caption:
            start = f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="Caption"/>{keep_xml}</w:pPr>'
            self.append(f"{start}{inner}</w:p>")

    def figure(self, piece: Figure) -> None:
        """A picture as wide as it was drawn, within the page; what it shows is its alternative text."""
        paragraph = self.document.add_paragraph(style="Figure")
        width = Inches(piece.width / PIXELS_PER_INCH) if piece.width else None
        shape = paragraph.add_run().add_picture(io.BytesIO(piece.image), width=width)
        scale = min(1.0, TEXT_WIDTH / shape.width, 0.85 * TEXT_HEIGHT / shape.height)
        shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(shape.height * scale))
        described = shape._inline.docPr
        described.set("descr", piece.alt)
        described.set("name", piece.label or piece.key or "figure")
        self.caption(piece)

    def table_xml(self, table: Table) -> str:
        """A table whose heading is repeated on each page and whose rows are not broken."""
        lines = [*table.head, *table.rows]
        n_columns = max(map(len, lines), default=0)
        texts = [[cell.text for cell in line] + [""] * (n_columns - len(line)) for line in lines]
        if not n_columns:
            return f"<w:p {nsdecls('w')}/>"
        widths = [round(share * TEXT_WIDTH.twips) for share in column_shares(texts)]
        rules = LINE.format("top", 8, "59636E") + LINE.format("bottom", 8, "59636E")
        rules += LINE.format("insideH", 4, "D5DAE0")
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        label = quoteattr(f"{table.label} {table.caption}".strip())
        parts = [
            f'<w:tbl {nsdecls("w", "r")}><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{rules}</w:tblBorders>'
            f'<w:tblLayout w:type="fixed"/><w:tblCaption w:val={label}/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        ]
        for number, line in enumerate(lines):
            is_head = number < len(table.head)
            anchors = [] if is_head else table.anchors[number - len(table.head)]
            rule = "<w:cantSplit/>" + ("<w:tblHeader/>" if is_head else "")
            cells = [
                self.cell_xml(cell, width, is_head, anchors if place == 0 else [])
                for place, (cell, width) in enumerate(zip(line, widths, strict=False))
            ]
            parts.append(f"<w:tr><w:trPr>{rule}</w:trPr>{''.join(cells)}</w:tr>")
        return "".join([*parts, "</w:tbl>"])

    def cell_xml(self, cell, width: int, is_head: bool, anchors: list[str]) -> str:
        side = '<w:jc w:val="right"/>' if cell.numeric else ""
        keep = "<w:keepNext/>" if is_head else ""
        runs = [Run(run.text, run.bold or is_head, run.raised, run.link) for run in cell.runs]
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="Tabletext"/>'
            f"{keep}{side}</w:pPr>{self.marked(self.runs_xml(runs), anchors)}</w:p></w:tc>"
        )

    def add_contents(self, word: str) -> None:
        """The list of headings after the cover: a field that Word can make anew, until then with links, not pages."""
        begin = (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            '<w:r><w:instrText xml:space="preserve"> TOC \\o "1-1" \\n \\h </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        )
        end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        self.paragraph([Run(word, bold=True)], "Normal", more=NEW_PAGE)
        for heading in self.headings:
            link = f"#{heading.anchors[0]}" if heading.anchors else ""
            inner = (begin if heading is self.headings[0] else "") + self.runs_xml([Run(heading.text, link=link)])
            inner += end if heading is self.headings[-1] else ""
            self.append(f'<w:p {nsdecls("w", "r")}><w:pPr><w:pStyle w:val="toc1"/></w:pPr>{inner}</w:p>')

    def marked(self, inner: str, anchors: Sequence[str]) -> str:
        """Make text the place that links to these ids lead to."""
        for anchor in anchors:
            if anchor in self.bookmarks and anchor not in self.placed:
                self.placed.add(anchor)
                number, name = next(self.count), self.bookmarks[anchor]
                start = f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>'
                inner = f'{start}{inner}<w:bookmarkEnd w:id="{number}"/>'
        return inner

    def runs_xml(self, runs: list[Run]) -> str:
        parts = []
        for run in runs:
            rules = ("<w:b/>" if run.bold else "") + ('<w:color w:val="0B5CAD"/>' if run.link else "")
            rules += '<w:vertAlign w:val="superscript"/>' if run.raised else ""
            text = _text_xml(run.text, f"<w:rPr>{rules}</w:rPr>" if rules else "")
            if run.link.startswith("#"):
                text = f'<w:hyperlink w:anchor="{self.bookmarks[run.link[1:]]}">{text}</w:hyperlink>'
            elif run.link.startswith(("https:", "http:", "mailto:")):
                outside = self.part.relate_to(run.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
                text = f'<w:hyperlink r:id="{outside}">{text}</w:hyperlink>'
            parts.append(text)
        return "".join(parts)


def _text_xml(text: str, rules: str = "") -> str:
    inner = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    return f"<w:r>{rules}{inner}</w:r>"


def _all_runs(piece: Piece) -> list[Run]:
    if isinstance(piece, Table):
        return [run for line in [*piece.head, *piece.rows] for cell in line for run in cell.runs]
    return piece.runs if isinstance(piece, Paragraph) else []
