"""What was sent and how it ended; what was given up is sent again when an administrator says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.data.tables import as_uuid
from services.notification.dispatching import Dispatcher
from services.notification.errors import DeliveryForgotten, DeliveryNotFound
from services.notification.models import Channel, State
from services.notification.repository import history
from services.notification.repository.history import Filter, KeptDelivery

Page = tuple[Sequence[KeptDelivery], str]


class History:
    """Reads what became of deliveries, and revives the dead."""

    def __init__(self, database: Database, tokens: PageTokens, dispatcher: Dispatcher) -> None:
        self._database = database
        self._tokens = tokens
        self._dispatcher = dispatcher

    def list_deliveries(self, user_id: UUID | None, which: Filter, size: int, token: str) -> Page:
        """A page of the deliveries to a person, or to anybody, and the token of the next."""

        def read(after: UUID | None) -> list[KeptDelivery]:
            return history.list_deliveries(
                self._database, which, user_id=user_id, after=after, limit=size + 1
            )

        return self._page(f"deliveries:{user_id}:{which}", size, token, read)

    def list_dead(self, which: Filter, size: int, token: str) -> Page:
        """A page of those that were given up, and the token of the next."""

        def read(after: UUID | None) -> list[KeptDelivery]:
            return history.list_dead(self._database, which, after=after, limit=size + 1)

        return self._page(f"dead:{which}", size, token, read)

    def resend(self, delivery: str) -> KeptDelivery:
        """Send again what was given up; the delivery as it is then.

        DeliveryNotFound; DeliveryForgotten where it is not known any more what it said.
        """
        asked = self._get(as_uuid(delivery))
        # What went with a digest goes with it again.
        key = asked.digest_id or asked.delivery_id
        found = history.lock_delivery(self._database, key)
        if found is None or found.state != State.DEAD:
            return self._get(asked.delivery_id)
        if not history.is_remembered(self._database, found.notification_id):
            raise DeliveryForgotten
        history.revive(self._database, key)
        self._dispatcher.send([(key, found.template, Channel(found.channel))])
        return self._get(asked.delivery_id)

    def _get(self, delivery_id: UUID | None) -> KeptDelivery:
        found = delivery_id and history.find_delivery(self._database, delivery_id)
        if not found:
            raise DeliveryNotFound
        return found

    def _page(
        self,
        scope: str,
        size: int,
        token: str,
        read: Callable[[UUID | None], Sequence[KeptDelivery]],
    ) -> Page:
        last = self._tokens.read(token, scope)
        rows = read(UUID(last[0]) if last else None)
        return self._tokens.page(rows, size, scope, lambda row: [str(row.delivery_id)])
