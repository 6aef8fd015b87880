"""The population pyramid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..core.errors import DataError
from .canvas import check_columns, close_axes, open_axes
from .style import BLUE, INK, MUTED, ORANGE, language, number, person_scale, word

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
