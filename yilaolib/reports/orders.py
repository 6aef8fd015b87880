"""An order: which report is wanted, with every name and value checked before anything is written."""

from __future__ import annotations

import ast
import json
import os
import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np

from ..demography.projection import SCENARIOS
from ..errors import DataError, YilaoError, did_you_mean
from ..tables.areas import find_area
from ..tables.folders import as_root, quiet_table, stamp
from .exports import check_formats

LANGS = ("zh", "en")
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
TAKEN = (*LANGS, "failed")  # other words in the names of a report's files
CENSUS_YEAR, LAST_YEAR = 2020, 2100  # projections start after the one and their assumptions end with the other
NATION = ("china", "中国", "100000")
OURS = ("city", "lang", "tables_dir")  # parameters of the notebook that have their own way in
TYPES = {
    "str": (str | os.PathLike, "text"),
    "int": (Integral, "a whole number"),
    "float": (Real, "a number"),
    "bool": (bool | np.bool_, "True or False"),
}


@dataclass(frozen=True)
class Order:
    """A report that can be made: its parameters have been checked; `area`, `lang` and `scenario` name it."""

    area: str
    name_zh: str
    name_en: str
    adcode: str
    province: str
    lang: str
    scenario: str
    parameters: dict
    template: Path
    folder: Path
    formats: tuple[str, ...] = ("html",)

    def path(self, stem: str, ending: str = "") -> Path:
        """Return `<folder>/<stem>[.<scenario>][.en]<ending>`: medium and Chinese are not named."""
        parts = [stem]
        parts += [self.scenario] if self.scenario != "medium" else []
        parts += [self.lang] if self.lang != "zh" else []
        return self.folder / (".".join(parts) + ending)

    def as_plain(self) -> dict:
        """Return the order as plain values that JSON can hold; `from_plain` undoes it."""
        return asdict(self) | {"template": str(self.template.resolve()), "folder": str(self.folder)}

    @classmethod
    def from_plain(cls, plain: dict) -> Order:
        """Return the order that `as_plain` described."""
        values: dict[str, Any] = {name: Path(plain[name]) for name in ("template", "folder")}
        return cls(**{**plain, **values, "formats": tuple(plain["formats"])})


def place_order(
    city: str | int,
    *,
    out_dir: str | os.PathLike = "outputs",
    lang: str = "zh",
    formats: str | tuple[str, ...] = ("html",),
    template: str | os.PathLike | None = None,
    **parameters,
) -> Order:
    """Check everything that was asked for and return the order; nothing is written. See `render_report`.

    Examples
    --------
    >>> place_order(360200, scenario="low", lang="en").path("report", ".html").as_posix()
    'outputs/jingdezhen/report.low.en.html'
    """
    formats = check_formats(formats)
    _one_of("lang", lang, LANGS)
    # of the nation, the page that compares its cities
    kind = "all_cities" if str(city).strip().casefold() in NATION else "city_report"
    notebook = find_template(kind) if template is None else Path(template)
    known = inspect_parameters(notebook)
    values = {name: _typed(name, value, known) for name, value in parameters.items()}
    _check_values(values)
    areas = values.get("data") or None
    area = find_area(city, root=areas)
    slug = area["area"]
    if not SLUG.fullmatch(slug):
        raise DataError(f"The area {slug!r} cannot name a folder: write small letters, digits, '-' and '_'.")
    if "scenario" in values:
        _check_scenario(values["scenario"], slug, areas)
    values = {name: default for name, (_, default) in known.items()} | values | {"city": slug, "lang": lang}
    return Order(
        area=slug,
        name_zh=area["name_zh"],
        name_en=area["name_en"] if isinstance(area["name_en"], str) else area["name_zh"],
        adcode=area["adcode"] if isinstance(area["adcode"], str) else "",
        province=province_rows(areas).get(slug, ""),
        lang=lang,
        scenario=values.get("scenario", "medium"),
        parameters={name: value for name, value in values.items() if name in known},
        template=notebook,
        folder=Path(out_dir) / slug,
        formats=formats,
    )


def province_rows(root: str | os.PathLike | None = None) -> dict[str, str]:
    """Return area -> Chinese name of the province that it is or lies in; never change it.

    Examples
    --------
    >>> province_rows()["jingdezhen"]
    '江西省'
    """
    return _province_rows(as_root(root), stamp(root))


@lru_cache(maxsize=8)
def _province_rows(root: Path | None, state: tuple) -> dict[str, str]:
    rows = {row.area: row for row in quiet_table("areas", root).itertuples()}
    found = {}
    for slug in rows:
        at, seen = slug, set()
        while at in rows and at not in seen and rows[at].level != "province":
            seen.add(at)
            at = rows[at].parent
        if at in rows and rows[at].level == "province":
            found[slug] = rows[at].name_zh
    return found


