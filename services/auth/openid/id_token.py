"""ID tokens: what a provider says of a person (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jwt

from services.auth.openid.config import OpenIdConfig
from services.auth.openid.errors import OpenIdRefused
from services.auth.openid.provider import Provider

# Between our clock and the provider's.
LEEWAY_SECONDS = 60
OLDEST_SECONDS = 3600
# What leads a verifier to keys of the sender's, or is to be understood and is not (RFC 7515, 4.1).
FORBIDDEN = frozenset({"jku", "jwk", "x5u", "x5c", "crit"})
GOOGLE = "https://accounts.google.com"


class Identity(NamedTuple):
    """Who signs in, as the provider knows them. `email` is there only if the provider proved it;
    unless it `speaks_for_email`, the address may be somebody else's by now."""

    issuer: str
    subject: str
    email: str
    speaks_for_email: bool
    name: str
    locale: str
    # Until when the token would be taken: a Unix time.
    expires_at: int


def read(
    token: str, provider: Provider, config: OpenIdConfig, is_nonce: Callable[[str], bool]
) -> Identity:
    """Who the token is about.

    OpenIdRefused unless it is the provider's, for us, fresh, and of the nonce; OpenIdUnavailable
    where the provider's keys cannot be had.
    """
    try:
        claims = _claims(token, provider)
        _check(claims, config, provider.metadata.issuer, is_nonce)
        return _identity(claims, provider.metadata.issuer)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise OpenIdRefused from None


def same_nonce(expected: str) -> Callable[[str], bool]:
    """The nonce as it was sent, or its SHA-256, which some apps' libraries send in its place."""
    digest = hashlib.sha256(expected.encode()).hexdigest()
    return lambda found: any(
        hmac.compare_digest(found.encode(), each.encode()) for each in (expected, digest)
    )


def _claims(token: str, provider: Provider) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    if FORBIDDEN & header.keys() or header.get("alg") not in provider.metadata.algorithms:
        raise OpenIdRefused
    key = provider.key(header.get("kid"))
    if key is None:
        raise OpenIdRefused
    options = {"require": ["iss", "sub", "aud", "exp", "iat"], "verify_aud": False}
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        [header["alg"]],
        leeway=LEEWAY_SECONDS,
        options=options,  # type: ignore[arg-type]
    )
    return claims


def _check(
    claims: dict[str, Any], config: OpenIdConfig, issuer: str, is_nonce: Callable[[str], bool]
) -> None:
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    azp = claims.get("azp", audiences[0] if len(audiences) == 1 else None)
    is_ours = any(map(config.takes, audiences)) and azp is not None and config.takes(azp)
    is_fresh = time.time() - int(claims["iat"]) <= OLDEST_SECONDS + LEEWAY_SECONDS
    if not (_is_issuer(claims["iss"], issuer) and is_ours and is_fresh):
        raise OpenIdRefused
    if not is_nonce(str(claims.get("nonce", ""))):
        raise OpenIdRefused


def _is_issuer(found: Any, issuer: str) -> bool:
    # Google's own documentation names both.
    return found == issuer or (issuer == GOOGLE and found == issuer.removeprefix("https://"))


def _identity(claims: dict[str, Any], issuer: str) -> Identity:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:  # noqa: PLR2004 - Core, 2
        raise OpenIdRefused
    verified = claims.get("email_verified")
    proven = verified is True or verified == "true"
    email = str(claims.get("email", "")) if proven else ""
    return Identity(
        issuer,
        subject,
        email,
        _speaks_for(email, claims, issuer),
        str(claims.get("name", "")),
        str(claims.get("locale", "")),
        int(claims["exp"]) + LEEWAY_SECONDS,
    )


def _speaks_for(email: str, claims: dict[str, Any], issuer: str) -> bool:
    """Whether the provider knows whose the address is today: Google does for its own mailboxes and
    the domains that it hosts; any other it proved once, when the account was made."""
    hosted = claims.get("hd")
    is_hosted = isinstance(hosted, str) and hosted != ""
    return issuer != GOOGLE or is_hosted or email.lower().endswith("@gmail.com")
