"""Reports of every county of a census table, through the command that users type.

    python benchmarks/bench_counties.py COUNTIES.csv [--year 2020] [--limit 300] [--jobs 2] [--out FOLDER]

COUNTIES.csv has one row per county, year and sex, persons of the age groups in columns: census_year, province,
prefecture, unit, code (six digits, text), level, sex (female, male), age_0, age_1 (1-4), age_5 (5-9) ... age_85 (85+).
Rows of level "county" are taken, whose province is in the library's `areas`. They become a data folder of the two
tables `areas` and `population`; the counties have no plan, so their reports are the demographic ones.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

import yilaolib as yl


def write_tables(counties: pd.DataFrame, folder: Path) -> list[str]:
    """Write the data folder of some counties; return their slugs."""
    areas = yl.load_table("areas")
    provinces = areas[areas["level"] == "province"].set_index("name_zh")["area"]
    own = areas.dropna(subset="adcode").set_index("adcode")["area"]  # a county that the library has keeps its slug
    counties = counties.assign(area=["c" + code for code in counties["code"]])
    counties = counties.assign(area=counties["code"].map(own).fillna(counties["area"]))
    places = counties.drop_duplicates("area")
    table = pd.DataFrame(
        {
            "area": places["area"],
            "level": "county",
            "adcode": places["code"],
            "name_zh": places["unit"],
            "name_en": places["area"].str.upper(),
            "parent": places["province"].map(provinces),
        }
    )
    table[~table["area"].isin(areas["area"])].to_csv(folder / "areas.csv", index=False)
    columns = [name for name in counties if name.startswith("age_")]
    long = counties.melt(["area", "census_year", "sex"], columns, "group", "persons")
    ages = long["group"].str.removeprefix("age_").astype(int)
    width = ages.map({0: 1, 1: 4, 85: None}).where(ages.isin([0, 1, 85]), 5).astype("Int64")
    people = {"area": long["area"], "year": long["census_year"], "basis": "resident", "sex": long["sex"], "age": ages}
    source = "nbs-census-" + long["census_year"].astype(str) + "-county"
    people = pd.DataFrame(people | {"n": width, "persons": long["persons"], "source": source})
    people.sort_values(["area", "year", "sex", "age"]).to_csv(folder / "population.csv", index=False)
    return table["area"].tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("counties", type=Path)
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    table = pd.read_csv(asked.counties, dtype={"code": str})
    known = yl.load_table("areas").query("level == 'province'")["name_zh"]
    table = table[(table["level"] == "county") & table["province"].isin(known)]
    codes = table.loc[table["census_year"] == 2020, "code"].drop_duplicates()
    codes = codes.iloc[:: max(1, len(codes) // asked.limit)].head(asked.limit)  # spread over the provinces
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "counties", asked.out or Path(folder) / "out"
        data.mkdir()
        slugs = write_tables(table[table["code"].isin(codes)], data)
        (Path(folder) / "areas.txt").write_text("\n".join(slugs))
        run = [sys.executable, "-c", "from yilaolib.cli import main; main()", "report"]
        run += ["--areas", f"{folder}/areas.txt", "--data", str(data)]
        run += ["--out", str(out), "--jobs", str(asked.jobs)]
        for what in ("made", "kept"):
            begin = time.perf_counter()
            done = subprocess.run(run, capture_output=True, text=True)
            wall = time.perf_counter() - begin
            rows = pd.read_csv(out / "manifest.csv")
            n = len(slugs)
            print(
                f"{what}: {n} reports in {wall:.0f} s, {wall / n:.2f} s a report, exit code {done.returncode}, ", end=""
            )
            print(f"{(rows['status'] != 'ok').sum()} failed, {int(rows['kept'].sum())} kept", flush=True)
        print(done.stderr[-2000:])
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
        print(f"index.html {(out / 'index.html').stat().st_size / 1e3:.0f} kB, the folder {size:.0f} MB")


if __name__ == "__main__":
    main()
