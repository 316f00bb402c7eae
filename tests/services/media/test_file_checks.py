"""What a file is, by its bytes."""

from __future__ import annotations

import io
import struct
import time
from typing import Any

import pytest
from PIL import Image

from services.kit.errors import InvalidFields
from services.media.file_checks import LIMITS, check, check_size, seen_type
from tests.services.media.authored import PDF, VTT, WEBM, mp4, png, png_bomb


def picture(kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(file, kind, **options)
    return file.getvalue()


GOOD = [
    ("application/pdf", PDF),
    ("video/mp4", mp4(3)),
    ("video/webm", WEBM),
    ("text/vtt", VTT),
    ("text/vtt", b"\xef\xbb\xbf" + VTT),
    ("text/vtt", b"WEBVTT"),
    ("image/png", png(30, 20)),
    ("image/jpeg", picture("JPEG")),
    ("image/jpeg", picture("JPEG", progressive=True, exif=b"Exif\0\0" + bytes(60_000))),
    ("image/jpeg", picture("JPEG").replace(b"\xff\xc0", b"\xff\xff\xff\xc0")),
    ("image/gif", picture("GIF")),
    ("image/gif", picture("GIF", comment=b"x" * 5000)),
    ("image/webp", picture("WEBP")),
    ("image/webp", picture("WEBP", lossless=True)),
    ("image/webp", picture("WEBP", exif=b"Exif\0\0" + bytes(20))),
    ("image/svg+xml", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
]


@pytest.mark.parametrize(("mime_type", "data"), GOOD)
def test_good_files(mime_type: str, data: bytes) -> None:
    assert seen_type(io.BytesIO(data), "file") == mime_type
    check(io.BytesIO(data), mime_type, "file")
    for other in LIMITS.keys() - {mime_type}:
        with pytest.raises(InvalidFields, match="file: the bytes are no"):
            check(io.BytesIO(data), other, "file")


def gif(width: int, height: int) -> bytes:
    frame = b"," + struct.pack("<HHHH", 0, 0, width, height) + b"\0\2\0;"
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0" + frame


@pytest.mark.parametrize(
    ("mime_type", "data", "why"),
    [
        ("image/png", png_bomb(8_000, 8_000), "pixels"),
        ("image/png", png_bomb(20_001, 1), "pixels"),
        ("image/png", png_bomb(65_535, 65_535), "pixels"),
        ("image/png", png_bomb(0, 10), "can be shown"),
        ("image/png", png(9, 9)[:20], "can be shown"),
        ("image/gif", gif(65_535, 65_535), "pixels"),
        ("image/gif", gif(1, 1).replace(b"\1\0\1\0\0\2", b"\xff\xff\1\0\0\2"), "pixels"),
        ("image/gif", gif(0, 0), "can be shown"),
        ("image/gif", b"GIF89a\1\0\1\0\0\0\0" + b"!\xfe\1x\0" * 5_000_000, "can be shown"),
        ("image/gif", b"GIF89a\1\0\1\0\0\0\0!\xfe" + b"\1x" * 10_000_000, "can be shown"),
        ("image/jpeg", b"\xff\xd8\xff\xe0" + bytes(50), "can be shown"),
        ("image/jpeg", b"\xff\xd8" + b"\xff" * 25_000_000, "can be shown"),
        ("image/jpeg", b"\xff\xd8" + b"\xff\xe1\0\2" * 6_000_000, "can be shown"),
        ("image/jpeg", picture("JPEG").replace(b"\0\x14\0\x1e", b"\xff" * 4), "pixels"),
        ("image/webp", b"RIFF\0\0\0\0WEBPVP8X", "can be shown"),
        ("image/webp", b"RIFF\0\0\0\0WEBPVP8X" + b"\xff" * 16, "pixels"),
        ("image/webp", b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + b"\xff" * 9, "pixels"),
        ("image/webp", b"RIFF\0\0\0\0WEBPVP8 " + b"\xff" * 16, "pixels"),
        ("image/svg+xml", b"<!DOCTYPE svg [<!ENTITY a 'a'>]><svg></svg>", "entities"),
        ("text/vtt", b"WEBVTT\n\n\xff\xfe", "UTF-8"),
    ],
)
def test_what_does_harm_or_is_broken(mime_type: str, data: bytes, why: str) -> None:
    begun = time.process_time()
    with pytest.raises(InvalidFields, match=f"^file: .*{why}"):
        check(io.BytesIO(data), mime_type, "file")
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html></html>",
        b"MZ" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"\0\0\0\x18ftypM4A " + bytes(20),
        b"\0\0\0\x18ftypqt  " + bytes(20),
        b"\x1aE\xdf\xa3\x93B\x82\x88matroska",
        b"WEBVTTX\n",
        b"% PDF-1.4",
    ],
)
def test_what_is_nothing_of_a_lesson(data: bytes) -> None:
    with pytest.raises(InvalidFields, match=r"^file: is none of"):
        seen_type(io.BytesIO(data), "file")


def test_how_large_files_may_be() -> None:
    for mime_type, most in LIMITS.items():
        check_size(mime_type, most, "sizeBytes")
        with pytest.raises(InvalidFields, match=r"^sizeBytes: "):
            check_size(mime_type, most + 1, "sizeBytes")
