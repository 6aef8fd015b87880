"""Formulas of claims: they compute, they never run anything, and intervals hold what they must."""

import math
import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from yilaolib.auditing.evidence import LONGEST, Interval, evaluate, exact, input_interval, last_digit, printed_interval
from yilaolib.errors import DataError

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
HOSTILE = [
    "__import__('os').system('touch x')", "().__class__.__base__.__subclasses__()", "obs.__globals__", "eval('1')",
    "obs.__class__('a')", "[obs(x) for x in (1, 2)]", "(lambda: 1)()", "open('/etc/passwd')", "9 ** 9 ** 9",
    "1 << 99999", "True + 1", "'a' * 999999999", "f'{1}'", "obs(obs('a'))", "obs(*['a'])", "obs(**{})",
    "obs(name='a')", "obs('a', 'b')", "obs()", "(x := 1)", "1 if 1 else 2", "1 < 2", "1 and 2", "a", "1j", "None",
    "{}", "[1][0]", "1; 2", "import os", "1 / 0", "1 / (obs('a') - 3)", "min(1)", "max()", "1e999", "1e308 * 10",
    "9" * 5000, "(" * 300 + "1" + ")" * 300, "-" * (LONGEST - 1) + "1", "", "   ", "\x00", "'", "obs('a'",
    "obs(chr(97))", "getattr(obs, 'x')",
]  # fmt: skip


@st.composite
def intervals(draw, low=-1e6, high=1e6):
    ends = sorted(draw(st.lists(st.floats(low, high, allow_subnormal=False), min_size=3, max_size=3)))
    return Interval(*ends)


@st.composite
def formulas(draw):
    """A formula that is allowed, as text, and the Python numbers that it is of."""
    parts = draw(st.lists(st.integers(0, 999), min_size=1, max_size=6))
    text = str(parts[0])
    for part in parts[1:]:
        sign, left = draw(st.sampled_from("+-*/")), draw(st.booleans())
        text = f"({text}) {sign} {part}" if left else f"{part} {sign} ({text})"
    return text


LOOKUPS = {"obs": lambda name: exact(3), "pop": lambda area, year, low, high: exact(100)}


@pytest.mark.parametrize("formula", HOSTILE, ids=lambda text: text[:25])
def test_hostile_formula_is_refused(formula):
    """What is not arithmetic over look-ups is a DataError with a sentence that ends."""
    with pytest.raises(DataError) as caught:
        evaluate(formula, LOOKUPS)
    assert str(caught.value).endswith(".")


@given(st.text(alphabet=string.printable + "岁（）＿ｏ", max_size=60))
@example("obs ('a')")
def test_any_text_is_a_number_or_a_data_error(formula):
    """No text does anything else than give an interval or a DataError."""
    try:
        found = evaluate(formula, LOOKUPS)
    except DataError:
        return
    assert found.low <= found.value <= found.high


@given(formulas())
def test_arithmetic_is_that_of_python(formula):
    """An allowed formula has the value that Python gives it."""
    try:
        wanted = eval(formula)
    except ZeroDivisionError:
        with pytest.raises(DataError):
            evaluate(formula, {})
    else:
        assert math.isclose(evaluate(formula, {}).value, wanted, rel_tol=1e-12, abs_tol=1e-12)


@given(intervals(), intervals(), st.sampled_from("+-*/"), st.floats(0, 1), st.floats(0, 1))
def test_interval_holds_every_point_result(a, b, sign, at, bt):
    """Whatever the true inputs within their ranges, the true result is within the range of the result."""
    assume(sign != "/" or b.low > 1e-3 or b.high < -1e-3)
    x, y = a.low + at * (a.high - a.low), b.low + bt * (b.high - b.low)
    found = {"+": a + b, "-": a - b, "*": a * b}[sign] if sign != "/" else a / b
    wanted = {"+": x + y, "-": x - y, "*": x * y}[sign] if sign != "/" else x / y
    slack = 1e-9 * max(1.0, abs(found.low), abs(found.high))
    assert found.low - slack <= wanted <= found.high + slack
    assert found.low <= found.value <= found.high


@given(intervals(-10, 10).filter(lambda b: b.low <= 0 <= b.high))
def test_no_division_by_what_may_be_zero(b):
    """A range that holds 0 cannot divide."""
    with pytest.raises(DataError, match="may be 0"):
        exact(1) / b


@pytest.mark.parametrize(("value", "as_printed", "worth"), [
    (269_200, "26.92万人", 100), (98_000_000_000, "约 980 亿元", 100_000_000), (0.6, "0.6", 0.1), (5, "4-5个", 1),
    (1, "每县(市、区)至少一所", 1), (7367, "7,367", 1), (11.5, "１１．５％", 0.1),
])  # fmt: skip
def test_last_digit_is_read_from_the_print(value, as_printed, worth):
    """The worth of the last digit follows decimals, 万 and 亿, in any width."""
    assert math.isclose(last_digit(value, as_printed), worth)


@given(st.integers(0, 10**6), st.integers(0, 4), st.sampled_from(["", "万", "亿"]))
def test_printed_interval_is_one_digit_wide(digits, decimals, word):
    """The range of a printed figure is as wide as its last digit, and the figure is in its middle."""
    times = {"": 1, "万": 10_000, "亿": 100_000_000}[word]
    text = f"{digits / 10**decimals:.{decimals}f}{word}"
    value = float(text.removesuffix(word) if word else text) * times
    found = printed_interval(value, text)
    assert math.isclose(found.high - found.low, times / 10**decimals, rel_tol=1e-6)
    assert math.isclose((found.high + found.low) / 2, value, abs_tol=1e-6 * times)


@pytest.mark.parametrize(("row", "low", "high"), [
    ((4059, "4059张", "beds", "actual"), 4059, 4059),
    ((740, "约740个", "places", "actual"), 735, 745),
    ((24, "24", "per_1000", "actual"), 23.5, 24.5),
    ((4.5, "4.5", "per_1000", "target"), 4.5, 4.5),
    ((16.63, "16.63%", "pct", "actual"), 16.625, 16.635),
    ((324_100, "32.41万人", "persons", "projection"), 324_050, 324_150),
    ((10, "10", "per_1000", "standard"), 10, 10),
    ((4, "4-5个", "communities", "target", 5), 4, 5),
])  # fmt: skip
def test_inputs_are_as_exact_as_they_are(row, low, high):
    """Counts, targets and standards are exact; what was measured and rounded is not; a printed range is its range."""
    found = input_interval(*row)
    assert math.isclose(found.low, low) and math.isclose(found.high, high)
