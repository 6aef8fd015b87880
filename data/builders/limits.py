"""Measure what places of China show; write data/limits.csv, which `yilao check` holds a user's figures against.

Counties and prefectures of the census of 2020, and of 2010 where the territory did not change; all but one in a
thousand at each end. Residents have limits of each level; half of those aged 1 to 4 are under 3.
`python data/builders/limits.py`
"""

from pathlib import Path

import numpy as np
import pandas as pd

from yilaolib import load_table, project
from yilaolib.auditing.checks import place_measures

OUT = Path(__file__).resolve().parents[1] / "limits.csv"
CUT = 0.001
NOTE = "All but one place in a thousand at each end, counties and prefectures of the census of 2020."

PROJECTED = (
    "All but one place and year in a thousand at each end, counties and prefectures as projected for 2021 to 2025."
)


def main() -> None:
    level = load_table("areas").set_index("area")["level"]
    people = load_table("population")
    people = people[people["area"].map(level).isin(["county", "prefecture"])]
    infants = (people["age"] == 1) & (people["n"] == 4)  # half of those of 1 to 4 are under 3
    halves = [people[infants].assign(age=age, n=2, persons=people["persons"] / 2) for age in (1, 3)]
    measures = place_measures(pd.concat([people[~infants], *halves]))
    now = measures.xs(2020, level="year")
    rows = []
    for measure in now:
        groups = {"": now[measure]} if measure != "residents" else dict(list(now[measure].groupby(level)))
        for group, values in groups.items():
            ends = values.dropna().quantile([CUT, 1 - CUT])
            rows.append([measure, group, *(float(f"{end:.3g}") for end in ends), "nbs-census-2020-county", NOTE])
    for name in ("births", "deaths"):  # no census prints them for a county
        paths = [project(area, end_year=2026) for area in now.index]
        per_1000 = np.concatenate(
            [1000 * path[name].sum("sex")[1:-1] / path["population"].sum(("sex", "age"))[1:-1] for path in paths]
        )
        ends = np.quantile(per_1000, [CUT, 1 - CUT])
        rows.append(
            [f"{name}_reported", "", *(float(f"{end:.3g}") for end in ends), "nbs-census-2020-county", PROJECTED]
        )
    frame = pd.DataFrame(rows, columns=["measure", "level", "lower", "upper", "source", "note"])
    frame.sort_values(["measure", "level"]).to_csv(OUT, index=False)


if __name__ == "__main__":
    main()
