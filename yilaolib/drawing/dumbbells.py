"""Figures of steps from a baseline to a target: the targets of one plan, and one indicator among peers."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator

from ..core.bounds import slack_side
from .canvas import END, all_missing, check_columns, close_axes, largest, open_rows
from .style import BLUE, INK, LETTERS, MUTED, RULE, VERMILLION, language, with_unit, word


def plot_targets(
    frame: pd.DataFrame,
    *,
    labels: tuple[str, str] | None = None,
    ax: Axes | None = None,
    lang: str | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw each target as a step from where the city stands to where the plan wants it.

    Percentages share one axis, 0 to 100. Every other row has a scale of its own, from 0 to the larger of its two
    values, so lengths compare within a row only; the numbers stand beside it. Without a baseline the target is a
    hollow mark.

    Parameters
    ----------
    frame : DataFrame
        One row per indicator: name, baseline, target, unit ("%" for percentages); optional comparator (eq, ge, gt,
        le, lt, approx) and regress (True where the target is worse than the baseline; drawn red and named, a bound as
        such).
    labels : two texts, optional
        What to call baseline and target, such as their years.
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
    >>> plan = pd.DataFrame({"name": ["nursing beds"], "baseline": [41.0], "target": [55.0], "unit": ["%"]})
    >>> [text.get_text() for text in plot_targets(plan, labels=("2020", "2025"), lang="en").texts]
    ['41% → 55%', '2020', '2025']
    """
    lang = language(lang)
    check_columns(frame, ("name", "baseline", "target", "unit"), "plot_targets")
    percent = frame["unit"].eq("%").fillna(False).astype(bool)
    first, second = frame[percent], frame[~percent]
    gap = [None] if len(first) and len(second) else []
    rows = [r for _, r in first.iterrows()] + gap + [r for _, r in second.iterrows()]
    ax, heights = open_rows(ax, ["" if r is None else r["name"] for r in rows])
    _tracks(ax, percent.any())
    steps = []
    for y, row in zip(heights, rows, strict=True):
        if row is None:
            ax.text(0, y + 0.4, word("own_scale", lang), color=MUTED, fontsize=8, va="center")
            continue
        scale = 1.0 if row["unit"] == "%" else 100 / largest(row["baseline"], row["target"])
        regress = bool(row.get("regress", False) == 1)
        steps.append(_step(ax, y, row, scale, VERMILLION if regress else BLUE))
        ends = [
            with_unit(row["baseline"], None if row["unit"] != "%" else "%", lang),
            with_unit(row["target"], row["unit"], lang, row.get("comparator")),
        ]
        text = " → ".join(ends)
        if regress:
            text += f"  {word(slack_side(row['baseline'], row['target'], row.get('comparator')) or 'regress', lang)}"
        ax.annotate(
            text, (1, y), (6, 0), ax.get_yaxis_transform(), color=LETTERS[VERMILLION] if regress else INK, **END
        )
    _name_ends(ax, steps, labels or (word("baseline", lang), word("target", lang)))
    if not rows:
        all_missing(ax, lang)
    return close_axes(ax, title=title, note=note)


