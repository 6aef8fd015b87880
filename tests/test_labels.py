"""The tables of a report: every link of a printed figure leads to a row of the data, in both languages."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from yilaolib.reports.brief import city_brief
from yilaolib.reports.labels import Labels
from yilaolib.reports.phrases import COLUMNS


@pytest.fixture(scope="module", params=["jingdezhen", "yueyang", "haian", "jiangxi"])
def brief(request):
    return city_brief(request.param, end_year=2030)


def linked(say: Labels) -> set[str]:
    """Ids that the report's tables and figures link to."""
    brief = say.brief
    cells = [*say.links(say.ledger()["observation"]), *say.links(say.own("bed")["observation"])]
    tables = [say.target_links(), say.supply_links(brief.bed_supply), say.supply_links(brief.place_supply)]
    tables += [say.peer_links(), say.subsidy_links(), say.share_links(), say.own_links("place")]
    cells += [cell for table in tables for column in table.values() for cell in column]
    marked = [say.method_links(brief.bed_methods), say.method_links(brief.place_methods), say.staff_links()]
    marked += [say.step_links(brief.bed_steps), say.step_links(brief.place_steps), say.nursing_links()]
    cells += [to for table in marked for column in table.values() for cell in column for to, _ in cell]
    return set(cells) - {None}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_links_lead_to_rows(brief, lang):
    """Every printed figure leads to a row that the report shows, and no row is shown that nothing leads to."""
    say = Labels(brief, lang)
    assert linked(say) == set(say.links(brief.rows["observation"]))
    assert len(say.rows()) == len(brief.rows)


