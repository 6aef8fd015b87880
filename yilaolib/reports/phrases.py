"""The words of a report: what `wording` fills with names and numbers. One entry in each language for every key."""

from __future__ import annotations

WORDS = {
    "zh": {
        "title": "{}一老一小报告", "identity": "规划概况", "key_lines": "要点", "population": "人口与老龄化",
        "beds": "养老床位", "places": "婴幼儿托位", "targets": "规划目标", "staff_money": "人员与资金", "matters": "关键因素与建设决策", "peers": "与其他规划比较", "audit": "规划数字的复算",
        "care_worker": "养老护理员", "social_worker": "社会工作者（按规划自定比例）", "childcare_worker": "保育人员", "all": "合计",
        "mild": "轻度", "moderate": "中度", "severe": "重度", "judged_mark": "（判断）", "with_pipeline": "存量加项目清单",
        "no_peers": "没有可与其他规划比较的指标。", "no_decision": "所需数据未公布，无法计算。", "sources": "参数、来源与局限",
        "female": "女", "male": "男", "aged_60": "60岁及以上", "aged_65": "65岁及以上",
        "filled": "（人口由上级地区推算）", "base_census": "{}普查", "base_filled": "{}，由上级地区推算", "plan_point": "规划预测{}", "from_to": "{}至{}", "and_over": "岁及以上", "period": "{}—{}年", "bed_unit": "张", "place_unit": "个",
        "un-1956": "联合国1956年", "vienna-1982": "维也纳1982年", "common-65": "通行划分（65岁，20%）",
        "common-65-21": "通行划分（65岁，21%）", "nhc-2022": "国家卫健委2022年", "yingtan-footnote": "鹰潭规划脚注",
        "plan": "规划", "need": "需要", "use": "使用", "stock": "{}年存量", "target": "{}年目标", "pipeline": "项目清单",
        "role_stock": "存量", "role_target": "目标", "role_pipeline": "项目新增",
        "supply_held": "供给（存量不变）", "supply_planned": "供给（存量至目标）",
        "bed_needed": "规划自测需求", "bed_gap": "规划自测缺口",
        "bed_ours": "本报告（方法：{bed_method}）：{target}年需{bed_need}，{bed_gap}；{last}年需{bed_need_last}（人口不确定性的80%范围为{bed_range_last}），{bed_gap_last}。",
        "place_needed": "规划自测需求", "place_gap": "规划自测缺口",
        "place_ours": "本报告（方法：每千人口{norm}个）：{target}年需{place_need}，{place_gap}；{last}年需{place_need_last}（人口不确定性的80%范围为{place_range_last}），{place_gap_last}。",
        "turn": "{scenario}下，托位缺口在{year}年转为富余。", "comes_back": "{scenario}下，托位缺口一度转为富余，其后又出现缺口。",
        "turns_between": "考虑人口不确定性，到{last}年，{turns_pct}%的随机路径已稳定转为富余，其中80%在{lower_80}—{upper_80}年间转变。",
        "turns_in": "考虑人口不确定性，到{last}年，{turns_pct}%的随机路径已稳定转为富余，其中80%在{lower_80}年转变。",
        "turns_never": "考虑人口不确定性，到{last}年，没有一条随机路径稳定转为富余。",
        "no_turn": "推算期内，托位没有由缺口转为富余的年份。",
        "turn_unknown": "托位供给未公布，无法判断缺口何时转为富余。", "always_short": "凡有供给数的年份，托位均有缺口。", "always_enough": "凡有供给数的年份，托位均无缺口。",
        "no_baseline": "无基期值", "steps_back": "低于基期", "above_baseline": "高于基期", "floor_below": "下限低于基期", "ceiling_above": "上限高于基期", "unchanged": "持平", "improves": "改善", "goes_up": "上升", "goes_down": "下降",
        "binding": "约束性", "expected": "预期性", "draft": "该规划为征求意见稿，正式文本可能不同。",
        "e0_offset": "平均预期寿命与全国之差", "tfr_ratio": "总和生育率与全国之比", "net_migration_per_1000": "年净迁移率",
        "subtitle": "养老床位与婴幼儿托位：需求、供给、规划目标与规划数字的复算",
        "cover_place": "地区", "cover_plan": "规划", "cover_status": "状态", "cover_period": "规划期", "cover_base": "人口基期", "cover_path": "推算",
        "no_plan": "本库未收录该地区的规划", "path": "{scenario}，至{last}年末", "base_moved": "{base}，常住人口，移至{first}年末", "draft_badge": "征求意见稿",
        "reads_methods": "各方法给出的{target}年{what}需求在{range}之间；{lines}。", "no_lines": "存量与目标未公布", "line_is": "{}为{}", "line_missing": "{}{}", "list": "、", "items": "；", "blank": "{}（未公布）",
        "reads_tornado": "对{target}年照护床位需求影响最大的输入是“{first_input}”：需求由{first_low}变到{first_high}；其次是“{second_input}”。",
        "reads_peers": "{name}与其他规划共有{n}项百分比指标：目标居首（含并列）的{top}项，居末（含并列）的{bottom}项，各规划相同或无法区分的{same}项。",
        "next_step": "、", "reads_steps": "{what}：需求{need}，减去{parts}；{left}。", "beds_what": "养老床位", "places_what": "托位",
        "nursing_need_moderate": "需求：中度失能", "nursing_need_severe": "需求：重度失能", "nursing_need": "需求：合计", "nursing_present": "现有护理型床位", "nursing_target": "规划目标", "of_elder_beds_institution": "（占机构床位）", "of_elder_beds_total": "（占全部床位）",
        "short_throughout": "始终短缺", "surplus_throughout": "始终富余", "turns": "转为富余", "not published": "未公布",
        "spread": "各方法之间的差异占需求离散程度的{method}%，人口不确定性占{demography}%，参数占{parameters}%，其余为三者共同作用。",
        "under_1": "不到1", "over_99": "超过99", "forecast": "规划预测{year}年为{printed}", "no_forecast": "规划未公布自己的预测", "no_gap": "缺口无法计算", "less": "减：",
        "reads_stock": "现有床位：{}。", "stock_item": "{}{}", "occupied_item": "（已入住{}）",
        "years": "岁", "ratio": "比值", "per 1000 and year": "‰/年",
    },
    "en": {
        "title": "{}: report on the elderly and the under-threes", "identity": "The plan", "key_lines": "Key lines",
        "population": "Population and ageing", "beds": "Beds for the elderly", "places": "Daycare places",
        "targets": "Targets of the plan", "staff_money": "Staff and money", "matters": "What matters most", "peers": "Beside other plans",
        "audit": "Audit of printed figures", "care_worker": "care worker", "social_worker": "social worker (the plan's own ratio)",
        "childcare_worker": "childcare worker", "all": "all", "mild": "mild", "moderate": "moderate", "severe": "severe",
        "judged_mark": " (judged)", "with_pipeline": "stock and projects",
        "no_peers": "There is no indicator to compare with other plans.",
        "no_decision": "Inputs are not published, so nothing is computed.", "sources": "Assumptions, sources and limits",
        "female": "female", "male": "male", "aged_60": "aged 60+", "aged_65": "aged 65+",
        "filled": " (population filled from the parent)", "base_census": "census of {}", "base_filled": "{}, filled from the parent", "plan_point": "plan, {}", "from_to": "{} to {}", "and_over": "+", "period": "{}–{}", "bed_unit": "beds", "place_unit": "places",
        "un-1956": "UN 1956", "vienna-1982": "Vienna 1982", "common-65": "common usage (65+, 20 %)",
        "common-65-21": "common usage (65+, 21 %)", "nhc-2022": "health commission 2022", "yingtan-footnote": "Yingtan's footnote",
        "plan": "plan", "need": "need", "use": "use", "stock": "stock {}", "target": "target {}", "pipeline": "project list",
        "role_stock": "stock", "role_target": "target", "role_pipeline": "new, from the project list",
        "supply_held": "supply (stock held)", "supply_planned": "supply (stock to target)",
        "bed_needed": "the plan's own need", "bed_gap": "the plan's own gap",
        "bed_ours": "This report, by the method '{bed_method}': {bed_need} needed in {target} ({bed_gap}), {bed_need_last} in {last} "
        "(80 % range of the demography {bed_range_last}; {bed_gap_last}).",
        "place_needed": "the plan's own need", "place_gap": "the plan's own gap",
        "place_ours": "This report, at {norm} per 1000 residents: {place_need} needed in {target} ({place_gap}), {place_need_last} "
        "in {last} (80 % range of the demography {place_range_last}; {place_gap_last}).",
        "turn": "In the {scenario} scenario the shortage of places turns into a surplus in {year}.",
        "comes_back": "In the {scenario} scenario the shortage of places turns into a surplus for some years and comes back.",
        "turns_between": "In {turns_pct} % of the random paths of the demography a shortage has turned for good by {last}; 80 % of "
        "these turn between {lower_80} and {upper_80}.",
        "turns_in": "In {turns_pct} % of the random paths of the demography a shortage has turned for good by {last}; 80 % of "
        "these turn in {lower_80}.",
        "turns_never": "In none of the random paths of the demography has the shortage turned for good by {last}.",
        "no_turn": "There is no year in which a shortage of places turns into a surplus.",
        "turn_unknown": "The supply of places is not published, so it cannot be said when a shortage turns into a surplus.",
        "always_short": "Places are short in every year whose supply is known.", "always_enough": "Places are short in no year whose supply is known.",
        "no_baseline": "no baseline", "steps_back": "below the baseline", "above_baseline": "above the baseline",
        "floor_below": "a floor below the baseline", "ceiling_above": "a ceiling above the baseline", "unchanged": "unchanged", "improves": "improves",
        "goes_up": "rises", "goes_down": "falls",
        "binding": "binding", "expected": "expected", "draft": "The plan is a draft for comment; the issued text may differ.",
        "e0_offset": "life expectancy, difference from the nation", "tfr_ratio": "total fertility rate, ratio to the nation",
        "net_migration_per_1000": "net migration rate",
        "subtitle": "Beds for the elderly and daycare places: need, supply, the plan's targets, its printed figures recomputed",
        "cover_place": "Place", "cover_plan": "Plan", "cover_status": "Status", "cover_period": "Period", "cover_base": "Population", "cover_path": "Projection",
        "no_plan": "none in the tables of this library", "path": "{scenario} scenario, to the end of {last}",
        "base_moved": "{base}, residents, moved to the end of {first}", "draft_badge": "Draft for comment",
        "reads_methods": "The methods put the {what} needed in {target} at {range} ({lines}).", "no_lines": "stock and target are not published",
        "line_is": "{}: {}", "line_missing": "{}: {}", "list": ", ", "items": "; ", "blank": "{} (not published)",
        "reads_tornado": "The input that moves the beds needed in {target} most is '{first_input}': from {first_low} to {first_high}; next is "
        "'{second_input}'.",
        "reads_peers": "{name} shares {n} percentages with other plans; its target is the highest or tied in {top}, the lowest or tied in {bottom}, "
        "and the same as all others or not to be told from them in {same}.",
        "next_step": "; ", "reads_steps": "{what}: need {need}; less {parts}; {left}.", "beds_what": "beds", "places_what": "places",
        "nursing_need_moderate": "need, moderate disability", "nursing_need_severe": "need, severe disability", "nursing_need": "need, both",
        "nursing_present": "present nursing-type beds", "nursing_target": "target of the plan",
        "of_elder_beds_institution": " (share of institution beds)", "of_elder_beds_total": " (share of all beds)",
        "short_throughout": "short_throughout", "surplus_throughout": "surplus_throughout", "turns": "turns", "not published": "not published",
        "spread": "{method}\u00a0% of the spread of the need comes from the choice of method, {demography}\u00a0% from the demography, "
        "{parameters}\u00a0% from the parameters; the rest is shared.",
        "under_1": "under 1", "over_99": "over 99", "forecast": "the plan expects {printed} in {year}", "no_forecast": "the plan publishes no forecast of its own",
        "no_gap": "so no gap can be given", "less": "less: ",
        "reads_stock": "Present beds: {}.", "stock_item": "{} {}", "occupied_item": " ({} occupied)",
        "years": "years", "ratio": "ratio", "per 1000 and year": "per 1000 and year",
    },
}  # fmt: skip

