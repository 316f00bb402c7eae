"""Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)


class _OwnProcess(Collector):
    """Memory, CPU and descriptors of this process, labelled: a service may have several."""

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels
        self._collector = ProcessCollector(namespace="stellr", registry=None)

    def collect(self) -> Iterable[Metric]:
        for family in self._collector.collect():
            samples = [sample._replace(labels=self._labels) for sample in family.samples]
            family.samples = samples
            yield family


class Metrics:
    """The metrics of a process."""

    def __init__(self, service: str, process: str) -> None:
        self._registry = CollectorRegistry()
        self._labels = {"service": service, "process": process}
        self._calls = Histogram(
            "stellr_rpc_seconds",
            "Time to answer an RPC.",
            ["service", "process", "method", "code"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._jobs = Counter(
            "stellr_jobs_total",
            "Background jobs done.",
            ["service", "process", "job", "outcome"],
            registry=self._registry,
        )
        self._periodic = Counter(
            "stellr_periodic_runs_total",
            "Runs of periodic work.",
            ["service", "process", "work", "outcome"],
            registry=self._registry,
        )
        self._restarts = Counter(
            "stellr_worker_restarts_total",
            "Long-lived work that ended and was started again.",
            ["service", "process", "worker"],
            registry=self._registry,
        )
        self._events = Counter(
            "stellr_events_total",
            "Events of this and other services dealt with.",
            ["service", "process", "kind", "outcome"],
            registry=self._registry,
        )
        self._set_aside = Gauge(
            "stellr_events_set_aside",
            "Events that could not be dealt with and wait for an operator.",
            ["service", "process"],
            registry=self._registry,
        )
        self._unread = Gauge(
            "stellr_events_unread_seconds",
            "Age of the oldest event that a service has not read.",
            ["service", "process", "reader", "kind"],
            registry=self._registry,
        )
        self._limits_alone = Counter(
            "stellr_limits_alone_total",
            "Times that shared rate limits could not be had.",
            ["service", "process"],
            registry=self._registry,
        ).labels(**self._labels)
        self._children: dict[tuple[str, str], Histogram] = {}
        self._registry.register(_OwnProcess(self._labels))

    def rpc(self, method: str, code: str, seconds: float) -> None:
        """Count an RPC that was answered."""
        child = self._children.get((method, code))
        if child is None:
            child = self._calls.labels(**self._labels, method=method, code=code)
            self._children[(method, code)] = child
        child.observe(seconds)

    def job(self, job: str, outcome: str) -> None:
        """Count a job that was done or failed."""
        self._jobs.labels(**self._labels, job=job, outcome=outcome).inc()

    def periodic(self, work: str, outcome: str) -> None:
        """Count a run of periodic work, ok or failed."""
        self._periodic.labels(**self._labels, work=work, outcome=outcome).inc()

    def event(self, kind: str, outcome: str) -> None:
        """Count an event that was dealt with, failed, or was set aside."""
        self._events.labels(**self._labels, kind=kind, outcome=outcome).inc()

    def events_set_aside(self, number: int) -> None:
        """How many events are set aside."""
        self._set_aside.labels(**self._labels).set(number)

    def events_unread(self, seconds: Mapping[tuple[str, str], float]) -> None:
        """How old the oldest event is that a reader has not read, by all readers and kinds."""
        self._unread.clear()
        for (reader, kind), age in seconds.items():
            self._unread.labels(**self._labels, reader=reader, kind=kind).set(age)

    def limits_alone(self) -> None:
        """Count that shared rate limits were away."""
        self._limits_alone.inc()

    def worker_restarted(self, worker: str) -> None:
        """Count long-lived work that ended and is started again."""
        self._restarts.labels(**self._labels, worker=worker).inc()

    def text(self) -> str:
        """All metrics in Prometheus text format."""
        return generate_latest(self._registry).decode()
