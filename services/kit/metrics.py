"""The metrics of a process, for Prometheus. All have the labels `service` and `worker`.

What else they are told apart by stands in the contracts or in the code: methods, codes, reasons,
limits, queues, kinds of event. An id, an address or a path is never a label: how many series there
are depends on how much code there is, not on how many people use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

OWN = ("service", "worker")
# Seconds. The answer to a call may take 15 s, a stream an hour.
CALL_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)
STREAM_BUCKETS = (0.01, 0.1, 1, 10, 60, 600, 3600)
PROVIDER_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30)
# When each series began would be one more of each: that the process began is told once.
disable_created_metrics()  # type: ignore[no-untyped-call]

Values = Mapping[tuple[str, ...], float]
"""What a gauge is, by the values of its labels."""


class Metrics:
    """What a process counts, and what it can be asked for when it is scraped."""

    def __init__(self, service: str, worker: str) -> None:
        """`worker` tells the processes of a service apart, best the same after a restart."""
        self._registry = CollectorRegistry()
        self._own = (service, worker)
        self._registry.register(_OwnProcess(dict(zip(OWN, self._own, strict=True))))
        self._calls = self._histogram(
            "stellr_rpc_seconds", "Time to answer an RPC.", CALL_BUCKETS, "method", "code"
        )
        self._streams = self._histogram(
            "stellr_stream_seconds",
            "Time that a stream, or a file on its way, was open.",
            STREAM_BUCKETS,
            "method",
            "code",
        )
        self._open = self._gauge("stellr_streams_open", "Streams and files under way.", "method")
        self._refused = self._counter(
            "stellr_refusals_total", "Calls that were refused, by reason.", "method", "reason"
        )
        self._limited = self._counter(
            "stellr_limit_refusals_total", "Calls refused by a rate limit.", "limit"
        )
        self._limits_alone = self._counter(
            "stellr_limits_alone_total", "Times that shared rate limits could not be had."
        ).labels(*self._own)
        self._jobs = self._counter("stellr_jobs_total", "Jobs that ended.", "job", "outcome")
        self._periodic = self._counter(
            "stellr_periodic_runs_total", "Runs of periodic work.", "work", "outcome"
        )
        self._restarts = self._counter(
            "stellr_worker_restarts_total",
            "Long-lived work that ended and was started again.",
            "work",
        )
        self._events = self._counter(
            "stellr_events_total",
            "Events of this and other services dealt with.",
            "kind",
            "outcome",
        )
        self._messages = self._histogram(
            "stellr_message_seconds",
            "Time that a provider took over a mail, an SMS or a push message.",
            PROVIDER_BUCKETS,
            "channel",
            "provider",
            "outcome",
        )
        # By method and code: a child is looked for twenty times as fast here.
        self._known: dict[tuple[str, str], Any] = {}

    # What happens

    def rpc(self, method: str, code: str, seconds: float) -> None:
        """Count an RPC that was answered, by its gRPC code."""
        child = self._known.get((method, code))
        if child is None:
            child = self._known[(method, code)] = self._calls.labels(*self._own, method, code)
        child.observe(seconds)

    def stream(self, method: str, code: str, seconds: float) -> None:
        """Count a stream that ended."""
        self._streams.labels(*self._own, method, code).observe(seconds)

    def open_streams(self, method: str) -> Gauge:
        """How many streams of a method are open: to be told of each that begins and ends."""
        return self._open.labels(*self._own, method)

    def refused(self, method: str, reason: str) -> None:
        """Count a call that was refused."""
        self._refused.labels(*self._own, method, reason).inc()

    def limited(self, limit: str) -> None:
        """Count a call that was refused by a limit."""
        self._limited.labels(*self._own, limit).inc()

    def limits_alone(self) -> None:
        """Count that shared rate limits were away."""
        self._limits_alone.inc()

    def job(self, job: str, outcome: str) -> None:
        """Count a job that was done or failed."""
        self._jobs.labels(*self._own, job, outcome).inc()

    def periodic(self, work: str, outcome: str) -> None:
        """Count a run of periodic work, ok or failed."""
        self._periodic.labels(*self._own, work, outcome).inc()

    def worker_restarted(self, work: str) -> None:
        """Count long-lived work that ended and is started again."""
        self._restarts.labels(*self._own, work).inc()

    def event(self, kind: str, outcome: str) -> None:
        """Count an event that was dealt with, failed, or was set aside."""
        self._events.labels(*self._own, kind, outcome).inc()

    def message(self, channel: str, provider: str, outcome: str, seconds: float) -> None:
        """Count a message that was handed to a provider: sent, retried or failed."""
        self._messages.labels(*self._own, channel, provider, outcome).observe(seconds)

    def tally(self, name: str, text: str) -> Callable[[], None]:
        """What counts something that people do, by `stellr_<name>_total`: to be called once it is
        done for good. ValueError where there is one of the name."""
        counter = self._counter(f"stellr_{name}_total", text).labels(*self._own)
        return counter.inc

    def tallies(
        self, name: str, text: str, labels: Sequence[str], known: Iterable[Sequence[str]] = ()
    ) -> Callable[..., None]:
        """The same of what differs by labels, whose values it takes.

        Those that are `known` are told from the start, at 0: else Prometheus misses the first one.
        """
        counter = self._counter(f"stellr_{name}_total", text, *labels)
        for values in known:
            counter.labels(*self._own, *values)
        return lambda *values: counter.labels(*self._own, *values).inc()

    # What is so

    def gauge(self, name: str, text: str, read: Callable[[], Values], *labels: str) -> None:
        """A gauge that is read when somebody asks: `read` must be quick and wait for nothing."""
        self._read(GaugeMetricFamily, name, text, read, labels)

    def reading(self, name: str, text: str, read: Callable[[], Values], *labels: str) -> None:
        """The same of something that only grows and counts by itself: `<name>_total`."""
        self._read(CounterMetricFamily, name, text, read, labels)

    def text(self) -> str:
        """All metrics in Prometheus text format 0.0.4."""
        return generate_latest(self._registry).decode()

    def _read(
        self,
        family: Callable[..., GaugeMetricFamily | CounterMetricFamily],
        name: str,
        text: str,
        read: Callable[[], Values],
        labels: Sequence[str],
    ) -> None:
        def make() -> Metric:
            made = family(name, text, labels=(*OWN, *labels))
            for values, number in read().items():
                made.add_metric((*self._own, *values), number)
            return made

        self._registry.register(_Read(make))

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, (*OWN, *labels), registry=self._registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, (*OWN, *labels), registry=self._registry)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(name, text, (*OWN, *labels), buckets=buckets, registry=self._registry)


class _OwnProcess(Collector):
    """Memory, CPU and descriptors of this process."""

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels
        self._collector = ProcessCollector(namespace="stellr", registry=None)

    def collect(self) -> Iterable[Metric]:
        for family in self._collector.collect():
            samples = [sample._replace(labels=self._labels) for sample in family.samples]
            family.samples = samples
            yield family


class _Read(Collector):
    """A family that is made when it is collected."""

    def __init__(self, make: Callable[[], Metric]) -> None:
        self._make = make

    def collect(self) -> Iterable[Metric]:
        yield self._make()