COLUMNS = {
    "zh": {
        "year": "年份", "age": "年龄", "total": "总人口", "aged_60": "60岁及以上", "aged_65": "65岁及以上",
        "aged_80": "80岁及以上", "aged_0_2": "0—2岁", "share_60_pct": "60岁及以上（%）", "share_65_pct": "65岁及以上（%）",
        "lower_80": "80%范围下限", "upper_80": "80%范围上限", "lower_80_share_60_pct": "60岁及以上80%下限", "upper_80_share_60_pct": "60岁及以上80%上限", "lower_80_share_65_pct": "65岁及以上80%下限", "upper_80_share_65_pct": "65岁及以上80%上限",
        "plan_60_pct": "规划预测60岁及以上（%）", "plan_65_pct": "规划预测65岁及以上（%）", "number": "序号", "doubt": "存疑", "area": "地区", "baseline": "基期", "rank": "目标位次/规划数",
        "residents": "入住需求人数", "rate": "补贴标准（元/月）", "staff": "所需人员", "short_pipeline": "加项目后尚缺", "scheme": "划分标准", "base_age": "年龄", "share_pct": "占比（%）", "stage": "阶段",
        "method": "方法", "basis": "口径", "lower": "下限", "central": "数值", "upper": "上限", "inputs": "输入",
        "implied_coverage_pct": "相当于0—2岁儿童（%）", "demand": "需求", "supply": "供给", "shortfall": "缺口", "surplus": "富余",
        "coverage_pct": "供给/需求（%）", "name": "名称", "role": "性质", "stock": "数量", "occupied": "已入住", "vacant": "空置", "enrolled": "已入托",
        "baseline_printed": "基期值（原文）", "target_printed": "目标值（原文）", "step": "变化", "binding": "属性",
        "locator": "出处", "comparator": "比较", "value": "数值", "unit": "单位", "source": "来源", "note": "说明",
        "ratio": "每人服务人数", "target": "规划目标", "short": "尚缺", "p_short": "现有不足（%）",
        "p_short_later": "加项目仍不足（%）", "p_empty": "加项目后入住率过低（%）", "best": "合适床位数", "observation": "数据行", "name_as_printed": "名称（原文）", "as_printed": "原文数字", "statement": "复算内容", "printed": "原文数字", "recomputed": "复算", "verdict": "结论", "explanation": "说明",
        "issuer": "发布机关", "document_number": "文号", "issued": "日期",
    },
    "en": {
        "year": "year", "age": "age", "total": "total", "aged_60": "aged 60+", "aged_65": "aged 65+", "aged_80": "aged 80+",
        "aged_0_2": "aged 0-2", "share_60_pct": "60+ (%)", "share_65_pct": "65+ (%)",
        "lower_80": "80 % range, low", "upper_80": "80 % range, high", "lower_80_share_60_pct": "60+ low", "upper_80_share_60_pct": "60+ high", "lower_80_share_65_pct": "65+ low", "upper_80_share_65_pct": "65+ high",
        "plan_60_pct": "plan, 60+ (%)", "plan_65_pct": "plan, 65+ (%)", "number": "no.", "doubt": "in doubt", "area": "place", "baseline": "baseline", "rank": "rank of target / plans",
        "residents": "residents in need", "rate": "rate (yuan a month)", "staff": "staff", "short_pipeline": "short with projects", "scheme": "scheme", "base_age": "age", "share_pct": "share (%)", "stage": "stage", "method": "method",
        "basis": "measures", "lower": "lower", "central": "value", "upper": "upper", "inputs": "inputs",
        "implied_coverage_pct": "per 100 children 0-2", "demand": "demand", "supply": "supply", "shortfall": "shortfall",
        "surplus": "surplus", "coverage_pct": "supply / demand (%)", "name": "name", "role": "kind", "stock": "number",
        "occupied": "occupied", "vacant": "vacant", "enrolled": "enrolled", "baseline_printed": "baseline (as printed)", "target_printed": "target (as printed)",
        "step": "step", "binding": "status", "locator": "place in the plan", "comparator": "comparator", "value": "value",
        "unit": "unit", "source": "source", "note": "note", "ratio": "persons per worker", "target": "target", "short": "short",
        "p_short": "short now (%)", "p_short_later": "short with projects (%)",
        "p_empty": "too empty (%)", "best": "best number", "observation": "row of the data", "name_as_printed": "name (as printed)", "as_printed": "printed", "statement": "claim", "printed": "printed",
        "recomputed": "recomputed", "verdict": "verdict", "explanation": "explanation", "issuer": "issuer", "document_number": "document number",
        "issued": "date",
    },
}  # fmt: skip

