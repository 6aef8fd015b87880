"""Make the tables of all of China from the census counts by county, 2010 and 2020.

    python data/builders/china.py SOURCE [OUT]

SOURCE holds areas.csv, areas_2010.csv, population_2010.csv.gz, population_2020.csv.gz and summary.csv.gz; the product
never needs it. OUT is `data`. Beside this file stand what is set by hand: `china_areas.csv` (slugs, names and
notes that stay), `china_zones.csv` (types of zones), `china_yearbook.csv` (ages to 100 and over) and
`china_exceptions.csv` (misprints).

Territories never mix: an area has counts of 2010 only where the units of 2010 make up its territory of 2020 (status
same or merged in `area_links`). What else was counted in 2010 stands in `former_units`, by the code of that time.
"""

import re
import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
KEYS = {name: str for name in ("adcode", "parent", "adcodes_2010", "adcodes_2020")}
GROUPS = {0: "0", 1: "1-4"} | {age: f"{age}-{age + 4}" for age in range(5, 100, 5)}  # in the order of the columns
WIDE = [*list(GROUPS.values())[:18], "85+", *list(GROUPS.values())[18:], "100+"]
CLEAN = ["same", "merged"]

# ---- names ----------------------------------------------------------------------------------------------------------

PEOPLES = (
    "manzu|menggu(zu)?|huizu|zangzu|qiangzu|miaozu|yaozu|zhuangzu|dongzu|tujiazu|lizu|yizu|shezu|chaoxianzu|dawo'erzu|"
    "mulaozu|maonanzu|gelaozu|buyizu|shuizu|daizu|hanizu|naxizu|lahuzu|wazu|bulangzu|baizu|jingpozu|lisuzu|nuzu|"
    "dulongzu|pumizu|yuguzu|hasake(zu)?|bao'anzu|dongxiangzu|salazu|tuzu|weiwu'er|tajike|xibo|ke'erkezi|gezu"
)
TYPES = " (Sheng|Shi|Xian|Qu|Qi|Meng|Diqu|Linqu|Kuangqu|Tequ|Xinqu|Zizhi(qu|zhou|xian|qi))$"
ISLANDS = "(qundao.*|xingzhengweiyuanhui)$"


def name_en(row: pd.Series, pinyin: pd.Series) -> tuple[str, str]:
    """Return the pinyin of a place without its type, and the English type of a zone."""
    if row["kind"] == "zone":
        return zone_en(row, pinyin)
    name = re.sub(ISLANDS, "", re.sub(TYPES, "", row["name_pinyin"]))
    if "自治" in row["name_zh"] or row["name_zh"].endswith("族区"):
        name = re.sub(f"^(.+?)({PEOPLES})+$", r"\1", name)
    return name.replace("Lv", "Lü"), ""


def zone_en(row: pd.Series, pinyin: pd.Series) -> tuple[str, str]:
    """Take the type of a zone off its end, and the province off its front; part the prefecture from the rest."""
    name = re.sub(" qu$", "", row["name_pinyin"].lower()).replace(" ", "")
    zones = pd.read_csv(HERE / "china_zones.csv", index_col="pinyin")["type_en"]
    ending = max((end for end in zones.index if name.endswith(end)), key=len)
    place = name.removesuffix(ending)
    province, prefecture = (re.sub(TYPES, "", pinyin[code]).lower() for code in (row["province"], row["parent"]))
    if place not in (province, prefecture):
        place = place.removeprefix(province).lstrip("'")
    if place.startswith(prefecture):
        rest = place.removeprefix(prefecture).lstrip("'")
        rest = rest.removeprefix("shi") if "市" in row["name_zh"] else rest
        place = " ".join([prefecture, rest]).strip()
    return " ".join(word.capitalize() for word in place.split()), zones[ending]


def slug_of(name: str) -> str:
    """Return a name as a slug.

    >>> slug_of("Lu'an"), slug_of("Lüliang"), slug_of("Tangshan Hangu")
    ('luan', 'lvliang', 'tangshan-hangu')
    """
    return re.sub("[^a-z0-9-]", "", name.lower().replace("ü", "v").replace(" ", "-"))


