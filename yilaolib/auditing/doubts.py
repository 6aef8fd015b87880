"""The notes of doubt of the data, which are in English, in Chinese.

Only what a pattern fits as a whole is translated; for the rest the reader is sent to the note itself. A guess from
single words would say that an age is missing where the note says that it stands too close to another figure.
"""

from __future__ import annotations

import re

PATTERNS = {  # of one part of a note (between semicolons): Chinese
    r"≥ may be lost.*": "疑脱“≥”",
    r"printed .+, separator lost.*|the age 65 stands directly after .+, separator lost.*": "疑脱分隔符",
    r"(age printed .+, )?月 lost.*": "疑脱“月”字",
    r"元 lost.*": "疑脱“元”字",
    r".*\ba digit may be lost": "疑脱数字",
    r"(survey, )?year (is )?not (stated|printed)\b.*|year only 目前.*|.*; year not printed": "年份未印明",
    r"year, age and basis not printed|age and basis of 老人 and the year are not printed.*": "年份、年龄与口径未印明",
    r"denominator not stated.*|the denominator .+ is not clear": "分母未注明",
    r"population used not printed": "所用人口未印明",
    r"whether 3-year-olds are in is not said": "是否含3岁儿童未注明",
    r"does not fit the printed share.*|5\.8万 of 161\.90万 residents is another share|conflict: .*": "所印数字互不相符",
    r"relation to the 473 villages unclear.*": "与473个建制村的关系不明",
    r"ambiguous whether .*|not said whether .*": "含义不明",
}
ELSEWHERE = "详见数据行的英文注"


def doubt_zh(notes: list[str]) -> str:
    """Return in Chinese what English notes doubt, as far as that is certain.

    Examples
    --------
    >>> doubt_zh(["printed 80%20%, separator lost", "year not stated"])
    '疑脱分隔符，年份未印明'
    >>> doubt_zh(["473 read as the number of administrative villages"])
    '详见数据行的英文注'
    """
    parts = [part.strip() for note in notes for part in note.split(";")]
    found = [[words for pattern, words in PATTERNS.items() if re.fullmatch(pattern, part)] for part in parts]
    known = list(dict.fromkeys(words for each in found for words in each[:1]))
    return "，".join(known if all(found) else [*known, ELSEWHERE])
