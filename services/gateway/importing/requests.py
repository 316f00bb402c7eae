"""What course, quiz and media are asked for a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

from google.protobuf.message import Message

from services.gateway.importing.defects import Defect
from services.gateway.importing.files import COURSE_FILE
from services.gateway.importing.sources import CourseBundle, LessonSource, QuizSource, VideoSource
from services.kit.errors import InvalidArgument
from services.kit.rpc.interceptors.validation import validated
from stellr.course.v1 import course_internal_service_pb2 as course_pb
from stellr.media.v1 import media_internal_service_pb2 as media_pb
from stellr.quiz.v1 import quiz_internal_service_pb2 as quiz_pb

# Stand in for what only the import itself brings, where a request is checked before.
NO_ID = str(UUID(int=0))
NO_DIGEST = "0" * 64
NO_PATH = "/"
# Of new quizzes, where the bundle does not say it.
DEFAULT_PASS = 60


def course_content(bundle: CourseBundle) -> course_pb.CourseContent:
    """What course is told of a bundle."""
    return course_pb.CourseContent(
        slug=bundle.slug,
        title=bundle.title,
        summary=bundle.summary,
        language=bundle.language,
        category=bundle.category,
        tags=bundle.tags,
        authors=bundle.authors,
        license=bundle.license,
        capacity=bundle.capacity,
        sections=[
            course_pb.ImportSection(
                title=section.title, lessons=[_lesson(lesson) for lesson in section.lessons]
            )
            for section in bundle.sections
        ],
    )


def _lesson(lesson: LessonSource) -> course_pb.ImportLesson:
    return course_pb.ImportLesson(
        key=lesson.key,
        author_id=lesson.author_id,
        title=lesson.title,
        body=lesson.body,
        minutes=lesson.minutes,
        preview=lesson.preview,
        has_quiz=lesson.quiz is not None,
    )


def quizzes(
    bundle: CourseBundle, course_id: str, ids: Mapping[str, str]
) -> quiz_pb.ImportQuizzesRequest:
    """What quiz is told of a course; `ids` are those of its lessons, by key."""
    passing = bundle.pass_percentage
    return quiz_pb.ImportQuizzesRequest(
        course_id=course_id,
        pass_percentage=DEFAULT_PASS if passing is None else passing,
        quizzes=[
            quiz(lesson, lesson.quiz, ids[lesson.key], passing)
            for lesson in bundle.lessons
            if lesson.quiz
        ],
    )


def quiz(
    lesson: LessonSource, source: QuizSource, lesson_id: str, passing: int | None
) -> quiz_pb.ImportQuiz:
    """What quiz is told of a lesson's; `passing` is the course's, which holds where it has none."""
    settings = quiz_pb.QuizSettings(pass_percentage=passing)
    settings.MergeFrom(source.settings)
    return quiz_pb.ImportQuiz(
        lesson_id=lesson_id, title=lesson.title, gift=source.text, settings=settings
    )


def lesson_media(
    lesson: LessonSource, lesson_id: str, digests: Mapping[Path, str]
) -> media_pb.LessonMediaContent:
    """What media is told of a lesson; `digests` are those of its files, by their path."""
    return media_pb.LessonMediaContent(
        lesson_id=lesson_id,
        videos=[_video(video, digests) for video in lesson.videos],
        pdfs=[
            media_pb.PdfFile(digest=digests.get(pdf.path, NO_DIGEST), title=pdf.title)
            for pdf in lesson.pdfs
        ],
        attachments=[
            media_pb.Attachment(digest=digests.get(each.path, NO_DIGEST), file_name=each.name)
            for each in lesson.attachments
        ],
    )


def _video(video: VideoSource, digests: Mapping[Path, str]) -> media_pb.VideoLink:
    asked = media_pb.VideoLink(
        title=video.title,
        duration_seconds=video.duration,
        captions=[
            media_pb.CaptionsFile(
                language=each.language,
                label=each.label,
                digest=digests.get(each.path, NO_DIGEST),
            )
            for each in video.captions
        ],
    )
    if video.path:
        asked.digest = digests.get(video.path, NO_DIGEST)
    else:
        asked.url = video.url
    return asked


def lesson_links(
    lesson: LessonSource, ids: Mapping[str, str], paths: Mapping[str, str]
) -> course_pb.LessonLinks:
    """What is to be put into the text of a lesson.

    `ids` are those of all lessons, by key; `paths` those of the lesson's attachments, by file.
    """
    links = []
    for link in lesson.links:
        path = f"/lessons/{ids.get(link.lesson_key, NO_ID)}{link.fragment}"
        if link.attachment:
            path = paths.get(link.attachment.file, NO_PATH)
        signed = link.attachment is not None
        links.append(course_pb.BodyLink(start=link.start, end=link.end, path=path, signed=signed))
    return course_pb.LessonLinks(lesson_id=ids.get(lesson.key, NO_ID), links=links)


def refused(bundle: CourseBundle) -> Iterator[Defect]:
    """What a service would refuse midway, by the bounds in its contract."""
    yield from violations(COURSE_FILE, course_content(bundle))
    for lesson in bundle.lessons:
        yield from violations(lesson.key, lesson_media(lesson, NO_ID, {}))
        yield from violations(lesson.key, lesson_links(lesson, {}, {}))
        if lesson.quiz:
            yield from violations(lesson.key, quiz(lesson, lesson.quiz, NO_ID, None))


def violations(file: str, request: Message) -> list[Defect]:
    """What in a request is out of the bounds in its contract."""
    try:
        validated(request)
    except InvalidArgument as error:
        return defects_of(file, error)
    return []


def defects_of(file: str, error: InvalidArgument) -> list[Defect]:
    """What a service says is wrong with a request."""
    told = [f"{field}: {reason}" for field, reason in error.violations] or [error.message]
    return [Defect(file, 0, reason) for reason in told]
