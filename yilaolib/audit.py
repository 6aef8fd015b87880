"""Recompute what plans print: every claim of `claims.csv` with its verdict, its range and its explanation."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd

from .auditing.denominators import fitting, populations, solve_denominator
from .auditing.evidence import Evidence, Leaf, evidence_at
from .auditing.intervals import Interval, exact
from .auditing.lint import lint_targets
from .auditing.verdicts import VERDICTS, Case, explain, judge
from .core.errors import DataError
from .data import load_table

__all__ = ["VERDICTS", "audit", "audit_table", "lint_targets", "solve_denominator"]

NUMBERS = ["published", "recomputed_low", "recomputed", "recomputed_high"]
COLUMNS = ["claim", "area", "kind", "statement_en", "statement_zh", *NUMBERS, "unit", "verdict"]
COLUMNS += ["explanation", "explanation_zh", "observation", "source", "locator"]


def audit(area: object = None, *, root: str | Path | None = None) -> pd.DataFrame:
    """Recompute every claim of the plans from the figures behind it, and say how well it holds.

    A verdict is about figures and not about people: a plan may be a draft, an input may be rounded in a way that is
    not printed, and a text may have lost characters. Where the note of a figure doubts it, nothing is concluded.

    Parameters
    ----------
    area : str or int, optional
        Slug, Chinese or English name, or adcode; without it all areas.
    root : path, optional
        Folder with your own tables; your claims are judged too.

    Returns
    -------
    DataFrame
        One row a claim: claim, area, kind, statement_en, statement_zh, published, recomputed_low, recomputed,
        recomputed_high [unit], unit, verdict (a key of `VERDICTS`, the worst that holds), explanation,
        explanation_zh, and observation, source, locator of the printed figure.

    Raises
    ------
    DataError
        For an unknown area.

    References
    ----------
    Moore, Kearfott and Cloud (2009), Introduction to Interval Analysis, SIAM, for the ranges.

    Examples
    --------
    >>> found = audit("景德镇市").set_index("claim")
    >>> print(found.verdict["jingdezhen.population_60plus_share_2020"])
    exact
    >>> print(found.verdict["jingdezhen.beds_needed_2025"], round(found.recomputed["jingdezhen.beds_needed_2025"]))
    convenient 10592
    """
    evidence = evidence_at(root)
    drafts = set(load_table("sources", root=root).query("status == 'draft'")["source"])
    people: dict[str, pd.DataFrame] = {}
    rows = []
    for claim in load_table("claims", area=area, root=root).to_dict("records"):
        if claim["area"] not in people:
            people[claim["area"]] = populations(evidence, claim["area"])
        rows.append(_row(claim, evidence, people[claim["area"]], drafts))
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, "float64"))


def audit_table(area: object = None, *, lang: str = "en", root: str | Path | None = None) -> pd.DataFrame:
    """Return the audit as people read it: verdict in words, statement, printed, computed, explanation.

    Parameters
    ----------
    area : str or int, optional
        As in `audit`.
    lang : {"en", "zh"}
        Language of statements, verdicts and explanations.
    root : path, optional
        Folder with your own tables.

    Returns
    -------
    DataFrame
        Worst verdicts first: claim, verdict, statement, published, recomputed [unit], unit, explanation.

    Raises
    ------
    DataError
        For an unknown area or language.

    Examples
    --------
    >>> audit_table("yueyang", lang="zh").verdict[0]
    '未能复现'
    """
    if lang not in ("en", "zh"):
        raise DataError(f"lang is {lang!r}; it must be 'en' or 'zh'.")
    found = audit(area, root=root)
    rank = {verdict: place for place, verdict in enumerate(VERDICTS)}
    found = found.sort_values("verdict", key=lambda column: column.map(rank), kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "claim": found["claim"],
            "verdict": found["verdict"].map({key: words[lang == "zh"] for key, words in VERDICTS.items()}),
            "statement": found[f"statement_{lang}"],
            **{name: found[name] for name in ("published", "recomputed", "unit")},
            "explanation": found["explanation" if lang == "en" else "explanation_zh"],
        }
    )


def _row(claim: dict, evidence: Evidence, people: pd.DataFrame, drafts: set[str]) -> dict:
    """One claim with its verdict; what cannot be computed says why and is not judged."""
    row = {name: claim[name] for name in COLUMNS if name in claim}
    try:
        printed = evidence.row(claim["observation"])
        row.update(source=printed["source"], locator=printed["locator"])
        case = _case(claim, printed, evidence, people, printed["source"] in drafts)
    except DataError as error:
        why = {"explanation": str(error), "explanation_zh": f"无法计算：{error}"}
        return row | {"verdict": "unverifiable", **why}
    verdict = judge(case)
    numbers = dict(zip(NUMBERS[1:], case.result, strict=True))
    words = {"explanation": explain(case, verdict), "explanation_zh": explain(case, verdict, "zh")}
    return row | numbers | {"published": printed["value"], "verdict": verdict, **words}


def _case(claim: dict, printed: dict, evidence: Evidence, people: pd.DataFrame, draft: bool) -> Case:
    if printed["value"] is None:
        raise DataError(f"{claim['observation']} prints no number ({printed['as_printed']}), so nothing can be judged.")
    result, leaves = evidence.compute(claim["formula"])
    base, needed = _base(claim["formula"], result, leaves, printed["value"], evidence)
    # A total that was worked out from this very figure would prove it by itself.
    others = people[~people["observation"].str.contains(claim["observation"], regex=False)]
    close = fitting(others, needed) if base else people.iloc[:0].assign(off_pct=0.0)
    return Case(claim["kind"], printed, result, leaves, base, close, draft)


def _base(
    formula: str, result: Interval, leaves: list[Leaf], printed: float, evidence: Evidence
) -> tuple[Leaf | None, float]:
    """The population behind a figure, and how many persons would make the result equal to the printed figure.

    Doubling a population that divides halves the result; doubling one that multiplies doubles it.
    """
    factors = []
    for leaf in leaves:
        if not leaf.group or not result.value or not printed:
            continue
        doubled = evidence.compute(formula, {leaf.call: leaf.found * exact(2)})[0].value
        if math.isclose(doubled, result.value / 2):
            return leaf, leaf.found.value * result.value / printed
        if math.isclose(doubled, result.value * 2):
            factors.append(leaf)
    if len(factors) == 1:
        return factors[0], factors[0].found.value * printed / result.value
    return None, math.nan


class _Callable(ModuleType):
    """`yilaolib.audit` is the name of this file and of its main function; it works as either."""

    def __call__(self, *args: object, **options: object) -> pd.DataFrame:
        return audit(*args, **options)


sys.modules[__name__].__class__ = _Callable
