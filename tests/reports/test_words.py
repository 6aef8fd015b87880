"""What a report says: words come from the catalogue of its language alone, and say what the numbers say."""

import ast
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from jinja2 import meta

import yilaolib as yl
from yilaolib.texts import catalogue

HERE = Path(__file__).parents[2]
TEXTS = HERE / "yilaolib" / "texts"
NOTEBOOKS = HERE / "notebooks" / "reports"
READS_CHINESE = {  # what these files read: printed figures, names, codes, headings
    "auditing/evidence.py", "auditing/verdicts.py", "needs/money.py", "needs/peers.py", "needs/supply.py",
    "plots/style.py", "reports/display.py", "reports/many.py", "reports/one.py", "reports/sections.py", "tables/finding.py",
    "tables/cells.py", "tables/folders.py", "tables/census.py", "tables/schema.py", "tables/workbook.py",
}  # fmt: skip
READ = {"reading": "whole"}  # a plan that was read from end to end
FORMS = ("columns", "formats", "links", "words", "row_ids")  # of a table: these name columns, and are no words


def run(notebook, **parameters):
    """Run the code of a report notebook here; return its names."""
    cells = json.loads((NOTEBOOKS / notebook).read_text(encoding="utf-8"))["cells"]
    names = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names.update(parameters)
    plt.close("all")
    return names


def said(page):
    """Everything that the pieces of a report say: (where, text)."""
    for piece, _ in page.pieces:
        where = f"{piece['kind']} {piece.get('key', '')}"
        texts = [piece.get(name, "") for name in ("title", "subtitle", "badge", "text", "label", "caption", "alt")]
        texts += piece.get("lines", [])
        texts += [text for item in [*piece.get("items", []), *piece.get("numbers", [])] for text in item]
        yield from ((where, text) for text in texts if text)
        for table in (piece if piece["kind"] == "table" else None, piece.get("table")):
            if table:
                yield from ((f"{where} {column['name']}", column["head"]) for column in table["columns"])
                for row in table["rows"]:
                    cells = zip(table["columns"], row, strict=True)
                    yield from ((f"{where} {column['name']}", cell["text"]) for column, cell in cells)


def leaves(entry, path=()):
    """(path, text) of every text of a catalogue."""
    if isinstance(entry, str):
        yield path, entry
    elif isinstance(entry, list):
        for number, each in enumerate(entry):
            yield from leaves(each, (*path, number))
    elif isinstance(entry, dict):
        for name, each in entry.items():
            yield from leaves(each, (*path, name))


# ---- the catalogues ----


def test_catalogues_have_the_same_keys():
    """What one language says, the other does; tables show the same columns, and templates take the same values."""
    zh, en = (dict(leaves(catalogue(lang).entries)) for lang in ("zh", "en"))
    assert sorted(map(str, zh)) == sorted(map(str, en))
    for path, text in zh.items():
        if path[0] in ("table", "figure") and set(FORMS) & set(path):
            assert en[path] == text, path
        if path[0] == "errors":
            parsed = (catalogue("en")._jinja.parse(each) for each in (text, en[path]))
            assert set.__le__(*map(meta.find_undeclared_variables, parsed)), path


