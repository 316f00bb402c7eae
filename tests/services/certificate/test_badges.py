from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from services.certificate.badges import baked


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of each chunk, their sums checked."""
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + data)
        yield kind, data
        at += 12 + length


def test_the_credential_is_in_one_chunk_that_is_not_compressed() -> None:
    found = list(chunks(baked("a.b.c")))
    assert [kind for kind, _ in found if kind in (b"IHDR", b"IEND")] == [b"IHDR", b"IEND"]
    assert [data for kind, data in found if kind == b"iTXt"] == [
        b"openbadgecredential\0" + b"\0" + b"\0" + b"\0" + b"\0" + b"a.b.c"
    ]


def test_it_is_a_picture() -> None:
    image = Image.open(io.BytesIO(baked("a.b.c")))
    image.load()
    assert image.format == "PNG"
    assert image.size == (512, 512)
    assert image.info["openbadgecredential"] == "a.b.c"
    assert len(image.convert("RGB").getcolors(1_000_000) or ()) > 3
