"""What is asked of an academy of any size: the same paths, spread evenly over all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

from tests import support
from tests.bench import academy, cpu
from tests.bench.academy import BUSY, BUSY_COURSES, BUSY_LESSONS, CERTIFIED, Size
from tests.bench.load import Latency, drive
from tests.tokens import signer_of

PAGE = 5
CERTIFICATES = 500
Request = dict[str, Any]


class Cost(NamedTuple):
    """CPU microseconds a request, and the latency in milliseconds."""

    microseconds: float
    median: float
    p99: float


@dataclass
class Academy:
    """A stack with an academy of some size in it."""

    name: str
    stack: support.Stack
    size: Size
    folder: Path
    _tokens: dict[int, str] = field(default_factory=dict)
    _pages: list[str] = field(default_factory=list)

    def as_learner(self, account: int, path: str, body: Any = None) -> Request:
        """A request of the person of an account."""
        return {"path": path, "token": self._token(account), "body": body}

    def sign_anew(self) -> None:
        """Forget all access tokens: they are good for 15 minutes."""
        self._tokens.clear()

    def pages(self) -> list[str]:
        """The tokens of all pages of the catalogue behind the first."""
        if not self._pages:
            visitor, token = support.Visitor(self.stack), ""
            while token := self._next_page(visitor, token):
                self._pages.append(token)
        return self._pages

    def ask(self, requests: Sequence[Request]) -> Latency:
        """Ask for all of it: how long that took."""
        plan = {"scenario": "each", "url": self.stack.url, "requests": list(requests)}
        return drive(self.folder, {**plan, "iterations": len(requests)})

    def cost(self, requests: Sequence[Request], idle: float) -> Cost:
        """What the requests cost, without the CPU seconds a second that pass idly."""
        pids = cpu.of_stack(self.stack.run)
        before, began = cpu.seconds(pids), time.monotonic()
        latency = self.ask(requests)
        spent = cpu.seconds(pids) - before - idle * (time.monotonic() - began)
        return Cost(spent / len(requests) * 1e6, *latency)

    def answer_bytes(self, request: Request) -> int:
        """How long the answer is, so that like is compared with like."""
        visitor = support.Visitor(self.stack, request.get("token", ""))
        path, body = request["path"], request.get("body")
        # Not Visitor.get: httpx drops a path's own query where it is given another, even an empty.
        answer = visitor.post(path, body) if body else visitor.http.get(path)
        assert answer.status_code == 200, answer.text
        return len(answer.content)

    def _next_page(self, visitor: support.Visitor, token: str) -> str:
        answer = visitor.get("/courses", pageSize=PAGE, pageToken=token)
        return str(answer.json()["nextPageToken"])

    def _token(self, account: int) -> str:
        if account not in self._tokens:
            user_id = academy.user_id(account)
            self._tokens[account] = signer_of(self.stack).sign(user_id, uuid4(), ["learner"], 1)
        return self._tokens[account]


@dataclass(frozen=True)
class Asked:
    """A path: all that is asked for, and whether each of it can be asked for only once."""

    name: str
    requests: Callable[[Academy], list[Request]]
    once: bool = False


def read(path: str) -> Request:
    """A request of a visitor."""
    return {"path": path}


def courses(this: Academy) -> list[Request]:
    """Every course by its slug."""
    return [read(f"/courses/{academy.slug(number)}") for number in range(this.size.courses)]


def catalogue(query: str) -> Callable[[Academy], list[Request]]:
    """The first page of a list of courses."""
    return lambda _: [read(f"/courses?pageSize={PAGE}{query}")]


def labelled(kind: str, label: str) -> Callable[[Academy], list[Request]]:
    """The first page of every category or tag."""
    names = [f"{label}-{number}" for number in range(academy.CATEGORIES)]
    return lambda _: [read(f"/courses?pageSize={PAGE}&{kind}={name}") for name in names]


def new_searches(_: Academy) -> list[Request]:
    """Searches that match all courses, each another one."""
    words = product(academy.WORDS, repeat=2)
    return [read(f"/courses?pageSize={PAGE}&q={one}%20{other}") for one, other in words]


def pages(this: Academy) -> list[Request]:
    """Every page of the catalogue behind the first."""
    return [read(f"/courses?pageSize={PAGE}&pageToken={quote(one)}") for one in this.pages()]


def lessons(this: Academy) -> list[Request]:
    """The lessons after those that are done of every course of the busy."""
    return [
        this.as_learner(account, f"/lessons/{academy.lesson_id(course, BUSY_LESSONS + 1)}")
        for account, course in _busy(this)
    ]


def progress(this: Academy) -> list[Request]:
    """All progress of the busy, each in 50 courses."""
    return [
        this.as_learner(account, f"/progress/me?pageSize={BUSY_COURSES}") for account in range(BUSY)
    ]


def progress_in_one(this: Academy) -> list[Request]:
    """Progress of the busy in each of their courses."""
    return [
        this.as_learner(account, f"/progress/me/courses/{academy.course_id(course)}")
        for account, course in _busy(this)
    ]


def marks(this: Academy) -> list[Request]:
    """Lessons of every course of the busy, to be marked as completed."""
    positions = range(BUSY_LESSONS + 1, academy.LESSONS)
    return [
        this.as_learner(
            account,
            "/progress/mark-complete",
            {"lessonId": str(academy.lesson_id(course, position))},
        )
        for position in positions
        for account, course in _busy(this)
    ]


def certificates(this: Academy) -> list[Request]:
    """Certificates that were issued, by their courses' ids."""
    return [
        this.as_learner(
            account, f"/certificate/{academy.course_id(academy.first_course(this.size, account))}"
        )
        for account in _certified(this)
    ]


def certificates_by_slug(this: Academy) -> list[Request]:
    """Certificates that were issued, by their courses' slugs."""
    return [
        this.as_learner(
            account, f"/certificate/{academy.slug(academy.first_course(this.size, account))}"
        )
        for account in _certified(this)
    ]


def standings(this: Academy) -> list[Request]:
    """What the busy lack for the certificate of each of their courses but the first."""
    return [
        this.as_learner(account, f"/certificate/{academy.course_id(course)}")
        for account, course in _busy(this, first=1)
    ]


def serials(this: Academy) -> list[Request]:
    """Certificates as anybody verifies them."""
    return [read(f"/certificates/{academy.serial(account)}") for account in _certified(this)]


def _busy(this: Academy, first: int = 0) -> Iterator[tuple[int, int]]:
    for account, number in product(range(BUSY), range(first, BUSY_COURSES)):
        yield account, academy.busy_course(this.size, account, number)


def _certified(this: Academy) -> range:
    """Accounts with a certificate, from all over the academy."""
    step = this.size.accounts // CERTIFIED // CERTIFICATES * CERTIFIED
    return range(0, step * CERTIFICATES, step)


PATHS = [
    Asked("course, read evenly", courses),
    Asked("courses, first page", catalogue("")),
    Asked("courses, any page", pages),
    Asked("search that matches all", catalogue("&q=evening")),
    Asked("search that matches all, a new one each", new_searches, once=True),
    Asked("category", labelled("category", "category")),
    Asked("tag", labelled("tags", "tag")),
    Asked("lesson, read evenly", lessons),
    Asked("progress in 50 courses", progress),
    Asked("progress in one course", progress_in_one),
    Asked("mark-complete in any course", marks, once=True),
    Asked("certificate, issued", certificates),
    Asked("certificate, issued, by slug", certificates_by_slug),
    Asked("certificate, what is lacking", standings),
    Asked("certificate, verified", serials),
]
