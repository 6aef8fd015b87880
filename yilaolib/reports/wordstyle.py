"""How the Word file looks: A4, fonts with Chinese named for East Asian text, languages, page numbers, styles."""

from __future__ import annotations

from datetime import datetime
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

FONT = "Noto Sans CJK SC"
# Where that is not installed, Word takes these or, by the character set, whatever it has for simplified Chinese.
INSTEAD = "Noto Sans SC,Source Han Sans SC,微软雅黑,Microsoft YaHei,宋体,SimSun"
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
TEXT_WIDTH, TEXT_HEIGHT = Mm(174), Mm(255)
INK, SOFT = RGBColor(0x1C, 0x21, 0x26), RGBColor(0x59, 0x63, 0x6E)
SIZES = {  # style: size, space before, space after [pt], bold
    "Normal": (10.5, 0, 6, False),
    "Title": (20, 0, 10, True),
    "Heading 1": (15, 18, 6, True),
    "Heading 2": (12.5, 12, 4, True),
    "Heading 3": (11, 10, 4, True),
    "Caption": (9, 8, 4, False),
    "List Bullet": (10.5, 0, 3, False),
    "List Number": (10.5, 0, 3, False),
    "Header": (8, 0, 0, False),
    "Footer": (8, 0, 0, False),
    "Table text": (8.5, 1.5, 1.5, False),
    "Figure": (10.5, 8, 2, False),
    "Note": (8.5, 2, 6, False),
    "toc 1": (10.5, 0, 1, False),
}


def new_document(title: str, lang: str) -> object:
    """Return an empty document in house style.

    Parameters
    ----------
    title : str
        Title of the report, in the properties of the file and at the head of each page.
    lang : {"zh", "en"}
        Language that the text declares, for spelling and for reading aloud.
    """
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(20), Mm(22)
    _set_languages(document, LANGUAGES[lang])
    _set_fonts(document)
    _set_styles(document)
    _head_and_foot(section, title)
    _set_properties(document, title, LANGUAGES[lang])
    return document


def _set_languages(document, language: str) -> None:
    defaults = document.styles.element.find(qn("w:docDefaults"))
    latin = language if language.startswith("en") else "en-US"
    for lang in defaults.iter(qn("w:lang")):
        lang.set(qn("w:val"), latin)
        lang.set(qn("w:eastAsia"), "zh-CN")
    for lang in document.settings.element.iter(qn("w:themeFontLang")):
        lang.set(qn("w:val"), latin)
        lang.set(qn("w:eastAsia"), "zh-CN")


def _set_fonts(document) -> None:
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


def _set_styles(document) -> None:
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


def _head_and_foot(section, title: str) -> None:
    section.header.paragraphs[0].text = title
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for part in (field("PAGE", "1"), '<w:r><w:t xml:space="preserve"> / </w:t></w:r>', field("NUMPAGES", "1")):
        for element in parse_xml(f"<w:p {nsdecls('w')}>{part}</w:p>"):
            foot._p.append(element)


def field(instruction: str, shown: str, more: str = "") -> str:
    """Return the XML of a field that Word can count anew; `shown` is what stands there until then."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {escape(instruction)} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f"<w:r>{more}<w:t>{escape(shown)}</w:t></w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _set_properties(document, title: str, language: str) -> None:
    properties = document.core_properties
    properties.title, properties.author = title[:255], "yilaolib"  # a property holds no more
    properties.language, properties.comments = language, ""
    properties.created = properties.modified = datetime.now().replace(microsecond=0)
    rels = document.part.package.rels
    for key in [key for key, rel in rels.items() if rel.reltype.endswith("/thumbnail")]:
        rels.pop(key)  # a picture of the library's empty template