def build_areas(source: Path) -> pd.DataFrame:
    """Name all areas; what they were in 2010 stays in for `build_links`.

    A slug is the pinyin, and the adcode after it where several share one. Zones give way to others.
    """
    areas = pd.read_csv(source / "areas.csv", dtype=KEYS | {"province": str})
    kept = pd.read_csv(HERE / "china_areas.csv", dtype=str).set_index("adcode").reindex(areas["adcode"]).reset_index()
    pinyin = areas.set_index("adcode")["name_pinyin"]
    names = pd.DataFrame([name_en(row, pinyin) for _, row in areas.iterrows()], columns=["place", "type"])
    names["place"] = kept["name_en"].where(kept["area"].isna()).fillna(names["place"])
    base, zone = names["place"].map(slug_of), areas["kind"].eq("zone")
    shared = base.duplicated(keep=False).where(zone, base.mask(zone).duplicated(keep=False))
    areas["area"] = kept["area"].fillna(base.where(~shared, base + "-" + areas["adcode"]))
    areas["name_zh"] = kept["name_zh"].fillna(areas["name_zh"])
    areas["name_en"] = kept["name_en"].fillna((names["place"] + " " + names["type"]).str.strip())
    areas["note"] = kept["note"]
    areas["parent"] = areas["parent"].map(areas.set_index("adcode")["area"])
    assert areas["area"].is_unique and areas["area"].str.fullmatch("[a-z0-9]+(-[a-z0-9]+)*").all()
    assert areas["parent"].notna().sum() == len(areas) - 1
    return areas.sort_values("area")


REASONS = {
    "code changed": "code",
    "name changed": "name",
    "sum of the units of 2010 is the same territory": "sum",
    "equals the sum of these county units of 2010": "sum",
    "territory moved between units": "moved",
    "territory moved to or from other prefectures": "moved",
    "district of a prefecture with zones listed apart in 2020": "zones",
    "a zone that is listed apart in 2020 was probably carved out of it": "carved",
    "merged, and zones are listed apart in 2020": "zones",
    "zone listed apart in 2020 only": "zone",
    "no unit of 2010": "new",
}


def build_links(areas: pd.DataFrame, source: Path) -> pd.DataFrame:
    """List the units of 2010 that each area of 2020 took its territory from, with their names and parents."""
    links = areas.assign(area_2010=areas["adcodes_2010"].str.split(";")).explode("area_2010")
    then = pd.read_csv(source / "areas_2010.csv", dtype=KEYS).set_index("adcode")
    links["name_2010_zh"] = links["area_2010"].map(then["name_zh"])
    links["parent_2010"] = links["area_2010"].map(then["parent"])
    links["reason"] = links["why"].map(REASONS)
    assert (links["reason"].isna() == links["why"].isna()).all()
    links["status"] = links["status"].replace("sum", "merged")
    return links[["area", "area_2010", "status", "reason", "name_2010_zh", "parent_2010"]]


# ---- counts ---------------------------------------------------------------------------------------------------------