def constants(tree):
    """The texts of a module that are no docstrings."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, holders) and isinstance(n.body[0], ast.Expr)}
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [text.value for text in texts if id(text) not in docs]


def test_python_neither_speaks_chinese_nor_asks_for_the_language():
    """Words and what differs between languages stand in the catalogues; some files read Chinese."""
    languages = {"zh", "en"}
    for path in sorted((HERE / "yilaolib").rglob("*.py")):
        tree, name = ast.parse(path.read_text(encoding="utf-8")), path.relative_to(HERE / "yilaolib").as_posix()
        if name not in READS_CHINESE:
            assert not [text for text in constants(tree) if re.search("[\u4e00-\u9fff]", text)], name
        for node in ast.walk(tree):
            compared = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            keys = node.keys if isinstance(node, ast.Dict) else []
            assert not languages & {n.value for n in [*compared, *keys] if isinstance(n, ast.Constant)}, name


# ---- a third language ----


def marked(path, text):
    """A text of the catalogue with every stretch of words between « and »."""
    if path[0] in ("language", "format") or (path[0] in ("table", "figure") and set(FORMS) & set(path)):
        return text
    parts = re.split(r"(\{\{.*?\}\}|\{%.*?%\})", text, flags=re.DOTALL)
    return "".join(p if p.startswith("{") or not re.search(r"[^\W\d_]", p) else f"«{p}»" for p in parts)


def toml(entry, path=()):
    """A table of a catalogue as TOML, its texts marked."""

    def value(each, at):
        if isinstance(each, str):
            return json.dumps(marked(at, each), ensure_ascii=False)
        if isinstance(each, list):
            return "[" + ", ".join(value(one, (*at, number)) for number, one in enumerate(each)) + "]"
        return json.dumps(each)

    plain = {name: each for name, each in entry.items() if not isinstance(each, dict)}
    lines = [f"{json.dumps(name, ensure_ascii=False)} = {value(each, (*path, name))}" for name, each in plain.items()]
    for name, each in entry.items():
        if isinstance(each, dict):
            head = ".".join(json.dumps(one, ensure_ascii=False) for one in (*path, name))
            lines += ["", f"[{head}]", *toml(each, (*path, name))]
    return lines


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    """A report of 岳阳 in a language of its own: English, with every word marked."""
    path = tmp_path_factory.mktemp("texts") / "marked.toml"
    path.write_text("\n".join(toml(catalogue("en").entries)), encoding="utf-8")
    return run("city_report.ipynb", city="yueyang", lang=str(path), end_year=2035)


def test_a_third_language_is_one_file(third):
    """Every word of a report comes from its catalogue, but for names and texts of the tables."""
    tables = [yl.load_table(name) for name in yl.list_tables()]
    known = "\n".join(str(text) for frame in tables for name in frame for text in frame[name].dropna().unique())
    known += "\n".join(text for _, text in leaves(catalogue("en").entries["levels"]))  # notes in both languages
    known += yl.find_areas("yueyang")["path_en"].str.cat()
    left = []
    for where, text in said(third["page"]):
        rest = re.sub("«[^»]*»", "\n", text)
        parts = re.split(r"[\n(（)）,，;；:]|\b\d[\d,.]*", rest)
        left += [(where, part) for part in parts if re.search(r"[^\W\d_]", part) and part.strip(" .'·") not in known]
    assert not left


def test_a_third_language_names_all_links(third):
    """Links lead to rows that are there, whatever the language."""
    tables = [piece.get("table") or piece for piece, _ in third["page"].pieces]
    ids = {one for table in tables for one in table.get("row_ids") or ()}
    targets = {link[0] for t in tables for row in t.get("rows", ()) for cell in row for link in cell["links"]}
    assert targets and targets <= ids


# ---- norms of one's own ----


@pytest.fixture(scope="module")
def own():
    """A report of 海安, whose plan prints no norm of beds, at norms and in a year of the reader's."""
    return run("city_report.ipynb", city="haian", norm=50.0, place_norm=6.0, target_year=2030, end_year=2035)


@pytest.mark.parametrize(("where", "text"), [
    ("cover", "每千名60岁及以上常住人口50张（报告使用者自定，非规划数字）"),
    ("text", "养老床位：按每千名老年人床位标准（自定：每千人50张），2030年需{beds}，"),
    ("text", "托位：按每千人口6个（自定），2030年需{places}（"), ("figure bed-gap", "2030年需{beds}，"),
    ("figure place-gap", "每千人口6个（自定）"), ("table account", "托位：每千人口6个（自定）"),
])  # fmt: skip
def test_own_norms_reach_all(own, where, text):
    """The cover says whose they are, and every sentence, caption and input has them."""
    old, people = own["ageing"]["aged_60"][2030], own["ageing"]["total"][2030]
    counts = {"beds": f"{50 * old / 1000:,.0f}张", "places": f"{6 * people / 1000:,.0f}个"}
    assert any(found.startswith(where) and text.format(**counts) in each for found, each in said(own["page"]))


def test_own_norms_reach_the_numbers(own):
    """Gap, waterfall, account, tornado's year and staff are those of the norms."""
    old, people = own["ageing"]["aged_60"][2030], own["ageing"]["total"][2030]
    beds, places = 50 * old / 1000, 6 * people / 1000
    assert own["bed_gap"]["demand"][2030] == pytest.approx(beds) == own["bed_steps"]["value"][0]
    assert own["account"]["need"][["eldercare", "childcare"]].tolist() == pytest.approx([beds, places])
    assert own["old"]["level"].notna().all() and own["young"]["places"].iloc[-1] == pytest.approx(places)
    assert own["turning"].set_index(["method", "scenario"])["year"].notna().any()


