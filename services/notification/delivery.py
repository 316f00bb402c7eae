"""The background work of notification: a message leaves the academy, is held, or is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

import structlog

from services.kit.data.database import Database
from services.kit.errors import DomainError, Unavailable
from services.kit.work.insisting import insist
from services.notification.channels import NOWHERE, SWITCHED_OFF, way_to
from services.notification.dispatching import Dispatcher
from services.notification.errors import (
    MailServerUnavailable,
    ProviderBusy,
    PushProviderUnavailable,
    TextProviderUnavailable,
)
from services.notification.models import Channel, State
from services.notification.refusals import DeviceGone, TooLate, TransportError
from services.notification.repository import deliveries
from services.notification.repository.deliveries import Outgoing
from services.notification.switches import is_wanted

log = structlog.get_logger("stellr.notification")

UNAVAILABLE: Mapping[Channel, type[Unavailable]] = {
    Channel.EMAIL: MailServerUnavailable,
    Channel.SMS: TextProviderUnavailable,
    Channel.PUSH: PushProviderUnavailable,
}


class Carrier(Protocol):
    """Carries messages by one channel."""

    def send(self, outgoing: Outgoing, taken: Callable[[], None]) -> None:
        """Send it, or raise TransportError; `taken` is called once it is taken."""


class Deliveries:
    """Sends what is queued."""

    def __init__(
        self, database: Database, carriers: Mapping[Channel, Carrier], dispatcher: Dispatcher
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._dispatcher = dispatcher

    def deliver(self, *, delivery_id: str) -> None:
        """Send a delivery at least once, if its person wants it now.

        MailServerUnavailable and its like let the job be tried again.
        """
        # Without a transaction: none is open while a server takes its time.
        outgoing = deliveries.find_open(self._database, UUID(delivery_id))
        if outgoing is None:
            return
        channel = _channel(outgoing)
        if channel is None:
            self._leave(outgoing, NOWHERE)
        elif channel != outgoing.channel:
            self._turn(outgoing, channel)
        elif not _is_wanted(outgoing):
            self._leave(outgoing, SWITCHED_OFF)
        else:
            self._send(outgoing, channel)

    def _send(self, outgoing: Outgoing, channel: Channel) -> None:
        key = outgoing.delivery_id
        try:
            self._carriers[channel].send(outgoing, lambda: self._close([key], State.SENT))
        except (TooLate, DeviceGone) as error:
            self._leave(outgoing, str(error))
        except TransportError as error:
            if not error.permanent:
                log.info("message put off", channel=channel, delivery=str(key), why=str(error))
                deliveries.fail(self._database, key, str(error))
                raise _put_off(channel, error) from error
            log.warning("message refused", channel=channel, delivery=str(key), why=str(error))
            self._close([key], State.DEAD, str(error))

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


def _put_off(channel: Channel, error: TransportError) -> DomainError:
    """What has a job tried again: when the provider said, or after a growing pause."""
    return ProviderBusy(error.retry_after) if error.retry_after else UNAVAILABLE[channel]()


def _channel(outgoing: Outgoing) -> Channel | None:
    """The way that is right for the person now."""
    if outgoing.channel == Channel.PUSH:
        return Channel.PUSH
    return way_to(outgoing.email, outgoing.phone, outgoing.template)


def _is_wanted(outgoing: Outgoing) -> bool:
    """Messages by SMS have no switch: there are words for those alone that are always on."""
    if outgoing.user_id is None or outgoing.channel == Channel.SMS:
        return True
    return is_wanted(outgoing.switches, outgoing.channel, outgoing.template)
