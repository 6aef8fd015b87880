"""The page around an executed notebook: whole, safe, without network and script."""

import re

import nbformat
import pytest
from nbformat import v4

from yilaolib.rendering.page import index_page, notebook_page


def page_of(*cells: nbformat.NotebookNode, **options) -> str:
    return notebook_page(v4.new_notebook(cells=list(cells)), title=options.pop("title", "报告"), **options)


def code(*outputs: nbformat.NotebookNode, source: str = "secret = 1") -> nbformat.NotebookNode:
    return v4.new_code_cell(source, outputs=list(outputs))


def html_output(text: str) -> nbformat.NotebookNode:
    return v4.new_output("display_data", {"text/html": text, "text/plain": "<IPython.core.display.HTML object>"})


def test_no_code_and_no_warnings():
    """Code and the error stream of cells are not in the page; what they print is."""
    shown = page_of(
        code(v4.new_output("stream", name="stderr", text="FutureWarning"), v4.new_output("stream", text="printed"))
    )
    assert "secret" not in shown and "FutureWarning" not in shown and "printed" in shown


def test_html_and_alt_are_kept():
    """Figures of display come through with their alternative text."""
    assert '<img alt="床位上升" src="data:image/png;base64,AA"' in page_of(
        code(html_output('<figure><img alt="床位上升" src="data:image/png;base64,AA"></figure>'))
    )


def test_no_script():
    """Scripts and widgets of outputs are left out."""
    script = v4.new_output("display_data", {"application/javascript": "alert(1)"})
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "w"}
    nb = v4.new_notebook(cells=[code(script, v4.new_output("display_data", view))])
    nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    shown = notebook_page(nb, title="t")
    assert "<script" not in shown and "alert(1)" not in shown


def test_nothing_is_loaded():
    """The page loads nothing, and its policy forbids that anything is."""
    shown = page_of(v4.new_markdown_cell("# 标题\n\n## 甲\n\n$x^2$"))
    assert not re.findall(r"""(?:src|@import|url\()\s*=?\s*["'(]?https?:|<link""", shown)
    assert "default-src 'none'" in shown


@pytest.mark.parametrize(("lang", "declared"), [("zh", "zh-CN"), ("en", "en")])
def test_language_is_declared(lang, declared):
    """The page says which language it is in."""
    assert f'<html lang="{declared}">' in page_of(lang=lang)


def test_first_heading_is_the_title():
    """The first heading of level 1 is the title, once."""
    shown = page_of(v4.new_markdown_cell("# 景德镇市 & 报告"), title="other")
    assert "<title>景德镇市 &amp; 报告</title>" in shown and shown.count("<h1") == 1 and "other" not in shown


def test_title_is_escaped():
    """A title from data is escaped."""
    assert "<title>&lt;script&gt;</title>" in page_of(title="<script>")


def test_contents_lists_headings():
    """Headings of level 2, from text or from code, are in the contents list and can be reached."""
    shown = page_of(v4.new_markdown_cell("## Beds & places"), code(html_output("<h2>托位 60%</h2>")))
    links = dict(re.findall(r'<li><a href="#([^"]+)">(.*?)</a></li>', shown))
    assert links == {"Beds-places": "Beds &amp; places", "托位-60": "托位 60%"}
    assert all(f'<h2 id="{anchor}">' in shown for anchor in links)


def test_equal_headings_have_their_own_links():
    """Two headings with one text have two ids."""
    shown = page_of(v4.new_markdown_cell("## Beds\n\n## Beds"))
    assert len(set(re.findall(r'<h2 id="([^"]+)"', shown))) == 2


def test_tagged_cells_are_left_out():
    """A cell tagged remove_cell is for readers of the notebook only."""
    assert "only here" not in page_of(v4.new_markdown_cell("only here", metadata={"tags": ["remove_cell"]}))


def test_facts_are_escaped():
    """Facts at the foot are shown, escaped."""
    assert "<dt>a</dt><dd>&lt;b&gt;</dd>" in page_of(facts={"a": "<b>"})


def test_notebook_is_not_changed():
    """Making a page leaves the notebook as it was."""
    nb = v4.new_notebook(cells=[code(v4.new_output("stream", name="stderr", text="w"))])
    before = nbformat.writes(nb)
    notebook_page(nb, title="t")
    assert nbformat.writes(nb) == before


def test_index_escapes_and_links():
    """The list of reports escapes names and errors and links to each report."""
    row = {"area": "x", "lang": "zh", "scenario": "medium", "end_year": 2050, "seconds": 1.0, "started": "now"}
    shown = index_page(
        [
            row | {"name_zh": "<script>", "status": "ok", "report": "x/report.html", "error": ""},
            row | {"name_zh": "y", "status": "failed", "report": "", "error": "<img src=x>"},
        ]
    )
    assert '<a href="x/report.html">' in shown and "&lt;script&gt;" in shown and "&lt;img src=x&gt;" in shown
