"""The site: it builds without a warning or a broken link, opens in a browser, and finds words of both languages."""

import functools
import http.server
import runpy
import threading
from pathlib import Path

import pytest
from chromium import BROWSER

pytest.importorskip("sphinx", reason="the extra `site` is not installed")
pytest.importorskip("myst_nb", reason="the extra `site` is not installed")
BUILDER = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "build.py"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages, notebooks not run, no reports: `make site` has both."""
    out = tmp_path_factory.mktemp("site")
    assert BUILDER["build"](out, run=False) == 0
    return out / "html"


def test_every_kind_of_page_is_there(site):
    """Pages, notebooks in both languages, tables, and a page for a public name."""
    pages = ["index", "README.zh", "docs/zh/methods", "docs/methods/share", "notebooks/zh/06_projection"]
    pages += ["notebooks/06_projection", "data/README", "docs/zh/data"]
    assert [page for page in pages if not (site / f"{page}.html").exists()] == []
    assert 'lang="zh-CN"' in (site / "README.zh.html").read_text(encoding="utf-8")
    assert 'id="yilaolib.project"' in (site / "api" / "projection.html").read_text(encoding="utf-8")


def test_a_broken_link_is_found(tmp_path):
    """A file that is not there, and a part that a page does not have."""
    (tmp_path / "a.html").write_text('<p id="x"><a href="b.html">1</a><a href="#y">2</a><a href="a.html#x">3</a>')
    assert [line.split(": ")[1] for line in BUILDER["broken_links"](tmp_path)] == ["#y", "b.html"]


@pytest.mark.skipif(not BROWSER, reason="needs Chromium")
@pytest.mark.parametrize(("words", "page"), [("失能率", "docs/zh/methods.html"), ("perch migration", "")])
def test_the_search_finds_words_of_both_languages(site, words, page):
    """Opened in Chromium: Chinese words are found by their characters, and what is nowhere is not found."""
    from playwright.sync_api import sync_playwright

    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as play:
        tab = play.chromium.launch(executable_path=BROWSER).new_page()
        errors = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(f"http://127.0.0.1:{server.server_port}/search.html?q={words}")
        tab.wait_for_selector("#search-results ul.search li, #search-results p.search-summary:not(:empty)")
        tab.wait_for_timeout(1000)
        found = [link.get_attribute("href") for link in tab.query_selector_all("#search-results ul.search a")]
        assert tab.evaluate("getComputedStyle(document.body).fontFamily")[:8] == "yilaolib"  # or some Chinese is boxes
        assert errors == [] and (any(page in link for link in found) if page else found == [])
    server.shutdown()