def test_workbook_computes_what_the_report_says(own):
    """The formulas of the sheet to calculate with give the report's own needs and gaps."""
    values = {}
    for key, value, formula in own["calc"]:
        computed = value if formula in (None, "input") else eval(formula.format(**values))
        assert value is None or computed == pytest.approx(value), key
        values[key] = computed
    by_care = own["bed_methods"].set_index("method")["central"]["prevalence"]
    assert values["care_need"] == pytest.approx(by_care) and values["bed_gap"] == own["bed_gaps"]["gap"][0]


def test_reports_close_with_the_targets_and_2030(third, own, unread):
    """What became of the targets, the way to 2030, then the sources; a plan that ended is counted in its own year."""
    for names, at in ((own, -3), (third, -3), (unread, -4)):
        headings = [p["text"] for p, _ in names["page"].pieces if p["kind"] == "heading" and p["level"] == 2]
        assert names["page"].text("report.headings.ahead").strip("«»") in headings[at + 1].strip("«»")
        assert names["year"] == 2030
    card = third["shown_card"].set_index("indicator")
    old = third["ageing"]["aged_60"][2025]
    assert card["needed"]["elder_beds_per_1000_60plus"] == pytest.approx(45 * old / 1000)  # the target of 岳阳
    assert third["ended"] == 2025 and third["closing"]["beds"]["need"][0] == pytest.approx(45 * old / 1000)
    assert not {"plan_beds", "plan_places"} & {*third["bed_methods"]["method"], *third["place_methods"]["method"]}


def test_one_account_for_old_and_young(own):
    """Seats that fall empty are children fewer than in 2025; places missing are the gap that leads."""
    young = own["freed"].set_index("year")
    assert young["freed"][2030] == pytest.approx(young["aged_3_5"][2025] - young["aged_3_5"][2030])
    assert young["missing"][2030] == pytest.approx(own["place_gaps"]["gap"][0])
    assert young["left"][2030] == pytest.approx(max(young["missing"][2030] - young["freed"][2030], 0))
    assert own["ways"].empty and own["enrol"]["places"].eq(4696).all()  # care beds of 海安 are not published


# ---- sentences ----


def row(supply=np.nan, shortfall=0.0, surplus=0.0, of="stock", derived=False):
    """A year of `gap_by_year`."""
    numbers = {"supply": supply, "shortfall": shortfall, "surplus": surplus}
    return pd.Series({**numbers, "supply_is": of, "supply_derived": derived})


@pytest.mark.parametrize(
    ("year", "held", "zh", "en"),
    [
        (row(4808, shortfall=4700), True, "按现有存量缺4,700张", "with today's stock, 4,700 short"),
        (row(4808, surplus=0.6, of="target"), False, "达到规划目标时余1张", "if the plan's target is met, 1 to spare"),
        (row(4808, of="target", derived=True), False, "达到规划目标时（按每千人比例推算）供需持平",
         "if the plan's target is met (derived from a ratio per 1000), just met"),
        (row(4808, 9, of="line"), False, "按存量至目标的直线（本库所设）缺9张", "on our line from stock to target, 9 short"),
        (row(4808, shortfall=0.4), True, "按现有存量供需持平", "with today's stock, just met"),
        (row(), True, "供给未公布，缺口无法计算", "supply is not published, so no gap can be given"),
    ],
)  # fmt: skip
def test_gap_in_words(year, held, zh, en):
    """Short, to spare, just met, or unknown, against the target or today's stock."""
    assert catalogue("zh").say("report.gap", row=year, held=held, unit="张", plan=READ) == zh
    assert catalogue("en").say("report.gap", row=year, held=held, plan=READ) == en


def gaps(stock, *, listed=np.nan, target=None):
    """The gaps of a need of 10,000 beds in 2025, with so many beds in 2020, listed, and aimed at (number, year)."""
    steps = {"step": ["need", "stock", "pipeline"], "value": [10_000, -stock, -listed], "year": [2025, 2020, pd.NA]}
    steps = pd.DataFrame(steps)
    aims = [{"kind": "elder_beds_total", "role": "target", "stock": target[0], "year": target[1]}] if target else []
    supply = pd.DataFrame([{"kind": "elder_beds_total", "role": "stock", "stock": stock, "year": 2020}, *aims])
    return yl.named_gaps(steps, supply.astype({"year": "Int64"}))


