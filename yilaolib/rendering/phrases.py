"""The words of a report: what `wording` fills with names and numbers. One entry in each language for every key."""

WORDS = {
    "zh": {
        "title": "{}一老一小报告", "identity": "规划身份", "key_lines": "要点", "population": "人口与老龄化",
        "beds": "养老床位", "places": "婴幼儿托位", "targets": "规划目标", "staff_money": "人员与资金", "matters": "什么最重要", "peers": "与其他规划比较", "audit": "所印数字的审计",
        "care_worker": "养老护理员", "social_worker": "社会工作者", "childcare_worker": "保育人员", "all": "合计",
        "mild": "轻度", "moderate": "中度", "severe": "重度", "judged_mark": "（判断）", "with_pipeline": "存量加项目清单",
        "no_peers": "没有可与其他规划比较的指标。", "no_decision": "所需数据未公布，无法计算。", "sources": "参数、来源与局限",
        "female": "女", "male": "男", "aged_60": "60岁及以上", "aged_65": "65岁及以上",
        "filled": "（人口由上级地区推算）", "base_census": "{}普查", "base_filled": "{}，由上级地区推算", "plan_point": "规划预测{}", "from_to": "{}至{}", "bed_unit": "张", "place_unit": "个",
        "un-1956": "联合国1956年", "vienna-1982": "维也纳1982年", "common-65": "通行划分（65岁，20%）",
        "common-65-21": "通行划分（65岁，21%）", "nhc-2022": "国家卫健委2022年", "yingtan-footnote": "鹰潭规划脚注",
        "plan": "规划", "need": "需要", "use": "使用", "stock": "{}年存量", "target": "{}年目标", "pipeline": "项目清单",
        "role_stock": "存量", "role_target": "目标", "role_pipeline": "项目新增",
        "supply_held": "供给（存量不变）", "supply_planned": "供给（存量至目标）",
        "bed_needed": "规划自测需求", "bed_gap": "规划自测缺口",
        "bed_ours": "本报告：按“{bed_method}”，{target}年需{bed_need}张，{bed_gap}；{last}年需{bed_need_last}张，{bed_gap_last}。",
        "place_needed": "规划自测需求", "place_gap": "规划自测缺口",
        "place_ours": "本报告：按每千人口{norm}个，{target}年需{place_need}个，{place_gap}；{last}年{place_gap_last}。",
        "turn": "按规划供给，托位缺口在{}年转为富余。", "no_turn": "推算期内，托位没有由缺口转为富余的年份。",
        "no_baseline": "无基期值", "steps_back": "低于基期", "unchanged": "持平", "improves": "改善",
        "binding": "约束性", "expected": "预期性", "draft": "该规划为征求意见稿，正式文本可能不同。",
        "e0_offset": "平均预期寿命与全国之差", "tfr_ratio": "总和生育率与全国之比", "net_migration_per_1000": "年净迁移率",
        "years": "岁", "ratio": "比值", "per 1000 and year": "‰/年",
    },
    "en": {
        "title": "{}: report on the elderly and the under-threes", "identity": "The plan", "key_lines": "Key lines",
        "population": "Population and ageing", "beds": "Beds for the elderly", "places": "Daycare places",
        "targets": "Targets of the plan", "staff_money": "Staff and money", "matters": "What matters most", "peers": "Beside other plans",
        "audit": "Audit of printed figures", "care_worker": "care worker", "social_worker": "social worker",
        "childcare_worker": "childcare worker", "all": "all", "mild": "mild", "moderate": "moderate", "severe": "severe",
        "judged_mark": " (judged)", "with_pipeline": "stock and projects",
        "no_peers": "There is no indicator to compare with other plans.",
        "no_decision": "Inputs are not published, so nothing is computed.", "sources": "Assumptions, sources and limits",
        "female": "female", "male": "male", "aged_60": "aged 60+", "aged_65": "aged 65+",
        "filled": " (population filled from the parent)", "base_census": "census of {}", "base_filled": "{}, filled from the parent", "plan_point": "plan, {}", "from_to": "{} to {}", "bed_unit": "beds", "place_unit": "places",
        "un-1956": "UN 1956", "vienna-1982": "Vienna 1982", "common-65": "common usage (65+, 20 %)",
        "common-65-21": "common usage (65+, 21 %)", "nhc-2022": "health commission 2022", "yingtan-footnote": "Yingtan's footnote",
        "plan": "plan", "need": "need", "use": "use", "stock": "stock {}", "target": "target {}", "pipeline": "project list",
        "role_stock": "stock", "role_target": "target", "role_pipeline": "new, from the project list",
        "supply_held": "supply (stock held)", "supply_planned": "supply (stock to target)",
        "bed_needed": "the plan's own need", "bed_gap": "the plan's own gap",
        "bed_ours": "This report: by the method '{bed_method}', {target} needs {bed_need} beds ({bed_gap}); {last} needs "
        "{bed_need_last} ({bed_gap_last}).",
        "place_needed": "the plan's own need", "place_gap": "the plan's own gap",
        "place_ours": "This report: at {norm} per 1000 residents, {target} needs {place_need} places ({place_gap}); "
        "{last}: {place_gap_last}.",
        "turn": "With the planned supply, the shortage of places turns into a surplus in {}.",
        "no_turn": "There is no year in which a shortage of places turns into a surplus.",
        "no_baseline": "no baseline", "steps_back": "below the baseline", "unchanged": "unchanged", "improves": "improves",
        "binding": "binding", "expected": "expected", "draft": "The plan is a draft for comment; the issued text may differ.",
        "e0_offset": "life expectancy, difference from the nation", "tfr_ratio": "total fertility rate, ratio to the nation",
        "net_migration_per_1000": "net migration rate",
        "years": "years", "ratio": "ratio", "per 1000 and year": "per 1000 and year",
    },
}  # fmt: skip

