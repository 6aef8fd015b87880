"""Sentences of a report, in Chinese and English, made from a brief's numbers. Nothing is computed here but rounding."""

from __future__ import annotations

import pandas as pd

from .brief import Brief

SCENARIOS = {
    "zh": {"low": "低方案", "medium": "中方案", "high": "高方案", "zero-migration": "零迁移方案"},
    "en": {"low": "low", "medium": "medium", "high": "high", "zero-migration": "zero-migration"},
}
NOT_PUBLISHED = {"zh": "未公布", "en": "not published"}
STATUS = {"zh": {"issued": "正式印发", "draft": "征求意见稿"}, "en": {"issued": "issued", "draft": "draft for comment"}}


def count(value: float, lang: str, unit: str = "") -> str:
    """A number of persons, beds or places as it is read: 33.02万人, 10,592张; 330,217 persons.

    Examples
    --------
    >>> count(330_217, "zh", "人"), count(6_441, "zh", "张"), count(330_217.4, "en", " persons")
    ('33.02万人', '6,441张', '330,217 persons')
    >>> count(float("nan"), "zh", "张")
    '未公布'
    """
    if pd.isna(value):
        return NOT_PUBLISHED[lang]
    if lang == "zh" and abs(value) >= 100_000:
        return f"{value / 10_000:,.2f}万{unit}"
    return f"{value:,.0f}{unit}"


def percent(value: float, lang: str, digits: int = 2) -> str:
    """A percentage, or the words for a missing one.

    Examples
    --------
    >>> percent(16.634, "zh"), percent(16.634, "en", 1)
    ('16.63%', '16.6 %')
    """
    if pd.isna(value):
        return NOT_PUBLISHED[lang]
    return f"{value:.{digits}f}{'%' if lang == 'zh' else ' %'}"


def change(before: float, after: float, lang: str, tolerance: float = 0.05) -> str:
    """Whether a figure rises, falls or stays, as a verb.

    Examples
    --------
    >>> change(10, 12, "zh"), change(12, 10, "en"), change(10.0, 10.01, "en")
    ('上升', 'falls', 'stays')
    """
    words = {"zh": ("持平", "上升", "下降"), "en": ("stays", "rises", "falls")}[lang]
    step = after - before
    return words[0] if abs(step) <= tolerance else words[1 if step > 0 else 2]


def name_of(brief: Brief, lang: str) -> str:
    """The city's name in the language."""
    return brief.area["name_zh" if lang == "zh" else "name_en"]


def key_lines(brief: Brief, lang: str = "zh") -> list[str]:
    """The lines that a reader takes home: today, tomorrow, beds, places, targets, audit.

    Examples
    --------
    >>> from yilaolib.rendering.brief import city_brief
    >>> lines = key_lines(city_brief("haian", end_year=2035), "en")
    >>> len(lines), "not published" in " ".join(lines)
    (6, True)
    """
    return [line(brief, lang) for line in (_today, _tomorrow, _beds, _places, _targets, audit_line)]


def _today(brief: Brief, lang: str) -> str:
    from ..people.measures import persons

    total, old, older = (persons(brief.census, age) for age in (0, 60, 65))
    stage = brief.stages.set_index("scheme").loc["nhc-2022", f"stage_{lang}"]
    year = brief.population.attrs["census"][:4]
    if lang == "zh":
        origin = f"{year}年11月1日普查" if brief.filled.empty else f"{year}年（所给总数按上级地区年龄结构推算）"
        return (
            f"{origin}，{name_of(brief, lang)}常住人口{count(total, lang, '人')}，其中60岁及以上{count(old, lang, '人')}"
            f"（{percent(100 * old / total, lang)}），65岁及以上{count(older, lang, '人')}（{percent(100 * older / total, lang)}）；"
            f"按国家卫健委2022年划分为“{stage}”。"
        )
    origin = f"Census of 1 November {year}" if brief.filled.empty else f"{year}, given totals on the parent's ages"
    return (
        f"{origin}: {name_of(brief, lang)} had {count(total, lang)} residents, {count(old, lang)} aged 60+ "
        f"({percent(100 * old / total, lang)}) and {count(older, lang)} aged 65+ ({percent(100 * older / total, lang)}); "
        f"by the health commission's scheme of 2022 that is {stage}."
    )


