import pytest

from services.kit.identity.secrets import Sealer

SECRET = b"s" * 32


def test_what_is_sealed_is_opened_by_who_knows_what_it_is() -> None:
    sealer = Sealer(SECRET, "auth:x")
    sealed = sealer.seal(b"data", "it")
    assert b"data" not in sealed
    assert sealed != sealer.seal(b"data", "it")
    assert Sealer(SECRET, "auth:x").open(sealed, "it") == b"data"


@pytest.mark.parametrize(
    ("secret", "purpose", "about"),
    [(b"t" * 32, "auth:x", "it"), (SECRET, "auth:y", "it"), (SECRET, "auth:x", "that")],
)
def test_by_nobody_else(secret: bytes, purpose: str, about: str) -> None:
    sealed = Sealer(SECRET, "auth:x").seal(b"data", "it")
    with pytest.raises(ValueError, match="cannot be opened"):
        Sealer(secret, purpose).open(sealed, about)
    with pytest.raises(ValueError, match="cannot be opened"):
        Sealer(SECRET, "auth:x").open(sealed[:-1] + b"x", "it")
