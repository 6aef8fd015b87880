"""How wide the columns of a table should be on a sheet of A4, from what stands in them."""

from __future__ import annotations

import math
import re
import unicodedata

LINE = 100  # letters of a table's size that a line of A4 holds; a Chinese character counts as two
PADDING = 4  # letters that the space between two columns takes
# A longer word (an id) may be broken, and a cell of as few letters as the second (a date) is not; where many columns
# leave no room, the next pair holds.
UNBROKEN_UP_TO = ((24, 14), (16, 10), (8, 6))
ROOM = 0.7  # of the line that words may take, so that columns of sentences have some
WORD = re.compile(r"[!-~\u00a1-\u024f]+")  # letters, digits and signs without a blank; Chinese breaks anywhere


def column_shares(rows: list[list[str]]) -> list[float]:
    """Return the share of each column in the width of a table; they add up to 1.

    When all fits in one line, columns are as wide as their longest cell. Otherwise each has room for its longest
    word, and the rest goes to those that want most. To leave this to the program that lays out the table takes it
    half its time, for it tries every break of every Chinese text.

    Parameters
    ----------
    rows : list of list of str
        The cells of the heading and of the rows, all rows of the same length.

    Returns
    -------
    list of float
        A share for each column.

    Examples
    --------
    >>> column_shares([["a", "bbbbb"], ["aa", "b"]])
    [0.4, 0.6]
    """
    columns = list(zip(*rows, strict=True))
    widths = [[text_width(cell) + PADDING for cell in column] for column in columns]
    wanted = [float(max(column)) for column in widths]
    if sum(wanted) > LINE:
        least = _least(columns, wanted)
        # The mean of squares lies between mean and longest: one long note among many empty cells gets no half page.
        typical = [math.sqrt(sum(width**2 for width in column) / len(column)) for column in widths]
        more = [max(0.0, want - low) for want, low in zip(typical, least, strict=True)]
        rest = max(0.0, LINE - sum(least))
        wanted = [low + rest * want / max(1.0, sum(more)) for low, want in zip(least, more, strict=True)]
    return [want / sum(wanted) for want in wanted]


def _least(columns: list[tuple[str, ...]], wanted: list[float]) -> list[float]:
    """Return what each column needs so that its words are not broken."""
    for longest, short in UNBROKEN_UP_TO:
        least = [
            min(want, _unbroken(column, longest, short) + PADDING) for want, column in zip(wanted, columns, strict=True)
        ]
        if sum(least) <= ROOM * LINE:
            break
    return least


def text_width(text: str) -> int:
    """Return the width of the longest line of a text in letters.

    Examples
    --------
    >>> text_width("60岁")
    4
    """
    lines = text.split("\n")
    return max(sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line) for line in lines)


def _unbroken(column: tuple[str, ...], longest: int, short: int) -> int:
    words = [min(longest, len(word)) for text in column for word in WORD.findall(text)]
    cells = [width for width in map(text_width, column) if width <= short]
    return max([4, *words, *cells])
