"""Run a notebook with papermill in a fresh kernel of this very Python, and say in a sentence what went wrong."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import nbformat

from .errors import DataError, YilaoError

# A report does little linear algebra, and several kernels at once would fight over the cores.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run_notebook(template: Path, target: Path, parameters: dict) -> nbformat.NotebookNode:
    """Execute `template` with `parameters` into `target` and return the executed notebook.

    The kernel starts in the current folder; papermill's `cwd` is not used, because it moves all threads. On failure
    `target` holds what was reached.

    Parameters
    ----------
    template, target : Path
        The notebook to run, and where it is saved after every cell.
    parameters : dict
        Plain values (str, int, float, bool).

    Returns
    -------
    NotebookNode
        The executed notebook.

    Raises
    ------
    papermill.PapermillExecutionError
        A cell failed; its text is the traceback.
    Exception
        The kernel did not start or died; see `as_sentence`.
    """
    import papermill

    return papermill.execute_notebook(
        _no_fields(template),
        _no_fields(target),
        parameters,
        kernel_name="python3",
        language="python",
        kernel_manager_class=_this_python(),
        shutdown_kernel="immediate",  # saves half a second; nothing in a report waits for atexit
        progress_bar=False,
        log_output=False,
    )


def as_sentence(error: Exception, name: str, notebook: Path | None) -> YilaoError:
    """Return a failure of `run_notebook` as an error of ours: one sentence, and where the partial notebook is.

    What the notebook itself calls a DataError stays one.

    Examples
    --------
    >>> as_sentence(RuntimeError("Kernel died"), "鹰潭市", None)
    YilaoError('The report of 鹰潭市 failed: RuntimeError: Kernel died')
    """
    kind, text = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    text = " ".join(str(text).split())
    ours = kind in ("DataError", "YilaoError")
    where = f" in cell {error.cell_index + 1}" if hasattr(error, "cell_index") else ""
    sentence = f"The report of {name} failed{where}: {text if ours and text else f'{kind}: {text}'.rstrip(': ')}"
    if notebook is not None:
        sentence = f"{sentence.rstrip('.')}. How far it came is in {notebook}."
    return (DataError if kind == "DataError" else YilaoError)(sentence)


def tidy_notebook(nb: nbformat.NotebookNode, parameters: dict, template: str, target: str) -> None:
    """Put `parameters` and file names into an executed notebook instead of those of the temporary folder."""
    from papermill.translators import PythonTranslator

    nb.metadata["papermill"].update(parameters=parameters, input_path=template, output_path=target)
    for cell in nb.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = PythonTranslator.codify(parameters)


def _no_fields(path: Path) -> str:
    # papermill fills {names} in paths with parameters; a folder may be called so.
    return str(path.resolve()).replace("{", "{{").replace("}", "}}")


@functools.cache
def _this_python() -> type:
    from ipykernel.kernelspec import RESOURCES, get_kernel_dict
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    class ThisPython(AsyncKernelManager):
        """Starts this interpreter, whatever kernel the user or the system has installed as `python3`."""

        @property
        def kernel_spec(self) -> KernelSpec:
            env = {name: "1" for name in ONE_THREAD if name not in os.environ}
            quiet = ["--IPKernelApp.log_level=40"]  # newer kernels warn on every start that loopback is plain
            return KernelSpec(resource_dir=RESOURCES, env=env, **get_kernel_dict(extra_arguments=quiet))

    return ThisPython
