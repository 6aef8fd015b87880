"""What report cells show: escaping, rounding, missing values, and the CSV files beside them."""

import base64
import io
import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from yilaolib.errors import DataError
from yilaolib.reports.numbering import set_display
from yilaolib.reports.shows import show_cover, show_figure, show_heading, show_table, show_text

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def fresh_settings():
    set_display(lang="zh")
    yield
    set_display(lang="zh")


def cells(frame: pd.DataFrame, **options) -> str:
    return show_table(frame, key="t", caption="c", **options).data.split("<tbody>")[1]


@pytest.mark.parametrize(("lang", "words"), [("zh", "未公布"), ("en", "not published")])
@pytest.mark.parametrize("nothing", [np.nan, None, pd.NA, pd.NaT])
def test_missing_is_said(lang, words, nothing):
    """A missing value is 未公布 or not published, never 0."""
    shown = cells(pd.DataFrame({"beds": [nothing]}), lang=lang)
    assert f">{words}</td>" in shown and ">0<" not in shown


def test_missing_of_a_note_may_be_empty():
    """What a missing value is printed as can be set for one column."""
    shown = cells(pd.DataFrame({"beds": [None], "note": [None]}), missing={"note": ""})
    assert '<td class="none">未公布</td><td class="none"></td>' in shown


@pytest.mark.parametrize(("texts", "to_the_right"), [(["2034", "2026"], False), (["4,059", "–"], True)])
def test_years_among_words_are_words(texts, to_the_right):
    """A column of years written as text stands to the left, as one of years and words does; one of numbers does not."""
    assert ('class="num"' in cells(pd.DataFrame({"turns": texts}))) == to_the_right


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("beds", 10592, "10,592"),
        ("beds", 10592.0, "10,592"),
        ("year", 2025, "2025"),
        ("年份", 2025, "2025"),
        ("year", 12025, "12,025"),
        ("share", 17.456, "17.5"),
        ("tfr", 1.356, "1.36"),
        ("persons", 161900.4, "161,900"),
        ("gap", -6441, "−6,441"),
        ("gap", -0.2, "−0.20"),
        ("ratio", np.inf, "∞"),
    ],
)
def test_numbers_are_rounded_by_size(name, value, text):
    """Whole numbers have no decimals, years no separators, others as many decimals as their size needs."""
    assert f'<td class="num">{text}</td>' in cells(pd.DataFrame({name: [value]}))


def test_no_minus_zero():
    """A negative number that rounds to nothing is printed without a minus."""
    assert ">0<" in cells(pd.DataFrame({"gap": [-0.3]}), formats={"gap": ",.0f"})


def test_formats_may_be_functions():
    """A format may be a function of the value."""
    assert ">17.5 %<" in cells(pd.DataFrame({"share": [17.5]}), formats={"share": "{:.1f} %".format})


def test_format_of_no_column_is_refused():
    """A format for a column that is not there is an error that lists the columns."""
    with pytest.raises(DataError, match=r"\['bed'\].*\['beds'\]"):
        cells(pd.DataFrame({"beds": [1]}), formats={"bed": ",.0f"})


def test_table_text_is_escaped():
    """Headings, cells, row headings and captions of a table are escaped."""
    frame = pd.DataFrame({"<b>": ["<i>"]}, index=pd.Index(["<u>"], name="<s>"))
    shown = show_table(frame, key="t", caption="<script>").data
    assert not {"<b>", "<i>", "<u>", "<s>", "<script>"} & set(shown.replace("<b>表 1</b>", "").split("&"))
    for tag in ("b", "i", "u", "s", "script"):
        assert f"&lt;{tag}&gt;" in shown


def test_headings_have_scopes():
    """Column headings and the index are headings with a scope."""
    shown = show_table(pd.DataFrame({"beds": [1]}, index=pd.Index(["a"], name="area")), key="t", caption="c").data
    assert '<th scope="col">area</th>' in shown and '<th scope="row" class="word">a</th>' in shown


