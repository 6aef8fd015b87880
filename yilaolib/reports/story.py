"""Sentences of a report, in Chinese and English, made from a brief's numbers. Nothing is computed here but rounding."""

from __future__ import annotations

import pandas as pd

from ..demography.projection import SCENARIOS as OURS
from ..needs.peers import slack_side
from .brief import REPRODUCED, Brief
from .numerals import count, path_words, percent

SCENARIOS = {
    "zh": dict(zip(OURS, ("低方案", "中方案", "高方案", "零迁移方案"), strict=True)),
    "en": {name: name for name in OURS},
}


def scenario_name(brief: Brief, lang: str) -> str:
    """Name of the scenario; one of the user's own is called as in the tables."""
    own = {"zh": f"“{brief.scenario}”方案", "en": f"'{brief.scenario}'"}[lang]
    return SCENARIOS[lang].get(brief.scenario, own)


def name_of(brief: Brief, lang: str) -> str:
    """The city's name in the language."""
    return brief.area["name_zh" if lang == "zh" else "name_en"]


def key_lines(brief: Brief, lang: str = "zh") -> list[str]:
    """The lines that a reader takes home: today, tomorrow, beds, places, targets, audit.

    Examples
    --------
    >>> from yilaolib.reports.brief import city_brief
    >>> lines = key_lines(city_brief("haian", end_year=2035), "en")
    >>> len(lines), "publishes no" in " ".join(lines)
    (6, True)
    """
    return [line(brief, lang) for line in (_today, _tomorrow, _beds, _places, _targets, audit_line)]


def _today(brief: Brief, lang: str) -> str:
    from ..demography.measures import persons

    total, old, older = (float(persons(brief.census, age)) for age in (0, 60, 65))
    stage = brief.stages.set_index("scheme").loc["nhc-2022", f"stage_{lang}"]
    year = brief.population.attrs["census"][:4]
    if lang == "zh":
        origin = f"{year}年11月1日普查" if brief.people_counted else f"{year}年（所给总数按上级地区年龄结构推算）"
        return (
            f"{origin}，{name_of(brief, lang)}常住人口{count(total, lang, '人')}，其中60岁及以上{count(old, lang, '人')}"
            f"（{percent(100 * old / total, lang)}），65岁及以上{count(older, lang, '人')}（{percent(100 * older / total, lang)}）；"
            f"按国家卫健委2022年的划分标准为“{stage}”。"
        )
    origin = f"Census of 1 November {year}" if brief.people_counted else f"{year}, given totals on the parent's ages"
    return (
        f"{origin}: {name_of(brief, lang)} had {count(total, lang)} residents, {count(old, lang)} aged 60+ "
        f"({percent(100 * old / total, lang)}) and {count(older, lang)} aged 65+ ({percent(100 * older / total, lang)}); "
        f"by the health commission's scheme of 2022 that is {stage}."
    )


def _tomorrow(brief: Brief, lang: str) -> str:
    year, path = brief.target_year, brief.ageing
    goes = path_words(path["share_60_pct"], lang, lambda value: percent(value, lang, 1))
    plan_old, plan_share = (
        brief.printed(i, "projection", year) for i in ("population_60plus", "population_60plus_share_pct")
    )
    old, share = path.loc[year, "aged_60"], path.loc[year, "share_60_pct"]
    if lang == "zh":
        text = (
            f"{scenario_name(brief, lang)}下，60岁及以上占比{goes}；"
            f"{year}年末为{count(old, lang, '人')}、{percent(share, lang)}"
        )
        if plan_old is None:
            return text + ("。" if brief.plan is None else "，规划未公布自己的预测。")
        printed = f"{plan_old['as_printed']}" + (f"、{plan_share['as_printed']}" if plan_share is not None else "")
        return text + f"，规划预测为{printed}。"
    text = (
        f"In the {scenario_name(brief, lang)} scenario the share aged 60+ {goes}; "
        f"at the end of {year} it is {percent(share, lang)}, or {count(old, lang)} persons"
    )
    if plan_old is None and brief.plan is None:
        return text + "."
    if plan_old is None:
        return text + ". The plan publishes no forecast of its own."
    printed = count(plan_old["value"], lang) + (
        f", {percent(plan_share['value'], lang)}" if plan_share is not None else ""
    )
    return text + f". The plan's own forecast is {printed}."


