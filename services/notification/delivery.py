"""The background work of notification: a message leaves the academy, or is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol
from uuid import UUID

import structlog

from services.kit.data.database import Database
from services.kit.errors import Unavailable
from services.kit.work.insisting import insist
from services.notification import repository
from services.notification.errors import MailServerUnavailable, TextProviderUnavailable
from services.notification.models import State
from services.notification.refusals import TooLate, TransportError
from services.notification.repository import Outgoing
from services.notification.switches import is_wanted
from services.notification.ways import Way, way_to

log = structlog.get_logger("stellr.notification")

UNAVAILABLE: Mapping[Way, type[Unavailable]] = {
    Way.MAIL: MailServerUnavailable,
    Way.TEXT: TextProviderUnavailable,
}


class Carrier(Protocol):
    """Carries messages one of the ways."""

    def send(self, outgoing: Outgoing, taken: Callable[[], None]) -> None:
        """Send it, or raise TransportError; `taken` is called once it is taken."""


class Deliveries:
    """Sends what is queued."""

    def __init__(self, database: Database, carriers: Mapping[Way, Carrier]) -> None:
        self._database = database
        self._carriers = carriers

    def deliver(self, *, notification_id: str) -> None:
        """Send a notification at least once, the way that is right for its person now.

        MailServerUnavailable and TextProviderUnavailable let the job be tried again.
        """
        # Without a transaction: none is open while a server takes its time.
        outgoing = repository.find_queued(self._database, UUID(notification_id))
        if outgoing is None:
            return
        way = way_to(outgoing.email, outgoing.phone, outgoing.template)
        if way is None:
            self._leave(outgoing, "there is nowhere to send it")
        elif outgoing.user_id and not _is_wanted(outgoing, way):
            self._leave(outgoing, "it is switched off")
        else:
            self._send(outgoing, way)

    def _send(self, outgoing: Outgoing, way: Way) -> None:
        key = outgoing.notification_id
        try:
            self._carriers[way].send(outgoing, lambda: self._close(key, State.SENT))
        except TooLate as error:
            self._leave(outgoing, str(error))
        except TransportError as error:
            if not error.permanent:
                log.info("message put off", way=way.value, notification=str(key), why=str(error))
                raise UNAVAILABLE[way] from error
            log.warning("message refused", way=way.value, notification=str(key), why=str(error))
            self._close(key, State.DEAD)

    def _leave(self, outgoing: Outgoing, why: str) -> None:
        key = outgoing.notification_id
        log.info("message not sent", notification=str(key), template=outgoing.template, why=why)
        self._close(key, State.UNSENT)

    def _close(self, key: UUID, state: State) -> None:
        """Remember how it ended at once, not when the job does: what was sent is never sent again
        because the database took nothing just then."""

        def write() -> None:
            with self._database.transaction():
                repository.close_notifications(self._database, [key], state)

        insist("the end of a message", write)


def _is_wanted(outgoing: Outgoing, way: Way) -> bool:
    """Messages by SMS have no switch: there are words for those alone that are always on."""
    return way is Way.TEXT or is_wanted(outgoing.switches, "email", outgoing.template)
