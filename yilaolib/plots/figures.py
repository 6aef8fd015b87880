"""The standard figures. They compute nothing: every function draws the frame that it is given and returns its axes.

All take `ax` (default a new figure), `lang` (default that of `use_style`), `title` and `note`, a line under the figure
(base, date, source); many take `unit`, its label as it is shown, and `labels`, names of columns where ours do not fit.
What is missing is said in words, never drawn as 0; a frame that lacks a column is a DataError that names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, cycle, pairwise
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle, StepPatch
from matplotlib.ticker import FixedLocator, MaxNLocator

from ..errors import refusal
from ..texts import catalogue, slack_side
from . import style
from .style import BLUE, CLEAR, GREEN, INK, MUTED, ORANGE, SERIES, SKY, TINTS, VERMILLION, em, number, word, write

SIDES = {"male": (-1, BLUE), "female": (1, ORANGE)}  # of a pyramid
BASES = {"plan": ("D", VERMILLION), "need": ("o", BLUE), "use": ("s", GREEN)}
LINES = ("-", "--", ":", "-.")
PARTS = (BLUE, SKY, ORANGE, GREEN, MUTED)  # neighbours differ in lightness, for a grey print
# Told apart by lightness too: need dark, taken away light, what is left strong; the unsure part is hatched.
FILLS = {"need": BLUE, "stock": SKY, "pipeline": SKY, "unsure": "white", "short": VERMILLION, "surplus": GREEN}


def plot_fan(
    frame: pd.DataFrame, *, observed: pd.Series | None = None, plan: pd.DataFrame | None = None, unit: str = "persons",
    labels: Mapping[str, str] | None = None, ax: Axes | None = None, lang: str | None = None, title: str | None = None,
    note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw a path over years with its ranges, or several scenarios, beside what was observed and planned.

    A range says how far judged assumptions reach; it is no confidence interval.

    >>> paths = pd.DataFrame({"low": [26.9, 35.0], "high": [26.9, 37.2]}, index=[2020, 2035])
    >>> ax = plot_fan(paths, unit="%", lang="en", title="Aged 60 and over")
    >>> [text.get_text() for text in ax.texts]
    ['low 35.0', 'high 37.2', '%']

    frame : [unit] by year (index). lower_80, upper_80, lower_95, upper_95 are bands, with a line's name after it
        (lower_80_share_60_pct) of that line; other columns are lines, central and medium strong
    observed, plan : [unit] by year, drawn as points; columns year, value [unit] and, if wanted, label
    unit : "persons" (shown in 万人, thousands ...) or the unit's label, shown as it is
    """
    lang = style.language(lang)
    lines = [c for c in frame.columns if not str(c).startswith(("lower_", "upper_"))]
    if not lines:
        raise refusal("errors.plots.fan_column", columns=[*map(str, frame.columns)])
    ax, frame = style.open_axes(ax), frame.sort_index()
    if frame.empty:
        return style.close_axes(ax, lang, title, note, empty=True)
    divisor = 1.0
    if unit == "persons":
        divisor, unit = style.person_scale(np.nanmax(frame.to_numpy(dtype=float), initial=0.0), lang)
    years, names, frame = frame.index.to_numpy(), labels or {}, frame.astype(float) / divisor
    ends = _band(ax, frame, "95", BLUE, 0.14, lang) + _band(ax, frame, "80", BLUE, 0.26, lang)
    leading = [c for c in lines if c in ("central", "medium") or len(lines) == 1]  # only these are drawn strong
    for column, colour in zip(sorted(lines, key=lambda c: c != [*leading, *lines][0]), cycle(SERIES)):
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
        ax.plot(seen.index, seen, "o", color=INK, markersize=4.5, zorder=4, label=word("observed", lang))
    if plan is not None:
        style.check_columns(plan, ("year", "value"), "The plan of plot_fan")
        shown.append(plan["year"])
        texts = plan.get("label", [word("plan", lang)] * len(plan))
        for year, value, text in zip(plan["year"], plan["value"] / divisor, texts, strict=True):
            point = {"color": "white", "markeredgecolor": VERMILLION, "markersize": 6, "zorder": 5}
            name = f"{year} {text} {number(value)}" if pd.notna(value) else None
            ax.plot(year, value, "D", label=name, **point)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="best", fontsize=8.5)
    style.year_axis(ax, np.concatenate(shown))
    ax.margins(y=0.12)
    style.name_ends(ax, years[-1], ends)
    return style.close_axes(ax, lang, title, note, unit=unit)


