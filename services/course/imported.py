"""What an import says a course consists of, checked and in the shape it is kept in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.course import names
from services.kit.errors import InvalidFields, Violation
from stellr.course.v1 import course_internal_service_pb2 as pb

MOST_LESSONS = 1_000


@dataclass(frozen=True)
class LessonContent:
    """A lesson; `section` counts from 1."""

    section: int
    key: str
    title: str
    body: str
    minutes: int
    preview: bool


@dataclass(frozen=True)
class CourseContent:
    """A course with all its lessons, in order."""

    slug: str
    title: str
    summary: str
    language: str
    category: str
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    license: str
    sections: tuple[str, ...]
    lessons: tuple[LessonContent, ...]


def content_of(request: pb.ImportCourseRequest) -> CourseContent:
    """The content of an import; InvalidFields names what the contract cannot bound."""
    checks = _Checks()
    content = CourseContent(
        slug=request.slug,
        title=request.title,
        summary=request.summary.strip(),
        language=request.language,
        category=names.clean(request.category),
        tags=tuple(names.distinct(request.tags)),
        authors=tuple(request.authors),
        license=request.license,
        sections=tuple(section.title for section in request.sections),
        lessons=tuple(checks.lessons(request)),
    )
    if checks.violations:
        raise InvalidFields(checks.violations)
    return content


@dataclass
class _Checks:
    """Collects what is wrong, so that all of it is told at once."""

    violations: list[Violation] = field(default_factory=list)

    def refuse(self, path: str, reason: str) -> None:
        self.violations.append(Violation(path, reason))

    def lessons(self, request: pb.ImportCourseRequest) -> Iterator[LessonContent]:
        count = sum(len(section.lessons) for section in request.sections)
        if not 1 <= count <= MOST_LESSONS:
            self.refuse("sections", f"have {count} lessons: 1 to {MOST_LESSONS} make a course")
            return
        first: dict[str, str] = {}
        for number, section in enumerate(request.sections):
            for index, lesson in enumerate(section.lessons):
                path = f"sections[{number}].lessons[{index}]"
                earlier = first.setdefault(lesson.key, path)
                if earlier != path:
                    self.refuse(f"{path}.key", f"is that of {earlier}")
                yield _lesson(number + 1, lesson)


def _lesson(section: int, lesson: pb.ImportLesson) -> LessonContent:
    return LessonContent(
        section=section,
        key=lesson.key,
        title=lesson.title,
        body=lesson.body,
        minutes=lesson.minutes,
        preview=lesson.preview,
    )