def find_template(name: str = "city_report") -> Path:
    """Return the path of a report notebook: of the installed library, or of the repository around it.

    Examples
    --------
    >>> find_template().name
    'city_report.ipynb'
    """
    here = Path(__file__).resolve().parents[1]
    for folder in (here / "_reports", here.parent / "notebooks" / "reports"):
        if (path := folder / f"{name}.ipynb").is_file():
            return path
    raise YilaoError(f"The report notebook {name}.ipynb is not there; install yilaolib again.")


def inspect_parameters(notebook: str | os.PathLike) -> dict[str, tuple[str, Any]]:
    """Return name -> (type, default) of the parameters that a report notebook declares.

    The cell is read as Python; papermill's own inspection loses a line whose comment holds a second `=`.

    Raises
    ------
    DataError
        When the notebook is not there or declares no parameter `city`.

    Examples
    --------
    >>> inspect_parameters(find_template())["end_year"]
    ('int', 2050)
    """
    path = Path(notebook)
    stat = path.stat() if path.exists() else None
    return dict(_inspected(path, stat and (stat.st_mtime_ns, stat.st_size)))  # once, not for each of 2,800 counties


@lru_cache(maxsize=32)
def _inspected(path: Path, state: tuple | None) -> dict[str, tuple[str, Any]]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
        statements = [statement for cell in tagged[:1] for statement in ast.parse("".join(cell["source"])).body]
    except (OSError, ValueError, KeyError, SyntaxError) as error:
        raise DataError(f"{path} cannot be read as a report notebook ({error}).") from error
    known = dict(found for found in map(_declared, statements) if found)
    if "city" not in known:
        raise DataError(f"{path} declares no parameter 'city': give it a cell tagged 'parameters' with one.")
    return known


def _declared(statement: ast.stmt) -> tuple[str, tuple[str, Any]] | None:
    """Return (name, (type, default)) of `name: type = value` or `name = value`, when the value is plain."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
            kind = ast.unparse(annotation)
        case ast.Assign(targets=[ast.Name(id=name), *_], value=value):
            kind = ""
        case _:
            return None
    try:
        default = ast.literal_eval(value)
    except (ValueError, TypeError):
        return None
    return name, (kind or type(default).__name__, default)


def _typed(name: str, value: Any, known: dict[str, tuple[str, Any]]) -> Any:
    """Return a parameter as a plain value of the type that the notebook declares."""
    allowed = [parameter for parameter in known if parameter not in OURS]
    if name not in allowed:
        raise DataError(
            f"The report has no parameter {name!r}.{did_you_mean(name, allowed)} It has {', '.join(allowed)}."
        )
    kind, default = known[name]
    if kind not in TYPES:
        return value
    accepted, words = TYPES[kind]
    if not isinstance(value, accepted) or (kind in ("int", "float") and isinstance(value, bool)):
        raise DataError(f"{name} must be {words}, such as {default!r}; it is {value!r} ({type(value).__name__}).")
    return os.fspath(value) if kind == "str" else {"int": int, "float": float, "bool": bool}[kind](value)


def _check_values(values: dict) -> None:
    """Refuse what no report can be made of; make the data folder absolute."""
    end_year = values.get("end_year", LAST_YEAR)
    if not CENSUS_YEAR < end_year <= LAST_YEAR:
        raise DataError(
            f"end_year must be after the census of {CENSUS_YEAR} and at most {LAST_YEAR}; it is {end_year}."
        )
    if values.get("data"):
        values["data"] = str(Path(values["data"]).expanduser().resolve())


def _check_scenario(name: str, area: str, root: str | None) -> None:
    """Refuse a scenario that neither we nor the tables of the user have for this area, or that cannot name a file."""
    if name in SCENARIOS:
        return
    rows = quiet_table("assumptions", root)
    here = rows[rows["area"].isna() | (rows["area"] == area)]
    _one_of("scenario", name, tuple(dict.fromkeys([*SCENARIOS, *sorted(here["scenario"].dropna())])))
    if not SLUG.fullmatch(name) or name in TAKEN:
        words = f"write small letters, digits, '-' and '_', and not {', '.join(TAKEN)}"
        raise DataError(f"The scenario {name!r} cannot name a file: {words}.")


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise DataError(f"{name} must be one of {', '.join(allowed)}; it is {value!r}.{did_you_mean(value, allowed)}")
