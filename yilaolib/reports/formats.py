"""The kinds of file that a report can be: which there are, what each needs, and who writes it.

The page is always made; the others are made from it, so that all say the same.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable
from pathlib import Path

from ..errors import DataError, did_you_mean

FORMATS = ("html", "pdf", "docx", "xlsx")
NEEDS = {"pdf": ("weasyprint", "WeasyPrint"), "docx": ("docx", "python-docx")}  # module, name of the package
PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def check_formats(formats: str | Iterable[str]) -> tuple[str, ...]:
    """Return the formats that were asked for, each once; `"html,pdf"` is as good as `("html", "pdf")`.

    Raises
    ------
    DataError
        One that there is not, or that needs a package that is not installed.

    Examples
    --------
    >>> check_formats("xlsx,html")
    ('xlsx', 'html')
    """
    asked = formats.split(",") if isinstance(formats, str) else list(formats)
    found = tuple(dict.fromkeys(form.strip() if isinstance(form, str) else form for form in asked))
    for form in found:
        if form not in FORMATS:
            hint = did_you_mean(form, FORMATS)
            raise DataError(f"format must be one of {', '.join(FORMATS)}; it is {form!r}.{hint}")
        if reason := _missing(form):
            raise DataError(reason)
    if not found:
        raise DataError(f"format must be one of {', '.join(FORMATS)}; none is given.")
    return found


@functools.cache
def _missing(form: str) -> str:
    """Return what a format lacks here and what to do, or an empty text."""
    module, package = NEEDS.get(form, ("", ""))
    try:
        if module:
            importlib.import_module(module)
    except ImportError:
        return f"The format {form} needs {package}, which is not installed: pip install 'yilaolib[{form}]'."
    except OSError as error:  # WeasyPrint is there, and a library of the system is not
        return (
            f"The format {form} needs the library Pango, which {package} cannot load ({error}). "
            f"On Debian or Ubuntu: apt-get install {PANGO}."
        )
    return ""


def write_format(form: str, page: str, target: Path, *, lang: str, tables: Path | None = None) -> None:
    """Write a finished page (see `notebook_page`) as a file of another kind.

    Parameters
    ----------
    form : {"html", "pdf", "docx", "xlsx"}
        The kind of file.
    page : str
        The HTML document.
    target : Path
        The file to write; nothing is made beside it.
    lang : {"zh", "en"}
        Language of the report.
    tables : Path, optional
        Folder of its CSV files, whose numbers a workbook takes.
    """
    if form == "pdf":
        from .papers import write_pdf

        write_pdf(page, target)
    elif form == "docx":
        from .word import write_docx

        write_docx(page, target, lang)
    elif form == "xlsx":
        from .sheetbook import write_xlsx

        write_xlsx(page, target, lang, tables)
    else:
        target.write_text(page, encoding="utf-8", newline="\n")
