"""Ending mails of one kind from the mail itself: one click (RFC 8058), or a page with a button."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.identity.secrets import Signer
from services.notification.preferences import Preferences
from services.notification.repository import cards
from services.notification.switches import CATEGORIES, CATEGORY
from services.notification.templates import DIGEST
from stellr.notification.v1.preferences_pb2 import NotificationPreferences

PURPOSE = "unsubscribe"
PATH = "/notify/unsubscribe"
# Mails about the account are about its safety, and cannot be ended.
_ENDED: dict[str, tuple[str, ...]] = {name: (name,) for name in CATEGORIES if name != "account"}
_ENDED[DIGEST] = tuple(_ENDED)


class Subscription(NamedTuple):
    """Mails of one kind to one person: a category, or "digest" for all that can be ended."""

    user_id: UUID
    kind: str


class Unsubscribing:
    """Makes the links that are in mails, and does what they say."""

    def __init__(
        self, database: Database, signer: Signer, preferences: Preferences, public_url: str
    ) -> None:
        self._database = database
        self._signer = signer
        self._preferences = preferences
        self._public_url = public_url

    def url(self, user_id: UUID | None, template: str) -> str:
        """The link of a mail; "" where it has none. It is good for ever, as long as mails are."""
        kind = DIGEST if template == DIGEST else CATEGORY[template]
        if user_id is None or kind not in _ENDED:
            return ""
        return f"{self._public_url}{PATH}?token={quote(self.token(Subscription(user_id, kind)))}"

    def token(self, subscription: Subscription) -> str:
        """The token of a link."""
        body = f"{subscription.user_id.hex}.{subscription.kind}"
        return f"{body}.{self._signer.sign(body)}"

    def read(self, token: str) -> Subscription | None:
        """What a token is for; None where it is not one of ours."""
        body, _, signature = token.rpartition(".")
        user, _, kind = body.partition(".")
        user_id = as_uuid(user)
        if user_id is None or kind not in _ENDED or not self._signer.matches(body, signature):
            return None
        return Subscription(user_id, kind)

    def end(self, subscription: Subscription) -> None:
        """Switch these mails off; again is harmless, and of who was erased nothing is kept."""
        asked = NotificationPreferences()
        for category in _ENDED[subscription.kind]:
            setattr(asked.channels.email, category, False)
        self._preferences.update(subscription.user_id, asked, [])

    def language(self, subscription: Subscription) -> str:
        """What the person reads, "" where that is not known."""
        card = cards.find_card(self._database, subscription.user_id)
        return card.locale if card else ""
