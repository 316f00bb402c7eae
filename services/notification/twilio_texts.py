"""SMS by Twilio. Importing this costs 135 ms, so only who has an account there does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from services.notification.refusals import TransportError
from services.notification.texts import TextMessage
from services.notification.twilio_settings import DEFAULT_URL, TwilioAccount

TIMEOUT_SECONDS = 10.0
# The fault is in the settings (a refused token, an unknown account or service) or passes by itself.
_TEMPORARY = frozenset({401, 403, 404, 408, 429})
_CLIENT_ERRORS = range(400, 500)


class TwilioTexts:
    """Hands each message to Twilio; what it took and we do not know of is sent again.

    With a Verify service codes go by that: it brings the code that we made, and we check it.
    """

    name = "twilio"

    def __init__(self, account: TwilioAccount, timeout: float = TIMEOUT_SECONDS) -> None:
        """timeout is in seconds a network step."""
        self._account = account
        self._client: Any = Client(
            account.account_sid, account.auth_token, http_client=_Http(account.url, timeout)
        )

    def send(self, message: TextMessage, taken: Callable[[], None]) -> None:
        """Deliver; TransportError is permanent where Twilio refused this message (4xx), or where
        there is a Verify service alone and the message brings no code."""
        try:
            self._hand_over(message)
        except TwilioException as error:
            # From none: Twilio's words repeat the number.
            raise _refusal(error) from None
        except (OSError, ValueError) as error:
            reason = f"no answer from Twilio: {type(error).__name__}"
            raise TransportError(reason, permanent=False) from None
        taken()

    def _hand_over(self, message: TextMessage) -> None:
        account = self._account
        if message.code and account.verify_service_sid:
            service = self._client.verify.v2.services(account.verify_service_sid)
            service.verifications.create(message.to, "sms", custom_code=message.code)
            return
        sender: dict[str, Any] = {
            "from_": account.sender,
            "messaging_service_sid": account.messaging_service_sid,
        }
        given = {name: value for name, value in sender.items() if value}
        if not given:
            raise TransportError("Twilio Verify sends nothing but codes", permanent=True)
        if message.seconds:
            # What waits at Twilio for longer is not sent there either.
            given["validity_period"] = message.seconds
        self._client.messages.create(message.to, body=message.body, **given)


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """Speaks to another base address than Twilio's own, if one is set, and logs nothing."""

    def __init__(self, url: str, timeout: float) -> None:
        silent = logging.Logger("twilio", logging.CRITICAL)
        super().__init__(timeout=timeout, logger=silent)
        self._base = None if url == DEFAULT_URL else urlsplit(url)

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        """Make the request."""
        if self._base is not None:
            asked = urlsplit(url)
            path = self._base.path + asked.path
            url = urlunsplit(
                asked._replace(scheme=self._base.scheme, netloc=self._base.netloc, path=path)
            )
        return super().request(method, url, *args, **options)


def _refusal(error: TwilioException) -> TransportError:
    """Status and Twilio's own code alone: its words often repeat the number."""
    status, code = getattr(error, "status", 0), getattr(error, "code", None)
    permanent = status in _CLIENT_ERRORS and status not in _TEMPORARY
    reason = f"Twilio answered {status}" + (f", its code {code}" if code else "")
    return TransportError(reason, permanent=permanent)
