"""Reading a course bundle: a directory with course.yaml, lessons/, quizzes/ and files/.

Everything is checked before anything is used, and all defects are told at once. What is inside
the quizzes is the quiz service's to judge: here they are only read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from yaml.nodes import MappingNode, Node

from services.gateway.importing.defects import BundleError, Defect, Report
from services.gateway.importing.fields import (
    Fields,
    line_of,
    read_mapping,
    refuse_repeats,
    scalar_text,
)

COURSE_FILE = "course.yaml"
MAX_COURSE_BYTES = 128 * 1024
MAX_FRONT_BYTES = 16 * 1024
# YAML is slow to read: about a second for 100 KB when it is hostile.
MAX_YAML_BYTES = 512 * 1024
MAX_BODY_BYTES = 1_000_000
MAX_QUIZ_BYTES = 1_000_000
# All texts of a bundle are in memory at once.
MAX_TEXT_BYTES = 32_000_000
MAX_PDF_BYTES = 50 * 1024 * 1024
MAX_SECTIONS = 100
MAX_LESSONS = 500
MAX_ATTACHMENTS = 20

COURSE_KEYS = (
    "slug",
    "title",
    "summary",
    "language",
    "category",
    "tags",
    "authors",
    "license",
    "pass_percentage",
    "sections",
)
SECTION_KEYS = ("title", "lessons")
LESSON_KEYS = ("title", "minutes", "videos", "pdfs", "quiz", "preview")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")  # the shape of a BCP 47 tag


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A video that is linked, not held."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class PdfSource:
    """A PDF of the bundle; `file` is its path in it, `path` where it can be read."""

    title: str
    file: str
    path: Path


@dataclass(frozen=True, slots=True)
class QuizSource:
    """The quiz of a lesson as GIFT text, not judged yet."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class LessonSource:
    """A lesson; `key` is its path in the bundle, the same at every import."""

    key: str
    title: str
    minutes: int
    body: str
    preview: bool
    videos: tuple[VideoSource, ...]
    pdfs: tuple[PdfSource, ...]
    quiz: QuizSource | None


@dataclass(frozen=True, slots=True)
class SectionSource:
    """A section and its lessons, in order."""

    title: str
    lessons: tuple[LessonSource, ...]


@dataclass(frozen=True, slots=True)
class CourseBundle:
    """A course as its author wrote it; `pass_percentage` is 0 to 100."""

    slug: str
    title: str
    summary: str
    language: str
    category: str
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    license: str
    pass_percentage: int
    sections: tuple[SectionSource, ...]

    @property
    def lessons(self) -> Iterator[LessonSource]:
        """All lessons in the order of the course."""
        return (lesson for section in self.sections for lesson in section.lessons)


def read_bundle(path: Path) -> CourseBundle:
    """Read the bundle in directory `path`. Raises BundleError with every defect."""
    course, defects = inspect_bundle(path)
    if defects or course is None:
        raise BundleError(defects)
    return course


def inspect_bundle(path: Path) -> tuple[CourseBundle | None, list[Defect]]:
    """Read the bundle in directory `path` as far as it can be read, with its defects in order."""
    report = Report(COURSE_FILE)
    course = _Bundle(path.resolve(), report).course()
    return course, sorted(report.defects, key=lambda each: (each.file, each.line))


class _FileError(Exception):
    """A file cannot be used; the message says why."""


