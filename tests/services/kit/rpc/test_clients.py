from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from services.kit.errors import ServiceUnavailable
from services.kit.rpc.clients import from_peer, open_channel

METHOD = "/stellr.test.v1.TestService/Say"
GOING = (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)


class Peer(grpc.GenericRpcHandler):
    """Answers after some refusals."""

    def __init__(self) -> None:
        self.refusals: list[grpc.StatusCode] = []

    def service(self, handler_call_details: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(self._say)

    def _say(self, _request: bytes, context: grpc.ServicerContext) -> bytes:
        if self.refusals:
            context.abort(self.refusals.pop(), "going")
        return b"said"


@pytest.fixture(name="peer")
def _peer() -> Iterator[tuple[Peer, Any]]:
    peer, server = Peer(), grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers([peer])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with open_channel(f"127.0.0.1:{port}") as channel:
        yield peer, channel.unary_unary(METHOD)
    server.stop(None).wait(5)


@pytest.mark.parametrize("code", GOING)
def test_whom_a_leaving_process_refused_is_answered_by_the_next(
    peer: tuple[Peer, Any], code: grpc.StatusCode
) -> None:
    peer[0].refusals = [code]
    assert peer[1](b"", timeout=10) == b"said"


@pytest.mark.parametrize("code", GOING)
def test_where_all_are_leaving_the_service_is_away(
    peer: tuple[Peer, Any], code: grpc.StatusCode
) -> None:
    peer[0].refusals = [code] * 4
    with pytest.raises(grpc.RpcError) as refused:
        peer[1](b"", timeout=10)
    assert isinstance(from_peer("test", refused.value), ServiceUnavailable)
