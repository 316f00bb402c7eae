"""A course as its author wrote it in a bundle."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stellr.quiz.v1.quiz_internal_service_pb2 import QuizSettings


@dataclass(frozen=True, slots=True)
class CaptionsSource:
    """Captions of a video, in WebVTT; `file` is their path in the bundle."""

    language: str
    label: str
    file: str
    path: Path


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A video at a provider, by its `url`, or a film of the bundle, by its `file` and `path`.

    `duration` is in seconds, 0 where it is not known.
    """

    url: str
    title: str = ""
    file: str = ""
    path: Path | None = None
    media_type: str = ""
    duration: int = 0
    captions: tuple[CaptionsSource, ...] = ()


@dataclass(frozen=True, slots=True)
class PdfSource:
    """A PDF of the bundle; `file` is its path in it, `path` where it can be read."""

    title: str
    file: str
    path: Path


@dataclass(frozen=True, slots=True)
class QuizSource:
    """The quiz of a lesson as GIFT text, not judged yet, and what else its author says of it.

    `draw_line` is the line of the lesson's file that says how many questions are drawn.
    """

    file: str
    text: str
    settings: QuizSettings
    draw_line: int


@dataclass(frozen=True, slots=True)
class AttachmentSource:
    """A file that the text of a lesson refers to; `file` is its path in the bundle."""

    file: str
    path: Path
    media_type: str

    @property
    def name(self) -> str:
        """What the file is called."""
        return PurePosixPath(self.file).name


@dataclass(frozen=True, slots=True)
class LinkSource:
    """What takes the place from `start` to before `end` of a text: a lesson or an attachment.

    `fragment` is the part of the lesson, with its "#", or "".
    """

    start: int
    end: int
    lesson_key: str = ""
    fragment: str = ""
    attachment: AttachmentSource | None = None


@dataclass(frozen=True, slots=True)
class LessonSource:
    """A lesson; `key` is its path in the bundle, `author_id` the id its author gave it, or ""."""

    key: str
    author_id: str
    title: str
    minutes: int
    body: str
    links: tuple[LinkSource, ...]
    preview: bool
    videos: tuple[VideoSource, ...]
    pdfs: tuple[PdfSource, ...]
    quiz: QuizSource | None

    @property
    def attachments(self) -> list[AttachmentSource]:
        """What the text refers to, each file once."""
        found = {link.attachment.file: link.attachment for link in self.links if link.attachment}
        return list(found.values())


@dataclass(frozen=True, slots=True)
class SectionSource:
    """A section and its lessons, in order."""

    title: str
    lessons: tuple[LessonSource, ...]


@dataclass(frozen=True, slots=True)
class CourseBundle:
    """A course with all its lessons; of numbers None is what its author did not say.

    `pass_percentage`, 0 to 100, is of quizzes that do not say it; `capacity` 0 is any number.
    """

    slug: str
    title: str
    summary: str
    language: str
    category: str
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    license: str
    pass_percentage: int | None
    capacity: int | None
    sections: tuple[SectionSource, ...]

    @property
    def lessons(self) -> Iterator[LessonSource]:
        """All lessons in the order of the course."""
        return (lesson for section in self.sections for lesson in section.lessons)