class _Bundle:
    def __init__(self, root: Path, report: Report) -> None:
        self.root = root
        self.report = report
        self.lesson_keys: set[str] = set()
        self.text_bytes = 0
        self.yaml_bytes = 0

    def course(self) -> CourseBundle | None:
        try:
            text = self._text(COURSE_FILE, MAX_COURSE_BYTES)
        except _FileError as error:
            self.report.add(1, str(error))
            return None
        node = read_mapping(text, self.report)
        return self._course(Fields(node, COURSE_KEYS, self.report)) if node else None

    def _course(self, fields: Fields) -> CourseBundle:
        return CourseBundle(
            slug=_slug(fields),
            title=fields.text("title", 200, required=True),
            summary=fields.text("summary", 2_000, lines=True),
            language=_language(fields),
            category=fields.text("category", 50),
            tags=fields.texts("tags", 20, 50),
            authors=fields.texts("authors", 20, 200),
            license=fields.text("license", 100),
            pass_percentage=fields.whole("pass_percentage", 100, default=60),
            sections=self._sections(fields),
        )

    def _sections(self, fields: Fields) -> tuple[SectionSource, ...]:
        sections = fields.mappings("sections", SECTION_KEYS, MAX_SECTIONS, required=True)
        return tuple(self._section(section) for section in sections)

    def _section(self, fields: Fields) -> SectionSource:
        title = fields.text("title", 200, required=True)
        nodes = fields.items("lessons", MAX_LESSONS, required=True)
        lessons = (self._lesson(node) for node in nodes)
        return SectionSource(title, tuple(lesson for lesson in lessons if lesson))

    def _lesson(self, node: Node) -> LessonSource | None:
        written = scalar_text("lessons", node, 200, self.report)
        if not written:
            return None
        key = str(PurePosixPath(written))
        try:
            self._admit(key)
            text = self._text(key, MAX_FRONT_BYTES + MAX_BODY_BYTES)
        except _FileError as error:
            self.report.add(line_of(node), f"lessons: {error}")
            return None
        return self._read_lesson(key, text)

    def _admit(self, key: str) -> None:
        _in_folder(key, "lessons", ".md")
        if key in self.lesson_keys:
            raise _FileError(f'"{key}" is there twice')
        if len(self.lesson_keys) == MAX_LESSONS:
            raise _FileError(f"more than {MAX_LESSONS} lessons in one course")
        self.lesson_keys.add(key)

    def _read_lesson(self, key: str, text: str) -> LessonSource | None:
        report = self.report.on(key)
        front, body, first_body_line = _split_front_matter(text)
        if front is None:
            report.add(1, "the front matter is missing: begin with '---', its keys and '---'")
            return None
        _check_body(body, first_body_line, report)
        size = len(front.encode())
        self.yaml_bytes += size
        if size > MAX_FRONT_BYTES or self.yaml_bytes > MAX_YAML_BYTES:
            report.add(
                1,
                f"the front matter is larger than {MAX_FRONT_BYTES:,} bytes here"
                f" or {MAX_YAML_BYTES:,} in all lessons",
            )
            return None
        report.offset = 1
        node = read_mapping(front, report)
        return self._lesson_of(key, Fields(node, LESSON_KEYS, report), body) if node else None

    def _lesson_of(self, key: str, fields: Fields, body: str) -> LessonSource:
        return LessonSource(
            key=key,
            title=fields.text("title", 200, required=True),
            minutes=fields.whole("minutes", 10_000, default=0),
            body=body,
            preview=fields.flag("preview"),
            videos=_videos(fields),
            pdfs=self._pdfs(fields),
            quiz=self._quiz(fields),
        )

    def _pdfs(self, fields: Fields) -> tuple[PdfSource, ...]:
        entries = fields.mappings("pdfs", ("title", "file"), MAX_ATTACHMENTS)
        pdfs = [(entry.line_at("file"), self._pdf(entry)) for entry in entries]
        found = [(line, pdf) for line, pdf in pdfs if pdf]
        refuse_repeats("pdfs", [(line, pdf.file) for line, pdf in found], fields.report)
        return tuple(pdf for _, pdf in found)

    def _pdf(self, entry: Fields) -> PdfSource | None:
        title = entry.text("title", 200, required=True)
        written = entry.text("file", 200, required=True)
        if not written:
            return None
        file = str(PurePosixPath(written))
        try:
            _in_folder(file, "files", ".pdf")
            path = self._locate(file)
            _check_pdf(file, path)
        except _FileError as error:
            entry.add("file", str(error))
            return None
        return PdfSource(title, file, path)

    def _quiz(self, fields: Fields) -> QuizSource | None:
        written = fields.text("quiz", 200)
        if not written:
            return None
        file = str(PurePosixPath(written))
        try:
            _in_folder(file, "quizzes", ".gift")
            return QuizSource(file, self._text(file, MAX_QUIZ_BYTES))
        except _FileError as error:
            fields.add("quiz", str(error))
            return None

    def _locate(self, file: str) -> Path:
        """Return the regular file that `file` names inside the bundle, links followed."""
        try:
            path = (self.root / file).resolve()
            if not path.is_relative_to(self.root):
                raise _FileError(f'"{file}" leads out of the bundle')
            if not path.is_file():
                raise _FileError(f'the file "{file}" is missing')
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            raise _FileError(f'the file "{file}" cannot be reached') from error
        return path

    def _text(self, file: str, maximum: int) -> str:
        """Return the UTF-8 text of a file, without byte order mark, its lines ended by LF."""
        path = self._locate(file)
        try:
            with path.open("rb") as stream:
                content = stream.read(maximum + 1)
        except OSError as error:
            raise _FileError(f'the file "{file}" cannot be read') from error
        if len(content) > maximum:
            raise _FileError(f'the file "{file}" is larger than {maximum:,} bytes')
        self.text_bytes += len(content)
        if self.text_bytes > MAX_TEXT_BYTES:
            raise _FileError(f"the texts of the course are larger than {MAX_TEXT_BYTES:,} bytes")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise _FileError(f'the file "{file}" is not UTF-8 text (line {line})') from error
        return text.replace("\r\n", "\n").replace("\r", "\n")