def gap_words(gap: pd.DataFrame, year: int, lang: str, unit: str = "") -> str:
    """What is missing or to spare in a year, against the planned supply or, without a target, today's stock.

    Examples
    --------
    >>> gap = pd.DataFrame({"supply": [4808.0], "shortfall": [4700.0], "surplus": [0.0]}, index=[2025])
    >>> gap.attrs["held"] = True
    >>> gap_words(gap, 2025, "zh", "张"), gap_words(gap, 2025, "en")
    ('按现有存量缺4,700张', "with today's stock, 4,700 short")
    """
    row, held = gap.loc[year], gap.attrs["held"]
    if pd.isna(row["supply"]):
        return {"zh": "供给未公布，缺口无法计算", "en": "supply is not published, so no gap can be given"}[lang]
    against = {"zh": ("达到规划目标时", "按现有存量"), "en": ("if the plan's target is met, ", "with today's stock, ")}[
        lang
    ][held]
    if row["shortfall"] > 0.5:
        words = {"zh": f"缺{count(row['shortfall'], 'zh', unit)}", "en": f"{count(row['shortfall'], 'en')} short"}
    elif row["surplus"] > 0.5:
        words = {"zh": f"余{count(row['surplus'], 'zh', unit)}", "en": f"{count(row['surplus'], 'en')} to spare"}
    else:
        words = {"zh": "供需持平", "en": "just met"}
    return against + words[lang]


def method_name(brief: Brief, method: str, lang: str) -> str:
    """Name of a method of the brief's two method tables."""
    table = pd.concat([brief.bed_methods, brief.place_methods]).set_index("method")
    return table.loc[method, f"name_{lang}"]


def _beds(brief: Brief, lang: str) -> str:
    year, method = brief.target_year, brief.bed_gap.attrs["method"]
    row = brief.bed_gap.loc[year]
    share = brief.bed_methods.set_index("method").loc["share", "central"]
    need, gap = (brief.printed(f"elder_beds_{what}") for what in ("needed", "gap"))
    name = method_name(brief, method, lang)
    if lang == "zh":
        text = f"养老床位：{name}，{year}年需{count(row['demand'], lang, '张')}，{gap_words(brief.bed_gap, year, lang, '张')}。"
        if need is not None and gap is not None:
            text += f"规划自测需{need['as_printed']}、缺口{gap['as_printed']}"
            text += f"；按其所述全省分摊法复算为{count(share, lang, '张')}。" if pd.notna(share) else "。"
        return text
    text = f"Beds: by the method '{name}', {count(row['demand'], lang)} are needed in {year}; {gap_words(brief.bed_gap, year, lang)}."
    if need is not None and gap is not None:
        text += (
            f" The plan itself states a need of {count(need['value'], lang)} and a gap of {count(gap['value'], lang)}"
        )
        text += f"; the share of the province that it describes gives {count(share, lang)}." if pd.notna(share) else "."
    return text


def _places(brief: Brief, lang: str) -> str:
    year, norm = brief.target_year, brief.place_gap.attrs["norm"]
    row = brief.place_gap.loc[year]
    gap = brief.printed("daycare_places_gap")
    cover = percent(row["implied_coverage_pct"], lang, 1)
    if lang == "zh":
        text = (
            f"托位：按每千人口{norm:g}个，{year}年需{count(row['demand'], lang, '个')}（相当于0—2岁儿童的{cover}），"
            f"{gap_words(brief.place_gap, year, lang, '个')}"
        )
        own = f"；规划自测缺口{gap['as_printed']}。" if gap is not None else "；规划未公布缺口。"
        return text + ("。" if brief.plan is None else own)
    text = (
        f"Daycare: at {norm:g} places per 1000 residents, {count(row['demand'], lang)} are needed in {year} ({cover} of "
        f"children aged 0-2); {gap_words(brief.place_gap, year, lang)}."
    )
    if gap is not None:
        return text + f" The plan itself states a gap of {count(gap['value'], lang)}."
    return text if brief.plan is None else text + " The plan publishes no gap of its own."


