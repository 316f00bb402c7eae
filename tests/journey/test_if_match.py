"""The header If-Match: who changes what was changed meanwhile is refused (RFC 9110, 13.1.1)."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests import support
from tests.support import Learner, Stack, reason, violations


@pytest.fixture(name="owner", scope="module")
def _owner(stack: Stack) -> Learner:
    return support.author(stack)


@pytest.fixture(name="own")
def _own(owner: Learner) -> dict[str, Any]:
    made = owner.post("/courses", {"title": f"Own {secrets.token_hex(4)}"})
    assert made.status_code == 200, made.text
    found: dict[str, Any] = made.json()
    return found


def test_the_present_state_may_be_changed(owner: Learner, own: dict[str, Any]) -> None:
    path, etag = f"/courses/{own['courseId']}", own["etag"]
    for tag in (f'"{etag}"', "*"):
        changed = owner.patch(path, {"summary": tag}, If_Match=tag)
        assert changed.status_code == 200, changed.text
    # As a compressed answer has it.
    weak = f'W/"{changed.json()["etag"]}"'
    assert owner.patch(path, {"summary": "weak"}, If_Match=weak).status_code == 200


def test_an_older_state_may_not(owner: Learner, own: dict[str, Any]) -> None:
    path, old = f"/courses/{own['courseId']}", own["etag"]
    new = owner.patch(path, {"summary": "new"}).json()["etag"]
    refused = owner.patch(path, {"summary": "newer"}, If_Match=f'"{old}"')
    assert (refused.status_code, refused.json()["code"]) == (412, 10)
    assert reason(refused) == "ETAG_STALE"
    assert owner.delete(path, If_Match=f'"{old}"').status_code == 412
    # In the body it is a field of the resource: 409, as ever.
    assert owner.patch(path, {"summary": "newer", "etag": old}).status_code == 409
    both = owner.patch(path, {"summary": "newer", "etag": new}, If_Match=f'"{old}"')
    assert both.status_code == 412
    assert owner.get(path).json()["summary"] == "new"


def test_several_etags_are_too_many(owner: Learner, own: dict[str, Any]) -> None:
    refused = owner.patch(f"/courses/{own['courseId']}", {"summary": "x"}, If_Match='"a", "b"')
    assert violations(refused) == {"If-Match": "must be one etag, or *"}


def test_a_lesson_has_its_own_etag(owner: Learner, own: dict[str, Any]) -> None:
    made = owner.post(f"/courses/{own['courseId']}/lessons", {"title": "One"}).json()
    path, tag = f"/lessons/{made['lessonId']}", f'"{made["etag"]}"'
    assert owner.patch(path, {"title": "Two"}, If_Match=tag).status_code == 200
    # Also where the mask names other fields alone.
    stale = owner.patch(f"{path}?updateMask=title", {"title": "3"}, If_Match=tag)
    assert stale.status_code == 412
    assert owner.delete(path, If_Match=tag).status_code == 412


def test_of_many_at_once_one_is_first(owner: Learner, own: dict[str, Any]) -> None:
    path, tag = f"/courses/{own['courseId']}", f'"{own["etag"]}"'

    def change(number: int) -> int:
        return owner.patch(path, {"summary": str(number)}, If_Match=tag).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(change, range(16)))
    assert statuses == [200] + [412] * 15


def test_what_has_no_etag_disregards_it(owner: Learner) -> None:
    assert owner.patch("/me", {"bio": "x"}, If_Match='"any"').status_code == 200
