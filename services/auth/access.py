"""Signs access tokens (RFC 7519, ES256) with a key, whose public part is a JWK (RFC 7517)."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from jwt.algorithms import ECAlgorithm

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
        jwk: dict[str, Any] = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        shape = {name: str(jwk[name]) for name in ("crv", "kty", "x", "y")}
        return {**shape, "kid": _thumbprint(shape), "alg": ALGORITHM, "use": "sig"}

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


def _thumbprint(shape: dict[str, str]) -> str:
    canonical = json.dumps(shape, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
