"""The HTTP paths of RPCs that are answered by HTTP: same policy, same chain, another wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.kit.http.exchange import Answer, Exchange, HttpContext, Refused
from services.kit.http.refusing import refused_response, unrouted_response
from services.kit.rpc.interceptors import Chain
from services.kit.rpc.interceptors.base import Method, Stream, this_call
from services.kit.rpc.policy import MethodPolicy, policies

BEGUN = web.RequestKey("begun", bool)


@dataclass(frozen=True)
class HttpRoute:
    """Requests of a path that belong to an RPC ("/package.Service/Method"), whose policy holds.

    `path` has its variables in braces. `handler` takes the RPC's request, as a servicer's method
    does, and returns what `answer` makes an HTTP answer of. "GET" is for HEAD as well.
    """

    rpc: str
    verb: str
    path: str
    handler: Method
    answer: Answer


def application(routes: Sequence[HttpRoute], chain: Chain) -> web.Application:
    """What answers on these routes, and on no other path."""
    found = policies({route.rpc.split("/")[1] for route in routes})
    app = web.Application(middlewares=[_in_one_shape])
    app.on_response_prepare.append(_note_beginning)
    for route in routes:
        answer = _bound(route, chain, found[route.rpc])
        if route.verb == "GET":
            app.router.add_get(route.path, answer, allow_head=True, expect_handler=_ignore)
        else:
            app.router.add_route(route.verb, route.path, answer, expect_handler=_ignore)
    return app


async def _ignore(_: web.Request) -> None:
    """Of expectations Envoy answers the one that there is, and others may be ignored (RFC 9110,
    10.1.1). aiohttp would refuse them in a shape of its own, which repeats them."""


def _bound(route: HttpRoute, chain: Chain, rpc: MethodPolicy) -> Any:
    opening = chain.opening(route.handler, rpc)
    answers = chain.stream(_answers(route.answer, opening), rpc)

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            found = [each async for each in answers(request, HttpContext(request))]
        except Refused as refused:
            return _refuse(request, refused)
        response: web.StreamResponse = found[0]
        return response

    return handle


def _answers(answer: Answer, opening: Method) -> Stream:
    """The answer as a stream of one message, which is what the outer links are put around."""

    async def answered(request: web.Request, context: HttpContext) -> AsyncIterator[Any]:
        try:
            response = await answer(Exchange(request, context, opening))
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            this_call().lose_caller()
            response = web.Response()
        yield response

    return answered


def _refuse(request: web.Request, refused: Refused) -> web.StreamResponse:
    """Say why; where the answer has begun, nothing is left but to break it off."""
    if request.get(BEGUN) and request.transport:
        request.transport.abort()
    return refused_response(refused.code, refused.message, refused.metadata)


async def _note_beginning(request: web.Request, _: web.StreamResponse) -> None:
    request[BEGUN] = True


@web.middleware
async def _in_one_shape(request: web.Request, handler: Any) -> web.StreamResponse:
    """What aiohttp itself refuses, in the shape of all errors."""
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPException as error:
        return unrouted_response(error)
    return response
