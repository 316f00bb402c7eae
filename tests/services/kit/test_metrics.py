import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.kit.call import Call
from services.kit.errors import RateLimited
from services.kit.metrics import Metrics
from services.kit.rpc.refusals import refusal


def samples(*metrics: Metrics) -> list[tuple[str, dict[str, str], float]]:
    return [
        (sample.name, sample.labels, sample.value)
        for each in metrics
        for family in text_string_to_metric_families(each.text())
        for sample in family.samples
    ]


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """A sample of the service, whatever other labels it has."""
    wanted = labels.items()
    found = [v for n, has, v in samples(metrics) if n == name and wanted <= has.items()]
    return found[0] if found else None


def test_two_processes_of_a_service_never_have_the_same_series() -> None:
    both = Metrics("quiz", "0"), Metrics("quiz", "1")
    for metrics in both:
        metrics.rpc("/a/B", "OK", 0.1)
        metrics.gauge("stellr_things", "Things.", lambda: {("a",): 1}, "kind")
    found = [(name, *sorted(labels.items())) for name, labels, _ in samples(*both)]
    assert ("stellr_process_open_fds", ("service", "quiz"), ("worker", "1")) in found
    assert ("stellr_things", ("kind", "a"), ("service", "quiz"), ("worker", "0")) in found
    assert len(found) == len(set(found))


def test_a_tally_is_there_before_the_first_one() -> None:
    metrics = Metrics("course", "0")
    count = metrics.tally("enrollments", "Courses that learners enrolled in.")
    assert value(metrics, "stellr_enrollments_total", service="course", worker="0") == 0
    count()
    assert value(metrics, "stellr_enrollments_total") == 1


def test_tallies_are_told_apart_by_their_labels() -> None:
    metrics = Metrics("auth", "0")
    known = [("signed_in", "phone")]
    count = metrics.tallies("account_events", "What happened.", ("event", "method"), known)
    assert value(metrics, "stellr_account_events_total", method="phone") == 0
    assert value(metrics, "stellr_account_events_total", method="openid") is None
    count("signed_in", "password")
    count("signed_in", "password")
    count("signed_in", "openid")
    assert value(metrics, "stellr_account_events_total", method="password") == 2
    assert value(metrics, "stellr_account_events_total", method="openid") == 1


def test_what_is_read_is_read_when_it_is_asked_for() -> None:
    metrics, now = Metrics("media", "0"), {"used": 1}
    metrics.gauge("stellr_used", "Used.", lambda: {(): now["used"]})
    metrics.reading("stellr_asked", "Asked.", lambda: {(): now["used"] * 10})
    now["used"] = 2
    assert value(metrics, "stellr_used") == 2
    assert value(metrics, "stellr_asked_total") == 20


@pytest.mark.parametrize("series", ["_created", "python_"])
def test_nothing_is_told_that_nobody_asks_for(series: str) -> None:
    metrics = Metrics("quiz", "0")
    metrics.rpc("/a/B", "OK", 0.1)
    assert series not in metrics.text()


def test_a_refusal_tells_code_reason_and_limit() -> None:
    call = Call("/a/B")
    refusal(RateLimited("login", 3), call)
    assert (call.code, call.reason, call.limit) == ("RESOURCE_EXHAUSTED", "RATE_LIMITED", "login")
