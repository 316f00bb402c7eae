from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.certificate import repository
from services.certificate.errors import CertificateNotFound
from services.certificate.issuing import Issuing
from services.certificate.models import Certificate
from services.certificate.service import SERVICE, make_issuing
from services.certificate.tasks import COMPLETIONS, follow_completions, issue_certificate
from services.kit.data.database import Database
from services.kit.process.runtime import Runtime
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


def issue(runtime: Runtime, issuing: Issuing, user_id: str, course_id: str) -> None:
    with runtime.database.transaction():
        issue_certificate(issuing, user_id=user_id, course_id=course_id)


def test_each_completion_becomes_one_job_whoever_follows(
    runtime: Runtime, completed: Callable[[], tuple[str, str]]
) -> None:
    pairs = [completed() for _ in range(3)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(follow_completions, [runtime] * 4))
    follow_completions(runtime)
    found = [(job["user_id"], job["course_id"]) for job in jobs(runtime, "issue_certificate")]
    assert len(set(found)) == len(found)
    assert [pair for pair in found if pair in pairs] == pairs


def test_following_goes_on_where_it_was(
    runtime: Runtime, completed: Callable[[], tuple[str, str]]
) -> None:
    completed()
    follow_completions(runtime)
    before = len(jobs(runtime, "issue_certificate"))
    with runtime.database.transaction() as unit:
        assert repository.find_position(unit.session, COMPLETIONS)
    pair = completed()
    follow_completions(runtime)
    after = jobs(runtime, "issue_certificate")[before:]
    assert [(job["user_id"], job["course_id"]) for job in after] == [pair]


def test_a_job_that_runs_twice_issues_and_mails_once(
    runtime: Runtime, issuing: Issuing, completed: Callable[[], tuple[str, str]]
) -> None:
    pair = completed()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: issue(runtime, issuing, *pair), range(6)))
    assert certificates(runtime) == [pair]
    assert len(jobs(runtime, SEND)) == 1


def test_nobody_and_nothing_get_no_certificate_and_stop_nobody(
    runtime: Runtime, issuing: Issuing, completed: Callable[[], tuple[str, str]]
) -> None:
    user_id, course_id = completed()
    issue(runtime, issuing, str(uuid4()), course_id)
    issue(runtime, issuing, user_id, str(uuid4()))
    assert certificates(runtime) == []
    assert jobs(runtime, SEND) == []


def test_a_certificate_is_kept_by_who_is_not_in_the_course(
    runtime: Runtime, issuing: Issuing, learner: Learners, course: dict[str, Any]
) -> None:
    user_id, course_id = UUID(learner().user_id), UUID(course["courseId"])
    with runtime.database.transaction():
        issued = issuing.issue(user_id, course_id)
    for name in (course["slug"], course["courseId"]):
        assert issuing.get_issued(user_id, name).serial == issued.serial
    for name in ("no-such-course", str(uuid4())):
        with pytest.raises(CertificateNotFound):
            issuing.get_issued(user_id, name)
