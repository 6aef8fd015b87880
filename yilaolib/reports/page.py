"""Pages: an executed notebook as one HTML file that needs no network."""

from __future__ import annotations

import base64
import copy
import functools
import hashlib
import html
import re
import threading
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from .fontface import font_faces, warm_fonts
from .phrases import every_character

# isort: split

HTML_LANG = {"zh": "zh-CN", "en": "en"}
WORDS = {
    "zh": {"contents": "目录", "back": "回到目录", "page": "第 ", "of": " 页，共 ", "pages": " 页"},
    "en": {"contents": "Contents", "back": "Back to the contents", "page": "Page ", "of": " of ", "pages": ""},
}
TEMPLATES = Path(__file__).parents[1] / "templates"
NO_ALT = "No description has been provided for this image"  # as nbconvert says it
SCRIPTS = ("application/javascript", "application/vnd.jupyter.widget-view+json")

_converting = threading.Lock()  # nbconvert's exporters are shared and were not made for threads


def notebook_page(
    nb: nbformat.NotebookNode, *, title: str, lang: str = "zh", facts: Mapping[str, str] | None = None
) -> str:
    """Return an executed notebook as a finished page: cover, contents list, numbered sections, print style; no code.

    The first heading of level 1 in the notebook is the title of the page, with the cover of `show_cover` if there is
    one. Cells tagged `remove_cell` are left out. Outputs are shown as they are: a notebook is code and trusted;
    `display` escapes text from data. The page's only script sorts its tables; its policy names it by its hash.

    Parameters
    ----------
    nb : NotebookNode
        The executed notebook; it is not changed.
    title : str
        Title when the notebook has no heading of level 1.
    lang : {"zh", "en"}
        Language that the page declares.
    facts : mapping, optional
        Names and values for the foot of the page (versions, date, parameters).

    Returns
    -------
    str
        A whole HTML document.

    Examples
    --------
    >>> cell = nbformat.v4.new_markdown_cell("## 老年人口")
    >>> page = notebook_page(nbformat.v4.new_notebook(cells=[cell]), title="报告")
    >>> '<a href="#老年人口">老年人口</a>' in page
    True
    """
    with _converting:
        body, _ = _exporter().from_notebook_node(_for_readers(nb))
    body, heading = _take_title(body)
    body, cover = _take_cover(body)
    body, contents = _list_contents(body)
    title, words, facts = heading or title, WORDS[lang], dict(facts or {})
    shown = (
        f"<h1>{title}</h1><b>{''.join(words.values())}</b>{body}{cover}{' '.join((*facts, *facts.values()))}0123456789"
    )
    return (
        page_templates()
        .get_template("report.html.j2")
        .render(
            html_lang=HTML_LANG[lang],
            words=words,
            title=title,
            head=Markup(css_text(title)),
            fonts=Markup(font_faces(shown, lang)),
            cover=Markup(cover),
            contents=contents,
            body=Markup(body),
            facts=facts,
            **page_script("report.js" if "<table" in body else ""),
            version=library_version(),
        )
    )


def css_text(text: str) -> str:
    """Return a text as a CSS string; whatever could end it or the style is written as a number.

    Examples
    --------
    >>> css_text("甲</style>")
    '"甲\\\\3c \\\\2f style\\\\3e "'
    """
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"'


@functools.cache
def page_script(name: str) -> dict[str, str]:
    """Return a script of the templates and its hash for the policy of the page; empty texts for none."""
    if not name:
        return {"script": "", "script_hash": ""}
    script = (TEMPLATES / name).read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"script": Markup(script), "script_hash": digest}


def library_version() -> str:
    """Return the version of the installed library.

    Examples
    --------
    >>> library_version()[0].isdigit()
    True
    """
    return metadata.version("yilaolib")


@functools.cache
def _exporter():
    from nbconvert import HTMLExporter, TemplateExporter
    from nbconvert.filters.highlight import Highlight2HTML
    from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter

    class Quick(HTMLExporter):
        def from_notebook_node(self, nb, resources=None, **kw):
            """As nbconvert does, but not parsing the page once more for images without alternative text."""
            resources = self._init_resources(resources)
            self.register_filter("highlight_code", Highlight2HTML(parent=self))
            self.register_filter("filter_data_type", WidgetsDataTypeFilter({}, parent=self, resources=resources))
            body, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
            return re.sub(r"<img(?![^>]*\salt=)", f'<img alt="{NO_ALT}"', body), resources

    # "basic" keeps alternative text and loads nothing; "lab" does neither.
    return Quick(
        template_name="basic",
        optimistic_validation=True,  # once, not before and after each of a dozen steps
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )


def warm_exporter() -> None:
    """Make the exporter, its templates and common characters: processes that are forked from this one have them."""
    text = nbformat.v4.new_output("stream", text="x")
    html_output = nbformat.v4.new_output("display_data", {"text/html": "<p>x</p>", "text/plain": "x"})
    cells = [
        nbformat.v4.new_markdown_cell("# x\n\n## y"),
        nbformat.v4.new_code_cell("x", outputs=[text, html_output]),
    ]
    warm_fonts(every_character())
    notebook_page(nbformat.v4.new_notebook(cells=cells), title="x")


@functools.cache
def page_templates() -> Environment:
    """Return the templates of pages; each is read once, so that a batch has one state of them."""
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, auto_reload=False)


def _for_readers(nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy without what belongs on a screen of JupyterLab only: warnings, scripts, widgets."""
    shown = copy.copy(nb)
    shown.metadata = copy.copy(nb.metadata)
    shown.metadata.pop("widgets", None)
    shown.cells = []
    for cell in nb.cells:
        if "remove_cell" in cell.metadata.get("tags", []):
            continue
        cell = copy.copy(cell)
        if cell.cell_type == "code":
            cell.outputs = [
                output
                for output in cell.outputs
                if output.get("name") != "stderr" and not any(kind in output.get("data", {}) for kind in SCRIPTS)
            ]
        shown.cells.append(cell)
    return shown


def _text(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


def _take_title(body: str) -> tuple[str, str]:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", body, flags=re.DOTALL)
    if not found:
        return body, ""
    return body[: found.start()] + body[found.end() :], _text(found[1])


def _take_cover(body: str) -> tuple[str, str]:
    """Take the lines of `show_cover` out of the body."""
    found = re.search(r'<div class="cover">.*?</dl></div>', body, flags=re.DOTALL)
    return (body[: found.start()] + body[found.end() :], found[0]) if found else (body, "")


def _list_contents(body: str) -> tuple[str, list[tuple[str, str]]]:
    """Give every heading of level 2 a number and an id of its own; return the body and (id, text) of each."""
    contents: list[tuple[str, str]] = []

    def anchor(found: re.Match) -> str:
        text = _text(found[1])
        name = re.sub(r"\W+", "-", text).strip("-") or "section"
        taken = {used for used, _ in contents}
        unique = name if name not in taken else f"{name}-{len(contents) + 1}"
        contents.append((unique, text))
        return f'<h2 id="{unique}"><span class="section">{len(contents)}</span> {found[1]}</h2>'

    return re.sub(r"<h2[^>]*>(.*?)</h2>", anchor, body, flags=re.DOTALL), contents
