"""The published courses as learners and the mesh see them: read often, so kept at hand."""

from __future__ import annotations

from typing import NamedTuple

from services.clients.errors import CourseNotFound
from services.course import views
from services.course.repository import courses
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.events.cache import EventCache, Loaded


class Published(NamedTuple):
    """A published course, as the bytes of its messages: nothing is written anew at each call."""

    course: bytes
    outline: bytes


class PublishedCourses:
    """Finds published courses."""

    def __init__(self, database: Database, cache: EventCache[Published]) -> None:
        self._database = database
        self._cache = cache

    def get(self, reference: str) -> Published:
        """The course by its id or slug; CourseNotFound where none is published."""
        key = str(as_uuid(reference) or reference)
        return self._cache.get(key, lambda: self._load(key))

    def _load(self, key: str) -> Loaded[Published]:
        row = courses.find_published(self._database, key)
        if row is None:
            raise CourseNotFound
        course = views.course(row)
        outline = views.outline(course)
        found = Published(course.SerializeToString(), outline.SerializeToString())
        return Loaded(found, (course.course_id, course.slug), (course.course_id,))
