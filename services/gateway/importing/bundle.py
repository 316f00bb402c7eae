"""Reading a course bundle: a directory with course.yaml, lessons/, quizzes/ and files/.

Everything is checked before anything is used, and all defects are told at once. What is inside
the quizzes is the quiz service's to judge: here they are only read.
"""

import re
from pathlib import Path

from yaml.nodes import Node

from services.gateway.importing.defects import BundleError, Defect, Report
from services.gateway.importing.fields import Fields, read_mapping
from services.gateway.importing.files import COURSE_FILE, BundleFiles, FileError, in_folder
from services.gateway.importing.lessons import LessonReader
from services.gateway.importing.scalars import line_of, scalar_text
from services.gateway.importing.sources import CourseBundle, LessonSource, SectionSource

MAX_COURSE_BYTES = 128 * 1024
MAX_SECTIONS = 100
MAX_LESSONS = 500

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
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")  # the shape of a BCP 47 tag


def read_bundle(path: Path) -> CourseBundle:
    """Read the bundle in directory `path`. Raises BundleError with every defect."""
    course, defects = inspect_bundle(path)
    if defects or course is None:
        raise BundleError(defects)
    return course


def inspect_bundle(path: Path) -> tuple[CourseBundle | None, list[Defect]]:
    """Read the bundle in directory `path` as far as it can be read, with its defects in order."""
    report = Report(COURSE_FILE)
    course = _Bundle(BundleFiles(path.resolve()), report).course()
    return course, sorted(report.defects, key=lambda each: (each.file, each.line))


class _Bundle:
    def __init__(self, files: BundleFiles, report: Report) -> None:
        self.files = files
        self.report = report
        self.lesson_keys: set[str] = set()
        self.lessons = LessonReader(files, report)

    def course(self) -> CourseBundle | None:
        try:
            text = self.files.text(COURSE_FILE, MAX_COURSE_BYTES)
        except FileError as error:
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
        written = scalar_text("lessons", node, 200, self.report, comment=True)
        if not written:
            return None
        try:
            return self.lessons.read(self._admit(written))
        except FileError as error:
            self.report.add(line_of(node), f"lessons: {error}")
            return None

    def _admit(self, written: str) -> str:
        key = in_folder(written, "lessons", ".md")
        if key in self.lesson_keys:
            raise FileError(f'"{key}" is there twice')
        if len(self.lesson_keys) == MAX_LESSONS:
            raise FileError(f"more than {MAX_LESSONS} lessons in one course")
        self.lesson_keys.add(key)
        return key


def _slug(fields: Fields) -> str:
    slug = fields.text("slug", 80, required=True)
    if slug and not SLUG.fullmatch(slug):
        fields.add("slug", "use small letters a-z and digits, joined by single hyphens")
    return slug


def _language(fields: Fields) -> str:
    language = fields.text("language", 35, comment=True) or "en"
    if not LANGUAGE.fullmatch(language):
        fields.add("language", 'expected a language tag such as "en" or "pt-BR" (BCP 47)')
    return language
