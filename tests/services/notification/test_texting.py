"""Messages that leave by SMS, and those that do not."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from stellr.notification.v1.template_pb2 import (
    CertificateReady,
    NewDevice,
    PasswordChanged,
    VerificationCode,
)
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.requests import (
    REVISION,
    address,
    card,
    number,
    to_address,
    to_person,
    to_phone,
)
from tests.services.notification.twilio_server import TOKEN, Twilio, twilio_server
from tests.support import eventually

CODE = VerificationCode(code="314159")
READY = CertificateReady(course_title="The Night Sky", serial="AAAA-BBBB")


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with twilio_server() as server:
        yield server


def by_twilio(desk: MakeDesk, twilio: Twilio, **more: str) -> Desk:
    return desk(twilio_from="Stellr", **twilio.settings, **more)


def outbox(folder: Path, kind: str = "sms.json") -> list[Path]:
    return sorted((folder / "outbox").glob(f"*.{kind}"))


def test_a_code_to_a_number_is_in_the_outbox_and_forgotten(desk: MakeDesk, tmp_path: Path) -> None:
    here, to = desk(), number()
    request = to_phone(to, verification_code=CODE)
    here.send(request)
    here.send(request)
    eventually(lambda: here.states() == ["sent"])
    (path,) = outbox(tmp_path)
    assert path.name == f"{request.notification_id}.sms.json"
    kept = json.loads(path.read_bytes())
    assert kept["to"] == to
    assert "314159" in kept["body"]
    for table in ("notifications", "procrastinate_jobs"):
        rows = str(here.query(f"SELECT * FROM {table}"))
        assert "314159" not in rows
        assert to not in rows


def test_an_address_is_forgotten_with_what_was_sent_to_it(desk: MakeDesk) -> None:
    here, to = desk(), address()
    here.send(to_address(to))
    eventually(lambda: here.states() == ["sent"])
    assert to not in str(here.query("SELECT * FROM notifications"))


def test_a_person_without_a_mail_address_is_told_by_sms(desk: MakeDesk, tmp_path: Path) -> None:
    here, user_id, to = desk(), str(uuid4()), number()
    here.send(to_person(user_id, password_changed=PasswordChanged()))
    assert here.states() == ["waiting"]
    here.set_contact(card(user_id, email="", phone=to, name="Zoe"))
    eventually(lambda: here.states() == ["sent"])
    device = NewDevice(device="x", address="192.0.2.7", time=Timestamp(seconds=1))
    here.send(to_person(user_id, new_device=device))
    eventually(lambda: here.states() == ["sent"] * 2)
    assert [json.loads(path.read_bytes())["to"] for path in outbox(tmp_path)] == [to, to]
    assert not outbox(tmp_path, "eml")


def test_a_person_with_both_is_told_by_mail_alone(desk: MakeDesk, tmp_path: Path) -> None:
    here, user_id = desk(), str(uuid4())
    here.set_contact(card(user_id, email=address(), phone=number()))
    here.send(to_person(user_id, password_changed=PasswordChanged()))
    eventually(lambda: here.states() == ["sent"])
    assert len(outbox(tmp_path, "eml")) == 1
    assert not outbox(tmp_path)


def test_what_no_sms_says_and_whom_nothing_reaches_is_closed(
    desk: MakeDesk, tmp_path: Path
) -> None:
    """It is not sent years later, when an address appears."""
    here, by_phone, unreachable = desk(), str(uuid4()), str(uuid4())
    here.send(to_person(by_phone, certificate_ready=READY))
    here.set_contact(card(by_phone, email="", phone=number()))
    here.set_contact(card(unreachable, email="", phone=""))
    here.send(to_person(unreachable, password_changed=PasswordChanged()))
    here.send(to_phone(number(), certificate_ready=READY))
    assert here.states() == ["unsent"] * 3
    assert here.query("SELECT DISTINCT data, phone FROM notifications") == [(None, None)]
    for user_id in (by_phone, unreachable):
        here.set_contact(card(user_id, REVISION + 1, email=address()))
    time.sleep(0.3)
    assert not outbox(tmp_path, "eml")
    assert here.states() == ["unsent"] * 3


def test_the_address_counts_that_is_there_when_the_message_leaves(
    desk: MakeDesk, twilio: Twilio
) -> None:
    here, user_id, to = (
        by_twilio(desk, twilio, smtp_url="smtp://127.0.0.1:1"),
        str(uuid4()),
        number(),
    )
    here.set_contact(card(user_id, email=address(), phone=to))
    here.send(to_person(user_id, password_changed=PasswordChanged()))
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs WHERE attempts > 0"))
    here.set_contact(card(user_id, REVISION + 1, email=""))
    eventually(lambda: here.states() == ["sent"], 10)
    assert [asked.form["To"] for asked in twilio.asked] == [to]


def test_a_number_that_twilio_refuses_is_dead_and_told_by_its_code(
    desk: MakeDesk, twilio: Twilio, capsys: pytest.CaptureFixture[str]
) -> None:
    here, to = by_twilio(desk, twilio), number()
    twilio.refusal = (400, 21211, f"The 'To' number {to} is not a valid phone number.")
    here.send(to_phone(to, verification_code=CODE))
    eventually(lambda: here.states() == ["dead"])
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs") == [])
    said = "".join(capsys.readouterr())
    assert "Twilio answered 400, its code 21211" in said
    assert not any(secret in said for secret in (to, "314159", TOKEN))
    assert len(twilio.asked) == 1


@pytest.mark.parametrize("status", [401, 429, 500])
def test_what_twilio_takes_not_now_is_sent_later(
    desk: MakeDesk, twilio: Twilio, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    here, to = by_twilio(desk, twilio), number()
    twilio.refusal = (status, 20000 + status, f"not now, {to}")
    here.send(to_phone(to, verification_code=CODE))
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs WHERE attempts > 0"))
    assert here.states() == ["queued"]
    twilio.refusal = None
    eventually(lambda: here.states() == ["sent"], 10)
    said = "".join(capsys.readouterr())
    assert f"Twilio answered {status}" in said
    assert not any(secret in said for secret in (to, "314159", TOKEN))


@pytest.mark.parametrize("told_by_sender", [True, False])
def test_a_code_that_has_expired_is_not_sent(
    desk: MakeDesk, twilio: Twilio, told_by_sender: bool
) -> None:
    here, to = by_twilio(desk, twilio), number()
    if told_by_sender:
        code = VerificationCode(code="314159")
        code.expire_time.FromDatetime(datetime.now(UTC) - timedelta(seconds=1))
        here.send(to_phone(to, verification_code=code))
    else:
        twilio.refusal = (503, 20503, "come again")
        here.send(to_phone(to, verification_code=CODE))
        eventually(lambda: here.query("SELECT id FROM procrastinate_jobs WHERE attempts > 0"))
        here.execute("UPDATE notifications SET created_at = now() - interval '11 minutes'")
        twilio.refusal = None
        twilio.asked.clear()
    eventually(lambda: here.states() == ["unsent"], 10)
    assert not twilio.asked
    assert here.query("SELECT data, phone FROM notifications") == [(None, None)]


def test_a_code_is_good_at_twilio_for_as_long_as_it_is_here(desk: MakeDesk, twilio: Twilio) -> None:
    here, code = by_twilio(desk, twilio), VerificationCode(code="314159")
    code.expire_time.FromDatetime(datetime.now(UTC) + timedelta(minutes=3))
    here.send(to_phone(number(), verification_code=code))
    eventually(lambda: twilio.asked)
    assert 120 < int(twilio.asked[0].form["ValidityPeriod"]) <= 180


def test_mails_leave_while_the_provider_of_sms_hangs(
    desk: MakeDesk, twilio: Twilio, tmp_path: Path
) -> None:
    here = by_twilio(desk, twilio)
    twilio.answers.clear()
    for _ in range(30):
        here.send(to_phone(number(), verification_code=CODE))
    eventually(lambda: here.query("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing'"))
    here.send(to_address(address(), verification_code=CODE))
    here.send(to_address(address()))
    eventually(lambda: len(outbox(tmp_path, "eml")) == 2, 2)
    twilio.answers.set()
    eventually(lambda: here.states() == ["sent"] * 32, 10)


def test_sms_leave_while_the_mail_server_hangs(
    desk: MakeDesk, mailbox: tuple[Any, str], tmp_path: Path
) -> None:
    box, url = mailbox
    here = desk(smtp_url=url)
    hanging = True
    box.before_data_answer = lambda: eventually(lambda: not hanging, 20)
    for _ in range(12):
        here.send(to_address(address(), verification_code=CODE))
    eventually(
        lambda: len(here.query("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing'")) == 6
    )
    here.send(to_phone(number(), verification_code=CODE))
    eventually(lambda: outbox(tmp_path), 2)
    hanging = False
    eventually(lambda: here.states() == ["sent"] * 13, 20)


def test_twilio_is_imported_only_where_it_is_used() -> None:
    script = "import services.notification.service, sys; sys.exit('twilio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
