"""The OpenID provider that is set up, and where it may send people back to."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from services.kit.urls import LOOPBACK, parts_of


@dataclass(frozen=True)
class OpenIdConfig:
    """What the provider knows the academy by.

    `audiences` are the client ids of apps, whose ID tokens are taken too. Without `redirect_uris`
    people may come back to the academy's own origin, and to this machine where that is loopback.
    """

    issuer: str
    client_id: str
    public_url: str
    client_secret: str = field(default="", repr=False)
    audiences: frozenset[str] = frozenset()
    redirect_uris: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not is_safe(self.issuer):
            raise ValueError("STELLR_OPENID_ISSUER: must be an https URL")

    def takes(self, audience: str) -> bool:
        """Whether an ID token of this client id is for the academy."""
        return audience == self.client_id or audience in self.audiences

    def allows(self, redirect_uri: str) -> bool:
        """Whether the provider may send a person there (RFC 9700, 4.1.3: compared exactly)."""
        if self.redirect_uris:
            return redirect_uri in self.redirect_uris or self._is_app(redirect_uri)
        own, asked = urlsplit(self.public_url), parts_of(redirect_uri)
        if asked is None or asked.username is not None or asked.fragment:
            return False
        is_local = own.hostname in LOOPBACK and asked.hostname in LOOPBACK
        same = (own.scheme, own.netloc) == (asked.scheme, asked.netloc)
        return same or (is_local and asked.scheme == "http")

    def _is_app(self, redirect_uri: str) -> bool:
        """An app on the person's own machine takes whatever port is free (RFC 8252, 7.3)."""
        asked = parts_of(redirect_uri)
        if asked is None or asked.port is None or asked.username is not None:
            return False
        if asked.hostname not in ("127.0.0.1", "::1"):
            return False
        host = f"[{asked.hostname}]" if ":" in asked.hostname else asked.hostname
        return asked._replace(netloc=host).geturl() in self.redirect_uris


def is_safe(url: str) -> bool:
    """Whether what is said there stays between the two: https, or this machine."""
    parts = parts_of(url)
    if parts is None:
        return False
    local = parts.scheme == "http" and parts.hostname in LOOPBACK
    return (parts.scheme == "https" and bool(parts.hostname)) or local
