"""Figures under several choices: side by side, or one that follows sliders."""

import sys
import types

import matplotlib.pyplot as plt
import pytest

from yilaolib.core.errors import DataError
from yilaolib.drawing.exploring import explore


@pytest.fixture
def drawn():
    """A function to explore, and the choices that it was drawn with."""
    seen = []
    yield lambda ax, **values: seen.append(values), seen
    plt.close("all")


def test_every_combination_is_drawn_once(drawn):
    """Two choices give a panel for each pair, the first across, on common axes."""
    draw, seen = drawn
    explore(draw, across=[1, 2, 3], down=[10, 20])
    assert seen == [{"across": x, "down": y} for y in (10, 20) for x in (1, 2, 3)]
    panels = plt.gcf().axes
    assert panels[0].get_shared_y_axes().joined(panels[0], panels[-1])
    assert [ax.get_subplotspec().colspan.start + 1 for ax in panels] == [values["across"] for values in seen]


def test_without_ipywidgets_all_is_drawn(drawn, monkeypatch, capsys):
    """Where sliders are asked for and cannot be had, the reader is told and still sees everything."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    draw, seen = drawn
    explore(draw, sliders=True, across=[1, 2])
    assert seen == [{"across": 1}, {"across": 2}]
    assert "pip install ipywidgets" in capsys.readouterr().out


def test_sliders_reach_from_the_least_to_the_most(drawn, monkeypatch):
    """A slider spans its choices, starts in the middle, and what it is set to is drawn."""
    tools, follow = {}, []
    widgets = types.ModuleType("ipywidgets")
    widgets.FloatSlider = lambda value, **ends: {"value": value, **ends}
    widgets.interact = lambda function, **given: (follow.append(function), tools.update(given))
    monkeypatch.setitem(sys.modules, "ipywidgets", widgets)
    draw, seen = drawn
    explore(draw, sliders=True, across=[-1.0, 0.0, 1.0])
    assert tools["across"] == {"value": 0.0, "min": -1.0, "max": 1.0, "step": 0.1}
    assert seen == []
    follow[0](across=0.3)
    assert seen == [{"across": 0.3}]


def test_three_choices_are_refused(drawn):
    """Panels have rows and columns and no third direction."""
    with pytest.raises(DataError, match="3 choices"):
        explore(drawn[0], a=[1], b=[1], c=[1])
