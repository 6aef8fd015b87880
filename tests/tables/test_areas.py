"""All of China: areas are found by any name, old or new; the censuses are read as they lie and add up."""

import csv
import subprocess
import sys

import pandas as pd
import pytest

import yilaolib as yl
from yilaolib.tables.finding import data_folder, our_names

GULOU = ["gulou-320106", "gulou-320302", "gulou-350102", "gulou-410204"]


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("江苏 南京 鼓楼", "gulou-320106"), ("南京市鼓楼区", "gulou-320106"), ("江苏省南京市鼓楼区", "gulou-320106"),
        ("Gulou, Nanjing", "gulou-320106"), ("GULOU（南京）", "gulou-320106"), ("鼓楼区,南京市", "gulou-320106"),
        ("320106", "gulou-320106"), ("gulou-320106", "gulou-320106"), ("江西吉安", "jian"),
        ("江西 吉安县", "jian-360821"), ("岳阳", "yueyang"), ("岳阳市", "yueyang"),
        ("长沙县", "changsha-430121"), ("吉安", "jian"), ("jian", "jian"),
        ("辽宁朝阳", "chaoyang-211300"), ("北京 朝阳", "chaoyang-110105"), ("内蒙古", "neimenggu"), ("陕西", "shaanxi"),
        ("山西", "shanxi"), ("西藏", "xizang"), ("恩施土家族苗族自治州", "enshi-422800"), ("石河子", "shihezi"),
        ("Fuzhou (Jiangxi)", "fuzhou-jiangxi"), ("lüliang", "lvliang"), ("浦东新区", "pudong"), ("东莞", "dongguan"),
        # names and codes of 2010
        ("海安县", "haian"), ("320621", "haian"), ("南通市海安县", "haian"), ("下关区", "gulou-320106"),
        ("崇文区", "dongcheng"), ("襄樊市", "xiangyang-420600"), ("余江县", "yujiang"),
    ],
)  # fmt: skip
def test_area_is_found_by_path_and_by_old_names(query, slug):
    """Province and prefecture in any order and with or without a space; what a unit of 2010 became."""
    assert yl.find_area(query)["area"] == slug


def test_shared_name_is_refused_with_its_areas():
    """鼓楼区 is four districts: the sentence names them with their provinces, and `choices` has them as data."""
    with pytest.raises(yl.DataError) as error:
        yl.find_area("鼓楼区")
    assert "gulou-350102 (福建省 福州市 鼓楼区) or gulou-410204 (河南省 开封市 鼓楼区)" in str(error.value)
    assert [choice["area"] for choice in error.value.choices] == GULOU
    assert yl.find_areas("鼓楼")["area"].tolist() == GULOU
    assert yl.find_areas("Gulou")["path_en"].str.split().str[0].tolist() == ["Jiangsu", "Jiangsu", "Fujian", "Henan"]


@pytest.mark.parametrize("query", ["火星市", "999999", "北京鼓楼", "江苏 长沙", "nan", float("nan")])
def test_nothing_is_found_where_nothing_is(query):
    """An unknown name finds no row; a missing value is not 南县 (Nan)."""
    assert len(yl.find_areas(query)) == (query == "nan")
    if query != "nan":
        with pytest.raises(yl.DataError, match=r"is not in areas\.csv"):
            yl.find_area(query)


def test_every_area_is_found_by_slug_code_and_path():
    """Of all 3,350, with and without spaces between the parts."""
    names = our_names()
    for slug, row in names.rows.items():
        for text in (slug, row["adcode"], names.path(slug), names.path(slug).replace(" ", "")):
            assert names.meant(text) == [slug], text


def test_areas_are_listed_by_parent_and_level():
    """2,985 counties in 333 prefectures of 31 provinces; 海安 is of 南通."""
    sizes = [len(yl.list_areas(level=level)) for level in ("nation", "province", "prefecture", "county")]
    assert sizes == [1, 31, 333, 2985]
    assert len(yl.list_areas("江西", "county")) == 100 and "haian" in set(yl.list_areas("南通")["area"])
    with pytest.raises(yl.DataError, match="level must be one of nation, province"):
        yl.list_areas(level="town")


