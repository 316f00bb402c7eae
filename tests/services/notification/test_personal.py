"""What is kept of a person, and how it is erased."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from services.kit.data import persons
from services.notification.personal import erase_person, export_person
from services.notification.preferences import Preferences
from services.notification.push.messages import PushDevice
from services.notification.repository import devices
from stellr.notification.v1.device_service_pb2 import Platform
from stellr.notification.v1.preferences_pb2 import Digest, NotificationPreferences
from stellr.notification.v1.template_pb2 import CertificateReady
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.requests import REVISION, address, card, number, to_person
from tests.support import eventually

WEEKLY = NotificationPreferences(digest=Digest.DIGEST_WEEKLY)


def update(here: Desk, user_id: str) -> None:
    with here.database.transaction():
        Preferences(here.database).update(UUID(user_id), WEEKLY, [])


def erase(here: Desk, user_id: str) -> None:
    """As who hears that a person is erased: what met something else is done again."""
    try:
        with here.database.transaction():
            persons.erase(here.database, UUID(user_id))
            erase_person(here.database, UUID(user_id))
    except psycopg.errors.DeadlockDetected:
        erase(here, user_id)


def kept(here: Desk, user_id: str) -> dict[str, int]:
    """Where anything names the person."""
    tables = (
        *("contacts", "notifications", "deliveries", "preferences"),
        *("feeds", "feed_items", "devices"),
        *("erased_persons", "procrastinate_jobs"),
    )
    counts = {
        table: here.query(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%{user_id}%'")
        for table in tables
    }
    return {table: count for table, ((count,),) in counts.items() if count}


NOTHING: dict[str, int] = {}


def test_all_that_is_kept_is_exported_as_json(desk: MakeDesk) -> None:
    here, user_id, to, phone = desk(), str(uuid4()), address(), number()
    here.set_contact(card(user_id, email=to, phone=phone, name="Zoë", locale="fr"))
    request = to_person(user_id)
    here.send(request)
    eventually(lambda: here.states() == ["sent"])
    update(here, user_id)
    found = json.loads(json.dumps(export_person(here.database, UUID(user_id)), default=str))
    card_of = {"email": to, "phone": phone, "name": "Zoë", "locale": "fr", "timezone": ""}
    assert found["contact"] == card_of
    assert found["preferences"]["digest"] == "DIGEST_WEEKLY"
    assert found["preferences"]["channels"]["email"]["account"] is True
    (sent,) = found["notifications"]
    assert sent["notificationId"] == request.notification_id
    assert (sent["template"], sent["state"]) == ("welcome", "sent")
    assert sent["createTime"] <= sent["closeTime"]


def test_of_a_stranger_there_is_nothing(desk: MakeDesk) -> None:
    found = export_person(desk().database, uuid4())
    assert found["contact"] is None
    assert found["notifications"] == []


def test_who_is_erased_is_gone_and_nobody_else(desk: MakeDesk) -> None:
    here, gone, stays = desk(), str(uuid4()), str(uuid4())
    for user_id in (gone, stays):
        here.set_contact(card(user_id, email=address(), phone=number(), name="Zoe", locale="en"))
        here.send(to_person(user_id))
        update(here, user_id)
    eventually(lambda: here.states() == ["sent"] * 2)
    erase(here, gone)
    erase(here, gone)
    assert kept(here, gone) == NOTHING
    assert kept(here, stays) == {
        **{"contacts": 1, "notifications": 1},
        **{"deliveries": 1, "preferences": 1},
    }
    found = export_person(here.database, UUID(gone))
    assert found["notifications"] == []
    assert found["contact"] is None


def test_what_comes_late_brings_nothing_back(desk: MakeDesk, tmp_path: Path) -> None:
    here, known, unknown = desk(), str(uuid4()), str(uuid4())
    here.set_contact(card(known, email=address()))
    for user_id in (known, unknown):
        erase(here, user_id)
        here.send(to_person(user_id))
        here.set_contact(card(user_id, REVISION + 10, email=address(), phone=number(), name="Zoe"))
        here.send(to_person(user_id))
        update(here, user_id)
        assert kept(here, user_id) == NOTHING
    time.sleep(0.3)
    assert not list((tmp_path / "outbox").iterdir())
    assert here.query("SELECT id FROM procrastinate_jobs") == []


def test_what_comes_at_the_same_moment_brings_nothing_back(desk: MakeDesk) -> None:
    here = desk()
    for _ in range(20):
        user_id = str(uuid4())
        here.send(to_person(user_id))
        work = [
            lambda who=user_id: here.send(to_person(who)),
            lambda who=user_id: here.set_contact(card(who, email=address(), name="Zoe")),
            lambda who=user_id: erase(here, who),
            lambda who=user_id: update(here, who),
        ] * 2
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(each) for each in work]:
                done.result(10)
        assert kept(here, user_id) == NOTHING


def test_a_mail_on_its_way_when_its_person_is_erased_is_dropped(
    desk: MakeDesk, tmp_path: Path
) -> None:
    here, user_id = desk(smtp_url="smtp://127.0.0.1:1"), str(uuid4())
    here.set_contact(card(user_id, email=address()))
    here.send(to_person(user_id))
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs WHERE attempts > 0"))
    erase(here, user_id)
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs") == [], 10)
    assert here.states() == []


def test_feed_and_devices_are_exported_and_erased(desk: MakeDesk) -> None:
    here, user_id = desk(), uuid4()
    here.set_contact(card(str(user_id), email=address()))
    ready = CertificateReady(course_title="The night sky", serial="S-1")
    here.send(to_person(str(user_id), certificate_ready=ready))
    phone = PushDevice(user_id, user_id, token="phone")
    with here.database.transaction():
        devices.register(here.database, user_id, uuid4(), Platform.PLATFORM_ANDROID, phone)
    found = json.loads(json.dumps(export_person(here.database, user_id), default=str))
    (item,) = found["feed"]
    assert item["title"] == "Your certificate is ready"
    (device,) = found["devices"]
    assert device["platform"] == "PLATFORM_ANDROID"
    erase(here, str(user_id))
    assert kept(here, str(user_id)) == NOTHING


def test_what_goes_to_many_brings_nobody_back(desk: MakeDesk) -> None:
    here = desk()
    for _ in range(10):
        known, unknown, stays = (str(uuid4()) for _ in range(3))
        for user_id in (known, stays):
            here.set_contact(card(user_id, email=address()))
        people = [UUID(each) for each in (known, unknown, stays)]
        work = [
            lambda who=people: here.send_to_many(who, "announcement", title="t", body="b"),
            lambda who=known: erase(here, who),
            lambda who=unknown: erase(here, who),
        ]
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(each) for each in work]:
                done.result(10)
        assert kept(here, known) == NOTHING
        assert kept(here, stays)["notifications"] == 1
        here.send_to_many(people, "announcement", title="t", body="b")
        assert kept(here, known) == NOTHING
