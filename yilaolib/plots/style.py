"""An axes to draw on, and text that fits it: opening, closing, breaking lines, keeping labels apart.

matplotlib breaks lines at spaces only, and its layout does not make room for a wide title; Chinese needs both.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from ..errors import DataError, did_you_mean
from ..tables.printed import with_minus

FAMILY = "Noto Sans SC Yilao"  # the files in fonts/; a name of its own, see fonts/build_fonts.py
FONTS = Path(__file__).resolve().parents[1] / "fonts"

INK, MUTED, RULE = "#222222", "#5F5F5F", "#DDDDDD"
BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#A9D6F2", "#CC79A7"
# Letters need more contrast with white than lines do.
LETTERS = {ORANGE: "#8A6000", GREEN: "#00734F", VERMILLION: "#B44E00", PURPLE: "#99497A", SKY: "#2F7DA8"}
SERIES = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, SKY)

SETTINGS = {
    "font.family": [FAMILY],  # one family: every further one costs time on each text, and hides a missing glyph
    "font.size": 9.0,
    "axes.unicode_minus": True,  # U+2212 is as narrow as a digit in this font
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=SERIES),
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "figure.figsize": (7.2, 4.0),
    "figure.dpi": 144.0,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.dpi": "figure",
    "savefig.bbox": None,  # "tight" would draw every figure twice; the layout already keeps all text inside
    "svg.fonttype": "none",
}

WORDS = {
    "missing": ("未公布", "not published"),
    "no_input": ("所需数据未公布", "inputs not published"),
    "age": ("年龄（岁）", "age (years)"),
    "male": ("男", "male"),
    "female": ("女", "female"),
    "elderly": ("60岁及以上", "60 and over"),
    "under3": ("3岁以下", "under 3"),
    "central": ("推算", "projected"),
    "range": ("{}%范围", "{} % range"),
    "observed": ("实际", "observed"),
    "plan": ("规划", "plan"),
    "need": ("需要", "need"),
    "use": ("使用", "use"),
    "low": ("低方案", "low"),
    "medium": ("中方案", "medium"),
    "high": ("高方案", "high"),
    "zero-migration": ("零迁移", "zero migration"),
    "demand": ("需求", "demand"),
    "supply": ("供给", "supply"),
    "shortfall": ("缺口", "shortfall"),
    "gap_figures": ("阴影中的数字为缺口", "figures in the shade: shortfall"),
    "occupied": ("已入住", "occupied"),
    "vacant": ("空置", "vacant"),
    "total": ("合计", "total"),
    "public": ("公办", "public"),
    "private": ("民办", "private"),
    "pipeline": ("规划新增", "planned new"),
    "baseline": ("基期", "baseline"),
    "target": ("目标", "target"),
    "regress": ("倒退", "worse"),
    "floor": ("下限低于基期", "floor below baseline"),
    "ceiling": ("上限高于基期", "ceiling above baseline"),
    "own_scale": ("以下各行自有刻度，0至该行较大值", "Below: each row on its own scale, 0 to its larger value"),
    "low_value": ("取低值", "low value"),
    "high_value": ("取高值", "high value"),
    "persons": ("人", "persons"),
}
COMPARATORS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
LANGUAGES = ("zh", "en")

state = {"lang": "zh"}


def register_fonts() -> None:
    """Make our two font files known to matplotlib, once in a process."""
    if not any(entry.name == FAMILY for entry in font_manager.fontManager.ttflist):
        for weight in ("Regular", "Bold"):
            font_manager.fontManager.addfont(FONTS / f"NotoSansSC-{weight}.otf")


def use_style(lang: str = "zh", *, rc: Mapping[str, object] | None = None) -> None:
    """Set the house style and the language of all figures that follow.

    This changes matplotlib's settings until they are changed again; it is not a context manager (inside
    ``with matplotlib.rc_context():`` it lasts as long as the block). The figure functions themselves change no
    setting. In a notebook it also turns off the inline back end's cropping, which draws every figure twice.

    Parameters
    ----------
    lang : {"zh", "en"}
        Language of the labels; each figure function takes its own `lang` as well.
    rc : mapping, optional
        matplotlib settings of your own, which win over ours.

    Raises
    ------
    DataError
        When `lang` is not a language that we have.

    Examples
    --------
    >>> use_style("en", rc={"figure.dpi": 100})
    >>> use_style()
    """
    state["lang"] = language(lang)
    register_fonts()
    settings: Any = SETTINGS | dict(rc or {})
    mpl.rcParams.update(settings)
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel"):  # a notebook, not a terminal; ipykernel brings matplotlib_inline
        from matplotlib_inline.config import InlineBackend

        InlineBackend.instance(parent=shell).set_trait("print_figure_kwargs", {"bbox_inches": None})


def language(lang: str | None) -> str:
    """Return `lang` if it is one of ours, or the language given to `use_style`."""
    if lang is None:
        return state["lang"]
    if lang not in LANGUAGES:
        raise DataError(f"lang={lang!r} is not a language of the figures. Use 'zh' or 'en'.")
    return lang


def word(key: str, lang: str) -> str:
    """Return our word for `key`; a key that we do not know is its own label."""
    return WORDS[key][LANGUAGES.index(lang)] if key in WORDS else str(key)


def number(value: float, decimals: int | None = None) -> str:
    """Write a number for readers: 12,345; 41.5; 0.28. The sign is a true minus.

    Examples
    --------
    >>> number(12345.4), number(41.50), number(0.275, 1), number(-3)
    ('12,345', '41.5', '0.3', '−3')
    """
    if decimals is not None:
        text = f"{value:,.{decimals}f}"
    else:
        text = f"{value:,.{0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return with_minus(text)


def with_unit(value: float, unit: str | None, lang: str, comparator: str | None = None) -> str:
    """Write a value with comparator and unit, or our word for a missing one: ``≥55%``, ``4,059张``, ``未公布``."""
    if pd.isna(value):
        return word("missing", lang)
    unit = "" if unit is None or pd.isna(unit) else str(unit)
    gap = " " if lang == "en" and unit not in ("", "%", "‰") else ""
    sign = "" if comparator is None or pd.isna(comparator) else COMPARATORS.get(comparator, "")
    if comparator == "approx":
        sign = "约" if lang == "zh" else "about "
    return f"{sign}{number(float(value))}{gap}{unit}"


def person_scale(largest: float, lang: str) -> tuple[float, str]:
    """Return the divisor and the unit in which persons are shown: 万人, 千人, 人; million, thousand, persons."""
    steps = [(2e4, 1e4, "万人"), (2e3, 1e3, "千人")] if lang == "zh" else []
    steps = steps or [(2e6, 1e6, "million persons"), (2e3, 1e3, "thousand persons")]
    return next(((divisor, unit) for least, divisor, unit in steps if largest >= least), (1.0, word("persons", lang)))


LABEL_WIDTH = 13  # font sizes; longer names of rows are broken into lines
END = {"textcoords": "offset points", "va": "center", "annotation_clip": False}  # a text beside what it names


@cache
def _font(weight: str) -> FT2Font:
    font = FT2Font(str(FONTS / f"NotoSansSC-{weight}.otf"))
    font.set_size(100, 72)
    return font


@cache
def _advance(character: str, weight: str) -> float:
    return _font(weight).load_char(ord(character), LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 100


def em(text: str, weight: str = "Regular") -> float:
    """Return how wide a line of text is in our font, in font sizes: a Chinese character is 1, a digit 0.56."""
    return sum(_advance(c, weight) for c in text)


# One piece that no line break may enter: a Latin word or one Chinese character, with the marks that must not
# begin or end a line.
_PIECE = re.compile(r"\s+|[（《〈“‘〔]*(?:[!-~\u00a1-\u024f\u2010-\u2015−]+|.)[，。、；：！？）》〉”’〕％…]*")


def wrap(text: str, width: float, weight: str = "Regular") -> str:
    """Break a text of either language into lines of at most `width` font sizes.

    Examples
    --------
    >>> wrap("养老机构护理型床位占比", 6).split()
    ['养老机构护理', '型床位占比']
    """
    lines = []
    for paragraph in str(text).split("\n"):
        line = ""
        for piece in _PIECE.findall(paragraph):
            if line and em(line + piece.rstrip(), weight) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece if line else piece.lstrip()
        lines.append(line.rstrip())
    return "\n".join(lines)


# Where a Chinese phrase surely ends: a break elsewhere may fall within a word.
_PHRASE_END = re.compile("(以上|以下|[的、，；：])(?=.)")


def _longest(text: str) -> float:
    """Width of the longest line, in font sizes."""
    return max(map(em, text.split("\n")))


def balanced(text: str, width: float) -> str:
    """Break a text into as few lines as `width` allows, where a phrase ends or else about equally long.

    Examples
    --------
    >>> balanced("失能率来源（普查或其他）", 9).split()
    ['失能率来源', '（普查或其他）']
    >>> balanced("每千名60岁及以上常住人口的床位（张）", 13).split()
    ['每千名60岁及以上', '常住人口的床位（张）']
    """
    fewest = wrap(text, width)
    at_parenthesis = [wrap(re.sub(r"\s*([（(])", r"\n\1", text), width)] if re.search("[（(]", text) else []
    ends = (end.end() for end in _PHRASE_END.finditer(text))
    phrases = sorted((f"{text[:end]}\n{text[end:]}" for end in ends), key=_longest)
    narrower = [wrap(text, w) for w in np.arange(3, width)]
    fits = [t for t in at_parenthesis + phrases + narrower if _longest(t) <= width]
    return next((t for t in fits if t.count("\n") == fewest.count("\n")), fewest)


def inches(ax: Axes, *, right: float = 0.0) -> tuple[float, float]:
    """Return about how wide and high the frame of an axes will be [inches], if `right` is taken beside it.

    The layout that decides runs only when the figure is drawn, and drawing twice would double every figure's time.
    """
    box, (width, height) = ax.get_position(), np.asarray(ax.figure.bbox.size) / ax.figure.dpi
    usual = mpl.rcParamsDefault["figure.subplot.right"] - mpl.rcParamsDefault["figure.subplot.left"]
    lines = [line for label in ax.get_yticklabels() for line in label.get_text().split("\n")]
    left = max(map(em, lines), default=0.0) * 9 / 72
    return max(box.width / usual * width - left - right - 0.25, 1.0), box.height * height


def spread(positions: Iterable[float], gap: float | Sequence[float]) -> np.ndarray:
    """Move labels apart until neighbours are `gap` apart, keeping their order and, on the whole, their place.

    With a gap for each label (its height), two neighbours are half of both apart.
    """
    wanted = np.asarray(list(positions), dtype=float)
    order = np.argsort(wanted, kind="stable")
    placed, high = wanted[order], np.broadcast_to(np.asarray(gap, dtype=float), wanted.shape)[order]
    apart = (high[:-1] + high[1:]) / 2
    for _ in range(100):
        lack = apart - np.diff(placed)
        if not len(lack) or (lack <= apart * 1e-3).all():
            break
        push = np.maximum(lack, 0) / 2
        placed[:-1] -= push
        placed[1:] += push
    result = np.empty_like(placed)
    result[order] = placed
    return result


def headings(ax: Axes, marks: Sequence[tuple[float, str]]) -> float:
    """Write texts over an axes at values x, on as few lines as they need; return the height taken [points]."""
    low, high = ax.get_xlim()
    per_unit = inches(ax, right=0.5)[0] * 72 / (high - low)
    marks = sorted(marks, key=lambda mark: mark[0])
    places, widths = [(x - low) * per_unit for x, _ in marks], [em(text) * 8.5 for _, text in marks]
    # Two neighbours that would touch turn away from each other; what still touches goes a line up.
    pairs = zip(places, places[1:], widths, widths[1:], strict=False)
    near = [False, *(b - a < (v + w) / 2 + 8 for a, b, v, w in pairs), False]
    ends: list[float] = []  # right end of the last text of each line, in points
    over = ax.get_xaxis_transform()
    for i, (x, text) in enumerate(marks):
        turn = 0 if near[i] == near[i + 1] else 1 if near[i] else -1
        start = places[i] + (turn - 1) / 2 * widths[i] + 3 * turn
        line = next((k for k, end in enumerate(ends) if end + 8 < start), len(ends))
        ends[line : line + 1] = [start + widths[i]]
        side = ("right", "center", "left")[turn + 1]
        ax.annotate(text, (x, 1), (3 * turn, 4 + 12 * line), over, "offset points", ha=side, fontsize=8.5)
        if line:
            height = 1 + (12 * line + 2) / (inches(ax)[1] * 72)
            ax.plot([x, x], [1, height], color=INK, linewidth=0.6, clip_on=False, transform=over)
    return 12.0 * len(ends)


def _name_over_value(text: str) -> str:
    """Put the value of a long label on a line of its own."""
    name, _, value = text.rpartition(" ")
    return text if em(text) <= 12 or not name else f"{balanced(name, 13)}\n{value}"


def name_ends(ax: Axes, x: float, ends: Sequence[tuple[float, str, str]], away: float = 6) -> None:
    """Write names to the right of the lines' ends, moved apart where they would touch."""
    ax.autoscale_view()
    low, high = ax.get_ylim()
    ends = [end for end in ends if np.isfinite(end[0])]
    texts = [_name_over_value(text) for _, text, _ in ends]
    gap = [(high - low) * 13 * (1 + text.count("\n")) / (inches(ax)[1] * 72) for text in texts]
    wanted = [value for value, _, _ in ends]
    for y, text, (_, _, colour) in zip(spread(wanted, gap), texts, ends, strict=True):
        colour = LETTERS.get(colour, colour)
        ax.annotate(text, (x, y), (away, 0), color=colour, linespacing=1.15, **END)


