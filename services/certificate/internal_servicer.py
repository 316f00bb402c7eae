"""The RPCs of CertificateInternalService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Mapping

import grpc

from services.certificate.signing_keys import SigningKeys
from services.certificate.views import PURPOSES, key_messages
from stellr.certificate.v1 import certificate_internal_service_pb2 as pb
from stellr.certificate.v1.certificate_internal_service_pb2_grpc import (
    CertificateInternalServiceServicer,
)


class CertificateInternalServicer(CertificateInternalServiceServicer):
    """Looks after the keys, for the operator."""

    def __init__(self, keys: Mapping[str, SigningKeys]) -> None:
        self._keys = keys

    def ListKeys(
        self, request: pb.ListKeysRequest, context: grpc.ServicerContext
    ) -> pb.ListKeysResponse:
        """All keys."""
        return pb.ListKeysResponse(
            keys=[message for keys in self._keys.values() for message in key_messages(keys)]
        )

    def RotateKey(self, request: pb.RotateKeyRequest, context: grpc.ServicerContext) -> pb.Key:
        """Have a new key sign."""
        keys = self._keys[PURPOSES[request.purpose]]
        made = keys.rotate()
        return next(message for message in key_messages(keys) if message.key_id == made.key_id)
