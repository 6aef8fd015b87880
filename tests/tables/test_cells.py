"""A typed cell is understood or refused in a sentence; no cell is read as what it is not."""

import datetime
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yilaolib.tables.cells import fold, read_date, read_number
from yilaolib.tables.schema import RUN, escaped, unescaped
from yilaolib.texts import say

UNDERSTOOD = [  # typed, unit, number, comparator, upper end
    ("11.5万", "persons", "115000", "", ""), ("11.5 万人", "persons", "115000", "", ""),
    ("1,154,223人", "persons", "1154223", "", ""), ("１１５，４２３", "persons", "115423", "", ""),
    ("1.2亿", "persons", "120000000", "", ""), ("5千", "persons", "5000", "", ""),
    ("约161.90万人", "persons", "1619000", "approx", ""), ("35余万人次", "person_times", "350000", "gt", ""),
    ("100张", "beds", "100", "", ""), ("24（张）", "beds", "24", "", ""), ("50个", "places", "50", "", ""),
    ("19.28%", "pct", "19.28", "", ""), ("１９．２８％", "pct", "19.28", "", ""), ("≥95.5", "pct", "95.5", "ge", ""),
    (">=95.5%", "pct", "95.5", "ge", ""), ("＞96", "pct", "96", "gt", ""), ("不低于95%", "pct", "95", "ge", ""),
    ("95%以上", "pct", "95", "ge", ""), ("15人以下", "persons", "15", "le", ""), ("55-60%", "pct", "55", "", "60"),
    ("55%～60%", "pct", "55", "", "60"), ("3万至5万", "persons", "30000", "", "50000"),
    ("2025年", "year", "2025", "", ""), ("1.35亿元", "10,000 yuan", "13500", "", ""),
    ("13500万元", "10,000 yuan", "13500", "", ""),
    ("16.92万平方米", "m2", "169200", "", ""), ("500㎡", "m2", "500", "", ""), ("−5", "persons", "-5", "", ""),
    ("85%", "share", "0.85", "", ""), (7367.0, "places", "7367", "", ""), (1618979, "persons", "1618979", "", ""),
    (0.1 + 0.2, "share", "0.30000000000000004", "", ""), ("—", "beds", "", "", ""), ("未公布", "beds", "", "", ""),
    (None, "beds", "", "", ""), (datetime.datetime(2025, 1, 1), "year", "2025", "", ""),
]  # fmt: skip

REFUSED = [  # typed, unit: two readers could read two things, or nothing
    ("3-5万", "persons"), ("1,15", "beds"), ("0,193", "pct"), ("1,154,22", "persons"), ("5①", "beds"), ("10²", "beds"),
    ("½", "beds"), ("٣", "beds"), ("三百", "beds"), ("12 34", "beds"), ("99OOO", "persons"), ("1:5", "ratio"),
    ("2020-11-01", "year"), ("2万", "year"), ("19.28%", "persons"), ("5‰", "pct"), ("1.35亿", "10,000 yuan"),
    ("100元", "beds"), ("100人", "beds"), ("=1+1", "beds"), ("@SUM(1)", "beds"), ("无", "beds"), (True, "beds"),
    (float("nan"), "beds"), (float("inf"), "beds"), ("nan", "beds"), ("inf", "beds"), ("1e99", "beds"), (1e300, "beds"),
    ("≥95以下", "pct"), ("约≥95左右", "pct"), (datetime.date(2022, 6, 30), "year"), (datetime.time(3, 5), "beds"),
    (datetime.datetime(1905, 7, 17), "year"), (datetime.timedelta(days=1), "beds"), ("12把", "beds"), ("#REF!", "beds"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "unit", "number", "comparator", "upper"), UNDERSTOOD)
def test_cell_is_understood(typed, unit, number, comparator, upper):
    """What a planner really types becomes the number in the unit of the column."""
    read = read_number(typed, unit)
    assert (read.text, read.comparator, read.upper, read.trouble) == (number, comparator, upper, None)


@pytest.mark.parametrize(("typed", "unit"), REFUSED)
def test_cell_is_refused(typed, unit):
    """What could be read in two ways gives no number, and a sentence in both languages that shows what came."""
    read = read_number(typed, unit)
    assert read.text == ""
    more = {"field": "beds", "example": "1200", "note": True}
    told = [say(f"checks.{read.trouble.key}", lang, **more | read.trouble.values) for lang in ("en", "zh")]
    assert re.search(r"^beds is .* (Write|Format|Correct|Type) ", told[0])
    assert re.search("[请应]", told[1])


def test_percentage_format_is_seen():
    """0.1928 shown as 19.28% is 19.28 in per cent, 0.1928 as a share, and no number of persons."""
    assert read_number(0.1928, "pct", percent=True).text == "19.28"
    assert read_number(0.1928, "share", percent=True).text == "0.1928"
    assert read_number(0.1928, "persons", percent=True).trouble


@pytest.mark.parametrize(
    ("typed", "date"),
    [("2022年10月19日", "2022-10-19"), ("2022/3/5", "2022-03-05"), ("2022.10", "2022-10"), (2022, "2022"),
     (datetime.datetime(2022, 10, 19), "2022-10-19"), ("2022年", "2022"), ("2022年10月", "2022-10")],
)  # fmt: skip
def test_dates_are_read(typed, date):
    """Dates in the forms of Chinese documents and spreadsheets become year-month-day."""
    assert read_date(typed).text == date


@given(st.text(max_size=20), st.sampled_from(["persons", "pct", "year", "10,000 yuan", "share", ""]))
def test_any_text_is_a_number_or_refused(text, unit):
    """Whatever is typed gives a plain number, nothing, or a sentence; never an exception."""
    read = read_number(text, unit)
    assert bool(read.trouble) <= (read.text == "") and re.fullmatch(r"(-?[0-9]+(\.[0-9]+)?)?", read.text)


@settings(max_examples=300)
@given(
    st.text("0123456789,.%万亿千百人张-~至约≥以上 ①²１２eE+", max_size=12), st.sampled_from(["persons", "pct", "beds"])
)
def test_no_digit_is_lost_or_invented(text, unit):
    """The digits of what was understood are the digits that were typed, in their order."""
    read = read_number(text, unit)
    if read.text and not re.search("[eE]", fold(text)):
        typed = [digits for part in re.split("[-~至]", fold(text)) if (digits := re.sub(r"\D", "", part).strip("0"))]
        got = [digits for part in (read.text, read.upper) if (digits := re.sub(r"\D", "", part).strip("0"))]
        assert typed == got


TIMES = [("", 1), ("万", 10_000), ("千", 1_000), ("亿", 10**8)]


@given(st.integers(0, 10**9), st.sampled_from(TIMES), st.booleans(), st.booleans())
def test_decorated_numbers_keep_their_value(number, times, wide, grouped):
    """Any number with 千, 万 or 亿, separators and full-width digits has its value."""
    text = f"{number:,}" if grouped else str(number)
    text = text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789,"}) if wide else text
    assert read_number(f"{text}{times[0]}人", "persons").text == str(number * times[1])


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e17, max_value=1e17))
def test_numbers_keep_every_digit(value):
    """A number of a cell comes back as the same number."""
    assert float(read_number(value).text) == value


@given(st.sampled_from(["", *RUN]), st.text(max_size=5))
def test_escaped_text_comes_back(first, rest):
    """A text that might be run is written with an apostrophe, and read without it."""
    text = first + rest
    assert unescaped(escaped(text)) == text or text.startswith("'")
    assert not escaped(text).startswith(RUN)
