"""The font of a page: the characters that it shows, cut out of the committed fonts and put into its style.

So Chinese is shown on machines without a Chinese font, and in PDF. Outlines are taken over as they are. fontTools' own
subsetter takes half a second for a page, since it rewrites all tables of the font; here outlines are kept once they
have been unfolded, and a new small font is built from them in a hundredth of a second.
"""

from __future__ import annotations

import base64
import functools
import html
import io
import re
import threading
from pathlib import Path

FONTS = Path(__file__).parents[1] / "fonts"
FAMILY = "Yilao Page"
WEIGHTS = {"Regular": "400 500", "Bold": "600 900"}
HEADINGS = re.compile(r"<(h[1-6]|th|b|dt|summary)\b[^>]*>(.*?)</\1>", flags=re.DOTALL)
TAGS = re.compile(r"<[^>]*>")
EMPTY = b"\x0e"  # the outline that ends at once

_reading = threading.Lock()  # one reader at a time of a font that is kept


def font_faces(body: str, lang: str = "zh") -> str:
    """Return the style rules that bring a page its font: `@font-face` for text and for headings, as data.

    Parameters
    ----------
    body : str
        HTML of all that is shown.
    lang : {"zh", "en"}
        Of an English page quotation marks and dashes are left to the machine: ours are as wide as Chinese characters.

    Returns
    -------
    str
        CSS; characters that the fonts lack are left to those of the machine.

    Examples
    --------
    >>> rules = font_faces("<h2>养老</h2><p>床位 4,059</p>")
    >>> rules.count("@font-face"), len(rules) < 12_000
    (2, True)
    """
    shown = {"Regular": _text(body), "Bold": _text("".join(found[1] for found in HEADINGS.findall(body)))}
    wide = frozenset("‘’“”…—" if lang == "en" else "")
    rules = []
    for weight, text in shown.items():
        data = base64.b64encode(small_font(weight, frozenset(text) - wide)).decode()
        source = f"url(data:font/otf;base64,{data})"
        rules.append(f'@font-face{{font-family:"{FAMILY}";font-weight:{WEIGHTS[weight]};src:{source}}}')
    return "\n".join(rules)


def warm_fonts(text: str) -> None:
    """Unfold the outlines of these characters, so that a process that is forked from this one has them."""
    for weight in WEIGHTS:
        small_font(weight, frozenset(text))


def _text(markup: str) -> str:
    return html.unescape(TAGS.sub("", markup))


class _Outlines:
    """Outlines and widths of one of our fonts by character, unfolded when they are first asked for."""

    def __init__(self, weight: str) -> None:
        from fontTools.ttLib import TTFont

        # from memory: a file that is kept open would be shared with the processes that are forked from this one
        self.font = TTFont(io.BytesIO((FONTS / f"NotoSansSC-{weight}.otf").read_bytes()))
        self.names = self.font.getBestCmap()
        self.outlines = self.font["CFF "].cff.topDictIndex[0].CharStrings
        self.widths = self.font["hmtx"].metrics
        self.known: dict[int, tuple[bytes, int]] = {}

    def of(self, code: int) -> tuple[bytes, int] | None:
        """(outline without calls of shared parts, width), or None for a character that the font lacks."""
        from fontTools.cffLib.transforms import desubroutinizeCharString

        if code not in self.known and code in self.names:
            outline = self.outlines[self.names[code]]
            desubroutinizeCharString(outline)
            outline.compile()
            self.known[code] = outline.bytecode, self.widths[self.names[code]][0]
        return self.known.get(code)


@functools.cache
def _outlines(weight: str) -> _Outlines:
    return _Outlines(weight)


@functools.lru_cache(maxsize=4)
def small_font(weight: str, characters: frozenset[str]) -> bytes:
    """Return an OpenType font of these characters, as far as ours has them.

    Examples
    --------
    >>> from fontTools.ttLib import TTFont
    >>> font = TTFont(io.BytesIO(small_font("Bold", frozenset("床位"))))
    >>> sorted(map(chr, font.getBestCmap()))
    ['位', '床']
    """
    from fontTools.fontBuilder import FontBuilder
    from fontTools.misc.psCharStrings import T2CharString

    with _reading:
        whole = _outlines(weight)
        found = {code: glyph for code in sorted(map(ord, characters)) if code > 0x1F and (glyph := whole.of(code))}
    names = {code: f"u{code:05X}" for code in found}
    outlines = {".notdef": EMPTY} | {names[code]: outline for code, (outline, _) in found.items()}
    widths = {".notdef": (500, 0)} | {names[code]: (width, 0) for code, (_, width) in found.items()}
    builder = FontBuilder(whole.font["head"].unitsPerEm, isTTF=False)
    builder.setupGlyphOrder(list(outlines))
    builder.setupCharacterMap(names)
    builder.setupCFF("YilaoPage", {}, {name: T2CharString(bytecode=code) for name, code in outlines.items()}, {})
    builder.setupHorizontalMetrics(widths)
    builder.setupHorizontalHeader(ascent=whole.font["hhea"].ascent, descent=whole.font["hhea"].descent)
    builder.setupNameTable({"familyName": FAMILY, "styleName": weight, "copyright": _licence(whole.font)})
    lines = {name: getattr(whole.font["OS/2"], name) for name in ("sTypoAscender", "sTypoDescender", "sTypoLineGap")}
    builder.setupOS2(**lines, usWinAscent=builder.font["hhea"].ascent, usWinDescent=-builder.font["hhea"].descent)
    builder.setupPost(keepGlyphNames=False)
    builder.font["head"].created = builder.font["head"].modified = whole.font["head"].created
    builder.font.recalcBBoxes = builder.font.recalcTimestamp = False  # the same page has the same bytes
    written = io.BytesIO()
    builder.font.save(written, reorderTables=None)
    return written.getvalue()


def _licence(font) -> str:
    return " ".join(str(font["name"].getDebugName(number) or "") for number in (0, 13)).strip()
