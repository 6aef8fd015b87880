"""Imported before nbformat: it spares two seconds at every start.

nbformat brings jsonschema, and that, where JupyterLab is installed, a package that compiles the grammar of
international web addresses when it is imported. jsonschema does without it, and notebooks hold no such addresses.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any

SLOW = "rfc3987_syntax"


def _import_without(slow: str, modules: dict[str, Any]) -> None:
    modules[slow] = None  # its import fails; jsonschema is prepared for that
    with contextlib.suppress(ImportError):
        import jsonschema  # noqa: F401
    del modules[slow]  # whoever wants it later gets it


if SLOW not in sys.modules and "jsonschema" not in sys.modules:
    _import_without(SLOW, sys.modules)
