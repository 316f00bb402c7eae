from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from services.gateway.exposition import merge, up


def process(service: str) -> str:
    registry = CollectorRegistry()
    calls = Histogram("calls_seconds", "Time.", ["service"], buckets=(1,), registry=registry)
    calls.labels(service).observe(0.5)
    Counter("jobs", 'Jobs "done" {here}.', ["service"], registry=registry).labels(service).inc()
    return generate_latest(registry).decode()


def test_families_of_several_sources_become_one() -> None:
    text = merge([process("auth"), process("user")])
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert text.count("# TYPE calls_seconds histogram") == 1
    assert text.count("# HELP calls_seconds ") == 1
    counts = [s for s in families["calls_seconds"].samples if s.name.endswith("_count")]
    assert [(s.labels["service"], s.value) for s in counts] == [("auth", 1), ("user", 1)]
    assert families["jobs"].documentation == 'Jobs "done" {here}.'


def test_families_are_in_one_piece() -> None:
    text = merge(["# TYPE a counter\na 1\n# TYPE b counter\nb 1\n", '# TYPE a counter\na{x="2"} 2'])
    assert text == '# TYPE a counter\na 1\na{x="2"} 2\n# TYPE b counter\nb 1\n'


def test_the_same_sample_is_there_once_and_empty_families_are_told() -> None:
    same = "# HELP a Is said.\n# TYPE a gauge\na 1\n# HELP b Nothing.\n# TYPE b gauge\n"
    assert merge([same, same, ""]) == same
    assert merge([]) == ""


def test_says_who_is_up_and_how_many_of_them() -> None:
    text = up({"auth": [True, False], "quiz": [False]})
    found = {f.name: f.samples for f in text_string_to_metric_families(text)}
    told = {name: {s.labels["service"]: s.value for s in found[name]} for name in found}
    assert told == {
        "stellr_up": {"auth": 1, "quiz": 0},
        "stellr_processes": {"auth": 2, "quiz": 1},
        "stellr_processes_up": {"auth": 1, "quiz": 0},
    }
