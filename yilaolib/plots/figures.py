"""The waterfall: from a need over what there is to what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from ..errors import DataError
from ..needs.peers import slack_side
from .style import (
    BLUE,
    END,
    GREEN,
    INK,
    LETTERS,
    MUTED,
    ORANGE,
    RULE,
    SERIES,
    SKY,
    VERMILLION,
    all_missing,
    check_columns,
    close_axes,
    em,
    headings,
    inches,
    language,
    largest,
    name_ends,
    number,
    open_axes,
    open_rows,
    person_scale,
    with_unit,
    word,
    wrap,
    year_axis,
)


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


TINTS = {"male": "#A6CBE3", "female": "#F4D693"}
SIDES = {"male": (-1, BLUE), "female": (1, ORANGE)}


def plot_pyramid(
    population,
    *,
    compare=None,
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
        index `age` and columns female, male; or a DataArray with dims sex and age.
    compare : same forms, optional
        [persons] drawn as an outline, in the same age groups; its last age may differ.
    labels : two texts, optional
        Names of the two, such as the years; by default the year that each brings.
    ax, lang, title, note
        Axes to draw on (default a new figure); "zh" or "en"; heading; line under the figure (base, date, source).

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        When there is more than one value for a sex and age, or the groups are not equally wide.

    Examples
    --------
    >>> people = pd.DataFrame({"female": [9.0, 12.0, 8.0], "male": [10.0, 12.0, 6.0]}, index=[0, 30, 60])
    >>> plot_pyramid(people, lang="en").get_xlabel()
    'persons'
    """
    lang = language(lang)
    ax = open_axes(ax, (7.2, 4.8))
    shown = [_pyramid(p) for p in (population, compare) if p is not None]
    ages = shown[0][0].index.to_numpy()
    width = _width(ages)
    top = max((np.nanmax(table.to_numpy(), initial=0.0) for table, _ in shown), default=0.0) or 1.0
    divisor, unit = person_scale(top, lang)
    for table, outline in zip([s[0] for s in shown], (False, True), strict=False):
        if outline and _width(table.index.to_numpy()) != width:
            raise DataError("The two pyramids have different age groups. Use the same groups: yl.group_ages(...).")
        edges = np.append(table.index, table.index[-1] + width)
        for sex, (sign, colour) in SIDES.items():
            bars = sign * table[sex].fillna(0.0).to_numpy() / divisor
            if outline:
                ax.stairs(bars, edges, orientation="horizontal", color=INK, linewidth=1.1)
                continue
            marked = (edges[:-1] >= 60) | ((edges[:-1] < 3) & (width == 1))
            ax.stairs(bars, edges, orientation="horizontal", fill=True, color=TINTS[sex])
            ax.stairs(np.where(marked, bars, 0.0), edges, orientation="horizontal", fill=True, color=colour)
    limit = 1.32 * top / divisor
    ax.set(xlim=(-limit, limit), ylim=(0, max(t.index[-1] for t, _ in shown) + width), xlabel=unit)
    ax.axvline(0, color="white", linewidth=1.0)
    ax.xaxis.set_major_locator(MaxNLocator(7, symmetric=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(abs(value))))
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ticks = [a for a in ages if a % 10 == 0 or a == ages[-1]]
    ax.set_yticks(ticks, [f"{a}+" if a == ages[-1] else str(a) for a in ticks])
    for sex, x, side in (("male", 0.0, "left"), ("female", 1.0, "right")):
        ax.text(x, 0.985, word(sex, lang), ha=side, va="top", fontweight="bold", transform=ax.transAxes)
    bands = [("elderly", 60)] + ([("under3", 0)] if width == 1 else [])
    for key, age in bands:
        ax.plot([-limit, limit], [age, age], color=MUTED, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0.5)
        ax.text(-limit, age + 0.6, word(key, lang), color=MUTED, fontsize=8, va="bottom")
    names = labels or [year for _, year in shown]
    if len(shown) == 2 and all(names):
        keys = [Patch(color=TINTS["male"], label=str(names[0])), Line2D([], [], color=INK, label=str(names[1]))]
        ax.legend(handles=keys, loc="upper right", bbox_to_anchor=(1.0, 0.94), borderaxespad=0, frameon=False)
    return close_axes(ax, title=title, note=note, unit=word("age", lang))


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
        raise DataError(
            f"The age groups of a pyramid must be equally wide; these are {widths.tolist()} years wide. "
            "Regroup them, for instance yl.group_ages(population, range(0, 90, 5))."
        )
    return int(widths[0])


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
