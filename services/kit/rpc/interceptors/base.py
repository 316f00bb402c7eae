"""What the links of the chain share: each is bound once to each method, when the server starts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from services.kit.call import Call, current
from services.kit.rpc.policy import MethodPolicy

Method = Callable[[Any, Any], Any]
"""Takes a request and its context, and answers."""
Stream = Callable[[Any, Any], AsyncIterator[Any]]
"""Takes a request and its context, and answers with messages."""


class Link(Protocol):
    """One link of the chain: it looks at a call before the handler does."""

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """The method with this link before it; `proceed` itself where there is nothing to do."""


class Bracket:
    """A link that also acts at the end of a call, when its answer or its stream is out."""

    def begin(self, call: Call, rpc: MethodPolicy) -> Any:
        """What happens at the beginning; what it returns is given to `end`."""
        raise NotImplementedError

    def end(self, call: Call, rpc: MethodPolicy, begun: Any) -> None:
        """What happens at the end, however it ended."""
        raise NotImplementedError

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """As Link.bind."""

        def bracketed(request: Any, context: Any) -> Any:
            call = this_call()
            begun = self.begin(call, rpc)
            try:
                return proceed(request, context)
            finally:
                self.end(call, rpc, begun)

        return bracketed

    def bind_stream(self, proceed: Stream, rpc: MethodPolicy) -> Stream:
        """The same around a stream, to its last message."""

        async def bracketed(request: Any, context: Any) -> AsyncIterator[Any]:
            call = this_call()
            begun = self.begin(call, rpc)
            try:
                async for message in proceed(request, context):
                    yield message
            finally:
                self.end(call, rpc, begun)

        return bracketed


def this_call() -> Call:
    """The call that the first link opened."""
    call = current()
    if call is None:
        raise RuntimeError("the request-id link comes first")
    return call
