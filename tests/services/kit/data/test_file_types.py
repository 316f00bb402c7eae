import pytest

from services.kit.data.file_types import HEAD_BYTES, OCTETS, PICTURES, begins_like, type_of

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF87arest", "image/gif"),
        (b"GIF89arest", "image/gif"),
        (b"RIFF\x00\n\x01\x02WEBPVP8 ", "image/webp"),
        (SVG, "image/svg+xml"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- by hand -->\n" + SVG, "image/svg+xml"),
        (b'<!DOCTYPE svg PUBLIC "x" "y">' + SVG, "image/svg+xml"),
    ],
)
def test_a_file_is_what_it_begins_like(head: bytes, media_type: str) -> None:
    assert type_of(head) == media_type
    assert begins_like(head, media_type)
    assert begins_like(head, OCTETS)
    assert not any(begins_like(head, other) for other in PICTURES - {media_type})


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<html><svg></svg></html>",
        b"\x89PNG\r\n",
        b"RIFF\x00\n\x01\x02WAVE",
        b" %PDF-1.7",
        b"MZ\x90",
        b"<svgs>",
        b"<!DOCTYPE html><svg>",
    ],
)
def test_what_is_none_of_ours_is_octets(head: bytes) -> None:
    assert type_of(head) == OCTETS


def test_an_unknown_type_begins_like_nothing() -> None:
    assert not begins_like(b"GIF89a", "image/bmp")


def test_hostile_beginnings_take_no_time() -> None:
    assert type_of((b"<!--" + b" " * HEAD_BYTES)[:HEAD_BYTES]) == OCTETS
    assert type_of((b"<?xml" + b"<svg" * HEAD_BYTES)[:HEAD_BYTES]) == OCTETS
