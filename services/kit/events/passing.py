"""Whether what failed may go well later although nobody changes anything."""

from __future__ import annotations

import grpc

from services.kit.errors import Aborted, DeadlineExceeded, ResourceExhausted, Unavailable
from services.kit.rpc.refusals import as_domain_error

_PASSING = (Unavailable, DeadlineExceeded, Aborted, ResourceExhausted)


def passes(error: BaseException) -> bool:
    """Whether it may go well later although nobody changes anything."""
    known = as_domain_error(error)
    if known is not None:
        return isinstance(known, _PASSING)
    return isinstance(error, (OSError, grpc.RpcError))
