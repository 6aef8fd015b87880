"""From need to gap, step by step: what there is, what is on the project list, what is left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..core.errors import DataError
from .need import leading_method
from .stock import opening, stock_of

STEPS = {
    "need": ("需求", "need"),
    "stock": ("减：现有", "less: present supply"),
    "pipeline": ("减：项目清单新增", "less: new by the project list"),
    "unsure": ("减：清单中未注明年份、医院或存疑的", "less: listed, but undated, in a hospital or in doubt"),
    "short": ("尚缺", "still short"),
    "surplus": ("富余", "surplus"),
}


def gap_waterfall(methods: pd.DataFrame, supply: pd.DataFrame, year: int, *, method: str | None = None) -> pd.DataFrame:
    """From the need by one method to what is still missing: less the stock, less the project list.

    The last row is `short` or `surplus`, never both; it is the method's `gap_pipeline`. Another method gives another
    waterfall.

    Parameters
    ----------
    methods : DataFrame
        As from `triangulate_beds` or `triangulate_places`, for the year.
    supply : DataFrame
        As from `bed_supply` or `place_supply`.
    year : int
        [year] By which listed projects open.
    method : str, optional
        By default the plan's norm, else today's ratio, else 3 %; for places the norm per 1000 residents.

    Returns
    -------
    DataFrame
        step (need, stock, pipeline, unsure, and short or surplus), name_zh, name_en, value [beds or places; negative
        where it is taken away], start, end [where its bar begins and ends], year, observations (ids of printed
        figures). `unsure` only where something is listed; missing where not published: a list without numbers is not
        a list of 0. `attrs` name the method.

    Raises
    ------
    DataError
        A method without a number.

    Examples
    --------
    >>> from yilaolib.eldercare import bed_supply, triangulate_beds
    >>> steps = gap_waterfall(triangulate_beds("jingdezhen", 2025), bed_supply("jingdezhen"), 2025, method="plan_beds")
    >>> steps.set_index("step").value.to_dict()
    {'need': 10500.0, 'stock': -4059.0, 'pipeline': 0.0, 'unsure': -3951.0, 'short': 2490.0}
    """
    rows = methods[methods["central"].notna()].set_index("method")
    what = "places" if "norm_places" in set(methods["method"]) else "beds"
    method = leading_method(what, rows.index) if method is None else method
    if method not in rows.index:
        raise DataError(f"method {method!r} has no number; choose one of {', '.join(rows.index)}.")
    need, stock = rows.loc[method], stock_of(supply)
    there = np.nan if stock is None else float(stock["stock"])
    listed = opening(supply, year, after=None if stock is None else stock["year"])
    certain = listed["flag"] == ""
    new = {"pipeline": listed.loc[certain, "stock"].sum(), "unsure": listed.loc[~certain, "stock"].sum()}
    if not (supply["role"] == "pipeline").any():
        new["pipeline"] = np.nan
    printed = (pd.NA, ()) if stock is None else (stock["year"], (stock["observation"],))
    taken = {"stock": there, **{step: beds for step, beds in new.items() if step == "pipeline" or beds > 0}}
    steps = [["need", need["central"], 0.0, need["central"], year, need["observations"]]]
    left = need["central"]
    for step, beds in taken.items():
        of = printed if step == "stock" else (pd.NA, ())
        steps.append([step, 0.0 - beds, left, left - beds, *of])
        left -= 0.0 if np.isnan(beds) and step == "pipeline" else beds
    last = "surplus" if left < 0 else "short"
    steps.append([last, left, 0.0, left, year, ()])
    frame = pd.DataFrame(steps, columns=["step", "value", "start", "end", "year", "observations"])
    for place, (column, which) in enumerate((("name_zh", 0), ("name_en", 1)), start=1):
        frame.insert(place, column, [STEPS[step][which] for step in frame["step"]])
    frame.attrs = {"method": method, "name_zh": need["name_zh"], "name_en": need["name_en"], "what": what}
    return frame.astype({"year": "Int64"})
