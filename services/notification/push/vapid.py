"""The key that the academy's push messages to browsers are signed with (VAPID, RFC 8292)."""

from __future__ import annotations

import base64
import binascii
import time
from functools import cached_property
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.kit.data.database import Database
from services.kit.identity.secrets import Sealer
from services.kit.identity.tokens import Bounded
from services.notification.repository import push_keys

KEY_BYTES = 32
ABOUT = "vapid"
# At most a day (RFC 8292, 2). A signature costs 50 us and is good for several messages.
LIFETIME_SECONDS = 12 * 3600
REUSED_SECONDS = 3600
AUDIENCES = 1000


class VapidKey:
    """The key by the setting or, where there is none, one that is made at first use and kept sealed
    in the database: another one would make all subscriptions worthless."""

    def __init__(self, database: Database, sealer: Sealer, setting: str) -> None:
        """ValueError where the setting is no key."""
        self._database = database
        self._sealer = sealer
        self._given = _read(setting) if setting else None

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """The key."""
        return _key(self._given or self._kept())

    @cached_property
    def public(self) -> str:
        """Its public part as browsers take it: an uncompressed point, base64url without padding."""
        point = self.private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    def _kept(self) -> bytes:
        sealed = push_keys.find_key(self._database)
        if sealed is None:
            made = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
            ours = self._sealer.seal(made.to_bytes(KEY_BYTES, "big"), ABOUT)
            # Of several processes one is first.
            sealed = push_keys.keep_key(self._database, ours)
        return self._sealer.open(sealed, ABOUT)


class VapidHeaders:
    """Proves to push services who sends."""

    def __init__(self, key: VapidKey, subject: str) -> None:
        """`subject` is a mailto: or https: address, at which a push service finds who sends."""
        self._key = key
        self._subject = subject
        self._kept = Bounded(AUDIENCES)

    def header(self, endpoint: str) -> str:
        """The header Authorization of a message to an endpoint."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        until, header = self._kept.get(audience, (0.0, ""))
        if until < time.monotonic():
            header = self._signed(audience)
            self._kept.keep(audience, (time.monotonic() + REUSED_SECONDS, header))
        return str(header)

    def _signed(self, audience: str) -> str:
        from py_vapid import Vapid02  # noqa: PLC0415  who sends to no browser does without

        claims = {
            "aud": audience,
            "exp": int(time.time()) + LIFETIME_SECONDS,
            "sub": self._subject,
        }
        return str(Vapid02(self._key.private).sign(claims)["Authorization"])


def _read(setting: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(setting.strip().rstrip("=") + "==")
        _key(raw)
    except (binascii.Error, ValueError):
        reason = "must be a private key of P-256: 32 bytes, base64url"
        raise ValueError(f"STELLR_VAPID_PRIVATE_KEY: {reason}") from None
    return raw


def _key(raw: bytes) -> ec.EllipticCurvePrivateKey:
    if len(raw) != KEY_BYTES:
        raise ValueError("not 32 bytes")
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
