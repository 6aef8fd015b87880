"""How Sphinx makes the site; `docs/build.py` lays its pages out first (`make site`)."""

import os
import re

from sphinx.search.en import SearchEnglish

project = "yilaolib"
author = project_copyright = "yilaolib contributors"
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.githubpages"]
suppress_warnings = ["misc.highlighting_failure"]  # csv has no lexer
html_theme = "furo"
html_title = "yilaolib 一老一小"
html_copy_source = False
html_static_path = ["_static", "../yilaolib/fonts"]
html_css_files = ["site.css"]

myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
nb_execution_mode = os.environ.get("SITE_EXECUTE", "cache")
nb_execution_cache_path = os.environ.get("SITE_CACHE", "")
nb_execution_timeout = 900
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_merge_streams = True

autodoc_typehints = "none"  # the docstrings say it shorter

HAN = "一-鿿"


class TwoLanguages(SearchEnglish):
    """English words by their stems, Chinese by pairs of characters, which needs no dictionary."""

    js_splitter_code = f"""
var splitQuery = (query) => query.split(/[^\\p{{Letter}}\\p{{Number}}_]+/gu).flatMap((run) =>
  (run.match(/[{HAN}]+|[^{HAN}]+/g) || []).flatMap((part) => /[{HAN}]/.test(part) && part.length > 2
    ? Array.from({{ length: part.length - 1 }}, (_, i) => part.slice(i, i + 2)) : [part]));
"""

    def split(self, text):
        runs = re.findall(rf"[{HAN}]+|[^\W{HAN}]+", text)
        return [word for run in runs for word in (pairs(run) if re.match(f"[{HAN}]", run) else [run])]


def pairs(run: str) -> list[str]:
    """景德镇 is 景德 and 德镇."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def as_help_shows_it(app, what, name, obj, options, lines):
    """A docstring as `help` prints it: the first line as a sentence, the data sheet below in its own lines."""
    first, *rest = lines or [""]
    sheet = ["", "::", "", *(f"   {line}" for line in rest), ""]
    lines[:] = [first.replace("`", "``"), *(sheet if any(rest) else [])]


def in_its_language(app, page, template, context, doctree):
    """A Chinese page says so to browsers and to programs that read aloud."""
    if "zh" in re.split(r"[./]", page):
        context["language"] = "zh-CN"


def setup(app):
    app.connect("autodoc-process-docstring", as_help_shows_it)
    app.connect("html-page-context", in_its_language)
    app.add_search_language(TwoLanguages)
