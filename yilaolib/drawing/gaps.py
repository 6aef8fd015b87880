"""The gap: demand and supply over years, and what is short."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from .canvas import all_missing, check_columns, close_axes, name_ends, open_axes, year_axis
from .style import BLUE, INK, LETTERS, MUTED, VERMILLION, language, number, word


def plot_gap(
    frame: pd.DataFrame,
    *,
    unit: str | None = None,
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    lang: str | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw demand and supply over years, the shortfall shaded and written in.

    Parameters
    ----------
    frame : DataFrame
        By year (index), all in `unit`: demand, supply, shortfall. Further columns whose names begin with
        "demand" are thin lines (other methods); lower_80, upper_80 are a band around the demand. Years without a
        supply say so in words.
    unit : str, optional
        Label of the unit, such as 张 or places.
    labels : mapping, optional
        Names of columns, where ours do not fit.
    ax, lang, title, note
        As in `plot_pyramid`.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        When a column is missing.

    Examples
    --------
    >>> need = pd.DataFrame({"demand": [7000, 9000], "supply": [4000, 8000], "shortfall": [3000, 1000]}, [2020, 2025])
    >>> [text.get_text() for text in plot_gap(need, lang="en").texts]
    ['3,000', '1,000', 'demand 9,000', 'supply 8,000', 'figures in the shade: shortfall']
    """
    lang = language(lang)
    check_columns(frame, ("demand", "supply", "shortfall"), "plot_gap")
    ax, frame = open_axes(ax), frame.sort_index()
    if frame.empty:
        all_missing(ax, lang)
        return close_axes(ax, title=title, note=note)
    years, names = frame.index.to_numpy(), labels or {}
    demand, supply = frame["demand"].astype(float), frame["supply"].astype(float)
    ax.fill_between(years, supply, demand, where=demand > supply, interpolate=True, color=VERMILLION, alpha=0.16)
    ends = []
    band = [c for c in ("lower_80", "upper_80") if c in frame]
    if len(band) == 2:
        low, high = (frame[c].astype(float) for c in band)
        ax.fill_between(years, low, high, color=BLUE, alpha=0.2, linewidth=0)
        ends.append((high.iloc[-1], word("range", lang).format("80"), MUTED))
    others = [c for c in frame.columns if str(c).startswith("demand") and c != "demand"]
    for column, colour, width in [("demand", BLUE, 2.0), ("supply", INK, 2.0), *((c, MUTED, 1.0) for c in others)]:
        path = frame[column].dropna()
        style = "--" if column in others else "-"
        ax.plot(years, frame[column], color=colour, linewidth=width, linestyle=style, marker="o", markersize=width)
        name = names.get(column, word(column, lang))
        if len(path):
            ends.append((path.iloc[-1], f"{name} {number(round(path.iloc[-1]))}", colour))
        _say_missing(ax, frame.index[frame[column].isna()], name, lang)
    ax.set_ylim(0, 1.14 * np.nanmax(frame[["demand", "supply", *others, *band]].to_numpy(dtype=float), initial=1.0))
    _write_shortfalls(ax, frame)
    year_axis(ax, years, 0.05)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    ax.grid(axis="x", visible=False)
    name_ends(ax, years[-1], ends, away=16)
    over = [unit, word("gap_figures", lang)] if (frame["shortfall"] > 0).any() else [unit]
    return close_axes(ax, title=title, note=note, unit={"zh": "；", "en": "; "}[lang].join(filter(None, over)))


def _write_shortfalls(ax: Axes, frame: pd.DataFrame) -> None:
    """Write the shortfall of each year between the lines, or above them where they are close."""
    known = frame.dropna(subset=["demand", "supply"]).query("shortfall > 0")  # a surplus has no figure of its own
    few = len(frame) <= 12
    for year, row in known.iterrows():
        if not (few or year % 5 == 0 or year in (frame.index[0], frame.index[-1])):
            continue
        low, high = sorted((row["demand"], row["supply"]))
        ax.plot([year, year], [low, high], color=VERMILLION, linewidth=0.8)
        inside = high - low > 0.12 * ax.get_ylim()[1]
        last = year == frame.index[-1]  # to the left, clear of the names of the lines
        ax.annotate(
            number(round(row["shortfall"])), (year, (low + high) / 2 if inside else high),
            (4 if last else 0, 0 if inside else 9), textcoords="offset points", ha="right" if last else "center",
            va="center", color=LETTERS[VERMILLION], fontsize=8.5, fontweight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.75},
        )  # fmt: skip


def _say_missing(ax: Axes, years: pd.Index, name: str, lang: str) -> None:
    """Write at the bottom, under each run of years without a figure, what is not published."""
    low = ax.get_xaxis_transform()
    height = 0.03 + 0.06 * sum(text.get_transform() == low for text in ax.texts)  # above what is written there
    for run in np.split(years, np.flatnonzero(np.diff(years) > 1) + 1) if len(years) else []:
        when = "–".join(dict.fromkeys((str(run[0]), str(run[-1]))))
        text = {"zh": f"{name}，{when}年：", "en": f"{name}, {when}: "}[lang] + word("missing", lang)
        first = run[0] == years[0] and len(run) < 10  # a short run at the left edge would cross the axis
        where, side = (run[0], "left") if first else (float(np.mean(run)), "center")
        ax.text(where, height, text, ha=side, color=MUTED, fontsize=8, transform=low)
