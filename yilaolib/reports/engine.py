"""A papermill engine, `yilao`: each notebook in a fork of a warm process. `papermill --engine yilao IN OUT` works too.

Messages go through papermill's own client, so outputs, parameters, tracebacks and timeouts are as papermill's users
know them. Where forking is not safe, and for languages other than Python, papermill's own engine runs the notebook.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from pathlib import Path

import nbformat
from papermill.engines import NBClientEngine, papermill_engines
from papermill.iorw import write_ipynb
from papermill.log import logger

from ..errors import YilaoError
from .client import ForkedClient, Kernel
from .librarykey import LibraryChanged, see_unchanged
from .warm import ONE_THREAD, tell_once

# isort: split

NAME = "yilao"
# [s] For outputs after a cell has ended: only a very busy machine needs it, a dead process is seen at once.
PATIENCE = 60


class YilaoEngine(NBClientEngine):
    """Runs a notebook in a fork of a warm process. Options beyond papermill's:

    report_timeout [s] for the whole notebook, memory_mb [MB] it may take, partial (path where the notebook is written
    when it fails and papermill was told not to save after every cell), for_report (note which rows of tables it read).

    Examples
    --------
    >>> papermill_engines.get_engine("yilao").__name__
    'YilaoEngine'
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **options):
        """Run the notebook; see papermill's `NBClientEngine` for the other options."""
        ours = {name: options.pop(name, None) for name in ("report_timeout", "memory_mb", "partial", "for_report")}
        try:
            forked = _fork(nb_man.nb, ours["memory_mb"])
            if forked is None:
                return super().execute_managed_notebook(nb_man, kernel_name, **_fresh(options, ours))
            return cls._run(nb_man, forked, ours, options)
        except BaseException:
            if ours["partial"]:
                with contextlib.suppress(OSError):
                    write_ipynb(nb_man.nb, ours["partial"])
            raise

    @classmethod
    def _run(cls, nb_man, forked: Kernel, ours: dict, options: dict):
        known = {"log_output", "stdout_file", "stderr_file", "iopub_timeout", "record_timing", "allow_errors"}
        more = {name: value for name, value in options.items() if name in known or name in ForkedClient.class_traits()}
        timeout = options.get("execution_timeout") or options.get("timeout")
        more = {name: value for name, value in more.items() if name not in ("kernel_name", "timeout")}
        more = {"iopub_timeout": PATIENCE} | more
        client = ForkedClient(nb_man, km=forked, kernel_name="python3", log=logger, timeout=timeout, **more)
        client.end_by = time.monotonic() + ours["report_timeout"] if ours["report_timeout"] else None
        client.for_report = bool(ours["for_report"])
        try:
            return client.execute()
        finally:
            forked.end(graceful=options.get("shutdown_kernel") != "immediate")


def _fork(nb: nbformat.NotebookNode, memory_mb: int | None) -> Kernel | None:
    """Return a fresh process for a notebook, None when there can be none."""
    language = nb.metadata.get("kernelspec", {}).get("language") or nb.metadata.get("language_info", {}).get("name")
    if language not in (None, "python"):
        return None
    try:
        return Kernel(memory_mb)
    except LibraryChanged:
        raise  # a fresh kernel would be of the changed library
    except YilaoError as error:
        see_unchanged()
        tell_once(str(error))
        return None


def _fresh(options: dict, ours: dict) -> dict:
    """Options for papermill's own engine: a fresh kernel of this very Python."""
    options = {"shutdown_kernel": "immediate", "kernel_manager_class": this_python()} | options
    if ours["report_timeout"] and not options.get("execution_timeout"):
        options["execution_timeout"] = ours["report_timeout"]  # of each cell: better than none
    return options


def run_notebook(
    template: Path,
    target: Path,
    parameters: dict,
    *,
    timeout: float | None = None,
    memory_mb: int | None = None,
) -> nbformat.NotebookNode:
    """Execute `template` with `parameters` into `target` and return the executed notebook.

    The notebook starts in the current folder; papermill's `cwd` is not used, because it moves all threads. On failure
    `target` holds what was reached. It is written once: saving after every cell is slow on a network disk.

    Parameters
    ----------
    template, target : Path
        The notebook to run, and where it is saved.
    parameters : dict
        Plain values (str, int, float, bool).
    timeout : float, optional
        [s] For the whole notebook.
    memory_mb : int, optional
        [MB] That the notebook may take beyond what all take.

    Returns
    -------
    NotebookNode
        The executed notebook.

    Raises
    ------
    papermill.PapermillExecutionError
        A cell failed; its text is the traceback.
    Exception
        The notebook hung or died; see `as_sentence`.
    """
    import papermill

    return papermill.execute_notebook(
        _no_fields(template),
        _no_fields(target),
        parameters,
        engine_name=NAME,
        language="python",
        kernel_name="python3",
        progress_bar=False,
        log_output=False,
        request_save_on_cell_execute=False,
        autosave_cell_every=0,
        shutdown_kernel="immediate",  # nothing in a report waits for exit handlers
        report_timeout=timeout,
        memory_mb=memory_mb,
        partial=str(target),
        for_report=True,
    )


def _no_fields(path: Path) -> str:
    # papermill fills {names} in paths with parameters; a folder may be called so.
    return str(path.resolve()).replace("{", "{{").replace("}", "}}")


@functools.cache
def this_python() -> type:
    """Return a kernel manager that starts this interpreter, whatever is installed as kernel `python3`."""
    from ipykernel.kernelspec import RESOURCES, get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class ThisPython(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            env = {name: "1" for name in ONE_THREAD if name not in os.environ}
            quiet = ["--IPKernelApp.log_level=40"]  # newer kernels warn on every start that loopback is plain
            return KernelSpec(resource_dir=RESOURCES, env=env, **get_kernel_dict(extra_arguments=quiet))

    return ThisPython


papermill_engines.register(NAME, YilaoEngine)  # also without the entry point, as in a clone that is not installed
