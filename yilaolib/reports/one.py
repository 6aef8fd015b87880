"""One report: the notebook run by papermill, the page and the files beside it put in place whole."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path

import nbformat

from ..errors import DataError
from ..tables.areas import data_version
from .exports import FORMATS, write_format
from .failures import as_sentence
from .limits import Limits
from .orders import Order, place_order
from .page import library_version, put_fonts, read_document
from .warm import begin
from .whole import folder_beside, make_folder, move_files

# isort: split

DEFAULT = Limits()

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
    """Render the report of a city into `<out_dir>/<city>/` and return the path of its file.

    Nothing in the folder changes before the report is complete; an earlier good report survives a failure.

    Parameters
    ----------
    city : str or int
        Slug, Chinese or English name, or adcode.
    out_dir : path
        Folder of all reports.
    lang : {"zh", "en"}
        Language; English is written as `report.en.html`.
    formats : str or tuple of str
        Of "html", "pdf", "docx" and "xlsx". The page (html) is always made, and the others from it. PDF needs
        `pip install 'yilaolib[pdf]'`, Word `pip install 'yilaolib[docx]'`.
    template : path, optional
        Another report notebook with a cell tagged `parameters`.
    **parameters
        Of that notebook: `scenario`, `end_year` [year], `data` (a folder with your own tables, whose `assumptions` may
        name scenarios of your own). A scenario other than medium is named in the files: `report.low.html`.

    Returns
    -------
    Path
        The file of the first format: `report.html`, `report.pdf`, ... The others, the executed notebook
        `report.ipynb` and the folder `tables` of CSV files lie beside it. A file of a format that was not asked for
        this time is taken away, for it would tell older numbers.

    Raises
    ------
    DataError
        An unknown city, parameter, language or format, a format whose package is not installed, a value of the
        wrong type, data the notebook refuses.
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
    if "://" in str(out_dir):
        raise DataError(f"{out_dir} is no folder of this machine; yl.render_reports sends reports to such an address.")
    order = place_order(city, out_dir=out_dir, lang=lang, formats=formats, template=template, **parameters)
    run_order(order)
    return order.path("report", f".{order.formats[0]}")


def run_order(order: Order, limits: Limits = DEFAULT) -> tuple[Path, list | None]:
    """Run an order; return the path of its page, and what it read, when that is known. See `render_report`."""
    make_folder(order.folder)
    try:
        with folder_beside(order.folder) as beside:
            return _run_beside(order, limits, beside)
    finally:
        with contextlib.suppress(OSError):
            order.folder.rmdir()  # only when it is empty: a failure that left nothing leaves no folder


def _run_beside(order: Order, limits: Limits, beside: Path) -> tuple[Path, list | None]:
    """Make everything in the folder `beside`, then move it into place, the page last."""
    begin()
    from .engine import run_notebook  # brings papermill, which takes a second

    page, failed = order.path("report", ".html"), order.path("report", ".failed.ipynb")
    ran, tables = beside / "report.ipynb", (beside / "tables").resolve()
    tables.mkdir()
    try:
        parameters = _with_tables_dir(order, str(tables))
        nb = run_notebook(order.template, ran, parameters, timeout=limits.timeout, memory_mb=limits.memory_mb)
        uses = nb.metadata.get("yilao_uses")
        _tidy(nb, order, ran)
        title = WORDS[order.lang]["title"].format(order.name_zh if order.lang == "zh" else order.name_en)
        document = read_document(nb, title=title, lang=order.lang, facts=_facts(order))
        made = ("html", *(form for form in order.formats if form != "html"))
        for form in made:
            write_format(form, document, beside / f"report.{form}")
        put_fonts(order.folder.parent)
    except Exception as error:
        kept = _keep_failed(ran, order, failed)
        raise as_sentence(error, order.name_zh, kept) from error
    move_files(tables, order.path("tables"))
    os.replace(ran, order.path("report", ".ipynb"))
    for form in reversed(FORMATS):  # the page last
        if form in made:
            os.replace(beside / f"report.{form}", order.path("report", f".{form}"))
        else:
            order.path("report", f".{form}").unlink(missing_ok=True)
    failed.unlink(missing_ok=True)
    return page, uses


def _with_tables_dir(order: Order, folder: str) -> dict:
    return {name: folder if name == "tables_dir" else value for name, value in order.parameters.items()}


def _tidy(nb: nbformat.NotebookNode, order: Order, target: Path) -> None:
    """Write an executed notebook as if it had run where it will lie."""
    from papermill.translators import PythonTranslator

    parameters = _with_tables_dir(order, order.path("tables").name)
    if parameters.get("data"):
        # Its name only: the rest says where somebody keeps files, or where a worker of a cluster had a copy. In the
        # folder in which the tables lie the notebook runs again as it is, elsewhere with `papermill -p data PATH`.
        parameters["data"] = Path(parameters["data"]).name
    names = {"input_path": order.template.name, "output_path": order.path("report", ".ipynb").name}
    nb.metadata["papermill"].update(parameters=parameters, **names)
    nb.metadata.pop("yilao_uses", None)  # what it read is for its key, not for readers
    for cell in nb.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = PythonTranslator.codify(parameters)
    nbformat.write(nb, target)


def _keep_failed(ran: Path, order: Order, failed: Path) -> Path | None:
    # The notebook may be absent or cut short (a full disk); then the error is told without it.
    with contextlib.suppress(Exception):
        _tidy(nbformat.read(ran, as_version=4), order, ran)
        os.replace(ran, failed)
        return failed
    return None


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
