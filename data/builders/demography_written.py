"""What a person wrote for the demographic tables: which reported figure to trust, what is assumed, which papers."""

import numpy as np
import pandas as pd
from needs_written import judged_rows

NAMES = {"全国": "china", "江苏": "jiangsu", "江西": "jiangxi", "湖南": "hunan"}

# Part of a source title -> source id, the most trusted first.
REPORTED_SOURCES = {
    "China Statistical Yearbook 2009": "nbs-yearbook-2009",
    "最新江苏省人口平均预期寿命": "jiangsu-e0-2020-census",
    "国家卫健委2024公报": "nhc-bulletin-2024",
    "2015年国民经济": "nbs-communique-2015",
    "2019年我国卫生健康": "nhc-bulletin-2019",
    "2022-07-05": "nhc-press-2022",
    "健康江西": "jiangxi-e0-2021",
    "湖南十四五答卷": "hunan-e0-2024",
    "乔晓春": "nhc-bulletin-2021",
    "List of Chinese administrative divisions": "secondary-province-e0",
    "Lijst": "secondary-province-e0-2019",
    "same": "secondary-province-e0-2019",
    "总和生育率表": "secondary-province-tfr",
}
# Official life expectancy, read in the press, that the reference folder does not have: area, year, value, title.
REPORTED_EXTRA = [
    ("全国", 2010, 74.83, "2015年国民经济和社会发展统计公报"),
    ("全国", 2015, 76.34, "2015年国民经济和社会发展统计公报"),
    ("全国", 2019, 77.3, "2019年我国卫生健康事业发展统计公报"),
    ("全国", 2020, 77.93, "国家卫生健康委员会新闻发布会 2022-07-05"),
    ("江西", 2021, 77.8, "健康江西行动专题新闻发布会 2022-08-17"),
    ("湖南", 2024, 79, "湖南十四五答卷新闻发布会"),
]

# The prefectures of Jiangxi without a plan in the tables; with 鹰潭 and 景德镇 they are the whole province.
JIANGXI = {
    360100: "nanchang",
    360300: "pingxiang",
    360400: "jiujiang",
    360500: "xinyu",
    360700: "ganzhou",
    360800: "jian",
    360900: "yichun",
    361000: "fuzhou-jiangxi",
    361100: "shangrao",
}

# Life expectancy of both sexes by area: area, year, value, source, note.
CENSUS = "jiangsu-e0-2020-census"
PRINTED = "Printed in whole years as the value of 2020; the plan's target is not used."
PROVINCE = "Figure of the province, the plan prints none. A secondary list has 75.97 for 2019, which is probably low."
HUAIAN = "Figure of the prefecture 淮安市: the plan prints no value for 2020, only 78.55 rising to 79."
NANTONG = "Figure of the prefecture 南通市: the plan prints a target only (83.5 in 2025)."
HUNAN = "(judged) The official figure of the nation: for 2024 Hunan reports 79, the nation 79.0."
CHINA = "UN estimate; the official figure is 77.93."
E0 = [
    ("yingtan", 2020, 76, "plan-yingtan-2022", PRINTED),
    ("yueyang", 2020, 77, "plan-yueyang-2023-draft", PRINTED),
    ("jingdezhen", 2021, 77.8, "jiangxi-e0-2021", PROVINCE),
    ("lianshui", 2020, 78.25, CENSUS, HUAIAN),
    ("haian", 2020, 79.58, CENSUS, NANTONG),
    ("jiangsu", 2020, 79.32, CENSUS, "2020 census."),
    ("jiangxi", 2021, 77.8, "jiangxi-e0-2021", "Health commission of the province, end of 2021."),
    *[(area, 2021, 77.8, "jiangxi-e0-2021", "Figure of the province.") for area in JIANGXI.values()],
    ("hunan", 2020, 77.93, "judged", HUNAN),
]
NOTES_ZH = {
    CHINA: "联合国估计；官方公布为77.93岁。",
    PRINTED: "规划所列2020年数值（整数）；未采用其目标值。",
    PROVINCE: "取全省数字，规划未列；另有二手资料称2019年为75.97岁，可能偏低。",
    HUAIAN: "取淮安市数字；规划未列2020年数值，仅列由78.55岁升至79岁。",
    NANTONG: "取南通市数字；规划仅列目标值（2025年83.5岁）。",
    HUNAN: "（判断）取全国官方数字；2024年湖南公布79岁，全国79.0岁。",
    "2020 census.": "2020年普查。",
    "Health commission of the province, end of 2021.": "江西省卫生健康委，2021年末。",
    "Figure of the province.": "取全省数字。",
}

