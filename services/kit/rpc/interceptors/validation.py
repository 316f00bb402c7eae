"""The bounds that the contract sets to every field."""

from __future__ import annotations

from typing import Any

import protovalidate
from google.protobuf.descriptor import Descriptor

from services.kit.errors import InvalidFields, Violation
from services.kit.rpc.interceptors.base import Method
from services.kit.rpc.normal_form import normalize
from services.kit.rpc.policy import MethodPolicy
from services.kit.rpc.wording import in_plain_english


class Validation:
    """After identity and rate limit: nobody's request is looked at before they may make it."""

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Refuse a request with fields out of bounds, telling all of them."""
        if rpc.streams_request:
            return lambda requests, context: proceed(map(validated, requests), context)
        return lambda request, context: proceed(validated(request), context)


def validated(message: Any) -> Any:
    """The message, its fields brought to one form; InvalidFields names every one out of bounds."""
    normalize(message)
    found = protovalidate.collect_violations(message)
    if found:
        raise InvalidFields([_violation(each, message.DESCRIPTOR) for each in found])
    return message


def _violation(found: Any, message: Descriptor) -> Violation:
    # A rule about the whole message is about no field of it.
    elements = found.proto.field.elements if found.proto.field else ()
    path = ".".join(_element(element) for element in elements)
    return Violation(path, in_plain_english(found, message))


def _element(element: Any) -> str:
    first, *rest = str(element.field_name).split("_")
    name = first + "".join(part.capitalize() for part in rest)
    subscript = element.subscript
    return f"{name}[{subscript.value}]" if subscript else name
