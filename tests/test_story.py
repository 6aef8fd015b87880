"""The sentences of a report: they say what the numbers say, in both languages, and never say a missing number."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from oracles import CITIES, brief_of

from yilaolib.demography import projection as names
from yilaolib.reports.labels import Labels
from yilaolib.reports.numerals import count, path_words, percent
from yilaolib.reports.story import SCENARIOS, audit_line, gap_words, key_lines
from yilaolib.tables.areas import load_table

TODAY, TOMORROW, BEDS, PLACES, AIMS, AUDIT = range(6)
LANGS = ("zh", "en")
NO_WORDS = re.compile(r"nan|None|NaT|<NA>|inf\b|\{|\}|(?<![\d,.])0[张个]|(?<![\d,.])0 (short|to spare|persons)")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("place", [*CITIES, "jiangxi"])
def test_one_sentence_a_subject_for_every_place(place, lang):
    """Today, tomorrow, beds, places, targets and audit, each a whole sentence without a missing number in it."""
    six = key_lines(brief_of(place), lang)
    assert len(six) == 6
    for line in six:
        assert line.endswith("。" if lang == "zh" else ".")
        assert not NO_WORDS.search(line), line


@pytest.mark.parametrize("place", [*CITIES, "jiangxi"])
def test_both_languages_give_the_same_percentages(place):
    """A reader of either language reads the same shares, in the same order within a sentence."""
    for zh, en in zip(*(key_lines(brief_of(place), lang)[:4] for lang in LANGS), strict=True):
        assert sorted(re.findall(r"(\d+\.\d+) ?%", zh)) == sorted(re.findall(r"(\d+\.\d+) ?%", en))


@pytest.mark.parametrize("place", CITIES)
def test_english_has_no_chinese_in_it(place):
    """An English sentence names everything in English."""
    assert not re.search(r"[一-鿿。，；]", " ".join(key_lines(brief_of(place), "en")))


def test_today_of_jingdezhen():
    """Census figures and stage as published, in both languages."""
    brief = brief_of("jingdezhen")
    assert key_lines(brief, "zh")[TODAY] == (
        "2020年11月1日普查，景德镇市常住人口161.90万人，其中60岁及以上26.92万人（16.63%），"
        "65岁及以上18.40万人（11.37%）；按国家卫健委2022年的划分标准为“轻度老龄化”。"
    )
    assert key_lines(brief, "en")[TODAY] == (
        "Census of 1 November 2020: Jingdezhen had 1,618,979 residents, 269,220 aged 60+ (16.63 %) and 184,043 aged "
        "65+ (11.37 %); by the health commission's scheme of 2022 that is mild ageing."
    )


def with_shares(first, last):
    """A brief whose share aged 60+ goes from one value to another [percent]."""
    brief = brief_of("haian")
    path = brief.ageing.assign(share_60_pct=np.linspace(first, last, len(brief.ageing)))
    return replace(brief, ageing=path)


@pytest.mark.parametrize(
    ("first", "last", "zh", "en"),
    [
        (30.0, 40.0, "由2020年末的30.0%上升到2035年末的40.0%", "rises from 30.0 % at the end of 2020 to 40.0 %"),
        (40.0, 30.0, "由2020年末的40.0%下降到2035年末的30.0%", "falls from 40.0 % at the end of 2020 to 30.0 %"),
        (30.0, 30.0, "占比在2020年末与2035年末均为30.0%", "aged 60+ is 30.0 % at the end of 2020 and of 2035"),
        (30.04, 29.96, "均为30.0%", "is 30.0 % at the end of 2020 and"),  # the verb is that of the figures shown
        (30.04, 30.06, "30.0%上升到2035年末的30.1%", "rises from 30.0 % at the end of 2020 to 30.1 %"),
    ],
)
def test_share_rises_falls_or_stays(first, last, zh, en):
    """The verb says what the two figures beside it do."""
    brief = with_shares(first, last)
    assert zh in key_lines(brief, "zh")[TOMORROW]
    assert en in key_lines(brief, "en")[TOMORROW]


@pytest.mark.parametrize(
    ("city", "zh", "en"),
    [
        ("jingdezhen", "规划预测为32.41万人、19.28%。", "The plan's own forecast is 324,100, 19.28 %."),
        ("haian", "，规划未公布自己的预测。", "The plan publishes no forecast of its own."),
    ],
)
def test_forecast_of_the_plan(city, zh, en):
    """The plan's own forecast stands beside ours, or the sentence says that there is none."""
    assert key_lines(brief_of(city), "zh")[TOMORROW].endswith(zh)
    assert key_lines(brief_of(city), "en")[TOMORROW].endswith(en)


