"""Push messages from when they are taken in until a provider has them, or they are given up."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.kit.work.queue_table import CHANNEL
from services.notification import delivery
from services.notification.preferences import Preferences
from services.notification.push.messages import PushDevice
from services.notification.repository import cards
from services.notification.repository import devices as repository
from stellr.auth.v1.events_pb2 import SessionEnded
from stellr.notification.v1.device_service_pb2 import Platform
from stellr.notification.v1.preferences_pb2 import NotificationPreferences
from stellr.notification.v1.template_pb2 import CertificateReady
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.push.firebase_server import Firebase, firebase_server, refusal
from tests.services.notification.push.push_service import Browser, PushService, push_service
from tests.services.notification.requests import address, card, to_person
from tests.support import eventually

READY = CertificateReady(course_title="The night sky", serial="S-1")


@pytest.fixture
def firebase() -> Iterator[Firebase]:
    with firebase_server() as server:
        yield server


@pytest.fixture
def browsers(tmp_path: Path) -> Iterator[PushService]:
    with push_service(tmp_path) as running:
        yield running


@pytest.fixture
def here(
    desk: MakeDesk,
    firebase: Firebase,
    browsers: PushService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    # Whom OpenSSL trusts by default.
    monkeypatch.setenv("SSL_CERT_FILE", str(browsers.certificate))
    return desk(
        firebase_credentials=firebase.account(tmp_path),
        firebase_url=firebase.url,
        web_push=True,
        web_push_networks="127.0.0.0/8,::1/128",
    )


def person(here: Desk, locale: str = "en") -> UUID:
    user_id = uuid4()
    here.set_contact(card(str(user_id), email=address(), locale=locale))
    return user_id


def register(here: Desk, user_id: UUID, session: UUID | None = None, **how: str) -> UUID:
    """As the RPC does."""
    platform = Platform.PLATFORM_ANDROID if "token" in how else Platform.PLATFORM_WEB
    asked = PushDevice(uuid4(), user_id, **how)
    with here.database.transaction():
        cards.lock_card(here.database, user_id)
        kept = repository.register(here.database, user_id, session or uuid4(), platform, asked)
    assert kept is not None
    return kept.device_id


def browser(here: Desk, user_id: UUID, service: PushService) -> tuple[UUID, Browser]:
    its = Browser()
    path = f"{service.origin}/push/{uuid4()}"
    return register(here, user_id, endpoint=path, **its.keys), its


def ready(here: Desk, user_id: UUID) -> str:
    request = to_person(str(user_id), certificate_ready=READY)
    here.send(request)
    return request.notification_id


def pushes(here: Desk) -> list[tuple[str, str]]:
    """Where the push messages stand, and why."""
    found = here.query(
        "SELECT state, reason FROM deliveries WHERE channel = 'push' ORDER BY delivery_id"
    )
    return [(str(state), str(why)) for state, why in found]


def states(here: Desk) -> list[str]:
    return [state for state, _ in pushes(here)]


def tokens(here: Desk) -> list[str]:
    return [token for (token,) in here.query("SELECT token FROM devices ORDER BY token")]


def test_phone_and_browser_get_it_in_the_persons_language(
    here: Desk, firebase: Firebase, browsers: PushService
) -> None:
    user_id = person(here, "de")
    register(here, user_id, token="phone")
    _, its = browser(here, user_id, browsers)
    key = ready(here, user_id)
    eventually(lambda: states(here) == ["sent", "sent"], 10)
    (sent,) = firebase.sent
    told = its.decrypt(browsers.taken[0].body)
    assert sent["notification"] == {"title": told["title"], "body": told["body"]}
    assert "Zertifikat" in told["title"]
    assert sent["data"] == told["data"]
    assert told["data"]["notificationId"] == key
    assert told["data"]["link"].endswith("/verify/S-1")
    assert browsers.taken[0].claims["sub"] == "mailto:academy@stellr.example"


def test_a_dead_device_is_forgotten_and_the_others_get_it(
    here: Desk, firebase: Firebase, browsers: PushService
) -> None:
    user_id = person(here)
    for token in ("alive", "dead", "nonsense"):
        register(here, user_id, token=token)
    firebase.refusals["dead"] = (404, refusal(404, "UNREGISTERED"))
    wrong = refusal(400, "INVALID_ARGUMENT", field="message.token", description="no")
    firebase.refusals["nonsense"] = (400, wrong)
    ready(here, user_id)
    eventually(lambda: sorted(states(here)) == ["sent", "unsent", "unsent"], 10)
    eventually(lambda: tokens(here) == ["alive"])
    browsers.status = 410
    browser(here, user_id, browsers)
    ready(here, user_id)
    eventually(
        lambda: tokens(here) == ["alive"] and sorted(states(here)[3:]) == ["sent", "unsent"], 10
    )


def test_a_device_that_was_registered_anew_meanwhile_stays(
    here: Desk, firebase: Firebase, browsers: PushService
) -> None:
    user_id = person(here)
    before, after = Browser(), Browser()
    endpoint = f"{browsers.origin}/push/same"
    device_id = register(here, user_id, endpoint=endpoint, **before.keys)
    known = repository.find(here.database, user_id, device_id)
    assert known is not None
    register(here, user_id, endpoint=endpoint, **after.keys)
    with here.database.transaction():
        repository.forget(here.database, known)
    assert repository.find(here.database, user_id, device_id) is not None


def test_what_the_provider_refuses_for_good_is_told(here: Desk, firebase: Firebase) -> None:
    user_id = person(here)
    register(here, user_id, token="phone")
    bad = refusal(400, "INVALID_ARGUMENT", field="message.data", description="too big")
    firebase.refusals["phone"] = (400, bad)
    ready(here, user_id)
    eventually(lambda: pushes(here) == [("dead", "Firebase answered 400 INVALID_ARGUMENT")], 10)
    assert tokens(here) == ["phone"]


def test_a_provider_that_was_away_gets_each_once(here: Desk, firebase: Firebase) -> None:
    persons = [person(here) for _ in range(20)]
    for number, user_id in enumerate(persons):
        token = f"phone-{number}"
        register(here, user_id, token=token)
        firebase.refusals[token] = (503, refusal(503, "UNAVAILABLE"))
    keys = [ready(here, user_id) for user_id in persons]
    eventually(lambda: len(set(firebase.asked)) == 20, 20)
    assert set(states(here)) == {"queued"}
    firebase.refusals.clear()
    eventually(lambda: states(here) == ["sent"] * 20, 30)
    assert sorted(sent["data"]["notificationId"] for sent in firebase.sent) == sorted(keys)


def test_it_is_not_asked_before_the_time_it_said(here: Desk, firebase: Firebase) -> None:
    user_id = person(here)
    register(here, user_id, token="phone")
    firebase.refusals["phone"] = (429, refusal(429, "QUOTA_EXCEEDED"))
    firebase.headers = {"Retry-After": "3"}
    ready(here, user_id)
    eventually(lambda: firebase.asked)
    began = time.monotonic()
    firebase.refusals.clear()
    # Others that are sent wake those that only failed.
    other = person(here)
    register(here, other, token="other")
    ready(here, other)
    eventually(lambda: "other" in firebase.asked)
    eventually(lambda: states(here) == ["sent", "sent"], 15)
    assert time.monotonic() - began > 2.5
    assert firebase.asked.count("phone") == 2


def test_a_browser_that_hangs_takes_no_place_from_others(
    here: Desk, firebase: Firebase, browsers: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any learner may name push services that hang: they are tried again in a queue that leaves
    room for others, and what others get through does not wake them."""
    monkeypatch.setattr(delivery, "FIRST_PAUSE_SECONDS", delivery.LONGEST_PAUSE_SECONDS)
    user_id, other = person(here), person(here)
    browsers.status = 503
    browser(here, user_id, browsers)
    ready(here, user_id)
    eventually(lambda: browsers.asked == 1)
    waits = "SELECT queue_name, scheduled_at > now() FROM procrastinate_jobs"
    eventually(lambda: here.query(waits) == [("again", True)])
    register(here, other, token="phone")
    firebase.refusals["phone"] = (503, refusal(503, "UNAVAILABLE"))
    ready(here, other)
    eventually(lambda: firebase.asked)
    firebase.refusals.clear()
    eventually(lambda: states(here) == ["queued", "sent"], 10)
    time.sleep(0.3)
    assert browsers.asked == 1
    browsers.status = 201
    # As after the pause.
    here.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    here.execute(f"NOTIFY {CHANNEL}")
    eventually(lambda: states(here) == ["sent", "sent"], 15)


