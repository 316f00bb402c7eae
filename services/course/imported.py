"""What an import says a course consists of, checked and in the shape it is kept in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.course import names
from services.kit.data.tables import as_uuid
from services.kit.errors import InvalidFields, Violation
from stellr.course.v1 import course_internal_service_pb2 as pb

MOST_LESSONS = 1_000
# The shape of a BCP 47 tag (RFC 5646): subtags of at most 8 letters and digits.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


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
    """The content of an import; InvalidFields names every field that is wrong."""
    checks = _Checks()
    content = CourseContent(
        slug=checks.slug(request.slug),
        title=checks.title("title", request.title),
        summary=checks.text("summary", request.summary),
        language=checks.language(request.language),
        category=names.clean(checks.text("category", request.category)),
        tags=tuple(names.distinct(checks.titles("tags", request.tags))),
        authors=tuple(checks.titles("authors", request.authors)),
        license=checks.text("license", request.license),
        sections=tuple(
            checks.title(f"sections[{index}].title", section.title)
            for index, section in enumerate(request.sections)
        ),
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

    def text(self, path: str, value: str) -> str:
        # PostgreSQL keeps no NUL in text.
        if "\0" in value:
            self.refuse(path, "holds a NUL character")
        return value.strip()

    def title(self, path: str, value: str) -> str:
        text = self.text(path, value)
        if not text:
            self.refuse(path, "is blank")
        return text

    def titles(self, path: str, values: Iterable[str]) -> Iterator[str]:
        for index, value in enumerate(values):
            yield self.title(f"{path}[{index}]", value)

    def slug(self, slug: str) -> str:
        if as_uuid(slug) is not None:
            self.refuse("slug", "looks like an id")
        return slug

    def language(self, language: str) -> str:
        if not _LANGUAGE.fullmatch(language):
            self.refuse("language", "is not a language tag such as en or pt-BR (BCP 47)")
        return language

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
                yield self._lesson(path, number + 1, lesson)

    def _lesson(self, path: str, section: int, lesson: pb.ImportLesson) -> LessonContent:
        self.text(f"{path}.key", lesson.key)
        self.text(f"{path}.body", lesson.body)
        return LessonContent(
            section=section,
            key=lesson.key,
            title=self.title(f"{path}.title", lesson.title),
            body=lesson.body,
            minutes=lesson.minutes,
            preview=lesson.preview,
        )
