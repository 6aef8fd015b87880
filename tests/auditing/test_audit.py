"""The audit: every claim is recomputed, the known findings come out, and nobody is accused on a doubtful text."""

import math
import re
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yilaolib as yl
from yilaolib.auditing.evidence import Evidence, fitting, populations
from yilaolib.auditing.verdicts import VERDICTS
from yilaolib.texts import catalogue

PLANS = ["haian", "jingdezhen", "lianshui", "yingtan", "yueyang"]
KNOWN = {  # what a reader with a pencil finds
    "jingdezhen.population_60plus_share_2020": "exact",
    "jingdezhen.population_65plus_share_2020": "approximate",
    "jingdezhen.population_65plus_share_2025": "exact",
    "jingdezhen.population_0_3_share_2020": "inconsistent",
    "jingdezhen.beds_needed_2025": "rounding",
    "jingdezhen.beds_per_1000_2025": "year_mismatch",
    "jingdezhen.institution_beds": "exact",
    "jingdezhen.places_needed_2025": "inconsistent",
    "jingdezhen.places_needed_2025_forecast": "doubtful",
    "jingdezhen.village_coverage_reachable": "doubtful",  # of 473, 275 are 58.1 % and 276 are 58.4 %
    "jingdezhen.geriatric_departments": "truncated",
    "jingdezhen.daycare_staff_trained_pct_2025_text_table": "text_vs_table",
    "jingdezhen.pension_insurance_2025_text_table": "exact",  # 95.5 and ≥95.5
    "yingtan.population_60plus_share_rise": "exact",
    "yingtan.population_60plus_above_province": "exact",
    "yingtan.old_age_dependency_2020": "exact",
    "yingtan.beds_total_2020": "approximate",
    "yingtan.beds_per_1000_2020": "exact",
    "yingtan.places_per_1000_now": "exact",
    "yingtan.places_per_1000_2023": "year_mismatch",
    "yingtan.places_per_1000_text_table": "date_open",
    "yingtan.infant_early_development_guidance_pct_2025_text_table": "exact",  # ≥99 and 100
    "yingtan.monthly_visits_2022": "year_mismatch",
    "yueyang.beds_new_text_table": "text_vs_table",
    "yueyang.beds_per_1000_2025": "year_mismatch",
    "yueyang.nursing_beds_stage_1": "year_mismatch",
    "yueyang.daycare_places_per_1000_2025_text_table": "exact",
    "yueyang.places_per_1000_2025": "inconsistent",
    "yueyang.places_per_1000_2020": "inconsistent",
    "lianshui.population_60plus_share_2021": "unverifiable",
    "lianshui.beds_per_1000_2021": "doubtful",
    "lianshui.beds_per_1000_2022": "doubtful",
    "lianshui.infant_early_development_guidance_pct_2025_text_table": "text_vs_table",
    "lianshui.projects_eldercare": "exact",
    "lianshui.daycare_inclusive_reachable": "approximate",  # 76 of 739, and the text prints about 740
}


@pytest.fixture(scope="module")
def found():
    return yl.audit().set_index("claim")


@pytest.fixture(scope="module")
def evidence():
    return Evidence(yl.load_table)


