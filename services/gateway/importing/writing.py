"""Writing a course as the bundle that it could be imported from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from services.gateway.importing.files import COURSE_FILE, FILES, LESSONS, QUIZZES
from services.gateway.importing.links import places_of
from services.gateway.importing.quizzes import settings_facts
from services.gateway.importing.references import references
from services.gateway.importing.requests import DEFAULT_PASS
from services.gateway.importing.videos import FILMS
from stellr.course.v1 import course_internal_service_pb2 as course_pb
from stellr.media.v1 import media_internal_service_pb2 as media_pb
from stellr.quiz.v1.quiz_internal_service_pb2 import QuizSettings

ENDINGS = {media_type: ending for ending, media_type in FILMS.items()}
# Writes the object of a digest to a path.
Fetch = Callable[[str, Path], None]


class Quiz(NamedTuple):
    """The quiz of a lesson; `settings` are the rules that are not as by default."""

    gift: str
    title: str
    pass_percentage: int
    settings: QuizSettings


@dataclass(frozen=True)
class Course:
    """A course as the services that hold it tell it, its parts by lesson id."""

    content: course_pb.CourseContent
    links: Sequence[course_pb.LessonLinks]
    quizzes: Mapping[str, Quiz]
    media: Mapping[str, media_pb.LessonMediaContent]
    attachments: Sequence[media_pb.StoredAttachment]


def write_bundle(course: Course, folder: Path, fetch: Fetch) -> None:
    """Write course.yaml, lessons/, quizzes/ and files/ into an empty folder."""
    _Writer(course, folder, fetch).write()


class _Writer:
    def __init__(self, course: Course, folder: Path, fetch: Fetch) -> None:
        self._course = course
        self._folder = folder
        self._fetch = fetch
        self._digests = {each.path: each.digest for each in course.attachments}
        self._passing = _pass_percentage(course.quizzes.values())

    def write(self) -> None:
        content = self._course.content
        lessons = [lesson for section in content.sections for lesson in section.lessons]
        for lesson, links in zip(lessons, self._course.links, strict=True):
            self._write_lesson(lesson, links)
        self._put(COURSE_FILE, _yaml(_facts(content, self._passing)))

    def _write_lesson(self, lesson: course_pb.ImportLesson, links: course_pb.LessonLinks) -> None:
        front: dict[str, Any] = {"id": lesson.author_id} if lesson.author_id else {}
        front |= {"title": lesson.title}
        front |= {"minutes": lesson.minutes} if lesson.minutes else {}
        front |= {"preview": True} if lesson.preview else {}
        front |= self._media(links.lesson_id)
        quiz = self._course.quizzes.get(links.lesson_id)
        if quiz:
            name = f"{QUIZZES}/{PurePosixPath(lesson.key).stem}-{links.lesson_id[-6:]}.gift"
            self._put(name, quiz.gift)
            facts = dict(self._quiz_facts(quiz, lesson.title))
            front["quiz"] = {"file": name, **facts} if facts else name
        self._write_attachments(lesson, links)
        self._put(lesson.key, f"---\n{_yaml(front)}---\n{lesson.body}")

    def _quiz_facts(self, quiz: Quiz, lesson_title: str) -> Iterator[tuple[str, Any]]:
        """What an import would not know by itself."""
        if quiz.title != lesson_title:
            yield "title", quiz.title
        if quiz.pass_percentage != self._passing:
            yield "pass_percentage", quiz.pass_percentage
        yield from settings_facts(quiz.settings)

    def _media(self, lesson_id: str) -> dict[str, Any]:
        media = self._course.media.get(lesson_id)
        if media is None:
            return {}
        found: dict[str, Any] = {}
        if media.videos:
            found["videos"] = [self._video(video) for video in media.videos]
        if media.pdfs:
            found["pdfs"] = [self._pdf(pdf) for pdf in media.pdfs]
        return found

    def _pdf(self, pdf: media_pb.PdfFile) -> dict[str, str]:
        return {"title": pdf.title, "file": self._brought(pdf.digest, ".pdf")}

    def _video(self, video: media_pb.VideoLink) -> Any:
        facts = dict(self._facts_of(video))
        return video.url if facts.keys() == {"url"} else facts

    def _facts_of(self, video: media_pb.VideoLink) -> Iterator[tuple[str, Any]]:
        if video.url:
            yield "url", video.url
        else:
            yield "file", self._brought(video.digest, ENDINGS.get(video.mime_type, ".mp4"))
        if video.title:
            yield "title", video.title
        if video.duration_seconds:
            yield "duration", video.duration_seconds
        if video.captions:
            yield "captions", [self._captions(each) for each in video.captions]

    def _captions(self, captions: media_pb.CaptionsFile) -> dict[str, str]:
        file = self._brought(captions.digest, ".vtt")
        return {"language": captions.language, "label": captions.label, "file": file}

    def _brought(self, digest: str, ending: str) -> str:
        """Where in the bundle a file lies that has no name."""
        file = f"{FILES}/{digest[:16]}{ending}"
        self._bring(digest, file)
        return file

    def _write_attachments(
        self, lesson: course_pb.ImportLesson, links: course_pb.LessonLinks
    ) -> None:
        digests = {
            (link.start, link.end): self._digests[link.path]
            for link in links.links
            if link.path in self._digests
        }
        # What an import reads there: a text may have it escaped.
        for each in references(lesson.body) if digests else ():
            digest = digests.get((each.start, each.end))
            if digest:
                self._bring(digest, _place(lesson.key, each.target))

    def _bring(self, digest: str, file: str) -> None:
        target = self._folder / file
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            self._fetch(digest, target)

    def _put(self, file: str, text: str) -> None:
        target = self._folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")


def _pass_percentage(quizzes: Iterable[Quiz]) -> int:
    """What most quizzes have: a bundle says it once, and of the others that they differ."""
    found = Counter(quiz.pass_percentage for quiz in quizzes)
    return found.most_common(1)[0][0] if found else DEFAULT_PASS


def _place(key: str, target: str) -> str:
    """Where in the bundle a file lies that the lesson at `key` refers to by this address."""
    places = places_of(key, urlsplit(target).path)
    inside = (place for place in places if place.startswith((f"{FILES}/", f"{LESSONS}/")))
    return next(inside, f"{FILES}/{PurePosixPath(places[0]).name}")


def _facts(content: course_pb.CourseContent, pass_percentage: int) -> dict[str, Any]:
    return dict(_present(content, pass_percentage))


def _present(content: course_pb.CourseContent, pass_percentage: int) -> Iterator[tuple[str, Any]]:
    yield "slug", content.slug
    yield "title", content.title
    if content.summary:
        yield "summary", content.summary
    yield "language", content.language
    if content.category:
        yield "category", content.category
    for name in ("tags", "authors"):
        if values := list(getattr(content, name)):
            yield name, values
    if content.license:
        yield "license", content.license
    yield "pass_percentage", pass_percentage
    if content.capacity:
        yield "capacity", content.capacity
    yield "sections", list(_sections(content.sections))


def _sections(sections: Iterable[course_pb.ImportSection]) -> Iterator[dict[str, Any]]:
    for section in sections:
        # A section without lessons is no section of a bundle.
        if section.lessons:
            yield {"title": section.title, "lessons": [lesson.key for lesson in section.lessons]}


def _yaml(values: dict[str, Any]) -> str:
    return yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=10_000)
