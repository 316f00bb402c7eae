"""Sending a course bundle to the gateway."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import grpc

from services.gateway.importing.archive import pack_bundle
from services.kit.data.pieces import pieces
from services.kit.rpc.clients import collect
from stellr.gateway.v1 import gateway_internal_service_pb2 as pb
from stellr.gateway.v1.gateway_internal_service_pb2_grpc import GatewayInternalServiceStub


def send_bundle(
    channel: grpc.Channel, directory: Path, *, remove_lessons: bool = False
) -> Iterator[pb.ImportEvent]:
    """Import the bundle in `directory`: the events as they come, a summary or a refusal last.

    With `remove_lessons` lessons of the course that the bundle does not have are removed.
    Raises BundleError where there is no course.yaml, OSError where a file cannot be read,
    DomainError or grpc.RpcError where the import could not be done.
    """
    with tempfile.TemporaryFile() as archive:
        pack_bundle(directory, archive)
        archive.seek(0)
        stub = GatewayInternalServiceStub(channel)
        yield from collect(stub.ImportBundle(_parts(archive, remove_lessons)), "gateway")


def _parts(archive: BinaryIO, remove_lessons: bool) -> Iterator[pb.ImportBundleRequest]:
    yield pb.ImportBundleRequest(options=pb.ImportOptions(remove_lessons=remove_lessons))
    for chunk in pieces(archive):
        yield pb.ImportBundleRequest(chunk=chunk)
