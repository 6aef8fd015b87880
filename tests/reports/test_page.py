"""The page around an executed notebook: whole, safe, its own font and script, and a researcher's own outputs in it."""

import base64
import hashlib
import io
import re

import nbformat
from nbformat import v4
from PIL import Image

from yilaolib.reports.display import mime_bundle
from yilaolib.reports.page import FONTS, page_html, put_fonts, read_document
from yilaolib.texts import catalogue

TABLE = {
    "kind": "table", "key": "t", "label": "表 1", "caption": "c", "n_headings": 0, "fold": False,
    "row_ids": None, "back": None,
    "columns": [{"name": "a", "head": "a", "unit": "", "format": ",.0f", "numeric": True}],
    "rows": [[{"value": 1, "text": "1", "links": []}]],
}  # fmt: skip
COVER = {
    "kind": "cover", "title": "T<", "subtitle": "s", "badge": "draft", "items": [["a", "b"]],
    "numbers": [["beds", "7<", "in 2025"]], "lines": ["Beds are enough."],
}  # fmt: skip


def page_of(*cells: nbformat.NotebookNode, title: str = "报告", **options) -> str:
    return page_html(read_document(v4.new_notebook(cells=list(cells)), title=title, **options))


def code(*outputs: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return v4.new_code_cell("secret = 1", outputs=list(outputs))


def shown(**data: object) -> nbformat.NotebookNode:
    return v4.new_output("display_data", {name.replace("_", "/", 1): value for name, value in data.items()})


def piece(said: dict) -> nbformat.NotebookNode:
    return shown(**mime_bundle(said, catalogue("zh")))


def text(markup: str) -> nbformat.NotebookNode:
    return v4.new_markdown_cell(markup)


def test_no_code_warnings_scripts_and_tagged_cells():
    """Code, warnings, scripts, widgets and cells tagged remove_cell are not in the page; what cells print is."""
    outputs = [
        v4.new_output("stream", name="stderr", text="FutureWarning"),
        v4.new_output("stream", text="printed < \x1b[31mred\x1b[0m"),
        v4.new_output("display_data", {"application/javascript": "alert(1)"}),
        v4.new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "widget"}),
    ]
    page = page_of(code(*outputs), v4.new_markdown_cell("only here", metadata={"tags": ["remove_cell"]}))
    assert "printed &lt; red" in page
    hidden = ("secret", "FutureWarning", "<script", "alert(1)", "widget", "only here")
    assert not [word for word in hidden if word in page]


def test_own_outputs_reach_the_page():
    """Frames, pictures, formulas and text that a researcher shows by other means stand where they were shown."""
    picture = io.BytesIO()
    Image.new("RGB", (30, 20)).save(picture, "png")
    page = page_of(
        code(
            shown(text_html="<table class='dataframe'><tr><td>1</td></tr></table>", text_plain="frame"),
            shown(image_png=base64.b64encode(picture.getvalue()).decode(), text_plain="<Figure>"),
            shown(text_markdown="**bold**", text_plain="x"),
            shown(text_plain="a < b"),
        )
    )
    picture = '<img alt="本图没有文字说明" src="data:image/png;base64,'
    parts = ["class='dataframe'", picture, "<strong>bold</strong>", "a &lt; b"]
    assert [part for part in parts if part not in page] == []
    assert [page.index(part) for part in parts] == sorted(page.index(part) for part in parts)


def test_nothing_is_loaded_but_the_font():
    """The page loads nothing but its font, and its policy forbids anything else."""
    page = page_of(text("# 标题\n\n## 甲\n\n$x^2$"), code(piece(TABLE)))
    assert not re.findall(r"""(?:src|@import|url\()\s*[=:]?\s*["'(]?https?:|<link""", page)
    assert set(re.findall(r'url\("([^"]*)"\)', page)) == {f"../fonts/NotoSansSC-{w}.otf" for w in ("Regular", "Bold")}
    assert "default-src 'none'; img-src data:; font-src 'self' file:;" in page


def test_fonts_lie_beside_the_index(tmp_path):
    """The fonts are put where pages look for them, whole, and once."""
    put_fonts(tmp_path)
    made = {path.name: path.stat() for path in (tmp_path / "fonts").iterdir()}
    put_fonts(tmp_path)
    assert set(made) == {"NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf", "OFL.txt"}
    for name, was in made.items():
        now = (tmp_path / "fonts" / name).stat()
        assert (now.st_size, now.st_mtime_ns) == ((FONTS / name).stat().st_size, was.st_mtime_ns)


def test_first_heading_is_the_title():
    """The first heading of level 1 is the title, once."""
    page = page_of(text("# 景德镇市 & 报告\n\ntext"), title="other")
    assert "<title>景德镇市 &amp; 报告</title>" in page and page.count("<h1") == 1 and "other" not in page


def test_contents_lists_headings():
    """Headings of level 2, from text or pieces, have numbers, ids of their own, and stand in the contents list."""
    page = page_of(
        text("## Beds & `places`\n\n```\n## no heading\n```"),
        code(piece({"kind": "heading", "level": 2, "text": "托位 60%"})),
        text("## Beds & places"),
    )
    links = re.findall(r'<li><a href="#([^"]+)">(.*?)</a></li>', page)
    places = "Beds &amp; places"
    assert links == [("Beds-places", places), ("托位-60", "托位 60%"), ("Beds-places-3", places)]
    for number, (anchor, words) in enumerate(links, start=1):
        assert f'<h2 id="{anchor}"><span class="section">{number}</span> {words}</h2>' in page


def test_cover_has_the_message():
    """Title, numbers and sentences stand in the header; whose report it is, date and versions in a fold at the foot."""
    page = page_of(code(piece(COVER)), text("## Beds"), facts={"date": "<2026>"})
    header, rest = page.split("</header>")
    assert header.count("<h1>T&lt;</h1>") == 1 and '<p class="badge">draft</p>' in header
    assert "<dt>beds</dt><dd><strong>7&lt;</strong> in 2025</dd>" in header and "<li>Beds are enough.</li>" in header
    fold = rest.split("<footer>")[1]
    assert "<dt>a</dt><dd>b</dd>" in fold and "<dt>a</dt>" not in header
    assert "<dt>date</dt><dd>&lt;2026&gt;</dd>" in fold


def test_long_tables_are_folded():
    """A table that says so is shown on a click."""
    assert "<summary>表 1 c</summary><table" in page_of(code(piece({**TABLE, "fold": True})))


def test_script_of_tables_is_named_by_its_hash():
    """A page with a table has one script, whose hash is in the policy of the page; one without has none."""
    (script,) = re.findall(r"<script>(.*?)</script>", page_of(code(piece(TABLE))), flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page_of(code(piece(TABLE)))
    assert "script" not in page_of(text("## Beds"))
