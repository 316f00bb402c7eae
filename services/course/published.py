"""The published courses as learners and the mesh see them: read often, so kept at hand."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.course import views
from services.course.errors import CourseNotFound
from services.course.repository import courses
from services.kit.data.tables import as_uuid
from services.kit.events.coherent import CoherentCache
from services.kit.process.runtime import Runtime
from stellr.course.v1 import course_internal_service_pb2 as internal
from stellr.course.v1 import course_pb2 as pb

CHANNEL = "courses"
# Each course has two keys, its id and its slug.
KEYS = 1_000
SECONDS = 5.0


def new_etag() -> str:
    """A mark that no state of a course had before."""
    return secrets.token_hex(8)


class Published(NamedTuple):
    """A published course. The messages are shared: nobody may change them."""

    course: pb.Course
    outline: internal.Outline


class PublishedCourses:
    """Finds published courses."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self._cache: CoherentCache[Published] = CoherentCache(
            runtime.database, runtime.stopping, CHANNEL, size=KEYS, seconds=SECONDS
        )

    def get(self, reference: str) -> Published:
        """The course by its id or slug; CourseNotFound where none is published."""
        key = str(as_uuid(reference) or reference)
        known = self._cache.find(key)
        if known is not None:
            return known
        found = self._load([key])
        if not found:
            raise CourseNotFound
        return found[0]

    def watch(self, is_active: Callable[[], bool]) -> Iterator[str]:
        """ "" once no change is missed any more, then the id of each course that changes."""
        return self._cache.watch(is_active)

    def get_many(self, course_ids: Sequence[UUID]) -> dict[UUID, Published]:
        """The courses of these ids, by their id, those not at hand by one statement."""
        keys = [str(course_id) for course_id in course_ids]
        found = [known for key in keys if (known := self._cache.find(key)) is not None]
        at_hand = {known.course.course_id for known in found}
        missing = [key for key in keys if key not in at_hand]
        if missing:
            found += self._load(missing)
        return {UUID(known.course.course_id): known for known in found}

    def changed(self, db: Session, course_id: UUID) -> None:
        """Drop what is kept of a course, everywhere, when the transaction commits.

        Whatever changes what a course consists of, or ends somebody's enrollment in it, says so.
        """
        self._cache.drop(db, str(course_id))

    def _load(self, keys: Sequence[str]) -> list[Published]:
        generation = self._cache.generation
        rows = courses.load_courses(self._database.session, keys, published_only=True)
        found = []
        for course in map(views.course, rows):
            known = Published(course, views.outline(course))
            self._cache.keep(course.course_id, (course.course_id, course.slug), known, generation)
            found.append(known)
        return found
