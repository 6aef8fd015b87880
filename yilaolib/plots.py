"""The standard figures. Each takes ready-made frames and an axes, draws, and returns the axes.

Nothing is computed here but the form in which numbers are shown: what a figure needs, its frame brings. Call
`use_style()` once for the house style and the language of the labels. Here are the figures over years; the
pyramid and the figures with a row for each thing have files of their own and belong to these names as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator

from .core.errors import DataError
from .drawing.canvas import all_missing, check_columns, close_axes, name_ends, open_axes
from .drawing.dumbbells import plot_peers, plot_targets
from .drawing.pyramids import plot_pyramid
from .drawing.rowplots import plot_methods, plot_supply, plot_tornado
from .drawing.style import (
    BLUE,
    INK,
    LETTERS,
    MUTED,
    SERIES,
    VERMILLION,
    language,
    number,
    person_scale,
    use_style,
    word,
)
from .drawing.waterfalls import plot_waterfall

__all__ = [
    "plot_fan",
    "plot_gap",
    "plot_methods",
    "plot_peers",
    "plot_pyramid",
    "plot_supply",
    "plot_targets",
    "plot_tornado",
    "plot_waterfall",
    "use_style",
]


def plot_fan(
    frame: pd.DataFrame,
    *,
    observed: pd.Series | None = None,
    plan: pd.DataFrame | None = None,
    unit: str = "persons",
    labels: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    lang: str | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw a path over years with its ranges, or several scenarios, beside what was observed and planned.

    A range says how far judged assumptions reach; it is no confidence interval.

    Parameters
    ----------
    frame : DataFrame
        [unit] by year (index). Columns lower_80, upper_80, lower_95, upper_95 are drawn as bands, those with a
        line's name after it (lower_80_share_60_pct) as bands of that line, every other column (central; low, medium,
        high ...) as a line named at its end. Missing values are gaps.
    observed : Series, optional
        [unit] by year, drawn as points, such as census counts.
    plan : DataFrame, optional
        The plan's own figures: columns year, value [unit] and, if wanted, label.
    unit : str
        "persons" (shown in 万人, thousands ...) or the unit's label, shown as it is.
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
        When the frame has no line to draw or the plan lacks a column.

    Examples
    --------
    >>> paths = pd.DataFrame({"low": [26.9, 35.0], "high": [26.9, 37.2]}, index=[2020, 2035])
    >>> ax = plot_fan(paths, unit="%", lang="en", title="Aged 60 and over")
    >>> [text.get_text() for text in ax.texts]
    ['low 35.0', 'high 37.2', '%']
    """
    lang = language(lang)
    lines = [c for c in frame.columns if not str(c).startswith(("lower_", "upper_"))]
    if not lines:
        raise DataError(f"plot_fan needs a column to draw as a line, such as 'central'; it has {list(frame.columns)}.")
    ax, frame = open_axes(ax), frame.sort_index()
    if frame.empty:
        all_missing(ax, lang)
        return close_axes(ax, title=title, note=note)
    divisor = 1.0
    if unit == "persons":
        divisor, unit = person_scale(np.nanmax(frame.to_numpy(dtype=float), initial=0.0), lang)
    years, names = frame.index.to_numpy(), labels or {}
    ends, others = [], []
    for level, tint in (("95", 0.14), ("80", 0.26)):
        if {f"lower_{level}", f"upper_{level}"} <= set(frame.columns):
            low, high = (frame[f"{side}_{level}"] / divisor for side in ("lower", "upper"))
            ax.fill_between(years, low, high, color=BLUE, alpha=tint, linewidth=0)
            ends.append((high.iloc[-1], word("range", lang).format(level), MUTED))
    first = next((c for c in ("central", "medium") if c in lines), lines[0])
    for column, colour in zip(sorted(lines, key=lambda c: c != first), SERIES * len(lines), strict=False):
        path = frame[column].dropna() / divisor
        if {f"lower_80_{column}", f"upper_80_{column}"} <= set(frame.columns):
            low, high = (frame[f"{side}_80_{column}"] / divisor for side in ("lower", "upper"))
            ax.fill_between(years, low, high, color=colour, alpha=0.2, linewidth=0)
            if not any(text == word("range", lang).format("80") for _, text, _ in ends):  # once says it for all
                ends.append((high.iloc[-1], word("range", lang).format("80"), MUTED))
        ax.plot(years, frame[column] / divisor, color=colour, linewidth=2.2 if column == first else 1.3)
        if len(path):
            ends.append((path.iloc[-1], f"{names.get(column, word(column, lang))} {_brief(path.iloc[-1])}", colour))
    if observed is not None:
        seen = observed.dropna() / divisor
        others.append(seen.index)
        ax.plot(seen.index, seen, "o", color=INK, markersize=4.5, zorder=4)
        if len(seen):
            _name_point(ax, (seen.index[0], seen.iloc[0]), word("observed", lang), INK, rising=False)
    if plan is not None:
        check_columns(plan, ("year", "value"), "The plan of plot_fan")
        others.append(plan["year"])
        texts = plan["label"] if "label" in plan else [word("plan", lang)] * len(plan)
        for year, value, text in zip(plan["year"], plan["value"], texts, strict=True):
            if pd.notna(value):
                ax.plot(year, value / divisor, "D", color="white", markeredgecolor=VERMILLION, markersize=6, zorder=5)
                beside = np.interp([year, year + 1], years, frame[first] / divisor)
                name = f"{text} {number(value / divisor)}"
                _name_point(ax, (year, value / divisor), name, VERMILLION, *(beside[0], beside[1] > beside[0]))
    _years(ax, np.concatenate([years, *others]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    ax.grid(axis="x", visible=False)
    ax.margins(y=0.12)
    name_ends(ax, years[-1], ends)
    return close_axes(ax, title=title, note=note, unit=unit)


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
    _years(ax, years, 0.05)
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


def _years(ax: Axes, years: np.ndarray, margin: float = 0.03) -> None:
    """Show just these years, and mark each, or those that 5 or 10 divides."""
    span = years.max() - years.min()
    room = margin * span or 0.5
    ax.set_xlim(years.min() - room, years.max() + room)
    ax.xaxis.set_major_locator(MultipleLocator(1 if span <= 10 else 5 if span <= 45 else 10))


def _brief(value: float) -> str:
    return number(value, 1 if 10 <= abs(value) < 1000 else None)


def _name_point(
    ax: Axes, point: tuple[float, float], text: str, colour: str, path: float = -np.inf, rising: bool | None = None
) -> None:
    """Write a name beside a point, on the side where the line that passes at height `path` is not."""
    above = point[1] >= path
    side = "center" if rising is None else "right" if above == rising else "left"
    shift = {"center": 0, "right": 3, "left": -3}[side]
    ax.annotate(
        text, point, (shift, 8 if above else -8), textcoords="offset points", ha=side, va="bottom" if above else "top",
        color=LETTERS.get(colour, colour), fontsize=8.5,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.75}, zorder=6,
    )  # fmt: skip