@pytest.fixture
def own(tmp_path):
    """A folder with one place, three printed figures and a claim about them; write(claims) lays the claims down."""
    tables = {
        "areas": "area,level,adcode,name_zh,name_en,parent\nx,county,329999,某县,Xtown,jiangsu\n",
        "sources": "source,area,title_zh,issued,status,plan_start,plan_end\nplan-x,x,某县方案,2022,draft,2021,2025\n",
        "observations": "observation,area,indicator,year,kind,value,value_max,comparator,unit,as_printed,"
        "name_as_printed,source,locator,note\n"
        "x.beds,x,elder_beds_total,2020,actual,2000,,eq,beds,2000张,床位,plan-x,1,\n"
        "x.old,x,population_60plus,2020,actual,50000,,eq,persons,5.0万人,老年人,plan-x,1,\n"
        "x.old25,x,population_60plus,2025,projection,62500,,eq,persons,6.25万人,老年人,plan-x,1,\n"
        "x.ratio,x,elder_beds_per_1000_60plus,2020,actual,40,,eq,per_1000,40,每千老人床位,plan-x,2,\n"
        "x.ratio25,x,elder_beds_per_1000_60plus,2025,target,38,,eq,per_1000,38张,每千老人床位,plan-x,2,\n"
        "x.ratio25.text,x,elder_beds_per_1000_60plus,2025,target,39,,eq,per_1000,39张,每千老人床位,plan-x,3,\n"
        'x.lost,x,elder_beds_per_1000_60plus,2019,actual,70,,eq,per_1000,70,床位,plan-x,4,"DOUBT: a digit is lost"\n'
        "x.round,x,elder_beds_needed,2025,projection,2000,,eq,beds,2000张,需床位,plan-x,5,\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")

    def write(observation, formula, kind="ratio", published=None, unit="per_1000"):
        head = "claim,area,statement_en,statement_zh,published,unit,observation,formula,kind\n"
        quoted = formula.replace('"', '""')
        row = f'x.claim,x,s,说,{published or 0},{unit},{observation},"{quoted}",{kind}\n'
        (tmp_path / "claims.csv").write_text(head + row, encoding="utf-8")
        return yl.audit("x", root=tmp_path).iloc[0]

    write.folder = tmp_path
    return write


def test_every_claim_stands_in_the_plan_of_its_area():
    """A claim is about a figure that the plan of its own area prints, as it is printed; its id begins with the area."""
    claims = yl.load_table("claims").merge(yl.load_table("observations"), on="observation", suffixes=("", "_printed"))
    assert (claims["published"] == claims["value"]).all() and (claims["unit"] == claims["unit_printed"]).all()
    plans = yl.load_table("sources").set_index("source")["area"]
    assert (claims["source"].map(plans) == claims["area"]).all()
    assert [claim.split(".")[0] for claim in claims["claim"]] == claims["area"].tolist()


def test_no_claim_proves_itself():
    """No formula uses the figure that it is to check."""
    claims = yl.load_table("claims")
    assert [c.claim for c in claims.itertuples() if f'"{c.observation}"' in c.formula] == []


@pytest.mark.parametrize("claim", KNOWN)
def test_known_verdict(found, claim):
    """What is known about the plans comes out."""
    assert found["verdict"][claim] == KNOWN[claim]


def test_doubtful_text_is_named_and_not_accused(found):
    """Where a printed figure is in doubt, nothing is concluded against it, and the doubt is told in both languages."""
    notes = yl.load_table("observations").set_index("observation")["note"].fillna("")
    doubtful = found[found["observation"].map(notes).str.startswith("DOUBT")]
    assert len(doubtful)
    assert not doubtful["verdict"].isin(["inconsistent", "text_vs_table"]).any()
    assert doubtful["explanation"].str.contains("source text is in doubt").all()
    assert doubtful["explanation_zh"].str.contains("存疑：").all()


def test_no_pair_is_judged_twice():
    """The same figures in another order are one claim, so that one discrepancy is counted once."""
    claims = yl.load_table("claims").query("kind != 'feasibility'")
    used = claims["formula"].str.findall(r'obs\("[^"]+"|pop\([^)]*\)') + claims["observation"].map(
        lambda name: [f'obs("{name}"']
    )
    assert not used.map(frozenset).duplicated().any()


def test_feasibility_is_apart():
    """What need not be equal is no verdict: 8,305 beds beside 45 per 1000 of 218,600 elderly are 9,837."""
    beside = yl.feasibility().set_index("claim")
    assert not set(beside.index) & set(yl.audit()["claim"])
    beds = beside.loc["lianshui.beds_for_target_2025"]
    assert beds["beside"] == 9837 and round(beds["percent"]) == 118 and "9,837" in beds["explanation_zh"]