def _slug(fields: Fields) -> str:
    slug = fields.text("slug", 80, required=True)
    if slug and not SLUG.fullmatch(slug):
        fields.add("slug", "use small letters a-z and digits, joined by single hyphens")
    return slug


def _language(fields: Fields) -> str:
    language = fields.text("language", 35) or "en"
    if not LANGUAGE.fullmatch(language):
        fields.add("language", 'expected a language tag such as "en" or "pt-BR" (BCP 47)')
    return language


def _in_folder(file: str, folder: str, ending: str) -> None:
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\\" in file:
        raise _FileError(f'"{file}" leads out of the bundle')
    if path.parts[:1] != (folder,) or path.suffix.lower() != ending:
        raise _FileError(f'"{file}" must lie in {folder}/ and end in {ending}')


def _split_front_matter(text: str) -> tuple[str | None, str, int]:
    """Return the YAML between two lines of `---`, what follows, and the line it begins at."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text, 1
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        return None, text, 1
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]).strip("\n"), end + 2


def _check_body(body: str, line: int, report: Report) -> None:
    if len(body.encode()) > MAX_BODY_BYTES:
        report.add(line, f"the text is larger than {MAX_BODY_BYTES:,} bytes")
    if "\x00" in body:
        report.add(line, "the text holds the character U+0000")


def _videos(fields: Fields) -> tuple[VideoSource, ...]:
    nodes = fields.items("videos", MAX_ATTACHMENTS)
    videos = [(line_of(node), _video(node, fields.report)) for node in nodes]
    refuse_repeats("videos", [(line, video.url) for line, video in videos], fields.report)
    return tuple(video for _, video in videos)


def _video(node: Node, report: Report) -> VideoSource:
    title = ""
    if isinstance(node, MappingNode):
        entry = Fields(node, ("url", "title"), report)
        url, title = entry.text("url", 2_000, required=True), entry.text("title", 200)
        line = entry.line_at("url")
    else:
        url, line = scalar_text("videos", node, 2_000, report), line_of(node)
    if url and not _is_web_address(url):
        report.add(line, f'videos: "{url[:80]}" is not an http or https address')
    return VideoSource(url, title)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in url
    except ValueError:
        return False


def _check_pdf(file: str, path: Path) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(5)
    except OSError as error:
        raise _FileError(f'the file "{file}" cannot be read') from error
    if not size:
        raise _FileError(f'the file "{file}" is empty')
    if size > MAX_PDF_BYTES:
        raise _FileError(f'the file "{file}" is larger than {MAX_PDF_BYTES // 1024**2} MB')
    if head != b"%PDF-":
        raise _FileError(f'the file "{file}" is not a PDF: it does not begin with %PDF-')
