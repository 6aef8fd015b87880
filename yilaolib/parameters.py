"""What an area brings to a projection: its census pyramids and its levels of mortality, fertility and migration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .ages import OPEN_AGE, as_array, graduate
from .calibration import migration_rates, tfr_ratio
from .cohorts import SEX
from .data import find_area, load_table
from .errors import DataError


def census_pyramids(area: str, root: str | Path | None) -> dict[int, xr.DataArray]:
    """Pyramids (sex, age) of the area by census year; residents only."""
    table = load_table("population", area=area, root=root)
    table = table[table["basis"].isna() | (table["basis"] == "resident")]
    if table.empty:
        raise DataError(
            f"population.csv has no residents by age and sex for {area!r}. Add its census to your own data folder."
        )
    columns = ["sex", "age", "persons"]
    return {int(year): as_array(rows[columns]).reindex(sex=SEX) for year, rows in table.groupby("year")}


def national_paths(root: str | Path | None) -> pd.DataFrame:
    series = load_table("series", area="china", root=root)
    wanted = ["tfr", "e0_both", "e0_female", "e0_male", "sex_ratio_at_birth"]
    series = series[series["indicator"].isin(wanted)]
    bounds = series.melt(["indicator", "year"], ["value", "lower_80", "upper_80"], "of", "x")
    return bounds.pivot(index="year", columns=["indicator", "of"], values="x").astype(float)


def age_standard(year: int, root: str | Path | None) -> xr.DataArray:
    table = load_table("age_standards", root=root)
    years = sorted(table["year"].unique())
    nearest = min(years, key=lambda y: abs(int(y) - year))
    return as_array(table[table["year"] == nearest][["sex", "age", "persons"]])


def local_parameters(area: str, *, root: str | Path | None = None) -> pd.DataFrame:
    """Levels that a projection of the area uses, each with its source.

    Parameters
    ----------
    area : str
        Slug, Chinese or English name, or adcode.
    root : path, optional
        Folder with your own tables; a row `e0` or `tfr_ratio` of your `assumptions` for the area comes first.

    Returns
    -------
    DataFrame
        parameter, value, unit, year, source, note. `e0_offset` [years] is added to the nation's e0 path of each sex;
        `tfr_ratio` multiplies its TFR path; `net_migration_per_1000` is the area's crude rate of 2010-2020.

    Examples
    --------
    >>> print(local_parameters("china").set_index("parameter").value["tfr_ratio"])
    1.0
    """
    slug = find_area(area, root=root)["area"]
    assumed = load_table("assumptions", root=root)
    assumed = assumed[(assumed["area"] == slug) & assumed["scenario"].isna()].set_index("parameter")
    census, nation = census_pyramids(slug, root), census_pyramids("china", root)
    base = max(census)
    national = national_paths(root)
    rows = []
    if slug == "china" or "e0" not in assumed.index:
        rows.append(("e0_offset", 0.0, "years", base, "un-wpp-2024", "no local figure: the nation's e0"))
    else:
        row = assumed.loc["e0"]
        offset = row["value"] - national.loc[int(row["year"]), ("e0_both", "value")]
        rows.append(
            (
                "e0_offset",
                round(float(offset), 4),
                "years",
                int(row["year"]),
                row["source"],
                f"e0 {row['value']:g}: {row['note']}",
            )
        )
    if "tfr_ratio" in assumed.index:
        row = assumed.loc["tfr_ratio"]
        rows.append(("tfr_ratio", float(row["value"]), "ratio", row["year"], row["source"], row["note"]))
    else:
        ratio = tfr_ratio(census[base], nation[base], fertility_schedule(base, root))
        source = "nbs-census-2020-county" if base == 2020 else ""
        rows.append(("tfr_ratio", ratio, "ratio", base, source, "children 0-4 per woman, against the nation"))
    rates = local_migration(slug, census, root)
    people = graduate(census[base], standard=age_standard(base, root))
    crude = float((rates * people).sum() / people.sum() * 1000)
    note = (
        f"cohorts {min(census)}-{base} against the nation"
        if len(census) > 1 and slug != "china"
        else "one census only, or the nation: none"
    )
    rows.append(("net_migration_per_1000", crude, "per 1000 and year", base, "nbs-census-2020-county", note))
    return pd.DataFrame(rows, columns=["parameter", "value", "unit", "year", "source", "note"])


def fertility_schedule(year: int, root: str | Path | None) -> pd.Series:
    table = load_table("fertility", root=root)
    nearest = min(table["year"].unique(), key=lambda y: abs(int(y) - year))
    return table[table["year"] == nearest].set_index("age")["share"]


def local_migration(area: str, census: dict[int, xr.DataArray], root: str | Path | None) -> xr.DataArray:
    ages = np.arange(OPEN_AGE + 1)
    if area == "china" or len(census) < 2:
        return xr.DataArray(np.zeros((2, len(ages))), coords={"sex": SEX, "age": ages}, dims=("sex", "age"))
    nation = census_pyramids("china", root)
    now, then = sorted(census)[-1], sorted(census)[-2]
    return migration_rates(census[then], census[now], nation[then], nation[now], years=now - then)