@pytest.mark.parametrize(
    ("frame", "plan", "zh", "en"),
    [
        (gaps(4000.0, listed=1500.0, target=(10_200.0, 2025)), {},
         "按现有存量（2020年）4,000张，缺6,000张；按现有加项目清单5,500张，缺4,500张；按规划目标（2025年）10,200张，余200张",
         "with present stock (2020) of 4,000: 6,000 short; with present stock and listed projects of 5,500: 4,500 short; "
         "with the plan's target met (2025) of 10,200: 200 to spare"),
        (gaps(np.nan, listed=1500.0), READ, "现有存量未公布，按现有存量的缺口无法计算",
         "the present stock is not published, so no gap against it can be given"),
    ],
)  # fmt: skip
def test_each_gap_names_its_supply(frame, plan, zh, en):
    """A gap says against which supply of which year; a later target, or a list without a stock, gives none."""
    known = {"gaps": frame, "plan": plan, "lead": False}
    assert catalogue("zh").say("report.named_gaps", unit="张", **known) == zh
    assert catalogue("en").say("report.named_gaps", **known) == en


def bed_rows(*needs, stock, listed=0.0, says=None):
    """Rows of `triangulate_beds`: (basis, beds), named after their place."""
    frame = pd.DataFrame(needs, columns=["basis", "central"])
    named = {"name_zh": [f"法{n}" for n in frame.index], "name_en": [f"M{n}" for n in frame.index]}
    counts = {"with_stock": stock, "with_pipeline": stock + listed, "gap_stock": frame["central"] - stock}
    signs = [["short" if need > there else "surplus" for need in frame["central"]] for there in (stock, stock + listed)]
    return frame.assign(**named, **counts, says_stock=says or signs[0], says_pipeline=signs[1])


@pytest.mark.parametrize(
    ("methods", "all_say", "part", "look"),
    [
        (bed_rows(("plan", 900.0), ("need", 700.0), stock=500.0, listed=300.0),
         "All 2 methods say that the present 500 beds are too few for 2025: 200 short at least, 400 at most, ranges of the inputs included.",
         "Where methods part on beds: the central need goes from 700 ('M1') to 900 ('M0'); by plans and norms 900, by the need for care 700.",
         "whether the 300 beds of the project list come in time; even so, beds are too few by 1 of the methods."),
        (bed_rows(("plan", 900.0), ("need", 450.0), ("use", 300.0), stock=500.0, says=["short", "either", "surplus"]).assign(lower=[np.nan, 400.0, 250.0]),
         "of 3, 1 says too few, 1 says enough, 1 allows both, and the need lies between 250 and 900, ranges of the inputs included.",
         "by present use 300.", "and the published number of those who live in homes."),
        (bed_rows(("plan", 900.0), ("need", np.nan), stock=np.nan, says=["", ""]),
         "it cannot be said whether they are enough; the need of 2025 is put by 1 method at 900 to 900, ranges of the inputs included.",
         "by plans and norms 900.", "how many beds there are; without that there is no gap."),
    ],
)  # fmt: skip
def test_what_follows(methods, all_say, part, look):
    """What holds under every method, where they part, what to look at next; from hand-made rows."""
    known = {"follows": yl.what_follows(methods), "year": 2025, "plan": READ}
    said = [catalogue("en").say(f"report.follows.{name}", **known) for name in ("enough", "why", "next")]
    assert all_say in said[0] and said[1].endswith(part) and said[2].endswith(look)
    chinese = [catalogue("zh").say(f"report.follows.{name}", **known) for name in ("enough", "why", "next")]
    for one, other in zip(said, chinese, strict=True):  # the same numbers, in another order
        numbers = [sorted(re.findall(r"(?<!M)(?<!法)\d+", text)) for text in (one, other)]
        assert numbers[0] == numbers[1]


