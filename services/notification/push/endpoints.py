"""What of a Web Push subscription is looked at when it is registered."""

from __future__ import annotations

import base64
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from services.kit.errors import InvalidFields, Violation
from stellr.notification.v1.device_service_pb2 import PushSubscription

FIELD = "subscription"
_PORTS = (None, 443)


def check_subscription(subscription: PushSubscription, *, anywhere: bool) -> None:
    """InvalidFields where no push service can have made it.

    With `anywhere` (STELLR_WEB_PUSH_NETWORKS) an endpoint may have any host and port; what it
    leads to is looked at when a message is sent (networks.py).
    """
    wrong = []
    if not _is_endpoint(subscription.endpoint, anywhere):
        reason = "must be an https address with a public host name, at port 443"
        wrong.append(Violation(f"{FIELD}.endpoint", reason))
    if not _is_point(subscription.keys.p256dh):
        reason = "must be an uncompressed point on P-256, base64url"
        wrong.append(Violation(f"{FIELD}.keys.p256dh", reason))
    if wrong:
        raise InvalidFields(wrong)


def _is_endpoint(endpoint: str, anywhere: bool) -> bool:
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or not parts.hostname or parts.fragment or "@" in parts.netloc:
        return False
    return anywhere or (port in _PORTS and _is_public_name(parts.hostname))


def _is_public_name(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        # The last label of a name of the public internet has letters (RFC 3696, 2).
        last = host.rstrip(".").rpartition(".")
        return bool(last[0]) and not last[2].isdigit() and last[2] not in ("local", "internal")
    return False


def _is_point(text: str) -> bool:
    try:
        point = base64.urlsafe_b64decode(text.rstrip("=") + "=")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return True
