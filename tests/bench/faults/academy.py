"""The academy that is hurt: started in a folder of its own, filled, driven, and looked into."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from tests import support
from tests.bench.faults.ledger import Entry, read
from tests.bench.mails import MailServer, with_cards
from tests.faults.volume import Volume
from tests.support import DEMO, GENEROUS, Learner, Stack, Visitor

WORKERS = 2
LEARNERS = 12
LESSONS = 60
CONNECTIONS = 200
# So many bring out what it can bear, and so many are enough to ask for thrice as much.
MEASURING, OVERLOADING = 64, 800
MAILS_SECONDS = 120.0
POLL_SECONDS = 0.1
LIMITS = ("LOGIN_ACCOUNT", "MAILS", "MAILS_PERSON", "MAILS_SITE")
SETTINGS = GENEROUS | {f"STELLR_LIMIT_{name}": "1000000" for name in LIMITS}
# What is found of writes that were asked for since then, by what marks them; of some by their keys.
ONCE = {
    "draft": ("course", "SELECT title FROM courses WHERE title = ANY(%(keys)s)"),
    "upload": ("media", "SELECT file_name FROM uploads WHERE file_name = ANY(%(keys)s)"),
    "submit": (
        "quiz",
        "SELECT attempt_id::text FROM results WHERE submitted_at >= to_timestamp(%(since)s)",
    ),
    "mail": (
        "notification",
        "SELECT notification_id::text FROM notifications"
        " WHERE template = 'announcement' AND created_at >= to_timestamp(%(since)s)",
    ),
    "register": (
        "auth",
        "SELECT DISTINCT address FROM verifications WHERE created_at >= to_timestamp(%(since)s)",
    ),
}
# Again is harmless here, or the last one counts: only what is there is asked.
LAST = {
    "mark": ("progress", "SELECT user_id || '/' || lesson_id FROM lesson_completions"),
    "biography": ("user", "SELECT user_id || '/' || bio FROM profiles"),
}

KINDS = [*ONCE, *LAST]


@dataclass(frozen=True)
class Kept:
    """What became of the writes of a client. `lost`: acknowledged and not there, mails included;
    `doubled`: there more often than asked for; `twice`: mails that came again."""

    acknowledged: int
    lost: int
    doubled: int
    twice: int


@dataclass(frozen=True)
class Answers:
    """What a client was answered: when, what, by which status (0: not at all), in which time."""

    answers: list[tuple[float, str, int, float]]
    ended: float
    open: int

    def failures(self) -> list[tuple[float, str, int, float]]:
        """What failed."""
        return [each for each in self.answers if each[2] != HTTPStatus.OK]

    def rate(self, begin: float, end: float) -> float:
        """Good answers a second within a time."""
        good = sum(begin <= at < end and code == HTTPStatus.OK for at, _, code, _ in self.answers)
        return good / (end - begin)


class Run:
    """A client at work, from the beginning of the block to its end; then what came of it."""

    def __init__(self, folder: Path, plan: dict[str, Any]) -> None:
        folder.mkdir()
        (folder / "plan.json").write_text(json.dumps(plan))
        self.folder, self.since, self.begun = folder, time.time(), time.monotonic()
        self.overload_seconds = float(plan["overload_seconds"])
        command = [sys.executable, "-m", "tests.bench.faults.client"]
        self._client = subprocess.Popen(
            [*command, str(folder / "plan.json"), str(folder)],
            cwd=support.ROOT,
            stdin=subprocess.PIPE,
        )

    def ended(self) -> bool:
        """Whether it has asked for all it was to."""
        return self._client.poll() is not None

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.communicate()
        assert self._client.returncode == 0, "the client itself failed"

    def answers(self) -> Answers:
        """All answers."""
        told = json.loads((self.folder / "answers.json").read_text())
        return Answers([tuple(each) for each in told["answers"]], told["ended"], told["open"])

    def ledger(self) -> list[Entry]:
        """All entries."""
        return list(read(self.folder / "ledger"))


@dataclass
class Hurt:
    """A stack with people in it, its mail server, and how much it can bear."""

    folder: Path
    stack: Stack
    mails: MailServer
    people: dict[str, Any]
    volume: Volume | None = None
    capacity: float = 0.0
    runs: int = 0
    # Notifications sent beside those of the client.
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._visitor = Visitor(self.stack)

    def run(
        self,
        rate: float,
        connections: int = 0,
        requests: int = 0,
        overload_seconds: float = 0.0,
    ) -> Run:
        """A client with so many requests a second, as fast as may be where that is 0.

        At first it asks thrice as much as the academy can bear, for `overload_seconds`.
        """
        self.runs += 1
        plan = {
            **self.people,
            "port": self.stack.port,
            "rate": rate,
            "connections": connections or (OVERLOADING if overload_seconds else CONNECTIONS),
            "requests": requests,
            "overload_rate": 3 * self.capacity,
            "overload_seconds": overload_seconds,
        }
        return Run(self.folder / f"run-{self.runs}", plan)

    def measure(self, seconds: float) -> None:
        """See how many requests a second it can bear."""
        with self.run(0, connections=MEASURING) as run:
            time.sleep(seconds)
        answers = run.answers()
        assert not answers.failures(), Counter(each[1:3] for each in answers.failures())
        self.capacity = answers.rate(answers.ended - seconds * 0.7, answers.ended)

    def send_many(self, count: int) -> None:
        """Send a mail to so many persons at once."""
        # Many repeats take longer than a token is good for.
        who = {key: self.people["admin"][key] for key in ("email", "password")}
        session = _json(self._visitor.post("/login", who))
        admin = Visitor(self.stack, session["accessToken"])
        body = {"userIds": with_cards(self.stack, count), "template": "welcome", "data": {}}
        self.sent += _json(admin.post("/notify/email", body))["notificationIds"]

    def pids(self, service: str) -> list[int]:
        """The processes of a service that run."""
        parts = self.stack.run["parts"]
        return [part["pid"] for part in parts if part["service"] == service and part["pid"]]

    def is_well(self) -> bool:
        """Whether all parts run, and the door says that all services answer calls."""
        try:
            parts = self.stack.run["parts"]
            ready = self._visitor.get("/readyz").status_code == HTTPStatus.OK
        except (OSError, ValueError, httpx.HTTPError):
            return False
        return ready and all(psutil.pid_exists(part["pid"] or -1) for part in parts)

    def kept(self, run: Run) -> Kept:
        """Compare the ledger of a client with what is in the databases and came by mail."""
        done = {kind: [e for e in run.ledger() if e.done and e.kind == kind] for kind in KINDS}
        asked = Counter(e.kind for e in run.ledger() if not e.done)
        keys = [entry.key for entry in run.ledger()]
        lost = doubled = 0
        for kind, (service, query) in ONCE.items():
            found = self._found(service, query, keys, run.since)
            different = set(found)
            lost += len({entry.mark for entry in done[kind]} - different)
            doubled += len(found) - len(different) + max(0, len(different) - asked[kind])
        for kind, (service, query) in LAST.items():
            last = {entry.place: entry.mark for entry in done[kind]}
            lost += len(set(last.values()) - set(self._found(service, query, keys, run.since)))
        missing, twice = self._mails([*self.sent, *(entry.mark for entry in done["mail"])])
        self.sent.clear()
        return Kept(sum(map(len, done.values())), lost + missing, doubled, twice)

    def _found(self, service: str, query: str, keys: list[str], since: float) -> list[str]:
        with psycopg.connect(self.stack.run["databases"][service]) as connection:
            values = {"keys": keys, "since": since}
            return [str(row[0]) for row in connection.execute(query.encode(), values)]

    def _mails(self, ids: list[str]) -> tuple[int, int]:
        """How many never came, and how many came again."""
        wanted = [f"<{each}@stellr.example>" for each in ids]
        deadline = time.monotonic() + MAILS_SECONDS
        while time.monotonic() < deadline:
            if set(wanted) <= set(self.mails.taken()):
                break
            time.sleep(POLL_SECONDS)
        taken = self.mails.taken()
        missing = sum(each not in taken for each in wanted)
        return missing, sum(taken.get(each, 1) - 1 for each in wanted)


@contextmanager
def academy(folder: Path, volume: Volume | None = None) -> Iterator[Hurt]:
    """An academy; its state is in a folder, as the clients' files are, or on a volume."""
    port = support.free_port()
    server = MailServer(port)
    server("up")
    stack = Stack(
        (volume.root if volume else folder) / "state",
        support.free_port(),
        workers=WORKERS,
        settings=SETTINGS,
    )
    try:
        stack.start()
        people = _people(stack)
        # They had their codes from the outbox.
        stack.stop()
        stack.settings = {**SETTINGS, "STELLR_SMTP_URL": f"smtp://127.0.0.1:{port}"}
        stack.start()
        yield Hurt(folder, stack, server, people, volume)
    finally:
        if stack.process:
            stack.stop()
        server.end()


