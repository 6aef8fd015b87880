"""The figures: what they draw, that all text is there, in both languages, inside the figure."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from fontTools.ttLib import TTFont
from matplotlib.colors import to_hex, to_rgb
from matplotlib.text import Text

import yilaolib as yl
from yilaolib.errors import DataError
from yilaolib.plots import style
from yilaolib.reports.display import picture_of
from yilaolib.texts import HERE

LONG_ZH = "新疆维吾尔自治区巴音郭楞蒙古自治州和静县巴音布鲁克景区管理委员会"
LONG_EN = "Bayingolin Mongol Autonomous Prefecture in the Xinjiang Uygur Autonomous Region"
NAN = np.nan


def pyramid(last: int = 100, step: int = 1) -> pd.DataFrame:
    ages = np.arange(0, last + 1, step)
    rows = [(sex, age, step * (8000.0 - 75 * age)) for sex in ("female", "male") for age in ages]
    return pd.DataFrame(rows, columns=["sex", "age", "persons"])


def frames(lang: str) -> dict[str, dict]:
    """Arguments for each figure, with missing values and very long names."""
    name = LONG_ZH if lang == "zh" else LONG_EN
    years = list(range(2020, 2031))
    fan = pd.DataFrame({"central": np.linspace(26e4, 40e4, 11)}, index=years)
    for level, spread in ((80, 0.04), (95, 0.08)):
        fan[f"lower_{level}"], fan[f"upper_{level}"] = fan.central * (1 - spread), fan.central * (1 + spread)
    fan.loc[2024, "central"] = NAN
    plan = pd.DataFrame({"year": [2025, 2030], "value": [32.41e4, NAN], "label": [name[:8], ""]})
    basis = ["plan", "need", "use"]
    methods = {"method": [name, "b", "c"], "lower": [9000, NAN, NAN], "central": [10592, 6300, NAN]}
    methods |= {"upper": [12000, NAN, NAN], "basis": basis}
    supply = {"kind": [name, "b", "c"], "occupied": [740, NAN, NAN], "vacant": [1423, NAN, NAN]}
    supply |= {"total": [2163, 1896, NAN]}
    gap = {"demand": np.linspace(9000, 12000, 11), "supply": [4059.0, NAN, NAN, *np.linspace(5000, 13000, 8)]}
    gap = pd.DataFrame(gap, index=years).assign(shortfall=lambda f: (f.demand - f.supply).clip(lower=0))
    targets = {"name": [name, "b", "c", "d"], "baseline": [96.89, NAN, 24, 7], "target": [95.5, 60, 40, NAN]}
    targets |= {"unit": ["%", "%", "张", "人"], "comparator": ["ge", "eq", "approx", None]}
    targets |= {"regress": [True, False, False, False]}
    tornado = {"name": [name, "b"], "low": [4200, 8050], "high": [13800, NAN], "central": [8300, 8300]}
    tornado |= {"low_label": ["2.3%", "77"], "high_label": ["7.4%", None]}
    peers = {"indicator": [name] * 3, "area": ["景德镇市", name, "c"]}
    peers |= {"baseline": [47, NAN, 30], "target": [60, 55, NAN]}
    steps = {"step": ["need", "stock", "pipeline", "unsure", "surplus"], "value": [9500, -4059, NAN, -6000, -559]}
    steps |= {"start": [0, 9500, 5441, 5441, 0], "end": [9500, 5441, NAN, -559, -559]}
    tiles = pd.DataFrame({"row": [1, 3, 8], "column": [8, 1, 4], "value": [23.2, 11.3, NAN]})
    standing = {"name": [name, "b"], "percentile": [0.0, 100.0], "value": [25.3, NAN], "unit": "%"}
    shared = {"title": f"{name}：{name}", "note": f"{name}，2020-11-01。" * 3, "lang": lang}
    return {
        "plot_pyramid": {"population": pyramid(), "compare": pyramid(), "labels": ("2020", name[:12])} | shared,
        "plot_fan": {"frame": fan, "observed": pd.Series({2010: 18e4, 2020: 26e4}), "plan": plan} | shared,
        "plot_methods": {"frame": pd.DataFrame(methods), "lines": {name[:10]: 4059, "b": 5100, "c": NAN}} | shared,
        "plot_supply": {"frame": pd.DataFrame(supply), "unit": "张"} | shared,
        "plot_gap": {"frame": gap, "unit": "张", "labels": {"demand": name}} | shared,
        "plot_targets": {"frame": pd.DataFrame(targets)} | shared,
        "plot_tornado": {"frame": pd.DataFrame(tornado), "unit": "张"} | shared,
        "plot_peers": {"frame": pd.DataFrame(peers).assign(unit="%"), "highlight": "景德镇市"} | shared,
        "plot_tiles": {"frame": tiles.assign(name=name[:6]), "unit": "%"} | shared,
        "plot_standing": {"frame": pd.DataFrame(standing), "peers": pd.DataFrame(standing)} | shared,
        "plot_waterfall": {"frame": pd.DataFrame(steps), "labels": {"unsure": name}, "unit": "张"} | shared,
    }


FIGURES = sorted(frames("zh"))


def draw(function: str, words: str, **more) -> plt.Axes:
    return getattr(yl, function)(**frames(words)[function] | more)


def shown_texts(ax: plt.Axes) -> list[Text]:
    """Texts that are drawn: not the tick labels outside the view."""
    outside = set()
    for axis in [axis for one in ax.figure.axes for axis in (one.xaxis, one.yaxis)]:
        low, high = sorted(axis.get_view_interval())
        ticks = [tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
        outside |= {part for tick in ticks for part in tick.get_children()}
    texts = ax.figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    return [text for text in texts if text.get_text().strip() and text not in outside]


@pytest.fixture(autouse=True)
def house_style():
    """Give each test the house style, and the next one what was before."""
    plt.close("all")
    before = dict(style.state)
    with mpl.rc_context():
        yl.use_style()
        yield
    style.state.update(before)
    plt.close("all")


@pytest.mark.parametrize("function", FIGURES)
def test_draws_on_the_axes_given(function):
    """A figure draws on the axes given and returns it; settings, language, input and other axes stay as they were."""
    arguments, (ax, other) = frames("en")[function] | {"title": "t", "note": "n"}, plt.subplots(1, 2)[1]
    copies = {key: value.copy() for key, value in arguments.items() if hasattr(value, "equals")}
    before, artists, view = dict(mpl.rcParams), len(other.get_children()), (other.get_xlim(), other.get_ylim())
    assert getattr(yl, function)(**arguments, ax=ax) is ax and ax.has_data() and len(plt.get_fignums()) == 1
    assert ax.get_title(loc="left") == "t" and "n" in [text.get_text() for text in ax.texts]
    assert dict(mpl.rcParams) == before and style.state["lang"] == "zh"
    assert len(other.get_children()) == artists and (other.get_xlim(), other.get_ylim()) == view
    assert all(value.equals(arguments[key]) for key, value in copies.items())


@pytest.mark.parametrize("function", FIGURES)
def test_axes_made_beforehand(function):
    """A figure on axes that were made beforehand is the same, to the byte, as on new ones."""
    style.make_axes(1)
    ahead, new = (picture_of(draw(function, "en"), "x") for _ in range(2))
    assert ahead == new and not style._made


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("function", FIGURES)
def test_text_is_inside(function, lang):
    """With very long names and missing values, no text leaves the figure and the frame keeps a fifth of its width."""
    ax = draw(function, lang)
    ax.figure.canvas.draw()
    page = ax.figure.bbox
    for text in shown_texts(ax):
        box = text.get_window_extent()
        assert box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1, text.get_text()
        assert box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1, text.get_text()
    assert ax.get_window_extent().width > page.width / 5


WORDS = {
    "plot_pyramid": ("60岁及以上", "60 and over"),
    "plot_fan": ("实际", "observed"),
    "plot_methods": ("需要", "need"),
    "plot_tornado": ("取低值", "low value"),
    "plot_tiles": ("灰色：本库未收录", "grey: not in our tables"),
}


@pytest.mark.parametrize("function", FIGURES)
def test_language(function, tmp_path):
    """Words are of the language asked for, else of the style; a catalogue of one's own is a language too."""
    zh, en = WORDS.get(function, ("未公布", "not published"))
    text = (HERE / "en.toml").read_text(encoding="utf-8").replace(f'= "{en}"', '= "palabras"')
    (tmp_path / "es.toml").write_text(text, encoding="utf-8")
    own = str(tmp_path / "es.toml")
    for lang, wanted in (("zh", zh), ("en", en), (own, "palabras")):
        yl.use_style(lang)
        arguments = frames("zh" if lang == "zh" else "en")[function]
        for ax in (getattr(yl, function)(**arguments | {"lang": given}) for given in (lang, None)):
            texts = " ".join(text.get_text().replace("\n", " ") for text in ax.findobj(Text))
            assert [one for one in (zh, en, "palabras") if one in texts] == [wanted]
    with pytest.raises(DataError, match="lang must be one of en, zh"):
        yl.use_style("cn")


