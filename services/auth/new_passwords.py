"""Passwords that people choose: long enough, none that is tried first, and hashed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from services.auth import passwords
from services.auth.breaches import Breaches
from services.auth.common_passwords import why_common
from services.auth.hashing import Hashing
from services.kit.errors import InvalidFields, Violation


class NewPasswords:
    """Checks and hashes them. Nothing of the database may be held meanwhile."""

    def __init__(self, hashing: Hashing, breaches: Breaches) -> None:
        self._hashing = hashing
        self._breaches = breaches

    def check(self, password: str, field: str, about: Iterable[str] = ()) -> str:
        """The password normalized; InvalidFields on `field` says why it is refused.

        `about` is what is known of the person, such as the address and the name.
        """
        normalized = passwords.new_password(password, field)
        refuse_common(normalized, field, about)
        if self._breaches.know(normalized):
            raise InvalidFields([Violation(field, "is a password that is known from breaches")])
        return normalized

    def hash(self, normalized: str) -> str:
        """Its hash, when its turn comes; SignInBusy."""
        return self._hashing.run(partial(passwords.hash_password, normalized))


def refuse_common(normalized: str, field: str, about: Iterable[str]) -> None:
    """InvalidFields on `field` for a password that is tried first, by what is known here."""
    why = why_common(normalized, about)
    if why:
        raise InvalidFields([Violation(field, why)])