def plot_gap(
    frame: pd.DataFrame, *, unit: str | None = None, labels: Mapping[str, str] | None = None, ax: Axes | None = None,
    lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw demand and supply over years, the shortfall shaded and written in.

    >>> need = pd.DataFrame({"demand": [7000, 9000], "supply": [4000, 8000], "shortfall": [3000, 1000]}, [2020, 2025])
    >>> [text.get_text() for text in plot_gap(need, lang="en").texts]
    ['3,000', '1,000', 'demand 9,000', 'supply 8,000', 'figures in the shade: shortfall']

    frame : by year (index) demand, supply, shortfall [unit]. Further columns whose names begin with "demand" are thin
        lines (other methods); lower_80, upper_80 are a band around the demand. Where `supply_is` is "line", as from
        `gap_by_year`, the supply is dashed: that line is ours. Years without a supply say so in words.
    """
    lang = style.language(lang)
    style.check_columns(frame, ("demand", "supply", "shortfall"), "plot_gap")
    others = [c for c in frame.columns if str(c).startswith("demand") and c != "demand"]
    drawn = frame.columns.intersection(["demand", "supply", *others, "lower_80", "upper_80"])
    ax, frame = style.open_axes(ax), frame.sort_index()
    standing = frame.get("supply_is", pd.Series("", frame.index))
    ours = standing.eq("line")
    frame = frame[[*drawn, "shortfall"]].astype(float)
    if frame.empty:
        return style.close_axes(ax, lang, title, note, empty=True)
    years, names, demand, supply = frame.index.to_numpy(), labels or {}, frame["demand"], frame["supply"]
    ax.fill_between(years, supply, demand, where=demand > supply, interpolate=True, color=VERMILLION, alpha=0.16)
    ends = _band(ax, frame, "80", BLUE, 0.2, lang)
    for column, colour, width in [("demand", BLUE, 2.0), ("supply", INK, 2.0), *((c, MUTED, 1.0) for c in others)]:
        path, name = frame[column], names.get(column, word(column, lang))
        look: dict[str, Any] = {"color": colour, "linewidth": width}
        if column == "supply":
            ax.plot(years, path.where(ours | ours.shift(-1) | ours.shift()), linestyle=(0, (2, 1.5)), **look)
            path = path.mask(ours)
        ax.plot(years, path, "--" if column in others else "-", marker="o", markersize=width, **look)
        ends += [(value, f"{name} {number(round(value))}", colour) for value in frame[column].dropna().iloc[-1:]]
        unknown = frame.index[frame[column].isna()]
        _say_unknown_years(ax, unknown, name if column in others else word(column, lang), lang)
    ax.set_ylim(0, 1.14 * np.nanmax(frame[drawn].to_numpy(), initial=1.0))
    _write_shortfalls(ax, frame[~ours], frame.index[standing.eq("target")])
    style.year_axis(ax, years, 0.05)
    style.name_ends(ax, years[-1], ends, away=16)
    shaded = catalogue(lang).word("plots.gap_figures") if (frame["shortfall"] > 0).any() else None
    over = [unit and word(unit, lang), shaded]
    unit = catalogue(lang).say("plots.joined", parts=list(filter(None, over)))
    return style.close_axes(ax, lang, title, note, unit=unit)


def _band(ax: Axes, frame: pd.DataFrame, name: str, colour: str, tint: float, lang: str) -> list[tuple]:
    """Draw the range of a level, if the frame has it, and return where and how to name it."""
    if not {f"lower_{name}", f"upper_{name}"} <= set(frame.columns):
        return []
    low, high = frame[f"lower_{name}"], frame[f"upper_{name}"]
    ax.fill_between(frame.index, low, high, color=colour, alpha=tint, linewidth=0)
    return [(high.iloc[-1], catalogue(lang).say("plots.range", level=name[:2]), MUTED)]


def _write_shortfalls(ax: Axes, frame: pd.DataFrame, met: pd.Index) -> None:
    """Write the shortfall of each year (of many: each tenth and the target's) between the lines, or above them."""
    known = frame.dropna(subset=["demand", "supply"])
    known = known[known["shortfall"] >= 0.5]  # a surplus has no figure of its own
    for year, row in known.iterrows():
        first, last = year == known.index[0], year == frame.index[-1]
        if len(frame) > 12 and year % 10 and not (first or last or year in met):
            continue
        low, high = sorted((row["demand"], row["supply"]))
        ax.plot([year, year], [low, high], color=VERMILLION, linewidth=0.8)
        inside = high - low > 0.12 * ax.get_ylim()[1]
        # The first is written to the right and the last to the left, clear of the axis and of the lines' names.
        side, shift = ("right", 4) if last else ("left", -4) if first else ("center", 0)
        at, above = (year, (low + high) / 2 if inside else high), 0 if inside else 9
        look = {"ha": side, "fontsize": 8.5, "fontweight": "bold", "bbox": CLEAR}
        write(ax, number(round(row["shortfall"])), at, (shift, above), VERMILLION, **look)


def _say_unknown_years(ax: Axes, years: pd.Index, name: str, lang: str) -> None:
    """Write at the bottom the runs of years without a figure."""
    if len(years):
        runs = np.split(years, np.flatnonzero(np.diff(years) > 1) + 1)
        when = ", ".join("–".join(dict.fromkeys((str(run[0]), str(run[-1])))) for run in runs)
        height = 0.03 + 0.06 * sum(text.get_transform() == ax.transAxes for text in ax.texts)  # above what is there
        text = catalogue(lang).say("plots.unknown_years", name=name, years=when)
        ax.text(0.03, height, text, color=MUTED, fontsize=8, transform=ax.transAxes)


def plot_pyramid(
    population: pd.DataFrame | xr.DataArray | xr.Dataset, *,
    compare: pd.DataFrame | xr.DataArray | xr.Dataset | None = None, labels: Sequence[object] | None = None,
    ax: Axes | None = None, lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw a population pyramid, men left and women right, with a second one as an outline.

    All closed groups must be equally wide. Ages 60 and over, and with single ages those under 3, are in full colour.

    >>> people = pd.DataFrame({"female": [9.0, 12.0, 8.0], "male": [10.0, 12.0, 6.0]}, index=[0, 30, 60])
    >>> plot_pyramid(people, lang="en").get_xlabel()
    'persons'

    population : [persons] of one area and year: a DataArray with dims sex and age; or a frame with columns sex (female,
        male), age (lower bound) and persons; or a frame by age with columns female, male
    compare, labels : the same, drawn as an outline; names of the two, by default the year that each brings
    """
    lang = style.language(lang)
    ax = style.open_axes(ax, (style.WIDE, 4.2))
    shown = [_pyramid(p) for p in (population, compare) if p is not None]
    ages = shown[0][0].index.to_numpy()
    width = _width(ages)
    top = style.largest(*[table.to_numpy().ravel() for table, _ in shown])
    divisor, unit = style.person_scale(top, lang)
    for outline, (table, _) in enumerate(shown):
        if outline and _width(table.index.to_numpy()) != width:
            raise refusal("errors.plots.two_pyramids")
        edges = np.append(table.index, table.index[-1] + width)
        marked = (edges[:-1] >= 60) | ((edges[:-1] < 3) & (width == 1))
        for sex, (sign, colour) in SIDES.items():
            bars = sign * table[sex].fillna(0.0).to_numpy() / divisor
            parts = [(bars, TINTS[colour]), (np.where(marked, bars, 0.0), colour)]
            for part, tint in [(bars, "none")] if outline else parts:  # `ax.stairs` would look for limits, set below
                look = {"facecolor": tint, "edgecolor": INK, "linewidth": 1.1 * outline}
                ax.add_artist(StepPatch(part, edges, orientation="horizontal", **look))
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
    return style.close_axes(ax, lang, title, note, unit=catalogue(lang).word("plots.age"))


def _pyramid(population) -> tuple[pd.DataFrame, str]:
    """Return persons by age with the columns female and male, and the year if the population brings one."""
    table, year = population["population"] if hasattr(population, "data_vars") else population, ""
    if hasattr(table, "dims"):
        table = table.squeeze()
        if set(table.dims) != {"sex", "age"}:
            raise refusal("errors.plots.pyramid_dims", dims=list(table.dims))
        table = table.to_dataframe("persons").reset_index()
    if {"sex", "age", "persons"} <= set(table.columns):
        if table.duplicated(["sex", "age"]).any():
            raise refusal("errors.plots.pyramid_rows")
        year = str(table["year"].iloc[0]) if "year" in table and table["year"].nunique() == 1 else ""
        table = table.pivot(index="age", columns="sex", values="persons")
    style.check_columns(table, ("female", "male"), "plot_pyramid")
    return table[["female", "male"]].astype(float).sort_index(), year


def _width(ages: np.ndarray) -> int:
    widths = np.unique(np.diff(ages))
    if len(widths) != 1:
        raise refusal("errors.plots.widths", widths=widths.tolist())
    return int(widths[0])


def plot_methods(
    frame: pd.DataFrame, *, lines: Mapping[str, float] | None = None, unit: str | None = None, ax: Axes | None = None,
    lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw one row per method: its figure and its range, against lines such as the stock and the target.

    >>> beds = pd.DataFrame({"method": ["share", "norm"], "central": [10592, 6300], "basis": ["plan", "need"]})
    >>> ax = plot_methods(beds, lines={"stock": 4059}, lang="en")
    >>> [text.get_text() for text in ax.texts]
    ['10,592', 'plan', '6,300', 'need', 'stock 4,059']

    frame : one row per method: method (its label), central [unit]; optional lower, upper [unit] and basis ("plan",
        "need" or "use": what the method starts from). A row without central says so in words.
    lines : vertical lines by label [unit]; missing values are left out
    """
    lang = style.language(lang)
    style.check_columns(frame, ("method", "central"), "plot_methods")
    ax, heights = style.open_rows(ax, frame["method"], lines=2, above=1.2)
    frame = frame.reset_index(drop=True).reindex(columns=["method", "lower", "central", "upper", "basis"])
    named = {" ".join(word(part, lang) for part in label.split(" ")): value for label, value in (lines or {}).items()}
    marks = [(value, label, dash) for (label, value), dash in zip(named.items(), cycle(LINES))]
    marks = [mark for mark in marks if pd.notna(mark[0])]
    ax.set_xlim(0, 1.08 * style.largest(frame["central"], frame["upper"], [value for value, _, _ in marks]))
    for y, row in zip(heights, frame.itertuples(), strict=True):
        marker, colour = BASES.get(row.basis, ("o", BLUE))
        if pd.isna(row.central):
            write(ax, catalogue(lang).word("plots.no_input"), (0, y), (3, 0), MUTED, bbox=CLEAR)
        else:
            ax.hlines(y, row.lower, row.upper, color=colour, alpha=0.28, linewidth=7)
            ax.plot(row.central, y, marker, color=colour, markersize=7, markeredgecolor="white")
            text = number(round(row.central) if row.central >= 100 else row.central)
            write(ax, text, (row.central, y), (0, 6), ha="center", va="baseline", fontweight="bold", bbox=CLEAR)
        if pd.notna(row.basis):
            style.write_beside(ax, y, word(row.basis, lang), colour)
    for value, _, dash in marks:
        ax.axvline(value, color=INK, linewidth=1.1, linestyle=dash, zorder=0.8)
    above = style.headings(ax, [(value, f"{label} {number(value)}") for value, label, _ in marks])
    return style.close_axes(ax, lang, title, note, under=unit, above=above, empty=frame.empty)


def plot_supply(
    frame: pd.DataFrame, *, unit: str | None = None, labels: Mapping[str, str] | None = None, ax: Axes | None = None,
    lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw supply by kind as bars, split into occupied and vacant, or by operator.

    What is missing is written after the bar as not published. If only the total of a kind is known, its bar is an
    outline. A kind stands beside its own parts nowhere: it gives way to rows that add up to it, or they to its split.

    >>> beds = pd.DataFrame({"kind": ["public", "private"], "occupied": [740.0, None], "vacant": [1423.0, None]})
    >>> [text.get_text() for text in plot_supply(beds, lang="en").texts]
    ['740', '1,423', 'occupied, vacant: not published']

    frame : one row per kind: kind (its label); one column [unit] for each part, such as occupied and vacant, or public
        and private; optional total [unit]
    """
    lang = style.language(lang)
    words = catalogue(lang)
    style.check_columns(frame, ("kind",), "plot_supply")
    parts = [c for c in frame.columns if c not in ("kind", "total")]
    names = {c: (labels or {}).get(c, word(c, lang)) for c in [*parts, "total"]}
    frame = _once(frame, parts) if "total" in frame else frame
    ax, heights = style.open_rows(ax, frame["kind"], lines=2)
    stacked = frame[parts].astype(float)
    totals = frame["total"].astype(float) if "total" in frame else pd.Series(np.nan, frame.index)
    top = 1.02 * style.largest(totals, stacked.sum(axis=1))
    ax.set_xlim(0, top)
    per_point = top / style.frame_size(ax)[0]
    for y, (_, row), total in zip(heights, stacked.iterrows(), totals, strict=True):
        left, after = 0.0, []
        for part, colour in zip(parts, cycle(PARTS)):
            if pd.isna(row[part]):
                continue
            ax.barh(y, row[part], 1.3, left, color=colour, edgecolor="white", linewidth=0.8)
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
                ax.barh(y, total - left, 1.3, left, fill=False, edgecolor=MUTED, linestyle="--", linewidth=0.9)
                left = total
        unknown = [names[part] for part in parts if pd.isna(row[part])]
        after += [words.say("plots.unknown", names=unknown)] if unknown else []
        if after:
            text = style.wrap(words.say("plots.joined", parts=after), 15)
            write(ax, text, (left, y), (5, 0), INK if left else MUTED, fontsize=8.5)
    if len(parts) > 1:
        colours = [colour for _, colour in zip(parts, cycle(PARTS))]
        style.swatches(ax, colours, [names[part] for part in parts], handleheight=1)
    return style.close_axes(ax, lang, title, note, under=unit, above=16 if len(parts) > 1 else 0, empty=frame.empty)


def _once(frame: pd.DataFrame, parts: list[str]) -> pd.DataFrame:
    """The rows of which none is part of another: of a total and the rows that add up to it one is left out."""
    left = frame.reset_index(drop=True)
    for row, total in left["total"].sort_values(ascending=False).items():
        smaller = left.loc[(left["total"] < total) & (row in left.index and len(left) < 12), "total"]
        many = (list(some) for n in range(2, len(smaller) + 1) for some in combinations(smaller.index, n))
        for some in [some for some in many if np.isclose(smaller[some].sum(), total)][:1]:
            left = left.drop([row] if left.loc[row, parts].isna().all() else some)
    return left


def plot_tornado(
    frame: pd.DataFrame, *, unit: str | None = None, ax: Axes | None = None, lang: str | None = None,
    title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw how far each assumption moves a result, the widest first.

    >>> moved = pd.DataFrame({"name": ["births", "deaths"], "low": [90, 70], "high": [110, 135], "central": 100})
    >>> [label.get_text() for label in plot_tornado(moved).get_yticklabels()]
    ['deaths', 'births']

    frame : one row per assumption, as from `need_tornado`: name, or input; low, high, central [unit], the result when
        the assumption is low, high or unchanged; optional low_label, high_label: its values
    """
    lang = style.language(lang)
    words = catalogue(lang)
    if "input" in frame and "name" not in frame:
        frame = frame.assign(name=frame["input"].map(words.find("words.moved")))
    style.check_columns(frame, ("name", "low", "high", "central"), "plot_tornado")
    width = (frame["high"] - frame["low"]).abs().fillna(-1.0)
    frame = frame.loc[width.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
    ax, heights = style.open_rows(ax, frame["name"], lines=2)
    values = frame[["low", "high", "central"]].to_numpy(dtype=float)
    if not np.isfinite(values).any():
        return style.close_axes(ax, lang, title, note, empty=True)
    room = {False: 0.0, True: 0.0}  # what is written to the left and to the right of the bars takes [points]
    for y, (_, row) in zip(heights, frame.iterrows(), strict=True):
        for side, colour in (("low", ORANGE), ("high", BLUE)):
            value, label = row[side], row.get(f"{side}_label")
            if pd.isna(value):
                write(ax, words.word("words.missing"), (row["central"], y), (5, 0), MUTED)
                continue
            ax.barh(y, value - row["central"], 1.3, row["central"], color=colour)
            label = words.find("words.moved_to").get(label, label)
            text = number(value) + (f" ({label})" if isinstance(label, str) else "")
            right = bool(value > row["central"] or (value == row["central"] and side == "high"))
            shift, align = (4, "left") if right else (-4, "right")
            write(ax, text, (value, y), (shift, 0), ha=align, fontsize=8.5)
            room[right] = max(room[right], em(text) * 8.5 + 10)
    least, most = np.nanmin(values), np.nanmax(values)
    per_point = ((most - least) or 1.0) / max(style.frame_size(ax)[0] - sum(room.values()), 72)
    ax.set_xlim(least - room[False] * per_point, most + room[True] * per_point)
    central = frame["central"].dropna().iloc[0]
    ax.axvline(central, color=INK, linewidth=1.0)
    above = style.headings(ax, [(central, number(central))])
    side = int(central - least < most - central)  # on the side where the central figure is not
    style.swatches(ax, (ORANGE, BLUE), [word(f"{s}_value", lang) for s in ("low", "high")], side)
    return style.close_axes(ax, lang, title, note, under=unit, above=max(above, 16))


def plot_waterfall(
    frame: pd.DataFrame, *, unit: str | None = None, labels: Mapping[str, str] | None = None, ax: Axes | None = None,
    lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw a need, what is taken from it step by step, and what is left: short or too many.

    The need is that of one method: name it in the title or the note.

    >>> steps = [["need", 9500.0, 0, 9500], ["stock", -4000.0, 9500, 5500], ["short", 5500.0, 0, 5500]]
    >>> steps = pd.DataFrame(steps, columns=["step", "value", "start", "end"])
    >>> [text.get_text() for text in plot_waterfall(steps, lang="en").texts]
    ['9,500', '−4,000', '5,500']

    frame : one row per step in order, as from `gap_waterfall`: step (need, stock, pipeline, unsure, short or surplus),
        value [unit, negative where taken away], start, end [unit]; derived (True: from a printed ratio) is said
    """
    lang = style.language(lang)
    style.check_columns(frame, ("step", "value", "start", "end"), "plot_waterfall")
    names = catalogue(lang).find("words.step") | dict(labels or {})
    steps = frame["step"].map(lambda step: names.get(step, str(step)))
    if "derived" in frame:
        steps = steps.mask(frame["derived"], steps + word("derived", lang))
    ax, heights = style.open_rows(ax, steps, lines=2, above=1.0)
    ends = frame[["start", "end"]].to_numpy(dtype=float)
    low, top = 1.14 * np.nanmin(ends, initial=0.0), style.largest(ends)
    room = 9 * max(map(em, map(number, ends.ravel())), default=0.0) + 12  # beside the longest bar [points]
    ax.set_xlim(low, low + (top - low) / (1 - room / style.frame_size(ax)[0]))
    reaches = len(frame) > 0 and pd.notna(frame["value"].iloc[-1])  # else nothing hangs from the need
    for y, row in zip(heights, frame.itertuples(), strict=True):
        if pd.isna(row.value) or pd.isna(row.start):
            x = row.start if reaches and pd.notna(row.start) else 0.0
            write(ax, catalogue(lang).word("words.missing"), (x, y), (5, 0), MUTED, bbox=CLEAR)
            continue
        fill, rest = FILLS.get(row.step, SKY), row.step in ("short", "surplus")
        edge, hatch = (MUTED, "////") if row.step == "unsure" else ("white", None)
        ax.barh(y, row.end - row.start, 1.3, row.start, color=fill, linewidth=0.8, edgecolor=edge, hatch=hatch)
        text = number(round(abs(row.value) if rest else row.value))
        weight = "bold" if rest or row.step == "need" else "normal"
        write(ax, text, (max(row.start, row.end), y), (5, 0), fill if rest else INK, fontweight=weight)
    # Lead the eye from where one bar ends to where the next one begins, over steps without a figure.
    drawn = [(y, row) for y, row in zip(heights, frame.itertuples(), strict=True) if pd.notna(row.value)]
    for (y, row), (below, _) in pairwise(drawn):
        ax.plot([row.end, row.end], [y, below], color=MUTED, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0.7)
    ax.axvline(0, color=INK, linewidth=0.9)
    return style.close_axes(ax, lang, title, note, under=unit, empty=frame.empty)


def plot_targets(
    frame: pd.DataFrame, *, labels: tuple[str, str] | None = None, ax: Axes | None = None, lang: str | None = None,
    title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw each target as a step from where the city stands to where the plan wants it.

    Percentages share one axis, 0 to 100. Every other row has a scale of its own, so lengths compare within a row only.

    >>> plan = pd.DataFrame({"name": ["nursing beds"], "baseline": [41.0], "target": [55.0], "unit": ["%"]})
    >>> [text.get_text() for text in plot_targets(plan, labels=("2020", "2025"), lang="en").texts]
    ['41% → 55%', '2020', '2025']

    frame : one row per indicator: name, baseline, target, unit ("%" for percentages); optional comparator and regress
        (True: the target is worse than the baseline, in red and in words, a bound as such)
    labels : what to call baseline and target, such as their years
    """
    lang = style.language(lang)
    style.check_columns(frame, ("name", "baseline", "target", "unit"), "plot_targets")
    frame = frame.reindex(columns=[*frame.columns, *({"comparator", "regress"} - set(frame.columns))])
    percent, worse = frame["unit"].eq("%").astype(bool), frame["regress"].eq(True)
    top = frame[["baseline", "target"]].max(axis=1)
    steps = zip(worse, frame["baseline"], frame["target"], frame["comparator"], strict=True)
    more = [f"  {word(slack_side(*step) or 'regress', lang)}" if back else "" for back, *step in steps]
    rows = frame.assign(scale=(100 / top.where(top > 0, 1.0)).mask(percent, 1.0), more=more, bold=False)
    rows["colour"], rows["ink"] = np.where(worse, VERMILLION, BLUE), np.where(worse, VERMILLION, INK)
    between = pd.DataFrame({"name": [catalogue(lang).word("plots.own_scale")] * (percent.nunique() == 2)})
    rows = pd.concat([rows[percent], between, rows[~percent]])
    return _draw_steps(rows, bool(percent.any()), labels, ax, lang, title, note)


def plot_peers(
    frame: pd.DataFrame, *, highlight: str | None = None, labels: tuple[str, str] | None = None,
    ax: Axes | None = None, lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw baseline and target of several places under each indicator, one place brought out.

    The figure ranks nothing. Each indicator has its own scale, from 0 to its largest value (percentages to 100).

    >>> beds = pd.DataFrame({"indicator": "nursing beds", "area": ["A", "B"], "baseline": [41, None], "target": 55})
    >>> [label.get_text() for label in plot_peers(beds, highlight="A").get_yticklabels()]
    ['nursing beds', 'A', 'B']

    frame : one row per indicator and place, in the order wanted: indicator, area (their labels), baseline, target;
        optional unit and comparator
    highlight, labels : label of the area to bring out; as in `plot_targets`
    """
    lang = style.language(lang)
    style.check_columns(frame, ("indicator", "area", "baseline", "target"), "plot_peers")
    frame = frame.reindex(columns=[*frame.columns, *({"unit", "comparator"} - set(frame.columns))])
    rows = frame.assign(name=frame["area"], more="", bold=frame["area"] == highlight)
    rows["colour"] = rows["ink"] = np.where(rows["bold"] | (highlight is None), BLUE, MUTED)
    parts = []
    for indicator, places in rows.groupby("indicator", sort=False):
        scale = 1.0 if places["unit"].eq("%").all() else 100 / style.largest(places["baseline"], places["target"])
        parts += [pd.DataFrame({"name": [indicator]}), places.assign(scale=scale)]
    percent = bool(frame["unit"].eq("%").all() and len(frame))
    return _draw_steps(pd.concat(parts or [rows.assign(scale=1.0)]), percent, labels, ax, lang, title, note)


def _draw_steps(
    rows: pd.DataFrame, percent: bool, labels: tuple[str, str] | None, ax: Axes | None, lang: str, title: str | None,
    note: str | None,
) -> Axes:  # fmt: skip
    """Draw a row for each step; a row without a scale is a heading; the axis is shown for percentages only."""
    ax, heights = style.open_rows(ax, rows["name"])
    ax.set_xlim(-1.5, 101.5)
    ax.xaxis.set_major_locator(FixedLocator([0, 20, 40, 60, 80, 100]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    ax.grid(axis="x", visible=percent)
    ax.tick_params(axis="x", bottom=False, labelbottom=False, labeltop=percent)
    ax.spines["bottom"].set_visible(False)
    for tick, bold, ink in zip(ax.get_yticklabels(), rows["bold"], rows["ink"], strict=True):
        if bold is not False:
            tick.set(fontweight="bold", color=ink if bold is True else INK)
    start, end = (rows[column].astype(float) * rows["scale"] for column in ("baseline", "target"))
    steps = rows.assign(y=heights, start=start, end=end)[rows["scale"].notna()]
    whole = {"clip_on": False, "linewidths": 1.0}  # at 100 % too
    ax.hlines(steps["y"], 0, 100, color=style.RULE, linewidth=0.8, zorder=0.6)
    ax.hlines(steps["y"], steps["start"], steps["end"], colors=steps["colour"], linewidth=2.2, alpha=0.55, zorder=2)
    ax.scatter(steps["start"], steps["y"], 25, color=MUTED, zorder=3, **whole)
    fill = steps["colour"].where(steps["start"].notna(), "white")
    ax.scatter(steps["end"], steps["y"], 56, color=fill, edgecolors=steps["colour"], zorder=4, **whole)
    for _, row in steps.iterrows():  # the unit follows with the target, but a percentage keeps its sign
        first = style.with_unit(row["baseline"], "%" if row["unit"] == "%" else None, lang)
        then = style.with_unit(row["target"], row["unit"], lang, row["comparator"])
        weight = "bold" if row["bold"] else "normal"
        style.write_beside(ax, row["y"], f"{first} → {then}{row['more']}", row["ink"], fontweight=weight)
    widest = (steps["end"] - steps["start"]).abs().reset_index(drop=True)
    if widest.notna().any():  # where there is most room
        row = steps.iloc[widest.idxmax()]
        ends = labels or (word("baseline", lang), word("target", lang))
        for x, name in zip((row["start"], row["end"]), ends, strict=True):
            write(ax, name, (x, row["y"]), (0, 7), ha="center", va="baseline", color=MUTED, fontsize=7.5)
    return style.close_axes(ax, lang, title, note, empty=rows.empty)


def plot_tiles(
    frame: pd.DataFrame, *, unit: str | None = None, ax: Axes | None = None, lang: str | None = None,
    title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw a tile for each province, about where it lies, the darker the larger its value.

    Tiles are alike in size and no boundary is drawn. A province without a value is grey and has no figure.

    >>> tiles = pd.DataFrame({"row": [1, 1], "column": [7, 8], "name": ["北京", "天津"], "value": [19.6, None]})
    >>> [text.get_text() for text in plot_tiles(tiles, unit="%", lang="en").texts]
    ['北京\\n19.6', '天津', '%; grey: not in our tables']

    frame : one row per province: row, column, name (its label), value [unit]; the places are in table `province_tiles`
    """
    lang = style.language(lang)
    style.check_columns(frame, ("row", "column", "name", "value"), "plot_tiles")
    ax = style.open_axes(ax, (style.WIDE, 5.0))
    frame = frame.dropna(subset=["row", "column"])
    if frame.empty:
        return style.close_axes(ax, lang, title, note, empty=True)
    shade = Normalize(frame["value"].min(), frame["value"].max())
    for row, column, name, value in frame[["row", "column", "name", "value"]].itertuples(index=False):
        dark = 0.0 if pd.isna(value) else float(shade(value))
        colour = style.RULE if pd.isna(value) else style.SHADES(dark)
        ax.add_patch(Rectangle((column, row), 0.94, 0.94, color=colour))
        text, ink = name if pd.isna(value) else f"{name}\n{number(value)}", "white" if dark > 0.8 else INK
        ax.text(column + 0.47, row + 0.47, text, ha="center", va="center", color=ink, fontsize=7.5)
    ends = {axis: (frame[axis].min() - 0.03, frame[axis].max() + 0.97) for axis in ("column", "row")}
    ax.set(xlim=ends["column"], ylim=ends["row"][::-1], xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    over = [unit, catalogue(lang).word("plots.grey") if frame["value"].isna().any() else None]
    unit = catalogue(lang).say("plots.joined", parts=list(filter(None, over)))
    return style.close_axes(ax, lang, title, note, unit=unit)


def plot_standing(
    frame: pd.DataFrame, *, peers: pd.DataFrame | None = None, labels: tuple[str, str] | None = None,
    ax: Axes | None = None, lang: str | None = None, title: str | None = None, note: str | None = None,
) -> Axes:  # fmt: skip
    """Draw where an area stands among all areas of its level: a row for each measure, from the least to the most.

    >>> own = pd.DataFrame({"name": ["aged 60+"], "percentile": [81.0], "value": [25.3], "unit": ["%"]})
    >>> [text.get_text() for text in plot_standing(own, lang="en").texts]
    ['25.3%']

    frame : one row per measure: name, percentile [percent of the areas that have less], value [unit], unit
    peers : one row per measure and statistical peer: name, percentile; drawn as small dots
    labels : what to call the area and its peers
    """
    lang = style.language(lang)
    style.check_columns(frame, ("name", "percentile", "value", "unit"), "plot_standing")
    ax, heights = style.open_rows(ax, [word(name, lang) for name in frame["name"]])
    ax.set(xlim=(-1.5, 101.5), xticks=[0, 25, 50, 75, 100])
    ax.spines["bottom"].set_visible(False)
    rows = frame.assign(y=heights)
    own, others = labels or (word("area", lang), word("peers", lang))
    if peers is not None:
        style.check_columns(peers, ("name", "percentile"), "The peers of plot_standing")
        ax.plot(peers["percentile"], peers["name"].map(rows.set_index("name")["y"]), "|", color=MUTED, markersize=9)
    ax.hlines(heights, 0, 100, color=style.RULE, linewidth=0.8, zorder=0.6)
    ax.plot(rows["percentile"], heights, "o", color=BLUE, markersize=7.5, zorder=3, clip_on=False)
    for y, value, unit in rows[["y", "value", "unit"]].itertuples(index=False):
        style.write_beside(ax, y, style.with_unit(value, unit, lang), BLUE)
    known = [(own, BLUE), *([(others, MUTED)] if peers is not None else [])]
    style.swatches(ax, [colour for _, colour in known], [name for name, _ in known])
    under = catalogue(lang).word("plots.percentile")
    return style.close_axes(ax, lang, title, note, under=under, above=16, empty=frame.empty)
