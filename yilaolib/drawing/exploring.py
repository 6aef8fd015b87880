"""One figure under several choices: side by side, or with sliders where somebody sits in front of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt

from ..core.errors import DataError

STEPS = 20  # of a slider


def explore(draw: Callable[..., object], *, sliders: bool = False, **choices: Sequence[float]) -> None:
    """Draw a figure for every combination of one or two choices; with sliders, one figure that follows them.

    Sliders need ipywidgets (`pip install ipywidgets`) and a running kernel. A notebook that is run without a screen
    leaves `sliders` off, and is complete.

    Parameters
    ----------
    draw : function
        Called as draw(ax, name=value ...): draws on the axes.
    sliders : bool
        Whether to show sliders, from the least to the largest value of each choice.
    **choices : sequence of float
        Values of one or two arguments of `draw`, in ascending order: the first makes columns, the second rows.

    Raises
    ------
    DataError
        For no choice, or more than two.

    Examples
    --------
    >>> explore(lambda ax, slope: ax.plot([0, slope]), slope=[0.5, 1.0])
    >>> [ax.get_title(loc="left") for ax in plt.gcf().axes]
    ['slope 0.5', 'slope 1']
    >>> plt.close()
    """
    if not 1 <= len(choices) <= 2:
        raise DataError(f"explore was given {len(choices)} choices; it draws one or two, such as tfr=[-0.2, 0, 0.2].")
    if sliders and _slide(draw, choices):
        return
    columns, rows = [*choices.values(), [None]][:2]
    shape = {"nrows": len(rows), "ncols": len(columns), "sharex": True, "sharey": True, "squeeze": False}
    _, axes = plt.subplots(figsize=(9.6, 0.6 + 2.6 * len(rows)), layout="constrained", **shape)
    for ax, values in zip(axes.flat, itertools.product(rows, columns), strict=True):
        chosen = dict(zip(choices, reversed(values), strict=False))
        draw(ax, **chosen)
        ax.set_title(", ".join(f"{name} {value:g}" for name, value in chosen.items()), loc="left", pad=18, fontsize=9)


def _slide(draw: Callable[..., object], choices: dict[str, Sequence[float]]) -> bool:
    """Show sliders; False, and a sentence, where there is nothing to show them with."""
    try:
        from ipywidgets import FloatSlider, interact
    except ImportError:
        print("ipywidgets is not installed, so all choices are drawn. `pip install ipywidgets` brings sliders.")
        return False

    def follow(**values: float) -> None:
        draw(plt.subplots()[1], **values)
        plt.show()

    tools = {}
    for name, values in choices.items():
        least, most = values[0], values[-1]
        tools[name] = FloatSlider(values[len(values) // 2], min=least, max=most, step=(most - least) / STEPS)
    interact(follow, **tools)
    return True