EMPTY = {
    "plot_fan": pd.DataFrame({"central": []}),
    "plot_methods": pd.DataFrame({"method": [], "central": []}),
    "plot_supply": pd.DataFrame({"kind": [], "occupied": []}),
    "plot_gap": pd.DataFrame({"demand": [], "supply": [], "shortfall": []}),
    "plot_targets": pd.DataFrame({"name": [], "baseline": [], "target": [], "unit": []}),
    "plot_tornado": pd.DataFrame({"name": [], "low": [], "high": [], "central": []}),
    "plot_peers": pd.DataFrame({"indicator": [], "area": [], "baseline": [], "target": []}),
    "plot_tiles": pd.DataFrame({"row": [], "column": [], "name": [], "value": []}),
    "plot_standing": pd.DataFrame({"name": [], "percentile": [], "value": [], "unit": []}),
    "plot_waterfall": pd.DataFrame({"step": [], "value": [], "start": [], "end": []}),
}


@pytest.mark.parametrize("function", sorted(EMPTY))
@pytest.mark.filterwarnings("error")
def test_nothing_published(function):
    """A frame without rows draws the words 未公布; rows whose figures are all missing are drawn without a warning."""
    ax = getattr(yl, function)(EMPTY[function])
    assert "未公布" in [text.get_text() for text in ax.texts]
    text = ("method", "kind", "name", "unit", "indicator", "area", "step")
    frame = pd.DataFrame({column: "x" if column in text else NAN for column in EMPTY[function]}, index=[2020])
    getattr(yl, function)(frame, title="x").figure.canvas.draw()


