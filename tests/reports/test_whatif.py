"""The page to try: its numbers are Python's; it can be used by keyboard, on a phone, on paper, in both languages."""

import functools
import random
import urllib.parse

import numpy as np
import pandas as pd
import pytest
from chromium import BROWSER
from click.testing import CliRunner
from test_browser import ARGUMENTS, opened, playwright, violations

import yilaolib as yl
from yilaolib.cli import main

AREAS = {"jingdezhen": ("zh", "至", 1e4, 0), "wuyuan-361130": ("en", " to ", 1e6, 2)}  # with a plan, and without one
STANDS = {"jingdezhen": (10_500, 4059, 4059 * 47 / 100, 7367), "wuyuan-361130": [np.nan] * 4}  # printed, from 2025 on
OWN = {"beds": 20_000, "home_beds": 9_000, "care_beds": 4_000, "places": 30_000}  # what a reader may fill in, at most
project = functools.cache(yl.project)
DRAWS, TARGET = 20, yl.assumed_range("target_occupancy").value
ENDS = ["lower", "central", "upper"]
MOVED = """async (hash) => {
  const moved = new Promise((done) => addEventListener("hashchange", () => setTimeout(done), { once: true }));
  location.hash = hash;
  await moved;
  return Object.fromEntries([...document.querySelectorAll("[data-key]")].map((cell) =>
    [cell.dataset.key, [cell.dataset.kind, ...[...cell.children].map((part) => part.textContent)]]));
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of both areas, open; nothing goes wrong in the browser, and nothing is asked for from anywhere."""
    out, heard = tmp_path_factory.mktemp("out"), []
    paths = {area: yl.whatif(area, out=out, lang=lang, draws=DRAWS) for area, (lang, *_) in AREAS.items()}
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield {area: opened(chromium, heard, path) for area, path in paths.items()}
        chromium.close()
    assert heard == []


@functools.cache
def in_year(area, scenario, year):
    """What no slider moves: 60+ and under 3, those expected in homes, and carers, staff and subsidy of one person."""
    future, drawn = (project(area, scenario=scenario, draws=draws) for draws in (0, DRAWS))
    people = []
    for ages in ((60, None), (0, 3)):
        low, high = yl.draw_range(yl.persons(drawn, *ages)).loc[year]
        people.append(np.array([low, float(yl.persons(future, *ages).sel(year=year)), high]))
    need = yl.care_need(future["population"].sel(year=year, age=slice(60, None)))
    shares = np.array([yl.assumed_range(f"institution_share_{level}")[:3] for level in need["level"].to_numpy()])
    carers = yl.care_staff(area, year, beds=1 / TARGET, population=future).set_index(["role", "level"])
    each = carers.loc[("care_worker", "all"), ENDS].to_numpy(float), yl.childcare_staff(area, 1.0)["central"].iloc[-1]
    return *people, need.to_numpy() @ shares, *each, yl.childcare_subsidy(area, population=future)["subsidy"][year]


@functools.cache
def unit_costs(area):
    """Lower, central and upper cost of a new bed, a converted one, a new place."""
    one = pd.DataFrame({"method": ["norm"], "name_zh": "", "name_en": "", "gap_pipeline": 1.0})
    costs = (yl.capital_cost(one, unit, area=area) for unit in ("new_bed", "renovated_bed", "new_place"))
    return [cost[ENDS].to_numpy()[0] for cost in costs]


def in_python(area, s):
    """What the page must show under settings: by key a number, or lower, central and upper."""
    elderly, children, living, carers, staff, subsidy = in_year(area, s["scenario"], s["year"])
    in_homes, care, occupied, enrolment = (s[name] / 100 for name in ("homes", "care", "occupancy", "enrolment"))
    stands = {name: float(s.get(name, count)) for name, count in zip(OWN, STANDS[area], strict=True)}
    need, enrolled = yl.beds_by_norm(elderly, s["norm"]), yl.places_by_coverage(children, enrolment)
    homes, needed = need * in_homes, yl.beds_by_prevalence(living, 1.0, occupied)
    use = pd.DataFrame(yl.use_table(*pair, occupancy=occupied) for pair in zip(elderly, homes, strict=True))
    found = {"elderly": elderly, "children": children, "subsidy": children * subsidy / children[1]}
    found |= {"residents": use["users"], "residents_share": use["share_pct"][1], "vacant": use["vacant"]}
    found |= {"carers": use["users"][1] * carers, "enrolled": enrolled, "staff": enrolled * staff}
    found |= {"filled": 100 * enrolled / stands["places"], "converted": np.nan}
    wanted = {"beds": need, "homes": homes, "care": homes * care, "needed": needed, "places": enrolled / TARGET}
    for row, counts in wanted.items():
        there = stands[{"homes": "home_beds", "care": "care_beds", "needed": "home_beds"}.get(row, row)]
        found |= {f"{row}.need": counts, f"{row}.there": there, f"{row}.gap": counts - there}
    if (beds := stands["home_beds"]) > 0 and (has := stands["care_beds"] / beds) >= 0:
        ways = yl.plan_beds(area, share=care, year=s["year"], beds=beds, care_share=has, start=2020)
        found["converted"] = ways.loc["convert", "converted"].sum()
    short = {"beds": found["beds.gap"][1], "converted": found["converted"], "places": found["places.gap"][1]}
    for (what, count), cost in zip(short.items(), unit_costs(area), strict=True):
        found[f"capital_{what}"] = np.maximum(count, 0) * cost
    return found | {"capital": found["capital_beds"] + found["capital_places"]}