def test_who_signs_out_gets_no_more(here: Desk, firebase: Firebase) -> None:
    user_id, session = person(here), uuid4()
    register(here, user_id, session, token="phone")
    firebase.refusals["phone"] = (503, refusal(503, "UNAVAILABLE"))
    ready(here, user_id)
    eventually(lambda: firebase.asked)
    with here.database.transaction():
        here.house.devices.session_ended(SessionEnded(session_id=str(session)))
    firebase.refusals.clear()
    eventually(lambda: states(here) == ["unsent"], 20)
    assert not firebase.sent
    assert tokens(here) == []


def test_who_takes_a_device_over_gets_nothing_of_who_had_it(here: Desk, firebase: Firebase) -> None:
    user_id, other = person(here), person(here)
    register(here, user_id, token="tablet")
    firebase.refusals["tablet"] = (503, refusal(503, "UNAVAILABLE"))
    ready(here, user_id)
    eventually(lambda: firebase.asked)
    register(here, other, token="tablet")
    firebase.refusals.clear()
    eventually(lambda: states(here) == ["unsent"], 20)
    assert not firebase.sent
    assert tokens(here) == ["tablet"]


def test_what_is_switched_off_on_its_way_is_not_sent(here: Desk, firebase: Firebase) -> None:
    user_id = person(here)
    register(here, user_id, token="phone")
    firebase.refusals["phone"] = (503, refusal(503, "UNAVAILABLE"))
    ready(here, user_id)
    eventually(lambda: firebase.asked)
    off = NotificationPreferences()
    off.channels.push.achievements = False
    with here.database.transaction():
        Preferences(here.database).update(user_id, off, [])
    firebase.refusals.clear()
    eventually(lambda: states(here) == ["unsent"], 20)
    assert not firebase.sent


