"""Courses as bundles, gathered from the services that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from services.gateway.importing.archive import pack_bundle
from services.gateway.importing.work import Services
from services.gateway.importing.writing import Course, Quiz, write_bundle
from services.gateway.scratch import scratch
from services.kit.data.pieces import pieces
from services.kit.rpc.clients import collect
from stellr.course.v1 import course_internal_service_pb2 as course_pb
from stellr.media.v1 import media_internal_service_pb2 as media_pb
from stellr.quiz.v1 import quiz_internal_service_pb2 as quiz_pb

QUIZZES_AT_ONCE = 100


class CourseExports:
    """Writes courses as gzipped tars."""

    def __init__(self, services: Services, folder: Path) -> None:
        self._services = services
        self._folder = folder

    def parts(self, reference: str) -> Iterator[bytes]:
        """The bundle of a course, in pieces; NotFound where there is no course."""
        with scratch(self._folder) as folder:
            content = folder / "content"
            content.mkdir()
            write_bundle(self._course(reference), content, self._fetch)
            with (folder / "archive").open("w+b") as archive:
                pack_bundle(content, archive)
                archive.seek(0)
                yield from pieces(archive)

    def _course(self, reference: str) -> Course:
        known = self._services.course.GetCourseContent(
            course_pb.GetCourseContentRequest(course=reference)
        )
        ids = [lesson.lesson_id for lesson in known.lessons]
        media = self._services.media.ListLessonMedia(
            media_pb.ListLessonMediaRequest(lesson_ids=ids)
        )
        return Course(
            content=known.content,
            links=known.lessons,
            quizzes=dict(self._quizzes(ids)),
            media={each.lesson_id: each for each in media.lessons},
            attachments=media.attachments,
        )

    def _quizzes(self, lesson_ids: Sequence[str]) -> Iterator[tuple[str, Quiz]]:
        for start in range(0, len(lesson_ids), QUIZZES_AT_ONCE):
            some = lesson_ids[start : start + QUIZZES_AT_ONCE]
            request = quiz_pb.ExportQuizzesRequest(lesson_ids=some)
            for each in self._services.quiz.ExportQuizzes(request).quizzes:
                quiz = Quiz(each.gift, each.title, each.pass_percentage, each.settings)
                yield each.lesson_id, quiz

    def _fetch(self, digest: str, target: Path) -> None:
        request = media_pb.ReadObjectRequest(digest=digest)
        with target.open("wb") as file:
            for part in collect(self._services.media.ReadObject(request), "media"):
                file.write(part.chunk)
