"""What is taken in, and how it leaves."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from services.notification import smtp
from stellr.notification.v1.template_pb2 import (
    VerificationCode,
)
from tests.services.notification.desk import MakeDesk
from tests.services.notification.requests import REVISION, address, card, to_address
from tests.services.notification.test_transports import Mailbox
from tests.support import eventually


def test_cards_in_any_order_end_the_same(desk: MakeDesk) -> None:
    here = desk()
    final = ("third@x.example", "+12025550143", "Second", "de")
    for _ in range(6):
        user_id = str(uuid4())
        cards = [
            card(user_id, REVISION, email="first@x.example", name="First", locale="en"),
            card(user_id, REVISION + 1, name="Second", locale="fr", phone=""),
            card(user_id, REVISION + 2, email="third@x.example"),
            card(user_id, REVISION + 3, locale="de", phone="+12025550143"),
            card(user_id, REVISION + 4),
        ] * 2
        random.shuffle(cards)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(here.set_contact, cards))
        columns = "email, phone, name, locale"
        found = here.query(f"SELECT {columns} FROM contacts WHERE user_id = '{user_id}'")
        assert found == [final]


def test_what_was_sent_is_forgotten(desk: MakeDesk, tmp_path: Path) -> None:
    here = desk()
    here.send(to_address(address(), verification_code=VerificationCode(code="314159")))
    eventually(lambda: here.states() == ["sent"])
    for table in ("notifications", "procrastinate_jobs"):
        assert "314159" not in str(here.query(f"SELECT * FROM {table}"))
    assert here.query("SELECT count(*) FROM deliveries WHERE closed_at IS NOT NULL") == [(1,)]
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1


def test_a_code_is_in_no_log(desk: MakeDesk, capfd: pytest.CaptureFixture[str]) -> None:
    here, email = desk(smtp_url="smtp://127.0.0.1:1"), address()
    here.send(to_address(email, verification_code=VerificationCode(code="314159")))
    said = eventually(lambda: found if "retried" in (found := "".join(capfd.readouterr())) else "")
    assert "314159" not in said
    assert email not in said


def test_mail_leaves_by_smtp_where_a_server_is_set(
    desk: MakeDesk, mailbox: tuple[Mailbox, str], tmp_path: Path
) -> None:
    box, url = mailbox
    here = desk(smtp_url=url)
    request = to_address("zoe@learner.example")
    here.send(request)
    eventually(lambda: here.states() == ["sent"])
    (taken,) = box.taken
    assert f"<{request.notification_id}@stellr.example>".encode() in taken
    assert not (tmp_path / "outbox").exists()


def test_a_mail_refused_for_good_is_dead_and_says_why(
    desk: MakeDesk, mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    box.recipient_answer = "550 5.1.1 no such mailbox"
    here = desk(smtp_url=url)
    here.send(to_address("zoe@learner.example"))
    eventually(lambda: here.states() == ["dead"])
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs") == [])
    assert here.query("SELECT reason FROM deliveries") == [("the SMTP server answered 550 5.1.1",)]


def test_a_mail_refused_for_now_is_sent_later(desk: MakeDesk, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.data_answer = "451 4.7.1 come again"
    here = desk(smtp_url=url)
    here.send(to_address("zoe@learner.example"))
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs WHERE attempts > 0"))
    assert here.states() == ["queued"]
    box.data_answer = "250 OK"
    eventually(lambda: here.states() == ["sent"], 10)
    assert len(box.taken) == 1


# A full disk: what is written of a notification that left is refused.
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON deliveries
FOR EACH ROW WHEN (NEW.state = 'sent') EXECUTE FUNCTION refuse()
"""


def test_a_mail_that_left_is_not_sent_again_because_that_cannot_be_written(
    desk: MakeDesk, mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    here = desk(smtp_url=url)
    here.execute(REFUSE)
    here.send(to_address("zoe@learner.example"))
    eventually(lambda: box.taken)
    # Long enough for two more tries.
    time.sleep(1)
    here.execute("DROP FUNCTION refuse() CASCADE")
    eventually(lambda: here.states() == ["sent"])
    eventually(lambda: here.query("SELECT id FROM procrastinate_jobs") == [])
    assert len(box.taken) == 1


def test_of_all_the_server_has_one_at_most_is_not_known_as_sent(
    desk: MakeDesk, mailbox: tuple[Mailbox, str]
) -> None:
    """So a process that is killed lets one mail come twice, and no more."""
    box, url = mailbox
    here, mails = desk(smtp_url=url), 20
    unknown: list[int] = []

    def look() -> None:
        unknown.append(len(box.taken) - here.states().count("sent"))

    box.before_data_answer = look
    for number in range(mails):
        here.send(to_address(f"{number}@learner.example"))
    eventually(lambda: here.states() == ["sent"] * mails, 20)
    assert len(unknown) == mails
    assert max(unknown) == 1


def test_a_slow_server_gets_several_mails_at_once(
    desk: MakeDesk, mailbox: tuple[Mailbox, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "PATIENCE_SECONDS", 0.05)
    box, url = mailbox
    here, together = desk(smtp_url=url), threading.Barrier(2)
    box.before_data_answer = lambda: together.wait(10)
    for number in range(2):
        here.send(to_address(f"{number}@learner.example"))
    eventually(lambda: here.states() == ["sent"] * 2, 10)
