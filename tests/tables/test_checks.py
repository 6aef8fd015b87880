"""`check_data` finds every planted fault of a user's folder, with its table and line, and nothing in a good one."""

import itertools

import pandas as pd
import pytest

from yilaolib import DataError, census_pyramids, check_data, doubts, load_table, persons, project
from yilaolib.auditing.checks import NESTED, POPULATION_FROM, RULES
from yilaolib.tables.cells import half_a_digit
from yilaolib.tables.schema import fields_of, rules_of

GOOD = {
    "areas": "area,level,adcode,name_zh,name_en,parent\ntestville,county,329999,试验县,Testville,jiangsu\n",
    "sources": "source,area,title_zh,issued,status,plan_start,plan_end\n"
    "plan-testville,testville,试验县方案,2022-02-28,issued,2021,2025\n",
    "indicators": "indicator,domain,name_zh,name_en,unit,lower,upper,broader\n"
    "test_beds_pct,eldercare,试验床位占比,Share of test beds,pct,0,100,elder_beds_total\n",
    "observations": "observation,area,indicator,year,kind,value,value_max,comparator,unit,as_printed,basis,source\n"
    "t.total,testville,population_total,2020,actual,99000,,eq,persons,9.90万人,resident,plan-testville\n"
    "t.60plus,testville,population_60plus,2020,actual,20000,,eq,persons,2.0万,resident,plan-testville\n"
    "t.65plus,testville,population_65plus,2020,actual,15000,,eq,persons,15000人,resident,plan-testville\n"
    "t.65plus.registered,testville,population_65plus,2020,actual,30000,,eq,persons,3万,registered,plan-testville\n"
    "t.infants,testville,population_0_3,2020,actual,4000,,approx,persons,约4千人,resident,plan-testville\n"
    "t.share.2020,testville,test_beds_pct,2020,actual,40,,eq,pct,40%,,plan-testville\n"
    "t.share.2025,testville,test_beds_pct,2025,target,55,60,ge,pct,55-60,,plan-testville\n"
    "t.share.gap,testville,test_beds_pct,2023,target,,,,pct,—,,plan-testville\n",
    "projects": "area,project_no,name_zh,category,start,end,beds_new,source\n"
    "testville,1,敬老院,eldercare,2022,2023,100,plan-testville\ntestville,2,托育中心,childcare,,,,plan-testville\n",
    "claims": "claim,area,statement_en,statement_zh,published,unit,observation,formula,kind\n"
    "t.forty,testville,s,说,40,pct,t.share.2020,100 * 0.4,share\n",
    "population": "area,year,sex,age,n,persons,basis,source\n"
    + "".join(
        f"testville,2020,{sex},{age},{n},{persons},resident,plan-testville\n"
        for sex in ("female", "male")
        for age, n, persons in ((0, 60, 39500), (60, 5, 2500), (65, "", 7500))
    ),
    "margins": "area,year,population_total,population_60plus,population_65plus,population_under_3,basis\n"
    "testville,2020,99000,20000,15000,2000,resident\n",
    "age_standards": "standard,year,sex,age,n,persons,source\n"
    "mine,2020,female,0,1,10,plan-testville\nmine,2020,female,1,,20,plan-testville\n",
    "mortality": "standard,year,sex,age,n,mx,source\n"
    "mine,2020,female,0,1,0.01,plan-testville\nmine,2020,female,1,,0.02,plan-testville\n"
    "mine,2020,male,0,1,0.01,plan-testville\nmine,2020,male,1,,0.02,plan-testville\n",
    "fertility": "schedule,year,age,n,share,source\n"
    "mine,2020,15,20,0.4,plan-testville\nmine,2020,35,15,0.6,plan-testville\n",
    "series": "area,indicator,year,value,lower_80,upper_80,lower_95,upper_95,kind,source\n"
    "testville,tfr,2030,1.2,1.1,1.3,1.0,1.4,projection,plan-testville\n",
    "assumptions": "area,scenario,parameter,year,value,unit,source\ntestville,,e0,2020,79.5,years,judged\n"
    ",,target_occupancy,,0.8,share,judged\n",
    "care_rates": "measure,level,sex,age,n,share,source\nmine,severe,both,60,20,0.05,plan-testville\n"
    "mine,severe,both,80,,0.2,plan-testville\n",
}

