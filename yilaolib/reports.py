"""One report: the notebook run by papermill, the page and the files beside it put in place whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

import nbformat

from .data import data_version
from .engine import as_sentence, run_notebook, tidy_notebook
from .errors import DataError
from .orders import Order, place_order
from .page import library_version, notebook_page

WORDS = {
    "zh": {
        "title": "{}一老一小报告",
        "library": "yilaolib 版本",
        "data": "数据版本",
        "date": "生成日期",
        "parameters": "参数",
    },
    "en": {
        "title": "{}: report on elderly care and childcare",
        "library": "yilaolib version",
        "data": "Data version",
        "date": "Rendered on",
        "parameters": "Parameters",
    },
}


def render_report(
    city: str | int,
    *,
    out_dir: str | os.PathLike = "outputs",
    lang: str = "zh",
    formats: str | tuple[str, ...] = ("html",),
    template: str | os.PathLike | None = None,
    **parameters,
) -> Path:
    """Render the report of a city into `<out_dir>/<city>/` and return the path of its page.

    Nothing in the folder changes before the report is complete; an earlier good report survives a failure.

    Parameters
    ----------
    city : str or int
        Slug, Chinese or English name, or adcode.
    out_dir : path
        Folder of all reports.
    lang : {"zh", "en"}
        Language; English is written as `report.en.html`.
    formats : tuple of str
        Only "html".
    template : path, optional
        Another report notebook with a cell tagged `parameters`.
    **parameters
        Of that notebook: `scenario`, `end_year` [year], `data` (a folder with your own tables). A scenario
        other than medium is named in the files: `report.low.html`.

    Returns
    -------
    Path
        The page. The executed notebook `report.ipynb` and the folder `tables` of CSV files lie beside it.

    Raises
    ------
    DataError
        An unknown city, parameter, language or format, a value of the wrong type, data the notebook refuses.
    YilaoError
        The notebook failed: its traceback is the text of `__cause__`, and `report.failed.ipynb` shows how far
        it came.

    Examples
    --------
    >>> render_report("景德镇市", end_yaer=2040)
    Traceback (most recent call last):
    ...
    yilaolib.errors.DataError: The report has no parameter 'end_yaer'. Did you mean 'end_year'? ...
    """
    return run_order(place_order(city, out_dir=out_dir, lang=lang, formats=formats, template=template, **parameters))


def run_order(order: Order) -> Path:
    """Run an order and return the path of its page. See `render_report`."""
    make_folder(order.folder)
    try:
        with tempfile.TemporaryDirectory(prefix=".report-", dir=order.folder) as beside:
            return _run_beside(order, Path(beside))
    finally:
        with contextlib.suppress(OSError):
            order.folder.rmdir()  # only when it is empty: a failure that left nothing leaves no folder


def make_folder(folder: Path) -> None:
    """Make a folder for reports, or say in a sentence why that cannot be.

    Raises
    ------
    DataError
        When something else has that name or writing is not allowed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"Nothing can be written into {folder} ({reason}); choose another folder.") from error


def _run_beside(order: Order, beside: Path) -> Path:
    """Make everything in the folder `beside`, then move it into place, the page last."""
    page, failed = order.path("report", ".html"), order.path("report", ".failed.ipynb")
    ran, tables = beside / "report.ipynb", (beside / "tables").resolve()
    tables.mkdir()
    try:
        nb = run_notebook(order.template, ran, _with_tables_dir(order, str(tables)))
        _tidy(nb, order, ran)
        title = WORDS[order.lang]["title"].format(order.name_zh if order.lang == "zh" else order.name_en)
        text = notebook_page(nb, title=title, lang=order.lang, facts=_facts(order))
        (beside / "report.html").write_text(text, encoding="utf-8", newline="\n")
    except Exception as error:
        kept = _keep_failed(ran, order, failed)
        raise as_sentence(error, order.name_zh, kept) from error
    _swap(tables, order.path("tables"), beside / "tables.old")
    os.replace(ran, order.path("report", ".ipynb"))
    os.replace(beside / "report.html", page)
    failed.unlink(missing_ok=True)
    return page


def _with_tables_dir(order: Order, folder: str) -> dict:
    return {name: folder if name == "tables_dir" else value for name, value in order.parameters.items()}


def _tidy(nb: nbformat.NotebookNode, order: Order, target: Path) -> None:
    """Write an executed notebook as if it had run where it will lie."""
    parameters = _with_tables_dir(order, order.path("tables").name)
    tidy_notebook(nb, parameters, order.template.name, order.path("report", ".ipynb").name)
    nbformat.write(nb, target)


def _keep_failed(ran: Path, order: Order, failed: Path) -> Path | None:
    # The notebook may be absent or cut short (a full disk); then the error is told without it.
    with contextlib.suppress(Exception):
        _tidy(nbformat.read(ran, as_version=4), order, ran)
        os.replace(ran, failed)
        return failed
    return None


def _swap(new: Path, place: Path, aside: Path) -> None:
    """Put the folder `new` in the place of an older one; no rename can do that in one step."""
    if place.exists():
        os.replace(place, aside)
    if any(new.iterdir()):
        os.replace(new, place)


def _facts(order: Order) -> dict[str, str]:
    words = WORDS[order.lang]
    shown = {name: value for name, value in order.parameters.items() if name != "tables_dir" and value != ""}
    if "data" in shown:
        shown["data"] = Path(shown["data"]).name  # the rest of the path says where a user keeps files
    return {
        words["library"]: library_version(),
        words["data"]: data_version(),
        words["date"]: f"{datetime.now():%Y-%m-%d %H:%M}",
        words["parameters"]: ", ".join(f"{name} = {value}" for name, value in shown.items()),
    }
