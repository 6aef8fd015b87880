"""One report: names and values checked, the notebook run, its page and files put in place whole."""

from __future__ import annotations

import ast
import contextlib
import errno
import html
import json
import os
import re
import time
import traceback
from dataclasses import replace
from functools import lru_cache
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import DataError, YilaoError, nearest, refusal
from ..tables.areas import data_version, slug_of
from ..tables.finding import our_plans
from ..tables.folders import as_root, merged_table, names_of, stamp, user_files
from ..texts import catalogue, languages
from . import files, runner

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
CENSUS_YEAR, LAST_YEAR = 2020, 2100  # projections start after the one, and their assumptions end with the other
OURS = ("city", "lang", "tables_dir")  # parameters of the notebook that have their own way in
TYPES: dict[str, Any] = {"str": str | os.PathLike, "int": Integral, "float": Real, "bool": bool}
TIMEOUT = 900.0  # [s] a hundred times what a report takes
MEMORY_MB = 4000  # twenty times
PRELOAD = ("yilaolib.reports.many",)
FULL_DISK = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EROFS") if hasattr(errno, name)}
COLOURS = re.compile(r"\x1b\[[0-9;]*m|\r")  # and what would move the cursor


def render_report(
    city: str | int, *, out_dir: str | os.PathLike | None = None, lang: str = "zh",
    formats: str | tuple[str, ...] = ("html",), template: str | os.PathLike | None = None, brief: bool = False,
    **parameters,
) -> Path:  # fmt: skip
    """Render the report of an area into `<out_dir>/<area>/` and return the path of its file.

    Nothing in the folder changes before the report is complete; an earlier good report survives a failure.

    out_dir : path, optional; folder of all reports; by default `outputs` here, or of the checkout of a notebook
    lang : str; "zh" (`report.html`), "en" (`report.en.html`), or the path of a catalogue (`fr.toml`: `report.fr.html`)
    formats : str or tuple of str; of "html" (always made), "pdf", "docx" and "xlsx"
    template : path, optional; another report notebook with a cell tagged `parameters`
    brief : bool; also two pages for a leader's desk, `brief.html`: the cells of the notebook that are tagged `brief`
    **parameters : of that notebook: `scenario` (one other than medium is named in the files: `report.low.html`),
        `end_year` and `target_year` [year], `norm` [beds per 1000 aged 60+] and `place_norm` [daycare places per 1000
        residents] in place of the plan's, `data` (a folder or workbook of your own tables)
    Returns Path of the first format, a link in a notebook; the others, the executed notebook and `tables` lie beside.
    DataError: An unknown area, parameter, language or format, a value or data that are refused.
    YilaoError: The notebook failed: its traceback is the text of `__cause__`; `report.failed.ipynb` is how far it came.

    >>> render_report("景德镇市", end_yaer=2040)
    Traceback (most recent call last):
    ...
    yilaolib.errors.DataError: The report has no parameter 'end_yaer'. Did you mean 'end_year'? ...
    """
    out_dir = default_folder() if out_dir is None else out_dir
    asked = {"out_dir": out_dir, "lang": lang, "formats": formats, "template": template, "brief": brief}
    order = place_order(city, **asked, **parameters)
    with files.lock_folder(Path(out_dir)):
        try:
            run_order(order)
        except Exception as error:
            keep_failure(order, error)
            raise
    return Linked(order.path("report", f".{order.formats[0]}"))


class Linked(type(Path())):
    """A path that a notebook shows as a link to click."""

    def _repr_html_(self) -> str:
        target = html.escape(Path(os.path.relpath(self)).as_posix())
        return f'<a href="{target}" target="_blank">{html.escape(self.name)}</a>'


def default_folder() -> Path:
    """Return `outputs` of the working folder, or of the checkout around it: its notebooks run below its root."""
    roots = (folder for folder in Path.cwd().parents if (folder / "yilaolib" / "reports").is_dir())
    return Path(os.path.relpath(next(roots, "."))) / "outputs"


