"""The published courses as learners and the mesh see them: read often, so kept at hand."""

from __future__ import annotations

from typing import NamedTuple

from services.clients.errors import CourseNotFound
from services.clients.ownership import may_change
from services.course import views
from services.course.repository import authoring, courses
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.events.cache import EventCache, Loaded
from stellr.course.v1 import course_internal_service_pb2 as internal


class Published(NamedTuple):
    """A published course, as the bytes of its messages: nothing is written anew at each call."""

    course: bytes
    outline: bytes
    etag: str
    is_public: bool = True


class PublishedCourses:
    """Finds published courses."""

    def __init__(self, database: Database, cache: EventCache[Published]) -> None:
        self._database = database
        self._cache = cache

    def get(self, reference: str) -> Published:
        """The course by its id or slug; CourseNotFound where none is published."""
        key = str(as_uuid(reference) or reference)
        return self._cache.get(key, lambda: self._load(key))

    def get_for(self, reference: str, caller: Caller) -> Published:
        """The same, and what is not published for those who may change it."""
        try:
            return self.get(reference)
        except CourseNotFound:
            if caller.user_id is None:
                raise
        return self._draft(reference, caller)

    def outline_of_any(self, reference: str) -> internal.Outline:
        """What a course consists of, published or not; CourseNotFound."""
        row = courses.find_course(self._database, reference)
        if row is None:
            raise CourseNotFound
        return views.outline(views.course(row))

    def _draft(self, reference: str, caller: Caller) -> Published:
        course = authoring.find_owned(self._database, reference)
        if course is None or not may_change(course.owner_ids, caller):
            raise CourseNotFound
        row = courses.find_course(self._database, str(course.course_id))
        if row is None:
            raise CourseNotFound
        message = views.course(row).SerializeToString()
        return Published(message, b"", row.etag, is_public=False)

    def _load(self, key: str) -> Loaded[Published]:
        row = courses.find_published(self._database, key)
        if row is None:
            raise CourseNotFound
        course = views.course(row)
        outline = views.outline(course)
        found = Published(course.SerializeToString(), outline.SerializeToString(), course.etag)
        # A slug that it had before is a key as well.
        return Loaded(found, (course.course_id, course.slug, key), (course.course_id,))
