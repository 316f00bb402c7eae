"""Public keys as JWKs (RFC 7517)."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from jwt.algorithms import ECAlgorithm

from services.kit.identity.tokens import ALGORITHM

_SHAPE = ("crv", "kty", "x", "y")


def public_jwk(key: EllipticCurvePublicKey, kid: str = "") -> dict[str, str]:
    """The key as a JWK that signs; its id is the thumbprint where no other is given."""
    shape = _shape(key)
    return {**shape, "kid": kid or _thumbprint(shape), "alg": ALGORITHM, "use": "sig"}


def thumbprint(key: EllipticCurvePublicKey) -> str:
    """What no other key has: base64url, 43 characters (RFC 7638)."""
    return _thumbprint(_shape(key))


def _shape(key: EllipticCurvePublicKey) -> dict[str, str]:
    jwk: dict[str, Any] = ECAlgorithm.to_jwk(key, as_dict=True)
    return {name: str(jwk[name]) for name in _SHAPE}


def _thumbprint(shape: dict[str, str]) -> str:
    canonical = json.dumps(shape, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
