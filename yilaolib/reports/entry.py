"""What papermill loads as the engine `yilao`. It loads entry points while it is itself being imported, so this imports
nothing of papermill and hands over to the engine when a notebook is run.
"""

from __future__ import annotations


class _HandsOver(type):
    def __getattr__(cls, name: str) -> object:
        from .engine import YilaoEngine

        return getattr(YilaoEngine, name)


class Engine(metaclass=_HandsOver):
    """Stand-in for `yilaolib.reports.engine.YilaoEngine`: every attribute is the real engine's."""
