"""A stream whose body nobody wants (HEAD) is not sent to its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody

from services.kit.rpc.server import Registration
from stellr.media.v1 import media_service_pb2 as pb
from stellr.media.v1.media_service_pb2_grpc import (
    MediaServiceServicer,
    MediaServiceStub,
    add_MediaServiceServicer_to_server,
)
from tests.services.kit.harness import Kit, serving
from tests.support import eventually

PARTS = 5


class Media(MediaServiceServicer):
    def __init__(self) -> None:
        self.sent = 0
        self.closed = False

    def GetContent(self, request: Any, context: Any) -> Iterator[HttpBody]:
        context.send_initial_metadata((("content-disposition", "inline"),))
        return self._parts()

    def _parts(self) -> Iterator[HttpBody]:
        try:
            for _ in range(PARTS):
                self.sent += 1
                yield HttpBody(content_type="application/pdf", data=b"%PDF-")
        finally:
            self.closed = True


@pytest.mark.parametrize(("metadata", "parts"), [((), PARTS), ((("x-http-method", "HEAD"),), 1)])
def test_who_asks_for_headers_gets_the_first_part_alone(
    kit: Kit, metadata: tuple[tuple[str, str], ...], parts: int
) -> None:
    media = Media()
    registration = Registration(add_MediaServiceServicer_to_server, media)
    with (
        serving(kit.runtime(registration)) as port,
        grpc.insecure_channel(f"127.0.0.1:{port + 1}") as channel,
    ):
        request = pb.GetContentRequest(media_id="01a2040b-0000-7000-8000-000000000001")
        call: Any = MediaServiceStub(channel).GetContent(request, metadata=metadata, timeout=5)
        assert len(list(call)) == parts
        assert dict(call.initial_metadata())["content-disposition"] == "inline"
        eventually(lambda: media.closed)
    assert media.sent == parts