def gap(supply, demand, held=False):
    frame = pd.DataFrame({"supply": supply, "demand": demand}, index=[2025], dtype=float)
    missing = frame["demand"] - frame["supply"]
    frame = frame.assign(shortfall=missing.clip(0), surplus=(-missing).clip(0), implied_coverage_pct=25.0)
    frame.attrs.update(held=held, method="norm", norm=4.5)
    return frame


@pytest.mark.parametrize(
    ("frame", "zh", "en"),
    [
        (gap(4_000, 10_500), "达到规划目标时缺6,500张", "if the plan's target is met, 6,500 short"),
        (gap(4_000, 10_500, held=True), "按现有存量缺6,500张", "with today's stock, 6,500 short"),
        (gap(10_500, 4_000), "达到规划目标时余6,500张", "if the plan's target is met, 6,500 to spare"),
        (gap(10_500, 4_000, held=True), "按现有存量余6,500张", "with today's stock, 6,500 to spare"),
        (gap(4_000, 4_000), "达到规划目标时供需持平", "if the plan's target is met, just met"),
        (gap(4_000, 4_000.5), "供需持平", "just met"),  # half a bed would be printed as 0
        (gap(4_000, 4_000.6), "缺1张", "1 short"),
        (gap(4_000.5, 4_000), "供需持平", "just met"),
        (gap(np.nan, 4_000), "供给未公布，缺口无法计算", "supply is not published, so no gap can be given"),
        (gap(0, 330_000), "缺33.00万张", "330,000 short"),
    ],
)
def test_gap_in_words(frame, zh, en):
    """Short, to spare, just met or not published, against the plan or against today's stock."""
    assert gap_words(frame, 2025, "zh", "张").endswith(zh)
    assert gap_words(frame, 2025, "en").endswith(en)


def test_beds_of_a_plan_that_prints_its_sum():
    """The need and the gap that 景德镇 prints, and what the sum that it describes gives."""
    brief = brief_of("jingdezhen")
    assert key_lines(brief, "zh")[BEDS].endswith("规划自测需10500张、缺口6441张；按其所述全省分摊法复算为10,592张。")
    assert key_lines(brief, "en")[BEDS].endswith(
        "The plan itself states a need of 10,500 and a gap of 6,441; "
        "the share of the province that it describes gives 10,592."
    )


def test_beds_of_a_plan_whose_sum_cannot_be_recomputed():
    """Where the province's beds are not published, the sentence ends with the plan's own figures."""
    brief = brief_of("jingdezhen")
    methods = brief.bed_methods.assign(
        central=brief.bed_methods["central"].where(brief.bed_methods["method"] != "share")
    )
    brief = replace(brief, bed_methods=methods)
    assert key_lines(brief, "zh")[BEDS].endswith("规划自测需10500张、缺口6441张。")
    assert key_lines(brief, "en")[BEDS].endswith("a need of 10,500 and a gap of 6,441.")


def test_beds_of_a_plan_that_prints_none():
    """Where the plan prints no need and no gap, nothing is said about them."""
    assert "规划自测" not in key_lines(brief_of("yingtan"), "zh")[BEDS]
    assert "The plan itself" not in key_lines(brief_of("yingtan"), "en")[BEDS]


@pytest.mark.parametrize(
    ("frame", "zh", "en"),
    [
        (
            gap(2_000, 9_000),
            "2025年需9,000张，达到规划目标时缺7,000张",
            "9,000 are needed in 2025; if the plan's target is met, 7,000 short.",
        ),
        (gap(9_500, 9_000), "达到规划目标时余500张", "if the plan's target is met, 500 to spare."),
        (gap(np.nan, 9_000), "供给未公布，缺口无法计算", "supply is not published, so no gap can be given."),
    ],
)
def test_beds_short_to_spare_or_unknown(frame, zh, en):
    """The sentence on beds has the demand of the target year and what the supply leaves of it."""
    brief = replace(brief_of("yueyang"), bed_gap=frame)
    assert zh in key_lines(brief, "zh")[BEDS]
    assert en in key_lines(brief, "en")[BEDS]


@pytest.mark.parametrize(
    ("city", "zh", "en"),
    [
        ("jingdezhen", "；规划自测缺口3331个。", "The plan itself states a gap of 3,331."),
        ("yingtan", "；规划未公布缺口。", "The plan publishes no gap of its own."),
    ],
)
def test_places_with_and_without_the_plan_s_gap(city, zh, en):
    """The gap that the plan prints, or the words that it prints none."""
    assert key_lines(brief_of(city), "zh")[PLACES].endswith(zh)
    assert key_lines(brief_of(city), "en")[PLACES].endswith(en)


