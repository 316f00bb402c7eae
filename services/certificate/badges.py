"""The picture of a credential: the academy's badge, with the credential baked in.

Open Badges 3.0, 5.3.1: an iTXt chunk of the PNG (ISO/IEC 15948, 11.3.3.4), not compressed, with the
compact JWS as its text.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from io import BytesIO
from math import cos, pi, sin

from PIL import Image, ImageDraw

KEYWORD = b"openbadgecredential"

_SIZE = 512
_FINER = 4  # drawn so many times larger: edges become smooth
_SIGNATURE_AND_HEADER = 8 + 25  # of any PNG: its signature and IHDR
_ACCENT, _PAPER, _GOLD = "#145c78", "#f4f6f8", "#d9a441"


def baked(credential: str) -> bytes:
    """A PNG with this credential."""
    png = _picture()
    # Keyword, NUL, not compressed, method 0, no language tag, no translated keyword; then the text.
    chunk = b"iTXt" + KEYWORD + b"\0\0\0\0\0" + credential.encode()
    length, check = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
    return png[:_SIGNATURE_AND_HEADER] + length + chunk + check + png[_SIGNATURE_AND_HEADER:]


@cache
def _picture() -> bytes:
    """A seal with the academy's star, as on its certificates."""
    whole = _SIZE * _FINER
    image = Image.new("RGBA", (whole, whole))
    draw = ImageDraw.Draw(image)
    draw.polygon(_star(24, 0.49, 0.94), fill=_GOLD)
    for reach, colour in ((0.42, _PAPER), (0.40, _ACCENT), (0.33, _PAPER), (0.325, _ACCENT)):
        draw.ellipse(_round(reach), fill=colour)
    draw.polygon(_star(4, 0.27, 0.25), fill=_PAPER)
    output = BytesIO()
    image.resize((_SIZE, _SIZE), Image.Resampling.LANCZOS).save(output, "PNG", optimize=True)
    return output.getvalue()


def _star(points: int, reach: float, depth: float) -> list[tuple[float, float]]:
    """A star: `reach` of the picture's width to its points, `depth` of that between them."""
    whole = _SIZE * _FINER
    return [
        (
            whole * (0.5 + far * sin(corner * pi / points)),
            whole * (0.5 - far * cos(corner * pi / points)),
        )
        for corner, far in enumerate((reach, reach * depth) * points)
    ]


def _round(reach: float) -> tuple[float, float, float, float]:
    whole = _SIZE * _FINER
    left, right = whole * (0.5 - reach), whole * (0.5 + reach)
    return left, left, right, right
