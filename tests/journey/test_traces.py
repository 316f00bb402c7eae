"""One request from a browser, as one trace: Envoy, two services, their statements, their jobs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from typing import NamedTuple

import httpx
import pytest

from edge.envoy.settings import DoorSettings
from services.kit.data.database import Database
from tests.collector import Collector, Span, collecting
from tests.edge.envoy.running import NOBODY, running_door
from tests.faults.own_process import process_of, serves
from tests.support import Stack, eventually, free_port

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BROWSER = "00f067aa0ba902b7"
PERSON = {
    "email": "canary-ann@learner.example",
    "password": "canary password 17",
    "displayName": "Canary Ann",
}
REGISTER = "stellr.auth.v1.AuthService/Register"
SEND = "stellr.notification.v1.NotificationInternalService/SendNotification"
# The spans that end last in each service; each process sends its own some seconds later.
LAST_SPANS = {
    ("auth", REGISTER, "server"),
    ("auth", f"process {SEND}", "consumer"),
    ("notification", SEND, "server"),
    ("notification", "process deliver_mail", "consumer"),
}


class Traced(NamedTuple):
    """A door with two services behind it, and where all three send their spans."""

    url: str
    collector: Collector


@pytest.fixture(scope="module")
def traced(
    stack: Stack,
    lasting_database_of: Callable[[str], Database],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Traced]:
    """Processes of auth and notification with databases of their own, traced as the door is."""
    home = tmp_path_factory.mktemp("traced")
    addresses = {name: f"127.0.0.1:{free_port()}" for name in ("auth", "notification")}
    with ExitStack() as running:
        collector = running.enter_context(collecting())
        for name, address in addresses.items():
            own = home / name
            own.mkdir()
            process = process_of(
                name,
                stack,
                lasting_database_of(name),
                address,
                own,
                otlp_endpoint=collector.endpoint,
                target_notification=addresses["notification"],
                target_user=stack.target("user"),
            )
            running.enter_context(process)
        door = DoorSettings(otlp_endpoint=collector.endpoint)
        targets = {**NOBODY, **{name: [address] for name, address in addresses.items()}}
        folder = home / "envoy"
        folder.mkdir()
        ports = running.enter_context(running_door(folder, targets, door))
        for address in addresses.values():
            eventually(lambda address=address: serves(address), 30)  # type: ignore[misc]
        yield Traced(f"http://127.0.0.1:{ports.public}", collector)


def ask(traced: Traced, trace: str, path: str, flags: str = "01") -> httpx.Response:
    """Register at a path, as a page does that is traced itself."""
    headers = {"traceparent": f"00-{trace}-{BROWSER}-{flags}", "tracestate": "page=1"}

    def answered() -> httpx.Response | None:
        answer = httpx.post(traced.url + path, json=PERSON, headers=headers, timeout=20)
        # Until Envoy has seen that the service is there.
        return None if answer.status_code == 503 else answer

    return eventually(answered, 10)


def named(spans: list[Span], service: str, name: str, kind: str) -> Span:
    """The one span of these; StopIteration where it has not come."""
    return next(s for s in spans if (s.service, s.name, s.kind) == (service, name, kind))


def answered(spans: list[Span]) -> list[Span]:
    """What Envoy answered with 200."""
    from_envoy = [span for span in spans if span.service == "envoy"]
    return [span for span in from_envoy if span.attributes["http.status_code"] == "200"]


def whole_trace(traced: Traced) -> list[Span]:
    """The spans of a registration, up to its mail."""

    def found(trace: str) -> list[Span]:
        spans = traced.collector.trace(trace)
        came = {(span.service, span.name, span.kind) for span in spans}
        return spans if came >= LAST_SPANS and answered(spans) else []

    # Envoy sends its spans some seconds later, and not again what a busy collector did not take.
    for _ in range(3):
        trace = secrets.token_hex(16)
        assert ask(traced, trace, "/register").status_code == 200
        with suppress(AssertionError):
            return eventually(partial(found, trace), 10)
    raise AssertionError(f"no whole trace: {traced.collector.spans}")


def below(spans: list[Span], parent: Span) -> set[tuple[str, str, str]]:
    """The spans whose parent that is."""
    return {(s.service, s.name, s.kind) for s in spans if s.parent_id == parent.span_id}


def test_one_request_is_one_trace_from_the_browser_to_the_last_job(traced: Traced) -> None:
    answer = ask(traced, TRACE, "/register?token=canary-token")
    assert answer.status_code == 400, answer.text
    spans = whole_trace(traced)
    (envoy,) = answered(spans)
    assert (envoy.parent_id, envoy.kind, envoy.name) == (BROWSER, "server", f"POST {REGISTER}")
    register = named(spans, "auth", REGISTER, "server")
    assert register.parent_id == envoy.span_id
    assert register.attributes["rpc.response.status_code"] == "OK"
    assert below(spans, register) >= {
        ("auth", "INSERT verifications", "client"),
        ("auth", "COMMIT", "client"),
        ("auth", f"process {SEND}", "consumer"),
    }
    job = named(spans, "auth", f"process {SEND}", "consumer")
    call = named(spans, "auth", SEND, "client")
    sent = named(spans, "notification", SEND, "server")
    assert (call.parent_id, sent.parent_id) == (job.span_id, call.span_id)
    assert below(spans, sent) >= {
        ("notification", "INSERT notifications", "client"),
        ("notification", "process deliver_mail", "consumer"),
    }


def test_no_span_holds_who_asked_or_what_they_wrote(traced: Traced) -> None:
    assert ask(traced, TRACE, "/register").status_code == 200

    def of_both() -> list[Span]:
        found = traced.collector.trace(TRACE)
        return found if {span.service for span in found} >= {"envoy", "auth"} else []

    spans = eventually(of_both, 30)
    text = "".join(traced.collector.text)
    assert [word for word in ("canary", "Canary", "token=", "python-httpx") if word in text] == []
    envoy = [span.attributes for span in spans if span.service == "envoy"]
    assert {told["peer.address"] for told in envoy} == {"-"}
    assert {told["url.path"] for told in envoy} == {"/register"}


def test_what_the_browser_does_not_record_nobody_records(traced: Traced) -> None:
    trace, last = "0" * 31 + "1", "0" * 31 + "2"
    assert ask(traced, trace, "/register", "00").status_code == 200
    assert ask(traced, last, "/register").status_code == 200
    # What came later is there.
    eventually(lambda: {s.service for s in traced.collector.trace(last)} >= {"envoy", "auth"}, 20)
    assert traced.collector.trace(trace) == []
