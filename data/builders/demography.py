"""Build the demographic tables of data/ from a folder of reference figures.

    python data/builders/demography.py REFERENCE_FOLDER

writes age_standards, mortality, fertility, series, assumptions and care_rates into the folder above this
file, and stops with a sentence when a published total does not come out. Rows that a person wrote stand in
demography_written.py. Expected in REFERENCE_FOLDER:

census_places.csv                 census_year code sex age n persons (age groups to 85+)
census_places_summary.csv         census_year code population male female age_60plus age_65plus family_households
census_provinces.csv              census_year area sex age n persons (age groups to 100+)
census_counties_3_provinces.csv   census_year code level sex age_0 age_1 age_5 ... age_85
national_single_age.csv           census_year age sex mean_population (ages 0-99)
wpp2024_china_mx_5x5.csv          year age mxM mxF
wpp2024_china_pasfr_5x5.csv       year age pasfr (percent)
wpp2024_china_indicators_annual.csv        year status e0B e0M e0F tfr births deaths mig pop srb PopChange,
                                           their _80l _80u _95l _95u, tfr_low tfr_high; counts in thousands
wpp2024_china_{births,deaths}_proj_PI.csv  year births_80l ... births_95u
province_fertility_lifeexp_reported.csv    area indicator year value quality source_title
derived_tfr_2010_2020.csv                  census_year area tfr_indirect
elder_disability_prevalence.csv            year age residence sex indicator value unit
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from demography_written import JIANGXI, NAMES, build_assumptions, build_care_rates, build_reported, check

OUT = Path(__file__).resolve().parent.parent
YEARS = (2010, 2020)
PROVINCE_CODES = {320000: "jiangsu", 360000: "jiangxi", 430000: "hunan"}
# 海安县 became 海安市 and changed its code. The row of 岳阳市 holds 屈原管理区, a row of its own in 2020 only.
PLACE_CODES = {
    **{(year, 360600): "yingtan" for year in YEARS},
    **{(year, 360200): "jingdezhen" for year in YEARS},
    **{(year, 430600): "yueyang" for year in YEARS},
    **{(year, 320826): "lianshui" for year in YEARS},
    (2010, 320621): "haian",
    (2020, 320685): "haian",
}
# Printed totals of 2020: everybody, 60 and over, 65 and over.
PRINTED_2020 = {
    "yingtan": (1_154_223, 201_480, 140_275),
    "jingdezhen": (1_618_979, 269_220, 184_043),
    "yueyang": (5_051_922, 1_024_040, 757_815),
    "lianshui": (829_699, 193_534, 141_055),
    "haian": (874_334, 284_476, 217_175),
}
CHINA_2020 = 1_409_778_724
KEYS = {
    "population": ["area", "year", "sex", "age"],
    "age_standards": ["standard", "year", "sex", "age"],
    "mortality": ["standard", "year", "sex", "age"],
    "fertility": ["schedule", "year", "age"],
    "series": ["area", "indicator", "year"],
    "assumptions": ["area", "scenario", "parameter", "year"],
    "care_rates": ["measure", "level", "sex", "age"],
}


def build_population(read):
    """Census pyramids; every total is compared with the printed one."""
    provinces = read("census_provinces").query("census_year in @YEARS")
    source = "nbs-census-" + provinces["census_year"].astype(str)
    provinces = provinces.assign(area=provinces["area"].map(NAMES), source=source)
    places = read("census_places").dropna(subset="code")
    areas = [PLACE_CODES.get((y, int(c))) for y, c in zip(places["census_year"], places["code"], strict=True)]
    places = places.assign(area=areas, source="nbs-census-" + places["census_year"].astype(str) + "-county")
    parts = [provinces, places.dropna(subset="area"), jiangxi_prefectures(read)]
    frame = pd.concat(parts).rename(columns={"census_year": "year"})
    check_population(frame, read("census_places_summary").dropna(subset="code"))
    return frame.assign(basis="resident")[["area", "year", "sex", "age", "n", "persons", "basis", "source"]]


def jiangxi_prefectures(read):
    """The other nine prefectures of Jiangxi, to share the province's beds out."""
    table = read("census_counties_3_provinces").query("level == 'prefecture' and census_year in @YEARS")
    table = table[table["code"].isin(JIANGXI)]
    check(len(table) == 2 * 2 * len(JIANGXI), f"{len(table)} rows of prefectures of Jiangxi; 36 are wanted.")
    long = table.melt(["census_year", "code", "sex"], table.filter(regex="^age_[0-9]+$").columns, "age", "persons")
    long["age"] = long["age"].str.removeprefix("age_").astype(int)
    long["n"] = [{0: 1, 1: 4, 85: None}.get(age, 5) for age in long["age"]]
    source = "nbs-census-" + long["census_year"].astype(str) + "-county"
    return long.assign(area=long["code"].map(JIANGXI), source=source).drop(columns="code")


