"""What a request costs: CPU of every layer together, as a ratio to a gRPC echo in the same run.

The machine may be busy with other things: CPU time, unlike time, hardly minds. Echo and request
take turns, and the median of the rounds is what counts.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests import support
from tests.bench import cpu
from tests.bench.course import write_course
from tests.bench.load import drive

ROUNDS = 5
READS = 4000
LEARNERS = 20
LESSONS = 24
READ_AT_MOST = 2.0
WRITE_AT_MOST = 4.0
READY_EMPTY_AT_MOST = 8.0
READY_AGAIN_AT_MOST = 5.0
MEMORY_AT_MOST = 700.0


@dataclass
class Bench:
    """A stack with the echo behind the same Envoy."""

    folder: Path
    stack: support.Stack
    echo_pid: int

    def pids(self) -> list[int]:
        """All processes of the academy, PostgreSQL and Envoy among them, without the launcher."""
        return cpu.of_stack(self.stack.run)

    def cost(self, pids: list[int], idle: float, plan: dict[str, Any]) -> float:
        """CPU microseconds for one iteration of the plan."""
        before, began = cpu.seconds(pids), time.monotonic()
        drive(self.folder, plan)
        spent = cpu.seconds(pids) - before - idle * (time.monotonic() - began)
        return spent / int(plan["iterations"]) * 1e6


@contextmanager
def bench() -> Iterator[Bench]:
    """Start the stack and the echo, stop both."""
    folder = Path(tempfile.mkdtemp(prefix="stellr-bench-"))
    port = support.free_port()
    address = f"127.0.0.1:{support.free_port()}"
    config = folder / "envoy.yaml"
    config.write_text(yaml.safe_dump(with_echo(address)))
    settings = {**support.GENEROUS, "STELLR_ENVOY": str(config)}
    stack = support.Stack(folder / "state", port, settings=settings)
    began = time.monotonic()
    stack.start()
    report("ready from empty", time.monotonic() - began, READY_EMPTY_AT_MOST, "s")
    stack.stop()
    began = time.monotonic()
    stack.start()
    report("ready again", time.monotonic() - began, READY_AGAIN_AT_MOST, "s")
    echo = subprocess.Popen([sys.executable, "-m", "tests.bench.echo", address], cwd=support.ROOT)
    try:
        yield Bench(folder, stack, echo.pid)
    finally:
        echo.terminate()
        echo.wait()
        stack.stop()
        with suppress(OSError):
            shutil.rmtree(folder)


def with_echo(address: str) -> dict[str, Any]:
    """The project's envoy.yaml with a route to the echo."""
    config: dict[str, Any] = yaml.safe_load((support.ROOT / "envoy.yaml").read_text())
    host, _, port = address.partition(":")
    endpoint = {"address": {"socket_address": {"address": host, "port_value": int(port)}}}
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    config["static_resources"]["clusters"] = [
        {
            "name": "echo",
            "type": "STATIC",
            "connect_timeout": "1s",
            "load_assignment": {
                "cluster_name": "echo",
                "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}],
            },
            "typed_extension_protocol_options": {
                options: {
                    "@type": f"type.googleapis.com/{options}",
                    "explicit_http_config": {"http2_protocol_options": {}},
                }
            },
        }
    ]
    listener = next(x for x in config["static_resources"]["listeners"] if x["name"] == "public")
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    route = {"match": {"prefix": "/stellr.bench.v1.EchoService/"}, "route": {"cluster": "echo"}}
    manager["route_config"]["virtual_hosts"][0]["routes"].insert(0, route)
    return config


def report(name: str, value: float, at_most: float, unit: str) -> None:
    """A figure, and whether it is reached."""
    verdict = "reached" if value <= at_most else "MISSED"
    print(f"{name:<44} {value:7.2f} {unit}   at most {at_most:g}   {verdict}", flush=True)


def compare(
    this: Bench, name: str, at_most: float, size: int, plans: Callable[[int], dict[str, Any]]
) -> None:
    """Measure echo and request in turns."""
    pids = this.pids()
    envoy = [int(p["pid"]) for p in this.stack.run["parts"] if p["service"] == "envoy"]
    echoing = [this.echo_pid, *envoy]
    idle, idle_echo = cpu.idle_rate(pids), cpu.idle_rate(echoing)
    ratios, costs = [], []
    for number in range(ROUNDS + 1):
        plan = plans(number)
        echo = {
            "scenario": "echo",
            "address": this.stack.url.removeprefix("http://"),
            "bytes": size,
            "iterations": READS,
        }
        base = this.cost(echoing, idle_echo, echo)
        cost = this.cost(pids, idle, plan)
        if number:  # the first round warms up
            ratios.append(cost / base)
            costs.append((round(base), round(cost)))
    print(f"    echo and request, microseconds of CPU: {costs}; idle {idle:.3f} s/s")
    report(name, statistics.median(ratios), at_most, "x")


def prepare_marks(this: Bench, course: dict[str, Any]) -> list[list[dict[str, str]]]:
    """For each round learners of its own, with all lessons before them but the last.

    What completing a course sets off (a certificate, a mail) is no part of marking a lesson.
    """
    lessons = [lesson["lessonId"] for s in course["sections"] for lesson in s["lessons"]]
    rounds = []
    for _ in range(ROUNDS + 1):
        people = [support.register(this.stack) for _ in range(LEARNERS)]
        for person in people:
            person.post(f"/courses/{course['courseId']}/enroll")
        rounds.append([{"token": p.token, "lessonId": x} for x in lessons[:-1] for p in people])
    return rounds


def main() -> None:
    """Measure and print every figure."""
    with bench() as this:
        bundle = write_course(this.folder / "course", LESSONS)
        done = this.stack.command("import", str(bundle))
        if done.returncode:
            raise SystemExit(done.stderr)
        visitor = support.Visitor(this.stack)
        answer = visitor.get("/courses/bench-course")
        course = answer.json()
        size = len(answer.content)
        services = [p for p in this.stack.run["parts"] if p["service"] not in ("postgres", "envoy")]
        memory = sum(cpu.proportional_megabytes(int(p["pid"])) for p in services)
        report("memory of all service processes (PSS)", memory, MEMORY_AT_MOST, "MB")
        url = f"{this.stack.url}/courses/{course['slug']}"
        read = {"scenario": "read", "url": url, "iterations": READS}
        compare(this, f"course read, {size} bytes of JSON", READ_AT_MOST, size, lambda _: read)
        rounds = prepare_marks(this, course)

        def write(number: int) -> dict[str, Any]:
            marks = rounds[number]
            url = f"{this.stack.url}/progress/mark-complete"
            return {"scenario": "write", "url": url, "marks": marks, "iterations": len(marks)}

        compare(this, "signed-in mark-complete", WRITE_AT_MOST, size, write)


if __name__ == "__main__":
    main()
