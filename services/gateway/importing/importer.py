"""Importing a course into course, quiz and media: everything is checked, then brought in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from services.gateway.importing import requests
from services.gateway.importing.archive import unpack_bundle
from services.gateway.importing.bundle import inspect_bundle
from services.gateway.importing.defects import MAX_DEFECTS, BundleError, Defect
from services.gateway.importing.sources import CourseBundle
from services.gateway.importing.work import STEP_SECONDS, GiveUp, Services, Work
from services.kit.rpc.clients import MeshChannel
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.gateway.v1 import gateway_internal_service_pb2 as pb
from stellr.media.v1.media_internal_service_pb2_grpc import MediaInternalServiceStub
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub
from stellr.quiz.v1 import quiz_internal_service_pb2 as quiz_pb
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceStub


class Checked(NamedTuple):
    """A bundle without defects, and what its author should look at all the same."""

    course: CourseBundle
    warnings: list[Defect]


@dataclass(frozen=True)
class Importer:
    """Imports courses through the internal RPCs of the services that hold them."""

    services: Services

    @classmethod
    def over(
        cls, course: MeshChannel, quiz: MeshChannel, media: MeshChannel, progress: MeshChannel
    ) -> Importer:
        """The importer that uses these channels."""
        stubs = Services(
            CourseInternalServiceStub(course),
            QuizInternalServiceStub(quiz),
            MediaInternalServiceStub(media),
            ProgressInternalServiceStub(progress),
        )
        return cls(stubs)

    def unpack(self, archive: Path, folder: Path) -> Checked:
        """The bundle in an archive, unpacked into a new folder, as `check`.

        BundleError also for what is no archive of a bundle.
        """
        folder.mkdir()
        with archive.open("rb") as packed:
            return self.check(unpack_bundle(packed, folder))

    def check(self, root: Path) -> Checked:
        """The bundle in `root`, fit to be imported, with its warnings.

        BundleError has every defect.
        """
        found = inspect_bundle(root)
        defects = found.defects + (self._quiz_defects(found.course) if found.course else [])
        if found.course and not defects:
            defects = list(requests.refused(found.course))
        if found.course is None or defects:
            raise BundleError(defects[:MAX_DEFECTS])
        return Checked(found.course, found.warnings)

    def run(
        self, bundle: CourseBundle, remove_lessons: bool, give_up: GiveUp
    ) -> Iterator[pb.ImportEvent]:
        """Bring the course to the bundle: steps as they are done, then the summary.

        A refusal comes instead where lessons are missed that may not be removed. Raises BundleError
        where course refuses the content, with nothing changed; DomainError where a service is
        away, or where the course's other import did not end in time.
        """
        return Work(self.services, bundle, remove_lessons, give_up).events()

    def _quiz_defects(self, bundle: CourseBundle) -> list[Defect]:
        texts = {lesson.quiz.file: lesson.quiz.text for lesson in bundle.lessons if lesson.quiz}
        reports = {file: self._report(text) for file, text in sorted(texts.items())}
        defects = [
            Defect(file, defect.line, defect.reason)
            for file, report in reports.items()
            for defect in report.defects
        ]
        return defects + list(_draw_defects(bundle, reports))

    def _report(self, text: str) -> quiz_pb.GiftReport:
        request = quiz_pb.CheckGiftRequest(gift=text)
        return self.services.quiz.CheckGift(request, timeout=STEP_SECONDS)


def _draw_defects(
    bundle: CourseBundle, reports: Mapping[str, quiz_pb.GiftReport]
) -> Iterator[Defect]:
    """Quizzes that draw more questions than there are."""
    for lesson in bundle.lessons:
        quiz = lesson.quiz
        report = reports[quiz.file] if quiz else None
        if quiz and report and not report.defects:
            count = report.question_count
            if quiz.settings.draw_count > count:
                reason = f"draw_count: more than there are questions, {count}"
                yield Defect(lesson.key, quiz.draw_line, reason)
