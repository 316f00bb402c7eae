"""Mails and push messages that administrators send, through the door."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from services.kit.rpc.clients import MeshChannel
from stellr.notification.v1 import notification_service_pb2 as pb
from stellr.notification.v1.notification_service_pb2_grpc import NotificationServiceStub
from tests.services.notification.requests import address, card
from tests.support import Learner, Stack, Visitor, body_of, eventually, reason, violations

NEWS = {"title": "New courses", "body": "They begin in March.\n\nCome along."}


def news_to(*user_ids: str, **more: Any) -> dict[str, Any]:
    return {"userIds": list(user_ids), "template": "announcement", "data": NEWS, **more}


@pytest.mark.parametrize("path", ["/notify/email", "/notify/push"])
def test_only_administrators_send(nobody: Visitor, ann: Learner, path: str) -> None:
    assert nobody.post(path, {}).status_code == 401
    answer = ann.post(path, {"userId": "nonsense"})
    assert (answer.status_code, reason(answer)) == (403, "ROLE_REQUIRED")


def test_a_mail_to_one_and_to_many(
    stack: Stack, admin: Learner, ann: Learner, ben: Learner
) -> None:
    one = admin.post("/notify/email", {"userId": ann.user_id, "template": "welcome", "data": {}})
    assert one.status_code == 200, one.text
    (first,) = one.json()["notificationIds"]
    answer = admin.post("/notify/email", news_to(ben.user_id, ann.user_id))
    ids = answer.json()["notificationIds"]
    assert len(ids) == 2
    assert answer.json()["unknownUserIds"] == []
    for person, notification_id in zip((ben, ann), ids, strict=True):
        mail = eventually(
            lambda who=person, key=notification_id: next(
                (m for m in stack.mails(who.email) if m["Message-ID"].startswith(f"<{key}@")), None
            )
        )
        assert mail["Subject"] == "New courses"
        assert "Come along." in body_of(mail)
        assert "<p" in mail.get_body(("html",)).get_content()
    eventually(lambda: any(first in m["Message-ID"] for m in stack.mails(ann.email)))


def test_whom_nobody_knows_is_told_and_their_mail_waits(
    stack: Stack,
    admin: Learner,
    ann: Learner,
    mesh: Callable[[str, str], MeshChannel],
) -> None:
    from tests.services.notification.test_notification_rpcs import stub  # noqa: PLC0415

    unknown, email = str(uuid4()), address()
    answer = admin.post("/notify/email", news_to(unknown, ann.user_id)).json()
    assert answer["unknownUserIds"] == [unknown]
    assert len(answer["notificationIds"]) == 2
    time.sleep(0.3)
    stub(mesh("auth", "notification")).SetContact(card(unknown, email=email))
    (mail,) = eventually(lambda: stack.mails(email))
    assert answer["notificationIds"][0] in mail["Message-ID"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"template"}),
        ({"template": "welcome"}, {"userIds"}),
        ({"template": "announcement"}, {"userIds", "data.title", "data.body"}),
        ({"userId": "me", "template": "welcome"}, {"userId"}),
        ({"userIds": ["x"], "template": "welcome"}, {"userIds[0]"}),
        ({"userId": str(uuid4()), "userIds": [str(uuid4())], "template": "welcome"}, {"userIds"}),
        ({"userId": str(uuid4()), "template": "nothing"}, {"template"}),
        ({"userId": str(uuid4()), "template": "digest"}, {"template"}),
        (
            {"userId": str(uuid4()), "template": "reminder_lesson", "data": {"course_title": "x"}},
            {"data.course_title", "data.courseTitle", "data.lessonTitle"},
        ),
        (
            {"userId": str(uuid4()), "template": "verification_code", "data": {"code": 123456}},
            {"data.code"},
        ),
        (
            {"userId": str(uuid4()), "template": "new_device", "data": {"time": "yesterday"}},
            {"data.device", "data.address", "data.time"},
        ),
        (
            {
                "userId": str(uuid4()),
                "template": "announcement",
                "data": {"title": "x\r\nBcc: eve@x.example", "body": "a\u0000b"},
            },
            {"data.title", "data.body"},
        ),
        (
            {
                "userId": str(uuid4()),
                "template": "announcement",
                "data": {"title": " \u200b\u200d", "body": "\n\n\u00ad\t"},
            },
            {"data.title", "data.body"},
        ),
        (
            {
                "userId": str(uuid4()),
                "template": "certificate_ready",
                "data": {"courseTitle": "x", "serial": "../../../courses"},
            },
            {"data.serial"},
        ),
        (
            {"userId": str(uuid4()), "template": "announcement", "data": {"title": "", "body": []}},
            {"data.title", "data.body"},
        ),
    ],
)
@pytest.mark.parametrize("path", ["/notify/email", "/notify/push"])
def test_what_is_wrong_is_named(
    admin: Learner,
    path: str,
    body: dict[str, Any],
    fields: set[str],
) -> None:
    answer = admin.post(path, body)
    assert answer.status_code == 400, answer.text
    assert set(violations(answer)) == fields


def test_ten_thousand_is_the_most(admin: Learner) -> None:
    answer = admin.post("/notify/email", news_to(*[str(uuid4()) for _ in range(10_001)]))
    assert set(violations(answer)) == {"userIds"}


def test_who_is_named_twice_gets_one(stack: Stack, admin: Learner, ben: Learner) -> None:
    before = len(stack.mails(ben.email))
    again = [ben.user_id, ben.user_id.upper(), ben.user_id]
    assert len(admin.post("/notify/email", news_to(*again)).json()["notificationIds"]) == 1
    eventually(lambda: len(stack.mails(ben.email)) == before + 1)


def test_the_same_request_a_hundred_times_is_one_mail(
    stack: Stack,
    admin: Learner,
    ben: Learner,
) -> None:
    before, key = len(stack.mails(ben.email)), str(uuid4())

    def ask(_: int) -> list[str]:
        answer = admin.post("/notify/email", news_to(ben.user_id), idempotency_key=key)
        assert answer.status_code == 200, answer.text
        ids: list[str] = answer.json()["notificationIds"]
        return ids

    with ThreadPoolExecutor(16) as pool:
        assert len({tuple(ids) for ids in pool.map(ask, range(100))}) == 1
    eventually(lambda: len(stack.mails(ben.email)) == before + 1)
    time.sleep(0.5)
    assert len(stack.mails(ben.email)) == before + 1


def test_a_service_may_send_too(
    stack: Stack,
    ben: Learner,
    mesh: Callable[[str, str], MeshChannel],
) -> None:
    rpcs: Any = NotificationServiceStub(mesh("course", "notification"))
    request = pb.SendEmailRequest(user_id=ben.user_id, template="announcement")
    request.data.update({"title": "From a service", "body": "x"})
    (key,) = rpcs.SendEmail(request).notification_ids
    eventually(lambda: any(key in mail["Message-ID"] for mail in stack.mails(ben.email)))


PREVIEW = "/notify/templates/{}:preview"


def test_only_administrators_preview(nobody: Visitor, ann: Learner) -> None:
    assert nobody.post(PREVIEW.format("welcome")).status_code == 401
    assert ann.post(PREVIEW.format("welcome")).status_code == 403


def test_a_template_is_shown_in_a_language(admin: Learner) -> None:
    data = {"courseTitle": "Sterne & <Monde>", "serial": "STLR-1"}
    asked = {"data": data, "language": "de-AT"}
    shown = admin.post(PREVIEW.format("certificate_ready"), asked).json()
    assert shown["subject"] == "Dein Zertifikat ist fertig"
    assert shown["language"] == "de"
    assert "Sterne & <Monde>" in shown["text"]
    assert "Sterne &amp; &lt;Monde&gt;" in shown["html"]
    assert "STLR-1" in shown["brief"]
    assert shown["sms"] == ""


def test_without_data_they_are_made_up(admin: Learner) -> None:
    shown = admin.post(PREVIEW.format("verification_code"), {}).json()
    assert "123456" in shown["text"]
    assert "123456" in shown["sms"]
    assert shown["brief"] == ""
    assert shown["language"] == "en"


def test_a_preview_needs_a_template_and_fitting_data(admin: Learner) -> None:
    answer = admin.post(PREVIEW.format("nothing"), {})
    assert (answer.status_code, reason(answer)) == (404, "TEMPLATE_NOT_FOUND")
    answer = admin.post(PREVIEW.format("announcement"), {"data": {"title": 5}})
    assert set(violations(answer)) == {"data.title", "data.body"}
    answer = admin.post(PREVIEW.format("announcement"), {"language": "!"})
    assert set(violations(answer)) == {"language"}
