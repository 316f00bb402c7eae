"""Push messages to browsers: Web Push (RFC 8030), encrypted for the browser alone (RFC 8291)."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping, Sequence

import httpcore
from pywebpush import WebPusher, WebPushException

from services.notification.push.messages import PushDevice, PushMessage
from services.notification.push.networks import Network, NotPublic, PublicNetwork, within
from services.notification.push.retry_after import retry_after
from services.notification.push.vapid import VapidHeaders
from services.notification.refusals import DeviceGone, NotNow, TransportError

TIMEOUT_SECONDS = 10.0
CONNECTIONS = 64
IDLE_CONNECTIONS = 16
IDLE_SECONDS = 30.0
# All that is read of an answer beside its head.
MOST_BYTES = 4096
ENCODING = "aes128gcm"
_TAKEN = range(200, 300)
_GONE = frozenset({404, 410})
_TEMPORARY = frozenset({408, 425, 429, *range(500, 600)})


class WebPush:
    """Hands each message to the push service of the browser that it is for.

    The address is the browser's own word: nothing but public addresses is connected to, no redirect
    is followed, and little is read, not for long.
    """

    name = "web_push"

    def __init__(
        self,
        vapid: VapidHeaders,
        others: Sequence[Network] = (),
        *,
        trust: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """`others` are networks that may be connected to beside the public ones; `trust` says whose
        certificates are good; timeout is in seconds for all of a message."""
        self._vapid = vapid
        self._timeout = timeout
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust or ssl.create_default_context(),
            max_connections=CONNECTIONS,
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=PublicNetwork(others),
        )

    def send(self, device: PushDevice, message: PushMessage, taken: Callable[[], None]) -> None:
        """Send it; TransportError."""
        body = _sealed(device, message)
        try:
            with within(self._timeout):
                status, again = self._post(device.endpoint, self._headers(device, message), body)
        except NotPublic:
            raise DeviceGone("the push service is at no public address") from None
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            reason = f"no answer from the push service: {type(error).__name__}"
            raise NotNow(reason) from None
        except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, ValueError) as error:
            raise DeviceGone(f"the endpoint is none: {type(error).__name__}") from None
        if status not in _TAKEN:
            raise _refusal(status, again)
        taken()

    def _headers(
        self, device: PushDevice, message: PushMessage
    ) -> Mapping[bytes | str, bytes | str]:
        return {
            "Authorization": self._vapid.header(device.endpoint),
            "Content-Encoding": ENCODING,
            "Content-Type": "application/octet-stream",
            "TTL": str(message.seconds),
            "Urgency": message.urgency.value,
            "Topic": message.topic,
        }

    def _post(
        self, url: str, headers: Mapping[bytes | str, bytes | str], body: bytes
    ) -> tuple[int, str | None]:
        """The status, and the header Retry-After."""
        with self._pool.stream("POST", url, headers=headers, content=body) as response:
            told = {name.lower(): value for name, value in response.headers}
            _read_a_little(response)
        return response.status, told.get(b"retry-after", b"").decode("ascii", "replace") or None


def _sealed(device: PushDevice, message: PushMessage) -> bytes:
    told = {"title": message.title, "body": message.body, "data": message.data}
    keys = {"p256dh": device.p256dh, "auth": device.auth}
    try:
        pusher = WebPusher({"endpoint": device.endpoint, "keys": keys})
        return bytes(pusher.encode(json.dumps(told, ensure_ascii=False).encode(), ENCODING)["body"])
    except (WebPushException, ValueError) as error:
        raise DeviceGone(f"the keys are none: {type(error).__name__}") from None


def _read_a_little(response: httpcore.Response) -> None:
    """So that the connection can be used again; one that says more is closed."""
    read = 0
    for part in response.iter_stream():
        read += len(part)
        if read > MOST_BYTES:
            break


def _refusal(status: int, again: str | None) -> TransportError:
    """The status alone: an answer may hold what another host says."""
    reason = f"the push service answered {status}"
    if status in _GONE:
        return DeviceGone(reason)
    if status in _TEMPORARY:
        return NotNow(reason, retry_after(again))
    return TransportError(reason, permanent=True)