def test_norm_and_coverage_of_places():
    """The sentence on places has the norm and the coverage that it implies."""
    brief = replace(brief_of("yingtan"), place_gap=gap(2_000, 5_000))
    assert (
        "按每千人口4.5个，2025年需5,000个（相当于0—2岁儿童的25.0%），达到规划目标时缺3,000个"
        in key_lines(brief, "zh")[PLACES]
    )
    assert (
        "at 4.5 places per 1000 residents, 5,000 are needed in 2025 (25.0 % of children aged 0-2)"
        in key_lines(brief, "en")[PLACES]
    )


def with_targets(**columns):
    """A brief of 岳阳 with another table of targets."""
    brief = brief_of("yueyang")
    return replace(brief, targets=brief.targets.assign(**columns))


def no_table():
    brief = brief_of("yueyang")
    return replace(brief, targets=brief.targets.iloc[:0])


def fewer_is_better(comparator="eq"):
    """岳阳 with an indicator of which fewer is better, whose target is above its baseline."""
    table = brief_of("yueyang").targets
    worse = table["indicator"] == "vaccination_pct"
    return with_targets(
        steps_back=worse,
        baseline=table["baseline"].mask(worse, 10),
        target=table["target"].mask(worse, 20),
        comparator=comparator,
    )


def one_back():
    table = brief_of("yueyang").targets
    return with_targets(steps_back=table["indicator"] == "vaccination_pct")


@pytest.mark.parametrize(
    ("brief", "zh", "en"),
    [
        (
            lambda: brief_of("jiangxi"),
            "目标：本库未收录该地区的规划。",
            "Targets: no plan in the tables of this library.",
        ),
        (no_table, "目标：未公布指标表。", "Targets: an indicator table is not published."),
        (
            lambda: with_targets(baseline=np.nan, steps_back=False),
            "共31项，均无基期值，无法判断升降。",
            "none with a baseline",
        ),
        (
            lambda: with_targets(steps_back=False),
            "22项有基期值，没有目标较基期倒退。",
            "22 with a baseline; none steps back.",
        ),
        (one_back, "其中1项目标低于基期（预防接种率）。", "1 aims below it (Vaccination)."),
        (fewer_is_better, "其中1项目标高于基期（预防接种率）。", "1 aims above it (Vaccination)."),
        (lambda: brief_of("yueyang"), "其中2项目标低于基期（", "2 aim below it ("),
        (lambda: brief_of("yueyang"), "，2项目标的下限低于基期（", " and 2 set a floor below it ("),
        (
            lambda: fewer_is_better("le"),
            "其中1项目标的上限高于基期（预防接种率）。",
            "1 sets a ceiling above it (Vaccination).",
        ),
    ],
    ids=range(9),
)
def test_targets_in_words(brief, zh, en):
    """No table, no baselines, none, one or several targets below the baseline."""
    assert zh in key_lines(brief(), "zh")[AIMS]
    assert en in key_lines(brief(), "en")[AIMS]


@pytest.mark.parametrize(
    "verdicts",
    [
        {"exact": 10, "rounding": 3, "other_denominator": 2, "year_mismatch": 1, "inconsistent": 20, "unverifiable": 4},
        {"truncated": 2, "text_vs_table": 5, "unverifiable": 10},
        {"convenient": 7},
    ],
)
def test_audit_counts_every_figure_once(verdicts):
    """The counts of the audit sum to the number of figures, are the same in both languages, and none of them is 0."""
    table = pd.DataFrame({"verdict": [name for name, times in verdicts.items() for _ in range(times)]})
    brief = replace(brief_of("yueyang"), audit=table)
    zh, en = ([int(n) for n in re.findall(r"\d+", key_lines(brief, lang)[AUDIT])] for lang in LANGS)
    assert zh == en
    total, *parts = zh
    assert total == sum(verdicts.values()) == sum(parts)
    assert min(parts) > 0


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    ("verdict", "one", "more"),
    [
        ("exact", "is reproduced", "are reproduced"),
        ("text_vs_table", "differs between", "differ between"),
        ("year_mismatch", "holds for another", "hold for another"),
        ("inconsistent", "is not reproduced", "are not reproduced"),
        ("unverifiable", "cannot be verified or is shown", "cannot be verified or are shown"),
    ],
)
def test_audit_speaks_of_one_and_of_several(verdict, one, more, times):
    """One figure differs, two figures differ."""
    brief = replace(brief_of("yueyang"), audit=pd.DataFrame({"verdict": [verdict] * times}))
    line = audit_line(brief, "en")
    assert f"{times} {one if times == 1 else more}" in line
    assert f"of {times} printed figure{'s' * (times - 1)} recomputed" in line


