"""The background work of notification: a message leaves the academy, is held, or is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog

from services.kit.data.database import Database
from services.kit.errors import Unavailable
from services.kit.work.insisting import insist
from services.kit.work.pauses import growing_pause
from services.notification.channels import (
    NOT_IN_USE,
    NOWHERE,
    SWITCHED_OFF,
    may_reach,
    may_wait,
    way_to,
)
from services.notification.dispatching import Dispatcher
from services.notification.errors import (
    MailServerUnavailable,
    PushProviderUnavailable,
    TextProviderUnavailable,
)
from services.notification.holding import Habits, held_until
from services.notification.models import Channel, State
from services.notification.pacing import Pace
from services.notification.recovery import Recovery
from services.notification.refusals import DeviceGone, NotNow, TooLate, TransportError
from services.notification.repository import deliveries, held
from services.notification.repository.deliveries import Member, Outgoing
from services.notification.switches import is_wanted
from services.notification.templates import DIGEST

log = structlog.get_logger("stellr.notification")

UNAVAILABLE: Mapping[Channel, type[Unavailable]] = {
    Channel.EMAIL: MailServerUnavailable,
    Channel.SMS: TextProviderUnavailable,
    Channel.PUSH: PushProviderUnavailable,
}
# Some four days, at a try a minute: then it is told among the dead that the provider is away.
MOST_ATTEMPTS = 6000
# Between tries of what is put off by itself.
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60.0


class Carrier(Protocol):
    """Carries messages by one channel."""

    def send(self, outgoing: Outgoing, taken: Callable[[], None]) -> None:
        """Send it, or raise TransportError; `taken` is called once it is taken."""


class Provider(NamedTuple):
    """A channel's way out of the academy, how fast it may go, and who notices that it is back."""

    carrier: Carrier
    pace: Pace
    recovery: Recovery


class Deliveries:
    """Sends what is queued."""

    def __init__(
        self, database: Database, providers: Mapping[Channel, Provider], dispatcher: Dispatcher
    ) -> None:
        self._database = database
        self._providers = providers
        self._dispatcher = dispatcher

    def deliver(self, *, delivery_id: str) -> None:
        """Send a delivery at least once, if its person wants it now.

        MailServerUnavailable and its like let the job be tried again.
        """
        # Without a transaction: none is open while a server takes its time.
        outgoing = self._find(UUID(delivery_id))
        if outgoing is None:
            return
        channel = _channel(outgoing)
        until = held_until(
            datetime.now(UTC), outgoing.channel, outgoing.template, _habits(outgoing)
        )
        if channel is None:
            self._leave(outgoing, NOWHERE)
        elif channel != outgoing.channel:
            self._turn(outgoing, channel)
        elif unwanted := _why_unwanted(outgoing, outgoing.template):
            self._leave(outgoing, unwanted)
        elif until is not None:
            held.hold(self._database, outgoing.delivery_id, until)
        else:
            self._send(outgoing, channel)

    def _find(self, delivery_id: UUID) -> Outgoing | None:
        """The delivery, once it may go as fast as its provider takes such."""
        outgoing = deliveries.find_open(self._database, delivery_id)
        if outgoing is None:
            return None
        pace = self._providers[Channel(outgoing.channel)].pace
        if pace.keep(waits=may_wait(outgoing.template)):
            # Time has passed: the person may think otherwise by now.
            return deliveries.find_open(self._database, delivery_id)
        return outgoing

    def _send(self, outgoing: Outgoing, channel: Channel) -> None:
        members, dropped = self._members(outgoing)
        outgoing = outgoing._replace(members=members)
        why = SWITCHED_OFF if outgoing.active else NOT_IN_USE
        if dropped:
            self._close([each.delivery_id for each in dropped], State.UNSENT, why)
        if outgoing.template == DIGEST and not members:
            self._leave(outgoing, why)
            return
        keys = [outgoing.delivery_id, *(each.delivery_id for each in members)]
        provider = self._providers[channel]
        try:
            provider.carrier.send(outgoing, lambda: self._close(keys, State.SENT))
        except (TooLate, DeviceGone) as error:
            self._leave(outgoing, str(error))
        except TransportError as error:
            self._fail(outgoing, keys, error)
        else:
            provider.recovery.took(had_failed=outgoing.attempts > 0)

    def _members(self, outgoing: Outgoing) -> tuple[Sequence[Member], Sequence[Member]]:
        """What a digest has together, and what of it the person is not to get any more."""
        if outgoing.template != DIGEST:
            return [], []
        members = held.list_members(self._database, outgoing.delivery_id)
        wanted = [each for each in members if not _why_unwanted(outgoing, each.template)]
        return wanted, [each for each in members if each not in wanted]

    def _fail(self, outgoing: Outgoing, keys: Sequence[UUID], error: TransportError) -> None:
        channel, key, why = Channel(outgoing.channel), outgoing.delivery_id, str(error)
        if error.permanent or outgoing.attempts >= MOST_ATTEMPTS:
            log.warning("message refused", channel=channel.value, delivery=str(key), why=why)
            self._close(keys, State.DEAD, why)
            return
        log.info("message put off", channel=channel.value, delivery=str(key), why=why)
        deliveries.fail(self._database, key, why)
        pause = _pause(outgoing, error)
        if pause:
            self._dispatcher.put_off(key, channel, pause)
            return
        self._providers[channel].recovery.failed()
        raise UNAVAILABLE[channel] from error

    def _turn(self, outgoing: Outgoing, channel: Channel) -> None:
        """Have it go another way: the address that it was for is gone, or is there by now."""
        deliveries.turn(self._database, outgoing.delivery_id, channel)
        self._dispatcher.send([(outgoing.delivery_id, outgoing.template, channel)])

    def _leave(self, outgoing: Outgoing, why: str) -> None:
        key = outgoing.delivery_id
        log.info("message not sent", delivery=str(key), template=outgoing.template, why=why)
        self._close([key], State.UNSENT, why)

    def _close(self, keys: Sequence[UUID], state: State, reason: str = "") -> None:
        """Remember how it ended at once, not when the job does: what was sent is never sent again
        because the database took nothing just then."""

        def write() -> None:
            with self._database.transaction():
                deliveries.close(self._database, keys, state, reason)

        insist("the end of a message", write)


def _pause(outgoing: Outgoing, error: TransportError) -> float | None:
    """In how many seconds it is tried again, whatever becomes of others; None: with those."""
    if error.retry_after or not isinstance(error, NotNow):
        return error.retry_after
    return growing_pause(outgoing.attempts + 1, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)


def _channel(outgoing: Outgoing) -> Channel | None:
    """The way that is right for the person now."""
    if outgoing.channel == Channel.PUSH:
        return Channel.PUSH
    return way_to(outgoing.email, outgoing.phone, outgoing.template)


def _why_unwanted(outgoing: Outgoing, template: str) -> str:
    """Why the person is not to get what a template says; empty where they are.

    Messages by SMS have no switch: there are words for those alone that are always on. Of a digest
    each part has its own.
    """
    if not may_reach(template, active=outgoing.active):
        return NOT_IN_USE
    is_always = outgoing.user_id is None or outgoing.channel == Channel.SMS or template == DIGEST
    if is_always or is_wanted(outgoing.switches, outgoing.channel, template):
        return ""
    return SWITCHED_OFF


def _habits(outgoing: Outgoing) -> Habits:
    return Habits(outgoing.timezone, outgoing.quiet_start, outgoing.quiet_end, outgoing.digest)