def test_one_gap_leads_everywhere(own):
    """What the key line, the lists of areas and the comparison call the gap: need less present stock."""
    lead, steps = own["bed_gaps"].iloc[0], own["bed_steps"].set_index("step")["value"]
    assert lead["gap"] == pytest.approx(steps["need"] + steps["stock"]) == pytest.approx(own["results"]["bed_gap"])
    assert own["results"]["bed_method"] == "按每千名老年人床位标准（自定：每千人50张）"
    assert own["results"]["gap_year"] == 2030 and own["results"]["bed_supply"].startswith("现有存量")
    stage = yl.ageing_stage(own["future"].population.sel(year=2030)).set_index("scheme").loc["nhc-2022"]
    assert own["results"]["ageing_stage"] == stage["stage_zh"]


PLACES = pd.DataFrame()
PLACES.attrs = {"held": False, "line": [2021, 2022]}
TURN = {"last": 2050, "scenario": "medium", "place_gap": PLACES, "place_rate": 4.5, "place_norm": None}


@pytest.mark.parametrize(
    ("state", "year", "draws", "en"),
    [
        ("turns", 2031, {}, "at 4.5 places per 1000 residents and if the plan's target is met, places are no longer short from 2031 on."),
        ("short_throughout", None, {}, "At 4.5 places per 1000 residents, places are short in every year whose supply is known."),
        ("short_throughout", None, {"turns_pct": 0.0}, "In none of the random paths of the demography has the shortage"),
        ("turns", 2031, {"turns_pct": 99.5, "lower_80": 2030, "upper_80": 2033}, "In over 99 % of the random paths"),
        ("turns", 2031, {"turns_pct": 0.5, "lower_80": 2030, "upper_80": 2030}, "In under 1 % of the random paths"),
        ("surplus_throughout", None, {"turns_pct": 50.0, "lower_80": 2030, "upper_80": 2031}, "places are short in no year"),
        ("returns", 2031, {}, "comes back."),
        ("not_published", None, {}, "it cannot be said when"),
    ],
)  # fmt: skip
def test_turn_in_words(state, year, draws, en):
    """When a shortage turns; one path of many is not none of them, and all but one are not all."""
    said = catalogue("en").say("report.turn", turn={"state": state, "year": year}, draws=draws, plan=READ, **TURN)
    assert en in said and ("random paths" in said) == (bool(draws) and state != "surplus_throughout")


def test_names_are_text():
    """What a user typed is a value of a template, never one itself."""
    name = "{name:>300000000}{{ 7 * 7 }}{city.__class__}"
    said = catalogue("en").say("command.no_claims", area={"name_zh": name, "name_en": name})
    assert said == f"No printed figures of {name} that could be recomputed are in our tables."


def test_a_value_that_is_not_given_is_named():
    """A template that lacks a value says which, and which template."""
    with pytest.raises(yl.DataError, match=r"en.toml lacks a value: 'scenario' is undefined. It is: "):
        catalogue("en").say("report.scenario")


# ---- what stands behind ----


@pytest.mark.parametrize(
    ("baseline", "target", "direction", "comparator", "step"),
    [
        (9, 10, "higher", "eq", "improves"), (10, 9, "higher", "eq", "steps_back"), (10, 9, "higher", "ge", "floor_below"),
        (9, 10, "lower", "eq", "above_baseline"), (9, 10, "lower", "le", "ceiling_above"), (9, 10, "none", "eq", "goes_up"),
        (10, 10, "higher", "eq", "unchanged"), (np.nan, 10, "higher", "eq", "no_baseline"),
    ],
)  # fmt: skip
def test_step_of_a_target(baseline, target, direction, comparator, step):
    """Whether more is better depends on the direction of the indicator."""
    from yilaolib.reports.sections import _step

    assert _step(baseline, target, direction, comparator) == step


def test_rows_behind_a_report():
    """The area's own rows come first, doubts are told, projects are named after their list."""
    supply = yl.bed_supply("lianshui")
    rows = yl.report_rows("lianshui", [supply, yl.shared_targets("lianshui")])
    own = (rows["area"] == "lianshui").to_numpy()
    projects = rows["observation"].str.startswith("projects.lianshui.")
    assert set(supply["observation"].dropna()) <= set(rows["observation"]) and projects.any()
    assert rows["number"].tolist() == list(range(1, len(rows) + 1)) and own[: own[~projects].sum()].all()


@pytest.fixture(scope="module")
def compared():
    """The page of all cities with a plan."""
    return run("all_cities.ipynb", end_year=2030)


