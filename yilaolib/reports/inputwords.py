"""The inputs of methods in the language of a report: `needs` writes them once, in English words and symbols."""

from __future__ import annotations

import re
from collections.abc import Mapping

CHINESE = re.compile("[\u4e00-\u9fff]")
PRINTED = re.compile(r"(.+) \((\d{4}), (.+)\)")  # a printed figure with its year and its place in the plan
SYMBOLS = (  # of the formulas, in English; longer phrases first
    (r"\bN ([\d,]+) residents of new estates", r"\1 residents of new estates"),
    (
        r"\bw ([\d,]+), W ([\d,]+) \(need at the province's ratio less present beds",
        r"own shortfall \1, all shortfalls \2 (need at the province's ratio less present beds",
    ),
    (r"\bC ([\d,]+) (\(\d+\)) aged 0-2", r"\1 children 0-2 \2"),
    (r"\bR ([\d,]+) in ", r"\1 residents in "),
    (r" x E ", " × persons 60+ "),
    (r"\bE0 ([\d,]+)", r"then \1 persons 60+"),
    (r"\bE (?=\d)", "persons 60+ "),
    (r"\bT (?=\d)", "province's beds "),
    (r"\bw (?=\d)", "own elderly "),
    (r"\bW (?=\d)", "province's elderly "),
    (r"\bB (?=\d)", "present beds "),
    (r"\bN (?=\d)", "residents "),
    (r"(?<=; )s (?=[a-z])", "share in homes: "),
    (r"\bc (?=\d)", "coverage "),
    (r"\br (?=\d)", "norm "),
    (r"\bo (?=\d)", "target occupancy "),
)
# In this order: longer phrases first, symbols last.
PHRASES = (
    (r"not published: ", "未公布："),
    (r"beds needed or planned", "所需或规划的床位数"),
    (r"a number of places needed or planned", "所需或规划的托位数"),
    (r"the province's beds in its target year", "全省目标年床位数"),
    (r"the province's persons by age in (\d+)", r"全省\1年分年龄人口"),
    (r"present beds of the places that share with this one", "同省各地现有床位数"),
    (r"a national number of beds per 1000 elderly", "全国每千名老年人床位数"),
    (r"beds per 1000 elderly", "每千名老年人床位数"),
    (r"a norm in any other plan", "其他规划的床位标准"),
    (r"the present number of beds", "现有床位数"),
    (r"residents of homes for the elderly", "养老机构入住人数"),
    (r"places per 1000 residents of new estates", "新建小区每千人口托位数"),
    (r"N ([\d,]+) residents of new estates", r"新建小区人口 \1"),
    (r"residents of new estates", "新建小区人口"),
    (r"wish and use", "送托意愿与实际入托率"),
    (
        r"need at the province's ratio less present beds; those of (\d+) of (\d+) places judged",
        r"按全省比例所需减现有床位；\2地中\1地的现有床位为判断",
    ),
    (r"plans (\S+) to ([\d.]+)", r"各规划\1至\2"),
    (r"(\d+) other plans", r"其他规划\1个"),
    (r"r (\S+) to (\S+) ", r"标准 \1至\2 "),
    (r"on the plan's E ([\d,]+) \((\d+)\) ", r"按规划预测的60岁及以上 \1 (\2)则为 "),
    (r"65\+, ADL by age and sex, ", "65岁及以上分年龄、性别的日常活动失能率, "),
    (r"60\+, cannot care for themselves", "60岁及以上生活不能自理率"),
    (r"; s ", "; 入住机构比例 "),
    (r"mild ", "轻度 "),
    (r"moderate ", "中度 "),
    (r"severe ", "重度 "),
    (r"unable ", "不能自理 "),
    (r"R ([\d,]+) in ([\d,]+) public beds", r"公办床位 \2 张入住 \1 人"),
    (
        r"private homes 0 to ([\d,]+), central ([\d,]+): as full as public ones",
        r"民办入住 0 至 \1 人, 取 \2 人: 与公办入住率相同",
    ),
    (r"by care need ", "按照护需求 "),
    (r"care need", "照护需求"),
    (r"by (\d+)\+ ", r"按\1岁及以上 "),
    (r" aged 0-2, use (\S+) %, wish (\S+) %", r", 实际入托率 \1%, 送托意愿 \2%"),
    (r" aged 0-2, c (\S+) and (\S+)", r", 入托率 \1 和 \2"),
    (r" aged 0-2, c ", ", 入托率 "),
    (r"figures of ", "数据来自"),
    (r"as printed", "照原文"),
    (r"secondary", "转引"),
    (r"projected", "推算"),
    (r"census", "普查"),
    (r"judged", "判断"),
    (r"yours", "自定"),
    (r" x E ", " × 60岁及以上 "),
    (r"\bE0 ", "基期60岁及以上 "),
    (r"\bE (?=\d)", "60岁及以上 "),
    (r"\bT (?=\d)", "全省床位 "),
    (r"\bw (?=\d)", "本地 "),
    (r"\bW (?=\d)", "全省 "),
    (r"\bB (?=\d)", "现有床位 "),
    (r"\bN (?=\d)", "常住人口 "),
    (r"\bC (?=\d)", "0—2岁 "),
    (r"\br (?=\d)", "标准 "),
    (r"\bo (?=\d)", "目标入住率 "),
    (r"\((\d+)\+, ", r"(\1岁及以上, "),
    (r"(?<=\d), (?=\d)", "、"),
    (r" ?\(", "（"),
    (r"\)", "）"),
    (r", ", "，"),
    (r"; ", "；"),
    (r": ", "："),
)


def input_words(text: str, lang: str, names: Mapping[str, str]) -> str:
    """Return the inputs of a method in a language; what holds Chinese already is as printed.

    Examples
    --------
    >>> input_words("r 39 (2025; plans 39 to 45), E 331,204 (2025)", "zh", {})
    '标准 39（2025；各规划39至45），60岁及以上 331,204（2025）'
    >>> input_words("C 100 (2025) aged 0-2, use 18 %, wish 45 %; figures of lianshui", "zh", {"lianshui": "涟水县"})
    '0—2岁 100（2025），实际入托率 18%，送托意愿 45%；数据来自涟水县'
    >>> input_words("r 39 (2025), E 331,204 (2025); o 0.85 (judged)", "en", {})
    'norm 39 (2025), persons 60+ 331,204 (2025); target occupancy 0.85 (judged)'
    >>> input_words("r 12, N 9,000 residents of new estates (yours)", "en", {})
    'norm 12, 9,000 residents of new estates (yours)'
    >>> input_words("T 900 (2025), w 5, W 30 (need at the province's ratio less present beds; 1)", "en", {})
    "province's beds 900 (2025), own shortfall 5, all shortfalls 30 (need at the province's ratio less present beds; 1)"
    >>> input_words("10500张 (2025, 一(二)1)", "zh", {})
    '10500张（2025年，一(二)1）'
    """
    if CHINESE.search(text):
        return PRINTED.sub(r"\1（\2年，\3）", text) if lang == "zh" else text
    own = re.search(r"figures of (.+)$", text)
    if own:
        called = ", ".join(names.get(slug, slug) for slug in own[1].split(", "))
        text = text[: own.start(1)] + called
    for pattern, words in PHRASES if lang == "zh" else SYMBOLS:
        text = re.sub(pattern, words, text)
    return text
