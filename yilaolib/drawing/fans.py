"""The fan: a path over years with its ranges, or several paths."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from ..core.errors import DataError
from .canvas import all_missing, check_columns, close_axes, name_ends, open_axes, year_axis
from .style import BLUE, INK, LETTERS, MUTED, SERIES, VERMILLION, language, number, person_scale, word


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
        high ...) as a line named at its end; central and medium are drawn strong. Missing values are gaps.
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
    leading = [c for c in lines if c in ("central", "medium") or len(lines) == 1]  # only these are drawn strong
    first = [*leading, *lines][0]
    for column, colour in zip(sorted(lines, key=lambda c: c != first), SERIES * len(lines), strict=False):
        path = frame[column].dropna() / divisor
        if {f"lower_80_{column}", f"upper_80_{column}"} <= set(frame.columns):
            low, high = (frame[f"{side}_80_{column}"] / divisor for side in ("lower", "upper"))
            ax.fill_between(years, low, high, color=colour, alpha=0.2, linewidth=0)
            if not any(text == word("range", lang).format("80") for _, text, _ in ends):  # once says it for all
                ends.append((high.iloc[-1], word("range", lang).format("80"), MUTED))
        ax.plot(years, frame[column] / divisor, color=colour, linewidth=2.2 if column in leading else 1.5)
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
    year_axis(ax, np.concatenate([years, *others]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    ax.grid(axis="x", visible=False)
    ax.margins(y=0.12)
    name_ends(ax, years[-1], ends)
    return close_axes(ax, title=title, note=note, unit=unit)


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
