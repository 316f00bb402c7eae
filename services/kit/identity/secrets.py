"""Keys derived from the academy's one secret, each for a single purpose (RFC 5869)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Signer:
    """Signs and checks short strings with HMAC-SHA256 for one purpose."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._key = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret)

    def sign(self, text: str) -> str:
        """The signature of the text: base64url without padding, 43 characters."""
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def matches(self, text: str, signature: str) -> bool:
        """Whether the signature is the text's, compared in constant time."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())


def read_secret(path: Path | None) -> bytes:
    """The secret in the file; ValueError where it is missing or shorter than 32 bytes."""
    if path is None:
        raise ValueError("STELLR_SECRET_FILE is not set")
    secret = base64.urlsafe_b64decode(path.read_text().strip() + "==")
    if len(secret) < 32:  # noqa: PLR2004 - as many bytes as SHA-256 gives
        raise ValueError(f"{path} holds less than 32 bytes")
    return secret