@pytest.mark.parametrize(("claim", "beside"), [
    ("yueyang.beds_safety_net_rise", 0.6 * 51_482 - 0.5 * 44_882),
    ("yueyang.model_projects_size", 2 * 23_542 / 300),
    ("lianshui.nursing_beds_first_step", 61.44 + (70 - 61.44) / 4),
    ("yingtan.places_2020_2021", 1.86 * 1_154.2),
    ("haian.inclusive_today", 100 * 9 / 65),
    ("lianshui.places_per_1000_2021", 740 / 829.699),
    ("yingtan.nursing_beds_among_new", 100 * (0.6 * 8_059.2 - 0.341 * 4_808) / (8_059.2 - 4_808)),
])  # fmt: skip
def test_known_pair(claim, beside):
    """What stands beside a printed figure, worked by hand."""
    assert math.isclose(yl.feasibility().set_index("claim")["beside"][claim], beside)


@pytest.mark.parametrize("column", ["explanation", "explanation_zh"])
def test_both_places_are_named(found, column):
    """Where two places are held against each other, the sentence says where each of them is."""
    places = yl.load_table("observations").set_index("observation")["locator"]
    for claim in yl.load_table("claims").query("kind == 'text_vs_table'").itertuples():
        ids = [claim.observation, *re.findall(r'obs\("([^"]+)"', claim.formula)]
        assert all(places[each] in found.loc[claim.claim, column] for each in ids)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_audit_table_begins_with_the_worst(lang):
    """The table for readers is in the order of `VERDICTS`, whose names both catalogues have."""
    names = catalogue(lang).find("words.verdict")
    assert tuple(names) == VERDICTS
    places = [list(names.values()).index(word) for word in yl.audit_table(lang=lang)["verdict"]]
    assert places == sorted(places)


@pytest.mark.parametrize(("observation", "formula", "kind", "verdict"), [
    ("x.ratio", '1000 * obs("x.beds") / obs("x.old")', "ratio", "exact"),
    ("x.ratio", '1000 * obs("x.beds") / obs("x.old25")', "ratio", "year_mismatch"),
    ("x.ratio", '1000 * obs("x.beds") / pop("jiangsu", 2020, 60, None)', "ratio", "other_denominator"),
    ("x.ratio", '1000 * obs("x.beds") / 44000', "ratio", "inconsistent"),
    ("x.ratio", '1000 * obs("x.beds") / 49000', "ratio", "truncated"),
    ("x.ratio", '39.4 / 50000 * obs("x.old")', "ratio", "rounding"),
    ("x.round", "1985", "sum", "convenient"),
    ("x.ratio25.text", 'obs("x.ratio25")', "text_vs_table", "text_vs_table"),
    ("x.ratio25", '1187.5 * obs("x.beds") / obs("x.old25")', "ratio", "exact"),
    ("x.ratio25", '0.95 * 1000 * obs("x.beds") / obs("x.old")', "ratio", "year_mismatch"),
    ("x.round", '50000 * (obs("x.beds") / 49500)', "allocation", "rounding"),  # 4.04 %, worked on as 4 %
    ("x.lost", "55", "ratio", "doubtful"),
])  # fmt: skip
def test_planted_verdict(own, observation, formula, kind, verdict):
    """Each verdict is given where it holds."""
    found = own(observation, formula, kind)
    assert found["verdict"] == verdict, found["explanation"]
    assert "draft for comment" in found["explanation"]


def test_a_broken_claim_is_told_and_not_judged(own):
    """A claim whose formula cannot be computed says so."""
    found = own("x.ratio", 'obs("x.nothing")')
    assert found["verdict"] == "unverifiable"
    assert "x.nothing" in found["explanation"]
    assert math.isnan(found["recomputed"])


def test_a_planted_denominator_is_found(own):
    """The solver finds the one population that was hidden, and counts all that it tried."""
    own("x.ratio", "1")
    found = yl.solve_denominator(2000, 32, area="x", root=own.folder)
    assert found.loc[0, "observation"] == "x.old25"
    everything = populations(Evidence(partial(yl.load_table, root=own.folder)), "x")
    assert (found.attrs["needed"], found.attrs["tried"]) == (62_500, len(everything))
    assert found.attrs["tried"] > len(found)