def _people(stack: Stack) -> dict[str, Any]:
    admin = support.register(stack)
    support.grant(stack, admin, "admin")
    learners = [support.register(stack) for _ in range(LEARNERS)]
    course = _json(admin.post("/courses", {"title": "A course to learn in"}))["courseId"]
    bodies = [{"title": f"Lesson {number}", "body": "Read this."} for number in range(LESSONS)]
    lessons = [
        str(_json(admin.post(f"/courses/{course}/lessons", body))["lessonId"]) for body in bodies
    ]
    _json(admin.post(f"/courses/{course}:publish"))
    for learner in learners:
        _json(learner.post(f"/courses/{course}/enroll"))
        _json(learner.post(f"/courses/{DEMO}/enroll"))
    quiz = _json(admin.get(f"/courses/{DEMO}"))["sections"][0]["lessons"][0]["lessonId"]
    questions = _json(learners[0].get(f"/quiz/{quiz}"))["questions"]
    about = {
        "lessons": lessons,
        "quiz": quiz,
        "question_ids": [each["questionId"] for each in questions],
        "own_lesson": lessons[0],
    }
    people = {"admin": _person(admin), "learners": [_person(each) for each in learners]}
    return {**people, "about": about}


def _person(learner: Learner) -> dict[str, str]:
    return {
        "email": learner.email,
        "password": learner.password,
        "token": learner.token,
        "user_id": learner.user_id,
    }


def _json(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == HTTPStatus.OK, answer.text
    found: dict[str, Any] = answer.json()
    return found
