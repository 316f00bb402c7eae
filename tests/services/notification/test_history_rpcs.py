"""What was sent, and what was given up, through the door."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg

from services.kit.rpc.clients import MeshChannel
from stellr.notification.v1.template_pb2 import VerificationCode
from tests.services.notification.requests import to_phone
from tests.support import Learner, Stack, Visitor, eventually, reason, violations

DEAD = "/notify/dead-letters"
HISTORY = "/notify/history"


def bury(stack: Stack, **where: str) -> None:
    """Have deliveries be given up, as if a server had refused them."""
    url = stack.run["databases"]["notification"]
    ((column, value),) = where.items()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f"UPDATE deliveries SET state = 'dead', reason = 'refused', attempts = 3,"
            f" closed_at = now() WHERE {column} = %s".encode(),
            (value,),
        )
        connection.execute(
            'UPDATE notifications SET data = \'{"title": "Again", "body": "b"}\', unclosed = 1'
            " FROM deliveries WHERE notifications.notification_id = deliveries.notification_id"
            f" AND deliveries.{column} = %s AND notifications.template = 'announcement'".encode(),
            (value,),
        )


def send(admin: Learner, *people: Learner, **more: Any) -> list[str]:
    body = {
        "userIds": [each.user_id for each in people],
        "template": "announcement",
        "data": {"title": "News", "body": "b"},
        **more,
    }
    ids: list[str] = admin.post("/notify/email", body).json()["notificationIds"]
    for person, key in zip(people, ids, strict=True):
        eventually(lambda who=person, key=key: _found(who, key))
    return ids


def _found(person: Learner, key: str) -> dict[str, Any] | None:
    rows = person.get(HISTORY).json()["deliveries"]
    return next(
        (
            row
            for row in rows
            if row["notificationId"] == key and row["state"] == "DELIVERY_STATE_SENT"
        ),
        None,
    )


def test_history_is_ones_own(
    nobody: Visitor,
    admin: Learner,
    ann: Learner,
    ben: Learner,
) -> None:
    assert nobody.get(HISTORY).status_code == 401
    (key,) = send(admin, ann)
    own = ann.get(HISTORY).json()["deliveries"]
    assert {row["userId"] for row in own} == {ann.user_id}
    first = own[0]
    assert first["notificationId"] == key
    assert first["channel"] == "CHANNEL_EMAIL"
    assert first["template"] == "announcement"
    assert first["createTime"] <= first["closeTime"]
    assert ann.get(HISTORY, userId="me").json()["deliveries"] == own
    assert ann.get(HISTORY, userId=ann.user_id).json()["deliveries"] == own
    for other in (ben.user_id, str(uuid4()), "x"):
        assert ann.get(HISTORY, userId=other).status_code == 404
    assert admin.get(HISTORY, userId=ann.user_id).json()["deliveries"] == own
    everybody = admin.get(HISTORY, pageSize=100).json()["deliveries"]
    assert ann.user_id in {row["userId"] for row in everybody}


def test_history_has_pages_and_filters(admin: Learner, ben: Learner) -> None:
    for _ in range(3):
        send(admin, ben)
    asked = {"userId": ben.user_id, "template": "announcement", "channel": "CHANNEL_EMAIL"}
    seen: list[str] = []
    token = ""
    while True:
        page = admin.get(HISTORY, pageSize=2, pageToken=token, **asked).json()
        seen += [row["deliveryId"] for row in page["deliveries"]]
        token = page["nextPageToken"]
        if not token:
            break
    assert len(seen) == len(set(seen)) >= 3
    assert seen == sorted(seen, reverse=True)
    assert admin.get(HISTORY, state="DELIVERY_STATE_HELD", **asked).json()["deliveries"] == []
    answer = admin.get(HISTORY, pageToken="x", pageSize=1)
    assert set(violations(answer)) == {"pageToken"}
    assert set(violations(admin.get(HISTORY, pageSize=101))) == {"pageSize"}


def test_only_administrators_see_the_dead(nobody: Visitor, ann: Learner) -> None:
    resend = f"{DEAD}/{uuid4()}:resend"
    assert nobody.get(DEAD).status_code == 401
    assert nobody.post(resend).status_code == 401
    assert ann.get(DEAD).status_code == 403
    assert ann.post(resend).status_code == 403


def test_what_was_given_up_is_sent_once_however_often_that_is_said(
    stack: Stack,
    admin: Learner,
    ann: Learner,
) -> None:
    (key,) = send(admin, ann)
    before = len(stack.mails(ann.email))
    bury(stack, notification_id=key)
    filters = {"channel": "CHANNEL_EMAIL", "template": "announcement"}
    rows = admin.get(DEAD, **filters).json()["deadLetters"]
    (dead,) = [row for row in rows if row["notificationId"] == key]
    assert (dead["reason"], dead["attempts"]) == ("refused", 3)
    # What is in the outbox already is let be: this is the same message.
    path = stack.state / "outbox" / f"{key}.eml"
    path.unlink()

    def resend(_: int) -> int:
        return admin.post(f"{DEAD}/{dead['deliveryId']}:resend").status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(resend, range(100))) == {200}
    eventually(path.exists)
    assert b"Again" in path.read_bytes()
    assert before == len(stack.mails(ann.email))
    eventually(lambda: _found(ann, key))
    again = admin.post(f"{DEAD}/{dead['deliveryId']}:resend").json()
    assert again["state"] == "DELIVERY_STATE_SENT"
    rows = admin.get(DEAD, **filters).json()["deadLetters"]
    assert key not in {row["notificationId"] for row in rows}


def test_a_code_is_not_sent_again(
    stack: Stack,
    admin: Learner,
    mesh: Callable[[str, str], MeshChannel],
) -> None:
    from tests.services.notification.test_notification_rpcs import stub  # noqa: PLC0415

    request = to_phone("+12025550143", verification_code=VerificationCode(code="314159"))
    stub(mesh("auth", "notification")).SendNotification(request)
    eventually((stack.state / "outbox" / f"{request.notification_id}.sms.json").exists)
    bury(stack, notification_id=request.notification_id)
    rows = admin.get(DEAD, channel="CHANNEL_SMS").json()["deadLetters"]
    (dead,) = [row for row in rows if row["notificationId"] == request.notification_id]
    assert dead["userId"] == ""
    answer = admin.post(f"{DEAD}/{dead['deliveryId']}:resend")
    assert (answer.status_code, reason(answer)) == (400, "DELIVERY_FORGOTTEN")


def test_what_is_not_there_is_not_found(admin: Learner) -> None:
    for key in (str(uuid4()), "x"):
        answer = admin.post(f"{DEAD}/{key}:resend")
        assert (answer.status_code, reason(answer)) == (404, "DELIVERY_NOT_FOUND")
    assert set(violations(admin.get(DEAD, pageSize=101))) == {"pageSize"}
