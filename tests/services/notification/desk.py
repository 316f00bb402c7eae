"""Notification in the test's own process, on a database of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.kit.data.pages import PageTokens
from services.kit.identity.secrets import Signer
from services.kit.process.runtime import Runtime
from services.notification.dead_letters import History
from services.notification.models import Channel
from services.notification.service import House
from services.notification.settings import NotificationSettings
from stellr.notification.v1 import notification_internal_service_pb2 as pb


class Desk:
    """Notification without a server: what it takes in, and its worker."""

    def __init__(self, runtime: Runtime, **own: Any) -> None:
        self.runtime = runtime
        self.database = runtime.database
        self.house = House(runtime, NotificationSettings(**own))
        self._messages = self.house.messages
        tokens = PageTokens(Signer(b"x" * 32, "page-token"))
        self.history = History(self.database, tokens, self.house.dispatcher)

    def send(self, request: pb.SendNotificationRequest) -> None:
        with self.runtime.database.transaction():
            self._messages.send(request)

    def send_to_many(self, user_ids: list[UUID], template: str, **data: str) -> None:
        with self.runtime.database.transaction():
            self._messages.send_to_many(user_ids, template, data, [Channel.EMAIL])

    def set_contact(self, request: pb.SetContactRequest) -> None:
        with self.runtime.database.transaction():
            self._messages.set_contact(request)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self.runtime.database.transaction() as unit:
            return [tuple(row) for row in unit.session.execute(sa.text(statement))]

    def execute(self, statement: str) -> None:
        with self.runtime.database.transaction() as unit:
            unit.connection.execute(statement.encode())

    def states(self) -> list[str]:
        """Where messages stand, those in the list aside."""
        found = self.query(
            "SELECT coalesce(state, 'waiting') FROM notifications LEFT JOIN deliveries AS delivery"
            " USING (notification_id) WHERE channel IS DISTINCT FROM 'in_app'"
        )
        return [state for (state,) in found]


MakeDesk = Callable[..., Desk]
