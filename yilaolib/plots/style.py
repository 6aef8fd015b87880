"""How figures look: colours, fonts, matplotlib's settings, the language of their words, their numbers.

A colour is changed here and nowhere else; the words are [plots] of the catalogues.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ft2font import LoadFlags
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, MultipleLocator
from scipy.optimize import isotonic_regression

from ..errors import nearest, refusal
from ..texts import catalogue, minus

FAMILY = "Noto Sans SC Yilao"  # the files in fonts/; a name of its own, see data/builders/fonts.py
FONTS = Path(__file__).resolve().parents[1] / "fonts"

INK, MUTED, RULE = "#222222", "#5F5F5F", "#DDDDDD"
BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#A9D6F2", "#CC79A7"
TINTS = {BLUE: "#A6CBE3", ORANGE: "#F4D693"}  # for what stays behind
# Letters need more contrast with white than lines do.
LETTERS = {ORANGE: "#8A6000", GREEN: "#00734F", VERMILLION: "#B44E00", PURPLE: "#99497A", SKY: "#2F7DA8"}
SHADES = LinearSegmentedColormap.from_list("shades", ["#E6F1F8", BLUE])  # of values, pale to strong
WIDE = 5.4  # inches: on a telephone of 390 pixels letters of 9 points are still 8 pixels high
SERIES = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, SKY)

SETTINGS = {
    "font.family": [FAMILY],  # one family: every further one costs time on each text, and hides a missing glyph
    "font.size": 9.0, "text.color": INK, "svg.fonttype": "none",
    "axes.unicode_minus": True,  # U+2212 is as narrow as a digit in this font
    "axes.titlesize": 11.0, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.labelsize": 8.5,
    "axes.labelcolor": MUTED, "axes.edgecolor": MUTED, "axes.linewidth": 0.8, "axes.spines.top": False,
    "axes.spines.right": False, "axes.axisbelow": True, "axes.grid": True, "axes.prop_cycle": cycler(color=SERIES),
    "grid.color": RULE, "grid.linewidth": 0.6, "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelcolor": INK,
    "ytick.labelcolor": INK, "xtick.major.size": 0.0, "ytick.major.size": 0.0, "legend.frameon": False,
    "figure.figsize": (WIDE, 3.6), "figure.dpi": 144.0, "figure.facecolor": "white",
    "figure.constrained_layout.use": True, "savefig.dpi": "figure",
    "savefig.bbox": None,  # "tight" would draw every figure twice; the layout already keeps all text inside
}  # fmt: skip

state = {"lang": "zh"}


def register_fonts() -> None:
    if not any(entry.name == FAMILY for entry in font_manager.fontManager.ttflist):
        for weight in ("Regular", "Bold"):
            font_manager.fontManager.addfont(FONTS / f"NotoSansSC-{weight}.otf")


def use_style(lang: str = "zh", *, rc: Mapping[str, object] | None = None) -> None:
    """Set the house style and the language of all figures that follow.

    In a notebook it also turns off the inline back end's cropping, which draws every figure twice.

    >>> use_style("en", rc={"figure.dpi": 100})
    >>> use_style()

    lang, rc : "zh", "en", or the path of a catalogue of your own (TOML); matplotlib settings that win over ours
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
    """Return `lang` if there is a catalogue of it, or the language given to `use_style`."""
    return state["lang"] if lang is None else catalogue(lang) and lang


def word(key: str, lang: str) -> str:
    return catalogue(lang).word(f"plots.words.{key}", str(key))


def number(value: float, decimals: int | None = None) -> str:
    """Write a number for readers: 12,345; 41.5; 0.28. The sign is a true minus."""
    if decimals is not None:
        return minus(f"{value:,.{decimals}f}")
    text = f"{value:,.{0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2}f}"
    return minus(text.rstrip("0").rstrip(".") if "." in text else text)


def with_unit(value: float, unit: str | None, lang: str, comparator: str | None = None) -> str:
    """Write a value with comparator and unit, or our word for a missing one: ``≥55%``, ``4,059张``, ``未公布``."""
    if pd.isna(value):
        return catalogue(lang).word("words.missing")
    sign = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}.get(str(comparator), "")
    shown = {"number": number(float(value)), "unit": str(unit) if isinstance(unit, str) else ""}
    return catalogue(lang).say("plots.value", approx=comparator == "approx", sign=sign, **shown)