def check_population(frame, summary):
    """Compare totals, sexes, 60+ and 65+ with the printed summary of each place and province."""
    seen = {}
    for (area, year), group in frame.groupby(["area", "year"]):
        last = 85 if area in PRINTED_2020 or area in JIANGXI.values() else 100
        for _, ages in group.groupby("sex")["age"]:
            check(sorted(ages) == [0, 1, *range(5, last + 1, 5)], f"{area} {year}: ages are not 0, 1, 5 ... {last}.")
        sexes = group.groupby("sex")["persons"].sum()
        old = (group.loc[group["age"] >= age, "persons"].sum() for age in (60, 65))
        seen[area, year] = (sexes.sum(), *old, sexes["male"], sexes["female"])
    compared = 0
    for row in summary.itertuples():
        area = PLACE_CODES.get((row.census_year, int(row.code))) or PROVINCE_CODES.get(int(row.code))
        if area is None:
            continue
        printed = (row.population, row.age_60plus, row.age_65plus, row.male, row.female)
        found = seen[area, row.census_year]
        check(found == printed, f"{area} {row.census_year} sums to {found}; the summary prints {printed}.")
        compared += 1
    check(compared == 16, f"{compared} area-years stand in the summary; 16 are wanted.")
    for area, printed in PRINTED_2020.items():
        check(seen[area, 2020][:3] == printed, f"{area} 2020 sums to {seen[area, 2020][:3]}; printed is {printed}.")
    parts = [*JIANGXI.values(), "yingtan", "jingdezhen"]
    for year in YEARS:
        total = sum(seen[area, year][0] for area in parts)
        check(total == seen["jiangxi", year][0], f"the prefectures of Jiangxi sum to {total} in {year}.")
    check(seen["china", 2020][0] == CHINA_2020, f"China 2020 sums to {seen['china', 2020][0]}, not {CHINA_2020}.")