def test_printed_inputs_have_rows(brief):
    """The printed inputs of methods, steps, staff, peers and supply are all among the rows."""
    frames = (brief.bed_methods, brief.place_methods, brief.bed_steps, brief.staff, brief.nursing)
    used = {name for frame in frames for names in frame["observations"] for name in names}
    used |= set(brief.bed_supply["observation"].dropna()) | set(brief.peers.get("observation", ()))
    assert used <= set(brief.rows["observation"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_documents_of_rows_and_parameters_are_listed(brief, lang):
    """Every document that a row or a parameter names stands in the list of sources."""
    say = Labels(brief, lang)
    named = {*brief.rows["source"].dropna(), *brief.parameters["source"].dropna()}
    assert named <= set(say.documents["source"])


@pytest.mark.parametrize(
    ("baseline", "target", "direction", "zh", "en"),
    [
        (20, 10, "higher ge", "下限低于基期", "a floor below the baseline"),
        (10, 20, "lower le", "上限高于基期", "a ceiling above the baseline"),
        (10, 20, "higher ge", "改善", "improves"),
        (10, 20, "higher", "改善", "improves"),
        (20, 10, "higher", "低于基期", "below the baseline"),
        (20, 10, "lower", "改善", "improves"),
        (10, 20, "lower", "高于基期", "above the baseline"),  # of these, fewer is better
        (10, 20, "neutral", "上升", "rises"),
        (20, 10, "neutral", "下降", "falls"),
        (10, 10, "lower", "持平", "unchanged"),
        (float("nan"), 10, "higher", "无基期值", "no baseline"),
    ],
)
def test_step_in_words(brief, baseline, target, direction, zh, en):
    """What a target does to its baseline is said by the indicator's direction, and of a floor or ceiling as such."""
    assert Labels(brief, "zh").step(baseline, target, *direction.split()) == zh
    assert Labels(brief, "en").step(baseline, target, *direction.split()) == en


def test_inputs_of_methods_are_said_in_chinese(brief):
    """No English word is left in the Chinese inputs of methods, nor a slug of a place in the English ones."""
    for lang, left in (("zh", "[a-z]{2}"), ("en", "of (lianshui|yingtan)")):
        say = Labels(brief, lang)
        tables = [table[COLUMNS[lang]["inputs"]] for table in (say.bed_table(), say.place_table())]
        assert not [text for column in tables for text in column if re.search(left, text)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_alternative_texts_of_figures(brief, lang):
    """The alternative text of every figure is a whole sentence that tells numbers."""
    say = Labels(brief, lang)
    texts = [
        say.alt_methods("bed", brief.bed_methods, say.bed_lines()),
        say.alt_methods("place", brief.place_methods, say.place_lines()),
        say.alt_steps("bed", brief.bed_steps),
        say.alt_steps("place", brief.place_steps),
        *(say.alt(name) for name in ("pyramid", "ageing", "bed_gap", "place_gap")),
        *([say.alt_stock(say.stock())] if len(say.stock()) else []),
        *([say.alt_peers()] if len(brief.peers) else []),
    ]
    for text in texts:
        assert text.endswith("。" if lang == "zh" else ".") and any(c.isdigit() for c in text)
        assert not any(bad in text for bad in ("nan", "None", "{", "}", "--", "。。"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_caption_is_filled(brief, lang):
    """No caption, note or alternative text keeps a brace, and none says nan or None."""
    from yilaolib.reports.phrases import ALTS, CAPTIONS, NOTES

    say = Labels(brief, lang)
    texts = (
        [say.caption(k) for k in CAPTIONS[lang]] + [say.note(k) for k in NOTES[lang]] + [say.alt(k) for k in ALTS[lang]]
    )
    assert not [text for text in texts if any(bad in text for bad in ("{", "}", "nan", "None"))]


def test_both_languages_have_the_same_keys():
    """Every word, caption, note and alternative text is there in both languages."""
    from yilaolib.reports import phrases as phrases

    for name in ("WORDS", "COLUMNS", "CAPTIONS", "NOTES", "ALTS"):
        table = getattr(phrases, name)
        assert set(table["zh"]) == set(table["en"]), name


def test_filled_people_are_named_in_every_caption(brief):
    """Where the people are filled in from a parent, captions say so but those of documents; filled e0 is no person."""
    from yilaolib.reports.phrases import CAPTIONS
    from yilaolib.reports.wording import PRINTED

    for table, wanted in (("population", set(CAPTIONS["en"]) - set(PRINTED)), ("assumptions", set())):
        filled = brief.parameters.assign(note_en="filled", note_zh="推算", table=table)
        say = Labels(replace(brief, filled=filled), "en")
        marked = {key for key in CAPTIONS["en"] if say.caption(key).endswith("(population filled from the parent)")}
        assert marked == wanted


@pytest.mark.parametrize(
    ("demand", "draws", "zh", "en"),
    [
        (
            [9, 4, 4],
            {"turns_pct": 60.0, "lower_80": 2026, "upper_80": 2027},
            "在2026年转为富余。考虑",
            "2026 and 2027.",
        ),
        (
            [9, 4, 4],
            {"turns_pct": 60.0, "lower_80": 2026, "upper_80": 2026},
            "80%在2026年转变。",
            "these turn in 2026.",
        ),
        ([9, 9, 9], {"turns_pct": 0.0}, "均有缺口。考虑人口不确定性，到2027年，没有", "In none of the random paths"),
        ([9, 4, 9], {}, "其后又出现缺口。", "comes back."),
        ([4, 9, 9], {}, "没有由缺口转为富余的年份。", "no year in which"),
        ([4, 4, 4], {"turns_pct": 0.0}, "均无缺口。", "short in no year whose supply is known."),
        ([None, None, None], {}, "无法判断", "cannot be said"),
    ],
)
def test_when_a_shortage_turns_in_words(brief, demand, draws, zh, en):
    """The sentence says when the shortage turns, that it comes back or stays, and how sure that is."""
    gap = pd.DataFrame({"demand": demand, "supply": 5.0}, index=[2025, 2026, 2027], dtype=float)
    gap.attrs["turning"] = draws
    assert zh in Labels(brief, "zh").turn(gap)
    assert en in Labels(brief, "en").turn(gap)


@pytest.mark.parametrize(
    ("part", "zh", "en"),
    [(0.5, "不到1%", "under 1 %"), (1, "1%", "1 %"), (99.5, "超过99%", "over 99 %"), (100, "100%", "100 %")],
)
def test_some_are_not_none_and_most_are_not_all(brief, part, zh, en):
    """One random path of many that turns is not 0 %, and all of them but one are not 100 %."""
    gap = pd.DataFrame({"demand": [9.0, 4.0], "supply": 5.0}, index=[2025, 2026])
    gap.attrs["turning"] = {"turns_pct": part, "lower_80": 2026, "upper_80": 2026}
    assert f"，{zh}的随机路径" in Labels(brief, "zh").turn(gap)
    assert f"In {en} of the random paths" in Labels(brief, "en").turn(gap)


def test_only_doubts_are_shown_as_doubts(brief):
    """A note that is no doubt is not shown as one in either language, a doubt told in Chinese only by its Chinese."""
    rows = brief.rows.iloc[[0, 0, 0]].assign(
        note=["rounded", "DOUBT: lost", "DOUBT: 疑脱"], note_zh=["已四舍五入", "疑有脱字", None]
    )
    for lang, told in (("zh", [None, "疑有脱字", "疑脱"]), ("en", [None, "lost", "疑脱"])):
        shown = Labels(replace(brief, rows=rows), lang).rows()[COLUMNS[lang]["doubt"]]
        assert shown.astype(object).where(shown.notna(), None).tolist() == told


def test_note_of_a_level_in_chinese(brief):
    """A level of one's own that has its Chinese note in `note` keeps it; English words are not shown in Chinese."""
    table = brief.parameters.assign(note="own count", note_zh=None)
    table.loc[table.index[0], "note"] = "本市卫健委统计"
    shown = Labels(replace(brief, parameters=table), "zh").parameters()[COLUMNS["zh"]["note"]]
    assert shown.iloc[0] == "本市卫健委统计" and shown.iloc[1:].isna().all()
