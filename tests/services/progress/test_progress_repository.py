from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from functools import partial
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.clients.course import Outline
from services.kit.data import persons
from services.kit.data.database import Database
from services.kit.events.events import Events
from services.kit.process.personal_data_servicer import pieces
from services.progress.personal import erase_person, export_person
from services.progress.repository import learning
from services.progress.repository.learning import OpenLearner
from services.progress.steps import Lessons, State
from stellr.progress.v1.events_pb2 import CourseCompleted
from tests.services.outbox import written
from tests.services.progress.taking import COURSE, LEARNER, Step, completions, outline

LESSONS = [uuid4() for _ in range(3)]
quiz = partial(Step, is_quiz=True)


def test_a_lesson_marked_again_changes_nothing(database: Database, events: Events) -> None:
    course = outline(*LESSONS)
    first = Step(LESSONS[0]).take(database, events, course)
    second = Step(LESSONS[1]).take(database, events, course)
    again = Step(LESSONS[0]).take(database, events, course)
    assert first.done.lessons == {str(LESSONS[0])}
    assert again == second
    assert again.last_lesson_id == LESSONS[1]


def test_marking_again_writes_no_row(database: Database, events: Events) -> None:
    Step(LESSONS[0]).take(database, events, outline(*LESSONS))
    rows = sa.text(
        "SELECT xmin::text FROM course_progress UNION ALL SELECT xmin::text FROM lesson_completions"
    )
    with database.transaction() as unit:
        before = unit.session.scalars(rows).all()
    Step(LESSONS[0]).take(database, events, outline(*LESSONS))
    with database.transaction() as unit:
        assert unit.session.scalars(rows).all() == before


def test_the_last_step_completes_the_course_once(database: Database, events: Events) -> None:
    course = outline(*LESSONS, quiz=LESSONS[0])
    for step in (quiz(LESSONS[0]), Step(LESSONS[0]), Step(LESSONS[1])):
        assert step.take(database, events, course).completed_at is None
    assert completions(database) == []
    completed_at = Step(LESSONS[2]).take(database, events, course).completed_at
    assert completed_at is not None
    for again in (Step(LESSONS[2]), quiz(LESSONS[0])):
        assert again.take(database, events, course).completed_at == completed_at
    (told,) = written(database, CourseCompleted)
    assert (told.user_id, told.course_id) == (str(LEARNER), str(COURSE))
    assert told.complete_time.ToDatetime(UTC) == completed_at


def test_a_completed_course_stays_completed(database: Database, events: Events) -> None:
    Step(LESSONS[0]).take(database, events, outline(LESSONS[0]))
    with database.transaction():
        learning.undo_lesson(database, LEARNER, COURSE, LESSONS[0])
    undone = learning.find_state(database, LEARNER, COURSE)
    assert undone.done.lessons == set()
    assert undone.completed_at is not None
    longer = Step(LESSONS[1]).take(database, events, outline(*LESSONS))
    assert longer.completed_at == undone.completed_at
    assert completions(database) == [(LEARNER, COURSE)]


def test_a_course_is_completed_when_what_was_missing_leaves_it(
    database: Database, events: Events
) -> None:
    Step(LESSONS[0]).take(database, events, outline(*LESSONS[:2]))
    courses = (outline(*LESSONS), outline(), outline(LESSONS[0]), outline(LESSONS[0]))
    told = []
    for course in courses:
        with database.transaction():
            learning.settle(database, events, LEARNER, course)
        told.append(len(completions(database)))
    assert told == [0, 0, 1, 1]
    assert learning.find_state(database, LEARNER, COURSE).completed_at is not None


def test_a_rolled_back_step_completes_nothing(database: Database, events: Events) -> None:
    def fail() -> None:
        with database.transaction() as unit:
            assert unit.connection
            done = Step(LESSONS[0]).within(database, events, outline(LESSONS[0]))
            assert done.completed_at is not None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert completions(database) == []
    assert learning.find_state(database, LEARNER, COURSE) == State()


@pytest.mark.parametrize(
    ("course", "first", "second"),
    [
        (outline(*LESSONS[:2]), Step(LESSONS[0]), Step(LESSONS[1])),
        (outline(LESSONS[0], quiz=LESSONS[0]), Step(LESSONS[0]), quiz(LESSONS[0])),
        (outline(LESSONS[0], quiz=LESSONS[0]), quiz(LESSONS[0]), Step(LESSONS[0])),
    ],
)
@pytest.mark.parametrize("began_before", [True, False])
def test_two_last_steps_at_the_same_moment_complete_the_course(
    database: Database,
    events: Events,
    course: Outline,
    first: Step,
    second: Step,
    *,
    began_before: bool,
) -> None:
    """The second step begins before the first one commits: it must wait, and then see it."""
    if began_before:
        Step(uuid4()).take(database, events, course)
    begun = threading.Event()

    def take_second() -> State:
        begun.set()
        return second.take(database, events, course)

    with ThreadPoolExecutor(1) as other:
        with database.transaction() as unit:
            assert unit.connection
            early = first.within(database, events, course)
            late = other.submit(take_second)
            assert begun.wait(5)
            with pytest.raises(TimeoutError):
                late.result(timeout=0.3)
        assert early.completed_at is None
        assert late.result(timeout=5).completed_at is not None
    assert completions(database) == [(LEARNER, COURSE)]


