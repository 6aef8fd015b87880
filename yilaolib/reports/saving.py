"""The main results of a report as a file, for lists across areas."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from .numbering import settings
from .whole import write_whole


def save_results(results: Mapping[str, object], *, tables_dir: str | os.PathLike | None = None) -> None:
    """Save a report's main results as `<tables_dir>/results.json`, for lists across areas; shows nothing.

    A batch puts them into results.csv. Its index page sorts by `ageing_stage`, `share_60_pct` [percent], `bed_gap`,
    `place_gap` [beds, places; below 0 is a surplus], `bed_coverage_pct` and `place_coverage_pct` [percent]. What is
    not published is None, never 0.

    Parameters
    ----------
    results : mapping of name to value
        Numbers, texts, True or False, None; the names are small letters, digits and `_`.
    tables_dir : path, optional
        Instead of what `set_display` set; without a folder nothing is saved.

    Raises
    ------
    DataError
        A name or a value of another kind.

    Examples
    --------
    >>> save_results({"share_60_pct": 21.1, "bed_gap": None})
    """
    plain = {name: _plain_value(name, value) for name, value in results.items()}
    if folder := settings["tables_dir"] if tables_dir is None else tables_dir:
        target = Path(folder) / "results.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, json.dumps(plain, ensure_ascii=False, indent=1))


def _plain_value(name: object, value: object) -> object:
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise DataError(f"The name of a result must be small letters, digits and '_'; it is {name!r}.")
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if not isinstance(value, str | int | float):
        kind = type(value).__name__
        raise DataError(f"The result {name!r} must be a number, a text, True, False or None; it is a {kind}.")
    return value
