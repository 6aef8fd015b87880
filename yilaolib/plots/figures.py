"""The standard figures. They compute nothing: every function draws the frame that it is given and returns its axes.

All take `ax` (default a new figure), `lang` (default that of `use_style`), `title` and `note`, a line under the figure
(base, date, source); many take `unit`, its label as it is shown, and `labels`, names where ours do not fit. What is
missing is said in words, never drawn as 0; a frame that lacks a column is a DataError that names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, MaxNLocator

from ..errors import DataError
from ..texts import catalogue
from . import style
from .style import (
    BLUE,
    CLEAR,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    RULE,
    SERIES,
    SKY,
    TINTS,
    VERMILLION,
    check_columns,
    close_axes,
    em,
    headings,
    inches,
    largest,
    name_ends,
    number,
    open_axes,
    open_rows,
    swatches,
    word,
    wrap,
    write,
    write_beside,
    year_axis,
)

# ───────────── over years: fan, gap ─────────────


def plot_fan(
    frame: pd.DataFrame, *, observed: pd.Series | None = None, plan: pd.DataFrame | None = None, unit: str = "persons",
    labels: Mapping[str, str] | None = None, ax: Axes | None = None, lang: str | None = None, title: str | None = None,
    note: str | None = None,
) -> Axes:  # fmt: skip
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
    labels, ax, lang, title, note
        Names of columns; axes, language, heading, line under the figure.

    Examples
    --------
    >>> paths = pd.DataFrame({"low": [26.9, 35.0], "high": [26.9, 37.2]}, index=[2020, 2035])
    >>> ax = plot_fan(paths, unit="%", lang="en", title="Aged 60 and over")
    >>> [text.get_text() for text in ax.texts]
    ['low 35.0', 'high 37.2', '%']
    """
    lang = style.language(lang)
    lines = [c for c in frame.columns if not str(c).startswith(("lower_", "upper_"))]
    if not lines:
        raise DataError(f"plot_fan needs a column to draw as a line, such as 'central'; it has {list(frame.columns)}.")
    ax, frame = open_axes(ax), frame.sort_index()
    if frame.empty:
        return close_axes(ax, lang, title, note, empty=True)
    divisor = 1.0
    if unit == "persons":
        divisor, unit = style.person_scale(np.nanmax(frame.to_numpy(dtype=float), initial=0.0), lang)
    years, names, frame = frame.index.to_numpy(), labels or {}, frame.astype(float) / divisor
    ends = []  # of lines and bands: height, name, colour
    for level, tint in (("95", 0.14), ("80", 0.26)):
        ends += _band(ax, frame, level, BLUE, tint, lang)
    leading = [c for c in lines if c in ("central", "medium") or len(lines) == 1]  # only these are drawn strong
    first = [*leading, *lines][0]
    for column, colour in zip(sorted(lines, key=lambda c: c != first), SERIES * len(lines), strict=False):
        band = _band(ax, frame, f"80_{column}", colour, 0.2, lang)
        ends += [end for end in band if end[1] not in [name for _, name, _ in ends]]  # once says it for all
        ax.plot(years, frame[column], color=colour, linewidth=2.2 if column in leading else 1.5)
        for value in frame[column].dropna().iloc[-1:]:
            brief = number(value, 1 if 10 <= abs(value) < 1000 else None)
            ends.append((value, f"{names.get(column, word(column, lang))} {brief}", colour))
    shown = [years]
    if observed is not None:
        seen = observed.dropna() / divisor
        shown.append(seen.index)
        ax.plot(seen.index, seen, "o", color=INK, markersize=4.5, zorder=4)
        for year, value in seen.iloc[:1].items():
            _name_point(ax, year, value, word("observed", lang), INK, rising=False)
    if plan is not None:
        check_columns(plan, ("year", "value"), "The plan of plot_fan")
        shown.append(plan["year"])
        texts = plan.get("label", [word("plan", lang)] * len(plan))
        for year, value, text in zip(plan["year"], plan["value"] / divisor, texts, strict=True):
            if pd.notna(value):
                ax.plot(year, value, "D", color="white", markeredgecolor=VERMILLION, markersize=6, zorder=5)
                path, then = np.interp([year, year + 1], years, frame[first])
                _name_point(ax, year, value, f"{text} {number(value)}", VERMILLION, path, then > path)
    year_axis(ax, np.concatenate(shown))
    ax.margins(y=0.12)
    name_ends(ax, years[-1], ends)
    return close_axes(ax, lang, title, note, unit=unit)