def _tomorrow(brief: Brief, lang: str) -> str:
    year, path = brief.target_year, brief.ageing
    last = path.index[-1]
    now, then = path["share_60_pct"].iloc[0], path.loc[last, "share_60_pct"]
    plan_old, plan_share = (
        brief.printed(i, "projection", year) for i in ("population_60plus", "population_60plus_share_pct")
    )
    old, share = path.loc[year, "aged_60"], path.loc[year, "share_60_pct"]
    verb = change(round(now, 1), round(then, 1), lang)  # of the figures as they are shown
    if lang == "zh":
        text = (
            f"{SCENARIOS[lang][brief.scenario]}下，60岁及以上占比由{path.index[0]}年末的{percent(now, lang, 1)}"
            f"{verb}到{last}年末的{percent(then, lang, 1)}；{year}年末为{count(old, lang, '人')}、{percent(share, lang)}"
        )
        if plan_old is None:
            return text + "，规划未公布自己的预测。"
        printed = f"{plan_old['as_printed']}" + (f"、{plan_share['as_printed']}" if plan_share is not None else "")
        return text + f"，规划预测为{printed}。"
    text = (
        f"In the {SCENARIOS[lang][brief.scenario]} scenario the share aged 60+ {verb} from "
        f"{percent(now, lang, 1)} at the end of {path.index[0]} to {percent(then, lang, 1)} at the end of {last}; "
        f"at the end of {year} it is {percent(share, lang)}, or {count(old, lang)} persons"
    )
    if plan_old is None:
        return text + ". A forecast of the plan's own is not published."
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
    against = {"zh": ("按规划供给", "按现有存量"), "en": ("with the planned supply, ", "with today's stock, ")}[lang][
        held
    ]
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
    text = f"Beds: by the method '{name}', {year} needs {count(row['demand'], lang)}; {gap_words(brief.bed_gap, year, lang)}."
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
        return text + (f"；规划自测缺口{gap['as_printed']}。" if gap is not None else "；规划未公布缺口。")
    text = (
        f"Daycare: at {norm:g} places per 1000 residents, {year} needs {count(row['demand'], lang)} ({cover} of children aged "
        f"0-2); {gap_words(brief.place_gap, year, lang)}."
    )
    return text + (
        f" The plan itself states a gap of {count(gap['value'], lang)}."
        if gap is not None
        else " A gap of the plan's own is not published."
    )


def _targets(brief: Brief, lang: str) -> str:
    table = brief.targets
    if table.empty:
        return {"zh": "目标：未公布指标表。", "en": "Targets: an indicator table is not published."}[lang]
    based, back = int(table["baseline"].notna().sum()), table[table["steps_back"]]
    if lang == "zh":
        text = f"目标：指标表共{len(table)}项，" + (f"{based}项有基期值" if based else "均无基期值，无法判断升降。")
        if not based:
            return text
        names = "、".join(back["name_as_printed"])
        return text + (f"，其中{len(back)}项目标低于基期（{names}）。" if len(back) else "，没有目标低于基期。")
    text = f"Targets: the plan's tables list {len(table)} indicators, "
    if not based:
        return text + "none with a baseline, so steps up or down cannot be told."
    names = "; ".join(back["name_en"])
    return (
        text
        + f"{based} with a baseline; "
        + (
            f"{len(back)} {'aims' if len(back) == 1 else 'aim'} below it ({names})."
            if len(back)
            else "none aims below it."
        )
    )


REPRODUCED = ("exact", "rounding", "truncated", "approximate", "convenient")


def audit_line(brief: Brief, lang: str = "zh") -> str:
    """How many printed figures were recomputed and how it went, in neutral words.

    Examples
    --------
    >>> from yilaolib.rendering.brief import city_brief
    >>> audit_line(city_brief("jiangxi", end_year=2030), "en")
    'Audit: no plan, so nothing was recomputed.'
    """
    verdicts = brief.audit["verdict"]
    if verdicts.empty:
        return {"zh": "审计：没有规划，未作复算。", "en": "Audit: no plan, so nothing was recomputed."}[lang]
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
            f"审计：复算规划所印数字{len(verdicts)}项，"
            + "，".join(part for part in parts if not part.startswith("0"))
            + "。"
        )
    parts = [f"{done} are reproduced", f"{differ} differ between text and table"]
    parts += [f"{other} hold for another population or year", f"{missed} are not reproduced"]
    parts.append(f"{unsure} cannot be verified or are shown for judgement only")
    listed = ", ".join(part for part in parts if not part.startswith("0 "))
    return f"Audit: of {len(verdicts)} printed figures recomputed, {listed}."


def identity(brief: Brief, lang: str = "zh") -> pd.DataFrame:
    """The plan's identity card: one row per item, with missing items as missing.

    Examples
    --------
    >>> from yilaolib.rendering.brief import city_brief
    >>> identity(city_brief("yueyang", end_year=2030), "en").set_index("item")["as published"]["status"]
    'draft for comment'
    """
    words = {
        "zh": ("规划名称", "发布机关", "文号", "日期", "状态", "规划期", "人口口径"),
        "en": ("plan", "issuer", "document number", "date", "status", "period", "population basis"),
    }[lang]
    columns = {"zh": ("项目", "内容"), "en": ("item", "as published")}[lang]
    basis = {"zh": "常住人口（普查）", "en": "residents (census)"}[lang]
    plan = brief.plan
    values = [None] * (len(words) - 1)
    if plan is not None:
        period = f"{plan['plan_start']}–{plan['plan_end']}" if pd.notna(plan["plan_end"]) else None
        issued = None if pd.isna(plan["issued"]) else str(plan["issued"])[:10]
        number, status = plan["document_number"], STATUS[lang].get(plan["status"])
        values = [plan[f"title_{lang}"], plan["issuer"], number, issued, status, period]
    return pd.DataFrame(dict(zip(columns, (words, [*values, basis]), strict=True)))
