"""What a login and an access token cost: `python -m tests.bench.tokens`.

CPU time of this process, as the median of rounds: hashing a password, signing a token, verifying
one that is new to a service, and one that it verified before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec

from services.auth.access import AccessSigner
from services.auth.passwords import hash_password, verify_password
from services.kit.identity.tokens import AccessTokens, KeySet

ROUNDS = 9
ISSUER = "https://academy.example"
PASSWORD = "a long enough password"


def cost(work: Callable[[], object], times: int) -> float:
    """CPU microseconds of one call."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - began) / times * 1e6)
    return statistics.median(found)


def main() -> None:
    """Measure and print, in microseconds and as a ratio to what is remembered."""
    signer = AccessSigner(ec.generate_private_key(ec.SECP256R1()), ISSUER)
    tokens = AccessTokens(KeySet(lambda: {"keys": [signer.public_jwk]}), ISSUER)
    token = signer.sign(uuid4(), uuid4(), ["learner"], 1)
    kept = hash_password(PASSWORD)
    tokens.verify(token)
    remembered = cost(lambda: tokens.verify(token), 20_000)
    for name, found in {
        "verify, remembered": remembered,
        "verify, new": cost(lambda: tokens.read(token), 500),
        "sign": cost(lambda: signer.sign(uuid4(), uuid4(), ["learner"], 1), 500),
        "check a password": cost(lambda: verify_password(PASSWORD, kept), 5),
    }.items():
        print(f"{name:20} {found:10.2f} us  {found / remembered:8.0f}x")


if __name__ == "__main__":
    main()