# Assumptions for every area: scenario, parameter, year, value, unit, source, note.
OFFSET, FACTOR, LIFE, WOMAN = "tfr_offset", "net_migration_factor", "e0_offset", "children per woman"
LIVES = {"long-life": ("upper_80", "higher"), "short-life": ("lower_80", "lower")}  # bound of the UN's range
LIFE_YEARS = (2025, 2030, 2040, 2050, 2075, 2100)
NEWEST = 2025  # last year whose births and deaths are reported: scenarios part from then on
STORIES = {  # what each combines: births, who moves, length of life
    "few-and-old": ("low", "medium", "long-life"),
    "on-the-move": ("low", "recent-migration", "medium"),
    "settled": ("high", "half-migration", "long-life"),
}
STORY = "(judged) Story: births as in {}, migration as in {}, length of life as in {}."
RECENT = 0.39  # printed by residents.py
FALLEN = "Of the rates of 2010-2020: how residents of 31 provinces moved in 2021-2025 (0.35 to 0.43)."
UNTIL = "As in medium until 2025: so residents of 31 provinces moved."
REPORTED_UNTIL = " From 2026 on: {} until 2025 are reported."
HALF = "(judged) People move half as much as in medium."
LASTS = "(judged) Net migration rates of 2010-2020, the last decade counted, go on unchanged."
RESIDENTS = "nbs-residents-2021-2025"
EU = "Children under 3 in childcare: target of the EU for {}, not a Chinese norm. The year is the target's."
ASSUMPTIONS = [
    ("medium", OFFSET, 2020, 0, WOMAN, "judged", "(judged) The area keeps its distance to WPP's medium path."),
    ("zero-migration", OFFSET, 2020, 0, WOMAN, "judged", "(judged) Differs from medium in migration only."),
    *[(s, FACTOR, 2020, RECENT, "1", RESIDENTS, FALLEN) for s in ("low", "medium", "high", *LIVES)],
    *[(f"{s}-migration", FACTOR, NEWEST, RECENT, "1", RESIDENTS, UNTIL) for s in ("half", "recent", "zero")],
    ("half-migration", FACTOR, NEWEST + 1, RECENT / 2, "1", "judged", HALF),
    ("recent-migration", FACTOR, NEWEST + 1, 1, "1", "judged", LASTS),
    ("zero-migration", FACTOR, NEWEST + 1, 0, "1", "judged", "(judged) Nobody moves."),
    ("", "rule_3pct_share", None, 0.03, "share", "rule-9073", "3 % of those aged 60+ live in institutions (9073)."),
    ("", "daycare_coverage", 2010, 0.33, "share", "eu-barcelona-2002", EU.format(2010)),
    ("", "daycare_coverage", 2030, 0.45, "share", "eu-barcelona-2030", EU.format(2030)),
]

# Prevalence of need: year and indicator of the file -> measure, level, source, note.
SELF_CARE = "self-care disability (生活不能自理, self-reported, census long form)"
NO_AGES = (
    "2020 census long form: reports that it cannot take care of itself (生活不能自理). The table by age was not seen."
)
CLHLS = {
    "mild": "at least one of six activities with some help",
    "moderate": "one or two of six activities wholly dependent",
    "severe": "three or more of six activities wholly dependent",
    "overall": "mild, moderate and severe together",
}
META = "Meta-analysis of studies with different definitions; its bands and its total do not fit each other."
ANY = "ADL disability (any, mixed definitions)"
ANY_JIANGSU = "disabled (ADL/IADL, survey of 3 districts + 3 counties, n=2493)"
JIANGSU = "402 of 2,493 in three districts and three counties of Jiangsu; basic and instrumental activities."
CARE = [
    ("2020", SELF_CARE, "self-care-census-2020", "unable", "guo-2022-selfcare", NO_AGES),
    ("meta (pooled)", ANY, "adl-meta-2023", "overall", "chen-2023-adl", META),
    ("2015-2019 survey", ANY_JIANGSU, "adl-iadl-jiangsu-2019", "overall", "bmc-2019-jiangsu", JIANGSU),
]
for wave in ("2011", "2014", "2018"):
    for degree, words in CLHLS.items():
        wanted = f"ADL {degree} impairment (CLHLS, 6 ADL)"
        words = f"Aged 65+, weighted; {words}."
        CARE.append((wave, wanted, f"adl-clhls-{wave}", degree, "ccdcw-2023-clhls", words))


def check(good, sentence):
    """Stop when a figure that must come out does not."""
    if not good:
        raise SystemExit(f"demography.py: {sentence}")