def settings(pick):
    """Any settings that the page allows."""
    s = {"scenario": pick.choice(["medium", "short-life"]), "year": pick.choice([2025, 2050])}
    s |= {"norm": pick.randint(50, 1000) / 10, "homes": pick.randint(1, 100), "care": pick.randint(1, 99)}
    s |= {"occupancy": pick.randint(30, 100), "enrolment": pick.randint(1, 80) / 2}
    return s | {name: pick.randint(most // 2, most) for name, most in OWN.items() if pick.random() < 0.3}


@pytest.mark.parametrize("area", AREAS)
def test_every_number_is_that_of_python(pages, area):
    """Under 25 settings each, given by the address, every number and range is Python's to the last shown digit."""
    pick, (_, to, *money) = random.Random(area), AREAS[area]
    for s in (settings(pick) for _ in range(25)):
        cells, expected = pages[area].evaluate(MOVED, urllib.parse.urlencode(s)), in_python(area, s)
        assert set(cells) == set(expected)
        for key, (kind, *texts) in cells.items():
            unit, digits = {"count": (1, 0), "percent": (1, 1), "money": money}[kind]
            wanted = [f"{x / unit:,.{digits}f}".replace("-", "−") for x in np.atleast_1d(expected[key]) if x == x]
            wanted = ["0" if text == "−0" else text for text in wanted]
            if len(wanted) < 2:
                assert texts[0] in (wanted or ["–", "本库未收录", "not in our tables"]), (key, s)
            else:
                assert texts == [wanted[1], wanted[0] + to + wanted[2]], (key, s)


def test_places_are_those_of_the_plan_for_enrolment():
    """Places to add, staff and use are those of `plan_places`."""
    s = {"scenario": "medium", "year": 2050, "norm": 30, "homes": 64, "care": 73, "occupancy": 85, "enrolment": 35.5}
    plan = yl.plan_places("jingdezhen", points=0, base=0.355, places=7367, year=2050).loc["central"]
    found = [in_python("jingdezhen", s)[key][1] for key in ("places.gap", "staff", "filled")]
    assert found == pytest.approx(plan[["to_add", "staff", "filled_pct"]].tolist())


def test_keyboard_moves_and_address_keeps(pages):
    """An arrow key moves slider and sentence; address and link keep it; nonsense in an address is passed over."""
    page, message = pages["jingdezhen"], "document.querySelector('#message').textContent"
    page.evaluate(MOVED, "norm=40&occupancy=junk&year=9999&scenario=none&beds=")
    before = page.evaluate(message)
    assert before.startswith("2050年（中方案）") and page.locator("#occupancy").input_value() == "85"
    page.locator("#norm").press("ArrowRight")
    assert page.evaluate(message) != before and "norm=40.1" in page.evaluate("location.hash")
    assert page.evaluate("location.hash") == page.locator("#keep").get_attribute("href")


def test_page_on_a_phone_in_the_dark_and_on_paper(pages):
    """Nothing is wider than a phone; axe finds nothing in the dark; on paper are settings and no buttons."""
    for page in pages.values():
        page.set_viewport_size({"width": 390, "height": 844})
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390 and violations(page) == []
    page.emulate_media(media="print", color_scheme="light")
    assert page.locator(".value").first.is_visible() and not page.locator("#print").is_visible()


@pytest.mark.parametrize("arguments", [("nowhere-at-all",), ("jingdezhen", "--out", __file__)])
def test_bad_area_or_folder_is_refused(arguments):
    """An unknown area, and a file in place of a folder, give a sentence and exit code 2."""
    result = CliRunner().invoke(main, ["whatif", *arguments])
    assert result.exit_code == 2 and result.stderr.startswith("Error: ") and "Traceback" not in result.output
