"""What a report shows: words from the catalogue, rounding, missing values, links, escaping, and the CSV beside it."""

import base64
import io
import json
import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from catalogues import write_catalogue
from oracles import future_of
from PIL import Image

import yilaolib as yl
from yilaolib.reports.display import MIME, mime_bundle, picture_of, piece_html

matplotlib.use("agg")


@pytest.fixture
def page(tmp_path):
    """A report in a language of one's own, that knows a town, a year and where numbers come from."""
    page = yl.Report(write_catalogue(tmp_path / "own.toml"), tables_dir=tmp_path / "tables")
    page.know(town="<Town>", year=2025, n=2, rows=ROWS, documents=pd.DataFrame({"source": ["plan"]}))
    return page


ROWS = pd.DataFrame({"observation": ["a.1", "b.2"], "place": ["p. 1", "p. 2"], "source": ["plan", "not there"]})
SUPPLY = pd.DataFrame({
    "name_zh": ["甲", "乙"], "name_en": ["A", None], "role": ["stock", "unknown"], "year": [2025, 2026],
    "stock": [10592.44, None], "note": ["=1+1", None], "observation": ["a.1", "not there"],
    "marks": [["a.1", "b.2"], []], "why": [None, "–"],
})  # fmt: skip


def last(page):
    return page.pieces[-1][0]


def html(page):
    piece, png = page.pieces[-1]
    return str(piece_html(piece, page.words, png))


def texts(frame, lang="zh", **spec):
    """The cells of a researcher's own table as they are shown."""
    page = yl.Report(lang)
    page.table(frame, caption="c", spec=spec)
    return [[cell["text"] for cell in row] for row in last(page)["rows"]]


def test_table_is_shown_as_the_catalogue_says(page):
    """Columns in order, headings, codes as words, formats, units, names of the language, and blanks come from it."""
    page.table("bed_supply", SUPPLY)
    piece = last(page)
    assert (piece["label"], piece["caption"]) == ("Table 1", "Beds in <Town>")
    assert [column["head"] for column in piece["columns"]] == ["name", "role", "year", "beds of 2025", "note"]
    assert [[cell["text"] for cell in row] for row in piece["rows"]] == [
        ["A", "present", "2025", "10,592.4", "=1+1"],
        ["乙", "unknown", "2026", "–", ""],
    ]
    assert piece["rows"][0][3]["value"] == 10592.44  # rounded only when it is shown
    assert piece["columns"][3]["unit"] == "beds"


def test_headings_sentences_and_cover_come_from_the_catalogue(page):
    """Templates know what the report knows; empty lines are left out; what is no key is shown as it is."""
    page.cover()
    cover = last(page)
    assert (cover["title"], cover["badge"], cover["items"]) == ("Report of <Town>", "draft", [["place", "<Town>"]])
    assert (cover["numbers"], cover["lines"]) == ([["beds", "2", "of <Town>"]], ["Beds are enough."])
    page.heading("beds", town="Other")
    assert last(page)["text"] == "Beds of Other"
    page.heading("My own {{ heading }}", level=3)
    assert (last(page)["text"], last(page)["level"]) == ("My own {{ heading }}", 3)
    page.say("one")
    assert last(page)["lines"] == ["<Town> has 2 beds."]
    page.say("several")
    assert last(page) == {"kind": "text", "lines": ["2 beds", "the end"], "list": True}
    page.say("A sentence of {{ my }} own.")
    assert last(page)["lines"] == ["A sentence of {{ my }} own."]


def test_figure_is_shown_as_the_catalogue_says(page):
    """Caption, alternative text, note and the table behind a figure come from the catalogue."""
    page.figure("beds", plt.figure(figsize=(4, 2)), table=SUPPLY)
    piece = last(page)
    assert (piece["caption"], piece["alt"], piece["width"]) == ("Beds until 2025", "Beds rise in <Town>.", 384)
    assert [column["name"] for column in piece["table"]["columns"]] == ["year", "stock"]
    assert page.note("beds") == "Source: <Town>"
    shown = html(page)
    assert shown.startswith('<figure id="fig-beds">') and 'aria-label="Beds rise in &lt;Town&gt;."' in shown
    assert 'viewBox="0 0 288 144" width="384" height="192"' in shown and "<b>Figure 1</b> Beds until 2025" in shown
    assert "<details><summary>Data of this figure</summary><table>" in shown


def test_two_lines_show_what_is_ones_own(page):
    """A table and a figure of one's own need no entry; nothing of them is a template or looked up."""
    page.table(pd.DataFrame({"stock": [1.5], "{{ 7 * 7 }}": ["{{ year }}"]}), caption="抚养比 {{ year }}")
    assert [column["head"] for column in last(page)["columns"]] == ["stock", "{{ 7 * 7 }}"]
    assert (last(page)["caption"], last(page)["rows"][0][1]["text"]) == ("抚养比 {{ year }}", "{{ year }}")
    page.figure(plt.figure(), caption="Mine", alt="It rises.", table=pd.Series([7.0], name="beds"))
    assert (last(page)["label"], last(page)["table"]["rows"][0][0]["value"]) == ("Figure 1", 7.0)


