"""Media go with their lesson, once course has it no longer.

Not at once: an import brings media before course shows the lessons, and what is looked at some
minutes later is what stayed.
"""

from __future__ import annotations

from uuid import UUID

from services.kit.data.database import Database
from services.kit.errors import NotFound
from services.media.repository import authoring
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.course.v1.events_pb2 import OutlineChanged

# Much longer than an import may take from its plan to its commit.
SETTLE_SECONDS = 300.0


class Departing:
    """Takes away the media of lessons that are gone. An archived course keeps its lessons."""

    def __init__(
        self,
        database: Database,
        course: CourseInternalServiceStub,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self._database = database
        self._course = course
        self._settle_seconds = settle_seconds

    def outline_changed(self, event: OutlineChanged) -> None:
        """Have a course looked at in some minutes."""
        authoring.look_at_course(self._database, UUID(event.course_id), self._settle_seconds)

    def look(self) -> bool:
        """Look at a course that has changed; whether there may be more."""
        course_id = authoring.take_changed_course(self._database)
        if course_id is None:
            return False
        gone = [
            lesson_id
            for lesson_id in authoring.settled_lessons(
                self._database, course_id, self._settle_seconds
            )
            if self._is_gone(lesson_id)
        ]
        if gone:
            authoring.lock_course(self._database, course_id)
            authoring.delete_media_of(self._database, gone)
        return True

    def _is_gone(self, lesson_id: UUID) -> bool:
        try:
            self._course.GetAuthorship(pb.GetAuthorshipRequest(lesson_id=str(lesson_id)))
        except NotFound:
            return True
        return False
