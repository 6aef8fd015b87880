"""What is known: files in, typed frames out.

An area of a user's that has totals only is filled in by demography, a room above. So this room asks `fill`, and
`yilaolib/__init__.py` says what that is: fill(table name, its rows, function that loads tables, slugs) -> further rows.
"""

from collections.abc import Callable
from typing import Any

fill: Callable[..., Any] | None = None
