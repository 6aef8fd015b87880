"""Imported before nbformat: it spares two seconds at every start.

nbformat brings jsonschema, and that, where JupyterLab is installed, a package that compiles the grammar of
international web addresses when it is imported. jsonschema does without it, and notebooks hold no such addresses.
"""

from __future__ import annotations

import contextlib
import sys

SLOW = "rfc3987_syntax"

if SLOW not in sys.modules and "jsonschema" not in sys.modules:
    sys.modules[SLOW] = None  # its import fails; jsonschema is prepared for that
    with contextlib.suppress(ImportError):
        import jsonschema  # noqa: F401
    del sys.modules[SLOW]  # whoever wants it later gets it
