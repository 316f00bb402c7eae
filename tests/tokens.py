"""The key that a stack signs access tokens with, for tests that make tokens of their own."""

from __future__ import annotations

import psycopg

from services.auth.access import AccessSigner
from services.auth.signing_keys import PURPOSE
from services.kit.identity.secrets import Sealer, read_secret
from services.kit.identity.tokens import load_key
from tests.support import Stack


def signer_of(stack: Stack) -> AccessSigner:
    """Signs as auth does just now."""
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        row = connection.execute(
            "SELECT kid, sealed FROM signing_keys WHERE signs_from <= now()"
            " ORDER BY signs_from DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    sealer = Sealer(read_secret(stack.state / "keys" / "secret"), f"auth:{PURPOSE}")
    return AccessSigner(load_key(sealer.open(row[1], row[0])), stack.url)
