"""The page that lists reports: index.html, to be searched, filtered and sorted without a network."""

from __future__ import annotations

from .exports import FORMATS
from .page import library_version, page_script, page_templates

FORMAT_NAMES = {"pdf": "PDF", "docx": "Word", "xlsx": "Excel"}

# Of what the notebooks save with `save_results`, the index shows these: name, Chinese, English.
SHOWN = (
    ("ageing_stage", "老龄化阶段", "Ageing stage"),
    ("share_60_pct", "60岁及以上 %", "60+ %"),
    ("bed_gap", "床位缺口", "Bed gap"),
    ("bed_coverage_pct", "床位满足率 %", "Bed coverage %"),
    ("place_gap", "托位缺口", "Place gap"),
    ("place_coverage_pct", "托位满足率 %", "Place coverage %"),
)
ROW = ("area", "adcode", "name_zh", "name_en", "province", "lang", "scenario", "end_year", "status", "report", "error")


def index_page(rows: list[dict]) -> str:
    """Return the page that lists reports, to be searched, filtered and sorted; everything is escaped.

    Its script is its only one: the policy of the page names it by its hash. Without it the list is whole.

    Examples
    --------
    >>> row = dict(area="x", name_zh="<i>", lang="zh", scenario="medium", end_year=2050, status="failed",
    ...            report="", error="no data", seconds=1.0, started="2026-01-01 12:00")
    >>> "&lt;i&gt;" in index_page([row])
    True
    """
    rows = [
        dict.fromkeys((*ROW, "started", "traceback"), "")
        | {name: value for name, value in row.items() if value is not None}
        | {"results": row.get("results") or {}, "others": _others(row)}
        for row in rows
    ]
    n_ok = sum(row["status"] == "ok" for row in rows)
    return (
        page_templates()
        .get_template("index.html.j2")
        .render(
            rows=rows,
            columns=_result_columns(rows),
            provinces=sorted({row["province"] for row in rows} - {""}),
            shown=lambda value: _shortly(value) if _is_number(value) else value,
            n_ok=n_ok,
            n_failed=len(rows) - n_ok,
            **page_script("index.js"),
            version=library_version(),
        )
    )


def _others(row: dict) -> list[tuple[str, str]]:
    """Return (path, name) of the files that a report is besides its page."""
    page, made = str(row.get("report") or ""), row.get("formats") or ()
    if not page.endswith(".html"):
        return []
    return [(f"{page.removesuffix('html')}{form}", FORMAT_NAMES[form]) for form in FORMATS[1:] if form in made]


def _result_columns(rows: list[dict]) -> list[dict]:
    """Return the columns of results that at least one report has."""
    columns = []
    for name, zh, en in SHOWN:
        values = [row["results"][name] for row in rows if row["results"].get(name) is not None]
        if values:
            kind = "number" if all(map(_is_number, values)) else "text"
            columns.append({"name": name, "zh": zh, "en": en, "kind": kind})
    return columns


def _shortly(value: float) -> str:
    """A number as it is told in a list: whole from 100 on, and one decimal below."""
    return f"{value:,.0f}" if abs(value) >= 100 or isinstance(value, int) else f"{value:.1f}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
