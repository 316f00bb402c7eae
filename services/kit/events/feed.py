"""Feeds: tables of events that others follow by a cursor, skipping none.

The ids of a sequence are given before the commit, so a reader could see 7 while 6 is still being
written, and never see 6. Writers of a feed therefore take turns from the insert to the commit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TypeVar

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from services.kit.data.database import Database
from services.kit.errors import InvalidFields, Violation

log = structlog.get_logger("stellr.feed")
Event = TypeVar("Event", bound="FeedEvent")
RETRY_SECONDS = 0.5
# More digits would not fit into a bigint.
LONGEST_CURSOR = 18


class FeedEvent:
    """The columns of a feed's table."""

    __tablename__: str
    event_id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)


def append(session: Session, event: DeclarativeBase) -> None:
    """Add an event. Do it last in a transaction: other writers of the feed wait for its end."""
    name = event.__tablename__
    session.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtext(:name)), pg_notify('feed', :name)"),
        {"name": f"feed:{name}"},
    )
    session.add(event)
    session.flush()


def read(session: Session, kind: type[Event], cursor: str, limit: int) -> Sequence[Event]:
    """The events after the cursor, oldest first, at most `limit`. "" is the beginning."""
    newer = kind.event_id > position(cursor)
    return session.scalars(sa.select(kind).where(newer).order_by(kind.event_id).limit(limit)).all()


def position(cursor: str) -> int:
    """The event id in a cursor; InvalidFields where it is none."""
    if cursor and not (cursor.isdecimal() and len(cursor) <= LONGEST_CURSOR):
        raise InvalidFields([Violation("cursor", "is not a cursor of this feed")])
    return int(cursor or 0)


class FeedSignal(threading.Thread):
    """Wakes the streams of a process when a transaction that wrote to a feed commits."""

    def __init__(self, database: Database) -> None:
        super().__init__(name="feed-signal", daemon=True)
        self._database = database
        self._wake = threading.Condition()
        self._stopping = False
        self._serial = 0

    @property
    def serial(self) -> int:
        """Counts the wake-ups; take it before reading the feed and give it to `wait`."""
        return self._serial

    def wait(self, serial: int, seconds: float) -> None:
        """Wait until something was written since `serial`, at most so many seconds."""
        with self._wake:
            self._wake.wait_for(lambda: self._serial != serial or self._stopping, seconds)

    def run(self) -> None:
        """Listen until stopped; a lost connection is made anew."""
        while not self._stopping:
            try:
                self._listen()
            except psycopg.Error as error:
                log.debug("feed signal lost its connection", error=str(error))
                time.sleep(RETRY_SECONDS)

    def _listen(self) -> None:
        with self._database.listen() as connection:
            connection.execute("LISTEN feed")
            self._notify()
            while not self._stopping:
                if any(True for _ in connection.notifies(timeout=1, stop_after=1)):
                    self._notify()

    def _notify(self) -> None:
        with self._wake:
            self._serial += 1
            self._wake.notify_all()

    def stop(self) -> None:
        """End the thread and all waits."""
        self._stopping = True
        self._notify()
