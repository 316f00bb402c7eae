import io
import struct

import pytest

from services.kit.data.durations import LONGEST_SECONDS, duration
from services.kit.data.file_types import MP4, PDF, WEBM

FILE_TYPE = b"\0\0\0\x10ftypisom\0\0\0\0"


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def header(scale: int, ticks: int, *, long: bool = False) -> bytes:
    times = struct.pack(">BxxxQQIQ", 1, 0, 0, scale, ticks)
    if not long:
        times = struct.pack(">BxxxIIII", 0, 0, 0, scale, ticks)
    return box(b"moov", box(b"udta", b"x") + box(b"mvhd", times + bytes(80)))


def element(number: int, content: bytes) -> bytes:
    name = number.to_bytes((number.bit_length() + 7) // 8)
    return name + (0x0100000000000000 | len(content)).to_bytes(8) + content


def webm(facts: bytes) -> bytes:
    return element(0x1A45DFA3, b"x") + element(0x18538067, element(0x1549A966, facts))


@pytest.mark.parametrize("long", [False, True])
def test_an_mp4_tells_it_in_its_header_before_or_behind_the_pictures(long: bool) -> None:
    pictures = box(b"mdat", bytes(100_000))
    told = header(1000, 90_400, long=long)
    for data in (FILE_TYPE + told + pictures, FILE_TYPE + pictures + told):
        assert duration(io.BytesIO(data), MP4) == 90
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + 8) + bytes(8)
    assert duration(io.BytesIO(FILE_TYPE + large + told), MP4) == 90


def test_a_webm_tells_it_in_its_facts() -> None:
    scale = element(0x2AD7B1, (1_000_000).to_bytes(3))
    for length in (struct.pack(">d", 61_600.0), struct.pack(">f", 61_600.0)):
        assert duration(io.BytesIO(webm(scale + element(0x4489, length))), WEBM) == 62
        assert duration(io.BytesIO(webm(element(0x4489, length))), WEBM) == 62


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"", MP4),
        (FILE_TYPE, MP4),
        (FILE_TYPE + header(0, 5), MP4),
        (FILE_TYPE + header(1, LONGEST_SECONDS + 1), MP4),
        (FILE_TYPE + header(1000, 5000)[:30], MP4),
        (b"\0\0\0\x04free" * 9, MP4),
        (b"", WEBM),
        (webm(b""), WEBM),
        (webm(element(0x4489, struct.pack(">d", float("nan")))), WEBM),
        (webm(element(0x4489, struct.pack(">d", float("inf")))), WEBM),
        (webm(element(0x4489, b"123")), WEBM),
        (webm(element(0x2AD7B1, b"\xff" * 999) + element(0x4489, struct.pack(">d", 1e9))), WEBM),
        (b"\0" * 1000, WEBM),
        (b"\xff" * 1000, WEBM),
        (header(1, 5), PDF),
    ],
)
def test_what_does_not_tell_it_has_none(data: bytes, media_type: str) -> None:
    assert duration(io.BytesIO(data), media_type) == 0
