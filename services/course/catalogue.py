"""The catalogue: published courses, filtered, ordered, paged, kept until a course changes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from google.protobuf.message import Message

from services.course import views
from services.course.filters import DEFAULT_ORDER, RELEVANCE, Filters
from services.course.highlights import highlight
from services.course.repository import catalogue
from services.course.repository.catalogue import SummaryRow
from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.events.cache import EventCache, Loaded
from stellr.course.v1 import course_service_pb2 as pb
from stellr.course.v1.course_pb2 import CourseSummary

# Of a search that finds more, none is ranked.
RANKED_AT_MOST = 500
SUBJECT = "catalogue"
"""What all pages depend on: any course may move in any of them."""


@dataclass(frozen=True)
class Question:
    """What is asked of the catalogue."""

    filters: Filters
    order: str
    size: int
    page_token: str

    @property
    def scope(self) -> str:
        """The list that the page is one of."""
        filters = self.filters
        asked = [filters.category, *filters.tags, "", filters.q, filters.language, self.order]
        return f"courses {json.dumps(asked)}"


class Page(NamedTuple):
    """A page as the bytes of an answer, and what tells it from others."""

    message: bytes
    etag: str


def page_of(message: Message) -> Page:
    """The page that a message is."""
    written = message.SerializeToString()
    return Page(written, hashlib.sha256(written).hexdigest()[:16])


class Catalogue:
    """Lists courses."""

    def __init__(
        self,
        database: Database,
        page_tokens: PageTokens,
        pages: EventCache[Page],
        counts: EventCache[int],
    ) -> None:
        self._database = database
        self._page_tokens = page_tokens
        self._pages = pages
        self._counts = counts

    def list(self, question: Question) -> Page:
        """A page of courses, and how many there are on all pages: a ListCoursesResponse."""
        key = f"{question.size} {question.page_token} {question.scope}"
        return self._pages.get(key, lambda: Loaded(self._page(question), (key,), (SUBJECT,)))

    def _page(self, question: Question) -> Page:
        scope = question.scope
        seen = self._page_tokens.read(question.page_token, scope)
        order = seen[0] if seen else self._order(question)
        rows = catalogue.list_courses(
            self._database, question.filters, order, _key(seen), question.size + 1
        )
        shown, token = self._page_tokens.page(
            rows, question.size, scope, lambda row: _key_of(row, order)
        )
        message = pb.ListCoursesResponse(
            courses=[_summary(row, question.filters) for row in shown],
            next_page_token=token,
            total_size=self._count(question),
        )
        return page_of(message)

    def _order(self, question: Question) -> str:
        """The order of all pages.

        What is found nearly everywhere fits nowhere best: it is listed by age, which costs the same
        however much there is.
        """
        if question.order == RELEVANCE and self._count(question) > RANKED_AT_MOST:
            return DEFAULT_ORDER
        return question.order

    def _count(self, question: Question) -> int:
        key = question.scope

        def load() -> Loaded[int]:
            count = catalogue.count_courses(self._database, question.filters)
            return Loaded(count, (key,), (SUBJECT,))

        return self._counts.get(key, load)


def _summary(row: SummaryRow, filters: Filters) -> CourseSummary:
    summary = views.course_summary(row)
    if filters.q:
        summary.highlight = highlight(row.title, row.summary, filters.words, filters.prefix)
    return summary


def _key_of(row: SummaryRow, order: str) -> list[Any]:
    value = row.sort_key
    key = value.isoformat() if isinstance(value, datetime) else value
    return [order, key, str(row.course_id)]


def _key(seen: list[Any] | None) -> tuple[Any, UUID] | None:
    if seen is None:
        return None
    order, value, course_id = seen
    by_time = order.startswith("publishTime")
    return datetime.fromisoformat(value) if by_time else value, UUID(course_id)