def plot_gap(
    frame: pd.DataFrame, *, unit: str | None = None, labels: Mapping[str, str] | None = None, ax: Axes | None = None,
    lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw demand and supply over years, the shortfall shaded and written in.

    Parameters
    ----------
    frame : DataFrame
        By year (index), all in `unit`: demand, supply, shortfall. Further columns whose names begin with
        "demand" are thin lines (other methods); lower_80, upper_80 are a band around the demand. Years without a
        supply say so in words.
    unit, labels, ax, lang, title, note
        Label of the unit (张, places); names of columns; the rest as in `plot_fan`.

    Examples
    --------
    >>> need = pd.DataFrame({"demand": [7000, 9000], "supply": [4000, 8000], "shortfall": [3000, 1000]}, [2020, 2025])
    >>> [text.get_text() for text in plot_gap(need, lang="en").texts]
    ['3,000', '1,000', 'demand 9,000', 'supply 8,000', 'figures in the shade: shortfall']
    """
    lang = style.language(lang)
    check_columns(frame, ("demand", "supply", "shortfall"), "plot_gap")
    others = [c for c in frame.columns if str(c).startswith("demand") and c != "demand"]
    drawn = frame.columns.intersection(["demand", "supply", *others, "lower_80", "upper_80"])
    ax, frame = open_axes(ax), frame[[*drawn, "shortfall"]].sort_index().astype(float)
    if frame.empty:
        return close_axes(ax, lang, title, note, empty=True)
    years, names, demand, supply = frame.index.to_numpy(), labels or {}, frame["demand"], frame["supply"]
    ax.fill_between(years, supply, demand, where=demand > supply, interpolate=True, color=VERMILLION, alpha=0.16)
    ends = _band(ax, frame, "80", BLUE, 0.2, lang)
    for column, colour, width in [("demand", BLUE, 2.0), ("supply", INK, 2.0), *((c, MUTED, 1.0) for c in others)]:
        path, name = frame[column], names.get(column, word(column, lang))
        dash = "--" if column in others else "-"
        ax.plot(years, path, color=colour, linewidth=width, linestyle=dash, marker="o", markersize=width)
        ends += [(value, f"{name} {number(round(value))}", colour) for value in path.dropna().iloc[-1:]]
        _say_unknown_years(ax, frame.index[path.isna()], name, lang)
    ax.set_ylim(0, 1.14 * np.nanmax(frame[drawn].to_numpy(), initial=1.0))
    _write_shortfalls(ax, frame)
    year_axis(ax, years, 0.05)
    name_ends(ax, years[-1], ends, away=16)
    over = [unit, catalogue(lang).word("plots.gap_figures") if (frame["shortfall"] > 0).any() else None]
    return close_axes(ax, lang, title, note, unit=catalogue(lang).say("plots.joined", parts=list(filter(None, over))))


def _band(ax: Axes, frame: pd.DataFrame, name: str, colour: str, tint: float, lang: str) -> list[tuple]:
    """Draw the range of a level, if the frame has it, and return where and how to name it."""
    if not {f"lower_{name}", f"upper_{name}"} <= set(frame.columns):
        return []
    low, high = frame[f"lower_{name}"], frame[f"upper_{name}"]
    ax.fill_between(frame.index, low, high, color=colour, alpha=tint, linewidth=0)
    return [(high.iloc[-1], catalogue(lang).say("plots.range", level=name[:2]), MUTED)]


def _name_point(
    ax: Axes, year: Any, value: float, text: str, colour: str, path: float = -np.inf, rising: bool = True
) -> None:
    """Write a name beside a point, on the side where the line that passes at height `path` is not."""
    above = value >= path
    side, away = ("right", 3) if above == rising else ("left", -3)
    look = {"ha": side, "va": "bottom" if above else "top", "fontsize": 8.5, "bbox": CLEAR, "zorder": 6}
    write(ax, text, (year, value), (away, 8 if above else -8), colour, **look)


def _write_shortfalls(ax: Axes, frame: pd.DataFrame) -> None:
    """Write the shortfall of each year between the lines, or above them where they are close."""
    known = frame.dropna(subset=["demand", "supply"]).query("shortfall > 0")  # a surplus has no figure of its own
    for year, row in known.iterrows():
        first, last = (year == frame.index[end] for end in (0, -1))
        if len(frame) > 12 and year % 5 and not (first or last):
            continue
        low, high = sorted((row["demand"], row["supply"]))
        ax.plot([year, year], [low, high], color=VERMILLION, linewidth=0.8)
        inside = high - low > 0.12 * ax.get_ylim()[1]
        at, shift = (year, (low + high) / 2 if inside else high), (4 if last else 0, 0 if inside else 9)
        side = "right" if last else "center"  # the last to the left, clear of the names of the lines
        look = {"ha": side, "fontsize": 8.5, "fontweight": "bold", "bbox": CLEAR}
        write(ax, number(round(row["shortfall"])), at, shift, VERMILLION, **look)


def _say_unknown_years(ax: Axes, years: pd.Index, name: str, lang: str) -> None:
    """Write at the bottom, under each run of years without a figure, what is not published."""
    low = ax.get_xaxis_transform()
    height = 0.03 + 0.06 * sum(text.get_transform() == low for text in ax.texts)  # above what is written there
    for run in np.split(years, np.flatnonzero(np.diff(years) > 1) + 1) if len(years) else []:
        when = "–".join(dict.fromkeys((str(run[0]), str(run[-1]))))
        text = catalogue(lang).say("plots.unknown_years", name=name, years=when)
        first = run[0] == years[0] and len(run) < 10  # a short run at the left edge would cross the axis
        where, side = (run[0], "left") if first else (float(np.mean(run)), "center")
        ax.text(where, height, text, ha=side, color=MUTED, fontsize=8, transform=low)


# ───────────── persons by age ─────────────

SIDES = {"male": (-1, BLUE), "female": (1, ORANGE)}


def plot_pyramid(
    population: pd.DataFrame | xr.DataArray | xr.Dataset,
    *,
    compare: pd.DataFrame | xr.DataArray | xr.Dataset | None = None,
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
    lang: str | None = None,
    title: str | None = None,
    note: str | None = None,
) -> Axes:
    """Draw a population pyramid, men left and women right, with a second one as an outline.

    Bars are as long as the persons in the group, so all closed groups must be equally wide; the open group is
    drawn as wide as the others. Ages 60 and over, and with single ages those under 3, are in the full colour.

    Parameters
    ----------
    population : DataFrame or DataArray
        [persons] of one area and year: tidy columns `sex` (female, male), `age` (lower bound) and `persons`; or
        index `age` and columns female, male; or a DataArray with dims sex and age. Two values for one sex and age are a
        DataError, as are groups that are not equally wide.
    compare : same forms, optional
        [persons] drawn as an outline, in the same age groups; its last age may differ.
    labels, ax, lang, title, note
        Names of the two (default the year that each brings); the rest as in `plot_fan`.

    Examples
    --------
    >>> people = pd.DataFrame({"female": [9.0, 12.0, 8.0], "male": [10.0, 12.0, 6.0]}, index=[0, 30, 60])
    >>> plot_pyramid(people, lang="en").get_xlabel()
    'persons'
    """
    lang = style.language(lang)
    ax = open_axes(ax, (7.2, 4.8))
    shown = [_pyramid(p) for p in (population, compare) if p is not None]
    ages = shown[0][0].index.to_numpy()
    width = _width(ages)
    top = largest(*[table.to_numpy().ravel() for table, _ in shown])
    divisor, unit = style.person_scale(top, lang)
    for outline, (table, _) in enumerate(shown):
        if outline and _width(table.index.to_numpy()) != width:
            raise DataError("The two pyramids have different age groups. Use the same groups: yl.group_ages(...).")
        edges = np.append(table.index, table.index[-1] + width)
        marked = (edges[:-1] >= 60) | ((edges[:-1] < 3) & (width == 1))
        for sex, (sign, colour) in SIDES.items():
            bars = sign * table[sex].fillna(0.0).to_numpy() / divisor
            way: dict[str, Any] = {"orientation": "horizontal"}
            if outline:
                ax.stairs(bars, edges, color=INK, linewidth=1.1, **way)
            else:
                ax.stairs(bars, edges, fill=True, color=TINTS[colour], **way)
                ax.stairs(np.where(marked, bars, 0.0), edges, fill=True, color=colour, **way)
    limit = 1.32 * top / divisor
    ax.set(xlim=(-limit, limit), ylim=(0, max(t.index[-1] for t, _ in shown) + width), xlabel=unit)
    ax.axvline(0, color="white", linewidth=1.0)
    ax.xaxis.set_major_locator(MaxNLocator(7, symmetric=True))
    ax.xaxis.set_major_formatter(lambda value, _: number(abs(value)))
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ticks = [a for a in ages if a % 10 == 0 or a == ages[-1]]
    ax.set_yticks(ticks, [f"{a}+" if a == ages[-1] else str(a) for a in ticks])
    for sex, x, side in (("male", 0.0, "left"), ("female", 1.0, "right")):
        ax.text(x, 0.985, word(sex, lang), ha=side, va="top", fontweight="bold", transform=ax.transAxes)
    for key, age in [("elderly", 60), ("under3", 0)][: 2 if width == 1 else 1]:
        ax.plot([-limit, limit], [age, age], color=MUTED, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0.5)
        ax.text(-limit, age + 0.6, word(key, lang), color=MUTED, fontsize=8, va="bottom")
    names = labels or [year for _, year in shown]
    if len(shown) == 2 and all(names):
        keys = [Patch(color=TINTS[BLUE], label=str(names[0])), Line2D([], [], color=INK, label=str(names[1]))]
        ax.legend(handles=keys, loc="upper right", bbox_to_anchor=(1.0, 0.94), borderaxespad=0, frameon=False)
    return close_axes(ax, lang, title, note, unit=catalogue(lang).word("plots.age"))


def _pyramid(population) -> tuple[pd.DataFrame, str]:
    """Return persons by age with the columns female and male, and the year if the population brings one."""
    table, year = population, ""
    if hasattr(table, "data_vars"):
        table = table["population"]
    if hasattr(table, "dims"):
        year = str(table.coords["year"].item()) if "year" in table.coords and table.coords["year"].size == 1 else ""
        table = table.squeeze(drop=True)
        if set(table.dims) != {"sex", "age"}:
            raise DataError(f"A pyramid has the dims sex and age; this one has {list(table.dims)}. Select one of each.")
        table = table.rename("persons").to_series().reset_index()
    if {"sex", "age", "persons"} <= set(table.columns):
        if table.duplicated(["sex", "age"]).any():
            raise DataError("The pyramid has several rows for one sex and age. Select one area, year and basis first.")
        year = str(table["year"].iloc[0]) if "year" in table and table["year"].nunique() == 1 else year
        table = table.pivot(index="age", columns="sex", values="persons")
    check_columns(table, ("female", "male"), "plot_pyramid")
    return table[["female", "male"]].astype(float).sort_index(), year


def _width(ages: np.ndarray) -> int:
    widths = np.unique(np.diff(ages))
    if len(widths) != 1:
        hint = "Regroup them, for instance yl.group_ages(population, range(0, 90, 5))."
        raise DataError(f"The age groups of a pyramid must be equally wide; these are {widths} years wide. {hint}")
    return int(widths[0])


# ───────────── a row for each method, kind, input or step ─────────────

BASES = {"plan": ("D", VERMILLION), "need": ("o", BLUE), "use": ("s", GREEN)}
LINES = ("-", "--", ":", "-.")
PARTS = (BLUE, SKY, ORANGE, GREEN, MUTED)  # neighbours differ in lightness, for a grey print
# Told apart by lightness too: need dark, taken away light, what is left strong; the unsure part is hatched.
FILLS = {"need": BLUE, "stock": SKY, "pipeline": SKY, "unsure": "white", "short": VERMILLION, "surplus": GREEN}


def plot_methods(
    frame: pd.DataFrame, *, lines: Mapping[str, float] | None = None, unit: str | None = None, ax: Axes | None = None,
    lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw one row per method: its figure and its range, against lines such as the stock and the target.

    Parameters
    ----------
    frame : DataFrame
        One row per method: method (its label), central [unit]; optional lower, upper [unit] and basis
        ("plan", "need" or "use": what the method starts from). A row without central says so in words.
    lines : mapping of label to value [unit], optional
        Vertical lines; missing values are left out.
    unit, ax, lang, title, note
        Label of the unit; the rest as in `plot_fan`.

    Examples
    --------
    >>> beds = pd.DataFrame({"method": ["share", "norm"], "central": [10592, 6300], "basis": ["plan", "need"]})
    >>> ax = plot_methods(beds, lines={"stock": 4059}, lang="en")
    >>> [text.get_text() for text in ax.texts]
    ['10,592', 'plan', '6,300', 'need', 'stock 4,059']
    """
    lang = style.language(lang)
    check_columns(frame, ("method", "central"), "plot_methods")
    ax, heights = open_rows(ax, list(frame["method"]), lines=2, above=1.2)
    frame = frame.reset_index(drop=True).reindex(columns=["method", "lower", "central", "upper", "basis"])
    marks = {label: (value, dash) for (label, value), dash in zip((lines or {}).items(), LINES * 9, strict=False)}
    marks = {label: mark for label, mark in marks.items() if pd.notna(mark[0])}
    ax.set_xlim(0, 1.08 * largest(frame["central"], frame["upper"], [value for value, _ in marks.values()]))
    for y, row in zip(heights, frame.itertuples(), strict=True):
        marker, colour = BASES.get(row.basis, ("o", BLUE))
        if pd.isna(row.central):
            text = catalogue(lang).word("plots.no_input")
            ax.text(0, y, f" {text}", va="center", color=MUTED, bbox=CLEAR)
        else:
            ax.hlines(y, row.lower, row.upper, color=colour, alpha=0.28, linewidth=7)
            ax.plot(row.central, y, marker, color=colour, markersize=7, markeredgecolor="white")
            text = number(round(row.central) if row.central >= 100 else row.central)
            write(ax, text, (row.central, y), (0, 6), ha="center", va="baseline", fontweight="bold", bbox=CLEAR)
        if pd.notna(row.basis):
            write_beside(ax, y, word(row.basis, lang), colour)
    for value, dash in marks.values():
        ax.axvline(value, color=INK, linewidth=1.1, linestyle=dash, zorder=0.8)
    above = headings(ax, [(value, f"{label} {number(value)}") for label, (value, _) in marks.items()])
    return close_axes(ax, lang, title, note, under=unit, above=above, empty=frame.empty)


def plot_supply(
    frame: pd.DataFrame, *, unit: str | None = None, labels: Mapping[str, str] | None = None, ax: Axes | None = None,
    lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw supply by kind as bars, split into occupied and vacant, or by operator.

    What is missing is written after the bar as not published; it is never drawn as 0. If only the total of a
    kind is known, its bar is an outline.

    Parameters
    ----------
    frame : DataFrame
        One row per kind: kind (its label); one column [unit] for each part, such as occupied and vacant, or public
        and private; optional total [unit]. A part that is text is a DataError.
    unit, labels, ax, lang, title, note
        Label of the unit; names of columns; the rest as in `plot_fan`.

    Examples
    --------
    >>> beds = pd.DataFrame({"kind": ["public", "private"], "occupied": [740.0, None], "vacant": [1423.0, None]})
    >>> [text.get_text() for text in plot_supply(beds, lang="en").texts]
    ['740', '1,423', 'occupied, vacant: not published']
    """
    lang = style.language(lang)
    words = catalogue(lang)
    check_columns(frame, ("kind",), "plot_supply")
    parts = [c for c in frame.columns if c not in ("kind", "total")]
    names = {c: (labels or {}).get(c, word(c, lang)) for c in [*parts, "total"]}
    ax, heights = open_rows(ax, list(frame["kind"]), lines=2)
    try:
        stacked = frame[parts].astype(float)
    except ValueError as error:
        text = f"plot_supply draws every column but kind and total, and one of {parts} is text: {error}."
        raise DataError(f"{text} Leave that column out.") from None
    totals = frame["total"].astype(float) if "total" in frame else pd.Series(np.nan, frame.index)
    top = 1.02 * largest(totals, stacked.sum(axis=1))
    ax.set_xlim(0, top)
    per_point = top / (inches(ax)[0] * 72)
    for y, (_, row), total in zip(heights, stacked.iterrows(), totals, strict=True):
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
        if pd.notna(total):
            after.insert(0, f"{names['total']} {number(total)}")
            if total > left:
                ax.barh(y, total - left, 1.6, left, fill=False, edgecolor=MUTED, linestyle="--", linewidth=0.9)
                left = total
        unknown = [names[part] for part in parts if pd.isna(row[part])]
        after += [words.say("plots.unknown", names=unknown)] if unknown else []
        if after:
            text = wrap(words.say("plots.joined", parts=after), 17)
            write(ax, text, (left, y), (5, 0), INK if left else MUTED, fontsize=8.5)
    if len(parts) > 1:
        swatches(ax, (PARTS * len(parts))[: len(parts)], [names[p] for p in parts], handleheight=1)
    return close_axes(ax, lang, title, note, under=unit, above=16 if len(parts) > 1 else 0, empty=frame.empty)


def plot_tornado(
    frame: pd.DataFrame, *, unit: str | None = None, ax: Axes | None = None, lang: str | None = None,
    title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw how far each assumption moves a result, the widest first.

    Parameters
    ----------
    frame : DataFrame
        One row per assumption: name, or input (as from `need_tornado`); low, high [unit]: the result when the
        assumption is low or high; central [unit]: the result without the change, the same in all rows; optional
        low_label, high_label: the values that the assumption takes.
    unit, ax, lang, title, note
        Label of the unit; the rest as in `plot_fan`.

    Examples
    --------
    >>> moved = pd.DataFrame({"name": ["births", "deaths"], "low": [90, 70], "high": [110, 135], "central": 100})
    >>> [label.get_text() for label in plot_tornado(moved).get_yticklabels()]
    ['deaths', 'births']
    """
    lang = style.language(lang)
    if "input" in frame and "name" not in frame:
        frame = frame.assign(name=frame["input"].map(catalogue(lang).find("words.moved")))
    check_columns(frame, ("name", "low", "high", "central"), "plot_tornado")
    width = (frame["high"] - frame["low"]).abs().fillna(-1.0)
    frame = frame.loc[width.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
    ax, heights = open_rows(ax, list(frame["name"]), lines=2)
    values = frame[["low", "high", "central"]].to_numpy(dtype=float)
    if not np.isfinite(values).any():
        return close_axes(ax, lang, title, note, empty=True)
    least, most = np.nanmin(values), np.nanmax(values)
    ends = {}  # what is written at the ends of the bars, and whether to their right
    for i, row in frame.dropna(subset=["central"]).iterrows():
        ends |= {(i, side): _end_of_bar(row, side, lang) for side in ("low", "high") if pd.notna(row[side])}
    left, right = (max((em(t) * 8.5 + 10 for t, r in ends.values() if r is way), default=0.0) for way in (False, True))
    per_point = ((most - least) or 1.0) / max(inches(ax)[0] * 72 - left - right, 72)
    ax.set_xlim(least - left * per_point, most + right * per_point)
    for y, (i, row) in zip(heights, frame.iterrows(), strict=True):
        for side, colour in (("low", ORANGE), ("high", BLUE)):
            if (i, side) not in ends:
                write(ax, style.missing(lang), (row["central"], y), (5, 0), MUTED)
                continue
            ax.barh(y, row[side] - row["central"], 1.5, row["central"], color=colour)
            text, to_right = ends[i, side]
            shift, align = (4, "left") if to_right else (-4, "right")
            write(ax, text, (row[side], y), (shift, 0), ha=align, fontsize=8.5)
    central = frame["central"].dropna().iloc[0]
    ax.axvline(central, color=INK, linewidth=1.0)
    above = headings(ax, [(central, number(central))])
    side = int(central - least < most - central)  # on the side where the central figure is not
    swatches(ax, (ORANGE, BLUE), [word(f"{s}_value", lang) for s in ("low", "high")], side)
    return close_axes(ax, lang, title, note, under=unit, above=max(above, 16))


def _end_of_bar(row: pd.Series, side: str, lang: str) -> tuple[str, bool]:
    """Return what is written at one end of a bar, and whether to its right."""
    label = row.get(f"{side}_label")
    label = catalogue(lang).find("words.moved_to").get(label, label)
    text = number(row[side]) + (f" ({label})" if isinstance(label, str) else "")
    return text, bool(row[side] > row["central"] or (row[side] == row["central"] and side == "high"))


def plot_waterfall(
    frame: pd.DataFrame, *, unit: str | None = None, labels: Mapping[str, str] | None = None, ax: Axes | None = None,
    lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw a need, what is taken from it step by step, and what is left: short or too many.

    The need is that of one method: name it in the title or the note. A step that is not published says so in words;
    it is not drawn as 0.

    Parameters
    ----------
    frame : DataFrame
        One row per step in order: step (need, stock, pipeline, unsure, short or surplus), value [unit, negative where
        taken away], start, end [unit]; as from `gap_waterfall`.
    unit, labels, ax, lang, title, note
        Label of the unit; names of steps; the rest as in `plot_fan`.

    Examples
    --------
    >>> steps = [["need", 9500.0, 0, 9500], ["stock", -4000.0, 9500, 5500], ["short", 5500.0, 0, 5500]]
    >>> steps = pd.DataFrame(steps, columns=["step", "value", "start", "end"])
    >>> [text.get_text() for text in plot_waterfall(steps, lang="en").texts]
    ['9,500', '−4,000', '5,500']
    """
    lang = style.language(lang)
    check_columns(frame, ("step", "value", "start", "end"), "plot_waterfall")
    names = catalogue(lang).find("words.step") | dict(labels or {})
    ax, heights = open_rows(ax, [names.get(step, str(step)) for step in frame["step"]], lines=2, above=1.0)
    ends = frame[["start", "end"]].to_numpy(dtype=float)
    low, top = 1.14 * np.nanmin(ends, initial=0.0), 1.14 * largest(ends)
    ax.set_xlim(low, top)
    per_point = (top - low) / (inches(ax)[0] * 72)
    reaches = len(frame) > 0 and pd.notna(frame["value"].iloc[-1])  # else nothing hangs from the need
    for y, row in zip(heights, frame.itertuples(), strict=True):
        if pd.isna(row.value) or pd.isna(row.start):
            x = row.start if reaches and pd.notna(row.start) else 0.0
            write(ax, style.missing(lang), (x, y), (5, 0), MUTED)
            continue
        fill, rest = FILLS.get(row.step, SKY), row.step in ("short", "surplus")
        edge, hatch = (MUTED, "////") if row.step == "unsure" else ("white", None)
        ax.barh(y, row.end - row.start, 1.7, row.start, color=fill, linewidth=0.8, edgecolor=edge, hatch=hatch)
        text = number(round(abs(row.value) if rest else row.value))
        first, last = sorted((row.start, row.end))
        full = last + (em(text) * 9 + 9) * per_point > top  # no room on the right: before the bar
        look = {"ha": "right" if full else "left", "fontweight": "bold" if rest or row.step == "need" else "normal"}
        write(ax, text, (first if full else last, y), (-5 if full else 5, 0), fill if rest else INK, **look)
    # Lead the eye from where one bar ends to where the next one begins, over steps without a figure.
    drawn = [(y, row) for y, row in zip(heights, frame.itertuples(), strict=True) if pd.notna(row.value)]
    for (y, row), (below, _) in pairwise(drawn):
        ax.plot([row.end, row.end], [y, below], color=MUTED, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0.7)
    ax.axvline(0, color=INK, linewidth=0.9)
    return close_axes(ax, lang, title, note, under=unit, empty=frame.empty)


# ───────────── baseline and target ─────────────


def plot_targets(
    frame: pd.DataFrame, *, labels: tuple[str, str] | None = None, ax: Axes | None = None, lang: str | None = None,
    title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
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
    labels, ax, lang, title, note
        What to call baseline and target, such as their years; the rest as in `plot_fan`.

    Examples
    --------
    >>> plan = pd.DataFrame({"name": ["nursing beds"], "baseline": [41.0], "target": [55.0], "unit": ["%"]})
    >>> [text.get_text() for text in plot_targets(plan, labels=("2020", "2025"), lang="en").texts]
    ['41% → 55%', '2020', '2025']
    """
    lang = style.language(lang)
    check_columns(frame, ("name", "baseline", "target", "unit"), "plot_targets")
    frame = frame.reindex(columns=[*frame.columns, *({"comparator", "regress"} - set(frame.columns))])
    percent = frame["unit"].eq("%").fillna(False).astype(bool)
    rows: list = [row for _, row in frame[percent].iterrows()]
    rows += [None] if 0 < percent.sum() < len(frame) else []
    rows += [row for _, row in frame[~percent].iterrows()]
    ax, heights = open_rows(ax, ["" if row is None else row["name"] for row in rows])
    _tracks(ax, percent.any())
    steps = []
    for y, row in zip(heights, rows, strict=True):
        if row is None:
            ax.text(0, y + 0.4, catalogue(lang).word("plots.own_scale"), color=MUTED, fontsize=8, va="center")
            continue
        scale = 1.0 if row["unit"] == "%" else 100 / largest(row["baseline"], row["target"])
        worse = bool(row["regress"] == 1)
        steps.append(_step(ax, y, row, scale, VERMILLION if worse else BLUE))
        text = _from_to(row, lang) + (f"  {word(_worse(row), lang)}" if worse else "")
        write_beside(ax, y, text, VERMILLION if worse else INK)
    _name_steps(ax, steps, labels, lang)
    return close_axes(ax, lang, title, note, empty=not rows)


def plot_peers(
    frame: pd.DataFrame, *, highlight: str | None = None, labels: tuple[str, str] | None = None,
    ax: Axes | None = None, lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
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
    labels, ax, lang, title, note
        As in `plot_targets`.

    Examples
    --------
    >>> beds = pd.DataFrame({"indicator": "nursing beds", "area": ["A", "B"], "baseline": [41, None], "target": 55})
    >>> [label.get_text() for label in plot_peers(beds, highlight="A").get_yticklabels()]
    ['nursing beds', 'A', 'B']
    """
    lang = style.language(lang)
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
        weight = "bold" if name == highlight else "normal"
        tick.set(color=BLUE if name == highlight else INK, fontweight=weight)
        colour = BLUE if highlight in (None, name) else MUTED
        steps.append(_step(ax, y, place, scale, colour))
        write_beside(ax, y, _from_to(place, lang), colour, fontweight=weight)
    _name_steps(ax, steps, labels, lang)
    return close_axes(ax, lang, title, note, empty=not rows)


def _from_to(row: pd.Series, lang: str) -> str:
    """Write baseline and target; the unit follows with the target, but a percentage keeps its sign."""
    start = style.with_unit(row["baseline"], "%" if row["unit"] == "%" else None, lang)
    return f"{start} → {style.with_unit(row['target'], row['unit'], lang, row['comparator'])}"


def _worse(row: pd.Series) -> str:
    """Return what a target is that is worse than its baseline: a floor below it, a ceiling above it, or a step back."""
    if row["comparator"] in ("ge", "gt") and row["target"] < row["baseline"]:
        return "floor"
    return "ceiling" if row["comparator"] in ("le", "lt") and row["target"] > row["baseline"] else "regress"


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


def _name_steps(ax: Axes, steps: list[tuple[float, float, float]], names: tuple[str, str] | None, lang: str) -> None:
    """Write which end is which over the widest step, where there is most room."""
    whole = [step for step in steps if step[1] == step[1] and step[2] == step[2]]
    if not whole:
        return
    y, start, end = max(whole, key=lambda step: abs(step[2] - step[1]))
    for x, name in zip((start, end), names or (word("baseline", lang), word("target", lang)), strict=True):
        write(ax, name, (x, y), (0, 7), ha="center", va="baseline", color=MUTED, fontsize=7.5)
