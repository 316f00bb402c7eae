"""Categories and tags as everybody lists them, kept until one of them or a course changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from google.protobuf.message import Message

from services.course import views
from services.course.catalogue import Page, page_of
from services.course.repository.label_lists import Labels
from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.events.cache import EventCache, Loaded
from stellr.course.v1.course_pb2 import Label

SUBJECT = "labels"
"""What all pages depend on: any course may change what is counted in any of them."""

Answer = Callable[[Iterable[Label], str], Message]


class LabelPages:
    """Lists the labels of one kind, as the answers that `answer` makes of labels and a token."""

    def __init__(
        self,
        database: Database,
        page_tokens: PageTokens,
        pages: EventCache[Page],
        labels: Labels,
        answer: Answer,
    ) -> None:
        self._database = database
        self._page_tokens = page_tokens
        self._pages = pages
        self._labels = labels
        self._answer = answer

    def list(self, size: int, token: str) -> Page:
        """A page of the labels."""
        key = f"{self._labels.table} {size} {token}"
        return self._pages.get(key, lambda: Loaded(self._page(size, token), (key,), (SUBJECT,)))

    def _page(self, size: int, token: str) -> Page:
        scope = f"labels {self._labels.table}"
        after = self._page_tokens.read(token, scope)
        place = (str(after[0]), UUID(after[1])) if after else None
        rows = self._labels.list(self._database, place, size + 1)
        shown, following = self._page_tokens.page(
            rows, size, scope, lambda row: [row.sort_key, str(row.label_id)]
        )
        return page_of(self._answer(map(views.label, shown), following))
