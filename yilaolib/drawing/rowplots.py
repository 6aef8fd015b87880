"""Figures with a row for each thing: methods, kinds of supply."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..core.errors import DataError
from .canvas import END, all_missing, check_columns, close_axes, em, headings, inches, largest, open_rows, wrap
from .style import BLUE, GREEN, INK, LETTERS, MUTED, ORANGE, SKY, VERMILLION, language, number, word

BASES = {"plan": ("D", VERMILLION), "need": ("o", BLUE), "use": ("s", GREEN)}
CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8}  # lines do not strike a text through
PARTS = (BLUE, SKY, ORANGE, GREEN, MUTED)  # neighbours differ in lightness, for a grey print


def plot_methods(
    frame: pd.DataFrame,
    *,
    lines: Mapping[str, float] | None = None,
    unit: str | None = None,
    ax: Axes | None = None,
    lang: str | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw one row per method: its figure and its range, against lines such as the stock and the target.

    Parameters
    ----------
    frame : DataFrame
        One row per method: method (its label), central [unit]; optional lower, upper [unit] and basis
        ("plan", "need" or "use": what the method starts from). A row without central says so in words.
    lines : mapping of label to value [unit], optional
        Vertical lines; missing values are left out.
    unit : str, optional
        Label of the unit, under the axis.
    ax, lang, title, note
        Axes to draw on (default a new figure); "zh" or "en"; heading; line under the figure (base, date, source).

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        When a column is missing.

    Examples
    --------
    >>> beds = pd.DataFrame({"method": ["share", "norm"], "central": [10592, 6300], "basis": ["plan", "need"]})
    >>> ax = plot_methods(beds, lines={"stock": 4059}, lang="en")
    >>> [text.get_text() for text in ax.texts]
    ['10,592', 'plan', '6,300', 'need', 'stock 4,059']
    """
    lang = language(lang)
    check_columns(frame, ("method", "central"), "plot_methods")
    ax, heights = open_rows(ax, list(frame["method"]), lines=2, above=1.2)
    frame = frame.reset_index(drop=True).reindex(columns=["method", "lower", "central", "upper", "basis"])
    marks = {label: value for label, value in (lines or {}).items() if pd.notna(value)}
    ax.set_xlim(0, 1.08 * largest(frame["central"], frame["upper"], list(marks.values())))
    for y, (_, row) in zip(heights, frame.iterrows(), strict=True):
        marker, colour = BASES.get(row["basis"], ("o", BLUE))
        if pd.isna(row["central"]):
            ax.text(0, y, f" {word('no_input', lang)}", va="center", color=MUTED, bbox=CLEAR)
        else:
            ax.hlines(y, row["lower"], row["upper"], color=colour, alpha=0.28, linewidth=7)
            ax.plot(row["central"], y, marker, color=colour, markersize=7, markeredgecolor="white")
            text = number(round(row["central"]) if row["central"] >= 100 else row["central"])
            ax.annotate(
                text, (row["central"], y), (0, 6), textcoords="offset points", ha="center", fontweight="bold",
                bbox=CLEAR,
            )  # fmt: skip
        if pd.notna(row["basis"]):
            colour = LETTERS.get(colour, colour)
            ax.annotate(word(row["basis"], lang), (1, y), (6, 0), ax.get_yaxis_transform(), color=colour, **END)
    styles = ("-", "--", ":", "-.")
    for i, label in enumerate(lines or ()):
        if label in marks:
            ax.axvline(marks[label], color=INK, linewidth=1.1, linestyle=styles[i % 4], zorder=0.8)
    above = headings(ax, [(value, f"{label} {number(value)}") for label, value in marks.items()])
    if frame.empty:
        all_missing(ax, lang)
    ax.set_xlabel(unit or "", loc="right")
    return close_axes(ax, title=title, note=note, above=above)