FAULTS = [  # table, what stands in the good file, what is planted, line, field, rule
    ("areas", ",county,", ",town,", 2, "level", "enum"),
    ("margins", "20000,15000", "20000,9000", 2, "population_total", "plausible"),
    ("areas", "329999", "32999", 2, "adcode", "pattern"),
    ("areas", "329999", "360200", 2, "adcode", "unique"),
    ("areas", ",jiangsu", ",jiangsoo", 2, "parent", "foreign-key"),
    ("areas", ",jiangsu", ",testville", 2, "parent", "parent-loop"),
    ("areas", ",parent", ",mother", 1, "mother", "columns"),
    ("areas", ",name_en", "", 1, "name_en", "columns-missing"),
    ("sources", "2022-02-28", "28.2.2022", 2, "issued", "pattern"),
    ("sources", "2022-02-28", "2022-02-29", 2, "issued", "date"),
    ("sources", "2025\n", "2020\n", 2, "plan_end", "date"),
    ("sources", "试验县方案", "", 2, "title_zh", "title"),
    ("indicators", ",pct,", ",,", 2, "unit", "required"),
    ("observations", "4千人,resident,plan-testville", "4千人,resident,plan-x", 6, "source", "foreign-key"),
    ("observations", "t.60plus,", "t.total,", 3, "observation", "duplicate-key"),
    ("observations", ",9.90万人", ",", 2, "as_printed", "required"),
    ("observations", ",99000,", ",99OOO,", 2, "value", "type"),
    ("observations", ",2025,target", ",2025.5,target", 8, "year", "type"),
    ("observations", ",2025,target", ",20255,target", 8, "year", "maximum"),
    ("observations", ",2025,target", ",2019,target", 8, "year", "target-year"),
    ("observations", ",target,55", ",Target,55", 8, "kind", "enum"),
    ("observations", "55,60,ge", "55,50,ge", 8, "value_max", "value"),
    ("observations", "40,,eq,pct,40%", "40,,,pct,40%", 7, "comparator", "value"),
    ("observations", ",target,,,,pct", ",target,,,eq,pct", 9, "comparator", "value"),
    ("observations", ",target,,,,pct", ",target,,70,,pct", 9, "value_max", "value"),
    ("observations", "40,,eq,pct,40%", "140,,eq,pct,140%", 7, "value", "bounds"),
    ("observations", "40,,eq,pct,40%", "40,,eq,per_1000,40", 7, "unit", "unit"),
    ("observations", ",40,,eq", ",44,,eq", 7, "value", "as-printed"),
    ("observations", "15000,,eq,persons,15000人", "21000,,eq,persons,21000人", 4, "value", "nested"),
    ("observations", "4000,,approx,persons,约4千人", "100000,,approx,persons,约10万人", 6, "value", "nested"),
    ("observations", "15000,,eq,persons,15000人", "15001,,eq,persons,15001人", 4, "value", "census-total"),
    ("observations", "99000,,eq,persons,9.90万人", "99100,,eq,persons,9.91万人", 2, "value", "census-total"),
    ("observations", "9.90万人,resident,plan", '"9.90万人,resident,plan', 2, "", "csv"),
    ("projects", ",2023,", ",2021,", 2, "end", "date"),
    ("claims", ",40,pct", ",41,pct", 2, "published", "claims"),
    ("claims", "100 * 0.4", "100 ** 4", 2, "formula", "claims"),
    ("claims", "100 * 0.4", "obs(t.share.2020)", 2, "formula", "claims"),
    ("claims", ",t.share.2020,", ",t.shar,", 2, "observation", "foreign-key"),
    ("margins", ",20000,", ",120000,", 2, "population_60plus", "margins"),
    ("margins", ",15000,", ",20001,", 2, "population_65plus", "margins"),
    ("margins", ",2000,", ",90000,", 2, "population_total", "margins"),
    ("margins", "testville,2020", "china,2020", 2, "area", "margins"),
    ("population", "female,0,60,39500", "female,0,60,-1", 2, "persons", "minimum"),
    ("population", "female,60,5", "female,60,4", 3, "n", "age-groups"),
    ("population", "female,60,5", "female,60,", 3, "n", "age-groups"),
    ("population", "testville,2020,female,65,", "testville,2020,female,65,5", 2, "n", "pyramid-complete"),
    ("population", "female,0,60", "female,1,59", 2, "age", "pyramid-complete"),
    ("population", "male,65,,7500,resident", "male,65,,7500,registered", 2, "basis", "pyramid-complete"),
    ("population", ",persons,", ";persons;", 1, "persons", "columns-missing"),
    ("age_standards", "female,0,1", "female,0,2", 2, "n", "age-groups"),
    ("mortality", "mine,2020,male,1,,0.02", "mine,2020,male,1,,0", 5, "mx", "rates"),
    ("mortality", "mine,2020,male,0,1,0.01,plan-testville\nmine,2020,male,1,,0.02,plan-testville\n", "", 2, "sex",
     "pyramid-complete"),
    ("fertility", "0.6", "0.61", 2, "share", "rates"),
    ("fertility", "mine,2020,35,15", "mine,2020,36,15", 2, "n", "age-groups"),
    ("series", "1.2,1.1", "1.2,1.25", 2, "lower_80", "interval"),
    ("series", "tfr,2030,1.2", "tfr,2030,1.35", 2, "value", "interval"),
    ("series", "1.2,1.1,1.3,1.0,1.4", "12,11,13,10,14", 2, "value", "bounds"),
    ("assumptions", "79.5", "", 2, "value", "required"),
    ("care_rates", ",0.2,", ",20,", 3, "share", "maximum"),
]  # fmt: skip


