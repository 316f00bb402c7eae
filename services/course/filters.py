"""What a list of courses is asked for: filters and an order, checked and in one spelling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from services.course import languages, names, words
from services.kit.errors import InvalidFields, Violation
from stellr.course.v1 import course_service_pb2 as pb

DEFAULT_ORDER = "publishTime desc"
# Of a search.
RELEVANCE = "relevance"
# Word forms are those of the language asked for; most courses and searches are English.
DEFAULT_LANGUAGE = "en"
ORDERS = frozenset(
    f"{field}{direction}"
    for field in ("publishTime", "title", "durationMinutes")
    for direction in ("", " desc")
)


@dataclass(frozen=True)
class Filters:
    """What the courses asked for have in common; empty fields ask for nothing.

    The case of labels is left to PostgreSQL, whose small letters are not always those of Python.
    """

    category: str
    tags: tuple[str, ...]
    q: str
    language: str

    @cached_property
    def folded(self) -> str:
        """The search as PostgreSQL reads it."""
        return words.as_search(self.q)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All that a course must have; nothing where the search has operators of its own."""
        return tuple(words.asked_words(self.q) or ())

    @cached_property
    def prefix(self) -> str:
        """The beginning of the last word, where more than its beginning may be meant."""
        return words.prefix_of(self.words)

    @property
    def dictionary(self) -> str:
        """How the words of `q` are read."""
        return languages.dictionary(self.language or DEFAULT_LANGUAGE)


def filters_of(request: pb.ListCoursesRequest) -> Filters:
    """The filters of a request, in one spelling."""
    return Filters(
        category=_spelled(request.category),
        tags=tuple(sorted({_spelled(tag) for tag in request.tags})),
        q=_spelled(request.q).lower(),
        language=_spelled(request.language).lower(),
    )


def order_of(text: str, *, searched: bool) -> str:
    """The order asked for; InvalidFields for one that is not offered."""
    default = RELEVANCE if searched else DEFAULT_ORDER
    order = " ".join(text.split()).removesuffix(" asc") or default
    orders = ORDERS | {RELEVANCE} if searched else ORDERS
    if order not in orders:
        offered = ", ".join(sorted(orders))
        raise InvalidFields([Violation("orderBy", f"is not one of {offered}")])
    return order


def _spelled(text: str) -> str:
    """PostgreSQL takes no NUL; no name, language or word holds one."""
    return names.clean(text.replace("\0", " "))