def plot_supply(
    frame: pd.DataFrame,
    *,
    unit: str | None = None,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    lang: str | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw supply by kind as bars, split into occupied and vacant, or by operator.

    What is missing is written after the bar as not published; it is never drawn as 0. If only the total of a
    kind is known, its bar is an outline.

    Parameters
    ----------
    frame : DataFrame
        One row per kind: kind (its label); one column [unit] for each part, such as occupied and vacant, or public
        and private; optional total [unit].
    unit : str, optional
        Label of the unit, under the axis.
    labels : mapping, optional
        Names of the columns, where ours do not fit.
    ax, lang, title, note
        As in `plot_methods`.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        When the column kind is missing, or a part is text.

    Examples
    --------
    >>> beds = pd.DataFrame({"kind": ["public", "private"], "occupied": [740.0, None], "vacant": [1423.0, None]})
    >>> ax = plot_supply(beds, lang="en")
    >>> [text.get_text() for text in ax.texts]
    ['740', '1,423', 'occupied, vacant: not published']
    """
    lang = language(lang)
    check_columns(frame, ("kind",), "plot_supply")
    parts = [c for c in frame.columns if c not in ("kind", "total")]
    names = {c: (labels or {}).get(c, word(c, lang)) for c in [*parts, "total"]}
    ax, heights = open_rows(ax, list(frame["kind"]), lines=2)
    stacked = _numbers(frame[parts])
    totals = frame["total"].astype(float) if "total" in frame else pd.Series(np.nan, frame.index)
    top = largest(totals, *[row[~np.isnan(row)].sum() for row in stacked.to_numpy()])
    ax.set_xlim(0, 1.02 * top)
    per_point = 1.02 * top / (inches(ax)[0] * 72)
    comma, colon = {"zh": ("、", "："), "en": (", ", ": ")}[lang]
    for y, (index, row) in zip(heights, stacked.iterrows(), strict=True):
        left, after = 0.0, []
        for part, colour in zip(parts, PARTS * len(parts), strict=False):
            if pd.isna(row[part]):
                continue
            ax.barh(y, row[part], 1.6, left, color=colour, edgecolor="white", linewidth=0.8)
            text = number(row[part])
            if row[part] > (em(text) * 9 + 4) * per_point:
                dark = colour in (BLUE, GREEN, MUTED)
                ax.text(left + row[part] / 2, y, text, ha="center", va="center", color="white" if dark else INK)
            else:
                after.append(f"{names[part]} {text}")
            left += row[part]
        if pd.notna(totals[index]):
            after.insert(0, f"{names['total']} {number(totals[index])}")
            if totals[index] > left:
                ax.barh(y, totals[index] - left, 1.6, left, fill=False, edgecolor=MUTED, linestyle="--", linewidth=0.9)
                left = totals[index]
        unknown = [names[part] for part in parts if pd.isna(row[part])]
        if unknown:
            after.append(f"{comma.join(unknown)}{colon}{word('missing', lang)}")
        if after:
            text = wrap({"zh": "；", "en": "; "}[lang].join(after), 17)
            ax.annotate(text, (left, y), (5, 0), color=INK if left else MUTED, fontsize=8.5, **END)
    if frame.empty:
        all_missing(ax, lang)
    keys = [Rectangle((0, 0), 1, 1, color=c) for c, _ in zip(PARTS * len(parts), parts, strict=False)]
    if len(parts) > 1:
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": len(parts), "borderaxespad": 0.2}
        ax.legend(keys, [names[p] for p in parts], frameon=False, handlelength=1, handleheight=1, **place)
    ax.set_xlabel(unit or "", loc="right")
    return close_axes(ax, title=title, note=note, above=16 if len(parts) > 1 else 0)


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    try:
        return frame.astype(float)
    except ValueError as error:
        raise DataError(
            f"plot_supply draws every column but kind and total, and one of {list(frame.columns)} is text: {error}. "
            "Leave that column out."
        ) from None
