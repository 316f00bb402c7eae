from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.certificate.dates import day_in
from services.certificate.drafting import Course, Person, draft
from services.certificate.errors import CertificateNotFound
from services.certificate.issuing import Issuing
from services.certificate.models import Certificate
from services.certificate.repository import certificates as repository
from services.certificate.service import SERVICE, make_issuing
from services.certificate.tasks import AutomaticIssuing
from services.kit.data.database import Database
from services.kit.errors import NotFound
from services.kit.process.runtime import Runtime
from stellr.progress.v1.events_pb2 import CourseCompleted
from tests.services.in_process import runtime_of
from tests.services.own_course import make_course
from tests.support import Learner, Stack

Learners = Callable[..., Learner]
SEND = "/stellr.notification.v1.NotificationInternalService/SendNotification"
JOBS = sa.text("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")


@pytest.fixture
def runtime(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Runtime]:
    """A certificate service with nothing in its database, and no worker that takes its jobs."""
    runtime = runtime_of(SERVICE, stack, database_of("certificate"), monkeypatch)
    yield runtime
    runtime.close()


@pytest.fixture
def issuing(runtime: Runtime) -> Issuing:
    """What issues the certificates of that service."""
    return make_issuing(runtime)


@pytest.fixture
def automatic(runtime: Runtime, issuing: Issuing) -> AutomaticIssuing:
    """What issues them without being asked."""
    return AutomaticIssuing(issuing, runtime.jobs)


@pytest.fixture
def completed(learner: Learners, mesh: Any) -> Callable[[], tuple[str, str]]:
    """Makes a learner who completed a course: their ids."""

    def make() -> tuple[str, str]:
        somebody, own = learner(), make_course(mesh)
        somebody.post(f"/courses/{own.course_id}/enroll")
        for lesson_id in (own.lesson_id, own.preview_id):
            somebody.post("/progress/mark-complete", {"lessonId": lesson_id})
        return somebody.user_id, own.course_id

    return make


def jobs(runtime: Runtime, task: str) -> list[dict[str, Any]]:
    with runtime.database.transaction() as unit:
        return [args["values"] for name, args in unit.session.execute(JOBS) if name == task]


def certificates(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.database.transaction() as unit:
        found = unit.session.scalars(sa.select(Certificate)).all()
        return [(str(one.user_id), str(one.course_id)) for one in found]


def issue(runtime: Runtime, automatic: AutomaticIssuing, user_id: str, course_id: str) -> None:
    with runtime.database.transaction():
        automatic.issue_certificate(user_id=user_id, course_id=course_id)


def test_a_completed_course_becomes_a_job(runtime: Runtime, automatic: AutomaticIssuing) -> None:
    user_id, course_id = str(uuid4()), str(uuid4())
    with runtime.database.transaction():
        automatic.course_completed(CourseCompleted(user_id=user_id, course_id=course_id))
    assert jobs(runtime, "issue_certificate") == [{"user_id": user_id, "course_id": course_id}]


def test_a_job_that_runs_twice_issues_and_mails_once(
    runtime: Runtime, automatic: AutomaticIssuing, completed: Callable[[], tuple[str, str]]
) -> None:
    pair = completed()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: issue(runtime, automatic, *pair), range(6)))
    assert certificates(runtime) == [pair]
    assert len(jobs(runtime, SEND)) == 1


def test_nobody_and_nothing_get_no_certificate_and_stop_nobody(
    runtime: Runtime, automatic: AutomaticIssuing, completed: Callable[[], tuple[str, str]]
) -> None:
    user_id, course_id = completed()
    issue(runtime, automatic, str(uuid4()), course_id)
    issue(runtime, automatic, user_id, str(uuid4()))
    assert certificates(runtime) == []
    assert jobs(runtime, SEND) == []


def test_the_day_is_that_of_the_learner(
    runtime: Runtime, issuing: Issuing, learner: Learners, course: dict[str, Any]
) -> None:
    somebody = learner()
    somebody.patch("/me", {"timezone": "Pacific/Kiritimati"})
    with runtime.database.transaction():
        issued = issuing.issue(UUID(somebody.user_id), UUID(course["courseId"]))
    assert issued.timezone == "Pacific/Kiritimati"
    assert issued.issue_day == day_in(issued.issued_at, "Pacific/Kiritimati")


def test_a_job_leaves_alone_what_cannot_be_printed(
    runtime: Runtime, automatic: AutomaticIssuing, learner: Learners, course: dict[str, Any]
) -> None:
    somebody = learner(name="Tenzin བོད")
    issue(runtime, automatic, somebody.user_id, course["courseId"])
    assert certificates(runtime) == []
    assert jobs(runtime, SEND) == []


def test_a_certificate_is_kept_by_who_is_not_in_the_course(
    runtime: Runtime, issuing: Issuing, learner: Learners, course: dict[str, Any]
) -> None:
    user_id, course_id = UUID(learner().user_id), UUID(course["courseId"])
    with runtime.database.transaction():
        issued = issuing.issue(user_id, course_id)
    for name in (course["slug"], course["courseId"]):
        standing, found = issuing.get_standing(user_id, name)
        assert (standing.completed, found) == (True, issued)
        assert issuing.claim(user_id, name) == issued
        assert issuing.get_issued(user_id, name) == issued
    for name in ("no-such-course", str(uuid4())):
        with pytest.raises(CertificateNotFound):
            issuing.get_issued(user_id, name)


def test_a_certificate_is_kept_where_the_course_is_gone(runtime: Runtime, issuing: Issuing) -> None:
    user_id, gone = uuid4(), Course(uuid4(), "The Night Sky")
    made = draft(Person(user_id, "Zoë", "UTC"), gone, datetime.now(UTC))
    with runtime.database.transaction():
        issued = repository.create_certificate(runtime.database, made)
    standing, found = issuing.get_standing(user_id, str(gone.course_id))
    assert (standing.completed, list(standing.missing), found) == (True, [], issued)
    assert issuing.claim(user_id, str(gone.course_id)) == issued
    assert issuing.get_issued(user_id, str(gone.course_id)) == issued
    with pytest.raises(NotFound):
        issuing.get_standing(uuid4(), str(gone.course_id))