def place_order(
    city: str | int, *, out_dir: Any = "outputs", lang: str = "zh", formats: Any = ("html",), template: Any = None,
    brief: bool = False, **parameters: Any,
) -> files.Order:  # fmt: skip
    """Check everything that was asked for and return the order; nothing is written. See `render_report`."""
    from .exports import check_formats

    if "://" in str(out_dir):
        raise refusal("errors.reports.remote", out_dir=str(out_dir))
    formats = check_formats(formats)
    code = catalogue(lang).code
    if not SLUG.fullmatch(code) or code in ("low", "medium", "high", "failed"):
        raise refusal("errors.reports.lang_file", code=code)
    data = parameters.get("data")
    root = None if isinstance(data, str) and not data else data
    notebook = template_of(city, root) if template is None else Path(template).resolve()
    known = inspect_parameters(notebook)
    if brief and '"brief"' not in notebook.read_text(encoding="utf-8"):
        raise refusal("errors.reports.no_brief", name=notebook.name)
    values = {name: _typed(name, value, known) for name, value in parameters.items()}
    _check_values({name: default for name, (_, default) in known.items()} | values)
    if values.get("data"):
        values["data"] = str(Path(values["data"]).expanduser().resolve())
    root = values.get("data") or None
    slug = slug_of(city, root)
    if not SLUG.fullmatch(slug):
        raise refusal("errors.reports.area_file", slug=slug)
    if "scenario" in values:
        values["scenario"] = _checked_scenario(values["scenario"], slug, root)
    values = {name: default for name, (_, default) in known.items()} | values
    values |= {"city": slug, "lang": lang if lang in languages() else str(Path(lang).resolve())}
    names = names_of(as_root(root), stamp(root))
    told = {name: names.rows[slug][name] or "" for name in ("name_zh", "name_en", "adcode", "level")}
    told["name_en"] = told["name_en"] or told["name_zh"]
    up = [slug, *names.above(slug)]
    told["province"] = next((names.rows[each]["name_zh"] for each in up if names.rows[each]["level"] == "province"), "")
    given = {name: value for name, value in values.items() if name in known}
    where = {"template": notebook, "folder": Path(out_dir) / slug, "formats": formats, "brief": brief}
    scenario = values.get("scenario", "medium")
    return files.Order(area=slug, lang=code, scenario=scenario, parameters=given, **told, **where)


def template_of(city: str | int, root: str | os.PathLike | None) -> Path:
    """The nation's page compares its cities; a plan has a report, and an area without a plan one of another kind."""
    slug = slug_of(city, root)
    if names_of(as_root(root), stamp(root)).rows[slug]["level"] == "nation":
        return find_template("all_cities")
    return find_template("city_report" if slug in planned(root) else "area_report")


def planned(root: str | os.PathLike | None) -> set[str]:
    """Return the slugs of the areas that have a plan."""
    if "sources" not in user_files(root):
        return our_plans()
    sources = merged_table("sources", root)
    return set(sources.loc[sources["plan_start"].notna(), "area"])


