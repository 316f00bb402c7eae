"""What a file is, by its bytes: whether it is what it is said to be, and does no harm."""

from __future__ import annotations

import io
import struct
from typing import IO

import webvtt
from PIL import Image
from webvtt.errors import MalformedCaptionError, MalformedFileError

from services.kit.data.file_types import (
    HEAD_BYTES,
    MP4,
    OCTETS,
    PDF,
    PICTURES,
    SVG,
    VTT,
    WEBM,
    type_of,
)
from services.kit.errors import InvalidFields, Violation

MEBIBYTE = 1024 * 1024
WEBP = "image/webp"
# Of a file that comes with its request.
DIRECT_BYTES = 25 * MEBIBYTE
LIMITS = {
    MP4: 4_000_000_000,
    WEBM: 4_000_000_000,
    PDF: 200 * MEBIBYTE,
    VTT: 2 * MEBIBYTE,
    SVG: 2 * MEBIBYTE,
} | dict.fromkeys(PICTURES - {SVG}, DIRECT_BYTES)
# A browser holds four bytes for each pixel of a picture that it shows.
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 20_000
# With these an SVG of a few bytes becomes one of gigabytes (billion laughs).
_ENTITY = b"<!ENTITY"


def check_size(mime_type: str, size: int, field: str) -> None:
    """InvalidFields where a file of the type may not be so large."""
    if size > LIMITS[mime_type]:
        reason = f"a file of type {mime_type} has {LIMITS[mime_type]:,} bytes at most"
        raise InvalidFields([Violation(field, reason)])


def seen_type(file: IO[bytes], field: str) -> str:
    """What the file is; InvalidFields where it is nothing that a lesson can have."""
    file.seek(0)
    found = type_of(file.read(HEAD_BYTES))
    if found == OCTETS:
        raise InvalidFields([Violation(field, f"is none of {', '.join(sorted(LIMITS))}")])
    return found


def check(file: IO[bytes], mime_type: str, field: str) -> None:
    """InvalidFields where the file is not what it is said to be, or does harm."""
    found = seen_type(file, field)
    if found != mime_type:
        raise InvalidFields([Violation(field, f"the bytes are no {mime_type} but {found}")])
    file.seek(0)
    wrong = _wrong(file, mime_type)
    if wrong:
        raise InvalidFields([Violation(field, wrong)])


def _wrong(file: IO[bytes], mime_type: str) -> str:
    if mime_type == VTT:
        return _wrong_captions(file)
    if mime_type == SVG:
        return "has entities of its own" if _ENTITY in file.read() else ""
    return _wrong_picture(file, mime_type) if mime_type in PICTURES else ""


def _wrong_captions(file: IO[bytes]) -> str:
    try:
        text = file.read().decode("utf-8-sig")
        webvtt.from_buffer(io.StringIO(text), format="vtt")
    except UnicodeDecodeError:
        return "is not UTF-8"
    except (MalformedFileError, MalformedCaptionError) as error:
        return f"is no WebVTT: {str(error) or 'malformed'}"
    return ""


def _wrong_picture(file: IO[bytes], mime_type: str) -> str:
    """Its header alone is read: a small file may hold a picture that fills all memory."""
    too_large = f"has more than {MOST_PIXELS:,} pixels, or a side of more than {LONGEST_SIDE:,}"
    try:
        width, height = _size(file, mime_type)
    except Image.DecompressionBombError:
        return too_large
    except (OSError, SyntaxError, ValueError, EOFError, struct.error):
        return f"is no {mime_type} that can be shown"
    is_large = width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE
    return too_large if is_large else ""


def _size(file: IO[bytes], mime_type: str) -> tuple[int, int]:
    if mime_type == WEBP:
        return _webp_size(file.read(HEAD_BYTES))
    with Image.open(file, formats=[mime_type.removeprefix("image/").upper()]) as picture:
        return picture.size


def _webp_size(head: bytes) -> tuple[int, int]:
    """RFC 9649, 2.5 to 2.7. Pillow would make room for the whole picture before it says."""
    kind = head[12:16]
    if kind == b"VP8X":
        width, high, height, higher = struct.unpack_from("<HBHB", head, 24)
        return (high << 16) + width + 1, (higher << 16) + height + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError(kind)
