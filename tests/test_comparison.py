"""The comparison of all cities: each city once, figures as in its own report, and words in both languages."""

import re
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from oracles import CITIES, brief_of

import yilaolib as yl
from yilaolib.plots.style import number
from yilaolib.reports import comparison as comparison
from yilaolib.reports.planwords import WORDS


@pytest.fixture(scope="module", params=["zh", "en"])
def plans(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "city_brief", lambda city, **_: brief_of(city))
        return comparison.Comparison(request.param, end_year=2035)


def test_every_city_once(plans):
    """Each table of cities has the five with a plan, once each."""
    names = set(plans.ageing().columns)
    assert len(names) == len(CITIES)
    for table in (plans.beds(), plans.places()):
        assert set(table[plans["city"]]) == names and len(table) == len(names)
    assert set(plans.audit().index) == names


def test_figures_are_those_of_the_reports(plans):
    """Need and stock are those of each city's own report; shares are of the residents."""
    beds = plans.beds().set_index(plans["city"])
    for city in CITIES:
        brief = brief_of(city)
        row = beds.loc[brief.area[f"name_{plans.lang}"]]
        assert row[plans["need"]] == pytest.approx(brief.bed_gap.loc[brief.target_year, "demand"])
        assert row[plans["need_per"]] == pytest.approx(
            1000 * row[plans["need"]] / brief.ageing.loc[brief.target_year, "aged_60"]
        )


def test_what_is_not_published_stays_so(plans):
    """岳阳 prints no stock of places: it is missing, and its gap with it, not 0."""
    places = plans.places().set_index(plans["city"])
    row = places.loc[brief_of("yueyang").area[f"name_{plans.lang}"]]
    assert pd.isna(row[plans["stock"]]) and pd.isna(row[plans["gap"]]) and row[plans["need"]] > 0


def test_verdicts_are_counted(plans):
    """The verdicts of a city sum to the number of its claims."""
    table = plans.audit()
    for city in CITIES:
        row = table.loc[brief_of(city).area[f"name_{plans.lang}"]]
        assert row[plans["total"]] == len(brief_of(city).audit) == row.drop(plans["total"]).sum()


def test_texts_are_whole(plans):
    """Alternative texts, limits and the cover keep no brace and say no missing number."""
    texts = [plans.alt_ageing(), plans.alt_per_head("bed"), plans.alt_per_head("place"), plans.alt_targets()]
    texts += [*plans.limits(), *plans.cover().values(), plans["subtitle"], plans["ageing_caption"]]
    assert not [text for text in texts if any(bad in text for bad in ("{", "}", "nan", "None"))]


def test_every_figure_has_its_numbers_behind_it(plans):
    """Whatever number a figure of the comparison shows stands in the table behind it, and no figure is without one."""
    figures = []
    page = SimpleNamespace(plot_fan=yl.plot_fan, plot_peers=yl.plot_peers, show_heading=str)
    page.show_figure = lambda ax, *, table=None, **_: figures.append((ax, table))
    page.show_table = lambda frame, **_: frame
    notebook = nbformat.read(Path(__file__).parents[1] / "notebooks" / "reports" / "all_cities.ipynb", 4)
    for cell in notebook.cells:
        if "yl.plot_" in cell.source:
            exec(cell.source, {"yl": page, "plans": plans, "display": lambda *_: None})
    assert len(figures) == 4
    for ax, table in figures:
        told = {number(value) for value in table.select_dtypes("number").to_numpy().ravel()}
        shown = [text.get_text() for text in ax.texts if "→" in text.get_text()]
        assert {found for text in shown for found in re.findall(r"[\d,.]+", text)} <= told
        assert len(shown) in (0, len(table))
        signs = table.get(plans["bound"], pd.Series(dtype="str"))
        assert signs.isin(["≥", ">"]).sum() == sum("≥" in text or ">" in text for text in shown)  # a floor is no value
        plt.close(ax.figure)


def test_csv_headings_say_units(plans):
    """Columns of numbers whose heading says no unit get one for CSV and Excel, and only columns that are there."""
    for key, table in (
        ("beds_table", plans.beds()),
        ("places_table", plans.places()),
        ("beds_caption", plans.per_head_table("bed")),
    ):
        assert set(plans.titled(key)["units"]) <= set(table.columns)
        assert plans.titled(key)["units"][plans["need"]] in ("张", "个", "张/千人", "beds", "places", "beds per 1000")


def test_what_limits_a_comparison_is_said_in_chinese(plans):
    """No English words are left in the Chinese column on what limits the comparison."""
    if plans.lang == "zh":
        assert not plans.ranks()[plans["apart"]].str.contains("[a-z]{3}").any()


def test_both_languages_have_the_same_words():
    """Every word is there in both languages, but the translations of English phrases."""
    extra = {"counties and prefectures", "target years differ", "some targets are bounds", "baseline years differ"}
    assert set(WORDS["zh"]) - set(WORDS["en"]) == extra | {"doubtful transcription"}
    assert set(WORDS["en"]) <= set(WORDS["zh"])
