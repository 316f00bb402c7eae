"""Certificates as Open Badges 3.0 credentials, and their status lists: JWS that verify offline.

A credential is secured as VC-JOSE-COSE and Open Badges 3.0 (8.2) have it: the credential itself is
the payload, with the claims of a JWT beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from services.certificate import status_lists
from services.certificate.errors import KeyNotFound, StatusListNotFound
from services.certificate.key_kinds import ACADEMY, jwk_of
from services.certificate.names import clean, name_shown
from services.certificate.repository import certificates as repository
from services.certificate.repository.certificates import Certificate
from services.certificate.signing_keys import SigningKeys
from services.certificate.views import credential_url
from services.kit.data.database import Database
from services.kit.identity.tokens import ALGORITHM

MEDIA_TYPE = "application/vc+jwt"
# How long who is offline may go by a status list.
STATUS_LIFETIME = timedelta(days=1)

_TYPE = "vc+jwt"
_CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
_OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_CRITERIA = "Completed every lesson of the course and passed every quiz of it."

Json = dict[str, Any]


class Credentials:
    """Signs what it is asked for, with the key of this moment."""

    def __init__(self, database: Database, keys: SigningKeys, public_url: str) -> None:
        self._database = database
        self._keys = keys
        self._url = public_url

    def credential(self, issued: Certificate) -> str:
        """The credential of a certificate, also of one that stands no longer: the list says so."""
        return self._signed(badge(issued, self._url))

    def key(self, name: str) -> Json:
        """The public key whose address ends so; KeyNotFound."""
        for row in self._keys.all():
            if row.published and row.key_id.rpartition("/")[2] == name:
                return dict(jwk_of(row))
        raise KeyNotFound

    def status_list(self, list_id: str) -> str:
        """The status list of this number; StatusListNotFound."""
        numbers = status_lists.numbers_of(list_id)
        invalid = numbers and repository.find_invalid(self._database, numbers.start, numbers.stop)
        if invalid is None:
            raise StatusListNotFound
        address = _status_address(self._url, list_id)
        return self._signed(
            status_credential(address, self._url, status_lists.encoded(invalid), datetime.now(UTC))
        )

    def _signed(self, payload: Mapping[str, Any]) -> str:
        key_id, key, _ = self._keys.signing()
        headers = {"typ": _TYPE, "cty": "vc", "kid": key_id}
        return jwt.encode(dict(payload), key, ALGORITHM, headers=headers)


def badge(issued: Certificate, url: str) -> Json:
    """A certificate as an OpenBadgeCredential.

    Who has it is an id of this certificate alone, so that nobody can tell which ones are the same
    person's, and the name as it is printed, unless the learner was erased.
    """
    address = credential_url(url, issued.serial)
    subject = _subject(issued, url)
    return {
        "@context": [_CREDENTIALS, _OPEN_BADGES],
        "id": address,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": clean(issued.course_title),
        "issuer": _issuer(url),
        "validFrom": _moment(issued.issued_at),
        "credentialSubject": subject,
        "credentialStatus": _status(issued, url),
        "iss": url,
        "jti": address,
        "sub": subject["id"],
        "nbf": int(issued.issued_at.timestamp()),
    }


def status_credential(address: str, url: str, encoded: str, now: datetime) -> Json:
    """A status list as a BitstringStatusListCredential."""
    end = now + STATUS_LIFETIME
    return {
        "@context": [_CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": _issuer(url)["id"],
        "validFrom": _moment(now),
        "validUntil": _moment(end),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded,
        },
        "iss": url,
        "jti": address,
        "sub": f"{address}#list",
        "nbf": int(now.timestamp()),
        "exp": int(end.timestamp()),
    }


def _issuer(url: str) -> Json:
    return {"id": url, "type": ["Profile"], "name": ACADEMY, "url": url}


def _subject(issued: Certificate, url: str) -> Json:
    title = clean(issued.course_title)
    subject: Json = {
        "id": f"urn:uuid:{issued.certificate_id}",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": f"{url}/courses/{issued.course_id}",
            "type": ["Achievement"],
            "achievementType": "Course",
            "name": title,
            "description": f"The course {title} of {ACADEMY}.",
            "criteria": {"narrative": _CRITERIA},
        },
    }
    if issued.learner_name:
        subject["identifier"] = [
            {
                "type": "IdentityObject",
                "identityType": "name",
                "hashed": False,
                "identityHash": name_shown(issued.learner_name),
            }
        ]
    return subject


def _status(issued: Certificate, url: str) -> Json:
    number, index = status_lists.place_of(issued.status_number)
    address = _status_address(url, number)
    return {
        "id": f"{address}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": address,
    }


def _status_address(url: str, number: int | str) -> str:
    return f"{url}/credentials/status/{number}"


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
