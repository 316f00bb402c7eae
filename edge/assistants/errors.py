"""Why a call came to nothing, in words for an assistant and for the person behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class AcademyError(Exception):
    """A call that came to nothing. The text is whole sentences, and holds nothing secret."""


def sentence(status: Mapping[str, Any]) -> str:
    """What an error of the academy says (google.rpc.Status as JSON): its sentence, its reason, and
    each field that is not as it should be on a line of its own."""
    details = [detail for detail in status.get("details") or () if isinstance(detail, dict)]
    reason = next((detail["reason"] for detail in details if "reason" in detail), "")
    first = str(status.get("message") or "The academy refused.")
    return "\n".join([f"{first} ({reason})" if reason else first, *_violations(details)])


def _violations(details: list[dict[str, Any]]) -> Iterator[str]:
    for detail in details:
        for violation in detail.get("fieldViolations") or ():
            yield f"{violation.get('field')}: {violation.get('description')}"
