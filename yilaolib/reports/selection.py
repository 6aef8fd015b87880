"""Which areas a batch is about: those with a plan, those of a province, those that a file names."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import DataError
from ..tables.areas import find_area, load_table
from .orders import province_rows


def cities_with_plan(root: str | os.PathLike | None = None) -> list[str]:
    """Return the slugs of all prefectures and counties that have a plan.

    Examples
    --------
    >>> "jingdezhen" in cities_with_plan()
    True
    """
    sources, areas = load_table("sources", root=root), load_table("areas", root=root)
    planned = sources.loc[sources["plan_start"].notna(), "area"]
    local = areas["level"].isin(["prefecture", "county"])
    return areas.loc[local & areas["area"].isin(planned), "area"].tolist()


def cities_of_province(province: str, root: str | os.PathLike | None = None) -> list[str]:
    """Return the slugs of all prefectures and counties in a province for which there is a population.

    Raises
    ------
    DataError
        The area is not a province, or there is nothing in it to report on.

    Examples
    --------
    >>> "yingtan" in cities_of_province("江西")
    True
    """
    place = find_area(province, root)
    if place["level"] != "province":
        what = f"{place['name_zh']} ({place['area']}) is a {place['level']}"
        raise DataError(f"{what}, not a province; name it as a CITY.")
    areas = load_table("areas", root=root)
    inside, counted = province_rows(root), set(load_table("population", root=root)["area"])
    local = areas[areas["level"].isin(["prefecture", "county"])]
    found = sorted(slug for slug in local["area"] if inside.get(slug) == place["name_zh"] and slug in counted)
    if not found:
        name = place["name_zh"]
        raise DataError(f"No prefecture or county of {name} has rows in population.csv; add them with --data.")
    return found


def cities_in_file(path: str | os.PathLike) -> list[str]:
    """Return the areas that a text file names, one a line; a line that begins with # is a remark.

    Of a CSV file the first column counts, after a heading `area`, `adcode` or `name_zh` if there is one.

    Raises
    ------
    DataError
        The file cannot be read or names none.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = f"{path} cannot be read as a list of areas ({error})"
        raise DataError(f"{what}. Write one area a line, in UTF-8.") from error
    lines = [line.split(",")[0].strip().strip('"') for line in text.splitlines()]
    names = [line for line in lines if line and not line.startswith("#")]
    names = names[1:] if names[:1] and names[0] in ("area", "adcode", "name_zh") else names
    if not names:
        raise DataError(f"{path} names no area. Write one a line: a slug, a name or an adcode.")
    return names