def check_columns(frame: pd.DataFrame, columns: Iterable[str], caller: str) -> None:
    """Raise a sentence when a frame lacks columns that a figure needs."""
    lacking = [c for c in columns if c not in frame.columns]
    if lacking:
        raise DataError(
            f"{caller} needs the column '{lacking[0]}'; the frame has {list(map(str, frame.columns))}."
            f"{did_you_mean(lacking[0], map(str, frame.columns))} Rename or add it."
        )


def open_axes(ax: Axes | None, size: tuple[float, float] = (7.2, 4.0)) -> Axes:
    """Return the axes given, or those of a new figure of `size` [inches]."""
    return plt.subplots(figsize=size, layout="constrained")[1] if ax is None else ax


def open_rows(ax: Axes | None, names: Sequence[str], *, lines: int = 1, above: float = 0.9) -> tuple[Axes, np.ndarray]:
    """Open an axes with a named row for each thing, the first on top, and return it with the rows' heights.

    A row is as high as its name needs, at least `lines`; the unit of the axis is one line of text. A new figure is
    as high as all rows and `above` [inches].
    """
    texts = [balanced(name, LABEL_WIDTH) for name in names]
    high = np.array([max(lines, text.count("\n") + 1) + 0.9 for text in texts] or [2.0])
    ax = open_axes(ax, (7.2, above + 0.155 * high.sum()))
    heights = (np.cumsum(high) - high / 2)[: len(texts)]
    ax.set_yticks(heights, texts, linespacing=1.4)  # of Latin letters; Chinese fills more of the line
    ax.set_ylim(high.sum(), 0)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    return ax, heights


