"""Write `yilaolib/templates/template.docx`, how Word reports look: `python data/builders/word_template.py`.

A4, fonts with Chinese named for East Asian text, languages, page numbers, styles. The file may as well be changed by
hand in Word: reports name only the styles in `SIZES` and the table style "Report table".
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

TARGET = Path(__file__).parents[2] / "yilaolib" / "templates" / "template.docx"
FONT = "Noto Sans CJK SC"
# Where that is not installed, Word takes these or, by the character set, whatever it has for simplified Chinese.
INSTEAD = "Noto Sans SC,Source Han Sans SC,微软雅黑,Microsoft YaHei,宋体,SimSun"
INK, SOFT = RGBColor(0x1C, 0x21, 0x26), RGBColor(0x59, 0x63, 0x6E)
SIZES = {  # style: size, space before, space after [pt], bold
    "Normal": (10.5, 0, 6, False),
    "Title": (20, 0, 10, True),
    "Heading 1": (15, 18, 6, True),
    "Heading 2": (12.5, 12, 4, True),
    "Heading 3": (11, 10, 4, True),
    "Caption": (9, 8, 4, False),
    "List Bullet": (10.5, 0, 3, False),
    "Header": (8, 0, 0, False),
    "Footer": (8, 0, 0, False),
    "Table text": (8.5, 1.5, 1.5, False),
    "Figure": (10.5, 8, 2, False),
    "Note": (8.5, 2, 6, False),
    "toc 1": (10.5, 0, 1, False),
}
TABLE = f"""\
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="Reporttable"><w:name w:val="Report table"/>
<w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="59636E"/>
<w:bottom w:val="single" w:sz="8" w:space="0" w:color="59636E"/>
<w:insideH w:val="single" w:sz="4" w:space="0" w:color="D5DAE0"/></w:tblBorders></w:tblPr></w:style>"""
FIELD = (
    '<w:p {}><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> {} </w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
    '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
)


def main() -> None:
    """Write the template."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(20), Mm(22)
    for part in (document.styles.element, document.settings.element):
        for lang in (*part.iter(qn("w:lang")), *part.iter(qn("w:themeFontLang"))):
            lang.set(qn("w:val"), "en-GB")
            lang.set(qn("w:eastAsia"), "zh-CN")
    set_styles(document)
    set_fonts(document)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for number, name in enumerate(("PAGE", "NUMPAGES")):
        foot.add_run(" / " if number else "")
        for run in parse_xml(FIELD.format(nsdecls("w"), name)):
            foot._p.append(run)
    properties = document.core_properties
    properties.author, properties.comments, properties.created = "yilaolib", "", datetime(2026, 1, 1)
    rels = document.part.package.rels
    for key in [key for key, rel in rels.items() if rel.reltype.endswith("/thumbnail")]:
        rels.pop(key)  # a picture of the empty template of python-docx
    document.save(str(TARGET))


def set_styles(document) -> None:
    """Make the styles that reports name, and no borders from the template of python-docx."""
    styles = document.styles
    for name, (size, before, after, bold) in SIZES.items():
        known = name in styles
        style = styles[name] if known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        if not known:
            style.base_style = styles["Normal"]
        style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
        style.font.color.rgb = SOFT if name in ("Caption", "Header", "Footer", "Note") else INK
        form = style.paragraph_format
        form.space_before, form.space_after, form.line_spacing = Pt(before), Pt(after), 1.25
        for border in style.element.findall(f".//{qn('w:pBdr')}"):
            border.getparent().remove(border)
    for name in ("Heading 1", "Heading 2", "Heading 3", "Figure"):
        styles[name].paragraph_format.keep_with_next = True
    styles["Table text"].paragraph_format.line_spacing = 1.1
    for style in [style for style in styles if style.type == WD_STYLE_TYPE.TABLE and style.name != "Normal Table"]:
        style.element.getparent().remove(style.element)
    styles.element.append(parse_xml(TABLE))


def set_fonts(document) -> None:
    """Name the font for Latin and for East Asian text wherever a style names one; tell what may stand in for it."""
    for fonts in document.styles.element.iter(qn("w:rFonts")):
        fonts.attrib.clear()
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), FONT)
    entry = (
        f'<w:font w:name="{FONT}"><w:altName w:val="{INSTEAD}"/><w:charset w:val="86"/>'
        '<w:family w:val="swiss"/><w:pitch w:val="variable"/></w:font></w:fonts>'
    )
    for part in document.part.package.iter_parts():
        if part.partname == "/word/fontTable.xml":
            part._blob = part.blob.decode("utf-8").replace("</w:fonts>", entry).encode("utf-8")


if __name__ == "__main__":
    main()
