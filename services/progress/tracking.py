"""Keeping what learners do, and reading how far they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from services.clients.course import Courses, Outline
from services.clients.errors import CourseNotFound, LessonNotFound
from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.data.tables import as_uuid
from services.kit.events.events import Events
from services.progress.repository import learning
from services.progress.steps import Lessons, State


class Standing(NamedTuple):
    """A learner in a course; `enrolled_at` is None where the learner is not in it."""

    outline: Outline
    state: State
    enrolled_at: datetime | None


class Tracking:
    """What learners have done.

    Course is asked before the database is touched: no transaction is open meanwhile. Its
    NOT_FOUND, for what does not exist and what is not published alike, passes through.
    """

    def __init__(
        self, database: Database, events: Events, courses: Courses, page_tokens: PageTokens
    ) -> None:
        self._database = database
        self._events = events
        self._courses = courses
        self._page_tokens = page_tokens

    def complete_lesson(self, user_id: UUID, lesson_id: str) -> Standing:
        """Mark a lesson completed; LessonNotFound where the learner is not in its course."""
        found, outline, enrolled_at = self._own_lesson(user_id, lesson_id)
        state = learning.complete_lesson(self._database, self._events, user_id, outline, found)
        return Standing(outline, state, enrolled_at)

    def undo_lesson(self, user_id: UUID, lesson_id: str) -> Standing:
        """Mark a lesson not completed; LessonNotFound where the learner is not in its course."""
        found, outline, enrolled_at = self._own_lesson(user_id, lesson_id)
        learning.undo_lesson(self._database, user_id, outline.course_id, found)
        state = learning.find_state(self._database, user_id, outline.course_id)
        return Standing(outline, state, enrolled_at)

    def list(self, user_id: UUID, size: int, page_token: str) -> tuple[Sequence[Standing], str]:
        """A page of a learner's courses, newest enrollment first, and the token of the next."""
        scope = f"progress by enrollment {user_id}"
        after = self._page_tokens.read(page_token, scope)
        enrollments = self._courses.enrollments(user_id)
        found = list(islice(self._published(_newest(enrollments, after)), size + 1))
        shown, token = self._page_tokens.page(
            found,
            size,
            scope,
            lambda each: [enrollments[each.course_id].isoformat(), str(each.course_id)],
        )
        courses = [outline.course_id for outline in shown]
        states = learning.find_states(self._database, user_id, courses)
        standings = [
            Standing(each, states.get(each.course_id, State()), enrollments[each.course_id])
            for each in shown
        ]
        return standings, token

    def keep_position(self, user_id: UUID, lesson_id: str, seconds: int) -> None:
        """Keep where a video stands; LessonNotFound where the learner is not in its course."""
        found, outline, _ = self._own_lesson(user_id, lesson_id)
        learning.keep_position(self._database, user_id, outline.course_id, found, seconds)

    def get(self, user_id: UUID, course: str) -> tuple[Standing, Lessons]:
        """A learner in a course (id or slug), and what the learner did in each lesson.

        CourseNotFound where the learner is not in the course.
        """
        outline = self._courses.find(course)
        enrolled_at = self._courses.enrolled_since(user_id, outline.course_id)
        if enrolled_at is None:
            raise CourseNotFound
        state, lessons = learning.find_lessons(self._database, user_id, outline.course_id)
        return Standing(outline, state, enrolled_at), lessons

    def get_standing(self, user_id: UUID, course: str) -> Standing:
        """How anybody stands in a published course (id or slug), enrolled or not."""
        outline = self._courses.find(course)
        enrolled_at = self._courses.enrolled_since(user_id, outline.course_id)
        state = learning.find_state(self._database, user_id, outline.course_id)
        return Standing(outline, state, enrolled_at)

    def count_completions(self, lesson_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """How many learners have each of these lessons completed, where any has."""
        return learning.count_completions(self._database, lesson_ids)

    def _own_lesson(self, user_id: UUID, lesson_id: str) -> tuple[UUID, Outline, datetime]:
        found = as_uuid(lesson_id)
        if found is None:
            raise LessonNotFound
        outline = self._courses.of_lesson(str(found))
        enrolled_at = self._courses.enrolled_since(user_id, outline.course_id)
        if enrolled_at is None:
            raise LessonNotFound
        return found, outline, enrolled_at

    def _published(self, courses: Iterable[UUID]) -> Iterator[Outline]:
        """The published ones of these courses."""
        outlines = (self._courses.find_or_empty(str(course_id)) for course_id in courses)
        return (outline for outline in outlines if outline.is_published)


def _newest(enrollments: Mapping[UUID, datetime], after: Sequence[str] | None) -> Iterator[UUID]:
    """The courses, newest enrollment first, from behind a time and a course on.

    By what they are, not by where they stand: the learner may have left the last one meanwhile.
    """
    places = sorted(((at, course_id) for course_id, at in enrollments.items()), reverse=True)
    if after:
        last = datetime.fromisoformat(after[0]), UUID(after[1])
        places = [place for place in places if place < last]
    return (course_id for _, course_id in places)
