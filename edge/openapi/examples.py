"""Examples of values, by the names that fields have in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

ID = "0199c0de-0000-7000-8000-000000000001"
TIME = "2026-03-01T08:30:00Z"
TOKEN = "eyJhbGciOiJFUzI1NiJ9.…"  # noqa: S105 - none

BY_NAME: Mapping[str, Any] = {
    "accessToken": TOKEN,
    "amount": 1,
    "address": "192.0.2.7",
    "authors": ["Vera Rubin"],
    "bio": "I look at the sky.",
    "body": "# The Moon\n\nIt turns once while it goes round once.",
    "category": "Astronomy",
    "code": "123456",
    "course": "the-night-sky",
    "courseTitle": "The Night Sky",
    "currentPassword": "a long secret",
    "device": "Firefox on Linux",
    "displayName": "Ann Example",
    "email": "ann@learner.example",
    "etag": "b1946ac92492d234",
    "gift": "::Moon:: The Moon shines by {~its own light =reflected sunlight}",
    "fileName": "first-evening.pdf",
    "grantType": "refresh_token",
    "language": "en",
    "learnerName": "Ann Example",
    "lessonCount": 4,
    "license": "CC0-1.0",
    "locale": "en",
    "mimeType": "application/pdf",
    "minutes": 10,
    "name": "Astronomy",
    "newPassword": "another long secret",
    "pageSize": 20,
    "passPercentage": 60,
    "password": "a long secret",
    "percentage": 75,
    "phone": "+12025550143",
    "platform": "PLATFORM_WEB",
    "positionSeconds": 90,
    "q": "moon",
    "reason": "issued by mistake",
    "redirectUri": "http://127.0.0.1:8080/",
    "refreshToken": f"{ID}.1.c2lnbmF0dXJl",
    "roles": ["author"],
    "seconds": 90,
    "serial": "STLR-7Q2M-4KXP",
    "sizeBytes": 48213,
    "slug": "the-night-sky",
    "step": 2,
    "summary": "Find your way among stars and planets, with nothing but your eyes.",
    "tags": ["stars", "beginners"],
    "text": "What makes the Moon shine?",
    "timezone": "Europe/Berlin",
    "title": "The Night Sky",
    "tokenType": "Bearer",
    "tutorialCompleted": True,
    "updateMask": "title,tags",
    "url": "https://videos.example/moon",
    "verificationId": ID,
}


def example_of(name: str, schema: Mapping[str, Any]) -> Any:
    """An example of the field, if there is one that its schema allows; else None."""
    if "const" in schema:
        return schema["const"]
    if name in BY_NAME and _fits(BY_NAME[name], schema):
        return BY_NAME[name]
    if schema.get("enum"):
        told = [each for each in schema["enum"] if each and not str(each).endswith("_UNSPECIFIED")]
        return told[0] if told else None
    if schema.get("format") == "date-time":
        return TIME
    if schema.get("type") == "string" and (name.endswith("Id") or schema.get("format") == "uuid"):
        return ID
    return None


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    kinds = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "array": list,
        "boolean": bool,
    }
    kind = kinds.get(schema.get("type", ""))
    if kind is None or not isinstance(value, kind):  # type: ignore[arg-type]
        return False
    if isinstance(value, list):
        return bool(value) and _fits(value[0], schema["items"])
    if isinstance(value, str) and schema.get("format") == "uuid":
        return value == ID
    return value in schema.get("enum", [value])
