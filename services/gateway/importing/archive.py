"""A course bundle as one file: a tar archive, compressed with gzip, or a zip.

What comes in is hostile: only plain files and directories are taken, each below the target
(the "data" filter of PEP 706), and their number and size are bounded.
"""

import errno
import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from services.gateway.importing.archive_refusals import (
    MAX_MEMBERS,
    MAX_TOTAL_BYTES,
    neither,
    outside,
    refusal,
    too_large,
    too_many,
)
from services.gateway.importing.defects import BundleError, Defect
from services.gateway.importing.files import COURSE_FILE, FILES, LESSONS, QUIZZES
from services.gateway.importing.zipped import unzip

FOLDERS = (LESSONS, QUIZZES, FILES)
ZIP_START = b"PK\x03\x04"
DAMAGES = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    RecursionError,
    # Encrypted, or compressed in a way that few know.
    NotImplementedError,
    RuntimeError,
)
MAX_HEADER_BYTES = 1024 * 1024
# Names that a file system cannot take are the archive's fault; a full disk is ours.
NAME_ERRORS = {errno.EEXIST, errno.EINVAL, errno.EISDIR, errno.ENAMETOOLONG, errno.ENOTDIR}


class _Budget(io.RawIOBase):
    """Passes a stream on until its budget is spent.

    tarfile reads extended headers into memory whole, whatever their size: so each member may
    take only what its size and a bounded header need.
    """

    def __init__(self, stream: gzip.GzipFile) -> None:
        super().__init__()
        self.stream = stream
        self.left = MAX_HEADER_BYTES

    def read(self, size: int = -1) -> bytes:
        content = self.stream.read(size)
        self.left -= len(content)
        if self.left < 0:
            raise refusal("a header of the archive is too large")
        return content


def pack_bundle(directory: Path, target: BinaryIO) -> None:
    """Write course.yaml, lessons/, quizzes/ and files/ of `directory` to `target` as tar.gz.

    The same files make the same bytes. Raises BundleError if there is no course.yaml.
    """
    root = directory.resolve()
    if not (root / COURSE_FILE).is_file():
        raise BundleError([Defect(COURSE_FILE, 1, f'the file "{COURSE_FILE}" is missing')])
    with (
        gzip.GzipFile(filename="", fileobj=target, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        for path in _bundle_files(root):
            member = tarfile.TarInfo(path.relative_to(root).as_posix())
            with path.open("rb") as stream:
                member.size = path.stat().st_size
                archive.addfile(member, stream)


def unpack_bundle(source: BinaryIO, directory: Path) -> Path:
    """Extract a zip or tar.gz into the empty `directory` and return where its course.yaml lies.

    A single folder around the whole bundle is accepted. Raises BundleError with the reason if
    the archive is damaged, too large (512 MB, 5,000 members), or holds anything but files and
    directories with plain names.
    """
    first = source.read(len(ZIP_START))
    source.seek(0)
    try:
        if first == ZIP_START:
            unzip(source, directory)
        else:
            _untar(source, directory)
    except tarfile.FilterError as error:
        name = error.tarinfo.name
        raise outside(name) from error
    except DAMAGES as error:
        raise refusal("the archive is damaged, or neither a zip nor a tar.gz") from error
    except BundleError:
        raise
    except ValueError as error:
        raise refusal("a name in the archive is not valid") from error
    except OSError as error:
        if error.errno not in NAME_ERRORS:
            raise
        raise refusal("a name in the archive is too long or is taken twice") from error
    return _bundle_root(directory)


def _untar(source: BinaryIO, directory: Path) -> None:
    with (
        gzip.GzipFile(fileobj=source, mode="rb") as unzipped,
        _Budget(unzipped) as budget,
        tarfile.open(fileobj=budget, mode="r|") as archive,
    ):
        for member in _checked(archive, budget):
            archive.extract(member, directory, filter="data")


def _bundle_files(root: Path) -> Iterator[Path]:
    yield root / COURSE_FILE
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.resolve().is_relative_to(root):
                yield path


def _checked(archive: tarfile.TarFile, budget: _Budget) -> Iterator[tarfile.TarInfo]:
    total = 0
    for count, member in enumerate(archive, start=1):
        total += member.size
        name = member.name[:200]
        if count > MAX_MEMBERS:
            raise too_many()
        if total > MAX_TOTAL_BYTES:
            raise too_large()
        if not (member.isreg() or member.isdir()) or member.issparse() or member.size < 0:
            raise neither(name)
        if member.name.startswith("/") or ".." in Path(member.name).parts:
            raise outside(name)
        budget.left = member.size + MAX_HEADER_BYTES
        yield member


def _bundle_root(directory: Path) -> Path:
    if (directory / COURSE_FILE).is_file():
        return directory
    inside = [path for path in directory.iterdir() if (path / COURSE_FILE).is_file()]
    if len(inside) != 1:
        raise BundleError([Defect(COURSE_FILE, 1, f'the file "{COURSE_FILE}" is missing')])
    return inside[0]
