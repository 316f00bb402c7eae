"""The keys of access tokens: made here, sealed in the database, rotated, published.

A new key is published first and signs a little later, when all services have it; an old one stays
until the last token that it signed has died.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.auth.access import LIFETIME_SECONDS, AccessSigner
from services.auth.repository import signing_keys as repository
from services.auth.repository.signing_keys import SigningKeyRow
from services.kit.data.database import Database
from services.kit.events.events import Events
from services.kit.identity.secrets import Sealer
from services.kit.identity.tokens import load_key
from stellr.auth.v1.events_pb2 import SigningKeysChanged

log = structlog.get_logger("stellr.auth")

# Until all services have heard of a new key.
PAUSE = timedelta(seconds=5)
# A token's life, and what clocks may differ.
REMEMBERED = timedelta(seconds=LIFETIME_SECONDS + 60)
PURPOSE = "signing-key"


class Signing(NamedTuple):
    """A key of ours, and from when it signs."""

    signer: AccessSigner
    signs_from: datetime


class SigningKeys:
    """Signs with the newest key whose time has come. All at hand; `load` has them read anew."""

    def __init__(self, database: Database, events: Events, sealer: Sealer, issuer: str) -> None:
        self._database = database
        self._events = events
        self._sealer = sealer
        self._issuer = issuer
        self._signing: tuple[Signing, ...] = ()
        self._jwks: list[dict[str, str]] = []

    def load(self) -> None:
        """Read the keys; where there is none to sign with, make one."""
        if not self._read():
            self._make_first()

    def signer(self) -> AccessSigner:
        """What signs now."""
        if not self._signing:
            self.load()
        now = datetime.now(UTC)
        due = (each.signer for each in self._signing if each.signs_from <= now)
        # The clock of the database may be a moment ahead of ours.
        return next(due, self._signing[-1].signer)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys of all tokens that may be about (RFC 7517, 5)."""
        if not self._jwks:
            self.load()
        return {"keys": self._jwks}

    def every_jwk(self) -> list[dict[str, str]]:
        """The same keys, and those that services publish, which sign no access token."""
        return [*self.jwks()["keys"], *repository.find_published(self._database)]

    def publish(self, jwks: Iterable[dict[str, str]]) -> None:
        """Publish keys of a service."""
        for jwk in jwks:
            repository.publish_key(self._database, jwk)

    def load_jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, read anew."""
        self.load()
        return self.jwks()

    def rotate(self) -> str:
        """Make a new key, which signs in some seconds; its id."""
        signer = AccessSigner(ec.generate_private_key(ec.SECP256R1()), self._issuer)
        with self._database.transaction():
            self._create(signer, PAUSE)
        self.load()
        kid = signer.public_jwk["kid"]
        log.info("a new key signs access tokens", kid=kid)
        return kid

    def rotate_if_due(self, days: float) -> None:
        """Make a new key where the newest is that old, and forget those that are done with."""
        keys = repository.find_keys(self._database)
        if keys and datetime.now(UTC) - keys[0].created_at >= timedelta(days=days):
            self.rotate()
        repository.delete_keys(self._database, REMEMBERED)

    def _read(self) -> bool:
        """Take the keys of the database; whether there is one to sign with."""
        keys = repository.find_keys(self._database)
        self._signing = tuple(
            Signing(signer, key.signs_from) for key in keys if (signer := self._opened(key))
        )
        self._jwks = [key.public_jwk for key in keys]
        return bool(self._signing)

    def _opened(self, key: SigningKeyRow) -> AccessSigner | None:
        known = {each.signer.public_jwk["kid"]: each.signer for each in self._signing}
        if key.kid in known:
            return known[key.kid]
        try:
            return AccessSigner(load_key(self._sealer.open(key.sealed, key.kid)), self._issuer)
        except ValueError:
            # The academy has another secret by now: what this one signed is still known by it.
            log.warning("a signing key was sealed by another secret", kid=key.kid)
            return None

    def _make_first(self) -> None:
        """One process makes it, and the others find it."""
        with self._database.transaction():
            repository.lock_keys(self._database)
            if not self._read():
                key = ec.generate_private_key(ec.SECP256R1())
                self._create(AccessSigner(key, self._issuer), timedelta(0))
        self._read()

    def _create(self, signer: AccessSigner, pause: timedelta) -> None:
        pem = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        jwk = signer.public_jwk
        sealed = self._sealer.seal(pem, jwk["kid"])
        repository.create_key(self._database, jwk["kid"], jwk, sealed, pause)
        self._events.append(SigningKeysChanged(), awaited=True)