def person_scale(largest: float, lang: str) -> tuple[float, str]:
    """Return the divisor and the unit in which persons are shown: 万人, 千人, 人; million, thousand, persons."""
    scales = catalogue(lang).find("plots.person_scales", [])
    return next(((divisor, unit) for least, divisor, unit in scales if largest >= least), (1.0, word("persons", lang)))


CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}  # lines do not strike a text through


def write(ax: Axes, text: str, at: tuple, shift: tuple = (0, 0), colour: str | None = None, **style) -> None:
    """Write a text `shift` [points] from what it names; letters take the darker form of a colour."""
    if colour:
        style["color"] = LETTERS.get(colour, colour)
    ax.annotate(text, at, shift, textcoords="offset points", **{"va": "center", "annotation_clip": False} | style)


def write_beside(ax: Axes, y: float, text: str, colour: str | None = None, **style) -> None:
    """Write a text to the right of the frame, in the row at height `y`."""
    write(ax, text, (1, y), (6, 0), colour, xycoords=ax.get_yaxis_transform(), **style)


def swatches(ax: Axes, colours: Iterable[str], names: Sequence[str], side: int = 0, **style) -> None:
    """Say over the frame, on its left (0) or right (1), which colour is what."""
    keys = [Rectangle((0, 0), 1, 1, color=colour) for colour in colours]
    place = {"loc": ("lower left", "lower right")[side], "bbox_to_anchor": (side, 1), "ncols": len(names)}
    look = {"borderaxespad": 0.2, "frameon": False, "handlelength": 1, "handletextpad": 0.5, "columnspacing": 1}
    ax.legend(keys, names, fontsize=8.5, **look, **place, **style)


@cache
def _extent(character: str, weight: str) -> tuple[float, float, float]:
    """Return the advance, and how far it reaches above and below its line [font sizes]."""
    font = font_manager.get_font(FONTS / f"NotoSansSC-{weight}.otf")  # opened anew in a fork: a file has one place
    font.set_size(100, 72)
    if not font.get_char_index(ord(character)):
        return 1.0, 0.88, 0.12  # a rare character, which another font shows
    glyph = font.load_char(ord(character), LoadFlags.NO_HINTING)
    return glyph.linearHoriAdvance / 6_553_600, glyph.bbox[3] / 6400, -glyph.bbox[1] / 6400


def em(text: str, weight: str = "Regular") -> float:
    """Return how wide a line of text is in our font, in font sizes: a Chinese character is 1, a digit 0.56."""
    return sum(_extent(c, weight)[0] for c in text)


class Paper(RendererSVG):
    """What figures are measured on and drawn on: texts stay text, those in our font are measured once a character."""

    def get_text_width_height_descent(self, s, prop, ismath):
        if ismath or prop.get_family() != [FAMILY]:
            return super().get_text_width_height_descent(s, prop, ismath)
        size, weight = prop.get_size_in_points(), "Bold" if prop.get_weight() in ("bold", 700) else "Regular"
        _, up, down = zip(*(_extent(c, weight) for c in s), strict=True)
        return size * em(s, weight), size * (max(up) + max(down)), size * max(down)

    def _get_font_height_metrics(self, prop):  # of Matplotlib 3.11, which else asks the file of the font each time
        known = prop.get_family() == [FAMILY]
        return tuple(prop.get_size_in_points() * part for part in (0.88, 0.12, 0)) if known else (None, None, None)

    def _make_id(self, *_):
        self.made = getattr(self, "made", 0) + 1
        return f"{self.basename}-{self.made}"  # no other figure of a page has it

    def open_group(self, *_, **__): ...  # nobody needs them

    close_group, _draw_text_as_path = open_group, RendererSVG._draw_text_as_text


# One piece that no line break may enter: a Latin word or one Chinese character, with the marks that must not
# begin or end a line.
_PIECE = re.compile(r"\s+|[（《〈“‘〔]*(?:[!-~\u00a1-\u024f\u2010-\u2015−]+|.)[，。、；：！？）》〉”’〕％…]*")
# Where a Chinese phrase surely ends: a break elsewhere may fall within a word.
_PHRASE_END = re.compile("(以上|以下|[的、，；：])(?=.)")