CAPTIONS = {
    "zh": {
        "identity": "规划文件与人口口径", "pyramid": "{name}人口金字塔，{first}年末与{last}年末（{scenario}），常住人口",
        "ageing": "老年人口占比，{first}—{last}年末（{scenario}），常住人口",
        "population": "人口推算，年末常住人口（人）", "stages": "按各划分标准所处的老龄化阶段（{base}）",
        "beds": "{target}年养老床位需求（{scenario}），每行一种方法", "bed_gap": "养老床位供需，{first}—{last}年末（{scenario}）",
        "bed_steps": "{target}年床位缺口的由来：按现有与项目清单，不按规划目标（方法：{bed_method}）", "place_steps": "{target}年托位缺口的由来：按现有与项目清单，不按规划目标（方法：每千人口{norm}个）",
        "own_bed": "规划自己测算的床位需求与缺口（照原文）", "own_place": "规划自己测算的托位需求与缺口（照原文）",
        "bed_supply": "公布的床位与项目清单（改造床位不计为新增）",
        "place_supply": "公布的托位与项目清单", "bed_stock": "现有养老床位：已入住与空置（年份：{stock_years}）",
        "nursing": "{target}年护理型床位：需求（按日常活动失能率与入住机构比例推算）与规划", "turning": "托位由短缺转为富余的年份，按方法与方案；{place_supply}",
        "subsidy": "{target}年机构运营补贴（万元/年；标准照规划原文）", "account": "{target}年一老一小合计：需求、人员与建设资金（床位：{bed_method}；托位：每千人口{norm}个；人员按全部需求配备；金额为万元，缺口已扣除项目清单新增）",
        "places": "{target}年托位需求（{scenario}），每行一种方法", "place_gap": "托位供需，{first}—{last}年末（{scenario}），每千人口{norm}个",
        "targets": "规划指标：由基期到目标（数值照原文）", "staff": "{target}年所需人员与规划目标（人；养老为按日常活动失能率推算的入住者，比例为判断；托育为每千人口{norm}个托位，比例为国家标准）",
        "capital": "补足各方法缺口所需建设资金（万元；单价取自各规划项目清单，缺口已扣除项目清单新增）",
        "tornado": "{target}年照护床位需求对各项输入的敏感度（其余输入不变）",
        "decision": "{target}年建设决策：概率来自各方法的范围与人口抽样，入住率过低指低于60%；少建一张的代价为多建一张的2倍（判断）",
        "peers": "与其他规划共有的百分比指标：基期到目标", "audit": "规划数字的复算（可以复现的{reproduced}项从略，yilao audit 列出全部）", "parameters": "推算参数及其来源", "sources": "文献来源", "rows": "图表所据的数据行（observations.csv与projects.csv；序号即文中上标）",
    },
    "en": {
        "identity": "The document and its population", "pyramid": "Population pyramid of {name}, end of {first} and {last} "
        "({scenario} scenario), residents",
        "ageing": "Share of the elderly, end of {first} to {last} ({scenario} scenario), residents",
        "population": "Projection, residents at year end (persons)", "stages": "Stage of ageing by scheme ({base})",
        "beds": "Beds needed in {target} ({scenario} scenario), one row per method",
        "bed_gap": "Beds, demand and supply, {first} to {last} ({scenario} scenario)",
        "bed_steps": "From need to gap, beds in {target}: stock and listed projects, not the plan's target (method: {bed_method})",
        "place_steps": "From need to gap, places in {target}: stock and listed projects, not the plan's target ({norm} per 1000 residents)",
        "own_bed": "The plan's own need and gap of beds, as printed",
        "own_place": "The plan's own need and gap of places, as printed",
        "bed_supply": "Published beds and project list (renovated beds are not new)",
        "place_supply": "Published places and project list", "bed_stock": "Present beds for the elderly, occupied and vacant ({stock_years})",
        "nursing": "Nursing-type beds in {target}: need (survey prevalence and share in homes) and plan",
        "turning": "Year in which the shortage of places turns into a surplus, by method and scenario; {place_supply}",
        "subsidy": "Operating subsidy in {target} (10,000 yuan a year; rates as the plan prints them)",
        "account": "Old and young together in {target}: need, staff, capital (by '{bed_method}' and {norm} places per 1000 residents; "
        "staff for all that is needed; 10,000 yuan; projects deducted)", "places": "Places needed in {target} ({scenario} scenario), one row per method",
        "place_gap": "Places, demand and supply, {first} to {last} ({scenario} scenario), {norm} per 1000 residents",
        "targets": "Indicators of the plan from baseline to target (figures as printed)",
        "staff": "Staff needed in {target} and the plan's target (persons; elder care: residents of homes by survey prevalence, ratios judged; "
        "childcare: {norm} places per 1000 residents, ratios official)",
        "capital": "Capital to close each method's gap (10,000 yuan; unit costs of the plans' lists; projects deducted)",
        "tornado": "Beds for care need in {target}: how far each input moves them, the others held",
        "decision": "What to build for {target}: chances from the methods' ranges and draws of population; a bed too few costs twice a bed "
        "too many (judged); too empty: occupancy below 60 %",
        "peers": "Percentages that other plans print too: baseline to target", "audit": "Printed figures recomputed (without the {reproduced} that are reproduced; `yilao audit` lists all)",
        "parameters": "Assumptions of the projection and their sources", "sources": "Documents", "rows": "Rows of observations.csv and projects.csv behind figures and tables; the numbers are the marks in the text",
    },
}  # fmt: skip

