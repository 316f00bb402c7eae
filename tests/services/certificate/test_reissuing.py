from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pypdf
import pytest

from services.kit.rpc.clients import MeshChannel
from tests.services.certificate.graduates import graduate, issued_to
from tests.support import Learner, Stack, Visitor, eventually, grant, reason, register

Mesh = Callable[[str, str], MeshChannel]
Somebody = tuple[Learner, str, dict[str, Any]]


@pytest.fixture
def somebody(stack: Stack, mesh: Mesh) -> Somebody:
    """A learner, the course, and the certificate."""
    learner, course = graduate(stack, mesh, name="Grace Murray")
    return learner, course, issued_to(learner, course)


def renamed(learner: Learner, name: str) -> None:
    assert learner.patch("/me", {"displayName": name}).status_code == 200


def test_a_new_name_comes_under_a_new_serial(somebody: Somebody, visitor: Visitor) -> None:
    learner, course, old = somebody
    renamed(learner, "Grace Hopper")
    new = learner.post(f"/certificate/{course}:reissue").json()
    assert new["serial"] != old["serial"]
    assert new["certificateId"] != old["certificateId"]
    kept = {"courseTitle", "courseId", "issueTime", "issueDay", "issueTimezone", "revoked"}
    assert {key: new[key] for key in kept} == {key: old[key] for key in kept}
    assert new["learnerName"] == "Grace Hopper"
    assert learner.get(f"/certificate/{course}").json()["certificate"] == new
    assert issued_to(learner, course) == new
    found = visitor.get(f"/certificates/{old['serial']}").json()
    assert (found["valid"], found["learnerName"]) == (False, "Grace Murray")
    assert found["replaceTime"]
    assert not found.get("revokeTime")
    # Who has the old one is not told the new name.
    page = visitor.get(f"/verify/{old['serial']}").text
    assert "was replaced" in page
    assert new["serial"] not in page
    assert "Hopper" not in page
    assert visitor.get(f"/certificates/{new['serial']}").json()["valid"] is True
    assert "is valid" in visitor.get(f"/verify/{new['serial']}").text
    document = learner.get(f"/certificate/{course}/download").content
    assert "Grace Hopper" in pypdf.PdfReader(io.BytesIO(document)).pages[0].extract_text()


def test_for_the_same_name_nothing_is_issued_anew(somebody: Somebody) -> None:
    learner, course, issued = somebody
    assert learner.post(f"/certificate/{course}:reissue").json() == issued
    renamed(learner, "Grace Hopper")
    path = f"/certificate/{course}:reissue"
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: learner.post(path), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(learner.get("/me/export").json()["certificate"]["certificates"]) == 2


def test_each_before_is_replaced(somebody: Somebody, visitor: Visitor) -> None:
    learner, course, first = somebody
    serials = [first["serial"]]
    for name in ("Grace B", "Grace C", "Grace Murray"):
        renamed(learner, name)
        serials.append(learner.post(f"/certificate/{course}:reissue").json()["serial"])
    assert len(set(serials)) == 4
    valid = [visitor.get(f"/certificates/{serial}").json()["valid"] for serial in serials]
    assert valid == [False, False, False, True]


def test_only_ones_own(somebody: Somebody, visitor: Visitor, stack: Stack) -> None:
    _, course, _ = somebody
    path = f"/certificate/{course}:reissue"
    assert visitor.post(path).status_code == 401
    for name in (course, "no-such-course", "0" * 36):
        told = register(stack).post(f"/certificate/{name}:reissue")
        assert (told.status_code, reason(told)) == (404, "CERTIFICATE_NOT_FOUND")


def test_what_cannot_be_printed_leaves_the_old_one(somebody: Somebody, visitor: Visitor) -> None:
    learner, course, issued = somebody
    renamed(learner, "Tenzin བོད")
    told = learner.post(f"/certificate/{course}:reissue")
    assert (told.status_code, reason(told)) == (400, "CERTIFICATE_NOT_PRINTABLE")
    assert visitor.get(f"/certificates/{issued['serial']}").json()["valid"] is True


def test_a_revoked_one_is_not_reissued_and_revoking_reaches_what_replaced_it(
    somebody: Somebody, visitor: Visitor, stack: Stack
) -> None:
    learner, course, old = somebody
    admin = register(stack)
    grant(stack, admin, "admin")
    renamed(learner, "Grace Hopper")
    new = learner.post(f"/certificate/{course}:reissue").json()
    admin.post(f"/certificates/{old['serial']}:revoke", {"reason": "Cheated"})
    for serial in (old["serial"], new["serial"]):
        found = visitor.get(f"/certificates/{serial}").json()
        assert (found["valid"], found["reason"]) == (False, "Cheated")
    for name in ("Grace Hopper", "Grace Murray"):
        renamed(learner, name)
        told = learner.post(f"/certificate/{course}:reissue")
        assert (told.status_code, reason(told)) == (400, "CERTIFICATE_REVOKED")
    assert issued_to(learner, course)["revoked"] is True


def test_an_admin_reissues_what_was_revoked_by_mistake(
    somebody: Somebody, visitor: Visitor, stack: Stack
) -> None:
    learner, course, old = somebody
    admin = register(stack)
    grant(stack, admin, "admin")
    path = f"/certificates/{old['serial']}:reissue"
    assert visitor.post(path).status_code == 401
    told = learner.post(path)
    assert (told.status_code, reason(told)) == (403, "ROLE_REQUIRED")
    told = admin.post("/certificates/0000-0000-0000-0000:reissue")
    assert (told.status_code, reason(told)) == (404, "CERTIFICATE_NOT_FOUND")
    assert admin.post(path).json() == old
    admin.post(f"/certificates/{old['serial']}:revoke", {"reason": "Mistaken"})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: admin.post(path), range(16)))
    assert len({answer.text for answer in answers}) == 1
    new = answers[0].json()
    assert new["serial"] != old["serial"]
    assert issued_to(learner, course) == new
    found = visitor.get(f"/certificates/{old['serial']}").json()
    assert (found["valid"], found["reason"]) == (False, "Mistaken")
    assert visitor.get(f"/certificates/{new['serial']}").json()["valid"] is True
    renamed(learner, "Grace Hopper")
    assert admin.post(path).json()["learnerName"] == "Grace Hopper"


def test_revoking_and_reissuing_at_once_leaves_none_valid(
    somebody: Somebody, visitor: Visitor, stack: Stack
) -> None:
    learner, course, old = somebody
    admin = register(stack)
    grant(stack, admin, "admin")
    revoke = f"/certificates/{old['serial']}:revoke"
    renamed(learner, "Grace Hopper")
    with ThreadPoolExecutor(12) as pool:
        for turn in range(6):
            pool.submit(learner.post, f"/certificate/{course}:reissue")
            if turn == 3:
                pool.submit(admin.post, revoke, {"reason": "Cheated"})
    current = issued_to(learner, course)
    assert current["revoked"] is True
    assert visitor.get(f"/certificates/{current['serial']}").json()["valid"] is False


def test_a_person_is_taken_off_all_of_them(
    somebody: Somebody, visitor: Visitor, stack: Stack
) -> None:
    learner, course, old = somebody
    renamed(learner, "Grace Hopper")
    new = learner.post(f"/certificate/{course}:reissue").json()
    assert stack.command("admin", "erase", learner.email, "--yes").returncode == 0
    serials = (old["serial"], new["serial"])
    eventually(
        lambda: not any(visitor.get(f"/certificates/{s}").json()["learnerName"] for s in serials),
        15,
    )
