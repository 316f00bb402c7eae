"""Sends messages on their ways: a delivery for each, and a job for each that is to be sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.kit.data.database import Database
from services.kit.work.queues import Queue
from services.kit.work.tasks import Task
from services.notification.channels import Message, plan
from services.notification.models import Channel, State
from services.notification.repository import deliveries
from services.notification.repository.deliveries import NewDelivery

# What somebody waits for in front of a screen, and what goes to thousands; all else is in between.
MAIL_QUEUES = {
    "verification_code": Queue.URGENT,
    "account_exists": Queue.URGENT,
    "announcement": Queue.BULK,
    "reminder_lesson": Queue.BULK,
    "reminder_quiz": Queue.BULK,
    "digest": Queue.BULK,
}


class Feed(Protocol):
    """The list in the app."""

    def add(self, messages: Sequence[Message]) -> None:
        """Show messages to their persons, in the open transaction."""


class Devices(Protocol):
    """What shows push messages."""

    def of(self, user_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        """The ids of the devices of persons."""


class Dispatcher:
    """Makes deliveries of messages."""

    def __init__(
        self, database: Database, tasks: Mapping[Channel, Task], feed: Feed, devices: Devices
    ) -> None:
        """`tasks` take a delivery_id, and send that by their channel."""
        self._database = database
        self._tasks = tasks
        self._feed = feed
        self._devices = devices

    def dispatch(self, messages: Sequence[Message], queue: Queue | None = None) -> None:
        """Have messages sent, in the open transaction; mails by a queue, else by that of their
        template."""
        devices = self._devices.of([each.user_id for each in messages if each.user_id])
        planned = [
            delivery
            for message in messages
            for delivery in plan(message, devices.get(message.user_id or UUID(int=0), ()))
        ]
        self._enqueue(deliveries.create_deliveries(self._database, planned), queue)
        shown = _shown(planned)
        if shown:
            self._feed.add([each for each in messages if each.notification_id in shown])

    def send(self, created: Sequence[tuple[UUID, str, Channel]]) -> None:
        """Have deliveries sent that are queued: their ids, templates and channels."""
        self._enqueue(created, None)

    def put_off(self, delivery_id: UUID, channel: Channel, seconds: float) -> None:
        """Have a delivery sent after so many seconds, and no sooner, whatever others find."""
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        # A browser names its push service itself: one that hangs must not take all places again and
        # again.
        queue = Queue.AGAIN if channel is Channel.PUSH else None
        self._tasks[channel].defer(at=at, queue=queue, delivery_id=str(delivery_id))

    def _enqueue(self, created: Sequence[tuple[UUID, str, Channel]], queue: Queue | None) -> None:
        jobs: dict[tuple[Channel, Queue | None], list[UUID]] = defaultdict(list)
        for delivery_id, template, channel in created:
            jobs[channel, _queue(channel, template, queue)].append(delivery_id)
        for (channel, its_queue), ids in jobs.items():
            values = [{"delivery_id": str(each)} for each in ids]
            self._tasks[channel].defer_many(values, queue=its_queue)


def _queue(channel: Channel, template: str, asked: Queue | None) -> Queue | None:
    """Of what does not go by mail the queue is its task's."""
    if channel is not Channel.EMAIL:
        return None
    return asked or MAIL_QUEUES.get(template, Queue.NORMAL)


def _shown(planned: Sequence[NewDelivery]) -> set[UUID]:
    return {
        each.notification_id
        for each in planned
        if each.channel is Channel.IN_APP and each.state is State.SENT
    }
