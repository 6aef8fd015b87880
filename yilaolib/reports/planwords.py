"""The words of the comparison report, in Chinese and English. One entry in each language for every key."""

from __future__ import annotations

WORDS = {
    "zh": {
        "title": "一老一小规划比较", "subtitle": "{n}个地区：老龄化、养老床位、托位、规划目标与规划数字的复算",
        "cover_places": "地区", "cover_base": "人口基期", "cover_path": "推算", "base": "2020年11月1日普查，常住人口，移至年末", "path": "{scenario}，至{last}年末",
        "ageing": "老龄化", "beds": "养老床位", "places": "婴幼儿托位", "targets": "规划目标", "audit": "规划数字的复算", "limits": "哪些不可比较", "sources": "来源",
        "ageing_caption": "60岁及以上占比，{first}—{last}年末（{scenario}），常住人口", "ageing_table": "60岁及以上占比（%），年末常住人口（{scenario}）",
        "beds_caption": "每千名60岁及以上常住人口的床位：现有与按各自主方法所需（规划目标年）", "beds_table": "养老床位：各地主方法的需求与现有存量",
        "places_caption": "托位相当于0—2岁儿童的比例：现有与按规划标准所需（规划目标年）", "places_table": "托位：按每千人口标准的需求、现有存量，及其相当于0—2岁儿童的比例",
        "targets_caption": "各规划共有的百分比指标：基期到目标（数值照原文）", "ranks_table": "目标的位次，仅比率与年限（以范围表示；舍入或并列使位次不定）",
        "audit_table": "各规划数字的复算结论（项数）", "sources_table": "规划文件",
        "note": "来源：国家统计局，联合国WPP 2024，各规划，本库推算", "note_targets": "数值照各规划原文；基期年份不尽相同",
        "bed_unit": "每千名60岁及以上常住人口的床位（张）", "place_unit": "托位相当于0—2岁儿童的比例", "city": "地区", "level": "级别", "method": "方法", "year": "目标年", "need": "需求", "stock": "现有", "gap": "需求减现有",
        "need_per": "每千老人需求", "stock_per": "每千老人现有", "norm": "每千人口标准", "need_cover": "需求覆盖（%）", "stock_cover": "现有覆盖（%）",
        "indicator": "指标", "axis_year": "年份", "reproduced": "可以复现", "baseline": "基期", "bound": "限定", "approx": "约", "target": "目标", "rank": "位次/规划数", "apart": "比较的限制", "total": "合计", "plan": "规划", "issuer": "发布机关", "issued": "日期",
        "prefecture": "地级市", "county": "县（市）", "counties and prefectures": "县与地级市", "target years differ": "目标年不同", "some targets are bounds": "部分目标为下限或上限",
        "baseline years differ": "基期年份不同", "doubtful transcription": "该数字存疑",
        "alt_ageing": "{last}年末60岁及以上占比最高的是{high}（{high_value:.1f}%），最低的是{low}（{low_value:.1f}%）。",
        "alt_beds": "每千名老人现有床位由{low}的{low_value:.0f}张到{high}的{high_value:.0f}张；各地主方法不同。", "alt_places": "现有托位相当于0—2岁儿童的{low_value:.1f}%（{low}）至{high_value:.1f}%（{high}）。",
        "alt_targets": "{n}项共有的百分比指标中，有基期值的目标{m}个：高于基期{up}个，持平{same}个，低于基期{down}个。",
        "limits_text": [
            "{n}个规划只是{n}个例子，不代表全国；县（市）与地级市不宜直接排名。",
            "养老床位总数的范围不同：有的只含机构床位，有的包含社区与家庭床位，因此每千名老人床位数不可直接排名。",
            "各地主方法不同（规划标准、保持现状或9073规则），需求之间的差异部分来自方法。",
            "同名指标的分母可能不同（例如居家社区养老服务覆盖率与社区日间照料机构覆盖率），本报告只并列概念、单位与分母相同者。",
            "复算未能复现不等于有误：文本可能缺字，征求意见稿可能修改；各规划可复算的数字多少不同，不能用项数比较优劣。",
        ],
    },
    "en": {
        "title": "Plans for the elderly and the under-threes, compared", "subtitle": "{n} places: ageing, beds, daycare, targets, and the audit of printed figures",
        "cover_places": "Places", "cover_base": "Population", "cover_path": "Projection", "base": "census of 1 November 2020, residents, moved to year end", "path": "{scenario} scenario, to the end of {last}",
        "ageing": "Ageing", "beds": "Beds for the elderly", "places": "Daycare places", "targets": "Targets of the plans", "audit": "Printed figures recomputed", "limits": "What may not be compared", "sources": "Sources",
        "ageing_caption": "Share aged 60+, end of {first} to {last} ({scenario} scenario), residents", "ageing_table": "Share aged 60+ (%), residents at year end ({scenario} scenario)",
        "beds_caption": "Beds per 1000 residents aged 60+: present, and needed by each place's leading method (target year of the plan)", "beds_table": "Beds: need by each place's leading method, and present stock (‰: per 1000 residents aged 60+)",
        "places_caption": "Places per 100 children aged 0-2: present, and needed by the plan's norm (target year of the plan)", "places_table": "Daycare: need by the norm per 1000 residents, present stock, and what they are per 100 children aged 0-2",
        "targets_caption": "Percentages that several plans print: baseline to target (as printed)", "ranks_table": "Ranks of the targets that are rates or years, as ranges (rounding and equal targets leave them open)",
        "audit_table": "Verdicts on the printed figures of each plan (number of figures)", "sources_table": "The plans",
        "note": "Sources: NBS, UN WPP 2024, the plans, own projection", "note_targets": "As printed in each plan; baseline years differ",
        "bed_unit": "beds per 1000 residents aged 60+", "place_unit": "places per 100 children aged 0-2", "city": "place", "level": "level", "method": "method", "year": "year", "need": "need", "stock": "present", "gap": "difference",
        "need_per": "need ‰", "stock_per": "present ‰", "norm": "norm per 1000", "need_cover": "need per 100", "stock_cover": "present per 100",
        "indicator": "indicator", "axis_year": "year", "reproduced": "reproduced", "baseline": "baseline", "bound": "bound", "approx": "about", "target": "target", "rank": "rank / plans", "apart": "what limits the comparison", "total": "all", "plan": "plan", "issuer": "issuer", "issued": "date",
        "prefecture": "prefecture", "county": "county",
        "alt_ageing": "At the end of {last} the share aged 60+ is highest in {high} ({high_value:.1f} %) and lowest in {low} ({low_value:.1f} %).",
        "alt_beds": "Present beds per 1000 elderly go from {low_value:.0f} in {low} to {high_value:.0f} in {high}; the leading methods differ.",
        "alt_places": "Present places per 100 children aged 0-2 go from {low_value:.1f} in {low} to {high_value:.1f} in {high}.",
        "alt_targets": "Of {n} percentages that several plans print, {m} targets have a baseline: {up} lie above it, {same} equal it, {down} lie below.",
        "limits_text": [
            "{n} plans are {n} examples; they do not stand for the country. Counties and prefectures are not to be ranked together.",
            "A total of beds covers different kinds in different plans (institutions, community, home), so beds per 1000 elderly do not rank places.",
            "The leading method differs (the plan's norm, today's ratio, the 9073 rule); part of the difference in need is that of the methods.",
            "Indicators of like names may have other denominators; only those with the same concept, unit and denominator stand beside one another.",
            "Not reproduced does not mean wrong: texts may have lost characters and drafts may change. Plans differ in how many figures can be "
            "recomputed, so the counts do not rank them.",
        ],
    },
}  # fmt: skip
