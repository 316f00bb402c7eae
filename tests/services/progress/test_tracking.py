"""Paging over the enrollments that are kept at hand, and what is refused."""

from __future__ import annotations

from itertools import chain
from uuid import UUID, uuid4

import pytest

from services.clients.errors import CourseNotFound, LessonNotFound
from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.errors import InvalidFields
from services.kit.events.events import Events
from services.kit.identity.secrets import Signer
from services.progress.tracking import Tracking
from tests.services.known_courses import CourseStub, known_courses, lesson

LEARNER = uuid4()


class World:
    """Progress on a database of its own; course is a stub, kept at hand while live."""

    def __init__(self, database: Database, events: Events, *, live: bool = True) -> None:
        self.database = database
        self.course = CourseStub()
        tokens = PageTokens(Signer(b"a secret of thirty-two bytes long", "page-token"))
        courses = known_courses(self.course, live=live)
        self.tracking = Tracking(database, events, courses, tokens)

    def enrolled(self, count: int) -> tuple[list[UUID], list[UUID]]:
        """Courses of one lesson that the learner is in, newest first, and these lessons."""
        courses, lessons = [uuid4() for _ in range(count)], [uuid4() for _ in range(count)]
        for course_id, lesson_id in zip(courses, lessons, strict=True):
            self.course.publish(course_id, lesson(lesson_id))
        self.course.enroll(LEARNER, *reversed(courses))
        return courses, lessons

    def page(self, size: int, token: str = "", user_id: UUID = LEARNER) -> tuple[list[UUID], str]:
        found, token = self.tracking.list(user_id, size, token)
        return [each.outline.course_id for each in found], token

    def pages(self, size: int) -> list[list[UUID]]:
        """All pages, one after the other."""
        page, token = self.page(size)
        found = [page]
        while token:
            page, token = self.page(size, token)
            found.append(page)
        return found


@pytest.fixture
def world(database: Database, events: Events) -> World:
    return World(database, events)


def test_pages_go_through_all_courses_newest_first(world: World) -> None:
    courses, _ = world.enrolled(5)
    assert world.pages(2) == [courses[:2], courses[2:4], courses[4:]]
    assert world.pages(5) == [courses]
    assert world.pages(100) == [courses]


def test_pages_ask_course_for_each_thing_once(world: World) -> None:
    world.enrolled(5)
    world.pages(2)
    asked = len(world.course.asked)
    assert asked == 1 + 5
    world.pages(3)
    assert len(world.course.asked) == asked


def test_courses_that_are_not_published_leave_no_hole_in_a_page(world: World) -> None:
    courses, _ = world.enrolled(5)
    for withdrawn in (courses[1], courses[4]):
        world.course.withdraw(withdrawn)
    assert world.pages(2) == [[courses[0], courses[2]], [courses[3]]]


def test_a_page_goes_on_behind_a_course_that_was_withdrawn_meanwhile(
    database: Database, events: Events
) -> None:
    world = World(database, events, live=False)
    courses, _ = world.enrolled(3)
    _, token = world.page(1)
    world.course.withdraw(courses[0])
    world.course.enroll(LEARNER, uuid4())
    assert world.page(5, token) == (courses[1:], "")


def test_a_page_goes_on_behind_a_course_that_the_learner_left_meanwhile(
    database: Database, events: Events
) -> None:
    world = World(database, events, live=False)
    courses, _ = world.enrolled(4)
    _, token = world.page(2)
    world.course.leave(LEARNER, courses[1])
    assert world.page(2, token) == (courses[2:], "")


def test_courses_of_one_moment_are_all_in_some_page(database: Database, events: Events) -> None:
    world = World(database, events)
    world.course.hours_apart = 0
    courses, _ = world.enrolled(5)
    assert sorted(chain(*world.pages(2))) == sorted(courses)


def test_courses_that_are_not_published_are_asked_for_once(world: World) -> None:
    courses, _ = world.enrolled(3)
    world.course.withdraw(courses[1])
    for _ in range(3):
        assert world.pages(5) == [[courses[0], courses[2]]]
    assert len(world.course.asked) == 1 + 3


def test_each_course_comes_with_what_was_done_in_it(world: World) -> None:
    courses, lessons = world.enrolled(3)
    with world.database.transaction():
        world.tracking.complete_lesson(LEARNER, str(lessons[1]))
    found, _ = world.tracking.list(LEARNER, 10, "")
    assert [len(each.state.done.lessons) for each in found] == [0, 1, 0]
    since = [each.enrolled_at for each in found if each.enrolled_at]
    assert since == sorted(since, reverse=True)
    assert len(since) == len(courses)


def test_a_token_is_good_for_one_learner(world: World) -> None:
    world.enrolled(3)
    _, token = world.page(1)
    with pytest.raises(InvalidFields):
        world.page(1, token, uuid4())
    with pytest.raises(InvalidFields):
        world.page(1, f"{token}x")


def test_who_is_in_no_course_has_an_empty_page(world: World) -> None:
    assert world.page(10, user_id=uuid4()) == ([], "")


def test_who_is_not_in_a_course_does_nothing_in_it(world: World) -> None:
    (course_id,), (lesson_id,) = world.enrolled(1)
    stranger = uuid4()
    for change in (world.tracking.complete_lesson, world.tracking.undo_lesson):
        with pytest.raises(LessonNotFound):
            change(stranger, str(lesson_id))
        with pytest.raises(LessonNotFound):
            change(LEARNER, "no id")
        with pytest.raises(LessonNotFound):
            change(LEARNER, str(uuid4()))
    with pytest.raises(CourseNotFound):
        world.tracking.get(stranger, str(course_id))
    assert world.tracking.get_standing(stranger, str(course_id)).enrolled_at is None
