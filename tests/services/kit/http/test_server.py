"""The HTTP server of a process: a policy over HTTP, and when it answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from services.kit import call
from services.kit.errors import InvalidFields, ResourceNotFound, Violation
from services.kit.http.exchange import Exchange
from services.kit.http.routes import HttpRoute
from services.kit.http.server import HttpServer
from services.kit.identity.revocations import Revocations
from services.kit.metrics import Metrics
from services.kit.rpc.interceptors import chain
from services.kit.rpc.limits import RateLimiter
from stellr.media.v1 import media_service_pb2 as pb
from tests.support import free_port

RPC = "/stellr.media.v1.MediaService/GetContent"
LIMIT = 40


def handler(request: pb.GetContentRequest, context: Any) -> str:
    if request.media_id == "hidden":
        raise ResourceNotFound
    if request.media_id == "wrong":
        raise InvalidFields([Violation("mediaId", "is wrong")])
    if request.media_id == "broken":
        raise RuntimeError("secret")
    found = call.current()
    assert found is not None
    return f"{request.media_id} {found.request_id} {found.address}"


async def answer(exchange: Exchange) -> web.StreamResponse:
    name = exchange.request.match_info["media_id"]
    text = await exchange.ask(pb.GetContentRequest(media_id=name))
    if name == "late":
        response = web.StreamResponse()
        response.content_length = 100
        await response.prepare(exchange.request)
        raise OSError("the disk is gone")
    return web.Response(text=text)


@pytest.fixture(name="metrics")
def _metrics() -> Metrics:
    return Metrics("media", "1")


@pytest.fixture(name="server")
def _server(metrics: Metrics) -> Iterator[tuple[HttpServer, str]]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    nobody: Any = None
    links = chain(
        metrics=metrics,
        mesh_tokens=nobody,
        access_tokens=nobody,
        revocations=Revocations(),
        limiter=RateLimiter("memory://", lambda *_: LIMIT, metrics),
        database=None,
    )
    route = HttpRoute(RPC, "GET", "/media/content/{media_id}", handler, answer)
    submit: Any = lambda work: asyncio.run_coroutine_threadsafe(work, loop)  # noqa: E731
    server, port = HttpServer([route], links, submit, 0.5), free_port()
    server.start(f"127.0.0.1:{port}")
    yield server, f"http://127.0.0.1:{port}"
    server.stop().result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def told(response: httpx.Response) -> tuple[int, int, str]:
    body = response.json()
    return response.status_code, body["code"], body["details"][0]["reason"]


def test_nothing_is_answered_before_it_is_open(server: tuple[HttpServer, str]) -> None:
    http, url = server
    assert httpx.get(f"{url}/health").status_code == 503
    refused = httpx.get(f"{url}/media/content/a")
    assert (told(refused), refused.headers["retry-after"]) == (
        (503, 14, "SERVICE_UNAVAILABLE"),
        "1",
    )
    http.set_serving(True)
    assert httpx.get(f"{url}/health").status_code == 200
    assert httpx.get(f"{url}/media/content/a").status_code == 200
    # The database is away: who comes all the same is answered as far as that goes.
    http.set_serving(False)
    assert httpx.get(f"{url}/health").status_code == 503
    assert httpx.get(f"{url}/media/content/a").status_code == 200
    http.set_serving(True)
    http.leave()
    assert httpx.get(f"{url}/health").status_code == 503


def test_a_process_is_alive_unless_it_stands_still(server: tuple[HttpServer, str]) -> None:
    http, url = server
    assert httpx.get(f"{url}/alive").status_code == 200
    stands_still = threading.Event()

    async def stand_still() -> None:
        stands_still.wait()

    done = http._submit(stand_still())
    try:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{url}/alive", timeout=httpx.Timeout(10, read=0.5))
    finally:
        stands_still.set()
    done.result()
    assert httpx.get(f"{url}/alive").status_code == 200


def test_the_chain_of_the_rpc_stands_before_it(
    server: tuple[HttpServer, str], metrics: Metrics
) -> None:
    http, url = server
    http.set_serving(True)
    headers = {"X-Request-Id": "abc", "X-Envoy-External-Address": "192.0.2.1"}
    answered = httpx.get(f"{url}/media/content/a", headers=headers)
    assert answered.text == "a abc 192.0.2.1"
    assert told(httpx.get(f"{url}/media/content/hidden")) == (404, 5, "NOT_FOUND")
    wrong = httpx.get(f"{url}/media/content/wrong")
    assert told(wrong) == (400, 3, "INVALID_FIELDS")
    assert wrong.json()["details"][1]["fieldViolations"][0]["field"] == "mediaId"
    broken = httpx.get(f"{url}/media/content/broken")
    assert told(broken) == (500, 13, "INTERNAL")
    assert "secret" not in broken.text
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}/media/content/late")
    assert told(httpx.get(f"{url}/else")) == (404, 5, "PATH_NOT_FOUND")
    assert told(httpx.post(f"{url}/media/content/a")) == (405, 12, "METHOD_NOT_ALLOWED")
    counted = metrics.text()
    for code, number in (("OK", 1), ("NOT_FOUND", 1), ("INTERNAL", 2)):
        labels = f'code="{code}",method="{RPC}",service="media",worker="1"'
        assert f"stellr_stream_seconds_count{{{labels}}} {number}.0" in counted


def test_the_limit_of_the_rpc_counts(server: tuple[HttpServer, str]) -> None:
    http, url = server
    http.set_serving(True)
    elsewhere = {"X-Envoy-External-Address": "192.0.2.2"}
    with httpx.Client() as client:
        answers = [client.get(f"{url}/media/content/a") for _ in range(LIMIT + 1)]
        assert [each.status_code for each in answers] == [*[200] * LIMIT, 429]
        assert told(answers[-1]) == (429, 8, "RATE_LIMITED")
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert client.get(f"{url}/media/content/a", headers=elsewhere).status_code == 200
