"""A certificate as messages, and as what is printed."""

from __future__ import annotations

from services.certificate.dates import zone_beside
from services.certificate.key_kinds import CREDENTIAL, DOCUMENT, pem_of
from services.certificate.names import clean, name_shown
from services.certificate.page import Verification
from services.certificate.repository.certificates import Certificate
from services.certificate.signing_keys import SigningKeys
from services.kit.data.tables import timestamp
from stellr.certificate.v1 import certificate_internal_service_pb2 as pb_keys
from stellr.certificate.v1 import certificate_pb2 as pb
from stellr.progress.v1.progress_internal_service_pb2 import Standing


def verify_url(public_url: str, serial: str) -> str:
    """Where anyone can verify the certificate with this serial."""
    return f"{public_url}/verify/{serial}"


def credential_url(public_url: str, serial: str) -> str:
    """Where the certificate with this serial is as a credential."""
    return f"{public_url}/certificates/{serial}/credential"


PURPOSES = {
    pb_keys.PURPOSE_CREDENTIAL: CREDENTIAL,
    pb_keys.PURPOSE_DOCUMENT: DOCUMENT,
}


def key_messages(keys: SigningKeys) -> list[pb_keys.Key]:
    """The keys of one purpose, as the operator sees them."""
    signs = keys.signing().key_id
    purposes = {name: number for number, name in PURPOSES.items()}
    return [
        pb_keys.Key(
            key_id=row.key_id,
            purpose=purposes[row.purpose],
            create_time=timestamp(row.created_at),
            signs=row.key_id == signs,
            pem=pem_of(row),
        )
        for row in keys.all()
    ]


_WHAT = {Standing.Missing.WHAT_LESSON: "lesson", Standing.Missing.WHAT_QUIZ: "quiz"}


def missing_message(missing: Standing.Missing) -> pb.Missing:
    """Something still to be done, as the learner is told."""
    return pb.Missing(lesson_id=missing.lesson_id, what=_WHAT[missing.what])


def certificate_message(certificate: Certificate, public_url: str) -> pb.Certificate:
    """The certificate as its learner sees it."""
    return pb.Certificate(
        certificate_id=str(certificate.certificate_id),
        serial=certificate.serial,
        learner_name=certificate.learner_name,
        course_title=certificate.course_title,
        issue_time=timestamp(certificate.issued_at),
        verify_url=verify_url(public_url, certificate.serial),
        revoked=certificate.revoked_at is not None,
        course_id=str(certificate.course_id),
        issue_day=certificate.issue_day.isoformat(),
        issue_timezone=zone_beside(certificate.timezone),
        credential_url=credential_url(public_url, certificate.serial),
        badge_url=f"{public_url}/certificates/{certificate.serial}/badge.png",
    )


def verified_message(certificate: Certificate) -> pb.VerifiedCertificate:
    """The certificate as anyone may see it."""
    return pb.VerifiedCertificate(
        valid=certificate.is_valid,
        learner_name=certificate.learner_name,
        course_title=certificate.course_title,
        issue_time=timestamp(certificate.issued_at),
        revoke_time=timestamp(certificate.revoked_at),
        reason=certificate.revoke_reason,
        serial=certificate.serial,
        issue_day=certificate.issue_day.isoformat(),
        issue_timezone=zone_beside(certificate.timezone),
        replace_time=timestamp(certificate.replaced_at),
    )


def verification(certificate: Certificate) -> Verification:
    """The same for the page."""
    return Verification(
        serial=certificate.serial,
        learner_name=certificate.learner_name and name_shown(certificate.learner_name),
        course_title=clean(certificate.course_title),
        issue_day=certificate.issue_day,
        timezone=zone_beside(certificate.timezone),
        revoke_time=certificate.revoked_at,
        reason=certificate.revoke_reason,
        replace_time=certificate.replaced_at,
    )
