"""Marks of states: who keeps an answer is not sent it again, and who changes what was changed
meanwhile is refused (RFC 9110, 8.8.3 and 13.1)."""

from __future__ import annotations

import grpc

from services.kit.errors import EtagStale

NOT_MODIFIED = (("x-http-code", "304"),)


def check_etag(asked: str, present: str) -> None:
    """EtagStale unless the state that is to be changed, if it was named, is the present one."""
    if asked and asked.strip('"') != present:
        raise EtagStale


def not_modified(context: grpc.ServicerContext, etag: str, cache_control: str) -> bool:
    """Send the etag of an answer; whether the caller has it already, and an empty one will do."""
    known = _has(context, etag)
    headers = (("etag", f'"{etag}"'), ("cache-control", cache_control))
    context.send_initial_metadata(headers + (NOT_MODIFIED if known else ()))
    return known


def _has(context: grpc.ServicerContext, etag: str) -> bool:
    for name, value in context.invocation_metadata() or ():
        if name == "if-none-match":
            asked = [each.strip().removeprefix("W/") for each in str(value).split(",")]
            return "*" in asked or f'"{etag}"' in asked
    return False
