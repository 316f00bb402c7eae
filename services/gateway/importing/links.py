"""What the texts of lessons refer to: other lessons, and files of the bundle that come along.

A picture that is not there is a defect, as is whatever ought to lie in files/. A link that leads
nowhere else is told and left as it is: many courses link to what stayed behind elsewhere.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from services.gateway.importing.defects import Report
from services.gateway.importing.files import FILES, LESSONS, BundleFiles, FileError
from services.gateway.importing.markdown import TooInvolved
from services.gateway.importing.references import Reference, references
from services.gateway.importing.sources import AttachmentSource, LinkSource
from services.kit.data.file_types import PICTURES

# Of computing, for the texts of a course: ten megabytes take as long, or some hundred kilobytes of
# brackets alone.
LONGEST_SECONDS = 20.0
# RFC 3986, 3.5, without what Markdown or HTML would read as its own.
FRAGMENT_CHARACTERS = "!$*+,;=:@/?-._~"


class LinkReader:
    """Finds out where the links of lessons lead; `lesson_keys` are the paths of all lessons."""

    def __init__(self, files: BundleFiles, lesson_keys: Collection[str]) -> None:
        self._files = files
        self._lesson_keys = lesson_keys
        self.used: set[str] = set()
        self._left = LONGEST_SECONDS

    def read(self, key: str, body: str, report: Report) -> tuple[LinkSource, ...]:
        """What is to be put into the text of the lesson at `key`, in order.

        `report` is on the text: line 1 is its first.
        """
        found = (self._link(key, each, report) for each in self._references(body, report))
        return tuple(link for link in found if link)

    def _references(self, body: str, report: Report) -> Sequence[Reference]:
        began = time.thread_time()
        try:
            return references(body, self._left)
        except TooInvolved:
            report.add(1, f"reading the texts takes longer than {LONGEST_SECONDS:.0f} seconds")
            return ()
        finally:
            self._left -= time.thread_time() - began

    def _link(self, key: str, reference: Reference, report: Report) -> LinkSource | None:
        address = _local(reference.target)
        if address is None:
            return None
        told = _Told(reference, report)
        if reference.defect or not reference.end:
            told.refuse(reference.defect or "cannot be found in the text: write it in one line")
            return None
        file = self._find(key, address.path)
        if file in self._lesson_keys and not reference.is_picture:
            fragment = _fragment(address.fragment)
            return LinkSource(reference.start, reference.end, lesson_key=file, fragment=fragment)
        return self._attach(file, told)

    def _find(self, key: str, path: str) -> str:
        """The path in the bundle: from where the lesson lies, or else from the bundle's root."""
        places = places_of(key, path)
        there = (place for place in places if self._files.has(place))
        return next(there, places[0])

    def _attach(self, file: str, told: _Told) -> LinkSource | None:
        reference = told.reference
        try:
            _check_may_come_along(file)
            path, media_type = self._files.locate(file), self._files.media_type(file)
        except FileError as error:
            told.leave(file, str(error))
            return None
        if reference.is_picture and media_type not in PICTURES:
            told.refuse(f'the file "{file}" is no picture (PNG, JPEG, GIF, WebP or SVG)')
            return None
        self.used.add(file)
        attachment = AttachmentSource(file, path, media_type)
        return LinkSource(reference.start, reference.end, attachment=attachment)


class _Told:
    """Tells what is wrong with a reference."""

    def __init__(self, reference: Reference, report: Report) -> None:
        self.reference = reference
        self._report = report
        self._what = "picture" if reference.is_picture else "link"

    def refuse(self, reason: str) -> None:
        """Tell a defect."""
        self._report.add(self.reference.line, self._words(reason))

    def leave(self, file: str, reason: str) -> None:
        """Tell a defect where a file is meant, and else that a link leads nowhere."""
        if self.reference.is_picture or file.startswith(f"{FILES}/"):
            self.refuse(reason)
        else:
            self._report.warn(self.reference.line, self._words(f"leads nowhere: {reason}"))

    def _words(self, reason: str) -> str:
        return f'{self._what} "{self.reference.target[:200]}": {reason}'


def places_of(key: str, path: str) -> list[str]:
    """Where in the bundle the path of an address in the lesson at `key` may lead, likely first."""
    written = unquote(path)
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(key), written))
    from_root = posixpath.normpath(written.lstrip("/"))
    return [from_root] if written.startswith("/") else [beside, from_root]


def unused_files(root: Path, used: Collection[str]) -> Iterator[str]:
    """The files below files/ that no lesson uses."""
    for path in sorted((root / FILES).rglob("*")):
        file = path.relative_to(root).as_posix()
        if path.is_file() and file not in used:
            yield file


def _local(target: str) -> SplitResult | None:
    """The address, where it leads to a place of the bundle and not to one of the web."""
    try:
        address = urlsplit(target)
    except ValueError:
        return None
    # A letter alone is no scheme but a drive: C:\\pictures.
    elsewhere = len(address.scheme) > 1 or address.netloc
    return None if elsewhere or not address.path else address


def _fragment(fragment: str) -> str:
    """The part of a page, written so that neither Markdown nor HTML sees more in it."""
    return f"#{quote(unquote(fragment), safe=FRAGMENT_CHARACTERS)}" if fragment else ""


def _check_may_come_along(file: str) -> None:
    """FileError where learners may not have a file: quizzes hold the answers."""
    if file.startswith(".."):
        raise FileError("it leads out of the bundle")
    if file.endswith(".md"):
        raise FileError(f'"{file}" is no lesson of the course')
    if not file.startswith((f"{FILES}/", f"{LESSONS}/")):
        raise FileError(f'"{file}" does not lie in {FILES}/ or {LESSONS}/')
