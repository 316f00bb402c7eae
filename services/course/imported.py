"""What an import says a course consists of, checked and in the shape it is kept in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.course import names
from services.kit.errors import InvalidFields, Violation
from services.kit.rpc.bounds import most
from stellr.course.v1 import course_internal_service_pb2 as pb

# As many as a section may have, all of them together.
MOST_LESSONS = most(pb.ImportSection, "lessons")


@dataclass(frozen=True)
class LessonContent:
    """A lesson; `section` counts from 1."""

    section: int
    key: str
    author_id: str
    title: str
    body: str
    minutes: int
    preview: bool
    has_quiz: bool


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
    # 0 is any number; None: as it was.
    capacity: int | None
    sections: tuple[str, ...]
    lessons: tuple[LessonContent, ...]


def content_of(message: pb.CourseContent) -> CourseContent:
    """The content of an import; InvalidFields names what the contract cannot bound."""
    checks = _Checks()
    content = CourseContent(
        slug=message.slug,
        title=message.title,
        summary=message.summary.strip(),
        language=message.language,
        category=names.clean(message.category),
        tags=tuple(names.distinct(message.tags)),
        authors=tuple(message.authors),
        license=message.license,
        capacity=message.capacity if message.HasField("capacity") else None,
        sections=tuple(section.title for section in message.sections),
        lessons=tuple(checks.lessons(message)),
    )
    if checks.violations:
        raise InvalidFields(checks.violations)
    return content


@dataclass
class _Checks:
    """Collects what is wrong, so that all of it is told at once."""

    violations: list[Violation] = field(default_factory=list)
    # Where each key and each id was first.
    _keys: dict[str, str] = field(default_factory=dict)
    _author_ids: dict[str, str] = field(default_factory=dict)

    def refuse(self, path: str, reason: str) -> None:
        self.violations.append(Violation(path, reason))

    def lessons(self, message: pb.CourseContent) -> Iterator[LessonContent]:
        count = sum(len(section.lessons) for section in message.sections)
        if not 1 <= count <= MOST_LESSONS:
            self.refuse("sections", f"have {count} lessons: 1 to {MOST_LESSONS} make a course")
            return
        for number, section in enumerate(message.sections):
            for index, lesson in enumerate(section.lessons):
                path = f"sections[{number}].lessons[{index}]"
                self._once(f"{path}.key", lesson.key, self._keys)
                self._once(f"{path}.authorId", lesson.author_id, self._author_ids)
                yield _lesson(number + 1, lesson)

    def _once(self, path: str, value: str, first: dict[str, str]) -> None:
        earlier = first.setdefault(value, path)
        if value and earlier != path:
            self.refuse(path, f"is that of {earlier}")


def _lesson(section: int, lesson: pb.ImportLesson) -> LessonContent:
    return LessonContent(
        section=section,
        key=lesson.key,
        author_id=lesson.author_id,
        title=lesson.title,
        body=lesson.body,
        minutes=lesson.minutes,
        preview=lesson.preview,
        has_quiz=lesson.has_quiz,
    )
