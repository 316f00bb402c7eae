"""The RPCs of CertificateService: unpack, one call, repack."""

from __future__ import annotations

import json
from collections.abc import Iterator

import grpc
from google.api.httpbody_pb2 import HttpBody

from services.certificate.badges import baked
from services.certificate.credentials import MEDIA_TYPE, Credentials
from services.certificate.documents import Documents
from services.certificate.errors import CertificateNotFound
from services.certificate.issuing import Issuing
from services.certificate.page import CONTENT_SECURITY_POLICY, render_page
from services.certificate.repository import certificates as repository
from services.certificate.repository.certificates import Certificate
from services.certificate.serials import read_serial
from services.certificate.views import (
    certificate_message,
    missing_message,
    verification,
    verified_message,
)
from services.kit import call
from services.kit.data.database import Database
from stellr.certificate.v1 import certificate_pb2
from stellr.certificate.v1 import certificate_service_pb2 as pb
from stellr.certificate.v1.certificate_service_pb2_grpc import CertificateServiceServicer

# Envoy takes a file in parts; one message above 1 MiB fails there.
CHUNK_BYTES = 64 * 1024


class CertificateServicer(CertificateServiceServicer):
    """Issues certificates and lets anyone verify them."""

    def __init__(
        self,
        database: Database,
        *,
        public_url: str,
        issuing: Issuing,
        documents: Documents,
        credentials: Credentials,
    ) -> None:
        self._database = database
        self._public_url = public_url
        self._issuing = issuing
        self._documents = documents
        self._credentials = credentials

    def GetEligibility(
        self, request: pb.GetEligibilityRequest, context: grpc.ServicerContext
    ) -> certificate_pb2.Eligibility:
        """Whether the caller has, or may have, a certificate."""
        standing, issued = self._issuing.get_standing(call.user_id(), request.course)
        return certificate_pb2.Eligibility(
            eligible=standing.completed,
            missing=map(missing_message, standing.missing),
            certificate=self._message(issued) if issued else None,
        )

    def IssueCertificate(
        self, request: pb.IssueCertificateRequest, context: grpc.ServicerContext
    ) -> certificate_pb2.Certificate:
        """Issue the caller's certificate."""
        return self._message(self._issuing.claim(call.user_id(), request.course))

    def DownloadCertificate(
        self, request: pb.DownloadCertificateRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """The caller's certificate as a PDF."""
        issued = self._issuing.get_issued(call.user_id(), request.course)
        document = self._documents.get(issued)
        context.send_initial_metadata(
            (
                ("content-disposition", f'attachment; filename="certificate-{issued.serial}.pdf"'),
                ("cache-control", "private"),
                # For the door: a stream of gRPC has no length.
                ("x-stellr-content-length", str(len(document))),
            )
        )
        return _parts(document)

    def ReissueCertificate(
        self, request: pb.ReissueCertificateRequest, context: grpc.ServicerContext
    ) -> certificate_pb2.Certificate:
        """Issue the caller's certificate under their new name."""
        return self._message(self._issuing.reissue(call.user_id(), request.course))

    def ReissueCertificateAsAdmin(
        self, request: pb.ReissueCertificateAsAdminRequest, context: grpc.ServicerContext
    ) -> certificate_pb2.Certificate:
        """Issue somebody's certificate anew."""
        issued = self._get_by_serial(request.serial)
        return self._message(self._issuing.reissue_to_its_learner(issued))

    def RevokeCertificate(
        self, request: pb.RevokeCertificateRequest, context: grpc.ServicerContext
    ) -> certificate_pb2.VerifiedCertificate:
        """Revoke a certificate."""
        issued = self._get_by_serial(request.serial)
        self._issuing.revoke(issued, request.reason)
        return verified_message(self._get_by_serial(issued.serial))

    def GetVerifiedCertificate(
        self, request: pb.GetVerifiedCertificateRequest, context: grpc.ServicerContext
    ) -> certificate_pb2.VerifiedCertificate:
        """What the academy says about a serial."""
        return verified_message(self._get_by_serial(request.serial))

    def GetVerificationPage(
        self, request: pb.GetVerificationPageRequest, context: grpc.ServicerContext
    ) -> HttpBody:
        """The same as a page for people."""
        issued = self._find_by_serial(request.serial)
        status = () if issued else (("x-http-code", "404"),)
        context.send_initial_metadata(
            (("content-security-policy", CONTENT_SECURITY_POLICY), *status)
        )
        html = render_page(verification(issued) if issued else None, request.serial)
        return HttpBody(content_type="text/html; charset=utf-8", data=html.encode())

    def GetCredential(
        self, request: pb.GetCredentialRequest, context: grpc.ServicerContext
    ) -> HttpBody:
        """A certificate as a credential."""
        return _jws(self._credentials.credential(self._get_by_serial(request.serial)))

    def GetBadge(self, request: pb.GetBadgeRequest, context: grpc.ServicerContext) -> HttpBody:
        """The same in a picture."""
        credential = self._credentials.credential(self._get_by_serial(request.serial))
        return HttpBody(content_type="image/png", data=baked(credential))

    def GetStatusList(
        self, request: pb.GetStatusListRequest, context: grpc.ServicerContext
    ) -> HttpBody:
        """Which certificates of a list stand no longer."""
        signed = self._credentials.status_list(request.list_id)
        context.send_initial_metadata((("cache-control", "public, max-age=60"),))
        return _jws(signed)

    def GetCredentialKey(
        self, request: pb.GetCredentialKeyRequest, context: grpc.ServicerContext
    ) -> HttpBody:
        """A public key of credentials."""
        data = json.dumps(self._credentials.key(request.key_id)).encode()
        return HttpBody(content_type="application/jwk+json", data=data)

    def _get_by_serial(self, text: str) -> Certificate:
        issued = self._find_by_serial(text)
        if issued is None:
            raise CertificateNotFound
        return issued

    def _find_by_serial(self, text: str) -> Certificate | None:
        serial = read_serial(text)
        if serial is None:
            return None
        return repository.find_by_serial(self._database, serial)

    def _message(self, issued: Certificate) -> certificate_pb2.Certificate:
        return certificate_message(issued, self._public_url)


def _jws(signed: str) -> HttpBody:
    return HttpBody(content_type=MEDIA_TYPE, data=signed.encode())


def _parts(document: bytes) -> Iterator[HttpBody]:
    for start in range(0, len(document), CHUNK_BYTES):
        part = document[start : start + CHUNK_BYTES]
        yield HttpBody(content_type="application/pdf", data=part)
