"""Notes of doubt in Chinese: only what is certain is translated, and the rest is pointed at."""

import pytest

from yilaolib.auditing.doubts import ELSEWHERE, PATTERNS, doubt_zh
from yilaolib.data import load_table


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("year not stated", "年份未印明"),
        ("age printed 18个以上, 月 lost (18 months and above)", "疑脱“月”字"),  # the age is printed
        ("the age 65 stands directly after 19.28%, separator lost; 2025", f"疑脱分隔符，{ELSEWHERE}"),
        (
            'sentence is "473个建制村"; 473 read as the number of administrative villages',
            ELSEWHERE,
        ),  # "age" in villages
        ("cumulative over the plan period or the year 2025 alone is not stated", ELSEWHERE),  # the year is printed
        ("denominator not stated, read as the same group; year not stated", "分母未注明，年份未印明"),
    ],
)
def test_only_what_is_certain_is_translated(note, said):
    """No word of a note is taken for what the note does not say."""
    assert doubt_zh([note]) == said


def test_every_doubt_of_the_data_is_told():
    """Each note of the data gives Chinese words, translated or the pointer to the note, and every pattern is used."""
    notes = load_table("observations")["note"].dropna()
    said = [doubt_zh([note.removeprefix("DOUBT:").strip()]) for note in notes[notes.str.startswith("DOUBT")]]
    assert all(text and not any("a" <= c <= "z" for c in text) for text in said)
    assert {words for words in PATTERNS.values() if not any(words in text for text in said)} <= {
        "所用人口未印明",
        "是否含3岁儿童未注明",
    }