def test_supply_never_zero():
    """A missing part of the supply has no bar and is written as not published; a true 0 is written as 0."""
    frame = pd.DataFrame({"kind": ["a", "b"], "occupied": [NAN, 0.0], "vacant": [500.0, 100.0]})
    ax = yl.plot_supply(frame, lang="en")
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["500", "occupied: not published", "100", "occupied 0"]
    assert [patch.get_width() for patch in ax.patches] == [500, 0, 100]


def test_supply_shows_no_total_beside_its_parts():
    """4,059 = 2,163 + 1,896 gives way to its parts; 2,163 = 648 + 1,515 prints who lives there, and its parts go."""
    kinds = {"all": 4059, "public": 2163, "welfare": 648, "township": 1515, "private": 1896}
    frame = pd.DataFrame({"kind": [*kinds], "total": [*kinds.values()], "occupied": NAN, "vacant": NAN}, [*kinds])
    frame.loc["public", ["occupied", "vacant"]] = [740.0, 1423.0]
    assert [label.get_text() for label in yl.plot_supply(frame).get_yticklabels()] == ["public", "private"]


@pytest.mark.parametrize(("baseline", "target", "comparator", "called"), [
    (97, 95, "ge", "floor below baseline"), (10, 20, "le", "ceiling above baseline"),
    (10, 20, "ge", "worse"),  # of these, fewer is better, and at least so many is no floor below
    (97, 95, "lt", "worse"), (97, 95, "", "worse"), (97, 95, None, "worse"),
])  # fmt: skip
def test_targets_bound_lies_on_its_side(baseline, target, comparator, called):
    """A worse target is called a floor only below its baseline and a ceiling only above it."""
    row = {"name": ["a"], "baseline": baseline, "target": target, "unit": "%", "comparator": comparator}
    ax = yl.plot_targets(pd.DataFrame(row | {"regress": True}), lang="en")
    assert ax.texts[0].get_text().split("  ")[1] == called


