"""The report as PDF: the page itself, laid out on A4 by WeasyPrint, with selectable text, bookmarks and page numbers.

Nothing is fetched: pictures stand in the page, and the font is the library's own.
"""

from __future__ import annotations

import atexit
import functools
import logging
import re
import threading
from pathlib import Path

from bs4 import BeautifulSoup

from ..plots.style import FAMILY, FONTS
from .columns import column_shares

STYLE = Path(__file__).parents[1] / "templates" / "paper.css"
SCREEN_ONLY = ["script", "details"]  # what paper cannot do: run and open
MANY_COLUMNS = 6  # a table with more is printed smaller
FACES = re.compile(r"@font-face\s*\{[^}]*\}")  # of the page: they would be read anew for each report

_laying_out = threading.Lock()  # one font configuration serves all reports of a process


def write_pdf(page: str, target: Path) -> None:
    """Write a finished page (see `notebook_page`) as PDF: A4, tagged, with a bookmark for each heading.

    Parameters
    ----------
    page : str
        The HTML document.
    target : Path
        The file to write.
    """
    from weasyprint import HTML

    with _laying_out:
        fonts, faces = _fonts()
        paper = HTML(string=_for_paper(page), url_fetcher=_fetcher("data"))
        paper.write_pdf(target, stylesheets=[faces], font_config=fonts, pdf_tags=True)


def _for_paper(page: str) -> str:
    """Return a page without what only a screen can do, and with the widths of the columns of its tables."""
    soup = BeautifulSoup(FACES.sub("", page), "html.parser")
    for node in soup.find_all(SCREEN_ONLY):
        node.decompose()
    for table in soup.find_all("table"):
        rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
        if rows and rows[0] and len({len(row) for row in rows}) == 1:
            group = soup.new_tag("colgroup")
            group.extend(soup.new_tag("col", style=f"width: {share:.1%}") for share in column_shares(rows))
            table.insert(1 if table.caption else 0, group)
            small = "; font-size: 7.5pt" if len(rows[0]) > MANY_COLUMNS else ""
            table["style"] = f"table-layout: fixed; width: 100%{small}"
    style = soup.new_tag("style")  # the last in the page wins; one that is handed over beside it would not
    style.string = _paper_style()
    (soup.head or soup).append(style)
    return str(soup)


@functools.cache
def _paper_style() -> str:
    return STYLE.read_text(encoding="utf-8").replace("FAMILY", f'"{FAMILY}"')


@functools.cache
def _fonts() -> tuple:
    """The two font files, read once in a process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # it tells every rule of screens that it leaves out
    faces = "".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; src: url("{(FONTS / name).as_uri()}"); }}\n'
        for weight, name in ((400, "NotoSansSC-Regular.otf"), (700, "NotoSansSC-Bold.otf"))
    )
    atexit.register(_fonts.cache_clear)  # while Python still has all that it takes to close them
    fonts = FontConfiguration()
    return fonts, CSS(string=faces, font_config=fonts, url_fetcher=_fetcher("file"))


@functools.cache
def _fetcher(scheme: str):
    """Something that opens addresses of one kind and no other; the network is none of them."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=[scheme])
