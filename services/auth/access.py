"""Signs access tokens (RFC 7519, ES256) and publishes the key (RFC 7517)."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from jwt.algorithms import ECAlgorithm

from services.kit.identity.tokens import ALGORITHM, AUDIENCE

LIFETIME_SECONDS = 900


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

    def sign(self, user_id: UUID, session_id: UUID, roles: list[str]) -> str:
        """A token for the session of a person, good for 15 minutes."""
        now = time.time()
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "roles": roles,
            # Finer than a second, so that a change of roles is before or after it, never at once.
            "iat": round(now, 6),
            "exp": int(now) + LIFETIME_SECONDS,
        }
        return jwt.encode(claims, self.key, ALGORITHM, headers={"kid": self.public_jwk["kid"]})


def _thumbprint(shape: dict[str, str]) -> str:
    canonical = json.dumps(shape, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
