"""What every change of a course by its authors begins and ends with."""

from __future__ import annotations

from uuid import UUID

from services.clients.errors import CourseNotFound, LessonNotFound
from services.clients.ownership import check_owner
from services.course import languages
from services.course.errors import SectionNotFound
from services.course.etags import new_etag
from services.course.repository import authoring
from services.course.repository.authoring import OwnedCourse
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.events.events import Events
from services.kit.rpc.etags import check_etag
from stellr.course.v1.events_pb2 import OutlineChanged


class Editing:
    """Holds a course for whoever may change it, and tells of the change."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def hold(self, reference: str, caller: Caller, etag: str = "") -> OwnedCourse:
        """The course, held until the end of the transaction.

        CourseNotFound where there is none that the caller may see, NotYourCourse where they see it
        only, EtagStale where it was changed since the etag was read.
        """
        course = authoring.hold(self._database, reference)
        if course is None:
            raise CourseNotFound
        check_owner(course.owner_ids, caller, is_live=course.is_live)
        check_etag(etag, course.etag)
        return course

    def hold_of_lesson(self, lesson_id: str, caller: Caller) -> tuple[OwnedCourse, UUID]:
        """The course of a lesson, held, and the lesson's id; LessonNotFound, NotYourCourse."""
        found = as_uuid(lesson_id)
        course_id = found and authoring.course_of_lesson(self._database, found)
        course = self._hold_or_none(course_id, caller)
        # Again, now that nobody else changes the course.
        if not (course and found and authoring.course_of_lesson(self._database, found)):
            raise LessonNotFound
        return course, found

    def hold_of_section(self, section_id: str, caller: Caller) -> tuple[OwnedCourse, UUID]:
        """The course of a section, held, and the section's id; SectionNotFound, NotYourCourse."""
        found = as_uuid(section_id)
        course_id = found and authoring.course_of_section(self._database, found)
        course = self._hold_or_none(course_id, caller)
        if not (course and found and authoring.course_of_section(self._database, found)):
            raise SectionNotFound
        return course, found

    def hold_any_of_lesson(self, lesson_id: UUID) -> OwnedCourse:
        """The course of a lesson, held, for a service of the mesh; LessonNotFound."""
        course_id = authoring.course_of_lesson(self._database, lesson_id)
        course = authoring.hold(self._database, str(course_id)) if course_id else None
        if course is None:
            raise LessonNotFound
        return course

    def finish(self, course_id: UUID, language: str) -> None:
        """Bring what follows from the content in step, and tell of the change.

        Whoever gets the answer sees the course as it is now, whomever they ask.
        """
        dictionary = languages.dictionary(language)
        authoring.refresh(self._database, course_id, etag=new_etag(), dictionary=dictionary)
        self._events.append(OutlineChanged(course_id=str(course_id)), awaited=True)

    def _hold_or_none(self, course_id: UUID | None, caller: Caller) -> OwnedCourse | None:
        try:
            return self.hold(str(course_id), caller) if course_id else None
        except CourseNotFound:
            return None
