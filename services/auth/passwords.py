"""Passwords are kept as Argon2id hashes (OWASP Password Storage Cheat Sheet: 19 MiB, 2, 1)."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each hash takes 19 MiB and a core; more at once would only slow each other down.
_at_once = threading.BoundedSemaphore(2)
# What an unknown address is checked against, so that it takes as long as a known one.
_NOBODY = _hasher.hash("nobody's password")


def hash_password(password: str) -> str:
    """The hash of a password, about 30 ms of a core."""
    with _at_once:
        return _hasher.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; False, after the same time, where there is no hash."""
    with _at_once:
        try:
            return _hasher.verify(password_hash or _NOBODY, password) and bool(password_hash)
        except (VerificationError, InvalidHashError):
            return False