def test_completion_offers_what_finds_one_area():
    """A shared name comes with its city; no offer is ambiguous, and no pandas is imported for them."""
    assert dict(our_names().complete("鼓楼"))["鼓楼区,南京市"] == "江苏省 南京市 鼓楼区"
    for typed in ("市", "朝阳", "gulou", "景", "j", "3601", "Ji"):
        for offer, _ in our_names().complete(typed):
            yl.find_area(offer)
    code = "import sys, click; from yilaolib import cli; "
    code += "assert cli.complete_area(click.Context(click.Command('x')), None, '鼓'); "
    code += "print({'pandas', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_population_is_read_as_it_is_written():
    """Every cell of the file is a row, of the age group that its column names; an empty cell is none."""
    with open(data_folder() / "population.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = yl.load_table("population")
    assert len(table) == sum(cell != "" for row in rows for name, cell in row.items() if name[0].isdigit())
    found = table.set_index(["area", "year", "sex", "age"])
    for row in rows[:: len(rows) // 50]:
        mine = found.loc[(row["area"], int(row["year"]), row["sex"])]
        for name, cell in row.items():
            if name[0].isdigit() and cell:
                group = mine.loc[int(name.split("-")[0].rstrip("+"))]
                ends = [int(end) for end in name.rstrip("+").split("-")]
                assert group["persons"] == float(cell)
                assert pd.isna(group["n"]) if name.endswith("+") else group["n"] == ends[-1] - ends[0] + 1


def test_area_has_the_rows_that_the_whole_table_has():
    """One area, read alone, is as in the whole; counts of 2010 are there only for the territory of today."""
    whole, links = yl.load_table("population"), yl.load_table("area_links")
    for area in ("china", "haian", "nan-430921", "gulou-320106", "zunyi"):
        rows = whole[whole["area"] == area].reset_index(drop=True)
        pd.testing.assert_frame_equal(yl.load_table("population", area=area), rows)
    clean = set(links.loc[links["status"].isin(["same", "merged"]), "area"]) | {"china"}
    assert set(whole.loc[whole["year"] == 2010, "area"]) == clean


def test_users_table_may_lie_as_ours(tmp_path):
    """A user's population with a column for each age group is read; of other areas ours stay."""
    text = "area,year,sex,source,85+,0-4\nyingtan,2020,male,judged,7,5\n"
    (tmp_path / "population.csv").write_text(text, encoding="utf-8")
    rows = yl.load_table("population", area="yingtan", root=tmp_path).query("year == 2020 and sex == 'male'")
    assert rows["age"].tolist() == [0, *range(5, 90, 5)]
    assert rows["persons"].tolist()[0] == 5 and rows["persons"].tolist()[-1] == 7
    pd.testing.assert_frame_equal(yl.load_table("population", area="haian", root=tmp_path),
                                  yl.load_table("population", area="haian"))  # fmt: skip


def test_a_slip_in_a_census_is_found(tmp_path):
    """Persons of a prefecture that its counties do not add up to are told at its row, and only there."""
    rows = yl.load_table("population", area="yingtan").query("year == 2020")
    rows.assign(persons=rows["persons"] + (rows["age"] == 30)).to_csv(tmp_path / "population.csv", index=False)
    found = yl.check_data(tmp_path)
    assert found["rule"].unique().tolist() == ["sums"]
    assert "2 of the figures of yingtan 2020 are not the sum of its parts" in found["message"].tolist()[0]


def test_many_problems_of_a_kind_are_told_once_more(tmp_path):
    """A slip in every row gives the first ten and the number of the others."""
    rows = yl.load_table("population").head(3000)
    rows.assign(source="unknown").to_csv(tmp_path / "population.csv", index=False)
    found = yl.check_data(tmp_path)
    assert len(found) == 11 and "2990 more rows have this fault" in found["message"].tolist()[-1]
