"""What one report may take: time and memory."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from ..errors import DataError

TIMEOUT = 900.0  # [s] a hundred times what a report takes
MEMORY_MB = 4000  # twenty times


@dataclass(frozen=True)
class Limits:
    """Limits of one report.

    Parameters
    ----------
    timeout : float
        [s] For the whole notebook; a longer one is interrupted, and killed when that does not help.
    memory_mb : int
        [MB] That its process may take beyond what all of them share; more is a MemoryError in the notebook.

    Examples
    --------
    >>> Limits(timeout=0)
    Traceback (most recent call last):
    ...
    yilaolib.errors.DataError: timeout must be more than 0 seconds; it is 0.
    """

    timeout: float = TIMEOUT
    memory_mb: int = MEMORY_MB

    def __post_init__(self) -> None:
        for name, unit in (("timeout", "seconds"), ("memory_mb", "MB")):
            value = getattr(self, name)
            if not isinstance(value, Real) or isinstance(value, bool) or not float(value) > 0:
                raise DataError(f"{name} must be more than 0 {unit}; it is {value!r}.")