@pytest.mark.parametrize("lines", [
    {"stock 2020 (derived from a ratio per 1000)": 3025, "target 2025": 23542},
    {"target 2025 (derived from a ratio per 1000)": 3816, "stock 2022": 4696},
    {"stock 2022": 8305, "target 2025 (derived from a ratio per 1000)": 9714},
])  # fmt: skip
def test_lines_cross_no_heading(lines):
    """The names of the lines stand apart, inside the figure, and no line runs through the name of another."""
    need = pd.DataFrame({"method": ["a"], "central": [1.3 * max(lines.values())]})
    ax = yl.plot_methods(need, lines=lines, lang="en")
    ax.figure.canvas.draw()
    boxes = [next(t for t in ax.texts if name in t.get_text()).get_window_extent() for name in lines]
    assert not boxes[0].overlaps(boxes[1]) and max(box.x1 for box in boxes) <= ax.figure.bbox.x1
    for own, value in enumerate(lines.values()):
        upright = [line.get_window_extent() for line in ax.lines if set(line.get_xdata()) == {value}]
        assert len(upright) >= 1 and not any(line.overlaps(boxes[1 - own]) for line in upright)


def test_gap_dashes_our_line():
    """Between a printed stock and a printed target the supply is dashed and no shortfall is written."""
    years = range(2020, 2048)
    gap = pd.DataFrame({"demand": 900.0, "supply": 500.0, "shortfall": 400.0}, index=years)
    gap["supply_is"] = ["stock", *["line"] * 4, "target", *["kept"] * 22]
    ax = yl.plot_gap(gap)
    dashed = [line for line in ax.lines if line.get_color() == style.INK and line.get_linestyle() == "--"]
    assert [np.flatnonzero(np.isfinite(line.get_ydata())).tolist() for line in dashed] == [list(range(6))]
    assert [text.xy[0] for text in ax.texts if text.get_text() == "400"] == [2020, 2025, 2030, 2040, 2047]
    unknown = yl.plot_gap(gap.assign(supply=gap["supply"].where(gap.index > 2022)))
    assert "供给，2020–2022年：未公布" in [text.get_text() for text in unknown.texts]


def test_waterfall_hangs_together():
    """Bars hang from one another; what is left is written without its sign, for its name says it."""
    ax = draw("plot_waterfall", "zh")
    spans = [tuple(sorted((bar.get_x(), bar.get_x() + bar.get_width()))) for bar in ax.patches]
    assert spans == [(0, 9500), (5441, 9500), (-559, 5441), (-559, 0)]
    texts = [text.get_text() for text in ax.texts]
    assert {"9,500", "−4,059", "未公布", "−6,000", "559"} <= set(texts)


def test_tiles_of_the_nation():
    """Every province has a tile of its own, darker with its value; the three that have no figures are grey."""
    tiles = yl.load_table("province_tiles")
    provinces = yl.list_areas(level="province")["area"]
    assert sorted(tiles["area"].dropna()) == sorted(provinces) and not tiles.duplicated(["row", "column"]).any()
    values = tiles["row"].astype(float).where(tiles["area"].notna())
    drawn = yl.plot_tiles(tiles.assign(name=tiles["name_zh"], value=values)).patches
    assert sum(to_hex(patch.get_facecolor()) == style.RULE.lower() for patch in drawn) == 3
    dark, pale = (lightness(drawn[int(at)].get_facecolor()[:3]) for at in (values.idxmax(), values.idxmin()))
    assert dark < pale


@pytest.mark.parametrize(("population", "message"), [
    (pyramid()[lambda t: t.age.isin([0, 1, 5])], "equally wide"),
    (pd.concat([pyramid(), pyramid()]), "several rows"),
    (xr.DataArray(np.ones((2, 2, 3)), dims=("year", "sex", "age")), "Select one"),
    (pd.DataFrame({"men": [1.0, 2.0]}), "female"),
])  # fmt: skip
def test_pyramid_refuses(population, message):
    """What is not one pyramid is refused with the way out, as is an outline in other age groups."""
    with pytest.raises(DataError, match=message):
        yl.plot_pyramid(population)
    with pytest.raises(DataError, match="different age groups"):
        yl.plot_pyramid(pyramid(), compare=pyramid(100, 5))


