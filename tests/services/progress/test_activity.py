"""Days, streaks, positions, and who stands still."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.data.database import Database
from services.kit.events.events import Events
from services.progress.activity import Activities, streaks
from services.progress.reminding import Reminding
from services.progress.repository import learning, standing
from services.progress.repository.standing import Day
from stellr.notification.v1.notification_internal_service_pb2 import SendNotificationRequest
from stellr.user.v1.user_internal_service_pb2 import PersonName
from tests.services.known_courses import CourseStub, known_courses, lesson
from tests.services.progress.taking import COURSE, LEARNER, Step, outline

LESSONS = [uuid4() for _ in range(3)]
TODAY = date(2026, 11, 28)


def days_ago(*numbers: int) -> list[date]:
    return [TODAY - timedelta(days=number) for number in numbers]


@pytest.mark.parametrize(
    ("days", "current", "longest"),
    [
        ((), 0, 0),
        ((0,), 1, 1),
        ((1,), 1, 1),
        ((2,), 0, 1),
        ((0, 1, 2), 3, 3),
        ((1, 2, 4, 5, 6), 2, 3),
        ((3, 4, 5), 0, 3),
        ((0, 2, 3), 1, 2),
    ],
)
def test_a_streak_reaches_to_today_or_yesterday(
    days: tuple[int, ...], current: int, longest: int
) -> None:
    assert streaks(days_ago(*days), TODAY) == (current, longest)


@given(st.sets(st.integers(0, 60)))
def test_streaks_are_as_long_as_counted_by_hand(numbers: set[int]) -> None:
    current, longest = streaks(days_ago(*sorted(numbers)), TODAY)
    runs = [
        next(length for length in range(100) if first + length not in numbers) for first in numbers
    ]
    assert longest == max(runs, default=0)
    reaching = [run for first, run in zip(numbers, runs, strict=True) if first in {0, 1}]
    assert current == max(reaching, default=0)


class UserStub:
    """Tells one time zone of everybody."""

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone

    def GetPersonName(self, _: Any) -> PersonName:
        return PersonName(timezone=self.timezone)


def take_at(database: Database, lesson_id: UUID, at: datetime) -> None:
    with database.transaction() as unit:
        unit.connection.execute(
            "SELECT log_step(%s, %s, 'completed', %s)", (LEARNER, lesson_id, at)
        )


def test_days_are_the_learners_own_across_daylight_saving(database: Database) -> None:
    # 23:30 on the 24th in Berlin (UTC+2); 00:30 on the 26th (UTC+1), after the clocks went back.
    take_at(database, LESSONS[0], datetime(2026, 10, 24, 21, 30, tzinfo=UTC))
    take_at(database, LESSONS[1], datetime(2026, 10, 25, 22, 59, tzinfo=UTC))
    take_at(database, LESSONS[2], datetime(2026, 10, 25, 23, 30, tzinfo=UTC))
    berlin = Activities(database, UserStub("Europe/Berlin")).get(LEARNER)  # type: ignore[arg-type]
    assert [day.date.day for day in berlin.days] == [26, 25, 24]
    assert (berlin.longest_streak, berlin.current_streak) == (3, 0)
    utc = Activities(database, UserStub("UTC")).get(LEARNER)  # type: ignore[arg-type]
    assert [(day.date.day, day.lessons) for day in utc.days] == [(25, 2), (24, 1)]


def test_days_of_a_time_zone_that_postgresql_does_not_know_are_those_of_utc(
    database: Database,
) -> None:
    take_at(database, LESSONS[0], datetime(2026, 10, 24, 23, 30, tzinfo=UTC))
    found = Activities(database, UserStub("localtime")).get(LEARNER)  # type: ignore[arg-type]
    assert (found.timezone, [day.date.day for day in found.days]) == ("UTC", [24])


def test_marking_all_day_is_one_step_a_day(database: Database, events: Events) -> None:
    course = outline(*LESSONS)
    for _ in range(5):
        Step(LESSONS[0]).take(database, events, course)
        learning.undo_lesson(database, LEARNER, COURSE, LESSONS[0])
    Step(LESSONS[0], is_quiz=True).take(database, events, course)
    (_, day) = sorted(standing.list_days(database, LEARNER, "UTC"))[:2] or (None, None)
    assert day is not None
    days = standing.list_days(database, LEARNER, "UTC")
    assert sum(each.lessons for each in days) == 1
    assert sum(each.quizzes for each in days) == 1
    with database.transaction() as unit:
        count = unit.connection.execute("SELECT count(*) FROM steps").fetchone()
    assert count == (3,)


def test_a_position_is_kept_and_the_time_between_counts(database: Database, events: Events) -> None:
    Step(LESSONS[1]).take(database, events, outline(*LESSONS))
    for seconds in (10, 40):
        learning.keep_position(database, LEARNER, COURSE, LESSONS[0], seconds)
        with database.transaction() as unit:
            unit.connection.execute(
                "UPDATE lesson_positions SET updated_at = updated_at - interval '30 seconds'"
            )
    state, (_, watched) = learning.find_lessons(database, LEARNER, COURSE)
    assert state.last_lesson_id == LESSONS[0]
    assert watched[str(LESSONS[0])] == (40, 30)
    with database.transaction() as unit:
        unit.connection.execute(
            "UPDATE lesson_positions SET updated_at = updated_at - interval '1 hour'"
        )
    learning.keep_position(database, LEARNER, COURSE, LESSONS[0], 5)
    _, (_, watched) = learning.find_lessons(database, LEARNER, COURSE)
    assert watched[str(LESSONS[0])] == (5, 30)


class World:
    """Reminding on a database, with a course that a stub tells."""

    def __init__(self, database: Database, days: float = 7.0) -> None:
        self.database, self.course = database, CourseStub()
        self.course.publish(COURSE, *[lesson(each, has_quiz=True) for each in LESSONS])
        self.sent: list[SendNotificationRequest] = []
        courses = known_courses(self.course, live=False)
        after = timedelta(days=days)
        self.reminding = Reminding(database, courses, self.sent.append, after)  # type: ignore[arg-type]

    def run(self) -> list[SendNotificationRequest]:
        """What is sent by a run."""
        self.sent.clear()
        with self.database.transaction():
            assert not self.reminding.run()
        return list(self.sent)

    def let_pass(self, days: int) -> None:
        """Have everything be so long ago."""
        with self.database.transaction() as unit:
            unit.connection.execute(
                "UPDATE course_progress"
                " SET last_active_at = last_active_at - %s * interval '1 day'",
                (days,),
            )


def test_who_stands_still_is_reminded_once(database: Database, events: Events) -> None:
    world = World(database)
    with database.transaction():
        standing.set_active(database, LEARNER, COURSE, datetime.now(UTC))
    world.let_pass(6)
    assert world.run() == []
    world.let_pass(2)
    (reminder,) = world.run()
    assert reminder.user_id == str(LEARNER)
    assert reminder.WhichOneof("template") == "reminder_lesson"
    assert world.run() == []
    Step(LESSONS[0]).take(database, events, outline(*LESSONS, quiz=LESSONS[0]))
    assert world.run() == []
    world.let_pass(8)
    (reminder,) = world.run()
    assert reminder.WhichOneof("template") == "reminder_quiz"
    assert world.run() == []


def test_who_comes_back_has_time_before_the_next_reminder(database: Database) -> None:
    world = World(database)
    with database.transaction():
        standing.set_active(database, LEARNER, COURSE, datetime.now(UTC))
    world.let_pass(8)
    assert len(world.run()) == 1
    for since in (None, datetime.now(UTC) - timedelta(days=8)):
        with database.transaction():
            standing.set_active(database, LEARNER, COURSE, since)
    assert world.run() == []
    world.let_pass(8)
    with database.transaction():
        standing.set_active(database, LEARNER, COURSE, datetime.now(UTC))
    assert len(world.run()) == 1
    with database.transaction():
        standing.set_active(database, LEARNER, COURSE, datetime.now(UTC))
    assert world.run() == []


def test_who_left_or_is_done_or_has_no_course_is_not_reminded(
    database: Database, events: Events
) -> None:
    world, other = World(database), uuid4()
    with database.transaction():
        standing.set_active(database, other, COURSE, datetime.now(UTC))
        standing.set_active(database, other, COURSE, None)
        standing.set_active(database, other, uuid4(), datetime.now(UTC))
    for each in LESSONS:
        Step(each).take(database, events, outline(*LESSONS))
    world.let_pass(30)
    assert world.run() == []


def test_nobody_is_reminded_where_that_is_switched_off(database: Database) -> None:
    world = World(database, days=0)
    with database.transaction():
        standing.set_active(database, LEARNER, COURSE, datetime.now(UTC))
    world.let_pass(30)
    assert world.run() == []


def test_a_day_is_what_was_done(database: Database) -> None:
    take_at(database, LESSONS[0], datetime(2026, 1, 2, tzinfo=UTC))
    assert standing.list_days(database, LEARNER, "UTC") == [Day(date(2026, 1, 2), 1, 0)]
