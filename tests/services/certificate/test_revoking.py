from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.kit.rpc.clients import MeshChannel
from tests.services.certificate.graduates import graduate, issued_to
from tests.support import (
    Learner,
    Stack,
    Visitor,
    body_of,
    eventually,
    grant,
    reason,
    register,
    violations,
)

Mesh = Callable[[str, str], MeshChannel]
Learners = Callable[..., Learner]
WHY = "Issued by mistake"


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Learner:
    person = register(stack)
    grant(stack, person, "admin")
    return person


@pytest.fixture
def somebody(stack: Stack, mesh: Mesh) -> tuple[Learner, str, dict[str, Any]]:
    """A learner, the course, and the certificate."""
    learner, course = graduate(stack, mesh)
    return learner, course, issued_to(learner, course)


Somebody = tuple[Learner, str, dict[str, Any]]


def test_a_revoked_certificate_is_known_and_not_valid(
    somebody: Somebody, admin: Learner, visitor: Visitor
) -> None:
    learner, course, issued = somebody
    # As pasted from a letter.
    pasted = issued["serial"].replace("-", "\u2013").lower()
    path = f"/certificates/{pasted}:revoke"
    answer = admin.post(path, {"reason": f" {WHY} "})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["valid"], answer.json()["reason"]) == (False, WHY)
    found = visitor.get(f"/certificates/{issued['serial']}").json()
    assert found == answer.json()
    assert found["revokeTime"]
    page = visitor.get(f"/verify/{issued['serial']}")
    assert page.status_code == 200
    assert "was revoked" in page.text
    assert WHY in page.text
    own = learner.get(f"/certificate/{course}").json()["certificate"]
    assert own == issued_to(learner, course) == {**issued, "revoked": True}
    assert learner.get(f"/certificate/{course}/download").status_code == 200


def test_the_learner_is_told_once(stack: Stack, somebody: Somebody, admin: Learner) -> None:
    learner, _, issued = somebody
    path = f"/certificates/{issued['serial']}:revoke"
    for _ in range(2):
        assert admin.post(path, {"reason": WHY}).status_code == 200

    def told() -> list[str]:
        mails = [body_of(mail) for mail in stack.mails(learner.email)]
        return [text for text in mails if "was revoked" in text]

    (text,) = eventually(told, 10)
    assert WHY in text
    assert issued["serial"] in text
    assert len(told()) == 1


def test_revoking_again_changes_nothing(somebody: Somebody, admin: Learner) -> None:
    path = f"/certificates/{somebody[2]['serial']}:revoke"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: admin.post(path, {"reason": f"No. {n}"}), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert admin.post(path, {"reason": "later"}).json() == answers[0].json()


def test_only_an_admin_revokes(
    somebody: Somebody, stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    own, _, issued = somebody
    path, author = f"/certificates/{issued['serial']}:revoke", learner()
    grant(stack, author, "author")
    told = visitor.post(path, {"reason": WHY})
    assert (told.status_code, reason(told)) == (401, "SIGN_IN_REQUIRED")
    for person in (own, learner(), author):
        # Before the body is looked at.
        told = person.post(path, {})
        assert (told.status_code, reason(told)) == (403, "ROLE_REQUIRED")
    assert visitor.get(f"/certificates/{issued['serial']}").json()["valid"] is True


def test_a_reason_is_needed_and_a_certificate(somebody: Somebody, admin: Learner) -> None:
    path = f"/certificates/{somebody[2]['serial']}:revoke"
    for bad in ("", " ", "x" * 501, "two\nlines"):
        answer = admin.post(path, {"reason": bad})
        assert (answer.status_code, set(violations(answer))) == (400, {"reason"})
    for unknown in ("0000-0000-0000-0000", "nonsense"):
        answer = admin.post(f"/certificates/{unknown}:revoke", {"reason": WHY})
        assert (answer.status_code, reason(answer)) == (404, "CERTIFICATE_NOT_FOUND")


def test_it_outlives_course_and_account(somebody: Somebody, stack: Stack, visitor: Visitor) -> None:
    learner, _, issued = somebody
    assert stack.command("admin", "erase", learner.email, "--yes").returncode == 0
    path = f"/certificates/{issued['serial']}"

    def nameless() -> Any:
        found = visitor.get(path).json()
        return None if found["learnerName"] else found

    found = eventually(nameless, 15)
    assert (found["valid"], found["courseTitle"]) == (True, issued["courseTitle"])
    assert visitor.get(f"{path}/credential").status_code == 200