COLUMNS = {
    "zh": {
        "year": "年份", "age": "年龄", "total": "总人口", "aged_60": "60岁及以上", "aged_65": "65岁及以上",
        "aged_80": "80岁及以上", "aged_0_2": "0—2岁", "share_60_pct": "60+占比(%)", "share_65_pct": "65+占比(%)",
        "scheme": "划分标准", "base_age": "年龄", "share_pct": "占比(%)", "stage": "阶段",
        "method": "方法", "basis": "衡量什么", "lower": "下限", "central": "数值", "upper": "上限", "inputs": "输入（原始数值）",
        "implied_coverage_pct": "相当于0—2岁儿童(%)", "demand": "需求", "supply": "供给", "shortfall": "缺口", "surplus": "富余",
        "coverage_pct": "供给/需求(%)", "name": "名称", "role": "性质", "stock": "数量", "occupied": "已入住",
        "baseline_printed": "基期值（原样）", "target_printed": "目标值（原样）", "step": "变化", "binding": "属性",
        "locator": "出处", "comparator": "比较", "value": "数值", "unit": "单位", "source": "来源", "note": "说明",
        "ratio": "每人照护人数", "target": "规划目标", "short": "尚缺", "p_short": "现有不足(%)",
        "p_short_later": "加项目仍不足(%)", "p_empty": "加项目后过空(%)", "best": "合适床位数", "observation": "数据行", "name_as_printed": "名称（原样）", "as_printed": "所印", "statement": "数字", "printed": "所印", "recomputed": "复算", "verdict": "结论", "explanation": "说明",
        "issuer": "发布机关", "document_number": "文号", "issued": "日期",
    },
    "en": {
        "year": "year", "age": "age", "total": "total", "aged_60": "aged 60+", "aged_65": "aged 65+", "aged_80": "aged 80+",
        "aged_0_2": "aged 0-2", "share_60_pct": "60+ (%)", "share_65_pct": "65+ (%)",
        "scheme": "scheme", "base_age": "age", "share_pct": "share (%)", "stage": "stage", "method": "method",
        "basis": "measures", "lower": "lower", "central": "value", "upper": "upper", "inputs": "inputs",
        "implied_coverage_pct": "per 100 children 0-2", "demand": "demand", "supply": "supply", "shortfall": "shortfall",
        "surplus": "surplus", "coverage_pct": "supply / demand (%)", "name": "name", "role": "kind", "stock": "number",
        "occupied": "occupied", "baseline_printed": "baseline (as printed)", "target_printed": "target (as printed)",
        "step": "step", "binding": "status", "locator": "place in the plan", "comparator": "comparator", "value": "value",
        "unit": "unit", "source": "source", "note": "note", "ratio": "persons each", "target": "target", "short": "short",
        "p_short": "short now (%)", "p_short_later": "short with projects (%)",
        "p_empty": "too empty (%)", "best": "best number", "observation": "row of the data", "name_as_printed": "name (as printed)", "as_printed": "printed", "statement": "figure", "printed": "printed",
        "recomputed": "recomputed", "verdict": "verdict", "explanation": "explanation", "issuer": "issuer", "document_number": "document number",
        "issued": "date",
    },
}  # fmt: skip