def test_audit_without_a_plan():
    """Where there is no plan, the sentence says so."""
    assert key_lines(brief_of("jiangxi"), "en")[AUDIT] == "Audit: no plan, so nothing was recomputed."


def test_scenarios_are_those_of_the_table():
    """The scenarios that are offered, and named in both languages, are those that table `assumptions` has."""
    ours = set(load_table("assumptions")["scenario"].dropna())
    assert ours == set(names.SCENARIOS) and all(ours == set(words) for words in SCENARIOS.values())


@pytest.mark.parametrize(
    ("scenario", "zh", "en"),
    [
        ("low", "低方案下", "In the low scenario"),
        ("high", "高方案下", "In the high scenario"),
        ("zero-migration", "零迁移方案下", "In the zero-migration scenario"),
        ("三孩", "“三孩”方案下", "In the '三孩' scenario"),  # one of the user's own
    ],
)
def test_scenario_is_named(scenario, zh, en):
    """The sentence on the future names the scenario that it is about."""
    brief = replace(brief_of("haian"), scenario=scenario)
    assert key_lines(brief, "zh")[TOMORROW].startswith(zh)
    assert key_lines(brief, "en")[TOMORROW].startswith(en)


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (99_999, "99,999人", "99,999"),
        (100_000, "10.00万人", "100,000"),
        (7, "7人", "7"),
        (None, "未公布", "not published"),
    ],
)
def test_counts_are_read_in_wan_from_a_hundred_thousand(value, zh, en):
    """Chinese readers read 10万 and more in 万; English readers read all digits."""
    assert count(value, "zh", "人") == zh
    assert count(value, "en") == en


def test_missing_percentage_is_not_published():
    """A missing share is never printed as nan."""
    assert (percent(np.nan, "zh"), percent(np.nan, "en")) == ("未公布", "not published")


@pytest.mark.parametrize(
    ("path", "zh", "en"),
    [
        ((99_999.6, 99_999.7), "在2020年末与2050年末均为100,000人", "is 100,000 at the end of 2020 and of 2050"),
        (
            (50_000, 40_000),
            "由2020年末的50,000人减少到2050年末的40,000人",
            "falls from 50,000 at the end of 2020 to 40,000",
        ),
        (
            (40_000, 50_000),
            "由2020年末的40,000人增加到2050年末的50,000人",
            "rises from 40,000 at the end of 2020 to 50,000",
        ),
    ],
)
def test_persons_grow_or_shrink(path, zh, en):
    """Persons 增加 or 减少; what is shown as the same number does neither."""
    series = pd.Series(path, index=[2020, 2050])
    assert path_words(series, "zh", lambda value: count(value, "zh", "人"), persons=True) == zh
    assert path_words(series, "en", lambda value: count(value, "en"), persons=True).startswith(en)


def test_identity_card_of_a_draft():
    """岳阳's plan is a draft for comment, said in both languages on cards of the same items."""
    zh, en = (dict(Labels(brief_of("yueyang"), lang).identity().to_numpy()) for lang in LANGS)
    assert (zh["状态"], en["status"]) == ("征求意见稿", "draft for comment")
    assert (zh["规划期"], en["period"]) == ("2021—2025年", "2021–2025")
    assert len(zh) == len(en)


def test_identity_card_without_a_plan():
    """Without a plan in the tables the card says so; that is not the same as a plan that does not publish."""
    card = dict(Labels(brief_of("jiangxi"), "en").identity().to_numpy())
    assert card.pop("population of this report") == "residents (census)"
    assert card.pop("plan") == "none in the tables of this library"
    assert all(pd.isna(value) for value in card.values())


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "减去现有（未公布）、项目清单新增（未公布）；缺口无法计算。"),
        ("en", "less present supply (not published); new by the project list (not published); so no gap can be given."),
    ],
)
def test_unpublished_steps_are_said_in_brackets(lang, said):
    """What would be taken from the need and is not published is named as that, and no gap is told."""
    brief = brief_of("yueyang")
    assert said in Labels(brief, lang).alt_steps("place", brief.place_steps)
