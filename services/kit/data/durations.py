"""How long a film is, by what its file says of itself."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import IO

from services.kit.data.file_types import MP4, WEBM

# A hundred hours: nothing that claims to be longer is believed.
LONGEST_SECONDS = 360_000
# Where the facts of a WebM stand, but for one that was written by somebody odd.
_HEAD_BYTES = 64 * 1024
# RFC 9559, 5.1: Segment, Info, TimestampScale (nanoseconds, by default a millisecond), Duration.
_SEGMENT, _INFO, _SCALE, _DURATION = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489
_DEFAULT_SCALE = 1_000_000
_LONGEST_NUMBER = 8
_BOX_HEAD = 8
# A film has a handful of boxes, one in fragments some thousands.
_MOST_BOXES = 100_000


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
    """By the movie's header (ISO 14496-12, 8.2.2), wherever in the file that stands."""
    end = file.seek(0, io.SEEK_END)
    movie = _box(file, b"moov", 0, end)
    header = movie and _box(file, b"mvhd", *movie)
    if not header:
        return 0.0
    file.seek(header[0])
    data = file.read(32)
    layout, at = (">IQ", 20) if data[:1] == b"\1" else (">II", 12)
    if len(data) < at + struct.calcsize(layout):
        return 0.0
    scale, ticks = struct.unpack_from(layout, data, at)
    return float(ticks / scale) if scale else 0.0


def _box(file: IO[bytes], wanted: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Where the content of the first box of this kind begins and ends (ISO 14496-12, 4.2)."""
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < _BOX_HEAD:
            return None
        size, begin = int.from_bytes(head[:4]), at + _BOX_HEAD
        if size == 1:
            size, begin = int.from_bytes(head[8:16]), at + 16
        beyond = at + size if size else end
        if beyond < begin or beyond > end:
            return None
        if head[4:8] == wanted:
            return begin, beyond
        at = beyond
    return None


def _of_webm(head: bytes) -> float:
    facts = _child(_child(head, _SEGMENT), _INFO)
    scale = int.from_bytes(_child(facts, _SCALE)[:_LONGEST_NUMBER]) or _DEFAULT_SCALE
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
