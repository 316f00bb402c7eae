"""The settings of Twilio, which belong together."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from services.notification.settings import NotificationSettings

PREFIX = "STELLR_TWILIO_"
DEFAULT_URL = "https://api.twilio.com"
_FORMS = {
    "ACCOUNT_SID": ("AC[0-9a-fA-F]{32}", "AC and 32 hexadecimal digits"),
    "MESSAGING_SERVICE_SID": ("MG[0-9a-fA-F]{32}", "MG and 32 hexadecimal digits"),
    "VERIFY_SERVICE_SID": ("VA[0-9a-fA-F]{32}", "VA and 32 hexadecimal digits"),
    "FROM": (
        r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}",
        "a number in E.164, a short code, or up to 11 letters, digits and spaces",
    ),
}


class TwilioAccount(NamedTuple):
    """Whose account, and who a message is from: `sender` of those two that is set, "" for none.

    With a Verify service codes go by that, and with it alone nothing but codes.
    """

    account_sid: str
    auth_token: str
    sender: str
    messaging_service_sid: str
    verify_service_sid: str
    url: str


def twilio_account(own: NotificationSettings) -> TwilioAccount | None:
    """The account, None where none is set up.

    ValueError names the setting that is missing, malformed or contradicts another, and never
    repeats it: the token is one of them.
    """
    told = {
        "ACCOUNT_SID": own.twilio_account_sid,
        "AUTH_TOKEN": own.twilio_auth_token,
        "FROM": own.twilio_from,
        "MESSAGING_SERVICE_SID": own.twilio_messaging_service_sid,
        "VERIFY_SERVICE_SID": own.twilio_verify_service_sid,
    }
    url = own.twilio_url.rstrip("/") or DEFAULT_URL
    if not any(told.values()) and url == DEFAULT_URL:
        return None
    _check_together(told)
    _check_url(url)
    return TwilioAccount(
        account_sid=own.twilio_account_sid,
        auth_token=own.twilio_auth_token,
        sender=own.twilio_from,
        messaging_service_sid=own.twilio_messaging_service_sid,
        verify_service_sid=own.twilio_verify_service_sid,
        url=url,
    )


def _check_together(told: dict[str, str]) -> None:
    for name in ("ACCOUNT_SID", "AUTH_TOKEN"):
        if not told[name]:
            raise ValueError(f"{PREFIX}{name}: is missing, other settings of Twilio are there")
    for name, (pattern, form) in _FORMS.items():
        if told[name] and not re.fullmatch(pattern, told[name]):
            raise ValueError(f"{PREFIX}{name}: must be {form}")
    senders = ("FROM", "MESSAGING_SERVICE_SID", "VERIFY_SERVICE_SID")
    if not any(told[name] for name in senders):
        named = ", ".join(PREFIX + name for name in senders)
        raise ValueError(f"{PREFIX}FROM: is missing; one of {named} must be set")
    if told["FROM"] and told["MESSAGING_SERVICE_SID"]:
        raise ValueError(f"{PREFIX}FROM: contradicts {PREFIX}MESSAGING_SERVICE_SID, set one")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain or not _port(parts):
        raise ValueError(f"{PREFIX}URL: must be https://host, with a port or a path if need be")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise ValueError(f"{PREFIX}URL: in the clear (http://) only to this machine")


def _port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
