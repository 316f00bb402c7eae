"""What a person has switched off is not sent."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID, uuid4

from services.notification.preferences import Preferences
from stellr.notification.v1.preferences_pb2 import NotificationPreferences
from stellr.notification.v1.template_pb2 import CertificateReady, PasswordChanged, ReminderLesson
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.requests import address, card, number, to_address, to_person
from tests.support import eventually

READY = CertificateReady(course_title="The Night Sky", serial="AAAA-BBBB")
LESSON = ReminderLesson(course_title="The Night Sky", lesson_title="Stars")


def switch(here: Desk, user_id: str, **categories: bool) -> None:
    asked = NotificationPreferences()
    for name, on in categories.items():
        setattr(asked.channels.email, name, on)
    with here.database.transaction():
        Preferences(here.database).update(UUID(user_id), asked, [])


def test_a_mail_that_is_switched_off_is_closed_unsent(desk: MakeDesk, tmp_path: Path) -> None:
    here, user_id = desk(), str(uuid4())
    here.set_contact(card(user_id, email=address(), phone=number()))
    switch(here, user_id, achievements=False, reminders=False)
    here.send(to_person(user_id, certificate_ready=READY))
    here.send(to_person(user_id, reminder_lesson=LESSON))
    here.send(to_person(user_id, password_changed=PasswordChanged()))
    eventually(lambda: sorted(here.states()) == ["sent", "unsent", "unsent"])
    assert here.query("SELECT count(*) FROM notifications WHERE data IS NOT NULL") == [(0,)]
    (mail,) = (tmp_path / "outbox").iterdir()
    assert b"password" in mail.read_bytes()
    switch(here, user_id, achievements=True)
    time.sleep(0.3)
    assert len(list((tmp_path / "outbox").iterdir())) == 1
    here.send(to_person(user_id, certificate_ready=READY))
    eventually(lambda: len(list((tmp_path / "outbox").iterdir())) == 2)


def test_switching_off_counts_for_what_is_on_its_way(desk: MakeDesk, tmp_path: Path) -> None:
    here, user_id = desk(), str(uuid4())
    here.send(to_person(user_id, certificate_ready=READY))
    switch(here, user_id, achievements=False)
    here.set_contact(card(user_id, email=address()))
    eventually(lambda: here.states() == ["unsent"])
    assert not list((tmp_path / "outbox").iterdir())


def test_who_has_no_account_has_switched_nothing_off(desk: MakeDesk) -> None:
    here = desk()
    here.send(to_address(address(), certificate_ready=READY))
    eventually(lambda: here.states() == ["sent"])


def test_defaults_cost_no_row(desk: MakeDesk) -> None:
    here, user_id = desk(), str(uuid4())
    Preferences(here.database).get(UUID(user_id))
    switch(here, user_id)
    assert here.query("SELECT * FROM preferences") == []
