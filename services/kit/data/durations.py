"""How long a film is, by what its file says of itself."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Any

from services.kit.data.file_types import MP4, WEBM

# A hundred hours: nothing that claims to be longer is believed.
LONGEST_SECONDS = 360_000
# Where the facts of a WebM stand, but for one that was written by somebody odd.
_HEAD_BYTES = 64 * 1024
# RFC 9559, 5.1: Segment, Info, TimestampScale (nanoseconds, by default a millisecond), Duration.
_SEGMENT, _INFO, _SCALE, _DURATION = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489
_DEFAULT_SCALE = 1_000_000


def duration(file: IO[bytes], media_type: str) -> int:
    """How many seconds a film is long, a part of one as a whole; 0 where its file does not say."""
    found = 0.0
    file.seek(0)
    if media_type == MP4:
        found = _of_mp4(file)
    elif media_type == WEBM:
        found = _of_webm(file.read(_HEAD_BYTES))
    return round(found) if 0 < found <= LONGEST_SECONDS else 0


def _of_mp4(file: IO[bytes]) -> float:
    from mutagen import MutagenError, mp4  # noqa: PLC0415 - seldom needed

    opened: Any = mp4.MP4
    try:
        return float(opened(fileobj=file).info.length)
    except (MutagenError, ValueError, ArithmeticError, EOFError, AttributeError):
        return 0.0


def _of_webm(head: bytes) -> float:
    facts = _child(_child(head, _SEGMENT), _INFO)
    scale = int.from_bytes(_child(facts, _SCALE)) or _DEFAULT_SCALE
    length = _child(facts, _DURATION)
    if len(length) not in _FLOATS:
        return 0.0
    ticks: float = struct.unpack(_FLOATS[len(length)], length)[0]
    return ticks * scale / 1e9


_FLOATS = {4: ">f", 8: ">d"}


def _child(data: bytes, wanted: int) -> bytes:
    """What the first element of this id holds, as far as it is there."""
    return next((content for found, content in _elements(data) if found == wanted), b"")


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of EBML one after the other (RFC 8794, 4 to 6): their ids and what they hold."""
    at = 0
    while at < len(data):
        id_bytes = _width(data[at])
        size_at = at + id_bytes
        if size_at >= len(data):
            return
        size_bytes = _width(data[size_at])
        begin = size_at + size_bytes
        size = int.from_bytes(data[size_at:begin]) & ((1 << 7 * size_bytes) - 1)
        yield int.from_bytes(data[at:size_at]), data[begin : begin + size]
        at = begin + size


def _width(first: int) -> int:
    """How many bytes a number takes that begins so: one more than there are zeros before."""
    return 9 - first.bit_length() if first else 8