@pytest.mark.parametrize(("call", "message"), [
    (lambda page: page.table("bed_suply", SUPPLY), "no table 'bed_suply'. Did you mean 'bed_supply'"),
    (lambda page: page.table("bed_supply"), "has no table"),
    (lambda page: page.say("severl"), "no sentence 'severl'. Did you mean 'several'"),
    (lambda page: page.table("bed_supply", SUPPLY.drop(columns="role")), "no column 'role'"),
    (lambda page: page.table(SUPPLY, caption="c", spec={"formats": {"bed": ".1f"}}), r"formats names \['bed'\]"),
    (lambda page: page.figure(plt.figure(), caption="c", alt=" "), "alternative text"),
    (lambda page: yl.Report("fr"), "lang must be one of"),
])  # fmt: skip
def test_mistakes_are_told(page, call, message):
    """A key, column or language that is not there is an error that says what is."""
    with pytest.raises(yl.DataError, match=message):
        call(page)


@pytest.mark.parametrize(("lang", "words"), [("zh", "未公布"), ("en", "not published")])
@pytest.mark.parametrize("nothing", [np.nan, None, pd.NA, pd.NaT])
def test_missing_is_said(lang, words, nothing):
    """A missing value is 未公布 or not published, never 0."""
    assert texts(pd.DataFrame({"beds": [nothing]}), lang) == [[words]]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("beds", 10592.0, "10,592"), ("year", 2025, "2025"), ("target_year", 2025, "2025"), ("年份", 2025, "2025"),
     ("year", 12025, "12,025"), ("share", 17.456, "17.5"), ("tfr", 1.356, "1.36"), ("persons", 161900.4, "161,900"),
     ("gap", -6441, "−6,441"), ("gap", -0.001, "0.00"), ("ratio", np.inf, "∞"), ("new", True, "是"),
     ("issued", pd.Timestamp("2020-11-01"), "2020-11-01")],
)  # fmt: skip
def test_numbers_are_rounded_by_size(name, value, text):
    """Whole numbers have no decimals, years no separators, others as many decimals as their size needs."""
    assert texts(pd.DataFrame({name: [value]})) == [[text]]


@pytest.mark.parametrize(
    ("values", "right"),
    [(["2034", "2026"], False), (["4,059", "–"], True), (["4,059", None], True), ([1, "x"], False), ([], False)],
)
def test_numbers_stand_to_the_right(values, right):
    """A column of numbers, or of texts of numbers, stands to the right; years among words are words."""
    page = yl.Report("zh")
    page.table(pd.DataFrame({"turns": pd.Series(values, dtype=object)}), caption="c")
    assert last(page)["columns"][0]["numeric"] == right


def test_everything_is_escaped():
    """Headings, cells, row headings, captions, sentences and keys of rows can hold any text."""
    page = yl.Report("en")
    frame = pd.DataFrame({"<b>": ["<i>"], "o": ['"><x>']}, index=pd.Index(["<u>"], name="<s>"))
    page.know(rows=pd.DataFrame({"observation": ['"><x>']}))
    page.table(frame, caption="<script>", spec={"links": {"<b>": "o"}, "row_ids": "o"})
    shown = html(page)
    page.say(["<y>"])
    page.heading("<z>")
    shown += "".join(str(piece_html(piece, page.words)) for piece, _ in page.pieces)
    assert not set(re.findall(r"</?(\w+)", shown)) & {"b>", "i", "u", "s", "script", "x", "y", "z"}
    assert shown.count("&lt;script&gt;") >= 2 and '<th scope="row" class="word">&lt;u&gt;</th>' in shown


def test_numbers_follow_keys(page):
    """Figures and tables are numbered as they come, and a cell run again keeps its number."""
    for key, frame in (("bed_supply", SUPPLY), ("rows", ROWS), ("bed_supply", SUPPLY)):
        page.table(key, frame)
    page.figure("beds", plt.figure(), table=SUPPLY)
    assert [piece["label"] for piece, _ in page.pieces] == ["Table 1", "Table 2", "Table 1", "Figure 1"]


def test_a_unit_is_said_once():
    """The heading of a column says its unit where neither it nor the caption does."""
    for head, where, said in (("数量", "", "数量（张）"), ("数量", "床位（张）", "数量"), ("床（张）", "", "床（张）")):
        page = yl.Report("zh")
        page.table(pd.DataFrame({"n": [5]}), caption=where, spec={"heads": {"n": head}, "units": {"n": "张"}})
        assert page.pieces[-1][0]["columns"][0]["label"] == said