def find_template(name: str = "city_report") -> Path:
    """Return the path of a report notebook: of the installed library, or of the repository around it."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here / "_reports", here.parent / "notebooks" / "reports"):
        if (path := folder / f"{name}.ipynb").is_file():
            return path
    raise refusal("errors.reports.no_template", YilaoError, name=name)


def inspect_parameters(notebook: str | os.PathLike) -> dict[str, tuple[str, Any]]:
    """Return name -> (type, default) of the parameters that a report notebook declares."""
    path = Path(notebook)
    stat = path.stat() if path.exists() else None
    return dict(_inspected(path, stat and (stat.st_mtime_ns, stat.st_size)))  # once, not for each of 2,800 counties


@lru_cache(maxsize=32)
def _inspected(path: Path, state: tuple | None) -> dict[str, tuple[str, Any]]:
    # The cell is read as Python; papermill's own inspection loses a line whose comment holds a second `=`.
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
        statements = [statement for cell in tagged[:1] for statement in ast.parse("".join(cell["source"])).body]
    except (OSError, ValueError, KeyError, SyntaxError) as error:
        raise refusal("errors.reports.no_notebook", path=str(path), error=error) from error
    known = dict(found for found in map(_declared, statements) if found)
    if "city" not in known:
        raise refusal("errors.reports.no_parameter_cell", path=str(path))
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
        near = nearest(name, allowed)
        raise refusal("errors.reports.no_parameter", name=name, near=near, allowed=list(allowed))
    declared, default = known[name]
    kind = declared.partition(" | ")[0]
    if kind not in TYPES or (value is None and default is None):
        return value
    value = getattr(value, "item", lambda: value)()  # a number of numpy
    if not isinstance(value, TYPES[kind]) or (kind in ("int", "float") and isinstance(value, bool)):
        told = {"name": name, "default": default, "value": value, "came": type(value).__name__}
        raise refusal("errors.reports.kind", wanted=kind, **told)
    return os.fspath(value) if kind == "str" else {"int": int, "float": float, "bool": bool}[kind](value)


def _check_values(values: dict) -> None:
    """Refuse what no report can be made of."""
    end_year, target_year = values.get("end_year", LAST_YEAR), values.get("target_year")
    if not CENSUS_YEAR < end_year <= LAST_YEAR:
        raise refusal("errors.end_year", base=CENSUS_YEAR, last=LAST_YEAR, value=end_year)
    if target_year is not None and not CENSUS_YEAR <= target_year <= end_year:
        raise refusal("errors.target_year", base=CENSUS_YEAR, last=end_year, value=target_year)
    for name in ("norm", "place_norm"):
        value = values.get(name)
        if value is not None and not 0 < value < 1000:
            raise refusal(f"errors.{name}", value=value)


def _checked_scenario(name: str, area: str, root: str | None) -> str:
    """The scenario's name in the tables, refused if no table has it for this area, or if it cannot name a file."""
    from ..demography.projection import scenario_named  # it imports scipy, which most calls here do without

    name = scenario_named(name, area=area, root=root)
    taken = (*languages(), "failed")  # other words in the names of a report's files
    if not SLUG.fullmatch(name) or name in taken:
        raise refusal("errors.reports.scenario_file", name=name, taken=taken)
    return name


def run_order(order: files.Order, key: str = "", timeout: float = TIMEOUT, memory_mb: int = MEMORY_MB) -> dict:
    """Make a report and return its row. See `render_report`."""
    runner.begin(PRELOAD)
    begin, row = time.perf_counter(), order.row()
    row["key"] = key or files.content_key(order)  # before the notebook reads a table
    row["inputs"] = files.inputs_key(order)
    if order.folder.is_symlink():  # what it leads to is not ours
        order.folder.unlink()
    order.folder.mkdir(parents=True, exist_ok=True)
    try:
        with files.folder_beside(order.folder) as beside:
            _run_beside(order, beside, timeout, memory_mb)
            told = {"status": "ok", "report": f"{order.area}/{order.path('report', '.html').name}"}
            return files.put_in_place(order, beside, row | told | {"seconds": round(time.perf_counter() - begin, 2)})
    finally:
        with contextlib.suppress(OSError):
            order.folder.rmdir()  # only when it is empty: a failure that left nothing leaves no folder


def _run_beside(order: files.Order, beside: Path, timeout: float, memory_mb: int) -> None:
    """Make all files of a report in the folder `beside`."""
    runner.import_papermill()
    from .exports import write_format
    from .page import put_fonts, read_document

    lang = order.parameters.get("lang", order.lang)
    words = catalogue(lang)
    new = replace(order, folder=beside)
    ran, tables = new.path("report", ".ipynb"), new.path("tables").resolve()
    tables.mkdir()
    names = {"name_zh": order.name_zh, "name_en": order.name_en}
    try:
        parameters = {name: str(tables) if name == "tables_dir" else each for name, each in order.parameters.items()}
        nb = runner.run_notebook(order.template, ran, parameters, timeout=timeout, memory_mb=memory_mb)
        title = words.say("index.report_title", name=words.named(names))
        for stem, tag in {"report": "", "brief": "brief"}.items() if order.brief else [("report", "")]:
            document = read_document(nb, title=title, lang=lang, facts=_facts(order), tag=tag)
            for form in {"html", *order.formats}:
                write_format(form, document, new.path(stem, f".{form}"))
        _tidy(nb, order, ran)
        put_fonts(order.folder.parent)
    except Exception as error:
        kept = _keep_failed(ran, order)
        raise as_sentence(error, names, kept) from error


def keep_failure(order: files.Order, error: BaseException, seconds: float = 0.0) -> dict:
    """Keep the row of a report that failed and return it; `disk` is not empty when all later reports would fail too."""
    text = catalogue(order.parameters.get("lang", order.lang)).told(error)
    told = {"status": "failed", "error": text or type(error).__name__, "traceback": as_traceback(error)}
    row = order.row() | told | {"seconds": round(seconds, 2)}
    with contextlib.suppress(OSError):  # a full disk is told by the row
        files.keep_row(order, row)
    return row | {"disk": disk_error(error)}


