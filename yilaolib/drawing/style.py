"""House style of the figures: the font, the colours, the words in two languages, the form of numbers.

Colours are a reduction of Okabe and Ito's palette (2008, Color universal design): told apart by every common
colour vision, and by lightness in a grey print. No figure relies on colour alone.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from cycler import cycler
from matplotlib import font_manager

from ..core.digits import with_minus
from ..core.errors import DataError

FAMILY = "Noto Sans SC Yilao"  # the files in fonts/; a name of its own, see fonts/build_fonts.py
FONTS = Path(__file__).resolve().parent / "fonts"

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
