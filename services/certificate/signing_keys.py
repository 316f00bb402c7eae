"""The academy's own keys: those that sign credentials, and those that sign documents.

They are made when they are first needed and sealed in the database. What a key signed is good for
ever, so none is ever deleted. A credential key signs nothing before auth has published it: whoever
has a credential finds its key in the academy's key set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.certificate.repository import signing_keys as repository
from services.certificate.repository.signing_keys import SigningKeyRow
from services.kit.data.database import Database
from services.kit.identity.secrets import Sealer
from services.kit.identity.tokens import load_key

log = structlog.get_logger("stellr.certificate")

PURPOSE = "signing-key"
PrivateKey = ec.EllipticCurvePrivateKey


class Named(NamedTuple):
    """What the world knows a key by: its id, and its public part or X.509 certificate as DER."""

    key_id: str
    public: bytes


class Kind(NamedTuple):
    """What keys of a purpose have of their own: how they are named, and made known."""

    purpose: str
    name: Callable[[PrivateKey], Named]
    publish: Callable[[Sequence[SigningKeyRow]], None]


class Signing(NamedTuple):
    """A key that signs."""

    key_id: str
    key: PrivateKey
    public: bytes


class SigningKeys:
    """The keys of one purpose; the newest that is published signs."""

    def __init__(self, database: Database, sealer: Sealer, kind: Kind) -> None:
        self._database = database
        self._sealer = sealer
        self._kind = kind
        self._opened: dict[str, PrivateKey] = {}

    def signing(self) -> Signing:
        """The key that signs now; where there is none, one is made."""
        found = self._newest()
        if found is None:
            self._make_first()
            self._publish(row for row in self.all() if not row.published)
            found = self._newest()
        if found is None:
            raise LookupError("a key that was just made is not there")
        return found

    def all(self) -> list[SigningKeyRow]:
        """All keys, the newest first."""
        return repository.find_keys(self._database, self._kind.purpose)

    def rotate(self) -> SigningKeyRow:
        """Have a new key sign from now on."""
        with self._database.transaction():
            made = self._create()
        self._publish(row for row in self.all() if not row.published)
        log.info("a new key signs", purpose=self._kind.purpose, key_id=made.key_id)
        return next(row for row in self.all() if row.key_id == made.key_id)

    def publish(self) -> None:
        """Have all keys published, also where that was forgotten; where there is none, make one."""
        self.signing()
        self._publish(self.all())

    def _newest(self) -> Signing | None:
        for row in self.all():
            if row.published and (key := self._open(row)):
                return Signing(row.key_id, key, row.public)
        return None

    def _publish(self, rows: Iterable[SigningKeyRow]) -> None:
        if not (known := list(rows)):
            return
        self._kind.publish(known)
        for row in known:
            repository.set_published(self._database, row.key_id)

    def _open(self, row: SigningKeyRow) -> PrivateKey | None:
        if row.key_id not in self._opened:
            try:
                self._opened[row.key_id] = load_key(self._sealer.open(row.sealed, row.key_id))
            except ValueError:
                # The academy has another secret by now: what this one signed stays good.
                log.warning("a signing key was sealed by another secret", key_id=row.key_id)
                return None
        return self._opened[row.key_id]

    def _make_first(self) -> None:
        """One process makes it, and the others find it."""
        with self._database.transaction():
            repository.lock_keys(self._database)
            if not any(map(self._open, self.all())):
                self._create()

    def _create(self) -> Named:
        key = ec.generate_private_key(ec.SECP256R1())
        named = self._kind.name(key)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        sealed = self._sealer.seal(pem, named.key_id)
        repository.create_key(
            self._database, named.key_id, self._kind.purpose, named.public, sealed
        )
        return named
