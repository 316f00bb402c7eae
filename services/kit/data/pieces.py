"""Files a piece at a time, so that none is in memory whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import IO

# Envoy refuses a single HttpBody above 1 MiB, and gRPC a large message.
PIECE_BYTES = 64 * 1024


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """What is left of a file, in pieces of 64 KiB at most."""
    return iter(partial(file.read, PIECE_BYTES), b"")
