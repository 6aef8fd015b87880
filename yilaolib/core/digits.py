"""A printed figure as a number: 161.90万人 is 1,619,000 persons, and its last digit is worth 100 of them."""

from __future__ import annotations

import math
import re
import unicodedata

PRINTED = re.compile(r"(\d+)(?:\.(\d+))?\s*[余多]?([百千]?[万亿]?)")
ZERO = re.compile(r"[+-]?[0.,]+%?")
TIMES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}


def half_a_digit(as_printed: str) -> float:
    """Return half of the last printed digit in base units: 50 for 161.90万人, 0.5 for 1154223人.

    Examples
    --------
    >>> half_a_digit("161.90万人"), half_a_digit("1,154,223 人"), half_a_digit("16.63%")
    (50.0, 0.5, 0.005)
    """
    return next((0.5 * unit for _, unit in printed_numbers(as_printed)), 0.5)


def printed_numbers(as_printed: str) -> list[tuple[float, float]]:
    """Return every number of a printed figure with the worth of its last digit, in base units.

    Examples
    --------
    >>> printed_numbers("约161.90万人")
    [(1619000.0, 100.0)]
    """
    text = unicodedata.normalize("NFKC", as_printed).replace(",", "")
    numbers = []
    for whole, decimals, words in PRINTED.findall(text):
        times = math.prod(TIMES[word] for word in words)
        numbers.append((float(f"{whole}.{decimals or 0}") * times, times / 10 ** len(decimals)))
    return numbers


def with_minus(text: str) -> str:
    """Return a formatted number as it is printed: the sign is a minus (U+2212), and zero has none.

    Examples
    --------
    >>> with_minus("-4,059"), with_minus("-0.00"), with_minus("+0.0"), with_minus("12")
    ('−4,059', '0.00', '0.0', '12')
    """
    if ZERO.fullmatch(text):
        return text.lstrip("+-")
    return "−" + text[1:] if text.startswith("-") else text


def closed(name: str) -> str:
    """Return a printed name with the bracket that its web page lost; the row of the data has it as printed.

    Examples
    --------
    >>> closed("基本养老保险参保率(%"), closed("托位数(个)")
    ('基本养老保险参保率(%)', '托位数(个)')
    """
    return name + ")" * max(0, name.count("(") - name.count(")"))