def in_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the age groups into columns, one row per unit, year and sex."""
    group = rows["age"].map(GROUPS).where(rows["n"].notna(), rows["age"].astype(str) + "+")
    wide = rows.assign(group=group).pivot(index=["adcode", "year", "sex"], columns="group", values="persons")
    return wide[[*list(GROUPS.values())[:18], "85+"]].astype("Int64").reset_index()


def then_and_now(counts: pd.DataFrame, links: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """Index counts by area: those of 2020 as they are, those of 2010 where they make up the territory of 2020."""
    keys = [key for key in ("area", "year", "sex") if key == "area" or key in counts]
    then, now = (counts[counts["year"] == year] for year in (2010, 2020))
    then = links[links["status"].isin(CLEAN)].merge(then, left_on="area_2010", right_on="adcode")
    then = then.drop(columns=[*list(links)[1:], "adcode"]).groupby(keys).sum(min_count=1)
    now = now.assign(area=now["adcode"].map(areas.set_index("adcode")["area"])).drop(columns="adcode")
    return pd.concat([then, now.set_index(keys)]).sort_index()


def with_nation(counts: pd.DataFrame) -> pd.DataFrame:
    """Add the nation of 2010, which the volume of that year lists only as its 31 provinces."""
    provinces = counts[(counts["year"] == 2010) & counts["adcode"].str.endswith("0000")]
    nation = provinces.drop(columns="adcode").groupby("year").sum(min_count=1).reset_index().assign(adcode="100000")
    return pd.concat([nation, counts], ignore_index=True)


def read_population(source: Path) -> pd.DataFrame:
    """Return persons as printed: adcode, year, sex, and a column for each age group."""
    files = [source / f"population_{year}.csv.gz" for year in (2010, 2020)]
    return in_columns(pd.concat([pd.read_csv(file, dtype=KEYS) for file in files]))


def build_population(wide: pd.DataFrame, areas: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Return persons of areas; where the yearbooks go on to 100 and over, theirs, which must be the same up to 84."""
    table = then_and_now(wide, links, areas)
    table.insert(0, "source", [f"nbs-census-{year}-county" for _, year, _ in table.index])
    finer = (
        pd.read_csv(HERE / "china_yearbook.csv").set_index(["area", "year", "sex"]).astype(dict.fromkeys(WIDE, "Int64"))
    )
    both, top = table.loc[finer.index], WIDE[WIDE.index("85+") + 1 :]
    assert (both[WIDE[:18]] == finer[WIDE[:18]]).all(axis=None), "a count differs from the yearbook"
    assert (both["85+"] == finer[top].sum(axis=1)).all(), "those aged 85 and over differ from the yearbook"
    return pd.concat([table.drop(finer.index), finer]).sort_index().reset_index()


def build_former(wide: pd.DataFrame, areas: pd.DataFrame, links: pd.DataFrame, source: Path) -> pd.DataFrame:
    """Return persons of the units of 2010 whose territory is neither an area of 2020 nor a part of one."""
    units = pd.read_csv(source / "areas_2010.csv", dtype=KEYS)[["adcode", "level", "name_zh", "parent"]]
    used = links[links["status"].isin(CLEAN)].merge(areas[["area", "level"]])
    used = set(used["area_2010"] + used["level"])
    units = units[~(units["adcode"] + units["level"]).isin(used)]
    former = units.merge(wide[wide["year"] == 2010], on="adcode").dropna(axis=1, how="all")
    former.insert(former.columns.get_loc("0"), "source", "nbs-census-2010-county")
    return former.sort_values(["adcode", "sex"])


HOUSEHOLDS = [
    *("family_households", "persons_in_family_households", "one_person_households", "one_generation_households"),
    *("two_generation_households", "three_generation_households", "households_with_65plus"),
    *("households_with_one_65plus", "households_with_two_65plus", "households_with_three_65plus"),
]
SCHOOLING = ["none", "primary", "junior", "senior", "college", "degree"]
COLUMNS = ["urban", "movers_same_county", "movers_same_province", "movers_other_province"]
COLUMNS += [f"schooling_{step}" for step in SCHOOLING] + ["illiterate_15plus"]
COLUMNS += ["long_form_employed", "long_form_agriculture", "long_form_15plus", "long_form_divorced"]
COLUMNS += ["long_form_households", "long_form_bath"]
FLOOR = "floor_area_m2_per_person"  # a mean: weighted by persons where units of 2010 are joined


def misprints(table: str = "") -> pd.DataFrame:
    """Return the cells known to be wrong; `expected` is the number that is used, where there is one."""
    known = pd.read_csv(HERE / "china_exceptions.csv", dtype=KEYS)
    return known[known["cell"].str.startswith(table)]


