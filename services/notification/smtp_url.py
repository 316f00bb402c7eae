"""An SMTP server as one setting: smtp[s]://user:password@host:port?starttls=1."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from services.notification.smtp import Security, SmtpMail

PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


def smtp_mail(url: str) -> SmtpMail:
    """The server of the URL. User and password are percent-encoded.

    smtps:// speaks TLS from the first byte (RFC 8314). smtp:// begins in the clear and goes over to
    TLS with ?starttls=1, which is the default where there is a password; ?starttls=0 forbids it.
    Without a port: 465, 587 with STARTTLS, 25 in the clear. ValueError says what is wrong, and
    never repeats the URL: there is a password in it.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("STELLR_SMTP_URL: must be smtp://host or smtps://host")
    security = _security(parts)
    return SmtpMail(
        parts.hostname,
        _port(parts) or PORTS[security],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        security,
    )


def _security(parts: SplitResult) -> Security:
    query = parse_qs(parts.query, keep_blank_values=True)
    starttls = query.pop("starttls", ["1" if parts.password else "0"])
    if query or starttls not in (["0"], ["1"]):
        raise ValueError("STELLR_SMTP_URL: after ? only starttls=0 or starttls=1 may stand")
    if parts.scheme == "smtps":
        return Security.TLS
    return Security.STARTTLS if starttls == ["1"] else Security.NONE


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        # Its own message shows a part of the URL.
        raise ValueError("STELLR_SMTP_URL: the port must be a number up to 65535") from None