NOTES = {
    "zh": {
        "pyramid": "基期：{base}，移至年末；来源：国家统计局，联合国WPP 2024，本库推算",
        "ageing": "基期：{base}；来源：国家统计局，联合国WPP 2024，规划，本库推算；\n带状为人口不确定性的80%范围",
        "beds": "横条为各方法输入的范围；老年人口为{target}年末60岁及以上常住人口推算值；来源：规划，国家统计局，本库推算",
        "bed_gap": "60岁及以上常住人口推算值，年末；供给为规划公布数；\n带状为人口不确定性的80%范围，不含方法之间的差异", "bed_stock": "存量为规划公布数；未公布入住人数的只画总数；来源：规划", "bed_steps": "改造床位不计为新增，不晚于存量年份建成的项目已含在现有之中；来源：规划，本库推算", "place_steps": "不晚于存量年份建成的项目已含在现有之中；来源：规划，本库推算",
        "tornado": "照护床位：按日常活动失能率（调查）推算；标“判断”者无文献依据", "peers": "数值照各规划原文；基期年份不尽相同",
        "places": "横条为各方法输入的范围；常住人口为{target}年末推算值；送托意愿与实际入托率来自涟水规划，入托率目标为欧盟目标；\n来源：规划，国家统计局，本库推算",
        "place_gap": "常住人口推算值，年末；供给为规划公布数；\n带状为人口不确定性的80%范围",
    },
    "en": {
        "pyramid": "Base: {base}, moved to year end. Sources: NBS, UN WPP 2024, own projection",
        "ageing": "Base: {base}. Sources: NBS, UN WPP 2024, the plan, own projection;\nband: 80 % range of the demography",
        "beds": "Pale bar: range of the inputs. Elderly: projected residents aged 60+ at the end of {target}. Sources: the plan, NBS, own projection",
        "bed_gap": "Projected residents aged 60+ at year end; supply as the plan publishes it;\nband: 80 % range of the demography, without the differences between methods",
        "bed_stock": "Stock as the plan publishes it; where occupancy is not published only the total is drawn",
        "bed_steps": "Renovated beds are not new; projects up to the year of the stock are in the stock. Sources: the plan, own projection",
        "place_steps": "Projects up to the year of the stock are in the stock. Sources: the plan, own projection",
        "tornado": "Beds by survey prevalence of care need; inputs marked judged have no document",
        "peers": "As printed in each plan; baseline years differ",
        "places": "Pale bar: range of the inputs. Projected residents at the end of {target}; wish and use from Lianshui's plan, coverage targets of the EU.\nSources: the plan, NBS, own projection",
        "place_gap": "Projected residents at year end; supply as the plan publishes it;\nband: 80 % range of the demography",
    },
}  # fmt: skip

