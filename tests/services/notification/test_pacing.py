"""How fast messages go, and what is woken when a provider is back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from services.kit.data.database import Database
from services.notification.models import Channel
from services.notification.pacing import Pace
from stellr.notification.v1.template_pb2 import VerificationCode
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.requests import address, card, to_address
from tests.services.notification.test_transports import Mailbox
from tests.support import eventually


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("notification")


def test_places_are_one_behind_the_other_whoever_takes_them(database: Database) -> None:
    slept: list[float] = []
    paces = [Pace(database, Channel.EMAIL, 10, slept.append) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: paces[n % 4].keep(waits=True), range(20)))
    assert max(slept) == pytest.approx(1.9, abs=0.4)
    assert len({round(each, 1) for each in slept}) >= 15


def test_what_cannot_wait_does_not_and_counts(database: Database) -> None:
    slept: list[float] = []
    pace = Pace(database, Channel.EMAIL, 1, slept.append)
    for _ in range(3):
        assert not pace.keep(waits=False)
    assert slept == []
    assert pace.keep(waits=True)
    assert slept[0] == pytest.approx(3, abs=0.3)


def test_a_low_rate_is_kept_too(database: Database) -> None:
    slept: list[float] = []
    pace = Pace(database, Channel.PUSH, 0.05, slept.append)
    for _ in range(4):
        pace.keep(waits=True)
    assert slept == pytest.approx([20, 40, 60], abs=1)


def test_nobody_waits_for_ever_where_the_rate_was_lower(database: Database) -> None:
    slept: list[float] = []
    for _ in range(50):
        Pace(database, Channel.PUSH, 0.05).keep(waits=False)
    assert Pace(database, Channel.PUSH, 100, slept.append).keep(waits=True)
    assert slept == pytest.approx([10], abs=0.5)


def test_without_a_rate_nothing_is_asked_of_the_database() -> None:
    assert not Pace(None, Channel.EMAIL, 0).keep(waits=True)  # type: ignore[arg-type]


def test_news_keep_the_pace_and_a_code_does_not_wait_behind_them(
    desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, go_on = desk(mail_rate=5), threading.Event()

    def sleep(seconds: float) -> None:
        go_on.wait(60)
        time.sleep(seconds)

    monkeypatch.setattr(here.house.providers[Channel.EMAIL].pace, "_sleep", sleep)
    people = [str(uuid4()) for _ in range(10)]
    for user_id in people:
        here.set_contact(card(user_id, email=address()))
    begun = time.monotonic()
    here.send_to_many([UUID(each) for each in people], "announcement", title="t", body="b")
    eventually(lambda: "sent" in here.states())
    here.send(to_address(address(), verification_code=VerificationCode(code="123456")))
    code = "SELECT 1 FROM deliveries WHERE template = 'verification_code' AND state = 'sent'"
    eventually(lambda: here.query(code))
    # All news but the first, which had no need to wait.
    assert here.states().count("queued") == 9
    go_on.set()
    eventually(lambda: set(here.states()) == {"sent"}, 10)
    assert time.monotonic() - begun > 1.8


def asleep(here: Desk) -> int:
    """Have whatever is not at work be tried in an hour; how many jobs are so."""
    here.execute(
        "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'"
        " WHERE status = 'todo'"
    )
    return len(here.query("SELECT 1 FROM procrastinate_jobs WHERE status = 'todo'"))


def test_what_sleeps_is_woken_when_the_server_takes_mails_again(
    desk: MakeDesk, mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    box.data_answer = "451 4.7.1 come again"
    here = desk(smtp_url=url)
    for _ in range(5):
        here.send(to_address(address()))
    eventually(lambda: len(here.query("SELECT 1 FROM deliveries WHERE attempts > 0")) == 5)
    # As after some minutes.
    eventually(lambda: asleep(here) == 5)
    box.data_answer = "250 OK"
    time.sleep(0.5)
    assert here.states() == ["queued"] * 5
    here.house.providers[Channel.EMAIL].recovery.knock()
    eventually(lambda: here.states() == ["sent"] * 5, 3)
    assert len(box.taken) == 5


def test_a_knock_tries_one(desk: MakeDesk, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.data_answer = "451 4.7.1 come again"
    here = desk(smtp_url=url)
    for _ in range(3):
        here.send(to_address(address()))
    eventually(lambda: len(here.query("SELECT 1 FROM deliveries WHERE attempts > 0")) == 3)
    eventually(lambda: asleep(here) == 3)
    tried = "SELECT sum(attempts) FROM deliveries"
    ((before,),) = here.query(tried)
    here.house.providers[Channel.EMAIL].recovery.knock()
    eventually(lambda: here.query(tried) == [(before + 1,)])
