"""Results are graded anew batch by batch, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa

from services.clients.authors import AuthoredLesson
from services.kit.data import persons
from services.kit.data.database import Database
from services.kit.events.events import Events
from services.kit.metrics import Metrics
from services.kit.process.personal_data_servicer import pieces
from services.kit.work.jobs import Jobs
from services.quiz import regrading
from services.quiz.answers import Answer
from services.quiz.current import CurrentQuizzes
from services.quiz.kept import QuizVersion
from services.quiz.personal import erase_person, export_person
from services.quiz.regrading import Regrading
from services.quiz.repository import quizzes, regrades, results
from services.quiz.repository.results import KeptResult
from services.quiz.rules import Grading
from tests.services.quiz.classroom import COURSE, Classroom, _Cache, right, wrong
from tests.support import eventually

BEFORE = "::One::One? {=a ~b ~c}\n\n::Two::Two? {T}"
AFTER = "::One::One? {~a =b ~c}\n\n::Two::Two? {T}"
TAKE_JOB = sa.text(
    "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs"
    " WHERE task_name = 'regrade_quiz' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING args"
)

WAITING = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class School:
    """A classroom whose author may have results graded anew."""

    def __init__(self, database: Database, events: Events) -> None:
        self.room = Classroom(database, events)
        self.database = database
        cache: Any = _Cache()
        jobs = Jobs(database, Metrics("quiz", "test"))
        self.regrading = Regrading(database, events, CurrentQuizzes(database, cache), jobs)
        self.learners: list[UUID] = []

    @property
    def quiz(self) -> QuizVersion:
        current = quizzes.find_current(self.database, self.room.lesson_id)
        assert current
        return quizzes.find_version(self.database, current.version_id)

    def submit(self, answers: Sequence[Answer], learner: UUID | None = None) -> KeptResult:
        self.room.learner = learner or uuid4()
        self.learners.append(self.room.learner)
        return self.room.submit(answers)

    def answer(self, *texts: str) -> list[Answer]:
        """These options of the questions as they are now."""
        return [
            Answer.of(
                question.question_id,
                [option.option_id for option in question.options if option.text == text],
            )
            for question, text in zip(self.quiz.questions, texts, strict=True)
        ]

    def begin(self) -> int:
        with self.database.transaction():
            current = quizzes.find_current(self.database, self.room.lesson_id)
            assert current
            lesson = AuthoredLesson(self.room.lesson_id, COURSE, "Lesson")
            return self.regrading.begin(lesson, current)

    def step(self) -> bool:
        """Do one job; whether there was one."""
        with self.database.transaction() as unit:
            args = unit.session.execute(TAKE_JOB).scalar()
            if args:
                self.regrading.regrade(**args["values"])
            return args is not None

    def work(self) -> int:
        """Do all jobs; how many there were."""
        done = 0
        while self.step():
            done += 1
        return done

    def listed(self, learner: UUID | None = None) -> list[KeptResult]:
        learner = learner or self.learners[-1]
        return list(results.list_results(self.database, self.quiz.quiz_id, learner, None, 1000))

    def standing(self, learner: UUID | None = None) -> results.Standing:
        learner = learner or self.learners[-1]
        return results.find_standing(self.database, self.quiz.quiz_id, learner)


@pytest.fixture(name="school")
def _school(database: Database, events: Events) -> School:
    school = School(database, events)
    school.room.bring(BEFORE, pass_percentage=100)
    return school


def test_a_result_says_what_it_was_and_keeps_the_rest(school: School) -> None:
    before = school.submit(school.answer("b", "True"))
    school.room.bring(AFTER, pass_percentage=100)
    assert school.begin() == 1
    assert school.listed() == [before]
    school.work()
    (now,) = school.listed()
    kept = ("result_id", "attempt_id", "submitted_at", "answers", "version_id", "max_score")
    assert all(getattr(now, name) == getattr(before, name) for name in kept)
    assert (before.percentage, before.passed) == (50, False)
    assert (now.score, now.percentage, now.passed, now.previous_percentage) == (2, 100, True, 50)
    assert now.regraded_at
    assert now.regraded_at > now.submitted_at
    assert [each["correct"] for each in now.question_results] == [True, True]
    assert (school.standing().best, school.standing().passed, school.room.passes()) == (
        100,
        True,
        1,
    )


@pytest.mark.parametrize("in_time", [True, False])
def test_an_attempt_that_ends_later_is_graded_by_what_its_author_asked_for(
    school: School, in_time: bool
) -> None:
    seen, right_now = school.quiz, school.answer("b", "True")
    school.room.bring(BEFORE, pass_percentage=100, time_limit_seconds=60)
    school.learners.append(school.room.learner)
    taken = school.room.start()
    school.room.bring(AFTER, pass_percentage=100, time_limit_seconds=60)
    assert school.begin() == 0
    if in_time:
        school.room.submit(right_now, taken.seed)
    else:
        school.room.save(taken.seed, right_now)
        school.room.let_time_pass(61)
        school.room.end_late()
    (now,) = school.listed()
    assert (now.percentage, now.passed, now.previous_percentage) == (100, True, 50)
    assert now.version_id == taken.quiz.version_id != seen.version_id
    assert (now.regraded_version_id, now.regraded_at) == (school.quiz.version_id, now.submitted_at)
    assert [Answer.kept(each) for each in now.answers] == right_now
    assert (school.standing().best, school.room.passes()) == (100, 1)
    assert school.begin() == 0


def test_nobody_is_graded_anew_unless_the_author_asked(school: School) -> None:
    before = school.answer("b", "True")
    school.room.bring(AFTER, pass_percentage=100)
    result = school.submit(before)
    assert (result.percentage, result.regraded_at) == (50, None)
    assert school.begin() == 1
    school.work()
    school.room.bring(AFTER + "\n\n::Three::Three? {T}", pass_percentage=100)
    assert school.submit(before).percentage == 50


def test_asking_while_many_submit_misses_nobody(school: School) -> None:
    answers = school.answer("b", "True")
    school.room.bring(AFTER, pass_percentage=100)
    learners = [uuid4() for _ in range(40)]

    def submit(learner: UUID) -> None:
        room = Classroom.like(school.room, learner)
        room.submit(answers)

    with ThreadPoolExecutor(8) as pool:
        submitted = [pool.submit(submit, learner) for learner in learners]
        asked = pool.submit(school.begin)
        for each in (asked, *submitted):
            each.result()
    school.work()
    assert {school.listed(each)[0].percentage for each in learners} == {100}


def test_twice_is_once(school: School) -> None:
    school.submit(school.answer("b", "True"))
    school.submit(school.answer("a", "True"))
    school.room.bring(AFTER, pass_percentage=100)
    assert (school.begin(), school.begin()) == (2, 2)
    school.work()
    once = [school.listed(learner) for learner in school.learners]
    assert (school.begin(), school.work()) == (0, 0)
    assert [school.listed(learner) for learner in school.learners] == once
    # One passed at first, one now; neither was told twice.
    assert school.room.passes() == 2


def test_a_pass_stays_though_its_result_does_not(school: School) -> None:
    school.submit(school.answer("a", "True"))
    school.room.bring(AFTER, pass_percentage=100)
    school.begin()
    school.work()
    (now,) = school.listed()
    assert (now.percentage, now.passed, now.previous_percentage) == (50, False, 100)
    standing = school.standing()
    assert (standing.best, standing.passed, school.room.passes()) == (50, True, 1)


def test_a_correction_taken_back_is_taken_back(school: School) -> None:
    school.submit(school.answer("b", "True"))
    for text, percentage in ((AFTER, 100), (BEFORE, 50), (AFTER, 100)):
        school.room.bring(text, pass_percentage=100)
        assert school.begin() == 1
        school.work()
        assert school.listed()[0].percentage == percentage
    assert school.room.passes() == 1


def test_what_does_not_fit_stays_as_it_was(school: School) -> None:
    before = school.submit(school.answer("b", "True"))
    school.room.bring("::Two::Two? {F}", pass_percentage=100)
    assert school.begin() == 1
    school.work()
    assert school.listed() == [before]
    assert (school.standing().best, school.room.passes()) == (50, 0)


@pytest.mark.parametrize(
    ("grading", "passes"),
    [(Grading.BEST, 1), (Grading.FIRST, 1), (Grading.LAST, 0), (Grading.AVERAGE, 0)],
)
def test_what_counts_follows(school: School, grading: Grading, passes: int) -> None:
    school.room.bring(BEFORE, pass_percentage=100, grading=grading)
    learner = uuid4()
    for answer in (("b", "True"), ("c", "False"), ("c", "True")):
        school.submit(school.answer(*answer), learner)
    assert school.standing()[2:7] == (50, 50, 50, 100, False)
    school.room.bring(AFTER, pass_percentage=100, grading=grading)
    school.begin()
    school.work()
    assert school.standing()[:7] == (3, 3, 100, 100, 50, 150, bool(passes))
    assert school.room.passes() == passes


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_batches_are_bounded_and_miss_nobody(
    school: School, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(regrading, "AT_ONCE", at_once)
    learners = [uuid4() for _ in range(4)]
    for number in range(12):
        school.submit(school.answer("b", "True" if number < 4 else "False"), learners[number % 4])
    school.room.bring(AFTER, pass_percentage=100)
    assert school.begin() == 12
    assert school.work() >= 12 / at_once
    for learner in learners:
        assert [each.percentage for each in school.listed(learner)] == [50, 50, 100]
        assert school.standing(learner)[1:6] == (3, 100, 100, 50, 200)
    assert school.room.passes() == 4


def test_a_batch_that_dies_is_done_again(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regrading, "AT_ONCE", 2)
    for _ in range(6):
        school.submit(school.answer("b", "True"))
    school.room.bring(AFTER, pass_percentage=100)
    school.begin()
    school.step()
    for place, name in ((school.regrading, "_go_on"), (regrades, "add_up")):
        with monkeypatch.context() as dying:
            dying.setattr(place, name, lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                school.step()
    school.work()
    assert {school.listed(learner)[0].percentage for learner in school.learners} == {100}
    assert school.room.passes() == 6


def test_a_quiz_that_changes_midway_is_the_one_that_counts(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrading, "AT_ONCE", 2)
    for _ in range(6):
        school.submit(school.answer("b", "True"))
    school.room.bring(AFTER, pass_percentage=100)
    school.begin()
    school.step()
    school.room.bring("::One::One? {~a =b ~c}\n\n::Two::Two? {F}", pass_percentage=100)
    school.work()
    assert {school.listed(learner)[0].percentage for learner in school.learners} == {50}


def test_of_a_quiz_that_is_gone_results_stay(school: School) -> None:
    before = school.submit(school.answer("b", "True"))
    quiz_id = school.quiz.quiz_id
    school.room.bring(AFTER)
    school.begin()
    school.room.remove()
    assert school.work() == 1
    listed = results.list_results(school.database, quiz_id, school.learners[0], None, 10)
    assert listed == [before]


def test_with_a_hundred_submits_at_once_standings_are_what_results_say(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrading, "AT_ONCE", 7)
    learners = [uuid4() for _ in range(5)]
    old, seen = school.answer("b", "True"), school.quiz
    for learner in learners * 4:
        school.submit(old, learner)
    school.room.bring(AFTER, pass_percentage=100)
    assert (school.begin(), school.begin()) == (20, 20)

    def submit(number: int) -> None:
        room = Classroom(school.database, school.room._ending._events)
        room.lesson_id, room.learner = school.room.lesson_id, learners[number % 5]
        room.submit(old if number % 2 else wrong(seen)[:1])

    with ThreadPoolExecutor(6) as pool:
        regraded = [pool.submit(school.work) for _ in range(2)]
        list(pool.map(submit, range(100)))
        assert sum(each.result() for each in regraded) > 2
    school.begin()
    school.work()
    for learner in learners:
        found = school.listed(learner)[::-1]
        percentages = [each.percentage for each in found]
        standing = school.standing(learner)
        assert (standing.started, standing.results) == (24, 24)
        assert (standing.best, standing.total) == (max(percentages), sum(percentages))
        assert standing.first == percentages[0] == 100
        assert all(each.percentage == 100 for each in found if len(each.answers) == 2)
    assert school.room.passes() == 5


def test_regrading_at_once_with_attempts_that_run_out(school: School) -> None:
    school.room.bring(BEFORE, pass_percentage=100, max_attempts=5)
    learners = [uuid4() for _ in range(30)]
    answers = school.answer("b", "True")
    for learner in learners:
        school.submit(answers, learner)
    school.room.bring(BEFORE, pass_percentage=100, time_limit_seconds=60)
    for learner in learners:
        school.room.learner = learner
        school.room.save(school.room.start().seed, answers)
    school.room.let_time_pass(61)
    school.room.bring(AFTER, pass_percentage=100)
    school.begin()
    with ThreadPoolExecutor(2) as pool:
        worked, ended = pool.submit(school.work), pool.submit(school.room.end_late)
        assert (worked.result() > 0, ended.result()) == (True, False)
    school.begin()
    school.work()
    assert {school.standing(learner)[1:6] for learner in learners} == {(2, 100, 100, 100, 200)}
    assert school.room.passes() == 30


def test_who_was_erased_meanwhile_is_not_told_of(school: School) -> None:
    school.submit(school.answer("b", "True"))
    school.room.bring(AFTER, pass_percentage=100)
    school.begin()
    with school.database.transaction():
        persons.erase(school.database, school.learners[0])
        erase_person(school.database, school.learners[0])
    school.work()
    assert (school.listed(), school.room.passes()) == ([], 0)


def test_erasing_and_regrading_do_not_wait_for_each_other_for_ever(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.submit(school.answer("b", "True"))
    school.room.bring(AFTER, pass_percentage=100)
    school.begin()
    lock = regrades.lock_standings

    def erase() -> None:
        with school.database.transaction():
            persons.erase(school.database, school.learners[0])
            erase_person(school.database, school.learners[0])

    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(school.database.url, autocommit=True) as other,
    ):
        erasing: list[Future[None]] = []

        def lock_and_wait(*args: Any) -> set[UUID]:
            locked = lock(*args)
            if not erasing:
                erasing.append(pool.submit(erase))
                eventually(lambda: other.execute(WAITING).fetchone())
            return locked

        monkeypatch.setattr(regrades, "lock_standings", lock_and_wait)
        school.work()
        erasing[0].result()
    assert (school.listed(), school.room.passes()) == ([], 1)


def test_learners_take_along_what_became_of_results(school: School) -> None:
    school.submit(school.answer("b", "True"))
    school.submit(right(school.quiz), school.learners[0])
    school.room.bring(AFTER, pass_percentage=100)
    school.submit(school.answer("c", "True"), school.learners[0])
    school.begin()
    school.work()
    exported = json.loads(b"".join(pieces(export_person(school.database, school.learners[0]))))
    told = [(each["percentage"], each["previousPercentage"]) for each in exported["results"]]
    assert told == [(100, 50), (50, 100), (50, None)]
    assert [bool(each["regradeTime"]) for each in exported["results"]] == [True, True, False]