CAPTIONS = {
    "zh": {
        "identity": "规划文件与人口口径", "pyramid": "{name}人口金字塔，{first}年末与{last}年末（{scenario}），常住人口",
        "ageing": "老年人口占比，{first}—{last}年末（{scenario}），常住人口",
        "population": "人口推算，年末常住人口（人）", "stages": "按各划分标准所处的老龄化阶段（{base}）",
        "beds": "{target}年养老床位需求，每行一种方法", "bed_gap": "养老床位供需，{first}—{last}年末（{scenario}）",
        "own_bed": "规划自己测算的床位需求与缺口（照原文）", "own_place": "规划自己测算的托位需求与缺口（照原文）",
        "bed_supply": "公布的床位与项目清单（改造床位不计为新增）",
        "places": "{target}年托位需求，每行一种方法", "place_gap": "托位供需，{first}—{last}年末（{scenario}），每千人口{norm}个",
        "targets": "规划指标：由基期到目标（数值照原文）", "staff": "{target}年所需人员与规划目标（人；养老比例为判断，托育比例为国家标准）",
        "capital": "补足各方法缺口所需建设资金（万元；单价取自规划项目清单，缺口已扣除项目清单新增）",
        "tornado": "{target}年照护床位需求对各项输入的敏感度（其余输入不变）",
        "decision": "建设决策：概率来自各方法的范围与人口抽样，过空指入住率低于60%；少建一张的代价为多建一张的2倍（判断）",
        "peers": "与其他规划共有的百分比指标：基期到目标", "audit": "规划所印数字的复算（不含可以复现的{reproduced}项，yilao audit 列出全部）", "parameters": "推算参数及其来源", "sources": "文献来源", "rows": "以上表格所据的数据行（observations.csv）",
    },
    "en": {
        "identity": "The document and its population", "pyramid": "Population pyramid of {name}, end of {first} and {last} "
        "({scenario} scenario), residents",
        "ageing": "Share of the elderly, end of {first} to {last} ({scenario} scenario), residents",
        "population": "Projection, residents at year end (persons)", "stages": "Stage of ageing by scheme ({base})",
        "beds": "Beds needed in {target}, one row per method",
        "bed_gap": "Beds, demand and supply, {first} to {last} ({scenario} scenario)",
        "own_bed": "The plan's own need and gap of beds, as printed",
        "own_place": "The plan's own need and gap of places, as printed",
        "bed_supply": "Published beds and project list (renovated beds are not new)",
        "places": "Places needed in {target}, one row per method",
        "place_gap": "Places, demand and supply, {first} to {last} ({scenario} scenario), {norm} per 1000 residents",
        "targets": "Indicators of the plan from baseline to target (figures as printed)",
        "staff": "Staff needed in {target} and the plan's target (persons; ratios of elder care judged, of childcare official)",
        "capital": "Capital to close each method's gap (10,000 yuan; unit costs of the plans' lists; projects deducted)",
        "tornado": "Beds for care need in {target}: how far each input moves them, the others held",
        "decision": "What to build: chances from the methods' ranges and draws of population; a bed too few costs twice a bed "
        "too many (judged); too empty: occupancy below 60 %",
        "peers": "Percentages that other plans print too: baseline to target", "audit": "Printed figures recomputed (without the {reproduced} that are reproduced; `yilao audit` lists all)",
        "parameters": "Assumptions of the projection and their sources", "sources": "Documents", "rows": "Rows of observations.csv that the tables above lead back to",
    },
}  # fmt: skip

