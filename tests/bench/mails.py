"""What mails cost: how many leave a second, a call to 10,000 persons, a server that was away.

    python -m tests.bench.mails [--persons 10000] [--away SECONDS] [--workers 1]

A stack of its own sends to a real SMTP server (aiosmtpd) in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any
from uuid import uuid4

import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.bench.cpu import seconds as cpu_seconds
from tests.support import GENEROUS, Learner, Stack, free_port, grant, register, started

NEWS = {"title": "New courses", "body": "They begin in March."}


class Counting:
    """Takes every mail, and counts them by Message-ID."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        head = envelope.content.split(b"\r\n\r\n", 1)[0]
        self.taken[str(email.message_from_bytes(head)["Message-ID"])] += 1
        await asyncio.sleep(0)
        return "250 OK"


def serve(port: int, orders: Connection) -> None:
    """A mail server that is there or not, as it is told; answers how many mails it has of each
    Message-ID, or how many of how many Message-IDs."""
    box, server = Counting(), None
    while (order := orders.recv()) != "end":
        if order == "up":
            server = Controller(box, hostname="127.0.0.1", port=port)
            server.start()
        elif order == "down" and server:
            server.stop()
        counts = (sum(box.taken.values()), len(box.taken))
        orders.send(dict(box.taken) if order == "taken" else counts)
    if server:
        server.stop()


class MailServer:
    """The server, from here."""

    def __init__(self, port: int) -> None:
        self._orders, theirs = multiprocessing.Pipe()
        target = (port, theirs)
        self._process = multiprocessing.get_context("fork").Process(target=serve, args=target)
        self._process.start()

    def __call__(self, order: str = "count") -> tuple[int, int]:
        self._orders.send(order)
        told: tuple[int, int] = self._orders.recv()
        return told

    def taken(self) -> dict[str, int]:
        """How many mails of each Message-ID it has."""
        self._orders.send("taken")
        told: dict[str, int] = self._orders.recv()
        return told

    def end(self) -> None:
        """Stop it."""
        self._orders.send("end")
        self._process.join()


@contextmanager
def academy(workers: int) -> Iterator[tuple[Stack, Learner, MailServer]]:
    """A stack, an administrator of it, and the server that its mails go to."""
    port = free_port()
    server = MailServer(port)
    server("up")
    settings = {**GENEROUS, "STELLR_SMTP_URL": "", "STELLR_WORKERS": str(workers)}
    try:
        with started(settings) as stack:
            admin = register(stack)
            grant(stack, admin, "admin")
            stack.stop()
            stack.settings = {**settings, "STELLR_SMTP_URL": f"smtp://127.0.0.1:{port}"}
            stack.start()
            yield stack, admin, server
    finally:
        server.end()


def with_cards(stack: Stack, count: int) -> list[str]:
    """So many persons of whom notification knows the address."""
    people = [str(uuid4()) for _ in range(count)]
    with psycopg.connect(stack.run["databases"]["notification"], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO contacts (user_id, email, email_revision, name, locale)"
            " SELECT id, id || '@learner.example', 1, 'Zoe', 'en' FROM unnest(%s::uuid[]) AS id",
            (people,),
        )
        connection.execute("ANALYZE contacts")
    return people


def send(admin: Learner, people: list[str]) -> float:
    """Send a mail to people; the seconds until the answer."""
    body: dict[str, Any] = {"userIds": people, "template": "announcement", "data": NEWS}
    begun = time.perf_counter()
    answer = admin.post("/notify/email", body)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["notificationIds"]) == len(people)
    return time.perf_counter() - begun


def drained(server: MailServer, wanted: int, patience: float = 900) -> float:
    """The seconds until the server has so many different mails."""
    begun = time.perf_counter()
    while server()[1] < wanted:
        assert time.perf_counter() - begun < patience, server()
        time.sleep(0.1)
    return time.perf_counter() - begun


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=10_000)
    parser.add_argument("--away", type=float, default=0.0, help="seconds that the server is away")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    with academy(asked.workers) as (stack, admin, server):
        people = with_cards(stack, asked.persons)
        send(admin, people[:20])
        drained(server, 20)
        if asked.away:
            server("down")
        senders = [int(p["pid"]) for p in stack.run["parts"] if "notification" in p["name"]]
        call = send(admin, people)
        cpu = cpu_seconds(senders)
        print(f"call to {asked.persons} persons: {call:.2f} s")
        if asked.away:
            time.sleep(asked.away)
            server("up")
        seconds = drained(server, asked.persons + 20)
        print(f"drained in {seconds:.1f} s: {asked.persons / seconds:.0f} mails a second")
        cost = (cpu_seconds(senders) - cpu) / asked.persons * 1000
        print(f"{cost:.1f} ms of the service's CPU for each")
        total, different = server()
        print(f"{different} mails, {total - different} of them twice")


if __name__ == "__main__":
    main()
