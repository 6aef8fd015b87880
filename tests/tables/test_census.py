"""A census as statistics offices print it is read, or refused in a sentence; no layout is read as another."""

import openpyxl
import pytest

import yilaolib as yl
from yilaolib.texts import say

AGES = [*range(0, 90, 5)]
MEN, WOMEN = [2000 - 10 * age for age in AGES], [1900 - 9 * age for age in AGES]
BOTH = [sum(pair) for pair in zip(MEN, WOMEN, strict=True)]
LABELS = [f"{age}—{age + 4}岁" if age < 85 else "85岁及以上" for age in AGES]
HEAD, SEXES = ["某县2020年分年龄人口", None, None, None], ["年 龄", "合 计", "男", "女"]
TOTAL = ["总  计", sum(BOTH), sum(MEN), sum(WOMEN)]
DOWN = [HEAD, SEXES, TOTAL, *map(list, zip(LABELS, BOTH, MEN, WOMEN, strict=True))]


def singles():
    """Single ages under each group, the ages as numbers."""
    for row in DOWN[3:]:
        yield row
        if row is not DOWN[-1]:
            start = 5 * (DOWN.index(row) - 3)
            yield from ([start + k, *(n // 5 + (k == 4) * (n % 5) for n in row[1:])] for k in range(5))


def shares():
    """Shares beside persons, heads merged over two rows."""
    yield from ([HEAD + [None] * 3, ["年龄", "人口数", None, None, "占总人口比重（%）", None, None]])
    yield [None, "小计", "男", "女", "小计", "男", "女"]
    yield from ([*row, 5.1, 5.2, 5.0] for row in DOWN[2:])


LAYOUTS = {
    "ages down": DOWN,
    "ages across": [HEAD, ["地区", "合计", None, None, *(x for label in LABELS for x in (label, None, None))],
                    [None, *["合计", "男", "女"] * (len(AGES) + 1)],
                    ["本 县", *TOTAL[1:], *(n for row in DOWN[3:] for n in row[1:])]],
    "two panels": [HEAD, SEXES * 2, *([*left, *right] for left, right in zip(DOWN[3:12], DOWN[12:], strict=True))],
    "a block a sex": [HEAD[:1], ["年龄", "人数"], ["男"], *([row[0], row[2]] for row in DOWN[3:]), ["女"],
                      *([row[0], row[3]] for row in DOWN[3:])],
    "single ages below": [HEAD, SEXES, TOTAL, *singles()],
    "shares beside": [*shares()],
    "in 万": [HEAD, ["单位：万人"], SEXES, *([row[0], *(n / 10_000 for n in row[1:])] for row in DOWN[2:])],
    "subtotals between": [*DOWN, ["0-14岁", *(sum(row[k] for row in DOWN[3:6]) for k in (1, 2, 3))],
                          ["65岁及以上", *(sum(row[k] for row in DOWN[16:]) for k in (1, 2, 3))]],
}  # fmt: skip


def sheet(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def text(path, rows, encoding="utf-8"):
    lines = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)
    path.write_text(lines, encoding=encoding)
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("write", [sheet, text])
def test_every_layout_gives_the_same_persons(tmp_path, layout, write):
    """Ages down or across, panels, blocks, single ages, shares, 万, subtotals; as a sheet and as text."""
    read = yl.read_census(write(tmp_path / f"a.{'xlsx' if write is sheet else 'csv'}", LAYOUTS[layout]))
    groups = read.groupby(["sex", read["age"] // 5])["persons"].sum()
    assert groups["male"].tolist() == pytest.approx(MEN) and groups["female"].tolist() == pytest.approx(WOMEN)
    assert read["n"].isna().sum() == 2 and set(read["year"]) == {2020}


@pytest.mark.parametrize("encoding, mark", [("gb18030", ","), ("utf-8-sig", ";"), ("utf-16", "\t")])
def test_encodings_and_marks_of_a_table_without_sexes(tmp_path, encoding, mark):
    """A national encoding, what spreadsheet programs write, and one column of persons: both sexes together."""
    rows = [[mark.join(map(str, filter(None, row[:2])))] for row in DOWN]
    read = yl.read_census(text(tmp_path / "a.csv", rows, encoding))
    assert set(read["sex"]) == {"both"} and read["persons"].tolist() == BOTH
    assert read.attrs["understood"]["total"] == sum(BOTH)


def test_one_of_several_areas_is_named(tmp_path):
    """Areas side by side are refused with their names until one is asked for."""
    rows = [["2020年各县人口"], ["年龄", "甲 县", "乙县"], *([row[0], row[2], row[3]] for row in DOWN[3:])]
    path = sheet(tmp_path / "a.xlsx", rows)
    with pytest.raises(yl.DataError, match="several areas: 甲县, 乙县"):
        yl.read_census(path)
    assert yl.read_census(path, area="乙县")["persons"].tolist() == WOMEN


REFUSED = {
    "names no ages": ([["项目", "数"], ["床位", 5]], "no table of persons by age"),
    "says no year": ([["人口"], *DOWN[1:]], "does not say its year"),
    "says two years": ([["2010年和2020年"], *DOWN[1:]], "several years"),
    "lacks a group": ([*DOWN[:8], *DOWN[9:]], "do not join from 0"),
    "sums to something else": ([*DOWN[:2], ["合计", 1, 2, 3], *DOWN[3:]], "but the printed total is"),
    "has one sex": ([[row[0], row[2]] for row in DOWN[:2] + DOWN[3:]], "one sex only"),
    "has fractions": ([*DOWN[:2], ["0-4岁", 1.5, 1, 0.5], *DOWN[4:]], "fractions of persons"),
    "has two numbers": ([*DOWN, ["0-4岁", 1, 1, 0]], "two numbers for the ages 0 to 4"),
}


@pytest.mark.parametrize("rows, told", REFUSED.values(), ids=REFUSED)
def test_what_is_ambiguous_is_refused(tmp_path, rows, told):
    """In a sentence, in both languages."""
    with pytest.raises(yl.DataError, match=told) as error:
        yl.read_census(sheet(tmp_path / "a.xlsx", rows))
    assert say(error.value.key, "zh", **error.value.values).endswith("。")


def test_a_form_holds_the_census_that_was_read(tmp_path):
    """`new_workbook` lays the census into the form, which passes the check and carries a projection."""
    census = yl.read_census(sheet(tmp_path / "a.xlsx", DOWN))
    form = yl.new_workbook(tmp_path / "mycity.xlsx", "某某县", parent="江西", census=[census])
    assert "error" not in set(yl.check_data(form)["severity"])
    assert yl.census_pyramids("某某县", form)[2020].sum().item() == sum(BOTH)
