"""How figures look: colours, fonts, matplotlib's settings, the language of their words, their numbers.

A colour is changed here and nowhere else; the words are [plots] of the catalogues.
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

from ..texts import catalogue, minus

FAMILY = "Noto Sans SC Yilao"  # the files in fonts/; a name of its own, see data/builders/fonts.py
FONTS = Path(__file__).resolve().parents[1] / "fonts"

INK, MUTED, RULE = "#222222", "#5F5F5F", "#DDDDDD"
BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#A9D6F2", "#CC79A7"
TINTS = {BLUE: "#A6CBE3", ORANGE: "#F4D693"}  # for what stays behind
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

COMPARATORS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}

state = {"lang": "zh"}


def register_fonts() -> None:
    """Make our two font files known to matplotlib, once in a process."""
    if not any(entry.name == FAMILY for entry in font_manager.fontManager.ttflist):
        for weight in ("Regular", "Bold"):
            font_manager.fontManager.addfont(FONTS / f"NotoSansSC-{weight}.otf")


def use_style(lang: str = "zh", *, rc: Mapping[str, object] | None = None) -> None:
    """Set the house style and the language of all figures that follow.

    This changes matplotlib's settings until they are changed again; the figure functions themselves change none. In a
    notebook it also turns off the inline back end's cropping, which draws every figure twice.

    Parameters
    ----------
    lang : str, default "zh"
        "zh", "en", or the path of a catalogue of your own (TOML); another is a DataError. Each figure takes `lang` too.
    rc : mapping, optional
        matplotlib settings of your own, which win over ours.

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
    """Return `lang` if there is a catalogue of it, or the language given to `use_style`."""
    if lang is None:
        return state["lang"]
    catalogue(lang)
    return lang


def word(key: str, lang: str) -> str:
    """Return our word for `key`; a key that we do not know is its own label."""
    return catalogue(lang).word(f"plots.words.{key}", str(key))


def missing(lang: str) -> str:
    """Return what stands where a figure is not published."""
    return catalogue(lang).word("words.missing")


def number(value: float, decimals: int | None = None) -> str:
    """Write a number for readers: 12,345; 41.5; 0.28. The sign is a true minus.

    >>> number(12345.4), number(41.50), number(0.275, 1), number(-3)
    ('12,345', '41.5', '0.3', '−3')
    """
    if decimals is not None:
        return minus(f"{value:,.{decimals}f}")
    text = f"{value:,.{0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2}f}"
    return minus(text.rstrip("0").rstrip(".") if "." in text else text)


def with_unit(value: float, unit: str | None, lang: str, comparator: str | None = None) -> str:
    """Write a value with comparator and unit, or our word for a missing one: ``≥55%``, ``4,059张``, ``未公布``."""
    if pd.isna(value):
        return missing(lang)
    sign = COMPARATORS.get(comparator, "") if isinstance(comparator, str) else ""
    shown = {"number": number(float(value)), "unit": str(unit) if isinstance(unit, str) else ""}
    return catalogue(lang).say("plots.value", approx=comparator == "approx", sign=sign, **shown)


def person_scale(largest: float, lang: str) -> tuple[float, str]:
    """Return the divisor and the unit in which persons are shown: 万人, 千人, 人; million, thousand, persons."""
    scales = catalogue(lang).find("plots.person_scales", [])
    return next(((divisor, unit) for least, divisor, unit in scales if largest >= least), (1.0, word("persons", lang)))
