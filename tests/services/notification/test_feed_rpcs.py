"""The feed of learners, through the door."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from services.kit.rpc.clients import MeshChannel
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.notification.v1.template_pb2 import CertificateReady
from tests.services.notification.requests import Tell, to_person
from tests.support import Learner, Stack, Visitor, eventually, reason, register, violations


def feed(somebody: Visitor, **query: Any) -> dict[str, Any]:
    answer = somebody.get("/notifications", **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [item["notificationId"] for item in found["notifications"]]


def test_nobody_has_a_feed(nobody: Visitor) -> None:
    for answer in (
        nobody.get("/notifications"),
        nobody.post(f"/notifications/{uuid4()}:read"),
        nobody.post("/notifications:readAll"),
        nobody.get("/notifications/stream"),
    ):
        assert (answer.status_code, reason(answer)) == (401, "SIGN_IN_REQUIRED")


def test_a_message_is_there_with_its_words_and_is_read(stack: Stack, tell: Tell) -> None:
    somebody = register(stack)
    assert feed(somebody) == {
        "notifications": [],
        "nextPageToken": "",
        "unreadCount": 0,
        "position": "0",
    }
    key = tell(somebody)
    found = feed(somebody)
    (item,) = found["notifications"]
    assert found["unreadCount"] == 1
    assert item["notificationId"] == key
    assert item["title"] == "Your certificate is ready"
    assert "The night sky" in item["body"]
    assert item["link"] == f"{stack.url}/verify/S-1"
    assert (item["category"], item["language"]) == ("achievements", "en")
    assert "readTime" not in item
    read = somebody.post(f"/notifications/{key}:read").json()
    assert read["readTime"]
    assert somebody.post(f"/notifications/{key}:read").json() == read
    assert feed(somebody)["unreadCount"] == 0
    assert ids(feed(somebody)) == [key]
    assert ids(feed(somebody, unreadOnly=True)) == []


def test_what_an_administrator_pushes_is_in_the_list_too(stack: Stack, admin: Learner) -> None:
    """So who has no device finds it, and who taps on a notice finds it again."""
    somebody, silent = register(stack), register(stack)
    off = {"channels": {"inApp": {"announcements": False}}}
    assert silent.patch("/notify/preferences", off).status_code == 200
    people = [somebody.user_id, silent.user_id]

    def push(template: str, **data: str) -> list[str]:
        asked = {"userIds": people, "template": template, "data": data}
        found: list[str] = admin.post("/notify/push", asked).json()["notificationIds"]
        return found

    key, _ = push("announcement", title="New courses", body="In March.\n\nCome along.")
    push("verification_code", code="314159")
    (item,) = eventually(lambda: feed(somebody)["notifications"])
    assert (item["notificationId"], item["title"]) == (key, "New courses")
    assert item["body"] == "In March.\n\nCome along."
    assert somebody.post(f"/notifications/{key}:read").status_code == 200
    assert ids(feed(silent)) == []


def test_the_same_message_again_is_there_once(
    stack: Stack, mesh: Callable[[str, str], MeshChannel]
) -> None:
    somebody = register(stack)
    stub = NotificationInternalServiceStub(mesh("certificate", "notification"))
    ready = CertificateReady(course_title="The night sky", serial="S-1")
    request = to_person(somebody.user_id, certificate_ready=ready)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: stub.SendNotification(request), range(100)))
    assert ids(feed(somebody)) == [request.notification_id]


def test_pages_the_newest_first_whatever_comes_meanwhile(stack: Stack, tell: Tell) -> None:
    somebody = register(stack)
    told = [tell(somebody, f"Course {number}") for number in range(7)]
    first = feed(somebody, pageSize=3)
    assert ids(first) == told[:-4:-1]
    tell(somebody, "Later")
    second = feed(somebody, pageSize=3, pageToken=first["nextPageToken"])
    third = feed(somebody, pageSize=3, pageToken=second["nextPageToken"])
    assert [*ids(first), *ids(second), *ids(third)] == told[::-1]
    assert third["nextPageToken"] == ""
    assert third["unreadCount"] == 8
    # Behind the last one the number is told all the same.
    last = feed(somebody, pageSize=7)
    assert feed(somebody, pageToken=last["nextPageToken"])["unreadCount"] == 8


def test_a_page_token_is_good_for_its_list_alone(
    stack: Stack,
    tell: Tell,
    ann: Learner,
) -> None:
    somebody = register(stack)
    tell(somebody), tell(somebody)
    token = feed(somebody, pageSize=1)["nextPageToken"]
    for who, query in (
        (ann, {"pageToken": token}),
        (somebody, {"pageToken": token, "unreadOnly": True}),
        (somebody, {"pageToken": "nonsense"}),
    ):
        answer = who.get("/notifications", **query)
        assert (answer.status_code, set(violations(answer))) == (400, {"pageToken"})
    answer = somebody.get("/notifications", pageSize=101)
    assert set(violations(answer)) == {"pageSize"}


def test_a_message_of_another_is_not_there(ann: Learner, ben: Learner, tell: Tell) -> None:
    key = tell(ann)
    assert key not in ids(feed(ben))
    for bad in (key, str(uuid4()), "nonsense"):
        answer = ben.post(f"/notifications/{bad}:read")
        assert (answer.status_code, reason(answer)) == (404, "NOTIFICATION_NOT_FOUND")
    assert key in ids(feed(ann, unreadOnly=True))


def test_all_are_read_up_to_a_moment(stack: Stack, tell: Tell) -> None:
    somebody = register(stack)
    old, seen, new = (tell(somebody) for _ in range(3))
    shown = {item["notificationId"]: item for item in feed(somebody)["notifications"]}
    until = shown[seen]["createTime"]
    answer = somebody.post("/notifications:readAll", {"untilTime": until})
    assert answer.json() == {"unreadCount": 1}
    assert ids(feed(somebody, unreadOnly=True)) == [new]
    assert somebody.post("/notifications:readAll").json() == {"unreadCount": 0}
    assert ids(feed(somebody)) == [new, seen, old]
    answer = somebody.post("/notifications:readAll", {"untilTime": "yesterday"})
    assert answer.status_code == 400


def test_what_comes_while_all_are_read_stays_unread(stack: Stack, tell: Tell) -> None:
    somebody = register(stack)
    known = [tell(somebody) for _ in range(3)]
    until = feed(somebody)["notifications"][0]["createTime"]
    with ThreadPoolExecutor(6) as pool:
        coming = [pool.submit(tell, somebody) for _ in range(10)]
        for _ in range(5):
            somebody.post("/notifications:readAll", {"untilTime": until})
        came = {each.result() for each in coming}
    assert set(ids(feed(somebody, unreadOnly=True, pageSize=100))) == came
    assert set(known) <= set(ids(feed(somebody, pageSize=100)))


def test_what_is_switched_off_is_not_there(stack: Stack, tell: Tell) -> None:
    somebody = register(stack)
    off = {"channels": {"inApp": {"achievements": False}}}
    assert somebody.patch("/notify/preferences", off).status_code == 200
    tell(somebody)
    assert ids(feed(somebody)) == []
