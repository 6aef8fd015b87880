"""A rendered report and the list of reports in a real browser: Debian's Chromium, driven by Playwright.

Where no browser is found these tests are skipped and say so.
"""

import io
import json
import re

import pytest
from chromium import BROWSER

import yilaolib as yl
from yilaolib.reports.many import index_page
from yilaolib.reports.page import FONTS, put_fonts

playwright = pytest.importorskip("playwright.sync_api", reason="pip install 'yilaolib[dev]' brings playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="'yilaolib[dev]' brings axe-core")
if BROWSER is None:
    pytest.skip("no browser is installed: apt-get install chromium", allow_module_level=True)

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
]  # fmt: skip
EVIL = "<script>alert(1)</script>"
SIZE = {"width": 1000, "height": 800}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of Jingdezhen in Chinese, rendered once for all tests."""
    return yl.render_report("jingdezhen", out_dir=tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def browser(report):  # the report first: a notebook cannot be run beside Playwright's event loop
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def heard():
    """What the browser told while pages were open: errors, warnings, dialogs, and requests for anything else."""
    return []


def opened(browser, heard, path, **options):
    """Open a file in a window of its own and listen to what it does."""
    page = browser.new_context(viewport=SIZE, **options).new_page()
    page.set_default_timeout(5000)
    page.on("console", lambda message: message.type in ("error", "warning") and heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    fonts = [(folder / "fonts").as_uri() for folder in path.parents]
    own = (path.as_uri(), *fonts, "data:", "blob:")
    page.on("request", lambda r: r.url.startswith(own) or heard.append(f"request {r.url[:100]}"))
    page.goto(path.as_uri())
    return page


@pytest.fixture(scope="module")
def page(browser, heard, report):
    """The report, open."""
    return opened(browser, heard, report)


@pytest.fixture(scope="module")
def index(browser, heard, tmp_path_factory):
    """The list of three reports, one of a place that has been named by somebody evil."""
    shared = {"province": "江西省", "lang": "zh", "scenario": "medium", "end_year": 2050, "seconds": 1.5}
    names = [("a", "甲市", "ok", 300, ""), ("b", EVIL, "failed", None, f"no data: {EVIL}"), ("c", "乙市", "ok", 20, "")]
    rows = [
        {**shared, "area": slug, "name_zh": name, "name_en": name, "adcode": "360000", "status": status,
         "report": f"{slug}/report.html" * (status == "ok"), "error": error, "started": "2026-01-01 12:00:00",
         "results": {"bed_gap": gap}}
        for slug, name, status, gap, error in names
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("index") / "index.html"
    path.write_text(index_page(rows), encoding="utf-8")
    put_fonts(path.parent)
    return opened(browser, heard, path)


def column(page, selector, place):
    """The texts of a column of a table."""
    script = "([s, i]) => [...document.querySelectorAll(s + ' tbody tr')].map(r => r.cells[i].textContent.trim())"
    return page.evaluate(script, [selector, place])


def violations(page, parts=None, **options):
    """What axe-core finds in a page or in parts of it: rule and the first element that breaks it."""
    found = (
        axe.Axe().run(page, context=parts, options={"resultTypes": ["violations"], **options}).response["violations"]
    )
    return [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found]


def test_every_character_has_its_glyph(page):
    """The font beside the index has all Chinese characters, letters and digits that the page shows."""
    from fontTools.ttLib import TTFont

    known = set(TTFont(FONTS / "NotoSansSC-Regular.otf").getBestCmap())
    without = "b => (b.querySelectorAll('script').forEach(s => s.remove()), b.textContent)"  # a script is not shown
    shown = page.evaluate(f"({without})(document.body.cloneNode(true))")
    assert {char for char in shown if char.isalnum() and ord(char) not in known} == set()


def fonts_of(browser, path, selector):
    """The fonts that the browser draws elements with, and whether they are the page's own."""
    page = opened(browser, [], path)  # the browser warns of its own tool, which reads the page once more
    assert "error" not in page.evaluate("document.fonts.ready.then(() => [...document.fonts].map(f => f.status))")
    devtools = page.context.new_cdp_session(page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    nodes = devtools.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"][:150]
    fonts = [devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"] for node in nodes]
    page.context.close()
    return {(font["familyName"], font["isCustomFont"]) for found in fonts for font in found}


def test_fonts_are_applied(browser, report):
    """The browser draws headings, sentences and cells with the page's own font and no other."""
    used = fonts_of(browser, report, "h1, h2, p, li, caption, td:first-child")
    assert used and all(custom for _, custom in used), used


def test_first_screen_has_the_message(page, report):
    """Within 1200 x 900 stand the four numbers, those of results.json among them, and three sentences."""
    page.set_viewport_size({"width": 1200, "height": 900})
    parts = page.locator(".numbers > div, header li")
    assert parts.count() == 7 and all(parts.nth(n).bounding_box()["y"] >= 0 for n in range(7))
    assert max(box["y"] + box["height"] for box in (parts.nth(n).bounding_box() for n in range(7))) < 900
    results = json.loads((report.parent / "tables" / "results.json").read_text(encoding="utf-8"))
    shown = page.locator(".numbers").text_content()
    assert all(f"{results[name]:,.0f}" in shown for name in ("bed_gap", "place_gap"))
    assert f"{results['share_60_pct']:.1f}%" in shown
    page.set_viewport_size(SIZE)


def test_mark_of_a_source_opens_the_rows(page):
    """The rows are folded; a number of the text that leads to one opens them and brings it into view."""
    rows = page.locator("#tab-rows")
    assert rows.bounding_box()["height"] < 100
    page.locator("#tab-bed-supply a[href^='#row-']").first.click()
    assert rows.locator("tr:target").is_visible()
    assert 0 <= rows.locator("tr:target").bounding_box()["y"] < SIZE["height"]
    page.evaluate("document.querySelector('#tab-rows details').open = false")


def test_every_link_leads_somewhere(page):
    """Each link within the page, such as the mark of a source, has its target; ids are there once."""
    script = (
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => decodeURIComponent(a.getAttribute('href').slice(1)))"
    )
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert set(page.evaluate(script)) <= set(ids) and len(ids) == len(set(ids))


def test_tables_sort_by_click(page):
    """A click sorts a table up, a second one down, a third one as it was; numbers by size."""
    button = page.locator("#tab-population thead button").nth(1)
    before = column(page, "#tab-population", 1)
    numbers = sorted(int(text.replace(",", "")) for text in before)
    for order, wanted in (("ascending", numbers), ("descending", numbers[::-1])):
        button.click()
        assert [int(text.replace(",", "")) for text in column(page, "#tab-population", 1)] == wanted
        assert page.locator("#tab-population th").nth(1).get_attribute("aria-sort") == order
    button.click()
    assert column(page, "#tab-population", 1) == before


def test_tables_sort_by_keyboard(page):
    """A heading can be pressed without a mouse; a number with a true minus sign is less than 0."""
    table = page.locator("#fig-bed-steps table")
    page.evaluate("document.querySelector('#fig-bed-steps details').open = true")
    table.locator("thead button").nth(1).focus()
    for key, order in (("Enter", "ascending"), ("Space", "descending"), ("Enter", None), ("Enter", "ascending")):
        page.keyboard.press(key)
        assert table.locator("th").nth(1).get_attribute("aria-sort") == order
    script = "t => [...t.tBodies[0].rows].map(r => r.cells[1].firstChild.textContent)"
    texts = [text.replace(",", "").replace("\N{MINUS SIGN}", "-") for text in table.evaluate(script)]
    numbers = [int(text) for text in texts if text[-1].isdigit()]
    assert numbers == sorted(numbers) and numbers[0] < 0 < numbers[-1]


def test_phone_scrolls_in_one_direction(page):
    """On a phone nothing is wider than the screen but tables and figures, which scroll in their boxes."""
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    finally:
        page.set_viewport_size(SIZE)


def test_dark_mode_applies(page):
    """Who prefers the dark gets a dark page whose letters can be read."""
    page.emulate_media(color_scheme="dark")
    try:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", colour)[:3])) < 60
        parts = {"include": [["header"], ["nav"], ["#fig-beds"], ["#tab-population"], ["footer"]]}
        assert violations(page, parts, runOnly=["color-contrast"]) == []
    finally:
        page.emulate_media(color_scheme="light")


def test_axe_finds_nothing_in_the_report(page):
    """axe-core, which tests for those who cannot see or use a mouse, reports no violation."""
    rows_alike = "#tab-rows tbody tr:nth-child(n+12)"  # a third of the time
    assert violations(page, {"exclude": [[rows_alike]]}) == []


def test_report_prints(page):
    """The browser's own print to PDF works: A4, page numbers, Chinese that can be selected."""
    pypdf = pytest.importorskip("pypdf")
    paper = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    text = "".join(paper.pages[n].extract_text() for n in (2, 3))
    assert len(paper.pages) > 5 and round(paper.pages[0].mediabox.height) == 842
    assert re.search(r"[\u4e00-\u9fff]{4}", text) and f"{len(paper.pages)}" in text


def test_report_is_whole_without_scripts(browser, heard, report):
    """Where scripts are off all tables and figures are there."""
    page = opened(browser, heard, report, java_script_enabled=False)
    assert page.locator("figure svg").count() >= 5 and page.locator("#tab-population tbody tr").count() >= 5
    page.context.close()


def test_index_shows_searches_and_sorts(index):
    """A name that holds a script is text; the list is filtered while one types; what is missing is sorted last."""
    assert index.locator("tbody th").nth(1).text_content().startswith(EVIL)
    index.locator("#search").fill("乙")
    assert index.locator("tbody tr:visible").count() == 1
    index.locator("#search").fill("")
    button = index.locator("thead button", has_text="Bed gap")
    place = button.evaluate("b => b.closest('th').cellIndex")
    for wanted in (["20", "300", ""], ["300", "20", ""]):
        button.press("Enter")
        assert column(index, "table", place) == wanted


def test_axe_finds_nothing_in_the_index(index):
    """axe-core reports no violation in the list, light or dark."""
    assert violations(index) == []
    index.emulate_media(color_scheme="dark")
    assert violations(index) == []


def test_pages_are_quiet(page, index, heard):
    """No page told an error, opened a dialog, or asked for anything from anywhere."""
    assert heard == []


def test_contents_lead_to_their_headings(page):
    """Every link of the contents brings the heading of its words into view."""
    links = page.query_selector_all("nav a")
    assert len(links) >= 8
    for link in links:
        link.click()
        target = page.query_selector(f"[id='{link.get_attribute('href')[1:]}']")
        assert target.text_content().endswith(link.text_content().strip())
        assert -1 <= target.evaluate("e => e.getBoundingClientRect().top") < SIZE["height"]