ALTS = {
    "zh": {
        "pyramid": "{name}常住人口{total_path}；60岁及以上{old_path}，0—2岁{young_path}。",
        "ageing": "60岁及以上占比{share_path}（80%范围{share_range}）；{forecast}。",
        "bed_gap": "{target}年需{bed_need}，{bed_gap}；{last}年需{bed_need_last}，{bed_gap_last}。",
        "place_gap": "{target}年需{place_need}，{place_gap}；{last}年需{place_need_last}，{place_gap_last}。",
    },
    "en": {
        "pyramid": "The population of {name} {total_path}; the number aged 60+ {old_path}, the number aged 0-2 {young_path}.",
        "ageing": "The share aged 60+ {share_path} (80 % range {share_range}); {forecast}.",
        "bed_gap": "{bed_need} are needed in {target} ({bed_gap}) and {bed_need_last} in {last} ({bed_gap_last}).",
        "place_gap": "{place_need} are needed in {target} ({place_gap}) and {place_need_last} in {last} ({place_gap_last}).",
    },
}  # fmt: skip

LIMITS = {
    "zh": [
        "推算回答“若假设成立则如何”，不是预测；生育、死亡与迁移的假设见上表。",
        "规划中的“老年人”多未注明年龄与口径，本报告按60岁及以上常住人口计算；户籍人口与常住人口不混用。",
        "床位总数在各规划中的范围不同（机构、社区、家庭床位），城市之间不可直接比较。",
        "规划文本取自网页，个别字符可能缺失；数值一律照原文记录。",
        "迁移按2010—2020年的水平延续，至2050年减半：25岁以下男女各按本性别的年龄别迁移率，25岁及以上男女同率，且各队列性别比逐步趋近全国。该十年的迁移未必延续，可与零迁移方案比较。",
    ],
    "en": [
        "A projection says what follows if its assumptions hold; it is no prediction. The assumptions are in the table above.",
        "Plans rarely say the age or basis of 'the elderly'; this report takes residents aged 60+. Registered people (户籍) are "
        "never mixed with residents (常住).",
        "A total of beds covers different kinds in different plans (institutions, community, home), so cities do not compare.",
        "The plans' texts come from web pages and may have lost characters; figures are recorded as printed.",
        "Migration goes on as in 2010-2020 and halves by 2050: below 25 each sex at its own rates by age, from 25 on men and women "
        "alike, and the sex ratio of each cohort nears the nation's. That decade need not go on: compare with the zero-migration scenario.",
    ],
}


def every_character() -> str:
    """All characters of these words, each once: most of what a report is written with."""
    words = (WORDS, COLUMNS, CAPTIONS, NOTES, ALTS)
    texts = [text for table in words for language in table.values() for text in language.values()]
    return "".join(sorted(set("".join([*texts, *LIMITS["zh"], *LIMITS["en"]]))))
