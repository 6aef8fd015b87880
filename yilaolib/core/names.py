"""Names that several rooms must agree on; light, for the command line and its completion read them too."""

from __future__ import annotations

SCENARIOS = ("low", "medium", "high", "zero-migration")  # ours; a user's table `assumptions` may name more
