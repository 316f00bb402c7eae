"""What authors change about a course beside its content."""

from __future__ import annotations

from uuid import UUID

from services.clients.errors import CourseNotFound
from services.course.etags import new_etag
from services.course.repository import courses
from services.course.repository.courses import CourseRow
from services.kit.data.database import Database
from services.kit.events.events import Events
from stellr.course.v1.events_pb2 import OutlineChanged


class Authoring:
    """Publishes courses."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def publish(self, course_id: UUID) -> CourseRow:
        """Publish a course, also one that was archived; CourseNotFound."""
        if courses.publish(self._database, course_id, new_etag()):
            self._changed(course_id)
        course = courses.find_course(self._database, course_id)
        if course is None:
            raise CourseNotFound
        return course

    def _changed(self, course_id: UUID) -> None:
        self._events.append(OutlineChanged(course_id=str(course_id)))
