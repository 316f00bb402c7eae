"""What people do in the academy while something fails: reads, and writes of every service that can
be found again."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.support import DEMO

Json = dict[str, Any]


@dataclass
class Person:
    """Somebody who is signed in."""

    email: str
    password: str
    token: str
    user_id: str


@dataclass
class Request:
    """A request; a write has a key. `mark` finds what it wrote: in the answer, where it is none."""

    kind: str
    method: str
    path: str
    person: Person | None = None
    body: Json | None = None
    key: str = ""
    place: str = ""
    mark: str = ""
    find: Callable[[Json], str] | None = None
    finish: Callable[[], None] = lambda: None
    not_before: float = 0.0

    def mark_of(self, answer: Json) -> str:
        """By what it is found again."""
        return self.find(answer) if self.find else self.mark


# How often each is asked for; three of five requests are reads.
SHARES = {
    **{"courses": 14, "course": 12, "lesson": 10, "me": 8, "progress": 8, "quiz": 5},
    **{"certificate": 3, "notifications": 2},
    **{"mark": 8, "draft": 7, "submit": 7, "upload": 6, "biography": 6, "mail": 5, "register": 1},
}


@dataclass
class Academy:
    """What the requests are about."""

    admin: Person
    learners: list[Person]
    lessons: list[str]
    # Of the demo course, the first with a quiz.
    quiz: str
    question_ids: list[str]
    own_lesson: str
    # Whose biographies nobody is writing.
    _free: list[Person] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        pairs = [(person, lesson) for lesson in self.lessons for person in self.learners]
        random.shuffle(pairs)
        self._pairs = itertools.cycle(pairs)
        self._free = list(self.learners)

    def any(self) -> Request:
        """One of all, as often as its share."""
        (kind,) = random.choices(list(SHARES), list(SHARES.values()))
        made: Request = getattr(self, f"_{kind}")()
        return made

    def _learner(self) -> Person:
        return random.choice(self.learners)

    def _courses(self) -> Request:
        return Request("courses", "GET", "/courses")

    def _course(self) -> Request:
        return Request("course", "GET", f"/courses/{DEMO}")

    def _lesson(self) -> Request:
        return Request("lesson", "GET", f"/lessons/{random.choice(self.lessons)}", self._learner())

    def _me(self) -> Request:
        return Request("me", "GET", "/me", self._learner())

    def _progress(self) -> Request:
        return Request("progress", "GET", "/progress/me", self._learner())

    def _quiz(self) -> Request:
        return Request("quiz", "GET", f"/quiz/{self.quiz}", self._learner())

    def _certificate(self) -> Request:
        return Request("certificate", "GET", f"/certificate/{DEMO}", self._learner())

    def _notifications(self) -> Request:
        return Request("notifications", "GET", "/notifications", self._learner())

    def _write(
        self, kind: str, path: str, person: Person | None, body: Json, **more: Any
    ) -> Request:
        key = more.pop("key", None) or str(uuid4())
        values = {"place": key, "mark": key, **more}
        return Request(kind, values.pop("method", "POST"), path, person, body, key, **values)

    def _mark(self) -> Request:
        with self._lock:
            person, lesson = next(self._pairs)
        place = f"{person.user_id}/{lesson}"
        body = {"lessonId": lesson}
        return self._write("mark", "/progress/mark-complete", person, body, place=place, mark=place)

    def _draft(self) -> Request:
        key = str(uuid4())
        return self._write("draft", "/courses", self.admin, {"title": key}, key=key)

    def _submit(self) -> Request:
        answers = [{"questionId": each} for each in self.question_ids]
        find = "attemptId"
        return self._write(
            "submit",
            f"/quiz/{self.quiz}/submit",
            self._learner(),
            {"answers": answers},
            find=lambda answer: str(answer[find]),
        )

    def _upload(self) -> Request:
        key = str(uuid4())
        body = {
            "lessonId": self.own_lesson,
            "fileName": key,
            "mimeType": "application/pdf",
            "sizeBytes": 1000,
        }
        return self._write("upload", "/media/uploads", self.admin, body, key=key)

    def _biography(self) -> Request:
        with self._lock:
            person = self._free.pop() if self._free else None
        if person is None:
            return self._me()
        key = str(uuid4())
        return self._write(
            "biography",
            "/me",
            person,
            {"bio": key},
            key=key,
            method="PATCH",
            place=person.user_id,
            mark=f"{person.user_id}/{key}",
            finish=lambda: self._free.append(person),
        )

    def _mail(self) -> Request:
        body = {
            "userId": self._learner().user_id,
            "template": "announcement",
            "data": {"title": "News", "body": "They begin in March."},
        }
        return self._write(
            "mail",
            "/notify/email",
            self.admin,
            body,
            find=lambda answer: str(answer["notificationIds"][0]),
        )

    def _register(self) -> Request:
        key = uuid4().hex
        address = f"{key}@learner.example"
        body = {"email": address, "password": f"secret {key}", "displayName": "Ann"}
        return self._write("register", "/register", None, body, key=key, mark=address)
