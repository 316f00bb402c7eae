"""Why a call came to nothing, in words for an assistant and for the person behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AcademyError(Exception):
    """A call that came to nothing. The text is whole sentences, and holds nothing secret."""


def sentence(status: Mapping[str, Any]) -> str:
    """What an error of the academy says (google.rpc.Status as JSON): its message, which names the
    fields that are wrong, and its reason."""
    message = str(status.get("message") or "the academy refused")
    details = status.get("details") or ()
    reasons = (each["reason"] for each in details if isinstance(each, dict) and "reason" in each)
    reason = next(reasons, "")
    return f"{message} ({reason})" if reason else message