@settings(max_examples=30)
@given(st.data())
def test_solver_finds_any_of_its_candidates(evidence, data):
    """Whatever population a ratio was worked out with, the solver names one as near."""
    candidates = populations(evidence, data.draw(st.sampled_from(PLANS)))
    persons = candidates.loc[data.draw(st.integers(0, len(candidates) - 1)), "persons"]
    ratio, per = data.draw(st.floats(0.1, 100)), data.draw(st.sampled_from([1, 100, 1000]))
    found = fitting(candidates, (ratio * persons / per) * per / ratio)
    assert math.isclose(found.loc[0, "persons"], persons, rel_tol=1e-9)
    assert (found["off_pct"].abs().diff().dropna() >= 0).all()
    assert found["off_pct"].abs().max() <= 0.5


def test_implied_total_is_the_plans_own(evidence):
    """32.41万 at 19.28 % speak of 168.1万 persons."""
    tried = populations(evidence, "jingdezhen").query("origin == 'implied' and year == 2025")
    assert (tried["persons"] / 1e4).round(1).tolist() == [168.1, 168.1]


def test_census_ages_are_summed_and_split(evidence):
    """Groups are summed exactly, and single years of 1-4 keep the sum of the group."""
    young = [evidence.pop("yingtan", 2020, age, age + 1).found.value for age in range(5)]
    assert math.isclose(sum(young), evidence.pop("yingtan", 2020, 0, 5).found.value)
    assert evidence.pop("yingtan", 2020, 60, None).found.value == 201_480


@pytest.mark.parametrize("table", ["observations", "projects"])
def test_every_doubt_is_told_in_chinese(table):
    """A row has a Chinese note exactly where its note doubts, and no word of it is English."""
    rows = yl.load_table(table)
    doubted = rows["note"].str.startswith("DOUBT:").fillna(False).astype(bool)
    assert (rows["note_zh"].notna() == doubted).all() and doubted.any()
    assert not rows.loc[doubted, "note_zh"].str.contains("[A-Za-z]").any()


@pytest.mark.parametrize(("area", "indicator", "finding", "severity"), [
    ("yueyang", "vaccination_pct", "below_baseline", "warning"),
    ("yueyang", "pension_insurance_participation_pct", "below_baseline", "note"),
    ("yueyang", "welfare_lottery_eldercare_share_pct", "equals_baseline", "warning"),
    ("yueyang", "daycare_places_per_1000", "text_and_table_differ", "note"),
    ("yueyang", "elderly_volunteers_pct", "no_baseline", "note"),
    ("haian", "daycare_places_per_1000", "already_met", "warning"),
    ("haian", "daycare_model_institutions_provincial", "equals_baseline", "warning"),
    ("lianshui", "elder_beds_per_1000_60plus", "already_met", "note"),
    ("lianshui", "infant_early_development_guidance_pct", "text_and_table_differ", "warning"),
    ("jingdezhen", "daycare_staff_trained_pct", "text_and_table_differ", "warning"),
    ("jingdezhen", "medical_eldercare_institutions", "equals_baseline", "note"),
    ("yingtan", "monthly_visits_special_difficulty_pct", "text_and_table_differ", "note"),
    ("yingtan", "infant_early_development_guidance_pct", "name_or_unit_drifts", "note"),
])  # fmt: skip
def test_known_lint(area, indicator, finding, severity):
    """What is known about the targets comes out."""
    found = yl.lint_targets(area).query("indicator == @indicator and finding == @finding")
    assert severity in set(found["severity"])


def test_lint_finds_planted_targets(own):
    """A target below its baseline, and another in the text, are found in a folder of one's own."""
    own("x.ratio", "1")
    found = yl.lint_targets("x", root=own.folder).set_index("finding")["severity"]
    assert found[["below_baseline", "text_and_table_differ"]].tolist() == ["warning", "warning"]


@pytest.mark.parametrize(("claim", "value"), [
    ("lianshui.beds_per_1000_2022", 38.0),  # 8,305 beds on 218,600 elderly
    ("lianshui.beds_per_1000_2021", 42.9),  # and on the 193,534 of the census
    ("yueyang.beds_new_text_table", 6_600),
])  # fmt: skip
def test_known_result(found, claim, value):
    """Results known from other hands come out."""
    assert math.isclose(found["recomputed"][claim], value, rel_tol=2e-3)
