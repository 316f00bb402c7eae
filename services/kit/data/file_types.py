"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

import re
from typing import NamedTuple

OCTETS = "application/octet-stream"
PDF = "application/pdf"
SVG = "image/svg+xml"
MP4 = "video/mp4"
WEBM = "video/webm"
VTT = "text/vtt"
# So many bytes are enough to tell any type.
HEAD_BYTES = 4096


class _Type(NamedTuple):
    """How files of a type begin, and how many bytes it takes to see it."""

    size: int
    beginning: re.Pattern[bytes]


_TYPES = {
    # ISO 32000-2, 7.5.2
    PDF: _Type(5, re.compile(rb"%PDF-")),
    # PNG, third edition, 5.2
    "image/png": _Type(8, re.compile(rb"\x89PNG\r\n\x1a\n")),
    # ITU-T T.81, B.1.1.2: SOI and another marker
    "image/jpeg": _Type(3, re.compile(rb"\xff\xd8\xff")),
    # GIF89a specification, 17
    "image/gif": _Type(6, re.compile(rb"GIF8[79]a")),
    # RFC 9649, 2.4
    "image/webp": _Type(12, re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    # XML whose first element is svg, as far as that can be seen from the beginning
    SVG: _Type(
        HEAD_BYTES,
        re.compile(rb"(\xef\xbb\xbf)?\s*(<(\?xml|!--|!DOCTYPE\s+svg).*)?<svg[\s>]", re.DOTALL),
    ),
    # ISO 14496-12, 4.3: the brands of films, not those of sound (M4A), pictures (HEIC) or QuickTime
    MP4: _Type(
        12,
        re.compile(
            rb".{4}ftyp(iso[0-9m]|mp4[12]|avc1|hvc1|av01|M4V.|f4v |dash|MSNV|mmp4|3g[2p].|cmf[2c])",
            re.DOTALL,
        ),
    ),
    # RFC 8794, 11.2: an EBML head whose DocType is webm
    WEBM: _Type(128, re.compile(rb"\x1aE\xdf\xa3.{0,100}\x42\x82.{1,8}?webm", re.DOTALL)),
    # WebVTT, 4.1
    VTT: _Type(10, re.compile(rb"(\xef\xbb\xbf)?WEBVTT([ \t\r\n]|\Z)")),
}
PICTURES = frozenset(name for name in _TYPES if name.startswith("image/"))
FILMS = frozenset({MP4, WEBM})


def type_of(head: bytes) -> str:
    """The media type of a file that begins so; OCTETS for what is none of ours."""
    return next((name for name in _TYPES if begins_like(head, name)), OCTETS)


def begins_like(head: bytes, media_type: str) -> bool:
    """Whether a file of this media type begins so. Anything may be OCTETS."""
    if media_type == OCTETS:
        return True
    return media_type in _TYPES and _TYPES[media_type].beginning.match(head) is not None


def head_size(media_type: str) -> int:
    """How many bytes it takes to see whether a file is of this media type."""
    return _TYPES[media_type].size if media_type in _TYPES else 0
