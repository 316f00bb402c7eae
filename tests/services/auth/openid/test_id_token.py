"""What an ID token must say, one claim after the other."""

import time
from typing import Any, cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.auth.openid.config import OpenIdConfig
from services.auth.openid.errors import OpenIdRefused
from services.auth.openid.id_token import GOOGLE, Identity, read, same_nonce
from services.auth.openid.provider import Metadata, Provider

KEY = ec.generate_private_key(ec.SECP256R1())
CONFIG = OpenIdConfig(GOOGLE, "academy", "https://academy.example", audiences=frozenset({"app"}))


class KnownKeys:
    """The one thing that reading a token asks of a provider: its keys."""

    def __init__(self, issuer: str) -> None:
        self.metadata = Metadata(issuer, "", "", "", frozenset({"ES256"}), takes_basic=True)

    def key(self, kid: str | None) -> Any:
        return KEY.public_key() if kid in (None, "known") else None


def reading(issuer: str = GOOGLE, **changed: Any) -> Identity:
    now = int(time.time())
    claims = {
        "iss": GOOGLE,
        "sub": "1234",
        "aud": "academy",
        "iat": now,
        "exp": now + 300,
        "nonce": "n",
        "email": "ann@learner.example",
        "email_verified": True,
    }
    times = {name: now + changed.pop(name) for name in ("exp", "iat", "nbf") if changed.get(name)}
    changed |= times
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    token = jwt.encode(claims, KEY, "ES256", headers={"kid": "known"})
    return read(token, cast(Provider, KnownKeys(issuer)), CONFIG, same_nonce("n"))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"iss": "accounts.google.com"},
        {"aud": ["app"]},
        {"aud": ["academy", "another"], "azp": "academy"},
        {"exp": -30},
        {"iat": 30},
    ],
)
def test_a_token_for_us_is_taken(changed: dict[str, Any]) -> None:
    assert reading(**changed).subject == "1234"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["academy", "another"]},
        {"azp": "another"},
        {"exp": -90},
        {"exp": None},
        {"iat": -7200},
        {"iat": 600},
        {"iat": None},
        {"nonce": "m"},
        {"nonce": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": None},
        {"nbf": 600},
    ],
)
def test_any_other_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(OpenIdRefused):
        reading(**changed)


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes"])
def test_an_address_that_is_not_proven_is_not_there(verified: Any) -> None:
    assert reading(email_verified=verified).email == ""


@pytest.mark.parametrize(
    ("said", "speaks"),
    [
        ({"email": "ann@gmail.com"}, True),
        ({"email": "Ann@GMail.com"}, True),
        ({"email": "ann@school.example", "hd": "school.example"}, True),
        ({"email": "ann@school.example", "iss": "accounts.google.com"}, False),
        ({"email": "ann@school.example"}, False),
        ({"email": "ann@school.example", "hd": ""}, False),
        ({"email": "ann@school.example", "hd": True}, False),
        ({"email": "ann@evilgmail.com"}, False),
        ({"email": "ann@gmail.com.evil.example"}, False),
    ],
)
def test_google_speaks_for_its_own_addresses_alone(said: dict[str, Any], speaks: bool) -> None:
    identity = reading(**said)
    assert identity.email == said["email"]
    assert identity.speaks_for_email is speaks


def test_another_provider_is_set_up_since_it_is_trusted() -> None:
    identity = reading(issuer="https://id.example", iss="https://id.example")
    assert identity.speaks_for_email


def test_a_proven_one_is() -> None:
    assert reading().email == reading(email_verified="true").email == "ann@learner.example"