def shown_parameters(order: files.Order) -> dict:
    """Return the parameters without what says where somebody keeps files."""
    values = dict(order.parameters)
    return values | {name: Path(values[name]).name for name in ("data", "lang") if values.get(name)}


def _tidy(nb: Any, order: files.Order, target: Path) -> None:
    """Write an executed notebook as if it had run where it will lie."""
    from papermill.translators import PythonTranslator

    from .display import HTML, MIME, PNG, SVG

    parameters = shown_parameters(order)
    if "tables_dir" in parameters:
        parameters["tables_dir"] = order.path("tables").name
    names = {"input_path": order.template.name, "output_path": order.path("report", ".ipynb").name}
    recorded = nb.metadata["papermill"]
    recorded.update(parameters=parameters, **names)
    for name in ("start_time", "end_time", "duration"):  # what is the same shall have the same bytes
        recorded.pop(name, None)
    for number, cell in enumerate(nb.cells, start=1):
        cell.id = f"cell-{number}"
        cell.metadata.pop("papermill", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = PythonTranslator.codify(parameters)
        for output in cell.get("outputs", ()):
            if HTML in output.get("data", {}):  # it holds picture and piece, for whoever opens the notebook
                output.data = {kind: each for kind, each in output.data.items() if kind not in (SVG, PNG, MIME)}
    target.write_text(json.dumps(nb, ensure_ascii=False), encoding="utf-8")  # no indents: a third fewer bytes


def _keep_failed(ran: Path, order: files.Order) -> Path | None:
    import nbformat  # the notebook may be absent or cut short (a full disk): the error is told without it

    with contextlib.suppress(Exception):
        _tidy(nbformat.read(ran, as_version=4), order, ran)
        os.replace(ran, failed := order.path("report", ".failed.ipynb"))
        return failed
    return None


def _facts(order: files.Order) -> dict[str, str]:
    """Return what stands at the foot of the page."""
    words = catalogue(order.parameters.get("lang", order.lang))
    shown = {name: value for name, value in shown_parameters(order).items() if value not in ("", None)}
    shown.pop("tables_dir", None)
    facts = {"library": __version__, "data": data_version(), "date": f"{files.made_on():%Y-%m-%d}"}
    facts["parameters"] = ", ".join(f"{name} = {value}" for name, value in shown.items())
    return {words.word(f"index.facts.{name}"): value for name, value in facts.items()}


def as_sentence(error: BaseException, names: dict[str, str], notebook: Path | None) -> YilaoError:
    """Return a failure of `run_notebook` as an error of ours: one sentence, and where the partial notebook is."""
    kind, text = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    text = " ".join(str(text).split())
    ours = kind in ("DataError", "YilaoError")
    told = {"area": names, "cell": getattr(error, "cell_index", None), "notebook": notebook and str(notebook)}
    reason = (text if ours and text else f"{kind}: {text}".rstrip(": ")).rstrip(".。")
    late = refusal("errors.late", YilaoError) if kind == "CellTimeoutError" else error
    told["reason"] = late if hasattr(late, "key") else reason  # it took too long, or its process ended
    return refusal("errors.report_failed", DataError if kind == "DataError" else YilaoError, **told)


def as_traceback(error: BaseException) -> str:
    """Return the traceback of the notebook's own error, or of ours, without colours."""
    cause = error.__cause__ or error
    lines = getattr(cause, "traceback", None)
    text = "\n".join(lines) if lines is not None else "".join(traceback.format_exception(cause))
    return COLOURS.sub("", text).strip()


def disk_error(error: BaseException) -> OSError | None:
    """Return what is wrong with the disk, when that is why a report failed (later ones would fail too); else None."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in FULL_DISK:
            return seen
        found = re.match(r"\[Errno (\d+)\] ([^:]*)", str(getattr(seen, "evalue", "")))  # it was met in the notebook
        if found and getattr(seen, "ename", "") == "OSError" and int(found[1]) in FULL_DISK:
            return OSError(int(found[1]), found[2])
        seen = seen.__cause__
    return None
