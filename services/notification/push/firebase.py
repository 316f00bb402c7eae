"""Push messages by Firebase Cloud Messaging.

Importing this costs 290 ms, so only who has an account there does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import firebase_admin
from firebase_admin import credentials, exceptions, messaging
from google.auth.exceptions import GoogleAuthError
from requests.adapters import HTTPAdapter

from services.notification.push.messages import PushDevice, PushMessage, Urgency
from services.notification.push.retry_after import retry_after
from services.notification.refusals import DeviceGone, TransportError

TIMEOUT_SECONDS = 10.0
CONNECTIONS = 16
# What Firebase asks for where it says no time (firebase.google.com/docs/cloud-messaging/scale-fcm).
QUOTA_SECONDS = 60.0
_BAD_REQUEST = 400
_TOO_MANY = 429
# The fault is in the settings (account, project), or passes by itself.
_TEMPORARY = frozenset({0, 401, 403, 404, 408, _TOO_MANY})
_SERVER_ERRORS = range(500, 600)


class FirebasePush:
    """Hands each message to Firebase (HTTP v1)."""

    name = "firebase"

    def __init__(self, account: Path, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        """`account` is a service-account file; timeout is in seconds a network step. ValueError
        where the file is none."""
        try:
            certificate = credentials.Certificate(str(account))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            reason = "is no service-account file that can be read"
            raise ValueError(f"STELLR_FIREBASE_CREDENTIALS: {reason}") from error
        self._app: Any = firebase_admin.initialize_app(
            certificate, {"httpTimeout": timeout}, name=f"stellr-{uuid4()}"
        )
        self._point_at(url.rstrip("/"), certificate.project_id)

    def send(self, device: PushDevice, message: PushMessage, taken: Callable[[], None]) -> None:
        """Send it; TransportError."""
        try:
            messaging.send(_message(device.token, message), app=self._app)
        except exceptions.FirebaseError as error:
            # From none: Firebase's words may repeat the token.
            raise _refusal(error) from None
        except GoogleAuthError as error:
            reason = f"no access token for Firebase: {type(error).__name__}"
            raise TransportError(reason, permanent=False) from None
        except ValueError:
            raise TransportError("Firebase's library refused the message", permanent=True) from None
        taken()

    def _point_at(self, url: str, project: str) -> None:
        """Its library knows one address, and tries again by itself, for which a job's thread would
        sleep as long as Retry-After says."""
        service: Any = messaging._get_messaging_service(self._app)
        service._fcm_url = f"{url}/v1/projects/{project}/messages:send"
        adapter = HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=0)
        for scheme in ("https://", "http://"):
            service._client.session.mount(scheme, adapter)


def _message(token: str, message: PushMessage) -> Any:
    is_urgent = message.urgency is Urgency.HIGH
    expires = datetime.now(UTC) + timedelta(seconds=message.seconds)
    webpush = {"TTL": str(message.seconds), "Urgency": message.urgency, "Topic": message.topic}
    has_page = message.link.startswith("https://")
    written = messaging.Message(
        notification=messaging.Notification(title=message.title, body=message.body),
        data=message.data,
        android=messaging.AndroidConfig(
            priority="high" if is_urgent else "normal",
            ttl=timedelta(seconds=message.seconds),
            # A copy takes the place of what is shown already.
            notification=messaging.AndroidNotification(tag=str(message.notification_id)),
        ),
        apns=messaging.APNSConfig(
            headers={
                "apns-priority": "10" if is_urgent else "5",
                "apns-expiration": str(int(expires.timestamp())),
                "apns-collapse-id": str(message.notification_id),
            },
        ),
        webpush=messaging.WebpushConfig(
            headers=webpush,
            fcm_options=messaging.WebpushFCMOptions(link=message.link) if has_page else None,
        ),
    )
    # Its library would have installation ids in their place; tokens are what apps have.
    written.token = token
    return written


def _refusal(error: exceptions.FirebaseError) -> TransportError:
    """Status and Firebase's own code alone: its words may repeat the token."""
    response = error.http_response
    status = 0 if response is None else response.status_code
    reason = f"Firebase answered {status} {error.code}" if status else "no answer from Firebase"
    gone = (messaging.UnregisteredError, messaging.SenderIdMismatchError)
    if isinstance(error, gone) or (status == _BAD_REQUEST and _is_about_token(error)):
        return DeviceGone(reason)
    passes = status in _TEMPORARY or status in _SERVER_ERRORS
    header = None if response is None else response.headers.get("Retry-After")
    pause = retry_after(header) or (QUOTA_SECONDS if status == _TOO_MANY else None)
    return TransportError(reason, permanent=not passes, retry_after=pause)


def _is_about_token(error: exceptions.FirebaseError) -> bool:
    """Whether it is the token that is wrong and not the message."""
    told = error.http_response.json().get("error", {})
    fields = {
        violation.get("field")
        for detail in told.get("details", ())
        for violation in detail.get("fieldViolations", ())
    }
    return "message.token" in fields or "registration token" in str(told.get("message", ""))
