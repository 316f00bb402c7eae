"""Push messages by the real firebase-admin client, to a peer that speaks Firebase's API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notification.push.firebase import FirebasePush
from services.notification.push.messages import PushDevice, PushMessage, Urgency
from services.notification.refusals import DeviceGone, TransportError
from tests.services.notification.push.firebase_server import Firebase, firebase_server, refusal
from tests.support import PATIENCE

TOKEN = "a-registration:token"


@pytest.fixture
def firebase() -> Iterator[Firebase]:
    with firebase_server() as server:
        yield server


@pytest.fixture
def push(firebase: Firebase, tmp_path: Path) -> FirebasePush:
    return FirebasePush(firebase.account(tmp_path), firebase.url, timeout=2.0)


def device(token: str = TOKEN) -> PushDevice:
    return PushDevice(uuid4(), uuid4(), token=token)


def message(**more: Any) -> PushMessage:
    return PushMessage(uuid4(), "A title", "Ünïcode 漢字", **more)


def send(push: FirebasePush, token: str = TOKEN, **more: Any) -> UUID:
    told, taken = message(**more), []
    push.send(device(token), told, lambda: taken.append(1))
    assert taken == [1]
    return told.notification_id


def refused(push: FirebasePush, token: str = TOKEN) -> TransportError:
    with pytest.raises(TransportError) as caught:
        push.send(device(token), message(), lambda: pytest.fail("it was not taken"))
    assert token not in str(caught.value)
    return caught.value


def test_a_message_arrives_with_its_words_and_its_data(
    push: FirebasePush, firebase: Firebase
) -> None:
    link = "https://academy.example/verify/1"
    key = send(push, link=link, urgency=Urgency.HIGH, seconds=3600)
    (sent,) = firebase.sent
    assert sent["token"] == TOKEN
    assert sent["notification"] == {"title": "A title", "body": "Ünïcode 漢字"}
    assert sent["data"] == {"notificationId": str(key), "link": link}
    assert sent["android"]["priority"] == "high"
    assert sent["android"]["ttl"] == "3600s"
    # A copy takes the place of what is shown already.
    assert sent["android"]["notification"]["tag"] == str(key)
    assert sent["apns"]["headers"]["apns-collapse-id"] == str(key)
    assert sent["webpush"]["fcm_options"] == {"link": link}


def test_one_access_token_is_good_for_many(push: FirebasePush, firebase: Firebase) -> None:
    for _ in range(5):
        send(push)
    assert len(firebase.sent) == 5
    assert firebase.tokens == 1


DEAD = {
    "unregistered": (404, refusal(404, "UNREGISTERED")),
    "of another project": (403, refusal(403, "SENDER_ID_MISMATCH")),
    "no token": (
        400,
        refusal(400, "INVALID_ARGUMENT", field="message.token", description="Invalid token"),
    ),
    "no token, in words": (
        400,
        refusal(
            400,
            "INVALID_ARGUMENT",
            "The registration token is not a valid FCM registration token",
        ),
    ),
}


@pytest.mark.parametrize("answer", DEAD.values(), ids=DEAD.keys())
def test_a_dead_token_is_told(
    push: FirebasePush, firebase: Firebase, answer: tuple[int, Any]
) -> None:
    firebase.refusals[TOKEN] = answer
    error = refused(push)
    assert isinstance(error, DeviceGone)
    assert error.permanent
    assert firebase.asked == [TOKEN]


PASSING = {
    "quota": (429, refusal(429, "QUOTA_EXCEEDED")),
    "unavailable": (503, refusal(503, "UNAVAILABLE")),
    "internal": (500, refusal(500, "INTERNAL")),
    "no JSON": (502, None),
    # The fault is in the settings: it waits until they are mended.
    "forbidden": (403, refusal(403, "THIRD_PARTY_AUTH_ERROR")),
}


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING.keys())
def test_what_passes_is_tried_again_by_the_job_alone(
    push: FirebasePush, firebase: Firebase, answer: tuple[int, Any]
) -> None:
    firebase.refusals[TOKEN] = answer
    began = time.monotonic()
    error = refused(push)
    assert not error.permanent
    assert not isinstance(error, DeviceGone)
    # The library does not try by itself, nor sleep.
    assert firebase.asked == [TOKEN]
    assert time.monotonic() - began < 1.5 * PATIENCE


def test_it_is_told_when_to_come_again(push: FirebasePush, firebase: Firebase) -> None:
    firebase.refusals[TOKEN] = (429, refusal(429, "QUOTA_EXCEEDED"))
    assert refused(push).retry_after == 60
    firebase.headers = {"Retry-After": "7"}
    assert refused(push).retry_after == 7
    moment = datetime.now(UTC) + timedelta(seconds=100)
    firebase.headers = {"Retry-After": format_datetime(moment, usegmt=True)}
    assert 90 < (refused(push).retry_after or 0) <= 100


def test_a_bad_message_is_given_up_and_the_device_stays(
    push: FirebasePush, firebase: Firebase
) -> None:
    answer = refusal(400, "INVALID_ARGUMENT", field="message.data", description="too big")
    firebase.refusals[TOKEN] = (400, answer)
    error = refused(push)
    assert error.permanent
    assert not isinstance(error, DeviceGone)


def test_one_that_hangs_is_not_waited_for(push: FirebasePush, firebase: Firebase) -> None:
    send(push)
    firebase.answers.clear()
    assert not refused(push).permanent


def test_one_that_is_away_is_tried_again(tmp_path: Path) -> None:
    with firebase_server() as gone:
        push = FirebasePush(gone.account(tmp_path), gone.url, timeout=1.0)
    assert not refused(push).permanent


def test_an_account_that_is_refused_waits_for_its_operator(
    push: FirebasePush, firebase: Firebase
) -> None:
    firebase.oauth_status = 400
    error = refused(push)
    assert not error.permanent
    assert "access token" in str(error)


@pytest.mark.parametrize("content", ["", "{}", '{"type": "service_account"}', "[]", "\0"])
def test_a_file_that_is_no_account_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "account.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="STELLR_FIREBASE_CREDENTIALS"):
        FirebasePush(path, "https://fcm.example")
    with pytest.raises(ValueError, match="STELLR_FIREBASE_CREDENTIALS"):
        FirebasePush(tmp_path / "nowhere.json", "https://fcm.example")