def _targets(brief: Brief, lang: str) -> str:
    table = brief.targets
    if table.empty and brief.plan is None:
        return {"zh": "目标：本库未收录该地区的规划。", "en": "Targets: no plan in the tables of this library."}[lang]
    if table.empty:
        return {"zh": "目标：未公布指标表。", "en": "Targets: an indicator table is not published."}[lang]
    based, back = int(table["baseline"].notna().sum()), table[table["steps_back"]]
    if lang == "zh":
        text = f"目标：指标表共{len(table)}项，" + (f"{based}项有基期值" if based else "均无基期值，无法判断升降。")
        kinds = {"floor": "的下限", "ceiling": "的上限", "": ""}
        parts = [
            f"{n}项目标{kinds[bound]}{'低' if below else '高'}于基期（{names}）"
            for below, bound, n, names in _steps(back, lang)
        ]
        return text if not based else text + f"，其中{'，'.join(parts)}。" if parts else text + "，没有目标较基期倒退。"
    text = f"Targets: the plan's tables list {len(table)} indicator{'s' * (len(table) != 1)}, "
    if not based:
        return text + "none with a baseline, so steps up or down cannot be told."
    parts = []
    for below, bound, n, names in _steps(back, lang):
        does = f"set{'s' * (n == 1)} a {bound}" if bound else f"aim{'s' * (n == 1)}"
        parts.append(f"{n} {does} {'below' if below else 'above'} it ({names})")
    return text + f"{based} with a baseline; " + (" and ".join(parts) or "none steps back") + "."


def _steps(back: pd.DataFrame, lang: str) -> list[tuple[bool, str, int, str]]:
    """(below the baseline, floor or ceiling, how many, their names) of targets that step back: fewer may be better.

    A floor below the baseline (≥95 % from 99.6 %) is no plan to fall to it, nor a ceiling above it one to rise.
    """
    names, sep = (back["name_as_printed"], "、") if lang == "zh" else (back["name_en"], "; ")
    down = back["target"] < back["baseline"]
    bounds = pd.Series(map(slack_side, back["baseline"], back["target"], back["comparator"]), back.index, dtype="str")
    sides = ((True, ""), (True, "floor"), (False, ""), (False, "ceiling"))
    parts = [(below, bound, names[(down == below) & (bounds == bound)]) for below, bound in sides]
    return [(below, bound, len(found), sep.join(found)) for below, bound, found in parts if len(found)]


def audit_line(brief: Brief, lang: str = "zh") -> str:
    """How many printed figures were recomputed and how it went, in neutral words.

    Examples
    --------
    >>> from yilaolib.reports.brief import city_brief
    >>> audit_line(city_brief("jiangxi", end_year=2030), "en")
    'Audit: no plan, so nothing was recomputed.'
    """
    verdicts = brief.audit["verdict"]
    if verdicts.empty:
        return {"zh": "复算：没有规划，未作复算。", "en": "Audit: no plan, so nothing was recomputed."}[lang]
    done, unsure = verdicts.isin(REPRODUCED).sum(), (verdicts == "unverifiable").sum()
    missed, differ = (verdicts == "inconsistent").sum(), (verdicts == "text_vs_table").sum()
    other = len(verdicts) - done - unsure - missed - differ
    if lang == "zh":
        parts = [
            f"{done}项可以复现",
            f"{differ}项正文与表格不同",
            f"{other}项按另一人口或年份可以得出",
            f"{missed}项未能复现",
        ]
        parts.append(f"{unsure}项无法核验或仅供判断可行性")
        return (
            f"复算：共复算规划数字{len(verdicts)}项，其中"
            + "，".join(part for part in parts if not part.startswith("0"))
            + "。"
        )
    parts = [
        (done, "is reproduced", "are reproduced"),
        (differ, "differs between text and table", "differ between text and table"),
        (other, "holds for another population or year", "hold for another population or year"),
        (missed, "is not reproduced", "are not reproduced"),
        (
            unsure,
            "cannot be verified or is shown for judgement only",
            "cannot be verified or are shown for judgement only",
        ),
    ]
    listed = ", ".join(f"{n} {one if n == 1 else more}" for n, one, more in parts if n)
    return f"Audit: of {len(verdicts)} printed figure{'s' * (len(verdicts) != 1)} recomputed, {listed}."