NOTES = {
    "zh": {
        "pyramid": "基期：{base}，移至年末；来源：国家统计局，联合国WPP 2024，本库推算",
        "ageing": "基期：{base}；来源：国家统计局，联合国WPP 2024，规划，本库推算",
        "beds": "老年人口为{target}年末60岁及以上常住人口推算值；来源：规划，国家统计局，本库推算",
        "bed_gap": "60岁及以上常住人口推算值，年末；供给为规划公布数",
        "tornado": "照护床位：按日常活动失能率（调查）推算；标“判断”者无文献依据", "peers": "数值照各规划原文；基期年份不尽相同",
        "places": "人口为{target}年末推算值；意愿与入托率来自涟水规划",
        "place_gap": "总人口推算值，年末；供给为规划公布数",
    },
    "en": {
        "pyramid": "Base: {base}, moved to year end. Sources: NBS, UN WPP 2024, own projection",
        "ageing": "Base: {base}. Sources: NBS, UN WPP 2024, the plan, own projection",
        "beds": "Elderly: projected residents aged 60+ at the end of {target}. Sources: the plan, NBS, own projection",
        "bed_gap": "Projected residents aged 60+ at year end; supply as the plan publishes it",
        "tornado": "Beds by survey prevalence of care need; inputs marked judged have no document",
        "peers": "As printed in each plan; baseline years differ",
        "places": "Projected residents at the end of {target}; wish and use from Lianshui's plan",
        "place_gap": "Projected residents at year end; supply as the plan publishes it",
    },
}  # fmt: skip

ALTS = {
    "zh": {
        "pyramid": "{name}常住人口由{first}年末的{total_first}{total_change}到{last}年末的{total_last}，金字塔顶部变宽、底部收窄的程度见表。",
        "ageing": "60岁及以上占比由{first}年末的{share_first}{share_change}到{last}年末的{share_last}。",
        "beds": "各方法给出的{target}年床位需求在{bed_range}张之间。", "bed_gap": "{target}年需{bed_need}张，{bed_gap}；{last}年{bed_gap_last}。",
        "tornado": "影响{target}年照护床位需求最大的各项输入，由强到弱排列。", "peers": "各规划同一指标的基期与目标并列。",
        "places": "各方法给出的{target}年托位需求在{place_range}个之间。", "place_gap": "{target}年需{place_need}个，{place_gap}；{last}年{place_gap_last}。",
    },
    "en": {
        "pyramid": "The population of {name} {total_change} from {total_first} at the end of {first} to {total_last} at the end of {last}.",
        "ageing": "The share aged 60+ {share_change} from {share_first} at the end of {first} to {share_last} at the end of {last}.",
        "beds": "The methods put the beds needed in {target} at {bed_range}.",
        "bed_gap": "{target} needs {bed_need} beds: {bed_gap}; {last}: {bed_gap_last}.",
        "tornado": "The inputs that move the beds needed in {target} most, from strong to weak.",
        "peers": "Baseline and target of the same indicator, plan beside plan.", "places": "The methods put the places needed in {target} at {place_range}.",
        "place_gap": "{target} needs {place_need} places: {place_gap}; {last}: {place_gap_last}.",
    },
}  # fmt: skip

LIMITS = {
    "zh": [
        "推算回答“若假设成立则如何”，不是预测；生育、死亡与迁移的假设见上表。",
        "规划中的“老年人”多未注明年龄与口径，本报告按60岁及以上常住人口计算；户籍人口与常住人口不混用。",
        "床位总数在各规划中的范围不同（机构、社区、家庭床位），城市之间不可直接比较。",
        "规划文本取自网页，个别字符可能缺失；数值一律照原文记录。",
    ],
    "en": [
        "A projection says what follows if its assumptions hold; it is no prediction. The assumptions are in the table above.",
        "Plans rarely say the age or basis of 'the elderly'; this report takes residents aged 60+. Registered people (户籍) are "
        "never mixed with residents (常住).",
        "A total of beds covers different kinds in different plans (institutions, community, home), so cities do not compare.",
        "The plans' texts come from web pages and may have lost characters; figures are recorded as printed.",
    ],
}
