"""What the numbers of a report's tables count: for Excel, where a sheet stands without its neighbours."""

from __future__ import annotations

import pandas as pd

from .phrases import COLUMNS

WORDS = {
    "zh": {
        "persons": "人",
        "beds": "张",
        "places": "个",
        "pct": "%",
        "money": "万元",
        "both": "张、个",
        "beds_per_1000": "张/千人",
    },
    "en": {
        "persons": "persons",
        "beds": "beds",
        "places": "places",
        "pct": "%",
        "money": "10,000 yuan",
        "both": "beds, places",
        "beds_per_1000": "beds per 1000",
    },
}
COUNTED = {  # by table; its columns of another unit stand below
    "pyramid": "persons",
    "population": "persons",
    "ageing": "pct",
    "beds": "beds",
    "bed_steps": "beds",
    "bed_gap": "beds",
    "bed_supply": "beds",
    "bed_stock": "beds",
    "tornado": "beds",
    "nursing": "beds",
    "places": "places",
    "place_steps": "places",
    "place_gap": "places",
    "place_supply": "places",
    "staff": "persons",
    "capital": "money",
    "account": "money",
    "subsidy": "money",
    "decision": "beds",
}
APART = {
    ("capital", "shortfall"): "beds", ("subsidy", "residents"): "persons", ("account", "staff"): "persons",
    ("account", "demand"): "both", ("account", "short_pipeline"): "both",
}  # fmt: skip
BY_THEMSELVES = ("year", "age", "rate", "implied_coverage_pct")  # columns whose heading says all


def units_of(name: str, table: pd.DataFrame, lang: str) -> dict[str, str]:
    """Return the unit of each column of numbers whose heading does not say it.

    Examples
    --------
    >>> units_of("bed_gap", pd.DataFrame({"demand": [10_523.0], "supply / demand (%)": [38.6]}), "en")
    {'demand': 'beds'}
    """
    if name not in COUNTED:
        return {}
    headings = COLUMNS[lang]
    said = {headings[key] for key in BY_THEMSELVES}
    apart = {headings[key]: unit for (of, key), unit in APART.items() if of == name}
    numbers = [column for column in table if pd.api.types.is_numeric_dtype(table[column])]
    counted = [column for column in numbers if column not in said and "%" not in str(column)[-2:]]
    return {column: WORDS[lang][apart.get(column, COUNTED[name])] for column in counted}
