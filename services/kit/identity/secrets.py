"""Keys derived from the academy's one secret, each for a single purpose (RFC 5869)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class Signer:
    """Signs and checks short strings with HMAC-SHA256 for one purpose."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._key = _derived(secret, purpose)

    def sign(self, text: str) -> str:
        """The signature of the text: base64url without padding, 43 characters."""
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def matches(self, text: str, signature: str) -> bool:
        """Whether the signature is the text's, compared in constant time."""
        given = signature.encode(errors="replace")
        return hmac.compare_digest(self.sign(text).encode(), given)


class Sealer:
    """Seals what is kept elsewhere with AES-256-GCM (NIST SP 800-38D), for one purpose."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._cipher = AESGCM(_derived(secret, purpose))

    def seal(self, data: bytes, about: str) -> bytes:
        """The data sealed; `about` says what they are and must be said again to open them."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed; ValueError where it was by another secret, is changed, or is another."""
        nonce, data = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, data, about.encode())
        except InvalidTag:
            raise ValueError(f"what is sealed of {about} cannot be opened") from None


def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret)


def read_secret(path: Path | None) -> bytes:
    """The secret in the file; ValueError where it is missing or shorter than 32 bytes."""
    if path is None:
        raise ValueError("STELLR_SECRET_FILE is not set")
    secret = base64.urlsafe_b64decode(path.read_text().strip() + "==")
    if len(secret) < 32:  # noqa: PLR2004 - as many bytes as SHA-256 gives
        raise ValueError(f"{path} holds less than 32 bytes")
    return secret
