"""Reading a course bundle: a directory with course.yaml, lessons/, quizzes/ and files/.

Everything is checked before anything is used, and all defects are told at once. What is inside
the quizzes is the quiz service's to judge: here they are only read.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from yaml.nodes import Node

from services.gateway.importing.defects import Defect, Report
from services.gateway.importing.fields import Fields, read_mapping
from services.gateway.importing.files import (
    COURSE_FILE,
    LESSONS,
    BundleFiles,
    FileError,
    in_folder,
)
from services.gateway.importing.lessons import LessonReader
from services.gateway.importing.links import LinkReader, unused_files
from services.gateway.importing.scalars import line_of, scalar_text
from services.gateway.importing.sources import CourseBundle, LessonSource, SectionSource
from services.kit.rpc.bounds import longest, most
from stellr.course.v1.course_internal_service_pb2 import CourseContent, ImportSection
from stellr.quiz.v1.quiz_internal_service_pb2 import ImportQuizzesRequest

MAX_COURSE_BYTES = 256 * 1024
# In one section, and in all of them.
MAX_LESSONS = most(ImportSection, "lessons")

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
    "capacity",
    "sections",
)
SECTION_KEYS = ("title", "lessons")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Inspection:
    """A bundle as far as it can be read, with what is wrong in it, by file and line."""

    course: CourseBundle | None
    defects: list[Defect]
    warnings: list[Defect]


def inspect_bundle(path: Path) -> Inspection:
    """Read the bundle in directory `path` as far as it can be read."""
    root, report = path.resolve(), Report(COURSE_FILE)
    bundle = _Bundle(BundleFiles(root), report)
    course = bundle.course()
    for file in unused_files(root, bundle.links.used) if course else ():
        report.on(file).warn(0, "no lesson uses it")
    return Inspection(course, sorted(report.defects), sorted(report.warnings))


class _Bundle:
    def __init__(self, files: BundleFiles, report: Report) -> None:
        self.files = files
        self.report = report
        self.lesson_keys: set[str] = set()
        self.links = LinkReader(files, self.lesson_keys)
        self.lessons = LessonReader(files, self.links, report)

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
            title=fields.text("title", longest(CourseContent, "title"), required=True),
            summary=fields.text("summary", longest(CourseContent, "summary"), lines=True),
            language=fields.language("language") or "en",
            category=fields.text("category", longest(CourseContent, "category")),
            tags=_names(fields, "tags"),
            authors=_names(fields, "authors"),
            license=fields.text("license", longest(CourseContent, "license")),
            pass_percentage=fields.number(
                "pass_percentage", most(ImportQuizzesRequest, "pass_percentage")
            ),
            capacity=fields.number("capacity", most(CourseContent, "capacity")),
            sections=self._sections(fields),
        )

    def _sections(self, fields: Fields) -> tuple[SectionSource, ...]:
        maximum = most(CourseContent, "sections")
        sections = fields.mappings("sections", SECTION_KEYS, maximum, required=True)
        # All keys are known before the first lesson is read: lessons link to each other.
        admitted = [(section, self._keys(section)) for section in sections]
        return tuple(self._section(section, keys) for section, keys in admitted)

    def _section(self, fields: Fields, keys: list[tuple[int, str]]) -> SectionSource:
        title = fields.text("title", longest(ImportSection, "title"), required=True)
        lessons = (self._lesson(line, key) for line, key in keys)
        return SectionSource(title, tuple(lesson for lesson in lessons if lesson))

    def _keys(self, fields: Fields) -> list[tuple[int, str]]:
        """The paths of the lessons of a section, with the lines that name them."""
        nodes = fields.items("lessons", MAX_LESSONS, required=True)
        found = ((line_of(node), self._admit(node)) for node in nodes)
        return [(line, key) for line, key in found if key]

    def _admit(self, node: Node) -> str:
        written = scalar_text("lessons", node, 200, self.report, comment=True)
        try:
            key = in_folder(written, LESSONS, ".md") if written else ""
            if key in self.lesson_keys:
                raise FileError(f'"{key}" is there twice')
            if len(self.lesson_keys) == MAX_LESSONS:
                raise FileError(f"more than {MAX_LESSONS} lessons in one course")
        except FileError as error:
            self.report.add(line_of(node), f"lessons: {error}")
            return ""
        self.lesson_keys |= {key} - {""}
        return key

    def _lesson(self, line: int, key: str) -> LessonSource | None:
        try:
            return self.lessons.read(key)
        except FileError as error:
            self.report.add(line, f"lessons: {error}")
            return None


def _names(fields: Fields, key: str) -> tuple[str, ...]:
    return fields.texts(key, most(CourseContent, key), longest(CourseContent, key))


def _slug(fields: Fields) -> str:
    slug = fields.text("slug", longest(CourseContent, "slug"), required=True)
    if slug and not SLUG.fullmatch(slug):
        fields.add("slug", "use small letters a-z and digits, joined by single hyphens")
    return slug