def test_numbers_follow_keys():
    """Figures and tables are numbered as they come, and a cell run again keeps its number."""
    frame = pd.DataFrame({"a": [1]})
    shown = [show_table(frame, key=key, caption="c").data for key in ("x", "y", "x")]
    assert [text.split("<b>")[1][:3] for text in shown] == ["表 1", "表 2", "表 1"]


def test_figure_keeps_alt_and_size():
    """A figure has its alternative text, its caption and its own size in CSS pixels."""
    figure, _ = plt.subplots(figsize=(4, 2))
    shown = show_figure(figure, key="f", caption="a < b", alt='beds "rise"').data
    assert shown.startswith('<figure id="fig-f">')
    assert '<img alt="beds &quot;rise&quot;" width="384" height="192"' in shown
    assert "<b>图 1</b> a &lt; b" in shown


def test_figure_is_small_png():
    """The picture is a PNG of 256 colours whose white is white."""
    _, ax = plt.subplots(figsize=(4, 2))
    data = show_figure(ax, key="f", caption="c", alt="a").data.split("base64,")[1].split('"')[0]
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert (image.mode, image.size) == ("P", (576, 288))
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_figure_is_closed():
    """A shown figure is closed, so that Jupyter does not show it again."""
    figure, axes = plt.subplots(1, 2)
    show_figure(axes, key="f", caption="c", alt="a")
    assert not plt.fignum_exists(figure.number)


def test_figure_is_not_cropped_by_the_style():
    """A style that says savefig.bbox tight does not change the size of a figure."""
    with matplotlib.rc_context({"savefig.bbox": "tight"}):
        shown = show_figure(plt.figure(figsize=(4, 2)), key="f", caption="c", alt="a").data
    assert 'width="384"' in shown


def test_figure_without_alt_is_refused():
    """A figure without alternative text is an error."""
    with pytest.raises(DataError, match="alternative text"):
        show_figure(plt.figure(), key="f", caption="c", alt=" ")


def test_table_behind_a_figure(tmp_path):
    """The table behind a figure is folded away in the page and written as CSV."""
    set_display(tables_dir=tmp_path)
    shown = show_figure(plt.figure(), key="f", caption="c", alt="a", table=pd.Series([7.0], name="beds")).data
    assert "<details><summary>图中数据</summary><table>" in shown
    assert (tmp_path / "f.csv").read_text(encoding="utf-8-sig") == "beds\n7.0\n"


@pytest.mark.parametrize("key", ["../x", "a/b", "", ".x", "a b", 'a"b'])
def test_key_cannot_leave_the_folder(key, tmp_path):
    """A key that is no plain name is refused."""
    with pytest.raises(DataError, match="key must be"):
        show_table(pd.DataFrame({"a": [1]}), key=key, caption="c", tables_dir=tmp_path / "tables")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_csv_holds_no_formula(text, tmp_path):
    """Text that a spreadsheet would run is kept text by an apostrophe, in cells, headings and index."""
    frame = pd.DataFrame({text: [text]}, index=pd.Index([text], name="i"))
    show_table(frame, key="t", caption="c", tables_dir=tmp_path)
    back = pd.read_csv(tmp_path / "t.csv", encoding="utf-8-sig", dtype="str")
    kept = "'" + text.replace("\r", "\n")
    assert [*back.columns, *back.iloc[0]] == ["i", kept, kept, kept]


def test_csv_names_the_units_and_leaves_nothing_empty(tmp_path):
    """A heading has its unit; of two empty cells the page says which is not published and where nothing belongs."""
    frame = pd.DataFrame({"beds": [7.0, None, None]})
    words = {"beds": ["", "–", "not published"]}
    shown = show_table(
        frame, key="t", caption="c", units={"beds": "beds"}, missing=words, lang="en", tables_dir=tmp_path
    )
    assert re.findall(r"<td[^>]*>([^<]*)</td>", shown.data) == ["7", "–", "not published"]
    assert (tmp_path / "t.csv").read_text(encoding="utf-8-sig").split("\n")[:2] == ["beds (beds)", "7.0"]


def test_csv_is_raw(tmp_path):
    """The CSV opens in Excel as Chinese and holds values as they are: unrounded, negative, missing as empty."""
    frame = pd.DataFrame({"床位": [-10592.123456789, None], "年": [2025, 2026]})
    show_table(frame, key="t", caption="c", tables_dir=tmp_path)
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw == "\ufeff床位,年\n-10592.123456789,2025\n,2026\n".encode()


