"""Signs access tokens (RFC 7519, ES256) with a key, whose public part is a JWK (RFC 7517)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from services.kit.identity.jwk import public_jwk
from services.kit.identity.tokens import (
    ACCESS_TOKEN_TYPE,
    ALGORITHM,
    AUDIENCE,
    DELETED_CLAIM,
    VERSION_CLAIM,
)

# RFC 9700, 2.2: short, since a service that hears of nothing takes it for that long.
LIFETIME_SECONDS = 600


@dataclass(frozen=True)
class AccessSigner:
    """The key that access tokens are signed with, and who signs."""

    key: EllipticCurvePrivateKey
    issuer: str

    @cached_property
    def public_jwk(self) -> dict[str, str]:
        """The public key as a JWK; its id is the thumbprint (RFC 7638)."""
        return public_jwk(self.key.public_key())

    def sign(
        self,
        user_id: UUID,
        session_id: UUID,
        roles: list[str],
        version: int,
        *,
        deleted: bool = False,
    ) -> str:
        """A token for the session of a person, good for 10 minutes (RFC 9068).

        `version` is the account's that has these roles: a token of an older one is stale. That of a
        `deleted` account is good for little.
        """
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": str(uuid4()),
            "roles": roles,
            VERSION_CLAIM: version,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        }
        if deleted:
            claims[DELETED_CLAIM] = True
        headers = {"typ": ACCESS_TOKEN_TYPE, "kid": self.public_jwk["kid"]}
        return jwt.encode(claims, self.key, ALGORITHM, headers=headers)