@pytest.mark.parametrize("function", sorted(set(FIGURES) - {"plot_pyramid"}))
def test_refused_frame(function):
    """A lacking column is named, with the columns that came."""
    with pytest.raises(DataError, match="price"):
        getattr(yl, function)(pd.DataFrame({"lower_price" if function == "plot_fan" else "price": [1.0]}))


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_font_covers(weight):
    """Both weights have GB2312, 通用规范汉字表, our punctuation, and every character of our tables and catalogues."""
    have = set(map(chr, TTFont(style.FONTS / f"NotoSansSC-{weight}.otf").getBestCmap()))
    cells = (bytes([row, cell]).decode("gb2312", "ignore") for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    listed = (style.FONTS / "characters.txt").read_text(encoding="utf-8").partition("\n")[2]
    standard = set("".join([*cells, *listed.split()]))
    assert len(standard) == 6763 + 1467 and standard <= have
    assert set("，。、；：？！（）《》〈〉〔〕【】“”‘’—…·①②⑩≥≤±×÷−‰㎡℃↑↓→←%") <= have
    for path in [*(Path(__file__).parents[2] / "data").glob("*.csv"), *HERE.glob("*.toml")]:
        lacking = set(path.read_text(encoding="utf-8")) - have - set("\n\r\ufeff─")  # lines in comments
        assert not lacking, f"{path.name}: {lacking}"


def test_chinese_without_style():
    """A figure drawn where nobody called use_style still has Chinese letters, and sets nothing."""
    mpl.rcdefaults()
    ax = draw("plot_targets", "zh")
    ax.figure.canvas.draw()
    assert {text.get_fontfamily()[0] for text in ax.findobj(Text)} == {style.FAMILY}
    assert mpl.rcParams["font.family"] == mpl.rcParamsDefault["font.family"]


def lightness(colour: str) -> float:
    """CIE L* of a colour: what is left of it in a grey print."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = np.dot(linear, (0.2126, 0.7152, 0.0722))
    return 116 * luminance ** (1 / 3) - 16


def test_methods_draws_the_values():
    """Dots, ranges and lines of the methods are at the values given."""
    ax = draw("plot_methods", "zh")
    ax_dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() in "Dos"]
    upright = [line.get_xdata() for line in ax.lines if line.get_marker() == "None"]
    ax_lines = [xs[0] for xs in upright if len(set(xs)) == 1]
    parts = [part for lines in ax.collections for part in lines.get_segments() if len(part) and np.isfinite(part).all()]
    ranges = [tuple(part[:, 0]) for part in parts]
    assert ax_dots == [10592, 6300] and set(ax_lines) == {4059, 5100} and ranges == [(9000, 12000)]


def test_pyramid_sides():
    """Men are left and women right; the full colour marks 60 and over and, with single ages, those under 3."""
    patches = [patch.get_data().values for patch in yl.plot_pyramid(pyramid()).patches]
    assert (patches[0] <= 0).all() and (patches[2] >= 0).all()
    assert np.flatnonzero(patches[1]).tolist() == [0, 1, 2, *range(60, 101)]
    grouped = yl.plot_pyramid(pyramid(85, 5)).patches[1].get_data().values
    assert np.flatnonzero(grouped).tolist() == list(range(12, 18))


def test_letters_are_dark_enough():
    """Coloured letters have a contrast of at least 4.5 to 1 with white."""
    for colour in [*style.LETTERS.values(), style.BLUE, style.INK, style.MUTED]:
        luminance = ((lightness(colour) + 16) / 116) ** 3
        assert 1.05 / (luminance + 0.05) >= 4.5, colour


def test_wrap_keeps_marks():
    """Closing marks never begin a line, opening ones never end it, words and numbers stay whole."""
    lines = style.wrap("每千名老年人拥有养老床位（张），2025年达到10,500张。nursing beds", 7).split("\n")
    assert all(line[0] not in "，。）" and line[-1] != "（" for line in lines)
    assert "10,500张。" in "".join(lines) and any("10,500" in line for line in lines)
    assert all(style.em(line) <= 8 for line in lines)


def test_letters_are_measured_in_every_fork():
    """Processes that part once the font is open do not disturb each other; a character it lacks is as wide as 字."""
    code = "import multiprocessing as mp; from yilaolib.plots import style; style.em('甲')\n"
    code += "words = [''.join(map(chr, range(0x4E00 + i, 0x7E00))) + '\U00020bb7' for i in (0, 1)]\n"
    code += "with mp.get_context('fork').Pool(2) as pool: print(round(max(pool.map(style.em, words))))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "12289\n"
