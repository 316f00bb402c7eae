"""What of a process is measured when it is scraped: its threads, connections and caches."""

from __future__ import annotations

from services.kit.data.database import Database
from services.kit.events.events import Events
from services.kit.metrics import Metrics
from services.kit.rpc.server import Server


def measure_server(metrics: Metrics, server: Server) -> None:
    """Of what answers calls: whether it does, and its threads."""
    threads, health = server.threads, server.health
    metrics.gauge(
        "stellr_serving",
        "Whether the process says that calls are welcome: not while its database is away.",
        lambda: {(): health.is_serving},
    )
    metrics.gauge("stellr_rpc_threads_busy", "Threads that compute.", lambda: {(): threads.busy})
    metrics.gauge(
        "stellr_rpc_waiting", "Calls that wait for a thread.", lambda: {(): threads.waiting}
    )


def measure_pool(metrics: Metrics, database: Database) -> None:
    """Of the connections to the database."""
    stats = database.pool_stats

    def connections() -> dict[tuple[str, ...], float]:
        found = stats()
        free = found["pool_available"]
        return {("used",): found["pool_size"] - free, ("free",): free}

    metrics.gauge("stellr_db_connections", "Connections to the database.", connections, "state")
    metrics.gauge(
        "stellr_db_connections_max",
        "Connections that there may be.",
        lambda: {(): stats()["pool_max"]},
    )
    metrics.gauge(
        "stellr_db_waiting",
        "Threads that wait for a connection.",
        lambda: {(): stats()["requests_waiting"]},
    )
    metrics.reading(
        "stellr_db_wait_seconds",
        "Time that threads waited for a connection, added up.",
        lambda: {(): stats().get("requests_wait_ms", 0) / 1000},
    )
    metrics.reading(
        "stellr_db_refusals",
        "Times that no connection was to be had.",
        lambda: {(): stats().get("requests_errors", 0)},
    )


def measure_caches(metrics: Metrics, events: Events) -> None:
    """Of what is kept at hand."""
    caches = events.caches
    metrics.reading(
        "stellr_cache_hits",
        "Values that were at hand.",
        lambda: {(name,): cache.hits for name, cache in caches.items()},
        "cache",
    )
    metrics.reading(
        "stellr_cache_misses",
        "Values that had to be read.",
        lambda: {(name,): cache.misses for name, cache in caches.items()},
        "cache",
    )
    metrics.gauge(
        "stellr_cache_entries",
        "Values that are kept.",
        lambda: {(name,): len(cache) for name, cache in caches.items()},
        "cache",
    )
    metrics.gauge(
        "stellr_cache_entries_max",
        "Values that are kept at most.",
        lambda: {(name,): cache.size for name, cache in caches.items()},
        "cache",
    )