def read_summary(source: Path) -> pd.DataFrame:
    """Return the counts that both censuses print: adcode, year, and a column each; both sexes together."""
    summary = pd.read_csv(source / "summary.csv.gz", dtype=KEYS)
    for step in SCHOOLING:
        names = [name for name in summary if re.fullmatch(f"schooling_{step}_(fe)?male", name)]
        names += [f"schooling_preschool_{sex}" for sex in ("female", "male") if step == "none"]  # 2020 only
        summary[f"schooling_{step}"] = summary[names].sum(axis=1, min_count=2)
    for row in misprints("summary ").dropna(subset="expected").itertuples():
        cell = summary["adcode"].eq(row.adcode) & summary["year"].eq(row.year), row.cell.removeprefix("summary ")
        assert summary.loc[cell].tolist() == [row.printed]
        summary.loc[cell] = row.expected
    summary[FLOOR] *= summary["persons"]
    counts = with_nation(summary[["adcode", "year", *HOUSEHOLDS, *COLUMNS, "persons", FLOOR]])
    return counts.astype(dict.fromkeys([*HOUSEHOLDS, *COLUMNS, "persons"], "Int64"))


def build_columns(counts: pd.DataFrame, areas: pd.DataFrame, links: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return some of the counts of `read_summary` by area."""
    table = then_and_now(counts, links, areas)
    table[FLOOR] = (table[FLOOR] / table["persons"].astype(float)).round(2)
    table = table[names].reset_index()
    table["source"] = [f"nbs-census-{year}-county" for year in table["year"]]
    return table


# ---- checks ---------------------------------------------------------------------------------------------------------


def build_exceptions(frames: dict[str, pd.DataFrame], source: Path) -> pd.DataFrame:
    """List the cells of which the parts do not add up, and what was mended or named anew before.

    Counts are added by the parents of their own year, before units of 2010 are joined to areas of 2020.
    """
    files = {2010: "areas_2010.csv", 2020: "areas.csv"}
    units = {year: pd.read_csv(source / file, dtype=KEYS).set_index("adcode") for year, file in files.items()}
    rows = list(misprints().itertuples(index=False, name=None))
    for name, frame in frames.items():
        for (year, *sex), part in frame.groupby([key for key in ("year", "sex") if key in frame]):
            printed = part.set_index("adcode").drop(columns=["year", "sex"], errors="ignore")
            sums = printed.groupby(units[year]["parent"]).sum(min_count=1).reindex(printed.index)
            off = sums.where(sums.notna() & printed.notna() & (sums != printed)).stack().dropna()
            for (code, column), total in off.items():
                cell, whole = " ".join([name, *sex, column]), printed.loc[code, column]
                rows.append((code, year, cell, whole, total, "the parts add up to another number"))
    for year, table in units.items():
        noted = table["note"].dropna()
        for code, note in noted[~noted.str.contains("too (?:high|low)")].items():
            rows.append((code, year, "name or code", None, None, note))
    table = pd.DataFrame(rows, columns=["adcode", "year", "cell", "printed", "expected", "note"])
    names = [units[year]["name_zh"].get(code) for code, year in zip(table["adcode"], table["year"], strict=True)]
    table.insert(2, "name_zh", names)
    return table.astype({"printed": "Int64", "expected": "Int64"}).sort_values(["adcode", "year", "cell"])


def build(source: Path) -> dict[str, pd.DataFrame]:
    """Return all tables by name."""
    areas = build_areas(source)
    links = build_links(areas, source)
    wide, counts = read_population(source), read_summary(source)
    summed = counts.drop(columns=["persons", FLOOR])
    columns = ["area", "level", "kind", "adcode", "name_zh", "name_en", "parent", "note"]
    return {
        "areas": areas[columns],
        "area_links": links,
        "population": build_population(wide, areas, links),
        "former_units": build_former(wide, areas, links, source),
        "households": build_columns(counts, areas, links, HOUSEHOLDS),
        "census_columns": build_columns(counts, areas, links, [*COLUMNS, FLOOR]),
        "census_exceptions": build_exceptions({"population": wide, "summary": summed}, source),
    }


if __name__ == "__main__":
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent
    for name, table in build(Path(sys.argv[1])).items():
        table.to_csv(out / f"{name}.csv", index=False, lineterminator="\n")
        print(f"{name}: {len(table):,} rows, {(out / f'{name}.csv').stat().st_size:,} bytes")
