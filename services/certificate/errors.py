"""What certificate refuses, by name."""

from __future__ import annotations

from services.kit.errors import FailedPrecondition, NotFound
from stellr.errors.v1.reason_pb2 import Reason

_MAX_NAMED = 20  # characters that an error names


class NotEligible(FailedPrecondition):
    """The course is not completed."""

    reason = Reason.REASON_NOT_ELIGIBLE
    message = "the course is not completed yet"


class CertificateNotFound(NotFound):
    """It was not issued, or what it would be for is not there at all."""

    reason = Reason.REASON_CERTIFICATE_NOT_FOUND
    message = "there is no such certificate"


class CertificateRevoked(FailedPrecondition):
    """It was revoked: it is not issued anew."""

    reason = Reason.REASON_CERTIFICATE_REVOKED
    message = "the certificate was revoked"


class StatusListNotFound(NotFound):
    """No certificate is in a list of that number."""

    reason = Reason.REASON_STATUS_LIST_NOT_FOUND
    message = "there is no such status list"


class KeyNotFound(NotFound):
    """No credential was ever signed by it."""

    reason = Reason.REASON_KEY_NOT_FOUND
    message = "there is no such key"


class CertificateNotPrintable(FailedPrecondition):
    """A `field` of it has nothing to be seen, or `characters` that no font has."""

    reason = Reason.REASON_CERTIFICATE_NOT_PRINTABLE

    def __init__(self, field: str, characters: str = "") -> None:
        codes = " ".join(f"U+{ord(char):04X}" for char in characters[:_MAX_NAMED])
        wrong = f"no font has {codes}" if characters else "there is nothing to be seen in it"
        metadata = {"field": field, "characters": codes}
        super().__init__(f"{field} cannot be printed: {wrong}", metadata=metadata)
