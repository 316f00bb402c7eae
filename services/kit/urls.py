"""URLs that somebody else wrote."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

# The names of this machine for itself.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
NO_HTTPS = "must be an https:// URL"
POSTGRES = ("postgresql://", "postgres://")
# RFC 3986: a URI is printable ASCII; a browser's address bar is kinder.
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\]")


def parts_of(url: str) -> SplitResult | None:
    """The parts of a URL; None where its host or its port is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def https_fault(url: str) -> str:
    """Why a browser may not be sent to an address: as `web_fault`, and https alone."""
    return web_fault(url) or ("" if is_https(url) else NO_HTTPS)


def web_fault(url: str) -> str:
    """Why an address is none of the web, or not one for everybody: nobody's password is in it.

    Empty where it is.
    """
    if _NOT_IN_URLS.search(url):
        return "must have no spaces, controls or backslashes"
    parts = parts_of(url)
    if parts is None:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        return NO_HTTPS
    return "must hold no name or password" if "@" in parts.netloc else ""


def is_https(url: str) -> bool:
    """Whether nobody on the way can change what is at the address."""
    return url.lower().startswith("https:")


def check_database_url(url: str) -> None:
    """ValueError unless libpq takes it for a URL of PostgreSQL (PostgreSQL, 32.1.1.2).

    The text has nothing of the URL: what is wrong may be its password.
    """
    import psycopg  # noqa: PLC0415  heavy, and seldom needed
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    wrong = "no PostgreSQL URL, such as postgresql://user:password@host:5432/name"
    if not url.startswith(POSTGRES):
        raise ValueError(wrong)
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        raise ValueError(wrong) from None
    host, port = (str(parts.get(part) or "") for part in ("host", "port"))
    # The rest of a password that was not escaped, which connecting would tell.
    if ("@" in host and not host.startswith("/")) or port.strip("0123456789,"):
        raise ValueError(f"{wrong}; in a password, @ is written as %40, : as %3A and / as %2F")
