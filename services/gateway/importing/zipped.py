"""Zip archives, which are as hostile as any: bounded as they are unpacked, whatever they say."""

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from services.gateway.importing.archive_refusals import (
    MAX_MEMBERS,
    MAX_TOTAL_BYTES,
    neither,
    outside,
    too_large,
    too_many,
)
from services.kit.data.pieces import pieces


def unzip(source: BinaryIO, directory: Path) -> None:
    """Extract a zip into an empty directory; BundleError, zipfile.BadZipFile."""
    with zipfile.ZipFile(source) as archive:
        left = MAX_TOTAL_BYTES
        for member in _checked(archive):
            target = directory / member.filename
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            left -= _extract(archive, member, target, left)


def _checked(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise too_many()
    if sum(member.file_size for member in members) > MAX_TOTAL_BYTES:
        raise too_large()
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename:
            raise outside(member.filename)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise neither(member.filename)
        yield member


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write a member; how many bytes it has. What it says of its size may be a lie."""
    written = 0
    with archive.open(member) as packed, target.open("xb") as file:
        for part in pieces(packed):
            written += len(part)
            if written > left:
                raise too_large()
            file.write(part)
    return written
