"""Make the two font files of this folder from Debian's Noto Sans CJK (run once; the results are committed).

    sudo apt-get install fonts-noto-cjk
    python data/builders/fonts.py

`characters.txt` holds the characters of 通用规范汉字表 (the official table of 8,105 standard characters) that GB2312
lacks; GB2312 itself comes from Python's codec. To make that list anew, give the script the file
Unihan_OtherMappings.txt of the Unicode Character Database, whose field kTGH is the official table:

    python data/builders/fonts.py path/to/Unihan_OtherMappings.txt
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parents[2] / "yilaolib" / "fonts"
SOURCE = "/usr/share/fonts/opentype/noto/NotoSansCJK-{weight}.ttc"
SIMPLIFIED_FACE = 2  # the collection holds JP, KR, SC, TC, HK in this order; build() checks the name
# A name of its own: with the original name, matplotlib could pick another "Noto Sans SC" of the machine (often
# a variable font, which it draws in the thinnest weight).
FAMILY = "Noto Sans SC Yilao"

GB2312_SYMBOL_ROWS = (1, 2, 3, 6, 8)  # punctuation, numbered forms, full-width Latin, Greek, pinyin vowels
RANGES = [(0x20, 0x7E), (0xA0, 0xFF), (0x2010, 0x2027), (0x2150, 0x215E), (0x2190, 0x2199), (0x2460, 0x2473)]
SINGLES = "−≥≤≈≠∞‰′″※€㎡㎥℃№〇〔〕・～✓●○◎△▲▼▽□■◇◆☆★"
# County names need nothing beyond the two tables: they are by law written in the characters of 通用规范汉字表.
# 巿 (fú) is here because census tables print it where 市 is meant.
MISPRINTS = "巿"


def gb2312(rows: range | tuple[int, ...]) -> set[str]:
    """Return the characters of some rows of GB2312 (rows 16 to 87 are the 6,763 Chinese characters)."""
    cells = (bytes([0xA0 + row, 0xA0 + cell]) for row in rows for cell in range(1, 95))
    return {text for cell in cells if (text := cell.decode("gb2312", errors="ignore"))}


def listed() -> set[str]:
    """Return the characters of characters.txt."""
    lines = (HERE / "characters.txt").read_text(encoding="utf-8").splitlines()
    return {c for line in lines if not line.startswith("#") for c in line}


def wanted() -> set[str]:
    """Return every character that the fonts must have, as far as Noto Sans CJK has it."""
    latin = {chr(c) for first, last in RANGES for c in range(first, last + 1)}
    return latin | set(SINGLES) | set(MISPRINTS) | gb2312(GB2312_SYMBOL_ROWS) | gb2312(range(16, 88)) | listed()


def write_list(unihan: Path) -> None:
    """Write characters.txt: the table's characters beyond GB2312, in the table's own order."""
    rows = [line.split("\t") for line in unihan.read_text(encoding="utf-8").splitlines() if "\tkTGH\t" in line]
    table = {int(v.partition(":")[2]): chr(int(code[2:], 16)) for code, _, values in rows for v in values.split()}
    if sorted(table) != list(range(1, 8106)):
        raise SystemExit(f"{unihan} gives {len(table)} characters of 通用规范汉字表; the table has 8105.")
    beyond = "".join(table[i] for i in sorted(table) if table[i] not in gb2312(range(16, 88)))
    head = f"# 通用规范汉字表 (2013) beyond GB2312: {len(beyond)} of 8105 characters, in the order of the table\n"
    lines = [beyond[i : i + 50] for i in range(0, len(beyond), 50)]
    (HERE / "characters.txt").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def build(weight: str) -> Path:
    """Subset one weight and give it our family name; the same input always gives the same bytes."""
    font = TTFont(SOURCE.format(weight=weight), fontNumber=SIMPLIFIED_FACE, recalcTimestamp=False)
    if font["name"].getDebugName(1) != "Noto Sans CJK SC":
        raise SystemExit(f"Face {SIMPLIFIED_FACE} is {font['name'].getDebugName(1)}, not Noto Sans CJK SC.")
    options = subset.Options(
        hinting=False, layout_features=["kern"], name_IDs=[0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 14], glyph_names=False
    )
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "DSIG"]  # nobody sets vertical text with it
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(c) for c in wanted()])
    subsetter.subset(font)
    names = {1: FAMILY, 3: f"{FAMILY} {weight}; subset", 4: f"{FAMILY} {weight}", 6: f"NotoSansSCYilao-{weight}"}
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames = [names[6]]
    cff.topDictIndex[0].FullName, cff.topDictIndex[0].FamilyName = names[4], FAMILY
    path = HERE / f"NotoSansSC-{weight}.otf"
    font.save(path)
    return path


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_list(Path(sys.argv[1]))
    for made in map(build, ("Regular", "Bold")):
        print(f"{made.name}: {made.stat().st_size / 1e6:.1f} MB")