def write(folder, names):
    for name in names:
        (folder / f"{name}.csv").write_text(GOOD[name], encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path, GOOD)


def test_our_own_tables_have_no_errors():
    """Our tables pass their own check, and every value is one of the numbers that its document prints."""
    found = check_data()
    assert found[found["severity"] == "error"]["message"].tolist() == []
    assert "as-printed" not in set(found["rule"])


def test_good_folder_has_no_problem(folder):
    """A good folder of one's own gives an empty table, warnings included."""
    assert check_data(folder)["message"].tolist() == []


USES = {
    "observations": ("indicators", "population"),
    "claims": ("observations", "indicators", "population"),
    "population": ("observations", "indicators"),
}
ROUNDS = list(itertools.zip_longest(*([fault for fault in FAULTS if fault[0] == table] for table in GOOD)))


@pytest.mark.parametrize("faults", ROUNDS)
def test_planted_faults_are_found(tmp_path, faults):
    """A fault in each table is told with table, line, field and rule, in a sentence that names file and line."""
    faults = list(filter(None, faults))
    write(tmp_path, {"areas", "sources"}.union(*({fault[0], *USES.get(fault[0], ())} for fault in faults)))
    for table, good, bad, *_ in faults:
        assert good in GOOD[table]
        (tmp_path / f"{table}.csv").write_text(GOOD[table].replace(good, bad, 1), encoding="utf-8")
    found = check_data(tmp_path)
    for table, _, _, line, field, rule in faults:  # noqa: B007 - field is one of the query
        same = found.query("table == @table and row == @line and field == @field and rule == @rule")
        assert len(same) == 1, (table, rule, found[["table", "row", "field", "rule", "message"]].to_string())
        assert f"{table}.csv line {line}" in same["message"].iloc[0]


def test_every_rule_has_a_planted_fault():
    """No rule is without a fault that it finds; test_areas.py and tests/auditing/test_rules.py plant the others."""
    assert set(RULES) - {"agrees", "sums", "groups", "characters", "residents"} <= {rule for *_, rule in FAULTS}


def test_rules_name_indicators_that_exist():
    """A rule about an indicator that nobody has could never find anything."""
    assert {*POPULATION_FROM, *(name for pair in NESTED for name in pair)} <= set(load_table("indicators")["indicator"])


def test_rounded_figure_that_does_not_fit_is_a_warning(folder):
    """A printed 9.91万 over a pyramid of 99,000 is a warning, told of its area; a 15001人 over 15,000 is an error."""
    path = folder / "observations.csv"
    text = path.read_text(encoding="utf-8").replace("99000,,eq,persons,9.90万人", "99100,,eq,persons,9.91万人")
    path.write_text(text.replace("15000,,eq,persons,15000人", "15001,,eq,persons,15001人"), encoding="utf-8")
    found = check_data(folder).query("rule == 'census-total'")
    assert dict(zip(found["row"], found["severity"], strict=True)) == {2: "warning", 4: "error"}
    assert found["message"].iloc[0] in doubts("testville", root=folder) and not doubts("haian", root=folder)


def test_users_pyramid_is_held_to_our_printed_totals(tmp_path):
    """A user's new census row under a printed total of ours is reported in the user's file."""
    row = "jingdezhen,2020,female,60,5,999999,resident,nbs-census-2020-county"
    (tmp_path / "population.csv").write_text(f"{POPULATION}\n{row}\n", encoding="utf-8")
    found = check_data(tmp_path)
    assert set(found["table"]) == {"population"} and set(found["row"]) == {2}
    assert set(found["rule"]) == {"census-total", "plausible", "sums"}


