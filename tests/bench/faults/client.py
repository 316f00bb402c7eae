"""A client that works at a given rate, keeps a ledger, and insists on each write by its key.

    python -m tests.bench.faults.client PLAN FOLDER

It ends when its standard input does, or after as many requests as the plan says; then it insists on
what is still open. FOLDER has `ledger` and `answers.json` afterwards.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import deque
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.bench.faults.asking import Academy, Person, Request
from tests.bench.faults.ledger import Entry, Ledger

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 20.0
AGAIN_SECONDS = 1.0
SETTLE_SECONDS = 120.0
# What an answer without a status counts as.
NO_ANSWER = 0


class Client:
    """Threads that take turns at one pace: a request begins when its time has come, however long
    others take, as long as a thread is free."""

    def __init__(self, plan: dict[str, Any], folder: Path) -> None:
        learners = [Person(**each) for each in plan["learners"]]
        self._academy = Academy(Person(**plan["admin"]), learners, **plan["about"])
        self._port, self._connections = int(plan["port"]), int(plan["connections"])
        # Requests a second; 0: as fast as they are answered.
        self._usual, self._overload = float(plan["rate"]), float(plan["overload_rate"])
        self._overload_ends = time.monotonic() + float(plan["overload_seconds"])
        self._most = int(plan["requests"])
        self._folder, self._ledger = folder, Ledger(folder / "ledger")
        self._answers: list[tuple[float, str, int, float]] = []
        self._open: deque[Request] = deque()
        self._next, self._begun = time.monotonic(), 0
        self._turn, self._signing_in = threading.Lock(), threading.Lock()
        self.stop = threading.Event()
        self._local = threading.local()

    def run(self) -> None:
        """Work until told to stop, settle what is open, and write down all answers."""
        threads = [threading.Thread(target=self._work) for _ in range(self._connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = time.monotonic()
        self._settle(ended + SETTLE_SECONDS)
        told = {"ended": ended, "answers": self._answers, "open": len(self._open)}
        (self._folder / "answers.json").write_text(json.dumps(told))

    def _work(self) -> None:
        while self._has_turn():
            self._do(self._due() or self._new())

    def _has_turn(self) -> bool:
        with self._turn:
            if self.stop.is_set() or (self._most and self._begun >= self._most):
                return False
            self._begun += 1
            now = time.monotonic()
            rate = self._overload if now < self._overload_ends else self._usual
            if not rate:
                return True
            # Who is a second late had no thread free: what was not begun is not made up for.
            self._next = max(self._next, now - 1.0) + 1 / rate
            wait = self._next - now
        return not self.stop.wait(max(0.0, wait))

    def _new(self) -> Request:
        request = self._academy.any()
        if request.key:
            self._ledger.write(Entry(request.kind, request.key, request.place, request.mark))
        return request

    def _due(self) -> Request | None:
        try:
            request = self._open.popleft()
        except IndexError:
            return None
        if request.not_before <= time.monotonic():
            return request
        self._open.appendleft(request)
        return None

    def _settle(self, deadline: float) -> None:
        while self._open and time.monotonic() < deadline:
            request = self._due()
            if request:
                self._do(request)
            else:
                time.sleep(0.05)

    def _do(self, request: Request) -> None:
        began = time.monotonic()
        status, answer = self._ask(request)
        if status == HTTPStatus.UNAUTHORIZED and request.person:
            self._sign_in(request.person, request.person.token)
            status, answer = self._ask(request)
        now = time.monotonic()
        self._answers.append((now, request.kind, status, now - began))
        if not request.key:
            return
        if status == HTTPStatus.OK:
            mark = request.mark_of(answer)
            self._ledger.write(Entry(request.kind, request.key, request.place, mark, done=True))
            request.finish()
        else:
            request.not_before = now + AGAIN_SECONDS
            self._open.append(request)

    def _sign_in(self, person: Person, token: str) -> None:
        with self._signing_in:
            if person.token == token:
                body = {"email": person.email, "password": person.password}
                status, answer = self._ask(Request("login", "POST", "/login", body=body))
                if status == HTTPStatus.OK:
                    person.token = answer["accessToken"]

    def _ask(self, request: Request) -> tuple[int, dict[str, Any]]:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(HOST, self._port, timeout=TIMEOUT_SECONDS)
            self._local.connection = connection
        headers = {"content-type": "application/json"} if request.body is not None else {}
        if request.person:
            headers["authorization"] = f"Bearer {request.person.token}"
        if request.key:
            headers["idempotency-key"] = request.key
        body = None if request.body is None else json.dumps(request.body)
        try:
            connection.request(request.method, request.path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if answer.status == HTTPStatus.OK else {}
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            return NO_ANSWER, {}


def main() -> None:
    """Work as the plan says."""
    plan, folder = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    client = Client(plan, folder)

    def end_with_input() -> None:
        sys.stdin.read()
        client.stop.set()

    threading.Thread(target=end_with_input, daemon=True).start()
    client.run()


if __name__ == "__main__":
    main()
