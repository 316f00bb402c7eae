"""Object stores: where bytes lie under their SHA-256, in a folder or in a bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import IO, BinaryIO, NamedTuple, Protocol


class Stored(NamedTuple):
    """What was kept: its SHA-256 in lower case hex, and its size in bytes."""

    digest: str
    size: int


class Shown(NamedTuple):
    """How whoever fetches an object is to take it: its type, and its Content-Disposition."""

    mime_type: str
    disposition: str


class ObjectStore(Protocol):
    """Keeps bytes under their digest. The same bytes are kept once."""

    def write(self, chunks: Iterable[bytes]) -> Stored:
        """Keep the bytes, all of them or (where `chunks` raises) none."""

    def open(self, digest: str) -> BinaryIO:
        """The bytes as a stream, for the caller to close; FileNotFoundError where none are."""

    def size(self, digest: str) -> int:
        """How many bytes they are; FileNotFoundError where there are none."""

    def signed_url(self, digest: str, shown: Shown, expires: int) -> str | None:
        """A URL at which anyone may fetch the object until then (Unix time); None where the store
        has no addresses of its own."""

    def delete(self, digest: str) -> None:
        """Keep them no longer; again is harmless."""

    def sweep(self) -> None:
        """Remove what processes that died were writing."""


def copy(chunks: Iterable[bytes], file: IO[bytes]) -> Stored:
    """Write the bytes to a file, and tell what they are."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        file.write(chunk)
    return Stored(digest.hexdigest(), size)


def digest_of(data: bytes) -> str:
    """What a store names these bytes by."""
    return hashlib.sha256(data).hexdigest()