def test_lines_of_the_file_are_counted_through_quoted_line_breaks(folder):
    """The row is the line of the file even below a cell with a line break and a blank line."""
    path = folder / "projects.csv"
    text = path.read_text(encoding="utf-8").replace("敬老院", '"敬老\n院"').replace("childcare", "nursery")
    path.write_text(text.replace("\ntestville,2", "\n\ntestville,2"), encoding="utf-8")
    assert check_data(folder)["row"].tolist() == [5]


@pytest.mark.parametrize(
    ("printed", "half"),
    [("161.90万人", 50), ("5.8万", 500), ("1,154,223人", 0.5), ("35余万人次", 5000), ("≥95.5", 0.05), ("—", 0.5),
     ("１２．５％", 0.05), ("1.2亿", 5_000_000)],
)  # fmt: skip
def test_half_of_the_last_printed_digit(printed, half):
    """Half of the last printed digit in base units, with 万, 亿, 余 and full-width digits."""
    assert half_a_digit(printed) == pytest.approx(half)


@pytest.mark.parametrize("table", sorted(GOOD))
def test_optional_columns_may_be_empty(tmp_path, table):
    """Columns that need not be filled in, all left empty: the table can be loaded, or a sentence says why not."""
    write(tmp_path, {"areas", "sources", table, *USES.get(table, ())})
    frame = pd.read_csv(tmp_path / f"{table}.csv", dtype="str")
    empty = [name for name in frame if not rules_of(fields_of(table)[name]).get("required")]
    frame.assign(**dict.fromkeys(empty)).to_csv(tmp_path / f"{table}.csv", index=False)
    found = check_data(tmp_path)
    assert (found["message"].str.len() > 20).all()
    if not (found["severity"] == "error").any():
        assert load_table(table, root=tmp_path)[empty].isna().any().all()


def own(folder, population="", margins=""):
    """A folder with a county of a user's and the rows given of it."""
    (folder / "areas.csv").write_text(GOOD["areas"], encoding="utf-8")
    for name, head, rows in (("population", POPULATION, population), ("margins", MARGINS, margins)):
        (folder / f"{name}.csv").write_text(f"{head}\n{rows}", encoding="utf-8")
    return folder


POPULATION = "area,year,sex,age,n,persons,basis,source"
MARGINS = (
    "area,year,population_total,population_0_14,population_15_59,population_60plus,population_men,population_women"
)


def people(persons, ages):
    """Rows of persons by (year, sex), the same in each of the groups that begin at `ages`."""
    ends = zip(ages, [*ages[1:], None], strict=True)
    groups = [(age, end and end - age) for age, end in ends]
    return "\n".join(
        f"testville,{year},{sex},{age},{n or ''},{count // len(ages)},resident,own-figures"
        for (year, sex), count in persons.items()
        for age, n in groups
    )


BOTH = list(itertools.product((2010, 2020), ("female", "male")))


@pytest.mark.parametrize(
    ("changed", "told"),
    [({(2010, "female"): 3000, (2010, "male"): 3000}, "residents as a multiple"),  # a place of another boundary
     ({(2020, "male"): 1_500_000}, "men for each woman"), (dict.fromkeys(BOTH, 45), "residents 90")],  # in 万
)  # fmt: skip
def test_what_no_place_of_china_shows_is_told(tmp_path, changed, told):
    """Two censuses that cannot be of one boundary, 30 men a woman, and numbers in 万: a warning, in reports too."""
    folder = own(tmp_path, people(dict.fromkeys(BOTH, 50_000) | changed, range(0, 75, 5)))
    found = check_data(folder).query("rule == 'plausible'")
    assert found["message"].str.contains(told).any() and (found["severity"] == "warning").all()
    assert set(found["message"]) <= set(doubts("testville", root=folder))


@pytest.mark.parametrize(("row", "told"), [
    ("tfr_ratio,2025,-1", "tfr_ratio allows 0 to any"), ("tfr_ratio,2025,0.9", ""),
    ("target_occupancy,,85", "value is 85, but target_occupancy allows 0 to 1"), ("net_migration_per_1000,,-5", ""),
])  # fmt: skip
def test_assumptions_that_cannot_be_are_refused(tmp_path, row, told):
    """A share is no per cent, a ratio of fertility not below 0."""
    text = f"area,parameter,year,value,unit,source\njingdezhen,{row},1,judged\n"
    (tmp_path / "assumptions.csv").write_text(text)
    found = check_data(tmp_path)["message"].tolist()
    assert told in "".join(found) and bool(found) == bool(told)


