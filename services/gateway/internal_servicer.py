"""The RPCs of GatewayInternalService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import grpc

from services.gateway.course_exports import CourseExports
from services.gateway.importing.defects import BundleError, Defect
from services.gateway.importing.importer import Importer
from services.gateway.importing.work import give_up_when
from services.gateway.scratch import scratch
from services.kit.errors import InvalidFields, Violation
from services.kit.process.runtime import Runtime
from stellr.gateway.v1 import gateway_internal_service_pb2 as pb
from stellr.gateway.v1.gateway_internal_service_pb2_grpc import GatewayInternalServiceServicer

ARCHIVE = "archive"
MAX_ARCHIVE_BYTES = 256 * 1024 * 1024


class GatewayInternalServicer(GatewayInternalServiceServicer):
    """Does for operators what spans several domains."""

    def __init__(
        self, runtime: Runtime, importer: Importer, imports: Path, exports: CourseExports
    ) -> None:
        self._runtime = runtime
        self._importer = importer
        self._imports = imports
        self._exports = exports

    def ExportBundle(
        self, request: pb.ExportBundleRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportBundleResponse]:
        """A course as a bundle."""
        for chunk in self._exports.parts(request.course):
            yield pb.ExportBundleResponse(chunk=chunk)

    def ImportBundle(
        self, requests: Iterator[pb.ImportBundleRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.ImportEvent]:
        """Import a course, telling how it goes."""
        give_up = give_up_when(self._runtime.stopping, context.is_active)
        with scratch(self._imports) as folder:
            try:
                options, pieces = read_options(requests)
                with (folder / ARCHIVE).open("w+b") as archive:
                    receive(pieces, archive, MAX_ARCHIVE_BYTES)
                found = self._importer.unpack(folder / ARCHIVE, folder / "content")
                if found.warnings:
                    yield pb.ImportEvent(warnings=pb.ImportWarnings(warnings=told(found.warnings)))
                yield from self._importer.run(found.course, options.remove_lessons, give_up)
            except BundleError as error:
                yield refusal(error)


def read_options(
    requests: Iterator[pb.ImportBundleRequest],
) -> tuple[pb.ImportOptions, Iterator[pb.ImportBundleRequest]]:
    """The options, which come first or not at all, and what follows them."""
    first = next(requests, pb.ImportBundleRequest())
    if first.WhichOneof("part") == "options":
        return first.options, requests
    return pb.ImportOptions(), chain([first], requests)


def receive(requests: Iterable[pb.ImportBundleRequest], archive: BinaryIO, max_bytes: int) -> None:
    """Write the pieces to `archive`; BundleError where they are more than `max_bytes`.

    InvalidFields where options come after a piece.
    """
    left = max_bytes
    for request in requests:
        if request.WhichOneof("part") == "options":
            raise InvalidFields([Violation("options", "come first")])
        left -= len(request.chunk)
        if left < 0:
            reason = f"the archive is larger than {max_bytes // 1024**2} MB"
            raise BundleError([Defect(ARCHIVE, 0, reason)])
        archive.write(request.chunk)


def refusal(error: BundleError) -> pb.ImportEvent:
    """The event that lists every defect."""
    return pb.ImportEvent(refusal=pb.ImportRefusal(defects=told(error.defects)))


def told(defects: Iterable[Defect]) -> list[pb.Defect]:
    """Defects as the contract has them."""
    return [
        # What is wrong with an archive is not in a line of it.
        pb.Defect(file=each.file, line=0 if each.file == ARCHIVE else each.line, reason=each.reason)
        for each in defects
    ]
