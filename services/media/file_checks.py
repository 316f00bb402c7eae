"""What a file is, by its bytes: whether it is what it is said to be, and does no harm."""

from __future__ import annotations

import io
import struct
from typing import IO

import webvtt
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
# A picture of 25 MiB has some 400 before its frame, if all of it is said about it.
_MOST_SEGMENTS = 1000
# Of 255 bytes each, and extensions before the first picture of a GIF.
_MOST_BLOCKS = 1000
# ITU-T T.81, table B.1: what begins a segment; frames; what has no length, or comes after a frame.
_MARKER = 0xFF
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xDB)})
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
    """What its header says alone is read: a small file may hold a picture that fills all memory, a
    large one keep a reader of pictures busy for long."""
    try:
        width, height = _SIZES[mime_type](file)
    except (ValueError, struct.error):
        return f"is no {mime_type} that can be shown"
    if not width or not height:
        return f"is no {mime_type} that can be shown"
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        return f"has more than {MOST_PIXELS:,} pixels, or a side of more than {LONGEST_SIDE:,}"
    return ""


def _png_size(file: IO[bytes]) -> tuple[int, int]:
    """PNG, third edition, 11.2.1: the first chunk says it."""
    kind, width, height = struct.unpack_from(">4sII", file.read(HEAD_BYTES), 12)
    if kind != b"IHDR":
        raise ValueError(kind)
    return width, height


def _gif_size(file: IO[bytes]) -> tuple[int, int]:
    """GIF89a specification, 18 to 24: the logical screen, or its first picture, for which browsers
    make it larger."""
    width, height, flags = struct.unpack("<6xHHBxx", file.read(13))
    file.seek(3 << (flags & 7) + 1 if flags & 0x80 else 0, io.SEEK_CUR)
    for _ in range(_MOST_BLOCKS):
        kind = file.read(1)
        if kind == b",":
            left, top, wide, high = struct.unpack("<HHHH", file.read(8))
            return max(width, left + wide), max(height, top + high)
        if kind != b"!":
            break
        file.seek(1, io.SEEK_CUR)
        _skip_blocks(file)
    raise ValueError("no picture")


def _skip_blocks(file: IO[bytes]) -> None:
    """GIF89a specification, 15 and 16."""
    for _ in range(_MOST_BLOCKS):
        (length,) = file.read(1) or b"\0"
        if length == 0:
            return
        file.seek(length, io.SEEK_CUR)
    raise ValueError("too many blocks")


def _jpeg_size(file: IO[bytes]) -> tuple[int, int]:
    """ITU-T T.81, B.2: one segment after the other, until a frame begins."""
    file.seek(2)
    for _ in range(_MOST_SEGMENTS):
        start, marker, length = struct.unpack(">BBH", file.read(4))
        if marker == start == _MARKER:
            # Any number of them may stand before a marker.
            file.seek(-3, io.SEEK_CUR)
            continue
        if start != _MARKER or marker in _ALONE or length < 2:  # noqa: PLR2004 - it counts itself
            break
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", file.read(5), 1)
            return width, height
        file.seek(length - 2, io.SEEK_CUR)
    raise ValueError("no frame")


def _webp_size(file: IO[bytes]) -> tuple[int, int]:
    """RFC 9649, 2.5 to 2.7."""
    head = file.read(HEAD_BYTES)
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


_SIZES = {
    "image/png": _png_size,
    "image/gif": _gif_size,
    "image/jpeg": _jpeg_size,
    WEBP: _webp_size,
}
