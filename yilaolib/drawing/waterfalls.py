"""The waterfall: from a need over what there is to what is left."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .canvas import END, all_missing, check_columns, close_axes, em, inches, largest, open_rows
from .style import BLUE, GREEN, INK, LETTERS, MUTED, SKY, VERMILLION, language, number, word

# Told apart by lightness too: need dark, taken away light, what is left strong; the unsure part is hatched.
FILLS = {"need": BLUE, "stock": SKY, "pipeline": SKY, "unsure": "white", "short": VERMILLION, "surplus": GREEN}


def plot_waterfall(
    frame: pd.DataFrame,
    *,
    unit: str | None = None,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    lang: str | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw a need, what is taken from it step by step, and what is left: short or too many.

    The need is that of one method: name it in the title or the note. A step that is not published says so in words;
    it is not drawn as 0.

    Parameters
    ----------
    frame : DataFrame
        One row per step in order: step (need, stock, pipeline, unsure, short or surplus), value [unit, negative where
        taken away], start, end [unit], and name_zh or name_en; as from `gap_waterfall`.
    unit : str, optional
        Label of the unit, under the axis.
    labels : mapping of step to text, optional
        Names of steps, where the frame's do not fit.
    ax, lang, title, note
        As in `plot_methods`.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        When a column is missing.

    Examples
    --------
    >>> steps = [["need", 9500.0, 0, 9500], ["stock", -4000.0, 9500, 5500], ["short", 5500.0, 0, 5500]]
    >>> steps = pd.DataFrame(steps, columns=["step", "value", "start", "end"]).assign(name_en=["need", "stock", "left"])
    >>> [text.get_text() for text in plot_waterfall(steps, lang="en").texts]
    ['9,500', '−4,000', '5,500']
    """
    lang = language(lang)
    check_columns(frame, ("step", "value", "start", "end", f"name_{lang}"), "plot_waterfall")
    names = [
        str((labels or {}).get(step, name)) for step, name in zip(frame["step"], frame[f"name_{lang}"], strict=True)
    ]
    ax, heights = open_rows(ax, names, lines=2, above=1.0)
    ends = frame[["start", "end"]].to_numpy(dtype=float)
    low, top = np.nanmin(ends, initial=0.0), largest(ends)
    ax.set_xlim(1.14 * low, 1.14 * top)
    per_point = 1.14 * (top - low) / (inches(ax)[0] * 72)
    reaches = len(frame) > 0 and pd.notna(frame["value"].iloc[-1])  # else nothing hangs from the need
    for y, row in zip(heights, frame.itertuples(), strict=True):
        if pd.isna(row.value) or pd.isna(row.start):
            x = row.start if reaches and pd.notna(row.start) else 0.0
            ax.annotate(word("missing", lang), (x, y), (5, 0), color=MUTED, **END)
            continue
        fill = FILLS.get(row.step, SKY)
        hatch = "////" if row.step == "unsure" else None
        edge = MUTED if row.step == "unsure" else "white"
        ax.barh(y, row.end - row.start, 1.7, row.start, color=fill, edgecolor=edge, hatch=hatch, linewidth=0.8)
        left = row.step in ("short", "surplus")
        text = number(round(abs(row.value) if left else row.value))
        weight = "bold" if left or row.step == "need" else "normal"
        colour = LETTERS.get(fill, INK) if left else INK
        edge = max(row.start, row.end)
        if edge + (em(text) * 9 + 9) * per_point > 1.14 * top:  # no room on the right: before the bar
            ax.annotate(text, (min(row.start, row.end), y), (-5, 0), ha="right", color=colour, fontweight=weight, **END)
        else:
            ax.annotate(text, (edge, y), (5, 0), color=colour, fontweight=weight, **END)
    _connect(ax, frame, heights)
    ax.axvline(0, color=INK, linewidth=0.9)
    if frame.empty:
        all_missing(ax, lang)
    ax.set_xlabel(unit or "", loc="right")
    return close_axes(ax, title=title, note=note)


def _connect(ax: Axes, frame: pd.DataFrame, heights: np.ndarray) -> None:
    """Lead the eye from where one bar ends to where the next one begins, over steps without a figure."""
    drawn = [(y, row) for y, row in zip(heights, frame.itertuples(), strict=True) if pd.notna(row.value)]
    for (y, row), (below, _) in pairwise(drawn):
        ax.plot([row.end, row.end], [y, below], color=MUTED, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0.7)
