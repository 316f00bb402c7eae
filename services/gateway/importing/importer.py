"""Importing a course into course, quiz and media: everything is checked, then done step by step.

Each step may be done again without harm, and the course is published last. So an import that
ended midway is completed by importing once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from google.protobuf.message import Message

from services.gateway.importing.bundle import inspect_bundle
from services.gateway.importing.defects import MAX_DEFECTS, BundleError, Defect
from services.gateway.importing.files import COURSE_FILE
from services.gateway.importing.sources import CourseBundle, LessonSource, PdfSource
from services.gateway.importing.wording import counted
from services.kit.errors import InvalidArgument
from services.kit.rpc.clients import MeshChannel
from services.kit.rpc.interceptors.validation import validated
from stellr.course.v1 import course_internal_service_pb2 as course_pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.gateway.v1 import gateway_internal_service_pb2 as pb
from stellr.media.v1 import media_internal_service_pb2 as media_pb
from stellr.media.v1.media_internal_service_pb2_grpc import MediaInternalServiceStub
from stellr.quiz.v1 import quiz_internal_service_pb2 as quiz_pb
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceStub

PDF = "application/pdf"
PART_BYTES = 64 * 1024
# A course of 500 lessons, or a PDF of 50 MiB, on a busy machine.
STEP_SECONDS = 120.0
# Stand in for what only the import itself brings, where a request is checked before.
NO_ID = str(UUID(int=0))
NO_DIGEST = "0" * 64


@dataclass(frozen=True)
class Importer:
    """Imports courses through the internal RPCs of the three services that hold them."""

    course: CourseInternalServiceStub
    quiz: QuizInternalServiceStub
    media: MediaInternalServiceStub

    @classmethod
    def over(cls, course: MeshChannel, quiz: MeshChannel, media: MeshChannel) -> Importer:
        """The importer that uses these channels."""
        return cls(
            CourseInternalServiceStub(course),
            QuizInternalServiceStub(quiz),
            MediaInternalServiceStub(media),
        )

    def check(self, root: Path) -> CourseBundle:
        """The bundle in `root`, fit to be imported. BundleError has every defect."""
        bundle, defects = inspect_bundle(root)
        if bundle is not None:
            defects += self._quiz_defects(bundle)
        if bundle is None or defects:
            raise BundleError(defects[:MAX_DEFECTS])
        refused = list(_refused_by_contract(bundle))
        if refused:
            raise BundleError(refused[:MAX_DEFECTS])
        return bundle

    def run(
        self, bundle: CourseBundle, turn: AbstractContextManager[None]
    ) -> Iterator[pb.ImportEvent]:
        """Bring the course to the bundle during `turn`: steps as they are done, then the summary.

        Raises BundleError where course refuses the content, with nothing changed; DomainError
        where a service is away.
        """
        work = _Work(self, bundle)
        with turn:
            yield from work.steps()
        yield pb.ImportEvent(summary=work.summary)

    def _quiz_defects(self, bundle: CourseBundle) -> list[Defect]:
        texts = {lesson.quiz.file: lesson.quiz.text for lesson in bundle.lessons if lesson.quiz}
        return [
            Defect(file, defect.line, defect.reason)
            for file, text in sorted(texts.items())
            for defect in self._gift_defects(text)
        ]

    def _gift_defects(self, text: str) -> Sequence[quiz_pb.GiftDefect]:
        request = quiz_pb.CheckGiftRequest(gift=text)
        return self.quiz.CheckGift(request, timeout=STEP_SECONDS).defects


@dataclass
class _Work:
    """One import under way."""

    services: Importer
    bundle: CourseBundle
    summary: pb.ImportSummary = field(default_factory=pb.ImportSummary)

    def steps(self) -> Iterator[pb.ImportEvent]:
        lessons = list(self.bundle.lessons)
        total = len(lessons) + 2
        imported = self._import_course()
        yield _step(f'course "{self.bundle.title}"', 1, total)
        ids = {lesson.key: lesson.lesson_id for lesson in imported.lessons}
        for done, lesson in enumerate(lessons, start=2):
            self._import_quiz(ids[lesson.key], lesson)
            self._import_media(ids[lesson.key], lesson)
            yield _step(f"{lesson.key}: {_parts(lesson)}", done, total)
        self._publish(imported)
        yield _step("published", total, total)

    def _import_course(self) -> course_pb.ImportedCourse:
        request = course_request(self.bundle)
        try:
            imported = self.services.course.ImportCourse(request, timeout=STEP_SECONDS)
        except InvalidArgument as error:
            # The first step: a course that is refused has changed nothing yet.
            raise BundleError(_defects(COURSE_FILE, error)) from error
        self.summary.course_id = imported.course_id
        self.summary.slug = self.bundle.slug
        self.summary.lesson_count = len(imported.lessons)
        self.summary.changed |= imported.changed
        return imported

    def _import_quiz(self, lesson_id: str, lesson: LessonSource) -> None:
        quiz = self.services.quiz
        if lesson.quiz is None:
            removal = quiz_pb.RemoveQuizRequest(lesson_id=lesson_id)
            self.summary.changed |= quiz.RemoveQuiz(removal, timeout=STEP_SECONDS).changed
            return
        request = quiz_request(self.bundle, lesson, lesson_id)
        imported = quiz.ImportQuiz(request, timeout=STEP_SECONDS)
        self.summary.question_count += imported.question_count
        self.summary.changed |= imported.changed

    def _import_media(self, lesson_id: str, lesson: LessonSource) -> None:
        digests = [self._upload(pdf) for pdf in lesson.pdfs]
        request = media_request(lesson, lesson_id, digests)
        answer = self.services.media.SetLessonMedia(request, timeout=STEP_SECONDS)
        self.summary.pdf_count += len(lesson.pdfs)
        self.summary.video_count += len(lesson.videos)
        self.summary.changed |= answer.changed

    def _upload(self, pdf: PdfSource) -> str:
        return self.services.media.UploadObject(_upload(pdf.path), timeout=STEP_SECONDS).digest

    def _publish(self, imported: course_pb.ImportedCourse) -> None:
        request = course_pb.PublishCourseRequest(course_id=imported.course_id)
        self.services.course.PublishCourse(request, timeout=STEP_SECONDS)
        self.summary.changed |= not imported.published


def course_request(bundle: CourseBundle) -> course_pb.ImportCourseRequest:
    """What course is told of a bundle."""
    return course_pb.ImportCourseRequest(
        slug=bundle.slug,
        title=bundle.title,
        summary=bundle.summary,
        language=bundle.language,
        category=bundle.category,
        tags=bundle.tags,
        authors=bundle.authors,
        license=bundle.license,
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
        title=lesson.title,
        body=lesson.body,
        minutes=lesson.minutes,
        preview=lesson.preview,
    )


def quiz_request(
    bundle: CourseBundle, lesson: LessonSource, lesson_id: str
) -> quiz_pb.ImportQuizRequest:
    """What quiz is told of a lesson that has one."""
    return quiz_pb.ImportQuizRequest(
        lesson_id=lesson_id,
        title=lesson.title,
        gift=lesson.quiz.text if lesson.quiz else "",
        pass_percentage=bundle.pass_percentage,
    )


def media_request(
    lesson: LessonSource, lesson_id: str, digests: Sequence[str]
) -> media_pb.SetLessonMediaRequest:
    """What media is told of a lesson; `digests` are those of its PDFs, in order."""
    pdfs = zip(lesson.pdfs, digests, strict=True)
    return media_pb.SetLessonMediaRequest(
        lesson_id=lesson_id,
        videos=[media_pb.VideoLink(url=video.url, title=video.title) for video in lesson.videos],
        pdfs=[media_pb.PdfFile(digest=digest, title=pdf.title) for pdf, digest in pdfs],
    )


def _upload(path: Path) -> Iterator[media_pb.UploadObjectRequest]:
    yield media_pb.UploadObjectRequest(header=media_pb.ObjectHeader(mime_type=PDF))
    with path.open("rb") as file:
        while chunk := file.read(PART_BYTES):
            yield media_pb.UploadObjectRequest(chunk=chunk)


def _refused_by_contract(bundle: CourseBundle) -> Iterator[Defect]:
    """What a service would refuse midway, by the bounds in its contract."""
    yield from _violations(COURSE_FILE, course_request(bundle))
    for lesson in bundle.lessons:
        digests = [NO_DIGEST for _ in lesson.pdfs]
        yield from _violations(lesson.key, media_request(lesson, NO_ID, digests))
        if lesson.quiz:
            yield from _violations(lesson.key, quiz_request(bundle, lesson, NO_ID))


def _violations(file: str, request: Message) -> list[Defect]:
    try:
        validated(request)
    except InvalidArgument as error:
        return _defects(file, error)
    return []


def _defects(file: str, error: InvalidArgument) -> list[Defect]:
    told = [f"{field}: {reason}" for field, reason in error.violations] or [error.message]
    return [Defect(file, 0, reason) for reason in told]


def _step(text: str, done: int, total: int) -> pb.ImportEvent:
    return pb.ImportEvent(step=pb.ImportStep(text=text, done=done, total=total))


def _parts(lesson: LessonSource) -> str:
    """What a lesson consists of, for people."""
    parts = ["text"]
    if lesson.quiz:
        parts.append("quiz")
    if lesson.videos:
        parts.append(counted(len(lesson.videos), "video"))
    if lesson.pdfs:
        parts.append(counted(len(lesson.pdfs), "PDF"))
    return ", ".join(parts)
