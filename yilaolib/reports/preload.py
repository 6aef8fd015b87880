"""Imported by the forkserver alone: what reports import and read, so that the processes forked from it have it.

It must start no thread, for a fork copies one thread only and every lock as it is.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import warnings

from . import runner

DATA = "YILAO_PRELOAD_DATA"  # the folder or workbook of a user, read beforehand too
AREA = "YILAO_PRELOAD_AREA"  # of the first of many city reports; "none" of many others
STACK = (
    "numpy.random", "pandas", "scipy.interpolate", "scipy.optimize", "scipy.stats", "xarray", "matplotlib.pyplot",
    "matplotlib.backends.backend_agg", "seaborn", "PIL.PngImagePlugin", "IPython.core.completer",
    "papermill.translators", "matplotlib_inline.config", "yilaolib.reports.many",
)  # fmt: skip
MAYBE = ("dask.array",)  # xarray imports it where it is installed, at its first sum


def preload() -> None:
    """Import the stack, read the tables, register the fonts, and compute what all reports share."""
    runner.import_papermill()
    for name in STACK:
        importlib.import_module(name)
    for name in MAYBE:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    import nbformat
    from PIL import Image

    import yilaolib as yl

    from ..plots import style
    from ..tables.folders import as_root, merged_table, stamp
    from . import many, page

    for name in dir(yl):
        getattr(yl, name)  # they are imported when they are first asked for
    Image.preinit()
    style.register_fonts()
    cell = nbformat.v4.new_markdown_cell("# x\n\n## y\n\n- $z$")  # a page with it takes all that a page takes
    page.page_html(page.read_document(nbformat.v4.new_notebook(cells=[cell]), title="x"))
    root = os.environ.get(DATA) or None
    for name in yl.list_tables():
        merged_table(name, root)
    if area := os.environ.get(AREA):
        many.library_key()
        many.row_keys(as_root(root), stamp(root))
    if area and area != "none":
        for compute in (yl.audit, yl.project):
            compute(area, root=root)
        for compute in (yl.triangulate_beds, yl.triangulate_places):
            compute(area, 2025, root=root)
    gc.collect()
    gc.freeze()  # a collection in a child would otherwise copy every page of it


with warnings.catch_warnings(), contextlib.suppress(Exception):  # whoever needs it will meet the error, and tell it
    warnings.simplefilter("ignore")
    preload()
