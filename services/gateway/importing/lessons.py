"""Reading the lessons of a bundle: front matter in YAML between two lines of `---`, then text."""

import re

from services.gateway.importing.defects import Report
from services.gateway.importing.fields import Fields, read_mapping, tell_repeats
from services.gateway.importing.files import FILES, BundleFiles, FileError, in_folder
from services.gateway.importing.links import LinkReader
from services.gateway.importing.quizzes import read_quiz
from services.gateway.importing.sources import LessonSource, LinkSource, PdfSource
from services.gateway.importing.videos import VideoReader
from services.kit.rpc.bounds import largest, longest, most
from stellr.course.v1.course_internal_service_pb2 import ImportLesson
from stellr.media.v1.media_internal_service_pb2 import LessonMediaContent, PdfFile

MAX_FRONT_BYTES = 16 * 1024
# YAML is slow to read: about a second for 100 KB when it is hostile.
MAX_YAML_BYTES = 1024 * 1024
MAX_BODY_BYTES = largest(ImportLesson, "body")
LESSON_KEYS = ("id", "title", "minutes", "videos", "pdfs", "quiz", "preview")
AUTHOR_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class LessonReader:
    """Reads lessons; what is wrong with them becomes a defect."""

    def __init__(self, files: BundleFiles, links: LinkReader, report: Report) -> None:
        self._files = files
        self._links = links
        self._videos = VideoReader(files, links)
        self._report = report
        self._yaml_bytes = 0
        # Where each id was first given.
        self._author_ids: dict[str, str] = {}

    def read(self, key: str) -> LessonSource | None:
        """The lesson at the path `key`, None once its defect is told.

        Raises FileError where there is no text to read.
        """
        text = self._files.text(key, MAX_FRONT_BYTES + MAX_BODY_BYTES)
        report = self._report.on(key)
        front, body, first_body_line = split_front_matter(text)
        if front is None:
            report.add(1, "the front matter is missing: begin with '---', its keys and '---'")
            return None
        text_report = report.on(key, first_body_line - 1)
        _check_body(body, text_report)
        if not self._is_small(front, report):
            return None
        report = report.on(key, offset=1)
        node = read_mapping(front, report)
        if node is None:
            return None
        links = self._links.read(key, body, text_report)
        return self._lesson(key, Fields(node, LESSON_KEYS, report), body, links)

    def _is_small(self, front: str, report: Report) -> bool:
        size = len(front.encode())
        self._yaml_bytes += size
        if size <= MAX_FRONT_BYTES and self._yaml_bytes <= MAX_YAML_BYTES:
            return True
        each, all_ = f"{MAX_FRONT_BYTES:,} bytes here", f"{MAX_YAML_BYTES:,} in all lessons"
        report.add(1, f"the front matter is larger than {each} or {all_}")
        return False

    def _lesson(
        self, key: str, fields: Fields, body: str, links: tuple[LinkSource, ...]
    ) -> LessonSource:
        return LessonSource(
            key=key,
            author_id=self._author_id(key, fields),
            title=fields.text("title", longest(ImportLesson, "title"), required=True),
            minutes=fields.whole("minutes", most(ImportLesson, "minutes"), default=0),
            body=body,
            links=links,
            preview=fields.flag("preview"),
            videos=self._videos.read(fields),
            pdfs=self._pdfs(fields),
            quiz=read_quiz(fields, self._files),
        )

    def _author_id(self, key: str, fields: Fields) -> str:
        author_id = fields.text("id", longest(ImportLesson, "author_id"))
        if author_id and not AUTHOR_ID.fullmatch(author_id):
            fields.add("id", "use letters a-z, digits, and . _ - between them")
        elif author_id and self._author_ids.setdefault(author_id, key) != key:
            fields.add("id", f'"{author_id}" is that of {self._author_ids[author_id]}')
        return author_id

    def _pdfs(self, fields: Fields) -> tuple[PdfSource, ...]:
        entries = fields.mappings("pdfs", ("title", "file"), most(LessonMediaContent, "pdfs"))
        pdfs = [(entry.line_at("file"), self._pdf(entry)) for entry in entries]
        found = [(line, pdf) for line, pdf in pdfs if pdf]
        tell_repeats("pdfs", [(line, pdf.file) for line, pdf in found], fields.report.warn)
        return tuple(pdf for _, pdf in found)

    def _pdf(self, entry: Fields) -> PdfSource | None:
        title = entry.text("title", longest(PdfFile, "title"), required=True)
        written = entry.text("file", 200, required=True, comment=True)
        if not written:
            return None
        try:
            file = in_folder(written, FILES, ".pdf")
            self._links.used.add(file)
            return PdfSource(title, file, self._files.pdf(file))
        except FileError as error:
            entry.add("file", str(error))
            return None


def split_front_matter(text: str) -> tuple[str | None, str, int]:
    """The YAML between two lines of `---`, the text after it, and the line that begins at."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text, 1
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        return None, text, 1
    rest = "\n".join(lines[end + 1 :])
    body = rest.lstrip("\n")
    return "\n".join(lines[1:end]), body.rstrip("\n"), end + 2 + len(rest) - len(body)


def _check_body(body: str, report: Report) -> None:
    if len(body.encode()) > MAX_BODY_BYTES:
        report.add(1, f"the text is larger than {MAX_BODY_BYTES:,} bytes")
    if "\x00" in body:
        line = body.count("\n", 0, body.index("\x00")) + 1
        report.add(line, "the text holds the character U+0000")
