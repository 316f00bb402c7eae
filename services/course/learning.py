"""What learners do: enroll, and read what they are enrolled in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.clients.errors import CourseNotFound, LessonNotFound
from services.clients.ownership import may_change
from services.course import views
from services.course.bodies import Link, resolve
from services.course.errors import CourseFull
from services.course.models import ACTIVE
from services.course.repository import courses, enrollments, lessons
from services.course.repository.enrollments import EnrollmentRow
from services.course.repository.lessons import LessonRow
from services.kit.call import NOBODY, Caller
from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.data.tables import as_uuid
from services.kit.errors import SignInRequired
from services.kit.events.cache import EventCache, Loaded
from services.kit.events.events import Events
from services.kit.identity.links import Links
from stellr.course.v1.events_pb2 import EnrollmentChanged

# Of who is in more courses than this, the newest count.
MOST_COURSES = 1_000


class ReadableLesson(NamedTuple):
    """A lesson of a published course; `message` are its bytes, where no link in it expires."""

    row: LessonRow
    message: bytes


class Learning:
    """Lets learners in, and to their lessons."""

    def __init__(
        self,
        database: Database,
        events: Events,
        page_tokens: PageTokens,
        *,
        lessons_at_hand: EventCache[ReadableLesson],
        enrolled: EventCache[Mapping[UUID, datetime]],
        count: Callable[[], None],
        links: Links,
    ) -> None:
        """`count` counts an enrollment."""
        self._database = database
        self._events = events
        self._page_tokens = page_tokens
        self._lessons = lessons_at_hand
        self._enrolled = enrolled
        self._count = count
        self._links = links

    def enroll(self, course: str, user_id: UUID) -> EnrollmentRow:
        """The learner's enrollment, the same however often; CourseNotFound, CourseFull."""
        made = enrollments.enroll(self._database, course, user_id)
        known = made or enrollments.find_enrollment(self._database, course, user_id)
        if made is None and (known is None or known.state != ACTIVE):
            made = known = self._enroll_where_seats_are_few(course, user_id)
        if made is not None:
            self._database.after_commit(self._count)
            self._tell(made)
        assert known is not None
        return known

    def leave(self, course: str, user_id: UUID) -> EnrollmentRow:
        """The learner's enrollment, ended; CourseNotFound where there never was one."""
        ended = enrollments.leave(self._database, course, user_id)
        if ended is not None:
            self._tell(ended)
            return ended
        known = enrollments.find_any(self._database, course, user_id)
        if known is None:
            raise CourseNotFound
        return known

    def _enroll_where_seats_are_few(self, course: str, user_id: UUID) -> EnrollmentRow:
        seats = enrollments.hold_seats(self._database, course)
        if seats is None:
            raise CourseNotFound
        if seats.left <= 0:
            raise CourseFull
        taken = enrollments.take_seat(self._database, seats.course_id, user_id)
        if taken is None:
            raise CourseNotFound
        return taken

    def _tell(self, enrollment: EnrollmentRow) -> None:
        # Who got the answer is let in everywhere, or nowhere any more.
        changed = EnrollmentChanged(
            user_id=str(enrollment.user_id), course_id=str(enrollment.course_id)
        )
        self._events.append(changed, awaited=True)

    def list_enrollments(
        self, user_id: UUID, size: int, page_token: str
    ) -> tuple[Sequence[EnrollmentRow], str]:
        """A page of the learner's enrollments, newest first, and the token of the next."""
        scope = f"enrollments {user_id}"
        before = self._page_tokens.read(page_token, scope)
        rows = enrollments.list_enrollments(
            self._database, user_id, UUID(before[0]) if before else None, size + 1
        )
        return self._page_tokens.page(rows, size, scope, lambda row: [str(row.enrollment_id)])

    def list_learners(self, course: str, after: UUID, limit: int) -> Sequence[EnrollmentRow]:
        """The enrollments in a course, by learner; CourseNotFound."""
        known = courses.find_title(self._database, course)
        if known is None:
            raise CourseNotFound
        return enrollments.list_learners(self._database, known.course_id, after, limit)

    def enrolled(self, user_id: UUID) -> Mapping[UUID, datetime]:
        """The courses that a learner is in and since when, newest first.

        Never from what is at hand: who asks wants to know what this process may not have heard yet.
        """
        return dict(enrollments.list_active(self._database, user_id, MOST_COURSES))

    def read(self, lesson_id: str, caller: Caller) -> bytes:
        """A lesson. A visitor is asked to sign in alike for what is closed and what is not there.

        SignInRequired to visitors, LessonNotFound to learners.
        """
        found = self._find(lesson_id)
        if found and self._may_read(found.row, caller):
            return found.message or self._message(found.row, caller)
        if caller.user_id is None:
            raise SignInRequired
        raise LessonNotFound

    def course_of(self, lesson_id: str) -> UUID:
        """The published course that a lesson is in; LessonNotFound."""
        found = as_uuid(lesson_id)
        course_id = found and lessons.find_course_of(self._database, found)
        if not course_id:
            raise LessonNotFound
        return course_id

    def _may_read(self, lesson: LessonRow, caller: Caller) -> bool:
        user_id = caller.user_id
        if user_id is not None and may_change(lesson.owner_ids, caller):
            return True
        if not lesson.is_live:
            return False
        if lesson.preview or user_id is None:
            return lesson.preview
        # Another process of the service may have enrolled the learner a moment ago.
        return lesson.course_id in self._enrolled.get_sure(
            str(user_id),
            lambda courses: lesson.course_id in courses,
            lambda: self._load_enrolled(user_id),
        )

    def _message(self, lesson: LessonRow, caller: Caller = NOBODY) -> bytes:
        """The lesson, its pictures and files behind links that are signed for the caller."""
        now = time.time()
        links = [Link(*link) for link in lesson.links]
        body = resolve(lesson.body, links, lambda path: self._links.make(path, now, caller).url)
        return views.lesson(lesson, body).SerializeToString()

    def _find(self, lesson_id: str) -> ReadableLesson | None:
        found = as_uuid(lesson_id)
        if found is None:
            return None
        try:
            return self._lessons.get(str(found), lambda: self._load_lesson(found))
        except LessonNotFound:
            return None

    def _load_lesson(self, lesson_id: UUID) -> Loaded[ReadableLesson]:
        row = lessons.read_lesson(self._database, lesson_id)
        if row is None:
            raise LessonNotFound
        found = ReadableLesson(row, b"" if row.links else self._message(row))
        return Loaded(found, (str(lesson_id),), (str(row.course_id),))

    def _load_enrolled(self, user_id: UUID) -> Loaded[Mapping[UUID, datetime]]:
        return Loaded(self.enrolled(user_id), (str(user_id),), (str(user_id),))