def year_axis(ax: Axes, years: np.ndarray, margin: float = 0.03) -> None:
    """Show just these years, and mark each, or those that 5 or 10 divides."""
    span = years.max() - years.min()
    room = margin * span or 0.5
    ax.set_xlim(years.min() - room, years.max() + room)
    ax.xaxis.set_major_locator(MultipleLocator(1 if span <= 10 else 5 if span <= 45 else 10))


def all_missing(ax: Axes, lang: str) -> None:
    """Say in an empty figure that there is nothing to draw."""
    ax.text(0.5, 0.5, word("missing", lang), ha="center", va="center", color=MUTED, transform=ax.transAxes)


def largest(*columns) -> float:
    """Return the largest of some columns and numbers, 1 where all are missing."""
    values = np.concatenate([np.atleast_1d(np.asarray(c, dtype=float)) for c in columns])
    return float(np.nanmax(values, initial=0.0)) or 1.0


def close_axes(ax: Axes, *, title: str | None, note: str | None, unit: str | None = None, above: float = 0.0) -> Axes:
    """Put title, unit line and source note on an axes and return it; `above` [points] is taken over the frame."""
    width = inches(ax)[0] * 72
    if unit:
        ax.annotate(unit, (0, 1), (0, 4 + above), "axes fraction", "offset points", color=MUTED, fontsize=8.5)
    if title:
        pad = 7 + above + (13 if unit else 0)
        ax.set_title(wrap(title, width / 11, "Bold"), loc="left", pad=pad, fontsize=11, fontweight="bold")
    if note:
        # Hung on the axis label, whose place already clears the tick labels.
        anchor = (ax.transAxes, ax.xaxis.label)
        text = wrap(note, width / 7.5)
        ax.annotate(text, (0, 0), (0, -5), anchor, "offset points", va="top", color=MUTED, fontsize=7.5)
    if plt.rcParams["font.family"] == mpl.rcParamsDefault["font.family"]:  # nobody called use_style or chose a font
        register_fonts()
        ax.tick_params(labelfontfamily=FAMILY)
        for text in ax.findobj(Text):
            text.set_fontfamily(FAMILY)
    return ax