def test_csv_leaves_nothing_beside(tmp_path):
    """Nothing but the CSV itself is left in the folder."""
    show_table(pd.DataFrame({"a": [1]}), key="t", caption="c", tables_dir=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_sentences_and_headings_are_escaped():
    """Sentences and headings are escaped."""
    assert show_text("<x>").data == "<p>&lt;x&gt;</p>"
    assert show_heading("<x>", level=3).data == "<h3>&lt;x&gt;</h3>"


def test_unknown_language_is_refused():
    """A language that is neither Chinese nor English is refused."""
    with pytest.raises(DataError, match="'zh' or 'en'"):
        set_display(lang="fr")


def test_links_lead_there_and_back():
    """A linked cell has an id, and the row that it leads to links back to it, once for each table."""
    frame = pd.DataFrame({"beds": [1, 2]})
    first = show_table(frame, key="a", caption="A", links={"beds": ["row-x", "row-x"]}, lang="en").data
    second = show_figure(
        plt.figure(), key="b", caption="B", alt="b", table=frame, links={"beds": [[("row-x", "7")], None]}, lang="en"
    ).data
    rows = show_table(frame, key="rows", caption="R", row_ids=["row-x", "row-y"], lang="en").data
    assert '<a id="ref-a-1" href="#row-x">1</a>' in first and '<a id="ref-a-2" href="#row-x">2</a>' in first
    assert '1<sup class="marks"><a id="ref-b-1" href="#row-x" aria-label="source row 7">7</a></sup>' in second
    assert (
        '<tr id="row-x">' in rows and '<td><a href="#ref-a-1">Table 1</a>, <a href="#ref-b-1">Figure 1</a></td>' in rows
    )
    assert '<tr id="row-y"><td class="num">2</td><td></td></tr>' in rows


def test_a_table_shown_again_refers_once():
    """A cell that is run again has the same ids, and no more references."""
    frame = pd.DataFrame({"beds": [1]})
    shown = [show_table(frame, key="a", caption="A", links={"beds": ["row-x"]}).data for _ in range(2)]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("text", "lang", "attribute"),
    [
        ("World Population Prospects", "zh", ' lang="en"'),
        ("printed 18个以上, 月 lost (18 months and above)", "zh", ' lang="en"'),
        ("养老机构 (A)", "zh", ""),
        ("江西省卫生健康委员会", "en", ' lang="zh-CN"'),
        ("a plan", "en", ""),
        ("WPP", "zh", ""),
    ],
)
def test_language_of_cells(text, lang, attribute):
    """A cell in the other language than the page says so, for those who have it read out."""
    assert (f"<td{attribute}>" in cells(pd.DataFrame({"a": [text, "x" * 30]}), lang=lang)) or f"{attribute}" == ""


def test_texts_of_numbers_stand_to_the_right():
    """A column of numbers, dashes and missing values as texts is set as numbers are."""
    shown = show_table(pd.DataFrame({"a": ["1,234", "–", "未公布"]}), key="t", caption="c").data
    assert '<th scope="col" class="num">a</th>' in shown and '<td class="num">1,234</td>' in shown


def test_cover_is_escaped():
    """Title, lines and badge of the cover can hold any text."""
    shown = show_cover("<b>", "s", {"<i>": "</dd>"}, badge="<script>").data
    assert "&lt;b&gt;" in shown and "<i>" not in shown and "<script>" not in shown and "&lt;/dd&gt;" in shown


def test_unit_stays_with_its_column():
    """A unit that a heading does not say stands in the page for Excel, and a unit of no column is refused."""
    frame = pd.DataFrame({"year": [2020], "beds": [4059.0]})
    shown = show_table(frame, key="t", caption="c", lang="en", units={"beds": "beds"}).data
    assert '<th scope="col" class="num" data-unit="beds">beds</th>' in shown
    with pytest.raises(DataError, match="units names"):
        show_table(frame, key="t", caption="c", lang="en", units={"bed": "beds"})
