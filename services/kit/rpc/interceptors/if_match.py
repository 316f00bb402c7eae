"""Takes the header If-Match for the etag of the state that is to be changed (RFC 9110, 13.1.1)."""

from __future__ import annotations

from typing import Any

from services.kit.errors import EtagStale, InvalidFields, Violation
from services.kit.rpc.interceptors.base import Method, this_call
from services.kit.rpc.policy import MethodPolicy

ANY = "*"


class IfMatch:
    """Before validation, which looks at the etag as at any field."""

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Put the etag where the contract has it; a method that knows none has no such link."""
        if not rpc.etag_path:
            return proceed

        def matched(request: Any, context: Any) -> Any:
            asked = this_call().if_match
            if asked and asked != ANY:
                _put(request, rpc.etag_path, _only(asked))
            return proceed(request, context)

        return matched


def _only(header: str) -> str:
    """The one etag of the header.

    A weak one is taken as well: etags name states, not bytes, and Envoy weakens that of an answer
    which it compresses.
    """
    if "," in header:
        raise InvalidFields([Violation("If-Match", "must be one etag, or *")])
    return header.strip().removeprefix("W/").strip('"')


def _put(request: Any, path: tuple[str, ...], etag: str) -> None:
    *above, name = path
    for each in above:
        request = getattr(request, each)
    said = getattr(request, name).strip('"')
    if said and said != etag:
        # At most one of them is the present one.
        raise EtagStale
    setattr(request, name, etag)
