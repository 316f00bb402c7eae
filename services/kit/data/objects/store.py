"""Object stores: where bytes lie under their SHA-256, in a folder or in a bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import IO, BinaryIO, NamedTuple, Protocol, Self

from services.kit.data.pieces import pieces


class Stored(NamedTuple):
    """What was kept: its SHA-256 in lower case hex, and its size in bytes."""

    digest: str
    size: int


class Shown(NamedTuple):
    """How whoever fetches an object is to take it: its type, and its Content-Disposition."""

    mime_type: str
    disposition: str


class Incoming:
    """Bytes on their way into a store.

    Nobody sees them before `keep`; what was not kept is gone at the end of the `with`. `file` is
    for looking into what has come.
    """

    def __init__(
        self,
        file: IO[bytes],
        *,
        keep: Callable[[Stored], None],
        close: Callable[[], None],
        has_come: bool = False,
    ) -> None:
        """With `has_come` the file has them already: it is read, to see what they are."""
        self.file = file
        self._keep = keep
        self._close = close
        self._digest = hashlib.sha256()
        self._size = 0
        if has_come:
            for data in pieces(file):
                self._note(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    @property
    def stored(self) -> Stored:
        """What has come so far."""
        return Stored(self._digest.hexdigest(), self._size)

    def write(self, data: bytes) -> None:
        """Take more of them."""
        self._note(data)
        self.file.write(data)

    def keep(self) -> Stored:
        """Let the store have them, all at once."""
        self.file.flush()
        self._keep(self.stored)
        return self.stored

    def _note(self, data: bytes) -> None:
        self._digest.update(data)
        self._size += len(data)


class UploadLink(NamedTuple):
    """Where clients may send an object to, and the headers that they send along."""

    url: str
    headers: Mapping[str, str]


class ObjectStore(Protocol):
    """Keeps bytes under their digest. The same bytes are kept once."""

    def incoming(self) -> Incoming:
        """Begin to take bytes in."""

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

    def listed(self, prefix: str) -> Iterator[Stored]:
        """What is kept whose digest begins so, with two digits of it at least; in any order."""

    def upload_link(self, name: str, mime_type: str, size: int, expires: int) -> UploadLink | None:
        """Where a client may PUT so many bytes until a Unix time, to be found by `uploaded`; None
        where the store takes nothing from clients."""

    def uploaded(self, name: str) -> Incoming | None:
        """What a client sent to the link of that name, to be looked into and kept; None where
        nothing came. It stays there until `forget_uploaded`."""

    def forget_uploaded(self, name: str) -> None:
        """Delete what a client sent; again is harmless."""


def taken(incoming: Incoming, chunks: Iterable[bytes]) -> Stored:
    """Take the bytes in, and keep them."""
    with incoming:
        for chunk in chunks:
            incoming.write(chunk)
        return incoming.keep()


def digest_of(data: bytes) -> str:
    """What a store names these bytes by."""
    return hashlib.sha256(data).hexdigest()
