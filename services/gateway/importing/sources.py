"""A course as its author wrote it in a bundle."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


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
    """A lesson; `key` is its path in the bundle, `author_id` the id its author gave it, or ""."""

    key: str
    author_id: str
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
    """A course with all its lessons; `pass_percentage` is 0 to 100."""

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
