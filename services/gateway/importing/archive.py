"""A course bundle as one file: a tar archive, compressed with gzip, or a zip.

What comes in is hostile: only plain files and directories are taken, each below the target, and
their number, depth and size are bounded.
"""

import errno
import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from services.gateway.importing.archive_refusals import refusal
from services.gateway.importing.defects import BundleError, Defect
from services.gateway.importing.files import COURSE_FILE, FILES, LESSONS, QUIZZES
from services.gateway.importing.tarred import untar
from services.gateway.importing.unpacking import Unpacking
from services.gateway.importing.zipped import unzip

FOLDERS = (LESSONS, QUIZZES, FILES)
ZIP_START = b"PK\x03\x04"
DAMAGES = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    # Encrypted, or of a version that few know.
    NotImplementedError,
    RuntimeError,
)
# Names that a file system cannot take are the archive's fault; a full disk is ours.
NAME_ERRORS = {errno.EEXIST, errno.EINVAL, errno.EISDIR, errno.ENAMETOOLONG, errno.ENOTDIR}


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
            unzip(source, Unpacking(directory))
        else:
            untar(source, Unpacking(directory))
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


def _bundle_files(root: Path) -> Iterator[Path]:
    yield root / COURSE_FILE
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.resolve().is_relative_to(root):
                yield path


def _bundle_root(directory: Path) -> Path:
    if (directory / COURSE_FILE).is_file():
        return directory
    inside = [path for path in directory.iterdir() if (path / COURSE_FILE).is_file()]
    if len(inside) != 1:
        raise BundleError([Defect(COURSE_FILE, 1, f'the file "{COURSE_FILE}" is missing')])
    return inside[0]
