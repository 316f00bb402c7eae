"""The academy's keys in a test's own process."""

from __future__ import annotations

from collections.abc import Sequence

from services.certificate.key_kinds import document_kind
from services.certificate.repository.signing_keys import SigningKeyRow
from services.certificate.signing_keys import SigningKeys
from services.kit.data.database import Database
from services.kit.identity.secrets import Sealer


def document_keys(database: Database, secret: bytes = b"s" * 32) -> SigningKeys:
    """Keys of documents."""
    return SigningKeys(database, Sealer(secret, "x"), document_kind())


class Publisher:
    """Notes what is published, or refuses it while `down`."""

    def __init__(self) -> None:
        self.down = False
        self.published: list[str] = []

    def __call__(self, rows: Sequence[SigningKeyRow]) -> None:
        if self.down:
            raise ConnectionError
        self.published += [row.key_id for row in rows]


def published_keys(
    database: Database, publisher: Publisher, secret: bytes = b"s" * 32
) -> SigningKeys:
    """Keys that sign once they are published."""
    kind = document_kind()._replace(publish=publisher)
    return SigningKeys(database, Sealer(secret, "x"), kind)
