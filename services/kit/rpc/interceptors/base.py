"""What the links of the chain share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import grpc
from grpc_interceptor import ServerInterceptor

from services.kit.call import Call, current
from services.kit.rpc.policy import MethodPolicy

if TYPE_CHECKING:
    from services.kit.process.runtime import Runtime

Method = Callable[[Any, grpc.ServicerContext], Any]


class Link(ServerInterceptor):
    """One link of the chain: it looks at a call before the handler does."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def policy(self, method_name: str) -> MethodPolicy:
        """The policy of the method."""
        return self.runtime.policies[method_name]


class Bracket(Link):
    """A link that also acts at the end of a call, when its answer or its stream is out."""

    def around(
        self, call: Call, method_name: str, context: grpc.ServicerContext
    ) -> AbstractContextManager[Any]:
        """What surrounds the call."""
        raise NotImplementedError

    def intercept(
        self, method: Method, request: Any, context: grpc.ServicerContext, method_name: str
    ) -> Any:
        """Surround the call, whether one message answers it or a stream does."""
        if self.policy(method_name).streams_reply:
            return self._stream(method, request, context, method_name)
        with self.around(this_call(), method_name, context):
            return method(request, context)

    def _stream(
        self, method: Method, request: Any, context: grpc.ServicerContext, method_name: str
    ) -> Iterator[Any]:
        with self.around(this_call(), method_name, context):
            yield from method(request, context)


def this_call() -> Call:
    """The call that the first link opened."""
    call = current()
    if call is None:
        raise RuntimeError("the request-id link comes first")
    return call