@pytest.mark.parametrize(("row", "told"), [
    ("births_reported,2023,1.2", "births per 1000 residents <0.001"), ("births_reported,2023,12000", ""),
    ("deaths_reported,2023,1.1", "deaths per 1000"), ("population_reported,2023,162", "residents as a multiple"),
])  # fmt: skip
def test_flows_in_another_unit_are_told(tmp_path, row, told):
    """Newer births, deaths and residents in 万 are doubted, true ones are not."""
    text = f"area,indicator,year,value,kind,source\njingdezhen,{row},actual,plan-jingdezhen-2022\n"
    (tmp_path / "series.csv").write_text(text)
    assert told in "".join(found := doubts("jingdezhen", root=tmp_path)) and bool(found) == bool(told)


@pytest.mark.parametrize(("row", "told"), [
    ("2020,400000,,,,,", "sum to 99,972; the projection takes the ages"),
    ("2020,99972,,,80000,,", "population_60plus of 2020 is 80,000"),
    ("2020,99972,9.5,,,,", "a fraction of a person"),
    ("2020,99972,,,,96000,", "men for each woman"),
    ("2020,99972,,6.2,,,", "share of 15-59"),
    ("2023,50000,,,,,", "residents as a multiple"),
    ("2015,90000,,,,,", "totals of 2015 change nothing"),
    ("2023,100000,20000,60000,30000,,", "sum to 110,000, but population_total is 100,000"),
    ("2023,100000,,,,60000,30000", "sum to 90,000, but population_total is 100,000"),
])  # fmt: skip
def test_totals_beside_ages_are_used_or_told(tmp_path, row, told):
    """Totals that differ from the ages of their year, come before them, or contradict each other, are told."""
    counted = people(dict.fromkeys(BOTH[2:], 50_000), range(0, 90, 5))
    folder = own(tmp_path, counted, f"testville,{row}")
    assert check_data(folder)["message"].str.contains(told).any()


@pytest.mark.parametrize("ages", [[0, 15, 60, 65], range(0, 70, 5), range(0, 85, 5), range(0, 90, 10)])
@pytest.mark.parametrize("sexes", [("female", "male"), ("both",)])
def test_age_groups_as_printed_carry_a_projection(tmp_path, ages, sexes):
    """0-14, 15-59, 60-64 and 65+, five years to 65+ or 80+, tens, with and without sexes: checked, then projected."""
    folder = own(tmp_path, people({(2020, sex): 90_000 for sex in sexes}, ages))
    assert "error" not in set(check_data(folder)["severity"])
    assert project("testville", end_year=2022, root=folder)["population"].notnull().all()


def test_ages_are_laid_under_totals_and_leave_no_gap(tmp_path):
    """Totals beside broad groups of their year add what the groups do not say; ages that do not join are refused."""
    folder = own(tmp_path, people({(2020, "both"): 90_000}, [0, 15, 60]), "testville,2020,80000,,,25000,44000,")
    assert "error" not in set(check_data(folder)["severity"])
    held = persons(project("testville", end_year=2022, root=folder), 60).sel(year=2020)
    assert held.item() == pytest.approx(30_000, rel=0.01)
    own(tmp_path, people({(2020, "both"): 90_000}, [5, 15, 60]))
    with pytest.raises(DataError, match="do not join from 0"):
        project("testville", end_year=2022, root=folder)


def test_csv_is_read_as_workbooks_are(tmp_path):
    """Chinese headings with units, and age groups as printed; totals of 户籍 alone leave an area without residents."""
    folder = own(tmp_path)
    (folder / "margins.csv").write_text("地区,年份,总人口（万人）,口径\n试验县,2020,9.9,户籍\n", encoding="utf-8")
    assert load_table("margins", root=folder)["population_total"].tolist() == [99_000]
    assert check_data(folder)["rule"].tolist() == ["residents", "residents"]
    wide = "地区,年份,性别,来源,0-14岁,15—59岁,60岁及以上\n{0},男,{1}\n{0},女,{1}".format(
        "试验县,2020", "own-figures,9,31,10"
    )
    (folder / "population.csv").write_text(wide, encoding="utf-8")
    assert census_pyramids("testville", folder)[2020].sum().item() == pytest.approx(100)


def test_a_sex_that_is_missing_is_told(tmp_path):
    """Men alone, or both sexes beside men, are refused by the check."""
    for sexes, told in ((["male"], "no rows for female"), (["male", "both"], "beside rows of one sex")):
        folder = own(tmp_path, people({(2020, sex): 50_000 for sex in sexes}, [0, 15, 60]))
        assert check_data(folder).query("severity == 'error'")["message"].str.contains(told).any()