def test_all_steps_at_once_complete_the_course_once(database: Database, events: Events) -> None:
    many = [uuid4() for _ in range(20)]
    course = outline(*many, quiz=many[0])
    steps = [*map(Step, many), quiz(many[0]), *map(Step, many)]
    with ThreadPoolExecutor(5) as pool:
        states = list(pool.map(lambda step: step.take(database, events, course), steps))
    completed = {state.completed_at for state in states} - {None}
    assert len(completed) == 1
    assert completions(database) == [(LEARNER, COURSE)]


def test_different_learners_do_not_wait_for_each_other(database: Database, events: Events) -> None:
    course = outline(*LESSONS)
    with database.transaction() as unit, ThreadPoolExecutor(1) as other:
        assert unit.connection
        Step(LESSONS[0]).within(database, events, course)
        elsewhere = other.submit(Step(LESSONS[0], user_id=uuid4()).take, database, events, course)
        assert elsewhere.result(timeout=5).last_lesson_id == LESSONS[0]


def test_the_first_pass_of_a_quiz_is_kept(database: Database, events: Events) -> None:
    course = outline(*LESSONS, quiz=LESSONS[0])
    states = [quiz(LESSONS[0]).take(database, events, course) for _ in range(2)]
    assert [state.done.quizzes for state in states] == [{str(LESSONS[0])}] * 2
    assert states[0].last_lesson_id is None
    assert states[0] == states[1]


def test_open_learners_come_by_their_ids(database: Database, events: Events) -> None:
    learners = sorted(uuid4() for _ in range(5))
    for user_id in learners:
        Step(LESSONS[0], user_id=user_id).take(database, events, outline(*LESSONS[:2]))
    Step(LESSONS[1], user_id=learners[1]).take(database, events, outline(*LESSONS[:2]))
    Step(LESSONS[1], user_id=learners[3]).take(database, events, outline(*LESSONS))
    now = outline(LESSONS[0], LESSONS[1])
    first = learning.open_learners(database, now, UUID(int=0), 2)
    assert first == [
        OpenLearner(learners[0], is_done=False),
        OpenLearner(learners[2], is_done=False),
    ]
    rest = learning.open_learners(database, now, learners[2], 100)
    assert rest == [OpenLearner(learners[3], is_done=True), OpenLearner(learners[4], is_done=False)]


def test_when_lessons_were_completed_is_told_by_lesson(database: Database, events: Events) -> None:
    course = outline(*LESSONS)
    for lesson_id in LESSONS[:2]:
        Step(lesson_id).take(database, events, course)
    state, (times, _) = learning.find_lessons(database, LEARNER, COURSE)
    assert state == learning.find_state(database, LEARNER, COURSE)
    assert set(times) == set(map(str, LESSONS[:2]))
    assert times[str(LESSONS[0])] < times[str(LESSONS[1])]
    assert learning.find_lessons(database, uuid4(), COURSE) == (State(), Lessons({}, {}))


def test_late_steps_of_who_was_erased_leave_nothing(database: Database, events: Events) -> None:
    course = outline(*LESSONS[:2], quiz=LESSONS[0])
    Step(LESSONS[0]).take(database, events, course)
    with database.transaction():
        persons.erase(database, LEARNER)
        erase_person(database, LEARNER)
    assert Step(LESSONS[0]).take(database, events, course) == State()
    Step(LESSONS[1]).take(database, events, course)
    quiz(LESSONS[0]).take(database, events, course)
    assert learning.find_state(database, LEARNER, COURSE) == State()
    assert completions(database) == []
    kept = json.loads(b"".join(pieces(export_person(database, LEARNER))))
    assert kept == {
        "courses": [],
        "lessonCompletions": [],
        "quizPasses": [],
        "videoPositions": [],
    }


def test_an_export_has_every_step(database: Database, events: Events) -> None:
    course = outline(*LESSONS[:2], quiz=LESSONS[0])
    for step in (Step(LESSONS[0]), Step(LESSONS[1]), quiz(LESSONS[0])):
        step.take(database, events, course)
    kept = json.loads(b"".join(pieces(export_person(database, LEARNER))))
    (own,) = kept["courses"]
    assert (own["courseId"], own["lastLessonId"]) == (str(COURSE), str(LESSONS[1]))
    assert own["completeTime"].endswith("Z")
    done = [(each["courseId"], each["lessonId"]) for each in kept["lessonCompletions"]]
    assert sorted(done) == sorted((str(COURSE), str(each)) for each in LESSONS[:2])
    assert [each["lessonId"] for each in kept["quizPasses"]] == [str(LESSONS[0])]
    nobody = json.loads(b"".join(pieces(export_person(database, uuid4()))))
    assert nobody == {
        "courses": [],
        "lessonCompletions": [],
        "quizPasses": [],
        "videoPositions": [],
    }
