"""The page around an executed notebook: whole, safe, without network, with one script of its own."""

import base64
import hashlib
import io
import re

import nbformat
import pytest
from fontTools.ttLib import TTFont
from nbformat import v4

from yilaolib.reports.indexpage import index_page
from yilaolib.reports.page import notebook_page


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


def test_sections_are_numbered():
    """Headings have the numbers of the contents list, as text, so that copies and other formats keep them."""
    shown = page_of(v4.new_markdown_cell("## Beds\n\n## Places"))
    assert re.findall(r'<span class="section">(\d)</span> (\w+)', shown) == [("1", "Beds"), ("2", "Places")]


def test_cover_has_the_facts():
    """The lines of the cover stand in the header with date and versions; the foot leads back to the contents."""
    cover = html_output('<h1>T</h1><div class="cover"><p class="subtitle">s</p><dl><dt>a</dt><dd>b</dd></dl></div>')
    shown = page_of(code(cover), v4.new_markdown_cell("## Beds"), facts={"date": "2026"})
    header, rest = shown.split("</header>")
    assert "<dt>a</dt><dd>b</dd>" in header and "<dt>date</dt><dd>2026</dd>" in header
    assert 'class="cover"' not in rest and '<a href="#contents">' in rest


def test_script_of_tables_is_named_by_its_hash():
    """A page with a table has one script, whose hash is in the policy of the page."""
    shown = page_of(code(html_output("<table><tbody></tbody></table>")))
    (script,) = re.findall(r"<script>(.*?)</script>", shown, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in shown


@pytest.mark.parametrize(
    "title", ["</style><script>x</script>", 'a"; } body { display: none', "\\", "黔西南布依族苗族自治州\n"]
)
def test_running_head_is_no_style(title):
    """Whatever a title holds, the running head of the print style stays a text."""
    shown = page_of(title=title)
    style = shown.split("<style>")[1].split("</style>")[0]
    head = re.search(r"@top-right \{ content: (.*); \} @bottom", style)[1]
    assert re.fullmatch(r'"[^"<>{};\n]*"', head)


def test_fonts_hold_what_is_shown():
    """The page's own fonts have every Chinese character that it shows; headings the bold one."""
    shown = page_of(v4.new_markdown_cell("## 瀍河\n\n甪直"), title="一老一小")
    regular, bold = (
        set(TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap())
        for data in re.findall(r"font/otf;base64,([^)]+)\)", shown)
    )
    assert set(map(ord, "一老一小瀍河甪直目录")) <= regular and set(map(ord, "一老一小瀍河")) <= bold


def test_english_quotation_marks_are_narrow():
    """On an English page the quotation marks are left to the machine's fonts: in a Chinese font they are wide."""
    found = re.findall(r"font/otf;base64,([^)]+)\)", page_of(v4.new_markdown_cell("today’s 目录"), lang="en"))
    assert all(0x2019 not in TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap() for data in found)


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
