"""Passwords are kept as Argon2id hashes (OWASP Password Storage Cheat Sheet: 19 MiB, 2, 1)."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.kit.errors import InvalidFields, Violation

SHORTEST = 8
LONGEST = 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# What an unknown address is checked against, so that it takes as long as a known one.
_NOBODY = _hasher.hash("nobody's password")


def normalize_password(password: str) -> str:
    """The password in the one form in which it is hashed: OpaqueString of RFC 8265, 4.2.

    A key may give a letter composed or as letter and accent, by the machine: NFC makes them equal.
    Not NFKC, which NIST SP 800-63B also names: it takes characters for each other that people tell
    apart, such as 2 and ². Every kind of space is a space; none is cut off.
    """
    spaced = ("\x20" if unicodedata.category(char) == "Zs" else char for char in password)
    return unicodedata.normalize("NFC", "".join(spaced))


def new_password(password: str, field: str = "password") -> str:
    """A password that is chosen, normalized; InvalidFields unless it has 8 to 128 characters."""
    normalized = normalize_password(password)
    if not SHORTEST <= len(normalized) <= LONGEST:
        violation = Violation(field, f"must have {SHORTEST} to {LONGEST} characters")
        raise InvalidFields([violation])
    return normalized


def hash_password(password: str) -> str:
    """The hash of a normalized password: about 30 ms of a core, 19 MiB."""
    return _hasher.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether it is the normalized password; False, after the same time, where there is no hash."""
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False
