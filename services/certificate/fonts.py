"""Which font shows which part of a text: by Unicode coverage, so that every script has glyphs.

All fonts are Noto (SIL Open Font License), installed as packages. HarfBuzz maps the files into
memory and reads only what is asked for, so the 32 MB CJK collection costs nothing until a text
needs it.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import uharfbuzz as hb

REGULAR_WEIGHT = 400
_CJK_FACES = {"JP": 0, "KR": 1, "SC": 2, "TC": 3}
_UNITS_PER_EM = 1000
_REPLACEMENT = "\ufffd"
_NOTO_DATE = 3_800_000_000  # seconds since 1904, some fixed day


@dataclass(frozen=True)
class Face:
    """One face of a font file; index counts the faces of a collection from 0."""

    path: Path
    index: int = 0

    @property
    def name(self) -> str:
        """A name that is unique among the faces, in lower case."""
        return f"{self.path.name.split('[')[0].split('-VF')[0]}-{self.index}".lower()

    @property
    def is_collection(self) -> bool:
        """True for the CJK collection, whose outlines a PDF cannot take as they are."""
        return self.path.suffix == ".ttc"


@dataclass(frozen=True)
class Run:
    """A part of a text, and the face that shows it."""

    face: Face
    text: str


@cache
def text_faces() -> tuple[Face, ...]:
    """All faces but CJK: Noto Sans first, the scripts by name, symbols and emoji last."""
    folder = Path(str(files("manimgx_fonts")))
    last = {"NotoSans": 0, "NotoSansSymbols": 2, "NotoEmoji": 3}
    names = {path: path.name.split("[")[0] for path in folder.glob("*.ttf")}
    upright = sorted(
        (path for path, name in names.items() if "Italic" not in name),
        key=lambda path: (last.get(names[path], 1), path.name),
    )
    return tuple(Face(path) for path in upright)


def cjk_face(text: str) -> Face:
    """The face of the CJK collection whose letter forms the writer of the text expects.

    Han characters are drawn differently in Japan, Korea, mainland China and Taiwan. Kana and
    Hangul tell; between the Chinese forms the older national character sets do.
    """
    names = "".join(unicodedata.name(char, "")[:8] for char in text)
    if "HIRAGANA" in names or "KATAKANA" in names:
        region = "JP"
    elif "HANGUL" in names:
        region = "KR"
    else:
        han = "".join(char for char in text if unicodedata.name(char, "").startswith("CJK UNIFIED"))
        region = "TC" if not _encodes(han, "gb2312") and _encodes(han, "big5") else "SC"
    path = Path(str(files("manimgx_fonts_cjk"))) / "NotoSansCJK-VF.otf.ttc"
    return Face(path, _CJK_FACES[region])


def runs(text: str) -> list[Run]:
    """Split a text into runs of one face each.

    Marks, joiners, digits and punctuation stay in the face of the letter before them if it has
    them, because a syllable can only be shaped within one face. A character that no face has
    becomes U+FFFD, the replacement character.
    """
    faces = (*text_faces(), cjk_face(text))
    shown: list[tuple[Face, str]] = []
    for char in text:
        shown.append(_show(char, shown[-1][0] if shown else faces[0], faces))
    pairs = groupby(shown, key=lambda pair: pair[0])
    return [Run(face, "".join(char for _, char in group)) for face, group in pairs]


def static_subset(face: Face, text: str) -> bytes:
    """A small TrueType font with just the characters of a text, at regular weight.

    The CJK collection is variable and has cubic outlines (CFF2), which PDF knows nothing of
    (ISO 32000-2, 9.9). HarfBuzz draws each glyph at the weight, and it is kept in quadratics.
    """
    font = hb.Font(_open(face))
    font.set_variations({"wght": REGULAR_WEIGHT})
    covered = coverage(face)
    glyphs = {".notdef": 0}
    cmap = {ord(char): f"uni{ord(char):04X}" for char in sorted(set(text)) if ord(char) in covered}
    glyphs |= {name: font.get_nominal_glyph(code) for code, name in cmap.items()}
    return _build(font, glyphs, cmap)


@cache
def coverage(face: Face) -> hb.Set:
    """The code points a face has glyphs for."""
    return _open(face).unicodes


def _open(face: Face) -> hb.Face:
    return hb.Face(hb.Blob.from_file_path(str(face.path)), face.index)


def _show(char: str, current: Face, faces: tuple[Face, ...]) -> tuple[Face, str]:
    code, category = ord(char), unicodedata.category(char)
    if category[0] not in "LZ" and code in coverage(current):
        return current, char
    for face in faces:
        if code in coverage(face):
            return face, char
    attaches = category[0] == "M" or category == "Cf"
    return (current, char) if attaches else (faces[0], _REPLACEMENT)


def _encodes(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _build(font: hb.Font, glyphs: dict[str, int], cmap: dict[int, str]) -> bytes:
    # Slow to import and seldom needed, so only here.
    from fontTools.fontBuilder import FontBuilder  # noqa: PLC0415

    extents = font.get_font_extents("ltr")
    builder = FontBuilder(_UNITS_PER_EM, isTTF=True)
    # Fixed dates: the same certificate must give the same bytes.
    builder.updateHead(created=_NOTO_DATE, modified=_NOTO_DATE)
    builder.font.recalcTimestamp = False
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(cmap)
    outlines = {name: _outline(font, glyph) for name, glyph in glyphs.items()}
    builder.setupGlyf(outlines)
    builder.setupHorizontalMetrics(
        {
            name: (font.get_glyph_h_advance(glyph), outlines[name].xMin)
            for name, glyph in glyphs.items()
        }
    )
    builder.setupHorizontalHeader(ascent=extents.ascender, descent=extents.descender)
    builder.setupNameTable({"familyName": "Noto Sans CJK", "styleName": "Regular"})
    builder.setupOS2(sCapHeight=733)
    builder.setupPost()
    output = BytesIO()
    builder.save(output)
    return output.getvalue()


def _outline(font: hb.Font, glyph: int) -> Any:
    from fontTools.pens.cu2quPen import Cu2QuPen  # noqa: PLC0415
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # noqa: PLC0415

    pen = TTGlyphPen(None)
    font.draw_glyph_with_pen(glyph, Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
    outline = pen.glyph()
    outline.recalcBounds(None)
    return outline
