"""What went wrong with a notebook: a sentence, a traceback that can be read, and whether the disk is to blame."""

from __future__ import annotations

import errno
import re
import traceback
from pathlib import Path

from ..errors import DataError, YilaoError

# Nothing that a later report could do better: the batch stops.
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS} if hasattr(errno, "EDQUOT") else {errno.ENOSPC, errno.EROFS}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def as_sentence(error: BaseException, name: str, notebook: Path | None) -> YilaoError:
    """Return a failure of `run_notebook` as an error of ours: one sentence, and where the partial notebook is.

    What the notebook itself calls a DataError stays one.

    Examples
    --------
    >>> as_sentence(RuntimeError("Kernel died"), "鹰潭市", None)
    YilaoError('The report of 鹰潭市 failed: RuntimeError: Kernel died')
    """
    kind, text = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    text = " ".join(str(text).split())
    ours = kind in ("DataError", "YilaoError", "DeadKernelError")  # the last is a sentence too
    if kind == "CellTimeoutError":
        text, ours = "it took longer than allowed (--timeout)", True
    index = getattr(error, "cell_index", None)
    where = "" if index is None else f" in cell {index + 1}"
    sentence = f"The report of {name} failed{where}: {text if ours and text else f'{kind}: {text}'.rstrip(': ')}"
    if notebook is not None:
        sentence = f"{sentence.rstrip('.')}. How far it came is in {notebook}."
    return (DataError if kind == "DataError" else YilaoError)(sentence)


def as_traceback(error: BaseException) -> str:
    """Return the traceback of the notebook's own error, or of ours, without colours.

    Examples
    --------
    >>> as_traceback(ValueError("no beds"))
    'ValueError: no beds'
    """
    cause = error.__cause__ or error
    lines = getattr(cause, "traceback", None) or traceback.format_exception(cause)
    return COLOURS.sub("", "\n".join(lines) if hasattr(cause, "traceback") else "".join(lines)).strip()


def disk_error(error: BaseException) -> str:
    """Return what is wrong with the disk, when that is why a report failed; an empty text otherwise.

    Examples
    --------
    >>> disk_error(OSError(28, "No space left on device")), disk_error(ValueError("no beds"))
    ('No space left on device', '')
    """
    seen = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in DISK:
            return seen.strerror or str(seen)
        found = re.match(r"\[Errno (\d+)\] ([^:]*)", str(getattr(seen, "evalue", "")))  # it was met in the notebook
        if found and getattr(seen, "ename", "") == "OSError" and int(found[1]) in DISK:
            return found[2]
        seen = seen.__cause__
    return ""