def wrap(text: str, width: float, weight: str = "Regular") -> str:
    """Break a text of either language into lines of at most `width` font sizes.

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


def balanced(text: str, width: float) -> str:
    """Break a text into as few lines as `width` allows, where a phrase ends or else about equally long.

    >>> balanced("失能率来源（普查或其他）", 9).split()
    ['失能率来源', '（普查或其他）']
    >>> balanced("每千名60岁及以上常住人口的床位（张）", 13).split()
    ['每千名60岁及以上', '常住人口的床位（张）']
    """

    def longest(lines: str) -> float:
        return max(map(em, lines.split("\n")))

    fewest = wrap(text, width)
    if "\n" not in fewest:
        return fewest
    at_parenthesis = [wrap(re.sub(r"\s*([（(])", r"\n\1", text), width)] if re.search("[（(]", text) else []
    ends = (end.end() for end in _PHRASE_END.finditer(text))
    phrases = sorted((f"{text[:end]}\n{text[end:]}" for end in ends), key=longest)
    narrower = [wrap(text, w) for w in np.arange(3, width)]
    fits = [t for t in at_parenthesis + phrases + narrower if longest(t) <= width]
    return next((t for t in fits if t.count("\n") == fewest.count("\n")), fewest)


def frame_size(ax: Axes, *, right: float = 0.0) -> tuple[float, float]:
    """Return about how wide and high the frame of an axes will be [points], before the layout decides."""
    box, (width, height) = ax.get_position(), 72 * np.asarray(ax.figure.bbox.size) / ax.figure.dpi
    usual = mpl.rcParamsDefault["figure.subplot.right"] - mpl.rcParamsDefault["figure.subplot.left"]
    lines = [line for label in ax.get_yticklabels() for line in label.get_text().split("\n")]
    left = 9 * max(map(em, lines), default=0.0)
    return max(box.width / usual * width - left - right - 18, 72.0), box.height * height


def spread(positions: Iterable[float], gaps: Any) -> np.ndarray:
    """Move labels as little as it takes, in their order, until two neighbours are half of both their heights apart."""
    wanted = np.asarray(list(positions), dtype=float)
    order = np.argsort(wanted, kind="stable")
    high = np.asarray(gaps, dtype=float)[order]
    offsets = np.cumsum(high) - high / 2
    placed = np.empty_like(wanted)
    placed[order] = isotonic_regression(wanted[order] - offsets).x + offsets
    return placed


def headings(ax: Axes, marks: Iterable[tuple[float, str]]) -> float:
    """Write texts over an axes at values x, turned from their neighbours; return the height taken [points]."""
    (low, high), (width, height) = ax.get_xlim(), frame_size(ax, right=36)
    marks, point, over = sorted(marks), (high - low) / width, ax.get_xaxis_transform()
    places = []  # how many other marks a text covers, its left and right end, its value: the lines must not cross it
    for (x, text), turn in zip(marks, np.sign(np.arange(len(marks)) - (len(marks) - 1) / 2), strict=True):
        wide = em(text) * 8.5 * point
        start = max(min(x + (turn - 1) / 2 * wide + 3 * turn * point, high - wide), low)
        places.append((sum(start < other < start + wide for other, _ in marks if other != x), start, wide, x, text))
    taken: list[tuple[int, float, float]] = []  # line, left and right end
    for _, start, wide, x, text in sorted(places):
        near = {line for line, left, right in taken if left - 8 * point < start + wide and start < right + 8 * point}
        line = min(set(range(len(places))) - near)
        taken.append((line, start, start + wide))
        write(ax, text, (start, 1), (0, 4 + 12 * line), xycoords=over, va="baseline", fontsize=8.5)
        if line:
            ax.plot([x, x], [1, 1 + (12 * line + 2) / height], color=INK, linewidth=0.6, clip_on=False, transform=over)
    return 12.0 * (1 + max((line for line, _, _ in taken), default=-1))


def name_ends(ax: Axes, x: float, ends: Sequence[tuple[float, str, str]], away: float = 6) -> None:
    """Write names (height, text, colour) to the right of the lines' ends, moved apart where they would touch."""
    ax.autoscale_view()
    low, high = ax.get_ylim()
    ends, texts = [end for end in ends if np.isfinite(end[0])], []
    for _, text, _ in ends:
        name, _, value = text.rpartition(" ")
        texts.append(f"{balanced(name, 13)}\n{value}" if name and em(text) > 12 else text)  # the value on its own line
    tall = 72 * ax.bbox.height / ax.figure.dpi  # points
    gaps = (high - low) * 13 / tall * np.array([1 + text.count("\n") for text in texts])
    for y, text, (_, _, colour) in zip(spread([end[0] for end in ends], gaps), texts, ends, strict=True):
        write(ax, text, (x, y), (away, 0), colour, linespacing=1.15)