def test_what_is_too_old_disturbs_nobody(here: Desk, firebase: Firebase) -> None:
    user_id = person(here)
    register(here, user_id, token="phone")
    firebase.refusals["phone"] = (503, refusal(503, "UNAVAILABLE"))
    ready(here, user_id)
    eventually(lambda: firebase.asked)
    here.execute("UPDATE notifications SET created_at = created_at - interval '4 days'")
    firebase.refusals.clear()
    eventually(lambda: states(here) == ["unsent"], 20)
    assert not firebase.sent


def test_the_local_transport_writes_whole_files(desk: MakeDesk, tmp_path: Path) -> None:
    here = desk()
    user_id = person(here)
    phone = register(here, user_id, token="phone")
    window = register(here, user_id, endpoint="https://push.example.com/1", **Browser().keys)
    key = ready(here, user_id)
    eventually(lambda: states(here) == ["sent", "sent"])
    found: dict[str, Any] = {}
    for path in (tmp_path / "outbox").glob("*.push.json"):
        told = json.loads(path.read_text())
        found[told["deviceId"]] = told
    assert set(found) == {str(phone), str(window)}
    told = found[str(phone)]
    assert set(told) == {"userId", "deviceId", "title", "body", "data", "sentTime"}
    assert told["userId"] == str(user_id)
    assert told["title"] == "Your certificate is ready"
    assert told["data"]["notificationId"] == key


def test_many_at_once_each_get_theirs(desk: MakeDesk, tmp_path: Path) -> None:
    here = desk()
    persons = [person(here) for _ in range(40)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: register(here, one, token=str(one)), persons))
        keys = set(pool.map(lambda one: ready(here, one), persons))
    eventually(lambda: states(here) == ["sent"] * 40, 20)
    found = [json.loads(path.read_text()) for path in (tmp_path / "outbox").glob("*.push.json")]
    assert {each["data"]["notificationId"] for each in found} == keys
    assert {each["userId"] for each in found} == set(map(str, persons))


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ({"firebase_credentials": __file__}, "STELLR_FIREBASE_CREDENTIALS"),
        ({"vapid_private_key": "short"}, "STELLR_VAPID_PRIVATE_KEY"),
        ({"web_push": True, "web_push_networks": "nowhere"}, "STELLR_WEB_PUSH_NETWORKS"),
    ],
)
def test_a_bad_setting_is_named_when_the_service_starts(
    desk: MakeDesk, own: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValueError, match=name):
        desk(**own)
