"""Zip archives, which are as hostile as any: bounded as they are unpacked, whatever they say."""

import stat
import zipfile
from typing import IO, BinaryIO, cast

from services.gateway.importing.archive_refusals import neither, refusal
from services.gateway.importing.unpacking import Unpacking
from services.kit.data.pieces import pieces

# For the most members that there may be, 400 bytes each.
MAX_DIRECTORY_BYTES = 2_000_000
# What all programs write. LZMA may want 4 GB of memory.
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
KINDS = {0, stat.S_IFREG, stat.S_IFDIR}


def unzip(source: BinaryIO, unpacking: Unpacking) -> None:
    """Unpack a zip; BundleError, zipfile.BadZipFile."""
    with zipfile.ZipFile(cast("IO[bytes]", _Bounded(source))) as archive:
        for member in archive.infolist():
            if stat.S_IFMT(member.external_attr >> 16) not in KINDS:
                raise neither(member.filename)
            if member.compress_type not in METHODS:
                raise refusal("the archive is compressed in a way that is not known here")
            if member.is_dir():
                unpacking.folder(member.filename)
                continue
            with archive.open(member) as packed:
                unpacking.file(member.filename, pieces(packed))


class _Bounded:
    """The file, of which nothing large is read at once: only a directory ever is."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise refusal("the directory of the archive is too large")
        return self._file.read(size)
