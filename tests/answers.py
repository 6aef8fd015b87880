"""What the exercises of the notebooks come to, from elsewhere: printed figures, sums by hand, raw rows, invariants."""

import csv
import math
import re
from pathlib import Path

from pytest import approx

DATA = Path(__file__).parents[1] / "data"


def rows(table: str, **wanted: str) -> list[dict]:
    """The rows of a table as the file has them, with no help from the library."""
    with (DATA / f"{table}.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if all(row[name] == value for name, value in wanted.items())]


def counted(area: str, year: int, low: int = 0, high: int = 200) -> float:
    """Residents that a census counted from one age up to, not including, another."""
    sexes = [row for row in rows("population", area=area, year=str(year)) if row["sex"] in ("female", "male")]
    ages = [name for name in sexes[0] if name[0].isdigit() and low <= int(re.match(r"\d+", name)[0]) < high]
    return sum(float(row[age] or 0) for row in sexes for age in ages)


def life_expectancy(factor: float) -> float:
    """Years, for women of China in 2023, summing survival under rates constant within age groups."""
    rates = rows("mortality", standard="china-wpp2024", year="2023", sex="female")
    alive, years = 1.0, 0.0
    for row in sorted(rates, key=lambda row: int(row["age"])):
        rate = factor * float(row["mx"])
        left = alive * math.exp(-rate * int(row["n"])) if row["n"] else 0.0
        years += (alive - left) / rate
        alive = left
    return years


def is_balance(value: list) -> bool:
    """Births less deaths, and migration, are the change."""
    natural, moved, change = value
    return abs(natural + moved - change) <= 2 and natural < 0


def more_live_longer(value: list) -> bool:
    """Longer lives leave more old people, and most of them very old."""
    elderly, very_old = value
    return elderly > very_old > elderly / 2 > 0


def holds_the_ratio(value: list) -> bool:
    """As many beds per elderly person later as now, for more elderly."""
    beds, now, later = value
    return now == later and beds > 4_000


def answers(notebook: str, city: str) -> list:
    """The answer of each exercise: a value to equal, or a property to have."""
    floors = [row["comparator"] for row in rows("observations", area="haian", kind="target")]
    held = 100 * (counted(city, 2010, 60) / counted(city, 2020, 60) - 1)
    return {
        "00_start_here": [
            17.46,  # as the plan of Yingtan prints
            {"shortfall": approx(0.03 * 269_200 - 4_059, abs=2), "surplus": 0},  # the plan prints 26.92万 elderly
        ],
        "01_data_and_sources": [
            sorted(row["area"] for row in rows("sources") if "征求意见稿" in row["title_zh"]),
            {name: floors.count(name) for name in ("ge", "eq")},
        ],
        "02_indicators_across_plans": [
            {"Yueyang": 4.59},  # as its plan prints
            {"jingdezhen": approx(7_367 / 1_619.0, abs=0.006), "yueyang": approx(23_542 / 5_051.9, abs=0.006)},
        ],
        "03_audit": [
            [approx(100 * 26.915 / 161.905, abs=6e-4), approx(100 * 26.925 / 161.895, abs=6e-4)],
            approx(1000 * 23_542 / 4.59, abs=1),
        ],
        "04_age_structure": [
            approx(counted(city, 2020, 55, 60), abs=1),
            lambda value: value[0] == 0 != value[1],  # what is told is met, the rest is not
            [700, 300],
        ],
        "05_fertility_and_mortality": [1000 / 80, approx(life_expectancy(1) - life_expectancy(2), abs=0.1)],
        "06_projection": [is_balance, more_live_longer, 2 * 101 * 1_000 * 0.99],
        "07_uncertainty_and_backtest": [approx(held, abs=0.01), 0.1],  # the upper end is where a tenth is above
        "08_elderly_beds": [approx(10_500 / 324.1, abs=0.06), approx(100 * 740 / 2_163, abs=0.06)],
        "09_daycare_places": [[22.5, 11.25], [13_500, 10_000]],
        "10_scenarios_peers_allocation": [
            {"old town": 5, "new town": 3, "villages": 2},  # quotas 5.2, 3.1 and 1.7
            [0.25, 0],
            [approx(100 * 201_480 / 7_624_781, abs=0.006), round(300_000 * 201_480 / 7_624_781)],
        ],
        "11_your_own_city": [[33_000, approx(counted(city, 2020, 65), abs=1)], holds_the_ratio],
        "12_all_of_china": [45_188_635, 1409.78],  # as the bulletins of the census print them, without servicemen
        "13_report_card": [[0.75, -0.225], 77],
        "14_to_2030": [[230, 315], [45, 61]],
    }[notebook]
