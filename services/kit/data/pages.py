"""Pages of lists by keyset: the token says after which row to go on (AIP-158)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from services.kit.errors import InvalidFields, Violation
from services.kit.identity.secrets import Signer

DEFAULT_SIZE = 20
Row = TypeVar("Row")
Place = TypeVar("Place")


class PageTokens:
    """Makes and reads page tokens. They are signed, and good only for the list they came from."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def read(self, token: str, scope: str) -> list[Any] | None:
        """The key of the last row seen, or None for the first page.

        `scope` names the list with its filters and order. InvalidFields for a foreign token.
        """
        if not token:
            return None
        body, _, signature = token.rpartition(".")
        if not self._signer.matches(f"{scope}\n{body}", signature):
            raise InvalidFields([Violation("pageToken", "is not a token of this list")])
        key: list[Any] = json.loads(base64.urlsafe_b64decode(body))
        return key

    def write(self, key: Sequence[Any], scope: str) -> str:
        """The token that goes on after the row with this key (strings and numbers)."""
        body = base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode()
        return f"{body}.{self._signer.sign(f'{scope}{chr(10)}{body}')}"

    def page(
        self, rows: Sequence[Row], size: int, scope: str, key: Callable[[Row], Sequence[Any]]
    ) -> tuple[Sequence[Row], str]:
        """Of `size + 1` rows asked for: those of the page, and the token of the next or ""."""
        if len(rows) <= size:
            return rows, ""
        return rows[:size], self.write(key(rows[size - 1]), scope)


def page_size(asked: int) -> int:
    """Rows a page: what was asked for, 20 where nothing was."""
    return asked or DEFAULT_SIZE


def every(
    read: Callable[[Place], Sequence[Row]], first: Place, place: Callable[[Row], Place]
) -> Iterator[Row]:
    """All rows, a page in memory at a time: `read` finds those behind a place, the place of the
    last one being where the next page begins, until there are none."""
    while rows := read(first):
        yield from rows
        first = place(rows[-1])