def build_age_standards(read):
    """National single ages: shape inside a group from mean population, group totals from the census.

    The single-age table is the mean population of the twelve months before the census and ends at 99. Each
    census group (0, 1-4, 5-9 ... 95-99) is split in its proportions; 100+ is the census group itself. The
    rounding remainder goes to the largest age of a group, so that group totals are the census's own.
    """
    single = read("national_single_age").query("census_year in @YEARS")
    census = read("census_provinces").query("area == '全国'").set_index(["census_year", "sex", "age"])["persons"]
    rows = []
    for (year, sex), table in single.groupby(["census_year", "sex"]):
        mean = table.set_index("age")["mean_population"].sort_index()
        check(list(mean.index) == list(range(100)), f"single ages of {sex} {year} are not 0 to 99.")
        groups = np.select([mean.index == 0, mean.index < 5], [0, 1], mean.index // 5 * 5)
        for low, shape in mean.groupby(groups):
            total = census[year, sex, low]
            persons = (shape * total / shape.sum()).round().astype(int)
            persons[persons.idxmax()] += total - persons.sum()
            rows += [(year, sex, age, 1, count) for age, count in persons.items()]
        rows.append((year, sex, 100, None, census[year, sex, 100]))
    frame = pd.DataFrame(rows, columns=["year", "sex", "age", "n", "persons"])
    check(frame.loc[frame["year"] == 2020, "persons"].sum() == CHINA_2020, "single ages miss the census of 2020.")
    frame.insert(0, "standard", "china-" + frame["year"].astype(str))
    return frame.assign(source="nbs-census-" + frame["year"].astype(str))


def build_mortality(read):
    """WPP death rates; the year is the middle of the period, the digits stay as published."""
    mx = read("wpp2024_china_mx_5x5", dtype=str).rename(columns={"mxF": "female", "mxM": "male"})
    mx = mx.melt(["year", "age"], ["female", "male"], "sex", "mx")
    mx = mx.assign(standard="china-wpp2024", year=mx["year"].astype(int), age=mx["age"].str.rstrip("+").astype(int))
    mx = mx.assign(n=[{0: 1, 1: 4, 100: None}.get(age, 5) for age in mx["age"]], source="un-wpp-2024")
    return mx[["standard", "year", "sex", "age", "n", "mx", "source"]]


def build_fertility(read):
    """WPP shares of fertility by age of the mother."""
    table = read("wpp2024_china_pasfr_5x5")
    table = table.assign(age=table["age"].str[:2].astype(int), share=(table["pasfr"] / 100).round(8))
    check((table.groupby("year")["share"].sum() - 1).abs().max() < 1e-6, "fertility shares do not sum to 1.")
    table = table.assign(schedule="china-wpp2024", n=5, asfr=None, source="un-wpp-2024")
    return table[["schedule", "year", "age", "n", "asfr", "share", "source"]]


def build_series(read):
    """WPP annual series of China; the reported figures follow under names of their own."""
    wpp = read("wpp2024_china_indicators_annual").set_index("year")
    for name in ("births", "deaths"):
        wpp = wpp.join(read(f"wpp2024_china_{name}_proj_PI").set_index("year").drop(columns=name))
    # No population is given before 2024, but the change of every year is: P(t - 1) = P(t) - change(t).
    gap = (wpp["pop"].diff() - wpp["PopChange"]).abs().max()
    check(gap < 0.01, f"population and PopChange of WPP differ by {gap} thousand.")
    before = wpp.loc[2024, "pop"] - wpp["PopChange"].loc[:2024][::-1].cumsum().shift(1)
    wpp["pop"] = wpp["pop"].fillna(before)
    names = {"tfr": "tfr", "e0B": "e0_both", "e0M": "e0_male", "e0F": "e0_female", "births": "births"}
    names |= {"deaths": "deaths", "mig": "net_migration", "pop": "population", "srb": "sex_ratio_at_birth"}
    parts = []
    for column, indicator in names.items():
        part = pd.DataFrame({"value": wpp[column]})
        for bound in ("lower_80", "upper_80", "lower_95", "upper_95"):
            part[bound] = wpp.get(f"{column}_{bound[-2:]}{bound[0]}", np.nan)
        if column in ("births", "deaths", "mig", "pop"):
            part = part.mul(1000).round()
        part = part.assign(area="china", indicator=indicator, source="un-wpp-2024", note="")
        kind = np.where(wpp["status"] == "estimate", "estimate", "projection")
        part = part.assign(kind=kind, quality=kind)
        if indicator == "population":
            part.loc[:2023, "note"] = "chained back from 2024 with the published annual change"
        parts.append(part.reset_index())
    columns = ["area", "indicator", "year", "value", "lower_80", "upper_80", "lower_95", "upper_95"]
    parts += [build_households(read), build_reported(read)]
    return pd.concat(parts)[[*columns, "kind", "quality", "source", "note"]]


def build_households(read):
    """Family households (家庭户) of the places at the censuses: the homes that a standard per 100 homes counts."""
    table = read("census_places_summary").dropna(subset="code")
    codes = zip(table["census_year"], table["code"], strict=True)
    table = table.assign(area=[PLACE_CODES.get((year, int(code))) for year, code in codes]).dropna(subset="area")
    table = table.rename(columns={"census_year": "year", "family_households": "value"})
    source = "nbs-census-" + table["year"].astype(str) + "-county"
    return table.assign(indicator="households", source=source, kind="actual", quality="official", note="")


def save(name, frame):
    """Write a table sorted by its key, which must be unique; empty means missing."""
    key = KEYS[name]
    frame = frame.assign(**{c: frame[c].astype("Int64") for c in ("year", "age", "n") if c in frame})
    twice = frame[frame.duplicated(key, keep=False)]
    check(twice.empty, f"{name} has two rows with one key:\n{twice}")
    frame = frame.sort_values(key, na_position="first")
    frame.to_csv(OUT / f"{name}.csv", index=False, lineterminator="\n", float_format="%.10g")
    print(f"{name}: {len(frame)} rows")


def main():
    """Build every table."""
    check(len(sys.argv) == 2, "one argument is wanted: the folder of the reference figures.")
    folder = Path(sys.argv[1])
    check(folder.is_dir(), f"{folder} is not a folder.")

    def read(name, **options):
        return pd.read_csv(folder / f"{name}.csv", **options)

    builders = (build_population, build_age_standards, build_mortality, build_fertility)
    builders += (build_series, build_assumptions, build_care_rates)
    tables = {name: build(read) for name, build in zip(KEYS, builders, strict=True)}
    for name, frame in tables.items():  # written only when all of them are good
        if name != "population":  # checked here; china.py writes that of all areas
            save(name, frame)


if __name__ == "__main__":
    main()
