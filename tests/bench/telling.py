"""What logs and traces cost: CPU of all layers for a request, as ratios in one run.

Three stacks take turns: one that logs warnings alone, one as it comes, and one that is traced, of
which every request is recorded.
"""

from __future__ import annotations

import http.client
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from tests import support
from tests.bench import cpu
from tests.bench.course import write_course
from tests.collector import collecting

ROUNDS = 8
READS, MARKS = 500, 60
LEARNERS = 20
LESSONS = 28
SILENT, PLAIN, TRACED = "warnings alone", "as it comes", "traced"
Ask = Callable[[], None]


class Subject:
    """A stack, and what is asked of it."""

    def __init__(self, stack: support.Stack, bundle: Path) -> None:
        self._pids = cpu.of_stack(stack.run)
        self._door = http.client.HTTPConnection("127.0.0.1", stack.port)
        done = stack.command("import", str(bundle))
        assert done.returncode == 0, done.stderr
        course = support.Visitor(stack).get("/courses/bench-course").json()
        self._lessons = [one["lessonId"] for each in course["sections"] for one in each["lessons"]]
        self._people = [support.register(stack) for _ in range(LEARNERS)]
        for person in self._people:
            person.post(f"/courses/{course['courseId']}/enroll")
        self._marks = self._all_marks()

    def read(self) -> None:
        """A course, by anybody."""
        self._ask("GET", "/courses/bench-course", {}, None)

    def mark(self) -> None:
        """A lesson that its learner has not completed."""
        token, lesson = next(self._marks)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._ask("POST", "/progress/mark-complete", headers, {"lessonId": lesson})

    def cost(self, ask: Ask, number: int) -> float:
        """Microseconds of CPU for each of so many requests."""
        before = cpu.seconds(self._pids)
        for _ in range(number):
            ask()
        return (cpu.seconds(self._pids) - before) / number * 1e6

    def _all_marks(self) -> Iterator[tuple[str, str]]:
        # All but the last: what completing a course sets off is no part of it.
        for lesson in self._lessons[:-1]:
            for person in self._people:
                yield person.token, lesson

    def _ask(self, verb: str, path: str, headers: dict[str, str], body: object) -> None:
        content = None if body is None else json.dumps(body)
        self._door.request(verb, path, content, headers)
        answer = self._door.getresponse()
        told = answer.read()
        assert answer.status == http.HTTPStatus.OK, told


def compare(what: str, subjects: dict[str, Subject], number: int, ask: str) -> None:
    """Have all asked in turns, and print what it costs them beside the one as it comes."""
    costs: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        for name, subject in subjects.items():
            costs[name].append(subject.cost(getattr(subject, ask), number))
    for name, found in costs.items():
        # The first round warms up.
        ratio = statistics.median(
            mine / plain for mine, plain in islice(zip(found, costs[PLAIN], strict=True), 1, None)
        )
        median = statistics.median(found[1:])
        print(f"{what:<16} {name:<16} {median:7.0f} us   {ratio:5.2f} x", flush=True)


def main() -> None:
    """Measure a read and a write."""
    with ExitStack() as running:
        collector = running.enter_context(collecting())
        settings = {
            PLAIN: {},
            SILENT: {"STELLR_LOG_LEVEL": "WARNING"},
            TRACED: {"STELLR_OTLP_ENDPOINT": collector.endpoint},
        }
        bundle = write_course(Path(running.enter_context(tempfile.TemporaryDirectory())), LESSONS)
        subjects = {
            name: Subject(running.enter_context(support.started(support.GENEROUS | own)), bundle)
            for name, own in settings.items()
        }
        compare("course read", subjects, READS, "read")
        compare("mark-complete", subjects, MARKS, "mark")
        print(f"{len(collector.spans)} spans came")


if __name__ == "__main__":
    main()
