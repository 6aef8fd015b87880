"""The rule for claims: each repeats the figure that it is about, and its formula leads to a number."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from ..auditing.evidence import Evidence
from ..core.errors import DataError
from ..tabling.sentences import Said
from .rules import Finding, Tables, rule


@rule("claims")
def claims_can_be_recomputed(tables: Tables) -> Iterator[Finding]:
    """A claim has the value and unit of its observation, and a formula that can be computed."""
    claims = tables["claims"]
    if not claims["checked"].any():
        return
    evidence = Evidence(tables.__getitem__)
    for label, claim in claims[claims["checked"]].iterrows():
        row = evidence.rows.get(claim["observation"])
        if row and not math.isclose(claim["published"], row["value"] if row["value"] is not None else math.nan):
            message = Said(
                f"published is {claim['published']:g}, but {claim['observation']} is {row['value']}. Correct one.",
                f"published为{claim['published']:g}，而{claim['observation']}为{row['value']}，请更正其一。",
            )
            yield Finding("claims", label, "published", message)
        if row and claim["unit"] != row["unit"]:
            message = Said(
                f"unit is {claim['unit']!r}, but {claim['observation']} is in {row['unit']!r}. Correct the unit.",
                f"unit为“{claim['unit']}”，而{claim['observation']}的单位为“{row['unit']}”，请更正。",
            )
            yield Finding("claims", label, "unit", message)
        if pd.notna(claim["formula"]):
            try:
                evidence.compute(claim["formula"])
            except DataError as error:
                yield Finding("claims", label, "formula", Said(str(error), f"公式无法计算：{error}"))
