"""What a message says in few words: on a locked screen, and in the list in the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.notification.templates import brief_words, from_json, has_brief


class Brief(NamedTuple):
    """A message in few words: a title in one line, and paragraphs; `link` is where it leads."""

    title: str
    body: str
    link: str
    language: str


class Briefs:
    """Puts messages into few words."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url.rstrip("/")

    def write(self, template: str, data: Mapping[str, Any], locale: str) -> Brief:
        """The message in the language of the locale or in English; LookupError where there are no
        words for it."""
        if not has_brief(template):
            raise LookupError(f"no brief words for {template}")
        given = from_json(template, dict(data))
        return Brief(*brief_words(given, locale=locale, public_url=self._public_url))
