"""The standard figures. Each takes ready-made frames and an axes, draws, and returns the axes.

Nothing is computed here but the form in which numbers are shown: what a figure needs, its frame brings. Call
`use_style()` once for the house style and the language of the labels.
"""

from .drawing.dumbbells import plot_peers, plot_targets
from .drawing.fans import plot_fan
from .drawing.gaps import plot_gap
from .drawing.pyramids import plot_pyramid
from .drawing.rowplots import plot_methods, plot_supply
from .drawing.style import use_style
from .drawing.tornados import plot_tornado
from .drawing.waterfalls import plot_waterfall

__all__ = [
    "plot_fan",
    "plot_gap",
    "plot_methods",
    "plot_peers",
    "plot_pyramid",
    "plot_supply",
    "plot_targets",
    "plot_tornado",
    "plot_waterfall",
    "use_style",
]
