"""The codes of the tables and the Chinese words for them, which a planner may write instead."""

from __future__ import annotations

TABLES_ZH = {
    "areas": "地区",
    "sources": "来源",
    "margins": "人口合计",
    "population": "分年龄人口",
    "observations": "指标",
    "projects": "项目",
    "assumptions": "假设",
}
WORDS_ZH = {  # code: its word, and other words that mean the same
    "nation": ("国家",),
    "province": ("省", "自治区", "直辖市"),
    "prefecture": ("地级市", "设区市", "自治州", "地区", "盟"),
    "county": ("县级", "县", "区", "县级市", "市辖区", "旗"),
    "issued": ("已印发", "印发", "正式"),
    "draft": ("征求意见稿", "草案"),
    "resident": ("常住", "常住人口"),
    "registered": ("户籍", "户籍人口"),
    "actual": ("现状", "现状值", "实际"),
    "target": ("目标", "目标值"),
    "projection": ("预测", "预测值"),
    "standard": ("标准", "定额"),
    "eq": ("等于", "="),
    "ge": ("不低于", "≥", ">="),
    "gt": ("大于", ">"),
    "le": ("不高于", "≤", "<="),
    "lt": ("小于", "<"),
    "approx": ("约", "左右"),
    "binding": ("约束性",),
    "expected": ("预期性",),
    "eldercare": ("养老",),
    "childcare": ("托育",),
    "health": ("医疗", "医养", "卫生"),
    "female": ("女", "女性"),
    "male": ("男", "男性"),
    "both": ("男女合计",),
}
UNITS_ZH = {
    "persons": "人",
    "beds": "张",
    "places": "个",
    "year": "年份",
    "years": "年",
    "m2": "平方米",
    "classes": "个班",
    "10,000 yuan": "万元",
    "see unit": "见unit列",
}


def code_of(text: str, codes: list[str]) -> str:
    """Return the code that a text means: the code, its Chinese word, or both ("target 目标"); else the text itself.

    Examples
    --------
    >>> code_of("常住", ["resident", "registered"]), code_of("target 目标", ["actual", "target"]), code_of("x", ["y"])
    ('resident', 'target', 'x')
    """
    words = [text, *text.split(maxsplit=1)[:1]]
    for word in words:
        if word in codes:
            return word
        for code in codes:
            if word in WORDS_ZH.get(code, ()):
                return code
    return text


def with_word(code: str) -> str:
    """Return a code with its Chinese word, as drop-downs show it.

    Examples
    --------
    >>> with_word("target"), with_word("un-wpp-2024")
    ('target 目标', 'un-wpp-2024')
    """
    return f"{code} {WORDS_ZH[code][0]}" if code in WORDS_ZH else code
