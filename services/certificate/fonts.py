"""Which font shows which part of a text: by Unicode coverage, so that every script has glyphs.

The fonts (SIL Open Font License) are installed as packages: Noto Sans for the scripts it comes in
there, Noto Sans CJK, and Kurinto Sans for what these lack, from Tifinagh to Cherokee. HarfBuzz maps
the files into memory and reads only what is asked for, so the 32 MB of the CJK collection cost
nothing until a text needs them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import uharfbuzz as hb

from services.certificate.names import clean

_CJK_FACES = {"JP": 0, "KR": 1, "SC": 2, "TC": 3}
_REPLACEMENT = "\ufffd"


class Face(NamedTuple):
    """One face of a font file; number counts the faces of a collection from 0."""

    path: Path
    number: int = 0


class Run(NamedTuple):
    """A part of a text, and the face that shows it."""

    face: Face
    text: str


def runs(text: str) -> list[Run]:
    """Split a text into runs of one face each.

    Marks, joiners, digits and punctuation stay in the face of the letter before them if it has
    them, because a syllable can only be shaped within one face. A character that no face has
    becomes U+FFFD, the replacement character.
    """
    shown: list[tuple[Face, str]] = []
    faces = _faces(text)
    for char in text:
        current = shown[-1][0] if shown else faces[0]
        face = _face_of(char, current, faces)
        shown.append((faces[0], _REPLACEMENT) if face is None else (face, char))
    pairs = groupby(shown, key=lambda pair: pair[0])
    return [Run(face, "".join(char for _, char in group)) for face, group in pairs]


def without_glyph(text: str) -> str:
    """The characters of a text, each once, that could only be shown as boxes."""
    shown = clean(text)
    faces = _faces(shown)
    return "".join(c for c in dict.fromkeys(shown) if _face_of(c, faces[0], faces) is None)


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


@cache
def text_faces() -> tuple[Face, ...]:
    """The faces of Noto but CJK: Noto Sans first, the scripts by name, symbols and emoji last."""
    folder = Path(str(files("manimgx_fonts")))
    last = {"NotoSans": 0, "NotoSansSymbols": 2, "NotoEmoji": 3}
    names = {path: path.name.split("[")[0] for path in folder.glob("*.ttf")}
    upright = sorted(
        (path for path, name in names.items() if "Italic" not in name),
        key=lambda path: (last.get(names[path], 1), path.name),
    )
    return tuple(Face(path) for path in upright)


@cache
def rare_face() -> Face:
    """The face of last resort: most scripts in use anywhere, in one file."""
    folder = Path(str(files("weblate_fonts"))) / "static" / "weblate_fonts" / "kurinto" / "ttf"
    return Face(folder / "KurintoSans-Rg.ttf")


@cache
def coverage(face: Face) -> hb.Set:
    """The code points a face has glyphs for."""
    return opened(face).unicodes


@cache
def opened(face: Face) -> hb.Face:
    """The face as HarfBuzz has it, mapped into memory."""
    return hb.Face(hb.Blob.from_file_path(str(face.path)), face.number)


def _faces(text: str) -> Sequence[Face]:
    return *text_faces(), cjk_face(text), rare_face()


def _face_of(char: str, current: Face, faces: Sequence[Face]) -> Face | None:
    code, category = ord(char), unicodedata.category(char)
    if category == "Co":
        # What a font has there, only its makers know.
        return None
    if category[0] not in "LZ" and code in coverage(current):
        return current
    for face in faces:
        if code in coverage(face):
            return face
    return current if _needs_no_glyph(char) else None


def _needs_no_glyph(char: str) -> bool:
    """Joiners and variation selectors only change how others look (UAX #44)."""
    return unicodedata.category(char) == "Cf" or "VARIATION SELECTOR" in unicodedata.name(char, "")


def _encodes(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
