"""One import under way: course plans it, quiz and media take in what belongs to the lessons, and
course shows it all at once.

A process that dies between two steps leaves learners with the course as it was, and importing
again completes it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from services.gateway.importing import requests
from services.gateway.importing.defects import BundleError
from services.gateway.importing.files import COURSE_FILE
from services.gateway.importing.sources import CourseBundle
from services.gateway.importing.wording import counted
from services.kit.data.file_types import PDF, VTT
from services.kit.data.pieces import pieces
from services.kit.errors import Aborted, DomainError, InvalidArgument, ServiceUnavailable
from stellr.course.v1 import course_internal_service_pb2 as course_pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.errors.v1.reason_pb2 import Reason
from stellr.gateway.v1 import gateway_internal_service_pb2 as pb
from stellr.media.v1 import media_internal_service_pb2 as media_pb
from stellr.media.v1.media_internal_service_pb2_grpc import MediaInternalServiceStub
from stellr.progress.v1.progress_internal_service_pb2 import CountCompletionsRequest
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub
from stellr.quiz.v1 import quiz_internal_service_pb2 as quiz_pb
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceStub

# A course of 500 lessons, or a PDF of 50 MiB, on a busy machine.
STEP_SECONDS = 120.0
PAUSE_SECONDS = 0.25
STEPS = 5

# Pauses for so many seconds and says whether there is no use in waiting on.
GiveUp = Callable[[float], bool]


def give_up_when(stopping: threading.Event, is_asked: Callable[[], bool]) -> GiveUp:
    """Give up once the process stops, or nobody asks any more."""
    return lambda seconds: stopping.wait(seconds) or not is_asked()


class Services(NamedTuple):
    """The services that hold a course."""

    course: CourseInternalServiceStub
    quiz: QuizInternalServiceStub
    media: MediaInternalServiceStub
    progress: ProgressInternalServiceStub


@dataclass
class Work:
    """One import under way."""

    services: Services
    bundle: CourseBundle
    remove_lessons: bool
    give_up: GiveUp
    plan_id: str = field(default_factory=lambda: str(uuid4()))
    plan: course_pb.ImportPlan = field(default_factory=course_pb.ImportPlan)
    summary: pb.ImportSummary = field(default_factory=pb.ImportSummary)
    # Of the files that were uploaded.
    digests: dict[Path, str] = field(default_factory=dict)
    # When the plan is good no longer, by the monotonic clock.
    ends_at: float = 0.0

    def events(self) -> Iterator[pb.ImportEvent]:
        """The steps and the summary, or a refusal."""
        self.plan = self._ask_plan(validate_only=True)
        if self._may_go_on():
            yield from self._store()
            yield from self._take_turn()
        if not self._may_go_on():
            yield pb.ImportEvent(refusal=self._missed())
            return
        try:
            yield _step(f'planned "{self.bundle.title}"', 2)
            yield from self._bring()
        except BaseException:
            self._cancel()
            raise
        yield pb.ImportEvent(summary=self.summary)

    def _may_go_on(self) -> bool:
        return self.remove_lessons or not self.plan.removed_lessons

    def _missed(self) -> pb.ImportRefusal:
        """The lessons that the course would lose, and how many learners completed each."""
        removed = self.plan.removed_lessons
        request = CountCompletionsRequest(lesson_ids=[lesson.lesson_id for lesson in removed])
        counts = self.services.progress.CountCompletions(request, timeout=STEP_SECONDS).completions
        missed = [
            pb.MissedLesson(
                lesson_id=lesson.lesson_id,
                title=lesson.title,
                file=lesson.key,
                completion_count=counts.get(lesson.lesson_id, 0),
            )
            for lesson in removed
        ]
        return pb.ImportRefusal(missed_lessons=missed)

    def _store(self) -> Iterator[pb.ImportEvent]:
        """Upload the files; learners see nothing of that."""
        for path, media_type in _files(self.bundle).items():
            parts = _parts(path, media_type)
            stored = self.services.media.UploadObject(parts, timeout=STEP_SECONDS)
            self.digests[path] = stored.digest
        yield _step(f"stored {counted(len(self.digests), 'file')}", 1)

    def _take_turn(self) -> Iterator[pb.ImportEvent]:
        """Plan the import, once no other one of the course is under way."""
        if self._is_planned():
            return
        yield _step("waiting for another import of the course", 1)
        while not self._is_planned():
            if self.give_up(PAUSE_SECONDS):
                raise ServiceUnavailable("another import was under way too long: try again")

    def _is_planned(self) -> bool:
        began_at = time.monotonic()
        try:
            self.plan = self._ask_plan()
        except Aborted as error:
            if error.reason != Reason.REASON_IMPORT_UNDER_WAY:
                raise
            return False
        self.ends_at = began_at + self.plan.lifetime.ToTimedelta().total_seconds()
        return True

    def _ask_plan(self, *, validate_only: bool = False) -> course_pb.ImportPlan:
        request = course_pb.PlanImportRequest(
            plan_id=self.plan_id,
            content=requests.course_content(self.bundle),
            remove_lessons=self.remove_lessons,
            validate_only=validate_only,
        )
        try:
            return self.services.course.PlanImport(request, timeout=STEP_SECONDS)
        except InvalidArgument as error:
            raise BundleError(requests.defects_of(COURSE_FILE, error)) from error

    def _bring(self) -> Iterator[pb.ImportEvent]:
        ids = {lesson.key: lesson.lesson_id for lesson in self.plan.lessons}
        self._import_quizzes(ids)
        yield _step(f"took in {counted(self.summary.question_count, 'question')}", 3)
        attachments = self._set_media(ids)
        yield _step(f"took in {counted(self.summary.pdf_count, 'PDF')}", 4)
        self._commit(ids, attachments)
        self._remove_quizzes(ids)
        yield _step(f"published {counted(len(ids), 'lesson')}", STEPS)

    def _import_quizzes(self, ids: dict[str, str]) -> None:
        request = requests.quizzes(self.bundle, self.plan.course_id, ids)
        imported = self.services.quiz.ImportQuizzes(request, timeout=self._left()).quizzes
        self.summary.question_count = sum(quiz.question_count for quiz in imported)
        self.summary.changed |= any(quiz.changed for quiz in imported)

    def _set_media(self, ids: dict[str, str]) -> Sequence[media_pb.StoredAttachment]:
        lessons = list(self.bundle.lessons)
        request = media_pb.SetCourseMediaRequest(
            course_id=self.plan.course_id,
            lessons=[requests.lesson_media(each, ids[each.key], self.digests) for each in lessons],
        )
        answer = self.services.media.SetCourseMedia(request, timeout=self._left())
        self.summary.pdf_count = sum(len(lesson.pdfs) for lesson in lessons)
        self.summary.video_count = sum(len(lesson.videos) for lesson in lessons)
        self.summary.attachment_count = len(answer.attachments)
        self.summary.changed |= answer.changed
        return answer.attachments

    def _commit(
        self, ids: dict[str, str], attachments: Sequence[media_pb.StoredAttachment]
    ) -> None:
        places = {(each.lesson_id, each.digest, each.file_name): each.path for each in attachments}
        request = course_pb.CommitImportRequest(plan_id=self.plan_id)
        for lesson in self.bundle.lessons:
            paths = {
                each.file: places[ids[lesson.key], self.digests[each.path], each.name]
                for each in lesson.attachments
            }
            if lesson.links:
                request.lessons.append(requests.lesson_links(lesson, ids, paths))
        imported = self.services.course.CommitImport(request, timeout=self._left())
        self.summary.course_id = imported.course_id
        self.summary.slug = self.bundle.slug
        self.summary.lesson_count = len(self.plan.lessons)
        self.summary.removed_count = len(self.plan.removed_lessons)
        self.summary.changed |= imported.changed

    def _remove_quizzes(self, ids: dict[str, str]) -> None:
        """Only now: until the commit the lessons had them."""
        request = quiz_pb.RemoveQuizzesRequest(
            course_id=self.plan.course_id,
            lesson_ids=[ids[lesson.key] for lesson in self.bundle.lessons if not lesson.quiz],
        )
        removed = self.services.quiz.RemoveQuizzes(request, timeout=STEP_SECONDS)
        self.summary.changed |= bool(removed.removed_count)

    def _cancel(self) -> None:
        request = course_pb.CancelImportRequest(plan_id=self.plan_id)
        with suppress(DomainError):
            self.services.course.CancelImport(request)

    def _left(self) -> float:
        """Seconds until the plan is good no longer: no step may end later."""
        return max(self.ends_at - time.monotonic(), 0.0)


def _files(bundle: CourseBundle) -> dict[Path, str]:
    """The files that lessons come with, each once, and what they are."""
    found = {pdf.path: PDF for lesson in bundle.lessons for pdf in lesson.pdfs}
    for lesson in bundle.lessons:
        found |= {each.path: each.media_type for each in lesson.attachments}
        for video in lesson.videos:
            found |= {video.path: video.media_type} if video.path else {}
            found |= {each.path: VTT for each in video.captions}
    return found


def _parts(path: Path, media_type: str) -> Iterator[media_pb.UploadObjectRequest]:
    yield media_pb.UploadObjectRequest(header=media_pb.ObjectHeader(mime_type=media_type))
    with path.open("rb") as file:
        for chunk in pieces(file):
            yield media_pb.UploadObjectRequest(chunk=chunk)


def _step(text: str, done: int) -> pb.ImportEvent:
    return pb.ImportEvent(step=pb.ImportStep(text=text, done=done, total=STEPS))
