from prometheus_client.parser import text_string_to_metric_families

from services.kit.telemetry import Metrics


def test_two_processes_of_a_service_never_have_the_same_series() -> None:
    series = []
    for process in ("1", "2"):
        metrics = Metrics("quiz", process)
        metrics.rpc("/a/B", "OK", 0.1)
        for family in text_string_to_metric_families(metrics.text()):
            series += [(s.name, *sorted(s.labels.items())) for s in family.samples]
    assert ("stellr_process_open_fds", ("process", "1"), ("service", "quiz")) in series
    assert len(series) == len(set(series))
