"""Mails while the process that sends them is killed."""

from __future__ import annotations

import asyncio
import email
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from edge.local.ports import reserve
from services.kit.data.database import Database
from services.notification.smtp import PATIENCE_SECONDS
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.notification.v1.notification_service_pb2 import SendEmailRequest
from stellr.notification.v1.notification_service_pb2_grpc import NotificationServiceStub
from tests.faults.own_process import process_of, serves
from tests.mail_server import mail_server
from tests.services.notification.requests import to_address
from tests.support import Stack, eventually, free_port

MAILS = 40
THOUSAND = 1000
AWAY_MAILS = 100
AWAY_SECONDS = 40.0
KILLS = 3
# Mails that a process sends at once.
SIDE_BY_SIDE = 6
# What a killed worker had is taken over after 6 s.
HEALED_SECONDS = 30


class SlowMailbox:
    """Takes mails, but does not say so while it is slow; what it took, by Message-ID."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.times: list[float] = []
        self.slow = True

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.times.append(time.monotonic())
        self.taken.append(str(email.message_from_bytes(envelope.content)["Message-ID"]).strip())
        while self.slow:
            await asyncio.sleep(0.01)
        return "250 OK"


@pytest.fixture(name="mailbox")
def _mailbox() -> Iterator[tuple[SlowMailbox, str]]:
    box = SlowMailbox()
    with mail_server(box) as port:
        yield box, f"smtp://127.0.0.1:{port}"


def test_a_killed_sender_loses_no_mail_and_sends_one_twice_at_most(
    stack: Stack,
    database_of: Callable[[str], Database],
    mailbox: tuple[SlowMailbox, str],
    tmp_path: Path,
) -> None:
    (box, url), database = mailbox, database_of("notification")
    address = f"127.0.0.1:{free_port()}"

    def process() -> Any:
        return process_of("notification", stack, database, address, tmp_path, smtp_url=url)

    wanted: set[str] = set()
    doubled_at_most = 0
    for _ in range(KILLS):
        before = len(box.taken)
        with process() as sender:
            eventually(lambda: serves(address), HEALED_SECONDS)
            wanted = wanted or ask_for_mails(stack, address)
            eventually(lambda: len(box.taken) > before, HEALED_SECONDS)  # noqa: B023
            # Time for others to come, if they do.
            time.sleep(0.3)
            sender.kill()
            sender.wait()
        # Others do not wait for longer than that, as when this machine took its time over the kill.
        patient = box.times[-1] - box.times[before] < PATIENCE_SECONDS / 2
        doubled_at_most += 1 if patient else SIDE_BY_SIDE
    box.slow = False
    with process():
        eventually(lambda: wanted == set(box.taken), HEALED_SECONDS)
        # The mails of the last killed process come last.
        eventually(lambda: states(database) == {"sent"}, HEALED_SECONDS)
    assert MAILS <= len(box.taken) <= MAILS + doubled_at_most


def test_a_sender_killed_amid_a_thousand_mails_loses_none(
    stack: Stack,
    database_of: Callable[[str], Database],
    mailbox: tuple[SlowMailbox, str],
    tmp_path: Path,
) -> None:
    (box, url), database = mailbox, database_of("notification")
    box.slow = False
    address = f"127.0.0.1:{free_port()}"

    def process() -> Any:
        return process_of("notification", stack, database, address, tmp_path, smtp_url=url)

    with process() as sender:
        eventually(lambda: serves(address), HEALED_SECONDS)
        wanted = send_to_many(stack, address, with_cards(database, THOUSAND))
        eventually(lambda: len(box.taken) > THOUSAND // 3, HEALED_SECONDS)
        sender.kill()
        sender.wait()
    assert len(box.taken) < THOUSAND
    with process():
        eventually(lambda: states(database) == {"sent"}, 2 * HEALED_SECONDS)
    assert set(box.taken) == wanted
    assert THOUSAND <= len(box.taken) <= THOUSAND + 1


def test_a_server_that_was_away_has_all_mails_soon_after_it_is_back(
    stack: Stack, database_of: Callable[[str], Database], tmp_path: Path
) -> None:
    """Pauses between tries have grown to many seconds by then."""
    box, database = SlowMailbox(), database_of("notification")
    box.slow = False
    address = f"127.0.0.1:{free_port()}"
    with (
        # Nobody else takes it meanwhile.
        reserve() as kept,
        process_of(
            "notification",
            stack,
            database,
            address,
            tmp_path,
            smtp_url=f"smtp://{kept.address}",
        ),
    ):
        eventually(lambda: serves(address), HEALED_SECONDS)
        wanted = send_to_many(stack, address, with_cards(database, AWAY_MAILS))
        time.sleep(AWAY_SECONDS)
        server = Controller(box, hostname="127.0.0.1", port=kept.port)
        server.start()
        begun = time.monotonic()
        try:
            eventually(lambda: states(database) == {"sent"}, HEALED_SECONDS)
        finally:
            server.stop()
    # Without being woken some would sleep for twice as long.
    assert time.monotonic() - begun < AWAY_SECONDS / 2
    assert sorted(box.taken) == sorted(wanted)


def with_cards(database: Database, count: int) -> list[str]:
    """So many persons whose addresses are known."""
    people = [str(uuid4()) for _ in range(count)]
    with database.transaction() as unit:
        unit.connection.execute(
            "INSERT INTO contacts (user_id, email, email_revision)"
            " SELECT id, id || '@learner.example', 1 FROM unnest(%s::uuid[]) AS id",
            (people,),
        )
    return people


def send_to_many(stack: Stack, address: str, people: list[str]) -> set[str]:
    """Send news to people, as a service of the mesh; the Message-IDs of the mails."""
    request = SendEmailRequest(user_ids=people, template="announcement")
    request.data.update({"title": "News", "body": "b"})
    with stack.mesh("auth", "notification", address) as channel:
        answer = NotificationServiceStub(channel).SendEmail(request)
    return {f"<{key}@stellr.example>" for key in answer.notification_ids}


def states(database: Database) -> set[str]:
    """The states of all deliveries."""
    with database.transaction() as unit:
        rows = unit.connection.execute("SELECT DISTINCT state FROM deliveries")
        return {str(state) for (state,) in rows}


def ask_for_mails(stack: Stack, address: str) -> set[str]:
    """Ask a process for mails; their Message-IDs."""
    requests = [to_address(f"{number}@learner.example") for number in range(MAILS)]
    with stack.mesh("auth", "notification", address) as channel:
        send = NotificationInternalServiceStub(channel).SendNotification
        for request in requests:
            send(request)
    return {f"<{request.notification_id}@stellr.example>" for request in requests}