def build_reported(read):
    """Reported TFR and e0: of two figures for one area and year the better source stands, the other is noted."""
    extra = pd.DataFrame(REPORTED_EXTRA, columns=["area", "year", "value", "source_title"])
    extra = extra.assign(indicator="e0", quality="official, read in the press")
    frame = pd.concat([read("province_fertility_lifeexp_reported"), extra])
    ranks = [[part in title for part in REPORTED_SOURCES].index(True) for title in frame["source_title"]]
    frame = frame.assign(rank=ranks, source=[list(REPORTED_SOURCES.values())[rank] for rank in ranks])
    derived = read("derived_tfr_2010_2020").set_index(["area", "census_year"])["tfr_indirect"]
    rows = []
    for (area, name, year), group in frame[frame["area"].isin(NAMES)].groupby(["area", "indicator", "year"]):
        best, *others = group.sort_values("rank").itertuples()
        notes = [best.quality, *(f"also reported: {row.value:g} ({row.source})" for row in others)]
        if name == "TFR" and (area, year) in derived:
            notes.append(f"for comparison, from the births of the long form: {derived[area, year]:g}")
        slug = {"TFR": "tfr", "e0": "e0_both"}.get(name, name) + "_reported"
        quality = "official" if best.quality.startswith("official") else "secondary"
        kind = "estimate" if best.source == "secondary-province-e0" else "actual"  # the former is modelled
        rows.append((NAMES[area], slug, year, best.value, kind, quality, best.source, "; ".join(notes)))
    return pd.DataFrame(rows, columns=["area", "indicator", "year", "value", "kind", "quality", "source", "note"])


def build_assumptions(read):
    """Written rows, life expectancy of the areas and the UN's fertility variants."""
    wpp = read("wpp2024_china_indicators_annual").set_index("year")
    rows = [("", *row) for row in ASSUMPTIONS] + judged_rows()
    rows += [(area, "", "e0", year, value, "years", source, note) for area, year, value, source, note in E0]
    rows.append(("china", "", "e0", 2020, wpp.loc[2020, "e0B"], "years", "un-wpp-2024", CHINA))
    for scenario in ("low", "high"):
        note = f"WPP 2024 {scenario} variant less medium; a row at both ends of each step, constant after the last."
        note += REPORTED_UNTIL.format("births")
        step = (wpp[f"tfr_{scenario}"] - wpp["tfr"]).round(6).loc[NEWEST + 1 :]
        ends = step[(step != step.shift(1)) | (step != step.shift(-1))].iloc[:-1]
        for year, value in {NEWEST: 0.0, NEWEST + 1: step.iloc[0], **ends}.items():
            rows.append(("", scenario, OFFSET, year, value, WOMAN, "un-wpp-2024", note))
    rows += life_rows(wpp["e0B"], {"upper_80": wpp["e0B_80u"], "lower_80": wpp["e0B_80l"]})
    for story, parts in STORIES.items():
        for part, parameter in zip(parts, (OFFSET, FACTOR, LIFE), strict=True):
            told = [row for row in rows if row[1:3] == (part, parameter) and (part, parameter) != ("medium", OFFSET)]
            rows += [(row[0], story, *row[2:7], STORY.format(*parts)) for row in told]
    columns = ["area", "scenario", "parameter", "year", "value", "unit", "source", "note"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(note_zh=frame["note"].map(NOTES_ZH).fillna(""))


def life_rows(middle, bounds):
    """Years of life above or below the UN's path: the ends of its 80 % range, both sexes."""
    for scenario, (bound, word) in LIVES.items():
        note = f"WPP 2024: e0 of both sexes at the {word} end of the 80 % range, less the medium path; linear between."
        note += REPORTED_UNTIL.format("deaths")
        step = (bounds[bound] - middle).round(4).loc[list(LIFE_YEARS)]
        first = round(float(np.interp(NEWEST + 1, step.index, step)), 4)
        course = {NEWEST: 0.0, NEWEST + 1: first, **step.loc[NEWEST + 1 :]}
        yield from (("", scenario, LIFE, year, v, "years", "un-wpp-2024", note) for year, v in course.items())


def build_care_rates(read):
    """Prevalence of need by measure; sex is "both" where the paper has no table by age and sex."""
    table = read("elder_disability_prevalence", dtype={"year": str}).query("residence == 'total' and unit == '%'")
    rows = []
    for year, indicator, measure, level, source, note in CARE:
        here = table[(table["year"] == year) & (table["indicator"] == indicator)]
        check(len(here) > 0, f"no prevalence for {measure}, {level}.")
        banded = bool(here["age"].str.contains("-").any())
        for row in here.itertuples():
            low, _, high = row.age.rstrip("+").partition("-")
            n = int(high) - int(low) + 1 if high else None
            # A row for everybody would share the key of the first band: it gets a measure of its own.
            name = f"{measure}-total" if banded and row.age in ("60+", "65+") else measure
            rows.append((name, level, row.sex, int(low), n, row.value / 100, source, note))
    return pd.DataFrame(rows, columns=["measure", "level", "sex", "age", "n", "share", "source", "note"])
