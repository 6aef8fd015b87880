"""The tables of a report: every link of a printed figure leads to a row of the data, in both languages."""

import pytest

from yilaolib.rendering.brief import city_brief
from yilaolib.rendering.labels import Labels


@pytest.fixture(scope="module", params=["jingdezhen", "yueyang", "haian", "jiangxi"])
def brief(request):
    return city_brief(request.param, end_year=2030)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_links_lead_to_rows(brief, lang):
    """Targets, audit, supply and the plan's own need link only to rows that the report prints."""
    say = Labels(brief, lang)
    used = [brief.targets.get("observation", ()), say.ledger()["observation"], brief.bed_supply["observation"]]
    used += [say.own(what)["observation"] for what in ("bed", "place")]
    links = {link for observations in used for link in say.links(observations)} - {None}
    assert links <= set(say.links(brief.rows["observation"]))
    assert len(say.rows()) == len(brief.rows)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_caption_is_filled(brief, lang):
    """No caption, note or alternative text keeps a brace, and none says nan or None."""
    from yilaolib.rendering.phrases import ALTS, CAPTIONS, NOTES

    say = Labels(brief, lang)
    texts = (
        [say.caption(k) for k in CAPTIONS[lang]] + [say.note(k) for k in NOTES[lang]] + [say.alt(k) for k in ALTS[lang]]
    )
    assert not [text for text in texts if any(bad in text for bad in ("{", "}", "nan", "None"))]


def test_both_languages_have_the_same_keys():
    """Every word, caption, note and alternative text is there in both languages."""
    from yilaolib.rendering import phrases

    for name in ("WORDS", "COLUMNS", "CAPTIONS", "NOTES", "ALTS"):
        table = getattr(phrases, name)
        assert set(table["zh"]) == set(table["en"]), name


def test_filled_people_are_named_in_every_caption(brief):
    """Where the people are filled in from a parent, every caption says so but those of what documents print."""
    from dataclasses import replace

    from yilaolib.rendering.phrases import CAPTIONS
    from yilaolib.rendering.wording import PRINTED

    say = Labels(replace(brief, filled=brief.parameters.assign(note_en="filled", note_zh="推算")), "en")
    marked = {key for key in CAPTIONS["en"] if say.caption(key).endswith("(population filled from the parent)")}
    assert marked == set(CAPTIONS["en"]) - set(PRINTED) and "population" in marked