def plot_peers(
    frame: pd.DataFrame,
    *,
    highlight: str | None = None,
    labels: tuple[str, str] | None = None,
    ax: Axes | None = None,
    lang: str | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw baseline and target of several places under each indicator, one place brought out.

    Five places are few, and counties are not prefectures: the figure shows places side by side and ranks nothing.
    Each indicator has its own scale, from 0 to its largest value (percentages to 100).

    Parameters
    ----------
    frame : DataFrame
        One row per indicator and place, in the order wanted: indicator, area (their labels), baseline, target;
        optional unit and comparator.
    highlight : str, optional
        Label of the area to bring out.
    labels : two texts, optional
        What to call baseline and target, such as their years.
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
    >>> beds = pd.DataFrame({"indicator": "nursing beds", "area": ["A", "B"], "baseline": [41, None], "target": 55})
    >>> [label.get_text() for label in plot_peers(beds, highlight="A").get_yticklabels()]
    ['nursing beds', 'A', 'B']
    """
    lang = language(lang)
    check_columns(frame, ("indicator", "area", "baseline", "target"), "plot_peers")
    frame = frame.reindex(columns=[*frame.columns, *({"unit", "comparator"} - set(frame.columns))])
    rows = []
    for indicator, places in frame.groupby("indicator", sort=False):
        scale = 1.0 if places["unit"].eq("%").all() else 100 / largest(places["baseline"], places["target"])
        rows += [(indicator, None, scale), *((place["area"], place, scale) for _, place in places.iterrows())]
    ax, heights = open_rows(ax, [name for name, _, _ in rows])
    _tracks(ax, frame["unit"].eq("%").all() and len(frame) > 0)
    steps = []
    for y, tick, (name, place, scale) in zip(heights, ax.get_yticklabels(), rows, strict=True):
        if place is None:
            tick.set_fontweight("bold")
            continue
        chosen = name == highlight
        tick.set(color=BLUE if chosen else INK, fontweight="bold" if chosen else "normal")
        colour = BLUE if chosen or highlight is None else MUTED
        steps.append(_step(ax, y, place, scale, colour))
        unit = place["unit"]
        text = (
            f"{_value(place['baseline'], unit, lang)} → {with_unit(place['target'], unit, lang, place['comparator'])}"
        )
        weight = "bold" if chosen else "normal"
        ax.annotate(text, (1, y), (6, 0), ax.get_yaxis_transform(), color=colour, fontweight=weight, **END)
    _name_ends(ax, steps, labels or (word("baseline", lang), word("target", lang)))
    if not rows:
        all_missing(ax, lang)
    return close_axes(ax, title=title, note=note)


def _value(value: float, unit: str | None, lang: str) -> str:
    """Write a baseline: its unit follows with the target, but a percentage keeps its sign."""
    return with_unit(value, unit if unit == "%" else None, lang)


def _tracks(ax: Axes, percent: bool) -> None:
    """Give the rows a common axis of 0 to 100; its numbers are shown, on top, only where they are percentages."""
    ax.set_xlim(-1.5, 101.5)
    ax.xaxis.set_major_locator(FixedLocator([0, 20, 40, 60, 80, 100]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    ax.grid(axis="x", visible=bool(percent))
    ax.tick_params(axis="x", bottom=False, labelbottom=False, labeltop=percent)
    ax.spines["bottom"].set_visible(False)


def _step(ax: Axes, y: float, row: pd.Series, scale: float, colour: str) -> tuple[float, float, float]:
    """Draw one step and return its height and its two ends; a missing end is not drawn."""
    start, end = float(row["baseline"]) * scale, float(row["target"]) * scale
    ax.hlines(y, 0, 100, color=RULE, linewidth=0.8, zorder=0.6)
    ax.plot([start, end], [y, y], color=colour, linewidth=2.2, alpha=0.55, zorder=2)
    whole = {"marker": "o", "clip_on": False}  # at 100 % too
    ax.plot(start, y, color=MUTED, markersize=5, zorder=3, **whole)
    fill = "white" if pd.isna(start) else colour
    ax.plot(end, y, color=fill, markeredgecolor=colour, markersize=7.5, zorder=4, **whole)
    return y, start, end


def _name_ends(ax: Axes, steps: list[tuple[float, float, float]], names: tuple[str, str]) -> None:
    """Write which end is which over the widest step, where there is most room."""
    whole = [step for step in steps if step[1] == step[1] and step[2] == step[2]]
    if not whole:
        return
    y, start, end = max(whole, key=lambda step: abs(step[2] - step[1]))
    for x, name in zip((start, end), names, strict=True):
        ax.annotate(name, (x, y), (0, 7), textcoords="offset points", ha="center", color=MUTED, fontsize=7.5)