def test_links_lead_there_and_back(page):
    """A cell leads to the row of its number, marks to several; the row leads back once to each table that uses it."""
    page.table("bed_supply", SUPPLY)
    shown = html(page)
    assert '<a id="ref-bed-supply-1" href="#row-1">10,592.4</a>' in shown
    assert '<sup class="marks"><a id="ref-bed-supply-2" href="#row-1" aria-label="source row 1">1</a> ' in shown
    assert shown.count("<a ") == 3  # the row that is not there has no link
    page.table("bed_supply", SUPPLY)  # run again
    page.figure("beds", plt.figure(), table=SUPPLY)
    page.table("rows", ROWS)
    back = [["ref-bed-supply-1", "Table 1"], ["ref-beds-1", "Figure 1"]]
    assert (last(page)["row_ids"], last(page)["back"][0]) == (["row-1", "row-2"], back)
    shown = html(page)
    assert '<tr id="row-1">' in shown and shown.count('href="#source-1"') == 1
    assert '<a href="#ref-bed-supply-1">Table 1</a>, <a href="#ref-beds-1">Figure 1</a>' in shown
    page.table("sources", pd.DataFrame({"source": ["plan"]}))
    assert last(page)["row_ids"] == ["source-1"] and last(page)["back"] == [[["ref-rows-1", "Table 2"]]]


def test_figure_is_text_that_a_page_can_hold():
    """In an SVG texts are texts, ids are of one figure only, and one with too many marks is a PNG."""
    page = yl.Report("en")
    for name, marks in (("a", 9), ("b", 9), ("c", 9000)):
        ax = plt.subplots()[1]
        ax.plot(range(marks), "o")
        ax.set_title("People <1.23456>")
        page.figure(ax, caption=name, alt="a")
    first, second, large = (picture.get("image/svg+xml", "") for _, picture in page.pieces)
    found = [set(re.findall(r' id="([^"]*)"', each)) for each in (first, second)]
    assert found[0] and not found[0] & found[1] and ">People &lt;1.23456&gt;</text>" in first and not large
    image = Image.open(io.BytesIO(base64.b64decode(page.pieces[-1][1]["image/png"])))
    assert image.mode == "P" and image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)  # few colours, white paper
    assert image.size == tuple(160 * ax.figure.get_size_inches()) and not plt.fignum_exists(ax.figure.number)


def test_pieces_are_plain_json(page):
    """What a notebook keeps of a table is JSON and HTML, and a picture stands outside the JSON."""
    page.table("bed_supply", SUPPLY)
    page.table(pd.DataFrame({"a": [np.inf, np.nan], "b": [np.int64(1), pd.NA]}), caption="c")
    page.figure("beds", plt.figure(), table=SUPPLY)
    for piece, png in page.pieces:
        bundle = mime_bundle(piece, page.words, png)
        assert json.loads(bundle[MIME]) == piece and "Infinity" not in bundle[MIME] and "text/html" in bundle
    assert bundle["image/svg+xml"] and len(bundle[MIME]) < 3000


def test_csv_is_raw(page, tmp_path):
    """The CSV opens in Excel as Chinese and holds raw values: unrounded, missing as empty, units in headings."""
    page.table(pd.DataFrame({"share (%)": [1.0]}), caption="c")  # a heading that says its unit does not get it twice
    assert last(page)["columns"][0]["unit"] == "%"
    assert (tmp_path / "tables" / "own-table-1.csv").read_text(encoding="utf-8-sig") == "share (%)\n1.0\n"
    page.table("bed_supply", SUPPLY)
    wanted = "\ufeffname,role,year,beds of 2025 (beds),note\nA,present,2025,10592.44,'=1+1\n乙,unknown,2026,,\n"
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {"bed-supply.csv", "own-table-1.csv"}
    assert (tmp_path / "tables" / "bed-supply.csv").read_bytes() == wanted.encode()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_csv_holds_no_formula(text, tmp_path):
    """Text that a spreadsheet would run is kept text by an apostrophe, in cells, headings and index."""
    frame = pd.DataFrame({text: [text]}, index=pd.Index([text], name="i"))
    yl.Report("en", tables_dir=tmp_path).table(frame, caption="c")
    back = pd.read_csv(tmp_path / "own-table-1.csv", encoding="utf-8-sig", dtype="str")
    kept = "'" + text.replace("\r", "\n")
    assert [*back.columns, *back.iloc[0]] == ["i", kept, kept, kept]


def test_results_are_saved(tmp_path):
    """Main results become plain JSON; what is not a number is null."""
    page = yl.Report("zh", tables_dir=tmp_path)
    page.save_results(gap=np.int64(3), share=np.nan, most=np.inf, note="甲", none=None)
    saved = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert saved == {"gap": 3, "share": None, "most": None, "note": "甲", "none": None}


def test_names_of_lines_end_within_their_picture():
    """Names stand right of the lines' ends, and nothing is cut off at an edge."""
    beside = ("norm", "hold", "prevalence", "utilisation")
    ax = yl.plot_gap(yl.gap_by_year("jingdezhen", beside=beside, population=future_of("jingdezhen")), lang="en")
    picture_of(ax.annotate("of another year", (0, 0)).axes, "x")  # which is not drawn and takes no room
    assert ax.get_tightbbox().x1 <= ax.figure.bbox.x1 and ax.get_tightbbox().x0 >= 0
