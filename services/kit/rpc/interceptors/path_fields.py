"""Refuses a request that names one thing in its path and another in its query or body.

Envoy's transcoder takes the latter, without a word. Then logs, caches and people would read another
name in the address than that of what is shown or changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from services.kit.errors import InvalidFields, Violation
from services.kit.rpc.interceptors.base import Method, this_call
from services.kit.rpc.policy import MethodPolicy

DIFFERS = "must not be another than in the path"


class PathFields:
    """Before identity, which writes into the request who `me` is."""

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Compare the fields of the path; a method that has none there has no such link."""
        if not rpc.paths or rpc.streams_request:
            return proceed

        def compared(request: Any, context: Any) -> Any:
            path = this_call().http_path
            wrong = list(_different(request, path, rpc.paths)) if path else []
            if wrong:
                raise InvalidFields(wrong)
            return proceed(request, context)

        return compared


def _different(request: Any, path: str, paths: tuple[re.Pattern[str], ...]) -> Iterator[Violation]:
    path = path.partition("?")[0].rstrip("/")
    found = next((match for each in paths if (match := each.fullmatch(path))), None)
    for name, text in found.groupdict().items() if found else ():
        if str(getattr(request, name)) != unquote(text):
            yield Violation(request.DESCRIPTOR.fields_by_name[name].json_name, DIFFERS)
