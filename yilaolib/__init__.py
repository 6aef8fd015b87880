"""Open, reproducible planning analysis for the elderly and the under-threes in China's cities and counties (一老一小).

>>> import yilaolib as yl
>>> yl.find_area("景德镇市")["area"]
'jingdezhen'

A tour, in the order of the work:

- tables: `list_tables`, `describe_table`, `load_table`, `find_area`, `find_areas`,
  `list_areas`, `printed`, `figure`, `cite`, `check_data`
- a city of your own: `new_workbook`, `read_workbook`, `fill_pyramid`
- people: `project`, `Scenario`, `local_parameters`, `persons`, `elderly_share`, `ageing_stage`, `backtest`
- need: `triangulate_beds`, `triangulate_places`, `care_need`, `implied_coverage`, `shortfall`, `turning_years`
- what follows: `care_staff`, `bed_cost`, `build_decision`, `allocate_beds`, `compare_plans`, `plan_targets`
- what plans print: `audit`, `audit_table`, `feasibility`, `solve_denominator`, `lint_targets`
- figures: `use_style`, and `plot_...`, each of which takes `ax` and returns it
- reports: `render_report`, `render_reports`, or the command `yilao`

`area` is a slug, a Chinese or English name, or an adcode. `root` is a folder or workbook of your own, laid over the
tables of the library. Persons stay floats until they are shown. What is not published is missing, never 0. Elderly is
60+; residents and registered people never mix. An error says what came, what is allowed and what to do.

`help(yl.project)` and its like are data sheets: units, dims, errors, source of the method, an example that runs.
"""

import warnings
from types import FunctionType
from typing import Any

import lazy_loader

from . import errors, tables

__version__ = "0.3.0"

# Names are loaded on first use, so that `import yilaolib` takes a moment and `yl.project` still just works.
# They stand in __init__.pyi, where type checkers and editors look for them too.
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def _fill(*given: Any) -> Any:
    from .demography.local import fill

    return fill(*given)


def _words(*given: Any, **values: Any) -> str:
    from .texts import say

    return say(*given, **values)


errors.words = _words  # likewise
tables.fill = _fill  # an area with totals only: tables asks, demography answers, and neither room imports upwards

RENAMED: dict[str, tuple[str, str]] = {}  # old name: the new one, and the version that drops the old
GONE = {  # old name: what does it now
    "set_display": "page = yl.Report(lang, tables_dir=...)",
    "show_text": "page = yl.Report(lang); page.say(...)",
    **{f"show_{what}": f"page = yl.Report(lang); page.{what}(...)" for what in ("cover", "heading", "table", "figure")},
    "save_results": "page = yl.Report(lang, tables_dir=...); page.save_results(...)",
    "bed_pipeline": "yl.bed_supply(area).query(\"role == 'pipeline'\"), which names each project",
    "city_brief": "the notebook city_report.ipynb, which computes each number in a line of its own",
}


def __getattr__(name: str) -> object:
    if name in RENAMED:
        new, version = RENAMED[name]
        told = f"yl.{name} is now yl.{new}; the old name goes with version {version}."
        warnings.warn(told, DeprecationWarning, stacklevel=2)
        return globals().get(new) or __getattr__(new)
    if name in GONE:
        raise AttributeError(f"yl.{name} is gone. Instead: {GONE[name]}")
    found = _load(name)
    if isinstance(found, FunctionType):
        found = globals()[name] = errors.checked(found)
    return found
