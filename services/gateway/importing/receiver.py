"""Receiving a course bundle from the gateway."""

from __future__ import annotations

from typing import BinaryIO

import grpc

from services.kit.rpc.clients import collect
from stellr.gateway.v1 import gateway_internal_service_pb2 as pb
from stellr.gateway.v1.gateway_internal_service_pb2_grpc import GatewayInternalServiceStub


def receive_bundle(channel: grpc.Channel, course: str, archive: BinaryIO) -> None:
    """Write the bundle of a course (id or slug) as a tar.gz to `archive`, from where it stands.

    DomainError or grpc.RpcError where it could not be had.
    """
    stub = GatewayInternalServiceStub(channel)
    for part in collect(stub.ExportBundle(pb.ExportBundleRequest(course=course)), "gateway"):
        archive.write(part.chunk)
    archive.seek(0)
