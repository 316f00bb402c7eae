"""Codes that prove an address: 6 digits, good for 10 minutes and 5 guesses (OWASP ASVS 2.7)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from services.kit.identity.secrets import Signer

LIFETIME = timedelta(minutes=10)
GUESSES = 5
SENDS = 5
_DIGITS = 6


def new_code() -> str:
    """A random code."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"


def new_link() -> str:
    """A random token for a link: 256 bits, base64url."""
    return secrets.token_urlsafe(32)


def hash_code(signer: Signer, verification_id: UUID, code: str) -> str:
    """What is kept of a code: a keyed hash, since a million codes are soon tried."""
    return signer.sign(f"{verification_id}:{code}")


def hash_link(signer: Signer, token: str) -> str:
    """What is kept of a link's token, and by which it is found."""
    return signer.sign(f"link:{token}")


def is_code(signer: Signer, verification_id: UUID, code: str, code_hash: str) -> bool:
    """Whether it is the code that was hashed."""
    return signer.matches(f"{verification_id}:{code}", code_hash)
