"""The tornado: how far each input moves a result."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .canvas import END, all_missing, check_columns, close_axes, em, headings, inches, open_rows
from .style import BLUE, INK, MUTED, ORANGE, language, number, word


def plot_tornado(
    frame: pd.DataFrame,
    *,
    unit: str | None = None,
    ax: Axes | None = None,
    lang: str | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw how far each assumption moves a result, the widest first.

    Parameters
    ----------
    frame : DataFrame
        One row per assumption: name; low, high [unit]: the result when the assumption is low or high; central
        [unit]: the result without the change, the same in all rows; optional low_label, high_label: the values
        that the assumption takes (low_label_zh and so on come first in their language).
    unit : str, optional
        Label of the unit of the result, under the axis.
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
    >>> moved = pd.DataFrame({"name": ["births", "deaths"], "low": [90, 70], "high": [110, 135], "central": 100})
    >>> [label.get_text() for label in plot_tornado(moved).get_yticklabels()]
    ['deaths', 'births']
    """
    lang = language(lang)
    check_columns(frame, ("name", "low", "high", "central"), "plot_tornado")
    width = (frame["high"] - frame["low"]).abs().fillna(-1.0)
    frame = frame.loc[width.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
    ax, heights = open_rows(ax, list(frame["name"]), lines=2)
    values = frame[["low", "high", "central"]].to_numpy(dtype=float)
    if not np.isfinite(values).any():
        all_missing(ax, lang)
        return close_axes(ax, title=title, note=note)
    least, most = np.nanmin(values), np.nanmax(values)
    wide = {False: 0.0, True: 0.0}  # points that the texts need left and right of the bars
    for _, row in frame.dropna(subset=["central"]).iterrows():
        for side in ("low", "high"):
            if pd.notna(row[side]):
                text, right = _end_of_bar(row, side, lang)
                wide[right] = max(wide[right], em(text) * 8.5 + 10)
    per_point = ((most - least) or 1.0) / max(inches(ax)[0] * 72 - sum(wide.values()), 72)
    ax.set_xlim(least - wide[False] * per_point, most + wide[True] * per_point)
    for y, (_, row) in zip(heights, frame.iterrows(), strict=True):
        for side, colour in (("low", ORANGE), ("high", BLUE)):
            if pd.isna(row[side]) or pd.isna(row["central"]):
                ax.annotate(word("missing", lang), (row["central"], y), (5, 0), color=MUTED, **END)
                continue
            ax.barh(y, row[side] - row["central"], 1.5, row["central"], color=colour)
            text, right = _end_of_bar(row, side, lang)
            place = {"ha": "left" if right else "right", "fontsize": 8.5}
            ax.annotate(text, (row[side], y), (4 if right else -4, 0), **place, **END)
    central = frame["central"].dropna().iloc[0]
    ax.axvline(central, color=INK, linewidth=1.0)
    above = headings(ax, [(central, number(central))])
    keys = [Rectangle((0, 0), 1, 1, color=c) for c in (ORANGE, BLUE)]
    side = int(central - least < most - central)  # on the side where the central figure is not
    place = {"loc": ("lower left", "lower right")[side], "bbox_to_anchor": (side, 1), "ncols": 2, "borderaxespad": 0.2}
    ax.legend(keys, [word(f"{s}_value", lang) for s in ("low", "high")], frameon=False, handlelength=1, **place)
    ax.set_xlabel(unit or "", loc="right")
    return close_axes(ax, title=title, note=note, above=max(above, 16))


def _end_of_bar(row: pd.Series, side: str, lang: str) -> tuple[str, bool]:
    """Return what is written at one end of a bar, and whether to its right."""
    label = row.get(f"{side}_label_{lang}", row.get(f"{side}_label"))
    text = number(row[side]) + (f" ({label})" if isinstance(label, str) else "")
    return text, bool(row[side] > row["central"] or (row[side] == row["central"] and side == "high"))
