"""Tar archives compressed with gzip, which are as hostile as any.

Python's tarfile keeps every header in memory, and spends hours over some (CVE-2024-6232); its gzip
walks through names and empty parts byte by byte. So headers are read here, and of those that extend
others only the name and the size. (POSIX.1-2017, pax; GNU tar manual, "Basic Tar Format".)
"""

import tarfile
import zlib
from collections.abc import Iterator
from itertools import count
from typing import BinaryIO

from services.gateway.importing.archive_refusals import MAX_MEMBERS, neither, refusal, too_many
from services.gateway.importing.unpacking import Unpacking
from services.kit.data.pieces import PIECE_BYTES

# Names, times, and what the systems of authors add to their files.
MAX_EXTENSION_BYTES = 64 * 1024
# Of those of one member, and of all.
MAX_HEADERS = 3 * MAX_MEMBERS
GZIP_WINDOW = 31
FILES = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}
PAX = {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE}
# They say nothing of where a file lies.
PASSED_OVER = {tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK}
EXTENSIONS = PAX | PASSED_OVER | {tarfile.GNUTYPE_LONGNAME}
SPARSE = b"GNU.sparse."


def untar(source: BinaryIO, unpacking: Unpacking) -> None:
    """Unpack a tar.gz; BundleError, tarfile.TarError, zlib.error, EOFError."""
    stream = _Unzipped(source)
    for member in _members(stream):
        if member.type == tarfile.DIRTYPE:
            unpacking.folder(member.name)
        elif member.type in FILES and member.size >= 0:
            unpacking.file(member.name, _content(stream, member.size))
        else:
            raise neither(member.name)


class _Unzipped:
    """What is in a gzip of one part."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._unzip = zlib.decompressobj(GZIP_WINDOW)

    def read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end; EOFError where it was cut off."""
        found = bytearray()
        while len(found) < size and not self._unzip.eof:
            data = self._unzip.unconsumed_tail or self._source.read(PIECE_BYTES)
            if not data:
                raise EOFError
            found += self._unzip.decompress(data, size - len(found))
        return bytes(found)


def _members(stream: _Unzipped) -> Iterator[tarfile.TarInfo]:
    """The members, each to be read before the next, as their extended headers say."""
    extended: dict[bytes, bytes] = {}
    for number in count():
        block = stream.read(tarfile.BLOCKSIZE)
        if not block.strip(b"\0"):
            return
        if number >= MAX_HEADERS:
            raise too_many()
        member = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if member.type in EXTENSIONS:
            extended |= _extension(stream, member)
            continue
        yield _extended(member, extended)
        extended = {}


def _extension(stream: _Unzipped, header: tarfile.TarInfo) -> dict[bytes, bytes]:
    if not 0 <= header.size <= MAX_EXTENSION_BYTES:
        raise refusal("a header of the archive is too large")
    data = b"".join(_content(stream, header.size))
    if header.type in PASSED_OVER:
        return {}
    if header.type == tarfile.GNUTYPE_LONGNAME:
        return {b"path": data.partition(b"\0")[0]}
    return dict(_records(data))


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What a pax header says: `length keyword=value` and a line feed each."""
    at = 0
    while data[at : at + 1].strip(b"\0"):
        digits, space, _ = data[at : at + 10].partition(b" ")
        length = int(digits) if digits.isdigit() and space else 0
        record = data[at + len(digits) + 1 : at + length]
        if not record.endswith(b"\n"):
            raise tarfile.HeaderError("invalid header")
        keyword, _, value = record[:-1].partition(b"=")
        yield keyword, value
        at += length


def _extended(member: tarfile.TarInfo, extended: dict[bytes, bytes]) -> tarfile.TarInfo:
    path, size = extended.get(b"path"), extended.get(b"size", b"")
    if path is not None:
        member.name = path.decode("utf-8", "surrogateescape")
    if size.isdigit():
        member.size = int(size[:20])
    if any(keyword.startswith(SPARSE) for keyword in extended):
        raise neither(member.name)
    return member


def _content(stream: _Unzipped, size: int) -> Iterator[bytes]:
    """The bytes of a member, and what fills its last block passed over."""
    left = size
    while left > 0:
        part = stream.read(min(left, PIECE_BYTES))
        if not part:
            raise EOFError
        left -= len(part)
        yield part
    stream.read(-size % tarfile.BLOCKSIZE)