def test_comparison_counts_all_figures_once(compared):
    """The verdicts of each city add up to its claims."""
    for city, name in compared["names"].items():
        counts = compared["counts"][name]
        assert counts["total"] == len(yl.audit(city)) == sum(counts.values()) - counts["total"]


def test_comparison_per_head(compared):
    """Need per 1000 elderly is need over the elderly of the target year."""
    needs, city = compared["bed_needs"].set_index("name"), "yueyang"
    line, elderly = needs.loc[compared["names"][city]], compared["ageing"][city]["aged_60"]
    assert line["need_per"] == pytest.approx(1000 * line["need"] / elderly[line["year"]])
    assert line["gap"] == pytest.approx(line["need"] - line["stock"])


@pytest.fixture(scope="module")
def unread():
    """A report of 江西, of which the tables hold no plan."""
    return run("area_report.ipynb", city="jiangxi")


def test_nobody_looked_is_not_unpublished(unread):
    """Without a plan in the tables, nothing is said not to be published, and no table is empty or has an empty cell."""
    assert not [(where, text) for where, text in said(unread["page"]) if re.search("(?<!等于)未公布", text)]
    assert any("现有存量本库未收录" in text for _, text in said(unread["page"]))
    tables = [piece for piece, _ in unread["page"].pieces if piece["kind"] == "table"]
    assert all(table["rows"] for table in tables)
    assert not [cell for table in tables for row in table["rows"] for cell in row if cell["text"] == "本库未收录"]


@pytest.mark.parametrize(("key", "row", "column", "text"), [
    ("beds", "按现有入住", "central", "未公布"),  # the plan of 海安 was read
    ("staff", "养老护理员 · 合计", "present", "未公布"),
    ("staff", "养老护理员 · 重度", "present", "–"),  # no plan counts present staff by level of need
    ("bed_gap", "2020", "shortfall", "–"),  # without a supply there is no gap that anybody could print
])  # fmt: skip
def test_three_silences(own, key, row, column, text):
    """Not published, not in our tables, and not applicable are told apart."""
    pieces = {piece["key"]: piece for piece, _ in own["page"].pieces if piece.get("key")}
    table = pieces[key.replace("_", "-")]
    table = table.get("table") or table
    place = [each["name"] for each in table["columns"]].index(column)
    assert [cells[place]["text"] for cells in table["rows"] if cells[0]["text"] == row] == [text]


def test_figures_that_a_user_adds_give_a_gap(tmp_path):
    """Beds that a user's table gives for an area without a plan are the supply of its report."""
    (tmp_path / "sources.csv").write_text("source,title_zh,issuer,status\nours,民政公报,民政局,issued\n")
    (tmp_path / "observations.csv").write_text(
        "observation,area,indicator,year,year_basis,kind,value,comparator,unit,as_printed,source,locator\n"
        "jian.elder_beds_total.2024.actual,jian,elder_beds_total,2024,printed,actual,20000,eq,beds,20000张,ours,表1\n"
    )
    own = run("area_report.ipynb", city="jian", data=str(tmp_path))
    lead, old = own["bed_gaps"].iloc[0], own["ageing"]["aged_60"]
    assert lead["gap"] == pytest.approx(20_000 * (old[2030] / old[2024] - 1))  # as many beds per head as there are
    assert own["unread"] == ["plan", "places"] and any("缺" in text for _, text in said(own["page"]))


@pytest.mark.parametrize("which", ["own", "unread"])
def test_chinese_reports_speak_chinese(which, request):
    """No English words stand in a Chinese page, but in titles and places of documents."""
    for where, text in said(request.getfixturevalue(which)["page"]):
        if not where.startswith(("table sources", "table rows", "table parameters")):
            rest = re.sub(r"yilao \w+ [\w.]+( --\w+)?|yilao audit", "", text)
            assert not re.search(r"[A-Za-z]{3,}\s+[a-z]{2,}|[a-z]{4,}_[a-z]+", rest), (where, text)


@pytest.mark.parametrize("which", ["third", "own", "unread", "compared"])
def test_no_number_is_missing_in_words(which, request):
    """No text of a report shows nan, None or an unfilled template."""
    for where, text in said(request.getfixturevalue(which)["page"]):
        assert not re.search(r"\bnan\b|\bNone\b|NaT|<NA>|[{}]|Undefined", text), (where, text)