def check_columns(frame: pd.DataFrame, columns: Iterable[str], caller: str) -> None:
    """Raise a sentence when a frame lacks columns that a figure needs."""
    there = [str(column) for column in frame.columns]
    for lacking in [column for column in columns if column not in frame.columns]:
        raise refusal(
            "errors.plots.no_column", caller=caller, lacking=lacking, there=there, near=nearest(lacking, there)
        )


_made: list[Any] = []  # axes
_made_with: dict[str, Any] = {}  # the settings of that time


def make_axes(count: int) -> None:
    """Make axes with ticks beforehand, a fifth of what figures take, for all processes that are forked later."""
    _made_with.update(_settings())
    for _ in range(count):
        _made.append(ax := Figure(layout="constrained").add_subplot())
        for axis in (ax.xaxis, ax.yaxis):
            axis.get_major_ticks(8)


def _settings() -> dict[str, Any]:
    """Matplotlib's settings, but for those of where a figure is shown."""
    return dict.copy(mpl.rcParams) | {"backend": "", "interactive": False}


def open_axes(ax: Axes | None, size: tuple[float, float] = (WIDE, 3.6)) -> Axes:
    """Return the axes given, or those of a new figure of `size` [inches]."""
    if ax is None and _made and _made_with == _settings():
        made = _made.pop()
        plt.figure(FigureClass=cast(Any, lambda **_: made.figure)).set_size_inches(size)
        return made
    return plt.subplots(figsize=size, layout="constrained")[1] if ax is None else ax


def open_rows(ax: Axes | None, names: Iterable[str], *, lines: int = 1, above: float = 0.9) -> tuple[Axes, np.ndarray]:
    """Open an axes with a named row for each thing, as high as its name needs; return it with the rows' heights."""
    texts = [balanced(name, 13) for name in names]
    high = np.array([max(lines, text.count("\n") + 1) + 0.5 for text in texts] or [2.0])
    ax = open_axes(ax, (WIDE, max(above + 0.155 * high.sum(), 2.4)))
    heights = (np.cumsum(high) - high / 2)[: len(texts)]
    ax.set_yticks(heights, texts, linespacing=1.4)  # of Latin letters; Chinese fills more of the line
    ax.set_ylim(high.sum(), 0)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(lambda value, _: number(value))
    return ax, heights


def year_axis(ax: Axes, years: np.ndarray, margin: float = 0.03) -> None:
    """Show just these years, mark each, or those that 5 or 10 divides, and write heights as numbers."""
    span = years.max() - years.min()
    room = margin * span or 0.5
    ax.set_xlim(years.min() - room, years.max() + room)
    ax.xaxis.set_major_locator(MultipleLocator(1 if span <= 10 else 5 if span <= 45 else 10))
    ax.yaxis.set_major_formatter(lambda value, _: number(value))
    ax.grid(axis="x", visible=False)


def largest(*columns) -> float:
    """Return the largest of some columns and numbers, 1 where all are missing."""
    values = np.concatenate([np.atleast_1d(np.asarray(c, dtype=float)) for c in columns])
    return float(np.nanmax(values, initial=0.0)) or 1.0


def close_axes(
    ax: Axes, lang: str, title: str | None, note: str | None, *, unit: str | None = None, under: str | None = None,
    above: float = 0.0, empty: bool = False,
) -> Axes:  # fmt: skip
    """Put title, unit line, source note and the unit under the axis on; `above` [points] is taken over the frame."""
    if empty:
        text = catalogue(lang).word("words.missing")
        ax.text(0.5, 0.5, text, ha="center", va="center", color=MUTED, transform=ax.transAxes)
    if under:
        ax.set_xlabel(word(under, lang), loc="right")
    if unit:
        at = ((0, 1), (0, 4 + above), "axes fraction", "offset points")
        ax.annotate(word(unit, lang), *at, color=MUTED, fontsize=8.5)
    if title:
        pad = 7 + above + (13 if unit else 0)
        ax.set_title(wrap(title, frame_size(ax)[0] / 11, "Bold"), loc="left", pad=pad, fontsize=11, fontweight="bold")
    if note:
        # Hung on the axis label, whose place already clears the tick labels.
        anchor = (ax.transAxes, ax.xaxis.label)
        text = wrap(note, frame_size(ax)[0] / 7.5)
        ax.annotate(text, (0, 0), (0, -5), anchor, "offset points", va="top", color=MUTED, fontsize=7.5)
    if plt.rcParams["font.family"] == mpl.rcParamsDefault["font.family"]:  # nobody called use_style or chose a font
        register_fonts()
        ax.tick_params(labelfontfamily=FAMILY)
        for text in ax.findobj(Text):
            text.set_fontfamily(FAMILY)
    return ax
